/*
 * Everyday forms, a column of up to 256 values at a time.
 *
 * Every node's result must be SQLite's, value and kind: the differential
 * test holds it to that. Where a value meets a case that is not worth
 * native code (an overflow in abs, a real as text), hand_over is set and
 * SQLite does the whole batch instead.
 */
#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "base/mem.h"
#include "expr/node.h"

/* Eight bytes of a text, zero beyond its end; needs 8 readable bytes. */
static inline uint64_t
load8(const char *p, size_t n)
{
	uint64_t v;

	memcpy(&v, p, 8);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	v = __builtin_bswap64(v);
#endif
	if (n < 8)
		v &= ((uint64_t)1 << (n * 8)) - 1;
	return v;
}

/* A list of texts or integers, to look a value up in. */
struct set {
	int null;      /* NULL is in the list */
	size_t n;      /* keys */
	uint64_t *keys; /* texts up to 8 bytes, or integers */
	size_t mask;   /* 0: look at each; else an open hash of slots */
	uint64_t *slots;
	unsigned char *full;
	struct map *longer; /* texts beyond 8 bytes, or NULL */
};

#define SET_LINEAR 8U

/* LIKE with a pattern that is written out. */
struct like {
	enum { LIKE_WHOLE, LIKE_PREFIX, LIKE_GENERAL } form;
	const char *text; /* lower case */
	size_t n;
	int shortly;      /* up to 8 bytes, without the % */
	uint64_t want, fold;
};

static char
lower(char c)
{
	return (char)(c >= 'A' && c <= 'Z' ? c + 32 : c);
}

static char
upper(char c)
{
	return (char)(c >= 'a' && c <= 'z' ? c - 32 : c);
}

/* PLANNING */

static int
within(const struct node *x, unsigned kinds)
{
	return (x->kinds & ~kinds) == 0;
}

static int
all_within(const struct node *x, size_t from, unsigned kinds)
{
	for (; from < x->n; from++)
		if (!within(x->kids[from], kinds))
			return 0;
	return 1;
}

/*
 * A CAST gives its side of a comparison an affinity, which converts the
 * other side if that is of the other sort.
 */
static int
affine(const struct node *x, size_t n)
{
	unsigned kinds = 0;
	int cast = 0;
	size_t i;

	for (i = 0; i < n; i++) {
		kinds |= x->kids[i]->kinds;
		cast |= x->kids[i]->op == NODE_CAST;
	}
	return cast && (kinds & KIND_TEXT) != 0 &&
	    (kinds & KIND_NUMBER) != 0;
}

static enum node_way
plan_call(const struct node *x)
{
	const unsigned texts = KIND_TEXT | KIND_INT;
	int64_t shift;

	switch (x->function->id) {
	case FUNCTION_ABS:
		return within(x->kids[0], KIND_NUMBER) ? WAY_VALUE :
		    WAY_SQLITE;
	case FUNCTION_ROUND:
		return x->n == 1 && within(x->kids[0], KIND_NUMBER) ?
		    WAY_VALUE : WAY_SQLITE;
	case FUNCTION_COALESCE:
	case FUNCTION_MAX:
	case FUNCTION_MIN:
	case FUNCTION_NULLIF:
		return WAY_VALUE;
	case FUNCTION_IIF:
		return within(x->kids[0], KIND_NUMBER) ? WAY_VALUE :
		    WAY_SQLITE;
	case FUNCTION_LENGTH:
	case FUNCTION_LOWER:
	case FUNCTION_UPPER:
		return within(x->kids[0], texts) ? WAY_VALUE : WAY_SQLITE;
	case FUNCTION_TRIM:
		return x->n == 1 && within(x->kids[0], texts) ? WAY_VALUE :
		    WAY_SQLITE;
	case FUNCTION_SUBSTR:
		return within(x->kids[0], texts) &&
		    all_within(x, 1, KIND_INT) ? WAY_VALUE : WAY_SQLITE;
	case FUNCTION_AGE:
	case FUNCTION_DAYS:
	case FUNCTION_YEAR:
	case FUNCTION_MONTH:
	case FUNCTION_QUARTER:
	case FUNCTION_FINANCIAL_QUARTER:
	case FUNCTION_FINANCIAL_YEAR:
		return WAY_VALUE;
	case FUNCTION_DATE:
		/* Of what surely is a date, and only days added. */
		if (x->kids[0]->type == EXPR_DATE &&
		    x->kids[0]->op != NODE_TEXT)
			return x->n == 1 || (x->n == 2 &&
			    x->kids[1]->op == NODE_TEXT &&
			    scalar_shift(x->kids[1]->text, &shift) == 0) ?
			    WAY_VALUE : WAY_SQLITE;
		return x->kids[0]->type == EXPR_DATETIME && x->n == 1 ?
		    WAY_VALUE : WAY_SQLITE;
	case FUNCTION_AGE_BAND:
		return within(x->kids[0], KIND_INT) ? WAY_VALUE : WAY_SQLITE;
	case FUNCTION_SCORE:
		return all_within(x, 0, KIND_TEXT) ? WAY_VALUE : WAY_SQLITE;
	case FUNCTION_NHS_NUMBER_OK:
	case FUNCTION_IN_CODELIST:
		return within(x->kids[0], texts) ? WAY_TEST : WAY_SQLITE;
	default:
		return WAY_SQLITE;
	}
}

static enum node_way
plan_operator(const struct node *x)
{
	switch (x->op) {
	case NODE_NULL:
	case NODE_INT:
	case NODE_REAL:
	case NODE_TEXT:
	case NODE_FIELD:
		return WAY_VALUE;
	case NODE_PLUS:
	case NODE_NEG:
	case NODE_ADD:
	case NODE_SUB:
	case NODE_MUL:
	case NODE_DIV:
	case NODE_MOD:
		return all_within(x, 0, KIND_NUMBER) ? WAY_VALUE : WAY_SQLITE;
	case NODE_CONCAT:
		return all_within(x, 0, KIND_TEXT | KIND_INT) ? WAY_VALUE :
		    WAY_SQLITE;
	case NODE_LT:
	case NODE_LE:
	case NODE_GT:
	case NODE_GE:
	case NODE_EQ:
	case NODE_NE:
	case NODE_IS:
	case NODE_BETWEEN:
	case NODE_IN:
		return affine(x, x->n) ? WAY_SQLITE : WAY_TEST;
	case NODE_NOT:
	case NODE_TRUTH:
	case NODE_AND:
	case NODE_OR:
		return all_within(x, 0, KIND_NUMBER) ? WAY_TEST : WAY_SQLITE;
	case NODE_ISNULL:
		return WAY_TEST;
	case NODE_LIKE:
		return x->n == 2 && within(x->kids[0], KIND_TEXT) &&
		    x->kids[1]->op == NODE_TEXT &&
		    x->kids[1]->length <= 1000 ? WAY_TEST : WAY_SQLITE;
	case NODE_REGEXP:
		return within(x->kids[0], KIND_TEXT | KIND_INT) ? WAY_TEST :
		    WAY_SQLITE;
	case NODE_CASE:
		if (x->i != 0)
			return affine(x, x->n) ? WAY_SQLITE : WAY_VALUE;
		for (size_t i = 0; i + 1 < x->n; i += 2)
			if (!within(x->kids[i], KIND_NUMBER))
				return WAY_SQLITE;
		return WAY_VALUE;
	case NODE_CAST:
		return x->i == CAST_INTEGER || x->i == CAST_REAL ||
		    (x->i == CAST_TEXT &&
		    within(x->kids[0], KIND_TEXT | KIND_INT)) ? WAY_VALUE :
		    WAY_SQLITE;
	case NODE_CALL:
		return plan_call(x);
	default:
		return WAY_SQLITE;
	}
}

