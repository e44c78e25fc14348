/* Truth values: 0 false, 1 true, 2 NULL. */
#include <string.h>

#include "base/map.h"
#include "base/mem.h"
#include "base/num.h"
#include "expr/common.h"
#include "expr/native.h"

#define EXACT ((int64_t)1 << 53) /* a double is every integer up to it */

static unsigned char *
truths(struct expr_run *r, const struct node *x)
{
	struct common *p = r->common_tests[x->test];

	if (r->tests[x->test] != NULL)
		return r->tests[x->test];
	if (p != NULL && p->truths != NULL)
		r->tests[x->test] = p->truths;
	else
		r->tests[x->test] = mem_aligned(EXPR_BATCH);
	if (p != NULL)
		p->truths = r->tests[x->test];
	return r->tests[x->test];
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

int
native_compare(const struct column *a, const struct column *b, size_t i)
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
		return num_compare(a->v[i].i, b->v[i].r);
	return -num_compare(b->v[i].i, a->v[i].r);
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

/* Days of a date field against those of another. */
static void
compare_days(const int32_t *restrict a, const int32_t *restrict b, size_t n,
    const unsigned char of[3], unsigned char *restrict to)
{
	int same = of[1], less = of[0] - same, more = of[2] - same;

	NATIVE_ROWS(i, n) {
		int t = same + (-(a[i] < b[i]) & less) +
		    (-(a[i] > b[i]) & more);
		int null = -((a[i] | b[i]) < 0);

		to[i] = (unsigned char)((t & ~null) | (2 & null));
	}
}

/* And against one day. */
static void
compare_day(const int32_t *restrict a, int32_t day, size_t n,
    const unsigned char of[3], unsigned char *restrict to)
{
	int same = of[1], less = of[0] - same, more = of[2] - same;

	NATIVE_ROWS(i, n) {
		int t = same + (-(a[i] < day) & less) +
		    (-(a[i] > day) & more);
		int null = -(a[i] < 0);

		to[i] = (unsigned char)((t & ~null) | (2 & null));
	}
}

/* Where a column is NULL, so is the truth. */
static void
null_of(const unsigned char *restrict kind, size_t n,
    unsigned char *restrict to)
{
	NATIVE_ROWS(i, n)
		to[i] = kind[i] == EXPR_NULL ? 2 : to[i];
}

/* One short text, for equality, or (prefix) with how the texts begin. */
static inline void
compare_short(const struct column *restrict a, size_t n, const char *text,
    size_t length, int prefix, int equal, unsigned char *restrict to)
{
	uint64_t want = load8(text, length);
	uint64_t mask = load8("\377\377\377\377\377\377\377\377", length);
	size_t i;

	for (i = 0; i < n; i++) {
		int null = a->kind[i] == EXPR_NULL, is;
		/* A NULL's bytes need not be there. */
		uint64_t first = load8(null ? text : a->v[i].p, 8);

		is = (prefix ? a->n[i] >= length : a->n[i] == length) &
		    ((first & mask) == want);
		to[i] = (unsigned char)(null ? 2 : is == equal);
	}
}

/* What a comparison other than less, more or unlike is the contrary of one. */
static unsigned char
contrary(enum node_op op)
{
	return op == NODE_GE || op == NODE_LE || op == NODE_EQ;
}

/* Integers, some of them NULL, against one. */
static void
compare_ints(const struct column *restrict a, size_t n, int64_t with,
    enum node_op op, unsigned char *restrict to)
{
	unsigned char turned = contrary(op);

	if (op == NODE_LT || op == NODE_GE)
		NATIVE_ROWS(i, n)
			to[i] = (a->v[i].i < with) ^ turned;
	else if (op == NODE_GT || op == NODE_LE)
		NATIVE_ROWS(i, n)
			to[i] = (a->v[i].i > with) ^ turned;
	else
		NATIVE_ROWS(i, n)
			to[i] = (a->v[i].i != with) ^ turned;
	null_of(a->kind, n, to);
}

static int
has_integers(const struct column *a, size_t n)
{
	size_t i;
	int found = 0;

	for (i = 0; i < n; i++)
		found |= a->kind[i] == EXPR_INT;
	return found;
}

/* Reals, some of them NULL, against one. */
static void
compare_reals(const struct column *restrict a, size_t n, double with,
    enum node_op op, unsigned char *restrict to)
{
	unsigned char turned = contrary(op);

	if (op == NODE_LT || op == NODE_GE)
		NATIVE_ROWS(i, n)
			to[i] = (a->v[i].r < with) ^ turned;
	else if (op == NODE_GT || op == NODE_LE)
		NATIVE_ROWS(i, n)
			to[i] = (a->v[i].r > with) ^ turned;
	else
		NATIVE_ROWS(i, n)
			to[i] = (a->v[i].r < with || a->v[i].r > with) ^
			    turned;
	null_of(a->kind, n, to);
}

int
native_begins(const struct node *x, const struct node *y)
{
	size_t i;

	if (x->op != NODE_CALL || x->function->id != FUNCTION_SUBSTR ||
	    x->n != 3 || x->kids[0]->kinds != KIND_TEXT ||
	    x->kids[1]->op != NODE_INT || x->kids[1]->i != 1 ||
	    x->kids[2]->op != NODE_INT || y->op != NODE_TEXT ||
	    y->length < 1 || y->length > 8 ||
	    x->kids[2]->i != (int64_t)y->length)
		return 0;
	/* So many characters are as many bytes. */
	for (i = 0; i < y->length; i++)
		if ((unsigned char)y->text[i] >= 0x80)
			return 0;
	return 1;
}

void
native_compare_columns(struct expr_run *r, enum node_op op, const struct node *x,
    const struct node *y, unsigned char *to)
{
	const struct column *a, *b;
	int32_t room[2][EXPR_BATCH], day;
	unsigned char of[3];
	size_t i;

	if (y->op == NODE_FIELD && x->op != NODE_FIELD) {
		const struct node *t = x;

		x = y;
		y = t;
		op = mirrored(op);
	}
	verdicts(op, of);
	if ((op == NODE_EQ || op == NODE_NE) && native_begins(x, y)) {
		compare_short(native_value(r, x->kids[0]), r->n, y->text,
		    y->length, 1, op == NODE_EQ, to);
		return;
	}
	if (native_has_days(r, x)) {
		if (native_has_days(r, y)) {
			compare_days(native_days(r, x, room[0]),
			    native_days(r, y, room[1]), r->n, of, to);
			return;
		}
		if (y->op == NODE_TEXT && y->length == 10 &&
		    (day = scalar_day(y->text, 10)) != -1) {
			compare_day(native_days(r, x, room[0]), day, r->n, of,
			    to);
			return;
		}
	}
	a = native_value(r, x);
	if (x->kinds == KIND_TEXT && y->op == NODE_TEXT && y->length <= 8 &&
	    (op == NODE_EQ || op == NODE_NE)) {
		compare_short(a, r->n, y->text, y->length, 0,
		    op == NODE_EQ, to);
		return;
	}
	if (x->kinds == KIND_INT && y->op == NODE_INT) {
		compare_ints(a, r->n, y->i, op, to);
		return;
	}
	if ((x->kinds & KIND_TEXT) == 0 && (y->op == NODE_REAL ||
	    (y->op == NODE_INT && y->i <= EXACT && y->i >= -EXACT)) &&
	    !has_integers(a, r->n)) {
		compare_reals(a, r->n, y->op == NODE_REAL ? y->r :
		    (double)y->i, op, to);
		return;
	}
	b = native_value(r, y);
	for (i = 0; i < r->n; i++) {
		int c;

		if (a->kind[i] == EXPR_NULL || b->kind[i] == EXPR_NULL) {
			to[i] = 2;
			continue;
		}
		c = native_compare(a, b, i);
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
		    native_compare(a, b, i) == 0;

		to[i] = (unsigned char)(same != x->negated);
	}
}

/* SQL's tables, without a branch. */

static void
join_and(const unsigned char *restrict a, const unsigned char *restrict b,
    size_t n, unsigned char *restrict to)
{
	NATIVE_ROWS(i, n) {
		unsigned char either = a[i] | b[i];
		unsigned char known = either & 2 ? 2 : 1;

		known = a[i] == 0 ? 0 : known;
		to[i] = b[i] == 0 ? 0 : known;
	}
}

static void
join_or(const unsigned char *restrict a, const unsigned char *restrict b,
    size_t n, unsigned char *restrict to)
{
	NATIVE_ROWS(i, n) {
		unsigned char either = a[i] | b[i];

		/* 3: one is true, the other NULL. */
		to[i] = (unsigned char)(either & ~((either & 1) << 1));
	}
}

static void
negate(unsigned char *to, size_t n)
{
	NATIVE_ROWS(i, n)
		to[i] ^= 1 & ~(to[i] >> 1);
}

/* Short texts in a few: many is a constant wherever this is inlined. */
static inline void
in_few(const struct column *restrict a, size_t n, const uint64_t *keys,
    size_t many, unsigned char yes, unsigned char no,
    unsigned char *restrict to)
{
	static const char nothing[8];
	size_t i, k;

	for (i = 0; i < n; i++) {
		int null = a->kind[i] == EXPR_NULL, found = 0;
		uint64_t key = load8(null ? nothing : a->v[i].p, a->n[i]);
		unsigned char is;

		for (k = 0; k < many; k++)
			found |= key == keys[k];
		is = (found & (a->n[i] <= 8)) != 0 ? yes : no;
		to[i] = null ? 2 : is;
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

	if (text && s->longer == NULL && s->mask == 0) {
		if (s->n == 2)
			in_few(a, r->n, s->keys, 2, yes, no, to);
		else if (s->n == 3)
			in_few(a, r->n, s->keys, 3, yes, no, to);
		else
			in_few(a, r->n, s->keys, s->n, yes, no, to);
		return;
	}
	for (i = 0; i < r->n; i++) {
		uint64_t key;

		if (a->kind[i] == EXPR_NULL) {
			to[i] = 2;
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
			else if (native_compare(a, b, i) == 0)
				to[i] = 1;
		}
	}
	if (x->negated)
		negate(to, r->n);
}

static void
test_between(struct expr_run *r, const struct node *x, unsigned char *to)
{
	unsigned char low[EXPR_BATCH] = { 0 }, high[EXPR_BATCH] = { 0 };

	native_compare_columns(r, NODE_GE, x->kids[0], x->kids[1], low);
	native_compare_columns(r, NODE_LE, x->kids[0], x->kids[2], high);
	join_and(low, high, r->n, to);
	if (x->negated)
		negate(to, r->n);
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
		} else if (j < l->n && native_lower(p[i]) == l->text[j]) {
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
		if (native_lower(p[i]) != l->text[i])
			return 0;
	return 1;
}

static void
test_texts(struct expr_run *r, const struct node *x, unsigned char *to)
{
	const struct column *a = x->op == NODE_LIKE ?
	    native_value(r, x->kids[0]) :
	    native_text(r, x->kids[0], x->place + 1);
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
null_kinds(const unsigned char *restrict kind, size_t n, unsigned char null,
    unsigned char *restrict to)
{
	NATIVE_ROWS(i, n)
		to[i] = (kind[i] == EXPR_NULL ? 1 : 0) ^ null;
}

static void
test_null(struct expr_run *r, const struct node *x, unsigned char *to)
{
	null_kinds(native_value(r, x->kids[0])->kind, r->n, x->negated != 0,
	    to);
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
	struct common *common;

	if (x->way == WAY_SQLITE) {
		/* Its truth values need a place as well: made here. */
		to = (unsigned char *)scratch_get(&r->scratch, EXPR_BATCH);
		test_value(r, x, to);
		return to;
	}
	to = truths(r, x);
	common = r->common_tests[x->test];
	if (common != NULL && common->truths_turn == r->turn)
		return to;
	if (r->hand_over)
		return memset(to, 2, r->n);
	if (common != NULL && commons_decide(r, common, to)) {
		common->truths_turn = r->turn;
		return to;
	}
	switch (x->op) {
	case NODE_LT:
	case NODE_LE:
	case NODE_GT:
	case NODE_GE:
	case NODE_EQ:
	case NODE_NE:
		native_compare_columns(r, x->op, x->kids[0], x->kids[1], to);
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
		if (x->op == NODE_AND)
			join_and(a, b, r->n, to);
		else
			join_or(a, b, r->n, to);
		break;
	case NODE_NOT:
		memcpy(to, native_test(r, x->kids[0]), r->n);
		negate(to, r->n);
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
	if (r->hand_over) {
		memset(to, 2, r->n);
	} else if (common != NULL) {
		common->truths_turn = r->turn;
		commons_learn(r, common, to);
	}
	return to;
}
