/* Records to counts, a batch at a time and column by column. */
#include "count.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/words.h"
#include "indicator/count_plan.h"
#include "indicator/groups.h"

/* Results of a condition, as expr_test gives them. */
enum { TRUE_IS = 1, BAD_IS = 3 };

#define UNKNOWN UINT32_MAX

/* One byte a record of the batch; beyond its end 0. */
typedef unsigned char flags[EXPR_BATCH];

struct numbers {
	int64_t v[EXPR_BATCH];
	flags is; /* EXPR_WHOLE... */
};

/* Texts of a cell by number. */
struct texts {
	struct words words;
	uint32_t of_age[128]; /* UNKNOWN: not yet */
	uint32_t of_number[EXPR_NUMBERS]; /* by expr_numbers, alike */
};

struct state {
	const struct counter *c;
	struct expr_shelf *shelf; /* what both read */
	struct expr_run **test_runs, **value_runs;
	flags *tests;   /* 1: true */
	flags *choices; /* 1: chosen */
	flags all, any;
	flags *packed;  /* eight counters of a keyset in a byte each */
	struct expr_value (*values)[EXPR_BATCH];
	struct numbers *numbers;
	struct texts *texts; /* per cell */
	uint32_t (*ids)[EXPR_BATCH]; /* per cell and record */
	struct groups **groups; /* per keyset */
	struct buf text;
};

void *
counter_state_new(void *arg)
{
	const struct counter *c = arg;
	struct state *s = mem_zero(1, sizeof *s);
	size_t i, widest = 0;

	s->c = c;
	s->shelf = expr_shelf_new(spec_scope_expr(c->scope));
	s->test_runs = mem_zero(c->ntests + 1, sizeof *s->test_runs);
	s->value_runs = mem_zero(c->nvalues + 1, sizeof *s->value_runs);
	s->tests = mem_zero(c->ntests + 1, sizeof *s->tests);
	s->choices = mem_zero(c->nchoices + 1, sizeof *s->choices);
	s->values = mem_zero(c->nvalues + 1, sizeof *s->values);
	s->numbers = mem_zero(c->nnumbers + 1, sizeof *s->numbers);
	s->texts = mem_zero(c->ncells + 1, sizeof *s->texts);
	s->ids = mem_zero(c->ncells + 1, sizeof *s->ids);
	s->groups = mem_zero(c->nkeysets + 1, sizeof *s->groups);
	for (i = 0; i < c->ntests; i++)
		s->test_runs[i] = expr_run_new_on(c->tests[i].expr, s->shelf);
	for (i = 0; i < c->nvalues; i++)
		s->value_runs[i] = expr_run_new_on(c->values[i].expr,
		    s->shelf);
	for (i = 0; i < c->ncells; i++) {
		words_init(&s->texts[i].words);
		memset(s->texts[i].of_age, 0xff, sizeof s->texts[i].of_age);
		memset(s->texts[i].of_number, 0xff,
		    sizeof s->texts[i].of_number);
	}
	for (i = 0; i < c->nkeysets; i++) {
		const struct count_keyset *k = &c->keysets[i];

		s->groups[i] = groups_new(k->ncounted, k->nsums);
		if (k->ncounted > widest)
			widest = k->ncounted;
	}
	s->packed = mem_zero(widest / 8 + 1, sizeof *s->packed);
	return s;
}

void
counter_state_free(void *arg)
{
	struct state *s = arg;
	const struct counter *c;
	size_t i;

	if (s == NULL)
		return;
	c = s->c;
	for (i = 0; i < c->ntests; i++)
		expr_run_free(s->test_runs[i]);
	for (i = 0; i < c->nvalues; i++)
		expr_run_free(s->value_runs[i]);
	expr_shelf_free(s->shelf);
	for (i = 0; i < c->ncells; i++)
		words_clear(&s->texts[i].words);
	for (i = 0; i < c->nkeysets; i++)
		groups_free(s->groups[i]);
	free(s->test_runs);
	free(s->value_runs);
	free(s->tests);
	free(s->choices);
	free(s->packed);
	free(s->values);
	free(s->numbers);
	free(s->texts);
	free(s->ids);
	free(s->groups);
	buf_free(&s->text);
	free(s);
}

