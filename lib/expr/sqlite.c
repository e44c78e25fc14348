/*
 * SQLite: what an expression means, and the way for what is not native.
 *
 * SQL text is made from the tree, never taken from the user; fields are
 * bound parameters. The database is in memory and empty, and its authorizer
 * lets nothing in but a SELECT of the functions in function.c.
 */
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"
#include "csv/scan.h"
#include "expr/node.h"

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

struct sqlite {
	const struct expr *e;
	sqlite3 *db;
	struct regexp_work **works;
	unsigned looks;
	uint64_t seed;
	size_t n;
	struct statement *statements; /* nstatements, and the whole */
};

/* SQL from a tree. */
struct maker {
	const struct expr *e;
	struct buf sql;
	size_t nreals;
	double *reals;
	unsigned char *reads; /* per slot */
};

static const char *const operators[] = {
	[NODE_ADD] = "+", [NODE_SUB] = " - ", [NODE_MUL] = "*",
	[NODE_DIV] = "/", [NODE_MOD] = "%", [NODE_BITAND] = "&",
	[NODE_BITOR] = "|", [NODE_LSHIFT] = "<<", [NODE_RSHIFT] = ">>",
	[NODE_CONCAT] = "||", [NODE_ARROW] = "->", [NODE_ARROW2] = "->>",
	[NODE_LT] = "<", [NODE_LE] = "<=", [NODE_GT] = ">", [NODE_GE] = ">=",
	[NODE_EQ] = "=", [NODE_NE] = "<>", [NODE_AND] = " AND ",
	[NODE_OR] = " OR "
};

/*
 * How tightly an operator holds, as in the grammar. Brackets are put only
 * where needed: SQLite's parser has room for about 100 open ones.
 */
enum { LOOSEST, OR, AND, NOT, EQUAL, ORDER, BITS, SUM, PRODUCT, CONCAT,
	COLLATE, PREFIX, TIGHTEST };

static int
strength(const struct node *x)
{
	switch (x->op) {
	case NODE_OR:
		return OR;
	case NODE_AND:
		return AND;
	case NODE_NOT:
		return NOT;
	case NODE_EQ:
	case NODE_NE:
	case NODE_IS:
	case NODE_TRUTH:
	case NODE_ISNULL:
	case NODE_IN:
	case NODE_BETWEEN:
	case NODE_LIKE:
	case NODE_GLOB:
		return EQUAL;
	case NODE_REGEXP: /* a call, and NOT before it */
		return x->negated ? NOT : TIGHTEST;
	case NODE_LT:
	case NODE_LE:
	case NODE_GT:
	case NODE_GE:
		return ORDER;
	case NODE_BITAND:
	case NODE_BITOR:
	case NODE_LSHIFT:
	case NODE_RSHIFT:
		return BITS;
	case NODE_ADD:
	case NODE_SUB:
		return SUM;
	case NODE_MUL:
	case NODE_DIV:
	case NODE_MOD:
		return PRODUCT;
	case NODE_CONCAT:
	case NODE_ARROW:
	case NODE_ARROW2:
		return CONCAT;
	case NODE_COLLATE:
		return COLLATE;
	case NODE_NEG:
	case NODE_PLUS:
	case NODE_BITNOT:
		return PREFIX;
	default:
		return TIGHTEST;
	}
}

/* In brackets unless it holds at least as tightly as that. */
static void put(struct maker *, const struct node *, int least);

static void
put_text(struct buf *b, const char *p, size_t n)
{
	size_t i;

	buf_putc(b, '\'');
	for (i = 0; i < n; i++) {
		if (p[i] == '\'')
			buf_putc(b, '\'');
		buf_putc(b, p[i]);
	}
	buf_putc(b, '\'');
}

static void
put_list(struct maker *m, const struct node *x, size_t from)
{
	size_t i;

	for (i = from; i < x->n; i++) {
		if (i > from)
			buf_putc(&m->sql, ',');
		put(m, x->kids[i], LOOSEST);
	}
}

