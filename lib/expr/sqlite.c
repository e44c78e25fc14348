/*
 * SQLite: what an expression means, and the way for what is not native.
 *
 * SQL text is made from the tree, never taken from the user; fields are
 * bound parameters. The database is in memory and empty, and its authorizer
 * lets nothing in but a SELECT of the functions in function.c.
 */
#include "expr/sqlite.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"

#define LONGEST_VALUE (16 * 1024 * 1024)
#define STEPS 10000      /* of SQLite's machine between two looks */
#define LOOKS 1000       /* then the expression is given up */

/* The cache of a statement. */
#define CACHE_SLOTS 4096U
#define CACHE_KEY 64U    /* longer ones are not kept */
#define CACHE_TEXT 32U
#define CACHE_TRIAL 8192U /* lookups, of which an eighth must hit */

struct entry {
	uint64_t hash;
	union cell v;
	uint32_t n;
	unsigned char kind;
	unsigned char used;
	unsigned char nkey;
	char key[CACHE_KEY];
	char text[CACHE_TEXT];
};

struct statement {
	sqlite3_stmt *s;
	size_t nslots;
	size_t *slots; /* fields it reads */
	struct entry *cache;
	int cache_off;
	uint64_t lookups, hits, trial_lookups, trial_hits;
};

static int
look(void *arg)
{
	struct sqlite *q = arg;

	return ++q->looks > LOOKS;
}

