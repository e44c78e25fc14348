/* What a disclosure profile leaves of the values. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "disclosure/suppress.h"
#include "indicator/rate_parts.h"
#include "stats/standard.h"

#define ROUNDS 100

/* The disclosure profile, and whether it can be kept. */
int
rate_work_protect(struct rate_work *w, const char *name, struct fault *f)
{
	const struct disclosure_profile *p;
	const char *mode = name != NULL ? strchr(name, ':') : NULL;
	char *own;

	if (name == NULL)
		return 0;
	if (mode != NULL && strcmp(mode, ":suppress") != 0 &&
	    strcmp(mode, ":round") != 0)
		return fault_set(f, "%s: values know the modes round and "
		    "suppress", name);
	own = mem_strdup(name);
	own[strcspn(own, ":")] = '\0';
	w->suppress = mode != NULL && strcmp(mode, ":suppress") == 0;
	name = strcmp(own, "definition") == 0 ? w->d->disclosure : own;
	if (name != NULL)
		w->profile = disclosure_profile_open(name, f);
	free(own);
	if (name == NULL)
		return 0;
	if (w->profile == NULL)
		return -1;
	p = w->profile;
	if (p->mask || p->base > 1 || p->least > 1) {
		w->refused = w->d->numerator.kind == DEFINITION_SUM &&
		    w->d->method != DEFINITION_MEAN;
	} else if (p->crude_least == 0 && p->standardised_least == 0 &&
	    p->unreliable_below == 0) {
		disclosure_profile_free(w->profile);
		w->profile = NULL;
	}
	return 0;
}

/* The events that a rate by this method needs; -1: it makes no rate. */
static double
least_events(const struct disclosure_profile *p, enum definition_method m)
{
	switch (m) {
	case DEFINITION_RATIO:
	case DEFINITION_PROPORTION:
	case DEFINITION_CRUDE_RATE:
		return (double)p->crude_least;
	case DEFINITION_DSR:
	case DEFINITION_ISR_RATIO:
	case DEFINITION_ISR_RATE:
	case DEFINITION_SMR:
		return (double)p->standardised_least;
	case DEFINITION_COUNT:
	case DEFINITION_MEAN:
	case DEFINITION_LIFE:
	case DEFINITION_SII:
	case DEFINITION_COMPOSITE:
		break;
	}
	return -1;
}

/* A rate of few events is not published, or is marked. */
static void
protect_rate(const struct rate_work *w, double events, struct rate_row *row)
{
	double least = least_events(w->profile, w->d->method);

	if (least < 0 || isnan(row->estimate.value))
		return;
	if (events < least)
		estimate_fail(&row->estimate, ESTIMATE_FEW_EVENTS);
	else if (events < (double)w->profile->unreliable_below)
		row->estimate.reason = ESTIMATE_UNRELIABLE;
}

/* A count as it may be published; -1: it may not. */
static int
publishable(const struct disclosure_profile *p, double v, double *rounded)
{
	if (isnan(v) || v < 0 || v > 1e15 || v > floor(v) ||
	    disclosure_masks(p, (uint64_t)v))
		return -1;
	*rounded = (double)disclosure_round(p, (uint64_t)v);
	return 0;
}

double
rate_rounded(const struct rate_work *w, double v)
{
	if (w->profile == NULL || w->suppress || !(v >= 0 && v < 1e15))
		return v;
	return (double)disclosure_round(w->profile, (uint64_t)nearbyint(v));
}

static void
suppress(struct rate_row *row)
{
	estimate_fail(&row->estimate, ESTIMATE_SUPPRESSED);
	row->count = row->denominator = NAN;
	row->detail = "";
}

/* Of noughts and ones, as their sum and that of their squares allow? */
static int
of_ones(const struct rate_work *w, size_t g)
{
	const struct rate_sums *s = rate_sums_of(w, g);
	num_wide x = rate_wide(w, s->x);

	return x >= 0 && x <= rate_wide(w, s->n) && x % 1000000000 == 0 &&
	    (w->squares[g].lacks || w->squares[g].sum == x);
}

/*
 * The number of values is masked and rounded, and so is their sum where it
 * counts ones. Limits are of the rounded number: from two of Student's at
 * different levels the true one could be told.
 */
