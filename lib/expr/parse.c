/*
 * SQLite's expression grammar, without subqueries, aggregates and windows.
 * Precedence as in https://www.sqlite.org/lang_expr.html.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/num.h"
#include "expr/node.h"

#define DEPTH 400    /* of the tree; SQLite's own limit is 1000 */
#define NODES 20000U

enum token_kind {
	T_END, T_NAME, T_QUOTED, T_STRING, T_NUMBER, T_SIGN, T_BAD
};

struct token {
	enum token_kind kind;
	size_t at, n;      /* in the text */
	char sign[3];      /* T_SIGN: the operator */
	const char *text;  /* T_QUOTED, T_STRING: what it means */
	size_t length;
};

struct parser {
	const struct source *s;
	size_t at;         /* after the token */
	struct token t;
	size_t last;       /* end of the token before */
	unsigned nodes;
	int depth, deepest;
};

int
source_bad(const struct source *s, size_t at, const char *form, ...)
{
	char what[256];
	const char *near = s->text + at;
	size_t chars = 1, i, n = strlen(near);
	va_list ap;

	va_start(ap, form);
	(void)vsnprintf(what, sizeof what, form, ap);
	va_end(ap);
	for (i = 0; i < at; i++)
		chars += ((unsigned char)s->text[i] & 0xc0) != 0x80;
	if (n > 20)
		for (n = 20; ((unsigned char)near[n] & 0xc0) == 0x80;)
			n--;
	if (n == 0)
		return fault_set(s->f, "expression, at its end: %s", what);
	return fault_set(s->f, "expression, character %zu, at %.*s%s: %s",
	    chars, (int)n, near, near[n] != '\0' ? "..." : "", what);
}

static int
letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
	    (unsigned char)c >= 0x80;
}

static int
digit(char c)
{
	return c >= '0' && c <= '9';
}

