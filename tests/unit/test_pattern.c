/*
 * lib/spec/pattern: the native forms against PCRE2 on random and mutated
 * values; a hostile pattern ends; what XML Schema has and PCRE2 has not is
 * refused.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "spec/pattern.h"

/* The core dataset's patterns, and shapes that lie near their edges. */
static const struct { const char *text; int native; } patterns[] = {
	{ "[0-9]{10}", 1 }, { "[A-Z][0-9]{2}[0-9X]([0-9-][AD]?)?", 1 },
	{ "(GIR 0AA|[A-Z]{1,2}[0-9][A-Z0-9]? [0-9][ABD-HJLNP-UW-Z]{2}|"
	  "ZZ99 [0-9][A-Z]Z)", 1 },
	{ "C[0-9]{7}|CD[0-9]{6}|[DHMN][0-9]{7}", 1 },
	{ "[A-HJ-NPRSZ].?|99", 0 }, { "[A-Z0-9]{3,6}", 1 },
	{ "[!-~]{1,35}", 1 }, { "[1-9][0-9]{5,17}", 1 },
	{ "[1-9]|1[0-9]|2[0-4]", 1 }, { "[YN89]", 1 }, { "E0[6789][0-9]{6}", 1 },
	{ "^a.*$", 0 }, { "a|bc", 1 }, { "^(a|bc)$", 1 }, { "", 1 },
	{ "(a?b){0,3}c", 1 }, { "[^x]+", 0 }, { "\\d{2,3}(-\\d)?", 1 },
	{ "[\\d.]{1,3}", 1 }, { "[a-c-]{2}", 1 }, { "[]a]{2}", 0 },
	{ "a\\.b|a\\\\|\\[x\\]", 1 }, { "(?:ab|a)(?:b|)c?", 1 },
	{ "[ab]*", 1 }, { "[ab]+", 1 }, { "[ab]{3,}", 1 }, { "[ab]*c", 0 },
	{ "x|", 1 }, { "a??b", 0 }, { "\\w+", 0 },
	{ "\xc3\xa9|e", 0 }, { "(a|b|c|d|e){3}", 0 }, { "[a-e]{3}", 1 }, { "(a)(b)?|(c)", 1 },
	{ "[A-Za-z_0-9]{1,16}", 1 }, { "^[0-9]+|x$", 0 },
};

static const char pieces[] =
    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdex.-_ []\\|GIR99ZZ";

static unsigned
draw(unsigned *seed, unsigned n)
{
	*seed = *seed * 1103515245u + 12345u;
	return (*seed >> 8) % n;
}

/* A value near the pattern: a walk that reads its text as a recipe. */
static size_t
near(const char *pattern, unsigned *seed, char *to, size_t most)
{
	const char *p = pattern;
	size_t n = 0;

	while (*p != '\0' && n < most) {
		unsigned times = 1;
		char c = *p++;

		if (c == '|' && draw(seed, 3) == 0)
			break;
		if (strchr("()^$|?*+", c) != NULL)
			continue;
		if (c == '\\' && *p != '\0')
			c = *p++ == 'd' ? (char)('0' + draw(seed, 10)) : p[-1];
		if (c == '[') {
			const char *end = strchr(p, ']');
			size_t len = end != NULL ? (size_t)(end - p) : 0;

			c = 'x';
			if (len > 0) {
				const char *q = p + draw(seed, (unsigned)len);

				c = *q;
				if (c == '-' && q > p && q + 1 < end)
					c = (char)(q[-1] + (int)draw(seed,
					    (unsigned)(q[1] - q[-1] + 1)));
				p = end + 1;
			}
		}
		if (*p == '{') {
			unsigned a = (unsigned)atoi(p + 1), b = a;
			const char *end = strchr(p, '}');
			const char *comma = strchr(p, ',');

			if (comma != NULL && comma < end)
				b = (unsigned)atoi(comma + 1);
			times = a + draw(seed, b > a ? b - a + 2 : 2);
			p = end + 1;
		} else if (*p == '?') {
			times = draw(seed, 2);
		} else if (*p == '*' || *p == '+') {
			times = draw(seed, 5);
		}
		while (times-- > 0 && n < most)
			to[n++] = c;
	}
	if (n > 0 && draw(seed, 3) == 0)
		to[draw(seed, (unsigned)n)] =
		    pieces[draw(seed, sizeof pieces - 1)];
	return n;
}

