/* Which further cells to hide, so that the hidden ones stay hidden. */
#include "disclosure/suppress.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "disclosure/widen.h"

#define MANY 30
#define ROUNDS 100 /* of elimination, before cells are hidden by hand too */

struct candidate {
	size_t cell, nmembers;
	int64_t value;
};

/* Zeros first, then the largest; of the same the one with most members. */
static int
by_worth(const void *a, const void *b)
{
	const struct candidate *x = a, *y = b;

	if ((x->value == 0) != (y->value == 0))
		return x->value == 0 ? -1 : 1;
	if (x->value != y->value)
		return x->value > y->value ? -1 : 1;
	if (x->nmembers != y->nmembers)
		return x->nmembers > y->nmembers ? -1 : 1;
	return x->cell < y->cell ? -1 : x->cell > y->cell;
}

size_t *
disclosure_by_worth(const struct disclosure_cells *c, int hidden, size_t *n)
{
	struct candidate *order = mem_array(NULL, c->n, sizeof *order);
	size_t *cells, i;

	for (i = *n = 0; i < c->n; i++) {
		if (c->hidden[i] != hidden || c->primary[i] || c->away[i])
			continue;
		order[*n].cell = i;
		order[*n].value = c->values[i];
		order[(*n)++].nmembers = disclosure_cells_members(c, i);
	}
	if (*n > 1)
		qsort(order, *n, sizeof *order, by_worth);
	cells = mem_array(NULL, *n, sizeof *cells);
	for (i = 0; i < *n; i++)
		cells[i] = order[i].cell;
	free(order);
	return cells;
}

/* Are all members of a cell marked? */
static int
inside(const struct disclosure_cells *c, size_t cell,
    const unsigned char *marked)
{
	size_t k;

	for (k = c->start[cell]; k < c->start[cell + 1]; k++)
		if (!marked[c->members[k]])
			return 0;
	return 1;
}

/* How many members of a cell are marked. */
static size_t
shared(const struct disclosure_cells *c, size_t cell,
    const unsigned char *marked)
{
	size_t k, n = 0;

	for (k = c->start[cell]; k < c->start[cell + 1]; k++)
		n += marked[c->members[k]];
	return n;
}

size_t
disclosure_beside(const struct disclosure_cells *c, size_t cell)
{
	unsigned char *near = mem_zero(c->ninner, 1);
	unsigned char *own = mem_zero(c->ninner, 1);
	size_t best = CELLS_ALL, smallest = SIZE_MAX, i, k;
	size_t nown = c->start[cell + 1] - c->start[cell];

	for (k = c->start[cell]; k < c->start[cell + 1]; k++)
		own[c->members[k]] = 1;
	for (i = 0; i < c->n; i++) {
		size_t n = c->start[i + 1] - c->start[i];

		if (!c->hidden[i] && n < smallest &&
		    shared(c, i, own) == nown)
			smallest = n;
	}
	for (i = 0; i < c->n; i++)
		if (!c->hidden[i] && c->start[i + 1] - c->start[i] ==
		    smallest && shared(c, i, own) == nown)
			for (k = c->start[i]; k < c->start[i + 1]; k++)
				near[c->members[k]] = 1;
	for (i = 0; i < c->n; i++) {
		if (c->hidden[i] || (c->values[i] == 0 && c->least > 0) ||
		    c->start[i] == c->start[i + 1] || !inside(c, i, near))
			continue;
		if (best == CELLS_ALL ||
		    (c->values[best] == 0) > (c->values[i] == 0) ||
		    ((c->values[best] == 0) == (c->values[i] == 0) &&
		    c->values[i] < c->values[best]))
			best = i;
	}
	free(near);
	free(own);
	return best;
}

static int
is_narrow(const struct disclosure_cells *c, size_t cell, int64_t width,
    const struct disclosure_interval *x)
{
	return c->hidden[cell] && c->asked[cell] &&
	    disclosure_narrow(&x[cell], width);
}

/*
 * Those that have to be hidden by hand, as no single sum is the reason: one,
 * or in a large table one for every MANY that are too narrow.
 */
static int
hide_beside(const struct disclosure_cells *c, int64_t width,
    const struct disclosure_interval *x, unsigned char *forced,
    struct fault *f)
{
	size_t i, more, narrow = 0, hidden = 0;

	for (i = 0; i < c->n; i++) {
		if (!is_narrow(c, i, width, x) || narrow++ % MANY != 0)
			continue;
		if ((more = disclosure_beside(c, i)) == CELLS_ALL)
			continue;
		hidden += !forced[more];
		forced[more] = 1;
	}
	return hidden > 0 ? 0 : fault_set(f, "the table cannot be made safe "
	    "by hiding cells of it: merge categories or publish fewer "
	    "margins");
}

size_t
disclosure_count_hidden(const struct disclosure_cells *c)
{
	size_t i, n = 0;

	for (i = 0; i < c->n; i++)
		n += c->hidden[i] && c->asked[i];
	return n;
}

/*
 * Eliminates and audits until nothing is too narrow: quickly while that
 * finds reasons, and then in whole numbers. 1: so many are hidden by now
 * that walks must do the rest.
 */
static int
protect(struct disclosure_cells *c, int64_t width,
    struct disclosure_interval *x, struct fault *f)
{
	struct disclosure_reasons reasons = { 0 };
	unsigned char *forced = mem_zero(c->n, 1);
	size_t i, before, round;
	int rc = -1, quick = 1;

	if (c->n > 0)
		memcpy(forced, c->away, c->n);
	for (round = 0;; round++) {
		memcpy(c->hidden, forced, c->n);
		disclosure_eliminate(c, &reasons);
		if (disclosure_count_hidden(c) >= DISCLOSURE_LARGE) {
			rc = 1;
			goto out;
		}
		for (;; quick = 0) {
			before = reasons.n;
			if (disclosure_look(c, width, quick, CELLS_ALL, x,
			    &reasons, f) < 0)
				goto out;
			for (i = 0; i < c->n; i++)
				if (is_narrow(c, i, width, x))
					break;
			if (i == c->n || reasons.n > before || !quick)
				break;
		}
		if (i == c->n)
			break;
		if ((reasons.n == before || round >= ROUNDS) &&
		    hide_beside(c, width, x, forced, f) == -1)
			goto out;
	}
	rc = 0;
out:
	disclosure_reasons_free(&reasons);
	free(forced);
	return rc;
}

/* Shows again what is not needed. */
static int
tidy(struct disclosure_cells *c, int64_t width,
    struct disclosure_interval *x, struct fault *f)
{
	size_t i, k, n, *order = disclosure_by_worth(c, 1, &n);
	int rc = -1;

	for (k = 0; k < n; k++) {
		c->hidden[order[k]] = 0;
		if (disclosure_look(c, width, 0, order[k], x, NULL, f) < 0)
			goto out;
		for (i = 0; i < c->n; i++)
			if (is_narrow(c, i, width, x))
				break;
		if (i < c->n)
			c->hidden[order[k]] = 1;
	}
	rc = 0;
out:
	free(order);
	return rc;
}

int
disclosure_suppress(struct disclosure_cells *c, int64_t width,
    struct disclosure_interval *x, struct fault *f)
{
	int rc = protect(c, width, x, f);

	if (rc == 1)
		return disclosure_widen(c, width, x, f);
	if (rc == -1 || tidy(c, width, x, f) == -1)
		return -1;
	return disclosure_audit(c, x, f);
}
