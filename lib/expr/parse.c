/*
 * SQLite's expression grammar, without subqueries, aggregates and windows.
 * Precedence as in https://www.sqlite.org/lang_expr.html.
 */
#include <string.h>

#include "base/num.h"
#include "expr/token.h"

#define DEPTH 400    /* of the tree; SQLite's own limit is 1000 */
#define NODES 20000U

struct parser {
	struct tokens t;
	unsigned nodes;
	int depth, deepest;
};

static struct node *
make(struct parser *p, enum node_op op, size_t at, size_t room)
{
	struct node *e;

	if (++p->nodes > NODES) {
		(void)source_bad(p->t.source, at, "an expression of more than "
		    "%u parts", NODES);
		return NULL;
	}
	e = arena_alloc(p->t.source->memory, sizeof *e);
	memset(e, 0, sizeof *e);
	e->op = op;
	e->at = at;
	e->field = -1;
	if (room > 0)
		e->kids = arena_alloc(p->t.source->memory,
		    room * sizeof *e->kids);
	return e;
}

/* NULL, with a fault that says where and what. */
static struct node *
refuse(struct parser *p, size_t at, const char *what)
{
	(void)source_bad(p->t.source, at, "%s", what);
	return NULL;
}

/* Adds a kid to a node whose room doubles at powers of two. */
static void
add(struct parser *p, struct node *e, struct node *kid)
{
	size_t room = 4;
	struct node **more;

	while (room < e->n)
		room *= 2;
	if (e->n == 0 || e->n == room) {
		more = arena_alloc(p->t.source->memory,
		    (e->n == 0 ? 4 : room * 2) * sizeof *more);
		if (e->n > 0)
			memcpy(more, e->kids, e->n * sizeof *more);
		e->kids = more;
	}
	e->kids[e->n++] = kid;
}

static struct node *
pair(struct parser *p, enum node_op op, size_t at, struct node *a,
    struct node *b)
{
	struct node *e;

	if (a == NULL || b == NULL || (e = make(p, op, at, 2)) == NULL)
		return NULL;
	e->kids[0] = a;
	e->kids[1] = b;
	e->n = 2;
	return e;
}

static struct node *
single(struct parser *p, enum node_op op, size_t at, struct node *a)
{
	struct node *e;

	if (a == NULL || (e = make(p, op, at, 1)) == NULL)
		return NULL;
	e->kids[0] = a;
	e->n = 1;
	return e;
}

/* Binding strengths; a higher one holds tighter. */
enum {
	P_OR = 1, P_AND, P_NOT, P_EQUAL, P_ORDER, P_BITS, P_SUM, P_PRODUCT,
	P_CONCAT, P_COLLATE, P_PREFIX
};

static struct node *expression(struct parser *, int least);

static struct node *
literal_number(struct parser *p)
{
	const char *s = p->t.source->text + p->t.at;
	struct node *e = make(p, NODE_INT, p->t.at, 0);
	size_t i;

	if (e == NULL)
		return NULL;
	if (p->t.n > 2 && (s[1] == 'x' || s[1] == 'X')) {
		uint64_t u = 0;

		for (i = 2; i < p->t.n; i++) {
			char c = token_upper(s[i]);

			if (u >> 60 != 0)
				return refuse(p, p->t.at, "more than 16 "
				    "hexadecimal digits");
			u = u << 4 | (uint64_t)(c <= '9' ? c - '0' :
			    c - 'A' + 10);
		}
		memcpy(&e->i, &u, sizeof u);
	} else if (num_i64(s, p->t.n, &e->i) == -1) {
		e->op = NODE_REAL;
		if (num_double(s, p->t.n, &e->r) == -1)
			return refuse(p, p->t.at, "a number that no double "
			    "can hold");
	}
	return token_next(&p->t) == -1 ? NULL : e;
}

static struct node *
text_node(struct parser *p, enum node_op op)
{
	struct node *e = make(p, op, p->t.at, 0);

	if (e == NULL)
		return NULL;
	e->text = p->t.text;
	e->length = p->t.length;
	return token_next(&p->t) == -1 ? NULL : e;
}

