/* Counts and populations, read and added up exactly. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/nearest.h"
#include "indicator/rate_parts.h"

/* Columns of an input by what they are; -1: absent. */
enum column {
	COLUMN_INDICATOR, COLUMN_AREA, COLUMN_PERIOD, COLUMN_SEX, COLUMN_BAND,
	COLUMN_CATEGORY, COLUMN_X, COLUMN_N, COLUMN_SQUARES, COLUMN_POPULATION,
	COLUMNS
};

static const char *const column_names[COLUMNS] = { "indicator", "area",
    "period", "sex", "age_band", "category", "numerator", "denominator",
    "squares", "population" };

/*
 * Where the columns are, of those in wanted. What is not there is often not
 * needed, but not if it is there by a name just beside its own: then groups
 * would be put together without a word.
 */
static int
find_columns(const struct csv_header *h, unsigned wanted, long at[COLUMNS],
    struct fault *f)
{
	const char **others = mem_array(NULL, h->n + 1, sizeof *others);
	const char *near;
	size_t i, k, n = 0;
	int rc = 0;

	for (i = 0; i < h->n; i++) {
		for (k = 0; k < COLUMNS; k++)
			if (strcmp(h->names[i], column_names[k]) == 0)
				break;
		if (k == COLUMNS)
			others[n++] = h->names[i];
	}
	for (k = 0; k < COLUMNS; k++) {
		at[k] = (wanted & 1u << k) != 0 ?
		    csv_column(h, column_names[k]) : -1;
		if ((wanted & 1u << k) == 0 || at[k] >= 0)
			continue;
		near = nearest(column_names[k], others, n);
		if (near != NULL)
			rc = fault_set(f, "no column %s; is %.80s meant? If "
			    "not, leave it out", column_names[k], near);
	}
	free(others);
	return rc;
}

/* A cell as a decimal of RATE_SCALE digits: 1; 0: empty; -1: neither. */
static int
decimal(struct csv_slice s, num_wide *to)
{
	uint64_t v = 0;
	size_t i;

	if (s.n == 0)
		return 0;
	if (s.n <= 18) {
		for (i = 0; i < s.n && s.p[i] >= '0' && s.p[i] <= '9'; i++)
			v = v * 10 + (uint64_t)(s.p[i] - '0');
		if (i == s.n) {
			*to = (num_wide)v * 1000000000;
			return 1;
		}
	}
	return num_decimal(s.p, s.n, RATE_SCALE, to) == 0 ? 1 : -1;
}

static int
cell_fault(const struct csv_block *b, size_t r, long column,
    const char *name, const char *what, struct fault *f)
{
	(void)fault_set(f, "%s", what);
	fault_place(f, b->file, csv_line_number(b, r), csv_record_number(b,
	    r), (uint64_t)column + 1, name);
	return -1;
}

static void
put_cell(struct buf *to, const struct csv_block *b, size_t r, long column,
    struct buf *scratch)
{
	struct csv_slice s;

	if (column < 0)
		return;
	s = csv_cell(b, r, (size_t)column, scratch);
	buf_put(to, s.p, s.n);
}

static void
make_key(struct buf *to, const struct csv_block *b, size_t r,
    const long at[COLUMNS], int with_sex, int with_category,
    struct buf *scratch)
{
	buf_clear(to);
	put_cell(to, b, r, at[COLUMN_AREA], scratch);
	buf_putc(to, '\0');
	put_cell(to, b, r, at[COLUMN_PERIOD], scratch);
	buf_putc(to, '\0');
	put_cell(to, b, r, with_sex ? at[COLUMN_SEX] : -1, scratch);
	buf_putc(to, '\0');
	put_cell(to, b, r, with_category ? at[COLUMN_CATEGORY] : -1, scratch);
}

static size_t
people_of(struct rate_work *w, const void *key, size_t n)
{
	int added;
	size_t p = map_add(w->people_index, key, n, &added), i;

	if (!added)
		return p;
	if (p >= w->people_cap) {
		w->people_cap = w->people_cap > 0 ? w->people_cap * 2 : 1024;
		w->people = mem_array(w->people, w->people_cap * w->width,
		    sizeof *w->people);
	}
	for (i = 0; i < w->width; i++)
		w->people[p * w->width + i] = -1;
	w->npeople = p + 1;
	return p;
}

