/* Does a definition fit its dataset, and its components one another? */
#include "definition.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/text.h"
#include "disclosure/profile.h"
#include "expr/expr.h"

static struct definition *
among(struct definition *const *d, size_t n, const char *id)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (strcmp(d[i]->id, id) == 0)
			return d[i];
	return NULL;
}

int
definition_add_components(struct definition ***all, size_t *n,
    struct fault *f)
{
	size_t i, k, asked = *n;
	struct definition *d, *c;

	for (i = 0; i < asked; i++)
		for (k = 0; k < (*all)[i]->ncomponents; k++) {
			d = (*all)[i];
			c = among(*all, *n, d->components[k].indicator);
			if (c == NULL) {
				c = definition_open(
				    d->components[k].indicator, f);
				if (c == NULL)
					return -1;
				*all = mem_array(*all, *n + 1, sizeof **all);
				(*all)[(*n)++] = c;
			}
			if (c->ncomponents > 0)
				return fault_at(f, d->path, 0, "components: "
				    "%s is a composite itself", c->id);
		}
	return 0;
}

/* What this says itself at a path. */
static int
says(const struct definition *d, const char *path, const char *what,
    struct fault *f)
{
	struct fault why = FAULT_NONE;

	(void)fault_set(&why, "%s", what);
	return definition_fault(d, path, f, &why);
}

static int
check_components(const struct definition *d, struct fault *f)
{
	struct definition *c;
	char path[48];
	size_t i, k;
	int fits;

	for (i = 0; i < d->ncomponents; i++) {
		const char *id = d->components[i].indicator;
		struct fault why = FAULT_NONE;

		(void)snprintf(path, sizeof path, "components[%zu].indicator",
		    i);
		for (k = 0; k < i; k++)
			if (strcmp(id, d->components[k].indicator) == 0)
				return says(d, path, "is named twice", f);
		if ((c = definition_open(id, &why)) == NULL)
			return definition_fault(d, path, f, &why);
		fits = c->ncomponents == 0 &&
		    text_same(c->area_type, d->area_type) &&
		    text_same(c->period_type, d->period_type);
		definition_close(c);
		if (!fits)
			return says(d, path, "is a composite, or of another "
			    "area_type or period_type", f);
	}
	return 0;
}

/*
 * Compiles one expression, which stands at a path of the file; *type (may be
 * NULL) is its result's.
 */
static int
compiles(const struct definition *d, const char *expression,
    const char *path, const struct expr_scope *scope, enum expr_type *type,
    struct fault *f)
{
	struct fault why = FAULT_NONE;
	struct expr *e;

	if (expression == NULL)
		return 0;
	if ((e = expr_compile(expression, scope, &why)) == NULL)
		return definition_fault(d, path, f, &why);
	if (type != NULL)
		*type = expr_result(e);
	expr_free(e);
	return 0;
}

static int
compile_part(const struct definition *d, const struct definition_part *p,
    const struct expr_scope *scope, struct fault *f)
{
	enum expr_type type = EXPR_ANY;
	char path[32], when[32];

	(void)snprintf(path, sizeof path, "%s.%s", p->path,
	    p->model != NULL ? "casemix" : p->kind == DEFINITION_SUM ?
	    "sum" : "count");
	(void)snprintf(when, sizeof when, "%s.when", p->path);
	if (compiles(d, p->expression, path, scope, &type, f) == -1 ||
	    compiles(d, p->when, when, scope, NULL, f) == -1)
		return -1;
	if (p->kind == DEFINITION_SUM && type != EXPR_INTEGER &&
	    type != EXPR_NUMBER && type != EXPR_ANY)
		return says(d, path, "a sum needs a number", f);
	return 0;
}

static int
compile_all(const struct definition *d, const struct expr_scope *scope,
    struct fault *f)
{
	const char *const keys[DEFINITION_KEYS] = { "area", "period",
		"strata.sex", d->band_is_age ? "strata.age" :
		"strata.age_band", "strata.category" };
	enum expr_type type = EXPR_INTEGER;
	char path[48];
	size_t i;

