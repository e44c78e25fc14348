/* Persons remembered from one run to the next. */
#include "linkage/personindex.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/map.h"
#include "base/mem.h"

#define LAYOUT "1"

struct personindex {
	char *path;
	sqlite3 *db;
	int made; /* by this run: removed if it fails */
	uint64_t run, next;
	const struct matching *m;
	size_t nfields;
	size_t fields[MATCHING_MAX_FIELDS];
};

/* SQLite's own words can quote a value: only the kind of error is ours. */
static int
fail(const char *path, sqlite3 *db, const char *what, struct fault *f)
{
	int code = db != NULL ? sqlite3_errcode(db) : SQLITE_NOMEM;

	if (code == SQLITE_BUSY || code == SQLITE_LOCKED)
		return fault_at(f, path, 0, "the person index is in use by "
		    "another run");
	if (code == SQLITE_NOTADB || code == SQLITE_CORRUPT)
		return fault_at(f, path, 0, "not a person index, or damaged");
	return fault_at(f, path, 0, "%s: %s", what, sqlite3_errstr(code));
}

static int
run_sql(const char *path, sqlite3 *db, const char *sql, const char *what,
    struct fault *f)
{
	if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
		return fail(path, db, what, f);
	return 0;
}

static sqlite3_stmt *
prepare(const char *path, sqlite3 *db, const char *sql, struct fault *f)
{
	sqlite3_stmt *s = NULL;

	if (sqlite3_prepare_v2(db, sql, -1, &s, NULL) != SQLITE_OK)
		(void)fail(path, db, "cannot use the person index", f);
	return s;
}

/* "nhs_number:0 sex:3": what evidence means. */
static char *
shape(const struct personindex *p)
{
	struct buf b = { 0 };
	char *s;
	size_t i;

	for (i = 0; i < p->nfields; i++)
		buf_printf(&b, "%s%s:%d", i > 0 ? " " : "",
		    p->m->fields[p->fields[i]].name,
		    (int)p->m->fields[p->fields[i]].type);
	s = mem_strdup(buf_string(&b));
	buf_free(&b);
	return s;
}

/* A row's text of meta; yours, NULL if there is none. */
static char *
meta(const char *path, sqlite3 *db, const char *name, struct fault *f)
{
	sqlite3_stmt *s = prepare(path, db, "SELECT value FROM meta WHERE "
	    "name = ?", f);
	char *v = NULL;

	if (s == NULL)
		return NULL;
	(void)sqlite3_bind_text(s, 1, name, -1, SQLITE_STATIC);
	if (sqlite3_step(s) == SQLITE_ROW)
		v = mem_strdup((const char *)sqlite3_column_text(s, 0));
	(void)sqlite3_finalize(s);
	return v;
}

static int
number(const char *path, sqlite3 *db, const char *sql, uint64_t *to,
    struct fault *f)
{
	sqlite3_stmt *s = prepare(path, db, sql, f);
	int rc = -1;

	if (s == NULL)
		return -1;
	if (sqlite3_step(s) == SQLITE_ROW) {
		*to = (uint64_t)sqlite3_column_int64(s, 0);
		rc = 0;
	} else {
		(void)fail(path, db, "cannot read the person index", f);
	}
	(void)sqlite3_finalize(s);
	return rc;
}

static int
make(struct personindex *p, struct fault *f)
{
	struct buf b = { 0 };
	char *s = shape(p);
	size_t i;
	int rc;

	buf_puts(&b, "PRAGMA application_id = 0x6e696270;"
	    "CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL);"
	    "CREATE TABLE run (run INTEGER PRIMARY KEY, matching TEXT, "
	    "records INTEGER, persons INTEGER, superseded INTEGER, "
	    "evidence INTEGER, undone INTEGER NOT NULL DEFAULT 0);"
	    "CREATE TABLE person (person INTEGER PRIMARY KEY, run INTEGER, "
	    "superseded_by INTEGER, superseded_run INTEGER);"
	    "CREATE TABLE evidence (person INTEGER, run INTEGER");
	for (i = 0; i < p->nfields; i++)
		buf_printf(&b, ", f%zu TEXT", i);
	buf_puts(&b, ");INSERT INTO meta VALUES ('version', '" LAYOUT "')");
	rc = run_sql(p->path, p->db, buf_string(&b), "cannot make a person "
	    "index", f);
	buf_free(&b);
	if (rc == 0) {
		sqlite3_stmt *st = prepare(p->path, p->db,
		    "INSERT INTO meta VALUES ('fields', ?)", f);

		if (st == NULL ||
		    sqlite3_bind_text(st, 1, s, -1, SQLITE_STATIC) !=
		    SQLITE_OK || sqlite3_step(st) != SQLITE_DONE)
			rc = fail(p->path, p->db, "cannot make a person "
			    "index", f);
		(void)sqlite3_finalize(st);
	}
	free(s);
	return rc;
}

