/*
 * normal: a cell in the one form in which it is compared.
 *
 *   name        A-Z, digits; accented Latin letters lose the accent, other
 *               letters stay; apostrophes and full stops go; all else is
 *               one blank between parts
 *   nhs_number  ten digits, blanks and hyphens dropped; one whose check
 *               digit is wrong is missing unless the field keeps it
 *   date        YYYY-MM-DD, a real day within the field's bounds
 *   sex         1 or 2; everything else is missing
 *   postcode    eight characters, outward padded to five
 *   code        upper case, no blanks
 *   local_id    upper case, no blanks, no leading zeros
 *   digits      the digits alone
 *   text        upper case, one blank between words
 *
 * A cell that is empty, does not fit its type or is on the field's list of
 * missing values is missing.
 */
#ifndef NIB_LINKAGE_NORMAL_H
#define NIB_LINKAGE_NORMAL_H

#include <stddef.h>

#include "base/buf.h"
#include "linkage/matching.h"

/* Replaces to's content; 1, or 0 (to is empty): missing. */
int normal_cell(const struct matching_field *, const char *, size_t,
    struct buf *to);

/*
 * A field made of others: their canonical values joined without blanks, then
 * what the field itself does; 1, or 0: missing.
 */
void normal_join(struct buf *to, const char *, size_t);
int normal_made(const struct matching_field *, struct buf *to);

/* Is a canonical value on a list ("ZZ99*": what begins with ZZ99)? */
int normal_listed(const struct matching_strings *, const char *, size_t);

#endif
