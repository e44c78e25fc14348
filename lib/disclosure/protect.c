/* Disclosure control of a whole table. */
#include "disclosure/protect.h"

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

/* The cells of a sum: those of the counts, with other values. */
static int
sum_cells(const struct disclosure_profile *p,
    const struct disclosure_cells *counts, const struct tally_rows *t,
    size_t measure, const char *name, struct disclosure_cells **to,
    struct fault *f)
{
	struct disclosure_cells *c = disclosure_cells_new(counts->ninner, 0);
	size_t i;

	*to = c;
	c->apart = mem_zero(t->n, sizeof *c->apart);
	for (i = 0; i < t->n; i++) {
		const struct tally_value *v = &t->rows[i].values[measure];
		num_wide sum = v->form == TALLY_DECIMAL ||
		    v->form == TALLY_NUMBER ? v->v : 0;

		if (sum < 0 || sum > MOST_SUM)
			return fault_set(f, "%s: a sum %s cannot be protected "
			    "by the p-percent rule", name, sum < 0 ?
			    "below 0" : "so large");
		(void)disclosure_cells_add(c, (int64_t)sum, 0,
		    counts->members + counts->start[i],
		    disclosure_cells_members(counts, i));
		c->hidden[i] = counts->hidden[i];
		c->asked[i] = counts->primary[i];
		c->apart[i] = (int64_t)apart(p, (int64_t)sum) + 1;
	}
	return 0;
}

static int
is_near(const struct disclosure_profile *p,
    const struct disclosure_interval *x, int64_t value)
{
	return (double)(value - x->lo) < apart(p, value) ||
	    (x->hi != CELLS_NONE && (double)(x->hi - value) < apart(p, value));
}

/*
 * Hidden rows of which a sum can be derived to within the profile's p per
 * cent: beside every MANYth of them another row becomes primary. How many
 * there are.
 */
static int
hide_near(const struct disclosure_profile *p, struct disclosure_cells *counts,
    const struct tally_rows *t, const struct tally_request *r, size_t *near,
    struct fault *f)
{
	struct disclosure_interval *x = mem_array(NULL, t->n, sizeof *x);
	struct disclosure_cells *c = NULL;
	size_t i, k, more;
	int rc = 0;

	*near = 0;
	for (i = 0; i < r->nmeasures && p->p_percent > 0 && rc == 0 &&
	    *near == 0; i++) {
		if (r->measures[i].kind != TALLY_SUM)
			continue;
		rc = sum_cells(p, counts, t, i, r->measures[i].name, &c, f);
		if (rc == 0)
			rc = disclosure_audit(c, x, f);
		for (k = 0; k < t->n && rc == 0; k++) {
			if (!c->hidden[k] || !c->asked[k] ||
			    !is_near(p, &x[k], c->values[k]) ||
			    (*near)++ % MANY != 0)
				continue;
			more = disclosure_beside(counts, k);
			if (more != CELLS_ALL)
				counts->primary[more] = 1;
			else if (*near == 1)
				rc = fault_set(f, "the table's sums cannot be "
				    "made safe by hiding cells of it: merge "
				    "categories or publish fewer margins");
		}
		disclosure_cells_free(c);
	}
	free(x);
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
		    (unsigned char)disclosure_is_small(p, &t->rows[i], r);
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
	size_t i, near = 0;
	int rc = 0;

	if (aspects_find(&a, r, t, f) == -1 ||
	    place_rows(&m, t, known, f) == -1) {
		placed_free(&m);
		return -1;
	}
	c = make_cells(&a, p, t, &m, r, v);
	x = mem_array(NULL, c->n, sizeof *x);
	/* Most of what sums need is found before the counts are looked at. */
	do {
		if (c->n > 0)
			memcpy(c->hidden, c->away, c->n);
		disclosure_eliminate(c, NULL);
		rc = hide_near(p, c, t, r, &near, f);
	} while (rc == 0 && near > 0);
	do
		if (rc < 0 || (rc = hide(&a, c, t->n, width, x, f)) < 0 ||
		    (rc = hide_near(p, c, t, r, &near, f)) < 0)
			break;
	while (near > 0);
	for (i = 0; i < t->n; i++) {
		v[i].hidden = c->hidden[i];
		v[i].interval = x[i];
	}
	disclosure_cells_free(c);
	placed_free(&m);
	free(x);
	return rc < 0 ? -1 : 0;
}

/* The true counts that are published as n is. */
static void
seen_as(const struct disclosure_profile *p, uint64_t n, int64_t *lo,
    int64_t *hi)
{
	if (disclosure_masks(p, n)) {
		*lo = (int64_t)p->mask_from;
		*hi = (int64_t)p->mask_to;
	} else {
		disclosure_meant(p, disclosure_round(p, n), lo, hi);
	}
}

int
disclosure_audit_rounded(const struct disclosure_profile *p,
    const struct tally_rows *t, const struct disclosure_known *known,
    const struct tally_request *r, struct disclosure_verdict *v,
    struct fault *f)
{
	static const struct aspects none = { .states = 1 };
	struct placed m;
	uint32_t *members;
	struct disclosure_cells *c;
	struct disclosure_interval *x;
	size_t i;
	int rc;

	if (place_rows(&m, t, known, f) == -1) {
		placed_free(&m);
		return -1;
	}
	members = mem_array(NULL, m.places.ninner + 1, sizeof *members);
	c = disclosure_cells_new(m.places.ninner, 0);
	for (i = 0; i < t->n; i++) {
		uint64_t n = t->rows[i].nrows;

		v[i].primary = v[i].hidden =
		    (unsigned char)disclosure_masks(p, n);
		(void)disclosure_cells_add(c, (int64_t)n, 0, members,
		    places_members(&m.places, i, members));
		seen_as(p, n, &c->low[i], &c->high[i]);
		c->hidden[i] = c->low[i] < c->high[i];
		c->asked[i] = v[i].hidden;
	}
	aspects_truth(&none, r, m.finest, m.inner, c);
	x = mem_array(NULL, c->n, sizeof *x);
	rc = disclosure_audit(c, x, f);
	for (i = 0; i < t->n; i++)
		v[i].interval = x[i];
	disclosure_cells_free(c);
	placed_free(&m);
	free(members);
	free(x);
	return rc < 0 ? -1 : 0;
}
