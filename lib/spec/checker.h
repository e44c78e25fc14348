/*
 * checker: records held against a dataset specification.
 *
 * A checker is compiled from a specification and a header, and is then
 * shared by all workers; each has a state of its own. Its map, in_order and
 * merge are those of a flow. Columns are checked one after the other in
 * batches of 256 records, each check in a loop of its own.
 *
 * ORDER. Per cell: is it missing? then only "required" can fail. Does it fit
 * its type? If not, no constraint is looked at. Then every constraint. A
 * cell that a list of defaults holds passes. Rules of the specification
 * come after the columns, on records with as many cells as the header; a
 * rule that reads a cell of the wrong type does not apply. Findings come
 * out by record, column, constraint.
 *
 * Rules over groups of records are decided at the end (spec/wide.h).
 *
 * A record with a finding of severity error is not passed on. Keys compare
 * logical values; records with a null in the key are left out; the second
 * and later records with a key are the finding. So what a record's
 * verdict is depends on those before it: with keys, the verdict on a part
 * of a file is not part of the verdict on the whole.
 */
#ifndef NIB_SPEC_CHECKER_H
#define NIB_SPEC_CHECKER_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/fault.h"
#include "base/outfile.h"
#include "csv/reader.h"
#include "spec/findings.h"
#include "spec/quality.h"
#include "spec/spec.h"

struct checker;

struct checker_options {
	int no_unique;   /* leave out primaryKey, uniqueKeys, unique */
	int no_groups;   /* leave out rules over groups of records */
	/*
	 * For parts of something larger (spec/given.h). across: look only
	 * at what depends on other records, that is, keys and groups. given:
	 * leave just that out, since checker_given says what came of it.
	 * later: not the first part; findings about the header are its.
	 */
	int across, given, later;
	int show_values; /* findings give the cell */
	int no_header;   /* the first record is row 1, not row 2 */
	int files;       /* several: findings name theirs */
	int measure;     /* count for checker_quality */
	size_t memory;   /* bytes for rules over groups; 0: WIDE_MEMORY */
	unsigned jobs;   /* workers; 0: as many as processors */
	enum findings_format format;
	/* Which output of the map gets what; -1: none. */
	int good, errors, rejects;
};

/*
 * Borrows the specification and the header. Columns that the specification
 * does not describe are passed on as they are, unless fieldsMatch forbids.
 * What is wrong with the header is a finding, not a fault.
 */
struct checker *checker_new(const struct spec *, const struct csv_header *,
    const struct checker_options *, struct fault *);
void checker_free(struct checker *);

/*
 * Foreign keys. A reference is a file with a header, read here and now; its
 * cells are read as the types of the fields that refer to it. spec, if not
 * NULL, gives its aliases. Self references need resource "" or the
 * specification's own name. -1 also when no foreign key refers to it.
 */
int checker_reference(struct checker *, const char *resource,
    struct csv_reader *, const struct spec *, struct fault *);
/* Does a foreign key refer to this table itself? */
int checker_refers_to_self(const struct checker *);

/*
 * Does a foreign key, or a rule (spec/wide.h), refer to this resource? Each
 * reads it for itself, once, before checker_ready. The specification of a
 * rule's reference is borrowed until checker_free.
 */
int checker_keys_want(const struct checker *, const char *resource);
int checker_rules_want(const struct checker *, const char *resource);
int checker_rule_reference(struct checker *, const char *resource,
    struct csv_reader *, const struct spec *, struct fault *);
/* The findings of a run across, with the option given; the rows are those of
 * csv_record_number. Before the run. */
int checker_given(struct checker *, struct csv_reader *, struct fault *);
/* After the references, before the run. */
int checker_ready(struct checker *, struct fault *);

/* What will not be checked, as text, yours; NULL: all will be. */
char *checker_unchecked(const struct checker *);

size_t checker_header_findings(const struct checker *);
/* The first line of the findings, and those of the header. */
void checker_begin(const struct checker *, struct buf *);

/*
 * For struct flow; arg of state_new, in_part and in_order is the checker,
 * and nparts is checker_parts.
 */
void *checker_state_new(void *checker);
void checker_state_free(void *);
int checker_map(void *state, const struct csv_block *, struct buf *outs,
    struct fault *);
unsigned checker_parts(const struct checker *);
int checker_in_part(void *checker, void *state, const struct csv_block *,
    unsigned part, struct fault *);
int checker_in_order(void *checker, void *state, const struct csv_block *,
    struct buf *outs, struct fault *);
int checker_merge(void *into, void *from, struct fault *);

/*
 * After the run, once: decides the rules over groups and writes their
 * findings to errors (NULL: nowhere), by file, row and rule. paths are the
 * input's, for findings that name their file. Their records were passed on
 * before.
 */
int checker_finish(const struct checker *, void *state,
    const char *const *paths, struct outfile *errors, struct fault *);

struct checker_result {
	uint64_t records;  /* regular and ragged */
	uint64_t bad;      /* with an error */
	uint64_t late;     /* only by checker_finish, so passed on */
	uint64_t warned;   /* with warnings only */
	uint64_t errors, warnings; /* findings, the header's included */
	const struct findings_tally *tally; /* per entry; borrowed */
};

/* Adds what was measured to a table; after checker_finish. */
void checker_quality(const void *state, struct quality *);

struct checker_result checker_sum(const struct checker *, const void *state);
const struct findings *checker_findings(const struct checker *);

#endif