/* The band of a record; -1 with *unknown when it has none of ours. */
static long
band_of(const struct rate_work *w, const struct csv_block *b, size_t r,
    long column, struct buf *scratch)
{
	struct csv_slice s;

	if (w->bands == NULL)
		return 0;
	if (column < 0)
		return -1;
	s = csv_cell(b, r, (size_t)column, scratch);
	return bands_find(w->bands, s.p, s.n);
}

/* What a cell was: nothing there, a number, one below zero. */
enum cell { CELL_EMPTY, CELL_NUMBER, CELL_NEGATIVE };

/* Adds a cell of record r to *to; *was says what it was. */
static int
add_cell(const struct csv_block *b, size_t r, long column, const char *name,
    struct buf *scratch, num_wide *to, enum cell *was, struct fault *f)
{
	num_wide v;
	int rc;

	*was = CELL_EMPTY;
	if (column < 0)
		return 0;
	rc = decimal(csv_cell(b, r, (size_t)column, scratch), &v);
	if (rc == 0)
		return 0;
	if (rc == -1)
		return cell_fault(b, r, column, name, "must be a number with "
		    "up to 9 digits after the point", f);
	if (num_wide_add(to, v) == -1)
		return cell_fault(b, r, column, name, "the sum is too large",
		    f);
	*was = v < 0 ? CELL_NEGATIVE : CELL_NUMBER;
	return 0;
}

/* Of several problems the first by code: whatever order they come in. */
static void
note_problem(struct rate_work *w, size_t g, enum estimate_reason r)
{
	if (w->problem[g] == ESTIMATE_FINE || r < w->problem[g])
		w->problem[g] = (unsigned char)r;
}

static int
count_record(struct rate_work *w, const struct csv_block *b,
    size_t i, const long at[COLUMNS], struct buf *key, struct buf *scratch,
    struct fault *f)
{
	const struct definition *d = w->d;
	enum cell x, n, squares;
	struct rate_sums *s;
	long band;
	size_t g;

	if (w->bands != NULL && at[COLUMN_BAND] < 0)
		return fault_set(f, "the counts have no column age_band, "
		    "which %s needs", d->id);
	if ((d->by_sex && at[COLUMN_SEX] < 0) ||
	    (d->by_category && at[COLUMN_CATEGORY] < 0))
		return fault_set(f, "the counts have no column %s, which %s "
		    "needs", d->by_sex && at[COLUMN_SEX] < 0 ? "sex" :
		    "category", d->id);
	make_key(key, b, i, at, d->by_sex, d->by_category, scratch);
	g = rate_group_of(w, key->p, key->n);
	band = band_of(w, b, i, at[COLUMN_BAND], scratch);
	if (band < 0) {
		note_problem(w, g, ESTIMATE_UNKNOWN_BAND);
		return 0;
	}
	s = &w->sums[g * w->width + (size_t)band];
	if (add_cell(b, i, at[COLUMN_X], "numerator", scratch, &s->x, &x,
	    f) == -1 || add_cell(b, i, at[COLUMN_N], "denominator", scratch,
	    &s->n, &n, f) == -1 || add_cell(b, i, at[COLUMN_SQUARES],
	    "squares", scratch, &s->squares, &squares, f) == -1)
		return -1;
	s->has_x |= x != CELL_EMPTY;
	s->has_n |= n != CELL_EMPTY;
	/* Numerators and denominators may be in records apart. */
	s->lacks_x |= x == CELL_EMPTY && (n == CELL_EMPTY ||
	    rate_wants_people(d));
	s->lacks_squares |= x != CELL_EMPTY && squares == CELL_EMPTY;
	/* Another row of the group would hide it in the sum. */
	if ((x == CELL_NEGATIVE && !rate_may_be_negative(d)) ||
	    (n == CELL_NEGATIVE && d->denominator.kind != DEFINITION_SUM))
		note_problem(w, g, ESTIMATE_NEGATIVE);
	return 0;
}

/* The definition that a record is about; NULL: none of those asked for. */
static struct rate_work *
work_of(struct rate *r, const struct csv_block *b, size_t i, long column,
    struct buf *scratch)
{
	struct csv_slice s;
	size_t w;

	if (column < 0)
		return &r->works[0];
	s = csv_cell(b, i, (size_t)column, scratch);
	w = map_find(r->ids, s.p, s.n);
	return w == MAP_NONE ? NULL : &r->works[w];
}

