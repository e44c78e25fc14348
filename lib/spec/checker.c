/* What is checked, compiled from a specification and a header. */
#include "spec/checker_inner.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "flow/flow.h"

uint32_t
checker_entry(struct checker *c, const char *type, const char *constraint,
    const char *field, size_t column, const char *message)
{
	struct findings_check k = { .type = type, .constraint = constraint,
		.field = field, .column = column, .severity = SPEC_ERROR,
		.message = message, .max_rate = -1 };

	return findings_add(c->list, &k);
}

static void
unchecked(struct checker *c, const char *what, const char *name)
{
	if (c->unchecked.n > 0)
		buf_puts(&c->unchecked, ", ");
	buf_puts(&c->unchecked, what);
	buf_puts(&c->unchecked, name);
}

static int
in_primary(const struct spec *s, long field)
{
	size_t i;

	for (i = 0; i < s->primary.n; i++)
		if (s->primary.fields[i] == (size_t)field)
			return 1;
	return 0;
}

const struct column *
checker_column(const struct checker *c, size_t field)
{
	size_t i;

	for (i = 0; i < c->ncols; i++)
		if (c->columns[i] != NULL &&
		    spec_field_index(c->spec, c->header.names[i]) ==
		    (long)field)
			return c->columns[i];
	return NULL;
}

/*
 * The day of a column's codes: the field that the specification names, else
 * that of the event's start, and where it is empty that of its end.
 */
static void
find_days(struct checker *c, size_t column, const struct spec_field *s)
{
	const struct expr_scope *scope = spec_scope_expr(c->scope);
	struct day_of *d = &c->days[column];
	long fields[2] = { -1, -1 };
	size_t i;

	if (s->codelist_date != NULL) {
		fields[0] = spec_field_index(c->spec, s->codelist_date);
	} else {
		fields[0] = spec_role_field(c->spec, SPEC_ROLE_EVENT_START);
		fields[1] = spec_role_field(c->spec, SPEC_ROLE_EVENT_END);
	}
	for (i = 0; i < 2; i++) {
		const struct column *from = fields[i] < 0 ? NULL :
		    checker_column(c, (size_t)fields[i]);

		if (from != NULL)
			d->fields[d->n++] = &scope->fields[column_at(from)];
	}
}

static int
make_columns(struct checker *c, const long *field_of, struct fault *f)
{
	const struct expr_scope *scope = spec_scope_expr(c->scope);
	size_t i;

	c->columns = mem_zero(c->ncols + 1, sizeof *c->columns);
	c->applies = mem_zero(c->ncols + 1, sizeof *c->applies);
	c->days = mem_zero(c->ncols + 1, sizeof *c->days);
	c->missing_cell = mem_array(NULL, c->ncols + 1,
	    sizeof *c->missing_cell);
	for (i = 0; i < c->ncols; i++) {
		const struct spec_field *s;
		int key;

		if (field_of[i] < 0)
			continue;
		s = &c->spec->fields[field_of[i]];
		key = in_primary(c->spec, field_of[i]);
		if ((c->columns[i] = column_new(s, i, key, scope, c->list,
		    f)) == NULL)
			return -1;
		if (s->required && s->applies != NULL && !key) {
			struct fault none = FAULT_NONE;

			/* Fields it reads are absent: always required. */
			c->applies[i] = expr_compile(s->applies, scope,
			    &none);
		}
	}
	for (i = 0; i < c->ncols; i++)
		if (c->columns[i] != NULL && column_dated(c->columns[i]))
			find_days(c, i, &c->spec->fields[field_of[i]]);
	for (i = 0; i < c->ncols; i++)
		c->missing_cell[i] = checker_entry(c, "missing-cell", NULL,
		    field_of[i] >= 0 ? c->spec->fields[field_of[i]].name :
		    NULL, i + 1, "the record ends before this cell");
	c->extra_cell = checker_entry(c, "extra-cell", NULL, NULL, 0,
	    "a cell beyond those of the header");
	c->blank_row = checker_entry(c, "blank-row", NULL, NULL, 0, "a blank line");
	return 0;
}

/* Dates that a rule reads are checked where it has read them. */
static void
look_at_dates(struct checker *c, const struct expr *e)
{
	const size_t *used;
	size_t i, n;

	used = expr_fields(e, &n);
	for (i = 0; i < n; i++)
		if (c->columns[used[i]] != NULL &&
		    column_only_date(c->columns[used[i]]))
			c->looked[used[i]] = 1;
}

