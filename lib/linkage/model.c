/* The Fellegi-Sunter model: its fields and its weights. */
#include "linkage/model.h"

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "linkage/levels.h"

void
model_fields(const struct matching *m, char *used)
{
	size_t i, k;

	for (i = 0; i < m->ncomparisons; i++) {
		used[m->comparisons[i].field] = 1;
		for (k = 0; k < m->comparisons[i].nlevels; k++)
			matching_mark(&m->comparisons[i].levels[k], used);
	}
	for (i = 0; i < m->nblocking; i++)
		matching_mark(&m->blocking[i], used);
	for (i = 0; i < m->nsure; i++)
		matching_mark(&m->sure[i], used);
	for (i = 0; i < m->ntraining; i++)
		matching_mark(&m->training[i], used);
	for (i = 0; i < m->nnever; i++)
		matching_mark(&m->never[i], used);
}

int
model_uses_nicknames(const struct matching *m)
{
	size_t i, k;

	for (i = 0; i < m->ncomparisons; i++)
		for (k = 0; k < m->comparisons[i].nlevels; k++)
			if (matching_asks_nickname(
			    &m->comparisons[i].levels[k]))
				return 1;
	for (i = 0; i < m->nnever; i++)
		if (matching_asks_nickname(&m->never[i]))
			return 1;
	return 0;
}

struct model_scale {
	size_t n;
	size_t slot[MODEL_MAX_COMPARISONS];
	double weight[MODEL_MAX_COMPARISONS][MATCHING_MAX_LEVELS];
	float *rare[MODEL_MAX_COMPARISONS]; /* by code; NULL: not used */
};

double
model_prior(const struct matching *m)
{
	return log2(m->lambda / (1 - m->lambda));
}

/* By code, how many of the people have the value; *all: have any. */
static uint64_t *
frequencies(const struct cohort *p, const struct values *v, size_t slot,
    double *all)
{
	const struct counts *counts = p->depot != NULL ?
	    depot_counts(p->depot) : p->counts;
	size_t count = values_count(v, slot), n, i;
	uint64_t *to;
	const char *text;

	*all = 0;
	if (counts == NULL) {
		to = levels_frequencies(v, slot, &p->a, cohort_b(p));
		for (i = 1; i <= count; i++)
			*all += (double)to[i];
		return to;
	}
	to = mem_zero(count + 1, sizeof *to);
	for (i = 1; i <= count; i++) {
		text = values_text(v, slot, (uint32_t)i, &n);
		to[i] = counts_of(counts, values_field(v, slot), text, n);
	}
	*all = (double)counts_all(counts, values_field(v, slot));
	return to;
}

struct model_scale *
model_scale_new(const struct matching *m, const struct cohort *p,
    const struct values *v)
{
	struct model_scale *s = mem_zero(1, sizeof *s);
	const struct matching_comparison *c;
	uint64_t *n;
	double all;
	size_t i, k;

	s->n = m->ncomparisons;
	for (i = 0; i < s->n; i++) {
		c = &m->comparisons[i];
		s->slot[i] = (size_t)values_slot(v, c->field);
		for (k = 0; k < c->nlevels; k++)
			s->weight[i][k] = log2(c->m[k] / c->u[k]);
		if (!(c->frequency > 0))
			continue;
		n = frequencies(p, v, s->slot[i], &all);
		s->rare[i] = mem_zero(values_count(v, s->slot[i]) + 1,
		    sizeof *s->rare[i]);
		for (k = 1; k <= values_count(v, s->slot[i]); k++)
			if (n[k] > 0)
				s->rare[i][k] = (float)(c->frequency *
				    log2(c->u[0] * all / (double)n[k]));
		free(n);
	}
	return s;
}

void
model_scale_free(struct model_scale *s)
{
	size_t i;

	if (s == NULL)
		return;
	for (i = 0; i < s->n; i++)
		free(s->rare[i]);
	free(s);
}

double
model_weight(const struct model_scale *s, size_t c, unsigned l,
    const uint32_t *a)
{
	double w;

	if (l == MODEL_NULL)
		return 0;
	w = s->weight[c][l];
	if (l == 0 && s->rare[c] != NULL)
		w += (double)s->rare[c][a[s->slot[c]]];
	return w;
}

double
model_probability(double weight)
{
	return 1 / (1 + exp2(-weight));
}
