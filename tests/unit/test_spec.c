/*
 * The specification: what it holds after loading, how a broken one is
 * refused (testdata/spec/invalid: a specification and the start of its
 * message, written by hand), code lists, headers held against it.
 */
#include <check.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/infile.h"
#include "base/mem.h"
#include "base/share.h"
#include "spec/codelist.h"
#include "spec/spec.h"

static const char *
source(const char *path)
{
	static char to[4096];
	const char *src = getenv("NIB_SRC");

	(void)snprintf(to, sizeof to, "%s/%s", src != NULL ? src : ".", path);
	return to;
}

static struct spec *
parse(const char *text)
{
	struct fault f = FAULT_NONE;
	struct spec *s = spec_parse("spec.json", text, strlen(text), &f);

	ck_assert_msg(s != NULL, "%s", f.what);
	return s;
}

START_TEST(whole)
{
	struct fault f = FAULT_NONE;
	struct spec *s = spec_open(source("testdata/spec/whole.json"), &f);
	const struct spec_field *v;
	const struct spec_rule *r;

	ck_assert_msg(s != NULL, "%llu: %s", (unsigned long long)f.line,
	    f.what);
	ck_assert_str_eq(s->name, "whole");
	ck_assert_str_eq(s->title, "Everything");
	ck_assert_str_eq(s->version, "1.2");
	ck_assert_str_eq(s->review, "2027-01-31");
	ck_assert_int_eq(s->match, SPEC_MATCH_SUBSET);
	ck_assert_uint_eq(s->nfields, 16);
	ck_assert_uint_eq(s->missing.n, 2);
	ck_assert_str_eq(s->missing.v[1], "NA");

	v = &s->fields[spec_field_index(s, "id")];
	ck_assert_int_eq(v->type, SPEC_STRING);
	ck_assert(v->typed && v->required && v->unique);
	ck_assert_int_eq(v->min_length, 2);
	ck_assert_int_eq(v->max_length, 20);
	ck_assert_str_eq(v->pattern, "[!-~]+");
	ck_assert_int_eq(v->role, SPEC_ROLE_PERSON);
	ck_assert_int_eq(v->privacy, SPEC_PRIVACY_IDENTIFIER);
	ck_assert_str_eq(v->treatment, "pseudonym(person)");
	ck_assert_str_eq(v->source, "memory");
	ck_assert_int_eq(spec_field_index(s, "LOPATID"), 0);
	ck_assert_int_eq(spec_field_index(s, "PATID"), 0);
	ck_assert_int_eq(spec_field_index(s, "lopatid"), -1);
	ck_assert_int_eq(spec_role_field(s, SPEC_ROLE_PERSON), 0);
	ck_assert_int_eq(spec_role_field(s, SPEC_ROLE_SEX), -1);

	v = &s->fields[spec_field_index(s, "cost")];
	ck_assert_str_eq(v->minimum, "0.10"); /* as the file has it */
	ck_assert_str_eq(v->exclusive_maximum, "99999999999999999999");
	ck_assert_int_eq(v->scale, 2);
	ck_assert_str_eq(v->unit, "GBP");
	v = &s->fields[spec_field_index(s, "weight")];
	ck_assert_str_eq(v->decimal_char, ",");
	ck_assert_str_eq(v->group_char, ".");
	ck_assert_int_eq(v->bare_number, 0);
	ck_assert_int_eq(v->min_length, -1);
	v = &s->fields[spec_field_index(s, "day")];
	ck_assert_str_eq(v->format, "%d/%m/%Y"); /* fmt: stripped */
	v = &s->fields[spec_field_index(s, "seen")];
	ck_assert_uint_eq(v->true_values.n, 1);
	ck_assert_str_eq(v->true_values.v[0], "Y");
	ck_assert_uint_eq(v->false_values.n, 4);
	v = &s->fields[spec_field_index(s, "codes")];
	ck_assert_int_eq(v->item_type, SPEC_INTEGER);
	ck_assert_str_eq(v->item_delimiter, ";");
	v = &s->fields[spec_field_index(s, "status")];
	ck_assert(v->has_enum);
	ck_assert_str_eq(v->enumeration.v[1], "2");
	ck_assert_ptr_null(v->enumeration.v[2]);
	ck_assert(v->has_missing);
	ck_assert_uint_eq(v->missing.n, 2); /* labelled */
	ck_assert_str_eq(v->missing.v[1], "-9");
	v = &s->fields[spec_field_index(s, "sex")];
	ck_assert_uint_eq(v->categories.n, 2);
	ck_assert_str_eq(v->categories.v[1], "2");
	ck_assert_uint_eq(v->clean.n, 2); /* the dataset's and its own */
	ck_assert_str_eq(v->clean.v[0], "-  ");
	ck_assert_str_eq(v->clean.v[1], "?");
	v = &s->fields[spec_field_index(s, "plain")];
	ck_assert_int_eq(v->typed, 0);
	ck_assert_int_eq(v->type, SPEC_ANY);
	v = &s->fields[spec_field_index(s, "details")];
	ck_assert_str_eq(v->json_schema, "{ \"type\": \"object\" }");
	v = &s->fields[spec_field_index(s, "place")];
	ck_assert_str_eq(v->codelists.v[0],
	    source("testdata/spec/places.csv"));
	ck_assert_uint_eq(v->codelist_prefix, 1);
	ck_assert_uint_eq(v->defaults.n, 1);

	ck_assert_uint_eq(s->primary.n, 1);
	ck_assert_uint_eq(s->nunique, 2);
	ck_assert_uint_eq(s->unique_keys[0].n, 2);
	ck_assert_uint_eq(s->unique_keys[1].n, 1);
	ck_assert_uint_eq(s->nforeign, 2);
	ck_assert_str_eq(s->foreign_keys[0].resource, "");
	ck_assert_str_eq(s->foreign_keys[0].reference_fields.v[0], "id");
	ck_assert_str_eq(s->foreign_keys[1].resource, "person");

	ck_assert_uint_eq(s->nrules, 3);
	r = &s->rules[0];
	ck_assert_int_eq(spec_rule_kind(r), SPEC_RULE_RECORD);
	ck_assert_int_eq(r->severity, SPEC_WARNING);
	ck_assert_str_eq(r->dimension, "plausibility");
	ck_assert(r->max_rate > 0.0099 && r->max_rate < 0.0101);
	ck_assert_str_eq(r->json_path, "nib.rules[0]");
	r = &s->rules[1];
	ck_assert_int_eq(spec_rule_kind(r), SPEC_RULE_GROUP);
	ck_assert_int_eq(r->severity, SPEC_ERROR);
	ck_assert(r->max_rate < 0);
	r = &s->rules[2];
	ck_assert_int_eq(spec_rule_kind(r), SPEC_RULE_REFERENCE);
	ck_assert_str_eq(r->on.v[0], "id");
	ck_assert_str_eq(r->on_reference.v[0], "person_id");
	ck_assert_uint_eq(s->nderived, 1);
	ck_assert_int_eq(s->derived[0].type, SPEC_INTEGER);
	ck_assert_uint_eq(s->nquality, 2);
	ck_assert(s->quality[0].default_threshold < 0);
	ck_assert(s->quality[1].default_threshold > 0.05);
	ck_assert_uint_eq(s->objections.n, 2);
	ck_assert_uint_eq(s->withhold.n, 1);
	spec_close(s);
}
END_TEST

