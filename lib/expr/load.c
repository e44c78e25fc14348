/* Cells of a block into columns of values. */
#include <stdlib.h>
#include <string.h>

#include "base/date.h"
#include "base/eight.h"
#include "base/mem.h"
#include "base/num.h"
#include "expr/load.h"
#include "expr/quick.h"

struct loader {
	const struct expr_field *field;
	size_t number;            /* in the scope */
	int has_missing;
	uint64_t first[4];        /* bit: a missing cell begins so */
	char (*texts)[48];        /* for convert: 32, and 16 to overread */
	const struct expr_value *given;
	const int32_t *given_days;
};

struct loader *
load_new(const struct expr *e)
{
	struct loader *l = mem_zero(e->nreads + 1, sizeof *l);
	size_t i, k;

	for (i = 0; i < e->nreads; i++) {
		const struct expr_field *f = &e->scope->fields[e->reads[i]];
		unsigned char c;

		l[i].field = f;
		l[i].number = e->reads[i];
		for (k = 0; f->missing != NULL && f->missing[k] != NULL;
		    k++) {
			if (f->missing[k][0] == '\0')
				continue;
			l[i].has_missing = 1;
			c = (unsigned char)f->missing[k][0];
			l[i].first[c / 64] |= (uint64_t)1 << c % 64;
		}
		if (f->convert != NULL)
			l[i].texts = mem_zero(EXPR_BATCH, sizeof *l[i].texts);
	}
	return l;
}

void
load_free(struct loader *l, const struct expr *e)
{
	size_t i;

	for (i = 0; l != NULL && i < e->nreads; i++)
		free(l[i].texts);
	free(l);
}

static int
is_missing(const struct loader *l, const char *p, size_t n)
{
	const char *const *m;
	unsigned char c = (unsigned char)p[0];

	if ((l->first[c / 64] >> c % 64 & 1) == 0)
		return 0;
	for (m = l->field->missing; *m != NULL; m++)
		if (strlen(*m) == n && memcmp(*m, p, n) == 0)
			return 1;
	return 0;
}

/* Cells as texts; what is empty or missing is NULL. */
static void
load_cells(struct expr_run *r, const struct loader *l,
    const struct csv_block *b, size_t first, struct column *c)
{
	size_t col = l->field->column, width = csv_width(b), i;
	const uint32_t *e = csv_end(b, first, col);
	struct csv_slice s;
	char *to;

	if (csv_as_it_stands(b, col)) {
		for (i = 0; i < r->n; i++, e += width) {
			uint32_t start = e[-1] + 1, n = e[0] - start;

			c->v[i].p = b->data + start;
			c->n[i] = n;
			c->kind[i] = n > 0 ? EXPR_STRING : EXPR_NULL;
		}
	} else {
		for (i = 0; i < r->n; i++) {
			s = csv_cell(b, first + i, col, &r->unquoted);
			if (s.p < b->data || s.p > b->data + b->size) {
				to = scratch_get(&r->scratch, s.n);
				memcpy(to, s.p, s.n);
				s.p = to;
			}
			c->v[i].p = s.p;
			c->n[i] = (uint32_t)s.n;
			c->kind[i] = s.n > 0 ? EXPR_STRING : EXPR_NULL;
		}
	}
	if (!l->has_missing)
		return;
	for (i = 0; i < r->n; i++)
		if (c->kind[i] == EXPR_STRING &&
		    is_missing(l, c->v[i].p, c->n[i]))
			c->kind[i] = EXPR_NULL;
}

static void
bad(struct expr_run *r, const struct loader *l, struct column *c, size_t i)
{
	c->kind[i] = EXPR_NULL;
	if (r->bad[i] == -1) {
		r->bad[i] = (long)l->number;
		r->nbad++;
	}
}

/* Up to eight digits and a point without a loop: exact. 1: done. */
static inline int
short_number(const char *p, size_t n, double *v)
{
	static const double tens[] = { 1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6,
		1e7, 1e8 };
	unsigned decimals;
	uint64_t u;

	if (!eight_decimal(p, n, &u, &decimals))
		return 0;
	*v = (double)(int64_t)u / tens[decimals];
	return 1;
}

static int
boolean(const char *p, size_t n)
{
	static const char *const yes[] = { "true", "TRUE", "True", "1" };
	static const char *const no[] = { "false", "FALSE", "False", "0" };
	size_t i;

	for (i = 0; i < 4; i++) {
		if (strlen(yes[i]) == n && memcmp(p, yes[i], n) == 0)
			return 1;
		if (strlen(no[i]) == n && memcmp(p, no[i], n) == 0)
			return 0;
	}
	return -1;
}

