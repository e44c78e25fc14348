/*
 * lib/privacy: keys, lanes, one-way and reversible pseudonyms, treatments,
 * sets of people. Expected keys and tokens come from
 * tests/unit/privacy_vectors.py (Python's hashlib, no libsodium).
 */
#define _GNU_SOURCE
#include <check.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/date.h"
#include "base/outfile.h"
#include "base/infile.h"
#include "csv/table.h"
#include "privacy/encode.h"
#include "privacy/escrow.h"
#include "privacy/key.h"
#include "privacy/lanes.h"
#include "privacy/people.h"
#include "privacy/pseudonym.h"
#include "privacy/siv.h"
#include "privacy/treat.h"

static char folder[] = "/tmp/nib-privacy.XXXXXX";

static const char *
vectors(const char *name)
{
	static char path[4096];
	const char *src = getenv("NIB_SRC");

	(void)snprintf(path, sizeof path, "%s/testdata/privacy/%s",
	    src != NULL ? src : ".", name);
	return path;
}

static const char *
at(const char *name)
{
	static char path[256];

	(void)snprintf(path, sizeof path, "%s/%s", folder, name);
	return path;
}

static void
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
static struct key *
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

static struct key *
project_key(void)
{
	struct fault f = FAULT_NONE;
	struct key *root = root_key();
	struct key *k = key_project(root, "asthma-2026", NULL, NULL, &f);

	ck_assert_msg(k != NULL, "%s", f.what);
	key_close(root);
	return k;
}

static struct csv_table *
table(const char *name)
{
	struct fault f = FAULT_NONE;
	struct csv_table *t = csv_table_open(vectors(name), ',', &f);

	ck_assert_msg(t != NULL, "%s", f.what);
	return t;
}

static const char *
or_null(const char *s)
{
	return s[0] != '\0' ? s : NULL;
}

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

/* Each width against one by one, all lengths, in batches of odd sizes. */
static void
agree(enum lanes_width width, struct lanes *make(const unsigned char *,
    enum lanes_width), int words)
{
	static const size_t sizes[] = { 1, 3, 8, 13, 100, 255, 256 };
	unsigned char key[32];
	struct lanes *one, *wide;
	struct lanes_batch *a = malloc(sizeof *a), *b = malloc(sizeof *b);
	char value[LANES_MAX];
	size_t s, i, j, n, longest;
	unsigned x = 1;
	int k;

	for (i = 0; i < sizeof key; i++)
		key[i] = (unsigned char)(200 - i);
	one = make(key, LANES_ONE);
	ck_assert_ptr_nonnull(one);
	wide = make(key, width);
	if (wide == NULL)
		goto out; /* not on this machine */
	ck_assert_int_eq(lanes_width(wide), width);
	for (longest = 1; longest < LANES_MAX; longest += 9) {
		for (s = 0; s < sizeof sizes / sizeof sizes[0]; s++) {
			lanes_clear(a);
			lanes_clear(b);
			for (i = 0; i < sizes[s]; i++) {
				x = x * 1103515245 + 12345;
				n = (x >> 16) % (longest + 1);
				for (j = 0; j < n; j++)
					value[j] = (char)((x >> 8) + j * j);
				lanes_add(a, (unsigned char)x, value, n);
				lanes_add(b, (unsigned char)x, value, n);
			}
			lanes_hash(one, a);
			lanes_hash(wide, b);
			ck_assert_mem_eq(a->lo, b->lo, sizes[s] * 8);
			ck_assert_mem_eq(a->hi, b->hi, sizes[s] * 8);
			for (k = 0; k + 2 < words; k++)
				ck_assert_mem_eq(a->more[k], b->more[k],
				    sizes[s] * 8);
		}
	}
out:
	lanes_free(wide);
	lanes_free(one);
	free(a);
	free(b);
}

START_TEST(lanes_agree)
{
	agree((enum lanes_width)_i, lanes_new, 2);
	agree((enum lanes_width)_i, lanes_new_long, 8);
}
END_TEST

