/* Groups in C byte order of their keys. */
#include <stdlib.h>

#include "base/mem.h"
#include "tally/bits.h"
#include "tally/table.h"

#define FEW 512 /* groups, for which numbers are not worth it */
#define DIGIT 11 /* bits that a pass sorts by */

struct order { /* what is sorted */
	uint64_t window;
	uint32_t group;
};

/* Eight bytes of group i's key from byte at on, as a number that compares
 * as the bytes do; zeros beyond its end. */
static uint64_t
window(const struct tally_table *t, size_t i, size_t at)
{
	struct tally_key k;
	char small[TALLY_SHORT];
	const char *p;
	uint64_t x = 0;

	(void)tally_table_at(t, i, &k);
	p = tally_key_bytes(&k, small);
	if (at + 8 <= k.n)
		memcpy(&x, p + at, 8);
	else if (at < k.n)
		memcpy(&x, p + at, k.n - at);
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	x = __builtin_bswap64(x);
#endif
	return x;
}

/*
 * Few keys whose first at bytes are the same and whose windows are loaded:
 * by their windows, then runs of equal ones by the next eight bytes. Keys
 * differ, so this ends; past the end of the longest of a run by length.
 */
static void
insertion_sort(const struct tally_table *t, struct order *v, size_t n,
    size_t at)
{
	size_t i, j, end, k, longest;

	for (i = 1; i < n; i++) {
		struct order x = v[i];

		for (j = i; j > 0 && x.window < v[j - 1].window; j--)
			v[j] = v[j - 1];
		v[j] = x;
	}
	for (i = 0; i < n; i = end) {
		for (end = i + 1; end < n && v[end].window == v[i].window;)
			end++;
		if (end == i + 1)
			continue;
		longest = 0;
		for (k = i; k < end; k++) {
			struct tally_key key;

			(void)tally_table_at(t, v[k].group, &key);
			longest = key.n > longest ? key.n : longest;
			v[k].window = window(t, v[k].group, at + 8);
		}
		if (at + 8 >= longest)
			for (k = i; k < end; k++) {
				struct tally_key key;

				(void)tally_table_at(t, v[k].group, &key);
				v[k].window = key.n;
			}
		insertion_sort(t, v + i, end - i, at + 8);
	}
}

static inline unsigned
byte_of(const struct order *o, unsigned b)
{
	return (unsigned)(o->window >> (56 - 8 * b)) & 0xff;
}

/* Exchanges in place until each bucket holds its own. */
static void
permute(struct order *v, const size_t count[256], unsigned b)
{
	size_t next[256], end[256], sum = 0;
	unsigned i;

	for (i = 0; i < 256; i++) {
		next[i] = sum;
		sum += count[i];
		end[i] = sum;
	}
	for (i = 0; i < 256; i++)
		while (next[i] < end[i]) {
			struct order x = v[next[i]];
			unsigned to = byte_of(&x, b);

			while (to != i) {
				struct order y = v[next[to]];

				v[next[to]++] = x;
				x = y;
				to = byte_of(&x, b);
			}
			v[next[i]++] = x;
		}
}

/*
 * Radix sort from the first byte on. The windows hold the eight bytes of
 * the keys from byte at on, of which b are the same. Goes on with the
 * largest bucket and calls itself for the others, so that the depth is at
 * most the logarithm of n.
 */
static void
radix_sort(const struct tally_table *t, struct order *v, size_t n, size_t at,
    unsigned b)
{
	size_t count[256], i, sum, big;

	while (n > 24) {
		if (b == 8) {
			at += 8;
			b = 0;
			for (i = 0; i < n; i++)
				v[i].window = window(t, v[i].group, at);
		}
		memset(count, 0, sizeof count);
		for (i = 0; i < n; i++)
			count[byte_of(&v[i], b)]++;
		big = byte_of(&v[0], b++);
		if (count[big] == n)
			continue;
		permute(v, count, b - 1);
		for (i = 0; i < 256; i++)
			if (count[i] > count[big])
				big = i;
		for (i = 0, sum = 0; i < 256; sum += count[i++])
			if (i != big && count[i] > 1)
				radix_sort(t, v + sum, count[i], at, b);
		for (i = 0, sum = 0; i < big; i++)
			sum += count[i];
		v += sum;
		n = count[big];
	}
	insertion_sort(t, v, n, at);
}

