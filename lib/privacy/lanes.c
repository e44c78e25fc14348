/* Keyed BLAKE2b of many short values at once. */
#include "privacy/lanes.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "privacy/secret.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

struct lanes {
	unsigned char key[32];
	size_t size;     /* of a hash: 16 or 64 */
	uint64_t mid[8]; /* state after the key's block */
	enum lanes_width width;
};

static const uint64_t iv[8] = { 0x6a09e667f3bcc908, 0xbb67ae8584caa73b,
	0x3c6ef372fe94f82b, 0xa54ff53a5f1d36f1, 0x510e527fade682d1,
	0x9b05688c2b3e6c1f, 0x1f83d9abfb41bd6b, 0x5be0cd19137e2179 };

/* RFC 7693, 2.7: the message word each step takes; rounds 10, 11 = 0, 1. */
static const unsigned char sigma[12][16] = {
	{ 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 },
	{ 14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3 },
	{ 11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4 },
	{ 7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8 },
	{ 9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13 },
	{ 2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9 },
	{ 12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11 },
	{ 13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10 },
	{ 6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5 },
	{ 10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0 },
	{ 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 },
	{ 14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3 },
};

/*
 * The rounds, over whatever ADD, XOR and the rotations R32.. work on. WORD
 * adds message word s, or nothing where the batch has none: s is a constant
 * after unrolling, and the addition of a zero word goes.
 */
#define MIX(a, b, c, d, x, y)                                            \
	v[a] = WORD(ADD(v[a], v[b]), x);                                 \
	v[d] = R32(XOR(v[d], v[a]));                                     \
	v[c] = ADD(v[c], v[d]);                                          \
	v[b] = R24(XOR(v[b], v[c]));                                     \
	v[a] = WORD(ADD(v[a], v[b]), y);                                 \
	v[d] = R16(XOR(v[d], v[a]));                                     \
	v[c] = ADD(v[c], v[d]);                                          \
	v[b] = R63(XOR(v[b], v[c]));
#define ROUND(r)                                                         \
	MIX(0, 4, 8, 12, sigma[r][0], sigma[r][1])                       \
	MIX(1, 5, 9, 13, sigma[r][2], sigma[r][3])                       \
	MIX(2, 6, 10, 14, sigma[r][4], sigma[r][5])                      \
	MIX(3, 7, 11, 15, sigma[r][6], sigma[r][7])                      \
	MIX(0, 5, 10, 15, sigma[r][8], sigma[r][9])                      \
	MIX(1, 6, 11, 12, sigma[r][10], sigma[r][11])                    \
	MIX(2, 7, 8, 13, sigma[r][12], sigma[r][13])                     \
	MIX(3, 4, 9, 14, sigma[r][14], sigma[r][15])
#define ROUNDS                                                           \
	ROUND(0) ROUND(1) ROUND(2) ROUND(3) ROUND(4) ROUND(5)            \
	ROUND(6) ROUND(7) ROUND(8) ROUND(9) ROUND(10) ROUND(11)

/* The state after the block of the key: 128 bytes counted, not the last. */
static void
key_block(const unsigned char key[32], size_t size, uint64_t h[8])
{
	uint64_t v[16], m[16] = { 0 };
	int i;

	memcpy(m, key, 32);
	for (i = 0; i < 8; i++)
		h[i] = v[i] = v[i + 8] = iv[i];
	/* Depth 1, fan-out 1, a key of 32 bytes, a hash of so many. */
	h[0] ^= 0x01010000 ^ 32 << 8 ^ size;
	v[0] = h[0];
	v[12] ^= 128;
#define ADD(a, b) ((a) + (b))
#define XOR(a, b) ((a) ^ (b))
#define R32(x) ((x) >> 32 | (x) << 32)
#define R24(x) ((x) >> 24 | (x) << 40)
#define R16(x) ((x) >> 16 | (x) << 48)
#define R63(x) ((x) >> 63 | (x) << 1)
#define WORD(a, s) ((a) + m[s])
	ROUNDS
#undef ADD
#undef XOR
#undef R32
#undef R24
#undef R16
#undef R63
#undef WORD
	for (i = 0; i < 8; i++)
		h[i] ^= v[i] ^ v[i + 8];
	sodium_memzero(m, sizeof m);
	sodium_memzero(v, sizeof v);
}

#if defined(__x86_64__)

#define WORD(a, s) ((s) < words ? ADD(a, m[s]) : (a))

