/*
 * pairs: candidate pairs by a union of blocking rules.
 *
 * A pair is made by the first rule whose keys it shares, so no list of
 * pairs seen is kept. A block that would give more than max_block pairs is
 * left out, and counted. Memory: 24 bytes a record while a rule is taken.
 *
 * The pairs of a range of records of a can be made alone: all ranges give
 * the pairs and the counts of the whole.
 */
#ifndef NIB_LINKAGE_PAIRS_H
#define NIB_LINKAGE_PAIRS_H

#include <stddef.h>
#include <stdint.h>

#include "linkage/relate.h"
#include "linkage/roll.h"

struct pairs_count { /* of a rule */
	uint64_t pairs;
	uint64_t dropped_blocks, dropped_pairs;
};

struct pairs {
	const struct roll *a;
	const struct roll *b; /* NULL: pairs within a */
	struct relate **rules;
	size_t nrules;
	size_t max_block;
	unsigned jobs;
	void **states; /* jobs of them: a worker's own */
	/* Record l of a and r of b (of a, l < r, without b); any thread. */
	void (*visit)(void *state, size_t rule, uint32_t l, uint32_t r);
	struct pairs_count *counts; /* nrules; filled */
	/* By l, what a range is of; ascending in a block. NULL: l itself. */
	const uint32_t *number;
	size_t first; /* rules before it only say which pairs they made */
};

void pairs_run(struct pairs *);
/* Only pairs whose l is in from..to, to not included. */
void pairs_run_range(struct pairs *, size_t from, size_t to);

#endif