/* A name's bytes with a NUL. */
static char *
name_copy(struct parser *p)
{
	char *to = arena_alloc(p->t.source->memory, p->t.n + 17);

	memset(to, 0, p->t.n + 17);
	memcpy(to, p->t.source->text + p->t.at, p->t.n);
	return to;
}

static struct node *
case_expression(struct parser *p)
{
	struct node *e = make(p, NODE_CASE, p->t.at, 0), *kid;
	int rc;

	if (e == NULL || token_next(&p->t) == -1)
		return NULL;
	if (!token_is_word(&p->t, "WHEN")) {
		if ((kid = expression(p, P_OR)) == NULL)
			return NULL;
		add(p, e, kid);
		e->i = 1;
	}
	if (!token_is_word(&p->t, "WHEN"))
		return refuse(p, p->t.at, "expected WHEN");
	while ((rc = token_take_word(&p->t, "WHEN")) == 1) {
		if ((kid = expression(p, P_OR)) == NULL)
			return NULL;
		add(p, e, kid);
		if (token_need_word(&p->t, "THEN") == -1 ||
		    (kid = expression(p, P_OR)) == NULL)
			return NULL;
		add(p, e, kid);
	}
	if (rc == -1 || (rc = token_take_word(&p->t, "ELSE")) == -1)
		return NULL;
	if (rc == 1) {
		if ((kid = expression(p, P_OR)) == NULL)
			return NULL;
		add(p, e, kid);
	}
	return token_need_word(&p->t, "END") == -1 ? NULL : e;
}

/* SQLite's rule: what the name of a type holds says what it is. */
static int
cast_type(const char *s, size_t n)
{
	static const struct {
		const char *word;
		int type;
	} rules[] = { { "INT", CAST_INTEGER }, { "CHAR", CAST_TEXT },
		{ "CLOB", CAST_TEXT }, { "TEXT", CAST_TEXT }, { "BLOB", -1 },
		{ "REAL", CAST_REAL }, { "FLOA", CAST_REAL },
		{ "DOUB", CAST_REAL }, { "DEC", CAST_NUMERIC },
		{ "NUM", CAST_NUMERIC } };
	size_t r, i, j;

	for (r = 0; r < sizeof rules / sizeof rules[0]; r++)
		for (i = 0; i < n; i++) {
			for (j = 0; rules[r].word[j] != '\0' && i + j < n &&
			    token_upper(s[i + j]) == rules[r].word[j]; j++)
				continue;
			if (rules[r].word[j] == '\0')
				return rules[r].type;
		}
	return -1;
}

static struct node *
cast_expression(struct parser *p)
{
	struct node *e, *kid;
	size_t at = p->t.at, from, to;
	int type, rc;

	if (token_next(&p->t) == -1 || token_need_sign(&p->t, "(") == -1 ||
	    (kid = expression(p, P_OR)) == NULL ||
	    token_need_word(&p->t, "AS") == -1)
		return NULL;
	from = p->t.at;
	to = from;
	while (p->t.kind == T_NAME) {
		to = p->t.at + p->t.n;
		if (token_next(&p->t) == -1)
			return NULL;
	}
	type = cast_type(p->t.source->text + from, to - from);
	if (type == -1)
		return refuse(p, from, "expected a type: INTEGER, REAL, "
		    "NUMERIC or TEXT");
	if ((rc = token_take_sign(&p->t, "(")) == -1)
		return NULL;
	if (rc == 1) { /* VARCHAR(10): SQLite ignores the size */
		while (p->t.kind == T_NUMBER || token_is_sign(&p->t, ","))
			if (token_next(&p->t) == -1)
				return NULL;
		if (token_need_sign(&p->t, ")") == -1)
			return NULL;
	}
	if (token_need_sign(&p->t, ")") == -1 ||
	    (e = single(p, NODE_CAST, at, kid)) == NULL)
		return NULL;
	e->i = type;
	return e;
}

