/* Disclosure control of a whole table. */
#include "disclosure/protect.h"

#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "base/mem.h"
#include "disclosure/suppress.h"

#define MOST_SUM ((num_wide)1 << 50) /* doubles of the solver are exact */

/* For each row the inner rows it is the total of, itself if it is one. */
struct membership {
	size_t ninner;
	uint32_t *inner;   /* number of each row; UINT32_MAX: a total */
	uint32_t **members;
	size_t *n;
};

static void
row_key(struct buf *b, const struct tally_rows *t, const struct tally_row *r,
    uint32_t total)
{
	size_t i;

	buf_clear(b);
	for (i = 0; i < t->nby; i++) {
		if (total >> i & 1)
			buf_putc(b, '\xff');
		else
			buf_put(b, r->by[i].p, r->by[i].n);
		buf_putc(b, 0);
	}
}

static void
membership_free(struct membership *m, size_t n)
{
	size_t i;

	for (i = 0; m->members != NULL && i < n; i++)
		free(m->members[i]);
	free(m->members);
	free(m->inner);
	free(m->n);
}

static void
find_members(const struct tally_rows *t, struct membership *m)
{
	struct map *map = map_new();
	struct buf key = { 0 };
	uint32_t masks[64];
	size_t nmasks = 0, i, k, at;

	m->inner = mem_array(NULL, t->n, sizeof *m->inner);
	m->members = mem_zero(t->n, sizeof *m->members);
	m->n = mem_zero(t->n, sizeof *m->n);
	for (i = 0; i < t->n; i++) {
		row_key(&key, t, &t->rows[i], t->rows[i].total);
		(void)map_add(map, key.p, key.n, NULL);
		m->inner[i] = t->rows[i].total == 0 ?
		    (uint32_t)m->ninner++ : UINT32_MAX;
		for (k = 0; k < nmasks; k++)
			if (masks[k] == t->rows[i].total)
				break;
		if (k == nmasks && nmasks < 64)
			masks[nmasks++] = t->rows[i].total;
	}
	for (i = 0; i < t->n; i++) {
		if (m->inner[i] == UINT32_MAX)
			continue;
		for (k = 0; k < nmasks; k++) {
			row_key(&key, t, &t->rows[i], masks[k]);
			if ((at = map_find(map, key.p, key.n)) == MAP_NONE)
				continue;
			if ((m->n[at] & (m->n[at] - 1)) == 0)
				m->members[at] = mem_array(m->members[at],
				    m->n[at] * 2 + 1, sizeof **m->members);
			m->members[at][m->n[at]++] = m->inner[i];
		}
	}
	buf_free(&key);
	map_free(map);
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
    const struct tally_rows *t, const struct tally_request *r, int64_t width,
    struct disclosure_verdict *v, struct fault *f)
{
	struct membership m = { 0 };
	struct disclosure_cells *c;
	struct disclosure_interval *x = mem_array(NULL, t->n, sizeof *x);
	/* Zeros are shown unless the mask begins with them. */
	int64_t least = p->mask && p->mask_from == 0 ? 0 : 1;
	size_t i, near, more;
	int rc;

	find_members(t, &m);
	c = disclosure_cells_new(m.ninner, least);
	for (i = 0; i < t->n; i++) {
		v[i].primary = (unsigned char)is_primary(p, &t->rows[i], r);
		(void)disclosure_cells_add(c, (int64_t)t->rows[i].nrows,
		    v[i].primary, m.members[i], m.n[i]);
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
	membership_free(&m, t->n);
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
    const struct tally_rows *t, struct disclosure_verdict *v, struct fault *f)
{
	struct membership m = { 0 };
	struct disclosure_cells *c;
	struct disclosure_interval *x;
	size_t i;
	int rc;

	find_members(t, &m);
	c = disclosure_cells_new(m.ninner, 0);
	for (i = 0; i < t->n; i++) {
		uint64_t n = t->rows[i].nrows;

		v[i].primary = v[i].hidden =
		    (unsigned char)disclosure_masks(p, n);
		(void)disclosure_cells_add(c, (int64_t)n, 0, m.members[i],
		    m.n[i]);
		seen_as(p, n, &c->low[i], &c->high[i]);
		c->hidden[i] = c->low[i] < c->high[i];
		c->asked[i] = v[i].hidden;
	}
	x = mem_array(NULL, c->n, sizeof *x);
	rc = disclosure_audit(c, x, f);
	for (i = 0; i < t->n; i++)
		v[i].interval = x[i];
	disclosure_cells_free(c);
	membership_free(&m, t->n);
	free(x);
	return rc;
}
