/* Looks at a published table for what should not leave. */
#include "disclosure/release.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "check/check.h"
#include "privacy/pseudonym.h"
#include "tally/number.h"

#define UNBOUND ((num_wide)1 << 90) /* sums of 2^32 of it fit */
#define LARGEST ((num_wide)1 << 80)
#define PASSES 100

enum column_kind {
	GROUPING, COUNT, DISTINCT, SUM, EXTREME, STATISTIC, SHARE, NOTE,
	UNNAMED /* a measure: a count if its numbers are whole */
};

struct column {
	enum column_kind kind;
	unsigned scale;
	int identifier; /* it was found to be one; say so once */
};

/* What a cell can have been, at its column's scale. lo > hi: no number. */
struct range {
	num_wide lo, hi;
	int masked;
};

struct disclosure_release {
	struct disclosure_release_options o;
	struct disclosure_profile *profile;
	int suppress, cellkey; /* the mode, or round */
};

/* One table being looked at. */
struct look {
	const struct disclosure_release *x;
	const struct csv_table *t;
	struct column *columns;
	struct range *ranges; /* nrows * ncols */
	size_t *order;        /* rows, sorted for one grouping */
	struct range **parts; /* of the total at hand */
	void (*found)(void *, const struct fault *);
	void *arg;
};

void
disclosure_release_free(struct disclosure_release *x)
{
	if (x == NULL)
		return;
	disclosure_profile_free(x->profile);
	free(x);
}

struct disclosure_release *
disclosure_release_new(const struct disclosure_release_options *o,
    struct fault *f)
{
	struct disclosure_release *x = mem_zero(1, sizeof *x);
	const char *colon = strrchr(o->disclosure, ':');
	char *name = colon == NULL ? mem_strdup(o->disclosure) :
	    mem_strndup(o->disclosure, (size_t)(colon - o->disclosure));

	x->o = *o;
	if (colon != NULL) {
		x->suppress = strcmp(colon + 1, "suppress") == 0;
		x->cellkey = strcmp(colon + 1, "cellkey") == 0;
		if (!x->suppress && !x->cellkey &&
		    strcmp(colon + 1, "round") != 0)
			(void)fault_set(f, "--disclosure knows the modes "
			    "round, suppress and cellkey");
	}
	if (!f->set)
		x->profile = disclosure_profile_open(name, f);
	if (x->profile != NULL && x->cellkey &&
	    x->profile->cellkey_table == NULL)
		(void)fault_set(f, "the profile %s has no cell key method",
		    name);
	free(name);
	if (f->set) {
		disclosure_release_free(x);
		return NULL;
	}
	return x;
}

static void
report(const struct look *l, const struct fault *what, size_t row, size_t col)
{
	struct fault f = *what;
	const struct csv_table *t = l->t;

	/* A name that is an identifier is not repeated. */
	fault_place(&f, t->path, row == 0 ? 1 : t->lines[row - 1], row,
	    col + 1, l->columns[col].identifier == 2 ? NULL : t->names[col]);
	l->found(l->arg, &f);
}

#define FOUND(l, row, col, ...)                                          \
	do {                                                             \
		struct fault what_ = FAULT_NONE;                         \
		(void)fault_set(&what_, __VA_ARGS__);                    \
		report(l, &what_, row, col);                             \
	} while (0)

static int
is_token(const char *s)
{
	return strlen(s) == PSEUDONYM_BYTES && s[0] == 'p' && s[1] == '1' &&
	    strspn(s + 2, "abcdefghijklmnopqrstuvwxyz234567") ==
	    PSEUDONYM_BYTES - 2;
}

/* What a text identifies, or NULL. */
static const char *
identifies(const char *s, int postcodes)
{
	size_t n = strlen(s);
	char ten[10], eight[8];

	if (check_canonical_nhs_number(s, n, ten) == 0)
		return "a valid NHS number";
	if (is_token(s))
		return "a pseudonym";
	if (check_postcode(s, n) ||
	    (postcodes && check_canonical_postcode(s, n, eight) == 0))
		return "a full postcode";
	return NULL;
}

