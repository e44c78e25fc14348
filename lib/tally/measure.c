/* What a batch adds to its groups. */
#include "tally/batch.h"

/* Only how many and their sum: what is asked for mostly. */
static void
add_sums(const struct batch *b, size_t at_n, size_t at_sum)
{
	size_t i, m = b->m;

	for (i = 0; i < m; i++) {
		char *g = b->states[i];

		if (b->kinds[i] != CELL_VALUE)
			continue;
		plan_set(g, at_n, plan_get(g, at_n) + 1);
		tally_total_add(g + at_sum, b->values[i]);
	}
}

static int
add_values(struct tally_state *s, const struct plan_input *in,
    struct fault *f)
{
	struct batch *b = s->batch;
	size_t i;

	if (in->at_bad != 0)
		for (i = 0; i < b->m; i++)
			if (b->kinds[i] == CELL_BAD)
				plan_set(b->states[i], in->at_bad,
				    plan_get(b->states[i], in->at_bad) + 1);
	if (in->at_n == 0)
		return 0; /* for what multiplies it */
	if (in->at_sum != 0 && in->at_square == 0 && in->at_min == 0 &&
	    in->at_max == 0) {
		add_sums(b, in->at_n, in->at_sum);
		return 0;
	}
	for (i = 0; i < b->m; i++) {
		char *g = b->states[i];
		num_wide v = b->values[i], sum;
		uint64_t n;

		if (b->kinds[i] != CELL_VALUE)
			continue;
		n = plan_get(g, in->at_n);
		plan_set(g, in->at_n, n + 1);
		if (in->at_sum != 0)
			tally_total_add(g + in->at_sum, v);
		if (in->at_square != 0) {
			num_wide square;

			sum = plan_get_wide(g, in->at_square);
			if (__builtin_mul_overflow(v, v, &square) ||
			    num_wide_add(&sum, square) == -1)
				goto overflow;
			plan_set_wide(g, in->at_square, sum);
		}
		if (in->at_min != 0 && (n == 0 ||
		    v < plan_get_wide(g, in->at_min)))
			plan_set_wide(g, in->at_min, v);
		if (in->at_max != 0 && (n == 0 ||
		    v > plan_get_wide(g, in->at_max)))
			plan_set_wide(g, in->at_max, v);
	}
	return 0;
overflow:
	return fault_set(f, "%s: more than 128 bits can hold",
	    in->source.text);
}

/* One more of the batch's pairs (group, cell), where the cell is one. */
static int
add_pairs(struct tally_state *s, const struct plan_input *in,
    struct fault *f)
{
	static const uint64_t one = 1;
	size_t store = (size_t)in->pairs;
	struct batch *b = s->batch;
	size_t i, n = 0;

	for (i = 0; i < b->m; i++) {
		static const struct tally_key none;

		if (b->cells[i].n == 0)
			continue;
		b->pairs[n] = s->t->nparts == 0 ? none : b->keys[i];
		batch_append(&s->pool, &b->pairs[n], b->cells[i],
		    s->t->nparts == 0);
		n++;
	}
	if (n == 0)
		return 0;
	if (batch_direct(s, store, n)) {
		for (i = 0; i < n; i++)
			b->pair_states[i] = (char *)(uintptr_t)&one;
		return batch_write(s, store, b->pairs, b->pair_states, n, f);
	}
	tally_table_batch(s->tables[store], b->pairs, n, b->pair_states);
	if (in->class == PLAN_TEXT)
		return 0; /* there, and that is all */
	for (i = 0; i < n; i++)
		plan_set(b->pair_states[i], 0,
		    plan_get(b->pair_states[i], 0) + 1);
	return 0;
}

static int
measure_value(struct tally_state *s, size_t input, struct fault *f)
{
	const struct plan_input *in = &s->t->inputs[input];
	struct batch *b = s->batch;
	size_t i;

	if (batch_values(s, input, f) == -1 || add_values(s, in, f) == -1)
		return -1;
	if (s->kept[input] != NULL) {
		memcpy(s->kept[input]->values, b->values,
		    b->m * sizeof *b->values);
		memcpy(s->kept[input]->kinds, b->kinds, b->m);
	}
	if (in->pairs < 0)
		return 0;
	for (i = 0; i < b->m; i++) {
		char *to;

		b->cells[i].n = 0;
		if (b->kinds[i] != CELL_VALUE)
			continue;
		to = batch_pool(&s->pool, TALLY_ORDER_MAX);
		b->cells[i].p = to;
		b->cells[i].n = tally_order_put(to, b->values[i],
		    s->scales[input]);
	}
	return add_pairs(s, in, f);
}

/* Weight times value, or the weight, where both are numbers. */
static int
measure_product(struct tally_state *s, size_t input, struct fault *f)
{
	const struct plan_input *in = &s->t->inputs[input];
	const struct kept *w = s->kept[in->weight], *v = s->kept[in->value];
	struct batch *b = s->batch;
	size_t i;

	/* At the scales that the factors have now. */
	if (plan_settle_scales(s, f) == -1)
		return -1;
	for (i = 0; i < b->m; i++) {
		b->kinds[i] = CELL_NONE;
		if (w->kinds[i] != CELL_VALUE || v->kinds[i] != CELL_VALUE)
			continue;
		b->kinds[i] = CELL_VALUE;
		b->values[i] = w->values[i];
		if (in->class == PLAN_PRODUCT && __builtin_mul_overflow(
		    w->values[i], v->values[i], &b->values[i]))
			return fault_set(f, "%s: more than 128 bits can hold",
			    in->source.text);
		if (in->class == PLAN_PRODUCT)
			plan_note_room(s, input, b->values[i],
			    s->scales[input]);
	}
	return add_values(s, in, f);
}

static int
measure_condition(struct tally_state *s, size_t input, struct fault *f)
{
	const struct plan_input *in = &s->t->inputs[input];
	struct batch *b = s->batch;
	unsigned char is[B];
	long field = -1;
	size_t i;

	if (expr_test(s->input_runs[input], b->block, b->first, b->n, is,
	    &field, f) == -1)
		return -1;
	for (i = 0; i < b->m; i++) {
		char *g = b->states[i];

		switch (is[b->row[i]]) {
		case 1:
			plan_set(g, in->at_met, plan_get(g, in->at_met) + 1);
			/* FALLTHROUGH */
		case 0:
			plan_set(g, in->at_n, plan_get(g, in->at_n) + 1);
			break;
		case 3:
			if (!s->t->options.empty_bad)
				return batch_bad_cell(s, i, field, f);
			(void)batch_bad_value(s, input, i, "", f);
			plan_set(g, in->at_bad, plan_get(g, in->at_bad) + 1);
			break;
		default:
			break;
		}
	}
	return 0;
}

int
batch_measure(struct tally_state *s, size_t input, struct fault *f)
{
	const struct plan_input *in = &s->t->inputs[input];

	switch (in->class) {
	case PLAN_CONDITION:
		return measure_condition(s, input, f);
	case PLAN_TEXT:
		if (in->source.column >= 0)
			batch_cells(s, &in->source);
		else if (batch_texts(s, s->input_runs[input], f) == -1)
			return -1;
		return add_pairs(s, in, f);
	case PLAN_PRODUCT:
	case PLAN_WEIGHT:
		return measure_product(s, input, f);
	case PLAN_VALUE:
		break;
	}
	return measure_value(s, input, f);
}
