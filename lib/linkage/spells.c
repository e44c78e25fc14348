/* Episodes of an input into spells and stays. */
#include "linkage/spells.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "csv/writer.h"
#include "flow/flow.h"

struct spells {
	struct spells_options o;
	struct spill *spill;
	struct sorter *episodes; /* by person: a number, an episode, its key */
	struct sorter *results;  /* by number */
	struct sorter *findings;
	struct person_spells *person;
	struct spells_counts counts;
	pthread_mutex_t lock; /* of findings, while streaming */
};

struct spells *
spells_new(const struct spells_options *o)
{
	struct spells *s = mem_zero(1, sizeof *s);

	s->o = *o;
	s->spill = spill_new();
	s->findings = sorter_new(o->memory / 8, s->spill);
	s->person = person_spells_new();
	(void)pthread_mutex_init(&s->lock, NULL);
	return s;
}

void
spells_free(struct spells *s)
{
	if (s == NULL)
		return;
	sorter_free(s->episodes);
	sorter_free(s->results);
	sorter_free(s->findings);
	spill_free(s->spill);
	person_spells_free(s->person);
	(void)pthread_mutex_destroy(&s->lock);
	free(s);
}

const struct spells_counts *
spells_counts(const struct spells *s)
{
	return &s->counts;
}

int
spells_finding_next(struct spells *s, struct spells_finding *to,
    struct fault *f)
{
	struct sorter_record r;
	int k = sorter_next(s->findings, &r, f);

	if (k == 1)
		spells_finding_of(&r, to);
	return k;
}

/*
 * IN ANY ORDER
 */

/* A worker's episodes of a block; persons and keys as text. */
struct reading {
	struct spells *s;
	struct episode *e;
	size_t cap;
	struct buf text; /* person, key by episode, the first's length before */
	struct episode_scratch scratch;
};

static void *
reading_new(void *arg)
{
	struct reading *w = mem_zero(1, sizeof *w);

	w->s = arg;
	return w;
}

static void
reading_free(void *state)
{
	struct reading *w = state;

	free(w->e);
	buf_free(&w->text);
	episode_scratch_free(&w->scratch);
	free(w);
}

static int
read_block(void *state, const struct csv_block *b, struct buf *outs,
    struct fault *f)
{
	struct reading *w = state;
	struct csv_slice person, key;
	size_t i;

	(void)outs;
	buf_clear(&w->text);
	if (b->nrecords > w->cap) {
		w->cap = b->nrecords;
		w->e = mem_array(w->e, w->cap, sizeof *w->e);
	}
	for (i = 0; i < b->nrecords; i++) {
		if (episode_read(&w->s->o.source, b, i, &w->scratch, &w->e[i],
		    &person, &key, f) == -1)
			return -1;
		buf_putc(&w->text, (char)(unsigned char)person.n);
		buf_put(&w->text, person.p, person.n);
		buf_put(&w->text, key.p, key.n);
	}
	return 0;
}

/* What is kept of a result, before the two ids. */
struct kept {
	int32_t nights, days_since;
	uint8_t reason, readmission, nspell, nstay;
};

static int
keep_result(struct spells *s, uint64_t number, const struct spells_result *r,
    struct fault *f)
{
	struct kept k = { r->nights, r->days_since, (uint8_t)r->reason,
		(uint8_t)r->readmission, (uint8_t)r->nspell,
		(uint8_t)r->nstay };
	char rest[sizeof k + 2 * EPISODE_MAX_ID];
	unsigned char key[8];

	sorter_number(key, number);
	memcpy(rest, &k, sizeof k);
	if (r->nspell > 0)
		memcpy(rest + sizeof k, r->spell, r->nspell);
	if (r->nstay > 0)
		memcpy(rest + sizeof k + r->nspell, r->stay, r->nstay);
	return sorter_add(s->results, key, sizeof key, rest,
	    sizeof k + r->nspell + r->nstay, f);
}

static int
take_block(void *arg, void *state, const struct csv_block *b,
    struct buf *outs, struct fault *f)
{
	struct spells_result none = { .nights = SPELLS_NONE,
		.days_since = SPELLS_NONE };
	char rest[sizeof(uint64_t) + sizeof(struct episode) + EPISODE_MAX_ID];
	const size_t head = sizeof(uint64_t) + sizeof(struct episode);
	struct spells *s = arg;
	struct reading *w = state;
	const char *p = w->text.p;
	const struct episode *e;
	uint64_t number;
	size_t i, n;

