/*
 * history: releases that the ledger knows, and which of them a table could
 * be set against. The ledger holds no counts and no conditions, which may name
 * people: a release is known by the digest of its table, its dataset and its
 * groupings.
 */
#ifndef NIB_DISCLOSURE_HISTORY_H
#define NIB_DISCLOSURE_HISTORY_H

#include "ledger/digest.h"
#include "ledger/use.h"
#include "tally/request.h"

/* For the report of a use that published a table; spec may be NULL. */
void history_note(struct use *, const struct tally_request *,
    const struct spec *);

struct history_release {
	const char *use, *time, *digest; /* during the call */
};

/*
 * Those before the release of a table (digest) that have its dataset and
 * groupings, and another table. 0; 1: the ledger does not know the table; -1
 * with a fault.
 */
int history_earlier(const char *ledger, const char *digest,
    void (*see)(void *, const struct history_release *), void *,
    struct fault *);

/* Of a file's content. */
int history_digest(const char *path, char to[DIGEST_HEX], struct fault *);

#endif
