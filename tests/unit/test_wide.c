/*
 * Rules beyond one record against SQLite: random tables go into a database
 * in memory, and what its window functions and joins say a rule's broken
 * records are must be what wide finds, for any cut into blocks and any
 * share-out among states. Forms that are wrong are refused.
 */
#include <check.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"
#include "spec/wide.h"
#include "spec/wide_text.h"

static const char specification[] =
    "{ \"fields\": [ { \"name\": \"g\", \"type\": \"string\" },"
    "  { \"name\": \"h\", \"type\": \"integer\" },"
    "  { \"name\": \"d\", \"type\": \"date\", \"nib\":"
    "    { \"clean\": \"1800-01-01\" } },"
    "  { \"name\": \"n\", \"type\": \"integer\" },"
    "  { \"name\": \"x\", \"type\": \"number\" },"
    "  { \"name\": \"t\" } ],"
    "  \"nib\": { \"rules\": [ %s ] } }";

/* The rule, and the same for SQLite: 0 is broken. */
static const struct {
	const char *rule, *sql;
} cases[] = {
	{ "\"within\": \"g\", \"order\": \"n\", \"expression\": "
	    "\"lag(d) IS NULL OR d >= lag(d)\"",
	    "SELECT id, lag(d) OVER w IS NULL OR d >= lag(d) OVER w AS v, g "
	    "FROM t WINDOW w AS (PARTITION BY g ORDER BY n, id)" },
	{ "\"within\": [\"g\", \"h\"], \"order\": [\"n\", \"t\"], "
	    "\"expression\": \"n = coalesce(lag(n), 0) + 1\"",
	    "SELECT id, n = coalesce(lag(n) OVER w, 0) + 1 AS v, g + h AS g "
	    "FROM t WINDOW w AS (PARTITION BY g, h ORDER BY n, t, id)" },
	{ "\"within\": \"g\", \"order\": \"x\", \"expression\": "
	    "\"substr(t, 1, 1) <> 'b' OR coalesce(lead(t), '') = 'a'\"",
	    "SELECT id, substr(t, 1, 1) <> 'b' OR coalesce(lead(t) OVER w, "
	    "'') = 'a' AS v, g "
	    "FROM t WINDOW w AS (PARTITION BY g ORDER BY x, id)" },
	{ "\"within\": \"g\", \"order\": \"d\", \"expression\": "
	    "\"prior_max(x) IS NULL OR x > prior_max(x) - 1\"",
	    "SELECT id, max(x) OVER w IS NULL OR x > max(x) OVER w - 1 AS v, "
	    "g FROM t WINDOW w AS (PARTITION BY g ORDER BY d, id ROWS "
	    "BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)" },
	{ "\"within\": \"g\", \"order\": \"d\", \"expression\": "
	    "\"row() <= 3 AND size() < 20\"",
	    "SELECT id, row_number() OVER w <= 3 AND count(*) OVER "
	    "(PARTITION BY g) < 20 AS v, g "
	    "FROM t WINDOW w AS (PARTITION BY g ORDER BY d, id)" },
	{ "\"within\": \"g\", \"expression\": "
	    "\"n > 2 OR any(t = 'a' AND n > 4)\"",
	    "SELECT id, n > 2 OR coalesce(max(t = 'a' AND n > 4) OVER w, 0) "
	    "AS v, g FROM t WINDOW w AS (PARTITION BY g)" },
	{ "\"within\": \"g\", \"expression\": \"every(n > 1) OR n > 3\"",
	    "SELECT id, coalesce(min(n > 1) OVER w, 1) OR n > 3 AS v, g "
	    "FROM t WINDOW w AS (PARTITION BY g)" },
	{ "\"within\": \"h\", \"expression\": "
	    "\"sum_of(n) > 60 * n OR sum_of(n * 2) <> 2 * sum_of(n)\"",
	    "SELECT id, sum(n) OVER w > 60 * n AS v, h AS g FROM t "
	    "WINDOW w AS (PARTITION BY h)" },
	{ "\"within\": \"g\", \"expression\": "
	    "\"n > least_of(n) OR d = greatest_of(d)\"",
	    "SELECT id, n > min(n) OVER w OR d = max(d) OVER w AS v, g "
	    "FROM t WINDOW w AS (PARTITION BY g)" },
	{ "\"within\": \"coalesce(g, 'none')\", \"expression\": "
	    "\"size() <> 14\"",
	    "SELECT id, count(*) OVER w <> 14 AS v, 1 AS g FROM t "
	    "WINDOW w AS (PARTITION BY coalesce(g, 'none'))" },
	/* Over the same table as a reference. */
	{ "\"reference\": \"r\", \"on\": \"g\", \"expression\": "
	    "\"r.d <= d\"",
	    "SELECT id, (SELECT d FROM t r WHERE r.g = t.g ORDER BY id "
	    "LIMIT 1) <= d AS v, g FROM t" },
	{ "\"reference\": \"r\", \"on\": [\"g\", \"h\"], \"onReference\": "
	    "[\"g\", \"n\"], \"expression\": \"matched(r) < 2\"",
	    "SELECT id, (SELECT count(*) FROM t r WHERE r.g = t.g AND "
	    "r.n = t.h) < 2 AS v, g + h AS g FROM t" },
	{ "\"reference\": \"r\", \"on\": \"h\", \"expression\": "
	    "\"matches(r, r.x > x AND r.d < d) + matched(r) <> 7 AND "
	    "matches(r, r.t = t) > 0\"",
	    "SELECT id, (SELECT count(*) FROM t r WHERE r.h = t.h AND "
	    "r.x > t.x AND r.d < t.d) + (SELECT count(*) FROM t r WHERE "
	    "r.h = t.h) <> 7 AND (SELECT count(*) FROM t r WHERE "
	    "r.h = t.h AND r.t = t.t) > 0 AS v, h AS g FROM t" },
};
#define NCASES (sizeof cases / sizeof *cases)

