/* From definitions to what has to be worked out, each thing once. */
#include "indicator/count_plan.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

static size_t
source_of(struct count_source **list, size_t *n, const char *text,
    const struct definition *d)
{
	size_t i;

	for (i = 0; i < *n; i++)
		if (strcmp((*list)[i].text, text) == 0)
			return i;
	*list = mem_array(*list, *n + 1, sizeof **list);
	memset(&(*list)[*n], 0, sizeof **list);
	(*list)[*n].text = text;
	(*list)[*n].whole = text;
	(*list)[*n].first = d;
	return (*n)++;
}

/* The records of a choice for which a condition is true, or is not. */
static size_t
narrow(struct counter *c, const struct definition *d, size_t of,
    const char *condition, const char *whole, int wanted)
{
	struct count_choice *x;
	size_t test, i;

	test = source_of(&c->tests, &c->ntests, condition, d);
	if (c->tests[test].first == d)
		c->tests[test].whole = whole;
	for (i = 0; i < c->nchoices; i++) {
		x = &c->choices[i];
		if (x->of == of && x->test == test && x->wanted == wanted)
			return i;
	}
	c->choices = mem_array(c->choices, c->nchoices + 1,
	    sizeof *c->choices);
	x = &c->choices[c->nchoices];
	x->of = of;
	x->test = test;
	x->wanted = wanted;
	return c->nchoices++;
}

/* One part of a condition after the other: others may have them too. */
static size_t
choice_of(struct counter *c, const struct definition *d, size_t of,
    const char *condition, int wanted)
{
	const char *const *parts;
	size_t i, n;

	if (condition == NULL)
		return of;
	if (!wanted)
		return narrow(c, d, of, condition, condition, 0);
	parts = expr_conjuncts(condition, &c->arena, &n);
	for (i = 0; i < n; i++)
		of = narrow(c, d, of, parts[i], condition, 1);
	return of;
}

static size_t
number_of(struct counter *c, const struct definition *d,
    const struct definition_part *p)
{
	size_t value = source_of(&c->values, &c->nvalues, p->expression, d);
	size_t i;

	for (i = 0; i < c->nnumbers; i++)
		if (c->numbers[i].value == value &&
		    c->numbers[i].scale == p->scale &&
		    c->numbers[i].logistic == p->logistic)
			return i;
	c->numbers = mem_array(c->numbers, c->nnumbers + 1,
	    sizeof *c->numbers);
	c->numbers[c->nnumbers].value = value;
	c->numbers[c->nnumbers].scale = p->scale;
	c->numbers[c->nnumbers].logistic = p->logistic;
	c->numbers[c->nnumbers].first = d;
	return c->nnumbers++;
}

static void
sum_of(struct count_keyset *k, size_t number, size_t choice, int squares,
    struct count_part *to)
{
	struct count_sums *sums;
	size_t i, c = 0;

	for (i = 0; i < k->nsums; i++) {
		sums = &k->sums[i];
		if (sums->number != number)
			continue;
		for (c = 0; c < sums->n && sums->choices[c] != choice; c++)
			;
		if (c < GROUPS_CHOICES)
			break;
	}
	if (i == k->nsums) {
		k->sums = mem_array(k->sums, i + 1, sizeof *k->sums);
		k->sums[k->nsums++] = (struct count_sums){ .number = number };
		c = 0;
	}
	sums = &k->sums[i];
	if (c == sums->n)
		sums->choices[sums->n++] = choice;
	sums->squares |= squares;
	to->sum = i;
	to->choice = c;
}

static size_t
counter_of(struct count_keyset *k, size_t choice)
{
	size_t i;

	for (i = 0; i < k->ncounted; i++)
		if (k->counted[i] == choice)
			return i;
	k->counted = mem_array(k->counted, i + 1, sizeof *k->counted);
	k->counted[i] = choice;
	return k->ncounted++;
}

static int
cell_of(struct counter *c, const struct definition *d,
    enum definition_key k, size_t *to, struct fault *f)
{
	const char *label = k == DEFINITION_BAND && d->band_is_age ?
	    d->bands : NULL;
	struct count_cell *cell;
	size_t value, i;

	*to = COUNT_NONE;
	if (d->key[k] == NULL)
		return 0;
	value = source_of(&c->values, &c->nvalues, d->key[k], d);
	for (i = 0; i < c->ncells; i++) {
		cell = &c->cells[i];
		if (cell->value == value && (cell->label == label ||
		    (cell->label != NULL && label != NULL &&
		    strcmp(cell->label, label) == 0)))
			break;
	}
	*to = i;
	if (i < c->ncells)
		return 0;
	c->cells = mem_array(c->cells, c->ncells + 1, sizeof *c->cells);
	cell = &c->cells[c->ncells++];
	cell->value = value;
	cell->label = label;
	cell->bands = NULL;
	if (label != NULL && (cell->bands = bands_open(label, f)) == NULL)
		return -1;
	return 0;
}

static int
keyset_of(struct counter *c, const struct definition *d, size_t *to,
    struct fault *f)
{
	struct count_keyset want;
	size_t k;

