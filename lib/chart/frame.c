#include "chart/frame.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define BOTTOM 96.0
#define TITLE_SIZE 20.0
#define LINE 16.0         /* from one end label to the next */
#define WIDEST_END 280.0  /* of a margin with end labels */
#define FAR 4.0           /* times the range of what is drawn */

static const struct {
	enum svg_mark mark;
	const char *colour;
} senses[FRAME_SENSES] = {
	[CHART_PLAIN] = { SVG_CIRCLE, SVG_GREY },
	[CHART_GOOD] = { SVG_DIAMOND, SVG_BLUE },
	[CHART_BAD] = { SVG_SQUARE, SVG_ORANGE },
	[CHART_HIGH] = { SVG_UP, SVG_PLUM },
	[CHART_LOW] = { SVG_DOWN, SVG_PLUM },
	[CHART_UNCOMPARED] = { SVG_RING, SVG_GREY },
};

const char *const frame_compared[FRAME_SENSES] = { "similar", "better",
	"worse", "higher", "lower", "not compared" };

enum svg_mark
frame_mark(enum chart_sense s)
{
	return senses[s].mark;
}

const char *
frame_colour(enum chart_sense s)
{
	return senses[s].colour;
}

/* How much of a word, of n bytes, has a width. */
static size_t
part_of(const char *word, size_t n, double width, double size, char *line)
{
	for (;;) {
		memcpy(line, word, n);
		line[n] = '\0';
		if (n < 2 || svg_text_width(line, size) <= width)
			return n;
		do
			n--;
		while (n > 1 && ((unsigned char)word[n] & 0xc0) == 0x80);
	}
}

/*
 * Text on as many lines as it needs; returns the y of the next line. svg
 * NULL: only that. A word that is wider than a line is cut.
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
		if (before == 0)
			w = part_of(text, w, width, size, line);
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

	y = wrapped(s, FRAME_MARGIN, y, FRAME_WIDTH - 60, TITLE_SIZE, 1,
	    SVG_INK, w->title);
	if (w->subtitle != NULL)
		y = wrapped(s, FRAME_MARGIN, y, FRAME_WIDTH - 60, 15, 0,
		    SVG_QUIET, w->subtitle);
	return y + 34;
}

void
frame_open(struct frame *f, const struct chart_words *w,
    const struct frame_shape *shape, const char *description, struct buf *to)
{
	struct buf b = { 0 };
	double source = 0;

	memset(f, 0, sizeof *f);
	if (w->source != NULL) /* its first line is at the end of the rest */
		source = wrapped(NULL, 0, 0, FRAME_WIDTH - 60, 12, 0,
		    SVG_QUIET, w->source) - 15;
	f->top = heading(NULL, w);
	f->bottom = f->top + shape->plot;
	f->left = shape->left;
	f->right = shape->width - shape->right;
	f->svg.to = to;
	f->svg.width = shape->width;
	f->svg.height = f->bottom + (w->source != NULL ? BOTTOM + source :
	    w->x_label != NULL ? BOTTOM - 26 : BOTTOM - 46);
	if (w->subtitle != NULL && *w->subtitle != '\0')
		buf_printf(&b, "%s. ", w->subtitle);
	buf_puts(&b, description);
	svg_open(&f->svg, w->id, w->title, buf_string(&b));
	buf_free(&b);
	(void)heading(&f->svg, w);
}

void
frame_close(struct frame *f, const struct chart_words *w)
{
	if (w->source != NULL)
		(void)wrapped(&f->svg, FRAME_MARGIN, f->bottom + BOTTOM - 18,
		    FRAME_WIDTH - 60, 12, 0, SVG_QUIET, w->source);
	svg_close(&f->svg);
	buf_free(&f->text);
}

/* The widest label of an axis. */
static double
widest(struct frame *f, const struct svg_axis *a, double size)
{
	double most = 0, v;
	int i;

	for (i = 0; (v = a->min + i * a->step) <= a->max + a->step / 2; i++)
		most = fmax(most, svg_text_width(svg_number(&f->text, v,
		    a->decimals), size));
	return most;
}

void
frame_y_axis(struct frame *f, const struct chart_words *w, double min,
    double max)
{
	double v;
	int i;

	svg_axis_set(&f->y, min, max, 6, f->bottom, f->top);
	f->left = fmax(f->left, widest(f, &f->y, 13) + 8 + FRAME_MARGIN);
	for (i = 0; (v = f->y.min + i * f->y.step) <= f->y.max +
	    f->y.step / 2; i++) {
		double y = svg_axis_at(&f->y, v);
		int nought = i > 0 && fabs(v) < f->y.step / 2;

		svg_line(&f->svg, f->left, y, f->right, y, nought ?
		    SVG_GREY : SVG_GRID, 1, NULL);
		svg_text(&f->svg, f->left - 8, y + 5, "end", 13, 0, SVG_INK,
		    svg_number(&f->text, v, f->y.decimals));
	}
	if (w->y_label != NULL) /* horizontal, above the axis */
		svg_text(&f->svg, FRAME_MARGIN, f->top - 14, "start", 13, 0,
		    SVG_QUIET, w->y_label);
	svg_line(&f->svg, f->left, f->bottom, f->right, f->bottom, SVG_QUIET,
	    1, NULL);
}

