/*
 * reverse: tokens back into the values they stand for.
 *
 * A column whose treatment (an override, else the specification's) is
 * reversible(DOMAIN) is opened with the project's key, one whose treatment
 * is escrow(DOMAIN) with the escrow file and the officer's secret key. All
 * other columns pass as they are.
 *
 * Memory: the escrow file, and 40 bytes for each of its lines.
 */
#ifndef NIB_PRIVACY_REVERSE_H
#define NIB_PRIVACY_REVERSE_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/fault.h"
#include "csv/reader.h"
#include "privacy/key.h"
#include "spec/spec.h"

struct reverse_options {
	const struct spec *spec;
	const struct key *key;  /* a project's, or an officer's secret */
	const char *escrow;     /* the file; NULL: reversible tokens */
	const char *const *overrides; /* FIELD=TREATMENT */
	size_t noverrides;
	int blank; /* a token that does not open: empty, else an error */
};

struct reverse;

struct reverse *reverse_new(const struct reverse_options *,
    const struct csv_header *, struct fault *);
void reverse_free(struct reverse *);

/* For struct flow: state_new, state_free, state_merge and map. */
void *reverse_worker_new(void *reverse);
void reverse_worker_free(void *worker);
int reverse_worker_merge(void *into, void *from, struct fault *);
int reverse_map(void *worker, const struct csv_block *, struct buf *outs,
    struct fault *);
/* Of a merged worker: tokens that were opened, and that were not. */
uint64_t reverse_opened(const void *worker);
uint64_t reverse_refused(const void *worker);

#endif
