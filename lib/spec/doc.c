/* A JSON document that knows where its parts stand. */
#include "spec/doc.h"

#include <jansson.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/infile.h"
#include "base/mem.h"
#include "base/nearest.h"
#include "base/num.h"

#define DOC_CAP ((size_t)64 * 1024 * 1024)

struct doc {
	char *path, *text;
	size_t size;
	json_t *root;
};

static struct doc *
parse(const char *path, char *take_text, size_t n, struct fault *f)
{
	struct doc *d = mem_zero(1, sizeof *d);
	size_t bom = n >= 3 && memcmp(take_text, "\xef\xbb\xbf", 3) == 0 ?
	    3 : 0;
	json_error_t e;

	d->path = mem_strdup(path);
	d->text = take_text;
	d->size = n;
	/* Integers of any length: their text is taken from the file. */
	d->root = json_loadb(d->text + bom, n - bom, JSON_REJECT_DUPLICATES |
	    JSON_DECODE_INT_AS_REAL, &e);
	if (d->root == NULL) {
		char *near = strstr(e.text, " near ");

		if (near != NULL) /* what follows quotes the text */
			*near = '\0';
		(void)fault_at(f, path, e.line > 0 ? (uint64_t)e.line : 0,
		    "not JSON: %s", e.text);
		doc_close(d);
		return NULL;
	}
	if (!json_is_object(d->root)) {
		(void)fault_at(f, path, 1, "must be a JSON object");
		doc_close(d);
		return NULL;
	}
	return d;
}

struct doc *
doc_open(const char *path, struct fault *f)
{
	char *text;
	size_t n;

	if (infile_whole(path, DOC_CAP, &text, &n, f) == -1)
		return NULL;
	return parse(path, text, n, f);
}

struct doc *
doc_parse(const char *name, const char *p, size_t n, struct fault *f)
{
	return parse(name, mem_strndup(p, n), n, f);
}

void
doc_close(struct doc *d)
{
	if (d == NULL)
		return;
	json_decref(d->root);
	free(d->text);
	free(d->path);
	free(d);
}

struct doc_at
doc_root(const struct doc *d)
{
	struct doc_at at = { d, NULL, NULL, 0, d->root };

	return at;
}

const char *
doc_text(const struct doc *d, size_t *n)
{
	*n = d->size;
	return d->text;
}

int
doc_member(const struct doc_at *at, const char *key, struct doc_at *to)
{
	const json_t *v = json_object_get(at->value, key);

	if (v == NULL)
		return 0;
	to->doc = at->doc;
	to->up = at;
	to->key = key;
	to->index = 0;
	to->value = v;
	return 1;
}

int
doc_element(const struct doc_at *at, size_t i, struct doc_at *to)
{
	const json_t *v = json_array_get(at->value, i);

	if (v == NULL)
		return 0;
	to->doc = at->doc;
	to->up = at;
	to->key = NULL;
	to->index = i;
	to->value = v;
	return 1;
}

size_t
doc_count(const struct doc_at *at)
{
	if (json_is_object(at->value))
		return json_object_size(at->value);
	return json_array_size(at->value);
}

int
doc_is_object(const struct doc_at *at)
{
	return json_is_object(at->value);
}

int
doc_is_array(const struct doc_at *at)
{
	return json_is_array(at->value);
}

int
doc_is_string(const struct doc_at *at)
{
	return json_is_string(at->value);
}

int
doc_is_number(const struct doc_at *at)
{
	return json_is_number(at->value);
}

int
doc_is_boolean(const struct doc_at *at)
{
	return json_is_boolean(at->value);
}

/*
 * Walking the text. jansson has read it, so it is JSON: the steps below
 * need no checks but for its end.
 */
static const char *
skip_blank(const char *p)
{
	while (*p == ' ' || *p == '\t' || *p == '\n' || *p == '\r')
		p++;
	return p;
}

static const char *
skip_string(const char *p)
{
	for (p++; *p != '"' && *p != '\0'; p++) {
		if (*p == '\\' && p[1] != '\0')
			p++;
	}
	return *p == '"' ? p + 1 : p;
}