static void
look_for_identifiers(struct look *l)
{
	static const char *const names[] = { "person_id", "nhs_number",
		"record_id" };
	const struct csv_table *t = l->t;
	size_t i, k, row;

	for (i = 0; i < t->ncols; i++) {
		const char *what = identifies(t->names[i], 1);

		if (what != NULL) {
			l->columns[i].identifier = 2;
			FOUND(l, 0, i, "the column's name is %s", what);
		}
		for (k = 0; k < sizeof names / sizeof *names; k++)
			if (strcasecmp(t->names[i], names[k]) == 0) {
				l->columns[i].identifier = 1;
				FOUND(l, 0, i, "a column of identifiers");
			}
	}
	for (row = 0; row < t->nrows; row++)
		for (i = 0; i < t->ncols; i++) {
			const char *what;

			if (l->columns[i].kind == SUM)
				continue;
			what = identifies(csv_table_cell(t, row, i),
			    strcasecmp(t->names[i], "postcode") == 0);
			if (what != NULL)
				FOUND(l, row + 1, i, "%s", what);
		}
}

/* As nib-aggregate calls its measures: p0.9_cost is a quantile. */
static enum column_kind
kind_by_name(const char *s)
{
	static const struct { const char *prefix; enum column_kind kind; }
	known[] = {
		{ "sum_", SUM }, { "mean_", STATISTIC }, { "min_", EXTREME },
		{ "max_", EXTREME }, { "median_", STATISTIC },
		{ "variance_", STATISTIC }, { "sd_", STATISTIC },
		{ "distinct_", DISTINCT },
	};
	size_t i, n;

	if (strcmp(s, "count") == 0)
		return COUNT;
	for (i = 0; i < sizeof known / sizeof *known; i++)
		if (strncmp(s, known[i].prefix, strlen(known[i].prefix)) == 0)
			return known[i].kind;
	n = s[0] == 'p' ? strspn(s + 1, "0123456789.") : 0;
	return n > 0 && s[n + 1] == '_' ? STATISTIC : UNNAMED;
}

static enum column_kind
kind_of(const struct tally_request *r, const char *name)
{
	size_t i;

	for (i = 0; i < r->nmeasures; i++) {
		if (strcmp(r->measures[i].name, name) != 0)
			continue;
		switch (r->measures[i].kind) {
		case TALLY_COUNT:
			return COUNT;
		case TALLY_DISTINCT:
			return DISTINCT;
		case TALLY_SUM:
			return SUM;
		case TALLY_MIN:
		case TALLY_MAX:
			return EXTREME;
		case TALLY_SHARE:
			return SHARE;
		case TALLY_MEAN:
		case TALLY_MEDIAN:
		case TALLY_QUANTILE:
		case TALLY_VARIANCE:
		case TALLY_SD:
			return STATISTIC;
		}
	}
	return kind_by_name(name);
}

/* What the cells of a column are. */
struct cells {
	size_t numbers, fractions, above_one, symbols, other;
};

static struct cells
cells_of(const struct look *l, size_t col)
{
	struct cells c = { 0 };
	size_t row;

	for (row = 0; row < l->t->nrows; row++) {
		const char *s = csv_table_cell(l->t, row, col);
		double v;

		if (strcmp(s, l->x->profile->symbol) == 0) {
			c.symbols++;
		} else if (num_double(s, strlen(s), &v) == 0) {
			c.numbers++;
			c.fractions += strpbrk(s, ".eE") != NULL;
			c.above_one += v < 0 || v > 1;
		} else if (*s != '\0') {
			c.other++;
		}
	}
	return c;
}

/* Groupings first, by what is asked or up to the first measure. */
static int
find_columns(struct look *l, struct fault *f)
{
	const struct tally_request *r = l->x->o.request;
	const struct csv_table *t = l->t;
	size_t i, j;
	int leading = r->nby == 0;

	for (j = 0; j < r->nby; j++)
		if (csv_table_column(t, r->by[j].name, f) == -1)
			return -1;
	for (j = 0; j < r->nmeasures; j++)
		if (csv_table_column(t, r->measures[j].name, f) == -1)
			return -1;
	for (i = 0; i < t->ncols; i++) {
		struct column *c = &l->columns[i];
		struct cells is = cells_of(l, i);

		c->kind = kind_of(r, t->names[i]);
		for (j = 0; j < r->nby; j++)
			if (strcmp(r->by[j].name, t->names[i]) == 0)
				c->kind = GROUPING;
		if (strcmp(t->names[i], "note") == 0 && i + 1 == t->ncols &&
		    c->kind != GROUPING)
			c->kind = NOTE;
		if (c->kind != UNNAMED)
			leading &= c->kind == GROUPING;
		else if (leading && is.symbols + is.fractions == 0) {
			if (is.other == 0 && is.numbers > 0) {
				struct fault what = FAULT_NONE;

				(void)fault_set(&what, "may be a grouping or "
				    "a count: name the groupings with --by");
				fault_place(&what, t->path, 1, 0, i + 1,
				    identifies(t->names[i], 1) != NULL ?
				    NULL : t->names[i]);
				*f = what;
				return -1;
			}
			c->kind = GROUPING;
		} else {
			leading = 0;
			if (is.fractions > 0)
				c->kind = is.above_one > 0 ? STATISTIC :
				    SHARE;
		}
	}
	return 0;
}

