/* What an attacker can derive of each hidden cell, exactly. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/num.h"
#include "disclosure/cells.h"

#define NOT_BASIC ((size_t)-1)
#define SEARCH_WORK 2000000L /* sums looked at, by their members */

/*
 * Unknown inner cells that hang together by published sums. Variables are
 * what each is above least: sum of rows[i]'s = right[i], all >= 0.
 */
struct part {
	size_t nvars, nrows, nsums; /* nrows: without those said twice */
	uint32_t *vars;   /* inner cells */
	size_t *row_start;
	uint32_t *row_vars; /* places in vars */
	int64_t *right;
	int64_t *truth;   /* the real table: one solution */

	/*
	 * The simplex: t[i * width + j] / unit are the coefficients, the
	 * last column the right side. Fractions share the denominator unit
	 * (Edmonds 1967, integer-preserving elimination).
	 */
	size_t width;
	int64_t *t;
	int64_t unit;
	size_t *basic;    /* variable of each row */
	size_t *row_of;   /* row of each variable, or NOT_BASIC */
	int64_t *cost;    /* width: reduced costs, over unit */
};

struct goal { /* what of one hidden cell is in one part */
	size_t cell, n;
	uint32_t *vars;   /* places in vars */
	int64_t lo, hi;   /* attained, of the sum above least */
	int lo_proven, hi_proven;
	int tight;        /* the simplex alone says hi */
};

struct goals {
	struct goal *v;
	size_t n, room;
	int64_t enough;   /* a width that needs no further look; 0: none */
};

struct auditor {
	const struct disclosure_cells *c;
	int64_t least;
	uint32_t *part_of;  /* per inner cell; only of unknown ones */
	uint32_t *place_of; /* in its part's vars */
	unsigned char *unknown;
	int64_t *inner;     /* true values of unknown inner cells */
	size_t nparts;
	struct part *parts;
	struct goals *goals; /* per part */
};

static int
too_large(struct fault *f)
{
	return fault_set(f, "the table cannot be audited exactly: its "
	    "numbers grow beyond 64 bits; merge categories or publish fewer "
	    "margins");
}

static uint32_t
root(uint32_t *up, uint32_t i)
{
	while (up[i] != i)
		i = up[i] = up[up[i]];
	return i;
}

/* Whose own cell is hidden, or that have none. */
static void
find_unknown(struct auditor *a)
{
	const struct disclosure_cells *c = a->c;
	size_t i;

	memset(a->unknown, 1, c->ninner);
	for (i = 0; i < c->n; i++)
		if (c->start[i + 1] - c->start[i] == 1) {
			a->inner[c->members[c->start[i]]] = c->values[i];
			if (!c->hidden[i])
				a->unknown[c->members[c->start[i]]] = 0;
		}
}

/* Published sums that say something of unknown cells. */
static int
is_row(const struct auditor *a, size_t i, uint32_t *any)
{
	const struct disclosure_cells *c = a->c;
	size_t k;

	if (c->hidden[i])
		return 0;
	for (k = c->start[i]; k < c->start[i + 1]; k++)
		if (a->unknown[c->members[k]]) {
			*any = c->members[k];
			return 1;
		}
	return 0;
}

