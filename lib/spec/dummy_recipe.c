/* How each field of an artificial record is made. */
#include "spec/dummy_recipe.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/date.h"
#include "base/infile.h"
#include "base/mem.h"
#include "base/num.h"
#include "base/share.h"
#include "check/check.h"
#include "spec/codelist.h"

#define PERIOD_FROM "2024-04-01"
#define PERIOD_TO "2025-03-31"
#define NESTING 20

struct compiler {
	const struct spec *spec;
	const struct dummy_options *o;
	struct dummy_recipe *r;
	const char *path;  /* of the recipe */
	const char *slot;  /* being compiled */
	struct fault *f;
	size_t slots_cap;
	int depth;
};

static int
bad(struct compiler *c, const char *what, const char *word)
{
	return fault_at(c->f, c->path, 0, "%s%s%s%s%.120s",
	    c->slot != NULL ? "field " : "", c->slot != NULL ? c->slot : "",
	    c->slot != NULL ? ": " : "", what, word);
}

/* With 16 readable bytes beyond its end. */
static struct dummy_text
text_new(struct compiler *c, const char *s)
{
	size_t n = strlen(s);
	char *p = arena_alloc(&c->r->arena, n + 17);
	struct dummy_text t;

	memset(p, 0, n + 17);
	memcpy(p, s, n);
	t.p = p;
	t.n = (uint32_t)n;
	t.quote = strpbrk(s, ",\"\r\n") != NULL;
	return t;
}

static void *
zero(struct compiler *c, size_t n, size_t size)
{
	void *p = arena_alloc(&c->r->arena, n * size + 1);

	memset(p, 0, n * size + 1);
	return p;
}

static struct dummy_gen *
gen_new(struct compiler *c, enum dummy_form form)
{
	struct dummy_gen *g = zero(c, 1, sizeof *g);

	g->form = form;
	g->check = -1;
	g->max_length = DUMMY_PATTERN_MAX;
	g->first = UINT32_MAX;
	return g;
}

static uint32_t
share32(double p)
{
	return p >= 1 ? UINT32_MAX : (uint32_t)(p * 4294967296.0);
}

void
dummy_choice_make(struct arena *arena, struct dummy_choice *c,
    const double *weights, size_t n)
{
	uint32_t *small = mem_array(NULL, n + 1, sizeof *small);
	uint32_t *large = mem_array(NULL, n + 1, sizeof *large);
	double *p = mem_array(NULL, n + 1, sizeof *p), sum = 0;
	size_t i, ns = 0, nl = 0;

	for (i = 0; i < n; i++)
		sum += weights[i];
	c->n = (uint32_t)n;
	c->cut = arena_alloc(arena, n * sizeof *c->cut + 1);
	c->other = arena_alloc(arena, n * sizeof *c->other + 1);
	for (i = 0; i < n; i++) {
		p[i] = weights[i] * (double)n / sum;
		c->cut[i] = UINT32_MAX;
		c->other[i] = (uint32_t)i;
		if (p[i] < 1)
			small[ns++] = (uint32_t)i;
		else
			large[nl++] = (uint32_t)i;
	}
	while (ns > 0 && nl > 0) {
		uint32_t s = small[--ns], l = large[nl - 1];

		c->cut[s] = share32(p[s]);
		c->other[s] = l;
		p[l] -= 1 - p[s];
		if (p[l] < 1) {
			nl--;
			small[ns++] = l;
		}
	}
	free(small);
	free(large);
	free(p);
}

/* 1, 1/2^s, 1/3^s, ... */
static void
skewed(double *w, size_t n, double s)
{
	size_t i;

	for (i = 0; i < n; i++)
		w[i] = pow((double)(i + 1), -s);
}

/* Verhoeff's check digit (1969), dihedral group D5. */
static char
verhoeff(const char *p, size_t n)
{
	static const unsigned char times[10][10] = {
		{ 0, 1, 2, 3, 4, 5, 6, 7, 8, 9 },
		{ 1, 2, 3, 4, 0, 6, 7, 8, 9, 5 },
		{ 2, 3, 4, 0, 1, 7, 8, 9, 5, 6 },
		{ 3, 4, 0, 1, 2, 8, 9, 5, 6, 7 },
		{ 4, 0, 1, 2, 3, 9, 5, 6, 7, 8 },
		{ 5, 9, 8, 7, 6, 0, 4, 3, 2, 1 },
		{ 6, 5, 9, 8, 7, 1, 0, 4, 3, 2 },
		{ 7, 6, 5, 9, 8, 2, 1, 0, 4, 3 },
		{ 8, 7, 6, 5, 9, 3, 2, 1, 0, 4 },
		{ 9, 8, 7, 6, 5, 4, 3, 2, 1, 0 },
	};
	static const unsigned char turn[8][10] = {
		{ 0, 1, 2, 3, 4, 5, 6, 7, 8, 9 },
		{ 1, 5, 7, 6, 2, 8, 3, 0, 9, 4 },
		{ 5, 8, 0, 3, 7, 9, 6, 1, 4, 2 },
		{ 8, 9, 1, 6, 0, 4, 3, 5, 2, 7 },
		{ 9, 4, 5, 3, 1, 2, 6, 8, 7, 0 },
		{ 4, 2, 8, 6, 5, 7, 3, 9, 0, 1 },
		{ 2, 7, 9, 3, 8, 0, 6, 4, 1, 5 },
		{ 7, 0, 4, 6, 9, 1, 3, 2, 5, 8 },
	};
	static const char inverse[] = "0432156789";
	unsigned c = 0;
	size_t i;

	for (i = 0; i < n; i++)
		c = times[c][turn[(i + 1) % 8][p[n - 1 - i] - '0']];
	return inverse[c];
}

size_t
dummy_sctid(char *to, struct dummy_random *rnd)
{
	size_t n = 5 + dummy_below(rnd, 4), i;

	to[0] = (char)('1' + dummy_below(rnd, 9));
	for (i = 1; i < n; i++)
		to[i] = (char)('0' + dummy_below(rnd, 10));
	to[n] = to[n + 1] = '0';
	to[n + 2] = verhoeff(to, n + 2);
	return n + 3;
}

