/*
 * draft: help with specifications: what one says about a field, in words,
 * and a first draft of one from a sample of records.
 */
#ifndef NIB_SPEC_DRAFT_H
#define NIB_SPEC_DRAFT_H

#include "base/buf.h"
#include "base/fault.h"
#include "csv/reader.h"
#include "spec/spec.h"

/* What is checked of field i, a line each. */
void draft_explain(const struct spec *, size_t i, struct buf *);

/*
 * A specification in JSON for the records of a reader, read to the end. A
 * type is proposed where every cell that is not empty fits it, and a number
 * only if no cell has a leading zero, as codes have; "required" where no
 * cell is empty; an identifier check (NHS number, SNOMED CT, postcode) where
 * two or more cells are filled and all pass. The description of each field says what was seen; no cell
 * is quoted. -1: the input cannot be read.
 */
int draft_new(struct csv_reader *, const char *name, struct buf *,
    struct fault *);

#endif
