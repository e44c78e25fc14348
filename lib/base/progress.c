/* How far a run is. */
#include "base/progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

static int64_t
now_ms(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

void
progress_start(struct progress *p, const char *name, int quiet)
{
	p->on = !quiet && isatty(STDERR_FILENO) == 1;
	p->shown = 0;
	p->name = name;
	p->started_ms = p->last_ms = p->on ? now_ms() : 0;
}

void
progress_show(struct progress *p, uint64_t bytes, uint64_t size,
    uint64_t records)
{
	int64_t now;

	if (!p->on)
		return;
	now = now_ms();
	if (now - p->started_ms < 2000 || now - p->last_ms < 250)
		return;
	p->last_ms = now;
	p->shown = 1;
	(void)fprintf(stderr, "\r\033[K%s: ", p->name);
	if (size > 0)
		(void)fprintf(stderr, "%d%%, ",
		    (int)(100.0 * (double)bytes / (double)size));
	(void)fprintf(stderr, "%" PRIu64 " records, %" PRIu64 " MB/s",
	    records, bytes / 1000 / (uint64_t)(now - p->started_ms));
	(void)fflush(stderr);
}

void
progress_end(struct progress *p)
{
	if (p->on && p->shown)
		(void)fprintf(stderr, "\r\033[K");
}
