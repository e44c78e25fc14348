#include "words.h"

#include <stdlib.h>

#include "base/mem.h"

void
words_init(struct words *w)
{
	w->map = map_new();
	w->bits = 5;
	w->slots = mem_zero((size_t)1 << w->bits, sizeof *w->slots);
	w->n = 0;
}

void
words_clear(struct words *w)
{
	map_free(w->map);
	free(w->slots);
	memset(w, 0, sizeof *w);
}

static void
grow(struct words *w)
{
	struct words_slot *old = w->slots;
	size_t i, n = (size_t)1 << w->bits;

	w->bits++;
	w->slots = mem_zero(n * 2, sizeof *w->slots);
	for (i = 0; i < n; i++)
		if (old[i].n != 0)
			w->slots[words_slot_of(w, old[i].text[0],
			    old[i].text[1], old[i].n - 1)] = old[i];
	free(old);
}

size_t
words_add_new(struct words *w, const char *p, size_t n)
{
	struct words_slot s;

	words_load(p, n, &s.text[0], &s.text[1]);
	s.n = (uint32_t)n + 1;
	s.number = (uint32_t)map_add(w->map, p, n, NULL);
	if (++w->n * 2 > (size_t)1 << w->bits)
		grow(w);
	w->slots[words_slot_of(w, s.text[0], s.text[1], n)] = s;
	return s.number;
}
