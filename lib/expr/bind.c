/* Names, types, and what is refused before the first record. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/nearest.h"
#include "expr/node.h"


struct binder {
	struct expr *e;
	struct source s;
};

static int
is_text(const struct node *x)
{
	return x->kinds == KIND_TEXT;
}

static int
is_number(const struct node *x)
{
	return x->kinds != 0 && (x->kinds & ~KIND_NUMBER) == 0;
}

/* Why a text is not a number here, and what to do. */
static int
text_refused(struct binder *b, const struct node *x, const char *as)
{
	const struct expr_field *f;

	if (x->op != NODE_FIELD)
		return source_bad(&b->s, x->at, "this is a text and %s; "
		    "write CAST(... AS INTEGER) or REAL if it is a number",
		    as);
	f = &b->e->scope->fields[x->field];
	if (f->untyped)
		return source_bad(&b->s, x->at, "field %.60s has no type, so "
		    "it is a text, and %s; give -s SPEC, or write "
		    "CAST(%.60s AS INTEGER)", f->name, as, f->name);
	return source_bad(&b->s, x->at, "field %.60s is a text and %s; write "
	    "CAST(%.60s AS INTEGER) if it holds numbers", f->name, as,
	    f->name);
}

static int
need_number(struct binder *b, const struct node *x, const char *as)
{
	return is_text(x) ? text_refused(b, x, as) : 0;
}

static const char condition_use[] = "is used as a condition";

/* A date beside a literal that no date can begin with is a mistake. */
static int
date_literal(struct binder *b, const struct node *x, const struct node *lit)
{
	static const char shape[] = "dddd-dd-ddTdd:dd:dd";
	size_t i;

	if (lit->op != NODE_TEXT ||
	    (x->type != EXPR_DATE && x->type != EXPR_DATETIME))
		return 0;
	for (i = 0; i < lit->length; i++) {
		char c = lit->text[i];

		if (i >= sizeof shape - 1 || (shape[i] == 'd' ?
		    c < '0' || c > '9' : c != shape[i]))
			return source_bad(&b->s, lit->at, "not how a date "
			    "begins (YYYY-MM-DD)");
	}
	return 0;
}

static int
comparable(struct binder *b, const struct node *x, const struct node *y)
{
	const char *as = "is compared with a number";

	if (is_text(x) && is_number(y)) {
		if (x->op != NODE_FIELD && y->op == NODE_FIELD)
			return source_bad(&b->s, x->at, "field %.60s is a "
			    "number and is compared with a text; leave the "
			    "quotes out", b->e->scope->fields[y->field].name);
		return text_refused(b, x, as);
	}
	if (is_number(x) && is_text(y)) {
		if (y->op != NODE_FIELD && x->op == NODE_FIELD)
			return source_bad(&b->s, y->at, "field %.60s is a "
			    "number and is compared with a text; leave the "
			    "quotes out", b->e->scope->fields[x->field].name);
		return text_refused(b, y, as);
	}
	if (date_literal(b, x, y) == -1 || date_literal(b, y, x) == -1)
		return -1;
	return 0;
}

static int
is_word(const char *text, const char *word)
{
	for (; *text != '\0' || *word != '\0'; text++, word++)
		if ((*text >= 'a' && *text <= 'z' ? *text - 32 : *text) !=
		    *word)
			return 0;
	return 1;
}

long
expr_scope_field(const struct expr_scope *s, const char *name)
{
	size_t i, j;

	for (i = 0; i < s->n; i++)
		if (strcmp(s->fields[i].name, name) == 0)
			return (long)i;
	for (i = 0; i < s->n; i++)
		for (j = 0; s->fields[i].aliases != NULL &&
		    s->fields[i].aliases[j] != NULL; j++)
			if (strcmp(s->fields[i].aliases[j], name) == 0)
				return (long)i;
	return -1;
}

