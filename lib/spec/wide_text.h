/*
 * wide_text: the words that only rules beyond one record have, taken out
 * of an expression; inside room spec only.
 *
 * Each call becomes a quoted field name, so that what remains is an
 * expression as any other: lag(day) < day -> "lag(day)" < day.
 */
#ifndef NIB_SPEC_WIDE_TEXT_H
#define NIB_SPEC_WIDE_TEXT_H

#include <stddef.h>

#include "base/arena.h"
#include "base/fault.h"

enum wide_word {
	/* of groups */
	WIDE_LAG, WIDE_LEAD, WIDE_PRIOR_MAX, WIDE_ROW, WIDE_SIZE, WIDE_ANY,
	WIDE_EVERY, WIDE_SUM_OF, WIDE_LEAST_OF, WIDE_GREATEST_OF,
	/* of references */
	WIDE_FIELD, WIDE_MATCHED, WIDE_MATCHES
};

struct wide_call {
	enum wide_word word;
	const char *name;  /* of the field that stands for it */
	const char *inner; /* expression; WIDE_FIELD: the field's name */
	/* WIDE_MATCHES: fields of the reference in inner. */
	struct wide_call *calls;
	size_t ncalls;
};

struct wide_text {
	const char *text;
	struct wide_call *calls; /* each name once */
	size_t n;
};

/* reference NULL: of a group rule. All memory is the arena's. */
int wide_text(const char *, const char *reference, struct arena *,
    struct wide_text *, struct fault *);

#endif
