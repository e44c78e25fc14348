/* The structural index of a block, by vector instructions. */
#include "csv/scan.h"

#include <stdlib.h>
#include <string.h>

#include "base/eight.h"
#include "base/mem.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

static inline uint64_t
parity_shift(uint64_t x)
{
	x ^= x << 1;
	x ^= x << 2;
	x ^= x << 4;
	x ^= x << 8;
	x ^= x << 16;
	x ^= x << 32;
	return x;
}

static inline uint32_t *
put_loop(uint32_t *o, uint64_t m, uint32_t base)
{
	while (m != 0) {
		*o++ = base + (uint32_t)__builtin_ctzll(m);
		m &= m - 1;
	}
	return o;
}

/* Portable: eight bytes at a time in a general register. */

/* The high bit of each byte of x that is zero, gathered into eight bits. */
static inline uint64_t
zero_bytes(uint64_t x)
{
	const uint64_t low = 0x7f7f7f7f7f7f7f7fULL;
	uint64_t t = ~(((x & low) + low) | x | low);

	return (t >> 7) * 0x0102040810204080ULL >> 56;
}

#define SCAN_NAME scan_portable
#define SCAN_TARGET
#define SCAN_SETUP(d)                                                    \
	const uint64_t ones = 0x0101010101010101ULL;                     \
	const uint64_t vd = ones * (unsigned char)(d);                   \
	uint64_t high = 0;
#define SCAN_HIGH() (high & ones << 7)
#define SCAN_LOOK(s)                                                     \
	e = l = odd = 0;                                                 \
	for (unsigned k = 0; k < 64; k += 8) {                           \
		uint64_t x = eight_load((s) + k);                        \
		uint64_t feed = zero_bytes(x ^ ones * '\n') << k;        \
		e |= zero_bytes(x ^ vd) << k | feed;                     \
		l |= feed;                                               \
		odd |= zero_bytes(x ^ ones * '"') |                      \
		    zero_bytes(x ^ ones * '\r') | zero_bytes(x);         \
		high |= x;                                               \
	}
#define SCAN_ODD(s)                                                      \
	q = r = z = 0;                                                   \
	for (unsigned k = 0; k < 64; k += 8) {                           \
		uint64_t x = eight_load((s) + k);                        \
		q |= zero_bytes(x ^ ones * '"') << k;                    \
		r |= zero_bytes(x ^ ones * '\r') << k;                   \
		z |= zero_bytes(x) << k;                                 \
	}
#define SCAN_PARITY(m) parity_shift(m)
#define SCAN_POPCOUNT(m) (size_t)__builtin_popcountll(m)
#define SCAN_PUT(o, m, base) put_loop(o, m, base)
#include "csv/scan_loop.h"

#if defined(__x86_64__)

/* SSE2: every x86-64. */

#define SCAN_NAME scan_sse2
#define SCAN_TARGET
#define SCAN_SETUP(d)                                                    \
	const __m128i vd = _mm_set1_epi8(d), vl = _mm_set1_epi8('\n'),   \
		      vq = _mm_set1_epi8('"'), vr = _mm_set1_epi8('\r'), \
		      vz = _mm_setzero_si128();                          \
	__m128i high = vz;
#define SCAN_HIGH() _mm_movemask_epi8(high)
#define BITS(a, k) (uint64_t)(uint32_t)_mm_movemask_epi8(a) << (k)
#define LOAD(s) _mm_loadu_si128((const __m128i *)(const void *)(s))
#define SCAN_LOOK(s)                                                     \
	{                                                                \
		__m128i rare = vz;                                       \
		e = l = 0;                                               \
		for (unsigned k = 0; k < 64; k += 16) {                  \
			__m128i v = LOAD((s) + k);                       \
			__m128i feed = _mm_cmpeq_epi8(v, vl);            \
			e |= BITS(_mm_or_si128(feed,                     \
			    _mm_cmpeq_epi8(v, vd)), k);                  \
			l |= BITS(feed, k);                              \
			high = _mm_or_si128(high, v);                    \
			rare = _mm_or_si128(_mm_or_si128(rare,           \
			    _mm_cmpeq_epi8(v, vq)), _mm_or_si128(        \
			    _mm_cmpeq_epi8(v, vr), _mm_cmpeq_epi8(v, vz))); \
		}                                                        \
		odd = BITS(rare, 0);                                     \
	}
