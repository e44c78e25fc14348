/* What shares and means say of records besides their count. */
#include "disclosure/aspects.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"

enum { MEETS, MEETS_NOT, UNKNOWN }; /* of a mean: has a value, has none */

/* Is a measure of all rows a share, or as good as one? */
static int
is_share(const struct tally_request *r, const struct tally_rows *t,
    size_t measure)
{
	const struct tally_measure *m = &r->measures[measure];
	int some = 0;
	uint64_t met;
	size_t i;

	if (m->kind != TALLY_SUM && m->kind != TALLY_MEAN)
		return m->kind == TALLY_SHARE;
	for (i = 0; i < t->n; i++) {
		const struct tally_value *v = &t->rows[i].values[measure];

		if (v->form == TALLY_NONE)
			continue;
		if (!disclosure_counts(m, v, &met))
			return 0;
		some = 1;
	}
	return some;
}

/* How many meet it: of a share. */
static uint64_t
met_of(const struct tally_request *r, const struct tally_row *row,
    size_t measure)
{
	const struct tally_measure *m = &r->measures[measure];
	const struct tally_value *v = &row->values[measure];
	uint64_t met = v->met;

	if (m->kind != TALLY_SHARE && !disclosure_counts(m, v, &met))
		return 0;
	return met;
}

/* From all their digits the number of values can be told. */
static int
tells_values(enum tally_kind kind)
{
	return kind == TALLY_MEAN || kind == TALLY_VARIANCE ||
	    kind == TALLY_SD;
}

/* Another measure of the same values says the same. */
static int
is_said(const struct aspects *a, const struct tally_request *r, size_t measure,
    int share)
{
	const struct tally_measure *m = &r->measures[measure];
	size_t i;

	for (i = 0; i < a->n; i++) {
		const struct tally_measure *other =
		    &r->measures[a->v[i].measure];

		if (share == a->v[i].share && (m->kind == TALLY_SHARE) ==
		    (other->kind == TALLY_SHARE) &&
		    text_same(m->text, other->text) &&
		    text_same(m->weight, other->weight))
			return 1;
	}
	return 0;
}

/* In how many states it finds the records of the table: 1 says nothing. */
static size_t
states_of(const struct tally_rows *t, size_t measure, int share)
{
	int some = 0, unknown = 0;
	size_t i;

	for (i = 0; i < t->n; i++) {
		const struct tally_value *v = &t->rows[i].values[measure];

		unknown |= v->n < t->rows[i].nrows;
		some |= v->n > 0;
	}
	if (!share)
		return some && unknown ? 2 : 1;
	return some ? 2 + (size_t)unknown : 1;
}

int
aspects_find(struct aspects *a, const struct tally_request *r,
    const struct tally_rows *t, struct fault *f)
{
	size_t i, states;

	memset(a, 0, sizeof *a);
	a->states = 1;
	for (i = 0; i < r->nmeasures; i++) {
		int share = is_share(r, t, i);

		if ((!share && !tells_values(r->measures[i].kind)) ||
		    is_said(a, r, i, share))
			continue;
		states = states_of(t, i, share);
		if (states == 1)
			continue;
		if (a->states * states > ASPECTS_STATES)
			return fault_set(f, "so many shares, means and sums "
			    "of noughts and ones cannot be looked at together: "
			    "publish fewer in one table, or by the mode round "
			    "without --audit");
		a->v[a->n++] = (struct aspect){ i, share, states,
		    a->states };
		a->states *= states;
		a->cells += states;
	}
	return 0;
}

static uint64_t
records(const struct tally_request *r, const struct tally_row *row,
    const struct aspect *a, size_t state)
{
	const struct tally_value *v = &row->values[a->measure];

	if (!a->share)
		return state == MEETS ? v->n : row->nrows - v->n;
	return state == MEETS ? met_of(r, row, a->measure) :
	    state == MEETS_NOT ? v->n - met_of(r, row, a->measure) :
	    row->nrows - v->n;
}

/* A table's rows as sums, and what each inner cell can be divided into. */
struct divided {
	const struct aspects *a;
	size_t *start;
	uint32_t *members; /* of row i: members[start[i] .. start[i + 1]) */
	uint64_t *can;     /* per inner cell: a bit for each state */
};

/* Which of the two a row's records all are: a state + 1; 0: some of each. */
static unsigned char
all_are(const struct tally_request *r, const struct tally_row *row,
    const struct aspect *a)
{
	return records(r, row, a, MEETS_NOT) == 0 ? MEETS + 1 :
	    records(r, row, a, MEETS) == 0 ? MEETS_NOT + 1 : 0;
}

/*
 * What each level of a grouping says of its records, or (ndims) each inner
 * cell of its own. 0: one says nothing, or two things.
 */
