/*
 * Room expr: SQL expressions over a record, with SQLite's meaning.
 *
 * An expression is compiled once against a scope (the fields it may name)
 * and then read by any number of threads, each with its own run. Everyday
 * forms run natively, in batches; the rest is evaluated by SQLite. Only
 * deterministic functions are let in, no subqueries. What is wrong with an
 * expression is found by expr_compile, before any record is read.
 *
 * VALUES. An empty or missing cell is NULL. An integer or boolean (1, 0)
 * field gives an INTEGER, a number field a REAL, every other a TEXT; dates
 * and times are their ISO 8601 text, so that comparing them is comparing
 * time. A cell that does not fit its field's type makes the whole value
 * EXPR_BAD: the caller decides whether that is an error. Sixteen bytes from a
 * TEXT's end on may be read.
 *
 * A field of type EXPR_TEXT that is compared with a number, or used in
 * arithmetic or as a condition, is refused by expr_compile: in SQLite
 * '9' > 65 would silently be true.
 *
 * FUNCTIONS beyond SQLite's deterministic core: age(birth, on), days(a, b)
 * (b - a), year(d) an INTEGER, month(d) "2024-05", quarter(d) "2024-Q2" (calendar),
 * financial_year(d) "2024/25" (from 1 April), nhs_number_ok(x),
 * in_codelist(x, 'name'), x REGEXP 'pattern' (PCRE2, found anywhere).
 * man/nib-expression.7 is their reference.
 */
#ifndef NIB_EXPR_EXPR_H
#define NIB_EXPR_EXPR_H

#include <stddef.h>
#include <stdint.h>

#include "base/fault.h"
#include "csv/block.h"

/* What a field's cells are, for an expression. */
enum expr_type {
	EXPR_TEXT,     /* any text; also a field without a type */
	EXPR_INTEGER,  /* [+-]digits, 64 bits */
	EXPR_NUMBER,   /* decimal, seen as a double */
	EXPR_BOOLEAN,  /* true, false, TRUE, FALSE, True, False, 1, 0 */
	EXPR_DATE,     /* YYYY-MM-DD */
	EXPR_TIME,     /* HH:MM:SS */
	EXPR_DATETIME, /* YYYY-MM-DDTHH:MM:SS */
	EXPR_ANY       /* of a result: known only per record */
};

enum expr_kind { EXPR_NULL, EXPR_INT, EXPR_REAL, EXPR_STRING, EXPR_BAD };

struct expr_value {
	enum expr_kind kind;
	union {
		int64_t i; /* EXPR_INT; EXPR_BAD: index of the scope's field */
		double r;
		struct csv_slice s;
	} u;
};

struct expr_field {
	const char *name;
	const char *const *aliases; /* NULL-terminated, or NULL */
	size_t column;              /* in the block */
	enum expr_type type;
	int untyped;                /* no specification: advise -s */
	const char *const *missing; /* cells that are NULL besides ""; or NULL */
	/*
	 * For other lexical forms ("%d/%m/%Y", a decimal comma): the cell as
	 * a value of the field's type; 0, or -1 when it does not fit. The
	 * text it gives must live as long as the run's next call. NULL: the
	 * type's own form.
	 */
	int (*convert)(const void *arg, const char *, size_t,
	    struct expr_value *, char text[32]);
	const void *arg;
	/*
	 * Not 0: not a cell; the caller gives each batch's values by
	 * expr_give. It is expr_kinds of the expression they come from, or
	 * expr_kinds_of the type of a cell, and type is its expr_result.
	 * With EXPR_GIVEN_PADDED added, 16 bytes beyond each text may be
	 * read. column is not used.
	 */
	unsigned given;
};
#define EXPR_GIVEN_PADDED 16U

struct expr_scope {
	const struct expr_field *fields;
	size_t n;
	/*
	 * A code list by name: an opaque handle, or NULL if there is none;
	 * and whether a code is in it. May be NULL: in_codelist is refused.
	 */
	const void *(*codelist)(void *arg, const char *name, struct fault *);
	int (*codelist_has)(const void *list, const char *, size_t);
	void *arg;
};

struct expr;
struct expr_run;

/* A field by name, then by alias (exact case), as expressions find it. */
long expr_scope_field(const struct expr_scope *, const char *name);

/* text: one expression. Borrows the scope until expr_free. */
struct expr *expr_compile(const char *text, const struct expr_scope *,
    struct fault *);
/* The same, and it can be a condition: refused if it gives a text. */
struct expr *expr_compile_condition(const char *text,
    const struct expr_scope *, struct fault *);
void expr_free(struct expr *);

const char *expr_text(const struct expr *);
/* 0, or -1 with a fault if it gives a text, which is no truth value. */
int expr_condition(const struct expr *, struct fault *);
/*
 * Its static type; a date function's result is EXPR_TEXT. A value may still
 * be a REAL where integers overflowed: look at its kind.
 */
enum expr_type expr_result(const struct expr *);
/* What its values may be, for expr_field's given; never 0. */
unsigned expr_kinds(const struct expr *);
unsigned expr_kinds_of(enum expr_type);
/*
 * The parts of a condition that must all be true: "a AND (b AND c)" gives a,
 * b and c. Texts in the arena; *n of them, 1 if it is no AND or no
 * expression at all.
 */
