#include "sidecar.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/arena.h"
#include "base/infile.h"
#include "base/mem.h"
#include "csv/writer.h"
#include "ledger/digest.h"
#include "spec/doc.h"

struct sidecar_memory {
	struct arena arena;
	struct doc *doc;
};

static int
text(struct sidecar *s, const struct doc_at *at, const char *name,
    int needed, const char **to, struct fault *f)
{
	struct doc_at v;

	if (!doc_member(at, name, &v))
		return needed ? doc_fault(at, f, "lacks \"%s\"", name) : 0;
	return doc_string(&v, 1, &s->memory->arena, to, f);
}

static int
files(struct sidecar *s, const struct doc_at *root, const char *name,
    size_t *n, const struct sidecar_file **to, struct fault *f)
{
	struct sidecar_file *all;
	struct doc_at list, at;
	size_t i;

	if (!doc_member(root, name, &list))
		return doc_fault(root, f, "lacks \"%s\"", name);
	if (doc_want(&list, '[', f) == -1)
		return -1;
	*n = doc_count(&list);
	all = arena_alloc(&s->memory->arena, (*n + 1) * sizeof *all);
	for (i = 0; i < *n; i++) {
		all[i].path = all[i].digest = "";
		(void)doc_element(&list, i, &at);
		if (text(s, &at, "path", 1, &all[i].path, f) == -1 ||
		    text(s, &at, "blake2b_256", 1, &all[i].digest, f) == -1)
			return -1;
	}
	*to = all;
	return 0;
}

static int
read_all(struct sidecar *s, struct fault *f)
{
	struct doc_at root = doc_root(s->memory->doc), v;
	const char *format = NULL;

	if (text(s, &root, "format", 1, &format, f) == -1)
		return -1;
	if (strcmp(format, "nib-provenance-1") != 0)
		return doc_fault(&root, f, "is not a provenance file of "
		    "nib");
	if (text(s, &root, "tool", 1, &s->tool, f) == -1 ||
	    text(s, &root, "version", 1, &s->version, f) == -1 ||
	    text(s, &root, "indicators", 0, &s->indicators, f) == -1)
		return -1;
	if (!doc_member(&root, "arguments", &v))
		return doc_fault(&root, f, "lacks \"arguments\"");
	if (doc_strings(&v, 0, &s->memory->arena, &s->narguments,
	    &s->arguments, f) == -1)
		return -1;
	if (doc_member(&root, "specification", &v) &&
	    text(s, &v, "blake2b_256", 1, &s->spec, f) == -1)
		return -1;
	return files(s, &root, "inputs", &s->ninputs, &s->inputs, f) == -1 ||
	    files(s, &root, "files", &s->nfiles, &s->files, f) == -1 ||
	    files(s, &root, "outputs", &s->noutputs, &s->outputs, f) == -1 ?
	    -1 : 0;
}

static struct sidecar *
read_doc(struct doc *take_doc, struct fault *f)
{
	struct sidecar *s = mem_zero(1, sizeof *s);

	s->memory = mem_zero(1, sizeof *s->memory);
	s->memory->doc = take_doc;
	if (take_doc == NULL || read_all(s, f) == -1) {
		sidecar_close(s);
		return NULL;
	}
	return s;
}

struct sidecar *
sidecar_open(const char *path, struct fault *f)
{
	return read_doc(doc_open(path, f), f);
}

struct sidecar *
sidecar_parse(const char *name, const char *p, size_t n, struct fault *f)
{
	return read_doc(doc_parse(name, p, n, f), f);
}

void
sidecar_close(struct sidecar *s)
{
	if (s == NULL)
		return;
	doc_close(s->memory->doc);
	arena_free(&s->memory->arena);
	free(s->memory);
	free(s);
}

static size_t
row(struct buf *b, const char *what, const char *was, const char *is)
{
	int same;

	was = was != NULL ? was : "";
	is = is != NULL ? is : "";
	same = strcmp(was, is) == 0;
	csv_put_string(b, what);
	buf_putc(b, ',');
	csv_put_string(b, was);
	buf_putc(b, ',');
	csv_put_string(b, is);
	buf_puts(b, same ? ",yes\n" : ",no\n");
	return !same;
}

/* One of the definitions of an account: "id version digest". */
struct entry {
	char *id, *rest;
};

