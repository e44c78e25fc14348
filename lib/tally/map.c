/* Records into groups: the hot path. Everything by batches of 256. */
#include "tally/plan.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/date.h"
#include "base/hash.h"
#include "base/mem.h"

#define B TALLY_BATCH
#define POOL_PAGE ((size_t)64 * 1024)
#define CACHE_SLOTS 16384 /* a power of two */
#define CACHE_FULL 12000

enum { CELL_NONE, CELL_VALUE, CELL_BAD };

struct batch {
	const struct csv_block *block;
	size_t first, n;        /* records looked at */
	size_t m;               /* of them, those that count */
	unsigned short row[B];  /* which: offsets from first */
	struct tally_key keys[B];
	char *states[B];
	struct csv_slice cells[B];
	num_wide values[B];
	unsigned char kinds[B];
	struct expr_value results[B];
	struct tally_key pairs[B];
	char *pair_states[B];
};

/* What an expression makes of a cell's bytes. */
struct cache_slot {
	uint64_t lo, hi;
	const char *p;
	uint32_t n, used;
	char text[16];
};

struct cache {
	size_t used, looked, missed;
	int off; /* values do not repeat: it costs more than it saves */
	struct arena texts;
	struct cache_slot slots[CACHE_SLOTS];
};

static const uint64_t low_mask[17][2] = { { 0, 0 }, { 0xff, 0 },
	{ 0xffff, 0 }, { 0xffffff, 0 }, { 0xffffffff, 0 },
	{ 0xffffffffff, 0 }, { 0xffffffffffff, 0 }, { 0xffffffffffffff, 0 },
	{ UINT64_MAX, 0 }, { UINT64_MAX, 0xff }, { UINT64_MAX, 0xffff },
	{ UINT64_MAX, 0xffffff }, { UINT64_MAX, 0xffffffff },
	{ UINT64_MAX, 0xffffffffff }, { UINT64_MAX, 0xffffffffffff },
	{ UINT64_MAX, 0xffffffffffffff }, { UINT64_MAX, UINT64_MAX } };

/* Memory of n bytes, and 16 more to read, until the batch ends. */
static char *
pool_get(struct pool *p, size_t n)
{
	char *at;

	if (p->page == NULL || p->page->size - p->n < n + 16) {
		size_t size = n + 16 > POOL_PAGE ? n + 16 : POOL_PAGE;
		struct pool_page *page = mem_alloc(sizeof *page + size);

		page->before = p->page;
		page->size = size;
		p->page = page;
		p->n = 0;
	}
	at = (char *)(p->page + 1) + p->n;
	memset(at + n, 0, 16);
	p->n += n + 16;
	return at;
}

/* Keeps the newest page. */
static void
pool_reset(struct pool *p)
{
	struct pool_page *page, *before;

	p->n = 0;
	if (p->page == NULL)
		return;
	for (page = p->page->before; page != NULL; page = before) {
		before = page->before;
		free(page);
	}
	p->page->before = NULL;
}

static struct csv_slice
keep(struct pool *p, struct csv_slice s)
{
	char *to = pool_get(p, s.n);

	if (s.n > 0)
		memcpy(to, s.p, s.n);
	s.p = to;
	return s;
}

