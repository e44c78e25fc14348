/* Counts and populations, read and added up exactly. */
#include <stdlib.h>
#include <string.h>

#include "base/eight.h"
#include "base/mem.h"
#include "base/nearest.h"
#include "indicator/rate_parts.h"
#include "tally/number.h"

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

/*
 * Rows that are taken together, column by column, and whose keys are looked
 * up together, so that what they need of memory is asked for ahead. Where
 * rows of a key follow each other, as they mostly do, it is made and looked
 * up once: a run.
 */
#define STRETCH ((size_t)256)

enum cell { CELL_EMPTY, CELL_NUMBER, CELL_NEGATIVE, CELL_BAD };

/* The cells of a column. */
struct numbers {
	num_wide v[STRETCH]; /* of RATE_SCALE digits */
	unsigned char was[STRETCH];
};

struct reading {
	const struct csv_block *b;
	long at[COLUMNS];
	size_t first, n; /* rows of the stretch */
	size_t nruns;
	size_t row[STRETCH];        /* of each run, its first */
	unsigned char run[STRETCH]; /* of each row */
	size_t size[STRETCH];       /* of each run's key */
	const char *key[STRETCH];
	struct buf keys, scratch;
	struct csv_slice raw[STRETCH];
	struct numbers x, n_of, squares;
};

static void
reading_free(struct reading *in)
{
	buf_free(&in->keys);
	buf_free(&in->scratch);
	free(in);
}

/* Bytes of a block, which may be read beyond. */
static inline int
same_bytes(struct csv_slice a, struct csv_slice b)
{
	size_t i;

	if (a.n != b.n)
		return 0;
	for (i = 0; i + 8 < a.n; i += 8)
		if (eight_load(a.p + i) != eight_load(b.p + i))
			return 0;
	return a.n == 0 || (eight_load(a.p + i) ^ eight_load(b.p + i)) <<
	    (64 - 8 * (a.n - i)) == 0;
}

/* Marks the rows in which a column says another thing than the row before. */
static void
mark_changes(struct reading *in, enum column which,
    unsigned char changed[STRETCH])
{
	size_t i;

	if (in->at[which] < 0)
		return;
	csv_raws(in->b, in->first, in->n, (size_t)in->at[which], in->raw);
	for (i = 1; i < in->n; i++)
		if (!same_bytes(in->raw[i], in->raw[i - 1]))
			changed[i] = 1;
}

static void
find_runs(struct reading *in, size_t first, size_t n)
{
	unsigned char changed[STRETCH] = { 1 };
	size_t i;

	in->first = first;
	in->n = n;
	mark_changes(in, COLUMN_AREA, changed);
	mark_changes(in, COLUMN_PERIOD, changed);
	mark_changes(in, COLUMN_SEX, changed);
	mark_changes(in, COLUMN_CATEGORY, changed);
	in->nruns = 0;
	for (i = 0; i < n; i++) {
		if (changed[i])
			in->row[in->nruns++] = first + i;
		in->run[i] = (unsigned char)(in->nruns - 1);
	}
}

static void
put_cell(struct reading *in, size_t r, long column)
{
	struct csv_slice s;

	if (column < 0)
		return;
	s = csv_cell(in->b, r, (size_t)column, &in->scratch);
	buf_put(&in->keys, s.p, s.n);
}

/* The key of each run: its four cells, a NUL between. */
static void
make_keys(struct reading *in, const struct definition *d)
{
	size_t i, start = 0;

	buf_clear(&in->keys);
	for (i = 0; i < in->nruns; i++) {
		size_t r = in->row[i], before = in->keys.n;

		put_cell(in, r, in->at[COLUMN_AREA]);
		buf_putc(&in->keys, '\0');
		put_cell(in, r, in->at[COLUMN_PERIOD]);
		buf_putc(&in->keys, '\0');
		put_cell(in, r, d->by_sex ? in->at[COLUMN_SEX] : -1);
		buf_putc(&in->keys, '\0');
		put_cell(in, r, d->by_category ? in->at[COLUMN_CATEGORY] : -1);
		in->size[i] = in->keys.n - before;
	}
	for (i = 0; i < in->nruns; start += in->size[i++])
		in->key[i] = in->keys.p + start;
}

static inline struct csv_slice
cell_of(struct reading *in, struct csv_slice raw)
{
	return in->b->quotes && raw.n > 0 && raw.p[0] == '"' ?
	    csv_unquote(raw, &in->scratch) : raw;
}

