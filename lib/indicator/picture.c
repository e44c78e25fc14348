#include "picture.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "indicator/picture_parts.h"
#include "stats/funnel.h"

#define LIMITS 200 /* points of a drawn limit */

static int
same(const char *cell, const char *wanted)
{
	return strcmp(cell, wanted != NULL ? wanted : "") == 0;
}

/* The rows of one indicator, sex and category; area, period NULL: any. */
int
picture_select(const struct picture *p, const char *area, const char *period,
    struct picture_rows *to, struct fault *f)
{
	size_t i, others = 0, some = 0;

	to->n = 0;
	to->v = mem_array(NULL, p->values->n + 1, sizeof *to->v);
	for (i = 0; i < p->values->n; i++) {
		const struct values_row *r = &p->values->rows[i];

		if (strcmp(r->indicator, p->definition->id) != 0 ||
		    (area != NULL && strcmp(r->area, area) != 0) ||
		    (period != NULL && strcmp(r->period, period) != 0))
			continue;
		if (!same(r->sex, p->sex) || !same(r->category, p->category)) {
			others++;
			continue;
		}
		to->v[to->n++] = r;
		some += isnan(r->v.value) ? 0 : 1;
	}
	if (some > 0)
		return 0;
	free(to->v);
	return fault_set(f, "%s has nothing to draw%s", p->definition->id,
	    to->n > 0 ? ": no row has a value" : others > 0 ? ": its values are by sex or category; choose one" :
	    "");
}

const char *
picture_last_period(const struct picture *p)
{
	const char *last = "";
	size_t i;

	for (i = 0; i < p->values->n; i++)
		if (strcmp(p->values->rows[i].indicator,
		    p->definition->id) == 0 &&
		    strcmp(p->values->rows[i].period, last) > 0)
			last = p->values->rows[i].period;
	return last;
}

/* Words with what a picture says of itself. Yours to free. */
char *
picture_subtitle(const struct picture *p, const char *area,
    const char *period, const char *unit)
{
	struct buf b = { 0 };

	if (area != NULL && *area != '\0')
		buf_printf(&b, "%s, ", area);
	if (period != NULL && *period != '\0')
		buf_printf(&b, "%s, ", period);
	if (p->sex != NULL)
		buf_printf(&b, "sex %s, ", p->sex);
	if (p->category != NULL)
		buf_printf(&b, "%s, ", p->category);
	buf_puts(&b, unit);
	(void)buf_string(&b);
	return b.p;
}

struct chart_words
picture_words_of(const struct picture *p, const char *made_subtitle)
{
	const struct definition *d = p->definition;
	struct chart_words w = { p->id != NULL ? p->id : "c", p->title != NULL
	    ? p->title : d->title, p->subtitle != NULL ? p->subtitle :
	    made_subtitle, p->source, NULL, d->unit, d->decimals,
	    d->method == DEFINITION_PROPORTION ? d->multiplier : 0, NULL,
	    d->method != DEFINITION_MEAN && d->method != DEFINITION_SII &&
	    d->method != DEFINITION_COMPOSITE && d->method != DEFINITION_COUNT
	    && d->method != DEFINITION_RATIO };

	return w;
}

enum chart_sense
picture_sense(enum compare_result r, enum compare_polarity polarity)
{
	int high = r == COMPARE_HIGHER || r == COMPARE_HIGHEST;

	if (r == COMPARE_UNKNOWN)
		return CHART_UNCOMPARED;
	if (r == COMPARE_SAME)
		return CHART_PLAIN;
	if (polarity == COMPARE_NEUTRAL)
		return high ? CHART_HIGH : CHART_LOW;
	return high == (polarity == COMPARE_HIGH_IS_GOOD) ? CHART_GOOD :
	    CHART_BAD;
}

int
picture_compares(const struct picture *p)
{
	return p->comparator != NULL && p->definition->comparison !=
	    COMPARE_NONE;
}

enum chart_sense
picture_sense_of(const struct picture *p, const struct values_row *r,
    const struct values_row *other)
{
	const struct definition *d = p->definition;

	if (!picture_compares(p))
		return CHART_PLAIN;
	return r == other ? CHART_UNCOMPARED : picture_sense(values_compare(d,
	    d->comparison, r, other), d->polarity);
}

