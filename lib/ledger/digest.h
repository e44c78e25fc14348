/* digest: BLAKE2b-256 of a stream of bytes. */
#ifndef NIB_LEDGER_DIGEST_H
#define NIB_LEDGER_DIGEST_H

#include <stddef.h>
#include <stdint.h>

#define DIGEST_BYTES 32
#define DIGEST_HEX (2 * DIGEST_BYTES + 1)

struct digest;

struct digest *digest_new(void);
void digest_free(struct digest *);
void digest_add(struct digest *, const void *, size_t);
uint64_t digest_size(const struct digest *); /* bytes so far */
/* Hexadecimal, with a NUL; nothing may be added after. */
void digest_end(struct digest *, char to[DIGEST_HEX]);

#endif
