/* Persons by deterministic steps. */
#include "linkage/steps.h"

#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "base/mem.h"
#include "linkage/blocks.h"
#include "linkage/moves.h"
#include "linkage/pairs.h"
#include "linkage/relate.h"
#include "linkage/rivals.h"

#define NOBODY UINT32_MAX

struct work {
	struct steps_result *to;
	const struct roll *roll;
	struct relate **never;
	size_t nnever;
	struct relate *rule;
	size_t step;
	int unlinked; /* only records that no earlier step joined */
	int single;   /* only persons without a rival */
	int pairwise; /* never asks the two records, not all of their groups */
	uint32_t *roots; /* distinct groups of a block */
	size_t nroots, cap;
	struct rivals rivals; /* of a single or scored step */
	/* Of a step of households: the addresses, and who moved between them. */
	int together;
	size_t household; /* slot */
	int gather;       /* pairs are looked at to find moves alone */
	struct moves moves;
	/*
	 * What the rules of never look at of a record, as a number; and of
	 * each group one record for each such number, in a circle, of which
	 * some[root] is one. NULL: there are no such rules.
	 */
	uint32_t *sort, *some, *others;
	/* By root: has the group a record that is kept apart? NULL: none has. */
	char *marked;
	const struct steps_known *known;
};

/* The points of a scored step, compiled. */
struct scale {
	const struct matching_step *step;
	struct relate **tests; /* of the fields, one after the other */
};

