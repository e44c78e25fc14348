#include "slope.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "stats/distribution.h"

struct fit {
	size_t n;
	double share[SLOPE_MAX_QUANTILES];
	double h[SLOPE_MAX_QUANTILES]; /* slope = sum(h y) */
};

struct line {
	double mean; /* fitted at one half */
	double slope;
};

static double
forth(enum slope_scale s, double y)
{
	return s == SLOPE_LOG ? log(y) : s == SLOPE_LOGIT ? log(y / (1 - y)) :
	    y;
}

static double
back(enum slope_scale s, double t)
{
	return s == SLOPE_LOG ? exp(t) : s == SLOPE_LOGIT ?
	    1 / (1 + exp(-t)) : t;
}

static int
on_scale(enum slope_scale s, double y)
{
	return s == SLOPE_LINEAR || (y > 0 && (s == SLOPE_LOG || y < 1));
}

static void
fit_prepare(struct fit *t, size_t n, const struct slope_quantile *q)
{
	double total = 0, before = 0, spread = 0;
	size_t i;

	t->n = n;
	for (i = 0; i < n; i++)
		total += q[i].people;
	for (i = 0; i < n; i++) {
		t->share[i] = q[i].people / total;
		t->h[i] = before + t->share[i] / 2 - 0.5;
		before += t->share[i];
		spread += t->share[i] * t->h[i] * t->h[i];
	}
	for (i = 0; i < n; i++)
		t->h[i] *= t->share[i] / spread;
}

static struct line
fit_line(const struct fit *t, const double *y)
{
	struct line l = { 0, 0 };
	size_t i;

	for (i = 0; i < t->n; i++) {
		l.mean += t->share[i] * y[i];
		l.slope += t->h[i] * y[i];
	}
	return l;
}

/* The two ends of a line as SII and RII. */
static void
indices(const struct line *l, const struct slope_options *o, double *sii,
    double *rii)
{
	enum slope_scale s = o->transform ? o->scale : SLOPE_LINEAR;
	double y0 = back(s, l->mean - l->slope / 2);
	double y1 = back(s, l->mean + l->slope / 2);

	*sii = (y1 - y0) * o->multiplier;
	*rii = o->multiplier < 0 ? y0 / y1 : y1 / y0;
}

static void
ordered(double a, double b, double *lower, double *upper)
{
	*lower = a < b ? a : b;
	*upper = a < b ? b : a;
}

/* se: of the values on the scale of the fit. */
static void
analytic(const struct fit *t, const struct line *l, const double *se,
    const struct slope_options *o, const struct estimate_levels *levels,
    struct slope *out)
{
	double vs = 0, vm = 0, cov = 0, y0, y1, r, vr;
	size_t i;

	for (i = 0; i < t->n; i++) {
		double v = se[i] * se[i];

		vs += t->h[i] * t->h[i] * v;
		vm += t->share[i] * t->share[i] * v;
		cov += t->share[i] * t->h[i] * v;
	}
	/* Of log(y1 / y0), by the delta method. */
	y0 = l->mean - l->slope / 2;
	y1 = l->mean + l->slope / 2;
	r = 1 / y1 - 1 / y0;
	vr = r * r * vm + (1 / y1 + 1 / y0) * (1 / y1 + 1 / y0) / 4 * vs +
	    r * (1 / y1 + 1 / y0) * cov;
	for (i = 0; i < levels->n; i++) {
		double z = levels->z[i], s1, s2, r1, r2;
		struct line lo = *l, hi = *l;

		lo.slope -= z * sqrt(vs);
		hi.slope += z * sqrt(vs);
		indices(&lo, o, &s1, &r1);
		indices(&hi, o, &s2, &r2);
		ordered(s1, s2, &out->sii.lower[i], &out->sii.upper[i]);
		if (!o->transform) {
			double half = z * sqrt(vr);

			r1 = out->rii.value * exp(-half);
			r2 = out->rii.value * exp(half);
		}
		ordered(r1, r2, &out->rii.lower[i], &out->rii.upper[i]);
	}
	out->sii.method = o->transform || o->scale == SLOPE_LINEAR ?
	    "analytic" : "delta";
	out->rii.method = o->transform ? "analytic" : "delta";
}

/* splitmix64 (Vigna, public domain): uniform in (0, 1). */
static double
uniform(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15ULL;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
	z ^= z >> 31;
	return ((double)(z >> 11) + 0.5) / 9007199254740992.0;
}

