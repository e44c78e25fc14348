/* The records of one key, by day. */
#include "linkage/attach_rows.h"

#include <stdlib.h>
#include <string.h>

#include "base/date.h"
#include "base/mem.h"
#include "csv/writer.h"

int32_t
attach_day(const char *p, size_t n)
{
	int64_t seconds;
	int32_t day;

	if (n > 10 && date_datetime_parse(p, n, &seconds) == 0)
		n = 10;
	return date_parse(p, n, &day) == 0 ? day : ATTACH_NO_DAY;
}

void
attach_sort_days(struct attach_row *v, size_t n, struct attach_row *room)
{
	size_t half = n / 2, i = 0, j = half, k = 0;

	if (n < 2)
		return;
	attach_sort_days(v, half, room);
	attach_sort_days(v + half, n - half, room);
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

/* The first of rows from..to whose day is at least that; to if none. */
static size_t
first_from(const struct attach_row *v, size_t from, size_t to, int64_t day)
{
	size_t middle;

	while (from < to) {
		middle = from + (to - from) / 2;
		if (v[middle].day < day)
			from = middle + 1;
		else
			to = middle;
	}
	return from;
}

size_t
attach_choose(const struct attach_row *v, size_t n, int32_t day,
    enum attach_side side, int32_t within)
{
	int64_t off_before = INT64_MAX, off_after = INT64_MAX;
	size_t before, after;

	/* The latest day no later, and of that day the first record. */
	before = first_from(v, 0, n, (int64_t)day + 1);
	if (before > 0) {
		before = first_from(v, 0, n, v[before - 1].day);
		off_before = (int64_t)day - v[before].day;
	}
	after = first_from(v, 0, n, day);
	if (after < n)
		off_after = (int64_t)v[after].day - day;
	if (side == ATTACH_BEFORE)
		off_after = INT64_MAX;
	if (side == ATTACH_AFTER)
		off_before = INT64_MAX;
	if (off_before <= off_after && off_before <= within)
		return before;
	return off_after <= within ? after : ATTACH_NONE;
}

void
attach_put_cells(struct buf *to, const struct csv_block *b, size_t record,
    const struct attach_task *task)
{
	size_t k;

	for (k = 0; k < task->nfields; k++) {
		buf_putc(to, ',');
		csv_put_raw(to, csv_raw(b, record, task->fields[k]));
	}
}

void
attach_group_free(struct attach_group *g)
{
	free(g->v);
	free(g->room);
	buf_free(&g->cells);
}

void
attach_group_clear(struct attach_group *g)
{
	g->n = 0;
	buf_clear(&g->cells);
}

void
attach_group_add(struct attach_group *g, int32_t day, const char *cells,
    size_t n)
{
	if (g->n == g->cap) {
		g->cap = g->cap * 2 + 16;
		g->v = mem_array(g->v, g->cap, sizeof *g->v);
		g->room = mem_array(g->room, g->cap, sizeof *g->room);
	}
	g->v[g->n++] = (struct attach_row){ g->cells.n, (uint32_t)n, 0, day };
	buf_put(&g->cells, cells, n);
}

void
attach_end_row(const struct attach_task *t, struct buf *to, const char *cells,
    size_t n)
{
	buf_put(to, cells, n);
	buf_puts(to, cells != NULL ? t->found : t->none);
	buf_putc(to, '\n');
}

void
attach_end_group_row(const struct attach_task *t, struct buf *to,
    const struct attach_group *g, int32_t day)
{
	size_t at = ATTACH_NONE;

	if (g != NULL && day != ATTACH_NO_DAY)
		at = attach_choose(g->v, g->n, day, t->side, t->within);
	if (at != ATTACH_NONE)
		attach_end_row(t, to, g->cells.p + g->v[at].at, g->v[at].n);
	else
		attach_end_row(t, to, NULL, 0);
}

int
attach_key_again(const struct attach_task *t, const char *file,
    uint64_t line, uint64_t record, struct fault *f)
{
	(void)fault_set(f, "the key was used by an earlier record, and there "
	    "is no date to choose by");
	fault_place(f, file, line, record, t->other_key + 1, NULL);
	return -1;
}

int32_t
attach_record_day(const struct csv_block *b, size_t i, long column,
    struct buf *scratch)
{
	struct csv_slice s;

	if (column < 0)
		return 0;
	s = csv_cell(b, i, (size_t)column, scratch);
	return attach_day(s.p, s.n);
}
