/* Groups of artificial records, made anew until they keep the rules. */
#include "spec/dummy_work.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "csv/writer.h"

#define REPAIRS 10000     /* attempts at one group */

static void
choose_row(struct dummy_work *w, size_t i, uint64_t unit, uint64_t nunits)
{
	struct dummy *d = w->d;
	const struct dummy_source *s = &d->r->sources[i];
	struct dummy_random rnd;
	uint64_t x;
	int64_t days = d->r->to - d->r->from + 1;

	if (s->each) {
		w->rows[i] = (uint64_t)((num_uwide)unit * s->nrows / nunits);
	} else if (s->nslots > 0) {
		x = dummy_permuted(unit, s->nrows * s->nslots, d->o->seed + i);
		w->rows[i] = x / s->nslots;
		x %= s->nslots;
		w->start = d->r->from + (int32_t)(days * (int64_t)x /
		    (int64_t)s->nslots);
		w->end = d->r->from + (int32_t)(days * (int64_t)(x + 1) /
		    (int64_t)s->nslots) - 1;
		if (w->end < w->start)
			w->end = w->start;
	} else {
		rnd = dummy_stream(dummy_key(d->o->seed ^ DUMMY_UNIT_ROW, unit),
		    i, w->salted ? w->salts[d->r->nslots] : 0);
		w->rows[i] = dummy_below(&rnd, s->nrows);
	}
}

/* A moment as another one or a little after or before it. */
static void
make_near(struct dummy_work *w, const struct dummy_gen *g,
    const struct dummy_value *of, struct dummy_random *rnd,
    struct dummy_value *v)
{
	char *to = w->text + w->text_n;
	int64_t add = (int64_t)dummy_below(rnd, 9) - 4;
	struct dummy_value b = *of;

	*v = dummy_nothing;
	if (dummy_below(rnd, 2) == 0)
		add = 0;
	v->timed =
	    g->time == DUMMY_MOMENT ? DUMMY_TIMED_MOMENT : DUMMY_TIMED_DAY;
	v->when = g->time == DUMMY_MOMENT ? dummy_as_moment(&b, 0) + add * 600 :
	    dummy_as_day(&b) + add;
	v->p = to;
	v->n = (uint32_t)(dummy_time_text(to, g, v) - to);
	w->text_n += v->n;
}

void
dummy_make_group(struct dummy_work *w)
{
	const struct dummy_recipe *r = w->d->r;
	uint64_t seed = w->d->o->seed, gkey, rkey, key;
	struct dummy_random rnd;
	struct dummy_value *v;
	size_t i, k;

	w->text_n = 0;
	w->start = r->from;
	w->end = r->to;
	gkey = dummy_key(seed ^ DUMMY_UNIT_GROUP, w->group);
	for (i = 0; i < r->nsources; i++)
		if (!r->sources[i].per_record)
			choose_row(w, i, w->group,
			    w->d->groups_before[w->d->nblocks]);
	for (k = 0; k < w->group_n; k++) {
		v = w->values + k * r->nslots;
		rkey = dummy_key(seed ^ DUMMY_UNIT_RECORD, w->record + k);
		for (i = 0; i < r->nsources; i++)
			if (r->sources[i].per_record)
				choose_row(w, i, w->record + k, r->records);
		v[0] = v[1] = v[2] = dummy_nothing;
		v[0].p = k == 0 ? "1               " : "0               ";
		v[1].p = k + 1 == w->group_n ? "1               " :
		    "0               ";
		v[0].n = v[1].n = 1;
		v[2].p = w->text + w->text_n;
		v[2].n = (uint32_t)(dummy_number(w->text + w->text_n,
		    (int64_t)k + 1, 1) - v[2].p);
		w->text_n += v[2].n;
		for (i = 3; i < r->nslots; i++) {
			const struct dummy_slot *s = &r->slots[i];

			if (s->once && k > 0) {
				v[i] = w->values[i];
				continue;
			}
			if (s->per == DUMMY_PER_RECORD) {
				w->unit = w->record + k;
				key = rkey;
			} else if (s->per == DUMMY_PER_GROUP) {
				w->unit = w->group;
				key = gkey;
			} else {
				w->unit = w->rows[s->source];
				key =
				    dummy_key(seed ^ DUMMY_UNIT_TABLE, w->unit);
			}
			/* A row's values are those of other groups too. */
			rnd = dummy_stream(key, i, w->salted &&
			    s->per != DUMMY_PER_ROW ? w->salts[i] : 0);
			if (w->salted && w->near[i] != 0 &&
			    dummy_moment(&v[w->near[i]]) == 0)
				make_near(w, s->gen, &v[w->near[i]], &rnd,
				    &v[i]);
			else
				dummy_make(w, s->gen, k, &rnd, &v[i]);
		}
	}
}

