/*
 * walk: from one table of whole numbers that obeys sums to another in which
 * a sum of some of them is larger or smaller.
 *
 * A search, which proves what it finds and nothing by finding nothing: a
 * number is changed, then others that mend the sums this broke, always the
 * one that mends most; sums that stay broken weigh more. So most cells of
 * a table are shown to be free without any linear program. The same calls
 * find the same tables.
 *
 * A variable may have a price, which makes a walk go where few of those
 * change that cost something.
 */
#ifndef NIB_DISCLOSURE_WALK_H
#define NIB_DISCLOSURE_WALK_H

#include <stddef.h>
#include <stdint.h>

#define WALK_NONE INT64_MAX /* of an upper end: there is none */

struct walk;

/* Rows: the variables vars[start[r]..start[r + 1]), each once. Borrowed. */
struct walk *walk_new(size_t nvars, size_t nrows, const size_t *start,
    const uint32_t *vars);
void walk_free(struct walk *);

/* From low to high; all of them before walk_place. */
void walk_var(struct walk *, uint32_t var, int64_t low, int64_t high);
void walk_row(struct walk *, size_t row, int64_t low, int64_t high);
/* Of its not being what it was when the walk was placed; 0 at first. */
void walk_price(struct walk *, uint32_t var, int64_t price);

/*
 * x[nvars], within the ends of variables. 1: it obeys the rows as well; or
 * it does after at most steps changes. 0: no such table was found.
 */
int walk_place(struct walk *, const int64_t *x, size_t steps);

/*
 * To a table in which the sum over vars[n], each once, is at least (sign 1)
 * or at most (sign -1) goal, in at most steps changes. 0: none was found,
 * and the table is the one before.
 */
int walk_reach(struct walk *, const uint32_t *vars, size_t n, int sign,
    int64_t goal, size_t steps);

/* The table: nvars, until the next call. */
const int64_t *walk_x(const struct walk *);

/* The variables that the last walk_reach changed, until the next call. */
const uint32_t *walk_changed(const struct walk *, size_t *n);
/* To the table before the last walk_reach. */
void walk_back(struct walk *);
/* Steps taken since walk_new: what has been spent, the same each time. */
size_t walk_spent(const struct walk *);

#endif
