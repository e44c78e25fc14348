/* Training a model: lambda, m and u. */
#include "linkage/model.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"
#include "flow/flow.h"
#include "linkage/levels.h"

#define SAMPLE 1000000   /* random pairs for u */
#define ROUNDS 100       /* of expectation maximisation, at most */
#define CONVERGED 1e-5

/* A start for m, and where nothing can be known: most matches agree. */
static void
first_m(const struct matching_comparison *c, double m[])
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

/*
 * The chance that two records of the pair space have one value, half a pair's
 * at the least; 0 where no two have any.
 */
static double
agreement(const struct values *v, size_t slot, const struct roll *a,
    const struct roll *b)
{
	uint64_t *x = levels_frequencies(v, slot, a, NULL);
	uint64_t *y = b != NULL ? levels_frequencies(v, slot, NULL, b) : NULL;
	double same = 0, na = 0, nb = 0;
	size_t i;

	for (i = 1; i <= values_count(v, slot); i++) {
		na += (double)x[i];
		if (y != NULL) {
			nb += (double)y[i];
			same += (double)x[i] * (double)y[i];
		} else {
			same += (double)x[i] * ((double)x[i] - 1);
		}
	}
	free(x);
	free(y);
	if (b == NULL)
		nb = na - 1;
	if (!(na > 0 && nb > 0))
		return 0;
	return (same > 0 ? same : 0.5) / na / nb;
}

static uint64_t
draw(uint64_t *seed, uint64_t below)
{
	/* splitmix64 (Steele, Lea and Flood 2014). */
	uint64_t z = *seed += 0x9e3779b97f4a7c15ULL;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ z >> 27) * 0x94d049bb133111ebULL;
	__extension__ unsigned __int128 wide =
	    (unsigned __int128)(z ^ z >> 31) * below;
	return (uint64_t)(wide >> 64);
}

static void
train_u(struct matching *m, const struct levels *b, const struct values *v,
    const struct roll *l, const struct roll *r)
{
	double n[MODEL_MAX_COMPARISONS][MATCHING_MAX_LEVELS] = { { 0 } };
	const struct roll *other = r != NULL ? r : l;
	uint64_t seed = 1, pattern;
	struct levels_memos memos;
	size_t i, k, c, x, y;

	levels_memos_start(&memos, b);
	for (i = 0; i < SAMPLE; i++) {
		x = (size_t)draw(&seed, l->n);
		y = (size_t)draw(&seed, other->n);
		if (r == NULL && x == y)
			continue;
		pattern = levels_of(&memos, roll_record(l, x),
		    roll_record(other, y));
		for (c = 0; c < b->n; c++)
			if (levels_at(pattern, c) != MODEL_NULL)
				n[c][levels_at(pattern, c)]++;
	}
	levels_memos_end(&memos);
	for (c = 0; c < b->n; c++) {
		struct matching_comparison *to = &m->comparisons[c];
		double sum = 0, floor;

		for (k = 0; k < to->nlevels; k++)
			sum += n[c][k];
		if (!(sum > 0)) { /* as m will be: no evidence */
			first_m(to, to->u);
			continue;
		}
		floor = 0.5 / (sum + 1);
		for (k = 0; k < to->nlevels; k++)
			to->u[k] = n[c][k] > 0 ? n[c][k] / sum : floor;
		if (b->judges[c].exact_first)
			to->u[0] = agreement(v, b->judges[c].slot, l, r);
	}
}

/* Pairs by pattern of levels: open addressing. */
struct patterns {
	struct levels_memos memos;
	const struct pairs *pairs;
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
	const struct roll *b = p->pairs->b != NULL ? p->pairs->b :
	    p->pairs->a;