static void
protect_mean(const struct rate_work *w, size_t g,
    const struct estimate_levels *l, struct rate_row *row)
{
	const struct disclosure_profile *p = w->profile;
	enum estimate_reason reason = row->estimate.reason;
	double x = row->count, n = row->denominator, mean = x / n, m, unused;
	double ss = rate_deviations(w, g);

	if (n < (double)p->least || publishable(p, n, &m) == -1 ||
	    (of_ones(w, g) && (publishable(p, x, &x) == -1 ||
	    publishable(p, n - x, &unused) == -1))) {
		suppress(row);
		return;
	}
	row->count = NAN;
	if (w->suppress)
		return;
	row->denominator = m;
	if (of_ones(w, g) && m > 0) {
		mean = fmin(1, x / m);
		ss = m * mean * (1 - mean);
	} else if (n > 1) {
		ss *= (m - 1) / (n - 1);
	}
	estimate_mean_sums(m, mean * m, ss, l, &row->estimate, NULL);
	if (reason != ESTIMATE_FINE && !isnan(row->estimate.value)) {
		estimate_fail(&row->estimate, reason);
		row->estimate.value = mean;
	}
}

/*
 * Limits as far apart as a rounded count would have them: how they lie about
 * the value would tell the true one.
 */
static void
spread_of_rounded(double events, double rounded,
    const struct estimate_levels *l, struct estimate *e)
{
	double lo, hi, by;
	size_t i;

	for (i = 0; i < l->n && !isnan(e->value); i++) {
		estimate_byar(events, l->z[i], &lo, &hi);
		by = (e->upper[i] - e->value) / (hi - events) *
		    sqrt(events / rounded);
		estimate_byar(rounded, l->z[i], &lo, &hi);
		e->lower[i] = fmax(0, e->value - by * (rounded - lo));
		e->upper[i] = e->value + by * (hi - rounded);
	}
}

/* What is made of the counts of bands, whose sum alone is published. */
static void
protect_bands(const struct rate_work *w, double rounded,
    const struct estimate_levels *l, struct rate_row *row)
{
	struct estimate *e = &row->estimate;

	if (w->d->method == DEFINITION_DSR)
		spread_of_rounded(row->count, rounded, l, e);
	else if (w->d->method != DEFINITION_LIFE && w->d->method !=
	    DEFINITION_SII && row->count > 0 && !isnan(e->value))
		standard_indirect(rounded, 1, e->value / row->count, l, e);
	row->count = rounded;
}

/* Counts are masked and rounded, and the value is of what is left. */
static void
protect_counts(const struct rate_work *w, size_t g,
    const struct estimate_levels *l, struct rate_row *row)
{
	const struct disclosure_profile *p = w->profile;
	const struct definition *d = w->d;
	double x = row->count, n = row->denominator, unused;

	if (d->method == DEFINITION_MEAN) {
		protect_mean(w, g, l, row);
		return;
	}
	if (publishable(p, x, &x) == -1 || (d->method ==
	    DEFINITION_PROPORTION && publishable(p, row->denominator -
	    row->count, &unused) == -1) || (d->denominator.kind ==
	    DEFINITION_RECORDS && publishable(p, n, &n) == -1)) {
		suppress(row);
		return;
	}
	if (w->suppress)
		return; /* exact counts are published */
	if (d->denominator.kind == DEFINITION_SUM && d->method != DEFINITION_SMR
	    && p->sum_base > 1)
		n = nearbyint(n / (double)p->sum_base) * (double)p->sum_base;
	if (w->bands != NULL) {
		protect_bands(w, x, l, row);
		return;
	}
	if (d->method == DEFINITION_PROPORTION && x > n)
		x = n; /* each was rounded by itself */
	rate_simple(w, x, n, l, row);
}

/* What the profile leaves of a row that could be computed. */
void
rate_protect(const struct rate_work *w, size_t g,
    const struct estimate_levels *l, struct rate_row *row)
{
	const struct disclosure_profile *p = w->profile;
	double events = row->count;

	if (p == NULL || (isnan(row->count) && isnan(row->denominator)))
		return;
	if (p->mask || p->base > 1 || p->least > 1)
		protect_counts(w, g, l, row);
	protect_rate(w, events, row);
}

static double
rounded_to(double v, int decimals)
{
	double unit = pow(10, decimals);

	return fabs(v) * unit < 9e15 ? nearbyint(v * unit) / unit : v;
}

/*
 * All digits of a mean tell the number of its values, and those of what is
 * standardised directly, or of a life table, the counts of its bands: a mean
 * has the profile's decimals beyond those of what it adds up, the others
 * those of the definition.
 */
