/*
 * cluster: pairs with weights into persons.
 *
 * Things are numbers 0 .. n-1 that the caller gives out. A tie, two partners
 * of equal weight, is no best at all, or the lower number where ties_lowest
 * is set.
 *
 *   CLUSTER_MUTUAL      a pair is joined when each is the other's best
 *   CLUSTER_SINGLE      every right thing joins its best left one
 *   CLUSTER_COMPONENTS  every pair is joined
 *
 * 24 bytes a thing, 16 a pair (the caller's).
 */
#ifndef NIB_LINKAGE_CLUSTER_H
#define NIB_LINKAGE_CLUSTER_H

#include <stddef.h>
#include <stdint.h>

#include "linkage/group.h"

enum cluster_method { CLUSTER_MUTUAL, CLUSTER_SINGLE, CLUSTER_COMPONENTS };

struct cluster_pair {
	uint32_t l, r;
	double weight;
};

/* g: started with n things; joined here. */
void cluster_pairs(struct group *g, const struct cluster_pair *, size_t npairs,
    enum cluster_method, int ties_lowest);

#endif
