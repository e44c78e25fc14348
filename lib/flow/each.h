/*
 * each: the same for a number of independent pieces, by several threads.
 */
#ifndef NIB_FLOW_EACH_H
#define NIB_FLOW_EACH_H

#include <stddef.h>

#include "base/fault.h"

/*
 * Calls one(arg, worker, i, fault) for every i < n, in any order; worker is
 * below jobs (0: as many as processors), and no two calls have the same one
 * at a time. The first call that fails stops those not begun; of the faults
 * the one with the least i is given.
 */
int flow_each(unsigned jobs, size_t n, int (*one)(void *arg, unsigned worker,
    size_t i, struct fault *), void *arg, struct fault *);
/* The workers that flow_each will have at most. */
unsigned flow_each_workers(unsigned jobs, size_t n);

#endif