void
rate_protect_digits(const struct rate_work *w,
    const struct estimate_levels *l, struct rate_row *row)
{
	const struct disclosure_profile *p = w->profile;
	struct estimate *e = &row->estimate;
	int decimals = w->d->decimals;
	size_t i;

	if (p == NULL || !(p->mask || p->base > 1 || p->least > 1) ||
	    (w->d->method != DEFINITION_MEAN && w->d->method !=
	    DEFINITION_DSR && w->d->method != DEFINITION_LIFE &&
	    w->d->method != DEFINITION_SII))
		return;
	if (w->bands == NULL) {
		if (p->decimals < 0)
			return;
		decimals = p->decimals + w->d->numerator.scale;
	}
	e->value = rounded_to(e->value, decimals);
	for (i = 0; i < l->n; i++) {
		e->lower[i] = rounded_to(e->lower[i], decimals);
		e->upper[i] = rounded_to(e->upper[i], decimals);
	}
}

/* Rows of one period, sex and category, in which the total adds up areas. */
struct field {
	const struct rate_work *w;
	struct rate_row *rows;
	const struct rate_truth *truth;
	size_t *at, n; /* of the areas' rows */
	size_t total;
};

/* What is published of a row: its count, and who is not in the count. */
static double
shown(const struct rate_work *w, const struct rate_truth *t, int which)
{
	int of_records = w->d->denominator.kind == DEFINITION_RECORDS;

	if (w->d->method == DEFINITION_MEAN)
		return which == 0 ? t->n : NAN;
	if (which == 0)
		return t->x;
	if (!of_records)
		return NAN;
	return w->d->method == DEFINITION_PROPORTION ? t->n - t->x : t->n;
}

static int
is_hidden(const struct rate_row *r)
{
	return r->estimate.reason == ESTIMATE_SUPPRESSED;
}

/* One of the counts, area by area and in total. *more: rows were hidden. */
static int
hide_by(const struct field *p, int which, int *more, struct fault *f)
{
	struct disclosure_cells *c = disclosure_cells_new(p->n, 0);
	struct disclosure_interval *x = mem_array(NULL, p->n + 1, sizeof *x);
	uint32_t *members = mem_array(NULL, p->n, sizeof *members);
	size_t i;
	int rc = 0;

	for (i = 0; i <= p->n; i++) {
		size_t row = i < p->n ? p->at[i] : p->total;
		double v = shown(p->w, &p->truth[row], which);

		if (!(v >= 0 && v < 1e15)) /* nothing to derive from */
			goto out;
		if (i < p->n)
			members[i] = (uint32_t)i;
		(void)disclosure_cells_add(c, (int64_t)v,
		    is_hidden(&p->rows[row]), i < p->n ? &members[i] :
		    members, i < p->n ? 1 : p->n);
	}
	rc = disclosure_suppress(c, (int64_t)p->w->profile->interval, x, f);
	for (i = 0; rc == 0 && i <= p->n; i++) {
		struct rate_row *row = &p->rows[i < p->n ? p->at[i] :
		    p->total];

		if (c->hidden[i] && !is_hidden(row)) {
			suppress(row);
			*more = 1;
		}
	}
out:
	disclosure_cells_free(c);
	free(x);
	free(members);
	return rc == 0 ? 0 : -1;
}

static int
hide_field(const struct field *p, struct fault *f)
{
	int more = 1, k;
	size_t i, hidden = 0;

	for (i = 0; i < p->n; i++)
		hidden += is_hidden(&p->rows[p->at[i]]) ? 1 : 0;
	/* Hidden for one count's sake a row is hidden in the other's too. */
	for (i = 0; hidden > 0 && more && i < ROUNDS; i++)
		for (more = k = 0; k < 2; k++)
			if (hide_by(p, k, &more, f) == -1)
				return -1;
	return 0;
}

static int
same_field(const struct rate_row *a, const struct rate_row *b)
{
	return strcmp(a->key[DEFINITION_PERIOD], b->key[DEFINITION_PERIOD]) ==
	    0 && strcmp(a->key[DEFINITION_SEX], b->key[DEFINITION_SEX]) == 0 &&
	    strcmp(a->key[DEFINITION_CATEGORY],
	    b->key[DEFINITION_CATEGORY]) == 0;
}

int
rate_hide_more(const struct rate_work *w, const char *total,
    struct rate_row *rows, const struct rate_truth *t, size_t n,
    struct fault *f)
{
	struct field p = { w, rows, t, NULL, 0, 0 };
	size_t i;
	int rc = 0;

	p.at = mem_array(NULL, n + 1, sizeof *p.at);
	for (p.total = 0; rc == 0 && p.total < n; p.total++) {
		if (strcmp(rows[p.total].key[DEFINITION_AREA], total) != 0)
			continue;
		for (p.n = i = 0; i < n; i++)
			if (i != p.total && same_field(&rows[i],
			    &rows[p.total]) && !isnan(t[i].x + t[i].n))
				p.at[p.n++] = i;
		rc = hide_field(&p, f);
	}
	free(p.at);
	return rc;
}
