#include "count.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "base/mem.h"
#include "expr/expr.h"

/* Results of a condition, as expr_test gives them. */
enum { FALSE_IS, TRUE_IS, NULL_IS, BAD_IS };

/* An expression that some definition reads, compiled once. */
struct source {
	const char *text;
	struct expr *expr;
	const struct definition *first; /* that asked for it, for messages */
};

/* A cell of a key: an expression, by bands of age or as it is. */
struct cell {
	size_t value;        /* among the values; SIZE_MAX: none */
	struct bands *bands; /* the value is an age; NULL: not */
	const char *label;   /* of bands, to tell cells apart */
};

/* Definitions that group in the same way share their groups. */
struct keyset {
	size_t cells[DEFINITION_KEYS]; /* among the cells; SIZE_MAX: none */
	size_t nmembers;
};

struct member {
	size_t keyset, at; /* its place in the keyset */
	size_t *must, nmust; /* tests: where, then exclusions */
	size_t nwhere;       /* the first of them must be true */
	size_t numerator, denominator; /* tests; SIZE_MAX: every record */
	size_t sum[2];       /* values; SIZE_MAX: records are counted */
	int scale[2];
	int both;            /* a proportion: numerator within denominator */
	int has_denominator, squares;
};

struct counter {
	const struct definition *const *definitions;
	size_t n;
	struct spec_scope *scope;
	struct source *tests, *values;
	size_t ntests, nvalues;
	struct cell *cells;
	size_t ncells;
	struct keyset *keysets;
	size_t nkeysets;
	struct member *members; /* one per definition */
};

struct total {
	num_wide numerator, denominator, squares;
};

struct groups {
	struct map *index; /* of DEFINITION_KEYS numbers of four bytes */
	struct total *totals; /* group * nmembers */
	size_t cap;
};

#define UNKNOWN UINT32_MAX

struct state {
	const struct counter *c;
	struct expr_shelf *shelf; /* what both read */
	struct expr_run **test_runs, **value_runs;
	unsigned char (*tests)[EXPR_BATCH];
	struct expr_value (*values)[EXPR_BATCH];
	struct map **texts;  /* per cell: its texts */
	uint32_t (*ids)[EXPR_BATCH]; /* per cell and record, UNKNOWN: not yet */
	uint32_t (*in_set)[EXPR_BATCH]; /* per keyset and record */
	struct groups *groups; /* per keyset */
	struct buf text;
};

static size_t
source_of(struct source **list, size_t *n, const char *text,
    const struct definition *d)
{
	size_t i;

	for (i = 0; i < *n; i++)
		if (strcmp((*list)[i].text, text) == 0)
			return i;
	*list = mem_array(*list, *n + 1, sizeof **list);
	memset(&(*list)[*n], 0, sizeof **list);
	(*list)[*n].text = text;
	(*list)[*n].first = d;
	return (*n)++;
}

static int
cell_of(struct counter *c, const struct definition *d,
    enum definition_key k, size_t *to, struct fault *f)
{
	const char *label = k == DEFINITION_BAND && d->band_is_age ?
	    d->bands : NULL;
	size_t value, i;
	struct cell *cell;

	*to = SIZE_MAX;
	if (d->key[k] == NULL)
		return 0;
	value = source_of(&c->values, &c->nvalues, d->key[k], d);
	for (i = 0; i < c->ncells; i++) {
		cell = &c->cells[i];
		if (cell->value == value && (cell->label == label ||
		    (cell->label != NULL && label != NULL &&
		    strcmp(cell->label, label) == 0)))
			break;
	}
	*to = i;
	if (i < c->ncells)
		return 0;
	c->cells = mem_array(c->cells, c->ncells + 1, sizeof *c->cells);
	cell = &c->cells[c->ncells++];
	cell->value = value;
	cell->label = label;
	cell->bands = NULL;
	if (label != NULL && (cell->bands = bands_open(label, f)) == NULL)
		return -1;
	return 0;
}

static int
keyset_of(struct counter *c, const struct definition *d, struct member *m,
    struct fault *f)
{
	struct keyset want;
	size_t k;

	memset(&want, 0, sizeof want);
	for (k = 0; k < DEFINITION_KEYS; k++)
		if (cell_of(c, d, (enum definition_key)k, &want.cells[k],
		    f) == -1)
			return -1;
	for (k = 0; k < c->nkeysets; k++)
		if (memcmp(c->keysets[k].cells, want.cells,
		    sizeof want.cells) == 0)
			break;
	if (k == c->nkeysets) {
		c->keysets = mem_array(c->keysets, k + 1, sizeof want);
		c->keysets[c->nkeysets++] = want;
	}
	m->keyset = k;
	m->at = c->keysets[k].nmembers++;
	return 0;
}

