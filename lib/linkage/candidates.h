/*
 * candidates: the pairs that blocking rules make of people, wherever their
 * records are.
 *
 * Pairs come in batches of records that are numbers (linkage/roll.h). All
 * records at once where they are in memory. Where they are in a file, rule
 * by rule: each record goes to a sorter under its key of the rule; of what
 * comes out, whole blocks, as many as memory holds make a batch. A pair is
 * made by the first rule whose keys its records share (linkage/pairs.h): the
 * records say so themselves, so each rule can be taken alone.
 *
 * A block that would give more than max_block pairs is left out, and
 * counted, before it is a batch. One that is not is held whole: up to
 * max_block records, 100 bytes and their values each.
 */
#ifndef NIB_LINKAGE_CANDIDATES_H
#define NIB_LINKAGE_CANDIDATES_H

#include <stddef.h>
#include <stdint.h>

#include "linkage/cohort.h"
#include "linkage/pairs.h"

struct candidates_batch {
	struct values *v;
	const struct roll *a;
	const struct roll *b; /* NULL: pairs within a */
	/* By place in the roll, the number on its side; NULL: the place. */
	const uint32_t *number_a, *number_b;
};

struct candidates {
	const struct cohort *cohort;
	const struct matching_tests *rules;
	size_t nrules;
	size_t max_block;
	unsigned jobs;
	size_t part, parts; /* as in linkage/model.h; 0, 0: all */
	void *arg;
	/* Before and after the pairs of a batch; one thread. May be NULL. */
	void (*begin)(void *arg, const struct candidates_batch *);
	void (*end)(void *arg);
	void **states; /* as of struct pairs */
	void (*visit)(void *state, size_t rule, uint32_t l, uint32_t r);
	struct pairs_count *counts; /* nrules; filled */
};

int candidates_run(struct candidates *, struct fault *);

/*
 * For rows: a record under its key (linkage/keys.h) of a rule, in any order.
 * One that is there twice is a fault when the candidates are run.
 */
struct candidates_row {
	size_t rule; /* from 0, below 64 */
	const char *key;
	size_t nkey;
	unsigned side;
	uint32_t number;
	const char *cells;
	size_t ncells;
};
#define CANDIDATES_KEY ((size_t)2 * (VALUES_MAX + 1) * MATCHING_MAX_FIELDS)
int candidates_add(struct sorter *, const struct candidates_row *,
    struct fault *);

#endif
