/* A table that may be larger than memory. */
#include "tally/chunks.h"

#include <assert.h>
#include <stdlib.h>

#include "base/hash.h"
#include "base/mem.h"
#include "tally/pack.h"

#define PARTITIONS TALLY_PARTITIONS
#define CHUNK ((size_t)64 * 1024)

/*
 * Groups of short keys wait in a tile for each partition, which lies in the
 * cache, and are packed when it is full; those of long keys as they are.
 */
struct outlet {
	size_t n;    /* groups in the tile */
	size_t rows; /* in packed */
	struct buf packed, large;
};

struct tally_writer {
	struct tally_store *store;
	size_t chunk; /* bytes that go out in one piece */
	char *tiles;  /* TALLY_TILE groups for each partition */
	struct outlet outlets[PARTITIONS];
	int begun;
	unsigned char *scales; /* of what waits */
	size_t scales_at;
};

struct tally_store *
tally_store_new(enum tally_order order, size_t state, size_t nscales, struct spill *spill,
    size_t hold)
{
	struct tally_store *s = mem_zero(1, sizeof *s);

	s->order = order;
	s->seed = ~hash_seed(); /* not that of tables */
	s->state = state;
	s->nscales = nscales;
	s->spill = spill;
	s->hold = hold;
	(void)pthread_mutex_init(&s->lock, NULL);
	return s;
}

void
tally_store_free(struct tally_store *s)
{
	size_t i, j;

	if (s == NULL)
		return;
	for (i = 0; i < PARTITIONS; i++) {
		for (j = 0; j < s->parts[i].n; j++)
			free(s->parts[i].chunks[j].held);
		free(s->parts[i].chunks);
	}
	tally_cuts_free(&s->cuts);
	buf_free(&s->scales);
	(void)pthread_mutex_destroy(&s->lock);
	free(s);
}

int
tally_store_flushed(const struct tally_store *s)
{
	return s->cut;
}

/* A group of a short key as bytes: the key and the state. */
static size_t
short_bytes(const struct tally_store *s)
{
	return TALLY_SHORT + s->state;
}

/* May so many bytes more stay in memory? Then they count. */
static int
hold(struct tally_store *s, size_t n)
{
	int may;

	(void)pthread_mutex_lock(&s->lock);
	may = n <= s->hold - s->held;
	if (may)
		s->held += n;
	(void)pthread_mutex_unlock(&s->lock);
	return may;
}

/* Bytes of a partition as one more chunk. */
static int
put_chunk(struct tally_writer *w, size_t part, struct buf *b, struct tally_chunk c,
    struct fault *f)
{
	struct tally_store *s = w->store;
	struct tally_partition *p = &s->parts[part];

	c.scales = w->scales_at;
	c.bytes = (uint32_t)b->n;
	if (hold(s, b->n)) {
		c.held = mem_alloc(b->n + TALLY_PACK_SLACK);
		memcpy(c.held, b->p, b->n);
		buf_clear(b);
	} else if (spill_write(s->spill, b, &c.at, f) == -1) {
		return -1;
	}
	(void)pthread_mutex_lock(&s->lock);
	if (p->n == p->room) {
		p->room = p->room * 2 + 8;
		p->chunks = mem_array(p->chunks, p->room, sizeof c);
	}
	p->chunks[p->n++] = c;
	(void)pthread_mutex_unlock(&s->lock);
	return 0;
}

static int
put_packed(struct tally_writer *w, size_t part, struct fault *f)
{
	struct outlet *o = &w->outlets[part];
	struct tally_chunk c = { .n = (uint32_t)o->rows };

	o->rows = 0;
	return put_chunk(w, part, &o->packed, c, f);
}

static int
put_large(struct tally_writer *w, size_t part, struct fault *f)
{
	struct tally_chunk c = { .large = 1 };

	return put_chunk(w, part, &w->outlets[part].large, c, f);
}

static char *
tile_of(const struct tally_writer *w, size_t part)
{
	return w->tiles + part * TALLY_TILE * short_bytes(w->store);
}

static void
pack_tile(struct tally_writer *w, size_t part)
{
	struct outlet *o = &w->outlets[part];

	tally_pack(&o->packed, tile_of(w, part), o->n,
	    short_bytes(w->store) / 8);
	o->rows += o->n;
	o->n = 0;
}

