/*
 * The external sort, held against qsort(3) over the same records with the
 * order of arrival to break ties; and the spill file under it.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <signal.h>

#include "base/mem.h"
#include "base/sorter.h"
#include "base/spill.h"

struct want {
	unsigned char key[40];
	size_t nkey, nrest, i;
};

static uint64_t
draw(uint64_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed;
}

static int
by_key(const void *a, const void *b)
{
	const struct want *x = a, *y = b;
	int c = memcmp(x->key, y->key, x->nkey < y->nkey ? x->nkey : y->nkey);

	if (c != 0)
		return c;
	if (x->nkey != y->nkey)
		return x->nkey < y->nkey ? -1 : 1;
	return x->i < y->i ? -1 : x->i > y->i;
}

enum kind { NUMBERS, FEW_VALUES, LONG_ALIKE, ANY_LENGTH, ONE_VALUE, ORDERED };

static void
make_key(struct want *w, enum kind kind, size_t i, uint64_t r)
{
	w->nkey = 8;
	memset(w->key, 0, sizeof w->key);
	switch (kind) {
	case NUMBERS:
		sorter_number(w->key, r);
		break;
	case FEW_VALUES:
		sorter_number(w->key, r % 7);
		break;
	case LONG_ALIKE: /* differ only after 24 bytes, and after 35 */
		memset(w->key, 'a', 24);
		w->key[24] = (unsigned char)r;
		w->key[35] = (unsigned char)(r >> 8 & 3);
		w->nkey = 36;
		break;
	case ANY_LENGTH: /* zero bytes, and keys that begin others */
		w->nkey = r % 12;
		w->key[0] = r >> 8 & 1;
		w->key[1] = r >> 9 & 1;
		w->key[9] = r >> 10 & 1;
		break;
	case ONE_VALUE:
		break;
	case ORDERED:
		sorter_number(w->key, i);
		break;
	}
}

static const struct {
	enum kind kind;
	size_t n, rest;
} cases[] = {
	{ NUMBERS, 0, 4 }, { NUMBERS, 1, 4 }, { NUMBERS, 300, 4 },
	{ ANY_LENGTH, 400, 0 }, { ANY_LENGTH, 100000, 3 },
	{ NUMBERS, 10000, 9 }, { FEW_VALUES, 60000, 9 },
	{ LONG_ALIKE, 60000, 20 }, { ONE_VALUE, 60000, 0 },
	{ ORDERED, 60000, 50 },
	/* More runs of a megabyte than can be read at once: sorted twice. */
	{ NUMBERS, 60000, 1000 }, { FEW_VALUES, 30000, 2000 },
	{ NUMBERS, 40, 400000 },
};

START_TEST(sorts)
{
	size_t n = cases[_i].n, i, k;
	struct want *want = mem_zero(n + 1, sizeof *want);
	struct spill *spill = spill_new();
	struct sorter *s = sorter_new(0, spill);
	struct fault f = FAULT_NONE;
	struct sorter_record r;
	uint64_t seed = 88172645463325252ULL;
	unsigned char *rest = mem_zero(cases[_i].rest * 2 + 8, 1);

	for (i = 0; i < n; i++) {
		make_key(&want[i], cases[_i].kind, i, draw(&seed));
		want[i].i = i;
		want[i].nrest = cases[_i].rest + i % (cases[_i].rest + 1);
		memset(rest, (int)(i & 0xff), want[i].nrest);
		ck_assert_int_eq(sorter_add(s, want[i].key, want[i].nkey,
		    rest, want[i].nrest, &f), 0);
	}
	ck_assert_uint_eq(sorter_count(s), n);
	qsort(want, n, sizeof *want, by_key);
	for (i = 0; i < n; i++) {
		ck_assert_int_eq(sorter_next(s, &r, &f), 1);
		ck_assert_uint_eq(r.nkey, want[i].nkey);
		ck_assert_uint_eq(r.nrest, want[i].nrest);
		ck_assert(memcmp(r.key, want[i].key, r.nkey) == 0);
		for (k = 0; k < r.nrest; k += 97)
			ck_assert_uint_eq((unsigned char)r.rest[k],
			    want[i].i & 0xff);
	}
	ck_assert_int_eq(sorter_next(s, &r, &f), 0);
	ck_assert_int_eq(sorter_next(s, &r, &f), 0);
	/* The large ones went through the file. */
	ck_assert_int_eq(spill_bytes(spill) > 0, n > 10000 || n == 40);
	sorter_free(s);
	spill_free(spill);
	free(want);
	free(rest);
}
END_TEST

