/* Reads a dataset specification, whole or not at all. */
#define PCRE2_CODE_UNIT_WIDTH 8
#include "spec/spec.h"

#include <pcre2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/date.h"
#include "base/map.h"
#include "base/mem.h"
#include "base/num.h"
#include "base/option.h"
#include "base/share.h"
#include "check/check.h"
#include "spec/doc.h"

/* What spec_open returns is the first member of this. */
struct loaded {
	struct spec spec;
	struct arena arena;
	struct doc *doc;
	struct map *names;   /* of fields: number is index */
	struct map *aliases; /* of fields */
	size_t *alias_field;
};

static const char *const type_names[] = { "any", "string", "number",
	"integer", "boolean", "object", "array", "list", "datetime", "date",
	"time", "year", "yearmonth", "duration", "geopoint", "geojson", NULL };

static const char *const role_names[] = { "none", "person", "nhs-number",
	"birth-date", "sex", "postcode", "provider", "commissioner",
	"event-start", "event-end", "submitted", "record", "family-name",
	"given-name", "death-date", NULL };

static const char *const privacy_names[] = { "none", "quasi", "sensitive",
	"identifier", NULL };

static const char *const severity_names[] = { "warning", "error", NULL };

static const char *const match_names[] = { "exact", "equal", "subset",
	"superset", "partial", NULL };

static const char *const dimension_names[] = { "completeness", "uniqueness",
	"consistency", "timeliness", "validity", "accuracy", "plausibility",
	NULL };

static const char *const objection_names[] = { "national", "type1", NULL };

const char *
spec_type_name(enum spec_type type)
{
	return type_names[type];
}

const char *
spec_role_name(enum spec_role role)
{
	return role_names[role];
}

enum spec_rule_kind
spec_rule_kind(const struct spec_rule *r)
{
	return r->reference != NULL ? SPEC_RULE_REFERENCE :
	    r->within.n > 0 ? SPEC_RULE_GROUP : SPEC_RULE_RECORD;
}

enum expr_type
spec_expr_type(const struct spec_field *field)
{
	switch (field->type) {
	case SPEC_INTEGER:
	case SPEC_YEAR:
		return EXPR_INTEGER;
	case SPEC_NUMBER:
		return EXPR_NUMBER;
	case SPEC_BOOLEAN:
		return EXPR_BOOLEAN;
	case SPEC_DATE:
		return EXPR_DATE;
	case SPEC_TIME:
		return EXPR_TIME;
	case SPEC_DATETIME:
		return EXPR_DATETIME;
	default:
		return EXPR_TEXT;
	}
}

/*
 * Members of an object, each 0 (absent or read) or -1.
 */
static int
get_string(const struct doc_at *at, const char *key, struct arena *a,
    const char **to, struct fault *f)
{
	struct doc_at m;

	return doc_member(at, key, &m) ? doc_string(&m, 0, a, to, f) : 0;
}

static int
get_strings(const struct doc_at *at, const char *key, int one_ok,
    struct arena *a, struct spec_strings *to, struct fault *f)
{
	struct doc_at m;

	return doc_member(at, key, &m) ?
	    doc_strings(&m, one_ok, a, &to->n, &to->v, f) : 0;
}

static int
get_bool(const struct doc_at *at, const char *key, int *to, struct fault *f)
{
	struct doc_at m;

	return doc_member(at, key, &m) ? doc_bool(&m, to, f) : 0;
}

/* One of names; the index in *to. */
static int
word_of(const struct doc_at *m, const char *const *names, int *to,
    struct arena *a, struct fault *f)
{
	const char *s, *near;
	int i;

	if (doc_string(m, 0, a, &s, f) == -1)
		return -1;
	for (i = 0; names[i] != NULL; i++) {
		if (strcmp(names[i], s) == 0) {
			*to = i;
			return 0;
		}
	}
	near = option_nearest(s, names);
	return near != NULL ?
	    doc_fault(m, f, "%.40s is not known; did you mean %s?", s, near) :
	    doc_fault(m, f, "%.40s is not known", s);
}

