/*
 * labels: beside the codes of a grouping what they mean, from a reference
 * file: a column of its own in the table, called GROUPING_COLUMN.
 */
#ifndef NIB_TALLY_LABELS_H
#define NIB_TALLY_LABELS_H

#include "base/buf.h"
#include "tally/request.h"
#include "tally/tally.h"

struct tally_labels;

/*
 * texts[n]: "GROUPING=FILE" (its first two columns) or
 * "GROUPING=FILE:KEY:VALUE". Borrows the request.
 */
struct tally_labels *tally_labels_open(const struct tally_request *,
    const char *const *texts, size_t n, struct fault *);
void tally_labels_close(struct tally_labels *);

/* The column of grouping i, or NULL: it has none. */
const char *tally_labels_name(const struct tally_labels *, size_t i);
/* What grouping i's value means; empty when it is not in the file. */
struct csv_slice tally_labels_find(const struct tally_labels *, size_t i,
    struct csv_slice value);
/* Its file, for the account of a run; or NULL. */
const char *tally_labels_path(const struct tally_labels *, size_t i);

#endif