uint32_t *
dummy_put_group(struct dummy_work *w, struct buf *b, uint32_t *ends)
{
	const struct dummy *d = w->d;
	size_t k, c, nf = d->spec->nfields;

	for (k = 0; k < w->group_n; k++) {
		const struct dummy_value *row = w->values + k * d->r->nslots;

		for (c = 0; c < nf; c++) {
			const struct dummy_value *v = &row[d->slot_of[c]];

			/* A wide store may run into the buffer's slack. */
			buf_reserve(b, (size_t)v->n * 2 + 20);
			if (v->quote) {
				csv_put_cell(b, v->p, v->n);
			} else if (v->n <= 16) {
				memcpy(b->p + b->n, v->p, 16);
				b->n += v->n;
			} else {
				memcpy(b->p + b->n, v->p, v->n);
				b->n += v->n;
			}
			if (nf == 1 && v->n == 0)
				buf_puts(b, "\"\"");
			*ends++ = (uint32_t)b->n;
			b->p[b->n++] = ',';
		}
		b->p[b->n - 1] = '\n';
	}
	return ends;
}

void
dummy_start_block(struct buf *b, uint32_t *ends)
{
	buf_clear(b);
	buf_putc(b, '\n');
	ends[0] = 0;
}

void
dummy_as_block(struct dummy_work *w, struct buf *b, const uint32_t *ends,
    size_t n, struct csv_block *to)
{
	buf_reserve(b, 64);
	memset(b->p + b->n, 0, 64);
	memset(to, 0, sizeof *to);
	to->data = b->p;
	to->size = b->n;
	to->ncols = w->d->spec->nfields;
	to->nrecords = n;
	to->ends = ends + 1;
	to->delimiter = ',';
	to->quotes = memchr(b->p, '"', b->n) != NULL;
	to->file = "-";
	to->first_record = to->first_line = 1;
}

/* Rules. */

int
dummy_test(struct dummy_work *w, size_t check, const struct csv_block *b,
    size_t first, size_t n, unsigned char *broken, struct fault *f)
{
	const struct dummy_check *c = &w->d->checks[check];
	size_t i;

	if (expr_test(w->runs[check], b, first, n, broken, NULL, f) == -1)
		return -1;
	for (i = 0; i < n; i++) {
		if (c->field == -1)
			broken[i] = broken[i] == 0 || broken[i] == 3;
		else
			broken[i] = broken[i] == 1 && csv_raw(b, first + i,
			    (size_t)c->field).n == 0;
	}
	return 0;
}

/* How many checks a small block's records break; one of them in *check. */
static int
count_broken(struct dummy_work *w, const struct csv_block *b,
    struct dummy_random *rnd, size_t *count, size_t *check, struct fault *f)
{
	unsigned char broken[EXPR_BATCH];
	size_t i, k, seen = 0;

	*count = 0;
	for (i = 0; i < w->d->nchecks; i++) {
		size_t before = *count;

		if (dummy_test(w, i, b, 0, b->nrecords, broken, f) == -1)
			return -1;
		for (k = 0; k < b->nrecords; k++)
			*count += broken[k];
		if (*count > before && dummy_below(rnd, ++seen) == 0)
			*check = i;
	}
	return 0;
}

