/* One stream of records out of files or standard input. */
#include "csv/stream.h"

#include <stdlib.h>
#include <string.h>

#include "base/infile.h"
#include "base/map.h"
#include "base/mem.h"
#include "csv/scan.h"

size_t
stream_lines(const void *data, size_t n)
{
	const char *p = data, *end = p + n;
	size_t lines = 0;

	while ((p = memchr(p, '\n', (size_t)(end - p))) != NULL) {
		lines++;
		if (++p == end)
			break;
	}
	return lines;
}

/* Header. */

/* Splits a sound record into cells, added to names. */
static void
split_cells(struct csv_reader *r, const char *p, size_t n, struct buf *cells)
{
	struct buf scratch = { 0 };
	struct csv_slice raw, cell;
	size_t i, start = 0;
	int quoted = 0;

	for (i = 0; i <= n; i++) {
		if (i < n && p[i] == '"')
			quoted = !quoted;
		if (i < n && (quoted || p[i] != r->o.delimiter))
			continue;
		raw.p = p + start;
		raw.n = i - start;
		cell = raw.n > 0 && raw.p[0] == '"' ?
		    csv_unquote(raw, &scratch) : raw;
		buf_put(cells, cell.p, cell.n);
		buf_putc(cells, '\0');
		start = i + 1;
	}
	buf_free(&scratch);
}

/* The cells of the first header become the stream's. */
static int
keep_header(struct csv_reader *r, const struct buf *cells, const char *path,
    uint64_t line, struct fault *f)
{
	const char *p = cells->p, *end = cells->p + cells->n;
	size_t n, at, first;
	int added;

	r->names = map_new();
	for (; p < end; p += n + 1) {
		n = strlen(p);
		if (n == 0 && !r->o.any_header) {
			(void)fault_at(f, path, line, "header has a blank name");
			fault_place(f, path, line, 0, r->header.n + 1, NULL);
			return -1;
		}
		at = map_add(r->names, p, n, &added);
		if (!added && !r->o.any_header) {
			/* Without the name: it may be the first record's. */
			for (first = 0; strcmp(r->header.names[first], p) != 0;)
				first++;
			(void)fault_at(f, path, line, "header has a name "
			    "twice, also at column %zu", first + 1);
			fault_place(f, path, line, 0, r->header.n + 1, NULL);
			return -1;
		}
		if ((r->header.n & (r->header.n - 1)) == 0)
			r->header.names = mem_array(r->header.names,
			    r->header.n > 0 ? r->header.n * 2 : 1,
			    sizeof *r->header.names);
		r->header.names[r->header.n++] = map_key(r->names, at, NULL);
	}
	return 0;
}

static int
same_header(const struct csv_reader *r, const struct buf *cells,
    const char *path, struct fault *f)
{
	const char *p = cells->p, *end = cells->p + cells->n;
	size_t i;

	for (i = 0; i < r->header.n && p < end; i++) {
		if (strcmp(p, r->header.names[i]) != 0)
			break;
		p += strlen(p) + 1;
	}
	if (i == r->header.n && p == end)
		return 0;
	(void)fault_at(f, path, 1, "header differs from that of %s at its "
	    "column %zu", stream_path(r, 0), i + 1);
	return -1;
}

static int
take_header(struct csv_reader *r, const char *p, size_t n, const char *path,
    struct fault *f)
{
	struct buf cells = { 0 };
	int rc;

	if (n > 0 && p[n - 1] == '\r')
		n--;
	split_cells(r, p, n, &cells);
	rc = r->names == NULL ? keep_header(r, &cells, path, 1, f) :
	    same_header(r, &cells, path, f);
	buf_free(&cells);
	return rc;
}

/* Files. */

ssize_t
stream_read(struct csv_reader *r, void *p, size_t n, struct fault *f)
{
	if (r->decoder != NULL)
		return csv_decoder_read(r->decoder, r->in, p, n, f);
	return infile_read(r->in, p, n, f);
}

