/*
 * decode: other encodings and other dialects into what reader reads.
 *
 * A filter between a file's bytes and the reader: first from an encoding to
 * UTF-8 (iconv), then, if the dialect needs it, record by record to RFC 4180
 * with commas. Strict as the reader: an open quote, text after a closing
 * one and a quote within an unquoted cell are errors with their line. Costs
 * some tens of nanoseconds a cell; a delimiter alone needs none of it.
 */
#ifndef NIB_CSV_DECODE_H
#define NIB_CSV_DECODE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/fault.h"
#include "base/infile.h"

struct csv_decode {
	const char *encoding;    /* as iconv names it; NULL: UTF-8 */
	int rewrite;             /* the rest is looked at */
	const char *delimiter;   /* one or more bytes */
	const char *terminator;  /* NULL: LF or CRLF */
	char quote;              /* '\0': none */
	int double_quote;        /* a doubled quote is one */
	char escape;             /* '\0': none */
	const char *null;        /* an unquoted cell that is empty; or NULL */
	int skip_blanks;         /* after a delimiter */
	char comment;            /* begins a line that is none; '\0': none */
	/* Numbers of records, ascending, from 1, comment lines not counted. */
	const uint64_t *comment_rows, *header_rows;
	size_t ncomment_rows, nheader_rows; /* header: more than one, joined */
	const char *header_join;
	size_t piece; /* bytes taken at a time; 0: 64 KiB (tests use less) */
};

struct csv_decoder;

/* Borrows the options. NULL with a fault: no such encoding. */
struct csv_decoder *csv_decoder_new(const struct csv_decode *,
    struct fault *);
void csv_decoder_free(struct csv_decoder *);
/* As infile_read. */
ssize_t csv_decoder_read(struct csv_decoder *, struct infile *, void *,
    size_t n, struct fault *);

#endif
