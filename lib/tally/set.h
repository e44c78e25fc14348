/*
 * set: keys of up to sixteen bytes, each once, and nothing about them.
 *
 * The keys lie in the slots themselves, at most half of which are taken: one
 * look at memory a key, where a table takes two. Hashing is seeded.
 *
 * Cost: 32 to 64 bytes a key.
 */
#ifndef NIB_TALLY_SET_H
#define NIB_TALLY_SET_H

#include <stddef.h>
#include <stdint.h>

#include "tally/table.h"

struct tally_set;

struct tally_set *tally_set_new(void);
void tally_set_free(struct tally_set *);
void tally_set_empty(struct tally_set *); /* keeps the memory */

/* n <= TALLY_BATCH keys of sixteen bytes each, the shorter zeros at the end. */
void tally_set_add(struct tally_set *, const char *keys, size_t n);

size_t tally_set_count(const struct tally_set *);
size_t tally_set_bytes(const struct tally_set *);
/* 1 and a key, in any order; 0 at the end. *at begins at 0. */
int tally_set_next(const struct tally_set *, size_t *at, struct tally_key *);

#endif
