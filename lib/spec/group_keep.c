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
	/* What a row has, in order: of each slot one of the two. */
	struct kept {
		const int32_t *days;
		const struct expr_value *values;
	} *kept;
	int key_is_text; /* the group's key is one text */
};

static void
find_kept(struct group_keep *k, const struct group_plan *p,
    const struct expr_scope *own)
{
	const struct group_slot *key = &p->slots[p->keys[0]];
	size_t i;

	k->kept = mem_zero(p->nsequence + 1, sizeof *k->kept);
	for (i = 0; i < p->nsequence; i++) {
		size_t slot = p->sequence[i];

		if (p->slots[slot].days)
			k->kept[i].days = k->batch[slot].days;
		else
			k->kept[i].values = k->batch[slot].values;
	}
	k->key_is_text = p->within.n == 1 && key->bare >= 0 &&
	    own->fields[key->bare].type == EXPR_TEXT;
}

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

		s->rows[i] = group_rows_new(o->spill, o->pieces, 0);
		s->keep[i].runs = mem_zero(p->nslots + 1,
		    sizeof *s->keep[i].runs);
		for (k = 0; k < p->nslots; k++)
			s->keep[i].runs[k] = expr_run_new_on(
			    p->slots[k].expr, shelf);
		s->keep[i].batch = mem_array(NULL, p->nslots + 1,
		    sizeof *s->keep[i].batch);
		find_kept(&s->keep[i], p, plans->own);
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
		free(s->keep[i].kept);
	}
	free(s->rows);
	free(s->keep);
	buf_free(&s->key);
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
		to->values[i].kind = test[i] <= 1 ? EXPR_INT :
		    test[i] == 2 ? EXPR_NULL : EXPR_BAD;
		to->values[i].u.i = test[i];
	}
	return 0;
}

static int
too_long(const struct csv_block *b, size_t r, struct fault *f)
{
	(void)fault_set(f, "a value of more than %d bytes in a rule over "
	    "groups", GROUP_LONGEST);
	fault_place(f, b->file, csv_line_number(b, r),
	    csv_record_number(b, r), 0, NULL);
	return -1;
}

/* The values of all slots; *most: bytes that a row of them takes at most. */
static int
take_slots(struct group_keep *k, const struct group_plan *p,
    const struct csv_block *b, size_t first, size_t n, size_t *most,
    struct fault *f)
{
	size_t i, slot, longest;

	*most = GROUP_FIXED + sizeof(uint32_t);
	for (slot = 0; slot < p->nslots; slot++) {
		const struct expr_value *v = k->batch[slot].values;

		if (take_slot(&p->slots[slot], k->runs[slot],
		    &k->batch[slot], b, first, n, f) == -1)
			return -1;
		longest = 0;
		for (i = 0; i < n && !p->slots[slot].days; i++) {
			if (v[i].kind != EXPR_STRING || v[i].u.s.n <= longest)
				continue;
			longest = v[i].u.s.n;
			if (longest > GROUP_LONGEST)
				return too_long(b, first + i, f);
		}
		*most += GROUP_MOST + longest;
	}
	return 0;
}

/* A double that is an integer becomes it: 1.0 is 1, and -0 is 0. */
static void
whole_number(struct expr_value *v)
{
	if (v->kind != EXPR_REAL || !(v->u.r >= -9223372036854775808.0) ||
	    !(v->u.r < 9223372036854775808.0) ||
	    (double)(int64_t)v->u.r != v->u.r)
		return;
	v->kind = EXPR_INT;
	v->u.i = (int64_t)v->u.r;
}

/* Appends the key of record i of the batch; 0: it has a hole. */
static int
put_key(struct buf *key, size_t most, const struct group_plan *p,
    const union slot_values *batch, size_t i)
{
	char *to;
	size_t k;

	buf_reserve(key, most);
	to = key->p + key->n;
	for (k = 0; k < p->within.n; k++) {
		const union slot_values *from = &batch[p->keys[k]];
		struct expr_value v;

		if (p->slots[p->keys[k]].days) {
			if (from->days[i] < 0)
				return 0;
			to = group_put_day(to, from->days[i]);
			continue;
		}
		v = from->values[i];
		if (v.kind == EXPR_NULL || v.kind == EXPR_BAD ||
		    (v.kind == EXPR_STRING && v.u.s.n == 0))
			return 0;
		whole_number(&v);
		to = group_put_value(to, &v);
	}
	key->n = (size_t)(to - key->p);
	return 1;
}

