/* Dates, times, years and durations. */
#include "spec/types_form.h"

#include <stdio.h>

#include "base/date.h"

static uint64_t
get_be(const unsigned char *p, unsigned bytes)
{
	uint64_t v = 0;

	while (bytes-- > 0)
		v = v << 8 | *p++;
	return v;
}

static int
digits(const char **p, const char *end, int least, int most, int *v)
{
	int n = 0;

	for (*v = 0; n < most && *p < end && digit(**p); n++, (*p)++)
		*v = *v * 10 + (**p - '0');
	return n >= least ? 0 : -1;
}

static int
scan_zone(const char **p, const char *end, int colon, int *zone)
{
	int sign, h, m;

	*zone = 0;
	if (*p < end && **p == 'Z') {
		(*p)++;
		return 0;
	}
	if (*p == end || (**p != '+' && **p != '-'))
		return -1;
	sign = *(*p)++ == '-' ? -1 : 1;
	if (digits(p, end, 2, 2, &h) == -1)
		return -1;
	if (take(p, end, ':') == -1 && colon)
		return -1;
	if (digits(p, end, 2, 2, &m) == -1 || m > 59 || h > 14 ||
	    (h == 14 && m > 0))
		return -1;
	*zone = sign * (h * 60 + m);
	return 0;
}

int
type_date_scan(const char **p, const char *end, struct moment *m)
{
	if (digits(p, end, 4, 4, &m->year) == -1 || take(p, end, '-') == -1 ||
	    digits(p, end, 2, 2, &m->month) == -1 ||
	    take(p, end, '-') == -1 || digits(p, end, 2, 2, &m->day) == -1 ||
	    !date_real(m->year, m->month, m->day))
		return -1;
	return 0;
}

static int
scan_time(const char **p, const char *end, struct moment *m)
{
	if (digits(p, end, 2, 2, &m->hour) == -1 || take(p, end, ':') == -1 ||
	    digits(p, end, 2, 2, &m->minute) == -1 ||
	    take(p, end, ':') == -1 ||
	    digits(p, end, 2, 2, &m->second) == -1 || m->hour > 23 ||
	    m->minute > 59 || m->second > 59)
		return -1;
	if (*p < end && **p == '.') {
		m->fraction = ++*p;
		while (*p < end && digit(**p))
			(*p)++;
		m->nfraction = (size_t)(*p - m->fraction);
		if (m->nfraction == 0)
			return -1;
	}
	if (*p < end)
		return scan_zone(p, end, 1, &m->zone);
	return 0;
}

static const char *const months[] = { "january", "february", "march", "april",
	"may", "june", "july", "august", "september", "october", "november",
	"december" };
static const char *const weekdays[] = { "monday", "tuesday", "wednesday",
	"thursday", "friday", "saturday", "sunday" };

/* A name, whole or its first three letters; its number from 1, or 0. */
static int
scan_name(const char **p, const char *end, const char *const *names, int n,
    int whole)
{
	int i;
	size_t len;

	for (i = 0; i < n; i++) {
		len = whole ? strlen(names[i]) : 3;
		if ((size_t)(end - *p) >= len) {
			size_t k = 0;

			while (k < len && lower((*p)[k]) == names[i][k])
				k++;
			if (k == len) {
				*p += len;
				return i + 1;
			}
		}
	}
	return 0;
}

struct strptime_state {
	int hour12, pm, have_pm, yday, zone_given;
};

/* One directive: 0, or -1 when the text does not fit. */
static int
scan_directive(char c, const char **p, const char *end, struct moment *m,
    struct strptime_state *s)
{
	const char *start;
	int v;

