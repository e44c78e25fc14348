/* Mergeable state as CSV: integers, the groupings, and the pairs' values. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "csv/writer.h"
#include "tally/plan.h"

#define FLUSH ((size_t)256 * 1024)

/* Cells up to and including the count of records. */
static void
put_group(struct buf *b, const struct tally *t, size_t store,
    const struct csv_slice *by, uint64_t n)
{
	size_t i;

	if (store == 0)
		buf_putc(b, 'g');
	else
		buf_printf(b, "v%zu", store);
	buf_putc(b, ',');
	for (i = 0; i < t->nparts; i++) {
		csv_put_cell(b, by[i].p, by[i].n);
		buf_putc(b, ',');
	}
	buf_put_u64(b, n);
}

static void
put_state(struct buf *b, const struct tally_state *s, const char *state)
{
	const struct tally *t = s->t;
	size_t i, j;

	for (i = 0; i < t->ninputs; i++) {
		buf_putc(b, ',');
		buf_put_u64(b, s->scales[i]);
		buf_putc(b, ',');
		buf_put_u64(b, s->rooms[i]);
		for (j = 0; j < t->nnumbers; j++) {
			const struct plan_number *p = &t->numbers[j];

			if (p->input != i)
				continue;
			buf_putc(b, ',');
			if (p->width == PLAN_SUM)
				tally_total_put(b, tally_total_at(state +
				    p->at));
			else if (p->width == PLAN_WIDE)
				num_put_decimal(b, plan_get_wide(state,
				    p->at), 0);
			else
				buf_put_u64(b, plan_get(state, p->at));
		}
	}
}

/* *n: rows written. */
static int
write_store(struct tally_state *s, size_t store, struct outfile *out,
    uint64_t *n, struct fault *f)
{
	const struct tally *t = s->t;
	struct plan_adder plan = { t, s->scales };
	struct tally_adder add = plan_adder_of(s, store, &plan);
	struct csv_slice *by = mem_zero(t->nparts, sizeof *by), rest;
	struct tally_stream *stream;
	struct buf b = { 0 };
	struct tally_key k;
	char *state, small[TALLY_SHORT];
	size_t i;
	int rc = -1, more = 0;

	stream = tally_store_read(t->stores[store], s->tables[store],
	    t->options.memory / 2, t->helpers, &add, f);
	s->tables[store] = NULL;
	if (stream == NULL)
		goto out;
	while ((more = tally_stream_next(stream, &k, &state, f)) == 1) {
		plan_split(&k, small, t->nparts, by, &rest);
		put_group(&b, t, store, by, plan_store_state(t, store) > 0 ?
		    plan_get(state, 0) : 1);
		if (store == 0) {
			put_state(&b, s, state);
			buf_putc(&b, ',');
		} else {
			for (i = 0; i < plan_partial_cells(t); i++)
				buf_putc(&b, ',');
			buf_putc(&b, ',');
			csv_put_cell(&b, rest.p, rest.n);
		}
		buf_putc(&b, '\n');
		++*n;
		if (b.n >= FLUSH) {
			if (outfile_write(out, b.p, b.n, f) == -1)
				goto out;
			buf_clear(&b);
		}
	}
	if (more == 0)
		rc = outfile_write(out, b.p, b.n, f);
out:
	tally_stream_free(stream);
	free(by);
	buf_free(&b);
	return rc;
}

/* The last row: what the others are, how many, and of how many parts. */
static int
write_end(const struct tally_state *s, uint64_t n, uint64_t parts,
    struct outfile *out, struct fault *f)
{
	const struct tally *t = s->t;
	char *tag = plan_partial_tag(t);
	struct buf b = { 0 };
	size_t i;
	int rc;

	buf_puts(&b, tag);
	for (i = 0; i <= t->nparts; i++)
		buf_putc(&b, ',');
	buf_put_u64(&b, n);
	for (i = 0; i <= plan_partial_cells(t); i++)
		buf_putc(&b, ',');
	buf_put_u64(&b, parts);
	buf_putc(&b, '\n');
	rc = outfile_write(out, b.p, b.n, f);
	buf_free(&b);
	free(tag);
	return rc;
}

int
tally_write_partial(struct tally_state *s, uint64_t parts,
    struct outfile *out, int header, struct fault *f)
{
	struct buf b = { 0 };
	char **names;
	uint64_t rows = 0;
	size_t n, i;
	int rc = 0;

	if (header) {
		names = plan_partial_names(s->t, &n);
		csv_put_header(&b, (const char *const *)names, n);
		for (i = 0; i < n; i++)
			free(names[i]);
		free(names);
		rc = outfile_write(out, b.p, b.n, f);
		buf_free(&b);
	}
	if (rc == 0 && (plan_settle_scales(s, f) == -1 ||
	    plan_finish_routes(s, f) == -1))
		rc = -1;
	for (i = 0; rc == 0 && i < s->t->nstores; i++)
		rc = write_store(s, i, out, &rows, f);
	return rc == 0 ? write_end(s, rows, parts, out, f) : -1;
}

const struct parts *
tally_parts(const struct tally_state *s)
{
	return &s->parts;
}

static int
broken(const struct csv_block *b, size_t r, size_t c, struct fault *f)
{
	(void)fault_set(f, "not a partial result: not what this column "
	    "holds");
	fault_place(f, b->file, csv_line_number(b, r),
	    csv_record_number(b, r), c + 1, NULL);
	return -1;
}

static int
get_count(struct csv_slice c, uint64_t *v)
{
	int64_t i;

	if (num_i64(c.p, c.n, &i) == -1 || i < 0)
		return -1;
	*v = (uint64_t)i;
	return 0;
}

