/*
 * Rules over groups: the end. A shard's rows are put in order of group and
 * order; whole groups are then laid out as columns, with the fields made
 * over them, and the rules tested on batches of them.
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/sorter.h"
#include "flow/each.h"
#include "spec/group.h"
#include "spec/group_made.h"

#define STRETCH 1024 /* rows laid out together, and what their group adds */
#define AHEAD 16     /* rows fetched into the cache before their turn */

struct entry {
	uint64_t hash; /* group_row_hash, but for the last bit: has a bad value */
	const char *row;
};

struct verdict {
	uint64_t where;
	uint32_t rule;
};

/* A worker's own. */
struct hand {
	struct expr_shelf **shelves; /* per plan */
	struct expr_run ***runs; /* per plan, per rule */
	uint64_t batches;        /* tested so far */
	struct group_columns *columns; /* per plan */
	struct group_columns *alone;   /* the same, of groups of one */
	struct entry *entries, *sorted;
	size_t nentries, cap;
	struct buf *read; /* pieces from the spill */
	size_t nread, readcap;
	struct verdict *verdicts;
	size_t nverdicts, verdictcap;
	struct wide_tally tally;
};

struct finish {
	struct group_state *s;
	struct hand *hands;
	size_t memory; /* bytes of rows a worker may have together */
	struct sorter *broken;
	pthread_mutex_t lock; /* of broken */
};

/* Where the place is, if there is one, and the values are. */
static const char *
row_rest(const struct finish *x, const char *row)
{
	return row + (x->s->o.files ? GROUP_FIXED : GROUP_FILE);
}

static const char *
row_values(const struct finish *x, const char *row)
{
	return row_rest(x, row) + (x->s->o.by_place ? sizeof(uint32_t) : 0);
}

static uint32_t
row_place(const struct finish *x, const char *row)
{
	uint32_t place;

	memcpy(&place, row_rest(x, row), sizeof place);
	return place;
}

static uint64_t
row_where(const struct finish *x, const char *row)
{
	return group_row_where(row, x->s->o.files);
}

/* Where the row ends. */
static const char *
row_end(const struct finish *x, const struct group_plan *p, const char *row)
{
	const char *at = row_values(x, row);
	struct expr_value v;
	int32_t day;
	size_t i;

	i = (unsigned char)row[GROUP_LENGTH] & (GROUP_HAS_BAD - 1);
	if (i != 0)
		return row + i;
	for (i = 0; i < p->nsequence; i++)
		at = p->slots[p->sequence[i]].days ?
		    group_get_day(at, &day) : group_get_value(at, &v);
	return at;
}

static int
compare_rows(const struct finish *x, const struct group_plan *p,
    const struct entry *e, const struct entry *g)
{
	const char *at, *bt;
	struct expr_value v, w;
	int32_t day, other;
	uint64_t a, b;
	size_t i;
	int d;

	if ((e->hash | 1) != (g->hash | 1))
		return e->hash < g->hash ? -1 : 1;
	a = group_row_a(e->row);
	b = group_row_a(g->row);
	if (a != b)
		return a < b ? -1 : 1;
	at = row_values(x, e->row);
	bt = row_values(x, g->row);
	for (i = 0; i < p->norders; i++) {
		if (p->slots[p->sequence[i]].days) {
			at = group_get_day(at, &day);
			bt = group_get_day(bt, &other);
			d = (day > other) - (day < other);
		} else {
			at = group_get_value(at, &v);
			bt = group_get_value(bt, &w);
			d = group_compare(&v, &w);
		}
		if (d != 0)
			return d;
	}
	a = row_where(x, e->row);
	b = row_where(x, g->row);
	return a < b ? -1 : a > b;
}

/* Merge sort: qsort has no argument for the plan. other has room for n. */
static void
sort_run(const struct finish *x, const struct group_plan *p,
    struct entry *e, struct entry *other, size_t n)
{
	struct entry *from = e, *to = other, *swap;
	size_t width, lo, mid, hi, a, b, k;

	for (width = 1; width < n; width *= 2) {
		for (lo = 0; lo < n; lo = hi) {
			mid = lo + width < n ? lo + width : n;
			hi = mid + width < n ? mid + width : n;
			for (a = lo, b = mid, k = lo; k < hi; k++) {
				if (a < mid && (b == hi || compare_rows(x, p,
				    &from[a], &from[b]) <= 0))
					to[k] = from[a++];
				else
					to[k] = from[b++];
			}
		}
		swap = from;
		from = to;
		to = swap;
	}
	if (from != e)
		memcpy(e, from, n * sizeof *e);
}

