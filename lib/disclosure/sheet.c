/* A published table. */
#include "disclosure/sheet.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "disclosure/identify.h"
#include "disclosure/ratio.h"
#include "tally/number.h"

#define LARGEST ((num_wide)1 << 80)

int
sheet_mode(const char *disclosure, struct sheet_options *o,
    struct disclosure_profile **p, struct fault *f)
{
	const char *colon = strrchr(disclosure, ':');
	char *name = colon == NULL ? mem_strdup(disclosure) :
	    mem_strndup(disclosure, (size_t)(colon - disclosure));
	int rc = 0;

	if (colon != NULL) {
		o->suppress = strcmp(colon + 1, "suppress") == 0;
		o->cellkey = strcmp(colon + 1, "cellkey") == 0;
		if (!o->suppress && !o->cellkey &&
		    strcmp(colon + 1, "round") != 0)
			rc = fault_set(f, "--disclosure knows the modes "
			    "round, suppress and cellkey");
	}
	if (rc == 0 && (*p = disclosure_profile_open(name, f)) == NULL)
		rc = -1;
	if (rc == 0 && o->cellkey && (*p)->cellkey_table == NULL)
		rc = fault_set(f, "the profile %s has no cell key method",
		    name);
	o->profile = *p;
	free(name);
	return rc;
}

/* As nib-aggregate calls its measures: p0.9_cost is a quantile. */
static enum sheet_kind
kind_by_name(const char *s, const char **of)
{
	static const struct { const char *prefix; enum sheet_kind kind; }
	known[] = {
		{ "sum_", SHEET_SUM }, { "mean_", SHEET_MEAN },
		{ "min_", SHEET_EXTREME }, { "max_", SHEET_EXTREME },
		{ "median_", SHEET_STATISTIC },
		{ "variance_", SHEET_STATISTIC }, { "sd_", SHEET_STATISTIC },
		{ "distinct_", SHEET_DISTINCT },
	};
	size_t i, n;

	*of = "";
	if (strcmp(s, "count") == 0)
		return SHEET_COUNT;
	for (i = 0; i < sizeof known / sizeof *known; i++) {
		n = strlen(known[i].prefix);
		if (strncmp(s, known[i].prefix, n) == 0) {
			*of = s + n;
			return known[i].kind;
		}
	}
	n = s[0] == 'p' ? strspn(s + 1, "0123456789.") : 0;
	return n > 0 && s[n + 1] == '_' ? SHEET_STATISTIC : SHEET_UNNAMED;
}

static enum sheet_kind
kind_of(const struct tally_request *r, const char *name, const char **of)
{
	size_t i;

	for (i = 0; i < r->nmeasures; i++) {
		if (strcmp(r->measures[i].name, name) != 0)
			continue;
		*of = r->measures[i].text;
		switch (r->measures[i].kind) {
		case TALLY_COUNT:
			return SHEET_COUNT;
		case TALLY_DISTINCT:
			return SHEET_DISTINCT;
		case TALLY_SUM:
			return SHEET_SUM;
		case TALLY_MIN:
		case TALLY_MAX:
			return SHEET_EXTREME;
		case TALLY_SHARE:
			return SHEET_SHARE;
		case TALLY_MEAN:
			return SHEET_MEAN;
		default:
			return SHEET_STATISTIC;
		}
	}
	return kind_by_name(name, of);
}

/* What the cells of a column are. */
struct contents {
	size_t numbers, fractions, above_one, symbols, other;
	int negative;
	unsigned scale;
};