static int
unknown_field(struct binder *b, const struct node *x)
{
	const struct expr_scope *s = b->e->scope;
	const char **names, *quoted = "";
	char hint[NEAREST_HINT];
	size_t n = 0, i, j;
	int rc;

	for (i = 0; i < s->n; i++) {
		n++;
		for (j = 0; s->fields[i].aliases != NULL &&
		    s->fields[i].aliases[j] != NULL; j++)
			n++;
	}
	names = mem_array(NULL, n + 1, sizeof *names);
	for (i = n = 0; i < s->n; i++) {
		names[n++] = s->fields[i].name;
		for (j = 0; s->fields[i].aliases != NULL &&
		    s->fields[i].aliases[j] != NULL; j++)
			names[n++] = s->fields[i].aliases[j];
	}
	if (x->i == 1)
		quoted = " (a text goes into single quotes)";
	rc = source_bad(&b->s, x->at, "no field %.60s%s%s", x->text,
	    nearest_hint(x->text, names, n, hint), quoted);
	free(names);
	return rc;
}

static int
bind_field(struct binder *b, struct node *x)
{
	struct expr *e = b->e;
	const struct expr_field *f;
	size_t i;

	x->field = expr_scope_field(e->scope, x->text);
	if (x->field == -1) {
		if (x->i == 0 && (is_word(x->text, "TRUE") ||
		    is_word(x->text, "FALSE"))) {
			x->op = NODE_INT;
			x->i = is_word(x->text, "TRUE");
			x->kinds = KIND_INT;
			x->type = EXPR_INTEGER;
			return 0;
		}
		return unknown_field(b, x);
	}
	f = &e->scope->fields[x->field];
	x->type = f->type == EXPR_ANY && f->given == 0 ? EXPR_TEXT : f->type;
	if (f->given != 0)
		x->kinds = f->given & KIND_ANY;
	else
		x->kinds = x->type == EXPR_INTEGER ||
		    x->type == EXPR_BOOLEAN ? KIND_INT :
		    x->type == EXPR_NUMBER ? KIND_REAL : KIND_TEXT;
	for (i = 0; i < e->nreads; i++)
		if (e->reads[i] == (size_t)x->field)
			break;
	x->slot = i;
	if (i == e->nreads) {
		e->reads = mem_array(e->reads, i + 1, sizeof *e->reads);
		e->reads[e->nreads++] = (size_t)x->field;
	}
	return 0;
}

/* The type of what is one of several: theirs if they agree. */
static void
join(struct node *x, const struct node *kid)
{
	if (kid->op == NODE_NULL)
		return;
	if (x->kinds == 0) {
		x->type = kid->type;
	} else if (x->type != kid->type) {
		unsigned k = x->kinds | kid->kinds;

		x->type = k == KIND_TEXT ? EXPR_TEXT : k == KIND_INT ?
		    EXPR_INTEGER : (k & KIND_TEXT) == 0 ? EXPR_NUMBER :
		    EXPR_ANY;
	}
	x->kinds |= kid->kinds;
}

static void
give(struct node *x, unsigned kinds)
{
	x->kinds = kinds;
	x->type = kinds == KIND_INT ? EXPR_INTEGER : kinds == KIND_TEXT ?
	    EXPR_TEXT : kinds != 0 && (kinds & KIND_TEXT) == 0 ?
	    EXPR_NUMBER : kinds == 0 ? EXPR_TEXT : EXPR_ANY;
}

/* Refused by name, with a reason a person can use. */
static int
unknown_function(struct binder *b, const struct node *x)
{
	static const struct {
		const char *name, *why;
	} known[] = {
		{ "RANDOM", "not deterministic: the same input must give the "
		    "same output" },
		{ "RANDOMBLOB", "not deterministic" },
		{ "CHANGES", "not about a record" },
		{ "TOTAL_CHANGES", "not about a record" },
		{ "LAST_INSERT_ROWID", "not about a record" },
		{ "SQLITE_VERSION", "not about a record" },
		{ "LOAD_EXTENSION", "not allowed" },
		{ "COUNT", NULL }, { "SUM", NULL }, { "TOTAL", NULL },
		{ "AVG", NULL }, { "GROUP_CONCAT", NULL },
		{ "STRING_AGG", NULL }, { "ROW_NUMBER", NULL },
		{ "RANK", NULL }, { "DENSE_RANK", NULL }, { "LAG", NULL },
		{ "LEAD", NULL }, { "FIRST_VALUE", NULL },
		{ "LAST_VALUE", NULL }, { "NTILE", NULL },
	};
	const char *names[128], *near;
	size_t i, n;

	for (i = 0; i < sizeof known / sizeof known[0]; i++)
		if (is_word(x->text, known[i].name))
			return source_bad(&b->s, x->at, "%.40s(): %s", x->text,
			    known[i].why != NULL ? known[i].why :
			    "an expression sees one record, and this needs "
			    "many (nib-aggregate counts and sums)");
	for (n = 0; n < 127 && function_at(n) != NULL; n++)
		names[n] = function_at(n)->name;
	near = nearest(x->text, names, n);
	if (near != NULL)
		return source_bad(&b->s, x->at, "no function %.40s(); did you "
		    "mean %s()?", x->text, near);
	return source_bad(&b->s, x->at, "no function %.40s()", x->text);
}