/* Any number, or none. */
static enum cell
read_number(struct reading *in, struct csv_slice raw, num_wide *v)
{
	struct csv_slice s = cell_of(in, raw);
	unsigned after;
	int64_t few;

	if (s.n == 0)
		return CELL_EMPTY;
	if (tally_decimal_fast(s.p, s.n, &few, &after))
		*v = (num_wide)few * tally_pow10[RATE_SCALE - after];
	else if (num_decimal(s.p, s.n, RATE_SCALE, v) != 0)
		return CELL_BAD;
	return *v < 0 ? CELL_NEGATIVE : CELL_NUMBER;
}

static void
read_numbers(struct reading *in, enum column which, struct numbers *to)
{
	size_t i;

	if (in->at[which] < 0) {
		memset(to->was, CELL_EMPTY, in->n);
		return;
	}
	csv_raws(in->b, in->first, in->n, (size_t)in->at[which], in->raw);
	for (i = 0; i < in->n; i++) {
		struct csv_slice s = in->raw[i];
		uint64_t digits;

		/* Up to eight digits, as most are. */
		if (s.n - 1 < 8 && (digits = eight_right(s.p, s.n),
		    eight_digits(digits))) {
			to->v[i] = (int64_t)(eight_number(digits) *
			    1000000000);
			to->was[i] = CELL_NUMBER;
		} else {
			to->was[i] = (unsigned char)read_number(in, s,
			    &to->v[i]);
		}
	}
}

/* The band of each row, -1 for none of the work's, as its label says. */
static void
find_bands(const struct rate_work *w, struct reading *in, long band[STRETCH])
{
	size_t i;
	long before = -1;

	if (w->bands == NULL) {
		memset(band, 0, in->n * sizeof *band);
		return;
	}
	csv_raws(in->b, in->first, in->n, (size_t)in->at[COLUMN_BAND],
	    in->raw);
	for (i = 0; i < in->n; i++) {
		struct csv_slice s = cell_of(in, in->raw[i]);

		before = bands_find_after(w->bands, before, s.p, s.n);
		band[i] = before;
	}
}

static int
cell_fault(const struct reading *in, size_t i, enum column which,
    const char *what, struct fault *f)
{
	size_t r = in->first + i;

	(void)fault_set(f, "%s", what);
	fault_place(f, in->b->file, csv_line_number(in->b, r),
	    csv_record_number(in->b, r), (uint64_t)in->at[which] + 1,
	    column_names[which]);
	return -1;
}

static int
bad_number(const struct reading *in, size_t i, enum column which,
    struct fault *f)
{
	return cell_fault(in, i, which, "must be a number with up to 9 "
	    "digits after the point", f);
}

static int
too_large(const struct reading *in, size_t i, enum column which,
    struct fault *f)
{
	return cell_fault(in, i, which, "the sum is too large", f);
}

/* Row i of the stretch to a total. */
static inline int
add_number(struct rate_work *w, const struct reading *in, size_t i,
    enum column which, const struct numbers *from, struct rate_total *to,
    struct fault *f)
{
	if (from->was[i] == CELL_EMPTY)
		return 0;
	if (from->was[i] == CELL_BAD)
		return bad_number(in, i, which, f);
	if (rate_total_add(w, to, from->v[i]) == -1)
		return too_large(in, i, which, f);
	return 0;
}

static int
add_squares(struct rate_work *w, const struct reading *in, size_t i, size_t g,
    struct fault *f)
{
	struct rate_squares *to = w->squares != NULL ? &w->squares[g] : NULL;
	enum cell was = in->squares.was[i];

	if (was == CELL_BAD)
		return bad_number(in, i, COLUMN_SQUARES, f);
	if (to == NULL)
		return 0;
	if (was == CELL_EMPTY)
		to->lacks |= in->x.was[i] != CELL_EMPTY;
	else if (num_wide_add(&to->sum, in->squares.v[i]) == -1)
		return too_large(in, i, COLUMN_SQUARES, f);
	return 0;
}

/* Of several problems the first by code: whatever order they come in. */
static void
note_problem(struct rate_work *w, size_t g, enum estimate_reason r)
{
	if (w->problem[g] == ESTIMATE_FINE || r < w->problem[g])
		w->problem[g] = (unsigned char)r;
}

/* Rows of one indicator. */
static int
count_stretch(struct rate_work *w, struct reading *in, size_t first, size_t n,
    struct fault *f)
{
	const struct definition *d = w->d;
	int squares = in->at[COLUMN_SQUARES] >= 0 || w->squares != NULL;
	int people = rate_wants_people(d);
	struct rate_sums *to[STRETCH];
	long band[STRETCH];
	size_t group[STRETCH], i, g;

