/* What ratios in a row say of the count beside them. */
#include "disclosure/ratio.h"

#include <math.h>
#include <string.h>

#include "tally/number.h"

#define MOST_TRIED 100000 /* counts */

struct number { /* as it is shown: from lo to hi */
	double lo, hi;
};

/* 1: there is one. Rounded to digits; to 12 significant ones at most. */
static int
read_digits(const struct sheet *s, size_t row, size_t col, unsigned digits,
    struct number *to)
{
	const char *p = csv_table_cell(s->t, row, col);
	double v, half;

	if (num_double(p, strlen(p), &v) == -1)
		return 0;
	half = 0.5 * pow(10, -(double)digits) * 1.000001;
	if (half < fabs(v) * 1e-12)
		half = fabs(v) * 1e-12;
	to->lo = v - half;
	to->hi = v + half;
	return 1;
}

static int
read_number(const struct sheet *s, size_t row, size_t col, struct number *to)
{
	const char *p = csv_table_cell(s->t, row, col);

	return read_digits(s, row, col, num_text_scale(p, strlen(p)), to);
}

static int
is_part(double n, const struct number *share)
{
	return floor(share->hi * n) >= ceil(share->lo * n);
}

/* The count by which a sum gives a mean. */
static int
quotient(const struct sheet *s, size_t row, size_t mean, struct number *to)
{
	struct number m;
	size_t i;

	if (!read_number(s, row, mean, &m) || m.lo <= 0)
		return 0;
	for (i = 0; i < s->t->ncols; i++) {
		double unit;
		num_wide v;

		if ((s->columns[i].kind != SHEET_SUM &&
		    s->columns[i].kind != SHEET_PART) ||
		    strcmp(s->columns[i].of, s->columns[mean].of) != 0 ||
		    sheet_number(s, row, i, &v) == -1 || v <= 0)
			continue;
		unit = s->columns[i].kind == SHEET_PART ? 1 :
		    (double)tally_pow10[s->columns[i].scale];
		to->lo = (double)v / unit / m.hi;
		to->hi = (double)v / unit / m.lo;
		return 1;
	}
	return 0;
}

static int
made_of_rounded(const struct sheet *s)
{
	return s->o->profile->ratio_of_rounded && !s->o->suppress;
}

static void
narrow_by_share(const struct number *share, num_wide *lo, num_wide *hi)
{
	num_wide tried;

	for (tried = 0; *lo <= *hi && tried < MOST_TRIED &&
	    !is_part((double)*lo, share); tried++)
		++*lo;
	if (*hi >= SHEET_UNBOUND)
		return;
	for (tried = 0; *lo <= *hi && tried < MOST_TRIED &&
	    !is_part((double)*hi, share); tried++)
		--*hi;
}

void
ratio_narrow(const struct sheet *s, size_t row, size_t col,
    struct sheet_range *r)
{
	num_wide lo = r->lo, hi = r->hi;
	struct number x;
	size_t i;

	if (s->columns[col].kind != SHEET_COUNT || made_of_rounded(s) ||
	    s->o->cellkey || lo >= hi)
		return;
	for (i = 0; i < s->t->ncols; i++) {
		if (s->columns[i].kind == SHEET_SHARE &&
		    read_number(s, row, i, &x)) {
			lo = lo > 0 ? lo : 1; /* a share of some */
			narrow_by_share(&x, &lo, &hi);
		} else if (s->columns[i].kind == SHEET_MEAN &&
		    quotient(s, row, i, &x) && x.hi < 1e15) {
			if ((num_wide)ceil(x.lo) > lo)
				lo = (num_wide)ceil(x.lo);
			if ((num_wide)floor(x.hi) < hi)
				hi = (num_wide)floor(x.hi);
		}
	}
	if (lo <= hi) {
		r->lo = lo;
		r->hi = hi;
	}
}

/* The whole numbers from lo * count.lo to hi * count.hi. */
static struct sheet_range
part_of(double lo, double hi, const struct sheet_range *count)
{
	struct sheet_range r = { 0, SHEET_UNBOUND, 0, 0 };

	if (lo > 0)
		r.lo = (num_wide)ceil(lo * (double)count->lo);
	if (count->hi < SHEET_UNBOUND)
		r.hi = (num_wide)floor(hi * (double)count->hi);
	if (r.hi > count->hi)
		r.hi = count->hi;
	return r;
}

