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

/* Are the field's values given, rather than read from the block? */
int load_is_given(const struct expr_run *, size_t slot);

/*
 * The field of a slot from the run's shelf: loaded now, or already for the
 * same records by another run.
 */
void shelf_field(struct expr_run *, const struct csv_block *, size_t first,
    size_t slot);

#endif
