/* What stands in the place of a cell. */
#include "base/date.h"
#include "check/check.h"
#include "csv/writer.h"
#include "privacy/gate_parts.h"

/* A cell that cannot be read as what it must be: -1 when that is an error. */
static int
bad_cell(struct gate_worker *w, const struct csv_block *b, size_t r,
    const struct gate_column *c, const char *what, struct fault *f)
{
	if (w->gate->invalid != GATE_FAIL) {
		w->counts.invalid++;
		return 0;
	}
	(void)fault_set(f, "%s, so that %s cannot treat it (--invalid says "
	    "what to do)", what, treat_name(c->treat.kind));
	fault_place(f, b->file, csv_line_number(b, r),
	    csv_record_number(b, r), c->at + 1, c->name);
	return -1;
}

int
gate_identifier(struct gate_worker *w, const struct csv_block *b, size_t r,
    const struct gate_column *c, char canon[10], enum pseudonym_tag *tag,
    struct csv_slice *s, struct fault *f)
{
	*s = csv_cell(b, r, c->at, &w->scratch);
	if (gate_missing(c, s->p, s->n)) {
		w->counts.missing++;
		return 0;
	}
	switch (c->canonical) {
	case GATE_AS_IT_IS:
		*tag = PSEUDONYM_TEXT;
		return 1;
	case GATE_NHS_NUMBER:
		*tag = PSEUDONYM_NHS_NUMBER;
		if (check_nhs_number(s->p, s->n))
			return 1;
		if (check_canonical_nhs_number(s->p, s->n, canon) == 0 &&
		    check_nhs_number(canon, 10)) {
			s->p = canon;
			s->n = 10;
			return 1;
		}
		if (bad_cell(w, b, r, c, "not a valid NHS number", f) == -1)
			return -1;
		break;
	case GATE_POSTCODE:
		*tag = PSEUDONYM_POSTCODE;
		if (check_canonical_postcode(s->p, s->n, canon) == 0) {
			s->p = canon;
			s->n = 8;
			return 1;
		}
		if (bad_cell(w, b, r, c, "not a valid postcode", f) == -1)
			return -1;
		break;
	}
	*tag = PSEUDONYM_INVALID;
	return w->gate->invalid == GATE_KEEP_APART;
}

static int
put_escrow(struct gate_worker *w, const struct csv_block *b, size_t r,
    const struct gate_column *c, size_t i, const char token[PSEUDONYM_BYTES],
    struct buf *to, struct fault *f)
{
	enum pseudonym_tag tag;
	struct csv_slice s;
	char canon[10];
	struct gate_counts counts = w->counts;
	int rc;

	if (!numbers_add(&w->seen, w->batch[c->slot].lanes.lo[i]))
		return 0;
	/* Read once more: it was counted when it was hashed. */
	rc = gate_identifier(w, b, r, c, canon, &tag, &s, f);
	w->counts = counts;
	if (rc == 1)
		escrow_put(w->gate->escrow, token, tag, s.p, s.n, to);
	return rc == -1 ? -1 : 0;
}

/* The k-th record of a batch, a column with hashes. */
static int
put_token(struct gate_worker *w, const struct csv_block *b, size_t r, size_t k,
    const struct gate_column *c, struct buf *outs, struct fault *f)
{
	size_t i = w->index[c->slot][k];
	char *token;

	if (i == GATE_NONE)
		return 0;
	buf_reserve(&outs[0], PSEUDONYM_BYTES);
	token = outs[0].p + outs[0].n;
	pseudonym_put(&w->batch[c->slot], i, token);
	outs[0].n += PSEUDONYM_BYTES;
	/* A pair of two domains with one hash: written again, no harm. */
	if (w->old != NULL && w->gate->slots[c->slot].old != NULL &&
	    numbers_add(&w->mapped, w->batch[c->slot].lanes.lo[i]))
		gate_put_map_line(c, &w->old[c->slot], &w->batch[c->slot], i,
		    &outs[gate_escrows(w->gate) ? 2 : 1]);
	if (c->treat.kind == TREAT_ESCROW)
		return put_escrow(w, b, r, c, i, token, &outs[1], f);
	return 0;
}

static int
put_reversible(struct gate_worker *w, const struct csv_block *b, size_t r,
    const struct gate_column *c, struct buf *to, struct fault *f)
{
	enum pseudonym_tag tag;
	struct csv_slice s;
	char canon[10];
	int rc = gate_identifier(w, b, r, c, canon, &tag, &s, f);

	if (rc == 1 && s.n > SIV_VALUE_MAX) {
		(void)fault_set(f, "longer than a reversible token can hold");
		fault_place(f, b->file, csv_line_number(b, r),
		    csv_record_number(b, r), c->at + 1, c->name);
		rc = -1;
	}
	if (rc == 1)
		siv_seal(c->siv, tag, s.p, s.n, to);
	return rc == -1 ? -1 : 0;
}

static int
put_shifted(struct gate_worker *w, const struct csv_block *b, size_t r, size_t k,
    const struct gate_column *c, struct csv_slice s, struct buf *to,
    struct fault *f)
{
	size_t i = w->index[c->slot][k];
	struct treat_date d;
	int64_t days;

