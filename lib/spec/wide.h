/*
 * wide: rules that look beyond one record.
 *
 * A group rule sees the records before and after its own in a group; a
 * reference rule sees the records of another table that have the same key
 * (man/nib-dataset.5, RULES). Reference rules are decided record by record,
 * as blocks come. Group rules are decided at the end, from what was kept of
 * each record: what the rules and the order read, and a digest of the
 * group's key, for each set of rules with the same group and order: 67
 * bytes a record of one file for the two sets of admitted_episode. What is
 * beyond the memory allowed goes to a spill file.
 *
 * A rule that needs a column the header lacks, or a reference that was not
 * given, is not applicable. Verdicts do not depend on how blocks were
 * shared out among workers.
 */
#ifndef NIB_SPEC_WIDE_H
#define NIB_SPEC_WIDE_H

#include <stddef.h>
#include <stdint.h>

#include "base/fault.h"
#include "csv/reader.h"
#include "expr/expr.h"
#include "spec/spec.h"

struct wide;
struct wide_state;

/*
 * Borrows both; the scope is that of the specification over the input's
 * header. A rule that cannot be compiled at all is a fault.
 */
struct wide *wide_new(const struct spec *, const struct expr_scope *,
    struct fault *);
void wide_free(struct wide *);

/*
 * Bytes that group rules may keep in all (0: WIDE_MEMORY), and the workers
 * that share them and decide at the end. Without it WIDE_MEMORY and one.
 */
#define WIDE_MEMORY ((size_t)256 * 1024 * 1024)
void wide_memory(struct wide *, size_t memory, unsigned jobs);

/* Leaves the group rules out, and the memory they take. */
void wide_skip_groups(struct wide *);
/* Verdicts are counted by place (wide_map): 4 bytes more a record kept. */
void wide_by_place(struct wide *);
/* All blocks will be of the first file: 3 bytes less a record kept. */
void wide_one_file(struct wide *);
/* Does a rule refer to a table of this name? */
int wide_wants(const struct wide *, const char *name);

/*
 * Reads a reference table whole, and keeps the columns that rules read.
 * spec (may be NULL) gives its types and aliases, and is borrowed until
 * wide_free; without one its cells are text. 1: read; 0: no rule asks for
 * this name, nothing was read; -1.
 */
int wide_reference(struct wide *, const char *name, struct csv_reader *,
    const struct spec *, struct fault *);
/*
 * After the references: compiles what needs them. Then wide is read only
 * and may be shared by threads.
 */
int wide_ready(struct wide *, struct fault *);
/* Is rule i (of spec->rules) decided here? 0: a record rule, or it is not
 * applicable to this header and these references. */
int wide_applies(const struct wide *, size_t i);
int wide_any_group(const struct wide *); /* is any a group rule? */

/* Bytes that went to the spill file so far. */
uint64_t wide_spilled(const struct wide *);

/* A worker's own. shelf, of the same scope, may be NULL. */
struct wide_state *wide_state_new(const struct wide *, struct expr_shelf *);
void wide_state_free(struct wide_state *);

/*
 * n <= EXPR_BATCH regular records of a block: found is called for each reference rule that a regular record
 * breaks, in no order to rely on; what group rules need is kept. places,
 * after wide_by_place, says of each regular record where it counts: numbers
 * from 0 that all states share. Else NULL: all count at place 0.
 */
int wide_map(struct wide_state *, const struct csv_block *, size_t first,
    size_t n, const uint32_t *places,
    void (*found)(void *arg, size_t rule, size_t record), void *arg,
    struct fault *);
/* Takes all that from holds; from may then only be freed. */
void wide_merge(struct wide_state *into, struct wide_state *from);

/*
 * Decides the group rules: found is called by file, record and rule, the
 * record's number being that of csv_record_number.
 */
int wide_finish(struct wide_state *,
    void (*found)(void *arg, size_t rule, size_t file, uint64_t record),
    void *arg, struct fault *);

/* Records that a rule spoke about (true or false), and that broke it. */
struct wide_count {
	uint64_t applicable, broken;
};
/*
 * One for each rule of the specification, of one place; NULL: nothing was
 * counted there. Borrowed. Whole after finish.
 */
const struct wide_count *wide_counts(const struct wide_state *,
    size_t place);

/* Does a rule compile, were all fields and its reference there? */
int wide_check(const struct spec *, const struct spec_rule *,
    struct fault *);

#endif