static int
get_word(const struct doc_at *at, const char *key, const char *const *names,
    int *to, struct arena *a, struct fault *f)
{
	struct doc_at m;

	return doc_member(at, key, &m) ? word_of(&m, names, to, a, f) : 0;
}

/* An array of values, or of objects with a value (and a label). */
static int
get_values(const struct doc_at *at, const char *key, struct arena *a,
    struct spec_strings *to, struct fault *f)
{
	struct doc_at m, each, value;
	const char **v;
	size_t i;

	if (!doc_member(at, key, &m))
		return 0;
	if (doc_want(&m, '[', f) == -1)
		return -1;
	to->n = doc_count(&m);
	v = arena_alloc(a, (to->n + 1) * sizeof *v);
	for (i = 0; i < to->n; i++) {
		(void)doc_element(&m, i, &each);
		if (doc_is_object(&each)) {
			if (!doc_member(&each, "value", &value))
				return doc_fault(&each, f, "has no value");
			if (doc_scalar(&value, a, &v[i], f) == -1)
				return -1;
		} else if (doc_scalar(&each, a, &v[i], f) == -1) {
			return -1;
		}
	}
	v[to->n] = NULL;
	to->v = v;
	return 0;
}

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
	    type_names[field->type]);
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
		    type_names[field->type]);
	if (doc_scalar(&m, a, to, f) == -1)
		return -1;
	if (!value_fits(field, *to))
		return doc_fault(&m, f, "is not a value of type %s",
		    type_names[field->type]);
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
		    type_names[field->type]);
	return doc_integer(&m, 0, INT64_MAX, to, f);
}

static int
read_pattern(const struct doc_at *at, struct spec_field *field,
    struct arena *a, struct fault *f)
{
	PCRE2_SIZE place;
	pcre2_code *code;
	struct doc_at m;
	int error;

	if (!doc_member(at, "pattern", &m))
		return 0;
	if (!(abilities(field->type) & PATTERN))
		return doc_fault(&m, f, "is no constraint of type %s",
		    type_names[field->type]);
	if (doc_string(&m, 0, a, &field->pattern, f) == -1)
		return -1;
	code = pcre2_compile((PCRE2_SPTR)field->pattern,
	    PCRE2_ZERO_TERMINATED, PCRE2_UTF, &error, &place, NULL);
	if (code == NULL) {
		PCRE2_UCHAR what[120];

		(void)pcre2_get_error_message(error, what, sizeof what);
		return doc_fault(&m, f, "not a regular expression at "
		    "character %zu: %s", (size_t)place + 1,
		    (const char *)what);
	}
	pcre2_code_free(code);
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
	    get_bool(&c, "required", &field->required, f) == -1 ||
	    get_bool(&c, "unique", &field->unique, f) == -1 ||
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
		} else if (get_values(&c, "enum", a, &field->enumeration,
		    f) == -1) {
			return -1;
		}
		for (i = 0; i < field->enumeration.n; i++) {
			if (value_fits(field, field->enumeration.v[i]))
				continue;
			(void)doc_element(&m, i, &each);
			return doc_fault(&each, f,
			    "is not a value of type %s",
			    type_names[field->type]);
		}
	}
	if (doc_member(&c, "jsonSchema", &m)) {
		if (!(abilities(field->type) & SCHEMA))
			return doc_fault(&m, f, "is no constraint of type %s",
			    type_names[field->type]);
		if (doc_want(&m, '{', f) == -1)
			return -1;
		field->json_schema = doc_json(&m, a);
	}
	return 0;
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
		if (word_of(&m, type_names, &i, a, f) == -1)
			return -1;
		field->typed = 1;
	}
	field->type = (enum spec_type)i;
	field->decimal_char = ".";
	field->bare_number = 1;
	field->item_delimiter = ",";
	if (get_string(at, "decimalChar", a, &field->decimal_char, f) == -1 ||
	    get_string(at, "groupChar", a, &field->group_char, f) == -1 ||
	    get_bool(at, "bareNumber", &field->bare_number, f) == -1 ||
	    get_string(at, "delimiter", a, &field->item_delimiter, f) == -1 ||
	    get_word(at, "itemType", items, &item, a, f) == -1 ||
	    get_strings(at, "trueValues", 0, a, &field->true_values, f) ==
	    -1 ||
	    get_strings(at, "falseValues", 0, a, &field->false_values, f) ==
	    -1)
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
	"band", "top", "bottom", "date-shift", NULL };

