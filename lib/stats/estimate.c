#include "estimate.h"

#include <math.h>

#include "distribution.h"

const double estimate_usual[2] = { 0.95, 0.998 };

static const struct {
	const char *code, *text;
} reasons[] = {
	[ESTIMATE_FINE] = { "", "" },
	[ESTIMATE_MISSING] = { "missing",
	    "a number that is needed is missing" },
	[ESTIMATE_NEGATIVE] = { "negative", "a count is below zero" },
	[ESTIMATE_ZERO_DENOMINATOR] = { "zero_denominator",
	    "the denominator is not above zero" },
	[ESTIMATE_ABOVE_DENOMINATOR] = { "above_denominator",
	    "the numerator is above the denominator" },
	[ESTIMATE_SMALL_COUNT] = { "small_count",
	    "fewer than 10 events: too few to standardise" },
	[ESTIMATE_BAD_WEIGHT] = { "bad_weight",
	    "a weight of the standard is negative, or none is above zero" },
	[ESTIMATE_ZERO_EXPECTED] = { "zero_expected",
	    "no events are expected" },
	[ESTIMATE_SMALL_POPULATION] = { "small_population",
	    "a total population of 5,000 or less" },
	[ESTIMATE_ABOVE_POPULATION] = { "above_population",
	    "more deaths than people in an age band" },
	[ESTIMATE_NO_LAST_DEATHS] = { "no_last_deaths",
	    "no deaths in the last age band" },
	[ESTIMATE_WIDE] = { "wide",
	    "95% limits more than 20 years apart" },
	[ESTIMATE_TOO_FEW] = { "too_few", "too few values" },
	[ESTIMATE_NO_VARIATION] = { "no_variation", "all values are equal" },
	[ESTIMATE_MISSING_BAND] = { "missing_band",
	    "an age band of the standard is absent" },
	[ESTIMATE_UNKNOWN_BAND] = { "unknown_band",
	    "an age band that the standard does not have" },
	[ESTIMATE_NO_POPULATION] = { "no_population",
	    "no population is given for the area" },
	[ESTIMATE_SUPPRESSED] = { "suppressed",
	    "too few people to be published" },
	[ESTIMATE_MISSING_COMPONENT] = { "missing_component",
	    "too few of its components have a value" },
	[ESTIMATE_FEW_EVENTS] = { "few_events",
	    "too few events for a rate to be published" },
	[ESTIMATE_UNRELIABLE] = { "unreliable",
	    "few events: the value is unreliable" },
};

const char *
estimate_reason_code(enum estimate_reason r)
{
	return reasons[r].code;
}

const char *
estimate_reason_text(enum estimate_reason r)
{
	return reasons[r].text;
}

void
estimate_fail(struct estimate *e, enum estimate_reason reason)
{
	size_t i;

	e->value = NAN;
	for (i = 0; i < ESTIMATE_LEVELS; i++)
		e->lower[i] = e->upper[i] = NAN;
	e->reason = reason;
	e->method = "";
}

/* What proportions and rates refuse alike; 0 when there is nothing. */
static int
refused(double x, double n, struct estimate *e)
{
	if (isnan(x) || isnan(n))
		estimate_fail(e, ESTIMATE_MISSING);
	else if (x < 0)
		estimate_fail(e, ESTIMATE_NEGATIVE);
	else if (n <= 0)
		estimate_fail(e, ESTIMATE_ZERO_DENOMINATOR);
	else
		return 0;
	return -1;
}

void
estimate_proportion(double x, double n, double multiplier,
    const struct estimate_levels *l, struct estimate *e)
{
	size_t i;

	if (refused(x, n, e) == -1)
		return;
	if (x > n) {
		estimate_fail(e, ESTIMATE_ABOVE_DENOMINATOR);
		return;
	}
	e->value = x / n * multiplier;
	e->reason = ESTIMATE_FINE;
	e->method = "Wilson";
	for (i = 0; i < l->n; i++) {
		double z = l->z[i], z2 = z * z, root, twice;

		if (isinf(z)) { /* confidence 1 */
			e->lower[i] = 0;
			e->upper[i] = multiplier;
			continue;
		}
		root = z * sqrt(z2 + 4 * x * (1 - x / n));
		twice = 2 * (n + z2);
		/* 2 x + z2 - root, without the digits that it would lose. */
		e->lower[i] = 4 * x * x * (1 + z2 / n) / (2 * x + z2 + root) /
		    twice * multiplier;
		e->upper[i] = (2 * x + z2 + root) / twice * multiplier;
		if (x >= n) /* exactly, not a rounding error off it */
			e->upper[i] = multiplier;
	}
}

void
estimate_proportion_exact(double x, double n, double multiplier,
    const struct estimate_levels *l, struct estimate *e)
{
	size_t i;

	if (refused(x, n, e) == -1)
		return;
	if (x > n) {
		estimate_fail(e, ESTIMATE_ABOVE_DENOMINATOR);
		return;
	}
	e->value = x / n * multiplier;
	e->reason = ESTIMATE_FINE;
	e->method = "Clopper-Pearson";
	for (i = 0; i < l->n; i++) {
		e->lower[i] = x > 0 ? multiplier *
		    distribution_beta_quantile(l->tail[i], x, n - x + 1) : 0;
		e->upper[i] = x < n ? multiplier *
		    distribution_beta_quantile(1 - l->tail[i], x + 1, n - x)
		    : multiplier;
	}
}

