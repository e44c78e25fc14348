/* A result held in memory. */
#include "tally/rows.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

void
tally_rows_free(struct tally_rows *t)
{
	free(t->rows);
	arena_free(&t->arena);
	memset(t, 0, sizeof *t);
}

static struct tally_row *
new_row(struct tally_rows *t, struct fault *f)
{
	if (t->n == TALLY_MAX_ROWS) {
		(void)fault_set(f, "a table of more than %zu rows cannot be "
		    "held in memory whole", TALLY_MAX_ROWS);
		return NULL;
	}
	if (t->n == t->room) {
		t->room = t->room * 2 + 256;
		t->rows = mem_array(t->rows, t->room, sizeof *t->rows);
	}
	return &t->rows[t->n++];
}

int
tally_rows_read(struct tally_rows *t, const struct tally_request *r,
    tally_next *next, void *arg, struct fault *f)
{
	struct tally_row from, *to;
	size_t i;
	int more;

	t->nby = r->nby;
	t->nmeasures = r->nmeasures;
	while ((more = next(arg, &from, f)) == 1) {
		struct csv_slice *by;
		struct tally_value *values;

		if ((to = new_row(t, f)) == NULL)
			return -1;
		*to = from;
		by = arena_alloc(&t->arena, t->nby * sizeof *by + 1);
		for (i = 0; i < t->nby; i++) {
			by[i].n = from.by[i].n;
			by[i].p = arena_copy(&t->arena, from.by[i].n > 0 ?
			    from.by[i].p : "", from.by[i].n);
		}
		values = arena_alloc(&t->arena, t->nmeasures *
		    sizeof *values);
		memcpy(values, from.values, t->nmeasures * sizeof *values);
		to->by = by;
		to->values = values;
	}
	return more;
}

struct level { /* a value of a grouping, or its total */
	struct csv_slice text;
	int total;
};

static int
compare_levels(const void *a, const void *b)
{
	const struct level *x = a, *y = b;
	size_t n = x->text.n < y->text.n ? x->text.n : y->text.n;
	int c;

	if (x->total != y->total)
		return x->total - y->total;
	c = n > 0 ? memcmp(x->text.p, y->text.p, n) : 0;
	return c != 0 ? c : x->text.n < y->text.n ? -1 :
	    x->text.n > y->text.n;
}

static size_t
levels_of(const struct tally_rows *t, size_t by, struct level *to)
{
	size_t i, n = 0;

	for (i = 0; i < t->n; i++) {
		to[i].text = t->rows[i].by[by];
		to[i].total = (int)(t->rows[i].total >> by & 1);
	}
	qsort(to, t->n, sizeof *to, compare_levels);
	for (i = 0; i < t->n; i++)
		if (n == 0 || compare_levels(&to[n - 1], &to[i]) != 0)
			to[n++] = to[i];
	return n;
}

static int
same(const struct tally_row *row, struct level *const *levels,
    const size_t *at, size_t nby)
{
	size_t i;

	for (i = 0; i < nby; i++) {
		struct level l = { row->by[i], (int)(row->total >> i & 1) };

		if (compare_levels(&l, &levels[i][at[i]]) != 0)
			return 0;
	}
	return 1;
}

/* A row of no records: counts are 0, nothing else has a value. */
static void
empty_row(struct tally_rows *t, const struct tally_request *r,
    struct level *const *levels, const size_t *at, struct tally_row *row)
{
	struct csv_slice *by = arena_alloc(&t->arena, t->nby * sizeof *by);
	struct tally_value *values = arena_alloc(&t->arena, t->nmeasures *
	    sizeof *values);
	size_t i;

	memset(row, 0, sizeof *row);
	memset(values, 0, t->nmeasures * sizeof *values);
	for (i = 0; i < t->nby; i++) {
		by[i] = levels[i][at[i]].text;
		row->total |= (uint32_t)levels[i][at[i]].total << i;
	}
	for (i = 0; i < t->nmeasures; i++)
		if (r->measures[i].kind == TALLY_COUNT ||
		    r->measures[i].kind == TALLY_DISTINCT)
			values[i].form = TALLY_NUMBER;
	row->by = by;
	row->values = values;
}

int
tally_rows_complete(struct tally_rows *t, const struct tally_request *r,
    struct fault *f)
{
	struct level **levels = mem_zero(t->nby, sizeof *levels);
	size_t *n = mem_zero(t->nby, sizeof *n);
	size_t *at = mem_zero(t->nby, sizeof *at);
	struct tally_rows full = { 0 };
	size_t i, all = 1, next = 0, k;
	int rc = -1;

