/*
 * group: rules that see the records before and after their own in a group
 * (man/nib-dataset.5, RULES); a part of wide, inside room spec only.
 *
 * What the rules read is kept of each record (group_rows.h), by worker;
 * merged states are decided at the end, shard by shard.
 */
#ifndef NIB_SPEC_GROUP_H
#define NIB_SPEC_GROUP_H

#include <stddef.h>
#include <stdint.h>

#include "base/fault.h"
#include "base/spill.h"
#include "csv/block.h"
#include "expr/expr.h"
#include "spec/group_plan.h"
#include "spec/group_rows.h"
#include "spec/wide_tally.h"

struct group_options {
	struct spill *spill;   /* borrowed */
	struct pieces *pieces; /* borrowed */
	size_t memory;         /* bytes of rows a worker may hold */
	int by_place;          /* rows have the place where they count */
	int files;             /* rows have the number of their file */
};

struct group_keep;

struct group_state {
	const struct group_plans *plans;
	struct group_options o;
	struct group_rows **rows; /* per plan */
	struct group_keep *keep;  /* per plan: for group_map */
	struct buf key;
};

/* shelf: of the plans' scope, or NULL. */
struct group_state *group_state_new(const struct group_plans *,
    const struct group_options *, struct expr_shelf *);
void group_state_free(struct group_state *);

/* As wide_map. */
int group_map(struct group_state *, const struct csv_block *, size_t first,
    size_t n, const uint32_t *places, struct fault *);
/* Takes all that from holds. */
void group_merge(struct group_state *into, struct group_state *from);

/*
 * Decides, by up to jobs threads: found is called by file, record and rule
 * for each that is broken. The state is empty after.
 */
int group_finish(struct group_state *, unsigned jobs, struct wide_tally *,
    void (*found)(void *arg, size_t rule, size_t file, uint64_t record),
    void *arg, struct fault *);

#endif
