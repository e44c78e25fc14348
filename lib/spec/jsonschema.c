/*
 * Does a JSON cell fit a JSON Schema?
 *
 * A schema is compiled to a graph: each subschema has the value of every
 * keyword where it looks for it, and references are pointers. A table of the
 * keywords says what each must be.
 */
#include "spec/jsonschema.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/mem.h"
#include "spec/jsontree.h"
#include "spec/pattern.h"
#include "spec/types_form.h"

#define DIALECT "https://json-schema.org/draft/2020-12/schema"
#define MOST_DIGITS 18 /* of a count, or of multipleOf without its zeros */
#define DEEPEST 4096   /* subschemas within subschemas, at a time */

/* What stands under a name: a property, or a pattern of properties. */
struct named {
	const char *name;
	size_t n;
	struct pattern *pattern;
	struct schema *schema;
};

struct group {
	size_t n;
	struct named *v;
};

enum keyword {
	/* One subschema. */
	WORD_ITEMS, WORD_CONTAINS, WORD_ADDITIONAL, WORD_NAMES, WORD_NOT,
	WORD_IF, WORD_THEN, WORD_ELSE, WORD_SCHEMAS,
	/* Several. */
	WORD_ALL = WORD_SCHEMAS, WORD_ANY, WORD_ONE, WORD_PREFIX,
	WORD_PROPERTIES, WORD_PATTERNS, WORD_DEPENDENT_SCHEMAS, WORD_DEFS,
	WORD_DEFINITIONS, WORD_GROUPS,
	/* Counts. */
	WORD_MIN_LENGTH = WORD_GROUPS, WORD_MAX_LENGTH, WORD_MIN_ITEMS,
	WORD_MAX_ITEMS, WORD_MIN_PROPERTIES, WORD_MAX_PROPERTIES,
	WORD_MIN_CONTAINS, WORD_MAX_CONTAINS,
	/* Numbers. */
	WORD_MINIMUM, WORD_MAXIMUM, WORD_OVER, WORD_UNDER, WORD_MULTIPLE,
	/* The rest. */
	WORD_TYPE, WORD_ENUM, WORD_CONST, WORD_PATTERN, WORD_UNIQUE,
	WORD_REQUIRED, WORD_DEPENDENT, WORD_REF, WORD_ANCHOR, WORD_ID,
	WORD_DIALECT, WORD_NOTE, WORD_COUNT
};

static const struct {
	const char *name;
	enum keyword word;
} keywords[] = {
	{ "items", WORD_ITEMS }, { "contains", WORD_CONTAINS },
	{ "additionalProperties", WORD_ADDITIONAL },
	{ "propertyNames", WORD_NAMES }, { "not", WORD_NOT },
	{ "if", WORD_IF }, { "then", WORD_THEN }, { "else", WORD_ELSE },
	{ "allOf", WORD_ALL }, { "anyOf", WORD_ANY }, { "oneOf", WORD_ONE },
	{ "prefixItems", WORD_PREFIX }, { "properties", WORD_PROPERTIES },
	{ "patternProperties", WORD_PATTERNS },
	{ "dependentSchemas", WORD_DEPENDENT_SCHEMAS },
	{ "$defs", WORD_DEFS }, { "definitions", WORD_DEFINITIONS },
	{ "minLength", WORD_MIN_LENGTH }, { "maxLength", WORD_MAX_LENGTH },
	{ "minItems", WORD_MIN_ITEMS }, { "maxItems", WORD_MAX_ITEMS },
	{ "minProperties", WORD_MIN_PROPERTIES },
	{ "maxProperties", WORD_MAX_PROPERTIES },
	{ "minContains", WORD_MIN_CONTAINS },
	{ "maxContains", WORD_MAX_CONTAINS },
	{ "minimum", WORD_MINIMUM }, { "maximum", WORD_MAXIMUM },
	{ "exclusiveMinimum", WORD_OVER }, { "exclusiveMaximum", WORD_UNDER },
	{ "multipleOf", WORD_MULTIPLE }, { "type", WORD_TYPE },
	{ "enum", WORD_ENUM }, { "const", WORD_CONST },
	{ "pattern", WORD_PATTERN }, { "uniqueItems", WORD_UNIQUE },
	{ "required", WORD_REQUIRED }, { "dependentRequired", WORD_DEPENDENT },
	{ "$ref", WORD_REF }, { "$anchor", WORD_ANCHOR }, { "$id", WORD_ID },
	{ "$schema", WORD_DIALECT }, { "$comment", WORD_NOTE },
	{ "title", WORD_NOTE }, { "description", WORD_NOTE },
	{ "default", WORD_NOTE }, { "examples", WORD_NOTE },
	{ "deprecated", WORD_NOTE }, { "readOnly", WORD_NOTE },
	{ "writeOnly", WORD_NOTE }, { "format", WORD_NOTE },
	{ "contentEncoding", WORD_NOTE }, { "contentMediaType", WORD_NOTE },
	{ "contentSchema", WORD_NOTE }
};
#define NKEYWORDS (sizeof keywords / sizeof keywords[0])

