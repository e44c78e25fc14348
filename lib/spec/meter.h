/*
 * meter: counts for quality, made while records are checked.
 *
 * One per worker. Groups are providers by months; of each it holds a few
 * counts a field, 256 bytes a field for distinct values (a table of counts
 * for coded fields), and counts of days: 5 to 20 KiB a group for forty
 * fields, whatever the number of records.
 */
#ifndef NIB_SPEC_METER_H
#define NIB_SPEC_METER_H

#include <stddef.h>
#include <stdint.h>

#include "csv/block.h"
#include "spec/column.h"
#include "spec/quality.h"
#include "spec/spec.h"
#include "spec/valueset.h"

/*
 * Numbers of groups that all meters of a plan share, for verdicts that are
 * known only at the end. Safe from several threads.
 */
struct meter_places;
struct meter_places *meter_places_new(void);
void meter_places_free(struct meter_places *);
size_t meter_places_count(const struct meter_places *);

/* What is counted; all borrowed for as long as a meter lives. */
struct meter_plan {
	const char *dataset;
	size_t nfields; /* columns that the specification describes */
	struct meter_field {
		const char *name;
		const struct valueset *codes; /* NULL: not coded */
		size_t prefix;                /* of codes that count */
		int counts;                   /* in the index */
		double threshold;
	} *fields;
	size_t nrules, nkeys;
	const char *const *rules, *const *keys; /* ids */
	/* Those that break what it asks are one: QUALITY_BAD_PROVIDER. */
	const struct column *provider; /* NULL: none */
	/* The month is that of the first that is a date; NULL: none. */
	const struct expr_field *end, *start, *submitted;
	struct meter_places *places; /* NULL: not wanted */
};

struct meter;
struct meter *meter_new(const struct meter_plan *);
void meter_free(struct meter *);

/* The groups of a block's records; keep for meter_key. */
int meter_block(struct meter *, const struct csv_block *, struct fault *);
/* The places of that block's records; borrowed until the next one. */
const uint32_t *meter_places_of(struct meter *, size_t nrecords);
/*
 * A column's batch: cells that are there, and by row of the batch whether
 * one failed, is a default, applies (NULL: all do).
 */
void meter_column(struct meter *, size_t field, size_t first, size_t m,
    const struct column_cells *, const unsigned char *failed,
    const unsigned char *defaults, const unsigned char *applies);
/* Verdicts of expr_test. */
void meter_rule(struct meter *, size_t rule, size_t first, size_t m,
    const unsigned char *verdict);
/* Record r of the block has a key, and has it first or not. */
void meter_key(struct meter *, size_t key, size_t r, int first);

/* Adds all to a table. */
void meter_flush(const struct meter *, struct quality *);
/* The same of verdicts that were counted by place elsewhere. */
void meter_flush_rule(const struct meter_plan *, size_t place,
    const char *rule, uint64_t applicable, uint64_t failed,
    struct quality *);

#endif
