/*
 * noisy: counts, sums and means with differentially private geometric noise.
 *
 * What is published is epsilon-differentially private for a person: whether
 * or not all of one person's records were there changes the probability of
 * any output by a factor of exp(epsilon) at most. For that
 *
 * - each person adds no more than bound to all counts together; of further
 *   records it is decided person by person which are left out;
 * - epsilon is divided equally by the questions: the count, each sum, and of
 *   each mean its sum (once, if it is asked for too) and its number of values;
 * - each number gets noise of P(x) = (1 - a) / (1 + a) * a^|x| with
 *   a = exp(-epsilon / (questions * s)) (Ghosh, Roughgarden and Sundararajan
 *   2012), s what a person can change it by over all groups together: bound,
 *   or for a sum bound times the largest amount of a record (amounts.h);
 * - a mean is made of the two noisy numbers;
 * - which groups there are is given beforehand and does not depend on the
 *   records: one that does not occur has a count near 0, one that is not
 *   given is left out;
 * - records without a person are left out.
 */
#ifndef NIB_DISCLOSURE_NOISY_H
#define NIB_DISCLOSURE_NOISY_H

#include "base/outfile.h"
#include "disclosure/amounts.h"
#include "csv/table.h"
#include "privacy/noise.h"
#include "tally/tally.h"

#define NOISY_BOUND ((int64_t)1000000)

struct noisy_options {
	/* Groupings and measures; the result has the person besides. */
	const struct tally_request *request;
	const struct csv_table *groups; /* a column for each grouping */
	uint64_t epsilon;               /* in millionths */
	uint64_t bound;                 /* records a person, to NOISY_BOUND */
	const struct amounts *amounts;  /* of its measures */
	int header;
};

struct noisy;
/* Borrowed until noisy_free. What is wrong with the groups is found here. */
struct noisy *noisy_new(const struct noisy_options *, struct fault *);
void noisy_free(struct noisy *);

/*
 * Writes the table, in byte order of the groups. The noise depends on its
 * key, the request, epsilon, bounds, groups and the bounded numbers: another
 * run gives the same, other records other noise. Memory: 32 bytes for each
 * pair of a person and a group, 96 more for each sum, and 40 for each person.
 */
int noisy_publish(struct noisy *, struct tally_result *, struct noise *,
    struct outfile *, uint64_t *rows, struct fault *);

#endif
