/*
 * Expressions against SQLite itself, on random expressions and values.
 *
 * The text of each expression goes to SQLite as it stands, over a table
 * whose columns have no affinity and hold the same values; kind and value of
 * every result must be equal, both natively and by nib's own use of SQLite.
 * So precedence, types, NULL, overflow and conversions are SQLite's, not
 * this code's. nib's own functions are given to SQLite here once more, in
 * versions written for this test from their definitions.
 *
 * NIB_CHECK_LONG=1 runs 50 times as many. NIB_CHECK_SEED=N another series.
 */
#include <check.h>
#include <math.h>
#include <sqlite3.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "expr/expr.h"
#include "expr/node.h"
#include "random_expr.h"
#include "rows.h"

#define NROWS 48
#define NCOLS RANDOM_COLUMNS

/* nib's functions once more, as slowly as their definitions read. */

static int
ymd(sqlite3_value *v, int *y, int *m, int *d)
{
	static const int length[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31,
		30, 31 };
	const char *s = (const char *)sqlite3_value_text(v);
	int n = 0, leap;

	if (sqlite3_value_type(v) != SQLITE_TEXT || s == NULL)
		return 0;
	if (sscanf(s, "%4d-%2d-%2d%n", y, m, d, &n) != 3 || n != 10 ||
	    strspn(s, "0123456789-") < 10)
		return 0;
	if (s[10] != '\0' && (s[10] != 'T' || strlen(s) != 19))
		return 0;
	leap = (*y % 4 == 0 && *y % 100 != 0) || *y % 400 == 0;
	return *m >= 1 && *m <= 12 && *d >= 1 &&
	    *d <= length[*m - 1] + (*m == 2 && leap);
}

/* Days since 0000-03-01, month by month of the Roman year. */
static long
serial(int y, int m, int d)
{
	if (m < 3) {
		m += 12;
		y--;
	}
	return 365L * y + (y >= 0 ? y / 4 - y / 100 + y / 400 : -1) +
	    (153 * m - 457) / 5 + d;
}

static void
slow_age(sqlite3_context *c, int n, sqlite3_value **v)
{
	int y, m, d, y2, m2, d2;

	(void)n;
	if (ymd(v[0], &y, &m, &d) && ymd(v[1], &y2, &m2, &d2))
		sqlite3_result_int(c, y2 - y -
		    (m2 * 100 + d2 < m * 100 + d));
}

static void
slow_days(sqlite3_context *c, int n, sqlite3_value **v)
{
	int y, m, d, y2, m2, d2;

	(void)n;
	if (ymd(v[0], &y, &m, &d) && ymd(v[1], &y2, &m2, &d2))
		sqlite3_result_int64(c, serial(y2, m2, d2) -
		    serial(y, m, d));
}

static void
slow_part(sqlite3_context *c, int n, sqlite3_value **v)
{
	const char *part = sqlite3_user_data(c);
	char text[40];
	int y, m, d;

	(void)n;
	if (!ymd(v[0], &y, &m, &d))
		return;
	if (part[0] == 'm')
		(void)snprintf(text, sizeof text, "%04d-%02d", y, m);
	else if (part[0] == 'q')
		(void)snprintf(text, sizeof text, "%04d-Q%d", y,
		    m < 4 ? 1 : m < 7 ? 2 : m < 10 ? 3 : 4);
	else if (m < 4 && y == 0)
		return;
	else
		(void)snprintf(text, sizeof text, "%04d/%02d",
		    m < 4 ? y - 1 : y, (m < 4 ? y : y + 1) % 100);
	sqlite3_result_text(c, text, -1, SQLITE_TRANSIENT);
}

static void
slow_nhs(sqlite3_context *c, int n, sqlite3_value **v)
{
	const char *s = (const char *)sqlite3_value_text(v[0]);
	int i, sum = 0, check;

	(void)n;
	if (s == NULL)
		return;
	if (strlen(s) != 10 || strspn(s, "0123456789") != 10 ||
	    strspn(s, (const char[]){ s[0], 0 }) == 10) {
		sqlite3_result_int(c, 0);
		return;
	}
	for (i = 0; i < 9; i++)
		sum += (s[i] - '0') * (10 - i);
	check = 11 - sum % 11;
	sqlite3_result_int(c, (check == 11 ? 0 : check) == s[9] - '0');
}

