/*
 * pivot: a table with the values of one grouping as columns.
 *
 * A row for each combination of the other groupings, in C byte order, totals
 * last; for each measure a column for each value of the pivoted grouping, in
 * the same order, called MEASURE_VALUE (MEASURE_LABEL where the value has a
 * label). A combination that did not occur is an empty cell. The table is held
 * in memory: its cells' text, and 8 bytes for each place in it.
 */
#ifndef NIB_TALLY_PIVOT_H
#define NIB_TALLY_PIVOT_H

#include "base/outfile.h"
#include "tally/labels.h"

#define TALLY_PIVOT_COLUMNS 2000 /* at most */

struct tally_pivot;

/*
 * by: the grouping that is pivoted. measures: names of the cells a row has.
 * Borrows all of it.
 */
struct tally_pivot *tally_pivot_new(const struct tally_request *, size_t by,
    const struct tally_labels *, const char *total_label,
    const char *const *measures, size_t nmeasures);
void tally_pivot_free(struct tally_pivot *);

/* cells: those of the measures as CSV, p[n], commas between them. */
int tally_pivot_add(struct tally_pivot *, const struct tally_row *,
    const char *p, size_t n, struct fault *);
/* The table; *rows: how many it has without the header. */
int tally_pivot_write(struct tally_pivot *, struct outfile *, int header,
    uint64_t *rows, struct fault *);

#endif
