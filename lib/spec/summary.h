/*
 * summary: how often each thing was found, to keep, to add up and to judge.
 *
 * A class of findings is what was checked: type, constraint, field, rule,
 * severity and message. Besides its count it has the place of its first
 * finding. Summaries of parts add up to that of the whole, whatever their
 * order: first is the file that sorts first and its lowest row, so parts
 * should be named in their order.
 */
#ifndef NIB_SPEC_SUMMARY_H
#define NIB_SPEC_SUMMARY_H

#include <stdint.h>

#include "base/buf.h"
#include "base/fault.h"
#include "spec/checker.h"

struct summary;

struct summary *summary_new(void);
void summary_free(struct summary *);

/* What a run found; paths (NULL: standard input) name its files. */
void summary_add(struct summary *, const struct findings *,
    const struct checker_result *, const char *const *paths);
/* Adds what a file of summary_put holds. */
int summary_read(struct summary *, const char *path, struct fault *);

/*
 * As CSV: type, constraint, field, rule, severity, message, count, max_rate,
 * first_file, first_row. First the types records, records-with-errors and
 * records-with-warnings (those without an error), then classes, errors
 * before warnings, the most frequent first.
 */
void summary_put(struct summary *, struct buf *);

/*
 * 1: enough was found to fail. Errors count, and warnings if asked, but not
 * those of a rule that no more than its max_rate of the records break. With
 * a rate >= 0, what counts must besides stand in more than that share of
 * the records.
 */
int summary_fails(const struct summary *, int warnings, double rate);

#endif