static size_t
source_find(struct compiler *c, const char *name, size_t n)
{
	size_t i;

	for (i = 0; i < c->r->nsources; i++)
		if (strlen(c->r->sources[i].name) == n &&
		    memcmp(c->r->sources[i].name, name, n) == 0)
			return i;
	return (size_t)-1;
}

static size_t
column_add(struct compiler *c, struct dummy_source *s, const char *name)
{
	size_t i;

	for (i = 0; i < s->ncolumns; i++)
		if (strcmp(s->columns[i].name, name) == 0)
			return i;
	s->columns = mem_array(s->columns, s->ncolumns + 1,
	    sizeof *s->columns);
	memset(&s->columns[s->ncolumns], 0, sizeof *s->columns);
	s->columns[s->ncolumns].name = arena_string(&c->r->arena, name);
	return s->ncolumns++;
}

static long
slot_find(const struct compiler *c, const char *name)
{
	size_t i;

	for (i = 0; i < c->r->nslots; i++)
		if (strcmp(c->r->slots[i].name, name) == 0)
			return (long)i;
	return -1;
}

static int
ref_read(struct compiler *c, const char *name, struct dummy_ref *to)
{
	static const char *const bounds[] = { "period_start", "period_end",
		"visit_start", "visit_end" };
	static const enum dummy_ref_kind kinds[] = { DUMMY_REF_START,
		DUMMY_REF_END, DUMMY_REF_VISIT_START, DUMMY_REF_VISIT_END };
	const char *dot = strchr(name, '.');
	size_t i;
	long slot;

	memset(to, 0, sizeof *to);
	for (i = 0; i < 4; i++)
		if (strcmp(name, bounds[i]) == 0) {
			to->kind = kinds[i];
			return 0;
		}
	if (dot != NULL) {
		i = source_find(c, name, (size_t)(dot - name));
		if (i == (size_t)-1)
			return bad(c, "no table for ", name);
		to->kind = DUMMY_REF_TABLE;
		to->slot = i;
		to->column = column_add(c, &c->r->sources[i], dot + 1);
		return 0;
	}
	if ((slot = slot_find(c, name)) == -1)
		return bad(c, "no field before this one is called ", name);
	to->kind = DUMMY_REF_SLOT;
	to->slot = (size_t)slot;
	return 0;
}

static int
strings(struct compiler *c, json_t *j, struct dummy_text **to, size_t *n)
{
	size_t i;

	if (json_is_string(j)) {
		*to = zero(c, 1, sizeof **to);
		**to = text_new(c, json_string_value(j));
		*n = 1;
		return 0;
	}
	if (!json_is_array(j) || json_array_size(j) == 0)
		return bad(c, "a list of texts is needed", "");
	*n = json_array_size(j);
	*to = zero(c, *n, sizeof **to);
	for (i = 0; i < *n; i++) {
		if (!json_is_string(json_array_get(j, i)))
			return bad(c, "a list of texts is needed", "");
		(*to)[i] = text_new(c,
		    json_string_value(json_array_get(j, i)));
	}
	return 0;
}

static int
scaled(struct compiler *c, json_t *j, unsigned scale, int64_t *to)
{
	double v = json_is_number(j) ? json_number_value(j) : NAN, t = 1;
	unsigned i;

	for (i = 0; i < scale; i++)
		t *= 10;
	if (!(fabs(v) * t < 1e15))
		return bad(c, "a number is needed", "");
	*to = (int64_t)floor(v * t + 0.5);
	return 0;
}

static int
quantiles(struct compiler *c, json_t *j, struct dummy_gen *g)
{
	size_t i;

	g->nquantiles = json_is_array(j) ? json_array_size(j) : 0;
	if (g->nquantiles < 2)
		return bad(c, "quantiles are two or more numbers", "");
	g->quantiles = zero(c, g->nquantiles, sizeof *g->quantiles);
	for (i = 0; i < g->nquantiles; i++) {
		if (scaled(c, json_array_get(j, i), g->scale,
		    &g->quantiles[i]) == -1)
			return -1;
		if (i > 0 && g->quantiles[i] < g->quantiles[i - 1])
			return bad(c, "quantiles must not fall", "");
	}
	return 0;
}

static void
uniform(struct compiler *c, struct dummy_gen *g, int64_t min, int64_t max)
{
	g->nquantiles = 2;
	g->quantiles = zero(c, 2, sizeof *g->quantiles);
	g->quantiles[0] = min;
	g->quantiles[1] = max + 1;
}

static int
weights(struct compiler *c, json_t *j, struct dummy_gen *g)
{
	size_t n = json_is_object(j) ? json_object_size(j) : 0, i = 0;
	const char *key;
	json_t *v;
	double *w;

	if (n == 0)
		return bad(c, "weights are an object of numbers", "");
	w = mem_array(NULL, n, sizeof *w);
	g->texts = zero(c, n, sizeof *g->texts);
	json_object_foreach(j, key, v) {
		if (!json_is_number(v) || !(json_number_value(v) > 0)) {
			free(w);
			return bad(c, "a weight is a number above 0: ", key);
		}
		g->texts[i] = text_new(c, key);
		w[i++] = json_number_value(v);
	}
	dummy_choice_make(&c->r->arena, &g->choice, w, n);
	free(w);
	return 0;
}

