/* A table that may be larger than memory. */
#include "tally/store.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/num.h"
#include "tally/pack.h"

#define PARTITIONS 64
#define SAMPLE ((size_t)4096) /* of a table, to choose cuts by */
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

/*
 * Key k is in partition i when cut[i - 1] <= k's bytes from skip on < cut[i].
 * Keys that do not begin with prefix[skip] go to the first or the last.
 */
struct cuts {
	size_t n; /* of cuts; partitions are one more */
	num_uwide at[PARTITIONS]; /* beyond n: above every key */
	size_t skip;
	char *prefix;
};

struct tally_store {
	size_t state, nscales;
	struct spill *spill;
	size_t hold, held; /* bytes of chunks in memory: at most, and now */
	pthread_mutex_t lock;
	int cut; /* cuts are set */
	struct cuts cuts;
	struct partition parts[PARTITIONS];
	struct buf scales;
};

struct tally_writer {
	struct tally_store *store;
	size_t chunk; /* bytes that go out in one piece, before packing */
	struct buf bufs[PARTITIONS][2]; /* short keys, long ones */
	struct buf packed;
	int begun;
	unsigned char *scales; /* of what is in bufs */
	size_t scales_at;
};

struct tally_stream {
	struct tally_store *store; /* borrowed, unless owned */
	int owned;
	size_t limit;
	struct tally_adder add;
	size_t part;
	struct tally_table *table;
	enum tally_order order;
	uint32_t *sorted; /* NULL: as they are in the table */
	size_t next, n;
	struct tally_stream *below; /* a partition cut again */
};

struct tally_store *
tally_store_new(size_t state, size_t nscales, struct spill *spill,
    size_t hold)
{
	struct tally_store *s = mem_zero(1, sizeof *s);

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
	free(s->cuts.prefix);
	buf_free(&s->scales);
	(void)pthread_mutex_destroy(&s->lock);
	free(s);
}

int
tally_store_flushed(const struct tally_store *s)
{
	return s->cut;
}

/* Sixteen bytes as a number that compares as the bytes do. */
static inline num_uwide
prefix(const struct tally_key *k)
{
	uint64_t hi, lo;

	tally_key_prefix(k, &hi, &lo);
	return (num_uwide)hi << 64 | lo;
}

/* The same of those from skip on. */
static num_uwide
window(const char *p, size_t n, size_t skip)
{
	struct tally_key k = { 0, 0, NULL, 0 };

	if (n > skip)
		k = tally_key_of(p + skip,
		    n - skip > TALLY_SHORT ? TALLY_SHORT : n - skip);
	return prefix(&k);
}

/* Some of a table's groups, from all over it. */
static struct tally_table *
sample(const struct tally_table *t)
{
	size_t n = tally_table_count(t), i, step = n / SAMPLE + 1;
	struct tally_table *s = tally_table_new(0);
	struct tally_key k;
	char *state;

	for (i = 0; i < n; i += step) {
		(void)tally_table_at(t, i, &k);
		tally_table_batch(s, &k, 1, &state);
	}
	return s;
}

/* Cuts that share out the keys of a table about evenly. */
static void
choose_cuts(struct cuts *c, const struct tally_table *all)
{
	struct tally_table *t = sample(all);
	size_t n = tally_table_count(t), i, len;
	uint32_t *sorted = tally_table_sorted(t);
	struct tally_key first, last;
	char fs[TALLY_SHORT], ls[TALLY_SHORT];
	const char *fp, *lp;
	num_uwide at;

	(void)tally_table_at(t, sorted[0], &first);
	(void)tally_table_at(t, sorted[n - 1], &last);
	fp = tally_key_bytes(&first, fs);
	lp = tally_key_bytes(&last, ls);
	len = first.n < last.n ? first.n : last.n;
	for (c->skip = 0; c->skip < len && fp[c->skip] == lp[c->skip];)
		c->skip++;
	/* Eight bytes that differ will do, and none skipped is faster. */
	if (c->skip <= 8)
		c->skip = 0;
	c->prefix = mem_alloc(c->skip);
	memcpy(c->prefix, fp, c->skip);
	c->n = 0;
	for (i = 1; i < PARTITIONS; i++) {
		struct tally_key k;
		char small[TALLY_SHORT];

		(void)tally_table_at(t, sorted[n * i / PARTITIONS], &k);
		at = window(tally_key_bytes(&k, small), k.n, c->skip);
		if (c->n == 0 || c->at[c->n - 1] != at)
			c->at[c->n++] = at;
	}
	/* The last key at least is apart from the first. */
	at = window(lp, last.n, c->skip);
	if (c->n == 0 || c->at[c->n - 1] < at) {
		if (c->n < PARTITIONS - 1)
			c->n++;
		c->at[c->n - 1] = at;
	}
	for (i = c->n; i < PARTITIONS; i++)
		c->at[i] = ~(num_uwide)0;
	free(sorted);
	tally_table_free(t);
}

