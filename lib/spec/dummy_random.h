/*
 * dummy_random: random numbers by counter, for artificial records.
 *
 * A stream is a key and a count: the same seed, unit, slot and salt give
 * the same numbers, whoever asks and in whatever order, so that blocks of
 * records can be made in parallel. SplitMix64 (Steele, Lea and Flood 2014,
 * "Fast splittable pseudorandom number generators", OOPSLA; finaliser by
 * Stafford, variant 13). Not for secrets.
 */
#ifndef NIB_SPEC_DUMMY_RANDOM_H
#define NIB_SPEC_DUMMY_RANDOM_H

#include <stdint.h>

#include "base/num.h"

struct dummy_random {
	uint64_t state;
};

static inline uint64_t
dummy_mix(uint64_t x)
{
	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
	return x ^ (x >> 31);
}

/* The key of a unit (a record, a group) under a seed. */
static inline uint64_t
dummy_key(uint64_t seed, uint64_t unit)
{
	return dummy_mix(dummy_mix(seed + 0x9e3779b97f4a7c15ULL) +
	    unit * 0xd1342543de82ef95ULL);
}

static inline struct dummy_random
dummy_stream(uint64_t key, uint64_t slot, uint64_t salt)
{
	struct dummy_random r;

	r.state = key + (slot << 20 | salt) * 0xaf251af3b0f025b5ULL;
	return r;
}

static inline uint64_t
dummy_next(struct dummy_random *r)
{
	return dummy_mix(r->state += 0x9e3779b97f4a7c15ULL);
}

/* 0 <= result < n, n >= 1. */
static inline uint64_t
dummy_below(struct dummy_random *r, uint64_t n)
{
	return (uint64_t)(((num_uwide)dummy_next(r) * n) >> 64);
}

#endif
