/* The pairs that blocking rules make of people, wherever they are. */
#include "linkage/candidates.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"

#define PLACE 5 /* bytes of side and number at the end of a sorter's key */

/* Records of a block or a batch, of one side. */
struct side {
	struct buf cells;
	uint32_t *number;
	size_t n, room;
};

struct gather {
	struct candidates *c;
	const struct values *layout;
	int ids;
	size_t most; /* bytes of a batch, values and codes included */
	uint64_t from, to; /* of l */
	/* The block at hand: */
	struct buf key;
	struct side block[2];
	uint64_t count[2];
	uint32_t first; /* the number of its first record */
	int left_out;
	/* The batch: */
	size_t rule;
	struct side batch[2];
};

static void
side_add(struct side *s, const char *cells, size_t n, uint32_t number)
{
	if (s->n == s->room) {
		s->room = s->room * 2 + 64;
		s->number = mem_array(s->number, s->room, sizeof *s->number);
	}
	s->number[s->n++] = number;
	buf_put(&s->cells, cells, n);
}

static void
side_clear(struct side *s)
{
	buf_clear(&s->cells);
	s->n = 0;
}

static void
side_free(struct side *s)
{
	buf_free(&s->cells);
	free(s->number);
}

int
candidates_add(struct sorter *to, const struct candidates_row *r,
    struct fault *f)
{
	char key[1 + 8 + 2 + CANDIDATES_KEY + PLACE];
	size_t n = 0;
	int i;

	/* By a hash first, so that what is sorted differs early. */
	key[n++] = (char)(unsigned char)r->rule;
	sorter_number((unsigned char *)key + n, hash_bytes(r->key, r->nkey,
	    0));
	n += 8;
	key[n++] = (char)(unsigned char)(r->nkey >> 8);
	key[n++] = (char)(unsigned char)r->nkey;
	memcpy(key + n, r->key, r->nkey);
	n += r->nkey;
	key[n++] = (char)(unsigned char)r->side;
	for (i = 24; i >= 0; i -= 8)
		key[n++] = (char)(unsigned char)(r->number >> i);
	return sorter_add(to, key, n, r->cells, r->ncells, f);
}

/* The pairs of the batch's blocks by its rule. */
static void
run_batch(struct gather *g)
{
	struct candidates *c = g->c;
	struct roll a, b;
	struct candidates_batch batch = { NULL, &a, NULL,
		g->batch[0].number, NULL };
	struct pairs_count counts[64];
	struct relate *rules[64];
	struct pairs pairs = { .a = &a, .rules = rules,
		.first = g->rule, .nrules = g->rule + 1,
		.max_block = c->max_block, .jobs = c->jobs,
		.states = c->states, .visit = c->visit, .counts = counts,
		.number = g->batch[0].number };
	size_t i;

	if (g->batch[0].n == 0)
		return;
	batch.v = values_like(g->layout);
	roll_from_cells(&a, batch.v, &g->batch[0].cells, g->batch[0].n,
	    g->ids);
	if (c->cohort->two) {
		roll_from_cells(&b, batch.v, &g->batch[1].cells,
		    g->batch[1].n, g->ids);
		pairs.b = batch.b = &b;
		batch.number_b = g->batch[1].number;
	}
	for (i = 0; i <= g->rule; i++)
		rules[i] = relate_new(batch.v, &c->rules[i], NULL);
	if (c->begin != NULL)
		c->begin(c->arg, &batch);
	pairs_run_range(&pairs, (size_t)g->from, (size_t)g->to);
	if (c->end != NULL)
		c->end(c->arg);
	c->counts[g->rule].pairs += counts[g->rule].pairs;
	for (i = 0; i <= g->rule; i++)
		relate_free(rules[i]);
	roll_clear(&a);
	if (c->cohort->two)
		roll_clear(&b);
	values_free(batch.v);
	side_clear(&g->batch[0]);
	side_clear(&g->batch[1]);
}

static double
block_pairs(const struct gather *g)
{
	double a = (double)g->count[0], b = (double)g->count[1];

	return g->c->cohort->two ? a * b : a * (a - 1) / 2;
}

static void
end_block(struct gather *g)
{
	struct pairs_count *count = &g->c->counts[g->rule];
	size_t s, bytes = 0;

	if (g->left_out && block_pairs(g) > 0) {
		if (g->first >= g->from && g->first < g->to) {
			count->dropped_blocks++;
			count->dropped_pairs += (uint64_t)block_pairs(g);
		}
	} else if (block_pairs(g) > 0) {
		for (s = 0; s < 2; s++) {
			struct side *from = &g->block[s], *to = &g->batch[s];
			size_t i;

			for (i = 0; i < from->n; i++)
				side_add(to, NULL, 0, from->number[i]);
			buf_put(&to->cells, from->cells.p, from->cells.n);
			bytes += to->cells.n + to->n * 100 *
			    values_nslots(g->layout);
		}
		if (bytes > g->most)
			run_batch(g);
	}
	for (s = 0; s < 2; s++) {
		side_clear(&g->block[s]);
		g->count[s] = 0;
	}
	g->left_out = 0;
}

