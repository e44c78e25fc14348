/*
 * cuts: the byte order of keys shared out into partitions.
 *
 * A partition holds the keys from one cut to the next: what is in it comes
 * before all of the next one. A cut is eight bytes of a key, those behind
 * what the keys it was chosen by have in common at their beginning. Keys that
 * do not begin so go to the first partition or the last.
 */
#ifndef NIB_TALLY_CUTS_H
#define NIB_TALLY_CUTS_H

#include <stddef.h>
#include <stdint.h>

#include "base/num.h"
#include "tally/bits.h"
#include "tally/table.h"

#define TALLY_PARTITIONS 64 /* a power of two, at most 128 */
#define TALLY_CUT_BITS 12

struct tally_cuts {
	uint64_t at[TALLY_PARTITIONS]; /* ascending; the last are never met */
	size_t skip;    /* bytes that are the same */
	char *prefix;   /* they */
	num_uwide head; /* they as a number, where skip < TALLY_SHORT */
	/*
	 * The partition of most keys by the first bits in which they differ;
	 * TALLY_PARTITIONS: has to be looked for.
	 */
	uint64_t first; /* differs from them in bits alone */
	struct tally_bits bits;
	unsigned char near[1 << TALLY_CUT_BITS];
};

/* By a table with a key or more, so that partitions come out about even. */
void tally_cuts_choose(struct tally_cuts *, const struct tally_table *);
void tally_cuts_free(struct tally_cuts *);
/* Of n <= TALLY_BATCH keys, the partition each is in. */
void tally_cuts_find(const struct tally_cuts *, const struct tally_key *,
    size_t n, unsigned char *to);

#endif
