/* Code lists: short codes are looked up in one register. */
#include "spec/codelist.h"

#include <stdlib.h>
#include <string.h>

#include "base/date.h"
#include "base/hash.h"
#include "base/map.h"
#include "base/mem.h"
#include "base/share.h"
#include "csv/table.h"

struct slot {
	uint64_t key; /* see pack; 0: free */
	uint64_t row;
};

struct codelist {
	char *name;
	struct csv_table *table;
	long code, meaning;
	unsigned char *status;
	int32_t *from, *to;
	struct slot *slots;
	uint64_t mask; /* slots - 1 */
	struct map *longer; /* of codes beyond 8 bytes; NULL: none */
	size_t *longer_row;
};

/* Four bytes, the first lowest; compilers make it one load. */
static inline uint64_t
load4(const unsigned char *p)
{
	return (uint64_t)p[0] | (uint64_t)p[1] << 8 | (uint64_t)p[2] << 16 |
	    (uint64_t)p[3] << 24;
}

/*
 * Up to eight bytes in a register, zeros after them: a cell holds no NUL,
 * so no two share a key.
 */
static inline uint64_t
pack(const char *s, size_t n)
{
	const unsigned char *p = (const unsigned char *)s;

	if (n >= 4)
		return load4(p) | load4(p + n - 4) >> 8 * (8 - n) << 32;
	if (n == 0)
		return 0;
	return (uint64_t)p[0] | (uint64_t)p[n >> 1] << 8 * (n >> 1) |
	    (uint64_t)p[n - 1] << 8 * (n - 1);
}

static inline uint64_t
spread(uint64_t key)
{
	return hash_fold(key ^ 0xa0761d6478bd642fULL, 0xe7037ed1a0b428dbULL);
}

static int
bad(const struct codelist *l, size_t row, const char *what, struct fault *f)
{
	return fault_at(f, l->table->path, l->table->lines[row], "%s", what);
}

static int
add(struct codelist *l, size_t row, struct fault *f)
{
	const char *code = csv_table_cell(l->table, row, (size_t)l->code);
	size_t n = strlen(code), at;
	uint64_t i, key;
	int added;

	if (n == 0)
		return bad(l, row, "empty code", f);
	if (n > 8) {
		if (l->longer == NULL)
			l->longer = map_new();
		at = map_add(l->longer, code, n, &added);
		if (!added)
			return bad(l, row, "code is in the list already", f);
		l->longer_row = mem_array(l->longer_row, at + 1,
		    sizeof *l->longer_row);
		l->longer_row[at] = row;
		return 0;
	}
	key = pack(code, n);
	for (i = spread(key) & l->mask; l->slots[i].key != 0;
	    i = (i + 1) & l->mask) {
		if (l->slots[i].key == key)
			return bad(l, row, "code is in the list already", f);
	}
	l->slots[i].key = key;
	l->slots[i].row = row;
	return 0;
}

static int
read_status(struct codelist *l, size_t row, long col, struct fault *f)
{
	const char *s = csv_table_cell(l->table, row, (size_t)col);

	if (strcmp(s, "current") == 0)
		l->status[row] = CODELIST_CURRENT;
	else if (strcmp(s, "default") == 0)
		l->status[row] = CODELIST_DEFAULT;
	else if (strcmp(s, "retired") == 0)
		l->status[row] = CODELIST_RETIRED;
	else
		return bad(l, row, "status is not current, default or retired",
		    f);
	return 0;
}

static int
read_day(struct codelist *l, size_t row, long col, int32_t none,
    int32_t *to, struct fault *f)
{
	const char *s = col < 0 ? "" :
	    csv_table_cell(l->table, row, (size_t)col);

	*to = none;
	if (s[0] == '\0')
		return 0;
	if (date_parse(s, strlen(s), to) == -1)
		return bad(l, row, "not a date (YYYY-MM-DD)", f);
	return 0;
}

/* A column that may be absent. */
static long
optional(const struct csv_table *t, const char *name)
{
	size_t i;

	for (i = 0; i < t->ncols; i++) {
		if (strcmp(t->names[i], name) == 0)
			return (long)i;
	}
	return -1;
}

/* A column nobody knows may be a column misspelt. */
static int
known_columns(const struct csv_table *t, struct fault *f)
{
	static const char *const names[] = { "code", "meaning", "status",
		"valid_from", "valid_to", "source" };
	size_t i, j;

	for (i = 0; i < t->ncols; i++) {
		for (j = 0; j < sizeof names / sizeof *names; j++) {
			if (strcmp(t->names[i], names[j]) == 0)
				break;
		}
		if (j == sizeof names / sizeof *names)
			return fault_at(f, t->path, 1, "column %zu is not one "
			    "of a code list (code, meaning, status, "
			    "valid_from, valid_to, source)", i + 1);
	}
	return 0;
}

