/*
 * Dates, numbers and markup. Expected values: Python 3.11, datetime.date.toordinal,
 * repr(float), float.hex and decimal with ROUND_HALF_EVEN; the table of
 * decimals by hand.
 */
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/date.h"
#include "base/markup.h"
#include "base/num.h"

static const struct { int y, m, d; int32_t days; } dates[] = {
	{ 1, 1, 1, -719162 },
	{ 1582, 10, 15, -141427 },
	{ 1600, 2, 29, -135081 },
	{ 1752, 9, 3, -79377 },
	{ 1899, 12, 31, -25568 },
	{ 1900, 2, 28, -25509 },
	{ 1900, 3, 1, -25508 },
	{ 1948, 7, 5, -7850 },
	{ 1969, 12, 31, -1 },
	{ 1970, 1, 1, 0 },
	{ 1999, 12, 31, 10956 },
	{ 2000, 2, 29, 11016 },
	{ 2000, 3, 1, 11017 },
	{ 2024, 2, 29, 19782 },
	{ 2024, 12, 31, 20088 },
	{ 2025, 3, 1, 20148 },
	{ 2100, 2, 28, 47540 },
	{ 2400, 2, 29, 157113 },
	{ 9999, 12, 31, 2932896 },
	{ 4186, 12, 12, 809723 },
	{ 8685, 1, 27, 2452630 },
	{ 7629, 4, 21, 2067018 },
	{ 850, 3, 4, -409009 },
	{ 6092, 8, 28, 1505770 },
	{ 4040, 7, 18, 756251 },
	{ 1671, 10, 8, -108927 },
	{ 215, 12, 7, -640661 },
	{ 6688, 5, 6, 1723340 },
	{ 6381, 3, 25, 1611168 },
	{ 1179, 3, 20, -288829 },
};

START_TEST(date_counts)
{
	struct date_civil c;
	char text[16];
	int32_t days;
	int n;

	ck_assert_int_eq(date_days(dates[_i].y, dates[_i].m, dates[_i].d),
	    dates[_i].days);
	c = date_civil(dates[_i].days);
	ck_assert_int_eq(c.year, dates[_i].y);
	ck_assert_int_eq(c.month, dates[_i].m);
	ck_assert_int_eq(c.day, dates[_i].d);
	n = snprintf(text, sizeof text, "%04d-%02d-%02d", dates[_i].y,
	    dates[_i].m, dates[_i].d);
	ck_assert_int_eq(n, 10);
	ck_assert_int_eq(date_parse(text, 10, &days), 0);
	ck_assert_int_eq(days, dates[_i].days);
	memset(text, 0, sizeof text);
	date_format(dates[_i].days, text);
	ck_assert_int_eq(date_parse(text, 10, &days), 0);
	ck_assert_int_eq(days, dates[_i].days);
}
END_TEST

/* Each day of 400 years follows the one before. */
START_TEST(date_cycle)
{
	int32_t day = date_days(1800, 1, 1);
	int y, m, d;

	for (y = 1800; y < 2200; y++)
		for (m = 1; m <= 12; m++)
			for (d = 1; d <= date_month_days(y, m); d++) {
				struct date_civil c = date_civil(day);

				ck_assert(c.year == y && c.month == m &&
				    c.day == d);
				ck_assert(date_days(y, m, d) == day++);
			}
	ck_assert_int_eq(day - date_days(1800, 1, 1), 146097);
}
END_TEST

static const char *const bad_dates[] = {
	"", "2024", "2024-1-01", "2024-01-1", "2024-00-10", "2024-13-01",
	"2024-02-30", "2023-02-29", "1900-02-29", "2024-04-31", "2024-01-00",
	"2024-01-32", "2024/01/01", "20240101", "2024-01-01 ", " 2024-01-01",
	"2024-01-0a", "+024-01-01", "-024-01-01", "2024-01-01T00:00:00",
	"2024-01-:1", "2024-0/-01",
};

