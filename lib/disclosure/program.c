/* Whole numbers that obey sums, by GLPK. */
#include "disclosure/program.h"

#include <glpk.h>
#include <math.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/num.h"
#include "disclosure/walk.h"

/* Of branching, before it is ended: nodes for so many variables. */
#define NODES 3000
#define NODES_VARS 100
/* Branchings in vain, one after the other, that end it in a larger one. */
#define VAIN 8
/* Of a walk: a first look, one to a bound, one to a first table. */
#define STEPS 300
#define STEPS_FAR 3000
/* So many variables: longer walks take less than a linear program does. */
#define WALKS_FIRST 2000
#define STEPS_FIRST 100000
/* In fractions: at most so many variables, and steps. */
#define EXACT_VARS 2000
#define EXACT_STEPS 20000
#define TRIES 4 /* walks to a bound and just below it */
/*
 * Multipliers are taken as whole multiples of 1 / SCALE: exact for the
 * denominators that tables have, 1 to 16, and near enough for others.
 */
#define SCALE ((int64_t)720720 * 65536)
#define LARGEST (1e7) /* of a multiplier */

struct program {
	size_t nvars, nrows, room;
	int64_t *low, *high;       /* of variables */
	int64_t *implied;          /* upper ends that follow from the rows */
	int has_implied;
	size_t *start;             /* nrows + 1 */
	uint32_t *vars;
	size_t nentries, entries_room;
	int64_t *row_low, *row_high;
	glp_prob *lp;
	struct walk *walk;         /* NULL: none yet */
	int vain;                  /* branchings that found nothing */
	int is_placed;             /* at a table that obeys */
	int64_t *x;
	int64_t *multiplier;       /* nrows, in 1 / SCALE */
	signed char *cost;         /* of the last sum: 0 or its sign */
};

struct program *
program_new(size_t nvars, const int64_t *low, const int64_t *high)
{
	struct program *p = mem_zero(1, sizeof *p);

	p->nvars = nvars;
	p->low = mem_array(NULL, nvars, sizeof *p->low);
	p->high = mem_array(NULL, nvars, sizeof *p->high);
	p->implied = mem_array(NULL, nvars, sizeof *p->implied);
	p->x = mem_zero(nvars, sizeof *p->x);
	p->cost = mem_zero(nvars, 1);
	p->start = mem_zero(1, sizeof *p->start);
	memcpy(p->low, low, nvars * sizeof *low);
	memcpy(p->high, high, nvars * sizeof *high);
	return p;
}

void
program_free(struct program *p)
{
	if (p == NULL)
		return;
	if (p->lp != NULL)
		glp_delete_prob(p->lp);
	walk_free(p->walk);
	free(p->low);
	free(p->high);
	free(p->implied);
	free(p->start);
	free(p->vars);
	free(p->row_low);
	free(p->row_high);
	free(p->x);
	free(p->multiplier);
	free(p->cost);
	free(p);
}

void
program_row(struct program *p, const uint32_t *vars, size_t n, int64_t low,
    int64_t high)
{
	if (p->nrows == p->room) {
		p->room = p->room * 2 + 16;
		p->start = mem_array(p->start, p->room + 1, sizeof *p->start);
		p->row_low = mem_array(p->row_low, p->room,
		    sizeof *p->row_low);
		p->row_high = mem_array(p->row_high, p->room,
		    sizeof *p->row_high);
	}
	if (p->nentries + n > p->entries_room) {
		p->entries_room = (p->nentries + n) * 2;
		p->vars = mem_array(p->vars, p->entries_room,
		    sizeof *p->vars);
	}
	memcpy(p->vars + p->nentries, vars, n * sizeof *vars);
	p->nentries += n;
	p->row_low[p->nrows] = low;
	p->row_high[p->nrows++] = high;
	p->start[p->nrows] = p->nentries;
}

static int
kind(int64_t low, int64_t high)
{
	return high == PROGRAM_NONE ? GLP_LO : low == high ? GLP_FX : GLP_DB;
}

static double
end_of(int64_t high)
{
	return high == PROGRAM_NONE ? 0 : (double)high;
}

