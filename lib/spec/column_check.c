/* Cells held against what is asked of their column. */
#include "spec/column_inner.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"

/*
 * Verdicts of values seen before: direct-mapped, per thread. It rests for
 * MEMO_REST batches when fewer than half of MEMO_TRIAL cells were known.
 */
#define MEMO_SLOTS 1024
#define MEMO_A 0xa0761d6478bd642fULL
#define MEMO_B 0xe7037ed1a0b428dbULL
#define MEMO_TRIAL 4096
#define MEMO_REST 256

struct column_run {
	struct pattern_run *pattern;
	struct jsonschema_run *schema;
	struct buf key;
	size_t rest, asked, missed;
	uint64_t *memo; /* MEMO_SLOTS pairs; NULL: none */
	unsigned char failed[COLUMN_BATCH]; /* by row of the batch */
};

struct column_run *
column_run_new(const struct column *c)
{
	struct column_run *r = mem_zero(1, sizeof *r);

	if (c->pattern != NULL && !pattern_native(c->pattern))
		r->pattern = pattern_run_new();
	if (c->schema != NULL)
		r->schema = jsonschema_run_new();
	if (c->slow)
		r->memo = mem_zero((size_t)2 * MEMO_SLOTS, sizeof *r->memo);
	return r;
}

void
column_run_free(struct column_run *r)
{
	if (r == NULL)
		return;
	pattern_run_free(r->pattern);
	jsonschema_run_free(r->schema);
	buf_free(&r->key);
	free(r->memo);
	free(r);
}

int
column_missing(const struct column *c, const char *p, size_t n)
{
	if (n == 0)
		return c->empty_missing;
	return c->missing != NULL && valueset_has(c->missing, p, n);
}

/* The common case: no quotes, no carriage return, only "" is missing. */
static size_t
take_plain(const struct csv_block *b, const uint32_t *e, size_t m,
    struct column_cells *x)
{
	size_t i, k = 0, width = csv_width(b);

	for (i = 0; i < m; i++, e += width) {
		uint32_t start = e[-1] + 1, n = e[0] - start;

		x->p[k] = b->data + start;
		x->n[k] = n;
		x->row[k] = (uint16_t)i;
		k += n > 0;
	}
	return k;
}

static size_t
take_any(const struct column *c, size_t at, const struct csv_block *b,
    size_t first, size_t m, struct buf *pool, struct column_cells *x)
{
	struct buf scratch = { 0 };
	size_t i, k = 0;

	buf_clear(pool);
	if (b->quotes) {
		/* Cells that lose a quote go there, and it must not move. */
		struct csv_slice a = csv_record(b, first);
		struct csv_slice z = csv_record(b, first + m - 1);

		buf_reserve(pool, (size_t)(z.p + z.n - a.p) + m);
	}
	for (i = 0; i < m; i++) {
		struct csv_slice s = csv_cell(b, first + i, at, &scratch);

		if (s.p == scratch.p && s.n > 0) {
			char *to = pool->p + pool->n;

			memcpy(to, s.p, s.n);
			pool->n += s.n;
			s.p = to;
		}
		x->p[k] = s.p;
		x->n[k] = (uint32_t)s.n;
		x->row[k] = (uint16_t)i;
		k += !(s.n == 0 && c->empty_missing);
	}
	buf_free(&scratch);
	return k;
}

/* Keeps the cells with keep[i] true. */
static void
keep_cells(struct column_cells *x, const unsigned char *keep, int wanted)
{
	size_t i, k = 0;

	for (i = 0; i < x->k; i++) {
		x->p[k] = x->p[i];
		x->n[k] = x->n[i];
		x->row[k] = x->row[i];
		k += (keep[i] != 0) == wanted;
	}
	x->k = k;
}

void
column_take(const struct column *c, size_t at, const struct csv_block *b,
    size_t first, size_t m, struct buf *pool, struct column_cells *x)
{
	unsigned char is[COLUMN_BATCH];

	if (!b->quotes && c->empty_missing &&
	    (!b->crs || at != b->ncols - 1))
		x->k = take_plain(b, csv_end(b, first, at), m, x);
	else
		x->k = take_any(c, at, b, first, m, pool, x);
	if (c->missing != NULL && x->k > 0 &&
	    valueset_batch(c->missing, x->p, x->n, x->k, 0, is) != x->k)
		keep_cells(x, is, 0);
}