#define SCAN_ODD(s)                                                      \
	q = r = z = 0;                                                   \
	for (unsigned k = 0; k < 64; k += 16) {                          \
		__m128i v = LOAD((s) + k);                               \
		q |= BITS(_mm_cmpeq_epi8(v, vq), k);                     \
		r |= BITS(_mm_cmpeq_epi8(v, vr), k);                     \
		z |= BITS(_mm_cmpeq_epi8(v, vz), k);                     \
	}
#define SCAN_PARITY(m) parity_shift(m)
#define SCAN_POPCOUNT(m) (size_t)__builtin_popcountll(m)
#define SCAN_PUT(o, m, base) put_loop(o, m, base)
#include "csv/scan_loop.h"
#undef LOAD
#undef BITS

/* AVX2 with carry-less multiplication. */

#define AVX2 __attribute__((target("avx2,bmi,bmi2,popcnt,lzcnt,pclmul")))

AVX2 static inline uint64_t
parity_clmul(uint64_t x)
{
	return (uint64_t)_mm_cvtsi128_si64(_mm_clmulepi64_si128(
	    _mm_set_epi64x(0, (long long)x), _mm_set1_epi8((char)0xff), 0));
}

/* The bits of m that are set, lowest first, a byte for each. */
#define SPOT(m, b)                                                       \
	((uint64_t)((m) >> (b) & 1) * (b) <<                             \
	    8 * __builtin_popcount((m) & ((1U << (b)) - 1)))
#define SPOTS(m)                                                         \
	(SPOT(m, 0) | SPOT(m, 1) | SPOT(m, 2) | SPOT(m, 3) | SPOT(m, 4) |  \
	    SPOT(m, 5) | SPOT(m, 6) | SPOT(m, 7))
#define SPOTS4(m) SPOTS(m), SPOTS((m) + 1), SPOTS((m) + 2), SPOTS((m) + 3)
#define SPOTS16(m)                                                       \
	SPOTS4(m), SPOTS4((m) + 4), SPOTS4((m) + 8), SPOTS4((m) + 12)
#define SPOTS64(m)                                                       \
	SPOTS16(m), SPOTS16((m) + 16), SPOTS16((m) + 32), SPOTS16((m) + 48)

static const uint64_t spots[256] = {
	SPOTS64(0U), SPOTS64(64U), SPOTS64(128U), SPOTS64(192U)
};

/*
 * Eight bits of m at a time: where they are set comes from a table, and goes
 * out beyond the last one too, since there is room.
 */
AVX2 static inline uint32_t *
put_spots(uint32_t *o, uint64_t m, uint32_t base)
{
	const __m256i eight = _mm256_set1_epi32(8);
	__m256i from = _mm256_set1_epi32((int)base);

#define PUT(i)                                                           \
	{                                                                \
		unsigned byte = (unsigned)(m >> (i)) & 0xff;             \
		__m128i at = _mm_cvtsi64_si128((long long)spots[byte]);  \
		_mm256_storeu_si256((__m256i *)(void *)o,                \
		    _mm256_add_epi32(from, _mm256_cvtepu8_epi32(at)));   \
		o += _mm_popcnt_u32(byte);                               \
		from = _mm256_add_epi32(from, eight);                    \
	}
	/* Written out: at -O2 the compiler makes a loop of a loop. */
	PUT(0) PUT(8) PUT(16) PUT(24) PUT(32) PUT(40) PUT(48) PUT(56)
#undef PUT
	return o;
}

/*
 * The first so many bits of m without a branch, and one for those beyond,
 * which are seldom if there are few. (What is volatile is stored one by one;
 * else gcc puts four into a vector first, which takes longer.)
 */
