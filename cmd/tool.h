/*
 * tool: what every command does alike: the options of DESIGN's
 * "Conventions", opening the input, the header line, ending.
 *
 * Rows of TOOL_ROWS go at the end of a command's option table, before the
 * row { 0 }; a command's setter gives every id it does not know to
 * tool_option. Ids from 900 on belong to tool.
 */
#ifndef NIB_CMD_TOOL_H
#define NIB_CMD_TOOL_H

#include "base/fault.h"
#include "base/filenames.h"
#include "base/msg.h"
#include "base/option.h"
#include "base/outfile.h"
#include "csv/reader.h"

enum tool_id {
	TOOL_OUTPUT = 900, TOOL_DELIMITER, TOOL_COLUMNS, TOOL_NO_HEADER,
	TOOL_MAX_RECORD, TOOL_FIRST_RECORD, TOOL_JOBS, TOOL_PROVENANCE,
	TOOL_QUIET, TOOL_HELP, TOOL_VERSION, TOOL_COMPLETION
};

/* Shared rows by part: a tool without records leaves TOOL_INPUT_ROWS out. */
#define TOOL_INPUT_ROWS                                                  \
	{ TOOL_DELIMITER, 'd', "delimiter", "C",                         \
	    "input's delimiter: a character, or tab" },                  \
	{ TOOL_COLUMNS, 0, "columns", "A,B,...",                         \
	    "the input has no header; these are its columns" },          \
	{ TOOL_MAX_RECORD, OPTION_MORE, "max-record", "SIZE",            \
	    "longest record accepted (default 16M)" },                   \
	{ TOOL_FIRST_RECORD, OPTION_MORE, "first-record", "N",           \
	    "the first record's number in what this is a part of" },     \
	{ TOOL_JOBS, 'j', "jobs", "N",                                   \
	    "workers (default: processors); output is the same" }
#define TOOL_OUTPUT_ROWS                                                 \
	{ TOOL_OUTPUT, 'o', "output", ">FILE",                           \
	    "write to FILE, which appears only when complete" },         \
	{ TOOL_NO_HEADER, 0, "no-header", NULL,                          \
	    "leave out the header line" }
/* Only for a tool that gives the account: an option is never ignored. */
#define TOOL_PROVENANCE_ROW                                              \
	{ TOOL_PROVENANCE, 0, "provenance", ">FILE",                     \
	    "write a JSON account of this run" }
#define TOOL_COMMON_ROWS                                                 \
	{ TOOL_QUIET, 'q', "quiet", NULL, "no warnings, no progress" },  \
	{ TOOL_HELP, 'h', "help", NULL, "this text" },                   \
	{ TOOL_VERSION, 'V', "version", NULL, "the version" },           \
	{ TOOL_COMPLETION, 0, "completion", "SHELL", NULL }

struct tool {
	const struct option_tool *table;
	struct csv_options csv;
	const char *output;     /* NULL: standard output */
	const char *provenance; /* NULL: none */
	int no_header;
	unsigned jobs;
	int quiet;
	const char *const *paths; /* the operands: files that are read */
	size_t npaths;
	struct filenames files; /* of options */
	int no_output; /* this use of the tool has none of its own */
	int argc; /* the command line as given, for provenance */
	char **argv;
};

/* A delimiter as it is written in options: a character, or tab. */
int tool_delimiter(const char *, char *to, struct fault *);

/* The input, as the options and operands say. */
struct csv_reader *tool_input(const struct tool *, struct fault *);

/*
 * For a tool whose first operand is a verb (nib-key show): takes it from the
 * operands; its place in names (NULL-terminated), or -1.
 */
int tool_verb(struct tool *, const char *const *names, struct fault *);
/*
 * 0 if the verb takes every option that was given, else a fault that names
 * one. given and takes have bit 1 << id of the tool's own ids, and bit 0 for
 * --output.
 */
int tool_verb_takes(const struct tool *, const char *verb, unsigned given,
    unsigned takes, struct fault *);

/*
 * What a tool, or a part of one, does with its options, which these know by
 * their struct. set gets each of its own, and returns 0 or -1; NULL: it has
 * none. check looks at all of them together, before anything is opened, and
 * takes from the operands what is no file; NULL: nothing to look at.
 */
struct tool_calls {
	const struct option_tool *table;
	int (*set)(void *options, int id, const char *value, struct fault *);
	int (*check)(void *options, struct fault *);
	enum status (*run)(void *options, struct fault *);
};

/*
 * The main of a tool: parses into the tool and its options, checks, sees
 * that no output is another file that is named, runs, and says what went
 * wrong. Returns the exit status; the options are the caller's to release.
 */
int tool_main(const struct tool_calls *, struct tool *, void *options,
    int argc, char **argv);

/*
 * A tool of parts (nib-link persons, nib-link score, ...). Each part parses
 * its own command line, argv[0] being its name, and returns an exit status.
 */
struct tool_part {
	const char *name; /* NULL ends the list */
	int (*run)(int argc, char **argv);
	const char *purpose; /* half a sentence, for the help */
};

struct tool_parts {
	const char *name;     /* nib-link */
	const char *synopsis; /* of what follows the part */
	const char *purpose;  /* one sentence */
	const struct tool_part *parts;
	const char *examples; /* lines, shown at the end of help */
};

/* The whole main of such a tool: finds the part and runs it. */
int tool_parts(const struct tool_parts *, int argc, char **argv);

#endif