static void
split_parts(struct auditor *a)
{
	const struct disclosure_cells *c = a->c;
	uint32_t *up = mem_array(NULL, c->ninner, sizeof *up);
	uint32_t *number = mem_array(NULL, c->ninner, sizeof *number);
	size_t i, k, *entries;
	uint32_t any, v;

	for (i = 0; i < c->ninner; i++)
		up[i] = (uint32_t)i;
	for (i = 0; i < c->n; i++)
		if (is_row(a, i, &any))
			for (k = c->start[i]; k < c->start[i + 1]; k++)
				if (a->unknown[c->members[k]])
					up[root(up, c->members[k])] =
					    root(up, any);
	for (i = 0; i < c->ninner; i++)
		if (a->unknown[i] && root(up, (uint32_t)i) == i)
			number[i] = (uint32_t)a->nparts++;
	a->parts = mem_zero(a->nparts, sizeof *a->parts);
	entries = mem_zero(a->nparts, sizeof *entries);
	for (i = 0; i < c->ninner; i++)
		if (a->unknown[i]) {
			a->part_of[i] = number[root(up, (uint32_t)i)];
			a->place_of[i] =
			    (uint32_t)a->parts[a->part_of[i]].nvars++;
		}
	for (i = 0; i < c->n; i++)
		if (is_row(a, i, &any)) {
			struct part *p = &a->parts[a->part_of[any]];

			p->nrows++;
			for (k = c->start[i]; k < c->start[i + 1]; k++)
				entries[a->part_of[any]] +=
				    a->unknown[c->members[k]];
		}
	for (i = 0; i < a->nparts; i++) {
		struct part *p = &a->parts[i];

		p->vars = mem_array(NULL, p->nvars, sizeof *p->vars);
		p->truth = mem_array(NULL, p->nvars, sizeof *p->truth);
		p->right = mem_array(NULL, p->nrows, sizeof *p->right);
		p->row_start = mem_zero(p->nrows + 1, sizeof *p->row_start);
		p->row_vars = mem_array(NULL, entries[i],
		    sizeof *p->row_vars);
		p->nrows = 0;
	}
	for (i = 0; i < c->ninner; i++)
		if (a->unknown[i]) {
			struct part *p = &a->parts[a->part_of[i]];

			p->vars[a->place_of[i]] = (uint32_t)i;
			p->truth[a->place_of[i]] = a->inner[i] - a->least;
		}
	for (i = 0; i < c->n; i++) {
		struct part *p;
		size_t at;

		if (!is_row(a, i, &any))
			continue;
		p = &a->parts[a->part_of[any]];
		at = p->row_start[p->nrows];
		p->right[p->nrows] = 0;
		for (k = c->start[i]; k < c->start[i + 1]; k++) {
			v = c->members[k];
			if (!a->unknown[v])
				continue;
			p->row_vars[at++] = a->place_of[v];
			p->right[p->nrows] += p->truth[a->place_of[v]];
		}
		p->row_start[++p->nrows] = at;
	}
	free(up);
	free(number);
	free(entries);
}

static void
part_free(struct part *p)
{
	free(p->vars);
	free(p->truth);
	free(p->right);
	free(p->row_start);
	free(p->row_vars);
	free(p->t);
	free(p->basic);
	free(p->row_of);
	free(p->cost);
}

/* x * pivot - y * z, over unit: exact by Edmonds; 0, or -1 beyond 64 bits. */
static inline int
step(int64_t *x, int64_t pivot, int64_t y, int64_t z, int64_t unit)
{
	num_wide v = (num_wide)*x * pivot - (num_wide)y * z;

	v = unit == 1 ? v : v / unit;
	*x = (int64_t)v;
	return *x == v ? 0 : -1;
}

static int
pivot_row(int64_t *row, const int64_t *by, size_t width, size_t column,
    int64_t pivot, int64_t unit)
{
	int64_t y = row[column];
	size_t j;

	if (y == 0 && pivot == unit)
		return 0;
	for (j = 0; j < width; j++) {
		if (row[j] == 0 && (y == 0 || by[j] == 0))
			continue;
		if (step(&row[j], pivot, y, by[j], unit) == -1)
			return -1;
	}
	return 0;
}

/* Variable column enters the basis in place of that of row r. */
static int
pivot_on(struct part *p, size_t r, size_t column, struct fault *f)
{
	int64_t *by = p->t + r * p->width, pivot = by[column];
	size_t i, j;

	if (pivot < 0) {
		for (j = 0; j < p->width; j++)
			by[j] = -by[j];
		pivot = -pivot;
	}
	for (i = 0; i < p->nrows; i++)
		if (i != r && pivot_row(p->t + i * p->width, by, p->width,
		    column, pivot, p->unit) == -1)
			return too_large(f);
	if (pivot_row(p->cost, by, p->width, column, pivot, p->unit) == -1)
		return too_large(f);
	p->unit = pivot;
	if (p->basic[r] != NOT_BASIC)
		p->row_of[p->basic[r]] = NOT_BASIC;
	p->basic[r] = column;
	p->row_of[column] = r;
	return 0;
}