struct sqlite *
sqlite_new(const struct expr *e, struct fault *f)
{
	struct sqlite *q = mem_zero(1, sizeof *q);

	q->e = e;
	q->seed = hash_seed();
	q->n = e->nstatements + 1;
	q->statements = mem_zero(q->n, sizeof *q->statements);
	q->works = mem_zero(e->nregexps + 1, sizeof(struct regexp_work *));
	if (sqlite3_open_v2(":memory:", &q->db, SQLITE_OPEN_READWRITE |
	    SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK ||
	    sqlite_functions(q) == -1) {
		(void)fault_set(f, "cannot start SQLite");
		sqlite_free(q);
		return NULL;
	}
	(void)sqlite3_db_config(q->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	(void)sqlite3_db_config(q->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0,
	    NULL);
	(void)sqlite3_db_config(q->db, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION,
	    0, NULL);
	(void)sqlite3_db_config(q->db, SQLITE_DBCONFIG_DQS_DML, 0, NULL);
	(void)sqlite3_limit(q->db, SQLITE_LIMIT_LENGTH, LONGEST_VALUE);
	(void)sqlite3_limit(q->db, SQLITE_LIMIT_SQL_LENGTH, 8000000);
	(void)sqlite3_limit(q->db, SQLITE_LIMIT_FUNCTION_ARG, 120);
	(void)sqlite3_limit(q->db, SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 1000);
	(void)sqlite3_limit(q->db, SQLITE_LIMIT_ATTACHED, 0);
	(void)sqlite3_limit(q->db, SQLITE_LIMIT_COMPOUND_SELECT, 1);
	(void)sqlite3_limit(q->db, SQLITE_LIMIT_WORKER_THREADS, 0);
	sqlite3_progress_handler(q->db, STEPS, look, q);
	return q;
}

static void
statement_free(struct statement *s)
{
	(void)sqlite3_finalize(s->s);
	free(s->slots);
	free(s->cache);
}

void
sqlite_free(struct sqlite *q)
{
	size_t i;

	if (q == NULL)
		return;
	for (i = 0; i < q->n; i++)
		statement_free(&q->statements[i]);
	for (i = 0; i < q->e->nregexps; i++)
		regexp_work_free(q->works[i]);
	free(q->statements);
	free(q->works);
	(void)sqlite3_close(q->db);
	free(q);
}

/* SQLite's words, where they are sure to hold no cell's value. */
static int
failed(struct sqlite *q, int rc, struct fault *f)
{
	static const char *const safe[] = { sqlite_not_utf8, "integer overflow",
		"malformed JSON", "a REGEXP is too costly",
		"LIKE or GLOB pattern too complex",
		"ESCAPE expression must be a single character" };
	const char *why = sqlite3_errmsg(q->db);
	size_t i;

	for (i = 0; i < sizeof safe / sizeof safe[0]; i++)
		if (strcmp(why, safe[i]) == 0)
			return fault_set(f, "expression: %s", safe[i]);
	return fault_set(f, "expression: %s", sqlite3_errstr(rc));
}

static int
prepare(struct sqlite *q, const struct node *x, struct statement *s,
    int compiling, struct fault *f)
{
	struct sqlite_text m = { .e = q->e };
	size_t i, n = q->e->nreads;
	int rc;

	m.reads = mem_zero(n + 1, 1);
	sqlite_text_put(&m, x);
	rc = sqlite3_prepare_v2(q->db, buf_string(&m.sql), (int)m.sql.n + 1,
	    &s->s, NULL);
	/* Nothing but the expression itself is in this message. */
	if (rc != SQLITE_OK && compiling)
		(void)fault_set(f, strstr(sqlite3_errmsg(q->db), "overflow")
		    != NULL ? "expression: nested too deep for SQLite" :
		    "expression: SQLite says: %.160s",
		    sqlite3_errmsg(q->db));
	else if (rc != SQLITE_OK)
		(void)failed(q, rc, f);
	for (i = 0; i < m.nreals && rc == SQLITE_OK; i++)
		rc = sqlite3_bind_double(s->s, (int)(n + i + 1), m.reals[i]);
	s->slots = mem_array(NULL, n + 1, sizeof *s->slots);
	for (i = 0; i < n; i++)
		if (m.reads[i])
			s->slots[s->nslots++] = i;
	sqlite_text_free(&m);
	return rc == SQLITE_OK ? 0 : -1;
}

int
sqlite_check(struct sqlite *q, const struct node *x, struct fault *f)
{
	struct statement s = { 0 };
	int rc = prepare(q, x, &s, 1, f);

	statement_free(&s);
	return rc;
}

/* The key of row i's fields; 0: too long to keep. */
static size_t
cache_key(const struct statement *s, struct column *const *fields, size_t i,
    char key[CACHE_KEY])
{
	size_t k, n = 0;

	for (k = 0; k < s->nslots; k++) {
		const struct column *c = fields[s->slots[k]];
		size_t size = c->kind[i] == EXPR_STRING ? c->n[i] :
		    c->kind[i] == EXPR_NULL ? 0 : 8;

		if (size > CACHE_KEY || n + size + 2 > CACHE_KEY)
			return 0;
		key[n++] = (char)c->kind[i];
		key[n++] = (char)size;
		if (c->kind[i] == EXPR_STRING)
			memcpy(key + n, c->v[i].p, size);
		else if (size > 0)
			memcpy(key + n, &c->v[i], size);
		n += size;
	}
	return n;
}

static int
bind_fields(struct statement *s, struct column *const *fields, size_t i)
{
	size_t k;
	int rc = SQLITE_OK;

	for (k = 0; k < s->nslots && rc == SQLITE_OK; k++) {
		const struct column *c = fields[s->slots[k]];
		int at = (int)s->slots[k] + 1;

		switch (c->kind[i]) {
		case EXPR_INT:
			rc = sqlite3_bind_int64(s->s, at, c->v[i].i);
			break;
		case EXPR_REAL:
			rc = sqlite3_bind_double(s->s, at, c->v[i].r);
			break;
		case EXPR_STRING:
			rc = sqlite3_bind_text(s->s, at, c->v[i].p,
			    (int)c->n[i], SQLITE_STATIC);
			break;
		default:
			rc = sqlite3_bind_null(s->s, at);
			break;
		}
	}
	return rc;
}

static int
take(sqlite3_stmt *s, struct scratch *scratch, union cell *v, uint32_t *n,
    unsigned char *kind, struct fault *f)
{
	const unsigned char *p;
	char *to;

	*n = 0;
	v->i = 0;
	switch (sqlite3_column_type(s, 0)) {
	case SQLITE_NULL:
		*kind = EXPR_NULL;
		return 0;
	case SQLITE_INTEGER:
		*kind = EXPR_INT;
		v->i = sqlite3_column_int64(s, 0);
		return 0;
	case SQLITE_FLOAT:
		*kind = EXPR_REAL;
		v->r = sqlite3_column_double(s, 0);
		return 0;
	case SQLITE_TEXT:
		p = sqlite3_column_text(s, 0);
		*n = (uint32_t)sqlite3_column_bytes(s, 0);
		if (p == NULL || memchr(p, 0, *n) != NULL)
			return fault_set(f, "expression: gives a text with a "
			    "NUL character");
		if (!sqlite_is_utf8(p, *n))
			return fault_set(f, "expression: %s", sqlite_not_utf8);
		to = scratch_get(scratch, *n);
		memcpy(to, p, *n);
		v->p = to;
		*kind = EXPR_STRING;
		return 0;
	default:
		return fault_set(f, "expression: gives bytes, not a text");
	}
}

static int
evaluate(struct sqlite *q, struct statement *s,
    struct column *const *fields, size_t i, struct scratch *scratch,
    union cell *v, uint32_t *n, unsigned char *kind, struct fault *f)
{
	int rc = bind_fields(s, fields, i);

	q->looks = 0;
	if (rc == SQLITE_OK && (rc = sqlite3_step(s->s)) == SQLITE_ROW) {
		rc = take(s->s, scratch, v, n, kind, f);
		(void)sqlite3_reset(s->s);
		return rc;
	}
	rc = failed(q, rc, f);
	(void)sqlite3_reset(s->s);
	return rc;
}

int
sqlite_value(struct sqlite *q, size_t number, struct column *const *fields,
    size_t i, struct scratch *scratch, union cell *v, uint32_t *n,
    unsigned char *kind, struct fault *f)
{
	struct statement *s = &q->statements[number];
	struct entry *at = NULL;
	char key[CACHE_KEY];
	size_t size = 0;
	uint64_t hash = 0;
	char *to;

	if (s->s == NULL && prepare(q, number == q->e->nstatements ?
	    q->e->root : q->e->statements[number], s, 0, f) == -1)
		return -1;
	if (!s->cache_off && (size = cache_key(s, fields, i, key)) > 0) {
		if (s->cache == NULL)
			s->cache = mem_zero(CACHE_SLOTS, sizeof *s->cache);
		hash = hash_bytes(key, size, q->seed);
		at = &s->cache[hash & (CACHE_SLOTS - 1)];
		s->lookups++;
		s->trial_lookups++;
		if (at->used && at->hash == hash && at->nkey == size &&
		    memcmp(at->key, key, size) == 0) {
			s->hits++;
			s->trial_hits++;
			*v = at->v;
			*n = at->n;
			*kind = at->kind;
			if (*kind == EXPR_STRING) {
				to = scratch_get(scratch, *n);
				memcpy(to, at->text, *n);
				v->p = to;
			}
			return 0;
		}
		if (s->trial_lookups == CACHE_TRIAL) {
			s->cache_off = s->trial_hits < CACHE_TRIAL / 8;
			s->trial_lookups = s->trial_hits = 0;
		}
	}
	if (evaluate(q, s, fields, i, scratch, v, n, kind, f) == -1)
		return -1;
	if (at != NULL && (*kind != EXPR_STRING || *n <= CACHE_TEXT)) {
		at->used = 1;
		at->hash = hash;
		at->nkey = (unsigned char)size;
		memcpy(at->key, key, size);
		at->v = *v;
		at->n = *n;
		at->kind = *kind;
		if (*kind == EXPR_STRING)
			memcpy(at->text, v->p, *n);
	}
	return 0;
}

int
sqlite_constant(struct sqlite *q, const struct node *x,
    struct scratch *scratch, union cell *v, uint32_t *n,
    unsigned char *kind)
{
	struct statement s = { 0 };
	struct fault f = FAULT_NONE;
	int rc = prepare(q, x, &s, 1, &f);

	if (rc == 0)
		rc = evaluate(q, &s, NULL, 0, scratch, v, n, kind, &f);
	statement_free(&s);
	return rc;
}

void
sqlite_cache(const struct sqlite *q, uint64_t *lookups, uint64_t *hits)
{
	size_t i;

	for (i = 0; i < q->n; i++) {
		*lookups += q->statements[i].lookups;
		*hits += q->statements[i].hits;
	}
}