/* A time value or modifier that is written out and needs the clock. */
static int
clock_refused(struct binder *b, const struct node *x)
{
	static const char *const words[] = { "NOW", "LOCALTIME", "UTC",
		"SUBSEC", "SUBSECOND" };
	size_t i;

	for (i = 0; i < sizeof words / sizeof words[0]; i++)
		if (x->op == NODE_TEXT && is_word(x->text, words[i]))
			return source_bad(&b->s, x->at, "'%s' needs the clock "
			    "or its zone: the same input must give the same "
			    "output", x->text);
	return 0;
}

static int
bind_codelist(struct binder *b, struct node *x)
{
	const struct expr_scope *s = b->e->scope;
	const struct node *name = x->kids[1];

	if (name->op != NODE_TEXT)
		return source_bad(&b->s, name->at, "the code list's name goes "
		    "here, in single quotes");
	if (s->codelist == NULL || s->codelist_has == NULL)
		return source_bad(&b->s, x->at, "no code lists here");
	x->codelist = s->codelist(s->arg, name->text, b->s.f);
	if (x->codelist == NULL)
		return source_bad(&b->s, name->at, "no code list %.60s",
		    name->text);
	b->e->codelists = mem_array(b->e->codelists, b->e->ncodelists + 1,
	    sizeof *b->e->codelists);
	x->i = (int64_t)b->e->ncodelists;
	b->e->codelists[b->e->ncodelists++] = x->codelist;
	return 0;
}

/* GLOB's * and ? over a name. */
static int
globbed(const char *p, const char *s)
{
	for (; *p != '\0'; p++, s++) {
		if (*p == '*') {
			for (p++;; s++) {
				if (globbed(p, s))
					return 1;
				if (*s == '\0')
					return 0;
			}
		}
		if (*s == '\0' || (*p != '?' && *p != *s))
			return 0;
	}
	return *s == '\0';
}

/* fields('DIAG_*') among arguments becomes the fields of such names. */
static int
expand(struct binder *b, struct node *x)
{
	const struct expr_scope *s = b->e->scope;
	struct node **kids, *field;
	size_t i, k, n = 0;
	int some = 0;

	for (i = 0; i < x->n; i++)
		some |= x->kids[i]->op == NODE_CALL &&
		    is_word(x->kids[i]->text, "FIELDS");
	if (!some)
		return 0;
	kids = arena_alloc(&b->e->memory, (x->n * (s->n + 1) + 1) *
	    sizeof(struct node *));
	for (i = 0; i < x->n; i++) {
		const struct node *call = x->kids[i];
		size_t before = n;

		if (call->op != NODE_CALL || !is_word(call->text, "FIELDS")) {
			kids[n++] = x->kids[i];
			continue;
		}
		if (call->n != 1 || call->kids[0]->op != NODE_TEXT)
			return source_bad(&b->s, call->at, "fields() takes a "
			    "pattern of names, with * and ?, in single "
			    "quotes");
		if (strlen(call->kids[0]->text) > 100)
			return source_bad(&b->s, call->at, "a long pattern");
		for (k = 0; k < s->n; k++) {
			if (!globbed(call->kids[0]->text, s->fields[k].name))
				continue;
			field = arena_alloc(&b->e->memory, sizeof *field);
			memset(field, 0, sizeof *field);
			field->op = NODE_FIELD;
			field->at = call->at;
			field->text = s->fields[k].name;
			field->length = strlen(field->text);
			field->i = 1; /* a name, not TRUE or FALSE */
			kids[n++] = field;
		}
		if (n == before)
			return source_bad(&b->s, call->at, "no field is "
			    "called like that");
	}
	x->kids = kids;
	x->n = n;
	return 0;
}

