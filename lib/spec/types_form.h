/*
 * Between the files of types: how a compiled type looks, and the parser of
 * each form. types_number, types_time, types_json, types_text and
 * types_quick each hold one kind of form; types.c chooses among them.
 */
#ifndef NIB_SPEC_TYPES_FORM_H
#define NIB_SPEC_TYPES_FORM_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/buf.h"
#include "spec/types.h"

enum form {
	FORM_NONE, FORM_EMAIL, FORM_URI, FORM_UUID, FORM_BASE64,
	FORM_INTEGER, FORM_NUMBER, FORM_BOOLEAN, FORM_OBJECT, FORM_ARRAY,
	FORM_GEOJSON, FORM_TOPOJSON, FORM_LIST, FORM_DATE, FORM_TIME,
	FORM_DATETIME, FORM_YEAR, FORM_YEARMONTH, FORM_DURATION,
	FORM_POINT, FORM_POINT_ARRAY, FORM_POINT_OBJECT
};

enum quick { QUICK_NONE, QUICK_INTEGER, QUICK_NUMBER, QUICK_DATE, QUICK_TIME };

struct type {
	enum form form;
	enum quick quick;
	const char *pattern; /* strptime; NULL: the standard's form */
	int any;             /* format any */
	const char *decimal, *group; /* group NULL: none */
	size_t ndecimal, ngroup;
	int bare;
	const struct spec_strings *trues, *falses;
	const char *delimiter; /* of a list */
	size_t ndelimiter;
	struct type *item;
	char complaint[120];
};

/* Characters. */

static inline int
digit(char c)
{
	return c >= '0' && c <= '9';
}

static inline int
letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static inline char
lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

static inline int
begins(const char *p, const char *end, const char *what, size_t n)
{
	return (size_t)(end - p) >= n && memcmp(p, what, n) == 0;
}

static inline int
take(const char **p, const char *end, char c)
{
	if (*p == end || **p != c)
		return -1;
	(*p)++;
	return 0;
}

/* Big-endian, so that bytes order as numbers do. */
static inline void
put_be(struct buf *b, uint64_t v, unsigned bytes)
{
	uint64_t x = v << (64 - 8 * bytes);

	buf_reserve(b, bytes);
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	x = __builtin_bswap64(x);
#endif
	memcpy(b->p + b->n, &x, sizeof x); /* a buffer has room beyond */
	b->n += bytes;
}

/* The four bytes at a place get the count of bytes after them. */
static inline void
patch_length(struct buf *b, size_t at)
{
	uint64_t n = b->n - at - 4;
	unsigned i;

	for (i = 0; i < 4; i++)
		b->p[at + i] = (char)(unsigned char)(n >> (24 - 8 * i));
}

/*
 * Numbers. A number is taken apart into sign, digits before and after the
 * point (where they stand in the cell), and exponent.
 */
struct number {
	int special; /* 0; 1: -INF, 2: INF, 3: NaN */
	int negative;
	const char *whole, *whole_end; /* may hold group characters */
	const char *part, *part_end;
	int64_t exponent;
};

/* A number in JSON's form. */
extern const struct type type_plain_number;

/* How a key begins: its class and sign. */
enum {
	TYPE_KEY_MINUS_INF = 1, TYPE_KEY_NEGATIVE, TYPE_KEY_ZERO,
	TYPE_KEY_POSITIVE, TYPE_KEY_INF, TYPE_KEY_NAN
};

/* The longest number at p; its end, or NULL if there is none. */
const char *type_number_scan(const struct type *, const char *p,
    const char *end, struct number *);
int type_number_parse(const struct type *, const char *, size_t,
    struct number *);
void type_number_key(struct buf *, const struct number *);
/* The same for plain digits without a zero before them: 1, or 0: not so. */
int type_number_plain_key(const struct type *, const char *, size_t,
    struct buf *);
/* Its text in the plain form; the length, or -1 when it is too long. */
int type_number_text(const struct number *, char *to, size_t size);

/* Dates and times. */
struct moment {
	int year, month, day, hour, minute, second;
	const char *fraction; /* digits */
	size_t nfraction;
	int zone; /* minutes east of UTC */
};

/* YYYY-MM-DD at *p, which is moved past it. */
int type_date_scan(const char **p, const char *end, struct moment *);
int type_moment_parse(const struct type *, const char *, size_t,
    struct moment *);
/* Days or seconds since 1970, then the fraction's digits. */
void type_moment_key(struct buf *, const struct type *,
    const struct moment *);
/* Its ISO 8601 text in UTC; the length. */
size_t type_moment_text(const struct type *, const struct moment *,
    char to[32]);
/* Is every directive of a strptime pattern known? */
int type_moment_pattern(const char *);
/* [-]YYYY[Y...] or YYYY-MM, as one ascending number. */
int type_year_parse(const struct type *, const char *, size_t, int64_t *);

/* Durations: months and seconds, which no calendar makes one number. */
struct duration {
	int64_t months, seconds;
	const char *fraction;
	size_t nfraction;
	int negative;
};

int type_duration_parse(const char *, size_t, struct duration *);
void type_duration_key(struct buf *, const struct duration *);
/* -1, 0, 1 of two keys; 2: not comparable. */
int type_duration_order(const unsigned char *, size_t, const unsigned char *,
    size_t);

/* JSON (RFC 8259), checked without building anything. */
struct json {
	const char *p, *end;
	size_t members;    /* of the outermost array or object */
	const char *type;  /* the string value of its member "type" */
	size_t ntype;
};

int type_json_parse(const struct type *, const char *, size_t,
    struct json *);

/* A geopoint; its key goes to the buffer unless NULL. */
int type_point_parse(const struct type *, const char *, size_t,
    struct buf *);

/* The formats of strings. */
int type_email_ok(const char *, size_t);
int type_uri_ok(const char *, size_t);
int type_uuid_ok(const char *, size_t);
int type_base64_ok(const char *, size_t);

#endif
