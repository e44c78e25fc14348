/* Rules that look beyond one record: groups, and other tables. */
#include "spec/wide.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/pieces.h"
#include "base/spill.h"
#include "spec/group.h"
#include "spec/refer.h"
#include "spec/wide_tally.h"

struct wide {
	const struct spec *spec;
	unsigned char *applies; /* per rule */
	struct group_plans *groups; /* NULL: left out */
	struct refer *refer;
	struct spill *spill;
	struct pieces *pieces; /* of what group rules keep */
	size_t memory;
	unsigned jobs;
	int by_place, one_file;
};

struct wide_state {
	const struct wide *wide;
	struct group_state *groups;
	struct refer_state *refer;
	struct wide_tally tally;
};

int
wide_check(const struct spec *spec, const struct spec_rule *r,
    struct fault *f)
{
	size_t rule = (size_t)(r - spec->rules);

	switch (spec_rule_kind(r)) {
	case SPEC_RULE_GROUP:
		return group_plan_check(spec, rule, f);
	case SPEC_RULE_REFERENCE:
		return refer_check(spec, rule, f);
	case SPEC_RULE_RECORD:
		break;
	}
	return 0;
}

struct wide *
wide_new(const struct spec *spec, const struct expr_scope *own,
    struct fault *f)
{
	struct wide *w = mem_zero(1, sizeof *w);

	w->spec = spec;
	w->applies = mem_zero(spec->nrules + 1, 1);
	w->spill = spill_new();
	w->pieces = pieces_new();
	w->refer = refer_new(spec, own);
	w->memory = WIDE_MEMORY;
	w->jobs = 1;
	w->groups = group_plans_new(spec, own, w->applies, f);
	if (w->groups == NULL) {
		wide_free(w);
		return NULL;
	}
	return w;
}

void
wide_free(struct wide *w)
{
	if (w == NULL)
		return;
	group_plans_free(w->groups);
	refer_free(w->refer);
	spill_free(w->spill);
	pieces_free(w->pieces);
	free(w->applies);
	free(w);
}

void
wide_memory(struct wide *w, size_t memory, unsigned jobs)
{
	w->memory = memory > 0 ? memory : WIDE_MEMORY;
	w->jobs = jobs > 0 ? jobs : 1;
}

void
wide_by_place(struct wide *w)
{
	w->by_place = 1;
}

void
wide_one_file(struct wide *w)
{
	w->one_file = 1;
}

void
wide_skip_groups(struct wide *w)
{
	size_t i;

	for (i = 0; i < w->spec->nrules; i++)
		if (spec_rule_kind(&w->spec->rules[i]) == SPEC_RULE_GROUP)
			w->applies[i] = 0;
	group_plans_free(w->groups);
	w->groups = NULL;
}

int
wide_wants(const struct wide *w, const char *name)
{
	return refer_wants(w->refer, name);
}

int
wide_reference(struct wide *w, const char *name, struct csv_reader *in,
    const struct spec *spec, struct fault *f)
{
	return refer_reference(w->refer, name, in, spec, f);
}

int
wide_ready(struct wide *w, struct fault *f)
{
	return refer_ready(w->refer, w->applies, f);
}

int
wide_applies(const struct wide *w, size_t i)
{
	return w->applies[i];
}

int
wide_any_group(const struct wide *w)
{
	return w->groups != NULL && w->groups->n > 0;
}

uint64_t
wide_spilled(const struct wide *w)
{
	return spill_bytes(w->spill);
}

struct wide_state *
wide_state_new(const struct wide *w, struct expr_shelf *shelf)
{
	struct wide_state *s = mem_zero(1, sizeof *s);
	struct group_options o = { w->spill, w->pieces,
		w->memory / w->jobs, w->by_place, !w->one_file };

	s->wide = w;
	s->tally.nrules = w->spec->nrules;
	if (w->groups != NULL)
		s->groups = group_state_new(w->groups, &o, shelf);
	s->refer = refer_state_new(w->refer);
	return s;
}

void
wide_state_free(struct wide_state *s)
{
	if (s == NULL)
		return;
	group_state_free(s->groups);
	refer_state_free(s->refer);
	wide_tally_free(&s->tally);
	free(s);
}

const struct wide_count *
wide_counts(const struct wide_state *s, size_t place)
{
	return place < s->tally.nplaces ?
	    s->tally.v + place * s->tally.nrules : NULL;
}

void
wide_merge(struct wide_state *into, struct wide_state *from)
{
	if (into->groups != NULL)
		group_merge(into->groups, from->groups);
	wide_tally_add(&into->tally, &from->tally);
}

int
wide_map(struct wide_state *s, const struct csv_block *b, size_t first,
    size_t n, const uint32_t *places, void (*found)(void *, size_t, size_t), void *arg,
    struct fault *f)
{
	if (refer_map(s->refer, b, first, n, places, &s->tally, found, arg,
	    f) == -1)
		return -1;
	return s->groups == NULL ? 0 : group_map(s->groups, b, first, n,
	    places, f);
}

int
wide_finish(struct wide_state *s,
    void (*found)(void *, size_t, size_t, uint64_t), void *arg,
    struct fault *f)
{
	return s->groups == NULL ? 0 : group_finish(s->groups, s->wide->jobs,
	    &s->tally, found, arg, f);
}