/* The words of "quan flat": the set of weights, and flat. */
static int
weights_of(struct binder *b, const struct node *lit, char name[64],
    int *flat)
{
	const char *p = lit->text;
	size_t n;

	name[0] = '\0';
	*flat = 0;
	while (*p != '\0') {
		n = strcspn(p, " ");
		if (n == 4 && memcmp(p, "flat", 4) == 0)
			*flat = 1;
		else if (n > 0 && (n > 63 || name[0] != '\0'))
			return source_bad(&b->s, lit->at, "weights are the "
			    "name of a set, and the word flat or not");
		else if (n > 0)
			(void)snprintf(name, 64, "%.*s", (int)n, p);
		p += n;
		p += *p == ' ';
	}
	return 0;
}

static int
bind_score(struct binder *b, struct node *x)
{
	const char *name = x->function->name;
	int has = strcmp(name, "has_condition") == 0, flat = 0;
	struct score_use use = { NULL, -1 };
	struct expr *e = b->e;
	struct fault inner = FAULT_NONE;
	char weights[64] = "";
	size_t lead = 0, i;

	if (has || strcmp(name, "score") == 0) {
		if (x->kids[0]->op != NODE_TEXT ||
		    (has && x->kids[1]->op != NODE_TEXT))
			return source_bad(&b->s, x->kids[0]->at, "the name of "
			    "a score%s goes here, in single quotes",
			    has ? " and of its condition" : "");
		name = x->kids[0]->text;
		lead = has ? 2 : 1;
	}
	if (!has && lead < x->n && x->kids[lead]->op == NODE_TEXT &&
	    weights_of(b, x->kids[lead++], weights, &flat) == -1)
		return -1;
	if (lead == x->n)
		return source_bad(&b->s, x->at, "%s() needs fields of codes",
		    x->function->name);
	for (i = lead; i < x->n; i++)
		if (is_number(x->kids[i]))
			return source_bad(&b->s, x->kids[i]->at, "a number is "
			    "not a diagnosis code");
	use.score = score_open(name, weights[0] != '\0' ? weights : NULL,
	    flat, b->s.f);
	if (use.score == NULL)
		return -1;
	e->scores = mem_array(e->scores, e->nscores + 1, sizeof *e->scores);
	x->i = (int64_t)e->nscores;
	e->scores[e->nscores++] = use;
	if (has) {
		long c = score_condition(use.score, x->kids[1]->text,
		    &inner);

		if (c == -1)
			return source_bad(&b->s, x->kids[1]->at, "%s",
			    inner.what);
		e->scores[x->i].condition = c;
	}
	x->kids += lead;
	x->n -= lead;
	give(x, has || score_whole(use.score) ? KIND_INT : KIND_REAL);
	return 0;
}

static int
bind_bands(struct binder *b, struct node *x)
{
	struct expr *e = b->e;
	const struct bands *bands;
	const char *why = "";

	if (need_number(b, x->kids[0], "goes into age_band()") == -1)
		return -1;
	if (x->kids[1]->op != NODE_TEXT)
		return source_bad(&b->s, x->kids[1]->at, "the bands go here, "
		    "in single quotes");
	bands = scalar_bands(x->kids[1]->text, &e->memory, &why);
	if (bands == NULL)
		return source_bad(&b->s, x->kids[1]->at, "%s", why);
	e->bands = mem_array(e->bands, e->nbands + 1, sizeof *e->bands);
	x->i = (int64_t)e->nbands;
	e->bands[e->nbands++] = bands;
	x->n = 1;
	return 0;
}

