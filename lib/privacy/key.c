/* Secret keys in small text files. */
#define _GNU_SOURCE /* O_NOFOLLOW, prctl */
#include "privacy/key.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#ifdef __linux__
#include <sys/prctl.h>
#endif

#include "base/date.h"
#include "base/mem.h"
#include "base/num.h"
#include "privacy/secret.h"

#define MAGIC "nibkey1"
#define MAGIC_UNDER "nibkeypw1" /* under a passphrase */
#define LINE_MAX_BYTES 512
#define CREATED_BYTES 10
#define CHECKSUM_DIGITS 8

#define NONCE_BYTES crypto_aead_xchacha20poly1305_ietf_NPUBBYTES
#define BOX_BYTES (NONCE_BYTES + KEY_BYTES + \
    crypto_aead_xchacha20poly1305_ietf_ABYTES)
/*
 * What a file may ask of Argon2id: a crafted one must not take the machine.
 * A new one asks for libsodium's moderate limits, 3 passes and 256 MB.
 */
#define OPS_MAX 16
#define MEM_MIN crypto_pwhash_MEMLIMIT_MIN
#define MEM_MAX ((int64_t)1 << 30)

/* A key under a passphrase. */
struct box {
	int64_t ops, mem; /* ops 0: there is none */
	unsigned char salt[crypto_pwhash_SALTBYTES];
	unsigned char bytes[BOX_BYTES]; /* nonce, then what is sealed */
	size_t ad; /* bytes of the line that are sealed with it */
};

struct key {
	enum key_type type;
	char id[KEY_ID_MAX + 1];
	char created[CREATED_BYTES + 1];
	char fingerprint[17];
	unsigned char *bytes; /* sodium_malloc */
};

static const char *const type_names[] = { "root", "project",
	"escrow-secret", "escrow-public", "ledger-secret", "ledger-public" };
#define NTYPES (sizeof type_names / sizeof type_names[0])

static int
is_public(enum key_type t)
{
	return t == KEY_ESCROW_PUBLIC || t == KEY_LEDGER_PUBLIC;
}

int
key_harden(struct fault *f)
{
	struct rlimit none = { 0, 0 };

	(void)setrlimit(RLIMIT_CORE, &none);
#ifdef __linux__
	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
#endif
	if (sodium_init() == -1)
		return fault_set(f, "cannot start libsodium");
	return 0;
}

static void *
locked(size_t n, struct fault *f)
{
	void *p = secret_alloc(n);

	if (p == NULL)
		(void)fault_set(f, "cannot get locked memory for a key");
	return p;
}

/* No key in it yet. */
static struct key *
blank_key(enum key_type type, struct fault *f)
{
	struct key *k = mem_zero(1, sizeof *k);

	k->type = type;
	if ((k->bytes = locked(KEY_BYTES, f)) == NULL) {
		free(k);
		return NULL;
	}
	return k;
}

void
key_close(struct key *k)
{
	if (k == NULL)
		return;
	secret_free(k->bytes);
	free(k);
}

/* Of the public half where there is one, so that both halves agree. */
static void
public_bytes(const struct key *k, unsigned char to[KEY_BYTES])
{
	unsigned char secret[crypto_sign_SECRETKEYBYTES];

	switch (k->type) {
	case KEY_ESCROW_SECRET:
		(void)crypto_scalarmult_base(to, k->bytes);
		break;
	case KEY_LEDGER_SECRET:
		(void)crypto_sign_seed_keypair(to, secret, k->bytes);
		sodium_memzero(secret, sizeof secret);
		break;
	default:
		memcpy(to, k->bytes, KEY_BYTES);
	}
}

/* Nothing changes after it. */
static void
seal_key(struct key *k)
{
	static const char label[] = "nhskey-fpr-v1";
	unsigned char of[KEY_BYTES], hash[32];

	public_bytes(k, of);
	(void)crypto_generichash(hash, sizeof hash,
	    (const unsigned char *)label, sizeof label - 1, of, sizeof of);
	(void)sodium_bin2hex(k->fingerprint, sizeof k->fingerprint, hash, 8);
	sodium_memzero(of, sizeof of);
	if (k->id[0] == '\0')
		(void)snprintf(k->id, sizeof k->id, "%s-%.8s",
		    type_names[k->type], k->fingerprint);
	secret_seal(k->bytes);
}

