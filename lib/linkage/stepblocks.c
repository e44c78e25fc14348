/* The blocks of a rule in the order of their first records. */
#include "linkage/stepblocks.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"
#include "linkage/blocks.h"

/* A block in memory: where it starts among the keys, its first record. */
struct start {
	uint32_t first;
	size_t at, end;
};

static int
by_first(const void *a, const void *b)
{
	const struct start *x = a, *y = b;

	return x->first < y->first ? -1 : x->first > y->first;
}

static struct start *
find_starts(const struct blocks *b, size_t *n)
{
	struct start *starts;
	size_t i, end;

	for (i = *n = 0; i < b->n; i = end) {
		end = blocks_end(b, i);
		*n += end - i > 1;
	}
	starts = mem_array(NULL, *n + 1, sizeof *starts);
	for (i = *n = 0; i < b->n; i = end) {
		end = blocks_end(b, i);
		if (end - i > 1)
			starts[(*n)++] = (struct start){ b->records[i], i,
				end };
	}
	qsort(starts, *n, sizeof *starts, by_first);
	return starts;
}

static void
run_roll(const struct stepblocks *s)
{
	const struct roll *roll = &s->cohort->a;
	struct relate *rule = relate_new(s->cohort->v, s->tests,
	    s->cohort->nicknames);
	struct stepblock block = { .rule = rule, .roll = roll,
		.place = STEPBLOCK_NUMBERED };
	struct blocks b;
	struct start *starts;
	unsigned pass;
	size_t i, n;

	blocks_make(&b, rule, roll, NULL);
	starts = find_starts(&b, &n);
	for (pass = 0; pass < s->passes; pass++) {
		if (s->begin != NULL)
			s->begin(s->arg, pass);
		for (i = 0; i < n; i++) {
			block.records = b.records + starts[i].at;
			block.n = starts[i].end - starts[i].at;
			if (s->wanted(s->arg, block.records, block.n))
				s->take(s->arg, &block);
		}
	}
	free(starts);
	blocks_clear(&b);
	relate_free(rule);
}

struct numbers {
	uint32_t *v;
	size_t n, room;
};

static void
numbers_add(struct numbers *to, const char *p, size_t n)
{
	if (to->n + n > to->room) {
		to->room = (to->n + n) * 3 / 2 + 64;
		to->v = mem_array(to->v, to->room, sizeof *to->v);
	}
	memcpy(to->v + to->n, p, n * sizeof *to->v);
	to->n += n;
}

/* A block of a batch: its records among the numbers, its place in the roll. */
struct part {
	size_t at, n, place;
};
#define NO_PLACE ((size_t)-1)

/* A depot's records on their way into blocks. */
struct filing {
	const struct stepblocks *s;
	struct values *layout; /* of the fields that the tests speak of */
	int values; /* are there tests beside the keys? */
	struct sorter *keys, *blocks;
	struct buf key, row;
	/* The block at hand: */
	struct numbers numbers;
	struct buf cells;
	int left_out; /* too many pairs: without cells */
	/* The batch: */
	struct part *parts;
	size_t nparts, room;
	struct numbers batch;
	struct buf batch_cells;
	size_t places;
};

static int
file_record(void *arg, const struct depot_record *r, struct fault *f)
{
	struct filing *w = arg;
	const struct values *all = w->s->cohort->v;
	unsigned char hash[8];
	size_t i, k;

	if (!keys_make(all, w->s->tests, &r->cells, &w->row))
		return 0;
	/* By a hash first, so that what is sorted differs early. */
	sorter_number(hash, hash_bytes(w->row.p, w->row.n, 0));
	buf_clear(&w->key);
	buf_put(&w->key, hash, sizeof hash);
	buf_put(&w->key, w->row.p, w->row.n);
	buf_clear(&w->row);
	buf_put(&w->row, &r->number, sizeof r->number);
	for (i = 0; w->values && i < values_nslots(w->layout); i++) {
		k = (size_t)values_slot(all, values_field(w->layout, i));
		buf_putc(&w->row, (char)(unsigned char)r->cells.cell[k].n);
		buf_put(&w->row, r->cells.cell[k].p, r->cells.cell[k].n);
	}
	return sorter_add(w->keys, w->key.p, w->key.n, w->row.p, w->row.n, f);
}

/* The block at hand: its records' numbers, then their cells. */
static int
end_block(struct filing *w, struct fault *f)
{
	const struct numbers *n = &w->numbers;
	unsigned char first[8];
	int rc = 0;

	if (n->n > 1 && w->s->wanted(w->s->arg, n->v, n->n)) {
		uint64_t many = n->n;

		buf_clear(&w->row);
		buf_put(&w->row, &many, sizeof many);
		buf_put(&w->row, n->v, n->n * sizeof *n->v);
		buf_put(&w->row, w->cells.p, w->cells.n);
		sorter_number(first, n->v[0]);
		rc = w->row.n > INT32_MAX ? fault_set(f, "more records under "
		    "one key than can be looked at") :
		    sorter_add(w->blocks, first, sizeof first, w->row.p,
		    w->row.n, f);
	}
	w->numbers.n = 0;
	buf_clear(&w->cells);
	w->left_out = 0;
	return rc;
}

