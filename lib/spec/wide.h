/*
 * wide: rules that look beyond one record.
 *
 * A group rule sees the records before and after its own in a group; a
 * reference rule sees the records of another table that have the same key
 * (man/nib-dataset.5, RULES). Reference rules are decided record by record,
 * as blocks come. Group rules are decided at the end, from what was kept of
 * each record: the values of the expressions that make group and order and
 * of those the rules read, for each set of rules with the same group and
 * order: 180 bytes a record for the two sets of admitted_episode. When that
 * is too much, go through the input several times: a state for part p of n
 * keeps the groups that fall to p.
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
#include "spec/spec.h"

struct wide;
struct wide_state;

/* Borrows both. A rule that cannot be compiled at all is a fault. */
struct wide *wide_new(const struct spec *, const struct csv_header *,
    struct fault *);
void wide_free(struct wide *);

/* Leaves the group rules out, and the memory they take. */
void wide_skip_groups(struct wide *);
/* Verdicts are counted by place (wide_map): 4 bytes more a record kept. */
void wide_by_place(struct wide *);
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

/* A worker's own. part 0 of 1: all groups. */
struct wide_state *wide_state_new(const struct wide *, uint32_t part,
    uint32_t parts);
void wide_state_free(struct wide_state *);

/*
 * A block: found is called for each reference rule that a regular record
 * breaks, in no order to rely on; what group rules need is kept. places,
 * after wide_by_place, says of each regular record where it counts: numbers
 * from 0 that all states share. Else NULL: all count at place 0.
 */
int wide_map(struct wide_state *, const struct csv_block *,
    const uint32_t *places,
    void (*found)(void *arg, size_t rule, size_t record), void *arg,
    struct fault *);
/* Takes all that from holds. */
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
