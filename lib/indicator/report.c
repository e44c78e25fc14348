#include "report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/markup.h"
#include "indicator/contrast.h"
#include "indicator/describe.h"
#include "indicator/report_parts.h"

static const char style[] =
    "body { font: 17px/1.5 Arial, Helvetica, sans-serif; color: #0b0c0c; "
    "background: #ffffff; max-width: 62em; margin: 0 auto; padding: 1em; }\n"
    "h1 { font-size: 1.9em; line-height: 1.2; }\n"
    "h2 { font-size: 1.3em; margin-top: 2em; }\n"
    ".headline { font-size: 1.25em; border-left: 6px solid #12436d; "
    "padding: .3em 1em; }\n"
    "h1, h2, p, dd { overflow-wrap: anywhere; }\n"
    "figure { margin: 1.5em 0; overflow-x: auto; }\n"
    "svg { max-width: 100%; min-width: 46em; height: auto; }\n"
    ".wide { overflow-x: auto; }\n"
    "table { border-collapse: collapse; width: 100%; }\n"
    "caption { text-align: left; font-weight: bold; }\n"
    "th, td { border-bottom: 1px solid #b1b4b6; padding: .35em .6em; "
    "text-align: left; }\n"
    "td { white-space: nowrap; }\n"
    "td.w { white-space: normal; min-width: 9em; }\n"
    "td.n, th.n { text-align: right; font-variant-numeric: tabular-nums; }\n"
    "summary { cursor: pointer; color: #12436d; }\n"
    "dt { font-weight: bold; margin-top: .7em; }\n"
    "dd { margin-left: 0; }\n"
    "code { background: #f3f2f1; overflow-wrap: anywhere; }\n"
    "a { color: #12436d; }\n"
    "@media print {\n"
    "body { font-size: 11pt; padding: 0; }\n"
    "svg { min-width: 0; }\n"
    "figure, tr { break-inside: avoid; }\n"
    "figure, .wide { overflow: visible; }\n"
    "h2, caption { break-after: avoid; }\n"
    "}\n";

/* Is it among the figures: an area's in all periods, or all of a period? */
static int
on_page(const struct picture *p, const struct contrast *c, const char *period)
{
	return report_of_stratum(p, c->row) && (p->area != NULL ?
	    strcmp(c->row->area, p->area) == 0 :
	    strcmp(c->row->period, period) == 0);
}

/* Which of the values it is, where there are several. */
static void
stratum(struct buf *to, const struct values_row *r)
{
	if (r->sex[0] == '\0' && r->category[0] == '\0')
		return;
	buf_puts(to, "<p>");
	if (r->sex[0] != '\0') {
		buf_puts(to, "Sex ");
		markup_escape(to, r->sex);
	}
	if (r->category[0] != '\0') {
		buf_puts(to, r->sex[0] != '\0' ? ", " : "");
		markup_escape(to, r->category);
	}
	buf_puts(to, ":</p>\n");
}

/* Has the CSV rows that the table has not? */
static const char *
download_words(const struct picture *p, const struct report_values *c,
    const char *period)
{
	size_t i;

	for (i = 0; i < c->n; i++)
		if ((p->area == NULL || strcmp(c->v[i].row->area,
		    p->area) == 0) && !on_page(p, &c->v[i], period))
			return "These figures, and those of other periods and "
			    "groups, as CSV";
	return "These figures as CSV";
}

static void
data_table(struct buf *to, const struct picture *p,
    const struct report_values *c, const char *period)
{
	struct report_rows rows = { p->definition, p->area, p->area != NULL ?
	    NULL : period, 0 };

	buf_puts(to, "<section>\n<h2>The figures</h2>\n");
	report_table(to, p, c, &rows, "The figures");
	report_download(to, p, c, p->definition->id, download_words(p, c,
	    period));
	buf_puts(to, "</section>\n");
}

/* The figures of a picture over time that are in no other table. */
static void
time_table(struct buf *to, const struct picture *p,
    const struct report_values *c, const char *area, int all_strata)
{
	struct report_rows rows = { p->definition, area, NULL, all_strata };

	buf_puts(to, "<details><summary>The figures over time</summary>\n");
	report_table(to, p, c, &rows, "The figures over time");
	buf_puts(to, "</details>\n");
}

/*
 * A picture, if need be without a comparator that has no value; what cannot be
 * drawn is left out.
 */
static int
figure(struct buf *to, const struct picture *p, const char *id,
    const char *title, int (*draw)(const struct picture *, struct buf *,
    struct fault *))
{
	struct fault f = FAULT_NONE;
	struct picture q = *p;
	struct buf b = { 0 };
	int drawn;

