/*
 * A small reference file, read whole with libcsv.
 *
 * libcsv's defaults are hidden here: it trims unquoted cells unless it is
 * given a space function, drops blank lines, lets an open quote pass, and
 * knows no line numbers. So it is fed one physical line at a time.
 */
#include "csv/table.h"

#include <csv.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/infile.h"
#include "base/mem.h"
#include "base/nearest.h"
#include "csv/scan.h"

#define MAX_TABLE ((size_t)1 << 30)

struct csv_table_memory {
	struct arena arena;
	const char **cells; /* header first */
	size_t ncells, cap;
	uint64_t *lines;
	size_t nlines, lines_cap;
};

struct parse {
	struct csv_table_memory *m;
	const char *name;
	size_t ncols;      /* 0: the header is not read yet */
	size_t nfields;    /* of the record so far */
	size_t nrecords;   /* header included */
	uint64_t line;     /* physical, of the bytes being fed */
	uint64_t start;    /* where the record began */
	int begun;         /* a record is under way */
	struct fault *f;
};

static int
no_space(unsigned char c)
{
	(void)c;
	return 0;
}

static void
on_field(void *s, size_t n, void *arg)
{
	struct parse *p = arg;
	struct csv_table_memory *m = p->m;

	if (m->ncells == m->cap) {
		m->cap = m->cap > 0 ? m->cap * 2 : 64;
		m->cells = mem_array(m->cells, m->cap, sizeof *m->cells);
	}
	m->cells[m->ncells++] = arena_copy(&m->arena, n > 0 ? s : "", n);
	p->nfields++;
}

static void
on_record(int c, void *arg)
{
	struct parse *p = arg;
	struct csv_table_memory *m = p->m;

	(void)c;
	p->nrecords++;
	if (p->ncols == 0) {
		p->ncols = p->nfields;
	} else {
		if (p->nfields != p->ncols && !p->f->set)
			(void)fault_at(p->f, p->name, p->start,
			    "%zu field%s where the header has %zu",
			    p->nfields, p->nfields == 1 ? "" : "s", p->ncols);
		if (m->nlines == m->lines_cap) {
			m->lines_cap = m->lines_cap > 0 ? m->lines_cap * 2 :
			    64;
			m->lines = mem_array(m->lines, m->lines_cap,
			    sizeof *m->lines);
		}
		m->lines[m->nlines++] = p->start;
	}
	p->nfields = 0;
	p->begun = 0;
}

static int
check_header(const struct csv_table_memory *m, const struct parse *p)
{
	size_t i, j;

	if (p->ncols == 0)
		return fault_at(p->f, p->name, 0, "no header");
	for (i = 0; i < p->ncols; i++) {
		if (m->cells[i][0] == '\0')
			return fault_at(p->f, p->name, 1,
			    "header has a blank name at column %zu", i + 1);
		for (j = 0; j < i; j++)
			if (strcmp(m->cells[i], m->cells[j]) == 0)
				return fault_at(p->f, p->name, 1,
				    "header has a name twice, at columns "
				    "%zu and %zu", j + 1, i + 1);
	}
	return 0;
}

static int
feed(struct csv_parser *parser, struct parse *p, const char *s, size_t n)
{
	const char *end = s + n, *nl;
	size_t size, records;

	for (; s < end; s += size) {
		p->line++;
		nl = memchr(s, '\n', (size_t)(end - s));
		size = nl != NULL ? (size_t)(nl + 1 - s) : (size_t)(end - s);
		if (!p->begun) {
			p->begun = 1;
			p->start = p->line;
			if (s[0] == '\n' || (s[0] == '\r' && size == 2))
				return fault_at(p->f, p->name, p->line,
				    "a blank line");
		}
		records = p->nrecords;
		if (csv_parse(parser, s, size, on_field, on_record, p) !=
		    size)
			return fault_at(p->f, p->name, p->line,
			    "a quote out of place");
		if (p->f->set)
			return -1;
		if (p->nrecords - records > 1)
			return fault_at(p->f, p->name, p->line,
			    "a carriage return without a line feed");
	}
	if (csv_fini(parser, on_field, on_record, p) != 0)
		return fault_at(p->f, p->name, p->start,
		    "a quote is opened here and never closed");
	return p->f->set ? -1 : 0;
}

struct csv_table *
csv_table_parse(const char *name, const char *s, size_t n, char delimiter,
    struct fault *f)
{
	struct csv_table *t = mem_zero(1, sizeof *t);
	struct fault own = FAULT_NONE;
	struct parse p = { .name = name, .f = f != NULL ? f : &own };
	struct csv_parser parser;
	int rc = -1, started = 0;

	p.m = t->memory = mem_zero(1, sizeof *t->memory);
	t->path = mem_strdup(name);
	if (n >= 3 && memcmp(s, "\xef\xbb\xbf", 3) == 0) {
		s += 3;
		n -= 3;
	}
	if (n == 0) {
		(void)fault_at(p.f, name, 0, "no input: zero bytes");
		goto out;
	}
	if (memchr(s, '\0', n) != NULL ||
	    csv_utf8_bad((const unsigned char *)s, n) != n) {
		(void)fault_at(p.f, name, 0, "not valid UTF-8 text");
		goto out;
	}
	if (csv_init(&parser, CSV_STRICT | CSV_STRICT_FINI) != 0)
		goto out;
	started = 1;
	csv_set_delim(&parser, (unsigned char)delimiter);
	csv_set_space_func(&parser, no_space);
	if (feed(&parser, &p, s, n) == -1 ||
	    check_header(t->memory, &p) == -1)
		goto out;
	t->ncols = p.ncols;
	t->nrows = t->memory->nlines;
	t->names = t->memory->cells;
	t->cells = t->memory->cells + t->ncols;
	t->lines = t->memory->lines;
	rc = 0;
out:
	if (started)
		csv_free(&parser);
	if (rc == -1) {
		csv_table_close(t);
		return NULL;
	}
	return t;
}

struct csv_table *
csv_table_open(const char *path, char delimiter, struct fault *f)
{
	struct csv_table *t;
	char *s;
	size_t n;

	if (infile_whole(path, MAX_TABLE, &s, &n, f) == -1)
		return NULL;
	t = csv_table_parse(path, s, n, delimiter, f);
	free(s);
	return t;
}

void
csv_table_close(struct csv_table *t)
{
	if (t == NULL)
		return;
	arena_free(&t->memory->arena);
	free(t->memory->cells);
	free(t->memory->lines);
	free(t->memory);
	free(t->path);
	free(t);
}

long
csv_table_column(const struct csv_table *t, const char *name,
    struct fault *f)
{
	char hint[NEAREST_HINT];
	size_t i;

	for (i = 0; i < t->ncols; i++)
		if (strcmp(t->names[i], name) == 0)
			return (long)i;
	return fault_at(f, t->path, 1, "no column %.60s%s", name,
	    nearest_hint(name, t->names, t->ncols, hint));
}
