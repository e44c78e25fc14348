/* Geometric noise that a key decides. */
#include "privacy/noise.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define STOCK 512

struct noise {
	crypto_generichash_state hash;
	unsigned char seed[randombytes_SEEDBYTES];
	int started;
	uint64_t block;             /* of the stock, from 0 */
	unsigned char stock[STOCK]; /* random bytes */
	size_t used;
};

struct noise *
noise_new(const unsigned char key[KEY_BYTES])
{
	/* libsodium wants its state aligned. */
	struct noise *n = mem_aligned(sizeof *n);

	memset(n, 0, sizeof *n);
	(void)crypto_generichash_init(&n->hash, key, KEY_BYTES,
	    sizeof n->seed);
	n->used = STOCK;
	return n;
}

void
noise_free(struct noise *n)
{
	if (n == NULL)
		return;
	sodium_memzero(n, sizeof *n);
	free(n);
}

void
noise_add(struct noise *n, const void *p, size_t size)
{
	(void)crypto_generichash_update(&n->hash, p, size);
}

static uint64_t
random64(struct noise *n)
{
	unsigned char seed[randombytes_SEEDBYTES], at[8];
	uint64_t v;
	int i;

	if (!n->started) {
		(void)crypto_generichash_final(&n->hash, n->seed,
		    sizeof n->seed);
		n->started = 1;
	}
	if (n->used == STOCK) {
		for (i = 0; i < 8; i++)
			at[i] = (unsigned char)(n->block >> 8 * i);
		n->block++;
		(void)crypto_generichash(seed, sizeof seed, at, sizeof at,
		    n->seed, sizeof n->seed);
		randombytes_buf_deterministic(n->stock, STOCK, seed);
		sodium_memzero(seed, sizeof seed);
		n->used = 0;
	}
	for (v = 0, i = 0; i < 8; i++) /* the same on any machine */
		v |= (uint64_t)n->stock[n->used++] << 8 * i;
	return v;
}

/* 0 to below - 1, each as likely. */
static uint64_t
below(struct noise *n, uint64_t end)
{
	uint64_t v, most = UINT64_MAX - UINT64_MAX % end;

	do
		v = random64(n);
	while (v >= most);
	return v % end;
}

/* 1 with probability exp(-num / den), num <= den. */
static int
by_exp(struct noise *n, uint64_t num, uint64_t den)
{
	uint64_t k = 1;

	/* den * k stays below 2^64: k passes 100 once in 10^158 times. */
	while (k < UINT32_MAX && below(n, den * k) < num)
		k++;
	return k % 2 == 1;
}

int64_t
noise_geometric(struct noise *n, uint64_t num, uint64_t den)
{
	for (;;) {
		uint64_t u = below(n, den), v = 0, y;
		int negative;

		if (!by_exp(n, u, den))
			continue;
		while (by_exp(n, 1, 1))
			v++;
		y = (u + den * v) / num;
		negative = (int)(random64(n) & 1);
		if (negative && y == 0)
			continue;
		return negative ? -(int64_t)y : (int64_t)y;
	}
}
