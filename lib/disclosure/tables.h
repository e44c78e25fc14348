/*
 * tables: several tables of one cube, published together.
 *
 * Each table is a set of the request's groupings; what is published of the
 * cube are the rows of these, with the totals that are asked for. The
 * tables are linked by the groupings they share and protected at once.
 */
#ifndef NIB_DISCLOSURE_TABLES_H
#define NIB_DISCLOSURE_TABLES_H

#include "tally/rows.h"

struct disclosure_tables {
	size_t n;
	uint32_t *sets; /* bit i: by[i] is a grouping of the table */
	enum tally_margins margins;
};

/* "provider,sex": names of groupings that the request has. */
int disclosure_tables_add(struct disclosure_tables *,
    const struct tally_request *, const char *names, struct fault *);
void disclosure_tables_free(struct disclosure_tables *); /* its content */

/*
 * Rows of the tables out of those of the cube. Also what an attacker knows
 * without any table: where each value of a grouping goes with one value of
 * another only, as a provider with its region, that pair.
 */
struct tables_source;
/* Borrows all; next and arg give the rows of the cube. */
struct tables_source *tables_source_new(const struct disclosure_tables *,
    const struct tally_request *, tally_next *next, void *arg);
void tables_source_free(struct tables_source *);
int tables_source_next(void *, struct tally_row *, struct fault *);
/*
 * After the last row: the pairs, as rows of two groupings without
 * measures; until tables_source_free.
 */
const struct tally_rows *tables_source_pairs(struct tables_source *);
/* Also then: the rows of all groupings, in memory; before the first it is said
 * that they are to be kept. */
void tables_source_keep(struct tables_source *);
const struct tally_rows *tables_source_finest(const struct tables_source *);

#endif
