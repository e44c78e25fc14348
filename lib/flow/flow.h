/*
 * Room flow: one stream, cut into blocks, through many workers, in order.
 *
 * A tool is a map function and, when it summarises, a merge function.
 * Workers take blocks under a ticket, index them outside the lock, map them
 * to bytes for each output or into their own state, and write their bytes
 * when their ticket's turn comes. So output is the same for any number of
 * workers, memory is bounded (each worker holds one block and its output),
 * and a slow output slows the reader. The error of the earliest block wins
 * and stops everything; nothing of that block or later ones is written.
 */
#ifndef NIB_FLOW_FLOW_H
#define NIB_FLOW_FLOW_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/fault.h"
#include "base/outfile.h"
#include "csv/reader.h"

struct flow {
	struct csv_reader *in;
	unsigned jobs; /* workers; 0: as many as processors */
	void *arg;     /* given to state_new, map (without states), in_order */

	/* A worker's own state; NULL: map gets arg itself. */
	void *(*state_new)(void *arg);
	void (*state_free)(void *state);
	/* Takes from's content into into; from is freed after. */
	int (*state_merge)(void *into, void *from, struct fault *);

	/*
	 * Any thread. outs[nouts] are empty buffers for this block. A fault
	 * without a place gets the file; give line, record and column when
	 * known (csv_line_number, csv_record_number).
	 */
	int (*map)(void *state, const struct csv_block *, struct buf *outs,
	    struct fault *);
	/*
	 * Optional, for state that depends on order and falls into nparts
	 * that do not depend on each other: after map, for each part; for one
	 * part in order of the blocks, one at a time, while other workers are
	 * at other parts. Never waits for a block's output.
	 */
	unsigned nparts;
	int (*in_part)(void *arg, void *state, const struct csv_block *,
	    unsigned part, struct fault *);
	/*
	 * Optional, in order of the blocks, one at a time, after map and
	 * before its output is written: for what depends on order.
	 */
	int (*in_order)(void *arg, void *state, const struct csv_block *,
	    struct buf *outs, struct fault *);

	struct outfile **outs;
	size_t nouts;

	const char *progress; /* the tool's name for a progress line; or NULL */

	/* Set by flow_run. */
	uint64_t records; /* data records read */
};

/*
 * Runs to the end of the input. With state_new, the merged state is handed
 * over in *state (yours, state_free it; also made when there was no record).
 */
int flow_run(struct flow *, void **state, struct fault *);

/* The processors this process may run on. */
unsigned flow_processors(void);

#endif
