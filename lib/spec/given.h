/*
 * given: findings that were made elsewhere, by record.
 *
 * Whether a key came before depends on all records. Where these are checked
 * in parts, one run looks across them (checker_options.across), and its
 * findings are given to the runs on the parts. Holds 16 bytes a finding.
 */
#ifndef NIB_SPEC_GIVEN_H
#define NIB_SPEC_GIVEN_H

#include <stddef.h>
#include <stdint.h>

#include "base/fault.h"
#include "csv/reader.h"
#include "spec/findings.h"

struct given;

struct given_finding {
	uint64_t row;
	uint32_t check; /* of the catalogue */
	int after;      /* decided in order, after what one record says */
	int late;       /* of a rule, so one told at the end */
};

/*
 * Reads findings as findings_put writes them in CSV, in any order. Those of
 * rules that are not in the catalogue are passed over. -1: no such file, or
 * another finding that is not in the catalogue.
 */
struct given *given_read(struct csv_reader *, const struct findings *,
    struct fault *);
void given_free(struct given *);
/* The n findings of rows first to last, in order; borrowed. */
const struct given_finding *given_between(const struct given *,
    uint64_t first, uint64_t last, size_t *n);

#endif
