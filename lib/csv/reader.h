/*
 * reader: one stream of records out of files or standard input.
 *
 * RFC 4180, UTF-8, strict: every error names file, line, record and
 * column. Accepted: LF or CRLF, a last line without an end, a BOM, gzip and
 * zstd. Refused: a header that is missing, blank or has a name twice, files
 * whose headers differ, ragged and blank lines, a quote inside an
 * unquoted field or text after a closing one, an open quote, a lone
 * carriage return, NUL, bad UTF-8, a record beyond max_record, zero bytes.
 * In a file of one column a blank line is a record with an empty cell.
 *
 * Blocks are cut by content alone, so that the same bytes give the same
 * blocks whether they come from a file or in dribbles from a pipe.
 */
#ifndef NIB_CSV_READER_H
#define NIB_CSV_READER_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/fault.h"
#include "base/infile.h"
#include "csv/block.h"
#include "csv/decode.h"

/* With the places of its fields it stays in a second-level cache. */
#define CSV_BLOCK_SIZE ((size_t)256 * 1024)
#define CSV_MAX_RECORD ((size_t)16 * 1024 * 1024)

struct csv_options {
	char delimiter;        /* ',' unless told */
	const char *columns;   /* "a,b,c": the input has no header; or NULL */
	size_t max_record;     /* bytes; 0: CSV_MAX_RECORD */
	uint64_t first_record; /* the number of the first; 0: it is 1 */
	size_t block_size;     /* bytes; 0: CSV_BLOCK_SIZE (tests use less) */
	int keep_ragged;       /* hand them on instead of failing */
	int any_header;        /* blank and double names are the caller's */
	/*
	 * By path: where its bytes are in place of the path, which still
	 * names them; NULL: there. NULL: there, all. Borrowed until
	 * csv_close.
	 */
	const struct infile_source *const *sources;
	const struct csv_decode *decode; /* NULL: RFC 4180 in UTF-8 */
	/*
	 * Sees the bytes of each file as they stand in it (before any
	 * decompression), in order, on one thread at a time: for digests.
	 */
	void (*watch)(void *arg, size_t file_index, const void *, size_t);
	void *watch_arg;
	size_t watch_first; /* file_index of the first file */
};

struct csv_header {
	size_t n;
	const char **names; /* cells, NUL-terminated */
};

struct csv_reader;

/*
 * paths: n names, "-" standard input; n == 0: standard input. Opens the
 * first file and reads the header. Borrows paths until csv_close.
 */
struct csv_reader *csv_open(const char *const *paths, size_t n,
    const struct csv_options *, struct fault *);
void csv_close(struct csv_reader *);

/* Borrowed until csv_close. */
const struct csv_header *csv_header(const struct csv_reader *);
/* The column of a name, or -1. */
long csv_column(const struct csv_header *, const char *);

/*
 * Of the records only these columns will be looked at, a byte for each, 0 for
 * those that will not; before the first page. Nothing else changes: every
 * record is checked for all that is said above, ragged ones are whole.
 */
void csv_want(struct csv_reader *, const unsigned char *wanted);

/* Bytes read so far and in all (0: unknown), for progress. */
void csv_position(struct csv_reader *, uint64_t *bytes, uint64_t *size);

/*
 * The two halves of reading, for flow; others use csv_next. A page owns
 * the memory of one block and may be used again.
 *
 *   csv_page_fill   one thread at a time: bytes up to a record boundary.
 *                   1: filled; 0: no more input; -1: fault.
 *   csv_page_alone  before the first fill: no other page is filled between
 *                   the fill and the index of this one, which is cheaper.
 *   csv_page_index  any thread: the block of the page, all errors found.
 *                   Record and line numbers count from the page's start
 *                   until csv_page_place is called.
 *   csv_page_place  in order of the pages: absolute numbers. Also gives a
 *                   fault of csv_page_index its absolute place.
 */
struct csv_page;
struct csv_page *csv_page_new(struct csv_reader *);
void csv_page_free(struct csv_page *);
void csv_page_alone(struct csv_page *);
int csv_page_fill(struct csv_page *, struct fault *);
int csv_page_index(struct csv_page *, struct fault *);
void csv_page_place(struct csv_page *, struct fault *);
struct csv_block *csv_page_block(struct csv_page *);

/* One thread, block by block: 1, 0 at the end, -1. Borrowed till the next. */
int csv_next(struct csv_reader *, const struct csv_block **, struct fault *);

#endif
