/*
 * consent_merge: the reports of nib-consent on parts of a dataset, added up.
 *
 * Reports of parts differ in their counts of records only; the sum of them
 * is, byte for byte, the report of one run over all parts.
 */
#ifndef NIB_PRIVACY_CONSENT_MERGE_H
#define NIB_PRIVACY_CONSENT_MERGE_H

#include <stddef.h>

#include "base/buf.h"
#include "base/fault.h"

/*
 * npaths >= 1 reports, in any order. -1: one cannot be read, is no report,
 * or is of another specification, purpose, list or exemption than the first.
 */
int consent_merge(const char *const *paths, size_t npaths, struct buf *to,
    struct fault *);

#endif
