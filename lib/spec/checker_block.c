/* A worker's state, and what it makes of a block. */
#include "spec/checker_inner.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "csv/writer.h"

void *
checker_state_new(void *arg)
{
	const struct checker *c = arg;
	struct checker_state *s = mem_zero(1, sizeof *s);
	size_t i;

	s->checker = c;
	s->shelf = expr_shelf_new(spec_scope_expr(c->scope));
	s->runs = mem_zero(c->ncols + 1, sizeof *s->runs);
	s->applies = mem_zero(c->ncols + 1, sizeof *s->applies);
	for (i = 0; i < c->ncols; i++) {
		if (c->columns[i] != NULL)
			s->runs[i] = column_run_new(c->columns[i]);
		if (c->applies[i] != NULL)
			s->applies[i] = expr_run_new_on(c->applies[i],
			    s->shelf);
	}
	s->rules = mem_zero(c->nrules + 1, sizeof *s->rules);
	for (i = 0; i < c->nrules; i++)
		s->rules[i] = expr_run_new_on(c->rules[i].expr, s->shelf);
	s->keys = keycheck_state_new(&c->keys);
	s->tally = mem_zero(findings_count(c->list) + 1, sizeof *s->tally);
	if (c->o.show_values)
		s->found.values = &s->values;
	if (c->wide != NULL)
		s->wide = wide_state_new(c->wide, s->shelf);
	if (c->wide != NULL && wide_any_group(c->wide))
		s->marks = marks_new();
	if (c->o.measure) {
		s->meters = mem_zero(1, sizeof *s->meters);
		s->meters[s->nmeters++] = meter_new(&c->plan);
		s->when = mem_zero(c->ncols + 1, sizeof *s->when);
		for (i = 0; i < c->ncols; i++)
			if (c->when[i] != NULL)
				s->when[i] = expr_run_new_on(
				    c->when[i], s->shelf);
	}
	return s;
}

void
checker_state_free(void *arg)
{
	struct checker_state *s = arg;
	size_t i;

	if (s == NULL)
		return;
	for (i = 0; i < s->checker->ncols; i++) {
		column_run_free(s->runs[i]);
		expr_run_free(s->applies[i]);
		if (s->when != NULL)
			expr_run_free(s->when[i]);
	}
	wide_state_free(s->wide);
	marks_free(s->marks);
	keycheck_state_free(s->keys);
	for (i = 0; i < s->nmeters; i++)
		meter_free(s->meters[i]);
	free(s->meters);
	free(s->when);
	for (i = 0; i < s->checker->nrules; i++)
		expr_run_free(s->rules[i]);
	expr_shelf_free(s->shelf);
	free(s->runs);
	free(s->applies);
	free(s->rules);
	free(s->twice.v);
	free(s->beyond.v);
	free(s->tally);
	free(s->found.v);
	free(s->list);
	free(s->flags);
	buf_free(&s->values);
	buf_free(&s->pool);
	buf_free(&s->key);
	free(s);
}

void
checker_keep(struct checker_state *s, const struct finding *x)
{
	if (s->nlist == s->cap) {
		s->cap = s->cap > 0 ? s->cap * 2 : 256;
		s->list = mem_array(s->list, s->cap, sizeof *s->list);
	}
	s->list[s->nlist++] = *x;
}

/*
 * The batch's findings, which came column by column, go to the block's list
 * by record. *ragged counts the ragged records passed so far.
 */
static void
sort_batch(struct checker_state *s, const struct csv_block *b, size_t first,
    size_t m, size_t *ragged)
{
	const struct column_found *found = &s->found;
	uint32_t start[COLUMN_BATCH + 1] = { 0 };
	size_t i, base = s->nlist, total = base + found->n;
	struct finding x;

	for (i = 0; i < found->n; i++)
		start[found->v[i].row + 1]++;
	for (i = 0; i < m; i++)
		start[i + 1] += start[i];
	memset(&x, 0, sizeof x);
	while (s->nlist < total)
		checker_keep(s, &x);
	for (i = 0; i < found->n; i++) {
		const struct column_item *v = &found->v[i];
		struct finding *to = &s->list[base + start[v->row]++];

		s->flags[first + v->row] |= checker_flag(s->checker, v->check);
		to->check = v->check;
		to->row = v->row;
		to->value = v->value;
		to->nvalue = v->nvalue;
	}
	for (i = base; i < total; i++) {
		size_t r = first + s->list[i].row;

		while (*ragged < b->nragged && b->ragged[*ragged].before <= r)
			++*ragged;
		s->list[i].row = checker_row(s->checker, b, r, *ragged);
	}
}

