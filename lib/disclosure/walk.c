/* From one table of whole numbers to another, step by step. */
#include "disclosure/walk.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define LOOKED 200   /* variables of a row that are weighed up for a step */
#define SCANNED 1000 /* of which most may be unable to change */
#define TABOO 7      /* steps before a variable may go back */

struct walk {
	size_t nvars, nrows; /* the goal is row nrows */
	const size_t *start;
	const uint32_t *vars;
	size_t *rows_start; /* nvars + 1 */
	uint32_t *rows;     /* that a variable is in */
	int64_t *low, *high, *x;
	int64_t *price, *home; /* home: x when it was placed */
	int64_t *row_low, *row_high, *sum;
	int64_t *weight;    /* nrows + 1, 1 at rest */
	uint32_t *broken, *broken_at; /* rows; where each is, or NONE */
	size_t nbroken;
	uint32_t *heavy;    /* rows whose weight is not 1 */
	size_t nheavy;
	const uint32_t *goal;
	size_t ngoal;
	unsigned char *in_goal;
	uint32_t *changed;  /* variables, with their values before */
	int64_t *before;
	unsigned char *is_changed;
	size_t nchanged;
	size_t *when;       /* step of the last change */
	signed char *went;  /* its direction */
	size_t step, spent;
	uint64_t random;
};

#define NOT_BROKEN UINT32_MAX

static uint64_t
draw(struct walk *w)
{
	w->random ^= w->random << 13;
	w->random ^= w->random >> 7;
	w->random ^= w->random << 17;
	return w->random;
}

struct walk *
walk_new(size_t nvars, size_t nrows, const size_t *start,
    const uint32_t *vars)
{
	struct walk *w = mem_zero(1, sizeof *w);
	size_t r, k, *fill;

	w->nvars = nvars;
	w->nrows = nrows;
	w->start = start;
	w->vars = vars;
	w->rows_start = mem_zero(nvars + 1, sizeof *w->rows_start);
	w->rows = mem_array(NULL, start[nrows], sizeof *w->rows);
	w->low = mem_zero(nvars, sizeof *w->low);
	w->high = mem_zero(nvars, sizeof *w->high);
	w->x = mem_zero(nvars, sizeof *w->x);
	w->price = mem_zero(nvars, sizeof *w->price);
	w->home = mem_zero(nvars, sizeof *w->home);
	w->row_low = mem_zero(nrows + 1, sizeof *w->row_low);
	w->row_high = mem_zero(nrows + 1, sizeof *w->row_high);
	w->sum = mem_zero(nrows + 1, sizeof *w->sum);
	w->weight = mem_zero(nrows + 1, sizeof *w->weight);
	w->broken = mem_array(NULL, nrows + 1, sizeof *w->broken);
	w->broken_at = mem_array(NULL, nrows + 1, sizeof *w->broken_at);
	w->heavy = mem_array(NULL, nrows + 1, sizeof *w->heavy);
	w->in_goal = mem_zero(nvars, 1);
	w->changed = mem_array(NULL, nvars, sizeof *w->changed);
	w->before = mem_array(NULL, nvars, sizeof *w->before);
	w->is_changed = mem_zero(nvars, 1);
	w->when = mem_zero(nvars, sizeof *w->when);
	w->went = mem_zero(nvars, 1);
	w->random = 88172645463325252ULL;
	for (r = 0; r <= nrows; r++) {
		w->weight[r] = 1;
		w->broken_at[r] = NOT_BROKEN;
	}
	for (k = 0; k < start[nrows]; k++)
		w->rows_start[vars[k] + 1]++;
	for (k = 0; k < nvars; k++)
		w->rows_start[k + 1] += w->rows_start[k];
	fill = mem_array(NULL, nvars + 1, sizeof *fill);
	memcpy(fill, w->rows_start, (nvars + 1) * sizeof *fill);
	for (r = 0; r < nrows; r++)
		for (k = start[r]; k < start[r + 1]; k++)
			w->rows[fill[vars[k]]++] = (uint32_t)r;
	free(fill);
	return w;
}