	if (t->nby == 0 || t->n == 0) {
		rc = 0;
		goto out;
	}
	for (i = 0; i < t->nby; i++) {
		levels[i] = mem_array(NULL, t->n, sizeof **levels);
		n[i] = levels_of(t, i, levels[i]);
		if (__builtin_mul_overflow(all, n[i], &all) ||
		    all > TALLY_MAX_ROWS) {
			(void)fault_set(f, "--complete would make more than "
			    "%zu rows", TALLY_MAX_ROWS);
			goto out;
		}
	}
	full.nby = t->nby;
	full.nmeasures = t->nmeasures;
	for (k = 0; k < all; k++) {
		/* Both run in the same order. */
		int have = next < t->n && same(&t->rows[next], levels, at,
		    t->nby);
		uint32_t total = 0;
		struct tally_row *row;

		for (i = 0; i < t->nby; i++)
			total |= (uint32_t)levels[i][at[i]].total << i;
		/* --totals has all groupings together or none. */
		if (have || r->margins == TALLY_CUBE || total == 0) {
			if ((row = new_row(&full, f)) == NULL)
				goto out;
			if (have)
				*row = t->rows[next++];
			else
				empty_row(t, r, levels, at, row);
		}
		for (i = t->nby; i-- > 0 && ++at[i] == n[i];)
			at[i] = 0;
	}
	free(t->rows);
	t->rows = full.rows;
	t->n = full.n;
	t->room = full.room;
	full.rows = NULL;
	rc = 0;
out:
	for (i = 0; i < t->nby; i++)
		free(levels[i]);
	free(levels);
	free(n);
	free(at);
	free(full.rows);
	return rc;
}

struct ranked {
	num_wide v;
	int has;
	size_t i;
};

static int
compare_ranked(const void *a, const void *b)
{
	const struct ranked *x = a, *y = b;

	if (x->has != y->has)
		return y->has - x->has;
	if (x->has && x->v != y->v)
		return x->v > y->v ? -1 : 1;
	return x->i < y->i ? -1 : x->i > y->i;
}

/* One that had cells that are no numbers makes the whole so. */
static int
add_value(struct tally_value *to, const struct tally_value *v,
    const char *name, struct fault *f)
{
	if (to->form == TALLY_BAD || v->form == TALLY_NONE)
		return 0;
	if (to->form == TALLY_NONE || v->form == TALLY_BAD) {
		*to = *v;
		return 0;
	}
	to->n += v->n;
	return num_wide_add(&to->v, v->v) == 0 ? 0 : fault_set(f, "%s: the "
	    "sum of the rest is beyond 128 bits", name);
}

/* Adds to the rest what is not kept. */
static int
add_rest(const struct tally_rows *t, const struct tally_request *r, size_t m,
    const char *kept, struct tally_row *rest, struct tally_value *values,
    struct fault *f)
{
	size_t i, j;

	rest->nrows = rest->nbad = 0;
	memset(values, 0, t->nmeasures * sizeof *values);
	for (i = 0; i < m; i++) {
		const struct tally_row *row = &t->rows[i];

		if (kept[i])
			continue;
		rest->nrows += row->nrows;
		rest->nbad += row->nbad;
		for (j = 0; j < t->nmeasures; j++)
			if (add_value(&values[j], &row->values[j],
			    r->measures[j].name, f) == -1)
				return -1;
	}
	rest->values = values;
	return 0;
}

/* A group that is kept must not be called as the rest is. */
static int
check_label(const struct tally_rows *t, const struct tally_request *r,
    const struct tally_row *row, const char *label, struct fault *f)
{
	size_t j, n = strlen(label);

	for (j = 0; j < t->nby; j++)
		if (row->by[j].n == n && memcmp(row->by[j].p, label, n) == 0)
			return fault_set(f, "a value of %s is what the rest "
			    "is called; choose another --rest-label",
			    r->by[j].name);
	return 0;
}

int
tally_rows_top(struct tally_rows *t, const struct tally_request *r, size_t n,
    const char *label, tally_small *small, const void *arg, struct fault *f)
{
	struct tally_value *values;
	struct tally_row rest = { 0 };
	struct csv_slice *by;
	struct ranked *ranked;
	size_t i, j, m, to, length = strlen(label);
	char *kept;
	int rc = -1;

	for (m = 0; m < t->n && t->rows[m].total == 0; m++)
		;
	if (m <= n)
		return 0;
	ranked = mem_array(NULL, m, sizeof *ranked);
	kept = mem_zero(m, 1);
	for (i = 0; i < m; i++) {
		const struct tally_value *v = &t->rows[i].values[0];

		ranked[i].v = v->v;
		ranked[i].has = v->form != TALLY_NONE && v->form != TALLY_BAD;
		ranked[i].i = i;
	}
	qsort(ranked, m, sizeof *ranked, compare_ranked);
	for (i = 0; i < n; i++)
		kept[ranked[i].i] = (char)(small == NULL ||
		    !small(arg, &t->rows[ranked[i].i]));
	values = arena_alloc(&t->arena, t->nmeasures * sizeof *values);
	by = arena_alloc(&t->arena, t->nby * sizeof *by);
	for (j = 0; j < t->nby; j++) {
		by[j].p = arena_copy(&t->arena, label, length);
		by[j].n = length;
	}
	rest.by = by;
	rest.rest = 1;
	for (i = n;;) {
		if (add_rest(t, r, m, kept, &rest, values, f) == -1)
			goto out;
		if (small == NULL || !small(arg, &rest))
			break;
		while (i > 0 && !kept[ranked[i - 1].i])
			i--;
		if (i == 0)
			break;
		kept[ranked[--i].i] = 0;
	}
	for (i = to = 0; i < m; i++) {
		if (!kept[i])
			continue;
		if (check_label(t, r, &t->rows[i], label, f) == -1)
			goto out;
		t->rows[to++] = t->rows[i];
	}
	t->rows[to++] = rest;
	while (i < t->n)
		t->rows[to++] = t->rows[i++];
	t->n = to;
	rc = 0;
out:
	free(kept);
	free(ranked);
	return rc;
}
