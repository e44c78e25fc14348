/* Areas by their size, with limits about the average. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "chart/frame.h"

#define MAX_LABELS 24
#define LONGEST_LABEL 180.0 /* of a point; a longer one is cut in the middle */

struct box {
	double left, top, right, bottom;
};

struct boxes {
	struct box *v;
	size_t n;
};

static int
isolated(const struct boxes *b, const struct box *x)
{
	size_t i;

	for (i = 0; i < b->n; i++)
		if (x->left < b->v[i].right && x->right > b->v[i].left &&
		    x->top < b->v[i].bottom && x->bottom > b->v[i].top)
			return 0;
	return 1;
}

/* The farthest from the centre that stands out and was not tried; n: none. */
static size_t
farthest(const struct chart_point *p, size_t n, const unsigned char *tried,
    double centre)
{
	size_t best = n, i;

	for (i = 0; i < n; i++)
		if (!tried[i] && p[i].sense != CHART_PLAIN && !isnan(p[i].y)
		    && (best == n || fabs(p[i].y - centre) >
		    fabs(p[best].y - centre)))
			best = i;
	return best;
}

/* A place beside a point, right, left, above or below, that is free. */
static int
place(struct frame *f, double px, double py, double width,
    const struct boxes *taken, const struct boxes *lines, struct box *to)
{
	int side;

	for (side = 0; side < 4; side++) {
		double left = side == 0 ? px + 8 : side == 1 ? px - 8 - width :
		    px - width / 2;
		double base = side == 2 ? py - 10 : side == 3 ? py + 19 :
		    py + 4;

		*to = (struct box){ left, base - 11, left + width, base + 3 };
		if (left >= f->left + 2 && to->right <= f->right - 2 &&
		    to->top >= f->top - 8 && to->bottom <= f->bottom + 7 &&
		    isolated(taken, to) && (lines == NULL ||
		    isolated(lines, to)))
			return side;
	}
	return -1;
}

/*
 * Names beside the points that stand out, the farthest from the centre first:
 * where no mark, no other name and if it can be no line is.
 */
static void
name_points(struct frame *f, const struct chart_point *p, size_t n,
    const double *x, double centre, const struct boxes *lines)
{
	static const char *const anchors[4] = { "start", "end", "middle",
	    "middle" };
	struct boxes taken = { mem_array(NULL, n + MAX_LABELS,
	    sizeof *taken.v), 0 };
	unsigned char *tried = mem_zero(n + 1, 1);
	size_t done = 0, i;

	for (i = 0; i < n; i++) { /* the marks themselves */
		double at = isnan(p[i].y) ? 0 : svg_axis_at(&f->y, p[i].y);

		if (!isnan(p[i].y))
			taken.v[taken.n++] = (struct box){ x[i] - 5, at - 5,
			    x[i] + 5, at + 5 };
	}
	while (done < MAX_LABELS && (i = farthest(p, n, tried, centre)) < n) {
		double width = fmin(svg_text_width(p[i].label, 12),
		    LONGEST_LABEL);
		double py = svg_axis_at(&f->y, p[i].y);
		struct box at;
		int side;

		tried[i] = 1;
		side = place(f, x[i], py, width, &taken, lines, &at);
		if (side < 0)
			side = place(f, x[i], py, width, &taken, NULL, &at);
		if (side < 0)
			continue;
		taken.v[taken.n++] = at;
		svg_text_fit(&f->svg, side == 0 ? at.left : side == 1 ?
		    at.right : x[i], at.bottom - 3, anchors[side], 12,
		    SVG_INK, p[i].label, width);
		done++;
	}
	free(tried);
	free(taken.v);
}

/* One of the four limits as a line; where it goes, to lines. */
static void
limit_line(struct frame *f, const struct svg_axis *ax,
    const struct chart_limit *l, size_t n, int upper, int outer,
    struct boxes *lines)
{
	double *x = mem_array(NULL, n + 1, sizeof *x);
	double *y = mem_array(NULL, n + 1, sizeof *y);
	size_t i, m = 0;

	for (i = 0; i < n; i++) {
		double at = upper ? l[i].upper[outer] : l[i].lower[outer];

		if (l[i].x > ax->max || at < f->y.min || at > f->y.max)
			continue;
		x[m] = svg_axis_at(ax, l[i].x);
		y[m++] = svg_axis_at(&f->y, at);
		if (m > 1)
			lines->v[lines->n++] = (struct box){ x[m - 2],
			    fmin(y[m - 1], y[m - 2]), x[m - 1],
			    fmax(y[m - 1], y[m - 2]) };
	}
	svg_path(&f->svg, x, y, m, outer ? SVG_BLUE : SVG_GREY, 1.5,
	    outer ? "7 4" : "2 3");
	free(x);
	free(y);
}