void
frame_x_axis(struct frame *f, const struct svg_axis *a, int grid, int above)
{
	double each = (a->to - a->from) / ((a->max - a->min) / a->step), v;
	int apart = (int)ceil((widest(f, a, 13) + 10) / each), i;

	for (i = 0; (v = a->min + i * a->step) <= a->max + a->step / 2; i++) {
		double at = svg_axis_at(a, v);
		int nought = i > 0 && fabs(v) < a->step / 2;

		if (grid)
			svg_line(&f->svg, at, f->top, at, f->bottom, nought ?
			    SVG_GREY : SVG_GRID, 1, NULL);
		else
			svg_line(&f->svg, at, f->bottom, at, f->bottom + 6,
			    SVG_QUIET, 1, NULL);
		if (i % apart != 0)
			continue;
		svg_text(&f->svg, at, f->bottom + 22, "middle", 13, 0,
		    SVG_INK, svg_number(&f->text, v, a->decimals));
		if (above)
			svg_text(&f->svg, at, f->top - 8, "middle", 13, 0,
			    SVG_INK, buf_string(&f->text));
	}
}

void
frame_x_label(struct frame *f, const struct chart_words *w)
{
	if (w->x_label != NULL)
		svg_text_fit(&f->svg, (f->left + f->right) / 2, f->bottom +
		    48, "middle", 13, SVG_QUIET, w->x_label, f->right -
		    f->left);
}

int
frame_holds(const struct frame *f, double v)
{
	double slack = 1e-9 * (f->y.max - f->y.min);

	return v >= f->y.min - slack && v <= f->y.max + slack;
}

void
frame_widen(double *min, double *max, double v)
{
	if (isnan(v))
		return;
	if (v < *min)
		*min = v;
	if (v > *max)
		*max = v;
}

void
frame_room(const struct chart_words *w, double *min, double *max)
{
	double span = *max - *min;

	if (!(*max >= *min)) { /* nothing at all */
		*min = 0;
		*max = 1;
	} else if (!(span > 0)) { /* all are equal */
		span = fabs(*max) > 0 ? fabs(*max) / 10 : 1;
		*min -= span;
		*max += span;
	} else {
		if (*min > 0 && *min < span)
			*min = 0;
		else if (*min > 0)
			*min -= span * 0.05;
		*max += span * 0.05;
	}
	if (w->ceiling > 0 && *max > w->ceiling)
		*max = w->ceiling;
	if (w->nonnegative && *min < 0)
		*min = 0;
}

void
frame_end(struct frame_ends *e, const struct chart_words *w,
    const char *what, double value, const char *colour)
{
	struct buf b = { 0 };

	if (isnan(value))
		return;
	buf_puts(&b, what);
	if (w != NULL) {
		buf_putc(&b, ' ');
		frame_number(&b, value, w->decimals);
	}
	e->v[e->n++] = (struct frame_end){ value, 0, colour,
	    mem_printf("%s", buf_string(&b)), 0 };
	buf_free(&b);
}

void
frame_target(struct frame_ends *e, const struct chart_words *w,
    double target, double *min, double *max)
{
	double span = *max - *min;
	struct frame_end *l;
	char *text;

	if (isnan(target))
		return;
	frame_end(e, w, "Target", target, SVG_PLUM);
	if (!(span > 0) || (target <= *max + FAR * span &&
	    target >= *min - FAR * span)) {
		frame_widen(min, max, target);
		return;
	}
	l = &e->v[e->n - 1];
	l->off = target > *max ? 1 : -1;
	text = mem_printf("%s %s", l->text, l->off > 0 ? "\xe2\x86\x91" :
	    "\xe2\x86\x93"); /* an arrow up, or down */
	free(l->text);
	l->text = text;
}

double
frame_ends_margin(const struct frame_ends *e)
{
	double most = FRAME_RIGHT;
	size_t i;

	for (i = 0; i < e->n; i++)
		most = fmax(most, svg_text_width(e->v[i].text, 13) + 8 +
		    FRAME_MARGIN);
	return fmin(most, WIDEST_END);
}

/* Moves labels that would touch apart; they are in order of y. */
static void
move_apart(struct frame_end *l, size_t n, double bottom)
{
	size_t i, j, k;
	double below;

	for (i = 0; i < n; i = j) { /* those that touch share their middle */
		double middle = l[i].y;

		for (j = i + 1; j < n && l[j].y < middle / (double)(j - i) +
		    LINE / 2 * (double)(j - i) + LINE; j++)
			middle += l[j].y;
		middle /= (double)(j - i);
		for (k = i; k < j; k++)
			l[k].y = middle + LINE * ((double)(k - i) -
			    (double)(j - i - 1) / 2);
	}
	below = n > 0 ? l[n - 1].y - bottom : 0;
	for (i = n; below > 0 && i-- > 0;)
		if (i == n - 1 || l[i].y > l[i + 1].y - LINE)
			l[i].y = i == n - 1 ? bottom : l[i + 1].y - LINE;
}