/* The row that keeps all variables from going below zero; NOT_BASIC: none. */
static size_t
leaving(const struct part *p, size_t column)
{
	size_t best = NOT_BASIC, i, last = p->width - 1;

	for (i = 0; i < p->nrows; i++) {
		const int64_t *row = p->t + i * p->width;
		const int64_t *than;
		num_wide x, y;

		if (row[column] <= 0)
			continue;
		if (best == NOT_BASIC) {
			best = i;
			continue;
		}
		than = p->t + best * p->width;
		x = (num_wide)row[last] * than[column];
		y = (num_wide)than[last] * row[column];
		if (x < y || (x == y && p->basic[i] < p->basic[best]))
			best = i;
	}
	return best;
}

/* Largest gain, or by Bland's rule (1977), which cannot go in circles. */
static size_t
entering(const struct part *p, int bland)
{
	size_t best = NOT_BASIC, j;

	for (j = 0; j + 1 < p->width; j++)
		if (p->cost[j] > 0 && (best == NOT_BASIC ||
		    p->cost[j] > p->cost[best])) {
			best = j;
			if (bland)
				break;
		}
	return best;
}

/*
 * Makes the cost as large as it goes. 0: done; 1: it has no bound; -1:
 * fault. seen, if not NULL, is called at every corner passed.
 */
static int
maximise(struct part *p, void (*seen)(const struct part *, void *),
    void *arg, struct fault *f)
{
	size_t still = 0, column, r, last = p->width - 1;

	while ((column = entering(p, still > 2 * p->nrows)) != NOT_BASIC) {
		if ((r = leaving(p, column)) == NOT_BASIC)
			return 1;
		still = p->t[r * p->width + last] == 0 ? still + 1 : 0;
		if (pivot_on(p, r, column, f) == -1)
			return -1;
		if (seen != NULL)
			seen(p, arg);
	}
	return 0;
}

static void
drop_row(struct part *p, size_t r)
{
	size_t last = p->nrows - 1;

	if (r != last) {
		memcpy(p->t + r * p->width, p->t + last * p->width,
		    p->width * sizeof *p->t);
		p->basic[r] = p->basic[last];
		if (p->basic[r] != NOT_BASIC)
			p->row_of[p->basic[r]] = r;
	}
	p->nrows--;
}

/* A first corner: the classical first phase, its own variables unseen. */
static int
first_corner(struct part *p, struct fault *f)
{
	size_t i, j, k;
	int rc;

	p->width = p->nvars + 1;
	p->t = mem_zero(p->nrows * p->width, sizeof *p->t);
	p->cost = mem_zero(p->width, sizeof *p->cost);
	p->basic = mem_array(NULL, p->nrows, sizeof *p->basic);
	p->row_of = mem_array(NULL, p->nvars, sizeof *p->row_of);
	p->unit = 1;
	for (j = 0; j < p->nvars; j++)
		p->row_of[j] = NOT_BASIC;
	for (i = 0; i < p->nrows; i++) {
		int64_t *row = p->t + i * p->width;

		p->basic[i] = NOT_BASIC;
		for (k = p->row_start[i]; k < p->row_start[i + 1]; k++)
			row[p->row_vars[k]] = 1;
		row[p->nvars] = p->right[i];
		for (j = 0; j < p->width; j++)
			p->cost[j] += row[j];
	}
	rc = maximise(p, NULL, NULL, f);
	if (rc == -1)
		return -1;
	/* The real table solves it, so nothing is left over. */
	assert(rc == 0 && p->cost[p->nvars] == 0);
	for (i = 0; i < p->nrows;) {
		if (p->basic[i] != NOT_BASIC) {
			i++;
			continue;
		}
		for (j = 0; j < p->nvars; j++)
			if (p->t[i * p->width + j] != 0)
				break;
		if (j < p->nvars) {
			if (pivot_on(p, i, j, f) == -1)
				return -1;
			i++;
		} else {
			drop_row(p, i); /* said by the others already */
		}
	}
	return 0;
}

