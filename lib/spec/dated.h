/*
 * dated: codes that hold from a day to a day (valid_from and valid_to of a
 * code list), and the days that a block's records fall on.
 *
 * A code that stands in several lists of a field needs to hold in one of
 * them; where a row gives no days it always does.
 */
#ifndef NIB_SPEC_DATED_H
#define NIB_SPEC_DATED_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/fault.h"
#include "csv/block.h"
#include "expr/expr.h"
#include "spec/column.h"
#include "spec/spec.h"

#define DATED_NO_DAY INT32_MIN

struct dated;

/*
 * *to is NULL when no code of the field's lists has days. Borrows the lists,
 * which are the scope's.
 */
int dated_new(const struct spec_field *, const struct expr_scope *,
    struct dated **to, struct fault *);
void dated_free(struct dated *);

/*
 * ok[i] is 0 when cell i is a code that does not hold on days[row of the
 * cell]; a record without a day holds. Returns how many are 0.
 */
size_t dated_batch(const struct dated *, const struct column_cells *,
    const int32_t *days, unsigned char *ok);

/* The day of a cell that is a date, or a date and time; -1: it is neither. */
int dated_day(const struct expr_field *, struct csv_slice, int32_t *day);

/*
 * The days of records first .. first + m (m <= COLUMN_BATCH): of the column
 * of the first of n fields whose cell is a date, or a date and time.
 */
void dated_days(const struct expr_field *const *fields, size_t n,
    const struct csv_block *, size_t first, size_t m, struct buf *scratch,
    int32_t *days);

#endif
