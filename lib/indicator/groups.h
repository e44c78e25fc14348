/*
 * groups: what has been counted of each group of records; inside room
 * indicator only.
 *
 * A group is told by DEFINITION_KEYS numbers. It has counters, which go up
 * by one, and sums. Eight counters are raised at once: they are the bytes of
 * a word until one of them could overflow.
 */
#ifndef NIB_INDICATOR_GROUPS_H
#define NIB_INDICATOR_GROUPS_H

#include <stddef.h>
#include <stdint.h>

#include "base/num.h"
#include "indicator/definition.h"

struct groups_sum {
	num_wide sum, squares;
	uint64_t n; /* values in it */
};

/*
 * A number is summed over several choices of records at once: by the
 * pattern of the choices that a record is in, bit c for choice c.
 */
#define GROUPS_CHOICES 8
#define GROUPS_PATTERNS 256

struct groups;

struct groups *groups_new(size_t ncounters, size_t nsums);
void groups_free(struct groups *);
size_t groups_count(const struct groups *);
void groups_key(const struct groups *, size_t group,
    uint32_t key[DEFINITION_KEYS]);

/* The group of a key, made if it is new. */
size_t groups_find(struct groups *, const uint32_t key[DEFINITION_KEYS]);
/*
 * The same for records whose any is not 0: key[i][record], GROUPS_NO_KEY
 * for all of them where key[i] is NULL.
 */
#define GROUPS_NO_KEY UINT32_MAX
void groups_find_all(struct groups *, const uint32_t *const *key,
    const unsigned char *any, size_t n, uint32_t *group);

/*
 * Raises counters of the groups of n records by one: counter 8 * w + i
 * where bit i of flags[w][record] is set. A record whose any is 0 has no
 * flag set, and its group is not looked at.
 */
#define GROUPS_BATCH 256
void groups_raise(struct groups *, const uint32_t *group,
    const unsigned char *any, unsigned char (*flags)[GROUPS_BATCH],
    size_t n);
uint64_t groups_counter(struct groups *, size_t group, size_t counter);

/*
 * Adds v[at[i]] to sum of group[at[i]] with pattern[at[i]], for n records.
 * -1: a sum or its squares do not fit in 128 bits.
 */
int groups_add_values(struct groups *, size_t sum, const uint32_t *group,
    const unsigned char *pattern, const unsigned char *at, size_t n,
    const int64_t *v, int squares);
/* The values of one choice of records. -1: they do not fit. */
int groups_sum(struct groups *, size_t group, size_t sum, size_t choice,
    struct groups_sum *);
/* Adds a group of another, with the same counters and sums. -1 alike. */
int groups_merge(struct groups *, size_t group, struct groups *from,
    size_t from_group);

#endif
