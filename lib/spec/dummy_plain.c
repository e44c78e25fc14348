/* How a field is made from the specification alone. */
#include "spec/dummy_compile.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/date.h"
#include "base/mem.h"
#include "base/num.h"
#include "check/check.h"
#include "spec/codelist.h"
#include "spec/jsonschema.h"

int
dummy_codes(struct dummy_compiler *c, const struct spec_field *sf, double skew,
    struct dummy_gen *g)
{
	struct { struct dummy_text text; int status; } *all = NULL;
	size_t n = 0, i, j, k, current = 0;
	double *w, p = 1;
	int rc = -1;

	for (i = 0; i < sf->codelists.n; i++) {
		struct codelist *l = codelist_open(sf->codelists.v[i], c->f);

		if (l == NULL)
			goto out;
		for (j = 0; j < codelist_count(l); j++) {
			const char *code = codelist_code(l, j);
			size_t len = strlen(code);

			if ((sf->max_length >= 0 &&
			    len > (uint64_t)sf->max_length) ||
			    (sf->min_length >= 0 &&
			    len < (uint64_t)sf->min_length) ||
			    codelist_status(l, j) == CODELIST_RETIRED ||
			    codelist_from(l, j) > c->r->from ||
			    codelist_to(l, j) < c->r->to)
				continue;
			for (k = 0; k < n; k++)
				if (strcmp(all[k].text.p, code) == 0)
					break;
			if (k < n)
				continue;
			all = mem_array(all, n + 1, sizeof *all);
			all[n].text = dummy_text_new(c, code);
			all[n].status = codelist_status(l, j) ==
			    CODELIST_CURRENT;
			current += all[n++].status != 0;
		}
		codelist_close(l);
	}
	if (n == 0 || (current == 0 && sf->pattern != NULL)) {
		rc = 0;
		goto out;
	}
	g->texts = dummy_zero(c, n, sizeof *g->texts);
	w = mem_array(NULL, n, sizeof *w);
	for (i = j = 0; i < n; i++) {
		g->texts[i] = all[i].text;
		/* "Not known" is rare, but there. */
		w[i] = all[i].status || current == 0 ? pow(p++, -skew) : 0.01;
	}
	dummy_choice_make(&c->r->arena, &g->choice, w, n);
	free(w);
	g->form = DUMMY_CHOICE;
	rc = 1;
out:
	free(all);
	return rc;
}

/* What a check's identifiers look like where the field has no pattern. */
static const char *
check_pattern(enum check_kind k)
{
	switch (k) {
	case CHECK_POSTCODE:
		return "(B|M|L|S|LS|NE|SW|E|N|BS|NG|CV)[1-9] "
		    "[0-9][ABD-HJLNP-UW-Z]{2}";
	case CHECK_ICD10_NHS:
		return "[A-NR-T][0-8][0-9][0-9]";
	case CHECK_ICD10_DOTTED:
		return "[A-NR-T][0-8][0-9]\\.[0-9]";
	case CHECK_OPCS4:
		return "[A-HJ-X][0-6][0-9][1-9]";
	case CHECK_OPCS4_DOTTED:
		return "[A-HJ-X][0-6][0-9]\\.[1-9]";
	case CHECK_CONSULTANT:
		return "C[0-9]{7}";
	case CHECK_GMC_NUMBER:
		return "[0-9]{7}";
	case CHECK_GP_PRACTICE:
		return "[A-H][0-9]{5}";
	case CHECK_GP_CODE:
		return "G[0-9]{7}";
	case CHECK_TRUST:
		return "R[A-Y][0-9A-Y]";
	case CHECK_TRUST_SITE:
		return "R[A-Y][0-9A-Y][0-9]{2}";
	case CHECK_ODS_ANY:
		return "R[A-Y][0-9A-Y]";
	case CHECK_ANANA:
		return "[A-Y][0-9][A-Y][0-9][A-Y]";
	case CHECK_ICB:
		return "Q[A-Y][0-9A-Y]";
	case CHECK_LSOA:
		return "E010[0-3][0-9]{4}";
	case CHECK_LAD:
		return "E0[6789]0000[0-9]{2}";
	case CHECK_HRG:
		return "[A-S][A-Z][0-9]{2}[A-Z]";
	case CHECK_GTIN:
		return "50[0-9]{11}";
	default:
		return "[0-9]{18}";
	}
}

