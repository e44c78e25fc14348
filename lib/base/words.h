/*
 * words: texts that come again and again to dense numbers 0, 1, 2, ... in
 * order of arrival.
 *
 * A map with the keys of up to sixteen bytes in its slots, so that a code
 * or a date is found by two comparisons and without a hash of its bytes.
 * SIXTEEN BYTES FROM THE TEXT'S START ARE READ, whatever its length: blocks
 * and expressions have that room. Cost beside the map's: 24 bytes a slot, at
 * most half full.
 */
#ifndef NIB_BASE_WORDS_H
#define NIB_BASE_WORDS_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/map.h"

struct words_slot {
	uint64_t text[2];
	uint32_t n, number; /* length plus one, 0: free */
};

struct words {
	struct map *map; /* all of them, to count and to read */
	struct words_slot *slots;
	unsigned bits; /* log2 of how many slots */
	size_t n;      /* slots taken */
};

void words_init(struct words *);
void words_clear(struct words *); /* frees what it holds */
size_t words_add_new(struct words *, const char *, size_t);

static inline size_t
words_slot_of(const struct words *w, uint64_t a, uint64_t b, size_t n)
{
	const size_t mask = ((size_t)1 << w->bits) - 1;
	size_t i = (size_t)((a ^ b * 31) * 0x9e3779b97f4a7c15ULL >>
	    (64 - w->bits));

	while (w->slots[i].n != 0 && (w->slots[i].text[0] != a ||
	    w->slots[i].text[1] != b || w->slots[i].n != n + 1))
		i = (i + 1) & mask;
	return i;
}

/* The bytes of a text of up to sixteen, zero beyond its end. */
static inline void
words_load(const char *p, size_t n, uint64_t *a, uint64_t *b)
{
	memcpy(a, p, 8);
	memcpy(b, p + 8, 8);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	*a = __builtin_bswap64(*a);
	*b = __builtin_bswap64(*b);
#endif
	if (n <= 8) {
		*b = 0;
		if (n < 8)
			*a &= ((uint64_t)1 << n * 8) - 1;
	} else if (n < 16) {
		*b &= ((uint64_t)1 << (n - 8) * 8) - 1;
	}
}

/* The text's number, added if new. */
static inline size_t
words_add(struct words *w, const char *p, size_t n)
{
	uint64_t a, b;
	size_t i;

	if (n > 16)
		return map_add(w->map, p, n, NULL);
	words_load(p, n, &a, &b);
	i = words_slot_of(w, a, b, n);
	return w->slots[i].n != 0 ? w->slots[i].number :
	    words_add_new(w, p, n);
}

#endif