/* Of a share of rounded parts: what was rounded to the upper one. */
static int
rounded_part(const struct sheet *s, size_t row, size_t count_col,
    const struct number *share, struct sheet_range *to)
{
	int64_t lo, hi;
	double part;
	num_wide n;

	if (sheet_number(s, row, count_col, &n) == -1 || n <= 0)
		return 0;
	part = floor((share->lo + share->hi) / 2 * (double)n + 0.5);
	if (part < share->lo * (double)n - 1e-6 * part ||
	    part > share->hi * (double)n + 1e-6 * part)
		return 0;
	disclosure_meant(s->o->profile, (uint64_t)part, &lo, &hi);
	to->lo = lo;
	to->hi = hi;
	return 1;
}

/* What a masked one is beside a count that is shown. */
static void
masked_part(const struct sheet *s, const struct sheet_range *count,
    struct sheet_range *to)
{
	const struct disclosure_profile *p = s->o->profile;

	if (s->o->suppress || count->masked || count->withheld || !p->mask ||
	    p->crude_least > 0 || p->p_percent > 0 || p->largest > 0 ||
	    p->contributors > 0)
		return;
	to->lo = (num_wide)p->mask_from;
	to->hi = (num_wide)p->mask_to;
}

/* A sum of noughts and ones. */
static int
counted_parts(const struct sheet_range *cell, const struct sheet_range *count,
    struct sheet_range to[2])
{
	if (cell->lo > cell->hi || cell->lo > count->hi)
		return 0;
	to[0].lo = cell->lo;
	to[0].hi = cell->hi < count->hi ? cell->hi : count->hi;
	if (count->lo == count->hi) {
		to[1].lo = count->lo - to[0].hi;
		to[1].hi = count->hi - to[0].lo;
	}
	return 1;
}

/* A mean times its count. */
static int
numerator(const struct sheet *s, size_t row, size_t col,
    const struct sheet_range *count, struct number *to)
{
	double lo = (double)count->lo, hi = (double)count->hi;
	struct number m;

	if (count->lo > count->hi || count->hi >= SHEET_UNBOUND ||
	    !read_digits(s, row, col, s->columns[col].digits, &m))
		return 0;
	to->lo = m.lo * (m.lo < 0 ? hi : lo);
	to->hi = m.hi * (m.hi < 0 ? lo : hi);
	if (made_of_rounded(s) && m.lo <= 1 && m.hi >= 0) {
		/* A part may have been rounded as a count is. */
		to->lo -= (double)s->o->profile->base;
		to->hi += (double)s->o->profile->base;
	}
	return fabs(to->lo) < 1e12 && fabs(to->hi) < 1e12;
}

int
ratio_digits(const struct sheet *s, size_t col)
{
	size_t count = sheet_count(s), row;
	int digits;

	for (digits = 0; digits <= 6 && count < s->t->ncols; digits++) {
		double unit = (double)tally_pow10[digits];

		for (row = 0; row < s->t->nrows; row++) {
			struct sheet_range n = sheet_read(s, row, count);
			struct number x;

			if (numerator(s, row, col, &n, &x) &&
			    ceil(x.lo * unit) > floor(x.hi * unit))
				break;
		}
		if (row == s->t->nrows)
			return digits;
	}
	return -1;
}

int
ratio_numerator(const struct sheet *s, size_t row, size_t col,
    const struct sheet_range *count, struct sheet_range *to)
{
	double unit = 2 * (double)tally_pow10[s->columns[col].scale];
	struct number x;

	*to = sheet_read(s, row, col);
	if (to->masked || to->withheld) {
		to->lo = s->columns[col].negative ? -SHEET_UNBOUND : 0;
		to->hi = SHEET_UNBOUND;
		return 1;
	}
	if (!numerator(s, row, col, count, &x))
		return 0;
	to->lo = (num_wide)ceil(x.lo * unit);
	to->hi = (num_wide)floor(x.hi * unit);
	if (to->lo < 0 && !s->columns[col].negative)
		to->lo = 0;
	return to->lo <= to->hi;
}

int
ratio_unsure(const struct sheet *s, size_t row, size_t col,
    const struct sheet_range *count)
{
	const char *point = strchr(csv_table_cell(s->t, row, col), '.');
	struct sheet_range cell = sheet_read(s, row, col);
	struct number share;
	int many = point != NULL && strlen(point + 1) >= DISCLOSURE_DIGITS;

	if (s->columns[col].kind == SHEET_SHARE ? made_of_rounded(s) :
	    !many || (s->columns[col].kind != SHEET_MEAN &&
	    s->columns[col].kind != SHEET_STATISTIC) || quotient(s, row, col,
	    &share))
		return 0;
	return !s->o->suppress && !s->o->cellkey && !count->masked &&
	    !count->withheld && count->lo < count->hi && !cell.masked &&
	    !cell.withheld && read_number(s, row, col, &share);
}

