/*
 * linked: what published tables give away of what they mask, each alone and
 * all together.
 *
 * Tables are linked by the names of their groupings: a table that lacks one
 * is a total over it, a total's row too. A group that a table has no row
 * for has no records. Inner cells are the combinations that the finest rows
 * of all tables allow together; a table without measures says which there
 * are, as what region each provider is in.
 */
#ifndef NIB_DISCLOSURE_LINKED_H
#define NIB_DISCLOSURE_LINKED_H

#include "disclosure/sheet.h"

struct linked_finding { /* of a masked cell */
	size_t sheet, row, col;
	/* As sheet_read; of a share how many meet it. SHEET_UNBOUND: no end */
	num_wide lo, hi;
	int proven;
	int narrow;      /* fewer values than the profile allows */
};

struct linked {
	size_t n, room;
	struct linked_finding *v; /* by sheet, row and column */
	size_t nwithheld;
	struct linked_cell {
		size_t row, col;
	} *withheld; /* of the first sheet, to be hidden as well */
	int shares_unfit; /* they do not fit the counts, and were left out */
};

/*
 * Shares are linked tables too: where the count beside one is known, so is,
 * within half a unit of its last digit, how many meet it and how many do
 * not, and these add up as counts do (ratio_parts). Up to LINKED_SHARES of
 * them are looked at together with the count, more by that many at a time.
 */
#define LINKED_SHARES ((size_t)4)
#define LINKED_UNSURE (-3)

/*
 * All masked cells of sheets[n]. repair: until none is narrow, cells of
 * the first sheet are withheld; -1 with a fault if that does not do. -2 with
 * a fault: no table of records has all these numbers. LINKED_UNSURE with a
 * fault: ratio_unsure of one of them.
 */
int linked_audit(struct linked *, const struct sheet *, size_t n, int repair,
    struct fault *);
void linked_free(struct linked *); /* its content */

#endif
