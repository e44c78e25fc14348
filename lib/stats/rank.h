/* rank: quantiles of a sample, and quantile groups of areas. */
#ifndef NIB_STATS_RANK_H
#define NIB_STATS_RANK_H

#include <stddef.h>

/*
 * The p-quantile of x[n], ascending and finite, n >= 1, 0 <= p <= 1.
 * Linear interpolation between order statistics: definition 7 of Hyndman
 * and Fan (1996), Am. Stat. 50(4), 361-365; the default of R and NumPy.
 */
double rank_quantile(const double *x, size_t n, double p);

/*
 * Puts each value in one of k groups of as nearly equal size as ties
 * allow: group[i] from 1 to k, 0 for a missing (NaN) value. Group 1 has the
 * lowest values; with highest_first the highest. Equal values share the
 * lowest rank. With N values that are not missing and rank r from 1:
 * floor((k + 1) - ceil((N + 1 - r) / (N / k))), 0 made 1: the rule of
 * PHEindicatormethods' phe_quantile. -1 with every group 0 when N < k.
 */
int rank_groups(const double *x, size_t n, int k, int highest_first,
    int *group);

/* Ranks from 1, ties their average, NaN for a missing value. */
void rank_average(const double *x, size_t n, double *rank);

#endif
