/* Fields of another file by key and date. */
#include "linkage/attach.h"

#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "base/mem.h"
#include "base/sorter.h"
#include "csv/writer.h"
#include "flow/flow.h"
#include "linkage/attach_rows.h"

struct attach {
	struct attach_task t;
	uint64_t useless, records;
	/* In memory: by key, day, place in the file, once they are sorted. */
	struct map *keys;
	uint64_t key_bytes;
	struct attach_row *rows;
	size_t n, cap;
	struct buf cells;
	size_t *start; /* by key, one more */
	/* Beyond memory: by key, a struct head and the cells. */
	struct spill *spill;
	struct sorter *sorted;
	const char *file; /* the name of the other file */
};

struct head {
	uint64_t record; /* its number in the other file, or of the input */
	int32_t day;
};

struct attach *
attach_new(const struct attach_task *t)
{
	struct attach *a = mem_zero(1, sizeof *a);

	a->t = *t;
	a->keys = map_new();
	a->spill = spill_new();
	return a;
}

static void
clear_memory(struct attach *a)
{
	map_free(a->keys);
	free(a->rows);
	buf_free(&a->cells);
	free(a->start);
	a->keys = NULL;
	a->rows = NULL;
	a->start = NULL;
}

void
attach_free(struct attach *a)
{
	if (a == NULL)
		return;
	clear_memory(a);
	sorter_free(a->sorted);
	spill_free(a->spill);
	free(a);
}

uint64_t
attach_records(const struct attach *a)
{
	return a->records;
}

uint64_t
attach_useless(const struct attach *a)
{
	return a->useless;
}

/*
 * THE OTHER FILE
 */

/* A worker's rows of a block: key and cells as text, lengths in rows. */
struct reading {
	struct attach *a;
	struct attach_row *rows;
	size_t cap;
	struct buf text, scratch;
};

static void *
reading_new(void *arg)
{
	struct reading *w = mem_zero(1, sizeof *w);

	w->a = arg;
	return w;
}

static void
reading_free(void *state)
{
	struct reading *w = state;

	free(w->rows);
	buf_free(&w->text);
	buf_free(&w->scratch);
	free(w);
}

static int
read_block(void *state, const struct csv_block *b, struct buf *outs,
    struct fault *f)
{
	struct reading *w = state;
	const struct attach_task *t = &w->a->t;
	struct attach_row *row;
	struct csv_slice s;
	size_t i, at;

	(void)outs;
	(void)f;
	buf_clear(&w->text);
	if (b->nrecords > w->cap) {
		w->cap = b->nrecords;
		w->rows = mem_array(w->rows, w->cap, sizeof *w->rows);
	}
	for (i = 0; i < b->nrecords; i++) {
		row = &w->rows[i];
		row->day = attach_record_day(b, i, t->other_day, &w->scratch);
		s = csv_cell(b, i, t->other_key, &w->scratch);
		row->key = (uint32_t)s.n;
		buf_put(&w->text, s.p, s.n);
		at = w->text.n;
		attach_put_cells(&w->text, b, i, t);
		row->n = (uint32_t)(w->text.n - at);
	}
	return 0;
}

static int
spill_row(struct attach *a, const char *key, size_t nkey, int32_t day,
    uint64_t record, const char *cells, size_t n, struct fault *f)
{
	struct head h = { record, day };
	struct buf b = { 0 };
	int rc;

	buf_put(&b, &h, sizeof h);
	buf_put(&b, cells, n);
	rc = sorter_add(a->sorted, key, nkey, b.p, b.n, f);
	buf_free(&b);
	return rc;
}

/* All that was held so far, in its order, is to be sorted instead. */
static int
leave_memory(struct attach *a, struct fault *f)
{
	const struct attach_row *row;
	const char *key;
	size_t i, n;

	a->sorted = sorter_new(a->t.memory / 4, a->spill);
	for (i = 0; i < a->n; i++) {
		row = &a->rows[i];
		key = map_key(a->keys, row->key, &n);
		/* It is the key's first, or there are days. */
		if (spill_row(a, key, n, row->day, 0, a->cells.p + row->at,
		    row->n, f) == -1)
			return -1;
	}
	clear_memory(a);
	return 0;
}

/* p: the key, row->key bytes, and the cells. */
static int
take_row(struct attach *a, const struct attach_row *row, const char *p,
    const struct csv_block *b, size_t i, struct fault *f)
{
	struct attach_row *to;
	int added;

	if (a->sorted != NULL)
		return spill_row(a, p, row->key, row->day,
		    csv_record_number(b, i), p + row->key, row->n, f);
	if (a->n == a->cap) {
		a->cap = a->cap * 3 / 2 + 1024;
		a->rows = mem_array(a->rows, a->cap, sizeof *a->rows);
	}
	to = &a->rows[a->n++];
	*to = *row;
	to->key = (uint32_t)map_add(a->keys, p, row->key, &added);
	if (!added && a->t.other_day < 0)
		return attach_key_again(&a->t, b->file, csv_line_number(b, i),
		    csv_record_number(b, i), f);
	a->key_bytes += added ? row->key + 70u : 0;
	to->at = a->cells.n;
	buf_put(&a->cells, p + row->key, row->n);
	return 0;
}

