/* Persons remembered from one run to the next. */
#include "linkage/personindex.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/map.h"
#include "base/mem.h"
#include "linkage/personindex_db.h"

struct personindex {
	char *path;
	sqlite3 *db;
	int made; /* by this run: removed if it fails */
	uint64_t run, next;
	const struct matching *m;
	size_t nfields;
	size_t fields[MATCHING_MAX_FIELDS];
};

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

static int
make(struct personindex *p, struct fault *f)
{
	struct buf b = { 0 };
	char *s = shape(p);
	size_t i;
	int rc;

	buf_puts(&b, "PRAGMA application_id = 0x6e696270;"
	    "CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL);"
	    "CREATE TABLE run (run INTEGER PRIMARY KEY, what TEXT NOT NULL, "
	    "matching TEXT, records INTEGER, persons INTEGER, superseded INTEGER, "
	    "evidence INTEGER, undone INTEGER NOT NULL DEFAULT 0);"
	    "CREATE TABLE person (person INTEGER PRIMARY KEY, run INTEGER, "
	    "superseded_by INTEGER, superseded_run INTEGER);"
	    "CREATE TABLE apart (a INTEGER, b INTEGER, run INTEGER, "
	    "until_run INTEGER);"
	    "CREATE TABLE moved (evidence INTEGER, person INTEGER, "
	    "run INTEGER);"
	    "CREATE TABLE released (person INTEGER, superseded_by INTEGER, "
	    "superseded_run INTEGER, run INTEGER);"
	    "CREATE TABLE evidence (person INTEGER, run INTEGER");
	for (i = 0; i < p->nfields; i++)
		buf_printf(&b, ", f%zu TEXT", i);
	buf_puts(&b, ");INSERT INTO meta VALUES ('version', '" PERSONINDEX_LAYOUT "')");
	rc = personindex_sql(p->path, p->db, buf_string(&b), "cannot make a person "
	    "index", f);
	buf_free(&b);
	if (rc == 0) {
		sqlite3_stmt *st = personindex_prepare(p->path, p->db,
		    "INSERT INTO meta VALUES ('fields', ?)", f);

		if (st == NULL ||
		    sqlite3_bind_text(st, 1, s, -1, SQLITE_STATIC) !=
		    SQLITE_OK || sqlite3_step(st) != SQLITE_DONE)
			rc = personindex_fail(p->path, p->db, "cannot make a person "
			    "index", f);
		(void)sqlite3_finalize(st);
	}
	free(s);
	return rc;
}

static int
check(struct personindex *p, struct fault *f)
{
	char *version = personindex_meta(p->path, p->db, "version", f);
	char *fields = version != NULL ? personindex_meta(p->path, p->db, "fields", f) :
	    NULL;
	char *wanted = shape(p);
	int rc = 0;

	if (f->set)
		rc = -1;
	else if (version == NULL || fields == NULL)
		rc = fault_at(f, p->path, 0, "not a person index, or "
		    "damaged");
	else if (strcmp(version, PERSONINDEX_LAYOUT) != 0)
		rc = fault_at(f, p->path, 0, "a person index of version %.20s;"
		    " this program knows " PERSONINDEX_LAYOUT, version);
	else if (strcmp(fields, wanted) != 0)
		rc = fault_at(f, p->path, 0, "the person index was made with "
		    "other fields than %s has", p->m->name);
	free(version);
	free(fields);
	free(wanted);
	return rc;
}

