/*
 * Dice joins against every pair compared bit by bit, for each kernel that
 * the processor has, several lengths, thresholds and numbers of workers.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "linkage/dice.h"

static uint64_t state;

static unsigned
roll_die(unsigned below)
{
	state = state * 6364136223846793005ULL + 1442695040888963407ULL;
	return (unsigned)(state >> 33) % below;
}

static void
fill(struct dice_set *s, size_t n, size_t nwords, const struct dice_set *like)
{
	char hex[DICE_MAX_BITS / 4 + 1];
	size_t i, k;

	memset(s, 0, sizeof *s);
	for (i = 0; i < n; i++) {
		unsigned dense = roll_die(5);

		for (k = 0; k < nwords * 16; k++)
			hex[k] = "0123456789abcdef"[roll_die(16) &
			    (dense < 2 ? roll_die(16) : 15)];
		if (i == 3)
			memset(hex, '0', nwords * 16);
		ck_assert_int_eq(dice_add(s, hex, nwords * 16, DICE_HEX), 0);
		if (like != NULL && like->n > 0 && roll_die(3) > 0) {
			/* Nearly one of the other set. */
			memcpy(s->words + i * nwords, like->words +
			    roll_die((unsigned)like->n) * nwords, nwords * 8);
			for (k = 0; k < nwords; k++)
				s->words[i * nwords + k] ^=
				    (uint64_t)1 << roll_die(64);
		}
	}
}

static double
naive(const uint64_t *x, const uint64_t *y, size_t nwords)
{
	unsigned both = 0, all = 0, bit;
	size_t k;

	for (k = 0; k < nwords; k++)
		for (bit = 0; bit < 64; bit++) {
			unsigned p = (unsigned)(x[k] >> bit & 1);
			unsigned q = (unsigned)(y[k] >> bit & 1);

			both += p & q;
			all += p + q;
		}
	return all > 0 ? 2.0 * both / all : 0;
}

START_TEST(every_kernel)
{
	static const size_t words[] = { 1, 3, 16, 40, 128 };
	static const double thresholds[] = { 0.5, 0.8, 0.85, 1 };
	struct dice_set a, b;
	size_t i, j, n, at, nwords = words[_i % 5], want;
	double t = thresholds[_i % 4];
	enum dice_kernel k;
	int two = _i % 3 > 0;

	state = (uint64_t)_i + 1;
	fill(&a, 61 + (size_t)_i % 9, nwords, NULL);
	/* More than are compared with a tile of rows at a time. */
	fill(&b, nwords < 16 ? 1103 : 83, nwords, &a);
	for (k = DICE_BEST; k <= DICE_AVX512; k++) {
		struct dice_pair *pairs;
		const struct dice_set *o = two ? &b : &a;

		if (!dice_has(k)) {
			printf("skipped: kernel %d is not here\n", (int)k);
			continue;
		}
		n = dice_join(&a, two ? &b : NULL, t, (unsigned)_i % 3 + 1, k,
		    &pairs, NULL);
		for (i = at = want = 0; i < a.n; i++)
			for (j = two ? 0 : i + 1; j < o->n; j++) {
				double d = naive(a.words + i * nwords,
				    o->words + j * nwords, nwords);

				if (d < t - 1e-12)
					continue;
				want++;
				ck_assert_uint_lt(at, n);
				ck_assert_uint_eq(pairs[at].l, i);
				ck_assert_uint_eq(pairs[at].r, j);
				ck_assert_double_eq_tol(pairs[at].dice, d,
				    1e-12);
				at++;
			}
		ck_assert_uint_eq(n, want);
		free(pairs);
	}
	dice_clear(&a);
	dice_clear(&b);
}
END_TEST

START_TEST(texts)
{
	struct dice_set s = { 0 };

	/* echo -n 'ABCDEFGH' | base64 */
	ck_assert_int_eq(dice_add(&s, "QUJDREVGR0g=", 12, DICE_BASE64), 0);
	ck_assert_int_eq(memcmp(s.words, "ABCDEFGH", 8), 0);
	ck_assert_int_eq(dice_add(&s, "4142434445464748", 16, DICE_HEX), 0);
	ck_assert_int_eq(memcmp(s.words + 1, "ABCDEFGH", 8), 0);
	ck_assert_int_eq(dice_add(&s, "QUJDREVGR0g", 11, DICE_BASE64), 0);
	/* Another length, not whole words, not the alphabet, odd ends. */
	ck_assert_int_eq(dice_add(&s, "41424344454647484142434445464748", 32,
	    DICE_HEX), -1);
	ck_assert_int_eq(dice_add(&s, "414243", 6, DICE_HEX), -1);
	ck_assert_int_eq(dice_add(&s, "41424344454647zz", 16, DICE_HEX), -1);
	ck_assert_int_eq(dice_add(&s, "414243444546474", 15, DICE_HEX), -1);
	ck_assert_int_eq(dice_add(&s, "QUJDREVGR0h=", 12, DICE_BASE64), -1);
	ck_assert_int_eq(dice_add(&s, "", 0, DICE_HEX), -1);
	ck_assert_uint_eq(s.n, 3);
	dice_clear(&s);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("dice");
	TCase *t = tcase_create("dice");
	SRunner *r;
	int failed;

	tcase_add_loop_test(t, every_kernel, 0, 60);
	tcase_add_test(t, texts);
	tcase_set_timeout(t, 60);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? 0 : 1;
}
