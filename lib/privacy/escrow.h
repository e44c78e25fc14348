/*
 * escrow: a side file from which one officer's secret key gives values back.
 *
 * A CSV file of the columns token and sealed. In its first record token is
 * "nibescrow1" and sealed the file's own random key in a sealed box
 * (crypto_box_seal of libsodium) for the officer's public key; in every
 * other, sealed is base64 of a random nonce (24 bytes) and the
 * XChaCha20-Poly1305 of tag and value under the file's key, with the token
 * as additional data. One sealed box a file instead of one a value costs a
 * hundredth of the time, and the writer, who forgets the key, cannot read
 * back either way. A token that comes again within a block of input is
 * written once.
 */
#ifndef NIB_PRIVACY_ESCROW_H
#define NIB_PRIVACY_ESCROW_H

#include <stddef.h>

#include "base/buf.h"
#include "base/fault.h"
#include "privacy/key.h"
#include "privacy/pseudonym.h"

struct escrow;

/* For writing. */
struct escrow *escrow_new(const struct key *public_key, struct fault *);
/* The header line and the first record. */
void escrow_put_header(const struct escrow *, struct buf *);
/* Any thread. */
void escrow_put(const struct escrow *, const char token[PSEUDONYM_BYTES],
    enum pseudonym_tag, const char *, size_t n, struct buf *);

/* For opening: sealed is the first record's second cell. */
struct escrow *escrow_open(const struct key *secret_key, const char *sealed,
    size_t n, struct fault *);
/* Appends the value (not quoted); -1: does not belong or is damaged. */
int escrow_get(const struct escrow *, const char *token, size_t ntoken,
    const char *sealed, size_t nsealed, struct buf *);

void escrow_free(struct escrow *);

#endif
