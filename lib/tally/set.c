/* Keys of up to sixteen bytes, each once. */
#include "tally/set.h"

#include <stdlib.h>

#include "base/hash.h"
#include "base/mem.h"

struct slot { /* all zeros: nothing is here */
	uint64_t lo, hi;
};

struct tally_set {
	uint64_t seed;
	struct slot *slots;
	size_t n, mask; /* keys; slots - 1, a power of two less one */
	unsigned shift; /* a hash's top bits, its slot: hash >> shift */
	int zero;       /* the key of sixteen zeros was met */
};

struct tally_set *
tally_set_new(void)
{
	struct tally_set *s = mem_zero(1, sizeof *s);

	s->seed = hash_seed();
	return s;
}

void
tally_set_free(struct tally_set *s)
{
	if (s == NULL)
		return;
	free(s->slots);
	free(s);
}

void
tally_set_empty(struct tally_set *s)
{
	if (s->slots != NULL)
		memset(s->slots, 0, (s->mask + 1) * sizeof *s->slots);
	s->n = 0;
	s->zero = 0;
}

size_t
tally_set_count(const struct tally_set *s)
{
	return s->n + (size_t)s->zero;
}

size_t
tally_set_bytes(const struct tally_set *s)
{
	return s->slots != NULL ? (s->mask + 1) * sizeof *s->slots : 0;
}

static inline size_t
slot_of(const struct tally_set *s, struct slot k)
{
	return (size_t)(hash_pair(k.lo, k.hi, s->seed) >> s->shift);
}

/* Puts k where it belongs from slot j on; 1 if it was not there. */
static inline size_t
put(struct tally_set *s, struct slot k, size_t j)
{
	for (; (s->slots[j].lo | s->slots[j].hi) != 0; j = (j + 1) & s->mask)
		if (s->slots[j].lo == k.lo && s->slots[j].hi == k.hi)
			return 0;
	s->slots[j] = k;
	return 1;
}

static void
reserve(struct tally_set *s, size_t more)
{
	size_t size = 2048, had = s->slots != NULL ? s->mask + 1 : 0, i;
	struct slot *old = s->slots;

	if (s->n + more <= had / 2)
		return;
	while (s->n + more > size / 2)
		size *= 2;
	s->slots = mem_zero(size, sizeof *s->slots);
	s->mask = size - 1;
	s->shift = (unsigned)__builtin_clzll(size) + 1;
	for (i = 0; i < had; i++)
		if ((old[i].lo | old[i].hi) != 0)
			(void)put(s, old[i], slot_of(s, old[i]));
	free(old);
}

void
tally_set_add(struct tally_set *s, const char *keys, size_t n)
{
	size_t at[TALLY_BATCH], i;
	struct slot k;

	reserve(s, n);
	for (i = 0; i < n; i++) {
		memcpy(&k, keys + i * sizeof k, sizeof k);
		at[i] = slot_of(s, k);
		__builtin_prefetch(&s->slots[at[i]], 1);
	}
	for (i = 0; i < n; i++) {
		memcpy(&k, keys + i * sizeof k, sizeof k);
		if (__builtin_expect((k.lo | k.hi) == 0, 0))
			s->zero = 1;
		else
			s->n += put(s, k, at[i]);
	}
}

int
tally_set_next(const struct tally_set *s, size_t *at, struct tally_key *k)
{
	size_t all = s->slots != NULL ? s->mask + 1 : 0;

	memset(k, 0, sizeof *k);
	while (*at < all) {
		const struct slot *x = &s->slots[(*at)++];

		if ((x->lo | x->hi) == 0)
			continue;
		k->lo = x->lo;
		k->hi = x->hi;
		k->n = tally_key_length(k->lo, k->hi);
		return 1;
	}
	return (*at)++ == all && s->zero;
}