START_TEST(date_refuses)
{
	int32_t days = 42;

	ck_assert_int_eq(date_parse(bad_dates[_i], strlen(bad_dates[_i]),
	    &days), -1);
	ck_assert_int_eq(days, 42);
}
END_TEST

static const struct { const char *birth, *on; int age; } ages[] = {
	{ "2000-02-29", "2001-02-28", 0 },
	{ "2000-02-29", "2001-03-01", 1 },
	{ "2000-02-29", "2004-02-29", 4 },
	{ "1950-06-15", "2024-06-14", 73 },
	{ "1950-06-15", "2024-06-15", 74 },
	{ "2024-12-31", "2025-01-01", 0 },
	{ "2025-01-02", "2025-01-01", -1 },
	{ "1979-08-05", "2022-01-28", 42 },
	{ "1900-04-25", "2023-03-28", 122 },
	{ "1921-05-11", "2023-09-22", 102 },
	{ "1980-04-06", "2023-07-10", 43 },
	{ "1902-06-14", "2022-03-09", 119 },
	{ "1908-06-10", "2029-10-01", 121 },
};

START_TEST(date_ages)
{
	int32_t b, o;

	ck_assert_int_eq(date_parse(ages[_i].birth, 10, &b), 0);
	ck_assert_int_eq(date_parse(ages[_i].on, 10, &o), 0);
	ck_assert_int_eq(date_age(b, o), ages[_i].age);
}
END_TEST

START_TEST(date_times)
{
	int32_t s;
	int64_t t;

	ck_assert_int_eq(date_time_parse("00:00:00", 8, &s), 0);
	ck_assert_int_eq(s, 0);
	ck_assert_int_eq(date_time_parse("23:59:59", 8, &s), 0);
	ck_assert_int_eq(s, 86399);
	ck_assert_int_eq(date_time_parse("24:00:00", 8, &s), -1);
	ck_assert_int_eq(date_time_parse("12:60:00", 8, &s), -1);
	ck_assert_int_eq(date_time_parse("12:00", 5, &s), -1);
	/* date -u -d 2024-02-29T12:34:56Z +%s */
	ck_assert_int_eq(date_datetime_parse("2024-02-29T12:34:56Z", 20, &t),
	    0);
	ck_assert(t == 1709210096);
	ck_assert_int_eq(date_datetime_parse("1969-12-31 23:59:59", 19, &t),
	    0);
	ck_assert(t == -1);
	ck_assert_int_eq(date_datetime_parse("2024-02-29T12:34", 16, &t),
	    -1);
	ck_assert_int_eq(date_datetime_parse("2024-02-30T12:34:56", 19, &t),
	    -1);
}
END_TEST

static const struct { const char *text; int rc; int64_t v; } integers[] = {
	{ "0", 0, 0 }, { "-0", 0, 0 }, { "+7", 0, 7 }, { "007", 0, 7 },
	{ "9223372036854775807", 0, INT64_MAX },
	{ "-9223372036854775808", 0, INT64_MIN },
	{ "9223372036854775808", -1, 0 }, { "-9223372036854775809", -1, 0 },
	{ "99999999999999999999", -1, 0 }, { "", -1, 0 }, { "-", -1, 0 },
	{ "+", -1, 0 }, { " 1", -1, 0 }, { "1 ", -1, 0 }, { "1.0", -1, 0 },
	{ "1e3", -1, 0 }, { "0x10", -1, 0 }, { "--1", -1, 0 },
};

START_TEST(num_integers)
{
	int64_t v = 0;

	ck_assert_int_eq(num_i64(integers[_i].text,
	    strlen(integers[_i].text), &v), integers[_i].rc);
	if (integers[_i].rc == 0)
		ck_assert(v == integers[_i].v);
}
END_TEST

