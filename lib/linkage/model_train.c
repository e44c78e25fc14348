/* Training a model: lambda, m and u. */
#include "linkage/model.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"
#include "flow/flow.h"
#include "linkage/levels.h"
#include "linkage/model_parts.h"

#define ROUNDS 100       /* of expectation maximisation, at most */
#define CONVERGED 1e-5

void
model_first_m(const struct matching_comparison *c, double m[])
{
	double sum = 0, x = 1;
	size_t k;

	for (k = 0; k < c->nlevels; k++) {
		m[k] = k == 0 ? 0.9 : (x /= 2);
		if (k > 0)
			sum += m[k];
	}
	for (k = 1; k < c->nlevels; k++)
		m[k] *= 0.1 / sum;
}

/* Pairs by pattern of levels: open addressing. */
struct patterns {
	struct levels_memos memos;
	const struct candidates_batch *batch;
	size_t n, cap;
	uint64_t *key; /* pattern + 1; 0: free */
	uint64_t *count;
};

static void
patterns_add(struct patterns *p, uint64_t pattern, uint64_t n)
{
	uint64_t *key, *count;
	size_t i, old = p->cap;

	if (p->n * 2 >= p->cap) {
		key = p->key;
		count = p->count;
		p->cap = old > 0 ? old * 2 : 1024;
		p->key = mem_zero(p->cap, sizeof *p->key);
		p->count = mem_zero(p->cap, sizeof *p->count);
		p->n = 0;
		for (i = 0; i < old; i++)
			if (key[i] != 0)
				patterns_add(p, key[i] - 1, count[i]);
		free(key);
		free(count);
	}
	i = hash_pair(pattern, 0, 0) & (p->cap - 1);
	while (p->key[i] != 0 && p->key[i] != pattern + 1)
		i = (i + 1) & (p->cap - 1);
	p->n += p->key[i] == 0;
	p->key[i] = pattern + 1;
	p->count[i] += n;
}

static void
count_pair(void *state, size_t rule, uint32_t l, uint32_t r)
{
	struct patterns *p = state;
	const struct roll *b = p->batch->b != NULL ? p->batch->b :
	    p->batch->a;

	(void)rule;
	patterns_add(p, levels_of(&p->memos, roll_record(p->batch->a, l),
	    roll_record(b, r)), 1);
}

/* What workers count patterns of. */
struct counting {
	const struct matching *m;
	const struct cohort *cohort;
	unsigned jobs;
	struct patterns *workers;
	struct levels levels;
};

static void
begin(void *arg, const struct candidates_batch *batch)
{
	struct counting *c = arg;
	unsigned i;

	levels_start(&c->levels, c->m, batch->v, c->cohort->nicknames);
	for (i = 0; i < c->jobs; i++) {
		c->workers[i].batch = batch;
		levels_memos_start(&c->workers[i].memos, &c->levels);
	}
}

static void
end(void *arg)
{
	struct counting *c = arg;
	unsigned i;

	for (i = 0; i < c->jobs; i++)
		levels_memos_end(&c->workers[i].memos);
	levels_end(&c->levels);
}

struct tally { /* a pattern and how many pairs have it */
	uint64_t pattern;
	double n;
};

static int
by_pattern(const void *a, const void *b)
{
	const struct tally *x = a, *y = b;

	return x->pattern < y->pattern ? -1 : x->pattern > y->pattern;
}

/* Does a rule speak of a field that the comparison looks at? */
static int
touches(const struct matching_comparison *c, const struct matching_tests *t)
{
	size_t i;

	for (i = 0; i < t->n; i++)
		if (t->v[i].field == c->field)
			return 1;
	return 0;
}

struct estimate {
	double m[MODEL_MAX_COMPARISONS][MATCHING_MAX_LEVELS];
	char has[MODEL_MAX_COMPARISONS];
};

/* Expectation maximisation of m and the share of matches; u stays. */
static void
maximise(const struct matching *m, const struct tally *t, size_t n,
    const char *part, double share, struct estimate *e,
    struct model_session *s)
{
	double sums[MODEL_MAX_COMPARISONS][MATCHING_MAX_LEVELS];
	double total, matches, odds, p, change, sum, next;
	unsigned l;
	size_t i, c, k;

