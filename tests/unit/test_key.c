/* lib/privacy: keys and their files. */
#define _GNU_SOURCE
#include <check.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "privacy/key.h"
#include "privacy/pseudonym.h"
#include "privacy_files.h"

START_TEST(key_vectors)
{
	struct csv_table *t = table("keys.csv");
	struct key *root = root_key();
	size_t r, i;

	ck_assert_uint_ge(t->nrows, 5);
	ck_assert_str_eq(key_fingerprint(root), csv_table_cell(t, 0, 5));
	for (r = 1; r < t->nrows; r++) {
		struct fault f = FAULT_NONE;
		struct key *k = key_project(root, csv_table_cell(t, r, 1),
		    or_null(csv_table_cell(t, r, 2)),
		    or_null(csv_table_cell(t, r, 3)), &f);
		char hex[2 * KEY_BYTES + 1];

		ck_assert_msg(k != NULL, "%s", f.what);
		for (i = 0; i < KEY_BYTES; i++)
			(void)snprintf(hex + 2 * i, 3, "%02x",
			    key_bytes(k)[i]);
		ck_assert_str_eq(key_id(k), csv_table_cell(t, r, 0));
		ck_assert_str_eq(hex, csv_table_cell(t, r, 4));
		ck_assert_str_eq(key_fingerprint(k), csv_table_cell(t, r, 5));
		key_close(k);
	}
	key_close(root);
	csv_table_close(t);
}
END_TEST

START_TEST(key_round_trip)
{
	static const enum key_type types[] = { KEY_ROOT, KEY_PROJECT,
		KEY_ESCROW_SECRET, KEY_LEDGER_SECRET };
	struct fault f = FAULT_NONE;
	struct key *k = key_new(types[_i], NULL, &f), *again, *pub;
	struct stat st;
	int fd;

	ck_assert_msg(k != NULL, "%s", f.what);
	(void)unlink(at("k"));
	ck_assert_int_eq(key_save(k, at("k"), &f), 0);
	ck_assert_int_eq(stat(at("k"), &st), 0);
	ck_assert_int_eq(st.st_mode & 0777, 0600);
	again = key_open(at("k"), &f);
	ck_assert_msg(again != NULL, "%s", f.what);
	ck_assert_int_eq(key_type(again), types[_i]);
	ck_assert_str_eq(key_id(again), key_id(k));
	ck_assert_str_eq(key_created(again), key_created(k));
	ck_assert_str_eq(key_fingerprint(again), key_fingerprint(k));
	ck_assert_mem_eq(key_bytes(again), key_bytes(k), KEY_BYTES);
	key_close(again);
	fd = open(at("k"), O_RDONLY);
	again = key_open_fd(fd, &f);
	ck_assert_msg(again != NULL, "%s", f.what);
	ck_assert_mem_eq(key_bytes(again), key_bytes(k), KEY_BYTES);
	(void)close(fd);
	key_close(again);
	/* It must not exist already. */
	ck_assert_int_eq(key_save(k, at("k"), &f), -1);
	fault_clear(&f);
	pub = key_public(k, &f);
	if (_i < 2) {
		ck_assert_ptr_null(pub);
	} else {
		ck_assert_str_eq(key_fingerprint(pub), key_fingerprint(k));
		ck_assert(memcmp(key_bytes(pub), key_bytes(k), KEY_BYTES));
		(void)unlink(at("k.pub"));
		ck_assert_int_eq(key_save(pub, at("k.pub"), &f), 0);
		again = key_open(at("k.pub"), &f);
		ck_assert_msg(again != NULL, "%s", f.what);
		ck_assert_str_eq(key_fingerprint(again),
		    key_fingerprint(k));
		key_close(again);
		key_close(pub);
	}
	key_close(k);
}
END_TEST

static void
refused(const char *name, const char *why)
{
	struct fault f = FAULT_NONE;
	struct key *k = key_open(at(name), &f);

	ck_assert_msg(k == NULL, "%s was accepted", why);
	ck_assert_msg(strstr(f.what, why) != NULL, "not %s: %s", why, f.what);
}

