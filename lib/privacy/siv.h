/*
 * siv: reversible pseudonyms: the key turns them back.
 *
 *     DK    as in privacy/pseudonym.h
 *     Km    = crypto_kdf_derive_from_key(2, "psnymsiv", DK)
 *     Ke    = crypto_kdf_derive_from_key(3, "psnymsiv", DK)
 *     AD    = key's id 00 domain
 *     SIV   = BLAKE2b-192(Km, LE64(length of AD) AD PT)
 *     token = "r1" base32(SIV XChaCha20(Ke, nonce SIV, PT))
 *
 * PT is a tag and the value: 01 and five bytes, little-endian, of an NHS
 * number's ten digits; 02 or 03 and the bytes as they are. Opening decrypts,
 * computes SIV again and compares: a changed token, one of another project
 * or domain, or a made-up one is refused. The idea is RFC 5297's (a
 * synthetic nonce), the functions are not: it is no published standard.
 * Equal values give equal tokens; a token's length tells the value's.
 */
#ifndef NIB_PRIVACY_SIV_H
#define NIB_PRIVACY_SIV_H

#include <stddef.h>

#include "base/buf.h"
#include "base/fault.h"
#include "privacy/key.h"
#include "privacy/pseudonym.h"

#define SIV_VALUE_MAX ((size_t)64 * 1024)

struct siv;

struct siv *siv_new(const struct key *project, const char *domain,
    struct fault *);
void siv_free(struct siv *);

/* Any thread. Appends the token; n up to SIV_VALUE_MAX. */
void siv_seal(const struct siv *, enum pseudonym_tag, const char *, size_t n,
    struct buf *);
/* Appends the value (not quoted); -1: not a token of this key and domain. */
int siv_open(const struct siv *, const char *token, size_t n, struct buf *,
    enum pseudonym_tag *);

/* base32 of RFC 4648 in lower case, no padding. */
void base32_put(struct buf *, const unsigned char *, size_t n);
/* -1: not base32 of whole bytes. to has room for n * 5 / 8 bytes. */
int base32_get(const char *, size_t n, unsigned char *to, size_t *got);

#endif
