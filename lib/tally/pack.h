/*
 * pack: rows of 64-bit words in fewer bytes, for the temporary file.
 *
 * Rows go TALLY_TILE at a time, a column of words after the other: of each word
 * only the bytes between the lowest and the highest that differ from the
 * column's first, which for keys cut by order, counts and sums of money are
 * two or three in eight. Nothing is lost. The bytes mean something to the
 * same process only.
 */
#ifndef NIB_TALLY_PACK_H
#define NIB_TALLY_PACK_H

#include <stddef.h>

#include "base/buf.h"

#define TALLY_TILE ((size_t)128) /* rows */
#define TALLY_PACK_SLACK 8 /* bytes to read beyond what was packed */

/* Adds n rows of so many words each to to. */
void tally_pack(struct buf *to, const char *rows, size_t n, size_t words);
/*
 * Puts the n rows packed one call after the other into from[], every call but
 * the last of TALLY_TILE rows or a multiple, in to, in place of what was there.
 */
void tally_unpack(struct buf *to, const char *from, size_t n, size_t words);

#endif
