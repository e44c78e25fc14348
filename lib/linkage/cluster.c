/* Pairs with weights into persons. */
#include "linkage/cluster.h"

#include <stdlib.h>

#include "base/mem.h"

#define NOBODY UINT32_MAX

struct best {
	double weight;
	uint32_t who; /* NOBODY: none, or a tie */
	int some;
};

static void
offer(struct best *b, uint32_t who, double weight, int ties_lowest)
{
	if (!b->some || weight > b->weight) {
		b->some = 1;
		b->weight = weight;
		b->who = who;
	} else if (!(weight < b->weight) && who != b->who) {
		if (!ties_lowest)
			b->who = NOBODY;
		else if (who < b->who)
			b->who = who;
	}
}

void
cluster_pairs(struct group *g, const struct cluster_pair *p, size_t n,
    enum cluster_method method, int ties_lowest)
{
	struct best *best;
	size_t i;

	if (method == CLUSTER_COMPONENTS) {
		for (i = 0; i < n; i++)
			(void)group_join(g, p[i].l, p[i].r);
		return;
	}
	best = mem_zero(g->n + 1, sizeof *best);
	for (i = 0; i < n; i++) {
		offer(&best[p[i].r], p[i].l, p[i].weight, ties_lowest);
		if (method == CLUSTER_MUTUAL)
			offer(&best[p[i].l], p[i].r, p[i].weight,
			    ties_lowest);
	}
	for (i = 0; i < n; i++)
		if (best[p[i].r].who == p[i].l && (method == CLUSTER_SINGLE ||
		    best[p[i].l].who == p[i].r))
			(void)group_join(g, p[i].l, p[i].r);
	free(best);
}
