/*
 * cohort: what a linkage looks at, one file of people or two.
 *
 * The records are numbers in memory (v, a and b) while they take no more of it
 * than they may; then all of them go to a temporary file (depot), from which
 * they come in pieces. Or they are what nib-link block wrote, the records of
 * some keys of blocking rules (rows, counts).
 */
#ifndef NIB_LINKAGE_COHORT_H
#define NIB_LINKAGE_COHORT_H

#include <stdint.h>

#include "base/sorter.h"
#include "linkage/depot.h"
#include "linkage/nickname.h"
#include "linkage/roll.h"

struct cohort {
	const struct nicknames *nicknames; /* NULL: none are needed */
	struct values *v; /* of a depot or of rows: their layout */
	size_t memory; /* bytes, before a file is used; 0: any */
	/*
	 * Set by a caller that keeps so many bytes of each record in memory
	 * wherever the record is: more of it than memory is a fault. 0: any.
	 */
	size_t least;
	int frequencies; /* are counted where there is a depot; 1 at the start */
	int two;       /* files */
	struct roll_seen seen; /* of the file read last */
	struct roll a, b;
	struct depot *depot; /* NULL: the records are in a and b */
	struct sorter *rows; /* NULL: they are; see candidates_add */
	struct spill *rows_spill;
	struct counts *counts; /* with rows */
};

/* Takes the values. each: bytes the caller will hold for a record besides. */
void cohort_start(struct cohort *, struct values *, size_t memory,
    size_t each);
void cohort_end(struct cohort *);
/* Rows are to come, not records. Takes the counts. */
void cohort_start_rows(struct cohort *, struct counts *);

/*
 * Reads one file, then maybe another: as roll_read. Then, with ids,
 * cohort_check_ids: a fault if two records have one.
 */
int cohort_read(struct cohort *, struct csv_reader *, const long *columns,
    long id_column, unsigned jobs, const char *progress, struct fault *);
int cohort_check_ids(struct cohort *, const char *const *files,
    struct fault *);
/* Cells (linkage/roll.h) of so many records more, without ids. */
int cohort_add(struct cohort *, struct buf *cells, size_t records,
    struct fault *);

/* Every record in order, wherever it is, as depot_each; one file, no ids. */
int cohort_each(const struct cohort *, int (*visit)(void *arg,
    const struct depot_record *, struct fault *), void *arg, struct fault *);

/*
 * Codes of a field's values, 0: missing, record i's to to[i * stride]; one
 * file. From a depot they come in order of the values, which are sorted in
 * so much memory; texts, if not NULL, then has them under these codes in the
 * slot of its own.
 */
int cohort_codes(const struct cohort *, size_t slot, uint32_t *to,
    size_t stride, struct values *texts, size_t memory, struct fault *);

uint64_t cohort_count(const struct cohort *, unsigned side);
/* The second file's, or NULL. */
static inline const struct roll *
cohort_b(const struct cohort *p)
{
	return p->two ? &p->b : NULL;
}
/* Bytes that records, or counts, and their values take in memory. */
size_t cohort_held(const struct cohort *);

#endif
