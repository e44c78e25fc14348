/* A cell in the one form in which it is compared. */
#include "linkage/normal.h"

#include <stdlib.h>

#include "base/date.h"
#include "base/mem.h"
#include "check/check.h"
#include "linkage/compare.h"

/*
 * Latin letters U+00C0 to U+017F without their accents; '-': not a letter
 * (the signs of multiplication and division). Ligatures keep their first
 * letter.
 */
static const char plain[] =
    "AAAAAAACEEEEIIIIDNOOOOO-OUUUUYTS" "AAAAAAACEEEEIIIIDNOOOOO-OUUUUYTY"
    "AAAAAACCCCCCCCDDDDEEEEEEEEEEGGGG" "GGGGHHHHIIIIIIIIIIIIJJKKKLLLLLLL"
    "LLLNNNNNNNNNOOOOOOOORRRRRRSSSSSS" "SSTTTTTTUUUUUUUUUUUUWWYYYZZZZZZS";

/* The same of U+0180 to U+024F and U+1E00 to U+1EFF; '.': none of A to Z. */
static const char more[] =
    "................................" "OO.............UU..............."
    ".............AAIIOOUUUUUUUUUU.AA" "AA....GGKKOOOO..J...GG..NNAA...."
    "AAAAEEEEIIIIOOOORRRRUUUUSSTT..HH" "......AAEEOOOOOOOOYY............"
    "................";
static const char additional[] =
    "AABBBBBBCCDDDDDDDDDDEEEEEEEEEEFF" "GGHHHHHHHHHHIIIIKKKKKKLLLLLLLLMM"
    "MMMMNNNNNNNNOOOOOOOOPPPPRRRRRRRR" "SSSSSSSSSSTTTTTTTTUUUUUUUUUUVVVV"
    "WWWWWWWWWWXXXXYYZZZZZZHTWY.S..S." "AAAAAAAAAAAAAAAAAAAAAAAAEEEEEEEE"
    "EEEEEEEEIIIIOOOOOOOOOOOOOOOOOOOO" "OOOOUUUUUUUUUUUUUUYYYYYYYY......";

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

/*
 * Of a character of 2 or 3 bytes: the letter that is left without its
 * accents, 0 where it is to be dropped, '-' for no letter, '.' for one of
 * which nothing is known.
 */
static char
letter(const unsigned char *p, size_t n, size_t *bytes)
{
	unsigned c = (p[0] & 0x1fu) << 6 | (p[1] & 0x3fu);

	*bytes = 2;
	if (p[0] >= 0xe0) {
		*bytes = 3;
		c = n < 3 ? 0 : (p[0] & 0x0fu) << 12 | (p[1] & 0x3fu) << 6 |
		    (p[2] & 0x3fu);
	}
	/* Accents, apostrophes, and what has no width. */
	if ((c >= 0x300 && c < 0x370) || c == 0xad || c == 0xb4 ||
	    c == 0x2bc || c == 0x2018 || c == 0x2019 ||
	    (c >= 0x200b && c <= 0x200d) || c == 0x2060)
		return 0;
	if (c < 0xc0 || (c >= 0x2000 && c < 0x2070)) /* blanks and signs */
		return c == 0xaa ? 'A' : c == 0xba ? 'O' : '-';
	if (c >= 0xc0 && c < 0x180)
		return plain[c - 0xc0];
	if (c >= 0x180 && c < 0x250)
		return more[c - 0x180];
	if (c >= 0x1e00 && c < 0x1f00)
		return additional[c - 0x1e00];
	return '.';
}

static void
name(const char *p, size_t n, struct buf *to)
{
	size_t i, bytes;
	int gap = 0;
	char c;

	for (i = 0; i < n; i++) {
		unsigned char u = (unsigned char)p[i];

		c = upper(p[i]);
		if (c == '\'' || c == '.' || c == '`')
			continue;
		if (u >= 0xc2 && u <= 0xe2 && i + 1 < n) {
			c = letter((const unsigned char *)p + i, n - i,
			    &bytes);
			if (c == 0) {
				i += bytes - 1;
				continue;
			}
			if (c == '.')
				c = p[i];
			else
				i += bytes - 1;
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
by_letter(const void *a, const void *b)
{
	return memcmp(a, b, 4);
}

/* The characters in order, without blanks. */
static void
sort_letters(struct buf *b)
{
	char (*letters)[4] = mem_zero(b->n + 1, sizeof *letters);
	size_t i, k, n = 0;

	for (i = 0; i < b->n; i += k) {
		k = compare_cut(b->p + i, b->n - i, 1);
		if (b->p[i] != ' ')
			memcpy(letters[n++], b->p + i, k < 4 ? k : 4);
	}
	qsort(letters, n, sizeof *letters, by_letter);
	for (i = 0, b->n = 0; i < n; i++)
		for (k = 0; k < 4 && letters[i][k] != '\0'; k++)
			b->p[b->n++] = letters[i][k];
	free(letters);
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
	if (field->word > 0)
		keep_word(to, field->word);
	if (field->sorted)
		sort_letters(to);
	if (field->prefix > 0)
		to->n = compare_cut(to->p, to->n, field->prefix);
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
