/* Which keys were seen, as keyed digests of 16 bytes. */
#include "spec/keyset.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"

struct keyset {
	struct keyset_digest *slots;
	size_t mask;
	size_t n;
};

static inline uint64_t
load_le(const unsigned char *p, size_t n)
{
	uint64_t v = 0;

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	if (n == 8) {
		memcpy(&v, p, 8);
		return v;
	}
#endif
	while (n-- > 0)
		v = v << 8 | p[n];
	return v;
}

static inline uint64_t
rotate(uint64_t x, int n)
{
	return x << n | x >> (64 - n);
}

#define ROUND(v)                                                         \
	do {                                                             \
		v[0] += v[1];                                            \
		v[1] = rotate(v[1], 13) ^ v[0];                          \
		v[0] = rotate(v[0], 32);                                 \
		v[2] += v[3];                                            \
		v[3] = rotate(v[3], 16) ^ v[2];                          \
		v[0] += v[3];                                            \
		v[3] = rotate(v[3], 21) ^ v[0];                          \
		v[2] += v[1];                                            \
		v[1] = rotate(v[1], 17) ^ v[2];                          \
		v[2] = rotate(v[2], 32);                                 \
	} while (0)

static inline struct keyset_digest
siphash(uint64_t k0, uint64_t k1, const unsigned char *p, size_t n)
{
	uint64_t v[4], m;
	struct keyset_digest d;
	size_t left = n;
	int i;

	v[0] = k0 ^ 0x736f6d6570736575ULL;
	v[1] = k1 ^ 0x646f72616e646f6dULL ^ 0xee;
	v[2] = k0 ^ 0x6c7967656e657261ULL;
	v[3] = k1 ^ 0x7465646279746573ULL;
	for (; left >= 8; left -= 8, p += 8) {
		m = load_le(p, 8);
		v[3] ^= m;
		ROUND(v);
		ROUND(v);
		v[0] ^= m;
	}
	m = (uint64_t)n << 56 | load_le(p, left);
	v[3] ^= m;
	ROUND(v);
	ROUND(v);
	v[0] ^= m;
	v[2] ^= 0xee;
	for (i = 0; i < 4; i++)
		ROUND(v);
	d.a = v[0] ^ v[1] ^ v[2] ^ v[3];
	v[1] ^= 0xdd;
	for (i = 0; i < 4; i++)
		ROUND(v);
	d.b = v[0] ^ v[1] ^ v[2] ^ v[3];
	return d;
}

void
keyset_siphash(const unsigned char key[16], const void *p, size_t n,
    unsigned char to[16])
{
	struct keyset_digest d = siphash(load_le(key, 8),
	    load_le(key + 8, 8), p, n);
	int i;

	for (i = 0; i < 8; i++) {
		to[i] = (unsigned char)(d.a >> 8 * i);
		to[8 + i] = (unsigned char)(d.b >> 8 * i);
	}
}

static uint64_t keys[2];
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void
draw(void)
{
	keys[0] = hash_seed();
	keys[1] = hash_pair(keys[0], 0x9e3779b97f4a7c15ULL, keys[0]);
}

struct keyset_digest
keyset_digest(const void *p, size_t n)
{
	struct keyset_digest d;

	(void)pthread_once(&once, draw);
	d = siphash(keys[0], keys[1], p, n);
	if (d.a == 0 && d.b == 0)
		d.a = 1;
	return d;
}

struct keyset *
keyset_new(void)
{
	struct keyset *s = mem_zero(1, sizeof *s);

	s->mask = 1023;
	s->slots = mem_zero(s->mask + 1, sizeof *s->slots);
	return s;
}

void
keyset_free(struct keyset *s)
{
	if (s == NULL)
		return;
	free(s->slots);
	free(s);
}

size_t
keyset_count(const struct keyset *s)
{
	return s->n;
}

/* Its slot, or the free one where it belongs. */
static inline struct keyset_digest *
find(const struct keyset *s, struct keyset_digest d)
{
	size_t i = d.a & s->mask;

	while ((s->slots[i].a != d.a || s->slots[i].b != d.b) &&
	    (s->slots[i].a | s->slots[i].b) != 0)
		i = (i + 1) & s->mask;
	return &s->slots[i];
}

static void
grow(struct keyset *s)
{
	struct keyset_digest *old = s->slots;
	size_t i, n = s->mask + 1;

	s->mask = n * 2 - 1;
	s->slots = mem_zero(s->mask + 1, sizeof *s->slots);
	for (i = 0; i < n; i++)
		if ((old[i].a | old[i].b) != 0)
			*find(s, old[i]) = old[i];
	free(old);
}

int
keyset_add(struct keyset *s, struct keyset_digest d)
{
	struct keyset_digest *slot = find(s, d);

	if ((slot->a | slot->b) != 0)
		return 0;
	*slot = d;
	if (++s->n > (s->mask + 1) / 3 * 2)
		grow(s);
	return 1;
}

int
keyset_has(const struct keyset *s, struct keyset_digest d)
{
	const struct keyset_digest *slot = find(s, d);

	return (slot->a | slot->b) != 0;
}

void
keyset_prefetch(const struct keyset *s, struct keyset_digest d)
{
	__builtin_prefetch(&s->slots[d.a & s->mask], 1);
}
