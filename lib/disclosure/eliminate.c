/* No hidden cell is a linear function of what is published. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "disclosure/suppress.h"

#define PRIME ((uint64_t)2147483647) /* 2^31 - 1 */

/* A vector over inner cells, modulo PRIME; only what is not zero. */
struct sparse {
	uint32_t n;
	uint32_t *at;    /* ascending */
	uint32_t *value;
	uint64_t print;  /* of a primary: the same for multiples of it */
};

struct work { /* one vector written out */
	uint32_t *value;
	uint64_t *some; /* a bit for each place that may not be zero */
	size_t words;
};

static uint64_t
power(uint64_t a, uint64_t e)
{
	uint64_t r = 1;

	for (; e != 0; e >>= 1, a = a * a % PRIME)
		if (e & 1)
			r = r * a % PRIME;
	return r;
}

static void
put(struct work *w, uint32_t at, uint32_t value)
{
	w->value[at] = value;
	w->some[at / 64] |= (uint64_t)1 << at % 64;
}

/* w += factor * s */
static void
add(struct work *w, const struct sparse *s, uint64_t factor)
{
	uint32_t k;

	for (k = 0; k < s->n; k++)
		put(w, s->at[k], (uint32_t)((w->value[s->at[k]] +
		    factor * s->value[k]) % PRIME));
}

/* Takes w's content, scaled so that its first is 1; w is empty after. */
static struct sparse
take(struct work *w, int scale)
{
	struct sparse s = { 0, NULL, NULL, 0 };
	uint64_t by = 0;
	size_t i;
	uint32_t n = 0;

	for (i = 0; i < w->words; i++)
		n += (uint32_t)__builtin_popcountll(w->some[i]);
	s.at = mem_array(NULL, n, sizeof *s.at);
	s.value = mem_array(NULL, n, sizeof *s.value);
	for (i = 0; i < w->words; i++)
		for (; w->some[i] != 0; w->some[i] &= w->some[i] - 1) {
			uint32_t at = (uint32_t)(i * 64) +
			    (uint32_t)__builtin_ctzll(w->some[i]);
			uint32_t v = w->value[at];

			w->value[at] = 0;
			if (v == 0)
				continue;
			if (by == 0)
				by = scale ? power(v, PRIME - 2) : 1;
			s.at[s.n] = at;
			s.value[s.n++] = (uint32_t)(v * by % PRIME);
		}
	return s;
}

static void
sparse_free(struct sparse *s)
{
	free(s->at);
	free(s->value);
}

static uint32_t
value_at(const struct sparse *s, uint32_t at)
{
	uint32_t from = 0, to = s->n;

	while (from < to) {
		uint32_t mid = from + (to - from) / 2;

		if (s->at[mid] < at)
			from = mid + 1;
		else
			to = mid;
	}
	return from < s->n && s->at[from] == at ? s->value[from] : 0;
}

/* What two vectors share exactly if one is a multiple of the other; a
 * chance meeting hides a cell too many and shows none. */
static uint64_t
print_of(const struct sparse *s)
{
	uint64_t h = 0x9e3779b97f4a7c15ULL, by;
	uint32_t k;

	by = s->n > 0 ? power(s->value[0], PRIME - 2) : 1;
	for (k = 0; k < s->n; k++) {
		h ^= s->at[k] + (h << 6) + (h >> 2);
		h *= 0xff51afd7ed558ccdULL;
		h ^= s->value[k] * by % PRIME;
		h *= 0xc4ceb9fe1a85ec53ULL;
	}
	return h;
}

static void
load(struct work *w, const struct disclosure_cells *c, size_t cell)
{
	size_t k;

	for (k = c->start[cell]; k < c->start[cell + 1]; k++)
		put(w, c->members[k], 1);
}

/* w's residue by the basis; pivots ascend, so one pass is enough. */
static void
reduce(struct work *w, const struct sparse *basis)
{
	size_t i;

	for (i = 0; i < w->words; i++) {
		uint64_t done = 0, left;

		while ((left = w->some[i] & ~done) != 0) {
			uint32_t bit = (uint32_t)__builtin_ctzll(left);
			uint32_t at = (uint32_t)(i * 64) + bit;

			done = ((uint64_t)2 << bit) - 1;
			if (w->value[at] != 0 && basis[at].n > 0)
				add(w, &basis[at], PRIME - w->value[at]);
			if (w->value[at] == 0)
				w->some[i] &= ~((uint64_t)1 << bit);
		}
	}
}

static int
by_print(const void *a, const void *b)
{
	const struct sparse *x = a, *y = b;

	return x->print < y->print ? -1 : x->print > y->print;
}

