/*
 * parts: the unknown inner cells of a table, in parts that hang together
 * by published sums. What is derived in one says nothing of another.
 */
#ifndef NIB_DISCLOSURE_PARTS_H
#define NIB_DISCLOSURE_PARTS_H

#include "disclosure/cells.h"
#include "disclosure/program.h"

struct disclosure_part {
	size_t nvars, nrows;
	uint32_t *vars;  /* inner cells */
	int64_t *low, *high;
	struct program *program; /* NULL without rows */
};

struct disclosure_parts {
	size_t n;
	struct disclosure_part *v;
	/* Per inner cell: from low to high by what is shown of it alone. */
	int64_t *low, *high;
	uint32_t *part_of, *place_of; /* of those with low < high */
};

/* 0, or the first cell whose numbers cannot be, + 1. */
size_t disclosure_parts_make(struct disclosure_parts *,
    const struct disclosure_cells *);
void disclosure_parts_free(struct disclosure_parts *); /* its content */

/* What is shown of a cell: from *low to *high. */
void disclosure_shown(const struct disclosure_cells *, size_t cell,
    int64_t *low, int64_t *high);

static inline int
disclosure_unknown(const struct disclosure_parts *p, uint32_t inner)
{
	return p->low[inner] < p->high[inner];
}

#endif
