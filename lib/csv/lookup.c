/* A reference file as a map from one column to another. */
#include "csv/lookup.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/map.h"
#include "base/mem.h"
#include "base/share.h"
#include "csv/table.h"

#define PAD 16

struct csv_lookup {
	struct map *keys;
	struct csv_slice *values; /* by number of the key */
	struct arena texts;
	char *path, *value_name;
	uint64_t mark;
};

/* A path as it stands, or what share/ has by that name; yours. */
static char *
path_of(const char *file, struct fault *f)
{
	static const char *const folders[] = { "lookups", "codelists" };
	char *path = NULL, hint[NEAREST_HINT];
	size_t i;

	if (strpbrk(file, "/.") != NULL)
		return mem_strdup(file);
	for (i = 0; i < 2 && path == NULL; i++)
		path = share_find(folders[i], file, ".csv", NULL);
	if (path != NULL)
		return path;
	for (i = 0, hint[0] = '\0'; i < 2 && hint[0] == '\0'; i++)
		(void)share_hint(folders[i], file, ".csv", hint);
	(void)fault_set(f, "no %s.csv in share/lookups or share/codelists%s "
	    "(a path needs a slash or an extension)", file, hint);
	return NULL;
}

static uint64_t
fnv(uint64_t h, const char *s)
{
	size_t i, n = strlen(s) + 1; /* its end too: cells stay apart */

	for (i = 0; i < n; i++)
		h = (h ^ (unsigned char)s[i]) * 0x100000001b3ULL;
	return h;
}

static int
key_fault(const struct csv_table *t, size_t row, size_t column,
    struct fault *f)
{
	f->line = t->lines[row];
	fault_place(f, t->path, t->lines[row], 0, column + 1,
	    t->names[column]);
	return -1;
}

static int
read_rows(struct csv_lookup *l, const struct csv_table *t, size_t key,
    size_t value, struct fault *f)
{
	uint64_t *lines = mem_array(NULL, t->nrows + 1, sizeof *lines);
	size_t row, at, n;
	int added = 1, rc = -1;
	char *text;

	l->values = mem_array(NULL, t->nrows + 1, sizeof *l->values);
	l->mark = 0xcbf29ce484222325ULL;
	for (row = 0; row < t->nrows; row++) {
		const char *k = csv_table_cell(t, row, key);
		const char *v = csv_table_cell(t, row, value);

		if (k[0] == '\0') {
			(void)fault_set(f, "an empty key");
			(void)key_fault(t, row, key, f);
			goto out;
		}
		at = map_add(l->keys, k, strlen(k), &added);
		if (!added) {
			(void)fault_set(f, "the same key as line %llu",
			    (unsigned long long)lines[at]);
			(void)key_fault(t, row, key, f);
			goto out;
		}
		n = strlen(v);
		text = arena_alloc(&l->texts, n + PAD);
		memcpy(text, v, n);
		memset(text + n, 0, PAD);
		l->values[at] = (struct csv_slice){ n > 0 ? text : NULL, n };
		lines[at] = t->lines[row];
		l->mark = fnv(fnv(l->mark, k), v);
	}
	rc = 0;
out:
	free(lines);
	return rc;
}

struct csv_lookup *
csv_lookup_open(const char *file, const char *key, const char *value,
    struct fault *f)
{
	struct csv_lookup *l = NULL;
	struct csv_table *t = NULL;
	char *path = path_of(file, f);
	long k = 0, v = 1;

	if (path == NULL || (t = csv_table_open(path, ',', f)) == NULL)
		goto out;
	if (value == NULL && t->ncols < 2) {
		(void)fault_at(f, path, 0, "a lookup needs two columns");
		goto out;
	}
	if ((key != NULL && (k = csv_table_column(t, key, f)) == -1) ||
	    (value != NULL && (v = csv_table_column(t, value, f)) == -1))
		goto out;
	l = mem_zero(1, sizeof *l);
	l->keys = map_new();
	l->path = mem_strdup(path);
	l->value_name = mem_strdup(t->names[v]);
	if (read_rows(l, t, (size_t)k, (size_t)v, f) == -1) {
		csv_lookup_close(l);
		l = NULL;
	}
out:
	csv_table_close(t);
	free(path);
	return l;
}

void
csv_lookup_close(struct csv_lookup *l)
{
	if (l == NULL)
		return;
	map_free(l->keys);
	arena_free(&l->texts);
	free(l->values);
	free(l->path);
	free(l->value_name);
	free(l);
}

struct csv_slice
csv_lookup_find(const struct csv_lookup *l, const char *p, size_t n)
{
	struct csv_slice none = { NULL, 0 };
	size_t at = n > 0 ? map_find(l->keys, p, n) : MAP_NONE;

	return at == MAP_NONE ? none : l->values[at];
}

const char *
csv_lookup_path(const struct csv_lookup *l)
{
	return l->path;
}

const char *
csv_lookup_value_name(const struct csv_lookup *l)
{
	return l->value_name;
}

uint64_t
csv_lookup_mark(const struct csv_lookup *l)
{
	return l->mark;
}

int
csv_lookup_split(const char *text, struct csv_lookup_words *w)
{
	char *copy = mem_strdup(text), *file, *field, *key, *value;

	memset(w, 0, sizeof *w);
	file = strchr(copy, '=');
	if (file == NULL || file == copy || file[1] == '\0')
		goto bad;
	*file++ = '\0';
	w->name = copy;
	w->rest = file;
	if ((value = strrchr(file, ':')) == NULL)
		return 0;
	*value++ = '\0';
	if ((field = strrchr(file, ':')) == NULL || field == file)
		goto bad;
	*field++ = '\0';
	if ((key = strchr(field, '=')) != NULL)
		*key++ = '\0';
	else
		key = field;
	if (field[0] == '\0' || key[0] == '\0' || value[0] == '\0')
		goto bad;
	w->rest = NULL;
	w->file = file;
	w->field = field;
	w->key = key;
	w->value = value;
	return 0;
bad:
	free(copy);
	memset(w, 0, sizeof *w);
	return -1;
}
