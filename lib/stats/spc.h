/*
 * spc: statistical process control: which points of a series are special.
 *
 * spc_xmr is the chart of NHS England's Making Data Count: individual
 * values with limits from the mean moving range (Shewhart; Wheeler 2003).
 * spc_limits gives the limits of the other charts. Rules differ between
 * schools and change with time, so a set of rules has a name and a version.
 */
#ifndef NIB_STATS_SPC_H
#define NIB_STATS_SPC_H

#include <stddef.h>

struct spc_rules {
	const char *name;    /* "mdc" */
	const char *version; /* "1" */
	int trend;           /* points in a trend; 0: rule not used */
	int shift;           /* points on one side; 0: not used */
	int two_in_three;    /* near a limit */
	int screen;          /* drop moving ranges from 3.267 times the mean */
	const char *text;    /* one line */
};

/* "mdc", "mdc-6", "mdc-excel", "life-qi", "shewhart"; NULL: no such. */
const struct spc_rules *spc_rules_find(const char *);
/* The i-th of them, NULL beyond. */
const struct spc_rules *spc_rules_at(size_t);

enum spc_rule {
	SPC_COMMON, SPC_ABOVE_LIMIT, SPC_BELOW_LIMIT, SPC_INCREASING,
	SPC_DECREASING, SPC_NEAR_UPPER, SPC_NEAR_LOWER, SPC_SHIFT_ABOVE,
	SPC_SHIFT_BELOW
};

enum spc_meaning {
	SPC_MEANS_COMMON, SPC_MEANS_IMPROVEMENT, SPC_MEANS_CONCERN,
	SPC_MEANS_HIGH, SPC_MEANS_LOW
};

/* Of the last point. With no good direction HIGH and LOW are neutral. */
enum spc_variation {
	SPC_VARIATION_COMMON, SPC_VARIATION_IMPROVEMENT_HIGH,
	SPC_VARIATION_IMPROVEMENT_LOW, SPC_VARIATION_CONCERN_HIGH,
	SPC_VARIATION_CONCERN_LOW, SPC_VARIATION_NEUTRAL_HIGH,
	SPC_VARIATION_NEUTRAL_LOW
};

enum spc_assurance {
	SPC_ASSURANCE_NONE, /* no target, or no good direction */
	SPC_ASSURANCE_PASS, SPC_ASSURANCE_FAIL, SPC_ASSURANCE_INCONSISTENT
};

enum spc_direction { SPC_LOW_IS_GOOD = -1, SPC_NEUTRAL, SPC_HIGH_IS_GOOD };

struct spc_options {
	const struct spc_rules *rules;
	enum spc_direction direction;
	double target;         /* NaN: none */
	size_t baseline;       /* limits from this many points; 0: all */
	const size_t *rebase;  /* points where a new group starts, ascending */
	size_t nrebase;
};

struct spc_point {
	size_t group;          /* from 0; one more at each rebase */
	double centre;         /* mean of the group */
	double lower, upper;   /* 3 sigma; NaN: there are none */
	double near_lower, near_upper; /* 2 sigma */
	int outside, side, near; /* side: -1, 0, 1 of the centre */
	int above, below;      /* outside, which way */
	enum spc_rule rule;    /* the first that holds, in this order: outside,
	                        * trend, two in three, shift */
	enum spc_meaning means;
};

struct spc_summary {
	size_t groups;
	enum spc_variation variation;
	enum spc_assurance assurance;
	int short_group; /* some group has fewer than 13 points */
};

/*
 * x[n] in order of time; NaN is missing: it has no flags, takes no part in
 * the mean, makes both its moving ranges missing, and ends a run. Limits:
 * mean -/+ 2.66 mean moving range (2 sigma: 1.7733), within each group,
 * from its baseline. A group without variation has no limits.
 */
void spc_xmr(const double *x, size_t n, const struct spc_options *,
    struct spc_point *, struct spc_summary *);

const char *spc_rule_code(enum spc_rule);
const char *spc_meaning_code(enum spc_meaning);
const char *spc_variation_code(enum spc_variation);
const char *spc_assurance_code(enum spc_assurance);

enum spc_chart {
	SPC_I,       /* values */
	SPC_C,       /* counts of events */
	SPC_U,       /* rate: numerator per denominator */
	SPC_P,       /* proportion */
	SPC_U_PRIME, /* Laney's: between-period variation too */
	SPC_P_PRIME,
	SPC_G,       /* opportunities between events: whole numbers */
	SPC_T        /* time between events, > 0 */
};

/* "i", "c", "u", "p", "uprime", "pprime", "g", "t": 0, else -1. */
int spc_chart_find(const char *, enum spc_chart *);

/*
 * Value, centre and 3-sigma limits of each point. denominator may be NULL
 * for I, C, G and T. Lower limits below 0 are 0 (not for I), a proportion's
 * upper limit above 1 is 1. Formulae: Montgomery, Introduction to
 * Statistical Quality Control; Laney 2002 (Qual. Eng. 14, 531-537) for the
 * primes; Nelson 1994 (J. Qual. Technol. 26) for T: power 1/3.6, limits
 * turned back; G: mean -/+ 3 sqrt(m (m + 1)), the line at the median
 * (Benneyan 2001). Missing values (NaN) have no limits. -1: nothing to
 * compute from (no values, no denominator, a negative number, for G one
 * that is not whole, for a proportion one above its denominator). Where all
 * counts are 0 the primes have no limits.
 */
int spc_limits(enum spc_chart, const double *numerator,
    const double *denominator, size_t n, double *value, double *centre,
    double *lower, double *upper);

/*
 * Anhoej and Olesen 2014 (PLoS ONE 9(11) e113825): unusually long runs or
 * few crossings about a line. Points on the line or missing are left out.
 */
struct spc_runs {
	size_t useful;
	size_t longest, longest_limit;     /* signal above the limit */
	size_t crossings, crossings_limit; /* signal below the limit */
	int signal;
};
void spc_runs(const double *x, const double *line, size_t n,
    struct spc_runs *);

#endif
