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
 * A step that joins single persons only, or that has a score, first looks
 * at all pairs, then joins the persons that no other rivals
 * (linkage/rivals.h). A pair's score is the mean, over the fields of the
 * step, of the points of the first tests that hold, 0 where none does or the
 * field is missing.
 *
 * A step of households joins two records whose addresses differ only where
 * others did the same: a person of earlier steps with records at both
 * addresses, or another pair of this step between them.
 *
 * A block that would give more than max_block pairs to look at is left
 * out, and counted; where the tests are keys alone, what is looked at are
 * pairs of records that differ in what "never" speaks of. Besides the roll,
 * 25 bytes a record, 12 more where there is a rule of never, and 24 more
 * while a step is taken.
 */
#ifndef NIB_LINKAGE_STEPS_H
#define NIB_LINKAGE_STEPS_H

#include <stddef.h>
#include <stdint.h>

#include "linkage/group.h"
#include "linkage/nickname.h"
#include "linkage/roll.h"

#define STEPS_EACH 61 /* bytes a record, besides the roll */
struct steps_count {
	uint64_t joined;          /* times two groups became one */
	uint64_t vetoed;          /* kept apart by "never" */
	uint64_t multiple;        /* persons that more than one would fit */
	uint64_t dropped_blocks;  /* beyond max_block */
	uint64_t dropped_records; /* in them */
	uint64_t dropped_pairs;   /* of a scored step, instead */
};

struct steps_result {
	struct group persons;
	/* The step (from 1) at which a record was first joined; 0: none. */
	unsigned char *by;
	struct steps_count *counts; /* a step each */
};

/*
 * The score of two records, 0..100; agree, if not NULL: how many fields gave
 * points. For explaining; compiles the tests at every call.
 */
double steps_score(const struct matching_step *, struct values *,
    const struct nicknames *, const uint32_t *a, const uint32_t *b,
    unsigned *agree);

/* used[field]: 1 where steps and never speak of the field. */
void steps_fields(const struct matching *, char *used);
/* Does a step or a rule of never need the nicknames? */
int steps_use_nicknames(const struct matching *);

/*
 * What is known of the first records: their persons, joined before the first
 * step (those joined so have STEPS_KNOWN in by), and which two are never to
 * be in one person.
 */
#define STEPS_KNOWN 255
struct steps_apart {
	uint32_t a, b; /* records */
};
struct steps_known {
	size_t n;
	uint64_t *person;
	size_t napart;
	struct steps_apart *apart;
};
void steps_known_clear(struct steps_known *);

/*
 * known: NULL for nothing. A record with just the values of a known one of
 * one person is that person's, by the first step that it meets with itself.
 */
void steps_run(struct steps_result *, const struct roll *, struct values *,
    const struct nicknames *, const struct steps_known *known);
void steps_clear(struct steps_result *);

#endif
