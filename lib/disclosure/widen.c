/* Hides more, until every hidden cell is seen to be free. */
#include "disclosure/widen.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "disclosure/parts.h"
#include "disclosure/suppress.h"
#include "disclosure/walk.h"

/* Steps of walks: among hidden cells, through others, to a first table. */
#define STEPS 300
#define STEPS_WIDE 3000
#define STEPS_FIRST 100000
/* Of showing cells again: steps in all, and cells to prove anew for one. */
#define STEPS_TIDY 300000
#define ANEW 12
#define NO_MOVE SIZE_MAX

/* From the base to another table. */
struct move {
	size_t n;
	uint32_t *inner;
	int64_t *by;
};

/* How far a hidden cell was seen to go from the base, and by which move. */
struct reached {
	int64_t down, up; /* down <= 0 <= up */
	size_t down_move, up_move;
};

struct widener {
	struct disclosure_cells *c;
	int64_t width;
	struct walk *walk;  /* at the base */
	int64_t *base;      /* of inner cells */
	size_t *row_start;  /* of the walk's rows: the cells of many members */
	uint32_t *row_vars;
	size_t *row_of;     /* cell -> its row */
	size_t *cells_start, *cells_of; /* inner -> cells it is a member of */
	struct reached *reached;        /* per cell */
	struct move *moves;
	size_t nmoves, room;
	int64_t *change;                /* per cell, 0 at rest */
};

static void
index_cells(struct widener *w)
{
	const struct disclosure_cells *c = w->c;
	size_t i, k, nrows = 0, *fill;

	w->row_of = mem_zero(c->n, sizeof *w->row_of);
	w->row_start = mem_zero(c->n + 1, sizeof *w->row_start);
	w->row_vars = mem_array(NULL, c->nmembers, sizeof *w->row_vars);
	w->cells_start = mem_zero(c->ninner + 1, sizeof *w->cells_start);
	w->cells_of = mem_array(NULL, c->nmembers, sizeof *w->cells_of);
	for (i = 0; i < c->n; i++) {
		size_t at = w->row_start[nrows];
		size_t n = disclosure_cells_members(c, i);

		for (k = c->start[i]; k < c->start[i + 1]; k++)
			w->cells_start[c->members[k] + 1]++;
		if (n < 2)
			continue;
		memcpy(w->row_vars + at, c->members + c->start[i],
		    n * sizeof *w->row_vars);
		w->row_of[i] = nrows++;
		w->row_start[nrows] = at + n;
	}
	for (k = 0; k < c->ninner; k++)
		w->cells_start[k + 1] += w->cells_start[k];
	fill = mem_array(NULL, c->ninner + 1, sizeof *fill);
	memcpy(fill, w->cells_start, (c->ninner + 1) * sizeof *fill);
	for (i = 0; i < c->n; i++)
		for (k = c->start[i]; k < c->start[i + 1]; k++)
			w->cells_of[fill[c->members[k]]++] = i;
	free(fill);
	w->walk = walk_new(c->ninner, nrows, w->row_start, w->row_vars);
}

/*
 * From low to high: what is shown of an inner cell. wide: as if it were
 * hidden, unless it is a zero among zeros that are shown.
 */
static void
set_inner(struct widener *w, uint32_t inner, int wide)
{
	const struct disclosure_cells *c = w->c;
	int64_t low = 0, high = CELLS_NONE, price = 0;
	size_t k;

	for (k = w->cells_start[inner]; k < w->cells_start[inner + 1]; k++) {
		size_t i = w->cells_of[k];
		int64_t from, to;

		if (disclosure_cells_members(c, i) > 1)
			continue;
		disclosure_shown(c, i, &from, &to);
		if (!c->hidden[i] && wide && c->values[i] >= c->low[i]) {
			from = c->low[i];
			to = c->high[i];
			price = 1;
		}
		low = from > low ? from : low;
		high = to < high ? to : high;
	}
	walk_var(w->walk, inner, low, high);
	walk_price(w->walk, inner, price);
}

static void
set_cell(struct widener *w, size_t cell)
{
	const struct disclosure_cells *c = w->c;
	int64_t low, high;

	if (disclosure_cells_members(c, cell) == 1) {
		set_inner(w, c->members[c->start[cell]], 0);
	} else if (disclosure_cells_members(c, cell) > 1) {
		disclosure_shown(c, cell, &low, &high);
		walk_row(w->walk, w->row_of[cell], low, high);
	}
}

/* Published inner cells as if they were hidden, or not. */
static void
set_wide(struct widener *w, int wide)
{
	size_t k;

	for (k = 0; k < w->c->ninner; k++)
		set_inner(w, (uint32_t)k, wide);
}

