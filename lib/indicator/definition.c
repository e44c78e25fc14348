#include "definition.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/date.h"
#include "base/mem.h"
#include "base/nearest.h"
#include "base/share.h"
#include "indicator/casemix.h"
#include "spec/doc.h"

struct definition_memory {
	struct arena arena;
	struct doc *doc;
};

static const struct {
	const char *code, *text;
	double multiplier;
	int denominator; /* must have one */
} methods[] = {
	[DEFINITION_COUNT] = { "count", "number of events", 1, 0 },
	[DEFINITION_RATIO] = { "ratio", "ratio of two totals", 1, 1 },
	[DEFINITION_PROPORTION] = { "proportion",
	    "proportion, Wilson score limits", 100, 1 },
	[DEFINITION_CRUDE_RATE] = { "crude_rate",
	    "crude rate, exact Poisson limits below 10 events, Byar's from "
	    "there on", 100000, 1 },
	[DEFINITION_MEAN] = { "mean", "mean, Student's t limits", 1, 0 },
	[DEFINITION_DSR] = { "dsr",
	    "directly age-standardised rate, limits of Dobson et al.", 100000,
	    1 },
	[DEFINITION_ISR_RATIO] = { "isr_ratio",
	    "indirectly standardised ratio: observed over expected at the "
	    "reference's rates", 100, 1 },
	[DEFINITION_ISR_RATE] = { "isr_rate",
	    "indirectly standardised rate", 100000, 1 },
	[DEFINITION_SMR] = { "smr", "ratio of observed to expected events",
	    100, 1 },
	[DEFINITION_LIFE] = { "life_expectancy",
	    "life expectancy at birth: Chiang's abridged life table, "
	    "Silcocks' variance", 1, 1 },
	[DEFINITION_SII] = { "sii",
	    "slope index of inequality in life expectancy at birth", 1, 1 },
	[DEFINITION_COMPOSITE] = { "composite",
	    "weighted mean of its components' scores", 1, 0 },
};

static const char *const scale_texts[] = {
	[COMPOSITE_Z_SCORE] = "z-scores over the areas",
	[COMPOSITE_RANK] = "ranks over the areas, from 0 to 1",
	[COMPOSITE_EXPONENTIAL] = "exponential scores of ranks, from 0 to 100",
	[COMPOSITE_MIN_MAX] = "places between the lowest and the highest area",
	[COMPOSITE_RELATIVE] = "ratios to the value of all areas together",
};

static const char *const mean_texts[] = {
	[COMPOSITE_ARITHMETIC] = "arithmetic",
	[COMPOSITE_GEOMETRIC] = "geometric",
};

static const char *const key_names[] = {
	[DEFINITION_AREA] = "area", [DEFINITION_PERIOD] = "period",
	[DEFINITION_SEX] = "sex", [DEFINITION_BAND] = "age_band",
	[DEFINITION_CATEGORY] = "category",
};

const char *
definition_method_code(enum definition_method m)
{
	return methods[m].code;
}

const char *
definition_method_text(enum definition_method m)
{
	return methods[m].text;
}

const char *
definition_scale_text(enum composite_scale s)
{
	return scale_texts[s];
}

const char *
definition_mean_text(enum composite_mean m)
{
	return mean_texts[m];
}

const char *
definition_key_name(enum definition_key k)
{
	return key_names[k];
}

const char *
definition_polarity_code(enum compare_polarity p)
{
	return p == COMPARE_HIGH_IS_GOOD ? "high" :
	    p == COMPARE_LOW_IS_GOOD ? "low" : "neutral";
}

/* The string member of a name; *to stays NULL when it may be absent. */
static int
text(struct definition *d, const struct doc_at *at, const char *name,
    int needed, const char **to, struct fault *f)
{
	struct doc_at v;

	if (!doc_member(at, name, &v))
		return needed ? doc_fault(at, f, "lacks \"%s\"", name) : 0;
	return doc_string(&v, 0, &d->memory->arena, to, f);
}

static int
date(struct definition *d, const struct doc_at *at, const char *name,
    const char **to, struct fault *f)
{
	struct doc_at v;
	int32_t days;

	if (text(d, at, name, 0, to, f) == -1)
		return -1;
	if (*to != NULL && date_parse(*to, strlen(*to), &days) == -1) {
		(void)doc_member(at, name, &v);
		return doc_fault(&v, f, "must be a date (YYYY-MM-DD)");
	}
	return 0;
}

