/* Counts for quality, made while records are checked. */
#include "spec/meter.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/date.h"
#include "base/map.h"
#include "base/mem.h"
#include "spec/dated.h"

/* Days from -1 (before the end) to LAGS - 2 and more. */
#define LAGS 1098

/* What is not the rule; the rest follows from the count of records. */
struct tally {
	uint64_t inapplicable, missing, defaults, invalid;
};

struct meter_places {
	pthread_mutex_t lock;
	struct map *names; /* as a meter's */
};

struct pair {
	uint64_t applicable, failed;
};

/*
 * Arrays by field (rule, key) and then by group, so that a column's batch
 * stays within one of them.
 */
struct meter {
	const struct meter_plan *plan;
	struct map *names; /* of groups: provider, NUL, period, NUL */
	size_t ngroups, cap;
	struct map *seen;  /* the same with the provider's cell as it is */
	uint32_t *seen_group;
	struct column_run *provider;
	struct column_found found;
	uint32_t *places; /* by group */
	uint64_t *records; /* by group */
	struct tally **fields;
	unsigned char **sketches; /* of a field that is not coded */
	uint32_t **codes;         /* of a coded one, by group and slot */
	struct pair **rules, **keys;
	uint32_t *lags; /* by group and day */
	uint32_t *of;   /* group of each record of the block */
	uint32_t *places_of; /* the same, as places */
	size_t of_cap;
	struct buf scratch, key;
};

struct meter_places *
meter_places_new(void)
{
	struct meter_places *p = mem_zero(1, sizeof *p);

	(void)pthread_mutex_init(&p->lock, NULL);
	p->names = map_new();
	return p;
}

void
meter_places_free(struct meter_places *p)
{
	if (p == NULL)
		return;
	(void)pthread_mutex_destroy(&p->lock);
	map_free(p->names);
	free(p);
}

size_t
meter_places_count(const struct meter_places *p)
{
	return map_count(p->names);
}

struct meter *
meter_new(const struct meter_plan *plan)
{
	struct meter *m = mem_zero(1, sizeof *m);

	m->plan = plan;
	m->names = map_new();
	m->seen = map_new();
	if (plan->provider != NULL)
		m->provider = column_run_new(plan->provider);
	m->fields = mem_zero(plan->nfields + 1, sizeof *m->fields);
	m->sketches = mem_zero(plan->nfields + 1, sizeof *m->sketches);
	m->codes = mem_zero(plan->nfields + 1, sizeof *m->codes);
	m->rules = mem_zero(plan->nrules + 1, sizeof *m->rules);
	m->keys = mem_zero(plan->nkeys + 1, sizeof *m->keys);
	return m;
}

void
meter_free(struct meter *m)
{
	size_t k;

	if (m == NULL)
		return;
	for (k = 0; k < m->plan->nfields; k++) {
		free(m->fields[k]);
		free(m->sketches[k]);
		free(m->codes[k]);
	}
	for (k = 0; k < m->plan->nrules; k++)
		free(m->rules[k]);
	for (k = 0; k < m->plan->nkeys; k++)
		free(m->keys[k]);
	free(m->fields);
	free(m->sketches);
	free(m->codes);
	free(m->rules);
	free(m->keys);
	free(m->records);
	free(m->lags);
	free(m->of);
	free(m->places);
	free(m->places_of);
	map_free(m->names);
	map_free(m->seen);
	free(m->seen_group);
	column_run_free(m->provider);
	free(m->found.v);
	buf_free(&m->scratch);
	buf_free(&m->key);
	free(m);
}

/* The array with room for more, what is new being zero. */
static void *
widen(void *p, size_t from, size_t to, size_t size)
{
	p = mem_array(p, to, size);
	memset((char *)p + from * size, 0, (to - from) * size);
	return p;
}

static void
new_group(struct meter *m)
{
	const struct meter_plan *p = m->plan;
	size_t k, from = m->cap, to = from > 0 ? from * 2 : 64;

	if (m->ngroups++ < m->cap)
		return;
	m->cap = to;
	m->records = widen(m->records, from, to, sizeof *m->records);
	m->places = widen(m->places, from, to, sizeof *m->places);
	for (k = 0; k < p->nfields; k++) {
		m->fields[k] = widen(m->fields[k], from, to,
		    sizeof *m->fields[k]);
		if (p->fields[k].codes != NULL)
			m->codes[k] = widen(m->codes[k], from, to,
			    valueset_slots(p->fields[k].codes) *
			    sizeof *m->codes[k]);
		else
			m->sketches[k] = widen(m->sketches[k], from, to,
			    QUALITY_REGISTERS);
	}
	for (k = 0; k < p->nrules; k++)
		m->rules[k] = widen(m->rules[k], from, to,
		    sizeof *m->rules[k]);
	for (k = 0; k < p->nkeys; k++)
		m->keys[k] = widen(m->keys[k], from, to, sizeof *m->keys[k]);
	if (p->submitted != NULL)
		m->lags = widen(m->lags, from, to, LAGS * sizeof *m->lags);
}

