/* Persons by deterministic steps. */
#include "linkage/steps.h"

#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "base/mem.h"
#include "linkage/candidates.h"
#include "linkage/guard.h"
#include "linkage/moves.h"
#include "linkage/relate.h"
#include "linkage/rivals.h"
#include "linkage/scale.h"
#include "linkage/stepblocks.h"

#define NOBODY UINT32_MAX

struct work {
	struct steps_result *to;
	struct cohort *cohort;
	const struct matching *m;
	size_t memory; /* for sorting and records of a depot, bytes */
	struct guard guard;
	size_t step;
	int unlinked; /* only records that no earlier step joined */
	int single;   /* only persons without a rival */
	int pairwise; /* never asks the two records, not all of their groups */
	uint32_t *roots; /* distinct groups of a block */
	size_t nroots, cap;
	struct rivals rivals; /* of a single or scored step */
	/* Of a step of households: the addresses, and who moved between them. */
	uint32_t *address; /* by record; 0: none; NULL: another step */
	int gather;        /* pairs are looked at to find moves alone */
	struct moves moves;
	/* By root: has the group a record that is kept apart? NULL: none has. */
	char *marked;
	const struct steps_known *known;
};

void
steps_fields(const struct matching *m, char *used)
{
	const struct matching_step *s;
	size_t i, k, t;

	for (i = 0; i < m->nsteps; i++) {
		s = &m->steps[i];
		matching_mark(&s->all, used);
		if (s->together)
			used[s->household] = 1;
		for (k = 0; k < s->nblocks; k++)
			matching_mark(&s->blocks[k], used);
		for (k = 0; k < s->nscore; k++) {
			used[s->score[k].field] = 1;
			for (t = 0; t < s->score[k].n; t++)
				matching_mark(&s->score[k].tests[t], used);
		}
	}
	for (i = 0; i < m->nnever; i++)
		matching_mark(&m->never[i], used);
}

int
steps_use_nicknames(const struct matching *m)
{
	size_t i, k, t;

	for (i = 0; i < m->nsteps; i++) {
		if (matching_asks_nickname(&m->steps[i].all))
			return 1;
		for (k = 0; k < m->steps[i].nscore; k++)
			for (t = 0; t < m->steps[i].score[k].n; t++)
				if (matching_asks_nickname(
				    &m->steps[i].score[k].tests[t]))
					return 1;
	}
	for (i = 0; i < m->nnever; i++)
		if (matching_asks_nickname(&m->never[i]))
			return 1;
	return 0;
}

/* Was the record joined by a step before this one? */
static int
closed(const struct work *w, uint32_t i)
{
	return w->unlinked && w->to->by[i] != 0 &&
	    w->to->by[i] != w->step + 1;
}

/* Two different groups become one; by their roots. */
static void
unite(struct work *w, uint32_t a, uint32_t b)
{
	if (w->marked != NULL)
		w->marked[a < b ? a : b] |= w->marked[a < b ? b : a];
	guard_unite(&w->guard, a < b ? a : b, a < b ? b : a);
	(void)group_join(&w->to->persons, a, b);
}

/* Were two groups split by hand? */
static int
were_split(const struct work *w, uint32_t a, uint32_t b)
{
	struct group *g = &w->to->persons;
	uint32_t x, y;
	size_t i;

	if (w->marked == NULL || !w->marked[a] || !w->marked[b])
		return 0;
	for (i = 0; i < w->known->napart; i++) {
		x = group_root(g, w->known->apart[i].a);
		y = group_root(g, w->known->apart[i].b);
		if ((x == a && y == b) || (x == b && y == a))
			return 1;
	}
	return 0;
}

static void
keep_apart(struct work *w, const struct steps_known *known)
{
	struct group *g = &w->to->persons;
	size_t i;

	w->known = known;
	if (known->napart == 0)
		return;
	w->marked = mem_zero(g->n + 1, 1);
	for (i = 0; i < known->napart; i++) {
		w->marked[group_root(g, known->apart[i].a)] = 1;
		w->marked[group_root(g, known->apart[i].b)] = 1;
	}
}

