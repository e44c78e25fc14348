/*
 * amounts: what each person may add to the sums of a table with noise.
 *
 * Of a person's records in a group so many count as the bound on records
 * leaves; what they add is kept within as many times the least and the most
 * that the publisher said beforehand of one record, in whole units of the
 * last digit that it was said with. So all that depends on the records of
 * others is left out, and leaving out a person changes all sums together by
 * no more than the bound times the larger of |least| and |most|.
 */
#ifndef NIB_DISCLOSURE_AMOUNTS_H
#define NIB_DISCLOSURE_AMOUNTS_H

#include "base/buf.h"
#include "tally/tally.h"

#define AMOUNTS_SCALE 6               /* digits after the point */
#define AMOUNTS_MOST ((int64_t)1000000000000)

struct amount { /* of one expression, asked for as a sum, a mean or both */
	const char *text;
	size_t measure;   /* the first of them */
	int64_t lo, hi;   /* of one record, at scale */
	unsigned scale;
	int bounded;      /* are these given */
	int mean;         /* needs the number of values too */
};

struct amounts {
	size_t n;
	struct amount *v;
	size_t *of;       /* per measure; SIZE_MAX: a count */
	int count;        /* is the count of records asked for */
	size_t questions; /* that epsilon is divided by */
};

/*
 * Of counts, sums and means; others are a fault. bounds: "NAME=LO:HI", NAME
 * an expression or the column of it; one for each amount.
 */
int amounts_make(struct amounts *, const struct tally_request *,
    const char *const *bounds, size_t nbounds, struct fault *);
void amounts_free(struct amounts *); /* its content */

/* The larger of |lo| and |hi|. */
uint64_t amount_largest(const struct amount *);

/* What a person's records with this value add, if counted of them count. */
num_wide amount_given(const struct amount *, const struct tally_value *,
    uint64_t counted, uint64_t *values);

/* sum / n, from lo to hi, with a digit more; nothing if n is not above 0. */
void amount_put_mean(struct buf *, const struct amount *, num_wide sum,
    num_wide n);

#endif
