/*
 * contributors: who a sum is made of. A person or a provider with several
 * records contributes their sum to each group that it is in.
 *
 * The tally groups by the contributor too, with all totals: a group's rows
 * of single contributors come before the row of the group. So nothing more
 * is kept than groups, which spill and merge as any; and a total's
 * contributors are those of all records in it.
 */
#ifndef NIB_DISCLOSURE_CONTRIBUTORS_H
#define NIB_DISCLOSURE_CONTRIBUTORS_H

#include "disclosure/profile.h"
#include "tally/tally.h"

/*
 * What to tally for a request: with a grouping more, by expr. Shares the
 * texts of the first but for what disclosure_contributors_free frees.
 */
int disclosure_contributors_request(const struct tally_request *shown,
    const char *expr, struct tally_request *to, struct fault *);
void disclosure_contributors_free(struct tally_request *to,
    const struct tally_request *shown);

struct contributors;

/* Rows of shown out of a result of the request made of it. All borrowed. */
struct contributors *contributors_new(const struct tally_request *shown,
    const struct disclosure_profile *, struct tally_result *);
void contributors_free(struct contributors *);

/*
 * As tally_result_next, of the request shown. Sums and means that the
 * profile's dominance rules mask have unsafe set: with T the sum of what
 * contributors gave (without signs) and c1, c2, ... the largest of these,
 *
 *     there are fewer contributors than the profile's;
 *     c1 + ... + cn > percent / 100 * T   (n, k dominance);
 *     T - c1 - c2 < p / 100 * c1          (p-percent).
 *
 * Hundepool and others (2012), Statistical Disclosure Control, 4.2.
 */
int contributors_next(void *, struct tally_row *, struct fault *);

#endif