static struct contents
contents_of(const struct sheet *s, size_t col)
{
	struct contents c = { 0 };
	size_t row;

	for (row = 0; row < s->t->nrows; row++) {
		const char *p = csv_table_cell(s->t, row, col);
		unsigned scale;
		double v;

		if (strcmp(p, s->o->profile->symbol) == 0 ||
		    strcmp(p, s->o->profile->withheld) == 0) {
			c.symbols++;
		} else if (num_double(p, strlen(p), &v) == 0) {
			c.numbers++;
			c.fractions += strpbrk(p, ".eE") != NULL;
			c.above_one += v < 0 || v > 1;
			c.negative |= v < 0;
			scale = num_text_scale(p, strlen(p));
			c.scale = scale > c.scale ? scale : c.scale;
		} else if (*p != '\0') {
			c.other++;
		}
	}
	return c;
}

static int
ask_for_by(const struct sheet *s, size_t col, struct fault *f)
{
	struct fault what = FAULT_NONE;

	(void)fault_set(&what, "may be a grouping or a count: name the "
	    "groupings with --by");
	fault_place(&what, s->t->path, 1, 0, col + 1,
	    disclosure_identifies(s->t->names[col], 1) != NULL ? NULL :
	    s->t->names[col]);
	*f = what;
	return -1;
}

static int
check_names(const struct sheet *s, struct fault *f)
{
	const struct tally_request *r = s->o->request;
	size_t j;

	if (s->o->some)
		return 0;
	for (j = 0; j < r->nby; j++)
		if (csv_table_column(s->t, r->by[j].name, f) == -1)
			return -1;
	for (j = 0; j < r->nmeasures; j++)
		if (csv_table_column(s->t, r->measures[j].name, f) == -1)
			return -1;
	return 0;
}

/* Groupings first, by what is asked or up to the first measure. */
static int
find_columns(struct sheet *s, struct fault *f)
{
	const struct tally_request *r = s->o->request;
	const struct csv_table *t = s->t;
	int leading = r->nby == 0;
	size_t i, j;

	for (i = 0; i < t->ncols; i++) {
		struct sheet_column *c = &s->columns[i];
		struct contents is = contents_of(s, i);

		c->kind = kind_of(r, t->names[i], &c->of);
		c->negative = is.negative;
		c->digits = is.scale < NUM_MAX_SCALE ? is.scale :
		    NUM_MAX_SCALE;
		if (s->pivot.t != NULL && i <= s->pivot.nby)
			c->kind = SHEET_GROUPING;
		for (j = 0; j < r->nby; j++)
			if (strcmp(r->by[j].name, t->names[i]) == 0)
				c->kind = SHEET_GROUPING;
		if (strcmp(t->names[i], "note") == 0 && i + 1 == t->ncols &&
		    c->kind != SHEET_GROUPING)
			c->kind = SHEET_NOTE;
		if (c->kind != SHEET_UNNAMED) {
			leading &= c->kind == SHEET_GROUPING;
		} else if (leading && is.symbols + is.fractions == 0) {
			if (is.other == 0 && is.numbers > 0)
				return ask_for_by(s, i, f);
			c->kind = SHEET_GROUPING;
		} else {
			leading = 0;
			if (is.fractions > 0)
				c->kind = is.above_one > 0 ? SHEET_STATISTIC :
				    SHEET_SHARE;
		}
		if (c->kind == SHEET_SUM || c->kind == SHEET_SHARE)
			c->scale = c->digits;
	}
	s->total_column = t->ncols;
	for (i = 0; i < t->ncols; i++)
		if (s->columns[i].kind == SHEET_UNNAMED &&
		    strcmp(t->names[i], s->o->total_label) == 0)
			s->total_column = i;
	return 0;
}

size_t
sheet_count(const struct sheet *s)
{
	size_t i, count = s->t->ncols;

	for (i = 0; i < s->t->ncols; i++)
		if (s->columns[i].kind == SHEET_COUNT) {
			if (count < s->t->ncols)
				return s->t->ncols;
			count = i;
		}
	return s->total_column == s->t->ncols ? count : s->t->ncols;
}

int
sheet_is_part(const struct sheet *s, size_t col)
{
	return s->columns[col].kind == SHEET_SHARE ||
	    s->columns[col].kind == SHEET_PART;
}