	memset(&want, 0, sizeof want);
	for (k = 0; k < DEFINITION_KEYS; k++)
		if (cell_of(c, d, (enum definition_key)k, &want.cells[k],
		    f) == -1)
			return -1;
	for (k = 0; k < c->nkeysets; k++)
		if (memcmp(c->keysets[k].cells, want.cells,
		    sizeof want.cells) == 0)
			break;
	if (k == c->nkeysets) {
		c->keysets = mem_array(c->keysets, k + 1, sizeof want);
		c->keysets[c->nkeysets++] = want;
	}
	*to = k;
	return 0;
}

static void
part_fill(struct counter *c, const struct definition *d,
    const struct definition_part *p, struct count_keyset *k, size_t of,
    struct count_part *to)
{
	if (p->kind == DEFINITION_SUM)
		sum_of(k, number_of(c, d, p), choice_of(c, d, of, p->when, 1),
		    d->method == DEFINITION_MEAN, to);
	else if (p->kind == DEFINITION_RECORDS)
		to->counter = counter_of(k, choice_of(c, d, of,
		    p->expression, 1));
}

static int
member_fill(struct counter *c, const struct definition *d,
    struct count_member *m, struct fault *f)
{
	const struct definition_part *n = &d->denominator;
	size_t of = choice_of(c, d, COUNT_NONE, d->where, 1), i;

	for (i = 0; i < 2; i++)
		m->part[i].counter = m->part[i].sum = COUNT_NONE;
	for (i = 0; i < d->nexclusions; i++)
		of = choice_of(c, d, of, d->exclusions[i].when, 0);
	if (keyset_of(c, d, &m->keyset, f) == -1)
		return -1;
	part_fill(c, d, n, &c->keysets[m->keyset], of, &m->part[1]);
	/* A proportion's numerator is within its denominator. */
	if (d->method == DEFINITION_PROPORTION &&
	    n->kind == DEFINITION_RECORDS)
		of = choice_of(c, d, of, n->expression, 1);
	part_fill(c, d, &d->numerator, &c->keysets[m->keyset], of,
	    &m->part[0]);
	return 0;
}

static int
compile(struct count_source *s, const struct expr_scope *scope,
    struct fault *f)
{
	struct fault inner = FAULT_NONE, ignored = FAULT_NONE;

	s->expr = expr_compile(s->text, scope, &ignored);
	if (s->expr == NULL)
		expr_free(expr_compile(s->whole, scope, &inner));
	if (s->expr == NULL)
		return fault_at(f, s->first->path, 0, "indicator %s: %s",
		    s->first->id, inner.what);
	return 0;
}

struct counter *
counter_new(const struct definition *const *d, size_t n,
    const struct spec *spec, const struct csv_header *h, struct fault *f)
{
	struct counter *c = mem_zero(1, sizeof *c);
	const struct expr_scope *scope;
	size_t i;

	c->definitions = d;
	c->n = n;
	c->members = mem_zero(n > 0 ? n : 1, sizeof *c->members);
	if ((c->scope = spec_scope_new(spec, h, f)) == NULL)
		goto fail;
	for (i = 0; i < n; i++)
		if (member_fill(c, d[i], &c->members[i], f) == -1)
			goto fail;
	scope = spec_scope_expr(c->scope);
	for (i = 0; i < c->ntests; i++)
		if (compile(&c->tests[i], scope, f) == -1)
			goto fail;
	for (i = 0; i < c->nvalues; i++)
		if (compile(&c->values[i], scope, f) == -1)
			goto fail;
	return c;
fail:
	counter_free(c);
	return NULL;
}

static void
want(const struct counter *c, const struct count_source *list, size_t n,
    unsigned char *wanted)
{
	const struct expr_scope *scope = spec_scope_expr(c->scope);
	const size_t *reads;
	size_t i, k, nreads;

	for (i = 0; i < n; i++) {
		reads = expr_fields(list[i].expr, &nreads);
		for (k = 0; k < nreads; k++)
			wanted[scope->fields[reads[k]].column] = 1;
	}
}

void
counter_want(const struct counter *c, struct csv_reader *in)
{
	unsigned char *wanted = mem_zero(csv_header(in)->n, 1);

	want(c, c->tests, c->ntests, wanted);
	want(c, c->values, c->nvalues, wanted);
	csv_want(in, wanted);
	free(wanted);
}

void
counter_free(struct counter *c)
{
	size_t i;

	if (c == NULL)
		return;
	for (i = 0; i < c->ntests; i++)
		expr_free(c->tests[i].expr);
	for (i = 0; i < c->nvalues; i++)
		expr_free(c->values[i].expr);
	for (i = 0; i < c->ncells; i++)
		bands_close(c->cells[i].bands);
	for (i = 0; i < c->nkeysets; i++) {
		free(c->keysets[i].counted);
		free(c->keysets[i].sums);
	}
	free(c->tests);
	free(c->values);
	free(c->choices);
	free(c->numbers);
	free(c->cells);
	free(c->keysets);
	free(c->members);
	arena_free(&c->arena);
	spec_scope_free(c->scope);
	free(c);
}