/* A cell that does not fit its field's type: with its place. */
static int
bad_cell(const struct state *s, const struct count_source *src,
    const struct csv_block *b, size_t r, long field, struct fault *f)
{
	const struct expr_scope *scope = spec_scope_expr(s->c->scope);

	(void)fault_set(f, "not a value of the field's type, which indicator "
	    "%s needs; nib-validate passes only good records on",
	    src->first->id);
	fault_place(f, b->file, csv_line_number(b, r), csv_record_number(b,
	    r), field >= 0 ? (uint64_t)scope->fields[field].column + 1 : 0,
	    field >= 0 ? scope->fields[field].name : NULL);
	return -1;
}

/*
 * Loops over flags go to the end of the batch, full or not, so that the
 * compiler knows how often.
 */
static void
keep_true(unsigned char *test)
{
	size_t k;

	for (k = 0; k < EXPR_BATCH; k++)
		test[k] = test[k] == TRUE_IS;
}

static int
test_all(struct state *s, const struct csv_block *b, size_t first, size_t n,
    struct fault *f)
{
	const struct counter *c = s->c;
	size_t i, k;
	long field;

	for (i = 0; i < c->ntests; i++) {
		field = -1;
		if (expr_test(s->test_runs[i], b, first, n, s->tests[i],
		    &field, f) == -1)
			return -1;
		for (k = 0; field >= 0 && k < n; k++)
			if (s->tests[i][k] == BAD_IS)
				return bad_cell(s, &c->tests[i], b,
				    first + k, field, f);
		keep_true(s->tests[i]);
	}
	return 0;
}

static int
value_of(struct state *s, size_t i, const struct csv_block *b, size_t first,
    size_t n, struct fault *f)
{
	size_t k;

	if (expr_eval(s->value_runs[i], b, first, n, s->values[i], f) == -1)
		return -1;
	for (k = 0; k < n; k++)
		if (s->values[i][k].kind == EXPR_BAD)
			return bad_cell(s, &s->c->values[i], b, first + k,
			    (long)s->values[i][k].u.i, f);
	return 0;
}

static void
choose(const unsigned char *restrict of, const unsigned char *restrict test,
    int wanted, unsigned char *restrict to)
{
	const unsigned char flip = wanted ? 0 : 1;
	size_t k;

	for (k = 0; k < EXPR_BATCH; k++)
		to[k] = of[k] & (test[k] ^ flip);
}

static const unsigned char *
choice(const struct state *s, size_t i)
{
	return i == COUNT_NONE ? s->all : s->choices[i];
}

static void
choose_all(struct state *s, size_t n)
{
	const struct counter *c = s->c;
	size_t i;

	memset(s->all, 0, sizeof s->all);
	memset(s->all, 1, n);
	for (i = 0; i < c->nchoices; i++)
		choose(choice(s, c->choices[i].of),
		    s->tests[c->choices[i].test], c->choices[i].wanted,
		    s->choices[i]);
}

/* What a logistic model expects, of its linear predictor. */
static double
expected(double logit)
{
	return 1 / (1 + exp(-logit));
}

static int
number_logistic(struct state *s, const struct count_number *c,
    struct numbers *to, const struct csv_block *b, size_t first, size_t n,
    struct fault *f)
{
	const struct expr_value *v = s->values[c->value];
	double scale = 1;
	size_t k;
	int i;

	for (i = 0; i < c->scale; i++)
		scale *= 10;
	if (value_of(s, c->value, b, first, n, f) == -1)
		return -1;
	for (k = 0; k < n; k++) {
		to->is[k] = v[k].kind == EXPR_NULL ? EXPR_WHOLE_NULL :
		    v[k].kind == EXPR_STRING ? EXPR_NO_WHOLE : EXPR_WHOLE;
		if (to->is[k] == EXPR_WHOLE)
			to->v[k] = (int64_t)nearbyint(scale *
			    expected(v[k].kind == EXPR_INT ?
			    (double)v[k].u.i : v[k].u.r));
	}
	return 0;
}

