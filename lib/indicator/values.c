#include "values.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/infile.h"
#include "base/map.h"
#include "base/mem.h"
#include "base/num.h"
#include "csv/table.h"

#define CAP ((size_t)1 << 30)

struct values_memory {
	struct csv_table *table, *names;
	struct map *index; /* of indicator, area, period, sex, category */
};

static const char *const text_columns[6] = { "indicator", "area", "period",
    "sex", "category", "reason" };
static const char *const number_columns[7] = { "value", "lower_95",
    "upper_95", "lower_99_8", "upper_99_8", "count", "denominator" };

static int
read_number(const struct csv_table *t, size_t row, long col, double *to,
    struct fault *f)
{
	const char *s;

	*to = NAN;
	if (col < 0)
		return 0;
	s = csv_table_cell(t, row, (size_t)col);
	if (*s == '\0' || num_double(s, strlen(s), to) == 0)
		return 0;
	(void)fault_at(f, t->path, t->lines[row], "must be a number");
	fault_place(f, NULL, 0, row + 1, (uint64_t)col + 1, t->names[col]);
	return -1;
}

static int
fill(struct values *v, const struct csv_table *t, struct fault *f)
{
	struct fault none = FAULT_NONE;
	long text[6], number[7];
	size_t i, k;

	for (k = 0; k < 6; k++) {
		fault_clear(&none);
		text[k] = csv_table_column(t, text_columns[k], &none);
	}
	for (k = 0; k < 7; k++) {
		fault_clear(&none);
		number[k] = csv_table_column(t, number_columns[k], &none);
	}
	if (text[0] < 0 || text[1] < 0 || number[0] < 0)
		return fault_at(f, t->path, 0, "are not values of "
		    "nib-indicator rate: the columns indicator, area and "
		    "value are needed");
	v->rows = mem_zero(t->nrows + 1, sizeof *v->rows);
	for (i = 0; i < t->nrows; i++) {
		struct values_row *r = &v->rows[i];
		const char *cells[6];
		double n[7];

		for (k = 0; k < 6; k++)
			cells[k] = text[k] < 0 ? "" : csv_table_cell(t, i,
			    (size_t)text[k]);
		for (k = 0; k < 7; k++)
			if (read_number(t, i, number[k], &n[k], f) == -1)
				return -1;
		*r = (struct values_row){ cells[0], cells[1], cells[2],
		    cells[3], cells[4], cells[5], cells[1],
		    { n[0], n[1], n[2], n[3], n[4], n[5], n[6] } };
	}
	v->n = t->nrows;
	return 0;
}

static void
row_key(struct buf *b, const char *indicator, const char *area,
    const char *period, const char *sex, const char *category)
{
	buf_clear(b);
	buf_puts(b, indicator);
	buf_putc(b, '\0');
	buf_puts(b, area);
	buf_putc(b, '\0');
	buf_puts(b, period);
	buf_putc(b, '\0');
	buf_puts(b, sex);
	buf_putc(b, '\0');
	buf_puts(b, category);
}

/* The index follows the rows. */
static int
reindex(struct values *v, struct fault *f)
{
	struct buf key = { 0 };
	size_t i;
	int added = 1;

	map_free(v->memory->index);
	v->memory->index = map_new();
	for (i = 0; i < v->n && added; i++) {
		const struct values_row *r = &v->rows[i];

		row_key(&key, r->indicator, r->area, r->period, r->sex,
		    r->category);
		(void)map_add(v->memory->index, key.p, key.n, &added);
	}
	buf_free(&key);
	return added ? 0 : fault_at(f, v->memory->table->path,
	    v->memory->table->lines[i - 1], "an indicator, area, period, sex "
	    "and category is there twice");
}

struct values *
values_open(const char *path, char delimiter, struct fault *f)
{
	struct values *v = mem_zero(1, sizeof *v);
	char *text;
	size_t n;

	v->memory = mem_zero(1, sizeof *v->memory);
	if (infile_whole(path, CAP, &text, &n, f) == -1)
		goto fail;
	v->memory->table = csv_table_parse(path, text, n, delimiter, f);
	free(text);
	if (v->memory->table == NULL || fill(v, v->memory->table, f) == -1 ||
	    reindex(v, f) == -1)
		goto fail;
	return v;
fail:
	values_close(v);
	return NULL;
}

