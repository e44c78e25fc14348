/*
 * Room linkage. Similarities against testdata/linkage/compare.csv, made by
 * textbook definitions in Python; its first 18 rows are also in Winkler
 * (1990) and Jaro (1989) to three digits. Steps against a naive closure
 * over all pairs, written out below.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/date.h"
#include "csv/table.h"
#include "linkage/compare.h"
#include "linkage/matching.h"
#include "linkage/normal.h"
#include "linkage/steps.h"

static const char *
source(const char *path, char to[512])
{
	const char *src = getenv("NIB_SRC");

	(void)snprintf(to, 512, "%s/%s", src != NULL ? src : ".", path);
	return to;
}

START_TEST(similarities)
{
	struct fault f = FAULT_NONE;
	struct csv_table *t;
	char path[512];
	size_t i;
	unsigned k;

	t = csv_table_open(source("testdata/linkage/compare.csv", path), ',',
	    &f);
	ck_assert_msg(t != NULL, "%s", f.what);
	ck_assert_uint_eq(t->nrows, 160);
	for (i = 0; i < t->nrows; i++) {
		const char *a = csv_table_cell(t, i, 0);
		const char *b = csv_table_cell(t, i, 1);
		size_t n = strlen(a), m = strlen(b);

		ck_assert_double_eq_tol(compare_jaro(a, n, b, m),
		    strtod(csv_table_cell(t, i, 2), NULL), 1e-8);
		ck_assert_double_eq_tol(compare_jaro_winkler(a, n, b, m),
		    strtod(csv_table_cell(t, i, 3), NULL), 1e-8);
		ck_assert_uint_eq(compare_levenshtein(a, n, b, m),
		    strtoul(csv_table_cell(t, i, 4), NULL, 10));
		ck_assert_uint_eq(compare_damerau(a, n, b, m),
		    strtoul(csv_table_cell(t, i, 5), NULL, 10));
		ck_assert_uint_eq(compare_damerau(b, m, a, n),
		    strtoul(csv_table_cell(t, i, 5), NULL, 10));
		for (k = 0; k < 4; k++)
			ck_assert_int_eq(compare_damerau_within(a, n, b, m, k),
			    strtoul(csv_table_cell(t, i, 5), NULL, 10) <= k);
	}
	csv_table_close(t);
}
END_TEST

/* Source: US National Archives, "The Soundex Indexing System", examples. */
/*
 * An edit is a character, not a byte. Distances and similarities as rapidfuzz
 * 3 has them.
 */
static const struct {
	const char *a, *b;
	double jaro, jaro_winkler;
	unsigned levenshtein, damerau;
} letters[] = {
	{ "\xce\x91\xce\x92\xce\x93", "\xce\x91\xce\x93\xce\x92",
	    0.555555556, 0.555555556, 2, 1 },
	{ "\xd0\x98\xd0\xb2", "\xd0\x98", 0.833333333, 0.850000000, 1, 1 },
	{ "a\xf0\x9f\x98\x80" "b", "a\xe3\x81\x82" "b", 0.777777778, 0.800000000, 1, 1 },
	{ "MAR\xce\xa9" "HTA", "MAR\xce\xa9" "THA", 0.952380952, 0.971428571, 2, 1 },
};

START_TEST(characters)
{
	char x[255], y[255];
	size_t n, m = strlen(letters[_i].b);

	n = compare_letters(letters[_i].a, strlen(letters[_i].a),
	    letters[_i].b, &m, x, y);
	ck_assert_double_eq_tol(compare_jaro(x, n, y, m), letters[_i].jaro,
	    1e-8);
	ck_assert_double_eq_tol(compare_jaro_winkler(x, n, y, m),
	    letters[_i].jaro_winkler, 1e-8);
	ck_assert_uint_eq(compare_levenshtein(x, n, y, m),
	    letters[_i].levenshtein);
	ck_assert_uint_eq(compare_damerau(x, n, y, m), letters[_i].damerau);
}
END_TEST

