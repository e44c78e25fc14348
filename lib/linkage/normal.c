/* A cell in the one form in which it is compared. */
#include "linkage/normal.h"

#include <stdlib.h>

#include "base/date.h"
#include "check/check.h"

/*
 * Latin letters U+00C0 to U+017F without their accents; '-': not a letter
 * (the signs of multiplication and division). Ligatures keep their first
 * letter.
 */
static const char plain[] =
    "AAAAAAACEEEEIIIIDNOOOOO-OUUUUYTS" "AAAAAAACEEEEIIIIDNOOOOO-OUUUUYTY"
    "AAAAAACCCCCCCCDDDDEEEEEEEEEEGGGG" "GGGGHHHHIIIIIIIIIIIIJJKKKLLLLLLL"
    "LLLNNNNNNNNNOOOOOOOORRRRRRSSSSSS" "SSTTTTTTUUUUUUUUUUUUWWYYYZZZZZZS";

static char
upper(char c)
{
	return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
}

static int
blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static void
name(const char *p, size_t n, struct buf *to)
{
	size_t i;
	int gap = 0;
	char c;

	for (i = 0; i < n; i++) {
		unsigned char u = (unsigned char)p[i];

		c = upper(p[i]);
		if (c == '\'' || c == '.' || c == '`')
			continue;
		if (u == 0xe2 && i + 2 < n && (unsigned char)p[i + 1] == 0x80 &&
		    ((unsigned char)p[i + 2] == 0x98 ||
		    (unsigned char)p[i + 2] == 0x99)) {
			i += 2; /* a typographic apostrophe */
			continue;
		}
		if (u >= 0xc3 && u <= 0xc5 && i + 1 < n) {
			/* C3 80 is U+00C0; each lead byte has 64. */
			c = plain[(u - 0xc3) * 64 + (p[i + 1] & 0x3f)];
			i++;
		} else if (u < 0x80 && !(c >= 'A' && c <= 'Z') &&
		    !(c >= '0' && c <= '9')) {
			c = '-';
		}
		if (c == '-') {
			gap = to->n > 0;
			continue;
		}
		if (gap)
			buf_putc(to, ' ');
		gap = 0;
		buf_putc(to, c);
	}
}

static void
text(const char *p, size_t n, struct buf *to, int keep_gaps)
{
	size_t i;
	int gap = 0;

	for (i = 0; i < n; i++) {
		if (blank(p[i])) {
			gap = keep_gaps && to->n > 0;
			continue;
		}
		if (gap)
			buf_putc(to, ' ');
		gap = 0;
		buf_putc(to, upper(p[i]));
	}
}

static int
digits(const char *p, size_t n)
{
	int v = 0;

	while (n-- > 0)
		v = v * 10 + (*p++ - '0');
	return v;
}

static int
all_digits(const char *p, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (p[i] < '0' || p[i] > '9')
			return 0;
	return n > 0;
}

/* In the field's format to days; -1: not one. */
static int
date(const struct matching_field *field, const char *p, size_t n,
    int32_t *days)
{
	const char *format = field->format;
	int y, m, d;

	if (format == NULL || format[2] == '-')
		return date_parse(p, n, days);
	if (format[0] == '%' && format[1] == 'Y') {
		if (n != 8 || !all_digits(p, n))
			return -1;
		y = digits(p, 4);
		m = digits(p + 4, 2);
		d = digits(p + 6, 2);
	} else if (format[2] == '/') {
		if (n != 10 || p[2] != '/' || p[5] != '/' ||
		    !all_digits(p, 2) || !all_digits(p + 3, 2) ||
		    !all_digits(p + 6, 4))
			return -1;
		d = digits(p, 2);
		m = digits(p + 3, 2);
		y = digits(p + 6, 4);
	} else {
		if (n != 8 || !all_digits(p, n))
			return -1;
		d = digits(p, 2);
		m = digits(p + 2, 2);
		y = digits(p + 4, 4);
	}
	if (!date_real(y, m, d))
		return -1;
	*days = date_days(y, m, d);
	return 0;
}

