/*
 * values: what rate has written, read back to be compared and shown.
 *
 * A CSV file with the columns of nib-indicator rate; of the limits those of
 * 95 and 99.8 per cent are used where they are there. Held whole, about 300
 * bytes a row.
 */
#ifndef NIB_INDICATOR_VALUES_H
#define NIB_INDICATOR_VALUES_H

#include <stddef.h>

#include "base/fault.h"
#include "indicator/definition.h"
#include "stats/compare.h"

struct values_row {
	const char *indicator, *area, *period, *sex, *category, *reason;
	const char *name; /* of the area, from a file of names; or area */
	struct compare_value v;
};

struct values {
	size_t n;
	struct values_row *rows;
	struct values_memory *memory;
};

/* path "-": standard input. */
struct values *values_open(const char *path, char delimiter, struct fault *);
void values_close(struct values *);

/* Names of areas: CSV with the columns area and name, or code and name. */
int values_names(struct values *, const char *path, struct fault *);

/*
 * Only rows of an indicator (NULL: any), period, area, sex, category; NULL
 * means any. The order stays.
 */
void values_keep(struct values *, const char *indicator, const char *area,
    const char *period, const char *sex, const char *category);
/* -1 when no value is of the area (NULL: fine) that is to be compared with. */
int values_comparator(const struct values *, const char *area,
    struct fault *);
/* The row of an area, period, sex and category; NULL: none. */
const struct values_row *values_find(const struct values *,
    const char *indicator, const char *area, const char *period,
    const char *sex, const char *category);

/*
 * The denominator on which a value stands: of a standardised rate the people
 * whose crude rate it would be, who are not those counted; NaN: unknown.
 */
double values_size(const struct definition *, const struct values_row *);

/*
 * How a row compares with another by a method. Limits about the comparator
 * are those of events: spc_proportion is for proportions, and spc_rate not
 * for means, ratios of sums, life expectancies and composites, which are
 * not compared.
 */
enum compare_result values_compare(const struct definition *,
    enum compare_method, const struct values_row *,
    const struct values_row *other);

#endif
