/* What published tables give away, alone and together. */
#include "disclosure/linked.h"

#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "base/mem.h"
#include "disclosure/places.h"
#include "disclosure/ratio.h"
#include "disclosure/suppress.h"

/* Doubles are exact up to 2^53, with room for sums of differences. */
#define MOST_VALUE ((num_wide)1 << 50)

/* One measure of all tables: one linear system. */
struct system {
	const struct sheet *sheets;
	size_t nsheets;
	struct map *dims;   /* names of groupings; the pivot's is "" */
	struct map *levels; /* number of each text */
	size_t ndims;
};

struct row { /* a published number: its levels; UINT32_MAX: total */
	size_t sheet, row, col;
	uint64_t mask; /* dimensions that it is not a total of */
	uint32_t *at;  /* ndims */
	struct sheet_range range;
};

struct rows {
	struct row *v;
	size_t n, room;
};

static void
add_dimensions(struct system *s)
{
	size_t i, col;

	for (i = 0; i < s->nsheets; i++) {
		const struct sheet *t = &s->sheets[i];

		for (col = 0; col < t->t->ncols; col++)
			if (t->columns[col].kind == SHEET_GROUPING)
				(void)map_add(s->dims, t->t->names[col],
				    strlen(t->t->names[col]), NULL);
		if (t->total_column < t->t->ncols)
			(void)map_add(s->dims, "", 0, NULL);
	}
	s->ndims = map_count(s->dims);
}

/* Is it a cell of the measure? A pivoted table has one without a name. */
static int
measures(const struct sheet *t, size_t col, const char *measure)
{
	if (!sheet_adds(t, col))
		return 0;
	if (t->columns[col].kind == SHEET_UNNAMED &&
	    t->total_column < t->t->ncols)
		return *measure == '\0';
	return strcmp(t->t->names[col], measure) == 0;
}

/* The place of a row; a pivoted table's columns are a grouping too. */
static void
locate(const struct system *s, const struct sheet *t, size_t row, size_t col,
    struct row *r)
{
	size_t i;

	r->mask = 0;
	r->at = mem_array(NULL, s->ndims, sizeof *r->at);
	memset(r->at, 0xff, s->ndims * sizeof *r->at);
	for (i = 0; i <= t->t->ncols; i++) {
		const char *name, *level;
		size_t d;

		if (i == t->t->ncols) {
			if (t->total_column == i || col == i)
				break;
			if (t->columns[col].kind != SHEET_UNNAMED ||
			    col == t->total_column)
				break;
			name = "";
			level = t->t->names[col];
		} else {
			if (t->columns[i].kind != SHEET_GROUPING ||
			    sheet_is_total(t, row, i))
				continue;
			name = t->t->names[i];
			level = csv_table_cell(t->t, row, i);
		}
		d = map_find(s->dims, name, strlen(name));
		r->at[d] = (uint32_t)map_add(s->levels, level, strlen(level),
		    NULL);
		r->mask |= (uint64_t)1 << d;
	}
}

static void
rows_free(struct rows *r)
{
	size_t i;

	for (i = 0; i < r->n; i++)
		free(r->v[i].at);
	free(r->v);
}

static struct row *
new_row(struct rows *r)
{
	if (r->n == r->room) {
		r->room = r->room * 2 + 64;
		r->v = mem_array(r->v, r->room, sizeof *r->v);
	}
	return &r->v[r->n++];
}

/* Every number of the measure; and of tables without one the rows. */
static int
read_rows(const struct system *s, const char *measure, struct rows *rows,
    struct fault *f)
{
	size_t i, row, col;

