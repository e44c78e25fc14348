#include "spc.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "stats/distribution.h"
#include "stats/rank.h"

/* Of a moving range of two: 3 / d2, 2 / d2, D4 and d2. */
#define LIMIT_3 2.66
#define LIMIT_2 1.7733
#define SCREEN 3.267
#define D2 1.128

static const struct spc_rules rule_sets[] = {
	{ "mdc", "1", 7, 7, 1, 1,
	    "Making Data Count: 7-point trend, 2 in 3 near a limit, 7-point "
	    "shift; outlying moving ranges screened out" },
	{ "mdc-6", "1", 6, 6, 1, 1,
	    "Making Data Count with 6-point trend and shift" },
	{ "mdc-excel", "1", 7, 7, 1, 0,
	    "Making Data Count's workbook: as mdc, nothing screened out" },
	{ "life-qi", "1", 6, 8, 1, 0,
	    "Life QI: 6-point trend, 2 in 3 near a limit, 8-point shift" },
	{ "shewhart", "1", 0, 0, 0, 0, "points outside the limits only" },
};

static const char *const rule_codes[] = {
	[SPC_COMMON] = "common_cause", [SPC_ABOVE_LIMIT] = "above_limit",
	[SPC_BELOW_LIMIT] = "below_limit", [SPC_INCREASING] = "increasing",
	[SPC_DECREASING] = "decreasing", [SPC_NEAR_UPPER] = "near_upper",
	[SPC_NEAR_LOWER] = "near_lower", [SPC_SHIFT_ABOVE] = "shift_above",
	[SPC_SHIFT_BELOW] = "shift_below",
};
static const char *const meaning_codes[] = {
	[SPC_MEANS_COMMON] = "common_cause",
	[SPC_MEANS_IMPROVEMENT] = "improvement",
	[SPC_MEANS_CONCERN] = "concern", [SPC_MEANS_HIGH] = "neutral_high",
	[SPC_MEANS_LOW] = "neutral_low",
};
static const char *const variation_codes[] = {
	[SPC_VARIATION_COMMON] = "common_cause",
	[SPC_VARIATION_IMPROVEMENT_HIGH] = "improvement_high",
	[SPC_VARIATION_IMPROVEMENT_LOW] = "improvement_low",
	[SPC_VARIATION_CONCERN_HIGH] = "concern_high",
	[SPC_VARIATION_CONCERN_LOW] = "concern_low",
	[SPC_VARIATION_NEUTRAL_HIGH] = "neutral_high",
	[SPC_VARIATION_NEUTRAL_LOW] = "neutral_low",
};
static const char *const assurance_codes[] = {
	[SPC_ASSURANCE_NONE] = "", [SPC_ASSURANCE_PASS] = "consistent_pass",
	[SPC_ASSURANCE_FAIL] = "consistent_fail",
	[SPC_ASSURANCE_INCONSISTENT] = "inconsistent",
};

const struct spc_rules *
spc_rules_at(size_t i)
{
	return i < sizeof rule_sets / sizeof *rule_sets ? &rule_sets[i] : NULL;
}

const struct spc_rules *
spc_rules_find(const char *name)
{
	const struct spc_rules *r;
	size_t i;

	for (i = 0; (r = spc_rules_at(i)) != NULL; i++)
		if (strcmp(r->name, name) == 0)
			return r;
	return NULL;
}

const char *
spc_rule_code(enum spc_rule r)
{
	return rule_codes[r];
}

const char *
spc_meaning_code(enum spc_meaning m)
{
	return meaning_codes[m];
}

const char *
spc_variation_code(enum spc_variation v)
{
	return variation_codes[v];
}

const char *
spc_assurance_code(enum spc_assurance a)
{
	return assurance_codes[a];
}

static int
sign(double x)
{
	return (x > 0) - (x < 0); /* 0 for NaN */
}

/* The mean moving range below a bound; NaN when there is none. */
static double
mean_range(const double *x, size_t n, double bound)
{
	double sum = 0;
	size_t i, k = 0;

	for (i = 1; i < n; i++) {
		double r = fabs(x[i] - x[i - 1]);

		if (isnan(r) || !(r < bound))
			continue;
		sum += r;
		k++;
	}
	return k > 0 ? sum / (double)k : NAN;
}

static double
mean_of(const double *x, size_t n)
{
	double sum = 0;
	size_t i, k = 0;

	for (i = 0; i < n; i++) {
		if (isnan(x[i]))
			continue;
		sum += x[i];
		k++;
	}
	return k > 0 ? sum / (double)k : NAN;
}