/* What a funnel needs to know of its units. */
struct mouth {
	enum definition_method method;
	double multiplier, average; /* average without the multiplier */
	int adjusted;
	enum funnel_dispersion how;
	struct funnel_model model;
};

static void
mouth_limits(const struct mouth *m, double x, double lower[2],
    double upper[2])
{
	struct funnel_options o = { FUNNEL_PROPORTION, m->multiplier, 1 };
	struct funnel_row row;

	if (m->adjusted) {
		funnel_model_limits(m->how, &m->model, x, m->multiplier,
		    lower, upper);
	} else if (m->method == DEFINITION_PROPORTION) {
		funnel_limit(&o, m->average, x, &row);
		memcpy(lower, row.lower, sizeof row.lower);
		memcpy(upper, row.upper, sizeof row.upper);
	} else {
		funnel_poisson_limits(x * m->average, m->average *
		    m->multiplier, lower, upper);
	}
}

static int
mouth_set(const struct picture *p, const struct picture_rows *rows,
    struct mouth *m, struct fault *f)
{
	const struct definition *d = p->definition;
	struct funnel_unit *u = mem_array(NULL, rows->n, sizeof *u);
	struct funnel_dispersed *out = mem_array(NULL, rows->n, sizeof *out);
	double x = 0, n = 0;
	size_t i, k = 0;
	int rc = -1;

	memset(m, 0, sizeof *m);
	m->method = d->method;
	m->multiplier = d->multiplier;
	m->adjusted = p->adjusted;
	m->how = d->method == DEFINITION_PROPORTION ? FUNNEL_ARCSINE :
	    FUNNEL_SHMI;
	for (i = 0; i < rows->n; i++) {
		const struct values_row *r = rows->v[i];
		double size = values_size(p->definition, r);

		if (isnan(r->v.value) || !(size > 0) ||
		    !(r->v.count >= 0) || /* or there is none */
		    (p->comparator != NULL &&
		    strcmp(r->area, p->comparator) == 0))
			continue;
		x += r->v.count;
		n += size;
		if (m->how == FUNNEL_SHMI ? !(r->v.count > 0) :
		    r->v.count > size)
			continue; /* cannot be transformed: drawn, not fitted */
		u[k].numerator = r->v.count;
		u[k].rate = r->v.value;
		u[k++].denominator = size;
	}
	m->average = d->method == DEFINITION_SMR ||
	    d->method == DEFINITION_ISR_RATIO ? 1 : n > 0 ? x / n : NAN;
	if (isnan(m->average) || !(m->average > 0)) {
		(void)fault_set(f, "%s has nothing to draw: no average",
		    d->id);
		goto out;
	}
	if (m->adjusted && d->method != DEFINITION_PROPORTION &&
	    d->method != DEFINITION_SMR &&
	    d->method != DEFINITION_ISR_RATIO) {
		(void)fault_set(f, "limits are adjusted for over-dispersion "
		    "of proportions and of observed over expected only");
		goto out;
	}
	if (m->adjusted && funnel_disperse(m->how, u, k, 0.1, m->multiplier,
	    out, &m->model) == -1) {
		(void)fault_set(f, "%s: too few areas with events to adjust "
		    "limits for over-dispersion", d->id);
		goto out;
	}
	rc = 0;
out:
	free(u);
	free(out);
	return rc;
}

/* What the picture leaves out, and what its limits are, in words. */
static char *
funnel_subtitle(const struct picture *p, const char *period, size_t without)
{
	char *made = picture_subtitle(p, NULL, period, p->definition->unit);
	char *all = mem_printf("%s%s", made, p->adjusted ?
	    "; limits adjusted for over-dispersion" : "");

	free(made);
	if (without == 0)
		return all;
	made = mem_printf("%s; %zu %s left out", all, without, without == 1 ?
	    "area without a value is" : "areas without a value are");
	free(all);
	return made;
}

