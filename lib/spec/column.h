/*
 * column: everything that a specification asks of one column's cells.
 *
 * Compiled once, shared by all threads; each has a run of its own. Cells
 * come in batches of up to 256, those that are missing taken out.
 */
#ifndef NIB_SPEC_COLUMN_H
#define NIB_SPEC_COLUMN_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/fault.h"
#include "csv/block.h"
#include "expr/expr.h"
#include "spec/findings.h"
#include "spec/spec.h"
#include "spec/valueset.h"

#define COLUMN_BATCH 256

struct column;
struct column_run;

/* Cells that are there; row is that in the batch. */
struct column_cells {
	size_t k;
	const char *p[COLUMN_BATCH];
	uint32_t n[COLUMN_BATCH];
	uint16_t row[COLUMN_BATCH];
};

/* What a batch found: row in the batch, entry of the catalogue, cell. */
struct column_found {
	size_t n, cap;
	struct column_item {
		uint32_t check;
		uint16_t row;
		size_t value, nvalue;
	} *v;
	struct buf *values; /* cells are copied to it; NULL: not wanted */
};

/*
 * Code lists are opened through the scope. required: as a member of the
 * primary key it may not be null. Entries are added to the catalogue.
 */
struct column *column_new(const struct spec_field *, size_t column,
    int required, const struct expr_scope *, struct findings *,
    struct fault *);
void column_free(struct column *);
size_t column_at(const struct column *);
/* Has it anything to check? */
int column_checks(const struct column *);
/*
 * Is all that it asks of a cell that it be a date in the standard's form,
 * and that it be there? Then an expression's field of its kind knows.
 */
int column_only_date(const struct column *);
/* Its entry for a null where one may not be, or -1. */
long column_required(const struct column *);

struct column_run *column_run_new(const struct column *);
void column_run_free(struct column_run *);

/*
 * The cells of regular records first .. first + m in column at of a block:
 * column_at, or where a reference has them. Text lives in the block or in
 * pool until the next call with that pool.
 */
void column_take(const struct column *, size_t at, const struct csv_block *,
    size_t first, size_t m, struct buf *pool, struct column_cells *);
/* Is this cell missing? */
int column_missing(const struct column *, const char *, size_t);

/*
 * Where codes are all that is asked of a column, and its cells stand in the
 * block as they are: in one look, how many are missing, if the others are
 * good; COLUMN_UNSEEN: it takes column_take and column_check to know.
 */
#define COLUMN_UNSEEN ((size_t)-1)
size_t column_look(const struct column *, const struct csv_block *,
    size_t first, size_t m);

/* Adds what is wrong; takes cells that are done out. */
int column_check(const struct column *, struct column_run *,
    struct column_cells *, struct column_found *, struct fault *);
void column_report(struct column_found *, uint32_t check, uint16_t row,
    const char *, size_t);

/* Has it codes that hold from a day to a day (spec/dated.h)? */
int column_dated(const struct column *);
/*
 * Those that do not hold on the day of their record, by row of the batch;
 * cells as column_take left them.
 */
void column_check_days(const struct column *, struct column_run *,
    const struct column_cells *, const int32_t *days, struct column_found *);

/*
 * For measuring: the codes a cell may be, if they can be counted one by one
 * (NULL: not), and which cells of a batch are defaults, by row of the batch.
 */
const struct valueset *column_codes(const struct column *);
void column_defaults(const struct column *, const struct column_cells *,
    unsigned char *to);

/* Is a cell's key its text? */
int column_key_is_text(const struct column *);
/* Appends the cell's key; -1 when it does not fit its type. */
int column_key(const struct column *, const char *, size_t, struct buf *);

#endif
