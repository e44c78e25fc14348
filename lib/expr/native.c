/* Values of everyday forms, a column at a time. */
#include <string.h>

#include "base/mem.h"
#include "expr/common.h"
#include "expr/load.h"
#include "expr/native.h"

struct column *
native_column(struct expr_run *r, size_t place)
{
	struct common *p = r->common_places[place];

	if (r->places[place] != NULL)
		return r->places[place];
	if (p != NULL && p->values != NULL)
		r->places[place] = p->values;
	else
		r->places[place] = mem_aligned(sizeof(struct column));
	if (p != NULL)
		p->values = r->places[place];
	return r->places[place];
}

const struct column *
native_text(struct expr_run *r, const struct node *x, size_t place)
{
	const struct column *v = native_value(r, x);
	struct column *c;
	size_t i;

	if (x->kinds == KIND_TEXT || r->hand_over)
		return v;
	c = native_column(r, place);
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
	const struct column *a = native_text(r, x->kids[0], x->place + 1);
	const struct column *b;
	size_t i;

	/* The other side's integers go where the result will be. */
	b = native_text(r, x->kids[1], x->place);
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
			native_compare_columns(r, NODE_EQ, x->kids[0], x->kids[k],
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
 * Decimals after which u / 10^decimals is the same double whether it is
 * rounded once or first to the 64 bits of a long double, for u < 2^53. Rounded
 * twice it can only differ where the first makes it the middle between two
 * doubles, which it is not. Let 2^p <= u / 10^k < 2^(p+1): such a middle is
 * an odd multiple of 2^(p-53), and the quotient, if it is not the middle
 * itself, at least 2^(p-53) / 5^k from it. Half the last of 64 bits is
 * 2^(p-64): less, as long as 5^k < 2^11.
 */
#define SAFE 4

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
	unsigned decimals;
	uint64_t few;
	int negative = 0;
	int64_t u = 0;

	if (eight_decimal(p, n, &few, &decimals) && decimals <= SAFE) {
		*v = (double)(int64_t)few / tens[decimals];
		return 0;
	}
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
	if (after > SAFE &&
	    (double)((long double)u / (long double)tens[after]) != *v)
		return -1;
	if (negative)
		*v = -*v;
	return 0;
}

/* Texts, some of them NULL, as reals: 0, or -1: one is left to SQLite. */
static int
texts_real(const struct column *a, size_t n, struct column *c)
{
	size_t i;
	double d;

	for (i = 0; i < n; i++) {
		if (a->kind[i] == EXPR_NULL)
			set_null(c, i);
		else if (text_real(a->v[i].p, a->n[i], &d) == 0)
			set_real(c, i, d);
		else
			return -1;
	}
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
		a = native_text(r, x->kids[0], x->place + 1);
		for (i = 0; i < r->n; i++)
			copy_value(c, a, i);
		return;
	}
	a = native_value(r, x->kids[0]);
	if (x->i == CAST_REAL && x->kids[0]->kinds == KIND_TEXT) {
		r->hand_over |= texts_real(a, r->n, c) == -1;
		return;
	}
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
				if (!an && !bn && native_compare(c, b, i) == 0)
					set_null(c, i);
			} else if (an || bn) {
				set_null(c, i);
			} else {
				/* Of equals: the first max, the last min. */
				int d = native_compare(c, b, i);

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

/* The first characters, up to 8: mostly as many bytes. */
static void
prefixes(struct expr_run *r, const struct column *a, int64_t size,
    struct column *c)
{
	size_t i;

	for (i = 0; i < r->n && !r->hand_over; i++) {
		const char *p = a->v[i].p;
		size_t n = a->n[i], k = n < (size_t)size ? n : (size_t)size;

		if (a->kind[i] == EXPR_NULL)
			set_null(c, i);
		else if (n > 1000000)
			r->hand_over = 1; /* and its bounds */
		else if ((load8(p, k) & 0x8080808080808080ULL) == 0 &&
		    (k == n || ((unsigned char)p[k] & 0xc0) != 0x80))
			set_text(c, i, p, k);
		else
			substring(c, i, p, n, 1, size);
	}
}

static void
value_substr(struct expr_run *r, const struct node *x, struct column *c)
{
	const struct column *a = native_text(r, x->kids[0], x->place + 1);
	const struct column *from = native_value(r, x->kids[1]);
	const struct column *size = x->n > 2 ? native_value(r, x->kids[2]) :
	    NULL;
	size_t i;

	if (x->kids[0]->kinds == KIND_TEXT && x->n > 2 &&
	    x->kids[1]->op == NODE_INT && x->kids[1]->i == 1 &&
	    x->kids[2]->op == NODE_INT && x->kids[2]->i >= 0 &&
	    x->kids[2]->i <= 8) {
		prefixes(r, a, x->kids[2]->i, c);
		return;
	}
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
	const struct column *a = native_text(r, x->kids[0], x->place + 1);
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
				    native_upper(p[j]) : native_lower(p[j]);
			set_text(c, i, to, n);
			break;
		}
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

	shelf_want_all(r);
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
		native_shifted(r, x, c);
		break;
	case FUNCTION_AGE_BAND:
		value_band(r, x, c);
		break;
	case FUNCTION_SCORE:
		value_score(r, x, c);
		break;
	default:
		native_date(r, x, c);
		break;
	}
}

const struct column *
native_value(struct expr_run *r, const struct node *x)
{
	struct common *common;
	struct column *c;

	if (x->op == NODE_FIELD) {
		if (r->waiting)
			shelf_want(r, x->slot);
		return r->fields[x->slot];
	}
	c = native_column(r, x->place);
	if (x->op <= NODE_TEXT)
		return c;
	if (x->op == NODE_PLUS && x->way != WAY_SQLITE)
		return native_value(r, x->kids[0]);
	common = r->common_places[x->place];
	if (common != NULL ? common->values_turn == r->turn :
	    r->stamps[x->place] == r->batch)
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
	else if (common != NULL)
		common->values_turn = r->turn;
	return c;
}

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

static void
constants(struct expr_run *r, const struct node *x)
{
	size_t i;

	if (x->way == WAY_SQLITE)
		return;
	if (x->op <= NODE_TEXT)
		fill(native_column(r, x->place), x);
	for (i = 0; i < x->n; i++)
		constants(r, x->kids[i]);
}

void
native_start(struct expr_run *r)
{
	constants(r, r->e->root);
}