static size_t
test_of(struct counter *c, const struct definition *d, const char *text)
{
	return text == NULL ? SIZE_MAX :
	    source_of(&c->tests, &c->ntests, text, d);
}

static int
member_fill(struct counter *c, const struct definition *d, struct member *m,
    struct fault *f)
{
	const struct definition_part *p[2] = { &d->numerator,
	    &d->denominator };
	size_t *test[2] = { &m->numerator, &m->denominator }, i;

	m->must = mem_array(NULL, d->nexclusions + 1, sizeof *m->must);
	if (d->where != NULL)
		m->must[m->nmust++] = test_of(c, d, d->where);
	m->nwhere = m->nmust;
	for (i = 0; i < d->nexclusions; i++)
		m->must[m->nmust++] = test_of(c, d, d->exclusions[i].when);
	for (i = 0; i < 2; i++) {
		m->sum[i] = SIZE_MAX;
		m->scale[i] = p[i]->scale;
		if (p[i]->kind == DEFINITION_SUM) {
			m->sum[i] = source_of(&c->values, &c->nvalues,
			    p[i]->expression, d);
			*test[i] = test_of(c, d, p[i]->when);
		} else {
			*test[i] = test_of(c, d, p[i]->expression);
		}
	}
	m->both = d->method == DEFINITION_PROPORTION &&
	    d->denominator.kind == DEFINITION_RECORDS;
	m->squares = d->method == DEFINITION_MEAN;
	m->has_denominator = d->denominator.kind == DEFINITION_RECORDS ||
	    d->denominator.kind == DEFINITION_SUM;
	return keyset_of(c, d, m, f);
}

static int
compile(struct source *s, const struct expr_scope *scope, struct fault *f)
{
	struct fault inner = FAULT_NONE;

	s->expr = expr_compile(s->text, scope, &inner);
	if (s->expr == NULL)
		return fault_at(f, s->first->path, 0, "indicator %s: %s",
		    s->first->id, inner.what);
	return 0;
}

struct counter *
counter_new(const struct definition *const *d, size_t n,
    const struct spec *spec, const struct csv_header *h, struct fault *f)
{
	struct counter *c = mem_zero(1, sizeof *c);
	const struct expr_scope *scope;
	size_t i;

	c->definitions = d;
	c->n = n;
	c->members = mem_zero(n > 0 ? n : 1, sizeof *c->members);
	if ((c->scope = spec_scope_new(spec, h, f)) == NULL)
		goto fail;
	for (i = 0; i < n; i++)
		if (member_fill(c, d[i], &c->members[i], f) == -1)
			goto fail;
	scope = spec_scope_expr(c->scope);
	for (i = 0; i < c->ntests; i++)
		if (compile(&c->tests[i], scope, f) == -1)
			goto fail;
	for (i = 0; i < c->nvalues; i++)
		if (compile(&c->values[i], scope, f) == -1)
			goto fail;
	return c;
fail:
	counter_free(c);
	return NULL;
}

void
counter_free(struct counter *c)
{
	size_t i;

	if (c == NULL)
		return;
	for (i = 0; i < c->ntests; i++)
		expr_free(c->tests[i].expr);
	for (i = 0; i < c->nvalues; i++)
		expr_free(c->values[i].expr);
	for (i = 0; i < c->ncells; i++)
		bands_close(c->cells[i].bands);
	for (i = 0; i < c->n; i++)
		free(c->members[i].must);
	free(c->tests);
	free(c->values);
	free(c->cells);
	free(c->keysets);
	free(c->members);
	spec_scope_free(c->scope);
	free(c);
}

void *
counter_state_new(void *arg)
{
	const struct counter *c = arg;
	struct state *s = mem_zero(1, sizeof *s);
	size_t i;

	s->c = c;
	s->shelf = expr_shelf_new(spec_scope_expr(c->scope));
	s->test_runs = mem_zero(c->ntests + 1, sizeof *s->test_runs);
	s->value_runs = mem_zero(c->nvalues + 1, sizeof *s->value_runs);
	s->tests = mem_zero(c->ntests + 1, sizeof *s->tests);
	s->values = mem_zero(c->nvalues + 1, sizeof *s->values);
	s->texts = mem_zero(c->ncells + 1, sizeof *s->texts);
	s->ids = mem_zero(c->ncells + 1, sizeof *s->ids);
	s->in_set = mem_zero(c->nkeysets + 1, sizeof *s->in_set);
	s->groups = mem_zero(c->nkeysets + 1, sizeof *s->groups);
	for (i = 0; i < c->ntests; i++)
		s->test_runs[i] = expr_run_new_on(c->tests[i].expr, s->shelf);
	for (i = 0; i < c->nvalues; i++)
		s->value_runs[i] = expr_run_new_on(c->values[i].expr,
		    s->shelf);
	for (i = 0; i < c->ncells; i++)
		s->texts[i] = map_new();
	for (i = 0; i < c->nkeysets; i++)
		s->groups[i].index = map_new();
	return s;
}

