/*
 * Intervals against brute force: every table of whole numbers that fits
 * what is shown of a small random one is written down here, by counting
 * through all of them, and the least and the largest of each hidden cell is
 * kept. Tables of 1 to 4 dimensions with all their margins; cells are
 * shown, known to be in a range, or not known at all.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "disclosure/audit.h"
#include "disclosure/program.h"

#define MOST 5 /* of an inner cell */

static uint64_t state;

static int
draw(int n)
{
	state = state * 6364136223846793005ULL + 1442695040888963407ULL;
	return (int)((state >> 33) % (uint64_t)n);
}

/* A cube with all its margins: cells are places of (size + 1)^dims. */
static struct disclosure_cells *
random_cube(int known)
{
	int dims = 1 + draw(4), size[4], at[4], d, cells = 1, inner = 1;
	uint32_t members[64];
	int64_t value[64];
	struct disclosure_cells *c;
	int i, k;

	for (d = 0; d < dims; d++) {
		size[d] = dims > 2 ? 2 : 2 + draw(3 - dims + 1);
		cells *= size[d] + 1;
		inner *= size[d];
	}
	c = disclosure_cells_new((size_t)inner, 0);
	c->known = known;
	for (i = 0; i < inner; i++)
		value[i] = draw(MOST + 1);
	for (i = 0; i < cells; i++) {
		size_t n = 0, cell;
		int64_t sum = 0;
		int rest = i;

		for (d = 0; d < dims; d++) {
			at[d] = rest % (size[d] + 1);
			rest /= size[d] + 1;
		}
		for (k = 0; k < inner; k++) {
			rest = k;
			for (d = 0; d < dims; d++) {
				if (at[d] < size[d] &&
				    rest % size[d] != at[d])
					break;
				rest /= size[d];
			}
			if (d == dims) {
				members[n++] = (uint32_t)k;
				sum += value[k];
			}
		}
		/* Linked tables publish some of the margins only. */
		if (n > 1 && draw(6) == 0)
			continue;
		cell = disclosure_cells_add(c, sum, 0, members, n);
		c->hidden[cell] = (unsigned char)(n == 1 ? draw(inner > 8 ?
		    2 : 4) > 0 : draw(3) == 0);
		/* Counting needs an end: inner cells have one. */
		c->low[cell] = sum > 1 ? sum - draw(2) : sum;
		c->high[cell] = sum + draw(3);
		if (n > 1 && draw(2) == 0)
			c->high[cell] = CELLS_NONE;
	}
	return c;
}

static void
count_through(const struct disclosure_cells *c, int64_t *lo, int64_t *hi)
{
	int64_t low[64], high[64], x[64], sum;
	size_t i, k;

	for (i = 0; i < c->ninner; i++) {
		low[i] = 0;
		high[i] = 2 * MOST;
	}
	for (i = 0; i < c->n; i++)
		if (c->start[i + 1] - c->start[i] == 1) {
			k = c->members[c->start[i]];
			low[k] = c->hidden[i] ? c->low[i] : c->values[i];
			high[k] = c->hidden[i] ? c->high[i] : c->values[i];
		}
	for (i = 0; i < c->n; i++) {
		lo[i] = INT64_MAX;
		hi[i] = -1;
	}
	memcpy(x, low, sizeof x);
	for (;;) {
		for (i = 0; i < c->n; i++) {
			for (sum = 0, k = c->start[i]; k < c->start[i + 1];
			    k++)
				sum += x[c->members[k]];
			if (c->hidden[i] ? sum < c->low[i] ||
			    sum > c->high[i] : sum != c->values[i])
				break;
		}
		for (k = 0; i == c->n && k < c->n; k++) {
			size_t m;

			for (sum = 0, m = c->start[k]; m < c->start[k + 1];
			    m++)
				sum += x[c->members[m]];
			lo[k] = sum < lo[k] ? sum : lo[k];
			hi[k] = sum > hi[k] ? sum : hi[k];
		}
		for (i = 0; i < c->ninner && ++x[i] > high[i]; i++)
			x[i] = low[i];
		if (i == c->ninner)
			break;
	}
}

