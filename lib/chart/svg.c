#include "svg.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/markup.h"

void
svg_open(struct svg *s, const char *id, const char *title,
    const char *description)
{
	buf_printf(s->to, "<svg xmlns=\"http://www.w3.org/2000/svg\" "
	    "viewBox=\"0 0 %.0f %.0f\" width=\"%.0f\" height=\"%.0f\" "
	    "role=\"img\" aria-labelledby=\"%s-t %s-d\" "
	    "font-family=\"Arial,Helvetica,sans-serif\" font-size=\"14\">\n",
	    s->width, s->height, s->width, s->height, id, id);
	buf_printf(s->to, "<title id=\"%s-t\">", id);
	markup_escape(s->to, title);
	buf_printf(s->to, "</title>\n<desc id=\"%s-d\">", id);
	markup_escape(s->to, description);
	buf_puts(s->to, "</desc>\n");
	svg_rect(s, 0, 0, s->width, s->height, SVG_PAPER);
}

void
svg_close(struct svg *s)
{
	buf_puts(s->to, "</svg>\n");
}

static void
dashes(struct svg *s, const char *dash)
{
	if (dash != NULL)
		buf_printf(s->to, " stroke-dasharray=\"%s\"", dash);
}

void
svg_line(struct svg *s, double x1, double y1, double x2, double y2,
    const char *colour, double width, const char *dash)
{
	buf_printf(s->to, "<path d=\"M%.2f %.2fL%.2f %.2f\" stroke=\"%s\" "
	    "stroke-width=\"%.1f\"", x1, y1, x2, y2, colour, width);
	dashes(s, dash);
	buf_puts(s->to, "/>\n");
}

void
svg_rect(struct svg *s, double x, double y, double w, double h,
    const char *colour)
{
	buf_printf(s->to, "<rect x=\"%.2f\" y=\"%.2f\" width=\"%.2f\" "
	    "height=\"%.2f\" fill=\"%s\"/>\n", x, y, w, h, colour);
}

void
svg_path(struct svg *s, const double *x, const double *y, size_t n,
    const char *colour, double width, const char *dash)
{
	int on = 0;
	size_t i;

	buf_puts(s->to, "<path d=\"");
	for (i = 0; i < n; i++) {
		if (isnan(y[i])) {
			on = 0;
			continue;
		}
		buf_printf(s->to, "%s%.2f %.2f", on ? "L" : "M", x[i], y[i]);
		on = 1;
	}
	buf_printf(s->to, "\" fill=\"none\" stroke=\"%s\" "
	    "stroke-width=\"%.1f\"", colour, width);
	dashes(s, dash);
	buf_puts(s->to, "/>\n");
}

void
svg_band(struct svg *s, const double *x, const double *low,
    const double *high, size_t n, const char *colour)
{
	size_t i;
	int on = 0;

	buf_puts(s->to, "<path d=\"");
	for (i = 0; i < n; i++)
		if (!isnan(low[i]) && !isnan(high[i])) {
			buf_printf(s->to, "%s%.2f %.2f", on ? "L" : "M", x[i],
			    high[i]);
			on = 1;
		}
	for (i = n; i-- > 0;)
		if (!isnan(low[i]) && !isnan(high[i]))
			buf_printf(s->to, "L%.2f %.2f", x[i], low[i]);
	buf_printf(s->to, "%s\" fill=\"%s\"/>\n", on ? "Z" : "", colour);
}

void
svg_text(struct svg *s, double x, double y, const char *anchor, double size,
    int bold, const char *colour, const char *text)
{
	buf_printf(s->to, "<text x=\"%.2f\" y=\"%.2f\" text-anchor=\"%s\" "
	    "font-size=\"%.0f\" fill=\"%s\"%s>", x, y, anchor, size, colour,
	    bold ? " font-weight=\"bold\"" : "");
	markup_escape(s->to, text);
	buf_puts(s->to, "</text>\n");
}

void
svg_mark(struct svg *s, enum svg_mark mark, double x, double y, double r,
    const char *colour, const char *title)
{
	switch (mark) {
	case SVG_CIRCLE:
	case SVG_RING:
		buf_printf(s->to, "<circle cx=\"%.2f\" cy=\"%.2f\" "
		    "r=\"%.2f\"", x, y, r);
		break;
	case SVG_DIAMOND:
		buf_printf(s->to, "<path d=\"M%.2f %.2fl%.2f %.2fl%.2f "
		    "%.2fl%.2f %.2fz\"", x, y - r * 1.4, r * 1.4, r * 1.4,
		    -r * 1.4, r * 1.4, -r * 1.4, -r * 1.4);
		break;
	case SVG_SQUARE:
		buf_printf(s->to, "<path d=\"M%.2f %.2fh%.2fv%.2fh%.2fz\"",
		    x - r, y - r, 2 * r, 2 * r, -2 * r);
		break;
	case SVG_UP:
		buf_printf(s->to, "<path d=\"M%.2f %.2fl%.2f %.2fh%.2fz\"",
		    x, y - r * 1.3, r * 1.3, r * 2.3, -r * 2.6);
		break;
	case SVG_DOWN:
		buf_printf(s->to, "<path d=\"M%.2f %.2fl%.2f %.2fh%.2fz\"",
		    x, y + r * 1.3, r * 1.3, -r * 2.3, -r * 2.6);
		break;
	}
	if (mark == SVG_RING)
		buf_printf(s->to, " fill=\"" SVG_PAPER "\" stroke=\"%s\" "
		    "stroke-width=\"1.5\"", colour);
	else
		buf_printf(s->to, " fill=\"%s\" stroke=\"" SVG_PAPER "\" "
		    "stroke-width=\"0.8\"", colour);
	if (title == NULL) {
		buf_puts(s->to, "/>\n");
		return;
	}
	buf_puts(s->to, "><title>");
	markup_escape(s->to, title);
	buf_printf(s->to, "</title></%s>\n", mark == SVG_CIRCLE ||
	    mark == SVG_RING ? "circle" : "path");
}

