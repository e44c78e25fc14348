/* How often records that are no match agree: u of a model. */
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"
#include "linkage/levels.h"
#include "linkage/model_parts.h"

#define SAMPLE 1000000 /* random pairs */

/* How many records of each side have a value, and pairs that have the same. */
struct agreement {
	double same, n[2];
};

static void
add_value(struct agreement *to, uint64_t x, uint64_t y, int two)
{
	to->n[0] += (double)x;
	to->n[1] += (double)y;
	to->same += (double)x * (two ? (double)y : (double)x - 1);
}

static void
of_rolls(struct agreement *to, const struct cohort *p, size_t slot)
{
	uint64_t *x = levels_frequencies(p->v, slot, &p->a, NULL);
	uint64_t *y = levels_frequencies(p->v, slot, NULL, cohort_b(p));
	size_t i;

	for (i = 1; i <= values_count(p->v, slot); i++)
		add_value(to, x[i], y[i], p->two);
	free(x);
	free(y);
}

struct by_value {
	struct sorter *sorter;
	size_t slot;
};

/* By a hash first, so that what is sorted differs early. */
static int
sort_value(void *arg, const struct depot_record *r, struct fault *f)
{
	struct by_value *b = arg;
	const char *p = r->cells.cell[b->slot].p;
	size_t n = r->cells.cell[b->slot].n;
	char key[8 + VALUES_MAX], side = (char)r->side;

	if (n == 0)
		return 0;
	sorter_number((unsigned char *)key, hash_bytes(p, n, 0));
	memcpy(key + 8, p, n);
	return sorter_add(b->sorter, key, n + 8, &side, 1, f);
}

static int
of_depot(struct agreement *to, const struct cohort *p, size_t slot,
    struct fault *f)
{
	struct spill *spill = spill_new();
	struct by_value b = { sorter_new(depot_memory(p->depot) / 2, spill),
		slot };
	struct sorter_record r;
	struct sorter_run value = { 0 };
	uint64_t n[2] = { 0, 0 };
	int rc = depot_each(p->depot, sort_value, &b, f), k = 0;

	while (rc == 0 && (k = sorter_next(b.sorter, &r, f)) == 1) {
		if (sorter_run_starts(&value, &r)) {
			add_value(to, n[0], n[1], p->two);
			n[0] = n[1] = 0;
		}
		n[(unsigned char)r.rest[0]]++;
	}
	add_value(to, n[0], n[1], p->two);
	sorter_run_clear(&value);
	sorter_free(b.sorter);
	spill_free(spill);
	return rc == 0 ? k : rc;
}

/*
 * The chance that two records of the pair space have one value, half a pair's
 * at the least; 0 where no two have any.
 */
