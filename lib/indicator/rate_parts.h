/* What the parts of rate know of each other; inside room indicator only. */
#ifndef NIB_INDICATOR_RATE_PARTS_H
#define NIB_INDICATOR_RATE_PARTS_H

#include "base/arena.h"
#include "base/map.h"
#include "base/num.h"
#include "disclosure/profile.h"
#include "indicator/rate.h"

/* Digits after the point that sums keep. */
#define RATE_SCALE 9
#define RATE_UNIT 1e9

/* Totals of a group, or of one band of it. present: was there a record? */
struct rate_sums {
	num_wide x, n, squares;
	int has_x, has_n;
	int lacks_x; /* a record is there, and its numerator is not */
	int lacks_squares; /* of a record that has a numerator */
};

/* A definition with what its method needs. */
struct rate_work {
	const struct definition *d;
	struct bands *bands;
	size_t from, to; /* bands used: from .. to - 1 */
	size_t width;    /* bands of a group; 1 without bands */
	struct map *index; /* key to group */
	size_t ngroups, cap;
	struct rate_sums *sums;   /* ngroups * width */
	/* Per group: ESTIMATE_UNKNOWN_BAND, ESTIMATE_NEGATIVE of a record; of
	 * a total, what is wrong with one of its areas; else ESTIMATE_FINE. */
	unsigned char *problem;
	/* Populations with the same key cells; without a period, period "". */
	struct map *people_index;
	num_wide *people;    /* per key * width; -1: absent */
	size_t npeople, people_cap;
	int people_have_period, people_given;
	/* The reference of an indirect method, per band. */
	double *ref_x, *ref_n;
	struct disclosure_profile *profile; /* NULL: all is published */
	int suppress; /* rows are hidden, none is rounded */
	int refused; /* it cannot protect this indicator */
};

struct rate {
	struct rate_options options;
	size_t n;
	struct rate_work *works;
	struct map *ids;
	struct arena arena;
	struct rate_row *rows;
	size_t nrows, rows_cap;
};

/* A sum as a number. */
double rate_number(num_wide);
/* The group of a key, with room; new ones are empty. */
size_t rate_group_of(struct rate_work *, const void *key, size_t n);
/* The four cells of a group's key, NUL-terminated each. */
void rate_split_key(const char *key, const char *cells[4]);
int rate_wants_people(const struct definition *);
/* Is the numerator a sum that may be below zero, as a gain, and not events? */
int rate_may_be_negative(const struct definition *);

/* An area with people and without records has no events. */
void rate_add_silent_areas(struct rate_work *);
/* Denominators from the populations; lacks: which groups have none. */
void rate_join_people(struct rate_work *, unsigned char *lacks);
int rate_add_total(struct rate_work *, const char *name,
    unsigned char **lacks, struct fault *);
int rate_reference(struct rate *, struct rate_work *,
    const unsigned char *lacks, struct fault *);

/* Takes a row among the results. */
void rate_add_row(struct rate *, const struct rate_row *);
/*
 * Adds the rows of a composite, of those of its components: not of the total
 * of all areas, which its scales are not of. Where no indicator was named it
 * needs all components among the counts.
 */
void rate_composite(struct rate *, const struct definition *);

void rate_row_start(const struct rate_work *, size_t group,
    struct rate_row *);
void rate_simple(const struct rate_work *, const struct rate_sums *,
    const struct estimate_levels *, struct rate_row *);
/* The sum of squared differences from the mean. */
double rate_deviations(const struct rate_sums *);
void rate_by_bands(struct rate *, const struct rate_work *,
    const struct rate_sums *, struct rate_row *);

/* A sum over all areas as the profile rounds counts, if it does. */
double rate_rounded(const struct rate_work *, double);
/* The disclosure profile, and whether it can be kept. */
int rate_work_protect(struct rate_work *, const char *name, struct fault *);
/*
 * Hides as many more areas that no total gives a hidden one away; rows[i] is
 * of group i, x and n are its true count and denominator.
 */
struct rate_truth {
	double x, n;
};
int rate_hide_more(const struct rate_work *, const char *total,
    struct rate_row *rows, const struct rate_truth *, size_t n,
    struct fault *);
/* What the profile leaves of a row that could be computed. */
void rate_protect(const struct rate_work *, const struct rate_sums *,
    const struct estimate_levels *, struct rate_row *);
void rate_protect_digits(const struct rate_work *,
    const struct estimate_levels *, struct rate_row *);

#endif
