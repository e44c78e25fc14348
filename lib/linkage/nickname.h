/*
 * nickname: given names that stand for each other, from
 * share/matching/nicknames.csv (columns name, short).
 */
#ifndef NIB_LINKAGE_NICKNAME_H
#define NIB_LINKAGE_NICKNAME_H

#include <stddef.h>

#include "base/fault.h"

struct nicknames;

struct nicknames *nicknames_open(struct fault *);
void nicknames_free(struct nicknames *);

/*
 * Canonical names. 1 if they are equal, one is short for the other, or both
 * are short for one name.
 */
int nicknames_same(const struct nicknames *, const char *, size_t,
    const char *, size_t);

#endif