/* Joins the groups of two records unless never forbids: 1 joined or one. */
static int
join(struct work *w, uint32_t i, uint32_t j)
{
	struct group *g = &w->to->persons;
	uint32_t a = group_root(g, i), b = group_root(g, j);

	if (a == b)
		return 1;
	if (closed(w, i) || closed(w, j))
		return 0;
	if (were_split(w, a, b) || (w->pairwise ?
	    guard_forbids(&w->guard, i, j) : guard_apart(&w->guard, a, b))) {
		w->to->counts[w->step].vetoed++;
		return 0;
	}
	if (group_is_alone(g, a))
		w->to->by[a] = (unsigned char)(w->step + 1);
	if (group_is_alone(g, b))
		w->to->by[b] = (unsigned char)(w->step + 1);
	unite(w, a, b);
	w->to->counts[w->step].joined++;
	return 1;
}

/*
 * A pair of records whose tests hold: join them, or wait for rivals. In a step
 * of households all pairs tell who may have moved, before any is joined.
 */
static void
meet(struct work *w, uint32_t i, uint32_t j)
{
	struct group *g = &w->to->persons;
	uint32_t a = group_root(g, i), b = group_root(g, j), x, y;

	if (w->address != NULL) {
		x = w->address[i];
		y = w->address[j];
		if (w->gather) {
			if (!guard_apart(&w->guard, a, b))
				moves_add(&w->moves, x, y, i, j);
			return;
		}
		if (!moves_together(&w->moves, g, x, y, i, j))
			return;
	}
	if (!w->single)
		(void)join(w, i, j);
	else if (a != b && !closed(w, i) && !closed(w, j))
		rivals_add(&w->rivals, a, b, 100);
}

/* All records of the block belong together: join each with some group. */
static void
whole_block(struct work *w, const uint32_t *records, size_t n)
{
	struct group *g = &w->to->persons;
	const uint32_t *sort = w->guard.sort;
	size_t i, k, last = 0;
	int plain = 0, asks = sort != NULL && w->marked == NULL &&
	    !w->unlinked;

	w->nroots = 0;
	for (i = 0; i < n; i++) {
		/*
		 * The groups that never kept from the one before, by its own
		 * sort alone, it keeps from its like as well.
		 */
		k = plain && sort[records[i]] == sort[records[i - 1]] ?
		    last : 0;
		plain = asks && guard_is_plain(&w->guard,
		    group_root(g, records[i]));
		for (; k < w->nroots; k++)
			if (join(w, w->roots[k], records[i]))
				break;
		last = k;
		if (k < w->nroots) {
			w->roots[k] = group_root(g, records[i]);
			continue;
		}
		if (w->nroots == w->cap) {
			w->cap = w->cap * 2 + 16;
			w->roots = mem_array(w->roots, w->cap,
			    sizeof *w->roots);
		}
		w->roots[w->nroots++] = group_root(g, records[i]);
	}
}

static void
pairs(struct work *w, const struct stepblock *block)
{
	struct group *g = &w->to->persons;
	const uint32_t *records = block->records, *a, *b;
	size_t i, j;

	for (i = 0; i < block->n; i++) {
		a = stepblock_codes(block, i);
		for (j = i + 1; j < block->n; j++) {
			if (group_root(g, records[i]) ==
			    group_root(g, records[j]))
				continue;
			b = stepblock_codes(block, j);
			if (relate_same_keys(block->rule, a, b) &&
			    relate_rest_holds(block->rule, a, b))
				meet(w, records[i], records[j]);
		}
	}
}