	q.id = id;
	q.title = title;
	if (!(drawn = draw(&q, &b, &f) == 0) && q.comparator != NULL) {
		q.comparator = NULL;
		f = (struct fault)FAULT_NONE;
		buf_clear(&b);
		drawn = draw(&q, &b, &f) == 0;
	}
	if (drawn) {
		/* Can be scrolled by keys where it does not fit. */
		buf_puts(to, "<figure tabindex=\"0\">\n");
		buf_put(to, b.p, b.n);
		buf_puts(to, "</figure>\n");
	}
	buf_free(&b);
	return drawn;
}

static void
head(struct buf *to, const char *title, const char *area,
    const char *heading, const char *lead)
{
	buf_puts(to, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n"
	    "<meta charset=\"utf-8\">\n<meta name=\"viewport\" "
	    "content=\"width=device-width, initial-scale=1\">\n"
	    "<meta http-equiv=\"Content-Security-Policy\" "
	    "content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
	    "<title>");
	markup_escape(to, title);
	if (area != NULL) {
		buf_puts(to, ": ");
		markup_escape(to, area);
	}
	buf_puts(to, "</title>\n<style>\n");
	buf_puts(to, style);
	buf_puts(to, "</style>\n</head>\n<body>\n<main>\n<h1>");
	markup_escape(to, heading);
	buf_puts(to, "</h1>\n<p>");
	markup_escape(to, lead);
	buf_puts(to, "</p>\n");
}

static void
foot(struct buf *to, const char *source)
{
	if (source != NULL) {
		buf_puts(to, "<footer><p>Source: ");
		markup_escape(to, source);
		buf_puts(to, "</p></footer>\n");
	}
	buf_puts(to, "</main>\n</body>\n</html>\n");
}

static int
periods(const struct values *v)
{
	size_t i;

	for (i = 1; i < v->n; i++)
		if (strcmp(v->rows[i].period, v->rows[0].period) != 0)
			return 1;
	return 0;
}

/* The last period of an area, NULL: of any, among the values of a page. */
static const char *
last_period(const struct picture *p, const struct report_values *c)
{
	const char *last = NULL;
	size_t i;

	for (i = 0; i < c->n; i++) {
		const struct values_row *r = c->v[i].row;

		if (report_of_stratum(p, r) && (p->area == NULL ||
		    strcmp(r->area, p->area) == 0) && (last == NULL ||
		    strcmp(r->period, last) > 0))
			last = r->period;
	}
	return last;
}

/* A row on the page that is of its period; NULL: it has nothing to say. */
static const struct contrast *
subject(const struct picture *p, const struct report_values *c,
    const char *period)
{
	size_t i;

	for (i = 0; period != NULL && i < c->n; i++)
		if (on_page(p, &c->v[i], period) &&
		    strcmp(c->v[i].row->period, period) == 0)
			return &c->v[i];
	return NULL;
}

/* The sentences at the top of a page about an indicator. */
static void
sentences(struct buf *to, const struct picture *p,
    const struct report_values *c, const char *about, const char *period)
{
	size_t i, said = 0;

	for (i = 0; i < c->n; i++) {
		const struct contrast *one = &c->v[i];

		if (about == NULL || !report_of_stratum(p, one->row) ||
		    strcmp(one->row->area, about) != 0 ||
		    strcmp(one->row->period, period) != 0)
			continue;
		stratum(to, one->row);
		report_headline(to, one);
		said++;
	}
	if (said == 0)
		report_range(to, p, c, period);
	if (p->area == NULL)
		report_overview(to, p, c, period);
}

static void
pictures(struct buf *to, const struct picture *p,
    const struct report_values *c, const char *about)
{
	if (p->area == NULL) {
		(void)figure(to, p, "funnel", "Areas by their size",
		    picture_funnel);
		(void)figure(to, p, "league", "Areas from high to low",
		    picture_league);
	}
	if (about == NULL || !periods(p->values))
		return;
	if (figure(to, p, "trend", "Over time", picture_trend) &&
	    p->area == NULL)
		time_table(to, p, c, about, 0);
	if (p->area != NULL)
		(void)figure(to, p, "spc", "What is change, and what is "
		    "chance", picture_spc);
}

