/* Reads the fields of a specification. */
#include "spec/spec_read.h"

#include <stdlib.h>
#include <string.h>

#include "base/date.h"
#include "base/mem.h"
#include "base/nearest.h"
#include "base/num.h"
#include "base/share.h"
#include "check/check.h"
#include "spec/jsonschema.h"
#include "spec/pattern.h"
#include "spec/types.h"

static const char *const privacy_names[] = { "none", "quasi", "sensitive",
	"identifier", NULL };

/* Which constraints and formats a type has. */
enum {
	LENGTH = 1, RANGE = 2, PATTERN = 4, SCHEMA = 8, DATE_FORMAT = 16,
	CATEGORIES = 32
};

static int
abilities(enum spec_type type)
{
	switch (type) {
	case SPEC_ANY:
		return LENGTH | PATTERN;
	case SPEC_STRING:
		return LENGTH | PATTERN | CATEGORIES;
	case SPEC_NUMBER:
	case SPEC_YEAR:
	case SPEC_YEARMONTH:
	case SPEC_DURATION:
		return RANGE;
	case SPEC_INTEGER:
		return RANGE | CATEGORIES;
	case SPEC_DATE:
	case SPEC_TIME:
	case SPEC_DATETIME:
		return RANGE | DATE_FORMAT;
	case SPEC_OBJECT:
	case SPEC_ARRAY:
		return LENGTH | SCHEMA;
	case SPEC_LIST:
	case SPEC_GEOJSON:
		return LENGTH;
	case SPEC_BOOLEAN:
	case SPEC_GEOPOINT:
		return 0;
	}
	return 0;
}

static int
read_format(const struct doc_at *at, struct spec_field *field,
    struct arena *a, struct fault *f)
{
	static const char *const strings[] = { "email", "uri", "binary",
		"uuid", NULL };
	static const char *const geopoints[] = { "array", "object", NULL };
	static const char *const geojsons[] = { "topojson", NULL };
	static const char *const nothing[] = { NULL };
	const char *const *known = nothing;
	struct doc_at m;
	const char *s;
	size_t i;

	if (!doc_member(at, "format", &m))
		return 0;
	if (doc_string(&m, 0, a, &s, f) == -1)
		return -1;
	if (strcmp(s, "default") == 0)
		return 0;
	field->format = s;
	if (abilities(field->type) & DATE_FORMAT) {
		if (strncmp(s, "fmt:", 4) == 0)
			field->format = s += 4;
		if (strcmp(s, "any") == 0)
			return 0;
		if (strchr(s, '%') == NULL)
			return doc_fault(&m, f, "must be default, any or a "
			    "pattern such as %%d/%%m/%%Y");
		for (i = 0; s[i] != '\0'; i++) {
			if (s[i] == '%' && (s[++i] == '\0' ||
			    strchr("aAbBcdfHIjmMpSUwWxXyYzZ%", s[i]) == NULL))
				return doc_fault(&m, f,
				    "unknown conversion in the pattern");
		}
		return 0;
	}
	if (field->type == SPEC_STRING)
		known = strings;
	else if (field->type == SPEC_GEOPOINT)
		known = geopoints;
	else if (field->type == SPEC_GEOJSON)
		known = geojsons;
	for (; *known != NULL; known++) {
		if (strcmp(*known, s) == 0)
			return 0;
	}
	return doc_fault(&m, f, "%.40s is no format of type %s", s,
	    spec_type_names[field->type]);
}

/* A value in the field's own form, where that form is the default one. */
static int
value_fits(const struct spec_field *field, const char *s)
{
	size_t n = strlen(s), sign = s[0] == '-' || s[0] == '+';
	int64_t seconds;
	num_wide wide;
	int32_t t;

	switch (field->type) {
	case SPEC_INTEGER:
	case SPEC_NUMBER:
		/* A decimal of other characters is the checker's to read. */
		if (field->decimal_char[0] != '.' ||
		    field->group_char != NULL || !field->bare_number)
			return 1;
		if (field->type == SPEC_INTEGER)
			return n > sign && strspn(s + sign, "0123456789") ==
			    n - sign;
		return num_decimal(s, n, NUM_MAX_SCALE, &wide) != -1 ||
		    strpbrk(s, "eEnNiI") != NULL;
	case SPEC_DATE:
		return field->format != NULL || date_parse(s, n, &t) == 0;
	case SPEC_TIME:
		return field->format != NULL ||
		    date_time_parse(s, n, &t) == 0;
	case SPEC_DATETIME:
		return field->format != NULL ||
		    date_datetime_parse(s, n, &seconds) == 0;
	case SPEC_YEARMONTH:
		return n == 7 && s[4] == '-';
	default:
		return 1;
	}
}

