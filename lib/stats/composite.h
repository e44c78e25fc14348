/*
 * composite: several indicators of the same areas made one number.
 *
 * Each component is first put on a common scale over the areas, then the
 * scores of an area are averaged with weights. Sources: OECD and JRC (2008),
 * Handbook on Constructing Composite Indicators, steps 5 (normalisation)
 * and 6 (weighting and aggregation); for the exponential scale the English
 * Indices of Deprivation 2019, technical report, section 3.8 and appendix E.
 *
 * No limits: the error of a composite is that of its components, their
 * correlation and the choice of scale and weights, none of which is among
 * the values. Missing numbers are NaN.
 */
#ifndef NIB_STATS_COMPOSITE_H
#define NIB_STATS_COMPOSITE_H

#include <stddef.h>

enum composite_scale {
	COMPOSITE_Z_SCORE,     /* (x - mean) / standard deviation */
	COMPOSITE_RANK,        /* rank / n: above 0, up to 1 for the highest */
	COMPOSITE_EXPONENTIAL, /* -23 ln(1 - R (1 - exp(-100 / 23))) of it */
	COMPOSITE_MIN_MAX,     /* (x - least) / (greatest - least): 0 to 1 */
	COMPOSITE_RELATIVE     /* x / reference */
};

enum composite_mean { COMPOSITE_ARITHMETIC, COMPOSITE_GEOMETRIC };

/*
 * The scores of one component: to[i] from x[i], NaN where x[i] is.
 *
 *   x[n]       the areas' values, in any unit
 *   reversed   a low value is what a high score is for: the z-score changes
 *              its sign, ranks count from the highest value, min-max is taken
 *              from 1, and the relative score is reference / x
 *   reference  of COMPOSITE_RELATIVE: a value to be equal to, above 0
 *
 * Mean and standard deviation (of the areas that have a value, with their
 * number n as its divisor, since they are all there are) are of the areas
 * alone, unweighted. Equal values share their average rank. Every score is
 * NaN where the scale does not exist: fewer than two values, or all equal,
 * for z-scores, ranks and min-max; a reference not above 0. A relative score
 * is NaN of a value below 0, or of a reversed value that is not above 0.
 */
void composite_scores(size_t n, const double *x, enum composite_scale,
    int reversed, double reference, double *to);

/*
 * The weighted mean of an area's scores: sum(w s) / sum(w), or the geometric
 * exp(sum(w ln s) / sum(w)), 0 if a score is 0. NaN scores are left out and
 * the other weights scaled up. *used: how many were not. NaN if none were, or
 * a score of a geometric mean is below 0. score[n], weight[n] > 0.
 */
double composite_mean(size_t n, const double *score, const double *weight,
    enum composite_mean, size_t *used);

#endif
