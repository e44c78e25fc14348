/* Entries that can be added and, afterwards, only checked. */
#define _GNU_SOURCE /* O_NOFOLLOW, memrchr */
#include "ledger/ledger.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/jsonout.h"
#include "base/mem.h"
#include "ledger/digest.h"
#include "ledger/file.h"
#include "ledger/pages.h"
#include "spec/doc.h"

#define APPLICATION 0x4e49424c /* "NIBL" */
#define BUSY_MS 30000
#define SIG LEDGER_SIG

const struct ledger_schema ledger_schema[LEDGER_NSCHEMA] = {
	{ "entry", "CREATE TABLE entry(seq INTEGER PRIMARY KEY, "
	    "body TEXT NOT NULL, prev BLOB NOT NULL, hash BLOB NOT NULL, "
	    "sig BLOB NOT NULL) STRICT" },
	{ "entry_no_delete", "CREATE TRIGGER entry_no_delete BEFORE DELETE "
	    "ON entry BEGIN SELECT RAISE(ABORT, 'a ledger only grows'); "
	    "END" },
	{ "entry_no_update", "CREATE TRIGGER entry_no_update BEFORE UPDATE "
	    "ON entry BEGIN SELECT RAISE(ABORT, 'a ledger only grows'); "
	    "END" },
	{ "tags", "CREATE TABLE tags(use TEXT NOT NULL PRIMARY KEY, "
	    "data BLOB NOT NULL) STRICT, WITHOUT ROWID" },
	{ "tags_no_delete", "CREATE TRIGGER tags_no_delete BEFORE DELETE "
	    "ON tags BEGIN SELECT RAISE(ABORT, 'a ledger only grows'); END" },
	{ "tags_no_update", "CREATE TRIGGER tags_no_update BEFORE UPDATE "
	    "ON tags BEGIN SELECT RAISE(ABORT, 'a ledger only grows'); END" },
};
static int
db_fault(const struct ledger *l, const char *what, struct fault *f)
{
	return fault_at(f, l->path, 0, "%s: %s", what,
	    l->db != NULL ? sqlite3_errmsg(l->db) : "no memory");
}

int
ledger_execute(struct ledger *l, const char *sql, struct fault *f)
{
	if (sqlite3_exec(l->db, sql, NULL, NULL, NULL) == SQLITE_OK)
		return 0;
	return db_fault(l, "cannot use the ledger", f);
}

sqlite3_stmt *
ledger_prepare(struct ledger *l, const char *sql, struct fault *f)
{
	sqlite3_stmt *s = NULL;

	if (sqlite3_prepare_v2(l->db, sql, -1, &s, NULL) == SQLITE_OK)
		return s;
	(void)db_fault(l, "cannot read the ledger", f);
	return NULL;
}

void
ledger_entry_hash(uint64_t seq, const unsigned char prev[LEDGER_HASH],
    const char *body, size_t n, unsigned char to[LEDGER_HASH])
{
	static const char label[] = "nib-ledger-entry-v1";
	crypto_generichash_state s;
	unsigned char head[16];
	size_t i;

	for (i = 0; i < 8; i++) {
		head[i] = (unsigned char)(seq >> (8 * i));
		head[8 + i] = (unsigned char)((uint64_t)n >> (8 * i));
	}
	(void)crypto_generichash_init(&s, (const unsigned char *)label,
	    sizeof label - 1, LEDGER_HASH);
	(void)crypto_generichash_update(&s, head, sizeof head);
	(void)crypto_generichash_update(&s, prev, LEDGER_HASH);
	(void)crypto_generichash_update(&s, (const unsigned char *)body, n);
	(void)crypto_generichash_final(&s, to, LEDGER_HASH);
}

static void
sign(const struct key *secret, const unsigned char *p, size_t n,
    unsigned char sig[SIG])
{
	unsigned char pk[KEY_BYTES], sk[crypto_sign_SECRETKEYBYTES];

	(void)crypto_sign_seed_keypair(pk, sk, key_bytes(secret));
	(void)crypto_sign_detached(sig, NULL, p, n, sk);
	sodium_memzero(sk, sizeof sk);
}

