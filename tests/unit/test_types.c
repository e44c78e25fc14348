/*
 * lib/spec/types. Verdicts: Table Schema 2.0, XML Schema part 2 and the RFCs
 * that they name, read by hand. Order of numbers: testdata/spec/numbers.csv,
 * made by Python's decimal. Dates: every day of four centuries against a
 * count of days made here.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/num.h"
#include "spec/types.h"

static const char *const no[] = { "N", "No", NULL };
static const char *const yes[] = { "Y", NULL };

#define F(...) { .name = "x", .bare_number = 1, .scale = -1, __VA_ARGS__ }

static const struct spec_field
	integer = F(.type = SPEC_INTEGER),
	grouped = F(.type = SPEC_INTEGER, .group_char = ","),
	bare = { .name = "x", .type = SPEC_INTEGER, .bare_number = 0 },
	number = F(.type = SPEC_NUMBER),
	euro = F(.type = SPEC_NUMBER, .decimal_char = ",", .group_char = "."),
	pounds = { .name = "x", .type = SPEC_NUMBER, .bare_number = 0,
	    .group_char = "," },
	boolean = F(.type = SPEC_BOOLEAN),
	yesno = F(.type = SPEC_BOOLEAN, .true_values = { 1, yes },
	    .false_values = { 2, no }),
	date = F(.type = SPEC_DATE),
	ukdate = F(.type = SPEC_DATE, .format = "%d/%m/%Y"),
	compact = F(.type = SPEC_DATE, .format = "fmt:%Y%m%d"),
	words = F(.type = SPEC_DATE, .format = "%d %b %y"),
	time24 = F(.type = SPEC_TIME),
	hhmm = F(.type = SPEC_TIME, .format = "%H:%M"),
	ampm = F(.type = SPEC_TIME, .format = "%I:%M %p"),
	datetime = F(.type = SPEC_DATETIME),
	year = F(.type = SPEC_YEAR),
	yearmonth = F(.type = SPEC_YEARMONTH),
	duration = F(.type = SPEC_DURATION),
	email = F(.type = SPEC_STRING, .format = "email"),
	uri = F(.type = SPEC_STRING, .format = "uri"),
	uuid = F(.type = SPEC_STRING, .format = "uuid"),
	binary = F(.type = SPEC_STRING, .format = "binary"),
	object = F(.type = SPEC_OBJECT),
	array = F(.type = SPEC_ARRAY),
	geojson = F(.type = SPEC_GEOJSON),
	list = F(.type = SPEC_LIST, .item_type = SPEC_INTEGER,
	    .item_delimiter = ";"),
	point = F(.type = SPEC_GEOPOINT),
	point_array = F(.type = SPEC_GEOPOINT, .format = "array"),
	point_object = F(.type = SPEC_GEOPOINT, .format = "object"),
	any = F(.type = SPEC_ANY), string = F(.type = SPEC_STRING);

static const struct { const struct spec_field *f; const char *cell; int ok; }
verdicts[] = {
	{ &integer, "0", 1 }, { &integer, "007", 1 }, { &integer, "+7", 1 },
	{ &integer, "-123456789012345678901234567890", 1 },
	{ &integer, "", 0 }, { &integer, "-", 0 }, { &integer, "1.0", 0 },
	{ &integer, "1e3", 0 }, { &integer, "--1", 0 }, { &integer, " 1", 0 },
	{ &integer, "1 ", 0 }, { &integer, "12345678x", 0 },
	{ &integer, "1:34", 0 }, { &integer, "1/34", 0 },
	{ &integer, "1,000", 0 }, { &grouped, "1,000", 1 },
	{ &grouped, "12,345,678", 1 }, { &grouped, ",1", 0 },
	{ &grouped, "1,", 0 }, { &grouped, "1,,0", 0 }, { &grouped, "9", 1 },
	{ &bare, "\xc2\xa3" "95", 1 }, { &bare, "95%", 1 },
	{ &bare, "EUR -95", 1 }, { &bare, "pounds", 0 }, { &bare, "9 5", 0 },
	{ &number, "1.5", 1 }, { &number, ".5", 1 }, { &number, "5.", 1 },
	{ &number, "1E3", 1 }, { &number, "1.5E-3", 1 }, { &number, "e3", 0 },
	{ &number, ".", 0 }, { &number, "1e", 0 }, { &number, "1.2.3", 0 },
	{ &number, "12-3", 0 }, { &number, "nan", 1 }, { &number, "-INF", 1 },
	{ &number, "+INF", 0 }, { &number, "NaNN", 0 }, { &number, "0x1", 0 },
	{ &number, "1234567890123.1234567890123", 1 }, { &number, "1_0", 0 },
	{ &euro, "1.234,56", 1 }, { &euro, "1.000.000,5", 1 },
	{ &euro, "1,5.0", 0 }, { &euro, "12", 1 },
	{ &pounds, "\xe2\x82\xac" "95.50", 1 }, { &pounds, "95.5%", 1 },
	{ &pounds, "EUR 1,250.75", 1 }, { &pounds, "-12.3 GBP", 1 },
	{ &pounds, "n/a", 0 }, { &pounds, "1.2 3", 0 },
	{ &boolean, "TRUE", 1 }, { &boolean, "0", 1 }, { &boolean, "tRUE", 0 },
	{ &boolean, "yes", 0 }, { &yesno, "Y", 1 }, { &yesno, "No", 1 },
	{ &yesno, "true", 0 }, { &yesno, "y", 0 },
	{ &date, "2024-02-29", 1 }, { &date, "2023-02-29", 0 },
	{ &date, "1900-02-29", 0 }, { &date, "2000-02-29", 1 },
	{ &date, "2024-2-1", 0 }, { &date, "2024-04-31", 0 },
	{ &date, "20240229", 0 }, { &date, "2024-13-01", 0 },
	{ &date, "2024-00-01", 0 }, { &date, "2024-01-00", 0 },
	{ &date, "2024-01-0:", 0 }, { &date, "2024-01-32", 0 },
	{ &date, "2024/01/01", 0 }, { &date, "2024-1a-01", 0 },
	{ &ukdate, "29/02/2024", 1 }, { &ukdate, "31/02/2024", 0 },
	{ &ukdate, "2024-02-29", 0 }, { &ukdate, "1/2/2024", 1 },
	{ &compact, "20240229", 1 }, { &compact, "20241301", 0 },
	{ &words, "01 Feb 24", 1 }, { &words, "1 feb 99", 1 },
	{ &words, "1 foo 99", 0 },
	{ &time24, "00:00:00", 1 }, { &time24, "23:59:59", 1 },
	{ &time24, "24:00:00", 0 }, { &time24, "12:60:00", 0 },
	{ &time24, "15:00", 0 }, { &time24, "12:00:00.5Z", 1 },
	{ &hhmm, "09:15", 1 }, { &hhmm, "24:15", 0 }, { &hhmm, "9.15", 0 },
	{ &ampm, "12:30 am", 1 }, { &ampm, "13:30 am", 0 },
	{ &datetime, "2024-01-26T15:00:00", 1 },
	{ &datetime, "2024-01-26T15:00:00.300-05:00", 1 },
	{ &datetime, "2024-01-26T15:00:00Z", 1 },
	{ &datetime, "2024-01-26 15:00:00", 0 },
	{ &datetime, "2024-01-26T15:00:00.", 0 },
	{ &datetime, "2024-01-26T15:00:00+1500", 0 },
	{ &datetime, "2024-01-26", 0 }, { &datetime, "2024-01-26T25:00:00", 0 },
	{ &year, "2024", 1 }, { &year, "-0044", 1 }, { &year, "12024", 1 },
	{ &year, "24", 0 }, { &year, "02024", 0 }, { &year, "202x", 0 },
	{ &yearmonth, "2024-01", 1 }, { &yearmonth, "2024-13", 0 },
	{ &yearmonth, "2024-1", 0 }, { &yearmonth, "202401", 0 },
	{ &duration, "P1Y2M3DT10H30M", 1 }, { &duration, "PT1.5S", 1 },
	{ &duration, "-P10D", 1 }, { &duration, "P", 0 },
	{ &duration, "P1YT", 0 }, { &duration, "P1S", 0 },
	{ &duration, "PT1M1H", 0 }, { &duration, "P1.5D", 0 },
	{ &duration, "1Y", 0 }, { &duration, "P1H", 0 },
	{ &email, "a.b@example.org", 1 }, { &email, "no-at.example.org", 0 },
	{ &email, "a b@example.org", 0 }, { &email, "a@b@c", 0 },
	{ &email, ".a@example.org", 0 }, { &email, "a@-x.org", 0 },
	{ &uri, "http://example.org/a?b=1", 1 }, { &uri, "urn:x:y", 1 },
	{ &uri, "not a uri", 0 }, { &uri, "http://a b", 0 },
	{ &uri, "1x:y", 0 }, { &uri, "x:%4", 0 }, { &uri, "x:%4f", 1 },
	{ &uuid, "123E4567-e89b-42d3-a456-426614174000", 1 },
	{ &uuid, "123e4567-e89b-42d3-a456-42661417400", 0 },
	{ &uuid, "123e4567-e89b-42d3-a456-42661417400g", 0 },
	{ &binary, "aGVsbG8=", 1 }, { &binary, "AAAA", 1 }, { &binary, "", 1 },
	{ &binary, "aGVsbG8*", 0 }, { &binary, "abc", 0 },
	{ &binary, "=AAA", 0 },
	{ &object, "{\"a\":1}", 1 }, { &object, " {} ", 1 },
	{ &object, "[1]", 0 }, { &object, "{a:1}", 0 }, { &object, "x", 0 },
	{ &object, "{\"a\":01}", 0 }, { &object, "{\"a\":1,}", 0 },
	{ &object, "{\"a\":\"\\u00e9\\n\"}", 1 }, { &object, "{\"\\x\":1}", 0 },
	{ &object, "{} {}", 0 }, { &object, "{\"a\":[1,{\"b\":null}]}", 1 },
	{ &array, "[1,2.5e3,-0,true]", 1 }, { &array, "[1,", 0 },
	{ &array, "[]", 1 }, { &array, "{}", 0 }, { &array, "[1 2]", 0 },
	{ &geojson, "{\"type\":\"Point\",\"coordinates\":[0,51]}", 1 },
	{ &geojson, "{\"type\":\"Dot\"}", 0 }, { &geojson, "{}", 0 },
	{ &list, "1;2;3", 1 }, { &list, "7", 1 }, { &list, "1;x", 0 },
	{ &list, "1;", 0 },
	{ &point, "90.50, 45.50", 1 }, { &point, "-0.1,51.5", 1 },
	{ &point, "90.50", 0 }, { &point, "a,b", 0 }, { &point, "181,0", 0 },
	{ &point, "180,-90", 1 }, { &point, "0,90.0000001", 0 },
	{ &point_array, "[90.50, 45.50]", 1 }, { &point_array, "[1]", 0 },
	{ &point_object, "{\"lon\": 90.50, \"lat\": 45.50}", 1 },
	{ &point_object, "{\"lat\": 45, \"lon\": 90}", 1 },
	{ &point_object, "{\"lon\": 1, \"lon\": 2}", 0 },
	{ &any, "x", 1 }, { &string, "x", 1 },
};

START_TEST(verdict)
{
	struct fault f = FAULT_NONE;
	struct type *t = type_new(verdicts[_i].f, &f);
	const char *cell = verdicts[_i].cell, *p;
	char room[128] = { 0 };
	uint32_t n = (uint32_t)strlen(cell);
	unsigned char to;
	int64_t value;
	struct buf key = { 0 };

	ck_assert_ptr_nonnull(t);
	(void)strcpy(room, cell);
	p = room;
	ck_assert_msg(type_ok(t, p, n) == verdicts[_i].ok, "%s", cell);
	ck_assert(type_batch(t, &p, &n, 1, &to, &value) ==
	    !verdicts[_i].ok);
	ck_assert_int_eq(to != TYPE_BAD, verdicts[_i].ok);
	ck_assert_int_eq(type_key(t, p, n, &key) == 0, verdicts[_i].ok);
	ck_assert_int_eq(type_value(t, p, n, &value) == 0, to == TYPE_VALUE);
	buf_free(&key);
	type_free(t);
}
END_TEST

static int
order(const struct type *t, const char *a, const char *b)
{
	struct buf x = { 0 }, y = { 0 };
	int c;

	ck_assert_int_eq(type_key(t, a, strlen(a), &x), 0);
	ck_assert_int_eq(type_key(t, b, strlen(b), &y), 0);
	c = type_order(t, x.p, x.n, y.p, y.n);
	/* Equal values have equal keys. */
	if (type_ordered(t) && c == 0 && strchr(a, 'P') == NULL)
		ck_assert(x.n == y.n && memcmp(x.p, y.p, x.n) == 0);
	buf_free(&x);
	buf_free(&y);
	return c;
}