/* Equal hashes of different keys: not seen in practice, but possible. */
static int
one_key(const struct stepblock *b)
{
	size_t i;

	for (i = 1; !b->one_key && i < b->n; i++)
		if (!relate_same_keys(b->rule, stepblock_codes(b, 0),
		    stepblock_codes(b, i)))
			return 0;
	return 1;
}

/* Is there something to join in a block? */
static int
is_many(void *arg, const uint32_t *records, size_t n)
{
	const struct work *w = arg;
	struct group *g = &w->to->persons;
	uint32_t root = group_root(g, records[0]);
	size_t i;

	for (i = 1; i < n; i++)
		if (group_root(g, records[i]) != root)
			return 1;
	return 0;
}

static void
take_block(void *arg, const struct stepblock *b)
{
	struct work *w = arg;
	struct steps_count *c = &w->to->counts[w->step];
	double n = (double)b->n;
	int left_out = 0;

	if (relate_nrest(b->rule) == 0 && w->address == NULL && one_key(b)) {
		left_out = guard_pairs(&w->guard, b->records, b->n) >
		    w->m->max_block;
		if (!left_out)
			whole_block(w, b->records, b->n);
	} else if (n * (n - 1) / 2 > (double)w->m->max_block) {
		left_out = !w->gather;
	} else {
		pairs(w, b);
	}
	if (left_out) {
		c->dropped_blocks++;
		c->dropped_records += b->n;
	}
}

/* Of a step of households: the first pass gathers moves. */
static void
begin_pass(void *arg, unsigned pass)
{
	struct work *w = arg;

	w->gather = pass == 0;
	if (w->gather)
		moves_of_persons(&w->moves, w->address, &w->to->persons);
	else
		moves_sort(&w->moves);
}

static int
take_step(struct work *w, struct fault *f)
{
	const struct matching_step *step = &w->m->steps[w->step];
	const struct cohort *c = w->cohort;
	struct stepblocks blocks = { .cohort = c, .tests = &step->all,
		.pairs = step->together, .max_block = w->m->max_block,
		.memory = w->memory, .arg = w, .wanted = is_many,
		.take = take_block, .passes = 1 };
	int rc = 0;

	if (step->together) {
		blocks.passes = 2;
		blocks.begin = begin_pass;
		w->address = mem_array(NULL, (size_t)cohort_count(c, 0) + 1,
		    sizeof *w->address);
		rc = cohort_codes(c, (size_t)values_slot(c->v,
		    step->household), w->address, 1, NULL, w->memory / 2, f);
	}
	if (rc == 0)
		rc = stepblocks_run(&blocks, f);
	moves_clear(&w->moves);
	free(w->address);
	w->address = NULL;
	w->gather = 0;
	return rc;
}

static int
join_both(void *arg, uint32_t a, uint32_t b)
{
	struct work *w = arg;
	uint64_t before = w->to->counts[w->step].joined;

	(void)join(w, a, b);
	return w->to->counts[w->step].joined > before;
}

double
steps_score(const struct matching_step *step, struct values *v,
    const struct nicknames *nicknames, const uint32_t *a, const uint32_t *b,
    unsigned *agree)
{
	struct scale s;
	unsigned n;
	double x;

	scale_start(&s, step, v, nicknames);
	x = scale_weigh(&s, a, b, agree != NULL ? agree : &n);
	scale_end(&s);
	return x;
}

/* Of a scored step. */
struct scoring {
	struct work *w;
	const struct candidates_batch *batch;
	struct scale scale;
};

static void
begin_batch(void *arg, const struct candidates_batch *batch)
{
	struct scoring *s = arg;

	s->batch = batch;
	scale_start(&s->scale, &s->w->m->steps[s->w->step], batch->v,
	    s->w->cohort->nicknames);
}

static void
end_batch(void *arg)
{
	struct scoring *s = arg;

	scale_end(&s->scale);
}

