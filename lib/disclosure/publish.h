/*
 * publish: a result as the table that leaves, by a profile and a mode.
 */
#ifndef NIB_DISCLOSURE_PUBLISH_H
#define NIB_DISCLOSURE_PUBLISH_H

#include "base/outfile.h"
#include "disclosure/profile.h"
#include "disclosure/tables.h"
#include "tally/labels.h"

struct disclosure_publish_options {
	const struct tally_request *request; /* borrowed, as the names are */
	const char *disclosure;  /* "hes", "hes:suppress"; NULL: "none" */
	const char *total_label;
	const char *audit;       /* a file for the audit; or NULL */
	int complete;            /* rows that never occurred too */
	size_t top;              /* so many groups, the rest as one; 0: all */
	const char *rest_label;
	const char *const *labels; /* as tally_labels_open reads them */
	size_t nlabels;
	const char *pivot;       /* the grouping whose values are columns */
	int note;                /* a column for cells that were no numbers */
	int header;
	/*
	 * The last measure is the sum of record keys, for the mode cellkey,
	 * and is not published itself.
	 */
	int record_key;
	/*
	 * The result is by one grouping more, who contributes to sums; see
	 * disclosure/contributors.h.
	 */
	int contributors;
	/* Only these tables of the cube; or NULL. The result is a cube. */
	const struct disclosure_tables *tables;
};

struct disclosure_publisher;

/* Everything that can be wrong with what is asked is found here. */
struct disclosure_publisher *disclosure_publisher_new(
    const struct disclosure_publish_options *, struct fault *);
void disclosure_publisher_free(struct disclosure_publisher *);
const struct disclosure_profile *disclosure_publisher_profile(
    const struct disclosure_publisher *);
const struct tally_labels *disclosure_publisher_labels(
    const struct disclosure_publisher *);

struct disclosure_published {
	uint64_t rows;
	uint64_t masked;  /* rows; only where the table was seen whole */
	int unaudited;    /* rounded and masked, with totals, and not audited */
	uint64_t narrow;  /* of these, not as wide as the profile asks */
	int nothing;      /* there are records, and every cell is masked */
};

/*
 * Writes the table. A mode or an option that needs the table whole holds
 * it in memory; else rows go through one by one.
 */
int disclosure_publish(const struct disclosure_publisher *,
    struct tally_result *, struct outfile *, struct disclosure_published *,
    struct fault *);

#endif
