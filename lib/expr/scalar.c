/* The own functions, on single values. */
#include <string.h>

#include "base/date.h"
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

int
scalar_nhs_number_ok(const char *p, size_t n)
{
	return check_nhs_number(p, n);
}
