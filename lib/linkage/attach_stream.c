/* Two files in order of the key, side by side. */
#include <stdlib.h>
#include <string.h>

#include "csv/writer.h"
#include "flow/flow.h"
#include "linkage/attach.h"
#include "linkage/attach_rows.h"

struct stream {
	const struct attach_task *t;
	/* Where the other file is: a record with a key and a day. */
	struct csv_reader *other;
	const struct csv_block *b;
	size_t i;
	int more;
	struct buf next;  /* its key */
	int32_t day;
	uint64_t useless;
	/* Records of one key that were read. */
	struct buf have;
	struct attach_group group;
	struct buf last;  /* key of the input's last record */
	struct buf scratch, cells;
};

static int
compare(struct csv_slice s, const struct buf *b)
{
	size_t n = s.n < b->n ? s.n : b->n;
	int c = n > 0 ? memcmp(s.p, b->p, n) : 0;

	return c != 0 ? c : s.n < b->n ? -1 : s.n > b->n;
}

static int
not_sorted(const struct csv_block *b, size_t i, size_t column,
    struct fault *f)
{
	(void)fault_set(f, "the key comes before the one of the record "
	    "before, in byte order: the file is not sorted");
	fault_place(f, b->file, csv_line_number(b, i),
	    csv_record_number(b, i), column + 1, NULL);
	return -1;
}

/* The next record of the other file that can be found, if there is one. */
static int
advance(struct stream *s, struct fault *f)
{
	struct csv_slice key;
	int c;

	for (;;) {
		while (s->b == NULL || ++s->i >= s->b->nrecords) {
			if ((s->more = csv_next(s->other, &s->b, f)) != 1)
				return s->more;
			s->i = (size_t)-1;
		}
		key = csv_cell(s->b, s->i, s->t->other_key, &s->scratch);
		if ((c = compare(key, &s->next)) < 0)
			return not_sorted(s->b, s->i, s->t->other_key, f);
		if (c > 0) {
			buf_clear(&s->next);
			buf_put(&s->next, key.p, key.n);
		}
		s->day = attach_record_day(s->b, s->i, s->t->other_day,
		    &s->scratch);
		if (s->next.n > 0 && s->day != ATTACH_NO_DAY)
			return 0;
		s->useless++;
	}
}

/* All records of the next key, sorted by day. */
static int
take_key(struct stream *s, struct fault *f)
{
	struct attach_group *g = &s->group;

	attach_group_clear(g);
	buf_clear(&s->have);
	buf_put(&s->have, s->next.p, s->next.n);
	do {
		if (g->n > 0 && s->t->other_day < 0)
			return attach_key_again(s->t, s->b->file,
			    csv_line_number(s->b, s->i),
			    csv_record_number(s->b, s->i), f);
		buf_clear(&s->cells);
		attach_put_cells(&s->cells, s->b, s->i, s->t);
		attach_group_add(g, s->day, s->cells.p, s->cells.n);
		if (advance(s, f) == -1)
			return -1;
	} while (s->more == 1 && s->next.n == s->have.n &&
	    memcmp(s->next.p, s->have.p, s->have.n) == 0);
	attach_sort_days(g->v, g->n, g->room);
	return 0;
}

static int
stream_block(void *arg, void *state, const struct csv_block *b,
    struct buf *outs, struct fault *f)
{
	struct stream *s = arg;
	struct buf *to = &outs[0];
	struct csv_slice key;
	int32_t day;
	size_t i;
	int c;

	(void)state;
	buf_reserve(to, b->size + b->nrecords * 16);
	for (i = 0; i < b->nrecords; i++) {
		csv_put_fields(to, b, i, 0, b->ncols);
		day = attach_record_day(b, i, s->t->day, &s->scratch);
		key = csv_cell(b, i, s->t->key, &s->scratch);
		if ((c = compare(key, &s->last)) < 0)
			return not_sorted(b, i, s->t->key, f);
		if (c > 0) {
			buf_clear(&s->last);
			buf_put(&s->last, key.p, key.n);
			while (s->more == 1 && compare(key, &s->have) > 0 &&
			    compare(key, &s->next) >= 0)
				if (take_key(s, f) == -1)
					return -1;
		}
		attach_end_group_row(s->t, to, s->last.n > 0 &&
		    s->last.n == s->have.n && memcmp(s->last.p, s->have.p,
		    s->have.n) == 0 ? &s->group : NULL, day);
	}
	return 0;
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

int
attach_stream(const struct attach_task *t, struct csv_reader *other,
    struct csv_reader *in, struct outfile *out, uint64_t *records,
    uint64_t *useless, struct fault *f)
{
	struct stream s = { .t = t, .other = other };
	struct flow flow = {
		.in = in, .jobs = t->jobs, .arg = &s, .map = no_map,
		.in_order = stream_block, .outs = &out, .nouts = 1,
		.progress = t->progress,
	};
	int rc;

	rc = advance(&s, f);
	if (rc == 0)
		rc = flow_run(&flow, NULL, f);
	/* The rest is read too: its faults do not depend on the input. */
	while (rc == 0 && s.more == 1)
		rc = take_key(&s, f);
	*records = flow.records;
	*useless = s.useless;
	attach_group_free(&s.group);
	buf_free(&s.next);
	buf_free(&s.have);
	buf_free(&s.last);
	buf_free(&s.scratch);
	buf_free(&s.cells);
	return rc;
}
