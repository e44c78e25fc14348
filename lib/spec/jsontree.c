/* A JSON text as a tree whose numbers are exact. */
#include "spec/jsontree.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/mem.h"
#include "spec/types_form.h"

struct reading {
	const char *p, *end;
	struct arena *arena;
	struct jsontree **open; /* children of what is not closed yet */
	size_t nopen, cap;
	size_t values;
};

static void
space(struct reading *r)
{
	while (r->p < r->end && (*r->p == ' ' || *r->p == '\t' ||
	    *r->p == '\n' || *r->p == '\r'))
		r->p++;
}

/* Four hexadecimal digits after \u: their value, or -1. */
static long
read_unit(struct reading *r)
{
	long unit = 0;
	int i;

	if (r->end - r->p < 4)
		return -1;
	for (i = 0; i < 4; i++) {
		char c = lower(*r->p++);

		if (!digit(c) && (c < 'a' || c > 'f'))
			return -1;
		unit = unit * 16 + (digit(c) ? c - '0' : c - 'a' + 10);
	}
	return unit;
}

/* A code point after \u, of one or two units, as UTF-8: the new end. */
static char *
read_escape(struct reading *r, char *to)
{
	long c = read_unit(r), low;
	const char *before = r->p;

	if (c == -1)
		return NULL;
	if (c >= 0xd800 && c < 0xdc00 && begins(r->p, r->end, "\\u", 2)) {
		r->p += 2;
		if ((low = read_unit(r)) == -1)
			return NULL;
		if (low >= 0xdc00 && low < 0xe000)
			c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
		else
			r->p = before;
	}
	if (c >= 0xd800 && c < 0xe000)
		c = 0xfffd;
	if (c < 0x80) {
		*to++ = (char)c;
		return to;
	}
	if (c < 0x800) {
		*to++ = (char)(0xc0 | c >> 6);
	} else {
		if (c < 0x10000) {
			*to++ = (char)(0xe0 | c >> 12);
		} else {
			*to++ = (char)(0xf0 | c >> 18);
			*to++ = (char)(0x80 | (c >> 12 & 0x3f));
		}
		*to++ = (char)(0x80 | (c >> 6 & 0x3f));
	}
	*to++ = (char)(0x80 | (c & 0x3f));
	return to;
}

/* A string in the arena, with 16 bytes that may be read after it. */
static const char *
read_string(struct reading *r, size_t *n)
{
	static const char from[] = "\"\\/bfnrt", into[] = "\"\\/\b\f\n\r\t";
	const char *end, *which;
	char *to, *text;

	if (take(&r->p, r->end, '"') == -1)
		return NULL;
	for (end = r->p; end < r->end && *end != '"'; end++)
		if (*end == '\\' && end + 1 < r->end)
			end++;
	/* No escape is longer than what it stands for. */
	text = to = arena_alloc(r->arena, (size_t)(end - r->p) + 17);
	while (r->p < r->end && *r->p != '"') {
		if ((unsigned char)*r->p < 0x20)
			return NULL;
		if (*r->p != '\\') {
			*to++ = *r->p++;
			continue;
		}
		if (++r->p == r->end)
			return NULL;
		if (*r->p == 'u') {
			r->p++;
			if ((to = read_escape(r, to)) == NULL)
				return NULL;
		} else if (*r->p != '\0' &&
		    (which = strchr(from, *r->p)) != NULL) {
			*to++ = into[which - from];
			r->p++;
		} else {
			return NULL;
		}
	}
	*n = (size_t)(to - text);
	memset(to, 0, 17);
	return take(&r->p, r->end, '"') == 0 ? text : NULL;
}

/* The digits of a number without its point and zeros at either end. */
static void
set_digits(struct jsontree *x, const struct number *v, struct arena *a)
{
	size_t whole = (size_t)(v->whole_end - v->whole);
	size_t part = (size_t)(v->part_end - v->part), n = whole + part;
	char *digits = arena_alloc(a, n + 1);

	memcpy(digits, v->whole, whole);
	memcpy(digits + whole, v->part, part);
	x->exponent = v->exponent - (int64_t)part;
	for (; n > 0 && digits[n - 1] == '0'; n--)
		x->exponent++;
	for (; n > 0 && *digits == '0'; n--)
		digits++;
	x->digits = digits;
	x->ndigits = n;
}

static int
read_number(struct reading *r, struct jsontree *x)
{
	const char *start = r->p, *q = r->p + (r->p < r->end && *r->p == '-');
	struct buf key = { 0 };
	struct number v;

	/* Of the forms of a number, those that JSON has. */
	if (q == r->end || !digit(*q) ||
	    (*q == '0' && q + 1 < r->end && digit(q[1])))
		return -1;
	q = type_number_scan(&type_plain_number, start, r->end, &v);
	if (q == NULL || (v.part == v.part_end && v.part != v.whole_end))
		return -1;
	r->p = q;
	x->kind = JSONTREE_NUMBER;
	type_number_key(&key, &v);
	x->text = arena_copy(r->arena, key.p, key.n);
	x->n = key.n;
	buf_free(&key);
	set_digits(x, &v, r->arena);
	return 0;
}

static int
read_word(struct reading *r, struct jsontree *x)
{
	static const char *const words[] = { "null", "false", "true" };
	int i;

	for (i = 0; i < 3; i++)
		if (begins(r->p, r->end, words[i], strlen(words[i]))) {
			x->kind = (enum jsontree_kind)i;
			r->p += strlen(words[i]);
			return 0;
		}
	return -1;
}