/*
 * Sums of primary inner cells that are as small as they can be: who learns
 * such a sum learns each of them. So no sum of those inside any one cell
 * may follow from what is published (the anySum method of singletons in
 * GaussSuppression). Appends to p, which has room; returns how many.
 */
static size_t
least_sums(const struct disclosure_cells *c, struct work *w,
    struct sparse *p)
{
	unsigned char *is = mem_zero(c->ninner, 1);
	size_t i, k, n = 0, kept = 0;

	for (i = 0; i < c->n; i++)
		if (c->start[i + 1] - c->start[i] == 1 && c->primary[i] &&
		    c->values[i] == c->least)
			is[c->members[c->start[i]]] = 1;
	for (i = 0; i < c->n; i++) {
		size_t members = 0;

		for (k = c->start[i]; k < c->start[i + 1]; k++)
			members += is[c->members[k]];
		if (members < 2)
			continue;
		for (k = c->start[i]; k < c->start[i + 1]; k++)
			if (is[c->members[k]])
				put(w, c->members[k], 1);
		p[n] = take(w, 0);
		p[n].print = print_of(&p[n]);
		n++;
	}
	if (n > 1)
		qsort(p, n, sizeof *p, by_print);
	for (i = 0; i < n; i++)
		if (kept > 0 && p[kept - 1].print == p[i].print)
			sparse_free(&p[i]);
		else
			p[kept++] = p[i];
	free(is);
	return kept;
}

/* The sums of reasons, as vectors; appends to p, which has room. */
static size_t
reason_sums(const struct disclosure_reasons *r, struct work *w,
    struct sparse *p)
{
	size_t i, k;

	for (i = 0; i < r->n; i++) {
		for (k = 0; k < r->v[i].n; k++) {
			int64_t x = r->v[i].times[k] % (int64_t)PRIME;

			put(w, r->v[i].inner[k], (uint32_t)(x < 0 ?
			    x + (int64_t)PRIME : x));
		}
		p[i] = take(w, 0);
		p[i].print = print_of(&p[i]);
	}
	return r->n;
}

void
disclosure_eliminate(struct disclosure_cells *c,
    const struct disclosure_reasons *reasons)
{
	size_t *order;
	struct sparse *basis = mem_zero(c->ninner, sizeof *basis);
	struct sparse *primaries = mem_array(NULL, c->n * 2 +
	    (reasons != NULL ? reasons->n : 0), sizeof *primaries);
	struct work w = { 0 };
	size_t i, k, n = 0, nprimary = 0;

	w.words = c->ninner / 64 + 1;
	w.value = mem_zero(c->ninner, sizeof *w.value);
	w.some = mem_zero(w.words, sizeof *w.some);
	for (i = 0; i < c->n; i++) {
		if (c->primary[i] || c->hidden[i]) {
			c->hidden[i] = 1;
			if (!c->asked[i])
				continue;
			load(&w, c, i);
			primaries[nprimary] = take(&w, 0);
			primaries[nprimary].print =
			    print_of(&primaries[nprimary]);
			nprimary++;
			continue;
		}
	}
	nprimary += least_sums(c, &w, primaries + nprimary);
	if (reasons != NULL)
		nprimary += reason_sums(reasons, &w, primaries + nprimary);
	order = disclosure_by_worth(c, 0, &n);
	for (i = 0; i < n; i++) {
		struct sparse s;
		uint64_t print;
		uint32_t pivot;

		load(&w, c, order[i]);
		reduce(&w, basis);
		s = take(&w, 1);
		if (s.n == 0) {
			sparse_free(&s);
			continue; /* follows from what is published */
		}
		print = print_of(&s);
		for (k = 0; k < nprimary; k++)
			if (primaries[k].print == print)
				break;
		if (k < nprimary) {
			c->hidden[order[i]] = 1;
			sparse_free(&s);
			continue;
		}
		pivot = s.at[0];
		for (k = 0; k < nprimary; k++) {
			uint32_t v = value_at(&primaries[k], pivot);

			if (v == 0)
				continue;
			add(&w, &primaries[k], 1);
			add(&w, &s, PRIME - v);
			sparse_free(&primaries[k]);
			primaries[k] = take(&w, 0);
			primaries[k].print = print_of(&primaries[k]);
		}
		basis[pivot] = s;
	}
	for (i = 0; i < c->ninner; i++)
		sparse_free(&basis[i]);
	for (k = 0; k < nprimary; k++)
		sparse_free(&primaries[k]);
	free(order);
	free(basis);
	free(primaries);
	free(w.value);
	free(w.some);
}

