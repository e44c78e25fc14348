/* Is a cell one of these? */
#include "spec/valueset.h"

#include <stdlib.h>

#include "base/map.h"
#include "base/mem.h"

struct valueset {
	struct map *all;
	uint64_t *slots; /* 0: free; no value is 0, as no cell has a NUL */
	unsigned bits;
	uint64_t factor;
	int has_empty, has_long;
};

static const uint64_t low[9] = { 0, 0xff, 0xffff, 0xffffff, 0xffffffff,
	0xffffffffff, 0xffffffffffff, 0xffffffffffffff, 0xffffffffffffffff };

/* The low bytes of a register are the first of memory only here. */
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define WIDE 1
#else
#define WIDE 0
#endif

static inline uint64_t
pack(const char *p, size_t n)
{
	uint64_t x = 0;

	if (WIDE) {
		memcpy(&x, p, 8);
		return x & low[n];
	}
	memcpy(&x, p, n);
	return x;
}

struct valueset *
valueset_new(void)
{
	struct valueset *s = mem_zero(1, sizeof *s);

	s->all = map_new();
	return s;
}

void
valueset_free(struct valueset *s)
{
	if (s == NULL)
		return;
	map_free(s->all);
	free(s->slots);
	free(s);
}

void
valueset_add(struct valueset *s, const void *p, size_t n)
{
	(void)map_add(s->all, p, n, NULL);
}

/* Every short value into a slot of its own: 0, or -1 when two meet. */
static int
place(struct valueset *s)
{
	size_t i, n, at;
	char room[8];

	memset(s->slots, 0, ((size_t)1 << s->bits) * sizeof *s->slots);
	for (i = 0; i < map_count(s->all); i++) {
		const char *p = map_key(s->all, i, &n);
		uint64_t x;

		if (n == 0 || n > 8)
			continue;
		memset(room, 0, sizeof room);
		memcpy(room, p, n);
		x = pack(room, n);
		at = (size_t)((x * s->factor) >> (64 - s->bits));
		if (s->slots[at] != 0)
			return -1;
		s->slots[at] = x;
	}
	return 0;
}

void
valueset_seal(struct valueset *s)
{
	size_t i, n, few = 0;
	unsigned tries;

	for (i = 0; i < map_count(s->all); i++) {
		(void)map_key(s->all, i, &n);
		s->has_empty |= n == 0;
		s->has_long |= n > 8;
		few += n <= 8;
	}
	s->factor = 0x9e3779b97f4a7c15ULL;
	/* Many codes make such a table too large: the map serves them. */
	if (few > 4096) {
		s->has_long = 1;
		few = 0;
	}
	for (s->bits = 2; ((size_t)1 << s->bits) < few * 2; s->bits++)
		;
	for (;; s->bits++) {
		s->slots = mem_array(s->slots, (size_t)1 << s->bits,
		    sizeof *s->slots);
		if (few == 0) {
			memset(s->slots, 0, ((size_t)1 << s->bits) *
			    sizeof *s->slots);
			return;
		}
		for (tries = 0; tries < 64; tries++) {
			if (place(s) == 0)
				return;
			s->factor = s->factor * 6364136223846793005ULL + 2;
			s->factor |= 1;
		}
		if (s->bits == 22) {
			s->has_long = 1;
			few = 0;
		}
	}
}

int
valueset_has(const struct valueset *s, const void *p, size_t n)
{
	return map_find(s->all, p, n) != MAP_NONE;
}

static inline int
has(const struct valueset *s, const char *p, size_t n)
{
	uint64_t x;

	if (n - 1 < 8) {
		x = pack(p, n);
		if (s->slots[(x * s->factor) >> (64 - s->bits)] == x)
			return 1;
		return s->has_long && map_find(s->all, p, n) != MAP_NONE;
	}
	if (n == 0)
		return s->has_empty;
	return s->has_long && map_find(s->all, p, n) != MAP_NONE;
}

size_t
valueset_batch(const struct valueset *s, const char *const *p,
    const uint32_t *n, size_t k, size_t prefix, unsigned char *to)
{
	size_t i, bad = 0;

	for (i = 0; i < k; i++) {
		int ok = has(s, p[i], n[i]);

		if (!ok && prefix > 0 && n[i] > prefix)
			ok = has(s, p[i], prefix);
		to[i] = (unsigned char)ok;
		bad += (size_t)!ok;
	}
	return bad;
}

size_t
valueset_look(const struct valueset *s, const char *data,
    const uint32_t *ends, size_t stride, size_t k)
{
	size_t i, empty = 0;
	int other = 0;

	for (i = 0; i < k; i++, ends += stride) {
		uint32_t start = ends[-1] + 1, n = ends[0] - start;
		uint64_t x = pack(data + start, n < 8 ? n : 8);

		empty += n == 0;
		other |= (n > 8) | ((n > 0) &
		    (s->slots[(x * s->factor) >> (64 - s->bits)] != x));
	}
	return other ? VALUESET_OTHER : empty;
}

size_t
valueset_slots(const struct valueset *s)
{
	return (size_t)1 << s->bits;
}

long
valueset_slot(const struct valueset *s, const char *p, size_t n)
{
	uint64_t x;
	size_t at;

	if (n - 1 >= 8)
		return -1;
	x = pack(p, n);
	at = (size_t)((x * s->factor) >> (64 - s->bits));
	return s->slots[at] == x ? (long)at : -1;
}

void
valueset_slot_value(const struct valueset *s, size_t slot, char to[9])
{
	memcpy(to, &s->slots[slot], 8);
	to[8] = '\0';
}

int
valueset_countable(const struct valueset *s)
{
	return !s->has_long && s->bits <= 12;
}
