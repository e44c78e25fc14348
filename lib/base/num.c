/* Numbers to and from text, whole or not at all, and exact. */
#include "base/num.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define WIDE_MAX ((num_wide)(((num_uwide)1 << 127) - 1))

#define TEN_19 ((num_uwide)10000000000000000000U)

/* Whole ones, and from a thousandth as they are in a double. */
static const num_uwide ten_to[] = {
	1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000,
	1000000000, 10000000000, 100000000000, 1000000000000, 10000000000000,
	100000000000000, 1000000000000000, 10000000000000000,
	100000000000000000, 1000000000000000000, TEN_19, TEN_19 * 10,
};
static const double tens[] = {
	1e-3, 1e-2, 1e-1, 1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10,
	1e11, 1e12, 1e13, 1e14,
};

int
num_i64(const char *p, size_t n, int64_t *v)
{
	uint64_t u = 0, limit;
	int negative = 0;
	size_t i = 0;

	if (n > 0 && (p[0] == '-' || p[0] == '+'))
		negative = p[i++] == '-';
	if (i == n)
		return -1;
	limit = (uint64_t)INT64_MAX + (uint64_t)negative;
	for (; i < n; i++) {
		unsigned d = (unsigned char)p[i] - (unsigned)'0';

		if (d > 9 || u > (limit - d) / 10)
			return -1;
		u = u * 10 + d;
	}
	if (!negative)
		*v = (int64_t)u;
	else
		*v = u == limit ? INT64_MIN : -(int64_t)u;
	return 0;
}

int
num_double(const char *p, size_t n, double *v)
{
	char small[64], *text = small, *end;
	size_t i = 0, digits = 0, places = 0;
	uint64_t m = 0;
	int rc = -1;

	if (n == 0 || n > 4096)
		return -1;
	if (p[i] == '+' || p[i] == '-')
		i++;
	for (; i < n && p[i] >= '0' && p[i] <= '9'; i++, digits++)
		m = m * 10 + (uint64_t)(p[i] - '0');
	if (i < n && p[i] == '.')
		for (i++; i < n && p[i] >= '0' && p[i] <= '9'; i++, places++)
			m = m * 10 + (uint64_t)(p[i] - '0');
	if (digits + places == 0)
		return -1;
	/* Both are whole in a double, so their quotient is the nearest. */
	if (i == n && digits + places <= 15) {
		*v = (double)m / (double)ten_to[places];
		*v = p[0] == '-' ? -*v : *v;
		return 0;
	}
	if (i < n && (p[i] == 'e' || p[i] == 'E')) {
		i++;
		if (i < n && (p[i] == '+' || p[i] == '-'))
			i++;
		if (i == n)
			return -1;
		while (i < n && p[i] >= '0' && p[i] <= '9')
			i++;
	}
	if (i != n)
		return -1;
	if (n >= sizeof small && (text = malloc(n + 1)) == NULL)
		return -1;
	memcpy(text, p, n);
	text[n] = '\0';
	/* The locale is "C": no tool calls setlocale. */
	*v = strtod(text, &end);
	if (*end == '\0' && isfinite(*v))
		rc = 0;
	if (text != small)
		free(text);
	return rc;
}

int
num_decimal(const char *p, size_t n, unsigned scale, num_wide *v)
{
	num_wide w = 0;
	unsigned after = 0;
	int negative = 0, point = 0;
	size_t i = 0, digits = 0;

	if (n > 0 && (p[0] == '-' || p[0] == '+'))
		negative = p[i++] == '-';
	for (; i < n; i++) {
		unsigned d = (unsigned char)p[i] - (unsigned)'0';

		if (p[i] == '.' && !point) {
			point = 1;
			continue;
		}
		if (d > 9)
			return -1;
		digits++;
		if (point && after == scale) {
			if (d != 0) {
				/* Malformed beats too precise: look on. */
				for (i++; i < n; i++)
					if (p[i] < '0' || p[i] > '9')
						return -1;
				return -2;
			}
			continue;
		}
		if (w > (WIDE_MAX - (num_wide)d) / 10)
			return -3;
		w = w * 10 + (num_wide)d;
		after += (unsigned)point;
	}
	if (digits == 0)
		return -1;
	for (; after < scale; after++) {
		if (w > WIDE_MAX / 10)
			return -3;
		w *= 10;
	}
	*v = negative ? -w : w;
	return 0;
}

unsigned
num_text_scale(const char *p, size_t n)
{
	const char *point = memchr(p, '.', n);

	return point == NULL ? 0 : (unsigned)(p + n - point - 1);
}