static int
take_keys(struct filing *w, struct fault *f)
{
	struct sorter_run key = { 0 };
	struct sorter_record r;
	double n;
	int k = 0;

	while ((k = sorter_next(w->keys, &r, f)) == 1) {
		if (sorter_run_starts(&key, &r) && end_block(w, f) == -1) {
			k = -1;
			break;
		}
		numbers_add(&w->numbers, r.rest, 1);
		n = (double)w->numbers.n;
		if (n * (n - 1) / 2 > (double)w->s->max_block) {
			w->left_out = 1;
			buf_clear(&w->cells);
		}
		if (!w->left_out)
			buf_put(&w->cells, r.rest + sizeof *w->numbers.v,
			    r.nrest - sizeof *w->numbers.v);
	}
	sorter_run_clear(&key);
	return k == -1 ? -1 : end_block(w, f);
}

static void
run_batch(struct filing *w)
{
	const struct stepblocks *s = w->s;
	struct roll roll = { 0 };
	struct values *v = values_like(w->layout);
	struct relate *rule;
	size_t i;

	if (w->places > 0)
		roll_from_cells(&roll, v, &w->batch_cells, w->places, 0);
	rule = relate_new(v, s->tests, s->cohort->nicknames);
	for (i = 0; i < w->nparts; i++) {
		const struct part *p = &w->parts[i];
		struct stepblock block = { w->batch.v + p->at, p->n, 1, rule,
			p->place != NO_PLACE ? &roll : NULL, p->place };

		if (s->wanted(s->arg, block.records, block.n))
			s->take(s->arg, &block);
	}
	relate_free(rule);
	roll_clear(&roll);
	values_free(v);
	w->nparts = w->batch.n = w->places = 0;
	buf_clear(&w->batch_cells);
}

static int
take_blocks(struct filing *w, struct fault *f)
{
	size_t each = values_nslots(w->layout) * 100, head;
	struct sorter_record r;
	struct part part;
	uint64_t n;
	int k = 0;

	while ((k = sorter_next(w->blocks, &r, f)) == 1) {
		memcpy(&n, r.rest, sizeof n);
		part = (struct part){ w->batch.n, (size_t)n, NO_PLACE };
		numbers_add(&w->batch, r.rest + sizeof n, part.n);
		head = sizeof n + part.n * sizeof *w->batch.v;
		if (r.nrest > head) {
			part.place = w->places;
			w->places += part.n;
			buf_put(&w->batch_cells, r.rest + head,
			    r.nrest - head);
		}
		if (w->nparts == w->room) {
			w->room = w->room * 3 / 2 + 64;
			w->parts = mem_array(w->parts, w->room,
			    sizeof *w->parts);
		}
		w->parts[w->nparts++] = part;
		if (w->batch_cells.n + w->places * each +
		    w->batch.n * sizeof *w->batch.v +
		    w->nparts * sizeof *w->parts > w->s->memory / 2)
			run_batch(w);
	}
	if (w->nparts > 0)
		run_batch(w);
	return k;
}

/* May a record have all keys: has each field a value somewhere? */
static int
any_keys(const struct stepblocks *s)
{
	const struct matching_test *t;
	size_t i;

	for (i = 0; i < s->tests->n; i++) {
		t = &s->tests->v[i];
		if (matching_is_key(t->kind) && !depot_has(s->cohort->depot,
		    (size_t)values_slot(s->cohort->v, t->field)))
			return 0;
	}
	return 1;
}

static int
run_depot(const struct stepblocks *s, struct fault *f)
{
	char used[MATCHING_MAX_FIELDS] = { 0 };
	struct filing w = { .s = s };
	struct relate *rule;
	/* Each its own, so that the first one's space is free for others. */
	struct spill *spill = spill_new(), *second = spill_new();
	int rc;

	matching_mark(s->tests, used);
	w.layout = values_new(values_matching(s->cohort->v), used);
	rule = relate_new(w.layout, s->tests, NULL);
	w.values = s->pairs || relate_nrest(rule) > 0;
	relate_free(rule);
	w.keys = sorter_new(s->memory / 2, spill);
	w.blocks = sorter_new(s->memory / 2, second);
	rc = depot_each(s->cohort->depot, file_record, &w, f);
	if (rc == 0)
		rc = take_keys(&w, f);
	sorter_free(w.keys);
	spill_free(spill);
	if (rc == 0)
		rc = take_blocks(&w, f);
	sorter_free(w.blocks);
	spill_free(second);
	values_free(w.layout);
	free(w.numbers.v);
	free(w.batch.v);
	free(w.parts);
	buf_free(&w.key);
	buf_free(&w.row);
	buf_free(&w.cells);
	buf_free(&w.batch_cells);
	return rc;
}

int
stepblocks_run(const struct stepblocks *s, struct fault *f)
{
	unsigned pass;

	if (s->cohort->depot == NULL) {
		run_roll(s);
		return 0;
	}
	for (pass = 0; pass < s->passes; pass++) {
		if (s->begin != NULL)
			s->begin(s->arg, pass);
		if (any_keys(s) && run_depot(s, f) == -1)
			return -1;
	}
	return 0;
}
