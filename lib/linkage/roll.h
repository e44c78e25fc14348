/*
 * roll: records of people as numbers.
 *
 * A field's canonical value becomes a code: 1, 2, ... in order of arrival,
 * 0: missing. Codes of one field mean the same in all rolls that share a
 * struct values, so equal codes are equal values, and what is worked out
 * about a value is worked out once. A record takes 4 bytes a field, and 8
 * and its length where ids are kept; a distinct value about 70 bytes and
 * its length.
 */
#ifndef NIB_LINKAGE_ROLL_H
#define NIB_LINKAGE_ROLL_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/fault.h"
#include "base/outfile.h"
#include "csv/reader.h"
#include "linkage/matching.h"

#define VALUES_MAX 255 /* bytes kept of a value */
#define ROLL_MOST (UINT32_MAX - 2) /* records of a roll */

struct values;

/*
 * wanted[m->nfields]: fields to keep; others have no code. Borrows the
 * matching until values_free.
 */
struct values *values_new(const struct matching *, const char *wanted);
/* Of the same fields as others, none of whose values it has. */
struct values *values_like(const struct values *);
void values_free(struct values *);
/* Before anything was worked out about values: none are left. */
void values_clear(struct values *);
const struct matching *values_matching(const struct values *);

/*
 * From now on reading a roll is a fault where all rolls read and their values
 * take more than so many bytes (0: any number), counting for each record some
 * more, which the caller will hold.
 */
void values_limit(struct values *, size_t most, size_t each);
/* Bytes so counted. */
size_t values_held(const struct values *);

size_t values_nslots(const struct values *);
/* Where a field's code stands in a record; -1: not kept. */
long values_slot(const struct values *, size_t field);
/* The field of a slot. */
size_t values_field(const struct values *, size_t slot);
/* Codes in use in a slot: 1 .. count. */
size_t values_count(const struct values *, size_t slot);
/* The canonical value of a code above 0; borrowed till values_free. */
const char *values_text(const struct values *, size_t slot, uint32_t code,
    size_t *n);
/* The code of a canonical value, added if it is new. */
uint32_t values_add(struct values *, size_t slot, const char *, size_t);

/*
 * What is made of each value for a test (MATCHING_SOUNDEX, ... with its
 * number): key[code], 0 if nothing can be made. Worked out at the first
 * call, so first calls are for one thread; borrowed. For MATCHING_EXACT
 * NULL: the code is the key.
 */
const uint32_t *values_keys(struct values *, const struct matching_test *);

/* The same of one value: bytes, or 0 for none. Any key's test. */
size_t values_make_key(const struct matching_test *, const char *, size_t,
    char to[VALUES_MAX + 1]);

/*
 * By code of the second slot, the code that its value has in the first; 0:
 * the first has no such value. As above.
 */
const uint32_t *values_shared(struct values *, size_t first, size_t second);

/* Of digits, the number by code, as above; -1 where an int64 is too small. */
const int64_t *values_numbers(struct values *, size_t slot);

/* Days since 1970 by code, of a date; flags by code (VALUES_*); as above. */
const int32_t *values_days(struct values *, size_t slot);
#define VALUES_INVALID 1u    /* check digit wrong */
#define VALUES_1_JANUARY 2u
#define VALUES_IGNORED 4u    /* on the field's ignore list */
const unsigned char *values_flags(struct values *, size_t slot);
/* The same of one value of a field. */
unsigned char values_make_flags(const struct matching_field *, const char *,
    size_t);

struct roll {
	size_t n;
	size_t stride;   /* codes a record: values_nslots */
	uint32_t *codes; /* n * stride */
	/* Ids: record i's is ids + id_at[i], id_at[i + 1] - id_at[i] bytes. */
	char *ids;
	uint64_t *id_at; /* NULL: not kept */
};

static inline const uint32_t *
roll_record(const struct roll *r, size_t i)
{
	return r->codes + i * r->stride;
}

/*
 * Columns of a header for the wanted fields: to[field] is the column, or -1
 * where the field may be absent or absent[field] is set. named[field], if
 * not NULL, is the header's name given by the user. A field that is not
 * there is a fault that names it. absent and named may be NULL.
 */
int roll_bind(const struct values *, const struct csv_header *,
    const char *const *named, const char *absent, long *to, struct fault *);
/* The column of the id: named, or the first of the matching's. */
int roll_bind_id(const struct matching *, const struct csv_header *,
    const char *named, long *to, struct fault *);

/*
 * CELLS: records before they are numbers. Of each, by slot, the canonical
 * value of each field kept, then the id where there is one, each after its
 * length, a byte.
 *
 * Reads all records of an input as cells: take gets those of each block, in
 * order, one block at a time; it may empty the buffer. The same cells for any
 * number of jobs. id_column -1: no ids.
 */
struct roll_seen { /* bit k: the column of field k of the matching had ... */
	uint64_t records;
	uint32_t filled; /* a cell that is not empty */
	uint32_t read;   /* one that could be read, and does not mean missing */
};

struct roll_cells {
	const struct values *v;
	struct csv_reader *in;
	const long *columns;
	long id_column;
	unsigned jobs;
	const char *progress;
	int (*take)(void *arg, const struct csv_block *, struct buf *cells,
	    struct fault *);
	void *arg;
	struct roll_seen *seen; /* adds to it; or NULL */
	/* Any thread, before take: what is written of a block. Or NULL. */
	void (*put)(void *arg, const struct csv_block *,
	    const struct buf *cells, struct buf *to);
	struct outfile *out;
};
int roll_cells(const struct roll_cells *, struct fault *);
/* The value that starts at p, and its length; the next is behind it. */
static inline const char *
roll_cell(const char *p, size_t *n)
{
	*n = (unsigned char)*p;
	return p + 1;
}
/* A roll of cells; ids are taken as they are. */
void roll_from_cells(struct roll *, struct values *, const struct buf *,
    size_t records, int ids);
/* The cells of record i behind those in the buffer. */
void roll_put_cells(const struct roll *, const struct values *, size_t i,
    struct buf *);

/*
 * Cells of records more for a roll, zeroed before the first, and whether what
 * is held has passed values_limit. At most ROLL_MOST records. Ids must be new
 * among those of one filling; the roll is whole when it has ended.
 */
struct roll_filling;
struct roll_filling *roll_fill(struct roll *, struct values *,
    long id_column);
/* b, NULL for none: the block they are of, for messages. */
int roll_fill_add(struct roll_filling *, const struct csv_block *b,
    const char *cells, size_t records, struct fault *);
int roll_fill_over(const struct roll_filling *);
void roll_fill_end(struct roll_filling *);

void roll_clear(struct roll *);

#endif
