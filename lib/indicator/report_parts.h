/* What the pages are made of; inside room indicator only. */
#ifndef NIB_INDICATOR_REPORT_PARTS_H
#define NIB_INDICATOR_REPORT_PARTS_H

#include "base/buf.h"
#include "indicator/contrast.h"
#include "indicator/picture.h"

/* The values of a page. */
struct report_values {
	const struct contrast *v;
	size_t n;
};

/* Is a row of the sex and category that the page is about? */
int report_of_stratum(const struct picture *, const struct values_row *);

/* A number as it is in pictures and tables; "no value". */
void report_number(struct buf *, double v, int decimals);
/* What a reason means, in words; NULL: there is none. */
const char *report_reason(const struct values_row *);

/* One sentence or a few, of one area. */
void report_headline(struct buf *, const struct contrast *);
/* How many areas of a period are better, similar, worse. */
void report_overview(struct buf *, const struct picture *,
    const struct report_values *, const char *period);
/* Where there is no area to speak of: the lowest and the highest value. */
void report_range(struct buf *, const struct picture *,
    const struct report_values *, const char *period);
/* How many indicators of an area are better, worse, not clearly different. */
void report_area_overview(struct buf *, const struct report_values *,
    const char *area);
/* The last period in which an area has a row of an indicator; NULL: none. */
const char *report_last_of(const struct report_values *,
    const struct definition *, const char *area);

/*
 * A table of an indicator's rows: of an area (NULL: any), and a period (NULL:
 * any), of the sex and category of the picture, or of all where those are
 * apart.
 */
struct report_rows {
	const struct definition *definition;
	const char *area, *period;
	int all_strata;
};
void report_table(struct buf *, const struct picture *,
    const struct report_values *, const struct report_rows *,
    const char *label);
/*
 * A link to the rows of an area (NULL: all) as CSV, within the page itself.
 * What it has more than the table is said by words.
 */
void report_download(struct buf *, const struct picture *,
    const struct report_values *, const char *name, const char *words);

#endif