static unsigned
next(unsigned *seed)
{
	*seed = *seed * 1103515245 + 12345;
	return *seed >> 8;
}

/* Cells of a random record: g, h, d, n, x, t. */
static void
cells(unsigned *seed, char to[6][16])
{
	static const char *const texts[] = { "a", "b", "bc", "c" };

	memset(to, 0, 6 * 16);
	if (next(seed) % 15 > 0)
		(void)snprintf(to[0], 16, "%u", next(seed) % 40);
	if (next(seed) % 15 > 0)
		(void)snprintf(to[1], 16, "%u", next(seed) % 6);
	if (next(seed) % 10 > 0)
		(void)snprintf(to[2], 16, "20%02u-%02u-%02u",
		    next(seed) % 3 + 9, next(seed) % 12 + 1,
		    next(seed) % 28 + 1);
	if (next(seed) % 10 > 0)
		(void)snprintf(to[3], 16, "%u", next(seed) % 12);
	if (next(seed) % 10 > 0)
		(void)snprintf(to[4], 16, "%u.%u", next(seed) % 12,
		    next(seed) % 10);
	if (next(seed) % 10 > 0)
		(void)snprintf(to[5], 16, "%s", texts[next(seed) % 4]);
}

/* The table as a CSV file and in the database. */
static void
fill(unsigned seed, int n, char *path, sqlite3 *db)
{
	char c[6][16], sql[512], *end;
	FILE *f = fdopen(mkstemp(path), "w");
	int i, k;

	ck_assert_ptr_nonnull(f);
	ck_assert_int_eq(sqlite3_exec(db, "CREATE TABLE t(id INTEGER, g TEXT,"
	    " h INTEGER, d TEXT, n INTEGER, x REAL, t TEXT)", NULL, NULL,
	    NULL), SQLITE_OK);
	(void)fputs("g,h,d,n,x,t\n", f);
	for (i = 1; i <= n; i++) {
		cells(&seed, c);
		(void)fprintf(f, "%s,%s,%s,%s,%s,\"%s\"\n", c[0], c[1],
		    c[2][0] == '\0' && i % 2 ? "1800-01-01" : c[2], c[3],
		    c[4], c[5]);
		end = sql + snprintf(sql, sizeof sql,
		    "INSERT INTO t VALUES(%d", i);
		for (k = 0; k < 6; k++)
			end += snprintf(end, 64, c[k][0] == '\0' ? ", NULL" :
			    ", '%s'", c[k]);
		(void)snprintf(end, 8, ")");
		ck_assert_int_eq(sqlite3_exec(db, sql, NULL, NULL, NULL),
		    SQLITE_OK);
	}
	(void)fclose(f);
}

struct bits {
	unsigned char seen[4096];
	size_t n;
	const struct csv_block *block;
	uint64_t last;
};

static void
found_now(void *arg, size_t rule, size_t record)
{
	struct bits *b = arg;

	ck_assert_uint_eq(rule, 0);
	b->seen[csv_record_number(b->block, record)]++;
	b->n++;
}

static void
found_later(void *arg, size_t rule, size_t file, uint64_t record)
{
	struct bits *b = arg;

	ck_assert_uint_eq(rule, 0);
	ck_assert_uint_eq(file, 0);
	ck_assert(record > b->last); /* in order */
	b->last = record;
	b->seen[record]++;
	b->n++;
}