static void
put_call(struct maker *m, const struct node *x)
{
	struct buf *b = &m->sql;
	size_t i;

	if (x->function->id == FUNCTION_IN_CODELIST) {
		buf_puts(b, "in_codelist(");
		put(m, x->kids[0], LOOSEST);
		buf_putc(b, ',');
		buf_put_i64(b, x->i);
		buf_putc(b, ')');
		return;
	}
	if (x->function->id == FUNCTION_SCORE ||
	    x->function->id == FUNCTION_AGE_BAND) {
		buf_printf(b, "%s(%lld,", x->function->id == FUNCTION_SCORE ?
		    "nib_score" : "nib_band", (long long)x->i);
		put_list(m, x, 0);
		buf_putc(b, ')');
		return;
	}
	buf_puts(b, x->function->name);
	buf_putc(b, '(');
	for (i = 0; i < x->n; i++) {
		/* strftime's first argument is its format. */
		int time = x->function->clock &&
		    (i > 0 || strcmp(x->function->name, "strftime") != 0);

		if (i > 0)
			buf_putc(b, ',');
		if (time)
			buf_puts(b, "nib_time(");
		put(m, x->kids[i], LOOSEST);
		if (time)
			buf_putc(b, ')');
	}
	/* To the end is so many bytes: not the fewer of LONGEST_VALUE. */
	if (x->function->id == FUNCTION_SUBSTR && x->n == 2)
		buf_puts(b, ",1000000000");
	buf_putc(b, ')');
}

static void
put_case(struct maker *m, const struct node *x)
{
	struct buf *b = &m->sql;
	size_t i = 0;

	buf_puts(b, "CASE ");
	if (x->i != 0)
		put(m, x->kids[i++], LOOSEST);
	for (; i + 1 < x->n; i += 2) {
		buf_puts(b, " WHEN ");
		put(m, x->kids[i], LOOSEST);
		buf_puts(b, " THEN ");
		put(m, x->kids[i + 1], LOOSEST);
	}
	if (i < x->n) {
		buf_puts(b, " ELSE ");
		put(m, x->kids[i], LOOSEST);
	}
	buf_puts(b, " END");
}

static void
put_operator(struct maker *m, const struct node *x)
{
	static const char *const casts[] = { "INTEGER", "REAL", "TEXT",
		"NUMERIC" };
	struct buf *b = &m->sql;
	int least = strength(x);

	switch (x->op) {
	case NODE_NEG:
	case NODE_PLUS:
	case NODE_BITNOT:
	case NODE_NOT:
		buf_puts(b, x->op == NODE_NEG ? "- " : x->op == NODE_PLUS ?
		    "+ " : x->op == NODE_NOT ? "NOT " : "~ ");
		put(m, x->kids[0], least);
		break;
	case NODE_IS:
		put(m, x->kids[0], least);
		buf_puts(b, x->negated ? " IS NOT " : " IS ");
		put(m, x->kids[1], least + 1);
		break;
	case NODE_TRUTH:
		put(m, x->kids[0], least);
		buf_printf(b, " IS %s%s", x->negated ? "NOT " : "",
		    x->i != 0 ? "TRUE" : "FALSE");
		break;
	case NODE_ISNULL:
		put(m, x->kids[0], least);
		buf_puts(b, x->negated ? " IS NOT NULL" : " IS NULL");
		break;
	case NODE_IN:
		put(m, x->kids[0], least);
		buf_puts(b, x->negated ? " NOT IN (" : " IN (");
		put_list(m, x, 1);
		buf_putc(b, ')');
		break;
	case NODE_BETWEEN:
		put(m, x->kids[0], least);
		buf_puts(b, x->negated ? " NOT BETWEEN " : " BETWEEN ");
		put(m, x->kids[1], least + 1);
		buf_puts(b, " AND ");
		put(m, x->kids[2], least + 1);
		break;
	case NODE_LIKE:
	case NODE_GLOB:
		put(m, x->kids[0], least);
		buf_printf(b, " %s%s ", x->negated ? "NOT " : "",
		    x->op == NODE_LIKE ? "LIKE" : "GLOB");
		put(m, x->kids[1], least + 1);
		if (x->n == 3) {
			buf_puts(b, " ESCAPE ");
			put(m, x->kids[2], least + 1);
		}
		break;
	case NODE_REGEXP:
		buf_printf(b, "%snib_regexp(%lld,", x->negated ? "NOT " : "",
		    (long long)x->i);
		put(m, x->kids[0], LOOSEST);
		buf_putc(b, ')');
		break;
	case NODE_CAST:
		buf_puts(b, "CAST(");
		put(m, x->kids[0], LOOSEST);
		buf_printf(b, " AS %s)", casts[x->i]);
		break;
	case NODE_COLLATE:
		put(m, x->kids[0], least);
		buf_printf(b, " COLLATE %s", x->text);
		break;
	default:
		put(m, x->kids[0], least);
		buf_puts(b, operators[x->op]);
		put(m, x->kids[1], least + 1);
		break;
	}
}