/* 1: such keys are equal iff the values are. */
static int
set_key(const struct node *x, uint64_t *key)
{
	if (x->op == NODE_TEXT) {
		*key = x->length <= 8 ? load8(x->text, x->length) : 0;
		return x->length <= 8;
	}
	memcpy(key, &x->i, sizeof *key);
	return 1;
}

static size_t
set_slot(uint64_t key, size_t mask)
{
	return (size_t)((key * 0x9e3779b97f4a7c15ULL) >> 20) & mask;
}

/* For IN over literals of one kind on values of that kind; or NULL. */
static struct set *
set_new(const struct node *x)
{
	struct set *s;
	unsigned kinds = x->kids[0]->kinds;
	size_t i, at;

	if (kinds != KIND_TEXT && kinds != KIND_INT)
		return NULL;
	for (i = 1; i < x->n; i++)
		if (x->kids[i]->op != NODE_NULL && x->kids[i]->op !=
		    (kinds == KIND_TEXT ? NODE_TEXT : NODE_INT))
			return NULL;
	s = mem_zero(1, sizeof *s);
	s->keys = mem_array(NULL, x->n, sizeof *s->keys);
	for (i = 1; i < x->n; i++) {
		const struct node *k = x->kids[i];

		if (k->op == NODE_NULL) {
			s->null = 1;
		} else if (set_key(k, &s->keys[s->n])) {
			s->n++;
		} else {
			if (s->longer == NULL)
				s->longer = map_new();
			(void)map_add(s->longer, k->text, k->length, NULL);
		}
	}
	if (s->n <= SET_LINEAR)
		return s;
	for (s->mask = 31; s->mask < s->n * 2;)
		s->mask = s->mask * 2 + 1;
	s->slots = mem_zero(s->mask + 1, sizeof *s->slots);
	s->full = mem_zero(s->mask + 1, 1);
	for (i = 0; i < s->n; i++) {
		for (at = set_slot(s->keys[i], s->mask); s->full[at];)
			at = (at + 1) & s->mask;
		s->full[at] = 1;
		s->slots[at] = s->keys[i];
	}
	return s;
}

static void
set_free(struct set *s)
{
	if (s == NULL)
		return;
	map_free(s->longer);
	free(s->keys);
	free(s->slots);
	free(s->full);
	free(s);
}

static inline int
set_has(const struct set *s, uint64_t key)
{
	size_t i, at;
	int found = 0;

	if (s->mask == 0) {
		for (i = 0; i < s->n; i++)
			found |= s->keys[i] == key;
		return found;
	}
	for (at = set_slot(key, s->mask); s->full[at];
	    at = (at + 1) & s->mask)
		if (s->slots[at] == key)
			return 1;
	return 0;
}

static struct like *
like_new(const struct node *x, struct arena *memory)
{
	const struct node *pattern = x->kids[1];
	struct like *l = arena_alloc(memory, sizeof *l);
	char *text = arena_alloc(memory, pattern->length + 17);
	size_t i, n = pattern->length;

	memset(l, 0, sizeof *l);
	memset(text, 0, n + 17);
	l->form = LIKE_WHOLE;
	for (i = 0; i < n; i++) {
		text[i] = lower(pattern->text[i]);
		if (text[i] == '%' && i + 1 == n && l->form == LIKE_WHOLE)
			l->form = LIKE_PREFIX;
		else if (text[i] == '%' || text[i] == '_')
			l->form = LIKE_GENERAL;
	}
	l->text = text;
	l->n = n - (l->form == LIKE_PREFIX);
	if (l->form != LIKE_GENERAL && l->n <= 8) {
		l->shortly = 1;
		l->want = load8(text, l->n);
		for (i = 0; i < l->n; i++)
			if (text[i] >= 'a' && text[i] <= 'z')
				l->fold |= (uint64_t)0x20 << (i * 8);
	}
	return l;
}

/* Which SQLite statement a node is; and the nodes below need no place. */
static void
plan_sqlite(struct expr *e, struct node *x)
{
	x->way = WAY_SQLITE;
	x->place = e->nplaces++;
	x->statement = e->nstatements;
	e->statements = mem_array(e->statements, e->nstatements + 1,
	    sizeof(struct node *));
	e->statements[e->nstatements++] = x;
}

static void
plan(struct expr *e, struct node *x)
{
	size_t i;

	x->way = plan_operator(x);
	if (x->way == WAY_SQLITE) {
		plan_sqlite(e, x);
		return;
	}
	for (i = 0; i < x->n; i++)
		plan(e, x->kids[i]);
	/* A text made of an integer needs a place of its own: one more. */
	x->place = e->nplaces;
	e->nplaces += 2;
	x->test = e->ntests++;
	if (x->op == NODE_IN)
		x->plan = set_new(x);
	if (x->op == NODE_LIKE)
		x->plan = like_new(x, &e->memory);
	/* Days are kept where dates are compared or counted. */
	for (i = 0; i < x->n; i++)
		if (x->kids[i]->op == NODE_FIELD &&
		    x->kids[i]->type == EXPR_DATE)
			e->keyed[x->kids[i]->slot] = 1;
}

static int
collates(const struct node *x)
{
	size_t i;

	if (x->op == NODE_COLLATE)
		return 1;
	for (i = 0; i < x->n; i++)
		if (collates(x->kids[i]))
			return 1;
	return 0;
}

void
native_plan(struct expr *e)
{
	e->keyed = mem_zero(e->nreads + 1, 1);
	/* A collation reaches up through what stands above it. */
	if (collates(e->root))
		plan_sqlite(e, e->root);
	else
		plan(e, e->root);
}

static void
forget(struct node *x)
{
	size_t i;

	if (x->op == NODE_IN)
		set_free(x->plan);
	for (i = 0; i < x->n; i++)
		forget(x->kids[i]);
}

void
native_free(struct expr *e)
{
	if (e->root != NULL)
		forget(e->root);
	free(e->keyed);
}