/* Mean and limits of one group, and how each point lies to them. */
static void
group_limits(const double *x, size_t n, const struct spc_options *o,
    struct spc_point *p)
{
	size_t base = o->baseline > 0 && o->baseline < n ? o->baseline : n;
	double centre = mean_of(x, base), range;
	size_t i;

	range = mean_range(x, base, INFINITY);
	if (o->rules->screen)
		range = mean_range(x, base, SCREEN * range);
	if (!(range > 0))
		range = NAN;
	for (i = 0; i < n; i++) {
		p[i].centre = centre;
		p[i].lower = centre - LIMIT_3 * range;
		p[i].upper = centre + LIMIT_3 * range;
		p[i].near_lower = centre - LIMIT_2 * range;
		p[i].near_upper = centre + LIMIT_2 * range;
		p[i].side = sign(x[i] - centre);
		p[i].above = x[i] > p[i].upper;
		p[i].below = x[i] < p[i].lower;
		p[i].outside = p[i].above || p[i].below;
		p[i].near = !p[i].outside && (x[i] > p[i].near_upper ||
		    x[i] < p[i].near_lower);
	}
}

/* mark[i] = the direction of the trend that point i is in. */
static void
mark_trend(const double *x, size_t n, int length, signed char *mark)
{
	size_t len = (size_t)length, i, j, run = 0;
	int last = 0;

	if (length < 2)
		return;
	for (i = 1; i < n; i++) {
		int s = sign(x[i] - x[i - 1]);

		run = s != 0 && s == last ? run + 1 : s != 0;
		last = s;
		if (run < len - 1)
			continue;
		/* A turning point goes with what comes after it. */
		for (j = i - (len - 1); j <= i; j++)
			mark[j] = (signed char)s;
	}
}

static void
mark_shift(const struct spc_point *p, size_t n, int length,
    signed char *mark)
{
	size_t i, j, run = 0;
	int last = 0;

	for (i = 0; i < n && length > 0; i++) {
		run = p[i].side != 0 && p[i].side == last ? run + 1 :
		    p[i].side != 0;
		last = p[i].side;
		for (j = 0; run >= (size_t)length && j < run; j++)
			mark[i - j] = (signed char)p[i].side;
	}
}

static void
mark_near(const struct spc_point *p, size_t n, signed char *mark)
{
	size_t i, j;

	for (i = 0; i + 3 <= n; i++) {
		int s = p[i].side;

		if (s == 0 || p[i + 1].side != s || p[i + 2].side != s ||
		    p[i].near + p[i + 1].near + p[i + 2].near < 2)
			continue;
		for (j = i; j < i + 3; j++)
			if (p[j].near)
				mark[j] = (signed char)s;
	}
}

static void
group_rules(const double *x, size_t n, const struct spc_options *o,
    struct spc_point *p)
{
	signed char *trend = mem_zero(3, n);
	signed char *near = trend + n, *shift = near + n;
	size_t i;

	mark_trend(x, n, o->rules->trend, trend);
	mark_shift(p, n, o->rules->shift, shift);
	if (o->rules->two_in_three)
		mark_near(p, n, near);
	for (i = 0; i < n; i++) {
		int up = 0;

		if (p[i].outside) {
			up = p[i].above ? 1 : -1;
			p[i].rule = up > 0 ? SPC_ABOVE_LIMIT :
			    SPC_BELOW_LIMIT;
		} else if (trend[i] != 0) {
			up = trend[i];
			p[i].rule = up > 0 ? SPC_INCREASING : SPC_DECREASING;
		} else if (near[i] != 0) {
			up = near[i];
			p[i].rule = up > 0 ? SPC_NEAR_UPPER : SPC_NEAR_LOWER;
		} else if (shift[i] != 0) {
			up = shift[i];
			p[i].rule = up > 0 ? SPC_SHIFT_ABOVE :
			    SPC_SHIFT_BELOW;
		} else {
			p[i].rule = SPC_COMMON;
		}
		if (up == 0)
			p[i].means = SPC_MEANS_COMMON;
		else if (o->direction == SPC_NEUTRAL)
			p[i].means = up > 0 ? SPC_MEANS_HIGH : SPC_MEANS_LOW;
		else
			p[i].means = up == (int)o->direction ?
			    SPC_MEANS_IMPROVEMENT : SPC_MEANS_CONCERN;
	}
	free(trend);
}