/* A pattern's texts made beforehand, the first the most frequent. */
static int
pool(struct compiler *c, struct dummy_gen *g, size_t n, double skew)
{
	struct dummy_random rnd = dummy_stream(dummy_key(c->o->seed ^
	    0x706f6f6cULL, c->r->nslots), 0, 0);
	char text[DUMMY_PATTERN_MAX + 1];
	double *w = mem_array(NULL, n, sizeof *w);
	size_t i, k, tries;

	g->texts = zero(c, n, sizeof *g->texts);
	for (i = 0; i < n; i++) {
		for (tries = 0; tries < 10000; tries++) {
			k = g->form == DUMMY_SCTID ?
			    dummy_sctid(text, &rnd) :
			    dummy_pattern_make(g->pattern, &rnd, text);
			if (k >= g->min_length && k <= g->max_length &&
			    (g->check == -1 ||
			    check_ok((enum check_kind)g->check, text, k)))
				break;
		}
		if (tries == 10000) {
			free(w);
			return bad(c, "the pattern's texts do not pass the "
			    "check or the length", "");
		}
		text[k] = '\0';
		g->texts[i] = text_new(c, text);
	}
	skewed(w, n, skew);
	dummy_choice_make(&c->r->arena, &g->choice, w, n);
	free(w);
	g->form = DUMMY_CHOICE;
	g->check = -1;
	return 0;
}

