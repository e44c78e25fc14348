/*
 * protect: disclosure control of a whole table, and the audit of it.
 */
#ifndef NIB_DISCLOSURE_PROTECT_H
#define NIB_DISCLOSURE_PROTECT_H

#include "disclosure/audit.h"
#include "disclosure/profile.h"
#include "tally/rows.h"

struct disclosure_verdict { /* of a row */
	unsigned char primary;  /* its count, or one it is made of, is small */
	unsigned char hidden;   /* nothing of it is published */
	struct disclosure_interval interval; /* of its count */
};

/* Does the profile mask the count of a row, or one it is made of? */
int disclosure_is_small(const struct disclosure_profile *,
    const struct tally_row *, const struct tally_request *);

/* Besides the table. */
struct disclosure_known {
	/* Of two groupings, all that there are, though no table says so. */
	const struct tally_rows *pairs;
	/* What the publisher has: the rows of all groupings; or NULL, the table's. */
	const struct tally_rows *finest;
};

/*
 * Hides the rows that the profile masks, and as many more that none of
 * their counts can be derived to less than width values: v, one for each
 * row. Exact counts of the others are published, totals too.
 */
int disclosure_hide_rows(const struct disclosure_profile *,
    const struct tally_rows *, const struct disclosure_known *,
    const struct tally_request *, int64_t width,
    struct disclosure_verdict *v, struct fault *);

/*
 * For a table published cell by cell (disclosure_put): what the masked
 * counts can be, given the rounded ones and what the symbol says.
 */
int disclosure_audit_rounded(const struct disclosure_profile *,
    const struct tally_rows *, const struct disclosure_known *,
    const struct tally_request *, struct disclosure_verdict *v,
    struct fault *);

#endif
