/*
 * Expressions over batches of records: cells that do not fit, conditions,
 * quoted cells, shared fields, numbers, the cache, errors. Expected values by
 * hand, or as the table beside says.
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
		"coalesce(birth_date, admission_date) <= admission_date",
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

int
main(void)
{
	Suite *s = suite_create("expr over records");
	TCase *t = tcase_create("expr over records");
	SRunner *r;
	int failed;

	tcase_set_timeout(t, 0);
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
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