/* COLUMNS */

static void
fill(struct column *c, const struct node *x)
{
	size_t i;

	for (i = 0; i < EXPR_BATCH; i++) {
		c->n[i] = 0;
		switch (x->op) {
		case NODE_INT:
			c->kind[i] = EXPR_INT;
			c->v[i].i = x->i;
			break;
		case NODE_REAL:
			c->kind[i] = EXPR_REAL;
			c->v[i].r = x->r;
			break;
		case NODE_TEXT:
			c->kind[i] = EXPR_STRING;
			c->v[i].p = x->text;
			c->n[i] = (uint32_t)x->length;
			break;
		default:
			c->kind[i] = EXPR_NULL;
			break;
		}
	}
}

/* Made when first wanted: most nodes need only one of their columns. */
static struct column *
column(struct expr_run *r, size_t place)
{
	if (r->places[place] == NULL)
		r->places[place] = mem_aligned(sizeof(struct column));
	return r->places[place];
}

static unsigned char *
truths(struct expr_run *r, const struct node *x)
{
	if (r->tests[x->test] == NULL)
		r->tests[x->test] = mem_aligned(EXPR_BATCH);
	return r->tests[x->test];
}

static void
set_null(struct column *c, size_t i)
{
	c->kind[i] = EXPR_NULL;
	c->n[i] = 0;
}

static void
set_int(struct column *c, size_t i, int64_t v)
{
	c->kind[i] = EXPR_INT;
	c->v[i].i = v;
}

static void
set_real(struct column *c, size_t i, double v)
{
	c->kind[i] = EXPR_REAL;
	c->v[i].r = v;
}

static void
set_text(struct column *c, size_t i, const char *p, size_t n)
{
	c->kind[i] = EXPR_STRING;
	c->v[i].p = p;
	c->n[i] = (uint32_t)n;
}

static void
copy_value(struct column *c, const struct column *from, size_t i)
{
	c->kind[i] = from->kind[i];
	c->v[i] = from->v[i];
	c->n[i] = from->n[i];
}

/* The values of x with integers written out, for functions of texts. */
static const struct column *
as_text(struct expr_run *r, const struct node *x, size_t place)
{
	const struct column *v = native_value(r, x);
	struct column *c;
	size_t i;

	if (x->kinds == KIND_TEXT || r->hand_over)
		return v;
	c = column(r, place);
	for (i = 0; i < r->n; i++) {
		uint64_t u;
		char t[24], *to;
		size_t n = sizeof t;

		if (v->kind[i] != EXPR_INT) {
			copy_value(c, v, i);
			r->hand_over |= v->kind[i] == EXPR_REAL;
			continue;
		}
		u = v->v[i].i < 0 ? 0 - (uint64_t)v->v[i].i :
		    (uint64_t)v->v[i].i;
		do
			t[--n] = (char)('0' + (int)(u % 10));
		while ((u /= 10) != 0);
		if (v->v[i].i < 0)
			t[--n] = '-';
		to = scratch_get(&r->scratch, sizeof t - n);
		memcpy(to, t + n, sizeof t - n);
		set_text(c, i, to, sizeof t - n);
	}
	return c;
}

/* Packed days of the values of x; -1: none. */
static const int32_t *
as_days(struct expr_run *r, const struct node *x, int32_t *room)
{
	const struct column *v;
	size_t i;

	if (x->op == NODE_FIELD && r->days[x->slot] != NULL)
		return r->days[x->slot];
	v = native_value(r, x);
	for (i = 0; i < r->n; i++)
		room[i] = v->kind[i] == EXPR_STRING ?
		    scalar_day(v->v[i].p, v->n[i]) : -1;
	return room;
}

/* COMPARISON */

static int
compare_int_real(int64_t i, double r)
{
	int64_t whole;

	if (r < -9223372036854775808.0)
		return 1;
	if (r >= 9223372036854775808.0)
		return -1;
	whole = (int64_t)r;
	if (i != whole)
		return i < whole ? -1 : 1;
	return (double)whole < r ? -1 : (double)whole > r;
}

static int
compare_text(const char *a, size_t an, const char *b, size_t bn)
{
	uint64_t x = __builtin_bswap64(load8(a, an));
	uint64_t y = __builtin_bswap64(load8(b, bn));
	int c;

	if (x != y)
		return x < y ? -1 : 1;
	if (an <= 8 || bn <= 8)
		return an < bn ? -1 : an > bn;
	c = memcmp(a + 8, b + 8, (an < bn ? an : bn) - 8);
	return c != 0 ? c : an < bn ? -1 : an > bn;
}

/* Two values that are not NULL, in SQLite's order. */
static int
compare(const struct column *a, const struct column *b, size_t i)
{
	unsigned char ka = a->kind[i], kb = b->kind[i];

	if (ka == EXPR_STRING || kb == EXPR_STRING) {
		if (ka != kb)
			return ka == EXPR_STRING ? 1 : -1;
		return compare_text(a->v[i].p, a->n[i], b->v[i].p, b->n[i]);
	}
	if (ka == EXPR_INT && kb == EXPR_INT)
		return a->v[i].i < b->v[i].i ? -1 : a->v[i].i > b->v[i].i;
	if (ka == EXPR_REAL && kb == EXPR_REAL)
		return a->v[i].r < b->v[i].r ? -1 : a->v[i].r > b->v[i].r;
	if (ka == EXPR_INT)
		return compare_int_real(a->v[i].i, b->v[i].r);
	return -compare_int_real(b->v[i].i, a->v[i].r);
}

/* By the sign of a comparison plus one: is the operator true? */
static void
verdicts(enum node_op op, unsigned char of[3])
{
	of[0] = op == NODE_LT || op == NODE_LE || op == NODE_NE;
	of[1] = op == NODE_LE || op == NODE_GE || op == NODE_EQ;
	of[2] = op == NODE_GT || op == NODE_GE || op == NODE_NE;
}

static enum node_op
mirrored(enum node_op op)
{
	switch (op) {
	case NODE_LT:
		return NODE_GT;
	case NODE_LE:
		return NODE_GE;
	case NODE_GT:
		return NODE_LT;
	case NODE_GE:
		return NODE_LE;
	default:
		return op;
	}
}

/* Days of a date field against those of another or of one day. */
static void
compare_days(const struct expr_run *r, const int32_t *a, const int32_t *b,
    int32_t day, const unsigned char of[3], unsigned char *to)
{
	size_t i;

	if (b == NULL) {
		for (i = 0; i < r->n; i++)
			to[i] = a[i] == -1 ? 2 :
			    of[1 + (a[i] > day) - (a[i] < day)];
		return;
	}
	for (i = 0; i < r->n; i++)
		to[i] = a[i] == -1 || b[i] == -1 ? 2 :
		    of[1 + (a[i] > b[i]) - (a[i] < b[i])];
}

