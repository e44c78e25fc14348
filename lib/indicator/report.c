#include "report.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/markup.h"
#include "base/mem.h"
#include "chart/svg.h"
#include "indicator/contrast.h"
#include "indicator/describe.h"
#include "indicator/rate.h"

static const char style[] =
    "body { font: 17px/1.5 Arial, Helvetica, sans-serif; color: #0b0c0c; "
    "max-width: 62em; margin: 0 auto; padding: 1em; }\n"
    "h1 { font-size: 1.9em; line-height: 1.2; }\n"
    "h2 { font-size: 1.3em; margin-top: 2em; }\n"
    ".headline { font-size: 1.25em; border-left: 6px solid #12436d; "
    "padding: .3em 1em; }\n"
    "figure { margin: 1.5em 0; }\n"
    "figure { overflow-x: auto; }\n"
    "svg { max-width: 100%; min-width: 34em; height: auto; }\n"
    ".wide { overflow-x: auto; }\n"
    "table { border-collapse: collapse; width: 100%; }\n"
    "caption { text-align: left; font-weight: bold; }\n"
    "th, td { border-bottom: 1px solid #b1b4b6; padding: .35em .6em; "
    "text-align: left; }\n"
    "td { white-space: nowrap; }\n"
    "td.n, th.n { text-align: right; font-variant-numeric: tabular-nums; }\n"
    "summary { cursor: pointer; color: #12436d; }\n"
    "dt { font-weight: bold; margin-top: .7em; }\n"
    "dd { margin-left: 0; }\n"
    "code { background: #f3f2f1; overflow-wrap: anywhere; }\n"
    "a { color: #12436d; }\n";

static void
number(struct buf *to, double v, int decimals)
{
	struct buf b = { 0 };

	if (isnan(v))
		buf_puts(to, "no value");
	else
		buf_puts(to, svg_number(&b, v, decimals));
	buf_free(&b);
}

/* Is the unit said as a sign right after the number? */
static void
quantity(struct buf *to, const struct definition *d, double v)
{
	number(to, v, d->decimals);
	if (isnan(v))
		return;
	if (strcmp(d->unit, "per cent") == 0) {
		buf_putc(to, '%');
		return;
	}
	buf_putc(to, ' ');
	markup_escape(to, d->unit);
}

static const char *
in_words(const struct contrast *c)
{
	enum compare_polarity p = c->definition->polarity;
	int high = c->result == COMPARE_HIGHER ||
	    c->result == COMPARE_HIGHEST;

	if (c->result == COMPARE_SAME)
		return "not clearly different from";
	if (p == COMPARE_NEUTRAL)
		return high ? "higher than" : "lower than";
	return high == (p == COMPARE_HIGH_IS_GOOD) ? "better than" :
	    "worse than";
}

/* One sentence or a few, of one area. */
static void
headline(struct buf *to, const struct contrast *c)
{
	const struct definition *d = c->definition;

	buf_puts(to, "<p class=\"headline\">");
	markup_escape(to, c->row->name);
	if (c->row->period[0] != '\0') {
		buf_puts(to, ", ");
		markup_escape(to, c->row->period);
	}
	buf_puts(to, ": <strong>");
	quantity(to, d, c->row->v.value);
	buf_puts(to, "</strong>.");
	if (c->other != NULL && c->result != COMPARE_UNKNOWN) {
		buf_printf(to, " That is %s ", in_words(c));
		markup_escape(to, c->other->name);
		buf_puts(to, ", which has ");
		quantity(to, d, c->other->v.value);
		buf_puts(to, ".");
	}
	if (c->target_met >= 0) {
		buf_puts(to, c->target_met ? " The target of " :
		    " It falls short of the target of ");
		quantity(to, d, d->target);
		buf_puts(to, c->target_met ? " is met." : ".");
	}
	if (c->before != NULL && c->change_result == COMPARE_SAME) {
		buf_puts(to, " It has not clearly changed since ");
		markup_escape(to, c->before->period);
		buf_puts(to, ".");
	} else if (c->before != NULL && c->change_result != COMPARE_UNKNOWN) {
		buf_puts(to, c->change > 0 ? " It is up from " :
		    " It is down from ");
		quantity(to, d, c->before->v.value);
		buf_puts(to, " in ");
		markup_escape(to, c->before->period);
		buf_puts(to, ".");
	}
	if (c->trend.result == TREND_INCREASING ||
	    c->trend.result == TREND_DECREASING)
		buf_printf(to, " Over the last five periods it has been %s.",
		    contrast_trend_code(c->trend.result));
	buf_puts(to, "</p>\n");
}