static const struct { const struct spec_field *f; const char *a, *b; int c; }
orders[] = {
	{ &number, "-INF", "-1e40", -1 }, { &number, "INF", "1e40", 1 },
	{ &number, "NaN", "1", 2 }, { &number, "0", "-0.0", 0 },
	{ &integer, "01", "1", 0 }, { &integer, "-2", "-10", 1 },
	{ &grouped, "1,000", "1000", 0 }, { &pounds, "GBP 1,000.50", "1000.5",
	    0 }, { &euro, "1.000,5", "1000,50", 0 },
	{ &date, "2024-02-29", "2024-03-01", -1 },
	{ &ukdate, "01/03/2023", "28/02/2024", -1 },
	{ &words, "1 Feb 68", "1 Feb 69", 1 },
	{ &datetime, "2024-01-26T15:00:00Z", "2024-01-26T16:00:00+01:00", 0 },
	{ &datetime, "2024-01-26T15:00:00.30Z", "2024-01-26T15:00:00.3", 0 },
	{ &datetime, "2024-01-26T15:00:00.29", "2024-01-26T15:00:00.3", -1 },
	{ &datetime, "1960-01-01T00:00:00", "1970-01-01T00:00:00", -1 },
	{ &time24, "09:00:00", "10:00:00", -1 },
	{ &ampm, "12:30 am", "12:30 pm", -1 },
	{ &year, "-0044", "0001", -1 }, { &yearmonth, "2024-01", "2023-12", 1 },
	/* XML Schema part 2, 3.2.6.2, its table of examples */
	{ &duration, "P1Y", "P364D", 1 }, { &duration, "P1Y", "P365D", 2 },
	{ &duration, "P1Y", "P366D", 2 }, { &duration, "P1Y", "P367D", -1 },
	{ &duration, "P1M", "P27D", 1 }, { &duration, "P1M", "P28D", 2 },
	{ &duration, "P1M", "P31D", 2 }, { &duration, "P1M", "P32D", -1 },
	{ &duration, "P5M", "P149D", 1 }, { &duration, "P5M", "P150D", 2 },
	{ &duration, "P5M", "P154D", -1 },
	{ &duration, "PT36H", "P1DT12H", 0 },
	{ &duration, "-P1D", "PT0S", -1 }, { &duration, "PT1.5S", "PT1S", 1 },
	{ &duration, "-PT1.5S", "-PT1S", -1 },
	{ &duration, "-PT0.5S", "PT0.4S", -1 },
	{ &boolean, "true", "1", 0 }, { &yesno, "N", "No", 0 },
	{ &list, "01;2", "1;02", 0 }, { &list, "1;23", "12;3", -1 },
	{ &point, "1.0,2", "1,2.0", 0 },
	{ &uuid, "123E4567-E89B-42D3-A456-426614174000",
	    "123e4567-e89b-42d3-a456-426614174000", 0 },
};