/* One short text, for equality. */
static void
compare_short(const struct expr_run *r, const struct column *a,
    uint64_t want, int equal, unsigned char *to)
{
	size_t i;

	for (i = 0; i < r->n; i++)
		if (a->kind[i] == EXPR_NULL)
			to[i] = 2;
		else
			to[i] = (unsigned char)((a->n[i] <= 8 &&
			    load8(a->v[i].p, a->n[i]) == want) == equal);
}

static void
compare_columns(struct expr_run *r, enum node_op op, const struct node *x,
    const struct node *y, unsigned char *to)
{
	const struct column *a, *b;
	unsigned char of[3];
	int32_t day;
	size_t i;

	if (y->op == NODE_FIELD && x->op != NODE_FIELD) {
		const struct node *t = x;

		x = y;
		y = t;
		op = mirrored(op);
	}
	verdicts(op, of);
	a = native_value(r, x);
	if (x->op == NODE_FIELD && x->type == EXPR_DATE &&
	    r->days[x->slot] != NULL) {
		if (y->op == NODE_FIELD && y->type == EXPR_DATE &&
		    r->days[y->slot] != NULL) {
			compare_days(r, r->days[x->slot], r->days[y->slot], 0,
			    of, to);
			return;
		}
		if (y->op == NODE_TEXT && y->length == 10 &&
		    (day = scalar_day(y->text, 10)) != -1) {
			compare_days(r, r->days[x->slot], NULL, day, of, to);
			return;
		}
	}
	if (x->kinds == KIND_TEXT && y->op == NODE_TEXT && y->length <= 8 &&
	    (op == NODE_EQ || op == NODE_NE)) {
		compare_short(r, a, load8(y->text, y->length), op == NODE_EQ,
		    to);
		return;
	}
	b = native_value(r, y);
	if (x->kinds == KIND_INT && y->op == NODE_INT) {
		for (i = 0; i < r->n; i++)
			to[i] = a->kind[i] == EXPR_NULL ? 2 :
			    of[1 + (a->v[i].i > y->i) - (a->v[i].i < y->i)];
		return;
	}
	for (i = 0; i < r->n; i++) {
		int c;

		if (a->kind[i] == EXPR_NULL || b->kind[i] == EXPR_NULL) {
			to[i] = 2;
			continue;
		}
		c = compare(a, b, i);
		to[i] = of[1 + (c > 0) - (c < 0)];
	}
}

/* Null-safe: never NULL itself. */
static void
test_is(struct expr_run *r, const struct node *x, unsigned char *to)
{
	const struct column *a = native_value(r, x->kids[0]);
	const struct column *b = native_value(r, x->kids[1]);
	size_t i;

	for (i = 0; i < r->n; i++) {
		int same = a->kind[i] == EXPR_NULL ||
		    b->kind[i] == EXPR_NULL ? a->kind[i] == b->kind[i] :
		    compare(a, b, i) == 0;

		to[i] = (unsigned char)(same != x->negated);
	}
}

static void
test_in_set(struct expr_run *r, const struct node *x, unsigned char *to)
{
	const struct set *s = x->plan;
	const struct column *a = native_value(r, x->kids[0]);
	unsigned char no = s->null ? 2 : x->negated ? 1 : 0;
	unsigned char yes = x->negated ? 0 : 1;
	int text = x->kids[0]->kinds == KIND_TEXT;
	size_t i;

	for (i = 0; i < r->n; i++) {
		uint64_t key;

		if (a->kind[i] == EXPR_NULL) {
			to[i] = x->n > 1 ? 2 : no;
			continue;
		}
		if (!text) {
			memcpy(&key, &a->v[i].i, sizeof key);
			to[i] = set_has(s, key) ? yes : no;
		} else if (a->n[i] <= 8) {
			key = load8(a->v[i].p, a->n[i]);
			to[i] = set_has(s, key) ? yes : no;
		} else {
			to[i] = s->longer != NULL && map_find(s->longer,
			    a->v[i].p, a->n[i]) != MAP_NONE ? yes : no;
		}
	}
}

static void
test_in(struct expr_run *r, const struct node *x, unsigned char *to)
{
	const struct column *a, *b;
	size_t i, k;

	if (x->plan != NULL) {
		test_in_set(r, x, to);
		return;
	}
	a = native_value(r, x->kids[0]);
	memset(to, 0, r->n);
	for (k = 1; k < x->n; k++) {
		b = native_value(r, x->kids[k]);
		for (i = 0; i < r->n; i++) {
			if (to[i] == 1)
				continue;
			if (a->kind[i] == EXPR_NULL ||
			    b->kind[i] == EXPR_NULL)
				to[i] = 2;
			else if (compare(a, b, i) == 0)
				to[i] = 1;
		}
	}
	if (x->negated)
		for (i = 0; i < r->n; i++)
			to[i] = to[i] == 2 ? 2 : !to[i];
}

/* TRUTH: 0 false, 1 true, 2 NULL; the tables are SQL's. */

static void
join(const unsigned char of[3][3], const unsigned char *a,
    const unsigned char *b, size_t n, unsigned char *to)
{
	size_t i;

	for (i = 0; i < n; i++)
		to[i] = of[a[i]][b[i]];
}

static const unsigned char and_of[3][3] = { { 0, 0, 0 }, { 0, 1, 2 },
	{ 0, 2, 2 } };
static const unsigned char or_of[3][3] = { { 0, 1, 2 }, { 1, 1, 1 },
	{ 2, 1, 2 } };
static const unsigned char not_of[3] = { 1, 0, 2 };

static void
test_between(struct expr_run *r, const struct node *x, unsigned char *to)
{
	unsigned char low[EXPR_BATCH], high[EXPR_BATCH];
	size_t i;

	compare_columns(r, NODE_GE, x->kids[0], x->kids[1], low);
	compare_columns(r, NODE_LE, x->kids[0], x->kids[2], high);
	join(and_of, low, high, r->n, to);
	if (x->negated)
		for (i = 0; i < r->n; i++)
			to[i] = not_of[to[i]];
}

/* One character of a pattern beyond the % holds, or the last % takes more. */
static int
like_general(const struct like *l, const char *p, size_t n)
{
	size_t i = 0, j = 0, star = (size_t)-1, from = 0;

	while (i < n) {
		if (j < l->n && l->text[j] == '%') {
			star = j++;
			from = i;
		} else if (j < l->n && l->text[j] == '_') {
			for (i++; i < n &&
			    ((unsigned char)p[i] & 0xc0) == 0x80;)
				i++;
			j++;
		} else if (j < l->n && lower(p[i]) == l->text[j]) {
			i++;
			j++;
		} else if (star != (size_t)-1) {
			for (from++; from < n &&
			    ((unsigned char)p[from] & 0xc0) == 0x80;)
				from++;
			i = from;
			j = star + 1;
		} else {
			return 0;
		}
	}
	while (j < l->n && l->text[j] == '%')
		j++;
	return j == l->n;
}

