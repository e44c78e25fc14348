/* Merged state into rows: margins, order, and what the measures come to. */
#include <math.h>
#include <stdlib.h>

#include "base/date.h"
#include "base/mem.h"
#include "tally/batch.h"

/* An order statistic that a quantile needs: the number at and after. */
struct statistic {
	size_t measure;
	uint64_t at, rest; /* index from 0, and rest / p_of of the way on */
	int have;          /* of the two */
	num_wide low, high;
};

struct pending { /* the next pair of an input */
	struct tally_stream *stream;
	int more;
	struct tally_key key;
	char small[TALLY_SHORT];
	struct csv_slice *by, value;
	uint64_t n;
};

struct tally_result {
	struct tally_state *s;
	struct plan_adder plan;
	struct tally_stream *groups;
	struct pending *pending; /* per input; stream NULL: has no pairs */
	struct tally_value *values;
	struct csv_slice *by;
	char small[TALLY_SHORT];
	struct statistic *statistics;
	size_t nstatistics;
};

struct margins {
	struct tally_state *to; /* where they are added */
	size_t store;
	struct tally_adder add;
	struct csv_slice *by;
	struct buf key;
};

/* Adds a group to all margins it is part of. */
static int
add_margins(void *arg, const struct tally_key *k, const char *state,
    const unsigned char *scales, struct fault *f)
{
	struct margins *m = arg;
	const struct tally *t = m->to->t;
	static const char total[1] = { PLAN_TOTAL };
	char small[TALLY_SHORT], *to;
	struct csv_slice rest;
	uint32_t all = (uint32_t)(((uint64_t)1 << t->nparts) - 1), mask;
	size_t i;

	plan_split(k, small, t->nparts, m->by, &rest);
	mask = t->request->margins == TALLY_CUBE ? 1 : all;
	for (; mask <= all; mask++) {
		struct tally_key key;

		buf_clear(&m->key);
		for (i = 0; i < t->nparts; i++) {
			if (i > 0)
				buf_putc(&m->key, 0);
			if (mask >> i & 1)
				buf_put(&m->key, total, 1);
			else
				buf_put(&m->key, m->by[i].p, m->by[i].n);
		}
		if (m->store > 0) {
			buf_putc(&m->key, 0);
			buf_put(&m->key, rest.p, rest.n);
		}
		key = tally_key_of(m->key.p, m->key.n);
		tally_table_batch(m->to->tables[m->store], &key, 1, &to);
		if (m->add.add(m->add.arg, to, state, scales, f) == -1)
			return -1;
	}
	return plan_check_memory(m->to, f);
}

/* Without records there is the total of all of them, which is nothing. */
static void
add_empty_total(struct tally_state *s)
{
	struct buf key = { 0 };
	struct tally_key all;
	char *state;
	size_t i;

	for (i = 0; i < s->t->nparts; i++) {
		if (i > 0)
			buf_putc(&key, 0);
		buf_putc(&key, PLAN_TOTAL);
	}
	all = tally_key_of(key.p, key.n);
	tally_table_batch(s->tables[0], &all, 1, &state);
	buf_free(&key);
}

/*
 * Margins are made of groups as they are, added up or not, so they need no
 * order: first what is in the file, which is as it was when we began, then
 * what is in memory.
 */
static int
expand(struct tally_state *s, struct fault *f)
{
	struct tally *t = s->t;
	struct tally_state *to = tally_state_new(t);
	struct plan_adder plan = { t, s->scales };
	struct margins m = { .to = to };
	int rc = -1;
	size_t i;

	if (t->ninputs > 0)
		memcpy(to->scales, s->scales, t->ninputs);
	m.by = mem_zero(t->nparts, sizeof *m.by);
	for (i = 0; i < t->nstores; i++) {
		size_t n = tally_table_count(s->tables[i]), j;

		m.store = i;
		m.add = plan_adder_of(s, i, &plan);
		if (tally_store_visit(t->stores[i], add_margins, &m, f) == -1)
			goto out;
		for (j = 0; j < n; j++) {
			struct tally_key k;
			const char *state = tally_table_at(s->tables[i], j,
			    &k);

			if (add_margins(&m, &k, state, NULL, f) == -1)
				goto out;
		}
	}
	rc = tally_state_merge(s, to, f);
	if (rc == 0 && tally_table_count(s->tables[0]) == 0 &&
	    !tally_store_flushed(t->stores[0]))
		add_empty_total(s);
out:
	free(m.by);
	buf_free(&m.key);
	tally_state_free(to);
	return rc;
}