	switch (c) {
	case 'Y':
		return digits(p, end, 4, 4, &m->year);
	case 'y':
		if (digits(p, end, 2, 2, &v) == -1)
			return -1;
		/* POSIX strptime: 69..99 are 1969..1999. */
		m->year = v < 69 ? 2000 + v : 1900 + v;
		return 0;
	case 'm':
		return digits(p, end, 1, 2, &m->month);
	case 'd':
		return digits(p, end, 1, 2, &m->day);
	case 'H':
		return digits(p, end, 1, 2, &m->hour);
	case 'I':
		if (digits(p, end, 1, 2, &v) == -1 || v < 1 || v > 12)
			return -1;
		s->hour12 = v;
		return 0;
	case 'p':
		if (end - *p < 2 || lower((*p)[1]) != 'm' ||
		    (lower(**p) != 'a' && lower(**p) != 'p'))
			return -1;
		s->pm = lower(**p) == 'p';
		s->have_pm = 1;
		*p += 2;
		return 0;
	case 'M':
		return digits(p, end, 1, 2, &m->minute);
	case 'S':
		return digits(p, end, 1, 2, &m->second);
	case 'f':
		start = *p;
		if (digits(p, end, 1, 6, &v) == -1)
			return -1;
		m->fraction = start;
		m->nfraction = (size_t)(*p - start);
		return 0;
	case 'j':
		return digits(p, end, 3, 3, &s->yday);
	case 'b':
	case 'B':
		m->month = scan_name(p, end, months, 12, c == 'B');
		return m->month == 0 ? -1 : 0;
	case 'a':
	case 'A':
		return scan_name(p, end, weekdays, 7, c == 'A') == 0 ? -1 : 0;
	case 'z':
		s->zone_given = 1;
		return scan_zone(p, end, 0, &m->zone);
	default: /* %% */
		return take(p, end, '%');
	}
}

/* C shorthands, written out; NULL: c stands for itself. */
static const char *
shorthand(char c)
{
	switch (c) {
	case 'F':
		return "%Y-%m-%d";
	case 'T':
		return "%H:%M:%S";
	case 'R':
		return "%H:%M";
	case 'D':
		return "%m/%d/%y";
	default:
		return NULL;
	}
}

static int
scan_pattern(const char *pattern, const char **p, const char *end,
    struct moment *m, struct strptime_state *s)
{
	const char *f;

	for (f = pattern; *f != '\0'; f++) {
		if (*f == '%') {
			const char *more = shorthand(*++f);

			if (more != NULL ?
			    scan_pattern(more, p, end, m, s) == -1 :
			    scan_directive(*f, p, end, m, s) == -1)
				return -1;
		} else if (*f == ' ') {
			if (take(p, end, ' ') == -1)
				return -1;
			while (*p < end && **p == ' ')
				(*p)++;
		} else if (take(p, end, *f) == -1) {
			return -1;
		}
	}
	return 0;
}

static int
parse_pattern(const char *pattern, const char *p, size_t n, struct moment *m)
{
	struct strptime_state s = { 0, 0, 0, 0, 0 };
	const char *end = p + n;

	/* What the pattern does not name is as in Python: 1900-01-01. */
	m->year = 1900;
	m->month = m->day = 1;
	if (scan_pattern(pattern, &p, end, m, &s) == -1 || p != end)
		return -1;
	if (s.hour12 > 0)
		m->hour = s.hour12 % 12 + (s.have_pm && s.pm ? 12 : 0);
	if (s.yday > 0) {
		struct date_civil c;

		if (s.yday > 365 + date_leap(m->year))
			return -1;
		c = date_civil(date_days(m->year, 1, 1) + s.yday - 1);
		m->month = c.month;
		m->day = c.day;
	}
	return date_real(m->year, m->month, m->day) && m->hour <= 23 &&
	    m->minute <= 59 && m->second <= 59 ? 0 : -1;
}

int
type_moment_parse(const struct type *t, const char *p, size_t n,
    struct moment *m)
{
	const char *end = p + n;

