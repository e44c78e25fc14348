/* Other encodings and other dialects into what reader reads. */
#include "csv/decode.h"

#include <errno.h>
#include <iconv.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "csv/writer.h"

#define PIECE ((size_t)64 * 1024)
#define NO_ICONV ((iconv_t)-1)

enum where { RECORD_START, CELL_START, PLAIN, QUOTED, AFTER_QUOTE, COMMENT };

struct csv_decoder {
	const struct csv_decode *o;
	iconv_t iconv;
	struct buf raw;  /* bytes not yet converted */
	uint64_t taken;  /* bytes converted */
	struct buf text; /* UTF-8, not yet rewritten */
	struct buf out;
	size_t given;    /* of out */
	int at_end;      /* of the file */
	int done;

	/* Rewriting. */
	int begun; /* a byte order mark was looked for */
	enum where where;
	struct buf cell, record;
	int quoted;       /* the cell was */
	size_t cells;     /* of this record, those that are done */
	uint64_t row, line, quote_line;
	struct buf *header; /* cells of the header rows, joined */
	size_t nheader, header_at;
};

static const char *
iconv_name(const char *name)
{
	return strcmp(name, "latin-1") == 0 ? "ISO-8859-1" : name;
}

struct csv_decoder *
csv_decoder_new(const struct csv_decode *o, struct fault *f)
{
	struct csv_decoder *d = mem_zero(1, sizeof *d);

	d->o = o;
	d->row = d->line = 1;
	d->iconv = NO_ICONV;
	if (o->encoding != NULL &&
	    (d->iconv = iconv_open("UTF-8", iconv_name(o->encoding))) ==
	    NO_ICONV) {
		(void)fault_set(f, "no encoding is named %.60s (iconv -l "
		    "lists them)", o->encoding);
		csv_decoder_free(d);
		return NULL;
	}
	return d;
}

void
csv_decoder_free(struct csv_decoder *d)
{
	size_t i;

	if (d == NULL)
		return;
	if (d->iconv != NO_ICONV)
		(void)iconv_close(d->iconv);
	for (i = 0; i < d->nheader; i++)
		buf_free(&d->header[i]);
	free(d->header);
	buf_free(&d->raw);
	buf_free(&d->text);
	buf_free(&d->out);
	buf_free(&d->cell);
	buf_free(&d->record);
	free(d);
}

/* All of raw that is whole characters goes to text. */
static int
convert(struct csv_decoder *d, const char *path, struct fault *f)
{
	char *in = d->raw.p, *to;
	size_t left = d->raw.n, room;

	while (left > 0) {
		size_t rc;

		buf_reserve(&d->text, left * 4 + 16);
		to = d->text.p + d->text.n;
		room = d->text.cap - d->text.n;
		rc = iconv(d->iconv, &in, &left, &to, &room);
		d->text.n = (size_t)(to - d->text.p);
		if (rc != (size_t)-1 || errno == E2BIG)
			continue;
		if (errno == EINVAL && !d->at_end)
			break;
		return fault_at(f, path, 0, "byte %llu is not in the "
		    "encoding %.60s", (unsigned long long)(d->taken +
		    (size_t)(in - d->raw.p) + 1), d->o->encoding);
	}
	if (d->at_end) {
		/* A letter is held back while an accent may follow it. */
		buf_reserve(&d->text, 16);
		to = d->text.p + d->text.n;
		room = d->text.cap - d->text.n;
		(void)iconv(d->iconv, NULL, NULL, &to, &room);
		d->text.n = (size_t)(to - d->text.p);
	}
	d->taken += d->raw.n - left;
	memmove(d->raw.p, in, left);
	d->raw.n = left;
	return 0;
}

static int
listed(const uint64_t *v, size_t n, uint64_t row)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (v[i] == row)
			return 1;
	return 0;
}

static void
header_cell(struct csv_decoder *d, const char *p, size_t n)
{
	struct buf *b;

	if (d->header_at == d->nheader) {
		d->header = mem_array(d->header, d->nheader + 1,
		    sizeof *d->header);
		memset(&d->header[d->nheader++], 0, sizeof *d->header);
	}
	b = &d->header[d->header_at++];
	if (b->n > 0 && n > 0)
		buf_puts(b, d->o->header_join);
	buf_put(b, p, n);
}

