/*
 * lib/disclosure against testdata/disclosure: rounding.csv gives four rules
 * for each count (written from the publishers' words, not from this code).
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "disclosure/profile.h"

static const char *
path_to(const char *name)
{
	static char path[4096];
	const char *src = getenv("NIB_SRC");

	(void)snprintf(path, sizeof path, "%s/testdata/disclosure/%s",
	    src != NULL ? src : ".", name);
	return path;
}

START_TEST(rounding)
{
	static const char *const names[] = { "hes", "mhsds",
		"opensafely-midpoint6", NULL };
	struct disclosure_profile *p[4];
	struct tally_measure m = { 0 };
	struct fault f = FAULT_NONE;
	char line[256], *cell;
	int i, rows = 0;
	FILE *in;

	for (i = 0; i < 4; i++) {
		p[i] = disclosure_profile_open(names[i] != NULL ? names[i] :
		    path_to("le5-round5.json"), &f);
		ck_assert_msg(p[i] != NULL, "%s", f.what);
	}
	ck_assert_ptr_nonnull(in = fopen(path_to("rounding.csv"), "r"));
	ck_assert_ptr_nonnull(fgets(line, sizeof line, in));
	while (fgets(line, sizeof line, in) != NULL) {
		struct tally_value v = { 0 };
		struct buf b = { 0 };

		line[strcspn(line, "\r\n")] = '\0';
		cell = strtok(line, ",");
		v.form = TALLY_NUMBER;
		v.n = strtoull(cell, NULL, 10);
		v.v = (num_wide)v.n;
		for (i = 0; i < 4; i++) {
			buf_clear(&b);
			disclosure_put(&b, p[i], &m, &v, 0);
			ck_assert_ptr_nonnull(cell = strtok(NULL, ","));
			ck_assert_str_eq(buf_string(&b), cell);
		}
		buf_free(&b);
		rows++;
	}
	(void)fclose(in);
	for (i = 0; i < 4; i++)
		disclosure_profile_free(p[i]);
	ck_assert_int_gt(rows, 20);
}
END_TEST

static void
is(const struct disclosure_profile *p, enum tally_kind kind,
    struct tally_value v, int with_sum, const char *want)
{
	struct tally_measure m = { 0 };
	struct buf b = { 0 };

	m.kind = kind;
	disclosure_put(&b, p, &m, &v, with_sum);
	ck_assert_str_eq(buf_string(&b), want);
	buf_free(&b);
}

START_TEST(ratios)
{
	struct fault f = FAULT_NONE;
	struct disclosure_profile *p = disclosure_profile_open("hes", &f);
	struct tally_value v = { .form = TALLY_REAL };

	/* 3 of 20: the part is small; 8 of 22: 10 / 20; 0 of 9: 0 / 10. */
	v.n = 20;
	v.met = 3;
	is(p, TALLY_SHARE, v, 0, "*");
	v.n = 22;
	v.met = 8;
	is(p, TALLY_SHARE, v, 0, "0.5");
	v.n = 9;
	v.met = 0;
	is(p, TALLY_SHARE, v, 0, "0");
	v.n = 7;
	is(p, TALLY_SHARE, v, 0, "*");
	/* A mean of 8 values is shown; beside its sum, as 125 / 10. */
	v.n = 7;
	v.r = 15.5;
	v.sum = 1240;
	v.scale = 1;
	is(p, TALLY_MEAN, v, 0, "*");
	v.n = 8;
	is(p, TALLY_MEAN, v, 0, "15.5");
	is(p, TALLY_MEAN, v, 1, "12.5");
	v.form = TALLY_DECIMAL;
	v.v = 1224;
	is(p, TALLY_SUM, v, 1, "120");
	v.v = -1225;
	is(p, TALLY_SUM, v, 1, "-125");
	v.n = 7;
	is(p, TALLY_SUM, v, 1, "*");
	disclosure_profile_free(p);
}
END_TEST

static const struct {
	const char *text, *what;
} wrong[] = {
	{ "{}", "name" },
	{ "{\"name\": \"x\", \"cuont\": {}}", "cuont" },
	{ "{\"name\": \"x\", \"count\": {\"mask\": {\"from\": 9, "
	    "\"to\": 3}}}", "mask" },
	{ "{\"name\": \"x\", \"count\": {\"round\": {\"base\": 0}}}",
	    "base" },
	{ "{\"name\": \"x\", \"ratio\": \"sometimes\"}", "ratio" },
};

START_TEST(refused)
{
	struct fault f = FAULT_NONE;
	char path[] = "/tmp/nib-profile-XXXXXX";
	int fd = mkstemp(path);
	FILE *to = fdopen(fd, "w");

	(void)fputs(wrong[_i].text, to);
	(void)fclose(to);
	ck_assert_ptr_null(disclosure_profile_open(path, &f));
	(void)remove(path);
	ck_assert_msg(strstr(f.what, wrong[_i].what) != NULL, "%s", f.what);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("disclosure");
	TCase *t = tcase_create("disclosure");
	SRunner *r;
	int failed;

	tcase_add_test(t, rounding);
	tcase_add_test(t, ratios);
	tcase_add_loop_test(t, refused, 0,
	    (int)(sizeof wrong / sizeof *wrong));
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? 0 : 1;
}
