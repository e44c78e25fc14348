/* Values as CSV. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "csv/writer.h"
#include "indicator/rate.h"

/*
 * Twelve significant digits by IEEE products alone, since what libraries
 * print may differ in speed but what they compute must not: v * 10^k is
 * one rounding, and so is the same everywhere.
 */
void
rate_put_number(struct buf *b, double v)
{
	static const double powers[] = { 1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7,
	    1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16 };
	char text[40], *p = text + sizeof text;
	double a = fabs(v);
	int after, i;
	uint64_t u;

	if (!isfinite(v))
		return;
	if (a >= 1e12 || (a < 1e-4 && a > 0)) {
		buf_printf(b, "%.12g", v);
		return;
	}
	for (after = 16; after > 0 && a * powers[after] >= 1e12; after--)
		continue;
	u = (uint64_t)nearbyint(a * powers[after]);
	for (; after > 0 && u % 10 == 0; after--)
		u /= 10;
	if (v < 0 && u > 0)
		buf_putc(b, '-');
	for (i = 0; i < after; i++, u /= 10)
		*--p = (char)('0' + u % 10);
	if (after > 0)
		*--p = '.';
	do
		*--p = (char)('0' + u % 10);
	while ((u /= 10) > 0);
	buf_put(b, p, (size_t)(text + sizeof text - p));
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
