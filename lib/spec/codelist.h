/*
 * codelist: the codes a field may hold, with their meaning and status.
 *
 * A CSV file with the columns code, meaning, status (current, default,
 * retired) and, if wanted, valid_from, valid_to (dates, both days
 * included) and source; see man/nib-codelist.5. Reading one from several
 * threads is safe. Memory: the file and 16 bytes a code.
 */
#ifndef NIB_SPEC_CODELIST_H
#define NIB_SPEC_CODELIST_H

#include <stddef.h>
#include <stdint.h>

#include "base/fault.h"

enum codelist_status {
	CODELIST_CURRENT,
	CODELIST_DEFAULT, /* says "not known" or "not applicable" */
	CODELIST_RETIRED  /* was a code once: valid, for older records */
};

#define CODELIST_ALWAYS_FROM INT32_MIN
#define CODELIST_ALWAYS_TO INT32_MAX

struct codelist;

/* A name in share/codelists, or a path. */
struct codelist *codelist_open(const char *, struct fault *);
void codelist_close(struct codelist *);

const char *codelist_name(const struct codelist *); /* as given */
size_t codelist_count(const struct codelist *);

/* The row of a code, exact case, or -1. A few ns for up to 8 bytes. */
long codelist_find(const struct codelist *, const char *, size_t);
/*
 * The same where only a code's first bytes are national (spec_field's
 * codelist_prefix): the whole code, else its first prefix bytes. 0: whole
 * only.
 */
long codelist_find_prefix(const struct codelist *, const char *, size_t,
    size_t prefix);

/* Of any status. */
int codelist_has(const struct codelist *, const char *, size_t);
int codelist_is_default(const struct codelist *, const char *, size_t);

/* Of a row; text is borrowed until codelist_close. */
const char *codelist_code(const struct codelist *, size_t row);
const char *codelist_meaning(const struct codelist *, size_t row);
enum codelist_status codelist_status(const struct codelist *, size_t row);
/* Days since 1970-01-01; CODELIST_ALWAYS_* where the file says nothing. */
int32_t codelist_from(const struct codelist *, size_t row);
int32_t codelist_to(const struct codelist *, size_t row);

#endif
