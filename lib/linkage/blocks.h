/*
 * blocks: records with equal keys, side by side.
 *
 * Records of one roll or of two (a record of the second is its number plus
 * the first roll's count). 24 bytes a record while it is made, 12 after.
 */
#ifndef NIB_LINKAGE_BLOCKS_H
#define NIB_LINKAGE_BLOCKS_H

#include <stddef.h>
#include <stdint.h>

#include "linkage/relate.h"
#include "linkage/roll.h"

#define BLOCKS_EACH 24

struct blocks {
	size_t n;
	uint64_t *keys;    /* ascending */
	uint32_t *records; /* ascending within a key */
};

/* b may be NULL. Records that can meet no pair are not in it. */
void blocks_make(struct blocks *, const struct relate *, const struct roll *a,
    const struct roll *b);
void blocks_clear(struct blocks *);

/* The end of the block that starts at i. */
static inline size_t
blocks_end(const struct blocks *b, size_t i)
{
	size_t j = i + 1;

	while (j < b->n && b->keys[j] == b->keys[i])
		j++;
	return j;
}

#endif