struct personindex *
personindex_open(const char *path, const struct matching *m, const char *used,
    struct fault *f)
{
	struct personindex *p = mem_zero(1, sizeof *p);
	uint64_t tables;
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
	if ((p->db = personindex_open_db(path, SQLITE_OPEN_READWRITE, f)) == NULL ||
	    personindex_sql(path, p->db, "BEGIN IMMEDIATE", "cannot begin", f) == -1)
		goto bad;
	/* A file that a first run left empty when it was killed is new. */
	if (personindex_number(path, p->db, "SELECT count(*) FROM "
	    "sqlite_master", &tables, f) == -1 ||
	    (tables == 0 ? make(p, f) : check(p, f)) == -1)
		goto bad;
	if (personindex_number(path, p->db, "SELECT coalesce(max(run), 0) + 1 FROM run",
	    &p->run, f) == -1 ||
	    personindex_number(path, p->db, "SELECT coalesce(max(value), 1) FROM meta "
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

/*
 * Pairs of persons that a split keeps apart, by a record of each. A person
 * without evidence cannot be joined to anybody.
 */
static int
load_apart(struct personindex *p, struct map *chain, const uint64_t *to,
    struct steps_known *known, struct fault *f)
{
	sqlite3_stmt *s = personindex_prepare(p->path, p->db, "SELECT a, b "
	    "FROM apart WHERE until_run IS NULL ORDER BY rowid", f);
	struct map *first = map_new();
	uint32_t *record = mem_array(NULL, known->n + 1, sizeof *record);
	uint64_t side[2];
	size_t i, at[2];
	int k = SQLITE_ERROR, added, rc = -1;

	for (i = 0; i < known->n; i++) {
		at[0] = map_add(first, &known->person[i],
		    sizeof known->person[i], &added);
		if (added)
			record[at[0]] = (uint32_t)i;
	}
	while (s != NULL && (k = sqlite3_step(s)) == SQLITE_ROW) {
		for (i = 0; i < 2; i++) {
			side[i] = (uint64_t)sqlite3_column_int64(s, (int)i);
			if (follow(p, chain, to, &side[i], f) == -1)
				goto out;
			at[i] = map_find(first, &side[i], sizeof side[i]);
		}
		if (at[0] == MAP_NONE || at[1] == MAP_NONE)
			continue;
		known->apart = mem_array(known->apart, known->napart + 1,
		    sizeof *known->apart);
		known->apart[known->napart++] = (struct steps_apart){
		    record[at[0]], record[at[1]] };
	}
	rc = s != NULL && k == SQLITE_DONE ? 0 : -1;
out:
	(void)sqlite3_finalize(s);
	map_free(first);
	free(record);
	return rc;
}

int
personindex_load(struct personindex *p, struct values *v, struct roll *roll,
    struct steps_known *known, struct fault *f)
{
	struct map *chain = map_new();
	uint64_t *to = NULL, person;
	sqlite3_stmt *s = NULL;
	size_t cap = 0, i, slot;
	const char *text;
	int rc = -1, k, n;

	memset(roll, 0, sizeof *roll);
	roll->stride = values_nslots(v);
	memset(known, 0, sizeof *known);
	s = personindex_prepare(p->path, p->db, "SELECT person, superseded_by FROM person "
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
	s = personindex_prepare(p->path, p->db, "SELECT * FROM evidence ORDER BY rowid",
	    f);
	while (s != NULL && (k = sqlite3_step(s)) == SQLITE_ROW) {
		if (roll->n == cap) {
			cap = cap * 2 + 1024;
			roll->codes = mem_array(roll->codes, cap,
			    roll->stride * sizeof *roll->codes);
			known->person = mem_array(known->person, cap,
			    sizeof *known->person);
		}
		person = (uint64_t)sqlite3_column_int64(s, 0);
		if (follow(p, chain, to, &person, f) == -1)
			goto out;
		known->person[roll->n] = person;
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
	known->n = roll->n;
	rc = s != NULL && k == SQLITE_DONE ?
	    load_apart(p, chain, to, known, f) : -1;
out:
	if (rc == -1 && !f->set)
		(void)personindex_fail(p->path, p->db, "cannot read the person index", f);
	(void)sqlite3_finalize(s);
	map_free(chain);
	free(to);
	if (rc == -1) {
		roll_clear(roll);
		steps_known_clear(known);
	}
	return rc;
}

static int
step(struct personindex *p, sqlite3_stmt *s, struct fault *f)
{
	if (sqlite3_step(s) != SQLITE_DONE)
		return personindex_fail(p->path, p->db, "cannot write the person index",
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
	sqlite3_stmt *s = personindex_prepare(p->path, p->db, "UPDATE person SET "
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
	sqlite3_stmt *s = personindex_prepare(p->path, p->db, "INSERT INTO run (run, what, "
	    "matching, records, persons, superseded, evidence) VALUES "
	    "(?, 'link', ?, ?, ?, ?, ?)", f);
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
	if (rc == -1 || (s = personindex_prepare(p->path, p->db,
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
    const struct roll *roll, const struct values *v,
    const struct steps_known *before_run, uint64_t *ids,
    struct personindex_account *a, struct fault *f)
{
	const uint64_t *known = before_run->person;
	size_t nknown = before_run->n;
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
	    (person = personindex_prepare(p->path, p->db, "INSERT INTO person (person, "
	    "run) VALUES (?, ?)", f)) == NULL ||
	    (evidence = personindex_prepare(p->path, p->db, buf_string(&sql), f)) == NULL)
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
	if (personindex_sql(p->path, p->db, "COMMIT", "cannot write the person index",
	    f) == -1)
		return -1;
	p->made = 0;
	return 0;
}