int
dummy_pattern_gen(struct dummy_compiler *c, const char *pattern,
    const struct spec_field *sf, struct dummy_gen *g)
{
	struct fault why = FAULT_NONE;

	if (sf != NULL && sf->min_length > 0)
		g->min_length = (uint32_t)sf->min_length;
	if (sf != NULL && sf->max_length >= 0 &&
	    sf->max_length < DUMMY_PATTERN_MAX)
		g->max_length = (uint32_t)sf->max_length;
	g->form = DUMMY_PATTERN;
	g->pattern = dummy_pattern_new(&c->r->arena, pattern, &why);
	return g->pattern == NULL ? dummy_bad(c, "", why.what) : 0;
}

enum dummy_time
dummy_time_of(const struct spec_field *sf)
{
	switch (sf != NULL ? sf->type : SPEC_DATE) {
	case SPEC_DATETIME:
		return DUMMY_MOMENT;
	case SPEC_TIME:
		return DUMMY_CLOCK;
	case SPEC_YEAR:
		return DUMMY_YEAR;
	case SPEC_YEARMONTH:
		return DUMMY_YEARMONTH;
	default:
		return DUMMY_DAY;
	}
}

const char *
dummy_date_format_of(const struct spec_field *sf)
{
	return sf != NULL && sf->format != NULL &&
	    strchr(sf->format, '%') != NULL ? sf->format : NULL;
}

/* A whole number that a bound leaves. 0: there is none. */
static int
whole_bound(const char *inclusive, const char *exclusive, int most,
    int64_t *to)
{
	const char *p = inclusive != NULL ? inclusive : exclusive;
	double v;

	if (p == NULL || num_double(p, strlen(p), &v) != 0 || fabs(v) > 1e15)
		return 0;
	*to = (int64_t)(most ? floor(v) : ceil(v));
	if (inclusive == NULL && (double)*to == v)
		*to += most ? -1 : 1;
	return 1;
}

/* One after the other from the least, or up to the most. */
static int
unique_number(struct dummy_compiler *c, const struct spec_field *sf,
    struct dummy_gen *g)
{
	int64_t min = 1, max, n = (int64_t)c->r->records;
	int least = whole_bound(sf->minimum, sf->exclusive_minimum, 0, &min);

	if (whole_bound(sf->maximum, sf->exclusive_maximum, 1, &max)) {
		if (!least && max < n)
			min = max - n + 1;
		if (max - min + 1 < n)
			return dummy_bad(c, "fewer whole numbers lie in its "
			    "bounds than there are records", "");
	}
	g->form = DUMMY_NUMBER;
	g->base = min - 1;
	return 0;
}

/* A key of its own for each record. */
static int
unique_gen(struct dummy_compiler *c, const struct spec_field *sf,
    struct dummy_gen *g)
{
	size_t width;

	if (sf->check != NULL && strcmp(sf->check, "nhs_number") == 0) {
		g->form = DUMMY_NHS;
		if (c->r->records > 50000000)
			return dummy_bad(c,
			    "only 50 million artificial NHS numbers "
			    "are different",
			    "");
		return 0;
	}
	if (sf->type == SPEC_INTEGER || sf->type == SPEC_NUMBER)
		return unique_number(c, sf, g);
	if (sf->type != SPEC_STRING && sf->type != SPEC_ANY)
		return dummy_bad(
		    c, "cannot make a unique value of this type", "");
	if (sf->pattern != NULL && sf->check == NULL) {
		if (dummy_pattern_gen(c, sf->pattern, sf, g) == -1)
			return -1;
		g->form = DUMMY_UNIQUE;
		if (dummy_pattern_count(g->pattern) < c->r->records)
			return dummy_bad(c,
			    "its pattern has fewer different texts "
			    "than there are records",
			    "");
		return 0;
	}
	if (sf->check != NULL)
		return dummy_bad(c, "cannot make unique values that pass the "
		    "check ", sf->check);
	width = sf->min_length > 10 ? (size_t)sf->min_length : 10;
	if (sf->max_length >= 0 && width > (size_t)sf->max_length)
		width = (size_t)sf->max_length;
	g->form = DUMMY_NUMBER;
	g->width = (unsigned)width;
	return 0;
}

