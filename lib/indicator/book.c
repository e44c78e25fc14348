/* What has been counted: groups, and partial results. */
#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "base/mem.h"
#include "csv/writer.h"
#include "flow/parts.h"
#include "indicator/count.h"

#define PARTIAL_TAG "nib_indicator_partial_2"

struct entry {
	num_wide numerator, denominator, squares;
};

struct book {
	const struct definition *const *definitions;
	size_t n;
	struct map *ids;
	struct map *index; /* four bytes of definition, then the key cells */
	struct entry *entries;
	size_t cap;
	struct buf key;
	struct parts parts; /* of partial counts read */
};

struct book *
book_new(const struct definition *const *d, size_t n)
{
	struct book *b = mem_zero(1, sizeof *b);
	size_t i;

	b->definitions = d;
	b->n = n;
	b->ids = map_new();
	b->index = map_new();
	for (i = 0; i < n; i++)
		(void)map_add(b->ids, d[i]->id, strlen(d[i]->id), NULL);
	return b;
}

void
book_free(struct book *b)
{
	if (b == NULL)
		return;
	map_free(b->ids);
	map_free(b->index);
	free(b->entries);
	buf_free(&b->key);
	parts_free(&b->parts);
	free(b);
}

size_t
book_groups(const struct book *b)
{
	return map_count(b->index);
}

int
book_add(struct book *b, size_t d, const char *const key[DEFINITION_KEYS],
    num_wide numerator, num_wide denominator, num_wide squares,
    struct fault *f)
{
	struct entry *e;
	size_t i, g;
	int added;

	buf_clear(&b->key);
	buf_puts(&b->key, b->definitions[d]->id);
	for (i = 0; i < DEFINITION_KEYS; i++) {
		buf_putc(&b->key, '\0');
		buf_puts(&b->key, key[i]);
	}
	g = map_add(b->index, b->key.p, b->key.n, &added);
	if (added && g >= b->cap) {
		b->cap = b->cap > 0 ? b->cap * 2 : 256;
		b->entries = mem_array(b->entries, b->cap,
		    sizeof *b->entries);
	}
	e = &b->entries[g];
	if (added)
		memset(e, 0, sizeof *e);
	if (num_wide_add(&e->numerator, numerator) == -1 ||
	    num_wide_add(&e->denominator, denominator) == -1 ||
	    num_wide_add(&e->squares, squares) == -1)
		return fault_set(f, "a sum of %s does not fit in 128 bits",
		    b->definitions[d]->id);
	return 0;
}

/* Columns of partial results, after the tag. */
static const char *const partial_columns[] = { PARTIAL_TAG, "digest", "area",
    "period", "sex", "age_band", "category", "numerator", "denominator",
    "squares" };
#define PARTIAL_COLUMNS (sizeof partial_columns / sizeof *partial_columns)

static int
partial_fault(const struct csv_block *blk, size_t r, size_t c,
    const char *what, struct fault *f)
{
	(void)fault_set(f, "%s", what);
	fault_place(f, blk->file, csv_line_number(blk, r),
	    csv_record_number(blk, r), (uint64_t)c + 1, partial_columns[c]);
	return -1;
}

/* The last record: how many came before it, of how many parts. */
static int
partial_end(struct book *b, const struct csv_block *blk, size_t r,
    const struct buf *rows, const struct buf *parts, struct fault *f)
{
	int64_t n[2];

	if (num_i64(rows->p, rows->n, &n[0]) == -1 || n[0] < 0)
		return partial_fault(blk, r, 7, "must be a count of rows", f);
	if (num_i64(parts->p, parts->n, &n[1]) == -1 || n[1] < 1)
		return partial_fault(blk, r, 8, "must be a count of parts", f);
	parts_end(&b->parts, blk->file_index, (uint64_t)n[0], (uint64_t)n[1]);
	return 0;
}

static int
partial_record(struct book *b, const struct csv_block *blk, size_t r,
    struct buf cells[PARTIAL_COLUMNS], struct fault *f)
{
	const char *key[DEFINITION_KEYS];
	struct buf scratch = { 0 };
	num_wide v[3];
	size_t c, d;