static int
id_ok(const char *id)
{
	size_t n = strspn(id, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "abcdefghijklmnopqrstuvwxyz0123456789._-:");

	return n > 0 && n <= KEY_ID_MAX && id[n] == '\0';
}

static void
today(char to[CREATED_BYTES + 1])
{
	date_format((int32_t)(time(NULL) / 86400), to);
	to[CREATED_BYTES] = '\0';
}

struct key *
key_new(enum key_type type, const char *id, struct fault *f)
{
	struct key *k;

	if (id != NULL && (!id_ok(id) || strchr(id, ':') != NULL)) {
		(void)fault_set(f, "a key's id is 1 to %d letters, digits, "
		    "dots, hyphens or underscores", KEY_ID_MAX);
		return NULL;
	}
	if ((k = blank_key(type, f)) == NULL)
		return NULL;
	if (id != NULL)
		(void)snprintf(k->id, sizeof k->id, "%s", id);
	today(k->created);
	randombytes_buf(k->bytes, KEY_BYTES);
	seal_key(k);
	return k;
}

void
key_derive(unsigned char to[KEY_BYTES], const unsigned char from[KEY_BYTES],
    const char *label, const char *text)
{
	crypto_generichash_state s;
	unsigned char size[8];
	size_t n = strlen(text), i;

	for (i = 0; i < 8; i++)
		size[i] = (unsigned char)((uint64_t)n >> (8 * i));
	(void)crypto_generichash_init(&s, from, KEY_BYTES, KEY_BYTES);
	(void)crypto_generichash_update(&s, (const unsigned char *)label,
	    strlen(label) + 1);
	(void)crypto_generichash_update(&s, size, sizeof size);
	(void)crypto_generichash_update(&s, (const unsigned char *)text, n);
	(void)crypto_generichash_final(&s, to, KEY_BYTES);
	sodium_memzero(&s, sizeof s);
}

struct key *
key_project(const struct key *root, const char *project, const char *purpose,
    const char *opt_outs, struct fault *f)
{
	struct { const char *label, *text, *what; } steps[] = {
		{ "nhsps/v1/project", project, "a project's id" },
		{ "nhsps/v1/purpose", purpose, "a purpose" },
		{ "nhsps/v1/opt-outs", opt_outs, "an opt-out mode" },
	};
	struct key *k;
	size_t i, n = 0;

	if (key_need(root, KEY_ROOT, f) == -1)
		return NULL;
	if ((k = blank_key(KEY_PROJECT, f)) == NULL)
		return NULL;
	memcpy(k->bytes, root->bytes, KEY_BYTES);
	for (i = 0; i < sizeof steps / sizeof steps[0]; i++) {
		const char *t = steps[i].text;

		if (i > 0 && t == NULL) {
			/* The place stays empty, so that ids differ too. */
			t = "";
		} else if (t == NULL || !id_ok(t) || strchr(t, ':') != NULL) {
			(void)fault_set(f, "%s is letters, digits, dots, "
			    "hyphens or underscores", steps[i].what);
			goto fail;
		} else {
			key_derive(k->bytes, k->bytes, steps[i].label, t);
		}
		n += (size_t)snprintf(k->id + n, sizeof k->id - n, "%s%s",
		    i > 0 ? ":" : "", t);
		if (n >= sizeof k->id) {
			(void)fault_set(f, "project, purpose and opt-outs "
			    "are together longer than %d", KEY_ID_MAX);
			goto fail;
		}
	}
	while (n > 0 && k->id[n - 1] == ':')
		k->id[--n] = '\0';
	today(k->created);
	seal_key(k);
	return k;
fail:
	key_close(k);
	return NULL;
}