/* The path is borrowed until csv_close, by its address. */
static struct csv_reader *
reader(const char *const *path, size_t block)
{
	struct csv_options o = { .delimiter = ',', .block_size = block };
	struct fault f = FAULT_NONE;
	struct csv_reader *in = csv_open(path, 1, &o, &f);

	ck_assert_msg(in != NULL, "%s", f.what);
	return in;
}

#define PLACES 5

/* Where a record counts, for a test of counts by place. */
static size_t
place_of(uint64_t record)
{
	return record % 7 % PLACES;
}

/* Each place has what was found there, and all of them all. */
static void
check_places(const struct wide_state *s, const struct bits *found)
{
	uint64_t n[PLACES] = { 0 };
	size_t i;

	for (i = 0; i < sizeof found->seen; i++)
		n[place_of(i)] += found->seen[i];
	for (i = 0; i < PLACES; i++) {
		ck_assert_uint_eq(wide_counts(s, i)->broken, n[i]);
		ck_assert_uint_ge(wide_counts(s, i)->applicable, n[i]);
	}
	ck_assert_ptr_null(wide_counts(s, 1000));
}

/*
 * Blocks go to two states in turn; small blocks count by place. memory is
 * what group rules may keep, and jobs how many threads decide them.
 */
static void
run(const char *rule, const char *path, size_t block, size_t memory,
    unsigned jobs, struct bits *to)
{
	char *text = mem_printf("{ \"id\": \"R\", \"message\": \"m\", %s }",
	    rule);
	char *whole = mem_printf(specification, text);
	struct fault f = FAULT_NONE;
	struct wide_state *s[2];
	struct csv_reader *in, *far;
	const struct wide_count *count;
	uint32_t places[4096];
	struct spec_scope *scope;
	struct expr_shelf *shelf;
	struct spec *spec;
	struct wide *w;
	size_t r, n;
	int i, rc;

	memset(to, 0, sizeof *to);
	spec = spec_parse("t", whole, strlen(whole), &f);
	ck_assert_msg(spec != NULL, "%s", f.what);
	ck_assert_msg(spec_check(spec, &f) == 0, "%s", f.what);
	in = reader(&path, block);
	scope = spec_scope_new(spec, csv_header(in), &f);
	ck_assert_ptr_nonnull(scope);
	w = wide_new(spec, spec_scope_expr(scope), &f);
	ck_assert_msg(w != NULL, "%s", f.what);
	far = reader(&path, 0);
	ck_assert_int_ge(wide_reference(w, "r", far, spec, &f), 0);
	csv_close(far);
	ck_assert_msg(wide_ready(w, &f) == 0, "%s", f.what);
	ck_assert(wide_applies(w, 0));
	if (block != 0)
		wide_by_place(w);
	if (jobs == 1)
		wide_one_file(w);
	wide_memory(w, memory, jobs);
	shelf = expr_shelf_new(spec_scope_expr(scope));
	s[0] = wide_state_new(w, NULL);
	s[1] = wide_state_new(w, shelf);
	for (i = 0; (rc = csv_next(in, &to->block, &f)) == 1; i++) {
		for (r = 0; r < to->block->nrecords; r++)
			places[r] = (uint32_t)place_of(
			    csv_record_number(to->block, r));
		for (r = 0; r < to->block->nrecords; r += n) {
			n = to->block->nrecords - r;
			if (n > EXPR_BATCH)
				n = EXPR_BATCH;
			ck_assert_int_eq(wide_map(s[i % 2], to->block, r, n,
			    block != 0 ? places : NULL, found_now, to, &f),
			    0);
		}
	}
	ck_assert_msg(rc == 0, "%s", f.what);
	wide_merge(s[0], s[1]);
	wide_state_free(s[1]);
	expr_shelf_free(shelf);
	to->last = 0;
	ck_assert_msg(wide_finish(s[0], found_later, to, &f) == 0,
	    "%s", f.what);
	count = wide_counts(s[0], 0);
	if (block == 0)
		ck_assert_uint_eq(count->broken, to->n);
	else
		check_places(s[0], to);
	ck_assert_uint_ge(count->applicable, count->broken);
	ck_assert(wide_spilled(w) == 0 || memory != 0);
	if (memory != 0 && wide_any_group(w))
		ck_assert_uint_gt(wide_spilled(w), 5000);
	wide_state_free(s[0]);
	wide_free(w);
	spec_scope_free(scope);
	csv_close(in);
	spec_close(spec);
	free(whole);
	free(text);
}