	/* A date whose person is not known cannot keep its distances. */
	if (i == GATE_NONE)
		return 0;
	if (treat_date_read(c->form, s.p, s.n, &d) == -1)
		return bad_cell(w, b, r, c, "not a date", f);
	days = d.days + (int64_t)(w->batch[c->slot].lanes.lo[i] %
	    (uint64_t)(2 * c->treat.n + 1)) - c->treat.n;
	if (days < date_days(0, 1, 1) || days > date_days(9999, 12, 31))
		return bad_cell(w, b, r, c, "too near the end of time", f);
	treat_date_put(c->form, (int32_t)days, d.rest, d.nrest, to);
	return 0;
}

static int
put_age(struct gate_worker *w, const struct csv_block *b, size_t r,
    const struct gate_column *c, struct csv_slice s, struct buf *to,
    struct fault *f)
{
	const struct gate_column *e = &w->gate->columns[c->event];
	struct csv_slice at = csv_cell(b, r, e->at, &w->event);
	struct treat_date birth, event;
	int64_t years;

	if (gate_missing(e, at.p, at.n))
		return 0;
	if (treat_date_read(c->form, s.p, s.n, &birth) == -1)
		return bad_cell(w, b, r, c, "not a date", f);
	if (treat_date_read(e->form, at.p, at.n, &event) == -1)
		return bad_cell(w, b, r, e, "not a date", f);
	if (event.days < birth.days)
		return bad_cell(w, b, r, c, "after the event", f);
	years = date_age(birth.days, event.days);
	if (years < GATE_AGES)
		buf_put(to, c->ages[years].text, c->ages[years].n);
	else
		treat_age_put(&c->treat, years, to);
	return 0;
}

static const char *
needs(enum treat_kind k)
{
	switch (k) {
	case TREAT_YEAR:
	case TREAT_MONTH:
	case TREAT_QUARTER:
		return "not a date";
	case TREAT_DISTRICT:
	case TREAT_SECTOR:
		return "not a postcode";
	default:
		return "not a number";
	}
}

int
gate_cell(struct gate_worker *w, const struct csv_block *b, size_t r, size_t k,
    const struct gate_column *c, struct buf *outs, struct fault *f)
{
	struct buf *to = &outs[0];
	struct csv_slice s;
	size_t n = to->n;

	if (c->identity && w->withheld[k])
		return 0;
	switch (c->treat.kind) {
	case TREAT_KEEP:
		csv_put_raw(to, csv_raw(b, r, c->at));
		return 0;
	case TREAT_BLANK:
		return 0;
	case TREAT_BLANK_CODES:
		s = csv_cell(b, r, c->at, &w->scratch);
		if (!codes_in(c->codes, s.p, s.n))
			csv_put_cell(to, s.p, s.n);
		return 0;
	case TREAT_PSEUDONYM:
	case TREAT_ESCROW:
		return put_token(w, b, r, k, c, outs, f);
	case TREAT_REVERSIBLE:
		return put_reversible(w, b, r, c, to, f);
	default:
		break;
	}
	s = csv_cell(b, r, c->at, &w->scratch);
	if (gate_missing(c, s.p, s.n)) {
		w->counts.missing++;
		return 0;
	}
	if (c->treat.kind == TREAT_DATE_SHIFT)
		return put_shifted(w, b, r, k, c, s, to, f);
	if (c->treat.kind == TREAT_AGE || c->treat.kind == TREAT_AGE_BAND)
		return put_age(w, b, r, c, s, to, f);
	if (treat_cell(&c->treat, c->form, s.p, s.n, to) == 0)
		return 0;
	to->n = n;
	return bad_cell(w, b, r, c, needs(c->treat.kind), f);
}

/*
 * A cell as an encoding takes it: a date as eight digits. 1: *s is it, 0: it
 * is missing or is no date and was blanked.
 */
static int
encoding_cell(struct gate_worker *w, const struct csv_block *b, size_t r,
    const struct gate_column *c, struct csv_slice *s, struct fault *f)
{
	struct treat_date d;
	const char *label;

	*s = csv_cell(b, r, c->at, &w->scratch);
	if (gate_missing(c, s->p, s->n))
		return 0;
	if (gate_encode_kind(c, &label) != ENCODE_DATE)
		return 1;
	if (treat_date_read(c->form, s->p, s->n, &d) == -1)
		return bad_cell(w, b, r, c, "not a date", f);
	buf_clear(&w->event);
	treat_date_put("%Y%m%d", d.days, NULL, 0, &w->event);
	*s = (struct csv_slice){ w->event.p, w->event.n };
	return 1;
}

int
gate_encode(struct gate_worker *w, const struct csv_block *b, size_t r,
    size_t k, struct fault *f)
{
	const struct gate *g = w->gate;
	struct csv_slice s;
	size_t i;
	int rc;

	encode_record(w->encode);
	if (w->withheld[k])
		return 0;
	if (g->salt != -1) {
		rc = encoding_cell(w, b, r, &g->columns[g->salt], &s, f);
		if (rc == -1)
			return -1;
		if (rc == 1)
			encode_salt(w->encode, s.p, s.n);
	}
	for (i = 0; i < g->nencode; i++) {
		rc = encoding_cell(w, b, r, &g->columns[g->encode[i]], &s, f);
		if (rc == -1)
			return -1;
		if (rc == 1)
			encode_add(w->encode, i, s.p, s.n);
	}
	return 0;
}
