/*
 * personindex: persons remembered from one run to the next, in SQLite.
 *
 * It holds, for each person, every different set of canonical values that
 * its records had (the evidence). A run reads them as records of known
 * persons before its own, so that a person keeps the id it had. Persons that
 * new evidence joins become one: the lowest id stays, the others are
 * superseded by it and followed. Nothing is rewritten, so the last run can
 * be taken back.
 *
 * A run is one transaction: after any failure the index is as it was.
 * Another run that has it open is a fault at once. The file is made
 * readable by its owner alone; it holds what identifies people.
 */
#ifndef NIB_LINKAGE_PERSONINDEX_H
#define NIB_LINKAGE_PERSONINDEX_H

#include <stddef.h>
#include <stdint.h>

#include "base/fault.h"
#include "linkage/roll.h"
#include "linkage/steps.h"

struct personindex;

/*
 * Opens or makes the index and begins a run. Fields and their types must be
 * those it was made with; used as of steps_fields.
 */
struct personindex *personindex_open(const char *path,
    const struct matching *, const char *used, struct fault *);
/* Without a commit before it, nothing has changed. Accepts NULL. */
void personindex_close(struct personindex *);

/*
 * The evidence as a roll, and the person of each of its records, superseded
 * ids followed; *known is yours.
 */
int personindex_load(struct personindex *, struct values *, struct roll *,
    uint64_t **known, struct fault *);

struct personindex_account {
	uint64_t known;      /* persons before */
	uint64_t persons;    /* new ones */
	uint64_t superseded; /* by a lower id */
	uint64_t evidence;   /* new sets of values */
};

/*
 * After steps over the evidence (records 0 .. nknown - 1, known as of load)
 * and new records (the rest of the roll): ids[i], room for the new records,
 * gets the person of the i-th. Writes persons, what supersedes what and
 * new evidence into the run.
 */
int personindex_update(struct personindex *, struct steps_result *,
    const struct roll *, const struct values *, size_t nknown,
    const uint64_t *known, uint64_t *ids, struct personindex_account *,
    struct fault *);
int personindex_commit(struct personindex *, struct fault *);

struct personindex_run {
	uint64_t run, records, persons, superseded, evidence;
	int undone;
	const char *matching;
};

/* Runs in order; for looking only. */
int personindex_runs(const char *path,
    int (*each)(void *, const struct personindex_run *), void *,
    struct fault *);
/* Takes back the last run that was not; *run: which. */
int personindex_undo(const char *path, uint64_t *run, struct fault *);

#endif