/* Of a pair's key, that of its group: up to the last zero byte. */
static struct tally_key
group_of(const struct tally_key *pair, struct pool *pool)
{
	char small[TALLY_SHORT], *to;
	const char *p = tally_key_bytes(pair, small);
	size_t n = pair->n;

	while (n > 0 && p[n - 1] != 0)
		n--;
	n -= n > 0;
	if (n <= TALLY_SHORT)
		return tally_key_of(p, n);
	to = batch_pool(pool, n);
	memcpy(to, p, n);
	return tally_key_of(to, n);
}

/*
 * Adds up the pairs of an input, in the groups they are of. They need no order
 * for it; a group that has been flushed gets the rest of its state when it is
 * read.
 */
static int
add_distinct(struct tally_state *s, const struct plan_input *in,
    struct tally_stream *stream, struct fault *f)
{
	struct tally_key pair, keys[TALLY_BATCH];
	char *states[TALLY_BATCH], *none;
	int more = 1;
	size_t n, i;

	while (more == 1) {
		for (n = 0; n < TALLY_BATCH && (more = tally_stream_next(
		    stream, &pair, &none, f)) == 1; n++)
			keys[n] = group_of(&pair, &s->pool);
		tally_table_batch(s->tables[0], keys, n, states);
		for (i = 0; i < n; i++)
			plan_set(states[i], in->at_distinct, plan_get(
			    states[i], in->at_distinct) + 1);
		batch_pool_reset(&s->pool);
		if (plan_check_memory(s, f) == -1)
			more = -1;
	}
	return more;
}

/* Without groups it is enough to know how many pairs there are. */
static int
count_all(struct tally_state *s, const struct plan_input *in,
    struct tally_stream *stream, struct fault *f)
{
	struct tally_key all = tally_key_of(NULL, 0);
	uint64_t n;
	char *state;

	if (tally_stream_count(stream, &n, f) == -1)
		return -1;
	tally_table_batch(s->tables[0], &all, 1, &state);
	plan_set(state, in->at_distinct, plan_get(state, in->at_distinct) +
	    n);
	return 0;
}

static int
count_distinct(struct tally_state *s, const struct plan_input *in,
    struct fault *f)
{
	struct tally *t = s->t;
	size_t store = (size_t)in->pairs;
	struct plan_adder plan = { t, s->scales };
	struct tally_adder add = plan_adder_of(s, store, &plan);
	struct tally_stream *stream = tally_store_read(t->stores[store],
	    s->tables[store], t->options.memory / 4, t->helpers,
	    &add, f);
	int rc = -1;

	s->tables[store] = NULL;
	if (stream != NULL)
		rc = t->nparts > 0 ? add_distinct(s, in, stream, f) :
		    count_all(s, in, stream, f);
	tally_stream_free(stream);
	return rc;
}

static int
next_pair(struct tally_result *x, struct pending *p, struct fault *f)
{
	char *state;

	p->more = tally_stream_next(p->stream, &p->key, &state, f);
	if (p->more != 1)
		return p->more;
	plan_split(&p->key, p->small, x->s->t->nparts, p->by, &p->value);
	p->n = plan_get(state, 0);
	return 0;
}