	for (c = 0; c < m->ncomparisons; c++)
		model_first_m(&m->comparisons[c], e->m[c]);
	for (s->rounds = 0; s->rounds < ROUNDS; s->rounds++) {
		memset(sums, 0, sizeof sums);
		total = matches = 0;
		for (i = 0; i < n; i++) {
			odds = share / (1 - share);
			for (c = 0; c < m->ncomparisons; c++) {
				l = levels_at(t[i].pattern, c);
				if (part[c] && l != MODEL_NULL)
					odds *= e->m[c][l] /
					    m->comparisons[c].u[l];
			}
			p = odds < 1e300 ? odds / (1 + odds) : 1;
			total += t[i].n;
			matches += p * t[i].n;
			for (c = 0; c < m->ncomparisons; c++) {
				l = levels_at(t[i].pattern, c);
				if (part[c] && l != MODEL_NULL)
					sums[c][l] += p * t[i].n;
			}
		}
		change = 0;
		for (c = 0; c < m->ncomparisons; c++) {
			sum = 0;
			for (k = 0; k < m->comparisons[c].nlevels; k++)
				sum += sums[c][k];
			e->has[c] = part[c] && sum >= 10;
			if (!e->has[c])
				continue;
			for (k = 0; k < m->comparisons[c].nlevels; k++) {
				/* A level nobody is at keeps half a pair. */
				next = (sums[c][k] + 0.5) / (sum +
				    0.5 * (double)m->comparisons[c].nlevels);
				if (fabs(next - e->m[c][k]) > change)
					change = fabs(next - e->m[c][k]);
				e->m[c][k] = next;
			}
		}
		next = total > 0 ? matches / total : share;
		share = next < 1e-9 ? 1e-9 : next > 1 - 1e-9 ? 1 - 1e-9 : next;
		if (change < CONVERGED)
			break;
	}
	s->matches = share;
}

/* The patterns of the pairs of a rule, in order. */
static int
all_patterns(const struct matching *m, const struct cohort *cohort,
    const struct matching_tests *rule, unsigned jobs, struct tally **to,
    size_t *n, struct pairs_count *count, struct fault *f)
{
	struct patterns *p = mem_zero(jobs, sizeof *p);
	void **states = mem_zero(jobs, sizeof *states);
	struct counting counting = { m, cohort, jobs, p, { 0 } };
	struct candidates c = { .cohort = cohort, .rules = rule, .nrules = 1,
		.max_block = m->max_block, .jobs = jobs, .arg = &counting,
		.begin = begin, .end = end, .states = states,
		.visit = count_pair, .counts = count };
	struct patterns *all = &p[0];
	unsigned i;
	size_t k;
	int rc;

	for (i = 0; i < jobs; i++)
		states[i] = &p[i];
	rc = candidates_run(&c, f);
	for (i = 1; i < jobs; i++)
		for (k = 0; k < p[i].cap; k++)
			if (p[i].key[k] != 0)
				patterns_add(all, p[i].key[k] - 1,
				    p[i].count[k]);
	*to = mem_array(NULL, all->n + 1, sizeof **to);
	*n = 0;
	for (k = 0; k < all->cap; k++)
		if (all->key[k] != 0)
			(*to)[(*n)++] = (struct tally){ all->key[k] - 1,
			    (double)all->count[k] };
	qsort(*to, *n, sizeof **to, by_pattern);
	for (i = 0; i < jobs; i++) {
		free(p[i].key);
		free(p[i].count);
	}
	free(p);
	free(states);
	return rc;
}

/* The share of matches among a block's pairs, to begin with. */
static double
first_share(const struct matching *m, const struct matching_tests *rule)
{
	double odds = m->lambda / (1 - m->lambda);
	size_t c;

	for (c = 0; c < m->ncomparisons; c++)
		if (touches(&m->comparisons[c], rule))
			odds *= 0.9 / m->comparisons[c].u[0];
	return odds / (1 + odds) < 0.99 ? odds / (1 + odds) : 0.99;
}

static int
by_value(const void *a, const void *b)
{
	double x, y;

	memcpy(&x, a, sizeof x);
	memcpy(&y, b, sizeof y);
	return x < y ? -1 : x > y;
}