static int
fill_carry(struct csv_reader *r, size_t want, struct fault *f)
{
	ssize_t k;

	buf_reserve(&r->carry, want);
	while (!r->at_end && r->carry.n < want) {
		k = stream_read(r, r->carry.p + r->carry.n,
		    want - r->carry.n, f);
		if (k == -1)
			return -1;
		if (k == 0)
			r->at_end = 1;
		r->carry.n += (size_t)k;
	}
	return 0;
}

static void
drop_front(struct buf *b, size_t n)
{
	b->n -= n;
	memmove(b->p, b->p + n, b->n);
}

static int
check_mark(struct csv_reader *r, const char *path, struct fault *f)
{
	const unsigned char *p = (const unsigned char *)r->carry.p;
	size_t n = r->carry.n;

	if (n >= 2 && ((p[0] == 0xff && p[1] == 0xfe) ||
	    (p[0] == 0xfe && p[1] == 0xff)))
		return fault_at(f, path, 1, "UTF-16, not UTF-8: convert it "
		    "first, for example with iconv -f UTF-16 -t UTF-8");
	if (n >= 3 && p[0] == 0xef && p[1] == 0xbb && p[2] == 0xbf)
		drop_front(&r->carry, 3);
	if (r->carry.n == 0)
		return fault_at(f, path, 0,
		    "no input: zero bytes, not even a header");
	return 0;
}

static int
read_header(struct csv_reader *r, const char *path, struct fault *f)
{
	size_t want = stream_block_size(r), end;
	struct csv_walk w;

	for (;;) {
		csv_walk((const unsigned char *)r->carry.p, r->carry.n,
		    r->o.delimiter, 1, 0, &w);
		/* Cut short by the buffer, perhaps in mid-character? */
		if ((w.what == NULL && w.end <= r->carry.n) || r->at_end ||
		    (w.what != NULL && !w.open && w.end + 4 < r->carry.n))
			break;
		if (r->carry.n > stream_max_record(r))
			break;
		want *= 2;
		if (fill_carry(r, want, f) == -1)
			return -1;
	}
	if (w.end > stream_max_record(r) + 1)
		return fault_at(f, path, 1, "header is longer than %zu bytes",
		    stream_max_record(r));
	if (w.what != NULL) {
		(void)fault_at(f, path, w.line, "header: %s", w.what);
		fault_place(f, path, w.line, 0, w.column, NULL);
		return -1;
	}
	end = w.end > r->carry.n ? r->carry.n : w.end - 1;
	if (take_header(r, r->carry.p, end, path, f) == -1)
		return -1;
	r->start_line = 1 + stream_lines(r->carry.p,
	    w.end > r->carry.n ? r->carry.n : w.end);
	drop_front(&r->carry, w.end > r->carry.n ? r->carry.n : w.end);
	return 0;
}

static void
watch(void *arg, const void *p, size_t n)
{
	struct csv_reader *r = arg;

	r->o.watch(r->o.watch_arg, r->o.watch_first + r->file_index, p, n);
}

static int
open_file(struct csv_reader *r, struct fault *f)
{
	const char *path = stream_path(r, r->file_index);
	const struct infile_source *from = r->o.sources != NULL &&
	    r->npaths > 0 ? r->o.sources[r->file_index] : NULL;

	r->in = from != NULL ? infile_open_source(from, path, f) :
	    infile_open(path, f);
	if (r->in == NULL)
		return -1;
	if (r->o.decode != NULL &&
	    (r->decoder = csv_decoder_new(r->o.decode, f)) == NULL)
		return -1;
	if (r->o.watch != NULL)
		infile_watch(r->in, watch, r);
	r->at_end = 0;
	r->fresh = 1;
	r->start_line = 1;
	buf_clear(&r->carry);
	if (fill_carry(r, stream_block_size(r), f) == -1 ||
	    check_mark(r, path, f) == -1)
		return -1;
	if (r->o.columns == NULL)
		return read_header(r, path, f);
	return 0;
}

static void
close_file(struct csv_reader *r)
{
	if (r->in != NULL) {
		r->taken_before += infile_taken(r->in);
		r->size_before += infile_size(r->in);
		infile_close(r->in);
		csv_decoder_free(r->decoder);
	}
	r->in = NULL;
	r->decoder = NULL;
}

