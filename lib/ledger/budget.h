/*
 * budget: how much privacy may be spent on one group of people, kept in the
 * ledger.
 *
 * Who keeps the ledger sets a budget of epsilon for a name, as a dataset's
 * (an entry of the kind budget); each release that adds noise spends a part
 * of it before anything comes out (budget-spent). What was spent is found
 * by going through the entries in order: a spending that did not fit any
 * more is none, so two processes at once cannot spend the same. Epsilon is
 * in millionths. A new budget for the name counts with what was spent
 * before it.
 */
#ifndef NIB_LEDGER_BUDGET_H
#define NIB_LEDGER_BUDGET_H

#include <stdint.h>

#include "base/fault.h"
#include "ledger/ledger.h"

#define BUDGET_UNIT 1000000
#define BUDGET_MOST ((uint64_t)100 * BUDGET_UNIT)

/* "0.5" is 500000; above 0, to BUDGET_MOST. */
int budget_epsilon(const char *, uint64_t *millionths, struct fault *);

int budget_set(struct ledger *, const struct key *secret, const char *name,
    uint64_t epsilon, struct fault *);
/* -1 with a fault if the budget is not set or would be overdrawn. */
int budget_spend(struct ledger *, const struct key *secret, const char *name,
    const char *use, uint64_t epsilon, struct fault *);
/* What is set and what is left; *set 0: none. */
int budget_left(struct ledger *, const char *name, uint64_t *set,
    uint64_t *left, struct fault *);

#endif
