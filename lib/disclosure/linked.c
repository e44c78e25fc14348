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

/*
 * One measure of all tables, a count with some shares: one linear system.
 * Inner cells are divided by which of the conditions their records meet.
 */
struct system {
	const struct sheet *sheets;
	size_t nsheets;
	const char *measure;
	const char *shares[LINKED_SHARES]; /* columns */
	size_t nshares;
	int partly; /* shares say more than the system has of them */
	int alone;  /* no count is set against what is beside it */
	struct map *dims;   /* names of groupings; the pivot's is "" */
	struct map *levels; /* number of each text */
	size_t ndims;
};

struct row { /* a published number: its levels; UINT32_MAX: total */
	size_t sheet, row, col;
	unsigned part; /* 0: all; 1 + 2k meet share k, 2 + 2k do not */
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
	if (!sheet_adds(t, col) && !t->columns[col].numerators)
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

	r->sheet = (size_t)(t - s->sheets);
	r->row = row;
	r->col = col;
	r->part = 0;
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

static int
place_fault(const struct sheet *t, size_t row, size_t col, struct fault *f,
    const char *what)
{
	sheet_place(t, &row, &col);
	(void)fault_set(f, "%s", what);
	fault_place(f, t->file->path, t->file->lines[row], row + 1, col + 1,
	    t->file->names[col]);
	return -1;
}

/* How many of a row's records, of which there are count, meet the shares. */
static int
read_shares(struct system *s, const struct sheet *t, size_t row,
    size_t count_col, const struct sheet_range *count, struct rows *rows,
    struct fault *f)
{
	struct sheet_range is[2];
	size_t k, col;
	unsigned not;

	for (col = 0; col < t->t->ncols && !s->alone; col++)
		if (ratio_unsure(t, row, col, count)) {
			(void)place_fault(t, row, col, f, "all its digits "
			    "beside a rounded count cannot be audited from the "
			    "table: publish with --audit, or with ratios of "
			    "rounded counts");
			return LINKED_UNSURE;
		}
	for (k = 0; k < s->nshares; k++)
		for (col = 0; col < t->t->ncols; col++) {
			if (strcmp(t->t->names[col], s->shares[k]) != 0 ||
			    !ratio_parts(t, row, col, count_col, count, is))
				continue;
			/* The ends of a count are not all that binds it. */
			s->partly |= t->columns[col].kind == SHEET_SHARE &&
			    count->masked && !is[0].masked && !is[0].withheld;
			for (not = 0; not < 2; not++) {
				struct row *r = new_row(rows);

				locate(s, t, row, col, r);
				r->part = 1 + 2 * (unsigned)k + not;
				r->range = is[not];
			}
		}
	return 0;
}

/* What a mean is made of: it says nothing, unless lo <= hi. */
static void
read_numerator(const struct sheet *t, size_t row, size_t col,
    struct sheet_range *to)
{
	size_t at = sheet_count(t);
	struct sheet_range count = sheet_read(t, row, at);

