/* What a linkage looks at, one file of people or two. */
#include "linkage/cohort.h"

#include <inttypes.h>
#include <string.h>

#include "base/map.h"

#define PIECE ((size_t)256 * 1024) /* of a depot */

void
cohort_start(struct cohort *p, struct values *v, size_t memory, size_t each)
{
	memset(p, 0, sizeof *p);
	p->v = v;
	p->memory = memory;
	p->frequencies = 1;
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
	p->depot = depot_new(p->v, r->ids, p->frequencies, p->memory);
	if (move_roll(p, &p->a, 0, f) == -1 ||
	    move_roll(p, &p->b, 1, f) == -1)
		return -1;
	values_clear(p->v);
	return 0;
}

static int
add(struct reading *r, const struct csv_block *b, struct buf *cells,
    size_t records, struct fault *f)
{
	struct cohort *p = r->p;

	if (r->roll != NULL) {
		if (roll_fill_add(r->roll, b, cells->p, records, f) == -1)
			return -1;
		buf_clear(cells);
		return roll_fill_over(r->roll) ? leave_memory(r, f) : 0;
	}
	if (depot_add(p->depot, (unsigned)p->two, cells, records, f) == -1)
		return -1;
	if (cohort_count(p, 0) * p->least > p->memory)
		return fault_set(f, "the first %" PRIu64 " records already "
		    "take more than --memory allows", cohort_count(p, 0));
	return 0;
}

static int
take(void *arg, const struct csv_block *b, struct buf *cells,
    struct fault *f)
{
	return add(arg, b, cells, b->nrecords, f);
}

static void
begin(struct reading *r, struct cohort *p, long id_column)
{
	r->p = p;
	r->ids = id_column >= 0;
	r->roll = p->depot != NULL ? NULL :
	    roll_fill(p->two ? &p->b : &p->a, p->v, id_column);
}

static void
end(struct reading *r)
{
	if (r->roll != NULL)
		roll_fill_end(r->roll);
}

int
cohort_add(struct cohort *p, struct buf *cells, size_t records,
    struct fault *f)
{
	struct reading r;
	int rc;

	begin(&r, p, -1);
	rc = add(&r, NULL, cells, records, f);
	end(&r);
	return rc;
}

int
cohort_read(struct cohort *p, struct csv_reader *in, const long *columns,
    long id_column, unsigned jobs, const char *progress, struct fault *f)
{
	struct reading r;
	struct roll_cells cells = { .v = p->v, .in = in, .columns = columns,
		.id_column = id_column, .jobs = jobs, .progress = progress,
		.take = take, .arg = &r, .seen = &p->seen };
	int rc;

	memset(&p->seen, 0, sizeof p->seen);
	begin(&r, p, id_column);
	rc = roll_cells(&cells, f);
	end(&r);
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

/* A record of a roll as one of a depot. */
static int
visit_numbers(const struct cohort *p, int (*visit)(void *arg,
    const struct depot_record *, struct fault *), void *arg, struct fault *f)
{
	struct depot_record r = { 0 };
	struct buf cells = { 0 };
	size_t i;
	int rc = 0;

	for (i = 0; rc == 0 && i < p->a.n; i++) {
		buf_clear(&cells);
		roll_put_cells(&p->a, p->v, i, &cells);
		(void)keys_record(&r.cells, cells.p, p->a.stride);
		r.number = (uint32_t)i;
		r.p = cells.p;
		r.n = cells.n;
		rc = visit(arg, &r, f);
	}
	buf_free(&cells);
	return rc;
}

int
cohort_each(const struct cohort *p, int (*visit)(void *arg,
    const struct depot_record *, struct fault *), void *arg, struct fault *f)
{
	return p->depot != NULL ? depot_each(p->depot, visit, arg, f) :
	    visit_numbers(p, visit, arg, f);
}

struct coding {
	struct sorter *sorter;
	size_t slot;
};

static int
add_value(void *arg, const struct depot_record *r, struct fault *f)
{
	struct coding *c = arg;

	if (r->cells.cell[c->slot].n == 0)
		return 0;
	return sorter_add(c->sorter, r->cells.cell[c->slot].p,
	    r->cells.cell[c->slot].n, &r->number, sizeof r->number, f);
}

int
cohort_codes(const struct cohort *p, size_t slot, uint32_t *to,
    size_t stride, struct values *texts, size_t memory, struct fault *f)
{
	struct spill *spill;
	struct coding c = { .slot = slot };
	struct sorter_record r;
	struct sorter_run value = { 0 };
	uint32_t number, code = 0;
	size_t i, n = (size_t)cohort_count(p, 0);
	int rc, k = 0;

	for (i = 0; i < n; i++)
		to[i * stride] = p->depot == NULL ? roll_record(&p->a,
		    i)[slot] : 0;
	if (p->depot == NULL)
		return 0;
	spill = spill_new();
	c.sorter = sorter_new(memory, spill);
	rc = depot_each(p->depot, add_value, &c, f);
	while (rc == 0 && (k = sorter_next(c.sorter, &r, f)) == 1) {
		if (sorter_run_starts(&value, &r))
			code = texts == NULL ? code + 1 : values_add(texts,
			    (size_t)values_slot(texts, values_field(p->v,
			    slot)), r.key, r.nkey);
		memcpy(&number, r.rest, sizeof number);
		to[number * stride] = code;
	}
	sorter_run_clear(&value);
	sorter_free(c.sorter);
	spill_free(spill);
	return rc == 0 ? k : rc;
}

size_t
cohort_held(const struct cohort *p)
{
	if (p->depot == NULL)
		return values_held(p->v);
	return depot_counts(p->depot) == NULL ? 0 :
	    counts_memory(depot_counts(p->depot));
}
