/* What the cells of a field mean. */
#include "spec/types.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/date.h"
#include "base/mem.h"
#include "base/num.h"

enum form {
	FORM_NONE, FORM_EMAIL, FORM_URI, FORM_UUID, FORM_BASE64,
	FORM_INTEGER, FORM_NUMBER, FORM_BOOLEAN, FORM_OBJECT, FORM_ARRAY,
	FORM_GEOJSON, FORM_TOPOJSON, FORM_LIST, FORM_DATE, FORM_TIME,
	FORM_DATETIME, FORM_YEAR, FORM_YEARMONTH, FORM_DURATION,
	FORM_POINT, FORM_POINT_ARRAY, FORM_POINT_OBJECT
};

enum quick { QUICK_NONE, QUICK_INTEGER, QUICK_NUMBER, QUICK_DATE, QUICK_TIME };

/* Digits after the point that a quick number's value keeps. */
#define QUICK_SCALE 6
#define JSON_DEPTH 64

struct type {
	enum form form;
	enum quick quick;
	const char *pattern; /* strptime; NULL: the standard's form */
	int any;             /* format any */
	const char *decimal, *group; /* group NULL: none */
	size_t ndecimal, ngroup;
	int bare;
	const struct spec_strings *trues, *falses;
	const char *delimiter; /* of a list */
	size_t ndelimiter;
	struct type *item;
	char complaint[120];
};

static const char *const default_trues[] = { "true", "True", "TRUE", "1",
	NULL };
static const char *const default_falses[] = { "false", "False", "FALSE", "0",
	NULL };
static const struct spec_strings trues = { 4, default_trues };
static const struct spec_strings falses = { 4, default_falses };

static inline int
digit(char c)
{
	return c >= '0' && c <= '9';
}

static inline int
letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static inline char
lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

static int
same_nocase(const char *p, size_t n, const char *word)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (word[i] == '\0' || lower(p[i]) != lower(word[i]))
			return 0;
	return word[n] == '\0';
}

static int
begins(const char *p, const char *end, const char *what, size_t n)
{
	return (size_t)(end - p) >= n && memcmp(p, what, n) == 0;
}

static int
listed(const struct spec_strings *s, const char *p, size_t n)
{
	size_t i;

	for (i = 0; i < s->n; i++)
		if (strlen(s->v[i]) == n && memcmp(s->v[i], p, n) == 0)
			return 1;
	return 0;
}

/* Big-endian, so that bytes order as numbers do. */
static void
put_be(struct buf *b, uint64_t v, unsigned bytes)
{
	while (bytes-- > 0)
		buf_putc(b, (char)(unsigned char)(v >> 8 * bytes));
}

static uint64_t
get_be(const unsigned char *p, unsigned bytes)
{
	uint64_t v = 0;

	while (bytes-- > 0)
		v = v << 8 | *p++;
	return v;
}

/* The four bytes at a place get the count of bytes after them. */
static void
patch_length(struct buf *b, size_t at)
{
	uint64_t n = b->n - at - 4;
	unsigned i;

	for (i = 0; i < 4; i++)
		b->p[at + i] = (char)(unsigned char)(n >> (24 - 8 * i));
}

/*
 * Numbers. A number is taken apart into sign, digits before and after the
 * point (where they stand in the cell), and exponent.
 */
struct number {
	int special; /* 0; 1: -INF, 2: INF, 3: NaN */
	int negative;
	const char *whole, *whole_end; /* may hold group characters */
	const char *part, *part_end;
	int64_t exponent;
};

enum { MINUS_INF = 1, PLUS_INF, NOT_A_NUMBER };

/* Digits with group characters between two of them. */
static const char *
scan_whole(const struct type *t, const char *p, const char *end)
{
	while (p < end) {
		if (digit(*p))
			p++;
		else if (t->group != NULL && begins(p, end, t->group,
		    t->ngroup) && p + t->ngroup < end &&
		    digit(p[t->ngroup]) && digit(p[-1]))
			p += t->ngroup;
		else
			break;
	}
	return p;
}

/* The longest number at p; its end, or NULL if there is none. */
static const char *
scan_number(const struct type *t, const char *p, const char *end,
    struct number *x)
{
	const char *q;
	int integer = t->form == FORM_INTEGER;

	memset(x, 0, sizeof *x);
	if (p < end && (*p == '-' || *p == '+'))
		x->negative = *p++ == '-';
	x->whole = p;
	if (p < end && digit(*p))
		p = scan_whole(t, p, end);
	x->whole_end = x->part = x->part_end = p;
	if (!integer && begins(p, end, t->decimal, t->ndecimal)) {
		q = p + t->ndecimal;
		while (q < end && digit(*q))
			q++;
		x->part = p + t->ndecimal;
		x->part_end = q;
		if (x->whole == x->whole_end && x->part == x->part_end)
			return NULL;
		p = q;
	}
	if (x->whole == x->whole_end && x->part == x->part_end)
		return NULL;
	if (!integer && p < end && (*p == 'e' || *p == 'E')) {
		int negative = 0;
		int64_t e = 0;

		q = p + 1;
		if (q < end && (*q == '-' || *q == '+'))
			negative = *q++ == '-';
		if (q < end && digit(*q)) {
			for (; q < end && digit(*q); q++)
				if (e < (int64_t)1 << 40)
					e = e * 10 + (*q - '0');
			x->exponent = negative ? -e : e;
			p = q;
		}
	}
	return p;
}

