/*
 * places: published numbers by where they stand, and the inner cells they
 * are sums of.
 *
 * A number has a level of some groupings and is a total over the others. A
 * combination of the groupings of one table that has no row is known to be
 * empty. Inner cells are what all tables allow together: the natural join
 * of the rows of those that are part of no other.
 */
#ifndef NIB_DISCLOSURE_PLACES_H
#define NIB_DISCLOSURE_PLACES_H

#include <stddef.h>
#include <stdint.h>

#include "base/fault.h"

#define PLACES_MOST ((size_t)4 * 1000 * 1000) /* inner cells */
#define PLACES_DIMENSIONS 62

struct places {
	size_t ndims, n, room;
	uint64_t *masks;      /* groupings that it is no total over */
	uint32_t *at;         /* n * ndims levels; of totals UINT32_MAX */
	unsigned char *empty; /* known to be: no inner cell needs it */
	size_t ninner;
	uint32_t *inner;      /* ninner * ndims */
	struct places_index *index;
};

void places_start(struct places *, size_t ndims);
void places_free(struct places *); /* its content */
/* Room for ndims levels, for the caller to fill. */
uint32_t *places_add(struct places *, uint64_t mask, int empty);
/* Finds the inner cells; more than PLACES_MOST are a fault. */
int places_join(struct places *, struct fault *);
/* The inner cells of the i-th; to has room for ninner. Returns how many. */
size_t places_members(struct places *, size_t i, uint32_t *to);
/* The inner cell with these levels of all groupings; ninner: there is none. */
size_t places_inner(struct places *, const uint32_t *at);

#endif
