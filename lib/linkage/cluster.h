/*
 * cluster: pairs with weights into persons.
 *
 * Things are numbers 0 .. n-1 that the caller gives out. A tie, two partners
 * of equal weight, is no best at all, or the lower number where ties_lowest
 * is set.
 *
 *   CLUSTER_MUTUAL      a pair is joined when each is the other's best
 *   CLUSTER_SINGLE      every right thing joins its best left one
 *   CLUSTER_GREEDY      pairs best first, where neither has a partner yet;
 *                       of equal pairs the one whose things come first
 *   CLUSTER_COMPONENTS  every pair is joined
 *
 * DECISIONS of people come first. Things decided to be the same are joined
 * and take no other partner, except as CLUSTER_COMPONENTS; two decided to be
 * different never come into one person, by whatever way: pairs are joined in
 * order of weight, highest first, and one that would do that is left out.
 *
 * A VETO keeps two things apart that are not a pair of their own: persons
 * are joined by a pair only where every thing of the one gets on with every
 * thing of the other (complete link), save the pair itself, which was
 * weighed. Pairs are then taken in order of weight as well.
 *
 * 20 bytes a thing and 8 a decision; sorting takes 16 a pair more.
 */
#ifndef NIB_LINKAGE_CLUSTER_H
#define NIB_LINKAGE_CLUSTER_H

#include <stddef.h>
#include <stdint.h>

#include "base/fault.h"
#include "linkage/group.h"

enum cluster_method { CLUSTER_MUTUAL, CLUSTER_SINGLE, CLUSTER_GREEDY,
	CLUSTER_COMPONENTS };

struct cluster_pair {
	uint32_t l, r;
	double weight;
};

struct cluster_decision {
	uint32_t l, r;
	int same;
};

struct cluster_rules {
	enum cluster_method method;
	int ties_lowest;
	const struct cluster_decision *decisions;
	size_t ndecisions;
	/* Must the two not be one person? NULL: no veto. */
	int (*veto)(void *, uint32_t, uint32_t);
	void *arg;
};

struct cluster_left_out { /* pairs, because of */
	size_t decided, vetoed;
};

/*
 * g: started with n things; joined here. Sorts the pairs if there are
 * decisions or a veto, and for CLUSTER_GREEDY. A decision against a person that other decisions
 * make is a fault.
 */
int cluster_pairs(struct group *g, struct cluster_pair *, size_t npairs,
    const struct cluster_rules *, struct cluster_left_out *, struct fault *);

#endif