/* A text of a body, in the arena; NULL: not there. */
const char *
ledger_fact_of(const char *body, size_t n, const char *name, struct arena *a)
{
	struct fault f = FAULT_NONE;
	struct doc *d = doc_parse("ledger", body, n, &f);
	struct doc_at root;
	const char *s;

	if (d == NULL)
		return NULL;
	root = doc_root(d);
	s = doc_fact(&root, name, a);
	doc_close(d);
	return s;
}

static struct ledger *
open_db(const char *path, int flags, struct fault *f)
{
	struct ledger *l = mem_zero(1, sizeof *l);
	const char *vfs;

	l->path = mem_strdup(path);
	if (sodium_init() == -1) {
		(void)fault_set(f, "cannot start libsodium");
		goto fail;
	}
	/* Never SQLite's own: its pages would have no checksums. */
	if ((vfs = pages_vfs()) == NULL) {
		(void)fault_set(f, "cannot start SQLite");
		goto fail;
	}
	if (sqlite3_open_v2(path, &l->db, flags, vfs) != SQLITE_OK) {
		(void)db_fault(l, "cannot open the ledger", f);
		goto fail;
	}
	(void)sqlite3_extended_result_codes(l->db, 1);
	(void)sqlite3_busy_timeout(l->db, BUSY_MS);
	/* What a file says about itself is not trusted. */
	if (sqlite3_exec(l->db, "PRAGMA trusted_schema = OFF; "
	    "PRAGMA synchronous = EXTRA", NULL, NULL, NULL) != SQLITE_OK) {
		(void)db_fault(l, "cannot open the ledger", f);
		goto fail;
	}
	return l;
fail:
	ledger_close(l);
	return NULL;
}

void
ledger_close(struct ledger *l)
{
	if (l == NULL)
		return;
	(void)sqlite3_close(l->db);
	free(l->path);
	free(l);
}

const char *
ledger_id(const struct ledger *l)
{
	return l->id;
}

/* The id and key that entry 1 names. */
static int
read_genesis(struct ledger *l, struct fault *f)
{
	struct arena a = { 0 };
	const char *id, *key;
	sqlite3_stmt *s;
	size_t got = 0;
	int rc = -1;

	s = ledger_prepare(l, "SELECT body FROM entry WHERE seq = 1 AND "
	    "(SELECT application_id FROM pragma_application_id) = 1313423948",
	    f);
	if (s == NULL)
		return -1;
	if (sqlite3_step(s) == SQLITE_ROW) {
		const char *body = (const char *)sqlite3_column_text(s, 0);
		size_t n = (size_t)sqlite3_column_bytes(s, 0);

		id = ledger_fact_of(body, n, "ledger", &a);
		key = ledger_fact_of(body, n, "public_key", &a);
		if (id != NULL && strlen(id) == 32 && key != NULL &&
		    sodium_hex2bin(l->public, KEY_BYTES, key, strlen(key),
		    NULL, &got, NULL) == 0 && got == KEY_BYTES) {
			memcpy(l->id, id, 33);
			rc = 0;
		}
	}
	(void)sqlite3_finalize(s);
	arena_free(&a);
	if (rc == -1)
		(void)fault_at(f, l->path, 0, "not a ledger, or its first "
		    "entry is damaged");
	return rc;
}

struct ledger *
ledger_open(const char *path, int writable, struct fault *f)
{
	struct ledger *l;

	/*
	 * Who died while writing left a journal, which the next reader must
	 * roll back: without the right to write there is no other way.
	 */
	if (writable || access(path, W_OK) == 0)
		l = open_db(path, SQLITE_OPEN_READWRITE, f);
	else
		l = open_db(path, SQLITE_OPEN_READONLY, f);
	if (l != NULL && read_genesis(l, f) == -1) {
		ledger_close(l);
		return NULL;
	}
	return l;
}

static void
public_of(const struct key *k, unsigned char to[KEY_BYTES])
{
	unsigned char sk[crypto_sign_SECRETKEYBYTES];

	if (key_type(k) == KEY_LEDGER_PUBLIC) {
		memcpy(to, key_bytes(k), KEY_BYTES);
		return;
	}
	(void)crypto_sign_seed_keypair(to, sk, key_bytes(k));
	sodium_memzero(sk, sizeof sk);
}