static const struct { const char *text; double v; } doubles[] = {
	{ "0.1", 0x1.999999999999ap-4 },
	{ "0.3333333333333333", 0x1.5555555555555p-2 },
	{ "0.6666666666666666", 0x1.5555555555555p-1 },
	{ "1000000000000000.0", 0x1.c6bf526340000p+49 },
	{ "1e+16", 0x1.1c37937e08000p+53 },
	{ "1.2345678901234568e+17", 0x1.b69b4ba630f35p+56 },
	{ "5e-324", 0x0.0000000000001p-1022 },
	{ "1.7976931348623157e+308", 0x1.fffffffffffffp+1023 },
	{ "1e+21", 0x1.b1ae4d6e2ef50p+69 },
	{ "-2.5", -0x1.4000000000000p+1 },
	{ "100.0", 0x1.9000000000000p+6 },
	{ "0.30000000000000004", 0x1.3333333333334p-2 },
	{ "1e-07", 0x1.ad7f29abcaf48p-24 },
	{ "9007199254740992.0", 0x1.0000000000000p+53 },
	{ "9007199254740992.0", 0x1.0000000000000p+53 },
	{ "191957.90108940378", 0x1.76eaf356e5c80p+17 },
	{ "415352.30484451144", 0x1.959e1382928dcp+18 },
	{ "-867955.0988978457", -0x1.a7ce632a2bd0ap+19 },
	{ "-289297.28540006175", -0x1.1a845243fe9eep+18 },
	{ "-387871.48176513345", -0x1.7ac7ded53d6d2p+18 },
	{ "392839.61528231343", 0x1.7fa1e760c9118p+18 },
	{ "-630453.5198030117", -0x1.33d6b0a239ecfp+19 },
	{ "-54923.3003755043", -0x1.ad1699cad16f0p+15 },
	{ "1.7612008047849625e-05", 0x1.277affa318ab0p-16 },
	{ "9.750995631442353e-20", 0x1.cc7a4dc9a3519p-64 },
	{ "94.92204766705261", 0x1.7bb02d437d605p+6 },
	{ "8.448808893881297e-20", 0x1.8efbd508f6c1bp-64 },
	{ "549065.9459511809", 0x1.0c193e453b693p+19 },
	{ "3.6618447584186056e+16", 0x1.04309170f69d9p+55 },
	{ "84123409.54622506", 0x1.40e7c462f559fp+26 },
	{ "4.672711869894153e-11", 0x1.9b041dff879fap-35 },
};

START_TEST(num_doubles)
{
	struct buf b = { 0 };
	double v = 0, back = 0;

	ck_assert_int_eq(num_double(doubles[_i].text,
	    strlen(doubles[_i].text), &v), 0);
	ck_assert(v == doubles[_i].v);
	num_put_double(&b, v);
	ck_assert_int_eq(num_double(b.p, b.n, &back), 0);
	ck_assert(back == v);
	/* No longer than Python's shortest, exponents and subnormals aside. */
	if (v > 1e-300 || v < 0)
		ck_assert_uint_le(b.n, strlen(doubles[_i].text) + 4);
	buf_free(&b);
}
END_TEST

/* As the C library's printf and strtod have it. */
static void
same_text(double v)
{
	struct buf b = { 0 };
	char text[40];
	double back = 0;
	int digits;

	for (digits = 15; digits <= 17; digits++) {
		(void)snprintf(text, sizeof text, "%.*g", digits, v);
		if (strtod(text, NULL) == v)
			break;
	}
	num_put_double(&b, v);
	ck_assert_str_eq(buf_string(&b), v == 0 ? "0" : text);
	ck_assert_int_eq(num_double(b.p, b.n, &back), 0);
	ck_assert(back == v);
	buf_free(&b);
}

