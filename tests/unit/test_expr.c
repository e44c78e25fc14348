/*
 * Expressions: what is refused and with which words, nib's own functions,
 * cells that do not fit, quoted cells, the cache. Expected values: the
 * calendar, counted by hand where it is short and by python3's datetime
 * where it is long; NHS numbers from testdata/check; regular expressions
 * from pcre2pattern(3). What SQLite says is test_expr_sqlite's.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "expr/expr.h"
#include "expr/node.h"
#include "rows.h"

static const char *const missing[] = { "", "NULL", "-  ", NULL };
static const char *const aliases[] = { "ADMIMETH", NULL };

/* dd/mm/yyyy, as a specification's format would have it. */
static int
slashed(const void *arg, const char *p, size_t n, struct expr_value *v,
    char text[32])
{
	(void)arg;
	if (n != 10 || p[2] != '/' || p[5] != '/')
		return -1;
	(void)snprintf(text, 32, "%.4s-%.2s-%.2s", p + 6, p + 3, p);
	v->kind = EXPR_STRING;
	v->u.s.p = text;
	v->u.s.n = 10;
	return 0;
}

static const struct expr_field fields[] = {
	{ .name = "birth_date", .column = 0, .type = EXPR_DATE },
	{ .name = "admission_date", .column = 1, .type = EXPR_DATE,
	    .missing = missing },
	{ .name = "admission_method", .column = 2, .type = EXPR_TEXT,
	    .aliases = aliases, .missing = missing },
	{ .name = "cost", .column = 3, .type = EXPR_NUMBER },
	{ .name = "order_no", .column = 4, .type = EXPR_INTEGER },
	{ .name = "age_text", .column = 5, .type = EXPR_TEXT, .untyped = 1 },
	{ .name = "end", .column = 6, .type = EXPR_DATE,
	    .convert = slashed },
	{ .name = "seen", .column = 7, .type = EXPR_DATETIME },
	{ .name = "at", .column = 8, .type = EXPR_TIME },
	{ .name = "person.sex", .column = 9, .type = EXPR_TEXT },
};
#define NCOLS (sizeof fields / sizeof fields[0])

static const char list_handle[] = "emergency";

static const void *
codelist(void *arg, const char *name, struct fault *f)
{
	(void)arg;
	(void)f;
	return strcmp(name, list_handle) == 0 ? list_handle : NULL;
}

static int
codelist_has(const void *list, const char *p, size_t n)
{
	return list == list_handle && n == 2 && p[0] == '2';
}

static const struct expr_scope scope = { fields, NCOLS, codelist,
	codelist_has, NULL };

static const char *const row[NCOLS] = { "1959-11-30", "2024-04-01", "21",
	"1250.5", "7", "65", "31/12/2024", "2024-04-01T09:30:00Z",
	"09:30:00", "2" };

/*
 * A value as text with its kind before it: "i 65", "t 2024-05", "null"; as
 * expressions are evaluated, or by SQLite alone.
 */
static void
value_of(const char *text, const char *const *cells, int by_sqlite,
    char to[200])
{
	struct fault f = FAULT_NONE;
	struct expr *e = expr_compile(text, &scope, &f);
	struct expr_run *run;
	struct expr_value v;
	struct rows rows;
	struct buf b = { 0 };

	ck_assert_msg(e != NULL, "%s: %s", text, f.what);
	rows_make(&rows, cells, 1, NCOLS);
	run = expr_run_new(e);
	if (by_sqlite)
		expr_run_by_sqlite(run);
	ck_assert_msg(expr_eval(run, &rows.block, 0, 1, &v, &f) == 0,
	    "%s: %s", text, f.what);
	expr_put(&b, &v);
	if (v.kind == EXPR_NULL)
		(void)snprintf(to, 200, "null");
	else if (v.kind == EXPR_BAD)
		(void)snprintf(to, 200, "bad %s", fields[v.u.i].name);
	else
		(void)snprintf(to, 200, "%c %s", "?irt"[v.kind],
		    buf_string(&b));
	buf_free(&b);
	expr_run_free(run);
	expr_free(e);
	rows_free(&rows);
}

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