/* The rows of a bucket that has several will be compared soon. */
static void
fetch_several(const size_t *at, size_t bucket, size_t buckets,
    const struct entry *e)
{
	size_t i;

	if (bucket >= buckets || at[bucket] - at[bucket - 1] < 2)
		return;
	for (i = at[bucket - 1]; i < at[bucket]; i++)
		__builtin_prefetch(e[i].row);
}

/* By the first bits of the hash, then each of those few by comparing. */
static void
sort_entries(const struct finish *x, const struct group_plan *p,
    struct hand *h)
{
	struct entry *e = h->entries, *to = h->sorted, one;
	size_t *at, i, k, end, n = h->nentries, from = 0;
	unsigned bits = 1;

	while (bits < 24 && n >> bits > 1)
		bits++;
	at = mem_zero(((size_t)1 << bits) + 1, sizeof *at);
	for (i = 0; i < n; i++)
		at[(e[i].hash >> (64 - bits)) + 1]++;
	for (i = 0; i < (size_t)1 << bits; i++)
		at[i + 1] += at[i];
	for (i = 0; i < n; i++)
		to[at[e[i].hash >> (64 - bits)]++] = e[i];
	/* Now at[i] is where bucket i ends. */
	for (i = 0; i < (size_t)1 << bits; i++, from = end) {
		end = at[i];
		fetch_several(at, i + AHEAD, (size_t)1 << bits, to);
		if (end - from > 16) {
			sort_run(x, p, to + from, e + from, end - from);
			continue;
		}
		for (k = from + 1; k < end; k++) {
			size_t j = k;

			one = to[k];
			for (; j > from && compare_rows(x, p, &one,
			    &to[j - 1]) < 0; j--)
				to[j] = to[j - 1];
			to[j] = one;
		}
	}
	free(at);
}

/* The rows of a shard as entries. */
static int
index_shard(const struct finish *x, struct hand *h,
    const struct group_plan *p, struct group_rows *rows, size_t shard,
    struct fault *f)
{
	size_t pieces = group_rows_pieces(rows, shard), i, n;
	const char *row, *end;

	if (pieces > h->readcap) {
		h->read = mem_array(h->read, pieces, sizeof *h->read);
		memset(h->read + h->readcap, 0,
		    (pieces - h->readcap) * sizeof *h->read);
		h->readcap = pieces;
	}
	h->nentries = 0;
	for (i = 0; i < pieces; i++) {
		row = group_rows_piece(rows, shard, i, &h->read[i], &n, f);
		if (row == NULL)
			return -1;
		for (end = row + n; row < end; row = row_end(x, p, row)) {
			if (h->nentries == h->cap) {
				h->cap = h->cap * 2 + 1024;
				h->entries = mem_array(h->entries, h->cap,
				    sizeof *h->entries);
				h->sorted = mem_array(h->sorted, h->cap,
				    sizeof *h->sorted);
			}
			h->entries[h->nentries].hash =
			    (group_row_hash(row) & ~(uint64_t)1) |
			    (uint64_t)group_row_has_bad(row);
			h->entries[h->nentries++].row = row;
		}
	}
	return 0;
}

static int
same_group(const struct entry *e, const struct entry *g)
{
	return (e->hash | 1) == (g->hash | 1) &&
	    group_row_a(e->row) == group_row_a(g->row);
}

/* Lays out the rows from e on, whole groups; returns how many. */
static size_t
lay_out(const struct finish *x, const struct group_plan *p,
    struct group_columns *c, const struct entry *e, size_t n)
{
	size_t r = 0, start, i;

	group_columns_start(c);
	while (r < n && r < STRETCH) {
		start = r;
		do {
			const char *at = row_values(x, e[r].row);

			if (r + AHEAD < n)
				__builtin_prefetch(e[r + AHEAD].row);
			group_columns_reserve(c, r + 1);
			for (i = 0; i < p->nsequence; i++) {
				size_t slot = p->sequence[i];

				at = c->days[slot] != NULL ?
				    group_get_day(at, &c->days[slot][r]) :
				    group_get_value(at, &c->values[slot][r]);
			}
			r++;
		} while (r < n && same_group(&e[start], &e[r]));
		group_columns_group(c, start, r);
	}
	group_columns_make(c);
	return r;
}

static void
keep_verdict(struct hand *h, uint64_t where, size_t rule)
{
	if (h->nverdicts == h->verdictcap) {
		h->verdictcap = h->verdictcap * 2 + 256;
		h->verdicts = mem_array(h->verdicts, h->verdictcap,
		    sizeof *h->verdicts);
	}
	h->verdicts[h->nverdicts].where = where;
	h->verdicts[h->nverdicts++].rule = (uint32_t)rule;
}

