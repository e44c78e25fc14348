/*
 * steps: persons by deterministic steps.
 *
 * Steps are taken in order. A step joins the groups of two records that
 * meet all its tests, unless a record of one group and a record of the
 * other meet a rule of "never". Within a step, blocks of records with equal
 * keys are taken in the order of their first record and pairs in the order
 * of records, so where two groups compete for a third, the earlier record
 * wins: the result depends on the order of records, as the national methods
 * do, and on nothing else.
 *
 * A block that would give more than max_block pairs to look at is left
 * out, and counted. Besides the roll, 25 bytes a record, and 24 more while a
 * step is taken.
 */
#ifndef NIB_LINKAGE_STEPS_H
#define NIB_LINKAGE_STEPS_H

#include <stddef.h>
#include <stdint.h>

#include "linkage/group.h"
#include "linkage/nickname.h"
#include "linkage/roll.h"

struct steps_count {
	uint64_t joined;          /* times two groups became one */
	uint64_t vetoed;          /* kept apart by "never" */
	uint64_t dropped_blocks;  /* beyond max_block */
	uint64_t dropped_records; /* in them */
};

struct steps_result {
	struct group persons;
	/* The step (from 1) at which a record was first joined; 0: none. */
	unsigned char *by;
	struct steps_count *counts; /* a step each */
};

/* used[field]: 1 where steps and never speak of the field. */
void steps_fields(const struct matching *, char *used);
/* Does a step or a rule of never need the nicknames? */
int steps_use_nicknames(const struct matching *);

/*
 * known: the persons of the first nknown records, joined before the first
 * step; NULL: none. Those joined so have STEPS_KNOWN in by.
 */
#define STEPS_KNOWN 255
void steps_run(struct steps_result *, const struct roll *, struct values *,
    const struct nicknames *, const uint64_t *known, size_t nknown);
void steps_clear(struct steps_result *);

#endif