START_TEST(token_vectors)
{
	struct csv_table *t = table("pseudonyms.csv");
	struct pseudonym_batch *b = malloc(sizeof *b);
	struct key *k = project_key();
	struct fault f = FAULT_NONE;
	struct buf out = { 0 };
	size_t r, n;

	ck_assert_uint_ge(t->nrows, 30);
	for (r = 0; r < t->nrows; r++) {
		const char *domain = csv_table_cell(t, r, 0);
		const char *value = csv_table_cell(t, r, 2);
		struct pseudonym *p = pseudonym_new(k, domain, &f);
		struct siv *s = siv_new(k, domain, &f);
		enum pseudonym_tag tag, got;
		char token[PSEUDONYM_BYTES];

		tag = (enum pseudonym_tag)atoi(csv_table_cell(t, r, 1));
		n = strlen(value);
		pseudonym_clear(b);
		pseudonym_add(p, b, PSEUDONYM_TEXT, "before", 6);
		pseudonym_add(p, b, tag, value, n);
		pseudonym_hash(p, b);
		pseudonym_put(b, 1, token);
		ck_assert_uint_eq(strlen(csv_table_cell(t, r, 3)),
		    PSEUDONYM_BYTES);
		ck_assert_mem_eq(token, csv_table_cell(t, r, 3),
		    PSEUDONYM_BYTES);
		buf_clear(&out);
		siv_seal(s, tag, value, n, &out);
		ck_assert_str_eq(buf_string(&out), csv_table_cell(t, r, 4));
		{
			struct buf back = { 0 };
			size_t i;

			ck_assert_int_eq(siv_open(s, out.p, out.n, &back,
			    &got), 0);
			ck_assert_int_eq(got, tag);
			ck_assert_uint_eq(back.n, n);
			ck_assert_mem_eq(back.p, value, n);
			for (i = 0; i < out.n; i++) {
				out.p[i] = out.p[i] == 'a' ? 'b' : 'a';
				if (i % 7 == 0 && memcmp(out.p,
				    csv_table_cell(t, r, 4), out.n) != 0)
					ck_assert_int_eq(siv_open(s, out.p,
					    out.n, &back, &got), -1);
				out.p[i] = csv_table_cell(t, r, 4)[i];
			}
			ck_assert_int_eq(siv_open(s, out.p, out.n - 1, &back,
			    &got), -1);
			buf_free(&back);
		}
		siv_free(s);
		pseudonym_free(p);
	}
	/* A token of another domain is refused. */
	{
		struct siv *s = siv_new(k, "elsewhere", &f);
		enum pseudonym_tag got;

		ck_assert_int_eq(siv_open(s, out.p, out.n, &out, &got), -1);
		siv_free(s);
	}
	buf_free(&out);
	key_close(k);
	free(b);
	csv_table_close(t);
}
END_TEST

START_TEST(escrow_opens)
{
	struct fault f = FAULT_NONE;
	struct key *secret = key_new(KEY_ESCROW_SECRET, NULL, &f);
	struct key *other = key_new(KEY_ESCROW_SECRET, NULL, &f);
	struct key *pub = key_public(secret, &f);
	struct escrow *w = escrow_new(pub, &f), *r;
	struct buf out = { 0 }, back = { 0 };
	static const char token[PSEUDONYM_BYTES + 1] =
	    "p1abcdefghijklmnopqrstuvwxyz";
	char *line, *comma;

	escrow_put_header(w, &out);
	escrow_put(w, token, PSEUDONYM_NHS_NUMBER, "9434765919", 10, &out);
	line = strchr(buf_string(&out), '\n') + 1;
	ck_assert(strncmp(line, "nibescrow1,", 11) == 0);
	line += 11;
	ck_assert_ptr_null(escrow_open(other, line, strcspn(line, "\n"),
	    &f));
	fault_clear(&f);
	r = escrow_open(secret, line, strcspn(line, "\n"), &f);
	ck_assert_msg(r != NULL, "%s", f.what);
	line = strchr(line, '\n') + 1;
	comma = strchr(line, ',');
	ck_assert_int_eq(escrow_get(r, line, (size_t)(comma - line),
	    comma + 1, strcspn(comma + 1, "\n"), &back), 0);
	ck_assert_str_eq(buf_string(&back), "9434765919");
	/* Under another token it does not open. */
	line[5] ^= 1;
	ck_assert_int_eq(escrow_get(r, line, (size_t)(comma - line),
	    comma + 1, strcspn(comma + 1, "\n"), &back), -1);
	buf_free(&out);
	buf_free(&back);
	escrow_free(w);
	escrow_free(r);
	key_close(secret);
	key_close(other);
	key_close(pub);
}
END_TEST