/* The entries of an account's text, which is cut up; as many as are said. */
static struct entry *
entries(char *text, size_t *n)
{
	struct entry *e = NULL;
	char *p, *end;

	*n = 0;
	for (p = text; *p != '\0'; p = end) {
		if ((end = strstr(p, "; ")) != NULL) {
			*end = '\0';
			end += 2;
		} else {
			end = p + strlen(p);
		}
		e = mem_array(e, *n + 1, sizeof *e);
		e[*n].id = p;
		e[*n].rest = p + strcspn(p, " ");
		if (*e[*n].rest == ' ')
			*e[*n].rest++ = '\0';
		(*n)++;
	}
	return e;
}

static const struct entry *
find(const struct entry *e, size_t n, const char *id)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (strcmp(e[i].id, id) == 0)
			return &e[i];
	return NULL;
}

/* A row for each definition, of then and of now. */
static size_t
definitions(struct buf *b, const char *was, const char *is)
{
	char *then = mem_strdup(was != NULL ? was : ""), *name;
	char *now = mem_strdup(is != NULL ? is : "");
	size_t n, m, i, differ = 0;
	struct entry *x = entries(then, &n), *y = entries(now, &m);
	const struct entry *other;

	for (i = 0; i < n + m; i++) {
		const struct entry *e = i < n ? &x[i] : &y[i - n];

		other = i < n ? find(y, m, e->id) : find(x, n, e->id);
		if (i >= n && other != NULL)
			continue;
		name = mem_printf("indicator %s", e->id);
		differ += i < n ? row(b, name, e->rest, other != NULL ?
		    other->rest : NULL) : row(b, name, NULL, e->rest);
		free(name);
	}
	free(x);
	free(y);
	free(then);
	free(now);
	return differ;
}

static size_t
rows(struct buf *b, const char *what, size_t n,
    const struct sidecar_file *was, size_t m, const struct sidecar_file *is)
{
	size_t i, differ = 0;

	for (i = 0; i < n || i < m; i++) {
		char *name = mem_printf("%s %s", what, i < n ? was[i].path :
		    is[i].path);

		differ += row(b, name, i < n ? was[i].digest : NULL,
		    i < m ? is[i].digest : NULL);
		free(name);
	}
	return differ;
}

size_t
sidecar_compare(const struct sidecar *was, const struct sidecar *is,
    struct buf *b)
{
	size_t differ = 0;

	differ += row(b, "version", was->version, is->version);
	if (was->spec != NULL || is->spec != NULL)
		differ += row(b, "specification", was->spec, is->spec);
	differ += definitions(b, was->indicators, is->indicators);
	differ += rows(b, "input", was->ninputs, was->inputs, is->ninputs,
	    is->inputs);
	differ += rows(b, "file", was->nfiles, was->files, is->nfiles,
	    is->files);
	return differ + rows(b, "output", was->noutputs, was->outputs, is->noutputs,
	    is->outputs);
}

static void
add(void *digest, const void *p, size_t n)
{
	digest_add(digest, p, n);
}

static int
digest_file(const char *path, char to[DIGEST_HEX], struct fault *f)
{
	char chunk[65536];
	struct infile *in = infile_open(path, f);
	struct digest *d;
	ssize_t n;

	if (in == NULL)
		return -1;
	d = digest_new();
	infile_watch(in, add, d);
	do
		n = infile_read(in, chunk, sizeof chunk, f);
	while (n > 0);
	infile_close(in);
	digest_end(d, to);
	digest_free(d);
	return n == -1 ? -1 : 0;
}

int
sidecar_kept(const struct sidecar *was, struct buf *b, size_t *differ,
    struct fault *f)
{
	char hex[DIGEST_HEX], *name;
	struct stat st;
	size_t i;

	for (i = 0; i < was->noutputs; i++) {
		const struct sidecar_file *o = &was->outputs[i];

		if (strcmp(o->path, "-") == 0 || stat(o->path, &st) == -1 ||
		    !S_ISREG(st.st_mode))
			continue;
		if (digest_file(o->path, hex, f) == -1)
			return -1;
		name = mem_printf("kept %s", o->path);
		*differ += row(b, name, o->digest, hex);
		free(name);
	}
	return 0;
}
