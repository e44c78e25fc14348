/*
 * model: the Fellegi-Sunter model of record linkage.
 *
 * Each comparison of a pair has a level, the first whose tests hold; where
 * its field is missing on a side it has none and is no evidence. A pair's
 * weight is
 *
 *   log2(lambda / (1 - lambda)) + sum of log2(m / u) of its levels
 *
 * the log2 of the odds that it is a match, given that comparisons are
 * independent among matches and among others. m is how often matches are
 * at a level, u how often others are. Where a comparison has a frequency
 * weight t, its first level (exact) adds t log2(u / f), f being the share
 * of the value among all records: agreeing on a rare value says more.
 * Fellegi and Sunter (1969), J. Am. Stat. Assoc. 64(328), 1183-1210.
 */
#ifndef NIB_LINKAGE_MODEL_H
#define NIB_LINKAGE_MODEL_H

#include <stddef.h>
#include <stdint.h>

#include "base/sorter.h"
#include "linkage/candidates.h"
#include "linkage/matching.h"
#include "linkage/cohort.h"

#define MODEL_MAX_COMPARISONS 15
#define MODEL_NULL 15u

/* used[field]: 1 where comparisons, blocking and training speak of it. */
void model_fields(const struct matching *, char *used);
/* Does a comparison need the nicknames? */
int model_uses_nicknames(const struct matching *);

/*
 * TRAINING. Sets lambda, m and u in the matching.
 *
 *   lambda  pairs that meet a rule of training.sure, by sure_recall, by all
 *           pairs
 *   u       exact levels from the frequencies of values, the others from
 *           random pairs (a fixed seed)
 *   m       expectation maximisation over the level patterns of the pairs
 *           of each training block, u fixed; a comparison that speaks of a
 *           field of the block's rule takes no part; the median of what the
 *           blocks give
 */
struct model_session { /* one training block */
	uint64_t pairs;
	double matches;  /* share found */
	unsigned rounds;
	uint64_t dropped_pairs;
};

struct model_training {
	uint64_t records_a, records_b, sure_pairs;
	double pairs; /* of all records */
	size_t nsessions;
	struct model_session sessions[64];
	/* Bit c: comparison c has its m from no session, so from a default. */
	uint32_t untrained;
};

/* Not of rows. A fault: no pair meets a sure rule, ... */
int model_train(struct matching *, const struct cohort *, unsigned jobs,
    struct model_training *, struct fault *);

/* SCORING */
struct model_scale;
struct model_pair {
	uint32_t l, r; /* places in the batch's rolls, */
	uint32_t record_l, record_r; /* and numbers of the records, from 0 */
	float weight;
	uint32_t rule;
	uint64_t levels; /* four bits a comparison, MODEL_NULL: none */
	const struct candidates_batch *batch;
	const struct model_scale *scale;
};

struct model_scoring {
	double threshold; /* least weight */
	unsigned jobs;
	size_t memory; /* for pairs, 64 bytes and a row each, before a file */
	/* Any thread: adds what is to be kept of a pair, its row. */
	void (*put)(const void *arg, struct buf *to, const struct model_pair *);
	const void *arg;
	/* Only pairs whose l is in the part-th of parts; 0, 0: all. */
	size_t part, parts;
};

struct model_scores {
	struct pairs_count *counts; /* a blocking rule each */
	uint64_t candidates;        /* pairs looked at */
	double matches;             /* summed probability of them */
	struct spill *spill;
	struct sorter *pairs;
};

/*
 * Pairs of at least the threshold that meet no rule of never. What all parts
 * give, one after the other, is the whole: a pair's weight and rule depend on
 * its records and on the model, and on how frequent values are and how large
 * blocks, which all records say. 400 KB a comparison for each worker besides.
 */
int model_score(struct model_scores *, const struct matching *,
    const struct cohort *, const struct model_scoring *, struct fault *);
void model_scores_clear(struct model_scores *);
/* By l, then r: 1 and a pair's row, borrowed till the next; 0 at the end, -1. */
struct model_row {
	uint32_t l, r; /* numbers of the records */
	float weight;
	const char *p;
	size_t n;
};
int model_scores_next(struct model_scores *, struct model_row *,
    struct fault *);

/*
 * The weight of a pair's level in comparison c, with what the value's
 * frequency adds; 0 for MODEL_NULL. v: whose codes a, those of either
 * record, are.
 */
struct model_scale *model_scale_new(const struct matching *,
    const struct cohort *, const struct values *v);
void model_scale_free(struct model_scale *);
double model_prior(const struct matching *);
double model_weight(const struct model_scale *, size_t c, unsigned level,
    const uint32_t *a);

double model_probability(double weight);

#endif
