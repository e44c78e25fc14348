/*
 * count_plan: what has to be worked out for a record so that all
 * indicators are counted; inside room indicator only.
 *
 * Whatever several definitions have in common is in the plan once: an
 * expression, a choice of records, a grouping, a sum.
 */
#ifndef NIB_INDICATOR_COUNT_PLAN_H
#define NIB_INDICATOR_COUNT_PLAN_H

#include "base/arena.h"
#include "expr/expr.h"
#include "indicator/count.h"
#include "indicator/groups.h"

#define COUNT_NONE SIZE_MAX

/* An expression that some definition reads, compiled once. */
struct count_source {
	const char *text;
	struct expr *expr;
	/* That asked for it, and of what it is a part: for messages. */
	const struct definition *first;
	const char *whole;
};

/*
 * A choice of records: those of another choice for which a condition is
 * true, or is not. Stands after the one it narrows.
 */
struct count_choice {
	size_t of; /* COUNT_NONE: of all records */
	size_t test;
	int wanted;
};

/* A value as an integer: so many digits after the point are kept. */
struct count_number {
	size_t value;
	int scale, logistic; /* logistic: the value is a logit */
	const struct definition *first;
};

/*
 * A number, summed over the records of each of some choices (COUNT_NONE: of
 * all): as many as groups tells apart at once.
 */
struct count_sums {
	size_t number, n, choices[GROUPS_CHOICES];
	int squares;
};

/* A cell of a key: an expression, by bands of age or as it is. */
struct count_cell {
	size_t value;
	struct bands *bands; /* the value is an age; NULL: not */
	const char *label;   /* of bands, to tell cells apart */
};

/* A grouping, and what is counted and summed by it. */
struct count_keyset {
	size_t cells[DEFINITION_KEYS]; /* COUNT_NONE: none */
	size_t ncounted, *counted;     /* choices */
	size_t nsums;
	struct count_sums *sums;
};

/* Numerator or denominator: a counter or a sum of its keyset. */
struct count_part {
	size_t counter, sum; /* COUNT_NONE both: there is none */
	size_t choice;       /* of the sum's */
};

struct count_member {
	size_t keyset;
	struct count_part part[2];
};

struct counter {
	const struct definition *const *definitions;
	size_t n;
	struct spec_scope *scope;
	struct arena arena;
	struct count_source *tests, *values;
	size_t ntests, nvalues;
	struct count_choice *choices;
	size_t nchoices;
	struct count_number *numbers;
	size_t nnumbers;
	struct count_cell *cells;
	size_t ncells;
	struct count_keyset *keysets;
	size_t nkeysets;
	struct count_member *members; /* one per definition */
};

#endif