void
estimate_byar(double count, double z, double *lower, double *upper)
{
	double c = count + 1, lo, hi;

	lo = 1 - 1 / (9 * count) - z / (3 * sqrt(count));
	hi = 1 - 1 / (9 * c) + z / (3 * sqrt(c));
	*lower = count > 0 && lo > 0 ? count * lo * lo * lo : 0;
	*upper = c * hi * hi * hi;
}

void
estimate_poisson_exact(double count, double tail, double *lower,
    double *upper)
{
	*lower = distribution_chisq_quantile(tail, 2 * count) / 2;
	*upper = distribution_chisq_quantile(1 - tail, 2 * count + 2) / 2;
}

int
estimate_levels_set(struct estimate_levels *l, const double *confidence,
    size_t n)
{
	size_t i;
	int count;

	if (n > ESTIMATE_LEVELS)
		return -1;
	l->n = n;
	for (i = 0; i < n; i++) {
		if (!(confidence[i] > 0 && confidence[i] <= 1))
			return -1;
		l->confidence[i] = confidence[i];
		l->tail[i] = (1 - confidence[i]) / 2;
		l->z[i] = distribution_normal_quantile(
		    confidence[i] + (1 - confidence[i]) / 2);
		for (count = 0; count < 10; count++)
			estimate_poisson_exact(count, l->tail[i],
			    &l->lower[i][count], &l->upper[i][count]);
	}
	return 0;
}

const char *
estimate_poisson(double count, double tail, double z, double *lower,
    double *upper)
{
	if (count < 10) {
		estimate_poisson_exact(count, tail, lower, upper);
		return "Exact";
	}
	estimate_byar(count, z, lower, upper);
	return "Byar";
}

const char *
estimate_poisson_at(double count, const struct estimate_levels *l, size_t i,
    double *lower, double *upper)
{
	if (count < 10 && count >= 0 && count <= floor(count)) {
		*lower = l->lower[i][(int)count];
		*upper = l->upper[i][(int)count];
		return "Exact";
	}
	return estimate_poisson(count, l->tail[i], l->z[i], lower, upper);
}

void
estimate_rate(double count, double n, double multiplier,
    const struct estimate_levels *l, struct estimate *e)
{
	size_t i;

	if (refused(count, n, e) == -1)
		return;
	e->value = count / n * multiplier;
	e->reason = ESTIMATE_FINE;
	e->method = count < 10 ? "Exact" : "Byar";
	for (i = 0; i < l->n; i++) {
		(void)estimate_poisson_at(count, l, i, &e->lower[i],
		    &e->upper[i]);
		e->lower[i] = e->lower[i] / n * multiplier;
		e->upper[i] = e->upper[i] / n * multiplier;
	}
}

void
estimate_mean_sums(double n, double sum, double ss,
    const struct estimate_levels *l, struct estimate *e, double *deviation)
{
	double s, half;
	size_t i;

	if (deviation != NULL)
		*deviation = NAN;
	if (isnan(n) || isnan(sum) || isnan(ss)) {
		estimate_fail(e, ESTIMATE_MISSING);
		return;
	}
	if (n < 1) {
		estimate_fail(e, ESTIMATE_ZERO_DENOMINATOR);
		return;
	}
	if (n < 2) {
		estimate_fail(e, ESTIMATE_TOO_FEW);
		e->value = sum / n;
		return;
	}
	s = sqrt(ss / (n - 1));
	if (deviation != NULL)
		*deviation = s;
	e->value = sum / n;
	e->reason = ESTIMATE_FINE;
	e->method = "Student's t";
	for (i = 0; i < l->n; i++) {
		half = -distribution_t_quantile(l->tail[i], n - 1) * s /
		    sqrt(n);
		e->lower[i] = e->value - half;
		e->upper[i] = e->value + half;
	}
}

/* Neumaier's sum: exact enough that the order does not show. */
static void
add(double *sum, double *rest, double x)
{
	double t = *sum + x;

	*rest += fabs(*sum) >= fabs(x) ? (*sum - t) + x : (x - t) + *sum;
	*sum = t;
}

void
estimate_mean(const double *x, size_t n, const struct estimate_levels *l,
    struct estimate *e, double *deviation)
{
	double sum = 0, rest = 0, ss = 0, ssrest = 0, mean, d = 0, drest = 0;
	size_t i;

	for (i = 0; i < n; i++)
		add(&sum, &rest, x[i]);
	sum += rest;
	mean = n > 0 ? sum / (double)n : 0;
	for (i = 0; i < n; i++) {
		add(&ss, &ssrest, (x[i] - mean) * (x[i] - mean));
		add(&d, &drest, x[i] - mean);
	}
	/* What the mean's rounding added (Chan, Golub and LeVeque 1983). */
	ss += ssrest;
	d += drest;
	if (n > 0)
		ss -= d * d / (double)n;
	estimate_mean_sums((double)n, sum, ss > 0 || isnan(ss) ? ss : 0, l,
	    e, deviation);
}
