/* Who a sum is made of. */
#include "disclosure/contributors.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define MOST 16 /* of the largest that a profile can ask for */

/* Of one measure in the group at hand. */
struct given {
	num_uwide largest[MOST]; /* descending */
	num_uwide sum;
	uint64_t n;              /* contributors with a value */
	int beyond;              /* the sum of amounts does not fit */
};

struct contributors {
	const struct tally_request *shown;
	const struct disclosure_profile *profile;
	struct tally_result *result;
	struct given *given;       /* per measure */
	struct tally_value *values;
};

int
disclosure_contributors_request(const struct tally_request *shown,
    const char *expr, struct tally_request *to, struct fault *f)
{
	char *text = mem_printf("contributor=%s", expr);
	size_t n = shown->nby;
	int rc;

	*to = *shown;
	to->by = mem_array(NULL, n + 1, sizeof *to->by);
	if (n > 0)
		memcpy(to->by, shown->by, n * sizeof *to->by);
	to->margins = TALLY_CUBE;
	rc = tally_request_by(to, text, f);
	free(text);
	if (rc == 0 && to->nby != n + 1)
		rc = fault_set(f, "--contributor takes one expression");
	return rc;
}

void
disclosure_contributors_free(struct tally_request *to,
    const struct tally_request *shown)
{
	size_t i;

	for (i = shown->nby; i < to->nby; i++) {
		free(to->by[i].name);
		free(to->by[i].text);
	}
	free(to->by);
	to->by = NULL;
}

struct contributors *
contributors_new(const struct tally_request *shown,
    const struct disclosure_profile *p, struct tally_result *result)
{
	struct contributors *c = mem_zero(1, sizeof *c);

	c->shown = shown;
	c->profile = p;
	c->result = result;
	c->given = mem_zero(shown->nmeasures, sizeof *c->given);
	c->values = mem_zero(shown->nmeasures, sizeof *c->values);
	return c;
}

void
contributors_free(struct contributors *c)
{
	if (c == NULL)
		return;
	free(c->given);
	free(c->values);
	free(c);
}

/* What the measure adds up of these records; 0: no such measure, or none. */
static int
amount_of(const struct tally_measure *m, const struct tally_value *v,
    num_uwide *to)
{
	num_wide sum = m->kind == TALLY_SUM ? v->v : v->sum;

	if ((m->kind != TALLY_SUM && m->kind != TALLY_MEAN) ||
	    v->form == TALLY_NONE || v->form == TALLY_BAD)
		return 0;
	*to = sum < 0 ? -(num_uwide)sum : (num_uwide)sum;
	return 1;
}

static void
give(struct given *g, num_uwide amount)
{
	size_t i;

	g->n++;
	g->beyond |= __builtin_add_overflow(g->sum, amount, &g->sum);
	for (i = 0; i < MOST; i++)
		if (amount > g->largest[i]) {
			num_uwide swap = g->largest[i];

			g->largest[i] = amount;
			amount = swap;
		}
}

static int
is_unsafe(const struct disclosure_profile *p, const struct given *g)
{
	num_uwide most = 0, rest;
	size_t i;

	if (g->n < p->contributors || g->beyond)
		return 1;
	for (i = 0; i < p->largest; i++)
		most += g->largest[i];
	if (p->largest > 0 && (long double)most * 100 >
	    (long double)p->largest_percent * (long double)g->sum)
		return 1;
	rest = g->sum - g->largest[0] - g->largest[1];
	return p->p_percent > 0 && (long double)rest * 100 <
	    (long double)p->p_percent * (long double)g->largest[0];
}

/* Is a row of these totals one of the request? */
static int
is_shown(const struct tally_request *r, uint32_t total)
{
	uint32_t all = ((uint32_t)1 << r->nby) - 1;

	return total == 0 || r->margins == TALLY_CUBE ||
	    (r->margins == TALLY_TOTALS && total == all);
}

int
contributors_next(void *arg, struct tally_row *row, struct fault *f)
{
	struct contributors *c = arg;
	const struct tally_request *r = c->shown;
	uint32_t last = (uint32_t)1 << r->nby;
	num_uwide amount;
	size_t i;
	int more;

	while ((more = tally_result_next(c->result, row, f)) == 1) {
		if ((row->total & last) == 0) {
			for (i = 0; i < r->nmeasures; i++)
				if (amount_of(&r->measures[i],
				    &row->values[i], &amount))
					give(&c->given[i], amount);
			continue;
		}
		row->total &= ~last;
		memcpy(c->values, row->values, r->nmeasures *
		    sizeof *c->values);
		for (i = 0; i < r->nmeasures; i++)
			if (amount_of(&r->measures[i], &row->values[i],
			    &amount))
				c->values[i].unsafe = is_unsafe(c->profile,
				    &c->given[i]);
		memset(c->given, 0, r->nmeasures * sizeof *c->given);
		row->values = c->values;
		if (is_shown(r, row->total))
			return 1;
	}
	return more;
}