#define NEXT                                                             \
	*(volatile uint32_t *)to++ = base + (uint32_t)_tzcnt_u64(m);     \
	m = _blsr_u64(m);
#define PUT_NEXT(name, first)                                            \
	AVX2 static inline uint32_t *                                    \
	name(uint32_t *o, uint64_t m, uint32_t base)                     \
	{                                                                \
		uint32_t *end = o + _mm_popcnt_u64(m), *to = o;          \
		first                                                    \
		while (__builtin_expect(m != 0, 0)) {                    \
			NEXT                                             \
		}                                                        \
		return end;                                              \
	}
PUT_NEXT(put_four, NEXT NEXT NEXT NEXT)
PUT_NEXT(put_six, NEXT NEXT NEXT NEXT NEXT NEXT)
#undef PUT_NEXT
#undef NEXT

#define SCAN_TARGET AVX2
#define SCAN_SETUP(d)                                                    \
	const __m256i vd = _mm256_set1_epi8(d),                          \
		      vl = _mm256_set1_epi8('\n'),                       \
		      vq = _mm256_set1_epi8('"'),                        \
		      vr = _mm256_set1_epi8('\r'),                       \
		      vz = _mm256_setzero_si256(),                       \
		      vo = _mm256_broadcastsi128_si256(ODD_BYTES);       \
	__m256i high = vz;
#define SCAN_HIGH() _mm256_movemask_epi8(high)
/*
 * By its low four bits, the one byte of quote, CR and NUL that a byte may
 * be; where there is none of these, one with other low bits. (A byte above
 * 0x7f finds 0, which it is not.)
 */
#define ODD_BYTES                                                        \
	_mm_setr_epi8(0, 0, '"', 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, '\r', 0, 0)
#define IS_ODD(v) _mm256_cmpeq_epi8(v, _mm256_shuffle_epi8(vo, v))
#define LOAD(s) _mm256_loadu_si256((const __m256i *)(const void *)(s))
#define BITS(a, b)                                                       \
	((uint64_t)(uint32_t)_mm256_movemask_epi8(a) |                   \
	    (uint64_t)(uint32_t)_mm256_movemask_epi8(b) << 32)
#define SCAN_LOOK(s)                                                     \
	{                                                                \
		__m256i v = LOAD(s), w = LOAD((s) + 32), rare;           \
		__m256i feed = _mm256_cmpeq_epi8(v, vl);                 \
		__m256i feed2 = _mm256_cmpeq_epi8(w, vl);                \
		e = BITS(_mm256_or_si256(feed, _mm256_cmpeq_epi8(v, vd)), \
		    _mm256_or_si256(feed2, _mm256_cmpeq_epi8(w, vd)));   \
		l = BITS(feed, feed2);                                   \
		high = _mm256_or_si256(high, _mm256_or_si256(v, w));     \
		rare = _mm256_or_si256(IS_ODD(v), IS_ODD(w));            \
		odd = (uint32_t)_mm256_movemask_epi8(rare);              \
	}
#define SCAN_ODD(s)                                                      \
	{                                                                \
		__m256i v = LOAD(s), w = LOAD((s) + 32);                 \
		q = BITS(_mm256_cmpeq_epi8(v, vq),                       \
		    _mm256_cmpeq_epi8(w, vq));                           \
		r = BITS(_mm256_cmpeq_epi8(v, vr),                       \
		    _mm256_cmpeq_epi8(w, vr));                           \
		z = BITS(_mm256_cmpeq_epi8(v, vz),                       \
		    _mm256_cmpeq_epi8(w, vz));                           \
	}
