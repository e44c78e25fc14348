/* Reads matching files and models. */
#include "linkage/matching.h"

#include <stdlib.h>
#include <string.h>

#include "base/date.h"
#include "base/infile.h"
#include "base/jsonout.h"
#include "base/mem.h"
#include "base/share.h"
#include "linkage/matching_read.h"

#define MAX_FILE ((size_t)4 * 1024 * 1024)

const char *const matching_types[] = { "name", "nhs_number", "date", "sex",
	"postcode", "code", "local_id", "digits", "text", NULL };

static int
recode(struct matching_reading *r, json_t *o, const char *at,
    struct matching_field *to)
{
	json_t *v = json_object_get(o, "recode"), *e;
	const char *key, **a, **b;
	size_t n = 0;

	if (v == NULL)
		return 0;
	at = matching_under(r, at, "recode");
	if (!json_is_object(v) || json_object_size(v) == 0)
		return matching_bad(r, at, "must be an object");
	a = arena_alloc(&r->w->arena, json_object_size(v) * sizeof *a);
	b = arena_alloc(&r->w->arena, json_object_size(v) * sizeof *b);
	json_object_foreach(v, key, e)
	{
		if (!json_is_string(e))
			return matching_bad(
			    r, matching_under(r, at, key), "must be a text");
		a[n] = arena_string(&r->w->arena, key);
		b[n++] = arena_string(&r->w->arena, json_string_value(e));
	}
	to->from.n = to->to.n = n;
	to->from.v = a;
	to->to.v = b;
	return 0;
}

static int
day(struct matching_reading *r, json_t *o, const char *at, const char *key,
    enum matching_type type, int *has, int32_t *to)
{
	const char *s = NULL;
	int k = matching_text(r, o, at, key, &s);

	if (k <= 0)
		return k;
	if (type != MATCHING_DATE)
		return matching_bad(
		    r, matching_under(r, at, key), "only a date has one");
	if (date_parse(s, strlen(s), to) == -1)
		return matching_bad(
		    r, matching_under(r, at, key), "must be YYYY-MM-DD");
	*has = 1;
	return 0;
}

static int
read_field(struct matching_reading *r, const char *name, json_t *o,
    const char *at, struct matching_field *to)
{
	static const char *const members[] = { "type", "columns", "role",
		"format", "keep_invalid", "may_be_absent", "minimum", "maximum",
		"prefix", "word", "sorted", "of", "missing", "ignore", "recode",
		"notes", NULL };
	static const char *const formats[] = { "%Y-%m-%d", "%Y%m%d", "%d/%m/%Y",
		"%d%m%Y", NULL };
	const char *type = NULL;
	double prefix = 0, word = 0;
	size_t i;

	memset(to, 0, sizeof *to);
	to->name = arena_string(&r->w->arena, name);
	if (name[0] == '\0' || strpbrk(name, " /\t\n") != NULL)
		return matching_bad(
		    r, at, "a field's name has no blanks or slashes");
	if (matching_only(r, o, at, members) == -1 ||
	    matching_text(r, o, at, "type", &type) == -1)
		return -1;
	if (type == NULL)
		return matching_bad(r, at, "needs a type");
	for (i = 0;
	     matching_types[i] != NULL && strcmp(matching_types[i], type) != 0;
	     i++)
		;
	if (matching_types[i] == NULL)
		return matching_bad(r, matching_under(r, at, "type"),
		    "unknown type; known are "
		    "name, nhs_number, date, sex, postcode, code, local_id, "
		    "digits, text");
	to->type = (enum matching_type)i;
	if (matching_strings_read(r, o, at, "columns", &to->columns) == -1 ||
	    matching_text(r, o, at, "role", &to->role) == -1 ||
	    matching_text(r, o, at, "format", &to->format) == -1 ||
	    matching_truth(r, o, at, "keep_invalid", &to->keep_invalid) == -1 ||
	    matching_truth(r, o, at, "may_be_absent", &to->may_be_absent) ==
		-1 ||
	    day(r, o, at, "minimum", to->type, &to->has_minimum,
		&to->minimum) == -1 ||
	    day(r, o, at, "maximum", to->type, &to->has_maximum,
		&to->maximum) == -1 ||
	    matching_number(r, o, at, "prefix", 1, 64, &prefix) == -1 ||
	    matching_number(r, o, at, "word", 1, 9, &word) == -1 ||
	    matching_truth(r, o, at, "sorted", &to->sorted) == -1 ||
	    matching_strings_read(r, o, at, "missing", &to->missing) == -1 ||
	    matching_strings_read(r, o, at, "ignore", &to->ignore) == -1 ||
	    recode(r, o, at, to) == -1)
		return -1;
	to->prefix = (size_t)prefix;
	to->word = (size_t)word;
	if (to->word > 0 && to->type != MATCHING_NAME)
		return matching_bad(
		    r, matching_under(r, at, "word"), "only a name has words");
	if ((json_object_get(o, "of") != NULL) != (to->columns.n == 0))
		return matching_bad(r, at,
		    "needs columns, the names it may "
		    "have, or of, the fields it is made of");
	if (to->format != NULL) {
		if (to->type != MATCHING_DATE)
			return matching_bad(r, matching_under(r, at, "format"),
			    "only a date has one");
		for (i = 0; formats[i] != NULL; i++)
			if (strcmp(formats[i], to->format) == 0)
				break;
		if (formats[i] == NULL)
			return matching_bad(r, matching_under(r, at, "format"),
			    "must be "
			    "%%Y-%%m-%%d, %%Y%%m%%d, %%d/%%m/%%Y or "
			    "%%d%%m%%Y");
	}
	return 0;
}

