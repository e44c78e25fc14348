/* Populations, totals and references joined to the counts. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/num.h"
#include "csv/table.h"
#include "indicator/rate_parts.h"

/* The populations of a group by its key; MAP_NONE: there are none. */
static size_t
people_find(const struct rate_work *w, const char *key, size_t n,
    struct buf *scratch)
{
	const char *cells[4];

	if (w->people_have_period)
		return map_find(w->people_index, key, n);
	rate_split_key(key, cells);
	buf_clear(scratch);
	buf_puts(scratch, cells[0]);
	buf_put(scratch, "\0", 2);
	buf_puts(scratch, cells[2]);
	buf_putc(scratch, '\0');
	buf_puts(scratch, cells[3]);
	return map_find(w->people_index, scratch->p, scratch->n);
}

/*
 * An area of the populations without a record among the counts has no
 * events, in every period that the counts have.
 */
void
rate_add_silent_areas(struct rate_work *w)
{
	struct map *periods = map_new();
	struct buf key = { 0 };
	size_t i, p, n, g = w->ngroups;
	const char *cells[4], *k;

	for (i = 0; i < g; i++) {
		rate_split_key(map_key(w->index, i, NULL), cells);
		(void)map_add(periods, cells[1], strlen(cells[1]), NULL);
	}
	for (i = 0; i < w->npeople; i++) {
		k = map_key(w->people_index, i, &n);
		if (w->people_have_period) {
			rate_split_key(k, cells);
			if (map_find(periods, cells[1], strlen(cells[1])) !=
			    MAP_NONE)
				(void)rate_group_of(w, k, n);
			continue;
		}
		rate_split_key(k, cells);
		for (p = 0; p < map_count(periods); p++) {
			buf_clear(&key);
			buf_puts(&key, cells[0]);
			buf_putc(&key, '\0');
			buf_puts(&key, map_key(periods, p, NULL));
			buf_putc(&key, '\0');
			buf_puts(&key, cells[2]);
			buf_putc(&key, '\0');
			buf_puts(&key, cells[3]);
			(void)rate_group_of(w, key.p, key.n);
		}
	}
	buf_free(&key);
	map_free(periods);
}

/*
 * Fills the denominators of groups from the populations; a band without a
 * record is 0 of its people.
 */
void
rate_join_people(struct rate_work *w, unsigned char *lacks)
{
	struct buf scratch = { 0 };
	size_t g, i, n, p;
	const char *key;

	for (g = 0; g < w->ngroups; g++) {
		key = map_key(w->index, g, &n);
		p = people_find(w, key, n, &scratch);
		if (p == MAP_NONE) {
			lacks[g] = 1;
			continue;
		}
		for (i = 0; i < w->width; i++) {
			struct rate_sums *s = &rate_sums_of(w, g)[i];
			struct rate_total v = w->people[p * w->width + i];

			rate_total_set(w, &s->n, rate_wide(w, v));
			if (!rate_has(v))
				s->n.v = RATE_ABSENT;
			else if (s->x.v == RATE_ABSENT)
				s->x.v = 0;
		}
	}
	buf_free(&scratch);
}

static int
of_reference(const struct definition *d)
{
	return d->method == DEFINITION_ISR_RATIO ||
	    d->method == DEFINITION_ISR_RATE;
}

/* Why an area cannot be part of a total. */
static enum estimate_reason
area_problem(const struct rate_work *w, size_t g)
{
	const struct rate_sums *s = rate_sums_of(w, g);
	size_t i;

	if (w->problem[g] != ESTIMATE_FINE)
		return (enum estimate_reason)w->problem[g];
	for (i = w->from; i < w->to; i++) {
		num_wide x = rate_wide(w, s[i].x), n = rate_wide(w, s[i].n);

		if (!rate_has(s[i].x) || (!rate_has(s[i].n) && w->d->method !=
		    DEFINITION_COUNT))
			return w->bands != NULL ? ESTIMATE_MISSING_BAND :
			    ESTIMATE_MISSING;
		if ((x < 0 && !rate_may_be_negative(w->d)) || n < 0)
			return ESTIMATE_NEGATIVE;
		if (n == 0 && x != 0 && w->d->method != DEFINITION_COUNT &&
		    !of_reference(w->d))
			return ESTIMATE_ZERO_DENOMINATOR;
		if (w->d->method == DEFINITION_PROPORTION && x > n)
			return ESTIMATE_ABOVE_DENOMINATOR;
	}
	return ESTIMATE_FINE;
}

/*
 * Adds all areas together, under a name of their own. Areas without a
 * population are left out; one that is wrong makes the total empty.
 */
int
rate_add_total(struct rate_work *w, const char *name, unsigned char **lacks,
    struct fault *f)
{
	struct buf key = { 0 };
	size_t g, i, groups = w->ngroups, before, to;
	unsigned char problem;
	const char *cells[4];