static int
like(const struct like *l, const char *p, size_t n)
{
	size_t i;

	if (l->form == LIKE_GENERAL)
		return like_general(l, p, n);
	if (l->form == LIKE_WHOLE ? n != l->n : n < l->n)
		return 0;
	if (l->shortly)
		return (load8(p, l->n) | l->fold) == l->want;
	for (i = 0; i < l->n; i++)
		if (lower(p[i]) != l->text[i])
			return 0;
	return 1;
}

static void
test_texts(struct expr_run *r, const struct node *x, unsigned char *to)
{
	const struct column *a = x->op == NODE_LIKE ?
	    native_value(r, x->kids[0]) :
	    as_text(r, x->kids[0], x->place + 1);
	size_t i;
	int rc;

	if (x->op == NODE_REGEXP && r->works[x->i] == NULL)
		r->works[x->i] = regexp_work_new(x->regexp);
	for (i = 0; i < r->n && !r->hand_over; i++) {
		if (a->kind[i] != EXPR_STRING) {
			to[i] = 2;
			r->hand_over |= a->kind[i] != EXPR_NULL;
			continue;
		}
		if (x->op == NODE_LIKE)
			rc = like(x->plan, a->v[i].p, a->n[i]);
		else if (x->op == NODE_REGEXP)
			rc = regexp_found(x->regexp, r->works[x->i],
			    a->v[i].p, a->n[i]);
		else if (x->function->id == FUNCTION_IN_CODELIST)
			rc = scalar_in_codelist(r->e, x->codelist, a->v[i].p,
			    a->n[i]);
		else
			rc = scalar_nhs_number_ok(a->v[i].p, a->n[i]);
		if (rc == -1)
			r->hand_over = 1; /* SQLite's way says why */
		to[i] = (unsigned char)((rc == 1) != x->negated);
	}
}

static void
test_truth(struct expr_run *r, const struct node *x, unsigned char *to)
{
	const unsigned char *a = native_test(r, x->kids[0]);
	size_t i;

	for (i = 0; i < r->n; i++)
		to[i] = (unsigned char)((a[i] == (x->i != 0 ? 1 : 0)) !=
		    x->negated);
}

static void
test_null(struct expr_run *r, const struct node *x, unsigned char *to)
{
	const struct column *a = native_value(r, x->kids[0]);
	size_t i;

	for (i = 0; i < r->n; i++)
		to[i] = (unsigned char)((a->kind[i] == EXPR_NULL) !=
		    x->negated);
}

/* Any value as a truth value. */
static void
test_value(struct expr_run *r, const struct node *x, unsigned char *to)
{
	const struct column *a = native_value(r, x);
	size_t i;

	for (i = 0; i < r->n; i++)
		switch (a->kind[i]) {
		case EXPR_INT:
			to[i] = a->v[i].i != 0;
			break;
		case EXPR_REAL:
			to[i] = a->v[i].r != 0;
			break;
		case EXPR_STRING:
			r->hand_over = 1;
			to[i] = 2;
			break;
		default:
			to[i] = 2;
			break;
		}
}

const unsigned char *
native_test(struct expr_run *r, const struct node *x)
{
	unsigned char *to;
	const unsigned char *a, *b;
	size_t i;

	if (x->way == WAY_SQLITE) {
		/* Its truth values need a place as well: made here. */
		to = (unsigned char *)scratch_get(&r->scratch, EXPR_BATCH);
		test_value(r, x, to);
		return to;
	}
	to = truths(r, x);
	if (r->hand_over)
		return memset(to, 2, r->n);
	switch (x->op) {
	case NODE_LT:
	case NODE_LE:
	case NODE_GT:
	case NODE_GE:
	case NODE_EQ:
	case NODE_NE:
		compare_columns(r, x->op, x->kids[0], x->kids[1], to);
		break;
	case NODE_IS:
		test_is(r, x, to);
		break;
	case NODE_BETWEEN:
		test_between(r, x, to);
		break;
	case NODE_IN:
		test_in(r, x, to);
		break;
	case NODE_AND:
	case NODE_OR:
		a = native_test(r, x->kids[0]);
		b = native_test(r, x->kids[1]);
		join(x->op == NODE_AND ? and_of : or_of, a, b, r->n, to);
		break;
	case NODE_NOT:
		a = native_test(r, x->kids[0]);
		for (i = 0; i < r->n; i++)
			to[i] = not_of[a[i]];
		break;
	case NODE_TRUTH:
		test_truth(r, x, to);
		break;
	case NODE_ISNULL:
		test_null(r, x, to);
		break;
	default:
		if (x->way == WAY_TEST)
			test_texts(r, x, to);
		else
			test_value(r, x, to);
		break;
	}
	/* Nobody may look at rows that were not reached. */
	if (r->hand_over)
		memset(to, 2, r->n);
	return to;
}

/* VALUES */

static double
real_of(const struct column *c, size_t i)
{
	return c->kind[i] == EXPR_INT ? (double)c->v[i].i : c->v[i].r;
}

/* As SQLite turns a real into an integer: towards zero, within range. */
static int64_t
whole(double r)
{
	if (r <= -9223372036854775808.0)
		return INT64_MIN;
	if (r >= 9223372036854775808.0)
		return INT64_MAX;
	return (int64_t)r;
}

static int64_t
int_of(const struct column *c, size_t i)
{
	return c->kind[i] == EXPR_INT ? c->v[i].i : whole(c->v[i].r);
}

/* 0: done; -1: does not fit, or not for integers. */
static int
integers(enum node_op op, int64_t a, int64_t b, struct column *c, size_t i)
{
	int64_t v;

	switch (op) {
	case NODE_ADD:
		if (__builtin_add_overflow(a, b, &v))
			return -1;
		break;
	case NODE_SUB:
		if (__builtin_sub_overflow(a, b, &v))
			return -1;
		break;
	case NODE_MUL:
		if (__builtin_mul_overflow(a, b, &v))
			return -1;
		break;
	default:
		if (b == 0) {
			set_null(c, i);
			return 0;
		}
		if (b == -1 && a == INT64_MIN) {
			if (op == NODE_DIV)
				return -1;
			v = 0;
			break;
		}
		v = op == NODE_DIV ? a / b : a % b;
		break;
	}
	set_int(c, i, v);
	return 0;
}

static void
reals(enum node_op op, const struct column *a, const struct column *b,
    struct column *c, size_t i)
{
	double x = real_of(a, i), y = real_of(b, i), v;
	int64_t p, q;

