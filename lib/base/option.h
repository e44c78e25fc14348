/*
 * option: one table per tool gives its parsing, its help and its shell
 * completions.
 */
#ifndef NIB_BASE_OPTION_H
#define NIB_BASE_OPTION_H

#include <stdio.h>

#include "base/fault.h"

/*
 * For a letter: there is none, and the help is one screen, which leaves this
 * option to the manual.
 */
#define OPTION_MORE '\001'

/*
 * The name of an option's argument may begin with a sign, which is not shown
 * and says what the argument is: < a file that is read, > one that is
 * written, ? one that is read, or a name in share/. In TABLE=FILE the file is
 * what follows =, in FILE:KEY what is before the colon.
 */

struct option_row {
	int id;            /* what the setter gets; 0 ends the table */
	char letter;       /* short form, or 0, or OPTION_MORE */
	const char *name;  /* long form, without the dashes */
	const char *value; /* name of its argument, signed; NULL: takes none */
	const char *help;  /* one line; NULL: not shown in help */
};

struct option_tool {
	const char *name;        /* nib-validate */
	const char *synopsis;    /* "-s SPEC [OPTION...] [FILE...]" */
	const char *purpose;     /* one sentence */
	const struct option_row *rows;
	const char *examples;    /* lines, shown at the end of help */
};

/*
 * Calls set for each option in order; set returns -1 with a fault to stop.
 * *first is the index of the first operand. Options and operands may mix;
 * "--" ends the options. A wrong option is a fault that names the nearest
 * right one. Long names may be shortened while they are unambiguous.
 */
int option_parse(const struct option_tool *, int argc, char **argv,
    int (*set)(void *, int id, const char *value, struct fault *), void *,
    int *first, struct fault *);

/* The name of a row's argument without its sign; NULL: it takes none. */
const char *option_argument(const struct option_row *);

/* Says at the end where the options are that it leaves out. */
void option_help(const struct option_tool *, FILE *);
/* shell: bash, zsh or fish; -1 for another. */
int option_completion(const struct option_tool *, const char *shell, FILE *);
/* The long names with their dashes, one a line. */
void option_words(const struct option_tool *, FILE *);

#endif
