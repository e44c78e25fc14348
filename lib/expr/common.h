/*
 * common: what the expressions on a shelf have in common; inside room expr
 * only.
 *
 * A part that several expressions share, or one has twice, is evaluated once
 * a batch: its column of values or truths belongs to the shelf. A condition
 * on one field whose cells repeat (codes, mostly) is decided once per
 * distinct cell: the shelf numbers the cells, and remembers the verdicts.
 */
#ifndef NIB_EXPR_COMMON_H
#define NIB_EXPR_COMMON_H

#include "expr/node.h"

/* A part of expressions. */
struct common {
	struct column *values;
	uint64_t values_turn; /* of which they are; see expr_run's turn */
	unsigned char *truths;
	uint64_t truths_turn;
	long field;              /* decided by this one's cells; -1: not so */
	unsigned char *verdicts; /* by number of the cell; UNDECIDED */
};

/* All parts on a shelf, and the numbers of its cells. */
struct commons;

/* given: the shelf is given what is given (expr_shelf_new_given). */
struct commons *commons_new(size_t nfields, int given);
void commons_free(struct commons *);
/* The parts of an expression, by place and by test of its nodes. */
void commons_join(struct commons *, const struct expr *,
    struct common **places, struct common **tests);
/*
 * The numbers of a field's cells in the run's batch, which has loaded it.
 * NULL: it is no field of texts, or they are too many.
 */
const uint16_t *commons_number(struct commons *, const struct expr_run *,
    size_t field);
/*
 * Truths of the run's batch by the cells alone, if each has been decided:
 * 1; otherwise 0, and commons_learn is to be told when they are known.
 */
int commons_decide(struct expr_run *, struct common *, unsigned char *to);
void commons_learn(struct expr_run *, struct common *,
    const unsigned char *truths);

#endif