void *
tally_state_new(void *arg)
{
	struct tally *t = arg;
	struct tally_state *s = mem_zero(1, sizeof *s);
	size_t i;

	s->t = t;
	s->tables = mem_zero(t->nstores, sizeof(struct tally_table *));
	for (i = 0; i < t->nstores; i++)
		s->tables[i] = tally_table_new(i == 0 ? t->state : 8);
	s->scales = mem_zero(t->ninputs, 1);
	s->bad = mem_zero(t->ninputs, sizeof *s->bad);
	s->part_runs = mem_zero(t->nparts, sizeof(struct expr_run *));
	s->input_runs = mem_zero(t->ninputs, sizeof(struct expr_run *));
	s->caches = mem_zero(t->nparts, sizeof(struct cache *));
	s->batch = mem_alloc(sizeof *s->batch);
	for (i = 0; i < t->nparts; i++)
		if (t->parts[i].expr != NULL && t->parts[i].column < 0) {
			s->part_runs[i] = expr_run_new(t->parts[i].expr);
			if (t->parts[i].cached)
				s->caches[i] = mem_zero(1,
				    sizeof *s->caches[i]);
		}
	for (i = 0; i < t->ninputs; i++) {
		const struct plan_input *in = &t->inputs[i];

		if (in->source.expr != NULL && in->source.column < 0)
			s->input_runs[i] = expr_run_new(in->source.expr);
		if (in->scale > 0)
			s->scales[i] = (unsigned char)in->scale;
	}
	if (t->where != NULL)
		s->where_run = expr_run_new(t->where);
	return s;
}

void
tally_state_free(void *arg)
{
	struct tally_state *s = arg;
	size_t i;

	if (s == NULL)
		return;
	for (i = 0; i < s->t->nstores; i++)
		tally_table_free(s->tables[i]);
	for (i = 0; i < s->t->nparts; i++) {
		expr_run_free(s->part_runs[i]);
		if (s->caches[i] != NULL)
			arena_free(&s->caches[i]->texts);
		free(s->caches[i]);
	}
	for (i = 0; i < s->t->ninputs; i++)
		expr_run_free(s->input_runs[i]);
	expr_run_free(s->where_run);
	pool_reset(&s->pool);
	free(s->pool.page);
	buf_free(&s->scratch);
	parts_free(&s->parts);
	free(s->tables);
	free(s->scales);
	free(s->bad);
	free(s->part_runs);
	free(s->input_runs);
	free(s->caches);
	free(s->batch);
	free(s);
}

static int
missing(const char *const *list, struct csv_slice s)
{
	for (; *list != NULL; list++)
		if (strlen(*list) == s.n && memcmp(*list, s.p, s.n) == 0)
			return 1;
	return 0;
}

/* A cell of the block, quotes off, with bytes to read after it. */
static inline struct csv_slice
cell(struct tally_state *s, size_t r, size_t column)
{
	const struct csv_block *b = s->batch->block;
	struct csv_slice c = csv_raw(b, r, column);

	if (__builtin_expect(b->quotes && c.n > 0 && c.p[0] == '"', 0)) {
		const char *in = c.p;

		c = csv_unquote(c, &s->scratch);
		if (c.p != in + 1)
			c = keep(&s->pool, c);
	}
	return c;
}

static void
cells(struct tally_state *s, const struct plan_source *from)
{
	struct batch *b = s->batch;
	size_t i, column = (size_t)from->column;

	for (i = 0; i < b->m; i++) {
		b->cells[i] = cell(s, b->first + b->row[i], column);
		if (from->missing != NULL && missing(from->missing,
		    b->cells[i]))
			b->cells[i].n = 0;
	}
}

static void
place(const struct tally_state *s, size_t i, long column, const char *name,
    struct fault *f)
{
	const struct csv_block *b = s->batch->block;
	size_t r = s->batch->first + s->batch->row[i];

	fault_place(f, b->file, csv_line_number(b, r),
	    csv_record_number(b, r), (uint64_t)(column + 1), name);
}

/* A cell that an expression reads does not fit its field's type. */
static int
bad_cell(const struct tally_state *s, size_t i, int64_t field,
    struct fault *f)
{
	const struct expr_field *x =
	    &spec_scope_expr(s->t->scope)->fields[field];

	(void)fault_set(f, "does not fit the field's type");
	place(s, i, (long)x->column, x->name, f);
	return -1;
}