enum { TYPE_WHOLE = 1 << 7 }; /* integer; the others by enum jsontree_kind */

struct schema {
	const struct jsontree *at;
	const struct jsontree *words[WORD_COUNT]; /* as they stand; or NULL */
	struct schema *one[WORD_SCHEMAS];
	struct group groups[WORD_GROUPS]; /* from WORD_ALL on */
	size_t counts[WORD_MAX_CONTAINS + 1];
	unsigned types; /* 0: any */
	struct pattern *pattern;
	uint64_t divisor; /* of multipleOf */
	struct schema *ref;
	int visit; /* looking for circles: 1 on the way, 2 done */
};

struct jsonschema {
	struct arena arena;
	const struct jsontree *tree;
	struct schema **v;
	size_t n;
	struct schema *root;
};

struct jsonschema_run {
	struct pattern_run *pattern;
	struct arena arena;
	size_t steps, depth;
	int over;
};

/* Compiling. */

struct making {
	struct jsonschema *s;
	struct buf path;
	struct fault *f;
};

static int
wrong(struct making *m, const char *what)
{
	const char *path = buf_string(&m->path);
	size_t n = strlen(path);

	/* The end of a path says more than its beginning. */
	return fault_set(m->f, "%s%s%s%s", n > 80 ? "..." : "",
	    n > 80 ? path + n - 77 : path, n > 0 ? ": " : "", what);
}

static size_t
enter(struct making *m, const char *name)
{
	size_t before = m->path.n;

	if (before > 0)
		buf_putc(&m->path, '/');
	buf_puts(&m->path, name);
	return before;
}

static struct schema *compile(struct making *, const struct jsontree *);

static struct pattern *
compile_pattern(struct making *m, const char *text, size_t n)
{
	struct fault none = FAULT_NONE;
	struct pattern *p;

	if (strlen(text) != n) {
		(void)wrong(m, "a NUL in a pattern");
		return NULL;
	}
	if ((p = pattern_new_anywhere(text, &none)) == NULL)
		(void)wrong(m, none.what);
	return p;
}

/* allOf, properties and their like. */
static int
compile_group(struct making *m, const struct jsontree *x, enum keyword word,
    struct group *to)
{
	int array = word <= WORD_PREFIX;
	size_t i, before;
	char number[24];

	if (x->kind != (array ? JSONTREE_ARRAY : JSONTREE_OBJECT))
		return wrong(m, array ? "must be an array of schemas" :
		    "must be an object of schemas");
	if (array && x->count == 0)
		return wrong(m, "must not be empty");
	to->v = mem_zero(x->count + 1, sizeof *to->v);
	for (i = 0; i < x->count; i++) {
		struct named *each = &to->v[to->n++];

		each->name = x->of[i]->name;
		each->n = x->of[i]->nname;
		(void)snprintf(number, sizeof number, "%zu", i);
		before = enter(m, array ? number : each->name);
		if (word == WORD_PATTERNS && (each->pattern =
		    compile_pattern(m, each->name, each->n)) == NULL)
			return -1;
		if ((each->schema = compile(m, x->of[i])) == NULL)
			return -1;
		m->path.n = before;
	}
	return 0;
}