/* Expected by hand from the grammar in privacy/treat.h. */
static const struct {
	const char *treat, *form, *cell, *want; /* want NULL: refused */
} cells[] = {
	{ "year", NULL, "2024-05-06", "2024" },
	{ "month", NULL, "2024-05-06", "2024-05" },
	{ "quarter", NULL, "2024-05-06", "2024-Q2" },
	{ "quarter", NULL, "2024-03-31", "2024-Q1" },
	{ "quarter", NULL, "2024-12-01", "2024-Q4" },
	{ "month", NULL, "2024-05-06T23:59:59", "2024-05" },
	{ "month", "%d/%m/%Y", "06/05/2024", "2024-05" },
	{ "month", "%d/%m/%Y", "6/05/2024", NULL },
	{ "month", "%d/%m/%Y", "06/05/20244", NULL },
	{ "month", "%Y%m%d", "20240230", NULL },
	{ "month", "%Y%m%d", "20240229", "2024-02" },
	{ "year", NULL, "2023-02-29", NULL },
	{ "year", NULL, "2023", NULL },
	{ "year", NULL, "2024-05-06T99:00:00", NULL },
	{ "postcode-district", NULL, "SW1A 1AA", "SW1A" },
	{ "postcode-district", NULL, "LS1  4AP", "LS1" },
	{ "postcode-sector", NULL, "ls14ap", "LS1 4" },
	{ "postcode-sector", NULL, "nowhere", NULL },
	{ "truncate(3)", NULL, "I219", "I21" },
	{ "truncate(3)", NULL, "I2", "I2" },
	{ "truncate(2)", NULL, "\xc3\xa9t\xc3\xa9", "\xc3\xa9t" },
	{ "truncate(2)", NULL, "a,b", "\"a,\"" },
	{ "band(10)", NULL, "0", "0-9" },
	{ "band(10)", NULL, "29.99", "20-29" },
	{ "band(10)", NULL, "-1", "-10--1" },
	{ "band(10)", NULL, "-10", "-10--1" },
	{ "band(1)", NULL, "7", "7" },
	{ "band(10)", NULL, "x", NULL },
	{ "band( 10 )", NULL, "9", "0-9" },
	{ "top(30)", NULL, "30", "30" },
	{ "top(30)", NULL, "30.5", "30" },
	{ "top(30)", NULL, "29.50", "29.50" },
	{ "top(30)", NULL, "1e5", NULL },
	{ "bottom(-5)", NULL, "-7", "-5" },
	{ "bottom(-5)", NULL, "-4", "-4" },
};

START_TEST(treat_cells)
{
	struct fault f = FAULT_NONE;
	struct buf out = { 0 };
	struct treat t;
	int rc;

	ck_assert_int_eq(treat_parse(cells[_i].treat, &t, &f), 0);
	rc = treat_cell(&t, cells[_i].form, cells[_i].cell,
	    strlen(cells[_i].cell), &out);
	if (cells[_i].want == NULL) {
		ck_assert_msg(rc == -1, "%s of %s", cells[_i].treat,
		    cells[_i].cell);
	} else {
		ck_assert_int_eq(rc, 0);
		ck_assert_str_eq(buf_string(&out), cells[_i].want);
	}
	buf_free(&out);
}
END_TEST

