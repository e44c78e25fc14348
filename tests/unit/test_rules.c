/*
 * Every rule of the shipped datasets on records that break it and records
 * that keep it. testdata/spec/rules.txt was written by hand from the wording
 * of share/source/core_dataset_rules.csv and of the rules' messages; each of
 * the 67 rules there, and of those in share/datasets, must be in it.
 */
#include <check.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/infile.h"
#include "base/mem.h"
#include "csv/table.h"
#include "spec/wide.h"

static const char *
source(const char *path)
{
	static char to[4096];
	const char *src = getenv("NIB_SRC");

	(void)snprintf(to, sizeof to, "%s/%s", src != NULL ? src : ".", path);
	return to;
}

/* header;row;row as a CSV file. */
static void
write_rows(const char *rows, char *path)
{
	FILE *f = fdopen(mkstemp(path), "w");

	ck_assert_ptr_nonnull(f);
	for (; *rows != '\0'; rows++)
		(void)fputc(*rows == ';' ? '\n' : *rows, f);
	(void)fputc('\n', f);
	(void)fclose(f);
}

static struct csv_reader *
reader(const char *const *path)
{
	struct csv_options o = { .delimiter = ',' };
	struct fault f = FAULT_NONE;
	struct csv_reader *in = csv_open(path, 1, &o, &f);

	ck_assert_msg(in != NULL, "%s", f.what);
	return in;
}

struct rows {
	size_t rule;
	unsigned char broken[64];
	const struct csv_block *block;
};

static void
found_now(void *arg, size_t rule, size_t record)
{
	struct rows *r = arg;

	if (rule == r->rule)
		r->broken[csv_record_number(r->block, record)] = 1;
}

static void
found_later(void *arg, size_t rule, size_t file, uint64_t record)
{
	struct rows *r = arg;

	(void)file;
	if (rule == r->rule)
		r->broken[record] = 1;
}

static void
run_record(const struct spec *s, struct csv_reader *in, struct rows *to)
{
	struct fault f = FAULT_NONE;
	struct spec_scope *scope = spec_scope_new(s, csv_header(in), &f);
	unsigned char test[EXPR_BATCH];
	struct expr_run *run;
	struct expr *e;
	size_t i;

	ck_assert_msg(scope != NULL, "%s", f.what);
	e = expr_compile(s->rules[to->rule].expression,
	    spec_scope_expr(scope), &f);
	ck_assert_msg(e != NULL, "%s: %s", s->rules[to->rule].id, f.what);
	run = expr_run_new(e);
	while (csv_next(in, &to->block, &f) == 1) {
		ck_assert_int_eq(expr_test(run, to->block, 0,
		    to->block->nrecords, test, NULL, &f), 0);
		for (i = 0; i < to->block->nrecords; i++) {
			ck_assert_msg(test[i] <= 2, "%s: bad cell in row %zu",
			    s->rules[to->rule].id, i + 1);
			if (test[i] == 0)
				found_now(to, to->rule, i);
		}
	}
	ck_assert_msg(!f.set, "%s", f.what);
	expr_run_free(run);
	expr_free(e);
	spec_scope_free(scope);
}

static void
run_wide(const struct spec *s, struct csv_reader *in, char *reference,
    struct rows *to)
{
	struct fault f = FAULT_NONE;
	struct spec_scope *scope = spec_scope_new(s, csv_header(in), &f);
	struct wide *w;
	char path[] = "/tmp/nib-far-XXXXXX";
	const char *at = path;
	struct wide_state *state;
	struct csv_reader *far;
	struct spec *other = NULL;
	char *rows;

	ck_assert_msg(scope != NULL, "%s", f.what);
	w = wide_new(s, spec_scope_expr(scope), &f);
	ck_assert_msg(w != NULL, "%s", f.what);
	if (reference != NULL) {
		rows = strchr(reference, '=');
		*rows++ = '\0';
		write_rows(rows, path);
		other = spec_open(reference, &f);
		ck_assert_msg(other != NULL, "%s", f.what);
		far = reader(&at);
		ck_assert_int_eq(wide_reference(w, reference, far, other,
		    &f), 1);
		csv_close(far);
		(void)unlink(path);
	}
	ck_assert_msg(wide_ready(w, &f) == 0, "%s", f.what);
	ck_assert_msg(wide_applies(w, to->rule), "%s is not applicable",
	    s->rules[to->rule].id);
	state = wide_state_new(w, NULL);
	while (csv_next(in, &to->block, &f) == 1)
		ck_assert_int_eq(wide_map(state, to->block, 0,
		    to->block->nrecords, NULL, found_now, to, &f), 0);
	ck_assert_msg(!f.set, "%s", f.what);
	ck_assert_int_eq(wide_finish(state, found_later, to, &f), 0);
	wide_state_free(state);
	wide_free(w);
	spec_scope_free(scope);
	spec_close(other);
}

