/* One area over time: control charts and trends. */
#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "chart/frame.h"

/* Is a period the first of its year, "2024-01" or "2024-Q1"? */
static int
begins_year(const char *period)
{
	size_t n = strlen(period);

	return n == 7 && (strcmp(period + 4, "-01") == 0 ||
	    strcmp(period + 4, "-Q1") == 0);
}

/*
 * Labels of periods below the axis: all, or every second, third, ..., as there
 * is room for; of months and quarters so that years begin with a label.
 */
static void
period_labels(struct frame *f, const struct chart_point *p, size_t n,
    const double *x)
{
	static const size_t steps[] = { 1, 2, 3, 4, 6, 12, 24, 36, 60, 120,
		240 };
	double gap = n > 1 ? x[1] - x[0] : 1e9, widest = 0;
	size_t i, k = 0, first = 0;

	for (i = 0; i < n; i++)
		widest = fmax(widest, svg_text_width(p[i].label, 12));
	while (k + 1 < sizeof steps / sizeof steps[0] && gap *
	    (double)steps[k] < widest + 12)
		k++;
	for (i = 0; i < n && i < 12; i++)
		if (begins_year(p[i].label)) {
			first = i % steps[k];
			break;
		}
	for (i = first; i < n; i += steps[k]) {
		svg_line(&f->svg, x[i], f->bottom, x[i], f->bottom + 6,
		    SVG_QUIET, 1, NULL);
		svg_text(&f->svg, x[i], f->bottom + 22, "middle", 12, 0,
		    SVG_INK, p[i].label);
	}
}

/* x of each point in time. */
static double *
spread(const struct frame *f, size_t n)
{
	double *x = mem_array(NULL, n + 1, sizeof *x);
	double gap = n > 1 ? (f->right - f->left - 40) / (double)(n - 1) : 0;
	size_t i;

	for (i = 0; i < n; i++)
		x[i] = f->left + 20 + gap * (double)i;
	return x;
}

/*
 * One of a point's numbers as a line; a gap where it is not in the picture,
 * and between groups if it is of a group. One alone is a dash.
 */
static void
series(struct frame *f, const struct chart_point *p, size_t n,
    const double *x, size_t offset, const char *colour, double width,
    const char *dash)
{
	int of_group = offset != offsetof(struct chart_point, y);
	double *at = mem_array(NULL, n + 1, sizeof *at);
	double *y = mem_array(NULL, n + 1, sizeof *y);
	size_t i, start, m;

	for (i = 0; i < n; i++) {
		double v;

		memcpy(&v, (const char *)&p[i] + offset, sizeof v);
		y[i] = frame_holds(f, v) ? svg_axis_at(&f->y, v) : NAN;
	}
	for (start = 0; start < n; start = i) {
		for (i = start + 1; i < n && !isnan(y[i]) && !isnan(y[i - 1])
		    && !(of_group && p[i].starts); i++)
			continue;
		m = i - start;
		memcpy(at, x + start, m * sizeof *at);
		if (isnan(y[start]))
			continue;
		if (m > 1)
			svg_path(&f->svg, at, y + start, m, colour, width,
			    dash);
		else if (of_group)
			svg_line(&f->svg, at[0] - 8, y[start], at[0] + 8,
			    y[start], colour, width, NULL);
	}
	free(at);
	free(y);
}

/*
 * Marks are smaller where there are so many that they would touch; those that
 * stand out never smaller than least.
 */
static void
marks(struct frame *f, const struct chart_words *w,
    const struct chart_point *p, size_t n, const double *x, int limits,
    double least)
{
	double gap = n > 1 ? x[1] - x[0] : 1e9;
	double size = fmax(1.8, fmin(4, gap * 0.42));
	size_t i;

	for (i = 0; i < n; i++)
		if (!isnan(p[i].y))
			svg_mark(&f->svg, frame_mark(p[i].sense), x[i],
			    svg_axis_at(&f->y, p[i].y), p[i].sense ==
			    CHART_PLAIN ? size : fmax(least, size * 1.25),
			    frame_colour(p[i].sense), frame_point_title(
			    &f->text, &p[i], w->decimals, limits));
}

/* The target's line, if it is in the picture. */
static void
target_line(struct frame *f, double target)
{
	if (frame_holds(f, target))
		svg_line(&f->svg, f->left, svg_axis_at(&f->y, target),
		    f->right, svg_axis_at(&f->y, target), SVG_PLUM, 1.5,
		    "2 3");
}

