/* Records into bytes: comma, LF, quotes only where needed. */
#include "csv/writer.h"

#include <string.h>

#define SHORT 32 /* most cells are; no more than a block's slack */

/* A block may be read beyond: a copy of a fixed size, SHORT at the least. */
static inline void
copy(char *to, struct csv_slice s)
{
	memcpy(to, s.p, SHORT);
	if (s.n > SHORT)
		memcpy(to + SHORT, s.p + SHORT, s.n - SHORT);
}

static int
needs_quotes(const char *p, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (p[i] == ',' || p[i] == '"' || p[i] == '\n' ||
		    p[i] == '\r')
			return 1;
	return 0;
}

void
csv_put_cell(struct buf *b, const char *p, size_t n)
{
	const char *q, *end;

	if (n == 0)
		return; /* p may be NULL */
	end = p + n;
	if (!needs_quotes(p, n)) {
		buf_put(b, p, n);
		return;
	}
	buf_putc(b, '"');
	while ((q = memchr(p, '"', (size_t)(end - p))) != NULL) {
		buf_put(b, p, (size_t)(q + 1 - p));
		buf_putc(b, '"');
		if ((p = q + 1) == end)
			break;
	}
	buf_put(b, p, (size_t)(end - p));
	buf_putc(b, '"');
}

void
csv_put_string(struct buf *b, const char *s)
{
	csv_put_cell(b, s, strlen(s));
}

void
csv_put_raw(struct buf *b, struct csv_slice raw)
{
	if (raw.n == 0)
		return;
	if (raw.p[0] != '"') {
		/* Another delimiter lets a bare comma in. */
		if (memchr(raw.p, ',', raw.n) == NULL)
			buf_put(b, raw.p, raw.n);
		else
			csv_put_cell(b, raw.p, raw.n);
	} else if (needs_quotes(raw.p + 1, raw.n - 2)) {
		/* Sound quoting is already the canonical one. */
		buf_put(b, raw.p, raw.n);
	} else {
		buf_put(b, raw.p + 1, raw.n - 2);
	}
}

/* Raw bytes of fields from..to, line end not included. */
static struct csv_slice
span(const struct csv_block *b, size_t r, size_t from, size_t to)
{
	struct csv_slice s, last = csv_raw(b, r, to - 1);
	uint32_t start = csv_end(b, r, from)[-1] + 1;

	s.p = b->data + start;
	s.n = (size_t)(last.p + last.n - s.p);
	return s;
}

void
csv_put_fields(struct buf *to, const struct csv_block *b, size_t r,
    size_t from, size_t end)
{
	struct csv_slice s;
	size_t c;

	if (from >= end)
		return;
	s = span(b, r, from, end);
	if (b->delimiter == ',' &&
	    (!b->quotes || memchr(s.p, '"', s.n) == NULL)) {
		buf_reserve(to, s.n + SHORT);
		copy(to->p + to->n, s);
		to->n += s.n;
		return;
	}
	for (c = from; c < end; c++) {
		if (c > from)
			buf_putc(to, ',');
		csv_put_raw(to, csv_raw(b, r, c));
	}
}

void
csv_put_columns(struct buf *to, const struct csv_block *b, size_t r,
    const size_t *columns, size_t n)
{
	size_t i, at = to->n;

	if (b->quotes || b->delimiter != ',') {
		for (i = 0; i < n; i++) {
			if (i > 0)
				buf_putc(to, ',');
			csv_put_raw(to, csv_raw(b, r, columns[i]));
		}
		return;
	}
	for (i = 0; i < n; i++) {
		struct csv_slice s = csv_raw(b, r, columns[i]);
		char *p;

		if (to->cap - at < s.n + SHORT + 1) {
			to->n = at;
			buf_reserve(to, s.n + SHORT + 1);
		}
		p = to->p + at;
		if (i > 0)
			*p++ = ',';
		copy(p, s);
		at += s.n + (i > 0);
	}
	to->n = at;
}

void
csv_end_record(struct buf *b, size_t start)
{
	if (b->n == start)
		buf_put(b, "\"\"", 2);
	buf_putc(b, '\n');
}

void
csv_put_records(struct buf *to, const struct csv_block *b, size_t from,
    size_t end)
{
	size_t r;

	if (from >= end)
		return;
	if (!b->quotes && !b->crs && b->delimiter == ',' && b->ncols > 1) {
		uint32_t start = csv_start(b, from);

		buf_put(to, b->data + start, csv_start(b, end) - start);
		return;
	}
	for (r = from; r < end; r++) {
		size_t start = to->n;

		csv_put_fields(to, b, r, 0, b->ncols);
		csv_end_record(to, start);
	}
}

void
csv_put_header(struct buf *b, const char *const *names, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (i > 0)
			buf_putc(b, ',');
		csv_put_string(b, names[i]);
	}
	buf_putc(b, '\n');
}
