/*
 * lib/spec/keyset: SipHash-2-4-128 against libsodium's, and the set against
 * a sorted array. lib/spec/valueset against a list looked through.
 */
#include <check.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "spec/keyset.h"
#include "spec/valueset.h"

START_TEST(siphash)
{
	unsigned char key[16], text[80], ours[16], theirs[16];
	size_t n, i;

	for (i = 0; i < 16; i++)
		key[i] = (unsigned char)i;
	for (i = 0; i < sizeof text; i++)
		text[i] = (unsigned char)(i * 37 + 1);
	for (n = 0; n <= sizeof text; n++) {
		keyset_siphash(key, text, n, ours);
		(void)crypto_shorthash_siphashx24(theirs, text, n, key);
		ck_assert(memcmp(ours, theirs, 16) == 0);
	}
}
END_TEST

START_TEST(set)
{
	struct keyset *s = keyset_new();
	static unsigned char seen[50000];
	unsigned seed = 3;
	size_t i, distinct = 0;

	for (i = 0; i < 100000; i++) {
		char text[24];
		unsigned v;
		int n;

		seed = seed * 1103515245u + 12345u;
		v = (seed >> 8) % 50000;
		n = snprintf(text, sizeof text, "key %u", v);
		ck_assert_int_eq(keyset_has(s, keyset_digest(text,
		    (size_t)n)), seen[v]);
		ck_assert_int_eq(keyset_add(s, keyset_digest(text,
		    (size_t)n)), !seen[v]);
		distinct += !seen[v];
		seen[v] = 1;
	}
	ck_assert_uint_eq(keyset_count(s), distinct);
	ck_assert_uint_le(keyset_bytes(s), distinct * 32 + 8 * 1024 * 1024);
	/* What was not added is not there. */
	for (i = 50000; i < 150000; i++)
		ck_assert_int_eq(keyset_has(s, keyset_digest(&i, sizeof i)),
		    0);
	keyset_free(s);
}
END_TEST

/* As the header states it. */
START_TEST(bytes)
{
	struct keyset *s = keyset_new();
	size_t i, n = 1000000;

	for (i = 0; i < n; i++)
		ck_assert_int_eq(keyset_add(s, keyset_digest(&i, sizeof i)),
		    1);
	ck_assert_uint_ge(keyset_bytes(s), n * 16);
	ck_assert_uint_le(keyset_bytes(s), n * 32);
	for (i = 0; i < n; i++)
		ck_assert_int_eq(keyset_add(s, keyset_digest(&i, sizeof i)),
		    0);
	ck_assert_uint_eq(keyset_count(s), n);
	keyset_free(s);
}
END_TEST

/*
 * Digests made up: all of one bucket, so that full ones send them on and the
 * last of a table on to the first; and such as differ in one bit.
 */
START_TEST(crowded)
{
	static const uint64_t tags[] = { 0, 0x0ffffffff0000000 };
	size_t i, k;

	for (k = 0; k < 2; k++) {
		struct keyset *s = keyset_new();
		struct keyset_digest d = { tags[k], 0 };

		for (i = 1; i < 300; i++) {
			d.b = i;
			ck_assert_int_eq(keyset_has(s, d), 0);
			ck_assert_int_eq(keyset_add(s, d), 1);
			ck_assert_int_eq(keyset_add(s, d), 0);
		}
		for (i = 1; i < 300; i++) {
			d.b = i;
			ck_assert_int_eq(keyset_has(s, d), 1);
		}
		/* Of 16 bytes the set tells 12 apart. */
		for (i = 0; i < 64; i++) {
			d.a = tags[k] ^ (uint64_t)1 << i;
			d.b = 7;
			ck_assert_int_eq(keyset_add(s, d), 1);
		}
		for (i = 9; i < 32; i++) {
			d.a = tags[k];
			d.b = (uint64_t)1 << i;
			ck_assert_int_eq(keyset_add(s, d), 1);
		}
		keyset_free(s);
	}
}
END_TEST

/* Several at a time are what one at a time is. */
START_TEST(several)
{
	static char text[8192];
	struct keyset_digest got[256], want;
	const char *p[256];
	uint32_t size[256];
	unsigned seed = 5;
	size_t i, n = 0;

	for (i = 0; i < 256; i++) {
		size_t k, len;

		seed = seed * 1103515245u + 12345u;
		/* Runs of much the same length, as keys are, and others. */
		len = i < 64 ? 13 : i < 128 ? i % 3 + 7 : (seed >> 9) % 30;
		p[i] = text + n;
		size[i] = (uint32_t)len;
		for (k = 0; k < len; k++)
			text[n++] = (char)(seed >> (k % 20));
	}
	keyset_digests(p, size, 256, got);
	for (i = 0; i < 256; i++) {
		want = keyset_digest(p[i], size[i]);
		ck_assert(want.a == got[i].a && want.b == got[i].b);
	}
}
END_TEST

