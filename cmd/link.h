/*
 * link: what the parts of nib-link share. Each part (persons, spells, ...)
 * has a file of its own, with its options and its flow.
 */
#ifndef NIB_CMD_LINK_H
#define NIB_CMD_LINK_H

#include "audit.h"
#include "linkage/matching.h"
#include "linkage/nickname.h"
#include "linkage/cohort.h"
#include "tool.h"

/* argv[0] is the part's name. Each returns an exit status. */
int link_persons(int argc, char **argv);
int link_block(int argc, char **argv);
int link_train(int argc, char **argv);
int link_score(int argc, char **argv);
int link_cluster(int argc, char **argv);
int link_index(int argc, char **argv);
int link_dice(int argc, char **argv);
int link_review(int argc, char **argv);
int link_chart(int argc, char **argv);
int link_explain(int argc, char **argv);
int link_spells(int argc, char **argv);
int link_attach(int argc, char **argv);

/* --memory: what a part may hold before it uses a temporary file. */
#define LINK_MEMORY ((size_t)1 << 30)
#define LINK_MEMORY_HELP \
	"memory for records (default 1G); more go to a temporary file"
int link_memory(const char *, size_t *to, struct fault *);
/* What so many are called. */
const char *link_blocks(uint64_t);

/* A part's check of -m: a fault without it. */
int link_needs_matching(const char *, struct fault *);
/* That there are one or two. */
int link_needs_files(size_t n, struct fault *);

/* --field NAME=COLUMN and --without NAME, kept until the matching is read. */
enum link_id { LINK_FIELD = 700, LINK_WITHOUT };
#define LINK_FIELD_ROWS                                                  \
	{ LINK_FIELD, 0, "field", "NAME=COLUMN",                         \
	    "the column of a field of the matching file" },              \
	{ LINK_WITHOUT, 0, "without", "NAME",                            \
	    "the input has no such field" }
struct link_fields {
	const char **named;   /* "NAME=COLUMN" */
	size_t nnamed;
	const char **without;
	size_t nwithout;
	/* After link_fields_resolve, by field. */
	const char *column[MATCHING_MAX_FIELDS];
	char absent[MATCHING_MAX_FIELDS];
};

/*
 * Warns of columns, by field, of a file just read in which no cell could be
 * read: all are empty, or written in another way than the field's type.
 */
void link_warn_unread(const struct roll_seen *, const struct matching *,
    const struct csv_header *, const long *columns, const char *path);

int link_fields_option(struct link_fields *, int id, const char *,
    struct fault *);
int link_fields_resolve(struct link_fields *, const struct matching *,
    struct fault *);
void link_fields_free(struct link_fields *);

/* What many parts start from: a matching and one or two rolls. */
enum link_use { LINK_MODEL, LINK_STEPS, LINK_VETO }; /* which fields are read */
struct link_people {
	struct matching *m;
	struct nicknames *nicknames; /* NULL: not needed */
	struct cohort cohort;
	/* Set before: bytes for records before a file is used, 0: any. */
	size_t memory;
	/* Set before: of the part, begun (NULL: none); its other outputs. */
	struct audit *audit;
	const char *outputs[2];
	/* Set before: without a name, the first file may have no ids. */
	int ids_if_any;
};

/*
 * Reads one file or two. id: the column of the record's id,
 * "": the first of the matching's names; NULL: no ids are kept. A record's
 * id must be unique over both files.
 */
int link_people_open(struct link_people *, const char *matching,
    enum link_use, struct link_fields *, const struct tool *,
    const char *const *paths, size_t npaths, const char *id, struct fault *);
/* Its parts: all but the reading; a file of them, its columns found. */
int link_people_start(struct link_people *, const char *matching,
    enum link_use, struct link_fields *, const struct tool *, struct fault *);
struct csv_reader *link_people_input(const struct link_people *,
    const char *const *path, const struct link_fields *, const struct tool *,
    const char *id, long *columns, long *id_column, struct fault *);
void link_people_close(struct link_people *);

#endif
