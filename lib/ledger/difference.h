/*
 * difference: could what this use releases be set against what an earlier
 * one released, so that the difference tells of few people?
 *
 * Two uses are compared when they are of one specification, by one tool (or
 * under one key), with one key or none, and their periods are not known to
 * be apart. Then, in this order:
 *
 *   objections  handled in another way: the difference is who objected
 *   choice      other records chosen (--where, or the selection described)
 *   period      periods that overlap and are not the same
 *   count       when both are complete: nearly as many people, or records
 */
#ifndef NIB_LEDGER_DIFFERENCE_H
#define NIB_LEDGER_DIFFERENCE_H

#include <stdint.h>

#include "base/fault.h"
#include "ledger/ledger.h"

#define DIFFERENCE_FEW 10 /* a count closer than this, and not the same */

/* What of a use counts here; NULL: not known. */
struct difference_use {
	const char *use, *tool, *specification, *key_fingerprint, *opt_outs;
	const char *filter, *selection, *data_from, *data_until;
};

/*
 * Against all earlier uses: a sentence, yours, about the last of them that
 * fits, or NULL for none. counts (may be NULL): of this use, for the rule of
 * counts alone; without, the others are tried.
 */
struct difference_counts {
	uint64_t records_out, people;
	int has_people;
};
char *difference_find(struct ledger *, const struct difference_use *,
    const struct difference_counts *, struct fault *);

#endif