int
ledger_key_ok(const struct ledger *l, const struct key *k, struct fault *f)
{
	unsigned char pk[KEY_BYTES];

	if (key_type(k) != KEY_LEDGER_PUBLIC &&
	    key_need(k, KEY_LEDGER_SECRET, f) == -1)
		return -1;
	public_of(k, pk);
	if (memcmp(pk, l->public, KEY_BYTES) != 0)
		return fault_at(f, l->path, 0, "key %s is not this ledger's",
		    key_id(k));
	return 0;
}

static int
by_name(const void *a, const void *b)
{
	const struct ledger_fact *x = a, *y = b;

	return strcmp(x->name, y->name);
}

static void
now(char to[32])
{
	time_t t = time(NULL);
	struct tm tm;

	(void)gmtime_r(&t, &tm);
	(void)strftime(to, 32, "%Y-%m-%dT%H:%M:%SZ", &tm);
}

/* facts[n] and the time, names in byte order. */
static void
compose(const struct ledger_fact *facts, size_t n, const char *tags_digest,
    struct buf *to)
{
	struct ledger_fact *all = mem_zero(n + 2, sizeof *all);
	struct jsonout j = { to, 0, 0, 0 };
	char time[32];
	size_t i, k = n;

	if (n > 0)
		memcpy(all, facts, n * sizeof *all);
	now(time);
	all[k].name = "time";
	all[k++].text = time;
	if (tags_digest != NULL) {
		all[k].name = "tags_digest";
		all[k++].text = tags_digest;
	}
	qsort(all, k, sizeof *all, by_name);
	jsonout_open(&j, NULL, '{');
	for (i = 0; i < k; i++)
		if (all[i].text != NULL)
			jsonout_string(&j, all[i].name, all[i].text);
		else
			jsonout_i64(&j, all[i].name, (int64_t)all[i].number);
	jsonout_close(&j, '}');
	while (to->n > 0 && to->p[to->n - 1] == '\n')
		to->n--;
	free(all);
}

/* Inside a transaction: the last entry's number and hash; none: 0. */
static int
tail(struct ledger *l, uint64_t *seq, unsigned char hash[LEDGER_HASH],
    struct fault *f)
{
	sqlite3_stmt *s = ledger_prepare(l, "SELECT seq, hash FROM entry ORDER BY "
	    "seq DESC LIMIT 1", f);
	int rc;

	if (s == NULL)
		return -1;
	*seq = 0;
	memset(hash, 0, LEDGER_HASH);
	rc = sqlite3_step(s);
	if (rc == SQLITE_ROW && sqlite3_column_bytes(s, 1) == LEDGER_HASH) {
		*seq = (uint64_t)sqlite3_column_int64(s, 0);
		memcpy(hash, sqlite3_column_blob(s, 1), LEDGER_HASH);
		rc = SQLITE_DONE;
	}
	(void)sqlite3_finalize(s);
	if (rc != SQLITE_DONE)
		return db_fault(l, "cannot read the ledger's end", f);
	return 0;
}

static int
insert_entry(struct ledger *l, const struct key *secret, uint64_t seq,
    const unsigned char prev[LEDGER_HASH], const struct buf *body,
    struct fault *f)
{
	unsigned char hash[LEDGER_HASH], sig[SIG];
	sqlite3_stmt *s = ledger_prepare(l, "INSERT INTO entry VALUES(?, ?, ?, ?, ?)",
	    f);
	int rc;

	if (s == NULL)
		return -1;
	ledger_entry_hash(seq, prev, body->p, body->n, hash);
	sign(secret, hash, sizeof hash, sig);
	(void)sqlite3_bind_int64(s, 1, (sqlite3_int64)seq);
	(void)sqlite3_bind_text64(s, 2, body->p, body->n, SQLITE_STATIC,
	    SQLITE_UTF8);
	(void)sqlite3_bind_blob(s, 3, prev, LEDGER_HASH, SQLITE_STATIC);
	(void)sqlite3_bind_blob(s, 4, hash, sizeof hash, SQLITE_STATIC);
	(void)sqlite3_bind_blob(s, 5, sig, sizeof sig, SQLITE_STATIC);
	rc = sqlite3_step(s);
	(void)sqlite3_finalize(s);
	if (rc != SQLITE_DONE)
		return db_fault(l, "cannot write the ledger", f);
	return 0;
}

