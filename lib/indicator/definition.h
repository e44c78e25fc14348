/*
 * definition: one indicator, as its file in share/indicators says.
 *
 * JSON; man/nib-indicator.5 describes it, share/indicators/schema.json is
 * its JSON Schema. Reading is strict: a member that is not known, a missing
 * one, a value of the wrong kind are faults with file, line and path. What
 * is returned is sound as far as it can be without the dataset;
 * definition_check compiles its expressions too.
 */
#ifndef NIB_INDICATOR_DEFINITION_H
#define NIB_INDICATOR_DEFINITION_H

#include <stddef.h>
#include <stdint.h>

#include "base/fault.h"
#include "csv/reader.h"
#include "indicator/bands.h"
#include "spec/spec.h"
#include "stats/compare.h"
#include "stats/composite.h"
#include "stats/spc.h"

enum definition_method {
	DEFINITION_COUNT,       /* the numerator alone */
	DEFINITION_RATIO,       /* numerator / denominator, no limits */
	DEFINITION_PROPORTION,
	DEFINITION_CRUDE_RATE,
	DEFINITION_MEAN,        /* of the numerator's sum */
	DEFINITION_DSR,
	DEFINITION_ISR_RATIO,   /* observed / expected at a reference's rates */
	DEFINITION_ISR_RATE,
	DEFINITION_SMR,         /* observed / expected, both given */
	DEFINITION_LIFE,        /* life expectancy */
	DEFINITION_SII,         /* slope of inequality in life expectancy */
	DEFINITION_COMPOSITE    /* of other indicators; see stats/composite.h */
};

/* What a numerator or denominator adds up. */
enum definition_kind {
	DEFINITION_ABSENT,
	DEFINITION_RECORDS,    /* records that meet expression */
	DEFINITION_SUM,        /* expression, scale digits after the point */
	DEFINITION_POPULATION  /* comes from a population file */
};

struct definition_part {
	enum definition_kind kind;
	const char *text;       /* plain language */
	const char *expression; /* NULL: every record */
	const char *when;       /* of a sum: over these records; NULL: all */
	int scale;
	/* The expression is of a case-mix model, or a value less its. */
	const char *model;      /* NULL: not so */
	int logistic;           /* it is the logit of what is expected */
	const char *path;       /* in the file, for faults */
};

struct definition_exclusion {
	const char *text, *when;
};

struct definition_change {
	const char *version, *date, *change;
};

/* What a composite is made of. */
struct definition_component {
	const char *indicator;
	double weight; /* above 0 */
	int reversed;  /* low values of it make the composite high */
};

/* Cells that tell groups apart, in the order of the output columns. */
enum definition_key {
	DEFINITION_AREA, DEFINITION_PERIOD, DEFINITION_SEX, DEFINITION_BAND,
	DEFINITION_CATEGORY, DEFINITION_KEYS
};

/* Plain text members, all NULL when absent. */
struct definition_words {
	const char *set, *purpose, *rationale, *definition, *interpretation;
	const char *caveats, *source, *owner, *contact, *licence, *frequency;
	const char *disclosure_text, *quality;
};

struct definition {
	const char *path;
	const char *id, *version, *title;
	const char *status; /* draft, live, retired */
	struct definition_words words;
	struct spec_strings frameworks, links;
	const char *assurance_rating, *assurance_body, *assurance_date;
	const char *review; /* date until which it may be used unseen */

	const char *dataset; /* name of the specification; a composite: "" */
	const char *where;   /* NULL: all records */
	struct spec_strings attached; /* columns beyond the dataset's */
	size_t nexclusions;
	const struct definition_exclusion *exclusions;
	struct definition_part numerator, denominator;

	const char *key[DEFINITION_KEYS]; /* expressions; NULL: none */
	int band_is_age;      /* key[DEFINITION_BAND] gives completed years */
	const char *bands;    /* name of the bands; NULL: none */
	const char *bands_at; /* where in the file, for faults */
	const char *area_type, *period_type;
	int by_sex, by_category; /* kept apart in the result */

	enum definition_method method;
	double multiplier;
	int exact;             /* Clopper-Pearson in place of Wilson */
	double age_from, age_to; /* of a standardised rate; to < 0: no end */
	int64_t draws;         /* of an sii's limits: simulated; 0: analytic */
	uint64_t seed;
	const char *reference; /* of an indirect one: a file; NULL: the total */
	/* Of a composite; least: components that an area must have. */
	size_t ncomponents, least;
	const struct definition_component *components;
	enum composite_scale scale;
	enum composite_mean mean;
	const char *unit;
	int decimals;
	enum compare_method comparison;
	enum compare_polarity polarity;
	double target;         /* NaN: none */
	const char *disclosure; /* profile; NULL: none asked */
	size_t nchanges;
	const struct definition_change *changes;

	const char *text; /* of the file, and its digest for partial results */
	size_t text_size;
	char digest[17];
	struct definition_memory *memory;
};

/* A name in share/indicators, or a path. */
struct definition *definition_open(const char *, struct fault *);
void definition_close(struct definition *);
/*
 * Always -1: what is wrong at a path of the file, such as
 * "exclusions[1].when", with the line; or in the file that why names.
 */
int definition_fault(const struct definition *, const char *path,
    struct fault *, const struct fault *why);

/* Names in share/indicators, in order, each yours; NULL with a fault: none. */
char **definition_names(size_t *n, struct fault *);

/*
 * Every definition of share/indicators, in order of id; each and the array
 * are yours (definition_close_all). NULL with a fault if one is bad.
 */
struct definition **definition_open_all(size_t *n, struct fault *);
void definition_close_all(struct definition **, size_t n);

/*
 * Adds the components of composites that are not among the definitions yet,
 * once each; they become yours like the others.
 */
int definition_add_components(struct definition ***, size_t *n,
    struct fault *);

/*
 * Compiles it against its dataset with all fields present, and opens what
 * else it names; of a composite, whether its components are there and are of
 * the same areas and periods.
 */
int definition_check(const struct definition *, struct fault *);
/* Has a file with this header what it needs? -1: the fault says what not. */
int definition_fits(const struct definition *, const struct spec *,
    const struct csv_header *, struct fault *);

const char *definition_method_code(enum definition_method);
const char *definition_method_text(enum definition_method);
/* Of a composite: "z-scores" and the like, "arithmetic" or "geometric". */
const char *definition_scale_text(enum composite_scale);
const char *definition_mean_text(enum composite_mean);
/* Column name of a key: area, period, sex, age_band, category. */
const char *definition_key_name(enum definition_key);
/* "high", "low" or "neutral" is good. */
const char *definition_polarity_code(enum compare_polarity);

#endif
