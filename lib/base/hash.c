/* A seed for the tables of this process. */
#include "base/hash.h"

#include <fcntl.h>
#include <pthread.h>
#include <time.h>
#include <unistd.h>

static uint64_t seed;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void
draw(void)
{
	int fd = open("/dev/urandom", O_RDONLY | O_CLOEXEC);
	struct timespec t;

	if (fd == -1 || read(fd, &seed, sizeof seed) != sizeof seed) {
		/* An empty chroot has no /dev: a weaker seed, same results. */
		(void)clock_gettime(CLOCK_MONOTONIC, &t);
		seed = hash_pair((uint64_t)t.tv_nsec, (uint64_t)getpid(), 0);
	}
	if (fd != -1)
		(void)close(fd);
}

uint64_t
hash_seed(void)
{
	(void)pthread_once(&once, draw);
	return seed;
}
