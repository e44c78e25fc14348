/*
 * rows: a result held in memory, for what must see the whole table: cells
 * that never occurred, and disclosure control of the table as one.
 */
#ifndef NIB_TALLY_ROWS_H
#define NIB_TALLY_ROWS_H

#include "base/arena.h"
#include "tally/tally.h"

#define TALLY_MAX_ROWS ((size_t)10 * 1000 * 1000)

struct tally_rows {
	size_t n, nby, nmeasures;
	struct tally_row *rows; /* in order; their memory is the arena's */
	size_t room;
	struct arena arena;
};

/* As tally_result_next: 1 and a row, 0 at the end, -1 with a fault. */
typedef int tally_next(void *, struct tally_row *, struct fault *);

/* Takes all that next gives; more than TALLY_MAX_ROWS: a fault. */
int tally_rows_read(struct tally_rows *, const struct tally_request *,
    tally_next *, void *arg, struct fault *);
void tally_rows_free(struct tally_rows *); /* its content */

/*
 * Adds the rows that never occurred: every combination of the values (and
 * totals) that each grouping has, with no records.
 */
int tally_rows_complete(struct tally_rows *, const struct tally_request *,
    struct fault *);

/*
 * Keeps the n groups in which the first measure is largest, in the order they
 * have, and puts the others together as one row, called label in every
 * grouping, after them and before totals. Equal ones: the earlier row; those
 * without a value come last. Counts and sums only. A fault if a group that is
 * kept has the label for a value, or a sum is beyond 128 bits.
 *
 * small (may be NULL) says whether a row must not stand alone: of the n those
 * go to the rest, and so do the smallest of the others until the rest is not
 * small itself.
 */
typedef int tally_small(const void *, const struct tally_row *);
int tally_rows_top(struct tally_rows *, const struct tally_request *,
    size_t n, const char *label, tally_small *small, const void *arg,
    struct fault *);

#endif