size_t
column_look(const struct column *c, const struct csv_block *b, size_t first,
    size_t m)
{
	if (!c->codes_alone || !csv_as_it_stands(b, c->column))
		return COLUMN_UNSEEN;
	return valueset_look(c->codes, b->data, csv_end(b, first, c->column),
	    csv_width(b), m);
}

void
column_report(struct column_found *to, uint32_t check, uint16_t row,
    const char *p, size_t n)
{
	struct column_item *v;

	if (to->n == to->cap) {
		to->cap = to->cap > 0 ? to->cap * 2 : 64;
		to->v = mem_array(to->v, to->cap, sizeof *to->v);
	}
	v = &to->v[to->n++];
	v->check = check;
	v->row = row;
	v->value = v->nvalue = 0;
	if (to->values != NULL && p != NULL) {
		v->value = to->values->n;
		v->nvalue = n;
		buf_put(to->values, p, n);
	}
}

/* Cell i broke a check, unless it is a default. */
static void
fail(const struct column *c, struct column_run *r,
    const struct column_cells *x, size_t i, uint32_t check,
    struct column_found *to)
{
	if (c->defaults != NULL &&
	    valueset_has(c->defaults, x->p[i], x->n[i]))
		return;
	r->failed[x->row[i]] = 1;
	column_report(to, check, x->row[i], x->p[i], x->n[i]);
}

static void
fail_all(const struct column *c, struct column_run *r,
    const struct column_cells *x, const unsigned char *ok, uint32_t check,
    struct column_found *to)
{
	size_t i;

	for (i = 0; i < x->k; i++)
		if (!ok[i])
			fail(c, r, x, i, check, to);
}

static int
outside(const struct column *c, const struct bound *b, struct column_run *r,
    const char *p, size_t n)
{
	int order;

	buf_clear(&r->key);
	(void)type_key(c->type, p, n, &r->key);
	order = type_order(c->type, r->key.p, r->key.n, b->key.p, b->key.n);
	switch (b->kind) {
	case MINIMUM:
		return order != 0 && order != 1;
	case MAXIMUM:
		return order != 0 && order != -1;
	case EXCLUSIVE_MINIMUM:
		return order != 1;
	case EXCLUSIVE_MAXIMUM:
		return order != -1;
	}
	return 1;
}

static void
check_bound(const struct column *c, const struct bound *b,
    struct column_run *r, const struct column_cells *x,
    const unsigned char *form, const int64_t *value,
    struct column_found *to)
{
	unsigned char ok[COLUMN_BATCH];
	int64_t limit = b->value;
	size_t i, bad = 0;

	switch (b->kind) {
	case MINIMUM:
		for (i = 0; i < x->k; i++)
			bad += !(ok[i] = value[i] >= limit);
		break;
	case MAXIMUM:
		for (i = 0; i < x->k; i++)
			bad += !(ok[i] = value[i] <= limit);
		break;
	case EXCLUSIVE_MINIMUM:
		for (i = 0; i < x->k; i++)
			bad += !(ok[i] = value[i] > limit);
		break;
	case EXCLUSIVE_MAXIMUM:
		for (i = 0; i < x->k; i++)
			bad += !(ok[i] = value[i] < limit);
		break;
	}
	for (i = 0; i < x->k; i++) {
		if (b->has_value && form[i] == TYPE_VALUE)
			continue;
		bad -= !ok[i];
		ok[i] = !outside(c, b, r, x->p[i], x->n[i]);
		bad += !ok[i];
	}
	if (bad > 0)
		fail_all(c, r, x, ok, b->check, to);
}

static void
check_type(const struct column *c, struct column_run *r,
    struct column_cells *x, struct column_found *to)
{
	unsigned char form[COLUMN_BATCH];
	int64_t value[COLUMN_BATCH];
	size_t i, k = 0, bad;