/* What a way to make a value reads, one at random: a slot, or -1. */
static long
dependency(const struct dummy_gen *g, struct dummy_random *rnd)
{
	size_t i, n;

	switch (g->form) {
	case DUMMY_COPY:
	case DUMMY_DATE:
	case DUMMY_PREVIOUS:
		n = 1 + g->nuntil + g->nnot_before;
		i = dummy_below(rnd, n);
		if (i == 0)
			return g->from.kind == DUMMY_REF_SLOT ?
			    (long)g->from.slot : -1;
		if (i <= g->nuntil)
			return g->until[i - 1].kind == DUMMY_REF_SLOT ?
			    (long)g->until[i - 1].slot : -1;
		i -= g->nuntil + 1;
		return g->not_before[i].kind == DUMMY_REF_SLOT ?
		    (long)g->not_before[i].slot : -1;
	case DUMMY_CASES: {
		const struct dummy_case *c =
		    &g->cases[dummy_below(rnd, g->ncases)];

		if (c->n > 0 && dummy_below(rnd, 2) == 0) {
			const struct dummy_condition *d =
			    &c->conditions[dummy_below(rnd, c->n)];

			return d->left.kind == DUMMY_REF_SLOT ?
			    (long)d->left.slot : -1;
		}
		return dependency(c->gen, rnd);
	}
	case DUMMY_JOIN:
		return dependency(g->parts[dummy_below(rnd, g->nparts)], rnd);
	case DUMMY_SUM:
		i = dummy_below(rnd, g->nmaps);
		return g->maps[i].of.kind == DUMMY_REF_SLOT ?
		    (long)g->maps[i].of.slot : -1;
	default:
		return -1;
	}
}

/* The slot that is to be made anew because a check is broken. */
static size_t
blame(const struct dummy_work *w, const struct dummy_check *c,
    struct dummy_random *rnd)
{
	const struct dummy *d = w->d;
	const struct expr_scope *scope = spec_scope_expr(d->scope);
	const size_t *fields;
	size_t n, slot;
	long next;

	fields = expr_fields(c->expr, &n);
	if (c->field != -1 && (n == 0 || dummy_below(rnd, 2) == 0))
		slot = d->slot_of[c->field];
	else if (n == 0)
		return 3;
	else
		slot = d->slot_of[scope->fields[fields[dummy_below(rnd, n)]]
		    .column];
	while (dummy_below(rnd, 2) == 0 && (next = dependency(
	    d->r->slots[slot].gen, rnd)) >= 3)
		slot = (size_t)next;
	return slot;
}

/* Could it be set like another date that the check reads? Which, or 0. */
static uint32_t
near_slot(const struct dummy_work *w, const struct dummy_check *c, size_t slot,
    struct dummy_random *rnd)
{
	const struct dummy *d = w->d;
	const struct expr_scope *scope = spec_scope_expr(d->scope);
	const struct dummy_gen *g = d->r->slots[slot].gen;
	const size_t *fields;
	size_t n, other;

	if (g->form != DUMMY_DATE || g->from.kind != DUMMY_REF_START ||
	    (g->time != DUMMY_DAY && g->time != DUMMY_MOMENT))
		return 0;
	fields = expr_fields(c->expr, &n);
	other = d->slot_of[scope->fields[fields[dummy_below(rnd, n)]].column];
	return other < slot ? (uint32_t)other : 0;
}

/*
 * Makes the group again until no check is broken: a walk that changes one
 * field which a broken check reads, and takes the step unless more checks
 * are broken after it; now and then it does so even then, or starts afresh.
 */
