#include "rate.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/map.h"
#include "base/mem.h"
#include "base/num.h"
#include "csv/table.h"
#include "csv/writer.h"
#include "disclosure/profile.h"
#include "stats/life.h"
#include "stats/slope.h"
#include "stats/standard.h"

/* Digits after the point that sums keep. */
#define SCALE 9
#define UNIT 1e9
#define MAX_DETAIL 40 /* bands named in a reason */

/* Totals of a group, or of one band of it. present: was there a record? */
struct sums {
	num_wide x, n, squares;
	int has_x, has_n;
};

/* A definition with what its method needs. */
struct work {
	const struct definition *d;
	struct bands *bands;
	size_t from, to; /* bands used: from .. to - 1 */
	size_t width;    /* bands of a group; 1 without bands */
	struct map *index; /* key to group */
	size_t ngroups, cap;
	struct sums *sums;   /* ngroups * width */
	/* Per group: ESTIMATE_UNKNOWN_BAND; of a total, what is wrong with
	 * one of its areas; else ESTIMATE_FINE. */
	unsigned char *problem;
	/* Populations with the same key cells; without a period, period "". */
	struct map *people_index;
	num_wide *people;    /* per key * width; -1: absent */
	size_t npeople, people_cap;
	int people_have_period, people_given;
	/* The reference of an indirect method, per band. */
	double *ref_x, *ref_n;
	struct disclosure_profile *profile; /* NULL: all is published */
	int refused; /* it cannot protect this indicator */
};

struct rate {
	struct rate_options options;
	size_t n;
	struct work *works;
	struct map *ids;
	struct arena arena;
	struct rate_row *rows;
	size_t nrows, rows_cap;
};

/* Columns of an input by what they are; -1: absent. */
enum column {
	COLUMN_INDICATOR, COLUMN_AREA, COLUMN_PERIOD, COLUMN_SEX, COLUMN_BAND,
	COLUMN_CATEGORY, COLUMN_X, COLUMN_N, COLUMN_SQUARES, COLUMN_POPULATION,
	COLUMNS
};

static const char *const column_names[COLUMNS] = { "indicator", "area",
    "period", "sex", "age_band", "category", "numerator", "denominator",
    "squares", "population" };

static void
find_columns(const struct csv_header *h, long at[COLUMNS])
{
	int i;

	for (i = 0; i < COLUMNS; i++)
		at[i] = csv_column(h, column_names[i]);
}

static int
banded(const struct definition *d)
{
	switch (d->method) {
	case DEFINITION_DSR:
	case DEFINITION_ISR_RATIO:
	case DEFINITION_ISR_RATE:
	case DEFINITION_LIFE:
	case DEFINITION_SII:
		return 1;
	default:
		return 0;
	}
}

/* Which bands the ages asked for cover. */
static int
cut_bands(struct work *w, struct fault *f)
{
	const struct definition *d = w->d;
	size_t n = bands_count(w->bands), i;

	w->from = 0;
	w->to = n;
	for (i = 0; i < n; i++)
		if (bands_start(w->bands, i) < d->age_from)
			w->from = i + 1;
	if (d->age_to >= 0)
		for (i = n; i-- > 0 && bands_start(w->bands, i) > d->age_to;)
			w->to = i;
	if (w->from >= w->to)
		return fault_at(f, d->path, 0, "no band of its standard is "
		    "within age_from and age_to");
	if (w->to < n && bands_start(w->bands, w->to) <= d->age_to)
		return fault_at(f, d->path, 0, "age_to cuts a band");
	w->width = n;
	return 0;
}

static int
work_open(struct work *w, const struct definition *d, struct fault *f)
{
	w->d = d;
	w->index = map_new();
	w->people_index = map_new();
	w->width = 1;
	w->to = 1;
	if (!banded(d))
		return 0;
	if ((w->bands = bands_open(d->bands, f)) == NULL)
		return -1;
	if (d->method == DEFINITION_DSR && !bands_weighted(w->bands))
		return fault_at(f, d->path, 0, "its standard has no weights");
	return cut_bands(w, f);
}

/* The disclosure profile, and whether it can be kept. */
static int
work_protect(struct work *w, const char *name, struct fault *f)
{
	const struct disclosure_profile *p;

	if (name != NULL && strcmp(name, "definition") == 0)
		name = w->d->disclosure;
	if (name == NULL)
		return 0;
	if ((w->profile = disclosure_profile_open(name, f)) == NULL)
		return -1;
	p = w->profile;
	if (!p->mask && p->base <= 1 && p->least <= 1) {
		disclosure_profile_free(w->profile);
		w->profile = NULL;
	} else if (w->d->numerator.kind == DEFINITION_SUM &&
	    w->d->method != DEFINITION_MEAN) {
		w->refused = 1;
	}
	return 0;
}

