/* Numbers of any length and exactness. */
#include "spec/types_form.h"

#include <stdio.h>

const struct type type_plain_number = { .form = FORM_NUMBER, .decimal = ".",
	.ndecimal = 1, .bare = 1 };

enum { MINUS_INF = 1, PLUS_INF, NOT_A_NUMBER };

static int
same_nocase(const char *p, size_t n, const char *word)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (word[i] == '\0' || lower(p[i]) != lower(word[i]))
			return 0;
	return word[n] == '\0';
}

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
const char *
type_number_scan(const struct type *t, const char *p, const char *end,
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

int
type_number_parse(const struct type *t, const char *p, size_t n,
    struct number *x)
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
		return type_number_scan(t, p, end, x) == end ? 0 : -1;
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
	if ((q = type_number_scan(t, q, end, x)) == NULL)
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

void
type_number_key(struct buf *b, const struct number *x)
{
	size_t at = b->n, zeros = 0, i;
	int64_t magnitude = 0;
	int some = 0;
	const char *q;

	if (x->special) {
		buf_putc(b, (char)(x->special == MINUS_INF ?
		    TYPE_KEY_MINUS_INF : x->special == PLUS_INF ? TYPE_KEY_INF : TYPE_KEY_NAN));
		return;
	}
	buf_putc(b, (char)(x->negative ? TYPE_KEY_NEGATIVE :
	    TYPE_KEY_POSITIVE));
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
		buf_putc(b, TYPE_KEY_ZERO);
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

int
type_number_plain_key(const struct type *t, const char *p, size_t n,
    struct buf *b)
{
	size_t i;

	if (!t->bare || n == 0 || n > 18 || *p == '0')
		return 0;
	for (i = 0; i < n; i++)
		if (!digit(p[i]))
			return 0;
	buf_putc(b, TYPE_KEY_POSITIVE);
	put_be(b, (uint64_t)n ^ (uint64_t)1 << 63, 8);
	while (p[n - 1] == '0')
		n--;
	buf_put(b, p, n);
	return 1;
}

/* A number's text in the plain form; 0, or -1 when it is too long. */
int
type_number_text(const struct number *x, char *to, size_t size)
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
