/*
 * num: numbers to and from text, whole or not at all, and exact.
 *
 * No locale, no leading or trailing blanks, no "inf" or "nan". A decimal
 * is a 128-bit integer with a fixed count of digits after the point
 * (its scale): 12.5 at scale 2 is 1250.
 */
#ifndef NIB_BASE_NUM_H
#define NIB_BASE_NUM_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

__extension__ typedef __int128 num_wide;
__extension__ typedef unsigned __int128 num_uwide;

#define NUM_MAX_SCALE 18

/* [+-]digits; 0, or -1 when it is not one or does not fit. */
int num_i64(const char *, size_t, int64_t *);
/* As a double, correctly rounded: [+-]digits[.digits][(e|E)[+-]digits]. */
int num_double(const char *, size_t, double *);
/* An integer beside a double that is a number, exactly: -1, 0 or 1. */
static inline int
num_compare(int64_t i, double r)
{
	int64_t whole;

	if (r < -9223372036854775808.0)
		return 1;
	if (r >= 9223372036854775808.0)
		return -1;
	whole = (int64_t)r;
	if (i != whole)
		return i < whole ? -1 : 1;
	return (double)whole < r ? -1 : (double)whole > r;
}
/*
 * [+-]digits[.digits], at least one digit. 0; -1: not a number; -2: more
 * digits after the point than scale allows (trailing zeros are fine); -3:
 * does not fit in 128 bits.
 */
int num_decimal(const char *, size_t, unsigned scale, num_wide *);
/* Digits after the point in a number's text, trailing zeros included. */
unsigned num_text_scale(const char *, size_t);

/* *a += b; -1 and *a unchanged if it does not fit. */
static inline int
num_wide_add(num_wide *a, num_wide b)
{
	num_wide r;

	if (__builtin_add_overflow(*a, b, &r))
		return -1;
	*a = r;
	return 0;
}

/* "-12.50" for -1250 at scale 2. */
void num_put_decimal(struct buf *, num_wide, unsigned scale);
/*
 * Shortest text that reads back as the same double, "1e+20" beyond 15
 * digits, never "-0". The value must be finite.
 */
void num_put_double(struct buf *, double);
/* Fixed digits after the point, halves to even on the exact value. */
void num_put_fixed(struct buf *, double, int digits);

/* A size such as 64M or 2G (powers of 1024); -1 if it is not one. */
int num_size(const char *, uint64_t *);
/* A whole option argument in a range; -1 outside it. */
int num_in_range(const char *, int64_t min, int64_t max, int64_t *);

#endif
