/*
 * lib/ledger: what a changed ledger is found by. Every byte of the file is
 * changed in turn, and verify finds each.
 */
#define _GNU_SOURCE
#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/infile.h"
#include "ledger/ledger.h"
#include "ledger/register.h"

static char folder[] = "/tmp/nib-ledger.XXXXXX";

static const char *
at(const char *name)
{
	static char path[4][256];
	static int i;
	char *p = path[i++ & 3];

	(void)snprintf(p, sizeof path[0], "%s/%s", folder, name);
	return p;
}

static void
put_file(const char *name, const char *p, size_t n)
{
	int fd = open(at(name), O_WRONLY | O_CREAT | O_TRUNC, 0600);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, p, n), (ssize_t)n);
	ck_assert_int_eq(close(fd), 0);
}

static struct key *
new_ledger(void)
{
	struct fault f = FAULT_NONE;
	struct key *k = key_new(KEY_LEDGER_SECRET, "clerk", &f);

	ck_assert_msg(k != NULL, "%s", f.what);
	(void)unlink(at("l"));
	ck_assert_msg(ledger_create(at("l"), k, &f) == 0, "%s", f.what);
	return k;
}

static void
add(const struct key *k, const char *text, const struct ledger_tags *tags)
{
	struct ledger_fact facts[] = { { "use", "use-1", 0 },
		{ "kind", "complete", 0 }, { "count", NULL, 7 },
		{ "text", text, 0 } };
	struct fault f = FAULT_NONE;
	struct ledger *l = ledger_open(at("l"), 1, &f);

	ck_assert_msg(l != NULL, "%s", f.what);
	ck_assert_msg(ledger_append(l, k, facts, 4, "use-1", tags, NULL,
	    &f) == 0, "%s", f.what);
	ledger_close(l);
}

static int
verify(const char *name, const struct key *pub, const char *checkpoint)
{
	struct fault f = FAULT_NONE;
	struct buf what = { 0 };
	uint64_t n;
	int rc = ledger_verify(at(name), pub, checkpoint, &what, &n, &f);

	buf_free(&what);
	return rc;
}

START_TEST(every_byte)
{
	static const uint64_t people[] = { 3, 5, 1ull << 60, ~0ull };
	struct ledger_tags tags = { people, 4 };
	struct key *k = new_ledger();
	struct fault f = FAULT_NONE;
	size_t n, i;
	char *whole, changed;
	int fd;

	add(k, "first", &tags);
	add(k, "second", NULL);
	ck_assert_int_eq(verify("l", k, NULL), 0);
	ck_assert_int_eq(infile_whole(at("l"), 1 << 24, &whole, &n, &f), 0);
	put_file("x", whole, n);
	fd = open(at("x"), O_WRONLY);
	for (i = 0; i < n; i++) {
		changed = (char)(whole[i] ^ 1 << i % 8);
		ck_assert_int_eq(pwrite(fd, &changed, 1, (off_t)i), 1);
		ck_assert_msg(verify("x", k, NULL) == 1, "byte %zu", i);
		ck_assert_int_eq(pwrite(fd, whole + i, 1, (off_t)i), 1);
	}
	ck_assert_int_eq(close(fd), 0);
	ck_assert_int_eq(verify("x", k, NULL), 0);
	/* More at its end than there was. */
	fd = open(at("x"), O_WRONLY | O_APPEND);
	ck_assert_int_eq(write(fd, whole, 1), 1);
	ck_assert_int_eq(close(fd), 0);
	ck_assert_int_eq(verify("x", k, NULL), 1);
	/* Cut short anywhere. */
	for (i = 0; i < n; i += 1021) {
		put_file("x", whole, i);
		ck_assert_msg(verify("x", k, NULL) == 1, "cut at %zu", i);
	}
	free(whole);
	key_close(k);
}
END_TEST

START_TEST(checkpoints)
{
	struct key *k = new_ledger(), *other, *pub;
	struct fault f = FAULT_NONE;
	struct buf c = { 0 };
	struct ledger *l;
	char *before, *line, saved;
	size_t n, i;

	add(k, "first", NULL);
	ck_assert_int_eq(infile_whole(at("l"), 1 << 24, &before, &n, &f), 0);
	put_file("before", before, n);
	add(k, "second", NULL);
	l = ledger_open(at("l"), 0, &f);
	ck_assert_int_eq(ledger_checkpoint(l, k, &c, &f), 0);
	ledger_close(l);
	line = c.p;
	(void)buf_string(&c);
	line = c.p;
	ck_assert_int_eq(verify("l", NULL, line), 0);
	add(k, "third", NULL);
	ck_assert_int_eq(verify("l", NULL, line), 0);
	/* An older copy is sound in itself, and found by the checkpoint. */
	ck_assert_int_eq(verify("before", NULL, NULL), 0);
	ck_assert_int_eq(verify("before", NULL, line), 1);
	/* No byte of a checkpoint can change. */
	for (i = 0; i + 1 < c.n; i++) {
		saved = line[i];
		line[i] ^= 1;
		ck_assert_msg(verify("l", NULL, line) == 1, "byte %zu", i);
		line[i] = saved;
	}
	/* The key can be pinned: another ledger does not pass for this. */
	pub = key_public(k, &f);
	ck_assert_int_eq(verify("l", pub, NULL), 0);
	other = new_ledger();
	ck_assert_int_eq(verify("l", NULL, NULL), 0);
	ck_assert_int_eq(verify("l", pub, NULL), 1);
	ck_assert_int_eq(verify("l", other, line), 1);
	/* Nor can it be written with another key. */
	l = ledger_open(at("l"), 1, &f);
	ck_assert_int_eq(ledger_append(l, k, NULL, 0, NULL, NULL, NULL, &f),
	    -1);
	ck_assert(strstr(f.what, "not this ledger's") != NULL);
	ledger_close(l);
	ck_assert_int_eq(verify("missing", NULL, NULL), -1);
	buf_free(&c);
	free(before);
	key_close(other);
	key_close(pub);
	key_close(k);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("ledger");
	TCase *t = tcase_create("ledger");
	SRunner *r;
	char command[64];
	int failed;

	if (mkdtemp(folder) == NULL)
		return 99;
	tcase_set_timeout(t, 600);
	tcase_add_test(t, every_byte);
	tcase_add_test(t, checkpoints);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	(void)snprintf(command, sizeof command, "rm -rf %s", folder);
	if (system(command) != 0)
		return 1;
	return failed == 0 ? 0 : 1;
}
