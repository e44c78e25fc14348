/*
 * aspects: what a row's shares, means and sums of noughts and ones say of its
 * records besides their count: how many meet a condition, how many have a
 * value.
 *
 * Those numbers add up as counts do, so an attacker sets them off against
 * each other and against the counts. Each is a linked table of its own: the
 * inner cells are divided by what records can be (meets it, does not, is not
 * known), and a row has a cell for each of these. Where a condition is decided
 * by a grouping, as one of sex is in a table by sex, that is known too.
 */
#ifndef NIB_DISCLOSURE_ASPECTS_H
#define NIB_DISCLOSURE_ASPECTS_H

#include "disclosure/cells.h"
#include "disclosure/places.h"
#include "disclosure/profile.h"
#include "tally/rows.h"

#define ASPECTS_STATES ((size_t)64)

struct aspect {
	size_t measure;
	int share;     /* how many meet a condition; or only have a value */
	size_t states; /* that a record can be in */
	size_t times;  /* of lower aspects together */
};

struct aspects {
	size_t n, states; /* all together, to ASPECTS_STATES */
	size_t cells;     /* of a row, besides its count */
	struct aspect v[6];
};

/*
 * Of the measures those that say more than the count. -1 with a fault if
 * they are too many to be looked at together.
 */
int aspects_find(struct aspects *, const struct tally_request *,
    const struct tally_rows *, struct fault *);

/*
 * The cells of a table whose rows stand at the first places of p: first the
 * counts of all rows, then the others row by row. primary[i]: the row must be
 * hidden.
 */
struct disclosure_cells *aspects_cells(const struct aspects *,
    const struct disclosure_profile *, const struct tally_request *,
    const struct tally_rows *, const unsigned char *primary, struct places *p);

/* Are those who meet a condition of a row, or do not, few? */
int aspects_small(const struct aspects *, const struct disclosure_profile *,
    const struct tally_request *, const struct tally_row *);

/*
 * The same of a table that is published cell by cell: what its cells say.
 * Who knows a part of a count to all its digits is taken to know the count.
 */
struct disclosure_cells *aspects_rounded(const struct aspects *,
    const struct disclosure_profile *, const struct tally_request *,
    const struct tally_rows *, struct places *p);

/*
 * The records as they are, for the audit to begin with: of the rows of all
 * groupings, which are in the inner cells inner[]. Those without a total if
 * totals are among them.
 */
void aspects_truth(const struct aspects *, const struct tally_request *,
    const struct tally_rows *, const size_t *inner, struct disclosure_cells *);

/*
 * Rows of which some cells are hidden, and not all: how many there are. All
 * their cells are away from now on.
 */
size_t aspects_hide(const struct aspects *, struct disclosure_cells *,
    size_t nrows);

#endif
