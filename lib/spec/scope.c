/* The scope of expressions over records of a header. */
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/mem.h"
#include "spec/codelist.h"
#include "spec/spec.h"
#include "spec/types.h"

struct spec_scope {
	struct expr_scope scope;
	struct expr_field *fields;
	struct arena arena;
	const struct spec *spec; /* NULL: none */
	struct codelist **lists;
	size_t nlists;
	struct type **types; /* of fields with forms of their own */
	size_t ntypes;
};

/* A path is taken from the folder of the specification. */
static char *
list_path(const struct spec *s, const char *name)
{
	const char *slash = s != NULL ? strrchr(s->path, '/') : NULL;

	if (slash == NULL || name[0] == '/' || strpbrk(name, "/.") == NULL)
		return mem_strdup(name);
	return mem_printf("%.*s/%s", (int)(slash - s->path), s->path, name);
}

static const void *
find_list(void *arg, const char *name, struct fault *f)
{
	struct spec_scope *s = arg;
	struct codelist *list = NULL;
	char *path = list_path(s->spec, name);
	size_t i;

	for (i = 0; i < s->nlists && list == NULL; i++) {
		if (strcmp(codelist_name(s->lists[i]), path) == 0)
			list = s->lists[i];
	}
	if (list == NULL && (list = codelist_open(path, f)) != NULL) {
		s->lists = mem_array(s->lists, s->nlists + 1,
		    sizeof *s->lists);
		s->lists[s->nlists++] = list;
	}
	free(path);
	return list;
}

static int
list_has(const void *list, const char *p, size_t n)
{
	return codelist_has(list, p, n);
}

/* Missing and clean values but for the empty one; NULL: none. */
static const char *const *
missing_of(const struct spec_field *field, struct arena *a)
{
	size_t i, n = 0;
	const char **v;

	v = arena_alloc(a, (field->missing.n + field->clean.n + 1) *
	    sizeof *v);
	for (i = 0; i < field->missing.n; i++) {
		if (field->missing.v[i][0] != '\0')
			v[n++] = field->missing.v[i];
	}
	for (i = 0; i < field->clean.n; i++) {
		if (field->clean.v[i][0] != '\0')
			v[n++] = field->clean.v[i];
	}
	v[n] = NULL;
	return n > 0 ? v : NULL;
}

/* A column that nib-derive added has the type of its section. */
static enum expr_type
derived_type(const struct spec *spec, const char *name)
{
	struct spec_field as = { .type = SPEC_STRING };
	size_t i;

	for (i = 0; i < spec->nderived; i++)
		if (strcmp(spec->derived[i].name, name) == 0)
			as.type = spec->derived[i].type;
	return spec_expr_type(&as);
}

/* Are its cells in another form than expressions read by themselves? */
static int
own_form(const struct spec_field *field)
{
	static const char *const yes[] = { "true", "True", "TRUE", "1" };
	static const char *const no[] = { "false", "False", "FALSE", "0" };
	size_t i;

	switch (field->type) {
	case SPEC_INTEGER:
	case SPEC_NUMBER:
		return strcmp(field->decimal_char, ".") != 0 ||
		    field->group_char != NULL || !field->bare_number;
	case SPEC_DATE:
	case SPEC_TIME:
	case SPEC_DATETIME:
		return field->format != NULL;
	case SPEC_BOOLEAN:
		if (field->true_values.n != 4 || field->false_values.n != 4)
			return 1;
		for (i = 0; i < 4; i++) {
			if (strcmp(field->true_values.v[i], yes[i]) != 0 ||
			    strcmp(field->false_values.v[i], no[i]) != 0)
				return 1;
		}
		return 0;
	default:
		return 0;
	}
}

static int
add_type(struct spec_scope *s, const struct spec_field *field,
    struct expr_field *to, struct fault *f)
{
	struct type *t = type_new(field, f);

	if (t == NULL)
		return -1;
	s->types = mem_array(s->types, s->ntypes + 1, sizeof *s->types);
	s->types[s->ntypes++] = t;
	to->convert = type_convert;
	to->arg = t;
	return 0;
}

struct spec_scope *
spec_scope_new(const struct spec *spec, const struct csv_header *header,
    struct fault *f)
{
	struct spec_scope *s = mem_zero(1, sizeof *s);
	struct spec_binding *b = NULL;
	const struct spec_field *field;
	struct expr_field *to;
	size_t c;

	s->spec = spec;
	s->fields = mem_zero(header->n + 1, sizeof *s->fields);
	s->scope.fields = s->fields;
	s->scope.n = header->n;
	s->scope.codelist = find_list;
	s->scope.codelist_has = list_has;
	s->scope.arg = s;
	if (spec != NULL && (b = spec_bind(spec, header, 1, f)) == NULL) {
		spec_scope_free(s);
		return NULL;
	}
	for (c = 0; c < header->n; c++) {
		to = &s->fields[c];
		to->column = c;
		to->name = arena_string(&s->arena, header->names[c]);
		to->type = EXPR_TEXT;
		to->untyped = spec == NULL;
		if (b == NULL || b->field_of[c] < 0) {
			if (spec != NULL)
				to->type = derived_type(spec, to->name);
			continue;
		}
		field = &spec->fields[b->field_of[c]];
		to->name = field->name;
		to->aliases = field->aliases.n > 0 ? field->aliases.v : NULL;
		to->type = spec_expr_type(field);
		to->missing = missing_of(field, &s->arena);
		if (own_form(field) && add_type(s, field, to, f) == -1)
			goto bad;
	}
	spec_binding_free(b);
	return s;
bad:
	spec_binding_free(b);
	spec_scope_free(s);
	return NULL;
}

struct spec_scope *
spec_scope_all(const struct spec *spec, struct fault *f)
{
	const char **names = mem_array(NULL, spec->nfields, sizeof *names);
	struct csv_header header = { spec->nfields, names };
	struct spec_scope *s;
	size_t i;

	for (i = 0; i < spec->nfields; i++)
		names[i] = spec->fields[i].name;
	s = spec_scope_new(spec, &header, f);
	free(names);
	return s;
}

const struct expr_scope *
spec_scope_expr(const struct spec_scope *s)
{
	return &s->scope;
}

void
spec_scope_free(struct spec_scope *s)
{
	size_t i;

	if (s == NULL)
		return;
	for (i = 0; i < s->nlists; i++)
		codelist_close(s->lists[i]);
	for (i = 0; i < s->ntypes; i++)
		type_free(s->types[i]);
	free(s->lists);
	free(s->types);
	free(s->fields);
	arena_free(&s->arena);
	free(s);
}
