/*
 * eight: eight bytes of text at a time, as a number whose lowest byte is the
 * first on every machine; and digits in it. Eight bytes must be readable.
 */
#ifndef NIB_BASE_EIGHT_H
#define NIB_BASE_EIGHT_H

#include <stddef.h>
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

/* The eight digits of a number below 10^8: eight_number's inverse. */
static inline uint64_t
eight_of(uint32_t v)
{
	uint64_t four, two, one;

	/* Pairs of four, two and one digit, the first always lower. */
	four = v / 10000 | (uint64_t)(v % 10000) << 32;
	two = (four * 10486 >> 20) & 0x0000007f0000007fULL;
	two |= (four - two * 100) << 16;
	one = (two * 103 >> 10) & 0x000f000f000f000fULL;
	return one | (two - one * 10) << 8;
}

static inline void
eight_store(void *p, uint64_t x)
{
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	x = __builtin_bswap64(x);
#endif
	memcpy(p, &x, 8);
}

/*
 * Up to eight characters, each ^ '0', the last in the last byte; the bytes
 * before them are 0.
 */
static inline uint64_t
eight_right(const char *p, size_t n)
{
	return (eight_load(p) ^ EIGHT_ZEROS) << (64 - 8 * n);
}

/* Without the byte at a bit: those before it move up. */
static inline uint64_t
eight_without(uint64_t x, unsigned at)
{
	uint64_t before = x & (((uint64_t)1 << at) - 1);

	return x >> at >> 8 << at << 8 | before << 8;
}

/*
 * Up to eight characters at once: [digits][.digits], as an integer and how
 * many of its digits are decimals. 1: done; 0: another form, or longer.
 */
static inline int
eight_decimal(const char *p, size_t n, uint64_t *v, unsigned *decimals)
{
	const uint64_t ones = 0x0101010101010101ULL;
	uint64_t x, other;
	unsigned at;

	if (n == 0 || n > 8)
		return 0;
	x = eight_right(p, n);
	/* The high bit of each byte that is no digit. */
	other = (((x & ones * 0x7f) + ones * 0x76) | x) & ones * 0x80;
	*decimals = 0;
	if (other != 0) {
		at = (unsigned)__builtin_ctzll(other) & ~7U;
		if ((other & (other - 1)) != 0 || n == 1 ||
		    (x >> at & 0xff) != ('.' ^ '0'))
			return 0;
		*decimals = 7 - at / 8;
		x = eight_without(x, at);
	}
	*v = eight_number(x);
	return 1;
}

#endif