void
frame_ends_put(struct frame *f, struct frame_ends *e)
{
	struct frame_end l[sizeof e->v / sizeof e->v[0]];
	size_t i, j, n = 0;

	for (i = 0; i < e->n; i++) {
		struct frame_end *t = &e->v[i];

		if (!t->off && !frame_holds(f, t->value))
			continue;
		t->y = t->off > 0 ? f->top : t->off < 0 ? f->bottom :
		    svg_axis_at(&f->y, t->value);
		for (j = n++; j > 0 && t->y < l[j - 1].y; j--)
			l[j] = l[j - 1];
		l[j] = *t;
	}
	move_apart(l, n, f->bottom);
	for (i = 0; i < n; i++)
		svg_text_fit(&f->svg, f->right + 8, l[i].y + 5, "start", 13,
		    l[i].colour, l[i].text, f->svg.width - 12 - f->right - 8);
	for (i = 0; i < e->n; i++)
		free(e->v[i].text);
	e->n = 0;
}

void
frame_legend(struct frame *f, const struct chart_point *p, size_t n,
    const char *const words[FRAME_SENSES], const char *compared_with,
    const char *left)
{
	double x, width = 0, taken = FRAME_MARGIN;
	int there[FRAME_SENSES] = { 0 }, k;
	size_t i;

	for (i = 0; i < n; i++)
		if (!isnan(p[i].y) && words[p[i].sense] != NULL)
			there[p[i].sense] = 1;
	for (k = 0; k < FRAME_SENSES; k++)
		if (there[k])
			width += svg_text_width(words[k], 13) + 34;
	if (!(width > 0))
		return;
	x = f->right - width + 16;
	if (compared_with != NULL) {
		char *lead = mem_printf("Compared with %s:", compared_with);

		if (left != NULL)
			taken += svg_text_width(left, 13) + 20;
		svg_text_fit(&f->svg, x - 14, f->top - 14, "end", 13,
		    SVG_INK, lead, x - 14 - taken);
		free(lead);
	}
	for (k = 0; k < FRAME_SENSES; k++) {
		if (!there[k])
			continue;
		svg_mark(&f->svg, senses[k].mark, x + 6, f->top - 19, 5,
		    senses[k].colour, NULL);
		svg_text(&f->svg, x + 18, f->top - 14, "start", 13, 0,
		    SVG_INK, words[k]);
		x += svg_text_width(words[k], 13) + 34;
	}
}

const char *
frame_point_title(struct buf *b, const struct chart_point *p, int decimals,
    int limits)
{
	buf_clear(b);
	buf_printf(b, "%s: ", p->label);
	frame_number(b, p->y, decimals);
	if (limits && !isnan(p->lower) && !isnan(p->upper)) {
		buf_puts(b, " (");
		frame_number(b, p->lower, decimals);
		buf_puts(b, " to ");
		frame_number(b, p->upper, decimals);
		buf_puts(b, ")");
	}
	return buf_string(b);
}

void
frame_count(const struct chart_point *p, size_t n, struct frame_count *c)
{
	size_t i;

	memset(c, 0, sizeof *c);
	for (i = 0; i < n; i++) {
		if (isnan(p[i].y)) {
			c->without++;
			continue;
		}
		c->first = c->first == NULL ? &p[i] : c->first;
		c->last = &p[i];
		if (c->least == NULL || p[i].y < c->least->y)
			c->least = &p[i];
		if (c->most == NULL || p[i].y > c->most->y)
			c->most = &p[i];
		c->drawn++;
		c->limits += !isnan(p[i].lower) && !isnan(p[i].upper);
		c->sense[p[i].sense]++;
	}
}

void
frame_plural(struct buf *b, size_t n, const char *one, const char *many)
{
	buf_printf(b, "%zu %s", n, n == 1 ? one : many);
}

void
frame_number(struct buf *b, double v, int decimals)
{
	struct buf t = { 0 };

	buf_puts(b, svg_number(&t, v, decimals));
	buf_free(&t);
}

void
frame_describe_senses(struct buf *b, const struct frame_count *c,
    const char *compared_with)
{
	const char *before = ":";
	int k;

	buf_printf(b, " Compared with %s", compared_with);
	for (k = 0; k < FRAME_SENSES; k++)
		if (c->sense[k] > 0) {
			buf_printf(b, "%s %zu %s", before, c->sense[k],
			    frame_compared[k]);
			before = ",";
		}
	buf_puts(b, before[0] == ':' ? ": nothing." : ".");
}