	for (i = 0; i < s->nsheets; i++) {
		const struct sheet *t = &s->sheets[i];
		int adds = 0;

		for (col = 0; col < t->t->ncols; col++)
			adds |= sheet_adds(t, col);
		for (row = 0; row < t->t->nrows; row++)
			for (col = 0; col <= t->t->ncols; col++) {
				struct row *r;

				if (col == t->t->ncols ? adds :
				    !measures(t, col, measure))
					continue;
				r = new_row(rows);
				locate(s, t, row, col, r);
				r->sheet = i;
				r->row = row;
				r->col = col;
				r->range = (struct sheet_range){ 0,
				    SHEET_UNBOUND, 0, 0 };
				if (col == t->t->ncols)
					continue;
				r->range = sheet_read(t, row, col);
				ratio_narrow(t, row, col, &r->range);
				if (r->range.lo > r->range.hi)
					r->range = (struct sheet_range){ 0,
					    SHEET_UNBOUND, 0, 0 };
				if (r->range.lo > MOST_VALUE ||
				    (r->range.hi < SHEET_UNBOUND &&
				    r->range.hi > MOST_VALUE)) {
					(void)fault_set(f, "a number too "
					    "large to be audited");
					fault_place(f, t->t->path,
					    t->t->lines[row], row + 1,
					    col + 1, t->t->names[col]);
					return -1;
				}
			}
	}
	return 0;
}

static int64_t
clip(num_wide v)
{
	return v > MOST_VALUE ? CELLS_NONE : (int64_t)v;
}

/*
 * Sums that may be below zero are looked at above the least that they can
 * be said to be: far below everything that is shown.
 */
static num_wide
floor_of(const struct rows *rows, int negative)
{
	num_wide sum = 0;
	size_t i;

	for (i = 0; i < rows->n && negative; i++)
		if (rows->v[i].range.hi < SHEET_UNBOUND)
			sum += rows->v[i].range.hi < 0 ?
			    -rows->v[i].range.hi : rows->v[i].range.hi;
	return sum > MOST_VALUE / 1024 ? MOST_VALUE / 1024 : sum;
}

static struct disclosure_cells *
make_cells(struct places *p, const struct rows *rows, num_wide under)
{
	struct disclosure_cells *c = disclosure_cells_new(p->ninner, 0);
	uint32_t *members = mem_array(NULL, p->ninner + 1, sizeof *members);
	size_t i;

	c->known = 0;
	for (i = 0; i < rows->n; i++) {
		const struct row *r = &rows->v[i];
		size_t n = places_members(p, i, members);
		num_wide shift = under * (num_wide)n;

		(void)disclosure_cells_add(c, 0, r->range.masked, members,
		    n);
		c->values[i] = clip(r->range.lo + shift);
		c->low[i] = r->range.lo <= -SHEET_UNBOUND ? 0 :
		    clip(r->range.lo + shift);
		c->high[i] = clip(r->range.hi + shift);
		c->hidden[i] = c->low[i] < c->high[i];
		c->asked[i] = (unsigned char)(r->range.masked != 0);
	}
	free(members);
	return c;
}

static int
is_narrow(const struct sheet *t, size_t col,
    const struct disclosure_interval *x, num_wide under)
{
	num_wide width = x->hi - x->lo;

	if (x->hi == CELLS_NONE)
		return 0;
	if (t->columns[col].kind != SHEET_SUM)
		return width + 1 < (num_wide)t->o->profile->interval;
	/* A sum is exact, or as near to it as the p-percent rule minds. */
	return width == 0 || (under == 0 &&
	    (double)width < t->o->profile->p_percent / 100 * (double)x->hi);
}

static void
add_findings(struct linked *to, const struct system *s,
    const struct rows *rows, const struct disclosure_interval *x,
    const struct disclosure_cells *c, num_wide under)
{
	size_t i;

	for (i = 0; i < rows->n; i++) {
		const struct row *r = &rows->v[i];
		struct linked_finding *v;
		num_wide shift = under *
		    (num_wide)disclosure_cells_members(c, i);

		if (!r->range.masked)
			continue;
		if (to->n == to->room) {
			to->room = to->room * 2 + 64;
			to->v = mem_array(to->v, to->room, sizeof *to->v);
		}
		v = &to->v[to->n++];
		v->sheet = r->sheet;
		v->row = r->row;
		v->col = r->col;
		v->lo = x[i].lo - shift;
		v->hi = x[i].hi == CELLS_NONE ? SHEET_UNBOUND :
		    x[i].hi - shift;
		v->proven = x[i].proven;
		v->narrow = is_narrow(&s->sheets[r->sheet], r->col, &x[i],
		    under);
	}
}

