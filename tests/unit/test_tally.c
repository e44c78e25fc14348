/*
 * lib/tally from below: table, numbers, the store that spills, lists.
 * Expected order: qsort with memcmp. Expected ratios: python3 (fractions),
 * float(Fraction(a, b)).
 */
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "tally/number.h"
#include "tally/pack.h"
#include "tally/request.h"
#include "tally/store.h"
#include "tally/table.h"
#include "tally/total.h"

/* xorshift64 (Marsaglia 2003): the same keys in every run. */
static uint64_t
draw(uint64_t *x)
{
	*x ^= *x << 13;
	*x ^= *x >> 7;
	*x ^= *x << 17;
	return *x;
}

/* Keys of all lengths, many with a long common beginning. */
static size_t
make_key(char to[80], uint64_t i, int kind)
{
	static const char common[] = "the same beginning of more than 16 b";

	if (kind == 0)
		return (size_t)sprintf(to, "%llu", (unsigned long long)i);
	if (kind == 1)
		return (size_t)sprintf(to, "%s%llu", common,
		    (unsigned long long)i);
	if (kind == 3)
		return (size_t)sprintf(to, "P%09llu", (unsigned long long)i);
	memset(to, 'a', 60);
	return (size_t)(i % 60) + (size_t)sprintf(to + i % 60, "%llu",
	    (unsigned long long)i);
}

struct text {
	char p[80];
	size_t n;
	uint64_t count;
};

static int
by_bytes(const void *a, const void *b)
{
	const struct text *x = a, *y = b;
	int c = memcmp(x->p, y->p, x->n < y->n ? x->n : y->n);

	return c != 0 ? c : x->n < y->n ? -1 : x->n > y->n;
}

static int
add_count(void *arg, char *into, const char *from,
    const unsigned char *scales, struct fault *f)
{
	uint64_t a, b;

	(void)arg;
	(void)f;
	(void)scales;
	memcpy(&a, into, 8);
	memcpy(&b, from, 8);
	a += b;
	memcpy(into, &a, 8);
	return 0;
}

/* n draws among many keys, through a table that is flushed every so often. */
static void
run_store(int kind, size_t n, size_t many, size_t every, size_t limit,
    int ordered, enum tally_order order, size_t hold)
{
	struct spill *spill = spill_new();
	struct tally_store *store = tally_store_new(order, 8, 1, spill,
	    hold);
	struct tally_table *t = tally_table_new(8);
	struct text *want = mem_zero(many, sizeof *want);
	struct tally_adder add = { add_count, NULL,
		(const unsigned char *)"" };
	struct fault f = FAULT_NONE;
	struct tally_stream *s;
	struct tally_key k;
	uint64_t seed = 88172645463325252ULL, v;
	size_t i, j, seen = 0;
	char *state;

	for (i = 0; i < many; i++)
		want[i].n = make_key(want[i].p, i, kind);
	for (i = 0; i < n;) {
		struct tally_key keys[TALLY_BATCH];
		char *states[TALLY_BATCH];

		for (j = 0; j < TALLY_BATCH && i < n; j++, i++) {
			struct text *w = &want[ordered ? i * many / n :
			    draw(&seed) % many];

			w->count++;
			keys[j] = tally_key_of(w->p, w->n);
		}
		tally_table_batch(t, keys, j, states);
		while (j-- > 0)
			(void)add_count(NULL, states[j],
			    "\1\0\0\0\0\0\0\0", NULL, &f);
		if (every > 0 && tally_table_count(t) >= every)
			ck_assert_int_eq(tally_store_flush(store, t,
			    (const unsigned char *)"", &f), 0);
	}
	qsort(want, many, sizeof *want, by_bytes);
	ck_assert_ptr_nonnull(s = tally_store_read(store, t, limit,
	    (unsigned)many % 3, &add, &f));
	while (order == TALLY_ANY_ORDER && tally_stream_next(s, &k, &state,
	    &f) == 1) {
		struct text find = { .n = k.n }, *w;
		char small[TALLY_SHORT];

		memcpy(find.p, tally_key_bytes(&k, small), k.n);
		ck_assert_ptr_nonnull(w = bsearch(&find, want, many,
		    sizeof *want, by_bytes));
		memcpy(&v, state, 8);
		ck_assert_uint_eq(v, w->count);
		w->count = 0; /* each once */
		seen++;
	}
	for (i = 0; i < many; i++) {
		char small[TALLY_SHORT];

		if (want[i].count == 0)
			continue;
		ck_assert_int_eq(tally_stream_next(s, &k, &state, &f), 1);
		memcpy(&v, state, 8);
		ck_assert_uint_eq(v, want[i].count);
		ck_assert(memcmp(tally_key_bytes(&k, small), want[i].p,
		    want[i].n) == 0);
		seen++;
	}
	ck_assert_uint_gt(seen, 0);
	ck_assert_int_eq(tally_stream_next(s, &k, &state, &f), 0);
	tally_stream_free(s);
	tally_store_free(store);
	spill_free(spill);
	free(want);
}