/*
 * Widths of the printable ASCII characters in thousandths of the size: those
 * of Helvetica in Adobe's font metrics, which Arial and Liberation Sans have
 * too.
 */
static const unsigned short widths[] = {
	278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333,
	278, 278, 556, 556, 556, 556, 556, 556, 556, 556, 556, 556, 278, 278,
	584, 584, 584, 556, 1015, 667, 667, 722, 722, 667, 611, 778, 722, 278,
	500, 667, 556, 833, 722, 778, 667, 778, 722, 667, 611, 722, 667, 944,
	667, 667, 611, 278, 278, 278, 469, 556, 333, 556, 556, 500, 556, 556,
	278, 556, 556, 222, 222, 500, 222, 833, 556, 556, 556, 556, 333, 500,
	278, 556, 500, 722, 500, 500, 500, 334, 260, 334, 584
};

/* Of the character that begins here. */
static double
width_at(const unsigned char *s)
{
	if (*s < 0x20 || *s == 0x7f)
		return 1;
	if (*s < 0x80)
		return widths[*s - 0x20] / 1000.0;
	if ((*s & 0xc0) == 0x80) /* it began before */
		return 0;
	if ((*s == 0xcc && s[1] >= 0x80) || (*s == 0xcd && s[1] < 0xb0))
		return 0; /* combines with the one before it */
	return *s < 0xe1 ? 0.8 : 1; /* Latin, Greek, Hebrew; the wide rest */
}

/* A tenth more: where there is no Arial, another sans-serif is broader. */
double
svg_text_width(const char *s, double size)
{
	double n = 0;

	for (; *s != '\0'; s++)
		n += width_at((const unsigned char *)s);
	return n * size * 1.1;
}

/* Where the character before p, in s, begins. */
static const char *
before(const char *s, const char *p)
{
	do
		p--;
	while (p > s && ((unsigned char)*p & 0xc0) == 0x80);
	return p;
}

void
svg_text_fit(struct svg *s, double x, double y, const char *anchor,
    double size, const char *colour, const char *text, double width)
{
	const char *head = text + strlen(text), *tail = head;
	const char *end = head;
	struct buf b = { 0 };

	if (svg_text_width(text, size) <= width) {
		svg_text(s, x, y, anchor, size, 0, colour, text);
		return;
	}
	/* Two characters of the head for one of the tail, while they fit. */
	for (head = text;;) {
		const char *next = head, *last = before(text, tail);
		size_t i;

		for (i = 0; i < 2 && *next != '\0'; i++)
			do
				next++;
			while (((unsigned char)*next & 0xc0) == 0x80);
		if (next >= last)
			break;
		buf_clear(&b);
		buf_put(&b, text, (size_t)(next - text));
		buf_puts(&b, "\xe2\x80\xa6");
		buf_put(&b, last, (size_t)(end - last));
		if (svg_text_width(buf_string(&b), size) > width)
			break;
		head = next;
		tail = last;
	}
	buf_clear(&b);
	buf_put(&b, text, (size_t)(head - text));
	buf_puts(&b, "\xe2\x80\xa6");
	buf_put(&b, tail, (size_t)(end - tail));
	svg_text(s, x, y, anchor, size, 0, colour, buf_string(&b));
	buf_free(&b);
}

const char *
svg_number(struct buf *b, double v, int decimals)
{
	char text[400], *dot; /* a double has up to 309 digits */
	size_t n, i, whole;

	buf_clear(b);
	(void)snprintf(text, sizeof text, "%.*f", decimals, fabs(v));
	if (strspn(text, "0.") != strlen(text) && v < 0)
		buf_puts(b, "\xe2\x88\x92"); /* a minus, not a hyphen */
	dot = strchr(text, '.');
	n = strlen(text);
	whole = dot != NULL ? (size_t)(dot - text) : n;
	for (i = 0; i < n; i++) {
		if (i > 0 && i < whole && (whole - i) % 3 == 0)
			buf_putc(b, ',');
		buf_putc(b, text[i]);
	}
	return buf_string(b);
}

void
svg_axis_set(struct svg_axis *a, double min, double max, int want,
    double from, double to)
{
	double span = max - min, power, unit;

	if (!(span > 0)) {
		span = fabs(max) > 0 ? fabs(max) : 1;
		min -= span / 2;
		max += span / 2;
		span = max - min;
	}
	power = floor(log10(span / want));
	unit = pow(10, power);
	a->step = span / want <= unit ? unit : span / want <= 2 * unit ?
	    2 * unit : span / want <= 5 * unit ? 5 * unit : 10 * unit;
	a->min = floor(min / a->step + 1e-9) * a->step;
	a->max = ceil(max / a->step - 1e-9) * a->step;
	a->decimals = (int)-floor(log10(a->step) + 1e-9);
	if (a->decimals < 0)
		a->decimals = 0;
	a->from = from;
	a->to = to;
}

double
svg_axis_at(const struct svg_axis *a, double v)
{
	return a->from + (v - a->min) / (a->max - a->min) * (a->to - a->from);
}
