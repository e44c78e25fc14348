/* Areas from the top down, with their limits, against the comparator. */
#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "chart/frame.h"

#define ROW 20.0
#define LONGEST_NAME 360.0
#define LONG 25 /* rows from which on the axis is above too */

static void
describe(struct buf *b, const struct chart_words *w,
    const struct chart_point *p, size_t n, double comparator,
    const char *comparator_label, int compared)
{
	struct frame_count c;

	frame_count(p, n, &c);
	buf_puts(b, "Values of ");
	frame_plural(b, c.drawn, "area", "areas");
	if (c.limits > 0)
		buf_puts(b, " with their 95% limits");
	if (c.drawn > 1) {
		buf_puts(b, ", from ");
		frame_number(b, c.most->y, w->decimals);
		buf_printf(b, " (%s) to ", c.most->label);
		frame_number(b, c.least->y, w->decimals);
		buf_printf(b, " (%s)", c.least->label);
	}
	buf_putc(b, '.');
	if (c.without > 0) {
		buf_putc(b, ' ');
		frame_plural(b, c.without, "area has", "areas have");
		buf_puts(b, " no value.");
	}
	if (comparator_label == NULL)
		return;
	buf_printf(b, " %s: ", comparator_label);
	if (isnan(comparator))
		buf_puts(b, "no value");
	else
		frame_number(b, comparator, w->decimals);
	buf_putc(b, '.');
	if (compared)
		frame_describe_senses(b, &c, comparator_label);
}

/* The comparator's line, and what it is, on the left above the plot. */
static void
comparator_line(struct frame *f, const struct svg_axis *ax,
    const struct chart_words *w, double value, const char *label,
    double above)
{
	struct buf number = { 0 };
	char *text = mem_printf("%s %s", label, isnan(value) ?
	    "(no value)" : svg_number(&number, value, w->decimals));
	double y = f->top - 14 - above, width = fmin(svg_text_width(text,
	    13), 330), at = svg_axis_at(ax, value);

	svg_text_fit(&f->svg, FRAME_MARGIN, y, "start", 13, SVG_INK, text,
	    width);
	if (!isnan(value)) {
		svg_line(&f->svg, at, f->top - 4, at, f->bottom, SVG_INK, 1.5,
		    "6 4");
		svg_line(&f->svg, FRAME_MARGIN + width + 6, y - 5,
		    FRAME_MARGIN + width + 40, y - 5, SVG_INK, 1.5, "6 4");
	}
	buf_free(&number);
	free(text);
}

static void
row(struct frame *f, const struct svg_axis *ax, const struct chart_words *w,
    const struct chart_point *p, double y, double names)
{
	const char *colour = frame_colour(p->sense);
	double end = f->svg.width - FRAME_MARGIN;

	svg_text_fit(&f->svg, f->left - 14, y + 5, "end", 13, SVG_INK,
	    p->label, names);
	if (isnan(p->y)) {
		svg_text(&f->svg, end, y + 5, "end", 13, 0, SVG_QUIET,
		    "no value");
		return;
	}
	if (!isnan(p->lower) && !isnan(p->upper))
		svg_line(&f->svg, svg_axis_at(ax, p->lower), y,
		    svg_axis_at(ax, p->upper), y, colour, 2, NULL);
	svg_mark(&f->svg, frame_mark(p->sense), svg_axis_at(ax, p->y), y, 5,
	    colour, frame_point_title(&f->text, p, w->decimals, 1));
	svg_text(&f->svg, end, y + 5, "end", 13, 0, SVG_INK,
	    svg_number(&f->text, p->y, w->decimals));
}

void
chart_league(const struct chart_words *w, const struct chart_point *p,
    size_t n, double comparator, const char *comparator_label, int compared,
    struct buf *to)
{
	double min = INFINITY, max = -INFINITY, names = 60, above, values =
	    svg_text_width("no value", 13);
	struct frame_shape shape = { FRAME_WIDTH, 0, 0, 0 };
	struct buf b = { 0 };
	struct svg_axis ax;
	struct frame f;
	size_t i;

	frame_widen(&min, &max, comparator);
	for (i = 0; i < n; i++) {
		names = fmax(names, svg_text_width(p[i].label, 13));
		if (!isnan(p[i].y))
			values = fmax(values, svg_text_width(svg_number(&b,
			    p[i].y, w->decimals), 13));
		frame_widen(&min, &max, p[i].y);
		frame_widen(&min, &max, p[i].lower);
		frame_widen(&min, &max, p[i].upper);
	}
	buf_clear(&b);
	names = fmin(names, LONGEST_NAME);
	above = n > LONG ? 22 : 0;
	frame_room(w, &min, &max);
	describe(&b, w, p, n, comparator, comparator_label, compared);
	shape.plot = ROW * (double)n + 8 + above;
	shape.left = FRAME_MARGIN + names + 14;
	shape.right = FRAME_MARGIN + values + 18;
	frame_open(&f, w, &shape, buf_string(&b), to);
	if (compared)
		frame_legend(&f, p, n, frame_compared, NULL, NULL);
	f.top += above;
	svg_axis_set(&ax, min, max, 6, f.left, f.right);
	frame_x_axis(&f, &ax, 1, above > 0);
	frame_x_label(&f, w);
	if (comparator_label != NULL)
		comparator_line(&f, &ax, w, comparator, comparator_label,
		    above);
	for (i = 0; i < n; i++)
		row(&f, &ax, w, &p[i], f.top + ROW * ((double)i + 0.7),
		    names);
	frame_close(&f, w);
	buf_free(&b);
}
