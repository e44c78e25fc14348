/*
 * Expressions: what is refused and with which words, nib's own functions.
 * How records are gone through is test_expr_run's, what SQLite says
 * test_expr_sqlite's. Expected values: the calendar, counted by hand where it
 * is short and by python3's datetime where it is long; NHS numbers from
 * testdata/check; regular expressions from pcre2pattern(3).
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "expr/expr.h"
#include "expr/node.h"
#include "expr_scope.h"
#include "rows.h"

static const struct {
	const char *text, *want;
} values[] = {
	/* own functions; the ages by the calendar */
	{ "age(birth_date, admission_date)", "i 64" },
	{ "age(birth_date, '2024-11-29')", "i 64" },
	{ "age(birth_date, '2024-11-30')", "i 65" },
	{ "age('2000-02-29', '2023-02-28')", "i 22" },
	{ "age('2000-02-29', '2023-03-01')", "i 23" },
	{ "age('2000-02-29', '2024-02-29')", "i 24" },
	{ "age(admission_date, birth_date)", "i -65" },
	{ "age('2024-04-01', '2024-03-31')", "i -1" },
	{ "age(birth_date, seen)", "i 64" },
	{ "age(birth_date, age_text)", "null" },
	{ "age(birth_date, NULL)", "null" },
	{ "days('2024-02-28', '2024-03-01')", "i 2" },
	{ "days('2023-02-28', '2023-03-01')", "i 1" },
	/* python3: (date(2024,4,1)-date(1959,11,30)).days */
	{ "days(birth_date, admission_date)", "i 23499" },
	{ "days(admission_date, birth_date)", "i -23499" },
	{ "year(admission_date)", "i 2024" },
	{ "month(admission_date)", "t 2024-04" },
	{ "quarter('2024-03-31')", "t 2024-Q1" },
	{ "quarter(admission_date)", "t 2024-Q2" },
	{ "quarter('2024-12-31')", "t 2024-Q4" },
	{ "financial_year('2024-03-31')", "t 2023/24" },
	{ "financial_year(admission_date)", "t 2024/25" },
	{ "financial_year('1999-04-01')", "t 1999/00" },
	{ "financial_quarter('2024-04-01')", "t 2024/25-Q1" },
	{ "financial_quarter('2024-06-30')", "t 2024/25-Q1" },
	{ "financial_quarter('2024-12-31')", "t 2024/25-Q3" },
	{ "financial_quarter('2024-03-31')", "t 2023/24-Q4" },
	{ "age_band(0, '5-year')", "t 0-4" },
	{ "age_band(age(birth_date, admission_date), '5-year')", "t 60-64" },
	{ "age_band(89, '5-year')", "t 85-89" },
	{ "age_band(90, '5-year')", "t 90+" },
	{ "age_band(130, '5-year')", "t 90+" },
	{ "age_band(-1, '5-year')", "null" },
	{ "age_band(17, '0, 18, 65')", "t 0-17" },
	{ "age_band(18, '0,18,65')", "t 18-64" },
	{ "age_band(18, '18,19')", "t 18" },
	{ "age_band(17, '18,19')", "null" },
	{ "age_band(order_no, '0,7,8')", "t 7" },
	{ "age_band(cost, '0,1000,1251')", "t 1000-1250" },
	{ "age_band(200, '0,150,199')", "t 199+" },
	{ "charlson(admission_method)", "i 0" },
	{ "charlson('quan', admission_method, 'I21')", "i 0" },
	{ "charlson('charlson', 'E11.2', 'I21.9', 'E109')", "i 3" },
	{ "charlson('charlson flat', 'E11.2', 'I21.9', 'E109')", "i 4" },
	{ "charlson('flat', 'E11.2', 'E109', NULL)", "i 3" },
	{ "frailty('hfrs', fields('admission_m*'), 'F00')", "r 7.1" },
	{ "nhs_number_ok('9434765919')", "i 1" },
	{ "nhs_number_ok('9434765918')", "i 0" },
	{ "nhs_number_ok('943 476 5919')", "i 0" },
	{ "nhs_number_ok(NULL)", "null" },
	{ "nhs_number_ok(9434765919)", "i 1" },
	{ "in_codelist(admission_method, 'emergency')", "i 1" },
	{ "in_codelist(order_no, 'emergency')", "i 0" },
	{ "in_codelist(nullif(admission_method, '21'), 'emergency')",
	    "null" },
	/* the same through SQLite: hex() is not native */
	{ "hex('') || in_codelist(admission_method, 'emergency')", "t 1" },
	{ "instr(financial_year(admission_date), '/')", "i 5" },
	{ "instr(admission_method REGEXP '^2', '1')", "i 1" },
	{ "abs(instr('', '') - nhs_number_ok(admission_method))", "i 1" },
	/* REGEXP: found anywhere, UTF-8 characters, $ only at the end */
	{ "admission_method REGEXP '1'", "i 1" },
	{ "admission_method REGEXP '^[0-9]{2}$'", "i 1" },
	{ "admission_method NOT REGEXP '^[0-9]{3}$'", "i 1" },
	{ "'\xc3\xa9t\xc3\xa9' REGEXP '^.t.$'", "i 1" },
	{ "order_no REGEXP '7'", "i 1" },
	{ "NULL REGEXP '7'", "null" },
	/* converted, time and datetime cells; a Z is dropped */
	{ "\"end\"", "t 2024-12-31" },
	{ "\"end\" > admission_date", "i 1" },
	{ "days(admission_date, \"end\")", "i 274" },
	{ "seen", "t 2024-04-01T09:30:00" },
	{ "seen >= '2024-04-01T09:30:00'", "i 1" },
	{ "at < '10:00:00'", "i 1" },
	{ "days(seen, \"end\")", "i 274" },
	/* the first of several dates: by their days (days: Python's date) */
	{ "coalesce(birth_date, admission_date) < \"end\"", "i 1" },
	{ "\"end\" <= coalesce(birth_date, admission_date)", "i 0" },
	{ "coalesce(admission_date, birth_date) > '2024-03-31'", "i 1" },
	{ "coalesce(NULL, admission_date) = '2024-04-01'", "i 1" },
	{ "days(coalesce(birth_date, coalesce(admission_date, \"end\")), "
	    "\"end\")", "i 23773" },
	/* python3: sqlite3, of which the start is more than 16 MiB away */
	{ "substr(admission_date, -123456789)", "t 2024-04-01" },
	{ "substr(hex(order_no), -123456789)", "t 37" },
	/* names */
	{ "person.sex = '2'", "i 1" },
	{ "ADMIMETH", "t 21" },
	{ "[cost] * 2", "r 2501" },
	{ "`order_no` + TRUE", "i 8" },
	/* a cell that says "now" does not reach the clock */
	{ "date('n' || 'ow')", "null" },
	{ "date(replace(admission_method, '21', 'now'))", "null" },
	{ "date(replace(admission_method, '21', 'subsec'))", "null" },
	{ "date('2024-01-31', '+1 month')", "t 2024-03-02" },
	/* the word TRUE is an operand: sqlite3 has 0, 2, 1 and 0 for 7 */
	{ "order_no IS TRUE + 1", "i 0" },
	{ "(order_no IS TRUE) + 1", "i 2" },
	{ "order_no IS TRUE = 1", "i 1" },
	{ "order_no IS FALSE < 2", "i 0" },
	/* decimals are doubles */
	{ "cost = 1250.5", "i 1" },
	{ "0.1 + 0.2", "r 0.30000000000000004" },
	{ "1e300 * 1e300", "r Inf" },
	{ "0x10", "i 16" },
	{ "-9223372036854775808", "i -9223372036854775808" },
};