START_TEST(num_doubles_many)
{
	uint64_t x = 88172645463325252U;
	double v;
	int i, k;

	for (i = -330; i <= 300; i++) { /* about each power of ten and of 2 */
		double at[2] = { pow(10, i), ldexp(1, i) };

		for (k = 0; k < 2; k++) {
			same_text(at[k]);
			same_text(-nextafter(at[k], 0));
			same_text(nextafter(at[k], 1e308));
		}
	}
	for (i = 0; i < 200000; i++) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		memcpy(&v, &x, sizeof v);
		if (isfinite(v))
			same_text(v);
		v = (double)(x >> 40) / (double)(1 + (x & 0xffff));
		same_text(v);      /* a mean, a rate */
		same_text(-v / 100000);
		same_text((double)(x >> 44) / 1000);
		same_text((double)(x >> 11));
	}
}
END_TEST

static const char *const bad_doubles[] = {
	"", ".", "-", "1e", "1e+", "e5", "inf", "nan", "NaN", "0x1p3", "1,5",
	" 1", "1 ", "1.2.3", "1e400", "-1e400", "1_000",
};

START_TEST(num_doubles_refused)
{
	double v;

	ck_assert_int_eq(num_double(bad_doubles[_i],
	    strlen(bad_doubles[_i]), &v), -1);
}
END_TEST

static const struct { double v; int digits; const char *text; } fixed[] = {
	{ 0x1.0000000000000p-1, 0, "0" },
	{ 0x1.8000000000000p+0, 0, "2" },
	{ 0x1.4000000000000p+1, 0, "2" },
	{ 0x1.0000000000000p-3, 2, "0.12" },
	{ 0x1.8000000000000p-2, 2, "0.38" },
	{ 0x1.5666666666666p+1, 2, "2.67" },
	{ 0x1.0147ae147ae14p+0, 2, "1.00" },
	{ -0x1.0624dd2f1a9fcp-10, 2, "0.00" },
	{ 0x1.8d5d42aaaaaabp+31, 3, "3333333333.333" },
	{ 0x1.8ffae147ae148p+6, 2, "100.00" },
	{ -0x1.0000000000000p-1, 0, "0" },
	{ 0x0.0p+0, 1, "0.0" },
};

START_TEST(num_fixed)
{
	struct buf b = { 0 };

	num_put_fixed(&b, fixed[_i].v, fixed[_i].digits);
	ck_assert_str_eq(buf_string(&b), fixed[_i].text);
	buf_free(&b);
}
END_TEST

static const struct {
	const char *text; unsigned scale; int rc; const char *back;
} decimals[] = {
	{ "12.5", 2, 0, "12.50" }, { "-12.5", 2, 0, "-12.50" },
	{ "0", 0, 0, "0" }, { "-0.00", 2, 0, "0.00" }, { "5.", 1, 0, "5.0" },
	{ ".5", 1, 0, "0.5" }, { "+1", 3, 0, "1.000" },
	{ "1.230000", 2, 0, "1.23" }, { "1.234", 2, -2, NULL },
	{ "1.23x", 1, -1, NULL }, { "1.234.5", 1, -1, NULL },
	{ "", 2, -1, NULL }, { ".", 2, -1, NULL }, { "-", 2, -1, NULL },
	{ "1e3", 2, -1, NULL }, { " 1", 2, -1, NULL }, { "1,5", 2, -1, NULL },
	/* 2^127 - 1 */
	{ "170141183460469231731687303715884105727", 0, 0,
	    "170141183460469231731687303715884105727" },
	{ "-170141183460469231731687303715884105727", 0, 0,
	    "-170141183460469231731687303715884105727" },
	{ "170141183460469231731687303715884105728", 0, -3, NULL },
	{ "17014118346046923173168730371588410572", 2, -3, NULL },
	{ "0.000000000000000001", 18, 0, "0.000000000000000001" },
};

START_TEST(num_decimals)
{
	struct buf b = { 0 };
	num_wide v = 0;

	ck_assert_int_eq(num_decimal(decimals[_i].text,
	    strlen(decimals[_i].text), decimals[_i].scale, &v),
	    decimals[_i].rc);
	if (decimals[_i].rc == 0) {
		num_put_decimal(&b, v, decimals[_i].scale);
		ck_assert_str_eq(buf_string(&b), decimals[_i].back);
	}
	buf_free(&b);
}
END_TEST

