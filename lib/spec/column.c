/* Everything that a specification asks of one column's cells. */
#include "spec/column.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"
#include "check/check.h"
#include "spec/codelist.h"
#include "spec/dated.h"
#include "spec/jsonschema.h"
#include "spec/pattern.h"
#include "spec/types.h"
#include "spec/valueset.h"

#define NO_CHECK UINT32_MAX

/*
 * Verdicts of values seen before: direct-mapped, per thread. It rests for
 * MEMO_REST batches when fewer than half of MEMO_TRIAL cells were known.
 */
#define MEMO_SLOTS 1024
#define MEMO_A 0xa0761d6478bd642fULL
#define MEMO_B 0xe7037ed1a0b428dbULL
#define MEMO_TRIAL 4096
#define MEMO_REST 256

enum bound_kind { MINIMUM, MAXIMUM, EXCLUSIVE_MINIMUM, EXCLUSIVE_MAXIMUM };

struct bound {
	enum bound_kind kind;
	uint32_t check;
	int has_value; /* comparable with a quick value */
	int64_t value;
	struct buf key;
};

struct column {
	const struct spec_field *field;
	size_t column;
	struct type *type;
	int any_missing, empty_missing;
	struct valueset *missing; /* besides "" */
	uint32_t required, badtype;
	size_t nbounds;
	struct bound bounds[4];
	uint32_t min_length, max_length; /* entries */
	struct pattern *pattern;
	uint32_t pattern_check;
	struct jsonschema *schema;
	uint32_t schema_check;
	/* Enumeration and categories: by text, and if need be by key. */
	struct valueset *texts[2], *keys[2];
	uint32_t set_checks[2];
	struct valueset *codes;
	uint32_t codes_check;
	struct dated *dated; /* codes with days; NULL: none */
	uint32_t dated_check;
	int kind; /* enum check_kind, or -1 */
	uint32_t kind_check;
	struct valueset *defaults;
	struct valueset *counted; /* those, and the code lists' own */
	int slow; /* worth a memo */
};

struct column_run {
	struct pattern_run *pattern;
	struct jsonschema_run *schema;
	struct buf key;
	size_t rest, asked, missed;
	uint64_t *memo; /* MEMO_SLOTS pairs; NULL: none */
	unsigned char failed[COLUMN_BATCH]; /* by row of the batch */
};

static uint32_t
add(struct findings *list, const struct column *c, const char *type,
    const char *constraint, const char *message)
{
	struct findings_check k = { .type = type, .constraint = constraint,
		.field = c->field->name, .column = c->column + 1,
		.severity = SPEC_ERROR, .message = message, .max_rate = -1 };

	return findings_add(list, &k);
}

static uint32_t
add_constraint(struct findings *list, const struct column *c,
    const char *constraint, const char *message)
{
	return add(list, c, "constraint-error", constraint, message);
}

/* "above its maximum, 120"; the value is the specification's, not a cell. */
static uint32_t
add_limit(struct findings *list, const struct column *c,
    const char *constraint, const char *message, const char *limit)
{
	char *text = mem_printf("%s, %.60s", message, limit);
	uint32_t check = add_constraint(list, c, constraint, text);

	free(text);
	return check;
}

static int
field_fault(const struct column *c, struct fault *f, const char *what)
{
	(void)fault_set(f, "field %.90s: %s", c->field->name, what);
	return -1;
}

/* A limit as the field writes it, or as JSON writes a number. */
static int
limit_key(const struct column *c, const char *text, struct buf *key)
{
	struct spec_field plain = *c->field;
	struct type *t;
	int rc;

	if (type_key(c->type, text, strlen(text), key) == 0)
		return 0;
	plain.decimal_char = plain.group_char = NULL;
	plain.bare_number = 1;
	if ((t = type_new(&plain, NULL)) == NULL)
		return -1;
	rc = type_key(t, text, strlen(text), key);
	type_free(t);
	return rc;
}

