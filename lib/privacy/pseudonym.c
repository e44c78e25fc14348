/* Keyed one-way pseudonyms. */
#include "privacy/pseudonym.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "privacy/secret.h"

struct pseudonym {
	unsigned char *key; /* K1; secret_alloc */
	struct lanes *lanes;
};

int
pseudonym_domain_ok(const char *d)
{
	size_t n = strspn(d, "abcdefghijklmnopqrstuvwxyz0123456789-_");

	return n > 0 && n <= 64 && d[n] == '\0' && d[0] >= 'a' &&
	    d[0] <= 'z';
}

struct pseudonym *
pseudonym_new(const struct key *project, const char *domain, struct fault *f)
{
	struct pseudonym *p;
	unsigned char *dk;

	if (key_need(project, KEY_PROJECT, f) == -1)
		return NULL;
	if (!pseudonym_domain_ok(domain)) {
		(void)fault_set(f, "a domain is lower-case letters, digits, "
		    "hyphens or underscores");
		return NULL;
	}
	p = mem_zero(1, sizeof *p);
	dk = secret_alloc(KEY_BYTES);
	p->key = secret_alloc(KEY_BYTES);
	if (dk == NULL || p->key == NULL)
		goto fail;
	key_derive(dk, key_bytes(project), "nhsps/v1/domain", domain);
	(void)crypto_kdf_derive_from_key(p->key, KEY_BYTES, 1, "psnym-1w",
	    dk);
	if ((p->lanes = lanes_new(p->key, LANES_BEST)) == NULL)
		goto fail;
	secret_seal(p->key);
	secret_free(dk);
	return p;
fail:
	(void)fault_set(f, "cannot get locked memory for a key");
	secret_free(dk);
	pseudonym_free(p);
	return NULL;
}

void
pseudonym_free(struct pseudonym *p)
{
	if (p == NULL)
		return;
	lanes_free(p->lanes);
	secret_free(p->key);
	free(p);
}

void
pseudonym_clear(struct pseudonym_batch *b)
{
	lanes_clear(&b->lanes);
	b->nlong = 0;
}

void
pseudonym_add(const struct pseudonym *p, struct pseudonym_batch *b,
    enum pseudonym_tag tag, const char *value, size_t n)
{
	crypto_generichash_state s;
	unsigned char t = (unsigned char)tag;

	if (n < LANES_MAX) {
		lanes_add(&b->lanes, t, value, n);
		return;
	}
	b->longs[b->nlong].i = b->lanes.n;
	(void)crypto_generichash_init(&s, p->key, KEY_BYTES, 16);
	(void)crypto_generichash_update(&s, &t, 1);
	(void)crypto_generichash_update(&s, (const unsigned char *)value, n);
	(void)crypto_generichash_final(&s, b->longs[b->nlong++].hash, 16);
	lanes_add(&b->lanes, t, "", 0); /* keeps its place */
}

void
pseudonym_hash(const struct pseudonym *p, struct pseudonym_batch *b)
{
	size_t k;

	lanes_hash(p->lanes, &b->lanes);
	for (k = 0; k < b->nlong; k++) {
		memcpy(&b->lanes.lo[b->longs[k].i], b->longs[k].hash, 8);
		memcpy(&b->lanes.hi[b->longs[k].i], b->longs[k].hash + 8, 8);
	}
}

static uint64_t
big_endian(const unsigned char *p)
{
	uint64_t x = 0;
	int i;

	for (i = 0; i < 8; i++)
		x = x << 8 | p[i];
	return x;
}

void
pseudonym_base32(const unsigned char hash[16], char to[26])
{
	static const char digit[33] = "abcdefghijklmnopqrstuvwxyz234567";
	uint64_t a = big_endian(hash), b = big_endian(hash + 8);
	int i;

	/* 12 digits are 60 bits; the next takes 4 of a and 1 of b. */
	for (i = 0; i < 12; i++)
		to[i] = digit[a >> (59 - 5 * i) & 31];
	to[12] = digit[(a << 1 & 30) | b >> 63];
	for (i = 0; i < 12; i++)
		to[13 + i] = digit[b >> (58 - 5 * i) & 31];
	to[25] = digit[b << 2 & 31];
}

void
pseudonym_put(const struct pseudonym_batch *b, size_t i,
    char to[PSEUDONYM_BYTES])
{
	unsigned char hash[16];

	memcpy(hash, &b->lanes.lo[i], 8);
	memcpy(hash + 8, &b->lanes.hi[i], 8);
	to[0] = 'p';
	to[1] = '1';
	pseudonym_base32(hash, to + 2);
}
