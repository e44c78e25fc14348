/* Does a definition fit its dataset, and its components one another? */
#include "definition.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
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

static int
check_components(const struct definition *d, struct fault *f)
{
	struct definition *c;
	size_t i, k;
	int fits;

	for (i = 0; i < d->ncomponents; i++) {
		for (k = 0; k < i; k++)
			if (strcmp(d->components[i].indicator,
			    d->components[k].indicator) == 0)
				return fault_at(f, d->path, 0, "components: "
				    "%s is named twice",
				    d->components[i].indicator);
		c = definition_open(d->components[i].indicator, f);
		if (c == NULL)
			return -1;
		fits = c->ncomponents == 0 &&
		    text_same(c->area_type, d->area_type) &&
		    text_same(c->period_type, d->period_type);
		definition_close(c);
		if (!fits)
			return fault_at(f, d->path, 0, "components: %s is a "
			    "composite, or of another area_type or "
			    "period_type", d->components[i].indicator);
	}
	return 0;
}

/* Compiles one expression; *type (may be NULL) is its result's. */
static int
compiles(const struct definition *d, const char *expression,
    const char *what, const struct expr_scope *scope, enum expr_type *type,
    struct fault *f)
{
	struct fault inner = FAULT_NONE;
	struct expr *e;

	if (expression == NULL)
		return 0;
	if ((e = expr_compile(expression, scope, &inner)) == NULL)
		return fault_at(f, d->path, 0, "%s: %s", what, inner.what);
	if (type != NULL)
		*type = expr_result(e);
	expr_free(e);
	return 0;
}

static int
compile_all(const struct definition *d, const struct expr_scope *scope,
    struct fault *f)
{
	const struct definition_part *parts[2] = { &d->numerator,
	    &d->denominator };
	enum expr_type type = EXPR_INTEGER;
	size_t i;

	if (compiles(d, d->where, "where", scope, NULL, f) == -1)
		return -1;
	for (i = 0; i < d->nexclusions; i++)
		if (compiles(d, d->exclusions[i].when, "exclusions", scope,
		    NULL, f) == -1)
			return -1;
	for (i = 0; i < DEFINITION_KEYS; i++)
		if (compiles(d, d->key[i], definition_key_name((enum definition_key)i), scope, i ==
		    DEFINITION_BAND ? &type : NULL, f) == -1)
			return -1;
	if (d->band_is_age && type != EXPR_INTEGER && type != EXPR_ANY)
		return fault_at(f, d->path, 0, "strata.age: must be whole "
		    "years");
	for (i = 0; i < 2; i++) {
		type = EXPR_ANY;
		if (compiles(d, parts[i]->expression, parts[i]->path, scope,
		    &type, f) == -1 || compiles(d, parts[i]->when,
		    parts[i]->path, scope, NULL, f) == -1)
			return -1;
		if (parts[i]->kind == DEFINITION_SUM && type !=
		    EXPR_INTEGER && type != EXPR_NUMBER && type != EXPR_ANY)
			return fault_at(f, d->path, 0, "%s: a sum needs a "
			    "number", parts[i]->path);
	}
	return 0;
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

int
definition_check(const struct definition *d, struct fault *f)
{
	struct spec_scope *scope = NULL;
	struct bands *b = NULL;
	struct csv_header header;
	const char **names = NULL;
	struct spec *s;
	int rc = -1;
	size_t i;

	if (d->ncomponents > 0)
		return check_components(d, f);
	if ((s = spec_open(d->dataset, f)) == NULL)
		return -1;
	if (d->bands != NULL && (b = bands_open(d->bands, f)) == NULL)
		goto out;
	if (d->method == DEFINITION_DSR && !bands_weighted(b)) {
		(void)fault_at(f, d->path, 0, "the standard has no weights");
		goto out;
	}
	names = mem_array(NULL, s->nfields + d->attached.n + 1,
	    sizeof *names);
	for (i = 0; i < s->nfields; i++)
		names[i] = s->fields[i].name;
	for (i = 0; i < d->attached.n; i++) {
		if (spec_field_index(s, d->attached.v[i]) >= 0) {
			(void)fault_at(f, d->path, 0, "attached: %s is a "
			    "field of its dataset", d->attached.v[i]);
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
	bands_close(b);
	spec_close(s);
	return rc;
}
