/* The Fellegi-Sunter model: levels, training, scoring. */
#include "linkage/model.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"
#include "flow/flow.h"
#include "linkage/relate.h"

#define MEMO ((size_t)1 << 15)
#define SAMPLE 1000000   /* random pairs for u */
#define ROUNDS 100       /* of expectation maximisation, at most */
#define CONVERGED 1e-5

/* One comparison, ready to be applied. */
struct judge {
	size_t slot;
	size_t nlevels;
	struct relate *levels[MATCHING_MAX_LEVELS];
	/* The level speaks of the comparison's own field alone. */
	char pure[MATCHING_MAX_LEVELS];
	int exact_first;
};

struct bench {
	size_t n;
	struct judge judges[MODEL_MAX_COMPARISONS];
};

/* A worker's memory of levels by pair of codes. */
struct memo {
	uint32_t a, b; /* 0, 0: free */
	uint32_t level;
};

struct memos {
	const struct bench *bench;
	struct memo *of[MODEL_MAX_COMPARISONS];
};

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

static void
bench_start(struct bench *b, const struct matching *m, struct values *v,
    const struct nicknames *nicknames)
{
	const struct matching_comparison *c;
	struct judge *j;
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
				    c->levels[k].v[t].kind == MATCHING_CROSSED)
					j->pure[k] = 0;
		}
		j->exact_first = c->levels[0].n == 1 &&
		    c->levels[0].v[0].kind == MATCHING_EXACT && j->pure[0];
	}
}

static void
bench_end(struct bench *b)
{
	size_t i, k;

	for (i = 0; i < b->n; i++)
		for (k = 0; k + 1 < b->judges[i].nlevels; k++)
			relate_free(b->judges[i].levels[k]);
}

static void
memos_start(struct memos *m, const struct bench *b)
{
	size_t i;

	m->bench = b;
	for (i = 0; i < b->n; i++)
		m->of[i] = mem_zero(MEMO, sizeof *m->of[i]);
}

static void
memos_end(struct memos *m)
{
	size_t i;

	for (i = 0; i < m->bench->n; i++)
		free(m->of[i]);
}