static int
is_decided(const struct divided *x, const struct tally_request *r,
    const struct tally_rows *t, const struct places *p,
    const struct aspect *a, size_t dim, unsigned char *says)
{
	uint64_t all = ((uint64_t)1 << p->ndims) - 1;
	uint64_t mask = dim < p->ndims ? (uint64_t)1 << dim : all;
	size_t i;

	for (i = 0; i < t->n; i++) {
		const struct tally_row *row = &t->rows[i];
		unsigned char is = all_are(r, row, a);
		size_t at;

		if ((p->masks[i] & mask) != mask || row->nrows == 0 ||
		    row->values[a->measure].n == 0)
			continue;
		at = dim < p->ndims ? p->at[i * p->ndims + dim] :
		    x->members[x->start[i]];
		if (is == 0 || (says[at] != 0 && says[at] != is))
			return 0;
		says[at] = is;
	}
	return 1;
}

/* Leaves of the states of inner cells those that can be. */
static void
decide(struct divided *x, const struct tally_request *r,
    const struct tally_rows *t, const struct places *p,
    const struct aspect *a)
{
	size_t i, dim, s, most = p->ninner;
	unsigned char *says;

	for (i = 0; i < p->ninner * p->ndims; i++)
		if (p->inner[i] != UINT32_MAX && p->inner[i] >= most)
			most = p->inner[i] + (size_t)1;
	for (i = 0; i < p->n * p->ndims; i++)
		if (p->at[i] != UINT32_MAX && p->at[i] >= most)
			most = p->at[i] + (size_t)1;
	for (dim = 0; dim <= p->ndims; dim++) {
		says = mem_zero(most, 1);
		if (!is_decided(x, r, t, p, a, dim, says))
			memset(says, 0, most);
		for (i = 0; i < p->ninner; i++) {
			unsigned is = says[dim < p->ndims ?
			    p->inner[i * p->ndims + dim] : i];

			for (s = 0; s < x->a->states && is > 0; s++) {
				size_t state = s / a->times % a->states;

				if (state != is - 1 && state != UNKNOWN)
					x->can[i] &= ~((uint64_t)1 << s);
			}
		}
		free(says);
	}
}

/* empty: a row without records shows that its inner cells have none. */
static void
divide(struct divided *x, const struct aspects *a,
    const struct tally_request *r, const struct tally_rows *t,
    struct places *p, int empty)
{
	size_t i, k, room = 0;

	x->a = a;
	x->members = NULL;
	x->start = mem_array(NULL, t->n + 1, sizeof *x->start);
	for (i = x->start[0] = 0; i < t->n; i++) {
		if (x->start[i] + p->ninner > room) {
			room = (x->start[i] + p->ninner) * 2;
			x->members = mem_array(x->members, room,
			    sizeof *x->members);
		}
		x->start[i + 1] = x->start[i] +
		    places_members(p, i, x->members + x->start[i]);
	}
	x->can = mem_array(NULL, p->ninner, sizeof *x->can);
	memset(x->can, 0xff, p->ninner * sizeof *x->can);
	for (i = 0; i < a->n; i++)
		decide(x, r, t, p, &a->v[i]);
	for (i = 0; i < t->n && empty; i++)
		for (k = x->start[i]; k < x->start[i + 1] &&
		    t->rows[i].nrows == 0; k++)
			x->can[x->members[k]] = 0;
}

/* The divided inner cells of a row that are in a state of an aspect. */
static size_t
spread(const struct divided *x, size_t row, const struct aspect *of,
    size_t state, uint32_t *to)
{
	size_t states = x->a->states, i, s, n = 0;

	for (i = x->start[row]; i < x->start[row + 1]; i++)
		for (s = 0; s < states; s++)
			if ((x->can[x->members[i]] >> s & 1) && (of == NULL ||
			    s / of->times % of->states == state))
				to[n++] = (uint32_t)(x->members[i] * states +
				    s);
	return n;
}

/* empty: a shown nought is one. */
static struct disclosure_cells *
make_cells(const struct aspects *a, const struct disclosure_profile *p,
    const struct tally_request *r, const struct tally_rows *t,
    const unsigned char *primary, struct places *places, int empty)
{
	/* Zeros are shown unless the mask begins with them. */
	struct disclosure_cells *c = disclosure_cells_new(places->ninner *
	    a->states, p->mask && p->mask_from == 0 ? 0 : 1);
	uint32_t *to = mem_array(NULL, c->ninner + 1, sizeof *to);
	struct divided x;
	size_t i, k, s;

	divide(&x, a, r, t, places, c->least > 0 && empty);
	for (i = 0; i < t->n; i++)
		(void)disclosure_cells_add(c, (int64_t)t->rows[i].nrows,
		    primary[i], to, spread(&x, i, NULL, 0, to));
	for (i = 0; i < t->n; i++)
		for (k = 0; k < a->n; k++)
			for (s = 0; s < a->v[k].states; s++) {
				uint64_t n = records(r, &t->rows[i], &a->v[k],
				    s);
				size_t nto = spread(&x, i, &a->v[k], s, to);
				/* It is small itself, and who knows? */
				int small = primary[i] && nto > 0 &&
				    s != UNKNOWN && a->v[k].share &&
				    disclosure_masks(p, n);
				size_t cell = disclosure_cells_add(c,
				    (int64_t)n, small, to, nto);

				c->low[cell] = 0;
				c->asked[cell] = (unsigned char)small;
				c->away[cell] = primary[i];
			}
	free(x.start);
	free(x.members);
	free(x.can);
	free(to);
	return c;
}