START_TEST(smallest)
{
	struct spec *s = parse("{\"fields\":[{\"name\":\"a\"}]}");

	ck_assert_str_eq(s->name, "spec");
	ck_assert_ptr_null(s->version);
	ck_assert_uint_eq(s->missing.n, 1);
	ck_assert_int_eq(s->match, SPEC_MATCH_EXACT);
	spec_close(s);
	s = parse("\xef\xbb\xbf{\"fields\":[{\"name\":\"a\"}],"
	    "\"missingValues\":[],\"fieldsMatch\":[\"equal\"]}");
	ck_assert_uint_eq(s->missing.n, 0);
	ck_assert_int_eq(s->match, SPEC_MATCH_EQUAL);
	spec_close(s);
}
END_TEST

/* Each folder of testdata/spec/invalid: spec.json, and error. */
START_TEST(invalid)
{
	char folder[4096], path[8192], got[1024], *want;
	struct dirent *e;
	struct spec *s;
	DIR *d;
	int cases = 0;
	size_t n;

	(void)snprintf(folder, sizeof folder, "%s",
	    source("testdata/spec/invalid"));
	d = opendir(folder);
	ck_assert_ptr_nonnull(d);
	while ((e = readdir(d)) != NULL) {
		struct fault f = FAULT_NONE;

		if (e->d_name[0] == '.')
			continue;
		(void)snprintf(path, sizeof path, "%s/%s/error", folder,
		    e->d_name);
		ck_assert_msg(infile_whole(path, 4096, &want, &n, &f) == 0,
		    "%s", path);
		want[strcspn(want, "\n")] = '\0';
		(void)snprintf(path, sizeof path, "%s/%s/spec.json", folder,
		    e->d_name);
		s = spec_open(path, &f);
		if (s != NULL) {
			(void)spec_check(s, &f);
			spec_close(s);
		}
		ck_assert_msg(f.set, "%s: accepted", e->d_name);
		ck_assert_str_eq(f.file, path);
		(void)snprintf(got, sizeof got, "%llu: %s",
		    (unsigned long long)f.line, f.what);
		ck_assert_msg(strncmp(got, want, strlen(want)) == 0,
		    "%s: wanted %s, got %s", e->d_name, want, got);
		free(want);
		cases++;
	}
	(void)closedir(d);
	ck_assert_int_ge(cases, 60);
}
END_TEST

