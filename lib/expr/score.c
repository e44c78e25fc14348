/* Comorbidity and frailty scores over diagnosis codes. */
#include "expr/score.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "base/mem.h"
#include "base/nearest.h"
#include "base/num.h"
#include "base/share.h"
#include "csv/table.h"

#define CONDITIONS 128U
#define LONGEST 6U

/* A prefix beyond its first three characters, and what it stands for. */
struct entry {
	uint16_t key; /* of the three: to sort by */
	unsigned char n;
	char rest[LONGEST - 3];
	struct score_mask mask;
};

struct score {
	struct csv_table *table;
	struct map *conditions;
	int64_t weights[CONDITIONS];
	struct score_mask instead[CONDITIONS];
	unsigned scale;
	int flat;
	size_t n;
	struct entry *entries;  /* sorted by key */
	uint16_t *first;        /* by key: its entries; first[key + 1] ends */
};

#define KEYS (26 * 36 * 36)

/* Three characters of a code as a number; -1: no code begins so. */
static inline int
key_of(const char *p)
{
	int a = (p[0] | 0x20) - 'a', v[2], i;

	if (a < 0 || a > 25)
		return -1;
	for (i = 0; i < 2; i++) {
		char c = p[i + 1];

		if (c >= '0' && c <= '9')
			v[i] = c - '0';
		else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'z')
			v[i] = (c | 0x20) - 'a' + 10;
		else
			return -1;
	}
	return (a * 36 + v[0]) * 36 + v[1];
}

/* A digit, or a letter as a small one; NUL: neither. */
static char
small(char c)
{
	char l = (char)(c | 0x20);

	return (c >= '0' && c <= '9') ? c : l >= 'a' && l <= 'z' ? l : '\0';
}

/* Begins a code's text, after its first three, with an entry's? */
static inline int
begins(const struct entry *e, const char *p, size_t n)
{
	size_t i;

	if (e->n > n)
		return 0;
	for (i = 0; i < e->n; i++)
		if (e->rest[i] != p[i] && e->rest[i] != small(p[i]))
			return 0;
	return 1;
}

static int
by_key(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	return x->key < y->key ? -1 : x->key > y->key;
}

static int
bad_row(const struct score *s, size_t row, const char *what,
    struct fault *f)
{
	return fault_at(f, s->table->path, s->table->lines[row], "%s", what);
}

/* Digits after the point, over a column. */
static unsigned
scale_of(const struct csv_table *t, size_t column)
{
	unsigned scale = 0, n;
	size_t row;

	for (row = 0; row < t->nrows; row++) {
		const char *w = csv_table_cell(t, row, column);

		n = num_text_scale(w, strlen(w));
		scale = n > scale ? n : scale;
	}
	return scale;
}

static int
read_rows(struct score *s, size_t condition, size_t prefix, size_t instead,
    size_t weight, struct fault *f)
{
	const struct csv_table *t = s->table;
	size_t row, at, n, i;
	num_wide w;
	int added, key;

	if (t->nrows > 60000)
		return fault_at(f, t->path, 0, "more than 60000 rows");
	s->scale = scale_of(t, weight);
	s->entries = mem_zero(t->nrows + 1, sizeof *s->entries);
	for (row = 0; row < t->nrows; row++) {
		const char *name = csv_table_cell(t, row, condition);
		const char *p = csv_table_cell(t, row, prefix);
		const char *number = csv_table_cell(t, row, weight);
		struct entry *e = &s->entries[s->n++];

		at = map_add(s->conditions, name, strlen(name), &added);
		if (name[0] == '\0' || at >= CONDITIONS)
			return bad_row(s, row, name[0] == '\0' ?
			    "a condition needs a name" :
			    "more than 128 conditions", f);
		if (s->scale > 6 || num_decimal(number, strlen(number),
		    s->scale, &w) != 0 || w > 1000000000 || w < -1000000000)
			return bad_row(s, row, "a weight that is not a "
			    "decimal of up to six digits after the point", f);
		if (!added && s->weights[at] != (int64_t)w)
			return bad_row(s, row, "another weight for this "
			    "condition than above", f);
		s->weights[at] = (int64_t)w;
		n = strlen(p);
		key = n < 3 || n > LONGEST ? -1 : key_of(p);
		for (i = 3; key != -1 && i < n; i++)
			if ((e->rest[i - 3] = small(p[i])) == '\0')
				key = -1;
		if (key == -1)
			return bad_row(s, row, "a prefix needs a letter and "
			    "2 to 5 letters or digits", f);
		e->key = (uint16_t)key;
		e->n = (unsigned char)(n - 3);
		e->mask.w[at / 64] |= (uint64_t)1 << (at % 64);
	}
	/* Conditions by name are all known now. */
	for (row = 0; row < t->nrows; row++) {
		const char *name = csv_table_cell(t, row, condition);
		const char *milder = csv_table_cell(t, row, instead);

		if (milder[0] == '\0')
			continue;
		at = map_find(s->conditions, milder, strlen(milder));
		if (at == MAP_NONE)
			return bad_row(s, row, "instead_of names no "
			    "condition of this file", f);
		s->instead[map_find(s->conditions, name, strlen(name))]
		    .w[at / 64] |= (uint64_t)1 << (at % 64);
	}
	return 0;
}