/* One of some words; its place among them, or -1 with a fault. */
static int
word(struct definition *d, const struct doc_at *at, const char *name,
    const char *const *words, int *to, struct fault *f)
{
	char hint[NEAREST_HINT];
	const char *s = NULL;
	struct doc_at v;
	int i;

	if (text(d, at, name, 0, &s, f) == -1)
		return -1;
	if (s == NULL)
		return 0;
	for (i = 0; words[i] != NULL; i++)
		if (strcmp(words[i], s) == 0) {
			*to = i;
			return 0;
		}
	(void)doc_member(at, name, &v);
	return doc_fault(&v, f, "is not a word known here; see "
	    "nib-indicator(5)%s", nearest_hint(s, words, NEAREST_ALL, hint));
}

static int
strings(struct definition *d, const struct doc_at *at, const char *name,
    struct spec_strings *to, struct fault *f)
{
	struct doc_at v, each;
	size_t i;

	if (!doc_member(at, name, &v))
		return 0;
	if (doc_strings(&v, 1, &d->memory->arena, &to->n, &to->v, f) == -1)
		return -1;
	for (i = 0; i < to->n; i++)
		if (to->v[i][0] == '\0') {
			(void)doc_element(&v, i, &each);
			return doc_fault(&each, f, "must not be empty");
		}
	return 0;
}

static int
number(const struct doc_at *at, const char *name, double min, double max,
    double *to, struct fault *f)
{
	struct doc_at v;

	if (!doc_member(at, name, &v))
		return 0;
	return doc_double(&v, min, max, to, f);
}

/* What a case-mix model expects, or how much more than that is observed. */
static int
casemix(struct definition *d, const struct doc_at *at,
    struct definition_part *p, struct fault *f)
{
	static const char *const known[] = { "model", "link", NULL };
	static const char *const links[] = { "linear", "logistic", NULL };
	struct fault why = FAULT_NONE;
	struct buf b = { 0 };
	struct doc_at v;
	char *predictor;

	if (doc_want(at, '{', f) == -1 || doc_known(at, known, f) == -1 ||
	    text(d, at, "model", 1, &p->model, f) == -1 ||
	    word(d, at, "link", links, &p->logistic, f) == -1)
		return -1;
	if (p->logistic && p->expression != NULL)
		return doc_fault(at, f, "a \"sum\" less what is expected "
		    "needs a linear model");
	if ((predictor = casemix_predictor(p->model, &why)) == NULL) {
		if (why.file[0] == '\0' && doc_member(at, "model", &v))
			return doc_fault(&v, f, "%s", why.what);
		if (!f->set)
			*f = why;
		return -1;
	}
	if (p->expression != NULL)
		buf_printf(&b, "(%s) - (%s)", p->expression, predictor);
	else
		buf_puts(&b, predictor);
	p->expression = arena_string(&d->memory->arena, buf_string(&b));
	buf_free(&b);
	free(predictor);
	return 0;
}

static int
part(struct definition *d, const struct doc_at *root, const char *name,
    struct definition_part *p, struct fault *f)
{
	static const char *const known[] = { "text", "count", "sum", "scale",
	    "when", "population", "casemix", NULL };
	struct doc_at at, v;
	int64_t scale = 0;
	int population = 0, kinds, model;