static struct csv_slice
value_text(struct tally_state *s, const struct expr_value *v)
{
	struct csv_slice c = { "", 0 };

	if (v->kind == EXPR_NULL)
		return keep(&s->pool, c);
	if (v->kind == EXPR_STRING)
		return keep(&s->pool, v->u.s);
	buf_clear(&s->scratch);
	expr_put(&s->scratch, v);
	c.p = s->scratch.p;
	c.n = s->scratch.n;
	return keep(&s->pool, c);
}

static int
no_zero(struct csv_slice c, struct fault *f)
{
	if (c.n > 0 && memchr(c.p, 0, c.n) != NULL)
		return fault_set(f, "an expression gave a text with a zero "
		    "byte in it");
	return 0;
}

/* Texts of an expression for all rows of the batch. */
static int
texts(struct tally_state *s, struct expr_run *run, struct fault *f)
{
	struct batch *b = s->batch;
	size_t i;

	if (expr_eval(run, b->block, b->first, b->n, b->results, f) == -1)
		return -1;
	for (i = 0; i < b->m; i++) {
		const struct expr_value *v = &b->results[b->row[i]];

		if (v->kind == EXPR_BAD)
			return bad_cell(s, i, v->u.i, f);
		b->cells[i] = value_text(s, v);
		if (no_zero(b->cells[i], f) == -1)
			return -1;
	}
	return 0;
}

static int
evaluate_one(struct tally_state *s, struct expr_run *run, size_t i,
    struct csv_slice *to, struct fault *f)
{
	struct batch *b = s->batch;
	struct expr_value v;

	if (expr_eval(run, b->block, b->first + b->row[i], 1, &v, f) == -1)
		return -1;
	if (v.kind == EXPR_BAD)
		return bad_cell(s, i, v.u.i, f);
	*to = value_text(s, &v);
	return no_zero(*to, f);
}

/* The same through a cache, by the bytes of the one cell it reads. */
static int
cached_texts(struct tally_state *s, size_t part, struct fault *f)
{
	const struct plan_source *from = &s->t->parts[part];
	struct cache *c = s->caches[part];
	struct batch *b = s->batch;
	uint64_t seed = hash_seed();
	size_t i;

	c->looked += b->m;
	for (i = 0; i < b->m; i++) {
		struct csv_slice raw = csv_raw(b->block, b->first +
		    b->row[i], (size_t)from->cache_column);
		struct cache_slot *e = NULL;
		uint64_t lo = 0, hi = 0;

		if (raw.n <= 16) {
			size_t j;

			memcpy(&lo, raw.p, 8);
			memcpy(&hi, raw.p + 8, 8);
			lo &= low_mask[raw.n][0];
			hi &= low_mask[raw.n][1];
			j = hash_pair(lo, hi, seed) & (CACHE_SLOTS - 1);
			while (c->slots[j].used && (c->slots[j].lo != lo ||
			    c->slots[j].hi != hi))
				j = (j + 1) & (CACHE_SLOTS - 1);
			e = &c->slots[j];
			if (e->used) {
				b->cells[i].p = e->p;
				b->cells[i].n = e->n;
				continue;
			}
		}
		c->missed++;
		if (evaluate_one(s, s->part_runs[part], i, &b->cells[i],
		    f) == -1)
			return -1;
		if (e == NULL || c->used >= CACHE_FULL)
			continue;
		c->used++;
		e->used = 1;
		e->lo = lo;
		e->hi = hi;
		e->n = (uint32_t)b->cells[i].n;
		if (e->n <= sizeof e->text) {
			memcpy(e->text, b->cells[i].p, e->n);
			e->p = e->text;
		} else {
			char *text = arena_alloc(&c->texts, e->n + 16);

			memcpy(text, b->cells[i].p, e->n);
			memset(text + e->n, 0, 16);
			e->p = text;
		}
	}
	c->off = c->looked > 65536 && c->missed > c->looked / 4;
	return 0;
}