	(void)outs;
	for (i = 0; i < b->nrecords; i++) {
		number = s->counts.episodes++;
		e = &w->e[i];
		n = (unsigned char)*p++;
		if (e->reason == EPISODE_FINE || (s->o.find && n > 0 &&
		    episode_open_from(e) != EPISODE_NO_DATE)) {
			memcpy(rest, &number, sizeof number);
			memcpy(rest + sizeof number, e, sizeof *e);
			memcpy(rest + head, p + n, e->key_n);
			if (sorter_add(s->episodes, p, n, rest,
			    head + e->key_n, f) == -1)
				return -1;
		} else {
			none.reason = (enum episode_reason)e->reason;
			s->counts.reasons[e->reason]++;
			if (keep_result(s, number, &none, f) == -1)
				return -1;
		}
		p += n + e->key_n;
	}
	return 0;
}

/* The person whose episodes are all there; v: their numbers. */
static int
end_person(struct spells *s, const uint64_t *v, struct fault *f)
{
	struct spells_result r;
	size_t i, n = person_spells_count(s->person);

	if (n == 0)
		return 0;
	person_spells_make(s->person, &s->counts);
	for (i = 0; i < n; i++) {
		person_spells_of(s->person, i, &r);
		if (keep_result(s, v[i], &r, f) == -1)
			return -1;
	}
	if (s->o.find && person_spells_find(s->person, s->findings,
	    &s->counts, f) == -1)
		return -1;
	person_spells_clear(s->person);
	return 0;
}

/* Episodes in order of person, into results. */
static int
all_persons(struct spells *s, struct fault *f)
{
	struct sorter_run who = { 0 };
	struct sorter_record r;
	struct episode e;
	uint64_t *numbers = NULL;
	size_t cap = 0, n;
	int k;

	while ((k = sorter_next(s->episodes, &r, f)) == 1) {
		if (sorter_run_starts(&who, &r) &&
		    end_person(s, numbers, f) == -1)
			break;
		n = person_spells_count(s->person);
		if (n == cap) {
			cap = cap * 2 + 64;
			numbers = mem_array(numbers, cap, sizeof *numbers);
		}
		memcpy(&numbers[n], r.rest, sizeof *numbers);
		memcpy(&e, r.rest + sizeof *numbers, sizeof e);
		person_spells_add(s->person, &e,
		    r.rest + sizeof *numbers + sizeof e);
	}
	if (k == 0)
		k = end_person(s, numbers, f);
	else
		k = -1;
	free(numbers);
	sorter_run_clear(&who);
	return k;
}

int
spells_read(struct spells *s, struct csv_reader *in, struct fault *f)
{
	struct flow flow = {
		.in = in, .jobs = s->o.jobs, .arg = s,
		.state_new = reading_new, .state_free = reading_free,
		.map = read_block, .in_order = take_block,
		.progress = s->o.progress,
	};

	s->episodes = sorter_new(s->o.memory / 2, s->spill);
	s->results = sorter_new(s->o.memory / 2, s->spill);
	if (flow_run(&flow, NULL, f) == -1 || all_persons(s, f) == -1)
		return -1;
	sorter_free(s->episodes);
	s->episodes = NULL;
	return 0;
}

struct writing {
	struct spells *s;
	uint64_t n;
};

static int
no_map(void *state, const struct csv_block *b, struct buf *outs,
    struct fault *f)
{
	(void)state;
	(void)b;
	(void)outs;
	(void)f;
	return 0;
}

static int
next_result(struct writing *w, struct spells_result *to, struct fault *f)
{
	struct sorter_record r;
	struct kept kept;
	int k = sorter_next(w->s->results, &r, f);

	if (k == -1)
		return -1;
	if (k == 0 || sorter_number_of(r.key) != w->n++)
		return fault_set(f, "the input changed while it was read");
	memcpy(&kept, r.rest, sizeof kept);
	*to = (struct spells_result){ (enum episode_reason)kept.reason,
		r.rest + sizeof kept, r.rest + sizeof kept + kept.nspell,
		kept.nspell, kept.nstay, kept.nights, kept.days_since,
		kept.readmission };
	return 0;
}

/* Results come in the order of the records, so rows are made in it. */
static int
write_block(void *arg, void *state, const struct csv_block *b,
    struct buf *outs, struct fault *f)
{
	struct writing *w = arg;
	const struct spells_options *o = &w->s->o;
	struct spells_result r;
	struct buf *to = &outs[0];
	size_t i;

	(void)state;
	buf_reserve(to, b->size + b->nrecords * 40);
	for (i = 0; i < b->nrecords; i++) {
		if (next_result(w, &r, f) == -1)
			return -1;
		csv_put_fields(to, b, i, 0, b->ncols);
		o->put(o->arg, to, &r);
		buf_putc(to, '\n');
	}
	return 0;
}

int
spells_write(struct spells *s, struct csv_reader *in, struct outfile *out,
    struct fault *f)
{
	struct writing w = { s, 0 };
	struct flow flow = {
		.in = in, .jobs = s->o.jobs, .arg = &w, .map = no_map,
		.in_order = write_block, .outs = &out, .nouts = 1,
		.progress = s->o.progress,
	};

