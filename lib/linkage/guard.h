/*
 * guard: which groups of records the rules of "never" keep apart.
 *
 * Two groups are kept apart where a record of one and a record of the other
 * meet a rule. What the rules look at of a record is its sort: a number, equal
 * for records with equal values of those fields. Of each group one record of
 * each sort is kept, in a circle.
 *
 * 12 bytes a record. For records in a depot the codes of those fields as
 * well, 4 bytes each, and, of a field whose test is not of equality alone, its
 * different values.
 */
#ifndef NIB_LINKAGE_GUARD_H
#define NIB_LINKAGE_GUARD_H

#include <stddef.h>
#include <stdint.h>

#include "linkage/cohort.h"
#include "linkage/relate.h"

struct guard {
	uint32_t *sort; /* of a record; NULL: there are no rules */
	/* By root: a record of the group's; by record: the next in the circle. */
	uint32_t *some, *others;
	size_t nrules;
	struct relate **rules;
	const struct roll *roll; /* for the rules: the cohort's, or own */
	struct roll own;
	struct values *own_values;
};

/* Every record a group of its own. memory: for sorting a depot's, bytes. */
int guard_start(struct guard *, const struct cohort *, size_t memory,
    struct fault *);
void guard_end(struct guard *);
/* Bytes a record, at the most, of a depot. */
size_t guard_each(const struct matching *);

/* Does a rule keep two records apart? */
int guard_forbids(const struct guard *, uint32_t i, uint32_t j);
/* Two groups, by their roots? */
int guard_apart(const struct guard *, uint32_t a, uint32_t b);
/* By roots: before the groups of two roots become one, of which a is the root. */
void guard_unite(struct guard *, uint32_t a, uint32_t b);
/* Has a group records of one sort only? */
int guard_is_plain(const struct guard *, uint32_t root);
/* Pairs of different sorts among n records. */
size_t guard_pairs(const struct guard *, const uint32_t *records, size_t n);

#endif