/* The first pure level that holds, or the last level. */
static unsigned
pure_level(const struct judge *j, struct memo *memos, const uint32_t *a,
    const uint32_t *b)
{
	uint32_t x = a[j->slot], y = b[j->slot];
	struct memo *memo;
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
level(const struct memos *m, size_t c, const uint32_t *a, const uint32_t *b)
{
	const struct judge *j = &m->bench->judges[c];
	unsigned pure, k;

	if (a[j->slot] == 0 || b[j->slot] == 0)
		return MODEL_NULL;
	pure = pure_level(j, m->of[c], a, b);
	for (k = 0; k < pure; k++)
		if (!j->pure[k] && relate_holds(j->levels[k], a, b))
			return k;
	return pure;
}

static uint64_t
levels(const struct memos *m, const uint32_t *a, const uint32_t *b)
{
	uint64_t to = 0;
	size_t c;

	for (c = 0; c < m->bench->n; c++)
		to |= (uint64_t)level(m, c, a, b) << (4 * c);
	return to;
}

static unsigned
level_of(uint64_t pattern, size_t c)
{
	return (unsigned)(pattern >> (4 * c)) & 15;
}

/* How many records have each value: counts[code]. */
static uint64_t *
frequencies(const struct values *v, size_t slot, const struct roll *a,
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

/* The chance that two records of the pair space have one value. */
static double
agreement(const struct values *v, size_t slot, const struct roll *a,
    const struct roll *b)
{
	uint64_t *x = frequencies(v, slot, a, NULL);
	uint64_t *y = b != NULL ? frequencies(v, slot, NULL, b) : NULL;
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
	return na > 0 && nb > 0 ? same / na / nb : 0;
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
train_u(struct matching *m, const struct bench *b, const struct values *v,
    const struct roll *l, const struct roll *r)
{
	double n[MODEL_MAX_COMPARISONS][MATCHING_MAX_LEVELS] = { { 0 } };
	const struct roll *other = r != NULL ? r : l;
	uint64_t seed = 1, pattern;
	struct memos memos;
	size_t i, k, c, x, y;

	memos_start(&memos, b);
	for (i = 0; i < SAMPLE; i++) {
		x = (size_t)draw(&seed, l->n);
		y = (size_t)draw(&seed, other->n);
		if (r == NULL && x == y)
			continue;
		pattern = levels(&memos, roll_record(l, x),
		    roll_record(other, y));
		for (c = 0; c < b->n; c++)
			if (level_of(pattern, c) != MODEL_NULL)
				n[c][level_of(pattern, c)]++;
	}
	memos_end(&memos);
	for (c = 0; c < b->n; c++) {
		struct matching_comparison *to = &m->comparisons[c];
		double sum = 0, exact, floor;

		for (k = 0; k < to->nlevels; k++)
			sum += n[c][k];
		floor = 0.5 / (sum + 1);
		for (k = 0; k < to->nlevels; k++)
			to->u[k] = n[c][k] > 0 ? n[c][k] / sum : floor;
		if (!b->judges[c].exact_first)
			continue;
		exact = agreement(v, b->judges[c].slot, l, r);
		to->u[0] = exact > 1e-12 ? exact : 1e-12;
	}
}

/* Pairs by pattern of levels: open addressing. */
struct patterns {
	struct memos memos;
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
	patterns_add(p, levels(&p->memos, roll_record(p->pairs->a, l),
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

/* A start for m: most matches agree. */
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
				l = level_of(t[i].pattern, c);
				if (part[c] && l != MODEL_NULL)
					odds *= e->m[c][l] /
					    m->comparisons[c].u[l];
			}
			p = odds < 1e300 ? odds / (1 + odds) : 1;
			total += t[i].n;
			matches += p * t[i].n;
			for (c = 0; c < m->ncomparisons; c++) {
				l = level_of(t[i].pattern, c);
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
all_patterns(struct matching *m, const struct bench *b, struct values *v,
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
		memos_start(&p[i].memos, b);
		p[i].pairs = &pairs;
		states[i] = &p[i];
	}
	pairs_run(&pairs);
	for (i = 0; i < jobs; i++) {
		for (k = 0; i > 0 && k < p[i].cap; k++)
			if (p[i].key[k] != 0)
				patterns_add(all, p[i].key[k] - 1,
				    p[i].count[k]);
		memos_end(&p[i].memos);
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
	struct bench bench;
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
	bench_start(&bench, m, v, nicknames);
	train_u(m, &bench, v, a, b);
	to->nsessions = m->ntraining;
	e = mem_zero(m->ntraining, sizeof *e);
	for (i = 0; i < m->ntraining; i++) {
		for (c = 0; c < m->ncomparisons; c++)
			part[c] = !touches(&m->comparisons[c],
			    &m->training[i]);
		to->sessions[i].pairs = all_patterns(m, &bench, v, a, b,
		    &m->training[i], jobs, &t, &n,
		    &to->sessions[i].dropped_pairs);
		maximise(m, t, n, part, first_share(m, &m->training[i]), &e[i],
		    &to->sessions[i]);
		free(t);
	}
	settle(m, e, m->ntraining, &to->untrained);
	m->trained = 1;
	free(e);
	bench_end(&bench);
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

struct model_scale *
model_scale_new(const struct matching *m, struct values *v,
    const struct roll *a, const struct roll *b)
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
		n = frequencies(v, s->slot[i], a, b);
		for (k = 1, all = 0; k <= values_count(v, s->slot[i]); k++)
			all += (double)n[k];
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

struct scoring {
	struct memos memos;
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
	uint64_t pattern = levels(&s->memos, a, b);
	double w = s->prior;
	size_t c;

	for (c = 0; c < s->memos.bench->n; c++)
		w += model_weight(s->scale, c, level_of(pattern, c), a);
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
	struct bench bench;
	struct scoring *s;
	void **states;
	struct model_scale *scale = model_scale_new(m, v, a, b);
	struct pairs pairs = { a, b, rules, m->nblocking, m->max_block, 0,
	    NULL, score_pair, NULL };
	uint64_t mass = 0;
	size_t i, n = 0;

	jobs = jobs > 0 ? jobs : flow_processors();
	bench_start(&bench, m, v, nicknames);
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
		memos_start(&s[i].memos, &bench);
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
		memos_end(&s[i].memos);
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
	bench_end(&bench);
}

void
model_scores_clear(struct model_scores *s)
{
	free(s->pairs);
	free(s->counts);
	memset(s, 0, sizeof *s);
}
