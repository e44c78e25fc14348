/* Numbers to and from text, whole or not at all, and exact. */
#include "base/num.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define WIDE_MAX ((num_wide)(((num_uwide)1 << 127) - 1))

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
	size_t i = 0, digits = 0;
	int rc = -1;

	if (n == 0 || n > 4096)
		return -1;
	if (p[i] == '+' || p[i] == '-')
		i++;
	for (; i < n && p[i] >= '0' && p[i] <= '9'; i++)
		digits++;
	if (i < n && p[i] == '.')
		for (i++; i < n && p[i] >= '0' && p[i] <= '9'; i++)
			digits++;
	if (digits == 0)
		return -1;
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

void
num_put_double(struct buf *b, double v)
{
	char t[40];
	int digits;

	if (v == 0)
		v = 0; /* no "-0" */
	for (digits = 15; digits <= 17; digits++) {
		(void)snprintf(t, sizeof t, "%.*g", digits, v);
		if (strtod(t, NULL) == v)
			break;
	}
	buf_puts(b, v == 0 ? "0" : t);
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
