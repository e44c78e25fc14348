/* One stream of records out of files or standard input. */
#include "csv/reader.h"

#include <stdlib.h>
#include <string.h>

#include "base/infile.h"
#include "base/map.h"
#include "base/mem.h"
#include "csv/scan.h"

#define PADDING ((size_t)64)

struct csv_reader {
	const char *const *paths;
	size_t npaths;
	struct csv_options o;
	const struct csv_scanner *scanner;
	csv_scan_fn pick; /* NULL: every end is written */
	struct csv_turns turns; /* of pick */
	uint32_t *place;  /* see csv_block */
	size_t dropped;

	/* Where reading is; used by one thread at a time. */
	struct infile *in;   /* NULL: between files */
	struct csv_decoder *decoder; /* of in, if it needs one */
	size_t file_index;   /* of in, or of the next file to open */
	int at_end;          /* of in */
	struct buf carry;    /* bytes read beyond the last page's end */
	uint64_t start_line; /* of the first data record of in */
	int fresh;           /* no page of in was made yet */
	uint64_t sequence;
	uint64_t taken_before, size_before; /* of the files done */

	struct csv_header header;
	struct map *names;

	/* Where the pages placed so far have come to. */
	size_t placed_file;
	uint64_t line, record, records_before;

	struct csv_page *page; /* of csv_next */
};

struct csv_page {
	struct csv_reader *reader;
	unsigned char *data;
	size_t cap; /* without padding */
	size_t n;
	uint32_t *memory; /* of ends, with room before them */
	size_t memory_cap;
	struct csv_scan scan;
	struct csv_block block;
	int first_of_file;
	uint64_t start_line;
	int too_long; /* one record fills it and has no end */
	struct csv_ragged *ragged;
	uint32_t *ragged_ends;
	struct buf ragged_data;
};

static size_t
max_record(const struct csv_reader *r)
{
	return r->o.max_record > 0 ? r->o.max_record : CSV_MAX_RECORD;
}

static size_t
block_size(const struct csv_reader *r)
{
	return r->o.block_size > 0 ? r->o.block_size : CSV_BLOCK_SIZE;
}

static const char *
path_of(const struct csv_reader *r, size_t i)
{
	return r->npaths > 0 ? r->paths[i] : "-";
}

static size_t
count_lines(const void *data, size_t n)
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
	    "column %zu", path_of(r, 0), i + 1);
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

