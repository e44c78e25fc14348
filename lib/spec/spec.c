/* Reads a dataset specification, whole or not at all. */
#include "spec/spec_read.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/share.h"

const char *const spec_type_names[] = { "any", "string", "number",
	"integer", "boolean", "object", "array", "list", "datetime", "date",
	"time", "year", "yearmonth", "duration", "geopoint", "geojson", NULL };

const char *const spec_role_names[] = { "none", "person", "nhs-number",
	"birth-date", "sex", "postcode", "provider", "commissioner",
	"event-start", "event-end", "submitted", "record", "family-name",
	"given-name", "death-date", NULL };

static const char *const match_names[] = { "exact", "equal", "subset",
	"superset", "partial", NULL };

const char *
spec_type_name(enum spec_type type)
{
	return spec_type_names[type];
}

const char *
spec_role_name(enum spec_role role)
{
	return spec_role_names[role];
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

/* Indices of fields named at a place: an array, or one name. */
static int
read_key(struct spec_loaded *l, const struct doc_at *at, struct spec_key *to,
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
read_foreign_key(struct spec_loaded *l, const struct doc_at *at,
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
read_keys(struct spec_loaded *l, const struct doc_at *root, struct fault *f)
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
read_match(struct spec_loaded *l, const struct doc_at *root, struct fault *f)
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
	if (spec_word_of(&each, match_names, &i, &l->arena, f) == -1)
		return -1;
	l->spec.match = (enum spec_match)i;
	return 0;
}

static int
read_all(struct spec_loaded *l, struct fault *f)
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
	    (!spec_is_name(s->name) && doc_fault(&m, f, "may hold letters, "
	    "digits, \"_\", \"-\" and \".\" only") == -1)))
		return -1;
	if (spec_get_string(&root, "title", &l->arena, &s->title, f) == -1 ||
	    spec_get_values(
		&root, "missingValues", &l->arena, &s->missing, f) == -1)
		return -1;
	if (doc_member(&root, "description", &m) &&
	    doc_string(&m, 1, &l->arena, &s->description, f) == -1)
		return -1;
	if (read_match(l, &root, f) == -1 ||
	    spec_read_fields(l, &root, f) == -1 || read_keys(l, &root, f) == -1)
		return -1;
	return spec_read_nib(l, &root, f);
}

static struct spec *
load(struct doc *take_doc, const char *path, struct fault *f)
{
	struct spec_loaded *l;

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
	struct spec_loaded *l = (struct spec_loaded *)(void *)s;

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
	const struct spec_loaded *l =
	    (const struct spec_loaded *)(const void *)s;
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
