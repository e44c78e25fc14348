/*
 * lookup: a reference file as a map from the cells of one column to those of
 * another: regions of providers, meanings of codes, bands of ages.
 *
 * A file without a slash or a point in its name is one of share/lookups or
 * share/codelists.
 */
#ifndef NIB_CSV_LOOKUP_H
#define NIB_CSV_LOOKUP_H

#include <stddef.h>
#include <stdint.h>

#include "base/fault.h"
#include "csv/block.h"

struct csv_lookup;

/*
 * key and value: names of columns; NULL: the first and the second. Two rows
 * with one key, or an empty one, are a fault.
 */
struct csv_lookup *csv_lookup_open(const char *file, const char *key,
    const char *value, struct fault *);
void csv_lookup_close(struct csv_lookup *);

/*
 * The value of a key: a cell that is not empty, with 16 zero bytes after it,
 * until close; p NULL if there is none.
 */
struct csv_slice csv_lookup_find(const struct csv_lookup *, const char *,
    size_t);
const char *csv_lookup_path(const struct csv_lookup *);
/* Of its value column. */
const char *csv_lookup_value_name(const struct csv_lookup *);
/* FNV-1a over all of it; a mark against mistakes, not against malice. */
uint64_t csv_lookup_mark(const struct csv_lookup *);

/*
 * An option's words, in one piece of memory that is yours to free by name:
 *   NAME=FILE:KEY:VALUE        field and key are KEY
 *   NAME=FILE:FIELD=KEY:VALUE
 *   NAME=WORD                  rest is WORD, the others NULL
 * -1 if it is none of these.
 */
struct csv_lookup_words {
	char *name;
	const char *rest;
	const char *file, *field, *key, *value;
};
int csv_lookup_split(const char *text, struct csv_lookup_words *);

#endif