	if (w->bands != NULL && in->at[COLUMN_BAND] < 0)
		return fault_set(f, "the counts have no column age_band, "
		    "which %s needs", d->id);
	if ((d->by_sex && in->at[COLUMN_SEX] < 0) ||
	    (d->by_category && in->at[COLUMN_CATEGORY] < 0))
		return fault_set(f, "the counts have no column %s, which %s "
		    "needs", d->by_sex && in->at[COLUMN_SEX] < 0 ? "sex" :
		    "category", d->id);
	find_runs(in, first, n);
	make_keys(in, d);
	rate_groups_of(w, in->key, in->size, in->nruns, group);
	find_bands(w, in, band);
	for (i = 0; i < n; i++) {
		to[i] = rate_sums_of(w, group[in->run[i]]) + (band[i] < 0 ?
		    0 : band[i]);
		__builtin_prefetch(to[i], 1);
	}
	read_numbers(in, COLUMN_X, &in->x);
	read_numbers(in, COLUMN_N, &in->n_of);
	if (squares)
		read_numbers(in, COLUMN_SQUARES, &in->squares);
	for (i = 0; i < n; i++) {
		g = group[in->run[i]];
		if (band[i] < 0) {
			note_problem(w, g, ESTIMATE_UNKNOWN_BAND);
			continue;
		}
		if (add_number(w, in, i, COLUMN_X, &in->x, &to[i]->x, f) ==
		    -1 || add_number(w, in, i, COLUMN_N, &in->n_of, &to[i]->n,
		    f) == -1 || (squares && add_squares(w, in, i, g, f) == -1))
			return -1;
		/*
		 * What is missing from a record is missing from the sum, but
		 * numerators and denominators may be in records apart.
		 */
		if (in->x.was[i] == CELL_EMPTY && (in->n_of.was[i] ==
		    CELL_EMPTY || people))
			to[i]->x.v = RATE_LACKING;
		/* Another row of the group would hide it in the sum. */
		if ((in->x.was[i] == CELL_NEGATIVE &&
		    !rate_may_be_negative(d)) ||
		    (in->n_of.was[i] == CELL_NEGATIVE &&
		    d->denominator.kind != DEFINITION_SUM))
			note_problem(w, g, ESTIMATE_NEGATIVE);
	}
	return 0;
}

/* The definition that a record is about; NULL: none of those asked for. */
static struct rate_work *
work_of(struct rate *r, struct reading *in, size_t i)
{
	long column = in->at[COLUMN_INDICATOR];
	struct csv_slice s;
	size_t w;

	if (column < 0)
		return &r->works[0];
	s = csv_cell(in->b, i, (size_t)column, &in->scratch);
	w = map_find(r->ids, s.p, s.n);
	return w == MAP_NONE ? NULL : &r->works[w];
}

static int
count_block(struct rate *r, struct reading *in, struct fault *f)
{
	long column = in->at[COLUMN_INDICATOR];
	size_t i, n, rows = in->b->nrecords;

	for (i = 0; i < rows; i += n) {
		struct rate_work *w = work_of(r, in, i);

		for (n = 1; n < STRETCH && i + n < rows && (column < 0 ||
		    same_bytes(csv_raw(in->b, i + n, (size_t)column),
		    csv_raw(in->b, i, (size_t)column))); n++)
			continue;
		in->first = i;
		if (w == NULL && !r->options.others)
			return cell_fault(in, 0, COLUMN_INDICATOR, "is not an "
			    "indicator of the library", f);
		if (w != NULL && w->d->ncomponents > 0)
			return fault_set(f, "%s is a composite: what is "
			    "counted are its components", w->d->id);
		if (w != NULL && count_stretch(w, in, i, n, f) == -1)
			return -1;
	}
	return 0;
}

int
rate_counts(struct rate *r, struct csv_reader *from, struct fault *f)
{
	struct reading *in = mem_zero(1, sizeof *in);
	int rc;

	if (find_columns(csv_header(from), (1u << COLUMN_POPULATION) - 1,
	    in->at, f) == -1)
		rc = -1;
	else if (in->at[COLUMN_X] < 0)
		rc = fault_set(f, "the counts have no column numerator");
	else if (in->at[COLUMN_INDICATOR] < 0 && r->n != 1)
		rc = fault_set(f, "the counts have no column indicator; "
		    "name one indicator");
	else
		while ((rc = csv_next(from, &in->b, f)) == 1)
			if (count_block(r, in, f) == -1) {
				rc = -1;
				break;
			}
	reading_free(in);
	return rc;
}

