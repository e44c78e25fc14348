/*
 * Room disclosure: what of a table may be published, and as what.
 *
 * profile: the rules of one publisher, from share/disclosure/NAME.json; the
 * format is in man/nib-disclosure.5.
 */
#ifndef NIB_DISCLOSURE_PROFILE_H
#define NIB_DISCLOSURE_PROFILE_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/fault.h"
#include "tally/tally.h"

/*
 * So many digits after the point of a ratio, or more, are taken to tell what
 * was divided by. One of fewer is a whole number of so many parts.
 */
#define DISCLOSURE_DIGITS 6
#define DISCLOSURE_TENS 100000

struct disclosure_profile {
	char *name;
	int mask;                    /* are counts from..to masked */
	uint64_t mask_from, mask_to;
	char *symbol;                /* what a masked cell shows */
	char *withheld;              /* one hidden to protect others */
	uint64_t base;               /* counts are rounded to it; 1: are not */
	int midpoint;                /* to the middle of a step, rounded up */
	uint64_t sum_base;           /* sums, in units; 1: are not */
	uint64_t least;              /* values a statistic is made of */
	int decimals;                /* of means and the like; -1: all */
	int extremes;                /* are minimum and maximum published */
	int ratio_of_rounded;        /* shares and means beside a sum */
	uint64_t interval;           /* values a hidden count must keep */
	/* Dominance: a sum is masked if its largest contributors ... */
	uint64_t largest;            /* ... so many (0: no such rule) */
	double largest_percent;      /* ... make up more than this of it */
	double p_percent;            /* ... can be told to within this; 0: no */
	uint64_t contributors;       /* ... or are fewer than this */
	/* Rates of so few events are not shown, or are marked. */
	uint64_t crude_least, standardised_least, unreliable_below;
	char *cellkey_table;         /* path; NULL: no cell key method */
	uint64_t cellkey_threshold;  /* perturbed counts below are masked */
	uint64_t cellkey_largest, cellkey_cycle; /* see cellkey.h */
};

struct disclosure_profile *disclosure_profile_open(const char *,
    struct fault *);
void disclosure_profile_free(struct disclosure_profile *);

/* Is a count masked, and what is it rounded to otherwise. */
int disclosure_masks(const struct disclosure_profile *, uint64_t);
uint64_t disclosure_round(const struct disclosure_profile *, uint64_t);
/*
 * The true counts, from *lo to *hi, that are published as shown; only shown
 * itself if none are, which is no number of this profile.
 */
void disclosure_meant(const struct disclosure_profile *, uint64_t shown,
    int64_t *lo, int64_t *hi);

/* The true counts that are published as n is. */
void disclosure_seen(const struct disclosure_profile *, uint64_t n,
    int64_t *lo, int64_t *hi);

/*
 * May this measure be published under the profile at all? -1 with a fault
 * that says what to leave out.
 */
int disclosure_allows(const struct disclosure_profile *,
    const struct tally_measure *, struct fault *);

/*
 * Is it a sum or a mean of what may be noughts and ones only: whole, from 0 to
 * the number of values? Then it says how many have a one: *met.
 */
int disclosure_counts(const struct tally_measure *,
    const struct tally_value *, uint64_t *met);

/* Is a value made of so few that the profile masks it? */
int disclosure_masked(const struct disclosure_profile *,
    const struct tally_measure *, const struct tally_value *);

/*
 * A value as it may be published. with_sum: the sum of the same values is
 * in the table too, so an exact mean would give the exact count.
 */
void disclosure_put(struct buf *, const struct disclosure_profile *,
    const struct tally_measure *, const struct tally_value *, int with_sum);

#endif