int
picture_funnel(const struct picture *p, struct buf *to, struct fault *f)
{
	const struct definition *d = p->definition;
	const char *period = p->period != NULL ? p->period : picture_last_period(p);
	struct chart_limit limits[LIMITS];
	struct chart_point *points;
	struct chart_words w;
	double most = 0;
	struct picture_rows rows;
	struct mouth m;
	char *made;
	size_t i, n = 0, without = 0;

	if (d->method != DEFINITION_PROPORTION && d->method !=
	    DEFINITION_CRUDE_RATE && d->method != DEFINITION_SMR &&
	    d->method != DEFINITION_ISR_RATIO && d->method != DEFINITION_DSR)
		return fault_set(f, "a funnel plot is for proportions, rates "
		    "and ratios, not for a %s",
		    definition_method_code(d->method));
	if (picture_select(p, NULL, period, &rows, f) == -1)
		return -1;
	if (mouth_set(p, &rows, &m, f) == -1) {
		free(rows.v);
		return -1;
	}
	points = mem_zero(rows.n, sizeof *points);
	for (i = 0; i < rows.n; i++) {
		const struct values_row *r = rows.v[i];
		struct chart_point *q = &points[n];
		double lower[2], upper[2], size = values_size(p->definition, r);

		if (p->comparator != NULL &&
		    strcmp(r->area, p->comparator) == 0)
			continue;
		if (isnan(r->v.value) || !(size > 0)) {
			without++;
			continue;
		}
		mouth_limits(&m, size, lower, upper);
		q->label = r->name;
		q->x = size;
		q->y = r->v.value;
		q->lower = q->upper = NAN;
		q->sense = picture_sense(q->y > upper[1] ? COMPARE_HIGHEST : q->y <
		    lower[1] ? COMPARE_LOWEST : COMPARE_SAME, d->polarity);
		most = fmax(most, size);
		n++;
	}
	for (i = 0; i < LIMITS; i++) { /* closer together where small */
		double share = (double)(i + 1) / LIMITS;

		limits[i].x = most * 1.5 * share * share;
		mouth_limits(&m, limits[i].x, limits[i].lower,
		    limits[i].upper);
	}
	made = funnel_subtitle(p, period, without);
	w = picture_words_of(p, made);
	w.x_label = d->method == DEFINITION_SMR || d->method ==
	    DEFINITION_ISR_RATIO ? "Expected events" : d->method ==
	    DEFINITION_DSR ? "Effective population" : d->denominator.text;
	chart_funnel(&w, points, n, limits, LIMITS, m.average * d->multiplier,
	    d->method == DEFINITION_SMR || d->method ==
	    DEFINITION_ISR_RATIO ? "As expected" : "Average", to);
	free(made);
	free(points);
	free(rows.v);
	return 0;
}

/* The area that a picture over time is of. */
const char *
picture_area_of(const struct picture *p, struct fault *f)
{
	const char *only = NULL;
	size_t i;

	if (p->area != NULL)
		return p->area;
	for (i = 0; i < p->values->n; i++) {
		const struct values_row *r = &p->values->rows[i];

		if (strcmp(r->indicator, p->definition->id) != 0)
			continue;
		if (only != NULL && strcmp(only, r->area) != 0)
			break;
		only = r->area;
	}
	if (i == p->values->n && only != NULL)
		return only;
	if (p->comparator != NULL)
		return p->comparator;
	(void)fault_set(f, only == NULL ? "%s is not among the values" :
	    "%s has several areas: choose one with --area",
	    p->definition->id);
	return NULL;
}

int
picture_by_period(const void *a, const void *b)
{
	const struct values_row *const *p = a, *const *q = b;

	return strcmp((*p)->period, (*q)->period);
}

static int
by_value(const void *a, const void *b)
{
	const struct values_row *const *p = a, *const *q = b;
	double x = (*p)->v.value, y = (*q)->v.value;

	if (isnan(x) || isnan(y)) {
		if (isnan(x) != isnan(y))
			return isnan(x) ? 1 : -1;
	} else if (x < y || x > y) {
		return x > y ? -1 : 1;
	}
	return strcmp((*p)->area, (*q)->area);
}

/* The comparator's row of a period. */
const struct values_row *
picture_comparator_of(const struct picture *p, const char *period)
{
	return p->comparator == NULL ? NULL : values_find(p->values,
	    p->definition->id, p->comparator, period, p->sex != NULL ?
	    p->sex : "", p->category != NULL ? p->category : "");
}

