#include "trend.h"

#include <math.h>

/* Slope of the weighted line through the points but one; its variance. */
static double
slope_without(const double *y, const double *w, size_t skip, double *var)
{
	double sw = 0, st = 0, sy = 0, tt = 0, ty = 0, mt, my;
	size_t i;

	for (i = 0; i < TREND_POINTS; i++) {
		if (i == skip)
			continue;
		sw += w[i];
		st += w[i] * (double)(i + 1);
		sy += w[i] * y[i];
	}
	mt = st / sw;
	my = sy / sw;
	for (i = 0; i < TREND_POINTS; i++) {
		double t = (double)(i + 1) - mt;

		if (i == skip)
			continue;
		tt += w[i] * t * t;
		ty += w[i] * t * (y[i] - my);
	}
	if (var != NULL)
		*var = 1 / tt;
	return ty / tt;
}

/* Does the slope keep its sign whichever point is left out? */
static int
robust(const double *y, const double *w, double slope)
{
	size_t i;

	for (i = 0; i < TREND_POINTS; i++)
		if (!(slope_without(y, w, i, NULL) * slope > 0))
			return 0;
	return 1;
}

static void
conclude(struct trend *t, const double *y, const double *w, double slope)
{
	t->slope = slope;
	t->result = TREND_NONE;
	if (t->chisq > TREND_CRITICAL && robust(y, w, slope))
		t->result = slope > 0 ? TREND_INCREASING : TREND_DECREASING;
}

void
trend_values(const double *value, const double *lower, const double *upper,
    size_t n, struct trend *t)
{
	double w[TREND_POINTS], var, slope, se;
	size_t i;

	t->result = TREND_UNKNOWN;
	t->slope = t->chisq = NAN;
	if (n < TREND_POINTS)
		return;
	value += n - TREND_POINTS;
	lower += n - TREND_POINTS;
	upper += n - TREND_POINTS;
	for (i = 0; i < TREND_POINTS; i++) {
		se = (upper[i] - lower[i]) / 3.92;
		if (isnan(value[i]) || !(se > 0))
			return;
		w[i] = 1 / (se * se);
	}
	slope = slope_without(value, w, TREND_POINTS, &var);
	t->chisq = slope * slope / var;
	conclude(t, value, w, slope);
}

void
trend_proportions(const double *numerator, const double *denominator,
    size_t n, struct trend *t)
{
	double y[TREND_POINTS], w[TREND_POINTS], logit[TREND_POINTS];
	double sx = 0, sn = 0, sxt = 0, snt = 0, sntt = 0, d;
	size_t i;

	t->result = TREND_UNKNOWN;
	t->slope = t->chisq = NAN;
	if (n < TREND_POINTS)
		return;
	numerator += n - TREND_POINTS;
	denominator += n - TREND_POINTS;
	for (i = 0; i < TREND_POINTS; i++) {
		double x = numerator[i], m = denominator[i];
		double at = (double)(i + 1);

		if (!(x > 0 && x < m))
			return;
		y[i] = x / m;
		logit[i] = log(x / (m - x));
		w[i] = 1;
		sx += x;
		sn += m;
		sxt += x * at;
		snt += m * at;
		sntt += m * at * at;
	}
	d = sn * sxt - sx * snt;
	t->chisq = sn * d * d / (sx * (sn - sx) * (sn * sntt - snt * snt));
	conclude(t, logit, w, slope_without(logit, w, TREND_POINTS, NULL));
	t->slope = slope_without(y, w, TREND_POINTS, NULL);
}