static sqlite3 *
oracle_open(void)
{
	static char month[] = "m", quarter[] = "q", year[] = "f";
	const int flags = SQLITE_UTF8 | SQLITE_DETERMINISTIC;
	sqlite3 *db;
	int rc;

	rc = sqlite3_open(":memory:", &db);
	rc |= sqlite3_exec(db, "CREATE TABLE t(n INTEGER PRIMARY KEY, t1, t2,"
	    "i1, i2, r1, r2, b1, d1, d2, s1)", NULL, NULL, NULL);
	rc |= sqlite3_create_function(db, "age", 2, flags, NULL, slow_age,
	    NULL, NULL);
	rc |= sqlite3_create_function(db, "days", 2, flags, NULL, slow_days,
	    NULL, NULL);
	rc |= sqlite3_create_function(db, "month", 1, flags, month,
	    slow_part, NULL, NULL);
	rc |= sqlite3_create_function(db, "quarter", 1, flags, quarter,
	    slow_part, NULL, NULL);
	rc |= sqlite3_create_function(db, "financial_year", 1, flags, year,
	    slow_part, NULL, NULL);
	rc |= sqlite3_create_function(db, "nhs_number_ok", 1, flags, NULL,
	    slow_nhs, NULL, NULL);
	ck_assert_int_eq(rc, SQLITE_OK);
	return db;
}

/* The cells as nib reads them, into the oracle's table. */
static void
oracle_fill(sqlite3 *db, const char *const *cells)
{
	sqlite3_stmt *s;
	size_t r, c;
	int at;

	ck_assert_int_eq(sqlite3_exec(db, "DELETE FROM t", NULL, NULL, NULL),
	    SQLITE_OK);
	ck_assert_int_eq(sqlite3_prepare_v2(db, "INSERT INTO t VALUES(?1,"
	    "?2,?3,?4,?5,?6,?7,?8,?9,?10,?11)", -1, &s, NULL), SQLITE_OK);
	for (r = 0; r < NROWS; r++) {
		(void)sqlite3_bind_int64(s, 1, (sqlite3_int64)r);
		for (c = 0; c < NCOLS; c++) {
			const char *p = cells[r * NCOLS + c];
			int null = p[0] == '\0' ||
			    (random_fields[c].missing != NULL &&
			    (strcmp(p, "-  ") == 0 || strcmp(p, "X") == 0));

			at = (int)c + 2;
			if (null)
				(void)sqlite3_bind_null(s, at);
			else if (random_fields[c].type == EXPR_INTEGER)
				(void)sqlite3_bind_int64(s, at,
				    strtoll(p, NULL, 10));
			else if (random_fields[c].type == EXPR_NUMBER)
				(void)sqlite3_bind_double(s, at,
				    strtod(p, NULL));
			else if (random_fields[c].type == EXPR_BOOLEAN)
				(void)sqlite3_bind_int(s, at,
				    p[0] == '1' || p[0] == 't');
			else
				(void)sqlite3_bind_text(s, at, p, -1,
				    SQLITE_STATIC);
		}
		ck_assert_int_eq(sqlite3_step(s), SQLITE_DONE);
		(void)sqlite3_reset(s);
	}
	(void)sqlite3_finalize(s);
}

/* 0: row r agrees; else both are shown. */
static int
agree(const char *text, sqlite3_stmt *s, int rc, int mine,
    const struct expr_value *v)
{
	/*
	 * The one error here is abs() of the least integer. Whether it is met
	 * in a part whose value does not matter ("0 AND ...", IN after a
	 * match) is SQLite's optimiser's business, and it takes bound
	 * parameters for constants and columns not.
	 */
	if (rc != SQLITE_ROW || mine == -1)
		return strstr(text, "abs(") == NULL;
	switch (sqlite3_column_type(s, 0)) {
	case SQLITE_NULL:
		return v->kind != EXPR_NULL;
	case SQLITE_INTEGER:
		return v->kind != EXPR_INT ||
		    v->u.i != sqlite3_column_int64(s, 0);
	case SQLITE_FLOAT: {
		double d = sqlite3_column_double(s, 0);

		return v->kind != EXPR_REAL ||
		    memcmp(&v->u.r, &d, sizeof d) != 0;
	}
	default:
		return v->kind != EXPR_STRING ||
		    v->u.s.n != (size_t)sqlite3_column_bytes(s, 0) ||
		    memcmp(v->u.s.p, sqlite3_column_text(s, 0),
		    v->u.s.n) != 0;
	}
}

