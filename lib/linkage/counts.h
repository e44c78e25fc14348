/*
 * counts: how many records have each value of some fields.
 *
 * What the term frequencies of a model (linkage/model.h) are made of where
 * records are not all in memory at once.
 */
#ifndef NIB_LINKAGE_COUNTS_H
#define NIB_LINKAGE_COUNTS_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/fault.h"
#include "linkage/matching.h"
#include "linkage/roll.h"

struct counts;

/* Of the fields whose comparisons have a frequency. */
struct counts *counts_new(const struct matching *);
void counts_free(struct counts *);

/* Are there such fields? Is the field one of them? */
int counts_any(const struct counts *);
int counts_has(const struct counts *, size_t field);
/* n more records have this value; empty ones do not count. */
void counts_add(struct counts *, size_t field, const char *, size_t size,
    uint64_t n);
/* Every value of so many records (linkage/roll.h, CELLS) of n cells each. */
void counts_add_cells(struct counts *, const struct values *, const char *,
    size_t records, size_t n);
uint64_t counts_of(const struct counts *, size_t field, const char *,
    size_t);
/* Records that have any value of the field. */
uint64_t counts_all(const struct counts *, size_t field);
size_t counts_memory(const struct counts *); /* bytes held */

/* As CSV (field,value,records), by field and value, and back: added. */
void counts_put(const struct counts *, struct buf *);
int counts_read(struct counts *, const char *path, struct fault *);

#endif