static int
read_bound(const struct doc_at *at, const char *key,
    const struct spec_field *field, const char **to, struct arena *a,
    struct fault *f)
{
	struct doc_at m;

	if (!doc_member(at, key, &m))
		return 0;
	if (!(abilities(field->type) & RANGE))
		return doc_fault(&m, f, "is no constraint of type %s",
		    spec_type_names[field->type]);
	if (doc_scalar(&m, a, to, f) == -1)
		return -1;
	if (!value_fits(field, *to))
		return doc_fault(&m, f, "is not a value of type %s",
		    spec_type_names[field->type]);
	return 0;
}

static int
read_length(const struct doc_at *at, const char *key,
    const struct spec_field *field, int64_t *to, struct fault *f)
{
	struct doc_at m;

	if (!doc_member(at, key, &m))
		return 0;
	if (!(abilities(field->type) & LENGTH))
		return doc_fault(&m, f, "is no constraint of type %s",
		    spec_type_names[field->type]);
	return doc_integer(&m, 0, INT64_MAX, to, f);
}

static int
read_pattern(const struct doc_at *at, struct spec_field *field,
    struct arena *a, struct fault *f)
{
	struct fault inner = FAULT_NONE;
	struct doc_at m;

	if (!doc_member(at, "pattern", &m))
		return 0;
	if (!(abilities(field->type) & PATTERN))
		return doc_fault(&m, f, "is no constraint of type %s",
		    spec_type_names[field->type]);
	if (doc_string(&m, 0, a, &field->pattern, f) == -1)
		return -1;
	if (pattern_check(field->pattern, &inner) == -1)
		return doc_fault(&m, f, "%s", inner.what);
	return 0;
}

static int
read_json_schema(const struct doc_at *at, struct spec_field *field,
    struct arena *a, struct fault *f)
{
	struct fault inner = FAULT_NONE;
	struct jsonschema *schema;
	struct doc_at m;

	if (!doc_member(at, "jsonSchema", &m))
		return 0;
	if (!(abilities(field->type) & SCHEMA))
		return doc_fault(&m, f, "is no constraint of type %s",
		    spec_type_names[field->type]);
	if (doc_want(&m, '{', f) == -1)
		return -1;
	field->json_schema = doc_json(&m, a);
	if ((schema = jsonschema_new(field->json_schema, &inner)) == NULL)
		return doc_fault(&m, f, "%s", inner.what);
	jsonschema_free(schema);
	return 0;
}

static int
read_constraints(const struct doc_at *at, struct spec_field *field,
    struct arena *a, struct fault *f)
{
	static const char *const known[] = { "required", "unique",
		"minLength", "maxLength", "minimum", "maximum",
		"exclusiveMinimum", "exclusiveMaximum", "pattern", "enum",
		"jsonSchema", NULL };
	struct doc_at c, m, each;
	size_t i;

