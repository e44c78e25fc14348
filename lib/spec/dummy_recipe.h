/* How each field of an artificial record is made; between dummy's files. */
#ifndef NIB_SPEC_DUMMY_RECIPE_H
#define NIB_SPEC_DUMMY_RECIPE_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/fault.h"
#include "spec/dummy.h"
#include "spec/dummy_pattern.h"

#define DUMMY_GROUP_MAX 64   /* records in a group */
#define DUMMY_TEXT_MAX 1024  /* bytes of one value */
#define DUMMY_SLOTS_MAX 120  /* visits of one row of a table */

/* Made text has 16 readable bytes beyond its end. */
struct dummy_text {
	const char *p;
	uint32_t n;
	int quote; /* must be quoted in CSV */
};

/* Draws i with probability proportional to its weight (alias method). */
struct dummy_choice {
	uint32_t n;
	uint32_t *cut;   /* of 2^32: below it i stays */
	uint32_t *other; /* else this */
};

/* A value of this record, of the previous, of a table's row, or a bound. */
enum dummy_ref_kind {
	DUMMY_REF_SLOT, DUMMY_REF_TABLE,
	DUMMY_REF_START, DUMMY_REF_END, /* of the period */
	DUMMY_REF_VISIT_START, DUMMY_REF_VISIT_END
};

struct dummy_ref {
	enum dummy_ref_kind kind;
	size_t slot;          /* or the table's index */
	size_t column;
};

enum dummy_test { DUMMY_IN, DUMMY_SAME, DUMMY_AFTER, DUMMY_BEFORE };

struct dummy_condition {
	struct dummy_ref left;
	enum dummy_test test;
	struct dummy_text *texts; /* DUMMY_IN */
	size_t ntexts;
	struct dummy_ref right;   /* the others */
};

struct dummy_case {
	struct dummy_condition *conditions; /* all must hold */
	size_t n;
	const struct dummy_gen *gen;
};

struct dummy_map { /* a term of a sum */
	struct dummy_ref of;
	struct dummy_text *texts;
	int64_t *values;
	size_t n;
};

enum dummy_form {
	DUMMY_EMPTY, DUMMY_TEXT, DUMMY_CHOICE, DUMMY_PATTERN, DUMMY_UNIQUE,
	DUMMY_NUMBER, DUMMY_QUANTILES, DUMMY_JOIN, DUMMY_COPY, DUMMY_PREVIOUS,
	DUMMY_DATE, DUMMY_NHS, DUMMY_SCTID, DUMMY_CASES, DUMMY_SUM
};

enum dummy_number {
	DUMMY_RECORD, DUMMY_GROUP, DUMMY_POSITION, DUMMY_ROW
};

enum dummy_time { /* how a moment is written */
	DUMMY_DAY, DUMMY_MOMENT, DUMMY_CLOCK, DUMMY_YEAR, DUMMY_YEARMONTH
};

struct dummy_gen {
	enum dummy_form form;
	uint32_t empty;             /* share of 2^32 left empty */
	struct dummy_text *texts;   /* TEXT: one; CHOICE */
	struct dummy_choice choice;
	const struct dummy_pattern *pattern;
	int check;                  /* check_kind the text must pass, or -1 */
	uint32_t min_length, max_length; /* of a pattern's text */
	enum dummy_number number;
	size_t table;               /* NUMBER: ROW */
	unsigned width;
	int64_t base;               /* added to a number, a sum */
	int64_t *quantiles;         /* QUANTILES; DATE: days or minutes */
	size_t nquantiles;
	unsigned scale;
	const struct dummy_gen **parts; /* JOIN */
	size_t nparts;
	struct dummy_ref from;      /* COPY, PREVIOUS, DATE */
	uint32_t first, at;         /* COPY: bytes taken, from where */
	struct dummy_ref *not_before, *until; /* DATE */
	size_t nnot_before, nuntil;
	enum dummy_time time;
	const char *format;         /* DATE: strftime-like, or NULL */
	struct dummy_case *cases;
	size_t ncases;
	struct dummy_map *maps;     /* SUM */
	size_t nmaps;
	const struct dummy_gen *otherwise; /* COPY of an absent table, PREVIOUS */
};

/* One value for a record, for the records of a group, for a table's row. */
enum dummy_per { DUMMY_PER_RECORD, DUMMY_PER_GROUP, DUMMY_PER_ROW };

struct dummy_slot {
	const char *name;
	long field;    /* of the specification, or -1: a helper */
	enum dummy_per per;
	size_t source; /* DUMMY_PER_ROW: the table */
	int once;      /* the records of a group share it */
	const struct dummy_gen *gen;
};

struct dummy_column { /* of a table given */
	const char *name;
	struct buf text;   /* cells, one after another, with slack */
	uint64_t *at;      /* nrows + 1 offsets */
	int quote;         /* some cell must be quoted */
};

struct dummy_source {
	const char *name;
	const char *path;     /* NULL: imagined, rows only */
	uint64_t nrows;
	double share;         /* imagined rows per group */
	int per_record;       /* a row for each record, else for each group */
	int each;             /* rows in turn, none twice */
	uint64_t nslots;      /* visits a row may have; 0: drawn with return */
	int want_slots;
	const char *only;     /* rows where this column is filled; or NULL */
	size_t ncolumns;
	struct dummy_column *columns;
};

struct dummy_recipe {
	struct arena arena;
	size_t nslots;
	struct dummy_slot *slots;
	int has_group;
	struct dummy_choice group;  /* size - 1 */
	size_t group_max;
	size_t nsources;
	struct dummy_source *sources;
	int32_t from, to;           /* days of the period */
	uint64_t records;
};

/* Reads the recipe, fills what it leaves out, opens no table's file. */
struct dummy_recipe *dummy_recipe_new(const struct spec *,
    const struct dummy_options *, struct fault *);
void dummy_recipe_free(struct dummy_recipe *);

/* A second way to make a field, from the specification alone. */
const struct dummy_gen *dummy_recipe_plain(struct dummy_recipe *,
    const struct spec *, size_t field, struct fault *);

void dummy_choice_make(struct arena *, struct dummy_choice *,
    const double *weights, size_t n);

/* A SNOMED CT concept identifier, of at most 12 bytes; its length. */
size_t dummy_sctid(char *, struct dummy_random *);

static inline uint32_t
dummy_choose(const struct dummy_choice *c, uint64_t x)
{
	uint32_t i = (uint32_t)(((x >> 32) * c->n) >> 32);

	return (uint32_t)x < c->cut[i] ? i : c->other[i];
}

#endif
