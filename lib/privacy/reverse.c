/* Tokens back into the values they stand for. */
#include "privacy/reverse.h"

#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "base/mem.h"
#include "csv/table.h"
#include "csv/writer.h"
#include "privacy/escrow.h"
#include "privacy/gate_parts.h"
#include "privacy/siv.h"
#include "privacy/treat.h"

struct column {
	const char *name;
	struct siv *siv;
	int escrowed;
};

struct reverse {
	struct column *columns; /* of the input, all */
	size_t ncols;
	struct csv_table *table; /* the escrow file */
	struct map *tokens;
	size_t *first;           /* the line a token first stands in */
	struct escrow *escrow;
	int blank;
};

struct worker {
	const struct reverse *r;
	struct buf cell, value;
	uint64_t opened, refused;
};

static int
read_escrow(struct reverse *r, const struct reverse_options *o,
    struct fault *f)
{
	struct csv_table *t;
	const char *box;
	long token, sealed;
	size_t i;

	if ((r->table = t = csv_table_open(o->escrow, ',', f)) == NULL ||
	    (token = csv_table_column(t, "token", f)) == -1 ||
	    (sealed = csv_table_column(t, "sealed", f)) == -1)
		return -1;
	if (token != 0 || sealed != 1 || t->nrows == 0 ||
	    strcmp(csv_table_cell(t, 0, 0), "nibescrow1") != 0)
		return fault_at(f, o->escrow, 0, "not an escrow file");
	box = csv_table_cell(t, 0, 1);
	r->escrow = escrow_open(o->key, box, strlen(box), f);
	if (r->escrow == NULL)
		return -1;
	r->tokens = map_new();
	r->first = mem_zero(t->nrows, sizeof *r->first);
	for (i = 1; i < t->nrows; i++) {
		const char *name = csv_table_cell(t, i, 0);
		int added;
		size_t k = map_add(r->tokens, name, strlen(name), &added);

		/* A token of several blocks is there several times. */
		if (added)
			r->first[k] = i;
	}
	return 0;
}

static int
prepare(struct reverse *r, const struct reverse_options *o,
    const struct csv_header *h, struct fault *f)
{
	struct spec_binding *b = spec_bind(o->spec, h, 1, f);
	const struct spec_field *field;
	const char *text;
	struct treat t;
	size_t c, n = 0;
	int rc = -1;

	if (b == NULL)
		return -1;
	for (c = 0; c < h->n; c++) {
		r->columns[c].name = h->names[c];
		field = b->field_of[c] != -1 ?
		    &o->spec->fields[b->field_of[c]] : NULL;
		text = gate_override(o->overrides, o->noverrides, o->spec,
		    h->names[c], field, NULL);
		if (text == NULL && field != NULL)
			text = field->treatment;
		if (text == NULL)
			continue;
		if (treat_parse(text, &t, f) == -1)
			goto out;
		if (t.kind == TREAT_ESCROW && o->escrow != NULL) {
			r->columns[c].escrowed = 1;
			n++;
		} else if (t.kind == TREAT_REVERSIBLE && o->escrow == NULL) {
			r->columns[c].siv = siv_new(o->key, t.word, f);
			if (r->columns[c].siv == NULL)
				goto out;
			n++;
		}
	}
	if (n == 0) {
		(void)fault_set(f, "no column is treated with %s: there is "
		    "nothing to reverse", o->escrow != NULL ? "escrow" :
		    "reversible");
		goto out;
	}
	rc = 0;
out:
	spec_binding_free(b);
	return rc;
}

struct reverse *
reverse_new(const struct reverse_options *o, const struct csv_header *h,
    struct fault *f)
{
	struct reverse *r = mem_zero(1, sizeof *r);

	r->columns = mem_zero(h->n, sizeof *r->columns);
	r->ncols = h->n;
	r->blank = o->blank;
	if (prepare(r, o, h, f) == -1 ||
	    (o->escrow != NULL && read_escrow(r, o, f) == -1)) {
		reverse_free(r);
		return NULL;
	}
	return r;
}

void
reverse_free(struct reverse *r)
{
	size_t c;

	if (r == NULL)
		return;
	for (c = 0; c < r->ncols; c++)
		siv_free(r->columns[c].siv);
	escrow_free(r->escrow);
	csv_table_close(r->table);
	map_free(r->tokens);
	free(r->first);
	free(r->columns);
	free(r);
}

void *
reverse_worker_new(void *arg)
{
	struct worker *w = mem_zero(1, sizeof *w);

	w->r = arg;
	return w;
}

void
reverse_worker_free(void *arg)
{
	struct worker *w = arg;

	if (w == NULL)
		return;
	buf_free(&w->cell);
	buf_free(&w->value);
	free(w);
}

int
reverse_worker_merge(void *into, void *from, struct fault *f)
{
	struct worker *a = into, *b = from;

	(void)f;
	a->opened += b->opened;
	a->refused += b->refused;
	return 0;
}

uint64_t
reverse_opened(const void *w)
{
	return ((const struct worker *)w)->opened;
}

uint64_t
reverse_refused(const void *w)
{
	return ((const struct worker *)w)->refused;
}

/* Into w->value: 0, or -1 when the token does not open. */
static int
open_token(struct worker *w, const struct column *c, struct csv_slice s)
{
	const struct reverse *r = w->r;
	enum pseudonym_tag tag;
	const char *sealed;
	size_t line;

	buf_clear(&w->value);
	if (c->siv != NULL)
		return siv_open(c->siv, s.p, s.n, &w->value, &tag);
	if ((line = map_find(r->tokens, s.p, s.n)) == MAP_NONE)
		return -1;
	sealed = csv_table_cell(r->table, r->first[line], 1);
	return escrow_get(r->escrow, s.p, s.n, sealed, strlen(sealed),
	    &w->value);
}

static int
put_cell(struct worker *w, const struct csv_block *b, size_t row, size_t c,
    struct buf *to, struct fault *f)
{
	struct csv_slice s = csv_cell(b, row, c, &w->cell);

	if (s.n == 0)
		return 0;
	if (open_token(w, &w->r->columns[c], s) == 0) {
		w->opened++;
		csv_put_cell(to, w->value.p, w->value.n);
		return 0;
	}
	w->refused++;
	if (w->r->blank)
		return 0;
	(void)fault_set(f, "not a token that this key opens");
	fault_place(f, b->file, csv_line_number(b, row),
	    csv_record_number(b, row), c + 1, w->r->columns[c].name);
	return -1;
}

int
reverse_map(void *arg, const struct csv_block *b, struct buf *outs,
    struct fault *f)
{
	struct worker *w = arg;
	size_t row, c, start;

	for (row = 0; row < b->nrecords; row++) {
		start = outs[0].n;
		for (c = 0; c < b->ncols; c++) {
			const struct column *k = &w->r->columns[c];

			if (c > 0)
				buf_putc(&outs[0], ',');
			if (k->siv == NULL && !k->escrowed)
				csv_put_fields(&outs[0], b, row, c, c + 1);
			else if (put_cell(w, b, row, c, &outs[0], f) == -1)
				return -1;
		}
		csv_end_record(&outs[0], start);
	}
	return 0;
}