static void
nhs_number(const struct matching_field *field, const char *p, size_t n,
    struct buf *to)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (p[i] == ' ' || p[i] == '-')
			continue;
		if (p[i] < '0' || p[i] > '9' || to->n == 10) {
			buf_clear(to);
			return;
		}
		buf_putc(to, p[i]);
	}
	if (to->n != 10 ||
	    (!field->keep_invalid && !check_nhs_number(to->p, to->n)))
		buf_clear(to);
}

int
normal_listed(const struct matching_strings *list, const char *p, size_t n)
{
	size_t i, k;

	for (i = 0; i < list->n; i++) {
		k = strlen(list->v[i]);
		if (k > 0 && list->v[i][k - 1] == '*') {
			if (n >= k - 1 && memcmp(p, list->v[i], k - 1) == 0)
				return 1;
		} else if (n == k && memcmp(p, list->v[i], k) == 0) {
			return 1;
		}
	}
	return 0;
}

static int
by_byte(const void *a, const void *b)
{
	return *(const unsigned char *)a - *(const unsigned char *)b;
}

/* Only the nth word, from 1. */
static void
keep_word(struct buf *b, size_t word)
{
	size_t from = 0, i;

	for (; word > 1; word--) {
		while (from < b->n && b->p[from] != ' ')
			from++;
		from += from < b->n;
	}
	for (i = from; i < b->n && b->p[i] != ' '; i++)
		;
	if (i > from)
		memmove(b->p, b->p + from, i - from);
	b->n = i - from;
}

/* What a field does to a value in its form; 0: it is missing. */
static int
finish(const struct matching_field *field, struct buf *to)
{
	size_t i, n = 0;

	if (field->word > 0)
		keep_word(to, field->word);
	if (field->sorted) {
		for (i = 0; i < to->n; i++)
			if (to->p[i] != ' ')
				to->p[n++] = to->p[i];
		to->n = n;
		if (n > 1)
			qsort(to->p, n, 1, by_byte);
	}
	if (field->prefix > 0 && to->n > field->prefix)
		to->n = field->prefix;
	if (to->n > 0 && normal_listed(&field->missing, to->p, to->n))
		to->n = 0;
	return to->n > 0;
}

int
normal_cell(const struct matching_field *field, const char *p, size_t n,
    struct buf *to)
{
	int32_t days;
	size_t i;

	buf_clear(to);
	while (n > 0 && blank(p[n - 1]))
		n--;
	while (n > 0 && blank(*p)) {
		p++;
		n--;
	}
	for (i = 0; i < field->from.n; i++)
		if (strlen(field->from.v[i]) == n &&
		    memcmp(field->from.v[i], p, n) == 0) {
			p = field->to.v[i];
			n = strlen(p);
			break;
		}
	if (n == 0)
		return 0;
	buf_reserve(to, n + 16);
	switch (field->type) {
	case MATCHING_NAME:
		name(p, n, to);
		break;
	case MATCHING_NHS_NUMBER:
		nhs_number(field, p, n, to);
		break;
	case MATCHING_DATE:
		if (date(field, p, n, &days) == -1 ||
		    (field->has_minimum && days < field->minimum) ||
		    (field->has_maximum && days > field->maximum))
			break;
		date_format(days, to->p);
		to->n = 10;
		break;
	case MATCHING_SEX:
		if (n == 1 && (*p == '1' || *p == '2'))
			buf_putc(to, *p);
		break;
	case MATCHING_POSTCODE:
		if (check_canonical_postcode(p, n, to->p) == 0)
			to->n = 8;
		break;
	case MATCHING_CODE:
		text(p, n, to, 0);
		break;
	case MATCHING_LOCAL_ID:
		while (n > 1 && (*p == '0' || blank(*p))) {
			p++;
			n--;
		}
		text(p, n, to, 0);
		break;
	case MATCHING_DIGITS:
		for (i = 0; i < n; i++)
			if (p[i] >= '0' && p[i] <= '9')
				buf_putc(to, p[i]);
		break;
	case MATCHING_TEXT:
		text(p, n, to, 1);
		break;
	}
	return finish(field, to);
}

void
normal_join(struct buf *to, const char *p, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (p[i] != ' ')
			buf_putc(to, p[i]);
}

int
normal_made(const struct matching_field *field, struct buf *to)
{
	return finish(field, to);
}