/* Codes of the field's lists; 0 when there is none but defaults. */
static int
codes(struct compiler *c, const struct spec_field *sf, double skew,
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
			all[n].text = text_new(c, code);
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
	g->texts = zero(c, n, sizeof *g->texts);
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

static int
pattern_gen(struct compiler *c, const char *pattern,
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
	return g->pattern == NULL ? bad(c, "", why.what) : 0;
}

static enum dummy_time
time_of(const struct spec_field *sf)
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

static const char *
date_format_of(const struct spec_field *sf)
{
	return sf != NULL && sf->format != NULL &&
	    strchr(sf->format, '%') != NULL ? sf->format : NULL;
}

/* A key of its own for each record. */
static int
unique_gen(struct compiler *c, const struct spec_field *sf,
    struct dummy_gen *g)
{
	size_t width;

	if (sf->check != NULL && strcmp(sf->check, "nhs_number") == 0) {
		g->form = DUMMY_NHS;
		if (c->r->records > 50000000)
			return bad(c, "only 50 million artificial NHS numbers "
			    "are different", "");
		return 0;
	}
	if (sf->type == SPEC_INTEGER || sf->type == SPEC_NUMBER) {
		int64_t min = 1;

		if (sf->minimum != NULL)
			(void)num_i64(sf->minimum, strlen(sf->minimum), &min);
		g->form = DUMMY_NUMBER;
		g->base = min - 1;
		return 0;
	}
	if (sf->type != SPEC_STRING && sf->type != SPEC_ANY)
		return bad(c, "cannot make a unique value of this type", "");
	if (sf->pattern != NULL && sf->check == NULL) {
		if (pattern_gen(c, sf->pattern, sf, g) == -1)
			return -1;
		g->form = DUMMY_UNIQUE;
		if (dummy_pattern_count(g->pattern) < c->r->records)
			return bad(c, "its pattern has fewer different texts "
			    "than there are records", "");
		return 0;
	}
	if (sf->check != NULL)
		return bad(c, "cannot make unique values that pass the "
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

static int
constant(struct compiler *c, struct dummy_gen *g, const char *text)
{
	g->form = DUMMY_TEXT;
	g->texts = zero(c, 1, sizeof *g->texts);
	g->texts[0] = text_new(c, text);
	return 0;
}

static int
number_gen(struct compiler *c, const struct spec_field *sf,
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
		return bad(c, "no number lies in its bounds", "");
	uniform(c, g, (int64_t)min, (int64_t)max);
	return 0;
}

static int
date_gen(struct compiler *c, const struct spec_field *sf,
    struct dummy_gen *g)
{
	int32_t low = c->r->from, high = c->r->to, d;
	const char *min = sf->minimum, *max = sf->maximum;

	if (sf->role == SPEC_ROLE_BIRTH_DATE)
		low -= 95 * 365;
	if (sf->type == SPEC_DATE && min != NULL &&
	    date_parse(min, strlen(min), &d) == 0 &&
	    (d > low || high < d)) {
		low = d;
		if (high < low)
			high = low + 365;
	}
	if (sf->type == SPEC_DATE && max != NULL &&
	    date_parse(max, strlen(max), &d) == 0 && d < high) {
		high = d;
		if (low > high)
			low = high - 365;
	}
	g->form = DUMMY_DATE;
	g->from.kind = DUMMY_REF_START;
	g->time = time_of(sf);
	g->format = date_format_of(sf);
	uniform(c, g, low - c->r->from, high - c->r->from);
	if (g->time == DUMMY_MOMENT || g->time == DUMMY_CLOCK) {
		g->quantiles[0] *= 1440;
		g->quantiles[1] *= 1440;
	}
	return 0;
}

static int
values_gen(struct compiler *c, const struct spec_strings *v, double skew,
    struct dummy_gen *g)
{
	double *w = mem_array(NULL, v->n, sizeof *w);
	size_t i;

	g->form = DUMMY_CHOICE;
	g->texts = zero(c, v->n, sizeof *g->texts);
	for (i = 0; i < v->n; i++)
		g->texts[i] = text_new(c, v->v[i]);
	skewed(w, v->n, skew);
	dummy_choice_make(&c->r->arena, &g->choice, w, v->n);
	free(w);
	return 0;
}

static int
typed_gen(struct compiler *c, const struct spec_field *sf,
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
			return pattern_gen(c, sf->pattern, sf, g);
		return number_gen(c, sf, g);
	case SPEC_DATE:
	case SPEC_DATETIME:
	case SPEC_TIME:
	case SPEC_YEAR:
	case SPEC_YEARMONTH:
		return date_gen(c, sf, g);
	case SPEC_DURATION:
		return constant(c, g, "P1D");
	case SPEC_OBJECT:
		return constant(c, g, "{}");
	case SPEC_ARRAY:
		return constant(c, g, "[]");
	case SPEC_LIST:
		return constant(c, g, "1");
	case SPEC_GEOPOINT:
		return constant(c, g, sf->format != NULL &&
		    strcmp(sf->format, "array") == 0 ? "[-1.5, 52.5]" :
		    sf->format != NULL && strcmp(sf->format, "object") == 0 ?
		    "{\"lon\": -1.5, \"lat\": 52.5}" : "-1.5,52.5");
	case SPEC_GEOJSON:
		return constant(c, g,
		    "{\"type\": \"Point\", \"coordinates\": [-1.5, 52.5]}");
	default:
		break;
	}
	if (sf->pattern != NULL)
		return pattern_gen(c, sf->pattern, sf, g);
	if (sf->format != NULL && strcmp(sf->format, "email") == 0)
		return pattern_gen(c, "[a-z]{6}@example\\.org", NULL, g);
	if (sf->format != NULL && strcmp(sf->format, "uri") == 0)
		return pattern_gen(c, "https://example\\.org/[a-z]{6}", NULL,
		    g);
	if (sf->format != NULL && strcmp(sf->format, "uuid") == 0)
		return pattern_gen(c, "[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-"
		    "[89ab][0-9a-f]{3}-[0-9a-f]{12}", NULL, g);
	m = sf->min_length > 0 ? (size_t)sf->min_length : 1;
	n = m > 8 ? m : 8;
	if (sf->max_length >= 0 && n > (size_t)sf->max_length)
		n = (size_t)sf->max_length;
	if (n > DUMMY_PATTERN_MAX || m > n)
		return bad(c, "cannot make a text of its length", "");
	if (n > m + 4)
		m = n - 4;
	(void)snprintf(text, sizeof text, "[A-Z]{%zu,%zu}", m, n);
	return pattern_gen(c, text, sf, g);
}

/* A field from the specification alone; keys: it may have to be unique. */
static const struct dummy_gen *
plain(struct compiler *c, size_t field, int keys)
{
	const struct spec_field *sf = &c->spec->fields[field];
	struct dummy_gen *g = gen_new(c, DUMMY_EMPTY);
	const struct spec_foreign_key *fk;
	size_t column, source;
	int kind, rc;

	c->slot = sf->name;
	if (!sf->required && sf->role == SPEC_ROLE_NONE)
		g->empty = share32(0.1);
	fk = foreign(c->spec, sf->name, &column);
	if (fk != NULL && fk->resource[0] == '\0' && !sf->required)
		return g; /* to this table itself: empty */
	if (fk != NULL && fk->resource[0] != '\0') {
		source = source_find(c, fk->resource, strlen(fk->resource));
		if (source != (size_t)-1 &&
		    c->r->sources[source].path != NULL) {
			if (keys && in_key(c->spec, field))
				c->r->sources[source].each = 1;
			g->form = DUMMY_COPY;
			g->from.kind = DUMMY_REF_TABLE;
			g->from.slot = source;
			g->from.column = column_add(c,
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
		if ((rc = codes(c, sf, 1, g)) == -1)
			return NULL;
		if (rc == 1)
			return g;
	}
	if (sf->check != NULL && sf->type == SPEC_STRING) {
		if ((kind = check_find(sf->check)) == -1) {
			(void)bad(c, "no check ", sf->check);
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
		if (pattern_gen(c, check_pattern((enum check_kind)kind), NULL,
		    g) == -1)
			return NULL;
		g->check = kind;
		return pool(c, g, 1000, 0.7) == -1 ? NULL : g;
	}
	return typed_gen(c, sf, g) == -1 ? NULL : g;
}

static const struct dummy_gen *read_gen(struct compiler *, json_t *,
    const struct spec_field *);

static int
read_conditions(struct compiler *c, json_t *j, struct dummy_case *to)
{
	const char *key, *word;
	json_t *v;

	to->n = 0;
	to->conditions = zero(c, json_object_size(j), sizeof *to->conditions);
	json_object_foreach(j, key, v) {
		struct dummy_condition *d = &to->conditions[to->n++];

		if (ref_read(c, key, &d->left) == -1)
			return -1;
		if (!json_is_object(v)) {
			if (strings(c, v, &d->texts, &d->ntexts) == -1)
				return -1;
			continue;
		}
		if (json_object_size(v) != 1)
			return bad(c, "a condition is a list or one of is, "
			    "after, before: ", key);
		word = json_object_iter_key(json_object_iter(v));
		d->test = strcmp(word, "is") == 0 ? DUMMY_SAME :
		    strcmp(word, "after") == 0 ? DUMMY_AFTER :
		    strcmp(word, "before") == 0 ? DUMMY_BEFORE : DUMMY_IN;
		v = json_object_iter_value(json_object_iter(v));
		if (d->test == DUMMY_IN || !json_is_string(v))
			return bad(c, "a condition is a list or one of is, "
			    "after, before: ", key);
		if (ref_read(c, json_string_value(v), &d->right) == -1)
			return -1;
	}
	return 0;
}

static int
read_cases(struct compiler *c, json_t *j, const struct spec_field *sf,
    struct dummy_gen *g)
{
	size_t i, n = json_is_array(j) ? json_array_size(j) : 0;

	if (n == 0)
		return bad(c, "cases are a list", "");
	g->cases = zero(c, n, sizeof *g->cases);
	g->ncases = n;
	for (i = 0; i < n; i++) {
		json_t *one = json_array_get(j, i);
		json_t *cond = json_object_get(one, "if");

		if (cond != NULL && (!json_is_object(cond) ||
		    read_conditions(c, cond, &g->cases[i]) == -1))
			return bad(c, "a condition is an object", "");
		if (cond != NULL)
			(void)json_object_del(one, "if");
		if ((g->cases[i].gen = read_gen(c, one, sf)) == NULL)
			return -1;
	}
	return 0;
}

static int
read_refs(struct compiler *c, json_t *j, struct dummy_ref **to, size_t *n)
{
	size_t i;

	if (j == NULL)
		return 0;
	*n = json_is_array(j) ? json_array_size(j) : 1;
	*to = zero(c, *n, sizeof **to);
	for (i = 0; i < *n; i++) {
		json_t *v = json_is_array(j) ? json_array_get(j, i) : j;

		if (!json_is_string(v))
			return bad(c, "the name of a field is needed", "");
		if (ref_read(c, json_string_value(v), &(*to)[i]) == -1)
			return -1;
	}
	return 0;
}

static int
read_date(struct compiler *c, json_t *j, const struct spec_field *sf,
    struct dummy_gen *g)
{
	const char *base = json_string_value(json_object_get(j, "date"));
	const char *as = json_string_value(json_object_get(j, "as"));
	json_t *plus = json_object_get(j, "plus");

	if (base == NULL)
		return bad(c, "date is period or the name of a field", "");
	g->time = as == NULL ? time_of(sf) :
	    strcmp(as, "datetime") == 0 ? DUMMY_MOMENT : DUMMY_DAY;
	g->format = date_format_of(sf);
	if (strcmp(base, "period") == 0) {
		if (plus != NULL)
			return bad(c, "period takes no plus", "");
		/* How long a visit's part is, only the tables tell. */
		g->from.kind = DUMMY_REF_VISIT_START;
		return read_refs(c, json_object_get(j, "not_before"),
		    &g->not_before, &g->nnot_before) == -1 || read_refs(c,
		    json_object_get(j, "until"), &g->until, &g->nuntil) == -1
		    ? -1 : 0;
	} else if (ref_read(c, base, &g->from) == -1) {
		return -1;
	}
	if (plus != NULL && quantiles(c, plus, g) == -1)
		return -1;
	return read_refs(c, json_object_get(j, "not_before"), &g->not_before,
	    &g->nnot_before) == -1 || read_refs(c, json_object_get(j,
	    "until"), &g->until, &g->nuntil) == -1 ? -1 : 0;
}

static int
read_join(struct compiler *c, json_t *j, struct dummy_gen *g)
{
	size_t i;

	g->nparts = json_is_array(j) ? json_array_size(j) : 0;
	if (g->nparts == 0 || g->nparts > 8)
		return bad(c, "join is a list of one to eight parts", "");
	g->parts = zero(c, g->nparts, sizeof *g->parts);
	for (i = 0; i < g->nparts; i++) {
		json_t *p = json_array_get(j, i);

		if (json_is_string(p)) {
			struct dummy_gen *t = gen_new(c, DUMMY_TEXT);

			(void)constant(c, t, json_string_value(p));
			g->parts[i] = t;
		} else if ((g->parts[i] = read_gen(c, p, NULL)) == NULL) {
			return -1;
		}
	}
	return 0;
}

static int
read_number(struct compiler *c, json_t *j, struct dummy_gen *g)
{
	const char *of = json_string_value(json_object_get(j, "number"));
	size_t source;

	if (of == NULL)
		return bad(c, "number is record, group, position or a table",
		    "");
	if (strcmp(of, "record") == 0)
		g->number = DUMMY_RECORD;
	else if (strcmp(of, "group") == 0)
		g->number = DUMMY_GROUP;
	else if (strcmp(of, "position") == 0)
		g->number = DUMMY_POSITION;
	else if ((source = source_find(c, of, strlen(of))) != (size_t)-1) {
		g->number = DUMMY_ROW;
		g->table = source;
	} else
		return bad(c, "number is record, group, position or a table",
		    "");
	g->width = (unsigned)json_integer_value(json_object_get(j, "width"));
	g->base = json_integer_value(json_object_get(j, "base"));
	return g->width > 20 ? bad(c, "width is at most 20", "") : 0;
}

static int
read_sum(struct compiler *c, json_t *j, struct dummy_gen *g)
{
	json_t *list = json_object_get(j, "sum"), *map, *v;
	json_t *base = json_object_get(j, "base");
	const char *key;
	size_t i, k;

	g->nmaps = json_is_array(list) ? json_array_size(list) : 0;
	if (g->nmaps == 0)
		return bad(c, "sum is a list", "");
	if (base != NULL && scaled(c, base, g->scale, &g->base) == -1)
		return -1;
	g->maps = zero(c, g->nmaps, sizeof *g->maps);
	for (i = 0; i < g->nmaps; i++) {
		struct dummy_map *m = &g->maps[i];
		const char *of = json_string_value(json_object_get(
		    json_array_get(list, i), "field"));

		map = json_object_get(json_array_get(list, i), "map");
		if (of == NULL || !json_is_object(map))
			return bad(c, "a term of a sum has field and map", "");
		if (ref_read(c, of, &m->of) == -1)
			return -1;
		m->n = json_object_size(map);
		m->texts = zero(c, m->n, sizeof *m->texts);
		m->values = zero(c, m->n, sizeof *m->values);
		k = 0;
		json_object_foreach(map, key, v) {
			m->texts[k] = text_new(c, key);
			if (scaled(c, v, g->scale, &m->values[k++]) == -1)
				return -1;
		}
	}
	return 0;
}

static int
read_pool(struct compiler *c, json_t *j, struct dummy_gen *g)
{
	json_t *n = json_object_get(j, "pool");
	json_t *skew = json_object_get(j, "skew");
	json_int_t size = json_integer_value(n);

	if (n == NULL)
		return 0;
	if (size < 1 || size > 1000000)
		return bad(c, "pool is a number from 1 to 1000000", "");
	return pool(c, g, (size_t)size, skew != NULL ?
	    json_number_value(skew) : 0);
}

static int
read_pattern(struct compiler *c, json_t *j, const struct spec_field *sf,
    struct dummy_gen *g)
{
	const char *text = json_string_value(json_object_get(j, "pattern"));

	if (text == NULL)
		return bad(c, "pattern is a text", "");
	if (pattern_gen(c, text, NULL, g) == -1)
		return -1;
	if (sf != NULL && sf->check != NULL && sf->type == SPEC_STRING)
		g->check = check_find(sf->check);
	return read_pool(c, j, g);
}

static int
read_unique(struct compiler *c, json_t *j, struct dummy_gen *g)
{
	const char *text = json_string_value(json_object_get(j, "unique"));

	if (text == NULL)
		return bad(c, "unique is a pattern", "");
	if (pattern_gen(c, text, NULL, g) == -1)
		return -1;
	g->form = DUMMY_UNIQUE;
	return dummy_pattern_count(g->pattern) < c->r->records ?
	    bad(c, "its pattern has fewer different texts than there are "
	    "records", "") : 0;
}

static int
read_copy(struct compiler *c, json_t *j, struct dummy_gen *g)
{
	const char *of = json_string_value(json_object_get(j, "copy"));
	json_int_t first = json_integer_value(json_object_get(j, "first"));
	json_int_t at = json_integer_value(json_object_get(j, "at"));

	if (of == NULL)
		return bad(c, "copy is the name of a field", "");
	g->first = first > 0 ? (uint32_t)first : UINT32_MAX;
	g->at = at > 0 ? (uint32_t)at : 0;
	return ref_read(c, of, &g->from);
}

static int
read_form(struct compiler *c, json_t *j, const char *form,
    const struct spec_field *sf, struct dummy_gen *g)
{
	json_t *v = json_object_get(j, form);
	json_t *scale = json_object_get(j, "scale");
	json_t *skew = json_object_get(j, "skew");

	g->scale = scale != NULL ? (unsigned)json_integer_value(scale) :
	    sf != NULL && sf->type == SPEC_NUMBER ?
	    (unsigned)(sf->scale >= 0 ? sf->scale : 2) : 0;
	if (g->scale > 9)
		return bad(c, "scale is at most 9", "");
	if (strcmp(form, "value") == 0) {
		if (!json_is_string(v))
			return bad(c, "value is a text", "");
		return constant(c, g, json_string_value(v));
	}
	if (strcmp(form, "weights") == 0) {
		g->form = DUMMY_CHOICE;
		return weights(c, v, g);
	}
	if (strcmp(form, "pattern") == 0)
		return read_pattern(c, j, sf, g);
	if (strcmp(form, "unique") == 0)
		return read_unique(c, j, g);
	if (strcmp(form, "codes") == 0) {
		if (sf == NULL || sf->codelists.n == 0)
			return bad(c, "the field has no code list", "");
		if (codes(c, sf, skew != NULL ? json_number_value(skew) : 1,
		    g) != 1)
			return bad(c, "its code lists have no codes", "");
		return 0;
	}
	if (strcmp(form, "quantiles") == 0) {
		g->form = DUMMY_QUANTILES;
		return quantiles(c, v, g);
	}
	if (strcmp(form, "number") == 0) {
		g->form = DUMMY_NUMBER;
		return read_number(c, j, g);
	}
	if (strcmp(form, "join") == 0) {
		g->form = DUMMY_JOIN;
		return read_join(c, v, g);
	}
	if (strcmp(form, "copy") == 0) {
		g->form = DUMMY_COPY;
		return read_copy(c, j, g);
	}
	if (strcmp(form, "date") == 0) {
		g->form = DUMMY_DATE;
		g->scale = 0;
		return read_date(c, j, sf, g);
	}
	if (strcmp(form, "cases") == 0) {
		g->form = DUMMY_CASES;
		return read_cases(c, v, sf, g);
	}
	if (strcmp(form, "sum") == 0) {
		g->form = DUMMY_SUM;
		return read_sum(c, j, g);
	}
	if (strcmp(form, "check") == 0) {
		const char *name = json_string_value(v);

		if (name != NULL && strcmp(name, "nhs_number") == 0)
			g->form = DUMMY_NHS;
		else if (name != NULL && strcmp(name, "sctid") == 0)
			g->form = DUMMY_SCTID;
		else
			return bad(c, "check is nhs_number or sctid", "");
		return g->form == DUMMY_SCTID ? read_pool(c, j, g) : 0;
	}
	if (strcmp(form, "previous") == 0) {
		if (!json_is_string(v))
			return bad(c, "previous is the name of a field", "");
		g->form = DUMMY_PREVIOUS;
		/* May name a later field: found when all are known. */
		g->format = arena_string(&c->r->arena, json_string_value(v));
		g->otherwise = read_gen(c, json_object_get(j, "else"), sf);
		return g->otherwise == NULL ? -1 : 0;
	}
	return bad(c, "no way to make a field is called ", form);
}

/* One of the forms; see nib-dummy(1), RECIPES. */
static const struct dummy_gen *
read_gen(struct compiler *c, json_t *j, const struct spec_field *sf)
{
	static const char *const forms[] = { "value", "weights", "pattern",
		"codes", "quantiles", "number", "join", "copy", "date",
		"cases", "sum", "check", "previous", "table", "unique",
		NULL };
	static const char *const more[] = { "name", "per", "empty", "about",
		"pool", "skew", "scale", "width", "base", "first", "at",
		"as", "plus", "not_before", "until", "else", NULL };
	struct dummy_gen *g;
	const char *key, *form = NULL;
	json_t *v, *empty;
	size_t i;

	if (!json_is_object(j)) {
		(void)bad(c, "an object that says how it is made is needed",
		    "");
		return NULL;
	}
	if (++c->depth > NESTING) {
		(void)bad(c, "nested too deeply", "");
		return NULL;
	}
	json_object_foreach(j, key, v) {
		for (i = 0; forms[i] != NULL; i++)
			if (strcmp(key, forms[i]) == 0)
				break;
		if (forms[i] != NULL && form != NULL) {
			(void)bad(c, "two ways to make it: ", key);
			return NULL;
		}
		if (forms[i] != NULL) {
			form = forms[i];
			continue;
		}
		for (i = 0; more[i] != NULL; i++)
			if (strcmp(key, more[i]) == 0)
				break;
		if (more[i] == NULL) {
			(void)bad(c, "no such word: ", key);
			return NULL;
		}
	}
	if (form == NULL) {
		if (json_is_number(json_object_get(j, "empty")) && json_number_value(
		    json_object_get(j, "empty")) >= 1) {
			c->depth--;
			return gen_new(c, DUMMY_EMPTY);
		}
		(void)bad(c, "nothing says how it is made", "");
		return NULL;
	}
	if (strcmp(form, "table") == 0) {
		struct dummy_ref ref;

		v = json_object_get(j, "table");
		if (!json_is_string(v) ||
		    ref_read(c, json_string_value(v), &ref) == -1 ||
		    ref.kind != DUMMY_REF_TABLE) {
			(void)bad(c, "table is TABLE.COLUMN", "");
			return NULL;
		}
		if (c->r->sources[ref.slot].path == NULL) {
			const struct dummy_gen *other;

			other = read_gen(c, json_object_get(j, "else"), sf);
			c->depth--;
			return other;
		}
		g = gen_new(c, DUMMY_COPY);
		g->first = UINT32_MAX;
		g->from = ref;
	} else {
		g = gen_new(c, DUMMY_EMPTY);
		if (read_form(c, j, form, sf, g) == -1)
			return NULL;
	}
	empty = json_object_get(j, "empty");
	if (empty != NULL)
		g->empty = share32(json_number_value(empty));
	c->depth--;
	return g;
}

static struct dummy_slot *
slot_add(struct compiler *c, const char *name)
{
	struct dummy_slot *s;

	if (c->r->nslots == c->slots_cap) {
		c->slots_cap = c->slots_cap * 2 + 64;
		c->r->slots = mem_array(c->r->slots, c->slots_cap,
		    sizeof *c->r->slots);
	}
	s = &c->r->slots[c->r->nslots++];
	memset(s, 0, sizeof *s);
	s->name = arena_string(&c->r->arena, name);
	s->field = -1;
	return s;
}

static int
read_field(struct compiler *c, json_t *j)
{
	const char *name = json_string_value(json_object_get(j, "name"));
	const char *per = json_string_value(json_object_get(j, "per"));
	const struct spec_field *sf = NULL;
	const struct dummy_gen *g;
	struct dummy_slot *s;
	long field;

	c->slot = NULL;
	if (name == NULL)
		return bad(c, "each of its fields needs a name", "");
	c->slot = name;
	if (slot_find(c, name) != -1)
		return bad(c, "twice in the recipe", "");
	field = spec_field_index(c->spec, name);
	if (field == -1 && name[0] != '_')
		return bad(c, "not in the specification (a helper's name "
		    "begins with _)", "");
	if (field != -1)
		sf = &c->spec->fields[field];
	if (per != NULL && strcmp(per, "group") != 0 &&
	    source_find(c, per, strlen(per)) == (size_t)-1)
		return bad(c, "per is group or a table, not ", per);
	if ((g = read_gen(c, j, sf)) == NULL)
		return -1;
	s = slot_add(c, name);
	s->field = field;
	s->gen = g;
	if (per != NULL && strcmp(per, "group") == 0) {
		s->per = DUMMY_PER_GROUP;
		s->once = 1;
	} else if (per != NULL) {
		s->per = DUMMY_PER_ROW;
		s->source = source_find(c, per, strlen(per));
		/* Which row is one for the group: no need to do it again. */
		if (!c->r->sources[s->source].per_record)
			s->once = 1;
	}
	return 0;
}

static int
read_group(struct compiler *c, json_t *j)
{
	json_t *sizes = json_object_get(j, "sizes");
	size_t i, n = json_is_array(sizes) ? json_array_size(sizes) : 0;
	double w[DUMMY_GROUP_MAX];

	if (n == 0 || n > DUMMY_GROUP_MAX)
		return bad(c, "group needs sizes, up to 64 weights", "");
	for (i = 0; i < n; i++) {
		w[i] = json_number_value(json_array_get(sizes, i));
		if (!(w[i] >= 0))
			return bad(c, "a weight is a number", "");
	}
	c->r->has_group = 1;
	c->r->group_max = n;
	dummy_choice_make(&c->r->arena, &c->r->group, w, n);
	return 0;
}

static struct dummy_source *
source_add(struct compiler *c, const char *name)
{
	struct dummy_source *s;
	size_t i;

	i = source_find(c, name, strlen(name));
	if (i != (size_t)-1)
		return &c->r->sources[i];
	c->r->sources = mem_array(c->r->sources, c->r->nsources + 1,
	    sizeof *c->r->sources);
	s = &c->r->sources[c->r->nsources++];
	memset(s, 0, sizeof *s);
	s->name = arena_string(&c->r->arena, name);
	s->share = 0.5;
	for (i = 0; i < c->o->ntables; i++)
		if (strcmp(c->o->tables[i].name, name) == 0)
			s->path = c->o->tables[i].path;
	return s;
}

static int
read_tables(struct compiler *c, json_t *j)
{
	const char *name, *per;
	json_t *v, *share;

	json_object_foreach(j, name, v) {
		struct dummy_source *s = source_add(c, name);

		per = json_string_value(json_object_get(v, "per"));
		s->per_record = per != NULL && strcmp(per, "record") == 0;
		s->each = json_is_true(json_object_get(v, "each"));
		s->want_slots = json_is_true(json_object_get(v, "visits"));
		if (json_is_string(json_object_get(v, "only"))) {
			s->only = arena_string(&c->r->arena,
			    json_string_value(json_object_get(v, "only")));
			(void)column_add(c, s, s->only);
		}
		share = json_object_get(v, "share");
		if (share != NULL)
			s->share = json_number_value(share);
		if (!(s->share > 0) || s->share > 1e6)
			return bad(c, "share is a number above 0", "");
	}
	return 0;
}

static int
read_period(struct compiler *c, json_t *j)
{
	const char *from = json_string_value(json_array_get(j, 0));
	const char *to = json_string_value(json_array_get(j, 1));

	if (c->o->from != NULL)
		from = c->o->from;
	if (c->o->to != NULL)
		to = c->o->to;
	if (from == NULL)
		from = PERIOD_FROM;
	if (to == NULL)
		to = PERIOD_TO;
	if (date_parse(from, strlen(from), &c->r->from) == -1 ||
	    date_parse(to, strlen(to), &c->r->to) == -1 ||
	    c->r->to < c->r->from)
		return fault_set(c->f, "the period needs two dates "
		    "(YYYY-MM-DD), the first not after the second");
	return 0;
}

static int
read_recipe(struct compiler *c, json_t *j)
{
	static const char *const words[] = { "about", "period", "group",
		"tables", "fields", NULL };
	const char *key;
	json_t *v, *fields = json_object_get(j, "fields");
	size_t i;

	if (!json_is_object(j) || !json_is_array(fields))
		return bad(c, "a recipe is an object with a list of fields",
		    "");
	json_object_foreach(j, key, v) {
		for (i = 0; words[i] != NULL; i++)
			if (strcmp(key, words[i]) == 0)
				break;
		if (words[i] == NULL)
			return bad(c, "no such word: ", key);
	}
	if ((v = json_object_get(j, "group")) != NULL &&
	    read_group(c, v) == -1)
		return -1;
	if ((v = json_object_get(j, "tables")) != NULL &&
	    read_tables(c, v) == -1)
		return -1;
	for (i = 0; i < json_array_size(fields); i++)
		if (read_field(c, json_array_get(fields, i)) == -1)
			return -1;
	return 0;
}

/* previous may name a field that comes later. */
static int
resolve(struct compiler *c, const struct dummy_gen *cg)
{
	/* The arena's gens are ours to finish. */
	struct dummy_gen *g = (struct dummy_gen *)(uintptr_t)cg;
	size_t i;
	long slot;

	if (g == NULL)
		return 0;
	if (g->form == DUMMY_PREVIOUS && g->format != NULL) {
		if ((slot = slot_find(c, g->format)) == -1)
			return bad(c, "no field is called ", g->format);
		g->from.kind = DUMMY_REF_SLOT;
		g->from.slot = (size_t)slot;
		g->format = NULL;
	}
	for (i = 0; i < g->nparts; i++)
		if (resolve(c, g->parts[i]) == -1)
			return -1;
	for (i = 0; i < g->ncases; i++)
		if (resolve(c, g->cases[i].gen) == -1)
			return -1;
	return resolve(c, g->otherwise);
}

static int
open_recipe(struct compiler *c, char **path, json_t **j)
{
	json_error_t e;
	struct fault none = FAULT_NONE;
	char *text;
	size_t n;

	*path = NULL;
	*j = NULL;
	if (c->o->no_recipe)
		return 0;
	if (c->o->recipe != NULL) {
		*path = share_find("dummy", c->o->recipe, ".json", c->f);
		if (*path == NULL)
			return -1;
	} else {
		*path = c->spec->name != NULL ?
		    share_find("dummy", c->spec->name, ".json", &none) : NULL;
		if (*path == NULL)
			return 0;
	}
	if (infile_whole(*path, (size_t)1 << 24, &text, &n, c->f) == -1)
		return -1;
	*j = json_loadb(text, n, JSON_REJECT_DUPLICATES, &e);
	free(text);
	if (*j == NULL)
		return fault_at(c->f, *path, (uint64_t)e.line,
		    "not JSON: %.120s", e.text);
	return 0;
}

struct dummy_recipe *
dummy_recipe_new(const struct spec *spec, const struct dummy_options *o,
    struct fault *f)
{
	static const char *const builtin[] = { "@first", "@last",
		"@position" };
	struct dummy_recipe *r = mem_zero(1, sizeof *r);
	struct compiler c = { spec, o, r, NULL, NULL, f, 0, 0 };
	json_t *j = NULL;
	char *path = NULL;
	size_t i;

	r->records = o->records;
	r->group_max = 1;
	for (i = 0; i < 3; i++)
		slot_add(&c, builtin[i])->gen = gen_new(&c, DUMMY_EMPTY);
	if (open_recipe(&c, &path, &j) == -1)
		goto fail;
	c.path = path != NULL ? path : spec->path;
	if (read_period(&c, json_object_get(j, "period")) == -1)
		goto fail;
	if (j != NULL && read_recipe(&c, j) == -1)
		goto fail;
	for (i = 0; i < spec->nforeign; i++)
		if (spec->foreign_keys[i].resource[0] != '\0' &&
		    source_find(&c, spec->foreign_keys[i].resource,
		    strlen(spec->foreign_keys[i].resource)) == (size_t)-1)
			source_add(&c, spec->foreign_keys[i].resource)
			    ->per_record = 1;
	c.slot = NULL;
	for (i = 0; i < o->ntables; i++)
		if (source_find(&c, o->tables[i].name,
		    strlen(o->tables[i].name)) == (size_t)-1) {
			(void)fault_set(f, "%s does not refer to a table %s",
			    spec->name, o->tables[i].name);
			goto fail;
		}
	c.path = spec->path;
	for (i = 0; i < spec->nfields; i++) {
		const struct dummy_gen *g;
		struct dummy_slot *s;

		if (slot_find(&c, spec->fields[i].name) != -1)
			continue;
		if ((g = plain(&c, i, 1)) == NULL)
			goto fail;
		s = slot_add(&c, spec->fields[i].name);
		s->field = (long)i;
		s->gen = g;
	}
	c.path = path != NULL ? path : spec->path;
	for (i = 0; i < r->nslots; i++) {
		c.slot = r->slots[i].name;
		if (resolve(&c, r->slots[i].gen) == -1)
			goto fail;
	}
	json_decref(j);
	free(path);
	return r;
fail:
	json_decref(j);
	free(path);
	dummy_recipe_free(r);
	return NULL;
}

const struct dummy_gen *
dummy_recipe_plain(struct dummy_recipe *r, const struct spec *spec,
    size_t field, struct fault *f)
{
	struct dummy_options o = { 0 };
	struct compiler c = { spec, &o, r, spec->path, NULL, f, 0, 0 };

	return plain(&c, field, 0);
}

void
dummy_recipe_free(struct dummy_recipe *r)
{
	size_t i, k;

	if (r == NULL)
		return;
	for (i = 0; i < r->nsources; i++) {
		for (k = 0; k < r->sources[i].ncolumns; k++) {
			buf_free(&r->sources[i].columns[k].text);
			free(r->sources[i].columns[k].at);
		}
		free(r->sources[i].columns);
	}
	free(r->sources);
	free(r->slots);
	arena_free(&r->arena);
	free(r);
}