/* All rows, and the columns without ends. */
static glp_prob *
build_rows(const struct program *p)
{
	glp_prob *lp = glp_create_prob();
	size_t i, k, n, widest = 0;
	double *ones;
	int *at;

	for (i = 0; i < p->nrows; i++) {
		n = p->start[i + 1] - p->start[i];
		widest = n > widest ? n : widest;
	}
	at = mem_array(NULL, widest + 1, sizeof *at);
	ones = mem_array(NULL, widest + 1, sizeof *ones);
	for (k = 0; k <= widest; k++)
		ones[k] = 1;
	(void)glp_add_cols(lp, (int)p->nvars);
	if (p->nrows > 0)
		(void)glp_add_rows(lp, (int)p->nrows);
	for (i = 0; i < p->nrows; i++) {
		n = p->start[i + 1] - p->start[i];
		for (k = 0; k < n; k++)
			at[k + 1] = (int)p->vars[p->start[i] + k] + 1;
		glp_set_mat_row(lp, (int)i + 1, (int)n, at, ones);
	}
	free(at);
	free(ones);
	glp_set_obj_dir(lp, GLP_MAX);
	glp_std_basis(lp);
	return lp;
}

static void
build(struct program *p)
{
	size_t i;

	p->multiplier = mem_zero(p->nrows, sizeof *p->multiplier);
	p->lp = build_rows(p);
	for (i = 0; i < p->nvars; i++) {
		glp_set_col_bnds(p->lp, (int)i + 1, kind(p->low[i],
		    p->high[i]), (double)p->low[i], end_of(p->high[i]));
		glp_set_col_kind(p->lp, (int)i + 1, GLP_IV);
	}
	for (i = 0; i < p->nrows; i++)
		glp_set_row_bnds(p->lp, (int)i + 1, kind(p->row_low[i],
		    p->row_high[i]), (double)p->row_low[i],
		    end_of(p->row_high[i]));
}

/* Nothing is below its low end: so no variable is above these. */
static void
imply(struct program *p)
{
	size_t i, k;

	memcpy(p->implied, p->high, p->nvars * sizeof *p->high);
	for (i = 0; i < p->nrows; i++) {
		num_wide rest = p->row_high[i];

		if (p->row_high[i] == PROGRAM_NONE)
			continue;
		for (k = p->start[i]; k < p->start[i + 1]; k++)
			rest -= p->low[p->vars[k]];
		for (k = p->start[i]; k < p->start[i + 1]; k++) {
			uint32_t v = p->vars[k];

			if (rest + p->low[v] < p->implied[v])
				p->implied[v] = (int64_t)(rest + p->low[v]);
		}
	}
	p->has_implied = 1;
}

/* Do the whole numbers p->x obey everything? *sum is that of the goal. */
static int
obeys(const struct program *p, int64_t *sum)
{
	size_t i, k;

	*sum = 0;
	for (i = 0; i < p->nvars; i++) {
		if (p->x[i] < p->low[i] || p->x[i] > p->high[i])
			return 0;
		if (p->cost[i] != 0)
			*sum += p->x[i];
	}
	for (i = 0; i < p->nrows; i++) {
		int64_t s = 0;

		for (k = p->start[i]; k < p->start[i + 1]; k++)
			s += p->x[p->vars[k]];
		if (s < p->row_low[i] || s > p->row_high[i])
			return 0;
	}
	return 1;
}

/* The corner as whole numbers: 1, if it is one and obeys. */
static int
take(struct program *p, int mixed, int64_t *sum)
{
	size_t i;

	for (i = 0; i < p->nvars; i++) {
		double v = mixed ? glp_mip_col_val(p->lp, (int)i + 1) :
		    glp_get_col_prim(p->lp, (int)i + 1);

		if (!(v > -1 && v < 9e15))
			return 0;
		p->x[i] = (int64_t)floor(v + 0.5);
	}
	return obeys(p, sum);
}

/* A multiplier times the end of a range that bounds it; 0: there is none. */
static int
add_end(num_wide *to, num_wide times, int64_t low, int64_t high)
{
	if (times > 0 && high == PROGRAM_NONE)
		return 0;
	*to += times * (times > 0 ? high : low);
	return 1;
}

/*
 * goal = y (A x) + (c - y A) x: with each bracket at the end of its range
 * that is worst, a bound for every x, whatever y is. In 1 / SCALE; the
 * largest sign * goal can be. 0: no bound.
 */
