/* Records into groups: the hot path. Everything by batches of 256. */
#include <stdlib.h>

#include "base/mem.h"
#include "tally/batch.h"

void *
tally_state_new(void *arg)
{
	struct tally *t = arg;
	struct tally_state *s = mem_zero(1, sizeof *s);
	size_t i;

	s->t = t;
	s->tables = mem_zero(t->nstores, sizeof(struct tally_table *));
	for (i = 0; i < t->nstores; i++)
		s->tables[i] = tally_table_new(plan_store_state(t, i));
	s->scales = mem_zero(t->ninputs, 1);
	s->rooms = mem_alloc(t->ninputs);
	if (t->ninputs > 0)
		memset(s->rooms, NUM_MAX_SCALE, t->ninputs);
	s->bad = mem_zero(t->ninputs, sizeof *s->bad);
	s->part_runs = mem_zero(t->nparts, sizeof(struct expr_run *));
	s->input_runs = mem_zero(t->ninputs, sizeof(struct expr_run *));
	s->caches = mem_zero(t->nparts, sizeof(struct cache *));
	s->batch = mem_alloc(sizeof *s->batch);
	s->kept = mem_zero(t->ninputs, sizeof(struct kept *));
	s->routes = mem_zero(t->nstores, sizeof *s->routes);
	for (i = 0; i < t->nparts; i++)
		if (t->parts[i].expr != NULL && t->parts[i].column < 0) {
			s->part_runs[i] = expr_run_new(t->parts[i].expr);
			if (t->parts[i].cached)
				s->caches[i] = batch_cache_new();
		}
	for (i = 0; i < t->ninputs; i++) {
		const struct plan_input *in = &t->inputs[i];

		if (in->source.expr != NULL && in->source.column < 0)
			s->input_runs[i] = expr_run_new(in->source.expr);
		if (in->scale > 0)
			s->scales[i] = (unsigned char)in->scale;
		if (in->factor)
			s->kept[i] = mem_alloc(sizeof *s->kept[i]);
	}
	if (t->where != NULL)
		s->where_run = expr_run_new(t->where);
	return s;
}

void
tally_state_free(void *arg)
{
	struct tally_state *s = arg;
	size_t i;

	if (s == NULL)
		return;
	for (i = 0; i < s->t->nstores; i++) {
		tally_table_free(s->tables[i]);
		tally_writer_free(s->routes[i].writer);
	}
	free(s->routes);
	free(s->loose);
	for (i = 0; i < s->t->nparts; i++) {
		expr_run_free(s->part_runs[i]);
		batch_cache_free(s->caches[i]);
	}
	for (i = 0; i < s->t->ninputs; i++) {
		expr_run_free(s->input_runs[i]);
		free(s->kept[i]);
	}
	free(s->kept);
	expr_run_free(s->where_run);
	batch_pool_reset(&s->pool);
	free(s->pool.page);
	buf_free(&s->scratch);
	parts_free(&s->parts);
	free(s->tables);
	free(s->scales);
	free(s->rooms);
	free(s->bad);
	free(s->part_runs);
	free(s->input_runs);
	free(s->caches);
	free(s->batch);
	free(s);
}

/* What a list says of each cell; nothing of what it does not have. */
static void
look_up(struct batch *b, const struct csv_lookup *list)
{
	static const char none[TALLY_SHORT];
	size_t i;

	for (i = 0; i < b->m; i++) {
		b->cells[i] = csv_lookup_find(list, b->cells[i].p,
		    b->cells[i].n);
		if (b->cells[i].p == NULL)
			b->cells[i].p = none;
	}
}

static int
make_keys(struct tally_state *s, struct fault *f)
{
	const struct tally *t = s->t;
	struct batch *b = s->batch;
	size_t part, i;

	memset(b->keys, 0, b->m * sizeof *b->keys);
	for (part = 0; part < t->nparts; part++) {
		if (t->parts[part].column >= 0)
			batch_cells(s, &t->parts[part]);
		else if (s->caches[part] != NULL && !batch_cache_off(s->caches[part])) {
			if (batch_cached_texts(s, part, f) == -1)
				return -1;
		} else if (batch_texts(s, s->part_runs[part], f) == -1) {
			return -1;
		}
		if (t->lists[part] != NULL)
			look_up(b, t->lists[part]);
		for (i = 0; i < b->m; i++)
			batch_append(&s->pool, &b->keys[i], b->cells[i], part == 0);
	}
	return 0;
}

/* Which rows of the batch count. */
static int
choose(struct tally_state *s, struct fault *f)
{
	struct batch *b = s->batch;
	unsigned char is[B];
	long field = -1;
	size_t i;

	if (s->where_run == NULL) {
		for (i = 0; i < b->n; i++)
			b->row[i] = (unsigned short)i;
		b->m = b->n;
		return 0;
	}
	if (expr_test(s->where_run, b->block, b->first, b->n, is, &field,
	    f) == -1)
		return -1;
	b->m = 0;
	for (i = 0; i < b->n; i++) {
		b->row[b->m] = (unsigned short)i;
		if (is[i] == 3)
			return batch_bad_cell(s, b->m, field, f);
		b->m += is[i] == 1;
	}
	return 0;
}

