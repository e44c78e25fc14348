/* Reads what a specification says of the dataset as a whole: nib. */
#include "spec/spec_read.h"

#include <stdio.h>
#include <string.h>

#include "base/date.h"

static const char *const severity_names[] = { "warning", "error", NULL };

static const char *const dimension_names[] = { "completeness", "uniqueness",
	"consistency", "timeliness", "validity", "accuracy", "plausibility",
	NULL };

static const char *const objection_names[] = { "national", "type1", NULL };

static int
read_rule(struct spec_loaded *l, const struct doc_at *at, struct map *ids,
    struct spec_rule *r, struct fault *f)
{
	static const char *const known[] = { "id", "severity", "dimension",
		"expression", "message", "within", "order", "reference", "on",
		"onReference", "maxRate", "source", NULL };
	struct arena *a = &l->arena;
	int severity = SPEC_ERROR, dimension = -1, added;
	struct doc_at m;
	char path[64];
	size_t i;

	if (doc_want(at, '{', f) == -1 || doc_known(at, known, f) == -1 ||
	    spec_need_string(at, "id", a, &r->id, f) == -1)
		return -1;
	(void)map_add(ids, r->id, strlen(r->id), &added);
	(void)doc_member(at, "id", &m);
	if (!added)
		return doc_fault(&m, f, "two rules have this id");
	if (!spec_is_name(r->id))
		return doc_fault(&m, f, "may hold letters, digits, "
		    "\"_\", \"-\" and \".\" only");
	if (spec_get_word(at, "severity", severity_names, &severity, a, f) ==
		-1 ||
	    spec_get_word(at, "dimension", dimension_names, &dimension, a, f) ==
		-1 ||
	    spec_need_string(at, "expression", a, &r->expression, f) == -1 ||
	    spec_need_string(at, "message", a, &r->message, f) == -1 ||
	    spec_get_strings(at, "within", 1, a, &r->within, f) == -1 ||
	    spec_get_strings(at, "order", 1, a, &r->order, f) == -1 ||
	    spec_get_string(at, "reference", a, &r->reference, f) == -1 ||
	    spec_get_strings(at, "on", 1, a, &r->on, f) == -1 ||
	    spec_get_strings(at, "onReference", 1, a, &r->on_reference, f) ==
		-1)
		return -1;
	r->severity = (enum spec_severity)severity;
	r->dimension = dimension >= 0 ? dimension_names[dimension] : NULL;
	r->max_rate = -1;
	if (doc_member(at, "maxRate", &m) &&
	    doc_double(&m, 0, 1, &r->max_rate, f) == -1)
		return -1;
	if (r->order.n > 0 && r->within.n == 0)
		return doc_fault(at, f, "order needs within");
	if (r->within.n > 0 && r->reference != NULL)
		return doc_fault(at, f,
		    "within and reference do not go together");
	if ((r->reference != NULL) != (r->on.n > 0))
		return doc_fault(at, f, "reference and on go together");
	if (r->on_reference.v == NULL)
		r->on_reference = r->on;
	if (r->on_reference.n != r->on.n)
		return doc_fault(at, f, "on and onReference differ in length");
	for (i = 0; i < r->on.n; i++) {
		if (spec_field_index(&l->spec, r->on.v[i]) < 0) {
			(void)doc_member(at, "on", &m);
			return doc_fault(&m, f, "no field has this name");
		}
	}
	if (r->reference != NULL && !spec_is_name(r->reference)) {
		(void)doc_member(at, "reference", &m);
		return doc_fault(&m, f, "is not a name");
	}
	(void)snprintf(path, sizeof path, "nib.rules[%zu]", at->index);
	r->json_path = arena_string(a, path);
	return 0;
}

static int
read_rules(struct spec_loaded *l, const struct doc_at *nib, struct fault *f)
{
	struct spec_rule *rules;
	struct doc_at m, each;
	struct map *ids;
	size_t i, n;
	int rc = 0;

	if (!doc_member(nib, "rules", &m))
		return 0;
	if (doc_want(&m, '[', f) == -1)
		return -1;
	n = doc_count(&m);
	rules = arena_alloc(&l->arena, (n + 1) * sizeof *rules);
	memset(rules, 0, (n + 1) * sizeof *rules);
	l->spec.rules = rules;
	l->spec.nrules = n;
	ids = map_new();
	for (i = 0; i < n && rc == 0; i++) {
		(void)doc_element(&m, i, &each);
		rc = read_rule(l, &each, ids, &rules[i], f);
	}
	map_free(ids);
	return rc;
}

static int
read_derived(struct spec_loaded *l, const struct doc_at *nib, struct fault *f)
{
	static const char *const known[] = { "name", "expression",
		"description", "type", "treatment", NULL };
	struct doc_at m, each, name;
	struct spec_derived *d;
	size_t i, k, n;
	int type;

	if (!doc_member(nib, "derived", &m))
		return 0;
	if (doc_want(&m, '[', f) == -1)
		return -1;
	n = doc_count(&m);
	d = arena_alloc(&l->arena, (n + 1) * sizeof *d);
	memset(d, 0, (n + 1) * sizeof *d);
	for (i = 0; i < n; i++) {
		(void)doc_element(&m, i, &each);
		type = SPEC_ANY;
		if (doc_want(&each, '{', f) == -1 ||
		    doc_known(&each, known, f) == -1 ||
		    spec_need_string(&each, "name", &l->arena, &d[i].name, f) ==
			-1 ||
		    spec_need_string(&each, "expression", &l->arena,
			&d[i].expression, f) == -1 ||
		    spec_get_string(&each, "description", &l->arena,
			&d[i].description, f) == -1 ||
		    spec_get_word(&each, "type", spec_type_names, &type,
			&l->arena, f) == -1 ||
		    spec_read_treatment(&each, &l->arena, &d[i].treatment, f) ==
			-1 ||
		    spec_treatment_field(&l->spec, &each, d[i].treatment, f) ==
			-1)
			return -1;
		d[i].type = (enum spec_type)type;
		(void)doc_member(&each, "name", &name);
		if (spec_field_index(&l->spec, d[i].name) >= 0)
			return doc_fault(&name, f, "a field has this name");
		for (k = 0; k < i; k++) {
			if (strcmp(d[k].name, d[i].name) == 0)
				return doc_fault(&name, f,
				    "two derived fields have this name");
		}
	}
	l->spec.derived = d;
	l->spec.nderived = n;
	return 0;
}

