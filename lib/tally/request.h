/*
 * request: what is asked of nib-aggregate, in the words of its options.
 *
 * Nothing here knows the data: expressions stay text. The request has a
 * digest, so that partial results of two requests cannot be mixed.
 */
#ifndef NIB_TALLY_REQUEST_H
#define NIB_TALLY_REQUEST_H

#include <stddef.h>
#include <stdint.h>

#include "base/fault.h"

enum tally_kind {
	TALLY_COUNT,    /* records */
	TALLY_SUM,
	TALLY_MEAN,
	TALLY_MIN,
	TALLY_MAX,
	TALLY_MEDIAN,
	TALLY_QUANTILE, /* p of struct tally_measure */
	TALLY_VARIANCE,
	TALLY_SD,
	TALLY_DISTINCT, /* different values, empty ones not counted */
	TALLY_SHARE     /* records that meet a condition / those it is known of */
};

struct tally_named {
	char *name; /* of the output column */
	char *text; /* the expression */
	/* A list gives the group of its value; file NULL: the value itself. */
	char *file, *key, *value; /* columns NULL: the first, the second */
};

struct tally_measure {
	enum tally_kind kind;
	char *name;
	char *text;          /* the expression; "" for count */
	char *weight;        /* of each value, an expression; NULL: 1 */
	uint64_t p, p_of;    /* quantile: p / p_of */
};

enum tally_margins { TALLY_PLAIN, TALLY_TOTALS, TALLY_CUBE };

struct tally_request {
	size_t nby;
	struct tally_named *by;
	size_t nmeasures;
	struct tally_measure *measures;
	char *where; /* NULL: every record */
	enum tally_margins margins;
	const char *digest_extra; /* what else must be the same; or NULL */
};

void tally_request_free(struct tally_request *); /* its content */

/* "EXPR[,EXPR...]" or "NAME=EXPR", or a list of both. */
int tally_request_by(struct tally_request *, const char *, struct fault *);
/*
 * "NAME=FIELD": the group that the list called NAME gives the field, or
 * "NAME=FILE:KEY:VALUE" and "NAME=FILE:FIELD=KEY:VALUE" as csv/lookup reads
 * them.
 */
int tally_request_by_list(struct tally_request *, const char *,
    struct fault *);
/* The same for a measure; for TALLY_QUANTILE "P:EXPR", 0 <= P <= 1. */
int tally_request_measure(struct tally_request *, enum tally_kind,
    const char *, struct fault *);
/* "WEIGHT:EXPR,...", kind TALLY_SUM or TALLY_MEAN. */
int tally_request_weighted(struct tally_request *, enum tally_kind,
    const char *, struct fault *);
/* All conditions given must hold. */
void tally_request_where(struct tally_request *, const char *);

/* Is it whole: some measure, no output column twice. */
int tally_request_check(const struct tally_request *, struct fault *);

/* FNV-1a over all of it; a mark against mistakes, not against malice. */
uint64_t tally_request_digest(const struct tally_request *);

/*
 * The next element of a list split at commas outside parentheses and
 * quotes, blanks around it trimmed; *at moves on. 0 at the end; -1 with a
 * fault for an open quote or parenthesis or an empty element.
 */
int tally_list_next(const char **at, const char **p, size_t *n,
    struct fault *);

#endif
