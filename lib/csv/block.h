/*
 * Room csv: records out of bytes, and bytes out of records.
 *
 * block: a piece of input cut at record boundaries, about 256 KiB, with
 * the place of every field in it. A field is a slice of the block: nothing
 * is copied. 64 bytes beyond the data may be read (they are zero), so that
 * wide loads need no care at the end.
 *
 * RAW and CELL. A raw slice is the field as it stands in the file, with
 * its quotes. A cell is what it means: quotes off, "" as one quote. Most
 * fields are not quoted and the two are the same slice.
 *
 * csv_end finds the offset of the byte after field c of regular record r: a
 * delimiter, or the line feed (a CRLF's carriage return stays before it and
 * csv_raw drops it). The end before it is where the field starts; there is
 * one before the first. Where a tool said which columns it wants (csv_want),
 * a record may have the ends of these alone, and its last.
 *
 * A record whose count of fields is not ncols is not among the regular
 * ones; see struct csv_ragged. Without CSV_KEEP_RAGGED it is an error and
 * a map function never sees one.
 */
#ifndef NIB_CSV_BLOCK_H
#define NIB_CSV_BLOCK_H

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

struct csv_slice {
	const char *p;
	size_t n;
};

/* Taken out of the block's data and kept beside it, in ragged_data. */
struct csv_ragged {
	size_t before;    /* stands before this regular record */
	uint32_t start;   /* offset in ragged_data of its first byte */
	uint32_t nfields;
	uint32_t first;   /* ragged_ends[first ...]: its fields' ends there */
	uint32_t lines;   /* physical lines it takes */
};

struct csv_block {
	const char *data;
	size_t size;
	size_t ncols;
	size_t nrecords;      /* regular ones */
	const uint32_t *ends; /* nrecords * csv_width, and one before */
	size_t dropped;       /* ends of a record that are not there */
	const uint32_t *place; /* of a column's end; NULL: its number */
	char delimiter;
	int quotes; /* some quote is in the block */
	int crs;    /* some carriage return is */

	size_t nragged;
	const struct csv_ragged *ragged;
	const uint32_t *ragged_ends;
	const char *ragged_data;

	const char *file;      /* "-": standard input; borrowed */
	size_t file_index;     /* from 0, in the order given */
	uint64_t sequence;     /* of the block, from 0, over all files */
	uint64_t first_record; /* in its file, of the block's first: from 1 */
	uint64_t first_line;   /* in its file, where the block starts: from 1 */
	uint64_t records_before; /* in all files: data records before it */
};

#define CSV_NOT_WANTED UINT32_MAX

/* Ends of a regular record. */
static inline size_t
csv_width(const struct csv_block *b)
{
	return b->ncols - b->dropped;
}

/* The end of field c of regular record r; those of r + 1 are csv_width on. */
static inline const uint32_t *
csv_end(const struct csv_block *b, size_t r, size_t c)
{
	if (b->place != NULL) {
		c = b->place[c];
		assert(c != CSV_NOT_WANTED);
	}
	return b->ends + r * csv_width(b) + c;
}

/* Offset of the first byte of regular record r; of nrecords: after the last. */
static inline uint32_t
csv_start(const struct csv_block *b, size_t r)
{
	return b->ends[(ptrdiff_t)(r * csv_width(b)) - 1] + 1;
}

/* Field c of regular record r as it stands in the file. */
static inline struct csv_slice
csv_raw(const struct csv_block *b, size_t r, size_t c)
{
	const uint32_t *e = csv_end(b, r, c);
	uint32_t start = e[-1] + 1, end = e[0];
	struct csv_slice s;

	if (b->crs && c == b->ncols - 1 && end > start &&
	    b->data[end - 1] == '\r')
		end--;
	s.p = b->data + start;
	s.n = end - start;
	return s;
}

/* Field c of n regular records from r on, each as it stands in the file. */
static inline void
csv_raws(const struct csv_block *b, size_t r, size_t n, size_t c,
    struct csv_slice *to)
{
	const uint32_t *e = csv_end(b, r, c);
	size_t width = csv_width(b), i;
	const char *data = b->data;

	if (b->crs && c == b->ncols - 1) {
		for (i = 0; i < n; i++)
			to[i] = csv_raw(b, r + i, c);
		return;
	}
	for (i = 0; i < n; i++, e += width) {
		to[i].p = data + (e[-1] + 1);
		to[i].n = e[0] - (e[-1] + 1);
	}
}

/* Takes the quotes off a raw slice that has them; see csv_cell. */
struct csv_slice csv_unquote(struct csv_slice raw, struct buf *scratch);

/*
 * What field c of record r means. scratch is used only when a "" must be
 * made one quote; the slice then lives until scratch is used again.
 */
static inline struct csv_slice
csv_cell(const struct csv_block *b, size_t r, size_t c, struct buf *scratch)
{
	struct csv_slice s = csv_raw(b, r, c);

	if (__builtin_expect(b->quotes && s.n > 0 && s.p[0] == '"', 0))
		return csv_unquote(s, scratch);
	return s;
}

/* Is every cell of a column the bytes between two of ends? */
static inline int
csv_as_it_stands(const struct csv_block *b, size_t column)
{
	return !b->quotes && !(b->crs && column == b->ncols - 1);
}

/* The whole regular record with its quotes, without its line end. */
static inline struct csv_slice
csv_record(const struct csv_block *b, size_t r)
{
	uint32_t start = csv_start(b, r), end = csv_start(b, r + 1) - 1;
	struct csv_slice s;

	if (b->crs && end > start && b->data[end - 1] == '\r')
		end--;
	s.p = b->data + start;
	s.n = end - start;
	return s;
}

/* Field c of ragged record i, c < nfields: as it stands, and what it means. */
struct csv_slice csv_ragged_raw(const struct csv_block *, size_t i, size_t c);
struct csv_slice csv_ragged_cell(const struct csv_block *, size_t i, size_t c,
    struct buf *scratch);

/* Number in its file (data records from 1) of regular record r. */
uint64_t csv_record_number(const struct csv_block *, size_t r);
/* Physical line in its file where regular record r starts, from 1. */
uint64_t csv_line_number(const struct csv_block *, size_t r);
/* The same for ragged record i. */
uint64_t csv_ragged_record_number(const struct csv_block *, size_t i);
uint64_t csv_ragged_line_number(const struct csv_block *, size_t i);

#endif