static void
put(struct maker *m, const struct node *x, int least)
{
	struct buf *b = &m->sql;
	int brackets;

	switch (x->op) {
	case NODE_NULL:
		buf_puts(b, "NULL");
		return;
	case NODE_INT:
		if (x->i < 0)
			buf_putc(b, '(');
		buf_put_i64(b, x->i);
		if (x->i < 0)
			buf_putc(b, ')');
		return;
	case NODE_REAL:
		/* Bound, so that the double is the one num_double made. */
		m->reals = mem_array(m->reals, m->nreals + 1,
		    sizeof *m->reals);
		m->reals[m->nreals++] = x->r;
		buf_printf(b, "?%zu", m->e->nreads + m->nreals);
		return;
	case NODE_TEXT:
		put_text(b, x->text, x->length);
		return;
	case NODE_FIELD:
		m->reads[x->slot] = 1;
		buf_printf(b, "?%zu", x->slot + 1);
		return;
	case NODE_CASE:
		put_case(m, x);
		return;
	case NODE_CALL:
		put_call(m, x);
		return;
	default:
		brackets = strength(x) < least;
		if (brackets)
			buf_putc(b, '(');
		put_operator(m, x);
		if (brackets)
			buf_putc(b, ')');
		return;
	}
}

/* nib's functions, as SQLite calls them. */

static const char not_utf8[] = "makes a text that is not UTF-8";

static int32_t
day_of(sqlite3_value *v)
{
	if (sqlite3_value_type(v) != SQLITE_TEXT)
		return -1;
	return scalar_day((const char *)sqlite3_value_text(v),
	    (size_t)sqlite3_value_bytes(v));
}

static void
call_dates(sqlite3_context *c, int n, sqlite3_value **v)
{
	const struct function *f = sqlite3_user_data(c);
	int32_t a = day_of(v[0]), b = n > 1 ? day_of(v[1]) : 0;
	char text[16];
	size_t size = 0;

	if (a == -1 || b == -1)
		return; /* NULL */
	switch (f->id) {
	case FUNCTION_AGE:
		sqlite3_result_int(c, scalar_age(a, b));
		return;
	case FUNCTION_DAYS:
		sqlite3_result_int(c, scalar_days(a, b));
		return;
	case FUNCTION_YEAR:
		sqlite3_result_int(c, a / 512);
		return;
	case FUNCTION_MONTH:
		size = scalar_month(a, text);
		break;
	case FUNCTION_QUARTER:
		size = scalar_quarter(a, text);
		break;
	case FUNCTION_FINANCIAL_QUARTER:
		size = scalar_financial_quarter(a, text);
		break;
	default:
		size = scalar_financial_year(a, text);
		break;
	}
	if (size > 0)
		sqlite3_result_text(c, text, (int)size, SQLITE_TRANSIENT);
}

