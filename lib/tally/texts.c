/* Cells of a batch, and the texts that expressions make of them. */
#include "tally/batch.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/hash.h"
#include "base/mem.h"

#define POOL_PAGE ((size_t)64 * 1024)
#define CACHE_SLOTS 16384 /* a power of two */
#define CACHE_FULL 12000

/* What an expression makes of a cell's bytes: half a cache line. */
struct cache_slot {
	uint64_t lo, hi;
	const char *p;
	uint32_t n, used;
};

/* A cell as a key: its bytes, and the slot where looking for it begins. */
struct cache_key {
	uint64_t lo, hi;
	size_t slot;
};

struct cache {
	size_t used, looked, missed;
	int off; /* values do not repeat: it costs more than it saves */
	struct arena texts;
	struct cache_slot *slots;
	struct cache_key keys[B];
};

const uint64_t batch_low_mask[17][2] = { { 0, 0 }, { 0xff, 0 },
	{ 0xffff, 0 }, { 0xffffff, 0 }, { 0xffffffff, 0 },
	{ 0xffffffffff, 0 }, { 0xffffffffffff, 0 }, { 0xffffffffffffff, 0 },
	{ UINT64_MAX, 0 }, { UINT64_MAX, 0xff }, { UINT64_MAX, 0xffff },
	{ UINT64_MAX, 0xffffff }, { UINT64_MAX, 0xffffffff },
	{ UINT64_MAX, 0xffffffffff }, { UINT64_MAX, 0xffffffffffff },
	{ UINT64_MAX, 0xffffffffffffff }, { UINT64_MAX, UINT64_MAX } };

char *
batch_pool(struct pool *p, size_t n)
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

void
batch_pool_reset(struct pool *p)
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
	char *to = batch_pool(p, s.n);

	if (s.n > 0)
		memcpy(to, s.p, s.n);
	s.p = to;
	return s;
}

static int
missing(const char *const *list, struct csv_slice s)
{
	for (; *list != NULL; list++)
		if (strlen(*list) == s.n && memcmp(*list, s.p, s.n) == 0)
			return 1;
	return 0;
}

