/*
 * date: days of the proleptic Gregorian calendar, years 0000 to 9999.
 *
 * A date is a count of days since 1970-01-01 (negative before). Formulae:
 * Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms" (2013),
 * days_from_civil and civil_from_days.
 */
#ifndef NIB_BASE_DATE_H
#define NIB_BASE_DATE_H

#include <stddef.h>
#include <stdint.h>

#include "base/eight.h"

struct date_civil {
	int year;  /* 0..9999 */
	int month; /* 1..12 */
	int day;   /* 1..31 */
};

int32_t date_days(int year, int month, int day); /* must be a real date */
struct date_civil date_civil(int32_t days);
int date_leap(int year);
int date_month_days(int year, int month);
int date_real(int year, int month, int day);

/* Exactly YYYY-MM-DD and a real day: 0; else -1. */
int date_parse(const char *, size_t, int32_t *days);

/* Days of a month of a leap year; 0: there is none. */
extern const unsigned char date_longest[16];

/*
 * Ten characters, YYYY-MM-DD and a real day, as year * 512 + month * 32 +
 * day, which are in the order of the days; else -1.
 */
static inline int32_t
date_packed(const char *p)
{
	/* Digits become 0 to 9, the two hyphens 0. */
	uint64_t v = eight_load(p) ^ 0x2d30302d30303030ULL;
	unsigned d1 = (unsigned)(unsigned char)p[8] - '0';
	unsigned d2 = (unsigned)(unsigned char)p[9] - '0';
	unsigned y, m, d = d1 * 10 + d2;

	if (!eight_digits(v) || (v & 0xff0000ff00000000ULL) != 0 || d1 > 9 ||
	    d2 > 9)
		return -1;
	v = v * 10 + (v >> 8); /* bytes 0, 2 and 5: pairs of digits */
	y = (unsigned)(v & 0xff) * 100 + (unsigned)(v >> 16 & 0xff);
	m = (unsigned)(v >> 40 & 0xff);
	if (m > 12 || d - 1 >= date_longest[m] ||
	    (m == 2 && d == 29 && !date_leap((int)y)))
		return -1;
	return (int32_t)(y << 9 | m << 5 | d);
}

/* Ten bytes, no NUL. */
void date_format(int32_t days, char to[10]);

/* Exactly HH:MM:SS, 00:00:00 to 23:59:59: 0; else -1. */
int date_time_parse(const char *, size_t, int32_t *seconds);
/* YYYY-MM-DDTHH:MM:SS or with a blank for T, optional Z: seconds. */
int date_datetime_parse(const char *, size_t, int64_t *seconds);

/*
 * Completed years at a day: the birthday counts as reached; someone born
 * on 29 February reaches it on 1 March of a common year. Negative before
 * birth.
 */
int date_age(int32_t birth, int32_t on);

#endif