static const struct {
	int kind;
	size_t n, many, every, limit;
	int ordered;
} store_cases[] = {
	{ 0, 1000, 1, 0, 1 << 20, 0 },
	{ 0, 50000, 7000, 0, 1 << 20, 0 },
	{ 1, 50000, 7000, 0, 1 << 20, 0 },
	{ 2, 50000, 7000, 0, 1 << 20, 0 },
	{ 0, 50000, 20000, 3000, 1 << 20, 0 },
	{ 1, 50000, 20000, 3000, 1 << 20, 0 },
	{ 2, 50000, 20000, 3000, 1 << 20, 0 },
	/* Partitions that do not fit, and input in order of its keys. */
	{ 0, 100000, 40000, 3000, 40000, 0 },
	{ 1, 100000, 40000, 3000, 40000, 0 },
	{ 2, 60000, 30000, 3000, 40000, 0 },
	{ 0, 100000, 40000, 3000, 40000, 1 },
	{ 1, 100000, 40000, 3000, 40000, 1 },
	/* All alike in the first of two registers, and none flushed. */
	{ 3, 50000, 900, 0, 1 << 20, 0 },
	{ 3, 100000, 40000, 3000, 40000, 0 },
};

START_TEST(store)
{
	run_store(store_cases[_i].kind, store_cases[_i].n,
	    store_cases[_i].many, store_cases[_i].every,
	    store_cases[_i].limit, store_cases[_i].ordered, TALLY_SORTED,
	    0);
	run_store(store_cases[_i].kind, store_cases[_i].n,
	    store_cases[_i].many, store_cases[_i].every,
	    store_cases[_i].limit, store_cases[_i].ordered, TALLY_ANY_ORDER,
	    60000);
}
END_TEST

static int
add_nothing(void *arg, char *into, const char *from,
    const unsigned char *scales, struct fault *f)
{
	(void)arg;
	(void)into;
	(void)from;
	(void)scales;
	(void)f;
	return 0;
}

/*
 * Keys alone, each of them drawn twice over in scattered order (7919 and the
 * number of keys have no factor in common), through a table that is flushed
 * every 1000 keys, in memory for a few of them, for all, and all in the table:
 * each comes once.
 */
static const struct {
	int kind;
	size_t limit, every;
	int skip; /* read before the rest is counted */
} alone_cases[] = {
	{ 0, 1 << 20, 0, 0 }, { 0, 1 << 22, 1000, 0 }, { 0, 40000, 1000, 0 },
	{ 0, 40000, 1000, 20000 }, { 1, 40000, 1000, 0 },
	{ 2, 40000, 1000, 20000 }, { 2, 1 << 22, 1000, 0 },
	{ 3, 40000, 1000, 0 }, { 3, 1 << 22, 1000, 49999 },
};

