/* Values to the left and right of nought. */
#include "chart/bars.h"

#include <math.h>
#include <string.h>

#include "chart/svg.h"

#define WIDTH 900.0
#define ROW 20.0
#define GROUP 30.0 /* a heading and the air above it */
#define BAR 12.0

static int
heads(const struct chart_bar *b, size_t i)
{
	return i == 0 || strcmp(b[i].group, b[i - 1].group) != 0;
}

static void
axis(struct svg *s, const struct svg_axis *x, double top, double bottom)
{
	struct buf text = { 0 };
	double v, at;
	int i;

	for (i = 0; (v = x->min + i * x->step) <= x->max + x->step / 2; i++) {
		at = svg_axis_at(x, v);
		svg_line(s, at, top, at, bottom, SVG_GRID, 1, NULL);
		svg_text(s, at, bottom + 18, "middle", 13, 0, SVG_INK,
		    svg_number(&text, v, x->decimals));
	}
	svg_line(s, svg_axis_at(x, 0), top, svg_axis_at(x, 0), bottom,
	    SVG_INK, 1.5, NULL);
	buf_free(&text);
}

static void
row(struct svg *s, const struct svg_axis *x, const struct chart_bar *b,
    double y, int decimals)
{
	double nought = svg_axis_at(x, 0), at;
	struct buf text = { 0 };

	svg_text_fit(s, x->from - 14, y + 4, "end", 13, SVG_INK, b->label,
	    x->from - 22);
	if (b->note != NULL)
		svg_text(s, WIDTH - 24, y + 4, "end", 12, 0, SVG_QUIET,
		    b->note);
	if (isnan(b->value)) {
		svg_text(s, nought + 6, y + 4, "start", 13, 0, SVG_QUIET,
		    "none");
		return;
	}
	at = svg_axis_at(x, b->value);
	svg_rect(s, b->value < 0 ? at : nought, y - BAR / 2,
	    fabs(at - nought), BAR, b->value < 0 ? SVG_ORANGE : SVG_BLUE);
	svg_text(s, b->value < 0 ? at - 5 : at + 5, y + 4,
	    b->value < 0 ? "end" : "start", 12, 0, SVG_INK,
	    svg_number(&text, b->value, decimals));
	buf_free(&text);
}

void
chart_bars(const struct chart_words *w, const struct chart_bar *b, size_t n,
    const char *note, const char *description, struct buf *to)
{
	double min = 0, max = 0, names = 60, notes = 0, y, top, height = 0;
	struct svg_axis x;
	struct svg s = { to, WIDTH, 0 };
	size_t i;

	for (i = 0; i < n; i++) {
		names = fmax(names, svg_text_width(b[i].label, 13));
		if (b[i].note != NULL)
			notes = fmax(notes, svg_text_width(b[i].note, 12));
		if (!isnan(b[i].value)) {
			min = fmin(min, b[i].value);
			max = fmax(max, b[i].value);
		}
		height += ROW + (heads(b, i) ? GROUP : 0);
	}
	names = fmin(names, 330);
	top = w->subtitle != NULL ? 88 : 66;
	s.height = top + height + (w->source != NULL ? 92 : 66);
	svg_open(&s, w->id, w->title, description);
	svg_text(&s, 24, 34, "start", 20, 1, SVG_INK, w->title);
	if (w->subtitle != NULL)
		svg_text(&s, 24, 58, "start", 15, 0, SVG_QUIET, w->subtitle);
	if (note != NULL)
		svg_text(&s, WIDTH - 24, top - 4, "end", 12, 0, SVG_QUIET,
		    note);
	/* Room for the figures at the ends of bars. */
	svg_axis_set(&x, min - (max - min) * 0.08, max + (max - min) * 0.08,
	    7, 24 + names + 14, WIDTH - 24 - notes - (notes > 0 ? 24 : 0));
	axis(&s, &x, top, top + height);
	for (i = 0, y = top; i < n; i++) {
		if (heads(b, i)) {
			svg_text(&s, 24, y + GROUP - 8, "start", 14, 1,
			    SVG_INK, b[i].group);
			y += GROUP;
		}
		row(&s, &x, &b[i], y + ROW / 2, w->decimals);
		y += ROW;
	}
	if (w->x_label != NULL)
		svg_text(&s, (x.from + x.to) / 2, y + 44, "middle", 13, 0,
		    SVG_QUIET, w->x_label);
	if (w->source != NULL)
		svg_text(&s, 24, s.height - 14, "start", 12, 0, SVG_QUIET,
		    w->source);
	svg_close(&s);
}