START_TEST(as_sqlite)
{
	char path[] = "/tmp/nib-wide-XXXXXX";
	struct bits want, got;
	sqlite3_stmt *q;
	sqlite3 *db;

	memset(&want, 0, sizeof want);
	ck_assert_int_eq(sqlite3_open(":memory:", &db), SQLITE_OK);
	fill(7 + (unsigned)_i, 600, path, db);
	ck_assert_msg(sqlite3_prepare_v2(db, cases[_i].sql, -1, &q, NULL) ==
	    SQLITE_OK, "%s", sqlite3_errmsg(db));
	while (sqlite3_step(q) == SQLITE_ROW) {
		/* A record whose key has a hole keeps the rule. */
		if (sqlite3_column_type(q, 1) == SQLITE_NULL ||
		    sqlite3_column_type(q, 2) == SQLITE_NULL ||
		    sqlite3_column_int(q, 1) != 0)
			continue;
		want.seen[sqlite3_column_int(q, 0)]++;
		want.n++;
	}
	(void)sqlite3_finalize(q);
	(void)sqlite3_close(db);
	ck_assert_uint_gt(want.n, 3);
	ck_assert_uint_lt(want.n, 590);
	run(cases[_i].rule, path, 0, 0, 1, &got);
	ck_assert_uint_eq(got.n, want.n);
	ck_assert(memcmp(got.seen, want.seen, sizeof got.seen) == 0);
	run(cases[_i].rule, path, 512, 0, 3, &got);
	ck_assert(memcmp(got.seen, want.seen, sizeof got.seen) == 0);
	/* Nothing fits: all goes through the spill file, cut again and again. */
	run(cases[_i].rule, path, 512, 1, 2, &got);
	ck_assert(memcmp(got.seen, want.seen, sizeof got.seen) == 0);
	(void)unlink(path);
}
END_TEST

static const struct {
	const char *rule, *what;
} wrong[] = {
	{ "\"within\": \"g\", \"expression\": \"lag() = 1\"",
	    "lag takes one argument" },
	{ "\"within\": \"g\", \"expression\": \"row(n) = 1\"",
	    "row takes no argument" },
	{ "\"within\": \"g\", \"expression\": \"lag(n = 1\"",
	    "a bracket is never closed" },
	{ "\"within\": \"g\", \"expression\": \"lag(lag(n)) = 1\"", "" },
	{ "\"within\": \"g\", \"expression\": \"lag(nobody) = 1\"", "" },
	{ "\"within\": \"nobody\", \"expression\": \"row() = 1\"", "" },
	{ "\"within\": \"g\", \"order\": \"nobody\", "
	    "\"expression\": \"row() = 1\"", "" },
	{ "\"reference\": \"r\", \"on\": \"g\", "
	    "\"expression\": \"matched(q) = 1\"",
	    "the reference of this rule is r" },
	{ "\"reference\": \"r\", \"on\": \"g\", "
	    "\"expression\": \"matches(r) = 1\"",
	    "matches takes a reference and a condition" },
	{ "\"reference\": \"r\", \"on\": \"g\", "
	    "\"expression\": \"matches(r, matched(r) = 1) = 1\"",
	    "matches and matched do not nest" },
	{ "\"reference\": \"r\", \"on\": \"g\", \"expression\": \"r. = 1\"",
	    "r. names no field" },
	{ "\"reference\": \"person\", \"on\": \"g\", \"onReference\": "
	    "\"person_id\", \"expression\": \"person.age = 1\"",
	    "person has no such field" },
	{ "\"reference\": \"person\", \"on\": \"g\", \"onReference\": "
	    "\"person_id\", \"expression\": \"person.sex = 1\"", "" },
};

START_TEST(refused)
{
	char *text = mem_printf("{ \"id\": \"R\", \"message\": \"m\", %s }",
	    wrong[_i].rule);
	char *whole = mem_printf(specification, text);
	struct fault f = FAULT_NONE;
	struct spec *spec = spec_parse("t", whole, strlen(whole), &f);

	ck_assert_msg(spec != NULL, "%s", f.what);
	ck_assert_int_eq(spec_check(spec, &f), -1);
	ck_assert_msg(strstr(f.what, "nib.rules[0].expression: ") == f.what,
	    "%s", f.what);
	ck_assert_msg(strstr(f.what, wrong[_i].what) != NULL, "%s", f.what);
	spec_close(spec);
	free(whole);
	free(text);
}
END_TEST