int
report_page(const struct picture *p, struct buf *to, struct fault *f)
{
	const struct definition *d = p->definition;
	struct contrast_options o = { p->comparator, NULL, 0, COMPARE_NONE,
	    p->adjusted };
	const char *about = p->area != NULL ? p->area : p->comparator;
	const struct contrast *first;
	struct report_values c;
	struct contrast *all;
	const char *period;

	if (p->values->n == 0)
		return fault_set(f, "%s has no values to report", d->id);
	if (contrast_make(&d, 1, p->values, &o, &all, &c.n, f) == -1)
		return -1;
	c.v = all;
	period = p->period != NULL ? p->period : last_period(p, &c);
	if ((first = subject(p, &c, period)) == NULL) {
		free(all);
		return fault_set(f, "%s has no values for such a page: of the "
		    "area or period, or they are by sex or category; choose "
		    "one", d->id);
	}
	head(to, d->title, p->area != NULL ? first->row->name : NULL,
	    p->title != NULL ? p->title : d->title, d->words.definition);
	sentences(to, p, &c, about, period);
	buf_puts(to, "<p>");
	markup_escape(to, d->words.purpose);
	buf_puts(to, "</p>\n");
	pictures(to, p, &c, about);
	data_table(to, p, &c, period);
	if (d->words.caveats != NULL) {
		buf_puts(to, "<section>\n<h2>What to bear in mind</h2>\n<p>");
		markup_escape(to, d->words.caveats);
		buf_puts(to, "</p>\n</section>\n");
	}
	describe_html(d, 2, to);
	foot(to, p->source);
	free(all);
	return 0;
}

void
report_definition(const struct definition *d, struct buf *to)
{
	head(to, d->title, NULL, d->title, d->words.definition);
	describe_html(d, 2, to);
	foot(to, NULL);
}

/* Has a row's area values of other periods, of the same sex and category? */
static int
over_time(const struct report_values *c, const struct contrast *of)
{
	size_t i;

	for (i = 0; i < c->n; i++) {
		const struct values_row *r = c->v[i].row, *q = of->row;

		if (c->v[i].definition == of->definition &&
		    strcmp(r->area, q->area) == 0 &&
		    strcmp(r->sex, q->sex) == 0 &&
		    strcmp(r->category, q->category) == 0 &&
		    strcmp(r->period, q->period) != 0)
			return 1;
	}
	return 0;
}

/* An area in one indicator: sentence, chart, what it means. */
static void
area_section(struct buf *to, const struct picture *p, size_t number,
    const struct report_values *c, const char *period)
{
	const struct definition *d = p->definition;
	struct picture q = *p;
	char id[48];
	size_t i, k = 0;

	buf_puts(to, "<section>\n<h2>");
	markup_escape(to, d->title);
	buf_puts(to, "</h2>\n");
	for (i = 0; i < c->n; i++) {
		const struct contrast *one = &c->v[i];
		const struct values_row *r = one->row;

		if (one->definition != d || strcmp(r->area, p->area) != 0 ||
		    strcmp(r->period, period) != 0)
			continue;
		stratum(to, r);
		report_headline(to, one);
		if (!over_time(c, one))
			continue;
		(void)snprintf(id, sizeof id, "trend%zu-%zu", number, k++);
		q.sex = r->sex[0] != '\0' ? r->sex : NULL;
		q.category = r->category[0] != '\0' ? r->category : NULL;
		(void)figure(to, &q, id, "Over time", picture_trend);
	}
	time_table(to, p, c, p->area, 1);
	buf_puts(to, "<details><summary>What it is, and how it is worked "
	    "out</summary>\n<p>");
	markup_escape(to, d->words.definition);
	buf_puts(to, "</p>\n");
	describe_html(d, 3, to);
	buf_puts(to, "</details>\n</section>\n");
}

int
report_area(const struct picture *about, const struct definition *const *d,
    size_t nd, struct buf *to, struct fault *f)
{
	struct contrast_options o = { about->comparator, NULL, 0,
	    COMPARE_NONE, 0 };
	struct picture p = *about;
	const char *name = NULL, *period;
	struct report_values c;
	struct contrast *all;
	size_t i;

	if (contrast_make(d, nd, p.values, &o, &all, &c.n, f) == -1)
		return -1;
	c.v = all;
	for (i = 0; i < c.n; i++)
		if (strcmp(c.v[i].row->area, p.area) == 0)
			name = c.v[i].row->name;
	if (name == NULL) {
		free(all);
		return fault_set(f, "%.60s is not among the values", p.area);
	}
	head(to, name, NULL, p.title != NULL ? p.title : name,
	    "What the indicators say of it, and of others beside it.");
	report_area_overview(to, &c, p.area);
	for (i = 0; i < nd; i++) {
		p.definition = d[i];
		if ((period = report_last_of(&c, d[i], p.area)) != NULL)
			area_section(to, &p, i, &c, period);
	}
	report_download(to, &p, &c, p.area, "These figures as CSV");
	foot(to, p.source);
	free(all);
	return 0;
}
