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
void sidecar_close(struct sidecar *);

/*
 * Rows of CSV: what, was, is, same (yes or no), for the version, the
 * specification, the definitions and every file. Returns how many differ.
 */
size_t sidecar_compare(const struct sidecar *was, const struct sidecar *is,
    struct buf *);

#endif
