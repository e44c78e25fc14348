/* Levels of comparisons. */
#include "linkage/levels.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"

#define MEMO ((size_t)1 << 15)

int
levels_exact_first(const struct matching_comparison *c)
{
	return c->levels[0].n == 1 &&
	    c->levels[0].v[0].kind == MATCHING_EXACT &&
	    c->levels[0].v[0].field == c->field;
}

void
levels_start(struct levels *b, const struct matching *m, struct values *v,
    const struct nicknames *nicknames)
{
	const struct matching_comparison *c;
	struct levels_judge *j;
	size_t i, k, t;

	b->n = m->ncomparisons;
	for (i = 0; i < b->n; i++) {
		c = &m->comparisons[i];
		j = &b->judges[i];
		memset(j, 0, sizeof *j);
		j->slot = (size_t)values_slot(v, c->field);
		j->nlevels = c->nlevels;
		for (k = 0; k + 1 < c->nlevels; k++) {
			j->levels[k] = relate_new(v, &c->levels[k], nicknames);
			j->pure[k] = 1;
			for (t = 0; t < c->levels[k].n; t++)
				if (c->levels[k].v[t].field != c->field ||
				    matching_has_other(c->levels[k].v[t].kind))
					j->pure[k] = 0;
		}
		j->exact_first = levels_exact_first(c);
	}
}

void
levels_end(struct levels *b)
{
	size_t i, k;

	for (i = 0; i < b->n; i++)
		for (k = 0; k + 1 < b->judges[i].nlevels; k++)
			relate_free(b->judges[i].levels[k]);
}

void
levels_memos_start(struct levels_memos *m, const struct levels *b)
{
	size_t i;

	m->levels = b;
	for (i = 0; i < b->n; i++)
		m->of[i] = mem_zero(MEMO, sizeof *m->of[i]);
}

void
levels_memos_end(struct levels_memos *m)
{
	size_t i;

	for (i = 0; i < m->levels->n; i++)
		free(m->of[i]);
}

/* The first pure level that holds, or the last level. */
static unsigned
pure_level(const struct levels_judge *j, struct levels_memo *memos, const uint32_t *a,
    const uint32_t *b)
{
	uint32_t x = a[j->slot], y = b[j->slot];
	struct levels_memo *memo;
	size_t k;

	if (x == y && j->exact_first)
		return 0;
	memo = &memos[hash_pair(x, y, 0) & (MEMO - 1)];
	if (memo->a == x && memo->b == y)
		return memo->level;
	for (k = 0; k + 1 < j->nlevels; k++)
		if (j->pure[k] && relate_holds(j->levels[k], a, b))
			break;
	memo->a = x;
	memo->b = y;
	memo->level = (uint32_t)k;
	return (unsigned)k;
}

static unsigned
level(const struct levels_memos *m, size_t c, const uint32_t *a, const uint32_t *b)
{
	const struct levels_judge *j = &m->levels->judges[c];
	unsigned pure, k;

	if (a[j->slot] == 0 || b[j->slot] == 0)
		return MODEL_NULL;
	pure = pure_level(j, m->of[c], a, b);
	for (k = 0; k < pure; k++)
		if (!j->pure[k] && relate_holds(j->levels[k], a, b))
			return k;
	return pure;
}

uint64_t
levels_of(const struct levels_memos *m, const uint32_t *a, const uint32_t *b)
{
	uint64_t to = 0;
	size_t c;

	for (c = 0; c < m->levels->n; c++)
		to |= (uint64_t)level(m, c, a, b) << (4 * c);
	return to;
}

uint64_t *
levels_frequencies(const struct values *v, size_t slot, const struct roll *a,
    const struct roll *b)
{
	uint64_t *n = mem_zero(values_count(v, slot) + 1, sizeof *n);
	size_t i;

	for (i = 0; a != NULL && i < a->n; i++)
		n[roll_record(a, i)[slot]]++;
	for (i = 0; b != NULL && i < b->n; i++)
		n[roll_record(b, i)[slot]]++;
	n[0] = 0;
	return n;
}
