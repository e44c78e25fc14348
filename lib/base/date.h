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
