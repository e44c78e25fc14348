#include "rate.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "indicator/rate_parts.h"
#include "stats/slope.h"

static int
banded(const struct definition *d)
{
	switch (d->method) {
	case DEFINITION_DSR:
	case DEFINITION_ISR_RATIO:
	case DEFINITION_ISR_RATE:
	case DEFINITION_LIFE:
	case DEFINITION_SII:
		return 1;
	default:
		return 0;
	}
}

/* Which bands the ages asked for cover. */
static int
cut_bands(struct rate_work *w, struct fault *f)
{
	const struct definition *d = w->d;
	size_t n = bands_count(w->bands), i;

	w->from = 0;
	w->to = n;
	for (i = 0; i < n; i++)
		if (bands_start(w->bands, i) < d->age_from)
			w->from = i + 1;
	if (d->age_to >= 0)
		for (i = n; i-- > 0 && bands_start(w->bands, i) > d->age_to;)
			w->to = i;
	if (w->from >= w->to)
		return fault_at(f, d->path, 0, "no band of its standard is "
		    "within age_from and age_to");
	if (w->to < n && bands_start(w->bands, w->to) <= d->age_to)
		return fault_at(f, d->path, 0, "age_to cuts a band");
	w->width = n;
	return 0;
}

static int
work_open(struct rate_work *w, const struct definition *d, struct fault *f)
{
	w->d = d;
	w->index = map_new();
	w->people_index = map_new();
	w->width = 1;
	w->to = 1;
	if (!banded(d))
		return 0;
	if ((w->bands = bands_open(d->bands, f)) == NULL)
		return -1;
	if (d->method == DEFINITION_DSR && !bands_weighted(w->bands))
		return fault_at(f, d->path, 0, "its standard has no weights");
	return cut_bands(w, f);
}

struct rate *
rate_new(const struct rate_options *o, struct fault *f)
{
	struct rate *r = mem_zero(1, sizeof *r);
	size_t i;
	int added;

	r->options = *o;
	r->n = o->n;
	r->ids = map_new();
	r->works = mem_zero(o->n > 0 ? o->n : 1, sizeof *r->works);
	for (i = 0; i < o->n; i++) {
		const struct definition *d = o->definitions[i];

		(void)map_add(r->ids, d->id, strlen(d->id), &added);
		if (!added)
			(void)fault_set(f, "indicator %s is asked for twice",
			    d->id);
		if (!added || work_open(&r->works[i], d, f) == -1 ||
		    rate_work_protect(&r->works[i], o->disclosure, f) == -1) {
			rate_free(r);
			return NULL;
		}
	}
	return r;
}

void
rate_free(struct rate *r)
{
	size_t i;

	if (r == NULL)
		return;
	for (i = 0; i < r->n; i++) {
		struct rate_work *w = &r->works[i];

		bands_close(w->bands);
		map_free(w->index);
		map_free(w->people_index);
		free(w->sums);
		free(w->problem);
		free(w->people);
		free(w->ref_x);
		free(w->ref_n);
		disclosure_profile_free(w->profile);
	}
	free(r->works);
	map_free(r->ids);
	free(r->rows);
	arena_free(&r->arena);
	free(r);
}

/* Room for one more group, empty. */
size_t
rate_group_of(struct rate_work *w, const void *key, size_t n)
{
	int added;
	size_t g = map_add(w->index, key, n, &added);

	if (!added)
		return g;
	if (g >= w->cap) {
		w->cap = w->cap > 0 ? w->cap * 2 : 1024;
		w->sums = mem_array(w->sums, w->cap * w->width,
		    sizeof *w->sums);
		w->problem = mem_array(w->problem, w->cap, 1);
	}
	memset(&w->sums[g * w->width], 0, w->width * sizeof *w->sums);
	w->problem[g] = ESTIMATE_FINE;
	w->ngroups = g + 1;
	return g;
}

double
rate_number(num_wide v)
{
	/* A double's digits suffice up to 2^53; whole counts are exact. */
	num_wide whole = v / 1000000000, rest = v % 1000000000;

	return (double)whole + (double)rest / RATE_UNIT;
}

int
rate_wants_people(const struct definition *d)
{
	return d->denominator.kind == DEFINITION_POPULATION;
}

/* The four cells of a group's key, NUL-terminated each. */
void
rate_split_key(const char *key, const char *cells[4])
{
	int i;

	for (i = 0; i < 4; i++) {
		cells[i] = key;
		key += strlen(key) + 1;
	}
}

void
rate_add_row(struct rate *r, const struct rate_row *row)
{
	if (r->nrows == r->rows_cap) {
		r->rows_cap = r->rows_cap > 0 ? r->rows_cap * 2 : 256;
		r->rows = mem_array(r->rows, r->rows_cap, sizeof *r->rows);
	}
	r->rows[r->nrows++] = *row;
}

static int
compare_rows(const void *a, const void *b)
{
	static const enum definition_key order[4] = { DEFINITION_AREA,
	    DEFINITION_PERIOD, DEFINITION_SEX, DEFINITION_CATEGORY };
	const struct rate_row *p = a, *q = b;
	int c = strcmp(p->definition->id, q->definition->id), i;

	for (i = 0; c == 0 && i < 4; i++)
		c = strcmp(p->key[order[i]], q->key[order[i]]);
	return c;
}

/*
 * From life expectancies by quantile (category, in C byte order: 01 is the
 * least advantaged) to one slope index per area, period and sex.
 */