static int
take_block(void *arg, void *state, const struct csv_block *b,
    struct buf *outs, struct fault *f)
{
	struct attach *a = arg;
	const struct reading *w = state;
	const char *p = w->text.p;
	const struct attach_row *row;
	size_t i;

	(void)outs;
	a->file = b->file;
	for (i = 0; i < b->nrecords; i++) {
		row = &w->rows[i];
		if (row->key == 0 || row->day == ATTACH_NO_DAY)
			a->useless++;
		else if (take_row(a, row, p, b, i, f) == -1)
			return -1;
		p += row->key + row->n;
	}
	if (a->sorted == NULL && a->n * 2 * sizeof *a->rows + a->key_bytes +
	    a->cells.n > a->t.memory / 4 * 3)
		return leave_memory(a, f);
	return 0;
}

/* Rows of one key side by side, by day. */
static void
sort_rows(struct attach *a)
{
	size_t nkeys = map_count(a->keys), i, most = 0, n;
	struct attach_row *to = mem_array(NULL, a->n + 1, sizeof *to), *room;
	size_t *at = mem_zero(nkeys + 1, sizeof *at);

	a->start = mem_zero(nkeys + 1, sizeof *a->start);
	for (i = 0; i < a->n; i++)
		a->start[a->rows[i].key + 1]++;
	for (i = 0; i < nkeys; i++) {
		most = a->start[i + 1] > most ? a->start[i + 1] : most;
		a->start[i + 1] += a->start[i];
		at[i] = a->start[i];
	}
	for (i = 0; i < a->n; i++)
		to[at[a->rows[i].key]++] = a->rows[i];
	free(a->rows);
	a->rows = to;
	room = mem_array(NULL, most + 1, sizeof *room);
	for (i = 0; i < nkeys; i++) {
		n = a->start[i + 1] - a->start[i];
		attach_sort_days(to + a->start[i], n, room);
	}
	free(room);
	free(at);
}

int
attach_read(struct attach *a, struct csv_reader *other, struct fault *f)
{
	struct flow flow = {
		.in = other, .jobs = a->t.jobs, .arg = a,
		.state_new = reading_new, .state_free = reading_free,
		.map = read_block, .in_order = take_block,
		.progress = a->t.progress,
	};

	if (flow_run(&flow, NULL, f) == -1)
		return -1;
	if (a->sorted == NULL)
		sort_rows(a);
	return 0;
}

/*
 * THE INPUT, in memory
 */

static int
write_block(void *arg, const struct csv_block *b, struct buf *outs,
    struct fault *f)
{
	const struct attach *a = arg;
	struct buf scratch = { 0 }, *to = &outs[0];
	const struct attach_row *row;
	struct csv_slice s;
	size_t i, key, from, at;
	int32_t day;

	(void)f;
	buf_reserve(to, b->size + b->nrecords * 16);
	for (i = 0; i < b->nrecords; i++) {
		csv_put_fields(to, b, i, 0, b->ncols);
		day = attach_record_day(b, i, a->t.day, &scratch);
		s = csv_cell(b, i, a->t.key, &scratch);
		key = s.n > 0 && day != ATTACH_NO_DAY ?
		    map_find(a->keys, s.p, s.n) : MAP_NONE;
		row = NULL;
		if (key != MAP_NONE) {
			from = a->start[key];
			at = attach_choose(a->rows + from,
			    a->start[key + 1] - from, day, a->t.side,
			    a->t.within);
			row = at != ATTACH_NONE ? &a->rows[from + at] : NULL;
		}
		attach_end_row(&a->t, to, row != NULL ? a->cells.p + row->at : NULL,
		    row != NULL ? row->n : 0);
	}
	buf_free(&scratch);
	return 0;
}

/*
 * THE INPUT, when the other file is not in memory: its rows are sorted by
 * key too, each gets its end, and all are sorted back.
 */

struct meeting {
	struct attach *a;
	struct sorter *input;  /* by key: a struct head and the row */
	struct sorter *result; /* by number: the row of the output */
	uint64_t n;
	struct attach_group group; /* of a key of the other file */
};

static int
input_block(void *arg, void *state, const struct csv_block *b,
    struct buf *outs, struct fault *f)
{
	struct meeting *m = arg;
	struct buf scratch = { 0 }, row = { 0 };
	struct csv_slice s;
	struct head h;
	size_t i;
	int rc = 0;

	(void)state;
	(void)outs;
	for (i = 0; rc == 0 && i < b->nrecords; i++) {
		memset(&h, 0, sizeof h);
		h.record = m->n++;
		h.day = attach_record_day(b, i, m->a->t.day, &scratch);
		buf_clear(&row);
		buf_put(&row, &h, sizeof h);
		csv_put_fields(&row, b, i, 0, b->ncols);
		s = csv_cell(b, i, m->a->t.key, &scratch);
		rc = sorter_add(m->input, s.p, s.n, row.p, row.n, f);
	}
	buf_free(&scratch);
	buf_free(&row);
	return rc;
}