#define ADD(a, b) _mm512_add_epi64(a, b)
#define XOR(a, b) _mm512_xor_si512(a, b)
#define R32(x) _mm512_ror_epi64(x, 32)
#define R24(x) _mm512_ror_epi64(x, 24)
#define R16(x) _mm512_ror_epi64(x, 16)
#define R63(x) _mm512_ror_epi64(x, 63)

__attribute__((target("avx512f"), always_inline)) static inline void
eight(const uint64_t mid[8], struct lanes_batch *b, size_t i,
    const unsigned words, const unsigned more)
{
	__m512i v[16], m[16];
	unsigned k;

	for (k = 0; k < words; k++)
		m[k] = _mm512_loadu_si512(b->word[k] + i);
	for (k = 0; k < 8; k++) {
		v[k] = _mm512_set1_epi64((long long)mid[k]);
		v[k + 8] = _mm512_set1_epi64((long long)iv[k]);
	}
	v[12] = XOR(v[12], ADD(_mm512_set1_epi64(128),
	    _mm512_loadu_si512(b->length + i)));
	v[14] = XOR(v[14], _mm512_set1_epi64(-1));
	ROUNDS
	_mm512_storeu_si512(b->lo + i, XOR(XOR(v[0], v[8]),
	    _mm512_set1_epi64((long long)mid[0])));
	_mm512_storeu_si512(b->hi + i, XOR(XOR(v[1], v[9]),
	    _mm512_set1_epi64((long long)mid[1])));
	for (k = 0; k < more; k++)
		_mm512_storeu_si512(b->more[k] + i, XOR(XOR(v[k + 2],
		    v[k + 10]), _mm512_set1_epi64((long long)mid[k + 2])));
}

/* Two words hold an NHS number, four most other identifiers. */
__attribute__((target("avx512f"), noinline)) static void
hash_eight(const struct lanes *l, struct lanes_batch *b)
{
	const uint64_t *mid = l->mid;
	size_t i;

	if (l->size == 16 && b->words <= 2)
		for (i = 0; i < b->n; i += 8)
			eight(mid, b, i, 2, 0);
	else if (l->size == 16 && b->words <= 4)
		for (i = 0; i < b->n; i += 8)
			eight(mid, b, i, 4, 0);
	else if (b->words <= 2)
		for (i = 0; i < b->n; i += 8)
			eight(mid, b, i, 2, 6);
	else if (b->words <= 4)
		for (i = 0; i < b->n; i += 8)
			eight(mid, b, i, 4, 6);
	else
		for (i = 0; i < b->n; i += 8)
			eight(mid, b, i, LANES_WORDS, 6);
}

#undef ADD
#undef XOR
#undef R32
#undef R24
#undef R16
#undef R63
#define ADD(a, b) _mm256_add_epi64(a, b)
#define XOR(a, b) _mm256_xor_si256(a, b)
#define R32(x) _mm256_shuffle_epi32(x, 0xb1)
#define R24(x) _mm256_shuffle_epi8(x, r24)
#define R16(x) _mm256_shuffle_epi8(x, r16)
#define R63(x) rotate_one(x)

__attribute__((target("avx2"), always_inline)) static inline __m256i
rotate_one(__m256i x)
{
	return _mm256_xor_si256(_mm256_srli_epi64(x, 63),
	    _mm256_add_epi64(x, x));
}

__attribute__((target("avx2"), always_inline)) static inline __m256i
load_four(const uint64_t *p)
{
	return _mm256_loadu_si256((const __m256i *)(const void *)p);
}

