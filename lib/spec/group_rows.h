/*
 * group_rows: what rules over groups keep of each record until the end; a
 * part of wide, inside room spec only.
 *
 * A row is twelve bytes of the digest of the group's key (spec/keyset.h),
 * the row's length, where the record is, with group_options.by_place the
 * place where it counts, and the values of the plan's slots in the order of
 * plan->sequence: 3 bytes for a day, 1 to 9 for a number, and a text with one
 * byte for its length. 25 and 45 bytes are usual. Of 10 million groups any
 * two have the same twelve bytes with a probability below 1 in 10^15.
 *
 * Rows lie in shards by the digest, so that a group is in one shard whole
 * and shards can be finished one by one, by several threads. What is beyond
 * the memory allowed goes to a spill.
 */
#ifndef NIB_SPEC_GROUP_ROWS_H
#define NIB_SPEC_GROUP_ROWS_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/buf.h"
#include "base/fault.h"
#include "base/pieces.h"
#include "base/spill.h"
#include "expr/expr.h"
#include "spec/keyset.h"

#define GROUP_SHARD_BITS 6U
#define GROUP_SHARDS ((size_t)1 << GROUP_SHARD_BITS)
#define GROUP_LEVELS (64U / GROUP_SHARD_BITS)
#define GROUP_LONGEST 65535 /* bytes of a text in a row */

/* Where a record is: file and number, in one that orders as they do. */
#define GROUP_FILE_BITS 24
#define GROUP_RECORD_BITS 40

static inline uint64_t
group_where(uint64_t file, uint64_t record)
{
	return file << GROUP_RECORD_BITS | record;
}

static inline size_t
group_where_file(uint64_t where)
{
	return (size_t)(where >> GROUP_RECORD_BITS);
}

static inline uint64_t
group_where_record(uint64_t where)
{
	return where & (((uint64_t)1 << GROUP_RECORD_BITS) - 1);
}

/*
 * The fixed part of a row, at any alignment: digest, length of the row in
 * seven bits (0: beyond 127), one for a value that is EXPR_BAD, number of the
 * record in five bytes; and if there are several files that of the file in
 * three.
 */
#define GROUP_DIGEST 12U
#define GROUP_LENGTH GROUP_DIGEST
#define GROUP_RECORD (GROUP_LENGTH + 1U)
#define GROUP_FILE (GROUP_RECORD + 5U)
#define GROUP_FIXED (GROUP_FILE + 3U) /* at most */
#define GROUP_HAS_BAD 0x80U /* with the length */

static inline char *
group_put_fixed(char *row, struct keyset_digest d, uint64_t where, int files)
{
	uint32_t b = (uint32_t)(d.b >> 32), low = (uint32_t)where;
	uint32_t file = (uint32_t)(where >> GROUP_RECORD_BITS);

	memcpy(row, &d.a, sizeof d.a);
	memcpy(row + sizeof d.a, &b, sizeof b);
	memcpy(row + GROUP_RECORD, &low, sizeof low);
	row[GROUP_RECORD + 4] = (char)(where >> 32);
	if (!files)
		return row + GROUP_FILE;
	row[GROUP_FILE] = (char)file;
	row[GROUP_FILE + 1] = (char)(file >> 8);
	row[GROUP_FILE + 2] = (char)(file >> 16);
	return row + GROUP_FIXED;
}

/* The first half of the digest. */
static inline uint64_t
group_row_a(const char *row)
{
	uint64_t a;

	memcpy(&a, row, sizeof a);
	return a;
}

/* What is left of the second, above the end of the first. */
static inline uint64_t
group_row_hash(const char *row)
{
	uint32_t b;

	memcpy(&b, row + sizeof(uint64_t), sizeof b);
	return (uint64_t)b << 32 | (uint32_t)group_row_a(row);
}

static inline int
group_row_has_bad(const char *row)
{
	return ((unsigned char)row[GROUP_LENGTH] & GROUP_HAS_BAD) != 0;
}

static inline uint64_t
group_row_where(const char *row, int files)
{
	const unsigned char *p = (const unsigned char *)row + GROUP_FILE;
	uint64_t file = 0;
	uint32_t low;

	memcpy(&low, row + GROUP_RECORD, sizeof low);
	if (files)
		file = p[0] | (uint64_t)p[1] << 8 | (uint64_t)p[2] << 16;
	return group_where(file, (uint64_t)p[-1] << 32 | low);
}

