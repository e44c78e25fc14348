/* What people look at and change in a person index by hand. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "linkage/personindex.h"
#include "linkage/personindex_db.h"

struct edit {
	const char *path;
	sqlite3 *db;
	uint64_t run; /* the number of this one */
};

/*
 * Runs one statement with numbers for its parameters. to, if not NULL, gets
 * the number it gives; 1 if there is one, 0 if not.
 */
static int
ask(const struct edit *e, const char *sql, const uint64_t *v, size_t n,
    uint64_t *to, struct fault *f)
{
	sqlite3_stmt *s = personindex_prepare(e->path, e->db, sql, f);
	int k, rc = -1;
	size_t i;

	if (s == NULL)
		return -1;
	for (i = 0; i < n; i++)
		(void)sqlite3_bind_int64(s, (int)i + 1, (sqlite3_int64)v[i]);
	k = sqlite3_step(s);
	if (k == SQLITE_ROW && to != NULL)
		*to = (uint64_t)sqlite3_column_int64(s, 0);
	if (k == SQLITE_ROW || k == SQLITE_DONE)
		rc = k == SQLITE_ROW;
	else
		(void)personindex_fail(e->path, e->db, "cannot use the "
		    "person index", f);
	(void)sqlite3_finalize(s);
	return rc;
}

static int
edit_open(struct edit *e, const char *path, const char *begin,
    struct fault *f)
{
	e->path = path;
	if ((e->db = personindex_open_existing(path, begin, f)) == NULL)
		return -1;
	return ask(e, "SELECT coalesce(max(run), 0) + 1 FROM run", NULL, 0,
	    &e->run, f) == -1 ? -1 : 0;
}

/* Without a commit before it, nothing has changed. */
static void
edit_close(struct edit *e)
{
	if (e->db == NULL)
		return;
	if (!sqlite3_get_autocommit(e->db))
		(void)sqlite3_exec(e->db, "ROLLBACK", NULL, NULL, NULL);
	(void)sqlite3_close(e->db);
}

static int
commit(const struct edit *e, const char *what, uint64_t persons,
    uint64_t superseded, struct fault *f)
{
	char *sql = sqlite3_mprintf("INSERT INTO run (run, what, matching, "
	    "records, persons, superseded, evidence) VALUES (%lld, %Q, '', "
	    "0, %lld, %lld, 0); COMMIT", (long long)e->run, what,
	    (long long)persons, (long long)superseded);
	int rc = personindex_sql(e->path, e->db, sql, "cannot write the "
	    "person index", f);

	sqlite3_free(sql);
	return rc;
}

/* The person that stands for one now. */
static int
current(const struct edit *e, uint64_t person, uint64_t *now,
    struct fault *f)
{
	int k = ask(e, "WITH RECURSIVE f(p) AS (SELECT person FROM person "
	    "WHERE person = ?1 UNION SELECT superseded_by FROM person, f "
	    "WHERE person = p AND superseded_by IS NOT NULL) "
	    "SELECT p FROM f, person WHERE person = p AND superseded_by IS "
	    "NULL", &person, 1, now, f);

	if (k == 0)
		return fault_at(f, e->path, 0, "has no person P%010" PRIu64,
		    person);
	return k == 1 ? 0 : -1;
}

/* Every row of a query; row returns -1 to end it. */
static int
each_row(const char *path, const char *sql,
    int (*row)(void *, const struct edit *, sqlite3_stmt *, struct fault *),
    void *arg, struct fault *f)
{
	struct edit e = { .db = NULL };
	sqlite3_stmt *s = NULL;
	int rc = -1, k = SQLITE_ERROR;

	if (edit_open(&e, path, "BEGIN", f) == -1)
		goto out;
	s = personindex_prepare(path, e.db, sql, f);
	while (s != NULL && (k = sqlite3_step(s)) == SQLITE_ROW)
		if (row(arg, &e, s, f) == -1)
			break;
	if (s != NULL && k == SQLITE_DONE)
		rc = 0;
	else if (!f->set)
		(void)personindex_fail(path, e.db, "cannot read the person "
		    "index", f);
out:
	(void)sqlite3_finalize(s);
	edit_close(&e);
	return rc;
}

