/*
 * twice: input that can be read a second time.
 *
 * A regular file is opened again. What can be read only once (a pipe, a
 * device) is first copied, as it comes, to a spill file (base/spill.h), which
 * nobody else can read, nor this user when the process has ended. 1 MB for
 * each that is copied.
 */
#ifndef NIB_LINKAGE_TWICE_H
#define NIB_LINKAGE_TWICE_H

#include <stddef.h>

#include "base/fault.h"
#include "csv/reader.h"

struct twice;

/*
 * paths: n names, "-" standard input; n == 0: standard input. Borrows paths
 * until twice_close.
 */
struct twice *twice_open(const char *const *paths, size_t n, struct fault *);
void twice_close(struct twice *);

/*
 * Opens all of it from its start, in place of csv_open; sources of the
 * options are set here. One reading at a time; close it before the next.
 */
struct csv_reader *twice_read(struct twice *, const struct csv_options *,
    struct fault *);

#endif
