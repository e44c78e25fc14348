/*
 * findings: what was found wrong with records, and how it is told.
 *
 * A catalogue lists everything that is checked, once, before the first
 * record; a finding is an entry of it at a place. Types are those of
 * Frictionless with unique-key added. Places: row is the number of the
 * record in its file, the header being row 1; col counts from 1 and is
 * empty for what concerns a whole record.
 */
#ifndef NIB_SPEC_FINDINGS_H
#define NIB_SPEC_FINDINGS_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "spec/spec.h"

enum findings_format { FINDINGS_CSV, FINDINGS_JSON };

/* One thing that is checked. Text is copied by findings_add. */
struct findings_check {
	const char *type;       /* type-error, constraint-error, ... */
	const char *constraint; /* required, enum, ...; NULL */
	const char *rule;       /* id of a rule; NULL */
	const char *field;      /* NULL: the record */
	size_t column;          /* from 1; 0: the record */
	enum spec_severity severity;
	const char *message;
	double max_rate; /* share of records that may break it; -1: none */
};

struct finding {
	uint64_t row;    /* 0: unknown */
	uint32_t check;
	uint32_t column; /* where not the check's; 0: the check's */
	size_t value, nvalue; /* the cell's place in a buffer of the caller's */
};

struct findings; /* the catalogue */

struct findings *findings_new(enum findings_format, int values, int files);
void findings_free(struct findings *);
/* The entry's number. */
uint32_t findings_add(struct findings *, const struct findings_check *);
size_t findings_count(const struct findings *);
const struct findings_check *findings_get(const struct findings *, size_t);

/* The first line of a CSV file; nothing for JSON (one object a line). */
void findings_put_header(const struct findings *, struct buf *);
void findings_put(const struct findings *, const struct finding *,
    const char *file, const char *value, size_t nvalue, struct buf *);

/*
 * A reader's fault as the last finding, source-error or encoding-error. Not
 * for use while others read the catalogue.
 */
void findings_put_fault(struct findings *, const struct fault *, int header,
    struct buf *);

/* How often each entry was found, and where first. */
struct findings_tally {
	uint64_t n;
	uint64_t row; /* of the first */
	size_t file;
};

void findings_tally(struct findings_tally *, size_t file, uint64_t row);
void findings_merge(struct findings_tally *, const struct findings_tally *,
    size_t n);
/* The n commonest entries of a tally, in order; returns how many there are. */
size_t findings_commonest(const struct findings *,
    const struct findings_tally *, size_t n, uint32_t *to);
/* "column 7 (sex): not in its code list: 12 times, first at row 3" */
void findings_put_summary(const struct findings *, uint32_t check,
    const struct findings_tally *, struct buf *);

#endif