static int
set_bounds(struct column *c, struct findings *list, struct fault *f)
{
	const struct spec_field *s = c->field;
	const struct {
		const char *text, *name, *message;
	} limits[] = {
		{ s->minimum, "minimum", "below its minimum" },
		{ s->maximum, "maximum", "above its maximum" },
		{ s->exclusive_minimum, "exclusiveMinimum",
		    "not above its limit" },
		{ s->exclusive_maximum, "exclusiveMaximum",
		    "not below its limit" },
	};
	int i;

	for (i = 0; i < 4; i++) {
		struct bound *b = &c->bounds[c->nbounds];

		if (limits[i].text == NULL)
			continue;
		if (!type_ordered(c->type))
			return field_fault(c, f, "its type has no order, so "
			    "no limits");
		b->kind = (enum bound_kind)i;
		c->nbounds++;
		if (limit_key(c, limits[i].text, &b->key) == -1)
			return field_fault(c, f, "a limit does not fit its "
			    "type");
		b->has_value = type_value(c->type, limits[i].text,
		    strlen(limits[i].text), &b->value) == 0;
		b->check = add_limit(list, c, limits[i].name,
		    limits[i].message, limits[i].text);
	}
	return 0;
}

static void
set_lengths(struct column *c, struct findings *list)
{
	char digits[24];

	c->min_length = c->max_length = NO_CHECK;
	if (c->field->min_length >= 0) {
		(void)snprintf(digits, sizeof digits, "%lld",
		    (long long)c->field->min_length);
		c->min_length = add_limit(list, c, "minLength",
		    "shorter than its least length", digits);
	}
	if (c->field->max_length >= 0) {
		(void)snprintf(digits, sizeof digits, "%lld",
		    (long long)c->field->max_length);
		c->max_length = add_limit(list, c, "maxLength",
		    "longer than its greatest length", digits);
	}
}

static int
set_values(struct column *c, int which, const struct spec_strings *v,
    const char *name, const char *message, struct findings *list,
    struct fault *f)
{
	int text = c->field->type == SPEC_STRING ||
	    c->field->type == SPEC_ANY;
	struct buf key = { 0 };
	size_t i;

	c->texts[which] = valueset_new();
	if (!text)
		c->keys[which] = valueset_new();
	for (i = 0; i < v->n; i++) {
		valueset_add(c->texts[which], v->v[i], strlen(v->v[i]));
		buf_clear(&key);
		if (limit_key(c, v->v[i], &key) == -1) {
			buf_free(&key);
			return field_fault(c, f, "one of its values does not "
			    "fit its type");
		}
		if (!text)
			valueset_add(c->keys[which], key.p, key.n);
	}
	buf_free(&key);
	valueset_seal(c->texts[which]);
	if (!text)
		valueset_seal(c->keys[which]);
	c->set_checks[which] = add_constraint(list, c, name, message);
	return 0;
}

static struct valueset *
codes_of(const struct spec_strings *names, const struct expr_scope *scope,
    struct fault *f)
{
	struct valueset *s = valueset_new();
	const struct codelist *l;
	size_t i, k;

	for (i = 0; i < names->n; i++) {
		l = scope->codelist(scope->arg, names->v[i], f);
		if (l == NULL) {
			valueset_free(s);
			return NULL;
		}
		for (k = 0; k < codelist_count(l); k++) {
			const char *code = codelist_code(l, k);

			valueset_add(s, code, strlen(code));
		}
	}
	valueset_seal(s);
	return s;
}

/* Codes that say "not known", of whatever list. */
static struct valueset *
default_codes(const struct spec_field *field, const struct expr_scope *scope,
    struct fault *f)
{
	const struct spec_strings *from[2];
	struct valueset *s = valueset_new();
	size_t i, row;
	int k;

	from[0] = &field->codelists;
	from[1] = &field->defaults;
	for (k = 0; k < 2; k++)
		for (i = 0; i < from[k]->n; i++) {
			const struct codelist *l = scope->codelist(scope->arg,
			    from[k]->v[i], f);

			if (l == NULL) {
				valueset_free(s);
				return NULL;
			}
			for (row = 0; row < codelist_count(l); row++) {
				const char *code = codelist_code(l, row);

				if (k == 1 || codelist_status(l, row) ==
				    CODELIST_DEFAULT)
					valueset_add(s, code, strlen(code));
			}
		}
	valueset_seal(s);
	return s;
}

static int
set_codes(struct column *c, const struct expr_scope *scope,
    struct findings *list, struct fault *f)
{
	const struct spec_field *s = c->field;
	char *message;

