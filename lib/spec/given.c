/* Findings that were made elsewhere, by record. */
#include "spec/given.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/num.h"

enum { ROW, COL, TYPE, CONSTRAINT, RULE, MESSAGE, NCOLUMNS };

struct given {
	struct given_finding *v;
	size_t n;
};

static int
by_row(const void *a, const void *b)
{
	const struct given_finding *x = a, *y = b;

	if (x->row != y->row)
		return x->row < y->row ? -1 : 1;
	if (x->after != y->after)
		return x->after - y->after;
	return x->check < y->check ? -1 : x->check > y->check;
}

static int
is(struct csv_slice cell, const char *text)
{
	size_t n = text != NULL ? strlen(text) : 0;

	return cell.n == n && (n == 0 || memcmp(cell.p, text, n) == 0);
}

/* The entry of the catalogue that these cells speak of, or the count. */
static uint32_t
find(const struct findings *list, const struct csv_slice *cell)
{
	size_t i, n = findings_count(list);
	int64_t column = 0;

	if (cell[COL].n > 0 &&
	    num_i64(cell[COL].p, cell[COL].n, &column) == -1)
		return (uint32_t)n;
	for (i = 0; i < n; i++) {
		const struct findings_check *k = findings_get(list, i);

		if (k->column == (size_t)column && is(cell[TYPE], k->type) &&
		    is(cell[CONSTRAINT], k->constraint) &&
		    is(cell[RULE], k->rule) &&
		    is(cell[MESSAGE], k->message))
			break;
	}
	return (uint32_t)i;
}

static int
read_one(struct given *g, const struct findings *list,
    const struct csv_block *b, size_t r, const long *at, struct buf *scratch,
    struct fault *f)
{
	struct csv_slice cell[NCOLUMNS];
	struct given_finding x;
	int64_t row;
	size_t i;

	for (i = 0; i < NCOLUMNS; i++)
		cell[i] = csv_cell(b, r, (size_t)at[i], &scratch[i]);
	x.check = find(list, cell);
	x.late = is(cell[TYPE], "row-constraint");
	if (x.late && x.check == findings_count(list))
		return 0;
	if (num_i64(cell[ROW].p, cell[ROW].n, &row) == -1 || row < 1 ||
	    x.check == findings_count(list)) {
		(void)fault_set(f, "not a finding of this specification "
		    "about a record");
		fault_place(f, b->file, csv_line_number(b, r),
		    csv_record_number(b, r), 0, NULL);
		return -1;
	}
	x.row = (uint64_t)row;
	x.after = !is(cell[TYPE], "foreign-key");
	if ((g->n & (g->n - 1)) == 0)
		g->v = mem_array(g->v, g->n * 2 + 1, sizeof *g->v);
	g->v[g->n++] = x;
	return 0;
}

struct given *
given_read(struct csv_reader *in, const struct findings *list,
    struct fault *f)
{
	static const char *const names[NCOLUMNS] = { "row", "col", "type",
		"constraint", "rule", "message" };
	struct buf scratch[NCOLUMNS] = { { 0 } };
	struct given *g = mem_zero(1, sizeof *g);
	const struct csv_block *b;
	long at[NCOLUMNS];
	size_t i;
	int rc = 1;

	for (i = 0; i < NCOLUMNS && rc == 1; i++)
		if ((at[i] = csv_column(csv_header(in), names[i])) == -1)
			rc = fault_set(f, "not a file of findings: it has no "
			    "column %s", names[i]);
	while (rc == 1 && (rc = csv_next(in, &b, f)) == 1)
		for (i = 0; i < b->nrecords && rc == 1; i++)
			if (read_one(g, list, b, i, at, scratch, f) == -1)
				rc = -1;
	for (i = 0; i < NCOLUMNS; i++)
		buf_free(&scratch[i]);
	if (rc == -1) {
		given_free(g);
		return NULL;
	}
	if (g->n > 0)
		qsort(g->v, g->n, sizeof *g->v, by_row);
	return g;
}

void
given_free(struct given *g)
{
	if (g == NULL)
		return;
	free(g->v);
	free(g);
}

/* How many are before a row. */
static size_t
before(const struct given *g, uint64_t row)
{
	size_t low = 0, high = g->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (g->v[middle].row < row)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

const struct given_finding *
given_between(const struct given *g, uint64_t first, uint64_t last, size_t *n)
{
	size_t from = before(g, first);

	*n = before(g, last + 1) - from;
	return g->v + from;
}
