/* Fields of another file by key and date. */
#include "linkage/attach.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/date.h"
#include "base/map.h"
#include "base/mem.h"
#include "csv/writer.h"
#include "flow/flow.h"

struct row {
	uint64_t at; /* of its cells */
	uint32_t key, n;
	int32_t day;
};

struct attach {
	struct map *keys;
	struct row *rows; /* by key, day, place in the file, after sorting */
	size_t n, cap;
	uint64_t useless;
	struct buf cells;
	size_t *start; /* by key, one more */
};

int32_t
attach_day(const char *p, size_t n)
{
	int64_t seconds;
	int32_t day;

	if (n > 10 && date_datetime_parse(p, n, &seconds) == 0)
		n = 10;
	return date_parse(p, n, &day) == 0 ? day : ATTACH_NO_DAY;
}

struct reading {
	struct attach *a;
	size_t key_column;
	long day_column;
	const size_t *fields;
	size_t nfields;
};

/* A worker's rows of a block: key and cells as text, lengths in rows. */
struct worker {
	struct reading *r;
	struct row *rows;
	size_t cap;
	struct buf text, scratch;
};

static void *
worker_new(void *arg)
{
	struct worker *w = mem_zero(1, sizeof *w);

	w->r = arg;
	return w;
}

static void
worker_free(void *state)
{
	struct worker *w = state;

	free(w->rows);
	buf_free(&w->text);
	buf_free(&w->scratch);
	free(w);
}

static int
map_block(void *state, const struct csv_block *b, struct buf *outs,
    struct fault *f)
{
	struct worker *w = state;
	const struct reading *r = w->r;
	struct csv_slice s;
	struct row *row;
	size_t i, k, at;

	(void)outs;
	(void)f;
	buf_clear(&w->text);
	if (b->nrecords > w->cap) {
		w->cap = b->nrecords;
		w->rows = mem_array(w->rows, w->cap, sizeof *w->rows);
	}
	for (i = 0; i < b->nrecords; i++) {
		row = &w->rows[i];
		s = csv_cell(b, i, r->key_column, &w->scratch);
		row->key = (uint32_t)s.n;
		buf_put(&w->text, s.p, s.n);
		row->day = 0;
		if (r->day_column >= 0) {
			s = csv_cell(b, i, (size_t)r->day_column, &w->scratch);
			row->day = attach_day(s.p, s.n);
		}
		at = w->text.n;
		for (k = 0; k < r->nfields; k++) {
			buf_putc(&w->text, ',');
			csv_put_raw(&w->text, csv_raw(b, i, r->fields[k]));
		}
		row->n = (uint32_t)(w->text.n - at);
	}
	return 0;
}

static int
take_block(void *arg, void *state, const struct csv_block *b,
    struct buf *outs, struct fault *f)
{
	struct reading *r = arg;
	struct attach *a = r->a;
	struct worker *w = state;
	const char *p = w->text.p;
	struct row *row;
	size_t i, n;
	int added;

	(void)outs;
	if (a->n + b->nrecords > a->cap) {
		a->cap = (a->n + b->nrecords) * 3 / 2;
		a->rows = mem_array(a->rows, a->cap, sizeof *a->rows);
	}
	for (i = 0; i < b->nrecords; i++) {
		row = &a->rows[a->n];
		*row = w->rows[i];
		n = row->key;
		if (n == 0 || row->day == ATTACH_NO_DAY) {
			a->useless++;
		} else {
			row->key = (uint32_t)map_add(a->keys, p, n, &added);
			if (!added && r->day_column < 0) {
				(void)fault_set(f, "the key was used by an "
				    "earlier record, and there is no date to "
				    "choose by");
				fault_place(f, b->file, csv_line_number(b, i),
				    csv_record_number(b, i),
				    r->key_column + 1, NULL);
				return -1;
			}
			row->at = a->cells.n;
			buf_put(&a->cells, p + n, row->n);
			a->n++;
		}
		p += n + row->n;
	}
	return 0;
}