struct key *
key_public(const struct key *secret, struct fault *f)
{
	struct key *k;

	if (secret->type != KEY_ESCROW_SECRET &&
	    secret->type != KEY_LEDGER_SECRET) {
		(void)fault_set(f, "a %s key has no public half",
		    type_names[secret->type]);
		return NULL;
	}
	if ((k = blank_key(secret->type == KEY_ESCROW_SECRET ?
	    KEY_ESCROW_PUBLIC : KEY_LEDGER_PUBLIC, f)) == NULL)
		return NULL;
	memcpy(k->id, secret->id, sizeof k->id);
	memcpy(k->created, secret->created, sizeof k->created);
	public_bytes(secret, k->bytes);
	seal_key(k);
	return k;
}

static void
checksum(const char *p, size_t n, char to[CHECKSUM_DIGITS + 1])
{
	unsigned char hash[16];

	(void)crypto_generichash(hash, sizeof hash, (const unsigned char *)p,
	    n, NULL, 0);
	(void)sodium_bin2hex(to, CHECKSUM_DIGITS + 1, hash,
	    CHECKSUM_DIGITS / 2);
}

/* to: KEY_BYTES of locked memory. */
static int
stretch(unsigned char *to, const char *passphrase, const struct box *b,
    struct fault *f)
{
	if (crypto_pwhash(to, KEY_BYTES, passphrase, strlen(passphrase),
	    b->salt, (unsigned long long)b->ops, (size_t)b->mem,
	    crypto_pwhash_ALG_ARGON2ID13) == 0)
		return 0;
	return fault_set(f, "cannot get the %lld MB of memory that a "
	    "passphrase takes", (long long)((b->mem + 0xfffff) >> 20));
}

static size_t
put_base64(char *line, size_t n, const unsigned char *p, size_t size)
{
	(void)sodium_bin2base64(line + n, LINE_MAX_BYTES - n, p, size,
	    sodium_base64_VARIANT_ORIGINAL);
	return n + strlen(line + n);
}

/* The part of a line from n on that tells the key, sealed; 0: a fault. */
static size_t
compose_box(const struct key *k, const char *passphrase, char *line,
    size_t n, struct fault *f)
{
	struct box b = { .ops = crypto_pwhash_OPSLIMIT_MODERATE,
		.mem = crypto_pwhash_MEMLIMIT_MODERATE };
	unsigned char *by = locked(KEY_BYTES, f);

	if (by == NULL)
		return 0;
	randombytes_buf(b.salt, sizeof b.salt);
	randombytes_buf(b.bytes, NONCE_BYTES);
	if (stretch(by, passphrase, &b, f) == -1) {
		n = 0;
		goto out;
	}
	n += (size_t)snprintf(line + n, LINE_MAX_BYTES - n, "%lld %lld ",
	    (long long)b.ops, (long long)b.mem);
	n = put_base64(line, n, b.salt, sizeof b.salt);
	line[n++] = ' ';
	(void)crypto_aead_xchacha20poly1305_ietf_encrypt(
	    b.bytes + NONCE_BYTES, NULL, k->bytes, KEY_BYTES,
	    (const unsigned char *)line, n, NULL, b.bytes, by);
	n = put_base64(line, n, b.bytes, sizeof b.bytes);
out:
	secret_free(by);
	return n;
}

/* line: LINE_MAX_BYTES of locked memory. 0: a fault. */
static size_t
compose(const struct key *k, const char *passphrase, char *line,
    struct fault *f)
{
	char sum[CHECKSUM_DIGITS + 1];
	size_t n;

	n = (size_t)snprintf(line, LINE_MAX_BYTES, "%s %s %s %s ",
	    passphrase != NULL ? MAGIC_UNDER : MAGIC, type_names[k->type],
	    k->id, k->created);
	if (passphrase == NULL)
		n = put_base64(line, n, k->bytes, KEY_BYTES);
	else if ((n = compose_box(k, passphrase, line, n, f)) == 0)
		return 0;
	checksum(line, n, sum);
	return n + (size_t)snprintf(line + n, LINE_MAX_BYTES - n, " %s\n",
	    sum);
}

