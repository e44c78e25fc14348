/* Compiles all expressions of a specification, opens all its code lists. */
#include <stdlib.h>

#include "base/mem.h"
#include "spec/codelist.h"
#include "spec/column.h"
#include "spec/doc.h"
#include "spec/spec.h"
#include "spec/wide.h"

/* compile: expr_compile, or that of conditions, which no text is. */
static int
compiles(const struct doc_at *at, const char *key, const char *text,
    struct expr *(*compile)(const char *, const struct expr_scope *,
    struct fault *), const struct spec_scope *scope, struct fault *f)
{
	struct fault inner = FAULT_NONE;
	struct expr *e = compile(text, spec_scope_expr(scope), &inner);
	struct doc_at m;

	expr_free(e);
	if (e != NULL)
		return 0;
	(void)doc_member(at, key, &m);
	return doc_fault(&m, f, "%s", inner.what);
}

static int
lists_open(const struct doc_at *nib, const char *key,
    const struct spec_strings *names, struct fault *f)
{
	struct fault inner = FAULT_NONE;
	struct codelist *list;
	struct doc_at m;
	size_t i;

	for (i = 0; i < names->n; i++) {
		if ((list = codelist_open(names->v[i], &inner)) == NULL) {
			(void)doc_member(nib, key, &m);
			return doc_fault(&m, f, "%s:%llu: %s", inner.file,
			    (unsigned long long)inner.line, inner.what);
		}
		codelist_close(list);
	}
	return 0;
}

/* What a column of the field would be held against. */
static int
column_compiles(const struct doc_at *at, const struct spec_field *field,
    size_t i, const struct spec_scope *scope, struct fault *f)
{
	struct findings *list = findings_new(FINDINGS_CSV, 0, 0);
	struct fault inner = FAULT_NONE;
	struct column *c = column_new(field, i, 0, spec_scope_expr(scope),
	    list, &inner);

	column_free(c);
	findings_free(list);
	return c != NULL ? 0 : doc_fault(at, f, "%s", inner.what);
}

static int
check_fields(const struct spec *s, const struct doc_at *root,
    const struct spec_scope *scope, struct fault *f)
{
	const struct spec_field *field = s->fields;
	struct doc_at list, at, nib;
	size_t i;

	(void)doc_member(root, "fields", &list);
	for (i = 0; i < s->nfields; i++, field++) {
		(void)doc_element(&list, i, &at);
		if (doc_member(&at, "nib", &nib) && ((field->applies != NULL &&
		    compiles(&nib, "applies", field->applies,
		    expr_compile_condition, scope, f) == -1) ||
		    lists_open(&nib, "codelist", &field->codelists, f) ==
		    -1 ||
		    lists_open(&nib, "defaults", &field->defaults, f) == -1))
			return -1;
		if (column_compiles(&at, field, i, scope, f) == -1)
			return -1;
	}
	return 0;
}

static int
check_rules(const struct spec *s, const struct doc_at *nib,
    const struct spec_scope *scope, struct fault *f)
{
	struct doc_at list, at, m;
	size_t i;

	if (!doc_member(nib, "rules", &list))
		return 0;
	for (i = 0; i < s->nrules; i++) {
		struct fault inner = FAULT_NONE;

		(void)doc_element(&list, i, &at);
		if (spec_rule_kind(&s->rules[i]) == SPEC_RULE_RECORD) {
			if (compiles(&at, "expression",
			    s->rules[i].expression,
			    expr_compile_condition, scope, f) == -1)
				return -1;
		} else if (wide_check(s, &s->rules[i], &inner) == -1) {
			(void)doc_member(&at, "expression", &m);
			return doc_fault(&m, f, "%s", inner.what);
		}
	}
	return 0;
}

/* A derived field may use those before it. */
static int
check_derived(const struct spec *s, const struct doc_at *nib,
    struct fault *f)
{
	const char **names;
	struct csv_header header = { s->nfields, NULL };
	struct spec_scope *scope;
	struct doc_at list, at;
	size_t i;
	int rc = 0;

	if (!doc_member(nib, "derived", &list))
		return 0;
	names = mem_array(NULL, s->nfields + s->nderived + 1, sizeof *names);
	for (i = 0; i < s->nfields; i++)
		names[i] = s->fields[i].name;
	header.names = names;
	for (i = 0; i < s->nderived && rc == 0; i++) {
		(void)doc_element(&list, i, &at);
		scope = spec_scope_new(s, &header, f);
		rc = scope == NULL ? -1 : compiles(&at, "expression",
		    s->derived[i].expression, expr_compile, scope, f);
		spec_scope_free(scope);
		names[header.n++] = s->derived[i].name;
	}
	free(names);
	return rc;
}

int
spec_check(const struct spec *s, struct fault *f)
{
	const char **names = mem_array(NULL, s->nfields, sizeof *names);
	struct csv_header header = { s->nfields, names };
	struct spec_scope *scope = NULL;
	struct doc_at root, nib, m;
	struct doc *doc;
	size_t i;
	int rc = -1;

	/* Again, for the places: it was read once, so it can be. */
	if ((doc = doc_parse(s->path, s->text, s->text_size, f)) == NULL)
		goto out;
	root = doc_root(doc);
	for (i = 0; i < s->nfields; i++)
		names[i] = s->fields[i].name;
	scope = spec_scope_new(s, &header, f);
	if (scope == NULL || check_fields(s, &root, scope, f) == -1)
		goto out;
	rc = 0;
	if (doc_member(&root, "nib", &nib)) {
		rc = -1;
		if (check_rules(s, &nib, scope, f) == -1 ||
		    check_derived(s, &nib, f) == -1)
			goto out;
		if (doc_member(&nib, "confidentiality", &m) &&
		    lists_open(&m, "withhold", &s->withhold, f) == -1)
			goto out;
		rc = 0;
	}
out:
	spec_scope_free(scope);
	doc_close(doc);
	free(names);
	return rc;
}
