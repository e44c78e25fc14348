/* How far a combination of fields singles people out. */
#include "privacy/risk.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/jsonout.h"
#include "base/map.h"
#include "base/mem.h"

#define FIELDS_MAX 32

struct risk {
	struct arena arena;
	struct gate *gate;
	const char *names[FIELDS_MAX];
	size_t columns[FIELDS_MAX], n;
	const char *sensitive; /* NULL: none */
	size_t sensitive_column;
};

/* Things by key, and how many records have them. */
struct tally {
	struct map *map;
	uint64_t *count;
	size_t cap;
};

struct worker {
	const struct risk *risk;
	void *gate; /* its worker; NULL */
	struct tally classes, values, pairs; /* pair: numbers of both */
	uint64_t records, suppressed;
	struct buf key, cell, scratch;
};

static size_t
tally_add(struct tally *t, const void *p, size_t n, uint64_t times)
{
	size_t i = map_add(t->map, p, n, NULL);

	if (i >= t->cap) {
		size_t cap = t->cap > 0 ? t->cap * 2 : 64;

		t->count = mem_array(t->count, cap, sizeof *t->count);
		memset(t->count + t->cap, 0, (cap - t->cap) *
		    sizeof *t->count);
		t->cap = cap;
	}
	t->count[i] += times;
	return i;
}

static void
tally_free(struct tally *t)
{
	map_free(t->map);
	free(t->count);
}

static int
usable(const struct risk *r, long c, const char *name, struct fault *f)
{
	if (c == -1)
		return fault_set(f, "--risk: the input has no column %s",
		    name);
	if (r->gate == NULL)
		return 0;
	switch (gate_treat(r->gate, (size_t)c)->kind) {
	case TREAT_DROP:
	case TREAT_PSEUDONYM:
	case TREAT_REVERSIBLE:
	case TREAT_ESCROW:
	case TREAT_DATE_SHIFT:
		return fault_set(f, "--risk: %s is treated with %s, which "
		    "leaves nothing to tell people apart by", name,
		    treat_name(gate_treat(r->gate, (size_t)c)->kind));
	default:
		return 0;
	}
}

struct risk *
risk_new(const char *names, const char *sensitive, struct gate *gate,
    const struct csv_header *h, struct fault *f)
{
	struct risk *r = mem_zero(1, sizeof *r);
	char *word;
	size_t n;
	long c;

	r->gate = gate;
	for (;; names += n + 1) {
		n = strcspn(names, ",");
		word = arena_copy(&r->arena, names, n);
		c = csv_column(h, word);
		if (usable(r, c, word, f) == -1)
			goto fail;
		if (r->n == FIELDS_MAX) {
			(void)fault_set(f, "--risk takes up to %d fields",
			    FIELDS_MAX);
			goto fail;
		}
		r->names[r->n] = word;
		r->columns[r->n++] = (size_t)c;
		if (names[n] == '\0')
			break;
	}
	if ((r->sensitive = sensitive) != NULL) {
		c = csv_column(h, sensitive);
		if (usable(r, c, sensitive, f) == -1)
			goto fail;
		r->sensitive_column = (size_t)c;
	}
	return r;
fail:
	risk_free(r);
	return NULL;
}

void
risk_free(struct risk *r)
{
	if (r == NULL)
		return;
	arena_free(&r->arena);
	free(r);
}

void *
risk_worker_new(void *arg)
{
	struct worker *w = mem_zero(1, sizeof *w);

	w->risk = arg;
	w->classes.map = map_new();
	w->values.map = map_new();
	w->pairs.map = map_new();
	if (w->risk->gate != NULL)
		w->gate = gate_worker_new(w->risk->gate);
	return w;
}

void
risk_worker_free(void *arg)
{
	struct worker *w = arg;

	if (w == NULL)
		return;
	tally_free(&w->classes);
	tally_free(&w->values);
	tally_free(&w->pairs);
	gate_worker_free(w->gate);
	buf_free(&w->key);
	buf_free(&w->cell);
	buf_free(&w->scratch);
	free(w);
}

static void
add_pair(struct worker *w, size_t class, size_t value, uint64_t times)
{
	uint64_t pair[2] = { class, value };

	(void)tally_add(&w->pairs, pair, sizeof pair, times);
}

