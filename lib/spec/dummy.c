/* Artificial records that satisfy a dataset specification. */
#include "spec/dummy_work.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/turn.h"
#include "csv/writer.h"
#include "flow/flow.h"

/* Block number block into w->out and w->log. */
static int
make_block(struct dummy_work *w, uint64_t block, struct fault *f)
{
	struct dummy *d = w->d;
	uint64_t first = block * DUMMY_BLOCK, end = dummy_block_end(d, block);
	size_t n = (size_t)(end - first), at = 0;
	struct csv_block b;
	uint32_t *ends = w->ends + 1;
	int any = 0;

	dummy_start_block(&w->data, w->ends);
	buf_clear(&w->out);
	buf_clear(&w->log);
	w->salted = 0;
	w->ngroups = 0;
	while (at < n) {
		w->group = d->groups_before[block] + w->ngroups;
		w->record = first + at;
		w->group_n = dummy_group_size(d, w->record, end);
		w->starts[w->ngroups++] = (uint32_t)at;
		dummy_make_group(w);
		ends = dummy_put_group(w, &w->data, ends);
		at += w->group_n;
	}
	dummy_as_block(w, &w->data, w->ends, n, &b);
	if (dummy_find_broken(w, &b, &any, f) == -1)
		return -1;
	if (any) {
		if (dummy_mend(w, first, d->groups_before[block], n, f) == -1)
			return -1;
		dummy_as_block(w, &w->fixed, w->fixed_ends, n, &b);
	}
	if (d->error_share > 0)
		return dummy_put_with_errors(w, &b, first, f);
	buf_put(&w->out, b.data + 1, b.size - 1);
	return 0;
}

/* Opening. */

static int
load_column(struct dummy_source *s, const struct csv_header *h, size_t c,
    size_t *column, struct fault *f)
{
	long at = csv_column(h, s->columns[c].name);

	if (at == -1)
		return fault_at(f, s->path, 0, "no column %.80s",
		    s->columns[c].name);
	*column = (size_t)at;
	return 0;
}

static void
load_block(struct dummy_source *s, const struct csv_block *b,
    const size_t *column, size_t *cap, struct buf *scratch)
{
	size_t r, c, only, row = 0;

	for (only = 0; only < s->ncolumns; only++)
		if (s->only != NULL &&
		    strcmp(s->columns[only].name, s->only) == 0)
			break;
	if (s->nrows + b->nrecords + 1 > *cap) {
		*cap = (s->nrows + b->nrecords + 1) * 2;
		for (c = 0; c < s->ncolumns; c++) {
			s->columns[c].at = mem_array(s->columns[c].at, *cap,
			    sizeof *s->columns[c].at);
			s->columns[c].at[0] = 0;
		}
	}
	for (c = 0; c < s->ncolumns; c++) {
		struct dummy_column *t = &s->columns[c];

		for (r = row = 0; r < b->nrecords; r++) {
			struct csv_slice v = csv_cell(b, r, column[c],
			    scratch);

			if (only < s->ncolumns &&
			    csv_raw(b, r, column[only]).n == 0)
				continue;
			if (b->quotes && csv_raw(b, r, column[c]).n != v.n)
				t->quote = 1;
			if (b->delimiter != ',')
				t->quote = 1;
			buf_put(&t->text, v.p, v.n);
			t->at[s->nrows + ++row] = t->text.n;
		}
	}
	s->nrows += s->ncolumns > 0 ? row : b->nrecords;
}

static int
load_source(struct dummy_source *s, struct fault *f)
{
	struct csv_options o = { .delimiter = ',' };
	struct csv_reader *in = csv_open(&s->path, 1, &o, f);
	const struct csv_block *b;
	size_t *column = mem_zero(s->ncolumns + 1, sizeof *column);
	size_t c, cap = 0;
	struct buf scratch = { 0 };
	int rc = -1, more;

	if (in == NULL)
		goto out;
	for (c = 0; c < s->ncolumns; c++) {
		buf_reserve(&s->columns[c].text, 1);
		if (load_column(s, csv_header(in), c, &column[c], f) == -1)
			goto out;
	}
	while ((more = csv_next(in, &b, f)) == 1)
		load_block(s, b, column, &cap, &scratch);
	if (more == -1)
		goto out;
	rc = s->nrows > 0 ? 0 :
	    fault_at(f, s->path, 0, "no records to refer to");
out:
	buf_free(&scratch);
	free(column);
	csv_close(in);
	return rc;
}