static void
call_nhs_number_ok(sqlite3_context *c, int n, sqlite3_value **v)
{
	const char *p = (const char *)sqlite3_value_text(v[0]);

	(void)n;
	if (p != NULL)
		sqlite3_result_int(c, scalar_nhs_number_ok(p,
		    (size_t)sqlite3_value_bytes(v[0])));
}

static void
call_in_codelist(sqlite3_context *c, int n, sqlite3_value **v)
{
	const struct sqlite *q = sqlite3_user_data(c);
	const char *p = (const char *)sqlite3_value_text(v[0]);

	(void)n;
	if (p != NULL)
		sqlite3_result_int(c, scalar_in_codelist(q->e,
		    q->e->codelists[sqlite3_value_int(v[1])], p,
		    (size_t)sqlite3_value_bytes(v[0])));
}

static void
call_score(sqlite3_context *c, int n, sqlite3_value **v)
{
	const struct sqlite *q = sqlite3_user_data(c);
	const struct score_use *use = &q->e->scores[sqlite3_value_int(v[0])];
	struct score_mask m = { { 0, 0 } };
	int i;

	for (i = 1; i < n; i++) {
		const char *p = (const char *)sqlite3_value_text(v[i]);

		if (p != NULL)
			score_add(use->score, &m, p,
			    (size_t)sqlite3_value_bytes(v[i]));
	}
	if (use->condition != -1)
		sqlite3_result_int(c, score_has(&m, use->condition));
	else if (score_whole(use->score))
		sqlite3_result_int64(c, score_sum(use->score, m));
	else
		sqlite3_result_double(c, scalar_decimal(
		    score_sum(use->score, m), score_scale(use->score)));
}

static void
call_band(sqlite3_context *c, int n, sqlite3_value **v)
{
	const struct sqlite *q = sqlite3_user_data(c);
	const struct bands *b = q->e->bands[sqlite3_value_int(v[0])];
	const char *label = NULL;
	double age;

	(void)n;
	if (sqlite3_value_type(v[1]) == SQLITE_INTEGER) {
		label = scalar_band(b, sqlite3_value_int64(v[1]));
	} else if (sqlite3_value_type(v[1]) == SQLITE_FLOAT) {
		age = sqlite3_value_double(v[1]);
		if (age >= 0)
			label = scalar_band(b, age > 1e15 ? (int64_t)1e15 :
			    (int64_t)age);
	}
	if (label != NULL)
		sqlite3_result_text(c, label, -1, SQLITE_STATIC);
}

/* format('%.4s', x) counts bytes, json_extract makes lone surrogates. */
static int
is_utf8(const void *p, size_t n)
{
	return csv_utf8_bad(p, n) == n;
}

static void
call_regexp(sqlite3_context *c, int n, sqlite3_value **v)
{
	const struct sqlite *q = sqlite3_user_data(c);
	size_t i = (size_t)sqlite3_value_int(v[0]);
	const char *p = (const char *)sqlite3_value_text(v[1]);
	size_t size = (size_t)sqlite3_value_bytes(v[1]);
	int rc;

	(void)n;
	if (p == NULL)
		return;
	if (!is_utf8(p, size)) {
		sqlite3_result_error(c, not_utf8, -1);
		return;
	}
	if (q->works[i] == NULL)
		q->works[i] = regexp_work_new(q->e->regexps[i]);
	rc = regexp_found(q->e->regexps[i], q->works[i], p, size);
	if (rc == -1)
		sqlite3_result_error(c, "a REGEXP is too costly", -1);
	else
		sqlite3_result_int(c, rc);
}

static int
same_word(const char *p, size_t n, const char *word)
{
	size_t i;

	if (n != strlen(word))
		return 0;
	for (i = 0; i < n; i++)
		if ((p[i] | 0x20) != word[i])
			return 0;
	return 1;
}