	p->path = name;
	if (!doc_member(root, name, &at))
		return 0;
	if (doc_want(&at, '{', f) == -1 || doc_known(&at, known, f) == -1 ||
	    text(d, &at, "text", 1, &p->text, f) == -1)
		return -1;
	model = doc_member(&at, "casemix", &v);
	kinds = doc_member(&at, "count", &v) + doc_member(&at, "population",
	    &v) + (doc_member(&at, "sum", &v) || model);
	if (kinds != 1)
		return doc_fault(&at, f, "must have one of \"count\", "
		    "\"sum\", \"casemix\" and \"population\"");
	if (doc_member(&at, "count", &v)) {
		p->kind = DEFINITION_RECORDS;
		if (doc_is_boolean(&v)) { /* true: every record */
			if (doc_bool(&v, &population, f) == -1)
				return -1;
			if (!population)
				return doc_fault(&v, f, "must be an "
				    "expression or true");
		} else if (doc_string(&v, 0, &d->memory->arena,
		    &p->expression, f) == -1) {
			return -1;
		}
	} else if (doc_member(&at, "sum", &v) || model) {
		p->kind = DEFINITION_SUM;
		scale = !model ? 0 : doc_member(&at, "sum", &v) ? 4 : 6;
		if (text(d, &at, "sum", !model, &p->expression, f) == -1 ||
		    text(d, &at, "when", 0, &p->when, f) == -1)
			return -1;
		if (doc_member(&at, "casemix", &v) && casemix(d, &v, p,
		    f) == -1)
			return -1;
		if (doc_member(&at, "scale", &v) &&
		    doc_integer(&v, 0, 9, &scale, f) == -1)
			return -1;
		p->scale = (int)scale;
	} else {
		p->kind = DEFINITION_POPULATION;
		(void)doc_member(&at, "population", &v);
		if (doc_bool(&v, &population, f) == -1)
			return -1;
		if (!population)
			return doc_fault(&v, f, "must be true");
	}
	if (p->kind != DEFINITION_SUM && (doc_member(&at, "scale", &v) ||
	    doc_member(&at, "when", &v)))
		return doc_fault(&v, f, "belongs to a \"sum\"");
	return 0;
}

/* Of whom a case-mix model expects nothing known, nothing is observed. */
static void
exclude_unexpected(struct definition *d, struct definition_exclusion *to)
{
	struct buf b = { 0 };

	buf_printf(&b, "(%s) IS NULL", d->denominator.expression);
	to->text = "Records that lack something the case-mix model needs";
	to->when = arena_string(&d->memory->arena, buf_string(&b));
	buf_free(&b);
}

static int
exclusions(struct definition *d, const struct doc_at *root, struct fault *f)
{
	static const char *const known[] = { "text", "when", NULL };
	struct definition_exclusion *e;
	struct doc_at all, at;
	size_t i, n = 0;

	if (doc_member(root, "exclusions", &all)) {
		if (doc_want(&all, '[', f) == -1)
			return -1;
		n = doc_count(&all);
	}
	e = arena_alloc(&d->memory->arena, (n + 1) * sizeof *e);
	memset(e, 0, (n + 1) * sizeof *e);
	for (i = 0; i < n; i++) {
		(void)doc_element(&all, i, &at);
		if (doc_want(&at, '{', f) == -1 ||
		    doc_known(&at, known, f) == -1 ||
		    text(d, &at, "text", 1, &e[i].text, f) == -1 ||
		    text(d, &at, "when", 1, &e[i].when, f) == -1)
			return -1;
	}
	if (d->denominator.model != NULL)
		exclude_unexpected(d, &e[n++]);
	d->exclusions = e;
	d->nexclusions = n;
	return 0;
}

static int
keys(struct definition *d, const struct doc_at *root, struct fault *f)
{
	static const char *const known[] = { "sex", "age", "age_band",
	    "bands", "category", "by", NULL };
	struct spec_strings by = { 0, NULL };
	struct doc_at at, v;
	size_t i;

	if (text(d, root, "area", 0, &d->key[DEFINITION_AREA], f) == -1 ||
	    text(d, root, "area_type", 0, &d->area_type, f) == -1 ||
	    text(d, root, "period", 0, &d->key[DEFINITION_PERIOD], f) == -1 ||
	    text(d, root, "period_type", 0, &d->period_type, f) == -1)
		return -1;
	if (!doc_member(root, "strata", &at))
		return 0;
	if (doc_want(&at, '{', f) == -1 || doc_known(&at, known, f) == -1 ||
	    text(d, &at, "sex", 0, &d->key[DEFINITION_SEX], f) == -1 ||
	    text(d, &at, "age_band", 0, &d->key[DEFINITION_BAND], f) == -1 ||
	    text(d, &at, "category", 0, &d->key[DEFINITION_CATEGORY],
	    f) == -1 || text(d, &at, "bands", 0, &d->bands, f) == -1 ||
	    strings(d, &at, "by", &by, f) == -1)
		return -1;
	if (doc_member(&at, "age", &v)) {
		if (d->key[DEFINITION_BAND] != NULL)
			return doc_fault(&at, f, "has both \"age\" and "
			    "\"age_band\"");
		d->band_is_age = 1;
		if (doc_string(&v, 0, &d->memory->arena,
		    &d->key[DEFINITION_BAND], f) == -1)
			return -1;
	}
	for (i = 0; i < by.n; i++) {
		if (strcmp(by.v[i], "sex") == 0)
			d->by_sex = 1;
		else if (strcmp(by.v[i], "category") == 0)
			d->by_category = 1;
		else {
			(void)doc_member(&at, "by", &v);
			return doc_fault(&v, f, "must hold \"sex\" or "
			    "\"category\"");
		}
		if (!doc_member(&at, by.v[i], &v))
			return doc_fault(&at, f, "is \"by\" %s and lacks "
			    "\"%s\"", by.v[i], by.v[i]);
	}
	return 0;
}

