/* Looks at a published table for what should not leave. */
#include "disclosure/release.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "base/map.h"
#include "base/mem.h"
#include "disclosure/identify.h"
#include "disclosure/ratio.h"
#include "tally/number.h"

/* One table being looked at. */
struct look {
	const struct sheet *s;
	void (*found)(void *, const struct fault *);
	void *arg;
};

static void
report(const struct look *l, const struct fault *what, size_t row, size_t col)
{
	struct fault f = *what;
	const struct csv_table *t = l->s->file;
	size_t at = row > 0 ? row - 1 : 0;

	/* A column without a row is one of the file. */
	if (row > 0)
		sheet_place(l->s, &at, &col);
	/* A name that is an identifier is not repeated. */
	fault_place(&f, t->path, row == 0 ? 1 : t->lines[at], row == 0 ? 0 :
	    at + 1, col + 1, disclosure_identifies(t->names[col], 1) != NULL ? NULL :
	    t->names[col]);
	l->found(l->arg, &f);
}

#define FOUND(l, row, col, ...)                                          \
	do {                                                             \
		struct fault what_ = FAULT_NONE;                         \
		(void)fault_set(&what_, __VA_ARGS__);                    \
		report(l, &what_, row, col);                             \
	} while (0)

static void
look_for_identifiers(const struct look *l)
{
	static const char *const names[] = { "person_id", "nhs_number",
		"record_id" };
	const struct csv_table *t = l->s->file;
	size_t i, k, row;

	for (i = 0; i < t->ncols; i++) {
		const char *what = disclosure_identifies(t->names[i], 1);

		if (what != NULL)
			FOUND(l, 0, i, "the column's name is %s", what);
		for (k = 0; k < sizeof names / sizeof *names; k++)
			if (strcasecmp(t->names[i], names[k]) == 0)
				FOUND(l, 0, i, "a column of identifiers");
	}
	for (t = l->s->t, row = 0; row < t->nrows; row++)
		for (i = 0; i < t->ncols; i++) {
			const char *what;

			if (l->s->columns[i].kind == SHEET_SUM ||
			    l->s->columns[i].kind == SHEET_PART)
				continue;
			what = disclosure_identifies(csv_table_cell(t, row,
			    i), strcasecmp(t->names[i], "postcode") == 0);
			if (what != NULL)
				FOUND(l, row + 1, i, "%s", what);
		}
}

static void
look_at_count(const struct look *l, size_t row, size_t col, num_wide v)
{
	const struct sheet_options *o = l->s->o;
	const struct disclosure_profile *p = o->profile;

	if (v < 0 || v > INT64_MAX)
		FOUND(l, row + 1, col, "not a count");
	else if (o->cellkey && v < (num_wide)p->cellkey_threshold)
		FOUND(l, row + 1, col, "a count below %" PRIu64 ", which %s "
		    "masks", p->cellkey_threshold, p->name);
	else if (!o->cellkey && disclosure_masks(p, (uint64_t)v))
		FOUND(l, row + 1, col, "a count from %" PRIu64 " to %" PRIu64
		    ", which %s masks", p->mask_from, p->mask_to, p->name);
	else if (!o->cellkey && !o->suppress &&
	    disclosure_round(p, (uint64_t)v) != (uint64_t)v)
		FOUND(l, row + 1, col, "a count that is not rounded as %s "
		    "does, to base %" PRIu64, p->name, p->base);
}

static void
look_at_number(const struct look *l, size_t row, size_t col)
{
	const struct sheet_options *o = l->s->o;
	const struct disclosure_profile *p = o->profile;
	const struct sheet_column *c = &l->s->columns[col];
	const char *s = csv_table_cell(l->s->t, row, col);
	size_t n = strlen(s);
	num_wide v = 0;
	double real;
	int whole = sheet_number(l->s, row, col, &v) == 0;

	if (c->kind == SHEET_COUNT || c->kind == SHEET_DISTINCT ||
	    c->kind == SHEET_PART || c->kind == SHEET_UNNAMED) {
		if (whole)
			look_at_count(l, row, col, v);
		else
			FOUND(l, row + 1, col, "neither a count nor what "
			    "stands for a masked one");
	} else if (c->kind == SHEET_SUM) {
		if (!whole)
			FOUND(l, row + 1, col, "not a sum");
		else if (!o->suppress && p->sum_base > 1 && v %
		    ((num_wide)p->sum_base * tally_pow10[c->scale]) != 0 &&
		    !sheet_is_rounded(l->s, row, col))
			FOUND(l, row + 1, col, "a sum that is not rounded as "
			    "%s does, to base %" PRIu64, p->name,
			    p->sum_base);
	} else if (c->kind == SHEET_EXTREME) {
		if (!p->extremes)
			FOUND(l, row + 1, col, "a minimum or maximum, which "
			    "%s does not publish", p->name);
	} else if (num_double(s, n, &real) == -1) {
		FOUND(l, row + 1, col, "not a number");
	} else if ((c->kind == SHEET_STATISTIC || c->kind == SHEET_MEAN) &&
	    !o->suppress && p->decimals >= 0) {
		const char *point = strchr(s, '.');

		if (point != NULL && strspn(point + 1, "0123456789") >
		    (size_t)p->decimals)
			FOUND(l, row + 1, col, "more digits after the point "
			    "than the %d of %s", p->decimals, p->name);
	}
}