/* The true table, as far as it is known: 0, if another fits too. */
static int
place(struct widener *w)
{
	const struct disclosure_cells *c = w->c;
	size_t i;

	w->base = mem_zero(c->ninner, sizeof *w->base);
	for (i = 0; i < c->n; i++) {
		if (disclosure_cells_members(c, i) == 1)
			w->base[c->members[c->start[i]]] = c->values[i];
		set_cell(w, i);
	}
	if (c->truth != NULL && c->ninner > 0)
		memcpy(w->base, c->truth, c->ninner * sizeof *w->base);
	if (!walk_place(w->walk, w->base, STEPS_FIRST))
		return -1;
	if (c->ninner > 0)
		memcpy(w->base, walk_x(w->walk), c->ninner * sizeof *w->base);
	return walk_place(w->walk, w->base, 0) ? 0 : -1;
}

static int
is_free(const struct widener *w, size_t cell)
{
	const struct reached *r = &w->reached[cell];

	return !w->c->asked[cell] ||
	    disclosure_cells_members(w->c, cell) == 0 ||
	    r->up - r->down + 1 >= w->width;
}

static int64_t
base_sum(const struct widener *w, size_t cell)
{
	int64_t sum = 0;
	size_t k;

	for (k = w->c->start[cell]; k < w->c->start[cell + 1]; k++)
		sum += w->base[w->c->members[k]];
	return sum;
}

/* Keeps where the walk is, as a move, and goes back to the base. */
static void
record(struct widener *w)
{
	struct disclosure_cells *c = w->c;
	size_t n, k, j;
	const uint32_t *changed = walk_changed(w->walk, &n);
	const int64_t *x = walk_x(w->walk);
	struct move *m;

	if (w->nmoves == w->room) {
		w->room = w->room * 2 + 64;
		w->moves = mem_array(w->moves, w->room, sizeof *w->moves);
	}
	m = &w->moves[w->nmoves];
	m->n = 0;
	m->inner = mem_array(NULL, n, sizeof *m->inner);
	m->by = mem_array(NULL, n, sizeof *m->by);
	for (k = 0; k < n; k++) {
		int64_t by = x[changed[k]] - w->base[changed[k]];

		if (by == 0)
			continue;
		m->inner[m->n] = changed[k];
		m->by[m->n++] = by;
		for (j = w->cells_start[changed[k]];
		    j < w->cells_start[changed[k] + 1]; j++) {
			size_t i = w->cells_of[j];

			w->change[i] += by;
			if (disclosure_cells_members(c, i) == 1)
				c->hidden[i] = 1;
		}
	}
	for (k = 0; k < m->n; k++)
		for (j = w->cells_start[m->inner[k]];
		    j < w->cells_start[m->inner[k] + 1]; j++) {
			size_t i = w->cells_of[j];
			struct reached *r = &w->reached[i];

			if (w->change[i] > r->up) {
				r->up = w->change[i];
				r->up_move = w->nmoves;
			} else if (w->change[i] < r->down) {
				r->down = w->change[i];
				r->down_move = w->nmoves;
			}
			w->change[i] = 0;
		}
	w->nmoves++;
	walk_back(w->walk);
}

static int
go(struct widener *w, size_t cell, int sign, int64_t by, size_t steps)
{
	const struct disclosure_cells *c = w->c;

	if (!walk_reach(w->walk, c->members + c->start[cell],
	    disclosure_cells_members(c, cell), sign,
	    base_sum(w, cell) + by, steps))
		return 0;
	record(w);
	return 1;
}

/* Up or down as far as is needed, or else bit by bit. */
static int
free_cell(struct widener *w, size_t cell, size_t steps)
{
	const struct reached *r = &w->reached[cell];

	if (is_free(w, cell) ||
	    go(w, cell, 1, r->down + w->width - 1, steps) ||
	    go(w, cell, -1, r->up - w->width + 1, steps))
		return 1;
	while (w->width > 2 && !is_free(w, cell))
		if (!go(w, cell, 1, r->up + 1, steps) &&
		    !go(w, cell, -1, r->down - 1, steps))
			break;
	return is_free(w, cell);
}

/* Hides the smallest published sum that a cell's members are part of. */
static int
hide_sum(struct widener *w, size_t cell)
{
	struct disclosure_cells *c = w->c;
	size_t best = CELLS_ALL, k, j;

	for (k = c->start[cell]; k < c->start[cell + 1]; k++)
		for (j = w->cells_start[c->members[k]];
		    j < w->cells_start[c->members[k] + 1]; j++) {
			size_t i = w->cells_of[j];

			if (!c->hidden[i] && c->values[i] >= c->low[i] &&
			    (best == CELLS_ALL ||
			    disclosure_cells_members(c, i) <
			    disclosure_cells_members(c, best)))
				best = i;
		}
	if (best == CELLS_ALL)
		return 0;
	c->hidden[best] = 1;
	set_cell(w, best);
	return 1;
}

/* Through published inner cells, which are hidden then. */
static int
free_wide(struct widener *w, size_t cell)
{
	int found;

	set_wide(w, 1);
	found = free_cell(w, cell, STEPS_WIDE);
	set_wide(w, 0);
	return found;
}

