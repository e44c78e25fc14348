/*
 * writer: records into bytes: comma, LF, quotes only where needed.
 *
 * A cell is quoted when it holds a comma, a quote, CR or LF, and when it is
 * the empty cell of a record of one column (a blank line would be lost).
 * The same records give the same bytes whatever quoting, delimiter and
 * line ends the input had.
 */
#ifndef NIB_CSV_WRITER_H
#define NIB_CSV_WRITER_H

#include "base/buf.h"
#include "csv/block.h"

/* A cell by its meaning, without a delimiter. */
void csv_put_cell(struct buf *, const char *, size_t);
void csv_put_string(struct buf *, const char *);
/* A raw slice of a block in canonical form, without a delimiter. */
void csv_put_raw(struct buf *, struct csv_slice raw);

/*
 * Fields from..to (to not included) of regular record r, comma between
 * them: one memcpy where the block has no quotes. No delimiter after.
 */
void csv_put_fields(struct buf *, const struct csv_block *, size_t r,
    size_t from, size_t to);
/* Some fields of regular record r, comma between them, in the order given. */
void csv_put_columns(struct buf *, const struct csv_block *, size_t r,
    const size_t *columns, size_t n);
/* Regular records from..to whole, each with its line end. */
void csv_put_records(struct buf *, const struct csv_block *, size_t from,
    size_t to);
/*
 * Ends the record that began at offset start of the buffer: a line feed,
 * and "" before it if the record is empty.
 */
void csv_end_record(struct buf *, size_t start);
/* Names as a header line. */
void csv_put_header(struct buf *, const char *const *names, size_t n);

#endif
