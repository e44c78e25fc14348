/*
 * standard: directly and indirectly standardised rates and ratios.
 *
 * One call is one group (an area and period): arrays over its bands (of
 * age, or of age and sex). Bands are matched to the standard by the caller,
 * by name; a band of the standard that is absent must be reported there.
 */
#ifndef NIB_STATS_STANDARD_H
#define NIB_STATS_STANDARD_H

#include <stddef.h>

#include "stats/estimate.h"

/*
 * Directly standardised rate: sum(w x / n) / sum(w) * multiplier.
 *
 *   x[bands]  events, >= 0
 *   n[bands]  population, > 0
 *   w[bands]  weights of the standard population, >= 0, some > 0
 *
 * Limits: Dobson et al. 1991 (Stat. Med. 10, 457-462), with Byar's limits
 * of the total count at any size; a lower limit below 0, which a few events
 * of great weight give, is 0. Under 10 events in all: no value,
 * ESTIMATE_SMALL_COUNT (the Association of Public Health Observatories'
 * rule). *events (may be NULL) is the total count.
 */
void standard_direct(size_t bands, const double *x, const double *n,
    const double *w, double multiplier, const struct estimate_levels *,
    struct estimate *, double *events);

/*
 * The same where a person may have several events: persons with f events
 * count as one Poisson variable of size f, so that variance is
 * sum(f^2 Var_f). persons[k * bands + b]: people of band b with
 * frequency[k] events. *events: sum of f times persons.
 */
void standard_direct_events(size_t bands, size_t frequencies,
    const double *frequency, const double *persons, const double *n,
    const double *w, double multiplier, const struct estimate_levels *,
    struct estimate *, double *events);

/*
 * Indirectly standardised: observed over expected, times factor (1 or 100
 * for a ratio; the reference's crude rate for a rate). Limits:
 * estimate_poisson of the observed. Fails: expected 0
 * (ESTIMATE_ZERO_EXPECTED), negative or missing numbers.
 */
void standard_indirect(double observed, double expected, double factor,
    const struct estimate_levels *, struct estimate *);

/*
 * sum(ref_x / ref_n * n): events expected at the reference's rates; NaN if
 * a number is missing, n is negative, or a ref_n with n > 0 is not above 0.
 */
double standard_expected(size_t bands, const double *n, const double *ref_x,
    const double *ref_n);
/* The reference's crude rate: sum(ref_x) / sum(ref_n) * multiplier. */
double standard_reference_rate(size_t bands, const double *ref_x,
    const double *ref_n, double multiplier);

#endif
