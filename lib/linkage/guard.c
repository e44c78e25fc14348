/* Which groups of records the rules of "never" keep apart. */
#include "linkage/guard.h"

#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "base/mem.h"

#define LEAST ((size_t)1024 * 1024) /* bytes of values that are always held */

static size_t
marked(const struct matching *m, char *used)
{
	size_t i, n = 0;

	for (i = 0; i < m->nnever; i++)
		matching_mark(&m->never[i], used);
	for (i = 0; i < m->nfields; i++)
		n += used[i] != 0;
	return n;
}

size_t
guard_each(const struct matching *m)
{
	char used[MATCHING_MAX_FIELDS] = { 0 };

	/* Sorts, circles, codes; the sorts of a block. */
	return m->nnever == 0 ? 0 : 16 + 4 * marked(m, used);
}

/* Do the tests of a field look at more than whether values are equal? */
static int
needs_texts(const struct matching *m, size_t field)
{
	size_t i, k;

	for (i = 0; i < m->nnever; i++)
		for (k = 0; k < m->never[i].n; k++) {
			const struct matching_test *t = &m->never[i].v[k];

			if (t->kind != MATCHING_EXACT &&
			    t->kind != MATCHING_DIFFERENT &&
			    t->kind != MATCHING_COMPATIBLE &&
			    t->kind != MATCHING_PRESENT &&
			    (t->field == field ||
			    (matching_has_other(t->kind) &&
			    t->other == field)))
				return 1;
		}
	return 0;
}

/* Sorts from codes: by a map where all is in memory. */
static void
sort_roll(struct guard *g, const struct values *v, const char *used)
{
	uint32_t key[MATCHING_MAX_FIELDS];
	struct map *sorts = map_new();
	size_t i, s, n;

	for (i = 0; i < g->roll->n; i++) {
		for (s = n = 0; s < g->roll->stride; s++)
			if (used[values_field(v, s)])
				key[n++] = roll_record(g->roll, i)[s];
		g->sort[i] = (uint32_t)map_add(sorts, key, n * sizeof *key,
		    NULL);
	}
	map_free(sorts);
}

/* By a sorter where it is not. */
static int
sort_own(struct guard *g, size_t memory, struct fault *f)
{
	struct spill *spill = spill_new();
	struct sorter *sorter = sorter_new(memory, spill);
	size_t size = g->own.stride * sizeof *g->own.codes;
	struct sorter_run like = { 0 };
	uint32_t number, i, sort = 0;
	struct sorter_record r;
	int rc = 0, k = 0;

	for (i = 0; rc == 0 && i < g->own.n; i++)
		rc = sorter_add(sorter, roll_record(&g->own, i), size, &i,
		    sizeof i, f);
	while (rc == 0 && (k = sorter_next(sorter, &r, f)) == 1) {
		sort += (uint32_t)sorter_run_starts(&like, &r);
		memcpy(&number, r.rest, sizeof number);
		g->sort[number] = sort;
	}
	sorter_run_clear(&like);
	sorter_free(sorter);
	spill_free(spill);
	return rc == 0 ? k : rc;
}

/* What the rules look at, of records that are elsewhere. */
static int
own_codes(struct guard *g, const struct cohort *c, const char *used,
    size_t memory, struct fault *f)
{
	struct values *v = values_new(values_matching(c->v), used);
	struct roll *own = &g->own;
	size_t s, field;

	g->own_values = v;
	g->roll = own;
	own->stride = values_nslots(v);
	own->n = (size_t)cohort_count(c, 0);
	own->codes = mem_array(NULL, own->n + 1,
	    own->stride * sizeof *own->codes);
	for (s = 0; s < own->stride; s++) {
		field = values_field(v, s);
		if (cohort_codes(c, (size_t)values_slot(c->v, field),
		    own->codes + s, own->stride,
		    needs_texts(values_matching(v), field) ? v : NULL,
		    memory, f) == -1)
			return -1;
		if (values_held(v) > LEAST && values_held(v) > c->memory / 2)
			return fault_set(f, "the values that the rules of "
			    "never compare take more than half of --memory");
	}
	return 0;
}