START_TEST(bad_cells)
{
	static const struct {
		const char *cell;
		size_t column;
		const char *text, *want;
	} cases[] = {
		{ "2024-02-30", 0, "year(birth_date)", "bad birth_date" },
		{ "2024-2-3", 0, "birth_date IS NULL", "bad birth_date" },
		{ "2024-00-10", 0, "birth_date", "bad birth_date" },
		{ "2024-13-10", 0, "birth_date", "bad birth_date" },
		{ "2024-10-00", 0, "birth_date", "bad birth_date" },
		{ "2023-02-29", 0, "birth_date", "bad birth_date" },
		{ "2O24-01-01", 0, "birth_date", "bad birth_date" },
		{ "2024/01/01", 0, "birth_date", "bad birth_date" },
		{ "2024-01-0x", 0, "birth_date", "bad birth_date" },
		{ "1900-02-29", 0, "birth_date", "bad birth_date" },
		{ "2000-02-29", 0, "birth_date", "t 2000-02-29" },
		{ "1.2.3", 3, "cost", "bad cost" },
		{ ".", 3, "cost", "bad cost" },
		{ "-", 3, "cost", "bad cost" },
		{ "inf", 3, "cost", "bad cost" },
		{ "-.5", 3, "cost", "r -0.5" },
		{ "-0.50", 3, "cost", "r -0.5" },
		{ "1e2", 3, "cost", "r 100" },
		{ "7.0", 4, "order_no + 1", "bad order_no" },
		{ "9223372036854775808", 4, "order_no", "bad order_no" },
		{ "9223372036854775807", 4, "order_no",
		    "i 9223372036854775807" },
		{ "+7", 4, "order_no", "i 7" },
		{ "2024-12-31", 6, "\"end\"", "bad end" },
		{ "2024-04-01 09:30:00", 7, "seen", "bad seen" },
		{ "24:00:00", 8, "at", "bad at" },
		{ "NULL", 1, "admission_date IS NULL", "i 1" },
		{ "-  ", 2, "admission_method IS NULL", "i 1" },
		{ "", 4, "order_no + 1", "null" },
		/* of two, the one the expression names first */
		{ "x", 4, "order_no > 1 OR birth_date > '2024'",
		    "bad order_no" },
	};
	const char *cells[NCOLS];
	char got[200];
	size_t i;

	for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		memcpy(cells, row, sizeof cells);
		cells[cases[i].column] = cases[i].cell;
		value_of(cases[i].text, cells, 0, got);
		ck_assert_msg(strcmp(got, cases[i].want) == 0,
		    "%s: %s: got %s, not %s", cases[i].cell, cases[i].text,
		    got, cases[i].want);
	}
}
END_TEST

START_TEST(conditions)
{
	static const char *const cells[4 * NCOLS] = {
		"1959-11-30", "2024-04-01", "21", "1", "7", "", "", "", "", "",
		"1959-11-30", "2024-04-01", "11", "1", "7", "", "", "", "", "",
		"1959-11-30", "2024-04-01", "", "1", "7", "", "", "", "", "",
		"1959-11-3", "2024-04-01", "21", "1", "x", "", "", "", "", "",
	};
	struct fault f = FAULT_NONE;
	struct expr *e;
	struct expr_run *run;
	struct rows rows;
	unsigned char to[4];
	long bad = 99;
	int k;

	rows_make(&rows, cells, 4, NCOLS);
	e = expr_compile_condition("admission_method IN ('21', '22') AND "
	    "age(birth_date, admission_date) >= 64 AND order_no = 7", &scope,
	    &f);
	ck_assert_ptr_nonnull(e);
	ck_assert_int_eq(expr_native(e), 1);
	for (k = 0; k < 2; k++) {
		run = expr_run_new(e);
		if (k == 1)
			expr_run_by_sqlite(run);
		ck_assert_int_eq(expr_test(run, &rows.block, 0, 4, to, &bad,
		    &f), 0);
		ck_assert_int_eq(to[0], 1);
		ck_assert_int_eq(to[1], 0);
		ck_assert_int_eq(to[2], 2);
		ck_assert_int_eq(to[3], 3);
		ck_assert_int_eq(bad, 0);
		expr_run_free(run);
	}
	expr_free(e);
	rows_free(&rows);
	ck_assert_ptr_null(expr_compile_condition("admission_method", &scope,
	    &f));
	ck_assert_ptr_nonnull(strstr(f.what, "neither true nor false"));
}
END_TEST