static long
weights_column(const struct score *s, const char *name, struct fault *f)
{
	const struct csv_table *t = s->table;
	const char **names = mem_array(NULL, t->ncols + 1, sizeof *names);
	char hint[NEAREST_HINT];
	size_t c, n = 0;
	long found = -1;

	for (c = 0; c < t->ncols && found == -1; c++)
		if (strcmp(t->names[c], "condition") != 0 &&
		    strcmp(t->names[c], "prefix") != 0 &&
		    strcmp(t->names[c], "instead_of") != 0) {
			names[n++] = t->names[c];
			if (name == NULL || strcmp(t->names[c], name) == 0)
				found = (long)c;
		}
	if (found == -1 && name == NULL)
		(void)fault_at(f, t->path, 1, "has no column of weights");
	else if (found == -1)
		(void)fault_at(f, t->path, 1, "has no weights %.40s%s", name,
		    nearest_hint(name, names, n, hint));
	free(names);
	return found;
}

struct score *
score_open(const char *name, const char *weights, int flat, struct fault *f)
{
	struct score *s = mem_zero(1, sizeof *s);
	char *path = share_find("scores", name, ".csv", f);
	long condition, prefix, instead, weight;
	size_t i, key;

	s->flat = flat;
	s->conditions = map_new();
	if (path != NULL)
		s->table = csv_table_open(path, ',', f);
	free(path);
	if (s->table == NULL ||
	    (condition = csv_table_column(s->table, "condition", f)) == -1 ||
	    (prefix = csv_table_column(s->table, "prefix", f)) == -1 ||
	    (instead = csv_table_column(s->table, "instead_of", f)) == -1 ||
	    (weight = weights_column(s, weights, f)) == -1 ||
	    read_rows(s, (size_t)condition, (size_t)prefix, (size_t)instead,
	    (size_t)weight, f) == -1) {
		score_close(s);
		return NULL;
	}
	qsort(s->entries, s->n, sizeof *s->entries, by_key);
	s->first = mem_zero(KEYS + 1, sizeof *s->first);
	for (i = key = 0; key <= KEYS; key++) {
		while (i < s->n && s->entries[i].key < key)
			i++;
		s->first[key] = (uint16_t)i;
	}
	return s;
}

void
score_close(struct score *s)
{
	if (s == NULL)
		return;
	csv_table_close(s->table);
	map_free(s->conditions);
	free(s->entries);
	free(s->first);
	free(s);
}

int
score_whole(const struct score *s)
{
	return s->scale == 0;
}

unsigned
score_scale(const struct score *s)
{
	return s->scale;
}

long
score_condition(const struct score *s, const char *name, struct fault *f)
{
	const char *names[CONDITIONS];
	char hint[NEAREST_HINT];
	size_t i, n = map_count(s->conditions);

	i = map_find(s->conditions, name, strlen(name));
	if (i != MAP_NONE)
		return (long)i;
	for (i = 0; i < n; i++)
		names[i] = map_key(s->conditions, i, NULL);
	return fault_set(f, "no condition %.40s in %.120s%s", name,
	    s->table->path, nearest_hint(name, names, n, hint));
}

void
score_add(const struct score *s, struct score_mask *m, const char *p,
    size_t n)
{
	size_t i, end;
	int key;

	for (; n > 0 && *p == ' '; n--)
		p++;
	key = n >= 3 ? key_of(p) : -1;
	if (key == -1)
		return;
	end = s->first[key + 1];
	i = s->first[key];
	if (i == end)
		return;
	p += 3;
	n -= 3;
	if (n > 0 && *p == '.')
		p++, n--;
	for (; i < end; i++) {
		const struct entry *e = &s->entries[i];

		if (begins(e, p, n)) {
			m->w[0] |= e->mask.w[0];
			m->w[1] |= e->mask.w[1];
		}
	}
}

int64_t
score_sum(const struct score *s, struct score_mask m)
{
	struct score_mask less = { { 0, 0 } };
	int64_t sum = 0;
	uint64_t w;
	size_t i, k;

	for (k = 0; k < 2 && !s->flat; k++)
		for (w = m.w[k]; w != 0; w &= w - 1) {
			i = k * 64 + (size_t)__builtin_ctzll(w);
			less.w[0] |= s->instead[i].w[0];
			less.w[1] |= s->instead[i].w[1];
		}
	for (k = 0; k < 2; k++)
		for (w = m.w[k] & ~less.w[k]; w != 0; w &= w - 1)
			sum += s->weights[k * 64 +
			    (size_t)__builtin_ctzll(w)];
	return sum;
}