/* The plan's fields over rows of the columns, from the first on. */
static void
give(struct expr_shelf *shelf, const struct group_plan *p,
    const struct group_columns *c, size_t first)
{
	size_t i;

	for (i = 0; i < p->scope.n; i++) {
		size_t column = p->fields[i].column;

		if (c->days[column] != NULL)
			expr_shelf_give_days(shelf, i,
			    c->days[column] + first);
		else if (c->values[column] != NULL)
			expr_shelf_give(shelf, i, c->values[column] + first);
	}
}

/* What a rule found on n rows that begin at e. */
static void
take_verdicts(const struct finish *x, struct hand *h, size_t rule,
    const unsigned char *test, const struct entry *e, size_t n)
{
	struct wide_count *all;
	size_t k, applicable = 0, broken = 0;

	for (k = 0; k < n; k++) {
		applicable += test[k] <= 1;
		broken += test[k] == 0;
	}
	for (k = 0; x->s->o.by_place && k < n; k++)
		wide_tally_count(&h->tally, row_place(x, e[k].row), rule,
		    test[k]);
	if (!x->s->o.by_place) {
		all = wide_tally_of(&h->tally, 0, rule);
		all->applicable += applicable;
		all->broken += broken;
	}
	for (k = 0; broken > 0 && k < n; k++)
		if (test[k] == 0)
			keep_verdict(h, row_where(x, e[k].row), rule);
}

/*
 * Tests the rules, but for those that skip says, on rows that are laid out,
 * so many of them at a time.
 */
static int
decide(const struct finish *x, struct hand *h, size_t plan,
    const struct group_columns *c, const unsigned char *skip, size_t rows,
    const struct entry *e, struct fault *f)
{
	static const uint32_t ends[EXPR_BATCH + 1];
	const struct group_plan *p = &x->s->plans->v[plan];
	struct csv_block none = { .data = "", .ncols = 1, .ends = ends + 1,
		.first_record = 1 };
	unsigned char test[EXPR_BATCH];
	struct fault inner = FAULT_NONE;
	size_t i, k, rule;

	for (i = 0; i < rows; i += none.nrecords) {
		none.nrecords = rows - i < EXPR_BATCH ? rows - i : EXPR_BATCH;
		none.sequence = ++h->batches;
		give(h->shelves[plan], p, c, i);
		for (rule = 0; rule < p->nrules; rule++) {
			if (skip != NULL && skip[rule])
				continue;
			if (expr_test(h->runs[plan][rule], &none, 0,
			    none.nrecords, test, NULL, &inner) == -1)
				goto bad;
			for (k = 0; c->any_unordered && k < none.nrecords;
			    k++)
				test[k] = c->unordered[i + k] ? 3 : test[k];
			take_verdicts(x, h, p->rules[rule], test, e + i,
			    none.nrecords);
		}
	}
	return 0;
bad:
	/* Of the input's record, not of the batch's. */
	(void)fault_set(f, "%s", inner.what);
	if (inner.record > 0 && inner.record <= none.nrecords)
		fault_place(f, NULL, 0, group_where_record(row_where(x,
		    e[i + inner.record - 1].row)), 0, NULL);
	return -1;
}

/*
 * Takes out the rows that are groups of their own, with cells that fit, to
 * h->entries; returns how many. The others stay in order in h->sorted.
 */
static size_t
take_alone(struct hand *h)
{
	struct entry *e = h->sorted;
	size_t i, end, kept = 0, alone = 0;

	for (i = 0; i < h->nentries; i = end) {
		for (end = i + 1; end < h->nentries &&
		    same_group(&e[i], &e[end]); end++)
			;
		if (end == i + 1 && (e[i].hash & 1) == 0) {
			h->entries[alone++] = e[i];
			continue;
		}
		for (; i < end; i++)
			e[kept++] = e[i];
	}
	h->nentries = kept;
	return alone;
}

/* Rules that a row alone keeps need not see it. */
static void
count_alone(const struct finish *x, struct hand *h, size_t plan, size_t n)
{
	const struct group_plan *p = &x->s->plans->v[plan];
	size_t i, k;

	for (i = 0; i < p->nrules; i++) {
		if (!p->kept_alone[i])
			continue;
		if (!x->s->o.by_place)
			wide_tally_of(&h->tally, 0, p->rules[i])->applicable +=
			    n;
		for (k = 0; x->s->o.by_place && k < n; k++)
			wide_tally_count(&h->tally,
			    row_place(x, h->entries[k].row), p->rules[i], 1);
	}
}

