/*
 * total: a sum of numbers of 128 bits in 192.
 *
 * What is met on the way to a sum may be larger than the sum: kept in full,
 * the sum is the same in whatever order and parts it is added up. It is low
 * and high times 2^128. Lies in a state as TALLY_TOTAL bytes.
 */
#ifndef NIB_TALLY_TOTAL_H
#define NIB_TALLY_TOTAL_H

#include <string.h>

#include "base/num.h"

#define TALLY_TOTAL 24

struct tally_total {
	num_wide low;
	int64_t high; /* 0: it fits in 128 bits */
};

static inline struct tally_total
tally_total_at(const char *state)
{
	struct tally_total t;

	memcpy(&t.low, state, 16);
	memcpy(&t.high, state + 16, 8);
	return t;
}

static inline void
tally_total_set(char *state, struct tally_total t)
{
	memcpy(state, &t.low, 16);
	memcpy(state + 16, &t.high, 8);
}

/* Cannot fail before 2^63 numbers have been added. */
static inline void
tally_total_add(char *state, num_wide v)
{
	num_wide low;
	int64_t high;

	memcpy(&low, state, 16);
	if (__builtin_expect(__builtin_add_overflow(low, v, &low), 0)) {
		memcpy(&high, state + 16, 8);
		high += v < 0 ? -1 : 1;
		memcpy(state + 16, &high, 8);
	}
	memcpy(state, &low, 16);
}

/* into += t, t *= 10^by (by <= NUM_MAX_SCALE); -1 beyond 192 bits. */
int tally_total_join(char *into, struct tally_total);
int tally_total_scale(struct tally_total *, unsigned by);

/* As a whole number of decimal digits, and back; -1: is none. */
void tally_total_put(struct buf *, struct tally_total);
int tally_total_get(const char *, size_t n, struct tally_total *);

#endif
