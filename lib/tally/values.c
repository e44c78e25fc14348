/* Cells of a batch as exact numbers: decimals, dates and times. */
#include "tally/batch.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/date.h"
#include "base/mem.h"

int
batch_bad_value(struct tally_state *s, size_t input, size_t i, const char *what,
    struct fault *f)
{
	const struct plan_input *in = &s->t->inputs[input];
	const struct csv_block *b = s->batch->block;
	struct first_bad *bad = &s->bad[input];
	size_t r = s->batch->first + s->batch->row[i];
	uint64_t record = csv_record_number(b, r);

	if (!s->t->options.empty_bad) {
		(void)fault_set(f, "%s", what);
		batch_place(s, i, in->source.column, in->source.column >= 0 ?
		    in->source.field : NULL, f);
		return -1;
	}
	if (bad->n++ == 0 || b->file_index < bad->file ||
	    (b->file_index == bad->file && record < bad->record)) {
		bad->file = b->file_index;
		bad->path = b->file;
		bad->record = record;
		bad->line = csv_line_number(b, r);
		bad->column = (size_t)(in->source.column + 1);
	}
	s->batch->kinds[i] = CELL_BAD;
	return 0;
}

/* More digits after the point than so far: all there is follows. */
static int
raise_scale(struct tally_state *s, size_t input, unsigned scale, size_t done,
    struct fault *f)
{
	unsigned char *scales = mem_alloc(s->t->ninputs);
	unsigned by = scale - s->scales[input];
	size_t i;
	int rc;

	memcpy(scales, s->scales, s->t->ninputs);
	scales[input] = (unsigned char)scale;
	for (i = 0; i < done; i++)
		if (s->batch->kinds[i] == CELL_VALUE &&
		    tally_rescale(&s->batch->values[i], by) == -1) {
			free(scales);
			return fault_set(f, "%s: more than 128 bits can hold",
			    s->t->inputs[input].source.text);
		}
	rc = plan_rescale(s, scales, f);
	free(scales);
	return rc;
}

/* Puts v, with after digits after its point, at the input's scale. */
static int
put_value(struct tally_state *s, size_t input, size_t i, num_wide v,
    unsigned after, struct fault *f)
{
	const struct plan_input *in = &s->t->inputs[input];
	struct batch *b = s->batch;
	unsigned scale = s->scales[input];

	while (after > scale && v % 10 == 0 && in->scale >= 0) {
		v /= 10;
		after--;
	}
	if (after > scale && in->scale >= 0)
		return batch_bad_value(s, input, i, "more digits after the point "
		    "than the specification's scale", f);
	if (in->scale < 0)
		plan_note_room(s, input, v, after);
	if (after > scale && raise_scale(s, input, after, i, f) == -1)
		return -1;
	scale = s->scales[input];
	if (after < scale && tally_rescale(&v, scale - after) == -1) {
		if (in->scale >= 0)
			return batch_bad_value(s, input, i,
			    "a number too large", f);
		/* No bad cell: what makes it so may yet be to come. */
		(void)fault_set(f, "more than 128 bits can hold, with as "
		    "many digits after the point as other numbers have");
		batch_place(s, i, in->source.column, in->source.column >= 0 ?
		    in->source.field : NULL, f);
		return -1;
	}
	b->values[i] = v;
	b->kinds[i] = CELL_VALUE;
	return 0;
}

static int
other_decimal(struct tally_state *s, size_t input, size_t i,
    struct csv_slice c, struct fault *f)
{
	num_wide v;
	unsigned after;
	int rc = tally_decimal(c.p, c.n, &v, &after);

	if (rc == -1)
		return batch_bad_value(s, input, i, "not a number", f);
	if (rc == -2)
		return batch_bad_value(s, input, i, "a number too long to be kept "
		    "exactly", f);
	return put_value(s, input, i, v, after, f);
}

static int
decimals(struct tally_state *s, size_t input, struct fault *f)
{
	struct batch *b = s->batch;
	unsigned scale = s->scales[input], after;
	int64_t v;
	size_t i;

	for (i = 0; i < b->m; i++) {
		struct csv_slice c = b->cells[i];

		if (c.n == 0) {
			b->kinds[i] = CELL_NONE;
			continue;
		}
		if (scale > 0 && tally_decimal_of(c.p, c.n, scale, &v)) {
			b->values[i] = v;
			b->kinds[i] = CELL_VALUE;
			continue;
		}
		if (tally_decimal_fast(c.p, c.n, &v, &after)) {
			if (after == scale) {
				b->values[i] = v;
				b->kinds[i] = CELL_VALUE;
				continue;
			}
			if (put_value(s, input, i, v, after, f) == -1)
				return -1;
		} else if (other_decimal(s, input, i, c, f) == -1) {
			return -1;
		}
		scale = s->scales[input];
	}
	return 0;
}

