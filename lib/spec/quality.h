/*
 * quality: measures of data quality, with the counts they come from.
 *
 * A table of counts by dataset, provider, period (YYYY-MM), kind and id.
 * Counts of parts add up to the counts of the whole; rates are made only
 * when the table is written. Kinds, and what their counts say:
 *
 *   field  records, applicable, missing, default, invalid, valid, and a
 *          sketch of how many distinct values (applicable = missing +
 *          invalid + valid; a default is valid)
 *   code   records with this code of a coded field, in value
 *   rule   applicable, failed: records where the rule is true or false, and
 *          where it is false
 *   key    records, failed: second and later with the same key
 *   lag    records by days from the event's end to submission, in value
 *   time   made of lag on writing: median, 90th percentile, share within
 *          some days; failed: submitted before the event ended
 *
 * Rates: completeness (applicable - missing) / applicable; validity valid /
 * (applicable - missing); uniqueness and consistency 1 - failed /
 * applicable. Formulae: reference of the Data Quality Maturity Index,
 * NHS Digital, methodology of 11 October 2021, and the dimensions of the
 * Government Data Quality Framework.
 *
 * Distinct values: as many as have a code row, for a coded field; for others
 * HyperLogLog of 256 registers (Flajolet et al. 2007), standard error 6.5%,
 * exact to within a few below 100. It cannot be turned back into values.
 */
#ifndef NIB_SPEC_QUALITY_H
#define NIB_SPEC_QUALITY_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/fault.h"
#include "spec/spec.h"

#define QUALITY_REGISTERS 256
#define QUALITY_BAD_PROVIDER "(invalid)"

enum quality_count {
	QUALITY_RECORDS, QUALITY_APPLICABLE, QUALITY_MISSING,
	QUALITY_DEFAULT, QUALITY_INVALID, QUALITY_VALID, QUALITY_FAILED,
	QUALITY_COUNTS
};

struct quality_row {
	const char *dataset, *provider, *period, *kind, *id, *value;
	uint64_t n[QUALITY_COUNTS];
	/* Of a field that counts for the index: 0..1; -1: no defaults. */
	int counts;
	double threshold;
	unsigned char *sketch; /* QUALITY_REGISTERS; NULL: none */
};

struct quality;

struct quality *quality_new(void);
void quality_free(struct quality *);
/* The row, made if it is new; strings are copied. Until the next call. */
struct quality_row *quality_row(struct quality *, const char *dataset,
    const char *provider, const char *period, const char *kind,
    const char *id, const char *value);
void quality_sketch(struct quality *, struct quality_row *,
    const unsigned char *);

/* Adds what a file of quality_put holds. */
int quality_read(struct quality *, const char *path, struct fault *);
/*
 * As CSV, sorted. partial: sketches too, so that the file may be merged
 * without loss. within: days of the share of timely records.
 */
void quality_put(struct quality *, int partial, unsigned within,
    struct buf *);

/*
 * The Data Quality Maturity Index of each provider and of all (provider
 * "*"), with its items. A field of the index counts where it applies:
 *
 *   excess = max(0, defaults - threshold * applicable)
 *   score = (valid - excess) / applicable
 *   coverage = periods with records / periods expected, of its dataset
 *   DQMI = mean score * mean coverage * 100 over all items
 *
 * expected: how many periods should be there; 0: from the first to the
 * last month that any provider has.
 */
void quality_dqmi(struct quality *, unsigned expected, struct buf *);
double quality_score(uint64_t applicable, uint64_t valid, uint64_t defaults,
    double threshold);

/*
 * Each rate held against a threshold: outcomes pass, pass with findings
 * (some cells fail, the rate is still good enough), fail, not applicable.
 * thresholds: a CSV file of kind, id, measure, minimum; "*" is any id. One
 * that speaks of nothing in the table is not applicable. within: days that
 * count as timely. *failed counts the outcome fail.
 */
int quality_judge(struct quality *, const char *thresholds, unsigned within,
    struct buf *, size_t *failed, struct fault *);

/*
 * What is different from an earlier table: records, completeness and
 * validity of fields, consistency of rules, uniqueness of keys, and how
 * codes are spread (half the sum of absolute differences of shares, 0 to
 * 1). First by provider, the whole of each table taken together, with what
 * is new or gone; then by provider and month: with the same month before,
 * or, if the earlier table lacks it, with all its months, of which records
 * are an average one's. least: differences below it are left out, for
 * records as a share of those before.
 */
void quality_changes(struct quality *now, struct quality *before,
    double least, struct buf *);

/*
 * One page, no script: fields by providers, the worst first. spec says what
 * its rules find; NULL: not known, rules stand by their ids.
 */
void quality_html(struct quality *, const struct spec *spec, struct buf *);

#endif
