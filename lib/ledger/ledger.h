/*
 * ledger: entries that can be added and, afterwards, only checked.
 *
 * An SQLite file. Entry seq holds a body (JSON, one flat object, names in
 * byte order, with the time in it), prev (the hash of the entry before),
 *
 *     hash = BLAKE2b-256("nib-ledger-entry-v1",
 *                        LE64(seq) LE64(length of body) prev body)
 *
 * with the text as key, and sig, the Ed25519 of hash under the ledger's
 * secret. Entry 1 names the ledger: a random id, and the public key. Any
 * number of processes may add at once; each adding is on disk when
 * ledger_append returns. Not for network file systems.
 *
 * What it can show: that an entry was changed, removed in the middle, moved
 * or made by somebody without the secret; and with a checkpoint that was
 * kept elsewhere, that entries after which it was made are missing. What it
 * cannot: hold against who has the file and the secret, after the last
 * checkpoint that is out of their reach.
 *
 * It never holds an identifier or a pseudonym. With a use go keyed tags of
 * the people in it (ledger/use.h), which say nothing without the secret.
 */
#ifndef NIB_LEDGER_LEDGER_H
#define NIB_LEDGER_LEDGER_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/fault.h"
#include "privacy/key.h"

#define LEDGER_HASH 32

struct ledger;

/* Creates the file, which must not exist. */
int ledger_create(const char *path, const struct key *secret,
    struct fault *);
struct ledger *ledger_open(const char *path, int writable, struct fault *);
void ledger_close(struct ledger *);

const char *ledger_id(const struct ledger *);
/* Is it this key's ledger? Either half; -1 with a fault. */
int ledger_key_ok(const struct ledger *, const struct key *, struct fault *);

/* A name and a text, or a number when text is NULL. */
struct ledger_fact {
	const char *name, *text;
	uint64_t number;
};

/* People's tags: ascending, no two alike. */
struct ledger_tags {
	const uint64_t *v;
	size_t n;
};

/*
 * Adds an entry of facts[n] (no two of one name, none called time or
 * tags_digest). With tags (which may be NULL), use names the use they
 * belong to, and their digest is part of the entry.
 */
int ledger_append(struct ledger *, const struct key *secret,
    const struct ledger_fact *, size_t n, const char *use,
    const struct ledger_tags *, uint64_t *seq, struct fault *);

struct ledger_entry {
	uint64_t seq;
	const char *body; /* NUL-terminated; during the call */
	size_t n;
	const unsigned char *hash;
};
/* All entries in order; stops when see returns -1. */
int ledger_each(struct ledger *, int (*see)(void *, const struct ledger_entry *,
    struct fault *), void *, struct fault *);

/* A use's tags (free tags->v); none: n == 0. */
int ledger_tags(struct ledger *, const char *use, struct ledger_tags *,
    struct fault *);

/*
 * Whole and sound: 0. Broken: 1, and *what says where and how. -1: cannot
 * tell (no such file). pub (may be NULL) pins the key; checkpoint (may be
 * NULL) is the text of one.
 */
int ledger_verify(const char *path, const struct key *pub,
    const char *checkpoint, struct buf *what, uint64_t *entries,
    struct fault *);

/*
 * One line, to be kept where nobody who has the ledger can change it:
 *
 *     nibcheckpoint1 LEDGER SEQ HASH TIME SIGNATURE
 *
 * the signature in base64, of the line before the last blank.
 */
int ledger_checkpoint(struct ledger *, const struct key *secret, struct buf *,
    struct fault *);

#endif