/* Eight bytes a tag, the highest first, so that bytes order as numbers. */
static unsigned char *
pack_tags(const struct ledger_tags *t)
{
	unsigned char *p = mem_alloc(t->n * 8 + 1);
	size_t i, k;

	for (i = 0; i < t->n; i++)
		for (k = 0; k < 8; k++)
			p[i * 8 + k] = (unsigned char)(t->v[i] >>
			    (56 - 8 * k));
	return p;
}

static int
insert_tags(struct ledger *l, const char *use, const unsigned char *p,
    size_t n, struct fault *f)
{
	sqlite3_stmt *s = ledger_prepare(l, "INSERT INTO tags VALUES(?, ?)", f);
	int rc;

	if (s == NULL)
		return -1;
	(void)sqlite3_bind_text(s, 1, use, -1, SQLITE_STATIC);
	(void)sqlite3_bind_blob64(s, 2, p, n, SQLITE_STATIC);
	rc = sqlite3_step(s);
	(void)sqlite3_finalize(s);
	if (rc != SQLITE_DONE)
		return db_fault(l, "cannot write the ledger", f);
	return 0;
}

void
ledger_digest_of(const void *p, size_t n, char to[DIGEST_HEX])
{
	struct digest *d = digest_new();

	digest_add(d, p, n);
	digest_end(d, to);
	digest_free(d);
}

int
ledger_append(struct ledger *l, const struct key *secret,
    const struct ledger_fact *facts, size_t n, const char *use,
    const struct ledger_tags *tags, uint64_t *seq, struct fault *f)
{
	unsigned char prev[LEDGER_HASH], *packed = NULL;
	char digest[DIGEST_HEX];
	struct buf body = { 0 };
	uint64_t last;
	int rc = -1;

	if (key_need(secret, KEY_LEDGER_SECRET, f) == -1 ||
	    ledger_key_ok(l, secret, f) == -1)
		return -1;
	if (tags != NULL) {
		packed = pack_tags(tags);
		ledger_digest_of(packed, tags->n * 8, digest);
	}
	if (ledger_execute(l, "BEGIN IMMEDIATE", f) == -1)
		goto out;
	compose(facts, n, tags != NULL ? digest : NULL, &body);
	if (tail(l, &last, prev, f) == -1 ||
	    insert_entry(l, secret, last + 1, prev, &body, f) == -1 ||
	    (tags != NULL &&
	    insert_tags(l, use, packed, tags->n * 8, f) == -1) ||
	    ledger_execute(l, "COMMIT", f) == -1) {
		(void)sqlite3_exec(l->db, "ROLLBACK", NULL, NULL, NULL);
		goto out;
	}
	if (seq != NULL)
		*seq = last + 1;
	rc = 0;
out:
	free(packed);
	buf_free(&body);
	return rc;
}

static int
fill_new(struct ledger *l, const struct key *secret, struct fault *f)
{
	static const unsigned char none[LEDGER_HASH];
	unsigned char random[16], pk[KEY_BYTES];
	char hex[2 * KEY_BYTES + 1];
	struct ledger_fact facts[3];
	struct buf body = { 0 };
	char pragma[64];
	size_t i;
	int rc;

	randombytes_buf(random, sizeof random);
	(void)sodium_bin2hex(l->id, sizeof l->id, random, sizeof random);
	public_of(secret, pk);
	(void)sodium_bin2hex(hex, sizeof hex, pk, sizeof pk);
	memset(facts, 0, sizeof facts);
	facts[0].name = "kind";
	facts[0].text = "ledger";
	facts[1].name = "ledger";
	facts[1].text = l->id;
	facts[2].name = "public_key";
	facts[2].text = hex;
	(void)snprintf(pragma, sizeof pragma, "PRAGMA application_id = %d",
	    APPLICATION);
	if (ledger_execute(l, "BEGIN IMMEDIATE", f) == -1)
		return -1;
	for (i = 0; i < LEDGER_NSCHEMA; i++)
		if (ledger_execute(l, ledger_schema[i].sql, f) == -1)
			return -1;
	compose(facts, 3, NULL, &body);
	rc = insert_entry(l, secret, 1, none, &body, f);
	buf_free(&body);
	if (rc == -1 || ledger_execute(l, pragma, f) == -1)
		return -1;
	return ledger_execute(l, "COMMIT", f);
}