START_TEST(value)
{
	char got[200];
	int way;

	for (way = 0; way < 2; way++) {
		value_of(values[_i].text, row, way, got);
		ck_assert_msg(strcmp(got, values[_i].want) == 0,
		    "%s: got %s, not %s%s", values[_i].text, got,
		    values[_i].want, way ? " (by SQLite)" : "");
	}
}
END_TEST

static const struct {
	const char *text, *says;
} refusals[] = {
	{ "", "empty" },
	{ "  ", "empty" },
	{ "admision_method = '21'", "character 1, at admision_method = "
	    "'2...: no field admision_method; did you mean "
	    "admission_method?" },
	{ "COST > 1", "no field COST; did you mean cost?" },
	{ "\"21\" = admission_method", "a text goes into single quotes" },
	{ "cost > ", "at its end: expected a value" },
	{ "cost > 1)", "character 9, at ): this bracket was never opened" },
	{ "(cost > 1", "expected )" },
	{ "cost > 1 2", "expected an operator or the end" },
	{ "cost > 'x", "never closed" },
	{ "cost = 12abc", "not a number" },
	{ "cost BETWEEN 1", "expected AND" },
	{ "CASE cost END", "expected WHEN" },
	{ "CASE WHEN cost > 1 THEN 2", "expected END" },
	{ "end > 1", "written in double quotes" },
	{ "cost > 1; DROP TABLE x", "no statements" },
	{ "cost > 1 -- no", "comments" },
	{ "cost /* no */ > 1", "comments" },
	{ "person.cost", "no field person.cost" },
	{ "?1", "no parameters" },
	{ ":x", "no parameters" },
	{ "x'00'", "bytes" },
	{ "cost IN (SELECT 1)", "no subqueries" },
	{ "(SELECT 1)", "no subqueries" },
	{ "EXISTS (SELECT 1)", "no subqueries" },
	{ "NOT EXISTS (SELECT 1)", "no subqueries" },
	{ "cost IN admission_method", "expected a list" },
	{ "cost IN ()", "an empty list" },
	{ "(1, 2) = (1, 2)", "not a row" },
	{ "count(*)", "one record" },
	{ "sum(cost)", "one record" },
	{ "avg(DISTINCT cost)", "one record" },
	{ "max(cost)", "one value would be over many" },
	{ "abs(cost) OVER ()", "no window" },
	{ "abs(cost) FILTER (WHERE 1)", "no window" },
	{ "random()", "not deterministic" },
	{ "randomblob(1)", "not deterministic" },
	{ "CURRENT_DATE", "clock" },
	{ "current_timestamp > '2024'", "clock" },
	{ "date('now')", "needs the clock" },
	{ "date('NOW')", "needs the clock" },
	{ "unixepoch('subsec')", "needs the clock" },
	{ "datetime('SubSecond')", "needs the clock" },
	{ "date()", "clock" },
	{ "strftime('%Y')", "clock" },
	{ "datetime('2024-01-01', 'localtime')", "needs the clock" },
	{ "load_extension('x')", "not allowed" },
	{ "sqlite_version()", "not about a record" },
	{ "financal_year(admission_date)", "did you mean financial_year()" },
	{ "frobnicate(cost)", "no function frobnicate()" },
	{ "age(birth_date)", "age() takes 2 arguments" },
	{ "substr(admission_method)", "substr() takes 2 to 3 arguments" },
	{ "age(birth_date, 5)", "takes dates" },
	{ "age(birth_date, '1/4/2024')", "not a date" },
	{ "age_text > 65", "field age_text has no type, so it is a text, and "
	    "is compared with a number; give -s SPEC, or write "
	    "CAST(age_text AS INTEGER)" },
	{ "65 < age_text", "has no type" },
	{ "age_text BETWEEN 1 AND 5", "has no type" },
	{ "age_text IN (1, 2)", "has no type" },
	{ "CASE age_text WHEN 1 THEN 2 END", "has no type" },
	{ "age_text + 1", "is used in arithmetic" },
	{ "-age_text", "is used in arithmetic" },
	{ "NOT age_text", "is used as a condition" },
	{ "age_text AND cost > 1", "is used as a condition" },
	{ "CASE WHEN age_text THEN 1 END", "is used as a condition" },
	{ "abs(age_text)", "goes into abs()" },
	{ "admission_method > 20", "is a text and is compared" },
	{ "substr(admission_method, 1, 1) = 2", "CAST(" },
	{ "order_no = '7'", "leave the quotes out" },
	{ "cost IN ('7')", "leave the quotes out" },
	{ "admission_date > 2024", "is a text and is compared" },
	{ "admission_date > '1/4/2024'", "not how a date begins" },
	{ "cost = NULL", "write IS NULL" },
	{ "in_codelist(admission_method, 'emergncy')", "no code list" },
	{ "in_codelist(admission_method, cost)", "name goes here" },
	{ "admission_method REGEXP '['", "bad pattern, at its character" },
	{ "admission_method REGEXP age_text", "written out" },
	{ "admission_method MATCH 'x'", "no MATCH" },
	{ "age_band(order_no, '5,1')", "must ascend" },
	{ "age_band(order_no, 'x')", "'5-year' or up to" },
	{ "age_band(order_no, '')", "need a lower bound" },
	{ "age_band(age_text, '5-year')", "goes into age_band()" },
	{ "age_band(order_no, age_text)", "single quotes" },
	{ "charlson('nosuch', admission_method)", "no weights nosuch" },
	{ "charlson('charlson')", "needs fields of codes" },
	{ "charlson(order_no)", "not a diagnosis code" },
	{ "fields('a*')", "among the arguments" },
	{ "coalesce(fields('z*'), 1)", "called like that" },
	{ "has_condition('charlson', 'xyz', admission_method)",
	    "no condition xyz" },
	{ "CAST(cost AS BLOB)", "expected a type" },
	{ "CAST(cost AS WHAT)", "expected a type" },
	{ "admission_method COLLATE GERMAN", "expected BINARY" },
	{ "admission_method = '\xff'", "not UTF-8" },
};