/* A group as bytes: the key and the state. */
static int
put_short(struct tally_writer *w, size_t part, const struct tally_key *k,
    const char *state, struct fault *f)
{
	struct outlet *o = &w->outlets[part];
	size_t size = w->store->state, i;
	char *to = tile_of(w, part) + o->n * (TALLY_SHORT + size);

	memcpy(to, &k->lo, 8);
	memcpy(to + 8, &k->hi, 8);
	to += TALLY_SHORT;
	for (i = 0; i < size; i += 8)
		memcpy(to + i, state + i, 8);
	if (++o->n < TALLY_TILE)
		return 0;
	pack_tile(w, part);
	return o->packed.n < w->chunk ? 0 : put_packed(w, part, f);
}

/* The length, the state and the key. */
static int
put_long(struct tally_writer *w, size_t part, const struct tally_key *k,
    const char *state, struct fault *f)
{
	struct buf *b = &w->outlets[part].large;
	uint64_t n = k->n;

	buf_put(b, &n, 8);
	buf_put(b, state, w->store->state);
	buf_put(b, k->p, k->n);
	while (b->n % 8 != 0)
		buf_putc(b, 0);
	return b->n < w->chunk ? 0 : put_large(w, part, f);
}

struct tally_writer *
tally_writer_new(struct tally_store *s, size_t memory)
{
	struct tally_writer *w = mem_zero(1, sizeof *w);

	w->store = s;
	w->chunk = memory / PARTITIONS;
	if (w->chunk < CHUNK / 16)
		w->chunk = CHUNK / 16;
	if (w->chunk > CHUNK)
		w->chunk = CHUNK;
	w->tiles = mem_array(NULL, PARTITIONS * TALLY_TILE, short_bytes(s));
	w->scales = mem_zero(s->nscales, 1);
	return w;
}

void
tally_writer_free(struct tally_writer *w)
{
	size_t i;

	if (w == NULL)
		return;
	for (i = 0; i < PARTITIONS; i++) {
		buf_free(&w->outlets[i].packed);
		buf_free(&w->outlets[i].large);
	}
	free(w->tiles);
	free(w->scales);
	free(w);
}

int
tally_writer_flush(struct tally_writer *w, struct fault *f)
{
	size_t i;

	for (i = 0; i < PARTITIONS; i++) {
		struct outlet *o = &w->outlets[i];

		if (o->n > 0)
			pack_tile(w, i);
		if (o->rows > 0 && put_packed(w, i, f) == -1)
			return -1;
		if (o->large.n > 0 && put_large(w, i, f) == -1)
			return -1;
	}
	return 0;
}

/* From here on groups are at these scales, if they were at others before. */
static int
writer_scales(struct tally_writer *w, const unsigned char *scales,
    struct fault *f)
{
	struct tally_store *s = w->store;

	if (w->begun && (s->nscales == 0 ||
	    memcmp(w->scales, scales, s->nscales) == 0))
		return 0;
	if (tally_writer_flush(w, f) == -1)
		return -1;
	(void)pthread_mutex_lock(&s->lock);
	w->scales_at = s->scales.n;
	buf_put(&s->scales, scales, s->nscales);
	(void)pthread_mutex_unlock(&s->lock);
	if (s->nscales > 0)
		memcpy(w->scales, scales, s->nscales);
	w->begun = 1;
	return 0;
}

/* Of n keys, the partition each is in. */
static void
find_parts(const struct tally_store *s, const struct tally_key *k, size_t n,
    unsigned char *to)
{
	unsigned shift = 64 - (unsigned)__builtin_ctz(PARTITIONS);
	size_t i;

	if (s->order == TALLY_SORTED) {
		tally_cuts_find(&s->cuts, k, n, to);
		return;
	}
	for (i = 0; i < n; i++)
		to[i] = (unsigned char)((k[i].n <= TALLY_SHORT ?
		    hash_pair(k[i].lo, k[i].hi, s->seed) :
		    hash_bytes(k[i].p, k[i].n, s->seed)) >> shift);
}

int
tally_writer_put(struct tally_writer *w, const struct tally_key *k,
    char *const *states, size_t n, const unsigned char *scales,
    struct fault *f)
{
	unsigned char part[TALLY_BATCH];
	size_t i;

	assert(n <= TALLY_BATCH);
	if (writer_scales(w, scales, f) == -1)
		return -1;
	find_parts(w->store, k, n, part);
	for (i = 0; i < n; i++)
		if ((k[i].n > TALLY_SHORT ? put_long(w, part[i], &k[i],
		    states[i], f) : put_short(w, part[i], &k[i], states[i],
		    f)) == -1)
			return -1;
	return 0;
}

