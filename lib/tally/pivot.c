/* A table with the values of one grouping as columns. */
#include "tally/pivot.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/map.h"
#include "base/mem.h"
#include "csv/writer.h"

/* In a key, above every byte of UTF-8: before the rest's name, and alone. */
#define REST '\xfe'
#define TOTAL '\xff'
#define FLUSH ((size_t)256 * 1024)

struct cell { /* the measures of a row, as they came */
	size_t row, column;
	const char *p;
	size_t n;
};

struct tally_pivot {
	const struct tally_request *r;
	size_t by;
	const struct tally_labels *labels;
	const char *total_label;
	const char *const *measures;
	size_t nmeasures;
	struct map *rows, *columns; /* by key */
	struct arena texts;
	struct cell *cells;
	size_t n, room;
	struct buf key;
};

struct tally_pivot *
tally_pivot_new(const struct tally_request *r, size_t by,
    const struct tally_labels *labels, const char *total_label,
    const char *const *measures, size_t nmeasures)
{
	struct tally_pivot *p = mem_zero(1, sizeof *p);

	p->r = r;
	p->by = by;
	p->labels = labels;
	p->total_label = total_label;
	p->measures = measures;
	p->nmeasures = nmeasures;
	p->rows = map_new();
	p->columns = map_new();
	return p;
}

void
tally_pivot_free(struct tally_pivot *p)
{
	if (p == NULL)
		return;
	map_free(p->rows);
	map_free(p->columns);
	arena_free(&p->texts);
	free(p->cells);
	buf_free(&p->key);
	free(p);
}

/* Parts end with a zero byte, which no text holds. */
static void
put_part(struct buf *key, const struct tally_row *row, size_t i)
{
	if (row->total >> i & 1)
		buf_putc(key, TOTAL);
	if (row->rest)
		buf_putc(key, REST);
	buf_put(key, row->by[i].p, row->by[i].n);
	buf_putc(key, 0);
}

int
tally_pivot_add(struct tally_pivot *p, const struct tally_row *row,
    const char *cells, size_t n, struct fault *f)
{
	struct cell *c;
	size_t i;

	if (p->n == p->room) {
		p->room = p->room * 2 + 256;
		p->cells = mem_array(p->cells, p->room, sizeof *p->cells);
	}
	c = &p->cells[p->n++];
	buf_clear(&p->key);
	put_part(&p->key, row, p->by);
	c->column = map_add(p->columns, p->key.p, p->key.n, NULL);
	buf_clear(&p->key);
	for (i = 0; i < p->r->nby; i++)
		if (i != p->by)
			put_part(&p->key, row, i);
	c->row = map_add(p->rows, p->key.p, p->key.n, NULL);
	c->p = arena_copy(&p->texts, cells, n);
	c->n = n;
	if (map_count(p->columns) * p->nmeasures > TALLY_PIVOT_COLUMNS)
		return fault_set(f, "--pivot %s would make more than %d "
		    "columns", p->r->by[p->by].name, TALLY_PIVOT_COLUMNS);
	return 0;
}

struct ordered {
	const char *key;
	size_t n, at;
};

static int
compare(const void *a, const void *b)
{
	const struct ordered *x = a, *y = b;
	int c = memcmp(x->key, y->key, x->n < y->n ? x->n : y->n);

	return c != 0 ? c : x->n < y->n ? -1 : x->n > y->n;
}

/* Keys in order, and in place[] of each number its place. */
static struct ordered *
order(const struct map *m, size_t **place)
{
	size_t n = map_count(m), i;
	struct ordered *o = mem_array(NULL, n + 1, sizeof *o);

	*place = mem_array(NULL, n + 1, sizeof **place);
	for (i = 0; i < n; i++) {
		o[i].key = map_key(m, i, &o[i].n);
		o[i].at = i;
	}
	qsort(o, n, sizeof *o, compare);
	for (i = 0; i < n; i++)
		(*place)[o[i].at] = i;
	return o;
}

/* The text of one part of a key, and whether it is a total; the next part. */
static struct csv_slice
part_of(const char **key, int *total)
{
	struct csv_slice s;

	*total = **key == TOTAL;
	s.p = *key + (*total || **key == REST);
	s.n = strlen(s.p);
	*key = s.p + s.n + 1;
	return s;
}

/* A column's name, once only. */
static int
put_name(struct map *names, struct buf *b, const char *name, size_t n,
    struct fault *f)
{
	int added;

	(void)map_add(names, name, n, &added);
	if (!added)
		return fault_set(f, "two columns of the output would be "
		    "called %.*s", (int)n, name);
	if (b->n > 0)
		buf_putc(b, ',');
	csv_put_cell(b, name, n);
	return 0;
}

