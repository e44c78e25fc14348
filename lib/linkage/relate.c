/* Do the tests of a rule hold for two records? */
#include "linkage/relate.h"

#include <stdlib.h>
#include <string.h>

#include "base/date.h"
#include "base/hash.h"
#include "base/mem.h"
#include "linkage/compare.h"

struct test {
	enum matching_kind kind;
	size_t slot, other;
	double number;
	const uint32_t *key;        /* by code; NULL: the code itself */
	const int32_t *days;        /* by code, of a date */
	const int64_t *numbers;     /* by code, of digits */
	const unsigned char *flags; /* by code */
};

struct relate {
	const struct values *v;
	const struct nicknames *nicknames;
	uint64_t seed;
	/* Keys first, then alone, then the rest: codes before texts. */
	size_t n, nkeys, nalone;
	struct test *tests;
};

static int
alone(enum matching_kind k)
{
	return k >= MATCHING_PRESENT;
}

/* Does it look at texts? */
static int
slow(enum matching_kind k)
{
	return k >= MATCHING_JARO_WINKLER && k <= MATCHING_CONTAINS;
}

static void
add(struct relate *r, struct values *v, const struct matching_test *t)
{
	struct test *to = &r->tests[r->n++];
	size_t slot = (size_t)values_slot(v, t->field);

	to->kind = t->kind;
	to->slot = slot;
	to->number = t->number;
	if (matching_has_other(t->kind))
		to->other = (size_t)values_slot(v, t->other);
	if (t->kind == MATCHING_EITHER) /* two fields, two sets of codes */
		to->key = values_shared(v, slot, to->other);
	if (matching_is_key(t->kind))
		to->key = values_keys(v, t);
	switch (t->kind) {
	case MATCHING_PARTS:
	case MATCHING_SWAPPED:
	case MATCHING_PARTIAL:
	case MATCHING_WITHIN_DAYS:
	case MATCHING_WITHIN_YEARS:
		to->days = values_days(v, slot);
		break;
	case MATCHING_WITHIN:
		to->numbers = values_numbers(v, slot);
		break;
	case MATCHING_INVALID:
	case MATCHING_VALID:
	case MATCHING_NOT_1_JANUARY:
	case MATCHING_NOT_IGNORED:
		to->flags = values_flags(v, slot);
		break;
	default:
		break;
	}
}

struct relate *
relate_new(struct values *v, const struct matching_tests *tests,
    const struct nicknames *nicknames)
{
	struct relate *r = mem_zero(1, sizeof *r);
	size_t i, pass;

	r->v = v;
	r->nicknames = nicknames;
	r->seed = hash_seed();
	r->tests = mem_zero(tests->n + 1, sizeof *r->tests);
	for (pass = 0; pass < 4; pass++) {
		for (i = 0; i < tests->n; i++) {
			enum matching_kind k = tests->v[i].kind;

			if (pass == (matching_is_key(k) ? 0u :
			    alone(k) ? 1u : slow(k) ? 3u : 2u))
				add(r, v, &tests->v[i]);
		}
		if (pass == 0)
			r->nkeys = r->n;
		if (pass == 1)
			r->nalone = r->n - r->nkeys;
	}
	return r;
}

void
relate_free(struct relate *r)
{
	if (r == NULL)
		return;
	free(r->tests);
	free(r);
}

static uint32_t
key_of(const struct test *t, const uint32_t *a)
{
	return t->key != NULL ? t->key[a[t->slot]] : a[t->slot];
}

static int
holds_alone(const struct test *t, const uint32_t *a)
{
	uint32_t code = a[t->slot];

	if (code == 0)
		return 0;
	if (t->kind == MATCHING_NOT_1_JANUARY)
		return !(t->flags[code] & VALUES_1_JANUARY);
	if (t->kind == MATCHING_NOT_IGNORED)
		return !(t->flags[code] & VALUES_IGNORED);
	if (t->kind == MATCHING_VALID)
		return !(t->flags[code] & VALUES_INVALID);
	return 1;
}

static int
contains(const char *a, size_t n, const char *b, size_t m)
{
	size_t i;

	if (n < m)
		return contains(b, m, a, n);
	for (i = 0; i + m <= n; i++)
		if (memcmp(a + i, b, m) == 0)
			return 1;
	return 0;
}

static int
within_years(int32_t a, int32_t b, double years)
{
	struct date_civil x = date_civil(a), y = date_civil(b);
	int d = x.year - y.year;

	return (d < 0 ? -d : d) <= (int)years;
}

/* Numbers from 0; -1: too great for one. */
static int
within(int64_t a, int64_t b, int64_t n)
{
	return a >= 0 && b >= 0 && (a < b ? b - a : a - b) <= n;
}