static void
load_converted(struct expr_run *r, const struct loader *l, struct column *c)
{
	struct expr_value v;
	size_t i;

	for (i = 0; i < r->n; i++) {
		if (c->kind[i] == EXPR_NULL)
			continue;
		if (l->field->convert(l->field->arg, c->v[i].p, c->n[i], &v,
		    l->texts[i]) == -1) {
			bad(r, l, c, i);
			continue;
		}
		c->kind[i] = (unsigned char)v.kind;
		c->n[i] = 0;
		switch (v.kind) {
		case EXPR_INT:
			c->v[i].i = v.u.i;
			break;
		case EXPR_REAL:
			c->v[i].r = v.u.r;
			break;
		case EXPR_STRING:
			c->v[i].p = v.u.s.p;
			c->n[i] = (uint32_t)v.u.s.n;
			break;
		default:
			c->kind[i] = EXPR_NULL;
			break;
		}
	}
}

static void
load_integers(struct expr_run *r, const struct loader *l, struct column *c)
{
	unsigned decimals;
	uint64_t u;
	size_t i, j;
	int64_t v;

	for (i = 0; i < r->n; i++) {
		const char *p = c->v[i].p;
		size_t n = c->n[i];

		if (c->kind[i] == EXPR_NULL)
			continue;
		/* Not "1.": a point makes it no integer. */
		if (eight_decimal(p, n, &u, &decimals) && decimals == 0 &&
		    p[n - 1] != '.') {
			c->kind[i] = EXPR_INT;
			c->v[i].i = (int64_t)u;
			continue;
		}
		v = 0;
		for (j = 0; j < n && n <= 18; j++) {
			unsigned d = (unsigned char)p[j] - (unsigned)'0';

			if (d > 9)
				break;
			v = v * 10 + d;
		}
		if (j < n && num_i64(p, n, &v) == -1) {
			bad(r, l, c, i);
			continue;
		}
		c->kind[i] = EXPR_INT;
		c->v[i].i = v;
	}
}

static void
load_dates(struct expr_run *r, const struct loader *l, size_t slot,
    struct column *c)
{
	int32_t room[EXPR_BATCH];
	int32_t *days = r->days[slot] != NULL ? r->days[slot] : room;
	unsigned char wrong = 0;
	size_t i;

	quick_days(c, r->n, days);
	for (i = 0; i < r->n; i++)
		wrong |= (unsigned char)(days[i] == -1) &
		    (unsigned char)(c->kind[i] != EXPR_NULL);
	for (i = 0; wrong && i < r->n; i++)
		if (days[i] == -1 && c->kind[i] != EXPR_NULL)
			bad(r, l, c, i);
	/* A missing cell may have the form of a date. */
	for (i = 0; l->has_missing && i < r->n; i++)
		if (c->kind[i] == EXPR_NULL)
			days[i] = -1;
}

static void
load_times(struct expr_run *r, const struct loader *l, struct column *c)
{
	int64_t seconds;
	int32_t second;
	size_t i;

	for (i = 0; i < r->n; i++) {
		const char *p = c->v[i].p;
		size_t n = c->n[i];

		if (c->kind[i] == EXPR_NULL)
			continue;
		if (l->field->type == EXPR_TIME) {
			if (date_time_parse(p, n, &second) == -1)
				bad(r, l, c, i);
		} else if (date_datetime_parse(p, n, &seconds) == -1 ||
		    p[10] != 'T') {
			bad(r, l, c, i);
		} else {
			c->n[i] = 19; /* without the Z */
		}
	}
}

static void
load_numbers(struct expr_run *r, const struct loader *l, struct column *c)
{
	size_t i;
	double v;

	for (i = 0; i < r->n; i++) {
		if (c->kind[i] == EXPR_NULL)
			continue;
		if (!short_number(c->v[i].p, c->n[i], &v) &&
		    num_double(c->v[i].p, c->n[i], &v) == -1) {
			bad(r, l, c, i);
			continue;
		}
		c->kind[i] = EXPR_REAL;
		c->v[i].r = v;
	}
}

static void
load_booleans(struct expr_run *r, const struct loader *l, struct column *c)
{
	size_t i;
	int v;

	for (i = 0; i < r->n; i++) {
		if (c->kind[i] == EXPR_NULL)
			continue;
		if ((v = boolean(c->v[i].p, c->n[i])) == -1) {
			bad(r, l, c, i);
			continue;
		}
		c->kind[i] = EXPR_INT;
		c->v[i].i = v;
	}
}

static void
put_day_texts(struct expr_run *r, const int32_t *days, struct column *c)
{
	size_t i;
	char *to;

	for (i = 0; i < r->n; i++) {
		if (days[i] < 0)
			continue;
		to = scratch_get(&r->scratch, 10);
		(void)scalar_after(days[i], 0, to);
		c->v[i].p = to;
	}
}

