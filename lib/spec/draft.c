/* Help with specifications. */
#include "spec/draft.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/jsonout.h"
#include "base/mem.h"
#include "check/check.h"
#include "spec/types.h"

static void
put_list(struct buf *b, const char *what, const struct spec_strings *s)
{
	size_t i;

	if (s->n == 0)
		return;
	buf_printf(b, "  %s", what);
	for (i = 0; i < s->n; i++)
		buf_printf(b, "%s %s", i > 0 ? "," : "",
		    s->v[i][0] != '\0' ? s->v[i] : "(empty)");
	buf_putc(b, '\n');
}

static void
put_line(struct buf *b, const char *what, const char *value)
{
	if (value != NULL && value[0] != '\0')
		buf_printf(b, "  %s %s\n", what, value);
}

static void
put_number(struct buf *b, const char *what, int64_t value)
{
	if (value >= 0)
		buf_printf(b, "  %s %lld\n", what, (long long)value);
}

/* Does an expression name the field, as a word of its own? */
static int
names_field(const char *expression, const char *name)
{
	static const char word[] = "abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";
	size_t n = strlen(name);
	const char *p = expression;

	while ((p = strstr(p, name)) != NULL) {
		if ((p == expression || strchr(word, p[-1]) == NULL) &&
		    (p[n] == '\0' || strchr(word, p[n]) == NULL))
			return 1;
		p++;
	}
	return 0;
}

static int
in_key(const struct spec_key *k, size_t field)
{
	size_t i;

	for (i = 0; i < k->n; i++)
		if (k->fields[i] == field)
			return 1;
	return 0;
}

void
draft_explain(const struct spec *s, size_t i, struct buf *b)
{
	const struct spec_field *f = &s->fields[i];
	size_t k;

	buf_printf(b, "%s", f->name);
	if (f->title != NULL)
		buf_printf(b, ": %s", f->title);
	buf_putc(b, '\n');
	put_line(b, "about:", f->description);
	put_list(b, "also called:", &f->aliases);
	put_line(b, "type:", spec_type_name(f->type));
	put_line(b, "format:", f->format);
	put_list(b, "missing when:", &f->missing);
	put_list(b, "read as missing:", &f->clean);
	if (f->required)
		buf_puts(b, "  required\n");
	put_line(b, "applies where:", f->applies);
	if (f->unique)
		buf_puts(b, "  unique\n");
	put_number(b, "least length:", f->min_length);
	put_number(b, "greatest length:", f->max_length);
	put_line(b, "minimum:", f->minimum);
	put_line(b, "maximum:", f->maximum);
	put_line(b, "more than:", f->exclusive_minimum);
	put_line(b, "less than:", f->exclusive_maximum);
	put_line(b, "whole value matches:", f->pattern);
	put_line(b, "fits the JSON Schema:", f->json_schema);
	if (f->has_enum)
		put_list(b, "one of:", &f->enumeration);
	put_list(b, "categories:", &f->categories);
	put_list(b, "in code list:", &f->codelists);
	if (f->codelist_prefix > 0)
		buf_printf(b, "  code: the first %zu characters\n",
		    f->codelist_prefix);
	put_line(b, "codes with days hold on:", f->codelist_date);
	put_list(b, "or a default of:", &f->defaults);
	if (f->check != NULL && check_find(f->check) >= 0)
		buf_printf(b, "  check: %s (a cell that fails is %s)\n",
		    f->check, check_what((enum check_kind)
		    check_find(f->check)));
	if (in_key(&s->primary, i))
		buf_puts(b, "  in the primary key: required\n");
	for (k = 0; k < s->nunique; k++)
		if (in_key(&s->unique_keys[k], i))
			buf_puts(b, "  in a unique key\n");
	for (k = 0; k < s->nrules; k++)
		if (names_field(s->rules[k].expression, f->name))
			buf_printf(b, "  rule %s (%s): %s\n    %s\n",
			    s->rules[k].id, s->rules[k].severity ==
			    SPEC_ERROR ? "error" : "warning",
			    s->rules[k].message != NULL ?
			    s->rules[k].message : "",
			    s->rules[k].expression);
}

/* Types in the order of what is proposed first. */
static const struct spec_field candidates[] = {
	{ .name = "x", .type = SPEC_INTEGER, .bare_number = 1 },
	{ .name = "x", .type = SPEC_NUMBER, .bare_number = 1 },
	{ .name = "x", .type = SPEC_DATE },
	{ .name = "x", .type = SPEC_DATE, .format = "%d/%m/%Y" },
	{ .name = "x", .type = SPEC_DATETIME },
	{ .name = "x", .type = SPEC_TIME },
	{ .name = "x", .type = SPEC_TIME, .format = "%H:%M" },
	{ .name = "x", .type = SPEC_YEARMONTH },
};
#define NCANDIDATES (sizeof candidates / sizeof candidates[0])