	if (compiles(d, d->where, "where", scope, NULL, f) == -1)
		return -1;
	for (i = 0; i < d->nexclusions; i++) {
		(void)snprintf(path, sizeof path, "exclusions[%zu].when", i);
		if (compiles(d, d->exclusions[i].when, path, scope, NULL,
		    f) == -1)
			return -1;
	}
	for (i = 0; i < DEFINITION_KEYS; i++)
		if (compiles(d, d->key[i], keys[i], scope,
		    i == DEFINITION_BAND ? &type : NULL, f) == -1)
			return -1;
	if (d->band_is_age && type != EXPR_INTEGER && type != EXPR_ANY)
		return says(d, "strata.age", "must be whole years", f);
	return compile_part(d, &d->numerator, scope, f) == 0 ?
	    compile_part(d, &d->denominator, scope, f) : -1;
}

int
definition_fits(const struct definition *d, const struct spec *s,
    const struct csv_header *h, struct fault *f)
{
	struct spec_scope *scope = spec_scope_new(s, h, f);
	int rc = scope == NULL ? -1 : compile_all(d, spec_scope_expr(scope),
	    f);

	spec_scope_free(scope);
	return rc;
}

/* Bands, a profile and a reference that it names. */
static int
check_files(const struct definition *d, struct fault *f)
{
	struct fault why = FAULT_NONE;
	struct disclosure_profile *p = NULL;
	struct bands *b = NULL;
	const char *at = d->bands_at;
	size_t from, to;
	int rc = 0;

	if (d->bands != NULL && (b = bands_open(d->bands, &why)) != NULL) {
		at = "method";
		if (d->method == DEFINITION_DSR && !bands_weighted(b))
			(void)fault_set(&why, "its standard has no weights");
		else
			(void)bands_cut(b, d->age_from, d->age_to, &from,
			    &to, &why);
	}
	bands_close(b);
	if (!why.set && d->reference != NULL) {
		at = "method.reference";
		if (access(d->reference, R_OK) == -1)
			(void)fault_system(&why, "cannot open the file");
	}
	if (!why.set && d->disclosure != NULL) {
		at = "disclosure";
		p = disclosure_profile_open(d->disclosure, &why);
		disclosure_profile_free(p);
	}
	if (why.set)
		rc = definition_fault(d, at, f, &why);
	return rc;
}

int
definition_check(const struct definition *d, struct fault *f)
{
	struct spec_scope *scope = NULL;
	struct csv_header header;
	struct fault why = FAULT_NONE;
	const char **names = NULL;
	struct spec *s;
	char path[32];
	int rc = -1;
	size_t i;

	if (check_files(d, f) == -1)
		return -1;
	if (d->ncomponents > 0)
		return check_components(d, f);
	if ((s = spec_open(d->dataset, &why)) == NULL)
		return definition_fault(d, "dataset", f, &why);
	names = mem_array(NULL, s->nfields + d->attached.n + 1,
	    sizeof *names);
	for (i = 0; i < s->nfields; i++)
		names[i] = s->fields[i].name;
	for (i = 0; i < d->attached.n; i++) {
		if (spec_field_index(s, d->attached.v[i]) >= 0) {
			(void)snprintf(path, sizeof path, "attached[%zu]", i);
			(void)says(d, path, "is a field of its dataset", f);
			goto out;
		}
		names[s->nfields + i] = d->attached.v[i];
	}
	header.n = s->nfields + d->attached.n;
	header.names = names;
	if ((scope = spec_scope_new(s, &header, f)) == NULL)
		goto out;
	rc = compile_all(d, spec_scope_expr(scope), f);
out:
	spec_scope_free(scope);
	free(names);
	spec_close(s);
	return rc;
}