/* Is a value of record i that is kept one that does not fit? */
static int
has_bad(const struct group_plan *p, const struct kept *kept, size_t i)
{
	size_t k;
	int bad = 0;

	for (k = 0; k < p->nsequence; k++)
		bad |= kept[k].days != NULL ?
		    kept[k].days[i] == EXPR_BAD_DAY :
		    kept[k].values[i].kind == EXPR_BAD;
	return bad;
}

/* Is one of the batch? Hardly ever. */
static int
any_bad(const struct group_plan *p, const struct kept *kept, size_t n)
{
	size_t i, k;
	int bad = 0;

	for (k = 0; k < p->nsequence; k++) {
		for (i = 0; kept[k].days != NULL && i < n; i++)
			bad |= kept[k].days[i] == EXPR_BAD_DAY;
		for (i = 0; kept[k].days == NULL && i < n; i++)
			bad |= kept[k].values[i].kind == EXPR_BAD;
	}
	return bad;
}

/* A key that is one text stays where it is. */
static size_t
find_texts(const struct expr_value *v, size_t n, const char **text,
    uint32_t *size, uint16_t *row)
{
	size_t i, k = 0;

	for (i = 0; i < n; i++) {
		if (v[i].kind != EXPR_STRING || v[i].u.s.n == 0)
			continue;
		text[k] = v[i].u.s.p;
		size[k] = (uint32_t)v[i].u.s.n;
		row[k++] = (uint16_t)i;
	}
	return k;
}

static size_t
put_keys(struct buf *to, const struct group_plan *p,
    const union slot_values *batch, size_t n, size_t most, const char **text,
    uint32_t *size, uint16_t *row)
{
	uint32_t start[EXPR_BATCH];
	size_t i, k = 0;

	buf_clear(to);
	for (i = 0; i < n; i++) {
		start[k] = (uint32_t)to->n;
		if (!put_key(to, most, p, batch, i))
			continue;
		size[k] = (uint32_t)to->n - start[k];
		row[k++] = (uint16_t)i;
	}
	for (i = 0; i < k; i++)
		text[i] = to->p + start[i];
	return k;
}

/* The digests of the records' groups; none: the key has a hole. */
static void
digest_keys(struct group_state *s, size_t plan, size_t n, size_t most,
    struct keyset_digest *to)
{
	const struct group_plan *p = &s->plans->v[plan];
	const union slot_values *batch = s->keep[plan].batch;
	struct keyset_digest d[EXPR_BATCH];
	const char *text[EXPR_BATCH];
	uint32_t size[EXPR_BATCH];
	uint16_t row[EXPR_BATCH];
	size_t i, k;

	if (s->keep[plan].key_is_text)
		k = find_texts(batch[p->keys[0]].values, n, text, size, row);
	else
		k = put_keys(&s->key, p, batch, n, most, text, size, row);
	keyset_digests(text, size, k, d);
	memset(to, 0, n * sizeof *to);
	for (i = 0; i < k; i++)
		to[row[i]] = d[i];
}

static int
keep_batch(struct group_state *s, size_t plan, const struct csv_block *b,
    const uint32_t *places, size_t first, size_t n, struct fault *f)
{
	const struct group_plan *p = &s->plans->v[plan];
	const struct kept *kept = s->keep[plan].kept;
	struct keyset_digest d[EXPR_BATCH];
	size_t i, k, most;
	char *row, *to;
	int bad;

	if (take_slots(&s->keep[plan], p, b, first, n, &most, f) == -1)
		return -1;
	digest_keys(s, plan, n, most, d);
	bad = any_bad(p, kept, n);
	for (i = 0; i < n; i++) {
		if ((d[i].a | d[i].b) == 0)
			continue;
		row = group_rows_room(s->rows[plan], d[i].a, most);
		to = group_put_fixed(row, d[i], group_where(b->file_index,
		    csv_record_number(b, first + i)), s->o.files);
		if (s->o.by_place) {
			memcpy(to, &places[first + i], sizeof places[0]);
			to += sizeof places[0];
		}
		for (k = 0; k < p->nsequence; k++)
			to = kept[k].days != NULL ?
			    group_put_day(to, kept[k].days[i]) :
			    group_put_value(to, &kept[k].values[i]);
		row[GROUP_LENGTH] = (char)((to - row < GROUP_HAS_BAD ?
		    (unsigned)(to - row) : 0) |
		    (bad && has_bad(p, kept, i) ? GROUP_HAS_BAD : 0));
		group_rows_wrote(s->rows[plan], d[i].a, to);
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
	if (b->file_index >> (s->o.files ? GROUP_FILE_BITS : 0) > 0 ||
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
