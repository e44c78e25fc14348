/* One stream, cut into blocks, through many workers, in order. */
#define _GNU_SOURCE /* sched_getaffinity */
#include "flow/flow.h"

#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/progress.h"
#include "base/turn.h"

struct run {
	struct flow *flow;
	pthread_mutex_t input; /* held while a page is filled */
	pthread_mutex_t order; /* guards what follows */
	pthread_cond_t turn;
	uint64_t issued;  /* tickets; under input */
	uint64_t placed;  /* pages placed, in order */
	uint64_t written; /* blocks written, in order */
	pthread_mutex_t parts; /* guards passed */
	pthread_cond_t part;
	uint64_t *passed; /* per part: blocks that are through it */
	int stop;         /* take no more input */
	struct fault fault;
	uint64_t fault_ticket;
	uint64_t records;
	struct progress progress;
};

struct worker {
	struct run *run;
	pthread_t thread;
	void *state;
	struct csv_page *page;
	struct buf *outs;
};

unsigned
flow_processors(void)
{
	cpu_set_t set;
	long n;

	CPU_ZERO(&set);
	if (sched_getaffinity(0, sizeof set, &set) == 0 &&
	    CPU_COUNT(&set) > 0)
		return (unsigned)CPU_COUNT(&set);
	n = sysconf(_SC_NPROCESSORS_ONLN);
	return n > 0 ? (unsigned)n : 1;
}

/* The earliest block's fault wins; holding order. */
static void
keep_fault(struct run *run, uint64_t ticket, const struct fault *f)
{
	if (!run->fault.set || ticket < run->fault_ticket) {
		run->fault = *f;
		run->fault_ticket = ticket;
	}
	run->stop = 1;
}

static int
stopped(struct run *run)
{
	int stop;

	(void)pthread_mutex_lock(&run->order);
	stop = run->stop;
	(void)pthread_mutex_unlock(&run->order);
	return stop;
}

/* Next page and its ticket: 1, 0 at the end, -1 (which has a ticket too). */
static int
take(struct worker *w, uint64_t *ticket, struct fault *f)
{
	struct run *run = w->run;
	uint64_t bytes, size;
	int rc = 0;

	(void)pthread_mutex_lock(&run->input);
	if (!stopped(run)) {
		rc = csv_page_fill(w->page, f);
		if (rc != 0)
			*ticket = run->issued++;
		if (run->progress.on) {
			csv_position(run->flow->in, &bytes, &size);
			progress_show(&run->progress, bytes, size,
			    run->records);
		}
	}
	(void)pthread_mutex_unlock(&run->input);
	return rc;
}

static void
place(struct worker *w, uint64_t ticket, int filled, struct fault *f)
{
	struct run *run = w->run;
	struct csv_block *b;

	(void)pthread_mutex_lock(&run->order);
	while (run->placed != ticket)
		turn_wait(&run->turn, &run->order);
	if (filled) {
		csv_page_place(w->page, f);
		b = csv_page_block(w->page);
		if (!f->set)
			run->records += b->nrecords + b->nragged;
	}
	if (f->set)
		keep_fault(run, ticket, f);
	run->placed++;
	(void)pthread_cond_broadcast(&run->turn);
	(void)pthread_mutex_unlock(&run->order);
}

static int
write_out(struct worker *w, struct fault *f)
{
	struct flow *flow = w->run->flow;
	size_t i;

	for (i = 0; i < flow->nouts; i++)
		if (outfile_write(flow->outs[i], w->outs[i].p, w->outs[i].n,
		    f) == -1)
			return -1;
	return 0;
}

/* Through each part behind the block before; also when something is wrong. */
static void
pass_parts(struct worker *w, uint64_t ticket, struct fault *f)
{
	struct run *run = w->run;
	struct flow *flow = run->flow;
	unsigned i;

	for (i = 0; i < flow->nparts; i++) {
		(void)pthread_mutex_lock(&run->parts);
		while (run->passed[i] != ticket)
			turn_wait(&run->part, &run->parts);
		(void)pthread_mutex_unlock(&run->parts);
		if (!f->set)
			(void)flow->in_part(flow->arg, w->state,
			    csv_page_block(w->page), i, f);
		(void)pthread_mutex_lock(&run->parts);
		run->passed[i]++;
		(void)pthread_cond_broadcast(&run->part);
		(void)pthread_mutex_unlock(&run->parts);
	}
}