static enum spc_variation
variation(const struct spc_point *p, enum spc_direction direction)
{
	int high;

	switch (p->means) {
	case SPC_MEANS_COMMON:
		return SPC_VARIATION_COMMON;
	case SPC_MEANS_HIGH:
		return SPC_VARIATION_NEUTRAL_HIGH;
	case SPC_MEANS_LOW:
		return SPC_VARIATION_NEUTRAL_LOW;
	case SPC_MEANS_IMPROVEMENT:
		high = direction == SPC_HIGH_IS_GOOD;
		return high ? SPC_VARIATION_IMPROVEMENT_HIGH :
		    SPC_VARIATION_IMPROVEMENT_LOW;
	case SPC_MEANS_CONCERN:
		break;
	}
	high = direction == SPC_LOW_IS_GOOD;
	return high ? SPC_VARIATION_CONCERN_HIGH : SPC_VARIATION_CONCERN_LOW;
}

static enum spc_assurance
assurance(const struct spc_point *p, const struct spc_options *o)
{
	int high = o->direction == SPC_HIGH_IS_GOOD;

	if (isnan(o->target) || o->direction == SPC_NEUTRAL)
		return SPC_ASSURANCE_NONE;
	if (o->target > p->upper)
		return high ? SPC_ASSURANCE_FAIL : SPC_ASSURANCE_PASS;
	if (o->target < p->lower)
		return high ? SPC_ASSURANCE_PASS : SPC_ASSURANCE_FAIL;
	return SPC_ASSURANCE_INCONSISTENT;
}

void
spc_xmr(const double *x, size_t n, const struct spc_options *o,
    struct spc_point *p, struct spc_summary *s)
{
	size_t start = 0, next = 0, group = 0, i;

	memset(s, 0, sizeof *s);
	while (start < n) {
		size_t end = n;

		while (next < o->nrebase && o->rebase[next] <= start)
			next++;
		if (next < o->nrebase && o->rebase[next] < n)
			end = o->rebase[next];
		group_limits(x + start, end - start, o, p + start);
		group_rules(x + start, end - start, o, p + start);
		for (i = start; i < end; i++)
			p[i].group = group;
		if (end - start < 13)
			s->short_group = 1;
		group++;
		start = end;
	}
	s->groups = group;
	if (n > 0) {
		s->variation = variation(&p[n - 1], o->direction);
		s->assurance = assurance(&p[n - 1], o);
	}
}

int
spc_chart_find(const char *name, enum spc_chart *chart)
{
	static const struct {
		const char *name;
		enum spc_chart chart;
	} charts[] = {
		{ "i", SPC_I }, { "c", SPC_C }, { "u", SPC_U }, { "p", SPC_P },
		{ "uprime", SPC_U_PRIME }, { "pprime", SPC_P_PRIME },
		{ "g", SPC_G }, { "t", SPC_T },
	};
	size_t i;

	for (i = 0; i < sizeof charts / sizeof *charts; i++)
		if (strcmp(charts[i].name, name) == 0) {
			*chart = charts[i].chart;
			return 0;
		}
	return -1;
}

static int
ascending(const void *a, const void *b)
{
	const double *p = a, *q = b;

	return (*p > *q) - (*p < *q);
}

static double
median_of(const double *x, size_t n)
{
	double *v = mem_array(NULL, n + 1, sizeof *v), m = NAN;
	size_t i, k = 0;

	for (i = 0; i < n; i++)
		if (!isnan(x[i]))
			v[k++] = x[i];
	if (k > 0) {
		qsort(v, k, sizeof *v, ascending);
		m = rank_quantile(v, k, 0.5);
	}
	free(v);
	return m;
}

static int
has_denominator(enum spc_chart chart)
{
	return chart == SPC_U || chart == SPC_P || chart == SPC_U_PRIME ||
	    chart == SPC_P_PRIME;
}

/* Laney's sigma z: how far periods vary beyond chance. */
static double
between(const double *value, const double *sigma, size_t n, double centre)
{
	double *z = mem_array(NULL, n, sizeof *z), r;
	size_t i;

	for (i = 0; i < n; i++)
		z[i] = (value[i] - centre) / sigma[i];
	r = mean_range(z, n, INFINITY) / D2;
	free(z);
	return r;
}

