/*
 * privacy_files: testdata/privacy, and a folder for what a test writes, for
 * the tests of lib/privacy. Expected keys and tokens come from
 * tests/unit/privacy_vectors.py (Python's hashlib, no libsodium).
 */
#ifndef NIB_TESTS_PRIVACY_FILES_H
#define NIB_TESTS_PRIVACY_FILES_H

#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/infile.h"
#include "csv/table.h"
#include "privacy/key.h"

static char folder[] = "/tmp/nib-privacy.XXXXXX";

static inline const char *
vectors(const char *name)
{
	static char path[4096];
	const char *src = getenv("NIB_SRC");

	(void)snprintf(path, sizeof path, "%s/testdata/privacy/%s",
	    src != NULL ? src : ".", name);
	return path;
}

static inline const char *
at(const char *name)
{
	static char path[256];

	(void)snprintf(path, sizeof path, "%s/%s", folder, name);
	return path;
}

static inline void
put_file(const char *name, const char *p, size_t n, mode_t mode)
{
	int fd;

	(void)unlink(at(name));
	fd = open(at(name), O_WRONLY | O_CREAT | O_TRUNC, 0600);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, p, n), (ssize_t)n);
	ck_assert_int_eq(fchmod(fd, mode), 0);
	ck_assert_int_eq(close(fd), 0);
}

/* The published root key, in a file that only we can read. */
static inline struct key *
root_key(void)
{
	struct fault f = FAULT_NONE;
	struct key *k;
	char *text;
	size_t n;

	ck_assert_int_eq(infile_whole(vectors("root.key"), 4096, &text, &n,
	    &f), 0);
	put_file("root", text, n, 0600);
	free(text);
	k = key_open(at("root"), &f);
	ck_assert_msg(k != NULL, "%s", f.what);
	return k;
}

static inline struct key *
project_key(void)
{
	struct fault f = FAULT_NONE;
	struct key *root = root_key();
	struct key *k = key_project(root, "asthma-2026", NULL, NULL, &f);

	ck_assert_msg(k != NULL, "%s", f.what);
	key_close(root);
	return k;
}

static inline struct csv_table *
table(const char *name)
{
	struct fault f = FAULT_NONE;
	struct csv_table *t = csv_table_open(vectors(name), ',', &f);

	ck_assert_msg(t != NULL, "%s", f.what);
	return t;
}

static inline const char *
or_null(const char *s)
{
	return s[0] != '\0' ? s : NULL;
}

/* Run the tests of a case, and take the folder away. */
static inline int
run_tests(const char *name, void add(TCase *))
{
	Suite *s = suite_create(name);
	TCase *t = tcase_create(name);
	SRunner *r;
	char command[64];
	int failed;

	if (mkdtemp(folder) == NULL)
		return 99;
	tcase_set_timeout(t, 120);
	add(t);
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

#endif