	if (!doc_member(at, "constraints", &c))
		return 0;
	if (doc_want(&c, '{', f) == -1 || doc_known(&c, known, f) == -1 ||
	    spec_get_bool(&c, "required", &field->required, f) == -1 ||
	    spec_get_bool(&c, "unique", &field->unique, f) == -1 ||
	    read_length(&c, "minLength", field, &field->min_length, f) ==
	    -1 ||
	    read_length(&c, "maxLength", field, &field->max_length, f) ==
	    -1 ||
	    read_bound(&c, "minimum", field, &field->minimum, a, f) == -1 ||
	    read_bound(&c, "maximum", field, &field->maximum, a, f) == -1 ||
	    read_bound(&c, "exclusiveMinimum", field,
	    &field->exclusive_minimum, a, f) == -1 ||
	    read_bound(&c, "exclusiveMaximum", field,
	    &field->exclusive_maximum, a, f) == -1 ||
	    read_pattern(&c, field, a, f) == -1)
		return -1;
	if (field->max_length >= 0 && field->min_length > field->max_length) {
		(void)doc_member(&c, "minLength", &m);
		return doc_fault(&m, f, "is greater than maxLength");
	}
	if (doc_member(&c, "enum", &m)) {
		if (doc_want(&m, '[', f) == -1)
			return -1;
		if (doc_count(&m) == 0)
			return doc_fault(&m, f, "must not be empty");
		field->has_enum = 1;
		if (field->type == SPEC_OBJECT || field->type == SPEC_ARRAY ||
		    field->type == SPEC_LIST || field->type == SPEC_GEOPOINT ||
		    field->type == SPEC_GEOJSON) {
			const char **v = arena_alloc(a, (doc_count(&m) + 1) *
			    sizeof *v);

			for (i = 0; doc_element(&m, i, &each); i++) {
				if (doc_is_string(&each)) {
					if (doc_scalar(&each, a, &v[i], f) ==
					    -1)
						return -1;
				} else {
					v[i] = doc_json(&each, a);
				}
			}
			v[i] = NULL;
			field->enumeration.n = i;
			field->enumeration.v = v;
		} else if (spec_get_values(&c, "enum", a, &field->enumeration,
		    f) == -1) {
			return -1;
		}
		for (i = 0; i < field->enumeration.n; i++) {
			if (value_fits(field, field->enumeration.v[i]))
				continue;
			(void)doc_element(&m, i, &each);
			return doc_fault(&each, f,
			    "is not a value of type %s",
			    spec_type_names[field->type]);
		}
	}
	return read_json_schema(&c, field, a, f);
}

static int
read_type(const struct doc_at *at, struct spec_field *field, struct arena *a,
    struct fault *f)
{
	static const char *const items[] = { "string", "integer", "boolean",
		"number", "datetime", "date", "time", NULL };
	static const enum spec_type item_types[] = { SPEC_STRING,
		SPEC_INTEGER, SPEC_BOOLEAN, SPEC_NUMBER, SPEC_DATETIME,
		SPEC_DATE, SPEC_TIME };
	int i = SPEC_ANY, item = 0;
	struct doc_at m;

	if (doc_member(at, "type", &m)) {
		if (spec_word_of(&m, spec_type_names, &i, a, f) == -1)
			return -1;
		field->typed = 1;
	}
	field->type = (enum spec_type)i;
	field->decimal_char = ".";
	field->bare_number = 1;
	field->item_delimiter = ",";
	if (spec_get_string(at, "decimalChar", a, &field->decimal_char, f) ==
		-1 ||
	    spec_get_string(at, "groupChar", a, &field->group_char, f) == -1 ||
	    spec_get_bool(at, "bareNumber", &field->bare_number, f) == -1 ||
	    spec_get_string(at, "delimiter", a, &field->item_delimiter, f) ==
		-1 ||
	    spec_get_word(at, "itemType", items, &item, a, f) == -1 ||
	    spec_get_strings(at, "trueValues", 0, a, &field->true_values, f) ==
		-1 ||
	    spec_get_strings(
		at, "falseValues", 0, a, &field->false_values, f) == -1)
		return -1;
	field->item_type = item_types[item];
	if (field->type == SPEC_BOOLEAN) {
		static const char *const yes[] = { "true", "True", "TRUE",
			"1", NULL };
		static const char *const no[] = { "false", "False", "FALSE",
			"0", NULL };

		if (field->true_values.v == NULL) {
			field->true_values.n = 4;
			field->true_values.v = yes;
		}
		if (field->false_values.v == NULL) {
			field->false_values.n = 4;
			field->false_values.v = no;
		}
	}
	if (field->group_char != NULL &&
	    strcmp(field->group_char, field->decimal_char) == 0) {
		(void)doc_member(at, "groupChar", &m);
		return doc_fault(&m, f, "is the same as decimalChar");
	}
	return read_format(at, field, a, f);
}