void
counter_state_free(void *arg)
{
	struct state *s = arg;
	const struct counter *c;
	size_t i;

	if (s == NULL)
		return;
	c = s->c;
	for (i = 0; i < c->ntests; i++)
		expr_run_free(s->test_runs[i]);
	for (i = 0; i < c->nvalues; i++)
		expr_run_free(s->value_runs[i]);
	expr_shelf_free(s->shelf);
	for (i = 0; i < c->ncells; i++)
		map_free(s->texts[i]);
	for (i = 0; i < c->nkeysets; i++) {
		map_free(s->groups[i].index);
		free(s->groups[i].totals);
	}
	free(s->test_runs);
	free(s->value_runs);
	free(s->tests);
	free(s->values);
	free(s->texts);
	free(s->ids);
	free(s->in_set);
	free(s->groups);
	buf_free(&s->text);
	free(s);
}

/* A cell that does not fit its field's type: with its place. */
static int
bad_cell(const struct state *s, const struct source *src,
    const struct csv_block *b, size_t r, long field, struct fault *f)
{
	const struct expr_scope *scope = spec_scope_expr(s->c->scope);

	(void)fault_set(f, "not a value of the field's type, which indicator "
	    "%s needs; nib-validate passes only good records on",
	    src->first->id);
	fault_place(f, b->file, csv_line_number(b, r), csv_record_number(b,
	    r), field >= 0 ? (uint64_t)scope->fields[field].column + 1 : 0,
	    field >= 0 ? scope->fields[field].name : NULL);
	return -1;
}

static int
evaluate(struct state *s, const struct csv_block *b, size_t first, size_t n,
    struct fault *f)
{
	const struct counter *c = s->c;
	size_t i, k;
	long field;

	for (i = 0; i < c->ntests; i++) {
		field = -1;
		if (expr_test(s->test_runs[i], b, first, n, s->tests[i],
		    &field, f) == -1)
			return -1;
		if (field < 0)
			continue;
		for (k = 0; k < n; k++)
			if (s->tests[i][k] == BAD_IS)
				return bad_cell(s, &c->tests[i], b,
				    first + k, field, f);
	}
	for (i = 0; i < c->nvalues; i++) {
		if (expr_eval(s->value_runs[i], b, first, n, s->values[i],
		    f) == -1)
			return -1;
		for (k = 0; k < n; k++)
			if (s->values[i][k].kind == EXPR_BAD)
				return bad_cell(s, &c->values[i], b,
				    first + k, (long)s->values[i][k].u.i, f);
	}
	return 0;
}

/* The number of a cell's text in a record. */
static uint32_t
text_id(struct state *s, size_t cell, size_t k)
{
	const struct cell *c = &s->c->cells[cell];
	const struct expr_value *v = &s->values[c->value][k];
	long band;

	if (c->bands != NULL) {
		band = v->kind == EXPR_INT ? bands_of_age(c->bands, v->u.i) :
		    -1;
		buf_clear(&s->text);
		if (band >= 0)
			buf_puts(&s->text, bands_label(c->bands,
			    (size_t)band));
		return (uint32_t)map_add(s->texts[cell], s->text.p != NULL ?
		    s->text.p : "", s->text.n, NULL);
	}
	if (v->kind == EXPR_STRING)
		return (uint32_t)map_add(s->texts[cell], v->u.s.p, v->u.s.n,
		    NULL);
	buf_clear(&s->text);
	if (v->kind != EXPR_NULL)
		expr_put(&s->text, v);
	return (uint32_t)map_add(s->texts[cell], s->text.p != NULL ?
	    s->text.p : "", s->text.n, NULL);
}

