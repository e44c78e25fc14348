/*
 * turn: waiting for what another thread does.
 *
 * As pthread_cond_wait, but comes back after a tenth of a second in any case,
 * so it belongs in a loop that looks at what it waits for. Up to version 2.40
 * of glibc a wake-up can get lost (its bug 25847): seldom, on a busy machine,
 * and then for ever.
 */
#ifndef NIB_BASE_TURN_H
#define NIB_BASE_TURN_H

#include <pthread.h>

void turn_wait(pthread_cond_t *, pthread_mutex_t *held);

#endif
