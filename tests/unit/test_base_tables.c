/*
 * Maps, arenas, buffers and option tables. The map is held against a
 * linear search over the same keys; what getopt_long(3) documents is the
 * expectation for options.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/map.h"
#include "base/nearest.h"
#include "base/option.h"
#include "base/pieces.h"
#include "base/words.h"

START_TEST(map_numbers)
{
	struct map *m = map_new();
	char key[32];
	size_t i, n, len;
	int added;

	/* "", keys with NUL bytes, prefixes of each other. */
	ck_assert_uint_eq(map_find(m, "", 0), MAP_NONE);
	ck_assert_uint_eq(map_add(m, "", 0, &added), 0);
	ck_assert_int_eq(added, 1);
	ck_assert_uint_eq(map_add(m, "\0", 1, &added), 1);
	ck_assert_uint_eq(map_add(m, "\0\0", 2, &added), 2);
	ck_assert_uint_eq(map_add(m, "", 0, &added), 0);
	ck_assert_int_eq(added, 0);
	for (i = 3; i < 20000; i++) {
		n = (size_t)snprintf(key, sizeof key, "%zu%s", i,
		    i % 3 == 0 ? "-a-longer-key-of-text" : "");
		ck_assert_uint_eq(map_add(m, key, n, &added), i);
		ck_assert_int_eq(added, 1);
	}
	ck_assert_uint_eq(map_count(m), 20000);
	for (i = 3; i < 20000; i++) {
		n = (size_t)snprintf(key, sizeof key, "%zu%s", i,
		    i % 3 == 0 ? "-a-longer-key-of-text" : "");
		ck_assert_uint_eq(map_find(m, key, n), i);
		ck_assert_str_eq(map_key(m, i, &len), key);
		ck_assert_uint_eq(len, n);
		ck_assert_uint_eq(map_find(m, key, n - 1),
		    i < 30 || i % 3 == 0 ? map_find(m, key, n - 1) :
		    i / 10 % 3 == 0 ? MAP_NONE : i / 10);
	}
	map_free(m);
	map_free(NULL);
}
END_TEST

/* Many at once are what one after the other is; keys come again and again. */
START_TEST(map_many)
{
	static char text[10000][8];
	static const char *p[10000];
	static size_t n[10000], got[10000];
	struct map *one = map_new(), *many = map_new();
	size_t i, step;

	for (i = 0; i < 10000; i++) {
		(void)snprintf(text[i], sizeof text[i], "%zu",
		    i * i % 7919 % 3000);
		p[i] = text[i];
		n[i] = strlen(text[i]);
	}
	for (i = 0; i < 10000; i += step) {
		step = i % 200 + 1;
		step = i + step < 10000 ? step : 10000 - i;
		map_add_many(many, p + i, n + i, step, got + i);
	}
	map_add_many(many, p, n, 0, got);
	for (i = 0; i < 10000; i++)
		ck_assert_uint_eq(map_add(one, p[i], n[i], NULL), got[i]);
	ck_assert_uint_eq(map_count(one), map_count(many));
	map_free(one);
	map_free(many);
}
END_TEST

/* Words number as the map does, whatever stands after a text. */
START_TEST(words_number)
{
	struct words w;
	struct map *m = map_new();
	char text[64];
	size_t i, n;

	words_init(&w);
	for (i = 0; i < 100000; i++) {
		(void)snprintf(text, sizeof text, "%zu-%zu-and-more-of-it",
		    i % 997, i * i % 1009);
		n = i % 23;
		ck_assert_uint_eq(words_add(&w, text, n),
		    map_add(m, text, n, NULL));
	}
	ck_assert_uint_eq(map_count(w.map), map_count(m));
	/* A NUL in a text is not the end of a shorter one. */
	memset(text, 0, sizeof text);
	i = words_add(&w, text, 3);
	ck_assert_uint_ne(i, words_add(&w, text, 4));
	ck_assert_uint_eq(i, words_add(&w, text, 3));
	words_clear(&w);
	map_free(m);
}
END_TEST

