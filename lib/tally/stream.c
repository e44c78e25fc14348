/* What a store holds, read back a partition at a time. */
#include <stdlib.h>

#include "base/mem.h"
#include "tally/chunks.h"
#include "tally/set.h"

#define AHEAD 32 /* groups asked for before they are needed */
#define SHELVES 5
#define WRITER ((size_t)4 * 1024 * 1024)

/* A partition, each group once; of keys alone the short ones are in set. */
struct shelf {
	struct tally_table *table;
	struct tally_set *set;
	uint32_t *sorted; /* NULL: as they are in the table */
	size_t n;         /* in table */
	struct tally_stream *below; /* it was too large and cut again */
	/* Filled by a thread of its own, or not. */
	struct tally_stream *of;
	size_t part;
	int running, rc;
	pthread_t thread;
	struct fault fault;
};

/* Partition p is on shelf p % nshelves. */
struct tally_stream {
	struct tally_store *store; /* borrowed, unless owned */
	int owned;
	size_t limit; /* of a partition */
	struct tally_adder add;
	size_t nshelves;
	struct shelf shelves[SHELVES], *now;
	size_t begun, part; /* partitions begun to be filled, handed on */
	size_t at, next;    /* in now: in its set, its table */
};

static int
absorb_chunk(struct shelf *h, const struct tally_chunk *c,
    struct tally_groups *g, struct fault *f)
{
	struct tally_store *s = h->of->store;
	const struct tally_adder *add = &h->of->add;
	const unsigned char *scales = (const unsigned char *)s->scales.p +
	    c->scales;
	struct tally_key keys[TALLY_BATCH];
	const char *from[TALLY_BATCH];
	char *to[TALLY_BATCH];
	size_t at = 0, n, i;

	if (tally_read_chunk(s, c, g, f) == -1)
		return -1;
	for (i = 0; h->set != NULL && !c->large && i < c->n; i += n) {
		n = c->n - i < TALLY_BATCH ? c->n - i : TALLY_BATCH;
		tally_set_add(h->set, g->all->p + i * TALLY_SHORT, n);
		at += n * TALLY_SHORT;
	}
	do {
		for (n = 0; n < TALLY_BATCH && tally_next_group(s, c, g, &at,
		    &keys[n], &from[n]); n++)
			;
		tally_table_batch(h->table, keys, n, to);
		for (i = 0; i < n; i++)
			if (add->add(add->arg, to[i], from[i], scales, f) ==
			    -1)
				return -1;
	} while (n == TALLY_BATCH);
	return 0;
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
	struct tally_writer *w = tally_writer_new(to, WRITER);
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
move(struct shelf *h, struct tally_store **sub, struct fault *f)
{
	const struct tally_store *s = h->of->store;
	const unsigned char *scales = h->of->add.scales;

	if (*sub == NULL) {
		*sub = tally_store_new(s->order, s->state, s->nscales,
		    s->spill, 0);
		(*sub)->seed = s->seed * 3; /* another hash */
	}
	if (h->set != NULL && tally_set_count(h->set) > 0 &&
	    flush_set(*sub, h->set, scales, f) == -1)
		return -1;
	return tally_store_flush(*sub, h->table, scales, f);
}

static int
too_large(const struct shelf *h)
{
	size_t bytes = tally_table_bytes(h->table);
	size_t n = tally_table_count(h->table);

	if (h->set != NULL) {
		bytes += tally_set_bytes(h->set);
		n += tally_set_count(h->set);
	}
	return bytes > h->of->limit && n >= (size_t)2 * TALLY_PARTITIONS;
}

static int
fill(struct shelf *h, struct fault *f)
{
	struct tally_store *s = h->of->store, *sub = NULL;
	struct tally_partition *p = &s->parts[h->part];
	struct tally_groups g = { 0 };
	size_t i, at, stride = stride_of(p->n);
	int rc = -1;

	if (h->table == NULL)
		h->table = tally_table_new(s->state);
	if (h->set == NULL && s->state == 0 && s->order == TALLY_ANY_ORDER)
		h->set = tally_set_new();
	for (i = 0, at = 0; i < p->n; i++, at = (at + stride) % p->n) {
		if (absorb_chunk(h, &p->chunks[at], &g, f) == -1)
			goto out;
		free(p->chunks[at].held);
		p->chunks[at].held = NULL;
		if (too_large(h) && move(h, &sub, f) == -1)
			goto out;
	}
	if (sub != NULL) {
		if (move(h, &sub, f) == -1)
			goto out;
		h->below = tally_store_read(sub, NULL, h->of->limit, 0,
		    &h->of->add, f);
		if (h->below == NULL)
			goto out;
		h->below->owned = 1;
		sub = NULL;
	}
	h->n = tally_table_count(h->table);
	if (s->order == TALLY_SORTED && h->n > 0)
		h->sorted = tally_table_sorted(h->table);
	rc = 0;
out:
	tally_groups_free(&g);
	tally_store_free(sub);
	return rc;
}

static void *
work(void *arg)
{
	struct shelf *h = arg;

	h->rc = fill(h, &h->fault);
	return NULL;
}

/* Begins to fill shelves that are empty, the one at hand not among them. */
static void
begin(struct tally_stream *x)
{
	for (; x->begun < TALLY_PARTITIONS && x->begun < x->part +
	    x->nshelves; x->begun++) {
		struct shelf *h = &x->shelves[x->begun % x->nshelves];

		h->of = x;
		h->part = x->begun;
		h->fault = (struct fault)FAULT_NONE;
		/* Without a thread it is slower, not wrong. */
		h->running = x->nshelves > 1 &&
		    x->store->parts[x->begun].n > 0 &&
		    pthread_create(&h->thread, NULL, work, h) == 0;
		if (!h->running)
			(void)work(h);
	}
}

/* Memory stays for the next. */
static void
clear(struct shelf *h)
{
	if (h->table != NULL)
		tally_table_empty(h->table);
	if (h->set != NULL)
		tally_set_empty(h->set);
	free(h->sorted);
	h->sorted = NULL;
	h->n = 0;
}

/* The next partition, or 0 at the end. */
static int
advance(struct tally_stream *x, struct fault *f)
{
	struct shelf *h;

	if (x->now != NULL)
		clear(x->now);
	x->now = NULL;
	x->at = x->next = 0;
	if (x->part == TALLY_PARTITIONS)
		return 0;
	begin(x);
	h = &x->shelves[x->part++ % x->nshelves];
	if (h->running)
		(void)pthread_join(h->thread, NULL);
	h->running = 0;
	x->now = h;
	if (h->rc == -1 && f != NULL && !f->set)
		*f = h->fault;
	return h->rc == -1 ? -1 : 1;
}

struct tally_stream *
tally_store_read(struct tally_store *s, struct tally_table *rest,
    size_t limit, unsigned helpers, const struct tally_adder *add,
    struct fault *f)
{
	struct tally_stream *x = mem_zero(1, sizeof *x);

