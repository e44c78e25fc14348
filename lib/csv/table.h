/*
 * table: a small reference file, read whole with libcsv.
 *
 * For code lists, lookups, standard populations: strict (an open or stray
 * quote, a ragged line, a bad header are errors with their line), cells
 * kept untrimmed, BOM stripped. Not for records of people by the million:
 * that is reader.
 */
#ifndef NIB_CSV_TABLE_H
#define NIB_CSV_TABLE_H

#include <stddef.h>

#include "base/fault.h"

struct csv_table {
	size_t nrows, ncols;
	const char *const *names;  /* ncols */
	const char *const *cells;  /* nrows * ncols, row by row; NUL-ended */
	const uint64_t *lines;     /* where each row starts */
	char *path;
	struct csv_table_memory *memory;
};

/* Gzip and zstd too. Up to 1 GiB. */
struct csv_table *csv_table_open(const char *path, char delimiter,
    struct fault *);
/* The same from memory; name is for messages. */
struct csv_table *csv_table_parse(const char *name, const char *, size_t,
    char delimiter, struct fault *);
void csv_table_close(struct csv_table *);

/* The column of a name, or -1 with a fault that names file and column. */
long csv_table_column(const struct csv_table *, const char *,
    struct fault *);

static inline const char *
csv_table_cell(const struct csv_table *t, size_t row, size_t col)
{
	return t->cells[row * t->ncols + col];
}

#endif