static int
number_all(struct state *s, const struct csv_block *b, size_t first,
    size_t n, struct fault *f)
{
	const struct counter *c = s->c;
	size_t i, k;

	for (i = 0; i < c->nnumbers; i++) {
		const struct count_number *x = &c->numbers[i];
		struct numbers *to = &s->numbers[i];
		int other = 0;

		if (x->logistic) {
			if (number_logistic(s, x, to, b, first, n, f) == -1)
				return -1;
			continue;
		}
		if (expr_eval_whole(s->value_runs[x->value], b, first, n,
		    (unsigned)x->scale, to->v, to->is, f) == -1)
			return -1;
		for (k = 0; k < n; k++)
			other |= to->is[k] == EXPR_NO_WHOLE;
		/* A bad cell has its place. */
		if (other && value_of(s, x->value, b, first, n, f) == -1)
			return -1;
	}
	return 0;
}

static uint32_t
age_id(struct texts *t, const struct bands *bands, const struct expr_value *v)
{
	long band = v->kind == EXPR_INT ? bands_of_age(bands, v->u.i) : -1;
	const char *label = band >= 0 ? bands_label(bands, (size_t)band) : "";

	return (uint32_t)map_add(t->words.map, label, strlen(label), NULL);
}

/* The number of a cell in a record. */
static uint32_t
cell_id(struct state *s, size_t cell, size_t k)
{
	const struct count_cell *c = &s->c->cells[cell];
	const struct expr_value *v = &s->values[c->value][k];
	struct texts *t = &s->texts[cell];

	if (c->bands != NULL) {
		if (v->kind != EXPR_INT || v->u.i < 0 || v->u.i > 127)
			return age_id(t, c->bands, v);
		if (t->of_age[v->u.i] == UNKNOWN)
			t->of_age[v->u.i] = age_id(t, c->bands, v);
		return t->of_age[v->u.i];
	}
	if (v->kind == EXPR_STRING)
		return (uint32_t)words_add(&t->words, v->u.s.p, v->u.s.n);
	buf_clear(&s->text);
	if (v->kind != EXPR_NULL)
		expr_put(&s->text, v);
	return (uint32_t)map_add(t->words.map, buf_string(&s->text), s->text.n,
	    NULL);
}

/* Where cells repeat, a value is looked at once for each of them. */
static int
ids_of(struct state *s, size_t cell, const struct csv_block *b, size_t first,
    size_t n, struct fault *f)
{
	size_t value = s->c->cells[cell].value, k;
	uint32_t *of = s->texts[cell].of_number, *ids = s->ids[cell];
	const uint16_t *number = expr_numbers(s->value_runs[value], b, first,
	    n, f);
	int unknown = number == NULL;

	for (k = 0; number != NULL && k < n; k++) {
		ids[k] = of[number[k]];
		unknown |= ids[k] == UNKNOWN;
	}
	if (!unknown)
		return 0;
	if (value_of(s, value, b, first, n, f) == -1)
		return -1;
	for (k = 0; k < n; k++) {
		ids[k] = cell_id(s, cell, k);
		if (number != NULL)
			of[number[k]] = ids[k];
	}
	return 0;
}

static int
ids_all(struct state *s, const struct csv_block *b, size_t first, size_t n,
    struct fault *f)
{
	size_t i;

	for (i = 0; i < s->c->ncells; i++)
		if (ids_of(s, i, b, first, n, f) == -1)
			return -1;
	return 0;
}

/* The groups of the records that count for anything. */
static void
find_groups(struct state *s, size_t set, size_t n, uint32_t *group)
{
	const struct count_keyset *ks = &s->c->keysets[set];
	const uint32_t *ids[DEFINITION_KEYS];
	size_t i;

	for (i = 0; i < DEFINITION_KEYS; i++)
		ids[i] = ks->cells[i] != COUNT_NONE ?
		    s->ids[ks->cells[i]] : NULL;
	groups_find_all(s->groups[set], ids, s->any, n, group);
}