/* k, a zero byte, and c, as one key. c has 16 bytes to read after it. */
static inline void
append(struct pool *pool, struct tally_key *k, struct csv_slice c, int first)
{
	size_t n = k->n + !first + c.n;
	uint64_t lo, hi;
	unsigned at = (unsigned)(k->n + !first) * 8;
	char small[TALLY_SHORT], *to;

	if (__builtin_expect(n <= TALLY_SHORT, 1)) {
		memcpy(&lo, c.p, 8);
		memcpy(&hi, c.p + 8, 8);
		lo &= low_mask[c.n][0];
		hi &= low_mask[c.n][1];
		if (at == 0) {
			k->lo = lo;
			k->hi = hi;
		} else if (at < 64) {
			k->lo |= lo << at;
			k->hi |= hi << at | lo >> (64 - at);
		} else if (at < 128) {
			k->hi |= lo << (at - 64);
		}
		k->n = n;
		return;
	}
	if (first) {
		k->p = c.p;
		k->n = n;
		return;
	}
	to = pool_get(pool, n);
	memcpy(to, tally_key_bytes(k, small), k->n);
	to[k->n] = 0;
	memcpy(to + k->n + 1, c.p, c.n);
	k->p = to;
	k->n = n;
}

static int
make_keys(struct tally_state *s, struct fault *f)
{
	const struct tally *t = s->t;
	struct batch *b = s->batch;
	size_t part, i;

	memset(b->keys, 0, b->m * sizeof *b->keys);
	for (part = 0; part < t->nparts; part++) {
		if (t->parts[part].column >= 0)
			cells(s, &t->parts[part]);
		else if (s->caches[part] != NULL && !s->caches[part]->off) {
			if (cached_texts(s, part, f) == -1)
				return -1;
		} else if (texts(s, s->part_runs[part], f) == -1) {
			return -1;
		}
		for (i = 0; i < b->m; i++)
			append(&s->pool, &b->keys[i], b->cells[i], part == 0);
	}
	return 0;
}

/* A cell that is no number: a fault, or remembered. */
static int
bad_value(struct tally_state *s, size_t input, size_t i, const char *what,
    struct fault *f)
{
	const struct plan_input *in = &s->t->inputs[input];
	const struct csv_block *b = s->batch->block;
	struct first_bad *bad = &s->bad[input];
	size_t r = s->batch->first + s->batch->row[i];
	uint64_t record = csv_record_number(b, r);

	if (!s->t->options.empty_bad) {
		(void)fault_set(f, "%s", what);
		place(s, i, in->source.column, in->source.column >= 0 ?
		    in->source.field : NULL, f);
		return -1;
	}
	if (bad->n++ == 0 || b->file_index < bad->file ||
	    (b->file_index == bad->file && record < bad->record)) {
		bad->file = b->file_index;
		bad->path = b->file;
		bad->record = record;
		bad->line = csv_line_number(b, r);
		bad->column = (size_t)(in->source.column + 1);
	}
	s->batch->kinds[i] = CELL_BAD;
	return 0;
}

/* More digits after the point than so far: all there is follows. */
static int
raise_scale(struct tally_state *s, size_t input, unsigned scale, size_t done,
    struct fault *f)
{
	unsigned char *scales = mem_alloc(s->t->ninputs);
	unsigned by = scale - s->scales[input];
	size_t i;
	int rc;

	memcpy(scales, s->scales, s->t->ninputs);
	scales[input] = (unsigned char)scale;
	for (i = 0; i < done; i++)
		if (s->batch->kinds[i] == CELL_VALUE &&
		    tally_rescale(&s->batch->values[i], by) == -1) {
			free(scales);
			return fault_set(f, "%s: more than 128 bits can hold",
			    s->t->inputs[input].source.text);
		}
	rc = plan_rescale(s, scales, f);
	free(scales);
	return rc;
}