START_TEST(refusal)
{
	struct fault f = FAULT_NONE;
	struct expr *e = expr_compile(refusals[_i].text, &scope, &f);

	ck_assert_msg(e == NULL, "accepted: %s", refusals[_i].text);
	ck_assert_int_eq(f.set, 1);
	ck_assert_msg(strstr(f.what, refusals[_i].says) != NULL,
	    "%s: says: %s", refusals[_i].text, f.what);
}
END_TEST

START_TEST(deep)
{
	struct fault f = FAULT_NONE;
	struct buf b = { 0 };
	size_t i;

	for (i = 0; i < 5000; i++)
		buf_putc(&b, '(');
	ck_assert_ptr_null(expr_compile(buf_string(&b), &scope, &f));
	ck_assert_ptr_nonnull(strstr(f.what, "nested"));
	fault_clear(&f);
	b.n = 0;
	buf_puts(&b, "cost");
	for (i = 0; i < 5000; i++)
		buf_puts(&b, "+1");
	ck_assert_ptr_null(expr_compile(buf_string(&b), &scope, &f));
	ck_assert_ptr_nonnull(strstr(f.what, "in a row"));
	buf_free(&b);
}
END_TEST

START_TEST(about)
{
	struct fault f = FAULT_NONE;
	struct expr *e = expr_compile("admission_date", &scope, &f);
	size_t n;

	ck_assert_int_eq(expr_bare_field(e), 1);
	ck_assert_int_eq(expr_result(e), EXPR_DATE);
	ck_assert_str_eq(expr_text(e), "admission_date");
	expr_free(e);
	e = expr_compile("coalesce(admission_date, birth_date)", &scope, &f);
	ck_assert_int_eq(expr_bare_field(e), -1);
	ck_assert_int_eq(expr_result(e), EXPR_DATE);
	(void)expr_fields(e, &n);
	ck_assert_uint_eq(n, 2);
	expr_free(e);
	e = expr_compile("order_no + 1", &scope, &f);
	ck_assert_int_eq(expr_result(e), EXPR_INTEGER);
	expr_free(e);
	e = expr_compile("order_no + cost", &scope, &f);
	ck_assert_int_eq(expr_result(e), EXPR_NUMBER);
	expr_free(e);
	e = expr_compile("month(birth_date)", &scope, &f);
	ck_assert_int_eq(expr_result(e), EXPR_TEXT);
	expr_free(e);
	e = expr_compile("CASE WHEN cost > 1 THEN 1 ELSE 'x' END", &scope,
	    &f);
	ck_assert_int_eq(expr_result(e), EXPR_ANY);
	expr_free(e);
}
END_TEST