static struct node *
call(struct parser *p, size_t at, char *name)
{
	struct node *e = make(p, NODE_CALL, at, 0), *kid;
	int rc;

	if (e == NULL || token_next(&p->t) == -1)
		return NULL;
	e->text = name;
	e->length = strlen(name);
	if (token_is_sign(&p->t, "*")) {
		return refuse(p, at, "an expression sees one record; totals "
		    "over records are nib-aggregate's");
	}
	if (token_is_word(&p->t, "DISTINCT"))
		return refuse(p, p->t.at, "an expression sees one record: no "
		    "DISTINCT");
	if (!token_is_sign(&p->t, ")")) {
		do {
			if ((kid = expression(p, P_OR)) == NULL)
				return NULL;
			add(p, e, kid);
		} while ((rc = token_take_sign(&p->t, ",")) == 1);
		if (rc == -1)
			return NULL;
	}
	if (token_need_sign(&p->t, ")") == -1)
		return NULL;
	if (token_is_word(&p->t, "OVER") || token_is_word(&p->t, "FILTER"))
		return refuse(p, p->t.at, "an expression sees one record: no "
		    "window functions");
	return e;
}

static int
keyword(const struct parser *p)
{
	static const char *const words[] = { "AND", "AS", "BETWEEN", "CASE",
		"CAST", "COLLATE", "DISTINCT", "ELSE", "END", "ESCAPE",
		"EXISTS", "FROM", "GLOB", "IN", "IS", "ISNULL", "LIKE",
		"MATCH", "NOT", "NOTNULL", "NULL", "OR", "REGEXP", "SELECT",
		"THEN", "WHEN", NULL };
	size_t i;

	for (i = 0; words[i] != NULL; i++)
		if (token_is_word(&p->t, words[i]))
			return 1;
	return 0;
}

static struct node *
constant(struct parser *p, enum node_op op, int64_t v)
{
	struct node *e = make(p, op, p->t.at, 0);

	if (e == NULL || token_next(&p->t) == -1)
		return NULL;
	e->i = v;
	return e;
}

static struct node *
named(struct parser *p)
{
	size_t at = p->t.at, n = p->t.n;
	struct node *e;
	char *name;

	if (token_is_word(&p->t, "CASE"))
		return case_expression(p);
	if (token_is_word(&p->t, "CAST"))
		return cast_expression(p);
	if (token_is_word(&p->t, "NULL"))
		return constant(p, NODE_NULL, 0);
	if (token_is_word(&p->t, "SELECT") || token_is_word(&p->t, "EXISTS"))
		return refuse(p, p->t.at, "no subqueries: an expression sees "
		    "one record");
	if (token_is_word(&p->t, "CURRENT_DATE") ||
	    token_is_word(&p->t, "CURRENT_TIME") ||
	    token_is_word(&p->t, "CURRENT_TIMESTAMP"))
		return refuse(p, p->t.at, "the clock is not a field: the same "
		    "input must give the same output");
	if (keyword(p))
		return refuse(p, p->t.at, "expected a value (a field with the "
		    "name of an SQL word is written in double quotes)");
	name = name_copy(p);
	if (token_next(&p->t) == -1)
		return NULL;
	if (token_is_sign(&p->t, "(") && p->t.kind == T_SIGN)
		return call(p, at, name);
	if ((e = make(p, NODE_FIELD, at, 0)) == NULL)
		return NULL;
	e->text = name;
	e->length = n;
	return e;
}

static struct node *
operand(struct parser *p)
{
	struct node *e;

	switch (p->t.kind) {
	case T_NUMBER:
		return literal_number(p);
	case T_STRING:
		return text_node(p, NODE_TEXT);
	case T_QUOTED:
		/* i 1: TRUE and FALSE in quotes are names, too. */
		if ((e = text_node(p, NODE_FIELD)) != NULL)
			e->i = 1;
		return e;
	case T_NAME:
		return named(p);
	case T_SIGN:
		if (token_is_sign(&p->t, "(")) {
			if (token_next(&p->t) == -1 ||
			    (e = expression(p, P_OR)) == NULL)
				return NULL;
			if (token_is_sign(&p->t, ","))
				return refuse(p, p->t.at, "one value in "
				    "brackets, not a row of them");
			return token_need_sign(&p->t, ")") == -1 ? NULL : e;
		}
		/* FALLTHROUGH */
	default:
		return refuse(p, p->t.at, "expected a value");
	}
}