/* Bytes, at most 16, that all keys have in common at their beginning. */
static size_t
common(const struct tally_table *t, size_t n)
{
	uint64_t hi, lo, first_hi = 0, first_lo = 0, high = 0, low = 0;
	struct tally_key k;
	size_t i;

	for (i = 0; i < n; i++) {
		(void)tally_table_at(t, i, &k);
		tally_key_prefix(&k, &hi, &lo);
		if (i == 0) {
			first_hi = hi;
			first_lo = lo;
		}
		high |= hi ^ first_hi;
		low |= lo ^ first_lo;
	}
	if (high != 0)
		return (size_t)__builtin_clzll(high) / 8;
	return 8 + (low != 0 ? (size_t)__builtin_clzll(low) / 8 : 8);
}

/*
 * Each pass by DIGIT bits of the upper half of the words, the lowest first;
 * what was in order stays so. Returns which of the two holds the result.
 */
static uint64_t *
number_sort(uint64_t *v, uint64_t *other, size_t n, unsigned width)
{
	size_t count[1 << DIGIT], i, sum, had;
	unsigned shift;

	for (shift = 32; shift < 32 + width; shift += DIGIT) {
		uint64_t *to = other;
		const uint64_t mask = (1 << DIGIT) - 1;

		memset(count, 0, sizeof count);
		for (i = 0; i < n; i++)
			count[v[i] >> shift & mask]++;
		for (i = 0, sum = 0; i <= mask; i++, sum += had) {
			had = count[i];
			count[i] = sum;
		}
		for (i = 0; i < n; i++)
			to[count[v[i] >> shift & mask]++] = v[i];
		other = v;
		v = to;
	}
	return v;
}

/* Those of a run whose numbers are the same, by the whole of their keys. */
static void
sort_run(const struct tally_table *t, uint64_t *v, size_t n, size_t at)
{
	struct order few[24], *o = n <= 24 ? few : mem_array(NULL, n,
	    sizeof *o);
	size_t i;

	for (i = 0; i < n; i++) {
		o[i].group = (uint32_t)v[i];
		o[i].window = window(t, o[i].group, at);
	}
	radix_sort(t, o, n, at, 0);
	for (i = 0; i < n; i++)
		v[i] = o[i].group;
	if (o != few)
		free(o);
}

/*
 * By a number of up to 32 of the bits in which the windows differ, which
 * goes with the group's into one word; what is the same then, one by one.
 */
static uint32_t *
sort_many(const struct tally_table *t, size_t n, size_t at)
{
	uint64_t *v = mem_array(NULL, n, 2 * sizeof *v), *by;
	uint64_t first = window(t, 0, at), differ = 0;
	struct tally_bits bits;
	uint32_t *sorted;
	size_t i, end;

	for (i = 0; i < n; i++) {
		v[i] = window(t, i, at);
		differ |= v[i] ^ first;
	}
	tally_bits_choose(&bits, differ, 32);
	for (i = 0; i < n; i++)
		v[i] = tally_bits_of(&bits, v[i]) << 32 | i;
	by = number_sort(v, v + n, n, bits.width);
	for (i = 0; i < n; i = end) {
		for (end = i + 1; end < n && by[end] >> 32 == by[i] >> 32;)
			end++;
		if (end > i + 1)
			sort_run(t, by + i, end - i, at);
	}
	/* Shrinks into the beginning: what is written was read. */
	sorted = (uint32_t *)(void *)v;
	for (i = 0; i < n; i++) {
		uint32_t g = (uint32_t)by[i];

		memcpy((char *)v + i * sizeof g, &g, sizeof g);
	}
	return mem_array(sorted, n, sizeof *sorted);
}

static uint32_t *
sort_few(const struct tally_table *t, size_t n, size_t at)
{
	struct order *v = mem_array(NULL, n, sizeof *v);
	uint32_t *sorted = mem_array(NULL, n, sizeof *sorted);
	size_t i;

	for (i = 0; i < n; i++) {
		v[i].window = window(t, i, at);
		v[i].group = (uint32_t)i;
	}
	radix_sort(t, v, n, at, 0);
	for (i = 0; i < n; i++)
		sorted[i] = v[i].group;
	free(v);
	return sorted;
}

uint32_t *
tally_table_sorted(const struct tally_table *t)
{
	/* Windows behind what is common: one is often all of the rest. */
	size_t n = tally_table_count(t), at = common(t, n);

	return n < FEW ? sort_few(t, n, at) : sort_many(t, n, at);
}
