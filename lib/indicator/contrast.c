#include "contrast.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "csv/writer.h"
#include "indicator/rate.h"
#include "stats/funnel.h"

const char *
contrast_trend_code(enum trend_result t)
{
	static const char *const codes[] = {
		[TREND_UNKNOWN] = "", [TREND_NONE] = "no_change",
		[TREND_INCREASING] = "increasing",
		[TREND_DECREASING] = "decreasing",
	};

	return codes[t];
}

/* Groups together, periods in order within them. */
static int
by_group(const void *a, const void *b)
{
	const struct contrast *const *x = a, *const *y = b;
	const struct values_row *p = (*x)->row, *q = (*y)->row;
	int c = strcmp(p->indicator, q->indicator);

	if (c == 0)
		c = strcmp(p->area, q->area);
	if (c == 0)
		c = strcmp(p->sex, q->sex);
	if (c == 0)
		c = strcmp(p->category, q->category);
	return c != 0 ? c : strcmp(p->period, q->period);
}

static int
same_group(const struct values_row *p, const struct values_row *q)
{
	return strcmp(p->indicator, q->indicator) == 0 &&
	    strcmp(p->area, q->area) == 0 && strcmp(p->sex, q->sex) == 0 &&
	    strcmp(p->category, q->category) == 0;
}

static void
against_target(struct contrast *c)
{
	const struct definition *d = c->definition;
	double v = c->row->v.value;

	c->target_met = -1;
	if (isnan(d->target) || isnan(v) || d->polarity == COMPARE_NEUTRAL)
		return;
	c->target_met = d->polarity == COMPARE_HIGH_IS_GOOD ?
	    v >= d->target : v <= d->target;
}

static int
digits(const char *s, size_t n)
{
	return strspn(s, "0123456789") >= n;
}

/*
 * A period as a number, one more than that of the period before: of a year,
 * a financial year, a month or a quarter, as nib-expression writes them. -1:
 * it is none of these. *kind tells them apart.
 */
static long
period_number(const char *s, int *kind)
{
	size_t n = strlen(s);

	*kind = 0;
	if (n < 4 || !digits(s, 4))
		return -1;
	*kind = (int)n;
	if (n == 4 || (n == 7 && s[4] == '/' && digits(s + 5, 2)))
		return strtol(s, NULL, 10);
	*kind = 8;
	if (n == 7 && s[4] == '-' && digits(s + 5, 2))
		return strtol(s, NULL, 10) * 12 + strtol(s + 5, NULL, 10);
	*kind = 9;
	if (n == 7 && s[4] == '-' && s[5] == 'Q' && digits(s + 6, 1))
		return strtol(s, NULL, 10) * 4 + strtol(s + 6, NULL, 10);
	*kind = 10;
	if (n == 10 && s[4] == '/' && s[7] == '-' && s[8] == 'Q' &&
	    digits(s + 9, 1))
		return strtol(s, NULL, 10) * 4 + strtol(s + 9, NULL, 10);
	*kind = 0;
	return -1;
}

/* Is it known that a period is missing between two? */
static int
gap_between(const char *before, const char *after)
{
	int kind[2];
	long a = period_number(before, &kind[0]);
	long b = period_number(after, &kind[1]);

	return a >= 0 && b >= 0 && kind[0] == kind[1] && b != a + 1;
}

/* The last five rows of the group that end at order[i], without a gap. */
static void
recent(struct contrast **order, size_t i, size_t first)
{
	struct contrast *c = order[i];
	double v[TREND_POINTS], lo[TREND_POINTS], hi[TREND_POINTS];
	size_t k;

	c->trend.result = TREND_UNKNOWN;
	c->trend.slope = c->trend.chisq = NAN;
	if (i + 1 < first + TREND_POINTS)
		return;
	for (k = 0; k < TREND_POINTS; k++) {
		const struct compare_value *p =
		    &order[i + 1 - TREND_POINTS + k]->row->v;
		int share = c->definition->method == DEFINITION_PROPORTION;

		if (k > 0 && gap_between(order[i - TREND_POINTS + k]->row->
		    period, order[i + 1 - TREND_POINTS + k]->row->period))
			return;
		if (isnan(p->value)) /* its count may be there */
			return;
		v[k] = share ? p->count : p->value;
		lo[k] = share ? p->denominator : p->lower95;
		hi[k] = p->upper95;
	}
	if (c->definition->method == DEFINITION_PROPORTION)
		trend_proportions(v, lo, TREND_POINTS, &c->trend);
	else
		trend_values(v, lo, hi, TREND_POINTS, &c->trend);
}