static int
compile_count(struct making *m, const struct jsontree *x, size_t *to)
{
	size_t i;

	*to = 0;
	if (!jsontree_whole(x) || *x->text == TYPE_KEY_NEGATIVE)
		return wrong(m, "must be a count");
	if (x->ndigits == 0)
		return 0;
	if (x->exponent > MOST_DIGITS ||
	    x->ndigits + (size_t)x->exponent > MOST_DIGITS)
		return wrong(m, "has more than 18 digits");
	for (i = 0; i < x->ndigits + (size_t)x->exponent; i++)
		*to = *to * 10 + (i < x->ndigits ?
		    (size_t)(x->digits[i] - '0') : 0);
	return 0;
}

static int
compile_type(struct making *m, const struct jsontree *x, unsigned *to)
{
	static const char *const names[] = { "null", "boolean", "number",
		"string", "array", "object", "integer" };
	static const unsigned bits[] = { 1U << JSONTREE_NULL,
		1U << JSONTREE_FALSE | 1U << JSONTREE_TRUE,
		1U << JSONTREE_NUMBER, 1U << JSONTREE_STRING,
		1U << JSONTREE_ARRAY, 1U << JSONTREE_OBJECT, TYPE_WHOLE };
	const struct jsontree *const *v = &x;
	size_t n = 1, i, k;

	if (x->kind == JSONTREE_ARRAY) {
		v = (const struct jsontree *const *)x->of;
		n = x->count;
	}
	for (i = 0; i < n; i++) {
		for (k = 0; k < 7; k++)
			if (v[i]->kind == JSONTREE_STRING &&
			    strcmp(v[i]->text, names[k]) == 0)
				break;
		if (k == 7)
			return wrong(m, "must be a type: null, boolean, "
			    "number, integer, string, array or object");
		*to |= bits[k];
	}
	return n > 0 ? 0 : wrong(m, "must not be empty");
}

static int
check_names(struct making *m, const struct jsontree *x)
{
	size_t i;

	if (x->kind != JSONTREE_ARRAY)
		return wrong(m, "must be an array of names");
	for (i = 0; i < x->count; i++)
		if (x->of[i]->kind != JSONTREE_STRING)
			return wrong(m, "must be an array of names");
	return 0;
}

static int
check_multiple(struct making *m, const struct jsontree *x, uint64_t *to)
{
	size_t i;

	if (x->ndigits == 0 || *x->text != TYPE_KEY_POSITIVE)
		return wrong(m, "must be above 0");
	if (x->ndigits > MOST_DIGITS)
		return wrong(m, "has more than 18 digits");
	for (*to = 0, i = 0; i < x->ndigits; i++)
		*to = *to * 10 + (uint64_t)(x->digits[i] - '0');
	return 0;
}

static int
compile_word(struct making *m, struct schema *s, enum keyword word,
    const struct jsontree *x)
{
	size_t i;

	if (word < WORD_SCHEMAS)
		return (s->one[word] = compile(m, x)) != NULL ? 0 : -1;
	if (word < WORD_GROUPS)
		return compile_group(m, x, word, &s->groups[word]);
	if (word <= WORD_MAX_CONTAINS)
		return compile_count(m, x, &s->counts[word]);
	if (word <= WORD_MULTIPLE && x->kind != JSONTREE_NUMBER)
		return wrong(m, "must be a number");
	switch (word) {
	case WORD_MULTIPLE:
		return check_multiple(m, x, &s->divisor);
	case WORD_TYPE:
		return compile_type(m, x, &s->types);
	case WORD_ENUM:
		return x->kind == JSONTREE_ARRAY ? 0 :
		    wrong(m, "must be an array");
	case WORD_PATTERN:
		if (x->kind != JSONTREE_STRING)
			return wrong(m, "must be a string");
		s->pattern = compile_pattern(m, x->text, x->n);
		return s->pattern != NULL ? 0 : -1;
	case WORD_UNIQUE:
		return x->kind == JSONTREE_TRUE || x->kind == JSONTREE_FALSE ?
		    0 : wrong(m, "must be true or false");
	case WORD_REQUIRED:
		return check_names(m, x);
	case WORD_DEPENDENT:
		if (x->kind != JSONTREE_OBJECT)
			return wrong(m, "must be an object");
		for (i = 0; i < x->count; i++)
			if (check_names(m, x->of[i]) == -1)
				return -1;
		return 0;
	case WORD_REF:
	case WORD_ANCHOR:
		return x->kind == JSONTREE_STRING ? 0 :
		    wrong(m, "must be a string");
	case WORD_ID:
		return s->at == m->s->tree ? 0 : wrong(m, "a schema within "
		    "the schema with a name of its own is not supported");
	case WORD_DIALECT:
		return x->kind == JSONTREE_STRING && strcmp(x->text, DIALECT)
		    == 0 ? 0 : wrong(m, "must be " DIALECT);
	default:
		return 0;
	}
}

