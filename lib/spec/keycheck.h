/*
 * keycheck: primary, unique and foreign keys of records, by digests of
 * their logical values (spec/keyset.h).
 *
 * A key with a missing cell, or one that does not fit its type, is left
 * out. Of records with the same key the first in order of the input is
 * good: so the keys of a block are added after those of the blocks before,
 * shard by shard (flow.h, in_part), while other workers are at other shards.
 */
#ifndef NIB_SPEC_KEYCHECK_H
#define NIB_SPEC_KEYCHECK_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/fault.h"
#include "csv/reader.h"
#include "spec/column.h"
#include "spec/keyset.h"
#include "spec/spec.h"

enum keycheck_kind { KEYCHECK_PRIMARY, KEYCHECK_UNIQUE_FIELD,
	KEYCHECK_UNIQUE, KEYCHECK_FOREIGN };

struct keycheck_key {
	enum keycheck_kind kind;
	size_t n;
	const struct column **columns; /* borrowed, each */
	uint32_t check; /* entry of the catalogue */
	struct keyset *set;
	const struct spec_foreign_key *foreign; /* borrowed; or NULL */
	int loaded; /* a reference was read for it */
};

struct keycheck {
	size_t n;
	struct keycheck_key *v;
};

/* Copies the columns' pointers. */
void keycheck_add(struct keycheck *, const struct keycheck_key *);
void keycheck_drop(struct keycheck *); /* the one added last */
void keycheck_free(struct keycheck *);
/* Is any but a foreign key there? */
int keycheck_ordered(const struct keycheck *);

/* Does a foreign key of this specification refer to the resource? */
int keycheck_wants(const struct keycheck *, const struct spec *,
    const char *resource);
/* As checker_reference. */
int keycheck_reference(struct keycheck *, const struct spec *,
    const char *resource, struct csv_reader *, const struct spec *far,
    struct fault *);

/* A worker's own. */
struct keycheck_state;
struct keycheck_state *keycheck_state_new(const struct keycheck *);
void keycheck_state_free(struct keycheck_state *);

/*
 * What is said of key (by number) and regular record of the block: ok 1, or
 * 0 for the second and later with a key, and where a foreign key is absent.
 */
typedef void keycheck_said(void *arg, size_t key, size_t record, int ok);

/* Before a block, then its batches in order, m <= COLUMN_BATCH. */
void keycheck_start(struct keycheck_state *, const struct csv_block *);
/* Decides foreign keys. */
void keycheck_map(struct keycheck_state *, const struct csv_block *,
    size_t first, size_t m, keycheck_said *, void *arg);
/* After the last batch: shares out the block's records by shard. */
void keycheck_share(struct keycheck_state *);
/* In order of blocks: decides the other keys of one shard. */
void keycheck_shard(struct keycheck_state *, size_t shard, keycheck_said *,
    void *arg);

#endif
