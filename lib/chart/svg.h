/*
 * Room chart: pictures as SVG, text as text, the same bytes everywhere.
 *
 * svg: the marks that charts are made of. Coordinates are written with two
 * digits after the point; text is escaped; nothing depends on a clock, a
 * locale or a font file. Widths of text are estimated.
 */
#ifndef NIB_CHART_SVG_H
#define NIB_CHART_SVG_H

#include "base/buf.h"

/* Told apart by shape as well as by colour. */
enum svg_mark {
	SVG_CIRCLE, SVG_DIAMOND, SVG_SQUARE, SVG_UP, SVG_DOWN, SVG_RING
};

/*
 * Text has at least 4.5:1 against what is behind it, lines and marks 3:1
 * (WCAG 2.1, 1.4.3 and 1.4.11); tests/unit/test_chart.c works it out. Only
 * the grid has less: nothing needs it to be read.
 */
#define SVG_PAPER "#ffffff"
#define SVG_INK "#0b0c0c"
#define SVG_QUIET "#505a5f"
#define SVG_GRID "#d8dde0"
#define SVG_BLUE "#12436d"
#define SVG_ORANGE "#c25700"
#define SVG_PLUM "#801650"
#define SVG_GREY "#6b7276"
/* So light that ink and marks on them keep their contrast. */
#define SVG_PALE_GREY "#f3f2f1"
#define SVG_PALE_BLUE "#d2e2f1"
#define SVG_PALE_ORANGE "#fbe3d3"
#define SVG_PALE_PLUM "#f3dce8"

struct svg {
	struct buf *to;
	double width, height;
};

/*
 * From <svg> to its title and description, which a screen reader reads. id:
 * makes the ids of this picture differ from those of others on its page.
 */
void svg_open(struct svg *, const char *id, const char *title,
    const char *description);
void svg_close(struct svg *);

void svg_line(struct svg *, double x1, double y1, double x2, double y2,
    const char *colour, double width, const char *dash);
void svg_rect(struct svg *, double x, double y, double w, double h,
    const char *colour);
/* A line through points; NaN breaks it. */
void svg_path(struct svg *, const double *x, const double *y, size_t n,
    const char *colour, double width, const char *dash);
/* The area between two lines over the same x. */
void svg_band(struct svg *, const double *x, const double *low,
    const double *high, size_t n, const char *colour);
/* anchor: start, middle or end. bold may be 0. */
void svg_text(struct svg *, double x, double y, const char *anchor,
    double size, int bold, const char *colour, const char *text);
/*
 * The same of at most so many pixels: where a text is longer, its middle makes
 * way for an ellipsis, since names differ at either end.
 */
void svg_text_fit(struct svg *, double x, double y, const char *anchor,
    double size, const char *colour, const char *text, double width);
/* title: what a pointer over it shows; NULL: nothing. */
void svg_mark(struct svg *, enum svg_mark, double x, double y, double size,
    const char *colour, const char *title);

/* Estimated width of a text in pixels, on the large side. */
double svg_text_width(const char *, double size);
/* 1,234.5: with commas and so many digits after the point. Clears first. */
const char *svg_number(struct buf *, double v, int decimals);

/*
 * An axis from min to max: round ticks, about want of them. Steps are 1, 2
 * or 5 times a power of ten. *decimals: what its labels need.
 */
struct svg_axis {
	double min, max, step;
	int decimals;
	double from, to; /* in pixels */
};
void svg_axis_set(struct svg_axis *, double min, double max, int want,
    double from, double to);
double svg_axis_at(const struct svg_axis *, double);

#endif