/* Stable, by day: merge with room for n. */
static void
sort_days(struct row *v, size_t n, struct row *room)
{
	size_t half = n / 2, i = 0, j = half, k = 0;

	if (n < 2)
		return;
	sort_days(v, half, room);
	sort_days(v + half, n - half, room);
	if (v[half - 1].day <= v[half].day)
		return;
	memcpy(room, v, n * sizeof *v);
	while (i < half && j < n)
		v[k++] = room[j].day < room[i].day ? room[j++] : room[i++];
	while (i < half)
		v[k++] = room[i++];
	while (j < n)
		v[k++] = room[j++];
}

static void
sort(struct attach *a)
{
	size_t nkeys = map_count(a->keys), i, most = 0, n;
	struct row *to = mem_array(NULL, a->n + 1, sizeof *to), *room;
	size_t *at;

	a->start = mem_zero(nkeys + 1, sizeof *a->start);
	at = mem_zero(nkeys + 1, sizeof *at);
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
		sort_days(to + a->start[i], n, room);
	}
	free(room);
	free(at);
}

struct attach *
attach_read(struct csv_reader *in, size_t key_column, long day_column,
    const size_t *fields, size_t n, unsigned jobs, const char *progress,
    struct fault *f)
{
	struct attach *a = mem_zero(1, sizeof *a);
	struct reading r = { a, key_column, day_column, fields, n };
	struct flow flow = {
		.in = in, .jobs = jobs, .arg = &r,
		.state_new = worker_new, .state_free = worker_free,
		.map = map_block, .in_order = take_block,
		.progress = progress,
	};

	a->keys = map_new();
	if (flow_run(&flow, NULL, f) == -1) {
		attach_free(a);
		return NULL;
	}
	sort(a);
	return a;
}

void
attach_free(struct attach *a)
{
	if (a == NULL)
		return;
	map_free(a->keys);
	free(a->rows);
	buf_free(&a->cells);
	free(a->start);
	free(a);
}

size_t
attach_count(const struct attach *a)
{
	return a->n;
}

uint64_t
attach_useless(const struct attach *a)
{
	return a->useless;
}

/* The first row of from..to whose day is at least that; to if none. */
static size_t
first_from(const struct attach *a, size_t from, size_t to, int64_t day)
{
	size_t middle;

	while (from < to) {
		middle = from + (to - from) / 2;
		if (a->rows[middle].day < day)
			from = middle + 1;
		else
			to = middle;
	}
	return from;
}

size_t
attach_find(const struct attach *a, const char *key, size_t n, int32_t day,
    enum attach_side side, int32_t within)
{
	size_t k = n > 0 ? map_find(a->keys, key, n) : MAP_NONE;
	size_t from, to, before, after;
	int64_t off_before = INT64_MAX, off_after = INT64_MAX;

	if (k == MAP_NONE)
		return ATTACH_NONE;
	from = a->start[k];
	to = a->start[k + 1];
	/* The latest day no later, and of that day the first record. */
	before = first_from(a, from, to, (int64_t)day + 1);
	if (before > from) {
		before = first_from(a, from, to, a->rows[before - 1].day);
		off_before = (int64_t)day - a->rows[before].day;
	}
	after = first_from(a, from, to, day);
	if (after < to)
		off_after = (int64_t)a->rows[after].day - day;
	if (side == ATTACH_BEFORE)
		off_after = INT64_MAX;
	if (side == ATTACH_AFTER)
		off_before = INT64_MAX;
	if (off_before <= off_after && off_before <= within)
		return before;
	return off_after <= within ? after : ATTACH_NONE;
}

const char *
attach_cells(const struct attach *a, size_t i, size_t *n)
{
	*n = a->rows[i].n;
	return a->cells.p + a->rows[i].at;
}