static int
check(struct personindex *p, struct fault *f)
{
	char *version = meta(p->path, p->db, "version", f);
	char *fields = version != NULL ? meta(p->path, p->db, "fields", f) :
	    NULL;
	char *wanted = shape(p);
	int rc = 0;

	if (f->set)
		rc = -1;
	else if (version == NULL || fields == NULL)
		rc = fault_at(f, p->path, 0, "not a person index, or "
		    "damaged");
	else if (strcmp(version, LAYOUT) != 0)
		rc = fault_at(f, p->path, 0, "a person index of version %.20s;"
		    " this program knows " LAYOUT, version);
	else if (strcmp(fields, wanted) != 0)
		rc = fault_at(f, p->path, 0, "the person index was made with "
		    "other fields than %s has", p->m->name);
	free(version);
	free(fields);
	free(wanted);
	return rc;
}

static sqlite3 *
open_db(const char *path, int flags, struct fault *f)
{
	sqlite3 *db = NULL;

	if (sqlite3_open_v2(path, &db, flags | SQLITE_OPEN_NOMUTEX, NULL) !=
	    SQLITE_OK) {
		(void)fail(path, db, "cannot open", f);
		(void)sqlite3_close(db);
		return NULL;
	}
	(void)sqlite3_exec(db, "PRAGMA journal_mode = DELETE; PRAGMA "
	    "synchronous = FULL; PRAGMA temp_store = MEMORY", NULL, NULL,
	    NULL);
	return db;
}

struct personindex *
personindex_open(const char *path, const struct matching *m, const char *used,
    struct fault *f)
{
	struct personindex *p = mem_zero(1, sizeof *p);
	size_t i;
	int fd;

	p->path = mem_strdup(path);
	p->m = m;
	for (i = 0; i < m->nfields; i++)
		if (used[i])
			p->fields[p->nfields++] = i;
	fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd != -1) {
		p->made = 1;
		(void)close(fd);
	}
	if ((p->db = open_db(path, SQLITE_OPEN_READWRITE, f)) == NULL ||
	    run_sql(path, p->db, "BEGIN IMMEDIATE", "cannot begin", f) == -1)
		goto bad;
	if (p->made ? make(p, f) == -1 : check(p, f) == -1)
		goto bad;
	if (number(path, p->db, "SELECT coalesce(max(run), 0) + 1 FROM run",
	    &p->run, f) == -1 ||
	    number(path, p->db, "SELECT coalesce(max(value), 1) FROM meta "
	    "WHERE name = 'next'", &p->next, f) == -1)
		goto bad;
	return p;
bad:
	personindex_close(p);
	return NULL;
}

void
personindex_close(struct personindex *p)
{
	if (p == NULL)
		return;
	if (p->db != NULL) {
		if (!sqlite3_get_autocommit(p->db))
			(void)sqlite3_exec(p->db, "ROLLBACK", NULL, NULL,
			    NULL);
		(void)sqlite3_close(p->db);
	}
	if (p->made)
		(void)unlink(p->path);
	free(p->path);
	free(p);
}

/* The person that stands for one now; chains are short. */
static int
follow(struct personindex *p, struct map *chain, const uint64_t *to,
    uint64_t *person, struct fault *f)
{
	size_t k, turns = 0;

	while ((k = map_find(chain, person, sizeof *person)) != MAP_NONE) {
		*person = to[k];
		if (++turns > map_count(chain))
			return fault_at(f, p->path, 0, "damaged: a person "
			    "supersedes itself");
	}
	return 0;
}

