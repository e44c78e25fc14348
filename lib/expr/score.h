/*
 * score: comorbidity and frailty scores over diagnosis codes.
 *
 * A score is a CSV file in share/scores, or a path, with the columns
 *
 *   condition   a name; at most 128 in a file
 *   prefix      3 to 6 characters of ICD-10, without a dot: the condition
 *               is there if a code begins so
 *   instead_of  a milder condition that is not counted beside this one, or
 *               empty
 *   ...         one or more sets of weights, by name: decimals
 *
 * and a row for each prefix; what belongs to the condition is the same in
 * each of its rows. A score is the sum of the weights of the conditions
 * that some code of the record has, each once; 0 without codes.
 */
#ifndef NIB_EXPR_SCORE_H
#define NIB_EXPR_SCORE_H

#include <stddef.h>
#include <stdint.h>

#include "base/fault.h"

struct score;

struct score_mask {
	uint64_t w[2]; /* a bit for each condition */
};

/*
 * weights: the name of a set; NULL: the file's first. flat: count the
 * milder condition as well.
 */
struct score *score_open(const char *name, const char *weights, int flat,
    struct fault *);
void score_close(struct score *);

/* Are all weights whole numbers? Then a sum is an integer. */
int score_whole(const struct score *);
/* The number of a condition, or -1 with a fault that names the nearest. */
long score_condition(const struct score *, const char *, struct fault *);

/* Adds the conditions of a code; a dot after three characters is skipped. */
void score_add(const struct score *, struct score_mask *, const char *,
    size_t);
/* In units of 10^-score_scale. */
int64_t score_sum(const struct score *, struct score_mask);
unsigned score_scale(const struct score *);

static inline int
score_has(const struct score_mask *m, long condition)
{
	return (int)(m->w[condition / 64] >> (condition % 64) & 1);
}

#endif
