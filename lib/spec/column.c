/* What a specification asks of one column's cells, compiled. */
#include "spec/column_inner.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "spec/codelist.h"

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
	c->codes_alone = c->codes != NULL && c->dated == NULL &&
	    c->badtype == NO_CHECK && c->min_length == NO_CHECK &&
	    c->max_length == NO_CHECK && c->pattern == NULL &&
	    c->schema == NULL && c->texts[0] == NULL && c->texts[1] == NULL &&
	    c->kind == -1 && c->missing == NULL && c->empty_missing;
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

int
column_dated(const struct column *c)
{
	return c->dated != NULL;
}

const struct valueset *
column_codes(const struct column *c)
{
	const struct valueset *s = c->codes;

	if (s == NULL && c->keys[0] == NULL)
		s = c->texts[0];
	return s != NULL && valueset_countable(s) ? s : NULL;
}
