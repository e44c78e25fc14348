/* Records held against a dataset specification. */
#include "spec/checker.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/map.h"
#include "base/mem.h"
#include "csv/writer.h"
#include "flow/flow.h"
#include "spec/column.h"
#include "spec/dated.h"
#include "spec/given.h"
#include "spec/keycheck.h"
#include "spec/marks.h"
#include "spec/meter.h"
#include "spec/wide.h"

enum { FLAG_ERROR = 1, FLAG_WARNING = 2, LATE = 2 /* bits to the left */ };

struct rule {
	const struct spec_rule *rule;
	struct expr *expr;
	uint32_t check;
};

struct checker {
	const struct spec *spec;
	struct checker_options o;
	size_t ncols;
	struct csv_header header; /* with what is blank or double renamed */
	struct arena arena;
	struct findings *list;
	struct spec_scope *scope;
	struct column **columns; /* per column; NULL: not described */
	struct expr **applies;   /* per column; NULL: always */
	/* Per column with dated codes: the fields its day is taken of. */
	struct day_of {
		size_t n;
		const struct expr_field *fields[2];
	} *days;
	unsigned char *looked;   /* per column: a date that a rule reads */
	uint32_t *missing_cell;  /* entry per column */
	uint32_t extra_cell, blank_row;
	size_t nrules;
	struct rule *rules;
	struct wide *wide;      /* rules beyond one record; NULL: none */
	uint32_t *wide_checks;  /* entry per rule of the specification */
	struct keycheck keys;
	struct given *given; /* NULL: none */
	struct buf unchecked;
	struct finding *header_findings;
	size_t nheader;

	/* Measuring; plan.fields by measured column. */
	struct meter_plan plan;
	long *measured;     /* per column: field of the plan; -1: none */
	struct expr **when; /* per column: where the field applies; NULL */
	const char **rule_ids, **key_ids;
};

struct checker_state {
	const struct checker *checker;
	struct column_run **runs;
	struct expr_shelf *shelf; /* what applies, rules and when read */
	struct expr_run **applies, **rules;
	struct column_found found; /* of a batch */
	struct buf values, pool, key;
	struct finding *list; /* of a block, by row */
	size_t nlist, cap;
	unsigned char *flags; /* of a block's regular records */
	size_t flags_cap;
	struct keycheck_state *keys;
	size_t first; /* record of the block's, of this batch */
	struct finding *twice; /* of a block: keys that were there */
	size_t ntwice, twice_cap;
	struct finding *beyond; /* of a block: rules over other tables */
	size_t nbeyond, beyond_cap;
	struct findings_tally *tally;
	uint64_t records, bad, warned, late;
	struct marks *marks; /* flags of records, for rules over groups */
	struct wide_state *wide;
	struct meter **meters; /* one, and those of states merged into it */
	size_t nmeters;
	struct expr_run **when;
};

/* Header. */

static uint32_t
add(struct checker *c, const char *type, const char *constraint,
    const char *field, size_t column, const char *message)
{
	struct findings_check k = { .type = type, .constraint = constraint,
		.field = field, .column = column, .severity = SPEC_ERROR,
		.message = message, .max_rate = -1 };

	return findings_add(c->list, &k);
}

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
	x->check = add(c, type, NULL, field, column, message);
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

static long *
check_header(struct checker *c, const struct csv_header *h)
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

/* What is checked. */

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

