/* Several fields of a person as one Bloom filter. */
#include "privacy/encode.h"

#include <assert.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "privacy/secret.h"

#define K_MAX 128    /* bits of a gram */
#define A_BLOCK 32   /* numbers in a hash of 64 bytes */
#define LETTERS 27   /* blank, A to Z */
#define CHARACTERS 36
#define PLACES 16
#define DATE_PLACES 7 /* pairs of eight digits */
#define DATE_PAIRS 100
#define NAME_LONGEST 64
#define JOINED_MOST 11 /* grams of a value, where what each sets is kept */
#define WORDS (ENCODE_BITS / 64)

typedef uint64_t words[WORDS];

struct field {
	enum encode_kind kind;
	unsigned char *key;
	uint16_t (*grams)[K_MAX]; /* by gram, the bits it sets in turn */
	/* By how many grams a value has: by gram, what it sets; or NULL. */
	words *joined[JOINED_MOST + 1];
	words *tables; /* what they are parts of */
};

/* What a gram may be, and how heavy the field is among others. */
static const struct kind {
	size_t first, second, weight;
	size_t joined_from, joined_to; /* grams of a value */
} kinds[] = {
	[ENCODE_NAME] = { LETTERS, LETTERS, 3, 3, JOINED_MOST },
	[ENCODE_DATE] = { DATE_PLACES, DATE_PAIRS, 5, DATE_PLACES,
	    DATE_PLACES },
	[ENCODE_SEX] = { PLACES, CHARACTERS, 1, 1, 1 },
	[ENCODE_OTHER] = { PLACES, CHARACTERS, 2, 1, 8 },
};

struct encoder {
	const struct key *project;
	struct field *fields;
	size_t n;
	size_t weight; /* of all fields */
	/* By bit of the filter, what it turns in that which is written. */
	words *turns;
};

struct encoder *
encoder_new(const struct key *project, struct fault *f)
{
	struct encoder *e;

	if (key_need(project, KEY_PROJECT, f) == -1)
		return NULL;
	e = mem_zero(1, sizeof *e);
	e->project = project;
	return e;
}

/* What the tables hold is as secret as the key. */
void
encoder_free(struct encoder *e)
{
	size_t i;

	if (e == NULL)
		return;
	for (i = 0; i < e->n; i++) {
		secret_free(e->fields[i].key);
		secret_free(e->fields[i].grams);
		secret_free(e->fields[i].tables);
	}
	secret_free(e->turns);
	free(e->fields);
	free(e);
}

static unsigned char
letter(size_t i)
{
	return i == 0 ? ' ' : (unsigned char)('A' + i - 1);
}

static unsigned char
character(size_t i)
{
	return (unsigned char)(i < 10 ? '0' + i : 'A' + i - 10);
}

/* n bits of a gram, rounded up to a whole hash. */
static void
gram_bits(const struct field *t, size_t a, size_t b,
    const unsigned char *salt, size_t nsalt, size_t n, uint16_t to[K_MAX])
{
	unsigned char in[3 + PLACES] = { 0, (unsigned char)a,
		(unsigned char)b }, hash[64];
	size_t i, k;

	if (t->kind == ENCODE_NAME)
		in[1] = letter(a);
	if (t->kind != ENCODE_DATE)
		in[2] = t->kind == ENCODE_NAME ? letter(b) : character(b);
	if (nsalt > 0)
		memcpy(in + 3, salt, nsalt);
	for (k = 0; k < n; k += A_BLOCK, in[0]++) {
		(void)crypto_generichash(hash, sizeof hash, in, 3 + nsalt,
		    t->key, KEY_BYTES);
		for (i = 0; i < A_BLOCK; i++)
			to[k + i] = (uint16_t)((hash[2 * i] |
			    hash[2 * i + 1] << 8) % ENCODE_BITS);
	}
}

int
encoder_field(struct encoder *e, enum encode_kind kind, const char *label,
    struct fault *f)
{
	size_t first = kinds[kind].first, second = kinds[kind].second, i, j;
	struct field *to;

	e->fields = mem_array(e->fields, e->n + 1, sizeof *e->fields);
	to = &e->fields[e->n];
	memset(to, 0, sizeof *to);
	to->kind = kind;
	to->key = secret_alloc(KEY_BYTES);
	to->grams = secret_array(first * second, sizeof *to->grams);
	if (to->key == NULL || to->grams == NULL) {
		secret_free(to->key);
		secret_free(to->grams);
		return fault_set(f, "cannot get locked memory for a key");
	}
	e->n++;
	e->weight += kinds[kind].weight;
	key_derive(to->key, key_bytes(e->project), "nhsps/v1/encoding", label);
	for (i = 0; i < first; i++)
		for (j = 0; j < second; j++)
			gram_bits(to, i, j, NULL, 0, K_MAX,
			    to->grams[i * second + j]);
	secret_seal(to->grams);
	secret_seal(to->key);
	return 0;
}