static void
show(const char *who, const struct expr_value *v, int rc)
{
	struct buf b = { 0 };

	if (rc == 0)
		expr_put(&b, v);
	fprintf(stderr, "  %s: rc %d kind %d %s\n", who, rc,
	    rc == 0 ? (int)v->kind : -1, buf_string(&b));
	buf_free(&b);
}

/* Expressions of the same rows share a shelf, and live as long as it. */
static struct {
	struct expr_shelf *shelf;
	struct expr *e[200];
	struct expr_run *run[200];
	size_t n;
} shared;

static void
shared_clear(void)
{
	for (; shared.n > 0; shared.n--) {
		expr_run_free(shared.run[shared.n - 1]);
		expr_free(shared.e[shared.n - 1]);
	}
	expr_shelf_free(shared.shelf);
	shared.shelf = expr_shelf_new(&random_scope);
}

static void
compare(const char *text, sqlite3 *db, const struct rows *rows,
    const char *const *cells, uint64_t *natively, uint64_t *handed)
{
	struct fault f = FAULT_NONE;
	static const char *const who[] = { "native", "by SQLite", "shared" };
	struct expr_value v[3][NROWS], one;
	struct expr_run *run[3];
	unsigned char truth[NROWS];
	sqlite3_stmt *s;
	struct buf sql = { 0 };
	struct expr *e;
	size_t r, c;
	int k, rc[3], tested, step;
	uint64_t h, looked, hit;

	e = expr_compile(text, &random_scope, &f);
	ck_assert_msg(e != NULL, "refused: %s: %s", text, f.what);
	buf_printf(&sql, "SELECT %s FROM t ORDER BY n", text);
	ck_assert_msg(sqlite3_prepare_v2(db, buf_string(&sql), -1, &s,
	    NULL) == SQLITE_OK, "SQLite refuses: %s: %s", text,
	    sqlite3_errmsg(db));
	for (k = 0; k < 3; k++) {
		run[k] = k == 2 ? expr_run_new_on(e, shared.shelf) :
		    expr_run_new(e);
		if (k == 1)
			expr_run_by_sqlite(run[k]);
		rc[k] = expr_eval(run[k], &rows->block, 0, NROWS, v[k], &f);
		f.set = 0;
	}
	expr_run_counts(run[0], &h, &looked, &hit);
	*handed += h;
	*natively += (uint64_t)expr_native(e);
	tested = expr_condition(e, NULL) == 0 && rc[0] == 0;
	for (r = 0; r < NROWS; r++) {
		/* An error ends a statement: start again beyond it. */
		(void)sqlite3_finalize(s);
		sql.n = 0;
		buf_printf(&sql, "SELECT %s FROM t WHERE n = %zu", text, r);
		ck_assert_int_eq(sqlite3_prepare_v2(db, buf_string(&sql), -1,
		    &s, NULL), SQLITE_OK);
		step = sqlite3_step(s);
		for (k = 0; k < 3; k++) {
			struct expr_value *got = &v[k][r];
			int mine = rc[k];

			if (mine == -1) {
				mine = expr_eval(run[k], &rows->block, r, 1,
				    &one, &f);
				f.set = 0;
				got = &one;
			}
			if (agree(text, s, step, mine, got) == 0)
				continue;
			fprintf(stderr, "%s\n  SQLite: %s\n", text,
			    step == SQLITE_ROW ?
			    (const char *)sqlite3_column_text(s, 0) :
			    sqlite3_errmsg(db));
			show(who[k], got, mine);
			for (c = 0; c < NCOLS; c++)
				fprintf(stderr, "  %s=%s",
				    random_fields[c].name,
				    cells[r * NCOLS + c]);
			ck_abort_msg("differs from SQLite: %s", text);
		}
	}
	/* As a condition it says the same. */
	for (k = 0; tested && k < 3; k += 2) {
		struct expr_value w[NROWS];

		if (expr_test(run[k], &rows->block, 0, NROWS, truth, NULL,
		    &f) == -1)
			break;
		ck_assert_int_eq(expr_eval(run[k], &rows->block, 0, NROWS, w,
		    &f), 0);
		for (r = 0; r < NROWS; r++) {
			int want = w[r].kind == EXPR_NULL ? 2 :
			    w[r].kind == EXPR_INT ? w[r].u.i != 0 :
			    w[r].u.r != 0;

			ck_assert_msg(w[r].kind == EXPR_STRING ||
			    truth[r] == want, "test and eval: %s", text);
		}
	}
	expr_run_free(run[0]);
	expr_run_free(run[1]);
	shared.e[shared.n] = e;
	shared.run[shared.n++] = run[2];
	(void)sqlite3_finalize(s);
	buf_free(&sql);
}