/* Puts v, with after digits after its point, at the input's scale. */
static int
put_value(struct tally_state *s, size_t input, size_t i, num_wide v,
    unsigned after, struct fault *f)
{
	const struct plan_input *in = &s->t->inputs[input];
	struct batch *b = s->batch;
	unsigned scale = s->scales[input];

	while (after > scale && v % 10 == 0 && in->scale >= 0) {
		v /= 10;
		after--;
	}
	if (after > scale && in->scale >= 0)
		return bad_value(s, input, i, "more digits after the point "
		    "than the specification's scale", f);
	if (after > scale && raise_scale(s, input, after, i, f) == -1)
		return -1;
	scale = s->scales[input];
	if (after < scale && tally_rescale(&v, scale - after) == -1)
		return bad_value(s, input, i, "a number too large", f);
	b->values[i] = v;
	b->kinds[i] = CELL_VALUE;
	return 0;
}

static int
other_decimal(struct tally_state *s, size_t input, size_t i,
    struct csv_slice c, struct fault *f)
{
	num_wide v;
	unsigned after;
	int rc = tally_decimal(c.p, c.n, &v, &after);

	if (rc == -1)
		return bad_value(s, input, i, "not a number", f);
	if (rc == -2)
		return bad_value(s, input, i, "a number too long to be kept "
		    "exactly", f);
	return put_value(s, input, i, v, after, f);
}

static int
decimals(struct tally_state *s, size_t input, struct fault *f)
{
	struct batch *b = s->batch;
	unsigned scale = s->scales[input], after;
	int64_t v;
	size_t i;

	for (i = 0; i < b->m; i++) {
		struct csv_slice c = b->cells[i];

		if (c.n == 0) {
			b->kinds[i] = CELL_NONE;
			continue;
		}
		if (tally_decimal_fast(c.p, c.n, &v, &after)) {
			if (after == scale) {
				b->values[i] = v;
				b->kinds[i] = CELL_VALUE;
				continue;
			}
			if (put_value(s, input, i, v, after, f) == -1)
				return -1;
		} else if (other_decimal(s, input, i, c, f) == -1) {
			return -1;
		}
		scale = s->scales[input];
	}
	return 0;
}

static int
moments(struct tally_state *s, size_t input, struct fault *f)
{
	enum tally_form form = s->t->inputs[input].form;
	struct batch *b = s->batch;
	size_t i;

	for (i = 0; i < b->m; i++) {
		struct csv_slice c = b->cells[i];
		int32_t small = 0;
		int64_t large = 0;
		int rc;

		b->kinds[i] = CELL_NONE;
		if (c.n == 0)
			continue;
		if (form == TALLY_DATE)
			rc = date_parse(c.p, c.n, &small);
		else if (form == TALLY_TIME)
			rc = date_time_parse(c.p, c.n, &small);
		else
			rc = date_datetime_parse(c.p, c.n, &large);
		if (rc == -1) {
			if (bad_value(s, input, i, form == TALLY_DATE ?
			    "not a date (YYYY-MM-DD)" : form == TALLY_TIME ?
			    "not a time (HH:MM:SS)" : "not a date and time "
			    "(YYYY-MM-DDTHH:MM:SS)", f) == -1)
				return -1;
			continue;
		}
		b->values[i] = form == TALLY_DATETIME ? large : small;
		b->kinds[i] = CELL_VALUE;
	}
	return 0;
}

/*
 * A real number as the decimal with the fewest digits after the point that
 * reads back as the same double; beyond 18 of them, rounded there.
 */
