/* A side file from which one secret key gives values back. */
#include "privacy/escrow.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "privacy/secret.h"

#define NONCE crypto_aead_xchacha20poly1305_ietf_NPUBBYTES
#define MAC crypto_aead_xchacha20poly1305_ietf_ABYTES
#define BASE64 sodium_base64_VARIANT_ORIGINAL

struct escrow {
	unsigned char *key; /* the file's; secret_alloc */
	unsigned char box[crypto_box_SEALBYTES + KEY_BYTES];
};

static struct escrow *
blank_escrow(struct fault *f)
{
	struct escrow *e = mem_zero(1, sizeof *e);

	if (sodium_init() == -1 ||
	    (e->key = secret_alloc(KEY_BYTES)) == NULL) {
		(void)fault_set(f, "cannot get locked memory for a key");
		free(e);
		return NULL;
	}
	return e;
}

struct escrow *
escrow_new(const struct key *pub, struct fault *f)
{
	struct escrow *e;

	if (key_need(pub, KEY_ESCROW_PUBLIC, f) == -1 ||
	    (e = blank_escrow(f)) == NULL)
		return NULL;
	randombytes_buf(e->key, KEY_BYTES);
	if (crypto_box_seal(e->box, e->key, KEY_BYTES, key_bytes(pub)) != 0) {
		(void)fault_set(f, "the escrow key is not a usable one");
		escrow_free(e);
		return NULL;
	}
	secret_seal(e->key);
	return e;
}

void
escrow_free(struct escrow *e)
{
	if (e == NULL)
		return;
	secret_free(e->key);
	free(e);
}

static void
put_base64(struct buf *to, const unsigned char *p, size_t n)
{
	size_t room = sodium_base64_encoded_len(n, BASE64);

	buf_reserve(to, room);
	(void)sodium_bin2base64(to->p + to->n, room, p, n, BASE64);
	to->n += room - 1;
}

void
escrow_put_header(const struct escrow *e, struct buf *to)
{
	buf_puts(to, "token,sealed\nnibescrow1,");
	put_base64(to, e->box, sizeof e->box);
	buf_putc(to, '\n');
}

void
escrow_put(const struct escrow *e, const char token[PSEUDONYM_BYTES],
    enum pseudonym_tag tag, const char *p, size_t n, struct buf *to)
{
	unsigned char small[512], *b = small, *plain;
	size_t all = NONCE + 1 + n + MAC;

	if (all > sizeof small)
		b = mem_alloc(all);
	randombytes_buf(b, NONCE);
	plain = b + NONCE;
	plain[0] = (unsigned char)tag;
	memcpy(plain + 1, p, n);
	(void)crypto_aead_xchacha20poly1305_ietf_encrypt(plain, NULL, plain,
	    1 + n, (const unsigned char *)token, PSEUDONYM_BYTES, NULL, b,
	    e->key);
	buf_put(to, token, PSEUDONYM_BYTES);
	buf_putc(to, ',');
	put_base64(to, b, all);
	buf_putc(to, '\n');
	if (b != small)
		free(b);
}

struct escrow *
escrow_open(const struct key *secret, const char *sealed, size_t n,
    struct fault *f)
{
	unsigned char pk[crypto_box_PUBLICKEYBYTES];
	struct escrow *e;
	size_t got;

	if (key_need(secret, KEY_ESCROW_SECRET, f) == -1 ||
	    (e = blank_escrow(f)) == NULL)
		return NULL;
	(void)crypto_scalarmult_base(pk, key_bytes(secret));
	if (sodium_base642bin(e->box, sizeof e->box, sealed, n, NULL, &got,
	    NULL, BASE64) != 0 || got != sizeof e->box ||
	    crypto_box_seal_open(e->key, e->box, sizeof e->box, pk,
	    key_bytes(secret)) != 0) {
		(void)fault_set(f, "the escrow file is not for key %s, or it "
		    "is damaged", key_id(secret));
		escrow_free(e);
		return NULL;
	}
	secret_seal(e->key);
	return e;
}

int
escrow_get(const struct escrow *e, const char *token, size_t ntoken,
    const char *sealed, size_t n, struct buf *to)
{
	unsigned char *b = mem_alloc(n);
	size_t got;
	int rc = -1;

	if (sodium_base642bin(b, n, sealed, n, NULL, &got, NULL,
	    BASE64) == 0 && got >= NONCE + 1 + MAC &&
	    crypto_aead_xchacha20poly1305_ietf_decrypt(b + NONCE, NULL, NULL,
	    b + NONCE, got - NONCE, (const unsigned char *)token, ntoken, b,
	    e->key) == 0) {
		buf_put(to, b + NONCE + 1, got - NONCE - 1 - MAC);
		rc = 0;
	}
	sodium_memzero(b, n);
	free(b);
	return rc;
}