START_TEST(key_refused)
{
	struct fault f = FAULT_NONE;
	struct key *root = root_key();
	char text[512], bad[512];
	FILE *file = fopen(at("root"), "r");
	size_t n, i;

	key_close(root);
	n = fread(text, 1, sizeof text, file);
	(void)fclose(file);
	/* Who may read or change it, and what it is. */
	put_file("k", text, n, 0640);
	refused("k", "can be used by others");
	put_file("k", text, n, 0604);
	refused("k", "can be used by others");
	put_file("k", text, n, 0600);
	(void)unlink(at("l"));
	ck_assert_int_eq(symlink("k", at("l")), 0);
	refused("l", "symbolic link");
	(void)unlink(at("l"));
	{
		char from[256];

		(void)snprintf(from, sizeof from, "%s", at("k"));
		ck_assert_int_eq(link(from, at("l")), 0);
	}
	refused("l", "second name");
	(void)unlink(at("l"));
	ck_assert_int_eq(mkfifo(at("l"), 0600), 0);
	refused("l", "not a regular file");
	(void)unlink(at("l"));
	ck_assert_int_eq(mkdir(at("l"), 0700), 0);
	refused("l", "not a regular file");
	(void)rmdir(at("l"));
	refused("l", "cannot open");
	/* Every shorter file, and every byte changed. */
	for (i = 0; i + 1 < n; i++) {
		put_file("k", text, i, 0600);
		ck_assert_msg(key_open(at("k"), &f) == NULL, "%zu bytes", i);
		fault_clear(&f);
	}
	for (i = 0; i < n; i++) {
		memcpy(bad, text, n);
		bad[i] ^= 1;
		put_file("k", bad, n, 0600);
		ck_assert_msg(key_open(at("k"), &f) == NULL, "byte %zu", i);
		fault_clear(&f);
	}
	/* A root key makes nothing but projects. */
	root = root_key();
	ck_assert_ptr_null(pseudonym_new(root, "person", &f));
	ck_assert(strstr(f.what, "a project key is needed") != NULL);
	key_close(root);
}
END_TEST

static const char *
answer(void *arg, const char *name, struct fault *f)
{
	const char *const *text = arg;

	(void)name;
	if (*text == NULL)
		(void)fault_set(f, "nobody is there");
	return *text;
}

static void
under_refused(const char *text, const char *why)
{
	struct fault f = FAULT_NONE;
	struct key *k = key_open_ask(at("u"), answer, &text, &f);

	ck_assert_msg(k == NULL, "%s was accepted", why);
	ck_assert_msg(strstr(f.what, why) != NULL, "not %s: %s", why, f.what);
}

/* testdata/privacy/protected.key: tests/unit/protected_key.py. */
START_TEST(key_under_vector)
{
	static const char right[] = "four words are enough";
	const char *text = right;
	struct fault f = FAULT_NONE;
	struct key *root = root_key(), *k;
	char bad[512], *line;
	size_t n, i;

	ck_assert_int_eq(infile_whole(vectors("protected.key"), 511, &line,
	    &n, &f), 0);
	put_file("u", line, n, 0600);
	k = key_open_ask(at("u"), answer, &text, &f);
	ck_assert_msg(k != NULL, "%s", f.what);
	ck_assert_int_eq(key_type(k), KEY_ROOT);
	ck_assert_str_eq(key_id(k), key_id(root));
	ck_assert_str_eq(key_created(k), key_created(root));
	ck_assert_str_eq(key_fingerprint(k), key_fingerprint(root));
	ck_assert_mem_eq(key_bytes(k), key_bytes(root), KEY_BYTES);
	key_close(k);
	under_refused("four words are enougH", "wrong passphrase");
	under_refused("", "wrong passphrase");
	under_refused(NULL, "nobody is there");
	refused("u", "has a passphrase");
	put_file("u", line, n, 0640);
	under_refused(NULL, "can be used by others");
	/* Every shorter file, and every byte changed, before it asks. */
	for (i = 0; i + 1 < n; i++) {
		put_file("u", line, i, 0600);
		under_refused(NULL, "key file");
	}
	for (i = 0; i < n; i++) {
		memcpy(bad, line, n);
		bad[i] ^= 1;
		put_file("u", bad, n, 0600);
		under_refused(NULL, "key file");
	}
	free(line);
	key_close(root);
}
END_TEST

