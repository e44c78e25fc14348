/* Records through the gate, 256 at a time. */
#include "check/check.h"
#include "csv/writer.h"
#include "privacy/gate_parts.h"

/* The hashes of slot i for n records from first on. */
static int
hash_slot(struct gate_worker *w, const struct csv_block *b, size_t first,
    size_t n, size_t i, struct fault *f)
{
	const struct gate_slot *slot = &w->gate->slots[i];
	const struct gate_column *c = &w->gate->columns[slot->column];
	struct pseudonym_batch *batch = &w->batch[i];
	enum pseudonym_tag tag;
	struct csv_slice s;
	char canon[10];
	size_t k;
	int rc;

	pseudonym_clear(batch);
	if (slot->old != NULL)
		pseudonym_clear(&w->old[i]);
	for (k = 0; k < n; k++) {
		rc = gate_identifier(w, b, first + k, c, canon, &tag, &s, f);
		if (rc == -1)
			return -1;
		w->index[i][k] = GATE_NONE;
		if (rc == 0)
			continue;
		w->index[i][k] = (uint16_t)batch->lanes.n;
		pseudonym_add(slot->pseudonym, batch, tag, s.p, s.n);
		if (slot->old == NULL)
			continue;
		if (gate_looks_like_token(s.p, s.n)) {
			(void)fault_set(f, "a token, not an identifier: "
			    "--rotate-from needs the identifiers");
			fault_place(f, b->file, csv_line_number(b, first + k),
			    csv_record_number(b, first + k), c->at + 1,
			    c->name);
			return -1;
		}
		pseudonym_add(slot->old, &w->old[i], tag, s.p, s.n);
	}
	pseudonym_hash(slot->pseudonym, batch);
	if (slot->old != NULL)
		pseudonym_hash(slot->old, &w->old[i]);
	return 0;
}

/* Tags of the people in n records from first on. */
static void
tag_people(struct gate_worker *w, const struct csv_block *b, size_t first,
    size_t n)
{
	size_t c = w->gate->tagged, k;
	struct csv_slice s;
	char ten[10];

	lanes_clear(w->tags);
	for (k = 0; k < n; k++) {
		s = csv_cell(b, first + k, c, &w->scratch);
		if (!check_nhs_number(s.p, s.n)) {
			if (check_canonical_nhs_number(s.p, s.n, ten) == -1 ||
			    !check_nhs_number(ten, 10))
				continue;
			s.p = ten;
			s.n = 10;
		}
		lanes_add(w->tags, PSEUDONYM_NHS_NUMBER, s.p, s.n);
	}
	lanes_hash(w->gate->tags, w->tags);
	for (k = 0; k < w->tags->n; k++)
		(void)numbers_add(&w->people, w->tags->lo[k]);
}

/* Which of n records from first on have a code that withholds identity? */
static void
find_withheld(struct gate_worker *w, const struct csv_block *b, size_t first,
    size_t n)
{
	const struct gate *g = w->gate;
	struct csv_slice s;
	size_t k, i;

	for (k = 0; k < n; k++) {
		w->withheld[k] = 0;
		for (i = 0; i < g->nsensitive && !w->withheld[k]; i++) {
			s = csv_cell(b, first + k, g->sensitive[i],
			    &w->scratch);
			w->withheld[k] = s.n > 0 && codes_in(g->withhold,
			    s.p, s.n);
		}
		w->counts.withheld += w->withheld[k];
	}
}

int
gate_withheld(void *worker, const struct csv_block *b, size_t r,
    size_t column)
{
	struct gate_worker *w = worker;

	if (!w->gate->columns[column].identity)
		return 0;
	find_withheld(w, b, r, 1);
	return w->withheld[0];
}

int
gate_put_cell(void *worker, const struct csv_block *b, size_t r,
    size_t column, struct buf *to, struct fault *f)
{
	struct gate_worker *w = worker;

	return gate_cell(w, b, r, 0, &w->gate->columns[column], to, f);
}

