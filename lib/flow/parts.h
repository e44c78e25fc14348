/*
 * parts: have all partial results come, and come whole?
 *
 * A partial result ends with a row of its own that says what its rows are
 * (a tag: the format and a digest of the request), how many there are, and of
 * how many parts they were made: one for a run over records, the sum of
 * theirs for a merge. So one that was cut short is found by the count, even
 * at the end of a row, one of another request even without a header, and one
 * that never came by what was expected.
 *
 * A reader gives every row it reads to parts_row or parts_end, in any order
 * and on any number of threads with a struct of their own, and asks at the end.
 */
#ifndef NIB_FLOW_PARTS_H
#define NIB_FLOW_PARTS_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/fault.h"

struct parts { /* all zeros: nothing read yet; parts_free its content */
	uint64_t rows;  /* read, without the last rows */
	uint64_t said;  /* by these */
	uint64_t parts; /* that they were made of */
	struct buf ends; /* a byte for each file: its last row was seen */
};

static inline void
parts_row(struct parts *p)
{
	p->rows++;
}

/* The last row of a part, in the file of this index; made of n >= 1 parts. */
void parts_end(struct parts *, size_t file, uint64_t rows, uint64_t n);
/* Adds what another has read. */
void parts_merge(struct parts *into, const struct parts *from);
/*
 * Is all there that should be? paths: the files that were read, none for
 * standard input. expected: parts that must have come, 0 for any number. -1
 * and a fault.
 */
int parts_check(const struct parts *, const char *const *paths,
    size_t npaths, uint64_t expected, struct fault *);
void parts_free(struct parts *);

#endif
