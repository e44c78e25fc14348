/* Measures of data quality, with the counts they come from. */
#include "spec/quality.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/map.h"
#include "base/markup.h"
#include "base/mem.h"
#include "base/num.h"
#include "csv/table.h"
#include "csv/writer.h"

#define ALL "*"

struct quality {
	struct map *keys;
	struct quality_row *v;
	struct arena arena;
	const struct quality_row **sorted; /* NULL: not now */
};

static const char *const columns[] = { "dataset", "provider", "period",
	"kind", "id", "value", "records", "applicable", "missing", "default",
	"invalid", "valid", "failed", "distinct", "threshold", "completeness",
	"validity", "uniqueness", "consistency", "median_days", "p90_days",
	"within" };
enum { FIRST_COUNT = 6, THRESHOLD = 14, NCOLUMNS = 22 };

struct quality *
quality_new(void)
{
	struct quality *q = mem_zero(1, sizeof *q);

	q->keys = map_new();
	return q;
}

void
quality_free(struct quality *q)
{
	if (q == NULL)
		return;
	map_free(q->keys);
	arena_free(&q->arena);
	free(q->v);
	free(q->sorted);
	free(q);
}

struct quality_row *
quality_row(struct quality *q, const char *dataset, const char *provider,
    const char *period, const char *kind, const char *id, const char *value)
{
	const char *part[6];
	const char **to[6];
	struct quality_row *r;
	struct buf key = { 0 };
	size_t at, i;
	int added;

	part[0] = dataset;
	part[1] = provider;
	part[2] = period;
	part[3] = kind;
	part[4] = id;
	part[5] = value;
	for (i = 0; i < 6; i++)
		buf_put(&key, part[i], strlen(part[i]) + 1);
	at = map_add(q->keys, key.p, key.n, &added);
	buf_free(&key);
	if (!added)
		return &q->v[at];
	free(q->sorted);
	q->sorted = NULL;
	if ((at & (at - 1)) == 0)
		q->v = mem_array(q->v, at > 0 ? at * 2 : 1, sizeof *q->v);
	r = &q->v[at];
	memset(r, 0, sizeof *r);
	to[0] = &r->dataset;
	to[1] = &r->provider;
	to[2] = &r->period;
	to[3] = &r->kind;
	to[4] = &r->id;
	to[5] = &r->value;
	for (i = 0; i < 6; i++)
		*to[i] = arena_string(&q->arena, part[i]);
	return r;
}

void
quality_sketch(struct quality *q, struct quality_row *r,
    const unsigned char *from)
{
	size_t i;

	if (r->sketch == NULL) {
		r->sketch = arena_alloc(&q->arena, QUALITY_REGISTERS);
		memset(r->sketch, 0, QUALITY_REGISTERS);
	}
	for (i = 0; i < QUALITY_REGISTERS; i++)
		if (from[i] > r->sketch[i])
			r->sketch[i] = from[i];
}

/* Flajolet, Fusy, Gandouet, Meunier (2007), with linear counting below. */
static uint64_t
sketch_count(const unsigned char *s)
{
	double m = QUALITY_REGISTERS, sum = 0, e;
	unsigned zeros = 0, i;

	for (i = 0; i < QUALITY_REGISTERS; i++) {
		sum += ldexp(1, -s[i]);
		zeros += s[i] == 0;
	}
	e = 0.7213 / (1 + 1.079 / m) * m * m / sum;
	if (e <= 2.5 * m && zeros > 0)
		e = m * log(m / zeros);
	return (uint64_t)(e + 0.5);
}

static int
by_place(const void *a, const void *b)
{
	const struct quality_row *x = *(const struct quality_row *const *)a;
	const struct quality_row *y = *(const struct quality_row *const *)b;
	int c;

	if ((c = strcmp(x->dataset, y->dataset)) != 0 ||
	    (c = strcmp(x->provider, y->provider)) != 0 ||
	    (c = strcmp(x->period, y->period)) != 0 ||
	    (c = strcmp(x->kind, y->kind)) != 0 ||
	    (c = strcmp(x->id, y->id)) != 0)
		return c;
	/* Days as numbers. */
	if (strcmp(x->kind, "lag") == 0) {
		long i = strtol(x->value, NULL, 10);
		long k = strtol(y->value, NULL, 10);

		return i < k ? -1 : i > k;
	}
	return strcmp(x->value, y->value);
}

