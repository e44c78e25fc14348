/* Things joined into groups. */
#include "linkage/group.h"

#include <stdlib.h>

#include "base/mem.h"

void
group_start(struct group *g, size_t n)
{
	size_t i;

	g->n = n;
	g->parent = mem_array(NULL, n + 1, sizeof *g->parent);
	g->next = mem_array(NULL, n + 1, sizeof *g->next);
	for (i = 0; i < n; i++)
		g->parent[i] = g->next[i] = (uint32_t)i;
}

void
group_end(struct group *g)
{
	free(g->parent);
	free(g->next);
}

uint32_t
group_root(struct group *g, uint32_t i)
{
	while (g->parent[i] != i) {
		g->parent[i] = g->parent[g->parent[i]];
		i = g->parent[i];
	}
	return i;
}

int
group_is_larger(const struct group *g, uint32_t x, uint32_t y)
{
	uint32_t i = g->next[x], j = g->next[y];

	/* Both at once: as many turns as the smaller one has members. */
	for (; i != x && j != y; i = g->next[i])
		j = g->next[j];
	return i != x;
}

uint32_t
group_join(struct group *g, uint32_t a, uint32_t b)
{
	uint32_t t;

	a = group_root(g, a);
	b = group_root(g, b);
	if (a == b)
		return a;
	if (a > b) {
		t = a;
		a = b;
		b = t;
	}
	g->parent[b] = a;
	t = g->next[a];
	g->next[a] = g->next[b];
	g->next[b] = t;
	return a;
}