/* A whole number, and not more than the row's records can be. */
static int
is_part(const struct sheet *s, size_t row, size_t count, num_wide v,
    unsigned scale)
{
	struct sheet_range n = sheet_read(s, row, count);

	return v >= 0 && v % tally_pow10[scale] == 0 && n.lo <= n.hi &&
	    v / tally_pow10[scale] <= n.hi;
}

int
sheet_is_rounded(const struct sheet *s, size_t row, size_t col)
{
	unsigned scale = s->columns[col].scale;
	size_t count = sheet_count(s);
	num_wide v;

	if (count == s->t->ncols || sheet_number(s, row, col, &v) == -1 ||
	    !is_part(s, row, count, v, scale))
		return 0;
	v /= tally_pow10[scale];
	return disclosure_round(s->o->profile, (uint64_t)v) == (uint64_t)v;
}

/* Sums that count, as those of nib-aggregate do that may be counts. */
static void
find_parts(struct sheet *s)
{
	size_t count = sheet_count(s), col, row;
	num_wide v;

	for (col = 0; col < s->t->ncols && count < s->t->ncols; col++) {
		struct sheet_column *c = &s->columns[col];

		if (c->kind != SHEET_SUM || s->o->cellkey)
			continue;
		for (row = 0; row < s->t->nrows; row++)
			if (sheet_number(s, row, col, &v) == 0 &&
			    !is_part(s, row, count, v, c->scale))
				break;
		if (row < s->t->nrows)
			continue;
		c->kind = SHEET_PART;
	}
}

/* Are means of exact counts parts of them, as shares are? */
static int
is_share(const struct sheet *s, size_t col, size_t count)
{
	size_t row, some = 0;

	for (row = 0; row < s->t->nrows; row++) {
		const char *p = csv_table_cell(s->t, row, col);
		double v, met;
		num_wide n;

		if (num_double(p, strlen(p), &v) == -1 ||
		    sheet_number(s, row, count, &n) == -1)
			continue;
		met = v * (double)n;
		if (v < 0 || v > 1 || met - 1e-9 * met > rint(met) ||
		    met + 1e-9 * met < rint(met))
			return 0;
		some = 1;
	}
	return some && s->o->suppress;
}

/* Means by themselves: shares, or what gives numerators that add up. */
static void
find_numerators(struct sheet *s)
{
	size_t count = sheet_count(s), col, i;
	int digits;

	for (col = 0; col < s->t->ncols && count < s->t->ncols; col++) {
		struct sheet_column *c = &s->columns[col];

		for (i = 0; i < s->t->ncols && c->kind == SHEET_MEAN; i++)
			if ((s->columns[i].kind == SHEET_SUM ||
			    s->columns[i].kind == SHEET_PART) &&
			    strcmp(s->columns[i].of, c->of) == 0)
				break;
		if (c->kind != SHEET_MEAN || i < s->t->ncols || s->o->cellkey)
			continue;
		if (is_share(s, col, count)) {
			c->kind = SHEET_SHARE;
			c->scale = c->digits;
		} else if ((digits = ratio_digits(s, col)) != -1) {
			c->scale = (unsigned)digits;
			c->numerators = 1;
		}
	}
}

/*
 * Is it a pivoted table that nobody says is one? Its columns would be measures
 * that have nothing to do with each other.
 */