	switch (op) {
	case NODE_ADD:
		v = x + y;
		break;
	case NODE_SUB:
		v = x - y;
		break;
	case NODE_MUL:
		v = x * y;
		break;
	case NODE_DIV:
		if (y == 0) {
			set_null(c, i);
			return;
		}
		v = x / y;
		break;
	default:
		p = int_of(a, i);
		q = int_of(b, i);
		if (q == 0) {
			set_null(c, i);
			return;
		}
		v = q == -1 ? 0 : (double)(p % q);
		break;
	}
	if (v != v) /* not a number is NULL */
		set_null(c, i);
	else
		set_real(c, i, v);
}

static void
value_arithmetic(struct expr_run *r, const struct node *x, struct column *c)
{
	const struct column *a, *b;
	enum node_op op = x->op;
	size_t i;

	if (op == NODE_NEG) {
		b = native_value(r, x->kids[0]);
		for (i = 0; i < r->n; i++) {
			if (b->kind[i] == EXPR_NULL)
				set_null(c, i);
			else if (b->kind[i] == EXPR_REAL)
				set_real(c, i, 0.0 - b->v[i].r);
			else if (b->kind[i] == EXPR_STRING)
				r->hand_over = 1;
			else if (b->v[i].i == INT64_MIN)
				set_real(c, i, 9223372036854775808.0);
			else
				set_int(c, i, -b->v[i].i);
		}
		return;
	}
	a = native_value(r, x->kids[0]);
	b = native_value(r, x->kids[1]);
	for (i = 0; i < r->n; i++) {
		if (a->kind[i] == EXPR_NULL || b->kind[i] == EXPR_NULL)
			set_null(c, i);
		else if (a->kind[i] == EXPR_STRING ||
		    b->kind[i] == EXPR_STRING)
			r->hand_over = 1;
		else if (a->kind[i] != EXPR_INT || b->kind[i] != EXPR_INT ||
		    integers(op, a->v[i].i, b->v[i].i, c, i) == -1)
			reals(op, a, b, c, i);
	}
}

static void
value_concat(struct expr_run *r, const struct node *x, struct column *c)
{
	const struct column *a = as_text(r, x->kids[0], x->place + 1);
	const struct column *b;
	size_t i;

	/* The other side's integers go where the result will be. */
	b = as_text(r, x->kids[1], x->place);
	for (i = 0; i < r->n && !r->hand_over; i++) {
		size_t n, m;
		char *to;

		if (a->kind[i] == EXPR_NULL || b->kind[i] == EXPR_NULL) {
			set_null(c, i);
			continue;
		}
		n = a->n[i];
		m = b->n[i];
		if (n + m > 1000000) {
			r->hand_over = 1; /* and its bounds */
			break;
		}
		to = scratch_get(&r->scratch, n + m);
		memcpy(to, a->v[i].p, n);
		memcpy(to + n, b->v[i].p, m);
		set_text(c, i, to, n + m);
	}
}

static void
value_case(struct expr_run *r, const struct node *x, struct column *c)
{
	unsigned char done[EXPR_BATCH] = { 0 }, equal[EXPR_BATCH];
	const struct column *then;
	const unsigned char *when;
	size_t i, k = x->i != 0;

	for (; k + 1 < x->n; k += 2) {
		if (x->i != 0) {
			compare_columns(r, NODE_EQ, x->kids[0], x->kids[k],
			    equal);
			when = equal;
		} else {
			when = native_test(r, x->kids[k]);
		}
		then = native_value(r, x->kids[k + 1]);
		for (i = 0; i < r->n; i++)
			if (when[i] == 1 && !done[i]) {
				done[i] = 1;
				copy_value(c, then, i);
			}
	}
	then = k < x->n ? native_value(r, x->kids[k]) : NULL;
	for (i = 0; i < r->n; i++) {
		if (done[i])
			continue;
		if (then != NULL)
			copy_value(c, then, i);
		else
			set_null(c, i);
	}
}

static int
blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

/* The integer a text begins with; -1: too long for here. */
static int
text_int(const char *p, size_t n, int64_t *v)
{
	size_t i = 0, digits = 0;
	int negative = 0;
	int64_t u = 0;

	while (i < n && blank(p[i]))
		i++;
	if (i < n && (p[i] == '-' || p[i] == '+'))
		negative = p[i++] == '-';
	for (; i < n && p[i] >= '0' && p[i] <= '9'; i++) {
		if (++digits > 18)
			return -1;
		u = u * 10 + (p[i] - '0');
	}
	*v = negative ? -u : u;
	return 0;
}

/*
 * The real a text begins with, where any careful way gives the same double;
 * -1: leave it to SQLite.
 */
static int
text_real(const char *p, size_t n, double *v)
{
	static const double tens[] = { 1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6,
		1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15 };
	size_t i = 0, digits = 0, after = 0;
	int negative = 0;
	int64_t u = 0;

	while (i < n && blank(p[i]))
		i++;
	if (i < n && (p[i] == '-' || p[i] == '+'))
		negative = p[i++] == '-';
	for (; i < n && p[i] >= '0' && p[i] <= '9' && digits < 16; i++) {
		u = u * 10 + (p[i] - '0');
		digits++;
	}
	if (i < n && p[i] == '.')
		for (i++; i < n && p[i] >= '0' && p[i] <= '9' && digits < 16;
		    i++) {
			u = u * 10 + (p[i] - '0');
			digits++;
			after++;
		}
	if (digits == 0 || digits > 15 ||
	    (i < n && (p[i] == 'e' || p[i] == 'E')))
		return -1;
	*v = (double)u / tens[after];
	/* SQLite divides in a wider type, and rounds twice. */
	if (after > 0 &&
	    (double)((long double)u / (long double)tens[after]) != *v)
		return -1;
	if (negative)
		*v = -*v;
	return 0;
}

static void
value_cast(struct expr_run *r, const struct node *x, struct column *c)
{
	const struct column *a;
	size_t i;
	int64_t w = 0;
	double d = 0;

	if (x->i == CAST_TEXT) {
		a = as_text(r, x->kids[0], x->place + 1);
		for (i = 0; i < r->n; i++)
			copy_value(c, a, i);
		return;
	}
	a = native_value(r, x->kids[0]);
	for (i = 0; i < r->n; i++) {
		if (a->kind[i] == EXPR_NULL) {
			set_null(c, i);
		} else if (x->i == CAST_INTEGER) {
			if (a->kind[i] != EXPR_STRING)
				w = int_of(a, i);
			else if (text_int(a->v[i].p, a->n[i], &w) == -1)
				r->hand_over = 1;
			if (!r->hand_over)
				set_int(c, i, w);
		} else {
			if (a->kind[i] != EXPR_STRING)
				d = real_of(a, i);
			else if (text_real(a->v[i].p, a->n[i], &d) == -1)
				r->hand_over = 1;
			if (!r->hand_over)
				set_real(c, i, d);
		}
		if (r->hand_over)
			return;
	}
}

