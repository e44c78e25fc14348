/* Reads matching files and models. */
#include "linkage/matching.h"

#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/date.h"
#include "base/infile.h"
#include "base/jsonout.h"
#include "base/mem.h"
#include "base/num.h"
#include "base/option.h"
#include "base/share.h"

#define MAX_FILE ((size_t)4 * 1024 * 1024)
#define MAX_LIST ((size_t)100000)

/* What is returned, and what it stands on. */
struct whole {
	struct matching m;
	struct arena arena;
};

struct reading {
	struct whole *w;
	const char *path;
	struct fault *f;
};

static const char *const types[] = { "name", "nhs_number", "date", "sex",
	"postcode", "code", "local_id", "digits", "text", NULL };

enum number { NO_NUMBER, COUNT, FRACTION };

static const struct kind {
	const char *name;
	enum number number;
	unsigned types; /* it goes with, a bit each; 0: all */
} kinds[] = {
	[MATCHING_EXACT] = { "exact", NO_NUMBER, 0 },
	[MATCHING_SOUNDEX] = { "soundex", NO_NUMBER, 1u << MATCHING_NAME },
	[MATCHING_PREFIX] = { "prefix", COUNT, 0 },
	[MATCHING_YEAR] = { "year", NO_NUMBER, 1u << MATCHING_DATE },
	[MATCHING_YEAR_MONTH] = { "year-month", NO_NUMBER,
	    1u << MATCHING_DATE },
	[MATCHING_MONTH_DAY] = { "month-day", NO_NUMBER,
	    1u << MATCHING_DATE },
	[MATCHING_SECTOR] = { "sector", NO_NUMBER, 1u << MATCHING_POSTCODE },
	[MATCHING_DISTRICT] = { "district", NO_NUMBER,
	    1u << MATCHING_POSTCODE },
	[MATCHING_AREA] = { "area", NO_NUMBER, 1u << MATCHING_POSTCODE },
	[MATCHING_JARO_WINKLER] = { "jaro-winkler", FRACTION, 0 },
	[MATCHING_JARO] = { "jaro", FRACTION, 0 },
	[MATCHING_DAMERAU] = { "damerau", COUNT, 0 },
	[MATCHING_LEVENSHTEIN] = { "levenshtein", COUNT, 0 },
	[MATCHING_SIMILARITY] = { "similarity", FRACTION, 0 },
	[MATCHING_NICKNAME] = { "nickname", NO_NUMBER, 1u << MATCHING_NAME },
	[MATCHING_CONTAINS] = { "contains", NO_NUMBER, 0 },
	[MATCHING_PARTS] = { "parts", COUNT, 1u << MATCHING_DATE },
	[MATCHING_SWAPPED] = { "swapped", NO_NUMBER, 1u << MATCHING_DATE },
	[MATCHING_PARTIAL] = { "partial", NO_NUMBER, 1u << MATCHING_DATE },
	[MATCHING_WITHIN_DAYS] = { "within-days", COUNT,
	    1u << MATCHING_DATE },
	[MATCHING_WITHIN_YEARS] = { "within-years", COUNT,
	    1u << MATCHING_DATE },
	[MATCHING_INVALID] = { "invalid", NO_NUMBER,
	    1u << MATCHING_NHS_NUMBER },
	[MATCHING_COMPATIBLE] = { "compatible", NO_NUMBER, 0 },
	[MATCHING_DIFFERENT] = { "different", NO_NUMBER, 0 },
	[MATCHING_CROSSED] = { "crossed", FRACTION, 0 },
	[MATCHING_PRESENT] = { "present", NO_NUMBER, 0 },
	[MATCHING_NOT_1_JANUARY] = { "not-1-january", NO_NUMBER,
	    1u << MATCHING_DATE },
	[MATCHING_NOT_IGNORED] = { "not-ignored", NO_NUMBER, 0 },
};
#define NKINDS (sizeof kinds / sizeof kinds[0])

