/*
 * lib/spec/jsonschema: every verdict of Python's jsonschema in
 * testdata/validate/json_schema.csv, exact numbers, what is refused and
 * where, and cells and schemas that mean harm.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "csv/table.h"
#include "spec/jsonschema.h"

static int
fits(const char *schema, const char *value)
{
	struct fault f = FAULT_NONE;
	struct jsonschema *s = jsonschema_new(schema, &f);
	struct jsonschema_run *r = jsonschema_run_new();
	int rc;

	ck_assert_msg(s != NULL, "%s: %s", schema, f.what);
	rc = jsonschema_fits(s, r, value, strlen(value));
	/* The workspace is as good as new. */
	ck_assert_int_eq(jsonschema_fits(s, r, value, strlen(value)), rc);
	jsonschema_run_free(r);
	jsonschema_free(s);
	return rc;
}

/* expected: jsonschema 4.26.0, by testdata/validate/json_schema.py */
START_TEST(as_python)
{
	struct fault f = FAULT_NONE;
	char path[4096];
	struct csv_table *t;
	size_t i;

	(void)snprintf(path, sizeof path, "%s/testdata/validate/"
	    "json_schema.csv", getenv("NIB_SRC"));
	t = csv_table_open(path, ',', &f);
	ck_assert_msg(t != NULL, "%s", f.what);
	ck_assert_uint_gt(t->nrows, 700);
	for (i = 0; i < t->nrows; i++)
		ck_assert_msg(fits(csv_table_cell(t, i, 0),
		    csv_table_cell(t, i, 1)) ==
		    (csv_table_cell(t, i, 2)[0] == '1'), "line %zu: %s",
		    (size_t)t->lines[i], csv_table_cell(t, i, 0));
	csv_table_close(t);
}
END_TEST

/* expected: decimal arithmetic by hand; a double would say otherwise */
static const struct { const char *word, *value; int want; } numbers[] = {
	{ "\"multipleOf\": 0.1", "0.3", 1 },
	{ "\"multipleOf\": 0.1", "0.35", 0 },
	{ "\"multipleOf\": 0.01", "1234567890123456789012345678901234.56", 1 },
	{ "\"multipleOf\": 7", "1e50", 0 },
	{ "\"multipleOf\": 8", "1e50", 1 },
	{ "\"multipleOf\": 1e3", "5000.0", 1 },
	{ "\"multipleOf\": 1e3", "5500", 0 },
	{ "\"multipleOf\": 3", "-0.0", 1 },
	{ "\"maximum\": 9007199254740992", "9007199254740993", 0 },
	{ "\"minimum\": 0.1", "0.1000000000000000000000000000001", 1 },
	{ "\"exclusiveMaximum\": 0.1", "0.1000000000000000000000000000001",
	    0 },
	{ "\"const\": 100000000000000000000000001",
	    "100000000000000000000000002", 0 },
	{ "\"const\": 1.50", "15e-1", 1 },
	{ "\"type\": \"integer\"", "123456789012345678901234567890.0", 1 },
	{ "\"type\": \"integer\"", "1e-3", 0 },
	{ "\"enum\": [1e400]", "1e401", 0 },
};

START_TEST(exact)
{
	char schema[200], value[100];

	(void)snprintf(schema, sizeof schema,
	    "{ \"items\": { %s } }", numbers[_i].word);
	(void)snprintf(value, sizeof value, "[ %s ]", numbers[_i].value);
	ck_assert_msg(fits(schema, value) == numbers[_i].want, "%s of %s",
	    schema, value);
}
END_TEST

static const struct { const char *schema, *says; } refused[] = {
	{ "{ \"properties\": { \"a\": { \"tpye\": \"object\" } } }",
	    "properties/a/tpye: is not supported" },
	{ "{ \"unevaluatedProperties\": false }", "is not supported" },
	{ "{ \"$dynamicRef\": \"#x\" }", "is not supported" },
	{ "{ \"$ref\": \"https://example.org/s.json\" }", "no schema within" },
	{ "{ \"$ref\": \"#/$defs/gone\" }", "no schema within" },
	{ "{ \"$ref\": \"#/enum/0\", \"enum\": [{}] }", "no schema within" },
	{ "{ \"$ref\": \"#\" }", "leads back to itself" },
	{ "{ \"$defs\": { \"a\": { \"allOf\": [{ \"$ref\": \"#/$defs/b\" }]"
	  " }, \"b\": { \"not\": { \"$ref\": \"#/$defs/a\" } } } }",
	    "leads back to itself" },
	{ "{ \"$schema\": \"http://json-schema.org/draft-07/schema#\" }",
	    "$schema: must be https://json-schema.org/draft/2020-12" },
	{ "{ \"items\": { \"$id\": \"x\" } }", "items/$id: " },
	{ "{ \"items\": [{}] }", "items: must be a schema" },
	{ "{ \"type\": \"int\" }", "type: must be a type" },
	{ "{ \"type\": [] }", "type: must not be empty" },
	{ "{ \"minItems\": -1 }", "minItems: must be a count" },
	{ "{ \"minItems\": 1.5 }", "minItems: must be a count" },
	{ "{ \"minimum\": \"0\" }", "minimum: must be a number" },
	{ "{ \"multipleOf\": 0 }", "multipleOf: must be above 0" },
	{ "{ \"multipleOf\": -2 }", "multipleOf: must be above 0" },
	{ "{ \"multipleOf\": 1.234567890123456789 }", "18 digits" },
	{ "{ \"pattern\": \"a(\" }", "pattern: not a regular expression" },
	{ "{ \"patternProperties\": { \"[\": {} } }", "patternProperties/[" },
	{ "{ \"required\": \"a\" }", "required: must be an array of names" },
	{ "{ \"allOf\": [] }", "allOf: must not be empty" },
	{ "{ \"anyOf\": [1] }", "anyOf/0: must be a schema" },
	{ "{ \"dependentRequired\": { \"a\": 1 } }", "array of names" },
	{ "{ \"uniqueItems\": 1 }", "must be true or false" },
	{ "{", "no JSON" },
};

