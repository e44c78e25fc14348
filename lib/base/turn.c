/* Waiting for another thread, though a wake-up may be lost. */
#include "base/turn.h"

#include <time.h>

#define LONGEST 100000000L /* nanoseconds until a look without wake-up */
#define SECOND 1000000000L

void
turn_wait(pthread_cond_t *cond, pthread_mutex_t *held)
{
	struct timespec until;

	/* A clock set back makes one wait longer, not for ever. */
	(void)clock_gettime(CLOCK_REALTIME, &until);
	until.tv_nsec += LONGEST;
	if (until.tv_nsec >= SECOND) {
		until.tv_nsec -= SECOND;
		until.tv_sec++;
	}
	(void)pthread_cond_timedwait(cond, held, &until);
}
