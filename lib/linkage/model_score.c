/* The pairs of records whose weight reaches a threshold. */
#include "linkage/model.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "flow/flow.h"
#include "linkage/levels.h"

struct scoring {
	struct levels_memos memos;
	const struct pairs *pairs;
	const struct model_scale *scale;
	double prior, threshold;
	struct relate **never;
	size_t nnever;
	struct model_pair *kept;
	size_t n, cap;
	uint64_t mass; /* summed probability of all, in 2^-32 */
};

static void
score_pair(void *state, size_t rule, uint32_t l, uint32_t r)
{
	struct scoring *s = state;
	const uint32_t *a = roll_record(s->pairs->a, l);
	const uint32_t *b = roll_record(s->pairs->b != NULL ? s->pairs->b :
	    s->pairs->a, r);
	uint64_t pattern = levels_of(&s->memos, a, b);
	double w = s->prior;
	size_t c;

	for (c = 0; c < s->memos.levels->n; c++)
		w += model_weight(s->scale, c, levels_at(pattern, c), a);
	if (w > -32)
		s->mass += (uint64_t)(model_probability(w) * 4294967296.0);
	if (w < s->threshold)
		return;
	for (c = 0; c < s->nnever; c++)
		if (relate_holds(s->never[c], a, b))
			return;
	if (s->n == s->cap) {
		s->cap = s->cap * 2 + 4096;
		s->kept = mem_array(s->kept, s->cap, sizeof *s->kept);
	}
	s->kept[s->n++] = (struct model_pair){ l, r, (float)w,
	    (uint32_t)rule, pattern };
}

static int
by_records(const void *a, const void *b)
{
	const struct model_pair *x = a, *y = b;

	if (x->l != y->l)
		return x->l < y->l ? -1 : 1;
	return x->r < y->r ? -1 : x->r > y->r;
}

void
model_score(struct model_scores *to, const struct matching *m,
    struct values *v, const struct roll *a, const struct roll *b,
    const struct nicknames *nicknames, double threshold, unsigned jobs)
{
	struct relate *rules[64], *never[64];
	struct levels levels;
	struct scoring *s;
	void **states;
	struct model_scale *scale = model_scale_new(m, v, a, b);
	struct pairs pairs = { a, b, rules, m->nblocking, m->max_block, 0,
	    NULL, score_pair, NULL };
	uint64_t mass = 0;
	size_t i, n = 0;

	jobs = jobs > 0 ? jobs : flow_processors();
	levels_start(&levels, m, v, nicknames);
	s = mem_zero(jobs, sizeof *s);
	states = mem_zero(jobs, sizeof *states);
	to->counts = mem_zero(m->nblocking + 1, sizeof *to->counts);
	pairs.jobs = jobs;
	pairs.states = states;
	pairs.counts = to->counts;
	for (i = 0; i < m->nblocking; i++)
		rules[i] = relate_new(v, &m->blocking[i], NULL);
	for (i = 0; i < m->nnever; i++)
		never[i] = relate_new(v, &m->never[i], nicknames);
	for (i = 0; i < jobs; i++) {
		levels_memos_start(&s[i].memos, &levels);
		s[i].pairs = &pairs;
		s[i].scale = scale;
		s[i].prior = model_prior(m);
		s[i].threshold = threshold;
		s[i].never = never;
		s[i].nnever = m->nnever;
		states[i] = &s[i];
	}
	pairs_run(&pairs);
	for (i = 0; i < jobs; i++) {
		n += s[i].n;
		mass += s[i].mass;
	}
	to->pairs = mem_array(NULL, n + 1, sizeof *to->pairs);
	to->n = 0;
	for (i = 0; i < jobs; i++) {
		if (s[i].n > 0)
			memcpy(to->pairs + to->n, s[i].kept,
			    s[i].n * sizeof *to->pairs);
		to->n += s[i].n;
		free(s[i].kept);
		levels_memos_end(&s[i].memos);
	}
	qsort(to->pairs, to->n, sizeof *to->pairs, by_records);
	to->candidates = 0;
	for (i = 0; i < m->nblocking; i++) {
		to->candidates += to->counts[i].pairs;
		relate_free(rules[i]);
	}
	for (i = 0; i < m->nnever; i++)
		relate_free(never[i]);
	to->matches = (double)mass / 4294967296.0;
	free(s);
	free(states);
	model_scale_free(scale);
	levels_end(&levels);
}

void
model_scores_clear(struct model_scores *s)
{
	free(s->pairs);
	free(s->counts);
	memset(s, 0, sizeof *s);
}