static int
real(struct tally_state *s, size_t input, size_t i, double r, struct fault *f)
{
	char text[400];
	struct csv_slice c = { text, 0 };
	unsigned after;

	for (after = 0; after <= 15; after++) {
		double scaled = r * (double)tally_pow10[after];

		if (fabs(scaled) > 1e15)
			break;
		scaled = rint(scaled);
		if (scaled / (double)tally_pow10[after] == r)
			return put_value(s, input, i, (num_wide)scaled, after,
			    f);
	}
	if (!isfinite(r) || fabs(r) >= 1e20)
		return bad_value(s, input, i, "a number too large", f);
	buf_clear(&s->scratch);
	num_put_double(&s->scratch, r);
	if (memchr(s->scratch.p, 'e', s->scratch.n) == NULL) {
		c.p = s->scratch.p;
		c.n = s->scratch.n;
	} else {
		c.n = (size_t)snprintf(text, sizeof text, "%.18f", r);
	}
	if (memchr(c.p, '.', c.n) != NULL) {
		while (num_text_scale(c.p, c.n) > NUM_MAX_SCALE)
			c.n--;
		while (c.p[c.n - 1] == '0')
			c.n--;
		if (c.p[c.n - 1] == '.')
			c.n--;
	}
	return other_decimal(s, input, i, c, f);
}

static int
results(struct tally_state *s, size_t input, struct fault *f)
{
	const struct plan_input *in = &s->t->inputs[input];
	struct batch *b = s->batch;
	size_t i;

	if (expr_eval(s->input_runs[input], b->block, b->first, b->n,
	    b->results, f) == -1)
		return -1;
	for (i = 0; i < b->m; i++) {
		const struct expr_value *v = &b->results[b->row[i]];
		int rc = 0;

		b->kinds[i] = CELL_NONE;
		b->cells[i].n = 0;
		switch (v->kind) {
		case EXPR_NULL:
			break;
		case EXPR_INT:
			rc = put_value(s, input, i, v->u.i, 0, f);
			break;
		case EXPR_REAL:
			rc = real(s, input, i, v->u.r, f);
			break;
		case EXPR_STRING:
			if (in->form == TALLY_DECIMAL)
				rc = v->u.s.n == 0 ? 0 : other_decimal(s,
				    input, i, v->u.s, f);
			else
				b->cells[i] = v->u.s;
			break;
		case EXPR_BAD:
			if (!s->t->options.empty_bad)
				return bad_cell(s, i, v->u.i, f);
			rc = bad_value(s, input, i, "", f);
			break;
		}
		if (rc == -1)
			return -1;
	}
	return in->form == TALLY_DECIMAL ? 0 : moments(s, input, f);
}

static int
add_values(struct tally_state *s, const struct plan_input *in,
    struct fault *f)
{
	struct batch *b = s->batch;
	size_t i;

	if (in->at_bad != 0)
		for (i = 0; i < b->m; i++)
			if (b->kinds[i] == CELL_BAD)
				plan_set(b->states[i], in->at_bad,
				    plan_get(b->states[i], in->at_bad) + 1);
	for (i = 0; i < b->m; i++) {
		char *g = b->states[i];
		num_wide v = b->values[i], sum;
		uint64_t n;

		if (b->kinds[i] != CELL_VALUE)
			continue;
		n = plan_get(g, in->at_n);
		plan_set(g, in->at_n, n + 1);
		if (in->at_sum != 0) {
			sum = plan_get_wide(g, in->at_sum);
			if (num_wide_add(&sum, v) == -1)
				goto overflow;
			plan_set_wide(g, in->at_sum, sum);
		}
		if (in->at_square != 0) {
			num_wide square;

			sum = plan_get_wide(g, in->at_square);
			if (__builtin_mul_overflow(v, v, &square) ||
			    num_wide_add(&sum, square) == -1)
				goto overflow;
			plan_set_wide(g, in->at_square, sum);
		}
		if (in->at_min != 0 && (n == 0 ||
		    v < plan_get_wide(g, in->at_min)))
			plan_set_wide(g, in->at_min, v);
		if (in->at_max != 0 && (n == 0 ||
		    v > plan_get_wide(g, in->at_max)))
			plan_set_wide(g, in->at_max, v);
	}
	return 0;
overflow:
	return fault_set(f, "%s: more than 128 bits can hold",
	    in->source.text);
}

