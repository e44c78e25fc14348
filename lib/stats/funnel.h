/*
 * funnel: control limits for comparing many units, and over-dispersion.
 *
 * Spiegelhalter 2005 (Stat. Med. 24, 1185-1202; 2005b, Qual. Saf. Health
 * Care 14, 347-351). Two limits, by convention called 2 and 3 sigma: 95%
 * (tails 0.025) and 99.8% (tails 0.001).
 */
#ifndef NIB_STATS_FUNNEL_H
#define NIB_STATS_FUNNEL_H

#include <stddef.h>

#define FUNNEL_ROWS 100

enum funnel_kind {
	FUNNEL_PROPORTION, /* numerator of denominator; normal limits */
	FUNNEL_RATIO,      /* observed of expected; Poisson limits */
	FUNNEL_RATE,       /* crude rate; Poisson limits */
	FUNNEL_DSR         /* standardised rate on its effective population */
};

struct funnel_unit {
	double numerator;   /* events, observed */
	double denominator; /* population, expected; not used by a DSR */
	double rate;        /* FUNNEL_RATE and FUNNEL_DSR: as published */
};

struct funnel_options {
	enum funnel_kind kind;
	double multiplier; /* 100 for a percentage, 100000 for a rate */
	double years;      /* of data in a rate; the axis is per year */
};

/* Limits at one size: x is a denominator, or events for the Poisson kinds. */
struct funnel_row {
	double x;
	double lower[2], upper[2]; /* 95%, 99.8%, times multiplier */
};

/*
 * The average of all units, sum of numerators over that of denominators
 * (unmultiplied); 1 for a ratio. For rates the denominator of a unit is
 * multiplier * numerator / rate; a crude rate with no events uses the one
 * given, a DSR with none is left out. NaN if nothing is left.
 */
double funnel_average(const struct funnel_unit *, size_t n,
    const struct funnel_options *);

/*
 * FUNNEL_ROWS sizes that cover the units, closer together where they are
 * small, and their limits. Proportion: p0 -/+ z sqrt(p0 (1 - p0) / x),
 * kept in 0 .. multiplier. Ratio and rate: x / E where E is the expected
 * count at which x is just on the limit, chi-square: exact (the R package
 * bisects and is up to 5e-5 off). Returns -1 if there is no average or all
 * denominators are 0.
 */
int funnel_limits(const struct funnel_unit *, size_t n,
    const struct funnel_options *, struct funnel_row rows[FUNNEL_ROWS]);
/* The limits at one x. */
void funnel_limit(const struct funnel_options *, double average, double x,
    struct funnel_row *);

enum funnel_flag {
	FUNNEL_LOW_3, FUNNEL_LOW_2, FUNNEL_WITHIN, FUNNEL_HIGH_2,
	FUNNEL_HIGH_3,
	FUNNEL_UNKNOWN /* fewer than 10 events in a DSR, or missing */
};

/*
 * Where a unit lies. Proportion: against the limits at its own size. Others:
 * the average against the unit's own interval, exact under 10 events and
 * Byar from there on.
 */
enum funnel_flag funnel_place(const struct funnel_unit *,
    const struct funnel_options *, double average);

/*
 * Where a rate is drawn: its value, and the population per year that its
 * count and rate imply; NaN for a DSR with fewer than 10 events.
 */
void funnel_point(const struct funnel_unit *, const struct funnel_options *,
    double *rate, double *denominator);

/* Over-dispersion. */
enum funnel_dispersion {
	FUNNEL_SHMI,       /* log(O / E); truncated */
	FUNNEL_CQC,        /* sqrt(O / E), limits squared back; winsorised */
	FUNNEL_ARCSINE,    /* asin sqrt(x / n); winsorised */
	FUNNEL_LOG_COUNTS  /* log((x + .5) / (n + .5)); winsorised */
};

struct funnel_dispersed {
	double ratio;  /* numerator over denominator */
	double z;      /* before trimming */
	double z_kept; /* winsorised; NaN: truncated */
	double lower[2], upper[2];             /* by chance alone */
	double adjusted_lower[2], adjusted_upper[2];
	int outlier; /* outside the adjusted 99.8% limits */
};

struct funnel_model {
	size_t kept;
	double phi;     /* mean of z squared */
	double tau2;    /* variance between units (DerSimonian-Laird) */
	double average; /* the centre line, not multiplied */
};

/*
 * trim: the share at each end, 0.1 as published. Truncation drops, of N
 * ranks r (ties averaged), those with floor(r / (trim (N + 1))) first or
 * last: what reproduces the published SHMI limits exactly, where
 * winsorising gives wrong bandings. tau2 is 0 when phi says that there is
 * no over-dispersion, and the two pairs of limits are then nearly the
 * same. -1: fewer than two usable units, or a numerator of 0 with
 * FUNNEL_SHMI (the log has no value; leave the unit out).
 */
int funnel_disperse(enum funnel_dispersion, const struct funnel_unit *,
    size_t n, double trim, double multiplier, struct funnel_dispersed *out,
    struct funnel_model *);

/*
 * The adjusted limits at a denominator x of a model, to draw them; tau2 of
 * the model 0: without over-dispersion.
 */
void funnel_model_limits(enum funnel_dispersion,
    const struct funnel_model *, double x, double multiplier,
    double lower[2], double upper[2]);
/*
 * Limits by chance of a count with expectation x, over x: Poisson by
 * chi-square, exact for whole x.
 */
void funnel_poisson_limits(double x, double multiplier, double lower[2],
    double upper[2]);

#endif
