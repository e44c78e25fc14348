/*
 * moves: who went from one address to another, to tell whether a household
 * moved together.
 *
 * An address is a number above 0. A move is two
 * addresses and who was at them: one person with records at both, or two
 * persons who may be one. 16 bytes a move.
 */
#ifndef NIB_LINKAGE_MOVES_H
#define NIB_LINKAGE_MOVES_H

#include <stddef.h>
#include <stdint.h>

#include "linkage/group.h"

#define MOVES_ADDRESSES 32 /* of a person; one at more of them tells nothing */

struct moves {
	size_t n, cap;
	struct move *v;
};

/* Of every person, between all addresses of its records, by record. */
void moves_of_persons(struct moves *, const uint32_t *address,
    const struct group *);
/* Of records a at x and b at y; nothing where an address is missing or x is y. */
void moves_add(struct moves *, uint32_t x, uint32_t y, uint32_t a, uint32_t b);
/* After the last was added. */
void moves_sort(struct moves *);
/*
 * Did others than the persons of records a and b, by what the groups are now,
 * move between x and y, either way?
 */
int moves_together(const struct moves *, struct group *, uint32_t x,
    uint32_t y, uint32_t a, uint32_t b);
void moves_clear(struct moves *);

#endif