static struct schema *
compile(struct making *m, const struct jsontree *x)
{
	struct schema *s;
	size_t i, k, before;

	if (x->kind != JSONTREE_OBJECT && x->kind != JSONTREE_TRUE &&
	    x->kind != JSONTREE_FALSE) {
		(void)wrong(m, "must be a schema: an object, true or false");
		return NULL;
	}
	s = mem_zero(1, sizeof *s);
	s->at = x;
	m->s->v = mem_array(m->s->v, m->s->n + 1, sizeof(struct schema *));
	m->s->v[m->s->n++] = s;
	for (i = 0; i < x->count; i++) {
		before = enter(m, x->of[i]->name);
		for (k = 0; k < NKEYWORDS; k++)
			if (strcmp(keywords[k].name, x->of[i]->name) == 0)
				break;
		if (k == NKEYWORDS) {
			(void)wrong(m, "is not supported");
			return NULL;
		}
		s->words[keywords[k].word] = x->of[i];
		if (compile_word(m, s, keywords[k].word, x->of[i]) == -1)
			return NULL;
		m->path.n = before;
	}
	return s;
}

/* A step of a JSON Pointer (RFC 6901), as a URI's fragment writes it. */
static int
pointer_step(const char **p, char *to, size_t *n)
{
	unsigned byte;

	for (*n = 0; **p != '\0' && **p != '/'; (*p)++) {
		if (**p == '%') {
			if (sscanf(*p + 1, "%2x", &byte) != 1)
				return -1;
			to[(*n)++] = (char)byte;
			*p += 2;
		} else if (**p == '~') {
			if ((*p)[1] != '0' && (*p)[1] != '1')
				return -1;
			to[(*n)++] = *++*p == '0' ? '~' : '/';
		} else {
			to[(*n)++] = **p;
		}
	}
	return 0;
}

/* The schema a reference means, or NULL. */
static struct schema *
resolve(const struct jsonschema *s, const char *ref)
{
	const struct jsontree *x = s->tree, *word;
	struct buf step = { 0 };
	char *end;
	size_t i;

	if (*ref++ != '#')
		return NULL;
	for (i = 0; i < s->n && *ref != '\0' && *ref != '/'; i++) {
		word = s->v[i]->words[WORD_ANCHOR];
		if (word != NULL && strcmp(word->text, ref) == 0)
			return s->v[i];
	}
	if (*ref != '\0' && *ref != '/')
		return NULL;
	buf_reserve(&step, strlen(ref) + 1);
	while (x != NULL && *ref == '/') {
		ref++;
		if (pointer_step(&ref, step.p, &step.n) == -1) {
			x = NULL;
		} else if (x->kind == JSONTREE_ARRAY) {
			i = strtoul(buf_string(&step), &end, 10);
			x = step.n > 0 && *end == '\0' && i < x->count ?
			    x->of[i] : NULL;
		} else {
			x = jsontree_member(x, step.p, step.n);
		}
	}
	buf_free(&step);
	for (i = 0; x != NULL && i < s->n; i++)
		if (s->v[i]->at == x)
			return s->v[i];
	return NULL;
}

/* Does it come back to itself without going into the value? */
static int
circles(struct schema *s)
{
	size_t i;
	int word, found = 0;

	if (s == NULL || s->visit == 2)
		return 0;
	if (s->visit == 1)
		return 1;
	s->visit = 1;
	found = circles(s->ref);
	for (word = WORD_NOT; word <= WORD_ELSE; word++)
		found = found || circles(s->one[word]);
	for (word = WORD_ALL; word <= WORD_DEPENDENT_SCHEMAS; word++) {
		if (word > WORD_ONE && word != WORD_DEPENDENT_SCHEMAS)
			continue;
		for (i = 0; i < s->groups[word].n && !found; i++)
			found = circles(s->groups[word].v[i].schema);
	}
	s->visit = 2;
	return found;
}