static ssize_t
read_bytes(struct csv_reader *r, void *p, size_t n, struct fault *f)
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
		k = read_bytes(r, r->carry.p + r->carry.n,
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
	size_t want = block_size(r), end;
	struct csv_walk w;

	for (;;) {
		csv_walk((const unsigned char *)r->carry.p, r->carry.n,
		    r->o.delimiter, 1, 0, &w);
		/* Cut short by the buffer, perhaps in mid-character? */
		if ((w.what == NULL && w.end <= r->carry.n) || r->at_end ||
		    (w.what != NULL && !w.open && w.end + 4 < r->carry.n))
			break;
		if (r->carry.n > max_record(r))
			break;
		want *= 2;
		if (fill_carry(r, want, f) == -1)
			return -1;
	}
	if (w.end > max_record(r) + 1)
		return fault_at(f, path, 1, "header is longer than %zu bytes",
		    max_record(r));
	if (w.what != NULL) {
		(void)fault_at(f, path, w.line, "header: %s", w.what);
		fault_place(f, path, w.line, 0, w.column, NULL);
		return -1;
	}
	end = w.end > r->carry.n ? r->carry.n : w.end - 1;
	if (take_header(r, r->carry.p, end, path, f) == -1)
		return -1;
	r->start_line = 1 + count_lines(r->carry.p,
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
	const char *path = path_of(r, r->file_index);
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
	if (fill_carry(r, block_size(r), f) == -1 ||
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

/* Pages. */

struct csv_page *
csv_page_new(struct csv_reader *r)
{
	struct csv_page *p = mem_zero(1, sizeof *p);

	p->reader = r;
	return p;
}

void
csv_page_free(struct csv_page *p)
{
	if (p == NULL)
		return;
	free(p->data);
	free(p->memory);
	free(p->ragged);
	free(p->ragged_ends);
	buf_free(&p->ragged_data);
	free(p);
}

static void
page_reserve(struct csv_page *p, size_t cap)
{
	unsigned char *data;

	if (p->cap >= cap)
		return;
	data = mem_aligned(cap + PADDING + 1);
	if (p->n > 0)
		memcpy(data, p->data, p->n);
	free(p->data);
	p->data = data;
	p->cap = cap;
}

/* Last byte with this value before n; (size_t)-1: none. */
static size_t
last_byte(const unsigned char *p, size_t n, int c)
{
	while (n > 0)
		if (p[--n] == c)
			return n;
	return (size_t)-1;
}

/* Length of the leading part of p[n] that ends with a whole record; or 0. */
static size_t
whole_records(const unsigned char *p, size_t n)
{
	size_t after = csv_count_quotes(p, n), end = n, at;

	while ((at = last_byte(p, end, '\n')) != (size_t)-1) {
		after -= csv_count_quotes(p + at, end - at);
		if (after % 2 == 0)
			return at + 1;
		end = at;
	}
	return 0;
}

static void
page_start(struct csv_page *p)
{
	struct csv_reader *r = p->reader;

	p->n = 0;
	p->too_long = 0;
	p->first_of_file = r->fresh;
	p->start_line = r->start_line;
	memset(&p->block, 0, sizeof p->block);
	p->block.file = path_of(r, r->file_index);
	p->block.file_index = r->file_index;
}

/* Reads until n bytes are there or the file ends. */
static int
page_read(struct csv_page *p, size_t n, struct fault *f)
{
	struct csv_reader *r = p->reader;
	ssize_t k;

	page_reserve(p, n);
	while (!r->at_end && p->n < n) {
		k = read_bytes(r, p->data + p->n, n - p->n, f);
		if (k == -1)
			return -1;
		if (k == 0)
			r->at_end = 1;
		p->n += (size_t)k;
	}
	return 0;
}

/* The next file with a record in it: 1, 0: none, -1. */
static int
next_file(struct csv_reader *r, struct fault *f)
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

int
csv_page_fill(struct csv_page *p, struct fault *f)
{
	struct csv_reader *r = p->reader;
	size_t want = block_size(r), end = 0;
	int rc;

	for (;;) {
		if ((rc = next_file(r, f)) != 1)
			return rc;
		page_start(p);
		while (want < r->carry.n)
			want *= 2;
		page_reserve(p, want);
		memcpy(p->data, r->carry.p, r->carry.n);
		p->n = r->carry.n;
		buf_clear(&r->carry);
		if (page_read(p, want, f) == -1)
			return -1;
		if (p->n > 0)
			break;
		/* Exactly at the end of a file: on to the next. */
	}
	r->fresh = 0;
	while (!r->at_end && (end = whole_records(p->data, p->n)) == 0) {
		if (p->n >= max_record(r)) {
			p->too_long = 1;
			break;
		}
		want = want * 2 < max_record(r) ? want * 2 : max_record(r);
		if (want <= p->n)
			want = p->n + 1;
		if (page_read(p, want, f) == -1)
			return -1;
	}
	if (p->too_long) {
		r->at_end = 1;
	} else if (r->at_end) {
		if (p->data[p->n - 1] != '\n')
			p->data[p->n++] = '\n'; /* page_reserve left room */
	} else {
		buf_put(&r->carry, p->data + end, p->n - end);
		p->n = end;
	}
	p->block.sequence = r->sequence++;
	return 1;
}

/* Relative to the page: line and record numbers from 1. */
static int
ragged_fault(const struct csv_page *p, size_t start, uint64_t record,
    size_t nfields, struct fault *f)
{
	size_t ncols = p->reader->header.n;
	uint64_t line = 1 + count_lines(p->data, start);
	int blank = p->data[start] == '\n' ||
	    (p->data[start] == '\r' && p->data[start + 1] == '\n');

	if (blank)
		(void)fault_at(f, p->block.file, line, "a blank line");
	else
		(void)fault_at(f, p->block.file, line,
		    "%zu field%s where the header has %zu", nfields,
		    nfields == 1 ? "" : "s", ncols);
	fault_place(f, p->block.file, line, record, 0, NULL);
	return -1;
}

static int
walk_fault(struct csv_page *p, struct fault *f)
{
	struct csv_reader *r = p->reader;
	struct csv_walk w;

	csv_walk(p->data, p->n, r->o.delimiter, 0,
	    r->o.keep_ragged ? 0 : r->header.n, &w);
	if (w.ragged > 0)
		return ragged_fault(p, w.end, w.record, w.ragged, f);
	if (p->too_long && (w.what == NULL || w.open)) {
		if (w.open)
			(void)fault_at(f, p->block.file, w.line, "a quote is "
			    "opened here and not closed within %zu bytes, "
			    "the longest record accepted", max_record(r));
		else
			(void)fault_at(f, p->block.file, w.line, "record is "
			    "longer than %zu bytes", max_record(r));
	} else {
		(void)fault_at(f, p->block.file, w.line, "%s",
		    w.what != NULL ? w.what : "not RFC 4180");
	}
	fault_place(f, p->block.file, w.line, w.record, w.column,
	    w.column >= 1 && w.column <= r->header.n ?
	    r->header.names[w.column - 1] : NULL);
	return -1;
}

/*
 * Has every record its fields? width: ends of each that are there. That is so
 * if there are enough for all line feeds, and these are where records end.
 */
static int
has_shape(const struct csv_page *p, const uint32_t *ends, size_t width)
{
	size_t r, n = p->scan.nrecords;

	if (p->scan.nends != n * width)
		return 0;
	for (r = 0; r < n; r++)
		if (p->data[ends[(r + 1) * width - 1]] != '\n')
			return 0;
	return 1;
}

/* The ends of a page: those that are wanted, or all. 1: they have shape. */
static int
find_ends(struct csv_page *p, uint32_t *ends)
{
	struct csv_reader *r = p->reader;
	size_t n = r->header.n;

	if (r->pick != NULL) {
		r->pick(p->data, p->n, r->o.delimiter, &r->turns, ends,
		    &p->scan);
		if (p->scan.bad)
			return 0;
		if (has_shape(p, ends, n - r->dropped)) {
			p->block.dropped = r->dropped;
			p->block.place = r->place;
			return 1;
		}
	}
	r->scanner->all(p->data, p->n, r->o.delimiter, NULL, ends, &p->scan);
	return !p->scan.bad && has_shape(p, ends, n);
}

/*
 * Takes the ragged records out: their bytes go to ragged_data, the rest
 * moves together, and ends follow.
 */
static int
split_ragged(struct csv_page *p, uint32_t *ends, struct fault *f)
{
	struct csv_reader *r = p->reader;
	size_t ncols = r->header.n, i, first = 0, record = 0;
	size_t nregular = 0, nragged = 0, nends = 0, regular_ends = 0;
	uint32_t start = 0, shift = 0;

	free(p->ragged);
	free(p->ragged_ends);
	p->ragged = NULL;
	p->ragged_ends = NULL;
	buf_clear(&p->ragged_data);
	for (i = 0; i < p->scan.nends; i++) {
		uint32_t end = ends[i], size, j;
		size_t n = i + 1 - first;

		if (p->data[end] != '\n')
			continue;
		record++;
		size = end + 1 - start;
		if (n == ncols) {
			if (shift > 0)
				memmove(p->data + start - shift,
				    p->data + start, size);
			for (j = 0; j < n; j++)
				ends[regular_ends++] = ends[first + j] - shift;
			nregular++;
		} else {
			struct csv_ragged *g;

			if (!r->o.keep_ragged)
				return ragged_fault(p, start, record, n, f);
			p->ragged = mem_array(p->ragged, nragged + 1,
			    sizeof *p->ragged);
			p->ragged_ends = mem_array(p->ragged_ends, nends + n,
			    sizeof *p->ragged_ends);
			g = &p->ragged[nragged++];
			g->before = nregular;
			g->start = (uint32_t)p->ragged_data.n;
			g->nfields = (uint32_t)n;
			g->first = (uint32_t)nends;
			g->lines = (uint32_t)count_lines(p->data + start,
			    size);
			for (j = 0; j < n; j++)
				p->ragged_ends[nends++] = g->start +
				    (ends[first + j] - start);
			buf_put(&p->ragged_data, p->data + start, size);
			shift += size;
		}
		start = end + 1;
		first = i + 1;
	}
	p->n -= shift;
	memset(p->data + p->n, 0, PADDING);
	p->block.nrecords = nregular;
	p->block.nragged = nragged;
	p->block.ragged = p->ragged;
	p->block.ragged_ends = p->ragged_ends;
	p->block.ragged_data = p->ragged_data.p;
	return 0;
}

static int
check_lengths(const struct csv_page *p, struct fault *f)
{
	const struct csv_block *b = &p->block;
	size_t longest = max_record(p->reader), r;
	uint32_t start;

	if (p->n <= longest)
		return 0;
	for (r = 0; r < b->nrecords; r++) {
		start = csv_start(b, r);
		if (csv_start(b, r + 1) - 1 - start <= longest)
			continue;
		(void)fault_at(f, p->block.file,
		    1 + count_lines(p->data, start),
		    "record is longer than %zu bytes", longest);
		fault_place(f, NULL, 0, r + 1, 0, NULL);
		return -1;
	}
	return 0;
}

int
csv_page_index(struct csv_page *p, struct fault *f)
{
	struct csv_reader *r = p->reader;
	struct csv_block *b = &p->block;
	uint32_t *ends;
	int shape;

	memset(p->data + p->n, 0, PADDING);
	if (p->memory_cap < p->n + PADDING + 16) {
		free(p->memory);
		p->memory_cap = p->cap + PADDING + 17;
		p->memory = mem_aligned(p->memory_cap * sizeof *p->memory);
	}
	ends = p->memory + 16;
	ends[-1] = (uint32_t)-1;
	memset(&p->scan, 0, sizeof p->scan);
	if (p->too_long)
		return walk_fault(p, f);
	shape = find_ends(p, ends);
	if (p->scan.bad ||
	    (p->scan.high && csv_utf8_bad(p->data, p->n) != p->n))
		return walk_fault(p, f);
	b->ncols = r->header.n;
	b->nrecords = p->scan.nrecords;
	b->ends = ends;
	b->delimiter = r->o.delimiter;
	b->quotes = p->scan.quotes;
	b->crs = p->scan.crs;
	b->first_record = b->first_line = 1;
	if (!shape && split_ragged(p, ends, f) == -1)
		return -1;
	b->data = (const char *)p->data;
	b->size = p->n;
	return check_lengths(p, f);
}

void
csv_page_place(struct csv_page *p, struct fault *f)
{
	struct csv_reader *r = p->reader;
	struct csv_block *b = &p->block;

	if (p->first_of_file || r->placed_file != b->file_index) {
		r->placed_file = b->file_index;
		r->line = p->start_line;
		r->record = b->file_index == 0 && r->o.first_record > 0 ?
		    r->o.first_record : 1;
	}
	b->first_line = r->line;
	b->first_record = r->record;
	b->records_before = r->records_before;
	if (f != NULL && f->set) {
		f->line += f->line > 0 ? r->line - 1 : 0;
		f->record += f->record > 0 ? r->record - 1 : 0;
	}
	r->line += p->scan.nlines;
	r->record += p->scan.nrecords;
	r->records_before += p->scan.nrecords;
}

struct csv_block *
csv_page_block(struct csv_page *p)
{
	return &p->block;
}

int
csv_next(struct csv_reader *r, const struct csv_block **b, struct fault *f)
{
	int rc;

	if (r->page == NULL)
		r->page = csv_page_new(r);
	if ((rc = csv_page_fill(r->page, f)) != 1)
		return rc;
	rc = csv_page_index(r->page, f);
	csv_page_place(r->page, f);
	*b = &r->page->block;
	return rc == -1 ? -1 : 1;
}
