/*
 * audit: what an attacker can derive of each hidden cell from everything
 * that is published.
 */
#ifndef NIB_DISCLOSURE_AUDIT_H
#define NIB_DISCLOSURE_AUDIT_H

#include "base/fault.h"
#include "disclosure/cells.h"

/*
 * The values a hidden cell can have. lo and hi are each attained by a table
 * of whole numbers that was found and checked, so the true interval is
 * never narrower than the one given; proven says that it is not wider
 * either.
 */
struct disclosure_interval {
	int64_t lo, hi; /* hi CELLS_NONE: without a bound */
	int proven;
};

/* Fewer values than width? */
int disclosure_narrow(const struct disclosure_interval *, int64_t width);

/*
 * For each hidden cell that is asked for its interval; others keep lo ==
 * hi == value. With a fault -2 if no table fits what is shown (of known
 * values there is one), -1 if it cannot be told.
 *
 * Unknown inner cells fall into parts that hang together by published
 * sums; each part is an integer program of its own (disclosure/program.h),
 * asked twice for each hidden cell that no table found so far has answered.
 * Where it is known how far apart from its value a cell must reach, the search
 * ends there, and the interval is not proven.
 */
int disclosure_audit(const struct disclosure_cells *,
    struct disclosure_interval *, struct fault *);

/*
 * Why a cell cannot be larger: a sum over inner cells, in which it and
 * those that are as small as they can be count, follows from what is
 * published. Who hides that sum widens the interval.
 */
struct disclosure_reason {
	size_t n;
	uint32_t *inner;
	int64_t *times; /* not 0 */
};
struct disclosure_reasons {
	size_t n, room;
	struct disclosure_reason *v;
};
void disclosure_reasons_free(struct disclosure_reasons *); /* its content */

/*
 * The same for a decision: a cell is not looked at further once its
 * interval has so many values (enough, 0: always), and of those that a
 * change of one cell cannot matter to (CELLS_ALL: of none) hi is
 * CELLS_NONE. Cheaper. quick: no branching for whole numbers, so that an
 * interval may look narrower than it is. The reasons (may be NULL) of
 * intervals with fewer than enough values are added; without them the look
 * ends with the first cell that has fewer, and those after it look narrow
 * too.
 */
int disclosure_look(const struct disclosure_cells *, int64_t enough,
    int quick, size_t cell, struct disclosure_interval *,
    struct disclosure_reasons *, struct fault *);

#endif