/* Into cells, of a block where a cell is the bytes between two ends. */
static void
plain_cells(struct batch *b, size_t column)
{
	const struct csv_block *block = b->block;
	const size_t width = csv_width(block), m = b->m;
	const uint32_t *ends = csv_end(block, b->first, column);
	const char *data = block->data;
	const unsigned short *row = b->row;
	struct csv_slice *cells = b->cells;
	size_t i;

	for (i = 0; i < m; i++) {
		const uint32_t *e = ends + row[i] * width;
		uint32_t start = e[-1] + 1;

		cells[i].p = data + start;
		cells[i].n = e[0] - start;
		/* The next step reads it. */
		__builtin_prefetch(data + start);
	}
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

void
batch_cells(struct tally_state *s, const struct plan_source *from)
{
	struct batch *b = s->batch;
	size_t i, column = (size_t)from->column;

	if (csv_as_it_stands(b->block, column))
		plain_cells(b, column);
	else
		for (i = 0; i < b->m; i++)
			b->cells[i] = cell(s, b->first + b->row[i], column);
	for (i = 0; from->missing != NULL && i < b->m; i++)
		if (missing(from->missing, b->cells[i]))
			b->cells[i].n = 0;
}

void
batch_place(const struct tally_state *s, size_t i, long column,
    const char *name, struct fault *f)
{
	const struct csv_block *b = s->batch->block;
	size_t r = s->batch->first + s->batch->row[i];

	fault_place(f, b->file, csv_line_number(b, r),
	    csv_record_number(b, r), (uint64_t)(column + 1), name);
}

int
batch_bad_cell(const struct tally_state *s, size_t i, int64_t field,
    struct fault *f)
{
	const struct expr_field *x =
	    &spec_scope_expr(s->t->scope)->fields[field];

	(void)fault_set(f, "does not fit the field's type");
	batch_place(s, i, (long)x->column, x->name, f);
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

int
batch_texts(struct tally_state *s, struct expr_run *run, struct fault *f)
{
	struct batch *b = s->batch;
	size_t i;

	if (expr_eval(run, b->block, b->first, b->n, b->results, f) == -1)
		return -1;
	for (i = 0; i < b->m; i++) {
		const struct expr_value *v = &b->results[b->row[i]];

		if (v->kind == EXPR_BAD)
			return batch_bad_cell(s, i, v->u.i, f);
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
		return batch_bad_cell(s, i, v.u.i, f);
	*to = value_text(s, &v);
	return no_zero(*to, f);
}

struct cache *
batch_cache_new(void)
{
	struct cache *c = mem_zero(1, sizeof *c);

	c->slots = mem_aligned(CACHE_SLOTS * sizeof *c->slots);
	memset(c->slots, 0, CACHE_SLOTS * sizeof *c->slots);
	return c;
}

void
batch_cache_free(struct cache *c)
{
	if (c == NULL)
		return;
	arena_free(&c->texts);
	free(c->slots);
	free(c);
}

int
batch_cache_off(const struct cache *c)
{
	return c->off;
}

/* The keys of the batch's cells; their slots are asked for ahead. */
static void
cache_keys(struct cache *c, const struct batch *b)
{
	uint64_t seed = hash_seed();
	size_t i;

	for (i = 0; i < b->m; i++) {
		struct csv_slice raw = b->cells[i];
		struct cache_key *k = &c->keys[i];

		if (raw.n > 16)
			continue;
		memcpy(&k->lo, raw.p, 8);
		memcpy(&k->hi, raw.p + 8, 8);
		k->lo &= batch_low_mask[raw.n][0];
		k->hi &= batch_low_mask[raw.n][1];
		k->slot = hash_pair(k->lo, k->hi, seed) & (CACHE_SLOTS - 1);
		__builtin_prefetch(&c->slots[k->slot]);
	}
}

/* The slot where a key is or would be. */
static inline struct cache_slot *
cache_find(struct cache *c, const struct cache_key *k)
{
	size_t j = k->slot;

	while (c->slots[j].used && (c->slots[j].lo != k->lo ||
	    c->slots[j].hi != k->hi))
		j = (j + 1) & (CACHE_SLOTS - 1);
	return &c->slots[j];
}

static void
cache_keep(struct cache *c, struct cache_slot *e, const struct cache_key *k,
    struct csv_slice text)
{
	char *to = arena_alloc(&c->texts, text.n + 16);

	memcpy(to, text.p, text.n);
	memset(to + text.n, 0, 16);
	c->used++;
	e->used = 1;
	e->lo = k->lo;
	e->hi = k->hi;
	e->p = to;
	e->n = (uint32_t)text.n;
}

int
batch_cached_texts(struct tally_state *s, size_t part, struct fault *f)
{
	size_t column = (size_t)s->t->parts[part].cache_column, i;
	struct cache *c = s->caches[part];
	struct batch *b = s->batch;

	/* Cells as they stand, quotes and all. */
	if (csv_as_it_stands(b->block, column))
		plain_cells(b, column);
	else
		for (i = 0; i < b->m; i++)
			b->cells[i] = csv_raw(b->block, b->first + b->row[i],
			    column);
	cache_keys(c, b);
	c->looked += b->m;
	for (i = 0; i < b->m; i++) {
		struct cache_slot *e = b->cells[i].n > 16 ? NULL :
		    cache_find(c, &c->keys[i]);

		if (e != NULL && e->used) {
			b->cells[i].p = e->p;
			b->cells[i].n = e->n;
			continue;
		}
		c->missed++;
		if (evaluate_one(s, s->part_runs[part], i, &b->cells[i],
		    f) == -1)
			return -1;
		if (e != NULL && c->used < CACHE_FULL)
			cache_keep(c, e, &c->keys[i], b->cells[i]);
	}
	c->off = c->looked > 65536 && c->missed > c->looked / 4;
	return 0;
}
