/*
 * derive: fields added to records, or replaced, by expressions and lookups.
 *
 * Steps are taken in the order they are given. A step sees the fields of
 * the record and what the steps before it made, as values with their type;
 * a field that a step replaced is seen as it was by that step and as it has
 * become by those after it. One pass: each step is evaluated once a batch.
 */
#ifndef NIB_EXPR_DERIVE_H
#define NIB_EXPR_DERIVE_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/fault.h"
#include "csv/block.h"
#include "csv/reader.h"
#include "expr/expr.h"

struct derive;
struct derive_run;

/*
 * The scope's field i must be the header's column i. Borrows both.
 */
struct derive *derive_new(const struct expr_scope *,
    const struct csv_header *);
void derive_free(struct derive *);

/* A step: the field name is the value of an expression. */
int derive_set(struct derive *, const char *name, const char *expression,
    struct fault *);
/*
 * A step: the field name is, of the CSV file's row whose column key_column
 * holds the cell of the record's field, the column value; empty if no row
 * does. Two rows with one key are a fault. A file without a slash or a point
 * in its name is one of share/lookups or share/codelists.
 */
int derive_lookup(struct derive *, const char *name, const char *file,
    const char *field, const char *key_column, const char *value,
    struct fault *);
/* Name and file of the last step, a lookup; borrowed until derive_free. */
const char *derive_name(const struct derive *);
const char *derive_file(const struct derive *);

/* Cells of a column that are written as empty. Borrowed; NULL-terminated. */
void derive_clean(struct derive *, size_t column, const char *const *cells);
/* Only records where it is true, seen after all steps. */
int derive_where(struct derive *, const char *expression, struct fault *);
/* Write only the fields that steps made, not the record's own. */
void derive_only(struct derive *);

/* After all of these: tells the reader which columns they read. */
void derive_want(const struct derive *, struct csv_reader *);

/* The header line. */
void derive_header(const struct derive *, struct buf *);

/* A thread's own. */
struct derive_run *derive_run_new(const struct derive *);
void derive_run_free(struct derive_run *);
/* Adds another's count of records to this one's. */
void derive_run_merge(struct derive_run *, const struct derive_run *);
/* Records written so far. */
uint64_t derive_run_written(const struct derive_run *);
/* A block's records, as they become. A bad cell is a fault with its place. */
int derive_block(struct derive_run *, const struct csv_block *, struct buf *,
    struct fault *);

#endif
