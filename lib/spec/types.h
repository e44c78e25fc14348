/*
 * types: what the cells of a field mean (Table Schema 2.0, field types).
 *
 * A type is compiled once from a field and read by any number of threads.
 * Every cell given to it is not missing, and valid UTF-8.
 *
 * KEYS. A cell's logical value is written as bytes that are equal when the
 * values are ("01" and "1" of an integer; "1.0" and "1e0" of a number) and
 * that order as the values do under type_order. Numbers are exact, with any
 * count of digits: no value goes through a double. Times without a zone are
 * taken as UTC.
 *
 * FORMS. Where the standard is silent: a group character must stand between
 * two digits of the integer part; format "any" of dates and times takes the
 * ISO 8601 forms only; in a strptime pattern a number may lack leading zeros
 * (not %Y, %j) and names are the English ones; \d is an ASCII digit;
 * geopoints lie within -180..180 and -90..90 degrees; a JSON object or array
 * may nest to 64 levels.
 */
#ifndef NIB_SPEC_TYPES_H
#define NIB_SPEC_TYPES_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/fault.h"
#include "spec/spec.h"

struct type;

/* Borrows the field. NULL with a fault: a format that does not exist. */
struct type *type_new(const struct spec_field *, struct fault *);
void type_free(struct type *);

/* Has it anything to check? (any; string without a format) */
int type_checks(const struct type *);
/* Does type_batch look at most of its cells in a few nanoseconds? */
int type_quick(const struct type *);
int type_ok(const struct type *, const char *, size_t);
/* "not a date (YYYY-MM-DD)"; borrowed. */
const char *type_complaint(const struct type *);

/* Appends the key; -1, with the buffer as it was, if it does not fit. */
int type_key(const struct type *, const char *, size_t, struct buf *);
/* Is every cell's key its text? */
int type_key_is_text(const struct type *);
/* May bounds be set on it? */
int type_ordered(const struct type *);
/* -1, 0, 1 as the values of two keys; 2: not comparable (NaN, P1M-P30D). */
int type_order(const struct type *, const void *, size_t, const void *,
    size_t);

/* Characters of a string, items of a list, members of an array or object. */
size_t type_length(const struct type *, const char *, size_t);

/*
 * Batches. Cells p[i], n[i] with 16 readable bytes from p[i] on; k <= 256.
 * to[i] is TYPE_BAD, TYPE_KEY (fits; compare by its key) or TYPE_VALUE:
 * value[i] then orders as type_value of a bound does. Returns how many are
 * TYPE_BAD. value may be NULL when nobody compares.
 */
enum { TYPE_BAD, TYPE_VALUE, TYPE_KEY };
size_t type_batch(const struct type *, const char *const *p,
    const uint32_t *n, size_t k, unsigned char *to, int64_t *value);
/* 0, or -1 when this cell has no such value: compare by keys then. */
int type_value(const struct type *, const char *, size_t, int64_t *);

/*
 * For expressions (expr_field.convert): a cell of another lexical form as a
 * value: an integer, a real, 1 or 0, or the ISO 8601 text of a date or
 * time, in UTC, with up to six digits of a second's fraction. -1: it does
 * not fit the type, or its value has no such form (INF, beyond 64 bits).
 */
int type_convert(const void *type, const char *, size_t,
    struct expr_value *, char text[32]);

/* Characters of valid UTF-8. */
static inline size_t
type_characters(const char *p, size_t n)
{
	size_t i, chars = 0;

	for (i = 0; i < n; i++)
		chars += ((unsigned char)p[i] & 0xc0) != 0x80;
	return chars;
}

#endif
