/*
 * nib-split: cut a file into parts at record boundaries.
 *
 * Reads records, writes them unchanged in meaning to numbered part files,
 * in order (--parts, --records) or by the value of a field (--by). Holds
 * one block, and 256 KiB for each part. No part appears before all are
 * complete, and none beside parts of an earlier run that made more.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "audit.h"
#include "base/mem.h"
#include "base/nearest.h"
#include "base/num.h"
#include "csv/writer.h"
#include "tool.h"

#define MAX_PARTS 1000

enum { PARTS = 1, RECORDS, BY, LIST, KEEP_RAGGED };

static const struct option_row rows[] = {
	{ PARTS, 'n', "parts", "N", "make N parts of about equal size" },
	{ RECORDS, 0, "records", "N", "make parts of N records each" },
	{ BY, 0, "by", "FIELD", "with --parts: records with the same value "
	    "of FIELD share a part" },
	{ LIST, 0, "list", ">FILE",
	    "write part, file, first_record and records of each" },
	{ KEEP_RAGGED, 0, "keep-ragged", NULL,
	    "keep records with too few or too many fields" },
	{ TOOL_OUTPUT, 'o', "output", "PREFIX",
	    "parts are PREFIX-0001.csv, PREFIX-0002.csv, ..." },
	{ TOOL_NO_HEADER, 0, "no-header", NULL,
	    "leave the header line out of the parts" },
	{ TOOL_DELIMITER, 'd', "delimiter", "C",
	    "input's delimiter: a character, or tab" },
	{ TOOL_COLUMNS, 0, "columns", "A,B,...",
	    "the input has no header; these are its columns" },
	{ TOOL_MAX_RECORD, 0, "max-record", "SIZE",
	    "longest record accepted (default 16M)" },
	AUDIT_ROWS,
	TOOL_PROVENANCE_ROW,
	TOOL_COMMON_ROWS,
	{ 0 }
};

static const struct option_tool table = {
	.name = "nib-split",
	.synopsis = "-o PREFIX --parts N [--by FIELD] [FILE...]\n"
	    "       nib-split -o PREFIX --records N [FILE...]",
	.purpose = "Cut a CSV file into parts at record boundaries.",
	.rows = rows,
	.examples =
	    "  nib-split --parts 8 -o part episodes.csv\n"
	    "  nib-split --parts 8 --by person_id -o part episodes.csv\n",
};

struct opts {
	struct tool tool;
	struct audit audit;
	size_t parts;
	uint64_t records;
	const char *by, *list;
	int keep_ragged;
};

struct parts {
	const struct tool *tool;
	const char *list; /* NULL: none */
	const struct csv_header *header;
	struct outfile **files;
	char **paths;
	uint64_t *records; /* in each */
	size_t n;
	uint64_t all;
	struct buf buf;
};

static int
set(void *arg, int id, const char *v, struct fault *f)
{
	struct opts *o = arg;
	int64_t n;

	if (audit_option(&o->audit, id, v))
		return 0;
	switch (id) {
	case PARTS:
		if (num_in_range(v, 1, MAX_PARTS, &n) == -1)
			return fault_set(f, "--parts needs a number from 1 to "
			    "%d", MAX_PARTS);
		o->parts = (size_t)n;
		return 0;
	case RECORDS:
		if (num_in_range(v, 1, INT64_MAX, &n) == -1)
			return fault_set(f, "--records needs a number from 1");
		o->records = (uint64_t)n;
		return 0;
	case LIST:
		o->list = v;
		return 0;
	case KEEP_RAGGED:
		o->keep_ragged = 1;
		return 0;
	default:
		o->by = v;
		return 0;
	}
}

static int
check(void *options, struct fault *f)
{
	struct opts *o = options;

	o->tool.no_output = 1;
	if (o->tool.output == NULL)
		return fault_set(f, "--output PREFIX is needed");
	if ((o->parts > 0) == (o->records > 0))
		return fault_set(f, "either --parts or --records is needed");
	if (o->by != NULL && o->parts == 0)
		return fault_set(f, "--by needs --parts");
	if (o->by != NULL && (o->list != NULL || o->keep_ragged))
		return fault_set(f, "--list and --keep-ragged are for parts "
		    "in order, without --by");
	return 0;
}

static char *
part_path(const struct tool *t, size_t part)
{
	return mem_printf("%s-%04zu.csv", t->output, part);
}

/*
 * Parts of a run that made more of them would be taken for this one's, by
 * whoever names PREFIX-*.csv, and their records counted twice.
 */
static int
none_beyond(const struct tool *t, size_t n, struct fault *f)
{
	struct stat st;
	size_t i;
	int there;

	for (i = n + 1; i <= MAX_PARTS; i++) {
		char *path = part_path(t, i);

		there = lstat(path, &st) == 0;
		if (there)
			(void)fault_set(f, "%.80s is there already and would "
			    "look like one of these %zu part%s: remove it, or "
			    "give another --output", path, n, n == 1 ? "" :
			    "s");
		free(path);
		if (there)
			return -1;
	}
	return 0;
}

