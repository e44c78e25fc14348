/*
 * scale: the score of two records by a step's points.
 *
 * A pair's score is the mean, over the fields of the step, of the points of
 * the first tests that hold, 0 where none does or the field is missing.
 */
#ifndef NIB_LINKAGE_SCALE_H
#define NIB_LINKAGE_SCALE_H

#include <stdint.h>

#include "linkage/nickname.h"
#include "linkage/relate.h"

struct scale { /* a step's, compiled */
	const struct matching_step *step;
	struct relate **tests; /* of the fields, one after the other */
};

void scale_start(struct scale *, const struct matching_step *,
    struct values *, const struct nicknames *);
void scale_end(struct scale *);
/* 0..100; agree: how many fields gave points. */
double scale_weigh(const struct scale *, const uint32_t *a,
    const uint32_t *b, unsigned *agree);
/* Are both enough for the step? */
int scale_holds(const struct scale *, double score, unsigned agree);

#endif