/* Bits of a gram: the field's share, rounded, within its bounds. */
static size_t
share(const struct encoder *e, enum encode_kind kind, size_t grams)
{
	size_t parts = e->weight * grams;
	size_t k = (2 * ENCODE_BITS_SET * kinds[kind].weight + parts) /
	    (2 * parts);

	return k < 1 ? 1 : k > K_MAX ? K_MAX : k;
}

static void
set_bits(const uint16_t *bits, size_t k, words to)
{
	size_t i;

	for (i = 0; i < k; i++)
		to[bits[i] >> 6] |= 1ull << (bits[i] & 63);
}

/* Grams that a value of so many can have: a place is one of its own. */
static size_t
grams_of(enum encode_kind kind, size_t grams)
{
	return (kind == ENCODE_NAME ? LETTERS : grams) * kinds[kind].second;
}

static int
join_field(const struct encoder *e, struct field *t, struct fault *f)
{
	const struct kind *kind = &kinds[t->kind];
	size_t n, all = 0, i, k;
	words *to;

	for (n = kind->joined_from; n <= kind->joined_to; n++)
		all += grams_of(t->kind, n);
	if ((t->tables = to = secret_array(all, sizeof *to)) == NULL)
		return fault_set(f, "cannot get locked memory for a key");
	memset(to, 0, all * sizeof *to);
	for (n = kind->joined_from; n <= kind->joined_to; n++) {
		t->joined[n] = to;
		k = share(e, t->kind, n);
		for (i = 0; i < grams_of(t->kind, n); i++)
			set_bits(t->grams[i], k, *to++);
	}
	secret_seal(t->tables);
	return 0;
}

int
encoder_tables(struct encoder *e, struct fault *f)
{
	size_t i;

	for (i = 0; i < e->n; i++)
		if (join_field(e, &e->fields[i], f) == -1)
			return -1;
	return 0;
}

/* The bits that bit j is made of turn it. */
static void
tap(struct encoder *e, const unsigned char key[KEY_BYTES], unsigned j,
    unsigned taps)
{
	unsigned char in[3] = { (unsigned char)(j & 255),
		(unsigned char)(j >> 8), 0 }, hash[64];
	unsigned found = 0, i;

	for (; found < taps; in[2]++) {
		(void)crypto_generichash(hash, sizeof hash, in, sizeof in,
		    key, KEY_BYTES);
		for (i = 0; i < A_BLOCK && found < taps; i++) {
			unsigned from = (hash[2 * i] |
			    (unsigned)hash[2 * i + 1] << 8) % ENCODE_BITS;
			uint64_t *word = &e->turns[from][j >> 6];
			uint64_t bit = 1ull << (j & 63);

			found += (*word & bit) == 0;
			*word |= bit;
		}
	}
}

int
encoder_diffuse(struct encoder *e, unsigned taps, struct fault *f)
{
	unsigned char *key = secret_alloc(KEY_BYTES);
	unsigned j;

	e->turns = secret_array(ENCODE_BITS, sizeof *e->turns);
	if (key == NULL || e->turns == NULL) {
		secret_free(key);
		return fault_set(f, "cannot get locked memory for a key");
	}
	key_derive(key, key_bytes(e->project), "nhsps/v1/diffusion", "");
	memset(e->turns, 0, ENCODE_BITS * sizeof *e->turns);
	for (j = 0; j < ENCODE_BITS; j++)
		tap(e, key, j, taps);
	secret_seal(e->turns);
	secret_free(key);
	return 0;
}

void
encode_clear(struct encode_filter *x)
{
	memset(x, 0, sizeof *x);
}

/*
 * Letters of a name, 1 to 26. Of letters beyond ASCII those of Latin-1 lose
 * their accents; others are dropped.
 */
static size_t
plain_name(const char *p, size_t n, unsigned char to[NAME_LONGEST])
{
	static const char latin[] = "AAAAAAACEEEEIIIIDNOOOOO OUUUUYTS"
	    "AAAAAAACEEEEIIIIDNOOOOO OUUUUYTY";
	size_t i, k = 0;

	for (i = 0; i < n && k < NAME_LONGEST; i++) {
		unsigned char c = (unsigned char)p[i];

		if (c == 0xc3 && i + 1 < n &&
		    ((unsigned char)p[i + 1] & 0xc0) == 0x80)
			c = (unsigned char)latin[(unsigned char)p[++i] &
			    0x3f];
		if (c >= 'a' && c <= 'z')
			c = (unsigned char)(c - 'a' + 'A');
		if (c >= 'A' && c <= 'Z')
			to[k++] = (unsigned char)(c - 'A' + 1);
	}
	return k;
}