int
personindex_load(struct personindex *p, struct values *v, struct roll *roll,
    uint64_t **known, struct fault *f)
{
	struct map *chain = map_new();
	uint64_t *to = NULL, person;
	sqlite3_stmt *s = NULL;
	size_t cap = 0, i, slot;
	const char *text;
	int rc = -1, k, n;

	memset(roll, 0, sizeof *roll);
	roll->stride = values_nslots(v);
	*known = NULL;
	s = prepare(p->path, p->db, "SELECT person, superseded_by FROM person "
	    "WHERE superseded_by IS NOT NULL", f);
	while (s != NULL && (k = sqlite3_step(s)) == SQLITE_ROW) {
		person = (uint64_t)sqlite3_column_int64(s, 0);
		i = map_add(chain, &person, sizeof person, NULL);
		to = mem_array(to, i + 1, sizeof *to);
		to[i] = (uint64_t)sqlite3_column_int64(s, 1);
	}
	if (s == NULL || k != SQLITE_DONE)
		goto out;
	(void)sqlite3_finalize(s);
	s = prepare(p->path, p->db, "SELECT * FROM evidence ORDER BY rowid",
	    f);
	while (s != NULL && (k = sqlite3_step(s)) == SQLITE_ROW) {
		if (roll->n == cap) {
			cap = cap * 2 + 1024;
			roll->codes = mem_array(roll->codes, cap,
			    roll->stride * sizeof *roll->codes);
			*known = mem_array(*known, cap, sizeof **known);
		}
		person = (uint64_t)sqlite3_column_int64(s, 0);
		if (follow(p, chain, to, &person, f) == -1)
			goto out;
		(*known)[roll->n] = person;
		for (i = 0; i < p->nfields; i++) {
			slot = (size_t)values_slot(v, p->fields[i]);
			text = (const char *)sqlite3_column_text(s,
			    (int)i + 2);
			n = sqlite3_column_bytes(s, (int)i + 2);
			roll->codes[roll->n * roll->stride + slot] =
			    text != NULL && n > 0 ?
			    values_add(v, slot, text, (size_t)n) : 0;
		}
		roll->n++;
	}
	rc = s != NULL && k == SQLITE_DONE ? 0 : -1;
out:
	if (rc == -1 && !f->set)
		(void)fail(p->path, p->db, "cannot read the person index", f);
	(void)sqlite3_finalize(s);
	map_free(chain);
	free(to);
	if (rc == -1) {
		roll_clear(roll);
		free(*known);
		*known = NULL;
	}
	return rc;
}

static int
step(struct personindex *p, sqlite3_stmt *s, struct fault *f)
{
	if (sqlite3_step(s) != SQLITE_DONE)
		return fail(p->path, p->db, "cannot write the person index",
		    f);
	(void)sqlite3_reset(s);
	return 0;
}

/* The id of every group: the lowest known in it, else 0. */
static int
supersede(struct personindex *p, struct steps_result *found, size_t nknown,
    const uint64_t *known, uint64_t *id_of, struct personindex_account *a,
    struct fault *f)
{
	sqlite3_stmt *s = prepare(p->path, p->db, "UPDATE person SET "
	    "superseded_by = ?1, superseded_run = ?2 WHERE person = ?3 AND "
	    "superseded_by IS NULL", f);
	uint32_t root;
	size_t i;
	int rc = s != NULL ? 0 : -1;

	for (i = 0; i < nknown; i++) {
		root = group_root(&found->persons, (uint32_t)i);
		if (id_of[root] == 0 || known[i] < id_of[root])
			id_of[root] = known[i];
	}
	for (i = 0; rc == 0 && i < nknown; i++) {
		root = group_root(&found->persons, (uint32_t)i);
		if (id_of[root] == known[i])
			continue;
		(void)sqlite3_bind_int64(s, 1, (sqlite3_int64)id_of[root]);
		(void)sqlite3_bind_int64(s, 2, (sqlite3_int64)p->run);
		(void)sqlite3_bind_int64(s, 3, (sqlite3_int64)known[i]);
		rc = step(p, s, f);
		a->superseded += (uint64_t)(sqlite3_changes(p->db) > 0);
	}
	(void)sqlite3_finalize(s);
	return rc;
}

static int
add_person(struct personindex *p, sqlite3_stmt *s, uint64_t id,
    struct fault *f)
{
	(void)sqlite3_bind_int64(s, 1, (sqlite3_int64)id);
	(void)sqlite3_bind_int64(s, 2, (sqlite3_int64)p->run);
	return step(p, s, f);
}