/* Files whose checksum is right: {from, to, what is said}. */
static const struct { const char *from, *to, *why; } forged[] = {
	{ " root root ", " root boot ", "wrong passphrase" },
	{ " root root ", " project root ", "wrong passphrase" },
	{ "2026-01-01", "2026-01-02", "wrong passphrase" },
	{ " 2 65536 ", " 1 65536 ", "wrong passphrase" },
	{ " 2 65536 ", " 2 66560 ", "wrong passphrase" },
	{ " 2 65536 ", " +2 65536 ", "wrong passphrase" },
	{ " AAEC", " BAEC", "wrong passphrase" },
	{ " ZGVm", " ZGVn", "wrong passphrase" },
	{ " 2 65536 ", " 0 65536 ", "malformed" },
	{ " 2 65536 ", " -2 65536 ", "malformed" },
	{ " 2 65536 ", " 17 65536 ", "malformed" },
	{ " 2 65536 ", " 2 8191 ", "malformed" },
	{ " 2 65536 ", " 2 1073741825 ", "malformed" },
	{ " 2 65536 ", " 2 99999999999999999999 ", "malformed" },
	{ " 2 65536 ", " 65536 ", "malformed" },
	{ " 2 65536 ", " 2 65536 x ", "malformed" },
	{ " AAEC", " AAECAAEC", "malformed" },
	{ " ZGVm", " ZGVmZGVm", "malformed" },
	{ " ZGVm", " ", "malformed" },
	{ " root root ", " escrow-public root ", "malformed" },
	{ "nibkeypw1", "nibkeypw2", "not a nib key file" },
	{ "nibkeypw1", "nibkey1", "malformed" },
};

START_TEST(key_under_forged)
{
	struct fault f = FAULT_NONE;
	unsigned char hash[16];
	char text[512], *line, *place;
	size_t n;

	ck_assert_int_eq(infile_whole(vectors("protected.key"), 511, &line,
	    &n, &f), 0);
	line[n - 10] = '\0';
	ck_assert_ptr_nonnull(place = strstr(line, forged[_i].from));
	n = (size_t)snprintf(text, sizeof text, "%.*s%s%s",
	    (int)(place - line), line, forged[_i].to,
	    place + strlen(forged[_i].from));
	(void)crypto_generichash(hash, sizeof hash,
	    (const unsigned char *)text, n, NULL, 0);
	n += (size_t)snprintf(text + n, sizeof text - n,
	    " %02x%02x%02x%02x\n", hash[0], hash[1], hash[2], hash[3]);
	put_file("u", text, n, 0600);
	under_refused("four words are enough", forged[_i].why);
	free(line);
}
END_TEST

START_TEST(key_under_round_trip)
{
	static const char right[] = "seven wide bridges";
	const char *text = right;
	struct fault f = FAULT_NONE;
	struct key *k = key_new(KEY_ESCROW_SECRET, NULL, &f), *again;
	struct stat st;

	ck_assert_msg(k != NULL, "%s", f.what);
	(void)unlink(at("u"));
	ck_assert_int_eq(key_save_under(k, at("u"), right, &f), 0);
	ck_assert_int_eq(stat(at("u"), &st), 0);
	ck_assert_int_eq(st.st_mode & 0777, 0600);
	again = key_open_ask(at("u"), answer, &text, &f);
	ck_assert_msg(again != NULL, "%s", f.what);
	ck_assert_int_eq(key_type(again), KEY_ESCROW_SECRET);
	ck_assert_str_eq(key_id(again), key_id(k));
	ck_assert_str_eq(key_fingerprint(again), key_fingerprint(k));
	ck_assert_mem_eq(key_bytes(again), key_bytes(k), KEY_BYTES);
	key_close(again);
	under_refused("seven wide bridge", "wrong passphrase");
	again = key_public(k, &f);
	(void)unlink(at("u"));
	ck_assert_int_eq(key_save_under(again, at("u"), right, &f), -1);
	ck_assert(strstr(f.what, "takes no passphrase") != NULL);
	key_close(again);
	key_close(k);
}
END_TEST

static void
add(TCase *t)
{
	tcase_add_test(t, key_vectors);
	tcase_add_loop_test(t, key_round_trip, 0, 4);
	tcase_add_test(t, key_refused);
	tcase_add_test(t, key_under_vector);
	tcase_add_loop_test(t, key_under_forged, 0,
	    (int)(sizeof forged / sizeof forged[0]));
	tcase_add_test(t, key_under_round_trip);
}

int
main(void)
{
	return run_tests("key", add);
}
