/*
 * rate: counts to values with intervals, by the definitions' methods.
 *
 * Counts come as records with the columns area, period, sex, age_band,
 * category, numerator, denominator, squares, and indicator; those a method
 * does not need may be absent. Populations come as area, period, sex,
 * age_band, category, population; period, sex and category may be absent and
 * then apply to all. Numbers are decimals with up to nine digits after the
 * point and are added exactly, so that their order does not matter.
 *
 * A group that cannot be computed has no value and a reason, and does not
 * stop the others. Memory: about 100 bytes a group, 16 bytes a group and
 * band, and about 200 a result.
 */
#ifndef NIB_INDICATOR_RATE_H
#define NIB_INDICATOR_RATE_H

#include <stddef.h>

#include "base/buf.h"
#include "base/fault.h"
#include "csv/reader.h"
#include "indicator/definition.h"
#include "stats/estimate.h"

struct rate_options {
	/* Used where the indicator column says so; n == 1 without a column. */
	const struct definition *const *definitions;
	size_t n;
	int others; /* counts of other indicators are passed over */
	struct estimate_levels levels;
	const char *total;     /* also all areas together, under this name */
	const char *reference; /* of indirect standardisation: CSV with
	                        * age_band, count, population; NULL:
	                        * the total of all areas */
	/*
	 * A profile of share/disclosure; "definition": each definition's
	 * own; NULL: none. Counts of records are masked and rounded as it
	 * says, in the group itself and in who is not in the numerator, and
	 * proportions, rates and ratios are of the rounded counts. A mean is
	 * of as many values as it asks for. It, a directly standardised rate
	 * and a life expectancy are of the true counts: in so few digits, and
	 * the first two with limits of the rounded count, that it is not told
	 * by them, nor what is hidden as the rest of a total. With the mode suppress ("hes:suppress") nothing is
	 * rounded, and as many more areas are hidden that no total gives one
	 * away. An indicator that adds up something other than
	 * records cannot be protected, and is refused: nobody knows how many
	 * people are behind it. Totals are of the true counts. A rate of
	 * fewer events than the profile's for its kind, crude (and ratios
	 * and proportions) or standardised, has no value; one of few is
	 * marked, with ESTIMATE_UNRELIABLE beside the value.
	 */
	const char *disclosure;
};

struct rate;

struct rate *rate_new(const struct rate_options *, struct fault *);
void rate_free(struct rate *);

/*
 * Counts, and after them populations, which only the indicators that were
 * among the counts and need them read. Each reads to the end.
 */
int rate_counts(struct rate *, struct csv_reader *, struct fault *);
int rate_populations(struct rate *, struct csv_reader *, struct fault *);

/* One result. Strings are borrowed until rate_free; "" where none. */
struct rate_row {
	const struct definition *definition;
	const char *key[DEFINITION_KEYS]; /* DEFINITION_BAND: always "" */
	double count, denominator;        /* NaN: none */
	struct estimate estimate;
	const char *detail; /* to the reason: names of bands; or "" */
};

/*
 * All of them, in C byte order of indicator, area, period, sex and
 * category. Call once, after the counts.
 */
int rate_finish(struct rate *, const struct rate_row **, size_t *n,
    struct fault *);

/* As CSV: a header line, and one row for each. */
void rate_put_header(struct buf *, const struct estimate_levels *);
void rate_put_row(struct buf *, const struct rate_row *,
    const struct estimate_levels *);
/*
 * A number as a cell: 12 significant digits, which is what all machines
 * agree on; empty for NaN and infinities.
 */
void rate_put_number(struct buf *, double);
/* "95" and "99_8", as in the columns lower_95 and upper_99_8. */
void rate_level_name(double confidence, char to[16]);

#endif
