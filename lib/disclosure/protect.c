/* Disclosure control of a whole table. */
#include "disclosure/protect.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "base/mem.h"
#include "disclosure/aspects.h"
#include "disclosure/places.h"
#include "disclosure/suppress.h"

#define MANY 10
#define MOST_SUM ((num_wide)1 << 50) /* doubles of the solver are exact */

/* Where rows stand, and the numbers of the groupings' values. */
struct placed {
	struct places places;
	struct map *levels;
	const struct tally_rows *finest;
	size_t *inner; /* per row of finest */
};

static void
read_levels(struct placed *p, const struct tally_row *r, uint64_t mask,
    uint32_t *at)
{
	size_t k;

	for (k = 0; k < p->places.ndims; k++)
		if (mask >> k & 1)
			at[k] = (uint32_t)map_add(p->levels, r->by[k].n > 0 ?
			    r->by[k].p : "", r->by[k].n, NULL);
}

static void
place_row(struct placed *p, const struct tally_row *r)
{
	uint64_t mask = ~(uint64_t)r->total &
	    (((uint64_t)1 << p->places.ndims) - 1);

	read_levels(p, r, mask, places_add(&p->places, mask, 0));
}

static void
placed_free(struct placed *p)
{
	places_free(&p->places);
	map_free(p->levels);
	free(p->inner);
}

/* Where the rows stand, and what they are sums of. */
static int
place_rows(struct placed *p, const struct tally_rows *t,
    const struct disclosure_known *known, struct fault *f)
{
	const struct tally_rows *pairs = known->pairs;
	uint32_t *at = mem_array(NULL, t->nby, sizeof *at);
	size_t i;
	int rc;

	memset(p, 0, sizeof *p);
	p->levels = map_new();
	places_start(&p->places, t->nby);
	for (i = 0; i < t->n; i++)
		place_row(p, &t->rows[i]);
	for (i = 0; pairs != NULL && i < pairs->n; i++)
		place_row(p, &pairs->rows[i]);
	rc = places_join(&p->places, f);
	p->finest = known->finest != NULL ? known->finest : t;
	p->inner = mem_array(NULL, p->finest->n, sizeof *p->inner);
	for (i = 0; i < p->finest->n && rc == 0; i++) {
		p->inner[i] = p->places.ninner;
		if (p->finest->rows[i].total != 0)
			continue;
		read_levels(p, &p->finest->rows[i], UINT64_MAX, at);
		p->inner[i] = places_inner(&p->places, at);
	}
	free(at);
	return rc;
}

int
disclosure_is_small(const struct disclosure_profile *p,
    const struct tally_row *row, const struct tally_request *r)
{
	size_t i;

	if (disclosure_masks(p, row->nrows))
		return 1;
	for (i = 0; i < r->nmeasures; i++) {
		const struct tally_value *v = &row->values[i];

		if (v->form == TALLY_NONE || v->form == TALLY_BAD)
			continue;
		/* Who knows count and share knows how many do not meet it. */
		if (disclosure_masked(p, &r->measures[i], v) ||
		    (r->measures[i].kind == TALLY_SHARE &&
		    disclosure_masks(p, v->n - v->met)))
			return 1;
	}
	return 0;
}

/* Both ends of its interval must be so far from a sum. */
static double
apart(const struct disclosure_profile *p, int64_t value)
{
	return p->p_percent / 100 * (double)value;
}

/* A table whose sums are protected by the p-percent rule. */
struct summed {
	const struct disclosure_profile *p;
	const struct tally_rows *t;
	const struct tally_request *r;
	const struct placed *m;
	size_t states;     /* that an inner cell of it is divided into */
	const struct disclosure_verdict *v;
	/*
	 * Per measure and row: the sum is known not to be near, as long as no
	 * row is shown again.
	 */
	unsigned char *far;
};

/* A sum that can be protected: not below 0, and exact in doubles. */
static int
sum_of(const struct tally_row *row, size_t measure, const char *name,
    int64_t *sum, struct fault *f)
{
	const struct tally_value *v = &row->values[measure];
	num_wide is = v->form == TALLY_DECIMAL || v->form == TALLY_NUMBER ?
	    v->v : 0;

	if (is < 0 || is > MOST_SUM)
		return fault_set(f, "%s: a sum %s cannot be protected by the "
		    "p-percent rule", name, is < 0 ? "below 0" : "so large");
	*sum = (int64_t)is;
	return 0;
}