	(void)rule;
	patterns_add(p, levels_of(&p->memos, roll_record(p->pairs->a, l),
	    roll_record(b, r)), 1);
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
		first_m(&m->comparisons[c], e->m[c]);
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

static uint64_t
all_patterns(struct matching *m, const struct levels *b, struct values *v,
    const struct roll *l, const struct roll *r,
    const struct matching_tests *rule, unsigned jobs, struct tally **to,
    size_t *n, uint64_t *dropped)
{
	struct patterns *p = mem_zero(jobs, sizeof *p);
	void **states = mem_zero(jobs, sizeof *states);
	struct relate *relate = relate_new(v, rule, NULL);
	struct pairs_count count;
	struct pairs pairs = { l, r, &relate, 1, m->max_block, jobs, states,
	    count_pair, &count };
	struct patterns *all = &p[0];
	unsigned i;
	size_t k;

	for (i = 0; i < jobs; i++) {
		levels_memos_start(&p[i].memos, b);
		p[i].pairs = &pairs;
		states[i] = &p[i];
	}
	pairs_run(&pairs);
	for (i = 0; i < jobs; i++) {
		for (k = 0; i > 0 && k < p[i].cap; k++)
			if (p[i].key[k] != 0)
				patterns_add(all, p[i].key[k] - 1,
				    p[i].count[k]);
		levels_memos_end(&p[i].memos);
	}
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
	relate_free(relate);
	*dropped = count.dropped_pairs;
	return count.pairs;
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
			first_m(to, to->m);
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

static uint64_t
sure_pairs(const struct matching *m, struct values *v, const struct roll *a,
    const struct roll *b, unsigned jobs)
{
	struct relate *rules[64];
	struct pairs_count counts[64];
	void **states = mem_zero(jobs, sizeof *states);
	struct pairs pairs = { a, b, rules, m->nsure, m->max_block, jobs,
	    states, count_only, counts };
	uint64_t n = 0;
	size_t i;

	for (i = 0; i < m->nsure; i++)
		rules[i] = relate_new(v, &m->sure[i], NULL);
	pairs_run(&pairs);
	for (i = 0; i < m->nsure; i++) {
		n += counts[i].pairs;
		relate_free(rules[i]);
	}
	free(states);
	return n;
}

int
model_train(struct matching *m, struct values *v, const struct roll *a,
    const struct roll *b, const struct nicknames *nicknames, unsigned jobs,
    struct model_training *to, struct fault *f)
{
	struct levels levels;
	struct estimate *e;
	struct tally *t;
	char part[MODEL_MAX_COMPARISONS];
	size_t i, c, n;

	memset(to, 0, sizeof *to);
	if (m->ncomparisons > MODEL_MAX_COMPARISONS)
		return fault_set(f, "%s: more than %d comparisons", m->name,
		    MODEL_MAX_COMPARISONS);
	if (m->nsure == 0 || m->ntraining == 0)
		return fault_set(f, "%s: training needs sure and blocks",
		    m->name);
	jobs = jobs > 0 ? jobs : flow_processors();
	to->records_a = a->n;
	to->records_b = b != NULL ? b->n : 0;
	to->pairs = b != NULL ? (double)a->n * (double)b->n :
	    (double)a->n * ((double)a->n - 1) / 2;
	if (to->pairs < 1)
		return fault_set(f, "too few records to train on");
	to->sure_pairs = sure_pairs(m, v, a, b, jobs);
	if (to->sure_pairs < 10)
		return fault_set(f, "fewer than 10 pairs meet a sure rule: "
		    "nothing to train on");
	m->lambda = (double)to->sure_pairs / m->sure_recall / to->pairs;
	if (m->lambda > 0.5)
		m->lambda = 0.5;
	levels_start(&levels, m, v, nicknames);
	train_u(m, &levels, v, a, b);
	to->nsessions = m->ntraining;
	e = mem_zero(m->ntraining, sizeof *e);
	for (i = 0; i < m->ntraining; i++) {
		for (c = 0; c < m->ncomparisons; c++)
			part[c] = !touches(&m->comparisons[c],
			    &m->training[i]);
		to->sessions[i].pairs = all_patterns(m, &levels, v, a, b,
		    &m->training[i], jobs, &t, &n,
		    &to->sessions[i].dropped_pairs);
		maximise(m, t, n, part, first_share(m, &m->training[i]), &e[i],
		    &to->sessions[i]);
		free(t);
	}
	settle(m, e, m->ntraining, &to->untrained);
	m->trained = 1;
	free(e);
	levels_end(&levels);
	return 0;
}
