#include "chart.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "chart/svg.h"

#define WIDTH 900.0
#define PLOT 370.0 /* height, without words and axis */
#define LEFT 90.0
#define RIGHT 180.0
#define BOTTOM 96.0
#define TITLE_SIZE 20.0
#define MAX_LABELS 24
#define LONGEST_LABEL 180.0 /* of a point; a longer one is cut in the middle */

struct frame {
	struct svg svg;
	double top, bottom, left, right; /* of the plot */
	struct svg_axis y;
	struct buf text;
};

static const struct {
	enum svg_mark mark;
	const char *colour;
} senses[] = {
	[CHART_PLAIN] = { SVG_CIRCLE, SVG_GREY },
	[CHART_GOOD] = { SVG_DIAMOND, SVG_BLUE },
	[CHART_BAD] = { SVG_SQUARE, SVG_ORANGE },
	[CHART_HIGH] = { SVG_UP, SVG_PLUM },
	[CHART_LOW] = { SVG_DOWN, SVG_PLUM },
};

/*
 * Text on as many lines as it needs; returns the y of the next line. svg
 * NULL: only that.
 */
static double
wrapped(struct svg *s, double x, double y, double width, double size,
    int bold, const char *colour, const char *text)
{
	char *line = mem_alloc(strlen(text) + 1);
	size_t n = 0;

	while (*text != '\0') {
		size_t w = strcspn(text, " "), before = n;

		if (n > 0)
			line[n++] = ' ';
		memcpy(line + n, text, w);
		line[n + w] = '\0';
		if (before > 0 && svg_text_width(line, size) > width) {
			line[before] = '\0';
			if (s != NULL)
				svg_text(s, x, y, "start", size, bold,
				    colour, line);
			y += size * 1.25;
			n = 0;
			continue;
		}
		n += w;
		text += w;
		while (*text == ' ')
			text++;
	}
	if (n > 0) {
		if (s != NULL)
			svg_text(s, x, y, "start", size, bold, colour, line);
		y += size * 1.25;
	}
	free(line);
	return y;
}

/* Title and subtitle; returns where the plot may begin. */
static double
heading(struct svg *s, const struct chart_words *w)
{
	double y = 34;

	y = wrapped(s, 24, y, WIDTH - 60, TITLE_SIZE, 1, SVG_INK, w->title);
	if (w->subtitle != NULL)
		y = wrapped(s, 24, y, WIDTH - 60, 15, 0, SVG_QUIET,
		    w->subtitle);
	return y + 34;
}

/* Opens the picture and writes the words; the rest is the plot. */
static void
open_frame(struct frame *f, const struct chart_words *w, double plot,
    double left, double right, const char *description, struct buf *to)
{
	memset(f, 0, sizeof *f);
	f->top = heading(NULL, w);
	f->bottom = f->top + plot;
	f->left = left;
	f->right = WIDTH - right;
	f->svg.to = to;
	f->svg.width = WIDTH;
	f->svg.height = f->bottom + (w->source != NULL ? BOTTOM : BOTTOM -
	    26);
	svg_open(&f->svg, w->id, w->title, description);
	(void)heading(&f->svg, w);
}

static void
close_frame(struct frame *f, const struct chart_words *w)
{
	if (w->source != NULL)
		(void)wrapped(&f->svg, 24, f->svg.height - 18, WIDTH - 60, 12,
		    0, SVG_QUIET, w->source);
	svg_close(&f->svg);
	buf_free(&f->text);
}

static void
y_axis(struct frame *f, const struct chart_words *w, double min, double max)
{
	double v;
	int i;

	svg_axis_set(&f->y, min, max, 6, f->bottom, f->top);
	for (i = 0; (v = f->y.min + i * f->y.step) <= f->y.max +
	    f->y.step / 2; i++) {
		double y = svg_axis_at(&f->y, v);

		svg_line(&f->svg, f->left, y, f->right, y, SVG_GRID, 1, NULL);
		svg_text(&f->svg, f->left - 8, y + 5, "end", 13, 0, SVG_INK,
		    svg_number(&f->text, v, f->y.decimals));
	}
	if (w->y_label != NULL) /* horizontal, above the axis */
		svg_text(&f->svg, 24, f->top - 14, "start", 13, 0, SVG_QUIET,
		    w->y_label);
	svg_line(&f->svg, f->left, f->bottom, f->right, f->bottom, SVG_QUIET,
	    1, NULL);
}