int
guard_start(struct guard *g, const struct cohort *c, size_t memory,
    struct fault *f)
{
	const struct matching *m = values_matching(c->v);
	char used[MATCHING_MAX_FIELDS] = { 0 };
	size_t i, n = (size_t)cohort_count(c, 0);

	memset(g, 0, sizeof *g);
	if (m->nnever == 0)
		return 0;
	(void)marked(m, used);
	g->roll = &c->a;
	g->sort = mem_array(NULL, n + 1, sizeof *g->sort);
	g->some = mem_array(NULL, n + 1, sizeof *g->some);
	g->others = mem_array(NULL, n + 1, sizeof *g->others);
	if (c->depot == NULL)
		sort_roll(g, c->v, used);
	else if (own_codes(g, c, used, memory, f) == -1 ||
	    sort_own(g, memory, f) == -1)
		return -1;
	for (i = 0; i < n; i++)
		g->some[i] = g->others[i] = (uint32_t)i;
	g->nrules = m->nnever;
	g->rules = mem_array(NULL, m->nnever, sizeof *g->rules);
	for (i = 0; i < m->nnever; i++)
		g->rules[i] = relate_new(c->depot == NULL ? c->v :
		    g->own_values, &m->never[i], c->nicknames);
	return 0;
}

void
guard_end(struct guard *g)
{
	size_t i;

	for (i = 0; i < g->nrules; i++)
		relate_free(g->rules[i]);
	free(g->rules);
	free(g->sort);
	free(g->some);
	free(g->others);
	roll_clear(&g->own);
	values_free(g->own_values);
	memset(g, 0, sizeof *g);
}

int
guard_forbids(const struct guard *g, uint32_t i, uint32_t j)
{
	size_t k;

	for (k = 0; k < g->nrules; k++)
		if (relate_holds(g->rules[k], roll_record(g->roll, i),
		    roll_record(g->roll, j)))
			return 1;
	return 0;
}

int
guard_apart(const struct guard *g, uint32_t a, uint32_t b)
{
	uint32_t i, j;

	if (g->nrules == 0)
		return 0;
	i = g->some[a];
	do {
		j = g->some[b];
		do {
			if (guard_forbids(g, i, j))
				return 1;
			j = g->others[j];
		} while (j != g->some[b]);
		i = g->others[i];
	} while (i != g->some[a]);
	return 0;
}

/* The circle of b's records goes into that of a's, but for sorts it has. */
void
guard_unite(struct guard *g, uint32_t a, uint32_t b)
{
	uint32_t i, j, next, last;

	if (g->sort == NULL)
		return;
	j = last = g->some[b];
	do {
		next = g->others[j];
		i = g->some[a];
		while (g->sort[i] != g->sort[j] && g->others[i] != g->some[a])
			i = g->others[i];
		if (g->sort[i] != g->sort[j]) {
			g->others[j] = g->others[i];
			g->others[i] = j;
		}
		j = next;
	} while (j != last);
}

int
guard_is_plain(const struct guard *g, uint32_t root)
{
	return g->others[g->some[root]] == g->some[root];
}

static int
by_number(const void *a, const void *b)
{
	uint32_t x, y;

	memcpy(&x, a, sizeof x);
	memcpy(&y, b, sizeof y);
	return x < y ? -1 : x > y;
}

size_t
guard_pairs(const struct guard *g, const uint32_t *records, size_t n)
{
	uint32_t *sorts;
	size_t i, k = 1;

	if (g->sort == NULL || n < 3)
		return 0;
	sorts = mem_array(NULL, n, sizeof *sorts);
	for (i = 0; i < n; i++)
		sorts[i] = g->sort[records[i]];
	qsort(sorts, n, sizeof *sorts, by_number);
	for (i = 1; i < n; i++)
		k += sorts[i] != sorts[i - 1];
	free(sorts);
	return k * (k - 1) / 2;
}