/* The field that makes a key unique: its last text that is no code. */
static size_t
key_field(const struct spec *s, const struct spec_key *key)
{
	size_t i;

	for (i = key->n; i-- > 0;) {
		const struct spec_field *sf = &s->fields[key->fields[i]];

		if (sf->type == SPEC_STRING && sf->codelists.n == 0 &&
		    !sf->has_enum)
			return key->fields[i];
	}
	return key->fields[key->n - 1];
}

static int
in_key(const struct spec *s, size_t field)
{
	size_t i;

	if (s->fields[field].unique)
		return 1;
	if (s->primary.n > 0 && key_field(s, &s->primary) == field)
		return 1;
	for (i = 0; i < s->nunique; i++)
		if (s->unique_keys[i].n > 0 &&
		    key_field(s, &s->unique_keys[i]) == field)
			return 1;
	return 0;
}

static const struct spec_foreign_key *
foreign(const struct spec *s, const char *name, size_t *column)
{
	size_t i, j;

	for (i = 0; i < s->nforeign; i++)
		for (j = 0; j < s->foreign_keys[i].fields.n; j++)
			if (strcmp(s->foreign_keys[i].fields.v[j],
			    name) == 0) {
				*column = j;
				return &s->foreign_keys[i];
			}
	return NULL;
}

int
dummy_constant(struct dummy_compiler *c, struct dummy_gen *g, const char *text)
{
	g->form = DUMMY_TEXT;
	g->texts = dummy_zero(c, 1, sizeof *g->texts);
	g->texts[0] = dummy_text_new(c, text);
	return 0;
}

static int
number_gen(struct dummy_compiler *c, const struct spec_field *sf,
    struct dummy_gen *g)
{
	const char *low = sf->minimum != NULL ? sf->minimum :
	    sf->exclusive_minimum;
	const char *high = sf->maximum != NULL ? sf->maximum :
	    sf->exclusive_maximum;
	num_wide min = 0, max = 0;
	unsigned i;

	g->form = DUMMY_QUANTILES;
	if (sf->type == SPEC_NUMBER)
		g->scale = sf->scale >= 0 && sf->scale < 10 ?
		    (unsigned)sf->scale : 2;
	if (low != NULL && num_decimal(low, strlen(low), g->scale, &min) != 0)
		min = 0;
	min += sf->minimum == NULL && low != NULL;
	if (high == NULL || num_decimal(high, strlen(high), g->scale,
	    &max) != 0) {
		for (i = 0, max = 100; i < g->scale; i++)
			max *= 10;
		max += min;
	} else {
		max -= sf->maximum == NULL;
	}
	if (low == NULL && max < min)
		min = max - 100;
	if (max < min || min < -(num_wide)1e15 || max > (num_wide)1e15)
		return dummy_bad(c, "no number lies in its bounds", "");
	dummy_uniform(c, g, (int64_t)min, (int64_t)max);
	return 0;
}

/* The first day of a date, moment, month or year, and the first after it. */
static int
days_of(enum spec_type type, const char *p, int32_t *first, int32_t *next)
{
	int year, month = 1;

	if (type == SPEC_DATE || type == SPEC_DATETIME) {
		if (date_parse(p, strnlen(p, 10), first) != 0)
			return 0;
		*next = *first + 1;
		return 1;
	}
	if ((type != SPEC_YEAR && type != SPEC_YEARMONTH) ||
	    sscanf(p, "%4d-%2d", &year, &month) < 1 || year < 1 ||
	    month < 1 || month > 12)
		return 0;
	*first = date_days(year, month, 1);
	*next = type == SPEC_YEAR || month == 12 ? date_days(year + 1, 1, 1) :
	    date_days(year, month + 1, 1);
	return 1;
}

/*
 * The first or the last day that a field's bounds leave; of times within a
 * day, what is well inside. 0: there is none.
 */
static int
day_bound(const struct spec_field *sf, int most, int32_t *to)
{
	const char *p = most ? sf->maximum : sf->minimum;
	int exclusive = p == NULL;
	int32_t first, next;

	if (exclusive)
		p = most ? sf->exclusive_maximum : sf->exclusive_minimum;
	if (p == NULL || !days_of(sf->type, p, &first, &next))
		return 0;
	if (sf->type == SPEC_DATETIME) /* minutes and a day are added */
		*to = most ? first - 2 : next;
	else if (most)
		*to = (exclusive ? first : next) - 1;
	else
		*to = exclusive ? next : first;
	return 1;
}