static int
parse_number(const struct type *t, const char *p, size_t n, struct number *x)
{
	const char *end = p + n, *q;

	if (t->form == FORM_NUMBER && n >= 3 && n <= 4) {
		memset(x, 0, sizeof *x);
		if (same_nocase(p, n, "nan"))
			x->special = NOT_A_NUMBER;
		else if (same_nocase(p, n, "inf"))
			x->special = PLUS_INF;
		else if (same_nocase(p, n, "-inf"))
			x->special = MINUS_INF;
		if (x->special)
			return 0;
	}
	if (t->bare)
		return scan_number(t, p, end, x) == end ? 0 : -1;
	/* Text around the number: from the first digit back to its sign. */
	for (q = p; q < end && !digit(*q); q++)
		;
	if (q == end)
		return -1;
	if (t->form == FORM_NUMBER && (size_t)(q - p) >= t->ndecimal &&
	    memcmp(q - t->ndecimal, t->decimal, t->ndecimal) == 0)
		q -= t->ndecimal;
	if (q > p && (q[-1] == '-' || q[-1] == '+'))
		q--;
	if ((q = scan_number(t, q, end, x)) == NULL)
		return -1;
	for (; q < end; q++)
		if (digit(*q))
			return -1;
	return 0;
}

/*
 * Key: one byte of class and sign, eight of exponent, the digits without
 * zeros at either end. A negative number has all but the class inverted and
 * a last byte 255, so that bytes order as values.
 */
enum { KEY_MINUS_INF = 1, KEY_NEGATIVE, KEY_ZERO, KEY_POSITIVE, KEY_INF,
	KEY_NAN };

static void
put_number_key(struct buf *b, const struct number *x)
{
	size_t at = b->n, zeros = 0, i;
	int64_t magnitude = 0;
	int some = 0;
	const char *q;

	if (x->special) {
		buf_putc(b, (char)(x->special == MINUS_INF ? KEY_MINUS_INF :
		    x->special == PLUS_INF ? KEY_INF : KEY_NAN));
		return;
	}
	buf_putc(b, (char)(x->negative ? KEY_NEGATIVE : KEY_POSITIVE));
	put_be(b, 0, 8);
	for (q = x->whole; q < x->part_end; q++) {
		if (q == x->whole_end)
			q = x->part;
		if (q == x->part_end)
			break;
		if (!digit(*q))
			continue; /* group character */
		if (q < x->whole_end)
			magnitude += some || *q != '0';
		else if (!some && *q == '0')
			magnitude--;
		if (*q == '0') {
			zeros += (size_t)some;
			continue;
		}
		for (; zeros > 0; zeros--)
			buf_putc(b, '0');
		buf_putc(b, *q);
		some = 1;
	}
	if (!some) {
		b->n = at;
		buf_putc(b, KEY_ZERO);
		return;
	}
	magnitude += x->exponent;
	for (i = 0; i < 8; i++)
		b->p[at + 1 + i] = (char)(unsigned char)
		    (((uint64_t)magnitude ^ (uint64_t)1 << 63) >> (56 - 8 * i));
	if (x->negative) {
		for (i = at + 1; i < b->n; i++)
			b->p[i] = (char)~b->p[i];
		buf_putc(b, (char)0xff);
	}
}

/* Dates and times. */
struct moment {
	int year, month, day, hour, minute, second;
	const char *fraction; /* digits */
	size_t nfraction;
	int zone; /* minutes east of UTC */
};

static int
digits(const char **p, const char *end, int least, int most, int *v)
{
	int n = 0;

	for (*v = 0; n < most && *p < end && digit(**p); n++, (*p)++)
		*v = *v * 10 + (**p - '0');
	return n >= least ? 0 : -1;
}