	if (s->codelists.n > 0) {
		if ((c->codes = codes_of(&s->codelists, scope, f)) == NULL)
			return -1;
		message = mem_printf("not in code list %s%s",
		    s->codelists.v[0], s->codelists.n > 1 ? " or another" :
		    "");
		c->codes_check = add_constraint(list, c, "codelist", message);
		free(message);
		if (dated_new(s, scope, &c->dated, f) == -1)
			return -1;
		if (c->dated != NULL)
			c->dated_check = add_constraint(list, c, "codelist",
			    "a code that does not hold on its day");
	}
	if (s->defaults.n > 0 &&
	    (c->defaults = codes_of(&s->defaults, scope, f)) == NULL)
		return -1;
	if ((c->counted = default_codes(s, scope, f)) == NULL)
		return -1;
	c->kind = -1;
	if (s->check != NULL) {
		if ((c->kind = check_find(s->check)) == -1)
			return field_fault(c, f, "no check has this name");
		c->kind_check = add_constraint(list, c, "check",
		    check_what((enum check_kind)c->kind));
	}
	return 0;
}

static void
set_missing(struct column *c)
{
	const struct spec_strings *from[2];
	size_t i;
	int k;

	from[0] = &c->field->missing;
	from[1] = &c->field->clean;
	for (k = 0; k < 2; k++)
		for (i = 0; i < from[k]->n; i++) {
			const char *v = from[k]->v[i];

			c->any_missing = 1;
			if (v[0] == '\0') {
				c->empty_missing = 1;
				continue;
			}
			if (c->missing == NULL)
				c->missing = valueset_new();
			valueset_add(c->missing, v, strlen(v));
		}
	if (c->missing != NULL)
		valueset_seal(c->missing);
}

static int
compile(struct column *c, int required, const struct expr_scope *scope,
    struct findings *list, struct fault *f)
{
	const struct spec_field *s = c->field;

	if ((c->type = type_new(s, f)) == NULL) {
		fault_place(f, NULL, 0, 0, c->column + 1, s->name);
		return -1;
	}
	set_missing(c);
	c->required = c->badtype = NO_CHECK;
	if (s->required || required)
		c->required = add_constraint(list, c, "required",
		    "missing where a value is required");
	if (type_checks(c->type))
		c->badtype = add(list, c, "type-error", NULL,
		    type_complaint(c->type));
	if (set_bounds(c, list, f) == -1)
		return -1;
	set_lengths(c, list);
	if (s->pattern != NULL) {
		if ((c->pattern = pattern_new(s->pattern, f)) == NULL) {
			fault_place(f, NULL, 0, 0, c->column + 1, s->name);
			return -1;
		}
		c->pattern_check = add_constraint(list, c, "pattern",
		    "does not match its pattern");
	}
	if (s->json_schema != NULL) {
		if ((c->schema = jsonschema_new(s->json_schema, f)) == NULL)
			return -1;
		c->schema_check = add_constraint(list, c, "jsonSchema",
		    "does not fit its JSON Schema");
	}
	if (s->has_enum && set_values(c, 0, &s->enumeration, "enum",
	    "not one of the values allowed", list, f) == -1)
		return -1;
	if (s->categories.n > 0 && set_values(c, 1, &s->categories,
	    "categories", "not one of its categories", list, f) == -1)
		return -1;
	if (set_codes(c, scope, list, f) == -1)
		return -1;
	/* What costs less than the memo itself is not worth one. */
	c->slow = (c->pattern != NULL && !pattern_native(c->pattern)) ||
	    c->kind == CHECK_SCTID || c->kind == CHECK_SCTID_CONCEPT ||
	    (type_checks(c->type) && !type_quick(c->type));
	return 0;
}

struct column *
column_new(const struct spec_field *field, size_t column, int required,
    const struct expr_scope *scope, struct findings *list, struct fault *f)
{
	struct column *c = mem_zero(1, sizeof *c);

	c->field = field;
	c->column = column;
	if (compile(c, required, scope, list, f) == -1) {
		column_free(c);
		return NULL;
	}
	return c;
}

void
column_free(struct column *c)
{
	size_t i;

	if (c == NULL)
		return;
	for (i = 0; i < c->nbounds; i++)
		buf_free(&c->bounds[i].key);
	type_free(c->type);
	pattern_free(c->pattern);
	jsonschema_free(c->schema);
	valueset_free(c->missing);
	valueset_free(c->texts[0]);
	valueset_free(c->texts[1]);
	valueset_free(c->keys[0]);
	valueset_free(c->keys[1]);
	valueset_free(c->codes);
	dated_free(c->dated);
	valueset_free(c->defaults);
	valueset_free(c->counted);
	free(c);
}

