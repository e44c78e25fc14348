/* What is made of dates: ages, days between, years and months, other days. */
#include "expr/native.h"

int
native_has_days(const struct expr_run *r, const struct node *x)
{
	size_t i;

	if (x->op == NODE_FIELD)
		return x->type == EXPR_DATE && r->days[x->slot] != NULL;
	if (x->op != NODE_CALL || x->function->id != FUNCTION_COALESCE)
		return 0;
	for (i = 0; i < x->n; i++)
		if (!native_has_days(r, x->kids[i]))
			return 0;
	return 1;
}

/* The first that is no NULL, of days that are there. */
static void
days_choice(struct expr_run *r, const struct node *x, int32_t *to)
{
	int32_t room[EXPR_BATCH];
	const int32_t *days = native_days(r, x->kids[0], room);
	size_t k;

	NATIVE_ROWS(i, r->n)
		to[i] = days[i];
	for (k = 1; k < x->n; k++) {
		days = native_days(r, x->kids[k], room);
		NATIVE_ROWS(i, r->n)
			to[i] = to[i] < 0 ? days[i] : to[i];
	}
}

const int32_t *
native_days(struct expr_run *r, const struct node *x, int32_t *room)
{
	const struct column *v;
	size_t i;

	if (x->op == NODE_FIELD && r->days[x->slot] != NULL)
		return r->days[x->slot];
	if (native_has_days(r, x)) {
		days_choice(r, x, room);
		return room;
	}
	v = native_value(r, x);
	for (i = 0; i < r->n; i++)
		room[i] = v->kind[i] == EXPR_STRING ?
		    scalar_day(v->v[i].p, v->n[i]) : -1;
	return room;
}

/*
 * Days since some day four centuries before the year 0, of packed days: a
 * year from March, the months of it by Neri and Schneider's line
 * (979 m - 2919) / 32, and the century by a factor exact up to 43698.
 */
static void
numbers(const int32_t *restrict days, size_t n, uint32_t *restrict to)
{
	NATIVE_ROWS(i, n) {
		uint32_t p = (uint32_t)days[i], m = p >> 5 & 15;
		uint32_t early = m <= 2 ? 1 : 0;
		uint32_t y = (p >> 9) + 400 - early;
		uint32_t century = y * 5243 >> 19;

		m += 12 & -early;
		to[i] = 365 * y + (y >> 2) - century + (century >> 2) +
		    ((979 * m - 2919) >> 5) + (p & 31);
	}
}

static void
value_days(const int32_t *restrict a, const int32_t *restrict b, size_t n,
    struct column *restrict c)
{
	uint32_t from[EXPR_BATCH], to[EXPR_BATCH];
	size_t i;

	numbers(a, n, from);
	numbers(b, n, to);
	for (i = 0; i < n; i++) {
		c->kind[i] = (a[i] | b[i]) < 0 ? EXPR_NULL : EXPR_INT;
		c->v[i].i = (int32_t)(to[i] - from[i]);
		c->n[i] = 0;
	}
}

void
native_date(struct expr_run *r, const struct node *x, struct column *c)
{
	int32_t room[2][EXPR_BATCH];
	const int32_t *a = native_days(r, x->kids[0], room[0]);
	const int32_t *b = x->n > 1 ? native_days(r, x->kids[1], room[1]) : a;
	enum function_id id = x->function->id;
	size_t i, n;
	char *to;

	if (id == FUNCTION_DAYS) {
		value_days(a, b, r->n, c);
		return;
	}
	for (i = 0; i < r->n; i++) {
		if (a[i] == -1 || b[i] == -1) {
			set_null(c, i);
			continue;
		}
		switch (id) {
		case FUNCTION_AGE:
			set_int(c, i, scalar_age(a[i], b[i]));
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

void
native_shifted(struct expr_run *r, const struct node *x, struct column *c)
{
	int32_t room[EXPR_BATCH];
	const int32_t *a = native_days(r, x->kids[0], room);
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