static int64_t
sum_at(const struct part *p, const struct goal *g)
{
	int64_t sum = 0;
	size_t k;

	for (k = 0; k < g->n; k++) {
		size_t r = p->row_of[g->vars[k]];

		if (r != NOT_BASIC)
			sum += p->t[r * p->width + p->width - 1] / p->unit;
	}
	return sum;
}

/* A corner of integers is a table the attacker cannot exclude. */
static void
witness(const struct part *p, void *arg)
{
	struct goals *all = arg;
	size_t i;

	if (p->unit != 1)
		for (i = 0; i < p->nrows; i++)
			if (p->t[i * p->width + p->width - 1] % p->unit != 0)
				return;
	for (i = 0; i < all->n; i++) {
		struct goal *g = &all->v[i];
		int64_t sum;

		if (g->lo_proven && g->hi_proven)
			continue;
		sum = sum_at(p, g);
		g->lo = sum < g->lo ? sum : g->lo;
		g->hi = sum > g->hi ? sum : g->hi;
	}
}

static int
set_cost(struct part *p, const struct goal *g, int sign, struct fault *f)
{
	size_t k, j;

	memset(p->cost, 0, p->width * sizeof *p->cost);
	for (k = 0; k < g->n; k++)
		p->cost[g->vars[k]] = sign * p->unit;
	for (k = 0; k < g->n; k++) {
		size_t r = p->row_of[g->vars[k]];

		if (r == NOT_BASIC)
			continue;
		for (j = 0; j < p->width; j++)
			if (__builtin_sub_overflow(p->cost[j],
			    sign * p->t[r * p->width + j], &p->cost[j]))
				return too_large(f);
	}
	return 0;
}

/* Depth-first search for a table of integers whose goal reaches target. */
struct search {
	const struct part *p;
	const struct goal *g;
	int sign;
	int64_t target;
	int64_t *low, *high; /* per variable */
	size_t *trail;       /* variable, and its bounds before */
	int64_t *old_low, *old_high;
	size_t depth, room;
	long work;
};

static void
narrow(struct search *s, size_t v, int64_t low, int64_t high)
{
	if (s->depth == s->room) {
		s->room = s->room * 2 + 256;
		s->trail = mem_array(s->trail, s->room, sizeof *s->trail);
		s->old_low = mem_array(s->old_low, s->room,
		    sizeof *s->old_low);
		s->old_high = mem_array(s->old_high, s->room,
		    sizeof *s->old_high);
	}
	s->trail[s->depth] = v;
	s->old_low[s->depth] = s->low[v];
	s->old_high[s->depth++] = s->high[v];
	s->low[v] = low;
	s->high[v] = high;
}

static void
back_to(struct search *s, size_t depth)
{
	while (s->depth > depth) {
		size_t v = s->trail[--s->depth];

		s->low[v] = s->old_low[s->depth];
		s->high[v] = s->old_high[s->depth];
	}
}

/* A sum of n variables between from and to: narrows them; -1: impossible. */
static int
narrow_sum(struct search *s, const uint32_t *vars, size_t n, int64_t from,
    int64_t to, int *changed)
{
	int64_t low = 0, high = 0;
	size_t k;

	s->work += (long)n;
	for (k = 0; k < n; k++) {
		low += s->low[vars[k]];
		high += s->high[vars[k]];
	}
	if (low > to || high < from)
		return -1;
	for (k = 0; k < n; k++) {
		size_t v = vars[k];
		int64_t l = s->low[v], h = s->high[v];
		int64_t most = to - (low - l), least = from - (high - h);

		if (most >= h && least <= l)
			continue;
		narrow(s, v, least > l ? least : l, most < h ? most : h);
		if (s->low[v] > s->high[v])
			return -1;
		low += s->low[v] - l;
		high += s->high[v] - h;
		*changed = 1;
	}
	return 0;
}

