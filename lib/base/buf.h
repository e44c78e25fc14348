/*
 * buf: bytes that grow at the end.
 *
 * Zero-initialised is empty: struct buf b = { 0 }. After buf_reserve the
 * caller may write up to that many bytes at b.p + b.n and add to b.n. Two
 * kilobytes beyond the reserved size always exist, so that wide stores
 * may run over. Never fails (base/mem.h).
 */
#ifndef NIB_BASE_BUF_H
#define NIB_BASE_BUF_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct buf {
	char *p;
	size_t n;
	size_t cap;
};

void buf_grow(struct buf *, size_t more);
void buf_free(struct buf *);
void buf_printf(struct buf *, const char *, ...)
    __attribute__((format(printf, 2, 3)));
void buf_put_u64(struct buf *, uint64_t);
void buf_put_i64(struct buf *, int64_t);
/* Adds a terminating NUL beyond n and returns p; valid till the next call. */
const char *buf_string(struct buf *);

static inline void
buf_reserve(struct buf *b, size_t more)
{
	if (b->cap - b->n < more)
		buf_grow(b, more);
}

static inline void
buf_put(struct buf *b, const void *p, size_t n)
{
	if (n == 0)
		return;
	buf_reserve(b, n);
	memcpy(b->p + b->n, p, n);
	b->n += n;
}

static inline void
buf_puts(struct buf *b, const char *s)
{
	buf_put(b, s, strlen(s));
}

static inline void
buf_putc(struct buf *b, char c)
{
	buf_reserve(b, 1);
	b->p[b->n++] = c;
}

static inline void
buf_clear(struct buf *b)
{
	b->n = 0;
}

#endif