/* Is this record one that is neither data nor header? */
static int
skipped(const struct csv_decoder *d)
{
	const struct csv_decode *o = d->o;

	return listed(o->comment_rows, o->ncomment_rows, d->row) ||
	    (o->nheader_rows > 0 && d->row <
	    o->header_rows[o->nheader_rows - 1] &&
	    !listed(o->header_rows, o->nheader_rows, d->row));
}

static void
end_cell(struct csv_decoder *d)
{
	const struct csv_decode *o = d->o;
	struct buf *c = &d->cell;

	if (!d->quoted && o->null != NULL && c->n == strlen(o->null) &&
	    memcmp(c->p, o->null, c->n) == 0)
		buf_clear(c);
	if (o->nheader_rows > 0 && !skipped(d) &&
	    listed(o->header_rows, o->nheader_rows, d->row)) {
		header_cell(d, c->p, c->n);
	} else {
		if (d->cells > 0)
			buf_putc(&d->record, ',');
		csv_put_cell(&d->record, c->p, c->n);
	}
	d->cells++;
	d->quoted = 0;
	buf_clear(c);
	d->where = CELL_START;
}

static void
end_record(struct csv_decoder *d)
{
	const struct csv_decode *o = d->o;
	size_t i;

	if (skipped(d)) {
		/* Nothing. */
	} else if (listed(o->header_rows, o->nheader_rows, d->row)) {
		d->header_at = 0;
		if (d->row == o->header_rows[o->nheader_rows - 1]) {
			for (i = 0; i < d->nheader; i++) {
				if (i > 0)
					buf_putc(&d->out, ',');
				csv_put_cell(&d->out, d->header[i].p,
				    d->header[i].n);
			}
			buf_putc(&d->out, '\n');
		}
	} else {
		buf_put(&d->out, d->record.p, d->record.n);
		buf_putc(&d->out, '\n');
	}
	buf_clear(&d->record);
	d->cells = 0;
	d->row++;
	d->where = RECORD_START;
}

static int
wrong(const struct csv_decoder *d, const char *path, uint64_t line,
    const char *what, struct fault *f)
{
	(void)fault_at(f, path, line, "%s", what);
	fault_place(f, path, line, d->row > 1 ? d->row - 1 : 0, d->cells + 1,
	    NULL);
	return -1;
}

/* The length of the record's end at p, 0: none, -1: more text is needed. */
static int
at_terminator(const struct csv_decoder *d, const char *p, size_t n)
{
	const char *t = d->o->terminator;
	size_t len;

	if (t == NULL) {
		if (p[0] == '\n')
			return 1;
		if (p[0] != '\r')
			return 0;
		return n > 1 ? (p[1] == '\n' ? 2 : 0) : d->at_end ? 0 : -1;
	}
	len = strlen(t);
	if (n >= len)
		return memcmp(p, t, len) == 0 ? (int)len : 0;
	return memcmp(p, t, n) == 0 && !d->at_end ? -1 : 0;
}

static int
at_delimiter(const struct csv_decoder *d, const char *p, size_t n)
{
	size_t len = strlen(d->o->delimiter);

	if (n >= len)
		return memcmp(p, d->o->delimiter, len) == 0 ? (int)len : 0;
	return memcmp(p, d->o->delimiter, n) == 0 && !d->at_end ? -1 : 0;
}

/* One step from p; how many bytes it took, 0: more are needed, -1. */
static int
step(struct csv_decoder *d, const char *p, size_t n, const char *path,
    struct fault *f)
{
	const struct csv_decode *o = d->o;
	int k, t;