/*
 * A cell that says "now" must not reach the clock: it is no date. Since
 * SQLite 3.42 "subsec" in the place of a time is now, too.
 */
static void
call_time(sqlite3_context *c, int n, sqlite3_value **v)
{
	const char *p;
	size_t size;

	(void)n;
	if (sqlite3_value_type(v[0]) == SQLITE_TEXT) {
		p = (const char *)sqlite3_value_text(v[0]);
		size = (size_t)sqlite3_value_bytes(v[0]);
		if (same_word(p, size, "now") ||
		    same_word(p, size, "localtime") ||
		    same_word(p, size, "utc") ||
		    same_word(p, size, "subsec") ||
		    same_word(p, size, "subsecond"))
			return;
	}
	sqlite3_result_value(c, v[0]);
}

static int
authorize(void *arg, int action, const char *a, const char *name,
    const char *b, const char *d)
{
	static const char *const more[] = { "like", "glob", "->", "->>",
		"nib_time", "nib_regexp", "nib_score", "nib_band" };
	size_t i;

	(void)arg;
	(void)a;
	(void)b;
	(void)d;
	if (action == SQLITE_SELECT)
		return SQLITE_OK;
	if (action != SQLITE_FUNCTION || name == NULL)
		return SQLITE_DENY;
	for (i = 0; i < sizeof more / sizeof more[0]; i++)
		if (strcmp(name, more[i]) == 0)
			return SQLITE_OK;
	return function_find(name) != NULL ? SQLITE_OK : SQLITE_DENY;
}

static int
look(void *arg)
{
	struct sqlite *q = arg;

	return ++q->looks > LOOKS;
}

static int
functions(struct sqlite *q)
{
	const int flags = SQLITE_UTF8 | SQLITE_DETERMINISTIC;
	size_t i;
	int rc = SQLITE_OK;

	for (i = 0; function_at(i) != NULL; i++) {
		const struct function *f = function_at(i);

		if (f->id < FUNCTION_AGE || f->id > FUNCTION_FINANCIAL_YEAR)
			continue;
		/* SQLite never writes through the pointer. */
		rc |= sqlite3_create_function_v2(q->db, f->name, f->least,
		    flags, (void *)(uintptr_t)f, call_dates, NULL, NULL,
		    NULL);
	}
	rc |= sqlite3_create_function_v2(q->db, "nhs_number_ok", 1, flags,
	    NULL, call_nhs_number_ok, NULL, NULL, NULL);
	rc |= sqlite3_create_function_v2(q->db, "in_codelist", 2, flags, q,
	    call_in_codelist, NULL, NULL, NULL);
	rc |= sqlite3_create_function_v2(q->db, "nib_regexp", 2, flags, q,
	    call_regexp, NULL, NULL, NULL);
	rc |= sqlite3_create_function_v2(q->db, "nib_score", -1, flags, q,
	    call_score, NULL, NULL, NULL);
	rc |= sqlite3_create_function_v2(q->db, "nib_band", 2, flags, q,
	    call_band, NULL, NULL, NULL);
	rc |= sqlite3_create_function_v2(q->db, "nib_time", 1, flags, NULL,
	    call_time, NULL, NULL, NULL);
	return rc == SQLITE_OK ? 0 : -1;
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
	    functions(q) == -1) {
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
	(void)sqlite3_set_authorizer(q->db, authorize, NULL);
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
	static const char *const safe[] = { not_utf8, "integer overflow",
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
	struct maker m = { .e = q->e };
	size_t i, n = q->e->nreads;
	int rc;

	m.reads = mem_zero(n + 1, 1);
	buf_puts(&m.sql, "SELECT ");
	put(&m, x, LOOSEST);
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
	free(m.reals);
	free(m.reads);
	buf_free(&m.sql);
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
		if (!is_utf8(p, *n))
			return fault_set(f, "expression: %s", not_utf8);
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
