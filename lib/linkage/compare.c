/* How alike two values are. */
#include "linkage/compare.h"

#include <string.h>

#include "base/date.h"

static size_t
shorten(size_t n)
{
	return n < COMPARE_MAX ? n : COMPARE_MAX;
}

int
compare_is_ascii(const char *p, size_t n)
{
	unsigned char all = 0;
	size_t i;

	for (i = 0; i < n; i++)
		all |= (unsigned char)p[i];
	return all < 0x80;
}

/* Bytes of the first character. */
static size_t
letter(const char *p, size_t n)
{
	size_t k = 1;

	while (k < n && ((unsigned char)p[k] & 0xc0) == 0x80)
		k++;
	return k;
}

size_t
compare_cut(const char *p, size_t n, size_t characters)
{
	size_t i = 0;

	while (characters-- > 0 && i < n)
		i += letter(p + i, n - i);
	return i;
}

size_t
compare_letters(const char *a, size_t n, const char *b, size_t *m,
    char to_a[255], char to_b[255])
{
	/* Letters of a, from 1; 0: one that a has not. */
	struct { const char *p; size_t n; } seen[256];
	size_t letters = 0, side, i, k, x, out[2] = { 0, 0 };
	const char *p;

	for (side = 0; side < 2; side++) {
		p = side == 0 ? a : b;
		for (i = 0; i < (side == 0 ? n : *m); i += k) {
			k = letter(p + i, (side == 0 ? n : *m) - i);
			for (x = 1; x <= letters; x++)
				if (seen[x].n == k &&
				    memcmp(seen[x].p, p + i, k) == 0)
					break;
			if (x > letters && side == 1)
				x = 0;
			if (x > letters) {
				seen[x].p = p + i;
				seen[x].n = k;
				letters = x;
			}
			(side == 0 ? to_a : to_b)[out[side]++] = (char)x;
		}
	}
	*m = out[1];
	return out[0];
}

double
compare_jaro(const char *a, size_t n, const char *b, size_t m)
{
	unsigned char taken[COMPARE_MAX] = { 0 };
	char order[COMPARE_MAX];
	size_t i, j, k, from, to, reach, hits = 0, moved = 0;

	n = shorten(n);
	m = shorten(m);
	if (n == 0 && m == 0)
		return 1;
	if (n == 0 || m == 0)
		return 0;
	reach = (n > m ? n : m) / 2;
	reach = reach > 0 ? reach - 1 : 0;
	for (i = 0; i < n; i++) {
		from = i > reach ? i - reach : 0;
		to = i + reach + 1 < m ? i + reach + 1 : m;
		for (j = from; j < to; j++)
			if (!taken[j] && a[i] == b[j]) {
				taken[j] = 1;
				order[hits++] = a[i];
				break;
			}
	}
	if (hits == 0)
		return 0;
	for (j = k = 0; j < m; j++)
		if (taken[j])
			moved += order[k++] != b[j];
	return ((double)hits / (double)n + (double)hits / (double)m +
	    (double)(hits - moved / 2) / (double)hits) / 3;
}

double
compare_jaro_winkler(const char *a, size_t n, const char *b, size_t m)
{
	double j = compare_jaro(a, n, b, m);
	size_t k = 0;

	if (j < 0.7 || compare_at_least(0.7, j))
		return j;
	while (k < 4 && k < n && k < m && a[k] == b[k])
		k++;
	return j + 0.1 * (double)k * (1 - j);
}

static unsigned
least(unsigned a, unsigned b, unsigned c)
{
	unsigned r = a < b ? a : b;

	return r < c ? r : c;
}

/* Row by row; two rows back for swaps. */
static unsigned
edits(const char *a, size_t n, const char *b, size_t m, int swaps)
{
	unsigned rows[3][COMPARE_MAX + 1];
	unsigned *older = rows[0], *old = rows[1], *now = rows[2], *t;
	size_t i, j;

	n = shorten(n);
	m = shorten(m);
	while (n > 0 && m > 0 && a[n - 1] == b[m - 1]) {
		n--;
		m--;
	}
	for (j = 0; j <= m; j++)
		old[j] = (unsigned)j;
	for (i = 1; i <= n; i++) {
		now[0] = (unsigned)i;
		for (j = 1; j <= m; j++) {
			now[j] = least(old[j] + 1, now[j - 1] + 1,
			    old[j - 1] + (a[i - 1] != b[j - 1]));
			if (swaps && i > 1 && j > 1 && a[i - 1] == b[j - 2] &&
			    a[i - 2] == b[j - 1] && older[j - 2] + 1 < now[j])
				now[j] = older[j - 2] + 1;
		}
		t = older;
		older = old;
		old = now;
		now = t;
	}
	return old[m];
}

