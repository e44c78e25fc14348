/* From a group's sums to its value. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "indicator/rate_parts.h"
#include "stats/life.h"
#include "stats/standard.h"

#define MAX_DETAIL 40 /* bands named in a reason */

void
rate_row_start(const struct rate_work *w, size_t g, struct rate_row *row)
{
	const char *cells[4];

	memset(row, 0, sizeof *row);
	rate_split_key(map_key(w->index, g, NULL), cells);
	row->definition = w->d;
	row->key[DEFINITION_AREA] = cells[0];
	row->key[DEFINITION_PERIOD] = cells[1];
	row->key[DEFINITION_SEX] = cells[2];
	row->key[DEFINITION_BAND] = "";
	row->key[DEFINITION_CATEGORY] = cells[3];
	row->count = row->denominator = NAN;
	row->detail = "";
}

/* Bands that are absent, as "0-4;5-9". */
static const char *
name_bands(struct rate *r, const struct rate_work *w, const struct rate_sums *s,
    int of_population)
{
	struct buf b = { 0 };
	size_t i, n = 0;
	char *text;

	for (i = w->from; i < w->to; i++) {
		if (rate_has(s[i].n) && (of_population ||
		    rate_has(s[i].x)))
			continue;
		if (n == MAX_DETAIL) {
			buf_puts(&b, ";...");
			break;
		}
		if (n++ > 0)
			buf_putc(&b, ';');
		buf_puts(&b, bands_label(w->bands, i));
	}
	text = arena_copy(&r->arena, b.p != NULL ? b.p : "", b.n);
	buf_free(&b);
	return text;
}

struct arrays {
	size_t n;
	double x[BANDS_MAX], people[BANDS_MAX], weight[BANDS_MAX];
	double start[BANDS_MAX];
};

/* The bands in use as arrays; 0, or -1 with the row failed. */
static int
to_arrays(struct rate *r, const struct rate_work *w, const struct rate_sums *s,
    struct arrays *a, struct rate_row *row)
{
	size_t i;

	a->n = 0;
	row->count = row->denominator = 0;
	for (i = w->from; i < w->to; i++) {
		if (!rate_has(s[i].x) || !rate_has(s[i].n)) {
			estimate_fail(&row->estimate, ESTIMATE_MISSING_BAND);
			row->detail = name_bands(r, w, s, 0);
			row->count = row->denominator = NAN;
			return -1;
		}
		a->x[a->n] = rate_double(w, s[i].x);
		a->people[a->n] = rate_double(w, s[i].n);
		a->weight[a->n] = bands_weight(w->bands, i);
		a->start[a->n] = bands_start(w->bands, i);
		row->count += a->x[a->n];
		row->denominator += a->people[a->n];
		a->n++;
	}
	return 0;
}

/*
 * Takes a whole number near the mean from every value, which leaves their
 * differences: 1,000,000,000.5 and the like lose their digits when squared.
 */
static void
centre(num_wide n, num_wide *x, num_wide *q)
{
	num_wide c = *x / n, cn, cx, ccn, to;

	if (!__builtin_mul_overflow(c, n, &cn) &&
	    !__builtin_mul_overflow(c, cn, &ccn) &&
	    !__builtin_mul_overflow(c, *x, &cx) &&
	    !__builtin_mul_overflow(cx, (num_wide)2, &cx) &&
	    !__builtin_sub_overflow(*q, cx, &to) &&
	    !__builtin_add_overflow(to, ccn, &to)) {
		*q = to;
		*x -= cn;
	}
}

/*
 * The sum of squared differences from the mean. The difference of two
 * large sums: taken in exact integers where they fit.
 */
