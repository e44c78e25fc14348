/*
 * attach: fields of another file by key, and by date where one is given.
 *
 * The other file is held in memory: each record its cells as they will be
 * written and 24 bytes, each key about 70 bytes and its length.
 */
#ifndef NIB_LINKAGE_ATTACH_H
#define NIB_LINKAGE_ATTACH_H

#include <stddef.h>
#include <stdint.h>

#include "base/fault.h"
#include "csv/reader.h"

#define ATTACH_NO_DAY INT32_MIN
/* Of a date, or a date and time (2024-03-10T09:30:00); else no day. */
int32_t attach_day(const char *, size_t);

#define ATTACH_NONE SIZE_MAX

/* Which record of a key: dates of the other file against the input's. */
enum attach_side {
	ATTACH_BEFORE, /* the latest no later */
	ATTACH_AFTER,  /* the earliest no earlier */
	ATTACH_NEAREST /* the nearest, before where both are as near */
};

struct attach;

/*
 * Reads all records. fields[n]: columns to attach; day_column -1: none. Without
 * a day column a key must be there once: the second is a fault.
 * Records without a key, or without a real date where one is asked for,
 * match nothing and are counted.
 */
struct attach *attach_read(struct csv_reader *, size_t key_column,
    long day_column, const size_t *fields, size_t n, unsigned jobs,
    const char *progress, struct fault *);
void attach_free(struct attach *);

size_t attach_count(const struct attach *);
/* Records that can match nothing. */
uint64_t attach_useless(const struct attach *);

/*
 * A record for a key, ATTACH_NONE if there is none. With a day column: on
 * the side of a day, at most within days away; of several on one day the
 * first of the file. Any thread.
 */
size_t attach_find(const struct attach *, const char *key, size_t n,
    int32_t day, enum attach_side, int32_t within);

/* Its cells, a comma before each, ready to be written; borrowed. */
const char *attach_cells(const struct attach *, size_t, size_t *n);

#endif
