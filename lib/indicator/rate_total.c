/* Totals, exact however large: see struct rate_total. */
#include <math.h>

#include "base/mem.h"
#include "indicator/rate_parts.h"

/* A double's digits suffice up to 2^53; whole counts are exact. */
double
rate_number(num_wide v)
{
	num_wide whole, rest;

	if (v == (int64_t)v)
		return (double)((int64_t)v / 1000000000) +
		    (double)((int64_t)v % 1000000000) / RATE_UNIT;
	whole = v / 1000000000;
	rest = v % 1000000000;
	return (double)whole + (double)rest / RATE_UNIT;
}

double
rate_double(const struct rate_work *w, struct rate_total t)
{
	return rate_has(t) ? rate_number(rate_wide(w, t)) : NAN;
}

void
rate_total_set(struct rate_work *w, struct rate_total *t, num_wide v)
{
	if (t->v < RATE_LARGE && v < RATE_LARGE && v > -RATE_LARGE) {
		t->v = (int64_t)v;
		return;
	}
	if (t->v < RATE_LARGE) {
		if (w->nlarge == w->large_cap) {
			w->large_cap = w->large_cap > 0 ? w->large_cap * 2 :
			    64;
			w->large = mem_array(w->large, w->large_cap,
			    sizeof *w->large);
		}
		t->v = RATE_LARGE + (int64_t)w->nlarge++;
	}
	w->large[t->v - RATE_LARGE] = v;
}

int
rate_total_add_large(struct rate_work *w, struct rate_total *t, num_wide v)
{
	num_wide sum = rate_wide(w, *t);

	if (t->v == RATE_LACKING)
		return 0;
	if (num_wide_add(&sum, v) == -1)
		return -1;
	rate_total_set(w, t, sum);
	return 0;
}
