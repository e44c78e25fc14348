/*
 * personindex: persons remembered from one run to the next, in SQLite.
 *
 * It holds, for each person, every different set of canonical values that
 * its records had (the evidence). A run reads them as records of known
 * persons before its own, so that a person keeps the id it had. Persons that
 * new evidence joins become one: the lowest id stays, the others are
 * superseded by it and followed. People can merge persons and split them;
 * what was split is kept apart by every later run. Nothing is rewritten, so
 * the last run, merge or split can be taken back, and the one before it.
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
#include "linkage/cohort.h"
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
 * Adds the evidence to a cohort, its first records, and gives the person of
 * each, superseded ids followed, and who is kept apart; known: end it with
 * steps_known_clear. 8 bytes a record, and 8 more while it is at work.
 */
int personindex_load(struct personindex *, struct cohort *,
    struct steps_known *known, struct fault *);
#define PERSONINDEX_EACH 9 /* bytes a record, for an update */

struct personindex_account {
	uint64_t known;      /* persons before */
	uint64_t persons;    /* new ones */
	uint64_t superseded; /* by a lower id */
	uint64_t evidence;   /* new sets of values */
};

/*
 * After steps over the evidence (records 0 .. known->n - 1, as of load) and
 * new records (the rest of the cohort): ids[i], yours to free, is the person
 * of the group whose root is record i. Writes persons, what supersedes what
 * and new evidence into the run; sorts records in so much memory.
 */
int personindex_update(struct personindex *, struct steps_result *,
    const struct cohort *, const struct steps_known *, size_t memory,
    uint64_t **ids, struct personindex_account *, struct fault *);
int personindex_commit(struct personindex *, struct fault *);

struct personindex_run {
	const char *what; /* link, merge, split */
	uint64_t run, records, persons, superseded, evidence;
	int undone;
	const char *matching; /* "": none, by hand */
};

/* Runs in order; for looking only. */
int personindex_runs(const char *path,
    int (*each)(void *, const struct personindex_run *), void *,
    struct fault *);
/* Takes back the last run that was not; *run: which. */
int personindex_undo(const char *path, uint64_t *run, struct fault *);

/* Persons that were superseded, by id; now: the one to follow them to. */
struct personindex_superseded {
	uint64_t person, now, run;
};
int personindex_superseded(const char *path,
    int (*each)(void *, const struct personindex_superseded *), void *,
    struct fault *);

/*
 * The evidence of a person, superseded ids followed, in order. fields: names,
 * n of them; values: NULL where missing.
 */
struct personindex_evidence {
	uint64_t number, person /* it came with */, run;
	size_t n;
	const char *const *fields, *const *values;
};
int personindex_show(const char *path, uint64_t person,
    int (*each)(void *, const struct personindex_evidence *), void *,
    struct fault *);

/*
 * By hand, each a run of its own. merge: two persons are one; the lower id
 * stays. split with n 0: a superseded person is itself again; else evidence,
 * by its numbers, goes from a person to a new one. *id: the person that
 * stays, or that is itself again or new.
 */
int personindex_merge(const char *path, uint64_t a, uint64_t b, uint64_t *id,
    struct fault *);
int personindex_split(const char *path, uint64_t person,
    const uint64_t *evidence, size_t n, uint64_t *id, struct fault *);

#endif