size_t
column_at(const struct column *c)
{
	return c->column;
}

int
column_checks(const struct column *c)
{
	return c->required != NO_CHECK || c->badtype != NO_CHECK ||
	    c->min_length != NO_CHECK || c->max_length != NO_CHECK ||
	    c->pattern != NULL || c->texts[0] != NULL ||
	    c->texts[1] != NULL || c->codes != NULL || c->kind != -1;
}

int
column_only_date(const struct column *c)
{
	return c->field->type == SPEC_DATE && c->field->format == NULL &&
	    c->empty_missing && c->badtype != NO_CHECK && c->nbounds == 0 &&
	    c->min_length == NO_CHECK && c->max_length == NO_CHECK &&
	    c->pattern == NULL && c->texts[0] == NULL &&
	    c->texts[1] == NULL && c->codes == NULL && c->kind == -1;
}

long
column_required(const struct column *c)
{
	return c->required == NO_CHECK ? -1 : (long)c->required;
}

struct column_run *
column_run_new(const struct column *c)
{
	struct column_run *r = mem_zero(1, sizeof *r);

	if (c->pattern != NULL && !pattern_native(c->pattern))
		r->pattern = pattern_run_new();
	if (c->schema != NULL)
		r->schema = jsonschema_run_new();
	if (c->slow)
		r->memo = mem_zero((size_t)2 * MEMO_SLOTS, sizeof *r->memo);
	return r;
}

void
column_run_free(struct column_run *r)
{
	if (r == NULL)
		return;
	pattern_run_free(r->pattern);
	jsonschema_run_free(r->schema);
	buf_free(&r->key);
	free(r->memo);
	free(r);
}

int
column_missing(const struct column *c, const char *p, size_t n)
{
	if (n == 0)
		return c->empty_missing;
	return c->missing != NULL && valueset_has(c->missing, p, n);
}

/* The common case: no quotes, no carriage return, only "" is missing. */
static size_t
take_plain(const struct csv_block *b, const uint32_t *e, size_t m,
    struct column_cells *x)
{
	size_t i, k = 0, ncols = b->ncols;

	for (i = 0; i < m; i++, e += ncols) {
		uint32_t start = e[-1] + 1, n = e[0] - start;

		x->p[k] = b->data + start;
		x->n[k] = n;
		x->row[k] = (uint16_t)i;
		k += n > 0;
	}
	return k;
}

static size_t
take_any(const struct column *c, size_t at, const struct csv_block *b,
    size_t first, size_t m, struct buf *pool, struct column_cells *x)
{
	struct buf scratch = { 0 };
	size_t i, k = 0;

	buf_clear(pool);
	if (b->quotes) {
		/* Cells that lose a quote go there, and it must not move. */
		struct csv_slice a = csv_record(b, first);
		struct csv_slice z = csv_record(b, first + m - 1);

		buf_reserve(pool, (size_t)(z.p + z.n - a.p) + m);
	}
	for (i = 0; i < m; i++) {
		struct csv_slice s = csv_cell(b, first + i, at, &scratch);

		if (s.p == scratch.p && s.n > 0) {
			char *to = pool->p + pool->n;

			memcpy(to, s.p, s.n);
			pool->n += s.n;
			s.p = to;
		}
		x->p[k] = s.p;
		x->n[k] = (uint32_t)s.n;
		x->row[k] = (uint16_t)i;
		k += !(s.n == 0 && c->empty_missing);
	}
	buf_free(&scratch);
	return k;
}

/* Keeps the cells with keep[i] true. */
static void
keep_cells(struct column_cells *x, const unsigned char *keep, int wanted)
{
	size_t i, k = 0;

	for (i = 0; i < x->k; i++) {
		x->p[k] = x->p[i];
		x->n[k] = x->n[i];
		x->row[k] = x->row[i];
		k += (keep[i] != 0) == wanted;
	}
	x->k = k;
}