static void
weigh_pair(void *state, size_t rule, uint32_t l, uint32_t r)
{
	struct scoring *s = state;
	struct group *g = &s->w->to->persons;
	const uint32_t *number = s->batch->number_a;
	uint32_t i = number != NULL ? number[l] : l;
	uint32_t j = number != NULL ? number[r] : r;
	uint32_t a = group_root(g, i), b = group_root(g, j);
	unsigned agree;
	double x;

	(void)rule;
	if (a == b || closed(s->w, i) || closed(s->w, j))
		return;
	x = scale_weigh(&s->scale, roll_record(s->batch->a, l),
	    roll_record(s->batch->a, r), &agree);
	if (scale_holds(&s->scale, x, agree))
		rivals_add(&s->w->rivals, a, b, x);
}

static int
take_scored(struct work *w, struct fault *f)
{
	const struct matching_step *step = &w->m->steps[w->step];
	struct steps_count *c = &w->to->counts[w->step];
	struct scoring s = { .w = w };
	struct pairs_count counts[64] = { { 0 } };
	void *state = &s;
	struct candidates pairs = { .cohort = w->cohort,
		.rules = step->blocks, .nrules = step->nblocks,
		.max_block = w->m->max_block, .jobs = 1, .arg = &s,
		.begin = begin_batch, .end = end_batch, .states = &state,
		.visit = weigh_pair, .counts = counts };
	size_t i;

	if (candidates_run(&pairs, f) == -1)
		return -1;
	for (i = 0; i < step->nblocks; i++) {
		c->dropped_blocks += counts[i].dropped_blocks;
		c->dropped_pairs += counts[i].dropped_pairs;
	}
	return 0;
}

struct owned { /* a record, and the person it is known to be of */
	uint64_t person;
	uint32_t record;
};

static int
by_person(const void *a, const void *b)
{
	const struct owned *x = a, *y = b;

	if (x->person != y->person)
		return x->person < y->person ? -1 : 1;
	return x->record < y->record ? -1 : x->record > y->record;
}

static void
join_known(struct work *w, const uint64_t *known, size_t n)
{
	struct steps_result *to = w->to;
	struct group *g = &to->persons;
	struct owned *v = mem_array(NULL, n + 1, sizeof *v);
	size_t i, first = 0;

	for (i = 0; i < n; i++)
		v[i] = (struct owned){ known[i], (uint32_t)i };
	qsort(v, n, sizeof *v, by_person);
	for (i = 1; i < n; i++) {
		if (v[i].person != v[first].person) {
			first = i;
			continue;
		}
		to->by[v[first].record] = to->by[v[i].record] = STEPS_KNOWN;
		unite(w, group_root(g, v[first].record), v[i].record);
	}
	free(v);
}

/* The tests of all steps, for a record and its like. */
struct itself {
	const struct matching *m;
	struct relate **rules; /* by step; NULL: it is scored */
	struct scale *scales;
};

static void
itself_start(struct itself *t, const struct work *w, struct values *v)
{
	const struct nicknames *nicknames = w->cohort->nicknames;
	size_t i;

	t->m = w->m;
	t->rules = mem_zero(t->m->nsteps + 1, sizeof *t->rules);
	t->scales = mem_zero(t->m->nsteps + 1, sizeof *t->scales);
	for (i = 0; i < t->m->nsteps; i++)
		if (t->m->steps[i].nscore > 0)
			scale_start(&t->scales[i], &t->m->steps[i], v,
			    nicknames);
		else
			t->rules[i] = relate_new(v, &t->m->steps[i].all,
			    nicknames);
}

static void
itself_end(struct itself *t)
{
	size_t i;

	for (i = 0; i < t->m->nsteps; i++) {
		relate_free(t->rules[i]);
		if (t->m->steps[i].nscore > 0)
			scale_end(&t->scales[i]);
	}
	free(t->rules);
	free(t->scales);
}