static const struct { const char *name, *want; } soundexes[] = {
	{ "Washington", "W252" }, { "Lee", "L000" }, { "Gutierrez", "G362" },
	{ "Pfister", "P236" }, { "Jackson", "J250" }, { "Tymczak", "T522" },
	{ "Ashcraft", "A261" }, { "VanDeusen", "V532" },
	{ "ROBERT", "R163" }, { "RUPERT", "R163" }, { "HONEYMAN", "H555" },
	{ "O'Hara", "O600" },
};

START_TEST(soundex)
{
	char to[5] = "";

	ck_assert_int_eq(compare_soundex(soundexes[_i].name,
	    strlen(soundexes[_i].name), to), 0);
	ck_assert_str_eq(to, soundexes[_i].want);
	ck_assert_int_eq(compare_soundex("12", 2, to), -1);
}
END_TEST

static const struct {
	const char *a, *b;
	unsigned parts;
	int swapped, slip, partial;
} dates[] = {
	{ "1970-03-04", "1970-03-04", 3, 0, 0, 1 },
	{ "1970-03-04", "1970-03-05", 2, 0, 0, 1 },
	{ "1970-03-04", "1970-04-03", 1, 1, 0, 1 },
	{ "1970-03-04", "1971-04-03", 0, 0, 0, 0 },
	{ "1970-03-04", "1971-03-04", 2, 0, 1, 1 },
	{ "1970-03-04", "1907-03-04", 2, 0, 1, 1 },
	{ "1970-03-04", "1790-03-04", 2, 0, 1, 1 },
	{ "1970-03-04", "1992-03-04", 2, 0, 0, 1 },
	{ "1970-03-04", "1970-05-06", 1, 0, 0, 0 },
	{ "1970-03-04", "1969-12-31", 0, 0, 0, 0 },
	{ "1970-05-05", "1970-05-05", 3, 0, 0, 1 },
};

START_TEST(date_agreement)
{
	int32_t a, b;

	ck_assert_int_eq(date_parse(dates[_i].a, 10, &a), 0);
	ck_assert_int_eq(date_parse(dates[_i].b, 10, &b), 0);
	ck_assert_uint_eq(compare_date_parts(a, b), dates[_i].parts);
	ck_assert_int_eq(compare_date_swapped(a, b), dates[_i].swapped);
	ck_assert_int_eq(compare_date_year_slip(a, b), dates[_i].slip);
	ck_assert_int_eq(compare_date_partial(a, b), dates[_i].partial);
	ck_assert_int_eq(compare_date_partial(b, a), dates[_i].partial);
}
END_TEST

