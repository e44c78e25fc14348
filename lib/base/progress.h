/*
 * progress: a line on a terminal that shows how far a run is.
 *
 * Silent unless standard error is a terminal, for runs of two seconds or
 * more, at most four times a second.
 */
#ifndef NIB_BASE_PROGRESS_H
#define NIB_BASE_PROGRESS_H

#include <stdint.h>

struct progress {
	int on;
	int shown;
	int64_t started_ms, last_ms;
	const char *name;
};

void progress_start(struct progress *, const char *name, int quiet);
/* bytes of size read (size 0: unknown), and records. */
void progress_show(struct progress *, uint64_t bytes, uint64_t size,
    uint64_t records);
void progress_end(struct progress *);

#endif
