/* Whole groups laid out as columns, and the fields made over them. */
#include "spec/group_made.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/num.h"

void
group_columns_open(struct group_columns *c, const struct group_plan *p)
{
	size_t n = p->nslots + p->nmade;

	memset(c, 0, sizeof *c);
	c->p = p;
	c->days = mem_zero(n + 1, sizeof *c->days);
	c->values = mem_zero(n + 1, sizeof *c->values);
	group_columns_grow(c, EXPR_BATCH);
}

void
group_columns_close(struct group_columns *c)
{
	size_t i, n = c->p->nslots + c->p->nmade;

	for (i = 0; i < n; i++) {
		free(c->days[i]);
		free(c->values[i]);
	}
	free(c->days);
	free(c->values);
	free(c->first);
	free(c->size);
	free(c->unordered);
}

void
group_columns_start(struct group_columns *c)
{
	c->n = 0;
	c->any_unordered = 0;
}

void
group_columns_grow(struct group_columns *c, size_t n)
{
	size_t i, ncolumns = c->p->nslots + c->p->nmade;

	c->cap = n > c->cap * 2 ? n : c->cap * 2;
	for (i = 0; i < ncolumns; i++) {
		/* A group's key alone is not laid out. */
		if (i < c->p->nslots && !c->p->slots[i].kept)
			continue;
		if (group_plan_days(c->p, i))
			c->days[i] = mem_array(c->days[i], c->cap,
			    sizeof *c->days[i]);
		else
			c->values[i] = mem_array(c->values[i], c->cap,
			    sizeof *c->values[i]);
	}
	c->first = mem_array(c->first, c->cap, sizeof *c->first);
	c->size = mem_array(c->size, c->cap, sizeof *c->size);
	c->unordered = mem_array(c->unordered, c->cap, 1);
}

/* Is a cell of the order one that does not fit its type? */
static int
bad_order(const struct group_columns *c, size_t r)
{
	size_t i, slot;

	for (i = 0; i < c->p->norders; i++) {
		slot = c->p->sequence[i];
		if (c->days[slot] != NULL ?
		    c->days[slot][r] == EXPR_BAD_DAY :
		    c->values[slot][r].kind == EXPR_BAD)
			return 1;
	}
	return 0;
}

void
group_columns_group(struct group_columns *c, size_t first, size_t end)
{
	unsigned char unordered = 0;
	size_t r;

	for (r = first; r < end && !unordered; r++)
		unordered = bad_order(c, r) != 0;
	c->any_unordered |= unordered;
	for (r = first; r < end; r++) {
		c->first[r] = (uint32_t)first;
		c->size[r] = (uint32_t)(end - first);
		c->unordered[r] = unordered;
	}
	c->n = end;
}

static int
rank(const struct expr_value *v)
{
	switch (v->kind) {
	case EXPR_NULL:
		return 0;
	case EXPR_INT:
	case EXPR_REAL:
		return 1;
	case EXPR_STRING:
		return 2;
	default:
		return 3;
	}
}

static int
compare_texts(struct csv_slice a, struct csv_slice b)
{
	size_t n = a.n < b.n ? a.n : b.n;
	int d = n > 0 ? memcmp(a.p, b.p, n) : 0;

	return d != 0 ? d : (a.n > b.n) - (a.n < b.n);
}

int
group_compare(const struct expr_value *v, const struct expr_value *w)
{
	int a = rank(v), b = rank(w);

	if (a != b)
		return a < b ? -1 : 1;
	if (a == 0 || a == 3)
		return 0;
	if (a == 2)
		return compare_texts(v->u.s, w->u.s);
	if (v->kind == EXPR_INT && w->kind == EXPR_INT)
		return (v->u.i > w->u.i) - (v->u.i < w->u.i);
	if (v->kind == EXPR_REAL && w->kind == EXPR_REAL)
		return (v->u.r > w->u.r) - (v->u.r < w->u.r);
	return v->kind == EXPR_INT ? num_compare(v->u.i, w->u.r) :
	    -num_compare(w->u.i, v->u.r);
}

/* Rows of a group before or after; of the first or last there is none. */
static void
neighbours(struct group_columns *c, const struct group_made *m, size_t to)
{
	int lag = m->word == WIDE_LAG;
	size_t r;

	for (r = 0; r < c->n; r++) {
		size_t at = r - c->first[r];
		int there = lag ? at > 0 : at + 1 < c->size[r];
		size_t from = lag ? r - 1 : r + 1;

		if (m->days)
			c->days[to][r] = there ? c->days[m->slot][from] :
			    EXPR_NO_DAY;
		else if (there)
			c->values[to][r] = c->values[m->slot][from];
		else
			c->values[to][r].kind = EXPR_NULL;
	}
}

/* The greater of two, or with want -1 the less; bad wins, NULL loses. */
static int32_t
better_day(int32_t a, int32_t b, int want)
{
	if (a == EXPR_BAD_DAY || b == EXPR_NO_DAY)
		return a;
	if (b == EXPR_BAD_DAY || a == EXPR_NO_DAY)
		return b;
	return (a > b) == (want > 0) ? a : b;
}

