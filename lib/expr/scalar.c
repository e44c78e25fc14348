/* The own functions, on single values. */
#include <stdio.h>
#include <string.h>

#include "base/date.h"
#include "base/num.h"
#include "check/check.h"
#include "expr/node.h"

int32_t
scalar_day(const char *p, size_t n)
{
	int32_t day;
	int64_t second;
	struct date_civil c;

	if (n == 10 ? date_parse(p, n, &day) == -1 :
	    date_datetime_parse(p, n, &second) == -1 ||
	    date_parse(p, 10, &day) == -1)
		return -1;
	c = date_civil(day);
	return c.year * 512 + c.month * 32 + c.day;
}

/*
 * The difference's whole 512s are the years completed: a birthday not yet
 * reached borrows one.
 */
int
scalar_age(int32_t birth, int32_t on)
{
	int32_t d = on - birth;

	return d >= 0 ? d / 512 : -((511 - d) / 512);
}

static int32_t
days_of(int32_t day)
{
	return date_days(day / 512, day / 32 % 16, day % 32);
}

int32_t
scalar_days(int32_t a, int32_t b)
{
	return days_of(b) - days_of(a);
}

int
scalar_after(int32_t day, int64_t n, char *to)
{
	/* 0000-01-01 and 9999-12-31 as days since 1970. */
	int64_t d = days_of(day) + n;

	if (n > 4000000 || n < -4000000 || d < -719528 || d > 2932896)
		return -1;
	date_format((int32_t)d, to);
	return 0;
}

int
scalar_shift(const char *s, int64_t *n)
{
	size_t digits_from = s[0] == '+' || s[0] == '-', i = digits_from;

	while (s[i] >= '0' && s[i] <= '9')
		i++;
	if (i == digits_from || i > 8 || num_i64(s, i, n) == -1)
		return -1;
	return strcmp(s + i, " days") == 0 || strcmp(s + i, " day") == 0 ?
	    0 : -1;
}

static void
digits(char *to, int v, size_t n)
{
	while (n > 0) {
		to[--n] = (char)('0' + v % 10);
		v /= 10;
	}
}

size_t
scalar_month(int32_t day, char *to)
{
	digits(to, day / 512, 4);
	to[4] = '-';
	digits(to + 5, day / 32 % 16, 2);
	return 7;
}

size_t
scalar_quarter(int32_t day, char *to)
{
	digits(to, day / 512, 4);
	memcpy(to + 4, "-Q", 2);
	to[6] = (char)('1' + (day / 32 % 16 - 1) / 3);
	return 7;
}

size_t
scalar_financial_year(int32_t day, char *to)
{
	int start = day / 512 - (day / 32 % 16 < 4);

	if (start < 0)
		return 0;
	digits(to, start, 4);
	to[4] = '/';
	digits(to + 5, start + 1, 2);
	return 7;
}

size_t
scalar_financial_quarter(int32_t day, char *to)
{
	size_t n = scalar_financial_year(day, to);

	if (n == 0)
		return 0;
	memcpy(to + n, "-Q", 2);
	to[n + 2] = (char)('1' + (day / 32 % 16 + 8) % 12 / 3);
	return n + 3;
}

static const char *
band_label(struct arena *memory, int64_t low, int64_t next)
{
	char *to = arena_alloc(memory, 64);

	memset(to, 0, 64);
	if (next == -1)
		(void)snprintf(to, 48, "%lld+", (long long)low);
	else if (next == low + 1)
		(void)snprintf(to, 48, "%lld", (long long)low);
	else
		(void)snprintf(to, 48, "%lld-%lld", (long long)low,
		    (long long)next - 1);
	return to;
}

const struct bands *
scalar_bands(const char *text, struct arena *memory, const char **why)
{
	const char *p = strcmp(text, "5-year") == 0 ? "0,5,10,15,20,25,30,35,"
	    "40,45,50,55,60,65,70,75,80,85,90" : text, *end;
	struct bands *b = arena_alloc(memory, sizeof *b);
	int64_t *low = arena_alloc(memory, 101 * sizeof *low);
	const char **labels = arena_alloc(memory, 101 * sizeof *labels);
	size_t i, age;

	b->n = 0;
	for (; *p != '\0'; p = *end == ',' ? end + 1 : end) {
		end = p + strcspn(p, ",");
		while (*p == ' ')
			p++;
		if (b->n == 100 || num_i64(p, (size_t)(end - p),
		    &low[b->n]) == -1 || low[b->n] < 0 ||
		    low[b->n] > 1000000) {
			*why = "bands are '5-year' or up to 100 lower bounds, "
			    "'0,18,65'";
			return NULL;
		}
		if (b->n > 0 && low[b->n] <= low[b->n - 1]) {
			*why = "the lower bounds of bands must ascend";
			return NULL;
		}
		b->n++;
	}
	if (b->n == 0) {
		*why = "bands need a lower bound";
		return NULL;
	}
	for (i = 0; i < b->n; i++)
		labels[i] = band_label(memory, low[i],
		    i + 1 < b->n ? low[i + 1] : -1);
	b->low = low;
	b->labels = labels;
	for (age = 0; age < sizeof b->of; age++) {
		for (i = b->n; i > 0 && low[i - 1] > (int64_t)age;)
			i--;
		b->of[age] = (unsigned char)(i == 0 ? b->n : i - 1);
	}
	return b;
}

const char *
scalar_band(const struct bands *b, int64_t age)
{
	size_t i;

	if (age >= 0 && age < (int64_t)sizeof b->of)
		return b->of[age] == b->n ? NULL : b->labels[b->of[age]];
	for (i = b->n; i > 0 && b->low[i - 1] > age;)
		i--;
	return i == 0 ? NULL : b->labels[i - 1];
}

int
scalar_nhs_number_ok(const char *p, size_t n)
{
	return check_nhs_number(p, n);
}