long
matching_field_index(const struct matching *m, const char *name)
{
	size_t i;

	for (i = 0; i < m->nfields; i++)
		if (strcmp(m->fields[i].name, name) == 0)
			return (long)i;
	return -1;
}

/* Fields made of others, once all are known. */
static int
read_made(struct matching_reading *r, json_t *o, const char *at,
    struct matching_field *to)
{
	struct matching_strings names = { 0, NULL };
	size_t *of, i;
	long k;

	if (matching_strings_read(r, o, at, "of", &names) == -1)
		return -1;
	if (names.n == 0)
		return 0;
	to->of = of = arena_alloc(&r->w->arena, names.n * sizeof *of);
	at = matching_under(r, at, "of");
	if (names.n > 8)
		return matching_bad(r, at, "more than 8 fields");
	for (i = 0; i < names.n; i++) {
		k = matching_field_index(&r->w->m, names.v[i]);
		if (k == -1 || r->w->m.fields[k].columns.n == 0)
			return matching_bad(r, matching_item(r, at, i),
			    "must be a field with columns");
		of[i] = (size_t)k;
	}
	to->nof = names.n;
	return 0;
}

static int
read_fields(struct matching_reading *r, json_t *o)
{
	struct matching *m = &r->w->m;
	struct matching_field *list;
	const char *key;
	json_t *v;
	size_t n;

	if (!json_is_object(o) || (n = json_object_size(o)) == 0)
		return matching_bad(r, "fields", "must be an object of fields");
	if (n > MATCHING_MAX_FIELDS)
		return matching_bad(
		    r, "fields", "more than %d fields", MATCHING_MAX_FIELDS);
	m->fields = list = arena_alloc(&r->w->arena, n * sizeof *list);
	json_object_foreach(o, key, v)
	{
		if (read_field(r, key, v, matching_under(r, "fields", key),
			&list[m->nfields]) == -1)
			return -1;
		m->nfields++;
	}
	json_object_foreach(o, key,
	    v) if (read_made(r, v, matching_under(r, "fields", key),
		       &list[matching_field_index(m, key)]) == -1) return -1;
	return 0;
}

/* The rules of never, and behind them those of guard. */
static int
read_never(struct matching_reading *r, json_t *o)
{
	static const char *const names[] = { "never", "guard" };
	struct matching *m = &r->w->m;
	const struct matching_tests *rules[2] = { NULL, NULL };
	struct matching_tests *all;
	size_t n[2] = { 0, 0 }, i, k, to = 0;

	for (i = 0; i < 2; i++) {
		if (matching_read_rules(r, json_object_get(o, names[i]),
		    names[i], 0, &n[i], &rules[i]) == -1)
			return -1;
		for (k = 0; k < n[i]; k++)
			if (rules[i][k].n > 4)
				return matching_bad(r, matching_item(r,
				    names[i], k), "at most 4 tests");
	}
	if (n[0] + n[1] > 64)
		return matching_bad(r, "guard", "must be 64 rules or fewer, "
		    "with those of never");
	all = arena_alloc(&r->w->arena, (n[0] + n[1] + 1) * sizeof *all);
	for (i = 0; i < 2; i++)
		for (k = 0; k < n[i]; k++)
			all[to++] = rules[i][k];
	m->never = all;
	m->nnever = to;
	m->nguard = n[1];
	return 0;
}