int
risk_worker_merge(void *into, void *from, struct fault *f)
{
	struct worker *a = into, *b = from;
	size_t *class = mem_zero(map_count(b->classes.map), sizeof *class);
	size_t *value = mem_zero(map_count(b->values.map), sizeof *value);
	const char *key;
	uint64_t pair[2];
	size_t i, n;

	(void)f;
	for (i = 0; i < map_count(b->classes.map); i++) {
		key = map_key(b->classes.map, i, &n);
		class[i] = tally_add(&a->classes, key, n,
		    b->classes.count[i]);
	}
	for (i = 0; i < map_count(b->values.map); i++) {
		key = map_key(b->values.map, i, &n);
		value[i] = tally_add(&a->values, key, n, b->values.count[i]);
	}
	for (i = 0; i < map_count(b->pairs.map); i++) {
		memcpy(pair, map_key(b->pairs.map, i, NULL), sizeof pair);
		add_pair(a, class[pair[0]], value[pair[1]],
		    b->pairs.count[i]);
	}
	a->records += b->records;
	a->suppressed += b->suppressed;
	free(class);
	free(value);
	return 0;
}

/* A cell as it would come out, in w->cell. */
static int
cell(struct worker *w, const struct csv_block *b, size_t r, size_t c,
    struct fault *f)
{
	struct csv_slice s;

	buf_clear(&w->cell);
	if (w->gate != NULL && gate_withheld(w->gate, b, r, c))
		return 0;
	if (w->gate != NULL &&
	    gate_treat(w->risk->gate, c)->kind != TREAT_KEEP)
		return gate_put_cell(w->gate, b, r, c, &w->cell, f);
	s = csv_cell(b, r, c, &w->scratch);
	buf_put(&w->cell, s.p, s.n);
	return 0;
}

int
risk_map(void *arg, const struct csv_block *b, struct buf *outs,
    struct fault *f)
{
	struct worker *w = arg;
	const struct risk *risk = w->risk;
	size_t r, i, class, value;
	uint32_t n;
	int star;

	(void)outs;
	for (r = 0; r < b->nrecords; r++) {
		buf_clear(&w->key);
		star = 0;
		for (i = 0; i < risk->n; i++) {
			if (cell(w, b, r, risk->columns[i], f) == -1)
				return -1;
			n = (uint32_t)w->cell.n;
			star |= n == 1 && w->cell.p[0] == '*';
			buf_put(&w->key, &n, sizeof n);
			buf_put(&w->key, w->cell.p, n);
		}
		w->records++;
		if (star) {
			w->suppressed++;
			continue;
		}
		class = tally_add(&w->classes, w->key.p, w->key.n, 1);
		if (risk->sensitive == NULL)
			continue;
		if (cell(w, b, r, risk->sensitive_column, f) == -1)
			return -1;
		value = tally_add(&w->values, w->cell.p, w->cell.n, 1);
		add_pair(w, class, value, 1);
	}
	return 0;
}

static uint64_t
smallest(const struct tally *t)
{
	uint64_t min = 0;
	size_t i;

	for (i = 0; i < map_count(t->map); i++)
		if (min == 0 || t->count[i] < min)
			min = t->count[i];
	return min;
}

/* Records in classes smaller than a size. */
static uint64_t
below(const struct tally *t, uint64_t size)
{
	uint64_t n = 0;
	size_t i;

	for (i = 0; i < map_count(t->map); i++)
		if (t->count[i] < size)
			n += t->count[i];
	return n;
}

uint64_t
risk_min_class(const void *arg)
{
	return smallest(&((const struct worker *)arg)->classes);
}

/* Classes as they would be without field i. */
static void
without(const struct worker *w, size_t leave, struct tally *to)
{
	struct buf key = { 0 };
	size_t c, i, n;
	uint32_t k;

	to->map = map_new();
	to->count = NULL;
	to->cap = 0;
	for (c = 0; c < map_count(w->classes.map); c++) {
		const char *p = map_key(w->classes.map, c, &n);

		buf_clear(&key);
		for (i = 0; i < w->risk->n; i++, p += sizeof k + k) {
			memcpy(&k, p, sizeof k);
			if (i != leave)
				buf_put(&key, p, sizeof k + k);
		}
		(void)tally_add(to, key.p, key.n, w->classes.count[c]);
	}
	buf_free(&key);
}

struct pair {
	uint64_t class, count, all;
};

/* Within a class by counts alone, so that sums do not depend on jobs. */
static int
by_class(const void *a, const void *b)
{
	const struct pair *x = a, *y = b;

	if (x->class != y->class)
		return x->class < y->class ? -1 : 1;
	if (x->count != y->count)
		return x->count < y->count ? -1 : 1;
	return (x->all > y->all) - (x->all < y->all);
}

