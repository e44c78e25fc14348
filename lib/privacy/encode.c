/* Several fields of a person as one Bloom filter. */
#include "privacy/encode.h"

#include <assert.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "privacy/lanes.h"
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
#define DIFFUSE_FOURS (ENCODE_BITS / 4)
#define DIFFUSE_VALUES 16 /* of four bits */

typedef uint64_t words[WORDS];

struct field {
	enum encode_kind kind;
	unsigned char *key;
	struct lanes *salted; /* of that key */
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
	/* By four bits of the filter and their value, what they turn. */
	words (*turns)[DIFFUSE_VALUES];
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
		lanes_free(e->fields[i].salted);
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

/* What is hashed of a gram, behind the number of the hash, before a salt. */
static void
gram_text(enum encode_kind kind, size_t a, size_t b, unsigned char to[2])
{
	to[0] = kind == ENCODE_NAME ? letter(a) : (unsigned char)a;
	to[1] = kind == ENCODE_NAME ? letter(b) :
	    kind == ENCODE_DATE ? (unsigned char)b : character(b);
}

/* The bits of a gram without a salt. */
static void
gram_bits(const struct field *t, size_t a, size_t b, uint16_t to[K_MAX])
{
	unsigned char in[3] = { 0 }, hash[64];
	size_t i, k;

	gram_text(t->kind, a, b, in + 1);
	for (k = 0; k < K_MAX; k += A_BLOCK, in[0]++) {
		(void)crypto_generichash(hash, sizeof hash, in, sizeof in,
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
	if ((to->salted = lanes_new_long(to->key, LANES_BEST)) == NULL)
		return fault_set(f, "cannot get locked memory for a key");
	for (i = 0; i < first; i++)
		for (j = 0; j < second; j++)
			gram_bits(to, i, j, to->grams[i * second + j]);
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
			uint64_t *word = &e->turns[from / 4]
			    [1u << from % 4][j >> 6];
			uint64_t bit = 1ull << (j & 63);

			found += (*word & bit) == 0;
			*word |= bit;
		}
	}
}

static void
turn(uint64_t *restrict to, const uint64_t *restrict by)
{
	size_t i;

	for (i = 0; i < WORDS; i++)
		to[i] ^= by[i];
}

/* What several bits turn: that which all but the lowest do, and the lowest. */
static void
turn_together(words of[DIFFUSE_VALUES])
{
	unsigned v, rest;

	for (v = 1; v < DIFFUSE_VALUES; v++)
		if ((rest = v & (v - 1)) != 0) {
			turn(of[v], of[rest]);
			turn(of[v], of[v & ~rest]);
		}
}

int
encoder_diffuse(struct encoder *e, unsigned taps, struct fault *f)
{
	unsigned char *key = secret_alloc(KEY_BYTES);
	unsigned j;

	e->turns = secret_array(DIFFUSE_FOURS, sizeof *e->turns);
	if (key == NULL || e->turns == NULL) {
		secret_free(key);
		return fault_set(f, "cannot get locked memory for a key");
	}
	key_derive(key, key_bytes(e->project), "nhsps/v1/diffusion", "");
	memset(e->turns, 0, DIFFUSE_FOURS * sizeof *e->turns);
	for (j = 0; j < ENCODE_BITS; j++)
		tap(e, key, j, taps);
	for (j = 0; j < DIFFUSE_FOURS; j++)
		turn_together(e->turns[j]);
	secret_seal(e->turns);
	secret_free(key);
	return 0;
}

void
encode_clear(struct encode_filter *x)
{
	memset(x->bits, 0, sizeof x->bits);
	x->some = 0;
	x->nsalt = 0;
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
	if (x->nsalt > 0)
		memset(x->marks, 0, sizeof x->marks);
}

static void
join(uint64_t *restrict to, const uint64_t *restrict from)
{
	size_t i;

	for (i = 0; i < WORDS; i++)
		to[i] |= from[i];
}

/* A gram is two parts, each a number. */
struct gram {
	unsigned char a, b;
};

static void
set_grams(const struct encoder *e, const struct field *t,
    const struct gram *g, size_t grams, struct encode_filter *x)
{
	size_t i, at, k = share(e, t->kind, grams);

	for (i = 0; i < grams; i++) {
		at = g[i].a * kinds[t->kind].second + g[i].b;
		if (grams <= JOINED_MOST && t->joined[grams] != NULL)
			join(x->bits, t->joined[grams][at]);
		else
			set_bits(t->grams[at], k, x->bits);
	}
}

/* The first n numbers of the hash of value i of a batch, four to a word. */
static void
mark(const struct lanes_batch *b, size_t i, size_t n,
    unsigned char to[ENCODE_BITS])
{
	uint64_t word[8] = { b->lo[i], b->hi[i], b->more[0][i],
		b->more[1][i], b->more[2][i], b->more[3][i], b->more[4][i],
		b->more[5][i] };
	size_t j;

	for (j = 0; j + 4 <= n; j += 4) {
		to[word[j / 4] & (ENCODE_BITS - 1)] = 1;
		to[word[j / 4] >> 16 & (ENCODE_BITS - 1)] = 1;
		to[word[j / 4] >> 32 & (ENCODE_BITS - 1)] = 1;
		to[word[j / 4] >> 48 & (ENCODE_BITS - 1)] = 1;
	}
	for (; j < n; j++)
		to[word[j / 4] >> (j % 4 * 16) & (ENCODE_BITS - 1)] = 1;
}

/* Eight marks are a byte: each lands where the product carries nothing. */
static void
set_marks(const unsigned char from[ENCODE_BITS], words to)
{
	uint64_t eight;
	size_t i;

	for (i = 0; i < ENCODE_BITS / 8; i++) {
		memcpy(&eight, from + i * 8, 8);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
		eight = __builtin_bswap64(eight);
#endif
		to[i / 8] |= (eight * 0x0102040810204080ull >> 56) <<
		    (i % 8 * 8);
	}
}

/* The hashes of all grams at once: with a salt there can be no table. */
static void
set_salted(const struct encoder *e, const struct field *t,
    const struct gram *g, size_t grams, struct encode_filter *x)
{
	size_t k = share(e, t->kind, grams), hashes, i, h, left;
	char text[2 + PLACES];
	struct lanes_batch b;

	hashes = (k + A_BLOCK - 1) / A_BLOCK;
	assert(grams * hashes <= LANES_BATCH);
	memcpy(text + 2, x->salt, x->nsalt);
	lanes_clear(&b);
	for (i = 0; i < grams; i++) {
		gram_text(t->kind, g[i].a, g[i].b, (unsigned char *)text);
		for (h = 0; h < hashes; h++)
			lanes_add(&b, (unsigned char)h, text, 2 + x->nsalt);
	}
	lanes_hash(t->salted, &b);
	for (i = 0; i < b.n; i++) {
		left = k - i % hashes * A_BLOCK;
		mark(&b, i, left < A_BLOCK ? left : A_BLOCK, x->marks);
	}
}

void
encode_add(const struct encoder *e, size_t field, const char *p, size_t n,
    struct encode_filter *x)
{
	const struct field *t = &e->fields[field];
	unsigned char s[NAME_LONGEST];
	struct gram g[NAME_LONGEST + 1];
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
			g[i].a = i > 0 ? s[i - 1] : 0;
			g[i].b = i < m ? s[i] : 0;
			break;
		case ENCODE_DATE:
			g[i].a = (unsigned char)i;
			g[i].b = (unsigned char)(s[i] * 10 + s[i + 1]);
			break;
		default:
			g[i].a = (unsigned char)i;
			g[i].b = s[i];
		}
	if (x->nsalt > 0)
		set_salted(e, t, g, grams, x);
	else
		set_grams(e, t, g, grams, x);
	x->some = 1;
}