/* Places of one kind of total that differ in one grouping only. */
static int
is_beside(const struct row *a, const struct row *b, size_t ndims)
{
	size_t d, differ = 0;

	for (d = 0; d < ndims && a->mask == b->mask; d++)
		differ += a->at[d] != b->at[d];
	return differ == 1;
}

/* Has a cell inner cells of another? */
static int
overlaps(const struct disclosure_cells *c, size_t cell,
    const unsigned char *own)
{
	size_t k;

	for (k = c->start[cell]; k < c->start[cell + 1]; k++)
		if (own[c->members[k]])
			return 1;
	return 0;
}

/*
 * Which cell of the first sheet to withhold for a narrow one: the smallest
 * beside it in some total, else the smallest that it has a part in.
 */
static size_t
choose(const struct system *s, const struct rows *rows,
    const struct disclosure_cells *c, size_t cell)
{
	unsigned char *own = mem_zero(c->ninner, 1);
	size_t i, k, best = CELLS_ALL;
	int best_beside = 0;

	for (k = c->start[cell]; k < c->start[cell + 1]; k++)
		own[c->members[k]] = 1;
	for (i = 0; i < c->n; i++) {
		const struct row *r = &rows->v[i];
		int beside;

		if (r->sheet != 0 || r->col == s->sheets[0].t->ncols ||
		    r->range.masked || r->range.hi == 0 ||
		    (c->hidden[i] && c->high[i] == CELLS_NONE))
			continue;
		beside = is_beside(r, &rows->v[cell], s->ndims);
		if (!beside && !overlaps(c, i, own))
			continue;
		if (best == CELLS_ALL || beside > best_beside ||
		    (beside == best_beside &&
		    c->values[i] < c->values[best])) {
			best = i;
			best_beside = beside;
		}
	}
	free(own);
	return best;
}

static int
has_narrow(const struct system *s, const struct rows *rows,
    const struct disclosure_interval *x, num_wide under, size_t *which)
{
	for (*which = 0; *which < rows->n; ++*which) {
		const struct row *r = &rows->v[*which];

		if (r->range.masked && is_narrow(&s->sheets[r->sheet], r->col,
		    &x[*which], under))
			return 1;
	}
	return 0;
}

static int
repair_cells(struct linked *to, const struct system *s,
    const struct rows *rows, struct disclosure_cells *c,
    struct disclosure_interval *x, num_wide under, struct fault *f)
{
	unsigned char *opened = mem_zero(c->n, 1);
	size_t i, cell, more;
	int64_t low, high;
	int rc = -1;

	while (has_narrow(s, rows, x, under, &cell)) {
		if ((more = choose(s, rows, c, cell)) == CELLS_ALL) {
			(void)fault_set(f, "the table cannot be made safe by "
			    "hiding more of it: merge categories or publish "
			    "fewer margins");
			goto out;
		}
		opened[more] = c->hidden[more] = 1;
		c->low[more] = 0;
		c->high[more] = CELLS_NONE;
		if (disclosure_audit(c, x, f) < 0)
			goto out;
	}
	/* What turns out not to be needed is shown again. */
	for (i = c->n; i-- > 0;) {
		if (!opened[i])
			continue;
		low = clip(rows->v[i].range.lo + under *
		    (num_wide)disclosure_cells_members(c, i));
		high = clip(rows->v[i].range.hi + under *
		    (num_wide)disclosure_cells_members(c, i));
		c->low[i] = low;
		c->high[i] = high;
		c->hidden[i] = low < high;
		if (disclosure_audit(c, x, f) < 0)
			goto out;
		if (!has_narrow(s, rows, x, under, &cell)) {
			opened[i] = 0;
			continue;
		}
		c->hidden[i] = 1;
		c->low[i] = 0;
		c->high[i] = CELLS_NONE;
	}
	if (disclosure_audit(c, x, f) < 0)
		goto out;
	for (i = 0; i < c->n; i++)
		if (opened[i]) {
			to->withheld = mem_array(to->withheld,
			    to->nwithheld + 1, sizeof *to->withheld);
			to->withheld[to->nwithheld].row = rows->v[i].row;
			to->withheld[to->nwithheld++].col = rows->v[i].col;
		}
	rc = 0;
out:
	free(opened);
	return rc;
}