static void
look_at_count(const struct look *l, size_t row, size_t col, num_wide v)
{
	const struct disclosure_profile *p = l->x->profile;

	if (v < 0 || v > LARGEST / 2 || v > INT64_MAX)
		FOUND(l, row + 1, col, "not a count");
	else if (l->x->cellkey && v < (num_wide)p->cellkey_threshold)
		FOUND(l, row + 1, col, "a count below %" PRIu64 ", which %s "
		    "masks", p->cellkey_threshold, p->name);
	else if (!l->x->cellkey && disclosure_masks(p, (uint64_t)v))
		FOUND(l, row + 1, col, "a count from %" PRIu64 " to %" PRIu64
		    ", which %s masks", p->mask_from, p->mask_to, p->name);
	else if (!l->x->cellkey && !l->x->suppress &&
	    disclosure_round(p, (uint64_t)v) != (uint64_t)v)
		FOUND(l, row + 1, col, "a count that is not rounded as %s "
		    "does, to base %" PRIu64, p->name, p->base);
}

/* The true counts that are published as v. */
static struct range
range_of_count(const struct look *l, num_wide v)
{
	const struct disclosure_profile *p = l->x->profile;
	num_wide base = (num_wide)p->base;
	struct range r = { v, v, 0 };

	if (l->x->cellkey) {
		r.lo = 0;
		r.hi = UNBOUND;
		return r;
	}
	if (l->x->suppress || v < 0)
		return r;
	if (p->midpoint) {
		if (v > 0) {
			r.lo = v - base / 2 + 1;
			r.hi = v - base / 2 + base;
		}
		return r;
	}
	r.lo = v < base / 2 ? 0 : v - base / 2;
	r.hi = v + (base - 1) / 2;
	if (p->mask && r.lo >= (num_wide)p->mask_from && r.lo <=
	    (num_wide)p->mask_to && v > (num_wide)p->mask_to)
		r.lo = (num_wide)p->mask_to + 1;
	if (p->mask && r.hi >= (num_wide)p->mask_from && r.hi <=
	    (num_wide)p->mask_to && v < (num_wide)p->mask_from)
		r.hi = (num_wide)p->mask_from - 1;
	return r;
}

static struct range
range_of_masked(const struct look *l, size_t col)
{
	const struct disclosure_profile *p = l->x->profile;
	struct range r = { 0, UNBOUND, 1 };

	if (l->columns[col].kind == SUM)
		r.lo = -UNBOUND;
	else if (!l->x->suppress && !l->x->cellkey && p->mask) {
		r.lo = (num_wide)p->mask_from;
		r.hi = (num_wide)p->mask_to;
	}
	return r;
}

static int
is_additive(const struct look *l, size_t col)
{
	enum column_kind kind = l->columns[col].kind;

	return kind == COUNT || kind == UNNAMED || (kind == SUM &&
	    (l->x->suppress || l->x->profile->sum_base == 1));
}

static void
look_at_number(const struct look *l, size_t row, size_t col, struct range *to)
{
	const struct disclosure_profile *p = l->x->profile;
	const struct column *c = &l->columns[col];
	const char *s = csv_table_cell(l->t, row, col);
	size_t n = strlen(s);
	num_wide v = 0;
	double real;
	int whole = num_decimal(s, n, c->scale, &v) == 0 && v < LARGEST &&
	    v > -LARGEST;

	if (c->kind == COUNT || c->kind == DISTINCT || c->kind == UNNAMED) {
		if (!whole) {
			FOUND(l, row + 1, col, "neither a count nor what "
			    "stands for a masked one");
			return;
		}
		look_at_count(l, row, col, v);
		*to = range_of_count(l, v);
	} else if (c->kind == SUM) {
		if (!whole)
			FOUND(l, row + 1, col, "not a sum");
		else if (!l->x->suppress && p->sum_base > 1 && v %
		    ((num_wide)p->sum_base * tally_pow10[c->scale]) != 0)
			FOUND(l, row + 1, col, "a sum that is not rounded as "
			    "%s does, to base %" PRIu64, p->name,
			    p->sum_base);
		if (whole)
			*to = (struct range){ v, v, 0 };
	} else if (c->kind == EXTREME) {
		if (!p->extremes)
			FOUND(l, row + 1, col, "a minimum or maximum, which "
			    "%s does not publish", p->name);
	} else if (num_double(s, n, &real) == -1) {
		FOUND(l, row + 1, col, "not a number");
	} else if (c->kind == STATISTIC && !l->x->suppress &&
	    p->decimals >= 0) {
		const char *point = strchr(s, '.');

		if (point != NULL && strspn(point + 1, "0123456789") >
		    (size_t)p->decimals)
			FOUND(l, row + 1, col, "more digits after the point "
			    "than the %d of %s", p->decimals, p->name);
	}
}

