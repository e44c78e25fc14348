/*
 * consent: whose records may be used, by the lists of those who objected.
 *
 * The specification lists the kinds of objection that apply to its records:
 *
 *   national  the National Data Opt-out: a list of those who opted out
 *             (deny), or the list of those usable that the national service
 *             returns (allow)
 *   type1     objection with the GP practice: a list of those who objected
 *
 * Each kind must be answered by a list, or by an exemption with a reason
 * that has a name; consent_new refuses a run where one is not. A record
 * whose NHS number is missing or invalid cannot be looked up, and goes,
 * unless keep_unmatched says otherwise.
 */
#ifndef NIB_PRIVACY_CONSENT_H
#define NIB_PRIVACY_CONSENT_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/fault.h"
#include "csv/reader.h"
#include "privacy/people.h"
#include "spec/spec.h"

enum consent_list { CONSENT_OPT_OUT, CONSENT_ALLOW, CONSENT_TYPE1 };
#define CONSENT_LISTS 3

struct consent_options {
	const struct spec *spec;
	const char *lists[CONSENT_LISTS]; /* paths; NULL: not given */
	int64_t max_age_seconds;          /* of a list; -1: any */
	const char *const *exemptions;    /* KIND:REASON[:NOTE] */
	size_t nexemptions;
	int keep_unmatched;
};

struct consent;

/* Reads the lists. Borrows the options' strings until consent_free. */
struct consent *consent_new(const struct consent_options *,
    const struct csv_header *, struct fault *);
void consent_free(struct consent *);

/* The reasons for exemptions and what they mean; NULL, NULL at the end. */
struct consent_reason {
	const char *name, *meaning;
};
const struct consent_reason *consent_reasons(void);

/*
 * Another use of the same input: the NHS numbers that must be asked about.
 * No lists and no exemptions are needed.
 */
struct consent *consent_request(const struct spec *,
    const struct csv_header *, struct fault *);
/* The numbers that consent_map saw. */
const struct people *consent_people(const struct consent *);

/* For struct flow: state_new, state_free, state_merge and map. */
void *consent_worker_new(void *consent);
void consent_worker_free(void *worker);
int consent_worker_merge(void *into, void *from, struct fault *);
int consent_map(void *worker, const struct csv_block *, struct buf *outs,
    struct fault *);

struct consent_counts {
	uint64_t in, out;
	uint64_t removed[CONSENT_LISTS]; /* a record can be in two */
	uint64_t objected; /* records removed by any list */
	uint64_t missing;  /* records without an NHS number */
	uint64_t invalid;  /* with one that is none */
};
struct consent_counts consent_worker_counts(const void *worker);

/* The report, JSON: counts and answers, never who. purpose may be NULL. */
void consent_report(const struct consent *, const struct consent_counts *,
    const char *purpose, struct buf *);

#endif
