/* A gate and its workers. */
#include "privacy/gate.h"

#include <stdlib.h>

#include "base/mem.h"
#include "csv/writer.h"
#include "privacy/gate_parts.h"

struct gate *
gate_new(const struct gate_options *o, const struct csv_header *h,
    struct fault *f)
{
	struct gate *g = mem_zero(1, sizeof *g);

	g->spec = o->spec;
	g->invalid = o->invalid;
	g->ncols = h->n;
	g->columns = mem_zero(h->n, sizeof *g->columns);
	g->touched = mem_zero(h->n, sizeof *g->touched);
	if (gate_plan(g, o, h, f) == -1) {
		gate_free(g);
		return NULL;
	}
	return g;
}

void
gate_free(struct gate *g)
{
	size_t i;

	if (g == NULL)
		return;
	for (i = 0; i < g->ncols; i++) {
		siv_free(g->columns[i].siv);
		codes_free(g->columns[i].codes);
		free(g->columns[i].missing);
		free(g->columns[i].ages);
	}
	codes_free(g->withhold);
	free(g->sensitive);
	encoder_free(g->encoder);
	free(g->encoded);
	free(g->encode);
	for (i = 0; i < g->nslots; i++) {
		pseudonym_free(g->slots[i].pseudonym);
		pseudonym_free(g->slots[i].old);
	}
	gate_free_rotation(g);
	escrow_free(g->escrow);
	lanes_free(g->tags);
	free(g->slots);
	free(g->touched);
	free(g->columns);
	free(g);
}

const struct treat *
gate_treat(const struct gate *g, size_t column)
{
	return &g->columns[column].treat;
}

int
gate_keeps_identifier(const struct gate *g, size_t column)
{
	const struct gate_column *c = &g->columns[column];

	return c->treat.kind == TREAT_KEEP && c->field != NULL &&
	    c->field->privacy == SPEC_PRIVACY_IDENTIFIER;
}

void
gate_put_header(const struct gate *g, struct buf *to)
{
	const char **names = mem_zero(g->kept + 1, sizeof *names);
	size_t c, n = 0;

	for (c = 0; c < g->ncols; c++)
		if (g->columns[c].treat.kind != TREAT_DROP)
			names[n++] = g->columns[c].name;
	if (g->encoder != NULL)
		names[n++] = g->encoded;
	csv_put_header(to, names, n);
	free(names);
}

void
gate_put_escrow_header(const struct gate *g, struct buf *to)
{
	escrow_put_header(g->escrow, to);
}

int
gate_escrows(const struct gate *g)
{
	size_t c;

	for (c = 0; c < g->ncols; c++)
		if (g->columns[c].treat.kind == TREAT_ESCROW)
			return 1;
	return 0;
}

void *
gate_worker_new(void *arg)
{
	const struct gate *g = arg;
	struct gate_worker *w = mem_zero(1, sizeof *w);

	w->gate = g;
	w->batch = mem_zero(g->nslots, sizeof *w->batch);
	if (g->map != NULL)
		w->old = mem_zero(g->nslots, sizeof *w->old);
	w->index = mem_zero(g->nslots, sizeof *w->index);
	if (g->tags != NULL)
		w->tags = mem_zero(1, sizeof *w->tags);
	if (g->encoder != NULL)
		w->encode = encode_work_new(g->encoder);
	return w;
}

void
gate_worker_free(void *arg)
{
	struct gate_worker *w = arg;

	if (w == NULL)
		return;
	buf_free(&w->scratch);
	buf_free(&w->event);
	free(w->batch);
	free(w->old);
	free(w->index);
	numbers_free(&w->seen);
	numbers_free(&w->mapped);
	numbers_free(&w->people);
	free(w->tags);
	encode_work_free(w->encode);
	free(w);
}

int
gate_worker_merge(void *into, void *from, struct fault *f)
{
	struct gate_worker *a = into, *b = from;

	(void)f;
	numbers_merge(&a->people, &b->people);
	a->counts.missing += b->counts.missing;
	a->counts.invalid += b->counts.invalid;
	a->counts.withheld += b->counts.withheld;
	return 0;
}

uint64_t *
gate_worker_tags(const void *worker, size_t *n)
{
	const struct gate_worker *w = worker;

	*n = w->people.n;
	return w->gate->tags != NULL ? numbers_list(&w->people) : NULL;
}

struct gate_counts
gate_worker_counts(const void *w)
{
	return ((const struct gate_worker *)w)->counts;
}