static void
pack(const unsigned char *restrict in, unsigned char bit,
    unsigned char *restrict to)
{
	size_t k;

	for (k = 0; k < EXPR_BATCH; k++)
		to[k] |= (unsigned char)-in[k] & bit;
}

static void
mark(const unsigned char *restrict in, unsigned char *restrict any)
{
	size_t k;

	for (k = 0; k < EXPR_BATCH; k++)
		any[k] |= in[k];
}

/* Which counters of a keyset a record raises, and whether it is in any. */
static int
pack_all(struct state *s, const struct count_keyset *ks)
{
	unsigned char any = 0;
	size_t i, k;

	memset(s->any, 0, sizeof s->any);
	memset(s->packed, 0, (ks->ncounted + 7) / 8 * sizeof *s->packed);
	for (i = 0; i < ks->ncounted; i++)
		pack(choice(s, ks->counted[i]), (unsigned char)(1U << i % 8),
		    s->packed[i / 8]);
	for (i = 0; i < (ks->ncounted + 7) / 8; i++)
		mark(s->packed[i], s->any);
	for (i = 0; i < ks->nsums; i++)
		for (k = 0; k < ks->sums[i].n; k++)
			mark(choice(s, ks->sums[i].choices[k]), s->any);
	for (k = 0; k < EXPR_BATCH; k++)
		any |= s->any[k];
	return any != 0;
}

/*
 * The records that have a number and are in some choice, without gaps, and
 * the choices of each. -1 with *bad one whose value is not a number.
 */
static int
summed(const struct state *s, const struct count_sums *sums, size_t n,
    unsigned char *pattern, unsigned char *at, size_t *m, size_t *bad)
{
	const struct numbers *x = &s->numbers[sums->number];
	unsigned char other = 0;
	size_t i, k, many = 0;

	memset(pattern, 0, EXPR_BATCH);
	for (i = 0; i < sums->n; i++)
		pack(choice(s, sums->choices[i]), (unsigned char)(1U << i),
		    pattern);
	for (k = 0; k < EXPR_BATCH; k++)
		other |= x->is[k] == EXPR_NO_WHOLE && pattern[k] != 0;
	for (k = 0; k < n; k++) {
		at[many] = (unsigned char)k;
		many += (pattern[k] != 0) & (x->is[k] != EXPR_WHOLE_NULL);
	}
	*m = many;
	if (!other)
		return 0;
	for (k = 0; pattern[k] == 0 || x->is[k] != EXPR_NO_WHOLE; k++)
		;
	*bad = k;
	return -1;
}

/* -1 with *bad the record whose value is not a number, or too large. */
static int
add_sums(struct state *s, size_t set, size_t i, size_t n,
    const uint32_t *group, size_t *bad)
{
	const struct count_sums *sums = &s->c->keysets[set].sums[i];
	const struct numbers *x = &s->numbers[sums->number];
	flags pattern, at;
	size_t m;

	*bad = 0;
	if (summed(s, sums, n, pattern, at, &m, bad) == -1)
		return -1;
	return groups_add_values(s->groups[set], i, group, pattern, at, m,
	    x->v, sums->squares);
}

static int
count_keyset(struct state *s, size_t set, const struct csv_block *b,
    size_t first, size_t n, struct fault *f)
{
	const struct count_keyset *ks = &s->c->keysets[set];
	uint32_t group[EXPR_BATCH];
	size_t i, bad = 0;

	if (!pack_all(s, ks))
		return 0;
	find_groups(s, set, n, group);
	groups_raise(s->groups[set], group, s->any, s->packed, n);
	for (i = 0; i < ks->nsums; i++) {
		if (add_sums(s, set, i, n, group, &bad) == 0)
			continue;
		(void)fault_set(f, "indicator %s: the value to add up is not "
		    "a number, or is too large",
		    s->c->numbers[ks->sums[i].number].first->id);
		fault_place(f, b->file, csv_line_number(b, first + bad),
		    csv_record_number(b, first + bad), 0, NULL);
		return -1;
	}
	return 0;
}