static size_t
sorted(struct quality *q, const struct quality_row *const **to)
{
	size_t n = map_count(q->keys), i;

	if (q->sorted == NULL) {
		q->sorted = mem_array(NULL, n + 1, sizeof *q->sorted);
		for (i = 0; i < n; i++)
			q->sorted[i] = &q->v[i];
		qsort(q->sorted, n, sizeof *q->sorted, by_place);
	}
	*to = q->sorted;
	return n;
}

static int
is(const struct quality_row *r, const char *kind)
{
	return strcmp(r->kind, kind) == 0;
}

/* Writing. */

static void
put_rate(struct buf *b, uint64_t part, uint64_t whole)
{
	buf_putc(b, ',');
	if (whole > 0)
		num_put_fixed(b, (double)part / (double)whole, 6);
}

static void
put_place(struct buf *b, const struct quality_row *r, const char *kind,
    const char *value)
{
	csv_put_string(b, r->dataset);
	buf_putc(b, ',');
	csv_put_string(b, r->provider);
	buf_printf(b, ",%s,%s,", r->period, kind);
	csv_put_string(b, r->id);
	buf_putc(b, ',');
	csv_put_string(b, value);
}

/* Counts that a kind has, by quality_count, as bits. */
static unsigned
has_counts(const struct quality_row *r)
{
	if (is(r, "field"))
		return 0x3f;
	if (is(r, "rule"))
		return 1U << QUALITY_APPLICABLE | 1U << QUALITY_FAILED;
	if (is(r, "key"))
		return 1U << QUALITY_RECORDS | 1U << QUALITY_APPLICABLE |
		    1U << QUALITY_FAILED;
	return 1U << QUALITY_RECORDS;
}

static void
put_row(struct buf *b, const struct quality_row *r, uint64_t distinct)
{
	unsigned counts = has_counts(r), i;
	uint64_t n = r->n[QUALITY_APPLICABLE];
	uint64_t there = n - r->n[QUALITY_MISSING];
	uint64_t held = n - r->n[QUALITY_FAILED];

	put_place(b, r, r->kind, r->value);
	for (i = 0; i < QUALITY_COUNTS; i++) {
		buf_putc(b, ',');
		if (counts >> i & 1)
			buf_put_u64(b, r->n[i]);
	}
	buf_putc(b, ',');
	if (is(r, "field"))
		buf_put_u64(b, distinct);
	buf_putc(b, ',');
	if (r->counts) {
		if (r->threshold < 0)
			buf_putc(b, '-');
		else
			num_put_double(b, r->threshold);
	}
	if (is(r, "field")) {
		put_rate(b, there, n);
		put_rate(b, r->n[QUALITY_VALID], there);
	} else {
		buf_puts(b, ",,");
	}
	if (is(r, "key"))
		put_rate(b, held, n);
	else
		buf_putc(b, ',');
	if (is(r, "rule"))
		put_rate(b, held, n);
	else
		buf_putc(b, ',');
	buf_puts(b, ",,,\n");
}

/* The day that at least this share of n records has come by. */
static long
quantile(const struct quality_row *const *v, size_t rows, uint64_t n,
    double share)
{
	uint64_t want = (uint64_t)ceil(share * (double)n), seen = 0;
	size_t i;

	for (i = 0; i < rows; i++)
		if ((seen += v[i]->n[QUALITY_RECORDS]) >= want)
			return strtol(v[i]->value, NULL, 10);
	return 0;
}

/* The lag rows of one place as one row of kind time. */
static void
put_time(struct buf *b, const struct quality_row *const *v, size_t rows,
    unsigned within)
{
	uint64_t n = 0, timely = 0, early = 0;
	size_t i;

	for (i = 0; i < rows; i++) {
		long day = strtol(v[i]->value, NULL, 10);
		uint64_t k = v[i]->n[QUALITY_RECORDS];

		n += k;
		if (day < 0)
			early += k;
		else if ((unsigned long)day <= within)
			timely += k;
	}
	put_place(b, v[0], "time", "");
	buf_puts(b, ",");
	buf_put_u64(b, n);
	buf_puts(b, ",");
	buf_put_u64(b, n);
	buf_puts(b, ",,,,,");
	buf_put_u64(b, early);
	buf_puts(b, ",,,,,,,");
	buf_put_i64(b, quantile(v, rows, n, 0.5));
	buf_putc(b, ',');
	buf_put_i64(b, quantile(v, rows, n, 0.9));
	put_rate(b, timely, n);
	buf_putc(b, '\n');
}

