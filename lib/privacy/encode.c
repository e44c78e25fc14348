/* Several fields of a person as one Bloom filter. */
#include "privacy/encode.h"

#include <assert.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "privacy/lanes.h"
#include "privacy/secret.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#define K_MAX 128    /* bits of a gram */
#define A_BLOCK 32   /* numbers in a hash of 64 bytes */
#define LETTERS 27   /* blank, A to Z */
#define CHARACTERS 36
#define PLACES 16
#define DATE_PLACES 7 /* pairs of eight digits */
#define DATE_PAIRS 100
#define NAME_LONGEST 64
#define GRAMS_MOST (NAME_LONGEST + 1) /* of a value */
#define JOINED_MOST 11 /* grams of a value, where what each sets is kept */
#define WORDS (ENCODE_BITS / 64)
#define MARKED 16 /* records whose marks are in use at once */
#define SLICED 128 /* records that are diffused at once */
/* Birth dates that a table can hold, by year, month and day. */
#define OWN_FROM 1900
#define OWN_YEARS 130
#define OWN_DATES (OWN_YEARS * 12 * 31)

typedef uint64_t words[WORDS];

struct field {
	enum encode_kind kind;
	unsigned char *key;
	struct lanes *salted; /* of that key */
	uint16_t (*grams)[K_MAX]; /* by gram, the bits it sets in turn */
	/* By how many grams a value has: by gram, what it sets; or NULL. */
	words *joined[JOINED_MOST + 1];
	words *tables; /* what they are parts of */
	words *own; /* by date, what it sets when it is its own salt; or NULL */
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
	/* Of each bit, the bits it is made of; NULL: itself. */
	uint16_t (*taps)[ENCODE_TAPS];
	unsigned ntaps;
};

/* A gram is two parts, each a number. */
struct gram {
	unsigned char a, b;
};

struct record {
	words bits;
	int some; /* a field was not empty */
	unsigned char salt[PLACES];
	size_t nsalt;
	const uint64_t *own; /* set besides, once it is here; or NULL */
};

/* Grams of a field that wait to be hashed, record by record. */
struct queue {
	struct gram grams[ENCODE_BATCH * GRAMS_MOST];
	size_t n;
	size_t taken; /* of these, so far */
	unsigned char of[ENCODE_BATCH]; /* how many are a record's */
};

/* One bit of so many records. */
typedef uint64_t slice __attribute__((vector_size(SLICED / 8), may_alias));

struct encode_work {
	const struct encoder *encoder;
	struct record records[ENCODE_BATCH];
	size_t n;
	struct queue *queues; /* by field */
	struct lanes_batch hashes;
	struct { /* the record of a hash, and how many of its numbers count */
		unsigned char *marks;
		size_t numbers;
	} of[LANES_BATCH];
	/*
	 * A byte for each bit, its highest bit being set: so they are set
	 * without waiting for the last one.
	 */
	_Alignas(16) unsigned char marks[MARKED][ENCODE_BITS];
	slice before[ENCODE_BITS], after[ENCODE_BITS];
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
		secret_free(e->fields[i].own);
	}
	secret_free(e->taps);
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

/* The bits that bit j is made of. */
static void
tap(struct encoder *e, const unsigned char key[KEY_BYTES], unsigned j)
{
	unsigned char in[3] = { (unsigned char)(j & 255),
		(unsigned char)(j >> 8), 0 }, hash[64];
	unsigned found = 0, i;
	words seen = { 0 };

	for (; found < e->ntaps; in[2]++) {
		(void)crypto_generichash(hash, sizeof hash, in, sizeof in,
		    key, KEY_BYTES);
		for (i = 0; i < A_BLOCK && found < e->ntaps; i++) {
			unsigned from = (hash[2 * i] |
			    (unsigned)hash[2 * i + 1] << 8) % ENCODE_BITS;
			uint64_t bit = 1ull << (from & 63);

			if ((seen[from >> 6] & bit) == 0)
				e->taps[j][found++] = (uint16_t)from;
			seen[from >> 6] |= bit;
		}
	}
}