static void
x_label(struct frame *f, const struct chart_words *w)
{
	if (w->x_label != NULL)
		svg_text(&f->svg, (f->left + f->right) / 2, f->bottom + 48,
		    "middle", 13, 0, SVG_QUIET, w->x_label);
}

/* Labels at the right end of lines, moved apart where they would touch. */
struct end_label {
	double y;
	const char *text, *colour;
};

static void
end_labels(struct frame *f, struct end_label *l, size_t n)
{
	size_t i, j, k;
	double below;

	for (i = 1; i < n; i++) /* by height */
		for (j = i; j > 0 && l[j].y < l[j - 1].y; j--) {
			struct end_label t = l[j];

			l[j] = l[j - 1];
			l[j - 1] = t;
		}
	for (i = 0; i < n; i = j) { /* those that touch share their middle */
		double middle = l[i].y;

		for (j = i + 1; j < n && l[j].y < middle / (double)(j - i) +
		    8 * (double)(j - i) + 16; j++)
			middle += l[j].y;
		middle /= (double)(j - i);
		for (k = i; k < j; k++)
			l[k].y = middle + 16 * ((double)(k - i) -
			    (double)(j - i - 1) / 2);
	}
	below = n > 0 ? l[n - 1].y - f->bottom : 0;
	for (i = n; below > 0 && i-- > 0;)
		if (i == n - 1 || l[i].y > l[i + 1].y - 16)
			l[i].y = i == n - 1 ? f->bottom : l[i + 1].y - 16;
	for (i = 0; i < n; i++)
		svg_text(&f->svg, f->right + 8, l[i].y + 5, "start", 13, 0,
		    l[i].colour, l[i].text);
}

/* A mark for each sense that occurs, with its word. */
static void
legend(struct frame *f, const struct chart_point *p, size_t n,
    const char *const words[5])
{
	double x = f->right, width = 0;
	int there[5] = { 0 }, k;
	size_t i;

	for (i = 0; i < n; i++)
		if (!isnan(p[i].y))
			there[p[i].sense] = 1;
	for (k = 0; k < 5; k++)
		if (there[k] && words[k] != NULL)
			width += svg_text_width(words[k], 13) + 34;
	x = WIDTH - 24 - width;
	for (k = 0; k < 5; k++) {
		if (!there[k] || words[k] == NULL)
			continue;
		svg_mark(&f->svg, senses[k].mark, x + 6, f->top - 19, 5,
		    senses[k].colour, NULL);
		svg_text(&f->svg, x + 18, f->top - 14, "start", 13, 0,
		    SVG_INK, words[k]);
		x += svg_text_width(words[k], 13) + 34;
	}
}

static void
widen(double *min, double *max, double v)
{
	if (isnan(v))
		return;
	if (v < *min)
		*min = v;
	if (v > *max)
		*max = v;
}

/* Never from a value alone: some room, and 0 if it is near. */
static void
room(const struct chart_words *w, double *min, double *max)
{
	double span = *max - *min;

	if (*min > 0 && *min < span)
		*min = 0;
	else if (*min > 0)
		*min -= span * 0.05;
	*max += span * 0.05;
	if (w->ceiling > 0 && *max > w->ceiling)
		*max = w->ceiling;
}

static int
isolated(const double boxes[][4], size_t n, const double box[4])
{
	size_t i;

	for (i = 0; i < n; i++)
		if (box[0] < boxes[i][2] && box[2] > boxes[i][0] &&
		    box[1] < boxes[i][3] && box[3] > boxes[i][1])
			return 0;
	return 1;
}

