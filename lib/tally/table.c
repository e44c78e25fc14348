/* Byte-string keys, each with a state of a fixed size. */
#include "tally/table.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/hash.h"
#include "base/mem.h"

#define KEY_BYTES 16

/*
 * group: number from 1 of the group that is here; 0: nothing is. tag: the
 * upper half of its key's hash. Its top bits are the slot where looking for it
 * begins, so that slots can be made more without a look at the groups, in one
 * pass from front to back.
 */
struct slot {
	uint32_t tag;
	uint32_t group;
};

/*
 * Group g of a half is at groups + (g - 1) * stride: sixteen bytes of key
 * and the state. In the half of long keys the sixteen bytes are the
 * place of the text in keys and its length.
 */
struct half {
	struct slot *slots;
	size_t mask;    /* slots - 1, a power of two less one */
	unsigned shift; /* a tag's top bits, its slot: tag >> shift */
	size_t n, room;
	char *groups;
};

struct tally_table {
	size_t state, stride;
	uint64_t seed;
	struct half small, large;
	struct buf keys;
};

/* Slots for n groups: at most two thirds full. */
static size_t
slots_for(size_t n)
{
	size_t size = 2048;

	while (n > size / 3 * 2)
		size *= 2;
	return size;
}

struct tally_table *
tally_table_new(size_t state)
{
	struct tally_table *t = mem_zero(1, sizeof *t);

	t->state = state;
	t->stride = KEY_BYTES + state;
	t->seed = hash_seed();
	return t;
}

void
tally_table_clear(struct tally_table *t)
{
	free(t->small.slots);
	free(t->small.groups);
	free(t->large.slots);
	free(t->large.groups);
	buf_free(&t->keys);
	memset(&t->small, 0, sizeof t->small);
	memset(&t->large, 0, sizeof t->large);
}

void
tally_table_free(struct tally_table *t)
{
	if (t == NULL)
		return;
	tally_table_clear(t);
	free(t);
}

size_t
tally_table_count(const struct tally_table *t)
{
	return t->small.n + t->large.n;
}

static size_t
half_bytes(const struct half *h, size_t stride)
{
	return h->n == 0 ? 0 : h->n * stride +
	    slots_for(h->n) * sizeof *h->slots;
}

size_t
tally_table_bytes(const struct tally_table *t)
{
	return half_bytes(&t->small, t->stride) +
	    half_bytes(&t->large, t->stride) + t->keys.n;
}

void
tally_table_empty(struct tally_table *t)
{
	struct half *halves[2] = { &t->small, &t->large };
	size_t i;

	for (i = 0; i < 2; i++) {
		halves[i]->n = 0;
		if (halves[i]->slots != NULL)
			memset(halves[i]->slots, 0, (halves[i]->mask + 1) *
			    sizeof *halves[i]->slots);
	}
	t->keys.n = 0;
}

static struct tally_key
key_at(const struct tally_table *t, int large, size_t i)
{
	const char *g = (large ? t->large.groups : t->small.groups) +
	    i * t->stride;
	struct tally_key k = { 0, 0, NULL, 0 };

	memcpy(&k.lo, g, 8);
	memcpy(&k.hi, g + 8, 8);
	if (large) {
		k.p = t->keys.p + k.lo;
		k.n = (size_t)k.hi;
	} else {
		k.n = tally_key_length(k.lo, k.hi);
	}
	return k;
}

char *
tally_table_at(const struct tally_table *t, size_t i, struct tally_key *k)
{
	int large = i >= t->small.n;
	const struct half *h = large ? &t->large : &t->small;

	if (large)
		i -= t->small.n;
	*k = key_at(t, large, i);
	return h->groups + i * t->stride + KEY_BYTES;
}

void
tally_table_prefetch(const struct tally_table *t, size_t i)
{
	const char *g = i >= t->small.n ? t->large.groups +
	    (i - t->small.n) * t->stride : t->small.groups + i * t->stride;

	__builtin_prefetch(g);
	__builtin_prefetch(g + t->stride - 1);
}

static uint64_t
hash_of(const struct tally_table *t, const struct tally_key *k)
{
	return k->n <= TALLY_SHORT ? hash_pair(k->lo, k->hi, t->seed) :
	    hash_bytes(k->p, k->n, t->seed);
}

static void
put_slot(struct half *h, struct slot s)
{
	size_t j = s.tag >> h->shift;

	while (h->slots[j].group != 0)
		j = (j + 1) & h->mask;
	h->slots[j] = s;
}