static int
repair(struct dummy_work *w, struct fault *f)
{
	struct dummy_random rnd = dummy_stream(dummy_key(w->d->o->seed ^
	    DUMMY_UNIT_REPAIR, w->group), 0, 0);
	size_t n = w->d->r->nslots + 1, i, tries, slot = 0, now, before = 0;
	size_t check = 0, tried = 0;
	uint32_t salt = 0, near = 0, fresh = 0;
	struct csv_block b;

	w->salted = 1;
	for (tries = 0; tries < REPAIRS; tries++) {
		if (tries % 500 == 0) {
			for (i = 0; i < n; i++)
				w->salts[i] = fresh;
			memset(w->near, 0, n * sizeof *w->near);
			fresh += 1000;
			before = SIZE_MAX;
		} else {
			slot = blame(w, &w->d->checks[check], &rnd);
			salt = w->salts[slot];
			near = w->near[slot];
			w->salts[slot] = fresh + (uint32_t)tries;
			w->near[slot] = dummy_below(&rnd, 2) == 0 ? 0 :
			    near_slot(w, &w->d->checks[check], slot, &rnd);
		}
		dummy_make_group(w);
		dummy_start_block(&w->one, w->one_ends);
		(void)dummy_put_group(w, &w->one, w->one_ends + 1);
		dummy_as_block(w, &w->one, w->one_ends, w->group_n, &b);
		if (count_broken(w, &b, &rnd, &now, &tried, f) == -1)
			return -1;
		if (now == 0) {
			w->salted = 0;
			return 0;
		}
		if (now <= before || dummy_below(&rnd, 20) == 0) {
			before = now;
			check = tried;
		} else {
			w->salts[slot] = salt;
			w->near[slot] = near;
		}
	}
	if (w->d->checks[check].field == -1)
		return fault_set(f, "record %" PRIu64 ": cannot make one that "
		    "keeps rule %s (%.120s)", w->record + 1,
		    w->d->checks[check].id, w->d->checks[check].message);
	return fault_set(f, "record %" PRIu64 ": cannot make one that has %s "
	    "where it applies", w->record + 1, w->d->checks[check].id);
}

/* A block. */

size_t
dummy_group_size(const struct dummy *d, uint64_t record, uint64_t end)
{
	uint64_t n = 1;

	if (d->r->has_group)
		n += dummy_choose(&d->r->group,
		    dummy_key(d->o->seed ^ DUMMY_UNIT_SIZE, record));
	return (size_t)(n < end - record ? n : end - record);
}

uint64_t
dummy_block_end(const struct dummy *d, uint64_t block)
{
	uint64_t end = (block + 1) * DUMMY_BLOCK;

	return end < d->r->records ? end : d->r->records;
}

int
dummy_find_broken(struct dummy_work *w, const struct csv_block *b, int *any,
    struct fault *f)
{
	unsigned char broken[EXPR_BATCH];
	size_t first, n, i, k, g;

	*any = 0;
	memset(w->broken, 0, w->ngroups);
	for (i = 0; i < w->d->nchecks; i++) {
		g = 0;
		for (first = 0; first < b->nrecords; first += n) {
			n = b->nrecords - first;
			if (n > EXPR_BATCH)
				n = EXPR_BATCH;
			if (dummy_test(w, i, b, first, n, broken, f) == -1)
				return -1;
			if (memchr(broken, 1, n) == NULL)
				continue;
			*any = 1;
			for (k = 0; k < n; k++) {
				if (!broken[k])
					continue;
				while (g + 1 < w->ngroups && w->starts[g + 1]
				    <= first + k)
					g++;
				w->broken[g] = 1;
			}
		}
	}
	return 0;
}

int
dummy_mend(struct dummy_work *w, uint64_t first_record, uint64_t first_group,
    size_t n, struct fault *f)
{
	size_t nf = w->d->spec->nfields, g, i, from, to;
	uint32_t *ends = w->fixed_ends + 1;

	dummy_start_block(&w->fixed, w->fixed_ends);
	for (g = 0; g < w->ngroups; g++) {
		from = w->starts[g];
		to = g + 1 < w->ngroups ? w->starts[g + 1] : n;
		if (w->broken[g]) {
			w->group = first_group + g;
			w->record = first_record + from;
			w->group_n = to - from;
			if (repair(w, f) == -1)
				return -1;
			ends = dummy_put_group(w, &w->fixed, ends);
			continue;
		}
		{
			uint32_t start = w->ends[from * nf] + 1;
			uint32_t end = w->ends[to * nf] + 1;
			uint32_t move = (uint32_t)w->fixed.n - start;

			buf_put(&w->fixed, w->data.p + start, end - start);
			for (i = from * nf + 1; i <= to * nf; i++)
				*ends++ = w->ends[i] + move;
		}
	}
	return 0;
}
