/* A table that may be larger than memory. */
#include "tally/store.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/hash.h"
#include "base/mem.h"
#include "tally/cuts.h"
#include "tally/pack.h"
#include "tally/set.h"

#define PARTITIONS TALLY_PARTITIONS
#define AHEAD 32 /* groups asked for before they are needed */
#define CHUNK ((size_t)64 * 1024)

/* Groups written in one piece, to memory or to the file. */
struct chunk {
	char *held; /* NULL: it is in the file */
	off_t at;
	uint32_t bytes; /* as it lies there */
	uint32_t n;     /* groups, which are packed; of long keys not counted */
	int large;      /* keys longer than TALLY_SHORT */
	size_t scales; /* place in the store's scales */
};

struct partition {
	struct chunk *chunks;
	size_t n, room;
};

struct tally_store {
	enum tally_order order;
	uint64_t seed; /* any order: of the hash that partitions go by */
	size_t state, nscales;
	struct spill *spill;
	size_t hold, held; /* bytes of chunks in memory: at most, and now */
	pthread_mutex_t lock;
	int cut; /* something was flushed; cuts are set if it has an order */
	struct tally_cuts cuts;
	struct partition parts[PARTITIONS];
	struct buf scales;
};

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

struct tally_stream {
	struct tally_store *store; /* borrowed, unless owned */
	int owned;
	size_t limit;
	struct tally_adder add;
	size_t part;
	/* The partition at hand; of keys alone the short ones are in set. */
	struct tally_table *table;
	struct tally_set *set;
	size_t at;        /* in set */
	uint32_t *sorted; /* NULL: as they are in the table */
	size_t next, n;   /* in table */
	struct tally_stream *below; /* a partition cut again */
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
put_chunk(struct tally_writer *w, size_t part, struct buf *b, struct chunk c,
    struct fault *f)
{
	struct tally_store *s = w->store;
	struct partition *p = &s->parts[part];

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
	struct chunk c = { .n = (uint32_t)o->rows };

