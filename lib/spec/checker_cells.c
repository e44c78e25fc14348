/* Cells and rules, by batches; ragged records one by one. */
#include "spec/checker_inner.h"

#include <string.h>

#include "csv/reader.h"
#include "spec/dated.h"

/* Records of the batch whose cell is missing though it may not be. */
static int
check_required(struct checker_state *s, size_t column,
    const struct csv_block *b, size_t first, size_t m,
    const struct column_cells *x, struct fault *f)
{
	const struct checker *c = s->checker;
	long check = column_required(c->columns[column]);
	unsigned char applies[COLUMN_BATCH];
	size_t i, k = 0;

	if (check == -1 || x->k == m)
		return 0;
	memset(applies, 1, sizeof applies);
	if (s->applies[column] != NULL && expr_test(s->applies[column], b,
	    first, m, applies, NULL, f) == -1)
		return -1;
	for (i = 0; i < m; i++) {
		if (k < x->k && x->row[k] == i)
			k++;
		else if (applies[i] == 1)
			column_report(&s->found, (uint32_t)check, (uint16_t)i,
			    NULL, 0);
	}
	return 0;
}

/* Is there nothing to say of a date that rules read, in this batch? */
static int
good_dates(struct checker_state *s, size_t column, const struct csv_block *b,
    size_t first, size_t m)
{
	size_t nulls, bad;

	if (!s->checker->looked[column] || s->nmeters > 0)
		return 0;
	expr_shelf_look(s->shelf, column, b, first, m, &nulls, &bad);
	return bad == 0 && (nulls == 0 ||
	    column_required(s->checker->columns[column]) == -1);
}

/* A column's cells that are there are good, as one look says. */
static int
good_codes(const struct checker_state *s, size_t column,
    const struct csv_block *b, size_t first, size_t m, size_t *missing)
{
	*missing = COLUMN_UNSEEN;
	if (s->nmeters == 0)
		*missing = column_look(s->checker->columns[column], b, first,
		    m);
	return *missing != COLUMN_UNSEEN;
}

int
checker_columns(struct checker_state *s, const struct csv_block *b,
    size_t first, size_t m, struct fault *f)
{
	const struct checker *c = s->checker;
	struct column_cells x, all;
	int32_t days[COLUMN_BATCH];
	size_t i, before, missing;
	int good;

	for (i = 0; i < c->ncols; i++) {
		if (c->columns[i] == NULL || (!column_checks(c->columns[i]) &&
		    s->nmeters == 0))
			continue;
		if (good_dates(s, i, b, first, m))
			continue;
		good = good_codes(s, i, b, first, m, &missing);
		if (good && (missing == 0 ||
		    column_required(c->columns[i]) == -1))
			continue;
		column_take(c->columns[i], i, b, first, m, &s->pool, &x);
		if (check_required(s, i, b, first, m, &x, f) == -1)
			return -1;
		if (good)
			continue;
		before = s->found.n;
		if (s->nmeters > 0 || c->days[i].n > 0)
			all = x;
		if (column_check(c->columns[i], s->runs[i], &x, &s->found,
		    f) == -1)
			return -1;
		if (c->days[i].n > 0) {
			dated_days(c->days[i].fields, c->days[i].n, b, first,
			    m, &s->key, days);
			column_check_days(c->columns[i], s->runs[i], &all,
			    days, &s->found);
		}
		if (s->nmeters > 0 && checker_measure(s, i, b, first, m, &all,
		    before, f) == -1)
			return -1;
	}
	return 0;
}

int
checker_rules(struct checker_state *s, const struct csv_block *b, size_t first,
    size_t m, struct fault *f)
{
	const struct checker *c = s->checker;
	unsigned char verdict[COLUMN_BATCH];
	size_t i, r;

	for (i = 0; i < c->nrules; i++) {
		if (expr_test(s->rules[i], b, first, m, verdict, NULL, f) ==
		    -1) {
			fault_whose(f, "rule", c->rules[i].rule->id);
			return -1;
		}
		if (s->nmeters > 0)
			meter_rule(s->meters[0], i, first, m, verdict);
		if (memchr(verdict, 0, m) == NULL)
			continue;
		for (r = 0; r < m; r++)
			if (verdict[r] == 0)
				column_report(&s->found, c->rules[i].check,
				    (uint16_t)r, NULL, 0);
	}
	return 0;
}

static struct csv_slice
ragged_cell(const struct csv_block *b, const struct csv_ragged *g, size_t i,
    struct buf *scratch)
{
	const uint32_t *ends = b->ragged_ends + g->first;
	uint32_t start = i == 0 ? g->start : ends[i - 1] + 1;
	struct csv_slice s = { b->ragged_data + start, ends[i] - start };

	if (i == g->nfields - 1 && s.n > 0 && s.p[s.n - 1] == '\r')
		s.n--;
	if (s.n > 0 && s.p[0] == '"')
		return csv_unquote(s, scratch);
	return s;
}

int
checker_ragged(struct checker_state *s, const struct csv_block *b, size_t at,
    struct fault *f)
{
	const struct checker *c = s->checker;
	const struct csv_ragged *g = &b->ragged[at];
	struct finding x;
	struct column_cells cells;
	struct buf scratch = { 0 };
	size_t i;
	int rc = -1;

	memset(&x, 0, sizeof x);
	x.row = checker_row(c, b, g->before, at);
	s->found.n = 0;
	for (i = 0; i < g->nfields && i < c->ncols; i++) {
		struct csv_slice cell = ragged_cell(b, g, i, &scratch);

		if (i == 0 && g->nfields == 1 && cell.n == 0) {
			x.check = c->blank_row;
			checker_keep(s, &x);
			rc = 0;
			goto out;
		}
		if (c->columns[i] == NULL || !column_checks(c->columns[i]))
			continue;
		cells.k = 1;
		cells.p[0] = cell.p;
		cells.n[0] = (uint32_t)cell.n;
		cells.row[0] = 0;
		if (column_missing(c->columns[i], cell.p, cell.n)) {
			long check = column_required(c->columns[i]);

			if (check != -1 && c->applies[i] == NULL)
				column_report(&s->found, (uint32_t)check, 0,
				    NULL, 0);
			continue;
		}
		if (column_check(c->columns[i], s->runs[i], &cells,
		    &s->found, f) == -1)
			goto out;
	}
	for (i = 0; i < s->found.n; i++) {
		x.check = s->found.v[i].check;
		x.value = s->found.v[i].value;
		x.nvalue = s->found.v[i].nvalue;
		checker_keep(s, &x);
	}
	x.value = x.nvalue = 0;
	for (i = g->nfields; i < c->ncols; i++) {
		x.check = c->missing_cell[i];
		checker_keep(s, &x);
	}
	for (i = c->ncols; i < g->nfields; i++) {
		x.check = c->extra_cell;
		x.column = (uint32_t)i + 1;
		checker_keep(s, &x);
	}
	rc = 0;
out:
	buf_free(&scratch);
	return rc;
}