/* The next record in order of rule and key. */
static int
take(struct gather *g, const struct sorter_record *r, struct fault *f)
{
	size_t nkey = r->nkey - PLACE, i;
	const unsigned char *place = (const unsigned char *)r->key + nkey;
	size_t rule = (unsigned char)r->key[0];
	struct side *side = &g->block[place[0]];
	uint32_t number = 0;

	for (i = 1; i < PLACE; i++)
		number = number << 8 | place[i];
	if (g->key.n != nkey || memcmp(g->key.p, r->key, nkey) != 0) {
		end_block(g);
		if (rule != g->rule) {
			run_batch(g);
			g->rule = rule;
		}
		buf_clear(&g->key);
		buf_put(&g->key, r->key, nkey);
		g->first = number;
	} else if (side->n > 0 && side->number[side->n - 1] == number) {
		return fault_set(f, "a record is there twice under one key");
	}
	g->count[place[0]]++;
	if (g->left_out)
		return 0;
	/* One side alone may say so: the other has none, or too many. */
	if (block_pairs(g) > (double)g->c->max_block ||
	    g->count[place[0]] > (uint64_t)g->c->max_block + 1) {
		g->left_out = 1;
		side_clear(&g->block[0]);
		side_clear(&g->block[1]);
		return 0;
	}
	side_add(side, r->rest, r->nrest, number);
	return 0;
}

static int
run_sorted(struct gather *g, struct sorter *from, struct fault *f)
{
	struct sorter_record r;
	int k;

	while ((k = sorter_next(from, &r, f)) == 1)
		if (take(g, &r, f) == -1)
			return -1;
	if (k == -1)
		return -1;
	end_block(g);
	run_batch(g);
	return 0;
}

struct sorting {
	struct sorter *to;
	const struct values *layout;
	const struct matching_tests *tests;
	size_t rule;
	struct buf key;
};

static int
sort_record(void *arg, const struct depot_record *r, struct fault *f)
{
	struct sorting *s = arg;
	struct candidates_row row = { s->rule, NULL, 0, r->side, r->number,
		r->p, r->n };

	if (!keys_make(s->layout, s->tests, &r->cells, &s->key))
		return 0;
	row.key = s->key.p;
	row.nkey = s->key.n;
	return candidates_add(s->to, &row, f);
}

static int
run_depot(struct gather *g, struct depot *depot, struct fault *f)
{
	struct candidates *c = g->c;
	struct spill *spill;
	int rc = 0;

	for (g->rule = 0; rc == 0 && g->rule < c->nrules; g->rule++) {
		/* A rule's own, so that its space is free for the next. */
		struct sorting s = {
			sorter_new(depot_memory(depot) / 2,
			    spill = spill_new()),
			g->layout, &c->rules[g->rule], g->rule, { 0 } };

		rc = depot_each(depot, sort_record, &s, f);
		if (rc == 0)
			rc = run_sorted(g, s.to, f);
		buf_free(&s.key);
		sorter_free(s.to);
		spill_free(spill);
	}
	return rc;
}

static void
run_rolls(struct candidates *c, size_t from, size_t to)
{
	const struct cohort *p = c->cohort;
	struct candidates_batch batch = { p->v, &p->a, cohort_b(p), NULL,
		NULL };
	struct relate *rules[64];
	struct pairs pairs = { .a = &p->a, .b = cohort_b(p), .rules = rules,
		.nrules = c->nrules, .max_block = c->max_block,
		.jobs = c->jobs, .states = c->states, .visit = c->visit,
		.counts = c->counts };
	size_t i;

	for (i = 0; i < c->nrules; i++)
		rules[i] = relate_new(p->v, &c->rules[i], NULL);
	if (c->begin != NULL)
		c->begin(c->arg, &batch);
	pairs_run_range(&pairs, from, to);
	if (c->end != NULL)
		c->end(c->arg);
	for (i = 0; i < c->nrules; i++)
		relate_free(rules[i]);
}

int
candidates_run(struct candidates *c, struct fault *f)
{
	const struct cohort *p = c->cohort;
	struct gather g = { .c = c, .to = UINT32_MAX };
	size_t i;
	int rc = 0;

	memset(c->counts, 0, c->nrules * sizeof *c->counts);
	if (c->parts > 0) {
		g.from = cohort_count(p, 0) * (c->part - 1) / c->parts;
		g.to = cohort_count(p, 0) * c->part / c->parts;
	}
	if (p->depot == NULL && p->rows == NULL) {
		run_rolls(c, (size_t)g.from, c->parts > 0 ? (size_t)g.to :
		    p->a.n);
		return 0;
	}
	if (p->depot != NULL) {
		g.layout = depot_values(p->depot);
		g.ids = depot_ids(p->depot);
		g.most = depot_memory(p->depot) / 4;
		rc = run_depot(&g, p->depot, f);
	} else {
		g.layout = p->v;
		g.ids = 1;
		g.most = p->memory / 4;
		rc = run_sorted(&g, p->rows, f);
	}
	for (i = 0; i < 2; i++) {
		side_free(&g.block[i]);
		side_free(&g.batch[i]);
	}
	buf_free(&g.key);
	return rc;
}