/* C, U, P and the primes: one centre, a sigma for each point. */
static int
attribute_limits(enum spc_chart chart, const double *x, const double *d,
    size_t n, double *value, double *centre, double *lower, double *upper)
{
	double sx = 0, sd = 0, cl, factor = 3;
	size_t i;

	for (i = 0; i < n; i++) {
		if (isnan(value[i]))
			continue;
		sx += x[i];
		sd += chart == SPC_C ? 1 : d[i];
	}
	if (!(sd > 0))
		return -1;
	cl = sx / sd;
	for (i = 0; i < n; i++) {
		double area = chart == SPC_C ? 1 : d[i];
		double var = chart == SPC_P || chart == SPC_P_PRIME ?
		    cl * (1 - cl) : cl;

		upper[i] = sqrt(var / area); /* sigma, for the moment */
	}
	if (chart == SPC_U_PRIME || chart == SPC_P_PRIME)
		factor *= between(value, upper, n, cl);
	for (i = 0; i < n; i++) {
		double half = factor * upper[i];

		centre[i] = cl;
		lower[i] = isnan(value[i]) ? NAN : cl - half;
		upper[i] = isnan(value[i]) ? NAN : cl + half;
	}
	return 0;
}

/* I, G and T: the same limits for every point. */
static int
level_limits(enum spc_chart chart, const double *value, size_t n,
    double *centre, double *lower, double *upper)
{
	double mean, half, cl, lo, hi, *y = NULL;
	const double power = 3.6;
	size_t i;

	if (chart == SPC_T) {
		y = mem_array(NULL, n + 1, sizeof *y);
		for (i = 0; i < n; i++)
			y[i] = pow(value[i], 1 / power);
	}
	mean = mean_of(chart == SPC_T ? y : value, n);
	cl = chart == SPC_G ? median_of(value, n) : mean;
	half = chart == SPC_G ? 3 * sqrt(mean * (mean + 1)) :
	    3 / D2 * mean_range(chart == SPC_T ? y : value, n, INFINITY);
	free(y);
	if (isnan(mean))
		return -1;
	lo = mean - half;
	hi = mean + half;
	if (chart == SPC_T) {
		cl = pow(cl, power);
		lo = lo > 0 ? pow(lo, power) : 0;
		hi = pow(hi, power);
	}
	for (i = 0; i < n; i++) {
		centre[i] = cl;
		lower[i] = isnan(value[i]) ? NAN : lo;
		upper[i] = isnan(value[i]) ? NAN : hi;
	}
	return 0;
}

int
spc_limits(enum spc_chart chart, const double *x, const double *d, size_t n,
    double *value, double *centre, double *lower, double *upper)
{
	int rc;
	size_t i;

	for (i = 0; i < n; i++) {
		value[i] = x[i];
		if (chart != SPC_I && x[i] < 0)
			return -1;
		if (chart == SPC_G && !isnan(x[i]) && x[i] != floor(x[i]))
			return -1;
		if (!has_denominator(chart))
			continue;
		if (d[i] < 0)
			return -1;
		value[i] = d[i] > 0 ? x[i] / d[i] : NAN;
		if ((chart == SPC_P || chart == SPC_P_PRIME) && value[i] > 1)
			return -1;
	}
	if (chart == SPC_I || chart == SPC_G || chart == SPC_T)
		rc = level_limits(chart, value, n, centre, lower, upper);
	else
		rc = attribute_limits(chart, x, d, n, value, centre, lower,
		    upper);
	for (i = 0; rc == 0 && i < n; i++) {
		if (chart != SPC_I && lower[i] < 0)
			lower[i] = 0;
		if ((chart == SPC_P || chart == SPC_P_PRIME) && upper[i] > 1)
			upper[i] = 1;
	}
	return rc;
}

void
spc_runs(const double *x, const double *line, size_t n, struct spc_runs *r)
{
	size_t i, run = 0;
	int last = 0;

	memset(r, 0, sizeof *r);
	for (i = 0; i < n; i++) {
		int s = sign(x[i] - line[i]);

		if (s == 0)
			continue;
		r->useful++;
		if (last != 0 && s != last) {
			r->crossings++;
			run = 0;
		}
		run++;
		if (run > r->longest)
			r->longest = run;
		last = s;
	}
	if (r->useful < 2)
		return;
	r->longest_limit = (size_t)nearbyint(log2((double)r->useful)) + 3;
	r->crossings_limit = (size_t)distribution_binomial_quantile(0.05,
	    (double)r->useful - 1, 0.5);
	r->signal = r->longest > r->longest_limit ||
	    r->crossings < r->crossings_limit;
}