static struct node *
prefix(struct parser *p)
{
	static const struct {
		const char *sign;
		enum node_op op;
	} signs[] = { { "-", NODE_NEG }, { "+", NODE_PLUS },
		{ "~", NODE_BITNOT } };
	size_t at = p->t.at, i;
	struct node *kid;

	if (token_is_word(&p->t, "NOT")) {
		if (token_next(&p->t) == -1)
			return NULL;
		if (token_is_word(&p->t, "EXISTS"))
			return named(p);
		return single(p, NODE_NOT, at, expression(p, P_NOT));
	}
	for (i = 0; i < 3; i++) {
		if (!token_is_sign(&p->t, signs[i].sign))
			continue;
		if (token_next(&p->t) == -1)
			return NULL;
		/* The one way to write the least integer. */
		if (i == 0 && p->t.kind == T_NUMBER && p->t.n == 19 &&
		    memcmp(p->t.source->text + p->t.at, "9223372036854775808",
		    19) == 0) {
			if ((kid = constant(p, NODE_INT, INT64_MIN)) != NULL)
				kid->at = at;
			return kid;
		}
		kid = expression(p, P_PREFIX);
		if (i == 0 && kid != NULL && kid->op == NODE_INT &&
		    kid->i != INT64_MIN) {
			kid->i = -kid->i;
			return kid;
		}
		if (i == 0 && kid != NULL && kid->op == NODE_REAL) {
			kid->r = -kid->r;
			return kid;
		}
		return single(p, signs[i].op, at, kid);
	}
	return operand(p);
}

static const struct binary {
	const char *sign;
	int strength;
	enum node_op op;
} binaries[] = { { "||", P_CONCAT, NODE_CONCAT },
	{ "->", P_CONCAT, NODE_ARROW }, { "->>", P_CONCAT, NODE_ARROW2 },
	{ "*", P_PRODUCT, NODE_MUL }, { "/", P_PRODUCT, NODE_DIV },
	{ "%", P_PRODUCT, NODE_MOD }, { "+", P_SUM, NODE_ADD },
	{ "-", P_SUM, NODE_SUB }, { "&", P_BITS, NODE_BITAND },
	{ "|", P_BITS, NODE_BITOR }, { "<<", P_BITS, NODE_LSHIFT },
	{ ">>", P_BITS, NODE_RSHIFT }, { "<", P_ORDER, NODE_LT },
	{ "<=", P_ORDER, NODE_LE }, { ">", P_ORDER, NODE_GT },
	{ ">=", P_ORDER, NODE_GE }, { "=", P_EQUAL, NODE_EQ },
	{ "==", P_EQUAL, NODE_EQ }, { "<>", P_EQUAL, NODE_NE },
	{ "!=", P_EQUAL, NODE_NE } };

static struct node *
is_expression(struct parser *p, size_t at, struct node *left)
{
	int no, rc;
	struct node *e;

	if (token_next(&p->t) == -1 ||
	    (no = token_take_word(&p->t, "NOT")) == -1)
		return NULL;
	if ((rc = token_take_word(&p->t, "DISTINCT")) == -1)
		return NULL;
	if (rc == 1) {
		if (token_need_word(&p->t, "FROM") == -1)
			return NULL;
		no = !no;
	}
	e = pair(p, NODE_IS, at, left, expression(p, P_ORDER));
	if (e != NULL)
		e->negated = no;
	return e;
}

static struct node *
in_expression(struct parser *p, size_t at, struct node *left)
{
	struct node *e = make(p, NODE_IN, at, 0), *kid;
	int rc;

	if (e == NULL || token_next(&p->t) == -1)
		return NULL;
	if (!token_is_sign(&p->t, "("))
		return refuse(p, p->t.at, "expected a list in brackets (for a "
		    "code list: in_codelist(field, 'name'))");
	if (token_next(&p->t) == -1)
		return NULL;
	add(p, e, left);
	/* SQLite would take an empty list for the word FALSE. */
	if (token_is_sign(&p->t, ")"))
		return refuse(p, p->t.at, "an empty list");
	do {
		if ((kid = expression(p, P_OR)) == NULL)
			return NULL;
		add(p, e, kid);
	} while ((rc = token_take_sign(&p->t, ",")) == 1);
	if (rc == -1)
		return NULL;
	return token_need_sign(&p->t, ")") == -1 ? NULL : e;
}