START_TEST(random_expressions)
{
	const char *cells[NROWS * NCOLS], *seed = getenv("NIB_CHECK_SEED");
	uint64_t natively = 0, handed = 0;
	size_t n, i, r, many = getenv("NIB_CHECK_LONG") != NULL ? 200000 :
	    4000;
	struct buf b = { 0 };
	struct rows rows = { .data = NULL };
	sqlite3 *db = oracle_open();

	if (seed != NULL)
		random_seed(strtoull(seed, NULL, 10));
	for (n = 0; n < many; n++) {
		if (n % 200 == 0) {
			for (r = 0; r < NROWS; r++)
				random_record(cells + r * NCOLS);
			shared_clear();
			rows_free(&rows);
			rows_make(&rows, cells, NROWS, NCOLS);
			oracle_fill(db, cells);
		}
		b.n = 0;
		if (n % 10 == 0)
			random_prefix(&b);
		else
			random_expression(&b, (int)(1 + n % 4));
		compare(buf_string(&b), db, &rows, cells, &natively, &handed);
	}
	shared_clear();
	expr_shelf_free(shared.shelf);
	/* Else this would compare SQLite with itself. */
	i = (size_t)(natively * 100 / many);
	ck_assert_msg(i > 50, "only %zu%% ran natively", i);
	ck_assert_msg(handed * 100 / many < 20, "%llu batches handed over",
	    (unsigned long long)handed);
	rows_free(&rows);
	buf_free(&b);
	(void)sqlite3_close(db);
}
END_TEST

/*
 * A number's text, of up to 15 digits: any, or as close as so many digits come
 * to the middle between two doubles, where rounding twice could go wrong.
 */
static void
number_text(char to[40])
{
	static const int64_t tens[] = { 1, 10, 100, 1000, 10000, 100000,
		1000000 };
	size_t after = random_below(7);
	int64_t u = (int64_t)(random_draw() % 1000000000000000ULL) /
	    tens[random_below(7)] / (random_below(2) == 0 ? 1 :
	    tens[random_below(3)]);

	if (random_below(2) == 0 && u > 0) {
		double d = (double)u / (double)tens[after];
		double up = nextafter(d, INFINITY);
		long double middle = ((long double)d + (long double)up) / 2;

		u = (int64_t)(middle * (long double)tens[after]);
	}
	(void)snprintf(to, 40, after == 0 ? "%lld" : "%lld.%0*lld",
	    (long long)(u / tens[after]), (int)after,
	    (long long)(u % tens[after]));
}

START_TEST(texts_as_reals)
{
	static const struct expr_field one = { .name = "t1",
		.type = EXPR_TEXT };
	static const struct expr_scope just_one = { .fields = &one, .n = 1 };
	struct fault f = FAULT_NONE;
	struct expr *e = expr_compile("CAST(t1 AS REAL)", &just_one, &f);
	struct expr_run *run;
	struct expr_value v[NROWS];
	char room[NROWS][40];
	const char *cells[NROWS];
	sqlite3 *db = oracle_open();
	sqlite3_stmt *s;
	size_t n, r;

	ck_assert(e != NULL);
	run = expr_run_new(e);
	ck_assert_int_eq(sqlite3_prepare_v2(db, "SELECT CAST(? AS REAL)", -1,
	    &s, NULL), SQLITE_OK);
	for (n = 0; n < 2000; n++) {
		struct rows rows;

		for (r = 0; r < NROWS; r++) {
			number_text(room[r]);
			cells[r] = room[r];
		}
		rows_make(&rows, cells, NROWS, 1);
		ck_assert_int_eq(expr_eval(run, &rows.block, 0, NROWS, v, &f),
		    0);
		for (r = 0; r < NROWS; r++) {
			(void)sqlite3_reset(s);
			(void)sqlite3_bind_text(s, 1, room[r], -1,
			    SQLITE_STATIC);
			ck_assert_msg(agree(room[r], s, sqlite3_step(s), 0,
			    &v[r]) == 0, "%s", room[r]);
		}
		rows_free(&rows);
	}
	(void)sqlite3_finalize(s);
	expr_run_free(run);
	expr_free(e);
	(void)sqlite3_close(db);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("expr against SQLite");
	TCase *t = tcase_create("random");
	SRunner *r;
	int failed;

	tcase_set_timeout(t, 0);
	tcase_add_test(t, random_expressions);
	tcase_add_test(t, texts_as_reals);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
