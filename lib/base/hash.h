/*
 * hash: fast hashes of short byte strings, for tables in memory only.
 *
 * Multiply-fold in the manner of wyhash (Wang Yi, public domain). Not
 * cryptographic and not stable between versions: never written to a file,
 * never decides an order that a user sees. The seed is drawn once per
 * process (hash_seed), since keys may be chosen by an adversary.
 */
#ifndef NIB_BASE_HASH_H
#define NIB_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

uint64_t hash_seed(void);

static inline uint64_t
hash_fold(uint64_t a, uint64_t b)
{
	__extension__ unsigned __int128 r = (unsigned __int128)a * b;

	return (uint64_t)r ^ (uint64_t)(r >> 64);
}

/* Two registers: a key of up to 16 bytes. */
static inline uint64_t
hash_pair(uint64_t a, uint64_t b, uint64_t seed)
{
	return hash_fold(hash_fold(a ^ 0xa0761d6478bd642fULL ^ seed,
	    b ^ 0xe7037ed1a0b428dbULL), seed ^ 0x8ebc6af09c88c6e3ULL);
}

static inline uint64_t
hash_bytes(const void *p, size_t n, uint64_t seed)
{
	const unsigned char *s = p;
	uint64_t a, b, h = seed ^ ((uint64_t)n * 0x9e3779b97f4a7c15ULL);

	while (n > 16) {
		memcpy(&a, s, 8);
		memcpy(&b, s + 8, 8);
		h = hash_fold(a ^ 0xa0761d6478bd642fULL ^ h,
		    b ^ 0xe7037ed1a0b428dbULL);
		s += 16;
		n -= 16;
	}
	a = b = 0;
	if (n >= 8) {
		memcpy(&a, s, 8);
		memcpy(&b, s + n - 8, 8);
	} else if (n >= 4) {
		uint32_t x, y;

		memcpy(&x, s, 4);
		memcpy(&y, s + n - 4, 4);
		a = x;
		b = y;
	} else if (n > 0) {
		a = s[0] | (uint64_t)s[n >> 1] << 8 |
		    (uint64_t)s[n - 1] << 16;
	}
	return hash_pair(a, b, h);
}

#endif