/* A foreign key, of a record of this batch. */
static void
said_foreign(void *arg, size_t key, size_t record, int ok)
{
	struct checker_state *s = arg;

	if (!ok)
		column_report(&s->found, s->checker->keys.v[key].check,
		    (uint16_t)(record - s->first), NULL, 0);
	if (s->nmeters > 0)
		meter_key(s->meters[0], key, record, ok);
}

int
checker_by_row(const void *a, const void *b)
{
	const struct finding *x = a, *y = b;

	if (x->row != y->row)
		return x->row < y->row ? -1 : 1;
	return x->check < y->check ? -1 : x->check > y->check;
}

void
checker_merge_runs(struct checker_state *s, size_t middle)
{
	struct finding *to;
	size_t i = 0, k = middle, n = 0;

	if (middle == 0 || middle == s->nlist ||
	    s->list[middle - 1].row <= s->list[middle].row)
		return;
	to = mem_array(NULL, s->cap, sizeof *to);
	while (i < middle || k < s->nlist)
		to[n++] = k == s->nlist || (i < middle &&
		    s->list[i].row <= s->list[k].row) ? s->list[i++] :
		    s->list[k++];
	free(s->list);
	s->list = to;
}

/* What the block's findings and records make of the outputs. */
static void
put_good(const struct checker_state *s, const struct csv_block *b,
    struct buf *good, struct buf *rejects)
{
	size_t from = 0, r, ragged = 0;

	if (s->checker->nheader > 0)
		good = NULL;
	for (r = 0; r <= b->nrecords; r++) {
		int bad;

		while (rejects != NULL && ragged < b->nragged &&
		    b->ragged[ragged].before <= r) {
			const struct csv_ragged *g = &b->ragged[ragged++];
			uint32_t end = b->ragged_ends[g->first +
			    g->nfields - 1];

			/* With its line end, as it came. */
			buf_put(rejects, b->ragged_data + g->start,
			    end + 1 - g->start);
		}
		bad = r < b->nrecords && (s->flags[r] & FLAG_ERROR) != 0;
		if (r < b->nrecords && !bad)
			continue;
		if (good != NULL)
			csv_put_records(good, b, from, r);
		from = r + 1;
		if (bad && rejects != NULL)
			csv_put_records(rejects, b, r, r + 1);
	}
}

void
checker_put(const struct checker_state *s, const struct csv_block *b,
    struct buf *outs)
{
	const struct checker *c = s->checker;
	struct buf *good = c->o.good >= 0 ? &outs[c->o.good] : NULL;
	struct buf *rejects = c->o.rejects >= 0 ? &outs[c->o.rejects] : NULL;
	size_t i;

	if (good != NULL || rejects != NULL)
		put_good(s, b, good, rejects);
	if (c->o.errors < 0)
		return;
	for (i = 0; i < s->nlist; i++)
		findings_put(c->list, &s->list[i], b->file,
		    s->list[i].nvalue > 0 ? s->values.p + s->list[i].value :
		    NULL, s->list[i].nvalue, &outs[c->o.errors]);
}

void
checker_count(struct checker_state *s, const struct csv_block *b, size_t from)
{
	size_t i;

	for (i = from; i < s->nlist; i++)
		findings_tally(&s->tally[s->list[i].check], b->file_index,
		    s->list[i].row);
}

static void
start_block(struct checker_state *s, const struct csv_block *b)
{
	s->nlist = 0;
	buf_clear(&s->values);
	if (s->flags_cap < b->nrecords + 1) {
		s->flags_cap = b->nrecords * 2 + 1;
		s->flags = mem_array(s->flags, s->flags_cap, 1);
	}
	memset(s->flags, 0, b->nrecords + 1);
	s->twice.n = s->beyond.n = 0;
	keycheck_start(s->keys, b);
}