static int
date_gen(struct dummy_compiler *c, const struct spec_field *sf,
    struct dummy_gen *g)
{
	int32_t low = c->r->from, high = c->r->to, min = 0, max = 0;
	int least = day_bound(sf, 0, &min), most = day_bound(sf, 1, &max);

	if (sf->role == SPEC_ROLE_BIRTH_DATE)
		low -= 95 * 365;
	if (least && min > low)
		low = min;
	if (most && max < high)
		high = max;
	if (low > high && most) /* the period lies outside */
		low = least ? min : max - 365;
	if (low > high && least)
		high = most ? max : min + 365;
	if (low > high)
		return dummy_bad(c, "no day lies in its bounds", "");
	g->form = DUMMY_DATE;
	g->from.kind = DUMMY_REF_START;
	g->time = dummy_time_of(sf);
	g->format = dummy_date_format_of(sf);
	dummy_uniform(c, g, low - c->r->from, high - c->r->from);
	if (g->time == DUMMY_MOMENT || g->time == DUMMY_CLOCK) {
		g->quantiles[0] *= 1440;
		g->quantiles[1] *= 1440;
	}
	return 0;
}

static int
values_gen(struct dummy_compiler *c, const struct spec_strings *v, double skew,
    struct dummy_gen *g)
{
	double *w = mem_array(NULL, v->n, sizeof *w);
	size_t i;

	g->form = DUMMY_CHOICE;
	g->texts = dummy_zero(c, v->n, sizeof *g->texts);
	for (i = 0; i < v->n; i++)
		g->texts[i] = dummy_text_new(c, v->v[i]);
	dummy_skewed(w, v->n, skew);
	dummy_choice_make(&c->r->arena, &g->choice, w, v->n);
	free(w);
	return 0;
}

/* The empty object or array, where that fits its JSON Schema. */
static int
json_gen(struct dummy_compiler *c, const struct spec_field *sf,
    struct dummy_gen *g, const char *empty)
{
	struct jsonschema_run *r;
	struct jsonschema *s;
	int fits = 1;

	if (sf->json_schema != NULL) {
		if ((s = jsonschema_new(sf->json_schema, c->f)) == NULL)
			return -1;
		r = jsonschema_run_new();
		fits = jsonschema_fits(s, r, empty, 2) == 1;
		jsonschema_run_free(r);
		jsonschema_free(s);
	}
	return fits ? dummy_constant(c, g, empty) :
	    dummy_bad(c, "cannot make a value that fits its JSON Schema", "");
}

static int
typed_gen(struct dummy_compiler *c, const struct spec_field *sf,
    struct dummy_gen *g)
{
	static const char *const yes_no[] = { "true", "false", NULL };
	struct spec_strings both = { 2, yes_no };
	char text[64];
	size_t n, m;

