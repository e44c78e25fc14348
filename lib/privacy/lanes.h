/*
 * lanes: keyed BLAKE2b of many short values at once.
 *
 * What crypto_generichash(out, 16, value, n, key, 32) of libsodium gives, or
 * the same with 64 in place of 16, for values of up to LANES_MAX bytes (one block of the function): 8 at a
 * time with AVX-512, 4 with AVX2, chosen at run time, else one by one with
 * libsodium. Each object compares its wide code with libsodium on known
 * answers when it is made, and does without it if they differ. Function:
 * RFC 7693; lanes run the same rounds on separate values.
 *
 * The key's own block is compressed once. A lanes object holds secrets: it
 * lives in locked memory, and any number of threads may use it.
 */
#ifndef NIB_PRIVACY_LANES_H
#define NIB_PRIVACY_LANES_H

#include <stddef.h>
#include <stdint.h>

#define LANES_BATCH 256 /* values in one lanes_hash */
#define LANES_MAX 128   /* bytes of a value, at least 1 */
#define LANES_WORDS (LANES_MAX / 8)

enum lanes_width { LANES_BEST, LANES_ONE, LANES_FOUR, LANES_EIGHT };

struct lanes;

/* width: LANES_BEST but in tests; NULL if this machine has not that one. */
struct lanes *lanes_new(const unsigned char key[32], enum lanes_width);
/* With hashes of 64 bytes. */
struct lanes *lanes_new_long(const unsigned char key[32], enum lanes_width);
void lanes_free(struct lanes *);
enum lanes_width lanes_width(const struct lanes *);

/*
 * A batch, word by word so that lanes load side by side: word w of value i
 * is word[w][i], little-endian, zero beyond the value's end. Words that no
 * value reaches (at or beyond the greatest length) are not read.
 */
struct lanes_batch {
	uint64_t word[LANES_WORDS][LANES_BATCH];
	uint64_t length[LANES_BATCH];
	uint64_t lo[LANES_BATCH], hi[LANES_BATCH]; /* 16 bytes of hash, */
	uint64_t more[6][LANES_BATCH]; /* and the others of a long one */
	size_t n;
	size_t words; /* words in use so far, and zero for every value */
};

/* Empty, ready for lanes_add. */
void lanes_clear(struct lanes_batch *);
/* Adds tag and then n bytes as one value, 1 + n <= LANES_MAX. */
void lanes_add(struct lanes_batch *, unsigned char tag, const char *, size_t);
/* Fills lo and hi, and more of long ones, for all n. */
void lanes_hash(const struct lanes *, struct lanes_batch *);

#endif
