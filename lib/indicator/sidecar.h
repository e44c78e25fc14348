/* sidecar: a provenance file read back, to see whether a run can be had
 * again with the same bytes. */
#ifndef NIB_INDICATOR_SIDECAR_H
#define NIB_INDICATOR_SIDECAR_H

#include <stddef.h>

#include "base/buf.h"
#include "base/fault.h"

struct sidecar_file {
	const char *path, *digest;
};

struct sidecar {
	const char *tool, *version;
	size_t narguments;
	const char *const *arguments;
	const char *spec;       /* digest; NULL: none */
	const char *indicators; /* NULL: none */
	size_t ninputs, nfiles, noutputs;
	const struct sidecar_file *inputs, *files, *outputs;
	struct sidecar_memory *memory;
};

struct sidecar *sidecar_open(const char *path, struct fault *);
/* The same from memory; name is for messages. */
struct sidecar *sidecar_parse(const char *name, const char *, size_t,
    struct fault *);
void sidecar_close(struct sidecar *);

/*
 * Rows of CSV: what, was, is, same (yes or no), for the version, the
 * specification, each definition and every file. Returns how many differ.
 */
size_t sidecar_compare(const struct sidecar *was, const struct sidecar *is,
    struct buf *);
/*
 * The same for the outputs that still lie where the run put them: are they
 * what it wrote? Adds to the number that differ.
 */
int sidecar_kept(const struct sidecar *was, struct buf *, size_t *differ,
    struct fault *);

#endif