static int
compare_texts(const char *a, size_t an, const char *b, size_t bn)
{
	int d = memcmp(a, b, an < bn ? an : bn);

	return d != 0 ? d : (an > bn) - (an < bn);
}

static int
by_name(const void *x, const void *y)
{
	const struct jsontree *a = *(struct jsontree *const *)x;
	const struct jsontree *b = *(struct jsontree *const *)y;
	int d = compare_texts(a->name, a->nname, b->name, b->nname);

	return d != 0 ? d : (a->order > b->order) - (a->order < b->order);
}

/* What was read since first becomes the children. */
static void
close_children(struct reading *r, struct jsontree *x, size_t first)
{
	size_t i, n = r->nopen - first, kept = 0;

	x->of = arena_alloc(r->arena, (n + 1) * sizeof(struct jsontree *));
	if (n != 0)
		memcpy(x->of, r->open + first, n * sizeof(struct jsontree *));
	r->nopen = first;
	x->count = n;
	if (x->kind != JSONTREE_OBJECT)
		return;
	qsort(x->of, n, sizeof(struct jsontree *), by_name);
	for (i = 0; i < n; i++) {
		if (i + 1 < n && compare_texts(x->of[i]->name,
		    x->of[i]->nname, x->of[i + 1]->name,
		    x->of[i + 1]->nname) == 0)
			continue;
		x->of[kept++] = x->of[i];
	}
	x->count = kept;
}

static struct jsontree *read_value(struct reading *, int depth);

static int
read_children(struct reading *r, struct jsontree *x, int depth)
{
	char close = x->kind == JSONTREE_OBJECT ? '}' : ']';
	size_t first = r->nopen, nname = 0;
	const char *name = NULL;
	struct jsontree *child;

	r->p++;
	space(r);
	if (take(&r->p, r->end, close) == 0) {
		close_children(r, x, first);
		return 0;
	}
	do {
		space(r);
		if (close == '}') {
			if ((name = read_string(r, &nname)) == NULL)
				return -1;
			space(r);
			if (take(&r->p, r->end, ':') == -1)
				return -1;
			space(r);
		}
		if ((child = read_value(r, depth + 1)) == NULL)
			return -1;
		child->name = name;
		child->nname = nname;
		child->order = r->nopen;
		if (r->nopen == r->cap) {
			r->cap = r->cap * 2 + 32;
			r->open = mem_array(r->open, r->cap,
			    sizeof(struct jsontree *));
		}
		r->open[r->nopen++] = child;
		space(r);
	} while (take(&r->p, r->end, ',') == 0);
	if (take(&r->p, r->end, close) == -1)
		return -1;
	close_children(r, x, first);
	return 0;
}

static struct jsontree *
read_value(struct reading *r, int depth)
{
	struct jsontree *x = arena_alloc(r->arena, sizeof *x);
	int rc;

	memset(x, 0, sizeof *x);
	r->values++;
	if (r->p == r->end || depth > JSONTREE_DEPTH)
		return NULL;
	switch (*r->p) {
	case '{':
	case '[':
		x->kind = *r->p == '{' ? JSONTREE_OBJECT : JSONTREE_ARRAY;
		rc = read_children(r, x, depth);
		break;
	case '"':
		x->kind = JSONTREE_STRING;
		x->text = read_string(r, &x->n);
		rc = x->text != NULL ? 0 : -1;
		break;
	case 'n':
	case 'f':
	case 't':
		rc = read_word(r, x);
		break;
	default:
		rc = read_number(r, x);
		break;
	}
	return rc == 0 ? x : NULL;
}

struct jsontree *
jsontree_parse(const char *p, size_t n, struct arena *a, size_t *values)
{
	struct reading r = { .p = p, .end = p + n, .arena = a };
	struct jsontree *x;

	space(&r);
	x = read_value(&r, 0);
	space(&r);
	free(r.open);
	*values = r.values;
	return r.p == r.end ? x : NULL;
}

int
jsontree_compare(const struct jsontree *a, const struct jsontree *b)
{
	size_t i;
	int d;

	if (a->kind != b->kind)
		return a->kind < b->kind ? -1 : 1;
	if (a->kind == JSONTREE_NUMBER)
		return type_order(&type_plain_number, a->text, a->n, b->text,
		    b->n);
	if (a->kind == JSONTREE_STRING)
		return compare_texts(a->text, a->n, b->text, b->n);
	if (a->count != b->count)
		return a->count < b->count ? -1 : 1;
	for (i = 0; i < a->count; i++) {
		if (a->kind == JSONTREE_OBJECT && (d = compare_texts(
		    a->of[i]->name, a->of[i]->nname, b->of[i]->name,
		    b->of[i]->nname)) != 0)
			return d;
		if ((d = jsontree_compare(a->of[i], b->of[i])) != 0)
			return d;
	}
	return 0;
}

struct jsontree *
jsontree_member(const struct jsontree *x, const char *name, size_t n)
{
	size_t low = 0, high, middle;
	int d;

	if (x->kind != JSONTREE_OBJECT)
		return NULL;
	for (high = x->count; low < high;) {
		middle = low + (high - low) / 2;
		d = compare_texts(name, n, x->of[middle]->name,
		    x->of[middle]->nname);
		if (d == 0)
			return x->of[middle];
		if (d < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}

int
jsontree_whole(const struct jsontree *x)
{
	return x->kind == JSONTREE_NUMBER &&
	    (x->ndigits == 0 || x->exponent >= 0);
}
