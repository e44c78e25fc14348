/* Compile once, run in batches. */
#include "expr/expr.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/num.h"
#include "expr/common.h"
#include "expr/load.h"
#include "expr/native.h"

#define DEEP 8 /* SQLite's parser has room for 100 symbols */
#define PAGE ((size_t)64 * 1024)

struct scratch_page {
	struct scratch_page *next;
	size_t size;
	char bytes[];
};

char *
scratch_get(struct scratch *s, size_t n)
{
	struct scratch_page *p;
	char *to;

	n = (n + 16 + 7) / 8 * 8;
	if (s->now != NULL && n <= s->now->size - s->used) {
		to = s->now->bytes + s->used;
		s->used += n;
		return to;
	}
	/* A page that is there already, if it is large enough. */
	p = s->now == NULL ? s->first : s->now->next;
	if (p == NULL || p->size < n) {
		size_t size = n > PAGE ? n : PAGE;

		p = mem_alloc(sizeof *p + size);
		p->size = size;
		if (s->now == NULL) {
			p->next = s->first;
			s->first = p;
		} else {
			p->next = s->now->next;
			s->now->next = p;
		}
	}
	s->now = p;
	s->used = n;
	return p->bytes;
}

void
scratch_reset(struct scratch *s)
{
	s->now = s->first;
	s->used = 0;
}

void
scratch_free(struct scratch *s)
{
	struct scratch_page *p, *next;

	for (p = s->first; p != NULL; p = next) {
		next = p->next;
		free(p);
	}
}

/* COMPILING */

static int
constant(const struct node *x)
{
	size_t i;

	if (x->op == NODE_FIELD || x->op == NODE_COLLATE)
		return 0;
	for (i = 0; i < x->n; i++)
		if (!constant(x->kids[i]))
			return 0;
	return 1;
}

/* A value as the literal that says it. */
static void
literal(struct expr *e, struct node *x, union cell v, uint32_t n,
    unsigned char kind)
{
	char *text;

	x->n = 0;
	x->negated = 0;
	switch (kind) {
	case EXPR_INT:
		x->op = NODE_INT;
		x->i = v.i;
		x->kinds = KIND_INT;
		break;
	case EXPR_REAL:
		x->op = NODE_REAL;
		x->r = v.r;
		x->kinds = KIND_REAL;
		break;
	case EXPR_STRING:
		text = arena_alloc(&e->memory, (size_t)n + 17);
		memset(text, 0, (size_t)n + 17);
		memcpy(text, v.p, n);
		x->op = NODE_TEXT;
		x->text = text;
		x->length = n;
		x->kinds = KIND_TEXT;
		break;
	default:
		x->op = NODE_NULL;
		x->kinds = 0;
		break;
	}
}

/*
 * What reads no field becomes its value, so that date('2024-04-01',
 * '+1 month') costs nothing per record. Not a CAST: its affinity counts;
 * nor what already is a single native step from a literal.
 */
static int
fold(struct expr *e, struct node *x, struct sqlite **q,
    struct scratch *scratch, struct fault *f)
{
	union cell v;
	uint32_t n;
	unsigned char kind;
	size_t i;

	if (x->op == NODE_FIELD || x->op <= NODE_TEXT)
		return 0;
	if (x->op != NODE_CAST && x->op != NODE_REGEXP && constant(x)) {
		if (*q == NULL && (*q = sqlite_new(e, f)) == NULL)
			return -1;
		if (sqlite_constant(*q, x, scratch, &v, &n, &kind) == 0)
			literal(e, x, v, n, kind);
		return 0;
	}
	for (i = 0; i < x->n; i++)
		if (fold(e, x->kids[i], q, scratch, f) == -1)
			return -1;
	return 0;
}

struct expr *
expr_compile(const char *text, const struct expr_scope *scope,
    struct fault *f)
{
	struct expr *e = mem_zero(1, sizeof *e);
	struct source s = { NULL, &e->memory, f };
	struct scratch scratch = { 0 };
	struct sqlite *q = NULL;
	size_t i;
	int rc = -1, deepest = 0;

