/*
 * native: what evaluates everyday forms; inside room expr only.
 *
 * plan.c says which nodes those are, truth.c gives truth values, native.c
 * gives values, a column of up to 256 at a time. Every result must be
 * SQLite's, value and kind: the differential test holds it to that. Where a
 * value meets a case that is not worth native code (an overflow in abs, a
 * real as text), hand_over is set and SQLite does the whole batch instead.
 */
#ifndef NIB_EXPR_NATIVE_H
#define NIB_EXPR_NATIVE_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/eight.h"
#include "expr/node.h"

/* Eight bytes of a text, zero beyond its end; needs 8 readable bytes. */
static inline uint64_t
load8(const char *p, size_t n)
{
	uint64_t v = eight_load(p);

	if (n < 8)
		v &= ((uint64_t)1 << (n * 8)) - 1;
	return v;
}

/*
 * Rows without branches, sixteen at a time: of a loop whose length is known
 * the compiler makes vectors at -O2 too. Up to 15 rows beyond n are done as
 * well, whose results nobody looks at: columns have room for EXPR_BATCH.
 */
#define NATIVE_ROWS(i, n)                                                \
	for (size_t i##_from = 0; i##_from < (n); i##_from += 16)        \
		for (size_t i = i##_from; i != i##_from + 16; i++)

/* A list of texts or integers, to look a value up in. */
struct set {
	int null;      /* NULL is in the list */
	size_t n;      /* keys */
	uint64_t *keys; /* texts up to 8 bytes, or integers */
	size_t mask;   /* 0: look at each; else an open hash of slots */
	uint64_t *slots;
	unsigned char *full;
	struct map *longer; /* texts beyond 8 bytes, or NULL */
};

#define SET_LINEAR 8U

/* LIKE with a pattern that is written out. */
struct like {
	enum { LIKE_WHOLE, LIKE_PREFIX, LIKE_GENERAL } form;
	const char *text; /* lower case */
	size_t n;
	int shortly;      /* up to 8 bytes, without the % */
	uint64_t want, fold;
};

static inline size_t
set_slot(uint64_t key, size_t mask)
{
	return (size_t)((key * 0x9e3779b97f4a7c15ULL) >> 20) & mask;
}

static inline int
set_has(const struct set *s, uint64_t key)
{
	size_t i, at;
	int found = 0;

	if (s->mask == 0) {
		for (i = 0; i < s->n; i++)
			found |= s->keys[i] == key;
		return found;
	}
	for (at = set_slot(key, s->mask); s->full[at];
	    at = (at + 1) & s->mask)
		if (s->slots[at] == key)
			return 1;
	return 0;
}

static inline char
native_lower(char c)
{
	return (char)(c >= 'A' && c <= 'Z' ? c + 32 : c);
}

static inline char
native_upper(char c)
{
	return (char)(c >= 'a' && c <= 'z' ? c - 32 : c);
}

/* One value of a column. */

static inline void
set_null(struct column *c, size_t i)
{
	c->kind[i] = EXPR_NULL;
	c->n[i] = 0;
}

static inline void
set_int(struct column *c, size_t i, int64_t v)
{
	c->kind[i] = EXPR_INT;
	c->v[i].i = v;
}

static inline void
set_real(struct column *c, size_t i, double v)
{
	c->kind[i] = EXPR_REAL;
	c->v[i].r = v;
}

static inline void
set_text(struct column *c, size_t i, const char *p, size_t n)
{
	c->kind[i] = EXPR_STRING;
	c->v[i].p = p;
	c->n[i] = (uint32_t)n;
}

static inline void
copy_value(struct column *c, const struct column *from, size_t i)
{
	c->kind[i] = from->kind[i];
	c->v[i] = from->v[i];
	c->n[i] = from->n[i];
}

/* A place's column, made when first wanted. */
struct column *native_column(struct expr_run *, size_t place);
/* The values of a node with integers written out, in a place if need be. */
const struct column *native_text(struct expr_run *, const struct node *,
    size_t place);
/* Are a node's values fields whose days are there, or the first of such? */
int native_has_days(const struct expr_run *, const struct node *);
/* Packed days of the values of a node; -1: none. room: EXPR_BATCH. */
const int32_t *native_days(struct expr_run *, const struct node *,
    int32_t *room);
/* The values of a function of dates, and of date(x, '+n days'). */
void native_date(struct expr_run *, const struct node *, struct column *);
void native_shifted(struct expr_run *, const struct node *, struct column *);
/* Two values at row i that are not NULL, in SQLite's order. */
int native_compare(const struct column *, const struct column *, size_t i);
/* Is x = y for substr(TEXT, 1, n) and n characters: does TEXT begin so? */
int native_begins(const struct node *x, const struct node *y);
/* x op y for a comparison operator: 0, 1, 2. */
void native_compare_columns(struct expr_run *, enum node_op,
    const struct node *x, const struct node *y, unsigned char *to);

#endif