unsigned
compare_levenshtein(const char *a, size_t n, const char *b, size_t m)
{
	return edits(a, n, b, m, 0);
}

unsigned
compare_damerau(const char *a, size_t n, const char *b, size_t m)
{
	return edits(a, n, b, m, 1);
}

int
compare_damerau_within(const char *a, size_t n, const char *b, size_t m,
    unsigned limit)
{
	n = shorten(n);
	m = shorten(m);
	if ((n > m ? n - m : m - n) > limit)
		return 0;
	while (n > 0 && m > 0 && *a == *b) {
		a++;
		b++;
		n--;
		m--;
	}
	while (n > 0 && m > 0 && a[n - 1] == b[m - 1]) {
		n--;
		m--;
	}
	if (limit > 1)
		return edits(a, n, b, m, 1) <= limit;
	if (limit == 0 || n + m <= 1)
		return n + m <= limit;
	if (n == 1 && m == 1)
		return 1;
	return n == 2 && m == 2 && a[0] == b[1] && a[1] == b[0];
}

int
compare_soundex(const char *a, size_t n, char to[4])
{
	/* A vowel ends a run of one code ('0'); H and W do not ('-'). */
	static const char code[] = "0123012-02245501262301-202";
	char last = 0, c, d;
	size_t i, k = 0;

	memcpy(to, "0000", 4);
	for (i = 0; i < n && k < 4; i++) {
		c = a[i];
		if (c >= 'a' && c <= 'z')
			c = (char)(c - 'a' + 'A');
		if (c < 'A' || c > 'Z')
			continue;
		d = code[c - 'A'];
		if (k == 0)
			to[k++] = c;
		else if (d > '0' && d != last)
			to[k++] = d;
		if (d != '-')
			last = d;
	}
	return k == 0 ? -1 : 0;
}

unsigned
compare_date_parts(int32_t a, int32_t b)
{
	struct date_civil x = date_civil(a), y = date_civil(b);

	return (unsigned)(x.year == y.year) + (unsigned)(x.month == y.month) +
	    (unsigned)(x.day == y.day);
}

int
compare_date_swapped(int32_t a, int32_t b)
{
	struct date_civil x = date_civil(a), y = date_civil(b);

	return a != b && x.year == y.year && x.month == y.day &&
	    x.day == y.month;
}

int
compare_date_year_slip(int32_t a, int32_t b)
{
	struct date_civil x = date_civil(a), y = date_civil(b);
	int digit[2][4], i, off = 0, first = -1;

	if (x.month != y.month || x.day != y.day || x.year == y.year)
		return 0;
	for (i = 3; i >= 0; i--) {
		digit[0][i] = x.year % 10;
		digit[1][i] = y.year % 10;
		x.year /= 10;
		y.year /= 10;
	}
	for (i = 0; i < 4; i++)
		if (digit[0][i] != digit[1][i]) {
			off++;
			if (first == -1)
				first = i;
		}
	if (off == 1)
		return 1;
	return off == 2 && first < 3 &&
	    digit[0][first] == digit[1][first + 1] &&
	    digit[0][first + 1] == digit[1][first];
}

int
compare_date_partial(int32_t a, int32_t b)
{
	return compare_date_parts(a, b) >= 2 || compare_date_swapped(a, b) ||
	    compare_date_year_slip(a, b);
}

size_t
compare_postcode_part(const char pc[8], enum compare_postcode part)
{
	size_t n = 0;

	if (part == COMPARE_SECTOR)
		return 6;
	if (part == COMPARE_DISTRICT)
		return 5;
	while (n < 2 && pc[n] >= 'A' && pc[n] <= 'Z')
		n++;
	return n;
}
