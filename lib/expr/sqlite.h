/*
 * sqlite: what the files of this room's SQLite share: one connection, the SQL
 * that is made of a tree, the functions it may call. node.h has what the rest
 * of the room uses.
 */
#ifndef NIB_EXPR_SQLITE_H
#define NIB_EXPR_SQLITE_H

#include <sqlite3.h>

#include "expr/node.h"

struct statement;

struct sqlite {
	const struct expr *e;
	sqlite3 *db;
	struct regexp_work **works;
	unsigned looks;
	uint64_t seed;
	size_t n;
	struct statement *statements; /* nstatements, and the whole */
};

/* Starts with e and reads, of which each slot is set that is read. */
struct sqlite_text {
	const struct expr *e;
	unsigned char *reads; /* per slot */
	struct buf sql;
	size_t nreals;
	double *reals; /* bound after the fields */
};

/* SELECT and the expression; its fields and reals are parameters. */
void sqlite_text_put(struct sqlite_text *, const struct node *);
void sqlite_text_free(struct sqlite_text *);

/* Lets in nib's functions and the pure ones of SQLite, and nothing else. */
int sqlite_functions(struct sqlite *);

/* Texts that SQLite makes need not be UTF-8; the fault's words for it. */
int sqlite_is_utf8(const void *, size_t);
extern const char sqlite_not_utf8[];

#endif