/* The example of the man page is a specification. */
START_TEST(manual)
{
	struct fault f = FAULT_NONE;
	char *page, *from, *to;
	struct spec *s;
	size_t n;

	ck_assert(infile_whole(source("man/nib-dataset.5"), 1 << 20, &page,
	    &n, &f) == 0);
	ck_assert_ptr_nonnull(from = strstr(page, ".Bd -literal\n{"));
	from = strchr(from, '{');
	ck_assert_ptr_nonnull(to = strstr(from, ".Ed"));
	s = spec_parse("visit", from, (size_t)(to - from), &f);
	ck_assert_msg(s != NULL, "%llu: %s", (unsigned long long)f.line,
	    f.what);
	ck_assert_msg(spec_check(s, &f) == 0, "%s", f.what);
	ck_assert_uint_eq(s->nrules, 3);
	spec_close(s);
	free(page);
}
END_TEST

START_TEST(versions)
{
	struct fault f = FAULT_NONE;
	struct spec *s;

	s = spec_open("person@1.0", &f);
	ck_assert_msg(s != NULL, "%s", f.what);
	spec_close(s);
	s = spec_open("person@0.9", &f);
	ck_assert_ptr_null(s);
	ck_assert_str_eq(f.what, "this is version 1.0");
	fault_clear(&f);
	s = spec_open("no_such_dataset", &f);
	ck_assert_ptr_null(s);
	ck_assert(f.set);
}
END_TEST

/* Every specification and code list that is shipped. */
START_TEST(shipped)
{
	struct fault f = FAULT_NONE;
	size_t i, k, n;
	char **names = share_list("datasets", ".json", &n);
	struct codelist *l;
	struct spec *s;

	ck_assert_uint_ge(n, 16);
	for (i = 0; i < n; i++) {
		s = spec_open(names[i], &f);
		ck_assert_msg(s != NULL, "%s:%llu: %s", f.file,
		    (unsigned long long)f.line, f.what);
		ck_assert_msg(spec_check(s, &f) == 0, "%s:%llu: %s", f.file,
		    (unsigned long long)f.line, f.what);
		ck_assert_str_eq(s->name, names[i]);
		ck_assert_ptr_nonnull(s->version);
		ck_assert_ptr_nonnull(s->description);
		for (k = 0; k < s->nfields; k++)
			ck_assert_msg(s->fields[k].treatment != NULL,
			    "%s.%s has no treatment", s->name,
			    s->fields[k].name);
		spec_close(s);
		free(names[i]);
	}
	free(names);
	names = share_list("codelists", ".csv", &n);
	ck_assert_uint_ge(n, 45);
	for (i = 0; i < n; i++) {
		l = codelist_open(names[i], &f);
		ck_assert_msg(l != NULL, "%s:%llu: %s", f.file,
		    (unsigned long long)f.line, f.what);
		codelist_close(l);
		free(names[i]);
	}
	free(names);
}
END_TEST