/* The number that other meters know the newest group by. */
static void
find_place(struct meter *m, const struct buf *key)
{
	struct meter_places *p = m->plan->places;

	if (p == NULL)
		return;
	(void)pthread_mutex_lock(&p->lock);
	m->places[m->ngroups - 1] = (uint32_t)map_add(p->names, key->p,
	    key->n, NULL);
	(void)pthread_mutex_unlock(&p->lock);
}

static void
count_lag(struct meter *m, size_t group, const struct csv_block *b, size_t r,
    int32_t end)
{
	const struct expr_field *field = m->plan->submitted;
	int32_t submitted;

	if (dated_day(field, csv_cell(b, r, field->column, &m->scratch),
	    &submitted) == -1)
		return;
	submitted -= end;
	if (submitted < 0)
		submitted = -1;
	else if (submitted > LAGS - 2)
		submitted = LAGS - 2;
	m->lags[group * LAGS + (size_t)(submitted + 1)]++;
}

/* The day of the event: of its end, else of its start. */
static int
event_day(struct meter *m, const struct csv_block *b, size_t r, int32_t *day)
{
	const struct expr_field *field[2];
	size_t i;

	field[0] = m->plan->end;
	field[1] = m->plan->start;
	for (i = 0; i < 2; i++)
		if (field[i] != NULL && dated_day(field[i], csv_cell(b, r,
		    field[i]->column, &m->scratch), day) == 0)
			return 0;
	return -1;
}

/* A provider's name in the measures: that of a cell, if it is one. */
static int
name_provider(struct meter *m, const char *p, size_t n, struct buf *to,
    struct fault *f)
{
	struct column_cells x = { .k = 1 };

	if (m->plan->provider == NULL ||
	    column_missing(m->plan->provider, p, n))
		return 0;
	x.p[0] = p;
	x.n[0] = (uint32_t)n;
	x.row[0] = 0;
	m->found.n = 0;
	if (column_check(m->plan->provider, m->provider, &x, &m->found, f) ==
	    -1)
		return -1;
	if (m->found.n > 0)
		buf_puts(to, QUALITY_BAD_PROVIDER);
	else
		buf_put(to, p, n);
	return 0;
}

/* The group of what was not seen before: cell is its provider's length. */
static int
add_seen(struct meter *m, size_t seen, size_t cell, struct fault *f)
{
	struct buf name = { 0 };
	size_t group;
	int added, rc;

	/* A cell may be read 16 bytes beyond its end. */
	buf_reserve(&m->key, 16);
	memset(m->key.p + m->key.n, 0, 16);
	rc = name_provider(m, m->key.p, cell, &name, f);
	buf_put(&name, m->key.p + cell, m->key.n - cell);
	group = map_add(m->names, name.p, name.n, &added);
	if (added) {
		new_group(m);
		find_place(m, &name);
	}
	if ((seen & (seen - 1)) == 0)
		m->seen_group = mem_array(m->seen_group, seen > 0 ?
		    seen * 2 : 1, sizeof *m->seen_group);
	m->seen_group[seen] = (uint32_t)group;
	buf_free(&name);
	return rc;
}

int
meter_block(struct meter *m, const struct csv_block *b, struct fault *f)
{
	const struct meter_plan *p = m->plan;
	size_t r, at, group, cell;
	char text[10];
	int32_t day;
	int added, dated;

	if (m->of_cap < b->nrecords) {
		m->of_cap = b->nrecords * 2;
		m->of = mem_array(m->of, m->of_cap, sizeof *m->of);
		m->places_of = mem_array(m->places_of, m->of_cap,
		    sizeof *m->places_of);
	}
	for (r = 0; r < b->nrecords; r++) {
		buf_clear(&m->key);
		if (p->provider != NULL) {
			struct csv_slice s = csv_cell(b, r,
			    column_at(p->provider), &m->scratch);

			buf_put(&m->key, s.p, s.n);
		}
		cell = m->key.n;
		buf_putc(&m->key, '\0');
		dated = event_day(m, b, r, &day) == 0;
		if (dated) {
			date_format(day, text);
			buf_put(&m->key, text, 7);
		}
		buf_putc(&m->key, '\0');
		at = map_add(m->seen, m->key.p, m->key.n, &added);
		if (added && add_seen(m, at, cell, f) == -1)
			return -1;
		group = m->seen_group[at];
		m->of[r] = (uint32_t)group;
		m->records[group]++;
		if (p->submitted != NULL && dated)
			count_lag(m, group, b, r, day);
	}
	return 0;
}

