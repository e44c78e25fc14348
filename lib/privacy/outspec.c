/* The specification of what comes out of the gate. */
#include "privacy/outspec.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/jsonout.h"
#include "base/mem.h"
#include "privacy/gate_parts.h"
#include "spec/doc.h"

/* What a field is afterwards. */
enum fate { GONE, KEPT, TOKEN, CHANGED };

struct out {
	const struct gate_options *o;
	const struct spec *spec;
	struct treat *treats; /* by field */
	enum fate *fates;
	unsigned char *derived; /* kept? by derived field */
	struct arena arena;
	struct doc *doc;
	struct jsonout j;
	struct buf *left_out;
};

static enum fate
fate_of(enum treat_kind k)
{
	switch (k) {
	case TREAT_DROP:
		return GONE;
	case TREAT_KEEP:
	case TREAT_TOP:
	case TREAT_BOTTOM:
	case TREAT_DATE_SHIFT:
	case TREAT_BLANK_CODES:
		return KEPT;
	case TREAT_PSEUDONYM:
	case TREAT_REVERSIBLE:
	case TREAT_ESCROW:
		return TOKEN;
	default:
		return CHANGED;
	}
}

/* What a changed field holds: its type, and words for its title. */
static const char *
becomes(enum treat_kind k, const char **words)
{
	switch (k) {
	case TREAT_YEAR:
		*words = "year";
		return "year";
	case TREAT_MONTH:
		*words = "month";
		return "yearmonth";
	case TREAT_QUARTER:
		*words = "quarter";
		return "string";
	case TREAT_AGE:
		*words = "age in years";
		return "integer";
	case TREAT_AGE_BAND:
		*words = "age band";
		return "string";
	case TREAT_DISTRICT:
		*words = "district";
		return "string";
	case TREAT_SECTOR:
		*words = "sector";
		return "string";
	case TREAT_TRUNCATE:
		*words = "beginning";
		return "string";
	case TREAT_BAND:
		*words = "band";
		return "string";
	case TREAT_BLANK:
		*words = "empty";
		return "string";
	default:
		*words = "pseudonym";
		return "string";
	}
}

static int
treat_fields(struct out *x, struct fault *f)
{
	unsigned char *used = mem_zero(x->o->noverrides + 1, 1);
	const char *text;
	size_t i;
	int rc = 0;

	for (i = 0; i < x->spec->nfields && rc == 0; i++) {
		const struct spec_field *s = &x->spec->fields[i];

		text = gate_treatment(x->o, s->name, s, used);
		if (text == NULL)
			rc = fault_set(f, "no treatment is given for %s",
			    s->name);
		else
			rc = treat_parse(text, &x->treats[i], f);
		if (rc == -1)
			fault_place(f, x->spec->path, 0, 0, 0, s->name);
		x->fates[i] = fate_of(x->treats[i].kind);
	}
	free(used);
	return rc;
}

/* Does an expression read only what is as it was? */
static int
stands(const struct out *x, const char *expression, size_t nderived)
{
	struct csv_header full = { 0, NULL };
	struct spec_scope *scope;
	struct expr *e = NULL;
	const size_t *reads;
	size_t i, n;
	int ok = 0;

	full.names = mem_array(NULL, x->spec->nfields + nderived + 1,
	    sizeof *full.names);
	for (i = 0; i < x->spec->nfields; i++)
		full.names[full.n++] = x->spec->fields[i].name;
	for (i = 0; i < nderived; i++)
		full.names[full.n++] = x->spec->derived[i].name;
	scope = spec_scope_new(x->spec, &full, NULL);
	if (scope != NULL)
		e = expr_compile(expression, spec_scope_expr(scope), NULL);
	if (e != NULL) {
		ok = 1;
		reads = expr_fields(e, &n);
		for (i = 0; i < n; i++)
			ok &= reads[i] >= x->spec->nfields ?
			    x->derived[reads[i] - x->spec->nfields] :
			    x->fates[reads[i]] == KEPT;
	}
	expr_free(e);
	spec_scope_free(scope);
	free(full.names);
	return ok;
}

/* Are these fields there, as they were or as tokens? */
static int
all_there(const struct out *x, const struct spec_key *k)
{
	size_t i;

	for (i = 0; i < k->n; i++)
		if (x->fates[k->fields[i]] != KEPT &&
		    x->fates[k->fields[i]] != TOKEN)
			return 0;
	return 1;
}

static void
copy(struct out *x, const struct doc_at *from, const char *name)
{
	struct doc_at at;

	if (doc_member(from, name, &at))
		jsonout_raw(&x->j, name, doc_json(&at, &x->arena));
}

static void
copy_all(struct out *x, const struct doc_at *from, const char *const *names)
{
	for (; *names != NULL; names++)
		copy(x, from, *names);
}

static const char *
privacy_of(const struct spec_field *s, enum fate fate)
{
	static const char *const names[] = { "none", "quasi", "sensitive",
		"identifier" };

	if (fate == TOKEN)
		return "none";
	return s->privacy == SPEC_PRIVACY_IDENTIFIER && fate == CHANGED ?
	    "quasi" : names[s->privacy];
}