	o->rows = 0;
	return put_chunk(w, part, &o->packed, c, f);
}

static int
put_large(struct tally_writer *w, size_t part, struct fault *f)
{
	struct chunk c = { .large = 1 };

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

/* A chunk that was read: as it lay in the file, and its groups. */
struct groups {
	struct buf stored, unpacked;
	const struct buf *all; /* one of the two */
};

static void
groups_free(struct groups *g)
{
	buf_free(&g->stored);
	buf_free(&g->unpacked);
}

static int
read_chunk(struct tally_store *s, const struct chunk *c, struct groups *g,
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

/* The group at *at of a chunk; *at moves on. 0 at the end. */
static int
next_group(const struct tally_store *s, const struct chunk *c,
    const struct groups *g, size_t *at, struct tally_key *k,
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

static int
absorb_chunk(struct tally_stream *x, const struct chunk *c, struct groups *g,
    struct fault *f)
{
	struct tally_store *s = x->store;
	const unsigned char *scales = (const unsigned char *)s->scales.p +
	    c->scales;
	struct tally_key keys[TALLY_BATCH];
	const char *from[TALLY_BATCH];
	char *to[TALLY_BATCH];
	size_t at = 0, n, i;

	if (read_chunk(s, c, g, f) == -1)
		return -1;
	for (i = 0; x->set != NULL && !c->large && i < c->n; i += n) {
		n = c->n - i < TALLY_BATCH ? c->n - i : TALLY_BATCH;
		tally_set_add(x->set, g->all->p + i * TALLY_SHORT, n);
		at += n * TALLY_SHORT;
	}
	do {
		for (n = 0; n < TALLY_BATCH && next_group(s, c, g, &at,
		    &keys[n], &from[n]); n++)
			;
		tally_table_batch(x->table, keys, n, to);
		for (i = 0; i < n; i++)
			if (x->add.add(x->add.arg, to[i], from[i], scales,
			    f) == -1)
				return -1;
	} while (n == TALLY_BATCH);
	return 0;
}

int
tally_store_visit(struct tally_store *s, int (*visit)(void *,
    const struct tally_key *, const char *, const unsigned char *,
    struct fault *), void *arg, struct fault *f)
{
	size_t count[PARTITIONS], i, j, at;
	struct groups g = { 0 };
	unsigned char scales[256]; /* visit may move those of the store */
	int rc = -1;

	assert(s->nscales <= sizeof scales);
	for (i = 0; i < PARTITIONS; i++)
		count[i] = s->parts[i].n;
	for (i = 0; i < PARTITIONS; i++)
		for (j = 0; j < count[i]; j++) {
			struct chunk c = s->parts[i].chunks[j];
			struct tally_key k;
			const char *state;

			if (read_chunk(s, &c, &g, f) == -1)
				goto out;
			if (s->nscales > 0)
				memcpy(scales, s->scales.p + c.scales,
				    s->nscales);
			for (at = 0; next_group(s, &c, &g, &at, &k, &state);)
				if (visit(arg, &k, state, scales, f) == -1)
					goto out;
		}
	rc = 0;
out:
	groups_free(&g);
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

static void
begin(struct tally_stream *x)
{
	if (x->store->order == TALLY_SORTED)
		x->sorted = tally_table_sorted(x->table);
	x->n = tally_table_count(x->table);
	x->next = x->at = 0;
}

/* Memory stays for the next. */
static void
end(struct tally_stream *x)
{
	if (x->table != NULL)
		tally_table_empty(x->table);
	if (x->set != NULL)
		tally_set_empty(x->set);
	free(x->sorted);
	x->sorted = NULL;
	x->next = x->n = 0;
}

/*
 * A stride through n chunks that meets all: of about 0.618 of them, so that
 * what is read first, by which a partition is cut again, comes from
 * everywhere, even when the input was in order.
 */
static size_t
stride_of(size_t n)
{
	size_t stride = n * 618 / 1000 + 1;

	for (;; stride++) {
		size_t a = stride, c = n;

		while (c != 0) {
			size_t r = a % c;

			a = c;
			c = r;
		}
		if (a == 1)
			return stride;
	}
}

static int
flush_set(struct tally_store *to, struct tally_set *set,
    const unsigned char *scales, struct fault *f)
{
	struct tally_writer *w = tally_writer_new(to, PARTITIONS * CHUNK);
	struct tally_key keys[TALLY_BATCH];
	char *states[TALLY_BATCH] = { NULL };
	size_t at = 0, n;
	int rc = 0;

	to->cut = 1;
	do {
		for (n = 0; n < TALLY_BATCH && tally_set_next(set, &at,
		    &keys[n]); n++)
			;
		rc = tally_writer_put(w, keys, states, n, scales, f);
	} while (rc == 0 && n == TALLY_BATCH);
	if (rc == 0)
		rc = tally_writer_flush(w, f);
	tally_writer_free(w);
	tally_set_empty(set);
	return rc;
}

/* All that was read so far of a partition goes into a store of its own. */
static int
move(struct tally_stream *x, struct tally_store **sub, struct fault *f)
{
	struct tally_store *s = x->store;

	if (*sub == NULL) {
		*sub = tally_store_new(s->order, s->state, s->nscales,
		    s->spill, 0);
		(*sub)->seed = s->seed * 3; /* another hash */
	}
	if (x->set != NULL && tally_set_count(x->set) > 0 &&
	    flush_set(*sub, x->set, x->add.scales, f) == -1)
		return -1;
	return tally_store_flush(*sub, x->table, x->add.scales, f);
}

static int
too_large(const struct tally_stream *x)
{
	size_t bytes = tally_table_bytes(x->table);
	size_t n = tally_table_count(x->table);

	if (x->set != NULL) {
		bytes += tally_set_bytes(x->set);
		n += tally_set_count(x->set);
	}
	return bytes > x->limit && n >= 2 * PARTITIONS;
}

/* All of a partition in memory, or cut again in x->below. */
static int
load(struct tally_stream *x, struct partition *p, struct fault *f)
{
	struct tally_store *sub = NULL;
	struct groups g = { 0 };
	size_t i, at, stride = stride_of(p->n);
	int rc = -1;

	if (x->table == NULL)
		x->table = tally_table_new(x->store->state);
	if (x->set == NULL && x->store->state == 0 &&
	    x->store->order == TALLY_ANY_ORDER)
		x->set = tally_set_new();
	for (i = 0, at = 0; i < p->n; i++, at = (at + stride) % p->n) {
		if (absorb_chunk(x, &p->chunks[at], &g, f) == -1)
			goto out;
		free(p->chunks[at].held);
		p->chunks[at].held = NULL;
		if (too_large(x) && move(x, &sub, f) == -1)
			goto out;
	}
	if (sub != NULL) {
		if (move(x, &sub, f) == -1)
			goto out;
		x->below = tally_store_read(sub, NULL, x->limit, &x->add, f);
		if (x->below == NULL)
			goto out;
		x->below->owned = 1;
		sub = NULL;
	}
	begin(x);
	rc = 0;
out:
	groups_free(&g);
	tally_store_free(sub);
	return rc;
}

struct tally_stream *
tally_store_read(struct tally_store *s, struct tally_table *rest,
    size_t limit, const struct tally_adder *add, struct fault *f)
{
	struct tally_stream *x = mem_zero(1, sizeof *x);

	x->store = s;
	x->limit = limit;
	x->add = *add;
	x->table = rest;
	if (!s->cut) {
		x->part = PARTITIONS;
		tally_table_settle(rest);
		begin(x);
	} else if (rest != NULL && tally_store_flush(s, rest, add->scales,
	    f) == -1) {
		tally_stream_free(x);
		return NULL;
	}
	return x;
}

/* The next partition, or 0 at the end. */
static int
advance(struct tally_stream *x, struct fault *f)
{
	end(x);
	if (x->part == PARTITIONS)
		return 0;
	return load(x, &x->store->parts[x->part++], f) == -1 ? -1 : 1;
}

int
tally_stream_next(struct tally_stream *x, struct tally_key *k, char **state,
    struct fault *f)
{
	int rc;

	do {
		if (x->below != NULL) {
			rc = tally_stream_next(x->below, k, state, f);
			if (rc != 0)
				return rc;
			tally_stream_free(x->below);
			x->below = NULL;
		}
		if (x->set != NULL && tally_set_next(x->set, &x->at, k)) {
			*state = NULL;
			return 1;
		}
		if (x->next < x->n && x->sorted == NULL) {
			*state = tally_table_at(x->table, x->next++, k);
			return 1;
		}
		if (x->next < x->n) {
			if (x->next + AHEAD < x->n)
				tally_table_prefetch(x->table,
				    x->sorted[x->next + AHEAD]);
			*state = tally_table_at(x->table,
			    x->sorted[x->next++], k);
			return 1;
		}
		rc = advance(x, f);
	} while (rc == 1);
	return rc;
}

int
tally_stream_count(struct tally_stream *x, uint64_t *n, struct fault *f)
{
	struct tally_key k;
	uint64_t more;
	int rc;

	*n = 0;
	do {
		if (x->below != NULL) {
			if (tally_stream_count(x->below, &more, f) == -1)
				return -1;
			*n += more;
			tally_stream_free(x->below);
			x->below = NULL;
		}
		*n += x->n - x->next;
		if (x->set != NULL && x->at == 0)
			*n += tally_set_count(x->set);
		while (x->set != NULL && x->at > 0 &&
		    tally_set_next(x->set, &x->at, &k))
			++*n;
		rc = advance(x, f);
	} while (rc == 1);
	return rc;
}

void
tally_stream_free(struct tally_stream *x)
{
	if (x == NULL)
		return;
	tally_stream_free(x->below);
	tally_table_free(x->table);
	tally_set_free(x->set);
	free(x->sorted);
	if (x->owned)
		tally_store_free(x->store);
	free(x);
}