/* Is it of the sex and category that the page is about? */
static int
shown(const struct picture *p, const struct contrast *c)
{
	return strcmp(c->row->sex, p->sex != NULL ? p->sex : "") == 0 &&
	    strcmp(c->row->category, p->category != NULL ? p->category :
	    "") == 0;
}

/* Is it among the figures: an area's in all periods, or all of a period? */
static int
on_page(const struct picture *p, const struct contrast *c, const char *period)
{
	return shown(p, c) && (p->area != NULL ?
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

/* How many areas are better, similar, worse. */
static void
overview(struct buf *to, const struct picture *p, const struct contrast *c,
    size_t n, const char *period)
{
	size_t i, count[3] = { 0, 0, 0 }, all = 0;
	static const char *const judged[3] = { "better than", "worse than",
	    "not clearly different from" };
	static const char *const plain[3] = { "higher than", "lower than",
	    "not clearly different from" };
	const struct contrast *some = NULL;
	int k;

	for (i = 0; i < n; i++) {
		const char *words;

		if (!shown(p, &c[i]) ||
		    strcmp(c[i].row->period, period) != 0 ||
		    c[i].other == NULL || c[i].result == COMPARE_UNKNOWN)
			continue;
		some = &c[i];
		all++;
		words = in_words(&c[i]);
		for (k = 0; k < 3; k++)
			if (strcmp(words, judged[k]) == 0 ||
			    strcmp(words, plain[k]) == 0)
				count[k]++;
	}
	if (some == NULL)
		return;
	buf_printf(to, "<p>Of %zu areas, ", all);
	for (k = 0; k < 3; k++)
		buf_printf(to, "%s%zu %s %s", k == 0 ? "" : k == 2 ? " and " :
		    ", ", count[k], count[k] == 1 ? "is" : "are",
		    some->definition->polarity == COMPARE_NEUTRAL ? plain[k] :
		    judged[k]);
	buf_putc(to, ' ');
	markup_escape(to, some->other->name);
	buf_puts(to, ".</p>\n");
}

static void
cell(struct buf *to, const char *s)
{
	buf_puts(to, "<td>");
	markup_escape(to, s);
	buf_puts(to, "</td>");
}

static void
cell_number(struct buf *to, double v, int decimals)
{
	buf_puts(to, "<td class=\"n\">");
	if (!isnan(v))
		number(to, v, decimals);
	buf_puts(to, "</td>");
}

static void
table_row(struct buf *to, const struct contrast *c)
{
	const struct values_row *r = c->row;
	int decimals = c->definition->decimals;

	buf_puts(to, "<tr><th scope=\"row\">");
	markup_escape(to, r->name);
	buf_puts(to, "</th>");
	cell(to, r->period);
	cell_number(to, r->v.count, c->definition->numerator.scale > 2 ? 2 :
	    c->definition->numerator.scale);
	cell_number(to, r->v.denominator, 0);
	cell_number(to, r->v.value, decimals);
	cell_number(to, r->v.lower95, decimals);
	cell_number(to, r->v.upper95, decimals);
	cell(to, r->reason[0] != '\0' ? r->reason : c->result ==
	    COMPARE_UNKNOWN ? "" : c->meaning);
	buf_puts(to, "</tr>\n");
}

/* The rows of a page as CSV, within the page itself. */
static void
download(struct buf *to, const struct picture *p, const struct contrast *c,
    size_t n)
{
	struct buf b = { 0 };
	size_t i;

	contrast_put_header(&b);
	for (i = 0; i < n; i++)
		if (p->area == NULL || strcmp(c[i].row->area, p->area) == 0)
			contrast_put_row(&b, &c[i]);
	buf_puts(to, "<p><a download=\"");
	markup_escape(to, p->definition != NULL ? p->definition->id :
	    p->area);
	buf_puts(to, ".csv\" href=\"data:text/csv;charset=utf-8,");
	for (i = 0; i < b.n; i++)
		if (strchr("%\"#&<>+ \n\r", b.p[i]) != NULL ||
		    (unsigned char)b.p[i] >= 0x80)
			buf_printf(to, "%%%02X",
			    (unsigned)(unsigned char)b.p[i]);
		else
			buf_putc(to, b.p[i]);
	buf_puts(to, "\">These figures as CSV</a></p>\n");
	buf_free(&b);
}

static void
data_table(struct buf *to, const struct picture *p, const struct contrast *c,
    size_t n, const char *period)
{
	size_t i;

	buf_puts(to, "<section>\n<h2>The figures</h2>\n"
	    "<div class=\"wide\" role=\"region\" tabindex=\"0\" "
	    "aria-label=\"The figures\">\n<table>\n<caption>");
	markup_escape(to, p->definition->title);
	buf_puts(to, "</caption>\n<thead><tr><th scope=\"col\">Area</th>"
	    "<th scope=\"col\">Period</th><th scope=\"col\" class=\"n\">Count"
	    "</th><th scope=\"col\" class=\"n\">Out of</th>"
	    "<th scope=\"col\" class=\"n\">Value</th>"
	    "<th scope=\"col\" class=\"n\">95% from</th>"
	    "<th scope=\"col\" class=\"n\">to</th>"
	    "<th scope=\"col\">Compared</th></tr></thead>\n<tbody>\n");
	for (i = 0; i < n; i++)
		if (on_page(p, &c[i], period))
			table_row(to, &c[i]);
	buf_puts(to, "</tbody>\n</table>\n</div>\n");
	download(to, p, c, n);
	buf_puts(to, "</section>\n");
}

/*
 * A picture, if need be without a comparator that has no value; what cannot be
 * drawn is left out.
 */
static void
figure(struct buf *to, const struct picture *p, const char *id,
    const char *title, int (*draw)(const struct picture *, struct buf *, struct fault *))
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
		buf_puts(to, "<figure>\n");
		buf_put(to, b.p, b.n);
		buf_puts(to, "</figure>\n");
	}
	buf_free(&b);
}