static int
bind_call(struct binder *b, struct node *x)
{
	const struct function *f = function_find(x->text);
	char as[80];
	size_t i;

	if (f == NULL)
		return unknown_function(b, x);
	x->function = f;
	if ((f->id == FUNCTION_MIN || f->id == FUNCTION_MAX) && x->n == 1)
		return source_bad(&b->s, x->at, "%s() of one value would be "
		    "over many records; an expression sees one", f->name);
	if (f->clock && x->n < (size_t)f->least)
		return source_bad(&b->s, x->at, "%s() without a time value "
		    "would be the clock's: the same input must give the same "
		    "output", f->name);
	if (x->n < (size_t)f->least || x->n > (size_t)f->most)
		return f->least == f->most ?
		    source_bad(&b->s, x->at, "%s() takes %d argument%s",
		    f->name, f->least, f->least == 1 ? "" : "s") :
		    source_bad(&b->s, x->at, "%s() takes %d to %d arguments",
		    f->name, f->least, f->most);
	(void)snprintf(as, sizeof as, "goes into %s()", f->name);
	for (i = 0; i < x->n; i++) {
		const struct node *k = x->kids[i];

		if (f->wants == 'n' && need_number(b, k, as) == -1)
			return -1;
		if (f->wants == 'd' && is_number(k))
			return source_bad(&b->s, k->at, "%s() takes dates, "
			    "and this is a number", f->name);
		if (f->wants == 'd' && k->op == NODE_TEXT &&
		    scalar_day(k->text, k->length) == -1)
			return source_bad(&b->s, k->at,
			    "not a date (YYYY-MM-DD)");
		if (f->wants == 'c' && i > 0 &&
		    comparable(b, x->kids[0], k) == -1)
			return -1;
		if (f->clock && clock_refused(b, k) == -1)
			return -1;
	}
	switch (f->id) {
	case FUNCTION_IIF:
		if (need_number(b, x->kids[0], condition_use) == -1)
			return -1;
		join(x, x->kids[1]);
		join(x, x->kids[2]);
		return 0;
	case FUNCTION_NULLIF:
	case FUNCTION_ABS:
		join(x, x->kids[0]);
		if (f->id == FUNCTION_ABS)
			give(x, x->kinds & KIND_NUMBER ?
			    x->kinds & KIND_NUMBER : KIND_NUMBER);
		return 0;
	case FUNCTION_SUBSTR:
		(void)snprintf(as, sizeof as, "counts characters of %s()",
		    f->name);
		for (i = 1; i < x->n; i++)
			if (need_number(b, x->kids[i], as) == -1)
				return -1;
		break;
	case FUNCTION_IN_CODELIST:
		if (bind_codelist(b, x) == -1)
			return -1;
		break;
	case FUNCTION_AGE_BAND:
		if (bind_bands(b, x) == -1)
			return -1;
		break;
	case FUNCTION_SCORE:
		return bind_score(b, x);
	case FUNCTION_FIELDS:
		return source_bad(&b->s, x->at, "fields() stands among the "
		    "arguments of another function");
	default:
		break;
	}
	if (f->kinds != 0) {
		give(x, f->kinds);
		return 0;
	}
	for (i = 0; i < x->n; i++)
		join(x, x->kids[i]);
	return 0;
}

static int
bind_regexp(struct binder *b, struct node *x)
{
	const struct node *pattern = x->kids[1];
	struct regexp *r;
	char why[128];
	size_t at;

	if (pattern->op != NODE_TEXT)
		return source_bad(&b->s, pattern->at, "the pattern of REGEXP "
		    "is written out, in single quotes");
	if ((r = regexp_new(pattern->text, pattern->length, &at, why)) ==
	    NULL)
		return source_bad(&b->s, pattern->at, "bad pattern, at its "
		    "character %zu: %s", at, why);
	b->e->regexps = mem_array(b->e->regexps, b->e->nregexps + 1,
	    sizeof *b->e->regexps);
	x->regexp = r;
	x->i = (int64_t)b->e->nregexps;
	b->e->regexps[b->e->nregexps++] = r;
	return 0;
}

static int
bind_case(struct binder *b, struct node *x)
{
	size_t i = x->i != 0, whens = (x->n - i) / 2;

	for (; whens > 0; whens--, i += 2) {
		if (x->i != 0 ?
		    comparable(b, x->kids[0], x->kids[i]) == -1 :
		    need_number(b, x->kids[i], condition_use) == -1)
			return -1;
		join(x, x->kids[i + 1]);
	}
	if (i < x->n)
		join(x, x->kids[i]);
	return 0;
}