static int
add_evidence(struct personindex *p, sqlite3_stmt *s, uint64_t id,
    const struct values *v, const uint32_t *codes, struct fault *f)
{
	const char *text;
	size_t i, slot, n;

	(void)sqlite3_bind_int64(s, 1, (sqlite3_int64)id);
	(void)sqlite3_bind_int64(s, 2, (sqlite3_int64)p->run);
	for (i = 0; i < p->nfields; i++) {
		slot = (size_t)values_slot(v, p->fields[i]);
		if (codes[slot] == 0) {
			(void)sqlite3_bind_null(s, (int)i + 3);
			continue;
		}
		text = values_text(v, slot, codes[slot], &n);
		(void)sqlite3_bind_text(s, (int)i + 3, text, (int)n,
		    SQLITE_STATIC);
	}
	return step(p, s, f);
}

/* Is this set of values of this person new? */
static int
is_new(struct map *seen, uint64_t id, const struct roll *roll, size_t i)
{
	unsigned char key[sizeof id + MATCHING_MAX_FIELDS * sizeof(uint32_t)];
	size_t n = roll->stride * sizeof(uint32_t), k;
	const uint32_t *codes = roll_record(roll, i);
	int some = 0, added;

	for (k = 0; k < roll->stride; k++)
		some |= codes[k] != 0;
	if (!some)
		return 0;
	memcpy(key, &id, sizeof id);
	memcpy(key + sizeof id, codes, n);
	(void)map_add(seen, key, sizeof id + n, &added);
	return added;
}

static int
finish_run(struct personindex *p, size_t records,
    const struct personindex_account *a, struct fault *f)
{
	sqlite3_stmt *s = prepare(p->path, p->db, "INSERT INTO run (run, "
	    "matching, records, persons, superseded, evidence) VALUES "
	    "(?, ?, ?, ?, ?, ?)", f);
	int rc;

	if (s == NULL)
		return -1;
	(void)sqlite3_bind_int64(s, 1, (sqlite3_int64)p->run);
	(void)sqlite3_bind_text(s, 2, p->m->name, -1, SQLITE_STATIC);
	(void)sqlite3_bind_int64(s, 3, (sqlite3_int64)records);
	(void)sqlite3_bind_int64(s, 4, (sqlite3_int64)a->persons);
	(void)sqlite3_bind_int64(s, 5, (sqlite3_int64)a->superseded);
	(void)sqlite3_bind_int64(s, 6, (sqlite3_int64)a->evidence);
	rc = step(p, s, f);
	(void)sqlite3_finalize(s);
	if (rc == -1 || (s = prepare(p->path, p->db,
	    "INSERT OR REPLACE INTO meta VALUES ('next', ?)", f)) == NULL)
		return -1;
	/* Ids of an undone run are never given again. */
	(void)sqlite3_bind_int64(s, 1, (sqlite3_int64)p->next);
	rc = step(p, s, f);
	(void)sqlite3_finalize(s);
	return rc;
}

int
personindex_update(struct personindex *p, struct steps_result *found,
    const struct roll *roll, const struct values *v, size_t nknown,
    const uint64_t *known, uint64_t *ids, struct personindex_account *a,
    struct fault *f)
{
	uint64_t *id_of = mem_zero(roll->n + 1, sizeof *id_of);
	struct map *seen = map_new(), *before = map_new();
	sqlite3_stmt *person = NULL, *evidence = NULL;
	struct buf sql = { 0 };
	uint32_t root;
	size_t i;
	int rc = -1;

	memset(a, 0, sizeof *a);
	for (i = 0; i < nknown; i++)
		(void)map_add(before, &known[i], sizeof known[i], NULL);
	a->known = map_count(before);
	buf_puts(&sql, "INSERT INTO evidence VALUES (?, ?");
	for (i = 0; i < p->nfields; i++)
		buf_puts(&sql, ", ?");
	buf_puts(&sql, ")");
	if (supersede(p, found, nknown, known, id_of, a, f) == -1 ||
	    (person = prepare(p->path, p->db, "INSERT INTO person (person, "
	    "run) VALUES (?, ?)", f)) == NULL ||
	    (evidence = prepare(p->path, p->db, buf_string(&sql), f)) == NULL)
		goto out;
	for (i = 0; i < nknown; i++)
		(void)is_new(seen, id_of[group_root(&found->persons,
		    (uint32_t)i)], roll, i);
	for (i = nknown; i < roll->n; i++) {
		root = group_root(&found->persons, (uint32_t)i);
		if (id_of[root] == 0) {
			id_of[root] = p->next++;
			a->persons++;
			if (add_person(p, person, id_of[root], f) == -1)
				goto out;
		}
		ids[i - nknown] = id_of[root];
		if (is_new(seen, id_of[root], roll, i)) {
			a->evidence++;
			if (add_evidence(p, evidence, id_of[root], v,
			    roll_record(roll, i), f) == -1)
				goto out;
		}
	}
	rc = finish_run(p, roll->n - nknown, a, f);
out:
	(void)sqlite3_finalize(person);
	(void)sqlite3_finalize(evidence);
	map_free(seen);
	map_free(before);
	buf_free(&sql);
	free(id_of);
	return rc;
}