static const char *
skip_value(const char *p)
{
	int depth = 0;

	for (p = skip_blank(p); *p != '\0'; ) {
		if (*p == '"') {
			p = skip_string(p);
		} else if (*p == '{' || *p == '[') {
			depth++;
			p++;
			continue;
		} else if (*p == '}' || *p == ']') {
			depth--;
			p++;
		} else if (depth > 0) {
			p++;
			continue;
		} else {
			p += strcspn(p, " \t\r\n,]}");
		}
		if (depth <= 0)
			break;
	}
	return p;
}

/* The token at p is this key, escapes read. */
static int
key_is(const char *p, const char *end, const char *key)
{
	size_t n = (size_t)(end - p);
	json_t *s;
	int same;

	if (memchr(p, '\\', n) == NULL)
		return n == strlen(key) + 2 && memcmp(p + 1, key, n - 2) == 0;
	s = json_loadb(p, n, JSON_DECODE_ANY, NULL);
	same = s != NULL && strcmp(json_string_value(s), key) == 0;
	json_decref(s);
	return same;
}

/* Where the value of a place begins in the text. */
static const char *
find(const struct doc_at *at)
{
	const char *p, *end;
	size_t i;

	if (at->up == NULL) {
		p = at->doc->text;
		return skip_blank(memcmp(p, "\xef\xbb\xbf", 3) == 0 ? p + 3 :
		    p);
	}
	p = skip_blank(find(at->up) + 1);
	for (i = 0; *p != '\0' && *p != '}' && *p != ']'; i++) {
		if (at->key == NULL) {
			if (i == at->index)
				return p;
			p = skip_value(p);
		} else {
			end = skip_string(p);
			i = (size_t)key_is(p, end, at->key);
			p = skip_blank(end);
			if (*p == ':')
				p = skip_blank(p + 1);
			if (i)
				return p;
			p = skip_value(p);
		}
		p = skip_blank(p);
		if (*p == ',')
			p = skip_blank(p + 1);
	}
	return p;
}

static void
put_path(struct buf *b, const struct doc_at *at)
{
	const char *s;
	size_t n = 0;

	if (at->up == NULL)
		return;
	put_path(b, at->up);
	if (at->key == NULL) {
		buf_printf(b, "[%zu]", at->index);
		return;
	}
	if (b->n > 0)
		buf_putc(b, '.');
	for (s = at->key; *s != '\0' && n < 64; s++, n++)
		buf_putc(b, (unsigned char)*s < 32 || *s == 127 ? '?' : *s);
}

int
doc_fault(const struct doc_at *at, struct fault *f, const char *form, ...)
{
	const char *p, *here = find(at);
	uint64_t line = 1;
	char what[256];
	struct buf b = { 0 };
	va_list ap;

	va_start(ap, form);
	(void)vsnprintf(what, sizeof what, form, ap);
	va_end(ap);
	for (p = at->doc->text; p < here; p++)
		line += *p == '\n';
	put_path(&b, at);
	(void)fault_at(f, at->doc->path, line, "%s%s%s", buf_string(&b),
	    b.n > 0 ? ": " : "", what);
	buf_free(&b);
	return -1;
}

int
doc_string(const struct doc_at *at, int empty_ok, struct arena *a,
    const char **to, struct fault *f)
{
	const char *s = json_string_value(at->value);

	if (s == NULL)
		return doc_fault(at, f, "must be a string");
	if (s[0] == '\0' && !empty_ok)
		return doc_fault(at, f, "must not be empty");
	*to = arena_string(a, s);
	return 0;
}

/* The text of a number that starts at p. */
static const char *
number_text(const char *p, struct arena *a)
{
	return arena_copy(a, p, strcspn(p, " \t\r\n,]}"));
}