#define SCAN_PARITY(m) parity_clmul(m)
#define SCAN_POPCOUNT(m) (size_t)_mm_popcnt_u64(m)
#define SCAN_MORE
#define SCAN_NAME scan_avx2
#define SCAN_PUT(o, m, base) put_spots(o, m, base)
#include "csv/scan_loop.h"
#define SCAN_MORE
#define SCAN_NAME scan_avx2_few
#define SCAN_DEPOSIT(x, m) _pdep_u64(x, m)
#define SCAN_PUT(o, m, base) put_four(o, m, base)
#include "csv/scan_loop.h"
#define SCAN_NAME scan_avx2_some
#define SCAN_DEPOSIT(x, m) _pdep_u64(x, m)
#define SCAN_PUT(o, m, base) put_six(o, m, base)
#include "csv/scan_loop.h"
#undef LOAD
#undef BITS
#undef ODD_BYTES
#undef IS_ODD

/* AVX-512 with byte compression. */

#define AVX512                                                           \
	__attribute__((target("avx512f,avx512bw,avx512vl,avx512vbmi,"    \
			      "avx512vbmi2,bmi,bmi2,popcnt,lzcnt,"       \
			      "pclmul")))

AVX512 static inline uint64_t
parity_clmul512(uint64_t x)
{
	return (uint64_t)_mm_cvtsi128_si64(_mm_clmulepi64_si128(
	    _mm_set_epi64x(0, (long long)x), _mm_set1_epi8((char)0xff), 0));
}

static const unsigned char byte_numbers[64] __attribute__((aligned(64))) = {
	0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19,
	20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36,
	37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, 52, 53,
	54, 55, 56, 57, 58, 59, 60, 61, 62, 63
};

#define WIDEN(x, k)                                                      \
	_mm512_add_epi32(_mm512_set1_epi32((int)base),                   \
	    _mm512_cvtepu8_epi32(_mm512_extracti32x4_epi32(x, k)))

AVX512 static inline uint32_t *
put_compress(uint32_t *o, uint64_t m, uint32_t base)
{
	unsigned k = (unsigned)_mm_popcnt_u64(m);
	__m512i x = _mm512_maskz_compress_epi8(m,
	    _mm512_load_si512(byte_numbers));

	_mm512_storeu_si512(o, WIDEN(x, 0));
	_mm512_storeu_si512(o + 16, WIDEN(x, 1));
	if (__builtin_expect(k > 32, 0)) {
		_mm512_storeu_si512(o + 32, WIDEN(x, 2));
		_mm512_storeu_si512(o + 48, WIDEN(x, 3));
	}
	return o + k;
}

#define SCAN_TARGET AVX512
#define SCAN_SETUP(d)                                                    \
	const __m512i vd = _mm512_set1_epi8(d),                          \
		      vl = _mm512_set1_epi8('\n'),                       \
		      vq = _mm512_set1_epi8('"'),                        \
		      vr = _mm512_set1_epi8('\r');                       \
	__m512i high = _mm512_setzero_si512();
#define SCAN_HIGH() _mm512_movepi8_mask(high)
#define SCAN_LOOK(s)                                                     \
	{                                                                \
		__m512i v = _mm512_loadu_si512(s);                       \
		l = _mm512_cmpeq_epi8_mask(v, vl);                       \
		e = _mm512_cmpeq_epi8_mask(v, vd) | l;                   \
		high = _mm512_or_si512(high, v);                         \
		odd = _mm512_cmpeq_epi8_mask(v, vq) |                    \
		    _mm512_cmpeq_epi8_mask(v, vr) |                      \
		    _mm512_testn_epi8_mask(v, v);                        \
	}
#define SCAN_ODD(s)                                                      \
	{                                                                \
		__m512i v = _mm512_loadu_si512(s);                       \
		q = _mm512_cmpeq_epi8_mask(v, vq);                       \
		r = _mm512_cmpeq_epi8_mask(v, vr);                       \
		z = _mm512_testn_epi8_mask(v, v);                        \
	}
#define SCAN_PARITY(m) parity_clmul512(m)
#define SCAN_POPCOUNT(m) (size_t)_mm_popcnt_u64(m)
#define SCAN_MORE
#define SCAN_NAME scan_avx512
#define SCAN_PUT(o, m, base) put_compress(o, m, base)
#include "csv/scan_loop.h"
#define SCAN_NAME scan_avx512_some
#define SCAN_DEPOSIT(x, m) _pdep_u64(x, m)
#define SCAN_PUT(o, m, base) put_compress(o, m, base)
#include "csv/scan_loop.h"