/* Waits for this ticket's turn, then emits unless something went wrong. */
static void
emit(struct worker *w, uint64_t ticket, struct fault *f)
{
	struct run *run = w->run;
	struct flow *flow = run->flow;
	int go;

	if (flow->nouts == 0 && flow->in_order == NULL) {
		if (f->set) {
			(void)pthread_mutex_lock(&run->order);
			keep_fault(run, ticket, f);
			(void)pthread_mutex_unlock(&run->order);
		}
		return;
	}
	(void)pthread_mutex_lock(&run->order);
	while (run->written != ticket)
		turn_wait(&run->turn, &run->order);
	if (f->set)
		keep_fault(run, ticket, f);
	go = !run->fault.set || run->fault_ticket > ticket;
	(void)pthread_mutex_unlock(&run->order);
	/* Others wait for written to pass this ticket: no lock is needed. */
	if (go && flow->in_order != NULL)
		(void)flow->in_order(flow->arg, w->state,
		    csv_page_block(w->page), w->outs, f);
	if (go && !f->set)
		(void)write_out(w, f);
	(void)pthread_mutex_lock(&run->order);
	if (f->set)
		keep_fault(run, ticket, f);
	run->written++;
	(void)pthread_cond_broadcast(&run->turn);
	(void)pthread_mutex_unlock(&run->order);
}

static void *
work(void *arg)
{
	struct worker *w = arg;
	struct flow *flow = w->run->flow;
	uint64_t ticket = 0;
	size_t i;
	int rc;

	for (;;) {
		struct fault f = FAULT_NONE;
		struct csv_block *b;

		if ((rc = take(w, &ticket, &f)) == 0)
			break;
		if (rc == 1)
			(void)csv_page_index(w->page, &f);
		place(w, ticket, rc == 1, &f);
		b = csv_page_block(w->page);
		for (i = 0; i < flow->nouts; i++)
			buf_clear(&w->outs[i]);
		if (!f.set && flow->map(w->state, b, w->outs, &f) == -1)
			fault_place(&f, b->file, 0, 0, 0, NULL);
		pass_parts(w, ticket, &f);
		emit(w, ticket, &f);
	}
	return NULL;
}

static int
merge(struct flow *flow, struct worker *w, unsigned n, struct fault *f)
{
	unsigned i;
	int rc = 0;

	for (i = 1; i < n; i++) {
		if (rc == 0 && flow->state_merge != NULL)
			rc = flow->state_merge(w[0].state, w[i].state, f);
		if (flow->state_free != NULL)
			flow->state_free(w[i].state);
		w[i].state = NULL;
	}
	return rc;
}

int
flow_run(struct flow *flow, void **state, struct fault *f)
{
	unsigned n = flow->jobs > 0 ? flow->jobs : flow_processors(), i;
	struct run run = { .flow = flow };
	struct worker *w = mem_zero(n, sizeof *w);
	unsigned started = 1;
	size_t k;
	int rc = 0;

	(void)pthread_mutex_init(&run.input, NULL);
	(void)pthread_mutex_init(&run.order, NULL);
	(void)pthread_cond_init(&run.turn, NULL);
	(void)pthread_mutex_init(&run.parts, NULL);
	(void)pthread_cond_init(&run.part, NULL);
	run.passed = mem_zero(flow->nparts + 1, sizeof *run.passed);
	if (flow->progress != NULL)
		progress_start(&run.progress, flow->progress, 0);
	for (i = 0; i < n; i++) {
		w[i].run = &run;
		w[i].state = flow->state_new != NULL ?
		    flow->state_new(flow->arg) : flow->arg;
		w[i].page = csv_page_new(flow->in);
		w[i].outs = mem_zero(flow->nouts, sizeof *w[i].outs);
	}
	if (n == 1)
		csv_page_alone(w[0].page);
	/* Fewer threads than asked for is slower, not wrong. */
	for (; started < n; started++)
		if (pthread_create(&w[started].thread, NULL, work,
		    &w[started]) != 0)
			break;
	(void)work(&w[0]);
	for (i = 1; i < started; i++)
		(void)pthread_join(w[i].thread, NULL);
	if (flow->progress != NULL)
		progress_end(&run.progress);
	flow->records = run.records;
	if (run.fault.set) {
		if (f != NULL && !f->set)
			*f = run.fault;
		rc = -1;
	}
	if (flow->state_new != NULL) {
		if (rc == 0)
			rc = merge(flow, w, n, f);
		else
			(void)merge(&(struct flow){
			    .state_free = flow->state_free }, w, n, NULL);
		if (rc == 0 && state != NULL)
			*state = w[0].state;
		else if (flow->state_free != NULL)
			flow->state_free(w[0].state);
	}
	for (i = 0; i < n; i++) {
		for (k = 0; k < flow->nouts; k++)
			buf_free(&w[i].outs[k]);
		free(w[i].outs);
		csv_page_free(w[i].page);
	}
	free(w);
	free(run.passed);
	(void)pthread_cond_destroy(&run.part);
	(void)pthread_mutex_destroy(&run.parts);
	(void)pthread_cond_destroy(&run.turn);
	(void)pthread_mutex_destroy(&run.order);
	(void)pthread_mutex_destroy(&run.input);
	return rc;
}
