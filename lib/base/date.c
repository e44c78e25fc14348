/* Days of the proleptic Gregorian calendar. */
#include "base/date.h"

int32_t
date_days(int y, int m, int d)
{
	int era, yoe, doy, doe;

	y -= m <= 2;
	era = (y >= 0 ? y : y - 399) / 400;
	yoe = y - era * 400;
	doy = (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1;
	doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
	return era * 146097 + doe - 719468;
}

struct date_civil
date_civil(int32_t days)
{
	struct date_civil c;
	int z = days + 719468;
	int era = (z >= 0 ? z : z - 146096) / 146097;
	int doe = z - era * 146097;
	int yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	int doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	int mp = (5 * doy + 2) / 153;

	c.day = doy - (153 * mp + 2) / 5 + 1;
	c.month = mp < 10 ? mp + 3 : mp - 9;
	c.year = yoe + era * 400 + (c.month <= 2);
	return c;
}

const unsigned char date_longest[16] = { 0, 31, 29, 31, 30, 31, 30, 31, 31,
	30, 31, 30, 31 };

int
date_leap(int y)
{
	return y % 4 == 0 && (y % 100 != 0 || y % 400 == 0);
}

int
date_month_days(int y, int m)
{
	return date_longest[m] - (m == 2 && !date_leap(y));
}

int
date_real(int y, int m, int d)
{
	return y >= 0 && y <= 9999 && m >= 1 && m <= 12 && d >= 1 &&
	    d <= date_month_days(y, m);
}

/* Two digits, or a negative number when they are not. */
static int
two(const char *p)
{
	unsigned a = (unsigned char)p[0] - (unsigned)'0';
	unsigned b = (unsigned char)p[1] - (unsigned)'0';

	return a > 9 || b > 9 ? -10000 : (int)(a * 10 + b);
}

int
date_parse(const char *p, size_t n, int32_t *days)
{
	int y, m, d;

	if (n != 10 || p[4] != '-' || p[7] != '-')
		return -1;
	y = two(p) * 100 + two(p + 2);
	m = two(p + 5);
	d = two(p + 8);
	if (!date_real(y, m, d))
		return -1;
	*days = date_days(y, m, d);
	return 0;
}

void
date_format(int32_t days, char to[10])
{
	struct date_civil c = date_civil(days);

	to[0] = (char)('0' + c.year / 1000 % 10);
	to[1] = (char)('0' + c.year / 100 % 10);
	to[2] = (char)('0' + c.year / 10 % 10);
	to[3] = (char)('0' + c.year % 10);
	to[4] = to[7] = '-';
	to[5] = (char)('0' + c.month / 10);
	to[6] = (char)('0' + c.month % 10);
	to[8] = (char)('0' + c.day / 10);
	to[9] = (char)('0' + c.day % 10);
}

int
date_time_parse(const char *p, size_t n, int32_t *seconds)
{
	int h, m, s;

	if (n != 8 || p[2] != ':' || p[5] != ':')
		return -1;
	h = two(p);
	m = two(p + 3);
	s = two(p + 6);
	if (h < 0 || h > 23 || m < 0 || m > 59 || s < 0 || s > 59)
		return -1;
	*seconds = h * 3600 + m * 60 + s;
	return 0;
}

int
date_datetime_parse(const char *p, size_t n, int64_t *seconds)
{
	int32_t day, second;

	if (n == 20 && p[19] == 'Z')
		n = 19;
	if (n != 19 || (p[10] != 'T' && p[10] != ' ') ||
	    date_parse(p, 10, &day) == -1 ||
	    date_time_parse(p + 11, 8, &second) == -1)
		return -1;
	*seconds = (int64_t)day * 86400 + second;
	return 0;
}

int
date_age(int32_t birth, int32_t on)
{
	struct date_civil b = date_civil(birth), o = date_civil(on);

	return o.year - b.year -
	    (o.month < b.month || (o.month == b.month && o.day < b.day));
}