struct runs {
	int (*each)(void *, const struct personindex_run *);
	void *arg;
};

static int
run_row(void *arg, const struct edit *e, sqlite3_stmt *s, struct fault *f)
{
	const struct runs *to = arg;
	struct personindex_run r;

	(void)e;
	(void)f;
	r.run = (uint64_t)sqlite3_column_int64(s, 0);
	r.matching = (const char *)sqlite3_column_text(s, 1);
	r.records = (uint64_t)sqlite3_column_int64(s, 2);
	r.persons = (uint64_t)sqlite3_column_int64(s, 3);
	r.superseded = (uint64_t)sqlite3_column_int64(s, 4);
	r.evidence = (uint64_t)sqlite3_column_int64(s, 5);
	r.undone = sqlite3_column_int(s, 6);
	r.what = (const char *)sqlite3_column_text(s, 7);
	return to->each(to->arg, &r);
}

int
personindex_runs(const char *path,
    int (*each)(void *, const struct personindex_run *), void *arg,
    struct fault *f)
{
	struct runs to = { each, arg };

	return each_row(path, "SELECT run, matching, records, persons, "
	    "superseded, evidence, undone, what FROM run ORDER BY run",
	    run_row, &to, f);
}

struct superseded {
	int (*each)(void *, const struct personindex_superseded *);
	void *arg;
};

static int
superseded_row(void *arg, const struct edit *e, sqlite3_stmt *s,
    struct fault *f)
{
	const struct superseded *to = arg;
	struct personindex_superseded p;

	p.person = (uint64_t)sqlite3_column_int64(s, 0);
	p.run = (uint64_t)sqlite3_column_int64(s, 1);
	if (current(e, p.person, &p.now, f) == -1)
		return -1;
	return to->each(to->arg, &p);
}

int
personindex_superseded(const char *path,
    int (*each)(void *, const struct personindex_superseded *), void *arg,
    struct fault *f)
{
	struct superseded to = { each, arg };

	return each_row(path, "SELECT person, superseded_run FROM person "
	    "WHERE superseded_by IS NOT NULL ORDER BY person",
	    superseded_row, &to, f);
}

/* "nhs_number:0 sex:3" to names; cuts the text up. */
static size_t
field_names(char *shape, const char **names, size_t max)
{
	size_t n = 0;
	char *p;

	for (p = strtok(shape, " "); p != NULL && n < max;
	    p = strtok(NULL, " ")) {
		p[strcspn(p, ":")] = '\0';
		names[n++] = p;
	}
	return n;
}

int
personindex_show(const char *path, uint64_t person,
    int (*each)(void *, const struct personindex_evidence *), void *arg,
    struct fault *f)
{
	const char *names[MATCHING_MAX_FIELDS], *values[MATCHING_MAX_FIELDS];
	struct personindex_evidence v = { .fields = names, .values = values };
	struct edit e = { .db = NULL };
	sqlite3_stmt *s = NULL;
	char *shape = NULL;
	int rc = -1, k = SQLITE_ERROR;
	size_t i;

	if (edit_open(&e, path, "BEGIN", f) == -1 ||
	    current(&e, person, &person, f) == -1 ||
	    (shape = personindex_meta(path, e.db, "fields", f)) == NULL)
		goto out;
	v.n = field_names(shape, names, MATCHING_MAX_FIELDS);
	s = personindex_prepare(path, e.db, "WITH RECURSIVE d(p) AS (SELECT "
	    "?1 UNION SELECT person FROM person, d WHERE superseded_by = p) "
	    "SELECT rowid, * FROM evidence WHERE person IN (SELECT p FROM d) "
	    "ORDER BY rowid", f);
	if (s != NULL)
		(void)sqlite3_bind_int64(s, 1, (sqlite3_int64)person);
	while (s != NULL && (k = sqlite3_step(s)) == SQLITE_ROW) {
		v.number = (uint64_t)sqlite3_column_int64(s, 0);
		v.person = (uint64_t)sqlite3_column_int64(s, 1);
		v.run = (uint64_t)sqlite3_column_int64(s, 2);
		for (i = 0; i < v.n; i++)
			values[i] = (const char *)sqlite3_column_text(s,
			    (int)i + 3);
		if (each(arg, &v) == -1)
			break;
	}
	if (s != NULL && k == SQLITE_DONE)
		rc = 0;
	else if (!f->set)
		(void)personindex_fail(path, e.db, "cannot read the person "
		    "index", f);
out:
	free(shape);
	(void)sqlite3_finalize(s);
	edit_close(&e);
	return rc;
}

