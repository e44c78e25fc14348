/*
 * jsontree: a JSON text as a tree whose numbers are exact.
 *
 * For cells that are JSON, and what a specification says of them
 * (spec/jsonschema.h): jansson would put their numbers through a double or
 * refuse them. Strings are decoded to UTF-8; half a surrogate pair becomes
 * U+FFFD. Of members with the same name the last stays, as in jansson.
 */
#ifndef NIB_SPEC_JSONTREE_H
#define NIB_SPEC_JSONTREE_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

#define JSONTREE_DEPTH 64

enum jsontree_kind {
	JSONTREE_NULL, JSONTREE_FALSE, JSONTREE_TRUE, JSONTREE_NUMBER,
	JSONTREE_STRING, JSONTREE_ARRAY, JSONTREE_OBJECT
};

struct jsontree {
	enum jsontree_kind kind;
	/* A number's key (spec/types.h), or a string with a NUL after it. */
	const char *text;
	size_t n;
	/* A number: digits and exponent, without zeros at either end. */
	const char *digits;
	size_t ndigits;
	int64_t exponent; /* value: 0 or digits * 10^exponent */
	/* Items in order; members by name. */
	size_t count;
	struct jsontree **of;
	const char *name; /* of a member, with a NUL after it */
	size_t nname, order;
};

/*
 * NULL: no JSON, or deeper than JSONTREE_DEPTH. *values counts those it has.
 * The tree lives as long as the arena. Valid UTF-8 is the caller's business.
 */
struct jsontree *jsontree_parse(const char *, size_t, struct arena *,
    size_t *values);
/* A total order in which equal values, however written, are 0. */
int jsontree_compare(const struct jsontree *, const struct jsontree *);
/* NULL: it has no such member, or is no object. */
struct jsontree *jsontree_member(const struct jsontree *, const char *name,
    size_t n);
/* Is a number whole? 1.0 and 1e2 are. */
int jsontree_whole(const struct jsontree *);

#endif
