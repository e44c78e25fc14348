/* What rules over groups keep of each record until the end. */
#include "spec/group_rows.h"

#include <stdlib.h>

#include "base/mem.h"

#define FIRST ((size_t)4 * 1024)

/* Rows in memory, or in the spill. */
struct piece {
	struct buf rows;
	int cut; /* the rows are in a piece of group_rows.pieces */
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
	struct pieces *pieces;
	unsigned shift; /* to the shard's bits of the digest */
	size_t held;
	/* Where a shard's last piece goes on, and ends; NULL: it is closed. */
	struct cursor {
		char *at, *end;
	} cursors[GROUP_SHARDS];
	struct shard shards[GROUP_SHARDS];
};

static char *
put_tagged(char *to, int tag, const void *p, size_t n)
{
	*to++ = (char)tag;
	memcpy(to, p, n);
	return to + n;
}

char *
group_put_long(char *to, const struct expr_value *v)
{
	int8_t small;
	int32_t middle;
	uint16_t length;

	switch (v->kind) {
	case EXPR_INT:
		if (v->u.i >= INT8_MIN && v->u.i <= INT8_MAX) {
			small = (int8_t)v->u.i;
			return put_tagged(to, GROUP_INT1, &small,
			    sizeof small);
		}
		if (v->u.i >= INT32_MIN && v->u.i <= INT32_MAX) {
			middle = (int32_t)v->u.i;
			return put_tagged(to, GROUP_INT4, &middle,
			    sizeof middle);
		}
		return put_tagged(to, GROUP_INT8, &v->u.i, sizeof v->u.i);
	case EXPR_REAL:
		return put_tagged(to, GROUP_REAL, &v->u.r, sizeof v->u.r);
	case EXPR_STRING:
		if (v->u.s.n == 0)
			break;
		if (v->u.s.n < GROUP_LONG)
			return put_tagged(to, (int)v->u.s.n, v->u.s.p,
			    v->u.s.n);
		length = (uint16_t)v->u.s.n;
		to = put_tagged(to, GROUP_LONG, &length, sizeof length);
		memcpy(to, v->u.s.p, v->u.s.n);
		return to + v->u.s.n;
	case EXPR_BAD:
		return put_tagged(to, GROUP_BAD, "", 0);
	case EXPR_NULL:
		break;
	}
	return put_tagged(to, GROUP_NULL, "", 0);
}

const char *
group_get_long(const char *p, struct expr_value *v)
{
	unsigned tag = (unsigned char)*p++;
	int8_t small;
	int32_t middle;
	uint16_t length;

	switch (tag) {
	case GROUP_NULL:
		v->kind = EXPR_NULL;
		return p;
	case GROUP_BAD:
		v->kind = EXPR_BAD;
		v->u.i = 0;
		return p;
	case GROUP_INT1:
		memcpy(&small, p, sizeof small);
		v->kind = EXPR_INT;
		v->u.i = small;
		return p + sizeof small;
	case GROUP_INT4:
		memcpy(&middle, p, sizeof middle);
		v->kind = EXPR_INT;
		v->u.i = middle;
		return p + sizeof middle;
	case GROUP_INT8:
		v->kind = EXPR_INT;
		memcpy(&v->u.i, p, sizeof v->u.i);
		return p + sizeof v->u.i;
	case GROUP_REAL:
		v->kind = EXPR_REAL;
		memcpy(&v->u.r, p, sizeof v->u.r);
		return p + sizeof v->u.r;
	case GROUP_LONG:
		memcpy(&length, p, sizeof length);
		p += sizeof length;
		break;
	default:
		length = 0;
		break;
	}
	v->kind = EXPR_STRING;
	v->u.s.p = p;
	v->u.s.n = length;
	return p + length;
}

struct group_rows *
group_rows_new(struct spill *spill, struct pieces *pieces, unsigned level)
{
	struct group_rows *r = mem_zero(1, sizeof *r);

	r->spill = spill;
	r->pieces = pieces;
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

/* With room for n bytes. */
static struct piece *
new_piece(struct group_rows *r, struct shard *s, size_t n)
{
	struct piece *p;

	if (s->n == s->cap) {
		s->cap = s->cap * 2 + 4;
		s->v = mem_array(s->v, s->cap, sizeof *s->v);
	}
	p = &s->v[s->n++];
	memset(p, 0, sizeof *p);
	/*
	 * Where a shard filled one piece it will fill another. What spill_write
	 * appends fits, as blocks of its cipher fill a piece.
	 */
	p->cut = s->n > 1 && n <= PIECES_BYTES;
	if (p->cut) {
		p->rows.p = pieces_take(r->pieces);
		p->rows.cap = PIECES_BYTES;
	} else {
		buf_reserve(&p->rows, n > FIRST ? n : FIRST);
	}
	return p;
}

static void
free_rows(struct group_rows *r, struct piece *p)
{
	if (p->cut)
		pieces_give(r->pieces, p->rows.p);
	else
		buf_free(&p->rows);
	memset(&p->rows, 0, sizeof p->rows);
	p->cut = 0;
}

/* What was written since goes to the piece and the shard. */
static void
settle(struct group_rows *r, size_t shard)
{
	struct shard *s = &r->shards[shard];
	struct piece *p;
	size_t n;

	if (r->cursors[shard].at == NULL)
		return;
	p = &s->v[s->n - 1];
	n = (size_t)(r->cursors[shard].at - p->rows.p);
	s->bytes += n - p->rows.n;
	p->rows.n = n;
}

static void
close_piece(struct group_rows *r, size_t shard)
{
	settle(r, shard);
	r->cursors[shard].at = r->cursors[shard].end = NULL;
}

static inline struct cursor *
cursor_of(struct group_rows *r, uint64_t a)
{
	return &r->cursors[a >> r->shift & (GROUP_SHARDS - 1)];
}

char *
group_rows_room(struct group_rows *r, uint64_t a, size_t n)
{
	struct cursor *c = cursor_of(r, a);
	struct piece *p;

	n += 16;
	if ((size_t)(c->end - c->at) < n) {
		close_piece(r, (size_t)(c - r->cursors));
		p = new_piece(r, &r->shards[c - r->cursors], n);
		c->at = p->rows.p;
		c->end = p->rows.p + p->rows.cap;
	}
	return c->at;
}

void
group_rows_wrote(struct group_rows *r, uint64_t a, const char *end)
{
	struct cursor *c = cursor_of(r, a);
	size_t n = (size_t)(end - c->at);

	r->held += n;
	c->at += n;
	/* Many rows go elsewhere before the next one comes here. */
	__builtin_prefetch(end + 64, 1);
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

	for (i = 0; i < GROUP_SHARDS; i++) {
		close_piece(r, i);
		for (k = 0; k < r->shards[i].n; k++) {
			struct piece *p = &r->shards[i].v[k];

			if (p->n > 0)
				continue;
			p->n = p->rows.n;
			if (spill_write(r->spill, &p->rows, &p->at, f) == -1)
				return -1;
			free_rows(r, p);
		}
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

		close_piece(r, i);
		close_piece(from, i);
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
group_rows_bytes(struct group_rows *r, size_t shard)
{
	settle(r, shard);
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

	settle(r, shard);
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

	close_piece(r, shard);
	for (i = 0; i < s->n; i++)
		free_rows(r, &s->v[i]);
	free(s->v);
	memset(s, 0, sizeof *s);
}