static void
to_slopes(struct rate *r, size_t first)
{
	const struct estimate_levels *l = &r->options.levels;
	struct slope_options o = { SLOPE_LINEAR, 0, 1, 0, 0 };
	size_t i, k, end, to = first;

	for (i = first; i < r->nrows; i = end) {
		struct slope_quantile q[SLOPE_MAX_QUANTILES];
		struct rate_row row = r->rows[i];
		struct slope s;
		size_t n = 0;

		o.draws = (size_t)row.definition->draws;
		o.seed = row.definition->seed;

		row.count = row.denominator = 0;
		row.key[DEFINITION_CATEGORY] = "";
		for (end = i; end < r->nrows &&
		    strcmp(r->rows[end].key[DEFINITION_AREA],
		    row.key[DEFINITION_AREA]) == 0 &&
		    strcmp(r->rows[end].key[DEFINITION_PERIOD],
		    row.key[DEFINITION_PERIOD]) == 0 &&
		    strcmp(r->rows[end].key[DEFINITION_SEX],
		    row.key[DEFINITION_SEX]) == 0; end++) {
			const struct rate_row *of = &r->rows[end];
			double half = NAN;

			for (k = 0; k < l->n; k++)
				if (l->confidence[k] > 0.9499 &&
				    l->confidence[k] < 0.9501)
					half = of->estimate.upper[k] -
					    of->estimate.value;
			if (n == SLOPE_MAX_QUANTILES)
				continue;
			q[n].people = of->denominator;
			q[n].value = of->estimate.value;
			q[n].lower = of->estimate.value - half;
			q[n++].upper = of->estimate.value + half;
			row.count += of->count;
			row.denominator += of->denominator;
			if (of->estimate.reason != ESTIMATE_FINE)
				row.estimate.reason = of->estimate.reason;
		}
		if (row.estimate.reason != ESTIMATE_FINE) {
			estimate_fail(&row.estimate, row.estimate.reason);
		} else {
			slope_index(n, q, &o, l, &s);
			row.estimate = s.sii;
			row.detail = "";
		}
		r->rows[to++] = row;
	}
	r->nrows = to;
}

static int
finish_work(struct rate *r, struct rate_work *w, struct fault *f)
{
	struct rate_truth *truth = NULL;
	unsigned char *lacks;
	size_t g, first = r->nrows;
	int rc = -1;

	if (w->people_given)
		rate_add_silent_areas(w);
	lacks = mem_zero(w->ngroups > 0 ? w->ngroups : 1, 1);
	if (w->people_given)
		rate_join_people(w, lacks);
	if (rate_reference(r, w, lacks, f) == -1 ||
	    (r->options.total != NULL && rate_add_total(w, r->options.total,
	    &lacks, f) == -1))
		goto out;
	truth = mem_array(NULL, w->ngroups + 1, sizeof *truth);
	for (g = 0; g < w->ngroups; g++) {
		const struct rate_sums *s = &w->sums[g * w->width];
		struct rate_row row;

		rate_row_start(w, g, &row);
		if (lacks[g])
			estimate_fail(&row.estimate, ESTIMATE_NO_POPULATION);
		else if (w->problem[g] != ESTIMATE_FINE)
			estimate_fail(&row.estimate,
			    (enum estimate_reason)w->problem[g]);
		else if (w->bands != NULL)
			rate_by_bands(r, w, s, &row);
		else
			rate_simple(w, s, &r->options.levels, &row);
		truth[g].x = row.count;
		truth[g].n = isnan(row.denominator) ? 0 : row.denominator;
		rate_protect(w, s, &r->options.levels, &row);
		rate_add_row(r, &row);
	}
	if (w->suppress && w->profile != NULL && r->options.total != NULL &&
	    rate_hide_more(w, r->options.total, r->rows + first, truth,
	    w->ngroups, f) == -1)
		goto out;
	if (r->nrows > first)
		qsort(r->rows + first, r->nrows - first, sizeof *r->rows,
		    compare_rows);
	if (w->d->method == DEFINITION_SII)
		to_slopes(r, first);
	rc = 0;
out:
	free(truth);
	free(lacks);
	return rc;
}

/* Groups whose bands are unknown have lost theirs; they say so themselves. */
static int
no_denominator(const struct rate_work *w)
{
	size_t i, fine = 0;

	for (i = 0; i < w->ngroups * w->width; i++)
		if (w->sums[i].has_n)
			return 0;
	for (i = 0; i < w->ngroups; i++)
		fine += w->problem[i] == ESTIMATE_FINE;
	return fine > 0;
}

int
rate_finish(struct rate *r, const struct rate_row **rows, size_t *n,
    struct fault *f)
{
	size_t i;

	for (i = 0; i < r->n; i++) {
		struct rate_work *w = &r->works[i];

		if (rate_wants_people(w->d) && !w->people_given &&
		    w->ngroups > 0 && no_denominator(w))
			return fault_set(f, "%s needs a population: "
			    "--population FILE", w->d->id);
		if (w->refused && w->ngroups > 0)
			return fault_set(f, "%s adds up values: how many "
			    "people are behind a sum is not among the counts, "
			    "so %s cannot be kept", w->d->id,
			    w->profile->name);
		if (w->d->ncomponents == 0 && finish_work(r, w, f) == -1)
			return -1;
	}
	for (i = 0; i < r->n; i++)
		if (r->works[i].d->ncomponents > 0)
			rate_composite(r, r->works[i].d);
	if (r->nrows > 0)
		qsort(r->rows, r->nrows, sizeof *r->rows, compare_rows);
	*rows = r->rows;
	*n = r->nrows;
	return 0;
}
