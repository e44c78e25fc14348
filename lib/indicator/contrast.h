/*
 * contrast: each value against a comparator, the target, the period before,
 * and its own recent past.
 */
#ifndef NIB_INDICATOR_CONTRAST_H
#define NIB_INDICATOR_CONTRAST_H

#include "base/buf.h"
#include "base/fault.h"
#include "indicator/definition.h"
#include "indicator/peers.h"
#include "indicator/values.h"
#include "stats/trend.h"

struct contrast_options {
	const char *comparator;     /* an area among the values; or NULL */
	struct peers *peers;        /* in its place: each area's own; NULL */
	int method_given;           /* else the definition's comparison */
	enum compare_method method;
	int band; /* by limits adjusted for over-dispersion */
};

struct contrast {
	const struct values_row *row;
	const struct definition *definition;
	const struct values_row *other;  /* the comparator's; NULL: none */
	enum compare_result result;
	const char *meaning;             /* better, similar, worse, ... */
	int target_met;                  /* 1, 0; -1: no target, no value */
	const struct values_row *before; /* same group, period before; NULL */
	double change;                   /* value less before's; NaN */
	enum compare_result change_result; /* by both 95% limits apart */
	struct trend trend;              /* of five periods up to this one */
	/* 95% limits adjusted for over-dispersion; NaN: none. 1 above, 0
	 * as expected, -1 below. */
	double band_lower, band_upper;
	int band;
};

/*
 * definitions: of the indicators among the values (n of them); a row of
 * another is a fault. *to is yours (free), *count as many as there are rows,
 * in their order. The periods of a group are in C byte order.
 *
 * A band is of an area among the others of its indicator, period, sex and
 * category, the comparator left out: of observed over expected on the log
 * scale, truncated at 10%, as the Summary Hospital-level Mortality Indicator
 * is banded; of a proportion on the arcsine scale, winsorised at 10%. Areas
 * without events or without a value have none, and so have all when fewer
 * than two are left.
 */
int contrast_make(const struct definition *const *, size_t n,
    const struct values *, const struct contrast_options *,
    struct contrast **to, size_t *count, struct fault *);

void contrast_put_header(struct buf *);
void contrast_put_row(struct buf *, const struct contrast *);
/* "increasing", "decreasing", "no_change"; "" when it is not known. */
const char *contrast_trend_code(enum trend_result);

#endif