	bad = type_batch(c->type, x->p, x->n, x->k, form,
	    c->nbounds > 0 ? value : NULL);
	if (bad > 0) {
		for (i = 0; i < x->k; i++) {
			if (form[i] == TYPE_BAD)
				fail(c, r, x, i, c->badtype, to);
			x->p[k] = x->p[i];
			x->n[k] = x->n[i];
			x->row[k] = x->row[i];
			form[k] = form[i];
			if (c->nbounds > 0)
				value[k] = value[i];
			k += form[i] != TYPE_BAD;
		}
		x->k = k;
	}
	for (i = 0; i < c->nbounds; i++)
		check_bound(c, &c->bounds[i], r, x, form, value, to);
}

static void
check_lengths(const struct column *c, struct column_run *r,
    const struct column_cells *x, struct column_found *to)
{
	size_t least = c->min_length != NO_CHECK ?
	    (size_t)c->field->min_length : 0;
	size_t most = c->max_length != NO_CHECK ?
	    (size_t)c->field->max_length : (size_t)-1;
	int text = c->field->type == SPEC_STRING ||
	    c->field->type == SPEC_ANY;
	size_t i, n;

	for (i = 0; i < x->k; i++) {
		/* A character is one to four bytes. */
		if (text && x->n[i] <= most && x->n[i] >= least * 4)
			continue;
		n = type_length(c->type, x->p[i], x->n[i]);
		if (n < least)
			fail(c, r, x, i, c->min_length, to);
		if (n > most)
			fail(c, r, x, i, c->max_length, to);
	}
}

static void
check_values(const struct column *c, int which, struct column_run *r,
    const struct column_cells *x, struct column_found *to)
{
	unsigned char ok[COLUMN_BATCH];
	size_t i;

	if (valueset_batch(c->texts[which], x->p, x->n, x->k, 0, ok) == 0)
		return;
	if (c->keys[which] != NULL) {
		/* Another spelling of the same value? */
		for (i = 0; i < x->k; i++) {
			if (ok[i])
				continue;
			buf_clear(&r->key);
			ok[i] = type_key(c->type, x->p[i], x->n[i],
			    &r->key) == 0 && valueset_has(c->keys[which],
			    r->key.p, r->key.n);
		}
	}
	fail_all(c, r, x, ok, c->set_checks[which], to);
}

static void
check_kind(const struct column *c, struct column_run *r,
    const struct column_cells *x, struct column_found *to)
{
	size_t i;

	for (i = 0; i < x->k; i++)
		if (!check_ok((enum check_kind)c->kind, x->p[i], x->n[i]))
			fail(c, r, x, i, c->kind_check, to);
}

static int
check_schema(const struct column *c, struct column_run *r,
    const struct column_cells *x, struct column_found *to)
{
	size_t i;
	int fits;

	for (i = 0; i < x->k; i++) {
		fits = jsonschema_fits(c->schema, r->schema, x->p[i],
		    x->n[i]);
		if (fits == -1)
			return -1;
		if (!fits)
			fail(c, r, x, i, c->schema_check, to);
	}
	return 0;
}

static int
too_many_steps(const struct column *c, const char *what, int steps,
    struct fault *f)
{
	(void)fault_set(f, "its %s takes more than %d steps on a cell: write "
	    "it so that it need not try so many ways", what, steps);
	fault_place(f, NULL, 0, 0, c->column + 1, c->field->name);
	return -1;
}

/* Every check in a loop of its own. */
static int
check_cells(const struct column *c, struct column_run *r,
    struct column_cells *x, struct column_found *to, struct fault *f)
{
	unsigned char ok[COLUMN_BATCH];
	size_t bad;

	if (c->badtype != NO_CHECK)
		check_type(c, r, x, to);
	if (c->min_length != NO_CHECK || c->max_length != NO_CHECK)
		check_lengths(c, r, x, to);
	if (c->pattern != NULL) {
		bad = pattern_batch(c->pattern, r->pattern, x->p, x->n, x->k,
		    ok);
		if (bad == (size_t)-1)
			return too_many_steps(c, "pattern", PATTERN_STEPS, f);
		if (bad > 0)
			fail_all(c, r, x, ok, c->pattern_check, to);
	}
	if (c->schema != NULL && check_schema(c, r, x, to) == -1)
		return too_many_steps(c, "JSON Schema", JSONSCHEMA_STEPS, f);
	if (c->texts[0] != NULL)
		check_values(c, 0, r, x, to);
	if (c->texts[1] != NULL)
		check_values(c, 1, r, x, to);
	if (c->codes != NULL && valueset_batch(c->codes, x->p, x->n, x->k,
	    c->field->codelist_prefix, ok) > 0)
		fail_all(c, r, x, ok, c->codes_check, to);
	if (c->kind != -1)
		check_kind(c, r, x, to);
	return 0;
}

