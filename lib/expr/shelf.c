/* Fields of a batch loaded once for many expressions. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "expr/common.h"
#include "expr/load.h"

struct expr_shelf {
	struct expr all;       /* no expression: reads every field */
	struct expr_run *run;  /* of all: holds the columns */
	/* The batch that is on the shelf. */
	const struct csv_block *block;
	const char *data;
	uint64_t sequence;
	size_t first, n;
	int given;             /* expr_shelf_new_given */
	uint64_t turns, apart; /* batches so far; stamps of one run alone */
	struct commons *commons;
	unsigned char *have;   /* by field: loaded */
	size_t *nbad;          /* by field: records with a bad cell */
	unsigned char **bad;   /* by field, when some are: by record */
};

struct expr_shelf *
expr_shelf_new(const struct expr_scope *scope)
{
	struct expr_shelf *s = mem_zero(1, sizeof *s);
	size_t i;

	s->all.scope = scope;
	s->all.nreads = scope->n;
	s->all.reads = mem_array(NULL, scope->n + 1, sizeof *s->all.reads);
	s->all.keyed = mem_zero(scope->n + 1, 1);
	s->all.texted = mem_zero(scope->n + 1, 1);
	for (i = 0; i < scope->n; i++) {
		s->all.reads[i] = i;
		s->all.keyed[i] = scope->fields[i].type == EXPR_DATE;
	}
	s->run = expr_run_new(&s->all);
	s->commons = commons_new(scope->n, 0);
	s->have = mem_zero(scope->n + 1, 1);
	s->nbad = mem_zero(scope->n + 1, sizeof *s->nbad);
	s->bad = mem_zero(scope->n + 1, sizeof *s->bad);
	return s;
}

void
expr_shelf_free(struct expr_shelf *s)
{
	size_t i;

	if (s == NULL)
		return;
	for (i = 0; i < s->all.nreads; i++)
		free(s->bad[i]);
	expr_run_free(s->run);
	commons_free(s->commons);
	free(s->all.reads);
	free(s->all.keyed);
	free(s->all.texted);
	free(s->have);
	free(s->nbad);
	free(s->bad);
	free(s);
}

struct expr_shelf *
expr_shelf_new_given(const struct expr_scope *scope)
{
	struct expr_shelf *s = expr_shelf_new(scope);

	s->given = 1;
	commons_free(s->commons);
	s->commons = commons_new(scope->n, 1);
	return s;
}

void
expr_shelf_give(struct expr_shelf *s, size_t field,
    const struct expr_value *values)
{
	expr_give(s->run, field, values);
}

void
expr_shelf_give_days(struct expr_shelf *s, size_t field, const int32_t *days)
{
	expr_give_days(s->run, field, days);
}

int
shelf_is_given(const struct expr_shelf *s)
{
	return s->given;
}

/* Texts of days are made where an expression looks at them. */
void
shelf_join(struct expr_shelf *s, const struct expr *e)
{
	size_t i;

	for (i = 0; s->given && i < e->nreads; i++)
		s->all.texted[e->reads[i]] |= e->texted[i];
}

void
shelf_day_texts(struct expr_run *r)
{
	size_t i;

	for (i = 0; r->shelf->given && i < r->e->nreads; i++)
		load_day_text(r->shelf->run, r->e->reads[i]);
}

/* Another batch: nothing of the one before is of use. */
static void
turn(struct expr_shelf *s, const struct csv_block *b, size_t first, size_t n)
{
	size_t i;

	if (s->block == b && s->data == b->data &&
	    s->sequence == b->sequence && s->first == first && s->n == n)
		return;
	s->block = b;
	s->data = b->data;
	s->sequence = b->sequence;
	s->first = first;
	s->n = s->run->n = n;
	s->turns++;
	memset(s->have, 0, s->all.nreads);
	scratch_reset(&s->run->scratch);
	s->run->nbad = 0;
	for (i = 0; i < n; i++)
		s->run->bad[i] = -1;
}

uint64_t
shelf_turn(struct expr_shelf *s, const struct csv_block *b, size_t first,
    size_t n)
{
	turn(s, b, first, n);
	return s->turns;
}

uint64_t
shelf_apart(struct expr_shelf *s)
{
	return ++s->apart | (uint64_t)1 << 63;
}

const struct column *
shelf_column(const struct expr_shelf *s, size_t field)
{
	return s->run->fields[field];
}

const int32_t *
shelf_days(const struct expr_shelf *s, size_t field)
{
	return s->run->days[field];
}

struct commons *
shelf_commons(struct expr_shelf *s)
{
	return s->commons;
}

static void
take(struct expr_shelf *s, const struct csv_block *b, size_t first,
    size_t field)
{
	struct expr_run *all = s->run;
	size_t i;

	s->have[field] = 1;
	expr_run_room(all, field);
	load_field(all, b, first, field);
	s->nbad[field] = all->nbad;
	if (all->nbad == 0)
		return;
	if (s->bad[field] == NULL)
		s->bad[field] = mem_alloc(EXPR_BATCH);
	for (i = 0; i < s->n; i++) {
		s->bad[field][i] = all->bad[i] != -1;
		all->bad[i] = -1;
	}
	all->nbad = 0;
}

void
shelf_want(struct expr_run *r, size_t slot)
{
	struct expr_shelf *s = r->shelf;

	/* What is given to the run itself does not stand on the shelf. */
	if (load_is_given(r, slot) && !s->given)
		return;
	if (!s->have[r->e->reads[slot]])
		take(s, s->block, s->first, r->e->reads[slot]);
}

void
shelf_want_all(struct expr_run *r)
{
	size_t i;

	for (i = 0; r->waiting && i < r->e->nreads; i++)
		shelf_want(r, i);
	r->waiting = 0;
}

const struct csv_block *
shelf_waits(const struct expr_shelf *s, size_t field, size_t *first)
{
	*first = s->first;
	return s->have[field] ? NULL : s->block;
}

void
shelf_field(struct expr_run *r, const struct csv_block *b, size_t first,
    size_t slot)
{
	struct expr_shelf *s = r->shelf;
	size_t field = r->e->reads[slot], i;

	if (!s->have[field] && load_is_plain(s->run, b, field)) {
		expr_run_room(s->run, field);
		s->nbad[field] = 0;
		r->waiting = 1;
	} else if (!s->have[field]) {
		take(s, b, first, field);
	}
	r->fields[slot] = s->run->fields[field];
	r->days[slot] = r->e->keyed[slot] ? s->run->days[field] : NULL;
	for (i = 0; s->nbad[field] > 0 && i < r->n; i++)
		if (s->bad[field][i] && r->bad[i] == -1) {
			r->bad[i] = (long)field;
			r->nbad++;
		}
}

void
expr_shelf_look(struct expr_shelf *s, size_t field,
    const struct csv_block *b, size_t first, size_t n, size_t *nulls,
    size_t *bad)
{
	const unsigned char *kind;
	size_t i, count = 0;

	turn(s, b, first, n);
	if (!s->have[field])
		take(s, b, first, field);
	kind = s->run->fields[field]->kind;
	for (i = 0; i < n; i++)
		count += kind[i] == EXPR_NULL;
	*nulls = count;
	*bad = s->nbad[field];
}
