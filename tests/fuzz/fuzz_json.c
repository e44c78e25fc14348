/*
 * Fuzz JSON cells: a JSON Schema, a line feed, and a cell. A schema is
 * refused with a reason, or says the same of the cell again and in a new
 * workspace; what fits it does not fit its contrary, fits it twice over, and
 * fits one of it and nothing. A tree equals itself.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "csv/scan.h"
#include "spec/jsonschema.h"
#include "spec/jsontree.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

/*
 * What a schema says that is another between two texts, or with between (may
 * be NULL) that one twice; -2: refused.
 */
static int
says(const char *before, const char *schema, const char *between,
    const char *after, const char *p, size_t n)
{
	struct fault f = FAULT_NONE;
	struct jsonschema_run *r = jsonschema_run_new();
	struct jsonschema *s;
	struct buf text = { 0 };
	int rc = -2;

	buf_puts(&text, before);
	buf_puts(&text, schema);
	if (between != NULL) {
		buf_puts(&text, between);
		buf_puts(&text, schema);
	}
	buf_puts(&text, after);
	if ((s = jsonschema_new(buf_string(&text), &f)) != NULL) {
		rc = jsonschema_fits(s, r, p, n);
		if (jsonschema_fits(s, r, p, n) != rc)
			abort();
	} else if (f.what[0] == '\0') {
		abort();
	}
	jsonschema_free(s);
	jsonschema_run_free(r);
	buf_free(&text);
	return rc;
}

static void
try_frames(const char *schema, const char *p, size_t n)
{
	int json = says("", "true", NULL, "", p, n);
	int fits = says("", schema, NULL, "", p, n), other;

	if (json != 0 && json != 1)
		abort();
	if (fits < 0 || strchr(schema, '$') != NULL)
		return; /* in a frame a reference would lead elsewhere */
	if (fits > json)
		abort();
	other = says("{\"not\": ", schema, NULL, "}", p, n);
	if (other >= 0 && other != (json && !fits))
		abort();
	other = says("{\"allOf\": [", schema, ", ", "]}", p, n);
	if (other >= 0 && other != fits)
		abort();
	other = says("{\"anyOf\": [", schema, NULL, ", false]}", p, n);
	if (other >= 0 && other != fits)
		abort();
	if (says("{\"oneOf\": [", schema, ", ", "]}", p, n) > 0)
		abort();
}

static void
try_tree(const char *p, size_t n)
{
	struct arena a = { 0 };
	size_t values = 0;
	struct jsontree *t = jsontree_parse(p, n, &a, &values);

	if (t != NULL && (jsontree_compare(t, t) != 0 || values == 0))
		abort();
	arena_free(&a);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	const uint8_t *end;
	size_t length, rest;
	char *schema, *cell;

	if (n < 2 || n > 4096 || csv_utf8_bad(data, n) != n ||
	    memchr(data, '\0', n) != NULL ||
	    (end = memchr(data, '\n', n)) == NULL)
		return 0;
	length = (size_t)(end - data);
	rest = n - length - 1;
	schema = calloc(length + 1, 1);
	cell = calloc(rest + 16, 1);
	if (schema == NULL || cell == NULL)
		abort();
	memcpy(schema, data, length);
	memcpy(cell, end + 1, rest);
	try_tree(cell, rest);
	try_frames(schema, cell, rest);
	free(schema);
	free(cell);
	return 0;
}