static int
propagate(struct search *s)
{
	const struct part *p = s->p;
	int changed = 1;
	size_t i;

	while (changed) {
		changed = 0;
		for (i = 0; i < p->nsums; i++)
			if (narrow_sum(s, p->row_vars + p->row_start[i],
			    p->row_start[i + 1] - p->row_start[i],
			    p->right[i], p->right[i], &changed) == -1)
				return -1;
		if (narrow_sum(s, s->g->vars, s->g->n, s->sign > 0 ?
		    s->target : 0, s->sign > 0 ? INT64_MAX / 4 : s->target,
		    &changed) == -1)
			return -1;
	}
	return 0;
}

/* 1: found, in s->low; 0: there is none; -1: gave up. */
static int
dive(struct search *s)
{
	size_t v, best = NOT_BASIC, depth = s->depth;
	int64_t value, high;
	int rc;

	if (propagate(s) == -1) {
		back_to(s, depth);
		return 0;
	}
	if (s->work > SEARCH_WORK) {
		back_to(s, depth);
		return -1;
	}
	for (v = 0; v < s->p->nvars; v++)
		if (s->low[v] < s->high[v] && (best == NOT_BASIC ||
		    s->high[v] - s->low[v] < s->high[best] - s->low[best]))
			best = v;
	if (best == NOT_BASIC)
		return 1;
	/* Half of its values, then the other half. */
	value = s->low[best] + (s->high[best] - s->low[best]) / 2;
	high = s->high[best];
	narrow(s, best, s->low[best], value);
	if ((rc = dive(s)) == 0) {
		narrow(s, best, value + 1, high);
		rc = dive(s);
	}
	if (rc != 1)
		back_to(s, depth);
	return rc;
}

/* Integers between what is attained and what the simplex allows. */
static void
look(const struct part *p, struct goal *g, int sign, int64_t bound)
{
	struct search s = { 0 };
	size_t i, k;
	int found = 0;

	s.p = p;
	s.g = g;
	s.sign = sign;
	s.low = mem_array(NULL, p->nvars, sizeof *s.low);
	s.high = mem_array(NULL, p->nvars, sizeof *s.high);
	for (s.target = bound; found == 0 && s.target != (sign > 0 ? g->hi :
	    g->lo); s.target -= sign) {
		for (i = 0; i < p->nvars; i++) {
			s.low[i] = 0;
			s.high[i] = INT64_MAX / 4;
		}
		for (i = 0; i < p->nsums; i++)
			for (k = p->row_start[i]; k < p->row_start[i + 1];
			    k++)
				if (p->right[i] < s.high[p->row_vars[k]])
					s.high[p->row_vars[k]] = p->right[i];
		s.depth = 0;
		found = dive(&s);
		if (found == 1) {
			if (sign > 0)
				g->hi = s.target;
			else
				g->lo = s.target;
		}
	}
	if (found != -1) {
		g->hi_proven |= sign > 0;
		g->lo_proven |= sign < 0;
	}
	free(s.low);
	free(s.high);
	free(s.trail);
	free(s.old_low);
	free(s.old_high);
}

/* The smallest (sign -1) or largest a goal can be. */
static int
bound_goal(struct part *p, struct goals *all, struct goal *g, int sign,
    struct fault *f)
{
	num_wide sum = 0;
	size_t k;
	int64_t bound;

	if (set_cost(p, g, sign, f) == -1 ||
	    maximise(p, witness, all, f) == -1)
		return -1;
	for (k = 0; k < g->n; k++) {
		size_t r = p->row_of[g->vars[k]];

		if (r != NOT_BASIC)
			sum += p->t[r * p->width + p->width - 1];
	}
	/* Rounded to what an integer can be; nothing here is negative. */
	bound = (int64_t)(sign > 0 ? sum / p->unit :
	    (sum + p->unit - 1) / p->unit);
	if (bound == (sign > 0 ? g->hi : g->lo)) {
		g->tight |= sign > 0 && sum % p->unit == 0;
		g->hi_proven |= sign > 0;
		g->lo_proven |= sign < 0;
	} else {
		look(p, g, sign, bound);
	}
	return 0;
}

static int
is_enough(const struct goals *all, const struct goal *g)
{
	return all->enough > 0 && g->hi - g->lo + 1 >= all->enough;
}

