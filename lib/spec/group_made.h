/*
 * group_made: whole groups laid out as columns, and the fields made over
 * them; a part of wide, inside room spec only.
 *
 * A cell that does not fit its type makes what reads it bad: lag of it, and
 * the sum, least, greatest and prior_max of a group or rows that hold it.
 */
#ifndef NIB_SPEC_GROUP_MADE_H
#define NIB_SPEC_GROUP_MADE_H

#include <stddef.h>
#include <stdint.h>

#include "spec/group_plan.h"

struct group_columns {
	const struct group_plan *p;
	size_t n, cap; /* rows laid out, and room */
	/* Per column of the plan, one of the two; rows are filled in. */
	int32_t **days;
	struct expr_value **values;
	uint32_t *first, *size; /* per row: where its group begins, its rows */
	/*
	 * Per row: its group's order has a cell that does not fit its type, so
	 * nobody knows the order, and no rule applies.
	 */
	unsigned char *unordered;
	int any_unordered; /* is one of the rows? */
};

void group_columns_open(struct group_columns *, const struct group_plan *);
void group_columns_close(struct group_columns *);
void group_columns_start(struct group_columns *);
void group_columns_grow(struct group_columns *, size_t n);
/* Rows first to end are a group. */
void group_columns_group(struct group_columns *, size_t first, size_t end);
/* Fills the columns of made fields. */
void group_columns_make(struct group_columns *);

/* Room for n rows. */
static inline void
group_columns_reserve(struct group_columns *c, size_t n)
{
	if (n > c->cap)
		group_columns_grow(c, n);
}

/* -1, 0, 1: NULL, numbers, texts in C byte order, what does not fit. */
int group_compare(const struct expr_value *, const struct expr_value *);

#endif
