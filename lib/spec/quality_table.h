/* The table of measures as quality's own files see it. */
#ifndef NIB_SPEC_QUALITY_TABLE_H
#define NIB_SPEC_QUALITY_TABLE_H

#include <string.h>

#include "base/arena.h"
#include "base/map.h"
#include "spec/quality.h"

#define QUALITY_ALL "*" /* any id; all providers */

struct quality {
	struct map *keys;
	struct quality_row *v;
	struct arena arena;
	const struct quality_row **sorted; /* NULL: not now */
};

/* The rows by dataset, provider, period, kind, id, value; until a new one. */
size_t quality_sorted(struct quality *, const struct quality_row *const **);
int quality_by_place(const void *, const void *);
/* Of one dataset, provider and period? */
int quality_same_place(const struct quality_row *, const struct quality_row *);

static inline int
quality_is(const struct quality_row *r, const char *kind)
{
	return strcmp(r->kind, kind) == 0;
}

#endif