START_TEST(bindings)
{
	struct spec *s = parse("{\"fields\":[{\"name\":\"a\",\"nib\":"
	    "{\"aliases\":[\"A1\"]}},{\"name\":\"b\"},{\"name\":\"c\"}]}");
	const char *names[] = { "b", "x", "A1" }, *twice[] = { "A1", "a" };
	struct csv_header h = { 3, names }, two = { 2, twice };
	struct fault f = FAULT_NONE;
	struct spec_binding *b = spec_bind(s, &h, 1, &f);

	ck_assert_ptr_nonnull(b);
	ck_assert_int_eq(b->field_of[0], 1);
	ck_assert_int_eq(b->field_of[1], -1);
	ck_assert_int_eq(b->field_of[2], 0);
	ck_assert_int_eq(b->column_of[0], 2);
	ck_assert_int_eq(b->column_of[1], 0);
	ck_assert_int_eq(b->column_of[2], -1);
	spec_binding_free(b);
	ck_assert_ptr_null(spec_bind(s, &h, 0, &f));
	ck_assert_uint_eq(f.column, 2);
	ck_assert_str_eq(f.field, "x");
	fault_clear(&f);
	ck_assert_ptr_null(spec_bind(s, &two, 1, &f));
	ck_assert_str_eq(f.what, "the same field (a) as column 1");
	ck_assert_uint_eq(f.column, 2);
	spec_close(s);
}
END_TEST

START_TEST(codelists)
{
	struct fault f = FAULT_NONE;
	struct codelist *l = codelist_open(
	    source("testdata/spec/places.csv"), &f);
	long row;

	ck_assert_msg(l != NULL, "%s", f.what);
	ck_assert_uint_eq(codelist_count(l), 12);
	ck_assert(codelist_has(l, "A", 1));
	ck_assert(!codelist_has(l, "a", 1));
	ck_assert(!codelist_has(l, "", 0));
	ck_assert(!codelist_has(l, "AA", 2));
	ck_assert(codelist_has(l, "AB", 2));
	ck_assert(codelist_has(l, "ABC", 3));
	ck_assert(codelist_has(l, "ABCD", 4));
	ck_assert(codelist_has(l, "ABCDE", 5));
	ck_assert(codelist_has(l, "ABCDEF", 6));
	ck_assert(codelist_has(l, "ABCDEFG", 7));
	ck_assert(codelist_has(l, "ABCDEFGH", 8));
	ck_assert(codelist_has(l, "ABCDEFGHI", 9));
	ck_assert(!codelist_has(l, "ABCDEFGHIJ", 10));
	ck_assert(!codelist_has(l, "BBCDEFGH", 8));
	ck_assert(codelist_has(l, "1064891000000107", 16));
	ck_assert(codelist_is_default(l, "99", 2));
	ck_assert(!codelist_is_default(l, "A", 1));
	ck_assert(!codelist_is_default(l, "ZZ", 2));
	row = codelist_find(l, "AB", 2);
	ck_assert_int_eq(row, 1);
	ck_assert_str_eq(codelist_code(l, 1), "AB");
	ck_assert_str_eq(codelist_meaning(l, 1), "two, with a comma");
	ck_assert_int_eq(codelist_status(l, 1), CODELIST_RETIRED);
	ck_assert_int_eq(codelist_from(l, 1), 18262); /* 2020-01-01 */
	ck_assert_int_eq(codelist_to(l, 1), CODELIST_ALWAYS_TO);
	ck_assert_int_eq(codelist_from(l, 0), CODELIST_ALWAYS_FROM);
	ck_assert_int_eq(codelist_find_prefix(l, "A7", 2, 1), 0);
	ck_assert_int_eq(codelist_find_prefix(l, "A7", 2, 0), -1);
	ck_assert_int_eq(codelist_find_prefix(l, "X7", 2, 1), -1);
	ck_assert_int_eq(codelist_find_prefix(l, "AB", 2, 1), 1);
	codelist_close(l);
}
END_TEST

static const struct {
	const char *text, *want;
} bad_lists[] = {
	{ "code,meaning\nA,x\n", "" },
	{ "code,meaning,status\nA,x,current\nA,y,current\n", "3: code is in" },
	{ "code,meaning,status\nABCDEFGHI,x,current\nABCDEFGHI,y,current\n",
	    "3: code is in" },
	{ "code,meaning,status\n,x,current\n", "2: empty code" },
	{ "code,meaning,status\nA,x,old\n", "2: status is not" },
	{ "code,meaning,status,validfrom\nA,x,current,\n", "1: column 4 " },
	{ "code,meaning,status,valid_from\nA,x,current,2020-02-30\n",
	    "2: not a date" },
	{ "code,meaning,status,valid_from,valid_to\n"
	    "A,x,current,2020-02-03,2020-02-02\n", "2: valid_to is" },
	{ "code,meaning,status\n", "0: a code list without" },
};

