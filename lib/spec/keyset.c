/* Which keys were seen, as keyed digests of 16 bytes. */
#include "spec/keyset.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"
#include "base/pieces.h"

#define LEAST 64    /* slots of a shard, and digests */
#define FAST 16384U /* slots up to which there come to be four times as many */

/*
 * A slot is 0 when it is free, else the tag of a digest, its 32 bits after
 * the shard's, above one more than its number among those seen. The tag says
 * where it belongs and settles nearly every question, so that most of them
 * cost one place in a table of eight bytes a slot.
 *
 * Both tables lie in pieces. While one has less than a piece, it has a
 * smaller first one of its own.
 */
struct shard {
	uint64_t **slots;
	struct keyset_digest **seen; /* in order of arrival */
	size_t size, n, cap;
	char apart[64 - 3 * sizeof(size_t) - 2 * sizeof(void *)]; /* threads */
};

#define SLOTS (PIECES_BYTES / sizeof(uint64_t)) /* in a piece */
#define SEEN (PIECES_BYTES / sizeof(struct keyset_digest))

struct keyset {
	struct shard shards[KEYSET_SHARDS];
	struct pieces *pieces;
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

/*
 * Four messages of as many blocks, side by side. The compiler makes vector
 * instructions of it, or pairs of narrower ones where there are none.
 */
typedef uint64_t four __attribute__((vector_size(32)));

#define LANES 4

#define ROTATE_FOUR(x, n) ((x) << (n) | (x) >> (64 - (n)))

#define ROUND_FOUR(v)                                                    \
	do {                                                             \
		v[0] += v[1];                                            \
		v[1] = ROTATE_FOUR(v[1], 13) ^ v[0];                     \
		v[0] = ROTATE_FOUR(v[0], 32);                            \
		v[2] += v[3];                                            \
		v[3] = ROTATE_FOUR(v[3], 16) ^ v[2];                     \
		v[0] += v[3];                                            \
		v[3] = ROTATE_FOUR(v[3], 21) ^ v[0];                     \
		v[2] += v[1];                                            \
		v[1] = ROTATE_FOUR(v[1], 17) ^ v[2];                     \
		v[2] = ROTATE_FOUR(v[2], 32);                            \
	} while (0)

/* Block i of n bytes, the last with the length; 8 bytes may be overread. */
static inline uint64_t
block(const unsigned char *p, size_t n, size_t i)
{
	size_t left = n - i * 8;
	uint64_t m;

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	memcpy(&m, p + i * 8, 8);
	if (left >= 8)
		return m;
	return (uint64_t)n << 56 | (m & (((uint64_t)1 << left * 8) - 1));
#else
	if (left >= 8)
		return load_le(p + i * 8, 8);
	m = load_le(p + i * 8, left);
	return (uint64_t)n << 56 | m;
#endif
}

static inline __attribute__((always_inline)) void
siphash_four(uint64_t k0, uint64_t k1, const unsigned char *const *p,
    const size_t *n, struct keyset_digest *to)
{
	const four first = { k0, k0, k0, k0 }, second = { k1, k1, k1, k1 };
	size_t i, blocks = n[0] / 8 + 1;
	four v[4], m, a, b;
	int k;

	v[0] = first ^ 0x736f6d6570736575ULL;
	v[1] = second ^ (0x646f72616e646f6dULL ^ 0xee);
	v[2] = first ^ 0x6c7967656e657261ULL;
	v[3] = second ^ 0x7465646279746573ULL;
	for (i = 0; i < blocks; i++) {
		m = (four){ block(p[0], n[0], i), block(p[1], n[1], i),
			block(p[2], n[2], i), block(p[3], n[3], i) };
		v[3] ^= m;
		ROUND_FOUR(v);
		ROUND_FOUR(v);
		v[0] ^= m;
	}
	v[2] ^= 0xee;
	for (k = 0; k < 4; k++)
		ROUND_FOUR(v);
	a = v[0] ^ v[1] ^ v[2] ^ v[3];
	v[1] ^= 0xdd;
	for (k = 0; k < 4; k++)
		ROUND_FOUR(v);
	b = v[0] ^ v[1] ^ v[2] ^ v[3];
	for (k = 0; k < LANES; k++) {
		to[k].a = a[k];
		to[k].b = b[k];
	}
}

typedef void four_fn(uint64_t, uint64_t, const unsigned char *const *,
    const size_t *, struct keyset_digest *);

static void
siphash_plain(uint64_t k0, uint64_t k1, const unsigned char *const *p,
    const size_t *n, struct keyset_digest *to)
{
	siphash_four(k0, k1, p, n, to);
}

#if defined(__x86_64__)
__attribute__((target("avx2"))) static void
siphash_avx2(uint64_t k0, uint64_t k1, const unsigned char *const *p,
    const size_t *n, struct keyset_digest *to)
{
	siphash_four(k0, k1, p, n, to);
}

__attribute__((target("avx512f,avx512vl"))) static void
siphash_avx512(uint64_t k0, uint64_t k1, const unsigned char *const *p,
    const size_t *n, struct keyset_digest *to)
{
	siphash_four(k0, k1, p, n, to);
}
#endif

static four_fn *by_four = siphash_plain;
static uint64_t keys[2];
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void
draw(void)
{
	keys[0] = hash_seed();
	keys[1] = hash_pair(keys[0], 0x9e3779b97f4a7c15ULL, keys[0]);
#if defined(__x86_64__)
	if (__builtin_cpu_supports("avx512vl"))
		by_four = siphash_avx512;
	else if (__builtin_cpu_supports("avx2"))
		by_four = siphash_avx2;
#endif
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

void
keyset_digests(const char *text, const uint32_t *ends, size_t n,
    struct keyset_digest *to)
{
	const unsigned char *p[LANES];
	size_t i, k, m, len[LANES];

	(void)pthread_once(&once, draw);
	for (i = 0; i < n; i += m) {
		for (m = 0; m < LANES && i + m < n; m++) {
			size_t from = i + m > 0 ? ends[i + m - 1] : 0;

			p[m] = (const unsigned char *)text + from;
			len[m] = ends[i + m] - from;
			if (len[m] / 8 != len[0] / 8)
				break;
		}
		if (m == LANES) {
			by_four(keys[0], keys[1], p, len, to + i);
		} else {
			m = 1;
			to[i] = siphash(keys[0], keys[1], p[0], len[0]);
		}
		for (k = i; k < i + m; k++)
			if ((to[k].a | to[k].b) == 0)
				to[k].a = 1;
	}
}

/* A table of free slots: fewer than a piece has, or whole pieces. */
static uint64_t **
slots_new(struct keyset *set, size_t size)
{
	size_t n = (size + SLOTS - 1) / SLOTS, i;
	uint64_t **slots = mem_array(NULL, n, sizeof *slots);

	if (size < SLOTS) {
		slots[0] = mem_zero(size, sizeof **slots);
		return slots;
	}
	for (i = 0; i < n; i++) {
		slots[i] = pieces_take(set->pieces);
		memset(slots[i], 0, PIECES_BYTES);
	}
	return slots;
}

static void
slots_free(struct keyset *set, uint64_t **slots, size_t size)
{
	size_t i;

	if (size < SLOTS)
		free(slots[0]);
	for (i = 0; size >= SLOTS && i < size / SLOTS; i++)
		pieces_give(set->pieces, slots[i]);
	free(slots);
}

struct keyset *
keyset_new(void)
{
	struct keyset *s = mem_aligned(sizeof *s);
	size_t i;

	memset(s, 0, sizeof *s);
	s->pieces = pieces_new();
	for (i = 0; i < KEYSET_SHARDS; i++) {
		s->shards[i].size = LEAST;
		s->shards[i].slots = slots_new(s, LEAST);
	}
	return s;
}

void
keyset_free(struct keyset *s)
{
	size_t i;

	if (s == NULL)
		return;
	for (i = 0; i < KEYSET_SHARDS; i++) {
		slots_free(s, s->shards[i].slots, s->shards[i].size);
		if (s->shards[i].cap > 0)
			free(s->shards[i].seen[0]);
		free(s->shards[i].seen);
	}
	pieces_free(s->pieces);
	free(s);
}

size_t
keyset_count(const struct keyset *s)
{
	size_t i, n = 0;

	for (i = 0; i < KEYSET_SHARDS; i++)
		n += s->shards[i].n;
	return n;
}

size_t
keyset_bytes(const struct keyset *s)
{
	size_t i, n = 0;

	for (i = 0; i < KEYSET_SHARDS; i++)
		n += s->shards[i].size * sizeof **s->shards[i].slots +
		    s->shards[i].n * sizeof **s->shards[i].seen;
	return n;
}

static inline uint64_t
tag_of(struct keyset_digest d)
{
	return d.a << KEYSET_SHARD_BITS >> 32;
}

/* Where a tag belongs: scaled to the table. */
static inline size_t
home(const struct shard *s, uint64_t tag)
{
	return (size_t)(tag * s->size >> 32);
}

static inline uint64_t *
slot_at(uint64_t *const *slots, size_t i)
{
	return &slots[i / SLOTS][i % SLOTS];
}

/* The digest that was seen as number i. */
static inline struct keyset_digest *
seen_at(const struct shard *s, size_t i)
{
	return &s->seen[i / SEEN][i % SEEN];
}

/* Its slot, or the free one where it belongs. */
static inline uint64_t *
find(const struct shard *s, struct keyset_digest d)
{
	uint64_t tag = tag_of(d), *slot;
	size_t i = home(s, tag);

	while (*(slot = slot_at(s->slots, i)) != 0) {
		if (*slot >> 32 == tag) {
			const struct keyset_digest *x =
			    seen_at(s, (*slot & UINT32_MAX) - 1);

			if (x->a == d.a && x->b == d.b)
				break;
		}
		if (++i == s->size)
			i = 0;
	}
	return slot;
}

/* Both tables are in order of the tags but for a few: no misses. */
static void
grow_slots(struct keyset *set, struct shard *s)
{
	uint64_t **old = s->slots, slot;
	size_t i, at, n = s->size;

	s->size = n <= FAST ? n * 4 : (n + n / 2) / SLOTS * SLOTS;
	s->slots = slots_new(set, s->size);
	for (i = 0; i < n; i++) {
		if ((slot = *slot_at(old, i)) == 0)
			continue;
		at = home(s, slot >> 32);
		while (*slot_at(s->slots, at) != 0)
			if (++at == s->size)
				at = 0;
		*slot_at(s->slots, at) = slot;
	}
	slots_free(set, old, n);
}

/* Room for one more digest. */
static void
grow_seen(struct keyset *set, struct shard *s)
{
	size_t n = s->cap / SEEN;

	if (s->cap >= SEEN) {
		s->seen = mem_array(s->seen, n + 1, sizeof *s->seen);
		s->seen[n] = pieces_take(set->pieces);
		s->cap += SEEN;
		return;
	}
	if (s->cap == 0)
		s->seen = mem_zero(1, sizeof *s->seen);
	s->cap = s->cap > 0 ? s->cap * 2 : LEAST;
	s->seen[0] = mem_array(s->seen[0], s->cap, sizeof **s->seen);
}

int
keyset_add(struct keyset *set, struct keyset_digest d)
{
	struct shard *s = &set->shards[keyset_shard(d)];
	uint64_t *slot = find(s, d);

	if (*slot != 0)
		return 0;
	if (s->n == s->cap)
		grow_seen(set, s);
	*seen_at(s, s->n++) = d;
	*slot = tag_of(d) << 32 | s->n;
	if (s->n > s->size / 4 * 3)
		grow_slots(set, s);
	return 1;
}

int
keyset_has(const struct keyset *set, struct keyset_digest d)
{
	return *find(&set->shards[keyset_shard(d)], d) != 0;
}

void
keyset_prefetch(const struct keyset *set, struct keyset_digest d)
{
	const struct shard *s = &set->shards[keyset_shard(d)];

	__builtin_prefetch(slot_at(s->slots, home(s, tag_of(d))), 1);
}
