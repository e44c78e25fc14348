/*
 * matching: a matching file (man/nib-matching.5), read and checked whole.
 *
 * It says which fields identify a person, how each is made canonical, and
 * what joins two records: deterministic steps, or the comparisons and
 * blocking rules of the Fellegi-Sunter model. A model file is a matching
 * file with the weights that training found. Jansson is used here alone.
 */
#ifndef NIB_LINKAGE_MATCHING_H
#define NIB_LINKAGE_MATCHING_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/fault.h"

#define MATCHING_MAX_FIELDS 32
#define MATCHING_MAX_LEVELS 14 /* of a comparison, the last (else) included */

/* What a field's cells are; see linkage/normal.h for their forms. */
enum matching_type {
	MATCHING_NAME, MATCHING_NHS_NUMBER, MATCHING_DATE, MATCHING_SEX,
	MATCHING_POSTCODE, MATCHING_CODE, MATCHING_LOCAL_ID, MATCHING_DIGITS,
	MATCHING_TEXT
};
/* What files call them, NULL at the end. */
extern const char *const matching_types[];

struct matching_strings {
	size_t n;
	const char *const *v;
};

struct matching_field {
	const char *name;
	enum matching_type type;
	struct matching_strings columns; /* header names, the first found */
	const char *role;   /* of a specification; NULL: none */
	const char *format; /* of a date; NULL: YYYY-MM-DD */
	int keep_invalid;   /* an NHS number with a wrong check digit stays */
	int may_be_absent;
	int has_minimum, has_maximum;
	int32_t minimum, maximum;       /* of a date, days */
	size_t prefix;                  /* first characters kept; 0: all */
	size_t word;  /* of a name, only this word, from 1; 0: all */
	int sorted;   /* its characters in order, blanks gone */
	size_t nof;   /* made of these fields, without blanks; no columns */
	const size_t *of;
	struct matching_strings missing; /* canonical; 'ZZ99*': what begins so */
	struct matching_strings ignore;
	struct matching_strings from, to; /* recode, pairwise, as written */
};

enum matching_kind {
	/* Equality of what is made of a value: may make blocks. */
	MATCHING_EXACT, MATCHING_SOUNDEX, MATCHING_PREFIX, MATCHING_YEAR,
	MATCHING_YEAR_MONTH, MATCHING_MONTH_DAY, MATCHING_SECTOR,
	MATCHING_DISTRICT, MATCHING_AREA,
	/* Of a pair. */
	MATCHING_JARO_WINKLER, MATCHING_JARO, MATCHING_DAMERAU,
	MATCHING_LEVENSHTEIN, MATCHING_SIMILARITY, MATCHING_NICKNAME,
	MATCHING_CONTAINS, MATCHING_PARTS, MATCHING_SWAPPED, MATCHING_PARTIAL,
	MATCHING_WITHIN_DAYS, MATCHING_WITHIN_YEARS, MATCHING_INVALID,
	MATCHING_WITHIN, MATCHING_COMPATIBLE, MATCHING_DIFFERENT,
	MATCHING_CROSSED, MATCHING_EITHER,
	/* Of each record of the pair alone. */
	MATCHING_PRESENT, MATCHING_NOT_1_JANUARY, MATCHING_NOT_IGNORED,
	MATCHING_VALID
};

struct matching_test {
	enum matching_kind kind;
	size_t field;
	size_t other;  /* MATCHING_CROSSED, MATCHING_EITHER: the second */
	double number; /* its limit, where it has one */
};

struct matching_tests { /* all must hold */
	size_t n;
	const struct matching_test *v;
	const char *text; /* as written, joined by " and " */
};

/* What a field gives to the score of a pair: the first tests that hold. */
struct matching_points {
	size_t field;
	size_t n;
	const struct matching_tests *tests;
	const double *points; /* 0..100 */
};

struct matching_step {
	const char *id, *title;
	int unlinked; /* only among records that no step has linked yet */
	int single;   /* only persons that it joins to one other alone */
	int together; /* only where another of the household moved along, */
	size_t household; /* by this field, an address */
	struct matching_tests all; /* n 0: the step is scored */
	/* A scored step: pairs of these blocks, by the mean of points. */
	size_t nblocks;
	const struct matching_tests *blocks;
	size_t nscore;
	const struct matching_points *score;
	double agree;    /* fields that must give points */
	double at_least; /* score, 0..100 */
	double ahead;    /* of the next best person */
};

struct matching_comparison {
	const char *name;
	size_t field;    /* null when it is missing on either side */
	size_t nlevels;  /* with the last, else */
	struct matching_tests levels[MATCHING_MAX_LEVELS]; /* else: n is 0 */
	double frequency; /* weight of the term frequency; 0: not used */
	/* Of a model; 0 before training. */
	double m[MATCHING_MAX_LEVELS], u[MATCHING_MAX_LEVELS];
};

struct matching {
	const char *path, *name, *title, *version;
	struct matching_strings id; /* names of the column of a record's id */
	size_t nfields;
	const struct matching_field *fields;
	size_t nsteps;
	const struct matching_step *steps;
	size_t nnever; /* a pair that meets one of these is never joined */
	const struct matching_tests *never;
	size_t nguard; /* the last of them, which the method itself has not */
	int as_joins;  /* what a step joined no later step looks at, ... */
	size_t nveto; /* two records of a person never meet one of these, */
	const struct matching_tests *veto; /* unless as a pair of their own */
	size_t ncomparisons;
	struct matching_comparison *comparisons;
	size_t nblocking;
	const struct matching_tests *blocking;
	size_t nsure; /* training: a pair that meets one is taken as a match */
	const struct matching_tests *sure;
	double sure_recall; /* share of matches that those rules find, 0..1 */
	size_t ntraining;
	const struct matching_tests *training; /* blocks for EM */
	size_t max_block;  /* pairs one block may give */
	int trained;
	double lambda;     /* of a model: share of matches among all pairs */
	const char *text;  /* the matching file as read, for a model's copy */
};

/* A name (hes-3-step, in share/matching) or a path; a model file too. */
struct matching *matching_open(const char *, struct fault *);
void matching_close(struct matching *);

/* The same from memory; path is for messages. */
struct matching *matching_parse(const char *path, const char *, size_t,
    struct fault *);

/*
 * Steps are taken as a database joins tables: a record that a step joined is
 * out of the later ones, one that fits several in a step is joined with each
 * that it may itself be joined with, and there is no guard. Steps that leave
 * out rivals, or look at households, do both as ever.
 */
void matching_as_joins(struct matching *);

/* Does equality of the test's key mean that it holds? */
int matching_is_key(enum matching_kind);

/* Does the test speak of two fields? */
int matching_has_other(enum matching_kind);

/* Sets used[field] for the fields that tests speak of. */
void matching_mark(const struct matching_tests *, char *used);
/* Is one of them a test of nicknames? */
int matching_asks_nickname(const struct matching_tests *);

/* A field by name; -1: none. */
long matching_field_index(const struct matching *, const char *);

/*
 * Writes a model file: the matching file and lambda, m and u. note, if not
 * NULL, adds members of its own to the object "training".
 */
struct jsonout;
void matching_put_model(struct buf *, const struct matching *,
    void (*note)(void *, struct jsonout *), void *);

#endif
