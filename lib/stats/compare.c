#include "compare.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

#include "stats/estimate.h"

static const char *const methods[] = {
	[COMPARE_NONE] = "none", [COMPARE_LIMITS] = "limits",
	[COMPARE_TWO_LEVELS] = "two_levels", [COMPARE_OVERLAP] = "overlap",
	[COMPARE_SPC_PROPORTION] = "spc_proportion",
	[COMPARE_SPC_RATE] = "spc_rate",
};

static const char *const results[] = {
	[COMPARE_UNKNOWN] = "not_compared", [COMPARE_LOWEST] = "lowest",
	[COMPARE_LOWER] = "lower", [COMPARE_SAME] = "similar",
	[COMPARE_HIGHER] = "higher", [COMPARE_HIGHEST] = "highest",
};

int
compare_method_find(const char *name, enum compare_method *m)
{
	size_t i;

	for (i = 0; i < sizeof methods / sizeof *methods; i++)
		if (strcmp(methods[i], name) == 0) {
			*m = (enum compare_method)i;
			return 0;
		}
	return -1;
}

const char *
compare_method_code(enum compare_method m)
{
	return methods[m];
}

const char *
compare_result_code(enum compare_result r)
{
	return results[r];
}

const char *
compare_meaning_code(enum compare_result r, enum compare_polarity p)
{
	int high = r == COMPARE_HIGHER || r == COMPARE_HIGHEST;
	int far = r == COMPARE_HIGHEST || r == COMPARE_LOWEST;

	if (r == COMPARE_UNKNOWN || r == COMPARE_SAME || p == COMPARE_NEUTRAL)
		return results[r];
	if (high == (p == COMPARE_HIGH_IS_GOOD))
		return far ? "best" : "better";
	return far ? "worst" : "worse";
}

/* An interval of the area against the comparator's value. */
static enum compare_result
against(double lower, double upper, double other)
{
	if (isnan(lower) || isnan(upper))
		return COMPARE_UNKNOWN;
	if (upper < other)
		return COMPARE_LOWER;
	if (lower > other)
		return COMPARE_HIGHER;
	return COMPARE_SAME;
}

static enum compare_result
further(enum compare_result near, enum compare_result far)
{
	if (far == COMPARE_LOWER)
		return COMPARE_LOWEST;
	if (far == COMPARE_HIGHER)
		return COMPARE_HIGHEST;
	return near;
}

/* The comparator's limits around its own value, at the area's size. */
static enum compare_result
spc(enum compare_method m, const struct compare_value *a,
    const struct compare_value *o, double multiplier)
{
	enum compare_result r[2];
	struct estimate_levels l;
	struct estimate e;
	size_t k;

	if (!(a->denominator > 0))
		return COMPARE_UNKNOWN;
	(void)estimate_levels_set(&l, estimate_usual, 2);
	if (m == COMPARE_SPC_PROPORTION)
		estimate_proportion(o->value / multiplier * a->denominator,
		    a->denominator, multiplier, &l, &e);
	else
		estimate_rate(o->value / multiplier * a->denominator,
		    a->denominator, multiplier, &l, &e);
	if (e.reason != ESTIMATE_FINE)
		return COMPARE_UNKNOWN;
	for (k = 0; k < 2; k++)
		r[k] = a->value < e.lower[k] ? COMPARE_LOWER :
		    a->value > e.upper[k] ? COMPARE_HIGHER : COMPARE_SAME;
	return further(r[0], r[1]);
}

enum compare_result
compare_values(enum compare_method m, const struct compare_value *a,
    const struct compare_value *o, double multiplier)
{
	/* Limits may be there without the value that they are too wide for. */
	if (isnan(a->value) || isnan(o->value))
		return COMPARE_UNKNOWN;
	switch (m) {
	case COMPARE_NONE:
		break;
	case COMPARE_LIMITS:
		return against(a->lower95, a->upper95, o->value);
	case COMPARE_TWO_LEVELS:
		return further(against(a->lower95, a->upper95, o->value),
		    against(a->lower998, a->upper998, o->value));
	case COMPARE_OVERLAP:
		if (isnan(a->lower95) || isnan(a->upper95) ||
		    isnan(o->lower95) || isnan(o->upper95))
			return COMPARE_UNKNOWN;
		return a->upper95 < o->lower95 ? COMPARE_LOWER :
		    a->lower95 > o->upper95 ? COMPARE_HIGHER : COMPARE_SAME;
	case COMPARE_SPC_PROPORTION:
	case COMPARE_SPC_RATE:
		return spc(m, a, o, multiplier);
	}
	return COMPARE_UNKNOWN;
}
