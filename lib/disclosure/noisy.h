/*
 * noisy: counts with differentially private geometric noise.
 *
 * What is published is epsilon-differentially private for a person: whether
 * or not all of one person's records were there changes the probability of
 * any output by a factor of exp(epsilon) at most. For that
 *
 * - each person adds no more than bound to all counts together; of further
 *   records it is decided person by person which are left out;
 * - each count gets noise of P(x) = (1 - a) / (1 + a) * a^|x| with
 *   a = exp(-epsilon / bound) (Ghosh, Roughgarden and Sundararajan 2012);
 * - which groups there are is given beforehand and does not depend on the
 *   records: one that does not occur has a count near 0, one that is not
 *   given is left out;
 * - records without a person are left out.
 */
#ifndef NIB_DISCLOSURE_NOISY_H
#define NIB_DISCLOSURE_NOISY_H

#include "base/outfile.h"
#include "csv/table.h"
#include "privacy/noise.h"
#include "tally/tally.h"

#define NOISY_BOUND ((int64_t)1000000)

struct noisy_options {
	/* Groupings and one count; the result has the person besides. */
	const struct tally_request *request;
	const struct csv_table *groups; /* a column for each grouping */
	uint64_t epsilon;               /* in millionths */
	uint64_t bound;                 /* records a person, to NOISY_BOUND */
	int header;
};

struct noisy;
/* Borrowed until noisy_free. What is wrong with the groups is found here. */
struct noisy *noisy_new(const struct noisy_options *, struct fault *);
void noisy_free(struct noisy *);

/*
 * Writes the table, in byte order of the groups. The noise depends on its
 * key, the request, epsilon, bound, groups and the bounded counts: another
 * run gives the same, other records other noise. Memory: 24 bytes for each
 * pair of a person and a group, and 40 for each person.
 */
int noisy_publish(struct noisy *, struct tally_result *, struct noise *,
    struct outfile *, uint64_t *rows, struct fault *);

#endif
