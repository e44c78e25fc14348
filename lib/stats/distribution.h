/*
 * Room stats: intervals, standardisation, life tables, inequality, funnel
 * limits, control charts, trends and comparisons.
 *
 * distribution: the quantiles and probabilities that all of them use.
 *
 * r-mathlib behind one module, so that the numbers are R's (measured on
 * 223 quantiles: at most 6e-15 relative from 40-digit arithmetic). p is a
 * probability in 0..1, lower tail. Arguments outside a function's domain
 * give NaN; r-mathlib is never called with them, since it would print.
 */
#ifndef NIB_STATS_DISTRIBUTION_H
#define NIB_STATS_DISTRIBUTION_H

double distribution_normal(double x);
double distribution_normal_quantile(double p);
/* df > 0, need not be whole; df 0 is the point mass at 0. */
double distribution_chisq_quantile(double p, double df);
/* P(X > x). */
double distribution_chisq_upper(double x, double df);
double distribution_t_quantile(double p, double df);
/*
 * a, b > 0. By Newton's method from r-mathlib's probabilities: its own
 * quantile prints on standard output where it doubts its digits.
 */
double distribution_beta_quantile(double p, double a, double b);
/* The smallest k with P(X <= k) >= p, for n trials. */
double distribution_binomial_quantile(double p, double n, double chance);

#endif