/* Decides n rows that are each a group; of their values some are read. */
static int
decide_alone(const struct finish *x, struct hand *h, size_t plan, size_t n,
    struct fault *f)
{
	const struct group_plan *p = &x->s->plans->v[plan];
	const struct group_columns *c = &h->alone[plan];
	const struct entry *e = h->entries;
	size_t first, r, m, i;

	count_alone(x, h, plan, n);
	if (memchr(p->kept_alone, 0, p->nrules) == NULL)
		return 0;
	for (first = 0; first < n; first += m) {
		m = n - first < EXPR_BATCH ? n - first : EXPR_BATCH;
		for (r = 0; r < m; r++) {
			const char *at = row_values(x, e[first + r].row);

			if (first + r + AHEAD < n)
				__builtin_prefetch(e[first + r + AHEAD].row);
			for (i = 0; i < p->lone_values; i++) {
				size_t slot = p->sequence[i];

				at = c->days[slot] != NULL ?
				    group_get_day(at, &c->days[slot][r]) :
				    group_get_value(at, &c->values[slot][r]);
			}
		}
		if (decide(x, h, plan, c, p->kept_alone, m, e + first, f) ==
		    -1)
			return -1;
	}
	return 0;
}

/* Made fields of rows that are alone are the same for ever. */
static void
open_alone(struct group_columns *c, const struct group_plan *p)
{
	size_t i, r;

	group_columns_open(c, p);
	group_columns_start(c);
	for (r = 0; r < EXPR_BATCH; r++) {
		for (i = 0; i < p->nslots; i++) {
			if (c->days[i] != NULL)
				c->days[i][r] = EXPR_NO_DAY;
			else if (c->values[i] != NULL)
				c->values[i][r].kind = EXPR_NULL;
		}
		group_columns_group(c, r, r + 1);
	}
	group_columns_make(c);
}

static int decide_shard(const struct finish *, struct hand *, size_t plan,
    struct group_rows *, size_t shard, unsigned level, struct fault *);

/* A shard that is too large is cut again, by the next bits. */
static int
cut_shard(const struct finish *x, struct hand *h, size_t plan,
    struct group_rows *rows, size_t shard, unsigned level, struct fault *f)
{
	const struct group_plan *p = &x->s->plans->v[plan];
	struct group_rows *below = group_rows_new(x->s->o.spill,
	    x->s->o.pieces, level + 1);
	size_t pieces = group_rows_pieces(rows, shard), i, n;
	uint64_t bytes = group_rows_bytes(rows, shard);
	struct buf scratch = { 0 };
	const char *row, *next, *end;
	char *to;
	int rc = -1;

	for (i = 0; i < pieces; i++) {
		row = group_rows_piece(rows, shard, i, &scratch, &n, f);
		if (row == NULL)
			goto out;
		for (end = row + n; row < end; row = next) {
			next = row_end(x, p, row);
			to = group_rows_room(below, group_row_a(row),
			    (size_t)(next - row));
			memcpy(to, row, (size_t)(next - row));
			group_rows_wrote(below, group_row_a(row),
			    to + (next - row));
		}
		if (group_rows_held(below) > x->memory / 2 &&
		    group_rows_flush(below, f) == -1)
			goto out;
	}
	group_rows_drop(rows, shard);
	for (i = 0; i < GROUP_SHARDS; i++) {
		/* What could not be cut is one group: it is held whole. */
		if (decide_shard(x, h, plan, below, i,
		    group_rows_bytes(below, i) == bytes ? GROUP_LEVELS :
		    level + 1, f) == -1)
			goto out;
	}
	rc = 0;
out:
	buf_free(&scratch);
	group_rows_free(below);
	return rc;
}

static int
decide_shard(const struct finish *x, struct hand *h, size_t plan,
    struct group_rows *rows, size_t shard, unsigned level, struct fault *f)
{
	const struct group_plan *p = &x->s->plans->v[plan];
	size_t at, n, pieces = group_rows_pieces(rows, shard), alone = 0;

	if (group_rows_bytes(rows, shard) > x->memory && pieces > 1 &&
	    level + 1 < GROUP_LEVELS)
		return cut_shard(x, h, plan, rows, shard, level, f);
	if (index_shard(x, h, p, rows, shard, f) == -1)
		return -1;
	sort_entries(x, p, h);
	if (p->lone)
		alone = take_alone(h);
	if (alone > 0 && decide_alone(x, h, plan, alone, f) == -1)
		return -1;
	for (at = 0; at < h->nentries; at += n) {
		n = lay_out(x, p, &h->columns[plan], h->sorted + at,
		    h->nentries - at);
		if (decide(x, h, plan, &h->columns[plan], NULL, n,
		    h->sorted + at, f) == -1)
			return -1;
	}
	group_rows_drop(rows, shard);
	return 0;
}

