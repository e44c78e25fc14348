/* suppress: which further cells to hide, so that the hidden stay hidden. */
#ifndef NIB_DISCLOSURE_SUPPRESS_H
#define NIB_DISCLOSURE_SUPPRESS_H

#include "base/fault.h"
#include "disclosure/audit.h"
#include "disclosure/cells.h"

/* Hidden cells that are asked for: from here on walks, no linear programs. */
#define DISCLOSURE_LARGE ((size_t)150)
size_t disclosure_count_hidden(const struct disclosure_cells *);

/*
 * Hides every cell that is primary or away and further ones, so that no
 * hidden cell that is asked for has an interval of fewer than width values.
 * First by elimination: no primary is a linear function of what is published
 * (Langsrud 2024, arXiv:2408.16464, GaussSuppression). Then the audit: what made a cell too narrow is
 * protected like a primary in the next elimination, or, where no single sum
 * did, the smallest published cell beside it is hidden, in a large table
 * beside several at once. At last cells that
 * turn out not to be needed are shown again, the largest first. Where
 * elimination hides many cells that would take hours, and disclosure_widen
 * does the rest, in bounded time. -1 with a fault if it cannot be done.
 */
int disclosure_suppress(struct disclosure_cells *, int64_t width,
    struct disclosure_interval *, struct fault *);

/*
 * Only the elimination: primary cells and cells hidden before stay hidden,
 * and so do the sums of the reasons (may be NULL). Of those that are not asked
 * for others may follow.
 */
void disclosure_eliminate(struct disclosure_cells *,
    const struct disclosure_reasons *);

/*
 * The cells that are hidden (1) or shown (0) and not primary, in the order
 * in which they had better be shown: zeros first, then the largest. Yours.
 */
size_t *disclosure_by_worth(const struct disclosure_cells *, int hidden,
    size_t *n);

/*
 * The smallest published cell inside one of the smallest published sums
 * that a hidden cell is part of, zeros only where they are masked
 * themselves: what to hide so that it is less known. CELLS_ALL: none.
 */
size_t disclosure_beside(const struct disclosure_cells *, size_t cell);

#endif
