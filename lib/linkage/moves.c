/* Who went from one address to another. */
#include "linkage/moves.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

struct move {
	uint32_t x, y; /* x < y */
	uint32_t a, b; /* records of those who moved */
};

void
moves_add(struct moves *m, uint32_t x, uint32_t y, uint32_t a, uint32_t b)
{
	if (x == 0 || y == 0 || x == y)
		return;
	if (m->n == m->cap) {
		m->cap = m->cap * 2 + 64;
		m->v = mem_array(m->v, m->cap, sizeof *m->v);
	}
	m->v[m->n++] = (struct move){ x < y ? x : y, x < y ? y : x, a, b };
}

/* The distinct addresses of a person; more than MOVES_ADDRESSES: 0. */
static size_t
addresses(const uint32_t *address, const struct group *g,
    uint32_t root, uint32_t to[MOVES_ADDRESSES])
{
	uint32_t i = root, code;
	size_t n = 0, k;

	do {
		code = address[i];
		for (k = 0; k < n && to[k] != code; k++)
			;
		if (code != 0 && k == n) {
			if (n == MOVES_ADDRESSES)
				return 0;
			to[n++] = code;
		}
		i = g->next[i];
	} while (i != root);
	return n;
}

void
moves_of_persons(struct moves *m, const uint32_t *address,
    const struct group *g)
{
	uint32_t at[MOVES_ADDRESSES];
	size_t i, j, k, n;

	for (i = 0; i < g->n; i++) {
		if (g->parent[i] != i || group_is_alone(g, (uint32_t)i))
			continue;
		n = addresses(address, g, (uint32_t)i, at);
		for (j = 0; j < n; j++)
			for (k = j + 1; k < n; k++)
				moves_add(m, at[j], at[k], (uint32_t)i,
				    (uint32_t)i);
	}
}

static int
by_addresses(const void *a, const void *b)
{
	const struct move *x = a, *y = b;

	if (x->x != y->x)
		return x->x < y->x ? -1 : 1;
	return x->y < y->y ? -1 : x->y > y->y;
}

void
moves_sort(struct moves *m)
{
	if (m->n > 0)
		qsort(m->v, m->n, sizeof *m->v, by_addresses);
}

int
moves_together(const struct moves *m, struct group *g, uint32_t x, uint32_t y,
    uint32_t a, uint32_t b)
{
	struct move want = { x < y ? x : y, x < y ? y : x, 0, 0 };
	size_t from = 0, to = m->n, middle;
	uint32_t p, q;

	a = group_root(g, a);
	b = group_root(g, b);
	while (from < to) {
		middle = from + (to - from) / 2;
		if (by_addresses(&m->v[middle], &want) < 0)
			from = middle + 1;
		else
			to = middle;
	}
	for (; from < m->n && by_addresses(&m->v[from], &want) == 0; from++) {
		p = group_root(g, m->v[from].a);
		q = group_root(g, m->v[from].b);
		if (p != a && p != b && q != a && q != b)
			return 1;
	}
	return 0;
}

void
moves_clear(struct moves *m)
{
	free(m->v);
	memset(m, 0, sizeof *m);
}
