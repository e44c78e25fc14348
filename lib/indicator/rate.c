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
	struct fault why = FAULT_NONE;

	w->width = bands_count(w->bands);
	w->per = PIECES_BYTES / (w->width * sizeof **w->sums);
	return bands_cut(w->bands, w->d->age_from, w->d->age_to, &w->from,
	    &w->to, &why) == 0 ? 0 : definition_fault(w->d, "method", f,
	    &why);
}

static int
work_open(struct rate_work *w, const struct definition *d, struct fault *f)
{
	w->d = d;
	w->index = map_new();
	w->people_index = map_new();
	w->width = 1;
	w->to = 1;
	w->per = PIECES_BYTES / sizeof **w->sums;
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
	r->pieces = pieces_new();
	r->works = mem_zero(o->n > 0 ? o->n : 1, sizeof *r->works);
	for (i = 0; i < o->n; i++) {
		const struct definition *d = o->definitions[i];

		r->works[i].pieces = r->pieces;
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
		free(w->squares);
		free(w->large);
		free(w->people);
		free(w->ref_x);
		free(w->ref_n);
		disclosure_profile_free(w->profile);
	}
	free(r->works);
	map_free(r->ids);
	pieces_free(r->pieces);
	free(r->rows);
	arena_free(&r->arena);
	free(r);
}

/* Room for the groups that the index has, new ones empty. */
static void
add_groups(struct rate_work *w)
{
	size_t g, i, n = map_count(w->index);

	if (n > w->cap) {
		w->cap = n * 2;
		w->sums = mem_array(w->sums, w->cap / w->per + 1,
		    sizeof *w->sums);
		w->problem = mem_array(w->problem, w->cap, 1);
		if (w->d->method == DEFINITION_MEAN)
			w->squares = mem_array(w->squares, w->cap,
			    sizeof *w->squares);
	}
	for (g = w->ngroups; g < n; g++) {
		struct rate_sums *s;

		if (g % w->per == 0)
			w->sums[g / w->per] = pieces_take(w->pieces);
		s = rate_sums_of(w, g);
		for (i = 0; i < w->width; i++)
			s[i].x.v = s[i].n.v = RATE_ABSENT;
		w->problem[g] = ESTIMATE_FINE;
		if (w->squares != NULL)
			w->squares[g] = (struct rate_squares){ 0, 0 };
	}
	w->ngroups = n;
}

size_t
rate_group_of(struct rate_work *w, const void *key, size_t n)
{
	size_t g = map_add(w->index, key, n, NULL);

	add_groups(w);
	return g;
}

void
rate_groups_of(struct rate_work *w, const char *const *key, const size_t *n,
    size_t count, size_t *to)
{
	map_add_many(w->index, key, n, count, to);
	add_groups(w);
}

int
rate_wants_people(const struct definition *d)
{
	return d->denominator.kind == DEFINITION_POPULATION;
}

int
rate_may_be_negative(const struct definition *d)
{
	return d->numerator.kind == DEFINITION_SUM &&
	    (d->method == DEFINITION_MEAN || d->method == DEFINITION_RATIO ||
	    d->method == DEFINITION_COUNT);
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
	int c = p->definition == q->definition ? 0 :
	    strcmp(p->definition->id, q->definition->id), i;

	for (i = 0; c == 0 && i < 4; i++)
		c = strcmp(p->key[order[i]], q->key[order[i]]);
	return c;
}

/* Counts mostly come in order. */
static void
sort_rows(struct rate_row *rows, size_t n)
{
	size_t i;

	for (i = 1; i < n && compare_rows(&rows[i - 1], &rows[i]) <= 0; i++)
		continue;
	if (i < n)
		qsort(rows, n, sizeof *rows, compare_rows);
}

/* Is every quantile of these rows a whole number? */
static int
numbered(const struct rate_row *rows, size_t n)
{
	size_t i, k;

	for (i = 0; i < n; i++) {
		const char *s = rows[i].key[DEFINITION_CATEGORY];

		k = strspn(s, "0123456789");
		if (k == 0 || k > 9 || s[k] != '\0')
			return 0;
	}
	return 1;
}

static int
by_number(const void *a, const void *b)
{
	const struct rate_row *p = a, *q = b;
	long x = strtol(p->key[DEFINITION_CATEGORY], NULL, 10);
	long y = strtol(q->key[DEFINITION_CATEGORY], NULL, 10);

	return (x > y) - (x < y);
}

/* The quantiles that some area has and these rows have not, as "3;7". */
static const char *
name_absent(struct rate *r, const struct map *all, const struct rate_row *rows,
    size_t n)
{
	struct buf b = { 0 };
	const char *text, *name;
	size_t i, k;

	for (i = 0; i < map_count(all); i++) {
		name = map_key(all, i, NULL);
		for (k = 0; k < n; k++)
			if (strcmp(rows[k].key[DEFINITION_CATEGORY], name) ==
			    0)
				break;
		if (k == n)
			buf_printf(&b, "%s%s", b.n > 0 ? ";" : "", name);
	}
	text = arena_string(&r->arena, buf_string(&b));
	buf_free(&b);
	return text;
}