/* tool_main knows the prefix, not the names that are made of it. */
static int
apart(const struct parts *p, const char *path, struct fault *f)
{
	const struct tool *t = p->tool;
	struct filenames names = { 0 };
	size_t i;
	int rc;

	filenames_add(&names, FILENAME_WRITTEN, "output", path, strlen(path));
	if (p->list != NULL)
		filenames_add(&names, FILENAME_WRITTEN, "list", p->list,
		    strlen(p->list));
	if (t->provenance != NULL)
		filenames_add(&names, FILENAME_WRITTEN, "provenance",
		    t->provenance, strlen(t->provenance));
	for (i = 0; i < t->npaths; i++)
		filenames_add(&names, FILENAME_READ, NULL, t->paths[i],
		    strlen(t->paths[i]));
	rc = filenames_apart(&names, f);
	filenames_free(&names);
	return rc;
}

static int
add_part(struct parts *p, struct fault *f)
{
	struct buf line = { 0 };
	int rc = 0;

	if (p->n == MAX_PARTS)
		return fault_set(f, "more than %d parts: use a larger "
		    "--records", MAX_PARTS);
	p->files = mem_array(p->files, p->n + 1, sizeof *p->files);
	p->paths = mem_array(p->paths, p->n + 1, sizeof *p->paths);
	p->records = mem_array(p->records, p->n + 1, sizeof *p->records);
	p->records[p->n] = 0;
	p->paths[p->n] = part_path(p->tool, p->n + 1);
	p->files[p->n] = apart(p, p->paths[p->n], f) == 0 ?
	    outfile_open(p->paths[p->n], f) : NULL;
	p->n++;
	if (p->files[p->n - 1] == NULL)
		return -1;
	if (!p->tool->no_header) {
		csv_put_header(&line, p->header->names, p->header->n);
		rc = outfile_write(p->files[p->n - 1], line.p, line.n, f);
		buf_free(&line);
	}
	return rc;
}

/* Bytes of the input files in all; a pipe or a compressed one has no size. */
static int
total_size(const struct tool *t, uint64_t *total, struct fault *f)
{
	struct stat st;
	size_t i;

	*total = 0;
	for (i = 0; i < t->npaths; i++) {
		const char *path = t->paths[i];

		if (strcmp(path, "-") == 0 || stat(path, &st) == -1 ||
		    !S_ISREG(st.st_mode))
			break;
		*total += (uint64_t)st.st_size;
	}
	if (i == t->npaths && i > 0)
		return 0;
	return fault_set(f, "--parts needs to know the size of its input: "
	    "name regular files, or use --records or --by");
}

/* The same for any machine and version: FNV-1a, 64 bits, then a fold. */
static size_t
part_of(struct csv_slice cell, size_t nparts)
{
	uint64_t h = 0xcbf29ce484222325ULL;
	size_t i;

	for (i = 0; i < cell.n; i++)
		h = (h ^ (unsigned char)cell.p[i]) * 0x100000001b3ULL;
	h ^= h >> 32;
	return (size_t)(h % nparts);
}

static int
put(struct parts *p, size_t part, const struct csv_block *b, size_t from,
    size_t to, struct fault *f)
{
	buf_clear(&p->buf);
	p->all += to - from;
	csv_put_records(&p->buf, b, from, to);
	return outfile_write(p->files[part], p->buf.p, p->buf.n, f);
}

static int
split_by(struct parts *p, const struct opts *o, struct csv_reader *in,
    struct fault *f)
{
	long col = csv_column(p->header, o->by);
	const struct csv_block *b;
	struct buf scratch = { 0 };
	char hint[NEAREST_HINT];
	size_t r;
	int rc;

	if (col == -1)
		return fault_set(f, "no column %.60s to split by%s", o->by,
		    nearest_hint(o->by, p->header->names, p->header->n,
		    hint));
	while (p->n < o->parts)
		if (add_part(p, f) == -1)
			return -1;
	while ((rc = csv_next(in, &b, f)) == 1) {
		for (r = 0; r < b->nrecords && rc != -1; r++)
			if (put(p, part_of(csv_cell(b, r, (size_t)col,
			    &scratch), o->parts), b, r, r + 1, f) == -1)
				rc = -1;
		if (rc == -1)
			break;
	}
	buf_free(&scratch);
	return rc;
}

/* Where the next record of a part in order goes. */
struct cut {
	uint64_t per_part;      /* records; 0: parts are of equal size */
	uint64_t total, done;   /* bytes */
	size_t part, nparts;
};

static int
next_part(struct cut *c, struct parts *p, size_t nbytes, struct fault *f)
{
	size_t part;

	if (c->per_part > 0) {
		if (p->n == 0 || p->records[c->part] == c->per_part) {
			c->part = p->n;
			return add_part(p, f);
		}
		return 0;
	}
	part = (size_t)((double)c->done / (double)c->total *
	    (double)c->nparts);
	c->part = part < c->nparts ? part : c->nparts - 1;
	c->done += nbytes + 1;
	return 0;
}

/* Regular records from..to-1, whose count next_part saw already. */
static int
flush(struct parts *p, size_t part, const struct csv_block *b, size_t from,
    size_t to, struct fault *f)
{
	return from == to ? 0 : put(p, part, b, from, to, f);
}