START_TEST(quoted_cells)
{
	static const char data[] = "\"1959-11-30\",2024-04-01,\"a\"\"b\","
	    "\"1,5\",7,x,,,\"09:30:00\",\r\n";
	uint32_t ends[NCOLS + 1] = { UINT32_MAX };
	char *copy = calloc(sizeof data + 64, 1);
	struct csv_block b = { .ncols = NCOLS, .nrecords = 1, .quotes = 1,
		.crs = 1, .delimiter = ',', .file = "-" };
	struct fault f = FAULT_NONE;
	struct expr *e;
	struct expr_run *run;
	struct expr_value v;
	size_t i, n = 1;
	int open = 0;

	memcpy(copy, data, sizeof data);
	b.data = copy;
	b.size = sizeof data - 1;
	b.ends = ends + 1;
	for (i = 0; data[i] != '\0'; i++) {
		open ^= data[i] == '"';
		if (!open && (data[i] == ',' || data[i] == '\n'))
			ends[n++] = (uint32_t)i;
	}
	ck_assert_uint_eq(n, NCOLS + 1);
	e = expr_compile("admission_method || '|' || \"at\" || "
	    "year(birth_date)", &scope, &f);
	ck_assert_ptr_nonnull(e);
	run = expr_run_new(e);
	ck_assert_int_eq(expr_eval(run, &b, 0, 1, &v, &f), 0);
	ck_assert_int_eq(v.kind, EXPR_STRING);
	ck_assert_uint_eq(v.u.s.n, 16);
	ck_assert_int_eq(memcmp(v.u.s.p, "a\"b|09:30:001959", 16), 0);
	expr_run_free(run);
	expr_free(e);
	free(copy);
}
END_TEST

/*
 * Runs on a shelf give what runs of their own give, bad cells included, in
 * whatever order they ask and with batches changing between them.
 */
START_TEST(shelf)
{
	enum { N = 7 };
	static const char *const texts[] = {
		"order_no > 3", "order_no + 1 > 3 AND birth_date IS NOT NULL",
		"age(birth_date, admission_date) >= 18",
		"birth_date <= admission_date",
		"instr(admission_method, '1') > 0 AND order_no < 9",
		/* Decided by the cell, but by SQLite for a bad record. */
		"instr(admission_method, '1') > 0 AND order_no > 0",
		"instr(admission_method, '1') > 0 OR admission_method = '21'",
		"substr(admission_method, 1, 1) = '2'",
		"birth_date = '2001-05-06' AND "
		    "substr(admission_method, 1, 1) = '2'",
	};
	enum { E = sizeof texts / sizeof *texts };
	const char *cells[2][N * NCOLS];
	struct expr_shelf *sh = expr_shelf_new(&scope);
	struct expr *e[E];
	struct expr_run *own[E], *shared[E];
	unsigned char want[N], got[N];
	long bad_own, bad_shared;
	struct fault f = FAULT_NONE;
	struct rows rows[2];
	size_t i, k, which, column;

	for (which = 0; which < 2; which++) {
		for (i = 0; i < N * NCOLS; i++)
			cells[which][i] = "";
		for (i = 0; i < N; i++)
			for (k = 0; k < scope.n; k++) {
				column = i * NCOLS + scope.fields[k].column;
				if (scope.fields[k].type == EXPR_INTEGER)
					cells[which][column] =
					    i == 2 + which ? "x" :
					    i == 5 ? "" : "4";
				else if (scope.fields[k].type == EXPR_DATE)
					cells[which][column] =
					    i == 3 ? "2024-02-30" :
					    i == 4 ? "" : k % 2 ?
					    "2001-05-06" : "2024-05-05";
				else if (scope.fields[k].type == EXPR_TEXT)
					cells[which][column] = "21";
			}
		rows_make(&rows[which], cells[which], N, NCOLS);
		rows[which].block.sequence = which;
	}
	for (k = 0; k < E; k++) {
		e[k] = expr_compile(texts[k], &scope, &f);
		ck_assert_msg(e[k] != NULL, "%s", f.what);
		own[k] = expr_run_new(e[k]);
		shared[k] = expr_run_new_on(e[k], sh);
	}
	for (i = 0; i < 8 * E; i++) {
		k = i * 5 % E;
		which = i / 2 % 2;
		bad_own = bad_shared = -1;
		ck_assert_int_eq(expr_test(own[k], &rows[which].block, i % 2,
		    N - i % 2, want, &bad_own, &f), 0);
		ck_assert_int_eq(expr_test(shared[k], &rows[which].block,
		    i % 2, N - i % 2, got, &bad_shared, &f), 0);
		ck_assert_mem_eq(want, got, N - i % 2);
		ck_assert_int_eq(bad_own, bad_shared);
	}
	for (k = 0; k < E; k++) {
		expr_run_free(own[k]);
		expr_run_free(shared[k]);
		expr_free(e[k]);
	}
	expr_shelf_free(sh);
	rows_free(&rows[0]);
	rows_free(&rows[1]);
}
END_TEST

