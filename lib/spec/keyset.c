/* Which keys were seen, as keyed digests. */
#include "spec/keyset.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"
#include "base/pieces.h"

#define LEAST 16   /* buckets of a shard */
#define FAST 4096U /* up to so many, there come to be four times as many */
#define HOLDS 5U   /* digests in a bucket */
#define BEYOND (HOLDS + 1)

/*
 * A bucket is one line of the cache. Of a digest it has the tag, 32 bits that
 * say where it belongs and settle nearly every question, and 64 more: with
 * those of the shard 96 that are told apart. A digest that finds its bucket
 * full goes on to the next, and the full one says so.
 */
struct bucket {
	uint32_t tags[HOLDS];
	uint32_t rest[HOLDS][2];
	uint32_t held; /* how many; BEYOND: all, and others went on */
};

/*
 * The buckets lie in pieces. While they are fewer than a piece has, the first
 * one is a smaller one of its own.
 */
struct shard {
	struct bucket **buckets;
	size_t size, n; /* buckets, digests */
	char apart[64 - 2 * sizeof(size_t) - sizeof(void *)]; /* threads */
};

#define BUCKETS (PIECES_BYTES / sizeof(struct bucket)) /* in a piece */

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
keyset_digests(const char *const *text, const uint32_t *n, size_t k,
    struct keyset_digest *to)
{
	const unsigned char *p[LANES];
	size_t i, j, m, len[LANES];

	(void)pthread_once(&once, draw);
	for (i = 0; i < k; i += m) {
		for (m = 0; m < LANES && i + m < k; m++) {
			p[m] = (const unsigned char *)text[i + m];
			len[m] = n[i + m];
			if (len[m] / 8 != len[0] / 8)
				break;
		}
		if (m == LANES) {
			by_four(keys[0], keys[1], p, len, to + i);
		} else {
			m = 1;
			to[i] = siphash(keys[0], keys[1], p[0], len[0]);
		}
		for (j = i; j < i + m; j++)
			if ((to[j].a | to[j].b) == 0)
				to[j].a = 1;
	}
}

/* Empty ones: fewer than a piece has, or whole pieces. */
static struct bucket **
buckets_new(struct keyset *set, size_t size)
{
	size_t n = (size + BUCKETS - 1) / BUCKETS, i;
	struct bucket **v = mem_array(NULL, n, sizeof *v);

	if (size < BUCKETS) {
		v[0] = mem_aligned(size * sizeof **v);
		memset(v[0], 0, size * sizeof **v);
		return v;
	}
	for (i = 0; i < n; i++) {
		v[i] = pieces_take(set->pieces);
		memset(v[i], 0, PIECES_BYTES);
	}
	return v;
}

static void
buckets_free(struct keyset *set, struct bucket **v, size_t size)
{
	size_t i;

	if (size < BUCKETS)
		free(v[0]);
	for (i = 0; size >= BUCKETS && i < size / BUCKETS; i++)
		pieces_give(set->pieces, v[i]);
	free(v);
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
		s->shards[i].buckets = buckets_new(s, LEAST);
	}
	return s;
}

void
keyset_free(struct keyset *s)
{
	size_t i;

	if (s == NULL)
		return;
	for (i = 0; i < KEYSET_SHARDS; i++)
		buckets_free(s, s->shards[i].buckets, s->shards[i].size);
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
		n += s->shards[i].size * sizeof(struct bucket);
	return n;
}

static inline uint32_t
tag_of(struct keyset_digest d)
{
	return (uint32_t)(d.a << KEYSET_SHARD_BITS >> 32);
}

/* Where a tag belongs: scaled to the buckets. */
static inline size_t
home(const struct shard *s, uint32_t tag)
{
	return (size_t)((uint64_t)tag * s->size >> 32);
}

static inline struct bucket *
bucket_at(const struct shard *s, size_t i)
{
	return &s->buckets[i / BUCKETS][i % BUCKETS];
}

static inline size_t
after(const struct shard *s, size_t i)
{
	return i + 1 < s->size ? i + 1 : 0;
}

/* No branch on how many there are, which nobody can foresee. */
static inline int
holds(const struct bucket *b, uint32_t tag, const uint32_t rest[2])
{
	unsigned i, like = 0;

	for (i = 0; i < HOLDS; i++)
		like |= (unsigned)(b->tags[i] == tag) << i;
	for (i = 0; like >> i != 0; i++)
		if ((like >> i & 1) != 0 && i < b->held &&
		    b->rest[i][0] == rest[0] && b->rest[i][1] == rest[1])
			return 1;
	return 0;
}

/* What it is known by besides its shard and its tag. */
static inline void
rest_of(struct keyset_digest d, uint32_t rest[2])
{
	rest[0] = (uint32_t)d.a;
	rest[1] = (uint32_t)d.b;
}

/* Puts one that is not there yet where it belongs. */
static inline void
put(struct shard *s, size_t i, uint32_t tag, const uint32_t rest[2])
{
	struct bucket *b;

	while ((b = bucket_at(s, i))->held >= HOLDS) {
		b->held = BEYOND;
		i = after(s, i);
	}
	b->tags[b->held] = tag;
	memcpy(b->rest[b->held], rest, sizeof b->rest[0]);
	b->held++;
}

/* Both tables are in order of the tags but for a few: no misses. */
static void
grow(struct keyset *set, struct shard *s)
{
	struct bucket **old = s->buckets;
	size_t i, k, size = s->size;

	s->size = size < FAST ? size * 4 : size * 2;
	s->buckets = buckets_new(set, s->size);
	for (i = 0; i < size; i++) {
		const struct bucket *b = &old[i / BUCKETS][i % BUCKETS];

		for (k = 0; k < b->held && k < HOLDS; k++)
			put(s, home(s, b->tags[k]), b->tags[k], b->rest[k]);
	}
	buckets_free(set, old, size);
}

int
keyset_add(struct keyset *set, struct keyset_digest d)
{
	struct shard *s = &set->shards[keyset_shard(d)];
	uint32_t tag = tag_of(d), rest[2];
	size_t i = home(s, tag);
	const struct bucket *b;

	rest_of(d, rest);
	for (; !holds(b = bucket_at(s, i), tag, rest); i = after(s, i)) {
		if (b->held == BEYOND)
			continue;
		put(s, i, tag, rest);
		if (++s->n > s->size * HOLDS / 5 * 4)
			grow(set, s);
		return 1;
	}
	return 0;
}

int
keyset_has(const struct keyset *set, struct keyset_digest d)
{
	const struct shard *s = &set->shards[keyset_shard(d)];
	uint32_t tag = tag_of(d), rest[2];
	size_t i = home(s, tag);
	const struct bucket *b;

	rest_of(d, rest);
	for (; !holds(b = bucket_at(s, i), tag, rest); i = after(s, i))
		if (b->held != BEYOND)
			return 0;
	return 1;
}

void
keyset_prefetch(const struct keyset *set, struct keyset_digest d)
{
	const struct shard *s = &set->shards[keyset_shard(d)];
	const struct bucket *b = bucket_at(s, home(s, tag_of(d)));

	/* One in five or ten is in the next. */
	__builtin_prefetch(b, 1);
	__builtin_prefetch(b + 1, 1);
}
