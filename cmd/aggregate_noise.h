/*
 * aggregate_noise: --epsilon of nib-aggregate: counts and sums with
 * differentially private noise, paid for out of a budget in the ledger.
 * Without the option every function does nothing.
 */
#ifndef NIB_CMD_AGGREGATE_NOISE_H
#define NIB_CMD_AGGREGATE_NOISE_H

#include "disclosure/noisy.h"
#include "ledger/use.h"
#include "tool.h"

/* Ids from 700 on belong to noise. */
enum noise_id {
	NOISE_EPSILON = 700, NOISE_BOUND, NOISE_BOUNDS, NOISE_GROUPS,
	NOISE_BUDGET
};

#define NOISE_ROWS                                                       \
	{ NOISE_EPSILON, 0, "epsilon", "E",                              \
	    "counts and sums with differentially private noise" },       \
	{ NOISE_BOUND, OPTION_MORE, "bound", "N",                        \
	    "with it: records that count of one person (default 1)" },   \
	{ NOISE_BOUNDS, OPTION_MORE, "bounds", "NAME=LO:HI",             \
	    "with it: the least and the most that a record adds" },      \
	{ NOISE_GROUPS, OPTION_MORE, "groups", "<FILE",                  \
	    "with it: the groups to publish (CSV)" },                    \
	{ NOISE_BUDGET, OPTION_MORE, "budget", "NAME",                   \
	    "with it: what the ledger takes epsilon from" }

struct noise_options {
	uint64_t epsilon; /* in millionths; 0: no noise */
	int64_t bound;    /* 0: not given */
	const char *groups, *budget;
	const char **bounds; /* of each sum and mean */
	size_t nbounds;
	struct amounts amounts;
	struct csv_table *table; /* of groups */
};

/* 1: the option was one of these; 0: another; -1: a fault. */
int noise_option(struct noise_options *, int id, const char *,
    struct fault *);
/* Do the options go together, and with what is asked? */
int noise_check(struct noise_options *, const struct tally_request *,
    const char *contributor, const char *ledger, struct fault *);
/* NULL: no noise is asked for, or a fault (test it). */
struct noisy *noise_open(struct noise_options *, const struct tally_request *,
    const struct tool *, struct fault *);
void noise_close(struct noise_options *);
int noise_spend(const struct noise_options *, struct use *, struct fault *);
int noise_publish(struct noisy *, const struct use *, struct tally_result *,
    struct outfile *, uint64_t *rows, struct fault *);

#endif