static void
describe_value(struct buf *b, const char *before, const struct chart_words *w,
    const struct chart_point *p)
{
	buf_puts(b, before);
	frame_number(b, p->y, w->decimals);
	buf_printf(b, " in %s", p->label);
}

static void
describe_target(struct buf *b, const struct chart_words *w, double target)
{
	if (isnan(target))
		return;
	buf_puts(b, " Target: ");
	frame_number(b, target, w->decimals);
	buf_putc(b, '.');
}

static void
describe_spc(struct buf *b, const struct chart_words *w,
    const struct chart_point *p, size_t n, double target,
    const char *const words[FRAME_SENSES])
{
	struct frame_count c;

	frame_count(p, n, &c);
	buf_puts(b, "Control chart of ");
	frame_plural(b, c.drawn, "point", "points");
	buf_printf(b, " in time, %zu of special cause", c.drawn -
	    c.sense[CHART_PLAIN]);
	if (c.last != NULL && !isnan(c.last->centre)) {
		buf_printf(b, ". At the end: %s ", w->centre != NULL ?
		    w->centre : "Mean");
		frame_number(b, c.last->centre, w->decimals);
		if (!isnan(c.last->lower) && !isnan(c.last->upper)) {
			buf_puts(b, ", limits ");
			frame_number(b, c.last->lower, w->decimals);
			buf_puts(b, " and ");
			frame_number(b, c.last->upper, w->decimals);
		}
	}
	if (c.last != NULL) {
		describe_value(b, ". The last value is ", w, c.last);
		buf_printf(b, ", %s", words[c.last->sense]);
	}
	buf_putc(b, '.');
	describe_target(b, w, target);
}

void
chart_spc(const struct chart_words *w, const struct chart_point *p, size_t n,
    double target, struct buf *to)
{
	static const char *const words[FRAME_SENSES] = { "common cause",
	    "improvement", "concern", "special cause, high",
	    "special cause, low", NULL };
	double min = INFINITY, max = -INFINITY, *x;
	struct frame_shape shape = { FRAME_WIDTH, FRAME_PLOT, FRAME_LEFT, 0 };
	struct frame_ends ends = { 0 };
	struct buf b = { 0 };
	struct frame f;
	size_t i;

	describe_spc(&b, w, p, n, target, words);
	for (i = 0; i < n; i++) {
		frame_widen(&min, &max, p[i].y);
		frame_widen(&min, &max, p[i].lower);
		frame_widen(&min, &max, p[i].upper);
	}
	frame_target(&ends, w, target, &min, &max);
	frame_room(w, &min, &max);
	if (n > 0) {
		frame_end(&ends, w, "Upper limit", p[n - 1].upper, SVG_INK);
		frame_end(&ends, w, w->centre != NULL ? w->centre : "Mean",
		    p[n - 1].centre, SVG_INK);
		frame_end(&ends, w, "Lower limit", p[n - 1].lower, SVG_INK);
	}
	shape.right = frame_ends_margin(&ends);
	frame_open(&f, w, &shape, buf_string(&b), to);
	frame_y_axis(&f, w, min, max);
	x = spread(&f, n);
	period_labels(&f, p, n, x);
	frame_x_label(&f, w);
	series(&f, p, n, x, offsetof(struct chart_point, lower), SVG_GREY,
	    1.5, "6 4");
	series(&f, p, n, x, offsetof(struct chart_point, upper), SVG_GREY,
	    1.5, "6 4");
	series(&f, p, n, x, offsetof(struct chart_point, centre), SVG_INK,
	    1.5, NULL);
	target_line(&f, target);
	frame_ends_put(&f, &ends);
	series(&f, p, n, x, offsetof(struct chart_point, y), SVG_QUIET, 1.5,
	    NULL);
	marks(&f, w, p, n, x, 0, 4);
	frame_legend(&f, p, n, words, NULL, NULL);
	frame_close(&f, w);
	free(x);
	buf_free(&b);
}

/* The limits of the points i to end, none of which is missing. */
static void
limits_band(struct frame *f, const struct chart_point *p, const double *x,
    size_t n)
{
	double *low = mem_array(NULL, n + 1, sizeof *low);
	double *high = mem_array(NULL, n + 1, sizeof *high);
	size_t i;

	for (i = 0; i < n; i++) {
		low[i] = svg_axis_at(&f->y, p[i].lower);
		high[i] = svg_axis_at(&f->y, p[i].upper);
	}
	if (n == 1) { /* one alone has no band */
		svg_line(&f->svg, x[0], low[0], x[0], high[0], SVG_GREY, 2,
		    NULL);
	} else { /* The edges have the contrast that the band has not. */
		svg_band(&f->svg, x, low, high, n, SVG_PALE_BLUE);
		svg_path(&f->svg, x, low, n, SVG_GREY, 0.75, NULL);
		svg_path(&f->svg, x, high, n, SVG_GREY, 0.75, NULL);
	}
	free(low);
	free(high);
}