/*
 * A treatment is NAME or NAME(ARGUMENT,...). Whether its arguments suit it
 * is the privacy room's to say; its name must be known, and what names a
 * field must name one.
 */
static const char *const treatment_names[] = { "keep", "drop", "blank",
	"pseudonym", "reversible", "escrow", "year", "month", "quarter",
	"age-band", "age", "postcode-district", "postcode-sector", "truncate",
	"band", "top", "bottom", "date-shift", "blank-codes", NULL };

int
spec_read_treatment(const struct doc_at *at, struct arena *a, const char **to,
    struct fault *f)
{
	char hint[NEAREST_HINT];
	const char *end;
	struct doc_at m;
	char name[32];
	size_t i, n;

	if (!doc_member(at, "treatment", &m))
		return 0;
	if (doc_string(&m, 0, a, to, f) == -1)
		return -1;
	n = strcspn(*to, "(");
	end = *to + strlen(*to) - 1;
	if (((*to)[n] == '(' && *end != ')') || n >= sizeof name)
		return doc_fault(&m, f, "must be NAME or NAME(ARGUMENT,...)");
	memcpy(name, *to, n);
	name[n] = '\0';
	for (i = 0; treatment_names[i] != NULL; i++) {
		if (strcmp(treatment_names[i], name) == 0)
			return 0;
	}
	return doc_fault(&m, f, "no treatment %s%s", name,
	    nearest_hint(name, treatment_names, NEAREST_ALL, hint));
}

/* The field that age(FIELD) and age-band(FIELD,...) speak of. */
int
spec_treatment_field(const struct spec *s, const struct doc_at *at,
    const char *treatment, struct fault *f)
{
	struct doc_at m;
	char name[96];
	size_t n;

	if (treatment == NULL || strncmp(treatment, "age", 3) != 0 ||
	    strchr(treatment, '(') == NULL)
		return 0;
	treatment = strchr(treatment, '(') + 1;
	n = strcspn(treatment, ",)");
	if (n > 0 && n < sizeof name) {
		memcpy(name, treatment, n);
		name[n] = '\0';
		if (spec_field_index(s, name) >= 0)
			return 0;
	}
	(void)doc_member(at, "treatment", &m);
	return doc_fault(&m, f, "its first argument names no field");
}

/*
 * Code lists exist. One that is a path is taken from the folder of the
 * specification.
 */
int
spec_read_codelists(const struct spec *s, const struct doc_at *at,
    const char *key, struct arena *a, struct spec_strings *to,
    struct fault *f)
{
	const char *slash = strrchr(s->path, '/');
	struct fault inner = FAULT_NONE;
	struct doc_at m, each;
	const char **v;
	char *path;
	size_t i;

	if (!doc_member(at, key, &m))
		return 0;
	if (doc_strings(&m, 1, a, &to->n, &to->v, f) == -1)
		return -1;
	v = arena_alloc(a, (to->n + 1) * sizeof *v);
	for (i = 0; i < to->n; i++) {
		v[i] = to->v[i];
		if (strpbrk(v[i], "/.") != NULL && v[i][0] != '/' &&
		    slash != NULL) {
			path = mem_printf("%.*s/%s", (int)(slash - s->path),
			    s->path, v[i]);
			v[i] = arena_string(a, path);
			free(path);
		}
		path = share_find("codelists", v[i], ".csv", &inner);
		if (path == NULL) {
			if (!doc_element(&m, i, &each))
				each = m;
			return doc_fault(&each, f, "no code list of this "
			    "name");
		}
		free(path);
	}
	v[to->n] = NULL;
	to->v = v;
	return 0;
}

static int
read_field_nib(const struct spec *s, const struct doc_at *at,
    struct spec_field *field, struct arena *a, struct fault *f)
{
	static const char *const known[] = { "element", "aliases", "codelist",
		"codelistPrefix", "codelistDate", "defaults", "check", "privacy", "treatment",
		"role", "applies", "unit", "scale", "source", "clean", NULL };
	int privacy = SPEC_PRIVACY_NONE, role = SPEC_ROLE_NONE, kind;
	struct doc_at nib, m;
	int64_t n;

