/*
 * link: what the parts of nib-link share. Each part (persons, spells, ...)
 * has a file of its own, with its options and its flow.
 */
#ifndef NIB_CMD_LINK_H
#define NIB_CMD_LINK_H

#include "linkage/matching.h"
#include "tool.h"

/* argv[0] is the part's name. Each returns an exit status. */
int link_persons(int argc, char **argv);
int link_spells(int argc, char **argv);


/* --field NAME=COLUMN and --without NAME, kept until the matching is read. */
struct link_fields {
	const char **named;   /* "NAME=COLUMN" */
	size_t nnamed;
	const char **without;
	size_t nwithout;
	/* After link_fields_resolve, by field. */
	const char *column[MATCHING_MAX_FIELDS];
	char absent[MATCHING_MAX_FIELDS];
};

int link_fields_named(struct link_fields *, const char *, struct fault *);
int link_fields_without(struct link_fields *, const char *, struct fault *);
int link_fields_resolve(struct link_fields *, const struct matching *,
    struct fault *);
void link_fields_free(struct link_fields *);

#endif