	for (g = 0; g < groups; g++) {
		rate_split_key(map_key(w->index, g, NULL), cells);
		if (strcmp(cells[0], name) == 0) {
			buf_free(&key);
			return fault_set(f, "the counts of %s have an area "
			    "with the name of the total", w->d->id);
		}
		buf_clear(&key);
		buf_puts(&key, name);
		for (i = 1; i < 4; i++) {
			buf_putc(&key, '\0');
			buf_puts(&key, cells[i]);
		}
		before = w->ngroups;
		to = rate_group_of(w, key.p, key.n);
		if (w->ngroups > before) {
			*lacks = mem_array(*lacks, w->ngroups, 1);
			(*lacks)[to] = 0;
		}
		if ((*lacks)[g]) /* events of nobody would only mislead */
			continue;
		/* Of several the first by code: whatever order they come in. */
		problem = (unsigned char)area_problem(w, g);
		if (problem != ESTIMATE_FINE && (w->problem[to] ==
		    ESTIMATE_FINE || problem < w->problem[to]))
			w->problem[to] = problem;
		for (i = 0; i < w->width; i++) {
			const struct rate_sums *a = &rate_sums_of(w, g)[i];
			struct rate_sums *b = &rate_sums_of(w, to)[i];

			if ((rate_has(a->x) && rate_total_add(w, &b->x,
			    rate_wide(w, a->x)) == -1) ||
			    (rate_has(a->n) && rate_total_add(w, &b->n,
			    rate_wide(w, a->n)) == -1) || (w->squares != NULL
			    && num_wide_add(&w->squares[to].sum,
			    w->squares[g].sum) == -1)) {
				buf_free(&key);
				return fault_set(f, "the total of %s is too "
				    "large", w->d->id);
			}
			if (w->squares != NULL)
				w->squares[to].lacks |= w->squares[g].lacks;
		}
	}
	buf_free(&key);
	return 0;
}

/*
 * The reference of an indirect method: a file, or the total of all areas that
 * nothing is wrong with. Others would be wrong for the sake of one.
 */
static int
reference_file(struct rate_work *w, const char *path, struct fault *f)
{
	static const char *const names[3] = { "age_band", "count",
	    "population" };
	struct csv_table *t = csv_table_open(path, ',', f);
	double v[2];
	long at[3], band;
	size_t i, k;
	int rc = -1;

	if (t == NULL)
		return -1;
	for (k = 0; k < 3; k++)
		if ((at[k] = csv_table_column(t, names[k], f)) == -1)
			goto out;
	for (i = 0; i < t->nrows; i++) {
		const char *s = csv_table_cell(t, i, (size_t)at[0]);

		band = bands_find(w->bands, s, strlen(s));
		if (band < 0) {
			(void)fault_at(f, path, t->lines[i], "the reference "
			    "has a band that the standard lacks");
			goto out;
		}
		for (k = 0; k < 2; k++) {
			s = csv_table_cell(t, i, (size_t)at[k + 1]);
			if (num_double(s, strlen(s), &v[k]) == -1 ||
			    v[k] < 0) {
				(void)fault_at(f, path, t->lines[i],
				    "%s must be a number not below 0",
				    names[k + 1]);
				goto out;
			}
		}
		w->ref_x[band] += v[0];
		w->ref_n[band] += v[1];
	}
	for (i = w->from; i < w->to; i++)
		if (!(w->ref_n[i] > 0)) {
			(void)fault_at(f, path, 0, "the reference lacks the "
			    "age band %s", bands_label(w->bands, i));
			goto out;
		}
	rc = 0;
out:
	csv_table_close(t);
	return rc;
}

int
rate_reference(struct rate *r, struct rate_work *w, const unsigned char *lacks,
    struct fault *f)
{
	const char *path = r->options.reference != NULL ?
	    r->options.reference : w->d->reference;
	num_wide x[BANDS_MAX] = { 0 }, n[BANDS_MAX] = { 0 };
	size_t g, i;

	if (!of_reference(w->d))
		return 0;
	w->ref_x = mem_zero(w->width, sizeof *w->ref_x);
	w->ref_n = mem_zero(w->width, sizeof *w->ref_n);
	if (path != NULL)
		return reference_file(w, path, f);
	if (w->profile != NULL && w->suppress && r->options.total == NULL)
		return fault_set(f, "the reference of %s is all areas, whose "
		    "total would give a hidden one away: --reference or "
		    "--total", w->d->id);
	for (g = 0; g < w->ngroups; g++) {
		const struct rate_sums *s = rate_sums_of(w, g);

		if (lacks[g] || area_problem(w, g) != ESTIMATE_FINE)
			continue;
		for (i = 0; i < w->width; i++)
			if (num_wide_add(&x[i], rate_wide(w, s[i].x)) == -1 ||
			    num_wide_add(&n[i], rate_wide(w, s[i].n)) == -1)
				return fault_set(f, "the total of %s is too "
				    "large", w->d->id);
	}
	for (i = 0; i < w->width; i++) {
		w->ref_x[i] = rate_rounded(w, rate_number(x[i]));
		w->ref_n[i] = rate_number(n[i]);
	}
	return 0;
}
