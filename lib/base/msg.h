/*
 * msg: the one place that writes to standard error.
 *
 * Commands call it; libraries fill a struct fault instead. One form:
 *
 *     nib-validate: visits.csv:1042: record 1040, column 7 (birth_date):
 *     not a date (YYYY-MM-DD)
 *
 * on one line, lower case, no full stop, and never a cell's value. A file's
 * or a column's name may hold anything: what would end the line or command a
 * terminal is shown as a question mark.
 */
#ifndef NIB_BASE_MSG_H
#define NIB_BASE_MSG_H

#include "base/fault.h"

/* The exit statuses of every tool. */
enum status {
	CLEAN = 0,    /* done, nothing found */
	FINDINGS = 1, /* done, and the answer is no */
	TROUBLE = 2   /* not done */
};

/* name: the tool's, borrowed for good. */
void msg_start(const char *name);
void msg_quiet(int); /* warnings and notes are dropped when true */

void msg_fault(const struct fault *);
void msg_error(const char *, ...) __attribute__((format(printf, 1, 2)));
void msg_warn(const char *, ...) __attribute__((format(printf, 1, 2)));
void msg_note(const char *, ...) __attribute__((format(printf, 1, 2)));

#endif