	e->text = mem_strdup(text);
	e->scope = scope;
	s.text = e->text;
	if ((e->root = parse_expression(&s, &deepest)) == NULL ||
	    bind_expression(e, f) == -1 ||
	    fold(e, e->root, &q, &scratch, f) == -1)
		goto out;
	native_plan(e);
	/*
	 * Any batch may be handed to SQLite, so it must be able to read the
	 * whole; what is nested a few deep it surely is.
	 */
	if (e->nstatements > 0 || deepest > DEEP) {
		if (q == NULL && (q = sqlite_new(e, f)) == NULL)
			goto out;
		for (i = 0; i < e->nstatements; i++)
			if (sqlite_check(q, e->statements[i], f) == -1)
				goto out;
		if (sqlite_check(q, e->root, f) == -1)
			goto out;
	}
	rc = 0;
out:
	sqlite_free(q);
	scratch_free(&scratch);
	if (rc == -1) {
		expr_free(e);
		return NULL;
	}
	return e;
}

struct expr *
expr_compile_condition(const char *text, const struct expr_scope *scope,
    struct fault *f)
{
	struct expr *e = expr_compile(text, scope, f);

	if (e == NULL || expr_condition(e, f) == 0)
		return e;
	expr_free(e);
	return NULL;
}

int
expr_condition(const struct expr *e, struct fault *f)
{
	if (e->root->kinds == KIND_TEXT)
		return fault_set(f, "expression: gives a text, which is "
		    "neither true nor false");
	return 0;
}

void
expr_free(struct expr *e)
{
	size_t i;

	if (e == NULL)
		return;
	native_free(e);
	for (i = 0; i < e->nregexps; i++)
		regexp_free(e->regexps[i]);
	free(e->regexps);
	for (i = 0; i < e->nscores; i++)
		score_close(e->scores[i].score);
	free(e->scores);
	free(e->bands);
	free(e->codelists);
	free(e->statements);
	free(e->reads);
	arena_free(&e->memory);
	free(e->text);
	free(e);
}

const char *
expr_text(const struct expr *e)
{
	return e->text;
}

enum expr_type
expr_result(const struct expr *e)
{
	return e->root->type;
}

unsigned
expr_kinds(const struct expr *e)
{
	return e->root->kinds | 8U;
}

unsigned
expr_kinds_of(enum expr_type type)
{
	switch (type) {
	case EXPR_INTEGER:
	case EXPR_BOOLEAN:
		return KIND_INT | 8U;
	case EXPR_NUMBER:
		return KIND_REAL | 8U;
	case EXPR_ANY:
		return KIND_ANY | 8U;
	default:
		return KIND_TEXT | 8U;
	}
}

long
expr_bare_field(const struct expr *e)
{
	return e->root->op == NODE_FIELD ? e->root->field : -1;
}

int
expr_native(const struct expr *e)
{
	return e->nstatements == 0;
}

const size_t *
expr_fields(const struct expr *e, size_t *n)
{
	*n = e->nreads;
	return e->reads;
}

/* RUNNING */

/* A field that the shelf does not hold. */
static int
owns_field(const struct expr_run *r, size_t slot)
{
	return r->shelf == NULL ||
	    (load_is_given(r, slot) && !shelf_is_given(r->shelf));
}

void
expr_run_room(struct expr_run *r, size_t slot)
{
	if (r->fields[slot] != NULL)
		return;
	r->fields[slot] = mem_aligned(sizeof(struct column));
	if (r->e->keyed[slot])
		r->days[slot] = mem_aligned(EXPR_BATCH * sizeof(int32_t));
}

struct expr_run *
expr_run_new(const struct expr *e)
{
	return expr_run_new_on(e, NULL);
}

