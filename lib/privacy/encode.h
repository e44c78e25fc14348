/*
 * encode: several fields of a person as one Bloom filter of 1024 bits, so
 * that another party can find alike people without seeing who they are.
 *
 * Each field becomes grams: a name (capital letters, accents off, the rest
 * dropped) its pairs of neighbours with a blank before and after; a date
 * the seven pairs of neighbours of its eight digits, each with its place;
 * any other its letters and digits, each with its place, at most 16. A gram
 * sets k bits, k = the field's share of ENCODE_BITS_SET bits by its number
 * of grams, 1 to 128, rounded to nearest, so that a field weighs the same
 * however long it is. Shares are as weights are: a birth date 5, for it is
 * right most often and tells most people apart, a name 3, sex 1, any other 2
 * (a person's postcode changes, and the family has it too):
 *
 *     KF   = BLAKE2b-256(PK, "nhsps/v1/encoding" 00 LE64(length) label)
 *     bits = the first k numbers of two bytes, lowest first, modulo 1024,
 *            of BLAKE2b-512(KF, 00 gram), BLAKE2b-512(KF, 01 gram), ...
 *
 * gram is two letters of a name; or a byte of the place from 0 and a byte,
 * of a date the number that the two digits make, 0 to 99, else the
 * character. label is the field's role in the specification, else its name:
 * files whose columns are named otherwise still agree. The filter is written
 * in base64, bit i being bit i mod 8 of byte i / 8. Record-level encoding
 * with independent keyed hashes: Schnell, Bachteler, Reiher (2011); why not
 * double hashing: Kroll, Steinmetzer (2015).
 *
 * Two options make a filter harder to read back, and must be the same on
 * both sides. A salt, a field that seldom changes or is mistaken, such as
 * the birth date, goes behind each gram in the hash, so that people who
 * differ in it have nothing in common. Diffusion (Armknecht, Heng and
 * Schnell 2023) makes each bit the exclusive or of t of the filter's, so
 * that no bit tells of one gram:
 *
 *     KD   = BLAKE2b-256(PK, "nhsps/v1/diffusion" 00 LE64(0))
 *     taps of bit j = the first t different numbers of two bytes, modulo
 *            1024, of BLAKE2b-512(KD, LE16(j) 00), (KD, LE16(j) 01), ...
 *
 * Cost: secret tables of 200 KB a name. With a salt a hash for each gram;
 * diffusion is cheap. Records go in batches: the hashes of a field of many
 * are made side by side, and one bit of all of them is diffused at once.
 */
#ifndef NIB_PRIVACY_ENCODE_H
#define NIB_PRIVACY_ENCODE_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/fault.h"
#include "privacy/key.h"

#define ENCODE_BITS 1024
#define ENCODE_BITS_SET 710 /* half of all: 1024 ln 2 */
#define ENCODE_TEXT 172     /* characters of base64 */

enum encode_kind { ENCODE_NAME, ENCODE_DATE, ENCODE_SEX, ENCODE_OTHER };

struct encoder;

/* Fields are added before the first filter; any thread may use it then. */
struct encoder *encoder_new(const struct key *project, struct fault *);
void encoder_free(struct encoder *);
/* -1: no memory for its key. Fields count from 0 in the order of adding. */
int encoder_field(struct encoder *, enum encode_kind, const char *label,
    struct fault *);
/*
 * For speed, after the last field: what a gram sets, joined, where a name has
 * at most 10 letters and any other 8 characters; 840 KB a name, 170 KB any
 * other. Of no use with a salt. -1: no memory for it.
 */
int encoder_tables(struct encoder *, struct fault *);
#define ENCODE_TAPS 64
/* 1 to ENCODE_TAPS; once. -1: no memory for its tables. */
int encoder_diffuse(struct encoder *, unsigned taps, struct fault *);
/*
 * For speed, after the last field: a date that will often be its own record's
 * salt. What each of 1900 to 2029 then sets is kept, 6 MB, or not if there
 * is no memory for it.
 */
void encoder_own_salt(struct encoder *, size_t field);

/* Records of one thread, up to ENCODE_BATCH of them. */
#define ENCODE_BATCH 256
struct encode_work;
struct encode_work *encode_work_new(const struct encoder *);
void encode_work_free(struct encode_work *);

void encode_clear(struct encode_work *); /* no records */
void encode_record(struct encode_work *); /* one more: what follows is its */
/* Before its first field: the letters and digits of a text; none: no salt. */
void encode_salt(struct encode_work *, const char *, size_t);
/* Each field once or not. A date is its eight digits, YYYYMMDD, or nothing. */
void encode_add(struct encode_work *, size_t field, const char *, size_t);
/* After the last record, once. */
void encode_make(struct encode_work *);
/* Then: the filter of a record, from 0; nothing when no field had anything. */
void encode_put(const struct encode_work *, size_t record, struct buf *);

#endif
