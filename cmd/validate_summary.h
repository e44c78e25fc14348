/* The part of nib-validate that says what was found, and what it means. */
#ifndef NIB_CMD_VALIDATE_SUMMARY_H
#define NIB_CMD_VALIDATE_SUMMARY_H

#include "spec/checker.h"
#include "tool.h"

enum fail_on { ON_ERROR, ON_WARNING, NEVER };

struct summary_opts {
	const char *file;      /* --summary; NULL: none */
	enum fail_on fail_on;
	double max_error_rate; /* -1: none */
};

/* The commonest findings, on standard error. */
void summary_tell(const struct checker *, const struct checker_result *,
    size_t files);
/* Writes --summary, and decides. */
enum status summary_end(const struct summary_opts *, const struct tool *,
    const struct checker *, const struct checker_result *, struct fault *);
/* --merge of files of --summary, which reads no records. */
enum status summary_merge(const struct summary_opts *, const struct tool *,
    struct fault *);

#endif