START_TEST(refuse)
{
	struct fault f = FAULT_NONE;

	ck_assert_ptr_null(jsonschema_new(refused[_i].schema, &f));
	ck_assert_msg(strstr(f.what, refused[_i].says) != NULL, "%s: %s",
	    refused[_i].schema, f.what);
}
END_TEST

START_TEST(forms)
{
	/* Escapes and halves of surrogate pairs (RFC 8259, 7). */
	ck_assert_int_eq(fits("{ \"required\": [\"\\u00e9\"] }",
	    "{\"\xc3\xa9\":1}"), 1);
	ck_assert_int_eq(fits("{ \"items\": { \"maxLength\": 1 } }",
	    "[\"\\ud83d\\ude00\", \"\\ud800\", \"\\n\"]"), 1);
	ck_assert_int_eq(fits("{ \"items\": { \"const\": \"a/\\\"\" } }",
	    "[\"\\u0061\\/\\\"\"]"), 1);
	/* Of members with one name the last counts. */
	ck_assert_int_eq(fits("{ \"properties\": { \"a\": { \"const\": 2 } } }",
	    "{\"a\":1,\"a\":2}"), 1);
	ck_assert_int_eq(fits("{ \"maxProperties\": 1 }",
	    "{\"a\":1,\"a\":2}"), 1);
	/* What is no JSON fits nothing. */
	ck_assert_int_eq(fits("{}", "{\"a\":01}"), 0);
	ck_assert_int_eq(fits("{}", "[1.]"), 0);
	ck_assert_int_eq(fits("{}", "[+1]"), 0);
	ck_assert_int_eq(fits("{}", "[1,]"), 0);
	ck_assert_int_eq(fits("{}", "[1] 2"), 0);
	ck_assert_int_eq(fits("{}", "[\"\\x\"]"), 0);
	ck_assert_int_eq(fits("{}", "[\"\\u12"), 0);
	ck_assert_int_eq(fits("{}", "[\"a"), 0);
	ck_assert_int_eq(fits("{}", ""), 0);
}
END_TEST

/* A schema of n definitions, each asking the next one twice: 2^n ways. */
START_TEST(many_ways)
{
	struct buf b = { 0 };
	int i;

	buf_puts(&b, "{ \"$defs\": {");
	for (i = 0; i < 40; i++)
		buf_printf(&b, "\"d%d\": { \"anyOf\": [{ \"$ref\": "
		    "\"#/$defs/d%d\" }, { \"$ref\": \"#/$defs/d%d\" }] },",
		    i, i + 1, i + 1);
	buf_printf(&b, "\"d%d\": false }, \"$ref\": \"#/$defs/d0\" }", i);
	ck_assert_int_eq(fits(buf_string(&b), "{}"), -1);
	buf_free(&b);
}
END_TEST

START_TEST(harm)
{
	struct buf b = { 0 };
	int i;

	for (i = 0; i < 100000; i++)
		buf_putc(&b, '[');
	ck_assert_int_eq(fits("{ \"items\": { \"$ref\": \"#\" } }",
	    buf_string(&b)), 0);
	/* 200,000 values, all different but the last. */
	buf_clear(&b);
	buf_putc(&b, '[');
	for (i = 0; i < 200000; i++)
		buf_printf(&b, "%d,", i * 7 % 200003);
	buf_puts(&b, "7.0]");
	ck_assert_int_eq(fits("{ \"uniqueItems\": true }", buf_string(&b)),
	    0);
	/* The steps of a pattern. */
	ck_assert_int_eq(fits("{ \"items\": { \"pattern\": "
	    "\"^(a+)+$\" } }", "[\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab\"]"),
	    -1);
	buf_free(&b);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("jsonschema");
	TCase *c = tcase_create("jsonschema");
	SRunner *r;
	int failed;

	tcase_set_timeout(c, 60);
	tcase_add_test(c, as_python);
	tcase_add_loop_test(c, exact, 0,
	    (int)(sizeof numbers / sizeof numbers[0]));
	tcase_add_loop_test(c, refuse, 0,
	    (int)(sizeof refused / sizeof refused[0]));
	tcase_add_test(c, forms);
	tcase_add_test(c, many_ways);
	tcase_add_test(c, harm);
	suite_add_tcase(s, c);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