struct rate *
rate_new(const struct rate_options *o, struct fault *f)
{
	struct rate *r = mem_zero(1, sizeof *r);
	size_t i;
	int added;

	r->options = *o;
	r->n = o->n;
	r->ids = map_new();
	r->works = mem_zero(o->n > 0 ? o->n : 1, sizeof *r->works);
	for (i = 0; i < o->n; i++) {
		const struct definition *d = o->definitions[i];

		(void)map_add(r->ids, d->id, strlen(d->id), &added);
		if (!added)
			(void)fault_set(f, "indicator %s is asked for twice",
			    d->id);
		if (!added || work_open(&r->works[i], d, f) == -1 ||
		    work_protect(&r->works[i], o->disclosure, f) == -1) {
			rate_free(r);
			return NULL;
		}
	}
	return r;
}

void
rate_free(struct rate *r)
{
	size_t i;

	if (r == NULL)
		return;
	for (i = 0; i < r->n; i++) {
		struct work *w = &r->works[i];

		bands_close(w->bands);
		map_free(w->index);
		map_free(w->people_index);
		free(w->sums);
		free(w->problem);
		free(w->people);
		free(w->ref_x);
		free(w->ref_n);
		disclosure_profile_free(w->profile);
	}
	free(r->works);
	map_free(r->ids);
	free(r->rows);
	arena_free(&r->arena);
	free(r);
}

/* A cell as a decimal of SCALE digits: 1; 0: empty; -1: neither. */
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
	return num_decimal(s.p, s.n, SCALE, to) == 0 ? 1 : -1;
}

