#include "funnel.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "stats/distribution.h"
#include "stats/estimate.h"
#include "stats/rank.h"

static const double tails[2] = { 0.025, 0.001 };

static double
unit_denominator(const struct funnel_unit *u, const struct funnel_options *o)
{
	if (o->kind == FUNNEL_PROPORTION || o->kind == FUNNEL_RATIO)
		return u->denominator;
	if (u->numerator > 0)
		return o->multiplier * u->numerator / u->rate;
	return o->kind == FUNNEL_RATE ? u->denominator : NAN;
}

double
funnel_average(const struct funnel_unit *u, size_t n,
    const struct funnel_options *o)
{
	double x = 0, d = 0, m;
	size_t i;

	if (o->kind == FUNNEL_RATIO)
		return 1;
	for (i = 0; i < n; i++) {
		m = unit_denominator(&u[i], o);
		if (isnan(m) || isnan(u[i].numerator))
			continue;
		x += u[i].numerator;
		d += m;
	}
	return d > 0 ? x / d : NAN;
}

/* Digits before the point of a number of at least 1. */
static int
digits(double x)
{
	return x >= 1 ? (int)floor(log10(x)) + 1 : 1;
}

static double
round_up(double x)
{
	double y = x * 1.05, unit = pow(10, digits(ceil(y)) - 2);

	return ceil(y / unit) * unit;
}

static double
round_down(double x)
{
	double y = x * 0.95, unit = pow(10, digits(floor(y)) - 1);

	return floor(y / unit) * unit;
}

void
funnel_limit(const struct funnel_options *o, double average, double x,
    struct funnel_row *r)
{
	int k;

	r->x = x;
	for (k = 0; k < 2; k++) {
		double p = tails[k], half;

		if (o->kind == FUNNEL_PROPORTION) {
			half = -distribution_normal_quantile(p) *
			    sqrt(average * (1 - average) / x);
			r->lower[k] = fmax(0, average - half) * o->multiplier;
			r->upper[k] = fmin(1, average + half) * o->multiplier;
			continue;
		}
		/* Observed over the expected at which x is on the limit. */
		half = x * average * o->multiplier;
		r->lower[k] = half / (distribution_chisq_quantile(1 - p,
		    2 * x + 2) / 2);
		r->upper[k] = half / (distribution_chisq_quantile(p,
		    2 * x) / 2);
	}
}

int
funnel_limits(const struct funnel_unit *u, size_t n,
    const struct funnel_options *o, struct funnel_row rows[FUNNEL_ROWS])
{
	double average = funnel_average(u, n, o), lo = INFINITY, hi = 0, x;
	int rate = o->kind == FUNNEL_RATE || o->kind == FUNNEL_DSR;
	double years = rate ? o->years : 1;
	size_t i;

	for (i = 0; i < n; i++) {
		double d = unit_denominator(&u[i], o) / years;

		if (isnan(d))
			continue;
		hi = d > hi ? d : hi;
		lo = d < lo ? d : lo;
	}
	if (isnan(average) || !(hi > 0))
		return -1;
	lo = hi > 2 * lo ? 0 : round_down(lo) * years;
	hi = round_up(hi) * years;
	if (rate) {
		lo = floor(lo * average);
		hi = ceil(hi * average);
	}
	x = lo > 1 ? lo : 1;
	for (i = 1; i <= FUNNEL_ROWS; i++) {
		if (i > 1) {
			double left = 101 - (double)i +
			    (o->kind == FUNNEL_RATIO);
			double next = nearbyint(pow(hi / x, 1 / left) * x);

			x = next > x + 1 ? next : x + 1;
		}
		funnel_limit(o, average, x, &rows[i - 1]);
	}
	return 0;
}

