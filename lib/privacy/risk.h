/*
 * risk: how far a combination of fields singles people out.
 *
 * Records that agree in all quasi-identifiers form a class. With n records
 * in E classes:
 *
 *   k_min            the smallest class; prosecutor_max is 1 / k_min
 *   avg_risk         E / n, the mean over records of 1 / size of class
 *   uniques          classes of one record
 *   l_distinct_min   the fewest different sensitive values in a class
 *   l_entropy_min    the least exp(entropy of a class's values)
 *   t_closeness_max_equal_distance
 *                    the greatest half sum over values of |share in the
 *                    class - share in all|
 *
 * Sweeney 2002 (k), Machanavajjhala et al. 2007 (l), Li et al. 2007 (t, by
 * the equal distance). A record with "*" in a quasi-identifier is counted
 * as suppressed and is in no class. leave_one_out says what the smallest
 * class and the uniques would be without each field.
 *
 * These are of the records at hand. When they are a sample, the risk in
 * the population is less.
 *
 * Memory: for each class 40 bytes and its values; with a sensitive field 40
 * bytes for each pair of class and value.
 */
#ifndef NIB_PRIVACY_RISK_H
#define NIB_PRIVACY_RISK_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/fault.h"
#include "csv/reader.h"
#include "privacy/gate.h"

struct risk;

/*
 * names: comma-separated quasi-identifiers; sensitive: a field, or NULL.
 * With a gate, cells are taken as its treatments leave them; a field that
 * becomes a pseudonym or goes is refused. Borrows all until risk_free.
 */
struct risk *risk_new(const char *names, const char *sensitive,
    struct gate *, const struct csv_header *, struct fault *);
void risk_free(struct risk *);

/* For struct flow: state_new, state_free, state_merge and map. */
void *risk_worker_new(void *risk);
void risk_worker_free(void *worker);
int risk_worker_merge(void *into, void *from, struct fault *);
int risk_map(void *worker, const struct csv_block *, struct buf *outs,
    struct fault *);

/* The smallest class; 0 when there is none. */
uint64_t risk_min_class(const void *worker);
/* The report, JSON. */
void risk_report(const void *worker, struct buf *);

#endif
