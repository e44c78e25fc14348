/*
 * cellkey: the cell key method of the Australian Bureau of Statistics, as
 * the Office for National Statistics uses it. Each record has a key; the
 * keys of a cell's records, summed, choose what is added to its count from
 * a perturbation table. The same records always give the same count, in
 * whatever table they are.
 */
#ifndef NIB_DISCLOSURE_CELLKEY_H
#define NIB_DISCLOSURE_CELLKEY_H

#include <stdint.h>

#include "base/fault.h"

struct disclosure_cellkey;

/*
 * path: CSV with the columns pcv (a cell's value, after folding), ckey (cell
 * key, from 0) and pvalue (what is added). A pair that is not there adds
 * 0. Counts above largest fold back into the last cycle values up to it.
 */
struct disclosure_cellkey *disclosure_cellkey_open(const char *path,
    uint64_t largest, uint64_t cycle, struct fault *);
void disclosure_cellkey_close(struct disclosure_cellkey *);

/* The count to publish; keys: the sum of the records' keys, not negative. */
int64_t disclosure_cellkey_count(const struct disclosure_cellkey *,
    uint64_t count, uint64_t keys);

#endif