	if (flow_run(&flow, NULL, f) == -1)
		return -1;
	return w.n == s->counts.episodes ? 0 :
	    fault_set(f, "the input changed while it was read");
}

/*
 * IN ORDER OF PERSON
 *
 * A block's persons but the first and the last are complete: a worker puts
 * them together. The first may go on from the block before and the last may
 * go on in the next one, so these two are pieces, joined in order.
 */

/* Records of one person, and their rows as they will be written. */
struct piece {
	struct buf who;
	struct person_spells *spells;
	struct buf rows;
	struct buf ends; /* size_t: where each row ends in rows */
};

struct worker {
	struct spells *s;
	struct spells_counts counts;
	struct episode_scratch scratch;
	struct buf who;
	struct person_spells *middle; /* of a person of this block alone */
	struct piece first, last;
};

struct stream {
	struct spells *s;
	struct spells_counts counts;
	struct piece pending; /* of the last person so far */
};

static void
piece_start(struct piece *p)
{
	memset(p, 0, sizeof *p);
	p->spells = person_spells_new();
}

static void
piece_end(struct piece *p)
{
	buf_free(&p->who);
	buf_free(&p->rows);
	buf_free(&p->ends);
	person_spells_free(p->spells);
}

static void
piece_clear(struct piece *p)
{
	buf_clear(&p->who);
	buf_clear(&p->rows);
	buf_clear(&p->ends);
	person_spells_clear(p->spells);
}

static void *
worker_new(void *arg)
{
	const struct stream *stream = arg;
	struct worker *w = mem_zero(1, sizeof *w);

	w->s = stream->s;
	w->middle = person_spells_new();
	piece_start(&w->first);
	piece_start(&w->last);
	return w;
}

static void
worker_free(void *state)
{
	struct worker *w = state;

	episode_scratch_free(&w->scratch);
	buf_free(&w->who);
	person_spells_free(w->middle);
	piece_end(&w->first);
	piece_end(&w->last);
	free(w);
}

static void
add_counts(struct spells_counts *to, const struct spells_counts *from)
{
	size_t i;

	to->spells += from->spells;
	to->stays += from->stays;
	for (i = 0; i < EPISODE_REASONS; i++)
		to->reasons[i] += from->reasons[i];
	for (i = 0; i < SPELLS_KINDS; i++)
		to->findings[i] += from->findings[i];
}

static int
worker_merge(void *into, void *from, struct fault *f)
{
	(void)f;
	add_counts(&((struct worker *)into)->counts,
	    &((struct worker *)from)->counts);
	return 0;
}

/* Works out a person; findings go to one sorter from all workers. */
static int
make_person(struct spells *s, struct person_spells *p,
    struct spells_counts *counts, struct fault *f)
{
	int rc = 0;

	person_spells_make(p, counts);
	if (s->o.find) {
		(void)pthread_mutex_lock(&s->lock);
		rc = person_spells_find(p, s->findings, counts, f);
		(void)pthread_mutex_unlock(&s->lock);
	}
	return rc;
}

/* Records from..to of a block, one person's, who is in w->middle. */
static int
put_person(struct worker *w, const struct csv_block *b, size_t from,
    size_t to, struct buf *out, struct fault *f)
{
	const struct spells_options *o = &w->s->o;
	struct spells_result r;
	size_t i;

	if (make_person(w->s, w->middle, &w->counts, f) == -1) {
		fault_place(f, b->file, csv_line_number(b, from),
		    csv_record_number(b, from), 0, NULL);
		return -1;
	}
	for (i = from; i < to; i++) {
		csv_put_fields(out, b, i, 0, b->ncols);
		person_spells_of(w->middle, i - from, &r);
		o->put(o->arg, out, &r);
		buf_putc(out, '\n');
	}
	person_spells_clear(w->middle);
	return 0;
}

/* The same records as a piece; takes what is in w->middle. */
static void
make_piece(struct worker *w, const struct csv_block *b, size_t from,
    size_t to, struct piece *p)
{
	struct person_spells *t = p->spells;
	size_t i;

	p->spells = w->middle;
	w->middle = t;
	buf_put(&p->who, w->who.p, w->who.n);
	for (i = from; i < to; i++) {
		csv_put_fields(&p->rows, b, i, 0, b->ncols);
		buf_put(&p->ends, &p->rows.n, sizeof p->rows.n);
	}
}

static int
compare(const char *a, size_t n, const char *b, size_t m)
{
	int c = n > 0 && m > 0 ? memcmp(a, b, n < m ? n : m) : 0;

	return c != 0 ? c : n < m ? -1 : n > m;
}

static int
not_sorted(const struct csv_block *b, size_t i, struct fault *f)
{
	(void)fault_set(f, "the person comes before the one of the record "
	    "before, in byte order: the input is not sorted");
	fault_place(f, b->file, csv_line_number(b, i),
	    csv_record_number(b, i), 0, NULL);
	return -1;
}