static int
named_columns(struct csv_reader *r, struct fault *f)
{
	struct buf cells = { 0 };
	const char *p, *comma;
	int rc;

	for (p = r->o.columns; ; p = comma + 1) {
		comma = strchr(p, ',');
		buf_put(&cells, p, comma != NULL ? (size_t)(comma - p) :
		    strlen(p));
		buf_putc(&cells, '\0');
		if (comma == NULL)
			break;
	}
	rc = keep_header(r, &cells, "--columns", 0, f);
	buf_free(&cells);
	return rc;
}

int
stream_next_file(struct csv_reader *r, struct fault *f)
{
	while (r->in == NULL || (r->at_end && r->carry.n == 0)) {
		if (r->in != NULL) {
			close_file(r);
			r->file_index++;
		}
		if (r->file_index >= (r->npaths > 0 ? r->npaths : 1))
			return 0;
		if (open_file(r, f) == -1)
			return -1;
	}
	return 1;
}

struct csv_reader *
csv_open(const char *const *paths, size_t n, const struct csv_options *o,
    struct fault *f)
{
	struct csv_reader *r = mem_zero(1, sizeof *r);

	r->paths = paths;
	r->npaths = n;
	r->o = *o;
	if (r->o.delimiter == '\0')
		r->o.delimiter = ',';
	r->scanner = csv_scan_best();
	r->placed_file = (size_t)-1;
	if ((r->o.columns != NULL && named_columns(r, f) == -1) ||
	    open_file(r, f) == -1) {
		csv_close(r);
		return NULL;
	}
	return r;
}

void
csv_close(struct csv_reader *r)
{
	if (r == NULL)
		return;
	infile_close(r->in);
	csv_decoder_free(r->decoder);
	csv_page_free(r->page);
	buf_free(&r->carry);
	map_free(r->names);
	free(r->header.names);
	csv_turns_free(&r->turns);
	free(r->place);
	free(r);
}

const struct csv_header *
csv_header(const struct csv_reader *r)
{
	return &r->header;
}

long
csv_column(const struct csv_header *h, const char *name)
{
	size_t i;

	for (i = 0; i < h->n; i++)
		if (strcmp(h->names[i], name) == 0)
			return (long)i;
	return -1;
}

void
csv_want(struct csv_reader *r, const unsigned char *wanted)
{
	size_t n = r->header.n, kept = 0, c;
	unsigned char *keep = mem_zero(n, 1);

	/* Ends of the columns, those before them, and the record's. */
	for (c = 0; c < n; c++)
		keep[c] = c == n - 1 || wanted[c] || wanted[c + 1];
	r->place = mem_array(NULL, n, sizeof *r->place);
	for (c = 0; c < n; c++) {
		r->place[c] = wanted[c] ? (uint32_t)kept : CSV_NOT_WANTED;
		kept += keep[c];
	}
	r->dropped = n - kept;
	if (kept * 4 <= n)
		r->pick = r->scanner->few;
	else if (kept * 2 <= n)
		r->pick = r->scanner->some;
	if (r->pick != NULL)
		r->turns = csv_turns_new(keep, n);
	free(keep);
}

void
csv_position(struct csv_reader *r, uint64_t *bytes, uint64_t *size)
{
	*bytes = r->taken_before + (r->in != NULL ? infile_taken(r->in) : 0);
	*size = 0;
	if (r->npaths <= 1 && r->in != NULL)
		*size = infile_size(r->in);
}

int
csv_next(struct csv_reader *r, const struct csv_block **b, struct fault *f)
{
	int rc;

	if (r->page == NULL) {
		r->page = csv_page_new(r);
		csv_page_alone(r->page);
	}
	if ((rc = csv_page_fill(r->page, f)) != 1)
		return rc;
	rc = csv_page_index(r->page, f);
	csv_page_place(r->page, f);
	*b = csv_page_block(r->page);
	return rc == -1 ? -1 : 1;
}
