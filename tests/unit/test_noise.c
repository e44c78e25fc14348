/*
 * The distribution of geometric noise against its formula,
 * P(x) = (1 - a) / (1 + a) * a^|x| with a = exp(-num / den), by chi-square
 * with a fixed key: 1 in 1,000 keys would fail, this one never will. And
 * that numbers do not hang together: pairs against the product.
 */
#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "privacy/noise.h"

#define DRAWS 200000
#define MOST 1000

/* Chi-square's 0.999 quantile by Wilson and Hilferty (1931). */
static double
limit(double df)
{
	double z = 3.0902323, c = 2 / (9 * df), r = 1 - c + z * sqrt(c);

	return df * r * r * r;
}

static const struct {
	uint64_t num, den;
} ratios[] = {
	{ 1, 2 }, { 3, 1 }, { 1, 1 }, { 500000, 2000000 }, { 1, 40 },
	{ 1000000, 3000000 },
};

START_TEST(distribution)
{
	uint64_t num = ratios[_i].num, den = ratios[_i].den;
	double a = exp(-(double)num / (double)den), chi = 0, rest = 1;
	double sum = 0, square = 0;
	unsigned char key[KEY_BYTES];
	struct noise *n;
	double *seen = mem_zero(2 * MOST + 1, sizeof *seen), others = 0;
	int64_t x;
	int i, bins = 0;

	memset(key, 7, sizeof key);
	n = noise_new(key);
	noise_add(n, &ratios[_i], sizeof ratios[_i]);
	for (i = 0; i < DRAWS; i++) {
		x = noise_geometric(n, num, den);
		sum += (double)x;
		square += (double)(x * x);
		ck_assert(x >= -MOST && x <= MOST);
		seen[x + MOST]++;
	}
	for (x = -MOST; x <= MOST; x++) {
		double p = (1 - a) / (1 + a) * pow(a, (double)(x < 0 ? -x :
		    x));
		double want = p * DRAWS;

		if (want < 10) {
			others += seen[x + MOST];
			continue;
		}
		chi += (seen[x + MOST] - want) * (seen[x + MOST] - want) /
		    want;
		rest -= p;
		bins++;
	}
	if (rest * DRAWS >= 5) {
		chi += (others - rest * DRAWS) * (others - rest * DRAWS) /
		    (rest * DRAWS);
		bins++;
	}
	ck_assert_int_ge(bins, 3);
	ck_assert_msg(chi < limit(bins - 1), "chi-square %g over %d bins",
	    chi, bins);
	/* Its variance is 2a / (1 - a)^2; the mean's error 4 of its own. */
	square /= DRAWS;
	ck_assert_double_le(fabs(sum / DRAWS), 4 * sqrt(2 * a / (1 - a) /
	    (1 - a) / DRAWS));
	ck_assert_double_le(fabs(square - 2 * a / (1 - a) / (1 - a)),
	    0.05 * square);
	free(seen);
	noise_free(n);
}
END_TEST

START_TEST(independence)
{
	unsigned char key[KEY_BYTES] = { 1 };
	struct noise *n = noise_new(key);
	double p[3], chi = 0, seen[3][3] = { { 0 } };
	double a = exp(-1.0);
	int i, j, k, before = 1;

	p[1] = (1 - a) / (1 + a);
	p[0] = p[2] = (1 - p[1]) / 2;
	for (k = 0; k < DRAWS; k++) {
		int64_t x = noise_geometric(n, 1, 1);
		int now = x < 0 ? 0 : x > 0 ? 2 : 1;

		if (k % 2 == 1)
			seen[before][now]++;
		before = now;
	}
	for (i = 0; i < 3; i++)
		for (j = 0; j < 3; j++) {
			double want = p[i] * p[j] * DRAWS / 2;

			chi += (seen[i][j] - want) * (seen[i][j] - want) /
			    want;
		}
	ck_assert_msg(chi < limit(8), "chi-square %g", chi);
	noise_free(n);
}
END_TEST

START_TEST(keyed)
{
	unsigned char one[KEY_BYTES] = { 1 }, two[KEY_BYTES] = { 2 };
	struct noise *n[4];
	int i, same[4] = { 0 };

	n[0] = noise_new(one);
	n[1] = noise_new(one);
	n[2] = noise_new(two);
	n[3] = noise_new(one);
	noise_add(n[3], "x", 1);
	for (i = 0; i < 1000; i++) {
		int64_t v = noise_geometric(n[0], 1, 1000);
		int k;

		for (k = 1; k < 4; k++)
			same[k] += noise_geometric(n[k], 1, 1000) == v;
	}
	ck_assert_int_eq(same[1], 1000);
	ck_assert_int_lt(same[2], 20);
	ck_assert_int_lt(same[3], 20);
	for (i = 0; i < 4; i++)
		noise_free(n[i]);
}
END_TEST

/*
 * Noise of sums goes far: in 40 bins of about the same probability, whose
 * ends are whole numbers, by P(X <= x) = 1 - a^(x + 1) / (1 + a) for x >= 0
 * and P(X <= -x - 1) = a^(x + 1) / (1 + a).
 */
static const struct {
	uint64_t num, den;
} wides[] = {
	{ 500000, UINT64_C(2000000000000) }, { 33333, UINT64_C(1) << 57 },
	{ 1000000, UINT64_C(123456789000000) },
};
#define BINS 40

static double
up_to(double x, double rate)
{
	double a = exp(-rate), tail = x >= 0 ? exp(-rate * (x + 1)) :
	    exp(rate * x);

	return x >= 0 ? 1 - tail / (1 + a) : tail / (1 + a);
}

START_TEST(wide)
{
	double rate = (double)wides[_i].num / (double)wides[_i].den, chi = 0;
	double end[BINS], seen[BINS] = { 0 }, before = 0;
	unsigned char key[KEY_BYTES];
	struct noise *n;
	int i, k;

	memset(key, 9, sizeof key);
	n = noise_new(key);
	for (k = 0; k < BINS; k++) {
		double p = (k + 1.0) / BINS;

		end[k] = floor(p < 0.5 ? log(2 * p) / rate : -log(2 - 2 * p) /
		    rate);
	}
	for (i = 0; i < DRAWS; i++) {
		double x = (double)noise_geometric(n, wides[_i].num,
		    wides[_i].den);

		for (k = 0; k + 1 < BINS && x > end[k]; k++)
			;
		seen[k]++;
	}
	for (k = 0; k < BINS; k++) {
		double to = k + 1 < BINS ? up_to(end[k], rate) : 1;
		double want = (to - before) * DRAWS;

		chi += (seen[k] - want) * (seen[k] - want) / want;
		before = to;
	}
	ck_assert_msg(chi < limit(BINS - 1), "chi-square %g", chi);
	noise_free(n);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("noise");
	TCase *t = tcase_create("noise");
	struct fault f = FAULT_NONE;
	SRunner *r;
	int failed;

	if (key_harden(&f) == -1)
		return 1;
	tcase_add_loop_test(t, distribution, 0,
	    (int)(sizeof ratios / sizeof *ratios));
	tcase_add_loop_test(t, wide, 0, (int)(sizeof wides / sizeof *wides));
	tcase_add_test(t, independence);
	tcase_add_test(t, keyed);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? 0 : 1;
}