static int
read_treatment(const struct doc_at *at, struct arena *a, const char **to,
    struct fault *f)
{
	const char *end, *near;
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
	near = option_nearest(name, treatment_names);
	return near != NULL ? doc_fault(&m, f,
	    "no treatment %s; did you mean %s?", name, near) :
	    doc_fault(&m, f, "no treatment %s", name);
}

/* The field that age(FIELD) and age-band(FIELD,...) speak of. */
static int
treatment_field(const struct spec *s, const struct doc_at *at,
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
static int
read_codelists(const struct spec *s, const struct doc_at *at,
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
		"codelistPrefix", "defaults", "check", "privacy", "treatment",
		"role", "applies", "unit", "scale", "source", "clean", NULL };
	int privacy = SPEC_PRIVACY_NONE, role = SPEC_ROLE_NONE, kind;
	struct doc_at nib, m;
	int64_t n;

	if (!doc_member(at, "nib", &nib))
		return 0;
	if (doc_want(&nib, '{', f) == -1 || doc_known(&nib, known, f) == -1 ||
	    get_string(&nib, "element", a, &field->element, f) == -1 ||
	    get_strings(&nib, "aliases", 1, a, &field->aliases, f) == -1 ||
	    read_codelists(s, &nib, "codelist", a, &field->codelists, f) ==
	    -1 ||
	    read_codelists(s, &nib, "defaults", a, &field->defaults, f) ==
	    -1 ||
	    get_word(&nib, "check", check_names(), &kind, a, f) == -1 ||
	    get_string(&nib, "check", a, &field->check, f) == -1 ||
	    get_word(&nib, "privacy", privacy_names, &privacy, a, f) == -1 ||
	    get_word(&nib, "role", role_names, &role, a, f) == -1 ||
	    read_treatment(&nib, a, &field->treatment, f) == -1 ||
	    get_string(&nib, "applies", a, &field->applies, f) == -1 ||
	    get_string(&nib, "unit", a, &field->unit, f) == -1 ||
	    get_string(&nib, "source", a, &field->source, f) == -1 ||
	    get_strings(&nib, "clean", 1, a, &field->clean, f) == -1)
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

static int
read_field(struct loaded *l, const struct doc_at *at,
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
	if (get_string(at, "title", a, &field->title, f) == -1)
		return -1;
	if (doc_member(at, "description", &m) &&
	    doc_string(&m, 1, a, &field->description, f) == -1)
		return -1;
	if (read_type(at, field, a, f) == -1 ||
	    read_constraints(at, field, a, f) == -1 ||
	    get_values(at, "categories", a, &field->categories, f) == -1)
		return -1;
	if (field->categories.n > 0 &&
	    !(abilities(field->type) & CATEGORIES)) {
		(void)doc_member(at, "categories", &m);
		return doc_fault(&m, f, "are for strings and integers");
	}
	field->missing = l->spec.missing;
	if (doc_member(at, "missingValues", &m)) {
		field->has_missing = 1;
		if (get_values(at, "missingValues", a, &field->missing, f) ==
		    -1)
			return -1;
	}
	return read_field_nib(&l->spec, at, field, a, f);
}

/* After all names are known. */
static int
read_aliases(struct loaded *l, const struct doc_at *fields, struct fault *f)
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
		    treatment_field(&l->spec, &nib, field->treatment, f) ==
		    -1)
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

static int
read_fields(struct loaded *l, const struct doc_at *root, struct fault *f)
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

