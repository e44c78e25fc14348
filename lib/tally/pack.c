/* Rows of 64-bit words in fewer bytes. */
#include "tally/pack.h"

/* What a column has in front: its first word, and which bytes are kept. */
struct column {
	uint64_t first;
	unsigned char shift; /* bits below those kept */
	unsigned char width; /* bytes kept of each word; 0: all are the first */
};
#define COLUMN_BYTES 10

static inline uint64_t
get(const char *p)
{
	uint64_t x;

	memcpy(&x, p, 8);
	return x;
}

/* The lowest byte of a word first, so that what follows may cover its end. */
static inline uint64_t
low_first(uint64_t x)
{
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	x = __builtin_bswap64(x);
#endif
	return x;
}

static struct column
column_of(const char *p, size_t n, size_t stride)
{
	struct column c = { get(p), 0, 0 };
	uint64_t differ = 0;
	size_t i;

	for (i = 1; i < n; i++)
		differ |= get(p + i * stride) ^ c.first;
	if (differ != 0) {
		c.shift = (unsigned char)(__builtin_ctzll(differ) & ~7);
		c.width = (unsigned char)((64 - __builtin_clzll(differ) -
		    c.shift + 7) / 8);
	}
	return c;
}

static void
pack_column(struct buf *to, const char *p, size_t n, size_t stride)
{
	struct column c = column_of(p, n, stride);
	char *at;
	size_t i;

	buf_reserve(to, COLUMN_BYTES + n * 8);
	at = to->p + to->n;
	memcpy(at, &c.first, 8);
	memcpy(at + 8, &c.shift, 1);
	memcpy(at + 9, &c.width, 1);
	at += COLUMN_BYTES;
	for (i = 0; i < n && c.width > 0; i++, at += c.width) {
		uint64_t x = low_first((get(p + i * stride) ^ c.first) >>
		    c.shift);

		memcpy(at, &x, 8);
	}
	to->n = (size_t)(at - to->p);
}

/* Returns where the next column begins. */
static const char *
unpack_column(char *to, const char *at, size_t n, size_t stride)
{
	struct column c;
	uint64_t mask;
	size_t i;

	memcpy(&c.first, at, 8);
	memcpy(&c.shift, at + 8, 1);
	memcpy(&c.width, at + 9, 1);
	at += COLUMN_BYTES;
	if (c.width == 0) {
		for (i = 0; i < n; i++)
			memcpy(to + i * stride, &c.first, 8);
		return at;
	}
	mask = UINT64_MAX >> (64 - 8 * c.width);
	for (i = 0; i < n; i++, at += c.width) {
		uint64_t x = (low_first(get(at)) & mask) << c.shift ^ c.first;

		memcpy(to + i * stride, &x, 8);
	}
	return at;
}

void
tally_pack(struct buf *to, const char *rows, size_t n, size_t words)
{
	size_t i, j, m, stride = words * 8;

	for (i = 0; i < n; i += m) {
		m = n - i < TALLY_TILE ? n - i : TALLY_TILE;
		for (j = 0; j < words; j++)
			pack_column(to, rows + i * stride + j * 8, m, stride);
	}
}

void
tally_unpack(struct buf *to, const char *from, size_t n, size_t words)
{
	size_t i, j, m, stride = words * 8;

	buf_clear(to);
	buf_reserve(to, n * stride);
	for (i = 0; i < n; i += m) {
		m = n - i < TALLY_TILE ? n - i : TALLY_TILE;
		for (j = 0; j < words; j++)
			from = unpack_column(to->p + i * stride + j * 8, from,
			    m, stride);
	}
	to->n = n * stride;
}
