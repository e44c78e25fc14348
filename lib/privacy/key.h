/*
 * Room privacy: keys, pseudonyms, generalisation, objections, risk.
 *
 * key: secret keys in small text files, and the keys derived from them.
 *
 * A key file is one line, fields separated by one blank:
 *
 *     nibkey1 TYPE ID CREATED BASE64 CHECKSUM
 *
 * TYPE  root, project, escrow-secret, escrow-public, ledger-secret or
 *       ledger-public
 * ID    1 to 128 characters of A-Z a-z 0-9 . _ - :
 * CREATED  YYYY-MM-DD
 * BASE64   the key, 32 bytes (RFC 4648, padded); for a ledger's secret the
 *          seed of Ed25519
 * CHECKSUM 8 hexadecimal digits: the first 4 bytes of the unkeyed
 *          BLAKE2b-128 of the line before the last blank
 *
 * or, for a secret key under a passphrase,
 *
 *     nibkeypw1 TYPE ID CREATED OPSLIMIT MEMLIMIT SALT BOX CHECKSUM
 *
 * OPSLIMIT, MEMLIMIT  what Argon2id spends: passes, and bytes of memory
 * SALT  base64 of 16 random bytes
 * BOX   base64 of a random nonce of 24 bytes and the 48 bytes of the key
 *       under XChaCha20-Poly1305, with Argon2id(passphrase) as the key and
 *       the line before BOX as additional data
 *
 * A secret key's file must be a regular file of the process's effective
 * user that nobody else can read; a link is refused. Keys live in locked
 * memory, read-only once loaded. Formats and derivations, with test
 * vectors: man/nib-pseudonym.7.
 */
#ifndef NIB_PRIVACY_KEY_H
#define NIB_PRIVACY_KEY_H

#include <stddef.h>

#include "base/fault.h"

#define KEY_BYTES 32
#define KEY_ID_MAX 128

enum key_type {
	KEY_ROOT, KEY_PROJECT, KEY_ESCROW_SECRET, KEY_ESCROW_PUBLIC,
	KEY_LEDGER_SECRET, KEY_LEDGER_PUBLIC
};

struct key;

/*
 * Asked for the passphrase of the file of this name: a string, borrowed
 * until the call that asks returns, or NULL with a fault.
 */
typedef const char *key_ask(void *arg, const char *name, struct fault *);

/*
 * Call first in a tool that handles keys: no core dumps, no ptrace by
 * others of the same user, libsodium ready. On some systems a part may be
 * impossible: that is not a fault; no libsodium is.
 */
int key_harden(struct fault *);

/* A new random key; id NULL: the type and the fingerprint's beginning. */
struct key *key_new(enum key_type, const char *id, struct fault *);
/*
 * A project's key out of a root's. purpose and opt_outs may be NULL: each
 * given one derives once more, so that what is made with one key cannot be
 * joined with what another made.
 */
struct key *key_project(const struct key *root, const char *project,
    const char *purpose, const char *opt_outs, struct fault *);
/* The public half of an escrow's or a ledger's secret. */
struct key *key_public(const struct key *, struct fault *);
/* From a file, or from a descriptor, read to its end and left open. */
struct key *key_open(const char *path, struct fault *);
struct key *key_open_fd(int fd, struct fault *);
/*
 * The same, of files under a passphrase too, which the two above refuse.
 * ask is only called for such a file, once it is found to be whole.
 */
struct key *key_open_ask(const char *path, key_ask *, void *arg,
    struct fault *);
struct key *key_open_fd_ask(int fd, key_ask *, void *arg, struct fault *);
/* Creates the file, mode 0600 (a public key: 0644); it must not exist. */
int key_save(const struct key *, const char *path, struct fault *);
/*
 * The same under a passphrase, which NULL leaves out; a public key takes
 * none. Takes 256 MB of memory for about a second.
 */
int key_save_under(const struct key *, const char *path,
    const char *passphrase, struct fault *);
void key_close(struct key *);

enum key_type key_type(const struct key *);
const char *key_type_name(enum key_type);
const char *key_id(const struct key *);
const char *key_created(const struct key *);
/* KEY_BYTES of them; borrowed until key_close. */
const unsigned char *key_bytes(const struct key *);
/* 16 hexadecimal digits; a pair's secret and public halves have one. */
const char *key_fingerprint(const struct key *);

/* -1 with a fault that says which type is needed. */
int key_need(const struct key *, enum key_type, struct fault *);

/*
 * to = BLAKE2b-256(from, label 00 LE64(length of text) text): the step by
 * which a key is made out of another for a project or a domain.
 */
void key_derive(unsigned char to[KEY_BYTES],
    const unsigned char from[KEY_BYTES], const char *label,
    const char *text);

#endif