static int
join_references(struct making *m)
{
	struct jsonschema *s = m->s;
	size_t i;

	m->path.n = 0;
	(void)enter(m, "$ref");
	for (i = 0; i < s->n; i++) {
		const struct jsontree *ref = s->v[i]->words[WORD_REF];

		if (ref != NULL && (s->v[i]->ref = resolve(s, ref->text)) ==
		    NULL)
			return fault_set(m->f, "$ref: no schema within this "
			    "one is %.90s", ref->text);
	}
	for (i = 0; i < s->n; i++)
		if (circles(s->v[i]))
			return wrong(m, "leads back to itself");
	return 0;
}

struct jsonschema *
jsonschema_new(const char *text, struct fault *f)
{
	struct jsonschema *s = mem_zero(1, sizeof *s);
	struct making m = { .s = s, .f = f };
	size_t values;
	int rc = -1;

	s->tree = jsontree_parse(text, strlen(text), &s->arena, &values);
	if (s->tree == NULL)
		(void)fault_set(f, "no JSON, or of more than %d levels",
		    JSONTREE_DEPTH);
	else if ((s->root = compile(&m, s->tree)) != NULL)
		rc = join_references(&m);
	buf_free(&m.path);
	if (rc == 0)
		return s;
	jsonschema_free(s);
	return NULL;
}

void
jsonschema_free(struct jsonschema *s)
{
	size_t i, k;
	int word;

	if (s == NULL)
		return;
	for (i = 0; i < s->n; i++) {
		for (word = WORD_ALL; word < WORD_GROUPS; word++) {
			struct group *g = &s->v[i]->groups[word];

			for (k = 0; k < g->n; k++)
				pattern_free(g->v[k].pattern);
			free(g->v);
		}
		pattern_free(s->v[i]->pattern);
		free(s->v[i]);
	}
	free(s->v);
	arena_free(&s->arena);
	free(s);
}

/* Holding a value against it. */

static int holds(struct jsonschema_run *, const struct schema *,
    const struct jsontree *);

static int
matches(struct jsonschema_run *r, const struct pattern *p, const char *s,
    size_t n)
{
	int ok = pattern_reference(p, r->pattern, s, n);

	r->over |= ok == -1;
	return ok == 1;
}

/* Is value / divisor whole? */
static int
multiple(const struct jsontree *x, const struct jsontree *of, uint64_t divisor)
{
	__extension__ typedef unsigned __int128 wide;
	int64_t tens = x->exponent - of->exponent;
	wide rest = 0, ten = 10 % divisor;
	size_t i;

	if (x->ndigits == 0)
		return 1;
	/* Its last digit is not 0. */
	if (tens < 0)
		return 0;
	for (i = 0; i < x->ndigits; i++)
		rest = (rest * 10 + (unsigned char)x->digits[i] - '0') % divisor;
	for (; tens > 0; tens >>= 1) {
		if (tens & 1)
			rest = rest * ten % divisor;
		ten = ten * ten % divisor;
	}
	return rest == 0;
}

static int
number_holds(const struct schema *s, const struct jsontree *x)
{
	const struct jsontree *const *w = s->words;

	if (w[WORD_MINIMUM] != NULL &&
	    jsontree_compare(x, w[WORD_MINIMUM]) < 0)
		return 0;
	if (w[WORD_MAXIMUM] != NULL &&
	    jsontree_compare(x, w[WORD_MAXIMUM]) > 0)
		return 0;
	if (w[WORD_OVER] != NULL && jsontree_compare(x, w[WORD_OVER]) <= 0)
		return 0;
	if (w[WORD_UNDER] != NULL && jsontree_compare(x, w[WORD_UNDER]) >= 0)
		return 0;
	return w[WORD_MULTIPLE] == NULL ||
	    multiple(x, w[WORD_MULTIPLE], s->divisor);
}

/* n is within the counts of two keywords, where they stand. */
static int
within(const struct schema *s, size_t n, enum keyword least,
    enum keyword most)
{
	return (s->words[least] == NULL || n >= s->counts[least]) &&
	    (s->words[most] == NULL || n <= s->counts[most]);
}

