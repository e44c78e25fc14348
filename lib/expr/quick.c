/* Days of a column. */
#include "expr/quick.h"

#include <pthread.h>

#include "base/date.h"

void
quick_days_plain(const struct column *c, size_t n, int32_t *days)
{
	size_t i;

	for (i = 0; i < n; i++)
		days[i] = c->n[i] == 10 ? date_packed(c->v[i].p) : -1;
}

#if defined(__x86_64__)
#include <tmmintrin.h>

/* Year and month * 128 + day in the low 64 bits; 0 in the rest: digits. */
__attribute__((target("ssse3"))) static inline __m128i
parts_ssse3(const char *p, __m128i *wrong)
{
	/* YYYY MM DD, then the two hyphens. */
	const __m128i order = _mm_setr_epi8(0, 1, 2, 3, 5, 6, 8, 9, 4, 7, -1,
	    -1, -1, -1, -1, -1);
	const __m128i zero = _mm_setr_epi8('0', '0', '0', '0', '0', '0', '0',
	    '0', '-', '-', 0, 0, 0, 0, 0, 0);
	const __m128i most = _mm_setr_epi8(9, 9, 9, 9, 9, 9, 9, 9, 0, 0, 0, 0,
	    0, 0, 0, 0);
	const __m128i tens = _mm_setr_epi8(10, 1, 10, 1, 10, 1, 10, 1, 0, 0, 0,
	    0, 0, 0, 0, 0);
	const __m128i places = _mm_setr_epi16(100, 1, 128, 1, 0, 0, 0, 0);
	__m128i x = _mm_loadu_si128((const __m128i *)(const void *)p);

	x = _mm_xor_si128(_mm_shuffle_epi8(x, order), zero);
	/* How far beyond a digit, added up, in the low half and the high. */
	*wrong = _mm_sad_epu8(_mm_subs_epu8(x, most), _mm_setzero_si128());
	*wrong = _mm_or_si128(*wrong, _mm_unpackhi_epi64(*wrong, *wrong));
	return _mm_madd_epi16(_mm_maddubs_epi16(x, tens), places);
}

/* Four days at a time, without a jump but for a 29 February. */
__attribute__((target("ssse3"))) static void
days_ssse3(const struct column *c, size_t n, int32_t *days)
{
	const __m128i longest = _mm_setr_epi8(0, 31, 29, 31, 30, 31, 30, 31,
	    31, 30, 31, 30, 31, 0, 0, 0);
	const __m128i none = _mm_setzero_si128();
	size_t i, k;

	for (i = 0; i + 4 <= n; i += 4) {
		__m128i w0, w1, w2, w3, y, md, m, d, good;
		__m128i a = parts_ssse3(c->v[i].p, &w0);
		__m128i b = parts_ssse3(c->v[i + 1].p, &w1);
		__m128i e = parts_ssse3(c->v[i + 2].p, &w2);
		__m128i g = parts_ssse3(c->v[i + 3].p, &w3);

		a = _mm_unpacklo_epi32(a, b);
		e = _mm_unpacklo_epi32(e, g);
		y = _mm_unpacklo_epi64(a, e);
		md = _mm_unpackhi_epi64(a, e);
		m = _mm_srli_epi32(md, 7);
		d = _mm_and_si128(md, _mm_set1_epi32(127));
		good = _mm_cmpeq_epi32(_mm_unpacklo_epi64(
		    _mm_unpacklo_epi32(w0, w1), _mm_unpacklo_epi32(w2, w3)),
		    none);
		good = _mm_and_si128(good, _mm_cmpeq_epi32(_mm_loadu_si128(
		    (const __m128i *)(const void *)&c->n[i]),
		    _mm_set1_epi32(10)));
		good = _mm_and_si128(good, _mm_cmpgt_epi32(d, none));
		good = _mm_andnot_si128(_mm_or_si128(_mm_cmpgt_epi32(m,
		    _mm_set1_epi32(12)), _mm_cmpgt_epi32(d,
		    _mm_shuffle_epi8(longest, m))), good);
		y = _mm_or_si128(_mm_slli_epi32(y, 9),
		    _mm_or_si128(_mm_slli_epi32(m, 5), d));
		/* What is not good is all ones, -1. */
		y = _mm_or_si128(y, _mm_cmpeq_epi32(good, none));
		_mm_storeu_si128((__m128i *)(void *)&days[i], y);
		if (_mm_movemask_epi8(_mm_cmpeq_epi32(md,
		    _mm_set1_epi32(2 * 128 + 29))) == 0)
			continue;
		for (k = i; k < i + 4; k++)
			if (days[k] >= 0 && days[k] % 512 == 2 * 32 + 29 &&
			    !date_leap(days[k] / 512))
				days[k] = -1;
	}
	for (; i < n; i++)
		days[i] = c->n[i] == 10 ? date_packed(c->v[i].p) : -1;
}
#endif

typedef void days_fn(const struct column *, size_t, int32_t *);

static days_fn *days_best = quick_days_plain;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void
choose(void)
{
#if defined(__x86_64__)
	if (__builtin_cpu_supports("ssse3"))
		days_best = days_ssse3;
#endif
}

void
quick_days(const struct column *c, size_t n, int32_t *days)
{
	(void)pthread_once(&once, choose);
	days_best(c, n, days);
}
