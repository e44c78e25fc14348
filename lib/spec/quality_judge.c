/* Measures held against thresholds, and against those of an earlier run. */
#include "spec/quality_table.h"

#include <math.h>
#include <string.h>

#include "base/num.h"
#include "csv/table.h"
#include "csv/writer.h"

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
		if (strcmp(what, QUALITY_ALL) == 0)
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
	size_t n = quality_sorted(q, &v), i, k;
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

			if (!quality_is(v[i], measures[k].kind) || (row =
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

		if (quality_by_place(&v[middle], &key) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	for (end = low; end < n && quality_is(v[end], "code") &&
	    quality_same_place(v[end], field) &&
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
	size_t n = quality_sorted(a, &v), m = quality_sorted(z, &w), i;

	buf_puts(b, "dataset,provider,period,kind,id,measure,before,now,"
	    "change\n");
	for (i = 0; i < n; i++) {
		const struct quality_row *o = find(z, v[i]);
		static const struct quality_row none;
		size_t k;

		if (quality_is(v[i], "code"))
			continue;
		if (o == NULL) {
			put_change(b, v[i], "new", 0, (double)
			    v[i]->n[QUALITY_APPLICABLE], 0);
			o = &none;
		}
		if (quality_is(v[i], "field") && v[i]->n[0] != o->n[0])
			put_change(b, v[i], "records", (double)o->n[0],
			    (double)v[i]->n[0], 0);
		for (k = 0; k < MEASURES; k++)
			if (quality_is(v[i], measures[k].kind) && k != SCORE &&
			    o->n[QUALITY_APPLICABLE] > 0 &&
			    fabs(rate_of(v[i], k) - rate_of(o, k)) >= 5e-7)
				put_change(b, v[i], measures[k].name,
				    rate_of(o, k), rate_of(v[i], k), 6);
		if (quality_is(v[i], "field")) {
			double moved = shift(v, n, w, m, a, z, v[i]);

			if (moved >= 5e-7)
				put_change(b, v[i], "codes", 0, moved, 6);
		}
	}
	for (i = 0; i < m; i++)
		if (!quality_is(w[i], "code") && find(a, w[i]) == NULL)
			put_change(b, w[i], "gone", (double)
			    w[i]->n[QUALITY_APPLICABLE], 0, 0);
	quality_free(a);
	quality_free(z);
}