static int
component(struct definition *d, const struct doc_at *at,
    struct definition_component *c, struct fault *f)
{
	static const char *const known[] = { "indicator", "weight",
	    "polarity", NULL };
	static const char *const polarities[] = { "high", "low", NULL };

	c->weight = 1;
	c->reversed = -1;
	if (doc_want(at, '{', f) == -1 || doc_known(at, known, f) == -1 ||
	    text(d, at, "indicator", 1, &c->indicator, f) == -1 ||
	    number(at, "weight", 1e-9, 1e9, &c->weight, f) == -1 ||
	    word(d, at, "polarity", polarities, &c->reversed, f) == -1)
		return -1;
	return c->reversed != -1 ? 0 : doc_fault(at, f, "lacks "
	    "\"polarity\": which of its values make the composite high");
}

/* What a composite has, and what only other methods have. */
static int
composite(struct definition *d, const struct doc_at *root,
    const struct doc_at *how, struct fault *f)
{
	static const char *const others[] = { "dataset", "where", "attached",
	    "exclusions", "numerator", "denominator", "area", "period",
	    "strata", NULL };
	static const char *const scales[] = { "z_score", "rank",
	    "exponential", "min_max", "relative", NULL };
	static const char *const means[] = { "arithmetic", "geometric", NULL };
	struct definition_component *c;
	struct doc_at all, at;
	int scale = -1, mean = 0;
	int64_t least;
	size_t i, n;

	for (i = 0; others[i] != NULL; i++)
		if (doc_member(root, others[i], &at))
			return doc_fault(&at, f, "belongs to the components "
			    "of a composite");
	if (!doc_member(root, "components", &all))
		return doc_fault(root, f, "lacks \"components\"");
	if (doc_want(&all, '[', f) == -1)
		return -1;
	if ((n = doc_count(&all)) < 2)
		return doc_fault(&all, f, "must be two or more");
	c = arena_alloc(&d->memory->arena, n * sizeof *c);
	for (i = 0; i < n; i++) {
		(void)doc_element(&all, i, &at);
		if (component(d, &at, &c[i], f) == -1)
			return -1;
	}
	least = (int64_t)n;
	if (word(d, how, "scale", scales, &scale, f) == -1 ||
	    word(d, how, "mean", means, &mean, f) == -1 ||
	    (doc_member(how, "least", &at) && doc_integer(&at, 1,
	    (int64_t)n, &least, f) == -1))
		return -1;
	if (scale == -1)
		return doc_fault(how, f, "a composite needs \"scale\"");
	d->scale = (enum composite_scale)scale;
	d->mean = (enum composite_mean)mean;
	if (d->scale == COMPOSITE_Z_SCORE && d->mean == COMPOSITE_GEOMETRIC)
		return doc_fault(how, f, "z-scores are below 0 as well, and "
		    "have no geometric mean");
	d->components = c;
	d->ncomponents = n;
	d->least = (size_t)least;
	d->dataset = "";
	return 0;
}

