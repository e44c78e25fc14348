/*
 * attach: fields of another file by key, and by date where one is given.
 *
 * The other file is held in memory and the input streams past it. Where it
 * is larger than the memory both are sorted by key, met, and what comes of
 * it sorted back into the order of the input (base/sorter.h). Where both are
 * in order of the key already, each is read once and nothing is held but the
 * records of one key. The output is the same.
 */
#ifndef NIB_LINKAGE_ATTACH_H
#define NIB_LINKAGE_ATTACH_H

#include <stddef.h>
#include <stdint.h>

#include "base/fault.h"
#include "base/outfile.h"
#include "csv/reader.h"

/*
 * Which record of a key: dates of the other file against the input's. Of
 * several on one day it is the first of the file.
 */
enum attach_side {
	ATTACH_BEFORE, /* the latest no later */
	ATTACH_AFTER,  /* the earliest no earlier */
	ATTACH_NEAREST /* the nearest, before where both are as near */
};

struct attach_task {
	/* Columns of the other file. day -1: no dates, here and there. */
	size_t other_key;
	long other_day;
	const size_t *fields;
	size_t nfields;
	/* Columns of the input. */
	size_t key;
	long day;
	enum attach_side side;
	int32_t within; /* days apart, at most */
	/* What ends a row of the output, after the cells if there are any. */
	const char *found; /* ",1", or "" */
	const char *none;  /* a comma a field, and perhaps ",0" */
	unsigned jobs;
	const char *progress; /* the tool's name, or NULL */
	size_t memory;
};

struct attach;
/* Borrows what the task points to. */
struct attach *attach_new(const struct attach_task *);
void attach_free(struct attach *);

/*
 * Any order: all of the other file, then all of the input to the output.
 * Without days a key must be in the other file once: the second is a fault,
 * in either of the two, before anything is written.
 */
int attach_read(struct attach *, struct csv_reader *other, struct fault *);
int attach_write(struct attach *, struct csv_reader *in, struct outfile *,
    struct fault *);

uint64_t attach_records(const struct attach *); /* of the input */
/* Of the other file: without a key, or without a real date. */
uint64_t attach_useless(const struct attach *);

/*
 * Both in C byte order of the key; a record out of order is a fault, and
 * what was written before it is not all. records and useless as above.
 */
int attach_stream(const struct attach_task *, struct csv_reader *other,
    struct csv_reader *in, struct outfile *, uint64_t *records,
    uint64_t *useless, struct fault *);

#endif