static int
chance(const struct cohort *p, size_t slot, double *to, struct fault *f)
{
	struct agreement a = { 0 };

	if (p->depot == NULL)
		of_rolls(&a, p, slot);
	else if (of_depot(&a, p, slot, f) == -1)
		return -1;
	if (!p->two)
		a.n[1] = a.n[0] - 1;
	*to = a.n[0] > 0 && a.n[1] > 0 ?
	    (a.same > 0 ? a.same : 0.5) / a.n[0] / a.n[1] : 0;
	return 0;
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

/* The random pairs, one after the other. */
struct draws {
	uint64_t seed, below[2];
	size_t n; /* drawn */
};

static void
draws_start(struct draws *d, const struct cohort *p)
{
	memset(d, 0, sizeof *d);
	d->seed = 1;
	d->below[0] = cohort_count(p, 0);
	d->below[1] = cohort_count(p, (unsigned)p->two);
}

/* 1 and the next pair; 0: that was all. */
static int
draws_next(struct draws *d, const struct cohort *p, uint64_t *x, uint64_t *y)
{
	do {
		if (d->n++ == SAMPLE)
			return 0;
		*x = draw(&d->seed, d->below[0]);
		*y = draw(&d->seed, d->below[1]);
	} while (!p->two && *x == *y);
	return 1;
}

/* Pairs by comparison and level. */
struct found {
	double n[MODEL_MAX_COMPARISONS][MATCHING_MAX_LEVELS];
};

static void
count_levels(struct found *to, const struct levels_memos *memos,
    const uint32_t *a, const uint32_t *b)
{
	uint64_t pattern = levels_of(memos, a, b);
	size_t c;

	for (c = 0; c < memos->levels->n; c++)
		if (levels_at(pattern, c) != MODEL_NULL)
			to->n[c][levels_at(pattern, c)]++;
}

static void
sample_rolls(struct found *to, const struct matching *m,
    const struct cohort *p)
{
	const struct roll *other = p->two ? &p->b : &p->a;
	struct levels levels;
	struct levels_memos memos;
	struct draws d;
	uint64_t x, y;

	levels_start(&levels, m, p->v, p->nicknames);
	levels_memos_start(&memos, &levels);
	draws_start(&d, p);
	while (draws_next(&d, p, &x, &y))
		count_levels(to, &memos, roll_record(&p->a, (size_t)x),
		    roll_record(other, (size_t)y));
	levels_memos_end(&memos);
	levels_end(&levels);
}

/* Pairs whose records are at hand: both of each, one behind the other. */
static void
count_batch(struct found *to, const struct matching *m,
    const struct cohort *p, const struct buf *cells, size_t records)
{
	struct levels levels;
	struct levels_memos memos;
	struct values *v;
	struct roll roll;
	size_t i;

	v = values_like(depot_values(p->depot));
	roll_from_cells(&roll, v, cells, records, depot_ids(p->depot));
	levels_start(&levels, m, v, p->nicknames);
	levels_memos_start(&memos, &levels);
	for (i = 0; i + 1 < records; i += 2)
		count_levels(to, &memos, roll_record(&roll, i),
		    roll_record(&roll, i + 1));
	levels_memos_end(&memos);
	levels_end(&levels);
	roll_clear(&roll);
	values_free(v);
}

/* Records that were drawn: wanted by side and number, given by pair. */
struct fetch {
	struct sorter *wanted, *given;
	struct sorter_record next;
	int k; /* of next: 1, or 0 at the end */
};

static int
want(struct fetch *t, unsigned side, uint64_t number, uint64_t pair,
    unsigned place, struct fault *f)
{
	unsigned char key[8], rest[8];

	sorter_number(key, (uint64_t)side << 32 | number);
	sorter_number(rest, pair * 2 + place);
	return sorter_add(t->wanted, key, sizeof key, rest, sizeof rest, f);
}

static int
give(void *arg, const struct depot_record *r, struct fault *f)
{
	struct fetch *t = arg;

	while (t->k == 1 && sorter_number_of(t->next.key) ==
	    ((uint64_t)r->side << 32 | r->number)) {
		if (sorter_add(t->given, t->next.rest, t->next.nrest, r->p,
		    r->n, f) == -1)
			return -1;
		t->k = sorter_next(t->wanted, &t->next, f);
	}
	return t->k == -1 ? -1 : 0;
}

static int
sample_depot(struct found *to, const struct matching *m,
    const struct cohort *p, struct fault *f)
{
	size_t memory = depot_memory(p->depot), records = 0;
	size_t each = 100 * values_nslots(depot_values(p->depot));
	struct spill *spill = spill_new();
	struct fetch t = { sorter_new(memory / 4, spill),
		sorter_new(memory / 4, spill), { 0 }, 0 };
	struct buf cells = { 0 };
	struct sorter_record r;
	uint64_t x, y, pair;
	struct draws d;
	int rc = 0, k;

	draws_start(&d, p);
	for (pair = 0; rc == 0 && draws_next(&d, p, &x, &y); pair++)
		if (want(&t, 0, x, pair, 0, f) == -1 ||
		    want(&t, (unsigned)p->two, y, pair, 1, f) == -1)
			rc = -1;
	if (rc == 0 && (t.k = sorter_next(t.wanted, &t.next, f)) == -1)
		rc = -1;
	if (rc == 0)
		rc = depot_each(p->depot, give, &t, f);
	while (rc == 0 && (k = sorter_next(t.given, &r, f)) != 0) {
		if (k == -1) {
			rc = -1;
			break;
		}
		buf_put(&cells, r.rest, r.nrest);
		records++;
		if (records % 2 == 0 && cells.n + records * each >
		    memory / 4) {
			count_batch(to, m, p, &cells, records);
			buf_clear(&cells);
			records = 0;
		}
	}
	if (rc == 0)
		count_batch(to, m, p, &cells, records);
	buf_free(&cells);
	sorter_free(t.wanted);
	sorter_free(t.given);
	spill_free(spill);
	return rc;
}

int
model_train_u(struct matching *m, const struct cohort *p, struct fault *f)
{
	const struct values *v = p->depot != NULL ? depot_values(p->depot) :
	    p->v;
	struct found *found = mem_zero(1, sizeof *found);
	struct matching_comparison *to;
	double sum, floor;
	size_t c, k;
	int rc = 0;

	if (p->depot == NULL)
		sample_rolls(found, m, p);
	else
		rc = sample_depot(found, m, p, f);
	for (c = 0; rc == 0 && c < m->ncomparisons; c++) {
		to = &m->comparisons[c];
		for (k = 0, sum = 0; k < to->nlevels; k++)
			sum += found->n[c][k];
		if (!(sum > 0)) { /* as m will be: no evidence */
			model_first_m(to, to->u);
			continue;
		}
		floor = 0.5 / (sum + 1);
		for (k = 0; k < to->nlevels; k++)
			to->u[k] = found->n[c][k] > 0 ? found->n[c][k] / sum :
			    floor;
		if (levels_exact_first(to))
			rc = chance(p, (size_t)values_slot(v, to->field),
			    &to->u[0], f);
	}
	free(found);
	return rc;
}