static int
open_sources(struct dummy *d, struct fault *f)
{
	uint64_t nunits, visits;
	size_t i;

	d->slotted = -1;
	for (i = 0; i < d->r->nsources; i++) {
		struct dummy_source *s = &d->r->sources[i];

		nunits = s->per_record ? d->r->records :
		    d->groups_before[d->nblocks];
		if (s->path != NULL) {
			if (load_source(s, f) == -1)
				return -1;
		} else {
			s->nrows = (uint64_t)(s->share * (double)nunits);
			if (s->nrows == 0)
				s->nrows = 1;
		}
		if (s->each && s->path == NULL && s->nrows < nunits)
			s->nrows = nunits;
		if (s->each && s->nrows < nunits)
			return fault_at(f, s->path, 0, "has %" PRIu64
			    " records, but %" PRIu64 " different ones are "
			    "needed: ask for fewer records (-n)", s->nrows,
			    nunits);
		if (!s->want_slots || d->slotted != -1)
			continue;
		visits = (nunits + s->nrows - 1) / s->nrows;
		s->nslots = visits * 3 < DUMMY_SLOTS_MAX ? visits * 3 :
		    visits < DUMMY_SLOTS_MAX ? DUMMY_SLOTS_MAX : visits;
		d->slotted = (long)i;
	}
	return 0;
}

static void
count_groups(struct dummy *d)
{
	uint64_t b, at, end, n = 0;

	d->nblocks = (d->r->records + DUMMY_BLOCK - 1) / DUMMY_BLOCK;
	d->groups_before = mem_array(NULL, d->nblocks + 1,
	    sizeof *d->groups_before);
	for (b = 0; b < d->nblocks; b++) {
		d->groups_before[b] = n;
		end = dummy_block_end(d, b);
		for (at = b * DUMMY_BLOCK; at < end;
		     at += dummy_group_size(d, at, end))
			n++;
	}
	d->groups_before[d->nblocks] = n;
}

static int
add_check(struct dummy *d, const char *expression, const char *id,
    const char *message, long field, struct fault *f)
{
	struct dummy_check *c = &d->checks[d->nchecks];

	c->expr = expr_compile(expression, spec_scope_expr(d->scope), f);
	if (c->expr == NULL) {
		fault_place(f, d->spec->path, 0, 0, 0, id);
		return -1;
	}
	c->id = id;
	c->message = message != NULL ? message : expression;
	c->field = field;
	d->nchecks++;
	return 0;
}

static int
open_checks(struct dummy *d, struct fault *f)
{
	const struct spec *s = d->spec;
	size_t i;

	d->checks = mem_zero(s->nrules + s->nfields, sizeof *d->checks);
	for (i = 0; i < s->nrules; i++) {
		const struct spec_rule *r = &s->rules[i];

		if (r->expression == NULL || r->within.n > 0 ||
		    r->reference != NULL)
			continue;
		if (add_check(d, r->expression, r->id, r->message, -1, f) ==
		    -1)
			return -1;
	}
	for (i = 0; i < s->nfields; i++)
		if (s->fields[i].applies != NULL && add_check(d,
		    s->fields[i].applies, s->fields[i].name, NULL, (long)i,
		    f) == -1)
			return -1;
	return 0;
}

struct dummy *
dummy_open(const struct spec *spec, const struct dummy_options *o,
    struct fault *f)
{
	struct dummy *d = mem_zero(1, sizeof *d);
	size_t i, k;

	d->spec = spec;
	d->o = o;
	if ((d->r = dummy_recipe_new(spec, o, f)) == NULL)
		goto fail;
	d->slot_of = mem_zero(spec->nfields, sizeof *d->slot_of);
	for (i = 0; i < d->r->nslots; i++)
		if (d->r->slots[i].field != -1)
			d->slot_of[d->r->slots[i].field] = i;
	d->header.n = spec->nfields;
	d->header.names = mem_zero(spec->nfields, sizeof *d->header.names);
	for (k = 0; k < spec->nfields; k++)
		d->header.names[k] = spec->fields[k].name;
	d->scope = spec_scope_new(spec, &d->header, f);
	if (d->scope == NULL || open_checks(d, f) == -1)
		goto fail;
	count_groups(d);
	if (o->errors > 0 && dummy_plan_errors(d, f) == -1)
		goto fail;
	if (open_sources(d, f) == -1)
		goto fail;
	return d;
fail:
	dummy_close(d);
	return NULL;
}

void
dummy_close(struct dummy *d)
{
	size_t i;

	if (d == NULL)
		return;
	for (i = 0; i < d->nchecks; i++)
		expr_free(d->checks[i].expr);
	free(d->checks);
	spec_scope_free(d->scope);
	for (i = 0; i < DUMMY_ERROR_KINDS; i++)
		free(d->hits[i]);
	free(d->plain);
	free(d->slot_of);
	free(d->header.names);
	free(d->groups_before);
	dummy_recipe_free(d->r);
	free(d);
}

/* Workers. */

struct crew {
	struct dummy *d;
	struct outfile *out, *log;
	pthread_mutex_t lock;
	pthread_cond_t turn;
	uint64_t next, written;
	struct fault fault;
};

