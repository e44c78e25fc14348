/*
 * slope: slope and relative index of inequality.
 *
 * The quantiles of a population, from the least advantaged on, stand on a
 * line from 0 to 1, each at the middle of its share; a weighted straight
 * line (weights: the shares) is fitted through their values. SII is the
 * fitted value at 1 less that at 0, RII their ratio (Pamuk 1985; Low and
 * Low 2004, J. Public Health 26). PHEindicatormethods gives the same SII
 * and RII; its limits are simulated, ours are analytic unless asked.
 */
#ifndef NIB_STATS_SLOPE_H
#define NIB_STATS_SLOPE_H

#include <stddef.h>
#include <stdint.h>

#include "stats/estimate.h"

#define SLOPE_MAX_QUANTILES 100

/* On which scale the values' limits are symmetric. */
enum slope_scale {
	SLOPE_LINEAR, /* life expectancy, means */
	SLOPE_LOG,    /* rates, > 0 */
	SLOPE_LOGIT   /* proportions as fractions, 0 < p < 1 */
};

struct slope_quantile {
	double people;       /* > 0 */
	double value;
	double lower, upper; /* its 95% limits */
};

struct slope_options {
	enum slope_scale scale;
	/* The line is fitted on that scale and its ends turned back. */
	int transform;
	/* SII is multiplied; negative: RII is turned over too. Not 0. */
	double multiplier;
	/* 0: analytic limits. Else this many draws, from seed. */
	size_t draws;
	uint64_t seed;
};

struct slope {
	struct estimate sii, rii;
	double intercept; /* fitted at 0, times |multiplier| if transform */
};

/*
 * n quantiles, 5 to 100. Analytic limits of the SII are exact where the
 * value is normal on the scale of the fit (linear, or transform); else, and
 * for the RII of a linear fit, they are of first order (delta method).
 * Fails: fewer than 5 quantiles, a missing number, people not above 0, a
 * value outside its scale.
 */
void slope_index(size_t n, const struct slope_quantile *,
    const struct slope_options *, const struct estimate_levels *,
    struct slope *);

#endif
