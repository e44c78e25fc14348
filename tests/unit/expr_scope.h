/*
 * expr_scope: an episode's fields of every type, one record of it, and what
 * an expression makes of that; for tests of expressions.
 */
#ifndef NIB_TEST_EXPR_SCOPE_H
#define NIB_TEST_EXPR_SCOPE_H

#include <check.h>
#include <stdio.h>
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

#endif