static double
number_of(num_wide v)
{
	/* A double's digits suffice up to 2^53; whole counts are exact. */
	num_wide whole = v / 1000000000, rest = v % 1000000000;

	return (double)whole + (double)rest / UNIT;
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

/* Room for one more group, empty. */
static size_t
group_of(struct work *w, const void *key, size_t n)
{
	int added;
	size_t g = map_add(w->index, key, n, &added);

	if (!added)
		return g;
	if (g >= w->cap) {
		w->cap = w->cap > 0 ? w->cap * 2 : 1024;
		w->sums = mem_array(w->sums, w->cap * w->width,
		    sizeof *w->sums);
		w->problem = mem_array(w->problem, w->cap, 1);
	}
	memset(&w->sums[g * w->width], 0, w->width * sizeof *w->sums);
	w->problem[g] = ESTIMATE_FINE;
	w->ngroups = g + 1;
	return g;
}

static size_t
people_of(struct work *w, const void *key, size_t n)
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
band_of(const struct work *w, const struct csv_block *b, size_t r,
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

/* Adds cell c of record r to *to; *has says that there was one. */
static int
add_cell(const struct csv_block *b, size_t r, long column, const char *name,
    struct buf *scratch, num_wide *to, int *has, struct fault *f)
{
	num_wide v;
	int rc;

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
	*has = 1;
	return 0;
}

static int
count_record(struct work *w, const struct csv_block *b,
    size_t i, const long at[COLUMNS], struct buf *key, struct buf *scratch,
    struct fault *f)
{
	const struct definition *d = w->d;
	int ignore = 0;
	struct sums *s;
	long band;
	size_t g;

	if (w->bands != NULL && at[COLUMN_BAND] < 0)
		return fault_set(f, "the counts have no column age_band, "
		    "which %s needs", d->id);
	make_key(key, b, i, at, d->by_sex, d->by_category, scratch);
	g = group_of(w, key->p, key->n);
	band = band_of(w, b, i, at[COLUMN_BAND], scratch);
	if (band < 0) {
		w->problem[g] = ESTIMATE_UNKNOWN_BAND;
		return 0;
	}
	s = &w->sums[g * w->width + (size_t)band];
	return add_cell(b, i, at[COLUMN_X], "numerator", scratch, &s->x,
	    &s->has_x, f) == -1 || add_cell(b, i, at[COLUMN_N],
	    "denominator", scratch, &s->n, &s->has_n, f) == -1 ||
	    add_cell(b, i, at[COLUMN_SQUARES], "squares", scratch,
	    &s->squares, &ignore, f) == -1 ? -1 : 0;
}

/* The definition that a record is about; NULL: none of those asked for. */
static struct work *
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

	find_columns(csv_header(in), at);
	if (at[COLUMN_X] < 0)
		return fault_set(f, "the counts have no column numerator");
	if (at[COLUMN_INDICATOR] < 0 && r->n != 1)
		return fault_set(f, "the counts have no column indicator; "
		    "name one indicator");
	while ((rc = csv_next(in, &b, f)) == 1) {
		for (i = 0; i < b->nrecords; i++) {
			struct work *w = work_of(r, b, i,
			    at[COLUMN_INDICATOR], &scratch);

			if (w == NULL && !r->options.others) {
				rc = cell_fault(b, i, at[COLUMN_INDICATOR],
				    "indicator", "is not an indicator of the "
				    "library", f);
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
wants_people(const struct definition *d)
{
	return d->denominator.kind == DEFINITION_POPULATION;
}

static int
population_record(struct work *w, const struct csv_block *b, size_t i,
    const long at[COLUMNS], struct buf *key, struct buf *scratch,
    struct fault *f)
{
	long band = band_of(w, b, i, at[COLUMN_BAND], scratch);
	num_wide v = 0, *to;
	int has = 0;
	size_t p;

	if (add_cell(b, i, at[COLUMN_POPULATION], "population", scratch, &v,
	    &has, f) == -1)
		return -1;
	if (!has)
		return cell_fault(b, i, at[COLUMN_POPULATION], "population",
		    "is empty", f);
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

	find_columns(csv_header(in), at);
	if (at[COLUMN_POPULATION] < 0 || at[COLUMN_AREA] < 0)
		return fault_set(f, "the populations need the columns area "
		    "and population");
	for (k = 0; k < r->n; k++) {
		struct work *w = &r->works[k];

		if (!wants_people(w->d) || w->ngroups == 0)
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

/* The four cells of a group's key, NUL-terminated each. */
static void
split_key(const char *key, const char *cells[4])
{
	int i;

	for (i = 0; i < 4; i++) {
		cells[i] = key;
		key += strlen(key) + 1;
	}
}

/* The populations of a group by its key; MAP_NONE: there are none. */
static size_t
people_find(const struct work *w, const char *key, size_t n,
    struct buf *scratch)
{
	const char *cells[4];

	if (w->people_have_period)
		return map_find(w->people_index, key, n);
	split_key(key, cells);
	buf_clear(scratch);
	buf_puts(scratch, cells[0]);
	buf_put(scratch, "\0", 2);
	buf_puts(scratch, cells[2]);
	buf_putc(scratch, '\0');
	buf_puts(scratch, cells[3]);
	return map_find(w->people_index, scratch->p, scratch->n);
}

/*
 * An area of the populations without a record among the counts has no
 * events, in every period that the counts have.
 */
static void
add_silent_areas(struct work *w)
{
	struct map *periods = map_new();
	struct buf key = { 0 };
	size_t i, p, n, g = w->ngroups;
	const char *cells[4], *k;

	for (i = 0; i < g; i++) {
		split_key(map_key(w->index, i, NULL), cells);
		(void)map_add(periods, cells[1], strlen(cells[1]), NULL);
	}
	for (i = 0; i < w->npeople; i++) {
		k = map_key(w->people_index, i, &n);
		if (w->people_have_period) {
			split_key(k, cells);
			if (map_find(periods, cells[1], strlen(cells[1])) !=
			    MAP_NONE)
				(void)group_of(w, k, n);
			continue;
		}
		split_key(k, cells);
		for (p = 0; p < map_count(periods); p++) {
			buf_clear(&key);
			buf_puts(&key, cells[0]);
			buf_putc(&key, '\0');
			buf_puts(&key, map_key(periods, p, NULL));
			buf_putc(&key, '\0');
			buf_puts(&key, cells[2]);
			buf_putc(&key, '\0');
			buf_puts(&key, cells[3]);
			(void)group_of(w, key.p, key.n);
		}
	}
	buf_free(&key);
	map_free(periods);
}

/*
 * Fills the denominators of groups from the populations; a band without an
 * event is 0 of its people.
 */
static void
join_people(struct work *w, unsigned char *lacks)
{
	struct buf scratch = { 0 };
	size_t g, i, n, p;
	const char *key;

	for (g = 0; g < w->ngroups; g++) {
		key = map_key(w->index, g, &n);
		p = people_find(w, key, n, &scratch);
		if (p == MAP_NONE) {
			lacks[g] = 1;
			continue;
		}
		for (i = 0; i < w->width; i++) {
			struct sums *s = &w->sums[g * w->width + i];
			num_wide v = w->people[p * w->width + i];

			if (v < 0)
				continue;
			s->n = v;
			s->has_n = s->has_x = 1;
		}
	}
	buf_free(&scratch);
}

/* Why an area cannot be part of a total. */
static enum estimate_reason
area_problem(const struct work *w, size_t g)
{
	const struct sums *s = &w->sums[g * w->width];
	size_t i;

	if (w->problem[g] != ESTIMATE_FINE)
		return (enum estimate_reason)w->problem[g];
	for (i = w->from; i < w->to; i++) {
		if (!s[i].has_x || (!s[i].has_n && w->d->method !=
		    DEFINITION_COUNT))
			return w->bands != NULL ? ESTIMATE_MISSING_BAND :
			    ESTIMATE_MISSING;
		if ((s[i].x < 0 && w->d->method != DEFINITION_MEAN) ||
		    s[i].n < 0)
			return ESTIMATE_NEGATIVE;
		if (w->d->method == DEFINITION_PROPORTION &&
		    s[i].x > s[i].n)
			return ESTIMATE_ABOVE_DENOMINATOR;
	}
	return ESTIMATE_FINE;
}

/*
 * Adds all areas together, under a name of their own. Areas without a
 * population are left out; one that is wrong makes the total empty.
 */
static int
add_total(struct work *w, const char *name, unsigned char **lacks,
    struct fault *f)
{
	struct buf key = { 0 };
	size_t g, i, groups = w->ngroups, before, to;
	const char *cells[4];

	for (g = 0; g < groups; g++) {
		split_key(map_key(w->index, g, NULL), cells);
		if (strcmp(cells[0], name) == 0) {
			buf_free(&key);
			return fault_set(f, "the counts of %s have an area "
			    "with the name of the total", w->d->id);
		}
		buf_clear(&key);
		buf_puts(&key, name);
		for (i = 1; i < 4; i++) {
			buf_putc(&key, '\0');
			buf_puts(&key, cells[i]);
		}
		before = w->ngroups;
		to = group_of(w, key.p, key.n);
		if (w->ngroups > before) {
			*lacks = mem_array(*lacks, w->ngroups, 1);
			(*lacks)[to] = 0;
		}
		if ((*lacks)[g]) /* events of nobody would only mislead */
			continue;
		if (w->problem[to] == ESTIMATE_FINE)
			w->problem[to] = (unsigned char)area_problem(w, g);
		for (i = 0; i < w->width; i++) {
			const struct sums *a = &w->sums[g * w->width + i];
			struct sums *b = &w->sums[to * w->width + i];

			if (num_wide_add(&b->x, a->x) == -1 ||
			    num_wide_add(&b->n, a->n) == -1 ||
			    num_wide_add(&b->squares, a->squares) == -1) {
				buf_free(&key);
				return fault_set(f, "the total of %s is too "
				    "large", w->d->id);
			}
			b->has_x |= a->has_x;
			b->has_n |= a->has_n;
		}
	}
	buf_free(&key);
	return 0;
}

static void
row_start(const struct work *w, size_t g, struct rate_row *row)
{
	const char *cells[4];

	memset(row, 0, sizeof *row);
	split_key(map_key(w->index, g, NULL), cells);
	row->definition = w->d;
	row->key[DEFINITION_AREA] = cells[0];
	row->key[DEFINITION_PERIOD] = cells[1];
	row->key[DEFINITION_SEX] = cells[2];
	row->key[DEFINITION_BAND] = "";
	row->key[DEFINITION_CATEGORY] = cells[3];
	row->count = row->denominator = NAN;
	row->detail = "";
}

/* Bands that are absent, as "0-4;5-9". */
static const char *
name_bands(struct rate *r, const struct work *w, const struct sums *s,
    int of_population)
{
	struct buf b = { 0 };
	size_t i, n = 0;
	char *text;

	for (i = w->from; i < w->to; i++) {
		if (of_population ? s[i].has_n : s[i].has_x && s[i].has_n)
			continue;
		if (n == MAX_DETAIL) {
			buf_puts(&b, ";...");
			break;
		}
		if (n++ > 0)
			buf_putc(&b, ';');
		buf_puts(&b, bands_label(w->bands, i));
	}
	text = arena_copy(&r->arena, b.p != NULL ? b.p : "", b.n);
	buf_free(&b);
	return text;
}

struct arrays {
	size_t n;
	double x[BANDS_MAX], people[BANDS_MAX], weight[BANDS_MAX];
	double start[BANDS_MAX];
};

/* The bands in use as arrays; 0, or -1 with the row failed. */
static int
to_arrays(struct rate *r, const struct work *w, const struct sums *s,
    struct arrays *a, struct rate_row *row)
{
	size_t i;

	a->n = 0;
	row->count = row->denominator = 0;
	for (i = w->from; i < w->to; i++) {
		if (!s[i].has_x || !s[i].has_n) {
			estimate_fail(&row->estimate, ESTIMATE_MISSING_BAND);
			row->detail = name_bands(r, w, s, 0);
			row->count = row->denominator = NAN;
			return -1;
		}
		a->x[a->n] = number_of(s[i].x);
		a->people[a->n] = number_of(s[i].n);
		a->weight[a->n] = bands_weight(w->bands, i);
		a->start[a->n] = bands_start(w->bands, i);
		row->count += a->x[a->n];
		row->denominator += a->people[a->n];
		a->n++;
	}
	return 0;
}

/*
 * The sum of squared differences from the mean. The difference of two
 * large sums: taken in exact integers where they fit.
 */
static double
deviations(const struct sums *s)
{
	num_wide n = s->n / 1000000000, x = s->x, q = s->squares, a, b;
	double mean;

	if (n < 1)
		return 0;
	if (s->n % 1000000000 == 0 &&
	    !__builtin_mul_overflow(q, n, &a) &&
	    !__builtin_mul_overflow(a, (num_wide)1000000000, &a) &&
	    !__builtin_mul_overflow(x, x, &b))
		return a > b ? (double)(a - b) / (double)n / UNIT / UNIT : 0;
	mean = number_of(x) / number_of(s->n);
	return fmax(0, number_of(q) - mean * number_of(x));
}

static void
simple(const struct work *w, const struct sums *s,
    const struct estimate_levels *l, struct rate_row *row)
{
	const struct definition *d = w->d;
	double x = s->has_x ? number_of(s->x) : NAN;
	double n = s->has_n ? number_of(s->n) : NAN;
	struct estimate *e = &row->estimate;

	row->count = x;
	row->denominator = n;
	switch (d->method) {
	case DEFINITION_PROPORTION:
		if (d->exact)
			estimate_proportion_exact(x, n, d->multiplier, l, e);
		else
			estimate_proportion(x, n, d->multiplier, l, e);
		break;
	case DEFINITION_CRUDE_RATE:
		estimate_rate(x, n, d->multiplier, l, e);
		break;
	case DEFINITION_SMR:
		standard_indirect(x, n, d->multiplier, l, e);
		break;
	case DEFINITION_MEAN:
		if (isnan(x) || isnan(n)) {
			estimate_fail(e, ESTIMATE_MISSING);
			break;
		}
		estimate_mean_sums(n, x, deviations(s), l, e, NULL);
		break;
	default:
		estimate_fail(e, isnan(x) || (d->method == DEFINITION_RATIO &&
		    isnan(n)) ? ESTIMATE_MISSING : ESTIMATE_FINE);
		if (e->reason != ESTIMATE_FINE)
			break;
		if (d->method == DEFINITION_RATIO && !(n > 0)) {
			estimate_fail(e, ESTIMATE_ZERO_DENOMINATOR);
			break;
		}
		e->value = (d->method == DEFINITION_RATIO ? x / n : x) *
		    d->multiplier;
		break;
	}
}

static void
by_bands(struct rate *r, const struct work *w, const struct sums *s,
    struct rate_row *row)
{
	const struct estimate_levels *l = &r->options.levels;
	struct estimate life[BANDS_MAX];
	struct arrays a;
	double expected;

	if (to_arrays(r, w, s, &a, row) == -1)
		return;
	switch (w->d->method) {
	case DEFINITION_DSR:
		standard_direct(a.n, a.x, a.people, a.weight,
		    w->d->multiplier, l, &row->estimate, NULL);
		break;
	case DEFINITION_ISR_RATIO:
	case DEFINITION_ISR_RATE:
		expected = standard_expected(a.n, a.people, w->ref_x +
		    w->from, w->ref_n + w->from);
		standard_indirect(row->count, expected, w->d->method ==
		    DEFINITION_ISR_RATIO ? w->d->multiplier :
		    standard_reference_rate(a.n, w->ref_x + w->from,
		    w->ref_n + w->from, w->d->multiplier), l,
		    &row->estimate);
		if (w->d->method == DEFINITION_ISR_RATIO)
			row->denominator = expected;
		break;
	default:
		life_expectancy(a.n, a.start, a.x, a.people, l, life);
		row->estimate = life[0];
		break;
	}
}

/* A count as it may be published; -1: it may not. */
static int
publishable(const struct disclosure_profile *p, double v, double *rounded)
{
	if (isnan(v) || v < 0 || v > 1e15 || v > floor(v) ||
	    disclosure_masks(p, (uint64_t)v))
		return -1;
	*rounded = (double)disclosure_round(p, (uint64_t)v);
	return 0;
}

static void
suppress(struct rate_row *row)
{
	estimate_fail(&row->estimate, ESTIMATE_SUPPRESSED);
	row->count = row->denominator = NAN;
	row->detail = "";
}

/* What the profile leaves of a row that could be computed. */
static void
protect(const struct work *w, const struct sums *s,
    const struct estimate_levels *l, struct rate_row *row)
{
	const struct disclosure_profile *p = w->profile;
	const struct definition *d = w->d;
	double x = row->count, n = row->denominator, unused;
	struct sums t = *s;

	if (p == NULL || (isnan(x) && isnan(n)))
		return;
	if (d->method == DEFINITION_MEAN) {
		if (n < (double)p->least || publishable(p, n, &n) == -1) {
			suppress(row);
			return;
		}
		row->count = NAN;
		row->denominator = n;
		return;
	}
	if (publishable(p, x, &x) == -1 || (d->method ==
	    DEFINITION_PROPORTION && publishable(p, row->denominator -
	    row->count, &unused) == -1) || (d->denominator.kind ==
	    DEFINITION_RECORDS && publishable(p, n, &n) == -1)) {
		suppress(row);
		return;
	}
	if (d->denominator.kind == DEFINITION_SUM && d->method != DEFINITION_SMR
	    && p->sum_base > 1)
		n = nearbyint(n / (double)p->sum_base) * (double)p->sum_base;
	if (w->bands != NULL) {
		row->count = x;
		return;
	}
	if (d->method == DEFINITION_PROPORTION && x > n)
		x = n; /* each was rounded by itself */
	t.x = (num_wide)(x * UNIT);
	t.n = isnan(n) ? 0 : (num_wide)(n * UNIT);
	simple(w, &t, l, row);
}

/* The reference of an indirect method: a file, or the total of all. */
static int
reference_file(struct work *w, const char *path, struct fault *f)
{
	static const char *const names[3] = { "age_band", "count",
	    "population" };
	struct csv_table *t = csv_table_open(path, ',', f);
	double v[2];
	long at[3], band;
	size_t i, k;
	int rc = -1;

	if (t == NULL)
		return -1;
	for (k = 0; k < 3; k++)
		if ((at[k] = csv_table_column(t, names[k], f)) == -1)
			goto out;
	for (i = 0; i < t->nrows; i++) {
		const char *s = csv_table_cell(t, i, (size_t)at[0]);

		band = bands_find(w->bands, s, strlen(s));
		if (band < 0) {
			(void)fault_at(f, path, t->lines[i], "the reference "
			    "has a band that the standard lacks");
			goto out;
		}
		for (k = 0; k < 2; k++) {
			s = csv_table_cell(t, i, (size_t)at[k + 1]);
			if (num_double(s, strlen(s), &v[k]) == -1 ||
			    v[k] < 0) {
				(void)fault_at(f, path, t->lines[i],
				    "%s must be a number not below 0",
				    names[k + 1]);
				goto out;
			}
		}
		w->ref_x[band] += v[0];
		w->ref_n[band] += v[1];
	}
	for (i = w->from; i < w->to; i++)
		if (!(w->ref_n[i] > 0)) {
			(void)fault_at(f, path, 0, "the reference lacks the "
			    "age band %s", bands_label(w->bands, i));
			goto out;
		}
	rc = 0;
out:
	csv_table_close(t);
	return rc;
}

static int
reference(struct rate *r, struct work *w, const unsigned char *lacks,
    struct fault *f)
{
	const char *path = r->options.reference != NULL ?
	    r->options.reference : w->d->reference;
	size_t g, i;

	if (w->d->method != DEFINITION_ISR_RATIO &&
	    w->d->method != DEFINITION_ISR_RATE)
		return 0;
	w->ref_x = mem_zero(w->width, sizeof *w->ref_x);
	w->ref_n = mem_zero(w->width, sizeof *w->ref_n);
	if (path != NULL)
		return reference_file(w, path, f);
	for (i = 0; i < w->width; i++) {
		num_wide x = 0, n = 0;

		for (g = 0; g < w->ngroups; g++) {
			const struct sums *s = &w->sums[g * w->width + i];

			if (lacks[g])
				continue;
			if (num_wide_add(&x, s->x) == -1 ||
			    num_wide_add(&n, s->n) == -1)
				return fault_set(f, "the total of %s is too "
				    "large", w->d->id);
		}
		w->ref_x[i] = number_of(x);
		w->ref_n[i] = number_of(n);
	}
	return 0;
}

static void
add_row(struct rate *r, const struct rate_row *row)
{
	if (r->nrows == r->rows_cap) {
		r->rows_cap = r->rows_cap > 0 ? r->rows_cap * 2 : 256;
		r->rows = mem_array(r->rows, r->rows_cap, sizeof *r->rows);
	}
	r->rows[r->nrows++] = *row;
}

static int
compare_rows(const void *a, const void *b)
{
	static const enum definition_key order[4] = { DEFINITION_AREA,
	    DEFINITION_PERIOD, DEFINITION_SEX, DEFINITION_CATEGORY };
	const struct rate_row *p = a, *q = b;
	int c = strcmp(p->definition->id, q->definition->id), i;

	for (i = 0; c == 0 && i < 4; i++)
		c = strcmp(p->key[order[i]], q->key[order[i]]);
	return c;
}

/*
 * From life expectancies by quantile (category, in C byte order: 01 is the
 * least advantaged) to one slope index per area, period and sex.
 */
static void
to_slopes(struct rate *r, size_t first)
{
	const struct estimate_levels *l = &r->options.levels;
	struct slope_options o = { SLOPE_LINEAR, 0, 1, 0, 0 };
	size_t i, k, end, to = first;

	for (i = first; i < r->nrows; i = end) {
		struct slope_quantile q[SLOPE_MAX_QUANTILES];
		struct rate_row row = r->rows[i];
		struct slope s;
		size_t n = 0;

		o.draws = (size_t)row.definition->draws;
		o.seed = row.definition->seed;

		row.count = row.denominator = 0;
		row.key[DEFINITION_CATEGORY] = "";
		for (end = i; end < r->nrows &&
		    strcmp(r->rows[end].key[DEFINITION_AREA],
		    row.key[DEFINITION_AREA]) == 0 &&
		    strcmp(r->rows[end].key[DEFINITION_PERIOD],
		    row.key[DEFINITION_PERIOD]) == 0 &&
		    strcmp(r->rows[end].key[DEFINITION_SEX],
		    row.key[DEFINITION_SEX]) == 0; end++) {
			const struct rate_row *of = &r->rows[end];
			double half = NAN;

			for (k = 0; k < l->n; k++)
				if (l->confidence[k] > 0.9499 &&
				    l->confidence[k] < 0.9501)
					half = of->estimate.upper[k] -
					    of->estimate.value;
			if (n == SLOPE_MAX_QUANTILES)
				continue;
			q[n].people = of->denominator;
			q[n].value = of->estimate.value;
			q[n].lower = of->estimate.value - half;
			q[n++].upper = of->estimate.value + half;
			row.count += of->count;
			row.denominator += of->denominator;
			if (of->estimate.reason != ESTIMATE_FINE)
				row.estimate.reason = of->estimate.reason;
		}
		if (row.estimate.reason != ESTIMATE_FINE) {
			estimate_fail(&row.estimate, row.estimate.reason);
		} else {
			slope_index(n, q, &o, l, &s);
			row.estimate = s.sii;
			row.detail = "";
		}
		r->rows[to++] = row;
	}
	r->nrows = to;
}

static int
finish_work(struct rate *r, struct work *w, struct fault *f)
{
	unsigned char *lacks;
	size_t g, first = r->nrows;
	int rc = -1;

	if (w->people_given)
		add_silent_areas(w);
	lacks = mem_zero(w->ngroups > 0 ? w->ngroups : 1, 1);
	if (w->people_given)
		join_people(w, lacks);
	if (reference(r, w, lacks, f) == -1 ||
	    (r->options.total != NULL && add_total(w, r->options.total,
	    &lacks, f) == -1))
		goto out;
	for (g = 0; g < w->ngroups; g++) {
		const struct sums *s = &w->sums[g * w->width];
		struct rate_row row;

		row_start(w, g, &row);
		if (lacks[g])
			estimate_fail(&row.estimate, ESTIMATE_NO_POPULATION);
		else if (w->problem[g] != ESTIMATE_FINE)
			estimate_fail(&row.estimate,
			    (enum estimate_reason)w->problem[g]);
		else if (w->bands != NULL)
			by_bands(r, w, s, &row);
		else
			simple(w, s, &r->options.levels, &row);
		protect(w, s, &r->options.levels, &row);
		add_row(r, &row);
	}
	if (r->nrows > first)
		qsort(r->rows + first, r->nrows - first, sizeof *r->rows,
		    compare_rows);
	if (w->d->method == DEFINITION_SII)
		to_slopes(r, first);
	rc = 0;
out:
	free(lacks);
	return rc;
}

static int
no_denominator(const struct work *w)
{
	size_t i;

	for (i = 0; i < w->ngroups * w->width; i++)
		if (w->sums[i].has_n)
			return 0;
	return 1;
}

int
rate_finish(struct rate *r, const struct rate_row **rows, size_t *n,
    struct fault *f)
{
	size_t i;

	for (i = 0; i < r->n; i++) {
		struct work *w = &r->works[i];

		if (wants_people(w->d) && !w->people_given &&
		    w->ngroups > 0 && no_denominator(w))
			return fault_set(f, "%s needs a population: "
			    "--population FILE", w->d->id);
		if (w->refused && w->ngroups > 0)
			return fault_set(f, "%s adds up values: how many "
			    "people are behind a sum is not among the counts, "
			    "so %s cannot be kept", w->d->id,
			    w->profile->name);
		if (finish_work(r, w, f) == -1)
			return -1;
	}
	if (r->nrows > 0)
		qsort(r->rows, r->nrows, sizeof *r->rows, compare_rows);
	*rows = r->rows;
	*n = r->nrows;
	return 0;
}

/*
 * Twelve significant digits by IEEE products alone, since what libraries
 * print may differ in speed but what they compute must not: v * 10^k is
 * one rounding, and so is the same everywhere.
 */
void
rate_put_number(struct buf *b, double v)
{
	static const double powers[] = { 1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7,
	    1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16 };
	char text[40], *p = text + sizeof text;
	double a = fabs(v);
	int after, i;
	uint64_t u;

	if (!isfinite(v))
		return;
	if (a >= 1e12 || (a < 1e-4 && a > 0)) {
		buf_printf(b, "%.12g", v);
		return;
	}
	for (after = 16; after > 0 && a * powers[after] >= 1e12; after--)
		continue;
	u = (uint64_t)nearbyint(a * powers[after]);
	for (; after > 0 && u % 10 == 0; after--)
		u /= 10;
	if (v < 0 && u > 0)
		buf_putc(b, '-');
	for (i = 0; i < after; i++, u /= 10)
		*--p = (char)('0' + u % 10);
	if (after > 0)
		*--p = '.';
	do
		*--p = (char)('0' + u % 10);
	while ((u /= 10) > 0);
	buf_put(b, p, (size_t)(text + sizeof text - p));
}

void
rate_level_name(double confidence, char to[16])
{
	char *dot;

	(void)snprintf(to, 16, "%.6g", confidence * 100);
	if ((dot = strchr(to, '.')) != NULL)
		*dot = '_';
}

void
rate_put_header(struct buf *b, const struct estimate_levels *l)
{
	char name[16];
	size_t i;

	buf_puts(b, "indicator,area,period,sex,category,count,denominator,"
	    "value");
	for (i = 0; i < l->n; i++) {
		rate_level_name(l->confidence[i], name);
		buf_printf(b, ",lower_%s,upper_%s", name, name);
	}
	buf_puts(b, ",method,reason\n");
}

void
rate_put_row(struct buf *b, const struct rate_row *r,
    const struct estimate_levels *l)
{
	size_t i;

	csv_put_string(b, r->definition->id);
	buf_putc(b, ',');
	csv_put_string(b, r->key[DEFINITION_AREA]);
	buf_putc(b, ',');
	csv_put_string(b, r->key[DEFINITION_PERIOD]);
	buf_putc(b, ',');
	csv_put_string(b, r->key[DEFINITION_SEX]);
	buf_putc(b, ',');
	csv_put_string(b, r->key[DEFINITION_CATEGORY]);
	buf_putc(b, ',');
	rate_put_number(b, r->count);
	buf_putc(b, ',');
	rate_put_number(b, r->denominator);
	buf_putc(b, ',');
	rate_put_number(b, r->estimate.value);
	for (i = 0; i < l->n; i++) {
		buf_putc(b, ',');
		rate_put_number(b, r->estimate.lower[i]);
		buf_putc(b, ',');
		rate_put_number(b, r->estimate.upper[i]);
	}
	buf_putc(b, ',');
	csv_put_string(b, r->estimate.method);
	buf_putc(b, ',');
	buf_puts(b, estimate_reason_code(r->estimate.reason));
	if (r->detail[0] != '\0') {
		buf_putc(b, ':');
		buf_puts(b, r->detail);
	}
	buf_putc(b, '\n');
}
