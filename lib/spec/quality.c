/* Measures of data quality, with the counts they come from. */
#include "spec/quality_table.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/num.h"
#include "csv/table.h"
#include "csv/writer.h"

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

int
quality_by_place(const void *a, const void *b)
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

size_t
quality_sorted(struct quality *q, const struct quality_row *const **to)
{
	size_t n = map_count(q->keys), i;

	if (q->sorted == NULL) {
		q->sorted = mem_array(NULL, n + 1, sizeof *q->sorted);
		for (i = 0; i < n; i++)
			q->sorted[i] = &q->v[i];
		qsort(q->sorted, n, sizeof *q->sorted, quality_by_place);
	}
	*to = q->sorted;
	return n;
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
	if (quality_is(r, "field"))
		return 0x3f;
	if (quality_is(r, "rule"))
		return 1U << QUALITY_APPLICABLE | 1U << QUALITY_FAILED;
	if (quality_is(r, "key"))
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
	if (quality_is(r, "field"))
		buf_put_u64(b, distinct);
	buf_putc(b, ',');
	if (r->counts) {
		if (r->threshold < 0)
			buf_putc(b, '-');
		else
			num_put_double(b, r->threshold);
	}
	if (quality_is(r, "field")) {
		put_rate(b, there, n);
		put_rate(b, r->n[QUALITY_VALID], there);
	} else {
		buf_puts(b, ",,");
	}
	if (quality_is(r, "key"))
		put_rate(b, held, n);
	else
		buf_putc(b, ',');
	if (quality_is(r, "rule"))
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

void
quality_timely(const struct quality_row *const *v, size_t rows,
    unsigned within, uint64_t *records, uint64_t *timely, uint64_t *early)
{
	size_t i;

	*records = *timely = *early = 0;
	for (i = 0; i < rows; i++) {
		long day = strtol(v[i]->value, NULL, 10);
		uint64_t k = v[i]->n[QUALITY_RECORDS];

		*records += k;
		if (day < 0)
			*early += k;
		else if ((unsigned long)day <= within)
			*timely += k;
	}
}

int
quality_first_lag(const struct quality_row *const *v, size_t i)
{
	return quality_is(v[i], "lag") && (i == 0 ||
	    !quality_is(v[i - 1], "lag") ||
	    !quality_same_place(v[i - 1], v[i]));
}

/* The lag rows of one place as one row of kind time. */
static void
put_time(struct buf *b, const struct quality_row *const *v, size_t rows,
    unsigned within)
{
	uint64_t n, timely, early;

	quality_timely(v, rows, within, &n, &timely, &early);
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

int
quality_same_place(const struct quality_row *a, const struct quality_row *b)
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

	for (i = at; i > 0 && quality_same_place(v[i - 1], v[at]); i--)
		if (quality_is(v[i - 1], "code") &&
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
	size_t n = quality_sorted(q, &v), i, k;

	for (i = 0; i < NCOLUMNS; i++)
		buf_printf(b, "%s%s", i > 0 ? "," : "", columns[i]);
	if (within > 0)
		buf_printf(b, "_%u_days", within);
	buf_putc(b, '\n');
	for (i = 0; i < n; i++) {
		if (quality_first_lag(v, i)) {
			for (k = i + 1; k < n && quality_is(v[k], "lag") &&
			    quality_same_place(v[k], v[i]); k++)
				;
			put_time(b, v + i, k - i, within);
		}
		put_row(b, v[i], quality_is(v[i], "field") ?
		    distinct_of(v, i) : 0);
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

/* Rates. */

const struct quality_measure quality_measures[QUALITY_MEASURES] = {
	{ "completeness", "field" }, { "validity", "field" },
	{ "score", "field" }, { "uniqueness", "key" },
	{ "consistency", "rule" },
};

void
quality_measure(const struct quality_row *r, size_t which, uint64_t *of,
    uint64_t *short_of, double *rate)
{
	uint64_t n = r->n[QUALITY_APPLICABLE];

	switch (which) {
	case QUALITY_COMPLETENESS:
		*short_of = r->n[QUALITY_MISSING];
		break;
	case QUALITY_VALIDITY:
		n -= r->n[QUALITY_MISSING];
		*short_of = r->n[QUALITY_INVALID];
		break;
	case QUALITY_SCORE:
		*short_of = n - r->n[QUALITY_VALID];
		break;
	default:
		*short_of = r->n[QUALITY_FAILED];
		break;
	}
	*of = n;
	*rate = n == 0 ? 0 : (double)(n - *short_of) / (double)n;
	if (which == QUALITY_SCORE)
		*rate = quality_score(n, r->n[QUALITY_VALID],
		    r->n[QUALITY_DEFAULT], r->threshold);
}