START_TEST(num_rest)
{
	num_wide w = (num_wide)1 << 126;
	uint64_t size;
	int64_t v;

	ck_assert_int_eq(num_wide_add(&w, ((num_wide)1 << 126) - 1), 0);
	ck_assert_int_eq(num_wide_add(&w, 1), -1);
	ck_assert_int_eq(num_wide_add(&w, -1), 0);
	ck_assert_int_eq(num_size("64M", &size), 0);
	ck_assert(size == 67108864);
	ck_assert_int_eq(num_size("2g", &size), 0);
	ck_assert(size == 2147483648U);
	ck_assert_int_eq(num_size("512", &size), 0);
	ck_assert(size == 512);
	ck_assert_int_eq(num_size("", &size), -1);
	ck_assert_int_eq(num_size("M", &size), -1);
	ck_assert_int_eq(num_size("-1K", &size), -1);
	ck_assert_int_eq(num_size("1.5G", &size), -1);
	ck_assert_int_eq(num_size("9999999999G", &size), -1);
	ck_assert_int_eq(num_in_range("5", 1, 5, &v), 0);
	ck_assert_int_eq(num_in_range("6", 1, 5, &v), -1);
	ck_assert_int_eq(num_in_range("0", 1, 5, &v), -1);
	ck_assert_uint_eq(num_text_scale("1.250", 5), 3);
	ck_assert_uint_eq(num_text_scale("125", 3), 0);
}
END_TEST

/*
 * What XML 1.0 (fifth edition) lets a document hold, production 2: #x9, #xA,
 * #xD, from #x20 on, not the surrogates, #xFFFE and #xFFFF; and a carriage
 * return stays one only as a reference (2.11).
 */
static const struct { const char *text, *escaped; } markup[] = {
	{ "a&b<c>\"d\"", "a&amp;b&lt;c&gt;&quot;d&quot;" },
	{ "]]>", "]]&gt;" },
	{ "t\tl\nr\r", "t\tl\nr&#13;" },
	{ "\x01\x08\x0b\x0c\x0e\x1f", "\xef\xbf\xbd\xef\xbf\xbd"
	    "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" },
	{ "x\xef\xbf\xbey\xef\xbf\xbfz", "x\xef\xbf\xbdy\xef\xbf\xbdz" },
	{ "\xc5\xb4yl \xef\xbf\xbd \xf0\x9f\x98\x80", "\xc5\xb4yl "
	    "\xef\xbf\xbd \xf0\x9f\x98\x80" },
};

START_TEST(markup_escapes)
{
	struct buf b = { 0 };

	markup_escape(&b, markup[_i].text);
	ck_assert_str_eq(buf_string(&b), markup[_i].escaped);
	buf_free(&b);
}
END_TEST

#define N(a) ((int)(sizeof(a) / sizeof *(a)))

int
main(void)
{
	Suite *s = suite_create("base_values");
	TCase *c = tcase_create("values");
	SRunner *r;
	int failed;

	tcase_set_timeout(c, 60);
	tcase_add_loop_test(c, date_counts, 0, N(dates));
	tcase_add_test(c, date_cycle);
	tcase_add_loop_test(c, date_refuses, 0, N(bad_dates));
	tcase_add_loop_test(c, date_ages, 0, N(ages));
	tcase_add_test(c, date_times);
	tcase_add_loop_test(c, num_integers, 0, N(integers));
	tcase_add_loop_test(c, num_doubles, 0, N(doubles));
	tcase_add_test(c, num_doubles_many);
	tcase_add_loop_test(c, num_doubles_refused, 0, N(bad_doubles));
	tcase_add_loop_test(c, num_fixed, 0, N(fixed));
	tcase_add_loop_test(c, num_decimals, 0, N(decimals));
	tcase_add_test(c, num_rest);
	tcase_add_loop_test(c, markup_escapes, 0, N(markup));
	suite_add_tcase(s, c);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
