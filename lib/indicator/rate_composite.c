/* From the values of components to those of a composite. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "indicator/rate_parts.h"
#include "stats/composite.h"

/* Areas, by period, sex and category, and what each component is there. */
struct table {
	const struct definition *d;
	struct map *areas;       /* area, period, sex and category */
	const char *(*keys)[DEFINITION_KEYS]; /* by area */
	double *values, *scores; /* area * ncomponents */
	size_t n, cap;
};

static void
table_free(struct table *t)
{
	map_free(t->areas);
	free(t->keys);
	free(t->values);
	free(t->scores);
}

static size_t
area_of(struct table *t, const struct rate_row *row, struct buf *key)
{
	static const enum definition_key order[4] = { DEFINITION_AREA,
	    DEFINITION_PERIOD, DEFINITION_SEX, DEFINITION_CATEGORY };
	size_t i, at, k = t->d->ncomponents;
	int added;

	buf_clear(key);
	for (i = 0; i < 4; i++) {
		buf_puts(key, row->key[order[i]]);
		buf_putc(key, '\0');
	}
	at = map_add(t->areas, key->p, key->n, &added);
	if (!added)
		return at;
	if (at >= t->cap) {
		t->cap = t->cap > 0 ? t->cap * 2 : 256;
		t->keys = mem_array(t->keys, t->cap, sizeof *t->keys);
		t->values = mem_array(t->values, t->cap * k,
		    sizeof *t->values);
		t->scores = mem_array(t->scores, t->cap * k,
		    sizeof *t->scores);
	}
	memcpy(t->keys[at], row->key, sizeof row->key);
	for (i = 0; i < k; i++)
		t->values[at * k + i] = t->scores[at * k + i] = NAN;
	t->n = at + 1;
	return at;
}

static void
fill(struct table *t, const struct rate *r)
{
	struct buf key = { 0 };
	size_t i, c, at;

	for (i = 0; i < r->nrows; i++)
		for (c = 0; c < t->d->ncomponents; c++) {
			if (strcmp(r->rows[i].definition->id,
			    t->d->components[c].indicator) != 0)
				continue;
			at = area_of(t, &r->rows[i], &key);
			t->values[at * t->d->ncomponents + c] =
			    r->rows[i].estimate.value;
		}
	buf_free(&key);
}

static int
same_field(const char *const *a, const char *const *b)
{
	return strcmp(a[DEFINITION_PERIOD], b[DEFINITION_PERIOD]) == 0 &&
	    strcmp(a[DEFINITION_SEX], b[DEFINITION_SEX]) == 0 &&
	    strcmp(a[DEFINITION_CATEGORY], b[DEFINITION_CATEGORY]) == 0;
}

static int
is_total(const struct table *t, size_t area, const char *total)
{
	return total != NULL && strcmp(t->keys[area][DEFINITION_AREA],
	    total) == 0;
}

/* Scores of the areas that have the first one's period and so on. */
static void
score_field(struct table *t, size_t first, const char *total,
    unsigned char *done)
{
	double *x = mem_array(NULL, t->n, sizeof *x);
	double *to = mem_array(NULL, t->n, sizeof *to);
	size_t *at = mem_array(NULL, t->n, sizeof *at);
	size_t i, c, n = 0, k = t->d->ncomponents, all = SIZE_MAX;

	for (i = first; i < t->n; i++) {
		if (done[i] || !same_field(t->keys[i], t->keys[first]))
			continue;
		done[i] = 1;
		if (is_total(t, i, total))
			all = i;
		else
			at[n++] = i;
	}
	for (c = 0; c < k; c++) {
		for (i = 0; i < n; i++)
			x[i] = t->values[at[i] * k + c];
		composite_scores(n, x, t->d->scale,
		    t->d->components[c].reversed,
		    all != SIZE_MAX ? t->values[all * k + c] : NAN, to);
		for (i = 0; i < n; i++)
			t->scores[at[i] * k + c] = to[i];
	}
	free(x);
	free(to);
	free(at);
}

/* Components without a score, as "a;b". */
static const char *
name_missing(struct rate *r, const struct table *t, const double *scores)
{
	struct buf b = { 0 };
	const char *text;
	size_t i;

	for (i = 0; i < t->d->ncomponents; i++) {
		if (!isnan(scores[i]))
			continue;
		if (b.n > 0)
			buf_putc(&b, ';');
		buf_puts(&b, t->d->components[i].indicator);
	}
	text = arena_string(&r->arena, buf_string(&b));
	buf_free(&b);
	return text;
}

static void
add_area(struct rate *r, const struct table *t, size_t area,
    const double *weights)
{
	const double *scores = &t->scores[area * t->d->ncomponents];
	struct rate_row row;
	size_t used;

	memset(&row, 0, sizeof row);
	memcpy(row.key, t->keys[area], sizeof row.key);
	row.definition = t->d;
	row.detail = "";
	estimate_fail(&row.estimate, ESTIMATE_FINE);
	row.estimate.value = composite_mean(t->d->ncomponents, scores, weights,
	    t->d->mean, &used) * t->d->multiplier;
	row.count = (double)used;
	row.denominator = (double)t->d->ncomponents;
	if (used < t->d->least) {
		estimate_fail(&row.estimate, ESTIMATE_MISSING_COMPONENT);
		row.detail = name_missing(r, t, scores);
	}
	rate_add_row(r, &row);
}

/* Were they all among the counts? */
static int
all_counted(const struct rate *r, const struct definition *d)
{
	size_t i, at;

	for (i = 0; i < d->ncomponents; i++) {
		const char *id = d->components[i].indicator;

		at = map_find(r->ids, id, strlen(id));
		if (at == MAP_NONE || r->works[at].ngroups == 0)
			return 0;
	}
	return 1;
}

void
rate_composite(struct rate *r, const struct definition *d)
{
	const char *total = r->options.total;
	struct table t = { .d = d, .areas = map_new() };
	double *weights = mem_array(NULL, d->ncomponents, sizeof *weights);
	unsigned char *done;
	size_t i;

	for (i = 0; i < d->ncomponents; i++)
		weights[i] = d->components[i].weight;
	if (r->options.others || all_counted(r, d))
		fill(&t, r);
	done = mem_zero(t.n + 1, 1);
	for (i = 0; i < t.n; i++)
		if (!done[i])
			score_field(&t, i, total, done);
	for (i = 0; i < t.n; i++)
		if (!is_total(&t, i, total))
			add_area(r, &t, i, weights);
	table_free(&t);
	free(weights);
	free(done);
}