static void
report_diversity(const struct worker *w, struct jsonout *j)
{
	size_t n = map_count(w->pairs.map), i, k, end;
	double all = (double)(w->records - w->suppressed);
	double l_min = 0, entropy_min = 0, t_max = 0;
	struct pair *p = mem_zero(n, sizeof *p);

	for (i = 0; i < n; i++) {
		uint64_t pair[2];

		memcpy(pair, map_key(w->pairs.map, i, NULL), sizeof pair);
		p[i].class = pair[0];
		p[i].count = w->pairs.count[i];
		p[i].all = w->values.count[pair[1]];
	}
	qsort(p, n, sizeof *p, by_class);
	for (i = 0; i < n; i = end) {
		double size = (double)w->classes.count[p[i].class];
		double entropy = 0, inside = 0, t = 0;

		for (end = i; end < n && p[end].class == p[i].class; end++)
			continue;
		for (k = i; k < end; k++) {
			double in = (double)p[k].count / size;
			double of = (double)p[k].all / all;

			entropy -= in * log(in);
			t += fabs(in - of);
			inside += of;
		}
		/* Values that the class has not differ by their share. */
		t = (t + (1 - inside)) / 2;
		if (i == 0 || (double)(end - i) < l_min)
			l_min = (double)(end - i);
		if (i == 0 || exp(entropy) < entropy_min)
			entropy_min = exp(entropy);
		if (t > t_max)
			t_max = t;
	}
	jsonout_string(j, "sensitive", w->risk->sensitive);
	jsonout_i64(j, "l_distinct_min", (int64_t)l_min);
	jsonout_double(j, "l_entropy_min", entropy_min);
	jsonout_double(j, "t_closeness_max_equal_distance", t_max);
	free(p);
}

static void
report_fields(const struct worker *w, struct jsonout *j)
{
	struct tally t;
	size_t i;

	jsonout_open(j, "leave_one_out", '[');
	for (i = 0; i < w->risk->n; i++) {
		without(w, i, &t);
		jsonout_open(j, NULL, '{');
		jsonout_string(j, "without", w->risk->names[i]);
		jsonout_i64(j, "classes", (int64_t)map_count(t.map));
		jsonout_i64(j, "k_min", (int64_t)smallest(&t));
		jsonout_i64(j, "uniques", (int64_t)below(&t, 2));
		jsonout_close(j, '}');
		tally_free(&t);
	}
	jsonout_close(j, ']');
}

void
risk_report(const void *arg, struct buf *to)
{
	static const unsigned sizes[] = { 2, 3, 5, 10, 20 };
	const struct worker *w = arg;
	struct jsonout j = { to, 1, 0, 0 };
	uint64_t k = smallest(&w->classes);
	double n = (double)(w->records - w->suppressed);
	double classes = (double)map_count(w->classes.map);
	size_t i;

	jsonout_open(&j, NULL, '{');
	jsonout_string(&j, "format", "nib-risk-1");
	jsonout_open(&j, "fields", '[');
	for (i = 0; i < w->risk->n; i++)
		jsonout_string(&j, NULL, w->risk->names[i]);
	jsonout_close(&j, ']');
	jsonout_i64(&j, "records", (int64_t)w->records);
	jsonout_i64(&j, "suppressed", (int64_t)w->suppressed);
	jsonout_i64(&j, "classes", (int64_t)map_count(w->classes.map));
	jsonout_i64(&j, "k_min", (int64_t)k);
	if (k > 0) {
		uint64_t uniques = below(&w->classes, 2);

		jsonout_double(&j, "mean_class", n / classes);
		jsonout_i64(&j, "uniques", (int64_t)uniques);
		jsonout_double(&j, "unique_pct", 100 * (double)uniques / n);
		jsonout_open(&j, "records_in_class_lt", '{');
		for (i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
			char name[8] = { 0 };
			struct buf b = { 0 };

			buf_put_u64(&b, sizes[i]);
			memcpy(name, b.p, b.n);
			buf_free(&b);
			jsonout_i64(&j, name,
			    (int64_t)below(&w->classes, sizes[i]));
		}
		jsonout_close(&j, '}');
		jsonout_double(&j, "prosecutor_max", 1 / (double)k);
		jsonout_double(&j, "avg_risk", classes / n);
		/* 1 / size above 0.2: the usual threshold. */
		jsonout_double(&j, "records_above_0.2_pct",
		    100 * (double)below(&w->classes, 5) / n);
		if (w->risk->sensitive != NULL)
			report_diversity(w, &j);
		report_fields(w, &j);
	}
	jsonout_close(&j, '}');
}