void
walk_free(struct walk *w)
{
	if (w == NULL)
		return;
	free(w->rows_start);
	free(w->rows);
	free(w->low);
	free(w->high);
	free(w->x);
	free(w->price);
	free(w->home);
	free(w->row_low);
	free(w->row_high);
	free(w->sum);
	free(w->weight);
	free(w->broken);
	free(w->broken_at);
	free(w->heavy);
	free(w->in_goal);
	free(w->changed);
	free(w->before);
	free(w->is_changed);
	free(w->when);
	free(w->went);
	free(w);
}

void
walk_var(struct walk *w, uint32_t var, int64_t low, int64_t high)
{
	w->low[var] = low;
	w->high[var] = high;
}

void
walk_row(struct walk *w, size_t row, int64_t low, int64_t high)
{
	w->row_low[row] = low;
	w->row_high[row] = high;
}

void
walk_price(struct walk *w, uint32_t var, int64_t price)
{
	w->price[var] = price;
}

/* How far a row's sum is from what it may be. */
static int64_t
off(const struct walk *w, size_t row, int64_t sum)
{
	return sum < w->row_low[row] ? w->row_low[row] - sum :
	    sum > w->row_high[row] ? sum - w->row_high[row] : 0;
}

/* Puts a row where it belongs: with the broken ones, or not. */
static void
sort_in(struct walk *w, size_t row)
{
	int is = off(w, row, w->sum[row]) > 0;
	uint32_t at = w->broken_at[row];

	if (is && at == NOT_BROKEN) {
		w->broken_at[row] = (uint32_t)w->nbroken;
		w->broken[w->nbroken++] = (uint32_t)row;
	} else if (!is && at != NOT_BROKEN) {
		w->broken[at] = w->broken[--w->nbroken];
		w->broken_at[w->broken[at]] = at;
		w->broken_at[row] = NOT_BROKEN;
	}
}

static void
change(struct walk *w, uint32_t v, int64_t by)
{
	size_t k;

	if (!w->is_changed[v]) {
		w->is_changed[v] = 1;
		w->before[w->nchanged] = w->x[v];
		w->changed[w->nchanged++] = v;
	}
	w->x[v] += by;
	for (k = w->rows_start[v]; k < w->rows_start[v + 1]; k++) {
		w->sum[w->rows[k]] += by;
		sort_in(w, w->rows[k]);
	}
	if (w->in_goal[v]) {
		w->sum[w->nrows] += by;
		sort_in(w, w->nrows);
	}
}

/* What a change makes better (below 0) or worse. */
static int64_t
score(const struct walk *w, uint32_t v, int64_t by)
{
	int64_t s = w->price[v] * ((w->x[v] + by != w->home[v]) -
	    (w->x[v] != w->home[v]));
	size_t k;

	for (k = w->rows_start[v]; k < w->rows_start[v + 1]; k++) {
		uint32_t r = w->rows[k];

		s += w->weight[r] * (off(w, r, w->sum[r] + by) -
		    off(w, r, w->sum[r]));
	}
	if (w->in_goal[v])
		s += w->weight[w->nrows] * (off(w, w->nrows,
		    w->sum[w->nrows] + by) - off(w, w->nrows,
		    w->sum[w->nrows]));
	return s;
}

/* A broken row, the shorter of two. */
static size_t
pick_row(struct walk *w)
{
	size_t a = w->broken[draw(w) % w->nbroken];
	size_t b = w->broken[draw(w) % w->nbroken];

	if (a == w->nrows || b == w->nrows)
		return w->nrows;
	return w->start[b + 1] - w->start[b] < w->start[a + 1] - w->start[a] ?
	    b : a;
}

