/*
 * pseudonym: keyed one-way pseudonyms, equal for equal values of a domain.
 *
 *     DK    = BLAKE2b-256(PK, "nhsps/v1/domain" 00 LE64(length) domain)
 *     K1    = crypto_kdf_derive_from_key(1, "psnym-1w", DK)
 *     token = "p1" base32(BLAKE2b-128(K1, tag value))
 *
 * PK is a project's key. The tag keeps kinds of value apart: an NHS number
 * is its ten digits, however it was written; an invalid one that is kept is
 * its own bytes; a postcode is its eight-character form; any other identifier
 * is its own bytes. base32 is RFC
 * 4648's in lower case, without padding: a token is 28 characters that no
 * spreadsheet takes for a number and no collation folds together.
 *
 * One-way without the key. Who holds the key can list all NHS numbers in
 * minutes: man/nib-security.7.
 */
#ifndef NIB_PRIVACY_PSEUDONYM_H
#define NIB_PRIVACY_PSEUDONYM_H

#include <stddef.h>

#include "base/fault.h"
#include "privacy/key.h"
#include "privacy/lanes.h"

#define PSEUDONYM_BYTES 28 /* of a token's text, without a NUL */

enum pseudonym_tag {
	PSEUDONYM_NHS_NUMBER = 0x01,
	PSEUDONYM_INVALID = 0x02, /* an identifier that fails its check */
	PSEUDONYM_TEXT = 0x03,
	PSEUDONYM_POSTCODE = 0x04 /* eight characters, inward part at 6 */
};

struct pseudonym;

/* A domain of a project's key; any number of threads may use it. */
struct pseudonym *pseudonym_new(const struct key *project,
    const char *domain, struct fault *);
void pseudonym_free(struct pseudonym *);

/* 1 to 64 characters a-z 0-9 - _, beginning with a letter. */
int pseudonym_domain_ok(const char *);

/*
 * Many at once: lanes_clear, pseudonym_add for each value, pseudonym_hash,
 * then pseudonym_put(i) writes PSEUDONYM_BYTES for the i-th. Values of any
 * length up to 1 MiB, none empty; long ones are hashed as they are added.
 */
struct pseudonym_batch {
	struct lanes_batch lanes;
	size_t nlong;
	struct {
		size_t i;
		unsigned char hash[16];
	} longs[LANES_BATCH];
};
void pseudonym_clear(struct pseudonym_batch *);
void pseudonym_add(const struct pseudonym *, struct pseudonym_batch *,
    enum pseudonym_tag, const char *, size_t);
void pseudonym_hash(const struct pseudonym *, struct pseudonym_batch *);
void pseudonym_put(const struct pseudonym_batch *, size_t i,
    char to[PSEUDONYM_BYTES]);

/* 16 bytes as 26 characters. */
void pseudonym_base32(const unsigned char hash[16], char to[26]);

#endif