struct expr_run *
expr_run_new_on(const struct expr *e, struct expr_shelf *shelf)
{
	struct expr_run *r = mem_zero(1, sizeof *r);
	size_t i;

	r->e = e;
	r->shelf = shelf;
	r->fields = mem_zero(e->nreads + 1, sizeof(struct column *));
	r->days = mem_zero(e->nreads + 1, sizeof(int32_t *));
	r->loaders = load_new(e);
	/* Without a root: a shelf, which may have a million fields. */
	for (i = 0; i < e->nreads && e->root != NULL; i++)
		if (owns_field(r, i))
			expr_run_room(r, i);
	r->places = mem_zero(e->nplaces + 1, sizeof(struct column *));
	r->stamps = mem_zero(e->nplaces + 1, sizeof *r->stamps);
	r->tests = mem_zero(e->ntests + 1, sizeof(unsigned char *));
	r->works = mem_zero(e->nregexps + 1, sizeof(struct regexp_work *));
	r->common_places = mem_zero(e->nplaces + 1, sizeof(struct common *));
	r->common_tests = mem_zero(e->ntests + 1, sizeof(struct common *));
	if (shelf != NULL) {
		shelf_join(shelf, e);
		commons_join(shelf_commons(shelf), e, r->common_places,
		    r->common_tests);
	}
	for (i = 0; i < EXPR_BATCH; i++)
		r->bad[i] = -1;
	if (e->root != NULL) { /* a shelf has fields only */
		r->is_text = e->root->kinds == KIND_TEXT;
		native_start(r);
	}
	return r;
}

void
expr_run_free(struct expr_run *r)
{
	size_t i;

	if (r == NULL)
		return;
	for (i = 0; i < r->e->nreads; i++) {
		if (!owns_field(r, i))
			continue;
		free(r->fields[i]);
		free(r->days[i]);
	}
	for (i = 0; i < r->e->nplaces; i++)
		if (r->common_places[i] == NULL)
			free(r->places[i]);
	for (i = 0; i < r->e->ntests; i++)
		if (r->common_tests[i] == NULL)
			free(r->tests[i]);
	free(r->common_places);
	free(r->common_tests);
	for (i = 0; i < r->e->nregexps; i++)
		regexp_work_free(r->works[i]);
	load_free(r->loaders, r->e);
	sqlite_free(r->sqlite);
	scratch_free(&r->scratch);
	buf_free(&r->unquoted);
	free(r->fields);
	free(r->days);
	free(r->places);
	free(r->stamps);
	free(r->tests);
	free(r->works);
	free(r);
}

void
expr_run_by_sqlite(struct expr_run *r)
{
	r->by_sqlite = 1;
}

void
expr_run_counts(const struct expr_run *r, uint64_t *handed,
    uint64_t *lookups, uint64_t *hits)
{
	*handed = r->handed;
	*lookups = *hits = 0;
	if (r->sqlite != NULL)
		sqlite_cache(r->sqlite, lookups, hits);
}

static int
load(struct expr_run *r, const struct csv_block *b, size_t first, size_t n,
    struct fault *f)
{
	uint64_t turn = r->shelf != NULL ? shelf_turn(r->shelf, b, first, n) :
	    0;
	size_t i;

	r->n = n;
	r->batch++;
	r->hand_over = r->by_sqlite;
	/* The batch again: another run may have texts of the first time. */
	if (turn == 0 || turn != r->turn)
		scratch_reset(&r->scratch);
	r->turn = turn;
	for (i = 0; r->nbad > 0 && i < EXPR_BATCH; i++)
		r->bad[i] = -1;
	r->nbad = 0;
	r->waiting = 0;
	for (i = 0; i < r->e->nreads; i++)
		if (owns_field(r, i))
			load_field(r, b, first, i);
		else
			shelf_field(r, b, first, i);
	/* SQLite is not asked about bad records: its values are not all. */
	if (r->shelf != NULL && r->nbad > 0 && r->e->nstatements > 0)
		r->turn = shelf_apart(r->shelf);
	if ((r->e->nstatements > 0 || r->by_sqlite) && r->sqlite == NULL &&
	    (r->sqlite = sqlite_new(r->e, f)) == NULL)
		return -1;
	return 0;
}

static int
place(const struct csv_block *b, size_t row, struct fault *f)
{
	fault_place(f, b->file, csv_line_number(b, row),
	    csv_record_number(b, row), 0, NULL);
	return -1;
}

/* A batch that native did not do. */
static int
by_sqlite(struct expr_run *r, const struct csv_block *b, size_t first,
    struct expr_value *out, struct fault *f)
{
	struct fault g = FAULT_NONE;
	union cell v = { 0 };
	uint32_t n = 0;
	unsigned char kind = EXPR_NULL;
	size_t i;