/* A token of an NHS number is the person, if no other field is. */
static const char *
role_of(const struct out *x, const struct spec_field *s, enum fate fate)
{
	long person = spec_role_field(x->spec, SPEC_ROLE_PERSON);

	if (s->role == SPEC_ROLE_NONE)
		return NULL;
	if (fate == KEPT)
		return spec_role_name(s->role);
	if (fate == CHANGED)
		return NULL;
	switch (s->role) {
	case SPEC_ROLE_NHS_NUMBER:
		return person == -1 || x->fates[person] == GONE ? "person" :
		    NULL;
	case SPEC_ROLE_PERSON:
	case SPEC_ROLE_RECORD:
	case SPEC_ROLE_PROVIDER:
	case SPEC_ROLE_COMMISSIONER:
		return spec_role_name(s->role);
	default:
		return NULL;
	}
}

static void
kept_field(struct out *x, size_t i, const struct doc_at *at)
{
	static const char *const before[] = { "name", "title", "description",
		"type", "format", "decimalChar", "groupChar", "bareNumber",
		"trueValues", "falseValues", "delimiter", "itemType",
		"categories", "missingValues", NULL };
	static const char *const own[] = { "element", "aliases", "codelist",
		"codelistPrefix", "defaults", "check", "privacy", "role",
		"unit", "scale", "source", "clean", NULL };
	const struct spec_field *s = &x->spec->fields[i];
	int may_be_empty = x->treats[i].kind == TREAT_BLANK_CODES ||
	    ((x->spec->withhold.n > 0 || x->o->nwithhold > 0) &&
	    gate_is_identity(s));
	struct doc_at nib;

	copy_all(x, at, before);
	if (!may_be_empty && x->treats[i].kind != TREAT_DATE_SHIFT)
		copy(x, at, "constraints");
	jsonout_open(&x->j, "nib", '{');
	if (doc_member(at, "nib", &nib)) {
		copy_all(x, &nib, own);
		if (s->applies != NULL && stands(x, s->applies, 0))
			copy(x, &nib, "applies");
	}
	jsonout_string(&x->j, "treatment", "keep");
	jsonout_close(&x->j, '}');
}

static void
changed_field(struct out *x, size_t i, const struct doc_at *at)
{
	const struct spec_field *s = &x->spec->fields[i];
	enum fate fate = x->fates[i];
	const char *words, *type = becomes(x->treats[i].kind, &words);
	const char *role = role_of(x, s, fate);
	struct doc_at nib;
	char *title;

	title = mem_printf("%s: %s%s%s", s->title != NULL ? s->title :
	    s->name, words, x->treats[i].kind == TREAT_AGE ||
	    x->treats[i].kind == TREAT_AGE_BAND ? " at " : "",
	    x->treats[i].kind == TREAT_AGE ||
	    x->treats[i].kind == TREAT_AGE_BAND ? x->treats[i].word : "");
	jsonout_string(&x->j, "name", s->name);
	jsonout_string(&x->j, "title", title);
	jsonout_string(&x->j, "type", type);
	jsonout_open(&x->j, "nib", '{');
	if (doc_member(at, "nib", &nib))
		copy(x, &nib, "aliases");
	jsonout_string(&x->j, "privacy", privacy_of(s, fate));
	if (role != NULL)
		jsonout_string(&x->j, "role", role);
	jsonout_string(&x->j, "treatment", "keep");
	jsonout_close(&x->j, '}');
	free(title);
}

static void
plain_field(struct out *x, const char *name, const char *title)
{
	jsonout_open(&x->j, NULL, '{');
	jsonout_string(&x->j, "name", name);
	jsonout_string(&x->j, "title", title);
	jsonout_string(&x->j, "type", "string");
	jsonout_open(&x->j, "nib", '{');
	jsonout_string(&x->j, "treatment", "keep");
	jsonout_close(&x->j, '}');
	jsonout_close(&x->j, '}');
}

/* Columns that only --treat and --encode know. */
static int
more_fields(struct out *x, struct fault *f)
{
	const struct gate_options *o = x->o;
	struct treat t;
	size_t i, n;
	char *name;
	int rc = 0;

	for (i = 0; i < o->noverrides && rc == 0; i++) {
		n = strcspn(o->overrides[i], "=");
		name = mem_strndup(o->overrides[i], n);
		if (n == 0 || o->overrides[i][n] == '\0')
			rc = fault_set(f, "--treat needs FIELD=TREATMENT");
		else
			rc = treat_parse(o->overrides[i] + n + 1, &t, f);
		if (rc == 0 && spec_field_index(x->spec, name) == -1 &&
		    t.kind != TREAT_DROP)
			plain_field(x, name, name);
		free(name);
	}
	if (rc == 0 && o->encode != NULL) {
		name = mem_strndup(o->encode, strcspn(o->encode, "="));
		plain_field(x, name, "Bloom filter of a person, in base64");
		free(name);
	}
	return rc;
}