/* A value of up to 15 bytes in two registers; the last byte is its length. */
static inline void
memo_key(const char *p, uint32_t n, uint64_t key[2])
{
	static const unsigned char masks[32] = { 255, 255, 255, 255, 255,
		255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255 };
	uint64_t mask[2];

	/* 16 bytes are readable; those beyond the value become 0. */
	memcpy(key, p, 16);
	memcpy(mask, masks + 16 - n, 16);
	key[0] &= mask[0];
	key[1] &= mask[1];
	((unsigned char *)key)[15] = (unsigned char)(n + 1);
}

/* Takes out the cells that were found good before. */
static void
memo_ask(struct column_run *r, struct column_cells *x)
{
	unsigned char known[COLUMN_BATCH];
	uint64_t key[2], *slot;
	size_t i, hits = 0;

	for (i = 0; i < x->k; i++) {
		known[i] = 0;
		if (x->n[i] > 15)
			continue;
		memo_key(x->p[i], x->n[i], key);
		slot = r->memo + 2 * (hash_fold(key[0] ^ MEMO_A, key[1] ^
		    MEMO_B) % MEMO_SLOTS);
		known[i] = slot[0] == key[0] && slot[1] == key[1];
		hits += known[i];
	}
	r->asked += x->k;
	r->missed += x->k - hits;
	if (hits > 0)
		keep_cells(x, known, 0);
	if (r->asked >= MEMO_TRIAL) {
		if (r->missed * 2 > r->asked)
			r->rest = MEMO_REST;
		r->asked = r->missed = 0;
	}
}

static void
memo_learn(struct column_run *r, const struct column_cells *x)
{
	uint64_t key[2], *slot;
	size_t i;

	for (i = 0; i < x->k; i++) {
		if (x->n[i] > 15 || r->failed[x->row[i]])
			continue;
		memo_key(x->p[i], x->n[i], key);
		slot = r->memo + 2 * (hash_fold(key[0] ^ MEMO_A, key[1] ^
		    MEMO_B) % MEMO_SLOTS);
		slot[0] = key[0];
		slot[1] = key[1];
	}
}

int
column_check(const struct column *c, struct column_run *r,
    struct column_cells *x, struct column_found *to, struct fault *f)
{
	size_t before = to->n;
	int memo = r->memo != NULL && r->rest == 0 && x->k > 16;

	if (r->rest > 0)
		r->rest--;
	if (memo)
		memo_ask(r, x);
	if (x->k == 0)
		return 0;
	if (check_cells(c, r, x, to, f) == -1)
		return -1;
	if (memo)
		memo_learn(r, x);
	for (; before < to->n; before++)
		r->failed[to->v[before].row] = 0;
	return 0;
}

void
column_check_days(const struct column *c, struct column_run *r,
    const struct column_cells *x, const int32_t *days,
    struct column_found *to)
{
	unsigned char ok[COLUMN_BATCH];
	size_t i;

	if (dated_batch(c->dated, x, days, ok) == 0)
		return;
	fail_all(c, r, x, ok, c->dated_check, to);
	for (i = 0; i < x->k; i++)
		r->failed[x->row[i]] = 0;
}

int
column_key_is_text(const struct column *c)
{
	return type_key_is_text(c->type);
}

int
column_key(const struct column *c, const char *p, size_t n, struct buf *b)
{
	return type_key(c->type, p, n, b);
}

void
column_defaults(const struct column *c, const struct column_cells *x,
    unsigned char *to)
{
	unsigned char is[COLUMN_BATCH];
	size_t i;

	(void)valueset_batch(c->counted, x->p, x->n, x->k, 0, is);
	for (i = 0; i < x->k; i++)
		to[x->row[i]] = is[i];
}