static int
take(const char **p, const char *end, char c)
{
	if (*p == end || **p != c)
		return -1;
	(*p)++;
	return 0;
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

static int
scan_date(const char **p, const char *end, struct moment *m)
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

static int
parse_moment(const struct type *t, const char *p, size_t n, struct moment *m)
{
	const char *end = p + n;

	memset(m, 0, sizeof *m);
	if (t->pattern != NULL)
		return parse_pattern(t->pattern, p, n, m);
	if (t->form != FORM_TIME && scan_date(&p, end, m) == -1)
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
static void
put_moment_key(struct buf *b, const struct type *t, const struct moment *m)
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
static int
parse_year(const struct type *t, const char *p, size_t n, int64_t *v)
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

/* Durations: months and seconds, which no calendar makes one number. */
struct duration {
	int64_t months, seconds;
	const char *fraction;
	size_t nfraction;
	int negative;
};

static int
parse_duration(const char *p, size_t n, struct duration *d)
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

static void
put_duration_key(struct buf *b, const struct duration *d)
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
static int
order_durations(const unsigned char *a, size_t na, const unsigned char *b,
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

/*
 * JSON (RFC 8259), checked without building anything. Calls for the members
 * of the outermost level.
 */
struct json {
	const char *p, *end;
	size_t members;    /* of the outermost array or object */
	const char *type;  /* the string value of its member "type" */
	size_t ntype;
};

static void
json_space(struct json *j)
{
	while (j->p < j->end && (*j->p == ' ' || *j->p == '\t' ||
	    *j->p == '\n' || *j->p == '\r'))
		j->p++;
}

static int
json_string(struct json *j)
{
	int i;

	if (take(&j->p, j->end, '"') == -1)
		return -1;
	while (j->p < j->end && *j->p != '"') {
		if ((unsigned char)*j->p < 0x20)
			return -1;
		if (*j->p++ != '\\')
			continue;
		if (j->p == j->end)
			return -1;
		if (*j->p == 'u') {
			for (i = 1; i <= 4; i++)
				if (j->end - j->p <= i || !(digit(j->p[i]) ||
				    (lower(j->p[i]) >= 'a' &&
				    lower(j->p[i]) <= 'f')))
					return -1;
			j->p += 4;
		} else if (strchr("\"\\/bfnrt", *j->p) == NULL) {
			return -1;
		}
		j->p++;
	}
	return take(&j->p, j->end, '"');
}

static int
json_number(struct json *j)
{
	(void)take(&j->p, j->end, '-');
	if (j->p == j->end || !digit(*j->p))
		return -1;
	if (*j->p == '0')
		j->p++;
	else
		while (j->p < j->end && digit(*j->p))
			j->p++;
	if (j->p < j->end && *j->p == '.') {
		if (++j->p == j->end || !digit(*j->p))
			return -1;
		while (j->p < j->end && digit(*j->p))
			j->p++;
	}
	if (j->p < j->end && (*j->p == 'e' || *j->p == 'E')) {
		j->p++;
		if (j->p < j->end && (*j->p == '+' || *j->p == '-'))
			j->p++;
		if (j->p == j->end || !digit(*j->p))
			return -1;
		while (j->p < j->end && digit(*j->p))
			j->p++;
	}
	return 0;
}

static int
json_word(struct json *j, const char *word)
{
	size_t n = strlen(word);

	if (!begins(j->p, j->end, word, n))
		return -1;
	j->p += n;
	return 0;
}

static int
json_value(struct json *j, int depth)
{
	char close;
	const char *key, *value;
	size_t nkey;

	if (j->p == j->end || depth > JSON_DEPTH)
		return -1;
	switch (*j->p) {
	case '"':
		return json_string(j);
	case 't':
		return json_word(j, "true");
	case 'f':
		return json_word(j, "false");
	case 'n':
		return json_word(j, "null");
	case '{':
		close = '}';
		break;
	case '[':
		close = ']';
		break;
	default:
		return json_number(j);
	}
	j->p++;
	json_space(j);
	if (take(&j->p, j->end, close) == 0)
		return 0;
	for (;;) {
		key = NULL;
		nkey = 0;
		json_space(j);
		if (close == '}') {
			key = j->p;
			if (json_string(j) == -1)
				return -1;
			nkey = (size_t)(j->p - key);
			json_space(j);
			if (take(&j->p, j->end, ':') == -1)
				return -1;
			json_space(j);
		}
		value = j->p;
		if (json_value(j, depth + 1) == -1)
			return -1;
		if (depth == 0) {
			j->members++;
			if (nkey == 6 && memcmp(key, "\"type\"", 6) == 0 &&
			    *value == '"') {
				j->type = value + 1;
				j->ntype = (size_t)(j->p - value - 2);
			}
		}
		json_space(j);
		if (take(&j->p, j->end, ',') == 0)
			continue;
		return take(&j->p, j->end, close);
	}
}

static int
parse_json(const struct type *t, const char *p, size_t n, struct json *j)
{
	static const char *const geo[] = { "Point", "MultiPoint", "LineString",
		"MultiLineString", "Polygon", "MultiPolygon",
		"GeometryCollection", "Feature", "FeatureCollection" };
	size_t i;

	memset(j, 0, sizeof *j);
	j->p = p;
	j->end = p + n;
	json_space(j);
	if (j->p == j->end || *j->p != (t->form == FORM_ARRAY ? '[' : '{') ||
	    json_value(j, 0) == -1)
		return -1;
	json_space(j);
	if (j->p != j->end)
		return -1;
	if (t->form == FORM_TOPOJSON)
		return j->ntype == 8 && memcmp(j->type, "Topology", 8) == 0 ?
		    0 : -1;
	if (t->form != FORM_GEOJSON)
		return 0;
	for (i = 0; i < sizeof geo / sizeof geo[0]; i++)
		if (strlen(geo[i]) == j->ntype &&
		    memcmp(geo[i], j->type, j->ntype) == 0)
			return 0;
	return -1;
}

static const struct type plain_number = { .form = FORM_NUMBER, .decimal = ".",
	.ndecimal = 1, .bare = 1 };

/* A coordinate within -limit..limit; its key goes to b unless NULL. */
static int
scan_degrees(const char **p, const char *end, const char *limit,
    struct buf *b)
{
	struct buf own = { 0 }, bound = { 0 };
	struct number x;
	const char *q;
	int rc = -1;

	if (*p == end || (!digit(**p) && **p != '-' && **p != '+' &&
	    **p != '.'))
		return -1;
	if ((q = scan_number(&plain_number, *p, end, &x)) == NULL)
		return -1;
	*p = q;
	if (b != NULL)
		put_number_key(b, &x);
	x.negative = 0;
	put_number_key(&own, &x);
	(void)type_key(&plain_number, limit, strlen(limit), &bound);
	if (type_order(&plain_number, own.p, own.n, bound.p, bound.n) <= 0)
		rc = 0;
	buf_free(&own);
	buf_free(&bound);
	return rc;
}

static void
skip_blanks(const char **p, const char *end)
{
	while (*p < end && **p == ' ')
		(*p)++;
}

static int
parse_point(const struct type *t, const char *p, size_t n, struct buf *b)
{
	const char *end = p + n;
	int i, seen = 0;

	if (t->form == FORM_POINT_OBJECT) {
		struct buf degrees[2] = { { 0 }, { 0 } };
		int rc = -1;

		skip_blanks(&p, end);
		if (take(&p, end, '{') == -1)
			return -1;
		for (i = 0; i < 2; i++) {
			int lat;

			skip_blanks(&p, end);
			if (!begins(p, end, "\"lon\"", 5) &&
			    !begins(p, end, "\"lat\"", 5))
				goto out;
			lat = p[2] == 'a';
			seen |= 1 << lat;
			p += 5;
			skip_blanks(&p, end);
			if (take(&p, end, ':') == -1)
				goto out;
			skip_blanks(&p, end);
			if (scan_degrees(&p, end, lat ? "90" : "180",
			    &degrees[lat]) == -1)
				goto out;
			skip_blanks(&p, end);
			if (take(&p, end, i == 0 ? ',' : '}') == -1)
				goto out;
		}
		skip_blanks(&p, end);
		if (seen == 3 && p == end) {
			rc = 0;
			for (i = 0; b != NULL && i < 2; i++) {
				put_be(b, degrees[i].n, 4);
				buf_put(b, degrees[i].p, degrees[i].n);
			}
		}
out:
		buf_free(&degrees[0]);
		buf_free(&degrees[1]);
		return rc;
	}
	skip_blanks(&p, end);
	if (t->form == FORM_POINT_ARRAY && take(&p, end, '[') == -1)
		return -1;
	for (i = 0; i < 2; i++) {
		size_t at = 0;

		skip_blanks(&p, end);
		if (b != NULL) {
			at = b->n;
			put_be(b, 0, 4);
		}
		if (scan_degrees(&p, end, i == 0 ? "180" : "90", b) == -1)
			return -1;
		if (b != NULL)
			patch_length(b, at);
		skip_blanks(&p, end);
		if (i == 0 && take(&p, end, ',') == -1)
			return -1;
	}
	if (t->form == FORM_POINT_ARRAY && take(&p, end, ']') == -1)
		return -1;
	skip_blanks(&p, end);
	return p == end ? 0 : -1;
}

/* addr-spec of RFC 5322 without quoted strings, comments and literals. */
static int
email_ok(const char *p, size_t n)
{
	const char *end = p + n, *at = memchr(p, '@', n), *q;

	if (at == NULL || at == p || at - p > 64 || n > 254)
		return 0;
	for (q = p; q < at; q++) {
		if (*q == '.') {
			if (q == p || q[1] == '.' || q + 1 == at)
				return 0;
		} else if (!letter(*q) && !digit(*q) &&
		    (unsigned char)*q < 0x80 &&
		    (*q == '\0' || strchr("!#$%&'*+-/=?^_`{|}~", *q) == NULL)) {
			return 0;
		}
	}
	if (++at == end)
		return 0;
	for (q = at; q < end; q++) {
		if (*q == '.' || *q == '-') {
			if (q == at || q + 1 == end || q[-1] == '.' ||
			    (*q == '.' && q[-1] == '-'))
				return 0;
		} else if (!letter(*q) && !digit(*q) &&
		    (unsigned char)*q < 0x80) {
			return 0;
		}
	}
	return 1;
}

/* RFC 3986: a scheme, a colon, and characters that may stand in a URI. */
static int
uri_ok(const char *p, size_t n)
{
	const char *end = p + n, *q;

	if (n == 0 || !letter(*p))
		return 0;
	for (q = p; q < end && *q != ':'; q++)
		if (!letter(*q) && !digit(*q) && *q != '+' && *q != '-' &&
		    *q != '.')
			return 0;
	if (q == end || ++q == end)
		return 0;
	for (; q < end; q++) {
		if (letter(*q) || digit(*q) || (*q != '\0' &&
		    strchr("-._~:/?#[]@!$&'()*+,;=", *q) != NULL))
			continue;
		if (*q != '%' || end - q < 3)
			return 0;
		if (!digit(q[1]) && (lower(q[1]) < 'a' || lower(q[1]) > 'f'))
			return 0;
		if (!digit(q[2]) && (lower(q[2]) < 'a' || lower(q[2]) > 'f'))
			return 0;
		q += 2;
	}
	return 1;
}

static int
uuid_ok(const char *p, size_t n)
{
	size_t i;

	if (n != 36)
		return 0;
	for (i = 0; i < n; i++) {
		if (i == 8 || i == 13 || i == 18 || i == 23) {
			if (p[i] != '-')
				return 0;
		} else if (!digit(p[i]) &&
		    (lower(p[i]) < 'a' || lower(p[i]) > 'f')) {
			return 0;
		}
	}
	return 1;
}

static int
base64_ok(const char *p, size_t n)
{
	size_t i, pad = 0;

	if (n % 4 != 0)
		return 0;
	if (n > 0 && p[n - 1] == '=')
		pad = p[n - 2] == '=' ? 2 : 1;
	for (i = 0; i < n - pad; i++)
		if (!letter(p[i]) && !digit(p[i]) && p[i] != '+' &&
		    p[i] != '/')
			return 0;
	return 1;
}

/* Each item of a list, or -1 at the first that does not fit. */
static int
parse_list(const struct type *t, const char *p, size_t n, struct buf *b,
    size_t *items)
{
	const char *end = p + n, *q;
	size_t at = 0;

	for (*items = 1;; ++*items) {
		for (q = p; q < end; q++)
			if (begins(q, end, t->delimiter, t->ndelimiter))
				break;
		if (b != NULL) {
			at = b->n;
			put_be(b, 0, 4);
			if (type_key(t->item, p, (size_t)(q - p), b) == -1)
				return -1;
			patch_length(b, at);
		} else if (!type_ok(t->item, p, (size_t)(q - p))) {
			return -1;
		}
		if (q == end)
			return 0;
		p = q + t->ndelimiter;
	}
}

int
type_key(const struct type *t, const char *p, size_t n, struct buf *b)
{
	size_t at = b->n, items;
	struct number x;
	struct moment m;
	struct duration d;
	struct json j;
	int64_t v;

	switch (t->form) {
	case FORM_INTEGER:
	case FORM_NUMBER:
		if (parse_number(t, p, n, &x) == -1)
			return -1;
		put_number_key(b, &x);
		return 0;
	case FORM_BOOLEAN:
		if (listed(t->trues, p, n))
			buf_putc(b, 1);
		else if (listed(t->falses, p, n))
			buf_putc(b, 0);
		else
			return -1;
		return 0;
	case FORM_DATE:
	case FORM_TIME:
	case FORM_DATETIME:
		if (parse_moment(t, p, n, &m) == -1)
			return -1;
		put_moment_key(b, t, &m);
		return 0;
	case FORM_YEAR:
	case FORM_YEARMONTH:
		if (parse_year(t, p, n, &v) == -1)
			return -1;
		put_be(b, (uint64_t)v ^ (uint64_t)1 << 63, 8);
		return 0;
	case FORM_DURATION:
		if (parse_duration(p, n, &d) == -1)
			return -1;
		put_duration_key(b, &d);
		return 0;
	case FORM_POINT:
	case FORM_POINT_ARRAY:
	case FORM_POINT_OBJECT:
		if (parse_point(t, p, n, b) == -1) {
			b->n = at;
			return -1;
		}
		return 0;
	case FORM_LIST:
		if (parse_list(t, p, n, b, &items) == -1) {
			b->n = at;
			return -1;
		}
		return 0;
	case FORM_OBJECT:
	case FORM_ARRAY:
	case FORM_GEOJSON:
	case FORM_TOPOJSON:
		if (parse_json(t, p, n, &j) == -1)
			return -1;
		break;
	case FORM_UUID: {
		size_t i;

		if (!uuid_ok(p, n))
			return -1;
		for (i = 0; i < n; i++)
			buf_putc(b, lower(p[i]));
		return 0;
	}
	default:
		if (!type_ok(t, p, n))
			return -1;
		break;
	}
	buf_put(b, p, n);
	return 0;
}

/* A number's text in the plain form; 0, or -1 when it is too long. */
static int
plain_text(const struct number *x, char *to, size_t size)
{
	const char *p;
	size_t n = 0;
	int k;

	if (x->special || (size_t)(x->whole_end - x->whole) +
	    (size_t)(x->part_end - x->part) + 32 > size)
		return -1;
	if (x->negative)
		to[n++] = '-';
	for (p = x->whole; p < x->whole_end; p++) {
		if (digit(*p))
			to[n++] = *p;
	}
	if (n == (size_t)x->negative)
		to[n++] = '0';
	if (x->part < x->part_end) {
		to[n++] = '.';
		memcpy(to + n, x->part, (size_t)(x->part_end - x->part));
		n += (size_t)(x->part_end - x->part);
	}
	to[n] = '\0';
	k = x->exponent == 0 ? 0 : snprintf(to + n, size - n, "e%lld",
	    (long long)x->exponent);
	return (int)n + k;
}

/* Its ISO 8601 text in UTC. */
static size_t
moment_text(const struct type *t, const struct moment *m, char to[32])
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

int
type_convert(const void *type, const char *p, size_t n,
    struct expr_value *v, char text[32])
{
	const struct type *t = type;
	struct number x;
	struct moment m;
	char plain[512];
	int length;

	switch (t->form) {
	case FORM_INTEGER:
	case FORM_NUMBER:
		if (parse_number(t, p, n, &x) == -1 ||
		    (length = plain_text(&x, plain, sizeof plain)) == -1)
			return -1;
		if (t->form == FORM_INTEGER) {
			v->kind = EXPR_INT;
			return num_i64(plain, (size_t)length, &v->u.i);
		}
		v->kind = EXPR_REAL;
		return num_double(plain, (size_t)length, &v->u.r);
	case FORM_BOOLEAN:
		v->kind = EXPR_INT;
		v->u.i = listed(t->trues, p, n);
		return v->u.i || listed(t->falses, p, n) ? 0 : -1;
	case FORM_DATE:
	case FORM_TIME:
	case FORM_DATETIME:
		if (parse_moment(t, p, n, &m) == -1)
			return -1;
		v->kind = EXPR_STRING;
		v->u.s.p = text;
		v->u.s.n = moment_text(t, &m, text);
		return 0;
	default:
		return -1;
	}
}

int
type_ok(const struct type *t, const char *p, size_t n)
{
	struct number x;
	struct moment m;
	struct duration d;
	struct json j;
	size_t items;
	int64_t v;

	switch (t->form) {
	case FORM_NONE:
		return 1;
	case FORM_EMAIL:
		return email_ok(p, n);
	case FORM_URI:
		return uri_ok(p, n);
	case FORM_UUID:
		return uuid_ok(p, n);
	case FORM_BASE64:
		return base64_ok(p, n);
	case FORM_INTEGER:
	case FORM_NUMBER:
		return parse_number(t, p, n, &x) == 0;
	case FORM_BOOLEAN:
		return listed(t->trues, p, n) || listed(t->falses, p, n);
	case FORM_OBJECT:
	case FORM_ARRAY:
	case FORM_GEOJSON:
	case FORM_TOPOJSON:
		return parse_json(t, p, n, &j) == 0;
	case FORM_LIST:
		return parse_list(t, p, n, NULL, &items) == 0;
	case FORM_DATE:
	case FORM_TIME:
	case FORM_DATETIME:
		return parse_moment(t, p, n, &m) == 0;
	case FORM_YEAR:
	case FORM_YEARMONTH:
		return parse_year(t, p, n, &v) == 0;
	case FORM_DURATION:
		return parse_duration(p, n, &d) == 0;
	case FORM_POINT:
	case FORM_POINT_ARRAY:
	case FORM_POINT_OBJECT:
		return parse_point(t, p, n, NULL) == 0;
	}
	return 0;
}

int
type_checks(const struct type *t)
{
	return t->form != FORM_NONE;
}

int
type_quick(const struct type *t)
{
	return t->quick != QUICK_NONE || t->form == FORM_BOOLEAN;
}

const char *
type_complaint(const struct type *t)
{
	return t->complaint;
}

int
type_ordered(const struct type *t)
{
	return (t->form >= FORM_DATE && t->form <= FORM_DURATION) ||
	    t->form == FORM_INTEGER || t->form == FORM_NUMBER;
}

int
type_order(const struct type *t, const void *a, size_t na, const void *b,
    size_t nb)
{
	int c;

	if (t->form == FORM_DURATION)
		return order_durations(a, na, b, nb);
	if ((t->form == FORM_NUMBER || t->form == FORM_INTEGER) &&
	    (*(const char *)a == KEY_NAN || *(const char *)b == KEY_NAN))
		return 2;
	c = memcmp(a, b, na < nb ? na : nb);
	if (c == 0)
		return na < nb ? -1 : na > nb;
	return c < 0 ? -1 : 1;
}

size_t
type_length(const struct type *t, const char *p, size_t n)
{
	struct json j;
	size_t items;

	switch (t->form) {
	case FORM_OBJECT:
	case FORM_ARRAY:
	case FORM_GEOJSON:
	case FORM_TOPOJSON:
		(void)parse_json(t, p, n, &j);
		return j.members;
	case FORM_LIST:
		(void)parse_list(t, p, n, NULL, &items);
		return items;
	default:
		return type_characters(p, n);
	}
}

/*
 * The quick forms: plain integers and decimals of up to 18 digits, dates
 * and times in the standard's form. What they do not settle goes to the
 * full parser, so that there is one meaning.
 */
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define SWAR 1
#else
#define SWAR 0
#endif

static inline uint64_t
load8(const char *p)
{
	uint64_t x;

	memcpy(&x, p, 8);
	return x;
}

/* Does any byte of x - '0' exceed 9? */
static inline int
not_digits(uint64_t x)
{
	return ((x | (x + 0x7676767676767676ULL)) & 0x8080808080808080ULL) !=
	    0;
}

/* Eight digits, each a byte 0..9, the first in the lowest byte. */
static inline uint64_t
eight(uint64_t x)
{
	x = x * 10 + (x >> 8);
	return (((x & 0x000000ff000000ffULL) * 0x000f424000000064ULL) +
	    (((x >> 16) & 0x000000ff000000ffULL) * 0x0000271000000001ULL)) >>
	    32;
}

/* 1 to 18 digits: 0, or -1. */
static inline int
quick_digits(const char *p, uint32_t n, uint64_t *v)
{
	uint64_t u = 0;
	uint32_t i = 0;

	if (SWAR && n <= 8) {
		uint64_t x;

		if (n == 0)
			return -1;
		x = (load8(p) ^ 0x3030303030303030ULL) << (64 - 8 * n);
		if (not_digits(x))
			return -1;
		*v = eight(x);
		return 0;
	}
	if (n == 0 || n > 18)
		return -1;
	for (; i < n; i++) {
		unsigned d = (unsigned char)p[i] - (unsigned)'0';

		if (d > 9)
			return -1;
		u = u * 10 + d;
	}
	*v = u;
	return 0;
}

static inline int
quick_integer(const char *p, uint32_t n, int64_t *v)
{
	uint64_t u;
	int negative = 0;

	if (n > 0 && (*p == '-' || *p == '+')) {
		negative = *p == '-';
		p++;
		n--;
	}
	if (quick_digits(p, n, &u) == -1)
		return -1;
	*v = negative ? -(int64_t)u : (int64_t)u;
	return 0;
}

static const int64_t tens[] = { 1, 10, 100, 1000, 10000, 100000, 1000000 };

static inline int
quick_number(const char *p, uint32_t n, int64_t *v)
{
	uint64_t u = 0, d;
	uint32_t i, before = n, after = 0;
	int negative = 0;

	if (n > 0 && (*p == '-' || *p == '+')) {
		negative = *p == '-';
		p++;
		n--;
		before = n;
	}
	if (n == 0 || n > 18 - QUICK_SCALE)
		return -1;
	for (i = 0; i < n; i++) {
		d = (unsigned char)p[i] - (uint64_t)'0';
		if (d > 9) {
			if (p[i] != '.' || before != n)
				return -1;
			before = i;
			continue;
		}
		u = u * 10 + d;
	}
	if (before != n)
		after = n - before - 1;
	if (after > QUICK_SCALE || before + after == 0)
		return -1;
	u *= (uint64_t)tens[QUICK_SCALE - after];
	*v = negative ? -(int64_t)u : (int64_t)u;
	return 0;
}

static const unsigned char month_days[16] = { 0, 31, 29, 31, 30, 31, 30, 31,
	31, 30, 31, 30, 31, 0, 0, 0 };

static inline int
quick_date(const char *p, uint32_t n, int64_t *v)
{
	unsigned y, m, d, d1, d2;

	if (n != 10)
		return -1;
	if (SWAR) {
		uint64_t x = load8(p);

		if ((x & 0xff0000ff00000000ULL) != 0x2d00002d00000000ULL)
			return -1;
		x ^= 0x2d30302d30303030ULL; /* dashes and digits to 0..9 */
		if (not_digits(x))
			return -1;
		y = (unsigned)((x & 15) * 1000 + (x >> 8 & 15) * 100 +
		    (x >> 16 & 15) * 10 + (x >> 24 & 15));
		m = (unsigned)((x >> 40 & 15) * 10 + (x >> 48 & 15));
	} else {
		struct moment o;
		const char *q = p;

		memset(&o, 0, sizeof o);
		if (scan_date(&q, p + 10, &o) == -1)
			return -1;
		y = (unsigned)o.year;
		m = (unsigned)o.month;
	}
	d1 = (unsigned)(unsigned char)p[8] - '0';
	d2 = (unsigned)(unsigned char)p[9] - '0';
	d = d1 * 10 + d2;
	if (d1 > 9 || d2 > 9 || m > 12 || d - 1 >= month_days[m])
		return -1;
	if (m == 2 && d == 29 && !date_leap((int)y))
		return -1;
	*v = (int64_t)(y << 9 | m << 5 | d);
	return 0;
}

static inline int
quick_time(const char *p, uint32_t n, int64_t *v)
{
	int32_t s;

	if (date_time_parse(p, n, &s) == -1)
		return -1;
	*v = s;
	return 0;
}

#define QUICK_LOOP(parse)                                                \
	for (i = 0; i < k; i++) {                                        \
		int64_t v = 0;                                           \
		if (__builtin_expect(parse(p[i], n[i], &v) == 0, 1)) {   \
			to[i] = TYPE_VALUE;                              \
		} else {                                                 \
			to[i] = type_ok(t, p[i], n[i]) ? TYPE_KEY :      \
			    TYPE_BAD;                                    \
			bad += to[i] == TYPE_BAD;                        \
		}                                                        \
		value[i] = v;                                            \
	}

size_t
type_batch(const struct type *t, const char *const *p, const uint32_t *n,
    size_t k, unsigned char *to, int64_t *value)
{
	size_t i, bad = 0;
	int64_t unused[256];

	assert(k <= 256);
	if (value == NULL)
		value = unused;
	switch (t->quick) {
	case QUICK_INTEGER:
		QUICK_LOOP(quick_integer)
		break;
	case QUICK_NUMBER:
		QUICK_LOOP(quick_number)
		break;
	case QUICK_DATE:
		QUICK_LOOP(quick_date)
		break;
	case QUICK_TIME:
		QUICK_LOOP(quick_time)
		break;
	case QUICK_NONE:
		for (i = 0; i < k; i++) {
			to[i] = type_ok(t, p[i], n[i]) ? TYPE_KEY : TYPE_BAD;
			bad += to[i] == TYPE_BAD;
		}
		break;
	}
	return bad;
}

int
type_value(const struct type *t, const char *p, size_t n, int64_t *v)
{
	char room[40];

	if (n > 18)
		return -1;
	memset(room, 0, sizeof room);
	memcpy(room, p, n);
	switch (t->quick) {
	case QUICK_INTEGER:
		return quick_integer(room, (uint32_t)n, v);
	case QUICK_NUMBER:
		return quick_number(room, (uint32_t)n, v);
	case QUICK_DATE:
		return quick_date(room, (uint32_t)n, v);
	case QUICK_TIME:
		return quick_time(room, (uint32_t)n, v);
	case QUICK_NONE:
		break;
	}
	return -1;
}

/* Every directive known? */
static int
pattern_sound(const char *s)
{
	for (; *s != '\0'; s++)
		if (*s == '%' && (*++s == '\0' ||
		    strchr("YymdHIMSfjbBaApz%FTRD", *s) == NULL))
			return 0;
	return 1;
}

static int
set_moment(struct type *t, const char *format, const char *what,
    const char *standard, struct fault *f)
{
	if (format == NULL || strcmp(format, "default") == 0) {
		t->pattern = NULL;
	} else if (strcmp(format, "any") == 0) {
		t->any = 1;
	} else {
		if (strncmp(format, "fmt:", 4) == 0)
			format += 4;
		if (!pattern_sound(format))
			return fault_set(f, "%s format has a directive that "
			    "is not known", what);
		t->pattern = format;
	}
	(void)snprintf(t->complaint, sizeof t->complaint, "not a %s (%.60s)",
	    what, t->pattern != NULL ? t->pattern : standard);
	return 0;
}

static int
set_string(struct type *t, const char *format, struct fault *f)
{
	static const struct {
		const char *name;
		enum form form;
		const char *complaint;
	} formats[] = {
		{ "default", FORM_NONE, "not a string" },
		{ "email", FORM_EMAIL, "not an email address" },
		{ "uri", FORM_URI, "not a URI" },
		{ "uuid", FORM_UUID, "not a UUID" },
		{ "binary", FORM_BASE64, "not base64" },
	};
	size_t i;

	for (i = 0; i < sizeof formats / sizeof formats[0]; i++) {
		if (format != NULL && strcmp(format, formats[i].name) != 0)
			continue;
		t->form = formats[i].form;
		(void)strcpy(t->complaint, formats[i].complaint);
		return 0;
	}
	return fault_set(f, "a string has no format \"%.60s\"", format);
}

static int
set_json(struct type *t, const struct spec_field *s, struct fault *f)
{
	const char *format = s->format != NULL ? s->format : "default";
	int standard = strcmp(format, "default") == 0;

	switch (s->type) {
	case SPEC_OBJECT:
		t->form = FORM_OBJECT;
		(void)strcpy(t->complaint, "not a JSON object");
		break;
	case SPEC_ARRAY:
		t->form = FORM_ARRAY;
		(void)strcpy(t->complaint, "not a JSON array");
		break;
	case SPEC_GEOJSON:
		t->form = FORM_GEOJSON;
		(void)strcpy(t->complaint, "not a GeoJSON object");
		if (strcmp(format, "topojson") == 0) {
			t->form = FORM_TOPOJSON;
			(void)strcpy(t->complaint, "not a TopoJSON object");
			standard = 1;
		}
		break;
	default:
		t->form = FORM_POINT;
		(void)strcpy(t->complaint, "not a point (lon, lat)");
		if (strcmp(format, "array") == 0) {
			t->form = FORM_POINT_ARRAY;
			(void)strcpy(t->complaint, "not a point ([lon, lat])");
			standard = 1;
		} else if (strcmp(format, "object") == 0) {
			t->form = FORM_POINT_OBJECT;
			(void)strcpy(t->complaint,
			    "not a point ({\"lon\": x, \"lat\": y})");
			standard = 1;
		}
		break;
	}
	if (!standard)
		return fault_set(f, "the type has no format \"%.60s\"", format);
	return 0;
}

static int
set_list(struct type *t, const struct spec_field *s, struct fault *f)
{
	struct spec_field item = *s;

	switch (s->item_type) {
	case SPEC_ANY:
	case SPEC_STRING:
		item.type = SPEC_STRING;
		break;
	case SPEC_INTEGER:
	case SPEC_NUMBER:
	case SPEC_BOOLEAN:
	case SPEC_DATETIME:
	case SPEC_DATE:
	case SPEC_TIME:
		item.type = s->item_type;
		break;
	default:
		return fault_set(f, "a list's items cannot have this type");
	}
	item.format = NULL;
	item.group_char = NULL;
	item.decimal_char = NULL;
	item.bare_number = 1;
	t->form = FORM_LIST;
	t->delimiter = s->item_delimiter != NULL ? s->item_delimiter : ",";
	t->ndelimiter = strlen(t->delimiter);
	if (t->ndelimiter == 0)
		return fault_set(f, "a list's delimiter is empty");
	if ((t->item = type_new(&item, f)) == NULL)
		return -1;
	(void)strcpy(t->complaint, "not a list of the items it should hold");
	return 0;
}

static int
set_number(struct type *t, const struct spec_field *s)
{
	int number = s->type == SPEC_NUMBER;

	t->form = number ? FORM_NUMBER : FORM_INTEGER;
	t->decimal = s->decimal_char != NULL ? s->decimal_char : ".";
	t->ndecimal = strlen(t->decimal);
	t->group = s->group_char;
	t->ngroup = t->group != NULL ? strlen(t->group) : 0;
	if (t->ngroup == 0)
		t->group = NULL;
	t->bare = s->bare_number;
	if (t->bare && t->group == NULL && (!number || (t->ndecimal == 1 &&
	    t->decimal[0] == '.')))
		t->quick = number ? QUICK_NUMBER : QUICK_INTEGER;
	(void)strcpy(t->complaint, number ? "not a number" :
	    "not a whole number");
	return 0;
}

static int
set_form(struct type *t, const struct spec_field *s, struct fault *f)
{
	switch (s->type) {
	case SPEC_ANY:
		t->form = FORM_NONE;
		return 0;
	case SPEC_STRING:
		return set_string(t, s->format, f);
	case SPEC_NUMBER:
	case SPEC_INTEGER:
		return set_number(t, s);
	case SPEC_BOOLEAN:
		t->form = FORM_BOOLEAN;
		t->trues = s->true_values.n > 0 ? &s->true_values : &trues;
		t->falses = s->false_values.n > 0 ? &s->false_values : &falses;
		(void)strcpy(t->complaint, "not a true or false value");
		return 0;
	case SPEC_OBJECT:
	case SPEC_ARRAY:
	case SPEC_GEOJSON:
	case SPEC_GEOPOINT:
		return set_json(t, s, f);
	case SPEC_LIST:
		return set_list(t, s, f);
	case SPEC_DATE:
		t->form = FORM_DATE;
		if (set_moment(t, s->format, "date", "YYYY-MM-DD", f) == -1)
			return -1;
		t->quick = t->pattern == NULL ? QUICK_DATE : QUICK_NONE;
		return 0;
	case SPEC_TIME:
		t->form = FORM_TIME;
		if (set_moment(t, s->format, "time", "HH:MM:SS", f) == -1)
			return -1;
		t->quick = t->pattern == NULL ? QUICK_TIME : QUICK_NONE;
		return 0;
	case SPEC_DATETIME:
		t->form = FORM_DATETIME;
		return set_moment(t, s->format, "date and time",
		    "YYYY-MM-DDTHH:MM:SS", f);
	case SPEC_YEAR:
		t->form = FORM_YEAR;
		(void)strcpy(t->complaint, "not a year (YYYY)");
		return 0;
	case SPEC_YEARMONTH:
		t->form = FORM_YEARMONTH;
		(void)strcpy(t->complaint, "not a year and month (YYYY-MM)");
		return 0;
	case SPEC_DURATION:
		t->form = FORM_DURATION;
		(void)strcpy(t->complaint, "not a duration (P1Y2M3DT4H5M6S)");
		return 0;
	}
	return fault_set(f, "a type that is not known");
}

struct type *
type_new(const struct spec_field *s, struct fault *f)
{
	struct type *t = mem_zero(1, sizeof *t);

	if (set_form(t, s, f) == -1) {
		type_free(t);
		return NULL;
	}
	return t;
}

void
type_free(struct type *t)
{
	if (t == NULL)
		return;
	type_free(t->item);
	free(t);
}
