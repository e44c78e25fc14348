/* What published tables give away, alone and together. */
#include "disclosure/linked.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/map.h"
#include "base/mem.h"
#include "disclosure/ratio.h"
#include "disclosure/suppress.h"

#define MOST_DIMENSIONS 62
/* Doubles are exact up to 2^53, with room for sums of differences. */
#define MOST_VALUE ((num_wide)1 << 50)

/* One measure of all tables: one linear system. */
struct system {
	const struct sheet *sheets;
	size_t nsheets;
	struct map *dims;   /* names of groupings; the pivot's is "" */
	struct map *levels; /* number of each text */
	/* Inner cells: their levels, ndims each. */
	size_t ndims, ninner;
	uint32_t *inner;
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

/* The key of a place over some dimensions. */
static void
key_of(struct buf *b, const uint32_t *at, size_t ndims, uint64_t mask)
{
	size_t d;

	buf_clear(b);
	for (d = 0; d < ndims; d++)
		if (mask >> d & 1)
			buf_put(b, (const char *)&at[d], sizeof at[d]);
}

/* Which of these keys there are, and the places of each. */
struct groups {
	struct map *map;
	size_t n, room;
	size_t *first, *next; /* per key; per place */
};

static void
groups_free(struct groups *g)
{
	map_free(g->map);
	free(g->first);
	free(g->next);
}

static void
groups_make(struct groups *g, const uint32_t *at, size_t n, size_t ndims,
    uint64_t mask)
{
	struct buf key = { 0 };
	size_t i;

	memset(g, 0, sizeof *g);
	g->map = map_new();
	g->next = mem_array(NULL, n, sizeof *g->next);
	for (i = n; i-- > 0;) {
		size_t k;
		int added;

		key_of(&key, at + i * ndims, ndims, mask);
		k = map_add(g->map, key.p != NULL ? key.p : "", key.n,
		    &added);
		if (k >= g->room) {
			g->room = g->room * 2 + 64;
			g->first = mem_array(g->first, g->room,
			    sizeof *g->first);
		}
		g->next[i] = added ? SIZE_MAX : g->first[k];
		g->first[k] = i;
	}
	buf_free(&key);
}

static size_t
groups_find(const struct groups *g, struct buf *key, const uint32_t *at,
    size_t ndims, uint64_t mask)
{
	size_t k;

	key_of(key, at, ndims, mask);
	k = map_find(g->map, key->p != NULL ? key->p : "", key->n);
	return k == MAP_NONE ? SIZE_MAX : g->first[k];
}

/* Rows of one mask, each place once, none that is known to be empty. */
static uint32_t *
places_of(const struct rows *rows, size_t ndims, uint64_t mask, size_t *n)
{
	uint32_t *to = mem_array(NULL, rows->n * ndims + 1, sizeof *to);
	struct map *seen = map_new();
	struct buf key = { 0 };
	size_t i;

	*n = 0;
	for (i = 0; i < rows->n; i++) {
		const struct row *r = &rows->v[i];
		int added;

		if (r->mask != mask || (r->range.lo == 0 && r->range.hi == 0))
			continue;
		key_of(&key, r->at, ndims, mask);
		(void)map_add(seen, key.p != NULL ? key.p : "", key.n,
		    &added);
		if (added)
			memcpy(to + (*n)++ * ndims, r->at,
			    ndims * sizeof *to);
	}
	map_free(seen);
	buf_free(&key);
	return to;
}

/* Inner cells so far, over done, with the places of one more mask. */
static int
join(struct system *s, const struct rows *rows, uint64_t done, uint64_t mask,
    struct fault *f)
{
	size_t n, i, at, d, all = 0, room = 0;
	uint32_t *places = places_of(rows, s->ndims, mask, &n), *to = NULL;
	struct groups g;
	struct buf key = { 0 };
	int rc = -1;