static const struct column *
column_of(const struct checker *c, size_t field)
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
		    column_of(c, (size_t)fields[i]);

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
		c->missing_cell[i] = add(c, "missing-cell", NULL,
		    field_of[i] >= 0 ? c->spec->fields[field_of[i]].name :
		    NULL, i + 1, "the record ends before this cell");
	c->extra_cell = add(c, "extra-cell", NULL, NULL, 0,
	    "a cell beyond those of the header");
	c->blank_row = add(c, "blank-row", NULL, NULL, 0, "a blank line");
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
		if ((key.columns[i] = column_of(c, fields[i])) == NULL)
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
	    s->primary.fields, s->primary.n, NULL, &(struct findings_check){ .type = "primary-key",
	    .message = "a record before it has the same primary key" }) == -1)
		unchecked(c, "the primary key", "");
	for (i = 0; i < s->nfields; i++) {
		const struct column *column;

		if (!s->fields[i].unique ||
		    (column = column_of(c, i)) == NULL)
			continue;
		(void)add_key(c, KEYCHECK_UNIQUE_FIELD, &i, 1, NULL,
		    &(struct findings_check){ .type = "unique-error",
		    .field = s->fields[i].name,
		    .column = column_at(column) + 1,
		    .message = "a record before it has the same value" });
	}
	for (i = 0; i < s->nunique; i++)
		if (add_key(c, KEYCHECK_UNIQUE,
		    s->unique_keys[i].fields, s->unique_keys[i].n, NULL, &(struct findings_check){
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

static const struct column *
column_of_role(const struct checker *c, enum spec_role role)
{
	long field = spec_role_field(c->spec, role);

	return field < 0 ? NULL : column_of(c, (size_t)field);
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

static void
make_plan(struct checker *c)
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
	field_of = check_header(c, h);
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
		make_plan(c);
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

/* State. */

void *
checker_state_new(void *arg)
{
	const struct checker *c = arg;
	struct checker_state *s = mem_zero(1, sizeof *s);
	size_t i;

	s->checker = c;
	s->shelf = expr_shelf_new(spec_scope_expr(c->scope));
	s->runs = mem_zero(c->ncols + 1, sizeof *s->runs);
	s->applies = mem_zero(c->ncols + 1, sizeof *s->applies);
	for (i = 0; i < c->ncols; i++) {
		if (c->columns[i] != NULL)
			s->runs[i] = column_run_new(c->columns[i]);
		if (c->applies[i] != NULL)
			s->applies[i] = expr_run_new_on(c->applies[i],
			    s->shelf);
	}
	s->rules = mem_zero(c->nrules + 1, sizeof *s->rules);
	for (i = 0; i < c->nrules; i++)
		s->rules[i] = expr_run_new_on(c->rules[i].expr, s->shelf);
	s->keys = keycheck_state_new(&c->keys);
	s->tally = mem_zero(findings_count(c->list) + 1, sizeof *s->tally);
	if (c->o.show_values)
		s->found.values = &s->values;
	if (c->wide != NULL)
		s->wide = wide_state_new(c->wide, s->shelf);
	if (c->wide != NULL && wide_any_group(c->wide))
		s->marks = marks_new();
	if (c->o.measure) {
		s->meters = mem_zero(1, sizeof *s->meters);
		s->meters[s->nmeters++] = meter_new(&c->plan);
		s->when = mem_zero(c->ncols + 1, sizeof *s->when);
		for (i = 0; i < c->ncols; i++)
			if (c->when[i] != NULL)
				s->when[i] = expr_run_new_on(
				    c->when[i], s->shelf);
	}
	return s;
}

void
checker_state_free(void *arg)
{
	struct checker_state *s = arg;
	size_t i;

	if (s == NULL)
		return;
	for (i = 0; i < s->checker->ncols; i++) {
		column_run_free(s->runs[i]);
		expr_run_free(s->applies[i]);
		if (s->when != NULL)
			expr_run_free(s->when[i]);
	}
	wide_state_free(s->wide);
	marks_free(s->marks);
	keycheck_state_free(s->keys);
	for (i = 0; i < s->nmeters; i++)
		meter_free(s->meters[i]);
	free(s->meters);
	free(s->when);
	for (i = 0; i < s->checker->nrules; i++)
		expr_run_free(s->rules[i]);
	expr_shelf_free(s->shelf);
	free(s->runs);
	free(s->applies);
	free(s->rules);
	free(s->twice);
	free(s->beyond);
	free(s->tally);
	free(s->found.v);
	free(s->list);
	free(s->flags);
	buf_free(&s->values);
	buf_free(&s->pool);
	buf_free(&s->key);
	free(s);
}

static void
keep(struct checker_state *s, const struct finding *x)
{
	if (s->nlist == s->cap) {
		s->cap = s->cap > 0 ? s->cap * 2 : 256;
		s->list = mem_array(s->list, s->cap, sizeof *s->list);
	}
	s->list[s->nlist++] = *x;
}

static unsigned char
flag_of(const struct checker *c, uint32_t check)
{
	return findings_get(c->list, check)->severity == SPEC_ERROR ?
	    FLAG_ERROR : FLAG_WARNING;
}

/* Row of a regular record of which ragged ones stand before. */
static uint64_t
row_of(const struct checker *c, const struct csv_block *b, size_t r,
    size_t ragged)
{
	return b->first_record + r + ragged + !c->o.no_header;
}

/*
 * The batch's findings, which came column by column, go to the block's list
 * by record. *ragged counts the ragged records passed so far.
 */
static void
sort_batch(struct checker_state *s, const struct csv_block *b, size_t first,
    size_t m, size_t *ragged)
{
	const struct column_found *found = &s->found;
	uint32_t start[COLUMN_BATCH + 1] = { 0 };
	size_t i, base = s->nlist, total = base + found->n;
	struct finding x;

	for (i = 0; i < found->n; i++)
		start[found->v[i].row + 1]++;
	for (i = 0; i < m; i++)
		start[i + 1] += start[i];
	memset(&x, 0, sizeof x);
	while (s->nlist < total)
		keep(s, &x);
	for (i = 0; i < found->n; i++) {
		const struct column_item *v = &found->v[i];
		struct finding *to = &s->list[base + start[v->row]++];

		s->flags[first + v->row] |= flag_of(s->checker, v->check);
		to->check = v->check;
		to->row = v->row;
		to->value = v->value;
		to->nvalue = v->nvalue;
	}
	for (i = base; i < total; i++) {
		size_t r = first + s->list[i].row;

		while (*ragged < b->nragged && b->ragged[*ragged].before <= r)
			++*ragged;
		s->list[i].row = row_of(s->checker, b, r, *ragged);
	}
}

/* Records of the batch whose cell is missing though it may not be. */
static int
check_required(struct checker_state *s, size_t column,
    const struct csv_block *b, size_t first, size_t m,
    const struct column_cells *x, struct fault *f)
{
	const struct checker *c = s->checker;
	long check = column_required(c->columns[column]);
	unsigned char applies[COLUMN_BATCH];
	size_t i, k = 0;

	if (check == -1 || x->k == m)
		return 0;
	memset(applies, 1, sizeof applies);
	if (s->applies[column] != NULL && expr_test(s->applies[column], b,
	    first, m, applies, NULL, f) == -1)
		return -1;
	for (i = 0; i < m; i++) {
		if (k < x->k && x->row[k] == i)
			k++;
		else if (applies[i] == 1)
			column_report(&s->found, (uint32_t)check, (uint16_t)i,
			    NULL, 0);
	}
	return 0;
}

/* What the column's check found goes to the meter; x as column_take left it. */
static int
measure_column(struct checker_state *s, size_t column,
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

/* Is there nothing to say of a date that rules read, in this batch? */
static int
good_dates(struct checker_state *s, size_t column, const struct csv_block *b,
    size_t first, size_t m)
{
	size_t nulls, bad;

	if (!s->checker->looked[column] || s->nmeters > 0)
		return 0;
	expr_shelf_look(s->shelf, column, b, first, m, &nulls, &bad);
	return bad == 0 && (nulls == 0 ||
	    column_required(s->checker->columns[column]) == -1);
}

static int
check_columns(struct checker_state *s, const struct csv_block *b,
    size_t first, size_t m, struct fault *f)
{
	const struct checker *c = s->checker;
	struct column_cells x, all;
	int32_t days[COLUMN_BATCH];
	size_t i, before;

	for (i = 0; i < c->ncols; i++) {
		if (c->columns[i] == NULL || (!column_checks(c->columns[i]) &&
		    s->nmeters == 0))
			continue;
		if (good_dates(s, i, b, first, m))
			continue;
		column_take(c->columns[i], i, b, first, m, &s->pool, &x);
		if (check_required(s, i, b, first, m, &x, f) == -1)
			return -1;
		before = s->found.n;
		if (s->nmeters > 0 || c->days[i].n > 0)
			all = x;
		if (column_check(c->columns[i], s->runs[i], &x, &s->found,
		    f) == -1)
			return -1;
		if (c->days[i].n > 0) {
			dated_days(c->days[i].fields, c->days[i].n, b, first,
			    m, &s->key, days);
			column_check_days(c->columns[i], s->runs[i], &all,
			    days, &s->found);
		}
		if (s->nmeters > 0 && measure_column(s, i, b, first, m, &all,
		    before, f) == -1)
			return -1;
	}
	return 0;
}

static int
check_rules(struct checker_state *s, const struct csv_block *b, size_t first,
    size_t m, struct fault *f)
{
	const struct checker *c = s->checker;
	unsigned char verdict[COLUMN_BATCH];
	size_t i, r;

	for (i = 0; i < c->nrules; i++) {
		if (expr_test(s->rules[i], b, first, m, verdict, NULL, f) ==
		    -1)
			return -1;
		if (s->nmeters > 0)
			meter_rule(s->meters[0], i, first, m, verdict);
		if (memchr(verdict, 0, m) == NULL)
			continue;
		for (r = 0; r < m; r++)
			if (verdict[r] == 0)
				column_report(&s->found, c->rules[i].check,
				    (uint16_t)r, NULL, 0);
	}
	return 0;
}

/* A foreign key, of a record of this batch. */
static void
said_foreign(void *arg, size_t key, size_t record, int ok)
{
	struct checker_state *s = arg;

	if (!ok)
		column_report(&s->found, s->checker->keys.v[key].check,
		    (uint16_t)(record - s->first), NULL, 0);
	if (s->nmeters > 0)
		meter_key(s->meters[0], key, record, ok);
}

/* Another key, in order of the blocks. */
static void
said_unique(void *arg, size_t key, size_t record, int ok)
{
	struct checker_state *s = arg;
	struct finding *x;

	if (s->nmeters > 0)
		meter_key(s->meters[0], key, record, ok);
	if (ok)
		return;
	if (s->ntwice == s->twice_cap) {
		s->twice_cap = s->twice_cap * 2 + 64;
		s->twice = mem_array(s->twice, s->twice_cap,
		    sizeof *s->twice);
	}
	x = &s->twice[s->ntwice++];
	memset(x, 0, sizeof *x);
	x->row = record; /* for now the number in the block */
	x->check = s->checker->keys.v[key].check;
}

/* Ragged records, one by one. */

static struct csv_slice
ragged_cell(const struct csv_block *b, const struct csv_ragged *g, size_t i,
    struct buf *scratch)
{
	const uint32_t *ends = b->ragged_ends + g->first;
	uint32_t start = i == 0 ? g->start : ends[i - 1] + 1;
	struct csv_slice s = { b->ragged_data + start, ends[i] - start };

	if (i == g->nfields - 1 && s.n > 0 && s.p[s.n - 1] == '\r')
		s.n--;
	if (s.n > 0 && s.p[0] == '"')
		return csv_unquote(s, scratch);
	return s;
}

static int
check_ragged(struct checker_state *s, const struct csv_block *b, size_t at,
    struct fault *f)
{
	const struct checker *c = s->checker;
	const struct csv_ragged *g = &b->ragged[at];
	struct finding x;
	struct column_cells cells;
	struct buf scratch = { 0 };
	size_t i;
	int rc = -1;

	memset(&x, 0, sizeof x);
	x.row = row_of(c, b, g->before, at);
	s->found.n = 0;
	for (i = 0; i < g->nfields && i < c->ncols; i++) {
		struct csv_slice cell = ragged_cell(b, g, i, &scratch);

		if (i == 0 && g->nfields == 1 && cell.n == 0) {
			x.check = c->blank_row;
			keep(s, &x);
			rc = 0;
			goto out;
		}
		if (c->columns[i] == NULL || !column_checks(c->columns[i]))
			continue;
		cells.k = 1;
		cells.p[0] = cell.p;
		cells.n[0] = (uint32_t)cell.n;
		cells.row[0] = 0;
		if (column_missing(c->columns[i], cell.p, cell.n)) {
			long check = column_required(c->columns[i]);

			if (check != -1 && c->applies[i] == NULL)
				column_report(&s->found, (uint32_t)check, 0,
				    NULL, 0);
			continue;
		}
		if (column_check(c->columns[i], s->runs[i], &cells,
		    &s->found, f) == -1)
			goto out;
	}
	for (i = 0; i < s->found.n; i++) {
		x.check = s->found.v[i].check;
		x.value = s->found.v[i].value;
		x.nvalue = s->found.v[i].nvalue;
		keep(s, &x);
	}
	x.value = x.nvalue = 0;
	for (i = g->nfields; i < c->ncols; i++) {
		x.check = c->missing_cell[i];
		keep(s, &x);
	}
	for (i = c->ncols; i < g->nfields; i++) {
		x.check = c->extra_cell;
		x.column = (uint32_t)i + 1;
		keep(s, &x);
	}
	rc = 0;
out:
	buf_free(&scratch);
	return rc;
}

static int
by_row(const void *a, const void *b)
{
	const struct finding *x = a, *y = b;

	if (x->row != y->row)
		return x->row < y->row ? -1 : 1;
	return x->check < y->check ? -1 : x->check > y->check;
}

/* Two runs that are each by row become one: [0, middle) and the rest. */
static void
merge_runs(struct checker_state *s, size_t middle)
{
	struct finding *to;
	size_t i = 0, k = middle, n = 0;

	if (middle == 0 || middle == s->nlist ||
	    s->list[middle - 1].row <= s->list[middle].row)
		return;
	to = mem_array(NULL, s->cap, sizeof *to);
	while (i < middle || k < s->nlist)
		to[n++] = k == s->nlist || (i < middle &&
		    s->list[i].row <= s->list[k].row) ? s->list[i++] :
		    s->list[k++];
	free(s->list);
	s->list = to;
}

/* What the block's findings and records make of the outputs. */
static void
put_good(const struct checker_state *s, const struct csv_block *b,
    struct buf *good, struct buf *rejects)
{
	size_t from = 0, r, ragged = 0;

	if (s->checker->nheader > 0)
		good = NULL;
	for (r = 0; r <= b->nrecords; r++) {
		int bad;

		while (rejects != NULL && ragged < b->nragged &&
		    b->ragged[ragged].before <= r) {
			const struct csv_ragged *g = &b->ragged[ragged++];
			uint32_t end = b->ragged_ends[g->first +
			    g->nfields - 1];

			/* With its line end, as it came. */
			buf_put(rejects, b->ragged_data + g->start,
			    end + 1 - g->start);
		}
		bad = r < b->nrecords && (s->flags[r] & FLAG_ERROR) != 0;
		if (r < b->nrecords && !bad)
			continue;
		if (good != NULL)
			csv_put_records(good, b, from, r);
		from = r + 1;
		if (bad && rejects != NULL)
			csv_put_records(rejects, b, r, r + 1);
	}
}

static void
put_outputs(const struct checker_state *s, const struct csv_block *b,
    struct buf *outs)
{
	const struct checker *c = s->checker;
	struct buf *good = c->o.good >= 0 ? &outs[c->o.good] : NULL;
	struct buf *rejects = c->o.rejects >= 0 ? &outs[c->o.rejects] : NULL;
	size_t i;

	if (good != NULL || rejects != NULL)
		put_good(s, b, good, rejects);
	if (c->o.errors < 0)
		return;
	for (i = 0; i < s->nlist; i++)
		findings_put(c->list, &s->list[i], b->file,
		    s->list[i].nvalue > 0 ? s->values.p + s->list[i].value :
		    NULL, s->list[i].nvalue, &outs[c->o.errors]);
}

static void
count(struct checker_state *s, const struct csv_block *b, size_t from)
{
	size_t i;

	for (i = from; i < s->nlist; i++)
		findings_tally(&s->tally[s->list[i].check], b->file_index,
		    s->list[i].row);
}

static void
start_block(struct checker_state *s, const struct csv_block *b)
{
	s->nlist = 0;
	buf_clear(&s->values);
	if (s->flags_cap < b->nrecords + 1) {
		s->flags_cap = b->nrecords * 2 + 1;
		s->flags = mem_array(s->flags, s->flags_cap, 1);
	}
	memset(s->flags, 0, b->nrecords + 1);
	s->ntwice = s->nbeyond = 0;
	keycheck_start(s->keys, b);
}

/* Rules over groups will want to know what a record was found to be. */
static void
mark(struct checker_state *s, const struct csv_block *b, size_t r)
{
	if (s->marks != NULL)
		marks_add(s->marks, b->file_index, csv_record_number(b, r),
		    s->flags[r]);
}

static void
found_wide(void *arg, size_t rule, size_t record)
{
	struct checker_state *s = arg;
	struct finding *x;

	if (s->nbeyond == s->beyond_cap) {
		s->beyond_cap = s->beyond_cap * 2 + 64;
		s->beyond = mem_array(s->beyond, s->beyond_cap,
		    sizeof *s->beyond);
	}
	x = &s->beyond[s->nbeyond++];
	memset(x, 0, sizeof *x);
	x->row = record; /* for now the number in the block */
	x->check = s->checker->wide_checks[rule];
}

/* What rules over other tables found goes among the block's findings. */
static void
take_beyond(struct checker_state *s, const struct csv_block *b)
{
	size_t i, r, middle = s->nlist, ragged = 0;

	if (s->nbeyond == 0)
		return;
	qsort(s->beyond, s->nbeyond, sizeof *s->beyond, by_row);
	for (i = 0; i < s->nbeyond; i++) {
		r = (size_t)s->beyond[i].row;
		while (ragged < b->nragged && b->ragged[ragged].before <= r)
			ragged++;
		s->flags[r] |= flag_of(s->checker, s->beyond[i].check);
		s->beyond[i].row = row_of(s->checker, b, r, ragged);
		keep(s, &s->beyond[i]);
	}
	merge_runs(s, middle);
}

int
checker_given(struct checker *c, struct csv_reader *in, struct fault *f)
{
	c->given = given_read(in, c->list, f);
	return c->given != NULL ? 0 : -1;
}

/* The block's record of a row that was given, or -1: a ragged one. */
static long
record_of(const struct csv_block *b, uint64_t r, size_t *before)
{
	while (*before < b->nragged &&
	    b->ragged[*before].before + *before <= r)
		++*before;
	r -= *before; /* ragged ones were among them */
	return r < b->nrecords ? (long)r : -1;
}

/* What was found elsewhere about the block's records. */
static void
add_given(struct checker_state *s, const struct csv_block *b)
{
	uint64_t from = row_of(s->checker, b, 0, 0);
	size_t i, n, before = 0, middle = s->nlist;
	const struct given_finding *g = given_between(s->checker->given, from,
	    from + b->nrecords + b->nragged - 1, &n);
	struct finding x;
	long r;

	memset(&x, 0, sizeof x);
	for (i = 0; i < n; i++) {
		r = record_of(b, g[i].row - from, &before);
		if (g[i].late)
			continue;
		if (r >= 0)
			s->flags[r] |= flag_of(s->checker, g[i].check);
		x.row = g[i].row;
		x.check = g[i].check;
		keep(s, &x);
	}
	merge_runs(s, middle);
}

/* A finding told at the end, of a record that was found to be before. */
static void
count_late(struct checker_state *s, unsigned before, unsigned flag)
{
	if (flag == FLAG_ERROR && (before & FLAG_ERROR) == 0) {
		s->late++;
		s->warned -= before == FLAG_WARNING;
	} else if (before == 0) {
		s->warned++;
	}
}

static int
of_group(const struct checker *c, uint32_t check)
{
	size_t i;

	for (i = 0; i < c->spec->nrules; i++)
		if (spec_rule_kind(&c->spec->rules[i]) == SPEC_RULE_GROUP &&
		    c->wide_checks[i] == check)
			return 1;
	return 0;
}

/*
 * What rules over groups found elsewhere: it is counted, but told there, and
 * no record is held back for it.
 */
static void
count_given(struct checker_state *s, const struct csv_block *b)
{
	uint64_t from = row_of(s->checker, b, 0, 0);
	size_t i, n, before = 0;
	const struct given_finding *g = given_between(s->checker->given, from,
	    from + b->nrecords + b->nragged - 1, &n);
	unsigned flag;
	long r;

	for (i = 0; i < n; i++) {
		r = record_of(b, g[i].row - from, &before);
		if (r < 0 || !g[i].late || !of_group(s->checker, g[i].check))
			continue;
		findings_tally(&s->tally[g[i].check], b->file_index,
		    g[i].row);
		flag = flag_of(s->checker, g[i].check);
		count_late(s, (s->flags[r] | s->flags[r] >> LATE) &
		    (FLAG_ERROR | FLAG_WARNING), flag);
		s->flags[r] |= (unsigned char)(flag << LATE);
	}
}

int
checker_map(void *arg, const struct csv_block *b, struct buf *outs,
    struct fault *f)
{
	struct checker_state *s = arg;
	const uint32_t *places = NULL;
	size_t first, m, ragged = 0, middle, r, i;

	start_block(s, b);
	if (s->nmeters > 0 && meter_block(s->meters[0], b, f) == -1)
		return -1;
	if (s->nmeters > 0 && s->wide != NULL)
		places = meter_places_of(s->meters[0], b->nrecords);
	for (first = 0; first < b->nrecords; first += m) {
		m = b->nrecords - first;
		if (m > COLUMN_BATCH)
			m = COLUMN_BATCH;
		s->found.n = 0;
		if (!s->checker->o.across &&
		    (check_columns(s, b, first, m, f) == -1 ||
		    check_rules(s, b, first, m, f) == -1))
			return -1;
		if (s->wide != NULL && wide_map(s->wide, b, first, m, places,
		    found_wide, s, f) == -1)
			return -1;
		s->first = first;
		keycheck_map(s->keys, b, first, m, said_foreign, s);
		if (s->found.n > 0)
			sort_batch(s, b, first, m, &ragged);
	}
	keycheck_share(s->keys);
	middle = s->nlist;
	for (i = 0; i < b->nragged && !s->checker->o.across; i++)
		if (check_ragged(s, b, i, f) == -1)
			return -1;
	merge_runs(s, middle);
	take_beyond(s, b);
	if (s->checker->given != NULL)
		add_given(s, b);
	s->records += b->nrecords + b->nragged;
	s->bad += b->nragged;
	for (r = 0; s->nlist > 0 && r < b->nrecords; r++) {
		s->bad += (s->flags[r] & FLAG_ERROR) != 0;
		s->warned += s->flags[r] == FLAG_WARNING;
		if (s->flags[r] != 0)
			mark(s, b, r);
	}
	count(s, b, 0);
	if (s->checker->given != NULL)
		count_given(s, b);
	put_outputs(s, b, outs);
	return 0;
}

unsigned
checker_parts(const struct checker *c)
{
	return keycheck_ordered(&c->keys) ? KEYSET_SHARDS : 0;
}

int
checker_in_part(void *arg, void *state, const struct csv_block *b,
    unsigned part, struct fault *f)
{
	struct checker_state *s = state;

	(void)arg;
	(void)b;
	(void)f;
	keycheck_shard(s->keys, part, said_unique, s);
	return 0;
}

int
checker_in_order(void *arg, void *state, const struct csv_block *b,
    struct buf *outs, struct fault *f)
{
	struct checker *c = arg;
	struct checker_state *s = state;
	size_t i, r, middle = s->nlist, ragged = 0;

	(void)f;
	if (s->ntwice == 0)
		return 0;
	qsort(s->twice, s->ntwice, sizeof *s->twice, by_row);
	for (i = 0; i < s->ntwice; i++)
		keep(s, &s->twice[i]);
	for (i = middle; i < s->nlist; i++) {
		r = (size_t)s->list[i].row;
		while (ragged < b->nragged && b->ragged[ragged].before <= r)
			ragged++;
		s->list[i].row = row_of(c, b, r, ragged);
		s->warned -= s->flags[r] == FLAG_WARNING;
		s->bad += (s->flags[r] & FLAG_ERROR) == 0;
		s->flags[r] |= FLAG_ERROR;
		mark(s, b, r);
	}
	count(s, b, middle);
	merge_runs(s, middle);
	if (c->o.good >= 0)
		buf_clear(&outs[c->o.good]);
	if (c->o.rejects >= 0)
		buf_clear(&outs[c->o.rejects]);
	if (c->o.errors >= 0)
		buf_clear(&outs[c->o.errors]);
	put_outputs(s, b, outs);
	return 0;
}

int
checker_merge(void *into, void *from, struct fault *f)
{
	struct checker_state *a = into, *b = from;
	size_t i;

	(void)f;
	findings_merge(a->tally, b->tally,
	    findings_count(a->checker->list));
	a->records += b->records;
	a->bad += b->bad;
	a->warned += b->warned;
	a->late += b->late;
	if (a->wide != NULL)
		wide_merge(a->wide, b->wide);
	if (a->marks != NULL)
		marks_merge(a->marks, b->marks);
	a->meters = mem_array(a->meters, a->nmeters + b->nmeters + 1,
	    sizeof *a->meters);
	for (i = 0; i < b->nmeters; i++)
		a->meters[a->nmeters++] = b->meters[i];
	b->nmeters = 0;
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

/* Around the run. */

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

/* Findings of rules over groups, as they come. */
struct late {
	const struct checker *c;
	struct checker_state *s;
	const char *const *paths;
	struct outfile *errors; /* NULL: none */
	struct buf b;
	struct fault *f;
	int rc;
};

static void
found_late(void *arg, size_t rule, size_t file, uint64_t record)
{
	struct late *l = arg;
	unsigned before = marks_get(l->s->marks, file, record), flag;
	struct finding x;

	memset(&x, 0, sizeof x);
	x.check = l->c->wide_checks[rule];
	x.row = record + !l->c->o.no_header;
	findings_tally(&l->s->tally[x.check], file, x.row);
	flag = flag_of(l->c, x.check);
	marks_add(l->s->marks, file, record, flag);
	count_late(l->s, before, flag);
	if (l->errors == NULL || l->rc == -1)
		return;
	findings_put(l->c->list, &x, l->paths != NULL ? l->paths[file] : "-",
	    NULL, 0, &l->b);
	if (l->b.n >= 65536) {
		l->rc = outfile_write(l->errors, l->b.p, l->b.n, l->f);
		buf_clear(&l->b);
	}
}

int
checker_finish(const struct checker *c, void *state,
    const char *const *paths, struct outfile *errors, struct fault *f)
{
	struct late l = { .c = c, .s = state, .paths = paths,
		.errors = errors, .f = f };

	size_t i;

	for (i = 0; i < c->nheader && !c->o.across && !c->o.later; i++)
		findings_tally(&l.s->tally[c->header_findings[i].check], 0,
		    c->header_findings[i].row);
	if (l.s->wide == NULL)
		return 0;
	if (wide_finish(l.s->wide, found_late, &l, f) == -1)
		l.rc = -1;
	if (l.rc == 0 && errors != NULL && l.b.n > 0)
		l.rc = outfile_write(errors, l.b.p, l.b.n, f);
	buf_free(&l.b);
	return l.rc;
}

struct checker_result
checker_sum(const struct checker *c, const void *state)
{
	const struct checker_state *s = state;
	struct checker_result r = { .records = s->records, .bad = s->bad,
		.late = s->late,
		.warned = s->warned, .tally = s->tally };
	size_t i;

	for (i = 0; i < findings_count(c->list); i++) {
		const struct findings_check *k = findings_get(c->list, i);

		if (k->severity == SPEC_ERROR)
			r.errors += s->tally[i].n;
		else
			r.warnings += s->tally[i].n;
	}
	return r;
}

const struct findings *
checker_findings(const struct checker *c)
{
	return c->list;
}