struct tally_result *
tally_result_new(struct tally_state *s, struct fault *f)
{
	struct tally *t = s->t;
	struct tally_result *x = mem_zero(1, sizeof *x);
	struct tally_adder add;
	size_t limit = t->options.memory / (2 * t->nstores), i;

	x->s = s;
	x->pending = mem_zero(t->ninputs, sizeof *x->pending);
	if (plan_settle_scales(s, f) == -1 || plan_finish_routes(s, f) == -1)
		goto bad;
	x->plan.t = t;
	x->plan.scales = s->scales;
	x->values = mem_zero(t->request->nmeasures, sizeof *x->values);
	x->statistics = mem_zero(t->request->nmeasures,
	    sizeof *x->statistics);
	x->by = mem_zero(t->nparts, sizeof *x->by);
	if (t->nparts == 0 && tally_table_count(s->tables[0]) == 0 &&
	    !tally_store_flushed(t->stores[0])) {
		/* No records and no groupings: one row that says so. */
		struct tally_key all = { 0, 0, NULL, 0 };
		char *state;

		tally_table_batch(s->tables[0], &all, 1, &state);
	}
	if (t->nparts > 0 && t->request->margins != TALLY_PLAIN &&
	    expand(s, f) == -1)
		goto bad;
	for (i = 0; i < t->ninputs; i++)
		if (t->inputs[i].class == PLAN_TEXT &&
		    count_distinct(s, &t->inputs[i], f) == -1)
			goto bad;
	add = plan_adder_of(s, 0, &x->plan);
	x->groups = tally_store_read(t->stores[0], s->tables[0], limit,
	    t->helpers, &add, f);
	s->tables[0] = NULL;
	if (x->groups == NULL)
		goto bad;
	for (i = 0; i < t->ninputs; i++) {
		struct pending *p = &x->pending[i];
		long store = t->inputs[i].pairs;

		if (store < 0 || t->inputs[i].class == PLAN_TEXT)
			continue;
		p->by = mem_zero(t->nparts, sizeof *p->by);
		add = plan_adder_of(s, (size_t)store, &x->plan);
		p->stream = tally_store_read(t->stores[store],
		    s->tables[store], limit, t->helpers, &add,
		    f);
		s->tables[store] = NULL;
		if (p->stream == NULL || next_pair(x, p, f) == -1)
			goto bad;
	}
	return x;
bad:
	tally_result_free(x);
	return NULL;
}

void
tally_result_free(struct tally_result *x)
{
	size_t i;

	if (x == NULL)
		return;
	tally_stream_free(x->groups);
	for (i = 0; i < x->s->t->ninputs; i++) {
		tally_stream_free(x->pending[i].stream);
		free(x->pending[i].by);
	}
	free(x->pending);
	free(x->values);
	free(x->statistics);
	free(x->by);
	free(x);
}

static int
same_group(const struct csv_slice *a, const struct csv_slice *b, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (a[i].n != b[i].n || memcmp(a[i].p, b[i].p, a[i].n) != 0)
			return 0;
	return 1;
}

/* What the quantiles of an input look for among n values. */
static void
seek(struct tally_result *x, size_t input, uint64_t n)
{
	const struct tally *t = x->s->t;
	size_t i;

	x->nstatistics = 0;
	for (i = 0; i < t->request->nmeasures; i++) {
		const struct tally_measure *m = &t->request->measures[i];
		struct statistic *s = &x->statistics[x->nstatistics];
		num_uwide at;

		if (m->kind != TALLY_MEDIAN && m->kind != TALLY_QUANTILE)
			continue;
		if (t->input_of[i] != input || n == 0)
			continue;
		memset(s, 0, sizeof *s);
		s->measure = i;
		at = (num_uwide)(n - 1) * (m->kind == TALLY_MEDIAN ? 1 :
		    m->p);
		s->at = (uint64_t)(at / (m->kind == TALLY_MEDIAN ? 2 :
		    m->p_of));
		s->rest = (uint64_t)(at % (m->kind == TALLY_MEDIAN ? 2 :
		    m->p_of));
		x->nstatistics++;
	}
}

/* n values of one kind, from the count before on. */
static int
find(struct tally_result *x, size_t input, uint64_t before,
    const struct pending *p, struct fault *f)
{
	unsigned scale = 0, want = x->s->scales[input];
	num_wide v;
	size_t i;

	if (tally_order_get(p->value.p, p->value.n, &v, &scale) == -1 ||
	    scale > want || tally_rescale(&v, want - scale) == -1)
		return fault_set(f, "a value in a partial result is none");
	for (i = 0; i < x->nstatistics; i++) {
		struct statistic *s = &x->statistics[i];

		if (s->have == 0 && s->at < before + p->n) {
			s->low = s->high = v;
			s->have = 1;
		}
		if (s->have == 1 && s->at + 1 < before + p->n) {
			s->high = v;
			s->have = 2;
		}
	}
	return 0;
}

/* Definition 7 of Hyndman and Fan (1996), exact until it is rounded. */
static int
set_quantiles(struct tally_result *x, size_t input, uint64_t n,
    struct fault *f)
{
	const struct tally *t = x->s->t;
	size_t i;