/* Each finest row's sum, in one of the inner cells that it has records in. */
static int
sum_truth(struct disclosure_cells *c, const struct disclosure_cells *counts,
    const struct summed *s, size_t measure, struct fault *f)
{
	const struct placed *m = s->m;
	size_t i, k;
	int64_t sum = 0;

	c->truth = mem_zero(c->ninner, sizeof *c->truth);
	for (i = 0; i < m->finest->n; i++) {
		if (m->finest->rows[i].total != 0 ||
		    m->inner[i] >= m->places.ninner)
			continue;
		if (sum_of(&m->finest->rows[i], measure,
		    s->r->measures[measure].name, &sum, f) == -1)
			return -1;
		for (k = m->inner[i] * s->states; sum > 0 &&
		    k < (m->inner[i] + 1) * s->states; k++)
			if (counts->truth[k] > 0) {
				c->truth[k] = sum;
				break;
			}
	}
	return 0;
}

/*
 * The cells of a sum: those of the counts, with other values. Rows that are
 * hidden for the sake of others may be told: their sums are no secret.
 */
static int
sum_cells(const struct disclosure_cells *counts, const struct summed *s,
    size_t measure, struct disclosure_cells **to, struct fault *f)
{
	struct disclosure_cells *c = disclosure_cells_new(counts->ninner, 0);
	size_t i, n = s->t->n;
	int64_t sum = 0;

	*to = c;
	c->apart = mem_zero(n, sizeof *c->apart);
	for (i = 0; i < n; i++) {
		if (sum_of(&s->t->rows[i], measure,
		    s->r->measures[measure].name, &sum, f) == -1)
			return -1;
		(void)disclosure_cells_add(c, sum, 0,
		    counts->members + counts->start[i],
		    disclosure_cells_members(counts, i));
		c->hidden[i] = counts->hidden[i];
		c->asked[i] = s->v[i].primary && !s->far[measure * n + i];
		c->apart[i] = (int64_t)ceil(apart(s->p, sum));
	}
	return sum_truth(c, counts, s, measure, f);
}

static int
is_near(const struct disclosure_profile *p,
    const struct disclosure_interval *x, int64_t value)
{
	return (double)(value - x->lo) < apart(p, value) ||
	    (x->hi != CELLS_NONE && (double)(x->hi - value) < apart(p, value));
}

static int
is_large(const struct disclosure_cells *c)
{
	return disclosure_count_hidden(c) >= DISCLOSURE_LARGE;
}

/*
 * Beside every MANYth hidden row of which a sum is told too near another row
 * becomes primary; in a large table beside MANY of them at least. How many
 * are near.
 */
static int
hide_beside(struct disclosure_cells *counts, const struct summed *s,
    const struct disclosure_cells *sums, unsigned char *far, size_t *near,
    struct fault *f)
{
	struct disclosure_interval *x = mem_array(NULL, sums->n, sizeof *x);
	size_t k, more, step = MANY, n = 0;
	int rc = disclosure_audit(sums, x, f);

	for (k = 0, *near = 0; k < sums->n && rc >= 0; k++)
		if (sums->hidden[k] && sums->asked[k]) {
			far[k] = !is_near(s->p, &x[k], sums->values[k]);
			*near += !far[k];
		}
	if (is_large(counts) && *near < MANY * MANY)
		step = *near / MANY + 1;
	for (k = 0; k < sums->n && rc >= 0; k++) {
		if (!sums->hidden[k] || !sums->asked[k] || far[k] ||
		    n++ % step != 0)
			continue;
		more = disclosure_beside(counts, k);
		if (more != CELLS_ALL)
			counts->primary[more] = 1;
		else if (n == 1)
			rc = fault_set(f, "the table's sums cannot be made "
			    "safe by hiding cells of it: merge categories or "
			    "publish fewer margins");
	}
	free(x);
	return rc < 0 ? -1 : 0;
}

/*
 * Where a sum of a hidden row can be derived to within the profile's p per
 * cent, further rows become primary, and *near is not 0.
 */
static int
hide_near(struct disclosure_cells *counts, const struct summed *s,
    size_t *near, struct fault *f)
{
	struct disclosure_cells *c = NULL;
	size_t i;
	int rc = 0;

	*near = 0;
	for (i = 0; i < s->r->nmeasures && s->p->p_percent > 0 && rc == 0 &&
	    *near == 0; i++) {
		if (s->r->measures[i].kind != TALLY_SUM)
			continue;
		if ((rc = sum_cells(counts, s, i, &c, f)) == 0)
			rc = hide_beside(counts, s, c, s->far + i * s->t->n,
			    near, f);
		disclosure_cells_free(c);
	}
	return rc;
}