static int
alike(const struct relate *r, const struct test *t, size_t slot_a,
    uint32_t x, size_t slot_b, uint32_t y)
{
	size_t n, m;
	const char *a = values_text(r->v, slot_a, x, &n);
	const char *b = values_text(r->v, slot_b, y, &m);
	char letters[2][VALUES_MAX];
	size_t most;

	if (t->kind != MATCHING_NICKNAME && t->kind != MATCHING_CONTAINS &&
	    (!compare_is_ascii(a, n) || !compare_is_ascii(b, m))) {
		n = compare_letters(a, n, b, &m, letters[0], letters[1]);
		a = letters[0];
		b = letters[1];
	}
	switch (t->kind) {
	case MATCHING_JARO_WINKLER:
	case MATCHING_CROSSED:
		return compare_at_least(compare_jaro_winkler(a, n, b, m),
		    t->number);
	case MATCHING_JARO:
		return compare_at_least(compare_jaro(a, n, b, m), t->number);
	case MATCHING_DAMERAU:
		return compare_damerau_within(a, n, b, m, (unsigned)t->number);
	case MATCHING_LEVENSHTEIN:
		return compare_levenshtein(a, n, b, m) <= (unsigned)t->number;
	case MATCHING_SIMILARITY:
		most = n > m ? n : m;
		most = most < COMPARE_MAX ? most : COMPARE_MAX;
		return compare_at_least(1 - (double)compare_levenshtein(a, n,
		    b, m) / (double)most, t->number);
	case MATCHING_NICKNAME:
		return r->nicknames != NULL &&
		    nicknames_same(r->nicknames, a, n, b, m);
	case MATCHING_CONTAINS:
		return contains(a, n, b, m);
	default:
		return 0;
	}
}

/* The record's second field as a code of the first; 0: none. */
static uint32_t
shared(const struct test *t, const uint32_t *a)
{
	return t->key[a[t->other]];
}

static int
holds(const struct relate *r, const struct test *t, const uint32_t *a,
    const uint32_t *b)
{
	uint32_t x = a[t->slot], y = b[t->slot];
	int32_t d;

	switch (t->kind) {
	case MATCHING_COMPATIBLE:
		return x == 0 || y == 0 || x == y;
	case MATCHING_DIFFERENT:
		return x != 0 && y != 0 && x != y;
	case MATCHING_CROSSED:
		if (x == 0 || y == 0 || a[t->other] == 0 || b[t->other] == 0)
			return 0;
		return alike(r, t, t->slot, x, t->other, b[t->other]) &&
		    alike(r, t, t->other, a[t->other], t->slot, y);
	case MATCHING_EITHER:
		return (x != 0 && (x == y || x == shared(t, b))) ||
		    (y != 0 && y == shared(t, a)) || (a[t->other] != 0 &&
		    a[t->other] == b[t->other]);
	default:
		break;
	}
	if (x == 0 || y == 0)
		return 0;
	switch (t->kind) {
	case MATCHING_PARTS:
		return x == y || compare_date_parts(t->days[x], t->days[y]) >=
		    (unsigned)t->number;
	case MATCHING_SWAPPED:
		return compare_date_swapped(t->days[x], t->days[y]);
	case MATCHING_PARTIAL:
		return x == y || compare_date_partial(t->days[x], t->days[y]);
	case MATCHING_WITHIN:
		return x == y || within(t->numbers[x], t->numbers[y],
		    (int64_t)t->number);
	case MATCHING_WITHIN_DAYS:
		d = t->days[x] - t->days[y];
		return (d < 0 ? -d : d) <= (int32_t)t->number;
	case MATCHING_WITHIN_YEARS:
		return within_years(t->days[x], t->days[y], t->number);
	case MATCHING_INVALID:
		return ((t->flags[x] | t->flags[y]) & VALUES_INVALID) != 0;
	default:
		return x == y || alike(r, t, t->slot, x, t->slot, y);
	}
}

int
relate_rest_holds(const struct relate *r, const uint32_t *a,
    const uint32_t *b)
{
	size_t i;

	for (i = r->nkeys + r->nalone; i < r->n; i++)
		if (!holds(r, &r->tests[i], a, b))
			return 0;
	return 1;
}

size_t
relate_nrest(const struct relate *r)
{
	return r->n - r->nkeys - r->nalone;
}

int
relate_holds(const struct relate *r, const uint32_t *a, const uint32_t *b)
{
	size_t i;

	if (!relate_same_keys(r, a, b))
		return 0;
	for (i = r->nkeys; i < r->nkeys + r->nalone; i++)
		if (!holds_alone(&r->tests[i], a) ||
		    !holds_alone(&r->tests[i], b))
			return 0;
	return relate_rest_holds(r, a, b);
}

int
relate_same_keys(const struct relate *r, const uint32_t *a, const uint32_t *b)
{
	uint32_t k;
	size_t i;

	for (i = 0; i < r->nkeys; i++) {
		k = key_of(&r->tests[i], a);
		if (k == 0 || k != key_of(&r->tests[i], b))
			return 0;
	}
	return 1;
}

uint64_t
relate_key(const struct relate *r, const uint32_t *a)
{
	uint64_t h = r->seed;
	uint32_t k;
	size_t i;

	for (i = 0; i < r->nkeys; i++) {
		if ((k = key_of(&r->tests[i], a)) == 0)
			return 0;
		h = hash_pair(k, h, r->seed);
	}
	for (; i < r->nkeys + r->nalone; i++)
		if (!holds_alone(&r->tests[i], a))
			return 0;
	return h != 0 ? h : 1;
}
