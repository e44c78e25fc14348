/*
 * spells: the episodes of an input put together into spells and stays
 * (linkage/person_spells.h), and every record written with what was found.
 *
 * In any order, the input is read twice: episodes are sorted by person, what
 * is found is sorted back into the order of the input (base/sorter.h: memory
 * as told, the rest in a file). In order of person it is read once, and only
 * one person's episodes are held.
 */
#ifndef NIB_LINKAGE_SPELLS_H
#define NIB_LINKAGE_SPELLS_H

#include "base/outfile.h"
#include "csv/reader.h"
#include "linkage/person_spells.h"

struct spells_options {
	struct episode_source source;
	unsigned jobs;
	const char *progress; /* the tool's name, or NULL */
	size_t memory;        /* bytes for sorting */
	int find;             /* also what does not fit together */
	/* Adds to a row, without its line end, what was found. Any thread. */
	void (*put)(void *arg, struct buf *row, const struct spells_result *);
	void *arg;
};

struct spells;
/* Borrows what the options point to. */
struct spells *spells_new(const struct spells_options *);
void spells_free(struct spells *);

/* Any order: spells_read, then spells_write with the same input again. */
int spells_read(struct spells *, struct csv_reader *, struct fault *);
int spells_write(struct spells *, struct csv_reader *, struct outfile *,
    struct fault *);

/*
 * In order of person (C byte order of the cell, those without a person
 * first), in one pass. A record out of order is a fault; what was written
 * before it is right but not all.
 */
int spells_stream(struct spells *, struct csv_reader *, struct outfile *,
    struct fault *);

/* Complete after spells_read or spells_stream. */
const struct spells_counts *spells_counts(const struct spells *);
/* By kind, ids and days: 1 and a finding, borrowed till the next; 0; -1. */
int spells_finding_next(struct spells *, struct spells_finding *,
    struct fault *);

#endif