static int
put_header(const struct tally_pivot *p, const struct ordered *columns,
    size_t ncolumns, struct buf *b, struct fault *f)
{
	struct map *names = map_new();
	struct buf name = { 0 };
	size_t i, j;
	int rc = -1, total;

	for (i = 0; i < p->r->nby; i++) {
		const char *by = p->r->by[i].name;
		const char *label = tally_labels_name(p->labels, i);

		if (i == p->by)
			continue;
		if (put_name(names, b, by, strlen(by), f) == -1 ||
		    (label != NULL && put_name(names, b, label,
		    strlen(label), f) == -1))
			goto out;
	}
	for (i = 0; i < p->nmeasures; i++)
		for (j = 0; j < ncolumns; j++) {
			const char *key = columns[j].key;
			struct csv_slice v = part_of(&key, &total);
			struct csv_slice label = { NULL, 0 };

			if (!total && tally_labels_name(p->labels, p->by))
				label = tally_labels_find(p->labels, p->by,
				    v);
			buf_clear(&name);
			buf_puts(&name, p->measures[i]);
			buf_putc(&name, '_');
			if (total)
				buf_puts(&name, p->total_label);
			else if (label.p != NULL)
				buf_put(&name, label.p, label.n);
			else
				buf_put(&name, v.p, v.n);
			if (put_name(names, b, name.p, name.n, f) == -1)
				goto out;
		}
	csv_end_record(b, 0);
	rc = 0;
out:
	map_free(names);
	buf_free(&name);
	return rc;
}

/* The groupings of a row, with their labels. */
static void
put_by(const struct tally_pivot *p, const char *key, struct buf *b)
{
	size_t i;
	int total;

	for (i = 0; i < p->r->nby; i++) {
		struct csv_slice v, label = { NULL, 0 };

		if (i == p->by)
			continue;
		v = part_of(&key, &total);
		if (total)
			csv_put_string(b, p->total_label);
		else
			csv_put_cell(b, v.p, v.n);
		buf_putc(b, ',');
		if (tally_labels_name(p->labels, i) == NULL)
			continue;
		if (!total)
			label = tally_labels_find(p->labels, i, v);
		csv_put_cell(b, label.p, label.n);
		buf_putc(b, ',');
	}
}

/* Of cells with commas between them, the i-th, quotes and all. */
static struct csv_slice
nth(const struct cell *c, size_t i)
{
	const char *end = c->p + c->n, *p = c->p, *from = p;
	int quoted = 0;

	for (;; p++) {
		if (p < end && *p == '"')
			quoted = !quoted;
		if (p < end && (quoted || *p != ','))
			continue;
		if (i-- == 0)
			return (struct csv_slice){ from, (size_t)(p - from) };
		from = p + 1;
	}
}

int
tally_pivot_write(struct tally_pivot *p, struct outfile *out, int header,
    uint64_t *rows, struct fault *f)
{
	size_t nrows = map_count(p->rows), ncolumns = map_count(p->columns);
	size_t *row_at, *column_at, i, j, k;
	struct ordered *r = order(p->rows, &row_at);
	struct ordered *c = order(p->columns, &column_at);
	const struct cell **grid = mem_zero(nrows * ncolumns, sizeof *grid);
	struct buf b = { 0 };
	int rc = -1;

	for (i = 0; i < p->n; i++)
		grid[row_at[p->cells[i].row] * ncolumns +
		    column_at[p->cells[i].column]] = &p->cells[i];
	if (put_header(p, c, ncolumns, &b, f) == -1)
		goto out;
	if (!header)
		buf_clear(&b);
	for (i = 0; i < nrows; i++) {
		size_t start = b.n;

		put_by(p, r[i].key, &b);
		for (k = 0; k < p->nmeasures; k++)
			for (j = 0; j < ncolumns; j++) {
				const struct cell *at = grid[i * ncolumns + j];
				struct csv_slice s = { NULL, 0 };

				if (at != NULL)
					s = nth(at, k);
				if (k + j > 0)
					buf_putc(&b, ',');
				buf_put(&b, s.p, s.n);
			}
		csv_end_record(&b, start);
		if (b.n >= FLUSH) {
			if (outfile_write(out, b.p, b.n, f) == -1)
				goto out;
			buf_clear(&b);
		}
	}
	*rows = nrows;
	rc = outfile_write(out, b.p, b.n, f);
out:
	free(grid);
	free(r);
	free(c);
	free(row_at);
	free(column_at);
	buf_free(&b);
	return rc;
}