/*
 * Names beside the points that stand out, where one of four places is
 * free; the farthest from the centre first.
 */
static void
name_points(struct frame *f, const struct chart_point *p, size_t n,
    const double *x, double centre)
{
	static const char *const anchors[4] = { "start", "end", "middle",
	    "middle" };
	double (*boxes)[4] = mem_array(NULL, n + MAX_LABELS, sizeof *boxes);
	size_t used = 0, done = 0, i;
	unsigned char *tried = mem_zero(n + 1, 1);

	for (i = 0; i < n; i++) { /* the marks themselves */
		double at = isnan(p[i].y) ? 0 : svg_axis_at(&f->y, p[i].y);
		double box[4] = { x[i] - 5, at - 5, x[i] + 5, at + 5 };

		if (!isnan(p[i].y))
			memcpy(boxes[used++], box, sizeof box);
	}

	while (done < MAX_LABELS) {
		size_t best = n;
		double width, px, py;
		int side;

		for (i = 0; i < n; i++)
			if (!tried[i] && p[i].sense != CHART_PLAIN &&
			    !isnan(p[i].y) && (best == n ||
			    fabs(p[i].y - centre) >
			    fabs(p[best].y - centre)))
				best = i;
		if (best == n)
			break;
		tried[best] = 1;
		width = fmin(svg_text_width(p[best].label, 12),
		    LONGEST_LABEL);
		px = x[best];
		py = svg_axis_at(&f->y, p[best].y);
		for (side = 0; side < 4; side++) {
			double left = side == 0 ? px + 8 : side == 1 ?
			    px - 8 - width : px - width / 2;
			double base = side == 2 ? py - 10 : side == 3 ?
			    py + 19 : py + 4;
			double box[4] = { left, base - 11, left + width,
			    base + 2 };

			if (left < f->left + 2 || left + width > f->right - 2
			    || box[1] < f->top - 3 || box[3] > f->bottom ||
			    !isolated((const double (*)[4])boxes, used,
			    box))
				continue;
			memcpy(boxes[used++], box, sizeof box);
			svg_text_fit(&f->svg, side == 0 ? left : side == 1 ?
			    left + width : px, base, anchors[side], 12,
			    SVG_INK, p[best].label, width);
			done++;
			break;
		}
	}
	free(tried);
	free(boxes);
}

static const char *
point_title(struct buf *b, const struct chart_point *p, int decimals,
    int limits)
{
	struct buf t = { 0 };

	buf_clear(b);
	buf_puts(b, p->label);
	buf_puts(b, ": ");
	buf_puts(b, svg_number(&t, p->y, decimals));
	if (limits && !isnan(p->lower) && !isnan(p->upper)) {
		buf_puts(b, " (");
		buf_puts(b, svg_number(&t, p->lower, decimals));
		buf_puts(b, " to ");
		buf_puts(b, svg_number(&t, p->upper, decimals));
		buf_puts(b, ")");
	}
	buf_free(&t);
	return buf_string(b);
}

static size_t
unlike(const struct chart_point *p, size_t n, size_t *drawn)
{
	size_t i, k = 0;

	*drawn = 0;
	for (i = 0; i < n; i++) {
		if (isnan(p[i].y))
			continue;
		++*drawn;
		k += p[i].sense != CHART_PLAIN;
	}
	return k;
}

