/*
 * quick: the everyday forms of numbers and days, without a loop over their
 * characters; inside room expr only.
 *
 * SIXTEEN BYTES FROM A TEXT'S START ARE READ, whatever its length.
 */
#ifndef NIB_EXPR_QUICK_H
#define NIB_EXPR_QUICK_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/eight.h"
#include "expr/node.h"

/*
 * Up to eight characters at once: [digits][.digits], as an integer and how
 * many of its digits are decimals. 1: done; 0: another form, or longer.
 */
static inline int
quick_digits(const char *p, size_t n, uint64_t *v, unsigned *decimals)
{
	const uint64_t ones = 0x0101010101010101ULL;
	uint64_t x, other, low;
	unsigned at;

	if (n == 0 || n > 8)
		return 0;
	/* The last character in the last byte, before the first zeros. */
	x = (eight_load(p) ^ EIGHT_ZEROS) << (64 - 8 * n);
	/* The high bit of each byte that is no digit. */
	other = (((x & ones * 0x7f) + ones * 0x76) | x) & ones * 0x80;
	*decimals = 0;
	if (other != 0) {
		at = (unsigned)__builtin_ctzll(other) & ~7U;
		if ((other & (other - 1)) != 0 || n == 1 ||
		    (x >> at & 0xff) != ('.' ^ '0'))
			return 0;
		*decimals = 7 - at / 8;
		low = x & (((uint64_t)1 << at) - 1);
		x = ((x >> at >> 8) << at << 8) | low << 8;
	}
	*v = eight_number(x);
	return 1;
}

/*
 * Packed days of a column of texts (scalar_day), as many as n says: -1
 * where it is no YYYY-MM-DD. What is NULL may be of any length.
 */
void quick_days(const struct column *, size_t n, int32_t *days);
/* The same by the plain code alone: for the test. */
void quick_days_plain(const struct column *, size_t n, int32_t *days);

#endif
