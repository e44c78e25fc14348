/* Candidate pairs by a union of blocking rules. */
#include "linkage/pairs.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "linkage/blocks.h"

#define PIECE ((size_t)4096) /* records a worker takes at once */
#define AHEAD ((size_t)24)   /* records asked for before they are looked at */

struct run {
	struct pairs *p;
	size_t rule;
	size_t from, to; /* of l */
	struct blocks blocks;
	atomic_size_t next;
};

struct worker {
	struct run *run;
	pthread_t thread;
	void *state;
	struct pairs_count count;
};

static const uint32_t *
record_of(const struct pairs *p, uint32_t i)
{
	return i < p->a->n ? roll_record(p->a, i) :
	    roll_record(p->b, i - p->a->n);
}

/* Only the first rule that makes a pair gives it. */
static int
earlier(const struct pairs *p, size_t rule, const uint32_t *l,
    const uint32_t *r)
{
	size_t k;

	for (k = 0; k < rule; k++)
		if (relate_same_keys(p->rules[k], l, r))
			return 1;
	return 0;
}

/* The first of places from..to whose record, or its number, is that or more. */
static size_t
first_record(const uint32_t *record, const uint32_t *number, size_t from,
    size_t to, size_t least)
{
	size_t middle, at;

	while (from < to) {
		middle = from + (to - from) / 2;
		at = record[middle];
		if ((number != NULL ? number[at] : at) < least)
			from = middle + 1;
		else
			to = middle;
	}
	return from;
}

/*
 * A block is as large as it is in the whole, whatever range is asked for; one
 * left out is counted where its first record is.
 */
static void
block(struct worker *w, size_t from, size_t to)
{
	struct run *run = w->run;
	const struct pairs *p = run->p;
	const uint32_t *record = run->blocks.records, *l, *r;
	uint32_t shift = p->b != NULL ? (uint32_t)p->a->n : 0;
	size_t middle = to, last, i, j;
	double n;

	if (p->b != NULL) {
		middle = first_record(record, NULL, from, to, p->a->n);
		n = (double)(middle - from) * (double)(to - middle);
	} else {
		n = (double)(to - from) * (double)(to - from - 1) / 2;
	}
	i = first_record(record, p->number, from, middle, run->from);
	last = first_record(record, p->number, from, middle, run->to);
	if (n > (double)p->max_block) {
		if (i > from || last == from)
			return;
		w->count.dropped_blocks++;
		w->count.dropped_pairs += (uint64_t)n;
		return;
	}
	for (; i < last; i++) {
		l = record_of(p, record[i]);
		for (j = p->b != NULL ? middle : i + 1; j < to; j++) {
			r = record_of(p, record[j]);
			if (!relate_same_keys(p->rules[run->rule], l, r) ||
			    earlier(p, run->rule, l, r))
				continue;
			w->count.pairs++;
			p->visit(w->state, run->rule, record[i],
			    record[j] - shift);
		}
	}
}

/* Blocks that start within a piece are the piece's. */
static void *
work(void *arg)
{
	struct worker *w = arg;
	struct run *run = w->run;
	const struct blocks *b = &run->blocks;
	size_t at, end, stop, ahead;

	for (;;) {
		at = atomic_fetch_add(&run->next, PIECE);
		if (at >= b->n)
			break;
		stop = at + PIECE < b->n ? at + PIECE : b->n;
		while (at > 0 && at < stop && b->keys[at] == b->keys[at - 1])
			at++;
		for (ahead = at; at < stop; at = end) {
			end = blocks_end(b, at);
			for (; ahead < end + AHEAD && ahead < b->n; ahead++)
				__builtin_prefetch(record_of(run->p,
				    b->records[ahead]));
			if (end - at > 1)
				block(w, at, end);
		}
	}
	return NULL;
}

void
pairs_run(struct pairs *p)
{
	pairs_run_range(p, 0, p->a->n);
}

void
pairs_run_range(struct pairs *p, size_t from, size_t to)
{
	struct worker *w = mem_zero(p->jobs, sizeof *w);
	struct run run;
	unsigned i, started;

	for (run.rule = p->first; run.rule < p->nrules; run.rule++) {
		run.p = p;
		run.from = from;
		run.to = to;
		blocks_make(&run.blocks, p->rules[run.rule], p->a, p->b);
		atomic_init(&run.next, 0);
		memset(&p->counts[run.rule], 0, sizeof p->counts[0]);
		for (i = 0; i < p->jobs; i++) {
			w[i].run = &run;
			w[i].state = p->states[i];
			memset(&w[i].count, 0, sizeof w[i].count);
		}
		for (started = 1; started < p->jobs; started++)
			if (pthread_create(&w[started].thread, NULL, work,
			    &w[started]) != 0)
				break;
		(void)work(&w[0]);
		for (i = 1; i < started; i++)
			(void)pthread_join(w[i].thread, NULL);
		for (i = 0; i < p->jobs; i++) {
			p->counts[run.rule].pairs += w[i].count.pairs;
			p->counts[run.rule].dropped_blocks +=
			    w[i].count.dropped_blocks;
			p->counts[run.rule].dropped_pairs +=
			    w[i].count.dropped_pairs;
		}
		blocks_clear(&run.blocks);
	}
	free(w);
}
