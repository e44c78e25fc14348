/*
 * SQL text from a tree. Nothing of it is the user's but names of functions
 * and collations, which bind has looked up, and constants between quotes.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "expr/sqlite.h"

static const char *const operators[] = {
	[NODE_ADD] = "+", [NODE_SUB] = " - ", [NODE_MUL] = "*",
	[NODE_DIV] = "/", [NODE_MOD] = "%", [NODE_BITAND] = "&",
	[NODE_BITOR] = "|", [NODE_LSHIFT] = "<<", [NODE_RSHIFT] = ">>",
	[NODE_CONCAT] = "||", [NODE_ARROW] = "->", [NODE_ARROW2] = "->>",
	[NODE_LT] = "<", [NODE_LE] = "<=", [NODE_GT] = ">", [NODE_GE] = ">=",
	[NODE_EQ] = "=", [NODE_NE] = "<>", [NODE_AND] = " AND ",
	[NODE_OR] = " OR "
};

/*
 * How tightly an operator holds, as in the grammar. Brackets are put only
 * where needed: SQLite's parser has room for about 100 open ones.
 */
enum { LOOSEST, OR, AND, NOT, EQUAL, ORDER, BITS, SUM, PRODUCT, CONCAT,
	COLLATE, PREFIX, TIGHTEST };

static int
strength(const struct node *x)
{
	switch (x->op) {
	case NODE_OR:
		return OR;
	case NODE_AND:
		return AND;
	case NODE_NOT:
		return NOT;
	case NODE_EQ:
	case NODE_NE:
	case NODE_IS:
	case NODE_TRUTH:
	case NODE_ISNULL:
	case NODE_IN:
	case NODE_BETWEEN:
	case NODE_LIKE:
	case NODE_GLOB:
		return EQUAL;
	case NODE_REGEXP: /* a call, and NOT before it */
		return x->negated ? NOT : TIGHTEST;
	case NODE_LT:
	case NODE_LE:
	case NODE_GT:
	case NODE_GE:
		return ORDER;
	case NODE_BITAND:
	case NODE_BITOR:
	case NODE_LSHIFT:
	case NODE_RSHIFT:
		return BITS;
	case NODE_ADD:
	case NODE_SUB:
		return SUM;
	case NODE_MUL:
	case NODE_DIV:
	case NODE_MOD:
		return PRODUCT;
	case NODE_CONCAT:
	case NODE_ARROW:
	case NODE_ARROW2:
		return CONCAT;
	case NODE_COLLATE:
		return COLLATE;
	case NODE_NEG:
	case NODE_PLUS:
	case NODE_BITNOT:
		return PREFIX;
	default:
		return TIGHTEST;
	}
}

/* In brackets unless it holds at least as tightly as that. */
static void put(struct sqlite_text *, const struct node *, int least);

static void
put_text(struct buf *b, const char *p, size_t n)
{
	size_t i;

	buf_putc(b, '\'');
	for (i = 0; i < n; i++) {
		if (p[i] == '\'')
			buf_putc(b, '\'');
		buf_putc(b, p[i]);
	}
	buf_putc(b, '\'');
}

static void
put_list(struct sqlite_text *m, const struct node *x, size_t from)
{
	size_t i;

	for (i = from; i < x->n; i++) {
		if (i > from)
			buf_putc(&m->sql, ',');
		put(m, x->kids[i], LOOSEST);
	}
}

static void
put_call(struct sqlite_text *m, const struct node *x)
{
	struct buf *b = &m->sql;
	size_t i;

	if (x->function->id == FUNCTION_IN_CODELIST) {
		buf_puts(b, "in_codelist(");
		put(m, x->kids[0], LOOSEST);
		buf_putc(b, ',');
		buf_put_i64(b, x->i);
		buf_putc(b, ')');
		return;
	}
	if (x->function->id == FUNCTION_SCORE ||
	    x->function->id == FUNCTION_AGE_BAND) {
		buf_printf(b, "%s(%lld,", x->function->id == FUNCTION_SCORE ?
		    "nib_score" : "nib_band", (long long)x->i);
		put_list(m, x, 0);
		buf_putc(b, ')');
		return;
	}
	buf_puts(b, x->function->name);
	buf_putc(b, '(');
	for (i = 0; i < x->n; i++) {
		/* strftime's first argument is its format. */
		int time = x->function->clock &&
		    (i > 0 || strcmp(x->function->name, "strftime") != 0);

		if (i > 0)
			buf_putc(b, ',');
		if (time)
			buf_puts(b, "nib_time(");
		put(m, x->kids[i], LOOSEST);
		if (time)
			buf_putc(b, ')');
	}
	/* To the end is so many bytes, not the fewer a value may have. */
	if (x->function->id == FUNCTION_SUBSTR && x->n == 2)
		buf_puts(b, ",1000000000");
	buf_putc(b, ')');
}