static struct node *
between_expression(struct parser *p, size_t at, struct node *left)
{
	struct node *e = make(p, NODE_BETWEEN, at, 3);

	if (e == NULL || token_next(&p->t) == -1)
		return NULL;
	e->kids[0] = left;
	if ((e->kids[1] = expression(p, P_NOT)) == NULL ||
	    token_need_word(&p->t, "AND") == -1 ||
	    (e->kids[2] = expression(p, P_ORDER)) == NULL)
		return NULL;
	e->n = 3;
	return e;
}

static struct node *
like_expression(struct parser *p, enum node_op op, size_t at,
    struct node *left)
{
	struct node *e, *kid;
	int rc;

	if (token_next(&p->t) == -1)
		return NULL;
	e = make(p, op, at, 3);
	if (e == NULL || (kid = expression(p, P_ORDER)) == NULL)
		return NULL;
	e->kids[0] = left;
	e->kids[1] = kid;
	e->n = 2;
	if ((rc = token_take_word(&p->t, "ESCAPE")) == -1)
		return NULL;
	if (rc == 1) {
		if (op != NODE_LIKE)
			return refuse(p, p->t.last, "ESCAPE belongs to LIKE");
		if ((kid = expression(p, P_ORDER)) == NULL)
			return NULL;
		e->kids[e->n++] = kid;
	}
	return e;
}

/* Operators that are words; *done 0: the token is none of them. */
static struct node *
word_operator(struct parser *p, struct node *left, int least, int *done)
{
	struct node *e = NULL;
	size_t at = p->t.at;
	int no = 0;

	*done = 1;
	if (token_is_word(&p->t, "AND") && least <= P_AND)
		return token_next(&p->t) == -1 ? NULL :
		    pair(p, NODE_AND, at, left, expression(p, P_NOT));
	if (token_is_word(&p->t, "OR") && least <= P_OR)
		return token_next(&p->t) == -1 ? NULL :
		    pair(p, NODE_OR, at, left, expression(p, P_AND));
	if (token_is_word(&p->t, "COLLATE") && least <= P_COLLATE) {
		if (token_next(&p->t) == -1)
			return NULL;
		if (!token_is_word(&p->t, "BINARY") &&
		    !token_is_word(&p->t, "NOCASE") &&
		    !token_is_word(&p->t, "RTRIM"))
			return refuse(p, p->t.at, "expected BINARY, NOCASE or "
			    "RTRIM");
		if ((e = single(p, NODE_COLLATE, at, left)) == NULL)
			return NULL;
		e->text = name_copy(p);
		e->length = p->t.n;
		return token_next(&p->t) == -1 ? NULL : e;
	}
	*done = 0;
	if (least > P_EQUAL)
		return NULL;
	*done = 1;
	if (token_is_word(&p->t, "IS"))
		return is_expression(p, at, left);
	if (token_is_word(&p->t, "ISNULL") || token_is_word(&p->t, "NOTNULL")) {
		no = token_is_word(&p->t, "NOTNULL");
		if (token_next(&p->t) == -1 ||
		    (e = single(p, NODE_ISNULL, at, left)) == NULL)
			return NULL;
		e->negated = no;
		return e;
	}
	if (token_is_word(&p->t, "NOT")) {
		no = 1;
		if (token_next(&p->t) == -1)
			return NULL;
		if (token_is_word(&p->t, "NULL")) {
			if (token_next(&p->t) == -1 ||
			    (e = single(p, NODE_ISNULL, at, left)) == NULL)
				return NULL;
			e->negated = 1;
			return e;
		}
	}
	if (token_is_word(&p->t, "IN"))
		e = in_expression(p, at, left);
	else if (token_is_word(&p->t, "BETWEEN"))
		e = between_expression(p, at, left);
	else if (token_is_word(&p->t, "LIKE"))
		e = like_expression(p, NODE_LIKE, at, left);
	else if (token_is_word(&p->t, "GLOB"))
		e = like_expression(p, NODE_GLOB, at, left);
	else if (token_is_word(&p->t, "REGEXP"))
		e = like_expression(p, NODE_REGEXP, at, left);
	else if (token_is_word(&p->t, "MATCH"))
		e = refuse(p, p->t.at, "no MATCH; REGEXP takes a pattern");
	else if (no)
		e = refuse(p, p->t.at, "expected IN, BETWEEN, LIKE, GLOB, "
		    "REGEXP or NULL after NOT");
	else
		*done = 0;
	if (e != NULL)
		e->negated = no;
	return e;
}

