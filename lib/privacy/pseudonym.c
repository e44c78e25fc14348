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

/* 40 bits as eight digits: five in each byte, then their letters. */
static inline void
eight_digits(uint64_t x, char to[8])
{
	uint64_t high;

	x = (x & 0xfffff) | (x >> 20) << 32;
	x = (x & 0x000003ff000003ff) | (x & 0x000ffc00000ffc00) << 6;
	x = (x & 0x001f001f001f001f) | (x & 0x03e003e003e003e0) << 3;
	/* 0 to 25: a to z; from 26 on: 2 to 7. */
	high = (x + 0x6666666666666666) >> 7 & 0x0101010101010101;
	x += 0x6161616161616161 - high * ('a' + 26 - '2');
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	x = __builtin_bswap64(x);
#endif
	memcpy(to, &x, 8);
}

void
pseudonym_base32(const unsigned char hash[16], char to[26])
{
	static const char digit[33] = "abcdefghijklmnopqrstuvwxyz234567";
	uint64_t a = big_endian(hash), b = big_endian(hash + 8);

	eight_digits(a >> 24, to);
	eight_digits((a << 16 | b >> 48) & 0xffffffffff, to + 8);
	eight_digits(b >> 8 & 0xffffffffff, to + 16);
	to[24] = digit[b >> 3 & 31];
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