static int
prove(struct program *p, int sign, int64_t *bound)
{
	num_wide total = 0, *rest = mem_array(NULL, p->nvars, sizeof *rest);
	size_t i, k;
	int ok = 1;

	for (i = 0; i < p->nvars; i++)
		rest[i] = (num_wide)p->cost[i] * SCALE;
	for (i = 0; i < p->nrows && ok; i++) {
		double y = glp_get_row_dual(p->lp, (int)i + 1);

		if (!(fabs(y) < LARGEST)) {
			ok = 0;
			break;
		}
		p->multiplier[i] = (int64_t)floor(y * (double)SCALE + 0.5);
		ok = add_end(&total, p->multiplier[i], p->row_low[i],
		    p->row_high[i]);
		for (k = p->start[i]; k < p->start[i + 1]; k++)
			rest[p->vars[k]] -= p->multiplier[i];
	}
	for (i = 0; i < p->nvars && ok; i++)
		ok = add_end(&total, rest[i], p->low[i], p->implied[i]);
	free(rest);
	if (!ok)
		return 0;
	/* Rounded down, as sign * goal is whole. */
	total = total >= 0 ? total / SCALE :
	    -((-total + SCALE - 1) / SCALE);
	if (total > INT64_MAX || total < -INT64_MAX)
		return 0;
	*bound = sign * (int64_t)total;
	return 1;
}

static jmp_buf broken;

/* GLPK would abort: memory, or a bug of its own. */
static void
on_error(void *arg)
{
	(void)arg;
	longjmp(broken, 1);
}

struct branching {
	int left; /* nodes */
	double until;
};

static void
watch(glp_tree *tree, void *arg)
{
	struct branching *b = arg;

	if (glp_ios_reason(tree) == GLP_ISELECT && --b->left < 0)
		glp_ios_terminate(tree);
	if (glp_ios_reason(tree) == GLP_IBINGO &&
	    glp_mip_obj_val(glp_ios_get_prob(tree)) >= b->until) {
		b->left = -1;
		glp_ios_terminate(tree);
	}
}

/* Between the corner and whole numbers: branching. */
static void
branch(struct program *p, const struct program_goal *g,
    struct program_answer *a)
{
	struct branching b = { NODES, HUGE_VAL };
	glp_iocp how;
	int64_t sum;

	if (p->nvars > NODES_VARS && p->vain++ > VAIN)
		return;
	if (p->nvars > NODES_VARS)
		b.left = (int)((double)NODES * NODES_VARS * NODES_VARS /
		    (double)p->nvars / (double)p->nvars) + 3;
	if (g->until != PROGRAM_NONE)
		b.until = (double)(g->sign * g->until);
	glp_init_iocp(&how);
	how.msg_lev = GLP_MSG_OFF;
	how.cb_func = watch;
	how.cb_info = &b;
	how.br_tech = GLP_BR_MFV;
	how.bt_tech = GLP_BT_DFS;
	if (glp_intopt(p->lp, &how) != 0 && b.left >= 0)
		return;
	switch (glp_mip_status(p->lp)) {
	case GLP_NOFEAS:
		a->impossible = !p->is_placed;
		return;
	case GLP_OPT:
	case GLP_FEAS:
		if (!take(p, 1, &sum) || (a->x != NULL &&
		    g->sign * sum < g->sign * a->attained))
			return;
		a->x = p->x;
		a->attained = sum;
		p->vain = 0;
		if (glp_mip_status(p->lp) == GLP_OPT && b.left >= 0) {
			a->tight = a->proven && a->tight && a->bound == sum;
			a->proven = 1;
			a->bound = sum;
		}
	}
}

/* The simplex method, from the last corner. */
static int
find_corner(const struct program *p)
{
	glp_smcp how;
	size_t i;

	for (i = 0; i < p->nvars; i++)
		glp_set_obj_coef(p->lp, (int)i + 1, p->cost[i]);
	glp_init_smcp(&how);
	how.msg_lev = GLP_MSG_OFF;
	if (glp_simplex(p->lp, &how) == 0)
		return 0;
	glp_std_basis(p->lp);
	return glp_simplex(p->lp, &how) == 0 ? 0 : -1;
}

/*
 * The simplex method in fractions instead of doubles, whose answer can be
 * believed; in so many steps.
 */
static int
find_exactly(const struct program *p)
{
	glp_smcp how;

	glp_init_smcp(&how);
	how.msg_lev = GLP_MSG_OFF;
	how.it_lim = EXACT_STEPS;
	glp_std_basis(p->lp);
	return p->nvars <= EXACT_VARS && glp_exact(p->lp, &how) == 0 ? 0 : -1;
}

/*
 * 0: the linear program is solved; 1: the answer is known; -1: neither. That
 * nothing obeys is not believed where a table is at hand that does, and
 * elsewhere only if fractions say so too: doubles have called programs
 * impossible that have solutions.
 */