/* What was found in a shard goes to what is found in all. */
static int
pass_on(struct finish *x, struct hand *h, struct fault *f)
{
	unsigned char key[16];
	size_t i;
	int rc = 0;

	(void)pthread_mutex_lock(&x->lock);
	for (i = 0; i < h->nverdicts && rc == 0; i++) {
		sorter_number(key, h->verdicts[i].where);
		sorter_number(key + 8, h->verdicts[i].rule);
		rc = sorter_add(x->broken, key, sizeof key, "", 0, f);
	}
	(void)pthread_mutex_unlock(&x->lock);
	h->nverdicts = 0;
	return rc;
}

static int
finish_one(void *arg, unsigned worker, size_t i, struct fault *f)
{
	struct finish *x = arg;
	struct hand *h = &x->hands[worker];
	size_t plan = i / GROUP_SHARDS;

	if (decide_shard(x, h, plan, x->s->rows[plan], i % GROUP_SHARDS, 0,
	    f) == -1)
		return -1;
	return pass_on(x, h, f);
}

static void
hand_open(struct hand *h, const struct group_plans *plans,
    const struct wide_tally *tally)
{
	size_t i, k;

	h->tally.nrules = tally->nrules;
	h->shelves = mem_zero(plans->n + 1, sizeof *h->shelves);
	h->runs = mem_zero(plans->n + 1, sizeof *h->runs);
	h->columns = mem_zero(plans->n + 1, sizeof *h->columns);
	h->alone = mem_zero(plans->n + 1, sizeof *h->alone);
	for (i = 0; i < plans->n; i++) {
		const struct group_plan *p = &plans->v[i];

		h->runs[i] = mem_zero(p->nrules + 1, sizeof *h->runs[i]);
		h->shelves[i] = expr_shelf_new_given(&p->scope);
		for (k = 0; k < p->nrules; k++)
			h->runs[i][k] = expr_run_new_on(p->exprs[k],
			    h->shelves[i]);
		group_columns_open(&h->columns[i], p);
		open_alone(&h->alone[i], p);
	}
}

static void
hand_close(struct hand *h, const struct group_plans *plans)
{
	size_t i, k;

	for (i = 0; i < plans->n; i++) {
		for (k = 0; k < plans->v[i].nrules; k++)
			expr_run_free(h->runs[i][k]);
		free(h->runs[i]);
		expr_shelf_free(h->shelves[i]);
		group_columns_close(&h->columns[i]);
		group_columns_close(&h->alone[i]);
	}
	for (i = 0; i < h->readcap; i++)
		buf_free(&h->read[i]);
	free(h->read);
	free(h->runs);
	free(h->shelves);
	free(h->columns);
	free(h->alone);
	free(h->entries);
	free(h->sorted);
	free(h->verdicts);
	wide_tally_free(&h->tally);
}

int
group_finish(struct group_state *s, unsigned jobs, struct wide_tally *tally,
    void (*found)(void *, size_t, size_t, uint64_t), void *arg,
    struct fault *f)
{
	size_t n = s->plans->n * GROUP_SHARDS;
	unsigned workers = flow_each_workers(jobs, n), i;
	struct finish x = { .s = s, .memory = s->o.memory };
	struct sorter_record r;
	int rc;

	if (n == 0)
		return 0;
	(void)pthread_mutex_init(&x.lock, NULL);
	x.broken = sorter_new(s->o.memory / 4, s->o.spill);
	x.hands = mem_zero(workers, sizeof *x.hands);
	for (i = 0; i < workers; i++)
		hand_open(&x.hands[i], s->plans, tally);
	rc = flow_each(jobs, n, finish_one, &x, f);
	for (i = 0; i < workers; i++) {
		wide_tally_add(tally, &x.hands[i].tally);
		hand_close(&x.hands[i], s->plans);
	}
	while (rc == 0 && (rc = sorter_next(x.broken, &r, f)) == 1) {
		uint64_t where = sorter_number_of(r.key);

		found(arg, (size_t)sorter_number_of(r.key + 8),
		    group_where_file(where), group_where_record(where));
		rc = 0;
	}
	sorter_free(x.broken);
	free(x.hands);
	(void)pthread_mutex_destroy(&x.lock);
	return rc;
}
