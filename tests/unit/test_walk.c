/*
 * Walks between small tables of whole numbers, against all the tables there
 * are: each is tried one after the other.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "disclosure/walk.h"

#define MOST 3 /* of a cell: 0 to 3 */
#define CELLS 9

/* The lines of a 3 x 3 table, and those of a 2 x 2 x 2 one. */
static const struct table {
	size_t nvars, nrows;
	size_t start[13];
	uint32_t vars[24];
} tables[] = {
	{ 9, 6, { 0, 3, 6, 9, 12, 15, 18 }, { 0, 1, 2, 3, 4, 5, 6, 7, 8,
	    0, 3, 6, 1, 4, 7, 2, 5, 8 } },
	{ 8, 12, { 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24 },
	    { 0, 1, 2, 3, 4, 5, 6, 7, 0, 2, 1, 3, 4, 6, 5, 7, 0, 4, 1, 5,
	    2, 6, 3, 7 } },
};

struct ends {
	int64_t low[12], high[12];
};

static int
obeys(const struct table *t, const struct ends *e, const int64_t *x)
{
	size_t r, k;

	for (k = 0; k < t->nvars; k++)
		if (x[k] < 0 || x[k] > MOST)
			return 0;
	for (r = 0; r < t->nrows; r++) {
		int64_t sum = 0;

		for (k = t->start[r]; k < t->start[r + 1]; k++)
			sum += x[t->vars[k]];
		if (sum < e->low[r] || sum > e->high[r])
			return 0;
	}
	return 1;
}

/* The largest and the smallest that the first n cells add up to. */
static void
try_all(const struct table *t, const struct ends *e, size_t n, int64_t *low,
    int64_t *high)
{
	int64_t x[CELLS] = { 0 };
	size_t k;

	*low = INT64_MAX;
	*high = INT64_MIN;
	do {
		if (obeys(t, e, x)) {
			int64_t sum = 0;

			for (k = 0; k < n; k++)
				sum += x[k];
			*low = sum < *low ? sum : *low;
			*high = sum > *high ? sum : *high;
		}
		for (k = 0; k < t->nvars && ++x[k] > MOST; k++)
			x[k] = 0;
	} while (k < t->nvars);
}

/* What is found obeys, gets there and, taken back, was never there. */
static int
check_reach(struct walk *w, const struct table *t, const struct ends *e,
    const int64_t *from, size_t n, int sign, int64_t goal)
{
	static const uint32_t vars[] = { 0, 1, 2 };
	int64_t sum = 0;
	size_t k, nchanged, ndiffer = 0;
	int found = walk_reach(w, vars, n, sign, goal, 2000);

	if (found) {
		const uint32_t *changed = walk_changed(w, &nchanged);

		ck_assert(obeys(t, e, walk_x(w)));
		for (k = 0; k < n; k++)
			sum += walk_x(w)[k];
		ck_assert_int_ge(sign * sum, sign * goal);
		for (k = 0; k < t->nvars; k++)
			ndiffer += walk_x(w)[k] != from[k];
		for (k = 0; k < nchanged; k++)
			ndiffer -= walk_x(w)[changed[k]] != from[changed[k]];
		ck_assert_uint_eq(ndiffer, 0);
		walk_back(w);
	}
	ck_assert_int_eq(memcmp(walk_x(w), from, t->nvars * sizeof *from), 0);
	return found;
}

START_TEST(extremes)
{
	size_t seed, i, k, n, asked = 0, found = 0;

	srand(1);
	for (seed = 0; seed < 60; seed++)
		for (i = 0; i < sizeof tables / sizeof *tables; i++) {
			const struct table *t = &tables[i];
			struct walk *w = walk_new(t->nvars, t->nrows,
			    t->start, t->vars);
			struct ends e;
			int64_t x[CELLS] = { 0 }, low, high;

			for (k = 0; k < t->nvars; k++) {
				x[k] = rand() % (MOST + 1);
				walk_var(w, (uint32_t)k, 0, MOST);
				walk_price(w, (uint32_t)k, rand() % 2);
			}
			for (k = 0; k < t->nrows; k++) {
				size_t j;

				e.low[k] = 0;
				for (j = t->start[k]; j < t->start[k + 1];
				    j++)
					e.low[k] += x[t->vars[j]];
				e.high[k] = e.low[k] + (rand() % 3 == 0);
				walk_row(w, k, e.low[k], e.high[k]);
			}
			ck_assert_int_eq(walk_place(w, x, 0), 1);
			n = 1 + (size_t)rand() % 3;
			try_all(t, &e, n, &low, &high);
			ck_assert(!check_reach(w, t, &e, x, n, 1, high + 1));
			ck_assert(!check_reach(w, t, &e, x, n, -1, low - 1));
			found += (size_t)check_reach(w, t, &e, x, n, 1, high);
			found += (size_t)check_reach(w, t, &e, x, n, -1, low);
			asked += 2;
			ck_assert_uint_gt(walk_spent(w), 0);
			walk_free(w);
		}
	/* A search may miss some; one that misses many is of no use. */
	ck_assert_uint_ge(found * 100, asked * 95);
}
END_TEST

/* To a first table from one that obeys nothing. */
START_TEST(first_table)
{
	const struct table *t = &tables[0];
	const struct ends e = { { 5, 2, 4, 3, 3, 5 }, { 5, 2, 4, 3, 3, 5 } };
	const int64_t x[CELLS] = { 0 };
	struct walk *w = walk_new(t->nvars, t->nrows, t->start, t->vars);
	size_t k;

	for (k = 0; k < t->nvars; k++)
		walk_var(w, (uint32_t)k, 0, MOST);
	for (k = 0; k < t->nrows; k++)
		walk_row(w, k, e.low[k], e.high[k]);
	ck_assert_int_eq(walk_place(w, x, 10000), 1);
	ck_assert(obeys(t, &e, walk_x(w)));
	walk_free(w);
}
END_TEST

/* Of two cells that mend a row as well, the one that costs nothing. */
START_TEST(price)
{
	static const size_t start[] = { 0, 3 };
	static const uint32_t vars[] = { 0, 1, 2 };
	const int64_t x[] = { 1, 1, 1 };
	const uint32_t goal = 0;
	uint32_t dear;

	for (dear = 1; dear <= 2; dear++) {
		struct walk *w = walk_new(3, 1, start, vars);
		uint32_t k;

		for (k = 0; k < 3; k++)
			walk_var(w, k, 0, WALK_NONE);
		walk_price(w, dear, 1);
		walk_row(w, 0, 3, 3);
		ck_assert_int_eq(walk_place(w, x, 0), 1);
		ck_assert_int_eq(walk_reach(w, &goal, 1, 1, 2, 100), 1);
		ck_assert_int_eq(walk_x(w)[dear], 1);
		ck_assert_int_eq(walk_x(w)[3 - dear], 0);
		walk_free(w);
	}
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("walk");
	TCase *t = tcase_create("walk");
	SRunner *r;
	int failed;

	tcase_set_timeout(t, 120);
	tcase_add_test(t, extremes);
	tcase_add_test(t, first_table);
	tcase_add_test(t, price);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed > 0;
}
