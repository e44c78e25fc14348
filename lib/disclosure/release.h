/*
 * release: looks at a published table for what should not leave.
 *
 * Without the records: what the cells themselves say, against the rules of
 * a profile, and what all of them together give away of masked ones.
 * Passing is no proof that a table is safe.
 */
#ifndef NIB_DISCLOSURE_RELEASE_H
#define NIB_DISCLOSURE_RELEASE_H

#include "disclosure/linked.h"
#include "disclosure/sheet.h"

/*
 * found is called for each finding, in the order of rules, with its place;
 * no finding holds a cell's value, nor a column's name that is an
 * identifier. Memory: linked_audit's.
 */
void disclosure_release_check(const struct sheet *,
    void (*found)(void *arg, const struct fault *), void *arg);

/* What linked_audit found narrow, in its words. */
void disclosure_release_narrow(const struct sheet *, const struct linked *,
    void (*found)(void *arg, const struct fault *), void *arg);

/*
 * Another table of the same groupings, of records chosen in another way:
 * rows of which the two counts give a count that the profile masks.
 */
void disclosure_release_compare(const struct sheet *now,
    const struct sheet *before, void (*found)(void *arg,
    const struct fault *), void *arg);

#endif