void
disclosure_reasons_free(struct disclosure_reasons *r)
{
	size_t i;

	for (i = 0; i < r->n; i++) {
		free(r->v[i].inner);
		free(r->v[i].times);
	}
	free(r->v);
	memset(r, 0, sizeof *r);
}

/*
 * At its largest a goal is its value and the costs, none above 0, times
 * their variables: so goal - costs is a sum that is published.
 */
static void
add_reason(const struct part *p, const struct goal *g,
    struct disclosure_reasons *to)
{
	struct disclosure_reason *r;
	int64_t *times = mem_zero(p->nvars, sizeof *times);
	size_t j, k;

	for (k = 0; k < g->n; k++)
		times[g->vars[k]] = p->unit;
	if (to->n == to->room) {
		to->room = to->room * 2 + 16;
		to->v = mem_array(to->v, to->room, sizeof *to->v);
	}
	r = &to->v[to->n++];
	r->inner = mem_array(NULL, p->nvars, sizeof *r->inner);
	r->times = times;
	r->n = 0;
	for (j = 0; j < p->nvars; j++) {
		int64_t x = times[j] - p->cost[j];

		if (x == 0)
			continue;
		r->inner[r->n] = p->vars[j];
		r->times[r->n++] = x;
	}
}

static int
solve(struct part *p, struct goals *all, struct disclosure_reasons *reasons,
    struct fault *f)
{
	size_t i, k, n;

	p->nsums = p->nrows;
	for (i = 0; i < all->n; i++) {
		struct goal *g = &all->v[i];

		for (k = 0; k < g->n; k++)
			g->lo += p->truth[g->vars[k]];
		g->hi = g->lo;
	}
	if (p->nrows == 0) {
		/* No published sum speaks of it: anything from least on. */
		for (i = 0; i < all->n; i++) {
			all->v[i].lo = 0;
			all->v[i].hi = INT64_MAX;
			all->v[i].lo_proven = all->v[i].hi_proven = 1;
		}
		return 0;
	}
	if (first_corner(p, f) == -1)
		return -1;
	witness(p, all);
	for (i = 0; i < all->n; i++) {
		struct goal *g = &all->v[i];

		if (is_enough(all, g))
			continue;
		if (bound_goal(p, all, g, 1, f) == -1)
			return -1;
		if (is_enough(all, g))
			continue;
		n = reasons != NULL ? reasons->n : 0;
		if (reasons != NULL && g->tight)
			add_reason(p, g, reasons);
		if (bound_goal(p, all, g, -1, f) == -1)
			return -1;
		if (reasons != NULL && reasons->n > n && is_enough(all, g)) {
			reasons->n--;
			free(reasons->v[n].inner);
			free(reasons->v[n].times);
		}
	}
	return 0;
}

struct pair {
	uint32_t part, place;
};

static int
by_part(const void *a, const void *b)
{
	const struct pair *x = a, *y = b;

	return x->part < y->part ? -1 : x->part > y->part;
}

/* What each part must find of each hidden cell. */
static void
set_goals(struct auditor *a, const unsigned char *wanted)
{
	const struct disclosure_cells *c = a->c;
	struct pair *pairs = mem_array(NULL, c->ninner, sizeof *pairs);
	size_t i, k, n, from, to;

	for (i = 0; i < c->n; i++) {
		if (!c->hidden[i] || !c->asked[i])
			continue;
		for (k = c->start[i], n = 0; k < c->start[i + 1]; k++)
			if (a->unknown[c->members[k]]) {
				pairs[n].part = a->part_of[c->members[k]];
				pairs[n++].place =
				    a->place_of[c->members[k]];
			}
		if (n > 1)
			qsort(pairs, n, sizeof *pairs, by_part);
		for (from = 0; from < n; from = to) {
			struct goals *all = &a->goals[pairs[from].part];
			struct goal *g;

			for (to = from; to < n &&
			    pairs[to].part == pairs[from].part; to++)
				;
			if (wanted != NULL && !wanted[pairs[from].part])
				continue;
			if (all->n == all->room) {
				all->room = all->room * 2 + 4;
				all->v = mem_array(all->v, all->room,
				    sizeof *all->v);
			}
			g = &all->v[all->n++];
			memset(g, 0, sizeof *g);
			g->cell = i;
			g->n = to - from;
			g->vars = mem_array(NULL, g->n, sizeof *g->vars);
			for (k = from; k < to; k++)
				g->vars[k - from] = pairs[k].place;
		}
	}
	free(pairs);
}