/* The first step that a record would meet with its like, from 1; 0: none. */
static unsigned
meets_itself(const struct itself *t, const uint32_t *a)
{
	unsigned agree;
	double x;
	size_t i;

	for (i = 0; i < t->m->nsteps; i++) {
		if (t->m->steps[i].together)
			continue; /* nobody moves alone */
		if (t->rules[i] != NULL) {
			if (relate_holds(t->rules[i], a, a))
				return (unsigned)i + 1;
			continue;
		}
		x = scale_weigh(&t->scales[i], a, a, &agree);
		if (scale_holds(&t->scales[i], x, agree))
			return (unsigned)i + 1;
	}
	return 0;
}

/* Whose are the values, of which a known record is seen? NOBODY: of many. */
static void
own(struct work *w, uint32_t *owner, int first, uint32_t record)
{
	struct group *g = &w->to->persons;

	if (first)
		*owner = record;
	else if (*owner != NOBODY && group_root(g, *owner) !=
	    group_root(g, record))
		*owner = NOBODY; /* of two persons: steps decide */
}

static void
give(struct work *w, const struct itself *t, const uint32_t *codes,
    uint32_t record, uint32_t owner)
{
	unsigned step = meets_itself(t, codes);

	if (step == 0)
		return;
	w->to->by[record] = (unsigned char)step;
	unite(w, group_root(&w->to->persons, owner), record);
}

/* With all in memory, by a map. */
static void
join_same_roll(struct work *w, size_t nknown)
{
	const struct roll *roll = &w->cohort->a;
	size_t size = roll->stride * sizeof *roll->codes, i, k;
	uint32_t *owner = mem_array(NULL, nknown + 1, sizeof *owner);
	struct map *sets = map_new();
	struct itself t;
	int added;

	itself_start(&t, w, w->cohort->v);
	for (i = 0; i < nknown; i++) {
		k = map_add(sets, roll_record(roll, i), size, &added);
		own(w, &owner[k], added, (uint32_t)i);
	}
	for (i = nknown; i < roll->n; i++) {
		k = map_find(sets, roll_record(roll, i), size);
		if (k != MAP_NONE && owner[k] != NOBODY)
			give(w, &t, roll_record(roll, i), (uint32_t)i,
			    owner[k]);
	}
	itself_end(&t);
	free(owner);
	map_free(sets);
}

/* Records of a depot with the values of a known person, a batch of them. */
struct alike {
	struct buf cells;
	struct buf places; /* record and owner, 4 bytes each */
	size_t n;
};

static void
give_batch(struct work *w, struct alike *b)
{
	struct values *v;
	struct roll roll;
	struct itself t;
	uint32_t place[2];
	size_t i;

	if (b->n == 0)
		return;
	v = values_like(w->cohort->v);
	roll_from_cells(&roll, v, &b->cells, b->n, 0);
	itself_start(&t, w, v);
	for (i = 0; i < b->n; i++) {
		memcpy(place, b->places.p + i * sizeof place, sizeof place);
		give(w, &t, roll_record(&roll, i), place[0], place[1]);
	}
	itself_end(&t);
	roll_clear(&roll);
	values_free(v);
	buf_clear(&b->cells);
	buf_clear(&b->places);
	b->n = 0;
}

static int
sort_cells(void *arg, const struct depot_record *r, struct fault *f)
{
	return sorter_add(arg, r->p, r->n, &r->number, sizeof r->number, f);
}

