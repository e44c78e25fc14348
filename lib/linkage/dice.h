/*
 * dice: Bloom-filter encodings compared without knowing what they encode.
 *
 * The Dice coefficient of two sets of bits is 2 |A and B| / (|A| + |B|).
 * Encodings are put in order of their number of bits: only those whose
 * numbers are near enough to reach the threshold are compared, eight to a
 * register, four against them at a time.
 *
 * Memory: twice the bits of an encoding, its id and 24 bytes each; 16 bytes
 * a pair found.
 */
#ifndef NIB_LINKAGE_DICE_H
#define NIB_LINKAGE_DICE_H

#include <stddef.h>
#include <stdint.h>

#include "base/fault.h"
#include "csv/reader.h"

#define DICE_MAX_BITS 8192

enum dice_text { DICE_BASE64, DICE_HEX };

struct dice_set {
	size_t n;
	size_t nwords;   /* of 64 bits; 0: no encoding yet */
	uint64_t *words; /* n * nwords */
	char *ids;
	uint64_t *id_at; /* n + 1 */
};

/*
 * Appends an encoding. -1: not of that text, no whole number of 64-bit
 * words, beyond DICE_MAX_BITS, or another length than those before.
 */
int dice_add(struct dice_set *, const char *, size_t, enum dice_text);
/* Every record's id and encoding; an id must not come twice. */
int dice_read(struct dice_set *, struct csv_reader *, size_t id_column,
    size_t column, enum dice_text, unsigned jobs, const char *progress,
    struct fault *);
void dice_clear(struct dice_set *);

/* DICE_BEST: the fastest that this processor has. */
enum dice_kernel { DICE_BEST, DICE_PORTABLE, DICE_AVX2, DICE_AVX512 };
int dice_has(enum dice_kernel);

struct dice_pair {
	uint32_t l, r;
	double dice;
};

/*
 * Pairs of a and b (NULL: within a, l < r) of at least a threshold, 0 <
 * threshold <= 1, by l, then r; *pairs is yours. Sets must have one length
 * (nwords), unless empty. compared, if not NULL: pairs looked at.
 */
size_t dice_join(const struct dice_set *a, const struct dice_set *b,
    double threshold, unsigned jobs, enum dice_kernel,
    struct dice_pair **pairs, uint64_t *compared);

#endif