int
counter_map(void *arg, const struct csv_block *b, struct buf *outs,
    struct fault *f)
{
	struct state *s = arg;
	const struct counter *c = s->c;
	size_t first, n, set;

	(void)outs;
	for (first = 0; first < b->nrecords; first += n) {
		n = b->nrecords - first;
		if (n > EXPR_BATCH)
			n = EXPR_BATCH;
		if (test_all(s, b, first, n, f) == -1 ||
		    number_all(s, b, first, n, f) == -1 ||
		    ids_all(s, b, first, n, f) == -1)
			return -1;
		choose_all(s, n);
		for (set = 0; set < c->nkeysets; set++)
			if (count_keyset(s, set, b, first, n, f) == -1)
				return -1;
	}
	return 0;
}

/* The group of another state's key. */
static size_t
same_group(struct state *into, const struct state *from, size_t set,
    size_t group)
{
	const struct count_keyset *ks = &into->c->keysets[set];
	uint32_t key[DEFINITION_KEYS];
	size_t i, n;

	groups_key(from->groups[set], group, key);
	for (i = 0; i < DEFINITION_KEYS; i++) {
		const char *text;

		if (ks->cells[i] == COUNT_NONE)
			continue;
		text = map_key(from->texts[ks->cells[i]].words.map, key[i], &n);
		key[i] = (uint32_t)map_add(into->texts[ks->cells[i]].words.map,
		    text, n, NULL);
	}
	return groups_find(into->groups[set], key);
}

int
counter_state_merge(void *into_arg, void *from_arg, struct fault *f)
{
	struct state *into = into_arg, *from = from_arg;
	const struct counter *c = into->c;
	size_t set, g;

	for (set = 0; set < c->nkeysets; set++)
		for (g = 0; g < groups_count(from->groups[set]); g++)
			if (groups_merge(into->groups[set],
			    same_group(into, from, set, g),
			    from->groups[set], g) == -1)
				return fault_set(f, "a sum does not fit in "
				    "128 bits");
	return 0;
}

/* Sums: of a counter, the count. -1: it does not fit. */
static int
part_sum(struct groups *g, size_t group, const struct count_part *p,
    struct groups_sum *to)
{
	memset(to, 0, sizeof *to);
	if (p->sum != COUNT_NONE)
		return groups_sum(g, group, p->sum, p->choice, to);
	if (p->counter != COUNT_NONE)
		to->sum = (num_wide)groups_counter(g, group, p->counter);
	return 0;
}

int
counter_finish(const struct counter *c, const void *arg, struct book *book,
    struct fault *f)
{
	const struct state *s = arg;
	size_t d, g, i;

	for (d = 0; d < c->n; d++) {
		const struct count_member *m = &c->members[d];
		const struct count_keyset *ks = &c->keysets[m->keyset];
		struct groups *groups = s->groups[m->keyset];
		int mean = c->definitions[d]->method == DEFINITION_MEAN;

		for (g = 0; g < groups_count(groups); g++) {
			struct groups_sum x, n;
			const char *key[DEFINITION_KEYS];
			uint32_t id[DEFINITION_KEYS];

			if (part_sum(groups, g, &m->part[0], &x) == -1 ||
			    part_sum(groups, g, &m->part[1], &n) == -1)
				return fault_set(f, "a sum does not fit in "
				    "128 bits");
			if (mean)
				n.sum = (num_wide)x.n;
			else
				x.squares = 0;
			/* Another definition of the set made this group. */
			if (x.sum == 0 && n.sum == 0 && x.squares == 0)
				continue;
			groups_key(groups, g, id);
			for (i = 0; i < DEFINITION_KEYS; i++)
				key[i] = ks->cells[i] == COUNT_NONE ? "" :
				    map_key(s->texts[ks->cells[i]].words.map,
				    id[i], NULL);
			if (book_add(book, d, key, x.sum, n.sum,
			    x.squares, f) == -1)
				return -1;
		}
	}
	return 0;
}
