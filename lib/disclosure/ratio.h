/*
 * ratio: what shares and means in a row of a published table say of the
 * count beside them. Where a profile makes ratios of rounded parts they say
 * nothing new; disclosure_ratio_fault tells whether they were made so.
 */
#ifndef NIB_DISCLOSURE_RATIO_H
#define NIB_DISCLOSURE_RATIO_H

#include "disclosure/sheet.h"

/*
 * Narrows what the count in a cell can be: to those of which the row's
 * shares are a part to all their digits, and by which its sums give its
 * means. Records without a value are taken to be none. Unchanged if the
 * cell is no count or none fits.
 */
void ratio_narrow(const struct sheet *, size_t row, size_t col,
    struct sheet_range *);

/*
 * How many of a row's records a share, or a sum of noughts and ones, says meet
 * its condition (to[0]) and do not (to[1]), where count is what the row's count
 * can be: the share times the count, within half a unit of the last digit that
 * its column has; of a share of rounded parts what its upper part was rounded
 * from. Every record is taken to have a value. Masked beside a count that is
 * not: as few as the profile masks, where it masks cell by cell. Else masked or
 * withheld: anything. 0: it says nothing.
 */
int ratio_parts(const struct sheet *, size_t row, size_t col, size_t count_col,
    const struct sheet_range *count, struct sheet_range to[2]);

/*
 * What a mean's values add up to, of a row whose count is known to be in this
 * range: in halves of the last digit that the column's sums are taken to have.
 * Every record is taken to have a value. 0: it says nothing.
 */
int ratio_numerator(const struct sheet *, size_t row, size_t col,
    const struct sheet_range *count, struct sheet_range *to);
/* The fewest digits, to 6, with which all of a column's sums can be: -1: none. */
int ratio_digits(const struct sheet *, size_t col);

/*
 * Has the row a share or a statistic to all its digits beside a count that is
 * rounded, so that more than the ends of the two would have to be said?
 */
int ratio_unsure(const struct sheet *, size_t row, size_t col,
    const struct sheet_range *count);

/* What is wrong with a share or a mean, or NULL. */
const char *ratio_fault(const struct sheet *, size_t row, size_t col);

#endif