static void
look_at_cells(struct look *l)
{
	const struct csv_table *t = l->t;
	size_t row, col;

	for (col = 0; col < t->ncols; col++)
		for (row = 0; row < t->nrows && l->columns[col].kind == SUM;
		    row++) {
			const char *s = csv_table_cell(t, row, col);
			unsigned scale = num_text_scale(s, strlen(s));

			if (scale > l->columns[col].scale)
				l->columns[col].scale = scale < NUM_MAX_SCALE ?
				    scale : NUM_MAX_SCALE;
		}
	for (row = 0; row < t->nrows; row++)
		for (col = 0; col < t->ncols; col++) {
			struct range *to = &l->ranges[row * t->ncols + col];
			const char *s = csv_table_cell(t, row, col);

			*to = (struct range){ 1, 0, 0 };
			if (l->columns[col].kind == GROUPING ||
			    l->columns[col].kind == NOTE || *s == '\0')
				continue;
			if (strcmp(s, l->x->profile->symbol) == 0)
				*to = range_of_masked(l, col);
			else
				look_at_number(l, row, col, to);
		}
}

/*
 * total == sum of parts: narrows what is masked. Left alone if it cannot
 * be so, since it then is no total of these. 1: something changed.
 */
static int
narrow(struct range *total, struct range **parts, size_t n)
{
	num_wide lo = 0, hi = 0;
	size_t i;
	int changed = 0;

	if (n == 0 || total->lo > total->hi)
		return 0;
	for (i = 0; i < n; i++) {
		if (parts[i]->lo > parts[i]->hi)
			return 0;
		lo += parts[i]->lo;
		hi += parts[i]->hi;
	}
	if (lo > total->hi || hi < total->lo)
		return 0;
	for (i = 0; i < n; i++) {
		struct range *p = parts[i];
		num_wide least = total->lo - (hi - p->hi);
		num_wide most = total->hi - (lo - p->lo);

		if (!p->masked)
			continue;
		if (least > p->lo) {
			lo += least - p->lo;
			p->lo = least;
			changed = 1;
		}
		if (most < p->hi) {
			hi -= p->hi - most;
			p->hi = most;
			changed = 1;
		}
	}
	if (total->masked && lo > total->lo) {
		total->lo = lo;
		changed = 1;
	}
	if (total->masked && hi < total->hi) {
		total->hi = hi;
		changed = 1;
	}
	return changed;
}

/*
 * Rows in runs that differ in one grouping only (by < ncols), or all rows
 * (by == ncols), which a total over all groupings adds up.
 */
static int
same_run(const struct look *l, size_t a, size_t b, size_t by)
{
	size_t i;

	for (i = 0; i < l->t->ncols && by < l->t->ncols; i++)
		if (i != by && l->columns[i].kind == GROUPING &&
		    strcmp(csv_table_cell(l->t, a, i),
		    csv_table_cell(l->t, b, i)) != 0)
			return 0;
	return 1;
}

static int
compare(const struct look *l, size_t a, size_t b, size_t by)
{
	size_t i;
	int c;

	for (i = 0; i < l->t->ncols; i++)
		if (i != by && l->columns[i].kind == GROUPING &&
		    (c = strcmp(csv_table_cell(l->t, a, i),
		    csv_table_cell(l->t, b, i))) != 0)
			return c;
	return a < b ? -1 : a > b;
}

/* Heap sort: qsort cannot be told what the columns are. */
static void
sift(const struct look *l, size_t at, size_t n, size_t by)
{
	size_t child, *v = l->order;

	for (; (child = 2 * at + 1) < n; at = child) {
		size_t swap;

		if (child + 1 < n && compare(l, v[child], v[child + 1],
		    by) < 0)
			child++;
		if (compare(l, v[at], v[child], by) >= 0)
			return;
		swap = v[at];
		v[at] = v[child];
		v[child] = swap;
	}
}

static void
sort_rows(const struct look *l, size_t by)
{
	size_t i, n = l->t->nrows, *v = l->order;

	for (i = 0; i < n; i++)
		v[i] = i;
	for (i = n / 2; i-- > 0;)
		sift(l, i, n, by);
	for (i = n; i-- > 1;) {
		size_t swap = v[0];

		v[0] = v[i];
		v[i] = swap;
		sift(l, 0, i, by);
	}
}

