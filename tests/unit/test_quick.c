/*
 * Numbers and days without a loop over their characters. Expected: the C
 * library's strtod and, for days, the calendar counted day by day here
 * (a leap year every 4th, not every 100th, but every 400th).
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/eight.h"
#include "expr/quick.h"

typedef void days_fn(const struct column *, size_t, int32_t *);
static days_fn *const ways[] = { quick_days, quick_days_plain };

static struct column column;
static char texts[EXPR_BATCH][32];
static int32_t want[EXPR_BATCH];
static size_t filled;

static void
compare(days_fn *days)
{
	int32_t got[EXPR_BATCH];
	size_t i;

	days(&column, filled, got);
	for (i = 0; i < filled; i++)
		ck_assert_msg(got[i] == want[i], "%s: %d, not %d", texts[i],
		    (int)got[i], (int)want[i]);
	filled = 0;
}

static void
add(days_fn *days, const char *text, size_t n, int32_t day)
{
	memset(texts[filled], 0, sizeof texts[filled]);
	memcpy(texts[filled], text, n);
	column.v[filled].p = texts[filled];
	column.n[filled] = (uint32_t)n;
	want[filled++] = day;
	if (filled == EXPR_BATCH)
		compare(days);
}

START_TEST(every_day)
{
	static const int length[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31,
		30, 31 };
	char text[40];
	int y, m, d;

	for (y = 0; y < 10000; y += y < 1890 || y > 2110 ? 10 : 1)
		for (m = 0; m < 15; m++)
			for (d = 0; d < 34; d++) {
				int leap = y % 400 == 0 ||
				    (y % 4 == 0 && y % 100 != 0);
				int last = m < 1 || m > 12 ? 0 :
				    length[m - 1] + (m == 2 && leap);

				(void)snprintf(text, sizeof text,
				    "%04d-%02d-%02d", y, m, d);
				add(ways[_i], text, 10, d < 1 || d > last ?
				    -1 : y * 512 + m * 32 + d);
			}
	compare(ways[_i]);
}
END_TEST

/* Each place, each byte: only digits are digits, only hyphens hyphens. */
START_TEST(other_bytes)
{
	static const char good[] = "2024-10-15";
	char text[10];
	size_t at, n;
	int byte;

	for (at = 0; at < 10; at++)
		for (byte = 0; byte < 256; byte++) {
			int digit = byte >= '0' && byte <= '9';
			int hyphen = at == 4 || at == 7;
			int y, m, d;

			memcpy(text, good, 10);
			text[at] = (char)byte;
			y = (text[0] - '0') * 1000 + (text[1] - '0') * 100 +
			    (text[2] - '0') * 10 + text[3] - '0';
			m = (text[5] - '0') * 10 + text[6] - '0';
			d = (text[8] - '0') * 10 + text[9] - '0';
			/* Months 10, 11, 12; 2024-11 has 30 days. */
			add(ways[_i], text, 10, (hyphen ? byte == '-' : digit) &&
			    m >= 1 && m <= 12 && d >= 1 && d <= 31 &&
			    !(m == 11 && d == 31) ? y * 512 + m * 32 + d : -1);
		}
	/* Of another length it is no date, whatever follows. */
	for (n = 0; n < 20; n++)
		add(ways[_i], "2024-10-15T10:00:00Z", n, n == 10 ?
		    2024 * 512 + 10 * 32 + 15 : -1);
	compare(ways[_i]);
}
END_TEST

static void
digits_of(const char *text)
{
	static const double tens[] = { 1, 10, 100, 1000, 10000, 100000, 1e6,
		1e7 };
	char room[32] = "";
	unsigned decimals = 99;
	uint64_t u = 0;
	size_t n = strlen(text), points = 0, i;
	int simple = n > 0 && n <= 8;

	for (i = 0; i < n; i++) {
		points += text[i] == '.';
		simple &= text[i] == '.' || (text[i] >= '0' && text[i] <= '9');
	}
	simple &= points <= 1 && n > points;
	memcpy(room, text, n);
	memset(room + n, '7', 8); /* what follows must not count */
	if (!eight_decimal(room, n, &u, &decimals)) {
		ck_assert_msg(!simple, "%s is not taken", text);
		return;
	}
	ck_assert_msg(simple, "%s is taken", text);
	ck_assert_msg((double)u / tens[decimals] == strtod(text, NULL),
	    "%s: %llu, %u decimals", text, (unsigned long long)u, decimals);
}

START_TEST(digits)
{
	static const char some[] = "0159.-+ eE/:";
	char text[16];
	size_t i, j, k, l;
	unsigned long long x = 1;

	for (i = 0; some[i] != '\0'; i++)
		for (j = 0; some[j] != '\0'; j++)
			for (k = 0; some[k] != '\0'; k++)
				for (l = 1; l <= 3; l++) {
					char t[4] = { some[i], some[j],
						some[k], 0 };

					t[l] = '\0';
					digits_of(t);
				}
	digits_of("");
	digits_of("123456789");
	for (i = 0; i < 200000; i++) {
		x = x * 6364136223846793005ULL + 1442695040888963407ULL;
		l = 1 + (size_t)(x >> 60) % 9;
		(void)snprintf(text, sizeof text, "%09llu", (x >> 30) %
		    1000000000ULL);
		text[l] = '\0';
		if ((x >> 20 & 1) != 0)
			text[(x >> 21) % l] = '.';
		if ((x >> 40 & 31) == 0)
			text[(x >> 50) % l] = (char)(x >> 45 & 0xff ? x >> 45 &
			    0xff : 1);
		digits_of(text);
	}
}
END_TEST

/* Every eight digits with the others 0, and many as they come: as printf. */
START_TEST(digits_of_numbers)
{
	uint64_t x = 88172645463325252ULL, got;
	char room[16];
	uint32_t v;
	int i;

	for (i = 0; i < 300000; i++) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		v = i < 10000 ? (uint32_t)i : i < 20000 ? (uint32_t)(i -
		    10000) * 10000 : (uint32_t)(x % 100000000);
		(void)snprintf(room, sizeof room, "%08u", (unsigned)v);
		got = eight_of(v);
		ck_assert_uint_eq(eight_number(got), v);
		eight_store(room + 8, got | EIGHT_ZEROS);
		ck_assert_msg(memcmp(room, room + 8, 8) == 0, "%s", room);
	}
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("quick");
	TCase *t = tcase_create("all");
	SRunner *r;
	int failed;

	suite_add_tcase(s, t);
	tcase_add_loop_test(t, every_day, 0, 2);
	tcase_add_loop_test(t, other_bytes, 0, 2);
	tcase_add_test(t, digits);
	tcase_add_test(t, digits_of_numbers);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed > 0;
}