static void
in_time(struct contrast **order, size_t n)
{
	size_t i, first = 0;

	for (i = 0; i < n; i++) {
		struct contrast *c = order[i];

		if (i > 0 && !same_group(c->row, order[i - 1]->row))
			first = i;
		if (i > first) {
			c->before = order[i - 1]->row;
			c->change = c->row->v.value - c->before->v.value;
			c->change_result = compare_values(COMPARE_OVERLAP,
			    &c->row->v, &c->before->v, 1);
		}
		recent(order, i, first);
	}
}

static int
same_field(const struct values_row *p, const struct values_row *q)
{
	return strcmp(p->indicator, q->indicator) == 0 &&
	    strcmp(p->period, q->period) == 0 &&
	    strcmp(p->sex, q->sex) == 0 &&
	    strcmp(p->category, q->category) == 0;
}

/* Those that are banded together, one next to the other. */
static int
by_field(const void *a, const void *b)
{
	const struct contrast *const *x = a, *const *y = b;
	const struct values_row *p = (*x)->row, *q = (*y)->row;
	int c = strcmp(p->indicator, q->indicator);

	if (c == 0)
		c = strcmp(p->period, q->period);
	if (c == 0)
		c = strcmp(p->sex, q->sex);
	if (c == 0)
		c = strcmp(p->category, q->category);
	return c != 0 ? c : strcmp(p->area, q->area);
}

/* order[0 .. n) are of one indicator, period, sex and category. */
static void
band(struct contrast **order, size_t n, const char *comparator)
{
	const struct definition *d = order[0]->definition;
	enum funnel_dispersion how = d->method == DEFINITION_PROPORTION ?
	    FUNNEL_ARCSINE : FUNNEL_SHMI;
	struct funnel_unit *u;
	struct funnel_dispersed *out;
	struct funnel_model m;
	size_t i, k = 0, *at;

	if (d->method != DEFINITION_PROPORTION && d->method != DEFINITION_SMR
	    && d->method != DEFINITION_ISR_RATIO)
		return;
	u = mem_array(NULL, n, sizeof *u);
	out = mem_array(NULL, n, sizeof *out);
	at = mem_array(NULL, n, sizeof *at);
	for (i = 0; i < n; i++) {
		const struct values_row *r = order[i]->row;

		if (isnan(r->v.value) || !(r->v.denominator > 0) ||
		    !(r->v.count >= 0) || /* or there is none */
		    (how == FUNNEL_SHMI && !(r->v.count > 0)) ||
		    (how == FUNNEL_ARCSINE && r->v.count > r->v.denominator) ||
		    (comparator != NULL && strcmp(r->area, comparator) == 0))
			continue;
		u[k].numerator = r->v.count;
		u[k].denominator = r->v.denominator;
		u[k].rate = NAN;
		at[k++] = i;
	}
	if (funnel_disperse(how, u, k, 0.1, d->multiplier, out, &m) == 0)
		for (i = 0; i < k; i++) {
			struct contrast *c = order[at[i]];
			double v = out[i].ratio * d->multiplier;

			c->band_lower = out[i].adjusted_lower[0];
			c->band_upper = out[i].adjusted_upper[0];
			c->band = (v > c->band_upper) - (v < c->band_lower);
		}
	free(u);
	free(out);
	free(at);
}

static void
bands(struct contrast **order, size_t n, const char *comparator)
{
	size_t i, end;

	if (n > 0)
		qsort(order, n, sizeof *order, by_field);
	for (i = 0; i < n; i = end) {
		for (end = i + 1; end < n && same_field(order[i]->row,
		    order[end]->row); end++)
			continue;
		band(order + i, end - i, comparator);
	}
}