static int
put_fields(struct out *x, const struct doc_at *root, struct fault *f)
{
	struct doc_at list, at;
	size_t i;
	int rc;

	jsonout_open(&x->j, "fields", '[');
	for (i = 0; doc_member(root, "fields", &list) &&
	    doc_element(&list, i, &at); i++) {
		if (x->fates[i] == GONE)
			continue;
		jsonout_open(&x->j, NULL, '{');
		if (x->fates[i] == KEPT)
			kept_field(x, i, &at);
		else
			changed_field(x, i, &at);
		jsonout_close(&x->j, '}');
	}
	rc = more_fields(x, f);
	jsonout_close(&x->j, ']');
	return rc;
}

/* Of an array of the document the elements that are wanted. */
static void
put_some(struct out *x, const struct doc_at *from, const char *name,
    const unsigned char *wanted, size_t n)
{
	struct doc_at list, at;
	size_t i;

	if (n == 0 || !doc_member(from, name, &list) ||
	    memchr(wanted, 1, n) == NULL)
		return;
	jsonout_open(&x->j, name, '[');
	for (i = 0; i < n && doc_element(&list, i, &at); i++)
		if (wanted[i])
			jsonout_raw(&x->j, NULL, doc_json(&at, &x->arena));
	jsonout_close(&x->j, ']');
}

static void
put_keys(struct out *x, const struct doc_at *root)
{
	const struct spec *s = x->spec;
	unsigned char *wanted = mem_zero(s->nunique + 1, 1);
	size_t i;

	if (s->primary.n > 0 && all_there(x, &s->primary))
		copy(x, root, "primaryKey");
	for (i = 0; i < s->nunique; i++)
		wanted[i] = all_there(x, &s->unique_keys[i]) != 0;
	put_some(x, root, "uniqueKeys", wanted, s->nunique);
	free(wanted);
}

static void
leave_out(struct out *x, const char *name)
{
	if (x->left_out == NULL)
		return;
	if (x->left_out->n > 0)
		buf_puts(x->left_out, ", ");
	buf_puts(x->left_out, name);
}

/* A rule over a group or another table is for before the gate. */
static int
rule_stands(const struct out *x, const struct spec_rule *r)
{
	return spec_rule_kind(r) == SPEC_RULE_RECORD &&
	    stands(x, r->expression, 0);
}

static void
put_nib(struct out *x, const struct doc_at *root)
{
	static const char *const own[] = { "version", "review", "source",
		"clean", NULL };
	const struct spec *s = x->spec;
	unsigned char *wanted = mem_zero(s->nderived + s->nrules +
	    s->nquality + 1, 1);
	struct doc_at nib;
	size_t i;
	long k;

	if (!doc_member(root, "nib", &nib))
		goto out;
	jsonout_open(&x->j, "nib", '{');
	copy_all(x, &nib, own);
	put_some(x, &nib, "derived", x->derived, s->nderived);
	for (i = 0; i < s->nrules; i++)
		if (!(wanted[i] = rule_stands(x, &s->rules[i]) != 0))
			leave_out(x, s->rules[i].id);
	put_some(x, &nib, "rules", wanted, s->nrules);
	for (i = 0; i < s->nquality; i++) {
		k = spec_field_index(s, s->quality[i].field);
		wanted[i] = k != -1 && x->fates[k] == KEPT;
	}
	put_some(x, &nib, "quality", wanted, s->nquality);
	jsonout_close(&x->j, '}');
out:
	free(wanted);
}

int
outspec_put(const struct gate_options *o, struct buf *to,
    struct buf *left_out, struct fault *f)
{
	struct out x = { .o = o, .spec = o->spec, .left_out = left_out,
		.j = { to, 1, 0, 0 } };
	const struct spec *s = o->spec;
	struct doc_at root;
	char *title;
	size_t i;
	int rc = -1;

	x.treats = mem_zero(s->nfields, sizeof *x.treats);
	x.fates = mem_zero(s->nfields, sizeof *x.fates);
	x.derived = mem_zero(s->nderived + 1, 1);
	x.doc = doc_parse(s->path, s->text, s->text_size, f);
	if (x.doc == NULL || treat_fields(&x, f) == -1)
		goto out;
	for (i = 0; i < s->nderived; i++)
		if (!(x.derived[i] = stands(&x, s->derived[i].expression,
		    i) != 0))
			leave_out(&x, s->derived[i].name);
	root = doc_root(x.doc);
	title = mem_printf("%s, pseudonymised", s->title != NULL ? s->title :
	    s->name);
	jsonout_open(&x.j, NULL, '{');
	jsonout_string(&x.j, "name", s->name);
	jsonout_string(&x.j, "title", title);
	free(title);
	copy(&x, &root, "description");
	copy(&x, &root, "fieldsMatch");
	copy(&x, &root, "missingValues");
	rc = put_fields(&x, &root, f);
	put_keys(&x, &root);
	put_nib(&x, &root);
	jsonout_close(&x.j, '}');
out:
	doc_close(x.doc);
	arena_free(&x.arena);
	free(x.derived);
	free(x.fates);
	free(x.treats);
	return rc;
}