/* Indices of fields named at a place: an array, or one name. */
static int
read_key(struct loaded *l, const struct doc_at *at, struct spec_key *to,
    struct fault *f)
{
	struct doc_at each;
	const char *const *v;
	size_t *fields, i, j;
	long k;

	if (doc_strings(at, 1, &l->arena, &to->n, &v, f) == -1)
		return -1;
	if (to->n == 0)
		return doc_fault(at, f, "must not be empty");
	fields = arena_alloc(&l->arena, to->n * sizeof *fields);
	for (i = 0; i < to->n; i++) {
		if (!doc_element(at, i, &each))
			each = *at;
		if ((k = spec_field_index(&l->spec, v[i])) < 0)
			return doc_fault(&each, f, "no field has this name");
		fields[i] = (size_t)k;
		for (j = 0; j < i; j++) {
			if (fields[j] == fields[i])
				return doc_fault(&each, f, "stands twice");
		}
	}
	to->fields = fields;
	return 0;
}

static int
read_foreign_key(struct loaded *l, const struct doc_at *at,
    struct spec_foreign_key *to, struct fault *f)
{
	struct doc_at m, reference;
	struct spec_key key;
	size_t i;

	if (doc_want(at, '{', f) == -1)
		return -1;
	if (!doc_member(at, "fields", &m))
		return doc_fault(at, f, "has no fields");
	if (read_key(l, &m, &key, f) == -1 || doc_strings(&m, 1, &l->arena,
	    &to->fields.n, &to->fields.v, f) == -1)
		return -1;
	if (!doc_member(at, "reference", &reference))
		return doc_fault(at, f, "has no reference");
	if (doc_want(&reference, '{', f) == -1)
		return -1;
	to->resource = "";
	if (doc_member(&reference, "resource", &m) &&
	    doc_string(&m, 1, &l->arena, &to->resource, f) == -1)
		return -1;
	if (!doc_member(&reference, "fields", &m))
		return doc_fault(&reference, f, "has no fields");
	if (doc_strings(&m, 1, &l->arena, &to->reference_fields.n,
	    &to->reference_fields.v, f) == -1)
		return -1;
	if (to->reference_fields.n != to->fields.n)
		return doc_fault(&m, f, "has %zu fields, not %zu",
		    to->reference_fields.n, to->fields.n);
	for (i = 0; i < to->fields.n && to->resource[0] == '\0'; i++) {
		if (spec_field_index(&l->spec, to->reference_fields.v[i]) < 0)
			return doc_fault(&m, f, "no field has this name");
	}
	return 0;
}

static int
read_keys(struct loaded *l, const struct doc_at *root, struct fault *f)
{
	struct doc_at m, each;
	size_t i, n;

	if (doc_member(root, "primaryKey", &m) &&
	    !(doc_is_array(&m) && doc_count(&m) == 0) &&
	    read_key(l, &m, &l->spec.primary, f) == -1)
		return -1;
	if (doc_member(root, "uniqueKeys", &m)) {
		struct spec_key *keys;

		if (doc_want(&m, '[', f) == -1)
			return -1;
		n = doc_count(&m);
		keys = arena_alloc(&l->arena, (n + 1) * sizeof *keys);
		for (i = 0; i < n; i++) {
			(void)doc_element(&m, i, &each);
			if (read_key(l, &each, &keys[i], f) == -1)
				return -1;
		}
		l->spec.nunique = n;
		l->spec.unique_keys = keys;
	}
	if (doc_member(root, "foreignKeys", &m)) {
		struct spec_foreign_key *keys;

		if (doc_want(&m, '[', f) == -1)
			return -1;
		n = doc_count(&m);
		keys = arena_alloc(&l->arena, (n + 1) * sizeof *keys);
		for (i = 0; i < n; i++) {
			(void)doc_element(&m, i, &each);
			if (read_foreign_key(l, &each, &keys[i], f) == -1)
				return -1;
		}
		l->spec.nforeign = n;
		l->spec.foreign_keys = keys;
	}
	return 0;
}