static void
value_choice(struct expr_run *r, const struct node *x, struct column *c)
{
	const struct column *a, *b;
	enum function_id id = x->function->id;
	const unsigned char *when;
	size_t i, k;

	if (id == FUNCTION_IIF) {
		when = native_test(r, x->kids[0]);
		a = native_value(r, x->kids[1]);
		b = native_value(r, x->kids[2]);
		for (i = 0; i < r->n; i++)
			copy_value(c, when[i] == 1 ? a : b, i);
		return;
	}
	a = native_value(r, x->kids[0]);
	for (i = 0; i < r->n; i++)
		copy_value(c, a, i);
	for (k = 1; k < x->n; k++) {
		b = native_value(r, x->kids[k]);
		for (i = 0; i < r->n; i++) {
			int an = c->kind[i] == EXPR_NULL;
			int bn = b->kind[i] == EXPR_NULL;

			if (id == FUNCTION_COALESCE) {
				if (an)
					copy_value(c, b, i);
			} else if (id == FUNCTION_NULLIF) {
				if (!an && !bn && compare(c, b, i) == 0)
					set_null(c, i);
			} else if (an || bn) {
				set_null(c, i);
			} else {
				/* Of equals: the first max, the last min. */
				int d = compare(c, b, i);

				if (id == FUNCTION_MAX ? d < 0 : d >= 0)
					copy_value(c, b, i);
			}
		}
	}
}

static void
value_number(struct expr_run *r, const struct node *x, struct column *c)
{
	const struct column *a = native_value(r, x->kids[0]);
	size_t i;
	double d;

	for (i = 0; i < r->n; i++) {
		if (a->kind[i] == EXPR_NULL) {
			set_null(c, i);
			continue;
		}
		if (a->kind[i] == EXPR_STRING) {
			r->hand_over = 1;
			return;
		}
		d = real_of(a, i);
		if (x->function->id == FUNCTION_ROUND) {
			if (d >= -4503599627370496.0 &&
			    d <= 4503599627370496.0)
				d = (double)(int64_t)(d +
				    (d < 0 ? -0.5 : 0.5));
			set_real(c, i, d);
		} else if (a->kind[i] == EXPR_REAL) {
			set_real(c, i, d < 0 ? -d : d);
		} else if (a->v[i].i == INT64_MIN) {
			r->hand_over = 1; /* SQLite refuses it */
			return;
		} else {
			set_int(c, i, a->v[i].i < 0 ? -a->v[i].i :
			    a->v[i].i);
		}
	}
}

static size_t
characters(const char *p, size_t n)
{
	size_t i, chars = 0;

	for (i = 0; i < n; i++)
		chars += ((unsigned char)p[i] & 0xc0) != 0x80;
	return chars;
}

/* Bytes that the first chars characters of a text take. */
static size_t
bytes_of(const char *p, size_t n, int64_t chars)
{
	size_t i = 0;

	for (; i < n && chars > 0; chars--)
		for (i++; i < n && ((unsigned char)p[i] & 0xc0) == 0x80;)
			i++;
	return i;
}

/*
 * Characters from start on, counted from 1, or from the end if negative;
 * 0 stands one before the first. A negative size takes those before start.
 */
static void
substring(struct column *c, size_t i, const char *p, size_t n, int64_t start,
    int64_t size)
{
	int64_t from = start, to;
	size_t a, b;

	if (start < 0)
		from = (int64_t)characters(p, n) + start;
	else if (start > 0)
		from = start - 1;
	else if (size > 0)
		from = -1;
	if (size < 0) {
		to = from;
		from += size;
	} else {
		to = from + size;
	}
	if (from < 0)
		from = 0;
	if (to < from)
		to = from;
	a = bytes_of(p, n, from);
	b = a + bytes_of(p + a, n - a, to - from);
	set_text(c, i, p + a, b - a);
}

static void
value_substr(struct expr_run *r, const struct node *x, struct column *c)
{
	const struct column *a = as_text(r, x->kids[0], x->place + 1);
	const struct column *from = native_value(r, x->kids[1]);
	const struct column *size = x->n > 2 ? native_value(r, x->kids[2]) :
	    NULL;
	size_t i;

	for (i = 0; i < r->n && !r->hand_over; i++) {
		int64_t start, many = 2000000;

		if (a->kind[i] == EXPR_NULL || from->kind[i] == EXPR_NULL ||
		    (size != NULL && size->kind[i] == EXPR_NULL)) {
			set_null(c, i);
			continue;
		}
		start = from->v[i].i;
		if (size != NULL)
			many = size->v[i].i;
		/* Far out, SQLite's own reading and bounds count. */
		if (a->kind[i] != EXPR_STRING ||
		    from->kind[i] != EXPR_INT ||
		    (size != NULL && size->kind[i] != EXPR_INT) ||
		    a->n[i] > 1000000 || start > 1000000 ||
		    start < -1000000 || many > 2000000 ||
		    many < -2000000) {
			r->hand_over = 1;
			return;
		}
		substring(c, i, a->v[i].p, a->n[i], start, many);
	}
}

static void
value_text(struct expr_run *r, const struct node *x, struct column *c)
{
	const struct column *a = as_text(r, x->kids[0], x->place + 1);
	size_t i, j, n;
	const char *p;
	char *to;

	for (i = 0; i < r->n && !r->hand_over; i++) {
		if (a->kind[i] == EXPR_NULL) {
			set_null(c, i);
			continue;
		}
		p = a->v[i].p;
		n = a->n[i];
		switch (x->function->id) {
		case FUNCTION_LENGTH:
			set_int(c, i, (int64_t)characters(p, n));
			break;
		case FUNCTION_TRIM:
			while (n > 0 && *p == ' ')
				p++, n--;
			while (n > 0 && p[n - 1] == ' ')
				n--;
			set_text(c, i, p, n);
			break;
		default:
			to = scratch_get(&r->scratch, n);
			for (j = 0; j < n; j++)
				to[j] = x->function->id == FUNCTION_UPPER ?
				    upper(p[j]) : lower(p[j]);
			set_text(c, i, to, n);
			break;
		}
	}
}

static void
value_date(struct expr_run *r, const struct node *x, struct column *c)
{
	int32_t room[2][EXPR_BATCH];
	const int32_t *a = as_days(r, x->kids[0], room[0]);
	const int32_t *b = x->n > 1 ? as_days(r, x->kids[1], room[1]) : a;
	enum function_id id = x->function->id;
	size_t i, n;
	char *to;

	for (i = 0; i < r->n; i++) {
		if (a[i] == -1 || b[i] == -1) {
			set_null(c, i);
			continue;
		}
		switch (id) {
		case FUNCTION_AGE:
			set_int(c, i, scalar_age(a[i], b[i]));
			break;
		case FUNCTION_DAYS:
			set_int(c, i, scalar_days(a[i], b[i]));
			break;
		case FUNCTION_YEAR:
			set_int(c, i, a[i] / 512);
			break;
		default:
			to = scratch_get(&r->scratch, 16);
			n = id == FUNCTION_MONTH ? scalar_month(a[i], to) :
			    id == FUNCTION_QUARTER ?
			    scalar_quarter(a[i], to) :
			    id == FUNCTION_FINANCIAL_QUARTER ?
			    scalar_financial_quarter(a[i], to) :
			    scalar_financial_year(a[i], to);
			if (n == 0)
				set_null(c, i);
			else
				set_text(c, i, to, n);
			break;
		}
	}
}

