/* Values in a table, told apart by mark and tint. */
#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "chart/frame.h"

#define ROW 26.0
#define LONGEST_NAME 300.0
#define WIDEST 150.0   /* of a column */
#define NARROWEST 14.0 /* a mark that can be told from others, and air */

static const char *
tint(enum chart_sense s)
{
	static const char *const tints[FRAME_SENSES] = {
		[CHART_PLAIN] = SVG_PALE_GREY,
		[CHART_GOOD] = SVG_PALE_BLUE, [CHART_BAD] = SVG_PALE_ORANGE,
		[CHART_HIGH] = SVG_PALE_PLUM, [CHART_LOW] = SVG_PALE_PLUM,
		[CHART_UNCOMPARED] = SVG_PAPER };

	return tints[s];
}

/* Columns: how wide, and whether there is room for marks only. */
struct columns {
	double left, each;
	int narrow;
};

/* A value with its mark; in a narrow column only the mark, in the middle. */
static void
cell(struct frame *f, const struct chart_words *w, const struct columns *c,
    const struct chart_point *p, size_t k, double y, int marked)
{
	double x = c->left + c->each * (double)k, middle = x + c->each / 2;

	if (isnan(p->y)) {
		svg_text(&f->svg, c->narrow ? middle : x + c->each - 10,
		    y + 18, c->narrow ? "middle" : "end", 13, 0, SVG_QUIET,
		    "\xe2\x80\x93");
		return;
	}
	svg_rect(&f->svg, x + 1, y + 1, c->each - 2, 24, marked ?
	    tint(p->sense) : SVG_PALE_GREY);
	if (marked || c->narrow)
		svg_mark(&f->svg, frame_mark(p->sense), c->narrow ? middle :
		    x + 14, y + 13, fmin(5, c->narrow ? c->each * 0.35 : 5),
		    frame_colour(p->sense), frame_point_title(&f->text, p,
		    w->decimals, 0));
	if (!c->narrow)
		svg_text(&f->svg, x + c->each - 10, y + 18, "end", 13, 0,
		    SVG_INK, svg_number(&f->text, p->y, w->decimals));
}

/* The names of columns: the last one's, and as many as there is room for. */
static void
header(struct frame *f, const struct columns *c, const char *const *across,
    size_t n)
{
	double wide = 0;
	size_t k, apart;

	for (k = 0; k < n; k++)
		wide = fmax(wide, svg_text_width(across[k], 13));
	apart = (size_t)ceil((wide + 14) / c->each);
	for (k = 0; k < n; k++) {
		double x = c->left + c->each * ((double)k + 1);

		if ((n - 1 - k) % apart != 0)
			continue;
		if (!c->narrow) {
			svg_text(&f->svg, x - 10, f->top + 18, "end", 13, 1,
			    SVG_INK, across[k]);
			continue;
		}
		/* Over the middle of its column, as far as there is room. */
		svg_text(&f->svg, fmin(x - c->each / 2, f->svg.width - 12 -
		    wide / 2), f->top + 18, "middle", 13, 1, SVG_INK,
		    across[k]);
		svg_line(&f->svg, x - c->each / 2, f->top + 22, x -
		    c->each / 2, f->top + 28, SVG_QUIET, 1, NULL);
	}
}

static void
describe(struct buf *b, const struct frame_count *c, size_t values,
    size_t nacross, size_t ndown, const char *compared_with)
{
	buf_puts(b, "A table of ");
	frame_plural(b, ndown, "area", "areas");
	buf_puts(b, " by ");
	frame_plural(b, nacross, "period", "periods");
	buf_puts(b, ": ");
	frame_plural(b, values, "value", "values");
	buf_putc(b, '.');
	if (compared_with != NULL)
		frame_describe_senses(b, c, compared_with);
}

void
chart_table(const struct chart_words *w, const char *const *across,
    size_t nacross, const struct chart_table_row *down, size_t ndown,
    const char *compared_with, struct buf *to)
{
	struct chart_point *others = mem_array(NULL, nacross * ndown + 1,
	    sizeof *others);
	struct frame_shape shape = { FRAME_WIDTH, ROW * (double)ndown + 30, 0,
	    FRAME_MARGIN };
	double names = 60, value = 0, room;
	struct columns c = { 0, 0, 0 };
	struct buf b = { 0 };
	struct frame_count count;
	struct frame f;
	size_t i, k, n = 0, values = 0;

	for (i = 0; i < ndown; i++) {
		names = fmax(names, svg_text_width(down[i].label, 13));
		for (k = 0; k < nacross; k++) {
			const struct chart_point *p = &down[i].cells[k];

			if (isnan(p->y))
				continue;
			values++;
			value = fmax(value, svg_text_width(svg_number(&b,
			    p->y, w->decimals), 13));
			if (!down[i].own)
				others[n++] = *p;
		}
	}
	buf_clear(&b);
	frame_count(others, n, &count);
	names = fmin(names, LONGEST_NAME);
	c.left = shape.left = FRAME_MARGIN + names + 14;
	room = FRAME_WIDTH - FRAME_MARGIN - c.left;
	c.each = fmax(NARROWEST, fmin(WIDEST, room / (double)nacross));
	c.narrow = value + 34 > c.each;
	/* Wider than others, rather than with marks that are alike. */
	shape.width += fmax(0, c.each * (double)nacross - room);
	describe(&b, &count, values, nacross, ndown, compared_with);
	frame_open(&f, w, &shape, buf_string(&b), to);
	header(&f, &c, across, nacross);
	for (i = 0; i < ndown; i++) {
		double y = f.top + 28 + ROW * (double)i;

		svg_text_fit(&f.svg, f.left - 14, y + 18, "end", 13, SVG_INK,
		    down[i].label, names);
		for (k = 0; k < nacross; k++)
			cell(&f, w, &c, &down[i].cells[k], k, y,
			    compared_with != NULL && !down[i].own);
	}
	if (compared_with != NULL) {
		f.right = fmax(c.left + c.each * (double)nacross,
		    FRAME_WIDTH - FRAME_MARGIN);
		frame_legend(&f, others, n, frame_compared, compared_with,
		    NULL);
	}
	frame_close(&f, w);
	buf_free(&b);
	free(others);
}