/* The change of one of a row's variables that does best; 0: none can. */
static int64_t
pick_change(struct walk *w, size_t row, uint32_t *var)
{
	const uint32_t *vars = row == w->nrows ? w->goal :
	    w->vars + w->start[row];
	size_t n = row == w->nrows ? w->ngoal :
	    w->start[row + 1] - w->start[row];
	int sign = w->sum[row] < w->row_low[row] ? 1 : -1;
	int64_t far = off(w, row, w->sum[row]), best = 0, by = 0;
	size_t k, at = draw(w) % n, looked = 0;

	for (k = 0; k < n && k < SCANNED && looked < LOOKED; k++, at++) {
		uint32_t v = vars[at < n ? at : at - n];
		int64_t room = sign > 0 ? w->high[v] : w->x[v] - w->low[v];
		int64_t s;

		if (sign > 0 && room != WALK_NONE)
			room -= w->x[v];
		if (room <= 0 || (w->went[v] == -sign && w->when[v] != 0 &&
		    w->step - w->when[v] < TABOO))
			continue;
		looked++;
		room = room < far ? room : far;
		s = score(w, v, sign * room);
		if (by == 0 || s < best) {
			best = s;
			by = sign * room;
			*var = v;
		}
	}
	if (by != 0 && best < 0)
		return by;
	/* Nothing mends more than it breaks: the broken ones weigh more. */
	for (k = 0; k < w->nbroken; k++) {
		uint32_t r = w->broken[k];

		if (w->weight[r]++ == 1)
			w->heavy[w->nheavy++] = r;
	}
	return by;
}

static void
undo(struct walk *w)
{
	size_t k;

	for (k = 0; k < w->nchanged; k++)
		change(w, w->changed[k], w->before[k] - w->x[w->changed[k]]);
}

static void
forget(struct walk *w)
{
	size_t k;

	for (k = 0; k < w->nchanged; k++) {
		w->is_changed[w->changed[k]] = 0;
		w->when[w->changed[k]] = 0;
	}
	w->nchanged = 0;
}

/* Until nothing is broken. */
static int
mend(struct walk *w, size_t steps)
{
	size_t k;

	for (w->step = 1; w->nbroken > 0 && w->step <= steps; w->step++) {
		uint32_t v = 0;
		int64_t by = pick_change(w, pick_row(w), &v);

		if (by == 0)
			continue;
		w->when[v] = w->step;
		w->went[v] = by > 0 ? 1 : -1;
		change(w, v, by);
	}
	w->spent += w->step;
	for (k = 0; k < w->nheavy; k++)
		w->weight[w->heavy[k]] = 1;
	w->nheavy = 0;
	return w->nbroken == 0;
}

int
walk_place(struct walk *w, const int64_t *x, size_t steps)
{
	size_t r, k;

	w->nchanged = w->nbroken = 0;
	memset(w->is_changed, 0, w->nvars);
	memset(w->when, 0, w->nvars * sizeof *w->when);
	if (w->nvars > 0) {
		memcpy(w->x, x, w->nvars * sizeof *x);
		memcpy(w->home, x, w->nvars * sizeof *x);
	}
	for (r = 0; r < w->nrows; r++) {
		w->sum[r] = 0;
		for (k = w->start[r]; k < w->start[r + 1]; k++)
			w->sum[r] += x[w->vars[k]];
		w->broken_at[r] = NOT_BROKEN;
		sort_in(w, r);
	}
	return mend(w, steps);
}

int
walk_reach(struct walk *w, const uint32_t *vars, size_t n, int sign,
    int64_t goal, size_t steps)
{
	size_t k;
	int found;

	assert(w->nbroken == 0);
	forget(w);
	w->random = 88172645463325252ULL + steps * 977 + vars[0];
	w->goal = vars;
	w->ngoal = n;
	w->row_low[w->nrows] = sign > 0 ? goal : INT64_MIN;
	w->row_high[w->nrows] = sign > 0 ? INT64_MAX : goal;
	w->sum[w->nrows] = 0;
	for (k = 0; k < n; k++) {
		w->in_goal[vars[k]] = 1;
		w->sum[w->nrows] += w->x[vars[k]];
	}
	sort_in(w, w->nrows);
	if (!(found = mend(w, steps))) {
		undo(w);
		forget(w);
	}
	for (k = 0; k < n; k++)
		w->in_goal[vars[k]] = 0;
	if (w->broken_at[w->nrows] != NOT_BROKEN) {
		/* Alone: all others are as they were. */
		w->nbroken = 0;
		w->broken_at[w->nrows] = NOT_BROKEN;
	}
	return found;
}

const int64_t *
walk_x(const struct walk *w)
{
	return w->x;
}

const uint32_t *
walk_changed(const struct walk *w, size_t *n)
{
	*n = w->nchanged;
	return w->changed;
}

void
walk_back(struct walk *w)
{
	undo(w);
	forget(w);
}

size_t
walk_spent(const struct walk *w)
{
	return w->spent;
}
