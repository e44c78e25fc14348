/*
 * blockrows: records under the keys of blocking rules, as CSV.
 *
 * A row for each rule that gives a record a key: rule (from 1), key
 * (linkage/keys.h), side (all, or left and right), record (its number on its
 * side, from 1), id, and the canonical value of each field by name. All rows
 * of a rule and key make the pairs of that block (linkage/candidates.h), so
 * rows may be shuffled, and parted by key, between writing and reading.
 */
#ifndef NIB_LINKAGE_BLOCKROWS_H
#define NIB_LINKAGE_BLOCKROWS_H

#include "csv/reader.h"
#include "linkage/cohort.h"

enum blockrows_side {
	BLOCKROWS_ALL, /* pairs within one file */
	BLOCKROWS_LEFT, BLOCKROWS_RIGHT
};
int blockrows_side(const char *, size_t, enum blockrows_side *);

void blockrows_put_header(struct buf *, const struct values *);
/* The rows of a record; key and row are scratch. */
struct blockrows_put {
	const struct values *v;
	const struct matching *m;
	enum blockrows_side side;
};
void blockrows_put(const struct blockrows_put *, struct buf *to,
    struct buf *key, uint64_t record, const struct keys_record *);

/*
 * Reads rows, whose fields are those of the cohort's values, to its rows, a
 * sorter, and sets two.
 */
int blockrows_read(struct cohort *, const struct matching *,
    struct csv_reader *, struct fault *);

#endif
