/*
 * dummy: artificial records that satisfy a dataset specification.
 *
 * Each field is made by its recipe (share/dummy/NAME.json, see
 * nib-dummy(1)) or, without one, out of the specification alone: types,
 * constraints, patterns, code lists, identifier checks, foreign keys. Then
 * the specification's record rules are evaluated; a record that breaks one
 * is made again, in the fields that the rule reads. Rules over groups and
 * other tables (spec_rule's within, reference) are not evaluated: they hold
 * as far as a recipe sees to them.
 *
 * All is a function of the seed and a record's number: the same bytes for
 * any number of workers. No clock.
 *
 * Memory: the tables given, about 10 bytes beyond a cell's text for each
 * cell that is used; and half a megabyte per worker and hundred fields.
 */
#ifndef NIB_SPEC_DUMMY_H
#define NIB_SPEC_DUMMY_H

#include <stddef.h>
#include <stdint.h>

#include "base/fault.h"
#include "base/outfile.h"
#include "spec/spec.h"

struct dummy_table {
	const char *name; /* as foreign keys and recipes call it */
	const char *path; /* a CSV file */
};

struct dummy_options {
	uint64_t records;
	uint64_t seed;
	const char *recipe;   /* a path or name; NULL: the specification's */
	int no_recipe;        /* make all out of the specification alone */
	const char *from, *to; /* YYYY-MM-DD, the period; NULL: the recipe's */
	double errors;        /* share of records given an error, 0..1 */
	const struct dummy_table *tables;
	size_t ntables;
};

struct dummy;

/* Borrows the specification and the options until dummy_close. */
struct dummy *dummy_open(const struct spec *, const struct dummy_options *,
    struct fault *);
void dummy_close(struct dummy *);

/*
 * Writes the header (unless told not to) and all records to out. log, which
 * may be NULL, gets the line "record,field,kind" and one such line for each
 * error planted: record counts from 1; kind is type, check, required,
 * codelist, pattern, duplicate or rule:ID.
 */
int dummy_write(struct dummy *, unsigned jobs, int header, struct outfile *out,
    struct outfile *log, struct fault *);

#endif
