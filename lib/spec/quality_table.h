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

/* Rates, each of one kind of row. */
enum { QUALITY_COMPLETENESS, QUALITY_VALIDITY, QUALITY_SCORE,
	QUALITY_UNIQUENESS, QUALITY_CONSISTENCY, QUALITY_MEASURES };

extern const struct quality_measure {
	const char *name, *kind;
} quality_measures[QUALITY_MEASURES];

/* A rate, what it is of, and how many fall short of it. */
void quality_measure(const struct quality_row *, size_t which, uint64_t *of,
    uint64_t *short_of, double *rate);

/* Of the lag rows of one place: records, timely ones, too early ones. */
void quality_timely(const struct quality_row *const *, size_t rows,
    unsigned within, uint64_t *records, uint64_t *timely, uint64_t *early);
/* Do the lag rows of a place begin at i? */
int quality_first_lag(const struct quality_row *const *, size_t i);

static inline int
quality_is(const struct quality_row *r, const char *kind)
{
	return strcmp(r->kind, kind) == 0;
}

#endif