START_TEST(brute_force)
{
	size_t hidden = 0, narrow = 0;
	int round;

	state = 20261123 + (uint64_t)_i;
	for (round = 0; round < 150; round++) {
		struct disclosure_cells *c = random_cube(_i);
		struct disclosure_interval *x = mem_zero(c->n, sizeof *x);
		int64_t *lo = mem_array(NULL, c->n, sizeof *lo);
		int64_t *hi = mem_array(NULL, c->n, sizeof *hi);
		struct fault f = FAULT_NONE;
		size_t i;

		count_through(c, lo, hi);
		ck_assert_msg(disclosure_audit(c, x, &f) == 0, "%s", f.what);
		for (i = 0; i < c->n; i++) {
			if (!c->hidden[i])
				continue;
			hidden++;
			narrow += lo[i] == hi[i];
			ck_assert_msg(x[i].lo == lo[i] && x[i].hi == hi[i] &&
			    x[i].proven, "round %d cell %zu: [%lld,%lld] %d, "
			    "not [%lld,%lld]", round, i, (long long)x[i].lo,
			    (long long)x[i].hi, x[i].proven,
			    (long long)lo[i], (long long)hi[i]);
		}
		free(lo);
		free(hi);
		free(x);
		disclosure_cells_free(c);
	}
	ck_assert_uint_gt(hidden, 500);
	ck_assert_uint_gt(narrow, 50);
}
END_TEST

/* Published numbers that no table has: 3 + at least 1 is not 3. */
START_TEST(impossible)
{
	struct disclosure_cells *c = disclosure_cells_new(2, 1);
	struct disclosure_interval x[3];
	uint32_t members[2] = { 0, 1 };
	struct fault f = FAULT_NONE;
	size_t i;

	c->known = 0;
	(void)disclosure_cells_add(c, 3, 0, members, 1);
	i = disclosure_cells_add(c, 0, 0, members + 1, 1);
	c->hidden[i] = 1;
	(void)disclosure_cells_add(c, 3, 0, members, 2);
	ck_assert_int_eq(disclosure_audit(c, x, &f), -2);
	ck_assert_msg(strstr(f.what, "does not fit") != NULL, "%s", f.what);
	disclosure_cells_free(c);
}
END_TEST

/*
 * Linked tables of which nobody knows the inner cells: x + y = 13, and the
 * hidden x + y + u + v, which has no largest value, is 14 at least as the
 * hidden u + v is 1. The first that is asked is the one without a bound.
 */
START_TEST(smallest_without_a_largest)
{
	struct disclosure_cells *c = disclosure_cells_new(4, 1);
	struct disclosure_interval x[3];
	uint32_t members[4] = { 0, 1, 2, 3 };
	struct fault f = FAULT_NONE;

	/* A primary cell is hidden. */
	(void)disclosure_cells_add(c, 37, 1, members, 4);
	(void)disclosure_cells_add(c, 24, 1, members + 2, 2);
	(void)disclosure_cells_add(c, 13, 0, members, 2);
	ck_assert_msg(disclosure_audit(c, x, &f) == 0, "%s", f.what);
	ck_assert_int_eq(x[0].lo, 14);
	ck_assert(x[0].hi == CELLS_NONE && x[0].proven);
	ck_assert_int_eq(x[1].lo, 1);
	ck_assert(x[1].hi == CELLS_NONE && x[1].proven);
	disclosure_cells_free(c);
}
END_TEST

/*
 * Three of three numbers share two rows each (a triangle): the corner of
 * the linear program is at halves, 1.5 each, and no whole numbers reach
 * its sum. x + y <= 3, y + z <= 3, x + z <= 3: x + y + z <= 4.
 */
START_TEST(halves)
{
	static const uint32_t rows[3][2] = { { 0, 1 }, { 1, 2 }, { 0, 2 } };
	static const uint32_t all[] = { 0, 1, 2 };
	const int64_t low[3] = { 0, 0, 0 };
	const int64_t high[3] = { PROGRAM_NONE, PROGRAM_NONE, PROGRAM_NONE };
	struct program *p = program_new(3, low, high);
	struct program_goal most = { all, 3, 1, 0, 0, PROGRAM_NONE, 0, 0 };
	struct program_goal least = { all, 3, -1, 0, 0, PROGRAM_NONE, 0, 0 };
	struct program_answer a;
	struct fault f = FAULT_NONE;
	size_t i;

	for (i = 0; i < 3; i++)
		program_row(p, rows[i], 2, 0, 3);
	ck_assert_int_eq(program_reach(p, &most, &a, &f), 0);
	ck_assert(a.x != NULL && a.attained == 4 && a.proven);
	ck_assert_int_eq(program_reach(p, &least, &a, &f), 0);
	ck_assert(a.x != NULL && a.attained == 0 && a.proven && a.bound == 0);
	program_free(p);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("audit");
	TCase *t = tcase_create("audit");
	SRunner *r;
	int failed;

	tcase_set_timeout(t, 120);
	tcase_add_loop_test(t, brute_force, 0, 2);
	tcase_add_test(t, impossible);
	tcase_add_test(t, halves);
	tcase_add_test(t, smallest_without_a_largest);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? 0 : 1;
}