int
personindex_undo(const char *path, uint64_t *run, struct fault *f)
{
	static const char *const takes_back[] = {
		"DELETE FROM evidence WHERE run = ?1",
		"UPDATE evidence SET person = (SELECT person FROM moved WHERE "
		"moved.evidence = evidence.rowid AND moved.run = ?1) WHERE "
		"rowid IN (SELECT evidence FROM moved WHERE run = ?1)",
		"DELETE FROM moved WHERE run = ?1",
		"UPDATE person SET superseded_by = NULL, superseded_run = "
		"NULL WHERE superseded_run = ?1",
		"UPDATE person SET (superseded_by, superseded_run) = (SELECT "
		"superseded_by, superseded_run FROM released WHERE "
		"released.person = person.person AND released.run = ?1) "
		"WHERE person IN (SELECT person FROM released WHERE run = ?1)",
		"DELETE FROM released WHERE run = ?1",
		"DELETE FROM person WHERE run = ?1",
		"DELETE FROM apart WHERE run = ?1",
		"UPDATE apart SET until_run = NULL WHERE until_run = ?1",
		"UPDATE run SET undone = 1 WHERE run = ?1",
	};
	struct edit e = { .db = NULL };
	size_t i;
	int rc = -1;

	if (edit_open(&e, path, "BEGIN IMMEDIATE", f) == -1 ||
	    ask(&e, "SELECT coalesce(max(run), 0) FROM run WHERE undone = 0",
	    NULL, 0, run, f) == -1)
		goto out;
	if (*run == 0) {
		(void)fault_at(f, path, 0, "no run to undo");
		goto out;
	}
	for (i = 0; i < sizeof takes_back / sizeof takes_back[0]; i++)
		if (ask(&e, takes_back[i], run, 1, NULL, f) == -1)
			goto out;
	rc = personindex_sql(path, e.db, "COMMIT", "cannot undo", f);
out:
	edit_close(&e);
	return rc;
}

int
personindex_merge(const char *path, uint64_t a, uint64_t b, uint64_t *id,
    struct fault *f)
{
	struct edit e = { .db = NULL };
	uint64_t v[3];
	int rc = -1;

	if (edit_open(&e, path, "BEGIN IMMEDIATE", f) == -1 ||
	    current(&e, a, &a, f) == -1 || current(&e, b, &b, f) == -1)
		goto out;
	if (a == b) {
		(void)fault_at(f, path, 0, "the two are one person already");
		goto out;
	}
	v[0] = *id = a < b ? a : b;
	v[1] = e.run;
	v[2] = a < b ? b : a;
	/* A split of the two is over; ids there may have been superseded. */
	if (ask(&e, "WITH RECURSIVE x(p) AS (SELECT ?1 UNION SELECT person "
	    "FROM person, x WHERE superseded_by = p), y(p) AS (SELECT ?3 "
	    "UNION SELECT person FROM person, y WHERE superseded_by = p) "
	    "UPDATE apart SET until_run = ?2 WHERE until_run IS NULL AND "
	    "((a IN (SELECT p FROM x) AND b IN (SELECT p FROM y)) OR "
	    "(b IN (SELECT p FROM x) AND a IN (SELECT p FROM y)))", v, 3,
	    NULL, f) == -1 ||
	    ask(&e, "UPDATE person SET superseded_by = ?1, superseded_run = "
	    "?2 WHERE person = ?3", v, 3, NULL, f) == -1)
		goto out;
	rc = commit(&e, "merge", 0, 1, f);
out:
	edit_close(&e);
	return rc;
}