/* A field of each form, and what it makes of cells; NULL: missing. */
static const struct { const char *field, *cell, *want; } cells[] = {
	{ "{\"type\":\"name\",\"columns\":[\"a\"]}", "O'Brien-Smith",
	    "OBRIEN SMITH" },
	{ "{\"type\":\"name\",\"columns\":[\"a\"]}", "  J\xc3\xb6rg  ",
	    "JORG" },
	{ "{\"type\":\"name\",\"columns\":[\"a\"]}", "O\xe2\x80\x99Neill",
	    "ONEILL" },
	{ "{\"type\":\"name\",\"columns\":[\"a\"]}", "St. John", "ST JOHN" },
	{ "{\"type\":\"name\",\"columns\":[\"a\"]}", "--", NULL },
	/* Jose and a combining accent; Vietnamese, Welsh, Romanian. */
	{ "{\"type\":\"name\",\"columns\":[\"a\"]}", "Jose\xcc\x81", "JOSE" },
	{ "{\"type\":\"name\",\"columns\":[\"a\"]}",
	    "Nguy\xe1\xbb\x85n", "NGUYEN" },
	{ "{\"type\":\"name\",\"columns\":[\"a\"]}",
	    "Gw\xe1\xba\x83n \xc8\x98tefan", "GWWN STEFAN" },
	/* A blank that does not break, a dash, another apostrophe. */
	{ "{\"type\":\"name\",\"columns\":[\"a\"]}",
	    "Ann\xc2\xa0Lee\xe2\x80\x93Roy O\xca\xbcNeill",
	    "ANN LEE ROY ONEILL" },
	{ "{\"type\":\"name\",\"columns\":[\"a\"]}",
	    "\xd0\x98\xd0\xb2", "\xd0\x98\xd0\xb2" },
	/* Whole characters, whatever they take. */
	{ "{\"type\":\"name\",\"columns\":[\"a\"],\"prefix\":2}",
	    "\xce\x91\xce\x92\xce\x93", "\xce\x91\xce\x92" },
	{ "{\"type\":\"text\",\"columns\":[\"a\"],\"sorted\":true}",
	    "\xce\x93 b\xce\x91 a", "AB\xce\x91\xce\x93" },
	{ "{\"type\":\"name\",\"columns\":[\"a\"],"
	    "\"missing\":[\"UNK*\"]}", "Unknown", NULL },
	{ "{\"type\":\"nhs_number\",\"columns\":[\"a\"]}", "943 476 5919",
	    "9434765919" },
	{ "{\"type\":\"nhs_number\",\"columns\":[\"a\"]}", "9434765918",
	    NULL },
	{ "{\"type\":\"nhs_number\",\"columns\":[\"a\"],"
	    "\"keep_invalid\":true}", "9434765918", "9434765918" },
	{ "{\"type\":\"nhs_number\",\"columns\":[\"a\"]}", "94347659190",
	    NULL },
	{ "{\"type\":\"date\",\"columns\":[\"a\"]}", "2024-02-29",
	    "2024-02-29" },
	{ "{\"type\":\"date\",\"columns\":[\"a\"]}", "2023-02-29", NULL },
	{ "{\"type\":\"date\",\"columns\":[\"a\"],\"format\":"
	    "\"%d/%m/%Y\"}", "03/04/1970", "1970-04-03" },
	{ "{\"type\":\"date\",\"columns\":[\"a\"],\"format\":\"%Y%m%d\"}",
	    "19700403", "1970-04-03" },
	{ "{\"type\":\"date\",\"columns\":[\"a\"],"
	    "\"minimum\":\"1895-01-01\"}", "1894-12-31", NULL },
	{ "{\"type\":\"sex\",\"columns\":[\"a\"],\"recode\":{\"F\":\"2\"}}",
	    "F", "2" },
	{ "{\"type\":\"sex\",\"columns\":[\"a\"]}", "9", NULL },
	{ "{\"type\":\"postcode\",\"columns\":[\"a\"]}", "ls11uy",
	    "LS1  1UY" },
	{ "{\"type\":\"postcode\",\"columns\":[\"a\"],"
	    "\"missing\":[\"ZZ*\"]}", "ZZ99 3VZ", NULL },
	{ "{\"type\":\"local_id\",\"columns\":[\"a\"]}", "000 a0120",
	    "A0120" },
	{ "{\"type\":\"digits\",\"columns\":[\"a\"]}", "01-02", "0102" },
	{ "{\"type\":\"text\",\"columns\":[\"a\"]}", " a  b\t", "A B" },
};

static struct matching *
parse(const char *text, struct fault *f)
{
	return matching_parse("test", text, strlen(text), f);
}

START_TEST(normal_forms)
{
	struct fault f = FAULT_NONE;
	struct buf text = { 0 }, to = { 0 };
	struct matching *m;
	int rc;

	buf_printf(&text, "{\"name\":\"t\",\"fields\":{\"a\":%s},"
	    "\"steps\":[{\"id\":\"1\",\"all\":[\"a\"]}]}", cells[_i].field);
	m = parse(buf_string(&text), &f);
	ck_assert_msg(m != NULL, "%s", f.what);
	rc = normal_cell(&m->fields[0], cells[_i].cell,
	    strlen(cells[_i].cell), &to);
	ck_assert_int_eq(rc, cells[_i].want != NULL);
	if (rc)
		ck_assert_str_eq(buf_string(&to), cells[_i].want);
	matching_close(m);
	buf_free(&text);
	buf_free(&to);
}
END_TEST

#define FIELDS "\"fields\":{\"n\":{\"type\":\"nhs_number\",\"columns\":" \
	"[\"n\"]},\"d\":{\"type\":\"date\",\"columns\":[\"d\"]}}"