	x->store = s;
	x->nshelves = helpers < SHELVES ? helpers + 1 : SHELVES;
	x->limit = limit / x->nshelves;
	x->add = *add;
	if (!s->cut) {
		x->begun = x->part = TALLY_PARTITIONS;
		x->now = &x->shelves[0];
		x->now->table = rest;
		x->now->n = tally_table_count(rest);
		tally_table_settle(rest);
		if (s->order == TALLY_SORTED)
			x->now->sorted = tally_table_sorted(rest);
		return x;
	}
	if (rest != NULL && tally_store_flush(s, rest, add->scales, f) ==
	    -1) {
		tally_stream_free(x);
		x = NULL;
	}
	tally_table_free(rest);
	return x;
}

static void
leave_below(struct shelf *h)
{
	tally_stream_free(h->below);
	h->below = NULL;
}

int
tally_stream_next(struct tally_stream *x, struct tally_key *k, char **state,
    struct fault *f)
{
	struct shelf *h;
	size_t i;
	int rc = 1;

	for (; rc == 1; rc = advance(x, f)) {
		if ((h = x->now) == NULL)
			continue;
		if (h->below != NULL) {
			rc = tally_stream_next(h->below, k, state, f);
			if (rc != 0)
				return rc;
			leave_below(h);
			rc = 1;
		}
		if (h->set != NULL && tally_set_next(h->set, &x->at, k)) {
			*state = NULL;
			return 1;
		}
		if (x->next == h->n)
			continue;
		i = x->next++;
		if (h->sorted != NULL && i + AHEAD < h->n)
			tally_table_prefetch(h->table, h->sorted[i + AHEAD]);
		*state = tally_table_at(h->table, h->sorted != NULL ?
		    h->sorted[i] : i, k);
		return 1;
	}
	return rc;
}

/* What is left of the partition at hand. */
static int
count_shelf(struct tally_stream *x, struct shelf *h, uint64_t *n,
    struct fault *f)
{
	struct tally_key k;
	uint64_t below = 0;

	if (h->below != NULL && tally_stream_count(h->below, &below, f) ==
	    -1)
		return -1;
	leave_below(h);
	*n += below + (h->n - x->next);
	if (h->set != NULL && x->at == 0)
		*n += tally_set_count(h->set);
	while (h->set != NULL && x->at > 0 && tally_set_next(h->set, &x->at,
	    &k))
		++*n;
	return 0;
}

int
tally_stream_count(struct tally_stream *x, uint64_t *n, struct fault *f)
{
	int rc = 1;

	*n = 0;
	for (; rc == 1; rc = advance(x, f))
		if (x->now != NULL && count_shelf(x, x->now, n, f) == -1)
			return -1;
	return rc;
}

void
tally_stream_free(struct tally_stream *x)
{
	size_t i;

	if (x == NULL)
		return;
	for (i = 0; i < SHELVES; i++) {
		struct shelf *h = &x->shelves[i];

		if (h->running)
			(void)pthread_join(h->thread, NULL);
		leave_below(h);
		tally_table_free(h->table);
		tally_set_free(h->set);
		free(h->sorted);
	}
	if (x->owned)
		tally_store_free(x->store);
	free(x);
}