#define QUOTES(k)                                                        \
	_mm256_cmpeq_epi8(_mm256_loadu_si256(                            \
	    (const __m256i *)(const void *)(p + i + (k))), vq)
#define MANY(a)                                                          \
	(size_t)_mm_popcnt_u32((unsigned)_mm256_movemask_epi8(a))

AVX2 static size_t
count_avx2(const unsigned char *p, size_t n)
{
	const __m256i vq = _mm256_set1_epi8('"');
	size_t count = 0, i;

	for (i = 0; i + 128 <= n; i += 128) {
		__m256i a = QUOTES(0), b = QUOTES(32), c = QUOTES(64),
			d = QUOTES(96);
		__m256i any = _mm256_or_si256(_mm256_or_si256(a, b),
		    _mm256_or_si256(c, d));

		if (_mm256_testz_si256(any, any))
			continue;
		count += MANY(a) + MANY(b) + MANY(c) + MANY(d);
	}
	for (; i < n; i++)
		count += p[i] == '"';
	return count;
}

static int
has_avx2(void)
{
	return __builtin_cpu_supports("avx2") &&
	    __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2") &&
	    __builtin_cpu_supports("popcnt") &&
	    __builtin_cpu_supports("pclmul");
}

/* Before Zen 3 AMD's processors deposit bit by bit. */
static int
has_deposit(void)
{
	return !__builtin_cpu_is("znver1") && !__builtin_cpu_is("znver2") &&
	    !__builtin_cpu_is("bdver4");
}

static int
has_avx512(void)
{
	return has_avx2() && __builtin_cpu_supports("avx512f") &&
	    __builtin_cpu_supports("avx512bw") &&
	    __builtin_cpu_supports("avx512vl") &&
	    __builtin_cpu_supports("avx512vbmi") &&
	    __builtin_cpu_supports("avx512vbmi2");
}

#endif

struct csv_turns
csv_turns_new(const unsigned char *keep, size_t ncols)
{
	struct csv_turns t = { mem_zero(ncols, sizeof *t.keep),
		mem_zero(ncols + 64, sizeof *t.column) };
	size_t i, k;

	for (i = 0; i < ncols; i++)
		for (k = 0; k < 64; k++)
			if (keep[(i + k) % ncols])
				t.keep[i] |= (uint64_t)1 << k;
	for (i = 0; i < ncols + 64; i++)
		t.column[i] = (uint32_t)(i % ncols);
	return t;
}

void
csv_turns_free(struct csv_turns *t)
{
	free(t->keep);
	free(t->column);
}

static const struct csv_scanner scanners[] = {
	{ "portable", scan_portable, NULL, NULL },
#if defined(__x86_64__)
	{ "sse2", scan_sse2, NULL, NULL },
	{ "avx2, slow deposit", scan_avx2, NULL, NULL },
	{ "avx2", scan_avx2, scan_avx2_few, scan_avx2_some },
	{ "avx512", scan_avx512, scan_avx512_some, scan_avx512_some },
#endif
};

static int
can_run(const struct csv_scanner *s)
{
#if defined(__x86_64__)
	if (s->all == scan_avx2)
		return has_avx2() && (s->few == NULL || has_deposit());
	if (s->all == scan_avx512)
		return has_avx512();
#endif
	(void)s;
	return 1;
}

const struct csv_scanner *
csv_scan_version(size_t i)
{
	size_t k;

	for (k = 0; k < sizeof scanners / sizeof scanners[0]; k++)
		if (can_run(&scanners[k]) && i-- == 0)
			return &scanners[k];
	return NULL;
}

const struct csv_scanner *
csv_scan_best(void)
{
	const struct csv_scanner *best = NULL, *s;
	size_t i;

	for (i = 0; (s = csv_scan_version(i)) != NULL; i++)
		best = s;
	return best;
}

