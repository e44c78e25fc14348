/*
 * refer_table: the table that a reference rule looks into; inside room spec
 * only. Read whole; the columns that rules read are kept, as texts without
 * what is missing, and rows are found by keys over some of its columns.
 */
#ifndef NIB_SPEC_REFER_TABLE_H
#define NIB_SPEC_REFER_TABLE_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/fault.h"
#include "base/map.h"
#include "csv/reader.h"
#include "expr/expr.h"
#include "spec/spec.h"

#define REFER_NOT_KEPT ((size_t)-1)

/* A reference table: rows of the cells that rules read. */
struct refer_table {
	const char *name;
	const struct spec *spec; /* NULL: none */
	struct csv_header header;
	const char **names;
	struct spec_scope *scope; /* of its fields */
	size_t *stored; /* per column: its place in a row, REFER_NOT_KEPT: not kept */
	size_t nstored;
	size_t nrows;
	struct buf text; /* of the cells that rules read, row by row */
	size_t *at;      /* where each begins, and the end */
	size_t nat, atcap;
	struct refer_keyed *keyed;
};

/* Rows of a table by some of its columns. */
struct refer_keyed {
	struct refer_keyed *up;
	size_t n, *columns;
	struct map *map;
	size_t *rows; /* the first of a key */
	size_t *last; /* the last */
	size_t *next; /* of a row: the next with its key; MAP_NONE: none */
};

/*
 * A table without rows. name and spec (may be NULL: all texts) are borrowed
 * until refer_table_free; the arena keeps the rest.
 */
struct refer_table *refer_table_new(struct arena *, const char *name,
    const struct spec *, const struct csv_header *, struct fault *);
void refer_table_free(struct refer_table *);
/* Reads what the rules of a specification that refer to it read. */
int refer_table_read(struct refer_table *, struct arena *,
    const struct spec *, struct csv_reader *, struct fault *);
/* The column of a field's name or alias, or of a header's word; or -1. */
long refer_table_column(const struct refer_table *, const char *name);
/* Its rows by a key, made once for each key that rules use. */
struct refer_keyed *refer_table_keyed(struct refer_table *, struct arena *,
    const size_t *columns, size_t n);

/*
 * Most cells are short, and 16 bytes may be read beyond each and written
 * beyond a buffer: one move instead of a call.
 */
static inline void
refer_copy(char *to, const char *p, size_t n)
{
	if (n <= 16)
		memcpy(to, p, 16);
	else
		memcpy(to, p, n);
}

/* One cell of a key, with its length. */
static inline void
refer_put_part(struct buf *key, struct csv_slice s)
{
	uint32_t n = (uint32_t)s.n;

	buf_reserve(key, s.n + sizeof n + 16);
	memcpy(key->p + key->n, &n, sizeof n);
	refer_copy(key->p + key->n + sizeof n, s.p, s.n);
	key->n += sizeof n + s.n;
}

static inline struct csv_slice
refer_table_cell(const struct refer_table *t, size_t row, size_t column)
{
	size_t i = row * t->nstored + t->stored[column];
	struct csv_slice s;

	s.p = t->text.p + t->at[i];
	s.n = (size_t)(t->at[i + 1] - t->at[i]);
	return s;
}

/* Is a cell NULL for expressions? */
int refer_missing(const struct expr_field *, struct csv_slice);

#endif
