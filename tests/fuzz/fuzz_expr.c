/*
 * Fuzz expressions: any text is refused with a reason or gives the same
 * values natively and by SQLite, row by row.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "expr/expr.h"
#include "expr/node.h"
#include "../unit/rows.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

#define NROWS 6
#define NCOLS 5

static const char *const missing[] = { "", "-  ", NULL };
static const struct expr_field fields[NCOLS] = {
	{ .name = "t", .column = 0, .type = EXPR_TEXT, .missing = missing },
	{ .name = "i", .column = 1, .type = EXPR_INTEGER },
	{ .name = "r", .column = 2, .type = EXPR_NUMBER },
	{ .name = "d", .column = 3, .type = EXPR_DATE },
	{ .name = "b", .column = 4, .type = EXPR_BOOLEAN },
};

static const void *
codelist(void *arg, const char *name, struct fault *f)
{
	(void)arg;
	(void)f;
	return name[0] == 'l' ? "l" : NULL;
}

static int
codelist_has(const void *list, const char *p, size_t n)
{
	(void)list;
	return n > 0 && p[0] == '2';
}

static const struct expr_scope scope = { fields, NCOLS, codelist,
	codelist_has, NULL };

static const char *const cells[NROWS * NCOLS] = {
	"I219", "7", "2.5", "2024-04-01", "true",
	"", "", "", "", "",
	"\xc3\xa9t\xc3\xa9 2", "-9223372036854775808", "-1e300",
	    "0000-01-01", "0",
	"abcdefghijklmnop", "9223372036854775807", "9007199254740993",
	    "9999-12-31", "1",
	"-  ", "0", "0", "2000-02-29", "false",
	"12.5", "x", "0.1", "2024-02-30", "1",
};

static int
differ(const struct expr_value *a, const struct expr_value *b)
{
	if (a->kind != b->kind)
		return 1;
	switch (a->kind) {
	case EXPR_INT:
	case EXPR_BAD:
		return a->u.i != b->u.i;
	case EXPR_REAL:
		return memcmp(&a->u.r, &b->u.r, sizeof a->u.r) != 0;
	case EXPR_STRING:
		return a->u.s.n != b->u.s.n ||
		    memcmp(a->u.s.p, b->u.s.p, a->u.s.n) != 0;
	default:
		return 0;
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct fault f = FAULT_NONE, g = FAULT_NONE;
	struct expr_value a[NROWS], b[NROWS];
	struct expr_run *native, *sqlite;
	struct rows rows;
	char *text = malloc(n + 1);
	struct expr *e;
	int rc;
	size_t i;

	if (text == NULL)
		abort();
	if (n > 0)
		memcpy(text, data, n);
	text[n] = '\0';
	e = expr_compile(text, &scope, &f);
	free(text);
	if (e == NULL) {
		if (!f.set || f.what[0] == '\0')
			abort();
		return 0;
	}
	rows_make(&rows, cells, NROWS, NCOLS);
	native = expr_run_new(e);
	sqlite = expr_run_new(e);
	expr_run_by_sqlite(sqlite);
	rc = expr_eval(native, &rows.block, 0, NROWS, a, &f);
	if (rc != expr_eval(sqlite, &rows.block, 0, NROWS, b, &g))
		abort();
	for (i = 0; rc == 0 && i < NROWS; i++)
		if (differ(&a[i], &b[i]))
			abort();
	if (rc == -1 && (!f.set || f.record != g.record))
		abort();
	expr_run_free(native);
	expr_run_free(sqlite);
	expr_free(e);
	rows_free(&rows);
	return 0;
}
