/* The name that a word was meant to be. */
#include "base/nearest.h"

#include <stdio.h>
#include <string.h>

#define LONGEST 64

static char
fold(char c)
{
	return (char)(c >= 'A' && c <= 'Z' ? c + 32 : c == '_' ? '-' : c);
}

static unsigned
least_of(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

/* Both at most LONGEST; see Boytsov (2011), ACM JEA 16, 1.1, section 2.1. */
static unsigned
distance(const char *a, size_t n, const char *b, size_t m)
{
	unsigned rows[3][LONGEST + 1], *before, *last, *now;
	size_t i, j;

	for (j = 0; j <= m; j++)
		rows[0][j] = (unsigned)j;
	for (i = 1; i <= n; i++) {
		before = rows[(i + 1) % 3];
		last = rows[(i + 2) % 3];
		now = rows[i % 3];
		now[0] = (unsigned)i;
		for (j = 1; j <= m; j++) {
			char x = fold(a[i - 1]), y = fold(b[j - 1]);

			now[j] = least_of(last[j - 1] + (x != y),
			    least_of(last[j], now[j - 1]) + 1);
			if (i > 1 && j > 1 && x == fold(b[j - 2]) &&
			    y == fold(a[i - 2]))
				now[j] = least_of(now[j], before[j - 2] + 1);
		}
	}
	return rows[n % 3][m];
}

static int
begins_with(const char *name, const char *word)
{
	while (*word != '\0' && fold(*name) == fold(*word))
		name++, word++;
	return *word == '\0';
}

const char *
nearest(const char *word, const char *const *names, size_t n)
{
	size_t length = strlen(word), i, size;
	unsigned limit = (unsigned)((length + 1) / 3), least, d;
	const char *best = NULL, *longer = NULL;

	if (length < 2 || length > LONGEST)
		return NULL;
	limit = limit > 0 ? limit : 1;
	least = limit + 1;
	for (i = 0; i < n && names[i] != NULL; i++) {
		size = strlen(names[i]);
		if (longer == NULL && length >= 3 &&
		    begins_with(names[i], word))
			longer = names[i];
		if (size > LONGEST || size > length + limit ||
		    length > size + limit)
			continue;
		d = distance(word, length, names[i], size);
		if (d < least) {
			least = d;
			best = names[i];
		}
	}
	/* A word cut short is likelier than one of several letters wrong. */
	return longer != NULL && least > 1 ? longer : best;
}

const char *
nearest_hint(const char *word, const char *const *names, size_t n,
    char to[NEAREST_HINT])
{
	const char *near = nearest(word, names, n);

	to[0] = '\0';
	if (near != NULL)
		(void)snprintf(to, NEAREST_HINT, "; did you mean %.*s?",
		    LONGEST, near);
	return to;
}
