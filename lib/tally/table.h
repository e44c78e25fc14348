/*
 * Room tally: groups and their measures.
 *
 * table: byte-string keys, each with a state of a fixed size.
 *
 * A key of up to 16 bytes lives in two registers and beside its state; a
 * longer one in a buffer. Keys are added a batch at a time, so that the
 * memory they will touch is asked for before it is needed. A key must not
 * hold a zero byte at its end (short keys are padded with them). Hashing is
 * seeded, since keys may be chosen by an adversary.
 *
 * Cost: 16 bytes a group, its state, 12 to 24 bytes of slots, and the text
 * of a key longer than 16 bytes.
 */
#ifndef NIB_TALLY_TABLE_H
#define NIB_TALLY_TABLE_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define TALLY_SHORT 16
#define TALLY_BATCH 256

struct tally_key {
	uint64_t lo, hi; /* n <= 16: the bytes, the first one lowest */
	const char *p;   /* n > 16: the bytes */
	size_t n;
};

struct tally_table;

/* state: bytes, a multiple of 8; a new key's state is all zeros. */
struct tally_table *tally_table_new(size_t state);
void tally_table_free(struct tally_table *);
void tally_table_clear(struct tally_table *); /* keeps no memory */
void tally_table_empty(struct tally_table *); /* keeps it, to fill again */

/*
 * Finds or adds n <= TALLY_BATCH keys. states[i] points to key i's state,
 * until the next call.
 */
void tally_table_batch(struct tally_table *, const struct tally_key *,
    size_t n, char **states);

size_t tally_table_count(const struct tally_table *);
/* In use; what is held may be twice that. */
size_t tally_table_bytes(const struct tally_table *);

/* The groups in no order that means anything, 0 <= i < count. */
char *tally_table_at(const struct tally_table *, size_t i,
    struct tally_key *);
/* A hint that group i will be wanted soon. */
void tally_table_prefetch(const struct tally_table *, size_t i);

/* Numbers of the groups in C byte order of their keys; yours to free. */
uint32_t *tally_table_sorted(const struct tally_table *);
/* Gives up the memory of the slots until keys are added again. */
void tally_table_settle(struct tally_table *);

/* The bytes of a key, wherever they are. */
static inline const char *
tally_key_bytes(const struct tally_key *k, char to[TALLY_SHORT])
{
	if (k->n > TALLY_SHORT)
		return k->p;
	memcpy(to, &k->lo, 8);
	memcpy(to + 8, &k->hi, 8);
	return to;
}

/* Of a key of up to 16 bytes whose last is no zero. */
static inline size_t
tally_key_length(uint64_t lo, uint64_t hi)
{
	if (hi != 0)
		return 16 - (size_t)__builtin_clzll(hi) / 8;
	return lo != 0 ? 8 - (size_t)__builtin_clzll(lo) / 8 : 0;
}

/* p[n] as a key; nothing beyond n is read; p must live as long. */
static inline struct tally_key
tally_key_of(const char *p, size_t n)
{
	struct tally_key k = { 0, 0, p, n };
	char pad[TALLY_SHORT] = { 0 };

	if (n <= TALLY_SHORT) {
		if (n > 0)
			memcpy(pad, p, n);
		memcpy(&k.lo, pad, 8);
		memcpy(&k.hi, pad + 8, 8);
	}
	return k;
}

/*
 * The first 16 bytes as a number that compares as the bytes do: *hi the
 * first eight.
 */
static inline void
tally_key_prefix(const struct tally_key *k, uint64_t *hi, uint64_t *lo)
{
	uint64_t a = k->lo, b = k->hi;

	if (k->n > TALLY_SHORT) {
		memcpy(&a, k->p, 8);
		memcpy(&b, k->p + 8, 8);
	}
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	a = __builtin_bswap64(a);
	b = __builtin_bswap64(b);
#endif
	*hi = a;
	*lo = b;
}

#endif
