#include "standard.h"

#include <math.h>

static enum estimate_reason
band_reason(double x, double n, double w)
{
	if (isnan(x) || isnan(n) || isnan(w))
		return ESTIMATE_MISSING;
	if (x < 0)
		return ESTIMATE_NEGATIVE;
	if (n <= 0)
		return ESTIMATE_ZERO_DENOMINATOR;
	if (w < 0)
		return ESTIMATE_BAD_WEIGHT;
	return ESTIMATE_FINE;
}

void
standard_direct_events(size_t bands, size_t frequencies,
    const double *frequency, const double *persons, const double *n,
    const double *w, double multiplier, const struct estimate_levels *l,
    struct estimate *e, double *events)
{
	double total = 0, weight = 0, sum = 0, var = 0, scale;
	enum estimate_reason reason;
	size_t b, k, i;

	if (events != NULL)
		*events = NAN;
	for (b = 0; b < bands; b++)
		weight += w[b];
	for (k = 0; k < frequencies; k++) {
		double f = frequency[k], vf = 0;

		for (b = 0; b < bands; b++) {
			double x = persons[k * bands + b], wn;

			reason = band_reason(x, n[b], w[b]);
			if (reason != ESTIMATE_FINE) {
				estimate_fail(e, reason);
				return;
			}
			wn = w[b] / n[b];
			total += f * x;
			sum += wn * f * x;
			vf += wn * wn * x;
		}
		var += f * f * vf;
	}
	if (!(weight > 0)) {
		estimate_fail(e, ESTIMATE_BAD_WEIGHT);
		return;
	}
	if (events != NULL)
		*events = total;
	if (total < 10) {
		estimate_fail(e, ESTIMATE_SMALL_COUNT);
		return;
	}
	e->value = sum / weight * multiplier;
	e->reason = ESTIMATE_FINE;
	e->method = "Dobson";
	scale = sqrt(var / total) / weight * multiplier;
	for (i = 0; i < l->n; i++) {
		double lo, hi;

		estimate_byar(total, l->z[i], &lo, &hi);
		e->lower[i] = fmax(0, e->value + scale * (lo - total));
		e->upper[i] = e->value + scale * (hi - total);
	}
}

void
standard_direct(size_t bands, const double *x, const double *n,
    const double *w, double multiplier, const struct estimate_levels *l,
    struct estimate *e, double *events)
{
	static const double once = 1;

	standard_direct_events(bands, 1, &once, x, n, w, multiplier, l, e,
	    events);
}

void
standard_indirect(double observed, double expected, double factor,
    const struct estimate_levels *l, struct estimate *e)
{
	size_t i;

	if (isnan(observed) || isnan(expected) || isnan(factor)) {
		estimate_fail(e, ESTIMATE_MISSING);
		return;
	}
	if (observed < 0 || expected < 0) {
		estimate_fail(e, ESTIMATE_NEGATIVE);
		return;
	}
	if (!(expected > 0)) {
		estimate_fail(e, ESTIMATE_ZERO_EXPECTED);
		return;
	}
	e->value = observed / expected * factor;
	e->reason = ESTIMATE_FINE;
	e->method = observed < 10 ? "Exact" : "Byar";
	for (i = 0; i < l->n; i++) {
		(void)estimate_poisson_at(observed, l, i, &e->lower[i],
		    &e->upper[i]);
		e->lower[i] = e->lower[i] / expected * factor;
		e->upper[i] = e->upper[i] / expected * factor;
	}
}

double
standard_expected(size_t bands, const double *n, const double *ref_x,
    const double *ref_n)
{
	double sum = 0;
	size_t b;

	for (b = 0; b < bands; b++) {
		if (!(n[b] >= 0))
			return NAN;
		if (n[b] <= 0)
			continue;
		if (!(ref_n[b] > 0) || !(ref_x[b] >= 0))
			return NAN;
		sum += ref_x[b] / ref_n[b] * n[b];
	}
	return sum;
}

double
standard_reference_rate(size_t bands, const double *ref_x,
    const double *ref_n, double multiplier)
{
	double x = 0, n = 0;
	size_t b;

	for (b = 0; b < bands; b++) {
		x += ref_x[b];
		n += ref_n[b];
	}
	return n > 0 ? x / n * multiplier : NAN;
}