static int
same_place(const struct quality_row *a, const struct quality_row *b)
{
	return strcmp(a->dataset, b->dataset) == 0 &&
	    strcmp(a->provider, b->provider) == 0 &&
	    strcmp(a->period, b->period) == 0;
}

/* Codes seen of a field: they stand before it, code before field. */
static uint64_t
distinct_of(const struct quality_row *const *v, size_t at)
{
	uint64_t n = 0;
	size_t i;

	for (i = at; i > 0 && same_place(v[i - 1], v[at]); i--)
		if (is(v[i - 1], "code") &&
		    strcmp(v[i - 1]->id, v[at]->id) == 0)
			n++;
	return n > 0 || v[at]->sketch == NULL ? n :
	    sketch_count(v[at]->sketch);
}

static void
put_sketch(struct buf *b, const struct quality_row *r)
{
	char text[QUALITY_REGISTERS + 1];
	size_t i;

	/* A register is 0..57: one printable character each. */
	for (i = 0; i < QUALITY_REGISTERS; i++)
		text[i] = (char)('0' + r->sketch[i]);
	text[i] = '\0';
	put_place(b, r, "sketch", text);
	buf_puts(b, ",,,,,,,,,,,,,,,,\n");
}

void
quality_put(struct quality *q, int partial, unsigned within, struct buf *b)
{
	const struct quality_row *const *v;
	size_t n = sorted(q, &v), i, k;

	for (i = 0; i < NCOLUMNS; i++)
		buf_printf(b, "%s%s", i > 0 ? "," : "", columns[i]);
	if (within > 0)
		buf_printf(b, "_%u_days", within);
	buf_putc(b, '\n');
	for (i = 0; i < n; i++) {
		if (is(v[i], "lag") && (i == 0 || !is(v[i - 1], "lag") ||
		    !same_place(v[i - 1], v[i]))) {
			for (k = i + 1; k < n && is(v[k], "lag") &&
			    same_place(v[k], v[i]); k++)
				;
			put_time(b, v + i, k - i, within);
		}
		put_row(b, v[i], is(v[i], "field") ? distinct_of(v, i) : 0);
		if (partial && v[i]->sketch != NULL)
			put_sketch(b, v[i]);
	}
}

/* Reading. */

static int
read_sketch(struct quality *q, const struct csv_table *t, size_t row,
    const char *const *cell, struct fault *f)
{
	unsigned char s[QUALITY_REGISTERS];
	size_t i;

	if (strlen(cell[5]) != QUALITY_REGISTERS)
		return fault_at(f, t->path, t->lines[row], "not a sketch");
	for (i = 0; i < QUALITY_REGISTERS; i++) {
		if (cell[5][i] < '0' || cell[5][i] > '0' + 57)
			return fault_at(f, t->path, t->lines[row],
			    "not a sketch");
		s[i] = (unsigned char)(cell[5][i] - '0');
	}
	quality_sketch(q, quality_row(q, cell[0], cell[1], cell[2], "field",
	    cell[4], ""), s);
	return 0;
}

static int
read_row(struct quality *q, const struct csv_table *t, size_t row,
    struct fault *f)
{
	const char *const *cell = t->cells + row * t->ncols;
	struct quality_row *r;
	size_t i;