/*
 * Two words in one register. The sums stay in registers over all of the
 * filter: in memory each would wait for the one before. The tables are aligned
 * for it: sodium_malloc does that for a size that is a multiple of it.
 */
typedef uint64_t pair __attribute__((vector_size(16), may_alias));

static void
diffuse(const struct encoder *e, words bits)
{
	pair sum[WORDS / 2] = { { 0 } };
	const pair *by;
	size_t i;

	for (i = 0; i < DIFFUSE_FOURS; i++) {
		by = (const void *)e->turns[i]
		    [bits[i / 16] >> (i % 16 * 4) & 15];
		sum[0] ^= by[0];
		sum[1] ^= by[1];
		sum[2] ^= by[2];
		sum[3] ^= by[3];
		sum[4] ^= by[4];
		sum[5] ^= by[5];
		sum[6] ^= by[6];
		sum[7] ^= by[7];
	}
	memcpy(bits, sum, sizeof sum);
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
	unsigned char b[ENCODE_BITS / 8];
	words bits;
	size_t i;
	char *p;

	if (!x->some)
		return;
	memcpy(bits, x->bits, sizeof bits);
	if (x->nsalt > 0)
		set_marks(x->marks, bits);
	if (e->turns != NULL)
		diffuse(e, bits);
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
