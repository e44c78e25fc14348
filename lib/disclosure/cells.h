/*
 * cells: a published table as an attacker sees it, and what is hidden.
 *
 * Each published cell is the sum of some inner cells, the finest there are;
 * an inner cell that is itself published is a cell of one member. So
 * margins of any dimensions, hierarchies and several linked tables are all
 * the same thing.
 */
#ifndef NIB_DISCLOSURE_CELLS_H
#define NIB_DISCLOSURE_CELLS_H

#include <stddef.h>
#include <stdint.h>

#include "base/fault.h"

struct disclosure_cells {
	size_t n, ninner, room;
	int64_t *values;        /* n, not negative */
	unsigned char *primary; /* n: must be hidden */
	unsigned char *hidden;  /* n: is hidden */
	unsigned char *asked;   /* n: the audit looks at it if hidden */
	size_t *start;          /* n + 1 */
	uint32_t *members;      /* of cell i: members[start[i]..start[i+1]) */
	size_t nmembers, members_room;
};

struct disclosure_cells *disclosure_cells_new(size_t ninner);
void disclosure_cells_free(struct disclosure_cells *);
/* Its number; inner indices, each once. */
size_t disclosure_cells_add(struct disclosure_cells *, int64_t value,
    int primary, const uint32_t *members, size_t n);

/*
 * The values a hidden cell can have, given everything that is published.
 * lo and hi are each attained by a table of integers that was found and
 * checked, so the true interval is never narrower than the one given;
 * proven says that it is not wider either.
 */
struct disclosure_interval {
	int64_t lo, hi; /* hi INT64_MAX: without a bound */
	int proven;
};

/*
 * For each hidden cell its interval; others keep lo == hi == value. least:
 * what every hidden inner cell is known to be at least, 1 where zeros are
 * shown. Exact: a simplex in integers, and a search where its answer is no
 * integer table. -1 with a fault when numbers grow beyond 64 bits.
 *
 * Cost: unknown inner cells fall into parts that share published sums; a
 * part of u of them under e sums takes 8ue bytes and time of order
 * u^2 e^2.
 */
int disclosure_audit(const struct disclosure_cells *, int64_t least,
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
 * change of one cell cannot matter to (DISCLOSURE_ALL: of none) hi is
 * INT64_MAX. Cheaper. The reasons (may be NULL) of intervals with fewer than
 * enough values are added.
 */
#define DISCLOSURE_ALL ((size_t)-1)
int disclosure_look(const struct disclosure_cells *, int64_t least,
    int64_t enough, size_t cell, struct disclosure_interval *,
    struct disclosure_reasons *, struct fault *);

/*
 * Hides every primary cell and further ones, so that no hidden cell's
 * interval has fewer than width values. First by elimination: no primary is
 * a linear function of what is published (Langsrud 2024, arXiv:2408.16464,
 * GaussSuppression). Then the audit: what made a cell too narrow is
 * protected like a primary in the next elimination, or, where no single sum
 * did, the smallest published cell beside it is hidden. At last cells that
 * turn out not to be needed are shown again, the largest first. -1 with a
 * fault if it cannot be done.
 */
int disclosure_suppress(struct disclosure_cells *, int64_t least,
    int64_t width, struct disclosure_interval *, struct fault *);

/*
 * Only the elimination: primary cells and cells hidden before stay hidden,
 * and so do the sums of the reasons (may be NULL).
 */
void disclosure_eliminate(struct disclosure_cells *, int64_t least,
    const struct disclosure_reasons *);

#endif
