/*
 * wide_tally: verdicts of rules beyond one record, counted by place and
 * rule; inside room spec only. A tally that is all zero bytes is empty.
 */
#ifndef NIB_SPEC_WIDE_TALLY_H
#define NIB_SPEC_WIDE_TALLY_H

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "spec/wide.h"

struct wide_tally {
	size_t nrules, nplaces;
	struct wide_count *v; /* by place, then by rule */
};

/* Room for the counts of a place. */
static inline void
wide_tally_grow(struct wide_tally *t, size_t place)
{
	size_t n = (place + 1) * 2;

	t->v = mem_array(t->v, n * t->nrules + 1, sizeof *t->v);
	memset(t->v + t->nplaces * t->nrules, 0,
	    (n - t->nplaces) * t->nrules * sizeof *t->v);
	t->nplaces = n;
}

/* Till the next call. */
static inline struct wide_count *
wide_tally_of(struct wide_tally *t, size_t place, size_t rule)
{
	if (place >= t->nplaces)
		wide_tally_grow(t, place);
	return &t->v[place * t->nrules + rule];
}

/* test is what expr_test gives. */
static inline void
wide_tally_count(struct wide_tally *t, size_t place, size_t rule,
    unsigned char test)
{
	struct wide_count *c = wide_tally_of(t, place, rule);

	c->applicable += test <= 1;
	c->broken += test == 0;
}

static inline void
wide_tally_add(struct wide_tally *t, const struct wide_tally *from)
{
	size_t i;

	if (from->nplaces > t->nplaces)
		wide_tally_grow(t, from->nplaces - 1);
	for (i = 0; i < from->nplaces * from->nrules; i++) {
		t->v[i].applicable += from->v[i].applicable;
		t->v[i].broken += from->v[i].broken;
	}
}

static inline void
wide_tally_free(struct wide_tally *t)
{
	free(t->v);
	memset(t, 0, sizeof *t);
}

#endif