static int
string_holds(struct jsonschema_run *r, const struct schema *s,
    const struct jsontree *x)
{
	if ((s->words[WORD_MIN_LENGTH] != NULL ||
	    s->words[WORD_MAX_LENGTH] != NULL) && !within(s,
	    type_characters(x->text, x->n), WORD_MIN_LENGTH, WORD_MAX_LENGTH))
		return 0;
	return s->pattern == NULL || matches(r, s->pattern, x->text, x->n);
}

static int
by_value(const void *a, const void *b)
{
	return jsontree_compare(*(const struct jsontree *const *)a,
	    *(const struct jsontree *const *)b);
}

static int
all_differ(const struct jsontree *x)
{
	const struct jsontree **v = mem_array(NULL, x->count + 1,
	    sizeof(const struct jsontree *));
	size_t i;
	int differ = 1;

	for (i = 0; i < x->count; i++)
		v[i] = x->of[i];
	qsort(v, x->count, sizeof(const struct jsontree *), by_value);
	for (i = 1; i < x->count && differ; i++)
		differ = jsontree_compare(v[i - 1], v[i]) != 0;
	free(v);
	return differ;
}

static int
array_holds(struct jsonschema_run *r, const struct schema *s,
    const struct jsontree *x)
{
	const struct group *prefix = &s->groups[WORD_PREFIX];
	size_t i, n = 0;

	if (!within(s, x->count, WORD_MIN_ITEMS, WORD_MAX_ITEMS))
		return 0;
	for (i = 0; i < x->count; i++) {
		const struct schema *each = i < prefix->n ?
		    prefix->v[i].schema : s->one[WORD_ITEMS];

		if (each != NULL && !holds(r, each, x->of[i]))
			return 0;
	}
	if (s->one[WORD_CONTAINS] != NULL) {
		for (i = 0; i < x->count; i++)
			n += holds(r, s->one[WORD_CONTAINS], x->of[i]) != 0;
		if (!within(s, n, WORD_MIN_CONTAINS, WORD_MAX_CONTAINS) ||
		    (s->words[WORD_MIN_CONTAINS] == NULL && n == 0))
			return 0;
	}
	return s->words[WORD_UNIQUE] == NULL ||
	    s->words[WORD_UNIQUE]->kind == JSONTREE_FALSE || all_differ(x);
}

static int
has_all(const struct jsontree *x, const struct jsontree *names)
{
	size_t i;

	for (i = 0; names != NULL && i < names->count; i++)
		if (jsontree_member(x, names->of[i]->text,
		    names->of[i]->n) == NULL)
			return 0;
	return 1;
}

/* A member by its name, its patterns, or as one that neither speaks of. */
static int
member_holds(struct jsonschema_run *r, const struct schema *s,
    const struct jsontree *x)
{
	const struct jsontree *properties = s->words[WORD_PROPERTIES];
	const struct group *g = &s->groups[WORD_PATTERNS];
	struct jsontree name = { .kind = JSONTREE_STRING, .text = x->name,
		.n = x->nname };
	const struct jsontree *own;
	size_t i;
	int known = 0;

	if (s->one[WORD_NAMES] != NULL && !holds(r, s->one[WORD_NAMES],
	    &name))
		return 0;
	if (properties != NULL && (own = jsontree_member(properties, x->name,
	    x->nname)) != NULL) {
		known = 1;
		for (i = 0; properties->of[i] != own; i++)
			;
		if (!holds(r, s->groups[WORD_PROPERTIES].v[i].schema, x))
			return 0;
	}
	for (i = 0; i < g->n; i++) {
		if (!matches(r, g->v[i].pattern, x->name, x->nname))
			continue;
		known = 1;
		if (!holds(r, g->v[i].schema, x))
			return 0;
	}
	return known || s->one[WORD_ADDITIONAL] == NULL ||
	    holds(r, s->one[WORD_ADDITIONAL], x);
}

static int
object_holds(struct jsonschema_run *r, const struct schema *s,
    const struct jsontree *x)
{
	const struct group *g = &s->groups[WORD_DEPENDENT_SCHEMAS];
	const struct jsontree *depends = s->words[WORD_DEPENDENT];
	size_t i;

	if (!within(s, x->count, WORD_MIN_PROPERTIES, WORD_MAX_PROPERTIES) ||
	    !has_all(x, s->words[WORD_REQUIRED]))
		return 0;
	for (i = 0; depends != NULL && i < depends->count; i++)
		if (jsontree_member(x, depends->of[i]->name,
		    depends->of[i]->nname) != NULL &&
		    !has_all(x, depends->of[i]))
			return 0;
	for (i = 0; i < x->count; i++)
		if (!member_holds(r, s, x->of[i]))
			return 0;
	for (i = 0; i < g->n; i++)
		if (jsontree_member(x, g->v[i].name, g->v[i].n) != NULL &&
		    !holds(r, g->v[i].schema, x))
			return 0;
	return 1;
}