/* The filters of n records from first on. */
static int
encode_records(struct gate_worker *w, const struct csv_block *b, size_t first,
    size_t n, struct fault *f)
{
	size_t k;

	encode_clear(w->encode);
	for (k = 0; k < n; k++)
		if (gate_encode(w, b, first + k, k, f) == -1)
			return -1;
	encode_make(w->encode);
	return 0;
}

/*
 * No quotes, no carriage returns, commas: what is between two treated
 * fields, across the line end too, is one copy.
 */
static int
map_plain(struct gate_worker *w, const struct csv_block *b, size_t first,
    size_t n, struct buf *outs, struct fault *f)
{
	const struct gate *g = w->gate;
	const uint32_t *e = b->ends + first * b->ncols;
	const char *from = b->data + (e[-1] + 1);
	size_t k, i;

	for (k = 0; k < n; k++, e += b->ncols) {
		for (i = 0; i < g->ntouched; i++) {
			const struct gate_column *c = &g->columns[g->touched[i]];
			const uint32_t *end = e + c->at;
			const char *start = b->data + (end[-1] + 1);

			buf_put(&outs[0], from, (size_t)(start - from));
			from = b->data + *end;
			if (c->treat.kind == TREAT_DROP)
				from++; /* and its delimiter */
			else if (gate_cell(w, b, first + k, k, c, outs,
			    f) == -1)
				return -1;
		}
		if (g->tail < b->ncols || g->encoder != NULL) {
			const char *end = b->data + e[g->tail - 1];

			buf_put(&outs[0], from, (size_t)(end - from));
			from = b->data + e[b->ncols - 1];
		}
		if (g->encoder != NULL) {
			buf_putc(&outs[0], ',');
			encode_put(w->encode, k, &outs[0]);
		}
	}
	buf_put(&outs[0], from, (size_t)(b->data + (e[-1] + 1) - from));
	return 0;
}

/* Field by field, quotes as they must be. */
static int
map_careful(struct gate_worker *w, const struct csv_block *b, size_t first,
    size_t n, struct buf *outs, struct fault *f)
{
	const struct gate *g = w->gate;
	size_t k, i, at, start, done;

	for (k = 0; k < n; k++) {
		start = outs[0].n;
		done = 0;
		at = 0;
		for (i = 0; i <= g->ntouched; i++) {
			size_t c = i < g->ntouched ? g->touched[i] : g->tail;

			if (at < c) {
				if (done++ > 0)
					buf_putc(&outs[0], ',');
				csv_put_fields(&outs[0], b, first + k, at, c);
			}
			at = c + 1;
			if (i == g->ntouched ||
			    g->columns[c].treat.kind == TREAT_DROP)
				continue;
			if (done++ > 0)
				buf_putc(&outs[0], ',');
			if (gate_cell(w, b, first + k, k, &g->columns[c],
			    outs, f) == -1)
				return -1;
		}
		if (g->encoder != NULL) {
			buf_putc(&outs[0], ',');
			encode_put(w->encode, k, &outs[0]);
		}
		csv_end_record(&outs[0], start);
	}
	return 0;
}

int
gate_map(void *arg, const struct csv_block *b, struct buf *outs,
    struct fault *f)
{
	struct gate_worker *w = arg;
	const struct gate *g = w->gate;
	int plain = !b->quotes && !b->crs && b->delimiter == ',' &&
	    g->kept > 1;
	size_t first, n, i;

	numbers_clear(&w->seen);
	numbers_clear(&w->mapped);
	buf_reserve(&outs[0], b->size + b->size / 4);
	for (first = 0; first < b->nrecords; first += n) {
		n = b->nrecords - first < GATE_BATCH ? b->nrecords - first : GATE_BATCH;
		for (i = 0; i < g->nslots; i++)
			if (hash_slot(w, b, first, n, i, f) == -1)
				return -1;
		if (g->withhold != NULL)
			find_withheld(w, b, first, n);
		if (g->tags != NULL)
			tag_people(w, b, first, n);
		if (w->encode != NULL &&
		    encode_records(w, b, first, n, f) == -1)
			return -1;
		if ((plain ? map_plain : map_careful)(w, b, first, n, outs,
		    f) == -1)
			return -1;
	}
	return 0;
}
