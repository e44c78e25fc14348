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
 * (linkage/rivals.h). Scores: linkage/scale.h.
 *
 * A step of households joins two records whose addresses differ only where
 * others did the same: a person of earlier steps with records at both
 * addresses, or another pair of this step between them.
 *
 * A block that would give more than max_block pairs to look at is left
 * out, and counted; where the tests are keys alone, what is looked at are
 * pairs of records that differ in what "never" speaks of.
 *
 * Records may be in memory or in a depot, with the same result. Who belongs
 * together is in memory always: 9 bytes a record, and where there is a rule of
 * never those of linkage/guard.h. Besides the roll 24 more while a step is
 * taken; of a depot, up to 4 for the block at hand and 4 in a step of
 * households.
 */
#ifndef NIB_LINKAGE_STEPS_H
#define NIB_LINKAGE_STEPS_H

#include <stddef.h>
#include <stdint.h>

#include "linkage/cohort.h"
#include "linkage/group.h"

#define STEPS_EACH 57 /* bytes a record at most, besides the roll */
/* Bytes a record that stay in memory when records are in a depot. */
size_t steps_least(const struct matching *);

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
 * Of a cohort of one file, without ids. known: NULL for nothing. A record with
 * just the values of a known one of one person is that person's, by the first
 * step that it meets with itself. To be cleared after a fault too.
 */
int steps_run(struct steps_result *, struct cohort *,
    const struct steps_known *known, struct fault *);
void steps_clear(struct steps_result *);

#endif