/* Where limits are missing there is no band. */
static void
limits_bands(struct frame *f, const struct chart_point *p, const double *x,
    size_t n)
{
	size_t i, end;

	for (i = 0; i < n; i = end + 1) {
		for (end = i; end < n && !isnan(p[end].lower + p[end].upper);
		    end++)
			continue;
		if (end > i)
			limits_band(f, p + i, x + i, end - i);
	}
}

/* The last value of the comparator, NULL: there is none. */
static const struct chart_point *
beside(const struct chart_point *p, size_t n)
{
	while (n > 0 && isnan(p[n - 1].centre))
		n--;
	return n > 0 ? &p[n - 1] : NULL;
}

static void
describe_trend(struct buf *b, const struct chart_words *w,
    const struct chart_point *p, size_t n, const char *comparator_label,
    int compared, double target)
{
	const struct chart_point *other = beside(p, n);
	struct frame_count c;

	frame_count(p, n, &c);
	buf_puts(b, "Values of ");
	frame_plural(b, c.drawn, "period", "periods");
	if (c.limits > 0)
		buf_puts(b, " with their 95% limits");
	if (c.drawn > 0)
		describe_value(b, c.drawn > 1 ? ": from " : ": ", w, c.first);
	if (c.drawn > 1) {
		describe_value(b, " to ", w, c.last);
		describe_value(b, "; lowest ", w, c.least);
		describe_value(b, ", highest ", w, c.most);
	}
	buf_putc(b, '.');
	if (comparator_label != NULL && other != NULL) {
		buf_printf(b, " %s: ", comparator_label);
		frame_number(b, other->centre, w->decimals);
		buf_printf(b, " in %s.", other->label);
	}
	if (comparator_label != NULL && compared)
		frame_describe_senses(b, &c, comparator_label);
	describe_target(b, w, target);
}

void
chart_trend(const struct chart_words *w, const struct chart_point *p,
    size_t n, const char *comparator_label, int compared, double target,
    struct buf *to)
{
	double min = INFINITY, max = -INFINITY, *x;
	struct frame_shape shape = { FRAME_WIDTH, FRAME_PLOT, FRAME_LEFT, 0 };
	const struct chart_point *other = comparator_label != NULL ?
	    beside(p, n) : NULL;
	struct frame_ends ends = { 0 };
	struct buf b = { 0 };
	struct frame f;
	size_t i;

	describe_trend(&b, w, p, n, comparator_label, compared, target);
	for (i = 0; i < n; i++) {
		frame_widen(&min, &max, p[i].y);
		frame_widen(&min, &max, p[i].lower);
		frame_widen(&min, &max, p[i].upper);
		frame_widen(&min, &max, p[i].centre);
	}
	frame_target(&ends, w, target, &min, &max);
	frame_room(w, &min, &max);
	if (other != NULL) { /* of which period, if not of the last */
		char *label = other == &p[n - 1] ? mem_printf("%s",
		    comparator_label) : mem_printf("%s, %s,",
		    comparator_label, other->label);

		frame_end(&ends, w, label, other->centre, SVG_INK);
		free(label);
	}
	shape.right = frame_ends_margin(&ends);
	frame_open(&f, w, &shape, buf_string(&b), to);
	frame_y_axis(&f, w, min, max);
	x = spread(&f, n);
	limits_bands(&f, p, x, n);
	period_labels(&f, p, n, x);
	frame_x_label(&f, w);
	target_line(&f, target);
	if (other != NULL)
		series(&f, p, n, x, offsetof(struct chart_point, centre),
		    SVG_INK, 1.5, "6 4");
	frame_ends_put(&f, &ends);
	series(&f, p, n, x, offsetof(struct chart_point, y), SVG_BLUE, 2,
	    NULL);
	marks(&f, w, p, n, x, 1, 2.5);
	if (comparator_label != NULL && compared)
		frame_legend(&f, p, n, frame_compared, comparator_label,
		    w->y_label);
	frame_close(&f, w);
	free(x);
	buf_free(&b);
}