static int
need_string(const struct doc_at *at, const char *key, struct arena *a,
    const char **to, struct fault *f)
{
	struct doc_at m;

	if (!doc_member(at, key, &m))
		return doc_fault(at, f, "has no %s", key);
	return doc_string(&m, 0, a, to, f);
}

/* Letters, digits, "_", "-", ".": what may stand in a report and a file. */
static int
is_name(const char *s)
{
	return s[strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "abcdefghijklmnopqrstuvwxyz0123456789_-.")] == '\0';
}

static int
read_rule(struct loaded *l, const struct doc_at *at, struct map *ids,
    struct spec_rule *r, struct fault *f)
{
	static const char *const known[] = { "id", "severity", "dimension",
		"expression", "message", "within", "order", "reference", "on",
		"onReference", "maxRate", "source", NULL };
	struct arena *a = &l->arena;
	int severity = SPEC_ERROR, dimension = -1, added;
	struct doc_at m;
	char path[64];
	size_t i;

	if (doc_want(at, '{', f) == -1 || doc_known(at, known, f) == -1 ||
	    need_string(at, "id", a, &r->id, f) == -1)
		return -1;
	(void)map_add(ids, r->id, strlen(r->id), &added);
	(void)doc_member(at, "id", &m);
	if (!added)
		return doc_fault(&m, f, "two rules have this id");
	if (!is_name(r->id))
		return doc_fault(&m, f, "may hold letters, digits, "
		    "\"_\", \"-\" and \".\" only");
	if (get_word(at, "severity", severity_names, &severity, a, f) == -1 ||
	    get_word(at, "dimension", dimension_names, &dimension, a, f) ==
	    -1 ||
	    need_string(at, "expression", a, &r->expression, f) == -1 ||
	    need_string(at, "message", a, &r->message, f) == -1 ||
	    get_strings(at, "within", 1, a, &r->within, f) == -1 ||
	    get_strings(at, "order", 1, a, &r->order, f) == -1 ||
	    get_string(at, "reference", a, &r->reference, f) == -1 ||
	    get_strings(at, "on", 1, a, &r->on, f) == -1 ||
	    get_strings(at, "onReference", 1, a, &r->on_reference, f) == -1)
		return -1;
	r->severity = (enum spec_severity)severity;
	r->dimension = dimension >= 0 ? dimension_names[dimension] : NULL;
	r->max_rate = -1;
	if (doc_member(at, "maxRate", &m) &&
	    doc_double(&m, 0, 1, &r->max_rate, f) == -1)
		return -1;
	if (r->order.n > 0 && r->within.n == 0)
		return doc_fault(at, f, "order needs within");
	if (r->within.n > 0 && r->reference != NULL)
		return doc_fault(at, f,
		    "within and reference do not go together");
	if ((r->reference != NULL) != (r->on.n > 0))
		return doc_fault(at, f, "reference and on go together");
	if (r->on_reference.v == NULL)
		r->on_reference = r->on;
	if (r->on_reference.n != r->on.n)
		return doc_fault(at, f, "on and onReference differ in length");
	for (i = 0; i < r->on.n; i++) {
		if (spec_field_index(&l->spec, r->on.v[i]) < 0) {
			(void)doc_member(at, "on", &m);
			return doc_fault(&m, f, "no field has this name");
		}
	}
	if (r->reference != NULL && !is_name(r->reference)) {
		(void)doc_member(at, "reference", &m);
		return doc_fault(&m, f, "is not a name");
	}
	(void)snprintf(path, sizeof path, "nib.rules[%zu]", at->index);
	r->json_path = arena_string(a, path);
	return 0;
}