/* The median of what the sessions say of each level, made to sum to 1. */
static void
settle(struct matching *m, const struct estimate *e, size_t n,
    uint32_t *untrained)
{
	double x[64], sum;
	size_t c, k, i, has;

	for (c = 0; c < m->ncomparisons; c++) {
		struct matching_comparison *to = &m->comparisons[c];

		for (k = 0, sum = 0; k < to->nlevels; k++) {
			for (i = has = 0; i < n; i++)
				if (e[i].has[c])
					x[has++] = e[i].m[c][k];
			if (has == 0)
				break;
			qsort(x, has, sizeof x[0], by_value);
			to->m[k] = has % 2 == 1 ? x[has / 2] :
			    (x[has / 2 - 1] + x[has / 2]) / 2;
			sum += to->m[k];
		}
		if (k < to->nlevels) {
			model_first_m(to, to->m);
			*untrained |= (uint32_t)1 << c;
			continue;
		}
		for (k = 0; k < to->nlevels; k++)
			to->m[k] /= sum;
	}
}

static void
count_only(void *state, size_t rule, uint32_t l, uint32_t r)
{
	(void)state;
	(void)rule;
	(void)l;
	(void)r;
}

static int
sure_pairs(const struct matching *m, const struct cohort *cohort,
    unsigned jobs, uint64_t *n, struct fault *f)
{
	struct pairs_count counts[64] = { { 0 } };
	void **states = mem_zero(jobs, sizeof *states);
	struct candidates c = { .cohort = cohort, .rules = m->sure,
		.nrules = m->nsure, .max_block = m->max_block, .jobs = jobs,
		.states = states, .visit = count_only, .counts = counts };
	int rc = candidates_run(&c, f);
	size_t i;

	*n = 0;
	for (i = 0; i < m->nsure; i++)
		*n += counts[i].pairs;
	free(states);
	return rc;
}

/* m by the pairs of each training block. */
static int
train_m(struct matching *m, const struct cohort *cohort, unsigned jobs,
    struct model_training *to, struct fault *f)
{
	struct estimate *e = mem_zero(m->ntraining, sizeof *e);
	struct pairs_count count;
	char part[MODEL_MAX_COMPARISONS];
	struct tally *t;
	size_t i, c, n;
	int rc = 0;

	to->nsessions = m->ntraining;
	for (i = 0; rc == 0 && i < m->ntraining; i++) {
		struct model_session *s = &to->sessions[i];

		for (c = 0; c < m->ncomparisons; c++)
			part[c] = !touches(&m->comparisons[c],
			    &m->training[i]);
		rc = all_patterns(m, cohort, &m->training[i], jobs, &t, &n,
		    &count, f);
		s->pairs = count.pairs;
		s->dropped_pairs = count.dropped_pairs;
		if (rc == 0)
			maximise(m, t, n, part, first_share(m,
			    &m->training[i]), &e[i], s);
		free(t);
	}
	if (rc == 0)
		settle(m, e, m->ntraining, &to->untrained);
	free(e);
	return rc;
}

int
model_train(struct matching *m, const struct cohort *cohort, unsigned jobs,
    struct model_training *to, struct fault *f)
{
	memset(to, 0, sizeof *to);
	if (m->ncomparisons > MODEL_MAX_COMPARISONS)
		return fault_set(f, "%s: more than %d comparisons", m->name,
		    MODEL_MAX_COMPARISONS);
	if (m->nsure == 0 || m->ntraining == 0)
		return fault_set(f, "%s: training needs sure and blocks",
		    m->name);
	jobs = jobs > 0 ? jobs : flow_processors();
	to->records_a = cohort_count(cohort, 0);
	to->records_b = cohort_count(cohort, 1);
	to->pairs = cohort->two ?
	    (double)to->records_a * (double)to->records_b :
	    (double)to->records_a * ((double)to->records_a - 1) / 2;
	if (to->pairs < 1)
		return fault_set(f, "too few records to train on");
	if (sure_pairs(m, cohort, jobs, &to->sure_pairs, f) == -1)
		return -1;
	if (to->sure_pairs < 10)
		return fault_set(f, "fewer than 10 pairs meet a sure rule: "
		    "nothing to train on");
	m->lambda = (double)to->sure_pairs / m->sure_recall / to->pairs;
	if (m->lambda > 0.5)
		m->lambda = 0.5;
	if (model_train_u(m, cohort, f) == -1 ||
	    train_m(m, cohort, jobs, to, f) == -1)
		return -1;
	m->trained = 1;
	return 0;
}