int
matching_is_key(enum matching_kind k)
{
	return k <= MATCHING_AREA;
}

static int bad(struct reading *, const char *, const char *, ...)
    __attribute__((format(printf, 3, 4)));

/* at: the JSON path. */
static int
bad(struct reading *r, const char *at, const char *fmt, ...)
{
	char what[256];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(what, sizeof what, fmt, ap);
	va_end(ap);
	return fault_at(r->f, r->path, 0, "%s: %s", at, what);
}

/* A JSON path one step longer; lives as long as the matching. */
static const char *
under(struct reading *r, const char *at, const char *key)
{
	char to[300];

	(void)snprintf(to, sizeof to, "%s%s%.80s", at, at[0] ? "." : "", key);
	return arena_string(&r->w->arena, to);
}

static const char *
item(struct reading *r, const char *at, size_t i)
{
	char to[300];

	(void)snprintf(to, sizeof to, "%.250s[%zu]", at, i);
	return arena_string(&r->w->arena, to);
}

/* Every member must be one of names. */
static int
only(struct reading *r, json_t *o, const char *at, const char *const *names)
{
	const char *key, *near;
	json_t *v;
	size_t i;

	if (!json_is_object(o))
		return bad(r, at, "must be an object");
	json_object_foreach(o, key, v) {
		for (i = 0; names[i] != NULL; i++)
			if (strcmp(names[i], key) == 0)
				break;
		if (names[i] != NULL)
			continue;
		near = option_nearest(key, names);
		return bad(r, under(r, at, key), "unknown member%s%s",
		    near != NULL ? "; is it " : "", near != NULL ? near : "");
	}
	return 0;
}

/* 0: absent, 1: there. */
static int
text(struct reading *r, json_t *o, const char *at, const char *key,
    const char **to)
{
	json_t *v = json_object_get(o, key);

	if (v == NULL)
		return 0;
	if (!json_is_string(v) || json_string_length(v) == 0 ||
	    strlen(json_string_value(v)) != json_string_length(v))
		return bad(r, under(r, at, key), "must be a text");
	*to = arena_string(&r->w->arena, json_string_value(v));
	return 1;
}

static int
truth(struct reading *r, json_t *o, const char *at, const char *key, int *to)
{
	json_t *v = json_object_get(o, key);

	if (v == NULL)
		return 0;
	if (!json_is_boolean(v))
		return bad(r, under(r, at, key), "must be true or false");
	*to = json_is_true(v);
	return 1;
}

static int
number(struct reading *r, json_t *o, const char *at, const char *key,
    double min, double max, double *to)
{
	json_t *v = json_object_get(o, key);
	double x;

	if (v == NULL)
		return 0;
	if (!json_is_number(v))
		return bad(r, under(r, at, key), "must be a number");
	x = json_number_value(v);
	if (!(x >= min && x <= max))
		return bad(r, under(r, at, key), "must be from %g to %g", min,
		    max);
	*to = x;
	return 1;
}

static int
strings(struct reading *r, json_t *o, const char *at, const char *key,
    struct matching_strings *to)
{
	json_t *v = json_object_get(o, key), *e;
	const char **list;
	size_t i, n;

	if (v == NULL)
		return 0;
	at = under(r, at, key);
	if (!json_is_array(v) || (n = json_array_size(v)) == 0 ||
	    n > MAX_LIST)
		return bad(r, at, "must be a list of texts");
	list = arena_alloc(&r->w->arena, n * sizeof *list);
	for (i = 0; i < n; i++) {
		e = json_array_get(v, i);
		if (!json_is_string(e) || json_string_length(e) == 0)
			return bad(r, item(r, at, i), "must be a text");
		list[i] = arena_string(&r->w->arena, json_string_value(e));
	}
	to->n = n;
	to->v = list;
	return 1;
}

static int
recode(struct reading *r, json_t *o, const char *at,
    struct matching_field *to)
{
	json_t *v = json_object_get(o, "recode"), *e;
	const char *key, **a, **b;
	size_t n = 0;