/*
 * By the truth tables of SQL (ISO/IEC 9075-2, 6.39) and its comparisons:
 * order_no is 1, cost is NULL, and the others may be anything.
 */
static const struct {
	const char *text;
	int always;
} certain[] = {
	{ "order_no = 1", 1 }, { "order_no <> 1", 0 }, { "order_no >= 1", 1 },
	{ "order_no < 1", 0 }, { "order_no <= 1", 1 }, { "order_no > 0", 1 },
	{ "cost = 1", 0 }, { "NOT (cost = 1)", 0 }, { "cost IS NULL", 1 },
	{ "cost IS NOT NULL", 0 }, { "NOT (cost IS NOT NULL)", 1 },
	{ "order_no IS NOT NULL", 1 }, { "order_no IS NULL", 0 },
	{ "admission_method = '21'", 0 }, { "admission_method IS NULL", 0 },
	{ "admission_method = admission_method", 0 },
	{ "order_no = 1 OR admission_method = '21'", 1 },
	{ "admission_method = '21' OR order_no = 1", 1 },
	{ "order_no = 2 OR admission_method = '21'", 0 },
	{ "order_no = 1 AND admission_method = '21'", 0 },
	{ "order_no = 1 AND cost IS NULL", 1 },
	{ "NOT (order_no = 2 AND admission_method = '21')", 1 },
	{ "cost = 1 OR order_no = 1", 1 }, { "cost = 1 OR order_no = 2", 0 },
	{ "NOT (cost = 1 OR order_no = 2)", 0 },
	{ "NOT (cost = 1 AND order_no = 1)", 0 },
	{ "admission_method = '21' OR cost IS NULL OR birth_date > '2000-01-01'",
	    1 },
	{ "order_no", 1 }, { "order_no = 1.0", 0 /* not seen */ }
};