struct arena;
const char *const *expr_conjuncts(const char *, struct arena *, size_t *n);
/* Index of the scope's field if it is a bare field name, else -1. */
long expr_bare_field(const struct expr *);
/* Does it run natively? Otherwise through SQLite. */
int expr_native(const struct expr *);
/* Indices of the scope's fields it reads; borrowed; *n of them. */
const size_t *expr_fields(const struct expr *, size_t *n);

/* A thread's own workspace. */
struct expr_run *expr_run_new(const struct expr *);
void expr_run_free(struct expr_run *);

/*
 * Runs of one thread over one scope may share their loaded fields: many
 * conditions on the same records read each cell once, evaluate each part
 * that they have in common once, and decide a condition on one field of
 * codes once per distinct cell. A shared run's text lives until any run on
 * the shelf is given another batch; runs and their expressions are freed
 * when no run on the shelf is needed any more.
 */
struct expr_shelf;
struct expr_shelf *expr_shelf_new(const struct expr_scope *);
void expr_shelf_free(struct expr_shelf *); /* after its runs */
/*
 * The expression must be compiled against the shelf's scope, or one in which
 * every field that is not given stands at the same place.
 */
struct expr_run *expr_run_new_on(const struct expr *, struct expr_shelf *);
/*
 * A shelf that is given the values of given fields, for all its runs, in
 * place of each of them; its expressions are compiled against its scope.
 * Another batch is a block of another sequence.
 */
struct expr_shelf *expr_shelf_new_given(const struct expr_scope *);

/*
 * Loads a field that is not given, as an expression would: in how many of the
 * n <= EXPR_BATCH records it is NULL, those among them whose cell does not
 * fit its type. Who checks such cells has it before the expressions do.
 */
void expr_shelf_look(struct expr_shelf *, size_t field,
    const struct csv_block *, size_t first, size_t n, size_t *nulls,
    size_t *bad);

/*
 * Where a given field's values will be, EXPR_BATCH of them, before each
 * call that evaluates; EXPR_BAD makes the value bad by that field. Borrowed.
 */
void expr_give(struct expr_run *, size_t field, const struct expr_value *);
/* The same for a given field of type EXPR_DATE, as days. */
void expr_give_days(struct expr_run *, size_t field, const int32_t *days);
void expr_shelf_give(struct expr_shelf *, size_t field,
    const struct expr_value *);
void expr_shelf_give_days(struct expr_shelf *, size_t field,
    const int32_t *days);

/*
 * A day as a number that keeps the order of days: year * 512 + month * 32 +
 * day. Below 0: none.
 */
#define EXPR_NO_DAY (-1)  /* NULL */
#define EXPR_BAD_DAY (-2) /* the cell does not fit */

/*
 * Values for n regular records of a block from first on, n <= 256. Text
 * lives in the block or in the run until its next call.
 */
#define EXPR_BATCH 256
int expr_eval(struct expr_run *, const struct csv_block *, size_t first,
    size_t n, struct expr_value *out, struct fault *);
/*
 * The same as whole numbers of 10^-scale, scale 0 to 9, the nearest (even,
 * if two are). is[i] says what to[i] is; EXPR_NO_WHOLE: a text, a bad cell,
 * or beyond 9e15 with decimals and 63 bits without. to and is have room for
 * EXPR_BATCH.
 */
enum { EXPR_WHOLE_NULL, EXPR_WHOLE, EXPR_NO_WHOLE };
int expr_eval_whole(struct expr_run *, const struct csv_block *,
    size_t first, size_t n, unsigned scale, int64_t *to, unsigned char *is,
    struct fault *);
/*
 * For a run on a shelf whose expression reads one field of texts or dates: a
 * number below EXPR_NUMBERS for each record, so that records with the same
 * number have the same value, in this and in later batches. NULL: not to be
 * had, because the cells are too many or one of them is bad. Borrowed until
 * the shelf's next batch.
 */
#define EXPR_NUMBERS 4096
const uint16_t *expr_numbers(struct expr_run *, const struct csv_block *,
    size_t first, size_t n, struct fault *);
/* The same of an expression that is a bare EXPR_DATE field, as days. */
int expr_days(struct expr_run *, const struct csv_block *, size_t first,
    size_t n, int32_t *to, struct fault *);
/*
 * As a condition: to[i] is 1 true, 0 false, 2 NULL, 3 bad cell (its field's
 * index in *bad_field if not NULL, of the first bad one).
 */
int expr_test(struct expr_run *, const struct csv_block *, size_t first,
    size_t n, unsigned char *to, long *bad_field, struct fault *);

/*
 * Is a condition true of every record in which the fields hold what known
 * says, by the scope's field: an EXPR_INT, an EXPR_NULL, or EXPR_BAD where
 * it may be anything that fits? 0 also where that is not easily seen.
 */
int expr_always(const struct expr *, const struct expr_value *known);

/*
 * A value as a cell, by its meaning, not quoted: csv_put_cell does that to
 * a text. NULL is empty; a real is its shortest text.
 */
void expr_put(struct buf *, const struct expr_value *);

#endif
