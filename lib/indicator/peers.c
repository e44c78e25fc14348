#include "peers.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/map.h"
#include "base/mem.h"
#include "csv/table.h"
#include "stats/estimate.h"
#include "stats/standard.h"

struct peers {
	struct csv_table *table;
	long area, other; /* columns */
	int grouped;      /* other is a group */
	struct map *areas; /* to the rows of each: a list */
	struct map *pairs; /* rows by what is there once: a pair; an area that
	                    * has a group */
	size_t *first;    /* by area: its first row; next: by row */
	size_t *next;
	struct arena arena; /* rows made */
};

#define NO_ROW SIZE_MAX

/* A peer there twice would count twice; of two groups one would be lost. */
static int
find_repeats(struct peers *p, struct fault *f)
{
	const struct csv_table *t = p->table;
	struct buf key = { 0 };
	int added = 1;
	size_t i;

	for (i = 0; i < t->nrows && added; i++) {
		buf_clear(&key);
		buf_puts(&key, csv_table_cell(t, i, (size_t)p->area));
		if (!p->grouped) {
			buf_putc(&key, '\0');
			buf_puts(&key, csv_table_cell(t, i,
			    (size_t)p->other));
		}
		(void)map_add(p->pairs, key.p, key.n, &added);
	}
	buf_free(&key);
	return added ? 0 : fault_at(f, t->path, t->lines[i - 1], "%s is there "
	    "twice", p->grouped ? "an area" : "a peer of an area");
}

static int
read_pairs(struct peers *p, struct fault *f)
{
	const struct csv_table *t = p->table;
	struct fault none = FAULT_NONE;
	size_t i, at;

	if ((p->area = csv_table_column(t, "area", f)) == -1)
		return -1;
	p->other = csv_table_column(t, "peer", &none);
	p->grouped = p->other == -1;
	if (p->grouped)
		p->other = csv_table_column(t, "group", &none);
	if (p->other == -1)
		return fault_at(f, t->path, 1, "needs a column peer, or one "
		    "group, beside area");
	if (find_repeats(p, f) == -1)
		return -1;
	p->first = mem_array(NULL, t->nrows + 1, sizeof *p->first);
	p->next = mem_array(NULL, t->nrows + 1, sizeof *p->next);
	for (i = t->nrows; i-- > 0;) {
		const char *key = csv_table_cell(t, i, (size_t)(p->grouped ?
		    p->other : p->area));
		int added;

		at = map_add(p->areas, key, strlen(key), &added);
		p->next[i] = added ? NO_ROW : p->first[at];
		p->first[at] = i;
	}
	return 0;
}

struct peers *
peers_open(const char *path, char delimiter, struct fault *f)
{
	struct peers *p = mem_zero(1, sizeof *p);

	p->areas = map_new();
	p->pairs = map_new();
	p->table = csv_table_open(path, delimiter, f);
	if (p->table == NULL || read_pairs(p, f) == -1) {
		peers_close(p);
		return NULL;
	}
	return p;
}

void
peers_close(struct peers *p)
{
	if (p == NULL)
		return;
	csv_table_close(p->table);
	map_free(p->areas);
	map_free(p->pairs);
	free(p->first);
	free(p->next);
	arena_free(&p->arena);
	free(p);
}

/* What an area's peers are found by: itself, or its group; NULL: nothing. */
static const char *
key_of(const struct peers *p, const char *area)
{
	size_t i;

	if (!p->grouped)
		return area;
	i = map_find(p->pairs, area, strlen(area));
	return i == MAP_NONE ? NULL : csv_table_cell(p->table, i,
	    (size_t)p->other);
}

static int
ascending(const void *a, const void *b)
{
	const double *p = a, *q = b;

	return (*p > *q) - (*p < *q);
}

/* Values of n rows as one. */
static void
together(const struct definition *d, double *values, size_t n,
    struct compare_value *v)
{
	struct estimate_levels levels;
	struct estimate e;

	(void)estimate_levels_set(&levels, estimate_usual, 2);
	switch (d->method) {
	case DEFINITION_PROPORTION:
		estimate_proportion(v->count, v->denominator, d->multiplier,
		    &levels, &e);
		break;
	case DEFINITION_CRUDE_RATE:
		estimate_rate(v->count, v->denominator, d->multiplier,
		    &levels, &e);
		break;
	case DEFINITION_SMR:
	case DEFINITION_ISR_RATIO:
		standard_indirect(v->count, v->denominator, d->multiplier,
		    &levels, &e);
		break;
	case DEFINITION_RATIO:
	case DEFINITION_MEAN:
		v->value = v->count / v->denominator * d->multiplier;
		return;
	default:
		qsort(values, n, sizeof *values, ascending);
		v->value = n % 2 == 1 ? values[n / 2] : (values[n / 2 - 1] +
		    values[n / 2]) / 2;
		v->count = v->denominator = NAN;
		return;
	}
	if (e.reason != ESTIMATE_FINE)
		return;
	v->value = e.value;
	v->lower95 = e.lower[0];
	v->upper95 = e.upper[0];
	v->lower998 = e.lower[1];
	v->upper998 = e.upper[1];
}

const struct values_row *
peers_row(struct peers *p, const struct definition *d,
    const struct values *v, const struct values_row *of)
{
	const struct csv_table *t = p->table;
	const char *key = key_of(p, of->area);
	size_t at = key != NULL ? map_find(p->areas, key, strlen(key)) :
	    MAP_NONE, i, n = 0;
	struct values_row *row;
	double *values;

	if (at == MAP_NONE)
		return NULL;
	row = arena_alloc(&p->arena, sizeof *row);
	*row = *of;
	row->area = row->name = PEERS_NAME;
	row->reason = "";
	row->v = (struct compare_value){ NAN, NAN, NAN, NAN, NAN, 0, 0 };
	values = mem_array(NULL, t->nrows + 1, sizeof *values);
	for (i = p->first[at]; i != NO_ROW; i = p->next[i]) {
		const char *area = csv_table_cell(t, i, (size_t)(p->grouped ?
		    p->area : p->other));
		const struct values_row *r = values_find(v, of->indicator,
		    area, of->period, of->sex, of->category);

		if (strcmp(area, of->area) == 0 || r == NULL ||
		    isnan(r->v.value))
			continue;
		values[n++] = r->v.value;
		row->v.count += r->v.count;
		row->v.denominator += r->v.denominator;
	}
	if (n > 0)
		together(d, values, n, &row->v);
	free(values);
	return n > 0 && !isnan(row->v.value) ? row : NULL;
}
