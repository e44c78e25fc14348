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

struct pair { /* waiting to be handed over */
	uint32_t l, r;
	size_t row; /* where its row ends */
};

/* What workers share. */
struct shared {
	const struct matching *m;
	const struct cohort *cohort;
	const struct model_scoring *how;
	double prior;
	struct kept kept;
	unsigned jobs;
	struct scoring *workers;
	/* Of a batch: */
	const struct candidates_batch *batch;
	struct levels levels;
	struct model_scale *scale;
	struct relate *never[64];
};

struct scoring {
	struct shared *of;
	struct levels_memos memos;
	struct pair waiting[BATCH];
	size_t n;
	struct buf rows; /* of them: the weight, then the row */
	uint64_t mass;   /* summed probability of all, in 2^-32 */
};

static void
hand_over(struct scoring *s)
{
	struct kept *k = &s->of->kept;
	unsigned char key[8];
	size_t i, at = 0;

	(void)pthread_mutex_lock(&k->lock);
	for (i = 0; k->rc == 0 && i < s->n; i++) {
		const struct pair *p = &s->waiting[i];

		sorter_number(key, (uint64_t)p->l << 32 | p->r);
		k->rc = sorter_add(k->pairs, key, sizeof key,
		    s->rows.p + at, p->row - at, k->f);
		at = p->row;
	}
	(void)pthread_mutex_unlock(&k->lock);
	s->n = 0;
	buf_clear(&s->rows);
}

static void
keep(struct scoring *s, const struct model_pair *p)
{
	if (s->n == BATCH)
		hand_over(s);
	buf_put(&s->rows, &p->weight, sizeof p->weight);
	s->of->how->put(s->of->how->arg, &s->rows, p);
	s->waiting[s->n++] = (struct pair){ p->record_l, p->record_r,
		s->rows.n };
}

static uint32_t
number(const uint32_t *numbers, uint32_t place)
{
	return numbers != NULL ? numbers[place] : place;
}

static void
score_pair(void *state, size_t rule, uint32_t l, uint32_t r)
{
	struct scoring *s = state;
	const struct shared *of = s->of;
	const struct candidates_batch *batch = of->batch;
	const uint32_t *a = roll_record(batch->a, l);
	const uint32_t *b = roll_record(batch->b != NULL ? batch->b :
	    batch->a, r);
	uint64_t pattern = levels_of(&s->memos, a, b);
	double w = of->prior;
	struct model_pair pair;
	size_t c;

	for (c = 0; c < s->memos.levels->n; c++)
		w += model_weight(of->scale, c, levels_at(pattern, c), a);
	if (w > -32)
		s->mass += (uint64_t)(model_probability(w) * 4294967296.0);
	if (w < of->how->threshold)
		return;
	for (c = 0; c < of->m->nnever; c++)
		if (relate_holds(of->never[c], a, b))
			return;
	pair = (struct model_pair){ l, r, number(batch->number_a, l),
		number(batch->b != NULL ? batch->number_b : batch->number_a,
		r), (float)w, (uint32_t)rule, pattern, batch, of->scale };
	keep(s, &pair);
}

static void
begin(void *arg, const struct candidates_batch *batch)
{
	struct shared *s = arg;
	size_t i;

	s->batch = batch;
	levels_start(&s->levels, s->m, batch->v, s->cohort->nicknames);
	s->scale = model_scale_new(s->m, s->cohort, batch->v);
	for (i = 0; i < s->m->nnever; i++)
		s->never[i] = relate_new(batch->v, &s->m->never[i],
		    s->cohort->nicknames);
	for (i = 0; i < s->jobs; i++)
		levels_memos_start(&s->workers[i].memos, &s->levels);
}

static void
end(void *arg)
{
	struct shared *s = arg;
	size_t i;

	for (i = 0; i < s->jobs; i++)
		levels_memos_end(&s->workers[i].memos);
	for (i = 0; i < s->m->nnever; i++)
		relate_free(s->never[i]);
	model_scale_free(s->scale);
	levels_end(&s->levels);
}

int
model_score(struct model_scores *to, const struct matching *m,
    const struct cohort *cohort, const struct model_scoring *how,
    struct fault *f)
{
	unsigned jobs = how->jobs > 0 ? how->jobs : flow_processors();
	struct scoring *workers = mem_zero(jobs, sizeof *workers);
	void **states = mem_zero(jobs, sizeof *states);
	struct shared s = { .m = m, .cohort = cohort, .how = how,
		.prior = model_prior(m), .jobs = jobs, .workers = workers };
	struct candidates c = {
		.cohort = cohort, .rules = m->blocking,
		.nrules = m->nblocking, .max_block = m->max_block,
		.jobs = jobs, .part = how->part, .parts = how->parts,
		.arg = &s, .begin = begin, .end = end, .states = states,
		.visit = score_pair,
	};
	uint64_t mass = 0;
	size_t i;
	int rc;

	memset(to, 0, sizeof *to);
	to->counts = mem_zero(m->nblocking + 1, sizeof *to->counts);
	c.counts = to->counts;
	to->spill = spill_new();
	to->pairs = s.kept.pairs = sorter_new(how->memory, to->spill);
	s.kept.f = f;
	(void)pthread_mutex_init(&s.kept.lock, NULL);
	for (i = 0; i < jobs; i++) {
		workers[i].of = &s;
		states[i] = &workers[i];
	}
	rc = candidates_run(&c, f);
	for (i = 0; i < jobs; i++) {
		hand_over(&workers[i]);
		buf_free(&workers[i].rows);
		mass += workers[i].mass;
	}
	for (i = 0; i < m->nblocking; i++)
		to->candidates += to->counts[i].pairs;
	to->matches = (double)mass / 4294967296.0;
	free(workers);
	free(states);
	(void)pthread_mutex_destroy(&s.kept.lock);
	return rc == 0 ? s.kept.rc : rc;
}

int
model_scores_next(struct model_scores *s, struct model_row *to,
    struct fault *f)
{
	struct sorter_record r;
	uint64_t key;
	int k = sorter_next(s->pairs, &r, f);

	if (k != 1)
		return k;
	key = sorter_number_of(r.key);
	to->l = (uint32_t)(key >> 32);
	to->r = (uint32_t)key;
	memcpy(&to->weight, r.rest, sizeof to->weight);
	to->p = r.rest + sizeof to->weight;
	to->n = r.nrest - sizeof to->weight;
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