static void
describe(struct buf *b, const struct chart_words *w,
    const struct chart_point *p, size_t n, double centre,
    const char *centre_label)
{
	size_t i, above = 0, below = 0, drawn = 0;

	for (i = 0; i < n; i++) {
		drawn += isnan(p[i].y) ? 0 : 1;
		above += p[i].sense != CHART_PLAIN && p[i].y > centre;
		below += p[i].sense != CHART_PLAIN && p[i].y < centre;
	}
	buf_puts(b, "Funnel plot of ");
	frame_plural(b, drawn, "area", "areas");
	buf_printf(b, " by size. %s: ", centre_label);
	frame_number(b, centre, w->decimals);
	buf_printf(b, ". Outside the 99.8%% limits: %zu above, %zu below.",
	    above, below);
}

void
chart_funnel(const struct chart_words *w, const struct chart_point *p,
    size_t n, const struct chart_limit *l, size_t nl, double centre,
    const char *centre_label, struct buf *to)
{
	static const char *const words[FRAME_SENSES] = {
		"within 99.8% limits", "better", "worse", "above limits",
		"below limits", NULL };
	static const char *const names[2] = { "95% limit", "99.8% limit" };
	double min = centre, max = centre, xmax = 0, xmin = INFINITY, *px, at;
	struct frame_shape shape = { FRAME_WIDTH, FRAME_PLOT, FRAME_LEFT, 0 };
	struct boxes lines = { mem_array(NULL, 4 * nl + 2, sizeof *lines.v),
	    0 };
	struct frame_ends ends = { 0 };
	struct buf b = { 0 };
	struct svg_axis ax;
	struct frame f;
	size_t i;
	int k;

	describe(&b, w, p, n, centre, centre_label);
	for (i = 0; i < n; i++) {
		if (isnan(p[i].y))
			continue;
		frame_widen(&min, &max, p[i].y);
		xmax = fmax(xmax, p[i].x);
		xmin = fmin(xmin, p[i].x);
	}
	for (i = 0; i < nl; i++) /* the wide mouth is cut by the frame */
		if (l[i].x >= xmax / 40 && l[i].x >= 0.7 * xmin)
			for (k = 0; k < 2; k++) {
				frame_widen(&min, &max, l[i].lower[k]);
				frame_widen(&min, &max, l[i].upper[k]);
			}
	/* From top to bottom, for those that are at the same height. */
	svg_axis_set(&ax, 0, xmax * 1.02, 6, 0, 1);
	for (i = nl; i > 0 && l[i - 1].x > ax.max; i--)
		continue;
	for (k = 1; i > 0 && k >= 0; k--)
		frame_end(&ends, NULL, names[k], l[i - 1].upper[k], SVG_INK);
	frame_end(&ends, w, centre_label, centre, SVG_INK);
	for (k = 0; i > 0 && k < 2; k++)
		frame_end(&ends, NULL, names[k], l[i - 1].lower[k], SVG_INK);
	shape.right = frame_ends_margin(&ends);
	frame_open(&f, w, &shape, buf_string(&b), to);
	frame_room(w, &min, &max);
	frame_y_axis(&f, w, min, max);
	ax.from = f.left;
	ax.to = f.right;
	frame_x_axis(&f, &ax, 0, 0);
	frame_x_label(&f, w);
	for (k = 0; k < 4; k++)
		limit_line(&f, &ax, l, nl, k > 1, k == 0 || k == 3, &lines);
	at = svg_axis_at(&f.y, centre);
	svg_line(&f.svg, f.left, at, f.right, at, SVG_INK, 1.5, NULL);
	lines.v[lines.n++] = (struct box){ f.left, at - 1, f.right, at + 1 };
	lines.v[lines.n++] = (struct box){ f.left, f.bottom - 1, f.right,
	    f.bottom + 1 };
	frame_ends_put(&f, &ends);
	px = mem_array(NULL, n + 1, sizeof *px);
	for (i = 0; i < n; i++) {
		px[i] = svg_axis_at(&ax, p[i].x);
		if (!isnan(p[i].y))
			svg_mark(&f.svg, frame_mark(p[i].sense), px[i],
			    svg_axis_at(&f.y, p[i].y), p[i].sense ==
			    CHART_PLAIN ? 3.5 : 4.5, frame_colour(
			    p[i].sense), frame_point_title(&f.text, &p[i],
			    w->decimals, 0));
	}
	name_points(&f, p, n, px, centre, &lines);
	frame_legend(&f, p, n, words, NULL, NULL);
	frame_close(&f, w);
	free(px);
	free(lines.v);
	buf_free(&b);
}