static const struct {
	const char *treat;
	int birth[3], event[3];
	const char *want;
} ages[] = {
	{ "age(e)", { 1950, 2, 1 }, { 2024, 1, 31 }, "73" },
	{ "age(e)", { 1950, 2, 1 }, { 2024, 2, 1 }, "74" },
	{ "age(e)", { 2024, 2, 29 }, { 2025, 2, 28 }, "0" },
	{ "age(e)", { 2024, 2, 29 }, { 2025, 3, 1 }, "1" },
	{ "age(e)", { 2024, 2, 2 }, { 2024, 2, 1 }, NULL },
	{ "age-band(e,5)", { 1950, 2, 1 }, { 2024, 2, 1 }, "70-74" },
	{ "age-band(e,5)", { 1950, 2, 1 }, { 2039, 2, 1 }, "85-89" },
	{ "age-band(e,5)", { 1950, 2, 1 }, { 2040, 2, 1 }, "90+" },
	{ "age-band(e,10)", { 1920, 2, 1 }, { 2024, 2, 1 }, "90+" },
	{ "age-band(e,7)", { 1920, 2, 1 }, { 2010, 2, 1 }, "84-90" },
	{ "age-band(e,7)", { 1920, 2, 1 }, { 2011, 2, 1 }, "91+" },
	{ "age-band(e, 1)", { 2020, 2, 1 }, { 2022, 2, 1 }, "2" },
};

START_TEST(treat_ages)
{
	struct fault f = FAULT_NONE;
	struct buf out = { 0 };
	struct treat t;
	int rc;

	ck_assert_int_eq(treat_parse(ages[_i].treat, &t, &f), 0);
	ck_assert_str_eq(t.word, "e");
	rc = treat_age(&t, date_days(ages[_i].birth[0], ages[_i].birth[1],
	    ages[_i].birth[2]), date_days(ages[_i].event[0],
	    ages[_i].event[1], ages[_i].event[2]), &out);
	if (ages[_i].want == NULL) {
		ck_assert_int_eq(rc, -1);
	} else {
		ck_assert_int_eq(rc, 0);
		ck_assert_str_eq(buf_string(&out), ages[_i].want);
	}
	buf_free(&out);
}
END_TEST

static const char *const bad_treats[] = {
	"", "Keep", "keep()", "hash", "pseudonym", "pseudonym()",
	"pseudonym(Person)", "pseudonym(1a)", "pseudonym(a b)",
	"pseudonym(person", "pseudonym(person))", "age", "age()",
	"age-band(x)", "age-band(,5)", "age-band(x,0)", "age-band(x,5,6)",
	"truncate(0)", "truncate(-1)", "truncate(1x)", "band()", "top()",
	"date-shift()", "date-shift(0)", "year(1)",
};

START_TEST(treat_refused)
{
	struct fault f = FAULT_NONE;
	struct treat t;

	ck_assert_int_eq(treat_parse(bad_treats[_i], &t, &f), -1);
	ck_assert(f.set);
}
END_TEST

static struct encoder *
five_fields(const struct key *k, struct fault *f)
{
	static const struct { enum encode_kind kind; const char *label; }
	fields[] = { { ENCODE_NAME, "family-name" },
		{ ENCODE_NAME, "given-name" }, { ENCODE_DATE, "birth-date" },
		{ ENCODE_OTHER, "postcode" }, { ENCODE_SEX, "sex" } };
	struct encoder *e = encoder_new(k, f);
	size_t i;

	for (i = 0; i < 5; i++)
		ck_assert_int_eq(encoder_field(e, fields[i].kind,
		    fields[i].label, f), 0);
	return e;
}

/*
 * The rows of a table, over and over, up to n records in one batch, against
 * the filters of a column.
 */
static void
same_filters(const struct encoder *e, const struct csv_table *t, size_t n,
    int salted, size_t column)
{
	struct encode_work *w = encode_work_new(e);
	struct buf out = { 0 };
	size_t r, i;

	encode_clear(w);
	for (r = 0; r < n; r++) {
		const char *born = csv_table_cell(t, r % t->nrows, 2);

		encode_record(w);
		if (salted)
			encode_salt(w, born, strlen(born));
		for (i = 0; i < 5; i++) {
			const char *s = csv_table_cell(t, r % t->nrows, i);

			encode_add(w, i, s, strlen(s));
		}
	}
	encode_make(w);
	for (r = 0; r < n; r++) {
		buf_clear(&out);
		encode_put(w, r, &out);
		ck_assert_str_eq(buf_string(&out),
		    csv_table_cell(t, r % t->nrows, column));
	}
	buf_free(&out);
	encode_work_free(w);
}

