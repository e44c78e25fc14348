/*
 * compare: is an area's value lower than, like, or higher than another's?
 *
 * The methods of Fingertips (2020 source). Each is two steps: a comparison,
 * which has no judgement in it, and its meaning, which the indicator's
 * polarity gives. A comparator exactly on a limit is the same.
 */
#ifndef NIB_STATS_COMPARE_H
#define NIB_STATS_COMPARE_H

enum compare_method {
	COMPARE_NONE,
	COMPARE_LIMITS,         /* own 95% limits against the comparator */
	COMPARE_TWO_LEVELS,     /* own 95% and 99.8% limits */
	COMPARE_OVERLAP,        /* both 95% intervals apart */
	COMPARE_SPC_PROPORTION, /* comparator's limits at the area's size */
	COMPARE_SPC_RATE        /* the same for a rate, by Poisson */
};

enum compare_result {
	COMPARE_UNKNOWN,
	COMPARE_LOWEST, /* beyond 99.8% */
	COMPARE_LOWER, COMPARE_SAME, COMPARE_HIGHER, COMPARE_HIGHEST
};

enum compare_polarity {
	COMPARE_NEUTRAL, COMPARE_HIGH_IS_GOOD, COMPARE_LOW_IS_GOOD
};

/*
 * What is known of one value; NaN where it is not. Limits without a value,
 * as of life expectancy where they are far apart, are not compared.
 */
struct compare_value {
	double value, lower95, upper95, lower998, upper998;
	double count, denominator;
};

enum compare_result compare_values(enum compare_method,
    const struct compare_value *area, const struct compare_value *other,
    double multiplier);

/* "limits", "two_levels", ...: 0, else -1. */
int compare_method_find(const char *, enum compare_method *);
const char *compare_method_code(enum compare_method);
/* "lower", "similar", "higher", "lowest", "highest", "not_compared". */
const char *compare_result_code(enum compare_result);
/* "better", "similar", "worse", or the result itself when neutral. */
const char *compare_meaning_code(enum compare_result, enum compare_polarity);

#endif