static int
ascending(const void *a, const void *b)
{
	const double *p = a, *q = b;

	return (*p > *q) - (*p < *q);
}

/* centre, se: on the values' own scale. */
static void
simulated(const struct fit *t, const double *centre, const double *se,
    const struct slope_options *o, const struct estimate_levels *levels,
    struct slope *out)
{
	double *sii = mem_array(NULL, o->draws, sizeof *sii);
	double *rii = mem_array(NULL, o->draws, sizeof *rii);
	double y[SLOPE_MAX_QUANTILES];
	uint64_t state = o->seed;
	size_t i, k;

	for (k = 0; k < o->draws; k++) {
		struct line l;

		for (i = 0; i < t->n; i++) {
			y[i] = centre[i] + se[i] *
			    distribution_normal_quantile(uniform(&state));
			if (!o->transform)
				y[i] = back(o->scale, y[i]);
		}
		l = fit_line(t, y);
		indices(&l, o, &sii[k], &rii[k]);
	}
	qsort(sii, o->draws, sizeof *sii, ascending);
	qsort(rii, o->draws, sizeof *rii, ascending);
	for (i = 0; i < levels->n; i++) {
		double last = (double)(o->draws - 1);
		size_t lo = (size_t)(last * levels->tail[i] + 0.5);
		size_t hi = (size_t)(last * (1 - levels->tail[i]) + 0.5);

		out->sii.lower[i] = sii[lo];
		out->sii.upper[i] = sii[hi];
		out->rii.lower[i] = rii[lo];
		out->rii.upper[i] = rii[hi];
	}
	out->sii.method = out->rii.method = "simulated";
	free(sii);
	free(rii);
}

static enum estimate_reason
refused(size_t n, const struct slope_quantile *q, enum slope_scale scale)
{
	size_t i;

	if (n < 5)
		return ESTIMATE_TOO_FEW;
	for (i = 0; i < n; i++) {
		if (isnan(q[i].people) || isnan(q[i].value) ||
		    isnan(q[i].lower) || isnan(q[i].upper))
			return ESTIMATE_MISSING;
		if (q[i].people <= 0)
			return ESTIMATE_ZERO_DENOMINATOR;
		if (!on_scale(scale, q[i].value) ||
		    !on_scale(scale, q[i].lower) ||
		    !on_scale(scale, q[i].upper))
			return ESTIMATE_NEGATIVE;
	}
	return ESTIMATE_FINE;
}

void
slope_index(size_t n, const struct slope_quantile *q,
    const struct slope_options *o, const struct estimate_levels *levels,
    struct slope *out)
{
	double y[SLOPE_MAX_QUANTILES], se[SLOPE_MAX_QUANTILES];
	double centre[SLOPE_MAX_QUANTILES], on_fit[SLOPE_MAX_QUANTILES];
	const double z95 = distribution_normal_quantile(0.975);
	enum estimate_reason reason;
	struct line l;
	struct fit t;
	size_t i;

	assert(n <= SLOPE_MAX_QUANTILES);
	reason = refused(n, q, o->scale);
	if (reason != ESTIMATE_FINE) {
		estimate_fail(&out->sii, reason);
		estimate_fail(&out->rii, reason);
		out->intercept = NAN;
		return;
	}
	fit_prepare(&t, n, q);
	for (i = 0; i < n; i++) {
		centre[i] = forth(o->scale, q[i].value);
		se[i] = (forth(o->scale, q[i].upper) -
		    forth(o->scale, q[i].lower)) / (2 * z95);
		y[i] = o->transform ? centre[i] : q[i].value;
		on_fit[i] = se[i];
		if (!o->transform && o->scale == SLOPE_LOG)
			on_fit[i] *= q[i].value;
		if (!o->transform && o->scale == SLOPE_LOGIT)
			on_fit[i] *= q[i].value * (1 - q[i].value);
	}
	l = fit_line(&t, y);
	out->sii.reason = out->rii.reason = ESTIMATE_FINE;
	indices(&l, o, &out->sii.value, &out->rii.value);
	out->intercept = o->transform ?
	    back(o->scale, l.mean - l.slope / 2) * fabs(o->multiplier) :
	    l.mean - l.slope / 2;
	if (o->draws > 0)
		simulated(&t, centre, se, o, levels, out);
	else
		analytic(&t, &l, on_fit, o, levels, out);
}
