/*
 * cells: a published table as an attacker sees it, and what is hidden.
 *
 * Each published cell is the sum of some inner cells, the finest there are;
 * an inner cell that is itself published is a cell of one member. So
 * margins of any dimensions, hierarchies and several linked tables are all
 * the same thing.
 *
 * A cell that is not hidden shows its value. A hidden one shows that it is
 * from low to high: at least 1 where zeros are shown, 1 to 7 where the
 * symbol says so, 8 to 12 where 10 is rounded.
 */
#ifndef NIB_DISCLOSURE_CELLS_H
#define NIB_DISCLOSURE_CELLS_H

#include <stddef.h>
#include <stdint.h>

#define CELLS_NONE INT64_MAX    /* of an upper end: there is none */
#define CELLS_ALL ((size_t)-1)

struct disclosure_cells {
	size_t n, ninner, room;
	int64_t least;          /* what a hidden cell is at least */
	int known;              /* are the values of hidden cells */
	int64_t *truth;         /* ninner: the records; or NULL. Owned */
	int64_t *values;        /* n, not negative */
	int64_t *low, *high;    /* n: what is shown of it if hidden */
	unsigned char *primary; /* n: must be hidden */
	unsigned char *hidden;  /* n: is hidden */
	unsigned char *asked;   /* n: it must stay unknown if hidden */
	unsigned char *away;    /* n: is hidden in any case */
	int64_t *apart;         /* n, or NULL. Owned; see disclosure_audit */
	size_t *start;          /* n + 1 */
	uint32_t *members;      /* of cell i: members[start[i]..start[i+1]) */
	size_t nmembers, members_room;
};

struct disclosure_cells *disclosure_cells_new(size_t ninner, int64_t least);
void disclosure_cells_free(struct disclosure_cells *);
/*
 * Its number; inner indices, each once. From least to CELLS_NONE if hidden;
 * known values must be within it.
 */
size_t disclosure_cells_add(struct disclosure_cells *, int64_t value,
    int primary, const uint32_t *members, size_t n);
size_t disclosure_cells_members(const struct disclosure_cells *, size_t cell);

#endif
