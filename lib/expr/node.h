/*
 * node: an expression as a tree; inside room expr only (and its tests).
 *
 * parse makes the tree from text, bind resolves names and types and refuses
 * what cannot be meant, native evaluates it in batches, sqlite evaluates
 * what native does not, and defines what all of it means.
 */
#ifndef NIB_EXPR_NODE_H
#define NIB_EXPR_NODE_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "expr/expr.h"
#include "expr/score.h"

enum node_op {
	NODE_NULL, NODE_INT, NODE_REAL, NODE_TEXT, NODE_FIELD,
	NODE_NEG, NODE_PLUS, NODE_BITNOT, NODE_NOT,
	NODE_ADD, NODE_SUB, NODE_MUL, NODE_DIV, NODE_MOD,
	NODE_BITAND, NODE_BITOR, NODE_LSHIFT, NODE_RSHIFT,
	NODE_CONCAT, NODE_ARROW, NODE_ARROW2,
	NODE_LT, NODE_LE, NODE_GT, NODE_GE, NODE_EQ, NODE_NE,
	NODE_IS,      /* negated: IS NOT; kids: left, right */
	NODE_TRUTH,   /* IS [NOT] TRUE (i 1) or FALSE (i 0) */
	NODE_ISNULL,  /* negated: NOTNULL */
	NODE_AND, NODE_OR,
	NODE_IN,      /* left, then the list */
	NODE_BETWEEN, /* value, low, high */
	NODE_LIKE,    /* value, pattern[, escape] */
	NODE_GLOB, NODE_REGEXP,
	NODE_CASE,    /* [base if i], when, then, ... [else if odd] */
	NODE_CAST,    /* text: the type as written; i: enum node_cast */
	NODE_COLLATE, /* text: the collation */
	NODE_CALL     /* text: the name as written */
};

enum node_cast { CAST_INTEGER, CAST_REAL, CAST_TEXT, CAST_NUMERIC };

/* What a value may be besides NULL. */
#define KIND_INT 1U
#define KIND_REAL 2U
#define KIND_NUMBER (KIND_INT | KIND_REAL)
#define KIND_TEXT 4U
#define KIND_ANY 7U

struct function;
struct regexp;

/* How a node is evaluated. */
enum node_way {
	WAY_SQLITE, /* it and all below it, by SQLite */
	WAY_VALUE,  /* natively, as values */
	WAY_TEST    /* natively, as truth values */
};

struct node {
	enum node_op op;
	int negated;
	size_t at;  /* offset in the text */
	size_t n;   /* kids */
	struct node **kids;

	int64_t i;
	double r;
	const char *text; /* 16 bytes beyond it may be read */
	size_t length;

	/* Set by bind. */
	long field;           /* index in the scope */
	size_t slot;          /* field: its place in expr->reads */
	const struct function *function;
	unsigned kinds;
	enum expr_type type;
	const void *codelist; /* in_codelist */
	struct regexp *regexp;

	/* Set by native_plan. */
	enum node_way way;
	size_t place;         /* of its values in a run */
	size_t statement;     /* WAY_SQLITE: in a run */
	size_t test;          /* of its truth values in a run */
	void *plan;           /* what native prepared: a set, a pattern */
};

/* Where in the text an error is, and what kind. */
struct source {
	const char *text;
	struct arena *memory;
	struct fault *f;
};

/* Returns -1. */
int source_bad(const struct source *, size_t at, const char *, ...)
    __attribute__((format(printf, 3, 4)));

/* Text to tree; NULL with a fault. *deepest: how deep its brackets nest. */
struct node *parse_expression(const struct source *, int *deepest);

