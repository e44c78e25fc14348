/* Given names that stand for each other. */
#include "linkage/nickname.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/map.h"
#include "base/mem.h"
#include "base/share.h"
#include "csv/table.h"

#define MAX_LONG 8 /* names that one short form may stand for */

struct entry { /* of a name, by its number in the map */
	size_t n;
	size_t stands_for[MAX_LONG];
};

struct nicknames {
	struct map *map;
	struct entry *entries;
	size_t cap;
};

static size_t
number_of(struct nicknames *k, const char *s)
{
	struct buf b = { 0 };
	size_t id, old = k->cap;
	int added;

	for (; *s != '\0'; s++)
		buf_putc(&b, *s >= 'a' && *s <= 'z' ?
		    (char)(*s - 'a' + 'A') : *s);
	id = map_add(k->map, b.p, b.n, &added);
	buf_free(&b);
	if (id >= k->cap) {
		k->cap = k->cap * 2 + 64;
		k->entries = mem_array(k->entries, k->cap,
		    sizeof *k->entries);
		memset(k->entries + old, 0,
		    (k->cap - old) * sizeof *k->entries);
	}
	return id;
}

struct nicknames *
nicknames_open(struct fault *f)
{
	struct nicknames *k = mem_zero(1, sizeof *k);
	struct csv_table *t = NULL;
	struct entry *e;
	char *path;
	long name, brief;
	size_t i, a, b;
	int rc = -1;

	k->map = map_new();
	if ((path = share_find("matching", "nicknames", ".csv", f)) == NULL ||
	    (t = csv_table_open(path, ',', f)) == NULL ||
	    (name = csv_table_column(t, "name", f)) == -1 ||
	    (brief = csv_table_column(t, "short", f)) == -1)
		goto out;
	for (i = 0; i < t->nrows; i++) {
		a = number_of(k, csv_table_cell(t, i, (size_t)name));
		b = number_of(k, csv_table_cell(t, i, (size_t)brief));
		e = &k->entries[b];
		if (e->n == MAX_LONG) {
			(void)fault_at(f, path, t->lines[i], "a short form "
			    "stands for more than %d names", MAX_LONG);
			goto out;
		}
		e->stands_for[e->n++] = a;
	}
	rc = 0;
out:
	csv_table_close(t);
	free(path);
	if (rc == -1) {
		nicknames_free(k);
		k = NULL;
	}
	return k;
}

void
nicknames_free(struct nicknames *k)
{
	if (k == NULL)
		return;
	map_free(k->map);
	free(k->entries);
	free(k);
}

int
nicknames_same(const struct nicknames *k, const char *p, size_t n,
    const char *q, size_t m)
{
	const struct entry *e, *g;
	size_t a, b, i, j;

	if (n == m && memcmp(p, q, n) == 0)
		return 1;
	a = map_find(k->map, p, n);
	b = map_find(k->map, q, m);
	if (a == MAP_NONE || b == MAP_NONE)
		return 0;
	e = &k->entries[a];
	g = &k->entries[b];
	for (i = 0; i < e->n; i++) {
		if (e->stands_for[i] == b)
			return 1;
		for (j = 0; j < g->n; j++)
			if (e->stands_for[i] == g->stands_for[j])
				return 1;
	}
	for (j = 0; j < g->n; j++)
		if (g->stands_for[j] == a)
			return 1;
	return 0;
}
