/* What rules over groups keep of each record until the end. */
#include "spec/group_rows.h"

#include <stdlib.h>

#include "base/mem.h"

#define PIECE ((size_t)64 * 1024)

/* The first byte of a value: the length of a text, or one of these. */
enum {
	TAG_LONG = 240, /* a text with two bytes of length */
	TAG_NULL, TAG_BAD,
	TAG_INT1, TAG_INT4, TAG_INT8, TAG_REAL
};

/* Rows in memory, or in the spill. */
struct piece {
	struct buf rows;
	size_t n; /* bytes, when in the spill */
	off_t at;
};

struct shard {
	struct piece *v;
	size_t n, cap;
	uint64_t bytes;
};

struct group_rows {
	struct spill *spill;
	unsigned shift; /* to the shard's bits of the digest */
	size_t held;
	struct shard shards[GROUP_SHARDS];
};

static void
put_tagged(struct buf *b, int tag, const void *p, size_t n)
{
	buf_reserve(b, 1 + n);
	b->p[b->n++] = (char)tag;
	memcpy(b->p + b->n, p, n);
	b->n += n;
}

void
group_put_value(struct buf *b, const struct expr_value *v)
{
	int8_t small;
	int32_t middle;
	uint16_t length;

	switch (v->kind) {
	case EXPR_INT:
		if (v->u.i >= INT8_MIN && v->u.i <= INT8_MAX) {
			small = (int8_t)v->u.i;
			put_tagged(b, TAG_INT1, &small, sizeof small);
		} else if (v->u.i >= INT32_MIN && v->u.i <= INT32_MAX) {
			middle = (int32_t)v->u.i;
			put_tagged(b, TAG_INT4, &middle, sizeof middle);
		} else {
			put_tagged(b, TAG_INT8, &v->u.i, sizeof v->u.i);
		}
		break;
	case EXPR_REAL:
		put_tagged(b, TAG_REAL, &v->u.r, sizeof v->u.r);
		break;
	case EXPR_STRING:
		if (v->u.s.n == 0) {
			put_tagged(b, TAG_NULL, "", 0);
		} else if (v->u.s.n < TAG_LONG) {
			put_tagged(b, (int)v->u.s.n, v->u.s.p, v->u.s.n);
		} else {
			length = (uint16_t)v->u.s.n;
			put_tagged(b, TAG_LONG, &length, sizeof length);
			buf_put(b, v->u.s.p, v->u.s.n);
		}
		break;
	case EXPR_BAD:
		put_tagged(b, TAG_BAD, "", 0);
		break;
	case EXPR_NULL:
		put_tagged(b, TAG_NULL, "", 0);
		break;
	}
}

void
group_put_day(struct buf *b, int32_t day)
{
	buf_put(b, &day, sizeof day);
}

const char *
group_get_value(const char *p, struct expr_value *v)
{
	unsigned tag = (unsigned char)*p++;
	int8_t small;
	int32_t middle;
	uint16_t length;

	switch (tag) {
	case TAG_NULL:
		v->kind = EXPR_NULL;
		return p;
	case TAG_BAD:
		v->kind = EXPR_BAD;
		v->u.i = 0;
		return p;
	case TAG_INT1:
		memcpy(&small, p, sizeof small);
		v->kind = EXPR_INT;
		v->u.i = small;
		return p + sizeof small;
	case TAG_INT4:
		memcpy(&middle, p, sizeof middle);
		v->kind = EXPR_INT;
		v->u.i = middle;
		return p + sizeof middle;
	case TAG_INT8:
		v->kind = EXPR_INT;
		memcpy(&v->u.i, p, sizeof v->u.i);
		return p + sizeof v->u.i;
	case TAG_REAL:
		v->kind = EXPR_REAL;
		memcpy(&v->u.r, p, sizeof v->u.r);
		return p + sizeof v->u.r;
	case TAG_LONG:
		memcpy(&length, p, sizeof length);
		p += sizeof length;
		break;
	default:
		length = (uint16_t)tag;
		break;
	}
	v->kind = EXPR_STRING;
	v->u.s.p = p;
	v->u.s.n = length;
	return p + length;
}