/* One slope index of the life expectancies of n quantiles. */
static void
to_slope(struct rate *r, const struct map *all, struct rate_row *rows,
    size_t n, struct rate_row *to)
{
	const struct estimate_levels *l = &r->options.levels;
	struct slope_options o = { SLOPE_LINEAR, 0, 1, 0, 0 };
	struct slope_quantile q[SLOPE_MAX_QUANTILES];
	struct estimate_levels usual;
	enum estimate_reason reason = ESTIMATE_FINE;
	struct slope s;
	size_t i;

	*to = rows[0];
	to->key[DEFINITION_CATEGORY] = "";
	to->count = to->denominator = 0;
	o.draws = (size_t)to->definition->draws;
	o.seed = to->definition->seed;
	(void)estimate_levels_set(&usual, estimate_usual, 1);
	if (numbered(rows, n)) /* 10 is after 9 */
		qsort(rows, n, sizeof *rows, by_number);
	for (i = 0; i < n; i++) {
		const struct estimate *e = &rows[i].estimate;
		/* The slope takes 95% limits, whichever were asked for. */
		double half = l->n > 0 ? (e->upper[0] - e->value) / l->z[0] *
		    usual.z[0] : NAN;

		to->count += rows[i].count;
		to->denominator += rows[i].denominator;
		if (e->reason != ESTIMATE_FINE) {
			reason = e->reason;
			to->detail = rows[i].detail;
		}
		if (i < SLOPE_MAX_QUANTILES)
			q[i] = (struct slope_quantile){ rows[i].denominator,
			    e->value, e->value - half, e->value + half };
	}
	if (reason == ESTIMATE_FINE && n < map_count(all)) {
		reason = ESTIMATE_MISSING_BAND;
		to->detail = name_absent(r, all, rows, n);
	} else if (reason == ESTIMATE_FINE && n > SLOPE_MAX_QUANTILES) {
		reason = ESTIMATE_UNKNOWN_BAND;
	}
	if (reason != ESTIMATE_FINE) {
		estimate_fail(&to->estimate, reason);
		return;
	}
	slope_index(n, q, &o, l, &s);
	to->estimate = s.sii;
	to->detail = "";
}

/*
 * From life expectancies by quantile (category, in C byte order, or by number
 * where all are numbers: the first is the least advantaged) to one slope
 * index per area, period and sex. One that lacks a quantile of the others
 * would have another slope for that alone.
 */
static void
to_slopes(struct rate *r, size_t first)
{
	static const enum definition_key apart[3] = { DEFINITION_AREA,
	    DEFINITION_PERIOD, DEFINITION_SEX };
	struct map *all = map_new();
	size_t i, k, end, to = first;

	for (i = first; i < r->nrows; i++) {
		const char *c = r->rows[i].key[DEFINITION_CATEGORY];

		/* Events of an unknown quantile are of one area only. */
		if (r->rows[i].estimate.reason != ESTIMATE_NO_POPULATION)
			(void)map_add(all, c, strlen(c), NULL);
	}
	for (i = first; i < r->nrows; i = end) {
		struct rate_row row;

		for (end = i + 1; end < r->nrows; end++) {
			for (k = 0; k < 3; k++)
				if (strcmp(r->rows[end].key[apart[k]],
				    r->rows[i].key[apart[k]]) != 0)
					break;
			if (k < 3)
				break;
		}
		to_slope(r, all, r->rows + i, end - i, &row);
		r->rows[to++] = row;
	}
	r->nrows = to;
	map_free(all);
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
		const struct rate_sums *s = rate_sums_of(w, g);
		struct rate_row row;

		rate_row_start(w, g, &row);
		if (lacks[g])
			estimate_fail(&row.estimate, ESTIMATE_NO_POPULATION);
		else if (w->bands != NULL && w->problem[g] == ESTIMATE_FINE)
			rate_by_bands(r, w, s, &row);
		else if (w->d->method == DEFINITION_MEAN)
			rate_mean(w, g, &r->options.levels, &row);
		else if (w->bands == NULL)
			rate_simple(w, rate_double(w, s->x),
			    rate_double(w, s->n), &r->options.levels, &row);
		if (!lacks[g] && w->problem[g] != ESTIMATE_FINE &&
		    row.estimate.reason != w->problem[g]) {
			rate_row_start(w, g, &row);
			estimate_fail(&row.estimate,
			    (enum estimate_reason)w->problem[g]);
		}
		truth[g].x = row.count;
		truth[g].n = isnan(row.denominator) ? 0 : row.denominator;
		rate_protect(w, g, &r->options.levels, &row);
		rate_add_row(r, &row);
	}
	if (w->suppress && w->profile != NULL && r->options.total != NULL &&
	    rate_hide_more(w, r->options.total, r->rows + first, truth,
	    w->ngroups, f) == -1)
		goto out;
	sort_rows(r->rows + first, r->nrows - first);
	if (w->d->method == DEFINITION_SII)
		to_slopes(r, first);
	for (g = first; g < r->nrows; g++)
		rate_protect_digits(w, &r->options.levels, &r->rows[g]);
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
	size_t i, k, fine = 0;

	for (i = 0; i < w->ngroups; i++)
		for (k = 0; k < w->width; k++)
			if (rate_has(rate_sums_of(w, i)[k].n))
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
	sort_rows(r->rows, r->nrows);
	*rows = r->rows;
	*n = r->nrows;
	return 0;
}
