#include "life.h"

#include <assert.h>
#include <math.h>

static enum estimate_reason
refused(size_t bands, const double *d, const double *p)
{
	double total = 0;
	size_t i;

	for (i = 0; i < bands; i++)
		if (isnan(d[i]) || isnan(p[i]))
			return ESTIMATE_MISSING;
	for (i = 0; i < bands; i++)
		if (d[i] < 0)
			return ESTIMATE_NEGATIVE;
	for (i = 0; i < bands; i++)
		if (p[i] <= 0)
			return ESTIMATE_ZERO_DENOMINATOR;
	for (i = 0; i < bands; i++) {
		if (d[i] > p[i])
			return ESTIMATE_ABOVE_POPULATION;
		total += p[i];
	}
	return total <= 5000 ? ESTIMATE_SMALL_POPULATION : ESTIMATE_FINE;
}

void
life_expectancy(size_t bands, const double *start, const double *deaths,
    const double *people, const struct estimate_levels *levels,
    struct estimate *out)
{
	double l[LIFE_MAX_BANDS + 1], years[LIFE_MAX_BANDS];
	double s[LIFE_MAX_BANDS], width[LIFE_MAX_BANDS], a[LIFE_MAX_BANDS];
	double e_next = 0, lived = 0, w = 0, z95 = 1.959964;
	enum estimate_reason reason;
	size_t i, k, last = bands - 1;

	assert(bands >= 1 && bands <= LIFE_MAX_BANDS);
	reason = refused(bands, deaths, people);
	if (reason != ESTIMATE_FINE) {
		for (i = 0; i < bands; i++)
			estimate_fail(&out[i], reason);
		return;
	}
	if (deaths[last] <= 0) {
		for (i = 0; i < bands; i++)
			estimate_fail(&out[i], ESTIMATE_NO_LAST_DEATHS);
		return;
	}
	l[0] = 100000;
	for (i = 0; i < bands; i++) {
		double m = deaths[i] / people[i], q, dying;

		if (i == last) {
			l[i + 1] = 0;
			years[i] = l[i] / m;
			s[i] = 4 / (deaths[i] * m * m);
			break;
		}
		width[i] = start[i + 1] - start[i];
		a[i] = start[i] <= 0 && width[i] <= 1 ? 0.1 : 0.5;
		q = deaths[i] <= people[i] / width[i] / a[i] ?
		    m * width[i] / (1 + m * width[i] * (1 - a[i])) : 1;
		l[i + 1] = l[i] * (1 - q);
		dying = l[i] - l[i + 1];
		years[i] = width[i] * (l[i + 1] + a[i] * dying);
		s[i] = dying > 0 ? q * q * (1 - q) / deaths[i] : 0;
	}
	for (i = bands; i-- > 0;) {
		struct estimate *o = &out[i];
		double e, se;

		if (i == last) {
			w += l[i] / 2 * (l[i] / 2) * s[i];
		} else {
			double t = (1 - a[i]) * width[i] + e_next;

			w += s[i] * l[i] * l[i] * t * t;
		}
		lived += years[i];
		e = l[i] > 0 ? lived / l[i] : 0;
		se = l[i] > 0 ? sqrt(w / (l[i] * l[i])) : NAN;
		o->value = e;
		o->reason = ESTIMATE_FINE;
		o->method = "Silcocks";
		for (k = 0; k < levels->n; k++) {
			o->lower[k] = e - levels->z[k] * se;
			o->upper[k] = e + levels->z[k] * se;
		}
		if (z95 * se > 10) {
			o->value = NAN;
			o->reason = ESTIMATE_WIDE;
		}
		e_next = e;
	}
}