/* One more of the batch's pairs (group, cell), where the cell is one. */
static void
add_pairs(struct tally_state *s, const struct plan_input *in)
{
	struct batch *b = s->batch;
	size_t i, n = 0;

	for (i = 0; i < b->m; i++) {
		if (b->cells[i].n == 0)
			continue;
		b->pairs[n] = b->keys[i];
		append(&s->pool, &b->pairs[n], b->cells[i],
		    s->t->nparts == 0);
		n++;
	}
	if (n == 0)
		return;
	tally_table_batch(s->tables[in->pairs], b->pairs, n, b->pair_states);
	for (i = 0; i < n; i++)
		plan_set(b->pair_states[i], 0,
		    plan_get(b->pair_states[i], 0) + 1);
}

static int
measure_value(struct tally_state *s, size_t input, struct fault *f)
{
	const struct plan_input *in = &s->t->inputs[input];
	struct batch *b = s->batch;
	size_t i;

	if (in->source.column < 0) {
		if (results(s, input, f) == -1)
			return -1;
	} else {
		cells(s, &in->source);
		if ((in->form == TALLY_DECIMAL ? decimals(s, input, f) :
		    moments(s, input, f)) == -1)
			return -1;
	}
	if (add_values(s, in, f) == -1)
		return -1;
	if (in->pairs < 0)
		return 0;
	for (i = 0; i < b->m; i++) {
		char *to;

		b->cells[i].n = 0;
		if (b->kinds[i] != CELL_VALUE)
			continue;
		to = pool_get(&s->pool, TALLY_ORDER_MAX);
		b->cells[i].p = to;
		b->cells[i].n = tally_order_put(to, b->values[i],
		    s->scales[input]);
	}
	add_pairs(s, in);
	return 0;
}

static int
measure_condition(struct tally_state *s, size_t input, struct fault *f)
{
	const struct plan_input *in = &s->t->inputs[input];
	struct batch *b = s->batch;
	unsigned char is[B];
	long field = -1;
	size_t i;

	if (expr_test(s->input_runs[input], b->block, b->first, b->n, is,
	    &field, f) == -1)
		return -1;
	for (i = 0; i < b->m; i++) {
		char *g = b->states[i];

		switch (is[b->row[i]]) {
		case 1:
			plan_set(g, in->at_met, plan_get(g, in->at_met) + 1);
			/* FALLTHROUGH */
		case 0:
			plan_set(g, in->at_n, plan_get(g, in->at_n) + 1);
			break;
		case 3:
			if (!s->t->options.empty_bad)
				return bad_cell(s, i, field, f);
			(void)bad_value(s, input, i, "", f);
			plan_set(g, in->at_bad, plan_get(g, in->at_bad) + 1);
			break;
		default:
			break;
		}
	}
	return 0;
}

static int
measure(struct tally_state *s, size_t input, struct fault *f)
{
	const struct plan_input *in = &s->t->inputs[input];

	switch (in->class) {
	case PLAN_CONDITION:
		return measure_condition(s, input, f);
	case PLAN_TEXT:
		if (in->source.column >= 0)
			cells(s, &in->source);
		else if (texts(s, s->input_runs[input], f) == -1)
			return -1;
		add_pairs(s, in);
		return 0;
	case PLAN_VALUE:
		break;
	}
	return measure_value(s, input, f);
}

/* Which rows of the batch count. */
static int
choose(struct tally_state *s, struct fault *f)
{
	struct batch *b = s->batch;
	unsigned char is[B];
	long field = -1;
	size_t i;

	if (s->where_run == NULL) {
		for (i = 0; i < b->n; i++)
			b->row[i] = (unsigned short)i;
		b->m = b->n;
		return 0;
	}
	if (expr_test(s->where_run, b->block, b->first, b->n, is, &field,
	    f) == -1)
		return -1;
	b->m = 0;
	for (i = 0; i < b->n; i++) {
		b->row[b->m] = (unsigned short)i;
		if (is[i] == 3)
			return bad_cell(s, b->m, field, f);
		b->m += is[i] == 1;
	}
	return 0;
}