#define BIT(m) (1u << DEFINITION_##m)
#define INDIRECT (BIT(ISR_RATIO) | BIT(ISR_RATE))
#define BANDED (BIT(DSR) | INDIRECT | BIT(LIFE) | BIT(SII))
/* Of events, about which a comparator has limits; values with own limits. */
#define EVENTS (BIT(PROPORTION) | BIT(CRUDE_RATE) | BIT(DSR) | INDIRECT | \
    BIT(SMR))
#define BOUNDED (EVENTS | BIT(MEAN) | BIT(LIFE) | BIT(SII))

/* Members of a method that others have no use for. */
static int
own_members(const struct definition *d, const struct doc_at *at,
    struct fault *f)
{
	static const struct {
		const char *member;
		unsigned of;
		const char *whose;
	} own[] = {
		{ "multiplier", ~(BIT(MEAN) | BIT(LIFE) | BIT(SII)),
		    "a method that has one" },
		{ "limits", BIT(PROPORTION), "a proportion" },
		{ "standard", BANDED, "a method by age" },
		{ "age_from", BANDED, "a method by age" },
		{ "age_to", BIT(DSR) | INDIRECT, "a standardised rate" },
		{ "reference", INDIRECT, "an indirectly standardised rate" },
		{ "draws", BIT(SII), "an sii" },
		{ "seed", BIT(SII), "an sii" },
		{ "scale", BIT(COMPOSITE), "a composite" },
		{ "mean", BIT(COMPOSITE), "a composite" },
		{ "least", BIT(COMPOSITE), "a composite" },
	};
	struct doc_at v;
	size_t i;

	for (i = 0; i < sizeof own / sizeof own[0]; i++)
		if ((own[i].of & 1u << d->method) == 0 &&
		    doc_member(at, own[i].member, &v))
			return doc_fault(&v, f, "belongs to %s",
			    own[i].whose);
	return 0;
}

/* What the groups of a method by age must be told apart by. */
static int
strata_of(const struct definition *d, const struct doc_at *root,
    const struct doc_at *at, struct fault *f)
{
	if ((BANDED & 1u << d->method) == 0)
		return 0;
	if (d->bands == NULL)
		return doc_fault(at, f, "needs \"standard\", or \"bands\" of "
		    "the strata");
	if (d->key[DEFINITION_BAND] == NULL)
		return doc_fault(root, f, "lacks \"strata\" with \"age\" or "
		    "\"age_band\"");
	if (d->method == DEFINITION_SII && !d->by_category)
		return doc_fault(root, f, "an sii lacks \"strata\" by "
		    "category: its quantiles");
	if (d->age_to >= 0 && d->age_to < d->age_from)
		return doc_fault(at, f, "\"age_to\" is below \"age_from\"");
	return 0;
}

