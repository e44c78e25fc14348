/*
 * numbers: a set of numbers that are hashes already; 0 is never in it. 16 to
 * 32 bytes a number.
 */
#ifndef NIB_PRIVACY_NUMBERS_H
#define NIB_PRIVACY_NUMBERS_H

#include <stddef.h>
#include <stdint.h>

struct numbers {
	uint64_t *v; /* cap of them; 0: nothing is there */
	size_t n, cap;
};

/* 1: it is new. */
int numbers_add(struct numbers *, uint64_t);
/* All of from too. */
void numbers_merge(struct numbers *, const struct numbers *from);
/* Empty, its memory kept. */
void numbers_clear(struct numbers *);
/* In no order; yours to free. */
uint64_t *numbers_list(const struct numbers *);
void numbers_free(struct numbers *);

#endif
