/*
 * pack: rows of 64-bit words in fewer bytes, for the temporary file.
 *
 * Rows go 256 at a time, a column of words after the other: of each word
 * only the bytes between the lowest and the highest that differ from the
 * column's first, which for keys cut by order, counts and sums of money are
 * two or three in eight. Nothing is lost. The bytes mean something to the
 * same process only.
 */
#ifndef NIB_TALLY_PACK_H
#define NIB_TALLY_PACK_H

#include <stddef.h>

#include "base/buf.h"

#define TALLY_PACK_SLACK 8 /* bytes to read beyond what was packed */

/* Adds n rows of so many words each to to. */
void tally_pack(struct buf *to, const char *rows, size_t n, size_t words);
/*
 * Puts the n rows that were packed alone into from[] in to, in place of what
 * was there.
 */
void tally_unpack(struct buf *to, const char *from, size_t n, size_t words);

#endif
