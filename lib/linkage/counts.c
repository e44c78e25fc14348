/* How many records have each value of some fields. */
#include "linkage/counts.h"

#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "base/mem.h"
#include "base/num.h"
#include "csv/table.h"
#include "csv/writer.h"
#include "linkage/keys.h"

struct field {
	struct map *values; /* NULL: not counted */
	uint64_t *n;        /* by number of the value */
	size_t room;
	uint64_t all;
};

struct counts {
	const struct matching *m;
	struct field fields[MATCHING_MAX_FIELDS];
};

struct counts *
counts_new(const struct matching *m)
{
	struct counts *c = mem_zero(1, sizeof *c);
	size_t i;

	c->m = m;
	for (i = 0; i < m->ncomparisons; i++) {
		struct field *to = &c->fields[m->comparisons[i].field];

		if (m->comparisons[i].frequency > 0 && to->values == NULL)
			to->values = map_new();
	}
	return c;
}

void
counts_free(struct counts *c)
{
	size_t i;

	if (c == NULL)
		return;
	for (i = 0; i < MATCHING_MAX_FIELDS; i++) {
		map_free(c->fields[i].values);
		free(c->fields[i].n);
	}
	free(c);
}

int
counts_has(const struct counts *c, size_t field)
{
	return c->fields[field].values != NULL;
}

int
counts_any(const struct counts *c)
{
	size_t i;

	for (i = 0; i < MATCHING_MAX_FIELDS; i++)
		if (counts_has(c, i))
			return 1;
	return 0;
}

void
counts_add(struct counts *c, size_t field, const char *p, size_t size,
    uint64_t n)
{
	struct field *to = &c->fields[field];
	size_t i, old = to->room;

	if (size == 0)
		return;
	i = map_add(to->values, p, size, NULL);
	if (i >= to->room) {
		to->room = to->room * 2 + 1024;
		to->n = mem_array(to->n, to->room, sizeof *to->n);
		memset(to->n + old, 0, (to->room - old) * sizeof *to->n);
	}
	to->n[i] += n;
	to->all += n;
}

void
counts_add_cells(struct counts *c, const struct values *v, const char *p,
    size_t records, size_t n)
{
	struct keys_record r;
	size_t i, k, field;

	for (i = 0; i < records; i++) {
		p = keys_record(&r, p, n);
		for (k = 0; k < values_nslots(v); k++) {
			field = values_field(v, k);
			if (counts_has(c, field))
				counts_add(c, field, r.cell[k].p,
				    r.cell[k].n, 1);
		}
	}
}

uint64_t
counts_of(const struct counts *c, size_t field, const char *p, size_t size)
{
	size_t i = map_find(c->fields[field].values, p, size);

	return i != MAP_NONE ? c->fields[field].n[i] : 0;
}

uint64_t
counts_all(const struct counts *c, size_t field)
{
	return c->fields[field].all;
}

size_t
counts_memory(const struct counts *c)
{
	size_t i, sum = 0;

	for (i = 0; i < MATCHING_MAX_FIELDS; i++)
		if (c->fields[i].values != NULL)
			sum += map_memory(c->fields[i].values) +
			    c->fields[i].room * sizeof *c->fields[i].n;
	return sum;
}

struct line {
	const char *p;
	size_t size;
	uint64_t n;
};

static int
by_value(const void *a, const void *b)
{
	const struct line *x = a, *y = b;
	int c = memcmp(x->p, y->p, x->size < y->size ? x->size : y->size);

	return c != 0 ? c : x->size < y->size ? -1 : x->size > y->size;
}

void
counts_put(const struct counts *c, struct buf *to)
{
	struct line *lines;
	size_t i, k, n;

	buf_puts(to, "field,value,records\n");
	for (i = 0; i < c->m->nfields; i++) {
		if (!counts_has(c, i))
			continue;
		n = map_count(c->fields[i].values);
		lines = mem_array(NULL, n + 1, sizeof *lines);
		for (k = 0; k < n; k++) {
			lines[k].p = map_key(c->fields[i].values, k,
			    &lines[k].size);
			lines[k].n = c->fields[i].n[k];
		}
		qsort(lines, n, sizeof *lines, by_value);
		for (k = 0; k < n; k++) {
			csv_put_string(to, c->m->fields[i].name);
			buf_putc(to, ',');
			csv_put_cell(to, lines[k].p, lines[k].size);
			buf_putc(to, ',');
			buf_put_u64(to, lines[k].n);
			buf_putc(to, '\n');
		}
		free(lines);
	}
}

int
counts_read(struct counts *c, const char *path, struct fault *f)
{
	struct csv_table *t = csv_table_open(path, ',', f);
	long field, value, records, k;
	const char *p;
	int64_t n;
	size_t i;
	int rc = -1;

	if (t == NULL ||
	    (field = csv_table_column(t, "field", f)) == -1 ||
	    (value = csv_table_column(t, "value", f)) == -1 ||
	    (records = csv_table_column(t, "records", f)) == -1)
		goto out;
	for (i = 0; i < t->nrows; i++) {
		k = matching_field_index(c->m, csv_table_cell(t, i,
		    (size_t)field));
		if (k == -1 || !counts_has(c, (size_t)k)) {
			(void)fault_at(f, path, t->lines[i], "not a field "
			    "whose frequencies %s uses", c->m->name);
			goto out;
		}
		p = csv_table_cell(t, i, (size_t)records);
		if (num_i64(p, strlen(p), &n) == -1 || n < 1) {
			(void)fault_at(f, path, t->lines[i], "records is "
			    "not a number above 0");
			goto out;
		}
		p = csv_table_cell(t, i, (size_t)value);
		counts_add(c, (size_t)k, p, strlen(p), (uint64_t)n);
	}
	rc = 0;
out:
	csv_table_close(t);
	return rc;
}