int
encoder_diffuse(struct encoder *e, unsigned taps, struct fault *f)
{
	unsigned char *key = secret_alloc(KEY_BYTES);
	unsigned j;

	e->taps = secret_array(ENCODE_BITS, sizeof *e->taps);
	e->ntaps = taps;
	if (key == NULL || e->taps == NULL) {
		secret_free(key);
		return fault_set(f, "cannot get locked memory for a key");
	}
	key_derive(key, key_bytes(e->project), "nhsps/v1/diffusion", "");
	for (j = 0; j < ENCODE_BITS; j++)
		tap(e, key, j);
	secret_seal(e->taps);
	secret_free(key);
	return 0;
}

struct encode_work *
encode_work_new(const struct encoder *e)
{
	struct encode_work *w = mem_aligned(sizeof *w);

	w->encoder = e;
	w->queues = mem_array(NULL, e->n, sizeof *w->queues);
	encode_clear(w);
	return w;
}

void
encode_work_free(struct encode_work *w)
{
	if (w == NULL)
		return;
	sodium_memzero(w->queues, w->encoder->n * sizeof *w->queues);
	free(w->queues);
	sodium_memzero(w, sizeof *w);
	free(w);
}

void
encode_clear(struct encode_work *w)
{
	size_t i;

	w->n = 0;
	for (i = 0; i < w->encoder->n; i++)
		w->queues[i].n = 0;
}