	if (!doc_member(at, "nib", &nib))
		return 0;
	if (doc_want(&nib, '{', f) == -1 || doc_known(&nib, known, f) == -1 ||
	    spec_get_string(&nib, "element", a, &field->element, f) == -1 ||
	    spec_get_strings(&nib, "aliases", 1, a, &field->aliases, f) == -1 ||
	    spec_read_codelists(s, &nib, "codelist", a, &field->codelists, f) ==
		-1 ||
	    spec_read_codelists(s, &nib, "defaults", a, &field->defaults, f) ==
		-1 ||
	    spec_get_word(&nib, "check", check_names(), &kind, a, f) == -1 ||
	    spec_get_string(&nib, "check", a, &field->check, f) == -1 ||
	    spec_get_word(&nib, "privacy", privacy_names, &privacy, a, f) ==
		-1 ||
	    spec_get_word(&nib, "role", spec_role_names, &role, a, f) == -1 ||
	    spec_read_treatment(&nib, a, &field->treatment, f) == -1 ||
	    spec_get_string(&nib, "applies", a, &field->applies, f) == -1 ||
	    spec_get_string(&nib, "unit", a, &field->unit, f) == -1 ||
	    spec_get_string(&nib, "codelistDate", a, &field->codelist_date,
	    f) == -1 ||
	    spec_get_string(&nib, "source", a, &field->source, f) == -1 ||
	    spec_get_strings(&nib, "clean", 1, a, &field->clean, f) == -1)
		return -1;
	field->privacy = (enum spec_privacy)privacy;
	field->role = (enum spec_role)role;
	if (doc_member(&nib, "scale", &m)) {
		if (doc_integer(&m, 0, NUM_MAX_SCALE, &n, f) == -1)
			return -1;
		if (field->type != SPEC_NUMBER && field->type != SPEC_INTEGER)
			return doc_fault(&m, f, "is for numbers");
		field->scale = (int)n;
	}
	if (doc_member(&nib, "codelistPrefix", &m)) {
		if (field->codelists.n == 0)
			return doc_fault(&m, f, "there is no codelist");
		if (doc_integer(&m, 1, 64, &n, f) == -1)
			return -1;
		field->codelist_prefix = (size_t)n;
	}
	return 0;
}