static const struct { const char *text, *want; } bads[] = {
	{ "{", "not JSON: string or '}' expected" },
	{ "[]", "$: must be an object" },
	{ "{\"name\":\"t\"}", "fields: missing" },
	{ "{\"name\":\"t\",\"feilds\":{}}",
	    "feilds: unknown member; did you mean fields?" },
	{ "{\"name\":\"t\",\"fields\":{\"n\":{\"type\":\"int\"}}}",
	    "fields.n.type: unknown type; known are name, nhs_number, date, "
	    "sex, postcode, code, local_id, digits, text" },
	{ "{\"name\":\"t\"," FIELDS "}",
	    "steps: neither steps nor comparisons" },
	{ "{\"name\":\"t\"," FIELDS ",\"steps\":[{\"id\":\"1\",\"all\":"
	    "[\"x exact\"]}]}", "steps[0].all[0]: no field x" },
	{ "{\"name\":\"t\"," FIELDS ",\"steps\":[{\"id\":\"1\",\"all\":"
	    "[\"n near\"]}]}", "steps[0].all[0]: unknown test near" },
	{ "{\"name\":\"t\"," FIELDS ",\"steps\":[{\"id\":\"1\",\"all\":"
	    "[\"n sector\"]}]}", "steps[0].all[0]: sector is not for a field "
	    "of type nhs_number" },
	{ "{\"name\":\"t\"," FIELDS ",\"steps\":[{\"id\":\"1\",\"all\":"
	    "[\"n damerau\"]}]}", "steps[0].all[0]: damerau needs a number" },
	{ "{\"name\":\"t\"," FIELDS ",\"steps\":[{\"id\":\"1\",\"all\":"
	    "[\"n jaro 2\"]}]}",
	    "steps[0].all[0]: jaro needs a number from 0 to 1" },
	{ "{\"name\":\"t\"," FIELDS ",\"steps\":[{\"id\":\"1\",\"all\":"
	    "[\"n compatible\"]}]}", "steps[0].all: needs a test that makes "
	    "blocks (exact, soundex, prefix, year, year-month, month-day, "
	    "sector, district, area)" },
	{ "{\"name\":\"t\"," FIELDS ",\"comparisons\":[{\"field\":\"n\","
	    "\"levels\":[\"n\"]}],\"blocking\":[[\"n damerau 1\"]]}",
	    "blocking[0][0]: damerau cannot make blocks" },
	{ "{\"name\":\"t\"," FIELDS ",\"comparisons\":[{\"field\":\"n\","
	    "\"levels\":[\"n\"]}]}",
	    "blocking: comparisons and blocking need each other" },
	{ "{\"nib_model\":1,\"matching\":{\"name\":\"t\"," FIELDS
	    ",\"comparisons\":[{\"field\":\"n\",\"levels\":[\"n\"]}],"
	    "\"blocking\":[[\"n\"]]},\"lambda\":0.1,\"weights\":{\"n\":"
	    "{\"m\":[0.9,0],\"u\":[0.1,0.9]}}}",
	    "weights.n.m[1]: must be a share above 0, at most 1" },
	{ "{\"name\":\"t\",\"name\":\"u\"}", "not JSON: duplicate object key" },
};

START_TEST(bad_matching)
{
	struct fault f = FAULT_NONE;

	ck_assert_ptr_null(parse(bads[_i].text, &f));
	ck_assert_str_eq(f.what, bads[_i].want);
	ck_assert_str_eq(f.file, "test");
}
END_TEST

static const char three[] =
    "{\"name\":\"t\",\"fields\":{"
    "\"a\":{\"type\":\"code\",\"columns\":[\"a\"]},"
    "\"b\":{\"type\":\"code\",\"columns\":[\"b\"]},"
    "\"c\":{\"type\":\"code\",\"columns\":[\"c\"]}},"
    "\"steps\":[{\"id\":\"1\",\"all\":[\"a\",\"b damerau 1\"]},"
    "{\"id\":\"2\",\"all\":[\"b\",\"c\"]},"
    "{\"id\":\"3\",\"all\":[\"c\",\"b prefix 1\",\"a compatible\"]}]}";

