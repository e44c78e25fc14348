/*
 * release: looks at a published table for what should not leave.
 *
 * Without the records: what the cells themselves say, against the rules of
 * a profile. Passing is no proof that a table is safe.
 */
#ifndef NIB_DISCLOSURE_RELEASE_H
#define NIB_DISCLOSURE_RELEASE_H

#include "csv/table.h"
#include "disclosure/profile.h"

struct disclosure_release_options {
	/*
	 * Which columns are groupings and what the others measure, by name.
	 * Without groupings the leading columns are, up to the first that is
	 * called as a measure or is none by its cells. Borrowed.
	 */
	const struct tally_request *request;
	const char *disclosure;  /* "hes", "hes:suppress" */
	const char *total_label; /* of a grouping, or of a column */
};

struct disclosure_release;

struct disclosure_release *disclosure_release_new(
    const struct disclosure_release_options *, struct fault *);
void disclosure_release_free(struct disclosure_release *);

/*
 * found is called for each finding, in the order of rules, with its place;
 * no finding holds a cell's value, nor a column's name that is an
 * identifier. -1 with a fault if it cannot be told what the columns are.
 *
 * A masked count is derived by bounds: what each total leaves for it given
 * the others, until nothing changes. The true interval may be narrower, never
 * wider. Memory: 48 bytes a cell and 16 a row. Time: a sort of the rows for
 * each grouping, and again as long as bounds change, at most 100 times.
 */
int disclosure_release_check(const struct disclosure_release *,
    const struct csv_table *, void (*found)(void *arg,
    const struct fault *), void *arg, struct fault *);

#endif
