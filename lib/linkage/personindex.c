/* Persons remembered from one run to the next. */
#include "linkage/personindex.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/map.h"
#include "base/mem.h"
#include "ledger/pages.h"
#include "linkage/personindex_db.h"

#define BATCH ((size_t)4096) /* sets of values read at once */

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
	else if (personindex_whole(p->path, p->db, f) == -1)
		rc = -1;
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
	struct stat st;
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
	if ((p->db = personindex_open_db(path, SQLITE_OPEN_READWRITE, f)) == NULL)
		goto bad;
	/* To look is to take back what a killed run left: then it is empty. */
	if (personindex_sql(path, p->db, "SELECT count(*) FROM sqlite_master",
	    "cannot read the person index", f) == -1)
		goto bad;
	if (stat(path, &st) == 0 && st.st_size == 0 &&
	    pages_new(p->db) == -1) {
		(void)personindex_fail(path, p->db, "cannot begin", f);
		goto bad;
	}
	if (personindex_sql(path, p->db, "BEGIN IMMEDIATE", "cannot begin", f) == -1)
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

/* The first record of each person that was named. */
static uint32_t *
first_records(const struct map *named, const struct steps_known *known)
{
	uint32_t *record = mem_array(NULL, map_count(named) + 1,
	    sizeof *record);
	size_t i, k;

	for (i = 0; i < map_count(named); i++)
		record[i] = UINT32_MAX;
	for (i = known->n; i > 0; i--) {
		k = map_find(named, &known->person[i - 1],
		    sizeof known->person[i - 1]);
		if (k != MAP_NONE)
			record[k] = (uint32_t)(i - 1);
	}
	return record;
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
	struct map *named = map_new();
	uint32_t *record = NULL, a, b;
	struct steps_apart *v = NULL;
	uint64_t side;
	size_t i, n = 0, at[2];
	int k = SQLITE_ERROR, rc = -1;

	while (s != NULL && (k = sqlite3_step(s)) == SQLITE_ROW) {
		for (i = 0; i < 2; i++) {
			side = (uint64_t)sqlite3_column_int64(s, (int)i);
			if (follow(p, chain, to, &side, f) == -1)
				goto out;
			at[i] = map_add(named, &side, sizeof side, NULL);
		}
		v = mem_array(v, n + 1, sizeof *v);
		v[n++] = (struct steps_apart){ (uint32_t)at[0],
		    (uint32_t)at[1] };
	}
	if (s == NULL || k != SQLITE_DONE)
		goto out;
	record = first_records(named, known);
	for (i = 0; i < n; i++) {
		a = record[v[i].a];
		b = record[v[i].b];
		if (a != UINT32_MAX && b != UINT32_MAX)
			v[known->napart++] = (struct steps_apart){ a, b };
	}
	known->apart = v;
	v = NULL;
	rc = 0;
out:
	(void)sqlite3_finalize(s);
	map_free(named);
	free(record);
	free(v);
	return rc;
}

/* The cells of a set of values, in the order of their fields. */
static int
put_cells(const struct personindex *p, sqlite3_stmt *s, struct buf *to,
    struct fault *f)
{
	const void *text;
	size_t i;
	int n;

	for (i = 0; i < p->nfields; i++) {
		text = sqlite3_column_text(s, (int)i + 2);
		n = text != NULL ? sqlite3_column_bytes(s, (int)i + 2) : 0;
		if (n > VALUES_MAX)
			return fault_at(f, p->path, 0, "damaged: a value is "
			    "too long");
		buf_putc(to, (char)(unsigned char)n);
		buf_put(to, text, (size_t)n);
	}
	return 0;
}

int
personindex_load(struct personindex *p, struct cohort *c,
    struct steps_known *known, struct fault *f)
{
	struct map *chain = map_new();
	uint64_t *to = NULL, person;
	sqlite3_stmt *s = NULL;
	struct buf cells = { 0 };
	size_t cap = 0, i, held = 0; /* records among the cells */
	int rc = -1, k = SQLITE_ERROR;

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
		if (known->n == cap) {
			cap = cap * 3 / 2 + 1024;
			known->person = mem_array(known->person, cap,
			    sizeof *known->person);
		}
		person = (uint64_t)sqlite3_column_int64(s, 0);
		if (follow(p, chain, to, &person, f) == -1 ||
		    put_cells(p, s, &cells, f) == -1)
			goto out;
		known->person[known->n++] = person;
		if (++held == BATCH) {
			if (cohort_add(c, &cells, held, f) == -1)
				goto out;
			held = 0;
		}
	}
	if (s != NULL && k == SQLITE_DONE && (held == 0 ||
	    cohort_add(c, &cells, held, f) == 0))
		rc = load_apart(p, chain, to, known, f);
