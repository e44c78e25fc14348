/*
 * bars: values to the left and right of nought, a row each, in groups: what
 * speaks for and against. One <svg> element, as chart/chart.h says of all.
 */
#ifndef NIB_CHART_BARS_H
#define NIB_CHART_BARS_H

#include <stddef.h>

#include "base/buf.h"
#include "chart/chart.h"

struct chart_bar {
	const char *group; /* a heading where it is not that of the row before */
	const char *label;
	double value;      /* NaN: no bar, and the word none */
	const char *note;  /* at the right end; NULL: none */
};

/*
 * words: title, subtitle, x_label, source and decimals are used. note: the
 * heading of the notes; NULL: none. description: for those who cannot see
 * it.
 */
void chart_bars(const struct chart_words *, const struct chart_bar *,
    size_t n, const char *note, const char *description, struct buf *);

#endif
