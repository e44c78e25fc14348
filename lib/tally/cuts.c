/* The byte order of keys shared out into partitions. */
#include "tally/cuts.h"

#include <stdlib.h>

#include "base/mem.h"

#define SAMPLE ((size_t)4096) /* of a table, to choose cuts by */

/* Sixteen bytes as a number that compares as the bytes do. */
static inline num_uwide
prefix(const struct tally_key *k)
{
	uint64_t hi, lo;

	tally_key_prefix(k, &hi, &lo);
	return (num_uwide)hi << 64 | lo;
}

/* Eight bytes from skip on as such a number. */
static uint64_t
window(const char *p, size_t n, size_t skip)
{
	struct tally_key k = { 0, 0, NULL, 0 };

	if (n > skip)
		k = tally_key_of(p + skip, n - skip > 8 ? 8 : n - skip);
	return (uint64_t)(prefix(&k) >> 64);
}

/* Some of a table's groups, from all over it. */
static struct tally_table *
sample(const struct tally_table *t)
{
	size_t n = tally_table_count(t), i, step = n / SAMPLE + 1;
	struct tally_table *s = tally_table_new(0);
	struct tally_key k;
	char *state;

	for (i = 0; i < n; i += step) {
		(void)tally_table_at(t, i, &k);
		tally_table_batch(s, &k, 1, &state);
	}
	return s;
}

/* What the first and the last have in common all between them have. */
static void
set_prefix(struct tally_cuts *c, const char *first, const char *last,
    size_t n)
{
	struct tally_key k;

	for (c->skip = 0; c->skip < n && first[c->skip] == last[c->skip];)
		c->skip++;
	c->prefix = mem_alloc(c->skip);
	memcpy(c->prefix, first, c->skip);
	if (c->skip == 0 || c->skip >= TALLY_SHORT)
		return;
	k = tally_key_of(first, c->skip);
	c->head = prefix(&k) >> (128 - 8 * c->skip);
}

/* How many cuts are at or below it; no branch to guess. */
static inline size_t
search(const struct tally_cuts *c, uint64_t at)
{
	size_t below = 0, step;

	for (step = TALLY_PARTITIONS / 2; step > 0; step /= 2)
		below += step & -(size_t)(c->at[below + step - 1] <= at);
	return below;
}

/* The windows that share their first bits are from here on. */
static uint64_t
lowest(const struct tally_cuts *c, uint64_t number)
{
	uint64_t at = c->first & ~c->bits.differ;
	unsigned i, left = c->bits.width;

	for (i = 0; i < c->bits.n; i++) {
		left -= c->bits.runs[i].bits;
		at |= (number >> left & (((uint64_t)1 <<
		    c->bits.runs[i].bits) - 1)) << c->bits.runs[i].shift;
	}
	return at;
}

/* Where no cut is between the first and the last of such windows. */
static void
set_near(struct tally_cuts *c, const struct tally_table *t)
{
	size_t n = tally_table_count(t), i;
	uint64_t differ = 0, at;

	for (i = 0; i < n; i++) {
		struct tally_key k;
		char small[TALLY_SHORT];

		(void)tally_table_at(t, i, &k);
		at = window(tally_key_bytes(&k, small), k.n, c->skip);
		if (i == 0)
			c->first = at;
		differ |= at ^ c->first;
	}
	tally_bits_choose(&c->bits, differ, TALLY_CUT_BITS);
	memset(c->near, TALLY_PARTITIONS, sizeof c->near);
	for (i = 0; i < (size_t)1 << c->bits.width; i++) {
		uint64_t rest = differ, low = lowest(c, i);
		unsigned j;

		for (j = 0; j < c->bits.n; j++)
			rest &= ~((((uint64_t)1 << c->bits.runs[j].bits) - 1)
			    << c->bits.runs[j].shift);
		if (search(c, low) == search(c, low | rest))
			c->near[i] = (unsigned char)search(c, low);
	}
}

void
tally_cuts_choose(struct tally_cuts *c, const struct tally_table *all)
{
	struct tally_table *t = sample(all);
	size_t n = tally_table_count(t), i, cuts = 0;
	uint32_t *sorted = tally_table_sorted(t);
	struct tally_key first, last;
	char fs[TALLY_SHORT], ls[TALLY_SHORT];
	const char *lp;
	uint64_t at;

	(void)tally_table_at(t, sorted[0], &first);
	(void)tally_table_at(t, sorted[n - 1], &last);
	lp = tally_key_bytes(&last, ls);
	set_prefix(c, tally_key_bytes(&first, fs), lp,
	    first.n < last.n ? first.n : last.n);
	for (i = 1; i < TALLY_PARTITIONS; i++) {
		struct tally_key k;
		char small[TALLY_SHORT];

		(void)tally_table_at(t, sorted[n * i / TALLY_PARTITIONS], &k);
		at = window(tally_key_bytes(&k, small), k.n, c->skip);
		if (cuts == 0 || c->at[cuts - 1] != at)
			c->at[cuts++] = at;
	}
	/* The last key at least is apart from the first. */
	at = window(lp, last.n, c->skip);
	if (cuts == 0 || c->at[cuts - 1] < at) {
		cuts += cuts < TALLY_PARTITIONS - 1;
		c->at[cuts - 1] = at;
	}
	for (i = cuts; i < TALLY_PARTITIONS; i++)
		c->at[i] = UINT64_MAX;
	set_near(c, t);
	free(sorted);
	tally_table_free(t);
}

void
tally_cuts_free(struct tally_cuts *c)
{
	free(c->prefix);
}

static uint64_t
long_place(const struct tally_cuts *c, const struct tally_key *k)
{
	char small[TALLY_SHORT];
	const char *p = tally_key_bytes(k, small);
	size_t n = k->n < c->skip ? k->n : c->skip;
	int order = n > 0 ? memcmp(p, c->prefix, n) : 0;

	if (order == 0 && k->n < c->skip)
		order = -1;
	if (order != 0)
		return order < 0 ? 0 : UINT64_MAX;
	return window(p, k->n, c->skip);
}

/* What cuts are held against: never less for a key that is greater. */
static inline uint64_t
place(const struct tally_cuts *c, const struct tally_key *k)
{
	num_uwide p, head;

	if (__builtin_expect(k->n > TALLY_SHORT || c->skip >= TALLY_SHORT,
	    0))
		return long_place(c, k);
	p = prefix(k);
	if (c->skip == 0)
		return (uint64_t)(p >> 64);
	head = p >> (128 - 8 * c->skip);
	if (__builtin_expect(head != c->head, 0))
		return head < c->head ? 0 : UINT64_MAX;
	return (uint64_t)(p << 8 * c->skip >> 64);
}

void
tally_cuts_find(const struct tally_cuts *c, const struct tally_key *k,
    size_t n, unsigned char *to)
{
	size_t i;

	for (i = 0; i < n; i++) {
		uint64_t at = place(c, &k[i]);

		to[i] = TALLY_PARTITIONS;
		if (((at ^ c->first) & ~c->bits.differ) == 0)
			to[i] = c->near[tally_bits_of(&c->bits, at)];
		if (to[i] == TALLY_PARTITIONS)
			to[i] = (unsigned char)search(c, at);
	}
}
