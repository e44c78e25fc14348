/*
 * aggregate_tables: nib-aggregate on published tables instead of records:
 * --audit-only and --release-check. Each table is held whole.
 */
#ifndef NIB_CMD_AGGREGATE_TABLES_H
#define NIB_CMD_AGGREGATE_TABLES_H

#include "base/fault.h"
#include "tally/request.h"
#include "tool.h"

struct tables_options {
	const struct tool *tool;
	const struct tally_request *request;
	const char *disclosure;  /* NULL: hes */
	const char *pivot; /* the grouping whose values are columns; or NULL */
	const char *total_label;
	const char *audit;       /* a file for the intervals; or NULL */
	int repair;              /* write the first table, made safe */
	const char *const *earlier; /* tables released before */
	size_t nearlier;
	const char *ledger;      /* which may know of others; or NULL */
};

enum status tables_audit(const struct tables_options *, struct fault *);
enum status tables_release_check(const struct tables_options *,
    struct fault *);

#endif