int
batch_direct(struct tally_state *s, size_t store, size_t n)
{
	struct route *r = &s->routes[store];

	if (r->direct == 0) {
		r->added += n;
		return 0;
	}
	r->direct -= r->direct < n ? r->direct : n;
	return 1;
}

int
batch_write(struct tally_state *s, size_t store, const struct tally_key *k,
    char *const *states, size_t n, struct fault *f)
{
	struct route *r = &s->routes[store];

	if (r->writer == NULL)
		r->writer = tally_writer_new(s->t->stores[store],
		    s->t->limit / s->t->nstores / 2);
	return tally_writer_put(r->writer, k, states, n, s->scales, f);
}

/* A state of its own for each record. */
static void
loose_states(struct tally_state *s)
{
	struct batch *b = s->batch;
	size_t i;

	if (s->loose == NULL)
		s->loose = mem_alloc(s->t->state * B);
	memset(s->loose, 0, s->t->state * b->m);
	for (i = 0; i < b->m; i++)
		b->states[i] = s->loose + i * s->t->state;
}

static int
map_batch(struct tally_state *s, struct fault *f)
{
	const struct tally *t = s->t;
	struct batch *b = s->batch;
	int direct = 0;
	size_t i;

	if (choose(s, f) == -1)
		return -1;
	if (b->m == 0)
		return 0;
	if (make_keys(s, f) == -1)
		return -1;
	if (t->nparts == 0) {
		tally_table_batch(s->tables[0], b->keys, 1, b->states);
		for (i = 1; i < b->m; i++)
			b->states[i] = b->states[0];
		plan_set(b->states[0], 0, plan_get(b->states[0], 0) + b->m);
	} else {
		direct = batch_direct(s, 0, b->m);
		if (direct)
			loose_states(s);
		else
			tally_table_batch(s->tables[0], b->keys, b->m,
			    b->states);
		for (i = 0; i < b->m; i++)
			plan_set(b->states[i], 0,
			    plan_get(b->states[i], 0) + 1);
	}
	for (i = 0; i < t->ninputs; i++)
		if (batch_measure(s, i, f) == -1)
			return -1;
	return direct ? batch_write(s, 0, b->keys, b->states, b->m, f) : 0;
}

int
tally_map(void *arg, const struct csv_block *block, struct buf *outs,
    struct fault *f)
{
	struct tally_state *s = arg;
	struct batch *b = s->batch;

	(void)outs;
	b->block = block;
	if (s->t->nparts == 0 && s->t->ninputs == 0 && s->where_run == NULL &&
	    block->nrecords > 0) {
		struct tally_key all = { 0, 0, NULL, 0 };

		tally_table_batch(s->tables[0], &all, 1, b->states);
		plan_set(b->states[0], 0, plan_get(b->states[0], 0) +
		    block->nrecords);
		return 0;
	}
	for (b->first = 0; b->first < block->nrecords; b->first += B) {
		b->n = block->nrecords - b->first;
		if (b->n > B)
			b->n = B;
		if (map_batch(s, f) == -1)
			return -1;
		batch_pool_reset(&s->pool);
	}
	return plan_check_memory(s, f);
}

int
tally_state_merge(void *a, void *b, struct fault *f)
{
	struct tally_state *into = a, *from = b;
	const struct tally *t = into->t;
	struct plan_adder plan = { t, into->scales };
	size_t i;

	if (plan_finish_routes(from, f) == -1)
		return -1;
	parts_merge(&into->parts, &from->parts);
	for (i = 0; i < t->ninputs; i++)
		into->rooms[i] = from->rooms[i] =
		    into->rooms[i] < from->rooms[i] ? into->rooms[i] :
		    from->rooms[i];
	/* Both at the larger scale of the two. */
	if (plan_rescale(into, from->scales, f) == -1 ||
	    plan_rescale(from, into->scales, f) == -1)
		return -1;
	for (i = 0; i < t->ninputs; i++) {
		struct first_bad *x = &into->bad[i], *y = &from->bad[i];
		uint64_t n = x->n + y->n;

		if (y->n > 0 && (x->n == 0 || y->file < x->file ||
		    (y->file == x->file && y->record < x->record)))
			*x = *y;
		x->n = n;
	}
	for (i = 0; i < t->nstores; i++) {
		struct tally_adder add = plan_adder_of(into, i, &plan);

		/* What has been flushed once goes there without a detour. */
		if (tally_store_flushed(t->stores[i])) {
			if (tally_store_flush(t->stores[i], from->tables[i],
			    from->scales, f) == -1)
				return -1;
			continue;
		}
		if (tally_table_absorb(into->tables[i], from->tables[i],
		    &add, f) == -1)
			return -1;
		tally_table_clear(from->tables[i]);
	}
	return plan_check_memory(into, f);
}

int
tally_bad_at(const struct tally_state *s, size_t i, struct tally_bad *bad)
{
	const struct first_bad *x;

	if (i >= s->t->ninputs)
		return -1;
	x = &s->bad[i];
	bad->text = s->t->inputs[i].source.text;
	bad->n = x->n;
	bad->file = x->path;
	bad->line = x->line;
	bad->record = x->record;
	bad->column = x->column;
	return x->n > 0;
}