/* n values of a to 12 bytes, many of them long, alike or empty. */
static void
compare(unsigned n, unsigned seed)
{
	struct valueset *s = valueset_new();
	static char list[6000][32];
	unsigned i, k;

	for (i = 0; i < n; i++) {
		seed = seed * 1103515245u + 12345u;
		(void)snprintf(list[i], sizeof list[i], "%.*s%u",
		    (int)((seed >> 16) % 9), "AAAAAAAA", (seed >> 9) % (n * 2));
		if (i == 5)
			list[i][0] = '\0';
		valueset_add(s, list[i], strlen(list[i]));
	}
	valueset_seal(s);
	for (i = 0; i < 3000; i++) {
		char text[40] = { 0 };
		const char *p = text;
		uint32_t len;
		unsigned char to[2];
		int want = 0, prefix = 0;

		seed = seed * 1103515245u + 12345u;
		(void)snprintf(text, sizeof text, "%.*s%u",
		    (int)((seed >> 16) % 9), "AAAAAAAA", (seed >> 9) % (n * 2));
		if (i == 7)
			text[0] = '\0';
		len = (uint32_t)strlen(text);
		for (k = 0; k < n; k++) {
			want |= strcmp(list[k], text) == 0;
			prefix |= len > 2 && strlen(list[k]) == 2 &&
			    memcmp(list[k], text, 2) == 0;
		}
		/* What stands after the cell must not matter. */
		memset(text + len, 'x', sizeof text - len);
		(void)valueset_batch(s, &p, &len, 1, 0, to);
		ck_assert_int_eq(to[0], want);
		ck_assert_int_eq(valueset_has(s, p, len), want);
		(void)valueset_batch(s, &p, &len, 1, 2, to);
		ck_assert_int_eq(to[0], want || prefix);
	}
	valueset_free(s);
}

/* A column in one look: four cells a record, the third of them looked at. */
START_TEST(look)
{
	static const char *const cells[] = { "10", "", "2", "11", "12345678" };
	static const struct { const char *odd; int good; size_t empty; } t[] = {
		{ "11", 1, 8 }, { "", 1, 9 }, { "13", 0, 0 }, { "1", 0, 0 },
		{ "123456789", 0, 0 }, { "1234567", 0, 0 }, { "long code!", 0, 0 },
	};
	struct valueset *s = valueset_new();
	size_t i, k, n;

	valueset_add(s, "10", 2);
	valueset_add(s, "2", 1);
	valueset_add(s, "11", 2);
	valueset_add(s, "12345678", 8);
	valueset_add(s, "long code!", 10); /* too long for one look */
	valueset_seal(s);
	for (i = 0; i < sizeof t / sizeof t[0]; i++) {
		char data[4096] = "";
		uint32_t ends[4 * 41 + 1] = { UINT32_MAX };
		size_t at = 1, filled = 0;

		for (k = 0; k < 41; k++) {
			const char *cell = k == 17 ? t[i].odd :
			    cells[(k < 17 ? k : k - 1) % 5];

			filled += (size_t)sprintf(data + filled, "ab,c,%s,d\n",
			    cell);
			n = strlen(cell);
			ends[at] = ends[at - 1] + 3;
			ends[at + 1] = ends[at] + 2;
			ends[at + 2] = ends[at + 1] + 1 + (uint32_t)n;
			ends[at + 3] = ends[at + 2] + 2;
			at += 4;
		}
		n = valueset_look(s, data, ends + 3, 4, 41);
		ck_assert_uint_eq(n, t[i].good ? t[i].empty : VALUESET_OTHER);
	}
	valueset_free(s);
}
END_TEST

START_TEST(values)
{
	compare(1, 1);
	compare(6, 2);
	compare(40, 3);
	compare(700, 4);
	compare(6000, 5); /* beyond the table: the map */
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("keyset");
	TCase *c = tcase_create("keyset");
	SRunner *r;
	int failed;

	tcase_set_timeout(c, 60);
	tcase_add_test(c, siphash);
	tcase_add_test(c, set);
	tcase_add_test(c, bytes);
	tcase_add_test(c, crowded);
	tcase_add_test(c, several);
	tcase_add_test(c, look);
	tcase_add_test(c, values);
	suite_add_tcase(s, c);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
