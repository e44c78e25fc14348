/*
 * sheet: a published table: what its columns are, and what each cell says.
 */
#ifndef NIB_DISCLOSURE_SHEET_H
#define NIB_DISCLOSURE_SHEET_H

#include "base/num.h"
#include "csv/table.h"
#include "disclosure/profile.h"
#include "disclosure/unpivot.h"

enum sheet_kind {
	SHEET_GROUPING, SHEET_COUNT, SHEET_DISTINCT, SHEET_SUM,
	SHEET_EXTREME, SHEET_MEAN, SHEET_STATISTIC, SHEET_SHARE, SHEET_NOTE,
	SHEET_PART, /* a sum of what may be noughts and ones: how many */
	SHEET_UNNAMED /* a measure: a count if its numbers are whole */
};

struct sheet_column {
	enum sheet_kind kind;
	const char *of; /* what a sum, mean or other is of; "" if unknown */
	/*
	 * Sums are whole multiples of 1 / (2 * 10^scale), so that half a
	 * step of rounding is whole too; counts are themselves. Of shares: the
	 * most digits that one is shown with.
	 */
	unsigned scale; /* of means: that of what they are made of */
	unsigned digits; /* the most that a cell is shown with */
	int negative;   /* a shown value is below 0 */
	int numerators; /* means that with the count tell what adds up */
};

/* How a table was made, and how it is read. */
struct sheet_options {
	/*
	 * Which columns are groupings and what the others measure, by name.
	 * Without groupings the leading columns are, up to the first that is
	 * called as a measure or is none by its cells. Borrowed.
	 */
	const struct tally_request *request;
	const struct disclosure_profile *profile;
	int suppress, cellkey;   /* the mode, or round */
	const char *total_label; /* of a grouping, or of a column */
	/*
	 * The grouping whose values are columns, in a table that has no column
	 * of its name; or NULL.
	 */
	const char *pivot;
	/* Columns that it need not have, as one of several tables. */
	int some;
};

struct sheet {
	const struct sheet_options *o;
	const struct csv_table *t; /* its rows; of a pivoted table those of pivot */
	const struct csv_table *file; /* as it was read; borrowed */
	struct unpivoted pivot;
	struct sheet_column *columns;
	size_t total_column; /* adds up those without a name; ncols: none */
};

/* What can be in a cell. lo > hi: it says nothing. */
#define SHEET_UNBOUND ((num_wide)1 << 90)
struct sheet_range {
	num_wide lo, hi;
	int masked;   /* by the symbol */
	int withheld; /* by the symbol of further cells */
};

int sheet_open(struct sheet *, const struct sheet_options *,
    const struct csv_table *, struct fault *);
void sheet_close(struct sheet *); /* its content */
/* Where a cell stands in the file: row and column. */
void sheet_place(const struct sheet *, size_t *row, size_t *col);
/* Sums that are called alike get the same scale. */
void sheet_align(struct sheet *, size_t n);

struct sheet_range sheet_read(const struct sheet *, size_t row, size_t col);
/* The cell's number itself, as sheet_read has it; 0, or -1: none. */
int sheet_number(const struct sheet *, size_t row, size_t col, num_wide *);

/* Of a sum: may it be a count that was rounded as one? */
int sheet_is_rounded(const struct sheet *, size_t row, size_t col);

/* Do the cells of this column add up? */
int sheet_adds(const struct sheet *, size_t col);
/* A share, or how many: does it say how many of the counted do what? */
int sheet_is_part(const struct sheet *, size_t col);
/* The column of the count that all others are of; ncols: none. */
size_t sheet_count(const struct sheet *);
int sheet_is_total(const struct sheet *, size_t row, size_t col);

/* "hes", "hes:suppress": profile (yours) and mode. */
int sheet_mode(const char *disclosure, struct sheet_options *,
    struct disclosure_profile **, struct fault *);

#endif
