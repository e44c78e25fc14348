/* What the parts of rate know of each other; inside room indicator only. */
#ifndef NIB_INDICATOR_RATE_PARTS_H
#define NIB_INDICATOR_RATE_PARTS_H

#include "base/arena.h"
#include "base/map.h"
#include "base/num.h"
#include "base/pieces.h"
#include "disclosure/profile.h"
#include "indicator/rate.h"

/* Digits after the point that sums keep. */
#define RATE_SCALE 9
#define RATE_UNIT 1e9

/*
 * A total in eight bytes, since there are two for each group and band: what it
 * is, of RATE_SCALE digits; or that there was no record, or one without the
 * number, whatever others had; or, of one beyond nine digits before the point,
 * where among the large ones it is.
 */
struct rate_total {
	int64_t v;
};
#define RATE_ABSENT INT64_MIN
#define RATE_LACKING (INT64_MIN + 1)
#define RATE_LARGE ((int64_t)1 << 62)

/* Totals of a group, or of one band of it. */
struct rate_sums {
	struct rate_total x, n;
};

/* Of a group whose method is a mean. */
struct rate_squares {
	num_wide sum;
	int lacks; /* of a record that has a numerator */
};

/* A definition with what its method needs. */
struct rate_work {
	const struct definition *d;
	struct bands *bands;
	size_t from, to; /* bands used: from .. to - 1 */
	size_t width;    /* bands of a group; 1 without bands */
	struct map *index; /* key to group */
	size_t ngroups, cap;
	struct pieces *pieces; /* the rate's */
	struct rate_sums **sums;  /* pieces of per groups: rate_sums_of */
	size_t per;
	/* Per group: ESTIMATE_UNKNOWN_BAND, ESTIMATE_NEGATIVE of a record; of
	 * a total, what is wrong with one of its areas; else ESTIMATE_FINE. */
	unsigned char *problem;
	struct rate_squares *squares; /* NULL: the method needs none */
	num_wide *large;              /* see rate_total */
	size_t nlarge, large_cap;
	/* Populations with the same key cells; without a period, period "". */
	struct map *people_index;
	struct rate_total *people; /* per key * width */
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
	struct pieces *pieces;
	struct rate_row *rows;
	size_t nrows, rows_cap;
};

static inline int
rate_has(struct rate_total t)
{
	return t.v > RATE_LACKING;
}

/* What it is; 0 if it is absent. */
static inline num_wide
rate_wide(const struct rate_work *w, struct rate_total t)
{
	if (!rate_has(t))
		return 0;
	return t.v < RATE_LARGE ? t.v : w->large[t.v - RATE_LARGE];
}

/* The same as a number; NaN if it is absent. */
double rate_double(const struct rate_work *, struct rate_total);
double rate_number(num_wide);
void rate_total_set(struct rate_work *, struct rate_total *, num_wide);
/* -1: the sum is too large. */
int rate_total_add_large(struct rate_work *, struct rate_total *, num_wide);

static inline int
rate_total_add(struct rate_work *w, struct rate_total *t, num_wide v)
{
	int64_t small = (int64_t)v, sum;

	if (t->v >= RATE_LARGE || t->v == RATE_LACKING || v != small ||
	    small >= RATE_LARGE || small <= -RATE_LARGE)
		return rate_total_add_large(w, t, v);
	sum = small + (t->v == RATE_ABSENT ? 0 : t->v);
	if (sum >= RATE_LARGE || sum <= -RATE_LARGE)
		return rate_total_add_large(w, t, v);
	t->v = sum;
	return 0;
}

/* The group of a key, and those of many, with room; new ones are empty. */
size_t rate_group_of(struct rate_work *, const void *key, size_t n);
void rate_groups_of(struct rate_work *, const char *const *key,
    const size_t *n, size_t count, size_t *to);
/* A group's sums, of each band; they stay where they are. */
static inline struct rate_sums *
rate_sums_of(const struct rate_work *w, size_t g)
{
	return w->sums[g / w->per] + g % w->per * w->width;
}
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
/* Without bands: of a numerator and a denominator, NaN where absent. */
void rate_simple(const struct rate_work *, double x, double n,
    const struct estimate_levels *, struct rate_row *);
void rate_mean(const struct rate_work *, size_t group,
    const struct estimate_levels *, struct rate_row *);
/* The sum of squared differences from the mean. */
double rate_deviations(const struct rate_work *, size_t group);
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
void rate_protect(const struct rate_work *, size_t group,
    const struct estimate_levels *, struct rate_row *);
void rate_protect_digits(const struct rate_work *,
    const struct estimate_levels *, struct rate_row *);

#endif