START_TEST(encodings)
{
	static const size_t sizes[] = { 1, 7, 15, 16, 17, 64, 65, 127, 128,
		129, 200, ENCODE_BATCH };
	struct csv_table *t = table("encodings.csv");
	struct csv_table *hard = table("encodings_hardened.csv");
	struct key *k = project_key();
	struct fault f = FAULT_NONE;
	struct encoder *e = five_fields(k, &f);
	struct encoder *diffused = five_fields(k, &f);
	struct encoder *fast = five_fields(k, &f);
	size_t i;

	ck_assert_int_eq(encoder_tables(fast, &f), 0);
	encoder_own_salt(fast, 2);
	ck_assert_int_eq(encoder_diffuse(diffused, 8, &f), 0);
	ck_assert_uint_ge(t->nrows, 7);
	ck_assert_uint_eq(t->nrows, hard->nrows);
	for (i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		same_filters(e, t, sizes[i], 0, 5);
		same_filters(fast, t, sizes[i], 0, 5);
		same_filters(fast, hard, sizes[i], 1, 5);
		same_filters(e, hard, sizes[i], 1, 5);
		same_filters(diffused, hard, sizes[i], 1, 6);
	}
	encoder_free(e);
	encoder_free(diffused);
	encoder_free(fast);
	key_close(k);
	csv_table_close(t);
	csv_table_close(hard);
}
END_TEST

static int
read_list(const char *text, size_t n, struct people *s,
    struct people_list *got, struct fault *f)
{
	put_file("list", text, n, 0600);
	return people_read(s, at("list"), -1, got, f);
}

static const struct {
	const char *text;
	int numbers, duplicates;
	const char *what; /* NULL: accepted */
	unsigned line;
} lists[] = {
	{ "9434765919\n9434765870\n", 2, 0, NULL, 0 },
	{ "9434765919,\n9434765870,\n", 2, 0, NULL, 0 },
	{ "9434765919,\r\n9434765870,\r\n", 2, 0, NULL, 0 },
	{ "9434765919\n9434765870", 2, 0, NULL, 0 },
	{ "9434765919\n943 476 5919\n943-476-5870\n", 3, 1, NULL, 0 },
	{ "\xef\xbb\xbfnhs_number\n9434765919\n\n", 1, 0, NULL, 0 },
	{ "NHS_NUMBER\r\n9434765919\r\n", 1, 0, NULL, 0 },
	{ "", 0, 0, "the list is empty", 0 },
	{ "\n\n", 0, 0, "the list is empty", 0 },
	{ "nhs_number\n", 0, 0, "the list is empty", 0 },
	{ "9434765919\n9434765918\n", 0, 0, "not a valid NHS", 2 },
	{ "9434765919\n\n9434765870\n", 0, 0, "a blank line", 3 },
	{ "9434765919\nnhs_number\n", 0, 0, "not a valid NHS", 2 },
	{ "9434765919 9434765870\n", 0, 0, "not a valid NHS", 1 },
	{ "9434765919,9434765870\n", 0, 0, "not a valid NHS", 1 },
	{ "9434765919,,\n", 0, 0, "not a valid NHS", 1 },
	{ "\xef\xbc\x99" "434765919\n", 0, 0, "not a valid NHS", 1 },
	{ "0434765919\n", 0, 0, "not a valid NHS", 1 },
	{ "{\"error\":\"no such mailbox, try again later, or ask somebody who "
	    "knows about it, which is a long line without an end", 0, 0,
	    "not a", 1 },
};

