#include "distribution.h"

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

double
distribution_beta_quantile(double p, double a, double b)
{
	if (!fraction(p) || !(a > 0) || !(b > 0) || isinf(a) || isinf(b))
		return NAN;
	return qbeta(p, a, b, 1, 0);
}

double
distribution_binomial_quantile(double p, double n, double chance)
{
	if (!fraction(p) || !fraction(chance) || !(n >= 0) || isinf(n) ||
	    n != floor(n))
		return NAN;
	return qbinom(p, n, chance, 1, 0);
}
