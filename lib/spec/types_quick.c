/* Batches of the forms that are read in a few nanoseconds. */
#include "spec/types_form.h"

#include <assert.h>

#include "base/date.h"
#include "base/eight.h"

/* Digits after the point that a quick number's value keeps. */
#define QUICK_SCALE 6

/*
 * The quick forms: plain integers and decimals of up to 18 digits, dates
 * and times in the standard's form. What they do not settle goes to the
 * full parser, so that there is one meaning.
 */

/* 1 to 18 digits: 0, or -1. */
static inline int
quick_digits(const char *p, uint32_t n, uint64_t *v)
{
	uint64_t u = 0;
	uint32_t i = 0;

	if (n <= 8) {
		uint64_t x;

		if (n == 0)
			return -1;
		x = eight_right(p, n);
		if (!eight_digits(x))
			return -1;
		*v = eight_number(x);
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
	uint32_t i, before, after = 0;
	int negative = 0;

	if (n > 0 && (*p == '-' || *p == '+')) {
		negative = *p == '-';
		p++;
		n--;
	}
	if (eight_decimal(p, n, &u, &after)) {
		if (after > QUICK_SCALE)
			return -1;
		u *= (uint64_t)tens[QUICK_SCALE - after];
		*v = negative ? -(int64_t)u : (int64_t)u;
		return 0;
	}
	if (n == 0 || n > 18 - QUICK_SCALE)
		return -1;
	u = 0;
	before = n;
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

static inline int
quick_date(const char *p, uint32_t n, int64_t *v)
{
	*v = n == 10 ? date_packed(p) : -1;
	return *v < 0 ? -1 : 0;
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
