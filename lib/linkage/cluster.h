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
 * DECISIONS of people come first. Things decided to be the same are joined
 * and take no other partner, except as CLUSTER_COMPONENTS; two decided to be
 * different never come into one person, by whatever way: pairs are joined in
 * order of weight, highest first, and one that would do that is left out.
 *
 * 24 bytes a thing and 8 a decision; sorting takes 16 a pair more.
 */
#ifndef NIB_LINKAGE_CLUSTER_H
#define NIB_LINKAGE_CLUSTER_H

#include <stddef.h>
#include <stdint.h>

#include "base/fault.h"
#include "linkage/group.h"

enum cluster_method { CLUSTER_MUTUAL, CLUSTER_SINGLE, CLUSTER_COMPONENTS };

struct cluster_pair {
	uint32_t l, r;
	double weight;
};

struct cluster_decision {
	uint32_t l, r;
	int same;
};

/*
 * g: started with n things; joined here. Sorts the pairs. Returns pairs
 * left out because of a decision. A decision against a person that other
 * decisions make is a fault.
 */
#define CLUSTER_FAULT ((size_t)-1)
size_t cluster_pairs(struct group *g, struct cluster_pair *, size_t npairs,
    enum cluster_method, int ties_lowest, const struct cluster_decision *,
    size_t ndecisions, struct fault *);

#endif