	if (d->where == QUOTED) {
		if (o->escape != '\0' && *p == o->escape) {
			if (n < 2)
				return d->at_end ? wrong(d, path,
				    d->quote_line, "an escape at the end", f)
				    : 0;
			buf_putc(&d->cell, p[1]);
			return 2;
		}
		if (*p != o->quote) {
			buf_putc(&d->cell, *p);
			return 1;
		}
		if (n < 2 && !d->at_end)
			return 0;
		if (n > 1 && o->double_quote && p[1] == o->quote) {
			buf_putc(&d->cell, o->quote);
			return 2;
		}
		d->where = AFTER_QUOTE;
		return 1;
	}
	if ((t = at_terminator(d, p, n)) == -1)
		return 0;
	if (d->where == COMMENT) {
		if (t > 0)
			d->where = RECORD_START;
		return t > 0 ? t : 1;
	}
	if (d->where == RECORD_START && o->comment != '\0' &&
	    *p == o->comment) {
		d->where = COMMENT;
		return 1;
	}
	if (t > 0) {
		/* A blank line stays one; a delimiter makes a last cell. */
		if (d->where != RECORD_START)
			end_cell(d);
		end_record(d);
		return t;
	}
	if ((k = at_delimiter(d, p, n)) == -1)
		return 0;
	if (k > 0) {
		end_cell(d);
		return k;
	}
	if (d->where == AFTER_QUOTE)
		return wrong(d, path, d->line, "text after a closing quote",
		    f);
	if (d->where != PLAIN) {
		if (o->skip_blanks && d->where == CELL_START && *p == ' ')
			return 1;
		if (o->quote != '\0' && *p == o->quote) {
			d->where = QUOTED;
			d->quoted = 1;
			d->quote_line = d->line;
			return 1;
		}
		d->where = PLAIN;
	}
	if (o->quote != '\0' && *p == o->quote)
		return wrong(d, path, d->line,
		    "a quote within an unquoted cell", f);
	if (o->escape != '\0' && *p == o->escape) {
		if (n < 2)
			return d->at_end ? wrong(d, path, d->line,
			    "an escape at the end", f) : 0;
		buf_putc(&d->cell, p[1]);
		return 2;
	}
	buf_putc(&d->cell, *p);
	return 1;
}

static int
rewrite(struct csv_decoder *d, const char *path, struct fault *f)
{
	const char *p = d->text.p, *end = p + d->text.n;
	int k = 1;

	if (!d->begun) {
		if (d->text.n < 3 && !d->at_end)
			return 0;
		if (d->text.n >= 3 && memcmp(p, "\xef\xbb\xbf", 3) == 0)
			p += 3;
		d->begun = 1;
	}
	while (p < end) {
		int i;

		if ((k = step(d, p, (size_t)(end - p), path, f)) <= 0)
			break;
		for (i = 0; i < k; i++)
			d->line += p[i] == '\n';
		p += k;
	}
	if (k == -1)
		return -1;
	d->text.n = (size_t)(end - p);
	memmove(d->text.p, p, d->text.n);
	if (!d->at_end)
		return 0;
	if (d->where == QUOTED)
		return wrong(d, path, d->quote_line,
		    "a quote is opened here and never closed", f);
	if (d->where != RECORD_START && d->where != COMMENT) {
		end_cell(d);
		end_record(d);
	}
	return 0;
}

/* More of the file into out. */
static int
refill(struct csv_decoder *d, struct infile *in, struct fault *f)
{
	struct buf *first = d->iconv != NO_ICONV ? &d->raw : &d->text;
	size_t piece = d->o->piece > 0 ? d->o->piece : PIECE;
	ssize_t k;

	d->out.n = d->given = 0;
	buf_reserve(first, piece);
	if ((k = infile_read(in, first->p + first->n, piece, f)) == -1)
		return -1;
	first->n += (size_t)k;
	d->at_end = k == 0;
	if (d->iconv != NO_ICONV && convert(d, infile_path(in), f) == -1)
		return -1;
	if (d->o->rewrite) {
		if (rewrite(d, infile_path(in), f) == -1)
			return -1;
	} else {
		buf_put(&d->out, d->text.p, d->text.n);
		buf_clear(&d->text);
	}
	d->done = d->at_end;
	return 0;
}

ssize_t
csv_decoder_read(struct csv_decoder *d, struct infile *in, void *to,
    size_t n, struct fault *f)
{
	size_t k;

	while (d->given == d->out.n && !d->done)
		if (refill(d, in, f) == -1)
			return -1;
	k = d->out.n - d->given;
	if (k > n)
		k = n;
	if (k > 0)
		memcpy(to, d->out.p + d->given, k);
	d->given += k;
	return (ssize_t)k;
}