START_TEST(people_lists)
{
	struct fault f = FAULT_NONE;
	struct people *s = people_new();
	struct people_list got;
	int rc = read_list(lists[_i].text, strlen(lists[_i].text), s, &got,
	    &f);

	if (lists[_i].what != NULL) {
		ck_assert_int_eq(rc, -1);
		ck_assert_msg(strstr(f.what, lists[_i].what) != NULL, "%s",
		    f.what);
		ck_assert_uint_eq(f.line, lists[_i].line);
	} else {
		ck_assert_msg(rc == 0, "%s", f.what);
		ck_assert_int_eq((int)got.lines, lists[_i].numbers);
		ck_assert_int_eq((int)got.duplicates, lists[_i].duplicates);
		ck_assert(people_has(s, people_place("9434765919", 10)));
		ck_assert(!people_has(s, people_place("4010232137", 10)));
	}
	people_free(s);
}
END_TEST

/* Many, against the tenth digit as its definition reads. */
START_TEST(people_many)
{
	struct fault f = FAULT_NONE;
	struct people *s = people_new();
	struct outfile *out;
	unsigned x = 7, sum, i, n = 0;
	char number[11], *text;
	size_t size, k;
	int d;

	for (i = 0; i < 20000; i++) {
		x = x * 1664525 + 1013904223;
		(void)snprintf(number, sizeof number, "%09u", x % 1000000000);
		for (sum = 0, d = 0; d < 9; d++)
			sum += (unsigned)(10 - d) * (unsigned)(number[d] - '0');
		if (sum % 11 == 1)
			continue;
		number[9] = (char)('0' + (11 - sum % 11) % 11);
		number[10] = '\0';
		ck_assert_uint_eq(people_place(number, 10), x % 1000000000);
		n += (unsigned)people_add(s, x % 1000000000);
		number[9] = number[9] == '9' ? '0' : (char)(number[9] + 1);
		ck_assert_uint_eq(people_place(number, 10), PEOPLE_NONE);
	}
	ck_assert_uint_eq(people_count(s), n);
	out = outfile_open(at("request"), &f);
	ck_assert_int_eq(people_write_request(s, out, &f), 0);
	ck_assert_int_eq(outfile_commit(out, &f), 0);
	outfile_close(out);
	ck_assert_int_eq(infile_whole(at("request"), 1 << 20, &text, &size,
	    &f), 0);
	ck_assert_uint_eq(size, n * 12);
	for (k = 0; k < size; k += 12) {
		ck_assert_mem_eq(text + k + 10, ",\n", 2);
		ck_assert(people_has(s, people_place(text + k, 10)));
		ck_assert(k == 0 || memcmp(text + k - 12, text + k, 10) < 0);
	}
	free(text);
	people_free(s);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("privacy");
	TCase *t = tcase_create("privacy");
	SRunner *r;
	char command[64];
	int failed;

	if (mkdtemp(folder) == NULL)
		return 99;
	tcase_set_timeout(t, 120);
	tcase_add_test(t, key_vectors);
	tcase_add_loop_test(t, key_round_trip, 0, 4);
	tcase_add_test(t, key_refused);
	tcase_add_test(t, key_under_vector);
	tcase_add_loop_test(t, key_under_forged, 0,
	    (int)(sizeof forged / sizeof forged[0]));
	tcase_add_test(t, key_under_round_trip);
	tcase_add_loop_test(t, lanes_agree, LANES_ONE, LANES_EIGHT + 1);
	tcase_add_test(t, token_vectors);
	tcase_add_test(t, escrow_opens);
	tcase_add_test(t, encodings);
	tcase_add_loop_test(t, treat_cells, 0,
	    (int)(sizeof cells / sizeof cells[0]));
	tcase_add_loop_test(t, treat_ages, 0,
	    (int)(sizeof ages / sizeof ages[0]));
	tcase_add_loop_test(t, treat_refused, 0,
	    (int)(sizeof bad_treats / sizeof bad_treats[0]));
	tcase_add_loop_test(t, people_lists, 0,
	    (int)(sizeof lists / sizeof lists[0]));
	tcase_add_test(t, people_many);
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
