/*
 * store: a table that may be larger than memory.
 *
 * Workers fill tables of their own. One that grew too large is flushed: its
 * groups are packed, in memory and then in a temporary file, each into the
 * partition that its key falls in by order, or by its hash where order does
 * not matter. Reading takes one partition at a time, adds up what belongs
 * to one key, sorts it and hands it on: so the whole comes in C byte order
 * and no more than a partition is in memory. A partition that is itself too
 * large is cut again.
 */
#ifndef NIB_TALLY_STORE_H
#define NIB_TALLY_STORE_H

#include <stddef.h>

#include "base/fault.h"
#include "base/spill.h"
#include "tally/table.h"

/*
 * Adds from, a state of the same key, to into, which has the adder's
 * scales. scales: as they were when from was flushed; NULL when it was not.
 * -1 with a fault.
 */
struct tally_adder {
	int (*add)(void *arg, char *into, const char *from,
	    const unsigned char *scales, struct fault *);
	void *arg;
	const unsigned char *scales;
};

struct tally_store;
/* How groups will be read: in C byte order of their keys, or as it comes. */
enum tally_order { TALLY_SORTED, TALLY_ANY_ORDER };
/*
 * state: as of the tables; nscales: bytes kept with what is flushed; hold:
 * bytes of it, packed, that stay in memory before the file is begun.
 */
struct tally_store *tally_store_new(enum tally_order, size_t state,
    size_t nscales, struct spill *, size_t hold);
void tally_store_free(struct tally_store *);

/* Moves all of a table to the file; the table is empty after. Any thread. */
int tally_store_flush(struct tally_store *, struct tally_table *,
    const unsigned char *scales, struct fault *);
int tally_store_flushed(const struct tally_store *); /* is anything there */

/*
 * Groups on their way to the file without a table before it, where a table
 * would find few of them twice: of one thread, for a store that has been
 * flushed once. memory: about what it may hold.
 */
struct tally_writer;
struct tally_writer *tally_writer_new(struct tally_store *, size_t memory);
void tally_writer_free(struct tally_writer *);
/* Keys k[n <= TALLY_BATCH] with their states, as they are; a key may come
 * again. */
int tally_writer_put(struct tally_writer *, const struct tally_key *k,
    char *const *states, size_t n, const unsigned char *scales,
    struct fault *);
/* What it holds goes to the file. */
int tally_writer_flush(struct tally_writer *, struct fault *);

/*
 * Calls visit for every group as it was flushed up to now, in any order and
 * not added up; visit may flush more into the same store.
 */
int tally_store_visit(struct tally_store *, int (*visit)(void *,
    const struct tally_key *, const char *state, const unsigned char *scales,
    struct fault *), void *, struct fault *);

/* Adds every group of from to into. */
int tally_table_absorb(struct tally_table *into, struct tally_table *from,
    const struct tally_adder *, struct fault *);

/*
 * The groups, each once. rest, what is not flushed, is taken. limit: bytes of
 * memory for what is read at once; helpers: threads that read partitions
 * before they are asked for, 0 for none; they use the adder. No flush after this.
 */
struct tally_stream;
struct tally_stream *tally_store_read(struct tally_store *,
    struct tally_table *rest, size_t limit, unsigned helpers,
    const struct tally_adder *, struct fault *);
/* 1 and a group, whose memory lives until the next call; 0 at the end; -1. */
int tally_stream_next(struct tally_stream *, struct tally_key *, char **state,
    struct fault *);
/* How many are left; none is after it. -1 with a fault. */
int tally_stream_count(struct tally_stream *, uint64_t *, struct fault *);
void tally_stream_free(struct tally_stream *);

#endif
