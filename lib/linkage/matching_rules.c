/* Reads the rules of matching files: tests, steps, comparisons. */
#include <stdlib.h>
#include <string.h>

#include "base/num.h"
#include "linkage/matching_read.h"

enum number { NO_NUMBER, COUNT, FRACTION };

#define MAX_POINTS 12 /* of a field of a scored step */

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
	[MATCHING_MONTH_DAY] = { "month-day", NO_NUMBER, 1u << MATCHING_DATE },
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
	[MATCHING_WITHIN_DAYS] = { "within-days", COUNT, 1u << MATCHING_DATE },
	[MATCHING_WITHIN_YEARS] = { "within-years", COUNT,
	    1u << MATCHING_DATE },
	[MATCHING_INVALID] = { "invalid", NO_NUMBER,
	    1u << MATCHING_NHS_NUMBER },
	[MATCHING_WITHIN] = { "within", COUNT, 1u << MATCHING_DIGITS },
	[MATCHING_COMPATIBLE] = { "compatible", NO_NUMBER, 0 },
	[MATCHING_DIFFERENT] = { "different", NO_NUMBER, 0 },
	[MATCHING_CROSSED] = { "crossed", FRACTION, 0 },
	[MATCHING_EITHER] = { "either", NO_NUMBER, 0 },
	[MATCHING_PRESENT] = { "present", NO_NUMBER, 0 },
	[MATCHING_NOT_1_JANUARY] = { "not-1-january", NO_NUMBER,
	    1u << MATCHING_DATE },
	[MATCHING_NOT_IGNORED] = { "not-ignored", NO_NUMBER, 0 },
	[MATCHING_VALID] = { "valid", NO_NUMBER, 1u << MATCHING_NHS_NUMBER },
};
#define NKINDS (sizeof kinds / sizeof kinds[0])

int
matching_is_key(enum matching_kind k)
{
	return k <= MATCHING_AREA;
}

int
matching_has_other(enum matching_kind k)
{
	return k == MATCHING_CROSSED || k == MATCHING_EITHER;
}

void
matching_mark(const struct matching_tests *t, char *used)
{
	size_t i;

	for (i = 0; i < t->n; i++) {
		used[t->v[i].field] = 1;
		if (matching_has_other(t->v[i].kind))
			used[t->v[i].other] = 1;
	}
}

int
matching_asks_nickname(const struct matching_tests *t)
{
	size_t i;

	for (i = 0; i < t->n; i++)
		if (t->v[i].kind == MATCHING_NICKNAME)
			return 1;
	return 0;
}

/* "FIELD[/OTHER] [TEST [NUMBER]]"; the test alone is exact. */
static int
read_test(struct matching_reading *r, const char *s, const char *at, int keys,
    struct matching_test *to)
{
	const struct matching *m = &r->w->m;
	char copy[200], *word[3] = { NULL }, *p, *slash;
	const char *test;
	const struct kind *k;
	size_t n = 0, i;
	long field, other;

