/* The Data Quality Maturity Index of a table of measures. */
#include "spec/quality_table.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/num.h"
#include "csv/writer.h"

double
quality_score(uint64_t applicable, uint64_t valid, uint64_t defaults,
    double threshold)
{
	double n = (double)applicable;
	double excess = (double)defaults - (threshold < 0 ? 0 : threshold) * n;

	return applicable == 0 ? 0 :
	    ((double)valid - (excess > 0 ? excess : 0)) / n;
}

/* Months since year 0, or -1. */
static long
month_number(const char *period)
{
	int64_t y, m;

	if (strlen(period) != 7 || period[4] != '-' ||
	    num_i64(period, 4, &y) == -1 || num_i64(period + 5, 2, &m) == -1)
		return -1;
	return (long)(y * 12 + m - 1);
}

static unsigned
expected_periods(struct quality *q, unsigned given)
{
	const struct quality_row *const *v;
	size_t n = quality_sorted(q, &v), i;
	long first = -1, last = -1, m;

	if (given > 0)
		return given;
	for (i = 0; i < n; i++) {
		if ((m = month_number(v[i]->period)) == -1)
			continue;
		if (first == -1 || m < first)
			first = m;
		if (m > last)
			last = m;
	}
	return first == -1 ? 1 : (unsigned)(last - first + 1);
}

struct item { /* of the index, of one provider or of all */
	const char *provider, *dataset, *id;
	double threshold;
	uint64_t applicable, valid, defaults;
	size_t coverage; /* number of its provider and dataset */
};

struct index {
	struct map *keys, *covers, *periods;
	struct item *items;
	size_t nitems;
	uint64_t *months; /* per provider and dataset */
};

/* Three strings as one key, the NULs between them included. */
static size_t
add_key(struct map *m, const char *a, const char *b, const char *c,
    int *added)
{
	struct buf key = { 0 };
	size_t at;

	buf_put(&key, a, strlen(a) + 1);
	buf_put(&key, b, strlen(b) + 1);
	buf_put(&key, c, strlen(c) + 1);
	at = map_add(m, key.p, key.n, added);
	buf_free(&key);
	return at;
}

static void
index_add(struct index *x, const struct quality_row *r, const char *provider)
{
	size_t cover, at;
	struct item *item;
	int added;

	cover = add_key(x->covers, provider, r->dataset, "", &added);
	if (added) {
		x->months = mem_array(x->months, cover + 1,
		    sizeof *x->months);
		x->months[cover] = 0;
	}
	if (r->n[QUALITY_RECORDS] > 0 && month_number(r->period) != -1) {
		(void)add_key(x->periods, provider, r->dataset, r->period,
		    &added);
		x->months[cover] += (uint64_t)added;
	}
	if (!r->counts)
		return;
	at = add_key(x->keys, provider, r->dataset, r->id, &added);
	if (added) {
		x->items = mem_array(x->items, at + 1, sizeof *x->items);
		memset(&x->items[at], 0, sizeof *x->items);
		x->nitems++;
	}
	item = &x->items[at];
	item->provider = provider;
	item->dataset = r->dataset;
	item->id = r->id;
	item->threshold = r->threshold;
	item->coverage = cover;
	item->applicable += r->n[QUALITY_APPLICABLE];
	item->valid += r->n[QUALITY_VALID];
	item->defaults += r->n[QUALITY_DEFAULT];
}

/* All together before each provider. */
static int
by_item(const void *a, const void *b)
{
	const struct item *x = a, *y = b;
	int c, all = strcmp(x->provider, QUALITY_ALL) == 0;

	if (all != (strcmp(y->provider, QUALITY_ALL) == 0))
		return all ? -1 : 1;
	if ((c = strcmp(x->provider, y->provider)) != 0 ||
	    (c = strcmp(x->dataset, y->dataset)) != 0)
		return c;
	return strcmp(x->id, y->id);
}

static void
put_item(const struct item *t, double coverage, struct buf *b)
{
	double threshold = t->threshold < 0 ? 0 : t->threshold;
	double excess = (double)t->defaults - threshold *
	    (double)t->applicable;

	csv_put_string(b, t->provider);
	buf_putc(b, ',');
	csv_put_string(b, t->dataset);
	buf_putc(b, ',');
	csv_put_string(b, t->id);
	buf_putc(b, ',');
	buf_put_u64(b, t->applicable);
	buf_putc(b, ',');
	buf_put_u64(b, t->valid);
	buf_putc(b, ',');
	buf_put_u64(b, t->defaults);
	buf_putc(b, ',');
	if (t->threshold < 0)
		buf_putc(b, '-');
	else
		num_put_double(b, t->threshold);
	buf_putc(b, ',');
	num_put_fixed(b, excess > 0 ? excess : 0, 2);
	buf_putc(b, ',');
	if (t->applicable > 0)
		num_put_fixed(b, quality_score(t->applicable, t->valid,
		    t->defaults, t->threshold), 4);
	buf_putc(b, ',');
	num_put_fixed(b, coverage, 4);
	buf_puts(b, ",\n");
}

/* The items of one provider and its index. */
static void
put_index(const struct index *x, const struct item *t, size_t n,
    unsigned expected, struct buf *b)
{
	double scores = 0, coverages = 0, used = 0;
	size_t i;

	for (i = 0; i < n; i++) {
		double coverage = (double)x->months[t[i].coverage] / expected;

		if (coverage > 1)
			coverage = 1;
		put_item(&t[i], coverage, b);
		if (t[i].applicable == 0)
			continue; /* nothing was expected of it */
		used++;
		scores += quality_score(t[i].applicable, t[i].valid,
		    t[i].defaults, t[i].threshold);
		coverages += coverage;
	}
	csv_put_string(b, t->provider);
	buf_puts(b, ",,,,,,,,");
	if (used > 0) {
		num_put_fixed(b, scores / used, 4);
		buf_putc(b, ',');
		num_put_fixed(b, coverages / used, 4);
		buf_putc(b, ',');
		num_put_fixed(b, scores / used * (coverages / used) * 100, 2);
	} else {
		buf_puts(b, ",,");
	}
	buf_putc(b, '\n');
}

void
quality_dqmi(struct quality *q, unsigned given, struct buf *b)
{
	const struct quality_row *const *v;
	size_t n = quality_sorted(q, &v), i, k;
	unsigned expected = expected_periods(q, given);
	struct index x = { map_new(), map_new(), map_new(), NULL, 0, NULL };

	for (i = 0; i < n; i++)
		if (quality_is(v[i], "field")) {
			index_add(&x, v[i], v[i]->provider);
			index_add(&x, v[i], QUALITY_ALL);
		}
	if (x.nitems > 0)
		qsort(x.items, x.nitems, sizeof *x.items, by_item);
	buf_puts(b, "provider,dataset,item,applicable,valid,default,"
	    "threshold,excess,score,coverage,dqmi\n");
	for (i = 0; i < x.nitems; i = k) {
		for (k = i + 1; k < x.nitems && strcmp(x.items[k].provider,
		    x.items[i].provider) == 0; k++)
			;
		put_index(&x, x.items + i, k - i, expected, b);
	}
	map_free(x.keys);
	map_free(x.covers);
	map_free(x.periods);
	free(x.items);
	free(x.months);
}
