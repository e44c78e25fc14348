/*
 * infile: bytes of a file or of standard input, decompressed.
 *
 * gzip and zstd are recognised by their first bytes. A compressed stream
 * that ends early is an error, and so is trailing garbage.
 */
#ifndef NIB_BASE_INFILE_H
#define NIB_BASE_INFILE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/fault.h"

struct infile;

/* "-" is standard input. A directory is refused. */
struct infile *infile_open(const char *path, struct fault *);
/*
 * Bytes that are kept elsewhere: read gives up to n of them from a place on,
 * 0 at the end, -1 on error. Borrowed until infile_close; path names them.
 */
struct infile_source {
	ssize_t (*read)(void *arg, uint64_t at, void *to, size_t n,
	    struct fault *);
	void *arg;
	uint64_t size;
};
struct infile *infile_open_source(const struct infile_source *,
    const char *path, struct fault *);
void infile_close(struct infile *);

/* Fills up to n bytes; 0 at the end; -1 on error. Less than n is normal. */
ssize_t infile_read(struct infile *, void *, size_t n, struct fault *);

/*
 * hook sees the bytes of the file as they stand in it, those read already
 * included: for digests.
 */
void infile_watch(struct infile *, void (*hook)(void *, const void *, size_t),
    void *);

/* As given to infile_open; borrowed. */
const char *infile_path(const struct infile *);
/* Bytes taken from the file itself so far, and its size (0: unknown). */
uint64_t infile_taken(const struct infile *);
uint64_t infile_size(const struct infile *);

/* A small file whole: *p is yours, with a NUL beyond n. Cap in bytes. */
int infile_whole(const char *path, size_t cap, char **p, size_t *n,
    struct fault *);

#endif
