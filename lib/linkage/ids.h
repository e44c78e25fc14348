/*
 * ids: does every record of one file or two have an id of its own?
 *
 * Ids are sorted, in a stated memory and beyond it in a temporary file, and
 * looked at when all have come.
 */
#ifndef NIB_LINKAGE_IDS_H
#define NIB_LINKAGE_IDS_H

#include <stddef.h>
#include <stdint.h>

#include "base/fault.h"

struct ids;

struct ids *ids_new(size_t memory);
void ids_free(struct ids *);

/* Of a file, 0 or 1, and the record's number there, from 0. */
int ids_add(struct ids *, unsigned file, uint32_t number, const char *,
    size_t, struct fault *);
/* A fault if two records have one id. files: names of the inputs. */
int ids_check(struct ids *, const char *const *files, struct fault *);

#endif
