#include "distribution.h"

#include <float.h>
#include <math.h>

#define MATHLIB_STANDALONE 1
#include <Rmath.h>

static int
fraction(double p)
{
	return p >= 0 && p <= 1;
}

double
distribution_normal(double x)
{
	return isnan(x) ? NAN : pnorm(x, 0, 1, 1, 0);
}

double
distribution_normal_quantile(double p)
{
	return fraction(p) ? qnorm(p, 0, 1, 1, 0) : NAN;
}

double
distribution_chisq_quantile(double p, double df)
{
	if (!fraction(p) || !(df >= 0) || isinf(df))
		return NAN;
	return df > 0 ? qchisq(p, df, 1, 0) : 0;
}

double
distribution_chisq_upper(double x, double df)
{
	if (isnan(x) || !(df > 0) || isinf(df))
		return NAN;
	return pchisq(x, df, 0, 0);
}

double
distribution_t_quantile(double p, double df)
{
	if (!fraction(p) || !(df > 0) || isinf(df))
		return NAN;
	return qt(p, df, 1, 0);
}

/*
 * Newton's steps, from Wilson's limit, within a bracket that every step
 * narrows; what leaves it is halved, on the scale of the logarithm as long as
 * its ends are far apart, since a quantile may be 1e-14.
 */
double
distribution_beta_quantile(double p, double a, double b)
{
	double lo = DBL_MIN, hi = 1, n = a + b, over, step, next, x, z;
	int i;

	if (!fraction(p) || !(a > 0) || !(b > 0) || isinf(a) || isinf(b))
		return NAN;
	if (p <= 0 || p >= 1)
		return p;
	z = qnorm(p, 0, 1, 1, 0);
	x = (a + z * z / 2 + z * sqrt(z * z / 4 + a * (b / n))) / (n + z * z);
	if (!(x > lo && x < hi))
		x = a / n;
	for (i = 0; i < 400 && hi - lo > 4 * DBL_EPSILON * lo; i++) {
		/* The nearer tail: 1 - p would lose digits of a small p. */
		over = p <= 0.5 ? pbeta(x, a, b, 1, 0) - p :
		    1 - p - pbeta(x, a, b, 0, 0);
		if (over > 0)
			hi = x;
		else
			lo = x;
		step = over / dbeta(x, a, b, 0);
		next = x - step;
		if (fabs(step) <= 4 * DBL_EPSILON * x)
			return next;
		if (!(next > lo && next < hi))
			next = hi > 2 * lo ? sqrt(lo) * sqrt(hi) :
			    lo + (hi - lo) / 2;
		x = next;
	}
	return x;
}

double
distribution_binomial_quantile(double p, double n, double chance)
{
	if (!fraction(p) || !fraction(chance) || !(n >= 0) || isinf(n) ||
	    n != floor(n))
		return NAN;
	return qbinom(p, n, chance, 1, 0);
}