static int
hex(char c)
{
	return digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/* Up to the closing quote, a doubled one is one. */
static int
quoted(struct parser *p, char close)
{
	const char *s = p->s->text;
	size_t from = p->t.at + 1, end = from, i, n = 0;
	char *to;

	while (s[end] != '\0' && (s[end] != close ||
	    (close != ']' && s[end + 1] == close)))
		end += s[end] == close ? 2 : 1;
	if (s[end] == '\0')
		return source_bad(p->s, p->t.at,
		    "this quote is never closed");
	to = arena_alloc(p->s->memory, end - from + 17);
	memset(to, 0, end - from + 17);
	for (i = from; i < end; i++) {
		to[n++] = s[i];
		i += s[i] == close;
	}
	p->t.text = to;
	p->t.length = n;
	p->at = end + 1;
	return 0;
}

static int
number(struct parser *p)
{
	const char *s = p->s->text;
	size_t i = p->t.at;

	if (s[i] == '0' && (s[i + 1] == 'x' || s[i + 1] == 'X') &&
	    hex(s[i + 2])) {
		for (i += 2; hex(s[i]);)
			i++;
	} else {
		while (digit(s[i]))
			i++;
		if (s[i] == '.')
			for (i++; digit(s[i]);)
				i++;
		if ((s[i] == 'e' || s[i] == 'E') && (digit(s[i + 1]) ||
		    ((s[i + 1] == '+' || s[i + 1] == '-') &&
		    digit(s[i + 2]))))
			for (i += 2; digit(s[i]);)
				i++;
	}
	if (letter(s[i]) || digit(s[i]))
		return source_bad(p->s, p->t.at, "not a number");
	p->t.n = i - p->t.at;
	p->at = i;
	return 0;
}

static int
next(struct parser *p)
{
	static const char *const signs[] = { "->>", "->", "||", "<<", ">>",
		"<=", ">=", "==", "<>", "!=", "<", ">", "=", "+", "-", "*",
		"/", "%", "&", "|", "~", "(", ")", ",", NULL };
	const char *s = p->s->text;
	size_t i;
	char c;

	p->last = p->t.at + p->t.n;
	while (s[p->at] == ' ' || (s[p->at] >= '\t' && s[p->at] <= '\r'))
		p->at++;
	p->t.at = p->at;
	p->t.n = 0;
	c = s[p->at];
	if (c == '\0') {
		p->t.kind = T_END;
		return 0;
	}
	if (c == 'x' || c == 'X')
		if (s[p->at + 1] == '\'')
			return source_bad(p->s, p->at,
			    "bytes (x'..') are not a value of a field");
	if (letter(c)) {
		/* person.birth_date is one name: a field of another table. */
		for (i = p->at; letter(s[i]) || digit(s[i]) || s[i] == '$' ||
		    (s[i] == '.' && letter(s[i + 1]));)
			i++;
		p->t.kind = T_NAME;
		p->t.n = i - p->at;
		p->at = i;
		return 0;
	}
	if (digit(c) || (c == '.' && digit(s[p->at + 1]))) {
		p->t.kind = T_NUMBER;
		return number(p);
	}
	if (c == '\'' || c == '"' || c == '`' || c == '[') {
		p->t.kind = c == '\'' ? T_STRING : T_QUOTED;
		if (quoted(p, c == '[' ? ']' : c) == -1)
			return -1;
		p->t.n = p->at - p->t.at;
		return 0;
	}
	if ((c == '-' && s[p->at + 1] == '-') ||
	    (c == '/' && s[p->at + 1] == '*'))
		return source_bad(p->s, p->at, "comments have no place here");
	if (c == ';')
		return source_bad(p->s, p->at, "one expression, no statements");
	if (c == '?' || c == ':' || c == '@' || c == '$' || c == '#')
		return source_bad(p->s, p->at, "no parameters here");
	for (i = 0; signs[i] != NULL; i++) {
		size_t n = strlen(signs[i]);

		if (strncmp(s + p->at, signs[i], n) == 0) {
			p->t.kind = T_SIGN;
			p->t.n = n;
			memset(p->t.sign, 0, sizeof p->t.sign);
			memcpy(p->t.sign, signs[i], n);
			p->at += n;
			return 0;
		}
	}
	return source_bad(p->s, p->at, "no such operator");
}

static char
upper(char c)
{
	return (char)(c >= 'a' && c <= 'z' ? c - 32 : c);
}

static int
word_is(const struct parser *p, const char *word)
{
	const char *s = p->s->text + p->t.at;
	size_t i;

	if (p->t.kind != T_NAME || p->t.n != strlen(word))
		return 0;
	for (i = 0; i < p->t.n; i++)
		if (upper(s[i]) != word[i])
			return 0;
	return 1;
}

static int
sign_is(const struct parser *p, const char *sign)
{
	return p->t.kind == T_SIGN && strncmp(p->t.sign, sign, 3) == 0;
}

/* 1: it was there and is passed; 0: not there; -1: fault. */
static int
take_word(struct parser *p, const char *word)
{
	if (!word_is(p, word))
		return 0;
	return next(p) == -1 ? -1 : 1;
}

static int
take_sign(struct parser *p, const char *sign)
{
	if (!sign_is(p, sign))
		return 0;
	return next(p) == -1 ? -1 : 1;
}

static int
need_sign(struct parser *p, const char *sign)
{
	int rc = take_sign(p, sign);

	if (rc == 0)
		return source_bad(p->s, p->t.at, "expected %s", sign);
	return rc == -1 ? -1 : 0;
}

static int
need_word(struct parser *p, const char *word)
{
	int rc = take_word(p, word);

	if (rc == 0)
		return source_bad(p->s, p->t.at, "expected %s", word);
	return rc == -1 ? -1 : 0;
}

static struct node *
make(struct parser *p, enum node_op op, size_t at, size_t room)
{
	struct node *e;

	if (++p->nodes > NODES) {
		(void)source_bad(p->s, at, "an expression of more than %u "
		    "parts", NODES);
		return NULL;
	}
	e = arena_alloc(p->s->memory, sizeof *e);
	memset(e, 0, sizeof *e);
	e->op = op;
	e->at = at;
	e->field = -1;
	if (room > 0)
		e->kids = arena_alloc(p->s->memory, room * sizeof *e->kids);
	return e;
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
		more = arena_alloc(p->s->memory,
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
	const char *s = p->s->text + p->t.at;
	struct node *e = make(p, NODE_INT, p->t.at, 0);
	size_t i;

	if (e == NULL)
		return NULL;
	if (p->t.n > 2 && (s[1] == 'x' || s[1] == 'X')) {
		uint64_t u = 0;

		for (i = 2; i < p->t.n; i++) {
			char c = upper(s[i]);

			if (u >> 60 != 0) {
				(void)source_bad(p->s, p->t.at,
				    "more than 16 hexadecimal digits");
				return NULL;
			}
			u = u << 4 | (uint64_t)(digit(c) ? c - '0' :
			    c - 'A' + 10);
		}
		memcpy(&e->i, &u, sizeof u);
	} else if (num_i64(s, p->t.n, &e->i) == -1) {
		e->op = NODE_REAL;
		if (num_double(s, p->t.n, &e->r) == -1) {
			(void)source_bad(p->s, p->t.at,
			    "a number that no double can hold");
			return NULL;
		}
	}
	return next(p) == -1 ? NULL : e;
}

static struct node *
text_node(struct parser *p, enum node_op op)
{
	struct node *e = make(p, op, p->t.at, 0);

	if (e == NULL)
		return NULL;
	e->text = p->t.text;
	e->length = p->t.length;
	return next(p) == -1 ? NULL : e;
}

/* A name's bytes with a NUL. */
static char *
name_copy(struct parser *p)
{
	char *to = arena_alloc(p->s->memory, p->t.n + 17);

	memset(to, 0, p->t.n + 17);
	memcpy(to, p->s->text + p->t.at, p->t.n);
	return to;
}

static struct node *
case_expression(struct parser *p)
{
	struct node *e = make(p, NODE_CASE, p->t.at, 0), *kid;
	int rc;

	if (e == NULL || next(p) == -1)
		return NULL;
	if (!word_is(p, "WHEN")) {
		if ((kid = expression(p, P_OR)) == NULL)
			return NULL;
		add(p, e, kid);
		e->i = 1;
	}
	if (!word_is(p, "WHEN")) {
		(void)source_bad(p->s, p->t.at, "expected WHEN");
		return NULL;
	}
	while ((rc = take_word(p, "WHEN")) == 1) {
		if ((kid = expression(p, P_OR)) == NULL)
			return NULL;
		add(p, e, kid);
		if (need_word(p, "THEN") == -1 ||
		    (kid = expression(p, P_OR)) == NULL)
			return NULL;
		add(p, e, kid);
	}
	if (rc == -1 || (rc = take_word(p, "ELSE")) == -1)
		return NULL;
	if (rc == 1) {
		if ((kid = expression(p, P_OR)) == NULL)
			return NULL;
		add(p, e, kid);
	}
	return need_word(p, "END") == -1 ? NULL : e;
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
			    upper(s[i + j]) == rules[r].word[j]; j++)
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

	if (next(p) == -1 || need_sign(p, "(") == -1 ||
	    (kid = expression(p, P_OR)) == NULL || need_word(p, "AS") == -1)
		return NULL;
	from = p->t.at;
	to = from;
	while (p->t.kind == T_NAME) {
		to = p->t.at + p->t.n;
		if (next(p) == -1)
			return NULL;
	}
	type = cast_type(p->s->text + from, to - from);
	if (type == -1) {
		(void)source_bad(p->s, from, "expected a type: INTEGER, REAL, "
		    "NUMERIC or TEXT");
		return NULL;
	}
	if ((rc = take_sign(p, "(")) == -1)
		return NULL;
	if (rc == 1) { /* VARCHAR(10): SQLite ignores the size */
		while (p->t.kind == T_NUMBER || sign_is(p, ","))
			if (next(p) == -1)
				return NULL;
		if (need_sign(p, ")") == -1)
			return NULL;
	}
	if (need_sign(p, ")") == -1 ||
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

	if (e == NULL || next(p) == -1)
		return NULL;
	e->text = name;
	e->length = strlen(name);
	if (sign_is(p, "*")) {
		(void)source_bad(p->s, at, "an expression sees one record; "
		    "totals over records are nib-aggregate's");
		return NULL;
	}
	if (word_is(p, "DISTINCT")) {
		(void)source_bad(p->s, p->t.at, "an expression sees one "
		    "record: no DISTINCT");
		return NULL;
	}
	if (!sign_is(p, ")")) {
		do {
			if ((kid = expression(p, P_OR)) == NULL)
				return NULL;
			add(p, e, kid);
		} while ((rc = take_sign(p, ",")) == 1);
		if (rc == -1)
			return NULL;
	}
	if (need_sign(p, ")") == -1)
		return NULL;
	if (word_is(p, "OVER") || word_is(p, "FILTER")) {
		(void)source_bad(p->s, p->t.at, "an expression sees one "
		    "record: no window functions");
		return NULL;
	}
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
		if (word_is(p, words[i]))
			return 1;
	return 0;
}

static struct node *
constant(struct parser *p, enum node_op op, int64_t v)
{
	struct node *e = make(p, op, p->t.at, 0);

	if (e == NULL || next(p) == -1)
		return NULL;
	e->i = v;
	return e;
}

static struct node *
named(struct parser *p)
{
	struct token t = p->t;
	struct node *e;
	char *name;

	if (word_is(p, "CASE"))
		return case_expression(p);
	if (word_is(p, "CAST"))
		return cast_expression(p);
	if (word_is(p, "NULL"))
		return constant(p, NODE_NULL, 0);
	if (word_is(p, "SELECT") || word_is(p, "EXISTS")) {
		(void)source_bad(p->s, p->t.at, "no subqueries: an expression "
		    "sees one record");
		return NULL;
	}
	if (word_is(p, "CURRENT_DATE") || word_is(p, "CURRENT_TIME") ||
	    word_is(p, "CURRENT_TIMESTAMP")) {
		(void)source_bad(p->s, p->t.at, "the clock is not a field: "
		    "the same input must give the same output");
		return NULL;
	}
	if (keyword(p)) {
		(void)source_bad(p->s, p->t.at, "expected a value (a field "
		    "with the name of an SQL word is written in double "
		    "quotes)");
		return NULL;
	}
	name = name_copy(p);
	if (next(p) == -1)
		return NULL;
	if (sign_is(p, "(") && p->t.kind == T_SIGN)
		return call(p, t.at, name);
	if ((e = make(p, NODE_FIELD, t.at, 0)) == NULL)
		return NULL;
	e->text = name;
	e->length = t.n;
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
		if (sign_is(p, "(")) {
			if (next(p) == -1 ||
			    (e = expression(p, P_OR)) == NULL)
				return NULL;
			if (sign_is(p, ",")) {
				(void)source_bad(p->s, p->t.at, "one value "
				    "in brackets, not a row of them");
				return NULL;
			}
			return need_sign(p, ")") == -1 ? NULL : e;
		}
		/* FALLTHROUGH */
	default:
		(void)source_bad(p->s, p->t.at, "expected a value");
		return NULL;
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

	if (word_is(p, "NOT")) {
		if (next(p) == -1)
			return NULL;
		if (word_is(p, "EXISTS"))
			return named(p);
		return single(p, NODE_NOT, at, expression(p, P_NOT));
	}
	for (i = 0; i < 3; i++) {
		if (!sign_is(p, signs[i].sign))
			continue;
		if (next(p) == -1)
			return NULL;
		/* The one way to write the least integer. */
		if (i == 0 && p->t.kind == T_NUMBER && p->t.n == 19 &&
		    memcmp(p->s->text + p->t.at, "9223372036854775808",
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

	if (next(p) == -1 || (no = take_word(p, "NOT")) == -1)
		return NULL;
	if ((rc = take_word(p, "DISTINCT")) == -1)
		return NULL;
	if (rc == 1) {
		if (need_word(p, "FROM") == -1)
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

	if (e == NULL || next(p) == -1)
		return NULL;
	if (!sign_is(p, "(")) {
		(void)source_bad(p->s, p->t.at, "expected a list in brackets "
		    "(for a code list: in_codelist(field, 'name'))");
		return NULL;
	}
	if (next(p) == -1)
		return NULL;
	add(p, e, left);
	/* SQLite would take an empty list for the word FALSE. */
	if (sign_is(p, ")")) {
		(void)source_bad(p->s, p->t.at, "an empty list");
		return NULL;
	}
	do {
		if ((kid = expression(p, P_OR)) == NULL)
			return NULL;
		add(p, e, kid);
	} while ((rc = take_sign(p, ",")) == 1);
	if (rc == -1)
		return NULL;
	return need_sign(p, ")") == -1 ? NULL : e;
}

static struct node *
between_expression(struct parser *p, size_t at, struct node *left)
{
	struct node *e = make(p, NODE_BETWEEN, at, 3);

	if (e == NULL || next(p) == -1)
		return NULL;
	e->kids[0] = left;
	if ((e->kids[1] = expression(p, P_NOT)) == NULL ||
	    need_word(p, "AND") == -1 ||
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

	if (next(p) == -1)
		return NULL;
	e = make(p, op, at, 3);
	if (e == NULL || (kid = expression(p, P_ORDER)) == NULL)
		return NULL;
	e->kids[0] = left;
	e->kids[1] = kid;
	e->n = 2;
	if ((rc = take_word(p, "ESCAPE")) == -1)
		return NULL;
	if (rc == 1) {
		if (op != NODE_LIKE) {
			(void)source_bad(p->s, p->last, "ESCAPE belongs to "
			    "LIKE");
			return NULL;
		}
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
	if (word_is(p, "AND") && least <= P_AND)
		return next(p) == -1 ? NULL :
		    pair(p, NODE_AND, at, left, expression(p, P_NOT));
	if (word_is(p, "OR") && least <= P_OR)
		return next(p) == -1 ? NULL :
		    pair(p, NODE_OR, at, left, expression(p, P_AND));
	if (word_is(p, "COLLATE") && least <= P_COLLATE) {
		if (next(p) == -1)
			return NULL;
		if (!word_is(p, "BINARY") && !word_is(p, "NOCASE") &&
		    !word_is(p, "RTRIM")) {
			(void)source_bad(p->s, p->t.at, "expected BINARY, "
			    "NOCASE or RTRIM");
			return NULL;
		}
		if ((e = single(p, NODE_COLLATE, at, left)) == NULL)
			return NULL;
		e->text = name_copy(p);
		e->length = p->t.n;
		return next(p) == -1 ? NULL : e;
	}
	*done = 0;
	if (least > P_EQUAL)
		return NULL;
	*done = 1;
	if (word_is(p, "IS"))
		return is_expression(p, at, left);
	if (word_is(p, "ISNULL") || word_is(p, "NOTNULL")) {
		no = word_is(p, "NOTNULL");
		if (next(p) == -1 ||
		    (e = single(p, NODE_ISNULL, at, left)) == NULL)
			return NULL;
		e->negated = no;
		return e;
	}
	if (word_is(p, "NOT")) {
		no = 1;
		if (next(p) == -1)
			return NULL;
		if (word_is(p, "NULL")) {
			if (next(p) == -1 ||
			    (e = single(p, NODE_ISNULL, at, left)) == NULL)
				return NULL;
			e->negated = 1;
			return e;
		}
	}
	if (word_is(p, "IN"))
		e = in_expression(p, at, left);
	else if (word_is(p, "BETWEEN"))
		e = between_expression(p, at, left);
	else if (word_is(p, "LIKE"))
		e = like_expression(p, NODE_LIKE, at, left);
	else if (word_is(p, "GLOB"))
		e = like_expression(p, NODE_GLOB, at, left);
	else if (word_is(p, "REGEXP"))
		e = like_expression(p, NODE_REGEXP, at, left);
	else if (word_is(p, "MATCH"))
		(void)source_bad(p->s, p->t.at, "no MATCH; REGEXP takes a "
		    "pattern");
	else if (no)
		(void)source_bad(p->s, p->t.at, "expected IN, BETWEEN, LIKE, "
		    "GLOB, REGEXP or NULL after NOT");
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
		(void)source_bad(p->s, p->t.at, "nested more than %d deep",
		    DEPTH);
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
			if (sign_is(p, binaries[i].sign))
				break;
		if (i == sizeof binaries / sizeof binaries[0] ||
		    binaries[i].strength < least)
			break;
		if (next(p) == -1) {
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
	struct parser p = { .s = s };
	struct node *e;

	if (strlen(s->text) > 1000000) {
		(void)fault_set(s->f, "expression: longer than a megabyte");
		return NULL;
	}
	if (!utf8(s->text)) {
		(void)fault_set(s->f, "expression: not UTF-8");
		return NULL;
	}
	if (next(&p) == -1)
		return NULL;
	if (p.t.kind == T_END) {
		(void)fault_set(s->f, "expression: empty");
		return NULL;
	}
	if ((e = expression(&p, P_OR)) == NULL)
		return NULL;
	if (p.t.kind != T_END) {
		(void)source_bad(s, p.t.at, sign_is(&p, ")") ?
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