static int
read_rules(struct loaded *l, const struct doc_at *nib, struct fault *f)
{
	struct spec_rule *rules;
	struct doc_at m, each;
	struct map *ids;
	size_t i, n;
	int rc = 0;

	if (!doc_member(nib, "rules", &m))
		return 0;
	if (doc_want(&m, '[', f) == -1)
		return -1;
	n = doc_count(&m);
	rules = arena_alloc(&l->arena, (n + 1) * sizeof *rules);
	memset(rules, 0, (n + 1) * sizeof *rules);
	l->spec.rules = rules;
	l->spec.nrules = n;
	ids = map_new();
	for (i = 0; i < n && rc == 0; i++) {
		(void)doc_element(&m, i, &each);
		rc = read_rule(l, &each, ids, &rules[i], f);
	}
	map_free(ids);
	return rc;
}

static int
read_derived(struct loaded *l, const struct doc_at *nib, struct fault *f)
{
	static const char *const known[] = { "name", "expression",
		"description", "type", "treatment", NULL };
	struct doc_at m, each, name;
	struct spec_derived *d;
	size_t i, k, n;
	int type;

	if (!doc_member(nib, "derived", &m))
		return 0;
	if (doc_want(&m, '[', f) == -1)
		return -1;
	n = doc_count(&m);
	d = arena_alloc(&l->arena, (n + 1) * sizeof *d);
	memset(d, 0, (n + 1) * sizeof *d);
	for (i = 0; i < n; i++) {
		(void)doc_element(&m, i, &each);
		type = SPEC_ANY;
		if (doc_want(&each, '{', f) == -1 ||
		    doc_known(&each, known, f) == -1 ||
		    need_string(&each, "name", &l->arena, &d[i].name, f) ==
		    -1 ||
		    need_string(&each, "expression", &l->arena,
		    &d[i].expression, f) == -1 ||
		    get_string(&each, "description", &l->arena,
		    &d[i].description, f) == -1 ||
		    get_word(&each, "type", type_names, &type, &l->arena,
		    f) == -1 ||
		    read_treatment(&each, &l->arena, &d[i].treatment, f) ==
		    -1 ||
		    treatment_field(&l->spec, &each, d[i].treatment, f) == -1)
			return -1;
		d[i].type = (enum spec_type)type;
		(void)doc_member(&each, "name", &name);
		if (spec_field_index(&l->spec, d[i].name) >= 0)
			return doc_fault(&name, f, "a field has this name");
		for (k = 0; k < i; k++) {
			if (strcmp(d[k].name, d[i].name) == 0)
				return doc_fault(&name, f,
				    "two derived fields have this name");
		}
	}
	l->spec.derived = d;
	l->spec.nderived = n;
	return 0;
}

static int
read_quality(struct loaded *l, const struct doc_at *nib, struct fault *f)
{
	static const char *const known[] = { "field", "defaultThreshold",
		NULL };
	struct doc_at m, each, at;
	struct spec_quality *q;
	size_t i, n;
	long k;

	if (!doc_member(nib, "quality", &m))
		return 0;
	if (doc_want(&m, '[', f) == -1)
		return -1;
	n = doc_count(&m);
	q = arena_alloc(&l->arena, (n + 1) * sizeof *q);
	for (i = 0; i < n; i++) {
		(void)doc_element(&m, i, &each);
		if (doc_want(&each, '{', f) == -1 ||
		    doc_known(&each, known, f) == -1 ||
		    need_string(&each, "field", &l->arena, &q[i].field, f) ==
		    -1)
			return -1;
		(void)doc_member(&each, "field", &at);
		if ((k = spec_field_index(&l->spec, q[i].field)) < 0)
			return doc_fault(&at, f, "no field has this name");
		q[i].field = l->spec.fields[k].name;
		q[i].default_threshold = -1;
		if (doc_member(&each, "defaultThreshold", &at) &&
		    doc_double(&at, 0, 1, &q[i].default_threshold, f) == -1)
			return -1;
	}
	l->spec.quality = q;
	l->spec.nquality = n;
	return 0;
}