/* Do two records meet some step? Codes are one letter or two, or missing. */
static int
naive(const struct values *v, const uint32_t *x, const uint32_t *y)
{
	const char *p, *q;
	size_t n, m, i, off = 0;

	if (x[1] != 0 && y[1] != 0) {
		p = values_text(v, 1, x[1], &n);
		q = values_text(v, 1, y[1], &m);
		for (i = 0; i < 2; i++)
			off += p[i] != q[i];
		if (off == 2 && p[0] == q[1] && p[1] == q[0])
			off = 1;
		if (x[0] != 0 && x[0] == y[0] && off <= 1)
			return 1;
		if (x[1] == y[1] && x[2] != 0 && x[2] == y[2])
			return 1;
		if (x[2] != 0 && x[2] == y[2] && p[0] == q[0] &&
		    (x[0] == 0 || y[0] == 0 || x[0] == y[0]))
			return 1;
	}
	return 0;
}

START_TEST(steps_naive)
{
	struct fault f = FAULT_NONE;
	struct matching *m = parse(three, &f);
	struct values *v;
	struct cohort cohort;
	struct roll roll = { 0 };
	struct steps_result got;
	char used[3] = { 1, 1, 1 }, text[3] = "";
	size_t i, j, s, n = 120;
	uint32_t want[120];
	int changed;

	ck_assert_msg(m != NULL, "%s", f.what);
	srand((unsigned)_i + 1);
	v = values_new(m, used);
	roll.n = n;
	roll.stride = 3;
	roll.codes = calloc(n * 3, sizeof *roll.codes);
	for (i = 0; i < n; i++)
		for (s = 0; s < 3; s++) {
			text[0] = (char)('A' + rand() % (s == 1 ? 4 : 30));
			text[1] = (char)('A' + rand() % 4);
			if (rand() % 5 > 0)
				roll.codes[i * 3 + s] = values_add(v, s, text,
				    2);
		}
	cohort_start(&cohort, v, 0, 0);
	cohort.a = roll;
	ck_assert_int_eq(steps_run(&got, &cohort, NULL, &f), 0);
	for (i = 0; i < n; i++)
		want[i] = (uint32_t)i;
	do {
		changed = 0;
		for (i = 0; i < n; i++)
			for (j = 0; j < n; j++)
				if (i != j && want[j] < want[i] &&
				    naive(v, roll_record(&roll, i),
				    roll_record(&roll, j))) {
					want[i] = want[j];
					changed = 1;
				}
	} while (changed);
	for (i = 0; i < n; i++)
		ck_assert_uint_eq(group_root(&got.persons, (uint32_t)i),
		    want[i]);
	steps_clear(&got);
	cohort_end(&cohort);
	matching_close(m);
}
END_TEST

/* Steps of every kind, over few values, so that there is much to decide. */
static const char all_kinds[] =
    "{\"name\":\"t\",\"max_block\":300,\"fields\":{"
    "\"a\":{\"type\":\"code\",\"columns\":[\"a\"]},"
    "\"b\":{\"type\":\"name\",\"columns\":[\"b\"]},"
    "\"c\":{\"type\":\"code\",\"columns\":[\"c\"]},"
    "\"d\":{\"type\":\"date\",\"columns\":[\"d\"],"
    "\"ignore\":[\"1980-01-02\"]}},"
    "\"steps\":[{\"id\":\"1\",\"all\":[\"a\",\"b\",\"d\"]},"
    "{\"id\":\"2\",\"all\":[\"b damerau 1\",\"d not-1-january\",\"d\"]},"
    "{\"id\":\"3\",\"household\":\"c\",\"all\":[\"a\",\"d year\"]},"
    "{\"id\":\"4\",\"single\":true,\"all\":[\"a\",\"c compatible\"]},"
    "{\"id\":\"5\",\"blocks\":[[\"a\"],[\"d month-day\"]],\"score\":["
    "{\"field\":\"b\",\"points\":[[\"b\",100],[\"b damerau 1\",60]]},"
    "{\"field\":\"c\",\"points\":[[\"c\",100]]}],\"agree\":1,"
    "\"at_least\":40,\"ahead\":10},"
    "{\"id\":\"6\",\"among\":\"unlinked\",\"all\":[\"c\",\"d not-ignored\"]},"
    "{\"id\":\"7\",\"all\":[\"b\"]}],"
    "\"never\":[[\"a different\",\"d different\"],[\"b prefix 1\",\"d within-days 1\","
    "\"a different\"]]}";