/*
 * Until the rows that elimination hides tell no sum too near. In a large
 * table what has been hidden stays so, and only the sums that are still near
 * are looked at again.
 */
static int
free_sums(struct disclosure_cells *c, const struct summed *s,
    struct fault *f)
{
	size_t near;
	int rc;

	do {
		if (!is_large(c)) {
			memset(s->far, 0, s->t->n * s->r->nmeasures);
			if (c->n > 0)
				memcpy(c->hidden, c->away, c->n);
		}
		disclosure_eliminate(c, NULL);
		rc = hide_near(c, s, &near, f);
	} while (rc == 0 && near > 0);
	return rc;
}

/* What must be hidden, and what rows are the sums of. */
static struct disclosure_cells *
make_cells(const struct aspects *a, const struct disclosure_profile *p,
    const struct tally_rows *t, struct placed *m,
    const struct tally_request *r, struct disclosure_verdict *v)
{
	unsigned char *primary = mem_zero(t->n, 1);
	struct disclosure_cells *c;
	size_t i;

	for (i = 0; i < t->n; i++)
		primary[i] = v[i].primary =
		    (unsigned char)(disclosure_is_small(p, &t->rows[i], r) ||
		    aspects_small(a, p, r, &t->rows[i]));
	c = aspects_cells(a, p, r, t, primary, &m->places);
	aspects_truth(a, r, m->finest, m->inner, c);
	free(primary);
	return c;
}

/* Hides cells until no count can be derived, and rows are hidden whole. */
static int
hide(const struct aspects *a, struct disclosure_cells *c, size_t nrows,
    int64_t width, struct disclosure_interval *x, struct fault *f)
{
	do
		if (disclosure_suppress(c, width, x, f) < 0)
			return -1;
	while (aspects_hide(a, c, nrows) > 0);
	return 0;
}

int
disclosure_hide_rows(const struct disclosure_profile *p,
    const struct tally_rows *t, const struct disclosure_known *known,
    const struct tally_request *r, int64_t width,
    struct disclosure_verdict *v, struct fault *f)
{
	struct placed m = { 0 };
	struct aspects a;
	struct disclosure_cells *c;
	struct disclosure_interval *x;
	struct summed summed;
	size_t i, near = 0;
	int rc = 0;

	if (aspects_find(&a, r, t, f) == -1 ||
	    place_rows(&m, t, known, f) == -1) {
		placed_free(&m);
		return -1;
	}
	c = make_cells(&a, p, t, &m, r, v);
	x = mem_array(NULL, c->n, sizeof *x);
	summed = (struct summed){ p, t, r, &m, a.states, v,
	    mem_zero(t->n * r->nmeasures + 1, 1) };
	/* Most of what sums need is found before the counts are looked at. */
	rc = free_sums(c, &summed, f);
	do {
		if (rc < 0 || (rc = hide(&a, c, t->n, width, x, f)) < 0)
			break;
		memset(summed.far, 0, t->n * r->nmeasures);
		if ((rc = hide_near(c, &summed, &near, f)) < 0)
			break;
		if (near == 0 || !is_large(c))
			continue;
		/* What is hidden now stays, and so this ends soon. */
		memcpy(c->away, c->hidden, c->n);
		rc = free_sums(c, &summed, f);
	} while (near > 0);
	free(summed.far);
	for (i = 0; i < t->n; i++) {
		v[i].hidden = c->hidden[i];
		v[i].interval = x[i];
	}
	disclosure_cells_free(c);
	placed_free(&m);
	free(x);
	return rc < 0 ? -1 : 0;
}

int
disclosure_audit_rounded(const struct disclosure_profile *p,
    const struct tally_rows *t, const struct disclosure_known *known,
    const struct tally_request *r, struct disclosure_verdict *v,
    struct fault *f)
{
	struct aspects a;
	struct placed m = { 0 };
	struct disclosure_cells *c;
	struct disclosure_interval *x;
	size_t i;
	int rc;

	if (aspects_find(&a, r, t, f) == -1 ||
	    place_rows(&m, t, known, f) == -1) {
		placed_free(&m);
		return -1;
	}
	c = aspects_rounded(&a, p, r, t, &m.places);
	aspects_truth(&a, r, m.finest, m.inner, c);
	x = mem_array(NULL, c->n, sizeof *x);
	rc = disclosure_audit(c, x, f);
	for (i = 0; i < t->n; i++) {
		v[i].primary = v[i].hidden = c->asked[i];
		v[i].interval = x[i];
	}
	disclosure_cells_free(c);
	placed_free(&m);
	free(x);
	return rc < 0 ? -1 : 0;
}
