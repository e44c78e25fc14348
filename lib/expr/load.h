/* load: cells of a block into columns of values; inside room expr only. */
#ifndef NIB_EXPR_LOAD_H
#define NIB_EXPR_LOAD_H

#include "expr/node.h"

/* One per field read, by slot. */
struct loader *load_new(const struct expr *);
void load_free(struct loader *, const struct expr *);
/* Rows first.. of a field into its column; a bad cell goes to r->bad. */
void load_field(struct expr_run *, const struct csv_block *, size_t first,
    size_t slot);

#endif