	for (i = 0; i < x->nstatistics; i++) {
		const struct statistic *s = &x->statistics[i];
		const struct tally_measure *m =
		    &t->request->measures[s->measure];
		uint64_t of = m->kind == TALLY_MEDIAN ? 2 : m->p_of;
		struct tally_value *to = &x->values[s->measure];
		num_wide a, b;

		if (__builtin_mul_overflow(s->low, (num_wide)(of - s->rest),
		    &a) || __builtin_mul_overflow(s->high,
		    (num_wide)s->rest, &b) || num_wide_add(&a, b) == -1)
			return fault_set(f, "%s: more than 128 bits can hold",
			    m->name);
		to->form = TALLY_REAL;
		to->n = n;
		to->r = tally_mean(a, x->s->scales[input], of);
	}
	return 0;
}

/* The pairs of the group at hand, of n values in all: the quantiles. */
static int
read_pairs(struct tally_result *x, size_t input, uint64_t n, struct fault *f)
{
	const struct tally *t = x->s->t;
	struct pending *p = &x->pending[input];
	uint64_t before = 0;

	seek(x, input, n);
	while (p->more == 1 && same_group(p->by, x->by, t->nparts)) {
		if (find(x, input, before, p, f) == -1)
			return -1;
		before += p->n;
		if (next_pair(x, p, f) == -1)
			return -1;
	}
	return set_quantiles(x, input, n, f);
}

static double
variance(const struct tally_result *x, const struct plan_input *in,
    size_t input, const char *state, uint64_t n)
{
	num_wide sum = plan_get_wide(state, in->at_sum);
	num_uwide size = sum < 0 ? 0 - (num_uwide)sum : (num_uwide)sum;
	struct tally_big a, b;
	uint64_t unit = (uint64_t)tally_pow10[x->s->scales[input]];

	a = tally_big_sub(tally_big_mul(n, (num_uwide)plan_get_wide(state,
	    in->at_square)), tally_big_mul(size, size));
	b = tally_big_of((num_uwide)n * (n - 1));
	(void)tally_big_scale(&b, unit);
	(void)tally_big_scale(&b, unit);
	return tally_big_ratio(a, b);
}

/* Was some cell no number, of an input or what it is the product of? */
static int
any_bad(const struct tally *t, const struct plan_input *in,
    const char *state)
{
	if (in->class == PLAN_PRODUCT)
		return any_bad(t, &t->inputs[in->weight], state) ||
		    any_bad(t, &t->inputs[in->value], state);
	return in->at_bad != 0 && plan_get(state, in->at_bad) > 0;
}

/*
 * Sum of products over sum of weights, correctly rounded; the scale of the
 * weights, which both have, falls out. 0: the weights add up to nothing.
 */
static int
weighted_mean(const struct tally_result *x, size_t measure,
    const char *state, double *to)
{
	const struct tally *t = x->s->t;
	const struct plan_input *product =
	    &t->inputs[t->input_of[measure]];
	num_wide sum = plan_get_wide(state, product->at_sum);
	num_wide weights = plan_get_wide(state,
	    t->inputs[t->weight_of[measure]].at_sum);
	struct tally_big a, b;

	if (weights == 0)
		return 0;
	a = tally_big_of(sum < 0 ? 0 - (num_uwide)sum : (num_uwide)sum);
	b = tally_big_of(weights < 0 ? 0 - (num_uwide)weights :
	    (num_uwide)weights);
	(void)tally_big_scale(&b,
	    (uint64_t)tally_pow10[x->s->scales[product->value]]);
	*to = tally_big_ratio(a, b);
	if ((sum < 0) != (weights < 0))
		*to = -*to;
	return 1;
}

