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
	g->size = mem_array(NULL, n + 1, sizeof *g->size);
	for (i = 0; i < n; i++) {
		g->parent[i] = g->next[i] = (uint32_t)i;
		g->size[i] = 1;
	}
}

void
group_end(struct group *g)
{
	free(g->parent);
	free(g->next);
	free(g->size);
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
	g->size[a] += g->size[b];
	t = g->next[a];
	g->next[a] = g->next[b];
	g->next[b] = t;
	return a;
}
