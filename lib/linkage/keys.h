/*
 * keys: the key of a rule as bytes.
 *
 * For records that are not numbers of one roll (linkage/relate.h has the key
 * of those): two records have equal bytes just where their codes would have
 * equal keys. Parts are joined by '|'; one within a part, and a backslash,
 * have a backslash before them.
 */
#ifndef NIB_LINKAGE_KEYS_H
#define NIB_LINKAGE_KEYS_H

#include <stddef.h>

#include "base/buf.h"
#include "linkage/matching.h"
#include "linkage/roll.h"

/* A record's canonical values by slot, and its id; n 0: missing. */
struct keys_record {
	struct {
		const char *p;
		size_t n;
	} cell[MATCHING_MAX_FIELDS + 1];
};

/* The cells of a record (linkage/roll.h) at p; returns where they end. */
const char *keys_record(struct keys_record *, const char *p, size_t cells);

/*
 * Replaces to's content; 1, or 0: no pair with the record meets the rule, since
 * a part of the key is missing or a test of the record alone does not hold.
 * Tests that are not of equality (matching_is_key) give no part.
 */
int keys_make(const struct values *, const struct matching_tests *,
    const struct keys_record *, struct buf *to);

#endif