/* How many of a group hold, counting no further than enough. */
static size_t
how_many(struct jsonschema_run *r, const struct group *g,
    const struct jsontree *x, size_t enough)
{
	size_t i, n = 0;

	for (i = 0; i < g->n && n < enough; i++)
		n += holds(r, g->v[i].schema, x) != 0;
	return n;
}

static int
logic_holds(struct jsonschema_run *r, const struct schema *s,
    const struct jsontree *x)
{
	const struct group *all = &s->groups[WORD_ALL];
	const struct schema *then;
	size_t i;

	if (s->ref != NULL && !holds(r, s->ref, x))
		return 0;
	for (i = 0; i < all->n; i++)
		if (!holds(r, all->v[i].schema, x))
			return 0;
	if (s->groups[WORD_ANY].n > 0 &&
	    how_many(r, &s->groups[WORD_ANY], x, 1) != 1)
		return 0;
	if (s->groups[WORD_ONE].n > 0 &&
	    how_many(r, &s->groups[WORD_ONE], x, 2) != 1)
		return 0;
	if (s->one[WORD_NOT] != NULL && holds(r, s->one[WORD_NOT], x))
		return 0;
	if (s->one[WORD_IF] == NULL)
		return 1;
	then = s->one[holds(r, s->one[WORD_IF], x) ? WORD_THEN : WORD_ELSE];
	return then == NULL || holds(r, then, x);
}

static int
value_holds(struct jsonschema_run *r, const struct schema *s,
    const struct jsontree *x)
{
	switch (x->kind) {
	case JSONTREE_NUMBER:
		return number_holds(s, x);
	case JSONTREE_STRING:
		return string_holds(r, s, x);
	case JSONTREE_ARRAY:
		return array_holds(r, s, x);
	case JSONTREE_OBJECT:
		return object_holds(r, s, x);
	default:
		return 1;
	}
}

static int
holds(struct jsonschema_run *r, const struct schema *s,
    const struct jsontree *x)
{
	const struct jsontree *word;
	size_t i;
	int rc;

	if (r->over || ++r->steps > JSONSCHEMA_STEPS || r->depth == DEEPEST) {
		r->over = 1;
		return 0;
	}
	if (s->at->kind != JSONTREE_OBJECT)
		return s->at->kind == JSONTREE_TRUE;
	if (s->types != 0 && (s->types & 1U << x->kind) == 0 &&
	    !((s->types & TYPE_WHOLE) != 0 && jsontree_whole(x)))
		return 0;
	if ((word = s->words[WORD_CONST]) != NULL &&
	    jsontree_compare(word, x) != 0)
		return 0;
	if ((word = s->words[WORD_ENUM]) != NULL) {
		for (i = 0; i < word->count; i++)
			if (jsontree_compare(word->of[i], x) == 0)
				break;
		if (i == word->count)
			return 0;
	}
	r->depth++;
	rc = value_holds(r, s, x) && logic_holds(r, s, x);
	r->depth--;
	return rc;
}

struct jsonschema_run *
jsonschema_run_new(void)
{
	struct jsonschema_run *r = mem_zero(1, sizeof *r);

	r->pattern = pattern_run_new();
	return r;
}

void
jsonschema_run_free(struct jsonschema_run *r)
{
	if (r == NULL)
		return;
	pattern_run_free(r->pattern);
	arena_free(&r->arena);
	free(r);
}

int
jsonschema_fits(const struct jsonschema *s, struct jsonschema_run *r,
    const char *p, size_t n)
{
	const struct jsontree *x;
	int fits;

	r->over = 0;
	r->depth = 0;
	x = jsontree_parse(p, n, &r->arena, &r->steps);
	fits = x != NULL && holds(r, s->root, x);
	arena_free(&r->arena);
	return r->over ? -1 : fits;
}