/*
 * Records have the same number when their cells are the same, in two batches
 * on end: dates of centuries that have a place and of others, short and long
 * texts, empty cells. Too many, a bad cell or a number have none.
 */
START_TEST(numbers)
{
	static const char *const dates[] = { "2024-05-06", "1850-01-02", "",
		"2024-05-06", "2150-01-02", "1850-01-02", "2024-05-07" };
	static const char *const methods[] = { "21", "2", "", "21",
		"A long one", "2", "A long on" };
	/* Which earlier record has the same cells. */
	static const size_t same[] = { 0, 1, 2, 0, 4, 1, 6 };
	enum { N = 7 };
	static const char *const texts[] = { "financial_year(birth_date)",
		"admission_method", "order_no",
		"age(birth_date, admission_date)" };
	const char *cells[N * NCOLS];
	struct expr_shelf *sh = expr_shelf_new(&scope);
	struct expr *e[4];
	struct expr_run *run[4];
	struct fault f = FAULT_NONE;
	struct rows rows;
	const uint16_t *number;
	uint16_t first[2][N];
	size_t i, k, batch;

	for (i = 0; i < N * NCOLS; i++)
		cells[i] = "";
	for (i = 0; i < N; i++) {
		cells[i * NCOLS + scope.fields[expr_scope_field(&scope,
		    "birth_date")].column] = dates[i];
		cells[i * NCOLS + scope.fields[expr_scope_field(&scope,
		    "admission_method")].column] = methods[i];
	}
	rows_make(&rows, cells, N, NCOLS);
	for (k = 0; k < 4; k++) {
		e[k] = expr_compile(texts[k], &scope, &f);
		ck_assert_msg(e[k] != NULL, "%s", f.what);
		run[k] = expr_run_new_on(e[k], sh);
	}
	for (batch = 0; batch < 2; batch++)
		for (k = 0; k < 2; k++) {
			rows.block.sequence = batch;
			number = expr_numbers(run[k], &rows.block, 0, N, &f);
			ck_assert_ptr_nonnull(number);
			for (i = 0; i < N; i++) {
				size_t j;

				for (j = 0; j < i; j++)
					ck_assert_int_eq(number[i] ==
					    number[j], same[i] == same[j]);
				if (batch == 0)
					first[k][i] = number[i];
				ck_assert_uint_eq(number[i], first[k][i]);
			}
		}
	ck_assert_ptr_null(expr_numbers(run[2], &rows.block, 0, N, &f));
	ck_assert_ptr_null(expr_numbers(run[3], &rows.block, 0, N, &f));
	rows_free(&rows);
	cells[scope.fields[expr_scope_field(&scope, "birth_date")].column] =
	    "2023-02-29";
	rows_make(&rows, cells, N, NCOLS);
	rows.block.sequence = 2;
	ck_assert_ptr_null(expr_numbers(run[0], &rows.block, 0, N, &f));
	ck_assert_ptr_nonnull(expr_numbers(run[1], &rows.block, 0, N, &f));
	ck_assert(!f.set);
	for (k = 0; k < 4; k++) {
		expr_run_free(run[k]);
		expr_free(e[k]);
	}
	expr_shelf_free(sh);
	rows_free(&rows);
}
END_TEST