	if (strlen(s) >= sizeof copy)
		return matching_bad(r, at, "too long");
	memcpy(copy, s, strlen(s) + 1);
	for (p = strtok(copy, " "); p != NULL; p = strtok(NULL, " ")) {
		if (n == 3)
			return matching_bad(
			    r, at, "must be FIELD [TEST [NUMBER]]");
		word[n++] = p;
	}
	if (n == 0)
		return matching_bad(r, at, "must be FIELD [TEST [NUMBER]]");
	memset(to, 0, sizeof *to);
	if ((slash = strchr(word[0], '/')) != NULL)
		*slash++ = '\0';
	if ((field = matching_field_index(m, word[0])) == -1)
		return matching_bad(r, at, "no field %.60s", word[0]);
	to->field = (size_t)field;
	test = n == 1 ? "exact" : word[1];
	for (i = 0; i < NKINDS; i++)
		if (strcmp(kinds[i].name, test) == 0)
			break;
	if (i == NKINDS)
		return matching_bad(r, at, "unknown test %.40s", test);
	k = &kinds[i];
	to->kind = (enum matching_kind)i;
	if (k->types != 0 && !(k->types >> m->fields[field].type & 1))
		return matching_bad(r, at, "%s is not for a field of type %s",
		    k->name, matching_types[m->fields[field].type]);
	if (keys && !matching_is_key(to->kind))
		return matching_bad(r, at, "%s cannot make blocks", k->name);
	if ((slash != NULL) != matching_has_other(to->kind))
		return matching_bad(r, at,
		    "crossed and either need two "
		    "fields (A/B), other tests one");
	if (slash != NULL) {
		if ((other = matching_field_index(m, slash)) == -1)
			return matching_bad(r, at, "no field %.60s", slash);
		to->other = (size_t)other;
		if (to->kind == MATCHING_EITHER &&
		    m->fields[field].type != m->fields[other].type)
			return matching_bad(r, at,
			    "either needs two fields "
			    "of one type");
	}
	if ((n == 3) != (k->number != NO_NUMBER) &&
	    to->kind != MATCHING_CROSSED)
		return matching_bad(r, at, "%s %s", k->name,
		    n == 3 ? "takes no number" : "needs a number");
	if (to->kind == MATCHING_CROSSED)
		to->number = 1;
	if (n == 3 &&
	    (num_double(word[2], strlen(word[2]), &to->number) == -1 ||
		to->number < 0 || (k->number == FRACTION && to->number > 1) ||
		(k->number == COUNT &&
		    (to->number > 100000 ||
			to->number != (double)(unsigned)to->number))))
		return matching_bad(r, at, "%s needs a number %s", k->name,
		    k->number == FRACTION ? "from 0 to 1" : "0, 1, 2, ...");
	if (to->kind == MATCHING_NOT_IGNORED && m->fields[field].ignore.n == 0)
		return matching_bad(r, at, "the field has no ignore list");
	return 0;
}

/* A text or a list of them; keys: at least one must make a block. */
static int
read_tests(struct matching_reading *r, json_t *v, const char *at, int keys,
    struct matching_tests *to)
{
	struct matching_test *list;
	struct buf all = { 0 };
	json_t *e;
	size_t i, n = json_is_array(v) ? json_array_size(v) : 1;
	int rc = -1;