out:
	if (rc == -1 && !f->set)
		(void)personindex_fail(p->path, p->db, "cannot read the person index", f);
	(void)sqlite3_finalize(s);
	map_free(chain);
	free(to);
	buf_free(&cells);
	if (rc == -1)
		steps_known_clear(known);
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
    const struct keys_record *r, struct fault *f)
{
	size_t i;

	(void)sqlite3_bind_int64(s, 1, (sqlite3_int64)id);
	(void)sqlite3_bind_int64(s, 2, (sqlite3_int64)p->run);
	for (i = 0; i < p->nfields; i++) {
		if (r->cell[i].n == 0)
			(void)sqlite3_bind_null(s, (int)i + 3);
		else
			(void)sqlite3_bind_text(s, (int)i + 3, r->cell[i].p,
			    (int)r->cell[i].n, SQLITE_STATIC);
	}
	return step(p, s, f);
}

/* An update under way. */
struct update {
	struct personindex *p;
	struct steps_result *found;
	size_t nknown;
	uint64_t *id_of; /* by root; 0: none yet */
	unsigned char *is_new; /* record's set of values, of its person? */
	struct sorter *sorter;
	struct buf key;
	sqlite3_stmt *person, *evidence;
	struct personindex_account *account;
};

static int
give_id(void *arg, const struct depot_record *r, struct fault *f)
{
	struct update *u = arg;
	uint32_t root = group_root(&u->found->persons, r->number);
	unsigned char id[8];
	size_t i;

	if (u->id_of[root] == 0) {
		u->id_of[root] = u->p->next++;
		u->account->persons++;
		if (add_person(u->p, u->person, u->id_of[root], f) == -1)
			return -1;
	}
	for (i = 0; i < u->p->nfields && r->cells.cell[i].n == 0; i++)
		;
	if (i == u->p->nfields)
		return 0; /* no evidence */
	sorter_number(id, u->id_of[root]);
	buf_clear(&u->key);
	buf_put(&u->key, id, sizeof id);
	buf_put(&u->key, r->p, r->n);
	return sorter_add(u->sorter, u->key.p, u->key.n, &r->number,
	    sizeof r->number, f);
}

/* Of equal sets of one person the first record's is new. */
static int
find_new(struct update *u, struct fault *f)
{
	struct sorter_run set = { 0 };
	struct sorter_record r;
	uint32_t number;
	int k;

	while ((k = sorter_next(u->sorter, &r, f)) == 1) {
		if (!sorter_run_starts(&set, &r))
			continue;
		memcpy(&number, r.rest, sizeof number);
		u->is_new[number] = number >= u->nknown;
	}
	sorter_run_clear(&set);
	return k;
}

static int
write_new(void *arg, const struct depot_record *r, struct fault *f)
{
	struct update *u = arg;

	if (!u->is_new[r->number])
		return 0;
	u->account->evidence++;
	return add_evidence(u->p, u->evidence, u->id_of[group_root(
	    &u->found->persons, r->number)], &r->cells, f);
}

static int
by_id(const void *a, const void *b)
{
	uint64_t x, y;

	memcpy(&x, a, sizeof x);
	memcpy(&y, b, sizeof y);
	return x < y ? -1 : x > y;
}

/* How many persons there were. */
static uint64_t
count_known(const struct steps_known *known)
{
	uint64_t *ids = mem_array(NULL, known->n + 1, sizeof *ids), n = 0;
	size_t i;

	if (known->n > 0) {
		memcpy(ids, known->person, known->n * sizeof *ids);
		qsort(ids, known->n, sizeof *ids, by_id);
	}
	for (i = 0; i < known->n; i++)
		n += i == 0 || ids[i] != ids[i - 1];
	free(ids);
	return n;
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
    const struct cohort *c, const struct steps_known *known, size_t memory,
    uint64_t **ids, struct personindex_account *a, struct fault *f)
{
	size_t n = (size_t)cohort_count(c, 0), i;
	struct spill *spill = spill_new();
	struct update u = { .p = p, .found = found, .nknown = known->n,
		.sorter = sorter_new(memory, spill), .account = a };
	struct buf sql = { 0 };
	int rc = -1;

	memset(a, 0, sizeof *a);
	a->known = count_known(known);
	u.id_of = mem_zero(n + 1, sizeof *u.id_of);
	u.is_new = mem_zero(n + 1, 1);
	buf_puts(&sql, "INSERT INTO evidence VALUES (?, ?");
	for (i = 0; i < p->nfields; i++)
		buf_puts(&sql, ", ?");
	buf_puts(&sql, ")");
	if (supersede(p, found, known->n, known->person, u.id_of, a, f) == 0 &&
	    (u.person = personindex_prepare(p->path, p->db, "INSERT INTO person (person, "
	    "run) VALUES (?, ?)", f)) != NULL &&
	    (u.evidence = personindex_prepare(p->path, p->db, buf_string(&sql), f)) != NULL &&
	    cohort_each(c, give_id, &u, f) == 0 && find_new(&u, f) == 0 &&
	    cohort_each(c, write_new, &u, f) == 0)
		rc = finish_run(p, n - known->n, a, f);
	(void)sqlite3_finalize(u.person);
	(void)sqlite3_finalize(u.evidence);
	sorter_free(u.sorter);
	spill_free(spill);
	buf_free(&u.key);
	buf_free(&sql);
	free(u.is_new);
	if (rc == -1)
		free(u.id_of);
	else
		*ids = u.id_of;
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