static int
check_pivoted(const struct sheet *s, struct fault *f)
{
	const struct tally_request *r = s->o->request;
	size_t i, j, n, total = strlen(s->o->total_label);

	for (i = 0; i < s->t->ncols; i++) {
		const char *name = s->t->names[i];

		for (j = 0; j < r->nby && strcmp(r->by[j].name, name) != 0;
		    j++)
			;
		if (j < r->nby)
			continue;
		for (j = 0; j < r->nmeasures &&
		    strcmp(r->measures[j].name, name) != 0; j++)
			;
		n = strlen(name);
		if (j == r->nmeasures && (strncmp(name, "count_", 6) == 0 ||
		    (n > total && name[n - total - 1] == '_' &&
		    strcmp(name + n - total, s->o->total_label) == 0))) {
			struct fault what = FAULT_NONE;

			(void)fault_set(&what, "a pivoted table: name its "
			    "measures, and with --pivot the grouping that "
			    "makes the columns");
			fault_place(&what, s->t->path, 1, 0, i + 1, NULL);
			*f = what;
			return -1;
		}
	}
	return 0;
}

int
sheet_open(struct sheet *s, const struct sheet_options *o,
    const struct csv_table *t, struct fault *f)
{
	size_t i;

	s->o = o;
	s->t = s->file = t;
	for (i = 0; o->pivot != NULL && i < t->ncols; i++)
		if (strcmp(t->names[i], o->pivot) == 0)
			break;
	if (o->pivot != NULL && i == t->ncols && unpivot(&s->pivot, t,
	    o->pivot, o->request, f) == -1) {
		/* One of several may be a total over that grouping. */
		if (!o->some)
			return -1;
		fault_clear(f);
	}
	if (s->pivot.t != NULL)
		s->t = t = s->pivot.t;
	else if (check_pivoted(s, f) == -1)
		return -1;
	s->columns = mem_zero(t->ncols, sizeof *s->columns);
	if (check_names(s, f) == -1 || find_columns(s, f) == -1)
		return -1;
	find_parts(s);
	find_numerators(s);
	return 0;
}

void
sheet_close(struct sheet *s)
{
	free(s->columns);
	s->columns = NULL;
	unpivoted_free(&s->pivot);
}

void
sheet_place(const struct sheet *s, size_t *row, size_t *col)
{
	if (s->pivot.t == NULL)
		return;
	*col = unpivoted_column(&s->pivot, *row, *col);
	*row = s->pivot.row[*row];
}

/* A sum that counts in one table and in another does not is a sum. */
static void
align_parts(struct sheet *s, size_t n, const char *name)
{
	size_t i, j;

	for (i = 0; i < n; i++)
		for (j = 0; j < s[i].t->ncols; j++)
			if (s[i].columns[j].kind == SHEET_PART &&
			    strcmp(s[i].t->names[j], name) == 0)
				s[i].columns[j].kind = SHEET_SUM;
}

void
sheet_align(struct sheet *s, size_t n)
{
	size_t i, j, k, m;

	for (i = 0; i < n; i++)
		for (j = 0; j < s[i].t->ncols; j++)
			if (s[i].columns[j].kind == SHEET_SUM)
				align_parts(s, n, s[i].t->names[j]);
	for (i = 0; i < n; i++)
		for (j = 0; j < s[i].t->ncols; j++)
			for (k = 0; k < n * (s[i].columns[j].numerators ||
			    s[i].columns[j].kind == SHEET_SUM); k++)
				for (m = 0; m < s[k].t->ncols; m++)
					if (strcmp(s[k].t->names[m],
					    s[i].t->names[j]) == 0 &&
					    s[k].columns[m].scale >
					    s[i].columns[j].scale)
						s[i].columns[j].scale =
						    s[k].columns[m].scale;
}

int
sheet_number(const struct sheet *s, size_t row, size_t col, num_wide *v)
{
	const char *p = csv_table_cell(s->t, row, col);

	if (num_decimal(p, strlen(p), s->columns[col].scale, v) == -1 ||
	    *v >= LARGEST || *v <= -LARGEST)
		return -1;
	if (s->columns[col].kind == SHEET_PART)
		*v /= tally_pow10[s->columns[col].scale];
	return 0;
}

int
sheet_adds(const struct sheet *s, size_t col)
{
	enum sheet_kind kind = s->columns[col].kind;

	return kind == SHEET_COUNT || kind == SHEET_UNNAMED ||
	    kind == SHEET_SUM;
}