/* Room for more keys: slots at most two thirds full, groups in one piece. */
static void
reserve(struct tally_table *t, int large, size_t more)
{
	struct half *h = large ? &t->large : &t->small;
	size_t need = h->n + more, i, size, had;
	struct slot *old;

	if (need > h->room) {
		h->room = h->room < 1024 ? 1024 : h->room + h->room / 2;
		if (h->room < need)
			h->room = need;
		h->groups = mem_array(h->groups, h->room, t->stride);
	}
	if (h->slots != NULL && need <= (h->mask + 1) / 3 * 2)
		return;
	old = h->slots;
	had = old != NULL ? h->mask + 1 : 0;
	size = slots_for(need);
	h->slots = mem_zero(size, sizeof *h->slots);
	h->mask = size - 1;
	h->shift = (unsigned)__builtin_clzll(size) - 31;
	for (i = 0; i < had; i++)
		if (old[i].group != 0)
			put_slot(h, old[i]);
	free(old);
	/* None while there are groups: they were given up. */
	for (i = 0; had == 0 && i < h->n; i++) {
		struct tally_key k = key_at(t, large, i);

		put_slot(h, (struct slot){ (uint32_t)(hash_of(t, &k) >> 32),
		    (uint32_t)(i + 1) });
	}
}

/* A group that is new, in a free slot; the caller sets its sixteen bytes. */
static inline char *
add_group(struct tally_table *t, struct half *h, size_t slot, uint32_t tag)
{
	char *g = h->groups + h->n * t->stride;

	h->slots[slot].tag = tag;
	h->slots[slot].group = (uint32_t)++h->n;
	memset(g + KEY_BYTES, 0, t->state);
	return g;
}

static inline char *
find_small(struct tally_table *t, const struct tally_key *k, uint32_t tag)
{
	struct half *h = &t->small;
	size_t j = tag >> h->shift;
	char *g;

	for (; h->slots[j].group != 0; j = (j + 1) & h->mask) {
		uint64_t lo, hi;

		if (h->slots[j].tag != tag)
			continue;
		g = h->groups + (h->slots[j].group - 1) * t->stride;
		memcpy(&lo, g, 8);
		memcpy(&hi, g + 8, 8);
		if (lo == k->lo && hi == k->hi)
			return g;
	}
	g = add_group(t, h, j, tag);
	memcpy(g, &k->lo, 8);
	memcpy(g + 8, &k->hi, 8);
	return g;
}

static char *
find_large(struct tally_table *t, const struct tally_key *k, uint32_t tag)
{
	struct half *h = &t->large;
	size_t j = tag >> h->shift;
	uint64_t at, n;
	char *g;

	for (; h->slots[j].group != 0; j = (j + 1) & h->mask) {
		if (h->slots[j].tag != tag)
			continue;
		g = h->groups + (h->slots[j].group - 1) * t->stride;
		memcpy(&at, g, 8);
		memcpy(&n, g + 8, 8);
		if (n == k->n && memcmp(t->keys.p + at, k->p, k->n) == 0)
			return g;
	}
	at = t->keys.n;
	n = k->n;
	buf_put(&t->keys, k->p, k->n);
	g = add_group(t, h, j, tag);
	memcpy(g, &at, 8);
	memcpy(g + 8, &n, 8);
	return g;
}

void
tally_table_batch(struct tally_table *t, const struct tally_key *k, size_t n,
    char **states)
{
	uint32_t tags[TALLY_BATCH];
	size_t large = 0, i;

	for (i = 0; i < n; i++)
		large += k[i].n > TALLY_SHORT;
	if (large < n)
		reserve(t, 0, n - large);
	if (large > 0)
		reserve(t, 1, large);
	for (i = 0; i < n; i++) {
		const struct half *h = k[i].n > TALLY_SHORT ? &t->large :
		    &t->small;

		tags[i] = (uint32_t)(hash_of(t, &k[i]) >> 32);
		__builtin_prefetch(&h->slots[tags[i] >> h->shift], 1);
	}
	for (i = 0; i < n; i++) {
		const struct half *h = k[i].n > TALLY_SHORT ? &t->large :
		    &t->small;
		uint32_t at = h->slots[tags[i] >> h->shift].group;

		/* Group 0 is none: a prefetch before the array is harmless. */
		if (at != 0)
			__builtin_prefetch(h->groups + (at - 1) * t->stride,
			    1);
	}
	/* There is room: nothing moves any more. */
	for (i = 0; i < n; i++)
		states[i] = (k[i].n > TALLY_SHORT ? find_large(t, &k[i],
		    tags[i]) : find_small(t, &k[i], tags[i])) + KEY_BYTES;
}

void
tally_table_settle(struct tally_table *t)
{
	free(t->small.slots);
	free(t->large.slots);
	t->small.slots = t->large.slots = NULL;
}
