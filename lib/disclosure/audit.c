/* What an attacker can derive of each hidden cell. */
#include "disclosure/audit.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "disclosure/parts.h"

#define UNFIT -2

struct goal { /* what of one hidden cell is in one part */
	size_t cell, n;
	uint32_t *vars;    /* places in the part */
	int64_t least, most; /* by its variables and what its cell shows */
	int alone;         /* in this part only */
	int64_t lo, hi;    /* attained; lo > hi: nothing yet */
	int lo_proven, hi_proven;
};

struct goals {
	struct goal *v;
	size_t n, room;
};

struct auditor {
	const struct disclosure_cells *c;
	struct disclosure_parts parts;
	struct goals *goals; /* per part */
	int64_t *truth;       /* per inner cell, -1: not known; or NULL */
	int64_t enough;
	int quick;
	int stopped; /* one is narrow: others are not looked at */
	struct disclosure_reasons *reasons;
};

int
disclosure_narrow(const struct disclosure_interval *x, int64_t width)
{
	return x->hi != CELLS_NONE && x->hi - x->lo + 1 < width;
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

struct pair {
	uint32_t part, place;
};

static int
by_part(const void *a, const void *b)
{
	const struct pair *x = a, *y = b;

	return x->part < y->part ? -1 : x->part > y->part;
}

static struct goal *
add_goal(struct goals *all)
{
	if (all->n == all->room) {
		all->room = all->room * 2 + 4;
		all->v = mem_array(all->v, all->room, sizeof *all->v);
	}
	memset(&all->v[all->n], 0, sizeof *all->v);
	return &all->v[all->n++];
}

/* One cell's members in one part. alone: it has no others. */
static void
set_goal(struct auditor *a, size_t cell, const struct pair *pairs, size_t n,
    int alone)
{
	const struct disclosure_part *part = &a->parts.v[pairs->part];
	struct goal *g = add_goal(&a->goals[pairs->part]);
	int64_t low, high;
	size_t k;

	g->cell = cell;
	g->n = n;
	g->vars = mem_array(NULL, n, sizeof *g->vars);
	for (k = 0; k < n; k++) {
		uint32_t v = pairs[k].place;

		g->vars[k] = v;
		g->least += part->low[v];
		g->most = g->most == CELLS_NONE ||
		    part->high[v] == CELLS_NONE ? CELLS_NONE :
		    g->most + part->high[v];
	}
	if (alone) {
		disclosure_shown(a->c, cell, &low, &high);
		g->least = low > g->least ? low : g->least;
		g->most = high < g->most ? high : g->most;
	}
	g->alone = alone;
	g->lo = 1; /* over hi: nothing yet */
}

/* What each part must find of each hidden cell. */
static void
set_goals(struct auditor *a, const unsigned char *wanted)
{
	const struct disclosure_cells *c = a->c;
	const struct disclosure_parts *p = &a->parts;
	struct pair *pairs = mem_array(NULL, c->ninner, sizeof *pairs);
	size_t i, k, n, from, to;

	for (i = 0; i < c->n; i++) {
		if (!c->hidden[i] || !c->asked[i])
			continue;
		for (k = c->start[i], n = 0; k < c->start[i + 1]; k++)
			if (disclosure_unknown(p, c->members[k])) {
				pairs[n].part = p->part_of[c->members[k]];
				pairs[n++].place =
				    p->place_of[c->members[k]];
			}
		if (n > 1)
			qsort(pairs, n, sizeof *pairs, by_part);
		for (from = 0; from < n; from = to) {
			for (to = from; to < n &&
			    pairs[to].part == pairs[from].part; to++)
				;
			if (wanted == NULL || wanted[pairs[from].part])
				set_goal(a, i, pairs + from, to - from,
				    n == disclosure_cells_members(c, i) &&
				    to - from == n);
		}
	}
	free(pairs);
}

/* Parts that a cell's change can matter to. */
static unsigned char *
touched(const struct auditor *a, size_t cell)
{
	const struct disclosure_cells *c = a->c;
	unsigned char *is = mem_zero(a->parts.n, 1);
	unsigned char *member = mem_zero(c->ninner, 1);
	size_t i, k;

	for (k = c->start[cell]; k < c->start[cell + 1]; k++)
		member[c->members[k]] = 1;
	for (i = 0; i < c->n; i++) {
		int meets = 0;

		for (k = c->start[i]; k < c->start[i + 1] && !meets; k++)
			meets = member[c->members[k]];
		for (k = c->start[i]; meets && k < c->start[i + 1]; k++)
			if (disclosure_unknown(&a->parts, c->members[k]))
				is[a->parts.part_of[c->members[k]]] = 1;
	}
	free(member);
	return is;
}

/* A table the attacker cannot exclude: x, the values of a part. */
static void
witness(struct goals *all, const int64_t *x)
{
	size_t i, k;

	for (i = 0; i < all->n; i++) {
		struct goal *g = &all->v[i];
		int64_t sum = 0;

		if (g->lo_proven && g->hi_proven)
			continue;
		for (k = 0; k < g->n; k++)
			sum += x[g->vars[k]];
		if (g->lo > g->hi)
			g->lo = g->hi = sum;
		g->lo = sum < g->lo ? sum : g->lo;
		g->hi = sum > g->hi ? sum : g->hi;
		g->lo_proven |= g->lo == g->least;
		g->hi_proven |= g->hi == g->most;
	}
}

static void
add_reason(const struct disclosure_part *p, struct disclosure_reasons *to)
{
	struct disclosure_reason *r;
	int64_t *times = mem_zero(p->nvars, sizeof *times);
	size_t j;

	program_reason(p->program, times);
	if (to->n == to->room) {
		to->room = to->room * 2 + 16;
		to->v = mem_array(to->v, to->room, sizeof *to->v);
	}
	r = &to->v[to->n++];
	r->inner = mem_array(NULL, p->nvars, sizeof *r->inner);
	r->times = times;
	r->n = 0;
	for (j = 0; j < p->nvars; j++) {
		if (times[j] == 0)
			continue;
		r->inner[r->n] = p->vars[j];
		r->times[r->n++] = times[j];
	}
}

static void
drop_reason(struct disclosure_reasons *r)
{
	r->n--;
	free(r->v[r->n].inner);
	free(r->v[r->n].times);
}

static int
is_enough(const struct auditor *a, const struct goal *g)
{
	return a->enough > 0 && g->lo <= g->hi &&
	    (g->hi == CELLS_NONE || g->hi - g->lo + 1 >= a->enough);
}

/* Is an end as far from the value as is asked for? */
static int
is_apart(const struct auditor *a, const struct goal *g, int sign)
{
	const struct disclosure_cells *c = a->c;

	if (c->apart == NULL || !g->alone || g->lo > g->hi)
		return 0;
	return sign > 0 ? g->hi == CELLS_NONE ||
	    g->hi - c->values[g->cell] >= c->apart[g->cell] :
	    c->values[g->cell] - g->lo >= c->apart[g->cell];
}

static int
unfit(struct fault *f, const char *why)
{
	(void)fault_set(f, "what is published does not fit together: %s",
	    why);
	return UNFIT;
}

/*
 * One end of a goal, or as far as is enough. 1: multipliers prove that it
 * goes no further.
 */
static int
reach(const struct auditor *a, struct disclosure_part *p, struct goals *all,
    struct goal *g, int sign, struct fault *f)
{
	struct program_goal to = { g->vars, g->n, sign, g->lo <= g->hi,
	    sign > 0 ? g->hi : g->lo, PROGRAM_NONE, a->quick, 0 };
	struct program_answer answer;

	if (a->enough > 0 && to.has)
		to.until = sign > 0 ? g->lo + a->enough - 1 :
		    g->hi - a->enough + 1;
	if (a->c->apart != NULL && g->alone && to.has) {
		to.until = a->c->values[g->cell] + sign *
		    a->c->apart[g->cell];
		to.whole = 1;
	}
	if (program_reach(p->program, &to, &answer, f) == -1)
		return -1;
	if (answer.impossible)
		return unfit(f, "no table of whole numbers has these totals");
	if (answer.x != NULL)
		witness(all, answer.x);
	if (sign > 0) {
		/* Without a table yet there is no lower end either. */
		if (answer.unbounded && g->lo <= g->hi) {
			g->hi = CELLS_NONE;
			g->hi_proven = 1;
		}
		g->hi_proven |= answer.proven && answer.bound == g->hi;
		return answer.tight && answer.bound == g->hi;
	}
	g->lo_proven |= answer.proven && answer.bound == g->lo;
	return answer.tight && answer.bound == g->lo;
}

static int
solve_goal(struct auditor *a, struct disclosure_part *p, struct goals *all,
    struct goal *g, struct fault *f)
{
	struct disclosure_reasons *reasons = a->reasons;
	size_t n = reasons != NULL ? reasons->n : 0;
	int tight;

	if (is_enough(a, g))
		return 0;
	/* The smallest is a number always, and so a first table. */
	if (g->lo > g->hi && (tight = reach(a, p, all, g, -1, f)) < 0)
		return tight;
	if (!g->hi_proven && !is_apart(a, g, 1)) {
		if ((tight = reach(a, p, all, g, 1, f)) < 0)
			return tight;
		if (is_enough(a, g))
			return 0;
		if (reasons != NULL && tight)
			add_reason(p, reasons);
	}
	if (!g->lo_proven && !is_apart(a, g, -1) &&
	    (tight = reach(a, p, all, g, -1, f)) < 0)
		return tight;
	if (reasons != NULL && reasons->n > n && is_enough(a, g))
		drop_reason(reasons);
	if (g->lo > g->hi)
		return fault_set(f, "the table cannot be audited: no table "
		    "of whole numbers was found that has these totals; "
		    "merge categories or publish fewer margins");
	return 0;
}

static int
solve(struct auditor *a, size_t part, struct fault *f)
{
	struct disclosure_part *p = &a->parts.v[part];
	struct goals *all = &a->goals[part];
	size_t i, k;
	int rc;

	for (i = 0; i < all->n && p->program == NULL; i++) {
		struct goal *g = &all->v[i];

		/* Nothing else speaks of it. */
		g->lo = g->least;
		g->hi = g->most;
		g->lo_proven = g->hi_proven = 1;
	}
	if (p->program == NULL)
		return 0;
	if (a->truth != NULL) {
		int64_t *x = mem_array(NULL, p->nvars, sizeof *x);

		for (k = 0; k < p->nvars; k++)
			if ((x[k] = a->truth[p->vars[k]]) < 0)
				break;
		if (k == p->nvars && program_place(p->program, x))
			witness(all, x);
		free(x);
	}
	for (i = 0; i < all->n && !a->stopped; i++) {
		if ((rc = solve_goal(a, p, all, &all->v[i], f)) < 0)
			return rc;
		/* Who asks for no reasons minds whether there is one. */
		a->stopped |= a->enough > 0 && a->reasons == NULL &&
		    all->v[i].alone && !is_enough(a, &all->v[i]);
	}
	return 0;
}

/* As it is known, or inner cells that are cells themselves. */
static void
find_truth(struct auditor *a)
{
	const struct disclosure_cells *c = a->c;
	size_t i;

	if (c->truth != NULL) {
		a->truth = mem_array(NULL, c->ninner, sizeof *a->truth);
		memcpy(a->truth, c->truth, c->ninner * sizeof *a->truth);
		return;
	}
	a->truth = mem_array(NULL, c->ninner, sizeof *a->truth);
	memset(a->truth, 0xff, c->ninner * sizeof *a->truth);
	for (i = 0; i < c->n; i++)
		if (disclosure_cells_members(c, i) == 1)
			a->truth[c->members[c->start[i]]] = c->values[i];
}

/* What of each cell is known exactly; the rest the parts add. */
static void
start_intervals(const struct auditor *a, struct disclosure_interval *out)
{
	const struct disclosure_cells *c = a->c;
	size_t i, k;

	for (i = 0; i < c->n; i++) {
		out[i].proven = 1;
		out[i].lo = c->values[i];
		if (c->hidden[i] && c->asked[i])
			for (k = c->start[i], out[i].lo = 0;
			    k < c->start[i + 1]; k++)
				if (!disclosure_unknown(&a->parts,
				    c->members[k]))
					out[i].lo +=
					    a->parts.low[c->members[k]];
		out[i].hi = out[i].lo;
	}
}

static void
add_goals(const struct goals *all, struct disclosure_interval *out)
{
	size_t k;

	for (k = 0; k < all->n; k++) {
		const struct goal *g = &all->v[k];
		struct disclosure_interval *to = &out[g->cell];

		to->proven &= g->lo_proven & g->hi_proven;
		to->lo += g->lo;
		to->hi = to->hi == CELLS_NONE || g->hi == CELLS_NONE ?
		    CELLS_NONE : to->hi + g->hi;
	}
}

int
disclosure_look(const struct disclosure_cells *c, int64_t enough, int quick,
    size_t cell, struct disclosure_interval *out,
    struct disclosure_reasons *reasons, struct fault *f)
{
	struct auditor a = { .c = c, .enough = enough, .quick = quick,
	    .reasons = reasons };
	unsigned char *wanted = NULL, *looked;
	size_t i, k;
	int rc = 0;

	if (disclosure_parts_make(&a.parts, c) > 0) {
		disclosure_parts_free(&a.parts);
		return unfit(f, "a total is not what its parts can add up "
		    "to");
	}
	a.goals = mem_zero(a.parts.n, sizeof *a.goals);
	if (cell != CELLS_ALL)
		wanted = touched(&a, cell);
	set_goals(&a, wanted);
	if (c->known)
		find_truth(&a);
	start_intervals(&a, out);
	looked = mem_zero(c->n, 1);
	for (i = 0; i < a.parts.n && rc == 0; i++) {
		if (a.goals[i].n > 0 && !a.stopped)
			rc = solve(&a, i, f);
		if (rc == 0)
			add_goals(&a.goals[i], out);
		for (k = 0; k < a.goals[i].n; k++)
			looked[a.goals[i].v[k].cell] = 1;
	}
	for (i = 0; i < c->n && wanted != NULL; i++)
		if (c->hidden[i] && !looked[i])
			out[i].hi = CELLS_NONE;
	for (i = 0; i < a.parts.n; i++) {
		for (k = 0; k < a.goals[i].n; k++)
			free(a.goals[i].v[k].vars);
		free(a.goals[i].v);
	}
	free(a.goals);
	free(a.truth);
	free(wanted);
	free(looked);
	disclosure_parts_free(&a.parts);
	return rc;
}

int
disclosure_audit(const struct disclosure_cells *c,
    struct disclosure_interval *out, struct fault *f)
{
	return disclosure_look(c, 0, 0, CELLS_ALL, out, NULL, f);
}
