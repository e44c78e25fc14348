/* A Table Dialect file. */
#include "spec/dialect.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/mem.h"
#include "spec/doc.h"

struct held {
	struct dialect dialect;
	struct arena arena;
};

static const char *const known[] = { "$schema", "delimiter",
	"lineTerminator", "quoteChar", "doubleQuote", "escapeChar",
	"nullSequence", "skipInitialSpace", "header", "headerRows",
	"headerJoin", "commentRows", "commentChar", "csvddfVersion", "name",
	"title", "description", NULL };

/* One ASCII character; an empty string or null is none. */
static int
one(const struct doc_at *root, const char *key, struct arena *a, char *to,
    struct fault *f)
{
	struct doc_at at;
	const char *s;

	if (!doc_member(root, key, &at))
		return 0;
	if (doc_string(&at, 1, a, &s, f) == -1)
		return -1;
	if (strlen(s) > 1 || (unsigned char)s[0] >= 0x80)
		return doc_fault(&at, f, "must be one ASCII character");
	*to = s[0];
	return 0;
}

static int
text(const struct doc_at *root, const char *key, int empty_ok,
    struct arena *a, const char **to, struct fault *f)
{
	struct doc_at at;

	return doc_member(root, key, &at) ?
	    doc_string(&at, empty_ok, a, to, f) : 0;
}

static int
flag(const struct doc_at *root, const char *key, int *to, struct fault *f)
{
	struct doc_at at;

	return doc_member(root, key, &at) ? doc_bool(&at, to, f) : 0;
}

/* Ascending numbers of records from 1. */
static int
numbers(const struct doc_at *root, const char *key, struct arena *a,
    const uint64_t **to, size_t *n, int *given, struct fault *f)
{
	struct doc_at at, element;
	uint64_t *v;
	int64_t last = 0;
	size_t i;

	*given = 0;
	if (!doc_member(root, key, &at))
		return 0;
	if (doc_want(&at, '[', f) == -1)
		return -1;
	*given = 1;
	*n = doc_count(&at);
	v = arena_alloc(a, (*n + 1) * sizeof *v);
	for (i = 0; i < *n; i++) {
		(void)doc_element(&at, i, &element);
		if (doc_integer(&element, last + 1, 1000000, &last, f) == -1)
			return -1;
		v[i] = (uint64_t)last;
	}
	*to = v;
	return 0;
}

static int
read_all(struct held *h, const struct doc_at *root, struct fault *f)
{
	struct csv_decode *d = &h->dialect.decode;
	struct arena *a = &h->arena;
	const char *terminator = NULL;
	int header_rows, comment_rows;

	d->delimiter = ",";
	d->quote = '"';
	d->double_quote = 1;
	d->header_join = " ";
	h->dialect.header = 1;
	if (doc_known(root, known, f) == -1 ||
	    text(root, "delimiter", 0, a, &d->delimiter, f) == -1 ||
	    text(root, "lineTerminator", 0, a, &terminator, f) == -1 ||
	    one(root, "quoteChar", a, &d->quote, f) == -1 ||
	    flag(root, "doubleQuote", &d->double_quote, f) == -1 ||
	    one(root, "escapeChar", a, &d->escape, f) == -1 ||
	    text(root, "nullSequence", 0, a, &d->null, f) == -1 ||
	    flag(root, "skipInitialSpace", &d->skip_blanks, f) == -1 ||
	    one(root, "commentChar", a, &d->comment, f) == -1 ||
	    text(root, "headerJoin", 1, a, &d->header_join, f) == -1 ||
	    flag(root, "header", &h->dialect.header, f) == -1 ||
	    numbers(root, "headerRows", a, &d->header_rows,
	    &d->nheader_rows, &header_rows, f) == -1 ||
	    numbers(root, "commentRows", a, &d->comment_rows,
	    &d->ncomment_rows, &comment_rows, f) == -1)
		return -1;
	if (terminator != NULL && strcmp(terminator, "\n") != 0 &&
	    strcmp(terminator, "\r\n") != 0)
		d->terminator = terminator;
	if (header_rows && d->nheader_rows == 0)
		h->dialect.header = 0;
	if (!h->dialect.header || (d->nheader_rows == 1 &&
	    d->header_rows[0] == 1))
		d->nheader_rows = 0;
	d->rewrite = d->terminator != NULL || d->quote != '"' ||
	    !d->double_quote || d->escape != '\0' || d->null != NULL ||
	    d->skip_blanks || d->comment != '\0' || d->ncomment_rows > 0 ||
	    d->nheader_rows > 0 || strlen(d->delimiter) != 1 ||
	    strchr("\"\r\n", d->delimiter[0]) != NULL;
	h->dialect.delimiter = d->rewrite ? ',' : d->delimiter[0];
	return 0;
}

struct dialect *
dialect_open(const char *path, struct fault *f)
{
	struct held *h = mem_zero(1, sizeof *h);
	struct doc *doc = doc_open(path, f);
	struct doc_at root;
	int rc = -1;

	if (doc != NULL) {
		root = doc_root(doc);
		rc = read_all(h, &root, f);
	}
	doc_close(doc);
	if (rc == 0)
		return &h->dialect;
	dialect_close(&h->dialect);
	return NULL;
}

void
dialect_close(struct dialect *d)
{
	struct held *h = (struct held *)(void *)d;

	if (h == NULL)
		return;
	arena_free(&h->arena);
	free(h);
}