enum funnel_flag
funnel_place(const struct funnel_unit *u, const struct funnel_options *o,
    double average)
{
	double d = unit_denominator(u, o), lo, hi, value;
	struct funnel_row r;
	int k;

	if (isnan(d) || isnan(u->numerator) || !(d > 0) || isnan(average) ||
	    u->numerator < 0 || (o->kind == FUNNEL_DSR && u->numerator < 10))
		return FUNNEL_UNKNOWN;
	if (o->kind == FUNNEL_PROPORTION) {
		value = u->numerator / d * o->multiplier;
		funnel_limit(o, average, d, &r);
		for (k = 1; k >= 0; k--) {
			if (value > r.upper[k])
				return k ? FUNNEL_HIGH_3 : FUNNEL_HIGH_2;
			if (value < r.lower[k])
				return k ? FUNNEL_LOW_3 : FUNNEL_LOW_2;
		}
		return FUNNEL_WITHIN;
	}
	for (k = 1; k >= 0; k--) {
		(void)estimate_poisson(u->numerator, tails[k],
		    -distribution_normal_quantile(tails[k]), &lo, &hi);
		if (average < lo / d)
			return k ? FUNNEL_HIGH_3 : FUNNEL_HIGH_2;
		if (average > hi / d)
			return k ? FUNNEL_LOW_3 : FUNNEL_LOW_2;
	}
	return FUNNEL_WITHIN;
}

void
funnel_point(const struct funnel_unit *u, const struct funnel_options *o,
    double *rate, double *denominator)
{
	if (o->kind == FUNNEL_DSR && !(u->numerator >= 10)) {
		*rate = *denominator = NAN;
		return;
	}
	*rate = u->rate;
	*denominator = unit_denominator(u, o) / o->years;
}

/* Value, standard error and z of each unit on the scale of the method. */
static void
transform(enum funnel_dispersion how, const struct funnel_unit *u, size_t n,
    double average, double *s, struct funnel_dispersed *out)
{
	size_t i;

	for (i = 0; i < n; i++) {
		double x = u[i].numerator, d = u[i].denominator, y;

		out[i].ratio = x / d;
		switch (how) {
		case FUNNEL_SHMI:
			s[i] = 1 / sqrt(d);
			out[i].z = sqrt(d) * log(x / d);
			break;
		case FUNNEL_CQC:
			s[i] = 1 / (2 * sqrt(d));
			out[i].z = (sqrt(x / d) - 1) / s[i];
			break;
		case FUNNEL_ARCSINE:
			s[i] = 1 / (2 * sqrt(d));
			out[i].z = (asin(sqrt(x / d)) - asin(sqrt(average))) /
			    s[i];
			break;
		case FUNNEL_LOG_COUNTS:
			y = log((x + 0.5) / (d + 0.5));
			s[i] = sqrt(x / ((x + 0.5) * (x + 0.5)) +
			    d / ((d + 0.5) * (d + 0.5)));
			out[i].z = (y - log(average)) / s[i];
			break;
		}
		out[i].z_kept = out[i].z;
	}
}

static void
truncate_ends(struct funnel_dispersed *out, size_t n, double trim)
{
	double *z = mem_array(NULL, n, sizeof *z);
	double *r = mem_array(NULL, n, sizeof *r);
	double groups = 1 / trim, g;
	size_t i;

	for (i = 0; i < n; i++)
		z[i] = out[i].z;
	rank_average(z, n, r);
	for (i = 0; i < n; i++) {
		g = floor(r[i] * groups / ((double)n + 1));
		if (g < 1 || g >= floor(groups) - 1)
			out[i].z_kept = NAN;
	}
	free(z);
	free(r);
}

static int
ascending(const void *a, const void *b)
{
	const double *p = a, *q = b;

	return (*p > *q) - (*p < *q);
}

static void
winsorise(struct funnel_dispersed *out, size_t n, double trim)
{
	double *z = mem_array(NULL, n, sizeof *z), lo, hi;
	size_t i;

	for (i = 0; i < n; i++)
		z[i] = out[i].z;
	qsort(z, n, sizeof *z, ascending);
	lo = rank_quantile(z, n, trim);
	hi = rank_quantile(z, n, 1 - trim);
	for (i = 0; i < n; i++)
		out[i].z_kept = fmin(fmax(out[i].z, lo), hi);
	free(z);
}

static double
squared_sine(double angle)
{
	double s;

	if (angle <= 0)
		return 0;
	if (angle >= acos(0))
		return 1;
	s = sin(angle);
	return s * s;
}