/* By sorting: of equal values, those of known records come first. */
static int
join_same_depot(struct work *w, size_t nknown, struct fault *f)
{
	struct spill *spill = spill_new();
	struct sorter *sorter = sorter_new(w->memory / 2, spill);
	size_t each = values_nslots(w->cohort->v) * 100;
	struct alike batch = { 0 };
	struct sorter_record r;
	struct sorter_run alike = { 0 };
	uint32_t place[2] = { 0, NOBODY };
	int rc = depot_each(w->cohort->depot, sort_cells, sorter, f), k = 0;
	int first = 1;

	while (rc == 0 && (k = sorter_next(sorter, &r, f)) == 1) {
		if (sorter_run_starts(&alike, &r)) {
			place[1] = NOBODY;
			first = 1;
		}
		memcpy(place, r.rest, sizeof *place);
		if (place[0] < nknown) {
			own(w, &place[1], first, place[0]);
			first = 0;
		} else if (place[1] != NOBODY) {
			buf_put(&batch.cells, r.key, r.nkey);
			buf_put(&batch.places, place, sizeof place);
			batch.n++;
			if (batch.cells.n + batch.n * each > w->memory / 2)
				give_batch(w, &batch);
		}
	}
	if (rc == 0 && k == 0)
		give_batch(w, &batch);
	buf_free(&batch.cells);
	buf_free(&batch.places);
	sorter_run_clear(&alike);
	sorter_free(sorter);
	spill_free(spill);
	return rc == 0 ? k : rc;
}

/*
 * A record that has just the values of what is known of one person, and
 * enough of them for some step, is that person's: so the same input finds
 * the same persons again, though a step may be among unlinked records alone.
 */
static int
join_same(struct work *w, size_t nknown, struct fault *f)
{
	if (nknown == 0)
		return 0;
	if (w->cohort->depot != NULL)
		return join_same_depot(w, nknown, f);
	join_same_roll(w, nknown);
	return 0;
}

size_t
steps_least(const struct matching *m)
{
	size_t i, each = 13 + guard_each(m); /* groups, by, a block */

	for (i = 0; i < m->nsteps; i++)
		if (m->steps[i].together)
			return each + 4;
	return each;
}

static int
take_steps(struct work *w, struct fault *f)
{
	struct steps_result *to = w->to;
	const struct matching_step *step;
	int rc = 0;

	to->counts = mem_zero(w->m->nsteps + 1, sizeof *to->counts);
	for (w->step = 0; rc == 0 && w->step < w->m->nsteps; w->step++) {
		step = &w->m->steps[w->step];
		w->unlinked = step->unlinked || w->m->as_joins;
		w->single = step->single || step->nscore > 0;
		w->pairwise = w->m->as_joins && !w->single && !step->together;
		rc = step->nscore > 0 ? take_scored(w, f) : take_step(w, f);
		if (rc == 0 && w->single)
			to->counts[w->step].multiple = rivals_settle(
			    &w->rivals, &to->persons, step->ahead, join_both,
			    w);
	}
	return rc;
}

int
steps_run(struct steps_result *to, struct cohort *c,
    const struct steps_known *known, struct fault *f)
{
	const struct matching *m = values_matching(c->v);
	size_t n = (size_t)cohort_count(c, 0), i, held = n * steps_least(m);
	struct work w = { .to = to, .cohort = c, .m = m };
	int rc;

	w.memory = c->memory > held ? c->memory - held : 0;
	if (c->depot != NULL)
		depot_set_memory(c->depot, w.memory);
	rc = guard_start(&w.guard, c, w.memory / 2, f);
	group_start(&to->persons, n);
	to->by = mem_zero(n + 1, 1);
	if (rc == 0 && known != NULL) {
		join_known(&w, known->person, known->n);
		keep_apart(&w, known);
		rc = join_same(&w, known->n, f);
	}
	if (rc == 0)
		rc = take_steps(&w, f);
	for (i = 0; i < n; i++) /* readers need not look far */
		to->persons.parent[i] = group_root(&to->persons, (uint32_t)i);
	guard_end(&w.guard);
	free(w.rivals.links);
	free(w.roots);
	free(w.marked);
	return rc;
}

void
steps_known_clear(struct steps_known *k)
{
	free(k->person);
	free(k->apart);
	memset(k, 0, sizeof *k);
}

void
steps_clear(struct steps_result *to)
{
	group_end(&to->persons);
	free(to->by);
	free(to->counts);
	memset(to, 0, sizeof *to);
}