static void
head(struct buf *to, const char *title, const char *heading, const char *lead)
{
	buf_puts(to, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n"
	    "<meta charset=\"utf-8\">\n<meta name=\"viewport\" "
	    "content=\"width=device-width, initial-scale=1\">\n"
	    "<meta http-equiv=\"Content-Security-Policy\" "
	    "content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
	    "<title>");
	markup_escape(to, title);
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
last_period(const struct picture *p, const struct contrast *c, size_t n)
{
	const char *last = NULL;
	size_t i;

	for (i = 0; i < n; i++)
		if (shown(p, &c[i]) && (p->area == NULL ||
		    strcmp(c[i].row->area, p->area) == 0) && (last == NULL ||
		    strcmp(c[i].row->period, last) > 0))
			last = c[i].row->period;
	return last;
}

/* Has the page something to say of its period? */
static int
has_subject(const struct picture *p, const struct contrast *c, size_t n,
    const char *period)
{
	size_t i;

	for (i = 0; period != NULL && i < n; i++)
		if (on_page(p, &c[i], period) &&
		    strcmp(c[i].row->period, period) == 0)
			return 1;
	return 0;
}

int
report_page(const struct picture *p, struct buf *to, struct fault *f)
{
	const struct definition *d = p->definition;
	struct contrast_options o = { p->comparator, NULL, 0, COMPARE_NONE,
	    p->adjusted };
	const char *about = p->area != NULL ? p->area : p->comparator;
	const char *period;
	struct contrast *c;
	size_t i, n;

	if (p->values->n == 0)
		return fault_set(f, "%s has no values to report", d->id);
	if (contrast_make(&d, 1, p->values, &o, &c, &n, f) == -1)
		return -1;
	period = p->period != NULL ? p->period : last_period(p, c, n);
	if (!has_subject(p, c, n, period)) {
		free(c);
		return fault_set(f, "%s has no values for such a page: of the "
		    "area or period, or they are by sex or category; choose "
		    "one", d->id);
	}
	head(to, d->title, p->title != NULL ? p->title : d->title,
	    d->words.definition);
	for (i = 0; i < n; i++)
		if (about != NULL && shown(p, &c[i]) &&
		    strcmp(c[i].row->area, about) == 0 &&
		    strcmp(c[i].row->period, period) == 0) {
			stratum(to, c[i].row);
			headline(to, &c[i]);
		}
	if (p->area == NULL)
		overview(to, p, c, n, period);
	buf_puts(to, "<p>");
	markup_escape(to, d->words.purpose);
	buf_puts(to, "</p>\n");
	if (p->area == NULL) {
		figure(to, p, "funnel", "Areas by their size",
		    picture_funnel);
		figure(to, p, "league", "Areas from high to low",
		    picture_league);
	}
	if (about != NULL && periods(p->values)) {
		figure(to, p, "trend", "Over time", picture_trend);
		if (p->area != NULL)
			figure(to, p, "spc", "What is change, and what is "
			    "chance", picture_spc);
	}
	data_table(to, p, c, n, period);
	if (d->words.caveats != NULL) {
		buf_puts(to, "<section>\n<h2>What to bear in mind</h2>\n<p>");
		markup_escape(to, d->words.caveats);
		buf_puts(to, "</p>\n</section>\n");
	}
	describe_html(d, to);
	foot(to, p->source);
	free(c);
	return 0;
}

/* The last period in which an area has a row of an indicator. */
static const char *
last_of(const struct contrast *c, size_t n, const struct definition *d,
    const char *area)
{
	const char *last = NULL;
	size_t i;

	for (i = 0; i < n; i++)
		if (c[i].definition == d && strcmp(c[i].row->area, area) ==
		    0 && (last == NULL || strcmp(c[i].row->period, last) > 0))
			last = c[i].row->period;
	return last;
}

/* Has a row's area values of other periods, of the same sex and category? */
static int
over_time(const struct contrast *c, size_t n, const struct contrast *of)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (c[i].definition == of->definition &&
		    strcmp(c[i].row->area, of->row->area) == 0 &&
		    strcmp(c[i].row->sex, of->row->sex) == 0 &&
		    strcmp(c[i].row->category, of->row->category) == 0 &&
		    strcmp(c[i].row->period, of->row->period) != 0)
			return 1;
	return 0;
}

