/* Disclosure control of a whole table. */
#include "disclosure/protect.h"

#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "base/mem.h"
#include "disclosure/places.h"
#include "disclosure/suppress.h"

#define MOST_SUM ((num_wide)1 << 50) /* doubles of the solver are exact */

static void
place_row(struct places *p, struct map *levels, const struct tally_row *r)
{
	uint64_t mask = ~(uint64_t)r->total & (((uint64_t)1 << p->ndims) - 1);
	uint32_t *at = places_add(p, mask, 0);
	size_t k;

	for (k = 0; k < p->ndims; k++)
		if (mask >> k & 1)
			at[k] = (uint32_t)map_add(levels, r->by[k].n > 0 ?
			    r->by[k].p : "", r->by[k].n, NULL);
}

/* Where the rows stand, and what they are sums of; pairs may be NULL. */
static int
place_rows(struct places *p, const struct tally_rows *t,
    const struct tally_rows *pairs, struct fault *f)
{
	struct map *levels = map_new();
	size_t i;
	int rc;

	places_start(p, t->nby);
	for (i = 0; i < t->n; i++)
		place_row(p, levels, &t->rows[i]);
	for (i = 0; pairs != NULL && i < pairs->n; i++)
		place_row(p, levels, &pairs->rows[i]);
	rc = places_join(p, f);
	map_free(levels);
	return rc;
}

static int
is_primary(const struct disclosure_profile *p, const struct tally_row *row,
    const struct tally_request *r)
{
	size_t i;

	if (disclosure_masks(p, row->nrows))
		return 1;
	for (i = 0; i < r->nmeasures; i++)
		if (row->values[i].form != TALLY_NONE &&
		    row->values[i].form != TALLY_BAD &&
		    disclosure_masked(p, &r->measures[i], &row->values[i]))
			return 1;
	return 0;
}

/* The cells of a sum: those of the counts, with other values. */
static int
sum_cells(const struct disclosure_cells *counts, const struct tally_rows *t,
    size_t measure, const char *name, struct disclosure_cells **to,
    struct fault *f)
{
	struct disclosure_cells *c = disclosure_cells_new(counts->ninner, 0);
	size_t i;

	*to = c;
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
	}
	return 0;
}

/* Do both ends of the interval keep p per cent from the value? */
static int
is_near(const struct disclosure_profile *p,
    const struct disclosure_interval *x, int64_t value)
{
	double apart = p->p_percent / 100 * (double)value;

	return (double)(value - x->lo) < apart || (x->hi != CELLS_NONE &&
	    (double)(x->hi - value) < apart);
}

/*
 * The first hidden row of which a sum can be derived to within the
 * profile's p per cent; *row is the table's rows if there is none.
 */
static int
near_sum(const struct disclosure_profile *p,
    const struct disclosure_cells *counts, const struct tally_rows *t,
    const struct tally_request *r, size_t *row, struct fault *f)
{
	struct disclosure_interval *x = mem_array(NULL, t->n, sizeof *x);
	struct disclosure_cells *c = NULL;
	size_t i;
	int rc = 0;

	*row = t->n;
	for (i = 0; i < r->nmeasures && p->p_percent > 0 && rc == 0 &&
	    *row == t->n; i++) {
		if (r->measures[i].kind != TALLY_SUM)
			continue;
		rc = sum_cells(counts, t, i, r->measures[i].name, &c, f);
		if (rc == 0 && (rc = disclosure_audit(c, x, f)) == 0)
			for (*row = 0; *row < t->n; ++*row)
				if (c->hidden[*row] && c->asked[*row] &&
				    is_near(p, &x[*row], c->values[*row]))
					break;
		disclosure_cells_free(c);
	}
	free(x);
	return rc;
}

int
disclosure_hide_rows(const struct disclosure_profile *p,
    const struct tally_rows *t, const struct tally_rows *pairs,
    const struct tally_request *r, int64_t width,
    struct disclosure_verdict *v, struct fault *f)
{
	struct places m;
	uint32_t *members;
	struct disclosure_cells *c;
	struct disclosure_interval *x = mem_array(NULL, t->n, sizeof *x);
	/* Zeros are shown unless the mask begins with them. */
	int64_t least = p->mask && p->mask_from == 0 ? 0 : 1;
	size_t i, near, more;
	int rc;

	if (place_rows(&m, t, pairs, f) == -1) {
		places_free(&m);
		free(x);
		return -1;
	}
	members = mem_array(NULL, m.ninner + 1, sizeof *members);
	c = disclosure_cells_new(m.ninner, least);
	for (i = 0; i < t->n; i++) {
		v[i].primary = (unsigned char)is_primary(p, &t->rows[i], r);
		(void)disclosure_cells_add(c, (int64_t)t->rows[i].nrows,
		    v[i].primary, members, places_members(&m, i, members));
	}
	for (;;) {
		if ((rc = disclosure_suppress(c, width, x, f)) < 0 ||
		    (rc = near_sum(p, c, t, r, &near, f)) < 0 ||
		    near == t->n)
			break;
		if ((more = disclosure_beside(c, near)) == CELLS_ALL) {
			rc = fault_set(f, "the table's sums cannot be made "
			    "safe by hiding cells of it: merge categories or "
			    "publish fewer margins");
			break;
		}
		c->primary[more] = 1;
	}
	for (i = 0; i < t->n; i++) {
		v[i].hidden = c->hidden[i];
		v[i].interval = x[i];
	}
	disclosure_cells_free(c);
	places_free(&m);
	free(members);
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
    const struct tally_rows *t, const struct tally_rows *pairs,
    struct disclosure_verdict *v, struct fault *f)
{
	struct places m;
	uint32_t *members;
	struct disclosure_cells *c;
	struct disclosure_interval *x;
	size_t i;
	int rc;

	if (place_rows(&m, t, pairs, f) == -1) {
		places_free(&m);
		return -1;
	}
	members = mem_array(NULL, m.ninner + 1, sizeof *members);
	c = disclosure_cells_new(m.ninner, 0);
	for (i = 0; i < t->n; i++) {
		uint64_t n = t->rows[i].nrows;

		v[i].primary = v[i].hidden =
		    (unsigned char)disclosure_masks(p, n);
		(void)disclosure_cells_add(c, (int64_t)n, 0, members,
		    places_members(&m, i, members));
		seen_as(p, n, &c->low[i], &c->high[i]);
		c->hidden[i] = c->low[i] < c->high[i];
		c->asked[i] = v[i].hidden;
	}
	x = mem_array(NULL, c->n, sizeof *x);
	rc = disclosure_audit(c, x, f);
	for (i = 0; i < t->n; i++)
		v[i].interval = x[i];
	disclosure_cells_free(c);
	places_free(&m);
	free(members);
	free(x);
	return rc < 0 ? -1 : 0;
}
