/*
 * report: one page about an indicator, for citizens and professionals.
 *
 * Self-contained HTML without script: a headline in a sentence, charts, the
 * table, how it is worked out, and the data to take away.
 */
#ifndef NIB_INDICATOR_REPORT_H
#define NIB_INDICATOR_REPORT_H

#include "base/buf.h"
#include "base/fault.h"
#include "indicator/picture.h"

/*
 * By the picture's definition, values, comparator, area, period, sex,
 * category and source. With an area the page is about it; without, about
 * all of them.
 */
int report_page(const struct picture *, struct buf *, struct fault *);

/* A page about a definition, without values. */
void report_definition(const struct definition *, struct buf *);

/*
 * A page about the picture's area, in all indicators that it has values of:
 * the latest against the comparator, and over time. Its definition is not
 * looked at; definitions: of all values.
 */
int report_area(const struct picture *, const struct definition *const *,
    size_t n, struct buf *, struct fault *);

#endif