/* Identifiers with a check digit or a form of their own. */
static const enum check_kind checks[] = { CHECK_NHS_NUMBER, CHECK_SCTID,
	CHECK_POSTCODE };
#define NCHECKS (sizeof checks / sizeof checks[0])

struct seen {
	uint64_t filled;
	unsigned fits, passes; /* bit per candidate, per check */
	int leading_zero;
	size_t longest; /* characters */
};

static void
look(struct seen *s, struct type *const *types, const char *p, size_t n)
{
	size_t k, chars;

	if (n == 0)
		return;
	s->filled++;
	chars = type_characters(p, n);
	if (chars > s->longest)
		s->longest = chars;
	if (n > 1 && p[0] == '0' && p[1] != '.')
		s->leading_zero = 1;
	for (k = 0; k < NCANDIDATES; k++)
		if ((s->fits >> k & 1) && !type_ok(types[k], p, n))
			s->fits &= ~(1U << k);
	for (k = 0; k < NCHECKS; k++)
		if ((s->passes >> k & 1) && !check_ok(checks[k], p, n))
			s->passes &= ~(1U << k);
}

static void
put_field(struct jsonout *j, const char *name, const struct seen *s,
    uint64_t records)
{
	const struct spec_field *proposed = NULL;
	const char *check = NULL;
	char text[160];
	size_t k;

	/* One cell may pass a check by chance. */
	for (k = 0; k < NCHECKS && check == NULL; k++)
		if (s->filled > 1 && (s->passes >> k & 1))
			check = check_name(checks[k]);
	for (k = 0; k < NCANDIDATES && proposed == NULL; k++)
		if (check == NULL && s->filled > 0 && (s->fits >> k & 1) &&
		    !(k < 2 && s->leading_zero))
			proposed = &candidates[k];
	jsonout_open(j, NULL, '{');
	jsonout_string(j, "name", name);
	jsonout_string(j, "type", proposed != NULL ?
	    spec_type_name(proposed->type) : "string");
	if (proposed != NULL && proposed->format != NULL)
		jsonout_string(j, "format", proposed->format);
	if (s->filled == 0)
		(void)snprintf(text, sizeof text, "Proposed: empty in all "
		    "%llu records.", (unsigned long long)records);
	else
		(void)snprintf(text, sizeof text, "Proposed: filled in %llu "
		    "of %llu records, at most %zu characters%s.",
		    (unsigned long long)s->filled,
		    (unsigned long long)records, s->longest,
		    s->leading_zero && (s->fits & 3) != 0 ?
		    "; digits with leading zeros, so a code" : "");
	jsonout_string(j, "description", text);
	if (s->filled == records && records > 0) {
		jsonout_open(j, "constraints", '{');
		jsonout_bool(j, "required", 1);
		jsonout_close(j, '}');
	}
	if (check != NULL) {
		jsonout_open(j, "nib", '{');
		jsonout_string(j, "check", check);
		jsonout_close(j, '}');
	}
	jsonout_close(j, '}');
}

int
draft_new(struct csv_reader *in, const char *name, struct buf *b,
    struct fault *f)
{
	const struct csv_header *h = csv_header(in);
	struct jsonout j = { .to = b, .pretty = 1 };
	struct seen *seen = mem_zero(h->n + 1, sizeof *seen);
	struct type *types[NCANDIDATES];
	const struct csv_block *block;
	struct buf scratch = { 0 };
	uint64_t records = 0;
	size_t c, r;
	int more;

	for (c = 0; c < NCANDIDATES; c++)
		types[c] = type_new(&candidates[c], NULL);
	for (c = 0; c < h->n; c++)
		seen[c].fits = seen[c].passes = ~0U;
	while ((more = csv_next(in, &block, f)) == 1) {
		records += block->nrecords;
		for (c = 0; c < h->n; c++)
			for (r = 0; r < block->nrecords; r++) {
				struct csv_slice s = csv_cell(block, r, c,
				    &scratch);

				look(&seen[c], types, s.p, s.n);
			}
	}
	if (more == 0) {
		jsonout_open(&j, NULL, '{');
		jsonout_string(&j, "$schema", "https://datapackage.org/"
		    "profiles/2.0/tableschema.json");
		jsonout_string(&j, "name", name);
		jsonout_string(&j, "description", "A draft from a sample: "
		    "every line of it is a proposal, to be confirmed.");
		jsonout_open(&j, "fields", '[');
		for (c = 0; c < h->n; c++)
			put_field(&j, h->names[c], &seen[c], records);
		jsonout_close(&j, ']');
		jsonout_close(&j, '}');
		if (b->n > 0 && b->p[b->n - 1] != '\n')
			buf_putc(b, '\n');
	}
	for (c = 0; c < NCANDIDATES; c++)
		type_free(types[c]);
	buf_free(&scratch);
	free(seen);
	return more;
}