int
contrast_make(const struct definition *const *d, size_t n,
    const struct values *v, const struct contrast_options *o,
    struct contrast **to, size_t *count, struct fault *f)
{
	struct contrast *all = mem_zero(v->n + 1, sizeof *all);
	struct contrast **order = mem_array(NULL, v->n + 1, sizeof *order);
	size_t i, k;

	for (i = 0; i < v->n; i++) {
		struct contrast *c = &all[i];
		enum compare_method m;

		c->row = &v->rows[i];
		order[i] = c;
		c->change = c->band_lower = c->band_upper = NAN;
		for (k = 0; k < n; k++)
			if (strcmp(d[k]->id, c->row->indicator) == 0)
				break;
		if (k == n) {
			free(all);
			free(order);
			return fault_set(f, "the values are of an indicator "
			    "that is not of the library or not named");
		}
		c->definition = d[k];
		m = o->method_given ? o->method : d[k]->comparison;
		if (o->peers != NULL)
			c->other = peers_row(o->peers, d[k], v, c->row);
		else if (o->comparator != NULL &&
		    strcmp(c->row->area, o->comparator) != 0)
			c->other = values_find(v, c->row->indicator,
			    o->comparator, c->row->period, c->row->sex,
			    c->row->category);
		c->result = values_compare(d[k], m, c->row, c->other);
		c->meaning = compare_meaning_code(c->result, d[k]->polarity);
		against_target(c);
	}
	if (v->n > 0)
		qsort(order, v->n, sizeof *order, by_group);
	in_time(order, v->n);
	if (o->band)
		bands(order, v->n, o->comparator);
	free(order);
	*to = all;
	*count = v->n;
	return 0;
}

void
contrast_put_header(struct buf *b)
{
	buf_puts(b, "indicator,area,period,sex,category,value,comparator,"
	    "comparator_value,comparison,meaning,target,target_met,"
	    "period_before,value_before,change,change_meaning,recent_trend,"
	    "band_lower,band_upper,band,reason\n");
}

void
contrast_put_row(struct buf *b, const struct contrast *c)
{
	const struct values_row *r = c->row;
	const char *cells[5] = { r->indicator, r->area, r->period, r->sex,
	    r->category };
	size_t i;

	for (i = 0; i < 5; i++) {
		csv_put_string(b, cells[i]);
		buf_putc(b, ',');
	}
	rate_put_number(b, r->v.value);
	buf_putc(b, ',');
	csv_put_string(b, c->other != NULL ? c->other->area : "");
	buf_putc(b, ',');
	rate_put_number(b, c->other != NULL ? c->other->v.value : NAN);
	buf_putc(b, ',');
	buf_puts(b, compare_result_code(c->result));
	buf_putc(b, ',');
	buf_puts(b, c->meaning);
	buf_putc(b, ',');
	rate_put_number(b, c->definition->target);
	buf_putc(b, ',');
	buf_puts(b, c->target_met < 0 ? "" : c->target_met ? "yes" : "no");
	buf_putc(b, ',');
	csv_put_string(b, c->before != NULL ? c->before->period : "");
	buf_putc(b, ',');
	rate_put_number(b, c->before != NULL ? c->before->v.value : NAN);
	buf_putc(b, ',');
	rate_put_number(b, c->change);
	buf_putc(b, ',');
	buf_puts(b, c->before == NULL ? "" : compare_meaning_code(
	    c->change_result, c->definition->polarity));
	buf_putc(b, ',');
	buf_puts(b, contrast_trend_code(c->trend.result));
	buf_putc(b, ',');
	rate_put_number(b, c->band_lower);
	buf_putc(b, ',');
	rate_put_number(b, c->band_upper);
	buf_putc(b, ',');
	buf_puts(b, isnan(c->band_upper) ? "" : c->band > 0 ? "higher" :
	    c->band < 0 ? "lower" : "as_expected");
	buf_putc(b, ',');
	csv_put_string(b, r->reason);
	buf_putc(b, '\n');
}