static const struct expr_value *
better(const struct expr_value *a, const struct expr_value *b, int want)
{
	if (a->kind == EXPR_BAD || b->kind == EXPR_NULL)
		return a;
	if (b->kind == EXPR_BAD || a->kind == EXPR_NULL)
		return b;
	return group_compare(b, a) * want > 0 ? b : a;
}

static void
prior_max(struct group_columns *c, const struct group_made *m, size_t to)
{
	size_t r;

	for (r = 0; r < c->n; r++) {
		int there = r > c->first[r];

		if (m->days)
			c->days[to][r] = there ? better_day(c->days[to][r - 1],
			    c->days[m->slot][r - 1], 1) : EXPR_NO_DAY;
		else if (there)
			c->values[to][r] = *better(&c->values[to][r - 1],
			    &c->values[m->slot][r - 1], 1);
		else
			c->values[to][r].kind = EXPR_NULL;
	}
}

/* least_of and greatest_of rows first to end. */
static void
extreme(struct group_columns *c, const struct group_made *m, size_t to,
    size_t first, size_t end)
{
	int want = m->word == WIDE_GREATEST_OF ? 1 : -1;
	size_t r;

	if (m->days) {
		int32_t day = EXPR_NO_DAY;

		for (r = first; r < end; r++)
			day = better_day(day, c->days[m->slot][r], want);
		for (r = first; r < end; r++)
			c->days[to][r] = day;
	} else {
		const struct expr_value *v = &c->values[m->slot][first];
		struct expr_value best;

		for (r = first + 1; r < end; r++)
			v = better(v, &c->values[m->slot][r], want);
		best = *v;
		for (r = first; r < end; r++)
			c->values[to][r] = best;
	}
}

static struct expr_value
sum(const struct group_made *m, const struct expr_value *v, size_t n)
{
	struct expr_value to = { .kind = EXPR_NULL };
	int64_t all = 0;
	int whole = m->type == EXPR_INTEGER, over = 0;
	double real = 0;
	size_t r;

	for (r = 0; r < n; r++) {
		switch (v[r].kind) {
		case EXPR_INT:
			real += (double)v[r].u.i;
			over |= __builtin_add_overflow(all, v[r].u.i, &all);
			to.kind = EXPR_INT;
			break;
		case EXPR_REAL:
			real += v[r].u.r;
			over = 1;
			to.kind = EXPR_INT;
			break;
		case EXPR_BAD:
			return v[r];
		default:
			break;
		}
	}
	if (to.kind == EXPR_NULL)
		return to;
	/* An integer's sum that is none is no value of its type. */
	to.kind = !whole ? EXPR_REAL : over ? EXPR_BAD : EXPR_INT;
	if (to.kind == EXPR_REAL)
		to.u.r = real;
	else
		to.u.i = over ? 0 : all;
	return to;
}

/* any: 1 if one is 1; every: 0 if one is 0. A bad one makes either bad. */
static struct expr_value
truth(const struct group_made *m, const struct expr_value *v, size_t n)
{
	struct expr_value to = { .kind = EXPR_INT };
	int any = m->word == WIDE_ANY;
	size_t r;

	to.u.i = !any;
	for (r = 0; r < n; r++) {
		if (v[r].kind == EXPR_BAD)
			return v[r];
		if (v[r].kind == EXPR_INT && v[r].u.i == any)
			to.u.i = any;
	}
	return to;
}

/* What is the same for all rows of a group. */
static void
totals(struct group_columns *c, const struct group_made *m, size_t to)
{
	size_t first, end, r;

	for (first = 0; first < c->n; first = end) {
		const struct expr_value *v = m->slot == GROUP_NO_SLOT ||
		    c->values[m->slot] == NULL ? NULL :
		    c->values[m->slot] + first;
		struct expr_value one;

		end = first + c->size[first];
		switch (m->word) {
		case WIDE_SIZE:
			one.kind = EXPR_INT;
			one.u.i = (int64_t)(end - first);
			break;
		case WIDE_SUM_OF:
			/* There is no sum of dates. */
			one.kind = EXPR_NULL;
			if (v != NULL)
				one = sum(m, v, end - first);
			break;
		case WIDE_ANY:
		case WIDE_EVERY:
			one = truth(m, v, end - first);
			break;
		default:
			extreme(c, m, to, first, end);
			continue;
		}
		for (r = first; r < end; r++)
			c->values[to][r] = one;
	}
}

void
group_columns_make(struct group_columns *c)
{
	size_t i, r;

	for (i = 0; i < c->p->nmade; i++) {
		const struct group_made *m = &c->p->made[i];
		size_t to = c->p->nslots + i;

		switch (m->word) {
		case WIDE_LAG:
		case WIDE_LEAD:
			neighbours(c, m, to);
			break;
		case WIDE_PRIOR_MAX:
			prior_max(c, m, to);
			break;
		case WIDE_ROW:
			for (r = 0; r < c->n; r++) {
				c->values[to][r].kind = EXPR_INT;
				c->values[to][r].u.i = (int64_t)(r -
				    c->first[r] + 1);
			}
			break;
		default:
			totals(c, m, to);
			break;
		}
	}
}
