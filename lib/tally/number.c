/* Exact decimals for measures. */
#include "tally/number.h"

#include <math.h>

#define LIMBS 5

const int64_t tally_pow10[19] = { 1, 10, 100, 1000, 10000, 100000, 1000000,
	10000000, 100000000, 1000000000, 10000000000, 100000000000,
	1000000000000, 10000000000000, 100000000000000, 1000000000000000,
	10000000000000000, 100000000000000000, 1000000000000000000 };

static int
plain(const char *p, size_t n, num_wide *v, unsigned *after)
{
	unsigned scale = num_text_scale(p, n);
	int rc;

	if (scale > NUM_MAX_SCALE)
		scale = NUM_MAX_SCALE;
	rc = num_decimal(p, n, scale, v);
	*after = scale;
	return rc < -1 ? -2 : rc;
}

/* *v, with *after digits after its point, times 10^power. */
static int
shift_point(num_wide *v, unsigned *after, int64_t power)
{
	int64_t digits = (int64_t)*after;

	*after = 0;
	if (*v == 0)
		return 0;
	if (power < -1000 || power > 1000)
		return -2;
	for (digits -= power; digits > 0 && *v % 10 == 0; digits--)
		*v /= 10;
	for (; digits < 0; digits++)
		if (tally_rescale(v, 1) == -1)
			return -2;
	*after = (unsigned)digits;
	return digits > NUM_MAX_SCALE ? -2 : 0;
}

int
tally_decimal(const char *p, size_t n, num_wide *v, unsigned *after)
{
	size_t mantissa = 0;
	int64_t power;
	int rc;

	while (mantissa < n && p[mantissa] != 'e' && p[mantissa] != 'E')
		mantissa++;
	rc = plain(p, mantissa, v, after);
	if (mantissa == n || rc == -1)
		return rc;
	if (num_i64(p + mantissa + 1, n - mantissa - 1, &power) == -1)
		return -1;
	return rc == 0 ? shift_point(v, after, power) : rc;
}

int
tally_rescale(num_wide *v, unsigned by)
{
	num_wide r;

	if (__builtin_mul_overflow(*v, (num_wide)tally_pow10[by], &r))
		return -1;
	*v = r;
	return 0;
}

/*
 * 'p', a letter for the count of digits before the point, these digits,
 * those after it without trailing zeros. A negative number: 'n' and all of
 * it turned round, ended by what is above every digit.
 */
size_t
tally_order_put(char to[TALLY_ORDER_MAX], num_wide v, unsigned scale)
{
	char t[48];
	num_uwide u = v < 0 ? 0 - (num_uwide)v : (num_uwide)v;
	size_t i = sizeof t, whole, n = 0, k;
	unsigned digits = 0;
	int negative = v < 0;

	while (scale > 0 && u % 10 == 0 && u != 0) {
		u /= 10;
		scale--;
	}
	if (u == 0)
		scale = 0;
	for (; u != 0 || digits < scale; digits++) {
		t[--i] = (char)('0' + (int)(u % 10));
		u /= 10;
	}
	whole = digits - scale;
	to[n++] = negative ? 'n' : 'p';
	to[n++] = (char)(negative ? 'z' - (int)whole : '@' + (int)whole);
	for (k = i; k < sizeof t; k++)
		to[n++] = negative ? (char)('0' + '9' - t[k]) : t[k];
	if (negative)
		to[n++] = '~';
	return n;
}

int
tally_order_get(const char *p, size_t n, num_wide *v, unsigned *scale)
{
	num_uwide u = 0;
	size_t whole, i, digits;
	int negative;

	if (n < 2 || (p[0] != 'p' && p[0] != 'n'))
		return -1;
	negative = p[0] == 'n';
	if (negative && p[--n] != '~')
		return -1;
	whole = (size_t)(negative ? 'z' - p[1] : p[1] - '@');
	digits = n - 2;
	if (whole > digits || digits > 39 || digits - whole > NUM_MAX_SCALE)
		return -1;
	for (i = 2; i < n; i++) {
		int d = p[i] - '0';

		if (d < 0 || d > 9)
			return -1;
		u = u * 10U + (unsigned)(negative ? 9 - d : d);
	}
	*v = negative ? -(num_wide)u : (num_wide)u;
	*scale = (unsigned)(digits - whole);
	return 0;
}