const uint32_t *
meter_places_of(struct meter *m, size_t nrecords)
{
	size_t r;

	for (r = 0; r < nrecords; r++)
		m->places_of[r] = m->places[m->of[r]];
	return m->places_of;
}

/*
 * A hash that is the same in every run and version, since sketches may be
 * merged later: multiply and fold, the primes of xxHash (Collet).
 */
static inline uint64_t
stable_hash(const char *p, size_t n)
{
	uint64_t h = 0x9e3779b185ebca87ULL ^ (n * 0xc2b2ae3d27d4eb4fULL);

	while (n > 0) {
		uint64_t x = 0;
		size_t k = n < 8 ? n : 8;

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
		/* A cell has 16 readable bytes. */
		memcpy(&x, p, 8);
		x &= ~(uint64_t)0 >> (64 - 8 * k);
#else
		size_t i;

		for (i = 0; i < k; i++)
			x |= (uint64_t)(unsigned char)p[i] << 8 * i;
#endif
		h = (h ^ x) * 0x9fb21c651e98df25ULL;
		h ^= h >> 35;
		p += k;
		n -= k;
	}
	h *= 0xc2b2ae3d27d4eb4fULL;
	h ^= h >> 29;
	h *= 0x165667b19e3779f9ULL;
	return h ^ h >> 32;
}

/* Where codes are counted: every slot first asked for, then added to. */
static void
count_codes(struct meter *m, size_t field, const uint32_t *of,
    const struct column_cells *x, const unsigned char *applies)
{
	const struct meter_field *f = &m->plan->fields[field];
	size_t slots = valueset_slots(f->codes), i, n = 0;
	uint32_t *to[COLUMN_BATCH];
	long slot;

	for (i = 0; i < x->k; i++) {
		if (applies != NULL && applies[x->row[i]] != 1)
			continue;
		slot = valueset_slot(f->codes, x->p[i], x->n[i]);
		if (slot < 0 && f->prefix > 0 && x->n[i] > f->prefix)
			slot = valueset_slot(f->codes, x->p[i], f->prefix);
		if (slot < 0)
			continue;
		to[n] = m->codes[field] + of[x->row[i]] * slots +
		    (size_t)slot;
		__builtin_prefetch(to[n++], 1);
	}
	for (i = 0; i < n; i++)
		++*to[i];
}

static void
count_distinct(struct meter *m, size_t field, const uint32_t *of,
    const struct column_cells *x, const unsigned char *applies)
{
	unsigned char *to[COLUMN_BATCH], rank[COLUMN_BATCH];
	size_t i, n = 0;

	for (i = 0; i < x->k; i++) {
		uint64_t h;

		if (applies != NULL && applies[x->row[i]] != 1)
			continue;
		h = stable_hash(x->p[i], x->n[i]);
		to[n] = m->sketches[field] + (size_t)of[x->row[i]] *
		    QUALITY_REGISTERS + (h & (QUALITY_REGISTERS - 1));
		/* Leading zeros of the other 56 bits, and one. */
		rank[n] = (unsigned char)(__builtin_clzll(h | 0xff) + 1);
		__builtin_prefetch(to[n++], 1);
	}
	for (i = 0; i < n; i++)
		if (rank[i] > *to[i])
			*to[i] = rank[i];
}

void
meter_column(struct meter *m, size_t field, size_t first, size_t rows,
    const struct column_cells *x, const unsigned char *failed,
    const unsigned char *defaults, const unsigned char *applies)
{
	const uint32_t *of = m->of + first;
	struct tally *t = m->fields[field];
	size_t i, k = 0;

	for (i = 0; i < rows; i++) {
		int there = k < x->k && x->row[k] == i;

		k += (size_t)there;
		if (applies != NULL && applies[i] != 1)
			t[of[i]].inapplicable++;
		else if (!there)
			t[of[i]].missing++;
		else if (failed[i])
			t[of[i]].invalid++;
		else if (defaults[i])
			t[of[i]].defaults++;
	}
	if (m->codes[field] != NULL)
		count_codes(m, field, of, x, applies);
	else
		count_distinct(m, field, of, x, applies);
}