enum function_id {
	FUNCTION_SQLITE, /* evaluated by SQLite only */
	FUNCTION_ABS, FUNCTION_COALESCE, FUNCTION_IIF, FUNCTION_LENGTH,
	FUNCTION_LOWER, FUNCTION_MAX, FUNCTION_MIN, FUNCTION_NULLIF,
	FUNCTION_ROUND, FUNCTION_SUBSTR, FUNCTION_TRIM, FUNCTION_UPPER,
	/* nib's own */
	FUNCTION_AGE, FUNCTION_DAYS, FUNCTION_YEAR, FUNCTION_MONTH,
	FUNCTION_QUARTER, FUNCTION_FINANCIAL_QUARTER,
	FUNCTION_FINANCIAL_YEAR, FUNCTION_NHS_NUMBER_OK,
	FUNCTION_IN_CODELIST, FUNCTION_AGE_BAND, FUNCTION_SCORE,
	FUNCTION_FIELDS,
	FUNCTION_DATE /* SQLite's */
};

struct function {
	const char *name;
	enum function_id id;
	int least, most;    /* arguments */
	char wants;         /* of arguments: 'n' numbers, 'd' dates, 'a' any,
	                       'c' comparable ones, 'f' first is a date */
	unsigned kinds;     /* of the result; 0: those of the arguments */
	int clock;          /* takes time values: 'now' must not get in */
};

/* NULL: none of that name (ASCII case ignored). */
const struct function *function_find(const char *);
/* By number, sorted by name; NULL beyond the last. */
const struct function *function_at(size_t);

/* A score, or one of its conditions (-1: the score). */
struct score_use {
	struct score *score;
	long condition;
};

/* Age bands by their lower bounds. */
struct bands {
	size_t n;
	const int64_t *low;
	const char *const *labels; /* 16 bytes beyond each may be read */
	unsigned char of[128];     /* of the ages 0..127; n: none */
};

struct expr {
	char *text;
	const struct expr_scope *scope;
	struct arena memory;
	struct node *root;
	size_t nreads;
	size_t *reads;       /* fields read, each once */
	size_t nplaces;      /* value columns a run needs */
	size_t ntests;       /* and truth columns */
	unsigned char *keyed; /* by slot: a date whose day is wanted */
	unsigned char *texted; /* by slot: its text is looked at, not its day */
	size_t nstatements;
	struct node **statements; /* roots of what SQLite evaluates */
	size_t nregexps;
	struct regexp **regexps;
	size_t nscores;
	struct score_use *scores;
	size_t nbands;
	const struct bands **bands;
	size_t ncodelists;
	const void **codelists;
};

/* Names, types, refusals; fills reads, regexps, codelists. */
int bind_expression(struct expr *, struct fault *);

/* A column of values. Unused parts of v are undefined. */
union cell {
	int64_t i;
	double r;
	const char *p;
};
struct column {
	union cell v[EXPR_BATCH];
	uint32_t n[EXPR_BATCH];
	unsigned char kind[EXPR_BATCH]; /* EXPR_NULL .. EXPR_STRING */
};

/* Text made in a batch; lives until the next one. */
struct scratch {
	struct scratch_page *first, *now;
	size_t used;
};
char *scratch_get(struct scratch *, size_t); /* and 16 bytes beyond */
void scratch_reset(struct scratch *);
void scratch_free(struct scratch *);

/* One thread's statements on one in-memory database. */
struct sqlite;
struct sqlite *sqlite_new(const struct expr *, struct fault *);
void sqlite_free(struct sqlite *);
/* Can it be prepared? For expr_compile. */
int sqlite_check(struct sqlite *, const struct node *, struct fault *);
/* The value of a node that reads no field; -1: it has none. */
int sqlite_constant(struct sqlite *, const struct node *, struct scratch *,
    union cell *v, uint32_t *n, unsigned char *kind);
/*
 * The value of statement number s (nstatements: the whole expression) at
 * row i of the loaded fields; fields: columns by slot. Text goes to the
 * scratch.
 */
int sqlite_value(struct sqlite *, size_t s, struct column *const *fields,
    size_t i, struct scratch *, union cell *v, uint32_t *n,
    unsigned char *kind, struct fault *);
/* Adds the caches' lookups and hits so far. */
void sqlite_cache(const struct sqlite *, uint64_t *lookups, uint64_t *hits);

/* A pattern, compiled once, matched by many threads. */
struct regexp *regexp_new(const char *, size_t, size_t *at,
    char message[128]);