/* Does one of the categories have this value? */
static int
is_category(const struct type *t, const struct spec_field *field,
    const char *value)
{
	struct buf a = { 0 }, b = { 0 };
	size_t i;
	int same = 0;

	(void)type_key(t, value, strlen(value), &a);
	for (i = 0; i < field->categories.n && !same; i++) {
		const char *s = field->categories.v[i];

		buf_clear(&b);
		same = type_key(t, s, strlen(s), &b) == 0 && a.n == b.n &&
		    (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
	}
	buf_free(&a);
	buf_free(&b);
	return same;
}

/* An enum beside categories is some of them. */
static int
check_categories(const struct doc_at *at, const struct spec_field *field,
    struct fault *f)
{
	struct doc_at c, m, each;
	struct type *t;
	size_t i;

	if (field->categories.n == 0 || !field->has_enum ||
	    (t = type_new(field, NULL)) == NULL)
		return 0;
	for (i = 0; i < field->enumeration.n; i++)
		if (!is_category(t, field, field->enumeration.v[i]))
			break;
	type_free(t);
	if (i == field->enumeration.n)
		return 0;
	(void)doc_member(at, "constraints", &c);
	(void)doc_member(&c, "enum", &m);
	(void)doc_element(&m, i, &each);
	return doc_fault(&each, f, "is not one of the categories");
}

static int
read_field(struct spec_loaded *l, const struct doc_at *at,
    struct spec_field *field, struct fault *f)
{
	struct arena *a = &l->arena;
	struct doc_at m;
	int added;

	field->min_length = field->max_length = field->scale = -1;
	if (doc_want(at, '{', f) == -1)
		return -1;
	if (!doc_member(at, "name", &m))
		return doc_fault(at, f, "has no name");
	if (doc_string(&m, 0, a, &field->name, f) == -1)
		return -1;
	(void)map_add(l->names, field->name, strlen(field->name), &added);
	if (!added)
		return doc_fault(&m, f, "two fields have this name");
	if (spec_get_string(at, "title", a, &field->title, f) == -1)
		return -1;
	if (doc_member(at, "description", &m) &&
	    doc_string(&m, 1, a, &field->description, f) == -1)
		return -1;
	if (read_type(at, field, a, f) == -1 ||
	    read_constraints(at, field, a, f) == -1 ||
	    spec_get_values(at, "categories", a, &field->categories, f) == -1)
		return -1;
	if (field->categories.n > 0 &&
	    !(abilities(field->type) & CATEGORIES)) {
		(void)doc_member(at, "categories", &m);
		return doc_fault(&m, f, "are for strings and integers");
	}
	if (check_categories(at, field, f) == -1)
		return -1;
	field->missing = l->spec.missing;
	if (doc_member(at, "missingValues", &m)) {
		field->has_missing = 1;
		if (spec_get_values(
			at, "missingValues", a, &field->missing, f) == -1)
			return -1;
	}
	return read_field_nib(&l->spec, at, field, a, f);
}

/* The field of codelistDate, after all names are known. */
static int
check_codelist_date(const struct spec *s, const struct spec_field *field,
    const struct doc_at *nib, struct fault *f)
{
	struct doc_at m;
	long at;

	if (field->codelist_date == NULL)
		return 0;
	(void)doc_member(nib, "codelistDate", &m);
	if (field->codelists.n == 0)
		return doc_fault(&m, f, "there is no codelist");
	if ((at = spec_field_index(s, field->codelist_date)) < 0)
		return doc_fault(&m, f, "no field has this name");
	if (s->fields[at].type != SPEC_DATE &&
	    s->fields[at].type != SPEC_DATETIME)
		return doc_fault(&m, f, "field %.60s is no date",
		    field->codelist_date);
	return 0;
}

/* After all names are known. */
static int
read_aliases(
    struct spec_loaded *l, const struct doc_at *fields, struct fault *f)
{
	const struct spec_field *field;
	struct doc_at at, nib, m, each;
	size_t i, k, number;
	const char *name;
	int added;

	for (i = 0; i < l->spec.nfields; i++) {
		field = &l->spec.fields[i];
		(void)doc_element(fields, i, &at);
		if (doc_member(&at, "nib", &nib) &&
		    (spec_treatment_field(&l->spec, &nib, field->treatment,
		    f) == -1 ||
		    check_codelist_date(&l->spec, field, &nib, f) == -1))
			return -1;
		for (k = 0; k < field->aliases.n; k++) {
			name = field->aliases.v[k];
			number = map_add(l->aliases, name, strlen(name),
			    &added);
			if (added && map_find(l->names, name, strlen(name)) ==
			    MAP_NONE) {
				l->alias_field = mem_array(l->alias_field,
				    number + 1, sizeof *l->alias_field);
				l->alias_field[number] = i;
				continue;
			}
			(void)doc_member(&nib, "aliases", &m);
			if (!doc_element(&m, k, &each))
				each = m;
			return doc_fault(&each, f,
			    "another field has this name or alias");
		}
	}
	return 0;
}

int
spec_read_fields(
    struct spec_loaded *l, const struct doc_at *root, struct fault *f)
{
	struct spec_field *fields;
	struct doc_at list, each;
	size_t i, k, n;

	if (!doc_member(root, "fields", &list))
		return doc_fault(root, f, "has no fields");
	if (doc_want(&list, '[', f) == -1)
		return -1;
	if ((n = doc_count(&list)) == 0)
		return doc_fault(&list, f, "must not be empty");
	fields = arena_alloc(&l->arena, n * sizeof *fields);
	memset(fields, 0, n * sizeof *fields);
	l->spec.fields = fields;
	l->spec.nfields = n;
	for (i = 0; i < n; i++) {
		(void)doc_element(&list, i, &each);
		if (read_field(l, &each, &fields[i], f) == -1)
			return -1;
		for (k = 0; k < i && fields[i].role != SPEC_ROLE_NONE; k++) {
			if (fields[k].role == fields[i].role)
				return doc_fault(&each, f, "fields %s and %s "
				    "have the same role", fields[k].name,
				    fields[i].name);
		}
	}
	return read_aliases(l, &list, f);
}