void
checker_mark(struct checker_state *s, const struct csv_block *b, size_t r)
{
	if (s->marks != NULL)
		marks_add(s->marks, b->file_index, csv_record_number(b, r),
		    s->flags[r]);
}

void
checker_set_apart(struct checker_apart *a, size_t record, uint32_t check)
{
	struct finding *x;

	if (a->n == a->cap) {
		a->cap = a->cap * 2 + 64;
		a->v = mem_array(a->v, a->cap, sizeof *a->v);
	}
	x = &a->v[a->n++];
	memset(x, 0, sizeof *x);
	x->row = record;
	x->check = check;
}

void
checker_take_apart(struct checker_state *s, const struct csv_block *b,
    struct checker_apart *a, int counted)
{
	size_t i, r, middle = s->nlist, ragged = 0;

	if (a->n == 0)
		return;
	qsort(a->v, a->n, sizeof *a->v, checker_by_row);
	for (i = 0; i < a->n; i++) {
		unsigned char flag = checker_flag(s->checker, a->v[i].check);

		r = (size_t)a->v[i].row;
		while (ragged < b->nragged && b->ragged[ragged].before <= r)
			ragged++;
		if (counted && flag == FLAG_ERROR) {
			s->warned -= s->flags[r] == FLAG_WARNING;
			s->bad += (s->flags[r] & FLAG_ERROR) == 0;
		}
		s->flags[r] |= flag;
		if (counted)
			checker_mark(s, b, r);
		a->v[i].row = checker_row(s->checker, b, r, ragged);
		checker_keep(s, &a->v[i]);
	}
	a->n = 0;
	if (counted)
		checker_count(s, b, middle);
	checker_merge_runs(s, middle);
}

static void
found_wide(void *arg, size_t rule, size_t record)
{
	struct checker_state *s = arg;

	checker_set_apart(&s->beyond, record, s->checker->wide_checks[rule]);
}

int
checker_map(void *arg, const struct csv_block *b, struct buf *outs,
    struct fault *f)
{
	struct checker_state *s = arg;
	const uint32_t *places = NULL;
	size_t first, m, ragged = 0, middle, r, i;

	start_block(s, b);
	if (s->nmeters > 0 && meter_block(s->meters[0], b, f) == -1)
		return -1;
	if (s->nmeters > 0 && s->wide != NULL)
		places = meter_places_of(s->meters[0], b->nrecords);
	for (first = 0; first < b->nrecords; first += m) {
		m = b->nrecords - first;
		if (m > COLUMN_BATCH)
			m = COLUMN_BATCH;
		s->found.n = 0;
		if (!s->checker->o.across &&
		    (checker_columns(s, b, first, m, f) == -1 ||
		    checker_rules(s, b, first, m, f) == -1))
			return -1;
		if (s->wide != NULL && wide_map(s->wide, b, first, m, places,
		    found_wide, s, f) == -1)
			return -1;
		s->first = first;
		keycheck_map(s->keys, b, first, m, said_foreign, s);
		if (s->found.n > 0)
			sort_batch(s, b, first, m, &ragged);
	}
	keycheck_share(s->keys);
	middle = s->nlist;
	for (i = 0; i < b->nragged && !s->checker->o.across; i++)
		if (checker_ragged(s, b, i, f) == -1)
			return -1;
	checker_merge_runs(s, middle);
	checker_take_apart(s, b, &s->beyond, 0);
	if (s->checker->given != NULL)
		checker_add_given(s, b);
	s->records += b->nrecords + b->nragged;
	s->bad += b->nragged;
	for (r = 0; s->nlist > 0 && r < b->nrecords; r++) {
		s->bad += (s->flags[r] & FLAG_ERROR) != 0;
		s->warned += s->flags[r] == FLAG_WARNING;
		if (s->flags[r] != 0)
			checker_mark(s, b, r);
	}
	checker_count(s, b, 0);
	if (s->checker->given != NULL)
		checker_count_given(s, b);
	checker_put(s, b, outs);
	return 0;
}