START_TEST(arena_keeps)
{
	struct arena a = { 0 };
	char *first = arena_string(&a, "first"), *p;
	size_t i;

	for (i = 1; i < 100000; i = i * 3 + 1) {
		p = arena_alloc(&a, i);
		ck_assert_uint_eq((size_t)p % 16, 0);
		memset(p, 0xaa, i);
	}
	ck_assert_str_eq(first, "first");
	ck_assert_str_eq(arena_copy(&a, "abc", 2), "ab");
	ck_assert_uint_gt(a.total, 100000 / 3);
	arena_free(&a);
	ck_assert_uint_eq(a.total, 0);
}
END_TEST

START_TEST(pieces_apart)
{
	enum { MANY = 150 }; /* more than one chunk has */
	struct pieces *all = pieces_new();
	unsigned char *p[MANY], *again;
	size_t i, k;

	for (i = 0; i < MANY; i++) {
		p[i] = pieces_take(all);
		memset(p[i], (int)i, PIECES_BYTES);
	}
	for (i = 0; i < MANY; i++) {
		for (k = 0; k < PIECES_BYTES && p[i][k] == i; k++)
			;
		ck_assert_uint_eq(k, PIECES_BYTES);
	}
	pieces_give(all, p[7]);
	pieces_give(all, p[100]);
	again = pieces_take(all);
	ck_assert(again == p[7] || again == p[100]);
	again = again == p[7] ? p[100] : p[7];
	ck_assert_ptr_eq(pieces_take(all), again);
	pieces_free(all);
	pieces_free(NULL);
}
END_TEST

START_TEST(buf_grows)
{
	struct buf b = { 0 };
	char text[32];
	size_t i, n = 0;

	for (i = 0; i < 10000; i++) {
		buf_put_u64(&b, i);
		buf_putc(&b, ' ');
	}
	for (i = 0; i < 10000; i++) {
		size_t k = (size_t)snprintf(text, sizeof text, "%zu ", i);

		ck_assert_int_eq(memcmp(b.p + n, text, k), 0);
		n += k;
	}
	ck_assert_uint_eq(b.n, n);
	buf_clear(&b);
	buf_put_i64(&b, INT64_MIN);
	buf_printf(&b, "|%0300d|", 7);
	ck_assert_uint_eq(strlen(buf_string(&b)), 20 + 302);
	ck_assert_int_eq(memcmp(b.p, "-9223372036854775808|0", 22), 0);
	buf_free(&b);
}
END_TEST

enum { A = 1, B, C, D };

static const struct option_row rows[] = {
	{ A, 'a', "apple", NULL, "an apple" },
	{ B, 'b', "banana", "N", "bananas" },
	{ C, 0, "cherry", "TEXT", "a cherry" },
	{ D, 0, "cherries", NULL, NULL },
	{ 0 }
};

static const struct option_tool tool = { "nib-fruit", "[OPTION...]",
	"Eat fruit.", rows, "  nib-fruit -a\n" };

static int
note(void *arg, int id, const char *value, struct fault *f)
{
	(void)f;
	buf_printf(arg, "%d=%s ", id, value != NULL ? value : "");
	return 0;
}

static const struct {
	const char *argv[8];
	const char *seen;  /* NULL: a fault */
	int first;
	const char *what;
} lines[] = {
	{ { "x", NULL }, "", 1, NULL },
	{ { "x", "-a", "-b", "3", "f", NULL }, "1= 2=3 ", 4, NULL },
	{ { "x", "-ab3", "f", NULL }, "1= 2=3 ", 2, NULL },
	{ { "x", "--banana=3", "--apple", NULL }, "2=3 1= ", 3, NULL },
	{ { "x", "--banana", "3", "-a", NULL }, "2=3 1= ", 4, NULL },
	{ { "x", "f", "-a", "g", NULL }, "1= ", 2, NULL },
	{ { "x", "--", "-a", NULL }, "", 2, NULL },
	{ { "x", "-", "-a", NULL }, "1= ", 2, NULL },
	{ { "x", "--app", NULL }, "1= ", 2, NULL },
	{ { "x", "--cherry", "", NULL }, "3= ", 3, NULL },
	{ { "x", "-b", NULL }, NULL, 0, "needs a value" },
	{ { "x", "--banana", NULL }, NULL, 0, "needs a value" },
	{ { "x", "--apple=1", NULL }, NULL, 0, "takes no value" },
	{ { "x", "--aple", NULL }, NULL, 0, "did you mean --apple?" },
	{ { "x", "--bannana=1", NULL }, NULL, 0, "did you mean --banana?" },
	{ { "x", "--zzzzzz", NULL }, NULL, 0, "no option --zzzzzz" },
	{ { "x", "-z", NULL }, NULL, 0, "no option -z" },
	{ { "x", "--cherr", NULL }, NULL, 0, "cherr" },
};

