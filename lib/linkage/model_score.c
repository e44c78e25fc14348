/* The pairs of records whose weight reaches a threshold. */
#include "linkage/model.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "flow/flow.h"
#include "linkage/levels.h"

#define BATCH 1024 /* pairs that a worker hands over at once */

/* Pairs of all workers, in order of their records. */
struct kept {
	pthread_mutex_t lock;
	struct sorter *pairs;
	struct fault *f;
	int rc;
};

/* What is kept of a pair beside its records, which are the key. */
struct rest {
	uint64_t levels;
	float weight;
	uint32_t rule;
};

struct scoring {
	struct levels_memos memos;
	const struct pairs *pairs;
	const struct model_scale *scale;
	double prior, threshold;
	struct relate **never;
	size_t nnever;
	struct kept *kept;
	struct model_pair batch[BATCH];
	size_t n;
	uint64_t mass; /* summed probability of all, in 2^-32 */
};

static void
hand_over(struct scoring *s)
{
	struct kept *k = s->kept;
	unsigned char key[8];
	struct rest rest;
	size_t i;

	(void)pthread_mutex_lock(&k->lock);
	for (i = 0; k->rc == 0 && i < s->n; i++) {
		const struct model_pair *p = &s->batch[i];

		sorter_number(key, (uint64_t)p->l << 32 | p->r);
		rest = (struct rest){ p->levels, p->weight, p->rule };
		k->rc = sorter_add(k->pairs, key, sizeof key, &rest,
		    sizeof rest, k->f);
	}
	(void)pthread_mutex_unlock(&k->lock);
	s->n = 0;
}

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
	if (s->n == BATCH)
		hand_over(s);
	s->batch[s->n++] = (struct model_pair){ l, r, (float)w,
	    (uint32_t)rule, pattern };
}

int
model_score(struct model_scores *to, const struct matching *m,
    struct values *v, const struct roll *a, const struct roll *b,
    const struct nicknames *nicknames, const struct model_scoring *how,
    struct fault *f)
{
	struct relate *rules[64], *never[64];
	unsigned jobs = how->jobs > 0 ? how->jobs : flow_processors();
	struct levels levels;
	struct kept kept = { .f = f };
	struct scoring *s = mem_zero(jobs, sizeof *s);
	void **states = mem_zero(jobs, sizeof *states);
	struct model_scale *scale = model_scale_new(m, v, a, b);
	struct pairs pairs = {
		.a = a, .b = b, .rules = rules, .nrules = m->nblocking,
		.max_block = m->max_block, .jobs = jobs, .states = states,
		.visit = score_pair,
	};
	uint64_t mass = 0;
	size_t from = 0, end = a->n, i;

	memset(to, 0, sizeof *to);
	to->counts = mem_zero(m->nblocking + 1, sizeof *to->counts);
	to->spill = spill_new();
	to->pairs = kept.pairs = sorter_new(how->memory, to->spill);
	(void)pthread_mutex_init(&kept.lock, NULL);
	levels_start(&levels, m, v, nicknames);
	pairs.counts = to->counts;
	if (how->parts > 0) {
		from = a->n * (how->part - 1) / how->parts;
		end = a->n * how->part / how->parts;
	}
	for (i = 0; i < m->nblocking; i++)
		rules[i] = relate_new(v, &m->blocking[i], NULL);
	for (i = 0; i < m->nnever; i++)
		never[i] = relate_new(v, &m->never[i], nicknames);
	for (i = 0; i < jobs; i++) {
		levels_memos_start(&s[i].memos, &levels);
		s[i].pairs = &pairs;
		s[i].scale = scale;
		s[i].prior = model_prior(m);
		s[i].threshold = how->threshold;
		s[i].never = never;
		s[i].nnever = m->nnever;
		s[i].kept = &kept;
		states[i] = &s[i];
	}
	pairs_run_range(&pairs, from, end);
	for (i = 0; i < jobs; i++) {
		hand_over(&s[i]);
		mass += s[i].mass;
		levels_memos_end(&s[i].memos);
	}
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
	(void)pthread_mutex_destroy(&kept.lock);
	return kept.rc;
}

int
model_scores_next(struct model_scores *s, struct model_pair *to,
    struct fault *f)
{
	struct sorter_record r;
	struct rest rest;
	uint64_t key;
	int k = sorter_next(s->pairs, &r, f);

	if (k != 1)
		return k;
	key = sorter_number_of(r.key);
	memcpy(&rest, r.rest, sizeof rest);
	*to = (struct model_pair){ (uint32_t)(key >> 32), (uint32_t)key,
		rest.weight, rest.rule, rest.levels };
	return 1;
}

void
model_scores_clear(struct model_scores *s)
{
	sorter_free(s->pairs);
	spill_free(s->spill);
	free(s->counts);
	memset(s, 0, sizeof *s);
}
