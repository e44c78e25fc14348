/* The same for a number of independent pieces. */
#include "flow/each.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/mem.h"
#include "flow/flow.h"

struct each {
	int (*one)(void *, unsigned, size_t, struct fault *);
	void *arg;
	size_t n, next;
	size_t fault_at;
	struct fault fault;
	pthread_mutex_t lock;
};

struct hand {
	struct each *each;
	unsigned number;
	pthread_t thread;
};

static void *
work(void *arg)
{
	struct hand *h = arg;
	struct each *e = h->each;

	for (;;) {
		struct fault f = FAULT_NONE;
		size_t i;
		int rc;

		(void)pthread_mutex_lock(&e->lock);
		i = e->fault.set ? e->n : e->next;
		e->next = i + 1;
		(void)pthread_mutex_unlock(&e->lock);
		if (i >= e->n)
			return NULL;
		rc = e->one(e->arg, h->number, i, &f);
		if (rc == 0)
			continue;
		(void)pthread_mutex_lock(&e->lock);
		if (!e->fault.set || i < e->fault_at) {
			e->fault = f;
			e->fault.set = 1;
			e->fault_at = i;
		}
		(void)pthread_mutex_unlock(&e->lock);
	}
}

unsigned
flow_each_workers(unsigned jobs, size_t n)
{
	if (jobs == 0)
		jobs = flow_processors();
	if (n < jobs)
		jobs = n > 0 ? (unsigned)n : 1;
	return jobs;
}

int
flow_each(unsigned jobs, size_t n, int (*one)(void *, unsigned, size_t,
    struct fault *), void *arg, struct fault *f)
{
	unsigned workers = flow_each_workers(jobs, n), started, i;
	struct each e = { .one = one, .arg = arg, .n = n };
	struct hand *hands = mem_zero(workers, sizeof *hands);

	(void)pthread_mutex_init(&e.lock, NULL);
	for (i = 0; i < workers; i++) {
		hands[i].each = &e;
		hands[i].number = i;
	}
	/* Fewer threads than asked for is slower, not wrong. */
	for (started = 1; started < workers; started++)
		if (pthread_create(&hands[started].thread, NULL, work,
		    &hands[started]) != 0)
			break;
	(void)work(&hands[0]);
	for (i = 1; i < started; i++)
		(void)pthread_join(hands[i].thread, NULL);
	free(hands);
	(void)pthread_mutex_destroy(&e.lock);
	if (!e.fault.set)
		return 0;
	if (f != NULL && !f->set)
		*f = e.fault;
	return -1;
}