START_TEST(options)
{
	char *argv[8] = { NULL };
	struct fault f = FAULT_NONE;
	struct buf seen = { 0 };
	int argc, first = 0, rc;

	for (argc = 0; lines[_i].argv[argc] != NULL; argc++)
		argv[argc] = strdup(lines[_i].argv[argc]);
	rc = option_parse(&tool, argc, argv, note, &seen, &first, &f);
	if (lines[_i].seen != NULL) {
		ck_assert_msg(rc == 0, "%s", f.what);
		ck_assert_str_eq(buf_string(&seen), lines[_i].seen);
		ck_assert_int_eq(first, lines[_i].first);
	} else {
		ck_assert_int_eq(rc, -1);
		ck_assert_msg(strstr(f.what, lines[_i].what) != NULL, "%s",
		    f.what);
	}
	while (argc > 0)
		free(argv[--argc]);
	buf_free(&seen);
}
END_TEST

/*
 * Distances are the textbooks': kitten and sitting are three edits apart, as
 * are ca and abc if no part is edited twice (optimal string alignment; Damerau
 * would say two). An edit is near for two to four letters, two for five to
 * seven, three for eight to ten.
 */
static const char *const meant[] = { "birth_date", "sex", "provider",
	"provider_site", "count", "sitting", "abc", "errors", "errors-log",
	NULL };
static const struct {
	const char *word, *near; /* NULL: none */
} typed[] = {
	{ "brith_date", "birth_date" }, /* neighbours swapped */
	{ "birthdate", "birth_date" },
	{ "BIRTH-DATE", "birth_date" },
	{ "birth_dayte", "birth_date" },
	{ "six", "sex" }, { "sx", "sex" }, { "esx", "sex" },
	{ "xes", NULL }, /* two edits of three letters */
	{ "s", NULL },
	{ "prov", "provider" }, /* cut short: the first that begins so */
	{ "provider_", "provider" }, /* one edit too many */
	{ "cuont", "count" }, { "conut", "count" },
	{ "cnotu", NULL }, /* three edits of five letters */
	{ "sittin", "sitting" }, { "kitten", NULL },
	{ "ca", NULL }, { "ac", "abc" }, { "acb", "abc" },
	{ "error", "errors" }, { "errors-lgo", "errors-log" },
	{ "postcode", NULL }, { "", NULL },
};

START_TEST(nearest_names)
{
	const char *near = nearest(typed[_i].word, meant, NEAREST_ALL);
	char hint[NEAREST_HINT];

	if (typed[_i].near == NULL)
		ck_assert_ptr_null(near);
	else
		ck_assert_str_eq(near, typed[_i].near);
	(void)nearest_hint(typed[_i].word, meant, 3, hint);
	ck_assert(hint[0] == '\0' || strncmp(hint, "; did you mean ",
	    15) == 0);
	ck_assert_ptr_null(nearest(typed[_i].word, meant, 0));
}
END_TEST

#define N(a) ((int)(sizeof(a) / sizeof *(a)))

int
main(void)
{
	Suite *s = suite_create("base_tables");
	TCase *c = tcase_create("tables");
	SRunner *r;
	int failed;

	tcase_add_test(c, map_numbers);
	tcase_add_test(c, map_many);
	tcase_add_test(c, words_number);
	tcase_add_test(c, arena_keeps);
	tcase_add_test(c, pieces_apart);
	tcase_add_test(c, buf_grows);
	tcase_add_loop_test(c, options, 0, N(lines));
	tcase_add_loop_test(c, nearest_names, 0, N(typed));
	suite_add_tcase(s, c);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