	if (strcmp(cell[3], "time") == 0)
		return 0; /* made anew of lag */
	if (strcmp(cell[3], "sketch") == 0)
		return read_sketch(q, t, row, cell, f);
	r = quality_row(q, cell[0], cell[1], cell[2], cell[3], cell[4],
	    cell[5]);
	for (i = 0; i < QUALITY_COUNTS; i++) {
		const char *s = cell[FIRST_COUNT + i];
		int64_t n = 0;

		if (s[0] != '\0' && (num_i64(s, strlen(s), &n) == -1 || n < 0))
			return fault_at(f, t->path, t->lines[row],
			    "column %s: not a count",
			    columns[FIRST_COUNT + i]);
		r->n[i] += (uint64_t)n;
	}
	if (cell[THRESHOLD][0] != '\0') {
		r->counts = 1;
		r->threshold = -1;
		if (strcmp(cell[THRESHOLD], "-") != 0 &&
		    num_double(cell[THRESHOLD], strlen(cell[THRESHOLD]),
		    &r->threshold) == -1)
			return fault_at(f, t->path, t->lines[row],
			    "column threshold: not a number");
	}
	return 0;
}

int
quality_read(struct quality *q, const char *path, struct fault *f)
{
	struct csv_table *t = csv_table_open(path, ',', f);
	size_t i;
	int rc = 0;

	if (t == NULL)
		return -1;
	for (i = 0; i < NCOLUMNS && rc == 0; i++)
		if (i >= t->ncols || strncmp(t->names[i], columns[i],
		    strlen(columns[i])) != 0)
			rc = fault_at(f, path, 1, "not a file of "
			    "nib-validate --quality: column %zu is not %s",
			    i + 1, columns[i]);
	for (i = 0; i < t->nrows && rc == 0; i++)
		rc = read_row(q, t, i, f);
	csv_table_close(t);
	return rc;
}