static int
relax(struct program *p, struct program_answer *a)
{
	int solved;

	if (p->lp == NULL)
		build(p);
	solved = find_corner(p) == 0;
	if (!p->is_placed && (!solved || (glp_get_status(p->lp) != GLP_OPT &&
	    glp_get_status(p->lp) != GLP_UNBND))) {
		if (find_exactly(p) == -1)
			return -1;
		if (glp_get_status(p->lp) == GLP_NOFEAS) {
			a->impossible = 1;
			return 1;
		}
	} else if (!solved) {
		return -1;
	}
	switch (glp_get_status(p->lp)) {
	case GLP_UNBND:
		if (a->proven)
			return -1; /* the rows give it an end */
		a->unbounded = 1;
		return 1;
	case GLP_OPT:
		return 0;
	default:
		return -1;
	}
}

static void
make_walk(struct program *p)
{
	size_t i;

	if (p->walk != NULL)
		return;
	p->walk = walk_new(p->nvars, p->nrows, p->start, p->vars);
	for (i = 0; i < p->nvars; i++)
		walk_var(p->walk, (uint32_t)i, p->low[i], p->high[i]);
	for (i = 0; i < p->nrows; i++)
		walk_row(p->walk, i, p->row_low[i], p->row_high[i]);
}

int
program_place(struct program *p, const int64_t *x)
{
	make_walk(p);
	return p->is_placed = walk_place(p->walk, x, 0);
}

/* The corner, rounded, within the ends of the variables. */
static void
round_corner(struct program *p)
{
	size_t i;

	for (i = 0; i < p->nvars; i++) {
		int64_t v = p->x[i];

		v = v < p->low[i] ? p->low[i] : v;
		p->x[i] = v > p->high[i] ? p->high[i] : v;
	}
}

/* From the corner to a first table. */
static void
place_near(struct program *p)
{
	make_walk(p);
	round_corner(p);
	p->is_placed = walk_place(p->walk, p->x, STEPS_FIRST);
}

/* Is x as far as a goal wants it, or at its bound? */
static int
is_there(const struct program_goal *g, const struct program_answer *a)
{
	return a->x != NULL && ((a->proven && a->attained == a->bound) ||
	    (g->until != PROGRAM_NONE && g->sign * a->attained >=
	    g->sign * g->until));
}

static int
walk_to(struct program *p, const struct program_goal *g, int64_t to,
    size_t steps, struct program_answer *a)
{
	size_t k;

	if (!walk_reach(p->walk, g->vars, g->n, g->sign, to, steps))
		return 0;
	a->x = walk_x(p->walk);
	for (k = 0, a->attained = 0; k < g->n; k++)
		a->attained += a->x[g->vars[k]];
	return 1;
}

/*
 * From the corner to a table near it, where numbers are so large that what
 * rounding breaks matters little.
 */
static int
walk_from_corner(struct program *p, const struct program_goal *g,
    struct program_answer *a)
{
	int64_t *before = mem_array(NULL, p->nvars, sizeof *before);
	const int64_t *x = walk_x(p->walk);
	int64_t sum = 0;
	size_t k;
	int found;

	memcpy(before, x, p->nvars * sizeof *before);
	round_corner(p);
	found = walk_place(p->walk, p->x, STEPS_FAR);
	for (k = 0; k < g->n && found; k++)
		sum += x[g->vars[k]];
	if (found && (found = g->sign * sum >= g->sign * g->until)) {
		a->x = x;
		a->attained = sum;
	} else {
		(void)walk_place(p->walk, before, 0);
	}
	free(before);
	return found;
}

/* The furthest that the ends of the variables allow. 0: no end. */
static int
furthest(const struct program *p, const struct program_goal *g, int64_t *to)
{
	num_wide sum = 0;
	size_t k;

	for (k = 0; k < g->n; k++) {
		uint32_t v = g->vars[k];

		if (g->sign > 0 && p->implied[v] == PROGRAM_NONE)
			return 0;
		sum += g->sign > 0 ? p->implied[v] : p->low[v];
	}
	if (sum >= PROGRAM_NONE)
		return 0;
	*to = (int64_t)sum;
	return 1;
}

/* Further than what is attained already. */
static int
goes_further(const struct program_goal *g, int64_t to)
{
	return !g->has || g->sign * to > g->sign * g->have;
}

/*
 * The first look, without a linear program: a longer one in a large
 * program, where that takes its time.
 */