/* Is the column what --label says of the codes in another? */
static int
is_label(const struct sheet *s, size_t col, size_t of)
{
	size_t n = strlen(s->t->names[of]);

	return s->columns[of].kind == SHEET_GROUPING &&
	    strncmp(s->t->names[col], s->t->names[of], n) == 0 &&
	    s->t->names[col][n] == '_';
}

int
sheet_is_total(const struct sheet *s, size_t row, size_t col)
{
	const char *cell = csv_table_cell(s->t, row, col);
	size_t i;

	if (strcmp(cell, s->o->total_label) == 0)
		return 1;
	for (i = 0; *cell == '\0' && i < col; i++)
		if (is_label(s, col, i) && strcmp(csv_table_cell(s->t, row,
		    i), s->o->total_label) == 0)
			return 1;
	return 0;
}

static struct sheet_range
read_sum(const struct sheet *s, size_t row, size_t col)
{
	const struct disclosure_profile *p = s->o->profile;
	struct sheet_range r = { 1, 0, 0, 0 };
	unsigned scale = s->columns[col].scale;
	size_t count = sheet_count(s);
	int64_t lo, hi;
	num_wide v, base;

	if (sheet_number(s, row, col, &v) == -1)
		return r;
	r.lo = r.hi = 2 * v;
	base = (num_wide)p->sum_base * tally_pow10[scale];
	if (s->o->suppress)
		return r;
	if (p->sum_base > 1 && v % base == 0) {
		r.lo -= base; /* half a step, in halves */
		r.hi += base;
		if (!s->columns[col].negative && r.lo < 0)
			r.lo = 0;
	}
	/* It may have been rounded as a count. */
	if (count < s->t->ncols && is_part(s, row, count, v, scale)) {
		disclosure_meant(p, (uint64_t)(v / tally_pow10[scale]), &lo,
		    &hi);
		if (2 * (num_wide)lo * tally_pow10[scale] < r.lo)
			r.lo = 2 * (num_wide)lo * tally_pow10[scale];
		if (2 * (num_wide)hi * tally_pow10[scale] > r.hi)
			r.hi = 2 * (num_wide)hi * tally_pow10[scale];
	}
	return r;
}

struct sheet_range
sheet_read(const struct sheet *s, size_t row, size_t col)
{
	const struct disclosure_profile *p = s->o->profile;
	const char *cell = csv_table_cell(s->t, row, col);
	struct sheet_range r = { 1, 0, 0, 0 };
	int is_sum = s->columns[col].kind == SHEET_SUM;
	int64_t lo, hi;
	num_wide v;

	if (*cell == '\0')
		return r;
	r.masked = strcmp(cell, p->symbol) == 0;
	r.withheld = !r.masked && strcmp(cell, p->withheld) == 0;
	if (r.masked || r.withheld) {
		r.lo = is_sum && s->columns[col].negative ? -SHEET_UNBOUND :
		    0;
		r.hi = SHEET_UNBOUND;
		if (!is_sum && r.masked && p->mask && !s->o->cellkey) {
			/* Zeros are shown unless the mask begins with them. */
			r.lo = p->mask_from;
			if (s->o->suppress)
				r.lo = p->mask_from > 0;
			else
				r.hi = p->mask_to;
		}
		return r;
	}
	if (is_sum)
		return read_sum(s, row, col);
	if (sheet_number(s, row, col, &v) == -1 || v < 0 || v > INT64_MAX / 4)
		return r;
	r.lo = r.hi = v;
	if (s->o->cellkey) {
		r.lo = 0;
		r.hi = SHEET_UNBOUND;
	} else if (!s->o->suppress) {
		disclosure_meant(p, (uint64_t)v, &lo, &hi);
		r.lo = lo;
		r.hi = hi;
	}
	return r;
}
