/*
 * estimate: a value with its confidence limits, and the simple statistics.
 *
 * Every statistic of this room that can fail for one group (a zero
 * denominator, a negative count) fails for that group alone: value and
 * limits are NaN and the reason says why. Such NaN is an empty cell in
 * output. A caller gives whole groups; nothing here is per person.
 *
 * Missing numbers are NaN on the way in.
 */
#ifndef NIB_STATS_ESTIMATE_H
#define NIB_STATS_ESTIMATE_H

#include <stddef.h>

#define ESTIMATE_LEVELS 4

enum estimate_reason {
	ESTIMATE_FINE,
	ESTIMATE_MISSING,           /* a number it needs is missing */
	ESTIMATE_NEGATIVE,          /* a count below zero */
	ESTIMATE_ZERO_DENOMINATOR,  /* denominator or population not above 0 */
	ESTIMATE_ABOVE_DENOMINATOR, /* numerator above denominator */
	ESTIMATE_SMALL_COUNT,       /* fewer than 10 events in a DSR */
	ESTIMATE_BAD_WEIGHT,        /* weight negative, or none above 0 */
	ESTIMATE_ZERO_EXPECTED,     /* nothing expected */
	ESTIMATE_SMALL_POPULATION,  /* life table: total of 5,000 or less */
	ESTIMATE_ABOVE_POPULATION,  /* life table: more deaths than people */
	ESTIMATE_NO_LAST_DEATHS,    /* life table: none in the last band */
	ESTIMATE_WIDE,              /* life table: 95% limits over 20 years */
	ESTIMATE_TOO_FEW,           /* too few values */
	ESTIMATE_NO_VARIATION,      /* all values equal */
	ESTIMATE_MISSING_BAND,      /* a band of the standard is absent */
	ESTIMATE_UNKNOWN_BAND,      /* a band that the standard lacks */
	ESTIMATE_NO_POPULATION,     /* no population for the area */
	ESTIMATE_SUPPRESSED,        /* too few to be published */
	ESTIMATE_MISSING_COMPONENT, /* of a composite: too few have a score */
	ESTIMATE_FEW_EVENTS,        /* too few for a rate to be published */
	ESTIMATE_UNRELIABLE         /* few events: the value is there */
};

/* "zero_denominator"; "" for ESTIMATE_FINE. For a column of output. */
const char *estimate_reason_code(enum estimate_reason);
/* One line for a reader. */
const char *estimate_reason_text(enum estimate_reason);

/* Confidence levels, asked for once and used for every group. */
struct estimate_levels {
	size_t n;
	double confidence[ESTIMATE_LEVELS]; /* fractions, 0 < c <= 1 */
	double tail[ESTIMATE_LEVELS];       /* (1 - c) / 2 */
	double z[ESTIMATE_LEVELS];          /* normal quantile, > 0 */
	/* estimate_poisson_exact of the whole counts below 10. */
	double lower[ESTIMATE_LEVELS][10], upper[ESTIMATE_LEVELS][10];
};

/* 0, or -1 if one is not in 0 < c <= 1 or there are more than four. */
int estimate_levels_set(struct estimate_levels *, const double *confidence,
    size_t n);
/* 95% and 99.8%, as Fingertips publishes. */
extern const double estimate_usual[2];

struct estimate {
	double value; /* NaN if it could not be computed: see reason */
	double lower[ESTIMATE_LEVELS], upper[ESTIMATE_LEVELS];
	enum estimate_reason reason;
	const char *method; /* of the limits: Wilson, Exact, Byar ... */
};

/* Value and limits NaN, with a reason. */
void estimate_fail(struct estimate *, enum estimate_reason);

/*
 * x of n, times multiplier (1, 100, ...). Limits: Wilson score (E. B.
 * Wilson 1927, J. Am. Stat. Assoc. 22, 209-212), without continuity
 * correction. Fails: x or n missing, x < 0, n <= 0, x > n.
 */
void estimate_proportion(double x, double n, double multiplier,
    const struct estimate_levels *, struct estimate *);
/* The same with Clopper and Pearson's exact limits (1934, Biometrika 26). */
void estimate_proportion_exact(double x, double n, double multiplier,
    const struct estimate_levels *, struct estimate *);

/*
 * Limits of a Poisson count. estimate_byar: Byar's approximation (Breslow
 * and Day 1987, p. 69), from z; a lower limit below 0 is 0.
 * estimate_poisson_exact: chi-square (Garwood 1936), from the tail area;
 * the count need not be whole.
 */
void estimate_byar(double count, double z, double *lower, double *upper);
void estimate_poisson_exact(double count, double tail, double *lower,
    double *upper);
/* Exact below 10, Byar from 10 on; returns the name of the method used. */
const char *estimate_poisson_at(double count, const struct estimate_levels *,
    size_t level, double *lower, double *upper);
const char *estimate_poisson(double count, double tail, double z,
    double *lower, double *upper);

/*
 * count / n * multiplier (100 000, ...). Limits: estimate_poisson of the
 * count over n. A count above n is fine. Fails: missing, count < 0, n <= 0.
 */
void estimate_rate(double count, double n, double multiplier,
    const struct estimate_levels *, struct estimate *);

/*
 * Mean of n values from their sum and the sum of squared differences from
 * the mean (ss), with Student's t limits. n == 1: a value without limits
 * (NaN) and ESTIMATE_TOO_FEW. *deviation (may be NULL): standard deviation
 * with n - 1, NaN for n == 1.
 */
void estimate_mean_sums(double n, double sum, double ss,
    const struct estimate_levels *, struct estimate *, double *deviation);
/* The same from the values; two passes, compensated. */
void estimate_mean(const double *, size_t n, const struct estimate_levels *,
    struct estimate *, double *deviation);

#endif
