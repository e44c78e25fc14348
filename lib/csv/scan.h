/*
 * scan: the structural index of a block, by vector instructions.
 *
 * Finds every delimiter and line feed outside quotes, and proves at the
 * same time that quoting and line ends follow RFC 4180: a quote opens only
 * at the start of a field, closes only before a delimiter, line end or
 * another quote, and a carriage return outside quotes stands before a line
 * feed. When the proof fails, bad is set and csv_walk finds the place.
 *
 * Inside or outside quotes is the prefix parity of quotes (after Langdale
 * and Lemire, "Parsing gigabytes of JSON per second", VLDB J. 28, 2019).
 *
 * Where few columns of many are asked for, writing down the place of every
 * field costs more than finding it. So a scanner may be told which places
 * are wanted: the fields that end in 64 bytes are counted off against a
 * pattern that says so from any column on.
 */
#ifndef NIB_CSV_SCAN_H
#define NIB_CSV_SCAN_H

#include <stddef.h>
#include <stdint.h>

struct csv_scan {
	size_t nends;    /* entries written */
	size_t nrecords; /* line feeds outside quotes */
	size_t nlines;   /* all line feeds */
	int quotes;      /* a quote is there */
	int crs;         /* a carriage return is there */
	int high;        /* a byte above 0x7f is there: check UTF-8 */
	int bad;         /* not RFC 4180, or a NUL */
};

/*
 * Which ends are wanted: of the 64 fields from column i on, the lowest bit
 * first, i < ncols. And i % ncols, i < ncols + 64.
 */
struct csv_turns {
	uint64_t *keep;
	uint32_t *column;
};

/* keep: a byte for each of ncols >= 1 columns. */
struct csv_turns csv_turns_new(const unsigned char *keep, size_t ncols);
void csv_turns_free(struct csv_turns *);

/*
 * p[n], n < 2^32 - 64, starts outside quotes and ends with a line feed;
 * 64 bytes beyond it are readable and zero. ends has room for n + 64.
 * turns: which ends are written, if every record has its ncols fields; read
 * by few and some only.
 */
typedef void (*csv_scan_fn)(const unsigned char *p, size_t n, char delimiter,
    const struct csv_turns *turns, uint32_t *ends, struct csv_scan *);

struct csv_scanner {
	const char *name;
	csv_scan_fn all;  /* every end */
	csv_scan_fn few;  /* those of turns; best for one in four at most */
	csv_scan_fn some; /* the same, for one in two; NULL: neither pays */
};

/* The fastest for this processor; the same for the whole process. */
const struct csv_scanner *csv_scan_best(void);
/* All this processor can run, for tests: NULL beyond the last. */
const struct csv_scanner *csv_scan_version(size_t i);

/* Count of '"' in p[n], for its parity. */
size_t csv_count_quotes(const unsigned char *p, size_t n);

/* Offset of the first byte that is not valid UTF-8 (RFC 3629), or n. */
size_t csv_utf8_bad(const unsigned char *p, size_t n);

/* The slow, exact walk: what is wrong first, and where. */
struct csv_walk {
	size_t end;      /* offset after the record (one), or of the error */
	uint64_t line;   /* from 1; for an open quote where it opened */
	uint64_t record; /* from 1 */
	uint64_t column; /* from 1 */
	const char *what; /* static text; NULL: nothing is wrong */
	int open;        /* the end came inside quotes */
	size_t ragged;   /* stopped at a record of so many fields; 0: not */
};

/*
 * one: stop after the first record; then a missing line feed at the end is
 * no error but end == n + 1. ncols > 0: stop at a record that has another
 * count of fields; end is then where it starts. No padding is needed.
 */
void csv_walk(const unsigned char *p, size_t n, char delimiter, int one,
    size_t ncols, struct csv_walk *);

#endif
