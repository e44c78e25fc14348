/*
 * outfile: a file that appears only when complete.
 *
 * A regular file is written without a name, or under a temporary one in
 * the same directory, and given its name by outfile_commit after fsync: a
 * reader sees the old file or the whole new one, which has the old one's
 * permissions; a link stays, what it stands for is replaced. Standard output,
 * devices and the names of open descriptors (/dev/stdout, /dev/fd/3) are
 * written through. A broken pipe ends the process quietly by SIGPIPE, as with
 * any filter. A process that ends early leaves no trace of the file: one
 * without a name is gone, a temporary one is removed on exit(3) and on
 * SIGHUP, SIGINT, SIGPIPE and SIGTERM (on SIGKILL it stays).
 */
#ifndef NIB_BASE_OUTFILE_H
#define NIB_BASE_OUTFILE_H

#include <stddef.h>

#include "base/buf.h"
#include "base/fault.h"

struct outfile;

/*
 * NULL or "-" is standard output, which is closed when the output is complete:
 * it can be but one (filenames.h).
 */
struct outfile *outfile_open(const char *path, struct fault *);
/* Goes out before it returns if n is large, else is kept for later. */
int outfile_write(struct outfile *, const void *, size_t n, struct fault *);
/* What was kept goes out; a pipe's reader sees it. */
int outfile_flush(struct outfile *, struct fault *);
/* Complete: flush, fsync, rename. After it only outfile_close. */
int outfile_commit(struct outfile *, struct fault *);
/* Without a commit before it, nothing appears. Accepts NULL. */
void outfile_close(struct outfile *);

uint64_t outfile_bytes(const struct outfile *);
const char *outfile_path(const struct outfile *); /* "-" for stdout */

/* "-", or another name of the descriptor: /dev/stdout, /dev/fd/1. */
int outfile_is_stdout(const char *);
/*
 * Would two paths be one file, be it there yet or not? Names of one open
 * descriptor are; where it leads to a file, so is the name of that. Devices
 * and pipes by name may be named as often as wanted: 0.
 */
int outfile_same(const char *, const char *);

/* A file, or standard output, that holds this and no more: open to close. */
int outfile_whole(const char *path, const struct buf *, struct fault *);

/*
 * Sees every byte in order as it is written, for digests. hook is called
 * with what was given to outfile_write.
 */
void outfile_watch(struct outfile *, void (*hook)(void *, const void *,
    size_t), void *);

#endif