START_TEST(alone)
{
	enum { MANY = 50000 };
	struct spill *spill = spill_new();
	struct tally_store *keys = tally_store_new(TALLY_ANY_ORDER, 0, 0,
	    spill, 100000);
	struct tally_table *t = tally_table_new(0);
	struct tally_adder add = { add_nothing, NULL, NULL };
	struct fault f = FAULT_NONE;
	struct text *want = mem_zero(MANY, sizeof *want);
	struct tally_stream *s;
	struct tally_key k;
	char *state, small[TALLY_SHORT];
	uint64_t rest = 0;
	size_t i, seen = 0;

	for (i = 0; i < MANY; i++)
		want[i].n = make_key(want[i].p, i, alone_cases[_i].kind);
	for (i = 0; i < (size_t)2 * MANY; i++) {
		const struct text *w = &want[i * 7919 % MANY];

		k = tally_key_of(w->p, w->n);
		tally_table_batch(t, &k, 1, &state);
		if (alone_cases[_i].every > 0 &&
		    tally_table_count(t) >= alone_cases[_i].every)
			ck_assert_int_eq(tally_store_flush(keys, t,
			    (const unsigned char *)"", &f), 0);
	}
	qsort(want, MANY, sizeof *want, by_bytes);
	ck_assert_ptr_nonnull(s = tally_store_read(keys, t,
	    alone_cases[_i].limit, (unsigned)_i % 4, &add, &f));
	while (seen < (size_t)alone_cases[_i].skip) {
		struct text find = { .n = 0 }, *w;

		ck_assert_int_eq(tally_stream_next(s, &k, &state, &f), 1);
		find.n = k.n;
		memcpy(find.p, tally_key_bytes(&k, small), k.n);
		ck_assert_ptr_nonnull(w = bsearch(&find, want, MANY,
		    sizeof *want, by_bytes));
		ck_assert_uint_eq(w->count++, 0);
		seen++;
	}
	if (seen == 0 || seen == 20000)
		ck_assert_int_eq(tally_stream_count(s, &rest, &f), 0);
	for (; seen + rest < MANY; seen++)
		ck_assert_int_eq(tally_stream_next(s, &k, &state, &f), 1);
	ck_assert_uint_eq(seen + rest, MANY);
	ck_assert_int_eq(tally_stream_next(s, &k, &state, &f), 0);
	tally_stream_free(s);
	tally_store_free(keys);
	spill_free(spill);
	free(want);
}
END_TEST

/* Powers of two: python3, 2**128-2, -(2**190), 2**191-1, -(2**128), 2**191. */
static const char *const totals[] = { "0", "7", "-7", "1000000000000000000",
	"170141183460469231731687303715884105727",
	"340282366920938463463374607431768211454",
	"-340282366920938463463374607431768211456",
	"-1569275433846670190958947355801916604025588861116008628224",
	"3138550867693340381917894711603833208051177722232017256447" };

START_TEST(total)
{
	const char *text = totals[_i];
	char state[TALLY_TOTAL];
	struct buf b = { 0 };
	struct tally_total t;

	ck_assert_int_eq(tally_total_get(text, strlen(text), &t), 0);
	ck_assert_int_eq(t.high == 0, strlen(text) < 40 &&
	    strcmp(text, totals[5]) != 0);
	tally_total_set(state, t);
	tally_total_put(&b, tally_total_at(state));
	ck_assert_str_eq(buf_string(&b), text);
	buf_free(&b);
}
END_TEST

/* 3 * 10^38 is more than 2^128, and 10^18 times it still fits in 192 bits. */
START_TEST(total_on_the_way)
{
	num_wide e38 = 1;
	struct tally_total t = { 0, 0 };
	char state[TALLY_TOTAL] = { 0 };
	struct buf b = { 0 };
	int i;

	for (i = 0; i < 38; i++)
		e38 *= 10;
	for (i = 0; i < 3; i++)
		tally_total_add(state, e38);
	t = tally_total_at(state);
	ck_assert_int_eq(tally_total_scale(&t, 18), 0);
	tally_total_put(&b, t);
	ck_assert_str_eq(buf_string(&b), "300000000000000000000000000000000"
	    "000000000000000000000000");
	ck_assert_int_eq(tally_total_scale(&t, 18), -1);
	ck_assert_int_eq(tally_total_join(state, tally_total_at(state)), 0);
	for (i = 0; i < 7; i++)
		tally_total_add(state, -e38);
	t = tally_total_at(state);
	ck_assert_int_eq(t.high, 0);
	ck_assert(t.low == -e38);
	ck_assert_int_eq(tally_total_get("3138550867693340381917894711603833"
	    "208051177722232017256448", 58, &t), -1);
	ck_assert_int_eq(tally_total_get("", 0, &t), -1);
	ck_assert_int_eq(tally_total_get("-", 1, &t), -1);
	ck_assert_int_eq(tally_total_get("1.5", 3, &t), -1);
	buf_free(&b);
}
END_TEST