	if (v == NULL)
		return 0;
	at = under(r, at, "recode");
	if (!json_is_object(v) || json_object_size(v) == 0)
		return bad(r, at, "must be an object");
	a = arena_alloc(&r->w->arena, json_object_size(v) * sizeof *a);
	b = arena_alloc(&r->w->arena, json_object_size(v) * sizeof *b);
	json_object_foreach(v, key, e) {
		if (!json_is_string(e))
			return bad(r, under(r, at, key), "must be a text");
		a[n] = arena_string(&r->w->arena, key);
		b[n++] = arena_string(&r->w->arena, json_string_value(e));
	}
	to->from.n = to->to.n = n;
	to->from.v = a;
	to->to.v = b;
	return 0;
}

static int
day(struct reading *r, json_t *o, const char *at, const char *key,
    enum matching_type type, int *has, int32_t *to)
{
	const char *s = NULL;
	int k = text(r, o, at, key, &s);

	if (k <= 0)
		return k;
	if (type != MATCHING_DATE)
		return bad(r, under(r, at, key), "only a date has one");
	if (date_parse(s, strlen(s), to) == -1)
		return bad(r, under(r, at, key), "must be YYYY-MM-DD");
	*has = 1;
	return 0;
}

static int
read_field(struct reading *r, const char *name, json_t *o, const char *at,
    struct matching_field *to)
{
	static const char *const members[] = { "type", "columns", "role",
		"format", "keep_invalid", "may_be_absent", "minimum",
		"maximum", "prefix", "missing", "ignore", "recode", "notes",
		NULL };
	static const char *const formats[] = { "%Y-%m-%d", "%Y%m%d",
		"%d/%m/%Y", "%d%m%Y", NULL };
	const char *type = NULL;
	double prefix = 0;
	size_t i;