/* Into a group's state and its scales, and s's rooms; -1 and the column that is wrong. */
static int
get_state(struct tally_state *s, const struct csv_block *b, size_t r,
    size_t *c, char *state, unsigned char *scales)
{
	const struct tally *t = s->t;
	size_t i, j;

	for (i = 0; i < t->ninputs; i++) {
		uint64_t v;
		num_wide w;

		if (get_count(csv_raw(b, r, *c), &v) == -1 ||
		    v > NUM_MAX_SCALE)
			return -1;
		scales[i] = (unsigned char)v;
		++*c;
		if (get_count(csv_raw(b, r, *c), &v) == -1 || v < scales[i] ||
		    v > NUM_MAX_SCALE)
			return -1;
		if (v < s->rooms[i])
			s->rooms[i] = (unsigned char)v;
		++*c;
		for (j = 0; j < t->nnumbers; j++) {
			const struct plan_number *p = &t->numbers[j];
			struct csv_slice cell = csv_raw(b, r, *c);

			if (p->input != i)
				continue;
			if (p->width == PLAN_SUM) {
				struct tally_total sum;

				if (tally_total_get(cell.p, cell.n, &sum) ==
				    -1)
					return -1;
				tally_total_set(state + p->at, sum);
			} else if (p->width == PLAN_WIDE) {
				if (num_decimal(cell.p, cell.n, 0, &w) != 0 ||
				    memchr(cell.p, '.', cell.n) != NULL)
					return -1;
				plan_set_wide(state, p->at, w);
			} else {
				if (get_count(cell, &v) == -1)
					return -1;
				plan_set(state, p->at, v);
			}
			++*c;
		}
	}
	return 0;
}

/* A row that is of no group: the last one, of this request. */
static int
map_end(struct tally_state *s, const struct csv_block *b, size_t r,
    const char *tag, struct fault *f)
{
	struct csv_slice kind = csv_raw(b, r, 0);
	uint64_t rows, parts;

	if (kind.n < 4 || memcmp(kind.p, "nib-", 4) != 0)
		return broken(b, r, 0, f);
	if (kind.n != strlen(tag) || memcmp(kind.p, tag, kind.n) != 0) {
		(void)fault_set(f, "a partial result of another request or "
		    "version ends here");
		fault_place(f, b->file, csv_line_number(b, r),
		    csv_record_number(b, r), 1, NULL);
		return -1;
	}
	if (get_count(csv_raw(b, r, s->t->nparts + 1), &rows) == -1)
		return broken(b, r, s->t->nparts + 1, f);
	if (get_count(csv_raw(b, r, b->ncols - 1), &parts) == -1)
		return broken(b, r, b->ncols - 1, f);
	parts_end(&s->parts, b->file_index, rows, parts);
	return 0;
}

static int
map_record(struct tally_state *s, const struct csv_block *b, size_t r,
    const char *tag, struct buf *text, char *from, unsigned char *scales, struct fault *f)
{
	const struct tally *t = s->t;
	struct plan_adder plan = { t, s->scales };
	struct tally_adder add;
	struct csv_slice kind = csv_raw(b, r, 0), cell;
	struct tally_key key;
	uint64_t store = 0, n;
	size_t c, i;
	char *to;

	if (kind.n < 1 || (kind.p[0] != 'g' && kind.p[0] != 'v') ||
	    (kind.p[0] == 'g' && kind.n > 1) || (kind.p[0] == 'v' &&
	    (kind.n < 2 || (kind.p++, kind.n--, get_count(kind, &store)) ==
	    -1 || store == 0 || store >= t->nstores)))
		return map_end(s, b, r, tag, f);
	parts_row(&s->parts);
	buf_clear(text);
	for (c = 1; c <= t->nparts; c++) {
		cell = csv_cell(b, r, c, &s->scratch);
		if (c > 1)
			buf_putc(text, 0);
		buf_put(text, cell.p, cell.n);
	}
	if (get_count(csv_raw(b, r, c), &n) == -1)
		return broken(b, r, c, f);
	plan_set(from, 0, n);
	c++;
	if (store == 0) {
		if (get_state(s, b, r, &c, from, scales) == -1)
			return broken(b, r, c, f);
		for (i = 0; i < t->ninputs; i++)
			if (t->inputs[i].at_bad != 0)
				s->bad[i].n += plan_get(from,
				    t->inputs[i].at_bad);
		for (i = 0; i < t->ninputs; i++)
			if (scales[i] > s->scales[i] ||
			    s->scales[i] > s->rooms[i])
				break;
		if (i < t->ninputs && plan_rescale(s, scales, f) == -1)
			return -1;
	} else {
		cell = csv_cell(b, r, b->ncols - 1, &s->scratch);
		if (cell.n == 0)
			return broken(b, r, b->ncols - 1, f);
		if (t->nparts > 0)
			buf_putc(text, 0);
		buf_put(text, cell.p, cell.n);
	}
	key = tally_key_of(text->p, text->n);
	tally_table_batch(s->tables[store], &key, 1, &to);
	add = plan_adder_of(s, store, &plan);
	return add.add(add.arg, to, from, scales, f);
}

int
tally_map_partial(void *arg, const struct csv_block *b, struct buf *outs,
    struct fault *f)
{
	struct tally_state *s = arg;
	struct buf text = { 0 };
	char *from = mem_zero(1, s->t->state);
	unsigned char *scales = mem_zero(s->t->ninputs, 1);
	char *tag = plan_partial_tag(s->t);
	size_t r;
	int rc = 0;

	(void)outs;
	for (r = 0; rc == 0 && r < b->nrecords; r++)
		rc = map_record(s, b, r, tag, &text, from, scales, f);
	if (rc == 0)
		rc = plan_check_memory(s, f);
	buf_free(&text);
	free(from);
	free(scales);
	free(tag);
	return rc;
}