/* Words that are all one, near, far, negative: what is read is what was put. */
static uint64_t
word(size_t column, size_t i, uint64_t *seed)
{
	switch (column) {
	case 0:
		return 1;
	case 1:
		return 0x3030303050ULL + i % 10 * 0x100000000ULL;
	case 2:
		return draw(seed) % 100000;
	case 3:
		return draw(seed);
	case 4:
		return (uint64_t)0 - draw(seed) % 3;
	default:
		return i == 255 ? (uint64_t)1 << 63 : 0;
	}
}

START_TEST(pack)
{
	static const size_t counts[] = { 0, 1, 2, 255, 256, 257, 1000 };
	enum { WORDS = 6 };
	uint64_t rows[1000 * WORDS], seed = 88172645463325252ULL;
	size_t n = counts[_i], i;
	struct buf packed = { 0 }, back = { 0 };

	for (i = 0; i < n * WORDS; i++)
		rows[i] = word(i % WORDS, i / WORDS, &seed);
	tally_pack(&packed, (const char *)rows, n, WORDS);
	tally_unpack(&back, packed.p, n, WORDS);
	ck_assert_uint_eq(back.n, n * WORDS * 8);
	ck_assert(n == 0 || memcmp(back.p, rows, back.n) == 0);
	/* Bytes that differ in a column: 0, 1, 3, 8, 8 and 1. */
	if (n == 1000)
		ck_assert_uint_lt(packed.n, n * (1 + 3 + 8 + 8 + 1) + 500);
	buf_free(&packed);
	buf_free(&back);
}
END_TEST

/* mantissa, digits after the point; NULL: not the fast form or no number */
static const struct {
	const char *text;
	int fast, rc;
	long long mantissa;
	unsigned after;
} decimals[] = {
	{ "0", 1, 0, 0, 0 },
	{ "7", 1, 0, 7, 0 },
	{ "-7", 1, 0, -7, 0 },
	{ "12345678", 1, 0, 12345678, 0 },
	{ "123456789", 0, 0, 123456789, 0 },
	{ "1.5", 1, 0, 15, 1 },
	{ "-1.50", 1, 0, -150, 2 },
	{ "12345678.12345678", 1, 0, 1234567812345678LL, 8 },
	{ "00012.50", 1, 0, 1250, 2 },
	{ "+5", 0, 0, 5, 0 },
	{ ".5", 0, 0, 5, 1 },
	{ "5.", 0, 0, 5, 0 },
	{ "-0", 1, 0, 0, 0 },
	{ "", 0, -1, 0, 0 },
	{ "-", 0, -1, 0, 0 },
	{ ".", 0, -1, 0, 0 },
	{ "1,5", 0, -1, 0, 0 },
	{ "1.2.3", 0, -1, 0, 0 },
	{ "1 ", 0, -1, 0, 0 },
	{ "1e5", 0, 0, 100000, 0 },
	{ "1e+05", 0, 0, 100000, 0 }, /* as R writes 100000 */
	{ "-1.50E+1", 0, 0, -15, 0 },
	{ "1.50e0", 0, 0, 15, 1 },
	{ "5e-18", 0, 0, 5, 18 },
	{ "50e-19", 0, 0, 5, 18 },
	{ "5e-19", 0, -2, 0, 0 },
	{ "0.00e-99", 0, 0, 0, 0 },
	{ "0e99999", 0, 0, 0, 0 },
	{ "1e18", 0, 0, 1000000000000000000LL, 0 },
	{ "1e39", 0, -2, 0, 0 },
	{ "1e-2000000000", 0, -2, 0, 0 },
	{ "1e99999999999999999999", 0, -1, 0, 0 },
	{ "e5", 0, -1, 0, 0 },
	{ "1e", 0, -1, 0, 0 },
	{ "1e+", 0, -1, 0, 0 },
	{ "1e5.0", 0, -1, 0, 0 },
	{ "1e5e5", 0, -1, 0, 0 },
	{ "1.0000000000000000001ex", 0, -1, 0, 0 },
	{ "1:", 0, -1, 0, 0 },
	{ "12/4", 0, -1, 0, 0 },
	{ "--1", 0, -1, 0, 0 },
	{ "1.0000000000000000000", 0, 0, 1000000000000000000LL, 18 },
	{ "1.0000000000000000001", 0, -2, 0, 0 },
	{ "99999999999999999999999999999999999999999", 0, -2, 0, 0 },
};