static int
make_rules(struct checker *c, struct fault *f)
{
	const struct expr_scope *scope = spec_scope_expr(c->scope);
	size_t i;
	int wide = 0;

	c->rules = mem_zero(c->spec->nrules + 1, sizeof *c->rules);
	c->looked = mem_zero(c->ncols + 1, 1);
	c->wide_checks = mem_zero(c->spec->nrules + 1,
	    sizeof *c->wide_checks);
	for (i = 0; i < c->spec->nrules; i++) {
		const struct spec_rule *s = &c->spec->rules[i];
		struct rule *r = &c->rules[c->nrules];
		struct fault none = FAULT_NONE;
		struct findings_check k = { .type = "row-constraint",
			.rule = s->id, .severity = s->severity,
			.message = s->message, .max_rate = s->max_rate };

		if (spec_rule_kind(s) != SPEC_RULE_RECORD) {
			wide = 1;
			c->wide_checks[i] = findings_add(c->list, &k);
			continue;
		}
		if ((r->expr = expr_compile(s->expression, scope, &none)) ==
		    NULL) {
			unchecked(c, "rule ", s->id);
			continue;
		}
		r->rule = s;
		if (k.message == NULL)
			k.message = "rule broken";
		r->check = findings_add(c->list, &k);
		c->nrules++;
		look_at_dates(c, r->expr);
	}
	if (!wide)
		return 0;
	if ((c->wide = wide_new(c->spec, scope, f)) == NULL)
		return -1;
	wide_memory(c->wide, c->o.memory, c->o.jobs > 0 ? c->o.jobs :
	    flow_processors());
	if (!c->o.files)
		wide_one_file(c->wide);
	if (c->o.no_groups || c->o.given)
		wide_skip_groups(c->wide);
	return 0;
}

/* 0, or -1 when one of its fields is not in the header. */
static int
add_key(struct checker *c, enum keycheck_kind kind, const size_t *fields,
    size_t n, const struct spec_foreign_key *foreign,
    struct findings_check *k)
{
	struct keycheck_key key = { .kind = kind, .n = n,
		.foreign = foreign };
	size_t i;
	int rc = -1;

	key.columns = mem_array(NULL, n + 1, sizeof *key.columns);
	for (i = 0; i < n; i++)
		if ((key.columns[i] = checker_column(c, fields[i])) == NULL)
			goto out;
	k->severity = SPEC_ERROR;
	k->max_rate = -1;
	key.check = findings_add(c->list, k);
	keycheck_add(&c->keys, &key);
	rc = 0;
out:
	free(key.columns);
	return rc;
}

static void
make_unique(struct checker *c)
{
	const struct spec *s = c->spec;
	size_t i;

	if (s->primary.n > 0 && add_key(c, KEYCHECK_PRIMARY,
	    s->primary.fields, s->primary.n, NULL, &(struct findings_check){
	    .type = "primary-key",
	    .message = "a record before it has the same primary key" }) == -1)
		unchecked(c, "the primary key", "");
	for (i = 0; i < s->nfields; i++) {
		const struct column *column;

		if (!s->fields[i].unique ||
		    (column = checker_column(c, i)) == NULL)
			continue;
		(void)add_key(c, KEYCHECK_UNIQUE_FIELD, &i, 1, NULL,
		    &(struct findings_check){ .type = "unique-error",
		    .field = s->fields[i].name,
		    .column = column_at(column) + 1,
		    .message = "a record before it has the same value" });
	}
	for (i = 0; i < s->nunique; i++)
		if (add_key(c, KEYCHECK_UNIQUE, s->unique_keys[i].fields,
		    s->unique_keys[i].n, NULL, &(struct findings_check){
		    .type = "unique-key", .message =
		    "a record before it has the same unique key" }) == -1)
			unchecked(c, "a unique key", "");
	/* Their findings stand in the catalogue, and are given. */
	while (c->o.given && c->keys.n > 0)
		keycheck_drop(&c->keys);
}

static void
make_foreign(struct checker *c)
{
	const struct spec *s = c->spec;
	size_t i, k;

	for (i = 0; i < s->nforeign; i++) {
		const struct spec_foreign_key *key = &s->foreign_keys[i];
		size_t *fields = mem_array(NULL, key->fields.n + 1,
		    sizeof *fields);
		size_t n = c->keys.n;
		char *message = mem_printf("no such key in %s",
		    key->resource[0] != '\0' ? key->resource : "this table");

		for (k = 0; k < key->fields.n; k++)
			fields[k] = (size_t)spec_field_index(s,
			    key->fields.v[k]);
		if (add_key(c, KEYCHECK_FOREIGN, fields, key->fields.n, key,
		    &(struct findings_check){ .type = "foreign-key",
		    .message = message }) == -1)
			unchecked(c, "the foreign key to ", key->resource);
		if (c->keys.n > n && (key->resource[0] == '\0' ? c->o.given :
		    c->o.across))
			keycheck_drop(&c->keys);
		free(message);
		free(fields);
	}
}

