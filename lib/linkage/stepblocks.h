/*
 * stepblocks: the blocks of a rule, records with equal keys, in the order of
 * their first records, wherever the records are (linkage/cohort.h).
 *
 * From memory, blocks are of the whole roll. From a depot, each record goes to
 * a sorter under its key (linkage/keys.h); each block of two records or more
 * that comes out goes to a second one under its first record; and of those,
 * as many as memory holds become numbers (linkage/roll.h) of their own. In
 * memory there: 4 bytes a record of the block at hand, and, where there are
 * tests beside the keys, its values if it gives no more than max_block pairs.
 */
#ifndef NIB_LINKAGE_STEPBLOCKS_H
#define NIB_LINKAGE_STEPBLOCKS_H

#include <stddef.h>
#include <stdint.h>

#include "linkage/cohort.h"
#include "linkage/relate.h"

struct stepblock {
	const uint32_t *records; /* n of them, ascending */
	size_t n;
	int one_key; /* for sure; else keys may differ, as in relate_key */
	const struct relate *rule; /* for the codes of its records */
	const struct roll *roll;   /* NULL: a depot's, keys alone or too many */
	size_t place; /* in roll, of the first; STEPBLOCK_NUMBERED: the number */
};
#define STEPBLOCK_NUMBERED ((size_t)-1)

/* The codes of a block's record i. */
static inline const uint32_t *
stepblock_codes(const struct stepblock *b, size_t i)
{
	return roll_record(b->roll, b->place == STEPBLOCK_NUMBERED ?
	    b->records[i] : b->place + i);
}

struct stepblocks {
	const struct cohort *cohort; /* one file */
	const struct matching_tests *tests;
	int pairs; /* pairs are looked at, even if the tests are keys alone */
	size_t max_block;
	size_t memory; /* for a depot's blocks, bytes */
	void *arg;
	/*
	 * Has the block something to take? Asked before take, and maybe more
	 * often: once not, never.
	 */
	int (*wanted)(void *arg, const uint32_t *records, size_t n);
	void (*take)(void *arg, const struct stepblock *);
	/* All blocks are given so often; begin may be NULL. */
	unsigned passes;
	void (*begin)(void *arg, unsigned pass);
};

int stepblocks_run(const struct stepblocks *, struct fault *);

#endif
