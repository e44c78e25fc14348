/*
 * review: what people decided on pairs that the model was not sure of.
 *
 * Files are those that nib-link score --review wrote, with a decision filled
 * in; several are several reviewers', who may have decided on the same
 * pairs. About 150 bytes a pair.
 */
#ifndef NIB_LINKAGE_REVIEW_H
#define NIB_LINKAGE_REVIEW_H

#include <stddef.h>

#include "base/fault.h"

enum review_state { REVIEW_OPEN, REVIEW_SAME, REVIEW_DIFFERENT,
	REVIEW_DISPUTED /* decided both ways */ };

struct review_pair {
	const char *l, *r;
	double weight; /* NaN: not given */
	enum review_state state;
};

struct review;

struct review *review_new(void);
void review_free(struct review *);

/*
 * Adds a file: columns id_l, id_r and decision (same, different or empty),
 * and weight if it is there. A pair is the same whichever id comes first.
 */
int review_read(struct review *, const char *path, char delimiter,
    struct fault *);
/* Pairs in the order in which they first came; until the next read. */
const struct review_pair *review_pairs(const struct review *, size_t *n);

/* By whole weights, those of a band together. */
struct review_band {
	long from; /* weights from this to below the next whole one */
	size_t pairs, same, different, open, disputed;
	double expected; /* of same and different, same by the model */
};

/* Pairs with a weight, lowest band first; *n of them, yours. */
struct review_band *review_bands(const struct review *, size_t *n);

#endif
