/*
 * bits: eight bytes in fewer bits, in the same order.
 *
 * Of keys such as P000304647 only a few bits differ, four in a digit. Taken
 * together, the highest first, they make a small number that compares as the
 * keys do.
 */
#ifndef NIB_TALLY_BITS_H
#define NIB_TALLY_BITS_H

#include <stdint.h>

struct tally_bits {
	uint64_t differ; /* the bits in which any two differ, all of them */
	unsigned width;  /* bits of the number */
	unsigned n;
	struct {
		unsigned shift, bits;
	} runs[32]; /* neighbours, highest first */
};

/* The highest of the bits that differ, want of them if there are so many. */
static inline void
tally_bits_choose(struct tally_bits *b, uint64_t differ, unsigned want)
{
	uint64_t left = differ;

	b->differ = differ;
	b->width = b->n = 0;
	while (left != 0 && b->width < want && b->n < 32) {
		unsigned top = 64 - (unsigned)__builtin_clzll(left), bits = 1;

		while (bits < top && b->width + bits < want &&
		    (left >> (top - bits - 1) & 1) != 0)
			bits++;
		b->runs[b->n].shift = top - bits;
		b->runs[b->n++].bits = bits;
		b->width += bits;
		left &= bits < top ? ((uint64_t)1 << (top - bits)) - 1 : 0;
	}
}

/* Of the numbers that differ was found of; want was 63 at the most. */
static inline uint64_t
tally_bits_of(const struct tally_bits *b, uint64_t x)
{
	uint64_t to = 0;
	unsigned i;

	for (i = 0; i < b->n; i++)
		to = to << b->runs[i].bits | (x >> b->runs[i].shift &
		    (((uint64_t)1 << b->runs[i].bits) - 1));
	return to;
}

#endif
