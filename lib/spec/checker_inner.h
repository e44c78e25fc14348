/*
 * Between the files of checker: what is compiled (checker.c, with the header
 * in checker_header.c and measures in checker_measure.c), a worker's state
 * and its blocks (checker_block.c, with the cells in checker_cells.c), and
 * what comes in order of the blocks and at the end (checker_order.c).
 */
#ifndef NIB_SPEC_CHECKER_INNER_H
#define NIB_SPEC_CHECKER_INNER_H

#include "base/arena.h"
#include "spec/checker.h"
#include "spec/column.h"
#include "spec/given.h"
#include "spec/keycheck.h"
#include "spec/marks.h"
#include "spec/meter.h"
#include "spec/wide.h"

enum { FLAG_ERROR = 1, FLAG_WARNING = 2, LATE = 2 /* bits to the left */ };

struct rule {
	const struct spec_rule *rule;
	struct expr *expr;
	uint32_t check;
};

struct checker {
	const struct spec *spec;
	struct checker_options o;
	size_t ncols;
	struct csv_header header; /* with what is blank or double renamed */
	struct arena arena;
	struct findings *list;
	struct spec_scope *scope;
	struct column **columns; /* per column; NULL: not described */
	struct expr **applies;   /* per column; NULL: always */
	/* Per column with dated codes: the fields its day is taken of. */
	struct day_of {
		size_t n;
		const struct expr_field *fields[2];
	} *days;
	unsigned char *looked;   /* per column: a date that a rule reads */
	uint32_t *missing_cell;  /* entry per column */
	uint32_t extra_cell, blank_row;
	size_t nrules;
	struct rule *rules;
	struct wide *wide;      /* rules beyond one record; NULL: none */
	uint32_t *wide_checks;  /* entry per rule of the specification */
	struct keycheck keys;
	struct given *given; /* NULL: none */
	struct buf unchecked;
	struct finding *header_findings;
	size_t nheader;

	/* Measuring; plan.fields by measured column. */
	struct meter_plan plan;
	long *measured;     /* per column: field of the plan; -1: none */
	struct expr **when; /* per column: where the field applies; NULL */
	const char **rule_ids, **key_ids;
};

struct checker_state {
	const struct checker *checker;
	struct column_run **runs;
	struct expr_shelf *shelf; /* what applies, rules and when read */
	struct expr_run **applies, **rules;
	struct column_found found; /* of a batch */
	struct buf values, pool, key;
	struct finding *list; /* of a block, by row */
	size_t nlist, cap;
	unsigned char *flags; /* of a block's regular records */
	size_t flags_cap;
	struct keycheck_state *keys;
	size_t first; /* record of the block's, of this batch */
	/* Of a block, in any order: keys that were there; other tables' rules. */
	struct checker_apart {
		struct finding *v; /* row: the record's number in the block */
		size_t n, cap;
	} twice, beyond;
	struct findings_tally *tally;
	uint64_t records, bad, warned, late;
	struct marks *marks; /* flags of records, for rules over groups */
	struct wide_state *wide;
	struct meter **meters; /* one, and those of states merged into it */
	size_t nmeters;
	struct expr_run **when;
};

/* Compiling. */

/* An error's entry of the catalogue; column from 1, 0: of none. */
uint32_t checker_entry(struct checker *, const char *type,
    const char *constraint, const char *field, size_t column,
    const char *message);
/*
 * What is wrong with the header becomes findings. The field of each column,
 * yours; below 0: none.
 */
long *checker_match_header(struct checker *, const struct csv_header *);
/* The column of a field; NULL: not in the header. */
const struct column *checker_column(const struct checker *, size_t field);
/* What is measured. */
void checker_plan(struct checker *);

/* A block's findings. */

static inline unsigned char
checker_flag(const struct checker *c, uint32_t check)
{
	return findings_get(c->list, check)->severity == SPEC_ERROR ?
	    FLAG_ERROR : FLAG_WARNING;
}

/* Row of a regular record of which ragged ones stand before. */
static inline uint64_t
checker_row(const struct checker *c, const struct csv_block *b, size_t r,
    size_t ragged)
{
	return b->first_record + r + ragged + !c->o.no_header;
}

void checker_keep(struct checker_state *, const struct finding *);
int checker_by_row(const void *, const void *);
/* Two runs that are each by row become one: [0, middle) and the rest. */
void checker_merge_runs(struct checker_state *, size_t middle);
/* Adds one that goes among the block's findings later. */
void checker_set_apart(struct checker_apart *, size_t record, uint32_t check);
/*
 * All of them go there. counted: the block's records were counted before by
 * what they were found to be.
 */
void checker_take_apart(struct checker_state *, const struct csv_block *,
    struct checker_apart *, int counted);
/* To the tally, from one on. */
void checker_count(struct checker_state *, const struct csv_block *,
    size_t from);
/* Rules over groups will want to know what a record was found to be. */
void checker_mark(struct checker_state *, const struct csv_block *, size_t r);
/* What the block's findings and records make of the outputs. */
void checker_put(const struct checker_state *, const struct csv_block *,
    struct buf *outs);

/* Checking a batch of m records from first on, or a ragged one. */
int checker_columns(struct checker_state *, const struct csv_block *,
    size_t first, size_t m, struct fault *);
int checker_rules(struct checker_state *, const struct csv_block *,
    size_t first, size_t m, struct fault *);
int checker_ragged(struct checker_state *, const struct csv_block *,
    size_t at, struct fault *);
/* What the column's check found goes to the meter; x as column_take left it. */
int checker_measure(struct checker_state *, size_t column,
    const struct csv_block *, size_t first, size_t m,
    const struct column_cells *x, size_t found_before, struct fault *);

/*
 * What was found elsewhere about the block's records: findings as its own,
 * then those of rules over groups, which are counted but told there, and no
 * record is held back for them.
 */
void checker_add_given(struct checker_state *, const struct csv_block *);
void checker_count_given(struct checker_state *, const struct csv_block *);

#endif
