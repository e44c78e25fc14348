/* Fields of a block, and where they stand. */
#include "csv/block.h"

#include <string.h>

struct csv_slice
csv_unquote(struct csv_slice raw, struct buf *scratch)
{
	const char *p = raw.p + 1, *end = raw.p + raw.n - 1, *q;
	struct csv_slice s = { p, (size_t)(end - p) };

	if (s.n == 0 || (q = memchr(p, '"', s.n)) == NULL)
		return s;
	buf_clear(scratch);
	do {
		/* The first of the two quotes stays, the second goes. */
		buf_put(scratch, p, (size_t)(q + 1 - p));
		p = q + 2;
	} while (p < end && (q = memchr(p, '"', (size_t)(end - p))) != NULL);
	buf_put(scratch, p, (size_t)(end - p));
	s.p = scratch->p;
	s.n = scratch->n;
	return s;
}

static uint64_t
lines_in(const char *p, size_t n)
{
	const char *end = p + n;
	uint64_t lines = 0;

	while (p < end && (p = memchr(p, '\n', (size_t)(end - p))) != NULL) {
		lines++;
		p++;
	}
	return lines;
}

/* Ragged records before regular record r, and their lines. */
static size_t
ragged_before(const struct csv_block *b, size_t r, uint64_t *lines)
{
	size_t i;

	*lines = 0;
	for (i = 0; i < b->nragged && b->ragged[i].before <= r; i++)
		*lines += b->ragged[i].lines;
	return i;
}

uint64_t
csv_record_number(const struct csv_block *b, size_t r)
{
	uint64_t lines;

	return b->first_record + r + ragged_before(b, r, &lines);
}

uint64_t
csv_line_number(const struct csv_block *b, size_t r)
{
	uint64_t lines;

	(void)ragged_before(b, r, &lines);
	return b->first_line + lines + lines_in(b->data, csv_start(b, r));
}

uint64_t
csv_ragged_record_number(const struct csv_block *b, size_t i)
{
	return b->first_record + b->ragged[i].before + i;
}

uint64_t
csv_ragged_line_number(const struct csv_block *b, size_t i)
{
	uint32_t start = csv_start(b, b->ragged[i].before);
	uint64_t lines = 0;
	size_t j;

	for (j = 0; j < i; j++)
		lines += b->ragged[j].lines;
	return b->first_line + lines + lines_in(b->data, start);
}

struct csv_slice
csv_ragged_raw(const struct csv_block *b, size_t i, size_t c)
{
	const struct csv_ragged *g = &b->ragged[i];
	const uint32_t *e = b->ragged_ends + g->first + c;
	uint32_t start = c == 0 ? g->start : e[-1] + 1, end = e[0];
	struct csv_slice s;

	if (c == g->nfields - 1 && end > start &&
	    b->ragged_data[end - 1] == '\r')
		end--;
	s.p = b->ragged_data + start;
	s.n = end - start;
	return s;
}

struct csv_slice
csv_ragged_cell(const struct csv_block *b, size_t i, size_t c,
    struct buf *scratch)
{
	struct csv_slice s = csv_ragged_raw(b, i, c);

	return s.n > 0 && s.p[0] == '"' ? csv_unquote(s, scratch) : s;
}