void
load_day_text(struct expr_run *r, size_t slot)
{
	if (r->loaders[slot].given_days != NULL && !r->e->texted[slot])
		put_day_texts(r, r->loaders[slot].given_days,
		    r->fields[slot]);
}

void
load_day_texts(struct expr_run *r)
{
	size_t i;

	if (r->shelf != NULL)
		shelf_day_texts(r);
	for (i = 0; i < r->e->nreads; i++)
		load_day_text(r, i);
}

/* Days computed before. Their texts cost more, and few forms look at them. */
static void
load_given_days(struct expr_run *r, const struct loader *l, size_t slot,
    struct column *c)
{
	const int32_t *given = l->given_days;
	int32_t *days = r->days[slot];
	size_t i;
	int wrong = 0;

	for (i = 0; i < r->n; i++) {
		c->kind[i] = given[i] < 0 ? EXPR_NULL : EXPR_STRING;
		c->n[i] = given[i] < 0 ? 0 : 10;
		wrong |= given[i] == EXPR_BAD_DAY;
	}
	for (i = 0; days != NULL && i < r->n; i++)
		days[i] = given[i] < 0 ? -1 : given[i];
	for (i = 0; wrong && i < r->n; i++)
		if (given[i] == EXPR_BAD_DAY)
			bad(r, l, c, i);
	if (r->e->texted[slot])
		put_day_texts(r, given, c);
}

/* Values computed before; the text of some may end where a page does. */
static void
load_given(struct expr_run *r, const struct loader *l, size_t slot,
    struct column *c)
{
	int padded = (l->field->given & EXPR_GIVEN_PADDED) != 0;
	int32_t *days = r->days[slot];
	size_t i;
	char *to;

	for (i = 0; i < r->n; i++) {
		const struct expr_value *v = &l->given[i];

		c->kind[i] = (unsigned char)v->kind;
		c->n[i] = 0;
		switch (v->kind) {
		case EXPR_INT:
			c->v[i].i = v->u.i;
			break;
		case EXPR_REAL:
			c->v[i].r = v->u.r;
			break;
		case EXPR_STRING:
			c->n[i] = (uint32_t)v->u.s.n;
			c->v[i].p = v->u.s.p;
			if (padded)
				break;
			to = scratch_get(&r->scratch, v->u.s.n);
			memcpy(to, v->u.s.p, v->u.s.n);
			c->v[i].p = to;
			break;
		case EXPR_BAD:
			bad(r, l, c, i);
			break;
		case EXPR_NULL:
			break;
		}
		if (days != NULL)
			days[i] = c->kind[i] == EXPR_STRING ?
			    scalar_day(c->v[i].p, c->n[i]) : -1;
	}
}

void
expr_give(struct expr_run *r, size_t field, const struct expr_value *values)
{
	size_t i;

	for (i = 0; i < r->e->nreads; i++)
		if (r->e->reads[i] == field)
			r->loaders[i].given = values;
}

void
expr_give_days(struct expr_run *r, size_t field, const int32_t *days)
{
	size_t i;

	for (i = 0; i < r->e->nreads; i++)
		if (r->e->reads[i] == field)
			r->loaders[i].given_days = days;
}

int
load_is_given(const struct expr_run *r, size_t slot)
{
	return r->loaders[slot].field->given != 0;
}

int
load_is_plain(const struct expr_run *r, const struct csv_block *b,
    size_t slot)
{
	const struct expr_field *f = r->loaders[slot].field;

	return f->given == 0 && f->convert == NULL && f->type == EXPR_TEXT &&
	    csv_as_it_stands(b, f->column);
}

void
load_field(struct expr_run *r, const struct csv_block *b, size_t first,
    size_t slot)
{
	const struct loader *l = &r->loaders[slot];
	struct column *c = r->fields[slot];
	enum expr_type type = l->field->type;

	if (l->field->given != 0) {
		if (l->given_days != NULL)
			load_given_days(r, l, slot, c);
		else
			load_given(r, l, slot, c);
		return;
	}
	load_cells(r, l, b, first, c);
	if (l->field->convert != NULL) {
		load_converted(r, l, c);
		/* What came is the type's own text: its day is still due. */
		if (type == EXPR_DATE)
			load_dates(r, l, slot, c);
		return;
	}
	switch (type) {
	case EXPR_INTEGER:
		load_integers(r, l, c);
		break;
	case EXPR_NUMBER:
		load_numbers(r, l, c);
		break;
	case EXPR_BOOLEAN:
		load_booleans(r, l, c);
		break;
	case EXPR_DATE:
		load_dates(r, l, slot, c);
		break;
	case EXPR_TIME:
	case EXPR_DATETIME:
		load_times(r, l, c);
		break;
	default:
		break;
	}
}