struct disclosure_cells *
aspects_cells(const struct aspects *a, const struct disclosure_profile *p,
    const struct tally_request *r, const struct tally_rows *t,
    const unsigned char *primary, struct places *places)
{
	return make_cells(a, p, r, t, primary, places, 1);
}

int
aspects_small(const struct aspects *a, const struct disclosure_profile *p,
    const struct tally_request *r, const struct tally_row *row)
{
	size_t k;

	for (k = 0; k < a->n; k++)
		if (a->v[k].share && row->values[a->v[k].measure].n > 0 &&
		    (disclosure_masks(p, records(r, row, &a->v[k], MEETS)) ||
		    disclosure_masks(p, records(r, row, &a->v[k],
		    MEETS_NOT))))
			return 1;
	return 0;
}

/* Is the sum of the same values in the table? */
static int
has_sum(const struct tally_request *r, const struct tally_measure *m)
{
	size_t i;

	for (i = 0; i < r->nmeasures; i++)
		if (r->measures[i].kind == TALLY_SUM &&
		    text_same(m->text, r->measures[i].text) &&
		    text_same(m->weight, r->measures[i].weight))
			return 1;
	return 0;
}

/* What a cell of a table that is published cell by cell is known to be. */
struct known {
	int64_t lo, hi;
};

/* As it is, or as what it is rounded to. */
static struct known
known_count(const struct disclosure_profile *p, uint64_t n, int exact)
{
	struct known k = { (int64_t)n, (int64_t)n };

	if (!exact)
		disclosure_seen(p, n, &k.lo, &k.hi);
	return k;
}

/* Does a share, or a mean of noughts and ones, show its exact parts? */
static int
shows_parts(const struct disclosure_profile *p, const struct tally_measure *m)
{
	return m->kind == TALLY_SHARE ? !p->ratio_of_rounded :
	    m->kind == TALLY_MEAN && !p->ratio_of_rounded && p->decimals < 0;
}

/* Does a mean, or a spread, tell of how many values exactly it is? */
static int
tells_exactly(const struct disclosure_profile *p,
    const struct tally_request *r, const struct tally_measure *m)
{
	if (m->kind == TALLY_MEAN && has_sum(r, m))
		return !p->ratio_of_rounded;
	return tells_values(m->kind) && p->decimals < 0;
}

static int
has_many_digits(const struct tally_measure *m, const struct tally_value *v)
{
	num_wide n = (num_wide)v->n;
	double last = v->r * DISCLOSURE_TENS;

	if (m->kind != TALLY_MEAN)
		return last != floor(last);
	return m->weight != NULL || v->sum % n * DISCLOSURE_TENS % n != 0;
}

/*
 * Of the counts that are shown as this one is, can only one have the mean? A
 * fraction in lowest terms is one of a multiple of what is below its line.
 */
static int
has_one_count(const struct disclosure_profile *p,
    const struct tally_measure *m, const struct tally_value *v)
{
	num_wide below = (num_wide)v->n, rest = v->sum % below, next;
	int64_t lo, hi;

	if (m->kind != TALLY_MEAN || m->weight != NULL)
		return 0;
	while (rest != 0) { /* Euclid's */
		next = below % rest;
		below = rest;
		rest = next;
	}
	below = (num_wide)v->n / (below < 0 ? -below : below);
	disclosure_seen(p, v->n, &lo, &hi);
	return (num_wide)v->n - below < lo && (num_wide)v->n + below > hi;
}

/* Is the count of a row, all of whose records have a value, told by it? */
static int
told_exactly(const struct disclosure_profile *p,
    const struct tally_request *r, const struct tally_row *row)
{
	size_t i;

	for (i = 0; i < r->nmeasures; i++) {
		const struct tally_measure *m = &r->measures[i];
		const struct tally_value *v = &row->values[i];

		if (v->n > 0 && v->n == row->nrows && v->form != TALLY_BAD &&
		    !v->unsafe && !disclosure_masked(p, m, v) &&
		    tells_exactly(p, r, m) && (has_sum(r, m) ||
		    has_many_digits(m, v) || has_one_count(p, m, v)))
			return 1;
	}
	return 0;
}

