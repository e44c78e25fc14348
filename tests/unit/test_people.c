/* lib/privacy: sets of people, as opt-out lists name them. */
#define _GNU_SOURCE
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/outfile.h"
#include "privacy/people.h"
#include "privacy_files.h"

static int
read_list(const char *text, size_t n, struct people *s,
    struct people_list *got, struct fault *f)
{
	put_file("list", text, n, 0600);
	return people_read(s, at("list"), -1, got, f);
}

static const struct {
	const char *text;
	int numbers, duplicates;
	const char *what; /* NULL: accepted */
	unsigned line;
} lists[] = {
	{ "9434765919\n9434765870\n", 2, 0, NULL, 0 },
	{ "9434765919,\n9434765870,\n", 2, 0, NULL, 0 },
	{ "9434765919,\r\n9434765870,\r\n", 2, 0, NULL, 0 },
	{ "9434765919\n9434765870", 2, 0, NULL, 0 },
	{ "9434765919\n943 476 5919\n943-476-5870\n", 3, 1, NULL, 0 },
	{ "\xef\xbb\xbfnhs_number\n9434765919\n\n", 1, 0, NULL, 0 },
	{ "NHS_NUMBER\r\n9434765919\r\n", 1, 0, NULL, 0 },
	{ "", 0, 0, "the list is empty", 0 },
	{ "\n\n", 0, 0, "the list is empty", 0 },
	{ "nhs_number\n", 0, 0, "the list is empty", 0 },
	{ "9434765919\n9434765918\n", 0, 0, "not a valid NHS", 2 },
	{ "9434765919\n\n9434765870\n", 0, 0, "a blank line", 3 },
	{ "9434765919\nnhs_number\n", 0, 0, "not a valid NHS", 2 },
	{ "9434765919 9434765870\n", 0, 0, "not a valid NHS", 1 },
	{ "9434765919,9434765870\n", 0, 0, "not a valid NHS", 1 },
	{ "9434765919,,\n", 0, 0, "not a valid NHS", 1 },
	{ "\xef\xbc\x99" "434765919\n", 0, 0, "not a valid NHS", 1 },
	{ "0434765919\n", 0, 0, "not a valid NHS", 1 },
	{ "{\"error\":\"no such mailbox, try again later, or ask somebody who "
	    "knows about it, which is a long line without an end", 0, 0,
	    "not a", 1 },
};

START_TEST(people_lists)
{
	struct fault f = FAULT_NONE;
	struct people *s = people_new();
	struct people_list got;
	int rc = read_list(lists[_i].text, strlen(lists[_i].text), s, &got,
	    &f);

	if (lists[_i].what != NULL) {
		ck_assert_int_eq(rc, -1);
		ck_assert_msg(strstr(f.what, lists[_i].what) != NULL, "%s",
		    f.what);
		ck_assert_uint_eq(f.line, lists[_i].line);
	} else {
		ck_assert_msg(rc == 0, "%s", f.what);
		ck_assert_int_eq((int)got.lines, lists[_i].numbers);
		ck_assert_int_eq((int)got.duplicates, lists[_i].duplicates);
		ck_assert(people_has(s, people_place("9434765919", 10)));
		ck_assert(!people_has(s, people_place("4010232137", 10)));
	}
	people_free(s);
}
END_TEST

/* Many, against the tenth digit as its definition reads. */
START_TEST(people_many)
{
	struct fault f = FAULT_NONE;
	struct people *s = people_new();
	struct outfile *out;
	unsigned x = 7, sum, i, n = 0;
	char number[11], *text;
	size_t size, k;
	int d;

	for (i = 0; i < 20000; i++) {
		x = x * 1664525 + 1013904223;
		(void)snprintf(number, sizeof number, "%09u", x % 1000000000);
		for (sum = 0, d = 0; d < 9; d++)
			sum += (unsigned)(10 - d) * (unsigned)(number[d] - '0');
		if (sum % 11 == 1)
			continue;
		number[9] = (char)('0' + (11 - sum % 11) % 11);
		number[10] = '\0';
		ck_assert_uint_eq(people_place(number, 10), x % 1000000000);
		n += (unsigned)people_add(s, x % 1000000000);
		number[9] = number[9] == '9' ? '0' : (char)(number[9] + 1);
		ck_assert_uint_eq(people_place(number, 10), PEOPLE_NONE);
	}
	ck_assert_uint_eq(people_count(s), n);
	out = outfile_open(at("request"), &f);
	ck_assert_int_eq(people_write_request(s, out, &f), 0);
	ck_assert_int_eq(outfile_commit(out, &f), 0);
	outfile_close(out);
	ck_assert_int_eq(infile_whole(at("request"), 1 << 20, &text, &size,
	    &f), 0);
	ck_assert_uint_eq(size, n * 12);
	for (k = 0; k < size; k += 12) {
		ck_assert_mem_eq(text + k + 10, ",\n", 2);
		ck_assert(people_has(s, people_place(text + k, 10)));
		ck_assert(k == 0 || memcmp(text + k - 12, text + k, 10) < 0);
	}
	free(text);
	people_free(s);
}
END_TEST

static void
add(TCase *t)
{
	tcase_add_loop_test(t, people_lists, 0,
	    (int)(sizeof lists / sizeof lists[0]));
	tcase_add_test(t, people_many);
}

int
main(void)
{
	return run_tests("people", add);
}