START_TEST(as_pcre)
{
	struct fault f = FAULT_NONE;
	struct pattern *p = pattern_new(patterns[_i].text, &f);
	struct pattern_run *run = pattern_run_new();
	static char room[256][64];
	const char *s[256];
	uint32_t n[256];
	unsigned char to[256];
	unsigned seed = 7 + (unsigned)_i;
	size_t i, k, round, matched = 0;

	ck_assert_msg(p != NULL, "%s: %s", patterns[_i].text, f.what);
	ck_assert_msg(pattern_native(p) == patterns[_i].native, "%s",
	    patterns[_i].text);
	for (round = 0; round < 60; round++) {
		size_t bad = 0;

		for (i = 0; i < 256; i++) {
			/* Rubbish beyond the value must not matter. */
			memset(room[i], 'A' + (int)(i % 26), sizeof room[i]);
			s[i] = room[i];
			if (i % 2 == 0) {
				n[i] = (uint32_t)near(patterns[_i].text, &seed,
				    room[i], 44);
			} else {
				n[i] = draw(&seed, i % 8 == 1 ? 44 : 9);
				for (k = 0; k < n[i]; k++)
					room[i][k] = pieces[draw(&seed,
					    sizeof pieces - 1)];
			}
			if (i % 17 == 0 && n[i] > 3)
				memcpy(room[i] + n[i] - 2, "\xc3\xa9", 2);
			if (i % 31 == 0 && n[i] > 0)
				room[i][n[i] - 1] = '\n';
		}
		bad = pattern_batch(p, run, s, n, 256, to);
		for (i = 0; i < 256; i++) {
			ck_assert_msg(to[i] == pattern_reference(p, run, s[i],
			    n[i]), "%s: %.*s", patterns[_i].text, (int)n[i],
			    s[i]);
			bad -= !to[i];
			matched += to[i];
		}
		ck_assert_uint_eq(bad, 0);
	}
	ck_assert_msg(matched > 2, "%s matched %zu", patterns[_i].text,
	    matched);
	pattern_run_free(run);
	pattern_free(p);
}
END_TEST

START_TEST(hostile)
{
	struct fault f = FAULT_NONE;
	struct pattern *p = pattern_new("(a+)+[bc]", &f);
	struct pattern_run *run = pattern_run_new();
	static char room[80];
	const char *s = room;
	uint32_t n = 50;
	unsigned char to;

	memset(room, 'a', 50);
	ck_assert_ptr_nonnull(p);
	ck_assert(pattern_batch(p, run, &s, &n, 1, &to) == (size_t)-1);
	pattern_run_free(run);
	pattern_free(p);
}
END_TEST

static const struct { const char *text, *says; } refused[] = {
	{ "[a-z-[aeiou]]", "subtraction" }, { "\\i\\c*", "XML Schema" },
	{ "[a", "character 3" }, { "(a", "parenthesis" },
	{ "a)|(b", "parenthes" }, { "(a)\\1", "reference" }, { "a{2}{2}", "quantifier" },
};

START_TEST(refuse)
{
	struct fault f = FAULT_NONE;

	ck_assert_ptr_null(pattern_new(refused[_i].text, &f));
	ck_assert_msg(strstr(f.what, refused[_i].says) != NULL, "%s: %s",
	    refused[_i].text, f.what);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("pattern");
	TCase *c = tcase_create("pattern");
	SRunner *r;
	int failed;

	tcase_set_timeout(c, 60);
	tcase_add_loop_test(c, as_pcre, 0,
	    (int)(sizeof patterns / sizeof patterns[0]));
	tcase_add_test(c, hostile);
	tcase_add_loop_test(c, refuse, 0,
	    (int)(sizeof refused / sizeof refused[0]));
	suite_add_tcase(s, c);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
