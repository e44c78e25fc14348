/* What is different from an earlier table of measures. */
#include "spec/quality_table.h"

#include <math.h>
#include <string.h>

#include "base/num.h"
#include "csv/writer.h"

#define LEAST 5e-7 /* what six digits show */

/* A table with a second one in which each provider's months are one. */
struct tables {
	struct quality *all, *whole;
};

/* One comparison: a row of now, one of before, the tables they are of. */
struct pair {
	const struct quality_row *now, *before;
	struct quality *table, *earlier;
	double months; /* of the earlier row; 1: of one month too */
};

/* Sums over periods, the provider kept: the same table, smaller. */
static struct quality *
without_periods(struct quality *q)
{
	struct quality *to = quality_new();
	const struct quality_row *const *v;
	size_t n = quality_sorted(q, &v), i, k;

	for (i = 0; i < n; i++) {
		struct quality_row *r;

		if (quality_is(v[i], "lag"))
			continue;
		r = quality_row(to, v[i]->dataset, v[i]->provider, "",
		    v[i]->kind, v[i]->id, v[i]->value);
		for (k = 0; k < QUALITY_COUNTS; k++)
			r->n[k] += v[i]->n[k];
		r->counts |= v[i]->counts;
		r->threshold = v[i]->threshold;
	}
	return to;
}

/* The row like this one, of another period. */
static const struct quality_row *
find(const struct quality *q, const struct quality_row *like,
    const char *period)
{
	struct buf key = { 0 };
	const char *part[6];
	size_t i, at;

	part[0] = like->dataset;
	part[1] = like->provider;
	part[2] = period;
	part[3] = like->kind;
	part[4] = like->id;
	part[5] = like->value;
	for (i = 0; i < 6; i++)
		buf_put(&key, part[i], strlen(part[i]) + 1);
	at = map_find(q->keys, key.p, key.n);
	buf_free(&key);
	return at == MAP_NONE ? NULL : &q->v[at];
}

static void
put(struct buf *b, const struct quality_row *r, const char *what,
    double before, double now, int digits)
{
	csv_put_string(b, r->dataset);
	buf_putc(b, ',');
	csv_put_string(b, r->provider);
	buf_printf(b, ",%s,%s,", r->period, r->kind);
	csv_put_string(b, r->id);
	buf_printf(b, ",%s,", what);
	num_put_fixed(b, before, digits);
	buf_putc(b, ',');
	num_put_fixed(b, now, digits);
	buf_putc(b, ',');
	num_put_fixed(b, now - before, digits);
	buf_putc(b, '\n');
}