	ratio_narrow(t, row, at, &count);
	if (!ratio_numerator(t, row, col, &count, to)) {
		to->lo = t->columns[col].negative ? -SHEET_UNBOUND : 0;
		to->hi = SHEET_UNBOUND;
	}
}

/* Every number of the measure; and of tables without one the rows. */
static int
read_rows(struct system *s, struct rows *rows, struct fault *f)
{
	size_t i, row, col;
	int rc;

	for (i = 0; i < s->nsheets; i++) {
		const struct sheet *t = &s->sheets[i];
		int adds = 0;

		for (col = 0; col < t->t->ncols; col++)
			adds |= sheet_adds(t, col);
		for (row = 0; row < t->t->nrows; row++)
			for (col = 0; col <= t->t->ncols; col++) {
				struct sheet_range count;
				struct row *r;

				if (col == t->t->ncols ? adds :
				    !measures(t, col, s->measure))
					continue;
				r = new_row(rows);
				locate(s, t, row, col, r);
				r->range = (struct sheet_range){ 0,
				    SHEET_UNBOUND, 0, 0 };
				if (col == t->t->ncols)
					continue;
				r->range = sheet_read(t, row, col);
				if (t->columns[col].numerators)
					read_numerator(t, row, col, &r->range);
				else if (!s->alone)
					ratio_narrow(t, row, col, &r->range);
				if (r->range.lo > r->range.hi)
					r->range = (struct sheet_range){ 0,
					    SHEET_UNBOUND, 0, 0 };
				count = r->range;
				if (r->range.lo > MOST_VALUE ||
				    (r->range.hi < SHEET_UNBOUND &&
				    r->range.hi > MOST_VALUE)) {
					return place_fault(t, row, col, f,
					    "a number too large to be "
					    "audited");
				}
				if (sheet_count(t) == col && (rc = read_shares(
				    s, t, row, col, &count, rows, f)) < 0)
					return rc;
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

/* Of n inner cells those that are divided off for a part; to has room. */
static size_t
divide(const uint32_t *inner, size_t n, size_t nshares, unsigned part,
    uint32_t *to)
{
	size_t states = (size_t)1 << nshares, i, k, nto = 0;

	for (i = 0; i < n; i++)
		for (k = 0; k < states; k++)
			if (part == 0 || (k >> (part - 1) / 2 & 1) ==
			    (part & 1))
				to[nto++] = (uint32_t)(inner[i] * states + k);
	return nto;
}

static struct disclosure_cells *
make_cells(const struct system *s, struct places *p, const struct rows *rows,
    num_wide under)
{
	size_t states = (size_t)1 << s->nshares, i;
	struct disclosure_cells *c = disclosure_cells_new(p->ninner * states,
	    0);
	uint32_t *inner = mem_array(NULL, p->ninner + 1, sizeof *inner);
	uint32_t *members = mem_array(NULL, c->ninner + 1, sizeof *members);

	c->known = 0;
	for (i = 0; i < rows->n; i++) {
		const struct row *r = &rows->v[i];
		size_t n = divide(inner, places_members(p, i, inner),
		    s->nshares, r->part, members);
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
	free(inner);
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
	/* How many meet a condition matters if they are few for certain. */
	if (sheet_is_part(t, col))
		return width + 1 < (num_wide)t->o->profile->interval &&
		    disclosure_masks(t->o->profile, (uint64_t)x->lo) &&
		    disclosure_masks(t->o->profile, (uint64_t)x->hi);
	if (t->columns[col].kind != SHEET_SUM &&
	    !t->columns[col].numerators)
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
		if (r->part > 0 && r->part % 2 == 0) {
			/* Those who do not, after those who meet it. */
			to->v[to->n - 1].narrow |= is_narrow(
			    &s->sheets[r->sheet], r->col, &x[i], under);
			continue;
		}
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
		v->proven = x[i].proven && !s->partly;
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
		    r->part > 0 ||
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

/* What a row shows, its shares with its count, or (open) nothing of it. */
static void
set_row(const struct system *s, const struct rows *rows,
    struct disclosure_cells *c, size_t cell, int open, num_wide under)
{
	const struct row *of = &rows->v[cell];
	size_t i;

	for (i = 0; i < c->n; i++) {
		const struct row *r = &rows->v[i];
		num_wide shift = under *
		    (num_wide)disclosure_cells_members(c, i);

		if (i != cell && (r->part == 0 || r->sheet != of->sheet ||
		    r->row != of->row || s->nshares == 0))
			continue;
		c->low[i] = open ? 0 : clip(r->range.lo + shift);
		c->high[i] = open ? CELLS_NONE : clip(r->range.hi + shift);
		c->hidden[i] = c->low[i] < c->high[i];
	}
}

static int
repair_cells(struct linked *to, const struct system *s,
    const struct rows *rows, struct disclosure_cells *c,
    struct disclosure_interval *x, num_wide under, struct fault *f)
{
	unsigned char *opened = mem_zero(c->n, 1);
	size_t i, cell, more;
	int rc = -1;

	while (has_narrow(s, rows, x, under, &cell)) {
		if ((more = choose(s, rows, c, cell)) == CELLS_ALL) {
			(void)fault_set(f, "the table cannot be made safe by "
			    "hiding more of it: merge categories or publish "
			    "fewer margins");
			goto out;
		}
		opened[more] = 1;
		set_row(s, rows, c, more, 1, under);
		if (disclosure_audit(c, x, f) < 0)
			goto out;
	}
	/* What turns out not to be needed is shown again. */
	for (i = c->n; i-- > 0;) {
		if (!opened[i])
			continue;
		set_row(s, rows, c, i, 0, under);
		if (disclosure_audit(c, x, f) < 0)
			goto out;
		if (has_narrow(s, rows, x, under, &cell))
			set_row(s, rows, c, i, 1, under);
		else
			opened[i] = 0;
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
audit_system(struct linked *to, struct system *s, int negative,
    int repair, struct fault *f)
{
	struct rows rows = { 0 };
	struct disclosure_cells *c = NULL;
	struct disclosure_interval *x = NULL;
	struct places places;
	num_wide under;
	size_t cell, i;
	int rc = -1;

	places_start(&places, s->ndims);
	if ((rc = read_rows(s, &rows, f)) < 0)
		goto out;
	rc = -1;
	for (i = 0; i < rows.n; i++)
		memcpy(places_add(&places, rows.v[i].mask,
		    rows.v[i].part == 0 && rows.v[i].range.lo == 0 &&
		    rows.v[i].range.hi == 0),
		    rows.v[i].at, s->ndims * sizeof *rows.v[i].at);
	if (places_join(&places, f) == -1)
		goto out;
	under = floor_of(&rows, negative);
	c = make_cells(s, &places, &rows, under);
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

/* Do ratios of the row narrow a count? */
static int
narrows(const struct sheet *t, size_t row, size_t col)
{
	struct sheet_range before = sheet_read(t, row, col), after = before;

	ratio_narrow(t, row, col, &after);
	return after.lo != before.lo || after.hi != before.hi;
}

/* Are means its measure, which adds nothing up where they do not fit? */
static int
is_numerators(const struct system *s)
{
	size_t i, col;

	for (i = 0; i < s->nsheets; i++)
		for (col = 0; col < s->sheets[i].t->ncols; col++)
			if (s->sheets[i].columns[col].numerators &&
			    strcmp(s->sheets[i].t->names[col], s->measure) == 0)
				return 1;
	return 0;
}

/* Shares of records that have no value may not fit: then without them. */
static int
audit_shares(struct linked *to, struct system *s, int negative, int repair,
    struct fault *f)
{
	size_t i, row, col;
	int rc = audit_system(to, s, negative, repair, f), ratios = 0;

	for (i = 0; rc == -2 && i < s->nsheets; i++)
		for (col = 0; col < s->sheets[i].t->ncols; col++)
			for (row = 0; row < s->sheets[i].t->nrows; row++)
				ratios |= measures(&s->sheets[i], col,
				    s->measure) && (narrows(&s->sheets[i], row,
				    col) || s->sheets[i].columns[col].
				    numerators);
	if (rc != -2 || (s->nshares == 0 && !ratios))
		return rc;
	fault_clear(f);
	to->shares_unfit = 1;
	s->nshares = 0;
	s->partly = s->alone = 1;
	if (is_numerators(s))
		return 0;
	rc = audit_system(to, s, negative, repair, f);
	s->alone = 0;
	return rc;
}

/* The measure, with the shares beside it so many at a time. */
static int
audit_measure(struct linked *to, struct system *s, const char *measure,
    int negative, int repair, struct fault *f)
{
	struct map *done = map_new();
	size_t i, col, count, first = to->n;
	int rc = 0, lots = 0, added;

	s->measure = measure;
	s->nshares = 0;
	s->partly = 0;
	for (i = 0; i < s->nsheets; i++) {
		const struct sheet *t = &s->sheets[i];

		for (count = 0; count < t->t->ncols; count++)
			if (measures(t, count, measure))
				break;
		if (count == t->t->ncols || sheet_count(t) != count)
			continue;
		for (col = 0; col < t->t->ncols && rc == 0; col++) {
			if (!sheet_is_part(t, col))
				continue;
			(void)map_add(done, t->t->names[col],
			    strlen(t->t->names[col]), &added);
			if (!added)
				continue;
			s->shares[s->nshares++] = t->t->names[col];
			if (s->nshares < LINKED_SHARES)
				continue;
			s->partly |= lots++ > 0;
			rc = audit_shares(to, s, 0, repair, f);
			s->nshares = 0;
		}
	}
	/* One lot does not see what another says. */
	s->partly |= lots > 0 && s->nshares > 0;
	if (rc == 0 && s->nshares > 0)
		rc = audit_shares(to, s, 0, repair, f);
	else if (rc == 0 && lots == 0)
		rc = audit_shares(to, s, negative, repair, f);
	for (; s->partly && first < to->n; first++)
		to->v[first].proven = 0;
	map_free(done);
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

/* A count that was looked at with several lots of shares: what all say. */
static void
join_findings(struct linked *l)
{
	size_t i, n = 0;

	for (i = 0; i < l->n; i++) {
		struct linked_finding *to = &l->v[n > 0 ? n - 1 : 0];
		const struct linked_finding *v = &l->v[i];

		if (n == 0 || by_place(to, v) != 0) {
			l->v[n++] = *v;
			continue;
		}
		to->lo = v->lo > to->lo ? v->lo : to->lo;
		to->hi = v->hi < to->hi ? v->hi : to->hi;
		to->proven &= v->proven;
		to->narrow |= v->narrow;
	}
	l->n = n;
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

			if (!sheet_adds(&sheets[i], col) &&
			    !sheets[i].columns[col].numerators)
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
	join_findings(to);
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