static int
method(struct definition *d, const struct doc_at *root, struct fault *f)
{
	static const char *const known[] = { "name", "multiplier", "limits",
	    "standard", "age_from", "age_to", "reference", "draws", "seed",
	    "scale", "mean", "least", NULL };
	static const char *const limits[] = { "wilson", "exact", NULL };
	const char *name = NULL, *standard = NULL;
	char hint[NEAREST_HINT];
	const char *codes[sizeof methods / sizeof *methods];
	struct doc_at at, v;
	int64_t seed = 1;
	size_t i;

	if (!doc_member(root, "method", &at))
		return doc_fault(root, f, "lacks \"method\"");
	if (doc_want(&at, '{', f) == -1 || doc_known(&at, known, f) == -1 ||
	    text(d, &at, "name", 1, &name, f) == -1)
		return -1;
	for (i = 0; i < sizeof methods / sizeof *methods; i++) {
		codes[i] = methods[i].code;
		if (strcmp(methods[i].code, name) == 0)
			break;
	}
	if (i == sizeof methods / sizeof *methods) {
		(void)doc_member(&at, "name", &v);
		return doc_fault(&v, f, "is not a method; see "
		    "nib-indicator(5)%s", nearest_hint(name, codes, i, hint));
	}
	d->method = (enum definition_method)i;
	d->multiplier = methods[i].multiplier;
	d->age_to = -1;
	if (number(&at, "multiplier", 1e-9, 1e9, &d->multiplier, f) == -1 ||
	    word(d, &at, "limits", limits, &d->exact, f) == -1 ||
	    text(d, &at, "standard", 0, &standard, f) == -1 ||
	    text(d, &at, "reference", 0, &d->reference, f) == -1 ||
	    number(&at, "age_from", 0, 150, &d->age_from, f) == -1 ||
	    number(&at, "age_to", 0, 150, &d->age_to, f) == -1)
		return -1;
	if ((doc_member(&at, "draws", &v) && doc_integer(&v, 1000, 10000000,
	    &d->draws, f) == -1) || (doc_member(&at, "seed", &v) &&
	    doc_integer(&v, 0, INT64_MAX, &seed, f) == -1))
		return -1;
	d->seed = (uint64_t)seed;
	if (own_members(d, &at, f) == -1)
		return -1;
	if (d->method == DEFINITION_COMPOSITE)
		return composite(d, root, &at, f);
	if (doc_member(root, "components", &v))
		return doc_fault(&v, f, "belongs to a composite");
	if (standard != NULL && d->bands != NULL &&
	    strcmp(standard, d->bands) != 0)
		return doc_fault(&at, f, "\"standard\" and the strata's "
		    "\"bands\" differ");
	d->bands_at = d->bands != NULL ? "strata.bands" : "method.standard";
	if (d->bands == NULL)
		d->bands = standard;
	if (d->method == DEFINITION_DSR && standard == NULL)
		return doc_fault(&at, f, "a dsr needs \"standard\"");
	if (d->bands == NULL && d->band_is_age)
		return doc_fault(root, f, "strata of age need \"bands\"");
	if (strata_of(d, root, &at, f) == -1)
		return -1;
	if (d->denominator.kind == DEFINITION_ABSENT &&
	    methods[d->method].denominator)
		return doc_fault(root, f, "lacks \"denominator\"");
	if (d->method == DEFINITION_MEAN && d->numerator.scale > 4)
		return doc_fault(root, f, "a mean keeps up to 4 digits: its "
		    "squares have twice as many");
	if (d->method == DEFINITION_MEAN && (d->numerator.kind !=
	    DEFINITION_SUM || d->denominator.kind != DEFINITION_ABSENT))
		return doc_fault(root, f, "a mean needs a numerator with "
		    "\"sum\" and no denominator: it is of the records "
		    "summed");
	return 0;
}

static int
about(struct definition *d, const struct doc_at *root, struct fault *f)
{
	static const char *const known[] = { "rating", "body", "date",
	    "review", NULL };
	static const char *const states[] = { "draft", "live", "retired",
	    NULL };
	static const struct {
		const char *name;
		size_t at;
	} words[] = {
#define WORD(x) { #x, offsetof(struct definition_words, x) }
		WORD(set), WORD(purpose), WORD(rationale), WORD(definition),
		WORD(interpretation), WORD(caveats), WORD(source),
		WORD(owner), WORD(contact), WORD(licence), WORD(frequency),
		WORD(disclosure_text), WORD(quality),
#undef WORD
	};
	struct doc_at at;
	int state = -1;
	size_t i;

	if (text(d, root, "id", 1, &d->id, f) == -1 ||
	    text(d, root, "version", 1, &d->version, f) == -1 ||
	    text(d, root, "title", 1, &d->title, f) == -1 ||
	    word(d, root, "status", states, &state, f) == -1 ||
	    strings(d, root, "frameworks", &d->frameworks, f) == -1 ||
	    strings(d, root, "links", &d->links, f) == -1)
		return -1;
	if (state == -1)
		return doc_fault(root, f, "lacks \"status\"");
	d->status = states[state];
	for (i = 0; d->id[i] != '\0'; i++)
		if (strchr("abcdefghijklmnopqrstuvwxyz0123456789_",
		    d->id[i]) == NULL)
			return doc_fault(root, f, "\"id\" must be of a-z, "
			    "0-9 and _");
	for (i = 0; i < sizeof words / sizeof *words; i++) {
		/* Named by offset, to have one table and no list twice. */
		const char **to = (const char **)(void *)
		    ((char *)&d->words + words[i].at);

		if (text(d, root, words[i].name, 0, to, f) == -1)
			return -1;
	}
	if (d->words.purpose == NULL || d->words.definition == NULL)
		return doc_fault(root, f, "lacks \"%s\"",
		    d->words.purpose == NULL ? "purpose" : "definition");
	if (!doc_member(root, "assurance", &at))
		return strcmp(d->status, "live") == 0 ?
		    doc_fault(root, f, "is live and lacks \"assurance\"") : 0;
	if (doc_want(&at, '{', f) == -1 || doc_known(&at, known, f) == -1 ||
	    text(d, &at, "rating", 1, &d->assurance_rating, f) == -1 ||
	    text(d, &at, "body", 1, &d->assurance_body, f) == -1 ||
	    date(d, &at, "date", &d->assurance_date, f) == -1 ||
	    date(d, &at, "review", &d->review, f) == -1)
		return -1;
	return 0;
}

