/* What the files of store know of each other: how flushed groups lie. */
#ifndef NIB_TALLY_CHUNKS_H
#define NIB_TALLY_CHUNKS_H

#include <pthread.h>

#include "base/buf.h"
#include "tally/cuts.h"
#include "tally/store.h"

/* Groups written in one piece, to memory or to the file. */
struct tally_chunk {
	char *held; /* NULL: it is in the file */
	off_t at;
	uint32_t bytes; /* as it lies there */
	uint32_t n;     /* groups, which are packed; of long keys not counted */
	int large;      /* keys longer than TALLY_SHORT */
	size_t scales; /* place in the store's scales */
};

struct tally_partition {
	struct tally_chunk *chunks;
	size_t n, room;
};

struct tally_store {
	enum tally_order order;
	uint64_t seed; /* any order: of the hash that partitions go by */
	size_t state, nscales;
	struct spill *spill;
	size_t hold, held; /* bytes of chunks in memory: at most, and now */
	pthread_mutex_t lock;
	int cut; /* something was flushed; cuts are set if it has an order */
	struct tally_cuts cuts;
	struct tally_partition parts[TALLY_PARTITIONS];
	struct buf scales;
};

/* A chunk that was read: as it lay in the file, and its groups. */
struct tally_groups {
	struct buf stored, unpacked;
	const struct buf *all; /* one of the two */
};

void tally_groups_free(struct tally_groups *);
/* Several threads may read of one store, into groups of their own. */
int tally_read_chunk(struct tally_store *, const struct tally_chunk *,
    struct tally_groups *, struct fault *);
/* The group at *at of a chunk; *at moves on. 0 at the end. */
int tally_next_group(const struct tally_store *, const struct tally_chunk *,
    const struct tally_groups *, size_t *at, struct tally_key *,
    const char **state);

#endif