static int
bind(struct binder *b, struct node *x)
{
	static const char arithmetic[] = "is used in arithmetic";
	size_t i;

	if (x->op == NODE_CALL && expand(b, x) == -1)
		return -1;
	for (i = 0; i < x->n; i++)
		if (bind(b, x->kids[i]) == -1)
			return -1;
	switch (x->op) {
	case NODE_NULL:
		x->kinds = 0;
		x->type = EXPR_TEXT;
		return 0;
	case NODE_INT:
		give(x, KIND_INT);
		return 0;
	case NODE_REAL:
		give(x, KIND_REAL);
		return 0;
	case NODE_TEXT:
		give(x, KIND_TEXT);
		return 0;
	case NODE_FIELD:
		return bind_field(b, x);
	case NODE_PLUS:
		x->kinds = x->kids[0]->kinds;
		x->type = x->kids[0]->type;
		return need_number(b, x->kids[0], arithmetic);
	case NODE_NEG:
	case NODE_ADD:
	case NODE_SUB:
	case NODE_MUL:
	case NODE_DIV:
	case NODE_MOD:
		for (i = 0; i < x->n; i++)
			if (need_number(b, x->kids[i], arithmetic) == -1)
				return -1;
		/* Integers that overflow become reals. */
		for (i = 0; i < x->n; i++)
			join(x, x->kids[i]);
		x->type = x->kinds == KIND_INT ? EXPR_INTEGER : EXPR_NUMBER;
		x->kinds = x->kinds == KIND_REAL ? KIND_REAL : KIND_NUMBER;
		return 0;
	case NODE_BITNOT:
	case NODE_BITAND:
	case NODE_BITOR:
	case NODE_LSHIFT:
	case NODE_RSHIFT:
		for (i = 0; i < x->n; i++)
			if (need_number(b, x->kids[i], arithmetic) == -1)
				return -1;
		give(x, KIND_INT);
		return 0;
	case NODE_CONCAT:
	case NODE_ARROW:
		give(x, KIND_TEXT);
		return 0;
	case NODE_ARROW2:
		give(x, KIND_ANY);
		return 0;
	case NODE_IS:
		if (x->kids[1]->op == NODE_NULL) {
			x->op = NODE_ISNULL;
			x->n = 1;
		} else if (x->kids[1]->op == NODE_INT &&
		    x->kids[1]->text != NULL) {
			/* The word TRUE or FALSE, and no field. */
			x->op = NODE_TRUTH;
			x->i = x->kids[1]->i;
			x->n = 1;
			if (need_number(b, x->kids[0], condition_use) == -1)
				return -1;
		} else if (comparable(b, x->kids[0], x->kids[1]) == -1) {
			return -1;
		}
		give(x, KIND_INT);
		return 0;
	case NODE_LT:
	case NODE_LE:
	case NODE_GT:
	case NODE_GE:
	case NODE_EQ:
	case NODE_NE:
	case NODE_IN:
	case NODE_BETWEEN:
		for (i = 1; i < x->n; i++) {
			if (comparable(b, x->kids[0], x->kids[i]) == -1)
				return -1;
			if (x->op != NODE_IN && x->n == 2 &&
			    x->kids[1]->op == NODE_NULL)
				return source_bad(&b->s, x->at, "a comparison "
				    "with NULL is never true; write IS NULL");
		}
		give(x, KIND_INT);
		return 0;
	case NODE_NOT:
	case NODE_TRUTH:
	case NODE_AND:
	case NODE_OR:
		for (i = 0; i < x->n; i++)
			if (need_number(b, x->kids[i], condition_use) == -1)
				return -1;
		give(x, KIND_INT);
		return 0;
	case NODE_REGEXP:
		give(x, KIND_INT);
		return bind_regexp(b, x);
	case NODE_ISNULL:
	case NODE_LIKE:
	case NODE_GLOB:
		give(x, KIND_INT);
		return 0;
	case NODE_CASE:
		return bind_case(b, x);
	case NODE_CAST:
		give(x, x->i == CAST_INTEGER ? KIND_INT : x->i == CAST_REAL ?
		    KIND_REAL : x->i == CAST_TEXT ? KIND_TEXT : KIND_NUMBER);
		return 0;
	case NODE_COLLATE:
		x->kinds = x->kids[0]->kinds;
		x->type = x->kids[0]->type;
		return 0;
	case NODE_CALL:
		return bind_call(b, x);
	}
	return 0;
}

int
bind_expression(struct expr *e, struct fault *f)
{
	struct binder b = { e, { e->text, &e->memory, f } };

	return bind(&b, e->root);
}