/* Under this name until it is whole. */
static char *
unfinished(const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *base = slash != NULL ? slash + 1 : path;

	return mem_printf("%.*s.%s.%ld.tmp", (int)(base - path), path, base,
	    (long)getpid());
}

int
ledger_create(const char *path, const struct key *secret, struct fault *f)
{
	char *name = unfinished(path);
	struct ledger *l = NULL;
	int fd, rc = -1;

	if (key_need(secret, KEY_LEDGER_SECRET, f) == -1)
		goto out;
	fd = open(name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
	    0640);
	if (fd == -1) {
		(void)fault_file(f, path, "cannot create the ledger");
		goto out;
	}
	(void)close(fd);
	if ((l = open_db(name, SQLITE_OPEN_READWRITE, f)) != NULL)
		rc = pages_new(l->db) == 0 ? fill_new(l, secret, f) :
		    db_fault(l, "cannot make the ledger", f);
	ledger_close(l);
	/* Not over one that is there. */
	if (rc == 0 && link(name, path) == -1)
		rc = fault_file(f, path, "cannot create the ledger");
	(void)unlink(name);
out:
	free(name);
	return rc;
}

int
ledger_each(struct ledger *l, int (*see)(void *, const struct ledger_entry *,
    struct fault *), void *arg, struct fault *f)
{
	sqlite3_stmt *s = ledger_prepare(l, "SELECT seq, body, hash FROM entry "
	    "ORDER BY seq", f);
	struct ledger_entry e;
	int rc;

	if (s == NULL)
		return -1;
	while ((rc = sqlite3_step(s)) == SQLITE_ROW) {
		e.seq = (uint64_t)sqlite3_column_int64(s, 0);
		e.body = (const char *)sqlite3_column_text(s, 1);
		e.n = (size_t)sqlite3_column_bytes(s, 1);
		e.hash = sqlite3_column_blob(s, 2);
		if (see(arg, &e, f) == -1) {
			(void)sqlite3_finalize(s);
			return -1;
		}
	}
	(void)sqlite3_finalize(s);
	if (rc != SQLITE_DONE)
		return db_fault(l, "cannot read the ledger", f);
	return 0;
}

int
ledger_tags(struct ledger *l, const char *use, struct ledger_tags *to,
    struct fault *f)
{
	sqlite3_stmt *s = ledger_prepare(l, "SELECT data FROM tags WHERE use = ?",
	    f);
	uint64_t *v = NULL;
	size_t n = 0, i, k;
	int rc;

	to->v = NULL;
	to->n = 0;
	if (s == NULL)
		return -1;
	(void)sqlite3_bind_text(s, 1, use, -1, SQLITE_STATIC);
	rc = sqlite3_step(s);
	if (rc == SQLITE_ROW) {
		const unsigned char *p = sqlite3_column_blob(s, 0);

		n = (size_t)sqlite3_column_bytes(s, 0) / 8;
		v = mem_zero(n, sizeof *v);
		for (i = 0; i < n; i++)
			for (k = 0; k < 8; k++)
				v[i] = v[i] << 8 | p[i * 8 + k];
	}
	(void)sqlite3_finalize(s);
	if (rc != SQLITE_ROW && rc != SQLITE_DONE)
		return db_fault(l, "cannot read the ledger", f);
	to->v = v;
	to->n = n;
	return 0;
}

int
ledger_checkpoint(struct ledger *l, const struct key *secret, struct buf *to,
    struct fault *f)
{
	unsigned char hash[LEDGER_HASH], sig[SIG];
	char hex[2 * LEDGER_HASH + 1], time[32], text[128];
	uint64_t seq;
	size_t from = to->n;

	if (key_need(secret, KEY_LEDGER_SECRET, f) == -1 ||
	    ledger_key_ok(l, secret, f) == -1 || tail(l, &seq, hash, f) == -1)
		return -1;
	now(time);
	(void)sodium_bin2hex(hex, sizeof hex, hash, sizeof hash);
	buf_printf(to, LEDGER_CHECKPOINT " %s %llu %s %s", l->id,
	    (unsigned long long)seq, hex, time);
	sign(secret, (const unsigned char *)to->p + from, to->n - from, sig);
	(void)sodium_bin2base64(text, sizeof text, sig, SIG, LEDGER_BASE64);
	buf_printf(to, " %s\n", text);
	return 0;
}