static int
read_matching(struct matching_reading *r, json_t *o)
{
	static const char *const members[] = { "name", "title", "version",
		"source", "notes", "id", "fields", "steps", "never", "guard",
		"veto", "comparisons", "blocking", "training", "max_block", NULL };
	struct matching *m = &r->w->m;
	double cap = 1e6;

	if (matching_only(r, o, "", members) == -1 ||
	    matching_text(r, o, "", "name", &m->name) == -1 ||
	    matching_text(r, o, "", "title", &m->title) == -1 ||
	    matching_text(r, o, "", "version", &m->version) == -1 ||
	    matching_strings_read(r, o, "", "id", &m->id) == -1)
		return -1;
	if (m->name == NULL)
		return matching_bad(r, "name", "missing");
	if (json_object_get(o, "fields") == NULL)
		return matching_bad(r, "fields", "missing");
	if (read_fields(r, json_object_get(o, "fields")) == -1 ||
	    matching_read_steps(r, json_object_get(o, "steps")) == -1 ||
	    read_never(r, o) == -1 ||
	    matching_read_rules(r, json_object_get(o, "veto"), "veto", 0,
		&m->nveto, &m->veto) == -1 ||
	    matching_read_comparisons(r, json_object_get(o, "comparisons")) ==
		-1 ||
	    matching_read_rules(r, json_object_get(o, "blocking"), "blocking",
		1, &m->nblocking, &m->blocking) == -1 ||
	    matching_read_training(r, json_object_get(o, "training")) == -1 ||
	    matching_number(r, o, "", "max_block", 1, 1e12, &cap) == -1)
		return -1;
	m->max_block = (size_t)cap;
	if (m->nsteps == 0 && m->ncomparisons == 0)
		return matching_bad(
		    r, "steps", "neither steps nor comparisons");
	if ((m->ncomparisons > 0) != (m->nblocking > 0))
		return matching_bad(r, "blocking",
		    "comparisons and blocking need each "
		    "other");
	return 0;
}

static int
read_weights(struct matching_reading *r, json_t *o, const char *at,
    const char *key, size_t n, double *to)
{
	json_t *v = json_object_get(o, key), *e;
	size_t i;

	at = matching_under(r, at, key);
	if (!json_is_array(v) || json_array_size(v) != n)
		return matching_bad(r, at, "must be a list of %zu shares", n);
	for (i = 0; i < n; i++) {
		e = json_array_get(v, i);
		to[i] = json_number_value(e);
		if (!json_is_number(e) || !(to[i] > 0 && to[i] <= 1))
			return matching_bad(r, matching_item(r, at, i),
			    "must be a share above "
			    "0, at most 1");
	}
	return 0;
}

static int
read_model(struct matching_reading *r, json_t *o)
{
	static const char *const members[] = { "nib_model", "matching",
		"training", "lambda", "weights", NULL };
	struct matching *m = &r->w->m;
	json_t *v = json_object_get(o, "weights"), *w;
	const char *at;
	size_t i;

	if (matching_only(r, o, "", members) == -1)
		return -1;
	if (json_integer_value(json_object_get(o, "nib_model")) != 1)
		return matching_bad(
		    r, "nib_model", "this program reads version 1");
	if (!json_is_object(json_object_get(o, "matching")))
		return matching_bad(r, "matching", "must be an object");
	if (read_matching(r, json_object_get(o, "matching")) == -1)
		return -1;
	if (matching_number(r, o, "", "lambda", 0, 1, &m->lambda) != 1 ||
	    !(m->lambda > 0 && m->lambda < 1))
		return matching_bad(
		    r, "lambda", "must be a share above 0, below 1");
	if (!json_is_object(v) || json_object_size(v) != m->ncomparisons)
		return matching_bad(r, "weights", "must have every comparison");
	for (i = 0; i < m->ncomparisons; i++) {
		struct matching_comparison *c = &m->comparisons[i];

		at = matching_under(r, "weights", c->name);
		if ((w = json_object_get(v, c->name)) == NULL)
			return matching_bad(r, at, "missing");
		if (read_weights(r, w, at, "m", c->nlevels, c->m) == -1 ||
		    read_weights(r, w, at, "u", c->nlevels, c->u) == -1)
			return -1;
	}
	m->trained = 1;
	return 0;
}

