/* What each person may add to the sums of a table with noise. */
#include "disclosure/amounts.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/num.h"
#include "tally/number.h"

static int
read_end(const char *p, size_t n, unsigned scale, int64_t *to)
{
	num_wide v;

	if (num_decimal(p, n, scale, &v) == -1 || v < -AMOUNTS_MOST ||
	    v > AMOUNTS_MOST)
		return -1;
	*to = (int64_t)v;
	return 0;
}

/* "LO:HI", with the digits of the longer one. */
static int
read_bounds(struct amount *a, const char *p, struct fault *f)
{
	const char *colon = strchr(p, ':');
	unsigned lo, hi;

	if (colon != NULL) {
		lo = num_text_scale(p, (size_t)(colon - p));
		hi = num_text_scale(colon + 1, strlen(colon + 1));
		a->scale = lo > hi ? lo : hi;
	}
	if (colon == NULL || a->scale > AMOUNTS_SCALE ||
	    read_end(p, (size_t)(colon - p), a->scale, &a->lo) == -1 ||
	    read_end(colon + 1, strlen(colon + 1), a->scale, &a->hi) == -1 ||
	    a->lo >= a->hi)
		return fault_set(f, "--bounds needs NAME=LO:HI, LO below HI, "
		    "with at most %d digits after the point and 12 in all",
		    AMOUNTS_SCALE);
	a->bounded = 1;
	return 0;
}

static int
add_bounds(struct amounts *a, const struct tally_request *r,
    const char *bounds, struct fault *f)
{
	const char *equals = strrchr(bounds, '=');
	size_t n = equals != NULL ? (size_t)(equals - bounds) : 0, i;

	for (i = 0; i < r->nmeasures && equals != NULL; i++) {
		const struct tally_measure *m = &r->measures[i];

		if (a->of[i] == SIZE_MAX ||
		    ((strlen(m->text) != n ||
		    memcmp(m->text, bounds, n) != 0) &&
		    (strlen(m->name) != n || memcmp(m->name, bounds, n) != 0)))
			continue;
		if (a->v[a->of[i]].bounded)
			return fault_set(f, "--bounds is given twice for %s",
			    m->name);
		return read_bounds(&a->v[a->of[i]], equals + 1, f);
	}
	return fault_set(f, "--bounds needs NAME=LO:HI, NAME a sum or a mean "
	    "that is asked for");
}

static int
add_measure(struct amounts *a, const struct tally_request *r, size_t i,
    struct fault *f)
{
	const struct tally_measure *m = &r->measures[i];
	size_t k;

	a->of[i] = SIZE_MAX;
	if (m->kind == TALLY_COUNT) {
		a->count = 1;
		return 0;
	}
	if ((m->kind != TALLY_SUM && m->kind != TALLY_MEAN) ||
	    m->weight != NULL)
		return fault_set(f, "%s: --epsilon is for --count, --sum and "
		    "--mean alone, without totals and other disclosure "
		    "control", m->name);
	for (k = 0; k < a->n && strcmp(a->v[k].text, m->text) != 0; k++)
		;
	if (k == a->n) {
		a->v = mem_array(a->v, ++a->n, sizeof *a->v);
		a->v[k] = (struct amount){ .text = m->text, .measure = i };
	}
	a->v[k].mean |= m->kind == TALLY_MEAN;
	a->of[i] = k;
	return 0;
}

int
amounts_make(struct amounts *a, const struct tally_request *r,
    const char *const *bounds, size_t nbounds, struct fault *f)
{
	size_t i;

	memset(a, 0, sizeof *a);
	a->of = mem_zero(r->nmeasures, sizeof *a->of);
	for (i = 0; i < r->nmeasures; i++)
		if (add_measure(a, r, i, f) == -1)
			return -1;
	for (i = 0; i < nbounds; i++)
		if (add_bounds(a, r, bounds[i], f) == -1)
			return -1;
	a->questions = (size_t)a->count;
	for (i = 0; i < a->n; i++) {
		if (!a->v[i].bounded)
			return fault_set(f, "%s: --epsilon needs --bounds, the "
			    "least and the most that one record adds",
			    r->measures[a->v[i].measure].name);
		a->questions += a->v[i].mean ? 2 : 1;
	}
	return 0;
}

void
amounts_free(struct amounts *a)
{
	free(a->v);
	free(a->of);
	memset(a, 0, sizeof *a);
}

uint64_t
amount_largest(const struct amount *a)
{
	int64_t lo = a->lo < 0 ? -a->lo : a->lo, hi = a->hi < 0 ? -a->hi :
	    a->hi;

	return (uint64_t)(lo > hi ? lo : hi);
}

/* At another scale, towards 0; what does not fit is beyond any bound. */
static num_wide
rescale(num_wide v, unsigned from, unsigned to)
{
	num_wide most = (num_wide)1 << 100;

	for (; from > to; from--)
		v /= 10;
	for (; from < to && v < most && v > -most; from++)
		v *= 10;
	return v;
}

num_wide
amount_given(const struct amount *a, const struct tally_value *v,
    uint64_t counted, uint64_t *values)
{
	num_wide sum, n;

	*values = 0;
	if (v->form == TALLY_NONE || v->form == TALLY_BAD || v->n == 0)
		return 0;
	*values = v->n < counted ? v->n : counted;
	n = (num_wide)*values;
	sum = rescale(a->mean && v->form == TALLY_REAL ? v->sum : v->v,
	    v->scale, a->scale);
	if (*values < v->n) /* its part of what they all add */
		sum = sum / (num_wide)v->n * n + sum % (num_wide)v->n * n /
		    (num_wide)v->n;
	return sum < a->lo * n ? a->lo * n : sum > a->hi * n ? a->hi * n :
	    sum;
}

void
amount_put_mean(struct buf *b, const struct amount *a, num_wide sum,
    num_wide n)
{
	if (n <= 0)
		return;
	if (sum < a->lo * n)
		sum = a->lo * n;
	if (sum > a->hi * n)
		sum = a->hi * n;
	num_put_fixed(b, tally_mean(sum, a->scale, (uint64_t)n),
	    (int)a->scale + 1);
}