/* Whole numbers of 10^-scale: halves to the even one, worked out by hand. */
static const struct {
	const char *text;
	unsigned scale;
	const char *cost, *order;
	int is;
	int64_t want;
} wholes[] = {
	{ "cost", 2, "359.57", "1", EXPR_WHOLE, 35957 },
	{ "cost", 0, "2.5", "1", EXPR_WHOLE, 2 },
	{ "cost", 0, "3.5", "1", EXPR_WHOLE, 4 },
	{ "cost", 1, "-0.25", "1", EXPR_WHOLE, -2 },
	{ "cost", 9, "1.000000001", "1", EXPR_WHOLE, 1000000001 },
	{ "cost", 2, "", "1", EXPR_WHOLE_NULL, 0 },
	{ "cost", 2, "x", "1", EXPR_NO_WHOLE, 0 },
	{ "cost", 0, "8999999999999998", "1", EXPR_WHOLE, 8999999999999998 },
	{ "cost", 0, "1e16", "1", EXPR_NO_WHOLE, 0 },
	{ "cost", 9, "1e7", "1", EXPR_NO_WHOLE, 0 },
	{ "order_no", 0, "1", "9223372036854775807", EXPR_WHOLE, INT64_MAX },
	{ "order_no", 1, "1", "922337203685477581", EXPR_NO_WHOLE, 0 },
	{ "order_no", 3, "1", "-42", EXPR_WHOLE, -42000 },
	{ "order_no", 0, "1", "", EXPR_WHOLE_NULL, 0 },
	{ "admission_method", 0, "1", "1", EXPR_NO_WHOLE, 0 },
	{ "length(admission_method)", 0, "1", "1", EXPR_WHOLE, 2 },
	/* SQLite's way, after an overflow */
	{ "abs(order_no)", 0, "1", "-5", EXPR_WHOLE, 5 },
	{ "order_no * 4611686018427387904", 0, "1", "4", EXPR_NO_WHOLE, 0 },
};

START_TEST(whole)
{
	const char *cells[NCOLS];
	struct fault f = FAULT_NONE;
	struct expr *e = expr_compile(wholes[_i].text, &scope, &f);
	struct expr_run *run;
	struct rows rows;
	int64_t to[EXPR_BATCH];
	unsigned char is[EXPR_BATCH];

	ck_assert_msg(e != NULL, "%s", f.what);
	memcpy(cells, row, sizeof cells);
	cells[3] = wholes[_i].cost;
	cells[4] = wholes[_i].order;
	rows_make(&rows, cells, 1, NCOLS);
	run = expr_run_new(e);
	ck_assert_int_eq(expr_eval_whole(run, &rows.block, 0, 1,
	    wholes[_i].scale, to, is, &f), 0);
	ck_assert_int_eq(is[0], wholes[_i].is);
	if (is[0] == EXPR_WHOLE)
		ck_assert_int_eq(to[0], wholes[_i].want);
	expr_run_free(run);
	expr_free(e);
	rows_free(&rows);
}
END_TEST

/* One statement's cache: on while values repeat, off when they do not. */
START_TEST(cache)
{
	enum { N = EXPR_BATCH };
	static char text[N][24];
	const char *cells[N * NCOLS];
	struct fault f = FAULT_NONE;
	struct expr *e = expr_compile("instr(admission_method, '1')", &scope,
	    &f);
	struct expr_run *run;
	struct expr_value v[N];
	struct rows rows;
	uint64_t handed, lookups, hits;
	size_t batch, i;
	int k;

	ck_assert_ptr_nonnull(e);
	ck_assert_int_eq(expr_native(e), 0);
	for (k = 0; k < 2; k++) {
		run = expr_run_new(e);
		for (batch = 0; batch < 64; batch++) {
			for (i = 0; i < N; i++) {
				size_t c;

				for (c = 0; c < NCOLS; c++)
					cells[i * NCOLS + c] = "";
				(void)snprintf(text[i], sizeof text[i],
				    "%zu", k == 0 ? i % 50 + 50 :
				    1000000 + batch * N + i);
				cells[i * NCOLS + 2] = text[i];
			}
			rows_make(&rows, cells, N, NCOLS);
			ck_assert_int_eq(expr_eval(run, &rows.block, 0, N, v,
			    &f), 0);
			for (i = 0; i < N; i++) {
				const char *p = strchr(text[i], '1');

				ck_assert_int_eq(v[i].u.i, p == NULL ? 0 :
				    p - text[i] + 1);
			}
			rows_free(&rows);
		}
		expr_run_counts(run, &handed, &lookups, &hits);
		if (k == 0) {
			ck_assert_uint_eq(lookups, 64 * N);
			/*
			 * Two of the 50 keys that share a slot put each
			 * other out (one process in four has such a pair).
			 */
			ck_assert_uint_ge(hits, 64 * N * 3 / 4);
		} else {
			ck_assert_uint_eq(lookups, 8192);
			ck_assert_uint_eq(hits, 0);
		}
		expr_run_free(run);
	}
	expr_free(e);
}
END_TEST

