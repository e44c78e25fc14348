/*
 * refer: rules that look at the records of another table with the same key
 * (man/nib-dataset.5, RULES); a part of wide, inside room spec only.
 *
 * Decided record by record, as blocks come. A rule that needs a column the
 * header lacks, or a reference that was not given, is not applicable.
 */
#ifndef NIB_SPEC_REFER_H
#define NIB_SPEC_REFER_H

#include <stddef.h>

#include "base/fault.h"
#include "csv/reader.h"
#include "expr/expr.h"
#include "spec/spec.h"
#include "spec/wide_tally.h"

struct refer;
struct refer_state;

/* Borrows both until refer_free. */
struct refer *refer_new(const struct spec *, const struct expr_scope *own);
void refer_free(struct refer *);

/* As those of wide.h; refer_ready marks the rules that apply. */
int refer_wants(const struct refer *, const char *name);
int refer_reference(struct refer *, const char *name, struct csv_reader *,
    const struct spec *, struct fault *);
int refer_ready(struct refer *, unsigned char *applies, struct fault *);
int refer_check(const struct spec *, size_t rule, struct fault *);

/* A worker's own; verdicts are counted as wide_map says. */
struct refer_state *refer_state_new(const struct refer *);
void refer_state_free(struct refer_state *);
int refer_map(struct refer_state *, const struct csv_block *, size_t first,
    size_t n, const uint32_t *places, struct wide_tally *, void (*found)(void *arg,
    size_t rule, size_t record), void *arg, struct fault *);

#endif
