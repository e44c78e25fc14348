/*
 * number: exact decimals for measures, and doubles that are correctly
 * rounded from exact ratios.
 */
#ifndef NIB_TALLY_NUMBER_H
#define NIB_TALLY_NUMBER_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/eight.h"
#include "base/num.h"

/* Bytes that tally_order_put may write. */
#define TALLY_ORDER_MAX 64

extern const int64_t tally_pow10[19];

/*
 * Eight bytes of ASCII digits, the first n of which count (1 <= n <= 8),
 * as a number; all ones if one of them is not a digit.
 */
static inline uint64_t
tally_digits8(const char *p, size_t n)
{
	uint64_t x = eight_right(p, n);

	return eight_digits(x) ? eight_number(x) : UINT64_MAX;
}

/*
 * The common forms of a decimal, fast: up to eight digits, or up to eight,
 * a point and up to eight more, with a minus perhaps. Reads up to 8 bytes
 * beyond p[n]. 1: *v without its point, *after digits after it; 0: another
 * form, which may still be a number.
 */
static inline int
tally_decimal_fast(const char *p, size_t n, int64_t *v, unsigned *after)
{
	int negative = n > 0 && p[0] == '-';
	uint64_t whole, part;
	size_t point;

	p += negative;
	n -= (size_t)negative;
	if (n == 0 || n > 17)
		return 0;
	if (n <= 8) {
		/* Neither "5." nor ".5". */
		if (!eight_decimal(p, n, &whole, after) || p[0] == '.' ||
		    p[n - 1] == '.')
			return 0;
		*v = negative ? -(int64_t)whole : (int64_t)whole;
		return 1;
	}
	if (n > 3 && p[n - 3] == '.')
		point = n - 3;
	else
		for (point = 0; point < n && p[point] != '.'; point++)
			;
	if (point == 0 || point > 8 || point + 1 >= n || n - point - 1 > 8)
		return 0;
	whole = tally_digits8(p, point);
	part = tally_digits8(p + point + 1, n - point - 1);
	if (whole == UINT64_MAX || part == UINT64_MAX)
		return 0;
	*after = (unsigned)(n - point - 1);
	whole = whole * (uint64_t)tally_pow10[*after] + part;
	*v = negative ? -(int64_t)whole : (int64_t)whole;
	return 1;
}

/*
 * The same of one with just so many digits after its point (after >= 1), of
 * up to eight characters: what a column of measures is made of.
 */
static inline int
tally_decimal_of(const char *p, size_t n, unsigned after, int64_t *v)
{
	unsigned at = 8 * (7 - after);
	uint64_t x;

	if (n > 8 || n < (size_t)after + 2)
		return 0;
	x = eight_right(p, n);
	if ((x >> at & 0xff) != ('.' ^ '0'))
		return 0;
	x = eight_without(x, at);
	*v = (int64_t)eight_number(x);
	return eight_digits(x);
}

/*
 * Any decimal, [+-]digits[.digits][(e|E)[+-]digits], exactly: 0; -1: not a
 * number; -2: more digits after the point than NUM_MAX_SCALE, or does not
 * fit. *after is what the text has, at most NUM_MAX_SCALE; with an exponent
 * what the value needs.
 */
int tally_decimal(const char *, size_t, num_wide *v, unsigned *after);

/* v * 10^by; -1 and unchanged if it does not fit. */
int tally_rescale(num_wide *v, unsigned by);

/*
 * A decimal as text that sorts as the number does, without a zero byte and
 * the same for 1.5 and 1.50; and back, with the digits after the point
 * that it needs. put returns the length.
 */
size_t tally_order_put(char to[TALLY_ORDER_MAX], num_wide v, unsigned scale);
int tally_order_get(const char *, size_t, num_wide *v, unsigned *scale);

/*
 * a / b correctly rounded to the nearest double, halves to even; b > 0.
 * Numbers of 256 bits, lowest limb first, and a limb to work in.
 */
struct tally_big {
	uint64_t limb[5];
};
struct tally_big tally_big_mul(num_uwide, num_uwide);
struct tally_big tally_big_of(num_uwide);
/* a * b, a - b (a >= b); multiplication says -1 when it does not fit. */
int tally_big_scale(struct tally_big *, uint64_t);
struct tally_big tally_big_sub(struct tally_big, struct tally_big);
int tally_big_compare(struct tally_big, struct tally_big);
double tally_big_ratio(struct tally_big a, struct tally_big b);

/* v / (n * 10^scale), correctly rounded; n > 0. */
double tally_mean(num_wide v, unsigned scale, uint64_t n);

#endif