void
column_take(const struct column *c, size_t at, const struct csv_block *b,
    size_t first, size_t m, struct buf *pool, struct column_cells *x)
{
	unsigned char is[COLUMN_BATCH];

	if (!b->quotes && c->empty_missing &&
	    (!b->crs || at != b->ncols - 1))
		x->k = take_plain(b, b->ends + first * b->ncols + at, m, x);
	else
		x->k = take_any(c, at, b, first, m, pool, x);
	if (c->missing != NULL && x->k > 0 &&
	    valueset_batch(c->missing, x->p, x->n, x->k, 0, is) != x->k)
		keep_cells(x, is, 0);
}

void
column_report(struct column_found *to, uint32_t check, uint16_t row,
    const char *p, size_t n)
{
	struct column_item *v;

	if (to->n == to->cap) {
		to->cap = to->cap > 0 ? to->cap * 2 : 64;
		to->v = mem_array(to->v, to->cap, sizeof *to->v);
	}
	v = &to->v[to->n++];
	v->check = check;
	v->row = row;
	v->value = v->nvalue = 0;
	if (to->values != NULL && p != NULL) {
		v->value = to->values->n;
		v->nvalue = n;
		buf_put(to->values, p, n);
	}
}

/* Cell i broke a check, unless it is a default. */
static void
fail(const struct column *c, struct column_run *r,
    const struct column_cells *x, size_t i, uint32_t check,
    struct column_found *to)
{
	if (c->defaults != NULL &&
	    valueset_has(c->defaults, x->p[i], x->n[i]))
		return;
	r->failed[x->row[i]] = 1;
	column_report(to, check, x->row[i], x->p[i], x->n[i]);
}

static void
fail_all(const struct column *c, struct column_run *r,
    const struct column_cells *x, const unsigned char *ok, uint32_t check,
    struct column_found *to)
{
	size_t i;

	for (i = 0; i < x->k; i++)
		if (!ok[i])
			fail(c, r, x, i, check, to);
}

static int
outside(const struct column *c, const struct bound *b, struct column_run *r,
    const char *p, size_t n)
{
	int order;

	buf_clear(&r->key);
	(void)type_key(c->type, p, n, &r->key);
	order = type_order(c->type, r->key.p, r->key.n, b->key.p, b->key.n);
	switch (b->kind) {
	case MINIMUM:
		return order != 0 && order != 1;
	case MAXIMUM:
		return order != 0 && order != -1;
	case EXCLUSIVE_MINIMUM:
		return order != 1;
	case EXCLUSIVE_MAXIMUM:
		return order != -1;
	}
	return 1;
}

static void
check_bound(const struct column *c, const struct bound *b,
    struct column_run *r, const struct column_cells *x,
    const unsigned char *form, const int64_t *value,
    struct column_found *to)
{
	unsigned char ok[COLUMN_BATCH];
	int64_t limit = b->value;
	size_t i, bad = 0;

	switch (b->kind) {
	case MINIMUM:
		for (i = 0; i < x->k; i++)
			bad += !(ok[i] = value[i] >= limit);
		break;
	case MAXIMUM:
		for (i = 0; i < x->k; i++)
			bad += !(ok[i] = value[i] <= limit);
		break;
	case EXCLUSIVE_MINIMUM:
		for (i = 0; i < x->k; i++)
			bad += !(ok[i] = value[i] > limit);
		break;
	case EXCLUSIVE_MAXIMUM:
		for (i = 0; i < x->k; i++)
			bad += !(ok[i] = value[i] < limit);
		break;
	}
	for (i = 0; i < x->k; i++) {
		if (b->has_value && form[i] == TYPE_VALUE)
			continue;
		bad -= !ok[i];
		ok[i] = !outside(c, b, r, x->p[i], x->n[i]);
		bad += !ok[i];
	}
	if (bad > 0)
		fail_all(c, r, x, ok, b->check, to);
}

static void
check_type(const struct column *c, struct column_run *r,
    struct column_cells *x, struct column_found *to)
{
	unsigned char form[COLUMN_BATCH];
	int64_t value[COLUMN_BATCH];
	size_t i, k = 0, bad;