static void
put_case(struct sqlite_text *m, const struct node *x)
{
	struct buf *b = &m->sql;
	size_t i = 0;

	buf_puts(b, "CASE ");
	if (x->i != 0)
		put(m, x->kids[i++], LOOSEST);
	for (; i + 1 < x->n; i += 2) {
		buf_puts(b, " WHEN ");
		put(m, x->kids[i], LOOSEST);
		buf_puts(b, " THEN ");
		put(m, x->kids[i + 1], LOOSEST);
	}
	if (i < x->n) {
		buf_puts(b, " ELSE ");
		put(m, x->kids[i], LOOSEST);
	}
	buf_puts(b, " END");
}

static void
put_operator(struct sqlite_text *m, const struct node *x)
{
	static const char *const casts[] = { "INTEGER", "REAL", "TEXT",
		"NUMERIC" };
	struct buf *b = &m->sql;
	int least = strength(x);

	switch (x->op) {
	case NODE_NEG:
	case NODE_PLUS:
	case NODE_BITNOT:
	case NODE_NOT:
		buf_puts(b, x->op == NODE_NEG ? "- " : x->op == NODE_PLUS ?
		    "+ " : x->op == NODE_NOT ? "NOT " : "~ ");
		put(m, x->kids[0], least);
		break;
	case NODE_IS:
		put(m, x->kids[0], least);
		buf_puts(b, x->negated ? " IS NOT " : " IS ");
		put(m, x->kids[1], least + 1);
		break;
	case NODE_TRUTH:
		put(m, x->kids[0], least);
		buf_printf(b, " IS %s%s", x->negated ? "NOT " : "",
		    x->i != 0 ? "TRUE" : "FALSE");
		break;
	case NODE_ISNULL:
		put(m, x->kids[0], least);
		buf_puts(b, x->negated ? " IS NOT NULL" : " IS NULL");
		break;
	case NODE_IN:
		put(m, x->kids[0], least);
		buf_puts(b, x->negated ? " NOT IN (" : " IN (");
		put_list(m, x, 1);
		buf_putc(b, ')');
		break;
	case NODE_BETWEEN:
		put(m, x->kids[0], least);
		buf_puts(b, x->negated ? " NOT BETWEEN " : " BETWEEN ");
		put(m, x->kids[1], least + 1);
		buf_puts(b, " AND ");
		put(m, x->kids[2], least + 1);
		break;
	case NODE_LIKE:
	case NODE_GLOB:
		put(m, x->kids[0], least);
		buf_printf(b, " %s%s ", x->negated ? "NOT " : "",
		    x->op == NODE_LIKE ? "LIKE" : "GLOB");
		put(m, x->kids[1], least + 1);
		if (x->n == 3) {
			buf_puts(b, " ESCAPE ");
			put(m, x->kids[2], least + 1);
		}
		break;
	case NODE_REGEXP:
		buf_printf(b, "%snib_regexp(%lld,", x->negated ? "NOT " : "",
		    (long long)x->i);
		put(m, x->kids[0], LOOSEST);
		buf_putc(b, ')');
		break;
	case NODE_CAST:
		buf_puts(b, "CAST(");
		put(m, x->kids[0], LOOSEST);
		buf_printf(b, " AS %s)", casts[x->i]);
		break;
	case NODE_COLLATE:
		put(m, x->kids[0], least);
		buf_printf(b, " COLLATE %s", x->text);
		break;
	default:
		put(m, x->kids[0], least);
		buf_puts(b, operators[x->op]);
		put(m, x->kids[1], least + 1);
		break;
	}
}

static void
put(struct sqlite_text *m, const struct node *x, int least)
{
	struct buf *b = &m->sql;
	int brackets;

	switch (x->op) {
	case NODE_NULL:
		buf_puts(b, "NULL");
		return;
	case NODE_INT:
		if (x->i < 0)
			buf_putc(b, '(');
		buf_put_i64(b, x->i);
		if (x->i < 0)
			buf_putc(b, ')');
		return;
	case NODE_REAL:
		/* Bound, so that the double is the one num_double made. */
		m->reals = mem_array(m->reals, m->nreals + 1,
		    sizeof *m->reals);
		m->reals[m->nreals++] = x->r;
		buf_printf(b, "?%zu", m->e->nreads + m->nreals);
		return;
	case NODE_TEXT:
		put_text(b, x->text, x->length);
		return;
	case NODE_FIELD:
		m->reads[x->slot] = 1;
		buf_printf(b, "?%zu", x->slot + 1);
		return;
	case NODE_CASE:
		put_case(m, x);
		return;
	case NODE_CALL:
		put_call(m, x);
		return;
	default:
		brackets = strength(x) < least;
		if (brackets)
			buf_putc(b, '(');
		put_operator(m, x);
		if (brackets)
			buf_putc(b, ')');
		return;
	}
}

void
sqlite_text_put(struct sqlite_text *to, const struct node *x)
{
	buf_puts(&to->sql, "SELECT ");
	put(to, x, LOOSEST);
}

void
sqlite_text_free(struct sqlite_text *t)
{
	free(t->reals);
	free(t->reads);
	buf_free(&t->sql);
}
