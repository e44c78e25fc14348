/*
 * relate: do the tests of a rule hold for two records?
 *
 * Compiled once against the values all records have by then; read by any
 * number of threads.
 */
#ifndef NIB_LINKAGE_RELATE_H
#define NIB_LINKAGE_RELATE_H

#include <stddef.h>
#include <stdint.h>

#include "linkage/matching.h"
#include "linkage/nickname.h"
#include "linkage/roll.h"

struct relate;

/* Borrows values, tests and nicknames (NULL: none are known). */
struct relate *relate_new(struct values *, const struct matching_tests *,
    const struct nicknames *);
void relate_free(struct relate *);

/* a, b: codes of two records. 1 if every test holds, else 0. */
int relate_holds(const struct relate *, const uint32_t *a, const uint32_t *b);
/* Tests alone that are not a key's equality; 1 if there are none. */
int relate_rest_holds(const struct relate *, const uint32_t *a,
    const uint32_t *b);
/* How many of the tests are not a key's equality. */
size_t relate_nrest(const struct relate *);

/*
 * A number for what the key tests make of a record, equal for records with
 * equal keys (and, rarely, others: check with relate_same_keys). 0: one is
 * missing, or a condition on the record alone does not hold, so that no
 * pair with this record can meet the rule.
 */
uint64_t relate_key(const struct relate *, const uint32_t *);
int relate_same_keys(const struct relate *, const uint32_t *a,
    const uint32_t *b);

#endif