static void
set_value(struct tally_result *x, size_t measure, const char *state)
{
	const struct tally *t = x->s->t;
	const struct tally_measure *m = &t->request->measures[measure];
	size_t input = t->input_of[measure];
	const struct plan_input *in = &t->inputs[input];
	struct tally_value *to = &x->values[measure];
	uint64_t n = 0;

	if (m->kind == TALLY_COUNT) {
		to->form = TALLY_NUMBER;
		to->n = plan_get(state, 0);
		to->v = (num_wide)to->n;
		return;
	}
	if (any_bad(t, in, state)) {
		to->form = TALLY_BAD;
		return;
	}
	if (m->kind == TALLY_DISTINCT) {
		to->form = TALLY_NUMBER;
		to->n = plan_get(state, in->at_distinct);
		to->v = (num_wide)to->n;
		return;
	}
	to->n = n = plan_get(state, in->at_n);
	to->scale = in->form == TALLY_DECIMAL ? x->s->scales[input] : 0;
	if (n == 0)
		return;
	switch (m->kind) {
	case TALLY_SUM:
		to->form = TALLY_DECIMAL;
		to->v = plan_get_wide(state, in->at_sum);
		break;
	case TALLY_MEAN:
		if (m->weight != NULL) {
			to->sum = plan_get_wide(state, in->at_sum);
			if (weighted_mean(x, measure, state, &to->r))
				to->form = TALLY_REAL;
			break;
		}
		to->form = TALLY_REAL;
		to->sum = plan_get_wide(state, in->at_sum);
		to->r = tally_mean(to->sum, to->scale, n);
		break;
	case TALLY_MIN:
		to->form = in->form;
		to->v = plan_get_wide(state, in->at_min);
		break;
	case TALLY_MAX:
		to->form = in->form;
		to->v = plan_get_wide(state, in->at_max);
		break;
	case TALLY_VARIANCE:
	case TALLY_SD:
		if (n < 2)
			break;
		to->form = TALLY_REAL;
		to->r = variance(x, in, input, state, n);
		if (m->kind == TALLY_SD)
			to->r = sqrt(to->r);
		break;
	case TALLY_SHARE:
		to->form = TALLY_REAL;
		to->met = plan_get(state, in->at_met);
		to->r = (double)to->met / (double)n;
		break;
	case TALLY_COUNT:
	case TALLY_DISTINCT:
	case TALLY_MEDIAN:
	case TALLY_QUANTILE:
		break; /* elsewhere */
	}
}

int
tally_result_next(struct tally_result *x, struct tally_row *row,
    struct fault *f)
{
	const struct tally *t = x->s->t;
	struct tally_key key;
	char *state;
	int rc = tally_stream_next(x->groups, &key, &state, f);
	size_t i;

	if (rc != 1)
		return rc;
	memset(row, 0, sizeof *row);
	plan_split(&key, x->small, t->nparts, x->by, NULL);
	memset(x->values, 0, t->request->nmeasures * sizeof *x->values);
	for (i = 0; i < t->ninputs; i++) {
		const struct plan_input *in = &t->inputs[i];

		if (x->pending[i].stream != NULL && read_pairs(x, i,
		    plan_get(state, in->at_n), f) == -1)
			return -1;
		if (in->at_bad != 0)
			row->nbad += plan_get(state, in->at_bad);
		if (in->at_sum != 0 && tally_total_at(state +
		    in->at_sum).high != 0)
			return fault_set(f, "%s: more than 128 bits can hold",
			    in->source.text);
	}
	for (i = 0; i < t->request->nmeasures; i++)
		set_value(x, i, state);
	for (i = 0; i < t->nparts; i++)
		if (x->by[i].n == 1 && x->by[i].p[0] == PLAN_TOTAL) {
			row->total |= (uint32_t)1 << i;
			x->by[i].n = 0;
		}
	row->by = x->by;
	row->nrows = plan_get(state, 0);
	row->values = x->values;
	return 1;
}

static void
put_decimal(struct buf *b, num_wide v, unsigned scale)
{
	if (scale == 0 && v == (int64_t)v)
		buf_put_i64(b, (int64_t)v);
	else
		num_put_decimal(b, v, scale);
}

static void
put_time(struct buf *b, int64_t s)
{
	buf_printf(b, "%02d:%02d:%02d", (int)(s / 3600), (int)(s / 60 % 60),
	    (int)(s % 60));
}

void
tally_put_value(struct buf *b, const struct tally_value *v)
{
	char date[10];
	int64_t days;

	switch (v->form) {
	case TALLY_NONE:
	case TALLY_BAD:
		break;
	case TALLY_NUMBER:
		put_decimal(b, v->v, 0);
		break;
	case TALLY_DECIMAL:
		put_decimal(b, v->v, v->scale);
		break;
	case TALLY_REAL:
		num_put_double(b, v->r);
		break;
	case TALLY_DATE:
		date_format((int32_t)v->v, date);
		buf_put(b, date, sizeof date);
		break;
	case TALLY_TIME:
		put_time(b, (int64_t)v->v);
		break;
	case TALLY_DATETIME:
		days = (int64_t)v->v / 86400;
		if ((int64_t)v->v % 86400 < 0)
			days--;
		date_format((int32_t)days, date);
		buf_put(b, date, sizeof date);
		buf_putc(b, 'T');
		put_time(b, (int64_t)v->v - days * 86400);
		break;
	}
}
