/*
 * program: whole numbers that obey sums, and how large or small a sum of
 * some of them can be. GLPK is behind this module only.
 *
 * GLPK reckons in doubles, so nothing it says is believed as it stands. An
 * answer's x is checked here, in integers, against every row and bound; and
 * its bound is proven here, in integers, from GLPK's dual values, whatever
 * those are worth. A solver that is wrong makes an answer less tight and
 * never a false one. That no fractions obey is asked again in exact arithmetic
 * before it is said. Only what branching says, a bound or that no whole numbers
 * obey though fractions do, is GLPK's word.
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

/*
 * A table that is known to obey all rows, x[nvars], after the last row: from
 * it others are found more quickly. 0: it does not obey them.
 */
int program_place(struct program *, const int64_t *x);

struct program_answer {
	int impossible;   /* no numbers obey all rows */
	int unbounded;    /* the sum can be as large as one likes */
	const int64_t *x; /* goes further; until the next call. NULL: none */
	int64_t attained; /* the sum of it */
	int proven;       /* no x goes further than bound */
	int64_t bound;
	int tight;        /* bound follows from the multipliers alone */
};

/*
 * The sum of the variables vars[n] made as large (sign 1) or small (-1) as
 * it goes, beyond what has been attained before (have; none if has is 0)
 * and no further than until (PROGRAM_NONE: as far as it goes), which ends
 * the search. -1 with a fault if GLPK breaks down.
 */
struct program_goal {
	const uint32_t *vars;
	size_t n;
	int sign, has;
	int64_t have, until;
	int quick; /* no search for whole numbers where the corner has none */
	int whole; /* what does not come to until is of no use */
};
int program_reach(struct program *, const struct program_goal *,
    struct program_answer *, struct fault *);

/*
 * After a tight answer: the sum over variables, in whole multiples, that
 * the rows bound it by; times[nvars].
 */
void program_reason(const struct program *, int64_t *times);

#endif