	if (n == 0 || n > 16)
		return matching_bad(r, at, "needs 1 to 16 tests");
	list = arena_alloc(&r->w->arena, n * sizeof *list);
	for (i = 0; i < n; i++) {
		const char *where =
		    json_is_array(v) ? matching_item(r, at, i) : at;

		e = json_is_array(v) ? json_array_get(v, i) : v;
		if (!json_is_string(e)) {
			(void)matching_bad(r, where, "must be a text");
			goto out;
		}
		if (read_test(r, json_string_value(e), where, keys, &list[i]) ==
		    -1)
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
int
matching_read_rules(struct matching_reading *r, json_t *v, const char *at,
    int keys, size_t *nrules, const struct matching_tests **rules)
{
	struct matching_tests *list;
	size_t i, n;

	if (v == NULL)
		return 0;
	if (!json_is_array(v) || (n = json_array_size(v)) == 0 || n > 64)
		return matching_bad(r, at, "must be a list of 1 to 64 rules");
	list = arena_alloc(&r->w->arena, n * sizeof *list);
	for (i = 0; i < n; i++)
		if (read_tests(r, json_array_get(v, i), matching_item(r, at, i),
			keys, &list[i]) == -1)
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

/* One field of a scored step: [[tests, points], ...]. */
static int
read_points(struct matching_reading *r, json_t *o, const char *at,
    struct matching_points *to)
{
	static const char *const members[] = { "field", "points", NULL };
	const char *field = NULL;
	struct matching_tests *tests;
	double *points;
	json_t *v, *e;
	size_t i, n;
	long k;

	memset(to, 0, sizeof *to);
	if (matching_only(r, o, at, members) == -1 ||
	    matching_text(r, o, at, "field", &field) == -1)
		return -1;
	if (field == NULL || (k = matching_field_index(&r->w->m, field)) == -1)
		return matching_bad(r, at, "needs field, one of the fields");
	to->field = (size_t)k;
	v = json_object_get(o, "points");
	at = matching_under(r, at, "points");
	if (!json_is_array(v) || (n = json_array_size(v)) == 0 ||
	    n > MAX_POINTS)
		return matching_bad(r, at,
		    "must be a list of 1 to %d pairs "
		    "of tests and points",
		    MAX_POINTS);
	to->n = n;
	to->tests = tests = arena_alloc(&r->w->arena, n * sizeof *tests);
	to->points = points = arena_alloc(&r->w->arena, n * sizeof *points);
	for (i = 0; i < n; i++) {
		const char *here = matching_item(r, at, i);

		e = json_array_get(v, i);
		if (!json_is_array(e) || json_array_size(e) != 2 ||
		    !json_is_number(json_array_get(e, 1)))
			return matching_bad(r, here,
			    "must be tests and "
			    "points");
		points[i] = json_number_value(json_array_get(e, 1));
		if (!(points[i] > 0 && points[i] <= 100))
			return matching_bad(r, here,
			    "points are above 0, at "
			    "most 100");
		if (read_tests(r, json_array_get(e, 0), here, 0, &tests[i]) ==
		    -1)
			return -1;
	}
	return 0;
}

static int
read_score(struct matching_reading *r, json_t *o, const char *at,
    struct matching_step *to)
{
	json_t *v = json_object_get(o, "score");
	struct matching_points *list;
	size_t i, n;

	if (matching_number(
		r, o, at, "agree", 1, MATCHING_MAX_FIELDS, &to->agree) == -1 ||
	    matching_number(r, o, at, "at_least", 0, 100, &to->at_least) ==
		-1 ||
	    matching_number(r, o, at, "ahead", 0, 100, &to->ahead) == -1 ||
	    matching_read_rules(r, json_object_get(o, "blocks"),
		matching_under(r, at, "blocks"), 1, &to->nblocks,
		&to->blocks) == -1)
		return -1;
	if (v == NULL) {
		if (to->nblocks > 0 || to->at_least > 0 || to->agree > 0 ||
		    to->ahead > 0)
			return matching_bad(r, at,
			    "blocks, agree, at_least "
			    "and ahead belong to score");
		return 0;
	}
	at = matching_under(r, at, "score");
	if (!json_is_array(v) || (n = json_array_size(v)) == 0 ||
	    n > MATCHING_MAX_FIELDS)
		return matching_bad(r, at,
		    "must be a list of fields and "
		    "their points");
	to->score = list = arena_alloc(&r->w->arena, n * sizeof *list);
	to->nscore = n;
	for (i = 0; i < n; i++)
		if (read_points(r, json_array_get(v, i),
			matching_item(r, at, i), &list[i]) == -1)
			return -1;
	if (to->nblocks == 0)
		return matching_bad(r, at,
		    "needs blocks beside it, rules "
		    "whose pairs are scored");
	return 0;
}

static int
read_step(struct matching_reading *r, json_t *o, const char *at,
    struct matching_step *to)
{
	static const char *const members[] = { "id", "title", "among", "single",
		"household", "all", "score", "blocks", "agree", "at_least", "ahead", NULL };
	const char *among = "all", *household = NULL;
	long field;

	if (matching_only(r, o, at, members) == -1 ||
	    matching_text(r, o, at, "id", &to->id) == -1 ||
	    matching_text(r, o, at, "household", &household) == -1 ||
	    matching_text(r, o, at, "title", &to->title) == -1 ||
	    matching_text(r, o, at, "among", &among) == -1 ||
	    matching_truth(r, o, at, "single", &to->single) == -1 ||
	    read_score(r, o, at, to) == -1)
		return -1;
	if (strcmp(among, "all") != 0 && strcmp(among, "unlinked") != 0)
		return matching_bad(r, matching_under(r, at, "among"),
		    "must be all or unlinked");
	to->unlinked = strcmp(among, "unlinked") == 0;
	if (household != NULL) {
		field = matching_field_index(&r->w->m, household);
		if (field == -1 || to->nscore > 0)
			return matching_bad(r,
			    matching_under(r, at, "household"), field == -1 ?
			    "must be one of the fields, an address" :
			    "does not go with score");
		to->together = 1;
		to->household = (size_t)field;
	}
	if (to->id == NULL)
		return matching_bad(r, at, "needs an id");
	if ((json_object_get(o, "all") == NULL) == (to->nscore == 0))
		return matching_bad(r, at, "needs all, its tests, or score");
	if (to->nscore > 0)
		return 0;
	if (read_tests(r, json_object_get(o, "all"),
		matching_under(r, at, "all"), 0, &to->all) == -1)
		return -1;
	if (!some_key(&to->all))
		return matching_bad(r, matching_under(r, at, "all"),
		    "needs "
		    "a test that makes blocks (exact, soundex, prefix, year, "
		    "year-month, month-day, sector, district, area)");
	return 0;
}

int
matching_read_steps(struct matching_reading *r, json_t *v)
{
	struct matching *m = &r->w->m;
	struct matching_step *list;
	const char *at;
	size_t i, k, n;

	if (v == NULL)
		return 0;
	if (!json_is_array(v) || (n = json_array_size(v)) == 0 || n > 64)
		return matching_bad(r, "steps",
		    "must be a list of 1 to 64 "
		    "steps");
	m->steps = list = arena_alloc(&r->w->arena, n * sizeof *list);
	memset(list, 0, n * sizeof *list);
	for (i = 0; i < n; i++) {
		at = matching_item(r, "steps", i);
		if (read_step(r, json_array_get(v, i), at, &list[i]) == -1)
			return -1;
		for (k = 0; k < i; k++)
			if (strcmp(list[k].id, list[i].id) == 0)
				return matching_bad(r,
				    matching_under(r, at, "id"),
				    "used by another step");
	}
	m->nsteps = n;
	return 0;
}

static int
read_comparison(struct matching_reading *r, json_t *o, const char *at,
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
	if (matching_only(r, o, at, members) == -1 ||
	    matching_text(r, o, at, "field", &field) == -1 ||
	    matching_text(r, o, at, "name", &name) == -1 ||
	    matching_number(r, o, at, "frequency", 0, 1, &to->frequency) == -1)
		return -1;
	if (field == NULL || (k = matching_field_index(m, field)) == -1)
		return matching_bad(r, at, "needs field, one of the fields");
	to->field = (size_t)k;
	to->name = name != NULL ? name : m->fields[k].name;
	if (strpbrk(to->name, " ,\"\n") != NULL)
		return matching_bad(r, matching_under(r, at, "name"),
		    "has no blanks, commas "
		    "or quotes");
	levels = json_object_get(o, "levels");
	if (!json_is_array(levels) || (n = json_array_size(levels)) == 0 ||
	    n >= MATCHING_MAX_LEVELS)
		return matching_bad(r, matching_under(r, at, "levels"),
		    "must be a list of 1 "
		    "to %d levels",
		    MATCHING_MAX_LEVELS - 1);
	for (i = 0; i < n; i++)
		if (read_tests(r, json_array_get(levels, i),
			matching_item(r, matching_under(r, at, "levels"), i), 0,
			&to->levels[i]) == -1)
			return -1;
	to->levels[n].text = "else";
	to->nlevels = n + 1;
	if (to->frequency > 0 &&
	    (to->levels[0].n != 1 ||
		to->levels[0].v[0].kind != MATCHING_EXACT ||
		to->levels[0].v[0].field != to->field))
		return matching_bad(r, matching_under(r, at, "frequency"),
		    "needs a first level "
		    "that is the field exact");
	return 0;
}

int
matching_read_comparisons(struct matching_reading *r, json_t *v)
{
	struct matching *m = &r->w->m;
	size_t i, k, n;

	if (v == NULL)
		return 0;
	if (!json_is_array(v) || (n = json_array_size(v)) == 0 ||
	    n > MATCHING_MAX_FIELDS)
		return matching_bad(r, "comparisons",
		    "must be a list of 1 to %d", MATCHING_MAX_FIELDS);
	m->comparisons = arena_alloc(&r->w->arena, n * sizeof *m->comparisons);
	for (i = 0; i < n; i++) {
		if (read_comparison(r, json_array_get(v, i),
			matching_item(r, "comparisons", i),
			&m->comparisons[i]) == -1)
			return -1;
		for (k = 0; k < i; k++)
			if (strcmp(m->comparisons[k].name,
				m->comparisons[i].name) == 0)
				return matching_bad(r,
				    matching_item(r, "comparisons", i),
				    "another comparison has this name");
	}
	m->ncomparisons = n;
	return 0;
}

int
matching_read_training(struct matching_reading *r, json_t *o)
{
	static const char *const members[] = { "sure", "sure_recall", "blocks",
		NULL };
	struct matching *m = &r->w->m;

	m->sure_recall = 0.9;
	if (o == NULL)
		return 0;
	if (matching_only(r, o, "training", members) == -1 ||
	    matching_number(r, o, "training", "sure_recall", 0.01, 1,
		&m->sure_recall) == -1 ||
	    matching_read_rules(r, json_object_get(o, "sure"), "training.sure",
		1, &m->nsure, &m->sure) == -1)
		return -1;
	return matching_read_rules(r, json_object_get(o, "blocks"),
	    "training.blocks", 1, &m->ntraining, &m->training);
}