void
chart_funnel(const struct chart_words *w, const struct chart_point *p,
    size_t n, const struct chart_limit *l, size_t nl, double centre,
    const char *centre_label, struct buf *to)
{
	static const char *const words[5] = { "within limits", "better",
	    "worse", "above limits", "below limits" };
	double min = centre, max = centre, xmax = 0, xmin = INFINITY, v;
	double *x, *y, *px;
	struct end_label ends[5];
	struct svg_axis ax;
	struct frame f;
	struct buf b = { 0 }, number = { 0 };
	size_t i, drawn, out = unlike(p, n, &drawn), ne = 0;
	int k;

	buf_printf(&b, "Funnel plot of %zu units. %s: ", drawn, centre_label);
	buf_puts(&b, svg_number(&number, centre, w->decimals));
	buf_free(&number);
	buf_printf(&b, ". %zu of them lie outside the 99.8%% limits.", out);
	open_frame(&f, w, PLOT, LEFT, RIGHT, buf_string(&b), to);
	for (i = 0; i < n; i++) {
		if (isnan(p[i].y))
			continue;
		widen(&min, &max, p[i].y);
		xmax = p[i].x > xmax ? p[i].x : xmax;
		xmin = p[i].x < xmin ? p[i].x : xmin;
	}
	for (i = 0; i < nl; i++) /* the wide mouth is cut by the frame */
		if (l[i].x >= xmax / 40 && l[i].x >= 0.7 * xmin)
			for (k = 0; k < 2; k++) {
				widen(&min, &max, l[i].lower[k]);
				widen(&min, &max, l[i].upper[k]);
			}
	room(w, &min, &max);
	y_axis(&f, w, min, max);
	svg_axis_set(&ax, 0, xmax, 6, f.left, f.right);
	for (i = 0; (v = ax.min + (double)i * ax.step) <= ax.max +
	    ax.step / 2; i++) {
		svg_line(&f.svg, svg_axis_at(&ax, v), f.bottom,
		    svg_axis_at(&ax, v), f.bottom + 6, SVG_QUIET, 1, NULL);
		svg_text(&f.svg, svg_axis_at(&ax, v), f.bottom + 22,
		    "middle", 13, 0, SVG_INK, svg_number(&f.text, v,
		    ax.decimals));
	}
	x_label(&f, w);
	x = mem_array(NULL, nl + n + 1, sizeof *x);
	y = mem_array(NULL, nl + 1, sizeof *y);
	px = x + nl;
	for (k = 0; k < 4; k++) {
		static const char *const names[4] = { "99.8% limit",
		    "95% limit", "95% limit", "99.8% limit" };
		int outer = k == 0 || k == 3;
		size_t m = 0;

		for (i = 0; i < nl; i++) {
			double at = k < 2 ? l[i].lower[outer] :
			    l[i].upper[outer];

			if (l[i].x > ax.max || at < f.y.min || at > f.y.max)
				continue;
			x[m] = svg_axis_at(&ax, l[i].x);
			y[m++] = svg_axis_at(&f.y, at);
		}
		svg_path(&f.svg, x, y, m, outer ? SVG_BLUE : SVG_GREY, 1.5,
		    outer ? "7 4" : "2 3");
		if (m > 0) {
			ends[ne].y = y[m - 1];
			ends[ne].text = names[k];
			ends[ne++].colour = SVG_INK;
		}
	}
	svg_line(&f.svg, f.left, svg_axis_at(&f.y, centre), f.right,
	    svg_axis_at(&f.y, centre), SVG_INK, 1.5, NULL);
	ends[ne].y = svg_axis_at(&f.y, centre);
	ends[ne].text = centre_label;
	ends[ne++].colour = SVG_INK;
	end_labels(&f, ends, ne);
	for (i = 0; i < n; i++) {
		px[i] = svg_axis_at(&ax, p[i].x);
		if (!isnan(p[i].y))
			svg_mark(&f.svg, senses[p[i].sense].mark, px[i],
			    svg_axis_at(&f.y, p[i].y), p[i].sense ==
			    CHART_PLAIN ? 3.5 : 4.5, senses[p[i].sense].colour,
			    point_title(&f.text, &p[i], w->decimals, 0));
	}
	name_points(&f, p, n, px, centre);
	legend(&f, p, n, words);
	close_frame(&f, w);
	free(x);
	free(y);
	buf_free(&b);
}

