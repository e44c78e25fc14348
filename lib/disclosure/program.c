/* Whole numbers that obey sums, by GLPK. */
#include "disclosure/program.h"

#include <glpk.h>
#include <math.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/num.h"

#define NODES 3000 /* of branching, before it is ended */
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

static void
build(struct program *p)
{
	size_t i, k, n, widest = 0;
	double *ones;
	int *at;

	for (i = 0; i < p->nrows; i++) {
		n = p->start[i + 1] - p->start[i];
		widest = n > widest ? n : widest;
	}
	p->multiplier = mem_zero(p->nrows, sizeof *p->multiplier);
	at = mem_array(NULL, widest + 1, sizeof *at);
	ones = mem_array(NULL, widest + 1, sizeof *ones);
	for (k = 0; k <= widest; k++)
		ones[k] = 1;
	p->lp = glp_create_prob();
	(void)glp_add_cols(p->lp, (int)p->nvars);
	for (i = 0; i < p->nvars; i++) {
		glp_set_col_bnds(p->lp, (int)i + 1, kind(p->low[i],
		    p->high[i]), (double)p->low[i], end_of(p->high[i]));
		glp_set_col_kind(p->lp, (int)i + 1, GLP_IV);
	}
	if (p->nrows > 0)
		(void)glp_add_rows(p->lp, (int)p->nrows);
	for (i = 0; i < p->nrows; i++) {
		n = p->start[i + 1] - p->start[i];
		for (k = 0; k < n; k++)
			at[k + 1] = (int)p->vars[p->start[i] + k] + 1;
		glp_set_mat_row(p->lp, (int)i + 1, (int)n, at, ones);
		glp_set_row_bnds(p->lp, (int)i + 1, kind(p->row_low[i],
		    p->row_high[i]), (double)p->row_low[i],
		    end_of(p->row_high[i]));
	}
	free(at);
	free(ones);
	glp_std_basis(p->lp);
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

static void
count_nodes(glp_tree *tree, void *arg)
{
	int *left = arg;

	if (glp_ios_reason(tree) == GLP_ISELECT && --*left < 0)
		glp_ios_terminate(tree);
}

/* Between the corner and whole numbers: branching. */
static int
branch(struct program *p, struct program_answer *a)
{
	int left = NODES;
	glp_iocp how;

	glp_init_iocp(&how);
	how.msg_lev = GLP_MSG_OFF;
	how.cb_func = count_nodes;
	how.cb_info = &left;
	if (glp_intopt(p->lp, &how) != 0 && left >= 0)
		return 0;
	switch (glp_mip_status(p->lp)) {
	case GLP_NOFEAS:
		a->impossible = 1;
		return 1;
	case GLP_OPT:
	case GLP_FEAS:
		if (!take(p, 1, &a->attained))
			return 0;
		a->x = p->x;
		a->proven = glp_mip_status(p->lp) == GLP_OPT;
		return 1;
	default:
		return 0;
	}
}

static int
solve(struct program *p, int sign, struct program_answer *a)
{
	glp_smcp how;
	int64_t bound = 0;
	size_t i;
	int status;

	if (p->lp == NULL)
		build(p);
	for (i = 0; i < p->nvars; i++)
		glp_set_obj_coef(p->lp, (int)i + 1, p->cost[i]);
	glp_set_obj_dir(p->lp, GLP_MAX);
	glp_init_smcp(&how);
	how.msg_lev = GLP_MSG_OFF;
	if (glp_simplex(p->lp, &how) != 0) {
		glp_std_basis(p->lp);
		if (glp_simplex(p->lp, &how) != 0)
			return -1;
	}
	status = glp_get_status(p->lp);
	if (status == GLP_NOFEAS) {
		a->impossible = 1;
		return 0;
	}
	if (status == GLP_UNBND) {
		a->unbounded = 1;
		return 0;
	}
	if (status != GLP_OPT)
		return -1;
	if (take(p, 0, &a->attained)) {
		a->x = p->x;
		a->tight = prove(p, sign, &bound) && bound == a->attained;
		a->proven = a->tight;
		return 0;
	}
	if (branch(p, a) && a->x != NULL && !a->proven)
		a->proven = prove(p, sign, &bound) && bound == a->attained;
	return 0;
}

int
program_reach(struct program *p, const uint32_t *vars, size_t n, int sign,
    struct program_answer *a, struct fault *f)
{
	size_t k;
	int rc;

	memset(a, 0, sizeof *a);
	memset(p->cost, 0, p->nvars);
	for (k = 0; k < n; k++)
		p->cost[vars[k]] = (signed char)sign;
	if (!p->has_implied)
		imply(p);
	(void)glp_term_out(GLP_OFF);
	if (setjmp(broken) != 0) {
		p->lp = NULL; /* in pieces: lost, the run ends anyway */
		return fault_set(f, "the table cannot be audited: the "
		    "solver broke down");
	}
	glp_error_hook(on_error, NULL);
	rc = solve(p, sign, a);
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
