/*
 * model_parts: what the files of the model's training share.
 */
#ifndef NIB_LINKAGE_MODEL_PARTS_H
#define NIB_LINKAGE_MODEL_PARTS_H

#include "linkage/model.h"

/* A start for m, and where nothing can be known: most matches agree. */
void model_first_m(const struct matching_comparison *, double m[]);

/* Sets u of every comparison; see linkage/model.h. */
int model_train_u(struct matching *, const struct cohort *, struct fault *);

#endif