	bad = type_batch(c->type, x->p, x->n, x->k, form,
	    c->nbounds > 0 ? value : NULL);
	if (bad > 0) {
		for (i = 0; i < x->k; i++) {
			if (form[i] == TYPE_BAD)
				fail(c, r, x, i, c->badtype, to);
			x->p[k] = x->p[i];
			x->n[k] = x->n[i];
			x->row[k] = x->row[i];
			form[k] = form[i];
			if (c->nbounds > 0)
				value[k] = value[i];
			k += form[i] != TYPE_BAD;
		}
		x->k = k;
	}
	for (i = 0; i < c->nbounds; i++)
		check_bound(c, &c->bounds[i], r, x, form, value, to);
}

static void
check_lengths(const struct column *c, struct column_run *r,
    const struct column_cells *x, struct column_found *to)
{
	size_t least = c->min_length != NO_CHECK ?
	    (size_t)c->field->min_length : 0;
	size_t most = c->max_length != NO_CHECK ?
	    (size_t)c->field->max_length : (size_t)-1;
	int text = c->field->type == SPEC_STRING ||
	    c->field->type == SPEC_ANY;
	size_t i, n;

	for (i = 0; i < x->k; i++) {
		/* A character is one to four bytes. */
		if (text && x->n[i] <= most && x->n[i] >= least * 4)
			continue;
		n = type_length(c->type, x->p[i], x->n[i]);
		if (n < least)
			fail(c, r, x, i, c->min_length, to);
		if (n > most)
			fail(c, r, x, i, c->max_length, to);
	}
}

static void
check_values(const struct column *c, int which, struct column_run *r,
    const struct column_cells *x, struct column_found *to)
{
	unsigned char ok[COLUMN_BATCH];
	size_t i;

	if (valueset_batch(c->texts[which], x->p, x->n, x->k, 0, ok) == 0)
		return;
	if (c->keys[which] != NULL) {
		/* Another spelling of the same value? */
		for (i = 0; i < x->k; i++) {
			if (ok[i])
				continue;
			buf_clear(&r->key);
			ok[i] = type_key(c->type, x->p[i], x->n[i],
			    &r->key) == 0 && valueset_has(c->keys[which],
			    r->key.p, r->key.n);
		}
	}
	fail_all(c, r, x, ok, c->set_checks[which], to);
}

static void
check_kind(const struct column *c, struct column_run *r,
    const struct column_cells *x, struct column_found *to)
{
	size_t i;

	for (i = 0; i < x->k; i++)
		if (!check_ok((enum check_kind)c->kind, x->p[i], x->n[i]))
			fail(c, r, x, i, c->kind_check, to);
}

static int
check_schema(const struct column *c, struct column_run *r,
    const struct column_cells *x, struct column_found *to)
{
	size_t i;
	int fits;

	for (i = 0; i < x->k; i++) {
		fits = jsonschema_fits(c->schema, r->schema, x->p[i],
		    x->n[i]);
		if (fits == -1)
			return -1;
		if (!fits)
			fail(c, r, x, i, c->schema_check, to);
	}
	return 0;
}

static int
too_many_steps(const struct column *c, const char *what, int steps,
    struct fault *f)
{
	(void)fault_set(f, "its %s takes more than %d steps on a cell: write "
	    "it so that it need not try so many ways", what, steps);
	fault_place(f, NULL, 0, 0, c->column + 1, c->field->name);
	return -1;
}

/* Every check in a loop of its own. */
static int
check_cells(const struct column *c, struct column_run *r,
    struct column_cells *x, struct column_found *to, struct fault *f)
{
	unsigned char ok[COLUMN_BATCH];
	size_t bad;

	if (c->badtype != NO_CHECK)
		check_type(c, r, x, to);
	if (c->min_length != NO_CHECK || c->max_length != NO_CHECK)
		check_lengths(c, r, x, to);
	if (c->pattern != NULL) {
		bad = pattern_batch(c->pattern, r->pattern, x->p, x->n, x->k,
		    ok);
		if (bad == (size_t)-1)
			return too_many_steps(c, "pattern", PATTERN_STEPS, f);
		if (bad > 0)
			fail_all(c, r, x, ok, c->pattern_check, to);
	}
	if (c->schema != NULL && check_schema(c, r, x, to) == -1)
		return too_many_steps(c, "JSON Schema", JSONSCHEMA_STEPS, f);
	if (c->texts[0] != NULL)
		check_values(c, 0, r, x, to);
	if (c->texts[1] != NULL)
		check_values(c, 1, r, x, to);
	if (c->codes != NULL && valueset_batch(c->codes, x->p, x->n, x->k,
	    c->field->codelist_prefix, ok) > 0)
		fail_all(c, r, x, ok, c->codes_check, to);
	if (c->kind != -1)
		check_kind(c, r, x, to);
	return 0;
}

