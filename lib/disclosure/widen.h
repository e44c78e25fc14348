/*
 * widen: hides more of a large table, until for each hidden cell tables were
 * found that show how much it can differ.
 */
#ifndef NIB_DISCLOSURE_WIDEN_H
#define NIB_DISCLOSURE_WIDEN_H

#include "base/fault.h"
#include "disclosure/audit.h"
#include "disclosure/cells.h"

/*
 * Every hidden cell has width values after. From the true table walks go to
 * others that keep to what is published (disclosure/walk.h). A cell that
 * none of these frees is freed by one that changes published inner cells
 * too, as few as it can, and these are hidden; where there is none either,
 * the published sums that it is part of are hidden, the smallest first,
 * which ends with its being free. Then further cells are shown again, the
 * largest first, for which other walks do as well.
 *
 * All of it within a number of steps that depends on the table only; what
 * is hidden too much for want of steps stays hidden. The intervals are
 * those that were found, so the true ones may be wider, and none is proven.
 * -1 with a fault if no first table was found, where inner cells are in no
 * published cell of their own.
 */
int disclosure_widen(struct disclosure_cells *, int64_t width,
    struct disclosure_interval *, struct fault *);

#endif
