/*
 * keyset: which keys were seen, as keyed digests.
 *
 * A digest is SipHash-2-4 with 128 bits of output (Aumasson and Bernstein
 * 2012, and its reference code) under a key drawn for this process: nobody
 * outside can make two keys meet. Of its 16 bytes the set tells 12 apart: by
 * chance any two of 10 million keys have the same with a probability below 1
 * in 10^15.
 *
 * The set falls into KEYSET_SHARDS shards by the first bits of the digest,
 * which several threads may fill at a time, one thread a shard. A shard is a
 * table of buckets of 64 bytes for five digests, in pieces of large pages. It
 * is doubled when four fifths are full: 16 to 32 bytes a key, or at first,
 * while tables grow faster, at most 8 MiB beyond that.
 */
#ifndef NIB_SPEC_KEYSET_H
#define NIB_SPEC_KEYSET_H

#include <stddef.h>
#include <stdint.h>

struct keyset_digest {
	uint64_t a, b; /* both 0: no key */
};

/* Never 0, 0. Any thread. */
struct keyset_digest keyset_digest(const void *, size_t);
/*
 * The same for k texts, text i of n[i] bytes; 8 bytes beyond may be read.
 * Four at a time where neighbours are about as long.
 */
void keyset_digests(const char *const *text, const uint32_t *n, size_t k,
    struct keyset_digest *to);
/* SipHash-2-4-128 itself, key and result as the reference code has them. */
void keyset_siphash(const unsigned char key[16], const void *, size_t,
    unsigned char to[16]);

#define KEYSET_SHARD_BITS 4U
#define KEYSET_SHARDS ((size_t)1 << KEYSET_SHARD_BITS)

static inline size_t
keyset_shard(struct keyset_digest d)
{
	return (size_t)(d.a >> (64 - KEYSET_SHARD_BITS));
}

struct keyset;
struct keyset *keyset_new(void);
void keyset_free(struct keyset *);
size_t keyset_count(const struct keyset *);
/* Bytes that it has in use. */
size_t keyset_bytes(const struct keyset *);
/* 1: it is new; 0: it was there. */
int keyset_add(struct keyset *, struct keyset_digest);
/* Safe from several threads while nobody adds. */
int keyset_has(const struct keyset *, struct keyset_digest);
/* Adding or looking for it soon. */
void keyset_prefetch(const struct keyset *, struct keyset_digest);

#endif