static int
read_quality(struct spec_loaded *l, const struct doc_at *nib, struct fault *f)
{
	static const char *const known[] = { "field", "defaultThreshold",
		NULL };
	struct doc_at m, each, at;
	struct spec_quality *q;
	size_t i, n;
	long k;

	if (!doc_member(nib, "quality", &m))
		return 0;
	if (doc_want(&m, '[', f) == -1)
		return -1;
	n = doc_count(&m);
	q = arena_alloc(&l->arena, (n + 1) * sizeof *q);
	for (i = 0; i < n; i++) {
		(void)doc_element(&m, i, &each);
		if (doc_want(&each, '{', f) == -1 ||
		    doc_known(&each, known, f) == -1 ||
		    spec_need_string(
			&each, "field", &l->arena, &q[i].field, f) == -1)
			return -1;
		(void)doc_member(&each, "field", &at);
		if ((k = spec_field_index(&l->spec, q[i].field)) < 0)
			return doc_fault(&at, f, "no field has this name");
		q[i].field = l->spec.fields[k].name;
		q[i].default_threshold = -1;
		if (doc_member(&each, "defaultThreshold", &at) &&
		    doc_double(&at, 0, 1, &q[i].default_threshold, f) == -1)
			return -1;
	}
	l->spec.quality = q;
	l->spec.nquality = n;
	return 0;
}

static int
read_objections(
    struct spec_loaded *l, const struct doc_at *nib, struct fault *f)
{
	struct doc_at m, each;
	size_t i;
	int k;

	if (!doc_member(nib, "objections", &m))
		return 0;
	if (doc_strings(&m, 0, &l->arena, &l->spec.objections.n,
	    &l->spec.objections.v, f) == -1)
		return -1;
	for (i = 0; doc_element(&m, i, &each); i++) {
		if (spec_word_of(&each, objection_names, &k, &l->arena, f) ==
		    -1)
			return -1;
	}
	return 0;
}

/* The dataset's clean values hold for every field, before its own. */
static int
read_clean(struct spec_loaded *l, const struct doc_at *nib, struct fault *f)
{
	struct spec_strings all = { 0, NULL };
	struct spec_field *field;
	const char **v;
	size_t i;

	if (spec_get_strings(nib, "clean", 1, &l->arena, &all, f) == -1)
		return -1;
	for (i = 0; i < l->spec.nfields && all.n > 0; i++) {
		/* The loader's own memory, not yet handed out. */
		field = (struct spec_field *)(uintptr_t)&l->spec.fields[i];
		v = arena_alloc(&l->arena,
		    (all.n + field->clean.n + 1) * sizeof *v);
		memcpy(v, all.v, all.n * sizeof *v);
		if (field->clean.n > 0)
			memcpy(v + all.n, field->clean.v,
			    field->clean.n * sizeof *v);
		field->clean.n += all.n;
		v[field->clean.n] = NULL;
		field->clean.v = v;
	}
	return 0;
}

int
spec_read_nib(struct spec_loaded *l, const struct doc_at *root, struct fault *f)
{
	static const char *const known[] = { "version", "review", "derived",
		"clean", "rules", "quality", "confidentiality", "objections",
		"source", NULL };
	static const char *const confidential[] = { "withhold", NULL };
	struct doc_at nib, m;
	int32_t day;

	if (!doc_member(root, "nib", &nib))
		return 0;
	if (doc_want(&nib, '{', f) == -1 || doc_known(&nib, known, f) == -1 ||
	    spec_get_string(&nib, "version", &l->arena, &l->spec.version, f) ==
		-1 ||
	    spec_get_string(&nib, "review", &l->arena, &l->spec.review, f) ==
		-1)
		return -1;
	if (l->spec.version != NULL && (!spec_is_name(l->spec.version) ||
	    strspn(l->spec.version, "0123456789") == 0)) {
		(void)doc_member(&nib, "version", &m);
		return doc_fault(&m, f, "must be a version such as 1.0");
	}
	if (l->spec.review != NULL && date_parse(l->spec.review,
	    strlen(l->spec.review), &day) == -1) {
		(void)doc_member(&nib, "review", &m);
		return doc_fault(&m, f, "not a date (YYYY-MM-DD)");
	}
	if (doc_member(&nib, "confidentiality", &m) &&
	    (doc_want(&m, '{', f) == -1 ||
	    doc_known(&m, confidential, f) == -1 ||
	    spec_read_codelists(&l->spec, &m, "withhold", &l->arena,
	    &l->spec.withhold, f) == -1))
		return -1;
	if (read_clean(l, &nib, f) == -1 || read_rules(l, &nib, f) == -1 ||
	    read_derived(l, &nib, f) == -1 ||
	    read_quality(l, &nib, f) == -1)
		return -1;
	return read_objections(l, &nib, f);
}