	switch (sf->type) {
	case SPEC_BOOLEAN:
		if (sf->true_values.n > 0 && sf->false_values.n > 0) {
			const char *v[2];

			v[0] = sf->true_values.v[0];
			v[1] = sf->false_values.v[0];
			both.v = v;
			return values_gen(c, &both, 0, g);
		}
		return values_gen(c, &both, 0, g);
	case SPEC_INTEGER:
	case SPEC_NUMBER:
		if (sf->pattern != NULL && sf->minimum == NULL &&
		    sf->maximum == NULL)
			return dummy_pattern_gen(c, sf->pattern, sf, g);
		return number_gen(c, sf, g);
	case SPEC_DATE:
	case SPEC_DATETIME:
	case SPEC_TIME:
	case SPEC_YEAR:
	case SPEC_YEARMONTH:
		return date_gen(c, sf, g);
	case SPEC_DURATION:
		return dummy_constant(c, g, "P1D");
	case SPEC_OBJECT:
		return json_gen(c, sf, g, "{}");
	case SPEC_ARRAY:
		return json_gen(c, sf, g, "[]");
	case SPEC_LIST:
		return dummy_constant(c, g, "1");
	case SPEC_GEOPOINT:
		return dummy_constant(c, g, sf->format != NULL &&
		    strcmp(sf->format, "array") == 0 ? "[-1.5, 52.5]" :
		    sf->format != NULL && strcmp(sf->format, "object") == 0 ?
		    "{\"lon\": -1.5, \"lat\": 52.5}" : "-1.5,52.5");
	case SPEC_GEOJSON:
		return dummy_constant(c, g,
		    "{\"type\": \"Point\", \"coordinates\": [-1.5, 52.5]}");
	default:
		break;
	}
	if (sf->pattern != NULL)
		return dummy_pattern_gen(c, sf->pattern, sf, g);
	if (sf->format != NULL && strcmp(sf->format, "email") == 0)
		return dummy_pattern_gen(c, "[a-z]{6}@example\\.org", NULL, g);
	if (sf->format != NULL && strcmp(sf->format, "uri") == 0)
		return dummy_pattern_gen(
		    c, "https://example\\.org/[a-z]{6}", NULL, g);
	if (sf->format != NULL && strcmp(sf->format, "uuid") == 0)
		return dummy_pattern_gen(c,
		    "[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-"
		    "[89ab][0-9a-f]{3}-[0-9a-f]{12}",
		    NULL, g);
	m = sf->min_length > 0 ? (size_t)sf->min_length : 1;
	n = m > 8 ? m : 8;
	if (sf->max_length >= 0 && n > (size_t)sf->max_length)
		n = (size_t)sf->max_length;
	if (n > DUMMY_PATTERN_MAX || m > n)
		return dummy_bad(c, "cannot make a text of its length", "");
	if (n > m + 4)
		m = n - 4;
	(void)snprintf(text, sizeof text, "[A-Z]{%zu,%zu}", m, n);
	return dummy_pattern_gen(c, text, sf, g);
}

const struct dummy_gen *
dummy_plain(struct dummy_compiler *c, size_t field, int keys)
{
	const struct spec_field *sf = &c->spec->fields[field];
	struct dummy_gen *g = dummy_gen_new(c, DUMMY_EMPTY);
	const struct spec_foreign_key *fk;
	size_t column, source;
	int kind, rc;

	c->slot = sf->name;
	if (!sf->required && sf->role == SPEC_ROLE_NONE)
		g->empty = dummy_share32(0.1);
	fk = foreign(c->spec, sf->name, &column);
	if (fk != NULL && fk->resource[0] == '\0' && !sf->required)
		return g; /* to this table itself: empty */
	if (fk != NULL && fk->resource[0] != '\0') {
		source =
		    dummy_source_find(c, fk->resource, strlen(fk->resource));
		if (source != (size_t)-1 &&
		    c->r->sources[source].path != NULL) {
			if (keys && in_key(c->spec, field))
				c->r->sources[source].each = 1;
			g->form = DUMMY_COPY;
			g->from.kind = DUMMY_REF_TABLE;
			g->from.slot = source;
			g->from.column = dummy_column_add(c,
			    &c->r->sources[source],
			    fk->reference_fields.v[column]);
			return g;
		}
	}
	if (keys && in_key(c->spec, field)) {
		g->empty = 0;
		return unique_gen(c, sf, g) == -1 ? NULL : g;
	}
	if (sf->has_enum && sf->enumeration.n > 0)
		return values_gen(c, &sf->enumeration, 1, g) == -1 ? NULL : g;
	if (sf->categories.n > 0)
		return values_gen(c, &sf->categories, 1, g) == -1 ? NULL : g;
	if (sf->codelists.n > 0) {
		if ((rc = dummy_codes(c, sf, 1, g)) == -1)
			return NULL;
		if (rc == 1)
			return g;
	}
	if (sf->check != NULL && sf->type == SPEC_STRING) {
		if ((kind = check_find(sf->check)) == -1) {
			(void)dummy_bad(c, "no check ", sf->check);
			return NULL;
		}
		if (kind == CHECK_NHS_NUMBER) {
			g->form = DUMMY_NHS;
			return g;
		}
		if (kind == CHECK_SCTID || kind == CHECK_SCTID_CONCEPT) {
			g->form = DUMMY_SCTID;
			return g;
		}
		if (dummy_pattern_gen(
			c, check_pattern((enum check_kind)kind), NULL, g) == -1)
			return NULL;
		g->check = kind;
		return dummy_pool(c, g, 1000, 0.7) == -1 ? NULL : g;
	}
	return typed_gen(c, sf, g) == -1 ? NULL : g;
}