/*
 * The first byte of a value: the length of a text, or one of these, or
 * GROUP_SMALL and more for a number from 0 on.
 */
enum {
	GROUP_LONG = 128, /* a text with two bytes of length */
	GROUP_NULL, GROUP_BAD,
	GROUP_INT1, GROUP_INT4, GROUP_INT8, GROUP_REAL, GROUP_SMALL
};
#define GROUP_SMALLEST_NOT (256 - GROUP_SMALL)

/*
 * One value after the other, each at most GROUP_MOST bytes and those of its
 * text; 16 bytes beyond may be written. Texts that are read stay in the row,
 * and 16 bytes beyond each may be read. An empty text is a NULL. Returned is
 * where the next one goes.
 */
#define GROUP_MOST 9U
char *group_put_long(char *, const struct expr_value *);
const char *group_get_long(const char *, struct expr_value *);

static inline char *
group_put_value(char *p, const struct expr_value *v)
{
	if (v->kind == EXPR_STRING && v->u.s.n - 1 < 16) {
		*p = (char)v->u.s.n;
		memcpy(p + 1, v->u.s.p, 16);
		return p + 1 + v->u.s.n;
	}
	if (v->kind == EXPR_INT && v->u.i >= 0 &&
	    v->u.i < GROUP_SMALLEST_NOT) {
		*p = (char)(GROUP_SMALL + v->u.i);
		return p + 1;
	}
	return group_put_long(p, v);
}

static inline const char *
group_get_value(const char *p, struct expr_value *v)
{
	unsigned tag = (unsigned char)*p;

	if (tag < GROUP_LONG) {
		v->kind = EXPR_STRING;
		v->u.s.p = p + 1;
		v->u.s.n = tag;
		return p + 1 + tag;
	}
	if (tag >= GROUP_SMALL) {
		v->kind = EXPR_INT;
		v->u.i = (int64_t)tag - GROUP_SMALL;
		return p + 1;
	}
	return group_get_long(p, v);
}

/* A day, or none: below 2^23 and from -2 on. */
static inline char *
group_put_day(char *p, int32_t day)
{
	p[0] = (char)day;
	p[1] = (char)(day >> 8);
	p[2] = (char)(day >> 16);
	return p + 3;
}

static inline const char *
group_get_day(const char *p, int32_t *day)
{
	*day = (int32_t)((uint32_t)(unsigned char)p[0] |
	    (uint32_t)(unsigned char)p[1] << 8) + (signed char)p[2] * 65536;
	return p + 3;
}

/*
 * The rows of one plan, level 0 by the first bits of the digest, level 1 by
 * the next ones. The spill and the pieces are borrowed.
 */
struct group_rows;
struct group_rows *group_rows_new(struct spill *, struct pieces *,
    unsigned level);
void group_rows_free(struct group_rows *);
/*
 * Room for a row of at most n bytes, and 16 more, under the first half of
 * its digest; it ends where group_rows_wrote says. Nothing of the rows may
 * be asked for in between.
 */
char *group_rows_room(struct group_rows *, uint64_t a, size_t n);
void group_rows_wrote(struct group_rows *, uint64_t a, const char *end);
/* Bytes in memory. */
size_t group_rows_held(const struct group_rows *);
/* Moves all that is in memory to the spill. */
int group_rows_flush(struct group_rows *, struct fault *);
/* Takes all that from has, of the same level, spill and pieces. */
void group_rows_take(struct group_rows *, struct group_rows *from);

/*
 * A shard, in pieces of whole rows. group_rows_piece gives piece i: read
 * from the spill into scratch if it is there, NULL with a fault.
 * group_rows_drop forgets a shard.
 */
uint64_t group_rows_bytes(struct group_rows *, size_t shard);
size_t group_rows_pieces(const struct group_rows *, size_t shard);
const char *group_rows_piece(struct group_rows *, size_t shard, size_t i,
    struct buf *scratch, size_t *n, struct fault *);
void group_rows_drop(struct group_rows *, size_t shard);

#endif
