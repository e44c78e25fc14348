/* Clinical codes that mark records, by prefix. */
#include "privacy/codes.h"

#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "base/mem.h"
#include "base/share.h"
#include "csv/table.h"

#define LONGEST 18

struct codes {
	struct map *set;
	unsigned lengths; /* bit n: some code has n characters */
};

struct codes *
codes_new(void)
{
	struct codes *c = mem_zero(1, sizeof *c);

	c->set = map_new();
	return c;
}

void
codes_free(struct codes *c)
{
	if (c == NULL)
		return;
	map_free(c->set);
	free(c);
}

/* Of a code? Dots are passed over. */
static int
within(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
	    (c >= '0' && c <= '9') || c == '.';
}

/*
 * The next code of a cell in plain form, its length; 0: no more. Moves *p.
 * Whatever cannot be within a code ends it: a code must not be missed for
 * an odd sign between two of them.
 */
static size_t
next_code(const char **p, const char *end, char to[LONGEST])
{
	const char *q = *p;
	size_t n = 0;

	while (q < end && (!within(*q) || *q == '.'))
		q++;
	for (; q < end && within(*q); q++) {
		char c = *q;

		if (c == '.')
			continue;
		if (c >= 'a' && c <= 'z')
			c = (char)(c - 'a' + 'A');
		if (n < LONGEST)
			to[n++] = c;
	}
	*p = q;
	/* A code of three characters, filled up to four. */
	if (n >= 4 && to[3] == 'X' && to[0] >= 'A')
		n = 3;
	return n;
}

int
codes_read(struct codes *c, const char *list, struct fault *f)
{
	char *path = share_find("codelists", list, ".csv", f);
	struct csv_table *t = NULL;
	char code[LONGEST], another[LONGEST];
	const char *p, *end;
	long column;
	size_t i, n, all = 0;
	int rc = -1;

	if (path == NULL || (t = csv_table_open(path, ',', f)) == NULL ||
	    (column = csv_table_column(t, "code", f)) == -1)
		goto out;
	for (i = 0; i < t->nrows; i++) {
		p = csv_table_cell(t, i, (size_t)column);
		end = p + strlen(p);
		if ((n = next_code(&p, end, code)) == 0) {
			(void)fault_at(f, path, t->lines[i], "not a code");
			goto out;
		}
		if (next_code(&p, end, another) != 0) {
			(void)fault_at(f, path, t->lines[i], "more than one "
			    "code; a range is a line for each");
			goto out;
		}
		(void)map_add(c->set, code, n, NULL);
		c->lengths |= 1u << n;
		all++;
	}
	if (all == 0)
		(void)fault_at(f, path, 0, "the list is empty");
	else
		rc = 0;
out:
	csv_table_close(t);
	free(path);
	return rc;
}

int
codes_in(const struct codes *c, const char *p, size_t size)
{
	const char *end = p + size;
	char code[LONGEST];
	size_t n, k;

	while (p < end) {
		n = next_code(&p, end, code);
		for (k = 1; k <= n; k++)
			if ((c->lengths >> k & 1) != 0 &&
			    map_find(c->set, code, k) != MAP_NONE)
				return 1;
	}
	return 0;
}
