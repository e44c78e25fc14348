/* What the pictures have in common; inside room indicator only. */
#ifndef NIB_INDICATOR_PICTURE_PARTS_H
#define NIB_INDICATOR_PICTURE_PARTS_H

#include "chart/chart.h"
#include "indicator/picture.h"

struct picture_rows {
	size_t n;
	const struct values_row **v; /* yours to free */
};

/*
 * The rows of one indicator, sex and category; area, period NULL: any. -1:
 * there are none, or none has a value.
 */
int picture_select(const struct picture *, const char *area,
    const char *period, struct picture_rows *, struct fault *);
const char *picture_last_period(const struct picture *);
/* The area that a picture over time is of. */
const char *picture_area_of(const struct picture *, struct fault *);
/* The comparator's row of a period. */
const struct values_row *picture_comparator_of(const struct picture *,
    const char *period);
/* For qsort of rows. */
int picture_by_period(const void *, const void *);

/* Words with what a picture says of itself. Yours to free. */
char *picture_subtitle(const struct picture *, const char *area,
    const char *period, const char *unit);
struct chart_words picture_words_of(const struct picture *,
    const char *made_subtitle);
enum chart_sense picture_sense(enum compare_result, enum compare_polarity);
/* Is there a comparator, and does the definition compare with it? */
int picture_compares(const struct picture *);
/* What a row is beside the comparator's, which may be NULL or itself. */
enum chart_sense picture_sense_of(const struct picture *,
    const struct values_row *, const struct values_row *other);

#endif