/* The populations of keys, with room; new ones are absent. */
static void
people_of(struct rate_work *w, const struct reading *in, size_t *to)
{
	size_t i;

	map_add_many(w->people_index, in->key, in->size, in->nruns, to);
	if (map_count(w->people_index) > w->people_cap) {
		w->people_cap = map_count(w->people_index) * 2;
		w->people = mem_array(w->people, w->people_cap * w->width,
		    sizeof *w->people);
	}
	for (i = w->npeople * w->width; i < map_count(w->people_index) *
	    w->width; i++)
		w->people[i].v = RATE_ABSENT;
	w->npeople = map_count(w->people_index);
}

static int
population_record(struct rate_work *w, const struct reading *in, size_t i,
    struct rate_total *of, long band, struct fault *f)
{
	switch (in->n_of.was[i]) {
	case CELL_EMPTY:
		return cell_fault(in, i, COLUMN_POPULATION, "is empty", f);
	case CELL_NEGATIVE:
		return cell_fault(in, i, COLUMN_POPULATION, "is below zero", f);
	case CELL_BAD:
		return bad_number(in, i, COLUMN_POPULATION, f);
	default:
		break;
	}
	/* With a total beside the bands nobody would count right. */
	if (band < 0)
		return cell_fault(in, i, COLUMN_BAND, "is not a band of the "
		    "indicator's standard", f);
	return add_number(w, in, i, COLUMN_POPULATION, &in->n_of, of + band,
	    f);
}

/* What a work's rows of a stretch are of. */
struct places {
	size_t people[STRETCH]; /* of each run */
	long band[STRETCH];
};

/* Rows for all works that want people. */
static int
population_stretch(struct rate *r, struct reading *in, size_t first, size_t n,
    struct places *of, struct fault *f)
{
	size_t i, k;

	find_runs(in, first, n);
	read_numbers(in, COLUMN_POPULATION, &in->n_of);
	for (k = 0; k < r->n; k++) {
		if (!r->works[k].people_given)
			continue;
		make_keys(in, r->works[k].d);
		people_of(&r->works[k], in, of[k].people);
		find_bands(&r->works[k], in, of[k].band);
	}
	for (i = 0; i < n; i++)
		for (k = 0; k < r->n; k++) {
			struct rate_work *w = &r->works[k];

			if (w->people_given && population_record(w, in, i,
			    w->people + of[k].people[in->run[i]] * w->width,
			    of[k].band[i], f) == -1)
				return -1;
		}
	return 0;
}

int
rate_populations(struct rate *r, struct csv_reader *from, struct fault *f)
{
	struct reading *in = mem_zero(1, sizeof *in);
	struct places *of = mem_array(NULL, r->n + 1, sizeof *of);
	const long *at = in->at;
	size_t i, k;
	int rc = -1;

	if (find_columns(csv_header(from), 1u << COLUMN_AREA | 1u <<
	    COLUMN_PERIOD | 1u << COLUMN_SEX | 1u << COLUMN_BAND | 1u <<
	    COLUMN_CATEGORY | 1u << COLUMN_POPULATION, in->at, f) == -1)
		goto out;
	if (at[COLUMN_POPULATION] < 0 || at[COLUMN_AREA] < 0) {
		(void)fault_set(f, "the populations need the columns area "
		    "and population");
		goto out;
	}
	for (k = 0; k < r->n; k++) {
		struct rate_work *w = &r->works[k];
		const char *lacks = NULL;

		if (!rate_wants_people(w->d) || w->ngroups == 0)
			continue;
		if (w->bands != NULL && at[COLUMN_BAND] < 0)
			lacks = "age_band";
		else if (w->d->by_sex && at[COLUMN_SEX] < 0)
			lacks = "sex";
		else if (w->d->by_category && at[COLUMN_CATEGORY] < 0)
			lacks = "category";
		if (lacks != NULL) {
			(void)fault_set(f, "the populations have no column "
			    "%s, which %s needs", lacks, w->d->id);
			goto out;
		}
		w->people_given = 1;
		w->people_have_period = at[COLUMN_PERIOD] >= 0;
	}
	while ((rc = csv_next(from, &in->b, f)) == 1)
		for (i = 0; i < in->b->nrecords; i += STRETCH)
			if (population_stretch(r, in, i, in->b->nrecords - i <
			    STRETCH ? in->b->nrecords - i : STRETCH, of,
			    f) == -1) {
				rc = -1;
				goto out;
			}
out:
	free(of);
	reading_free(in);
	return rc;
}