double
rate_deviations(const struct rate_work *w, size_t g)
{
	const struct rate_sums *s = rate_sums_of(w, g);
	num_wide x = rate_wide(w, s->x), people = rate_wide(w, s->n);
	num_wide n = people / 1000000000, q = w->squares[g].sum, a, b;

	if (n < 1)
		return 0;
	centre(people, &x, &q);
	if (people % 1000000000 == 0 &&
	    !__builtin_mul_overflow(q, n, &a) &&
	    !__builtin_mul_overflow(a, (num_wide)1000000000, &a) &&
	    !__builtin_mul_overflow(x, x, &b))
		return a > b ? (double)(a - b) / (double)n / RATE_UNIT / RATE_UNIT : 0;
	return fmax(0, rate_number(q) - rate_number(x) / rate_number(people) *
	    rate_number(x));
}

void
rate_mean(const struct rate_work *w, size_t g, const struct estimate_levels *l,
    struct rate_row *row)
{
	const struct rate_sums *s = rate_sums_of(w, g);
	struct estimate *e = &row->estimate;
	double mean;

	row->count = rate_double(w, s->x);
	row->denominator = rate_double(w, s->n);
	if (!rate_has(s->x) || !rate_has(s->n)) {
		estimate_fail(e, ESTIMATE_MISSING);
		return;
	}
	estimate_mean_sums(row->denominator, row->count,
	    rate_deviations(w, g), l, e, NULL);
	if (w->squares[g].lacks && e->reason == ESTIMATE_FINE) {
		mean = e->value;
		estimate_fail(e, ESTIMATE_MISSING);
		e->value = mean;
	}
}

void
rate_simple(const struct rate_work *w, double x, double n,
    const struct estimate_levels *l, struct rate_row *row)
{
	const struct definition *d = w->d;
	struct estimate *e = &row->estimate;

	row->count = x;
	row->denominator = n;
	switch (d->method) {
	case DEFINITION_PROPORTION:
		if (d->exact)
			estimate_proportion_exact(x, n, d->multiplier, l, e);
		else
			estimate_proportion(x, n, d->multiplier, l, e);
		break;
	case DEFINITION_CRUDE_RATE:
		estimate_rate(x, n, d->multiplier, l, e);
		break;
	case DEFINITION_SMR:
		standard_indirect(x, n, d->multiplier, l, e);
		break;
	default:
		estimate_fail(e, isnan(x) || (d->method == DEFINITION_RATIO &&
		    isnan(n)) ? ESTIMATE_MISSING : ESTIMATE_FINE);
		if (e->reason != ESTIMATE_FINE)
			break;
		if (x < 0 && !rate_may_be_negative(d)) {
			estimate_fail(e, ESTIMATE_NEGATIVE);
			break;
		}
		if (d->method == DEFINITION_RATIO && !(n > 0)) {
			estimate_fail(e, ESTIMATE_ZERO_DENOMINATOR);
			break;
		}
		e->value = (d->method == DEFINITION_RATIO ? x / n : x) *
		    d->multiplier;
		break;
	}
}

void
rate_by_bands(struct rate *r, const struct rate_work *w, const struct rate_sums *s,
    struct rate_row *row)
{
	const struct estimate_levels *l = &r->options.levels;
	struct estimate life[BANDS_MAX];
	struct arrays a;
	double expected;

	if (to_arrays(r, w, s, &a, row) == -1)
		return;
	switch (w->d->method) {
	case DEFINITION_DSR:
		standard_direct(a.n, a.x, a.people, a.weight,
		    w->d->multiplier, l, &row->estimate, NULL);
		break;
	case DEFINITION_ISR_RATIO:
	case DEFINITION_ISR_RATE:
		expected = standard_expected(a.n, a.people, w->ref_x +
		    w->from, w->ref_n + w->from);
		standard_indirect(row->count, expected, w->d->method ==
		    DEFINITION_ISR_RATIO ? w->d->multiplier :
		    standard_reference_rate(a.n, w->ref_x + w->from,
		    w->ref_n + w->from, w->d->multiplier), l,
		    &row->estimate);
		if (w->d->method == DEFINITION_ISR_RATIO)
			row->denominator = expected;
		break;
	default:
		life_expectancy(a.n, a.start, a.x, a.people, l, life);
		row->estimate = life[0];
		break;
	}
}
