/* A set of numbers that are hashes already. */
#include "privacy/numbers.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

int
numbers_add(struct numbers *s, uint64_t x)
{
	uint64_t *old = s->v;
	size_t at, k, cap = s->cap;

	if (s->n * 2 >= cap) {
		s->cap = cap > 0 ? cap * 2 : 1024;
		s->v = mem_zero(s->cap, sizeof *s->v);
		for (k = 0; k < cap; k++) {
			if (old[k] == 0)
				continue;
			at = (size_t)old[k] & (s->cap - 1);
			while (s->v[at] != 0)
				at = (at + 1) & (s->cap - 1);
			s->v[at] = old[k];
		}
		free(old);
	}
	at = (size_t)x & (s->cap - 1);
	for (; s->v[at] != 0; at = (at + 1) & (s->cap - 1))
		if (s->v[at] == x)
			return 0;
	if (x == 0)
		return 0;
	s->v[at] = x;
	s->n++;
	return 1;
}

void
numbers_merge(struct numbers *into, const struct numbers *from)
{
	size_t i;

	for (i = 0; i < from->cap; i++)
		(void)numbers_add(into, from->v[i]);
}

void
numbers_clear(struct numbers *s)
{
	if (s->n > 0)
		memset(s->v, 0, s->cap * sizeof *s->v);
	s->n = 0;
}

uint64_t *
numbers_list(const struct numbers *s)
{
	uint64_t *v = mem_zero(s->n, sizeof *v);
	size_t i, n = 0;

	for (i = 0; i < s->cap; i++)
		if (s->v[i] != 0)
			v[n++] = s->v[i];
	return v;
}

void
numbers_free(struct numbers *s)
{
	free(s->v);
}