/* Records without a person are each on their own. */
static int
stream_block(void *state, const struct csv_block *b, struct buf *outs,
    struct fault *f)
{
	struct worker *w = state;
	struct csv_slice person, key;
	struct episode e;
	size_t i, from = 0;
	int order;

	piece_clear(&w->first);
	piece_clear(&w->last);
	person_spells_clear(w->middle);
	buf_reserve(&outs[1], b->size + b->nrecords * 40);
	for (i = 0; i < b->nrecords; i++) {
		if (episode_read(&w->s->o.source, b, i, &w->scratch, &e,
		    &person, &key, f) == -1)
			return -1;
		order = i == 0 ? 1 : compare(person.p, person.n, w->who.p,
		    w->who.n);
		if (order < 0)
			return not_sorted(b, i, f);
		if (i > 0 && (order > 0 || person.n == 0)) {
			if (from == 0)
				make_piece(w, b, 0, i, &w->first);
			else if (put_person(w, b, from, i, &outs[1], f) == -1)
				return -1;
			from = i;
		}
		if (order != 0) {
			buf_clear(&w->who);
			buf_put(&w->who, person.p, person.n);
		}
		person_spells_add(w->middle, &e, key.p);
	}
	if (b->nrecords > 0)
		make_piece(w, b, from, i, from == 0 ? &w->first : &w->last);
	return 0;
}

/* All of the person who was pending is there. */
static int
finish(struct stream *t, struct buf *out, struct fault *f)
{
	const struct spells_options *o = &t->s->o;
	struct piece *p = &t->pending;
	size_t n = person_spells_count(p->spells), i, at = 0, end;
	struct spells_result r;

	if (n == 0)
		return 0;
	if (make_person(t->s, p->spells, &t->counts, f) == -1)
		return -1;
	for (i = 0; i < n; i++, at = end) {
		memcpy(&end, p->ends.p + i * sizeof end, sizeof end);
		buf_put(out, p->rows.p + at, end - at);
		person_spells_of(p->spells, i, &r);
		o->put(o->arg, out, &r);
		buf_putc(out, '\n');
	}
	piece_clear(p);
	return 0;
}

static void
join(struct piece *to, const struct piece *p)
{
	size_t n = person_spells_count(p->spells), i, end, base = to->rows.n;

	buf_clear(&to->who);
	buf_put(&to->who, p->who.p, p->who.n);
	person_spells_append(to->spells, p->spells);
	buf_put(&to->rows, p->rows.p, p->rows.n);
	for (i = 0; i < n; i++) {
		memcpy(&end, p->ends.p + i * sizeof end, sizeof end);
		end += base;
		buf_put(&to->ends, &end, sizeof end);
	}
}

static int
join_block(void *arg, void *state, const struct csv_block *b,
    struct buf *outs, struct fault *f)
{
	struct stream *t = arg;
	struct piece *p = &t->pending;
	struct worker *w = state;
	int order;

	if (b->nrecords == 0)
		return 0;
	if (person_spells_count(p->spells) > 0) {
		order = compare(w->first.who.p, w->first.who.n, p->who.p,
		    p->who.n);
		if (order < 0)
			return not_sorted(b, 0, f);
		if ((order > 0 || p->who.n == 0) &&
		    finish(t, &outs[0], f) == -1)
			return -1;
	}
	join(p, &w->first);
	if (person_spells_count(w->last.spells) > 0) {
		if (finish(t, &outs[0], f) == -1)
			return -1;
		join(p, &w->last);
	}
	return 0;
}

int
spells_stream(struct spells *s, struct csv_reader *in, struct outfile *out,
    struct fault *f)
{
	struct stream t = { .s = s };
	/* What was pending comes before the rest of a block. */
	struct outfile *outs[2] = { out, out };
	struct flow flow = {
		.in = in, .jobs = s->o.jobs, .arg = &t,
		.state_new = worker_new, .state_free = worker_free,
		.state_merge = worker_merge,
		.map = stream_block, .in_order = join_block,
		.outs = outs, .nouts = 2, .progress = s->o.progress,
	};
	struct buf rest = { 0 };
	void *state = NULL;
	int rc;

	piece_start(&t.pending);
	rc = flow_run(&flow, &state, f);
	if (rc == 0)
		rc = finish(&t, &rest, f);
	if (rc == 0)
		rc = outfile_write(out, rest.p, rest.n, f);
	if (state != NULL) {
		add_counts(&s->counts, &t.counts);
		add_counts(&s->counts, &((struct worker *)state)->counts);
		worker_free(state);
	}
	s->counts.episodes = flow.records;
	piece_end(&t.pending);
	buf_free(&rest);
	return rc;
}
