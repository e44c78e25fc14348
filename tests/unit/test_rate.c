/*
 * Numbers of rates: as text, and totals in eight bytes. Expected: of texts
 * Python's decimal, round(Decimal(v) * 10**k) / 10**k with the k that leaves
 * twelve digits (python3: format(Decimal(v).quantize(...), 'f')); of totals
 * sums of 128 bits.
 */
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "indicator/rate_parts.h"

static const struct {
	double v;
	const char *want;
} cases[] = {
	{ 0, "0" }, { -0.0, "0" }, { 1, "1" }, { -1, "-1" }, { 10, "10" },
	{ 205, "205" }, { 100000000, "100000000" }, { 0.5, "0.5" },
	{ 0.1, "0.1" }, { -0.25, "-0.25" }, { 1.0 / 3, "0.333333333333" },
	{ 2.0 / 3, "0.666666666667" }, { 200.0 / 3, "66.6666666667" },
	{ 1e-4, "0.0001" }, { 0.00012345678901234, "0.000123456789012" },
	{ 0.09999999999999, "0.1" }, { 0.9999999999999, "1" },
	{ 9.9999999999999, "10" }, { 99999999.5, "99999999.5" },
	{ 123456.789012345, "123456.789012" },
	{ 999999999999, "999999999999" }, { 99999999999.96, "100000000000" },
	{ 12345678901.25, "12345678901.2" }, /* a tie goes to the even one */
	{ 12345678901.75, "12345678901.8" },
	{ 1084.501896963054, "1084.50189696" },
	{ 1e12, "1e+12" }, { -2.5e15, "-2.5e+15" }, { 9.9e-5, "9.9e-05" },
};

START_TEST(text)
{
	struct buf b = { 0 };

	rate_put_number(&b, cases[_i].v);
	ck_assert_str_eq(buf_string(&b), cases[_i].want);
	buf_clear(&b);
	rate_put_number(&b, NAN);
	rate_put_number(&b, INFINITY);
	ck_assert_uint_eq(b.n, 0);
	buf_free(&b);
}
END_TEST

/* Of any number no more than half of the twelfth digit is lost. */
START_TEST(near)
{
	uint64_t x = 88172645463325252ULL;
	struct buf b = { 0 };
	int i;

	for (i = 0; i < 200000; i++) {
		double v, back, last;

		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		v = ldexp((double)(x >> 11), (int)(x % 54) - 66);
		if (i % 4 == 0)
			v = round(v * 1000) / 1000;
		buf_clear(&b);
		rate_put_number(&b, v);
		back = strtod(buf_string(&b), NULL);
		last = pow(10, floor(log10(v)) - 11);
		if (v > 0)
			ck_assert_msg(fabs(back - v) <= last * 0.501,
			    "%.17g as %s", v, b.p);
		if (strpbrk(b.p, ".e") != NULL && strchr(b.p, 'e') == NULL)
			ck_assert_msg(b.p[b.n - 1] != '0' &&
			    b.p[b.n - 1] != '.', "%.17g as %s", v, b.p);
	}
	buf_free(&b);
}
END_TEST

START_TEST(totals)
{
	static const int64_t add[] = { 0, 1, -1, RATE_LARGE - 1, 1, 1,
	    INT64_MAX, -RATE_LARGE, INT64_MIN, INT64_MIN, RATE_LARGE, 7 };
	struct rate_work w = { 0 };
	struct rate_total t = { RATE_ABSENT }, other = { RATE_ABSENT };
	num_wide sum = 0;
	size_t i, k;

	ck_assert(!rate_has(t) && rate_wide(&w, t) == 0);
	for (k = 0; k < 100; k++)
		for (i = 0; i < sizeof add / sizeof *add; i++) {
			num_wide v = (num_wide)add[i] * (k % 3 == 2 ? 1000 :
			    1);

			ck_assert(rate_total_add(&w, &t, v) == 0);
			sum += v;
			ck_assert(rate_has(t) && rate_wide(&w, t) == sum);
			/* Another's large one is not its own. */
			ck_assert(rate_total_add(&w, &other, -v) == 0);
			ck_assert(rate_wide(&w, other) == -sum);
			ck_assert(rate_wide(&w, t) == sum);
		}
	sum = (num_wide)(((num_uwide)1 << 127) - 1);
	rate_total_set(&w, &t, sum);
	ck_assert(rate_wide(&w, t) == sum);
	ck_assert(rate_total_add(&w, &t, 1) == -1);
	ck_assert(rate_wide(&w, t) == sum);
	ck_assert(rate_total_add(&w, &t, -sum) == 0);
	ck_assert(rate_has(t) && rate_wide(&w, t) == 0);
	/* Once a record lacked it, it stays so. */
	t.v = RATE_LACKING;
	ck_assert(!rate_has(t) && rate_wide(&w, t) == 0);
	ck_assert(rate_total_add(&w, &t, 5) == 0 && !rate_has(t));
	ck_assert(rate_total_add(&w, &t, sum) == 0 && !rate_has(t));
	ck_assert(isnan(rate_double(&w, t)));
	free(w.large);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("rate");
	TCase *t = tcase_create("all");
	SRunner *r;
	int failed;

	suite_add_tcase(s, t);
	tcase_add_loop_test(t, text, 0, (int)(sizeof cases / sizeof *cases));
	tcase_add_test(t, near);
	tcase_add_test(t, totals);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed > 0;
}