static int
map_batch(struct tally_state *s, struct fault *f)
{
	const struct tally *t = s->t;
	struct batch *b = s->batch;
	size_t i;

	if (choose(s, f) == -1)
		return -1;
	if (b->m == 0)
		return 0;
	if (make_keys(s, f) == -1)
		return -1;
	if (t->nparts == 0) {
		tally_table_batch(s->tables[0], b->keys, 1, b->states);
		for (i = 1; i < b->m; i++)
			b->states[i] = b->states[0];
		plan_set(b->states[0], 0, plan_get(b->states[0], 0) + b->m);
	} else {
		tally_table_batch(s->tables[0], b->keys, b->m, b->states);
		for (i = 0; i < b->m; i++)
			plan_set(b->states[i], 0,
			    plan_get(b->states[i], 0) + 1);
	}
	for (i = 0; i < t->ninputs; i++)
		if (measure(s, i, f) == -1)
			return -1;
	return 0;
}

int
tally_map(void *arg, const struct csv_block *block, struct buf *outs,
    struct fault *f)
{
	struct tally_state *s = arg;
	struct batch *b = s->batch;

	(void)outs;
	b->block = block;
	if (s->t->nparts == 0 && s->t->ninputs == 0 && s->where_run == NULL &&
	    block->nrecords > 0) {
		struct tally_key all = { 0, 0, NULL, 0 };

		tally_table_batch(s->tables[0], &all, 1, b->states);
		plan_set(b->states[0], 0, plan_get(b->states[0], 0) +
		    block->nrecords);
		return 0;
	}
	for (b->first = 0; b->first < block->nrecords; b->first += B) {
		b->n = block->nrecords - b->first;
		if (b->n > B)
			b->n = B;
		if (map_batch(s, f) == -1)
			return -1;
		pool_reset(&s->pool);
	}
	return plan_check_memory(s, f);
}

int
tally_state_merge(void *a, void *b, struct fault *f)
{
	struct tally_state *into = a, *from = b;
	const struct tally *t = into->t;
	struct plan_adder plan = { t, into->scales };
	struct tally_adder add = { plan_add, &plan, into->scales };
	size_t i;

	parts_merge(&into->parts, &from->parts);
	/* Both at the larger scale of the two. */
	if (plan_rescale(into, from->scales, f) == -1 ||
	    plan_rescale(from, into->scales, f) == -1)
		return -1;
	for (i = 0; i < t->ninputs; i++) {
		struct first_bad *x = &into->bad[i], *y = &from->bad[i];
		uint64_t n = x->n + y->n;

		if (y->n > 0 && (x->n == 0 || y->file < x->file ||
		    (y->file == x->file && y->record < x->record)))
			*x = *y;
		x->n = n;
	}
	for (i = 0; i < t->nstores; i++) {
		add.add = i == 0 ? plan_add : plan_add_pair;
		/* What has been flushed once goes there without a detour. */
		if (tally_store_flushed(t->stores[i])) {
			if (tally_store_flush(t->stores[i], from->tables[i],
			    from->scales, f) == -1)
				return -1;
			continue;
		}
		if (tally_table_absorb(into->tables[i], from->tables[i],
		    &add, f) == -1)
			return -1;
		tally_table_clear(from->tables[i]);
	}
	return plan_check_memory(into, f);
}

int
tally_bad_at(const struct tally_state *s, size_t i, struct tally_bad *bad)
{
	const struct first_bad *x;

	if (i >= s->t->ninputs)
		return -1;
	x = &s->bad[i];
	bad->text = s->t->inputs[i].source.text;
	bad->n = x->n;
	bad->file = x->path;
	bad->line = x->line;
	bad->record = x->record;
	bad->column = x->column;
	return x->n > 0;
}
