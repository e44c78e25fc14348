/* Rules over groups: what is kept as blocks come. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "spec/group.h"

/* A batch's values of a slot: days, or values. */
union slot_values {
	int32_t days[EXPR_BATCH];
	struct expr_value values[EXPR_BATCH];
};

struct group_keep {
	struct expr_run **runs;   /* per slot */
	union slot_values *batch; /* per slot */
};

struct group_state *
group_state_new(const struct group_plans *plans,
    const struct group_options *o, struct expr_shelf *shelf)
{
	struct group_state *s = mem_zero(1, sizeof *s);
	size_t i, k;

	s->plans = plans;
	s->o = *o;
	s->rows = mem_zero(plans->n + 1, sizeof *s->rows);
	s->keep = mem_zero(plans->n + 1, sizeof *s->keep);
	for (i = 0; i < plans->n; i++) {
		const struct group_plan *p = &plans->v[i];

		s->rows[i] = group_rows_new(o->spill, 0);
		s->keep[i].runs = mem_zero(p->nslots + 1,
		    sizeof *s->keep[i].runs);
		for (k = 0; k < p->nslots; k++)
			s->keep[i].runs[k] = expr_run_new_on(
			    p->slots[k].expr, shelf);
		s->keep[i].batch = mem_array(NULL, p->nslots + 1,
		    sizeof *s->keep[i].batch);
	}
	return s;
}

void
group_state_free(struct group_state *s)
{
	size_t i, k;

	if (s == NULL)
		return;
	for (i = 0; i < s->plans->n; i++) {
		group_rows_free(s->rows[i]);
		for (k = 0; k < s->plans->v[i].nslots; k++)
			expr_run_free(s->keep[i].runs[k]);
		free(s->keep[i].runs);
		free(s->keep[i].batch);
	}
	free(s->rows);
	free(s->keep);
	buf_free(&s->key);
	buf_free(&s->row);
	free(s);
}

/* The values of a slot over a batch. */
static int
take_slot(const struct group_slot *slot, struct expr_run *run,
    union slot_values *to, const struct csv_block *b, size_t first, size_t n,
    struct fault *f)
{
	unsigned char test[EXPR_BATCH];
	size_t i;

	if (slot->days)
		return expr_days(run, b, first, n, to->days, f);
	if (!slot->test)
		return expr_eval(run, b, first, n, to->values, f);
	if (expr_test(run, b, first, n, test, NULL, f) == -1)
		return -1;
	for (i = 0; i < n; i++) {
		to->values[i].kind = test[i] <= 1 ? EXPR_INT : EXPR_NULL;
		to->values[i].u.i = test[i];
	}
	return 0;
}

static int
check_length(const struct expr_value *v, const struct csv_block *b, size_t r,
    struct fault *f)
{
	if (v->kind != EXPR_STRING || v->u.s.n <= GROUP_LONGEST)
		return 0;
	(void)fault_set(f, "a value of more than %d bytes in a rule over "
	    "groups", GROUP_LONGEST);
	fault_place(f, b->file, csv_line_number(b, r),
	    csv_record_number(b, r), 0, NULL);
	return -1;
}

/* Appends the key of record i of the batch; 0: it has a hole. */
static int
put_key(struct group_state *s, const struct group_plan *p,
    const union slot_values *batch, size_t i)
{
	size_t k;

	for (k = 0; k < p->within.n; k++) {
		const union slot_values *from = &batch[p->keys[k]];
		struct expr_value v;

		if (p->slots[p->keys[k]].days) {
			if (from->days[i] < 0)
				return 0;
			group_put_day(&s->key, from->days[i]);
			continue;
		}
		v = from->values[i];
		if (v.kind == EXPR_NULL || v.kind == EXPR_BAD ||
		    (v.kind == EXPR_STRING && v.u.s.n == 0))
			return 0;
		if (v.kind == EXPR_REAL && v.u.r == 0)
			v.u.r = 0; /* and not -0 */
		group_put_value(&s->key, &v);
	}
	return 1;
}

static int
keep_batch(struct group_state *s, size_t plan, const struct csv_block *b,
    const uint32_t *places, size_t first, size_t n, struct fault *f)
{
	const struct group_plan *p = &s->plans->v[plan];
	const union slot_values *batch = s->keep[plan].batch;
	struct keyset_digest d[EXPR_BATCH];
	unsigned char there[EXPR_BATCH];
	uint32_t ends[EXPR_BATCH] = { 0 };
	uint64_t fixed[3];
	size_t i, k;

	for (k = 0; k < p->nslots; k++) {
		if (take_slot(&p->slots[k], s->keep[plan].runs[k],
		    &s->keep[plan].batch[k], b, first, n, f) == -1)
			return -1;
		for (i = 0; i < n && !p->slots[k].days; i++)
			if (check_length(&batch[k].values[i], b, first + i,
			    f) == -1)
				return -1;
	}
	buf_clear(&s->key);
	for (i = 0; i < n; i++) {
		there[i] = put_key(s, p, batch, i) != 0;
		ends[i] = (uint32_t)s->key.n;
	}
	buf_reserve(&s->key, 8);
	keyset_digests(s->key.p, ends, n, d);
	for (i = 0; i < n; i++) {
		if (!there[i])
			continue;
		fixed[0] = d[i].a;
		fixed[1] = d[i].b;
		fixed[2] = group_where(b->file_index,
		    csv_record_number(b, first + i));
		buf_clear(&s->row);
		buf_put(&s->row, fixed, sizeof fixed);
		if (s->o.by_place)
			buf_put(&s->row, &places[first + i],
			    sizeof places[0]);
		for (k = 0; k < p->nsequence; k++) {
			size_t slot = p->sequence[k];

			if (p->slots[slot].days)
				group_put_day(&s->row, batch[slot].days[i]);
			else
				group_put_value(&s->row,
				    &batch[slot].values[i]);
		}
		group_rows_put(s->rows[plan], s->row.p, s->row.n);
	}
	return 0;
}

/* To the spill when more is held than a worker may. */
static int
check_memory(struct group_state *s, struct fault *f)
{
	size_t i, held = 0;

	for (i = 0; i < s->plans->n; i++)
		held += group_rows_held(s->rows[i]);
	for (i = 0; i < s->plans->n && held > s->o.memory; i++)
		if (group_rows_flush(s->rows[i], f) == -1)
			return -1;
	return 0;
}

int
group_map(struct group_state *s, const struct csv_block *b, size_t first,
    size_t n, const uint32_t *places, struct fault *f)
{
	size_t k;

	if (s->plans->n == 0)
		return 0;
	if (b->file_index >> GROUP_FILE_BITS > 0 ||
	    (b->first_record + b->nrecords + b->nragged) >>
	    GROUP_RECORD_BITS > 0)
		return fault_set(f, "more files or records than rules over "
		    "groups can number");
	for (k = 0; k < s->plans->n; k++)
		if (keep_batch(s, k, b, places, first, n, f) == -1)
			return -1;
	return check_memory(s, f);
}

void
group_merge(struct group_state *into, struct group_state *from)
{
	size_t i;

	for (i = 0; i < into->plans->n; i++)
		group_rows_take(into->rows[i], from->rows[i]);
}