static int
free_all(struct widener *w, struct fault *f)
{
	const struct disclosure_cells *c = w->c;
	size_t i;
	int more;

	for (i = 0; i < c->n; i++)
		if (c->hidden[i])
			(void)free_cell(w, i, STEPS);
	do {
		more = 0;
		for (i = 0; i < c->n; i++) {
			if (!c->hidden[i] || free_cell(w, i, STEPS))
				continue;
			more = 1; /* what it hides may not be free */
			while (!free_wide(w, i))
				if (!hide_sum(w, i))
					return fault_set(f, "the table cannot "
					    "be made safe by hiding cells of "
					    "it: merge categories or publish "
					    "fewer margins");
		}
	} while (more);
	return 0;
}

/* Does a move change the sum of the cells that are marked? */
static int
changes(const struct move *m, const unsigned char *marked)
{
	int64_t by = 0;
	size_t k;

	for (k = 0; k < m->n; k++)
		by += marked[m->inner[k]] ? m->by[k] : 0;
	return by != 0;
}

/* Forgets what moves that change the marked cells say. How many are bound. */
static size_t
forget(struct widener *w, const unsigned char *marked)
{
	unsigned char *broken = mem_zero(w->nmoves, 1);
	size_t i, n = 0;

	for (i = 0; i < w->nmoves; i++)
		broken[i] = (unsigned char)changes(&w->moves[i], marked);
	for (i = 0; i < w->c->n; i++) {
		struct reached *r = &w->reached[i];

		if (r->up_move != NO_MOVE && broken[r->up_move]) {
			r->up = 0;
			r->up_move = NO_MOVE;
		}
		if (r->down_move != NO_MOVE && broken[r->down_move]) {
			r->down = 0;
			r->down_move = NO_MOVE;
		}
		n += w->c->hidden[i] && !is_free(w, i);
	}
	free(broken);
	return n;
}

/* Shows a hidden cell, if all others are free without it. */
static int
show(struct widener *w, size_t cell, struct reached *before)
{
	struct disclosure_cells *c = w->c;
	unsigned char *marked;
	size_t i, k;
	int rc;

	if (base_sum(w, cell) != c->values[cell])
		return 0; /* not what the base says: another table */
	memcpy(before, w->reached, c->n * sizeof *before);
	marked = mem_zero(c->ninner, 1);
	for (k = c->start[cell]; k < c->start[cell + 1]; k++)
		marked[c->members[k]] = 1;
	c->hidden[cell] = 0;
	set_cell(w, cell);
	rc = forget(w, marked) <= ANEW;
	for (i = 0; i < c->n && rc; i++)
		rc = !c->hidden[i] || free_cell(w, i, STEPS);
	if (!rc) {
		c->hidden[cell] = 1;
		set_cell(w, cell);
		memcpy(w->reached, before, c->n * sizeof *before);
	}
	free(marked);
	return rc;
}

static void
tidy(struct widener *w)
{
	size_t k, n, *order = disclosure_by_worth(w->c, 1, &n);
	size_t end = walk_spent(w->walk) + STEPS_TIDY;
	struct reached *before = mem_array(NULL, w->c->n, sizeof *before);

	for (k = 0; k < n && walk_spent(w->walk) < end; k++)
		(void)show(w, order[k], before);
	free(before);
	free(order);
}

static void
report(const struct widener *w, struct disclosure_interval *x)
{
	const struct disclosure_cells *c = w->c;
	size_t i;

	for (i = 0; i < c->n; i++) {
		int64_t base = base_sum(w, i);

		x[i].lo = x[i].hi = c->values[i];
		x[i].proven = !c->hidden[i];
		if (!c->hidden[i])
			continue;
		if (base + w->reached[i].down < x[i].lo)
			x[i].lo = base + w->reached[i].down;
		if (base + w->reached[i].up > x[i].hi)
			x[i].hi = base + w->reached[i].up;
	}
}

int
disclosure_widen(struct disclosure_cells *c, int64_t width,
    struct disclosure_interval *x, struct fault *f)
{
	struct widener w = { .c = c, .width = width };
	size_t i;
	int rc = -1;

	w.change = mem_zero(c->n, sizeof *w.change);
	w.reached = mem_zero(c->n, sizeof *w.reached);
	for (i = 0; i < c->n; i++)
		w.reached[i].up_move = w.reached[i].down_move = NO_MOVE;
	index_cells(&w);
	if (place(&w) == -1) {
		(void)fault_set(f, "the table cannot be made safe: no table "
		    "of whole numbers was found that has these totals; "
		    "merge categories or publish fewer margins");
	} else if (free_all(&w, f) == 0) {
		tidy(&w);
		report(&w, x);
		rc = 0;
	}
	for (i = 0; i < w.nmoves; i++) {
		free(w.moves[i].inner);
		free(w.moves[i].by);
	}
	free(w.moves);
	walk_free(w.walk);
	free(w.base);
	free(w.row_start);
	free(w.row_vars);
	free(w.row_of);
	free(w.cells_start);
	free(w.cells_of);
	free(w.reached);
	free(w.change);
	return rc;
}