static int
moments(struct tally_state *s, size_t input, struct fault *f)
{
	enum tally_form form = s->t->inputs[input].form;
	struct batch *b = s->batch;
	size_t i;

	for (i = 0; i < b->m; i++) {
		struct csv_slice c = b->cells[i];
		int32_t small = 0;
		int64_t large = 0;
		int rc;

		b->kinds[i] = CELL_NONE;
		if (c.n == 0)
			continue;
		if (form == TALLY_DATE)
			rc = date_parse(c.p, c.n, &small);
		else if (form == TALLY_TIME)
			rc = date_time_parse(c.p, c.n, &small);
		else
			rc = date_datetime_parse(c.p, c.n, &large);
		if (rc == -1) {
			if (batch_bad_value(s, input, i, form == TALLY_DATE ?
			    "not a date (YYYY-MM-DD)" : form == TALLY_TIME ?
			    "not a time (HH:MM:SS)" : "not a date and time "
			    "(YYYY-MM-DDTHH:MM:SS)", f) == -1)
				return -1;
			continue;
		}
		b->values[i] = form == TALLY_DATETIME ? large : small;
		b->kinds[i] = CELL_VALUE;
	}
	return 0;
}

/*
 * A real number as the decimal with the fewest digits after the point that
 * reads back as the same double; beyond 18 of them, rounded there.
 */
static int
real(struct tally_state *s, size_t input, size_t i, double r, struct fault *f)
{
	char text[400];
	struct csv_slice c = { text, 0 };
	unsigned after;

	for (after = 0; after <= 15; after++) {
		double scaled = r * (double)tally_pow10[after];

		if (fabs(scaled) > 1e15)
			break;
		scaled = rint(scaled);
		if (scaled / (double)tally_pow10[after] == r)
			return put_value(s, input, i, (num_wide)scaled, after,
			    f);
	}
	if (!isfinite(r) || fabs(r) >= 1e20)
		return batch_bad_value(s, input, i, "a number too large", f);
	buf_clear(&s->scratch);
	num_put_double(&s->scratch, r);
	if (memchr(s->scratch.p, 'e', s->scratch.n) == NULL) {
		c.p = s->scratch.p;
		c.n = s->scratch.n;
	} else {
		c.n = (size_t)snprintf(text, sizeof text, "%.18f", r);
	}
	if (memchr(c.p, '.', c.n) != NULL) {
		while (num_text_scale(c.p, c.n) > NUM_MAX_SCALE)
			c.n--;
		while (c.p[c.n - 1] == '0')
			c.n--;
		if (c.p[c.n - 1] == '.')
			c.n--;
	}
	return other_decimal(s, input, i, c, f);
}

static int
results(struct tally_state *s, size_t input, struct fault *f)
{
	const struct plan_input *in = &s->t->inputs[input];
	struct batch *b = s->batch;
	size_t i;

	if (expr_eval(s->input_runs[input], b->block, b->first, b->n,
	    b->results, f) == -1)
		return -1;
	for (i = 0; i < b->m; i++) {
		const struct expr_value *v = &b->results[b->row[i]];
		int rc = 0;

		b->kinds[i] = CELL_NONE;
		b->cells[i].n = 0;
		switch (v->kind) {
		case EXPR_NULL:
			break;
		case EXPR_INT:
			rc = put_value(s, input, i, v->u.i, 0, f);
			break;
		case EXPR_REAL:
			rc = real(s, input, i, v->u.r, f);
			break;
		case EXPR_STRING:
			if (in->form == TALLY_DECIMAL)
				rc = v->u.s.n == 0 ? 0 : other_decimal(s,
				    input, i, v->u.s, f);
			else
				b->cells[i] = v->u.s;
			break;
		case EXPR_BAD:
			if (!s->t->options.empty_bad)
				return batch_bad_cell(s, i, v->u.i, f);
			rc = batch_bad_value(s, input, i, "", f);
			break;
		}
		if (rc == -1)
			return -1;
	}
	return in->form == TALLY_DECIMAL ? 0 : moments(s, input, f);
}

int
batch_values(struct tally_state *s, size_t input, struct fault *f)
{
	const struct plan_input *in = &s->t->inputs[input];

	if (in->source.column < 0)
		return results(s, input, f);
	batch_cells(s, &in->source);
	return in->form == TALLY_DECIMAL ? decimals(s, input, f) :
	    moments(s, input, f);
}