static int
audit_measure(struct linked *to, struct system *s, const char *measure,
    int negative, int repair, struct fault *f)
{
	struct rows rows = { 0 };
	struct disclosure_cells *c = NULL;
	struct disclosure_interval *x = NULL;
	struct places places;
	num_wide under;
	size_t cell, i;
	int rc = -1;

	places_start(&places, s->ndims);
	if (read_rows(s, measure, &rows, f) == -1)
		goto out;
	for (i = 0; i < rows.n; i++)
		memcpy(places_add(&places, rows.v[i].mask,
		    rows.v[i].range.lo == 0 && rows.v[i].range.hi == 0),
		    rows.v[i].at, s->ndims * sizeof *rows.v[i].at);
	if (places_join(&places, f) == -1)
		goto out;
	under = floor_of(&rows, negative);
	c = make_cells(&places, &rows, under);
	x = mem_zero(c->n, sizeof *x);
	if ((rc = disclosure_audit(c, x, f)) < 0)
		goto out;
	rc = repair && has_narrow(s, &rows, x, under, &cell) ?
	    repair_cells(to, s, &rows, c, x, under, f) : 0;
	if (rc == -1)
		goto out;
	add_findings(to, s, &rows, x, c, under);
out:
	places_free(&places);
	disclosure_cells_free(c);
	free(x);
	rows_free(&rows);
	return rc;
}

static int
by_place(const void *a, const void *b)
{
	const struct linked_finding *x = a, *y = b;

	if (x->sheet != y->sheet)
		return x->sheet < y->sheet ? -1 : 1;
	if (x->row != y->row)
		return x->row < y->row ? -1 : 1;
	return x->col < y->col ? -1 : x->col > y->col;
}

int
linked_audit(struct linked *to, const struct sheet *sheets, size_t n,
    int repair, struct fault *f)
{
	struct system s = { .sheets = sheets, .nsheets = n };
	struct map *done = map_new();
	size_t i, k, col;
	int rc = 0;

	s.dims = map_new();
	s.levels = map_new();
	add_dimensions(&s);
	if (s.ndims > PLACES_DIMENSIONS)
		rc = fault_set(f, "the tables have %zu groupings, more than "
		    "%d", s.ndims, PLACES_DIMENSIONS);
	for (i = 0; i < n && rc == 0; i++)
		for (col = 0; col < sheets[i].t->ncols && rc == 0; col++) {
			const char *name = sheets[i].t->names[col];
			int added, negative = 0;

			if (!sheet_adds(&sheets[i], col))
				continue;
			if (measures(&sheets[i], col, ""))
				name = "";
			(void)map_add(done, name, strlen(name), &added);
			for (k = 0; k < n; k++) {
				size_t j;

				for (j = 0; j < sheets[k].t->ncols; j++)
					if (measures(&sheets[k], j, name))
						negative |= sheets[k].
						    columns[j].negative;
			}
			if (added)
				rc = audit_measure(to, &s, name, negative,
				    repair, f);
		}
	if (to->n > 1)
		qsort(to->v, to->n, sizeof *to->v, by_place);
	map_free(done);
	map_free(s.dims);
	map_free(s.levels);
	return rc;
}

void
linked_free(struct linked *l)
{
	free(l->v);
	free(l->withheld);
	memset(l, 0, sizeof *l);
}