static struct dummy_work *
work_new(struct dummy *d)
{
	struct dummy_work *w = mem_zero(1, sizeof *w);
	size_t nf = d->spec->nfields, ns = d->r->nslots, i;
	size_t ends = DUMMY_BLOCK * nf + 1;

	w->d = d;
	w->values = mem_array(NULL, d->r->group_max * ns, sizeof *w->values);
	/* Only what is used of it is ever touched. */
	w->text = mem_array(NULL, d->r->group_max * ns,
	    DUMMY_TEXT_MAX + 16);
	w->salts = mem_zero(ns + 1, sizeof *w->salts);
	w->near = mem_zero(ns + 1, sizeof *w->near);
	w->rows = mem_zero(d->r->nsources, sizeof *w->rows);
	w->ends = mem_array(NULL, ends, sizeof *w->ends);
	w->fixed_ends = mem_array(NULL, ends, sizeof *w->fixed_ends);
	w->one_ends = mem_array(NULL, d->r->group_max * nf + 1,
	    sizeof *w->one_ends);
	w->starts = mem_array(NULL, DUMMY_BLOCK, sizeof *w->starts);
	w->broken = mem_array(NULL, DUMMY_BLOCK, 1);
	w->runs = mem_zero(d->nchecks, sizeof *w->runs);
	for (i = 0; i < d->nchecks; i++)
		w->runs[i] = expr_run_new(d->checks[i].expr);
	return w;
}

static void
work_free(struct dummy_work *w)
{
	size_t i;

	for (i = 0; i < w->d->nchecks; i++)
		expr_run_free(w->runs[i]);
	free(w->runs);
	free(w->values);
	free(w->text);
	free(w->salts);
	free(w->near);
	free(w->rows);
	free(w->ends);
	free(w->fixed_ends);
	free(w->one_ends);
	free(w->starts);
	free(w->broken);
	buf_free(&w->data);
	buf_free(&w->fixed);
	buf_free(&w->one);
	buf_free(&w->scratch);
	buf_free(&w->out);
	buf_free(&w->log);
	free(w);
}

static void *
work_main(void *arg)
{
	struct crew *c = arg;
	struct dummy_work *w = work_new(c->d);
	struct fault f;
	uint64_t block;
	int go;

	for (;;) {
		(void)pthread_mutex_lock(&c->lock);
		block = c->next;
		go = block < c->d->nblocks && !c->fault.set;
		if (go)
			c->next++;
		(void)pthread_mutex_unlock(&c->lock);
		if (!go)
			break;
		fault_clear(&f);
		(void)make_block(w, block, &f);
		(void)pthread_mutex_lock(&c->lock);
		while (c->written != block)
			turn_wait(&c->turn, &c->lock);
		/* Its turn: an earlier block's fault comes first. */
		if (!c->fault.set && !f.set) {
			(void)outfile_write(c->out, w->out.p, w->out.n, &f);
			if (c->log != NULL && !f.set)
				(void)outfile_write(c->log, w->log.p,
				    w->log.n, &f);
		}
		if (!c->fault.set && f.set)
			c->fault = f;
		c->written++;
		(void)pthread_cond_broadcast(&c->turn);
		(void)pthread_mutex_unlock(&c->lock);
	}
	work_free(w);
	return NULL;
}

int
dummy_write(struct dummy *d, unsigned jobs, int header, struct outfile *out,
    struct outfile *log, struct fault *f)
{
	struct crew c = { d, out, log, PTHREAD_MUTEX_INITIALIZER,
		PTHREAD_COND_INITIALIZER, 0, 0, FAULT_NONE };
	static const char first[] = "record,field,kind\n";
	struct buf b = { 0 };
	pthread_t *threads;
	unsigned i, n = 0;
	int rc = 0;

	if (jobs == 0)
		jobs = flow_processors();
	if (header)
		csv_put_header(&b, d->header.names, d->header.n);
	if (outfile_write(out, b.p, b.n, f) == -1 || (log != NULL &&
	    outfile_write(log, first, sizeof first - 1, f) == -1))
		rc = -1;
	buf_free(&b);
	if (rc == -1)
		return -1;
	threads = mem_array(NULL, jobs, sizeof *threads);
	for (i = 1; i < jobs; i++)
		if (pthread_create(&threads[n], NULL, work_main, &c) == 0)
			n++;
	(void)work_main(&c);
	for (i = 0; i < n; i++)
		(void)pthread_join(threads[i], NULL);
	free(threads);
	(void)pthread_mutex_destroy(&c.lock);
	(void)pthread_cond_destroy(&c.turn);
	if (c.fault.set) {
		if (f != NULL && !f->set)
			*f = c.fault;
		return -1;
	}
	return 0;
}
