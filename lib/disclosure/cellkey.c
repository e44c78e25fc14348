/* The cell key method. */
#include "disclosure/cellkey.h"

#include <stdlib.h>

#include "base/mem.h"
#include "base/num.h"
#include "csv/table.h"

#define MAX_KEYS 65536
#define MAX_VALUES 1000000

struct disclosure_cellkey {
	uint64_t keys, values; /* ckey < keys, pcv < values */
	uint64_t largest, cycle;
	int16_t *add;          /* [pcv * keys + ckey] */
};

static int
cell(const struct csv_table *t, size_t row, long column, int64_t min,
    int64_t max, int64_t *v, struct fault *f)
{
	const char *s = csv_table_cell(t, row, (size_t)column);

	if (num_in_range(s, min, max, v) == -1) {
		(void)fault_at(f, t->path, t->lines[row], "not a number from "
		    "%lld to %lld", (long long)min, (long long)max);
		fault_place(f, NULL, 0, 0, (uint64_t)column + 1,
		    t->names[column]);
		return -1;
	}
	return 0;
}

struct disclosure_cellkey *
disclosure_cellkey_open(const char *path, uint64_t largest, uint64_t cycle,
    struct fault *f)
{
	struct csv_table *t = csv_table_open(path, ',', f);
	struct disclosure_cellkey *c = NULL;
	long pcv, ckey, pvalue;
	int64_t v, k, p;
	size_t i;
	int pass;

	if (t == NULL || (pcv = csv_table_column(t, "pcv", f)) == -1 ||
	    (ckey = csv_table_column(t, "ckey", f)) == -1 ||
	    (pvalue = csv_table_column(t, "pvalue", f)) == -1)
		goto bad;
	c = mem_zero(1, sizeof *c);
	c->largest = largest;
	c->cycle = cycle;
	for (pass = 0; pass < 2; pass++) {
		for (i = 0; i < t->nrows; i++) {
			if (cell(t, i, pcv, 0, MAX_VALUES, &v, f) == -1 ||
			    cell(t, i, ckey, 0, MAX_KEYS - 1, &k, f) == -1 ||
			    cell(t, i, pvalue, -10000, 10000, &p, f) == -1)
				goto bad;
			if (pass == 0) {
				if ((uint64_t)v >= c->values)
					c->values = (uint64_t)v + 1;
				if ((uint64_t)k >= c->keys)
					c->keys = (uint64_t)k + 1;
			} else {
				c->add[(uint64_t)v * c->keys + (uint64_t)k] =
				    (int16_t)p;
			}
		}
		if (pass == 0 && c->keys == 0) {
			(void)fault_at(f, path, 0, "the perturbation table "
			    "is empty");
			goto bad;
		}
		if (pass == 0)
			c->add = mem_zero((size_t)(c->values * c->keys),
			    sizeof *c->add);
	}
	csv_table_close(t);
	return c;
bad:
	csv_table_close(t);
	disclosure_cellkey_close(c);
	return NULL;
}

void
disclosure_cellkey_close(struct disclosure_cellkey *c)
{
	if (c == NULL)
		return;
	free(c->add);
	free(c);
}

int64_t
disclosure_cellkey_count(const struct disclosure_cellkey *c, uint64_t count,
    uint64_t keys)
{
	uint64_t value = count;

	if (c->cycle > 0 && count > c->largest)
		value = (count - 1) % c->cycle + c->largest - c->cycle + 1;
	if (value >= c->values)
		return (int64_t)count;
	return (int64_t)count + c->add[value * c->keys + keys % c->keys];
}