static struct total *
totals_of(struct state *s, size_t set, size_t k)
{
	const struct keyset *ks = &s->c->keysets[set];
	struct groups *g = &s->groups[set];
	uint32_t key[DEFINITION_KEYS];
	size_t i, at;
	int added;

	if (s->in_set[set][k] != UNKNOWN)
		return &g->totals[s->in_set[set][k] * ks->nmembers];
	for (i = 0; i < DEFINITION_KEYS; i++) {
		size_t cell = ks->cells[i];

		if (cell == SIZE_MAX) {
			key[i] = UNKNOWN;
			continue;
		}
		if (s->ids[cell][k] == UNKNOWN)
			s->ids[cell][k] = text_id(s, cell, k);
		key[i] = s->ids[cell][k];
	}
	at = map_add(g->index, key, sizeof key, &added);
	if (added && at >= g->cap) {
		g->cap = g->cap > 0 ? g->cap * 2 : 64;
		g->totals = mem_array(g->totals, g->cap * ks->nmembers,
		    sizeof *g->totals);
	}
	if (added)
		memset(&g->totals[at * ks->nmembers], 0,
		    ks->nmembers * sizeof *g->totals);
	s->in_set[set][k] = (uint32_t)at;
	return &g->totals[at * ks->nmembers];
}

/* A number with so many digits after the point, as an integer. */
static int
scaled(const struct expr_value *v, int scale, int64_t *to)
{
	static const double powers[] = { 1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7,
	    1e8, 1e9 };
	static const int64_t whole[] = { 1, 10, 100, 1000, 10000, 100000,
	    1000000, 10000000, 100000000, 1000000000 };
	double r;

	if (v->kind == EXPR_INT)
		return __builtin_mul_overflow(v->u.i, whole[scale], to) ? -1 :
		    0;
	if (v->kind != EXPR_REAL)
		return -1;
	r = v->u.r * powers[scale];
	if (!(fabs(r) < 9e15))
		return -1;
	*to = (int64_t)nearbyint(r);
	return 0;
}

static int
sum_fault(const struct state *s, size_t d, const struct csv_block *b,
    size_t r, struct fault *f)
{
	(void)fault_set(f, "indicator %s: the value to add up is not a "
	    "number, or is too large", s->c->definitions[d]->id);
	fault_place(f, b->file, csv_line_number(b, r),
	    csv_record_number(b, r), 0, NULL);
	return -1;
}

/*
 * in[k] stays 1 where the condition has (or has not) the result true. All of
 * EXPR_BATCH, so that the compiler knows how often: beyond the batch in is 0.
 */
static void
narrow(unsigned char *in, const unsigned char *test, unsigned char wanted)
{
	size_t k;

	for (k = 0; k < EXPR_BATCH; k++)
		in[k] &= (unsigned char)((test[k] == TRUE_IS) == wanted);
}

/* Which records of the batch are in the numerator and the denominator. */
static int
select_records(const struct state *s, const struct member *m, size_t n,
    unsigned char *num, unsigned char *den)
{
	unsigned char any = 0;
	size_t i, k;

	memset(num, 0, EXPR_BATCH);
	memset(num, 1, n);
	for (i = 0; i < m->nmust; i++)
		narrow(num, s->tests[m->must[i]], i < m->nwhere);
	memset(den, 0, EXPR_BATCH);
	if (m->has_denominator) {
		memcpy(den, num, EXPR_BATCH);
		if (m->denominator != SIZE_MAX)
			narrow(den, s->tests[m->denominator], 1);
	}
	if (m->both)
		memcpy(num, den, EXPR_BATCH);
	if (m->numerator != SIZE_MAX)
		narrow(num, s->tests[m->numerator], 1);
	for (k = 0; k < EXPR_BATCH; k++)
		any |= num[k] | den[k];
	return any != 0;
}

/* A value to add up: 1 with *to; 0 when it is missing; -1. */
static int
addend(const struct state *s, const struct member *m, int which, size_t k,
    int64_t *to)
{
	const struct expr_value *x;

	*to = 1;
	if (m->sum[which] == SIZE_MAX)
		return 1;
	x = &s->values[m->sum[which]][k];
	if (x->kind == EXPR_NULL)
		return 0;
	return scaled(x, m->scale[which], to) == -1 ? -1 : 1;
}