void
values_close(struct values *v)
{
	if (v == NULL)
		return;
	csv_table_close(v->memory->table);
	csv_table_close(v->memory->names);
	map_free(v->memory->index);
	free(v->memory);
	free(v->rows);
	free(v);
}

int
values_names(struct values *v, const char *path, struct fault *f)
{
	struct fault none = FAULT_NONE;
	struct csv_table *t = csv_table_open(path, ',', f);
	struct map *index;
	long code, name;
	size_t i, at;

	if (t == NULL)
		return -1;
	v->memory->names = t;
	if ((code = csv_table_column(t, "area", &none)) == -1 &&
	    (code = csv_table_column(t, "code", f)) == -1)
		return -1;
	if ((name = csv_table_column(t, "name", f)) == -1)
		return -1;
	index = map_new();
	for (i = 0; i < t->nrows; i++) {
		const char *s = csv_table_cell(t, i, (size_t)code);

		(void)map_add(index, s, strlen(s), NULL);
	}
	for (i = 0; i < v->n && map_count(index) == t->nrows; i++) {
		at = map_find(index, v->rows[i].area,
		    strlen(v->rows[i].area));
		if (at != MAP_NONE)
			v->rows[i].name = csv_table_cell(t, at,
			    (size_t)name);
	}
	at = map_count(index);
	map_free(index);
	return at == t->nrows ? 0 : fault_at(f, path, 0, "an area is there "
	    "twice");
}

static int
fits(const char *cell, const char *wanted)
{
	return wanted == NULL || strcmp(cell, wanted) == 0;
}

void
values_keep(struct values *v, const char *indicator, const char *area,
    const char *period, const char *sex, const char *category)
{
	size_t i, k = 0;

	for (i = 0; i < v->n; i++) {
		const struct values_row *r = &v->rows[i];

		if (fits(r->indicator, indicator) && fits(r->area, area) &&
		    fits(r->period, period) && fits(r->sex, sex) &&
		    fits(r->category, category))
			v->rows[k++] = *r;
	}
	v->n = k;
	(void)reindex(v, NULL);
}

int
values_comparator(const struct values *v, const char *area, struct fault *f)
{
	size_t i;

	for (i = 0; area != NULL && i < v->n; i++)
		if (strcmp(v->rows[i].area, area) == 0)
			break;
	return area == NULL || v->n == 0 || i < v->n ? 0 : fault_set(f,
	    "the comparator is not among the values");
}

const struct values_row *
values_find(const struct values *v, const char *indicator, const char *area,
    const char *period, const char *sex, const char *category)
{
	struct buf key = { 0 };
	size_t at;

	row_key(&key, indicator, area, period, sex, category);
	at = map_find(v->memory->index, key.p, key.n);
	buf_free(&key);
	return at == MAP_NONE ? NULL : &v->rows[at];
}

double
values_size(const struct definition *d, const struct values_row *r)
{
	if (d->method == DEFINITION_DSR || d->method == DEFINITION_ISR_RATE)
		return r->v.value > 0 ? r->v.count * d->multiplier /
		    r->v.value : NAN;
	return r->v.denominator;
}

/* Limits about the comparator are those of a count of events. */
static int
of_events(enum definition_method m)
{
	return m == DEFINITION_PROPORTION || m == DEFINITION_CRUDE_RATE ||
	    m == DEFINITION_DSR || m == DEFINITION_ISR_RATIO ||
	    m == DEFINITION_ISR_RATE || m == DEFINITION_SMR;
}

enum compare_result
values_compare(const struct definition *d, enum compare_method m,
    const struct values_row *a, const struct values_row *other)
{
	struct compare_value v = a->v;

	if (other == NULL || m == COMPARE_NONE ||
	    (m == COMPARE_SPC_PROPORTION && d->method !=
	    DEFINITION_PROPORTION) || (m == COMPARE_SPC_RATE &&
	    !of_events(d->method)))
		return COMPARE_UNKNOWN;
	v.denominator = values_size(d, a);
	return compare_values(m, &v, &other->v, d->multiplier);
}