	groups_make(&g, places, n, s->ndims, mask & done);
	for (i = 0; i < s->ninner; i++)
		for (at = groups_find(&g, &key, s->inner + i * s->ndims,
		    s->ndims, mask & done); at != SIZE_MAX;
		    at = g.next[at]) {
			if (all == LINKED_MOST) {
				(void)fault_set(f, "the tables have more than "
				    "%zu combinations of their groupings "
				    "together, which is more than can be "
				    "audited; take fewer tables or groupings",
				    LINKED_MOST);
				goto out;
			}
			if (all == room) {
				room = room * 2 + 1024;
				to = mem_array(to, room * s->ndims + 1,
				    sizeof *to);
			}
			for (d = 0; d < s->ndims; d++)
				to[all * s->ndims + d] = mask >> d & 1 ?
				    places[at * s->ndims + d] :
				    s->inner[i * s->ndims + d];
			all++;
		}
	free(s->inner);
	s->inner = to;
	s->ninner = all;
	to = NULL;
	rc = 0;
out:
	groups_free(&g);
	buf_free(&key);
	free(places);
	free(to);
	return rc;
}

static int
widest_first(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
	int m = __builtin_popcountll(x), n = __builtin_popcountll(y);

	return m != n ? n - m : x < y ? -1 : x > y;
}

/* The masks that are part of no other, the widest first. */
static uint64_t *
largest_masks(const struct rows *rows, size_t *n)
{
	uint64_t *masks = mem_array(NULL, rows->n, sizeof *masks);
	size_t i, k, kept = 0;

	for (i = *n = 0; i < rows->n; i++) {
		for (k = 0; k < *n && masks[k] != rows->v[i].mask; k++)
			;
		if (k == *n)
			masks[(*n)++] = rows->v[i].mask;
	}
	if (*n > 1)
		qsort(masks, *n, sizeof *masks, widest_first);
	for (i = 0; i < *n; i++) {
		for (k = 0; k < kept; k++)
			if ((masks[i] & ~masks[k]) == 0)
				break;
		if (k == kept)
			masks[kept++] = masks[i];
	}
	*n = kept;
	return masks;
}

/* Those that meet what is there already are joined first. */
static int
find_inner(struct system *s, const struct rows *rows, struct fault *f)
{
	size_t n, i, best;
	uint64_t *masks = largest_masks(rows, &n), done = 0;
	int rc = 0;

	s->inner = mem_zero(s->ndims + 1, sizeof *s->inner);
	s->ninner = 1;
	for (; n > 0 && rc == 0; n--) {
		for (i = best = 0; i < n; i++)
			if ((masks[i] & done) != 0 &&
			    (masks[best] & done) == 0)
				best = i;
		rc = join(s, rows, done, masks[best], f);
		done |= masks[best];
		memmove(masks + best, masks + best + 1,
		    (n - best - 1) * sizeof *masks);
	}
	free(masks);
	return rc;
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

/* Inner cells by the places of each mask that rows have. */
struct index {
	size_t n;
	uint64_t *masks;
	struct groups *groups;
};

static const struct groups *
index_of(struct index *x, const struct system *s, uint64_t mask)
{
	size_t i;

	for (i = 0; i < x->n; i++)
		if (x->masks[i] == mask)
			return &x->groups[i];
	x->masks = mem_array(x->masks, x->n + 1, sizeof *x->masks);
	x->groups = mem_array(x->groups, x->n + 1, sizeof *x->groups);
	x->masks[x->n] = mask;
	groups_make(&x->groups[x->n], s->inner, s->ninner, s->ndims, mask);
	return &x->groups[x->n++];
}

static struct disclosure_cells *
make_cells(const struct system *s, const struct rows *rows, num_wide under)
{
	struct disclosure_cells *c = disclosure_cells_new(s->ninner, 0);
	uint32_t *members = mem_array(NULL, s->ninner + 1, sizeof *members);
	struct index x = { 0 };
	struct buf key = { 0 };
	size_t i, at;

	c->known = 0;
	for (i = 0; i < rows->n; i++) {
		const struct row *r = &rows->v[i];
		const struct groups *g = index_of(&x, s, r->mask);
		num_wide shift;
		size_t n = 0;

		for (at = groups_find(g, &key, r->at, s->ndims, r->mask);
		    at != SIZE_MAX; at = g->next[at])
			members[n++] = (uint32_t)at;
		shift = under * (num_wide)n;
		(void)disclosure_cells_add(c, 0, r->range.masked, members,
		    n);
		c->values[i] = clip(r->range.lo + shift);
		c->low[i] = r->range.lo <= -SHEET_UNBOUND ? 0 :
		    clip(r->range.lo + shift);
		c->high[i] = clip(r->range.hi + shift);
		c->hidden[i] = c->low[i] < c->high[i];
		c->asked[i] = (unsigned char)(r->range.masked != 0);
	}
	for (i = 0; i < x.n; i++)
		groups_free(&x.groups[i]);
	free(x.masks);
	free(x.groups);
	buf_free(&key);
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
	num_wide under;
	size_t cell;
	int rc = -1;

	if (read_rows(s, measure, &rows, f) == -1 ||
	    find_inner(s, &rows, f) == -1)
		goto out;
	under = floor_of(&rows, negative);
	c = make_cells(s, &rows, under);
	x = mem_zero(c->n, sizeof *x);
	if ((rc = disclosure_audit(c, x, f)) < 0)
		goto out;
	rc = repair && has_narrow(s, &rows, x, under, &cell) ?
	    repair_cells(to, s, &rows, c, x, under, f) : 0;
	if (rc == -1)
		goto out;
	add_findings(to, s, &rows, x, c, under);
out:
	free(s->inner);
	s->inner = NULL;
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
	if (s.ndims > MOST_DIMENSIONS)
		rc = fault_set(f, "the tables have %zu groupings, more than "
		    "%d", s.ndims, MOST_DIMENSIONS);
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
