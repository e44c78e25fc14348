/* What is measured of the records that are checked. */
#include "spec/checker_inner.h"

#include <string.h>

#include "base/mem.h"

static const struct column *
column_of_role(const struct checker *c, enum spec_role role)
{
	long field = spec_role_field(c->spec, role);

	return field < 0 ? NULL : checker_column(c, (size_t)field);
}

static const struct expr_field *
date_of_role(const struct checker *c, enum spec_role role)
{
	const struct column *column = column_of_role(c, role);

	return column == NULL ? NULL :
	    &spec_scope_expr(c->scope)->fields[column_at(column)];
}

static const char *
key_name(struct checker *c, const struct keycheck_key *k)
{
	static const char *const kinds[] = { "primary-key", "unique",
		"unique-key", "foreign-key" };
	struct buf b = { 0 };
	const char *name;
	size_t i;

	buf_puts(&b, kinds[k->kind]);
	for (i = 0; i < k->n; i++)
		buf_printf(&b, "%c%s", i == 0 ? ':' : '+',
		    c->header.names[column_at(k->columns[i])]);
	name = arena_string(&c->arena, buf_string(&b));
	buf_free(&b);
	return name;
}

static void
plan_field(struct checker *c, size_t column, struct meter_field *to)
{
	const struct spec *s = c->spec;
	long field = spec_field_index(s, c->header.names[column]);
	const struct spec_field *from = &s->fields[field];
	struct fault none = FAULT_NONE;
	size_t i;

	to->name = from->name;
	to->codes = column_codes(c->columns[column]);
	to->prefix = from->codelist_prefix;
	for (i = 0; i < s->nquality; i++)
		if (strcmp(s->quality[i].field, from->name) == 0) {
			to->counts = 1;
			to->threshold = s->quality[i].default_threshold;
		}
	if (from->applies != NULL)
		c->when[column] = expr_compile(from->applies,
		    spec_scope_expr(c->scope), &none);
}

void
checker_plan(struct checker *c)
{
	struct meter_plan *p = &c->plan;
	size_t i;

	c->measured = mem_array(NULL, c->ncols + 1, sizeof *c->measured);
	c->when = mem_zero(c->ncols + 1, sizeof *c->when);
	c->rule_ids = arena_alloc(&c->arena, (c->nrules + 1) *
	    sizeof *c->rule_ids);
	c->key_ids = arena_alloc(&c->arena, (c->keys.n + 1) *
	    sizeof *c->key_ids);
	p->fields = mem_zero(c->ncols + 1, sizeof *p->fields);
	for (i = 0; i < c->ncols; i++) {
		c->measured[i] = -1;
		if (c->columns[i] == NULL || c->o.across)
			continue;
		c->measured[i] = (long)p->nfields;
		plan_field(c, i, &p->fields[p->nfields++]);
	}
	for (i = 0; i < c->nrules; i++)
		c->rule_ids[i] = c->rules[i].rule->id;
	for (i = 0; i < c->keys.n; i++)
		c->key_ids[i] = key_name(c, &c->keys.v[i]);
	p->dataset = c->spec->name != NULL ? c->spec->name : "";
	p->nrules = c->o.across ? 0 : c->nrules;
	p->rules = c->rule_ids;
	p->nkeys = c->keys.n;
	p->keys = c->key_ids;
	p->provider = column_of_role(c, SPEC_ROLE_PROVIDER);
	p->start = date_of_role(c, SPEC_ROLE_EVENT_START);
	p->end = date_of_role(c, SPEC_ROLE_EVENT_END);
	p->submitted = c->o.across ? NULL :
	    date_of_role(c, SPEC_ROLE_SUBMITTED);
	if (c->wide != NULL) {
		p->places = meter_places_new();
		wide_by_place(c->wide);
	}
}

int
checker_measure(struct checker_state *s, size_t column,
    const struct csv_block *b, size_t first, size_t m,
    const struct column_cells *x, size_t found_before, struct fault *f)
{
	unsigned char failed[COLUMN_BATCH] = { 0 };
	unsigned char defaults[COLUMN_BATCH] = { 0 };
	unsigned char applies[COLUMN_BATCH];
	size_t i;

	for (i = found_before; i < s->found.n; i++)
		failed[s->found.v[i].row] = 1;
	column_defaults(s->checker->columns[column], x, defaults);
	if (s->when[column] != NULL && expr_test(s->when[column], b, first,
	    m, applies, NULL, f) == -1)
		return -1;
	meter_column(s->meters[0], (size_t)s->checker->measured[column],
	    first, m, x, failed, defaults,
	    s->when[column] != NULL ? applies : NULL);
	return 0;
}

void
checker_quality(const void *state, struct quality *q)
{
	const struct checker_state *s = state;
	const struct checker *c = s->checker;
	size_t i, k;

	for (i = 0; i < s->nmeters; i++)
		meter_flush(s->meters[i], q);
	for (i = 0; s->wide != NULL && i < c->spec->nrules; i++) {
		if (!wide_applies(c->wide, i))
			continue;
		for (k = 0; k < meter_places_count(c->plan.places); k++) {
			const struct wide_count *n = wide_counts(s->wide, k);

			meter_flush_rule(&c->plan, k, c->spec->rules[i].id,
			    n != NULL ? n[i].applicable : 0,
			    n != NULL ? n[i].broken : 0, q);
		}
	}
}
