/*
 * frame: what the charts have in common: words, axes, legend, labels at the
 * ends of lines. Inside room chart only.
 */
#ifndef NIB_CHART_FRAME_H
#define NIB_CHART_FRAME_H

#include "chart/chart.h"
#include "chart/svg.h"

#define FRAME_WIDTH 900.0
#define FRAME_MARGIN 24.0 /* left and right of all */
#define FRAME_PLOT 370.0  /* height, without words and axis */
#define FRAME_LEFT 90.0
#define FRAME_RIGHT 140.0
#define FRAME_SENSES 6

struct frame {
	struct svg svg;
	double top, bottom, left, right; /* of the plot */
	struct svg_axis y;
	struct buf text;
};

/* Mark and colour of a sense. */
enum svg_mark frame_mark(enum chart_sense);
const char *frame_colour(enum chart_sense);

/*
 * Opens the picture and writes the words; the rest is the plot, of the height
 * and margins given. The description follows the subtitle.
 */
struct frame_shape {
	double width, plot, left, right;
};
void frame_open(struct frame *, const struct chart_words *,
    const struct frame_shape *, const char *description, struct buf *to);
void frame_close(struct frame *, const struct chart_words *);

/* An axis that makes its own room on the left. */
void frame_y_axis(struct frame *, const struct chart_words *, double min,
    double max);
/* Ticks of an axis below the plot, grid: over all of it; above: there too. */
void frame_x_axis(struct frame *, const struct svg_axis *, int grid,
    int above);
void frame_x_label(struct frame *, const struct chart_words *);

/* Is a value in the picture? A limit may lie where no value can be. */
int frame_holds(const struct frame *, double);

/* Makes a range hold a value, if it is one. */
void frame_widen(double *min, double *max, double v);
/* Never from a value alone: some room, and 0 if it is near. */
void frame_room(const struct chart_words *, double *min, double *max);

/* Labels at the right end of lines, moved apart where they would touch. */
struct frame_ends {
	size_t n;
	struct frame_end {
		double value; /* or, if off, -1 below, 1 above the picture */
		int off;
		const char *colour;
		char *text;
		double y;
	} v[6];
};
/* "Mean 12.3", without words "Mean"; nothing if the value is not one. */
void frame_end(struct frame_ends *, const struct chart_words *,
    const char *what, double value, const char *colour);
/*
 * A target widens the range, unless so much that what varies could not be
 * seen: then the label says on which side it is.
 */
void frame_target(struct frame_ends *, const struct chart_words *,
    double target, double *min, double *max);
/* The margin on the right that they need. */
double frame_ends_margin(const struct frame_ends *);
/* Writes and frees them; those that are not in the picture are left out. */
void frame_ends_put(struct frame *, struct frame_ends *);

/*
 * A mark for each sense that occurs, with its word, ending where the plot
 * does; what they are compared with before them, NULL: nothing. left: what
 * stands left of it all.
 */
void frame_legend(struct frame *, const struct chart_point *, size_t n,
    const char *const words[FRAME_SENSES], const char *compared_with,
    const char *left);
/* similar, better, worse, higher, lower, not compared */
extern const char *const frame_compared[FRAME_SENSES];

/* "R1: 12.3 (11.0 to 13.6)" */
const char *frame_point_title(struct buf *, const struct chart_point *,
    int decimals, int limits);

/* For descriptions: how many are drawn, and of each sense. */
struct frame_count {
	size_t drawn, without, limits; /* limits: have limits */
	size_t sense[FRAME_SENSES];
	const struct chart_point *first, *last, *least, *most;
};
void frame_count(const struct chart_point *, size_t n, struct frame_count *);
/* "1 area", "2 areas". */
void frame_plural(struct buf *, size_t n, const char *one, const char *many);
void frame_number(struct buf *, double v, int decimals);
/* " Compared with England: 2 better, 1 worse." */
void frame_describe_senses(struct buf *, const struct frame_count *,
    const char *compared_with);

#endif