int
tally_store_flush(struct tally_store *s, struct tally_table *t,
    const unsigned char *scales, struct fault *f)
{
	size_t n = tally_table_count(t), i, j, m;
	struct tally_key keys[TALLY_BATCH];
	char *states[TALLY_BATCH];
	struct tally_writer *w;
	int rc = 0;

	if (n == 0)
		return 0;
	(void)pthread_mutex_lock(&s->lock);
	if (!s->cut && s->order == TALLY_SORTED)
		tally_cuts_choose(&s->cuts, t);
	s->cut = 1;
	(void)pthread_mutex_unlock(&s->lock);
	w = tally_writer_new(s, PARTITIONS * CHUNK);
	for (i = 0; i < n && rc == 0; i += m) {
		m = n - i < TALLY_BATCH ? n - i : TALLY_BATCH;
		for (j = 0; j < m; j++)
			states[j] = tally_table_at(t, i + j, &keys[j]);
		rc = tally_writer_put(w, keys, states, m, scales, f);
	}
	if (rc == 0)
		rc = tally_writer_flush(w, f);
	tally_writer_free(w);
	if (rc == 0)
		tally_table_empty(t);
	return rc;
}

void
tally_groups_free(struct tally_groups *g)
{
	buf_free(&g->stored);
	buf_free(&g->unpacked);
}

int
tally_read_chunk(struct tally_store *s, const struct tally_chunk *c, struct tally_groups *g,
    struct fault *f)
{
	const char *from = c->held;

	buf_clear(&g->stored);
	if (from == NULL) {
		if (spill_read(s->spill, c->at, 0, c->bytes, &g->stored,
		    f) == -1)
			return -1;
		from = g->stored.p;
	} else if (c->large) {
		buf_put(&g->stored, from, c->bytes);
	}
	g->all = &g->stored;
	if (!c->large) {
		tally_unpack(&g->unpacked, from, c->n, short_bytes(s) / 8);
		g->all = &g->unpacked;
	}
	return 0;
}

int
tally_next_group(const struct tally_store *s, const struct tally_chunk *c,
    const struct tally_groups *g, size_t *at, struct tally_key *k,
    const char **state)
{
	const char *p = g->all->p + *at;

	if (*at >= g->all->n)
		return 0;
	memset(k, 0, sizeof *k);
	if (!c->large) {
		memcpy(&k->lo, p, 8);
		memcpy(&k->hi, p + 8, 8);
		/* Enough for the table; its real length is not needed. */
		k->n = TALLY_SHORT;
		*state = p + TALLY_SHORT;
		*at += short_bytes(s);
	} else {
		uint64_t n;

		memcpy(&n, p, 8);
		k->n = (size_t)n;
		k->p = p + 8 + s->state;
		*state = p + 8;
		*at += (8 + s->state + k->n + 7) / 8 * 8;
	}
	return 1;
}

int
tally_store_visit(struct tally_store *s, int (*visit)(void *,
    const struct tally_key *, const char *, const unsigned char *,
    struct fault *), void *arg, struct fault *f)
{
	size_t count[PARTITIONS], i, j, at;
	struct tally_groups g = { 0 };
	unsigned char scales[256]; /* visit may move those of the store */
	int rc = -1;

	assert(s->nscales <= sizeof scales);
	for (i = 0; i < PARTITIONS; i++)
		count[i] = s->parts[i].n;
	for (i = 0; i < PARTITIONS; i++)
		for (j = 0; j < count[i]; j++) {
			struct tally_chunk c = s->parts[i].chunks[j];
			struct tally_key k;
			const char *state;

			if (tally_read_chunk(s, &c, &g, f) == -1)
				goto out;
			if (s->nscales > 0)
				memcpy(scales, s->scales.p + c.scales,
				    s->nscales);
			for (at = 0; tally_next_group(s, &c, &g, &at, &k, &state);)
				if (visit(arg, &k, state, scales, f) == -1)
					goto out;
		}
	rc = 0;
out:
	tally_groups_free(&g);
	return rc;
}

int
tally_table_absorb(struct tally_table *into, struct tally_table *from,
    const struct tally_adder *add, struct fault *f)
{
	struct tally_key keys[TALLY_BATCH];
	char *states[TALLY_BATCH], *to[TALLY_BATCH];
	size_t n = tally_table_count(from), i, j, m;

	for (i = 0; i < n; i += m) {
		m = n - i < TALLY_BATCH ? n - i : TALLY_BATCH;
		for (j = 0; j < m; j++)
			states[j] = tally_table_at(from, i + j, &keys[j]);
		tally_table_batch(into, keys, m, to);
		for (j = 0; j < m; j++)
			if (add->add(add->arg, to[j], states[j], NULL,
			    f) == -1)
				return -1;
	}
	return 0;
}
