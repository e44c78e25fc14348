/*
 * Room indicator: definitions, the library of them, computation,
 * comparison and reports.
 *
 * bands: the age bands of a standard population, and their weights.
 *
 * A file of share/standards: CSV with age_band, start_age, weight, one row
 * per band in ascending order of age, from some age on without a gap; the
 * last band is open. A file without weights only divides ages.
 */
#ifndef NIB_INDICATOR_BANDS_H
#define NIB_INDICATOR_BANDS_H

#include <stddef.h>
#include <stdint.h>

#include "base/fault.h"

#define BANDS_MAX 120

struct bands;

/* A name in share/standards, or a path. */
struct bands *bands_open(const char *, struct fault *);
void bands_close(struct bands *);

size_t bands_count(const struct bands *);
const char *bands_name(const struct bands *); /* as given to bands_open */
/* Borrowed until bands_close. */
const char *bands_label(const struct bands *, size_t);
double bands_start(const struct bands *, size_t); /* years */
double bands_weight(const struct bands *, size_t); /* 0 without weights */
int bands_weighted(const struct bands *);

/*
 * The bands from *first to before *last are within the ages from and to (below
 * 0: no end). -1: none is, or one of the two cuts a band.
 */
int bands_cut(const struct bands *, double from, double to, size_t *first,
    size_t *last, struct fault *);

/* The band of a label, or of completed years of age; -1: none. */
long bands_find(const struct bands *, const char *, size_t);
/* The same, and quicker if it is the one after before (-1: the first). */
long bands_find_after(const struct bands *, long before, const char *, size_t);
long bands_of_age(const struct bands *, int64_t years);

#endif