void
num_put_decimal(struct buf *b, num_wide v, unsigned scale)
{
	num_uwide u;
	uint64_t low;
	char t[64];
	size_t i = sizeof t;
	unsigned digits = 0;

	u = v < 0 ? 0 - (num_uwide)v : (num_uwide)v;
	/* 128 bits are divided slowly: only while there are as many. */
	while (u >> 64 != 0) {
		t[--i] = (char)('0' + (int)(u % 10));
		u /= 10;
		if (++digits == scale)
			t[--i] = '.';
	}
	low = (uint64_t)u;
	do {
		t[--i] = (char)('0' + (int)(low % 10));
		low /= 10;
		if (++digits == scale)
			t[--i] = '.';
	} while (low != 0 || digits <= scale);
	if (v < 0)
		t[--i] = '-';
	buf_put(b, t + i, sizeof t - i);
}

/*
 * m / 2^s rounded to k digits after the point, in units of the last of them:
 * exactly, half to even, as printf does. *back: does it read back as the same
 * double? So it does within half of m's last place. It is never half way to
 * the next double, for which it would need more digits than 17.
 */
static uint64_t
round_to(num_uwide m, int s, int k, int *back)
{
	num_uwide exact = m * ten_to[k], half = (num_uwide)1 << (s - 1);
	num_uwide off = exact & ((half << 1) - 1);
	uint64_t q = (uint64_t)(exact >> s);

	if (off > half || (off == half && (q & 1) != 0)) {
		q++;
		off = (half << 1) - off;
	}
	*back = 2 * off < ten_to[k];
	return q;
}

/*
 * From a ten-thousandth to 10^15 whole arithmetic does, in a tenth of the time
 * of printf and strtod. 0: they have to.
 */
static int
put_plain(struct buf *b, double v)
{
	char t[40], *p = t + sizeof t;
	int digits, exponent, whole, k = 0, back = 0;
	double a = fabs(v);
	uint64_t q = 0;
	num_uwide m;

	if (!(a >= 1e-4 && a < 1e15))
		return 0;
	m = (num_uwide)ldexp(frexp(a, &exponent), 53);
	/* Digits before the point; of 0.0012 there are -2. */
	for (whole = -3; whole < 15 && a >= tens[whole + 3]; whole++)
		;
	for (digits = 15; digits <= 17 && !back; digits++) {
		k = digits - whole;
		q = round_to(m, 53 - exponent, k, &back);
	}
	/* As many digits as there should be: or it was rounded up to a ten. */
	if (!back || q < ten_to[digits - 2] || q >= ten_to[digits - 1])
		return 0;
	for (; k > 0 && q % 10 == 0; k--)
		q /= 10;
	if (k > 0) {
		for (; k > 0; k--, q /= 10)
			*--p = (char)('0' + q % 10);
		*--p = '.';
	}
	do
		*--p = (char)('0' + q % 10);
	while ((q /= 10) > 0);
	if (v < 0)
		*--p = '-';
	buf_put(b, p, (size_t)(t + sizeof t - p));
	return 1;
}

void
num_put_double(struct buf *b, double v)
{
	char t[40];
	int digits;

	if (put_plain(b, v))
		return;
	for (digits = 15; digits <= 17; digits++) {
		(void)snprintf(t, sizeof t, "%.*g", digits, v);
		if (strtod(t, NULL) == v)
			break;
	}
	buf_puts(b, v == 0 ? "0" : t); /* no "-0" */
}

void
num_put_fixed(struct buf *b, double v, int digits)
{
	char t[400];
	int n = snprintf(t, sizeof t, "%.*f", digits, v);
	const char *p = t;

	/* "-0.00" says something that is not so. */
	if (t[0] == '-' && strspn(t + 1, "0.") == (size_t)n - 1)
		p++;
	buf_puts(b, p);
}

int
num_size(const char *s, uint64_t *v)
{
	size_t n = strlen(s);
	unsigned shift = 0;
	int64_t i;

	if (n == 0)
		return -1;
	switch (toupper((unsigned char)s[n - 1])) {
	case 'T':
		shift = 40;
		break;
	case 'G':
		shift = 30;
		break;
	case 'M':
		shift = 20;
		break;
	case 'K':
		shift = 10;
		break;
	default:
		break;
	}
	if (num_i64(s, shift > 0 ? n - 1 : n, &i) == -1 || i < 0 ||
	    i > (INT64_MAX >> shift))
		return -1;
	*v = (uint64_t)i << shift;
	return 0;
}

int
num_in_range(const char *s, int64_t min, int64_t max, int64_t *v)
{
	int64_t i;

	if (num_i64(s, strlen(s), &i) == -1 || i < min || i > max)
		return -1;
	*v = i;
	return 0;
}