/* A block of a step: where it starts among the keys, and its first record. */
struct start {
	uint32_t first;
	size_t at, end;
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

/* Does a rule of never keep two records apart? */
static int
are_never(const struct work *w, uint32_t i, uint32_t j)
{
	size_t k;

	for (k = 0; k < w->nnever; k++)
		if (relate_holds(w->never[k], roll_record(w->roll, i),
		    roll_record(w->roll, j)))
			return 1;
	return 0;
}

/* Does a rule of never keep two groups apart? */
static int
apart(struct work *w, uint32_t a, uint32_t b)
{
	uint32_t i, j;

	if (w->nnever == 0)
		return 0;
	i = w->some[a];
	do {
		j = w->some[b];
		do {
			if (are_never(w, i, j))
				return 1;
			j = w->others[j];
		} while (j != w->some[b]);
		i = w->others[i];
	} while (i != w->some[a]);
	return 0;
}

/* Numbers the records by what never looks at. */
static void
sort_records(struct work *w, const struct matching *m,
    const struct values *v)
{
	char used[MATCHING_MAX_FIELDS] = { 0 };
	uint32_t key[MATCHING_MAX_FIELDS];
	struct map *sorts;
	size_t i, s, n;

	if (m->nnever == 0)
		return;
	for (i = 0; i < m->nnever; i++)
		matching_mark(&m->never[i], used);
	w->sort = mem_array(NULL, w->roll->n + 1, sizeof *w->sort);
	w->some = mem_array(NULL, w->roll->n + 1, sizeof *w->some);
	w->others = mem_array(NULL, w->roll->n + 1, sizeof *w->others);
	sorts = map_new();
	for (i = 0; i < w->roll->n; i++) {
		for (s = n = 0; s < w->roll->stride; s++)
			if (used[values_field(v, s)])
				key[n++] = roll_record(w->roll, i)[s];
		w->sort[i] = (uint32_t)map_add(sorts, key, n * sizeof *key,
		    NULL);
		w->some[i] = w->others[i] = (uint32_t)i;
	}
	map_free(sorts);
}

/* The circle of b's records goes into that of a's, but for sorts it has. */
static void
unite_sorts(struct work *w, uint32_t a, uint32_t b)
{
	uint32_t i, j = w->some[b], next, last = j;

	do {
		next = w->others[j];
		i = w->some[a];
		while (w->sort[i] != w->sort[j] && w->others[i] != w->some[a])
			i = w->others[i];
		if (w->sort[i] != w->sort[j]) {
			w->others[j] = w->others[i];
			w->others[i] = j;
		}
		j = next;
	} while (j != last);
}

/* Two different groups become one; by their roots. */
static void
unite(struct work *w, uint32_t a, uint32_t b)
{
	if (w->marked != NULL)
		w->marked[a < b ? a : b] |= w->marked[a < b ? b : a];
	if (w->sort != NULL)
		unite_sorts(w, a < b ? a : b, a < b ? b : a);
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
	if (were_split(w, a, b) || (w->pairwise ? are_never(w, i, j) :
	    apart(w, a, b))) {
		w->to->counts[w->step].vetoed++;
		return 0;
	}
	if (g->size[a] == 1)
		w->to->by[a] = (unsigned char)(w->step + 1);
	if (g->size[b] == 1)
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

	if (w->together) {
		x = roll_record(w->roll, i)[w->household];
		y = roll_record(w->roll, j)[w->household];
		if (w->gather) {
			if (!apart(w, a, b))
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

static int
by_number(const void *a, const void *b)
{
	uint32_t x, y;

	memcpy(&x, a, sizeof x);
	memcpy(&y, b, sizeof y);
	return x < y ? -1 : x > y;
}

/* Pairs that never has to be asked about in a whole block. */
static size_t
nsorts(const struct work *w, const uint32_t *records, size_t n)
{
	uint32_t *sorts;
	size_t i, k = 1;

	if (w->sort == NULL || n < 3)
		return 0;
	sorts = mem_array(NULL, n, sizeof *sorts);
	for (i = 0; i < n; i++)
		sorts[i] = w->sort[records[i]];
	qsort(sorts, n, sizeof *sorts, by_number);
	for (i = 1; i < n; i++)
		k += sorts[i] != sorts[i - 1];
	free(sorts);
	return k * (k - 1) / 2;
}

/* Has the group of a record records of one sort only? */
static int
is_plain(const struct work *w, uint32_t i)
{
	uint32_t some = w->some[group_root(&w->to->persons, i)];

	return w->others[some] == some;
}

/* All records of the block belong together: join each with some group. */
static void
whole_block(struct work *w, const uint32_t *records, size_t n)
{
	struct group *g = &w->to->persons;
	size_t i, k, last = 0;
	int plain = 0, asks = w->sort != NULL && w->marked == NULL &&
	    !w->unlinked;

	w->nroots = 0;
	for (i = 0; i < n; i++) {
		/*
		 * The groups that never kept from the one before, by its own
		 * sort alone, it keeps from its like as well.
		 */
		k = plain && w->sort[records[i]] == w->sort[records[i - 1]] ?
		    last : 0;
		plain = asks && is_plain(w, records[i]);
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
pairs(struct work *w, const uint32_t *records, size_t n)
{
	struct group *g = &w->to->persons;
	const uint32_t *a, *b;
	size_t i, j;

	for (i = 0; i < n; i++) {
		a = roll_record(w->roll, records[i]);
		for (j = i + 1; j < n; j++) {
			if (group_root(g, records[i]) ==
			    group_root(g, records[j]))
				continue;
			b = roll_record(w->roll, records[j]);
			if (relate_same_keys(w->rule, a, b) &&
			    relate_rest_holds(w->rule, a, b))
				meet(w, records[i], records[j]);
		}
	}
}

/* Equal hashes of different keys: not seen in practice, but possible. */
static int
one_key(const struct work *w, const uint32_t *records, size_t n)
{
	size_t i;

	for (i = 1; i < n; i++)
		if (!relate_same_keys(w->rule,
		    roll_record(w->roll, records[0]),
		    roll_record(w->roll, records[i])))
			return 0;
	return 1;
}

static int
by_first(const void *a, const void *b)
{
	const struct start *x = a, *y = b;

	return x->first < y->first ? -1 : x->first > y->first;
}

/* Is there nothing to join in a block? */
static int
is_one(const struct work *w, const uint32_t *records, size_t n)
{
	struct group *g = &w->to->persons;
	uint32_t root = group_root(g, records[0]);
	size_t i;

	for (i = 1; i < n; i++)
		if (group_root(g, records[i]) != root)
			return 0;
	return 1;
}

static void
leave_out(struct steps_count *c, size_t records)
{
	c->dropped_blocks++;
	c->dropped_records += records;
}

static void
take_blocks(struct work *w, const struct matching *m, const struct blocks *b,
    const struct start *starts, size_t n)
{
	struct steps_count *c = &w->to->counts[w->step];
	size_t i, size;

	for (i = 0; i < n; i++) {
		const uint32_t *records = b->records + starts[i].at;

		size = starts[i].end - starts[i].at;
		if (is_one(w, records, size))
			continue;
		if (relate_nrest(w->rule) == 0 && !w->together &&
		    one_key(w, records, size)) {
			if (nsorts(w, records, size) > m->max_block)
				leave_out(c, size);
			else
				whole_block(w, records, size);
		} else if ((double)size * (double)(size - 1) / 2 >
		    (double)m->max_block) {
			if (!w->gather)
				leave_out(c, size);
		} else {
			pairs(w, records, size);
		}
	}
}

static void
take_step(struct work *w, const struct matching *m)
{
	struct blocks b;
	struct start *starts;
	size_t i, end, n = 0;

	blocks_make(&b, w->rule, w->roll, NULL);
	for (i = 0; i < b.n; i = end) {
		end = blocks_end(&b, i);
		n += end - i > 1;
	}
	starts = mem_array(NULL, n + 1, sizeof *starts);
	n = 0;
	for (i = 0; i < b.n; i = end) {
		end = blocks_end(&b, i);
		if (end - i > 1)
			starts[n++] = (struct start){ b.records[i], i, end };
	}
	qsort(starts, n, sizeof *starts, by_first);
	if (w->together) {
		moves_of_persons(&w->moves, w->roll, w->household,
		    &w->to->persons);
		w->gather = 1;
		take_blocks(w, m, &b, starts, n);
		w->gather = 0;
		moves_sort(&w->moves);
	}
	take_blocks(w, m, &b, starts, n);
	moves_clear(&w->moves);
	free(starts);
	blocks_clear(&b);
}

static int
join_both(void *arg, uint32_t a, uint32_t b)
{
	struct work *w = arg;
	uint64_t before = w->to->counts[w->step].joined;

	(void)join(w, a, b);
	return w->to->counts[w->step].joined > before;
}

static void
scale_start(struct scale *s, const struct matching_step *step,
    struct values *v, const struct nicknames *nicknames)
{
	size_t i, k, n = 0;

	s->step = step;
	for (i = 0; i < step->nscore; i++)
		n += step->score[i].n;
	s->tests = mem_zero(n + 1, sizeof *s->tests);
	for (i = n = 0; i < step->nscore; i++)
		for (k = 0; k < step->score[i].n; k++)
			s->tests[n++] = relate_new(v,
			    &step->score[i].tests[k], nicknames);
}

static void
scale_end(struct scale *s)
{
	size_t i, k, n = 0;

	for (i = 0; i < s->step->nscore; i++)
		for (k = 0; k < s->step->score[i].n; k++)
			relate_free(s->tests[n++]);
	free(s->tests);
}

static double
scale_weigh(const struct scale *s, const uint32_t *a, const uint32_t *b,
    unsigned *agree)
{
	const struct matching_points *p = s->step->score;
	double sum = 0;
	size_t i, k, n = 0;

	*agree = 0;
	for (i = 0; i < s->step->nscore; n += p[i].n, i++)
		for (k = 0; k < p[i].n; k++)
			if (relate_holds(s->tests[n + k], a, b)) {
				sum += p[i].points[k];
				*agree += 1;
				break;
			}
	return sum / (double)s->step->nscore;
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

struct scoring {
	struct work *w;
	struct scale scale;
};

static void
weigh_pair(void *state, size_t rule, uint32_t l, uint32_t r)
{
	struct scoring *s = state;
	struct group *g = &s->w->to->persons;
	uint32_t a = group_root(g, l), b = group_root(g, r);
	unsigned agree;
	double x;

	(void)rule;
	if (a == b || closed(s->w, l) || closed(s->w, r))
		return;
	x = scale_weigh(&s->scale, roll_record(s->w->roll, l),
	    roll_record(s->w->roll, r), &agree);
	if (x >= s->scale.step->at_least && agree >= s->scale.step->agree)
		rivals_add(&s->w->rivals, a, b, x);
}

static void
take_scored(struct work *w, const struct matching *m, struct values *v,
    const struct nicknames *nicknames)
{
	const struct matching_step *step = &m->steps[w->step];
	struct steps_count *c = &w->to->counts[w->step];
	struct scoring s = { .w = w };
	struct pairs_count counts[64] = { { 0 } };
	struct relate *rules[64];
	void *state = &s;
	struct pairs pairs = { .a = w->roll, .rules = rules,
	    .nrules = step->nblocks, .max_block = m->max_block, .jobs = 1,
	    .states = &state, .visit = weigh_pair, .counts = counts };
	size_t i;

	scale_start(&s.scale, step, v, nicknames);
	for (i = 0; i < step->nblocks; i++)
		rules[i] = relate_new(v, &step->blocks[i], NULL);
	pairs_run(&pairs);
	for (i = 0; i < step->nblocks; i++) {
		c->dropped_blocks += counts[i].dropped_blocks;
		c->dropped_pairs += counts[i].dropped_pairs;
		relate_free(rules[i]);
	}
	scale_end(&s.scale);
}

static void
join_known(struct work *w, const uint64_t *known, size_t n)
{
	struct steps_result *to = w->to;
	struct group *g = &to->persons;
	struct map *first = map_new();
	uint32_t *record = mem_array(NULL, n + 1, sizeof *record);
	size_t i, k;
	int added;

	for (i = 0; i < n; i++) {
		k = map_add(first, &known[i], sizeof known[i], &added);
		if (added) {
			record[k] = (uint32_t)i;
			continue;
		}
		to->by[record[k]] = to->by[i] = STEPS_KNOWN;
		unite(w, group_root(g, record[k]), (uint32_t)i);
	}
	free(record);
	map_free(first);
}

/* The first step that a record would meet with its like, from 1; 0: none. */
static unsigned
meets_itself(const struct matching *m, struct relate **rules,
    const struct scale *scales, const uint32_t *a)
{
	unsigned agree;
	size_t i;

	for (i = 0; i < m->nsteps; i++)
		if (m->steps[i].together)
			continue; /* nobody moves alone */
		else if (m->steps[i].nscore == 0 ?
		    relate_holds(rules[i], a, a) :
		    scale_weigh(&scales[i], a, a, &agree) >=
		    m->steps[i].at_least && agree >= m->steps[i].agree)
			return (unsigned)i + 1;
	return 0;
}

/*
 * A record that has just the values of what is known of one person, and
 * enough of them for some step, is that person's: so the same input finds
 * the same persons again, though a step may be among unlinked records alone.
 */
static void
join_same(struct work *w, const struct matching *m, struct values *v,
    const struct nicknames *nicknames, const struct steps_known *known)
{
	size_t size = w->roll->stride * sizeof(uint32_t), i, k;
	struct relate **rules = mem_zero(m->nsteps + 1, sizeof *rules);
	struct scale *scales = mem_zero(m->nsteps + 1, sizeof *scales);
	uint32_t *owner = mem_array(NULL, known->n + 1, sizeof *owner);
	struct group *g = &w->to->persons;
	struct map *sets = map_new();
	unsigned step;
	int added;

	for (i = 0; i < m->nsteps; i++)
		if (m->steps[i].nscore > 0)
			scale_start(&scales[i], &m->steps[i], v, nicknames);
		else
			rules[i] = relate_new(v, &m->steps[i].all, nicknames);
	for (i = 0; i < known->n; i++) {
		k = map_add(sets, roll_record(w->roll, i), size, &added);
		if (added)
			owner[k] = (uint32_t)i;
		else if (owner[k] != NOBODY && group_root(g, owner[k]) !=
		    group_root(g, (uint32_t)i))
			owner[k] = NOBODY; /* of two persons: steps decide */
	}
	for (i = known->n; i < w->roll->n; i++) {
		const uint32_t *a = roll_record(w->roll, i);

		k = map_find(sets, a, size);
		if (k == MAP_NONE || owner[k] == NOBODY ||
		    (step = meets_itself(m, rules, scales, a)) == 0)
			continue;
		w->to->by[i] = (unsigned char)step;
		unite(w, group_root(g, owner[k]), (uint32_t)i);
	}
	for (i = 0; i < m->nsteps; i++) {
		relate_free(rules[i]);
		if (m->steps[i].nscore > 0)
			scale_end(&scales[i]);
	}
	free(rules);
	free(scales);
	free(owner);
	map_free(sets);
}

void
steps_run(struct steps_result *to, const struct roll *roll, struct values *v,
    const struct nicknames *nicknames, const struct steps_known *known)
{
	const struct matching *m = values_matching(v);
	struct work w = { .to = to, .roll = roll, .nnever = m->nnever };
	size_t i;

	group_start(&to->persons, roll->n);
	to->by = mem_zero(roll->n + 1, 1);
	sort_records(&w, m, v);
	if (known != NULL) {
		join_known(&w, known->person, known->n);
		keep_apart(&w, known);
		if (known->n > 0)
			join_same(&w, m, v, nicknames, known);
	}
	to->counts = mem_zero(m->nsteps + 1, sizeof *to->counts);
	w.never = mem_zero(m->nnever + 1, sizeof *w.never);
	for (i = 0; i < m->nnever; i++)
		w.never[i] = relate_new(v, &m->never[i], nicknames);
	for (w.step = 0; w.step < m->nsteps; w.step++) {
		const struct matching_step *step = &m->steps[w.step];

		w.unlinked = step->unlinked || m->as_joins;
		w.single = step->single || step->nscore > 0;
		w.pairwise = m->as_joins && !w.single && !step->together;
		if (step->nscore > 0) {
			take_scored(&w, m, v, nicknames);
		} else {
			w.rule = relate_new(v, &step->all, nicknames);
			w.together = step->together;
			if (w.together)
				w.household = (size_t)values_slot(v,
				    step->household);
			take_step(&w, m);
			relate_free(w.rule);
		}
		if (w.single)
			to->counts[w.step].multiple = rivals_settle(&w.rivals,
			    &to->persons, step->ahead, join_both, &w);
	}
	for (i = 0; i < roll->n; i++) /* readers need not look far */
		to->persons.parent[i] = group_root(&to->persons, (uint32_t)i);
	for (i = 0; i < m->nnever; i++)
		relate_free(w.never[i]);
	free(w.never);
	free(w.roots);
	free(w.marked);
	free(w.sort);
	free(w.some);
	free(w.others);
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
