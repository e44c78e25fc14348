/*
 * twice: input that can be read a second time.
 *
 * A regular file is opened again. What can be read only once (a pipe, a
 * device) is first copied, as it comes, to a file without a name in TMPDIR
 * (/tmp), readable by this user alone and gone when the process ends.
 */
#ifndef NIB_LINKAGE_TWICE_H
#define NIB_LINKAGE_TWICE_H

#include <stddef.h>

#include "base/fault.h"

struct twice;

/* paths: n names, "-" standard input; n == 0: standard input. */
struct twice *twice_open(const char *const *paths, size_t n, struct fault *);
void twice_close(struct twice *);

/* Names to give to csv_open, for each reading; borrowed. */
const char *const *twice_paths(const struct twice *, size_t *n);
/* Before the second reading. */
int twice_rewind(struct twice *, struct fault *);
/* A fault about a copy is about what was copied. */
void twice_name(const struct twice *, struct fault *);

#endif