static int
write_all(int fd, const char *p, size_t n)
{
	while (n > 0) {
		ssize_t k = write(fd, p, n);

		if (k == -1 && errno == EINTR)
			continue;
		if (k == -1)
			return -1;
		p += k;
		n -= (size_t)k;
	}
	return 0;
}

/* The name itself survives a crash only when its directory is synced. */
static int
sync_parent(const char *path)
{
	const char *slash = strrchr(path, '/');
	char *dir = slash == NULL ? mem_strdup(".") : mem_strndup(path,
	    slash == path ? 1 : (size_t)(slash - path));
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int rc;

	free(dir);
	if (fd == -1)
		return -1;
	rc = fsync(fd);
	(void)close(fd);
	return rc == -1 && errno != EINVAL && errno != EBADF ? -1 : 0;
}

int
key_save(const struct key *k, const char *path, struct fault *f)
{
	return key_save_under(k, path, NULL, f);
}

int
key_save_under(const struct key *k, const char *path, const char *passphrase,
    struct fault *f)
{
	mode_t mode = is_public(k->type) ? 0644 : 0600;
	int fd = -1, made = 0, rc = -1;
	char *line;
	size_t n;

	if (passphrase != NULL && is_public(k->type))
		return fault_set(f, "a public key takes no passphrase");
	if ((line = locked(LINE_MAX_BYTES, f)) == NULL)
		return -1;
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
	    mode);
	if (fd == -1) {
		(void)fault_file(f, path, "cannot create the key file");
		goto out;
	}
	made = 1;
	if ((n = compose(k, passphrase, line, f)) == 0)
		goto out;
	if (write_all(fd, line, n) == -1 || fsync(fd) == -1) {
		(void)fault_file(f, path, "cannot write the key file");
		goto out;
	}
	rc = close(fd);
	fd = -1;
	if (rc == 0)
		rc = sync_parent(path);
	if (rc == -1)
		(void)fault_file(f, path, "cannot write the key file");
out:
	if (fd != -1)
		(void)close(fd);
	/* A key cut short would only be found when it is needed. */
	if (rc == -1 && made)
		(void)unlink(path);
	secret_free(line);
	return rc;
}

/* Field of a line: up to a blank; moves *at beyond it. */
static int
field(const char **at, const char *end, const char **p, size_t *n)
{
	const char *q = memchr(*at, ' ', (size_t)(end - *at));

	if (q == NULL)
		return -1;
	*p = *at;
	*n = (size_t)(q - *at);
	*at = q + 1;
	return *n > 0 ? 0 : -1;
}

/* A field in base64, of exactly this many bytes. */
static int
unbase64(unsigned char *to, size_t size, const char *p, size_t n)
{
	size_t got;

	return sodium_base642bin(to, size, p, n, NULL, &got, NULL,
	    sodium_base64_VARIANT_ORIGINAL) == 0 && got == size ? 0 : -1;
}

/* at: after CREATED; end: after the blank before CHECKSUM. */
static int
parse_box(struct box *b, const char *line, const char *at, const char *end)
{
	const char *p;
	size_t n;

	if (field(&at, end, &p, &n) == -1 || num_i64(p, n, &b->ops) == -1 ||
	    field(&at, end, &p, &n) == -1 || num_i64(p, n, &b->mem) == -1 ||
	    field(&at, end, &p, &n) == -1 ||
	    unbase64(b->salt, sizeof b->salt, p, n) == -1)
		return -1;
	b->ad = (size_t)(at - line);
	if (field(&at, end, &p, &n) == -1 || at != end ||
	    unbase64(b->bytes, sizeof b->bytes, p, n) == -1)
		return -1;
	return b->ops < 1 || b->ops > OPS_MAX || b->mem < (int64_t)MEM_MIN ||
	    b->mem > MEM_MAX ? -1 : 0;
}

