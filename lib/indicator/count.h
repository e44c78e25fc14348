/*
 * count: records to counts per area, period and stratum, for many
 * indicators in one pass.
 *
 * A record counts for an indicator when it meets its "where" and none of
 * its exclusions. It is then in the denominator when it meets that
 * condition, and in the numerator when it meets that one (for a proportion
 * both). Sums are exact: decimals with the digits the definition gives. An
 * expression that several definitions use is evaluated once.
 *
 * Partial results hold integers only and name the definitions they are
 * from by a digest, so that parts of different versions do not mix.
 *
 * Memory: 48 bytes a group and indicator, a group's key, and blocks; the
 * groups are few (areas by periods by strata).
 */
#ifndef NIB_INDICATOR_COUNT_H
#define NIB_INDICATOR_COUNT_H

#include <stddef.h>

#include "base/buf.h"
#include "base/fault.h"
#include "base/num.h"
#include "csv/reader.h"
#include "indicator/definition.h"
#include "spec/spec.h"

/* What has been counted: groups in no order, added to one another. */
struct book;

struct book *book_new(const struct definition *const *, size_t n);
void book_free(struct book *);
/* Adds to a group of definition d: key cells, NUL-terminated. */
int book_add(struct book *, size_t d,
    const char *const key[DEFINITION_KEYS], num_wide numerator,
    num_wide denominator, num_wide squares, struct fault *);
size_t book_groups(const struct book *);

/*
 * Reads partial results and adds them. paths: those of the reader, none for
 * standard input; expected: of how many parts they must be made, 0 for any.
 * -1 also when one was cut short (flow/parts.h).
 */
int book_read_partial(struct book *, struct csv_reader *,
    const char *const *paths, size_t npaths, uint64_t expected,
    struct fault *);

/*
 * As CSV, in C byte order of indicator and key: with a header line. partial:
 * for book_read_partial, made of the parts that were read, or one; else
 * numerator and denominator as decimals, a
 * denominator that is a population empty.
 */
void book_put(const struct book *, int partial, int header, struct buf *);

/* Counting a stream; see flow/flow.h. */
struct counter;

/*
 * All definitions must be of one dataset, spec. Expressions are compiled
 * against the header; a field that it lacks is a fault which names the
 * definition and the field.
 */
struct counter *counter_new(const struct definition *const *, size_t n,
    const struct spec *, const struct csv_header *, struct fault *);
void counter_free(struct counter *);
/* Tells the reader which columns will be looked at, before its first page. */
void counter_want(const struct counter *, struct csv_reader *);

/* For struct flow: arg is the counter. */
void *counter_state_new(void *);
void counter_state_free(void *);
int counter_state_merge(void *, void *, struct fault *);
int counter_map(void *, const struct csv_block *, struct buf *,
    struct fault *);

/* What the merged state holds, into a book. */
int counter_finish(const struct counter *, const void *state, struct book *,
    struct fault *);

#endif