/* The code rows of a field's place: the first of them, and how many. */
static size_t
codes_of(struct quality *q, const struct quality_row *field,
    const struct quality_row *const **to)
{
	struct quality_row like = *field;
	const struct quality_row *key = &like, *const *v;
	size_t n = quality_sorted(q, &v), low = 0, high = n, end;

	like.kind = "code";
	like.value = "";
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (quality_by_place(&v[middle], &key) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	for (end = low; end < n && quality_is(v[end], "code") &&
	    quality_same_place(v[end], field) &&
	    strcmp(v[end]->id, field->id) == 0; end++)
		;
	*to = v + low;
	return end - low;
}

static double
sum(const struct quality_row *const *v, size_t n)
{
	uint64_t all = 0;
	size_t i;

	for (i = 0; i < n; i++)
		all += v[i]->n[QUALITY_RECORDS];
	return (double)all;
}

/* Half the sum of absolute differences of shares; -1: not coded. */
static double
shift(const struct pair *p)
{
	const struct quality_row *const *now, *const *before;
	size_t n = codes_of(p->table, p->now, &now), i;
	size_t m = codes_of(p->earlier, p->before, &before);
	double x = sum(now, n), y = sum(before, m), all = 0;

	if (x == 0 && y == 0)
		return -1;
	if (x == 0 || y == 0)
		return 1;
	for (i = 0; i < n; i++) {
		const struct quality_row *o = find(p->earlier, now[i],
		    p->before->period);

		all += fabs((double)now[i]->n[QUALITY_RECORDS] / x -
		    (o != NULL ? (double)o->n[QUALITY_RECORDS] / y : 0));
	}
	for (i = 0; i < m; i++)
		if (find(p->table, before[i], p->now->period) == NULL)
			all += (double)before[i]->n[QUALITY_RECORDS] / y;
	return all / 2;
}

/* What differs by least or more: rates as they are, counts as a share. */
static void
compare(const struct pair *p, double least, struct buf *b)
{
	const struct quality_row *r = p->now, *o = p->before;
	double now, before;
	uint64_t of, less;
	size_t k;

	if (quality_is(r, "field")) {
		now = (double)r->n[QUALITY_RECORDS];
		before = (double)o->n[QUALITY_RECORDS] / p->months;
		if (now != before && fabs(now - before) >= least * before)
			put(b, r, "records", before, now,
			    p->months == 1 ? 0 : 1);
	}
	for (k = 0; k < QUALITY_MEASURES; k++) {
		if (!quality_is(r, quality_measures[k].kind) ||
		    k == QUALITY_SCORE || o->n[QUALITY_APPLICABLE] == 0 ||
		    r->n[QUALITY_APPLICABLE] == 0)
			continue;
		quality_measure(r, k, &of, &less, &now);
		quality_measure(o, k, &of, &less, &before);
		if (fabs(now - before) >= least)
			put(b, r, quality_measures[k].name, before, now, 6);
	}
	if (quality_is(r, "field") && (now = shift(p)) >= least)
		put(b, r, "codes", 0, now, 6);
}

/* Months that a provider's dataset has, by the fields that speak of them. */
static double
months_of(struct quality *q, const struct quality_row *like)
{
	const struct quality_row *const *v;
	size_t n = quality_sorted(q, &v), i;
	const char *last = NULL;
	double months = 0;

	for (i = 0; i < n; i++) {
		if (strcmp(v[i]->dataset, like->dataset) != 0 ||
		    strcmp(v[i]->provider, like->provider) != 0 ||
		    v[i]->period[0] == '\0' ||
		    (last != NULL && strcmp(last, v[i]->period) == 0))
			continue;
		last = v[i]->period;
		months++;
	}
	return months;
}

/* The whole of each table, provider by provider. */
static void
compare_wholes(const struct tables *a, const struct tables *z, double least,
    struct buf *b)
{
	static const struct quality_row none;
	const struct quality_row *const *v;
	size_t n = quality_sorted(a->whole, &v), i;

	for (i = 0; i < n; i++) {
		struct pair p = { v[i], find(z->whole, v[i], ""), a->whole,
			z->whole, 1 };
		struct quality_row nothing = none;

		if (quality_is(v[i], "code"))
			continue;
		if (p.before == NULL) {
			put(b, v[i], "new", 0,
			    (double)v[i]->n[QUALITY_APPLICABLE], 0);
			nothing = *v[i];
			memset(nothing.n, 0, sizeof nothing.n);
			p.before = &nothing;
		}
		compare(&p, least, b);
	}
	n = quality_sorted(z->whole, &v);
	for (i = 0; i < n; i++)
		if (!quality_is(v[i], "code") && find(a->whole, v[i], "") ==
		    NULL)
			put(b, v[i], "gone",
			    (double)v[i]->n[QUALITY_APPLICABLE], 0, 0);
}

/*
 * Each month with itself where the earlier table has it, else with an
 * average month of the whole earlier table.
 */
static void
compare_months(const struct tables *a, const struct tables *z, double least,
    struct buf *b)
{
	const struct quality_row *const *v, *last = NULL;
	size_t n = quality_sorted(a->all, &v), i;
	double months = 0;

	for (i = 0; i < n; i++) {
		struct pair p = { v[i], NULL, a->all, z->all, 1 };

		if (v[i]->period[0] == '\0' || quality_is(v[i], "code") ||
		    quality_is(v[i], "lag"))
			continue;
		if ((p.before = find(z->all, v[i], v[i]->period)) == NULL) {
			if (last == NULL || strcmp(last->dataset,
			    v[i]->dataset) != 0 || strcmp(last->provider,
			    v[i]->provider) != 0)
				months = months_of(z->all, v[i]);
			last = v[i];
			p.before = find(z->whole, v[i], "");
			p.earlier = z->whole;
			p.months = months;
		}
		if (p.before != NULL && p.months > 0)
			compare(&p, least, b);
	}
}

void
quality_changes(struct quality *now, struct quality *before, double least,
    struct buf *b)
{
	struct tables a = { now, without_periods(now) };
	struct tables z = { before, without_periods(before) };

	if (least < LEAST)
		least = LEAST;
	buf_puts(b, "dataset,provider,period,kind,id,measure,before,now,"
	    "change\n");
	compare_wholes(&a, &z, least, b);
	compare_months(&a, &z, least, b);
	quality_free(a.whole);
	quality_free(z.whole);
}