/* Parts that a cell's change can matter to. */
static unsigned char *
touched(const struct auditor *a, size_t cell)
{
	const struct disclosure_cells *c = a->c;
	unsigned char *is = mem_zero(a->nparts, 1);
	unsigned char *member = mem_zero(c->ninner, 1);
	size_t i, k;

	for (k = c->start[cell]; k < c->start[cell + 1]; k++)
		member[c->members[k]] = 1;
	for (i = 0; i < c->n; i++) {
		int meets = 0;

		for (k = c->start[i]; k < c->start[i + 1] && !meets; k++)
			meets = member[c->members[k]];
		for (k = c->start[i]; meets && k < c->start[i + 1]; k++)
			if (a->unknown[c->members[k]])
				is[a->part_of[c->members[k]]] = 1;
	}
	free(member);
	return is;
}

int
disclosure_look(const struct disclosure_cells *c, int64_t least,
    int64_t enough, size_t cell, struct disclosure_interval *out,
    struct disclosure_reasons *reasons, struct fault *f)
{
	struct auditor a = { .c = c, .least = least };
	unsigned char *wanted = NULL;
	size_t i, k;
	int rc = 0;

	a.part_of = mem_array(NULL, c->ninner, sizeof *a.part_of);
	a.place_of = mem_array(NULL, c->ninner, sizeof *a.place_of);
	a.unknown = mem_zero(c->ninner, 1);
	a.inner = mem_zero(c->ninner, sizeof *a.inner);
	find_unknown(&a);
	split_parts(&a);
	a.goals = mem_zero(a.nparts, sizeof *a.goals);
	if (cell != DISCLOSURE_ALL)
		wanted = touched(&a, cell);
	set_goals(&a, wanted);
	for (i = 0; i < c->n; i++) {
		out[i].proven = 1;
		out[i].lo = out[i].hi = c->values[i];
		if (!c->hidden[i])
			continue;
		out[i].lo = 0;
		for (k = c->start[i]; k < c->start[i + 1]; k++) {
			uint32_t v = c->members[k];

			out[i].lo += a.unknown[v] ? least : a.inner[v];
		}
		out[i].hi = out[i].lo;
		if (wanted != NULL)
			out[i].hi = INT64_MAX; /* unless looked at below */
	}
	for (i = 0; i < a.nparts && rc == 0; i++) {
		struct goals *all = &a.goals[i];

		all->enough = enough;
		if (all->n > 0)
			rc = solve(&a.parts[i], all, reasons, f);
		for (k = 0; k < all->n; k++) {
			const struct goal *g = &all->v[k];
			struct disclosure_interval *to = &out[g->cell];

			to->proven &= g->lo_proven & g->hi_proven;
			if (to->hi == INT64_MAX && wanted != NULL)
				to->hi = to->lo;
			to->lo += g->lo;
			if (g->hi == INT64_MAX || to->hi == INT64_MAX)
				to->hi = INT64_MAX;
			else
				to->hi += g->hi;
			free(g->vars);
		}
		free(all->v);
		part_free(&a.parts[i]);
	}
	for (; i < a.nparts; i++) {
		for (k = 0; k < a.goals[i].n; k++)
			free(a.goals[i].v[k].vars);
		free(a.goals[i].v);
		part_free(&a.parts[i]);
	}
	free(wanted);
	free(a.goals);
	free(a.parts);
	free(a.part_of);
	free(a.place_of);
	free(a.unknown);
	free(a.inner);
	return rc;
}

int
disclosure_audit(const struct disclosure_cells *c, int64_t least,
    struct disclosure_interval *out, struct fault *f)
{
	return disclosure_look(c, least, 0, DISCLOSURE_ALL, out, NULL, f);
}
