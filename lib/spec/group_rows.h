/*
 * group_rows: what rules over groups keep of each record until the end; a
 * part of wide, inside room spec only.
 *
 * A row is a digest of the group's key (spec/keyset.h), where the record is,
 * the row's length, with group_options.by_place the place where it counts,
 * and the values of the plan's slots in the order of plan->sequence: 4 bytes
 * for a day, 1 to 9 for a number, and a text with one byte for its length.
 * 40 and 60 bytes are usual.
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

/* The fixed part of a row: digest, where, its bytes (0: beyond 65535). */
#define GROUP_LENGTH (3 * sizeof(uint64_t))
#define GROUP_FIXED (GROUP_LENGTH + sizeof(uint16_t))

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

/* Of a row, at any alignment. */
static inline uint64_t
group_row_word(const char *row, size_t word)
{
	uint64_t v;

	memcpy(&v, row + word * sizeof v, sizeof v);
	return v;
}
#define group_row_a(row) group_row_word(row, 0)
#define group_row_b(row) group_row_word(row, 1)
#define group_row_where(row) group_row_word(row, 2)

/* The first byte of a value: the length of a text, or one of these. */
enum {
	GROUP_LONG = 240, /* a text with two bytes of length */
	GROUP_NULL, GROUP_BAD,
	GROUP_INT1, GROUP_INT4, GROUP_INT8, GROUP_REAL
};

/*
 * One value after the other, each at most GROUP_MOST bytes and those of its
 * text; 16 bytes beyond may be written. Texts that are read stay in the row,
 * and 16 bytes beyond each may be read. An empty text is a NULL. Returned is
 * where the next one goes.
 */
#define GROUP_MOST 9U
char *group_put_long(char *, const struct expr_value *);
const char *group_get_value(const char *, struct expr_value *);

static inline char *
group_put_value(char *p, const struct expr_value *v)
{
	if (v->kind == EXPR_STRING && v->u.s.n - 1 < 16) {
		*p = (char)v->u.s.n;
		memcpy(p + 1, v->u.s.p, 16);
		return p + 1 + v->u.s.n;
	}
	if (v->kind == EXPR_INT && v->u.i >= INT8_MIN &&
	    v->u.i <= INT8_MAX) {
		*p = (char)GROUP_INT1;
		p[1] = (char)v->u.i;
		return p + 2;
	}
	return group_put_long(p, v);
}

static inline char *
group_put_day(char *p, int32_t day)
{
	memcpy(p, &day, sizeof day);
	return p + sizeof day;
}

static inline const char *
group_get_day(const char *p, int32_t *day)
{
	memcpy(day, p, sizeof *day);
	return p + sizeof *day;
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
uint64_t group_rows_bytes(const struct group_rows *, size_t shard);
size_t group_rows_pieces(const struct group_rows *, size_t shard);
const char *group_rows_piece(struct group_rows *, size_t shard, size_t i,
    struct buf *scratch, size_t *n, struct fault *);
void group_rows_drop(struct group_rows *, size_t shard);

#endif
