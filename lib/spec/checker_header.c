/* The header held against the specification. */
#include "spec/checker_inner.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "base/mem.h"

static void
header_finding(struct checker *c, const char *type, const char *field,
    size_t column, const char *message)
{
	struct finding *x;

	if ((c->nheader & (c->nheader - 1)) == 0) /* none, or a power of 2 */
		c->header_findings = mem_array(c->header_findings,
		    c->nheader * 2 + 1, sizeof *c->header_findings);
	x = &c->header_findings[c->nheader++];
	memset(x, 0, sizeof *x);
	x->row = c->o.no_header ? 0 : 1;
	x->check = checker_entry(c, type, NULL, field, column, message);
}

/* The field of each column; -1: none. Blank and double labels have none. */
static long *
read_labels(struct checker *c, const struct csv_header *h)
{
	long *field_of = mem_array(NULL, h->n + 1, sizeof *field_of);
	const char **names = arena_alloc(&c->arena, (h->n + 1) *
	    sizeof *names);
	unsigned char *taken = mem_zero(c->spec->nfields + 1, 1);
	struct map *seen = map_new();
	size_t i;

	for (i = 0; i < h->n; i++) {
		char *unusable;
		int twice = 0;

		names[i] = h->names[i];
		field_of[i] = spec_field_index(c->spec, h->names[i]);
		if (field_of[i] >= 0)
			twice = taken[field_of[i]]++ > 0;
		else
			twice = map_find(seen, h->names[i],
			    strlen(h->names[i])) != MAP_NONE;
		(void)map_add(seen, h->names[i], strlen(h->names[i]), NULL);
		if (h->names[i][0] != '\0' && !twice)
			continue;
		field_of[i] = -2 - twice;
		unusable = arena_alloc(&c->arena, 32);
		(void)snprintf(unusable, 32, "\001%zu", i);
		names[i] = unusable;
	}
	c->header.n = h->n;
	c->header.names = names;
	map_free(seen);
	free(taken);
	return field_of;
}

static void
match_exact(struct checker *c, const struct csv_header *h,
    const long *field_of)
{
	const struct spec *s = c->spec;
	size_t i;

	for (i = 0; i < h->n || i < s->nfields; i++) {
		if (i >= h->n)
			header_finding(c, "missing-label", s->fields[i].name,
			    i + 1, "the header lacks this field");
		else if (field_of[i] < -1)
			continue;
		else if (i >= s->nfields)
			header_finding(c, "extra-label", NULL, i + 1,
			    "the specification has no such field");
		else if (field_of[i] != (long)i)
			header_finding(c, "incorrect-label",
			    s->fields[i].name, i + 1,
			    "the specification has another field here");
	}
}

static void
match_sets(struct checker *c, const struct csv_header *h,
    const long *field_of)
{
	const struct spec *s = c->spec;
	unsigned char *there = mem_zero(s->nfields + 1, 1);
	size_t i, common = 0;

	for (i = 0; i < h->n; i++) {
		if (field_of[i] >= 0) {
			there[field_of[i]] = 1;
			common++;
		} else if (field_of[i] == -1 &&
		    (s->match == SPEC_MATCH_EQUAL ||
		    s->match == SPEC_MATCH_SUPERSET)) {
			header_finding(c, "extra-label", NULL, i + 1,
			    "the specification has no such field");
		}
	}
	for (i = 0; i < s->nfields; i++)
		if (!there[i] && (s->match == SPEC_MATCH_EQUAL ||
		    s->match == SPEC_MATCH_SUBSET))
			header_finding(c, "missing-label", s->fields[i].name,
			    0, "the header lacks this field");
	if (common == 0)
		header_finding(c, "unmatched-header", NULL, 0,
		    "no label of the header is a field of the specification");
	free(there);
}

long *
checker_match_header(struct checker *c, const struct csv_header *h)
{
	long *field_of = read_labels(c, h);
	size_t i;

	for (i = 0; i < h->n; i++) {
		if (field_of[i] == -2)
			header_finding(c, "blank-label", NULL, i + 1,
			    "blank label");
		if (field_of[i] == -3)
			header_finding(c, "duplicate-label", NULL, i + 1,
			    "a label a second time");
	}
	if (c->spec->match == SPEC_MATCH_EXACT)
		match_exact(c, h, field_of);
	else
		match_sets(c, h, field_of);
	return field_of;
}
