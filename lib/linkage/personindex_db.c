/* The database under a person index. */
#include "linkage/personindex_db.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/mem.h"
#include "ledger/pages.h"

/* SQLite's own words can quote a value: only the kind of error is ours. */
int
personindex_fail(
    const char *path, sqlite3 *db, const char *what, struct fault *f)
{
	int code = db != NULL ? sqlite3_errcode(db) : SQLITE_NOMEM;

	if (code == SQLITE_BUSY || code == SQLITE_LOCKED)
		return fault_at(f, path, 0,
		    "the person index is in use by "
		    "another run");
	/* An error of our SQL: tables that are not there. */
	if (code == SQLITE_NOTADB || code == SQLITE_CORRUPT ||
	    code == SQLITE_ERROR)
		return fault_at(f, path, 0, "not a person index, or damaged");
	return fault_at(f, path, 0, "%s: %s", what, sqlite3_errstr(code));
}

int
personindex_sql(const char *path, sqlite3 *db, const char *sql,
    const char *what, struct fault *f)
{
	if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
		return personindex_fail(path, db, what, f);
	return 0;
}

sqlite3_stmt *
personindex_prepare(
    const char *path, sqlite3 *db, const char *sql, struct fault *f)
{
	sqlite3_stmt *s = NULL;

	if (sqlite3_prepare_v2(db, sql, -1, &s, NULL) != SQLITE_OK)
		(void)personindex_fail(
		    path, db, "cannot use the person index", f);
	return s;
}

/* A row's text of meta; yours, NULL if there is none. */
char *
personindex_meta(
    const char *path, sqlite3 *db, const char *name, struct fault *f)
{
	sqlite3_stmt *s = personindex_prepare(path, db,
	    "SELECT value FROM meta WHERE "
	    "name = ?",
	    f);
	char *v = NULL;

	if (s == NULL)
		return NULL;
	(void)sqlite3_bind_text(s, 1, name, -1, SQLITE_STATIC);
	if (sqlite3_step(s) == SQLITE_ROW)
		v = mem_strdup((const char *)sqlite3_column_text(s, 0));
	(void)sqlite3_finalize(s);
	return v;
}

int
personindex_number(const char *path, sqlite3 *db, const char *sql, uint64_t *to,
    struct fault *f)
{
	sqlite3_stmt *s = personindex_prepare(path, db, sql, f);
	int rc = -1;

	if (s == NULL)
		return -1;
	if (sqlite3_step(s) == SQLITE_ROW) {
		*to = (uint64_t)sqlite3_column_int64(s, 0);
		rc = 0;
	} else {
		(void)personindex_fail(
		    path, db, "cannot read the person index", f);
	}
	(void)sqlite3_finalize(s);
	return rc;
}

sqlite3 *
personindex_open_db(const char *path, int flags, struct fault *f)
{
	const char *vfs = pages_vfs();
	sqlite3 *db = NULL;

	if (vfs == NULL || sqlite3_open_v2(path, &db,
	    flags | SQLITE_OPEN_NOMUTEX, vfs) != SQLITE_OK) {
		(void)personindex_fail(path, db, "cannot open", f);
		(void)sqlite3_close(db);
		return NULL;
	}
	(void)sqlite3_exec(db,
	    "PRAGMA journal_mode = DELETE; PRAGMA "
	    "synchronous = FULL; PRAGMA temp_store = MEMORY",
	    NULL, NULL, NULL);
	return db;
}

int
personindex_whole(const char *path, sqlite3 *db, struct fault *f)
{
	uint64_t page = pages_bad(db);

	return page == 0 ? 0 : fault_at(f, path, 0, "page %" PRIu64 " of the "
	    "person index was changed or is missing: put back a copy", page);
}

/* An index to look at or to take a run back from. */
sqlite3 *
personindex_open_existing(const char *path, const char *begin, struct fault *f)
{
	struct stat st;
	sqlite3 *db;
	char *version;

	if (stat(path, &st) == -1) {
		(void)fault_file(f, path, "cannot open");
		return NULL;
	}
	if ((db = personindex_open_db(path, SQLITE_OPEN_READWRITE, f)) == NULL)
		return NULL;
	if (personindex_sql(path, db, begin, "cannot begin", f) == 0) {
		version = personindex_meta(path, db, "version", f);
		if (version != NULL &&
		    strcmp(version, PERSONINDEX_LAYOUT) == 0) {
			free(version);
			if (personindex_whole(path, db, f) == 0)
				return db;
		} else {
			free(version);
			(void)fault_at(f, path, 0, "not a person index, or "
			    "damaged");
		}
	}
	(void)sqlite3_close(db);
	return NULL;
}
