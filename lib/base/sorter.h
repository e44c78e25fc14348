/*
 * sorter: records in order of their keys, more of them than memory holds.
 *
 * A record is a key and a rest, bytes both. Keys come in C byte order, a
 * key before the longer ones that begin with it, and records of one key in
 * the order in which they were added: so what comes out depends on what went
 * in, and not on the memory. What does not fit is sorted in pieces, which go
 * to a spill file and are merged.
 *
 * To have numbers in order, sorter_number makes keys of them.
 */
#ifndef NIB_BASE_SORTER_H
#define NIB_BASE_SORTER_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/fault.h"
#include "base/spill.h"

struct sorter;

struct sorter_record {
	const char *key, *rest;
	size_t nkey, nrest;
};

/*
 * memory: bytes for records, 40 for each besides its own; at least a
 * megabyte is used. Borrows the spill, which several may share.
 */
struct sorter *sorter_new(size_t memory, struct spill *);
void sorter_free(struct sorter *);

/* Copies both. nkey + nrest below 2^31. */
int sorter_add(struct sorter *, const void *key, size_t nkey,
    const void *rest, size_t nrest, struct fault *);
uint64_t sorter_count(const struct sorter *); /* added so far */

/*
 * 1 and the next record in order, borrowed until the next call; 0 at the
 * end; -1. After the first call nothing can be added.
 */
int sorter_next(struct sorter *, struct sorter_record *, struct fault *);

/*
 * Records that follow each other with one key. sorter_run_starts: is the key
 * of this record another than that of the one before, or the first? It is kept
 * for the next. Zeroed at the start, cleared at the end.
 */
struct sorter_run {
	struct buf key;
	int any;
};
int sorter_run_starts(struct sorter_run *, const struct sorter_record *);
void sorter_run_clear(struct sorter_run *);

/* Eight bytes in whose order numbers are, and back. */
static inline void
sorter_number(unsigned char to[8], uint64_t n)
{
	int i;

	for (i = 7; i >= 0; i--, n >>= 8)
		to[i] = (unsigned char)n;
}

static inline uint64_t
sorter_number_of(const char *key)
{
	uint64_t n = 0;
	int i;

	for (i = 0; i < 8; i++)
		n = n << 8 | (unsigned char)key[i];
	return n;
}

#endif