/* SQLite's own errors stop the run, at their place, without the value. */
START_TEST(errors)
{
	const char *cells[2 * NCOLS];
	struct fault f = FAULT_NONE;
	struct expr *e;
	struct expr_run *run;
	struct expr_value v[2];
	struct rows rows;

	memcpy(cells, row, sizeof row);
	memcpy(cells + NCOLS, row, sizeof row);
	cells[NCOLS + 4] = "-9223372036854775808";
	rows_make(&rows, cells, 2, NCOLS);
	e = expr_compile("abs(order_no)", &scope, &f);
	run = expr_run_new(e);
	ck_assert_int_eq(expr_eval(run, &rows.block, 0, 2, v, &f), -1);
	ck_assert_str_eq(f.what, "expression: integer overflow");
	ck_assert_uint_eq(f.record, 2);
	expr_run_free(run);
	expr_free(e);
	fault_clear(&f);
	/* Where it is not reached it does not happen. */
	e = expr_compile("CASE WHEN order_no > 0 THEN abs(order_no) END",
	    &scope, &f);
	run = expr_run_new(e);
	ck_assert_int_eq(expr_eval(run, &rows.block, 0, 2, v, &f), 0);
	ck_assert_int_eq(v[0].u.i, 7);
	ck_assert_int_eq(v[1].kind, EXPR_NULL);
	expr_run_free(run);
	expr_free(e);
	/* A pattern that would take for ever is given up. */
	e = expr_compile("(order_no || 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa') "
	    "REGEXP '^.(a+)+$|(a|aa)+b(a*)*c'", &scope, &f);
	ck_assert_ptr_nonnull(e);
	run = expr_run_new(e);
	if (expr_eval(run, &rows.block, 1, 1, v, &f) == -1)
		ck_assert_str_eq(f.what, "expression: a REGEXP is too costly");
	expr_run_free(run);
	expr_free(e);
	rows_free(&rows);
}
END_TEST

/*
 * Half a character: SQLite's format counts bytes, its JSON has lone
 * surrogates. No such text is written, nor given to PCRE2, which trusts it.
 */
START_TEST(half_characters)
{
	static const char *const texts[] = {
		"format('%.3s', admission_method)",
		"format('%.3s', admission_method) REGEXP 'ab.'",
		"hex(format('%.3s', admission_method) REGEXP 'ab.')",
		"json_extract(person.sex, '$')",
	};
	const char *cells[NCOLS];
	struct fault f = FAULT_NONE;
	struct expr_value v;
	struct rows rows;
	size_t i;
	int way;

	memcpy(cells, row, sizeof row);
	cells[2] = "ab\xc3\xa9";
	cells[9] = "\"\\ud800\"";
	rows_make(&rows, cells, 1, NCOLS);
	for (i = 0; i < sizeof texts / sizeof texts[0] * 2; i++) {
		struct expr *e = expr_compile(texts[i / 2], &scope, &f);
		struct expr_run *run;

		ck_assert_msg(e != NULL, "%s", f.what);
		run = expr_run_new(e);
		way = i % 2;
		if (way)
			expr_run_by_sqlite(run);
		ck_assert_int_eq(expr_eval(run, &rows.block, 0, 1, &v, &f),
		    -1);
		ck_assert_str_eq(f.what, "expression: makes a text that is "
		    "not UTF-8");
		ck_assert_uint_eq(f.record, 1);
		fault_clear(&f);
		expr_run_free(run);
		expr_free(e);
	}
	rows_free(&rows);
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
	tcase_add_test(t, bad_cells);
	tcase_add_test(t, conditions);
	tcase_add_test(t, quoted_cells);
	tcase_add_test(t, shelf);
	tcase_add_test(t, numbers);
	tcase_add_loop_test(t, whole, 0,
	    (int)(sizeof wholes / sizeof wholes[0]));
	tcase_add_test(t, cache);
	tcase_add_test(t, errors);
	tcase_add_test(t, half_characters);
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