int
doc_scalar(const struct doc_at *at, struct arena *a, const char **to,
    struct fault *f)
{
	if (json_is_number(at->value))
		*to = number_text(find(at), a);
	else if (json_is_boolean(at->value))
		*to = json_is_true(at->value) ? "true" : "false";
	else if (json_is_string(at->value))
		*to = arena_string(a, json_string_value(at->value));
	else
		return doc_fault(at, f, "must be a string or a number");
	return 0;
}

const char *
doc_fact(const struct doc_at *at, const char *key, struct arena *a)
{
	struct fault f = FAULT_NONE;
	struct doc_at m;
	const char *s = NULL;

	if (!doc_member(at, key, &m) || doc_scalar(&m, a, &s, &f) == -1)
		return NULL;
	return s;
}

int
doc_bool(const struct doc_at *at, int *to, struct fault *f)
{
	if (!json_is_boolean(at->value))
		return doc_fault(at, f, "must be true or false");
	*to = json_is_true(at->value);
	return 0;
}

int
doc_integer(const struct doc_at *at, int64_t min, int64_t max, int64_t *to,
    struct fault *f)
{
	const char *p;
	size_t n;

	if (json_is_number(at->value)) {
		p = find(at);
		n = strcspn(p, " \t\r\n,]}");
		if (num_i64(p, n, to) == 0 && *to >= min && *to <= max)
			return 0;
	}
	return doc_fault(at, f, "must be an integer from %lld to %lld",
	    (long long)min, (long long)max);
}

int
doc_double(const struct doc_at *at, double min, double max, double *to,
    struct fault *f)
{
	*to = json_number_value(at->value);
	if (!json_is_number(at->value) || !(*to >= min && *to <= max))
		return doc_fault(at, f, "must be a number from %g to %g",
		    min, max);
	return 0;
}

int
doc_strings(const struct doc_at *at, int one_ok, struct arena *a, size_t *n,
    const char *const **to, struct fault *f)
{
	struct doc_at each;
	const char **v;
	size_t i;

	if (json_is_string(at->value) && one_ok) {
		v = arena_alloc(a, 2 * sizeof *v);
		if (doc_string(at, 0, a, &v[0], f) == -1)
			return -1;
		v[1] = NULL;
		*n = 1;
		*to = v;
		return 0;
	}
	if (!json_is_array(at->value))
		return doc_fault(at, f, one_ok ? "must be a string or an "
		    "array of strings" : "must be an array of strings");
	*n = json_array_size(at->value);
	v = arena_alloc(a, (*n + 1) * sizeof *v);
	for (i = 0; i < *n; i++) {
		(void)doc_element(at, i, &each);
		if (doc_string(&each, 1, a, &v[i], f) == -1)
			return -1;
	}
	v[*n] = NULL;
	*to = v;
	return 0;
}

int
doc_want(const struct doc_at *at, char bracket, struct fault *f)
{
	if (bracket == '{' && !json_is_object(at->value))
		return doc_fault(at, f, "must be an object");
	if (bracket == '[' && !json_is_array(at->value))
		return doc_fault(at, f, "must be an array");
	return 0;
}

int
doc_known(const struct doc_at *at, const char *const *names,
    struct fault *f)
{
	/* jansson iterates over a tree it does not change. */
	void *it = json_object_iter((json_t *)(uintptr_t)at->value);
	char hint[NEAREST_HINT];
	const char *key;
	struct doc_at member;
	size_t i;

	for (; it != NULL; it = json_object_iter_next(
	    (json_t *)(uintptr_t)at->value, it)) {
		key = json_object_iter_key(it);
		for (i = 0; names[i] != NULL; i++) {
			if (strcmp(names[i], key) == 0)
				break;
		}
		if (names[i] != NULL)
			continue;
		(void)doc_member(at, key, &member);
		return doc_fault(&member, f, "unknown property%s",
		    nearest_hint(key, names, NEAREST_ALL, hint));
	}
	return 0;
}

const char *
doc_json(const struct doc_at *at, struct arena *a)
{
	const char *p = find(at);

	return arena_copy(a, p, (size_t)(skip_value(p) - p));
}