/* The same in a depot as in memory, with records of known persons too. */
START_TEST(steps_of_depot)
{
	struct fault f = FAULT_NONE;
	struct matching *m = parse(all_kinds, &f);
	struct steps_known known = { 0 };
	struct steps_result got[2];
	struct cohort cohort[2];
	struct buf rows[2] = { { 0 }, { 0 } };
	char used[4] = { 1, 1, 1, 1 }, text[11];
	size_t i, k, s, n = 400, size, step;

	ck_assert_msg(m != NULL, "%s", f.what);
	srand((unsigned)_i + 1);
	for (i = 0; i < n; i++)
		for (s = 0; s < 4; s++) {
			size = rand() % 6 == 0 ? 0 : s == 3 ? 10 : 2;
			(void)snprintf(text, sizeof text, s == 3 ?
			    "19%d-01-0%d" : "%c%c", s == 3 ? 80 + rand() % 3 :
			    'A' + rand() % (s == 1 ? 3 : 6), s == 3 ?
			    1 + rand() % 4 : 'A' + rand() % 6);
			for (k = 0; k < 2; k++) {
				buf_putc(&rows[k], (char)size);
				buf_put(&rows[k], text, size);
			}
		}
	if (_i % 2 == 1) {
		known.n = n / 4;
		known.person = calloc(known.n, sizeof *known.person);
		for (i = 0; i < known.n; i++)
			known.person[i] = (uint64_t)(rand() % 90);
		known.apart = calloc(1, sizeof *known.apart);
		known.napart = 1;
		known.apart[0] = (struct steps_apart){ 0, 1 };
		known.person[0] = 100;
		known.person[1] = 101;
	}
	for (k = 0; k < 2; k++) {
		cohort_start(&cohort[k], values_new(m, used),
		    k == 0 ? 0 : 1, 0);
		cohort[k].frequencies = 0;
		ck_assert_int_eq(cohort_add(&cohort[k], &rows[k], n, &f), 0);
		ck_assert_int_eq(cohort[k].depot != NULL, k == 1);
		/* Each block by itself, or many at once. */
		cohort[k].memory = _i % 4 < 2 ? 1 : 1 << 20;
		ck_assert_int_eq(steps_run(&got[k], &cohort[k], &known, &f),
		    0);
	}
	for (i = 0; i < n; i++) {
		ck_assert_uint_eq(got[0].persons.parent[i],
		    got[1].persons.parent[i]);
		ck_assert_uint_eq(got[0].by[i], got[1].by[i]);
	}
	for (step = 0; step < m->nsteps; step++)
		ck_assert_mem_eq(&got[0].counts[step], &got[1].counts[step],
		    sizeof *got[0].counts);
	for (k = 0; k < 2; k++) {
		steps_clear(&got[k]);
		cohort_end(&cohort[k]);
		buf_free(&rows[k]);
	}
	steps_known_clear(&known);
	matching_close(m);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("linkage");
	TCase *t = tcase_create("linkage");
	SRunner *r;
	int failed;

	tcase_add_test(t, similarities);
	tcase_add_loop_test(t, characters, 0,
	    (int)(sizeof letters / sizeof letters[0]));
	tcase_add_loop_test(t, soundex, 0,
	    (int)(sizeof soundexes / sizeof soundexes[0]));
	tcase_add_loop_test(t, date_agreement, 0,
	    (int)(sizeof dates / sizeof dates[0]));
	tcase_add_loop_test(t, normal_forms, 0,
	    (int)(sizeof cells / sizeof cells[0]));
	tcase_add_loop_test(t, bad_matching, 0,
	    (int)(sizeof bads / sizeof bads[0]));
	tcase_add_loop_test(t, steps_naive, 0, 20);
	tcase_add_loop_test(t, steps_of_depot, 0, 40);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? 0 : 1;
}