/* The limits of one unit with a variance between units. */
static void
limits(enum funnel_dispersion how, double d, double average, double tau2,
    double multiplier, double *lower, double *upper)
{
	int k;

	for (k = 0; k < 2; k++) {
		double z = -distribution_normal_quantile(tails[k]), h, c;

		h = z * sqrt((how == FUNNEL_SHMI ? 1 / d : 1 / (4 * d)) +
		    tau2);
		switch (how) {
		case FUNNEL_SHMI:
			lower[k] = exp(-h);
			upper[k] = exp(h);
			break;
		case FUNNEL_CQC:
			/* Squared: h is on the scale of the root. */
			lower[k] = h < 1 ? (1 - h) * (1 - h) : 0;
			upper[k] = (1 + h) * (1 + h);
			break;
		case FUNNEL_ARCSINE:
			c = asin(sqrt(average));
			lower[k] = squared_sine(c - h);
			upper[k] = squared_sine(c + h);
			break;
		case FUNNEL_LOG_COUNTS:
			lower[k] = average * exp(-h);
			upper[k] = average * exp(h);
			break;
		}
		lower[k] *= multiplier;
		upper[k] *= multiplier;
	}
}

void
funnel_model_limits(enum funnel_dispersion how, const struct funnel_model *m,
    double x, double multiplier, double lower[2], double upper[2])
{
	limits(how, x, m->average, m->tau2, multiplier, lower, upper);
}

void
funnel_poisson_limits(double x, double multiplier, double lower[2],
    double upper[2])
{
	int k;

	for (k = 0; k < 2; k++) {
		lower[k] = distribution_chisq_quantile(tails[k], 2 * x) / 2 /
		    x * multiplier;
		upper[k] = distribution_chisq_quantile(1 - tails[k],
		    2 * (x + 1)) / 2 / x * multiplier;
	}
}

static void
chance(enum funnel_dispersion how, double d, double average,
    double multiplier, double *lower, double *upper)
{
	if (how == FUNNEL_SHMI || how == FUNNEL_CQC)
		funnel_poisson_limits(d, multiplier, lower, upper);
	else
		limits(how, d, average, 0, multiplier, lower, upper);
}

int
funnel_disperse(enum funnel_dispersion how, const struct funnel_unit *u,
    size_t n, double trim, double multiplier, struct funnel_dispersed *out,
    struct funnel_model *m)
{
	double x = 0, d = 0, sw = 0, sw2 = 0, zz = 0, *s;
	size_t i;

	memset(m, 0, sizeof *m);
	for (i = 0; i < n; i++) {
		if (!(u[i].denominator > 0) || !(u[i].numerator >= 0) ||
		    (how == FUNNEL_SHMI && !(u[i].numerator > 0)) ||
		    (how == FUNNEL_ARCSINE &&
		    u[i].numerator > u[i].denominator))
			return -1;
		x += u[i].numerator;
		d += u[i].denominator;
	}
	if (n < 2)
		return -1;
	m->average = how == FUNNEL_SHMI || how == FUNNEL_CQC ? 1 : x / d;
	s = mem_array(NULL, n, sizeof *s);
	transform(how, u, n, m->average, s, out);
	if (trim > 0 && how == FUNNEL_SHMI)
		truncate_ends(out, n, trim);
	else if (trim > 0)
		winsorise(out, n, trim);
	for (i = 0; i < n; i++) {
		double w = 1 / (s[i] * s[i]);

		if (isnan(out[i].z_kept))
			continue;
		m->kept++;
		zz += out[i].z_kept * out[i].z_kept;
		sw += w;
		sw2 += w * w;
	}
	free(s);
	if (m->kept < 2)
		return -1;
	m->phi = zz / (double)m->kept;
	m->tau2 = fmax(0, (zz - (double)(m->kept - 1)) / (sw - sw2 / sw));
	for (i = 0; i < n; i++) {
		struct funnel_dispersed *o = &out[i];

		chance(how, u[i].denominator, m->average, multiplier,
		    o->lower, o->upper);
		limits(how, u[i].denominator, m->average, m->tau2,
		    multiplier, o->adjusted_lower, o->adjusted_upper);
		o->outlier = o->ratio * multiplier < o->adjusted_lower[1] ||
		    o->ratio * multiplier > o->adjusted_upper[1];
	}
	return 0;
}