static int
no_map(void *state, const struct csv_block *b, struct buf *outs,
    struct fault *f)
{
	(void)state;
	(void)b;
	(void)outs;
	(void)f;
	return 0;
}

static int
compare(const struct sorter_record *a, const struct sorter_record *b)
{
	size_t n = a->nkey < b->nkey ? a->nkey : b->nkey;
	int c = n > 0 ? memcmp(a->key, b->key, n) : 0;

	return c != 0 ? c : a->nkey < b->nkey ? -1 : a->nkey > b->nkey;
}

/*
 * Rows of the other file with the key of *r, the current record; *r moves on
 * to the first of the next key, *more: there is one.
 */
static int
take_key(struct meeting *m, struct sorter_record *r, int *more,
    struct fault *f)
{
	struct attach *a = m->a;
	struct buf key = { 0 };
	struct head h;
	int rc = 0;

	buf_put(&key, r->key, r->nkey);
	attach_group_clear(&m->group);
	do {
		memcpy(&h, r->rest, sizeof h);
		if (m->group.n > 0 && a->t.other_day < 0) {
			rc = attach_key_again(&a->t, a->file, 0,
			    h.record, f);
			break;
		}
		attach_group_add(&m->group, h.day, r->rest + sizeof h,
		    r->nrest - sizeof h);
		rc = *more = sorter_next(a->sorted, r, f);
	} while (rc == 1 && r->nkey == key.n &&
	    memcmp(r->key, key.p, key.n) == 0);
	attach_sort_days(m->group.v, m->group.n, m->group.room);
	buf_free(&key);
	return rc == -1 ? -1 : 0;
}

/* A record of the input, and the rows of its key, if it has any. */
static int
meet(struct meeting *m, const struct sorter_record *r, int known,
    struct buf *row, struct fault *f)
{
	unsigned char number[8];
	struct head h;

	memcpy(&h, r->rest, sizeof h);
	buf_clear(row);
	buf_put(row, r->rest + sizeof h, r->nrest - sizeof h);
	attach_end_group_row(&m->a->t, row, known ? &m->group : NULL, h.day);
	sorter_number(number, h.record);
	return sorter_add(m->result, number, sizeof number, row->p, row->n, f);
}

static int
meet_all(struct meeting *m, struct fault *f)
{
	struct sorter_record in, other;
	struct buf row = { 0 }, key = { 0 };
	int more, k, rc = 0, order = 1;

	if ((more = sorter_next(m->a->sorted, &other, f)) == -1)
		return -1;
	while (rc == 0 && (k = sorter_next(m->input, &in, f)) == 1) {
		if (in.nkey != key.n || key.n == 0 ||
		    memcmp(in.key, key.p, key.n) != 0) {
			buf_clear(&key);
			buf_put(&key, in.key, in.nkey);
			order = 1;
			while (rc == 0 && more == 1 &&
			    (order = compare(&other, &in)) <= 0) {
				rc = take_key(m, &other, &more, f);
				if (order == 0)
					break;
				order = 1;
			}
		}
		if (rc == 0)
			rc = meet(m, &in, order == 0, &row, f);
	}
	if (rc == 0 && k == -1)
		rc = -1;
	/* A key that is there twice is one, also if nobody asks for it. */
	while (rc == 0 && more == 1)
		rc = take_key(m, &other, &more, f);
	buf_free(&row);
	buf_free(&key);
	return rc;
}

static int
write_sorted(struct attach *a, struct csv_reader *in, struct outfile *out,
    struct fault *f)
{
	struct meeting m = { .a = a };
	struct flow flow = {
		.in = in, .jobs = a->t.jobs, .arg = &m, .map = no_map,
		.in_order = input_block, .progress = a->t.progress,
	};
	struct sorter_record r;
	struct buf b = { 0 };
	int k = -1;

	m.input = sorter_new(a->t.memory / 4, a->spill);
	m.result = sorter_new(a->t.memory / 2, a->spill);
	if (flow_run(&flow, NULL, f) == -1 || meet_all(&m, f) == -1)
		goto out;
	a->records = flow.records;
	while ((k = sorter_next(m.result, &r, f)) == 1) {
		buf_put(&b, r.rest, r.nrest);
		if (b.n < 1 << 20)
			continue;
		if (outfile_write(out, b.p, b.n, f) == -1)
			goto out;
		buf_clear(&b);
	}
	if (k == 0)
		k = outfile_write(out, b.p, b.n, f);
out:
	sorter_free(m.input);
	sorter_free(m.result);
	attach_group_free(&m.group);
	buf_free(&b);
	return k == 0 ? 0 : -1;
}

int
attach_write(struct attach *a, struct csv_reader *in, struct outfile *out,
    struct fault *f)
{
	struct flow flow = {
		.in = in, .jobs = a->t.jobs, .arg = a, .map = write_block,
		.outs = &out, .nouts = 1, .progress = a->t.progress,
	};

	if (a->sorted != NULL)
		return write_sorted(a, in, out, f);
	if (flow_run(&flow, NULL, f) == -1)
		return -1;
	a->records = flow.records;
	return 0;
}