struct group_rows *
group_rows_new(struct spill *spill, unsigned level)
{
	struct group_rows *r = mem_zero(1, sizeof *r);

	r->spill = spill;
	r->shift = 64 - GROUP_SHARD_BITS * (level + 1);
	return r;
}

void
group_rows_free(struct group_rows *r)
{
	size_t i;

	if (r == NULL)
		return;
	for (i = 0; i < GROUP_SHARDS; i++)
		group_rows_drop(r, i);
	free(r);
}

static struct piece *
new_piece(struct shard *s)
{
	struct piece *p;

	if (s->n == s->cap) {
		s->cap = s->cap * 2 + 4;
		s->v = mem_array(s->v, s->cap, sizeof *s->v);
	}
	p = &s->v[s->n++];
	memset(p, 0, sizeof *p);
	/* Where a shard filled one piece it will fill another. */
	if (s->n > 1)
		buf_reserve(&p->rows, PIECE);
	return p;
}

void
group_rows_put(struct group_rows *r, const char *row, size_t n)
{
	struct shard *s = &r->shards[group_row_a(row) >> r->shift &
	    (GROUP_SHARDS - 1)];
	struct piece *p = s->n > 0 ? &s->v[s->n - 1] : NULL;

	if (p == NULL || p->n > 0 || p->rows.n + n > PIECE)
		p = new_piece(s);
	buf_put(&p->rows, row, n);
	s->bytes += n;
	r->held += n;
}

size_t
group_rows_held(const struct group_rows *r)
{
	return r->held;
}

int
group_rows_flush(struct group_rows *r, struct fault *f)
{
	size_t i, k;

	for (i = 0; i < GROUP_SHARDS; i++)
		for (k = 0; k < r->shards[i].n; k++) {
			struct piece *p = &r->shards[i].v[k];

			if (p->n > 0)
				continue;
			p->n = p->rows.n;
			if (spill_write(r->spill, &p->rows, &p->at, f) == -1)
				return -1;
			buf_free(&p->rows);
		}
	r->held = 0;
	return 0;
}

void
group_rows_take(struct group_rows *r, struct group_rows *from)
{
	size_t i;

	for (i = 0; i < GROUP_SHARDS; i++) {
		struct shard *a = &r->shards[i], *b = &from->shards[i];

		if (b->n == 0)
			continue;
		a->cap = a->n + b->n;
		a->v = mem_array(a->v, a->cap, sizeof *a->v);
		memcpy(a->v + a->n, b->v, b->n * sizeof *a->v);
		a->n += b->n;
		a->bytes += b->bytes;
		free(b->v);
		memset(b, 0, sizeof *b);
	}
	r->held += from->held;
	from->held = 0;
}

uint64_t
group_rows_bytes(const struct group_rows *r, size_t shard)
{
	return r->shards[shard].bytes;
}

size_t
group_rows_pieces(const struct group_rows *r, size_t shard)
{
	return r->shards[shard].n;
}

const char *
group_rows_piece(struct group_rows *r, size_t shard, size_t i,
    struct buf *scratch, size_t *n, struct fault *f)
{
	struct piece *p = &r->shards[shard].v[i];

	if (p->n == 0) {
		*n = p->rows.n;
		return p->rows.p;
	}
	if (spill_read(r->spill, p->at, 0, p->n, scratch, f) == -1)
		return NULL;
	*n = p->n;
	return scratch->p;
}

void
group_rows_drop(struct group_rows *r, size_t shard)
{
	struct shard *s = &r->shards[shard];
	size_t i;

	for (i = 0; i < s->n; i++)
		buf_free(&s->v[i].rows);
	free(s->v);
	memset(s, 0, sizeof *s);
}
