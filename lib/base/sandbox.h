/*
 * sandbox: after its files are open, a process needs little of the system.
 *
 * sandbox_enter gives the rest up, for this thread and those it starts, for
 * good: files but those named here can be neither opened nor made
 * (Landlock, Linux 5.13 and later), no program can be started, no socket
 * opened, no other process looked into or signalled (seccomp). What a
 * crafted record could make of a bug in a parser ends there. A crash leaves
 * no core file, which would hold records.
 *
 * Descriptors that are open stay as they are. Best effort: where the system
 * or the build has not one of the two, the other is used.
 */
#ifndef NIB_BASE_SANDBOX_H
#define NIB_BASE_SANDBOX_H

#include <sys/types.h>

#include "base/fault.h"

struct sandbox;

struct sandbox *sandbox_new(void);
void sandbox_free(struct sandbox *);

/*
 * What may still be opened, now or when it is there. Names that are NULL or
 * "-" are passed over.
 *
 *   read   a file or directory and what is in it, for reading
 *   write  a file that appears by outfile: its directory, to make, rename
 *          and remove files in it; a device: the device
 *   work   a directory, to read and write, make and remove files in it
 *   beside the same for the directory that a file is in
 */
void sandbox_read(struct sandbox *, const char *path);
void sandbox_write(struct sandbox *, const char *path);
void sandbox_work(struct sandbox *, const char *directory);
void sandbox_beside(struct sandbox *, const char *path);

/* required: -1 with a fault where any of it is missing; else always 0. */
int sandbox_enter(struct sandbox *, int required, struct fault *);

/*
 * In a process just forked: it ends when the one that forked it does, which
 * alone knows what it is for. parent: that one's id. Linux only.
 */
void sandbox_end_with(pid_t parent);

#endif
