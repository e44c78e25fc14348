/*
 * program: whole numbers that obey sums, and how large or small a sum of
 * some of them can be. GLPK is behind this module only.
 *
 * GLPK reckons in doubles, so nothing it says is believed as it stands. An
 * answer's x is checked here, in integers, against every row and bound; and
 * its bound is proven here, in integers, from GLPK's dual values, whatever
 * those are worth. A solver that is wrong makes an answer less tight and
 * never a false one; only a bound from branching (searched) is GLPK's word.
 */
#ifndef NIB_DISCLOSURE_PROGRAM_H
#define NIB_DISCLOSURE_PROGRAM_H

#include <stddef.h>
#include <stdint.h>

#include "base/fault.h"

#define PROGRAM_NONE INT64_MAX /* of an upper end: there is none */

struct program;

/* nvars variables, from low[i] >= 0 to high[i] or PROGRAM_NONE. Copied. */
struct program *program_new(size_t nvars, const int64_t *low,
    const int64_t *high);
void program_free(struct program *);
/* low <= the sum of these <= high. Each variable once; 0 <= low. */
void program_row(struct program *, const uint32_t *vars, size_t n,
    int64_t low, int64_t high);

struct program_answer {
	int impossible;   /* no numbers obey all rows */
	int unbounded;    /* the sum can be as large as one likes */
	const int64_t *x; /* attains; until the next call. NULL: none found */
	int64_t attained; /* the sum of it */
	int proven;       /* no x goes further */
	int tight;        /* proven by the multipliers alone */
};

/*
 * The sum of the variables vars[n] made as large (sign 1) or small (-1) as
 * it goes. -1 with a fault if GLPK breaks down.
 */
int program_reach(struct program *, const uint32_t *vars, size_t n, int sign,
    struct program_answer *, struct fault *);

/*
 * After a tight answer: the sum over variables, in whole multiples, that
 * the rows bound it by; times[nvars].
 */
void program_reason(const struct program *, int64_t *times);

#endif