/* With a box the key is not there yet. */
static struct key *
parse(const char *name, const char *line, size_t size, struct box *box,
    struct fault *f)
{
	const char *at = line, *end = line + size, *p, *body;
	char sum[CHECKSUM_DIGITS + 1], text[KEY_ID_MAX + 1];
	struct key *k = NULL;
	int32_t days;
	size_t n, t;
	int under;

	box->ops = 0;
	if (size > 0 && end[-1] == '\n')
		end--;
	if (field(&at, end, &p, &n) == -1)
		n = 0;
	under = n == strlen(MAGIC_UNDER) && memcmp(p, MAGIC_UNDER, n) == 0;
	if (!under && (n != strlen(MAGIC) || memcmp(p, MAGIC, n) != 0)) {
		(void)fault_at(f, name, 0, "not a nib key file");
		return NULL;
	}
	body = memrchr(line, ' ', (size_t)(end - line));
	checksum(line, (size_t)(body - line), sum);
	if (end - body - 1 != CHECKSUM_DIGITS ||
	    memcmp(body + 1, sum, CHECKSUM_DIGITS) != 0) {
		(void)fault_at(f, name, 0, "the key file is cut short or "
		    "damaged (its checksum does not fit)");
		return NULL;
	}
	if (field(&at, end, &p, &n) == -1)
		goto bad;
	for (t = 0; t < NTYPES; t++)
		if (strlen(type_names[t]) == n &&
		    memcmp(type_names[t], p, n) == 0)
			break;
	if (t == NTYPES) {
		(void)fault_at(f, name, 0, "the key file is of no known "
		    "type");
		return NULL;
	}
	if ((k = blank_key((enum key_type)t, f)) == NULL)
		return NULL;
	if (field(&at, end, &p, &n) == -1 || n > KEY_ID_MAX)
		goto bad;
	memcpy(text, p, n);
	text[n] = '\0';
	if (!id_ok(text))
		goto bad;
	memcpy(k->id, text, n + 1);
	if (field(&at, end, &p, &n) == -1 || date_parse(p, n, &days) == -1)
		goto bad;
	memcpy(k->created, p, n);
	if (under) {
		if (is_public(k->type) ||
		    parse_box(box, line, at, body + 1) == -1)
			goto bad;
		return k;
	}
	if (field(&at, end, &p, &n) == -1 || p + n != body ||
	    unbase64(k->bytes, KEY_BYTES, p, n) == -1)
		goto bad;
	seal_key(k);
	return k;
bad:
	(void)fault_at(f, name, 0, "the key file is malformed");
	key_close(k);
	return NULL;
}

/* What the system says about the file; secret: it holds a secret key. */
static int
guarded(const char *name, const struct stat *st, int secret, struct fault *f)
{
	if (st->st_uid != geteuid() && secret)
		return fault_at(f, name, 0, "the key file belongs to another "
		    "user");
	if (secret && (st->st_mode & 077) != 0)
		return fault_at(f, name, 0, "the key file can be used by "
		    "others; chmod 600 it, and think who may have read it");
	if (secret && st->st_nlink > 1)
		return fault_at(f, name, 0, "the key file has a second name "
		    "(a hard link)");
	if ((st->st_mode & 022) != 0)
		return fault_at(f, name, 0, "the key file can be changed by "
		    "others");
	return 0;
}

/* The key of a file under a passphrase. */
static int
open_box(struct key *k, const char *name, const struct box *b,
    const char *line, key_ask *ask, void *arg, struct fault *f)
{
	const char *passphrase;
	unsigned char *by;
	int rc = -1;

	if (ask == NULL)
		return fault_at(f, name, 0, "the key file has a passphrase, "
		    "which this tool does not take");
	if ((by = locked(KEY_BYTES, f)) == NULL)
		return -1;
	if ((passphrase = ask(arg, name, f)) == NULL ||
	    stretch(by, passphrase, b, f) == -1)
		goto out;
	if (crypto_aead_xchacha20poly1305_ietf_decrypt(k->bytes, NULL, NULL,
	    b->bytes + NONCE_BYTES, BOX_BYTES - NONCE_BYTES,
	    (const unsigned char *)line, b->ad, b->bytes, by) == 0)
		rc = 0;
	else
		(void)fault_at(f, name, 0, "wrong passphrase (or the key "
		    "file was changed)");
out:
	secret_free(by);
	return rc;
}

