/*
 * filenames: the files that a command line names. An output is none of the
 * others: what is read would be lost, and of two outputs of one name the
 * last one complete would be left, with nothing to say so.
 */
#ifndef NIB_BASE_FILENAMES_H
#define NIB_BASE_FILENAMES_H

#include <stddef.h>

#include "base/fault.h"

/* Starts as { 0 }. */
struct filenames {
	struct filename *v;
	size_t n;
};

/* Of a file that is read, "-" is standard input. */
enum filename_use { FILENAME_READ, FILENAME_WRITTEN };

/*
 * option: whose file it is; NULL: the input, or the output, of the tool. Only
 * the name is borrowed; of path n bytes are copied. Of an output's option that
 * is given again the last counts.
 */
void filenames_add(struct filenames *, enum filename_use, const char *option,
    const char *path, size_t n);
/* A fault if an output is another output, or a file that is read. */
int filenames_apart(const struct filenames *, struct fault *);
void filenames_free(struct filenames *);

#endif
