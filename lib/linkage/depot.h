/*
 * depot: records of people in a temporary file.
 *
 * Where records and their values take more memory than they may, their cells
 * (linkage/roll.h) are kept in a spill file (base/spill.h), one input behind
 * the other, and read from it as often as needed. In memory: a block of
 * records at a time, and the different values of fields whose frequencies
 * are counted, 70 bytes and its length each.
 */
#ifndef NIB_LINKAGE_DEPOT_H
#define NIB_LINKAGE_DEPOT_H

#include <stddef.h>
#include <stdint.h>

#include "base/fault.h"
#include "csv/reader.h"
#include "linkage/counts.h"
#include "linkage/keys.h"
#include "linkage/roll.h"

struct depot;

/*
 * Borrows the values, of which only the layout is used. ids: they are kept,
 * and each must be new. frequencies: they are counted. memory: for sorting,
 * bytes.
 */
struct depot *depot_new(const struct values *, int ids, int frequencies,
    size_t memory);
void depot_free(struct depot *);
/* From now on this memory. */
void depot_set_memory(struct depot *, size_t);

/*
 * The cells of so many records more, of side 0 or, when those are all there,
 * 1. The buffer is left empty.
 */
int depot_add(struct depot *, unsigned side, struct buf *cells,
    size_t records, struct fault *);
/* A fault if two records have one id. files: names of the inputs. */
int depot_check_ids(struct depot *, const char *const *files,
    struct fault *);

/* Has any record a value in a slot? */
int depot_has(const struct depot *, size_t slot);
uint64_t depot_count(const struct depot *, unsigned side);
const struct values *depot_values(const struct depot *);
struct counts *depot_counts(const struct depot *); /* NULL: not counted */
size_t depot_memory(const struct depot *);
int depot_ids(const struct depot *); /* are they kept? */

/* Every record in order; number: on its side, from 0. */
struct depot_record {
	unsigned side;
	uint32_t number;
	const char *p; /* its cells */
	size_t n;      /* bytes of them */
	struct keys_record cells;
};
int depot_each(const struct depot *, int (*visit)(void *arg,
    const struct depot_record *, struct fault *), void *arg, struct fault *);

#endif