START_TEST(ordered)
{
	struct fault f = FAULT_NONE;
	struct type *t = type_new(orders[_i].f, &f);
	int c = order(t, orders[_i].a, orders[_i].b);

	ck_assert_msg(c == orders[_i].c, "%s %s: %d", orders[_i].a,
	    orders[_i].b, c);
	c = order(t, orders[_i].b, orders[_i].a);
	ck_assert_int_eq(c, orders[_i].c == 2 ? 2 : -orders[_i].c);
	type_free(t);
}
END_TEST

START_TEST(numbers)
{
	char path[4096], line[256], *a, *b, *want;
	const char *src = getenv("NIB_SRC");
	struct fault f = FAULT_NONE;
	struct type *t = type_new(&number, &f);
	int rows = 0;
	FILE *in;

	(void)snprintf(path, sizeof path, "%s/testdata/spec/numbers.csv",
	    src != NULL ? src : ".");
	in = fopen(path, "r");
	ck_assert_ptr_nonnull(in);
	ck_assert_ptr_nonnull(fgets(line, sizeof line, in));
	while (fgets(line, sizeof line, in) != NULL) {
		int64_t x, y;
		int c, w;

		a = line;
		b = strchr(a, ',');
		*b++ = '\0';
		want = strchr(b, ',');
		*want++ = '\0';
		w = atoi(want);
		c = order(t, a, b);
		ck_assert_msg(c == w, "%s %s: %d", a, b, c);
		/* Where both have quick values, those say the same. */
		if (type_value(t, a, strlen(a), &x) == 0 &&
		    type_value(t, b, strlen(b), &y) == 0)
			ck_assert_int_eq((x > y) - (x < y), w);
		rows++;
	}
	ck_assert_int_eq(rows, 1500);
	(void)fclose(in);
	type_free(t);
}
END_TEST

