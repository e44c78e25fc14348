/* What a linkage looks at, one file of people or two. */
#include "linkage/cohort.h"

#include <string.h>

#include "base/map.h"

#define PIECE ((size_t)256 * 1024) /* of a depot */

void
cohort_start(struct cohort *p, struct values *v, size_t memory, size_t each)
{
	memset(p, 0, sizeof *p);
	p->v = v;
	p->memory = memory;
	values_limit(v, memory, each);
}

void
cohort_end(struct cohort *p)
{
	roll_clear(&p->a);
	roll_clear(&p->b);
	depot_free(p->depot);
	sorter_free(p->rows);
	spill_free(p->rows_spill);
	counts_free(p->counts);
	values_free(p->v);
	memset(p, 0, sizeof *p);
}

void
cohort_start_rows(struct cohort *p, struct counts *counts)
{
	p->rows_spill = spill_new();
	p->rows = sorter_new(p->memory / 2, p->rows_spill);
	p->counts = counts;
}

struct reading {
	struct cohort *p;
	struct roll_filling *roll; /* NULL: to the depot */
	int ids;
};

/* All records of a roll to the depot. */
static int
move_roll(struct cohort *p, struct roll *from, unsigned side,
    struct fault *f)
{
	struct buf cells = { 0 };
	size_t i, n = 0;
	int rc = 0;

	for (i = 0; rc == 0 && i < from->n; i++) {
		roll_put_cells(from, p->v, i, &cells);
		n++;
		if (cells.n >= PIECE || i + 1 == from->n) {
			rc = depot_add(p->depot, side, &cells, n, f);
			buf_clear(&cells);
			n = 0;
		}
	}
	buf_free(&cells);
	roll_clear(from);
	return rc;
}

/* What is in memory goes to a depot, as will what comes. */
static int
leave_memory(struct reading *r, struct fault *f)
{
	struct cohort *p = r->p;

	roll_fill_end(r->roll);
	r->roll = NULL;
	p->depot = depot_new(p->v, r->ids, p->memory);
	if (move_roll(p, &p->a, 0, f) == -1 ||
	    move_roll(p, &p->b, 1, f) == -1)
		return -1;
	values_clear(p->v);
	return 0;
}

static int
take(void *arg, const struct csv_block *b, struct buf *cells,
    struct fault *f)
{
	struct reading *r = arg;

	if (r->roll == NULL)
		return depot_add(r->p->depot, (unsigned)r->p->two, cells,
		    b->nrecords, f);
	if (roll_fill_add(r->roll, b, cells, f) == -1)
		return -1;
	return roll_fill_over(r->roll) ? leave_memory(r, f) : 0;
}

int
cohort_read(struct cohort *p, struct csv_reader *in, const long *columns,
    long id_column, unsigned jobs, const char *progress, struct fault *f)
{
	struct reading r = { p, NULL, id_column >= 0 };
	struct roll_cells cells = { .v = p->v, .in = in, .columns = columns,
		.id_column = id_column, .jobs = jobs, .progress = progress,
		.take = take, .arg = &r };
	int rc;

	if (p->depot == NULL)
		r.roll = roll_fill(p->two ? &p->b : &p->a, p->v, id_column);
	rc = roll_cells(&cells, f);
	if (r.roll != NULL)
		roll_fill_end(r.roll);
	return rc;
}

static void
add_ids(struct map *to, const struct roll *r)
{
	const char *p[256];
	size_t n[256], code[256], i, k;

	for (i = 0; i < r->n; i += k) {
		for (k = 0; k < 256 && i + k < r->n; k++) {
			p[k] = r->ids + r->id_at[i + k];
			n[k] = (size_t)(r->id_at[i + k + 1] -
			    r->id_at[i + k]);
		}
		map_add_many(to, p, n, k, code);
	}
}

int
cohort_check_ids(struct cohort *p, const char *const *files,
    struct fault *f)
{
	struct map *ids;
	size_t n;

	if (p->depot != NULL)
		return depot_check_ids(p->depot, files, f);
	if (!p->two)
		return 0; /* each was looked at as it came */
	ids = map_new();
	add_ids(ids, &p->a);
	add_ids(ids, &p->b);
	n = map_count(ids);
	map_free(ids);
	return n == p->a.n + p->b.n ? 0 : fault_set(f, "an id is used in both "
	    "files: ids must tell all records apart");
}

uint64_t
cohort_count(const struct cohort *p, unsigned side)
{
	if (p->depot != NULL)
		return depot_count(p->depot, side);
	return side == 0 ? p->a.n : p->b.n;
}

size_t
cohort_held(const struct cohort *p)
{
	return p->depot != NULL ? counts_memory(depot_counts(p->depot)) :
	    values_held(p->v);
}
