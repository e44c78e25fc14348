/*
 * personindex_db: the database under a person index. Private to
 * linkage/personindex*.c; SQLite is used there alone.
 *
 * Tables:
 *   run         what was done, in order: link, merge or split
 *   person      ids, the run that gave them, what superseded them and when
 *   evidence    sets of values, the person and the run they came with
 *   apart       persons that a split keeps apart, until a merge ends it
 *   moved       evidence that a split took from a person
 *   released    persons that a split made themselves again
 * Rows carry the run that made them, so that a run can be taken back. Pages
 * end with checksums (ledger/pages.h): SQLite itself would not see a changed
 * byte of a value.
 */
#ifndef NIB_LINKAGE_PERSONINDEX_DB_H
#define NIB_LINKAGE_PERSONINDEX_DB_H

#include <sqlite3.h>
#include <stdint.h>

#include "base/fault.h"

#define PERSONINDEX_LAYOUT "3" /* 2: pages without checksums */

/* A fault by the kind of error; SQLite's words could quote a value. -1. */
int personindex_fail(const char *path, sqlite3 *, const char *what,
    struct fault *);
int personindex_sql(const char *path, sqlite3 *, const char *sql,
    const char *what, struct fault *);
/* NULL with a fault. */
sqlite3_stmt *personindex_prepare(const char *path, sqlite3 *,
    const char *sql, struct fault *);
/* The number that a query gives. */
int personindex_number(const char *path, sqlite3 *, const char *sql,
    uint64_t *to, struct fault *);
/* A row's text of meta; yours, NULL if there is none. */
char *personindex_meta(const char *path, sqlite3 *, const char *name,
    struct fault *);
sqlite3 *personindex_open_db(const char *path, int flags, struct fault *);
/* Within a transaction that has read: a page that was changed is a fault. */
int personindex_whole(const char *path, sqlite3 *, struct fault *);
/* An index that must be there; begin: the statement that begins. */
sqlite3 *personindex_open_existing(const char *path, const char *begin,
    struct fault *);

#endif
