/* Reversible pseudonyms. */
#include "privacy/siv.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "privacy/secret.h"

#define SIV_BYTES 24

struct siv_keys {
	unsigned char mac[KEY_BYTES], enc[KEY_BYTES];
};

struct siv {
	struct siv_keys *keys; /* sodium_malloc */
	unsigned char *ad;     /* LE64(length) and the data */
	size_t nad;
};

struct siv *
siv_new(const struct key *project, const char *domain, struct fault *f)
{
	const char *id = key_id(project);
	unsigned char *dk;
	struct siv *s;
	size_t n, i;

	if (key_need(project, KEY_PROJECT, f) == -1)
		return NULL;
	if (!pseudonym_domain_ok(domain)) {
		(void)fault_set(f, "a domain is lower-case letters, digits, "
		    "hyphens or underscores");
		return NULL;
	}
	s = mem_zero(1, sizeof *s);
	dk = secret_alloc(KEY_BYTES);
	s->keys = secret_alloc(sizeof *s->keys);
	if (dk == NULL || s->keys == NULL) {
		(void)fault_set(f, "cannot get locked memory for a key");
		secret_free(dk);
		siv_free(s);
		return NULL;
	}
	key_derive(dk, key_bytes(project), "nhsps/v1/domain", domain);
	(void)crypto_kdf_derive_from_key(s->keys->mac, KEY_BYTES, 2,
	    "psnymsiv", dk);
	(void)crypto_kdf_derive_from_key(s->keys->enc, KEY_BYTES, 3,
	    "psnymsiv", dk);
	secret_seal(s->keys);
	secret_free(dk);
	n = strlen(id) + 1 + strlen(domain);
	s->nad = 8 + n;
	s->ad = mem_alloc(s->nad);
	for (i = 0; i < 8; i++)
		s->ad[i] = (unsigned char)((uint64_t)n >> (8 * i));
	memcpy(s->ad + 8, id, strlen(id) + 1);
	memcpy(s->ad + 8 + strlen(id) + 1, domain, strlen(domain));
	return s;
}

void
siv_free(struct siv *s)
{
	if (s == NULL)
		return;
	secret_free(s->keys);
	free(s->ad);
	free(s);
}

static void
synthetic(const struct siv *s, const unsigned char *plain, size_t n,
    unsigned char to[SIV_BYTES])
{
	crypto_generichash_state h;

	(void)crypto_generichash_init(&h, s->keys->mac, KEY_BYTES, SIV_BYTES);
	(void)crypto_generichash_update(&h, s->ad, s->nad);
	(void)crypto_generichash_update(&h, plain, n);
	(void)crypto_generichash_final(&h, to, SIV_BYTES);
	sodium_memzero(&h, sizeof h);
}

static const char digit[33] = "abcdefghijklmnopqrstuvwxyz234567";

void
base32_put(struct buf *to, const unsigned char *p, size_t n)
{
	unsigned bits = 0, have = 0;
	size_t i;

	buf_reserve(to, n * 8 / 5 + 1);
	for (i = 0; i < n; i++) {
		bits = bits << 8 | p[i];
		for (have += 8; have >= 5; have -= 5)
			to->p[to->n++] = digit[bits >> (have - 5) & 31];
	}
	if (have > 0)
		to->p[to->n++] = digit[bits << (5 - have) & 31];
}

int
base32_get(const char *p, size_t n, unsigned char *to, size_t *got)
{
	unsigned bits = 0, have = 0, d;
	size_t i;

	*got = 0;
	for (i = 0; i < n; i++) {
		if (p[i] >= 'a' && p[i] <= 'z')
			d = (unsigned)(p[i] - 'a');
		else if (p[i] >= '2' && p[i] <= '7')
			d = (unsigned)(p[i] - '2') + 26;
		else
			return -1;
		bits = bits << 5 | d;
		have += 5;
		if (have >= 8) {
			have -= 8;
			to[(*got)++] = (unsigned char)(bits >> have);
		}
	}
	/* One text for one value: the bits left over are zero. */
	return have < 5 && (bits & ((1u << have) - 1)) == 0 ? 0 : -1;
}

static size_t
pack(enum pseudonym_tag tag, const char *p, size_t n, unsigned char *to)
{
	uint64_t x = 0;
	size_t i;

	to[0] = (unsigned char)tag;
	if (tag != PSEUDONYM_NHS_NUMBER) {
		memcpy(to + 1, p, n);
		return 1 + n;
	}
	for (i = 0; i < n; i++)
		x = x * 10 + (unsigned)(p[i] - '0');
	for (i = 0; i < 5; i++)
		to[1 + i] = (unsigned char)(x >> (8 * i));
	return 6;
}

static int
unpack(const unsigned char *p, size_t n, struct buf *to,
    enum pseudonym_tag *tag)
{
	uint64_t x = 0;
	size_t i;

	if (n < 1)
		return -1;
	*tag = (enum pseudonym_tag)p[0];
	if (p[0] != PSEUDONYM_NHS_NUMBER) {
		buf_put(to, p + 1, n - 1);
		return 0;
	}
	if (n != 6)
		return -1;
	for (i = 0; i < 5; i++)
		x |= (uint64_t)p[1 + i] << (8 * i);
	buf_reserve(to, 10);
	for (i = 10; i-- > 0; x /= 10)
		to->p[to->n + i] = (char)('0' + x % 10);
	to->n += 10;
	return 0;
}

void
siv_seal(const struct siv *s, enum pseudonym_tag tag, const char *p,
    size_t n, struct buf *to)
{
	unsigned char small[SIV_BYTES + 256], *b = small;
	size_t k;

	if (n > 255)
		b = mem_alloc(SIV_BYTES + 1 + n);
	k = pack(tag, p, n, b + SIV_BYTES);
	synthetic(s, b + SIV_BYTES, k, b);
	(void)crypto_stream_xchacha20_xor(b + SIV_BYTES, b + SIV_BYTES, k, b,
	    s->keys->enc);
	buf_put(to, "r1", 2);
	base32_put(to, b, SIV_BYTES + k);
	if (b != small)
		free(b);
}

int
siv_open(const struct siv *s, const char *token, size_t n, struct buf *to,
    enum pseudonym_tag *tag)
{
	unsigned char *b, again[SIV_BYTES];
	size_t got, k;
	int rc = -1;

	if (n < 2 || memcmp(token, "r1", 2) != 0 || n > SIV_VALUE_MAX * 2)
		return -1;
	b = mem_alloc(n);
	if (base32_get(token + 2, n - 2, b, &got) == -1 ||
	    got < SIV_BYTES + 1)
		goto out;
	k = got - SIV_BYTES;
	(void)crypto_stream_xchacha20_xor(b + SIV_BYTES, b + SIV_BYTES, k, b,
	    s->keys->enc);
	synthetic(s, b + SIV_BYTES, k, again);
	if (sodium_memcmp(again, b, SIV_BYTES) == 0)
		rc = unpack(b + SIV_BYTES, k, to, tag);
out:
	sodium_memzero(b, n);
	free(b);
	return rc;
}