__attribute__((target("avx2"), always_inline)) static inline void
four(const uint64_t mid[8], struct lanes_batch *b, size_t i,
    const unsigned words, const unsigned more)
{
	const __m256i r24 = _mm256_setr_epi8(3, 4, 5, 6, 7, 0, 1, 2, 11, 12,
	    13, 14, 15, 8, 9, 10, 3, 4, 5, 6, 7, 0, 1, 2, 11, 12, 13, 14, 15,
	    8, 9, 10);
	const __m256i r16 = _mm256_setr_epi8(2, 3, 4, 5, 6, 7, 0, 1, 10, 11,
	    12, 13, 14, 15, 8, 9, 2, 3, 4, 5, 6, 7, 0, 1, 10, 11, 12, 13, 14,
	    15, 8, 9);
	__m256i v[16], m[16];
	unsigned k;

	for (k = 0; k < words; k++)
		m[k] = load_four(b->word[k] + i);
	for (k = 0; k < 8; k++) {
		v[k] = _mm256_set1_epi64x((long long)mid[k]);
		v[k + 8] = _mm256_set1_epi64x((long long)iv[k]);
	}
	v[12] = XOR(v[12], ADD(_mm256_set1_epi64x(128),
	    load_four(b->length + i)));
	v[14] = XOR(v[14], _mm256_set1_epi64x(-1));
	ROUNDS
	_mm256_storeu_si256((__m256i *)(void *)(b->lo + i),
	    XOR(XOR(v[0], v[8]), _mm256_set1_epi64x((long long)mid[0])));
	_mm256_storeu_si256((__m256i *)(void *)(b->hi + i),
	    XOR(XOR(v[1], v[9]), _mm256_set1_epi64x((long long)mid[1])));
	for (k = 0; k < more; k++)
		_mm256_storeu_si256((__m256i *)(void *)(b->more[k] + i),
		    XOR(XOR(v[k + 2], v[k + 10]),
		    _mm256_set1_epi64x((long long)mid[k + 2])));
}

__attribute__((target("avx2"), noinline)) static void
hash_four(const struct lanes *l, struct lanes_batch *b)
{
	const uint64_t *mid = l->mid;
	size_t i;

	if (l->size == 16 && b->words <= 2)
		for (i = 0; i < b->n; i += 4)
			four(mid, b, i, 2, 0);
	else if (l->size == 16 && b->words <= 4)
		for (i = 0; i < b->n; i += 4)
			four(mid, b, i, 4, 0);
	else if (b->words <= 2)
		for (i = 0; i < b->n; i += 4)
			four(mid, b, i, 2, 6);
	else if (b->words <= 4)
		for (i = 0; i < b->n; i += 4)
			four(mid, b, i, 4, 6);
	else
		for (i = 0; i < b->n; i += 4)
			four(mid, b, i, LANES_WORDS, 6);
}

#endif

static void
hash_one(const struct lanes *l, struct lanes_batch *b)
{
	unsigned char value[LANES_MAX], out[64];
	size_t i, w;

	for (i = 0; i < b->n; i++) {
		for (w = 0; w * 8 < b->length[i]; w++)
			memcpy(value + w * 8, &b->word[w][i], 8);
		(void)crypto_generichash(out, l->size, value,
		    b->length[i], l->key, sizeof l->key);
		memcpy(&b->lo[i], out, 8);
		memcpy(&b->hi[i], out + 8, 8);
		for (w = 0; (w + 2) * 8 < l->size; w++)
			memcpy(&b->more[w][i], out + (w + 2) * 8, 8);
	}
}

void
lanes_clear(struct lanes_batch *b)
{
	b->n = 0;
	b->words = 2;
}

/*
 * The tag and up to 15 bytes after it as two words. Two moves that overlap
 * take any length: a call of memcpy for a length it does not know costs as
 * much as the rest.
 */
static void
short_words(unsigned char tag, const char *p, size_t n, uint64_t to[2])
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	uint64_t lo = 0, hi = 0;
	uint32_t a, z;
	size_t i;

	if (n > 8) {
		memcpy(&lo, p, 8);
		memcpy(&hi, p + n - 8, 8);
		hi >>= 8 * (16 - n);
	} else if (n == 8) {
		memcpy(&lo, p, 8);
	} else if (n >= 4) {
		memcpy(&a, p, 4);
		memcpy(&z, p + n - 4, 4);
		lo = a | (uint64_t)z << (8 * (n - 4));
	} else {
		for (i = 0; i < n; i++)
			lo |= (uint64_t)(unsigned char)p[i] << (8 * i);
	}
	to[0] = lo << 8 | tag;
	to[1] = hi << 8 | lo >> 56;
#else
	to[0] = to[1] = 0;
	((unsigned char *)to)[0] = tag;
	memcpy((unsigned char *)to + 1, p, n);
#endif
}

void
lanes_add(struct lanes_batch *b, unsigned char tag, const char *p, size_t n)
{
	size_t i = b->n, w, need = (n + 8) / 8;
	uint64_t word[LANES_WORDS], two[2];

	if (n < 16 && b->words == 2) {
		short_words(tag, p, n, two);
		b->word[0][i] = two[0];
		b->word[1][i] = two[1];
		b->length[i] = 1 + n;
		b->n++;
		return;
	}
	memset(word, 0, sizeof word);
	((unsigned char *)word)[0] = tag;
	memcpy((unsigned char *)word + 1, p, n);
	/* Values before it have zeros in the words that this one opens. */
	for (w = b->words; w < need; w++)
		memset(b->word[w], 0, sizeof b->word[w]);
	if (need > b->words)
		b->words = need;
	for (w = 0; w < b->words; w++)
		b->word[w][i] = word[w];
	b->length[i] = 1 + n;
	b->n++;
}