/* A value of up to 15 bytes in two registers; the last byte is its length. */
static inline void
memo_key(const char *p, uint32_t n, uint64_t key[2])
{
	static const unsigned char masks[32] = { 255, 255, 255, 255, 255,
		255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255 };
	uint64_t mask[2];

	/* 16 bytes are readable; those beyond the value become 0. */
	memcpy(key, p, 16);
	memcpy(mask, masks + 16 - n, 16);
	key[0] &= mask[0];
	key[1] &= mask[1];
	((unsigned char *)key)[15] = (unsigned char)(n + 1);
}

/* Takes out the cells that were found good before. */
static void
memo_ask(struct column_run *r, struct column_cells *x)
{
	unsigned char known[COLUMN_BATCH];
	uint64_t key[2], *slot;
	size_t i, hits = 0;

	for (i = 0; i < x->k; i++) {
		known[i] = 0;
		if (x->n[i] > 15)
			continue;
		memo_key(x->p[i], x->n[i], key);
		slot = r->memo + 2 * (hash_fold(key[0] ^ MEMO_A, key[1] ^
		    MEMO_B) % MEMO_SLOTS);
		known[i] = slot[0] == key[0] && slot[1] == key[1];
		hits += known[i];
	}
	r->asked += x->k;
	r->missed += x->k - hits;
	if (hits > 0)
		keep_cells(x, known, 0);
	if (r->asked >= MEMO_TRIAL) {
		if (r->missed * 2 > r->asked)
			r->rest = MEMO_REST;
		r->asked = r->missed = 0;
	}
}

static void
memo_learn(struct column_run *r, const struct column_cells *x)
{
	uint64_t key[2], *slot;
	size_t i;

	for (i = 0; i < x->k; i++) {
		if (x->n[i] > 15 || r->failed[x->row[i]])
			continue;
		memo_key(x->p[i], x->n[i], key);
		slot = r->memo + 2 * (hash_fold(key[0] ^ MEMO_A, key[1] ^
		    MEMO_B) % MEMO_SLOTS);
		slot[0] = key[0];
		slot[1] = key[1];
	}
}

int
column_check(const struct column *c, struct column_run *r,
    struct column_cells *x, struct column_found *to, struct fault *f)
{
	size_t before = to->n;
	int memo = r->memo != NULL && r->rest == 0 && x->k > 16;

	if (r->rest > 0)
		r->rest--;
	if (memo)
		memo_ask(r, x);
	if (x->k == 0)
		return 0;
	if (check_cells(c, r, x, to, f) == -1)
		return -1;
	if (memo)
		memo_learn(r, x);
	for (; before < to->n; before++)
		r->failed[to->v[before].row] = 0;
	return 0;
}

int
column_dated(const struct column *c)
{
	return c->dated != NULL;
}

void
column_check_days(const struct column *c, struct column_run *r,
    const struct column_cells *x, const int32_t *days,
    struct column_found *to)
{
	unsigned char ok[COLUMN_BATCH];
	size_t i;

	if (dated_batch(c->dated, x, days, ok) == 0)
		return;
	fail_all(c, r, x, ok, c->dated_check, to);
	for (i = 0; i < x->k; i++)
		r->failed[x->row[i]] = 0;
}

int
column_key_is_text(const struct column *c)
{
	return type_key_is_text(c->type);
}

int
column_key(const struct column *c, const char *p, size_t n, struct buf *b)
{
	return type_key(c->type, p, n, b);
}

const struct valueset *
column_codes(const struct column *c)
{
	const struct valueset *s = c->codes;

	if (s == NULL && c->keys[0] == NULL)
		s = c->texts[0];
	return s != NULL && valueset_countable(s) ? s : NULL;
}

void
column_defaults(const struct column *c, const struct column_cells *x,
    unsigned char *to)
{
	unsigned char is[COLUMN_BATCH];
	size_t i;

	(void)valueset_batch(c->counted, x->p, x->n, x->k, 0, is);
	for (i = 0; i < x->k; i++)
		to[x->row[i]] = is[i];
}
