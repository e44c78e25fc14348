/* Pages: bytes cut at the ends of records, and where their fields end. */
#include "csv/stream.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define PADDING ((size_t)64)

struct csv_page {
	struct csv_reader *reader;
	unsigned char *data;
	size_t cap; /* without padding */
	size_t n;
	uint32_t *memory; /* of ends, with room before them */
	size_t memory_cap;
	struct csv_scan scan;
	struct csv_block block;
	int alone;   /* see csv_page_alone */
	int guessed; /* where it ends: a line feed, perhaps inside quotes */
	int first_of_file;
	uint64_t start_line;
	int too_long; /* one record fills it and has no end */
	struct csv_ragged *ragged;
	uint32_t *ragged_ends;
	struct buf ragged_data;
};

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

void
csv_page_alone(struct csv_page *p)
{
	p->alone = 1;
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
	p->too_long = p->guessed = 0;
	p->first_of_file = r->fresh;
	p->start_line = r->start_line;
	memset(&p->block, 0, sizeof p->block);
	p->block.file = stream_path(r, r->file_index);
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
		k = stream_read(r, p->data + p->n, n - p->n, f);
		if (k == -1)
			return -1;
		if (k == 0)
			r->at_end = 1;
		p->n += (size_t)k;
	}
	return 0;
}

/* Cuts what was read after a whole record; reads on until there is one. */
static int
page_cut(struct csv_page *p, struct fault *f)
{
	struct csv_reader *r = p->reader;
	size_t want = p->n, end = 0;

	while (!r->at_end && (end = whole_records(p->data, p->n)) == 0) {
		if (p->n >= stream_max_record(r)) {
			p->too_long = 1;
			break;
		}
		want = want * 2 < stream_max_record(r) ? want * 2 : stream_max_record(r);
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
	return 0;
}

/*
 * Cuts after the last line feed. Whether it ends a record is what the scan
 * will say: counting quotes first would be one more pass over the page. 0:
 * there is none.
 */
static int
page_guess(struct csv_page *p)
{
	size_t end = last_byte(p->data, p->n, '\n') + 1;

	if (end == 0)
		return 0;
	buf_put(&p->reader->carry, p->data + end, p->n - end);
	p->n = end;
	p->guessed = 1;
	return 1;
}

/* The scan found something wrong: it may be the cut. */
static int
page_cut_again(struct csv_page *p, struct fault *f)
{
	struct buf *carry = &p->reader->carry;

	p->guessed = 0;
	memcpy(p->data + p->n, carry->p, carry->n); /* where it was */
	p->n += carry->n;
	buf_clear(carry);
	return page_cut(p, f);
}

int
csv_page_fill(struct csv_page *p, struct fault *f)
{
	struct csv_reader *r = p->reader;
	size_t want = stream_block_size(r);
	int rc;

	for (;;) {
		if ((rc = stream_next_file(r, f)) != 1)
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
	p->block.sequence = r->sequence++;
	if (p->alone && !r->at_end && page_guess(p))
		return 1;
	return page_cut(p, f) == -1 ? -1 : 1;
}

/* Relative to the page: line and record numbers from 1. */
static int
ragged_fault(const struct csv_page *p, size_t start, uint64_t record,
    size_t nfields, struct fault *f)
{
	size_t ncols = p->reader->header.n;
	uint64_t line = 1 + stream_lines(p->data, start);
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
			    "the longest record accepted", stream_max_record(r));
		else
			(void)fault_at(f, p->block.file, w.line, "record is "
			    "longer than %zu bytes", stream_max_record(r));
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

/* Room for its ends, and no byte after it. */
static uint32_t *
page_ready(struct csv_page *p)
{
	uint32_t *ends;

	memset(p->data + p->n, 0, PADDING);
	if (p->memory_cap < p->n + PADDING + 16) {
		free(p->memory);
		p->memory_cap = p->cap + PADDING + 17;
		p->memory = mem_aligned(p->memory_cap * sizeof *p->memory);
	}
	ends = p->memory + 16;
	ends[-1] = (uint32_t)-1;
	memset(&p->scan, 0, sizeof p->scan);
	return ends;
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
			g->lines = (uint32_t)stream_lines(p->data + start,
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
	size_t longest = stream_max_record(p->reader), r;
	uint32_t start;

	if (p->n <= longest)
		return 0;
	for (r = 0; r < b->nrecords; r++) {
		start = csv_start(b, r);
		if (csv_start(b, r + 1) - 1 - start <= longest)
			continue;
		(void)fault_at(f, p->block.file,
		    1 + stream_lines(p->data, start),
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
	uint32_t *ends = page_ready(p);
	int shape = 0;

	if (!p->too_long)
		shape = find_ends(p, ends);
	if (p->guessed && p->scan.bad) {
		if (page_cut_again(p, f) == -1)
			return -1;
		ends = page_ready(p);
		if (!p->too_long)
			shape = find_ends(p, ends);
	}
	if (p->too_long || p->scan.bad ||
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