static int
look(struct program *p, const struct program_goal *g,
    struct program_answer *a)
{
	int ends = furthest(p, g, &a->bound);
	int64_t to = g->until != PROGRAM_NONE ? g->until : a->bound;

	a->proven = ends;
	if (!p->is_placed || (g->until == PROGRAM_NONE && !ends))
		return 0;
	return walk_to(p, g, to, STEPS, a) || (!g->quick &&
	    p->nvars > WALKS_FIRST && (walk_to(p, g, to, STEPS_FAR, a) ||
	    walk_to(p, g, to, 10 * STEPS_FAR, a)));
}

/* Is it proven that a goal which is all or nothing cannot be had? */
static int
out_of_reach(const struct program_goal *g, const struct program_answer *a)
{
	return g->whole && g->until != PROGRAM_NONE && a->proven &&
	    g->sign * a->bound < g->sign * g->until;
}

static int
solve(struct program *p, const struct program_goal *g,
    struct program_answer *a)
{
	int64_t bound, to, sum;
	int rc, k, whole = 0;

	if (look(p, g, a))
		return 0;
	if (g->whole && p->is_placed && p->nvars > WALKS_FIRST)
		return 0; /* as if it could not be had */
	if ((rc = relax(p, a)) == 1 || (rc == -1 && !p->is_placed))
		return rc == 1 ? 0 : -1;
	if (rc == 0)
		whole = take(p, 0, &sum);
	if (rc == 0 && prove(p, g->sign, &bound) && (!a->proven ||
	    g->sign * bound <= g->sign * a->bound)) {
		a->bound = bound;
		a->proven = a->tight = 1;
	}
	if (whole) {
		if (!p->is_placed)
			(void)program_place(p, p->x);
		a->x = p->x;
		a->attained = sum;
		return 0;
	}
	if (!p->is_placed)
		place_near(p);
	if ((g->quick || out_of_reach(g, a)) && p->is_placed)
		return 0;
	if (g->whole && rc == 0 && p->is_placed && g->until != PROGRAM_NONE &&
	    walk_from_corner(p, g, a))
		return 0;
	to = a->bound;
	if (g->until != PROGRAM_NONE && (!a->proven ||
	    g->sign * g->until < g->sign * to))
		to = g->until;
	for (k = 0; k < TRIES && p->is_placed && (a->proven ||
	    g->until != PROGRAM_NONE) && goes_further(g, to);
	    k++, to -= g->sign)
		if (walk_to(p, g, to, STEPS_FAR, a))
			break;
	if (rc == 0 && !is_there(g, a) &&
	    !(g->whole && p->nvars > NODES_VARS) && (!a->proven ||
	    goes_further(g, a->bound)))
		branch(p, g, a);
	if (a->x != NULL && !p->is_placed)
		(void)program_place(p, a->x);
	return 0;
}

int
program_reach(struct program *p, const struct program_goal *g,
    struct program_answer *a, struct fault *f)
{
	size_t k;
	int rc;

	memset(a, 0, sizeof *a);
	memset(p->cost, 0, p->nvars);
	for (k = 0; k < g->n; k++)
		p->cost[g->vars[k]] = (signed char)g->sign;
	if (!p->has_implied)
		imply(p);
	(void)glp_term_out(GLP_OFF);
	if (setjmp(broken) != 0) {
		p->lp = NULL; /* in pieces: lost, the run ends anyway */
		return fault_set(f, "the table cannot be audited: the "
		    "solver broke down");
	}
	glp_error_hook(on_error, NULL);
	rc = solve(p, g, a);
	glp_error_hook(NULL, NULL);
	return rc == 0 ? 0 : fault_set(f, "the table cannot be audited: the "
	    "solver found no answer; merge categories or publish fewer "
	    "margins");
}

static int64_t
common(int64_t a, int64_t b)
{
	while (b != 0) {
		int64_t r = a % b;

		a = b;
		b = r;
	}
	return a < 0 ? -a : a;
}

void
program_reason(const struct program *p, int64_t *times)
{
	int64_t by = 0;
	size_t i, k;

	memset(times, 0, p->nvars * sizeof *times);
	for (i = 0; i < p->nrows; i++)
		for (k = p->start[i]; k < p->start[i + 1]; k++)
			times[p->vars[k]] += p->multiplier[i];
	for (i = 0; i < p->nvars; i++)
		by = common(times[i], by);
	for (i = 0; i < p->nvars && by > 1; i++)
		times[i] /= by;
}