START_TEST(bad_codelists)
{
	char path[] = "/tmp/nib-list-XXXXXX", got[512];
	struct fault f = FAULT_NONE;
	int fd = mkstemp(path);
	FILE *out = fdopen(fd, "w");

	ck_assert_ptr_nonnull(out);
	(void)fputs(bad_lists[_i].text, out);
	(void)fclose(out);
	ck_assert_ptr_null(codelist_open(path, &f));
	ck_assert_str_eq(f.file, path);
	(void)snprintf(got, sizeof got, "%llu: %s",
	    (unsigned long long)f.line, f.what);
	ck_assert_msg(strncmp(got, bad_lists[_i].want,
	    strlen(bad_lists[_i].want)) == 0, "%s", got);
	(void)remove(path);
}
END_TEST

/*
 * Forms of a field's own in expressions. Expected: by hand, the value each
 * cell is written for.
 */
START_TEST(own_forms)
{
	static const char schema[] = "{ \"fields\": ["
	    "{ \"name\": \"i\", \"type\": \"integer\","
	    "  \"groupChar\": \",\", \"bareNumber\": false },"
	    "{ \"name\": \"n\", \"type\": \"number\","
	    "  \"decimalChar\": \",\", \"groupChar\": \".\" },"
	    "{ \"name\": \"b\", \"type\": \"boolean\","
	    "  \"trueValues\": [\"Y\"], \"falseValues\": [\"N\"] },"
	    "{ \"name\": \"d\", \"type\": \"date\","
	    "  \"format\": \"%d/%m/%Y\" },"
	    "{ \"name\": \"t\", \"type\": \"datetime\","
	    "  \"format\": \"%d/%m/%Y %H:%M\" } ] }";
	/* One record, cells between bars, since some hold commas. */
	static const char data[256] = "1,234%|-1.234,50|Y|05/04/2024|"
	    "29/02/2024 23:30\n";
	static const char *const all[] = { "i = 1234", "n = -1234.5",
		"b AND NOT b = 0", "d = '2024-04-05'", "d < '2024-04-06'",
		"financial_year(d) = '2024/25'",
		"t = '2024-02-29T23:30:00'", "days(d, '2024-05-05') = 30" };
	const char *names[] = { "i", "n", "b", "d", "t" };
	struct csv_header h = { 5, names };
	struct csv_block block = { .data = data, .size = strlen(data),
		.ncols = 5, .nrecords = 1, .delimiter = '|' };
	struct spec *s = parse(schema);
	struct fault f = FAULT_NONE;
	struct spec_scope *scope = spec_scope_new(s, &h, &f);
	uint32_t ends[6] = { (uint32_t)-1 };
	unsigned char test;
	size_t i, n = 0;

	ck_assert_msg(scope != NULL, "%s", f.what);
	for (i = 0; i < block.size; i++) {
		if (data[i] == '|' || data[i] == '\n')
			ends[++n] = (uint32_t)i;
	}
	block.ends = ends + 1;
	for (i = 0; i < sizeof all / sizeof *all; i++) {
		struct expr *e = expr_compile(all[i],
		    spec_scope_expr(scope), &f);
		struct expr_run *r;

		ck_assert_msg(e != NULL, "%s: %s", all[i], f.what);
		r = expr_run_new(e);
		ck_assert_int_eq(expr_test(r, &block, 0, 1, &test, NULL, &f),
		    0);
		ck_assert_msg(test == 1, "%s is %d", all[i], test);
		expr_run_free(r);
		expr_free(e);
	}
	spec_scope_free(scope);
	spec_close(s);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("spec");
	TCase *t = tcase_create("spec");
	SRunner *r;
	int failed;

	tcase_add_test(t, whole);
	tcase_add_test(t, smallest);
	tcase_add_test(t, invalid);
	tcase_add_test(t, manual);
	tcase_add_test(t, versions);
	tcase_add_test(t, shipped);
	tcase_add_test(t, bindings);
	tcase_add_test(t, own_forms);
	tcase_add_test(t, codelists);
	tcase_add_loop_test(t, bad_codelists, 0,
	    (int)(sizeof bad_lists / sizeof *bad_lists));
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? 0 : 1;
}
