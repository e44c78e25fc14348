/*
 * quick: the everyday form of days, without a loop over their characters;
 * inside room expr only.
 *
 * SIXTEEN BYTES FROM A TEXT'S START ARE READ, whatever its length.
 */
#ifndef NIB_EXPR_QUICK_H
#define NIB_EXPR_QUICK_H

#include <stddef.h>
#include <stdint.h>

#include "expr/node.h"

/*
 * Packed days of a column of texts (scalar_day), as many as n says: -1
 * where it is no YYYY-MM-DD. What is NULL may be of any length.
 */
void quick_days(const struct column *, size_t n, int32_t *days);
/* The same by the plain code alone: for the test. */
void quick_days_plain(const struct column *, size_t n, int32_t *days);

#endif