/* The index. */

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
	size_t n = sorted(q, &v), i;
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
	int c;

	if ((strcmp(x->provider, ALL) == 0) != (strcmp(y->provider, ALL) == 0))
		return strcmp(x->provider, ALL) == 0 ? -1 : 1;
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
	size_t n = sorted(q, &v), i, k;
	unsigned expected = expected_periods(q, given);
	struct index x = { map_new(), map_new(), map_new(), NULL, 0, NULL };

	for (i = 0; i < n; i++)
		if (is(v[i], "field")) {
			index_add(&x, v[i], v[i]->provider);
			index_add(&x, v[i], ALL);
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

/* Judging. */

static const struct measure {
	const char *name, *kind;
} measures[] = {
	{ "completeness", "field" }, { "validity", "field" },
	{ "score", "field" }, { "uniqueness", "key" },
	{ "consistency", "rule" },
};
enum { COMPLETENESS, VALIDITY, SCORE, UNIQUENESS, CONSISTENCY, MEASURES };

/* A rate with its denominator; how many fall short of it. */
static uint64_t
measure(const struct quality_row *r, size_t which, uint64_t *of,
    uint64_t *short_of, double *rate)
{
	uint64_t n = r->n[QUALITY_APPLICABLE];

	switch (which) {
	case COMPLETENESS:
		*short_of = r->n[QUALITY_MISSING];
		break;
	case VALIDITY:
		n -= r->n[QUALITY_MISSING];
		*short_of = r->n[QUALITY_INVALID];
		break;
	case SCORE:
		*short_of = n - r->n[QUALITY_VALID];
		break;
	default:
		*short_of = r->n[QUALITY_FAILED];
		break;
	}
	*of = n;
	*rate = n == 0 ? 0 : (double)(n - *short_of) / (double)n;
	if (which == SCORE)
		*rate = quality_score(n, r->n[QUALITY_VALID],
		    r->n[QUALITY_DEFAULT], r->threshold);
	return n;
}

/* The threshold's row for an id, the id itself before "*"; -1: none. */
static long
threshold_row(const struct csv_table *t, const long at[4], const char *kind,
    const char *id, const char *name)
{
	long any = -1;
	size_t i;

	for (i = 0; i < t->nrows; i++) {
		const char *what = csv_table_cell(t, i, (size_t)at[1]);

		if (strcmp(csv_table_cell(t, i, (size_t)at[0]), kind) != 0 ||
		    strcmp(csv_table_cell(t, i, (size_t)at[2]), name) != 0)
			continue;
		if (strcmp(what, id) == 0)
			return (long)i;
		if (strcmp(what, ALL) == 0)
			any = (long)i;
	}
	return any;
}

static int
check_thresholds(const struct csv_table *t, const long at[4],
    struct fault *f)
{
	size_t i, k;
	double v;

	for (i = 0; i < t->nrows; i++) {
		const char *name = csv_table_cell(t, i, (size_t)at[2]);
		const char *kind = csv_table_cell(t, i, (size_t)at[0]);
		const char *least = csv_table_cell(t, i, (size_t)at[3]);

		for (k = 0; k < MEASURES; k++)
			if (strcmp(measures[k].name, name) == 0 &&
			    strcmp(measures[k].kind, kind) == 0)
				break;
		if (k == MEASURES)
			return fault_at(f, t->path, t->lines[i],
			    "there is no such measure of this kind");
		if (num_double(least, strlen(least), &v) == -1 || v < 0 ||
		    v > 1)
			return fault_at(f, t->path, t->lines[i],
			    "minimum must be from 0 to 1");
	}
	return 0;
}

int
quality_judge(struct quality *q, const char *path, struct buf *b,
    size_t *failed, struct fault *f)
{
	static const char *const names[] = { "kind", "id", "measure",
		"minimum" };
	struct csv_table *t = csv_table_open(path, ',', f);
	const struct quality_row *const *v;
	size_t n = sorted(q, &v), i, k;
	long at[4], row;
	int rc = -1;

	*failed = 0;
	if (t == NULL)
		return -1;
	for (k = 0; k < 4; k++)
		if ((at[k] = csv_table_column(t, names[k], f)) == -1)
			goto out;
	if (check_thresholds(t, at, f) == -1)
		goto out;
	buf_puts(b, "dataset,provider,period,kind,id,measure,of,short,rate,"
	    "minimum,outcome\n");
	for (i = 0; i < n; i++)
		for (k = 0; k < MEASURES; k++) {
			uint64_t of, less;
			double rate, least = 0;
			const char *text, *outcome;

			if (!is(v[i], measures[k].kind) || (row =
			    threshold_row(t, at, v[i]->kind, v[i]->id,
			    measures[k].name)) == -1)
				continue;
			text = csv_table_cell(t, (size_t)row, (size_t)at[3]);
			(void)num_double(text, strlen(text), &least);
			(void)measure(v[i], k, &of, &less, &rate);
			outcome = of == 0 ? "not applicable" :
			    rate < least ? "fail" :
			    less > 0 ? "pass with findings" : "pass";
			*failed += of > 0 && rate < least;
			csv_put_string(b, v[i]->dataset);
			buf_putc(b, ',');
			csv_put_string(b, v[i]->provider);
			buf_printf(b, ",%s,%s,", v[i]->period, v[i]->kind);
			csv_put_string(b, v[i]->id);
			buf_printf(b, ",%s,", measures[k].name);
			buf_put_u64(b, of);
			buf_putc(b, ',');
			buf_put_u64(b, less);
			buf_putc(b, ',');
			if (of > 0)
				num_put_fixed(b, rate, 6);
			buf_printf(b, ",%s,%s\n", text, outcome);
		}
	rc = 0;
out:
	csv_table_close(t);
	return rc;
}

/* Changes. */

/* Sums over periods, the provider kept: the same table, smaller. */
static struct quality *
without_periods(struct quality *q)
{
	struct quality *to = quality_new();
	const struct quality_row *const *v;
	size_t n = sorted(q, &v), i, k;

	for (i = 0; i < n; i++) {
		struct quality_row *r;

		if (is(v[i], "lag"))
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

static const struct quality_row *
find(const struct quality *q, const struct quality_row *like)
{
	struct buf key = { 0 };
	const char *part[6];
	size_t i, at;

	part[0] = like->dataset;
	part[1] = like->provider;
	part[2] = like->period;
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
put_change(struct buf *b, const struct quality_row *r, const char *what,
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
codes_of(const struct quality_row *const *v, size_t n,
    const struct quality_row *field, size_t *first)
{
	struct quality_row like = *field;
	const struct quality_row *key = &like;
	size_t low = 0, high = n, end;

	like.kind = "code";
	like.value = "";
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (by_place(&v[middle], &key) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	for (end = low; end < n && is(v[end], "code") &&
	    same_place(v[end], field) &&
	    strcmp(v[end]->id, field->id) == 0; end++)
		;
	*first = low;
	return end - low;
}

/* Half the sum of absolute differences of shares; -1: not coded. */
static double
shift(const struct quality_row *const *now, size_t n,
    const struct quality_row *const *before, size_t nbefore,
    const struct quality *a, const struct quality *z,
    const struct quality_row *r)
{
	size_t i, first, k, other, m;
	uint64_t x = 0, y = 0;
	double sum = 0;

	k = codes_of(now, n, r, &first);
	m = codes_of(before, nbefore, r, &other);
	for (i = first; i < first + k; i++)
		x += now[i]->n[QUALITY_RECORDS];
	for (i = other; i < other + m; i++)
		y += before[i]->n[QUALITY_RECORDS];
	if (x == 0 && y == 0)
		return -1;
	if (x == 0 || y == 0)
		return 1;
	for (i = first; i < first + k; i++) {
		const struct quality_row *o = find(z, now[i]);

		sum += fabs((double)now[i]->n[0] / (double)x -
		    (o != NULL ? (double)o->n[0] / (double)y : 0));
	}
	for (i = other; i < other + m; i++)
		if (find(a, before[i]) == NULL)
			sum += (double)before[i]->n[0] / (double)y;
	return sum / 2;
}

static double
rate_of(const struct quality_row *r, size_t which)
{
	uint64_t of, less;
	double rate;

	(void)measure(r, which, &of, &less, &rate);
	return rate;
}

void
quality_changes(struct quality *q, struct quality *earlier, struct buf *b)
{
	struct quality *a = without_periods(q), *z = without_periods(earlier);
	const struct quality_row *const *v, *const *w;
	size_t n = sorted(a, &v), m = sorted(z, &w), i;

	buf_puts(b, "dataset,provider,period,kind,id,measure,before,now,"
	    "change\n");
	for (i = 0; i < n; i++) {
		const struct quality_row *o = find(z, v[i]);
		static const struct quality_row none;
		size_t k;

		if (is(v[i], "code"))
			continue;
		if (o == NULL) {
			put_change(b, v[i], "new", 0, (double)
			    v[i]->n[QUALITY_APPLICABLE], 0);
			o = &none;
		}
		if (is(v[i], "field") && v[i]->n[0] != o->n[0])
			put_change(b, v[i], "records", (double)o->n[0],
			    (double)v[i]->n[0], 0);
		for (k = 0; k < MEASURES; k++)
			if (is(v[i], measures[k].kind) && k != SCORE &&
			    o->n[QUALITY_APPLICABLE] > 0 &&
			    fabs(rate_of(v[i], k) - rate_of(o, k)) >= 5e-7)
				put_change(b, v[i], measures[k].name,
				    rate_of(o, k), rate_of(v[i], k), 6);
		if (is(v[i], "field")) {
			double moved = shift(v, n, w, m, a, z, v[i]);

			if (moved >= 5e-7)
				put_change(b, v[i], "codes", 0, moved, 6);
		}
	}
	for (i = 0; i < m; i++)
		if (!is(w[i], "code") && find(a, w[i]) == NULL)
			put_change(b, w[i], "gone", (double)
			    w[i]->n[QUALITY_APPLICABLE], 0, 0);
	quality_free(a);
	quality_free(z);
}

/* The page. */

struct place { /* a row or column of the map */
	const char *dataset, *name;
	uint64_t applicable, valid, missing, invalid;
};

static double
share(const struct place *p)
{
	return p->applicable == 0 ? 2 :
	    (double)p->valid / (double)p->applicable;
}

static int
by_need(const void *a, const void *b)
{
	const struct place *x = a, *y = b;
	double i = share(x), k = share(y);
	int c;

	if (i != k)
		return i < k ? -1 : 1;
	if ((c = strcmp(x->dataset, y->dataset)) != 0)
		return c;
	return strcmp(x->name, y->name);
}

static struct place *
place_of(struct place **v, size_t *n, const char *dataset, const char *name)
{
	size_t i;

	for (i = 0; i < *n; i++)
		if (strcmp((*v)[i].dataset, dataset) == 0 &&
		    strcmp((*v)[i].name, name) == 0)
			return &(*v)[i];
	*v = mem_array(*v, *n + 1, sizeof **v);
	memset(&(*v)[*n], 0, sizeof **v);
	(*v)[*n].dataset = dataset;
	(*v)[*n].name = name;
	return &(*v)[(*n)++];
}

static void
add_to(struct place *p, const struct quality_row *r)
{
	p->applicable += r->n[QUALITY_APPLICABLE];
	p->valid += r->n[QUALITY_VALID];
	p->missing += r->n[QUALITY_MISSING];
	p->invalid += r->n[QUALITY_INVALID];
}

/* Rounded down to a tenth: never 100 for what is not all. */
static void
put_percent(struct buf *b, uint64_t part, uint64_t whole)
{
	if (whole == 0)
		buf_puts(b, "n/a");
	else if (part == whole)
		buf_puts(b, "100");
	else
		num_put_fixed(b, floor((double)part / (double)whole * 1000) /
		    10, 1);
}

/* Lightness falls with the share, so that grey says the same as colour. */
static void
put_cell(struct buf *b, const struct place *p)
{
	static const double steps[] = { 0.995, 0.98, 0.95, 0.9, 0.75 };
	double s = share(p);
	unsigned level = 0;

	if (p->applicable == 0) {
		buf_puts(b, "<td class=n>n/a</td>");
		return;
	}
	while (level < 5 && s < steps[level])
		level++;
	buf_printf(b, "<td class=s%u title=\"%llu of %llu; %llu missing, "
	    "%llu invalid\">", level, (unsigned long long)p->valid,
	    (unsigned long long)p->applicable,
	    (unsigned long long)p->missing, (unsigned long long)p->invalid);
	put_percent(b, p->valid, p->applicable);
	buf_puts(b, "</td>");
}

static const char style[] =
    "body{font:14px/1.4 sans-serif;margin:1.5em;color:#111}"
    "h1{font-size:1.4em}h2{font-size:1.15em;margin-top:2em}"
    "table{border-collapse:collapse}.k{margin:1em 0}"
    "th,td{padding:.25em .5em;border:1px solid #999;text-align:right}"
    "th{background:#fff;font-weight:600;position:sticky;top:0}"
    "tbody th{text-align:left;position:static}.n{color:#555}"
    ".s0{background:#fff}.s1{background:#e3edf5}.s2{background:#b9d2e6}"
    ".s3{background:#7fabcd}.s4{background:#34709f;color:#fff}"
    ".s5{background:#0b2a45;color:#fff}"
    ".w{overflow-x:auto}.k td{border:0;min-width:4em;text-align:center}"
    "@media print{th,td{font-size:9px;padding:2px}}";

/* The map: the index's items, or every field where there are none. */
static int
on_map(const struct quality_row *r, int items)
{
	return is(r, "field") && (r->counts || !items);
}

static void
put_map(const struct quality_row *const *v, size_t n, int items,
    struct buf *b)
{
	size_t i, k, nfields = 0, nproviders = 0;
	struct place *fields = NULL, *providers = NULL, all, *cells;
	int many = 0;

	memset(&all, 0, sizeof all);
	for (i = 0; i < n; i++) {
		if (!on_map(v[i], items))
			continue;
		add_to(place_of(&fields, &nfields, v[i]->dataset, v[i]->id),
		    v[i]);
		add_to(place_of(&providers, &nproviders, "",
		    v[i]->provider), v[i]);
		add_to(&all, v[i]);
	}
	if (nfields > 0)
		qsort(fields, nfields, sizeof *fields, by_need);
	if (nproviders > 0)
		qsort(providers, nproviders, sizeof *providers, by_need);
	cells = mem_zero(nfields * nproviders + 1, sizeof *cells);
	for (i = 0; i < n; i++) {
		size_t row, col;

		if (!on_map(v[i], items))
			continue;
		row = (size_t)(place_of(&fields, &nfields, v[i]->dataset,
		    v[i]->id) - fields);
		col = (size_t)(place_of(&providers, &nproviders, "",
		    v[i]->provider) - providers);
		add_to(&cells[row * nproviders + col], v[i]);
	}
	buf_puts(b, "<div class=w><table>\n<thead><tr><th>Field<th>All");
	for (k = 0; k < nproviders; k++) {
		buf_puts(b, "<th>");
		markup_escape(b, providers[k].name[0] != '\0' ?
		    providers[k].name : "(none)");
	}
	buf_puts(b, "</thead>\n<tbody>\n<tr><th>All of these");
	put_cell(b, &all);
	for (k = 0; k < nproviders; k++)
		put_cell(b, &providers[k]);
	for (i = 0; i < nfields; i++)
		many |= strcmp(fields[0].dataset, fields[i].dataset) != 0;
	for (i = 0; i < nfields; i++) {
		buf_puts(b, "\n<tr><th>");
		if (many) {
			markup_escape(b, fields[i].dataset);
			buf_puts(b, ": ");
		}
		markup_escape(b, fields[i].name);
		put_cell(b, &fields[i]);
		for (k = 0; k < nproviders; k++)
			put_cell(b, &cells[i * nproviders + k]);
	}
	buf_puts(b, "\n</tbody></table></div>\n");
	free(fields);
	free(providers);
	free(cells);
}

/* Invalid cells first, then the emptiest. */
static int
by_fault(const void *a, const void *b)
{
	const struct place *x = a, *y = b;

	if (x->invalid != y->invalid)
		return x->invalid > y->invalid ? -1 : 1;
	return by_need(a, b);
}

static void
put_fields(const struct quality_row *const *v, size_t n, struct buf *b)
{
	struct place *fields = NULL;
	size_t i, nfields = 0;

	for (i = 0; i < n; i++)
		if (is(v[i], "field"))
			add_to(place_of(&fields, &nfields, v[i]->dataset,
			    v[i]->id), v[i]);
	if (nfields > 0)
		qsort(fields, nfields, sizeof *fields, by_fault);
	buf_puts(b, "<h2>Every field</h2>\n<p>Those with most invalid cells "
	    "first, then the emptiest. Filled: of the cells where the field "
	    "applies; valid: of those that are filled.</p>\n<table>\n<thead>"
	    "<tr><th>Dataset<th>Field<th>Applies<th>Missing<th>Invalid"
	    "<th>Valid<th>Filled %<th>Valid %</thead>\n<tbody>");
	for (i = 0; i < nfields; i++) {
		const struct place *p = &fields[i];
		uint64_t filled = p->applicable - p->missing;

		buf_puts(b, "\n<tr><th>");
		markup_escape(b, p->dataset);
		buf_puts(b, "<th>");
		markup_escape(b, p->name);
		buf_printf(b, "<td>%llu<td>%llu<td>%llu<td>%llu<td>",
		    (unsigned long long)p->applicable,
		    (unsigned long long)p->missing,
		    (unsigned long long)p->invalid,
		    (unsigned long long)p->valid);
		put_percent(b, filled, p->applicable);
		buf_puts(b, "<td>");
		put_percent(b, p->valid, filled);
	}
	buf_puts(b, "\n</tbody></table>\n");
	free(fields);
}

void
quality_html(struct quality *q, struct buf *b)
{
	const struct quality_row *const *v;
	size_t n = sorted(q, &v), i;
	int items = 0;

	for (i = 0; i < n; i++)
		items |= v[i]->counts;
	buf_printf(b, "<!DOCTYPE html>\n<html lang=en>\n<meta charset=utf-8>\n"
	    "<meta name=viewport content=\"width=device-width\">\n"
	    "<title>Data quality</title>\n<style>%s</style>\n"
	    "<h1>Data quality by field and provider</h1>\n"
	    "<p>Valid and complete cells of %s, as a percentage of those "
	    "where the field applies. The fields and the providers that need "
	    "most work come first. Percentages are rounded down: 100 is "
	    "all.</p>\n"
	    "<table class=k><tr><td class=s0>99.5 up</td><td class=s1>98 up"
	    "</td><td class=s2>95 up</td><td class=s3>90 up</td>"
	    "<td class=s4>75 up</td><td class=s5>below</td></tr></table>\n",
	    style, items ? "the fields that count for the Data Quality "
	    "Maturity Index" : "every field");
	put_map(v, n, items, b);
	put_fields(v, n, b);
	buf_puts(b, "</html>\n");
}