/* 1: a total of this kind; 0: one of its parts; -1: neither. */
static int
part_of(const struct look *l, size_t row, size_t by)
{
	size_t i, totals = 0, groupings = 0;

	for (i = 0; i < l->t->ncols; i++) {
		if (l->columns[i].kind != GROUPING)
			continue;
		if (by < l->t->ncols && i != by)
			continue;
		groupings++;
		totals += strcmp(csv_table_cell(l->t, row, i),
		    l->x->o.total_label) == 0;
	}
	return totals == groupings ? 1 : totals == 0 ? 0 : -1;
}

static int
narrow_run(const struct look *l, const size_t *rows, size_t n, size_t by)
{
	size_t i, col, nparts, ncols = l->t->ncols;
	int changed = 0;

	for (col = 0; col < ncols; col++) {
		struct range *total = NULL;

		if (!is_additive(l, col))
			continue;
		for (i = nparts = 0; i < n; i++) {
			struct range *r = &l->ranges[rows[i] * ncols + col];
			int part = part_of(l, rows[i], by);

			if (part == 1)
				total = r;
			else if (part == 0)
				l->parts[nparts++] = r;
		}
		if (total != NULL)
			changed |= narrow(total, l->parts, nparts);
	}
	return changed;
}

/* A column that is called as totals are adds up those without a measure. */
static int
narrow_across(const struct look *l)
{
	const struct csv_table *t = l->t;
	size_t row, col, nparts, total = t->ncols;
	int changed = 0;

	for (col = 0; col < t->ncols; col++)
		if (l->columns[col].kind == UNNAMED &&
		    strcmp(t->names[col], l->x->o.total_label) == 0)
			total = col;
	for (row = 0; row < t->nrows && total < t->ncols; row++) {
		for (col = nparts = 0; col < t->ncols; col++)
			if (l->columns[col].kind == UNNAMED && col != total)
				l->parts[nparts++] =
				    &l->ranges[row * t->ncols + col];
		changed |= narrow(&l->ranges[row * t->ncols + total],
		    l->parts, nparts);
	}
	return changed;
}

static void
look_for_derived(struct look *l)
{
	const struct csv_table *t = l->t;
	size_t row, col, by, end, passes, groupings = 0;
	int changed = 1;

	for (col = 0; col < t->ncols; col++)
		groupings += l->columns[col].kind == GROUPING;
	for (passes = 0; changed && passes < PASSES; passes++) {
		changed = narrow_across(l);
		for (by = 0; by <= t->ncols; by++) {
			if (by < t->ncols ? l->columns[by].kind != GROUPING :
			    groupings < 2)
				continue;
			sort_rows(l, by);
			for (row = 0; row < t->nrows; row = end) {
				for (end = row + 1; end < t->nrows &&
				    same_run(l, l->order[row], l->order[end],
				    by); end++)
					;
				changed |= narrow_run(l, l->order + row,
				    end - row, by);
			}
		}
	}
	for (row = 0; row < t->nrows; row++)
		for (col = 0; col < t->ncols; col++) {
			const struct range *r =
			    &l->ranges[row * t->ncols + col];

			if (!r->masked)
				continue;
			if (r->lo == r->hi)
				FOUND(l, row + 1, col, "masked, but the "
				    "totals give it exactly");
			else if (l->columns[col].kind != SUM && r->lo < r->hi
			    && r->hi - r->lo + 1 <
			    (num_wide)l->x->profile->interval)
				FOUND(l, row + 1, col, "masked, but the "
				    "totals leave fewer than %" PRIu64
				    " values", l->x->profile->interval);
		}
}

int
disclosure_release_check(const struct disclosure_release *x,
    const struct csv_table *t, void (*found)(void *, const struct fault *),
    void *arg, struct fault *f)
{
	struct look l = { .x = x, .t = t, .found = found, .arg = arg };
	int rc = -1;

	l.columns = mem_zero(t->ncols, sizeof *l.columns);
	if (find_columns(&l, f) == -1)
		goto out;
	l.ranges = mem_zero(t->nrows * t->ncols + 1, sizeof *l.ranges);
	l.order = mem_zero(t->nrows + 1, sizeof *l.order);
	l.parts = mem_zero(t->nrows + t->ncols, sizeof *l.parts);
	look_for_identifiers(&l);
	look_at_cells(&l);
	look_for_derived(&l);
	rc = 0;
out:
	free(l.parts);
	free(l.order);
	free(l.ranges);
	free(l.columns);
	return rc;
}
