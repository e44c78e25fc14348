#include "composite.h"

#include <math.h>

#include "stats/rank.h"

/* Of the values that are there: how many, their mean, spread and ends. */
struct spread {
	size_t n;
	double mean, deviation, least, greatest;
};

static struct spread
spread_of(const double *x, size_t n)
{
	struct spread s = { 0, 0, 0, INFINITY, -INFINITY };
	double squares = 0;
	size_t i;

	for (i = 0; i < n; i++) {
		if (isnan(x[i]))
			continue;
		s.n++;
		s.mean += x[i];
		s.least = fmin(s.least, x[i]);
		s.greatest = fmax(s.greatest, x[i]);
	}
	s.mean /= (double)s.n;
	for (i = 0; i < n; i++)
		if (!isnan(x[i]))
			squares += (x[i] - s.mean) * (x[i] - s.mean);
	s.deviation = sqrt(squares / (double)s.n);
	return s;
}

static void
relative(size_t n, const double *x, int reversed, double reference,
    double *to)
{
	size_t i;

	for (i = 0; i < n; i++) {
		to[i] = NAN;
		if (!(reference > 0) || !(x[i] >= 0) || (reversed &&
		    !(x[i] > 0)))
			continue;
		to[i] = reversed ? reference / x[i] : x[i] / reference;
	}
}

/* From an average rank r of n, 1 the lowest value, to its place. */
static double
place(double r, size_t n, int reversed)
{
	return (reversed ? (double)n + 1 - r : r) / (double)n;
}

void
composite_scores(size_t n, const double *x, enum composite_scale scale,
    int reversed, double reference, double *to)
{
	const double most = 1 - exp(-100.0 / 23);
	struct spread s;
	size_t i;

	if (scale == COMPOSITE_RELATIVE) {
		relative(n, x, reversed, reference, to);
		return;
	}
	s = spread_of(x, n);
	if (s.n < 2 || !(s.greatest > s.least)) {
		for (i = 0; i < n; i++)
			to[i] = NAN;
		return;
	}
	if (scale == COMPOSITE_RANK || scale == COMPOSITE_EXPONENTIAL)
		rank_average(x, n, to);
	for (i = 0; i < n; i++)
		switch (scale) {
		case COMPOSITE_Z_SCORE:
			to[i] = (reversed ? s.mean - x[i] : x[i] - s.mean) /
			    s.deviation;
			break;
		case COMPOSITE_RANK:
			to[i] = place(to[i], s.n, reversed);
			break;
		case COMPOSITE_EXPONENTIAL:
			to[i] = -23 * log1p(-place(to[i], s.n, reversed) *
			    most);
			break;
		default:
			to[i] = (reversed ? s.greatest - x[i] : x[i] -
			    s.least) / (s.greatest - s.least);
			break;
		}
}

double
composite_mean(size_t n, const double *score, const double *weight,
    enum composite_mean mean, size_t *used)
{
	double sum = 0, weights = 0;
	size_t i;

	*used = 0;
	for (i = 0; i < n; i++) {
		if (isnan(score[i]))
			continue;
		/* ln 0 is -Inf, and exp of that 0 again. */
		sum += weight[i] * (mean == COMPOSITE_GEOMETRIC ?
		    log(score[i]) : score[i]);
		weights += weight[i];
		(*used)++;
	}
	if (*used == 0)
		return NAN;
	sum /= weights;
	return mean == COMPOSITE_GEOMETRIC ? exp(sum) : sum;
}