struct checker *
checker_new(const struct spec *s, const struct csv_header *h,
    const struct checker_options *o, struct fault *f)
{
	struct checker *c = mem_zero(1, sizeof *c);
	long *field_of;
	int rc = -1;

	c->spec = s;
	c->o = *o;
	c->ncols = h->n;
	c->list = findings_new(o->format, o->show_values, o->files);
	field_of = checker_match_header(c, h);
	if ((c->scope = spec_scope_new(s, &c->header, f)) != NULL)
		rc = make_columns(c, field_of, f);
	free(field_of);
	if (rc == -1 || make_rules(c, f) == -1) {
		checker_free(c);
		return NULL;
	}
	if (!o->no_unique)
		make_unique(c);
	make_foreign(c);
	if (o->measure)
		checker_plan(c);
	return c;
}

void
checker_free(struct checker *c)
{
	size_t i;

	if (c == NULL)
		return;
	for (i = 0; i < c->nrules; i++)
		expr_free(c->rules[i].expr);
	keycheck_free(&c->keys);
	for (i = 0; i < c->ncols && c->columns != NULL; i++) {
		column_free(c->columns[i]);
		expr_free(c->applies[i]);
		if (c->when != NULL)
			expr_free(c->when[i]);
	}
	free(c->plan.fields);
	meter_places_free(c->plan.places);
	free(c->measured);
	free(c->when);
	wide_free(c->wide);
	free(c->wide_checks);
	free(c->rules);
	free(c->columns);
	free(c->applies);
	free(c->days);
	free(c->looked);
	free(c->missing_cell);
	free(c->header_findings);
	given_free(c->given);
	buf_free(&c->unchecked);
	spec_scope_free(c->scope);
	findings_free(c->list);
	arena_free(&c->arena);
	free(c);
}

/* References. */

int
checker_keys_want(const struct checker *c, const char *resource)
{
	return keycheck_wants(&c->keys, c->spec, resource);
}

int
checker_refers_to_self(const struct checker *c)
{
	return checker_keys_want(c, "");
}

int
checker_rules_want(const struct checker *c, const char *resource)
{
	return c->wide != NULL && wide_wants(c->wide, resource);
}

int
checker_rule_reference(struct checker *c, const char *resource,
    struct csv_reader *in, const struct spec *s, struct fault *f)
{
	return wide_reference(c->wide, resource, in, s, f) == -1 ? -1 : 0;
}

int
checker_ready(struct checker *c, struct fault *f)
{
	return c->wide == NULL ? 0 : wide_ready(c->wide, f);
}

int
checker_reference(struct checker *c, const char *resource,
    struct csv_reader *in, const struct spec *s, struct fault *f)
{
	return keycheck_reference(&c->keys, c->spec, resource, in, s, f);
}

int
checker_given(struct checker *c, struct csv_reader *in, struct fault *f)
{
	c->given = given_read(in, c->list, f);
	return c->given != NULL ? 0 : -1;
}

char *
checker_unchecked(const struct checker *c)
{
	struct buf b = { 0 };
	size_t i;

	buf_put(&b, c->unchecked.p, c->unchecked.n);
	for (i = 0; c->wide != NULL && i < c->spec->nrules; i++) {
		const struct spec_rule *r = &c->spec->rules[i];

		if (spec_rule_kind(r) == SPEC_RULE_RECORD ||
		    wide_applies(c->wide, i) || (c->o.no_groups &&
		    spec_rule_kind(r) == SPEC_RULE_GROUP))
			continue;
		buf_printf(&b, "%srule %s", b.n > 0 ? ", " : "", r->id);
		if (r->reference != NULL)
			buf_printf(&b, " (needs --reference %s=FILE)",
			    r->reference);
	}
	for (i = 0; i < c->keys.n; i++)
		if (c->keys.v[i].kind == KEYCHECK_FOREIGN && !c->keys.v[i].loaded)
			buf_printf(&b, "%sthe foreign key to %s (no "
			    "--reference %s=FILE)", b.n > 0 ? ", " : "",
			    c->keys.v[i].foreign->resource,
			    c->keys.v[i].foreign->resource);
	if (b.n == 0)
		return NULL;
	(void)buf_string(&b);
	return b.p;
}

size_t
checker_header_findings(const struct checker *c)
{
	return c->nheader;
}

void
checker_begin(const struct checker *c, struct buf *b)
{
	size_t i;

	findings_put_header(c->list, b);
	for (i = 0; i < c->nheader && !c->o.across && !c->o.later; i++)
		findings_put(c->list, &c->header_findings[i], "", NULL, 0, b);
}

const struct findings *
checker_findings(const struct checker *c)
{
	return c->list;
}
