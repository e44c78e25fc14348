/*
 * The contrast of the colours of charts, by the formula of WCAG 2.1 (relative
 * luminance of sRGB; ratio (L1 + .05) / (L2 + .05)). The formula itself is
 * held to the ratios that W3C's understanding documents give: black on white
 * 21, #767676 on white 4.54, #949494 on white 3.03.
 */
#include <check.h>
#include <math.h>
#include <stdlib.h>

#include "chart/svg.h"

static double
luminance(const char *colour)
{
	static const double weight[] = { .0722, .7152, .2126 };
	unsigned long rgb = strtoul(colour + 1, NULL, 16);
	double sum = 0;
	int i;

	for (i = 0; i < 3; i++) {
		double c = (double)(rgb >> 8 * i & 0xff) / 255;

		sum += weight[i] * (c <= .03928 ? c / 12.92 :
		    pow((c + .055) / 1.055, 2.4));
	}
	return sum;
}

static double
contrast(const char *a, const char *b)
{
	double x = luminance(a) + .05, y = luminance(b) + .05;

	return x > y ? x / y : y / x;
}

static const char *const behind[] = { SVG_PAPER, SVG_PALE_GREY,
	SVG_PALE_BLUE, SVG_PALE_ORANGE, SVG_PALE_PLUM };

START_TEST(formula)
{
	ck_assert(fabs(contrast("#000000", "#ffffff") - 21) < .005);
	ck_assert(fabs(contrast("#767676", "#ffffff") - 4.54) < .005);
	ck_assert(fabs(contrast("#ffffff", "#949494") - 3.03) < .005);
}
END_TEST

/* Ink is on tints too; the others that write are on paper only. */
START_TEST(text)
{
	size_t i;

	for (i = 0; i < sizeof behind / sizeof behind[0]; i++)
		ck_assert(contrast(SVG_INK, behind[i]) >= 4.5);
	ck_assert(contrast(SVG_QUIET, SVG_PAPER) >= 4.5);
	ck_assert(contrast(SVG_PLUM, SVG_PAPER) >= 4.5);
}
END_TEST

START_TEST(marks)
{
	static const char *const colours[] = { SVG_INK, SVG_QUIET, SVG_BLUE,
		SVG_ORANGE, SVG_PLUM, SVG_GREY };
	size_t i, k;

	for (i = 0; i < sizeof colours / sizeof colours[0]; i++)
		for (k = 0; k < sizeof behind / sizeof behind[0]; k++)
			ck_assert_msg(contrast(colours[i], behind[k]) >= 3,
			    "%s on %s: %.2f", colours[i], behind[k],
			    contrast(colours[i], behind[k]));
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("chart");
	TCase *t = tcase_create("all");
	SRunner *r;
	int failed;

	suite_add_tcase(s, t);
	tcase_add_test(t, formula);
	tcase_add_test(t, text);
	tcase_add_test(t, marks);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed > 0;
}
