/* Two bits for each record of an input. */
#include "spec/marks.h"

#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "base/mem.h"

#define PIECE 4096U /* records */
#define BYTES (PIECE / 4)

struct marks {
	struct map *index; /* file and number of the piece */
	unsigned char *v;  /* BYTES each */
	size_t cap;
};

struct piece_of {
	uint64_t file, number;
};

struct marks *
marks_new(void)
{
	struct marks *m = mem_zero(1, sizeof *m);

	m->index = map_new();
	return m;
}

void
marks_free(struct marks *m)
{
	if (m == NULL)
		return;
	map_free(m->index);
	free(m->v);
	free(m);
}

/* The bits of a piece, made if it is new. */
static unsigned char *
piece(struct marks *m, const struct piece_of *p)
{
	size_t at = map_add(m->index, p, sizeof *p, NULL);

	if (at >= m->cap) {
		m->v = mem_array(m->v, (at + 1) * 2, BYTES);
		memset(m->v + m->cap * BYTES, 0,
		    ((at + 1) * 2 - m->cap) * BYTES);
		m->cap = (at + 1) * 2;
	}
	return m->v + at * BYTES;
}

unsigned
marks_get(const struct marks *m, size_t file, uint64_t record)
{
	struct piece_of p = { file, record / PIECE };
	size_t at = map_find(m->index, &p, sizeof p), i = record % PIECE;

	return at == MAP_NONE ? 0 :
	    m->v[at * BYTES + i / 4] >> i % 4 * 2 & 3;
}

void
marks_add(struct marks *m, size_t file, uint64_t record, unsigned bits)
{
	struct piece_of p = { file, record / PIECE };
	size_t i = record % PIECE;
	unsigned char *to = piece(m, &p) + i / 4;

	*to = (unsigned char)(*to | bits << i % 4 * 2);
}

void
marks_merge(struct marks *into, const struct marks *from)
{
	size_t i, k, n = map_count(from->index);
	struct piece_of p;
	unsigned char *to;

	for (i = 0; i < n; i++) {
		memcpy(&p, map_key(from->index, i, NULL), sizeof p);
		to = piece(into, &p);
		for (k = 0; k < BYTES; k++)
			to[k] |= from->v[i * BYTES + k];
	}
}
