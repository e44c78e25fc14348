/* nib's functions, as SQLite calls them; and what SQLite may do at all. */
#include "expr/sqlite.h"

#include <string.h>

#include "csv/scan.h"

const char sqlite_not_utf8[] = "makes a text that is not UTF-8";

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
int
sqlite_is_utf8(const void *p, size_t n)
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
	if (!sqlite_is_utf8(p, size)) {
		sqlite3_result_error(c, sqlite_not_utf8, -1);
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

int
sqlite_functions(struct sqlite *q)
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
	rc |= sqlite3_set_authorizer(q->db, authorize, NULL);
	return rc == SQLITE_OK ? 0 : -1;
}