START_TEST(decimal)
{
	char text[96] = { 0 };
	size_t n = strlen(decimals[_i].text);
	int64_t v = 0;
	num_wide w;
	unsigned after = 99;

	memcpy(text, decimals[_i].text, n);
	ck_assert_int_eq(tally_decimal_fast(text, n, &v, &after),
	    decimals[_i].fast);
	if (decimals[_i].fast) {
		ck_assert_int_eq(v, decimals[_i].mantissa);
		ck_assert_uint_eq(after, decimals[_i].after);
	}
	ck_assert_int_eq(tally_decimal(text, n, &w, &after),
	    decimals[_i].rc);
	if (decimals[_i].rc == 0) {
		ck_assert(w == decimals[_i].mantissa);
		ck_assert_uint_eq(after, decimals[_i].after);
	}
}
END_TEST

/* Every text of few characters: both ways of reading agree. */
START_TEST(decimal_all)
{
	static const char set[] = "0159.-+ex/:";
	char text[32] = { 0 };
	size_t n = sizeof set - 1, i, k, len;

	for (len = 1; len <= 5; len++) {
		size_t all = 1;

		for (i = 0; i < len; i++)
			all *= n;
		for (i = 0; i < all; i++) {
			size_t x = i;
			num_wide w = 0;
			int64_t v = 0;
			unsigned a = 0, b = 0;
			int rc;

			for (k = 0; k < len; k++, x /= n)
				text[k] = set[x % n];
			rc = tally_decimal(text, len, &w, &b);
			for (k = 1; k <= 4; k++) {
				/* Digits, a point, just so many digits. */
				int simple = len > k + 1 && strspn(text,
				    "0159") == len - 1 - k &&
				    text[len - 1 - k] == '.' && strspn(text +
				    len - k, "0159") == k;

				ck_assert_int_eq(tally_decimal_of(text, len,
				    (unsigned)k, &v), simple);
				ck_assert(!simple || (rc == 0 && w == v &&
				    b == k));
			}
			if (!tally_decimal_fast(text, len, &v, &a))
				continue;
			ck_assert_int_eq(rc, 0);
			ck_assert(w == v && a == b);
		}
	}
}
END_TEST

START_TEST(order)
{
	uint64_t seed = 2463534242ULL;
	int i;

	for (i = 0; i < 200000; i++) {
		int64_t a = (int64_t)(draw(&seed) >> (draw(&seed) % 64));
		int64_t b = (int64_t)(draw(&seed) >> (draw(&seed) % 64));
		unsigned sa = (unsigned)(draw(&seed) % 6);
		unsigned sb = (unsigned)(draw(&seed) % 6), back;
		char x[TALLY_ORDER_MAX], y[TALLY_ORDER_MAX];
		size_t nx, ny;
		num_wide va, vb, v;
		int want, got;

		a = draw(&seed) & 1 ? -a : a;
		if (draw(&seed) % 4 == 0)
			b = a, sb = sa;
		else
			b = draw(&seed) & 1 ? -b : b;
		nx = tally_order_put(x, a, sa);
		ny = tally_order_put(y, b, sb);
		va = (num_wide)a * tally_pow10[6 - sa];
		vb = (num_wide)b * tally_pow10[6 - sb];
		want = va < vb ? -1 : va > vb;
		got = memcmp(x, y, nx < ny ? nx : ny);
		got = got == 0 ? nx < ny ? -1 : nx > ny : got < 0 ? -1 : 1;
		ck_assert_int_eq(got, want);
		ck_assert_int_eq(tally_order_get(x, nx, &v, &back), 0);
		ck_assert_uint_le(back, sa);
		ck_assert(v * tally_pow10[6 - back] == va);
	}
}
END_TEST

