/*
 * trend: has an indicator changed over its last five years?
 *
 * The recent trend of Fingertips (Office for Health Improvement and
 * Disparities), from its published source: crude rates and proportions of
 * one-year periods, the last five, all of them valid.
 */
#ifndef NIB_STATS_TREND_H
#define NIB_STATS_TREND_H

#include <stddef.h>

#define TREND_POINTS 5

enum trend_result {
	TREND_UNKNOWN,   /* fewer points, or one that is not valid */
	TREND_NONE,      /* no significant change */
	TREND_INCREASING,
	TREND_DECREASING
};

/* chi-square of 1 degree of freedom at p = 0.002. */
#define TREND_CRITICAL 9.54953570608324

struct trend {
	enum trend_result result;
	double slope; /* per period, in the unit of the values; NaN: none */
	double chisq; /* NaN: none */
};

/*
 * Values with their 95% limits, oldest first; the last five count. A
 * weighted least squares line, weights 1 / se^2, se = (upper - lower) /
 * 3.92; significant if (slope / se)^2 > TREND_CRITICAL and the slope keeps
 * its sign when any one point is left out.
 */
void trend_values(const double *value, const double *lower,
    const double *upper, size_t n, struct trend *);

/*
 * Proportions from their counts: the chi-square test for linear trend
 * (Armitage 1955), and the sign of the slope of their logits with each
 * point left out. numerator equal to 0 or denominator: unknown.
 */
void trend_proportions(const double *numerator, const double *denominator,
    size_t n, struct trend *);

#endif