int
rate_counts(struct rate *r, struct csv_reader *in, struct fault *f)
{
	struct buf key = { 0 }, scratch = { 0 };
	const struct csv_block *b;
	long at[COLUMNS];
	int rc;
	size_t i;

	if (find_columns(csv_header(in), (1u << COLUMN_POPULATION) - 1, at,
	    f) == -1)
		return -1;
	if (at[COLUMN_X] < 0)
		return fault_set(f, "the counts have no column numerator");
	if (at[COLUMN_INDICATOR] < 0 && r->n != 1)
		return fault_set(f, "the counts have no column indicator; "
		    "name one indicator");
	while ((rc = csv_next(in, &b, f)) == 1) {
		for (i = 0; i < b->nrecords; i++) {
			struct rate_work *w = work_of(r, b, i,
			    at[COLUMN_INDICATOR], &scratch);

			if (w == NULL && !r->options.others) {
				rc = cell_fault(b, i, at[COLUMN_INDICATOR],
				    "indicator", "is not an indicator of the "
				    "library", f);
				goto out;
			}
			if (w != NULL && w->d->ncomponents > 0) {
				rc = fault_set(f, "%s is a composite: what is "
				    "counted are its components", w->d->id);
				goto out;
			}
			if (w != NULL && count_record(w, b, i, at, &key,
			    &scratch, f) == -1) {
				rc = -1;
				goto out;
			}
		}
	}
out:
	buf_free(&key);
	buf_free(&scratch);
	return rc;
}

static int
population_record(struct rate_work *w, const struct csv_block *b, size_t i,
    const long at[COLUMNS], struct buf *key, struct buf *scratch,
    struct fault *f)
{
	long band = band_of(w, b, i, at[COLUMN_BAND], scratch);
	num_wide v = 0, *to;
	enum cell was;
	size_t p;

	if (add_cell(b, i, at[COLUMN_POPULATION], "population", scratch, &v,
	    &was, f) == -1)
		return -1;
	if (was != CELL_NUMBER)
		return cell_fault(b, i, at[COLUMN_POPULATION], "population",
		    was == CELL_EMPTY ? "is empty" : "is below zero", f);
	if (band < 0) {
		/* With a total beside the bands nobody would count right. */
		return cell_fault(b, i, at[COLUMN_BAND], "age_band",
		    "is not a band of the indicator's standard", f);
	}
	make_key(key, b, i, at, w->d->by_sex, w->d->by_category, scratch);
	p = people_of(w, key->p, key->n);
	to = &w->people[p * w->width + (size_t)band];
	if (*to < 0)
		*to = 0;
	if (num_wide_add(to, v) == -1)
		return cell_fault(b, i, at[COLUMN_POPULATION], "population",
		    "the sum is too large", f);
	return 0;
}

int
rate_populations(struct rate *r, struct csv_reader *in, struct fault *f)
{
	struct buf key = { 0 }, scratch = { 0 };
	const struct csv_block *b;
	long at[COLUMNS];
	size_t i, k;
	int rc;

	if (find_columns(csv_header(in), 1u << COLUMN_AREA | 1u <<
	    COLUMN_PERIOD | 1u << COLUMN_SEX | 1u << COLUMN_BAND | 1u <<
	    COLUMN_CATEGORY | 1u << COLUMN_POPULATION, at, f) == -1)
		return -1;
	if (at[COLUMN_POPULATION] < 0 || at[COLUMN_AREA] < 0)
		return fault_set(f, "the populations need the columns area "
		    "and population");
	for (k = 0; k < r->n; k++) {
		struct rate_work *w = &r->works[k];

		if (!rate_wants_people(w->d) || w->ngroups == 0)
			continue;
		if (w->bands != NULL && at[COLUMN_BAND] < 0)
			return fault_set(f, "the populations have no column "
			    "age_band, which %s needs", w->d->id);
		if (w->d->by_sex && at[COLUMN_SEX] < 0)
			return fault_set(f, "the populations have no column "
			    "sex, which %s needs", w->d->id);
		if (w->d->by_category && at[COLUMN_CATEGORY] < 0)
			return fault_set(f, "the populations have no column "
			    "category, which %s needs", w->d->id);
		w->people_given = 1;
		w->people_have_period = at[COLUMN_PERIOD] >= 0;
	}
	while ((rc = csv_next(in, &b, f)) == 1)
		for (i = 0; i < b->nrecords; i++)
			for (k = 0; k < r->n; k++)
				if (r->works[k].people_given &&
				    population_record(&r->works[k], b, i, at,
				    &key, &scratch, f) == -1) {
					rc = -1;
					goto out;
				}
out:
	buf_free(&key);
	buf_free(&scratch);
	return rc;
}