/* Of a row the records in a state of an aspect. */
static struct known
known_part(const struct aspect *a, const struct disclosure_profile *p,
    const struct tally_request *r, const struct tally_row *row, size_t state)
{
	const struct tally_measure *m = &r->measures[a->measure];
	const struct tally_value *v = &row->values[a->measure];
	struct known any = { 0, CELLS_NONE };
	uint64_t n = records(r, row, a, state);

	if (v->form == TALLY_BAD || v->unsafe)
		return any;
	if (v->n == 0 && !disclosure_masks(p, 0)) /* an empty cell */
		return state == (a->share ? UNKNOWN : MEETS_NOT) ? any :
		    known_count(p, 0, 1);
	if (!a->share) {
		if (state != MEETS || disclosure_masked(p, m, v))
			return any;
		if (tells_exactly(p, r, m))
			return known_count(p, n, 1);
		return m->kind == TALLY_MEAN && has_sum(r, m) ?
		    known_count(p, n, 0) : any;
	}
	if (disclosure_masked(p, m, v)) {
		if (state != MEETS || !disclosure_masks(p, n))
			return any;
		any.lo = disclosure_masks(p, v->n) ? 0 :
		    (int64_t)p->mask_from;
		any.hi = (int64_t)p->mask_to;
		return any;
	}
	if (shows_parts(p, m))
		return known_count(p, n, 1);
	return state == MEETS ? known_count(p, n, 0) : any;
}

/* Is a count of 0 shown as no other is? */
static int
shows_empty(const struct disclosure_profile *p)
{
	int64_t lo, hi;

	disclosure_seen(p, 0, &lo, &hi);
	return lo == hi;
}

struct disclosure_cells *
aspects_rounded(const struct aspects *a, const struct disclosure_profile *p,
    const struct tally_request *r, const struct tally_rows *t,
    struct places *places)
{
	unsigned char *none = mem_zero(t->n, 1);
	struct disclosure_cells *c = make_cells(a, p, r, t, none, places,
	    shows_empty(p));
	size_t i, k, s, cell = t->n;

	for (i = 0; i < t->n; i++) {
		const struct tally_row *row = &t->rows[i];
		int exact = told_exactly(p, r, row);
		struct known is;

		for (k = 0; k < a->n; k++)
			for (s = 0; s < a->v[k].states; s++, cell++) {
				is = known_part(&a->v[k], p, r, row, s);
				c->low[cell] = is.lo;
				c->high[cell] = is.hi;
				c->hidden[cell] = is.lo < is.hi;
				exact |= a->v[k].share && s == MEETS_NOT &&
				    is.lo == is.hi &&
				    row->values[a->v[k].measure].n > 0;
			}
		is = known_count(p, row->nrows, exact);
		c->low[i] = is.lo;
		c->high[i] = is.hi;
		c->hidden[i] = is.lo < is.hi;
		c->asked[i] = (unsigned char)disclosure_masks(p, row->nrows);
	}
	free(none);
	return c;
}

/*
 * A row's records by all aspects together: which of those that meet one
 * meet another does not matter, as long as each has its number.
 */
static void
place(const struct aspects *a, const struct tally_request *r,
    const struct tally_row *row, int64_t *to)
{
	uint64_t at = 0;

	while (at < row->nrows) {
		uint64_t end = row->nrows;
		size_t k, s, state = 0;

		for (k = 0; k < a->n; k++) {
			uint64_t upto = 0;

			for (s = 0; s < a->v[k].states; s++)
				if ((upto += records(r, row, &a->v[k], s)) >
				    at)
					break;
			state += s * a->v[k].times;
			end = upto < end ? upto : end;
		}
		to[state] += (int64_t)(end - at);
		at = end;
	}
}

void
aspects_truth(const struct aspects *a, const struct tally_request *r,
    const struct tally_rows *t, const size_t *inner,
    struct disclosure_cells *c)
{
	size_t i;

	c->truth = mem_zero(c->ninner, sizeof *c->truth);
	for (i = 0; i < t->n; i++)
		if (t->rows[i].total == 0 &&
		    inner[i] < c->ninner / a->states)
			place(a, r, &t->rows[i], c->truth + inner[i] *
			    a->states);
}

size_t
aspects_hide(const struct aspects *a, struct disclosure_cells *c,
    size_t nrows)
{
	size_t i, k, rows = 0;

	for (i = 0; i < nrows; i++) {
		size_t own = nrows + i * a->cells, hidden = c->hidden[i];

		for (k = 0; k < a->cells; k++)
			hidden += c->hidden[own + k];
		if (hidden == 0 || hidden == a->cells + 1)
			continue;
		rows++;
		c->away[i] = 1;
		memset(c->away + own, 1, a->cells);
	}
	return rows;
}
