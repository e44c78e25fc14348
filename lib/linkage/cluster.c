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

enum joined { JOINED, DECIDED, VETOED };

/* Does a member of x, the smaller group, have to be apart from y? */
static int
decided_apart(struct group *g, const struct apart *a, uint32_t x, uint32_t y)
{
	uint32_t i = x;
	size_t k;

	do {
		for (k = a->start[i]; k < a->start[i + 1]; k++)
			if (group_root(g, a->who[k]) == y)
				return 1;
		i = g->next[i];
	} while (i != x);
	return 0;
}

static int
vetoed(const struct group *g, const struct cluster_rules *c, uint32_t l,
    uint32_t r, uint32_t x, uint32_t y)
{
	uint32_t i = x, j;

	do {
		j = y;
		do {
			if (!((i == l && j == r) || (i == r && j == l)) &&
			    c->veto(c->arg, i, j))
				return 1;
			j = g->next[j];
		} while (j != y);
		i = g->next[i];
	} while (i != x);
	return 0;
}

/* Joins two groups unless a decision or the veto keeps them apart. */
static enum joined
join(struct group *g, const struct apart *a, const struct cluster_rules *c,
    uint32_t l, uint32_t r)
{
	uint32_t x = group_root(g, l), y = group_root(g, r), t;

	if (x == y)
		return JOINED;
	if (group_is_larger(g, x, y)) {
		t = x;
		x = y;
		y = t;
	}
	if (a->start != NULL && decided_apart(g, a, x, y))
		return DECIDED;
	if (c != NULL && c->veto != NULL && vetoed(g, c, l, r, x, y))
		return VETOED;
	(void)group_join(g, x, y);
	return JOINED;
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
		if (join(g, a, NULL, d[i].l, d[i].r) != JOINED)
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

/* The best partner of each, or of each right one; taken: need none. */
static struct best *
bests(size_t things, const struct apart *apart, const char *taken,
    const struct cluster_pair *p, size_t n, const struct cluster_rules *c)
{
	struct best *best = mem_zero(things + 1, sizeof *best);
	size_t i;

	for (i = 0; i < n && (c->method == CLUSTER_MUTUAL ||
	    c->method == CLUSTER_SINGLE); i++) {
		if (taken[p[i].l] || taken[p[i].r] || forbidden(apart, &p[i]))
			continue;
		offer(&best[p[i].r], p[i].l, p[i].weight, c->ties_lowest);
		if (c->method == CLUSTER_MUTUAL)
			offer(&best[p[i].l], p[i].r, p[i].weight,
			    c->ties_lowest);
	}
	return best;
}

static int
wanted(enum cluster_method method, const struct best *best,
    const char *taken, const struct cluster_pair *p)
{
	if (method == CLUSTER_COMPONENTS)
		return 1;
	if (taken[p->l] || taken[p->r])
		return 0;
	if (method == CLUSTER_GREEDY)
		return 1;
	if (!best[p->r].some || best[p->r].who != p->l)
		return 0;
	return method == CLUSTER_SINGLE || best[p->l].who == p->r;
}

int
cluster_pairs(struct group *g, struct cluster_pair *p, size_t n,
    const struct cluster_rules *c, struct cluster_left_out *out,
    struct fault *f)
{
	struct apart apart;
	struct best *best = NULL;
	char *taken = mem_zero(g->n + 1, 1);
	size_t i;
	int rc = -1;

	memset(out, 0, sizeof *out);
	apart_start(&apart, g->n, c->decisions, c->ndecisions);
	if (decided(g, &apart, c->decisions, c->ndecisions, taken, f) == -1)
		goto out;
	if (n > 1 && (c->ndecisions > 0 || c->veto != NULL ||
	    c->method == CLUSTER_GREEDY))
		qsort(p, n, sizeof *p, by_weight);
	best = bests(g->n, &apart, taken, p, n, c);
	for (i = 0; i < n; i++) {
		if (!wanted(c->method, best, taken, &p[i]))
			continue;
		switch (join(g, &apart, c, p[i].l, p[i].r)) {
		case JOINED:
			if (c->method == CLUSTER_GREEDY)
				taken[p[i].l] = taken[p[i].r] = 1;
			break;
		case DECIDED:
			out->decided++;
			break;
		case VETOED:
			out->vetoed++;
			break;
		}
	}
	rc = 0;
out:
	apart_end(&apart);
	free(taken);
	free(best);
	return rc;
}