static int
history(struct definition *d, const struct doc_at *root, struct fault *f)
{
	static const char *const known[] = { "version", "date", "change",
	    NULL };
	struct definition_change *c;
	struct doc_at all, at;
	size_t i, n;

	if (!doc_member(root, "history", &all))
		return doc_fault(root, f, "lacks \"history\"");
	if (doc_want(&all, '[', f) == -1)
		return -1;
	n = doc_count(&all);
	c = arena_alloc(&d->memory->arena, (n + 1) * sizeof *c);
	memset(c, 0, (n + 1) * sizeof *c);
	for (i = 0; i < n; i++) {
		(void)doc_element(&all, i, &at);
		if (doc_want(&at, '{', f) == -1 ||
		    doc_known(&at, known, f) == -1 ||
		    text(d, &at, "version", 1, &c[i].version, f) == -1 ||
		    date(d, &at, "date", &c[i].date, f) == -1 ||
		    text(d, &at, "change", 1, &c[i].change, f) == -1)
			return -1;
	}
	if (n == 0 || strcmp(c[n - 1].version, d->version) != 0)
		return doc_fault(&all, f, "must end with this version");
	d->changes = c;
	d->nchanges = n;
	return 0;
}

static int
result(struct definition *d, const struct doc_at *root, struct fault *f)
{
	static const char *const polarities[] = { "neutral", "high", "low",
	    NULL };
	static const char *const comparisons[] = { "none", "limits",
	    "two_levels", "overlap", "spc_proportion", "spc_rate", NULL };
	int64_t decimals = 1;
	int polarity = 0, comparison = 0;
	struct doc_at v;

	d->target = NAN;
	if (text(d, root, "unit", 1, &d->unit, f) == -1 ||
	    word(d, root, "polarity", polarities, &polarity, f) == -1 ||
	    word(d, root, "comparison", comparisons, &comparison, f) == -1 ||
	    number(root, "target", -1e12, 1e12, &d->target, f) == -1 ||
	    text(d, root, "disclosure", 0, &d->disclosure, f) == -1)
		return -1;
	if (doc_member(root, "decimals", &v) &&
	    doc_integer(&v, 0, 9, &decimals, f) == -1)
		return -1;
	d->decimals = (int)decimals;
	d->polarity = (enum compare_polarity)polarity;
	d->comparison = (enum compare_method)comparison;
	if ((d->comparison == COMPARE_SPC_PROPORTION && d->method !=
	    DEFINITION_PROPORTION) || (d->comparison == COMPARE_SPC_RATE &&
	    (EVENTS & 1u << d->method) == 0) || (d->comparison !=
	    COMPARE_NONE && (BOUNDED & 1u << d->method) == 0)) {
		(void)doc_member(root, "comparison", &v);
		return doc_fault(&v, f, "is not for values of this method");
	}
	return 0;
}