	r->handed++;
	shelf_want_all(r);
	load_day_texts(r);
	if (r->sqlite == NULL &&
	    (r->sqlite = sqlite_new(r->e, f)) == NULL)
		return -1;
	for (i = 0; i < r->n; i++) {
		out[i].kind = EXPR_NULL;
		if (r->bad[i] != -1)
			continue;
		if (sqlite_value(r->sqlite, r->e->nstatements, r->fields, i,
		    &r->scratch, &v, &n, &kind, &g) == -1) {
			(void)place(b, first + i, &g);
			if (f != NULL && !f->set)
				*f = g;
			return -1;
		}
		out[i].kind = (enum expr_kind)kind;
		if (kind == EXPR_INT)
			out[i].u.i = v.i;
		else if (kind == EXPR_REAL)
			out[i].u.r = v.r;
		else if (kind == EXPR_STRING)
			out[i].u.s = (struct csv_slice){ v.p, n };
	}
	return 0;
}

int
expr_eval(struct expr_run *r, const struct csv_block *b, size_t first,
    size_t n, struct expr_value *out, struct fault *f)
{
	const struct column *c;
	size_t i;

	if (load(r, b, first, n, f) == -1)
		return -1;
	c = r->hand_over ? NULL : native_value(r, r->e->root);
	if (r->hand_over) {
		if (by_sqlite(r, b, first, out, f) == -1)
			return -1;
	} else {
		for (i = 0; i < n; i++) {
			out[i].kind = (enum expr_kind)c->kind[i];
			if (c->kind[i] == EXPR_STRING)
				out[i].u.s = (struct csv_slice){ c->v[i].p,
					c->n[i] };
			else if (c->kind[i] == EXPR_REAL)
				out[i].u.r = c->v[i].r;
			else if (c->kind[i] == EXPR_INT)
				out[i].u.i = c->v[i].i;
		}
	}
	for (i = 0; r->nbad > 0 && i < n; i++)
		if (r->bad[i] != -1) {
			out[i].kind = EXPR_BAD;
			out[i].u.i = r->bad[i];
		}
	return 0;
}

static const double powers[] = { 1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8,
	1e9 };

/* A number with so many digits after the point, as an integer. */
static int
whole(const struct expr_value *v, unsigned scale, int64_t *to)
{
	double r;

	if (v->kind == EXPR_INT)
		return __builtin_mul_overflow(v->u.i, (int64_t)powers[scale],
		    to) ? -1 : 0;
	if (v->kind != EXPR_REAL)
		return -1;
	r = v->u.r * powers[scale];
	if (!(r < 9e15 && r > -9e15))
		return -1;
	*to = (int64_t)nearbyint(r);
	return 0;
}

/* The everyday ones, without a branch: 1 if all were. */
static int
whole_reals(const struct column *c, size_t n, double power, int64_t *to,
    unsigned char *is)
{
	/* Added, it leaves the nearest whole number in the low bits. */
	const double shift = 6755399441055744.0; /* 1.5 * 2^52 */
	const int64_t shift_bits = 0x4338000000000000LL;
	int odd = 0;
	size_t i;

	for (i = 0; i < n; i++) {
		double r = c->v[i].r * power, shifted = r + shift;
		int64_t bits;

		memcpy(&bits, &shifted, sizeof bits);
		to[i] = bits - shift_bits;
		is[i] = c->kind[i] == EXPR_NULL ? EXPR_WHOLE_NULL : EXPR_WHOLE;
		odd |= (c->kind[i] != EXPR_NULL) &
		    ((c->kind[i] != EXPR_REAL) | !(r < 1e15) | !(r > -1e15));
	}
	return !odd;
}

static int
whole_integers(const struct column *c, size_t n, int64_t *to,
    unsigned char *is)
{
	int odd = 0;
	size_t i;

	for (i = 0; i < n; i++) {
		to[i] = c->v[i].i;
		is[i] = c->kind[i] == EXPR_NULL ? EXPR_WHOLE_NULL : EXPR_WHOLE;
		odd |= c->kind[i] > EXPR_INT;
	}
	return !odd;
}