int
picture_league(const struct picture *p, struct buf *to, struct fault *f)
{
	const struct definition *d = p->definition;
	const char *period = p->period != NULL ? p->period : picture_last_period(p);
	const struct values_row *other = picture_comparator_of(p, period);
	struct chart_point *points;
	struct chart_words w;
	struct picture_rows rows;
	char *made;
	size_t i, n = 0;

	if (p->comparator != NULL && other == NULL)
		return fault_set(f, "the comparator is not among the values "
		    "of the period");
	if (picture_select(p, NULL, period, &rows, f) == -1)
		return -1;
	qsort(rows.v, rows.n, sizeof *rows.v, by_value);
	points = mem_zero(rows.n, sizeof *points);
	for (i = 0; i < rows.n; i++) {
		const struct values_row *r = rows.v[i];

		if (r == other)
			continue;
		points[n++] = (struct chart_point){ r->name, 0, r->v.value,
		    r->v.lower95, r->v.upper95, NAN, picture_sense_of(p, r,
		    other), 0 };
	}
	made = picture_subtitle(p, NULL, period, d->unit);
	w = picture_words_of(p, made);
	w.x_label = d->unit;
	chart_league(&w, points, n, other != NULL ? other->v.value : NAN,
	    other != NULL ? other->name : NULL, picture_compares(p), to);
	free(made);
	free(points);
	free(rows.v);
	return 0;
}

static int
by_text(const void *a, const void *b)
{
	const char *const *p = a, *const *q = b;

	return strcmp(*p, *q);
}

/*
 * The periods from the first to the last of an area's rows that anybody has a
 * value of, so that one the area lacks is a gap. Yours to free.
 */
static const char **
periods_of(const struct picture *p, const struct picture_rows *rows,
    size_t *n)
{
	const char *first = rows->v[0]->period;
	const char *last = rows->v[rows->n - 1]->period;
	const char **v = mem_array(NULL, p->values->n, sizeof *v);
	size_t i, all = 0;

	for (i = 0; i < p->values->n; i++) {
		const struct values_row *r = &p->values->rows[i];

		if (strcmp(r->indicator, p->definition->id) == 0 &&
		    strcmp(r->period, first) >= 0 &&
		    strcmp(r->period, last) <= 0)
			v[all++] = r->period;
	}
	qsort(v, all, sizeof *v, by_text);
	for (*n = i = 0; i < all; i++)
		if (*n == 0 || strcmp(v[*n - 1], v[i]) != 0)
			v[(*n)++] = v[i];
	return v;
}

int
picture_trend(const struct picture *p, struct buf *to, struct fault *f)
{
	const struct definition *d = p->definition;
	const char *area = picture_area_of(p, f), **periods;
	const struct values_row *beside = NULL;
	struct chart_point *points;
	struct chart_words w;
	struct picture_rows rows;
	char *made;
	size_t i, n, at = 0;

	if (area == NULL || picture_select(p, area, NULL, &rows, f) == -1)
		return -1;
	qsort(rows.v, rows.n, sizeof *rows.v, picture_by_period);
	periods = periods_of(p, &rows, &n);
	points = mem_zero(n, sizeof *points);
	for (i = 0; i < n; i++) {
		const struct values_row *r = at < rows.n &&
		    strcmp(rows.v[at]->period, periods[i]) == 0 ?
		    rows.v[at++] : NULL;
		const struct values_row *other = picture_comparator_of(p,
		    periods[i]);

		points[i] = (struct chart_point){ periods[i], 0, NAN, NAN,
		    NAN, NAN, CHART_PLAIN, 0 };
		if (other != NULL && strcmp(p->comparator, area) != 0) {
			points[i].centre = other->v.value;
			beside = other;
		}
		if (r == NULL)
			continue;
		points[i].y = r->v.value;
		points[i].lower = r->v.lower95;
		points[i].upper = r->v.upper95;
		if (r != other)
			points[i].sense = picture_sense_of(p, r, other);
	}
	made = picture_subtitle(p, rows.v[0]->name, NULL, d->unit);
	w = picture_words_of(p, made);
	chart_trend(&w, points, n, beside != NULL ? beside->name : NULL,
	    picture_compares(p), d->target, to);
	free(made);
	free(periods);
	free(points);
	free(rows.v);
	return 0;
}