void
meter_rule(struct meter *m, size_t rule, size_t first, size_t rows,
    const unsigned char *verdict)
{
	const uint32_t *of = m->of + first;
	size_t i;

	for (i = 0; i < rows; i++) {
		struct pair *p = &m->rules[rule][of[i]];

		p->applicable += verdict[i] <= 1;
		p->failed += verdict[i] == 0;
	}
}

void
meter_key(struct meter *m, size_t key, size_t r, int first)
{
	struct pair *p = &m->keys[key][m->of[r]];

	p->applicable++;
	p->failed += !first;
}

static void
flush_field(const struct meter *m, size_t g, size_t k, const char *provider,
    const char *period, struct quality *q)
{
	const struct meter_field *f = &m->plan->fields[k];
	const struct tally *t = &m->fields[k][g];
	uint64_t applicable = m->records[g] - t->inapplicable;
	struct quality_row *r;
	size_t slot, slots = f->codes != NULL ? valueset_slots(f->codes) : 0;
	char code[9];

	for (slot = 0; slot < slots; slot++) {
		if (m->codes[k][g * slots + slot] == 0)
			continue;
		valueset_slot_value(f->codes, slot, code);
		r = quality_row(q, m->plan->dataset, provider, period,
		    "code", f->name, code);
		r->n[QUALITY_RECORDS] += m->codes[k][g * slots + slot];
	}
	r = quality_row(q, m->plan->dataset, provider, period, "field",
	    f->name, "");
	r->n[QUALITY_RECORDS] += m->records[g];
	r->n[QUALITY_APPLICABLE] += applicable;
	r->n[QUALITY_MISSING] += t->missing;
	r->n[QUALITY_DEFAULT] += t->defaults;
	r->n[QUALITY_INVALID] += t->invalid;
	r->n[QUALITY_VALID] += applicable - t->missing - t->invalid;
	r->counts = f->counts;
	r->threshold = f->threshold;
	if (m->sketches[k] != NULL)
		quality_sketch(q, r, m->sketches[k] + g * QUALITY_REGISTERS);
}

static void
flush_pair(const struct meter *m, size_t g, const struct pair *p,
    const char *kind, const char *id, const char *provider,
    const char *period, struct quality *q)
{
	struct quality_row *r = quality_row(q, m->plan->dataset, provider,
	    period, kind, id, "");

	r->n[QUALITY_RECORDS] += m->records[g];
	r->n[QUALITY_APPLICABLE] += p->applicable;
	r->n[QUALITY_FAILED] += p->failed;
}

void
meter_flush(const struct meter *m, struct quality *q)
{
	const struct meter_plan *p = m->plan;
	size_t g, k;

	for (g = 0; g < m->ngroups; g++) {
		const char *provider = map_key(m->names, g, NULL);
		const char *period = provider + strlen(provider) + 1;

		for (k = 0; k < p->nfields; k++)
			flush_field(m, g, k, provider, period, q);
		for (k = 0; k < p->nrules; k++)
			flush_pair(m, g, &m->rules[k][g], "rule",
			    p->rules[k], provider, period, q);
		for (k = 0; k < p->nkeys; k++)
			flush_pair(m, g, &m->keys[k][g], "key", p->keys[k],
			    provider, period, q);
		for (k = 0; m->lags != NULL && k < LAGS; k++) {
			uint32_t n = m->lags[g * LAGS + k];
			char days[24];

			if (n == 0)
				continue;
			(void)snprintf(days, sizeof days, "%ld", (long)k - 1);
			quality_row(q, p->dataset, provider, period, "lag",
			    "days", days)->n[QUALITY_RECORDS] += n;
		}
	}
}

void
meter_flush_rule(const struct meter_plan *p, size_t place, const char *rule,
    uint64_t applicable, uint64_t failed, struct quality *q)
{
	const char *provider = map_key(p->places->names, place, NULL);
	const char *period = provider + strlen(provider) + 1;
	struct quality_row *r = quality_row(q, p->dataset, provider, period,
	    "rule", rule, "");

	r->n[QUALITY_APPLICABLE] += applicable;
	r->n[QUALITY_FAILED] += failed;
}
