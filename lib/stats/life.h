/*
 * life: life expectancy from an abridged life table.
 *
 * Chiang's second method with the variance of Chiang (1984), the last band
 * closed by its death rate and given Silcocks et al.'s variance (2001, J.
 * Epidemiol. Community Health 55, 38-43): the tables of the Office for
 * National Statistics and of Fingertips.
 */
#ifndef NIB_STATS_LIFE_H
#define NIB_STATS_LIFE_H

#include <stddef.h>

#include "stats/estimate.h"

#define LIFE_MAX_BANDS 120

/*
 *   start[bands]   first age of each band in years, ascending from 0; the
 *                  last is open. 0, 1, 5, 10 ... 90 is usual; others work
 *   deaths[bands]  >= 0
 *   people[bands]  > 0, person-years at risk
 *   out[bands]     expectancy at the start of each band
 *
 * Those who die in a band have lived half of it; a tenth, if it is the
 * first year of life. Refused for every age, the first that holds: a
 * missing number, deaths below 0, people not above 0, more deaths than
 * people, 5,000 people or fewer. For one age: no deaths in the last band
 * (no value can be had), and 95% limits more than 20 years apart
 * (ESTIMATE_WIDE: the limits are there, the value is not). An age that
 * nobody reaches has 0 and no limits.
 */
void life_expectancy(size_t bands, const double *start,
    const double *deaths, const double *people,
    const struct estimate_levels *, struct estimate *out);

#endif