static void
run_case(char *line)
{
	char *part[5] = { NULL }, path[] = "/tmp/nib-rows-XXXXXX", *p, *next;
	const char *at = path;
	struct fault f = FAULT_NONE;
	unsigned char want[64] = { 0 };
	struct csv_reader *in;
	struct rows got;
	struct spec *s;
	size_t i, n = 0;

	for (p = line; p != NULL && n < 5; p = next) {
		if ((next = strchr(p, '|')) != NULL)
			*next++ = '\0';
		part[n++] = p;
	}
	ck_assert_uint_ge(n, 4);
	for (p = strtok(part[2], " "); p != NULL; p = strtok(NULL, " "))
		want[atoi(p)] = 1;
	s = spec_open(part[0], &f);
	ck_assert_msg(s != NULL, "%s", f.what);
	for (i = 0; i < s->nrules; i++) {
		if (strcmp(s->rules[i].id, part[1]) == 0)
			break;
	}
	ck_assert_msg(i < s->nrules, "%s has no rule %s", part[0], part[1]);
	memset(&got, 0, sizeof got);
	got.rule = i;
	write_rows(part[3], path);
	in = reader(&at);
	if (spec_rule_kind(&s->rules[i]) == SPEC_RULE_RECORD)
		run_record(s, in, &got);
	else
		run_wide(s, in, part[4], &got);
	for (i = 1; i < 64; i++)
		ck_assert_msg(got.broken[i] == want[i], "%s, row %zu: %s",
		    part[1], i, want[i] ? "kept" : "broken");
	csv_close(in);
	(void)unlink(path);
	spec_close(s);
}

static void
check_listed(const char *text, const char *dataset, const char *rule)
{
	char *want = mem_printf("%s|%s|", dataset, rule);

	ck_assert_msg(strstr(text, want) != NULL, "no case for %s", want);
	free(want);
}

/* Each rule of each shipped dataset has a case. */
static void
check_datasets(const char *text)
{
	DIR *d = opendir(source("share/datasets"));
	struct dirent *e;
	size_t i, seen = 0;

	ck_assert_ptr_nonnull(d);
	while ((e = readdir(d)) != NULL) {
		struct fault f = FAULT_NONE;
		char *path;
		struct spec *s;

		if (e->d_name[0] == '.')
			continue;
		path = mem_printf("%s/%s", source("share/datasets"),
		    e->d_name);
		s = spec_open(path, &f);
		ck_assert_msg(s != NULL, "%s", f.what);
		for (i = 0; i < s->nrules; i++, seen++)
			check_listed(text, s->name, s->rules[i].id);
		spec_close(s);
		free(path);
	}
	(void)closedir(d);
	ck_assert_uint_gt(seen, 100);
}

START_TEST(cases)
{
	struct csv_table *rules;
	struct fault f = FAULT_NONE;
	char *text, *line, *next;
	size_t n, i;
	long id;

	ck_assert(infile_whole(source("testdata/spec/rules.txt"), 1 << 20,
	    &text, &n, &f) == 0);
	/* Each rule of the core dataset has a case, under its name or more. */
	rules = csv_table_open(source("share/source/core_dataset_rules.csv"),
	    ',', &f);
	ck_assert_msg(rules != NULL, "%s", f.what);
	id = csv_table_column(rules, "rule", &f);
	ck_assert_uint_eq(rules->nrows, 67);
	for (i = 0; i < rules->nrows; i++) {
		char *want = mem_printf("|%s", csv_table_cell(rules, i,
		    (size_t)id));
		const char *at = strstr(text, want);

		ck_assert_msg(at != NULL, "no case for %s", want);
		free(want);
	}
	csv_table_close(rules);
	check_datasets(text);
	for (line = text; *line != '\0'; line = next) {
		next = line + strcspn(line, "\n");
		if (*next == '\n')
			*next++ = '\0';
		if (line[0] != '#' && line[0] != '\0')
			run_case(line);
	}
	free(text);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("rules");
	TCase *t = tcase_create("rules");
	SRunner *r;
	int failed;

	tcase_set_timeout(t, 60);
	tcase_add_test(t, cases);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? 0 : 1;
}