size_t
csv_count_quotes(const unsigned char *p, size_t n)
{
	size_t count = 0;

#if defined(__x86_64__)
	if (has_avx2())
		return count_avx2(p, n);
#endif
	while (n > 0) {
		const unsigned char *q = memchr(p, '"', n);

		if (q == NULL)
			break;
		count++;
		n -= (size_t)(q - p) + 1;
		p = q + 1;
	}
	return count;
}

/* Length of the UTF-8 sequence at p[n], n >= 1; 0 when it is not one. */
static size_t
utf8_length(const unsigned char *p, size_t n)
{
	unsigned low = 0x80, high = 0xbf;
	size_t more, i;

	if (p[0] < 0x80)
		return 1;
	if (p[0] >= 0xc2 && p[0] <= 0xdf) {
		more = 1;
	} else if (p[0] >= 0xe0 && p[0] <= 0xef) {
		more = 2;
		if (p[0] == 0xe0)
			low = 0xa0; /* overlong */
		else if (p[0] == 0xed)
			high = 0x9f; /* surrogates */
	} else if (p[0] >= 0xf0 && p[0] <= 0xf4) {
		more = 3;
		if (p[0] == 0xf0)
			low = 0x90;
		else if (p[0] == 0xf4)
			high = 0x8f; /* beyond U+10FFFF */
	} else {
		return 0;
	}
	if (n <= more || p[1] < low || p[1] > high)
		return 0;
	for (i = 2; i <= more; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	return more + 1;
}

size_t
csv_utf8_bad(const unsigned char *p, size_t n)
{
	size_t i = 0, k;

	while (i < n) {
		while (i + 8 <= n &&
		    (eight_load(p + i) & 0x8080808080808080ULL) == 0)
			i += 8;
		if (i == n)
			break;
		if ((k = utf8_length(p + i, n - i)) == 0)
			return i;
		i += k;
	}
	return n;
}

void
csv_walk(const unsigned char *p, size_t n, char delimiter, int one,
    size_t ncols, struct csv_walk *w)
{
	enum { START, PLAIN, QUOTED, CLOSED } state = START;
	uint64_t line = 1, opened = 0;
	size_t start = 0, i, k;

	memset(w, 0, sizeof *w);
	w->line = w->record = w->column = 1;
#define STOP(text)                                                       \
	do {                                                             \
		w->what = (text);                                        \
		w->end = i;                                              \
		return;                                                  \
	} while (0)
	for (i = 0; i < n; i += k) {
		k = 1;
		if (p[i] == '\0')
			STOP("a NUL byte");
		if (p[i] >= 0x80 && (k = utf8_length(p + i, n - i)) == 0)
			STOP("not valid UTF-8");
		if (state == QUOTED) {
			if (p[i] == '"')
				state = CLOSED;
			else if (p[i] == '\n')
				line++;
			continue;
		}
		if (p[i] == '"') {
			if (state == PLAIN)
				STOP("a quote inside an unquoted field");
			if (state == START)
				opened = line;
			state = QUOTED;
		} else if ((char)p[i] == delimiter) {
			w->column++;
			state = START;
		} else if (p[i] == '\n') {
			line++;
			if (one) {
				w->end = i + 1;
				return;
			}
			if (ncols > 0 && w->column != ncols) {
				w->ragged = w->column;
				w->end = start;
				return;
			}
			start = i + 1;
			w->line = line;
			w->record++;
			w->column = 1;
			state = START;
		} else if (p[i] == '\r') {
			if (i + 1 < n && p[i + 1] != '\n')
				STOP("a carriage return without a line feed");
		} else {
			if (state == CLOSED)
				STOP("text after a closing quote");
			state = PLAIN;
		}
	}
	w->end = one ? n + 1 : n;
	if (state == QUOTED) {
		w->open = 1;
		w->line = opened;
		w->what = "a quote is opened here and never closed";
	}
#undef STOP
}