static size_t
partition_of(const struct cuts *c, const struct tally_key *k)
{
	num_uwide at;
	size_t below = 0, step;

	if (c->skip == 0) {
		at = prefix(k);
	} else {
		char small[TALLY_SHORT];
		const char *p = tally_key_bytes(k, small);
		size_t len = k->n < c->skip ? k->n : c->skip;
		int order = memcmp(p, c->prefix, len);

		if (order == 0 && k->n < c->skip)
			order = -1;
		if (order != 0)
			return order < 0 ? 0 : c->n;
		at = window(p, k->n, c->skip);
	}
	/* How many cuts are at or below it; no branch to guess wrong. */
	for (step = PARTITIONS / 2; step > 0; step /= 2)
		below += step & -(size_t)(c->at[below + step - 1] <= at);
	return below;
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

/* What a partition has so far, as one more chunk. */
static int
put_chunk(struct tally_writer *w, size_t part, int large, struct fault *f)
{
	struct tally_store *s = w->store;
	struct partition *p = &s->parts[part];
	struct buf *b = &w->bufs[part][large];
	struct chunk c = { .large = large, .scales = w->scales_at };

	if (!large) {
		c.n = (uint32_t)(b->n / short_bytes(s));
		buf_clear(&w->packed);
		tally_pack(&w->packed, b->p, c.n, short_bytes(s) / 8);
		buf_clear(b);
		b = &w->packed;
	}
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

/* A group as bytes: the key and the state. */
static void
put_group(struct buf *b, const struct tally_key *k, const char *state,
    size_t size)
{
	uint64_t n = k->n;
	char *to;

	if (k->n <= TALLY_SHORT) {
		buf_reserve(b, TALLY_SHORT + size);
		to = b->p + b->n;
		memcpy(to, &k->lo, 8);
		memcpy(to + 8, &k->hi, 8);
		memcpy(to + TALLY_SHORT, state, size);
		b->n += TALLY_SHORT + size;
		return;
	}
	buf_put(b, &n, 8);
	buf_put(b, state, size);
	buf_put(b, k->p, k->n);
	while (b->n % 8 != 0)
		buf_putc(b, 0);
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
		buf_free(&w->bufs[i][0]);
		buf_free(&w->bufs[i][1]);
	}
	buf_free(&w->packed);
	free(w->scales);
	free(w);
}

int
tally_writer_flush(struct tally_writer *w, struct fault *f)
{
	size_t i;
	int large;

	for (i = 0; i < PARTITIONS; i++)
		for (large = 0; large < 2; large++)
			if (w->bufs[i][large].n > 0 &&
			    put_chunk(w, i, large, f) == -1)
				return -1;
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

int
tally_writer_put(struct tally_writer *w, const struct tally_key *k,
    char *const *states, size_t n, const unsigned char *scales,
    struct fault *f)
{
	struct tally_store *s = w->store;
	size_t i;

	if (writer_scales(w, scales, f) == -1)
		return -1;
	for (i = 0; i < n; i++) {
		size_t p = partition_of(&s->cuts, &k[i]);
		int large = k[i].n > TALLY_SHORT;
		struct buf *b = &w->bufs[p][large];

		put_group(b, &k[i], states[i], s->state);
		if (b->n >= w->chunk && put_chunk(w, p, large, f) == -1)
			return -1;
	}
	return 0;
}

int
tally_store_flush(struct tally_store *s, struct tally_table *t,
    const unsigned char *scales, struct fault *f)
{
	size_t n = tally_table_count(t), i;
	struct tally_writer *w;
	int rc = 0;

	if (n == 0)
		return 0;
	(void)pthread_mutex_lock(&s->lock);
	if (!s->cut) {
		choose_cuts(&s->cuts, t);
		s->cut = 1;
	}
	(void)pthread_mutex_unlock(&s->lock);
	w = tally_writer_new(s, PARTITIONS * CHUNK);
	for (i = 0; i < n && rc == 0; i++) {
		struct tally_key k;
		char *state = tally_table_at(t, i, &k);

		rc = tally_writer_put(w, &k, &state, 1, scales, f);
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
absorb_chunk(struct tally_store *s, struct tally_table *t,
    const struct chunk *c, struct groups *g, const struct tally_adder *add,
    struct fault *f)
{
	const unsigned char *scales = (const unsigned char *)s->scales.p +
	    c->scales;
	struct tally_key keys[TALLY_BATCH];
	const char *from[TALLY_BATCH];
	char *to[TALLY_BATCH];
	size_t at = 0, n, i;

	if (read_chunk(s, c, g, f) == -1)
		return -1;
	do {
		for (n = 0; n < TALLY_BATCH && next_group(s, c, g, &at,
		    &keys[n], &from[n]); n++)
			;
		tally_table_batch(t, keys, n, to);
		for (i = 0; i < n; i++)
			if (add->add(add->arg, to[i], from[i], scales,
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
take_table(struct tally_stream *x, struct tally_table *t)
{
	x->table = t;
	if (x->order == TALLY_SORTED)
		x->sorted = tally_table_sorted(t);
	x->n = tally_table_count(t);
	x->next = 0;
}

/* All of a partition in memory, or cut again in x->below. */
static int
load(struct tally_stream *x, struct partition *p, struct fault *f)
{
	struct tally_store *s = x->store, *sub = NULL;
	struct tally_table *t = tally_table_new(s->state);
	struct groups g = { 0 };
	size_t i, at, stride;
	int rc = -1;

	/*
	 * In a stride of about 0.618 of all, so that what is read first, by
	 * which a partition is cut again, comes from everywhere, even when
	 * the input was in order.
	 */
	stride = p->n * 618 / 1000 + 1;
	for (;;) {
		size_t a = stride, c = p->n;

		while (c != 0) {
			size_t r = a % c;

			a = c;
			c = r;
		}
		if (a == 1)
			break;
		stride++;
	}
	for (i = 0, at = 0; i < p->n; i++, at = (at + stride) % p->n) {
		if (absorb_chunk(s, t, &p->chunks[at], &g, &x->add, f) == -1)
			goto out;
		free(p->chunks[at].held);
		p->chunks[at].held = NULL;
		if (tally_table_bytes(t) <= x->limit ||
		    tally_table_count(t) < 2 * PARTITIONS)
			continue;
		if (sub == NULL)
			sub = tally_store_new(s->state, s->nscales, s->spill,
			    0);
		if (tally_store_flush(sub, t, x->add.scales, f) == -1)
			goto out;
	}
	if (sub == NULL) {
		take_table(x, t);
		t = NULL;
	} else {
		x->below = tally_store_read(sub, t, x->limit, x->order,
		    &x->add, f);
		t = NULL;
		if (x->below == NULL)
			goto out;
		x->below->owned = 1;
		sub = NULL;
	}
	rc = 0;
out:
	groups_free(&g);
	tally_table_free(t);
	tally_store_free(sub);
	return rc;
}

struct tally_stream *
tally_store_read(struct tally_store *s, struct tally_table *rest,
    size_t limit, enum tally_order order, const struct tally_adder *add,
    struct fault *f)
{
	struct tally_stream *x = mem_zero(1, sizeof *x);

	x->store = s;
	x->limit = limit;
	x->order = order;
	x->add = *add;
	if (!s->cut) {
		x->part = PARTITIONS;
		take_table(x, rest);
		return x;
	}
	if (tally_store_flush(s, rest, add->scales, f) == -1) {
		tally_stream_free(x);
		x = NULL;
	}
	tally_table_free(rest);
	return x;
}

int
tally_stream_next(struct tally_stream *x, struct tally_key *k, char **state,
    struct fault *f)
{
	int rc;

	for (;;) {
		if (x->below != NULL) {
			rc = tally_stream_next(x->below, k, state, f);
			if (rc != 0)
				return rc;
			tally_stream_free(x->below);
			x->below = NULL;
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
		tally_table_free(x->table);
		free(x->sorted);
		x->table = NULL;
		x->sorted = NULL;
		x->next = x->n = 0;
		if (x->part == PARTITIONS)
			return 0;
		if (load(x, &x->store->parts[x->part++], f) == -1)
			return -1;
	}
}

void
tally_stream_free(struct tally_stream *x)
{
	if (x == NULL)
		return;
	tally_stream_free(x->below);
	tally_table_free(x->table);
	free(x->sorted);
	if (x->owned)
		tally_store_free(x->store);
	free(x);
}