	memset(m, 0, sizeof *m);
	if (t->pattern != NULL)
		return parse_pattern(t->pattern, p, n, m);
	if (t->form != FORM_TIME && type_date_scan(&p, end, m) == -1)
		return -1;
	if (t->form == FORM_DATETIME) {
		if (take(&p, end, 'T') == -1 &&
		    (!t->any || take(&p, end, ' ') == -1))
			return -1;
	}
	if (t->form != FORM_DATE && scan_time(&p, end, m) == -1)
		return -1;
	return p == end ? 0 : -1;
}

/* Days or seconds since 1970, then the fraction's digits. */
void
type_moment_key(struct buf *b, const struct type *t, const struct moment *m)
{
	int64_t v = 0;
	size_t n = m->nfraction;

	if (t->form != FORM_TIME)
		v = date_days(m->year, m->month, m->day);
	if (t->form != FORM_DATE)
		v = v * 86400 + m->hour * 3600 + m->minute * 60 + m->second -
		    m->zone * 60;
	put_be(b, (uint64_t)v ^ (uint64_t)1 << 63, 8);
	while (n > 0 && m->fraction[n - 1] == '0')
		n--;
	buf_put(b, m->fraction, n);
}

/* [-]YYYY[Y...] or YYYY-MM, as one ascending number. */
int
type_year_parse(const struct type *t, const char *p, size_t n, int64_t *v)
{
	const char *end = p + n, *start;
	int negative = take(&p, end, '-') == 0, month = 0;
	int64_t y = 0;

	for (start = p; p < end && digit(*p) && p - start < 12; p++)
		y = y * 10 + (*p - '0');
	if (p - start < 4 || (p - start > 4 && *start == '0'))
		return -1;
	if (t->form == FORM_YEARMONTH &&
	    (take(&p, end, '-') == -1 || digits(&p, end, 2, 2, &month) == -1 ||
	    month < 1 || month > 12))
		return -1;
	*v = (negative ? -y : y) * 16 + month;
	return p == end ? 0 : -1;
}

int
type_duration_parse(const char *p, size_t n, struct duration *d)
{
	const char *end = p + n;
	int stage = 0, some = 0, in_time = 0, time_part = 0;
	/* Y M D of the date, H M S of the time, in this order. */
	static const char units[] = "YMDHMS";
	static const int64_t scale[] = { 12, 1, 86400, 3600, 60, 1 };

	memset(d, 0, sizeof *d);
	d->negative = take(&p, end, '-') == 0;
	if (take(&p, end, 'P') == -1)
		return -1;
	while (p < end) {
		int64_t v = 0;
		const char *start;
		int at;

		if (!in_time && *p == 'T') {
			in_time = 1;
			stage = 3;
			p++;
			continue;
		}
		for (start = p; p < end && digit(*p); p++) {
			/* Ten thousand million years: far enough. */
			if (v > 100000000000)
				return -1;
			v = v * 10 + (*p - '0');
		}
		if (p == start)
			return -1;
		if (in_time && p < end && *p == '.') {
			d->fraction = ++p;
			while (p < end && digit(*p))
				p++;
			d->nfraction = (size_t)(p - d->fraction);
			if (d->nfraction == 0 || p == end || *p != 'S')
				return -1;
		}
		if (p == end)
			return -1;
		for (at = stage; at < (in_time ? 6 : 3); at++)
			if (units[at] == *p)
				break;
		if (at == (in_time ? 6 : 3))
			return -1;
		if (at < 2)
			d->months += v * scale[at];
		else
			d->seconds += v * scale[at];
		stage = at + 1;
		some = 1;
		time_part |= in_time;
		p++;
	}
	return some && (!in_time || time_part) ? 0 : -1;
}

void
type_duration_key(struct buf *b, const struct duration *d)
{
	size_t n = d->nfraction;
	int zero;

	while (n > 0 && d->fraction[n - 1] == '0')
		n--;
	zero = d->months == 0 && d->seconds == 0 && n == 0;
	buf_putc(b, d->negative && !zero ? 0 : 1);
	put_be(b, (uint64_t)d->months, 8);
	put_be(b, (uint64_t)d->seconds, 8);
	buf_put(b, d->fraction, n);
}