/* A superseded person is itself again. */
static int
release(const struct edit *e, uint64_t person, struct fault *f)
{
	const uint64_t v[2] = { person, e->run };
	uint64_t now;

	if (current(e, person, &now, f) == -1)
		return -1;
	if (now == person)
		return fault_at(f, e->path, 0, "P%010" PRIu64 " is not "
		    "superseded: say which of its evidence to take out", person);
	if (ask(e, "INSERT INTO released SELECT person, superseded_by, "
	    "superseded_run, ?2 FROM person WHERE person = ?1", v, 2, NULL,
	    f) == -1 ||
	    ask(e, "INSERT INTO apart (a, b, run) SELECT superseded_by, "
	    "person, ?2 FROM person WHERE person = ?1", v, 2, NULL, f) == -1)
		return -1;
	return ask(e, "UPDATE person SET superseded_by = NULL, superseded_run "
	    "= NULL WHERE person = ?1", v, 1, NULL, f) == -1 ? -1 : 0;
}

/* Evidence of a person, and of those it superseded, to a new one. */
static int
take_out(const struct edit *e, uint64_t person, const uint64_t *evidence,
    size_t n, uint64_t *id, struct fault *f)
{
	uint64_t v[3], all, owner;
	size_t i;
	int k;

	if (current(e, person, &person, f) == -1 ||
	    ask(e, "SELECT coalesce(max(value), 1) FROM meta WHERE name = "
	    "'next'", NULL, 0, id, f) == -1)
		return -1;
	v[0] = *id;
	v[1] = e->run;
	v[2] = person;
	if (ask(e, "INSERT INTO person (person, run) VALUES (?1, ?2)", v, 2,
	    NULL, f) == -1 ||
	    ask(e, "INSERT INTO apart (a, b, run) VALUES (?3, ?1, ?2)", v, 3,
	    NULL, f) == -1)
		return -1;
	v[0] = *id + 1;
	if (ask(e, "INSERT OR REPLACE INTO meta VALUES ('next', ?1)", v, 1,
	    NULL, f) == -1)
		return -1;
	for (i = 0; i < n; i++) {
		v[0] = evidence[i];
		if ((k = ask(e, "SELECT person FROM evidence WHERE rowid = ?1",
		    v, 1, &owner, f)) == -1 ||
		    (k == 1 && current(e, owner, &owner, f) == -1))
			return -1;
		if (k == 0 || owner != person)
			return fault_at(f, e->path, 0, "P%010" PRIu64 " has "
			    "no evidence %" PRIu64, person, evidence[i]);
		if (ask(e, "INSERT INTO moved SELECT rowid, person, ?2 FROM "
		    "evidence WHERE rowid = ?1", v, 2, NULL, f) == -1)
			return -1;
		v[2] = *id;
		if (ask(e, "UPDATE evidence SET person = ?3 WHERE rowid = ?1 "
		    "AND ?2", v, 3, NULL, f) == -1)
			return -1;
	}
	v[0] = person;
	if (ask(e, "WITH RECURSIVE d(p) AS (SELECT ?1 UNION SELECT person "
	    "FROM person, d WHERE superseded_by = p) SELECT count(*) FROM "
	    "evidence WHERE person IN (SELECT p FROM d)", v, 1, &all, f) == -1)
		return -1;
	if (all == 0)
		return fault_at(f, e->path, 0, "that is all the evidence of "
		    "P%010" PRIu64 ": nothing would be left", person);
	return 0;
}

int
personindex_split(const char *path, uint64_t person,
    const uint64_t *evidence, size_t n, uint64_t *id, struct fault *f)
{
	struct edit e = { .db = NULL };
	int rc = -1;

	*id = person;
	if (edit_open(&e, path, "BEGIN IMMEDIATE", f) == 0 &&
	    (n == 0 ? release(&e, person, f) :
	    take_out(&e, person, evidence, n, id, f)) == 0)
		rc = commit(&e, "split", n > 0, 0, f);
	edit_close(&e);
	return rc;
}
