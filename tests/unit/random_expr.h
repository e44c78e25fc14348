/*
 * random_expr: random expressions over random records, for tests of what
 * evaluates them. The series is the same on every machine.
 */
#ifndef NIB_TEST_RANDOM_EXPR_H
#define NIB_TEST_RANDOM_EXPR_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "expr/expr.h"

/* Each type twice; some with cells that mean missing. */
#define RANDOM_COLUMNS 10
extern const struct expr_field random_fields[RANDOM_COLUMNS];
extern const struct expr_scope random_scope;

void random_seed(uint64_t);
uint64_t random_draw(void);
size_t random_below(size_t);

/* Cells that are hard for somebody. */
void random_record(const char *cells[RANDOM_COLUMNS]);
/* Of any kind, up to so deep. */
void random_expression(struct buf *, int depth);
/* How a text begins: as many characters as the literal has, or one more. */
void random_prefix(struct buf *);

#endif