static int
read_all(struct definition *d, struct fault *f)
{
	static const char *const known[] = { "$schema", "id", "version",
	    "title", "status", "set", "purpose", "rationale", "definition",
	    "interpretation", "caveats", "source", "owner", "contact",
	    "licence", "frequency", "disclosure_text", "quality",
	    "frameworks", "links", "assurance", "dataset", "where",
	    "attached", "exclusions", "numerator", "denominator", "area",
	    "area_type", "period", "period_type", "strata", "method",
	    "components", "unit",
	    "decimals", "comparison", "polarity", "target", "disclosure",
	    "history", NULL };
	struct doc_at root = doc_root(d->memory->doc);
	const char *base, *stem;

	if (doc_known(&root, known, f) == -1 || about(d, &root, f) == -1 ||
	    text(d, &root, "dataset", 0, &d->dataset, f) == -1 ||
	    text(d, &root, "where", 0, &d->where, f) == -1 ||
	    strings(d, &root, "attached", &d->attached, f) == -1 ||
	    part(d, &root, "numerator", &d->numerator, f) == -1 ||
	    part(d, &root, "denominator", &d->denominator, f) == -1 ||
	    exclusions(d, &root, f) == -1 ||
	    keys(d, &root, f) == -1 || method(d, &root, f) == -1 ||
	    result(d, &root, f) == -1 || history(d, &root, f) == -1)
		return -1;
	if (d->dataset == NULL)
		return doc_fault(&root, f, "lacks \"dataset\"");
	if (d->ncomponents == 0 && (d->numerator.kind == DEFINITION_ABSENT ||
	    d->numerator.kind == DEFINITION_POPULATION))
		return doc_fault(&root, f, "needs a \"numerator\" with "
		    "\"count\" or \"sum\"");
	/* A file of the library is found by its name. */
	base = strrchr(d->path, '/');
	base = base != NULL ? base + 1 : d->path;
	stem = strrchr(base, '.');
	if (stem != NULL && ((size_t)(stem - base) != strlen(d->id) ||
	    strncmp(base, d->id, strlen(d->id)) != 0))
		return doc_fault(&root, f, "\"id\" is not the file's name");
	return 0;
}

/* The place of a path below another, and what is wrong there. */
static int
fault_below(const struct doc_at *at, const char *path, struct fault *f,
    const char *what)
{
	size_t n = strcspn(path, ".[");
	struct doc_at to;
	char *name;
	int there, rc;

	if (*path == '\0')
		return doc_fault(at, f, "%s", what);
	if (*path == '[') {
		there = doc_element(at, (size_t)strtoul(path + 1, NULL, 10),
		    &to);
		n = strcspn(path, "]") + 1;
		name = NULL;
	} else {
		name = mem_strndup(path, n);
		there = doc_member(at, name, &to);
	}
	path += n + (path[n] == '.');
	rc = there ? fault_below(&to, path, f, what) :
	    doc_fault(at, f, "%s", what);
	free(name);
	return rc;
}

int
definition_fault(const struct definition *d, const char *path,
    struct fault *f, const struct fault *why)
{
	struct doc_at root = doc_root(d->memory->doc);

	/* Another file has a place of its own for it. */
	if (why->file[0] != '\0') {
		if (!f->set)
			*f = *why;
		return -1;
	}
	return fault_below(&root, path, f, why->what);
}

/* FNV-1a, 64 bits: tells versions of a file apart, protects nothing. */
static uint64_t
hash(uint64_t h, const char *p, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		h = (h ^ (unsigned char)p[i]) * 0x100000001b3ULL;
	return h;
}

/* Of the file, and of the models that it reads. */
static void
digest(struct definition *d)
{
	const struct definition_part *parts[2] = { &d->numerator,
	    &d->denominator };
	uint64_t h = hash(0xcbf29ce484222325ULL, d->text, d->text_size);
	size_t i;

	for (i = 0; i < 2; i++)
		if (parts[i]->model != NULL)
			h = hash(h, parts[i]->expression,
			    strlen(parts[i]->expression));
	(void)snprintf(d->digest, sizeof d->digest, "%016llx",
	    (unsigned long long)h);
}

struct definition *
definition_open(const char *name, struct fault *f)
{
	char *path = share_find("indicators", name, ".json", f);
	struct definition *d;

	if (path == NULL)
		return NULL;
	d = mem_zero(1, sizeof *d);
	d->memory = mem_zero(1, sizeof *d->memory);
	d->path = arena_string(&d->memory->arena, path);
	d->memory->doc = doc_open(path, f);
	free(path);
	if (d->memory->doc == NULL || read_all(d, f) == -1) {
		definition_close(d);
		return NULL;
	}
	d->text = doc_text(d->memory->doc, &d->text_size);
	digest(d);
	return d;
}

void
definition_close(struct definition *d)
{
	if (d == NULL)
		return;
	doc_close(d->memory->doc);
	arena_free(&d->memory->arena);
	free(d->memory);
	free(d);
}
