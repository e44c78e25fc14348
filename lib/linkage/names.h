/*
 * names: byte strings to numbers 0, 1, 2, ... in order of first arrival, in a
 * stated memory.
 *
 * As base/map, but the number of a name is known only when all have come:
 * then numbers are read in the order in which names were added, and after
 * them the different names in the order of their numbers. What is beyond the
 * memory is sorted by name in a spill file. Besides, 4 bytes for each name
 * added, or beyond the memory 8 for each different one.
 */
#ifndef NIB_LINKAGE_NAMES_H
#define NIB_LINKAGE_NAMES_H

#include <stddef.h>
#include <stdint.h>

#include "base/fault.h"

struct names;

struct names *names_new(size_t memory);
void names_free(struct names *);

int names_add(struct names *, const char *, size_t, struct fault *);

/* The number of the next name added: 1; 0 after the last; -1. */
int names_number(struct names *, uint32_t *, struct fault *);
/* After the last number: the next name, borrowed till the next: 1; 0; -1. */
int names_next(struct names *, const char **, size_t *, struct fault *);

#endif