/* Labels of periods below the axis, as many as there is room for. */
static void
period_labels(struct frame *f, const struct chart_point *p, size_t n,
    const double *x)
{
	double widest = 0, last = -1e9;
	size_t i;

	for (i = 0; i < n; i++)
		widest = fmax(widest, svg_text_width(p[i].label, 12));
	for (i = 0; i < n; i++) {
		if (x[i] - widest / 2 < last + 12)
			continue;
		svg_line(&f->svg, x[i], f->bottom, x[i], f->bottom + 6,
		    SVG_QUIET, 1, NULL);
		svg_text(&f->svg, x[i], f->bottom + 22, "middle", 12, 0,
		    SVG_INK, p[i].label);
		last = x[i] + widest / 2;
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

/* Is a value in the picture? A limit may lie where no value can be. */
static int
inside(const struct frame *f, double v)
{
	double slack = 1e-9 * (f->y.max - f->y.min);

	return v >= f->y.min - slack && v <= f->y.max + slack;
}

/* One of a point's numbers as a line; a gap where it is not in the picture. */
static void
series(struct frame *f, const struct chart_point *p, size_t n,
    const double *x, size_t offset, const char *colour, double width,
    const char *dash)
{
	double *y = mem_array(NULL, n + 1, sizeof *y);
	size_t i, drawn = 0;

	for (i = 0; i < n; i++) {
		double v;

		memcpy(&v, (const char *)&p[i] + offset, sizeof v);
		y[i] = inside(f, v) ? svg_axis_at(&f->y, v) : NAN;
		drawn += isnan(y[i]) ? 0 : 1;
	}
	if (drawn > 0)
		svg_path(&f->svg, x, y, n, colour, width, dash);
	free(y);
}

static void
marks(struct frame *f, const struct chart_words *w,
    const struct chart_point *p, size_t n, const double *x, int limits)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (!isnan(p[i].y))
			svg_mark(&f->svg, senses[p[i].sense].mark, x[i],
			    svg_axis_at(&f->y, p[i].y), p[i].sense ==
			    CHART_PLAIN ? 4 : 5, senses[p[i].sense].colour,
			    point_title(&f->text, &p[i], w->decimals,
			    limits));
}

void
chart_spc(const struct chart_words *w, const struct chart_point *p, size_t n,
    double target, struct buf *to)
{
	static const char *const words[5] = { "common cause", "improvement",
	    "concern", "special cause, high", "special cause, low" };
	double min = INFINITY, max = -INFINITY, *x;
	struct end_label ends[4];
	struct frame f;
	struct buf b = { 0 };
	size_t i, drawn, out = unlike(p, n, &drawn), ne = 0;

	buf_printf(&b, "Control chart of %zu points in time, %zu of them of "
	    "special cause.", drawn, out);
	open_frame(&f, w, PLOT, LEFT, RIGHT - 40, buf_string(&b), to);
	for (i = 0; i < n; i++) {
		widen(&min, &max, p[i].y);
		widen(&min, &max, p[i].lower);
		widen(&min, &max, p[i].upper);
	}
	widen(&min, &max, target);
	if (min > max)
		min = max = 0;
	room(w, &min, &max);
	y_axis(&f, w, min, max);
	x = spread(&f, n);
	period_labels(&f, p, n, x);
	x_label(&f, w);
	series(&f, p, n, x, offsetof(struct chart_point, lower), SVG_GREY,
	    1.5, "6 4");
	series(&f, p, n, x, offsetof(struct chart_point, upper), SVG_GREY,
	    1.5, "6 4");
	series(&f, p, n, x, offsetof(struct chart_point, centre), SVG_INK,
	    1.5, NULL);
	if (!isnan(target)) {
		svg_line(&f.svg, f.left, svg_axis_at(&f.y, target), f.right,
		    svg_axis_at(&f.y, target), SVG_PLUM, 1.5, "2 3");
		ends[ne].y = svg_axis_at(&f.y, target);
		ends[ne].text = "Target";
		ends[ne++].colour = SVG_PLUM;
	}
	for (i = 0; n > 0 && i < 3; i++) {
		const char *const names[3] = { "Upper limit", w->centre !=
		    NULL ? w->centre : "Mean", "Lower limit" };
		double v = i == 0 ? p[n - 1].upper : i == 1 ?
		    p[n - 1].centre : p[n - 1].lower;

		if (!inside(&f, v))
			continue;
		ends[ne].y = svg_axis_at(&f.y, v);
		ends[ne].text = names[i];
		ends[ne++].colour = SVG_INK;
	}
	end_labels(&f, ends, ne);
	series(&f, p, n, x, offsetof(struct chart_point, y), SVG_QUIET, 1.5,
	    NULL);
	marks(&f, w, p, n, x, 0);
	legend(&f, p, n, words);
	close_frame(&f, w);
	free(x);
	buf_free(&b);
}

void
chart_league(const struct chart_words *w, const struct chart_point *p,
    size_t n, double comparator, const char *comparator_label,
    struct buf *to)
{
	static const char *const words[5] = { "similar", "better", "worse",
	    "higher", "lower" };
	const double row = 20;
	double min = comparator, max = comparator, names = 60, v;
	size_t i, drawn, out = unlike(p, n, &drawn);
	struct svg_axis ax;
	struct frame f;
	struct buf b = { 0 };

	if (isnan(comparator)) {
		min = INFINITY;
		max = -INFINITY;
	}
	for (i = 0; i < n; i++) {
		names = fmax(names, svg_text_width(p[i].label, 13));
		widen(&min, &max, p[i].y);
		widen(&min, &max, p[i].lower);
		widen(&min, &max, p[i].upper);
	}
	if (min > max)
		min = max = 0;
	names = fmin(names, 360);
	room(w, &min, &max);
	buf_printf(&b, "Values of %zu areas with their 95%% limits", drawn);
	if (!isnan(comparator))
		buf_printf(&b, ", %zu of them unlike %s", out,
		    comparator_label);
	buf_putc(&b, '.');
	open_frame(&f, w, row * (double)n + 8, names + 40, 110,
	    buf_string(&b), to);
	svg_axis_set(&ax, min, max, 6, f.left, f.right);
	for (i = 0; (v = ax.min + (double)i * ax.step) <= ax.max +
	    ax.step / 2; i++) {
		double at = svg_axis_at(&ax, v);

		svg_line(&f.svg, at, f.top, at, f.bottom, SVG_GRID, 1, NULL);
		svg_text(&f.svg, at, f.bottom + 20, "middle", 13, 0, SVG_INK,
		    svg_number(&f.text, v, ax.decimals));
	}
	x_label(&f, w);
	if (!isnan(comparator)) {
		double at = svg_axis_at(&ax, comparator);

		svg_line(&f.svg, at, f.top - 4, at, f.bottom, SVG_INK, 1.5,
		    "6 4");
		svg_text(&f.svg, 24, f.top - 14, "start", 13, 0, SVG_INK,
		    comparator_label);
		svg_line(&f.svg, 24 + svg_text_width(comparator_label, 13) +
		    6, f.top - 19, 24 + svg_text_width(comparator_label, 13) +
		    40, f.top - 19, SVG_INK, 1.5, "6 4");
	}
	for (i = 0; i < n; i++) {
		double y = f.top + row * ((double)i + 0.7);

		svg_text_fit(&f.svg, f.left - 10, y + 5, "end", 13, SVG_INK,
		    p[i].label, names + 10);
		if (isnan(p[i].y)) {
			svg_text(&f.svg, f.right + 10, y + 5, "start", 13, 0,
			    SVG_QUIET, "no value");
			continue;
		}
		if (!isnan(p[i].lower) && !isnan(p[i].upper))
			svg_line(&f.svg, svg_axis_at(&ax, p[i].lower), y,
			    svg_axis_at(&ax, p[i].upper), y,
			    senses[p[i].sense].colour, 2, NULL);
		svg_mark(&f.svg, senses[p[i].sense].mark, svg_axis_at(&ax,
		    p[i].y), y, 5, senses[p[i].sense].colour,
		    point_title(&f.text, &p[i], w->decimals, 1));
		svg_text(&f.svg, f.right + 10, y + 5, "start", 13, 0, SVG_INK,
		    svg_number(&f.text, p[i].y, w->decimals));
	}
	if (!isnan(comparator))
		legend(&f, p, n, words);
	close_frame(&f, w);
	buf_free(&b);
}

void
chart_trend(const struct chart_words *w, const struct chart_point *p,
    size_t n, const char *comparator_label, double target, struct buf *to)
{
	static const char *const words[5] = { "similar", "better", "worse",
	    "higher", "lower" };
	double min = INFINITY, max = -INFINITY, *x, *low, *high;
	struct end_label ends[3];
	struct frame f;
	struct buf b = { 0 };
	size_t i, drawn, ne = 0;

	(void)unlike(p, n, &drawn);
	buf_printf(&b, "Values of %zu periods with their 95%% limits.", drawn);
	open_frame(&f, w, PLOT, LEFT, RIGHT - 40, buf_string(&b), to);
	for (i = 0; i < n; i++) {
		widen(&min, &max, p[i].y);
		widen(&min, &max, p[i].lower);
		widen(&min, &max, p[i].upper);
		widen(&min, &max, p[i].centre);
	}
	widen(&min, &max, target);
	if (min > max)
		min = max = 0;
	room(w, &min, &max);
	y_axis(&f, w, min, max);
	x = spread(&f, n);
	low = mem_array(NULL, n + 1, sizeof *low);
	high = mem_array(NULL, n + 1, sizeof *high);
	for (i = 0; i < n; i++) {
		low[i] = isnan(p[i].lower) ? NAN : svg_axis_at(&f.y,
		    p[i].lower);
		high[i] = isnan(p[i].upper) ? NAN : svg_axis_at(&f.y,
		    p[i].upper);
	}
	/* The edges have the contrast that the band has not. */
	svg_band(&f.svg, x, low, high, n, SVG_PALE_BLUE);
	svg_path(&f.svg, x, low, n, SVG_GREY, 0.75, NULL);
	svg_path(&f.svg, x, high, n, SVG_GREY, 0.75, NULL);
	for (i = 0; i < n; i++) /* one alone has no band */
		if (!isnan(low[i] + high[i]) && (i == 0 || isnan(low[i - 1]))
		    && (i == n - 1 || isnan(low[i + 1])))
			svg_line(&f.svg, x[i], low[i], x[i], high[i],
			    SVG_GREY, 2, NULL);
	period_labels(&f, p, n, x);
	x_label(&f, w);
	if (!isnan(target)) {
		svg_line(&f.svg, f.left, svg_axis_at(&f.y, target), f.right,
		    svg_axis_at(&f.y, target), SVG_PLUM, 1.5, "2 3");
		ends[ne].y = svg_axis_at(&f.y, target);
		ends[ne].text = "Target";
		ends[ne++].colour = SVG_PLUM;
	}
	if (comparator_label != NULL && n > 0 && !isnan(p[n - 1].centre)) {
		series(&f, p, n, x, offsetof(struct chart_point, centre),
		    SVG_INK, 1.5, "6 4");
		ends[ne].y = svg_axis_at(&f.y, p[n - 1].centre);
		ends[ne].text = comparator_label;
		ends[ne++].colour = SVG_INK;
	}
	end_labels(&f, ends, ne);
	series(&f, p, n, x, offsetof(struct chart_point, y), SVG_BLUE, 2,
	    NULL);
	marks(&f, w, p, n, x, 1);
	if (comparator_label != NULL)
		legend(&f, p, n, words);
	close_frame(&f, w);
	free(x);
	free(low);
	free(high);
	buf_free(&b);
}

static const char *
tint(enum chart_sense s)
{
	static const char *const tints[] = { [CHART_PLAIN] = SVG_PALE_GREY,
		[CHART_GOOD] = SVG_PALE_BLUE, [CHART_BAD] = SVG_PALE_ORANGE,
		[CHART_HIGH] = SVG_PALE_PLUM, [CHART_LOW] = SVG_PALE_PLUM };

	return tints[s];
}

/* A value with its mark; in a narrow column only the mark, in the middle. */
static void
table_cell(struct frame *f, const struct chart_words *w,
    const struct chart_point *p, double x, double y, double width,
    int narrow)
{
	double gap = narrow ? fmin(1, width / 8) : 1;

	if (isnan(p->y)) {
		svg_text(&f->svg, narrow ? x + width / 2 : x + width - 10,
		    y + 18, narrow ? "middle" : "end", narrow ? fmin(13, width)
		    : 13, 0, SVG_QUIET, "\xe2\x80\x93");
		return;
	}
	svg_rect(&f->svg, x + gap, y + 1, width - 2 * gap, 24,
	    tint(p->sense));
	svg_mark(&f->svg, senses[p->sense].mark, narrow ? x + width / 2 :
	    x + 14, y + 13, fmin(5, narrow ? width * 0.35 : 5),
	    senses[p->sense].colour, point_title(&f->text, p, w->decimals,
	    0));
	if (!narrow)
		svg_text(&f->svg, x + width - 10, y + 18, "end", 13, 0,
		    SVG_INK, svg_number(&f->text, p->y, w->decimals));
}

void
chart_table(const struct chart_words *w, const char *const *across,
    size_t nacross, const struct chart_table_row *down, size_t ndown,
    int compared, struct buf *to)
{
	static const char *const words[5] = { "similar", "better", "worse",
	    "higher", "lower" };
	const double row = 26, widest = 150;
	struct chart_point *all = mem_array(NULL, nacross * ndown + 1,
	    sizeof *all);
	double names = 60, wide = 0, widest_value = 0, each;
	struct buf b = { 0 };
	struct frame f;
	size_t i, k, drawn, out, apart;
	int narrow;

	for (i = 0; i < ndown; i++) {
		names = fmax(names, svg_text_width(down[i].label, 13));
		memcpy(all + i * nacross, down[i].cells,
		    nacross * sizeof *all);
	}
	names = fmin(names, 300);
	out = unlike(all, nacross * ndown, &drawn);
	buf_printf(&b, "A table of %zu areas by %zu periods: %zu values", ndown,
	    nacross, drawn);
	if (compared)
		buf_printf(&b, ", %zu of them unlike the comparator", out);
	buf_putc(&b, '.');
	open_frame(&f, w, row * (double)ndown + 30, names + 40, 24,
	    buf_string(&b), to);
	each = fmin(widest, (f.right - f.left) / (double)nacross);
	for (k = 0; k < nacross; k++)
		wide = fmax(wide, svg_text_width(across[k], 13));
	for (i = 0; i < nacross * ndown; i++)
		if (!isnan(all[i].y))
			widest_value = fmax(widest_value, svg_text_width(
			    svg_number(&f.text, all[i].y, w->decimals), 13));
	narrow = widest_value + 34 > each;
	apart = (size_t)ceil((wide + 14) / each);
	for (k = 0; k < nacross; k++) {
		double x = f.left + each * ((double)k + 1);

		/* The last column's name, and as many as there is room for. */
		if ((nacross - 1 - k) % apart != 0)
			continue;
		svg_text(&f.svg, narrow ? x : x - 10, f.top + 18, "end", 13,
		    1, SVG_INK, across[k]);
		if (narrow) /* whose name it is */
			svg_line(&f.svg, x - each / 2, f.top + 22, x -
			    each / 2, f.top + 28, SVG_QUIET, 1, NULL);
	}
	for (i = 0; i < ndown; i++) {
		double y = f.top + 28 + row * (double)i;

		svg_text_fit(&f.svg, f.left - 10, y + 18, "end", 13, SVG_INK,
		    down[i].label, names + 10);
		for (k = 0; k < nacross; k++)
			table_cell(&f, w, &down[i].cells[k], f.left + each *
			    (double)k, y, each, narrow);
	}
	if (compared)
		legend(&f, all, nacross * ndown, words);
	close_frame(&f, w);
	buf_free(&b);
	free(all);
}
