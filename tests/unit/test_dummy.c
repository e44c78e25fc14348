/*
 * Text made from patterns, held against PCRE2 (anchored at both ends), an
 * opinion that shares no code with the maker; the counted texts are
 * different and match too; draws follow their weights within four standard
 * deviations; the random numbers are SplitMix64's.
 */
#define PCRE2_CODE_UNIT_WIDTH 8
#include <check.h>
#include <pcre2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "check/check.h"
#include "spec/dummy_recipe.h"

static const char *const patterns[] = {
	"[0-9]{10}", "[!-~]{1,20}", "[A-HJ-NPRSZ].?|99", "", "abc", "a|b|",
	"(GIR 0AA|[A-Z]{1,2}[0-9][A-Z0-9]? [0-9][ABD-HJLNP-UW-Z]{2})",
	"C[0-9]{7}|CD[0-9]{6}|[DHMN][0-9]{7}", "[A-Z][0-9]{2}[0-9X]([0-9-][AD]?)?",
	"[0-9]{4}-(0[1-9]|1[0-2])", "^[^,\"]+$", "\\d{3}\\.\\w\\s\\-",
	"(?:ab|c){2,3}x*y+", "[]a]b[^]a]", "[a\\-z\\]]{5}", "a{2,}", "x{0}z",
	"((a|b)(c|d)){3}", "[\\d_]{8}", "a{,3}", "[ -~]{1,50}", ".{6}", "-",
};

static int
matches(const char *pattern, const char *p, size_t n)
{
	char whole[512];
	pcre2_match_data *md;
	pcre2_code *code;
	size_t at;
	int err, rc;

	(void)snprintf(whole, sizeof whole, "\\A(?:%s)\\z", pattern);
	code = pcre2_compile((PCRE2_SPTR)whole, PCRE2_ZERO_TERMINATED, 0,
	    &err, &at, NULL);
	ck_assert_ptr_nonnull(code);
	md = pcre2_match_data_create_from_pattern(code, NULL);
	rc = pcre2_match(code, (PCRE2_SPTR)p, n, 0, 0, md, NULL);
	pcre2_match_data_free(md);
	pcre2_code_free(code);
	return rc >= 0;
}

START_TEST(pattern_texts)
{
	struct arena a = { 0 };
	struct fault f = FAULT_NONE;
	const struct dummy_pattern *d = dummy_pattern_new(&a, patterns[_i],
	    &f);
	struct dummy_random r = dummy_stream(dummy_key(1, 2), 3, 4);
	struct map *seen = map_new();
	char text[DUMMY_PATTERN_MAX + 1];
	uint64_t i, count;
	size_t n;
	int added;

	ck_assert_msg(d != NULL, "%s: %s", patterns[_i], f.what);
	for (i = 0; i < 300; i++) {
		n = dummy_pattern_make(d, &r, text);
		text[n] = '\0';
		ck_assert_msg(matches(patterns[_i], text, n), "%s: %s",
		    patterns[_i], text);
	}
	count = dummy_pattern_count(d);
	ck_assert(count >= 1);
	for (i = 0; i < count && i < 300; i++) {
		n = dummy_pattern_nth(d, i, text);
		text[n] = '\0';
		ck_assert_msg(matches(patterns[_i], text, n), "%s: %s",
		    patterns[_i], text);
		(void)map_add(seen, text, n, &added);
		ck_assert_int_eq(added, 1);
	}
	map_free(seen);
	arena_free(&a);
}
END_TEST

static const char *const refused[] = {
	"(", ")", "[", "[a", "a)", "(?=x)", "(?<n>x)", "\\1", "\\p{Lu}", "*",
	"a**b(", "\\", "[[:alpha:]]", "x{3,2}", "x{999}", "\xc3\xa9", "a$b",
	"(((([0-9]{200}){200}){200}))",
};

START_TEST(pattern_refused)
{
	struct arena a = { 0 };
	struct fault f = FAULT_NONE;

	ck_assert_ptr_null(dummy_pattern_new(&a, refused[_i], &f));
	ck_assert_ptr_nonnull(strstr(f.what,
	    "cannot make text from a pattern"));
	arena_free(&a);
}
END_TEST

START_TEST(choices)
{
	static const double w[] = { 70, 18, 7, 3, 1.9, 0.1 };
	unsigned long seen[6] = { 0 };
	struct dummy_random r = dummy_stream(dummy_key(9, 9), 0, 0);
	struct dummy_choice c;
	struct arena a = { 0 };
	size_t i;

	dummy_choice_make(&a, &c, w, 6);
	for (i = 0; i < 1000000; i++)
		seen[dummy_choose(&c, dummy_next(&r))]++;
	for (i = 0; i < 6; i++) {
		double p = w[i] / 100, d = (double)seen[i] - 1e6 * p;

		ck_assert_msg(d * d < 16 * 1e6 * p * (1 - p), "%zu: %lu", i,
		    seen[i]);
	}
	arena_free(&a);
}
END_TEST

START_TEST(identifiers)
{
	struct dummy_random r = dummy_stream(dummy_key(5, 5), 0, 0);
	char text[32];
	size_t i, n;

	for (i = 0; i < 20000; i++) {
		n = dummy_sctid(text, &r);
		ck_assert_int_eq(check_sctid(text, n),
		    CHECK_SCTID_IS_CONCEPT);
	}
}
END_TEST

/* Java's SplittableRandom(1234567).nextLong(), published test values. */
START_TEST(random_numbers)
{
	struct dummy_random r = { 1234567 };

	ck_assert(dummy_next(&r) == 6457827717110365317ULL);
	ck_assert(dummy_next(&r) == 3203168211198807973ULL);
	ck_assert(dummy_next(&r) == 9817491932198370423ULL);
	ck_assert(dummy_next(&r) == 4593380528125082431ULL);
	ck_assert(dummy_next(&r) == 16408922859458223821ULL);
}
END_TEST

#define N(a) ((int)(sizeof(a) / sizeof *(a)))

int
main(void)
{
	Suite *s = suite_create("dummy");
	TCase *c = tcase_create("dummy");
	SRunner *r;
	int failed;

	tcase_set_timeout(c, 60);
	tcase_add_loop_test(c, pattern_texts, 0, N(patterns));
	tcase_add_loop_test(c, pattern_refused, 0, N(refused));
	tcase_add_test(c, choices);
	tcase_add_test(c, identifiers);
	tcase_add_test(c, random_numbers);
	suite_add_tcase(s, c);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