/* python3: float(Fraction(v, n * 10 ** scale)).hex() */
static const struct {
	long long v;
	unsigned scale;
	unsigned long long n;
	double want;
} means[] = {
	{ 1, 0, 3, 0x1.5555555555555p-2 },
	{ -10, 0, 3, -0x1.aaaaaaaaaaaabp+1 },
	{ 9223372036854775807LL, 0, 3, 0x1.5555555555555p+61 },
	{ 9223372036854775807LL, 18, 7, 0x1.514fd8214dfa0p+0 },
	{ 1, 18, 18446744073709551615ULL, 0x1.2725dd1d243acp-124 },
	{ 9007199254740993LL, 0, 1, 0x1.0000000000000p+53 },
	{ 9007199254740995LL, 0, 1, 0x1.0000000000002p+53 },
	{ 0, 2, 5, 0 },
	{ 123456789, 2, 1000, 0x1.34a4584f4c6e7p+10 },
};

START_TEST(mean)
{
	ck_assert_double_eq(tally_mean(means[_i].v, means[_i].scale,
	    means[_i].n), means[_i].want);
}
END_TEST

START_TEST(lists)
{
	struct tally_request r = { 0 };
	struct fault f = FAULT_NONE;

	ck_assert_int_eq(tally_request_by(&r, "a, month(b),c=f('x,y', 2)",
	    &f), 0);
	ck_assert_uint_eq(r.nby, 3);
	ck_assert_str_eq(r.by[0].name, "a");
	ck_assert_str_eq(r.by[1].name, "month(b)");
	ck_assert_str_eq(r.by[1].text, "month(b)");
	ck_assert_str_eq(r.by[2].name, "c");
	ck_assert_str_eq(r.by[2].text, "f('x,y', 2)");
	ck_assert_int_eq(tally_request_check(&r, &f), -1);
	fault_clear(&f);
	ck_assert_int_eq(tally_request_measure(&r, TALLY_COUNT, NULL, &f), 0);
	ck_assert_int_eq(tally_request_measure(&r, TALLY_SUM,
	    "cost,paid=max(p, q)", &f), 0);
	ck_assert_int_eq(tally_request_measure(&r, TALLY_QUANTILE,
	    "0.95:stay,low=0.05:stay", &f), 0);
	ck_assert_str_eq(r.measures[0].name, "count");
	ck_assert_str_eq(r.measures[1].name, "sum_cost");
	ck_assert_str_eq(r.measures[2].name, "paid");
	ck_assert_str_eq(r.measures[2].text, "max(p, q)");
	ck_assert_str_eq(r.measures[3].name, "p0.95_stay");
	ck_assert_uint_eq(r.measures[3].p, 95);
	ck_assert_uint_eq(r.measures[3].p_of, 100);
	ck_assert_str_eq(r.measures[4].name, "low");
	ck_assert_str_eq(r.measures[4].text, "stay");
	ck_assert_int_eq(tally_request_check(&r, &f), 0);
	ck_assert_int_eq(tally_request_by(&r, "a,,b", &f), -1);
	fault_clear(&f);
	ck_assert_int_eq(tally_request_by(&r, "f(a", &f), -1);
	fault_clear(&f);
	ck_assert_int_eq(tally_request_by(&r, "'a", &f), -1);
	fault_clear(&f);
	ck_assert_int_eq(tally_request_by(&r, "a)", &f), -1);
	fault_clear(&f);
	ck_assert_int_eq(tally_request_by(&r, "n=", &f), -1);
	fault_clear(&f);
	ck_assert_int_eq(tally_request_measure(&r, TALLY_QUANTILE, "2:x",
	    &f), -1);
	fault_clear(&f);
	ck_assert_int_eq(tally_request_measure(&r, TALLY_SHARE, "x > 1",
	    &f), -1);
	tally_request_free(&r);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("tally");
	TCase *t = tcase_create("tally");
	SRunner *r;
	int failed;

	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, store, 0,
	    (int)(sizeof store_cases / sizeof *store_cases));
	tcase_add_loop_test(t, alone, 0,
	    (int)(sizeof alone_cases / sizeof *alone_cases));
	tcase_add_loop_test(t, total, 0,
	    (int)(sizeof totals / sizeof *totals));
	tcase_add_test(t, total_on_the_way);
	tcase_add_loop_test(t, pack, 0, 7);
	tcase_add_loop_test(t, decimal, 0,
	    (int)(sizeof decimals / sizeof *decimals));
	tcase_add_test(t, decimal_all);
	tcase_add_test(t, order);
	tcase_add_loop_test(t, mean, 0, (int)(sizeof means / sizeof *means));
	tcase_add_test(t, lists);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? 0 : 1;
}
