/*
 * lib/spec/quality. The index: the appendix of its methodology (NHS Digital,
 * 11 October 2021), where twelve items score 9.70 together and seven of
 * twelve months came: 47.15; and a worked example over two datasets done by
 * hand: mean score .9688, mean coverage .8667, index 83.96.
 */
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "spec/quality.h"

static void
item(struct quality *q, const char *dataset, const char *period,
    const char *id, uint64_t n, uint64_t valid, uint64_t defaults,
    double threshold)
{
	struct quality_row *r = quality_row(q, dataset, "RXX", period,
	    "field", id, "");

	r->n[QUALITY_RECORDS] += n;
	r->n[QUALITY_APPLICABLE] += n;
	r->n[QUALITY_VALID] += valid;
	r->n[QUALITY_DEFAULT] += defaults;
	r->n[QUALITY_MISSING] += n - valid;
	r->counts = 1;
	r->threshold = threshold;
}

/* The last cells of the line that begins with this. */
static void
line_is(const struct buf *b, const char *start, const char *want)
{
	char pattern[256];

	(void)snprintf(pattern, sizeof pattern, "\n%s%s\n", start, want);
	ck_assert_msg(strstr(b->p, pattern) != NULL, "no line %s%s in:\n%s",
	    start, want, b->p);
}

START_TEST(appendix)
{
	struct quality *q = quality_new();
	struct buf b = { 0 };
	char period[16], id[16];
	int month, i;

	for (month = 1; month <= 7; month++)
		for (i = 0; i < 12; i++) {
			(void)snprintf(period, sizeof period, "2020-%02d",
			    month);
			(void)snprintf(id, sizeof id, "item%02d", i);
			item(q, "msds", period, id, 1000,
			    i < 9 ? 1000 : i == 9 ? 700 : 0, 0, -1);
		}
	quality_dqmi(q, 12, &b);
	(void)buf_string(&b);
	line_is(&b, "RXX,,,,,,,,", "0.8083,0.5833,47.15");
	line_is(&b, "*,,,,,,,,", "0.8083,0.5833,47.15");
	buf_free(&b);
	quality_free(q);
}
END_TEST

START_TEST(two_datasets)
{
	struct quality *q = quality_new();
	struct buf b = { 0 };

	item(q, "apc", "2024-04", "nhs_number", 1000, 990, 0, -1);
	item(q, "apc", "2024-05", "nhs_number", 1000, 990, 0, -1);
	item(q, "apc", "2024-06", "nhs_number", 2000, 1980, 0, -1);
	item(q, "apc", "2024-04", "ethnic", 4000, 3900, 520, 0.06);
	item(q, "apc", "2024-04", "destination", 3600, 3590, 30, 0);
	item(q, "op", "2024-04", "nhs_number", 500, 495, 0, -1);
	item(q, "op", "2024-06", "nhs_number", 500, 495, 0, -1);
	item(q, "op", "2024-04", "sex", 1000, 970, 0, -1);
	quality_dqmi(q, 0, &b);
	(void)buf_string(&b);
	line_is(&b, "RXX,apc,ethnic,4000,3900,520,0.06,",
	    "280.00,0.9050,1.0000,");
	line_is(&b, "RXX,apc,destination,3600,3590,30,0,",
	    "30.00,0.9889,1.0000,");
	line_is(&b, "RXX,apc,nhs_number,4000,3960,0,-,",
	    "0.00,0.9900,1.0000,");
	line_is(&b, "RXX,op,sex,1000,970,0,-,", "0.00,0.9700,0.6667,");
	line_is(&b, "RXX,,,,,,,,", "0.9688,0.8667,83.96");
	buf_free(&b);
	quality_free(q);
}
END_TEST

START_TEST(scores)
{
	/* Appendix: 100 defaults, 2% of 50,000 accepted: no excess. */
	ck_assert(fabs(quality_score(50000, 50000, 100, 0.02) - 1) < 1e-12);
	ck_assert(fabs(quality_score(4000, 3900, 520, 0.06) - 0.905) < 1e-12);
	ck_assert(quality_score(0, 0, 0, 0) == 0);
	ck_assert(fabs(quality_score(10, 10, 10, 1) - 1) < 1e-12);
	ck_assert(fabs(quality_score(10, 10, 10, 0)) < 1e-12);
}
END_TEST

/* What is written, read and added again is twice itself. */
START_TEST(again)
{
	struct quality *q = quality_new(), *r = quality_new();
	struct buf b = { 0 }, c = { 0 };
	unsigned char sketch[QUALITY_REGISTERS] = { 3, 57, 0, 1 };
	char path[] = "/tmp/nib-quality-XXXXXX";
	int fd = mkstemp(path);
	FILE *out = fdopen(fd, "w");
	struct fault f = FAULT_NONE;

	item(q, "a,b", "2024-04", "x", 10, 8, 1, 0.5);
	quality_sketch(q, quality_row(q, "a,b", "RXX", "2024-04", "field",
	    "x", ""), sketch);
	quality_row(q, "a,b", "RXX", "2024-04", "lag", "days", "-1")->n[0] = 1;
	quality_row(q, "a,b", "RXX", "2024-04", "lag", "days", "9")->n[0] = 5;
	quality_row(q, "a,b", "RXX", "2024-04", "lag", "days", "40")->n[0] =
	    4;
	quality_put(q, 1, 30, &b);
	(void)buf_string(&b);
	/* python3: statistics.quantiles of [-1]+[9]*5+[40]*4, by inversion */
	line_is(&b, "\"a,b\",RXX,2024-04,time,days,,10,10,,,,,1,,,,,,,",
	    "9,40,0.500000");
	ck_assert(fwrite(b.p, 1, b.n, out) == b.n);
	(void)fclose(out);
	ck_assert_int_eq(quality_read(r, path, &f), 0);
	quality_put(r, 1, 30, &c);
	ck_assert(b.n == c.n && memcmp(b.p, c.p, b.n) == 0);
	ck_assert_int_eq(quality_read(r, path, &f), 0);
	buf_clear(&c);
	quality_put(r, 0, 30, &c);
	(void)buf_string(&c);
	line_is(&c, "\"a,b\",RXX,2024-04,field,x,,20,20,4,2,0,16,,",
	    "3,0.5,0.800000,1.000000,,,,,");
	(void)remove(path);
	buf_free(&b);
	buf_free(&c);
	quality_free(q);
	quality_free(r);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("quality");
	TCase *c = tcase_create("quality");
	SRunner *r;
	int failed;

	tcase_add_test(c, appendix);
	tcase_add_test(c, two_datasets);
	tcase_add_test(c, scores);
	tcase_add_test(c, again);
	suite_add_tcase(s, c);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
