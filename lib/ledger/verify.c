/* Is a ledger whole and sound? */
#include "ledger/ledger.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "ledger/digest.h"
#include "ledger/file.h"
#include "ledger/pages.h"

/* All of these: 0 sound, 1 broken, and what says how. */

static int
broken(struct buf *what, const char *text, uint64_t seq)
{
	buf_clear(what);
	if (seq > 0)
		buf_printf(what, "entry %llu: ", (unsigned long long)seq);
	buf_puts(what, text);
	return 1;
}

/* One statement's first column against a text. */
static int
says(struct ledger *l, const char *sql, const char *want)
{
	struct fault f = FAULT_NONE;
	sqlite3_stmt *s = ledger_prepare(l, sql, &f);
	const char *got;
	int same = 0;

	if (s == NULL)
		return 0;
	if (sqlite3_step(s) == SQLITE_ROW) {
		got = (const char *)sqlite3_column_text(s, 0);
		same = got != NULL && strcmp(got, want) == 0 &&
		    sqlite3_step(s) == SQLITE_DONE;
	}
	(void)sqlite3_finalize(s);
	return same;
}

static int
verify_schema(struct ledger *l, struct buf *what)
{
	struct fault f = FAULT_NONE;
	sqlite3_stmt *s;
	size_t i = 0;
	int ok = 1, rc;

	if (!says(l, "PRAGMA integrity_check", "ok"))
		return broken(what, "the file is damaged", 0);
	s = ledger_prepare(l, "SELECT name, sql FROM sqlite_schema WHERE sql IS NOT "
	    "NULL ORDER BY name", &f);
	if (s == NULL)
		return broken(what, "the file is damaged", 0);
	while ((rc = sqlite3_step(s)) == SQLITE_ROW) {
		const char *sql = (const char *)sqlite3_column_text(s, 1);

		ok &= i < LEDGER_NSCHEMA && strcmp(ledger_schema[i].sql, sql) == 0;
		i++;
	}
	(void)sqlite3_finalize(s);
	if (rc != SQLITE_DONE || !ok || i != LEDGER_NSCHEMA)
		return broken(what, "the tables and their guards are not a "
		    "ledger's", 0);
	return 0;
}

/* The tags of a use are those whose digest the entry has. */
static int
verify_tags(struct ledger *l, const char *body, size_t n, uint64_t seq,
    uint64_t *with, struct buf *what)
{
	struct fault f = FAULT_NONE;
	struct arena a = { 0 };
	const char *want, *use;
	char digest[DIGEST_HEX];
	sqlite3_stmt *s = NULL;
	int rc = 0;

	if ((want = ledger_fact_of(body, n, "tags_digest", &a)) == NULL)
		goto out;
	(*with)++;
	use = ledger_fact_of(body, n, "use", &a);
	s = ledger_prepare(l, "SELECT data FROM tags WHERE use = ?", &f);
	rc = 1;
	if (use == NULL || s == NULL)
		goto out;
	(void)sqlite3_bind_text(s, 1, use, -1, SQLITE_STATIC);
	if (sqlite3_step(s) != SQLITE_ROW)
		goto out;
	ledger_digest_of(sqlite3_column_blob(s, 0),
	    (size_t)sqlite3_column_bytes(s, 0), digest);
	rc = strcmp(digest, want) != 0;
out:
	(void)sqlite3_finalize(s);
	arena_free(&a);
	return rc == 0 ? 0 : broken(what, "the tags of its people were "
	    "changed or removed", seq);
}

struct checkpoint {
	char id[33];
	uint64_t seq;
	unsigned char hash[LEDGER_HASH];
};

