/* Values as CSV. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/eight.h"
#include "csv/writer.h"
#include "indicator/rate.h"

static const double powers[] = { 1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8,
    1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16 };

/*
 * The most digits after the point, up to 15, with which a number from 1e-4
 * to below 1e12 is twelve digits or fewer: from its exponent, and then it is
 * one more or less.
 */
static int
digits_after(double a)
{
	int after, e;

	(void)frexp(a, &e);
	after = 11 - (e * 1233 >> 12); /* log10(2) */
	after = after < 0 ? 0 : after > 15 ? 15 : after;
	while (after > 0 && a * powers[after] >= 1e12)
		after--;
	while (after < 15 && a * powers[after + 1] < 1e12)
		after++;
	return after;
}

/* The nearest whole number, of two the even one; 0 <= x <= 1e12. */
static uint64_t
nearest(double x)
{
	uint64_t u = (uint64_t)x;
	double rest = x - (double)u;

	return u + (rest > 0.5 || (rest >= 0.5 && u % 2 == 1));
}

/*
 * Twelve significant digits by IEEE products alone, since what libraries
 * print may differ in speed but what they compute must not: v * 10^k is
 * one rounding, and so is the same everywhere.
 */
void
rate_put_number(struct buf *b, double v)
{
	char text[32], *to; /* sixteen digits, and bytes to copy */
	double a = fabs(v);
	uint64_t u, high, low;
	size_t start, point, end;
	int after;

	if (!isfinite(v))
		return;
	if (a >= 1e12 || (a < 1e-4 && a > 0)) {
		buf_printf(b, "%.12g", v);
		return;
	}
	u = (uint64_t)a;
	after = 0;
	if ((double)u < a) {
		after = digits_after(a);
		u = nearest(a * powers[after]);
	}
	high = eight_of((uint32_t)(u / 100000000));
	low = eight_of((uint32_t)(u % 100000000));
	eight_store(text, high | EIGHT_ZEROS);
	eight_store(text + 8, low | EIGHT_ZEROS);
	/* From the first digit that is not 0, or the one before the point, */
	point = (size_t)(16 - after);
	start = high != 0 ? (size_t)__builtin_ctzll(high) / 8 : low != 0 ?
	    8 + (size_t)__builtin_ctzll(low) / 8 : 15;
	if (start > point - 1)
		start = point - 1;
	/* to the last behind the point that is not 0. */
	end = low != 0 ? 16 - (size_t)__builtin_clzll(low) / 8 : high != 0 ?
	    8 - (size_t)__builtin_clzll(high) / 8 : 0;
	buf_reserve(b, 64);
	to = b->p + b->n;
	if (v < 0 && u > 0)
		*to++ = '-';
	memcpy(to, text + start, 16);
	to += point - start;
	if (end > point) {
		*to++ = '.';
		memcpy(to, text + point, 16);
		to += end - point;
	}
	b->n = (size_t)(to - b->p);
}

void
rate_level_name(double confidence, char to[16])
{
	char *dot;

	(void)snprintf(to, 16, "%.6g", confidence * 100);
	if ((dot = strchr(to, '.')) != NULL)
		*dot = '_';
}

void
rate_put_header(struct buf *b, const struct estimate_levels *l)
{
	char name[16];
	size_t i;

	buf_puts(b, "indicator,area,period,sex,category,count,denominator,"
	    "value");
	for (i = 0; i < l->n; i++) {
		rate_level_name(l->confidence[i], name);
		buf_printf(b, ",lower_%s,upper_%s", name, name);
	}
	buf_puts(b, ",method,reason\n");
}

void
rate_put_row(struct buf *b, const struct rate_row *r,
    const struct estimate_levels *l)
{
	size_t i;

	csv_put_string(b, r->definition->id);
	buf_putc(b, ',');
	csv_put_string(b, r->key[DEFINITION_AREA]);
	buf_putc(b, ',');
	csv_put_string(b, r->key[DEFINITION_PERIOD]);
	buf_putc(b, ',');
	csv_put_string(b, r->key[DEFINITION_SEX]);
	buf_putc(b, ',');
	csv_put_string(b, r->key[DEFINITION_CATEGORY]);
	buf_putc(b, ',');
	rate_put_number(b, r->count);
	buf_putc(b, ',');
	rate_put_number(b, r->denominator);
	buf_putc(b, ',');
	rate_put_number(b, r->estimate.value);
	for (i = 0; i < l->n; i++) {
		buf_putc(b, ',');
		rate_put_number(b, r->estimate.lower[i]);
		buf_putc(b, ',');
		rate_put_number(b, r->estimate.upper[i]);
	}
	buf_putc(b, ',');
	csv_put_string(b, r->estimate.method);
	buf_putc(b, ',');
	buf_puts(b, estimate_reason_code(r->estimate.reason));
	if (r->detail[0] != '\0') {
		buf_putc(b, ':');
		buf_puts(b, r->detail);
	}
	buf_putc(b, '\n');
}