START_TEST(numbers)
{
	static const uint64_t n[] = { 0, 1, 255, 256, UINT32_MAX,
		UINT64_MAX };
	unsigned char a[8], b[8];
	size_t i;

	for (i = 0; i < sizeof n / sizeof n[0]; i++) {
		sorter_number(a, n[i]);
		ck_assert_uint_eq(sorter_number_of((const char *)a), n[i]);
		if (i > 0)
			ck_assert_int_lt(memcmp(b, a, 8), 0);
		memcpy(b, a, 8);
	}
}
END_TEST

/* What is read back is what was written; the middle of a piece too. */
START_TEST(spills)
{
	struct spill *s = spill_new();
	struct fault f = FAULT_NONE;
	struct buf b = { 0 };
	off_t at[3];
	size_t i;

	for (i = 0; i < 3; i++) {
		buf_printf(&b, "%zu", i);
		while (b.n < 1000 * (i + 1))
			buf_putc(&b, (char)b.n);
		ck_assert_int_eq(spill_write(s, &b, &at[i], &f), 0);
		ck_assert_uint_eq(b.n, 0);
	}
	for (i = 3; i-- > 0;) {
		ck_assert_int_eq(spill_read(s, at[i], 0, 1000 * (i + 1), &b,
		    &f), 0);
		ck_assert_int_eq(b.p[0], (char)('0' + i));
		ck_assert_int_eq(b.p[999], (char)999);
	}
	ck_assert_int_eq(spill_read(s, at[2], 2048, 100, &b, &f), 0);
	ck_assert_uint_eq(b.n, 100);
	ck_assert_int_eq(b.p[1], (char)2049);
	buf_free(&b);
	spill_free(s);
	spill_free(NULL);
}
END_TEST

/* No room on the disk: a fault that says where, no crash. */
START_TEST(full)
{
	struct spill *spill = spill_new();
	struct sorter *s = sorter_new(0, spill);
	struct rlimit limit = { 3 * 1024 * 1024, RLIM_INFINITY }, old;
	struct fault f = FAULT_NONE;
	char rest[1000] = { 0 };
	unsigned char key[8];
	uint64_t i;
	int rc = 0;

	(void)signal(SIGXFSZ, SIG_IGN);
	ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &old), 0);
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
	for (i = 0; rc == 0 && i < 10000; i++) {
		sorter_number(key, i * 7919 % 10007);
		rc = sorter_add(s, key, 8, rest, sizeof rest, &f);
	}
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &old), 0);
	ck_assert_int_eq(rc, -1);
	ck_assert_ptr_nonnull(strstr(f.what, "temporary file"));
	sorter_free(s);
	spill_free(spill);
}
END_TEST

/* Where the keys change, told by hand: the empty key is one like others. */
START_TEST(runs)
{
	static const char *const keys[] = { "", "", "a", "a", "ab", "a" };
	static const int starts[] = { 1, 0, 1, 0, 1, 1 };
	struct sorter_run run = { 0 };
	size_t i;

	for (i = 0; i < 6; i++) {
		struct sorter_record r = { keys[i], "", strlen(keys[i]), 0 };

		ck_assert_int_eq(sorter_run_starts(&run, &r), starts[i]);
	}
	sorter_run_clear(&run);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("sorter");
	TCase *c = tcase_create("sorter");
	SRunner *r;
	int failed;

	tcase_set_timeout(c, 60);
	tcase_add_loop_test(c, sorts, 0,
	    (int)(sizeof cases / sizeof cases[0]));
	tcase_add_test(c, numbers);
	tcase_add_test(c, spills);
	tcase_add_test(c, full);
	tcase_add_test(c, runs);
	suite_add_tcase(s, c);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
