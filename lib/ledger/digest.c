/* BLAKE2b-256 of a stream of bytes. */
#include "ledger/digest.h"

#include <sodium.h>
#include <stdlib.h>

#include "base/mem.h"

struct digest {
	crypto_generichash_state *state; /* needs alignment to 64 bytes */
	uint64_t size;
};

struct digest *
digest_new(void)
{
	struct digest *d = mem_zero(1, sizeof *d);

	if (sodium_init() == -1) {
		/* It has not chosen the fast code; the digest is the same. */
	}
	d->state = mem_aligned(sizeof *d->state);
	(void)crypto_generichash_init(d->state, NULL, 0, DIGEST_BYTES);
	return d;
}

void
digest_free(struct digest *d)
{
	if (d == NULL)
		return;
	free(d->state);
	free(d);
}

void
digest_add(struct digest *d, const void *p, size_t n)
{
	(void)crypto_generichash_update(d->state, p, n);
	d->size += n;
}

uint64_t
digest_size(const struct digest *d)
{
	return d->size;
}

void
digest_end(struct digest *d, char to[DIGEST_HEX])
{
	unsigned char hash[DIGEST_BYTES];

	(void)crypto_generichash_final(d->state, hash, sizeof hash);
	(void)sodium_bin2hex(to, DIGEST_HEX, hash, sizeof hash);
}
