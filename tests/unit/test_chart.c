/*
 * The contrast of the colours of charts, by the formula of WCAG 2.1 (relative
 * luminance of sRGB; ratio (L1 + .05) / (L2 + .05)). The formula itself is
 * held to the ratios that W3C's understanding documents give: black on white
 * 21, #767676 on white 4.54, #949494 on white 3.03.
 */
#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

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

/*
 * A text is given at least the room that it takes: lengths of Helvetica from
 * Adobe's font metrics (W is 944 thousandths wide, M 833, i 222, a space 278,
 * the per cent sign 889), and a character of East Asia the whole of its size
 * (Unicode Standard Annex 11). An accent over a letter takes none.
 */
START_TEST(widths)
{
	static const struct { const char *text; double width; } texts[] = {
		{ "WWWW", 37.76 }, { "MM%", 25.55 }, { "ii ii", 11.66 },
		{ "\xe6\x97\xa5\xe6\x9c\xac", 20 },
		{ "W\xcc\x82", 9.44 }, { "", 0 },
	};
	size_t i;

	for (i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		double w = svg_text_width(texts[i].text, 10);

		ck_assert_msg(w >= texts[i].width && w <= 1.15 *
		    texts[i].width, "%zu: %.2f", i, w);
	}
}
END_TEST

/* 2^70 = 1180591620717411303424 (bc); -0.04 has no digit to be negative. */
START_TEST(numbers)
{
	struct buf b = { 0 };

	ck_assert_str_eq(svg_number(&b, 1180591620717411303424., 1),
	    "1,180,591,620,717,411,303,424.0");
	ck_assert_str_eq(svg_number(&b, -1234.25, 2),
	    "\xe2\x88\x92" "1,234.25");
	ck_assert_str_eq(svg_number(&b, -0.04, 1), "0.0");
	/* 10^300 is 301 digits with 100 commas, and none is lost. */
	ck_assert_uint_eq(strlen(svg_number(&b, 1e300, 0)), 401);
	buf_free(&b);
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
	tcase_add_test(t, widths);
	tcase_add_test(t, numbers);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed > 0;
}