	for (c = 0; c < PARTIAL_COLUMNS; c++) {
		struct csv_slice s = csv_cell(blk, r, c, &scratch);

		buf_clear(&cells[c]);
		buf_put(&cells[c], s.p, s.n);
		(void)buf_string(&cells[c]);
	}
	buf_free(&scratch);
	if (strcmp(cells[0].p, PARTIAL_TAG) == 0)
		return partial_end(b, blk, r, &cells[7], &cells[8], f);
	parts_row(&b->parts);
	d = map_find(b->ids, cells[0].p, cells[0].n);
	if (d == MAP_NONE)
		return partial_fault(blk, r, 0, "is an indicator that was not "
		    "asked for", f);
	if (strcmp(cells[1].p, b->definitions[d]->digest) != 0)
		return partial_fault(blk, r, 1, "counted by another version "
		    "of the definition", f);
	for (c = 0; c < DEFINITION_KEYS; c++)
		key[c] = cells[2 + c].p;
	for (c = 0; c < 3; c++)
		if (num_decimal(cells[7 + c].p, cells[7 + c].n, 0,
		    &v[c]) != 0)
			return partial_fault(blk, r, 7 + c, "must be a whole "
			    "number", f);
	return book_add(b, d, key, v[0], v[1], v[2], f);
}

int
book_read_partial(struct book *b, struct csv_reader *in,
    const char *const *paths, size_t npaths, uint64_t expected,
    struct fault *f)
{
	const struct csv_header *h = csv_header(in);
	struct buf cells[PARTIAL_COLUMNS];
	const struct csv_block *blk;
	size_t i;
	int rc, same = h->n == PARTIAL_COLUMNS;

	for (i = 0; same && i < PARTIAL_COLUMNS; i++)
		same = strcmp(h->names[i], partial_columns[i]) == 0;
	if (!same)
		return fault_set(f, "the input is not partial counts of "
		    "nib-indicator count --partial");
	memset(cells, 0, sizeof cells);
	while ((rc = csv_next(in, &blk, f)) == 1)
		for (i = 0; i < blk->nrecords; i++)
			if (partial_record(b, blk, i, cells, f) == -1) {
				rc = -1;
				goto out;
			}
out:
	for (i = 0; i < PARTIAL_COLUMNS; i++)
		buf_free(&cells[i]);
	return rc == 0 ? parts_check(&b->parts, paths, npaths, expected, f) :
	    -1;
}

struct sorted {
	const char *key;
	size_t n, g;
};

/* Cells end in NUL, which sorts before every byte of a longer cell. */
static int
by_key(const void *a, const void *b)
{
	const struct sorted *p = a, *q = b;
	int c = memcmp(p->key, q->key, p->n < q->n ? p->n : q->n);

	return c != 0 ? c : (p->n > q->n) - (p->n < q->n);
}

static void
put_entry(const struct definition *d,
    const struct entry *e, int partial, struct buf *to)
{
	int scale = partial ? 0 : d->numerator.scale;

	buf_putc(to, ',');
	num_put_decimal(to, e->numerator, (unsigned)scale);
	buf_putc(to, ',');
	if (partial || (d->denominator.kind != DEFINITION_POPULATION &&
	    (d->denominator.kind != DEFINITION_ABSENT ||
	    d->method == DEFINITION_MEAN)))
		num_put_decimal(to, e->denominator, partial ? 0 :
		    (unsigned)d->denominator.scale);
	buf_putc(to, ',');
	if (partial || d->method == DEFINITION_MEAN)
		num_put_decimal(to, e->squares, (unsigned)(2 * scale));
	buf_putc(to, '\n');
}

void
book_put(const struct book *b, int partial, int header, struct buf *to)
{
	size_t n = book_groups(b), i, c;
	struct sorted *order = mem_array(NULL, n + 1, sizeof *order);

	for (i = 0; i < n; i++) {
		order[i].key = map_key(b->index, i, &order[i].n);
		order[i].g = i;
	}
	if (n > 0)
		qsort(order, n, sizeof *order, by_key);
	if (header && partial)
		csv_put_header(to, partial_columns, PARTIAL_COLUMNS);
	else if (header)
		buf_puts(to, "indicator,area,period,sex,age_band,category,"
		    "numerator,denominator,squares\n");
	for (i = 0; i < n; i++) {
		const char *cell = order[i].key;
		size_t d = map_find(b->ids, cell, strlen(cell));

		csv_put_string(to, cell);
		if (partial) {
			buf_putc(to, ',');
			buf_puts(to, b->definitions[d]->digest);
		}
		for (c = 0; c < DEFINITION_KEYS; c++) {
			cell += strlen(cell) + 1;
			buf_putc(to, ',');
			csv_put_string(to, cell);
		}
		put_entry(b->definitions[d], &b->entries[order[i].g],
		    partial, to);
	}
	free(order);
	if (partial) {
		buf_puts(to, PARTIAL_TAG ",,,,,,,");
		buf_put_u64(to, n);
		buf_putc(to, ',');
		buf_put_u64(to, b->parts.parts > 0 ? b->parts.parts : 1);
		buf_puts(to, ",0\n");
	}
}
