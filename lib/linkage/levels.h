/*
 * levels: the levels at which the comparisons of a model find two records.
 *
 * Four bits a comparison make a pattern. What a comparison finds depends,
 * but for joint ones, on two values alone, and values repeat: a worker
 * remembers what it found last.
 */
#ifndef NIB_LINKAGE_LEVELS_H
#define NIB_LINKAGE_LEVELS_H

#include <stddef.h>
#include <stdint.h>

#include "linkage/model.h"
#include "linkage/relate.h"

/* One comparison, ready to be applied. */
struct levels_judge {
	size_t slot;
	size_t nlevels;
	struct relate *levels[MATCHING_MAX_LEVELS];
	/* The level speaks of the comparison's own field alone. */
	char pure[MATCHING_MAX_LEVELS];
	int exact_first;
};

struct levels {
	size_t n;
	struct levels_judge judges[MODEL_MAX_COMPARISONS];
};

/* A worker's memory of levels by pair of codes. */
struct levels_memo {
	uint32_t a, b; /* 0, 0: free */
	uint32_t level;
};

struct levels_memos {
	const struct levels *levels;
	struct levels_memo *of[MODEL_MAX_COMPARISONS];
};

/* Is the first level equality of the comparison's own field alone? */
int levels_exact_first(const struct matching_comparison *);

/* Borrows the values and nicknames (NULL: none are known). */
void levels_start(struct levels *, const struct matching *, struct values *,
    const struct nicknames *);
void levels_end(struct levels *);

/* A worker's own. */
void levels_memos_start(struct levels_memos *, const struct levels *);
void levels_memos_end(struct levels_memos *);

/* The pattern of two records. */
uint64_t levels_of(const struct levels_memos *, const uint32_t *a,
    const uint32_t *b);
/* Comparison c's level in it; MODEL_NULL: a value is missing. */
static inline unsigned
levels_at(uint64_t pattern, size_t c)
{
	return (unsigned)(pattern >> (4 * c)) & 15;
}

/*
 * How many records of one roll or two (either may be NULL) have each value:
 * by code, 0 for the missing one. Yours.
 */
uint64_t *levels_frequencies(const struct values *, size_t slot,
    const struct roll *a, const struct roll *b);

#endif