/*
 * XML Schema part 2, 3.2.6.2: a duration is less than another when it is so
 * from each of four dates on.
 */
int
type_duration_order(const unsigned char *a, size_t na, const unsigned char *b,
    size_t nb)
{
	static const struct { int year, month; } from[] = {
		{ 1696, 9 }, { 1697, 2 }, { 1903, 3 }, { 1903, 7 } };
	int i, whole = 2;

	for (i = 0; i < 4; i++) {
		__extension__ __int128 v[2];
		int k, one;

		for (k = 0; k < 2; k++) {
			const unsigned char *p = k == 0 ? a : b;
			int64_t m = (int64_t)get_be(p + 1, 8);
			int64_t at, year, month, days;

			if (p[0] == 0)
				m = -m;
			at = (int64_t)from[i].year * 12 + from[i].month - 1 + m;
			year = at >= 0 ? at / 12 : -((11 - at) / 12);
			month = at - year * 12;
			/* Whole cycles of 400 years keep within date_days. */
			days = (year >= 0 ? year / 400 :
			    -((399 - year) / 400));
			year -= days * 400;
			days = days * 146097 +
			    date_days((int)year, (int)month + 1, 1);
			v[k] = days;
			v[k] *= 86400;
			if (p[0] == 0)
				v[k] -= (int64_t)get_be(p + 9, 8);
			else
				v[k] += (int64_t)get_be(p + 9, 8);
		}
		one = v[0] < v[1] ? -1 : v[0] > v[1];
		if (one == 0 && (na > 17 || nb > 17)) {
			size_t n = na < nb ? na : nb;

			/* The fractions; a negative one counts down. */
			if (a[0] != b[0]) {
				one = na > 17 && a[0] == 0 ? -1 :
				    nb > 17 && b[0] == 0 ? 1 :
				    na > 17 ? 1 : -1;
			} else {
				one = memcmp(a + 17, b + 17, n - 17);
				if (one == 0)
					one = na < nb ? -1 : na > nb;
				one = (one > 0) - (one < 0);
				if (a[0] == 0)
					one = -one;
			}
		}
		if (i > 0 && one != whole)
			return 2;
		whole = one;
	}
	return whole;
}

/* Every directive known? */
int
type_moment_pattern(const char *s)
{
	for (; *s != '\0'; s++)
		if (*s == '%' && (*++s == '\0' ||
		    strchr("YymdHIMSfjbBaApz%FTRD", *s) == NULL))
			return 0;
	return 1;
}

/* Its ISO 8601 text in UTC. */
size_t
type_moment_text(const struct type *t, const struct moment *m, char to[32])
{
	int64_t v = (m->hour * 60 - m->zone + m->minute) * 60 + m->second;
	int32_t days = 0;
	size_t n = 0, k = m->nfraction < 6 ? m->nfraction : 6;
	int seconds = (int)(((v % 86400) + 86400) % 86400);

	if (t->form != FORM_TIME) {
		days = date_days(m->year, m->month, m->day);
		if (t->form == FORM_DATETIME)
			days += (int32_t)((v - seconds) / 86400);
		date_format(days, to);
		n = 10;
	}
	if (t->form == FORM_DATETIME)
		to[n++] = 'T';
	if (t->form == FORM_DATE)
		return n;
	n += (size_t)snprintf(to + n, 32 - n, "%02d:%02d:%02d",
	    seconds / 3600, seconds / 60 % 60, seconds % 60);
	while (k > 0 && m->fraction[k - 1] == '0')
		k--;
	if (k > 0) {
		to[n++] = '.';
		memcpy(to + n, m->fraction, k);
		n += k;
	}
	return n;
}