static struct key *
read_key(const char *name, int fd, key_ask *ask, void *arg, struct fault *f)
{
	struct stat st;
	struct box box;
	struct key *k = NULL;
	char *line = NULL;
	size_t n = 0;
	ssize_t got;

	if (fstat(fd, &st) == -1) {
		(void)fault_file(f, name, "cannot open the key file");
		return NULL;
	}
	if ((line = locked(LINE_MAX_BYTES, f)) == NULL)
		return NULL;
	while (n < LINE_MAX_BYTES) {
		got = read(fd, line + n, LINE_MAX_BYTES - n);
		if (got == -1 && errno == EINTR)
			continue;
		if (got == -1) {
			(void)fault_file(f, name, "cannot read the key file");
			goto out;
		}
		if (got == 0)
			break;
		n += (size_t)got;
	}
	if (n == LINE_MAX_BYTES) {
		(void)fault_at(f, name, 0, "not a nib key file");
		goto out;
	}
	if ((k = parse(name, line, n, &box, f)) == NULL)
		goto out;
	/* Who could have placed it comes before what it asks for. */
	if ((S_ISREG(st.st_mode) &&
	    guarded(name, &st, !is_public(k->type), f) == -1) ||
	    (box.ops > 0 &&
	    open_box(k, name, &box, line, ask, arg, f) == -1)) {
		key_close(k);
		k = NULL;
		goto out;
	}
	if (box.ops > 0)
		seal_key(k);
out:
	secret_free(line);
	return k;
}

struct key *
key_open_ask(const char *path, key_ask *ask, void *arg, struct fault *f)
{
	struct key *k = NULL;
	struct stat st;
	int fd;

	/* Not blocking: a FIFO in its place is refused, not waited for. */
	fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
	if (fd == -1 && errno == ELOOP) {
		(void)fault_at(f, path, 0, "the key file is a symbolic link");
		return NULL;
	}
	if (fd == -1 || fstat(fd, &st) == -1) {
		(void)fault_file(f, path, "cannot open the key file");
		if (fd != -1)
			(void)close(fd);
		return NULL;
	}
	if (!S_ISREG(st.st_mode))
		(void)fault_at(f, path, 0, "the key file is not a regular "
		    "file");
	else
		k = read_key(path, fd, ask, arg, f);
	(void)close(fd);
	return k;
}

struct key *
key_open(const char *path, struct fault *f)
{
	return key_open_ask(path, NULL, NULL, f);
}

struct key *
key_open_fd_ask(int fd, key_ask *ask, void *arg, struct fault *f)
{
	char name[48];

	(void)snprintf(name, sizeof name, "descriptor %d", fd);
	return read_key(name, fd, ask, arg, f);
}

struct key *
key_open_fd(int fd, struct fault *f)
{
	return key_open_fd_ask(fd, NULL, NULL, f);
}

enum key_type
key_type(const struct key *k)
{
	return k->type;
}

const char *
key_type_name(enum key_type t)
{
	return type_names[t];
}

const char *
key_id(const struct key *k)
{
	return k->id;
}

const char *
key_created(const struct key *k)
{
	return k->created;
}

const unsigned char *
key_bytes(const struct key *k)
{
	return k->bytes;
}

const char *
key_fingerprint(const struct key *k)
{
	return k->fingerprint;
}

int
key_need(const struct key *k, enum key_type type, struct fault *f)
{
	if (k->type == type)
		return 0;
	return fault_set(f, "key %s is of type %s; a %s key is needed%s",
	    k->id, type_names[k->type], type_names[type],
	    k->type == KEY_ROOT && type == KEY_PROJECT ?
	    " (make one with nib-key project)" : "");
}