START_TEST(always)
{
	struct expr_value known[sizeof fields / sizeof fields[0]];
	struct fault f = FAULT_NONE;
	struct expr *e = expr_compile(certain[_i].text, &scope, &f);
	size_t i;

	ck_assert_msg(e != NULL, "%s: %s", certain[_i].text, f.what);
	for (i = 0; i < sizeof fields / sizeof fields[0]; i++) {
		known[i].kind = EXPR_BAD;
		if (strcmp(fields[i].name, "cost") == 0)
			known[i].kind = EXPR_NULL;
		if (strcmp(fields[i].name, "order_no") == 0) {
			known[i].kind = EXPR_INT;
			known[i].u.i = 1;
		}
	}
	ck_assert_msg(expr_always(e, known) == certain[_i].always, "%s",
	    certain[_i].text);
	expr_free(e);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("expr");
	TCase *t = tcase_create("expr");
	SRunner *r;
	int failed;

	tcase_set_timeout(t, 0);
	tcase_add_loop_test(t, value, 0,
	    (int)(sizeof values / sizeof values[0]));
	tcase_add_loop_test(t, refusal, 0,
	    (int)(sizeof refusals / sizeof refusals[0]));
	tcase_add_test(t, deep);
	tcase_add_test(t, about);
	tcase_add_loop_test(t, always, 0,
	    (int)(sizeof certain / sizeof certain[0]));
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