#if defined(__x86_64__)
/* The kernels take whole lanes, and two, four or all words. */
static void
pad(struct lanes_batch *b)
{
	size_t i, w, up = b->words <= 2 ? 2 : b->words <= 4 ? 4 : LANES_WORDS;

	for (w = b->words; w < up; w++)
		memset(b->word[w], 0, sizeof b->word[w]);
	b->words = up;
	for (i = b->n; i % 8 != 0; i++) {
		for (w = 0; w < up; w++)
			b->word[w][i] = 0;
		b->length[i] = 0;
	}
}
#endif

void
lanes_hash(const struct lanes *l, struct lanes_batch *b)
{
#if defined(__x86_64__)
	if (l->width != LANES_ONE)
		pad(b);
	if (l->width == LANES_EIGHT) {
		hash_eight(l, b);
		return;
	}
	if (l->width == LANES_FOUR) {
		hash_four(l, b);
		return;
	}
#endif
	hash_one(l, b);
}

/* Does the wide code agree with libsodium on lengths of every kind? */
static int
agrees(struct lanes *l)
{
	static const size_t lengths[][11] = {
		{ 1, 2, 7, 8, 9, 10, 11, 12, 14, 15, 16 },
		{ 1, 11, 17, 20, 24, 25, 28, 30, 31, 32, 16 },
		{ 1, 11, 33, 40, 64, 65, 90, 100, 126, 127, 128 },
	};
	struct lanes_batch *wide = mem_alloc(sizeof *wide);
	struct lanes_batch *one = mem_alloc(sizeof *one);
	char value[LANES_MAX + 2];
	size_t set, i, k;
	int same = 1;

	for (i = 0; i < sizeof value; i++)
		value[i] = (char)(i * 37 + 11);
	for (set = 0; set < 3; set++) {
		lanes_clear(wide);
		lanes_clear(one);
		for (i = 0; i < 11; i++) {
			lanes_add(wide, (unsigned char)i, value + set,
			    lengths[set][i] - 1);
			lanes_add(one, (unsigned char)i, value + set,
			    lengths[set][i] - 1);
		}
		lanes_hash(l, wide);
		hash_one(l, one);
		for (i = 0; i < 11; i++)
			same &= wide->lo[i] == one->lo[i] &&
			    wide->hi[i] == one->hi[i];
		for (k = 0; (k + 2) * 8 < l->size; k++)
			same &= memcmp(wide->more[k], one->more[k],
			    11 * sizeof one->more[k][0]) == 0;
	}
	sodium_memzero(wide, sizeof *wide);
	sodium_memzero(one, sizeof *one);
	free(wide);
	free(one);
	return same;
}

static enum lanes_width
machine(void)
{
#if defined(__x86_64__)
	if (__builtin_cpu_supports("avx512f"))
		return LANES_EIGHT;
	if (__builtin_cpu_supports("avx2"))
		return LANES_FOUR;
#endif
	return LANES_ONE;
}

static struct lanes *
new(const unsigned char key[32], size_t size, enum lanes_width width)
{
	enum lanes_width best = machine();
	struct lanes *l;

	if (width != LANES_BEST && width > best)
		return NULL;
	if (sodium_init() == -1 ||
	    (l = secret_alloc(sizeof *l)) == NULL)
		return NULL;
	memcpy(l->key, key, sizeof l->key);
	l->size = size;
	key_block(key, size, l->mid);
	l->width = width == LANES_BEST ? best : width;
	if (l->width != LANES_ONE && !agrees(l))
		l->width = LANES_ONE;
	secret_seal(l);
	return l;
}

struct lanes *
lanes_new(const unsigned char key[32], enum lanes_width width)
{
	return new(key, 16, width);
}

struct lanes *
lanes_new_long(const unsigned char key[32], enum lanes_width width)
{
	return new(key, 64, width);
}

void
lanes_free(struct lanes *l)
{
	secret_free(l);
}

enum lanes_width
lanes_width(const struct lanes *l)
{
	return l->width;
}