static int
read_rows(struct codelist *l, struct fault *f)
{
	const struct csv_table *t = l->table;
	long status, from, to;
	uint64_t slots = 16;
	size_t i;

	if (known_columns(t, f) == -1 ||
	    (l->code = csv_table_column(t, "code", f)) == -1 ||
	    (l->meaning = csv_table_column(t, "meaning", f)) == -1 ||
	    (status = csv_table_column(t, "status", f)) == -1)
		return -1;
	from = optional(t, "valid_from");
	to = optional(t, "valid_to");
	while (slots < t->nrows * 4)
		slots *= 2;
	l->mask = slots - 1;
	l->slots = mem_zero(slots, sizeof *l->slots);
	l->status = mem_zero(t->nrows + 1, sizeof *l->status);
	l->from = mem_array(NULL, t->nrows + 1, sizeof *l->from);
	l->to = mem_array(NULL, t->nrows + 1, sizeof *l->to);
	for (i = 0; i < t->nrows; i++) {
		if (add(l, i, f) == -1 ||
		    read_status(l, i, status, f) == -1 ||
		    read_day(l, i, from, CODELIST_ALWAYS_FROM, &l->from[i],
		    f) == -1 ||
		    read_day(l, i, to, CODELIST_ALWAYS_TO, &l->to[i], f) == -1)
			return -1;
		if (l->from[i] > l->to[i])
			return bad(l, i, "valid_to is before valid_from", f);
	}
	if (t->nrows == 0)
		return fault_at(f, t->path, 0, "a code list without a code");
	return 0;
}

struct codelist *
codelist_open(const char *name, struct fault *f)
{
	struct codelist *l = mem_zero(1, sizeof *l);
	char *path = share_find("codelists", name, ".csv", f);
	int rc = -1;

	l->name = mem_strdup(name);
	if (path != NULL &&
	    (l->table = csv_table_open(path, ',', f)) != NULL)
		rc = read_rows(l, f);
	free(path);
	if (rc == -1) {
		codelist_close(l);
		return NULL;
	}
	return l;
}

void
codelist_close(struct codelist *l)
{
	if (l == NULL)
		return;
	csv_table_close(l->table);
	map_free(l->longer);
	free(l->longer_row);
	free(l->slots);
	free(l->status);
	free(l->from);
	free(l->to);
	free(l->name);
	free(l);
}

const char *
codelist_name(const struct codelist *l)
{
	return l->name;
}

size_t
codelist_count(const struct codelist *l)
{
	return l->table->nrows;
}

long
codelist_find(const struct codelist *l, const char *p, size_t n)
{
	uint64_t i, key;
	size_t at;

	if (n > 8) {
		at = l->longer == NULL ? MAP_NONE : map_find(l->longer, p, n);
		return at == MAP_NONE ? -1 : (long)l->longer_row[at];
	}
	if (n == 0)
		return -1;
	key = pack(p, n);
	for (i = spread(key) & l->mask; l->slots[i].key != key;
	    i = (i + 1) & l->mask) {
		if (l->slots[i].key == 0)
			return -1;
	}
	return (long)l->slots[i].row;
}

long
codelist_find_prefix(const struct codelist *l, const char *p, size_t n,
    size_t prefix)
{
	long row = codelist_find(l, p, n);

	if (row == -1 && prefix > 0 && n > prefix)
		row = codelist_find(l, p, prefix);
	return row;
}

int
codelist_has(const struct codelist *l, const char *p, size_t n)
{
	return codelist_find(l, p, n) != -1;
}

int
codelist_is_default(const struct codelist *l, const char *p, size_t n)
{
	long row = codelist_find(l, p, n);

	return row != -1 && l->status[row] == CODELIST_DEFAULT;
}

const char *
codelist_code(const struct codelist *l, size_t row)
{
	return csv_table_cell(l->table, row, (size_t)l->code);
}

const char *
codelist_meaning(const struct codelist *l, size_t row)
{
	return csv_table_cell(l->table, row, (size_t)l->meaning);
}

enum codelist_status
codelist_status(const struct codelist *l, size_t row)
{
	return (enum codelist_status)l->status[row];
}

int32_t
codelist_from(const struct codelist *l, size_t row)
{
	return l->from[row];
}

int32_t
codelist_to(const struct codelist *l, size_t row)
{
	return l->to[row];
}