void regexp_free(struct regexp *);
struct regexp_work;
struct regexp_work *regexp_work_new(const struct regexp *);
void regexp_work_free(struct regexp_work *);
/* 1 found, 0 not, -1: gave up at a limit. */
int regexp_found(const struct regexp *, struct regexp_work *, const char *,
    size_t);

/* Which nodes run natively, and where their values go. */
void native_plan(struct expr *);
void native_free(struct expr *); /* what native_plan made */

/* A thread's workspace, made by expr_run_new. */
struct expr_run {
	const struct expr *e;
	int is_text;             /* it gives a text: no condition */
	size_t n;                /* rows of this batch */
	struct column **fields;  /* by slot */
	int32_t **days;          /* by slot, if keyed: packed days */
	struct loader *loaders;  /* by slot */
	struct expr_shelf *shelf; /* whose fields these are; NULL: own */
	int waiting;             /* some of them may have to be loaded yet */
	struct column **places;
	uint64_t *stamps;        /* by place: the batch its values are of */
	uint64_t batch;          /* from 1 */
	unsigned char **tests;   /* EXPR_BATCH each: 0, 1, 2 */
	/*
	 * By place and by test: what the shelf has of a node, NULL: own; and
	 * the stamp of such values, of a batch that all runs are at.
	 */
	struct common **common_places, **common_tests;
	uint64_t turn;
	struct scratch scratch;
	struct buf unquoted;
	struct sqlite *sqlite;
	struct regexp_work **works;
	long bad[EXPR_BATCH];    /* per row: -1, or the field that is bad */
	size_t nbad;
	int hand_over;           /* native cannot: SQLite does this batch */
	int by_sqlite;           /* always */
	uint64_t handed;
	struct fault *f;
};

/* Memory for the values of a field that is read, if it has none yet. */
void expr_run_room(struct expr_run *, size_t slot);

/* Constant columns. */
void native_start(struct expr_run *);
/* The loaded batch's values; look at hand_over after. */
const struct column *native_value(struct expr_run *, const struct node *);
const unsigned char *native_test(struct expr_run *, const struct node *);

/*
 * The own functions on single values, for both ways. A day packed as
 * year * 512 + month * 32 + day keeps the order of days; -1: not a date.
 * Takes YYYY-MM-DD, or the date of a datetime.
 */
int32_t scalar_day(const char *, size_t);
int scalar_age(int32_t birth, int32_t on);
int32_t scalar_days(int32_t a, int32_t b);
/* The day n days after as ten bytes; -1: beyond the years 0000 to 9999. */
int scalar_after(int32_t day, int64_t n, char *);
/* "+30 days": 30; 0, or -1 if it is another modifier. */
int scalar_shift(const char *, int64_t *);
/* To at most 16 bytes; the length, 0: before the year 0000. */
size_t scalar_month(int32_t day, char *);
size_t scalar_quarter(int32_t day, char *);
size_t scalar_financial_quarter(int32_t day, char *);
size_t scalar_financial_year(int32_t day, char *);
int scalar_nhs_number_ok(const char *, size_t);

/*
 * "5-year" (0-4 to 85-89, 90+) or lower bounds, "0,18,65". NULL: neither;
 * *why says what is wrong.
 */
const struct bands *scalar_bands(const char *, struct arena *,
    const char **why);
/* The label of an age's band; NULL: none. */
const char *scalar_band(const struct bands *, int64_t age);

/* units of 10^-scale as the nearest double; scale up to 6 */
static inline double
scalar_decimal(int64_t units, unsigned scale)
{
	static const double tens[] = { 1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6 };

	return (double)units / tens[scale];
}

/* Is a code in in_codelist's list? */
static inline int
scalar_in_codelist(const struct expr *e, const void *list, const char *p,
    size_t n)
{
	return e->scope->codelist_has(list, p, n) != 0;
}

/* For the differential test: every value by SQLite from now on. */
void expr_run_by_sqlite(struct expr_run *);
/* Batches that native handed to SQLite after all, and cache counts. */
void expr_run_counts(const struct expr_run *, uint64_t *handed,
    uint64_t *lookups, uint64_t *hits);

#endif
