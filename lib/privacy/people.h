/*
 * people: a set of NHS numbers, and the lists of objections that give one.
 *
 * The tenth digit of a valid NHS number follows from the nine before it,
 * so that a set is one bit for each of 10^9 numbers: at most 125 MB,
 * whatever its size, and only the pages that are used.
 */
#ifndef NIB_PRIVACY_PEOPLE_H
#define NIB_PRIVACY_PEOPLE_H

#include <stddef.h>
#include <stdint.h>

#include "base/fault.h"
#include "base/outfile.h"

#define PEOPLE_NONE UINT32_MAX

struct people;

struct people *people_new(void);
void people_free(struct people *);

/*
 * A cell to the place of its number in a set: ten digits, blanks and
 * hyphens between them dropped, modulus 11 right. Else PEOPLE_NONE.
 */
uint32_t people_place(const char *, size_t);

/* Any thread. People_add: 1 if it was new. */
int people_add(struct people *, uint32_t place);
int people_has(const struct people *, uint32_t place);
void people_prefetch(const struct people *, uint32_t place);
uint64_t people_count(const struct people *);

/*
 * A list: one NHS number a line, an optional comma after it (the form in
 * which the national service answers), LF or CRLF; a first line
 * "nhs_number" in any case is a header. Gzip and zstd too. Refused, with
 * the line: anything else, a check digit that fails, an empty list; and,
 * with max_age_seconds >= 0, a file not changed for longer than that, or
 * one that is no regular file.
 */
struct people_list {
	uint64_t lines;      /* numbers read */
	uint64_t duplicates;
	int64_t modified;    /* seconds since 1970; -1: not a file */
};
int people_read(struct people *, const char *path, int64_t max_age_seconds,
    struct people_list *, struct fault *);

/*
 * All numbers in ascending order in the form the national service takes:
 * ten digits, a comma, LF.
 */
int people_write_request(const struct people *, struct outfile *,
    struct fault *);

#endif