/* What lacks a column is not applicable; what is given twice is refused. */
START_TEST(not_applicable)
{
	static const char rules[] =
	    "{ \"id\": \"A\", \"message\": \"m\", \"within\": \"g\","
	    "  \"expression\": \"lag(x) < 3\" },"
	    "{ \"id\": \"B\", \"message\": \"m\", \"within\": \"g\","
	    "  \"expression\": \"row() < 3\" },"
	    "{ \"id\": \"C\", \"message\": \"m\", \"reference\": \"r\","
	    "  \"on\": \"g\", \"expression\": \"r.n < n\" },"
	    "{ \"id\": \"D\", \"message\": \"m\", \"reference\": \"r\","
	    "  \"on\": \"g\", \"expression\": \"r.y < n\" },"
	    "{ \"id\": \"E\", \"message\": \"m\", \"expression\": \"n < 3\" }";
	char path[] = "/tmp/nib-wide-XXXXXX";
	char *whole = mem_printf(specification, rules);
	const char *at = path;
	FILE *out = fdopen(mkstemp(path), "w");
	struct fault f = FAULT_NONE;
	struct csv_reader *in, *far;
	struct spec_scope *scope;
	struct spec *spec;
	struct wide *w;

	(void)fputs("g,n\n1,2\n", out);
	(void)fclose(out);
	spec = spec_parse("t", whole, strlen(whole), &f);
	ck_assert_msg(spec != NULL, "%s", f.what);
	in = reader(&at, 0);
	scope = spec_scope_new(spec, csv_header(in), &f);
	ck_assert_ptr_nonnull(scope);
	w = wide_new(spec, spec_scope_expr(scope), &f);
	ck_assert_msg(w != NULL, "%s", f.what);
	far = reader(&at, 0);
	ck_assert_int_eq(wide_reference(w, "q", far, NULL, &f), 0);
	ck_assert_int_eq(wide_reference(w, "r", far, spec, &f), 1);
	csv_close(far);
	far = reader(&at, 0);
	ck_assert_int_eq(wide_reference(w, "r", far, spec, &f), -1);
	ck_assert_str_eq(f.what, "reference r is given twice");
	fault_clear(&f);
	csv_close(far);
	ck_assert_int_eq(wide_ready(w, &f), 0);
	ck_assert_int_eq(wide_applies(w, 0), 0);
	ck_assert_int_eq(wide_applies(w, 1), 1);
	ck_assert_int_eq(wide_applies(w, 2), 1);
	ck_assert_int_eq(wide_applies(w, 3), 0);
	ck_assert_int_eq(wide_applies(w, 4), 0);
	ck_assert_int_eq(wide_any_group(w), 1);
	wide_free(w);
	spec_scope_free(scope);
	csv_close(in);
	spec_close(spec);
	free(whole);
	(void)unlink(path);
}
END_TEST

/* Words in quotes and in other words are left alone. */
static const struct {
	const char *from, *reference, *to;
	size_t n;
} texts[] = {
	{ "a = 'lag(b)' AND \"row()\" = 1", NULL,
	    "a = 'lag(b)' AND \"row()\" = 1", 0 },
	{ "LAG( b ) > lag(b)", NULL, "\"lag(b)\" > \"lag(b)\"", 1 },
	{ "lag(\"b)\") > 1e5", NULL, "\"lag(\"\"b)\"\")\" > 1e5", 1 },
	{ "flag(b) + row ()", NULL, "flag(b) + \"row()\"", 1 },
	{ "lag(f(a, b)) = it''s", NULL, "\"lag(f(a, b))\" = it''s", 1 },
	{ "p.a < a AND q.a AND xp.a", "p", "\"p.a\" < a AND q.a AND xp.a",
	    1 },
	{ "p.\"a b\" = 1", "p", "\"p.a b\" = 1", 1 },
	{ "matches( p , p.a = b) > matched(p)", "p",
	    "\"matches(p.a = b)\" > \"matched()\"", 2 },
	{ "lag(a) = 1", "p", "lag(a) = 1", 0 },
};

START_TEST(text)
{
	struct fault f = FAULT_NONE;
	struct arena a = { 0 };
	struct wide_text t;

	ck_assert_msg(wide_text(texts[_i].from, texts[_i].reference, &a, &t,
	    &f) == 0, "%s", f.what);
	ck_assert_str_eq(t.text, texts[_i].to);
	ck_assert_uint_eq(t.n, texts[_i].n);
	arena_free(&a);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("wide");
	TCase *t = tcase_create("wide");
	SRunner *r;
	int failed;

	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, as_sqlite, 0, (int)NCASES);
	tcase_add_loop_test(t, refused, 0,
	    (int)(sizeof wrong / sizeof *wrong));
	tcase_add_test(t, not_applicable);
	tcase_add_loop_test(t, text, 0, (int)(sizeof texts / sizeof *texts));
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? 0 : 1;
}
