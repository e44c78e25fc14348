/*
 * eight: eight bytes of text at a time, as a number whose lowest byte is the
 * first on every machine; and digits in it. Eight bytes must be readable.
 */
#ifndef NIB_BASE_EIGHT_H
#define NIB_BASE_EIGHT_H

#include <stdint.h>
#include <string.h>

#define EIGHT_ZEROS 0x3030303030303030ULL /* "00000000" */

static inline uint64_t
eight_load(const void *p)
{
	uint64_t x;

	memcpy(&x, p, 8);
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	x = __builtin_bswap64(x);
#endif
	return x;
}

/* Of digits ^ EIGHT_ZEROS: is each byte 0 to 9? */
static inline int
eight_digits(uint64_t x)
{
	return ((x | (x + 0x7676767676767676ULL)) & 0x8080808080808080ULL) ==
	    0;
}

/* Eight bytes of 0 to 9, the first lowest, as the number they write. */
static inline uint64_t
eight_number(uint64_t x)
{
	x = x * 10 + (x >> 8);
	return ((x & 0x000000ff000000ffULL) * 0x000f424000000064ULL +
	    ((x >> 16) & 0x000000ff000000ffULL) * 0x0000271000000001ULL) >> 32;
}

#endif