static struct node *
expression(struct parser *p, int least)
{
	struct node *left, *right;
	size_t i, at;
	int done;

	if (++p->depth > p->deepest)
		p->deepest = p->depth;
	if (p->depth > DEPTH) {
		(void)source_bad(p->t.source, p->t.at, "nested more than %d "
		    "deep", DEPTH);
		return NULL;
	}
	left = prefix(p);
	while (left != NULL) {
		at = p->t.at;
		if (p->t.kind == T_NAME) {
			right = word_operator(p, left, least, &done);
			if (!done)
				break;
			left = right;
			continue;
		}
		if (p->t.kind != T_SIGN)
			break;
		for (i = 0; i < sizeof binaries / sizeof binaries[0]; i++)
			if (token_is_sign(&p->t, binaries[i].sign))
				break;
		if (i == sizeof binaries / sizeof binaries[0] ||
		    binaries[i].strength < least)
			break;
		if (token_next(&p->t) == -1) {
			left = NULL;
			break;
		}
		left = pair(p, binaries[i].op, at, left,
		    expression(p, binaries[i].strength + 1));
	}
	p->depth--;
	return left;
}

/* Long chains are deep trees: measured here, once. */
static int
too_deep(const struct node *e, int depth)
{
	size_t i;

	if (depth > 2 * DEPTH)
		return 1;
	for (i = 0; i < e->n; i++)
		if (too_deep(e->kids[i], depth + 1))
			return 1;
	return 0;
}

/* Bytes that are UTF-8, as every cell is. */
static int
utf8(const char *s)
{
	const unsigned char *p = (const unsigned char *)s;
	unsigned more, c, least;

	while (*p != 0) {
		if (*p < 0x80) {
			p++;
			continue;
		}
		more = *p >= 0xf0 ? 3 : *p >= 0xe0 ? 2 : 1;
		if (*p < 0xc2 || *p > 0xf4)
			return 0;
		c = *p++ & (0x3fU >> more);
		least = more == 3 ? 0x10000 : more == 2 ? 0x800 : 0x80;
		for (; more > 0; more--, p++) {
			if ((*p & 0xc0) != 0x80)
				return 0;
			c = c << 6 | (*p & 0x3fU);
		}
		if (c < least || c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
			return 0;
	}
	return 1;
}

struct node *
parse_expression(const struct source *s, int *deepest)
{
	struct parser p = { .t.source = s };
	struct node *e;

	if (strlen(s->text) > 1000000) {
		(void)fault_set(s->f, "expression: longer than a megabyte");
		return NULL;
	}
	if (!utf8(s->text)) {
		(void)fault_set(s->f, "expression: not UTF-8");
		return NULL;
	}
	if (token_next(&p.t) == -1)
		return NULL;
	if (p.t.kind == T_END) {
		(void)fault_set(s->f, "expression: empty");
		return NULL;
	}
	if ((e = expression(&p, P_OR)) == NULL)
		return NULL;
	if (p.t.kind != T_END) {
		(void)source_bad(s, p.t.at, token_is_sign(&p.t, ")") ?
		    "this bracket was never opened" :
		    "expected an operator or the end");
		return NULL;
	}
	if (too_deep(e, 0)) {
		(void)fault_set(s->f, "expression: more than %d operators in "
		    "a row (a list goes into IN or a code list)", 2 * DEPTH);
		return NULL;
	}
	*deepest = p.deepest;
	return e;
}