static int
verify_entries(struct ledger *l, const struct checkpoint *c, struct buf *what,
    uint64_t *entries)
{
	struct fault f = FAULT_NONE;
	unsigned char prev[LEDGER_HASH] = { 0 }, hash[LEDGER_HASH];
	sqlite3_stmt *s = ledger_prepare(l, "SELECT seq, body, prev, hash, sig, "
	    "typeof(body), (SELECT count(*) FROM tags) FROM entry ORDER BY "
	    "seq", &f);
	uint64_t seq = 0, with = 0, tags = 0;
	int rc = 0, step;

	if (s == NULL)
		return broken(what, "the file is damaged", 0);
	while (rc == 0 && (step = sqlite3_step(s)) == SQLITE_ROW) {
		const char *body = (const char *)sqlite3_column_text(s, 1);
		size_t n = (size_t)sqlite3_column_bytes(s, 1);
		const void *was = sqlite3_column_blob(s, 2);
		const void *has = sqlite3_column_blob(s, 3);
		const void *sig = sqlite3_column_blob(s, 4);

		seq++;
		tags = (uint64_t)sqlite3_column_int64(s, 6);
		if ((uint64_t)sqlite3_column_int64(s, 0) != seq) {
			rc = broken(what, "missing", seq);
			break;
		}
		if (sqlite3_column_bytes(s, 2) != LEDGER_HASH ||
		    sqlite3_column_bytes(s, 3) != LEDGER_HASH ||
		    sqlite3_column_bytes(s, 4) != (int)LEDGER_SIG ||
		    memcmp(was, prev, LEDGER_HASH) != 0) {
			rc = broken(what, "does not follow the one before "
			    "it", seq);
			break;
		}
		ledger_entry_hash(seq, prev, body, n, hash);
		if (memcmp(has, hash, LEDGER_HASH) != 0)
			rc = broken(what, "was changed", seq);
		else if (crypto_sign_verify_detached(sig, hash, LEDGER_HASH,
		    l->public) != 0)
			rc = broken(what, "was not signed with the ledger's "
			    "key", seq);
		else if (c != NULL && c->seq == seq &&
		    memcmp(c->hash, hash, LEDGER_HASH) != 0)
			rc = broken(what, "is another than when the "
			    "checkpoint was made", seq);
		else
			rc = verify_tags(l, body, n, seq, &with, what);
		memcpy(prev, hash, LEDGER_HASH);
	}
	(void)sqlite3_finalize(s);
	*entries = seq;
	if (rc != 0)
		return rc;
	if (step != SQLITE_DONE)
		return broken(what, "the file is damaged", 0);
	if (with != tags)
		return broken(what, "there are tags that no entry has made",
		    0);
	if (c != NULL && c->seq > seq)
		return broken(what, "entries that were there at the "
		    "checkpoint are missing", 0);
	return 0;
}

/* A word of a line; moves *at. */
static size_t
word(const char **at, const char **p)
{
	size_t n;

	*at += strspn(*at, " ");
	*p = *at;
	n = strcspn(*at, " \r\n");
	*at += n;
	return n;
}

/* Signed by the ledger's key, and this ledger's. */
static int
read_checkpoint(const struct ledger *l, const char *text,
    struct checkpoint *c)
{
	const char *at = text, *p;
	unsigned char sig[LEDGER_SIG];
	char number[24];
	size_t n, got;

	if ((n = word(&at, &p)) != strlen(LEDGER_CHECKPOINT) ||
	    memcmp(p, LEDGER_CHECKPOINT, n) != 0)
		return -1;
	if (word(&at, &p) != 32 || memcmp(p, l->id, 32) != 0)
		return -1;
	if ((n = word(&at, &p)) == 0 || n >= sizeof number)
		return -1;
	memcpy(number, p, n);
	number[n] = '\0';
	c->seq = strtoull(number, NULL, 10);
	n = word(&at, &p);
	if (sodium_hex2bin(c->hash, LEDGER_HASH, p, n, NULL, &got, NULL) !=
	    0 || got != LEDGER_HASH)
		return -1;
	(void)word(&at, &p);
	n = word(&at, &p);
	if (sodium_base642bin(sig, LEDGER_SIG, p, n, NULL, &got, NULL,
	    LEDGER_BASE64) != 0 || got != LEDGER_SIG)
		return -1;
	return crypto_sign_verify_detached(sig, (const unsigned char *)text,
	    (size_t)(p - 1 - text), l->public);
}

int
ledger_verify(const char *path, const struct key *pub, const char *checkpoint,
    struct buf *what, uint64_t *entries, struct fault *f)
{
	struct fault quiet = FAULT_NONE;
	struct checkpoint c;
	struct ledger *l;
	uint64_t page;
	int rc;

	*entries = 0;
	if (access(path, R_OK) == -1)
		return fault_file(f, path, "cannot open the ledger");
	l = ledger_open(path, 0, &quiet);
	if (l == NULL)
		return broken(what, "not a ledger, or damaged at its "
		    "beginning", 0);
	if (ledger_execute(l, "BEGIN", &quiet) == -1)
		rc = broken(what, "the file is damaged", 0);
	else if (pub != NULL && ledger_key_ok(l, pub, &quiet) == -1)
		rc = broken(what, "it is signed with another key", 0);
	else if (checkpoint != NULL &&
	    read_checkpoint(l, checkpoint, &c) != 0)
		rc = broken(what, "the checkpoint is not one of this "
		    "ledger's", 0);
	else if ((rc = verify_schema(l, what)) == 0)
		rc = verify_entries(l, checkpoint != NULL ? &c : NULL, what,
		    entries);
	if (rc == 0 && (page = pages_bad(l->db)) != 0) {
		buf_clear(what);
		buf_printf(what, "page %llu of the file was changed",
		    (unsigned long long)page);
		rc = 1;
	}
	ledger_close(l);
	return rc;
}
