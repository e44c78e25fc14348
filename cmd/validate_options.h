/*
 * The options of nib-validate: what they are, which go together, and what a
 * run of it is for.
 */
#ifndef NIB_CMD_VALIDATE_OPTIONS_H
#define NIB_CMD_VALIDATE_OPTIONS_H

#include "audit.h"
#include "spec/findings.h"
#include "spec/spec.h"
#include "tool.h"
#include "validate_quality.h"
#include "validate_summary.h"

enum mode { MODE_RECORDS, MODE_MERGE_QUALITY, MODE_MERGE_SUMMARY, MODE_JUDGE,
	MODE_CHECK_SPEC, MODE_EXPLAIN, MODE_INIT };

struct reference {
	char *name, *path, *spec; /* spec NULL: none */
	struct spec *open;
};

struct opts {
	struct tool t;
	struct audit audit;
	enum mode mode;
	uint64_t given; /* options, a bit each */
	const char *spec, *errors, *rejects, *dialect, *encoding;
	const char *explain, *init;
	int check, no_unique, no_groups, show_values, across;
	const char *found;
	enum findings_format format;
	size_t memory; /* for rules over groups; 0: the default */
	size_t nreferences;
	struct reference *references;
	struct summary_opts summary;
	struct quality_opts quality;
};

extern const struct option_tool validate_table;

/* Of struct tool_calls; the check says what the run is for. */
int validate_set(void *options, int id, const char *, struct fault *);
int validate_options_check(void *options, struct fault *);
void validate_options_free(struct opts *);

#endif