START_TEST(days)
{
	struct fault f = FAULT_NONE;
	struct type *t = type_new(&date, &f);
	int64_t last = -1, v;
	int y, m, d, real = 0;
	char s[64];
	const char *p = s;
	uint32_t n = 10;
	unsigned char to;

	memset(s, 0, sizeof s);
	for (y = 1800; y < 2200; y++)
		for (m = 0; m <= 13; m++)
			for (d = 0; d <= 32; d++) {
				(void)snprintf(s, sizeof s, "%04d-%02d-%02d",
				    y, m, d);
				(void)type_batch(t, &p, &n, 1, &to, &v);
				if (to == TYPE_BAD)
					continue;
				ck_assert_int_eq(to, TYPE_VALUE);
				ck_assert(v > last);
				last = v;
				real++;
			}
	ck_assert_int_eq(real, 146097); /* days in 400 years */
	type_free(t);
}
END_TEST

START_TEST(lengths)
{
	struct fault f = FAULT_NONE;
	struct type *t = type_new(&string, &f);

	ck_assert_uint_eq(type_length(t, "\xc3\xa9\xc3\xa8\xc3\xbc", 6), 3);
	type_free(t);
	t = type_new(&list, &f);
	ck_assert_uint_eq(type_length(t, "1;2;3", 5), 3);
	type_free(t);
	t = type_new(&array, &f);
	ck_assert_uint_eq(type_length(t, "[1,[2,3],{}]", 12), 3);
	type_free(t);
	t = type_new(&object, &f);
	ck_assert_uint_eq(type_length(t, "{\"a\":[1,2],\"b\":0}", 17), 2);
	type_free(t);
}
END_TEST

START_TEST(refused)
{
	static const struct spec_field wrong[] = {
		F(.type = SPEC_DATE, .format = "%Q"),
		F(.type = SPEC_DATE, .format = "%"),
		F(.type = SPEC_STRING, .format = "phone"),
		F(.type = SPEC_GEOPOINT, .format = "wkt"),
		F(.type = SPEC_LIST, .item_type = SPEC_OBJECT),
	};
	size_t i;

	for (i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		struct fault f = FAULT_NONE;

		ck_assert_ptr_null(type_new(&wrong[i], &f));
		ck_assert(f.set);
	}
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("types");
	TCase *c = tcase_create("types");
	SRunner *r;
	int failed;

	tcase_set_timeout(c, 60);
	tcase_add_loop_test(c, verdict, 0,
	    (int)(sizeof verdicts / sizeof verdicts[0]));
	tcase_add_loop_test(c, ordered, 0,
	    (int)(sizeof orders / sizeof orders[0]));
	tcase_add_test(c, numbers);
	tcase_add_test(c, days);
	tcase_add_test(c, lengths);
	tcase_add_test(c, refused);
	suite_add_tcase(s, c);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