/* An area in one indicator: sentence, chart, what it means. */
static void
area_section(struct buf *to, const struct picture *p, size_t number,
    const struct contrast *c, size_t n, const char *period)
{
	const struct definition *d = p->definition;
	struct picture q = *p;
	char id[48];
	size_t i, k = 0;

	buf_puts(to, "<section>\n<h2>");
	markup_escape(to, d->title);
	buf_puts(to, "</h2>\n");
	for (i = 0; i < n; i++) {
		const struct values_row *r = c[i].row;

		if (c[i].definition != d || strcmp(r->area, p->area) != 0 ||
		    strcmp(r->period, period) != 0)
			continue;
		stratum(to, r);
		headline(to, &c[i]);
		if (!over_time(c, n, &c[i]))
			continue;
		(void)snprintf(id, sizeof id, "trend%zu-%zu", number, k++);
		q.sex = r->sex[0] != '\0' ? r->sex : NULL;
		q.category = r->category[0] != '\0' ? r->category : NULL;
		figure(to, &q, id, "Over time", picture_trend);
	}
	buf_puts(to, "<details><summary>What it is, and how it is worked "
	    "out</summary>\n<p>");
	markup_escape(to, d->words.definition);
	buf_puts(to, "</p>\n");
	describe_html(d, to);
	buf_puts(to, "</details>\n</section>\n");
}

/* How many indicators are better, worse, not clearly different. */
static void
area_overview(struct buf *to, const struct contrast *c, size_t n,
    const char *area)
{
	size_t i, good = 0, bad = 0, same = 0;
	const struct values_row *other = NULL;

	for (i = 0; i < n; i++) {
		const char *last = last_of(c, n, c[i].definition, area);

		if (c[i].other == NULL || c[i].result == COMPARE_UNKNOWN ||
		    strcmp(c[i].row->area, area) != 0 || last == NULL ||
		    strcmp(c[i].row->period, last) != 0)
			continue;
		other = c[i].other;
		same += c[i].result == COMPARE_SAME;
		good += strcmp(in_words(&c[i]), "better than") == 0;
		bad += strcmp(in_words(&c[i]), "worse than") == 0;
	}
	if (other == NULL)
		return;
	buf_printf(to, "<p class=\"headline\">Of its latest values %zu %s "
	    "better than, %zu %s worse than and %zu %s not clearly different "
	    "from ", good, good == 1 ? "is" : "are", bad, bad == 1 ? "is" :
	    "are", same, same == 1 ? "is" : "are");
	markup_escape(to, other->name);
	buf_puts(to, ".</p>\n");
}

int
report_area(const struct picture *about, const struct definition *const *d,
    size_t nd, struct buf *to, struct fault *f)
{
	struct contrast_options o = { about->comparator, NULL, 0,
	    COMPARE_NONE, 0 };
	struct picture p = *about;
	const char *name = NULL, *period;
	struct contrast *c;
	size_t i, n;

	if (contrast_make(d, nd, p.values, &o, &c, &n, f) == -1)
		return -1;
	for (i = 0; i < n; i++)
		if (strcmp(c[i].row->area, p.area) == 0)
			name = c[i].row->name;
	if (name == NULL) {
		free(c);
		return fault_set(f, "%.60s is not among the values", p.area);
	}
	head(to, name, p.title != NULL ? p.title : name,
	    "What the indicators say of it, and of others beside it.");
	area_overview(to, c, n, p.area);
	for (i = 0; i < nd; i++) {
		p.definition = d[i];
		if ((period = last_of(c, n, d[i], p.area)) != NULL)
			area_section(to, &p, i, c, n, period);
	}
	p.definition = NULL;
	download(to, &p, c, n);
	foot(to, p.source);
	free(c);
	return 0;
}
