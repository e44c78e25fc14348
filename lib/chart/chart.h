/*
 * chart: funnel plots, control charts, league tables, trends.
 *
 * Each writes one <svg> element. Text is text; a title and a description
 * with the result are there for those who do not see it; what stands out
 * does so by shape and label besides colour. A value of NaN is not drawn.
 */
#ifndef NIB_CHART_CHART_H
#define NIB_CHART_CHART_H

#include <stddef.h>

#include "base/buf.h"

struct chart_words {
	const char *id;        /* unique on its page: "c1" */
	const char *title;
	const char *subtitle;  /* NULL: none; and so for those below */
	const char *source;
	const char *x_label, *y_label;
	int decimals;          /* of values in labels */
	double ceiling;        /* values cannot be above it; 0: no such */
	const char *centre;    /* control chart: its line, NULL: "Mean" */
	int nonnegative;       /* values cannot be below 0 */
};

/* What a point means, for those who judge; the shape follows it. */
enum chart_sense {
	CHART_PLAIN,  /* as expected, similar, common cause */
	CHART_GOOD, CHART_BAD,
	CHART_HIGH, CHART_LOW, /* unlike the others, without judgement */
	CHART_UNCOMPARED /* nothing to compare it with */
};

struct chart_point {
	const char *label;
	double x;             /* funnel: size; others: not used */
	double y;
	double lower, upper;  /* own limits, or of the process; NaN: none */
	double centre;        /* control chart: mean of its group */
	enum chart_sense sense;
	int starts;           /* control chart: a group begins here */
};

struct chart_limit { /* of a funnel at a size */
	double x, lower[2], upper[2]; /* 95%, 99.8% */
};

/* limits: ascending in x. centre: the average, a line. */
void chart_funnel(const struct chart_words *, const struct chart_point *,
    size_t n, const struct chart_limit *, size_t nlimits, double centre,
    const char *centre_label, struct buf *);

/* In order of time. target: NaN for none. */
void chart_spc(const struct chart_words *, const struct chart_point *,
    size_t n, double target, struct buf *);

/*
 * In the order given, from the top. comparator_label: NULL for none; its value
 * may be NaN. compared: the senses are of a comparison with it, and the legend
 * says which; and so below.
 */
void chart_league(const struct chart_words *, const struct chart_point *,
    size_t n, double comparator, const char *comparator_label, int compared,
    struct buf *);

/* In order of time; centre of each point is the comparator's value. */
void chart_trend(const struct chart_words *, const struct chart_point *,
    size_t n, const char *comparator_label, int compared, double target,
    struct buf *);

/*
 * Values in a table, told apart by mark and tint: a column for each of
 * across, a row for each of down. NaN is a dash. compared_with: NULL, nothing
 * is compared. It is wider than other charts where it has many columns.
 */
struct chart_table_row {
	const char *label;
	const struct chart_point *cells; /* one for each column */
	int own; /* what the others are compared with */
};
void chart_table(const struct chart_words *, const char *const *across,
    size_t nacross, const struct chart_table_row *down, size_t ndown,
    const char *compared_with, struct buf *);

#endif
