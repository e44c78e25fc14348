/* Pairs with weights into persons. */
#include "linkage/cluster.h"

#include <stdlib.h>
#include <string.h>

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

/* Who must not be with whom: a list for each thing. */
struct apart {
	size_t *start; /* n + 1; NULL: nobody */
	uint32_t *who;
};

static void
apart_start(struct apart *a, size_t n, const struct cluster_decision *d,
    size_t nd)
{
	size_t i, *at;

	memset(a, 0, sizeof *a);
	if (nd == 0)
		return;
	a->start = mem_zero(n + 1, sizeof *a->start);
	a->who = mem_array(NULL, 2 * nd, sizeof *a->who);
	at = mem_zero(n + 1, sizeof *at);
	for (i = 0; i < nd; i++)
		if (!d[i].same) {
			at[d[i].l]++;
			at[d[i].r]++;
		}
	for (i = 0; i < n; i++) {
		a->start[i + 1] = a->start[i] + at[i];
		at[i] = a->start[i];
	}
	for (i = 0; i < nd; i++)
		if (!d[i].same) {
			a->who[at[d[i].l]++] = d[i].r;
			a->who[at[d[i].r]++] = d[i].l;
		}
	free(at);
}

static void
apart_end(struct apart *a)
{
	free(a->start);
	free(a->who);
}

/* Joins two groups unless a decision keeps members of them apart. */
static int
join(struct group *g, const struct apart *a, uint32_t l, uint32_t r)
{
	uint32_t x = group_root(g, l), y = group_root(g, r), i, t;
	size_t k;

	if (x == y)
		return 1;
	if (a->start != NULL) {
		if (g->size[x] > g->size[y]) {
			t = x;
			x = y;
			y = t;
		}
		i = x;
		do {
			for (k = a->start[i]; k < a->start[i + 1]; k++)
				if (group_root(g, a->who[k]) == y)
					return 0;
			i = g->next[i];
		} while (i != x);
	}
	(void)group_join(g, x, y);
	return 1;
}

static int
by_weight(const void *a, const void *b)
{
	const struct cluster_pair *x = a, *y = b;

	if (x->weight < y->weight || x->weight > y->weight)
		return x->weight > y->weight ? -1 : 1;
	if (x->l != y->l)
		return x->l < y->l ? -1 : 1;
	return x->r < y->r ? -1 : x->r > y->r;
}

/* What people decided; taken[]: things that need no partner any more. */
static int
decided(struct group *g, const struct apart *a,
    const struct cluster_decision *d, size_t nd, char *taken,
    struct fault *f)
{
	size_t i;

	for (i = 0; i < nd; i++) {
		if (!d[i].same)
			continue;
		if (!join(g, a, d[i].l, d[i].r))
			return fault_set(f, "decisions contradict each other: "
			    "records decided to be different are the same by "
			    "others");
		taken[d[i].l] = taken[d[i].r] = 1;
	}
	/* Different, but the same already by two others? */
	for (i = 0; i < nd; i++)
		if (!d[i].same && group_root(g, d[i].l) ==
		    group_root(g, d[i].r))
			return fault_set(f, "decisions contradict each other: "
			    "records decided to be different are the same by "
			    "others");
	return 0;
}

/* Is the pair itself decided to be different? */
static int
forbidden(const struct apart *a, const struct cluster_pair *p)
{
	size_t k;

	if (a->start == NULL)
		return 0;
	for (k = a->start[p->l]; k < a->start[p->l + 1]; k++)
		if (a->who[k] == p->r)
			return 1;
	return 0;
}

size_t
cluster_pairs(struct group *g, struct cluster_pair *p, size_t n,
    enum cluster_method method, int ties_lowest,
    const struct cluster_decision *d, size_t nd, struct fault *f)
{
	struct apart apart;
	struct best *best = NULL;
	char *taken = mem_zero(g->n + 1, 1);
	size_t i, left_out = 0;

	apart_start(&apart, g->n, d, nd);
	if (decided(g, &apart, d, nd, taken, f) == -1) {
		left_out = CLUSTER_FAULT;
		goto out;
	}
	if (nd > 0)
		qsort(p, n, sizeof *p, by_weight);
	best = mem_zero(g->n + 1, sizeof *best);
	for (i = 0; i < n && method != CLUSTER_COMPONENTS; i++) {
		if (taken[p[i].l] || taken[p[i].r] || forbidden(&apart, &p[i]))
			continue;
		offer(&best[p[i].r], p[i].l, p[i].weight, ties_lowest);
		if (method == CLUSTER_MUTUAL)
			offer(&best[p[i].l], p[i].r, p[i].weight,
			    ties_lowest);
	}
	for (i = 0; i < n; i++) {
		if (method != CLUSTER_COMPONENTS &&
		    (taken[p[i].l] || taken[p[i].r] ||
		    !best[p[i].r].some || best[p[i].r].who != p[i].l ||
		    (method == CLUSTER_MUTUAL && best[p[i].l].who != p[i].r)))
			continue;
		left_out += !join(g, &apart, p[i].l, p[i].r);
	}
out:
	apart_end(&apart);
	free(taken);
	free(best);
	return left_out;
}