/* Letters and digits, 0 to 35. */
static size_t
plain_other(const char *p, size_t n, unsigned char to[PLACES])
{
	size_t i, k = 0;

	for (i = 0; i < n && k < PLACES; i++) {
		char c = p[i];

		if (c >= 'a' && c <= 'z')
			c = (char)(c - 'a' + 'A');
		if (c >= '0' && c <= '9')
			to[k++] = (unsigned char)(c - '0');
		else if (c >= 'A' && c <= 'Z')
			to[k++] = (unsigned char)(c - 'A' + 10);
	}
	return k;
}

void
encode_salt(struct encode_filter *x, const char *p, size_t n)
{
	size_t i;

	x->nsalt = plain_other(p, n, x->salt);
	for (i = 0; i < x->nsalt; i++)
		x->salt[i] = character(x->salt[i]);
}

static void
join(uint64_t *restrict to, const uint64_t *restrict from)
{
	size_t i;

	for (i = 0; i < WORDS; i++)
		to[i] |= from[i];
}

/* A gram of two parts, each a number, of a value of so many. */
static void
set_gram(const struct encoder *e, const struct field *t, size_t a, size_t b,
    size_t grams, struct encode_filter *x)
{
	size_t at = a * kinds[t->kind].second + b, k;
	uint16_t bits[K_MAX];

	if (x->nsalt == 0 && grams <= JOINED_MOST &&
	    t->joined[grams] != NULL) {
		join(x->bits, t->joined[grams][at]);
		return;
	}
	k = share(e, t->kind, grams);
	if (x->nsalt == 0) {
		set_bits(t->grams[at], k, x->bits);
		return;
	}
	gram_bits(t, a, b, x->salt, x->nsalt, k, bits);
	set_bits(bits, k, x->bits);
}

void
encode_add(const struct encoder *e, size_t field, const char *p, size_t n,
    struct encode_filter *x)
{
	const struct field *t = &e->fields[field];
	unsigned char s[NAME_LONGEST];
	size_t m, i, grams;

	m = t->kind == ENCODE_NAME ? plain_name(p, n, s) :
	    plain_other(p, n, s);
	if (m == 0)
		return;
	assert(t->kind != ENCODE_DATE || m == DATE_PLACES + 1);
	grams = t->kind == ENCODE_NAME ? m + 1 :
	    t->kind == ENCODE_DATE ? m - 1 : m;
	for (i = 0; i < grams; i++)
		switch (t->kind) {
		case ENCODE_NAME:
			set_gram(e, t, i > 0 ? s[i - 1] : 0, i < m ? s[i] : 0,
			    grams, x);
			break;
		case ENCODE_DATE:
			set_gram(e, t, i, s[i] * 10u + s[i + 1], grams, x);
			break;
		default:
			set_gram(e, t, i, s[i], grams, x);
		}
	x->some = 1;
}

static void
diffuse(const struct encoder *e, const uint64_t *from, uint64_t *to)
{
	size_t i, k;

	memset(to, 0, ENCODE_BITS / 8);
	for (i = 0; i < ENCODE_BITS; i++)
		for (k = 0; k < ENCODE_BITS / 64 &&
		    (from[i >> 6] >> (i & 63) & 1) != 0; k++)
			to[k] ^= e->turns[i][k];
}

/* Filters are made to be seen, so the time may depend on what is in them. */
static void
put_base64(unsigned a, unsigned b, unsigned c, char to[4])
{
	static const char digit[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "abcdefghijklmnopqrstuvwxyz0123456789+/";

	to[0] = digit[a >> 2];
	to[1] = digit[(a << 4 | b >> 4) & 63];
	to[2] = digit[(b << 2 | c >> 6) & 63];
	to[3] = digit[c & 63];
}

void
encode_put(const struct encoder *e, const struct encode_filter *x,
    struct buf *to)
{
	const uint64_t *bits = x->bits;
	unsigned char b[ENCODE_BITS / 8];
	words turned;
	size_t i;
	char *p;

	if (!x->some)
		return;
	if (e->turns != NULL) {
		diffuse(e, x->bits, turned);
		bits = turned;
	}
	for (i = 0; i < sizeof b; i++)
		b[i] = (unsigned char)(bits[i / 8] >> (i % 8 * 8));
	buf_reserve(to, ENCODE_TEXT);
	p = to->p + to->n;
	for (i = 0; i + 3 <= sizeof b; i += 3, p += 4)
		put_base64(b[i], b[i + 1], b[i + 2], p);
	put_base64(b[i], b[i + 1], 0, p); /* two bytes are left */
	p[3] = '=';
	to->n += ENCODE_TEXT;
}