static int
read_objections(struct loaded *l, const struct doc_at *nib, struct fault *f)
{
	struct doc_at m, each;
	size_t i;
	int k;

	if (!doc_member(nib, "objections", &m))
		return 0;
	if (doc_strings(&m, 0, &l->arena, &l->spec.objections.n,
	    &l->spec.objections.v, f) == -1)
		return -1;
	for (i = 0; doc_element(&m, i, &each); i++) {
		if (word_of(&each, objection_names, &k, &l->arena, f) == -1)
			return -1;
	}
	return 0;
}

/* The dataset's clean values hold for every field, before its own. */
static int
read_clean(struct loaded *l, const struct doc_at *nib, struct fault *f)
{
	struct spec_strings all = { 0, NULL };
	struct spec_field *field;
	const char **v;
	size_t i;

	if (get_strings(nib, "clean", 1, &l->arena, &all, f) == -1)
		return -1;
	for (i = 0; i < l->spec.nfields && all.n > 0; i++) {
		/* The loader's own memory, not yet handed out. */
		field = (struct spec_field *)(uintptr_t)&l->spec.fields[i];
		v = arena_alloc(&l->arena,
		    (all.n + field->clean.n + 1) * sizeof *v);
		memcpy(v, all.v, all.n * sizeof *v);
		if (field->clean.n > 0)
			memcpy(v + all.n, field->clean.v,
			    field->clean.n * sizeof *v);
		field->clean.n += all.n;
		v[field->clean.n] = NULL;
		field->clean.v = v;
	}
	return 0;
}

static int
read_nib(struct loaded *l, const struct doc_at *root, struct fault *f)
{
	static const char *const known[] = { "version", "review", "derived",
		"clean", "rules", "quality", "confidentiality", "objections",
		"source", NULL };
	static const char *const confidential[] = { "withhold", NULL };
	struct doc_at nib, m;
	int32_t day;

	if (!doc_member(root, "nib", &nib))
		return 0;
	if (doc_want(&nib, '{', f) == -1 || doc_known(&nib, known, f) == -1 ||
	    get_string(&nib, "version", &l->arena, &l->spec.version, f) ==
	    -1 ||
	    get_string(&nib, "review", &l->arena, &l->spec.review, f) == -1)
		return -1;
	if (l->spec.version != NULL && (!is_name(l->spec.version) ||
	    strspn(l->spec.version, "0123456789") == 0)) {
		(void)doc_member(&nib, "version", &m);
		return doc_fault(&m, f, "must be a version such as 1.0");
	}
	if (l->spec.review != NULL && date_parse(l->spec.review,
	    strlen(l->spec.review), &day) == -1) {
		(void)doc_member(&nib, "review", &m);
		return doc_fault(&m, f, "not a date (YYYY-MM-DD)");
	}
	if (doc_member(&nib, "confidentiality", &m) &&
	    (doc_want(&m, '{', f) == -1 ||
	    doc_known(&m, confidential, f) == -1 ||
	    read_codelists(&l->spec, &m, "withhold", &l->arena,
	    &l->spec.withhold, f) == -1))
		return -1;
	if (read_clean(l, &nib, f) == -1 || read_rules(l, &nib, f) == -1 ||
	    read_derived(l, &nib, f) == -1 ||
	    read_quality(l, &nib, f) == -1)
		return -1;
	return read_objections(l, &nib, f);
}

/* The name of a file without folder, extension and version. */
static const char *
base_name(const char *path, struct arena *a)
{
	const char *s = strrchr(path, '/');
	size_t n;

	s = s == NULL ? path : s + 1;
	n = strcspn(s, "@");
	if (s[n] == '\0') {
		n = strlen(s);
		if (n > 5 && strcmp(s + n - 5, ".json") == 0)
			n -= 5;
	}
	return arena_copy(a, s, n);
}

static int
read_match(struct loaded *l, const struct doc_at *root, struct fault *f)
{
	struct doc_at m, each;
	int i = SPEC_MATCH_EXACT;

	if (!doc_member(root, "fieldsMatch", &m))
		return 0;
	/* Both a word and an array of one word are in use. */
	if (doc_is_array(&m)) {
		if (doc_count(&m) != 1)
			return doc_fault(&m, f, "must hold one word");
		(void)doc_element(&m, 0, &each);
	} else {
		each = m;
	}
	if (word_of(&each, match_names, &i, &l->arena, f) == -1)
		return -1;
	l->spec.match = (enum spec_match)i;
	return 0;
}