int
personindex_commit(struct personindex *p, struct fault *f)
{
	if (run_sql(p->path, p->db, "COMMIT", "cannot write the person index",
	    f) == -1)
		return -1;
	p->made = 0;
	return 0;
}

/* An index to look at or to take a run back from. */
static sqlite3 *
open_existing(const char *path, const char *begin, struct fault *f)
{
	struct stat st;
	sqlite3 *db;
	char *version;

	if (stat(path, &st) == -1) {
		(void)fault_file(f, path, "cannot open");
		return NULL;
	}
	if ((db = open_db(path, SQLITE_OPEN_READWRITE, f)) == NULL)
		return NULL;
	if (run_sql(path, db, begin, "cannot begin", f) == 0) {
		version = meta(path, db, "version", f);
		if (version != NULL && strcmp(version, LAYOUT) == 0) {
			free(version);
			return db;
		}
		free(version);
		(void)fault_at(f, path, 0, "not a person index, or damaged");
	}
	(void)sqlite3_close(db);
	return NULL;
}

int
personindex_runs(const char *path,
    int (*each)(void *, const struct personindex_run *), void *arg,
    struct fault *f)
{
	struct personindex_run r;
	sqlite3_stmt *s;
	sqlite3 *db = open_existing(path, "BEGIN", f);
	int rc = -1, k = SQLITE_DONE;

	if (db == NULL)
		return -1;
	s = prepare(path, db, "SELECT run, matching, records, persons, "
	    "superseded, evidence, undone FROM run ORDER BY run", f);
	while (s != NULL && (k = sqlite3_step(s)) == SQLITE_ROW) {
		r.run = (uint64_t)sqlite3_column_int64(s, 0);
		r.matching = (const char *)sqlite3_column_text(s, 1);
		r.records = (uint64_t)sqlite3_column_int64(s, 2);
		r.persons = (uint64_t)sqlite3_column_int64(s, 3);
		r.superseded = (uint64_t)sqlite3_column_int64(s, 4);
		r.evidence = (uint64_t)sqlite3_column_int64(s, 5);
		r.undone = sqlite3_column_int(s, 6);
		if (each(arg, &r) == -1)
			break;
	}
	if (s != NULL && k == SQLITE_DONE)
		rc = 0;
	else
		(void)fail(path, db, "cannot read the person index", f);
	(void)sqlite3_finalize(s);
	(void)sqlite3_close(db);
	return rc;
}

int
personindex_undo(const char *path, uint64_t *run, struct fault *f)
{
	sqlite3 *db = open_existing(path, "BEGIN IMMEDIATE", f);
	char *sql;
	int rc = -1;

	if (db == NULL)
		return -1;
	if (number(path, db, "SELECT coalesce(max(run), 0) FROM run WHERE "
	    "undone = 0", run, f) == -1)
		goto out;
	if (*run == 0) {
		(void)fault_at(f, path, 0, "no run to undo");
		goto out;
	}
	sql = sqlite3_mprintf("DELETE FROM evidence WHERE run = %lld;"
	    "DELETE FROM person WHERE run = %lld;"
	    "UPDATE person SET superseded_by = NULL, superseded_run = NULL "
	    "WHERE superseded_run = %lld;"
	    "UPDATE run SET undone = 1 WHERE run = %lld;COMMIT",
	    (long long)*run, (long long)*run, (long long)*run,
	    (long long)*run);
	rc = run_sql(path, db, sql, "cannot undo", f);
	sqlite3_free(sql);
out:
	if (!sqlite3_get_autocommit(db))
		(void)sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
	(void)sqlite3_close(db);
	return rc;
}
