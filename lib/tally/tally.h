/*
 * tally: groups and their measures over a stream of records.
 *
 * A group is a tuple of text values of expressions; an empty or missing
 * value is a value like any other, written as an empty cell. Measures are
 * exact: decimals are integers at a common scale (digits after the point),
 * summed in 128 bits with overflow an error, so the result does not depend
 * on the order of records, the number of workers or how input was cut.
 * The scale of a measure is its field's in the specification, else the
 * largest met in the data. A real number out of an expression counts as
 * the shortest decimal that reads back as it, to 18 digits after the point.
 *
 * Use with flow: state_new, map, state_merge, state_free are the four
 * functions of struct flow, arg the struct tally.
 */
#ifndef NIB_TALLY_TALLY_H
#define NIB_TALLY_TALLY_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/fault.h"
#include "base/num.h"
#include "base/outfile.h"
#include "csv/block.h"
#include "csv/reader.h"
#include "flow/parts.h"
#include "spec/spec.h"
#include "tally/request.h"

#define TALLY_MEMORY ((size_t)64 * 1024 * 1024)

struct tally_options {
	int empty_bad;   /* count cells that are no number instead of failing */
	size_t memory;   /* bytes for groups, over all workers */
	unsigned jobs;   /* workers; 0: as many as processors */
	int partial;     /* for tally_write_partial */
};

struct tally;
struct tally_state;

/*
 * For records with a header. spec may be NULL: every field is text. Borrows
 * everything until tally_free. Every name and expression is checked here.
 */
struct tally *tally_new(const struct tally_request *, const struct spec *,
    const struct csv_header *, const struct tally_options *, struct fault *);
/*
 * For partial results with a header: refused unless the same request made
 * them, with the same version of the format.
 */
struct tally *tally_new_partial(const struct tally_request *,
    const struct csv_header *, const struct tally_options *, struct fault *);
void tally_free(struct tally *);
/* Tells the reader of the records which columns the request reads. */
void tally_want(const struct tally *, struct csv_reader *);
/* The file of a grouping's list; NULL if it has none. */
const char *tally_list_path(const struct tally *, size_t by);

void *tally_state_new(void *tally);
void tally_state_free(void *state);
int tally_state_merge(void *into, void *from, struct fault *);
int tally_map(void *state, const struct csv_block *, struct buf *outs,
    struct fault *);
/*
 * The map function for partial results. What has come of them is for the
 * caller to check when the input is read.
 */
int tally_map_partial(void *state, const struct csv_block *, struct buf *outs,
    struct fault *);
const struct parts *tally_parts(const struct tally_state *);

/*
 * With empty_bad: what was met. The place is the first one's; out of partial
 * results there is none and line is 0.
 */
struct tally_bad {
	const char *text; /* the expression */
	uint64_t n;
	const char *file; /* borrowed from the reader */
	uint64_t line, record;
	size_t column; /* from 1; 0: more than one */
};
/* 1 and the i-th measured expression's, if it has any; 0; -1: no such i. */
int tally_bad_at(const struct tally_state *, size_t i, struct tally_bad *);
/* Bytes written to the temporary file. */
uint64_t tally_spilled(const struct tally *);

/*
 * The merged state as CSV that tally_map_partial reads; parts: of how many it
 * is made.
 */
int tally_write_partial(struct tally_state *, uint64_t parts,
    struct outfile *, int header, struct fault *);

enum tally_form {
	TALLY_NONE,    /* no value to measure */
	TALLY_BAD,     /* empty because some cell was no number */
	TALLY_NUMBER,  /* a count: v */
	TALLY_DECIMAL, /* v at scale */
	TALLY_REAL,    /* r */
	TALLY_DATE,    /* v: days */
	TALLY_TIME,    /* v: seconds of the day */
	TALLY_DATETIME /* v: seconds */
};

struct tally_value {
	enum tally_form form;
	num_wide v;
	unsigned scale;
	double r;
	uint64_t n;   /* values it was made of */
	uint64_t met; /* share: those that meet the condition */
	num_wide sum; /* mean: of the values, at scale */
	int unsafe;   /* 0 here; disclosure/contributors.h */
};

struct tally_row {
	const struct csv_slice *by; /* nby cells */
	uint32_t total;  /* bit i: by[i] is all values together; its n is 0 */
	uint64_t nrows;  /* records in the group */
	const struct tally_value *values; /* nmeasures */
	uint64_t nbad;   /* cells that were no number, all measures */
	int rest;        /* tally_rows_top put it together */
};

/*
 * The result, group by group in C byte order, totals after what they add
 * up. Uses up the state's content. Memory of a row lives until the next
 * call.
 */
struct tally_result;
struct tally_result *tally_result_new(struct tally_state *, struct fault *);
int tally_result_next(struct tally_result *, struct tally_row *,
    struct fault *);
void tally_result_free(struct tally_result *);

/* A value as a cell, nothing for none. */
void tally_put_value(struct buf *, const struct tally_value *);

#endif