static int
put_ragged(struct parts *p, size_t part, const struct csv_block *b, size_t i,
    struct fault *f)
{
	size_t c, n = b->ragged[i].nfields;
	struct csv_slice raw = { NULL, 0 };

	buf_clear(&p->buf);
	p->all++;
	for (c = 0; c < n; c++) {
		if (c > 0)
			buf_putc(&p->buf, ',');
		raw = csv_ragged_raw(b, i, c);
		csv_put_raw(&p->buf, raw);
	}
	/* An empty cell alone is something else than a blank line. */
	if (p->buf.n == 0 && raw.n > 0)
		buf_puts(&p->buf, "\"\"");
	buf_putc(&p->buf, '\n');
	return outfile_write(p->files[part], p->buf.p, p->buf.n, f);
}

/* One block, its ragged records where they stood. */
static int
cut_block(struct cut *c, struct parts *p, const struct csv_block *b,
    struct fault *f)
{
	size_t r, from = 0, g = 0, part = c->part;

	for (r = 0;; r++) {
		for (; g < b->nragged && b->ragged[g].before == r; g++) {
			if (flush(p, part, b, from, r, f) == -1 ||
			    next_part(c, p, 0, f) == -1 ||
			    put_ragged(p, part = c->part, b, g, f) == -1)
				return -1;
			p->records[part]++;
			from = r;
		}
		if (r == b->nrecords)
			return flush(p, part, b, from, r, f);
		if (next_part(c, p, csv_record(b, r).n, f) == -1)
			return -1;
		if (c->part != part) {
			if (flush(p, part, b, from, r, f) == -1)
				return -1;
			part = c->part;
			from = r;
		}
		p->records[part]++;
	}
}

/* Parts in order: their records one after the other are the input's. */
static int
split_in_order(struct parts *p, const struct opts *o, uint64_t total,
    struct csv_reader *in, struct fault *f)
{
	struct cut c = { .per_part = o->records, .total = total,
		.nparts = o->parts };
	const struct csv_block *b;
	int rc;

	do {
		if (add_part(p, f) == -1)
			return -1;
	} while (p->n < o->parts);
	while ((rc = csv_next(in, &b, f)) == 1)
		if (cut_block(&c, p, b, f) == -1)
			return -1;
	return rc;
}

/* part,file,first_record,records: what --first-record of a tool wants. */
static int
write_list(const struct parts *p, const char *path, struct fault *f)
{
	static const char *const names[] = { "part", "file", "first_record",
		"records" };
	struct buf b = { 0 };
	uint64_t first = 1;
	size_t i;
	int rc;

	csv_put_header(&b, names, 4);
	for (i = 0; i < p->n; first += p->records[i], i++) {
		buf_put_u64(&b, i + 1);
		buf_putc(&b, ',');
		csv_put_cell(&b, p->paths[i], strlen(p->paths[i]));
		buf_putc(&b, ',');
		buf_put_u64(&b, first);
		buf_putc(&b, ',');
		buf_put_u64(&b, p->records[i]);
		buf_putc(&b, '\n');
	}
	rc = outfile_whole(path, &b, f);
	buf_free(&b);
	return rc;
}

static enum status
run(void *options, struct fault *f)
{
	struct opts *o = options;
	struct tool *t = &o->tool;
	struct parts p = { .tool = t, .list = o->list };
	struct csv_reader *in = NULL;
	uint64_t total = 0;
	enum status status = TROUBLE;
	size_t i;
	int rc;

	if ((o->parts > 0 && o->by == NULL &&
	    total_size(t, &total, f) == -1) || (o->parts > 0 &&
	    none_beyond(t, o->parts, f) == -1))
		goto out;
	t->csv.keep_ragged = o->keep_ragged;
	if (audit_begin(&o->audit, t, NULL, f) == -1 ||
	    (in = tool_input(t, f)) == NULL ||
	    audit_confine(&o->audit, t, &o->list, 1, f) == -1)
		goto out;
	p.header = csv_header(in);
	if (o->by != NULL)
		rc = split_by(&p, o, in, f);
	else
		rc = split_in_order(&p, o, total, in, f);
	if (rc == 0)
		rc = none_beyond(t, p.n, f);
	for (i = 0; i < p.n && rc == 0; i++)
		rc = outfile_commit(p.files[i], f);
	if (rc == 0 && o->list != NULL)
		rc = write_list(&p, o->list, f);
	if (rc == 0)
		rc = audit_end(&o->audit, p.all, p.all, f);
	if (rc == 0)
		status = CLEAN;
out:
	for (i = 0; i < p.n; i++) {
		outfile_close(p.files[i]);
		free(p.paths[i]);
	}
	free(p.files);
	free(p.paths);
	free(p.records);
	buf_free(&p.buf);
	csv_close(in);
	audit_close(&o->audit);
	return status;
}

static const struct tool_calls calls = { &table, set, check, run };

int
main(int argc, char **argv)
{
	struct opts o = { 0 };

	return tool_main(&calls, &o.tool, &o, argc, argv);
}