struct tally_big
tally_big_of(num_uwide v)
{
	struct tally_big b = { { (uint64_t)v, (uint64_t)(v >> 64) } };

	return b;
}

struct tally_big
tally_big_mul(num_uwide a, num_uwide b)
{
	uint64_t x[2] = { (uint64_t)a, (uint64_t)(a >> 64) };
	uint64_t y[2] = { (uint64_t)b, (uint64_t)(b >> 64) };
	struct tally_big r = { { 0 } };
	int i, j;

	for (i = 0; i < 2; i++) {
		uint64_t carry = 0;

		for (j = 0; j < 2; j++) {
			num_uwide t = (num_uwide)x[i] * y[j] +
			    r.limb[i + j] + carry;

			r.limb[i + j] = (uint64_t)t;
			carry = (uint64_t)(t >> 64);
		}
		r.limb[i + 2] = carry;
	}
	return r;
}

int
tally_big_scale(struct tally_big *a, uint64_t by)
{
	uint64_t carry = 0;
	int i;

	for (i = 0; i < LIMBS; i++) {
		num_uwide t = (num_uwide)a->limb[i] * by + carry;

		a->limb[i] = (uint64_t)t;
		carry = (uint64_t)(t >> 64);
	}
	return carry != 0 || a->limb[LIMBS - 1] != 0 ? -1 : 0;
}

struct tally_big
tally_big_sub(struct tally_big a, struct tally_big b)
{
	uint64_t borrow = 0;
	int i;

	for (i = 0; i < LIMBS; i++) {
		num_uwide t = (num_uwide)a.limb[i] - b.limb[i] - borrow;

		a.limb[i] = (uint64_t)t;
		borrow = (uint64_t)(t >> 64) & 1;
	}
	return a;
}

int
tally_big_compare(struct tally_big a, struct tally_big b)
{
	int i;

	for (i = LIMBS - 1; i >= 0; i--)
		if (a.limb[i] != b.limb[i])
			return a.limb[i] < b.limb[i] ? -1 : 1;
	return 0;
}

static int
bits(const struct tally_big *a)
{
	int i;

	for (i = LIMBS - 1; i >= 0; i--)
		if (a->limb[i] != 0)
			return 64 * i + 64 - __builtin_clzll(a->limb[i]);
	return 0;
}

static struct tally_big
shift_left(struct tally_big a, int by)
{
	struct tally_big r = { { 0 } };
	int i, whole = by / 64, part = by % 64;

	for (i = LIMBS - 1; i >= whole; i--) {
		r.limb[i] = a.limb[i - whole] << part;
		if (part > 0 && i > whole)
			r.limb[i] |= a.limb[i - whole - 1] >> (64 - part);
	}
	return r;
}

double
tally_big_ratio(struct tally_big a, struct tally_big b)
{
	int na = bits(&a), nb = bits(&b), exponent, i;
	uint64_t q = 0;

	if (na == 0)
		return 0;
	/*
	 * Line the two up, then 56 quotient bits one at a time: 53 to keep,
	 * one to round by, and the lowest made 1 if anything is left.
	 */
	exponent = na - nb;
	if (na > nb)
		b = shift_left(b, na - nb);
	else
		a = shift_left(a, nb - na);
	for (i = 0; i < 56; i++) {
		q <<= 1;
		if (tally_big_compare(a, b) >= 0) {
			a = tally_big_sub(a, b);
			q |= 1;
		}
		a = shift_left(a, 1);
	}
	if (bits(&a) != 0)
		q |= 1;
	return ldexp((double)q, exponent - 55);
}

double
tally_mean(num_wide v, unsigned scale, uint64_t n)
{
	num_uwide u = v < 0 ? 0 - (num_uwide)v : (num_uwide)v, by;
	double r;

	by = (num_uwide)n * (num_uwide)tally_pow10[scale];
	if (u >> 53 == 0 && by >> 53 == 0)
		r = (double)(uint64_t)u / (double)(uint64_t)by;
	else
		r = tally_big_ratio(tally_big_of(u), tally_big_of(by));
	return v < 0 ? -r : r;
}