static void
look_at_cells(const struct look *l)
{
	const struct sheet *s = l->s;
	size_t row, col;

	for (row = 0; row < s->t->nrows; row++)
		for (col = 0; col < s->t->ncols; col++) {
			const char *p = csv_table_cell(s->t, row, col);
			const char *what;

			if (s->columns[col].kind == SHEET_GROUPING ||
			    s->columns[col].kind == SHEET_NOTE || *p == '\0'
			    || strcmp(p, s->o->profile->symbol) == 0 ||
			    strcmp(p, s->o->profile->withheld) == 0)
				continue;
			look_at_number(l, row, col);
			if ((what = ratio_fault(s, row, col)) != NULL)
				FOUND(l, row + 1, col, "%s", what);
		}
}

void
disclosure_release_check(const struct sheet *s, void (*found)(void *,
    const struct fault *), void *arg)
{
	struct look l = { s, found, arg };

	look_for_identifiers(&l);
	look_at_cells(&l);
}

void
disclosure_release_narrow(const struct sheet *sheets,
    const struct linked *linked, void (*found)(void *, const struct fault *),
    void *arg)
{
	size_t i;

	for (i = 0; i < linked->n; i++) {
		const struct linked_finding *v = &linked->v[i];
		const struct sheet *s = &sheets[v->sheet];
		struct look l = { s, found, arg };

		if (!v->narrow)
			continue;
		if (sheet_is_part(s, v->col))
			FOUND(&l, v->row + 1, v->col, "masked, but what is "
			    "published tells the few who meet it, or do not");
		else if (s->columns[v->col].numerators)
			FOUND(&l, v->row + 1, v->col, "masked, but what is "
			    "published gives what its values add up to");
		else if (v->lo == v->hi)
			FOUND(&l, v->row + 1, v->col, "masked, but what is "
			    "published gives it exactly");
		else if (s->columns[v->col].kind == SHEET_SUM)
			FOUND(&l, v->row + 1, v->col, "masked, but what is "
			    "published gives it to within %g per cent",
			    s->o->profile->p_percent);
		else
			FOUND(&l, v->row + 1, v->col, "masked, but what is "
			    "published leaves fewer than %" PRIu64 " values",
			    s->o->profile->interval);
	}
}

/* A row's groupings, in the order of the columns of the first table. */
static int
row_key(struct buf *b, const struct sheet *now, const struct sheet *s,
    size_t row)
{
	size_t i, j;

	buf_clear(b);
	for (i = 0; i < now->t->ncols; i++) {
		if (now->columns[i].kind != SHEET_GROUPING)
			continue;
		for (j = 0; j < s->t->ncols; j++)
			if (strcmp(s->t->names[j], now->t->names[i]) == 0)
				break;
		if (j == s->t->ncols || s->columns[j].kind != SHEET_GROUPING)
			return -1;
		buf_puts(b, csv_table_cell(s->t, row, j));
		buf_putc(b, '\0');
	}
	return 0;
}

/* Can what two counts differ by be told to be one that is masked? */
static int
gives_difference(const struct sheet *s, const struct sheet_range *a,
    const struct sheet_range *b)
{
	const struct disclosure_profile *p = s->o->profile;
	num_wide lo = a->lo - b->hi, hi = a->hi - b->lo;

	if (a->masked || b->masked || a->withheld || b->withheld ||
	    a->lo > a->hi || b->lo > b->hi || !p->mask)
		return 0;
	if (hi < 0) {
		num_wide swap = lo;

		lo = -hi;
		hi = -swap;
	}
	return lo > 0 && hi <= (num_wide)p->mask_to;
}

void
disclosure_release_compare(const struct sheet *now,
    const struct sheet *before, void (*found)(void *, const struct fault *),
    void *arg)
{
	struct look l = { now, found, arg };
	struct map *rows = map_new();
	struct buf key = { 0 };
	size_t row, i, j, at;

	for (row = 0; row < before->t->nrows; row++) {
		if (row_key(&key, now, before, row) == -1)
			goto out;
		(void)map_add(rows, key.p != NULL ? key.p : "", key.n, NULL);
	}
	/* A row said twice is no table of ours; its first is taken. */
	for (row = 0; row < now->t->nrows &&
	    map_count(rows) == before->t->nrows; row++) {
		(void)row_key(&key, now, now, row);
		at = map_find(rows, key.p != NULL ? key.p : "", key.n);
		for (i = 0; i < now->t->ncols && at != MAP_NONE; i++) {
			struct sheet_range a, b;

			if (!sheet_adds(now, i) ||
			    now->columns[i].kind == SHEET_SUM)
				continue;
			for (j = 0; j < before->t->ncols; j++)
				if (strcmp(before->t->names[j],
				    now->t->names[i]) == 0)
					break;
			if (j == before->t->ncols || !sheet_adds(before, j))
				continue;
			a = sheet_read(now, row, i);
			b = sheet_read(before, at, j);
			if (gives_difference(now, &a, &b))
				FOUND(&l, row + 1, i, "with the earlier "
				    "release it gives a count that %s masks",
				    now->o->profile->name);
		}
	}
out:
	map_free(rows);
	buf_free(&key);
}