static void
value_shifted(struct expr_run *r, const struct node *x, struct column *c)
{
	int32_t room[EXPR_BATCH];
	const int32_t *a = as_days(r, x->kids[0], room);
	const struct column *v = native_value(r, x->kids[0]);
	int64_t n = 0;
	size_t i;
	char *to;

	if (x->n == 2)
		(void)scalar_shift(x->kids[1]->text, &n);
	for (i = 0; i < r->n; i++) {
		if (v->kind[i] == EXPR_NULL) {
			set_null(c, i);
			continue;
		}
		to = scratch_get(&r->scratch, 10);
		if (a[i] == -1 || scalar_after(a[i], n, to) == -1) {
			r->hand_over = 1;
			return;
		}
		set_text(c, i, to, 10);
	}
}

static void
value_band(struct expr_run *r, const struct node *x, struct column *c)
{
	const struct column *a = native_value(r, x->kids[0]);
	const struct bands *b = r->e->bands[x->i];
	const char *label;
	size_t i;

	for (i = 0; i < r->n; i++) {
		label = a->kind[i] == EXPR_INT ? scalar_band(b, a->v[i].i) :
		    NULL;
		r->hand_over |= a->kind[i] > EXPR_INT;
		if (label != NULL)
			set_text(c, i, label, strlen(label));
		else
			set_null(c, i);
	}
}

static void
value_score(struct expr_run *r, const struct node *x, struct column *c)
{
	const struct score_use *use = &r->e->scores[x->i];
	struct score_mask masks[EXPR_BATCH];
	unsigned scale = score_scale(use->score);
	size_t i, k;

	memset(masks, 0, r->n * sizeof masks[0]);
	for (k = 0; k < x->n; k++) {
		const struct column *a = native_value(r, x->kids[k]);

		for (i = 0; i < r->n; i++)
			if (a->kind[i] == EXPR_STRING)
				score_add(use->score, &masks[i], a->v[i].p,
				    a->n[i]);
	}
	for (i = 0; i < r->n; i++) {
		if (use->condition != -1)
			set_int(c, i, score_has(&masks[i], use->condition));
		else if (scale == 0)
			set_int(c, i, score_sum(use->score, masks[i]));
		else
			set_real(c, i, scalar_decimal(score_sum(use->score,
			    masks[i]), scale));
	}
}

static void
value_sqlite(struct expr_run *r, const struct node *x, struct column *c)
{
	static const unsigned kind_bit[] = { [EXPR_INT] = KIND_INT,
		[EXPR_REAL] = KIND_REAL, [EXPR_STRING] = KIND_TEXT };
	struct fault f = FAULT_NONE;
	size_t i;

	for (i = 0; i < r->n && !r->hand_over; i++) {
		if (r->bad[i] != -1)
			set_null(c, i);
		else if (sqlite_value(r->sqlite, x->statement, r->fields, i,
		    &r->scratch, &c->v[i], &c->n[i], &c->kind[i], &f) == -1)
			/*
			 * In the whole expression this part may not be
			 * reached: SQLite decides.
			 */
			r->hand_over = 1;
		else if (c->kind[i] != EXPR_NULL &&
		    (x->kinds & kind_bit[c->kind[i]]) == 0)
			r->hand_over = 1; /* not the kind it was said to be */
	}
}

static void
value_truths(struct expr_run *r, const struct node *x, struct column *c)
{
	const unsigned char *a = native_test(r, x);
	size_t i;

	for (i = 0; i < r->n; i++) {
		c->kind[i] = a[i] == 2 ? EXPR_NULL : EXPR_INT;
		c->v[i].i = a[i];
		c->n[i] = 0;
	}
}

static void
value_call(struct expr_run *r, const struct node *x, struct column *c)
{
	switch (x->function->id) {
	case FUNCTION_COALESCE:
	case FUNCTION_IIF:
	case FUNCTION_MAX:
	case FUNCTION_MIN:
	case FUNCTION_NULLIF:
		value_choice(r, x, c);
		break;
	case FUNCTION_ABS:
	case FUNCTION_ROUND:
		value_number(r, x, c);
		break;
	case FUNCTION_SUBSTR:
		value_substr(r, x, c);
		break;
	case FUNCTION_LENGTH:
	case FUNCTION_LOWER:
	case FUNCTION_UPPER:
	case FUNCTION_TRIM:
		value_text(r, x, c);
		break;
	case FUNCTION_DATE:
		value_shifted(r, x, c);
		break;
	case FUNCTION_AGE_BAND:
		value_band(r, x, c);
		break;
	case FUNCTION_SCORE:
		value_score(r, x, c);
		break;
	default:
		value_date(r, x, c);
		break;
	}
}

const struct column *
native_value(struct expr_run *r, const struct node *x)
{
	struct column *c;

	if (x->op == NODE_FIELD)
		return r->fields[x->slot];
	c = column(r, x->place);
	if (x->op <= NODE_TEXT)
		return c;
	if (x->op == NODE_PLUS && x->way != WAY_SQLITE)
		return native_value(r, x->kids[0]);
	if (r->stamps[x->place] == r->batch)
		return c;
	r->stamps[x->place] = r->batch;
	if (r->hand_over) {
		memset(c->kind, EXPR_NULL, r->n);
		return c;
	}
	if (x->way == WAY_SQLITE) {
		value_sqlite(r, x, c);
	} else if (x->way == WAY_TEST) {
		value_truths(r, x, c);
	} else {
		switch (x->op) {
		case NODE_CONCAT:
			value_concat(r, x, c);
			break;
		case NODE_CASE:
			value_case(r, x, c);
			break;
		case NODE_CAST:
			value_cast(r, x, c);
			break;
		case NODE_CALL:
			value_call(r, x, c);
			break;
		default:
			value_arithmetic(r, x, c);
			break;
		}
	}
	/* Nobody may look at rows that were not reached. */
	if (r->hand_over)
		memset(c->kind, EXPR_NULL, r->n);
	return c;
}

static void
constants(struct expr_run *r, const struct node *x)
{
	size_t i;

	if (x->way == WAY_SQLITE)
		return;
	if (x->op <= NODE_TEXT)
		fill(column(r, x->place), x);
	for (i = 0; i < x->n; i++)
		constants(r, x->kids[i]);
}

void
native_start(struct expr_run *r)
{
	constants(r, r->e->root);
}