static int
read_all(struct loaded *l, struct fault *f)
{
	static const char *const empty[] = { "", NULL };
	struct doc_at root = doc_root(l->doc), m;
	struct spec *s = &l->spec;

	s->text = doc_text(l->doc, &s->text_size);
	s->name = base_name(s->path, &l->arena);
	s->missing.n = 1;
	s->missing.v = empty;
	if (doc_member(&root, "name", &m) &&
	    (doc_string(&m, 0, &l->arena, &s->name, f) == -1 ||
	    (!is_name(s->name) && doc_fault(&m, f, "may hold letters, "
	    "digits, \"_\", \"-\" and \".\" only") == -1)))
		return -1;
	if (get_string(&root, "title", &l->arena, &s->title, f) == -1 ||
	    get_values(&root, "missingValues", &l->arena, &s->missing, f) ==
	    -1)
		return -1;
	if (doc_member(&root, "description", &m) &&
	    doc_string(&m, 1, &l->arena, &s->description, f) == -1)
		return -1;
	if (read_match(l, &root, f) == -1 || read_fields(l, &root, f) == -1 ||
	    read_keys(l, &root, f) == -1)
		return -1;
	return read_nib(l, &root, f);
}

static struct spec *
load(struct doc *take_doc, const char *path, struct fault *f)
{
	struct loaded *l;

	if (take_doc == NULL)
		return NULL;
	l = mem_zero(1, sizeof *l);
	l->doc = take_doc;
	l->names = map_new();
	l->aliases = map_new();
	l->spec.path = arena_string(&l->arena, path);
	if (read_all(l, f) == -1) {
		spec_close(&l->spec);
		return NULL;
	}
	return &l->spec;
}

struct spec *
spec_parse(const char *name, const char *p, size_t n, struct fault *f)
{
	return load(doc_parse(name, p, n, f), name, f);
}

struct spec *
spec_open(const char *name, struct fault *f)
{
	const char *at = strchr(name, '@');
	int versioned = at != NULL && strchr(name, '/') == NULL;
	struct fault inner = FAULT_NONE;
	char *path, *plain;
	struct spec *s;

	/* NAME@1.0 is a file of its own, or the current one if it is that. */
	path = share_find("datasets", name, ".json", versioned ? &inner : f);
	if (path == NULL && versioned) {
		plain = mem_strndup(name, (size_t)(at - name));
		path = share_find("datasets", plain, ".json", f);
		free(plain);
	}
	if (path == NULL)
		return NULL;
	s = load(doc_open(path, f), path, f);
	free(path);
	if (s != NULL && versioned &&
	    (s->version == NULL || strcmp(s->version, at + 1) != 0)) {
		(void)fault_at(f, s->path, 0, "this is version %s",
		    s->version != NULL ? s->version : "(none)");
		spec_close(s);
		return NULL;
	}
	return s;
}

void
spec_close(struct spec *s)
{
	struct loaded *l = (struct loaded *)(void *)s;

	if (l == NULL)
		return;
	map_free(l->names);
	map_free(l->aliases);
	free(l->alias_field);
	doc_close(l->doc);
	arena_free(&l->arena);
	free(l);
}

long
spec_field_index(const struct spec *s, const char *name)
{
	const struct loaded *l = (const struct loaded *)(const void *)s;
	size_t i = map_find(l->names, name, strlen(name));

	if (i != MAP_NONE)
		return (long)i;
	i = map_find(l->aliases, name, strlen(name));
	return i == MAP_NONE ? -1 : (long)l->alias_field[i];
}

long
spec_role_field(const struct spec *s, enum spec_role role)
{
	size_t i;

	for (i = 0; i < s->nfields; i++) {
		if (s->fields[i].role == role)
			return (long)i;
	}
	return -1;
}
