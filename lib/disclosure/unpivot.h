/*
 * unpivot: a pivoted table, a column for each measure and value of a grouping,
 * as the table of rows that it was made of.
 */
#ifndef NIB_DISCLOSURE_UNPIVOT_H
#define NIB_DISCLOSURE_UNPIVOT_H

#include "csv/table.h"
#include "tally/request.h"

struct unpivoted {
	struct csv_table *t; /* owned; the value comes after the groupings */
	size_t nby;          /* leading columns of the file that are groupings */
	size_t nvalues;
	size_t *row, *value; /* per row of t: the row and value it is of */
};

/*
 * by: the grouping whose values are columns; the measures are those of the
 * request, or the count where it has none. A combination whose cells are all
 * empty is no row.
 */
int unpivot(struct unpivoted *, const struct csv_table *, const char *by,
    const struct tally_request *, struct fault *);
void unpivoted_free(struct unpivoted *); /* its content */

/* The column of the file in which a cell stands. */
size_t unpivoted_column(const struct unpivoted *, size_t row, size_t col);

#endif
