#include "bands.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "base/mem.h"
#include "base/num.h"
#include "base/share.h"
#include "csv/table.h"

/* Ages beyond this are of the last band. */
#define LAST_AGE 150

struct bands {
	char *name;
	struct csv_table *table;
	struct map *labels;
	size_t n;
	long label;
	int weighted;
	double start[BANDS_MAX], weight[BANDS_MAX];
	const char *text[BANDS_MAX]; /* its label */
	size_t length[BANDS_MAX];
	signed char of_age[LAST_AGE + 1];
};

static int
number(const struct csv_table *t, size_t row, long col, double *to,
    struct fault *f)
{
	const char *s = csv_table_cell(t, row, (size_t)col);

	if (num_double(s, strlen(s), to) == -1 || *to < 0) {
		(void)fault_at(f, t->path, t->lines[row],
		    "must be a number not below 0");
		fault_place(f, NULL, 0, 0, (uint64_t)col + 1,
		    t->names[col]);
		return -1;
	}
	return 0;
}

static int
fill(struct bands *b, struct fault *f)
{
	struct fault none = FAULT_NONE;
	const struct csv_table *t = b->table;
	long start, weight;
	size_t i, age;
	int added;

	if ((b->label = csv_table_column(t, "age_band", f)) == -1 ||
	    (start = csv_table_column(t, "start_age", f)) == -1)
		return -1;
	weight = csv_table_column(t, "weight", &none);
	b->weighted = weight >= 0;
	if (t->nrows == 0 || t->nrows > BANDS_MAX)
		return fault_at(f, t->path, 0, "must have 1 to %d bands",
		    BANDS_MAX);
	b->n = t->nrows;
	for (i = 0; i < b->n; i++) {
		const char *s = csv_table_cell(t, i, (size_t)b->label);

		b->text[i] = s;
		b->length[i] = strlen(s);
		(void)map_add(b->labels, s, b->length[i], &added);
		if (!added)
			return fault_at(f, t->path, t->lines[i],
			    "this age band is there twice");
		if (number(t, i, start, &b->start[i], f) == -1 ||
		    (weight >= 0 && number(t, i, weight, &b->weight[i],
		    f) == -1))
			return -1;
		if (i > 0 && b->start[i] <= b->start[i - 1])
			return fault_at(f, t->path, t->lines[i],
			    "start_age must ascend");
	}
	for (age = 0; age <= LAST_AGE; age++) {
		b->of_age[age] = -1;
		for (i = 0; i < b->n && b->start[i] <= (double)age; i++)
			b->of_age[age] = (signed char)i;
	}
	return 0;
}

struct bands *
bands_open(const char *name, struct fault *f)
{
	char *path = share_find("standards", name, ".csv", f);
	struct bands *b;

	if (path == NULL)
		return NULL;
	b = mem_zero(1, sizeof *b);
	b->name = mem_strdup(name);
	b->labels = map_new();
	b->table = csv_table_open(path, ',', f);
	free(path);
	if (b->table == NULL || fill(b, f) == -1) {
		bands_close(b);
		return NULL;
	}
	return b;
}

void
bands_close(struct bands *b)
{
	if (b == NULL)
		return;
	csv_table_close(b->table);
	map_free(b->labels);
	free(b->name);
	free(b);
}

size_t
bands_count(const struct bands *b)
{
	return b->n;
}

const char *
bands_name(const struct bands *b)
{
	return b->name;
}

const char *
bands_label(const struct bands *b, size_t i)
{
	return b->text[i];
}

double
bands_start(const struct bands *b, size_t i)
{
	return b->start[i];
}

double
bands_weight(const struct bands *b, size_t i)
{
	return b->weight[i];
}

int
bands_weighted(const struct bands *b)
{
	return b->weighted;
}

long
bands_find(const struct bands *b, const char *s, size_t n)
{
	size_t i = map_find(b->labels, s, n);

	return i == MAP_NONE ? -1 : (long)i;
}

long
bands_find_after(const struct bands *b, long before, const char *s, size_t n)
{
	size_t i = (size_t)(before + 1);

	if (i >= b->n)
		i = 0;
	if (n == b->length[i] && memcmp(b->text[i], s, n) == 0)
		return (long)i;
	return bands_find(b, s, n);
}

long
bands_of_age(const struct bands *b, int64_t years)
{
	if (years < 0)
		return -1;
	return b->of_age[years > LAST_AGE ? LAST_AGE : years];
}

int
bands_cut(const struct bands *b, double from, double to, size_t *first,
    size_t *last, struct fault *f)
{
	size_t i;

	*first = 0;
	*last = b->n;
	for (i = 0; i < b->n; i++) {
		double start = b->start[i];
		double next = i + 1 < b->n ? b->start[i + 1] : HUGE_VAL;

		if (start < from && from < next)
			return fault_set(f, "age_from cuts a band");
		if (to >= 0 && start <= to && to + 1 < next)
			return fault_set(f, "age_to cuts a band");
		if (start < from)
			*first = i + 1;
		if (to >= 0 && start > to && i < *last)
			*last = i;
	}
	return *first < *last ? 0 : fault_set(f, "no band of its standard is "
	    "within age_from and age_to");
}