int
expr_eval_whole(struct expr_run *r, const struct csv_block *b, size_t first,
    size_t n, unsigned scale, int64_t *to, unsigned char *is, struct fault *f)
{
	struct expr_value values[EXPR_BATCH];
	const struct column *c;
	size_t i;

	assert(scale < sizeof powers / sizeof powers[0]);
	if (load(r, b, first, n, f) == -1)
		return -1;
	c = r->hand_over || r->nbad > 0 ? NULL : native_value(r, r->e->root);
	if (c != NULL && !r->hand_over &&
	    ((scale == 0 && whole_integers(c, n, to, is)) ||
	    whole_reals(c, n, powers[scale], to, is)))
		return 0;
	if (expr_eval(r, b, first, n, values, f) == -1)
		return -1;
	for (i = 0; i < n; i++)
		is[i] = values[i].kind == EXPR_NULL ? EXPR_WHOLE_NULL :
		    whole(&values[i], scale, &to[i]) == 0 ? EXPR_WHOLE :
		    EXPR_NO_WHOLE;
	return 0;
}

const uint16_t *
expr_numbers(struct expr_run *r, const struct csv_block *b, size_t first,
    size_t n, struct fault *f)
{
	if (r->shelf == NULL || r->e->nreads != 1 || owns_field(r, 0) ||
	    load(r, b, first, n, f) == -1 || r->nbad > 0)
		return NULL;
	return commons_number(shelf_commons(r->shelf), r, r->e->reads[0]);
}

int
expr_days(struct expr_run *r, const struct csv_block *b, size_t first,
    size_t n, int32_t *to, struct fault *f)
{
	const int32_t *days;
	size_t i;

	if (load(r, b, first, n, f) == -1)
		return -1;
	days = native_days(r, r->e->root, to);
	for (i = 0; i < n; i++)
		to[i] = r->bad[i] != -1 ? EXPR_BAD_DAY : days[i];
	return 0;
}

/* A value that SQLite gave as a truth value. */
static int
truth(const struct expr_value *v, unsigned char *to, struct fault *f)
{
	switch (v->kind) {
	case EXPR_INT:
		*to = v->u.i != 0;
		return 0;
	case EXPR_REAL:
		*to = v->u.r != 0;
		return 0;
	case EXPR_STRING:
		return fault_set(f, "expression: gives a text, which is "
		    "neither true nor false");
	default:
		*to = 2;
		return 0;
	}
}

int
expr_test(struct expr_run *r, const struct csv_block *b, size_t first,
    size_t n, unsigned char *to, long *bad_field, struct fault *f)
{
	struct expr_value values[EXPR_BATCH];
	const unsigned char *t;
	size_t i;

	if (r->is_text)
		return expr_condition(r->e, f);
	if (load(r, b, first, n, f) == -1)
		return -1;
	t = r->hand_over ? NULL : native_test(r, r->e->root);
	if (!r->hand_over) {
		memcpy(to, t, n);
	} else {
		if (by_sqlite(r, b, first, values, f) == -1)
			return -1;
		for (i = 0; i < n; i++)
			if (truth(&values[i], &to[i], f) == -1)
				return place(b, first + i, f);
	}
	if (r->nbad > 0 && bad_field != NULL)
		*bad_field = -1;
	for (i = 0; r->nbad > 0 && i < n; i++)
		if (r->bad[i] != -1) {
			to[i] = 3;
			if (bad_field != NULL && *bad_field == -1)
				*bad_field = r->bad[i];
		}
	return 0;
}

void
expr_put(struct buf *b, const struct expr_value *v)
{
	switch (v->kind) {
	case EXPR_INT:
		buf_put_i64(b, v->u.i);
		break;
	case EXPR_REAL:
		if (isinf(v->u.r))
			buf_puts(b, v->u.r > 0 ? "Inf" : "-Inf");
		else
			num_put_double(b, v->u.r);
		break;
	case EXPR_STRING:
		buf_put(b, v->u.s.p, v->u.s.n);
		break;
	default:
		break;
	}
}
