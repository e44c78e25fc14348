/*
 * A solver that is wrong: lib/disclosure/program.c with GLPK's answers
 * replaced. Feasible programs called impossible, runs that break off, corners
 * that do not obey, multipliers that are anything: no answer may be false.
 * Expected values are counted out by hand, or by going through all numbers.
 */
#include <check.h>
#include <glpk.h>
#include <math.h>
#include <stdlib.h>

static enum {
	NOTHING, NO_SOLUTION, NO_LIMIT, BREAKS, NO_END, CORNER, MULTIPLIERS,
	NO_WHOLE
} wrong;
static int asked_exactly, exact_fails;

static int
fake_simplex(glp_prob *lp, const glp_smcp *how)
{
	int rc = glp_simplex(lp, how);

	return wrong == BREAKS ? GLP_EFAIL : rc;
}

static int
fake_exact(glp_prob *lp, const glp_smcp *how)
{
	asked_exactly++;
	return exact_fails ? GLP_EITLIM : glp_exact(lp, how);
}

static int
fake_status(glp_prob *lp)
{
	return asked_exactly > 0 ? glp_get_status(lp) :
	    wrong == NO_SOLUTION ? GLP_NOFEAS :
	    wrong == NO_END ? GLP_UNBND :
	    wrong == NO_LIMIT ? GLP_INFEAS : glp_get_status(lp);
}

static double
fake_prim(glp_prob *lp, int j)
{
	return wrong == CORNER ? j % 3 : glp_get_col_prim(lp, j);
}

static double
fake_dual(glp_prob *lp, int i)
{
	static const double bad[] = { 0, -1, 0.3, 1e9, NAN, 2 };

	return wrong == MULTIPLIERS ? bad[i % 6] : glp_get_row_dual(lp, i);
}

static int
fake_mip_status(glp_prob *lp)
{
	return wrong == NO_WHOLE ? GLP_NOFEAS : glp_mip_status(lp);
}

#define glp_simplex fake_simplex
#define glp_exact fake_exact
#define glp_get_status fake_status
#define glp_get_col_prim fake_prim
#define glp_get_row_dual fake_dual
#define glp_mip_status fake_mip_status
#include "../../lib/disclosure/program.c"

/* Two by two with margins 5, 4 and 3, 6; cells of 0 to 9: a is 0 to 3. */
static struct program *
square(void)
{
	static const int64_t low[4] = { 0, 0, 0, 0 }, high[4] = { 9, 9, 9, 9 };
	static const uint32_t rows[4][2] = { { 0, 1 }, { 2, 3 }, { 0, 2 },
		{ 1, 3 } };
	static const int64_t sums[4] = { 5, 4, 3, 6 };
	struct program *p = program_new(4, low, high);
	int i;

	for (i = 0; i < 4; i++)
		program_row(p, rows[i], 2, sums[i], sums[i]);
	return p;
}

static int
ask(struct program *p, int sign, struct program_answer *a, struct fault *f)
{
	static const uint32_t first = 0;
	struct program_goal g = { &first, 1, sign, 0, 0, PROGRAM_NONE, 0, 0 };

	asked_exactly = 0;
	return program_reach(p, &g, a, f);
}

/* What is said is so: 0 to 3. */
START_TEST(never_false)
{
	static const int64_t x[4] = { 1, 4, 2, 2 };
	int placed, sign;

	for (placed = 0; placed < 2; placed++)
		for (sign = -1; sign < 2; sign += 2) {
			struct program *p = square();
			struct fault f = FAULT_NONE;
			struct program_answer a;
			int64_t end = sign > 0 ? 3 : 0;

			wrong = _i;
			if (placed)
				ck_assert_int_eq(program_place(p, x), 1);
			if (ask(p, sign, &a, &f) == 0) {
				ck_assert(!a.impossible && !a.unbounded);
				if (a.x != NULL)
					ck_assert(a.attained >= 0 &&
					    a.attained <= 3 && a.attained ==
					    a.x[0]);
				if (a.proven)
					ck_assert(sign * a.bound >= sign *
					    end);
			}
			program_free(p);
		}
}
END_TEST

/* A false impossibility is seen through without a table at hand: 3. */
START_TEST(feasible_after_all)
{
	struct program *p = square();
	struct fault f = FAULT_NONE;
	struct program_answer a;

	wrong = _i;
	exact_fails = 0;
	ck_assert_int_eq(ask(p, 1, &a, &f), 0);
	ck_assert(!a.impossible && a.x != NULL);
	ck_assert_int_eq(a.attained, 3);
	ck_assert_int_gt(asked_exactly, 0);
	program_free(p);
	/* Where fractions do not end it is a fault, and no answer. */
	p = square();
	exact_fails = 1;
	ck_assert_int_eq(ask(p, 1, &a, &f), -1);
	ck_assert(f.set && !a.impossible);
	exact_fails = 0;
	program_free(p);
}
END_TEST

/* 5 + 4 are not 3 + 7. */
START_TEST(impossible)
{
	static const uint32_t all[4] = { 0, 1, 2, 3 };
	struct program *p = square();
	struct fault f = FAULT_NONE;
	struct program_answer a;

	wrong = NOTHING;
	program_row(p, all, 4, 10, 10);
	ck_assert_int_eq(ask(p, 1, &a, &f), 0);
	ck_assert(a.impossible);
	program_free(p);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("program");
	TCase *tc = tcase_create("wrong answers");
	SRunner *r;
	int failed;

	tcase_add_loop_test(tc, never_false, NOTHING, NO_WHOLE);
	tcase_add_loop_test(tc, feasible_after_all, NO_SOLUTION, BREAKS + 1);
	tcase_add_test(tc, impossible);
	suite_add_tcase(s, tc);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed > 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
