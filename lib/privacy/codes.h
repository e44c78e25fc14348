/*
 * codes: a list of clinical codes that mark records, matched by prefix.
 *
 * For codes that the law restricts, and for those left out of a release. A
 * CSV file with the column code, one in each line, a name in share/codelists
 * or a path. Case, dots, a filler X at the fourth place and signs such as a
 * dagger or an asterisk do not count; a code of the list matches all that
 * begin with it: F64 and f64* match F640, F64.0 and F64X.
 */
#ifndef NIB_PRIVACY_CODES_H
#define NIB_PRIVACY_CODES_H

#include <stddef.h>

#include "base/fault.h"

struct codes;

struct codes *codes_new(void);
void codes_free(struct codes *);
/* Adds a list; an empty one is refused, and a range such as A50-A64. */
int codes_read(struct codes *, const char *list, struct fault *);
/*
 * Is one of the codes in a cell on the list? A cell may hold several, with
 * anything but letters, digits and dots between them. Any thread.
 */
int codes_in(const struct codes *, const char *, size_t);

#endif
