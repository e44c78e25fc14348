/* Bloom-filter encodings compared. */
#include "linkage/dice.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/map.h"
#include "base/mem.h"
#include "flow/flow.h"

#if defined(__x86_64__)
#include <immintrin.h>
#define HAVE_X86 1
#else
#define HAVE_X86 0
#endif

#define LANES 8 /* encodings of b side by side */
#define ROWS 4  /* encodings of a against them */
/* Of a loop over rows: without it gcc -O2 keeps the rows' sums in memory. */
#define UNROLL _Pragma("GCC unroll 4")
#define TILE 64 /* rows of a that a worker takes at once, */
#define NEAR 64 /* and groups of b against all of them: these fit a cache */
/* Bits of what is no record: twice this fits 32 bits. */
#define NO_RECORD INT32_MAX
#define SHIFT 20 /* bits behind the point of a threshold */

static int
digit64(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

static int
digit16(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Text to bytes; how many, or -1. */
static long
decode(const char *p, size_t n, enum dice_text text,
    unsigned char to[DICE_MAX_BITS / 8])
{
	unsigned bits = text == DICE_HEX ? 4 : 6, have = 0, value = 0;
	size_t k = 0;
	int d;

	if (text == DICE_BASE64)
		while (n > 0 && p[n - 1] == '=')
			n--;
	for (; n > 0; n--) {
		d = text == DICE_HEX ? digit16(*p++) : digit64(*p++);
		if (d == -1)
			return -1;
		value = (value << bits | (unsigned)d) & 0xffff;
		have += bits;
		if (have < 8)
			continue;
		if (k == DICE_MAX_BITS / 8)
			return -1;
		have -= 8;
		to[k++] = (unsigned char)(value >> have);
	}
	/* What is left of base64's last digit must be nothing. */
	if (have >= bits || (value & ((1u << have) - 1)) != 0)
		return -1;
	return (long)k;
}

static int
add_bytes(struct dice_set *s, const unsigned char *p, size_t n)
{
	size_t nwords = n / 8;

	if (n == 0 || n % 8 != 0 || (s->nwords != 0 && s->nwords != nwords))
		return -1;
	s->nwords = nwords;
	if ((s->n & (s->n - 1)) == 0) /* room doubles at powers of two */
		s->words = mem_array(s->words, s->n > 0 ? s->n * 2 : 1,
		    nwords * sizeof *s->words);
	memcpy(s->words + s->n * nwords, p, n);
	s->n++;
	return 0;
}

int
dice_add(struct dice_set *s, const char *p, size_t n, enum dice_text text)
{
	unsigned char bytes[DICE_MAX_BITS / 8];
	long k = decode(p, n, text, bytes);

	return k <= 0 ? -1 : add_bytes(s, bytes, (size_t)k);
}

void
dice_clear(struct dice_set *s)
{
	free(s->words);
	free(s->ids);
	free(s->id_at);
	memset(s, 0, sizeof *s);
}

struct reading {
	struct dice_set *s;
	size_t id_column, column;
	enum dice_text text;
	struct map *seen;
	size_t ids_cap, at_cap;
};

struct reader {
	struct reading *r;
	struct buf bytes; /* of a record: id's length, id, length, encoding */
	struct buf scratch;
};

static void *
reader_new(void *arg)
{
	struct reader *w = mem_zero(1, sizeof *w);

	w->r = arg;
	return w;
}

static void
reader_free(void *state)
{
	struct reader *w = state;

	buf_free(&w->bytes);
	buf_free(&w->scratch);
	free(w);
}

static int
place(const struct csv_block *b, size_t i, size_t column, const char *what,
    struct fault *f)
{
	(void)fault_set(f, "%s", what);
	fault_place(f, b->file, csv_line_number(b, i), csv_record_number(b, i),
	    column + 1, NULL);
	return -1;
}

static int
map_block(void *state, const struct csv_block *b, struct buf *outs,
    struct fault *f)
{
	struct reader *w = state;
	unsigned char bytes[DICE_MAX_BITS / 8];
	struct csv_slice s;
	uint32_t n;
	size_t i;
	long k;

	(void)outs;
	buf_clear(&w->bytes);
	for (i = 0; i < b->nrecords; i++) {
		s = csv_cell(b, i, w->r->id_column, &w->scratch);
		if (s.n == 0 || s.n > 65535)
			return place(b, i, w->r->id_column, "a record's id "
			    "must have 1 to 65535 bytes", f);
		n = (uint32_t)s.n;
		buf_put(&w->bytes, &n, sizeof n);
		buf_put(&w->bytes, s.p, s.n);
		s = csv_cell(b, i, w->r->column, &w->scratch);
		k = decode(s.p, s.n, w->r->text, bytes);
		if (k <= 0)
			return place(b, i, w->r->column, w->r->text ==
			    DICE_HEX ? "not an encoding in hexadecimal" :
			    "not an encoding in base64", f);
		n = (uint32_t)k;
		buf_put(&w->bytes, &n, sizeof n);
		buf_put(&w->bytes, bytes, (size_t)k);
	}
	return 0;
}

static void
keep_id(struct reading *r, const char *p, size_t n)
{
	struct dice_set *s = r->s;
	uint64_t at = s->n > 0 ? s->id_at[s->n] : 0;

	if (s->n + 2 > r->at_cap) {
		r->at_cap = r->at_cap * 2 + 1024;
		s->id_at = mem_array(s->id_at, r->at_cap, sizeof *s->id_at);
	}
	if (at + n > r->ids_cap) {
		r->ids_cap = (at + n) * 2 + 4096;
		s->ids = mem_array(s->ids, r->ids_cap, 1);
	}
	memcpy(s->ids + at, p, n);
	s->id_at[s->n] = at;
	s->id_at[s->n + 1] = at + n;
}

static int
take_block(void *arg, void *state, const struct csv_block *b,
    struct buf *outs, struct fault *f)
{
	struct reading *r = arg;
	struct reader *w = state;
	const char *p = w->bytes.p;
	uint32_t n;
	size_t i;
	int added;

	(void)outs;
	if (r->s->n + b->nrecords >= UINT32_MAX)
		return fault_set(f, "more encodings than can be held");
	for (i = 0; i < b->nrecords; i++) {
		memcpy(&n, p, sizeof n);
		p += sizeof n;
		(void)map_add(r->seen, p, n, &added);
		if (!added)
			return place(b, i, r->id_column, "the record's id was "
			    "used by an earlier record", f);
		keep_id(r, p, n);
		p += n;
		memcpy(&n, p, sizeof n);
		p += sizeof n;
		if (add_bytes(r->s, (const unsigned char *)p, n) == -1)
			return place(b, i, r->column, "an encoding of another "
			    "length, or no whole number of 64 bits", f);
		p += n;
	}
	return 0;
}

int
dice_read(struct dice_set *s, struct csv_reader *in, size_t id_column,
    size_t column, enum dice_text text, unsigned jobs, const char *progress,
    struct fault *f)
{
	struct reading r = { s, id_column, column, text, map_new(), 0, 0 };
	struct flow flow = {
		.in = in, .jobs = jobs, .arg = &r,
		.state_new = reader_new, .state_free = reader_free,
		.map = map_block, .in_order = take_block,
		.progress = progress,
	};
	int rc;

	memset(s, 0, sizeof *s);
	rc = flow_run(&flow, NULL, f);
	map_free(r.seen);
	if (rc == -1)
		dice_clear(s);
	return rc;
}

/* A set in order of its bits; groups of LANES, word by word. */
struct sorted {
	size_t n, ngroups, nwords;
	uint32_t *record;
	uint64_t *ones;  /* n, filled up to whole groups by NO_RECORD */
	uint64_t *words; /* of group g, word k, lane i: (g nwords + k) 8 + i */
};

static uint64_t
count_bits(const uint64_t *w, size_t n)
{
	uint64_t c = 0;
	size_t i;

	for (i = 0; i < n; i++)
		c += (uint64_t)__builtin_popcountll(w[i]);
	return c;
}

/* By counting: the place of each number of bits. */
static void
sort_set(struct sorted *to, const struct dice_set *s, size_t nwords)
{
	size_t most = nwords * 64, *at = mem_zero(most + 2, sizeof *at);
	uint32_t *ones = mem_array(NULL, s->n + 1, sizeof *ones);
	size_t i, k, p;

	to->n = s->n;
	to->nwords = nwords;
	to->ngroups = (s->n + LANES - 1) / LANES;
	to->record = mem_array(NULL, s->n + 1, sizeof *to->record);
	to->ones = mem_aligned((to->ngroups * LANES + LANES) *
	    sizeof *to->ones);
	to->words = mem_aligned((to->ngroups * LANES * nwords + LANES) *
	    sizeof *to->words);
	memset(to->words, 0, to->ngroups * LANES * nwords *
	    sizeof *to->words);
	for (i = 0; i < s->n; i++) {
		ones[i] = (uint32_t)count_bits(s->words + i * nwords, nwords);
		at[ones[i] + 1]++;
	}
	for (i = 1; i <= most; i++)
		at[i] += at[i - 1];
	for (i = 0; i < s->n; i++) {
		p = at[ones[i]]++;
		to->record[p] = (uint32_t)i;
		to->ones[p] = ones[i];
		for (k = 0; k < nwords; k++)
			to->words[(p / LANES * nwords + k) * LANES +
			    p % LANES] = s->words[i * nwords + k];
	}
	for (p = s->n; p < to->ngroups * LANES; p++)
		to->ones[p] = NO_RECORD; /* can never reach a threshold */
	free(at);
	free(ones);
}

static void
free_sorted(struct sorted *s)
{
	free(s->record);
	free(s->ones);
	free(s->words);
}

/*
 * Common bits of ROWS encodings with the LANES of a group. Returns a bit
 * for row i, lane k at i * LANES + k where the threshold may be reached:
 * common << (SHIFT + 1) >= threshold * (bits of both).
 */
typedef uint32_t kernel(const uint64_t *group, const uint64_t *const row[ROWS],
    size_t nwords, const uint64_t *ones, const uint64_t row_ones[ROWS],
    uint64_t threshold, uint64_t common[ROWS][LANES]);

static uint32_t
decide(const uint64_t *ones, const uint64_t row_ones[ROWS],
    uint64_t threshold, uint64_t common[ROWS][LANES])
{
	uint32_t mask = 0;
	size_t i, k;

	for (i = 0; i < ROWS; i++)
		for (k = 0; k < LANES; k++)
			if (common[i][k] << (SHIFT + 1) >=
			    threshold * (ones[k] + row_ones[i]))
				mask |= (uint32_t)1 << (i * LANES + k);
	return mask;
}

static uint32_t
portable(const uint64_t *group, const uint64_t *const row[ROWS],
    size_t nwords, const uint64_t *ones, const uint64_t row_ones[ROWS],
    uint64_t threshold, uint64_t common[ROWS][LANES])
{
	size_t i, k, w;

	memset(common, 0, ROWS * sizeof common[0]);
	for (w = 0; w < nwords; w++)
		for (i = 0; i < ROWS; i++)
			for (k = 0; k < LANES; k++)
				common[i][k] += (uint64_t)
				    __builtin_popcountll(
				    group[w * LANES + k] & row[i][w]);
	return decide(ones, row_ones, threshold, common);
}

#if HAVE_X86
/* Bits of each byte by a table of nibbles (Mula 2008), then sums by lane. */
__attribute__((target("avx2"))) static uint32_t
avx2(const uint64_t *group, const uint64_t *const row[ROWS], size_t nwords,
    const uint64_t *ones, const uint64_t row_ones[ROWS], uint64_t threshold,
    uint64_t common[ROWS][LANES])
{
	const __m256i table = _mm256_setr_epi8(0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2,
	    3, 2, 3, 3, 4, 0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4);
	const __m256i low = _mm256_set1_epi8(15), zero = _mm256_setzero_si256();
	const __m256i t = _mm256_set1_epi64x((long long)threshold);
	__m256i sum[ROWS], bytes[ROWS], b, v, n;
	uint32_t mask = 0, less;
	size_t half, i, w, part;

	for (half = 0; half < 2; half++) {
		UNROLL
		for (i = 0; i < ROWS; i++)
			sum[i] = zero;
		/* A byte holds at most 8 bits of each of 31 words. */
		for (part = 0; part < nwords; part += 16) {
			UNROLL
			for (i = 0; i < ROWS; i++)
				bytes[i] = zero;
			for (w = part; w < nwords && w < part + 16; w++) {
				b = _mm256_load_si256((const __m256i *)
				    (const void *)(group + w * LANES +
				    half * 4));
				UNROLL
				for (i = 0; i < ROWS; i++) {
					v = _mm256_and_si256(b,
					    _mm256_set1_epi64x(
					    (long long)row[i][w]));
					n = _mm256_add_epi8(
					    _mm256_shuffle_epi8(table,
					    _mm256_and_si256(v, low)),
					    _mm256_shuffle_epi8(table,
					    _mm256_and_si256(
					    _mm256_srli_epi16(v, 4), low)));
					bytes[i] = _mm256_add_epi8(bytes[i],
					    n);
				}
			}
			UNROLL
			for (i = 0; i < ROWS; i++)
				sum[i] = _mm256_add_epi64(sum[i],
				    _mm256_sad_epu8(bytes[i], zero));
		}
		b = _mm256_load_si256((const __m256i *)(const void *)
		    (ones + half * 4));
		/* As decide does; threshold and numbers of bits have 32 bits. */
		UNROLL
		for (i = 0; i < ROWS; i++) {
			_mm256_storeu_si256((__m256i *)(void *)
			    (common[i] + half * 4), sum[i]);
			v = _mm256_mul_epu32(t, _mm256_add_epi64(b,
			    _mm256_set1_epi64x((long long)row_ones[i])));
			n = _mm256_slli_epi64(sum[i], SHIFT + 1);
			less = (uint32_t)_mm256_movemask_pd(
			    _mm256_castsi256_pd(_mm256_cmpgt_epi64(v, n)));
			mask |= (less ^ 15) << (i * LANES + half * 4);
		}
	}
	return mask;
}

__attribute__((target("avx512f,avx512dq,avx512vpopcntdq"))) static uint32_t
avx512(const uint64_t *group, const uint64_t *const row[ROWS], size_t nwords,
    const uint64_t *ones, const uint64_t row_ones[ROWS], uint64_t threshold,
    uint64_t common[ROWS][LANES])
{
	__m512i c0 = _mm512_setzero_si512(), c1 = c0, c2 = c0, c3 = c0, b;
	const __m512i t = _mm512_set1_epi64((long long)threshold);
	const __m512i n = _mm512_load_si512(ones);
	uint32_t mask;
	size_t w;

#define ADD(c, i) \
	c = _mm512_add_epi64(c, _mm512_popcnt_epi64(_mm512_and_si512(b, \
	    _mm512_set1_epi64((long long)row[i][w]))))
#define DECIDE(c, i) \
	((uint32_t)_mm512_cmpge_epu64_mask(_mm512_slli_epi64(c, SHIFT + 1), \
	    _mm512_mullo_epi64(t, _mm512_add_epi64(n, \
	    _mm512_set1_epi64((long long)row_ones[i])))) << (i * LANES))
	for (w = 0; w < nwords; w++) {
		b = _mm512_load_si512(group + w * LANES);
		ADD(c0, 0);
		ADD(c1, 1);
		ADD(c2, 2);
		ADD(c3, 3);
	}
	mask = DECIDE(c0, 0) | DECIDE(c1, 1) | DECIDE(c2, 2) | DECIDE(c3, 3);
	if (mask != 0) {
		_mm512_storeu_si512(common[0], c0);
		_mm512_storeu_si512(common[1], c1);
		_mm512_storeu_si512(common[2], c2);
		_mm512_storeu_si512(common[3], c3);
	}
	return mask;
#undef ADD
#undef DECIDE
}
#endif

int
dice_has(enum dice_kernel k)
{
#if HAVE_X86
	if (k == DICE_AVX512)
		return __builtin_cpu_supports("avx512f") &&
		    __builtin_cpu_supports("avx512dq") &&
		    __builtin_cpu_supports("avx512vpopcntdq");
	if (k == DICE_AVX2)
		return __builtin_cpu_supports("avx2") != 0;
#endif
	return k == DICE_BEST || k == DICE_PORTABLE;
}

static kernel *
choose(enum dice_kernel k)
{
#if HAVE_X86
	if ((k == DICE_BEST || k == DICE_AVX512) && dice_has(DICE_AVX512))
		return avx512;
	if ((k == DICE_BEST || k == DICE_AVX2) && dice_has(DICE_AVX2))
		return avx2;
#endif
	(void)k;
	return portable;
}

struct join {
	const struct dice_set *a;
	struct sorted *rows, *lanes;
	int within;
	double threshold;
	uint64_t limit;
	kernel *k;
	atomic_size_t next;
};

struct worker {
	struct join *j;
	pthread_t thread;
	struct dice_pair *pairs;
	size_t n, cap;
	uint64_t compared;
};

/* The first place whose number of bits is at least that. */
static size_t
first_from(const struct sorted *s, double ones)
{
	size_t from = 0, to = s->n, middle;

	while (from < to) {
		middle = from + (to - from) / 2;
		if ((double)s->ones[middle] < ones)
			from = middle + 1;
		else
			to = middle;
	}
	return from;
}

static void
keep(struct worker *w, size_t row, size_t lane, uint64_t common)
{
	const struct join *j = w->j;
	uint32_t l = j->rows->record[row], r = j->lanes->record[lane];
	double sum = (double)(j->rows->ones[row] + j->lanes->ones[lane]);
	double dice = sum > 0 ? 2 * (double)common / sum : 0;

	/* The whole-number test lets a little too much through. */
	if (dice < j->threshold - 1e-12 || (j->within && l >= r))
		return;
	if (w->n == w->cap) {
		w->cap = w->cap * 2 + 1024;
		w->pairs = mem_array(w->pairs, w->cap, sizeof *w->pairs);
	}
	w->pairs[w->n++] = (struct dice_pair){ l, r, dice };
}

/* Rows side by side, and the groups of lanes that some of them can reach. */
struct rows {
	const uint64_t *row[ROWS];
	uint64_t ones[ROWS];
	size_t first, from, to;
};

static void
take_rows(struct rows *r, const struct join *j, size_t first, size_t n)
{
	const struct sorted *s = j->lanes;
	double t = j->threshold;
	size_t i, at;

	for (i = 0; i < ROWS; i++) {
		at = first + (i < n ? i : 0);
		r->row[i] = j->a->words + (size_t)j->rows->record[at] *
		    s->nwords;
		r->ones[i] = i < n ? j->rows->ones[at] : NO_RECORD;
	}
	r->first = first;
	/* Dice cannot reach t beyond these numbers of bits. */
	r->from = first_from(s, (double)r->ones[0] * t / (2 - t) - 1e-6) /
	    LANES;
	r->to = first_from(s, (double)r->ones[n - 1] * (2 - t) / t + 1e-6);
	r->to = (r->to + LANES - 1) / LANES;
}

static void
compare(struct worker *w, const struct rows *r, size_t from, size_t to)
{
	const struct join *j = w->j;
	const struct sorted *s = j->lanes;
	uint64_t common[ROWS][LANES];
	uint32_t mask, bit;
	size_t g;

	for (g = from; g < to; g++) {
		mask = j->k(s->words + g * LANES * s->nwords, r->row,
		    s->nwords, s->ones + g * LANES, r->ones, j->limit,
		    common);
		for (; mask != 0; mask &= mask - 1) {
			bit = (uint32_t)__builtin_ctz(mask);
			keep(w, r->first + bit / LANES, g * LANES +
			    bit % LANES, common[bit / LANES][bit % LANES]);
		}
	}
}

/* A tile of rows against the lanes, as many groups at a time as stay near. */
static void
tile(struct worker *w, size_t first, size_t end)
{
	struct rows rows[TILE / ROWS], *r;
	size_t from = SIZE_MAX, to = 0, i, n = 0, g, left;

	for (i = first; i < end; i += ROWS) {
		r = &rows[n++];
		left = end - i < ROWS ? end - i : ROWS;
		take_rows(r, w->j, i, left);
		if (r->to <= r->from)
			continue;
		w->compared += (uint64_t)(r->to - r->from) * LANES * left;
		from = r->from < from ? r->from : from;
		to = r->to > to ? r->to : to;
	}
	for (g = from; g < to; g += NEAR)
		for (i = 0; i < n; i++) {
			r = &rows[i];
			compare(w, r, r->from > g ? r->from : g,
			    r->to < g + NEAR ? r->to : g + NEAR);
		}
}

static void *
work(void *arg)
{
	struct worker *w = arg;
	size_t at, n = w->j->rows->n;

	while ((at = atomic_fetch_add(&w->j->next, TILE)) < n)
		tile(w, at, at + TILE < n ? at + TILE : n);
	return NULL;
}

static int
by_records(const void *a, const void *b)
{
	const struct dice_pair *x = a, *y = b;

	if (x->l != y->l)
		return x->l < y->l ? -1 : 1;
	return x->r < y->r ? -1 : x->r > y->r;
}

size_t
dice_join(const struct dice_set *a, const struct dice_set *b,
    double threshold, unsigned jobs, enum dice_kernel k,
    struct dice_pair **pairs, uint64_t *compared)
{
	const struct dice_set *other = b != NULL ? b : a;
	struct sorted rows, lanes;
	struct join j = { .a = a, .rows = &rows, .lanes = &lanes,
	    .within = b == NULL, .threshold = threshold, .k = choose(k),
	    .limit = (uint64_t)(threshold * (1 << SHIFT)) };
	struct worker *w;
	size_t i, n = 0, started;

	if (compared != NULL)
		*compared = 0;
	/* Less than that any pair with a bit in common has, but NO_RECORD not. */
	if (j.limit < 16)
		j.limit = 16;
	*pairs = mem_array(NULL, 1, sizeof **pairs);
	if (a->n == 0 || other->n == 0)
		return 0;
	jobs = jobs > 0 ? jobs : flow_processors();
	w = mem_zero(jobs, sizeof *w);
	sort_set(&rows, a, a->nwords);
	sort_set(&lanes, other, a->nwords);
	atomic_init(&j.next, 0);
	for (i = 0; i < jobs; i++)
		w[i].j = &j;
	for (started = 1; started < jobs; started++)
		if (pthread_create(&w[started].thread, NULL, work,
		    &w[started]) != 0)
			break;
	(void)work(&w[0]);
	for (i = 1; i < started; i++)
		(void)pthread_join(w[i].thread, NULL);
	for (i = 0; i < jobs; i++) {
		*pairs = mem_array(*pairs, n + w[i].n + 1, sizeof **pairs);
		if (w[i].n > 0)
			memcpy(*pairs + n, w[i].pairs,
			    w[i].n * sizeof **pairs);
		n += w[i].n;
		if (compared != NULL)
			*compared += w[i].compared;
		free(w[i].pairs);
	}
	qsort(*pairs, n, sizeof **pairs, by_records);
	free(w);
	free_sorted(&rows);
	free_sorted(&lanes);
	return n;
}
