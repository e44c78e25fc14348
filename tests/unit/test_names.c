/* Names in a stated memory, held against a map of the same names. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "linkage/names.h"

static const struct {
	size_t n, many, memory, pad;
} cases[] = {
	{ 0, 1, 0, 0 }, { 1, 1, 0, 0 }, { 1, 1, 1 << 20, 0 },
	{ 5000, 700, 1 << 20, 0 }, { 5000, 700, 0, 0 },
	{ 5000, 1, 1000, 0 }, { 60000, 50000, 100000, 100 },
	{ 60000, 40000, 1 << 21, 40 }, /* leaves memory half way */
};

static size_t
make(char *to, size_t room, uint64_t *seed, size_t many, size_t pad)
{
	*seed = *seed * 6364136223846793005ULL + 1442695040888963407ULL;
	/* One of them is empty, some begin others. */
	if ((*seed >> 33) % many == 0)
		return 0;
	return (size_t)snprintf(to, room, "%llu%.*s",
	    (unsigned long long)((*seed >> 33) % many), (int)pad,
	    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
	    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx");
}

START_TEST(numbers)
{
	struct names *s = names_new(cases[_i].memory);
	struct map *m = map_new();
	struct fault f = FAULT_NONE;
	uint64_t seed = 1;
	uint32_t number;
	const char *p, *want;
	char text[256];
	size_t i, n, len;

	for (i = 0; i < cases[_i].n; i++) {
		n = make(text, sizeof text, &seed, cases[_i].many,
		    cases[_i].pad);
		ck_assert_int_eq(names_add(s, text, n, &f), 0);
	}
	seed = 1;
	for (i = 0; i < cases[_i].n; i++) {
		n = make(text, sizeof text, &seed, cases[_i].many,
		    cases[_i].pad);
		ck_assert_int_eq(names_number(s, &number, &f), 1);
		ck_assert_uint_eq(number, map_add(m, text, n, NULL));
	}
	ck_assert_int_eq(names_number(s, &number, &f), 0);
	for (i = 0; i < map_count(m); i++) {
		want = map_key(m, i, &len);
		ck_assert_int_eq(names_next(s, &p, &n, &f), 1);
		ck_assert_uint_eq(n, len);
		ck_assert(memcmp(p, want, n) == 0);
	}
	ck_assert_int_eq(names_next(s, &p, &n, &f), 0);
	map_free(m);
	names_free(s);
	names_free(NULL);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("names");
	TCase *c = tcase_create("names");
	SRunner *r;
	int failed;

	tcase_add_loop_test(c, numbers, 0,
	    (int)(sizeof cases / sizeof cases[0]));
	suite_add_tcase(s, c);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