	memset(to, 0, sizeof *to);
	to->name = arena_string(&r->w->arena, name);
	if (name[0] == '\0' || strpbrk(name, " /\t\n") != NULL)
		return bad(r, at, "a field's name has no blanks or slashes");
	if (only(r, o, at, members) == -1 ||
	    text(r, o, at, "type", &type) == -1)
		return -1;
	if (type == NULL)
		return bad(r, at, "needs a type");
	for (i = 0; types[i] != NULL && strcmp(types[i], type) != 0; i++)
		;
	if (types[i] == NULL)
		return bad(r, under(r, at, "type"), "unknown type; known are "
		    "name, nhs_number, date, sex, postcode, code, local_id, "
		    "digits, text");
	to->type = (enum matching_type)i;
	if (strings(r, o, at, "columns", &to->columns) == -1 ||
	    text(r, o, at, "role", &to->role) == -1 ||
	    text(r, o, at, "format", &to->format) == -1 ||
	    truth(r, o, at, "keep_invalid", &to->keep_invalid) == -1 ||
	    truth(r, o, at, "may_be_absent", &to->may_be_absent) == -1 ||
	    day(r, o, at, "minimum", to->type, &to->has_minimum,
	    &to->minimum) == -1 ||
	    day(r, o, at, "maximum", to->type, &to->has_maximum,
	    &to->maximum) == -1 ||
	    number(r, o, at, "prefix", 1, 64, &prefix) == -1 ||
	    strings(r, o, at, "missing", &to->missing) == -1 ||
	    strings(r, o, at, "ignore", &to->ignore) == -1 ||
	    recode(r, o, at, to) == -1)
		return -1;
	to->prefix = (size_t)prefix;
	if (to->columns.n == 0)
		return bad(r, at, "needs columns, the names it may have");
	if (to->format != NULL) {
		if (to->type != MATCHING_DATE)
			return bad(r, under(r, at, "format"),
			    "only a date has one");
		for (i = 0; formats[i] != NULL; i++)
			if (strcmp(formats[i], to->format) == 0)
				break;
		if (formats[i] == NULL)
			return bad(r, under(r, at, "format"), "must be "
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

static int
read_fields(struct reading *r, json_t *o)
{
	struct matching *m = &r->w->m;
	struct matching_field *list;
	const char *key;
	json_t *v;
	size_t n;

	if (!json_is_object(o) || (n = json_object_size(o)) == 0)
		return bad(r, "fields", "must be an object of fields");
	if (n > MATCHING_MAX_FIELDS)
		return bad(r, "fields", "more than %d fields",
		    MATCHING_MAX_FIELDS);
	m->fields = list = arena_alloc(&r->w->arena, n * sizeof *list);
	json_object_foreach(o, key, v) {
		if (read_field(r, key, v, under(r, "fields", key),
		    &list[m->nfields]) == -1)
			return -1;
		m->nfields++;
	}
	return 0;
}

/* "FIELD[/OTHER] [TEST [NUMBER]]"; the test alone is exact. */
static int
read_test(struct reading *r, const char *s, const char *at, int keys,
    struct matching_test *to)
{
	const struct matching *m = &r->w->m;
	char copy[200], *word[3] = { NULL }, *p, *slash;
	const char *test;
	const struct kind *k;
	size_t n = 0, i;
	long field, other;

	if (strlen(s) >= sizeof copy)
		return bad(r, at, "too long");
	memcpy(copy, s, strlen(s) + 1);
	for (p = strtok(copy, " "); p != NULL; p = strtok(NULL, " ")) {
		if (n == 3)
			return bad(r, at, "must be FIELD [TEST [NUMBER]]");
		word[n++] = p;
	}
	if (n == 0)
		return bad(r, at, "must be FIELD [TEST [NUMBER]]");
	memset(to, 0, sizeof *to);
	if ((slash = strchr(word[0], '/')) != NULL)
		*slash++ = '\0';
	if ((field = matching_field_index(m, word[0])) == -1)
		return bad(r, at, "no field %.60s", word[0]);
	to->field = (size_t)field;
	test = n == 1 ? "exact" : word[1];
	for (i = 0; i < NKINDS; i++)
		if (strcmp(kinds[i].name, test) == 0)
			break;
	if (i == NKINDS)
		return bad(r, at, "unknown test %.40s", test);
	k = &kinds[i];
	to->kind = (enum matching_kind)i;
	if (k->types != 0 && !(k->types >> m->fields[field].type & 1))
		return bad(r, at, "%s is not for a field of type %s", k->name,
		    types[m->fields[field].type]);
	if (keys && !matching_is_key(to->kind))
		return bad(r, at, "%s cannot make blocks", k->name);
	if ((slash != NULL) != (to->kind == MATCHING_CROSSED))
		return bad(r, at, "crossed needs two fields (A/B), other "
		    "tests one");
	if (slash != NULL) {
		if ((other = matching_field_index(m, slash)) == -1)
			return bad(r, at, "no field %.60s", slash);
		to->other = (size_t)other;
	}
	if ((n == 3) != (k->number != NO_NUMBER) &&
	    to->kind != MATCHING_CROSSED)
		return bad(r, at, "%s %s", k->name, n == 3 ?
		    "takes no number" : "needs a number");
	if (to->kind == MATCHING_CROSSED)
		to->number = 1;
	if (n == 3 && (num_double(word[2], strlen(word[2]), &to->number) ==
	    -1 || to->number < 0 ||
	    (k->number == FRACTION && to->number > 1) ||
	    (k->number == COUNT && (to->number > 100000 ||
	    to->number != (double)(unsigned)to->number))))
		return bad(r, at, "%s needs a number %s", k->name,
		    k->number == FRACTION ? "from 0 to 1" : "0, 1, 2, ...");
	if (to->kind == MATCHING_NOT_IGNORED &&
	    m->fields[field].ignore.n == 0)
		return bad(r, at, "the field has no ignore list");
	return 0;
}

/* A text or a list of them; keys: at least one must make a block. */
static int
read_tests(struct reading *r, json_t *v, const char *at, int keys,
    struct matching_tests *to)
{
	struct matching_test *list;
	struct buf all = { 0 };
	json_t *e;
	size_t i, n = json_is_array(v) ? json_array_size(v) : 1;
	int rc = -1;

	if (n == 0 || n > 16)
		return bad(r, at, "needs 1 to 16 tests");
	list = arena_alloc(&r->w->arena, n * sizeof *list);
	for (i = 0; i < n; i++) {
		const char *where = json_is_array(v) ? item(r, at, i) : at;

		e = json_is_array(v) ? json_array_get(v, i) : v;
		if (!json_is_string(e)) {
			(void)bad(r, where, "must be a text");
			goto out;
		}
		if (read_test(r, json_string_value(e), where, keys,
		    &list[i]) == -1)
			goto out;
		buf_puts(&all, i > 0 ? " and " : "");
		buf_puts(&all, json_string_value(e));
	}
	to->n = n;
	to->v = list;
	to->text = arena_string(&r->w->arena, buf_string(&all));
	rc = 0;
out:
	buf_free(&all);
	return rc;
}

/* A list of lists of tests. */
static int
read_rules(struct reading *r, json_t *v, const char *at, int keys,
    size_t *nrules, const struct matching_tests **rules)
{
	struct matching_tests *list;
	size_t i, n;

	if (v == NULL)
		return 0;
	if (!json_is_array(v) || (n = json_array_size(v)) == 0 || n > 64)
		return bad(r, at, "must be a list of 1 to 64 rules");
	list = arena_alloc(&r->w->arena, n * sizeof *list);
	for (i = 0; i < n; i++)
		if (read_tests(r, json_array_get(v, i), item(r, at, i), keys,
		    &list[i]) == -1)
			return -1;
	*nrules = n;
	*rules = list;
	return 0;
}

static int
some_key(const struct matching_tests *t)
{
	size_t i;

	for (i = 0; i < t->n; i++)
		if (matching_is_key(t->v[i].kind))
			return 1;
	return 0;
}

static int
read_steps(struct reading *r, json_t *v)
{
	static const char *const members[] = { "id", "title", "among",
		"all", NULL };
	struct matching *m = &r->w->m;
	struct matching_step *list;
	json_t *o;
	const char *at, *among;
	size_t i, k, n;

	if (v == NULL)
		return 0;
	if (!json_is_array(v) || (n = json_array_size(v)) == 0 || n > 64)
		return bad(r, "steps", "must be a list of 1 to 64 steps");
	m->steps = list = arena_alloc(&r->w->arena, n * sizeof *list);
	memset(list, 0, n * sizeof *list);
	for (i = 0; i < n; i++) {
		o = json_array_get(v, i);
		at = item(r, "steps", i);
		among = "all";
		if (only(r, o, at, members) == -1 ||
		    text(r, o, at, "id", &list[i].id) == -1 ||
		    text(r, o, at, "title", &list[i].title) == -1 ||
		    text(r, o, at, "among", &among) == -1)
			return -1;
		if (strcmp(among, "all") != 0 &&
		    strcmp(among, "unlinked") != 0)
			return bad(r, under(r, at, "among"),
			    "must be all or unlinked");
		list[i].unlinked = strcmp(among, "unlinked") == 0;
		if (list[i].id == NULL)
			return bad(r, at, "needs an id");
		for (k = 0; k < i; k++)
			if (strcmp(list[k].id, list[i].id) == 0)
				return bad(r, under(r, at, "id"),
				    "used by another step");
		if (json_object_get(o, "all") == NULL)
			return bad(r, at, "needs all, its tests");
		if (read_tests(r, json_object_get(o, "all"),
		    under(r, at, "all"), 0, &list[i].all) == -1)
			return -1;
		if (!some_key(&list[i].all))
			return bad(r, under(r, at, "all"), "needs a test that "
			    "makes blocks (exact, soundex, prefix, year, "
			    "year-month, month-day, sector, district, area)");
	}
	m->nsteps = n;
	return 0;
}

static int
read_comparison(struct reading *r, json_t *o, const char *at,
    struct matching_comparison *to)
{
	static const char *const members[] = { "name", "field", "levels",
		"frequency", NULL };
	const struct matching *m = &r->w->m;
	const char *name = NULL, *field = NULL;
	json_t *levels;
	size_t i, n;
	long k;

	memset(to, 0, sizeof *to);
	if (only(r, o, at, members) == -1 ||
	    text(r, o, at, "field", &field) == -1 ||
	    text(r, o, at, "name", &name) == -1 ||
	    number(r, o, at, "frequency", 0, 1, &to->frequency) == -1)
		return -1;
	if (field == NULL || (k = matching_field_index(m, field)) == -1)
		return bad(r, at, "needs field, one of the fields");
	to->field = (size_t)k;
	to->name = name != NULL ? name : m->fields[k].name;
	if (strpbrk(to->name, " ,\"\n") != NULL)
		return bad(r, under(r, at, "name"), "has no blanks, commas "
		    "or quotes");
	levels = json_object_get(o, "levels");
	if (!json_is_array(levels) || (n = json_array_size(levels)) == 0 ||
	    n >= MATCHING_MAX_LEVELS)
		return bad(r, under(r, at, "levels"), "must be a list of 1 "
		    "to %d levels", MATCHING_MAX_LEVELS - 1);
	for (i = 0; i < n; i++)
		if (read_tests(r, json_array_get(levels, i),
		    item(r, under(r, at, "levels"), i), 0,
		    &to->levels[i]) == -1)
			return -1;
	to->levels[n].text = "else";
	to->nlevels = n + 1;
	if (to->frequency > 0 && (to->levels[0].n != 1 ||
	    to->levels[0].v[0].kind != MATCHING_EXACT ||
	    to->levels[0].v[0].field != to->field))
		return bad(r, under(r, at, "frequency"), "needs a first level "
		    "that is the field exact");
	return 0;
}

static int
read_comparisons(struct reading *r, json_t *v)
{
	struct matching *m = &r->w->m;
	size_t i, k, n;

	if (v == NULL)
		return 0;
	if (!json_is_array(v) || (n = json_array_size(v)) == 0 ||
	    n > MATCHING_MAX_FIELDS)
		return bad(r, "comparisons", "must be a list of 1 to %d",
		    MATCHING_MAX_FIELDS);
	m->comparisons = arena_alloc(&r->w->arena,
	    n * sizeof *m->comparisons);
	for (i = 0; i < n; i++) {
		if (read_comparison(r, json_array_get(v, i),
		    item(r, "comparisons", i), &m->comparisons[i]) == -1)
			return -1;
		for (k = 0; k < i; k++)
			if (strcmp(m->comparisons[k].name,
			    m->comparisons[i].name) == 0)
				return bad(r, item(r, "comparisons", i),
				    "another comparison has this name");
	}
	m->ncomparisons = n;
	return 0;
}

static int
read_training(struct reading *r, json_t *o)
{
	static const char *const members[] = { "sure", "sure_recall",
		"blocks", NULL };
	struct matching *m = &r->w->m;

	m->sure_recall = 0.9;
	if (o == NULL)
		return 0;
	if (only(r, o, "training", members) == -1 ||
	    number(r, o, "training", "sure_recall", 0.01, 1,
	    &m->sure_recall) == -1 ||
	    read_rules(r, json_object_get(o, "sure"), "training.sure", 1,
	    &m->nsure, &m->sure) == -1)
		return -1;
	return read_rules(r, json_object_get(o, "blocks"), "training.blocks",
	    1, &m->ntraining, &m->training);
}

static int
read_matching(struct reading *r, json_t *o)
{
	static const char *const members[] = { "name", "title", "version",
		"source", "notes", "id", "fields", "steps", "never", "comparisons",
		"blocking", "training", "max_block", NULL };
	struct matching *m = &r->w->m;
	double cap = 1e6;
	size_t i;

	if (only(r, o, "", members) == -1 ||
	    text(r, o, "", "name", &m->name) == -1 ||
	    text(r, o, "", "title", &m->title) == -1 ||
	    text(r, o, "", "version", &m->version) == -1 ||
	    strings(r, o, "", "id", &m->id) == -1)
		return -1;
	if (m->name == NULL)
		return bad(r, "name", "missing");
	if (json_object_get(o, "fields") == NULL)
		return bad(r, "fields", "missing");
	if (read_fields(r, json_object_get(o, "fields")) == -1 ||
	    read_steps(r, json_object_get(o, "steps")) == -1 ||
	    read_rules(r, json_object_get(o, "never"), "never", 0,
	    &m->nnever, &m->never) == -1 ||
	    read_comparisons(r, json_object_get(o, "comparisons")) == -1 ||
	    read_rules(r, json_object_get(o, "blocking"), "blocking", 1,
	    &m->nblocking, &m->blocking) == -1 ||
	    read_training(r, json_object_get(o, "training")) == -1 ||
	    number(r, o, "", "max_block", 1, 1e12, &cap) == -1)
		return -1;
	m->max_block = (size_t)cap;
	if (m->nsteps == 0 && m->ncomparisons == 0)
		return bad(r, "steps", "neither steps nor comparisons");
	if ((m->ncomparisons > 0) != (m->nblocking > 0))
		return bad(r, "blocking", "comparisons and blocking need each "
		    "other");
	for (i = 0; i < m->nnever; i++)
		if (m->never[i].n > 4)
			return bad(r, item(r, "never", i), "at most 4 tests");
	return 0;
}

static int
read_weights(struct reading *r, json_t *o, const char *at, const char *key,
    size_t n, double *to)
{
	json_t *v = json_object_get(o, key), *e;
	size_t i;

	at = under(r, at, key);
	if (!json_is_array(v) || json_array_size(v) != n)
		return bad(r, at, "must be a list of %zu shares", n);
	for (i = 0; i < n; i++) {
		e = json_array_get(v, i);
		to[i] = json_number_value(e);
		if (!json_is_number(e) || !(to[i] > 0 && to[i] <= 1))
			return bad(r, item(r, at, i), "must be a share above "
			    "0, at most 1");
	}
	return 0;
}

static int
read_model(struct reading *r, json_t *o)
{
	static const char *const members[] = { "nib_model", "matching",
		"training", "lambda", "weights", NULL };
	struct matching *m = &r->w->m;
	json_t *v = json_object_get(o, "weights"), *w;
	const char *at;
	size_t i;

	if (only(r, o, "", members) == -1)
		return -1;
	if (json_integer_value(json_object_get(o, "nib_model")) != 1)
		return bad(r, "nib_model", "this program reads version 1");
	if (!json_is_object(json_object_get(o, "matching")))
		return bad(r, "matching", "must be an object");
	if (read_matching(r, json_object_get(o, "matching")) == -1)
		return -1;
	if (number(r, o, "", "lambda", 0, 1, &m->lambda) != 1 ||
	    !(m->lambda > 0 && m->lambda < 1))
		return bad(r, "lambda", "must be a share above 0, below 1");
	if (!json_is_object(v) || json_object_size(v) != m->ncomparisons)
		return bad(r, "weights", "must have every comparison");
	for (i = 0; i < m->ncomparisons; i++) {
		struct matching_comparison *c = &m->comparisons[i];

		at = under(r, "weights", c->name);
		if ((w = json_object_get(v, c->name)) == NULL)
			return bad(r, at, "missing");
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
	struct whole *w = mem_zero(1, sizeof *w);
	struct reading r = { w, path, f };
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
		(void)bad(&r, "$", "must be an object");
		goto out;
	}
	body = json_object_get(o, "nib_model") != NULL ?
	    json_object_get(o, "matching") : o;
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
matching_close(struct matching *m)
{
	struct whole *w = (struct whole *)m; /* m is its first member */

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