int
ratio_parts(const struct sheet *s, size_t row, size_t col, size_t count_col,
    const struct sheet_range *count, struct sheet_range to[2])
{
	struct sheet_range cell;
	struct number share;

	if (!sheet_is_part(s, col) || s->o->cellkey || count->hi == 0)
		return 0;
	cell = sheet_read(s, row, col);
	to[0] = to[1] = (struct sheet_range){ 0, SHEET_UNBOUND, cell.masked,
	    cell.withheld };
	if (cell.masked)
		masked_part(s, count, &to[0]);
	if (cell.masked || cell.withheld)
		return 1;
	if (s->columns[col].kind == SHEET_PART)
		return counted_parts(&cell, count, to);
	/* Noughts at its end may not be shown. */
	if (!read_digits(s, row, col, s->columns[col].scale, &share) ||
	    share.hi < 0 || share.lo > 1)
		return 0;
	if (made_of_rounded(s))
		return rounded_part(s, row, count_col, &share, &to[0]);
	to[0] = part_of(share.lo, share.hi, count);
	to[1] = part_of(1 - share.hi, 1 - share.lo, count);
	return to[0].lo <= to[0].hi && to[1].lo <= to[1].hi;
}

/* Is one of the counts that the profile shows in between? */
static int
shows_one(const struct disclosure_profile *p, const struct number *x)
{
	double base = (double)p->base, offset = p->midpoint ?
	    (double)(p->base / 2) : 0;

	return base * floor((x->hi - offset) / base) + offset >= x->lo;
}

/*
 * Are those who meet the condition, or those who do not, certainly as few as
 * the profile masks?
 */
static int
gives_masked(const struct disclosure_profile *p, const struct number *share,
    num_wide n)
{
	double lo = ceil(share->lo * (double)n);
	double hi = floor(share->hi * (double)n), k;

	lo = lo < 0 ? 0 : lo;
	hi = hi > (double)n ? (double)n : hi;
	if (lo > hi || hi - lo > (double)MOST_TRIED)
		return 0;
	for (k = lo; k <= hi; k++)
		if (!disclosure_masks(p, (uint64_t)k) &&
		    !disclosure_masks(p, (uint64_t)n - (uint64_t)k))
			return 0;
	return 1;
}

const char *
ratio_fault(const struct sheet *s, size_t row, size_t col)
{
	const struct disclosure_profile *p = s->o->profile;
	enum sheet_kind kind = s->columns[col].kind;
	struct number x, q;
	size_t i, count = s->t->ncols;
	num_wide n = 0;
	int there = 0;

	if ((kind != SHEET_SHARE && kind != SHEET_MEAN) ||
	    !read_number(s, row, col, &x))
		return NULL;
	for (i = 0; i < s->t->ncols; i++)
		if (s->columns[i].kind == SHEET_COUNT)
			count = i;
	if (count < s->t->ncols) {
		if (kind == SHEET_SHARE && p->mask &&
		    sheet_read(s, row, count).masked)
			return "a share beside a masked count";
		there = sheet_number(s, row, count, &n) == 0;
	}
	if (kind == SHEET_SHARE && there && n > 0 && p->mask &&
	    s->o->suppress && gives_masked(p, &x, n))
		return "a share that with the count beside it gives a masked "
		    "count";
	if (kind == SHEET_MEAN && count < s->t->ncols && p->mask &&
	    sheet_read(s, row, count).masked && quotient(s, row, col, &q))
		return "a mean beside its sum, which together give a masked "
		    "count";
	if (!made_of_rounded(s) || p->base == 1)
		return NULL;
	if (kind == SHEET_MEAN)
		return quotient(s, row, col, &q) && q.hi < 1e9 &&
		    !shows_one(p, &q) ? "a mean beside its sum, which "
		    "together give a count that is not rounded" : NULL;
	/* Of how many it is a share can be less than the count. */
	for (; there && n > 0 && n < MOST_TRIED; n -= (num_wide)p->base) {
		q.lo = x.lo * (double)n;
		q.hi = x.hi * (double)n;
		if (shows_one(p, &q) || (x.lo <= 0) || (x.hi >= 1))
			return NULL;
	}
	return there && n <= 0 ? "a share that is not made of rounded counts" :
	    NULL;
}