void
encode_record(struct encode_work *w)
{
	struct record *x = &w->records[w->n];
	size_t i;

	assert(w->n < ENCODE_BATCH);
	memset(x->bits, 0, sizeof x->bits);
	x->some = 0;
	x->nsalt = 0;
	x->own = NULL;
	for (i = 0; i < w->encoder->n; i++)
		w->queues[i].of[w->n] = 0;
	w->n++;
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
encode_salt(struct encode_work *w, const char *p, size_t n)
{
	struct record *x = &w->records[w->n - 1];
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

static void
set_grams(const struct encoder *e, const struct field *t,
    const struct gram *g, size_t grams, words bits)
{
	size_t i, at, k = share(e, t->kind, grams);

	for (i = 0; i < grams; i++) {
		at = g[i].a * kinds[t->kind].second + g[i].b;
		if (grams <= JOINED_MOST && t->joined[grams] != NULL)
			join(bits, t->joined[grams][at]);
		else
			set_bits(t->grams[at], k, bits);
	}
}

/* Where a date of eight digits is in a table of dates; -1: nowhere. */
static long
own_place(const unsigned char s[8])
{
	long year = s[0] * 1000 + s[1] * 100 + s[2] * 10 + s[3] - OWN_FROM;
	long month = s[4] * 10 + s[5] - 1, day = s[6] * 10 + s[7] - 1;

	if (year < 0 || year >= OWN_YEARS || month < 0 || month > 11 ||
	    day < 0 || day > 30)
		return -1;
	return (year * 12 + month) * 31 + day;
}

/* What the date in s sets, if it is the record's salt and in the table. */
static const uint64_t *
own_bits(const struct field *t, const unsigned char s[8],
    const struct record *x)
{
	long at = t->own == NULL ? -1 : own_place(s);
	size_t i;

	if (at == -1 || x->nsalt != 8)
		return NULL;
	for (i = 0; i < 8; i++)
		if (x->salt[i] != character(s[i]))
			return NULL;
	return t->own[at];
}

void
encode_add(struct encode_work *w, size_t field, const char *p, size_t n)
{
	const struct encoder *e = w->encoder;
	const struct field *t = &e->fields[field];
	struct record *x = &w->records[w->n - 1];
	struct queue *q = &w->queues[field];
	struct gram *g = q->grams + q->n;
	unsigned char s[NAME_LONGEST];
	size_t m, i, grams;

	m = t->kind == ENCODE_NAME ? plain_name(p, n, s) :
	    plain_other(p, n, s);
	if (m == 0)
		return;
	x->some = 1;
	assert(t->kind != ENCODE_DATE || m == DATE_PLACES + 1);
	if (t->kind == ENCODE_DATE && x->own == NULL &&
	    (x->own = own_bits(t, s, x)) != NULL) {
		__builtin_prefetch(x->own);
		__builtin_prefetch(x->own + WORDS / 2);
		return;
	}
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
	if (x->nsalt == 0) {
		set_grams(e, t, g, grams, x->bits);
		return;
	}
	q->n += grams;
	q->of[w->n - 1] = (unsigned char)grams;
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
		to[word[j / 4] & (ENCODE_BITS - 1)] = 128;
		to[word[j / 4] >> 16 & (ENCODE_BITS - 1)] = 128;
		to[word[j / 4] >> 32 & (ENCODE_BITS - 1)] = 128;
		to[word[j / 4] >> 48 & (ENCODE_BITS - 1)] = 128;
	}
	for (; j < n; j++)
		to[word[j / 4] >> (j % 4 * 16) & (ENCODE_BITS - 1)] = 128;
}

/* Marks as bits. */
static void
set_marks(const unsigned char from[ENCODE_BITS], words to)
{
	size_t i;

#if defined(__SSE2__)
	for (i = 0; i < ENCODE_BITS / 16; i++)
		to[i / 4] |= (uint64_t)_mm_movemask_epi8(_mm_load_si128(
		    (const void *)(from + i * 16))) << (i % 4 * 16);
#else
	/* Eight are a byte: each lands where the product carries nothing. */
	for (i = 0; i < ENCODE_BITS / 8; i++) {
		uint64_t eight;

		memcpy(&eight, from + i * 8, 8);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
		eight = __builtin_bswap64(eight);
#endif
		to[i / 8] |= ((eight >> 7) * 0x0102040810204080ull >> 56) <<
		    (i % 8 * 8);
	}
#endif
}

static void
finish(struct record *x, const unsigned char marks[ENCODE_BITS])
{
	if (x->nsalt == 0)
		return;
	set_marks(marks, x->bits);
	if (x->own != NULL)
		join(x->bits, x->own);
}

/* Hashes that are waiting, and the marks of what they give. */
static void
hash_waiting(struct encode_work *w, const struct field *t)
{
	size_t i;

	lanes_hash(t->salted, &w->hashes);
	for (i = 0; i < w->hashes.n; i++)
		mark(&w->hashes, i, w->of[i].numbers, w->of[i].marks);
	lanes_clear(&w->hashes);
}

/* The hashes of a record's grams: with a salt there can be no table. */
static void
add_hashes(struct encode_work *w, const struct field *t,
    const struct gram *g, size_t grams, const struct record *x,
    unsigned char *marks)
{
	size_t k = share(w->encoder, t->kind, grams), i, done;
	char text[2 + PLACES];

	memcpy(text + 2, x->salt, x->nsalt);
	for (i = 0; i < grams; i++) {
		gram_text(t->kind, g[i].a, g[i].b, (unsigned char *)text);
		for (done = 0; done < k; done += A_BLOCK) {
			if (w->hashes.n == LANES_BATCH)
				hash_waiting(w, t);
			w->of[w->hashes.n].marks = marks;
			w->of[w->hashes.n].numbers = k - done < A_BLOCK ?
			    k - done : A_BLOCK;
			lanes_add(&w->hashes, (unsigned char)(done / A_BLOCK),
			    text, 2 + x->nsalt);
		}
	}
}

/*
 * Field by field, so that lanes are full, but for a few records at a time,
 * so that their marks stay near.
 */
static void
set_salted(struct encode_work *w)
{
	const struct encoder *e = w->encoder;
	size_t first, end, i, r;

	for (i = 0; i < e->n; i++)
		w->queues[i].taken = 0;
	lanes_clear(&w->hashes);
	for (first = 0; first < w->n; first = end) {
		end = first + MARKED < w->n ? first + MARKED : w->n;
		memset(w->marks, 0, sizeof w->marks);
		for (i = 0; i < e->n; i++) {
			struct queue *q = &w->queues[i];

			for (r = first; r < end; q->taken += q->of[r++])
				if (q->of[r] > 0)
					add_hashes(w, &e->fields[i],
					    q->grams + q->taken, q->of[r],
					    &w->records[r],
					    w->marks[r - first]);
			hash_waiting(w, &e->fields[i]);
		}
		for (r = first; r < end; r++)
			finish(&w->records[r], w->marks[r - first]);
	}
}

/*
 * 64 slices of 64 bits each, turned about their diagonal: Warren, Hacker's
 * Delight, 7-3. Those side by side in a slice are turned together.
 */
static void
transpose(slice a[64])
{
	uint64_t mask = UINT32_MAX;
	unsigned half, k;
	slice t;

	for (half = 32; half > 0; half /= 2, mask ^= mask << half)
		for (k = 0; k < 64; k = (k + half + 1) & ~half) {
			t = ((a[k] >> half) ^ a[k + half]) & mask;
			a[k] ^= t << half;
			a[k + half] ^= t;
		}
}

/*
 * Diffusion of n records from first on, all at once: one bit of all of them
 * is a slice, so that the sum of two bits is one instruction.
 */
static void
diffuse(struct encode_work *w, size_t first, size_t n)
{
	const struct encoder *e = w->encoder;
	struct record *x = w->records + first;
	size_t i, j, r;
	unsigned t;

	memset(w->before, 0, sizeof w->before);
	for (i = 0; i < WORDS; i++) {
		for (r = 0; r < n; r++)
			w->before[i * 64 + r % 64][r / 64] = x[r].bits[i];
		transpose(w->before + i * 64);
	}
	for (j = 0; j < ENCODE_BITS; j++) {
		slice sum = w->before[e->taps[j][0]];

		for (t = 1; t < e->ntaps; t++)
			sum ^= w->before[e->taps[j][t]];
		w->after[j] = sum;
	}
	for (i = 0; i < WORDS; i++) {
		transpose(w->after + i * 64);
		for (r = 0; r < n; r++)
			x[r].bits[i] = w->after[i * 64 + r % 64][r / 64];
	}
}

void
encode_make(struct encode_work *w)
{
	size_t first;

	set_salted(w);
	for (first = 0; w->encoder->taps != NULL && first < w->n;
	    first += SLICED)
		diffuse(w, first, w->n - first < SLICED ? w->n - first :
		    SLICED);
}

void
encoder_own_salt(struct encoder *e, size_t field)
{
	struct field *t = &e->fields[field];
	struct encode_work *w;
	char text[16];
	words *own;
	long d, i;

	assert(t->kind == ENCODE_DATE);
	if ((own = secret_array(OWN_DATES, sizeof *own)) == NULL)
		return;
	w = encode_work_new(e);
	for (d = 0; d < OWN_DATES; d++) {
		(void)snprintf(text, sizeof text, "%04ld%02ld%02ld",
		    OWN_FROM + d / (12 * 31), d / 31 % 12 + 1, d % 31 + 1);
		encode_record(w);
		encode_salt(w, text, 8);
		encode_add(w, field, text, 8);
		if (w->n < ENCODE_BATCH && d < OWN_DATES - 1)
			continue;
		set_salted(w);
		for (i = 0; i < (long)w->n; i++)
			memcpy(own[d + 1 - (long)w->n + i],
			    w->records[i].bits, sizeof *own);
		encode_clear(w);
	}
	encode_work_free(w);
	t->own = own;
	secret_seal(own);
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
encode_put(const struct encode_work *w, size_t record, struct buf *to)
{
	const struct record *x = &w->records[record];
	unsigned char b[ENCODE_BITS / 8];
	size_t i;
	char *p;

	if (!x->some)
		return;
	for (i = 0; i < sizeof b; i++)
		b[i] = (unsigned char)(x->bits[i / 8] >> (i % 8 * 8));
	buf_reserve(to, ENCODE_TEXT);
	p = to->p + to->n;
	for (i = 0; i + 3 <= sizeof b; i += 3, p += 4)
		put_base64(b[i], b[i + 1], b[i + 2], p);
	put_base64(b[i], b[i + 1], 0, p); /* two bytes are left */
	p[3] = '=';
	to->n += ENCODE_TEXT;
}
