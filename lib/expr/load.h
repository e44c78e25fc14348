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

/*
 * Are the field's values its cells as they stand in the block? Then nothing
 * can be bad about it, and it need not be loaded before somebody looks.
 */
int load_is_plain(const struct expr_run *, const struct csv_block *,
    size_t slot);

/* The texts of days that were given, where they are not there yet. */
void load_day_texts(struct expr_run *);
/* The same of one field. */
void load_day_text(struct expr_run *, size_t slot);

/* Are the field's values given, rather than read from the block? */
int load_is_given(const struct expr_run *, size_t slot);

/*
 * The field of a slot from the run's shelf: loaded now, or already for the
 * same records by another run.
 */
void shelf_field(struct expr_run *, const struct csv_block *, size_t first,
    size_t slot);
/*
 * A batch for a run: r->n and so on are set. The stamp of what it may share:
 * another for every batch, and of its own for a run that must not share.
 */
uint64_t shelf_turn(struct expr_shelf *, const struct csv_block *,
    size_t first, size_t n);
uint64_t shelf_apart(struct expr_shelf *);
/*
 * A field that waited: loaded now, if nobody has wanted it yet. r->waiting
 * says whether there are any. And all that wait.
 */
void shelf_want(struct expr_run *, size_t slot);
void shelf_want_all(struct expr_run *);
/*
 * The block in which a field's cells stand that still waits, and the batch's
 * first record there; NULL: it has been loaded.
 */
const struct csv_block *shelf_waits(const struct expr_shelf *, size_t field,
    size_t *first);
/* A field that is on the shelf for this batch, and does not wait. */
const struct column *shelf_column(const struct expr_shelf *, size_t field);
/* The same of a field of dates, as days; of another NULL. */
const int32_t *shelf_days(const struct expr_shelf *, size_t field);

/* Is it given the values of given fields? */
int shelf_is_given(const struct expr_shelf *);
/* Another expression's run is on it. */
void shelf_join(struct expr_shelf *, const struct expr *);
/* As load_day_texts, of the run's fields that are on the shelf. */
void shelf_day_texts(struct expr_run *);

struct commons;
struct commons *shelf_commons(struct expr_shelf *);

#endif