struct matching *
matching_parse(const char *path, const char *p, size_t n, struct fault *f)
{
	struct matching_whole *w = mem_zero(1, sizeof *w);
	struct matching_reading r = { w, path, f };
	struct matching *m = NULL;
	json_error_t e;
	json_t *o, *body;
	char *dump;
	int rc;

	o = json_loadb(p, n, JSON_REJECT_DUPLICATES, &e);
	if (o == NULL) {
		/* Jansson quotes the text it met; only its kind is ours. */
		char *near = strstr(e.text, " near ");

		if (near != NULL)
			*near = '\0';
		(void)fault_at(f, path, e.line > 0 ? (uint64_t)e.line : 0,
		    "not JSON: %s", e.text);
		goto out;
	}
	w->m.path = arena_string(&w->arena, path);
	if (!json_is_object(o)) {
		(void)matching_bad(&r, "$", "must be an object");
		goto out;
	}
	body = json_object_get(o, "nib_model") != NULL
		   ? json_object_get(o, "matching")
		   : o;
	rc = body == o ? read_matching(&r, o) : read_model(&r, o);
	if (rc == -1)
		goto out;
	dump = json_dumps(body, JSON_INDENT(2) | JSON_REAL_PRECISION(15));
	w->m.text = arena_string(&w->arena, dump != NULL ? dump : "{}");
	free(dump);
	m = &w->m;
out:
	json_decref(o);
	if (m == NULL)
		matching_close(&w->m);
	return m;
}

struct matching *
matching_open(const char *name, struct fault *f)
{
	struct matching *m = NULL;
	char *path, *p = NULL;
	size_t n = 0;

	if ((path = share_find("matching", name, ".json", f)) == NULL)
		return NULL;
	if (infile_whole(path, MAX_FILE, &p, &n, f) == 0)
		m = matching_parse(path, p, n, f);
	free(p);
	free(path);
	return m;
}

void
matching_as_joins(struct matching *m)
{
	m->as_joins = 1;
	m->nnever -= m->nguard;
	m->nguard = 0;
}

void
matching_close(struct matching *m)
{
	struct matching_whole *w =
	    (struct matching_whole *)m; /* m is its first member */

	if (w == NULL)
		return;
	arena_free(&w->arena);
	free(w);
}

void
matching_put_model(struct buf *to, const struct matching *m,
    void (*note)(void *, struct jsonout *), void *arg)
{
	struct jsonout j = { to, 1, 0, 0 };
	const struct matching_comparison *c;
	const char *p;
	size_t i, k;

	jsonout_open(&j, NULL, '{');
	jsonout_i64(&j, "nib_model", 1);
	buf_puts(to, ",\n  \"matching\": ");
	for (p = m->text; *p != '\0'; p++) {
		buf_putc(to, *p);
		if (*p == '\n')
			buf_puts(to, "  ");
	}
	if (note != NULL) {
		jsonout_open(&j, "training", '{');
		note(arg, &j);
		jsonout_close(&j, '}');
	}
	jsonout_double(&j, "lambda", m->lambda);
	jsonout_open(&j, "weights", '{');
	for (i = 0; i < m->ncomparisons; i++) {
		c = &m->comparisons[i];
		jsonout_open(&j, c->name, '{');
		jsonout_open(&j, "m", '[');
		for (k = 0; k < c->nlevels; k++)
			jsonout_double(&j, NULL, c->m[k]);
		jsonout_close(&j, ']');
		jsonout_open(&j, "u", '[');
		for (k = 0; k < c->nlevels; k++)
			jsonout_double(&j, NULL, c->u[k]);
		jsonout_close(&j, ']');
		jsonout_close(&j, '}');
	}
	jsonout_close(&j, '}');
	jsonout_close(&j, '}');
	buf_putc(to, '\n');
}