/* The records of a batch for one definition. */
static int
add(struct state *s, size_t d, const struct csv_block *b, size_t first,
    size_t n, struct fault *f)
{
	const struct member *m = &s->c->members[d];
	unsigned char num[EXPR_BATCH], den[EXPR_BATCH];
	int64_t v[2];
	struct total *t;
	size_t k;

	if (!select_records(s, m, n, num, den))
		return 0;
	for (k = 0; k < n; k++) {
		int in[2];

		if (k % 8 == 0) { /* eight records that do not count */
			uint64_t x, y;

			memcpy(&x, num + k, 8);
			memcpy(&y, den + k, 8);
			if ((x | y) == 0) {
				k += 7;
				continue;
			}
		}
		in[0] = num[k];
		in[1] = den[k];
		if (!(in[0] | in[1]))
			continue;
		if ((in[0] && (in[0] = addend(s, m, 0, k, &v[0])) == -1) ||
		    (in[1] && (in[1] = addend(s, m, 1, k, &v[1])) == -1))
			return sum_fault(s, d, b, first + k, f);
		if (m->squares && (in[1] = in[0]))
			v[1] = 1;
		if (!(in[0] | in[1]))
			continue;
		t = totals_of(s, m->keyset, k) + m->at;
		/* 2^63 a record: fits in 128 bits for 2^64 records. */
		if (in[0])
			t->numerator += v[0];
		if (in[1])
			t->denominator += v[1];
		if (in[0] && m->squares && num_wide_add(&t->squares,
		    (num_wide)v[0] * v[0]) == -1)
			return sum_fault(s, d, b, first + k, f);
	}
	return 0;
}

int
counter_map(void *arg, const struct csv_block *b, struct buf *outs,
    struct fault *f)
{
	struct state *s = arg;
	const struct counter *c = s->c;
	size_t first, n, d;

	(void)outs;
	for (first = 0; first < b->nrecords; first += n) {
		n = b->nrecords - first;
		if (n > EXPR_BATCH)
			n = EXPR_BATCH;
		if (evaluate(s, b, first, n, f) == -1)
			return -1;
		memset(s->ids, 0xff, c->ncells * sizeof *s->ids);
		memset(s->in_set, 0xff, c->nkeysets * sizeof *s->in_set);
		for (d = 0; d < c->n; d++)
			if (add(s, d, b, first, n, f) == -1)
				return -1;
	}
	return 0;
}

int
counter_state_merge(void *into_arg, void *from_arg, struct fault *f)
{
	struct state *into = into_arg, *from = from_arg;
	const struct counter *c = into->c;
	size_t set, g, i, m;

	for (set = 0; set < c->nkeysets; set++) {
		const struct keyset *ks = &c->keysets[set];
		struct groups *a = &from->groups[set];

		for (g = 0; g < map_count(a->index); g++) {
			uint32_t key[DEFINITION_KEYS];
			struct total *t;

			memcpy(key, map_key(a->index, g, NULL), sizeof key);
			/* As if record 0 had these texts. */
			for (i = 0; i < DEFINITION_KEYS; i++) {
				const char *text;
				size_t n;

				if (ks->cells[i] == SIZE_MAX)
					continue;
				text = map_key(from->texts[ks->cells[i]],
				    key[i], &n);
				into->ids[ks->cells[i]][0] = (uint32_t)
				    map_add(into->texts[ks->cells[i]], text,
				    n, NULL);
			}
			into->in_set[set][0] = UNKNOWN;
			t = totals_of(into, set, 0);
			for (m = 0; m < ks->nmembers; m++) {
				const struct total *x =
				    &a->totals[g * ks->nmembers + m];

				if (num_wide_add(&t[m].numerator,
				    x->numerator) == -1 ||
				    num_wide_add(&t[m].denominator,
				    x->denominator) == -1 ||
				    num_wide_add(&t[m].squares,
				    x->squares) == -1)
					return fault_set(f, "a sum does not "
					    "fit in 128 bits");
			}
		}
	}
	return 0;
}

int
counter_finish(const struct counter *c, const void *arg, struct book *book,
    struct fault *f)
{
	const struct state *s = arg;
	size_t d, g, i;

	for (d = 0; d < c->n; d++) {
		const struct member *m = &c->members[d];
		const struct keyset *ks = &c->keysets[m->keyset];
		const struct groups *a = &s->groups[m->keyset];

		for (g = 0; g < map_count(a->index); g++) {
			const struct total *t =
			    &a->totals[g * ks->nmembers + m->at];
			const char *key[DEFINITION_KEYS];
			uint32_t id[DEFINITION_KEYS];

			/* Another definition of the set made this group. */
			if (t->numerator == 0 && t->denominator == 0 &&
			    t->squares == 0)
				continue;
			memcpy(id, map_key(a->index, g, NULL), sizeof id);
			for (i = 0; i < DEFINITION_KEYS; i++)
				key[i] = ks->cells[i] == SIZE_MAX ? "" :
				    map_key(s->texts[ks->cells[i]], id[i],
				    NULL);
			if (book_add(book, d, key, t->numerator,
			    t->denominator, t->squares, f) == -1)
				return -1;
		}
	}
	return 0;
}
