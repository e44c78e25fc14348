/* Takes the words of rules beyond one record out of an expression. */
#include "spec/wide_text.h"

#include <string.h>
#include <strings.h> /* strncasecmp */

#include "base/buf.h"

#define MOST_CALLS 64

struct reading {
	const char *reference; /* NULL: of a group rule */
	int inside;            /* of matches */
	struct arena *arena;
	struct wide_text *to;
	struct buf out;
	struct fault *f;
};

static const char *const group_words[] = { "lag", "lead", "prior_max", "row",
	"size", "any", "every", "sum_of", "least_of", "greatest_of" };

static int
starts_name(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    c == '_' || (unsigned char)c >= 0x80;
}

static int
in_name(char c)
{
	return starts_name(c) || (c >= '0' && c <= '9') || c == '$';
}

/* After a quoted piece that begins at p; at the end if it is open. */
static const char *
skip_quoted(const char *p)
{
	char close = *p == '[' ? ']' : *p;

	for (p++; *p != '\0'; p++) {
		if (*p != close)
			continue;
		if (close != ']' && p[1] == close)
			p++;
		else
			return p + 1;
	}
	return p;
}

static int
is_quote(char c)
{
	return c == '\'' || c == '"' || c == '`' || c == '[';
}

static const char *
skip_blank(const char *p)
{
	return p + strspn(p, " \t\r\n");
}

/* The bracket that closes the one at p; NULL: none does. */
static const char *
closing(const char *p)
{
	int depth = 0;

	while (*p != '\0') {
		if (is_quote(*p)) {
			p = skip_quoted(p);
			continue;
		}
		if (*p == '(')
			depth++;
		else if (*p == ')' && --depth == 0)
			return p;
		p++;
	}
	return NULL;
}

/* The piece from p to end without blanks around it. */
static const char *
piece(struct arena *a, const char *p, const char *end)
{
	p = skip_blank(p);
	while (end > p && strchr(" \t\r\n", end[-1]) != NULL)
		end--;
	return arena_copy(a, p, (size_t)(end - p));
}

/* The call is kept once; its field, quoted, goes out. */
static int
add(struct reading *r, const struct wide_call *call)
{
	struct wide_text *t = r->to;
	const char *s;
	size_t i;

	buf_putc(&r->out, '"');
	for (s = call->name; *s != '\0'; s++) {
		if (*s == '"')
			buf_putc(&r->out, '"');
		buf_putc(&r->out, *s);
	}
	buf_putc(&r->out, '"');
	for (i = 0; i < t->n; i++) {
		if (strcmp(t->calls[i].name, call->name) == 0)
			return 0;
	}
	if (t->n == MOST_CALLS)
		return fault_set(r->f, "more than %d calls", MOST_CALLS);
	t->calls[t->n++] = *call;
	return 0;
}

/* WORD(INNER) */
static const char *
call_name(struct arena *a, const char *word, const char *inner)
{
	size_t n = strlen(word), m = strlen(inner);
	char *name = arena_alloc(a, n + m + 3);

	memcpy(name, word, n);
	name[n] = '(';
	memcpy(name + n + 1, inner, m);
	name[n + m + 1] = ')';
	name[n + m + 2] = '\0';
	return name;
}

/* lag(E) and its like; open and close are its brackets. */
static int
group_call(struct reading *r, enum wide_word word, const char *open,
    const char *close)
{
	const char *inner = piece(r->arena, open + 1, close);
	int none = word == WIDE_ROW || word == WIDE_SIZE;
	struct wide_call call = { word, NULL, inner, NULL, 0 };

	if ((inner[0] == '\0') != none)
		return fault_set(r->f, "%s takes %s", group_words[word],
		    none ? "no argument" : "one argument");
	call.name = call_name(r->arena, group_words[word], inner);
	return add(r, &call);
}

static int read_text(const char *, struct reading *);

/* matched(R) and matches(R, E) */
static int
reference_call(struct reading *r, enum wide_word word, const char *open,
    const char *close)
{
	const char *p = skip_blank(open + 1), *inner;
	struct wide_call call = { word, NULL, NULL, NULL, 0 };
	struct wide_text text = { NULL, NULL, 0 };
	struct reading within = { r->reference, 1, r->arena, &text, { 0 },
		r->f };
	size_t n = strlen(r->reference);

	if (r->inside)
		return fault_set(r->f, "matches and matched do not nest");
	if (strncmp(p, r->reference, n) != 0 || in_name(p[n]))
		return fault_set(r->f, "the reference of this rule is %s",
		    r->reference);
	p = skip_blank(p + n);
	if (word == WIDE_MATCHED) {
		call.name = "matched()";
		return p == close ? add(r, &call) :
		    fault_set(r->f, "matched takes a reference");
	}
	if (*p != ',')
		return fault_set(r->f,
		    "matches takes a reference and a condition");
	inner = piece(r->arena, p + 1, close);
	call.name = call_name(r->arena, "matches", inner);
	if (read_text(inner, &within) == -1)
		return -1;
	call.inner = text.text;
	call.calls = text.calls;
	call.ncalls = text.n;
	return add(r, &call);
}

/* R.FIELD, p standing at the field: the byte after it; NULL: a fault. */
static const char *
reference_field(struct reading *r, const char *p)
{
	struct wide_call call = { WIDE_FIELD, NULL, NULL, NULL, 0 };
	size_t n = strlen(r->reference), m;
	const char *end = p;
	char *name;

	if (*p == '"') {
		end = skip_quoted(p);
		call.inner = arena_copy(r->arena, p + 1,
		    end - p >= 2 ? (size_t)(end - p) - 2 : 0);
	} else {
		while (in_name(*end))
			end++;
		call.inner = arena_copy(r->arena, p, (size_t)(end - p));
	}
	m = strlen(call.inner);
	if (m == 0) {
		(void)fault_set(r->f, "%s. names no field", r->reference);
		return NULL;
	}
	name = arena_alloc(r->arena, n + m + 2);
	memcpy(name, r->reference, n);
	name[n] = '.';
	memcpy(name + n + 1, call.inner, m + 1);
	call.name = name;
	return add(r, &call) == -1 ? NULL : end;
}

/* A name at p: what comes after it or after its call; NULL: a fault. */
static const char *
name_at(struct reading *r, const char *p)
{
	const char *end = p, *open, *close;
	size_t i, n;
	int rc = 0;

	while (in_name(*end))
		end++;
	n = (size_t)(end - p);
	if (r->reference != NULL && *end == '.' &&
	    n == strlen(r->reference) && memcmp(p, r->reference, n) == 0)
		return reference_field(r, end + 1);
	open = skip_blank(end);
	if (*open == '(') {
		close = closing(open);
		for (i = 0; i < sizeof group_words / sizeof *group_words &&
		    r->reference == NULL; i++) {
			if (strlen(group_words[i]) != n ||
			    strncasecmp(group_words[i], p, n) != 0)
				continue;
			if (close == NULL)
				rc = fault_set(r->f,
				    "a bracket is never closed");
			else
				rc = group_call(r, (enum wide_word)i, open,
				    close);
			return rc == -1 ? NULL : close + 1;
		}
		if (r->reference != NULL && n == 7 && close != NULL &&
		    (strncasecmp(p, "matched", 7) == 0 ||
		    strncasecmp(p, "matches", 7) == 0)) {
			rc = reference_call(r, strncasecmp(p, "matched", 7) ==
			    0 ? WIDE_MATCHED : WIDE_MATCHES, open, close);
			return rc == -1 ? NULL : close + 1;
		}
	}
	buf_put(&r->out, p, n);
	return end;
}

static int
read_text(const char *p, struct reading *r)
{
	const char *end;

	r->to->calls = arena_alloc(r->arena,
	    MOST_CALLS * sizeof *r->to->calls);
	r->to->n = 0;
	while (*p != '\0') {
		if (starts_name(*p)) {
			p = name_at(r, p);
			if (p == NULL)
				break;
			continue;
		}
		end = p + 1;
		if (is_quote(*p)) {
			end = skip_quoted(p);
		} else if (*p >= '0' && *p <= '9') {
			while (in_name(*end) || *end == '.')
				end++;
		}
		buf_put(&r->out, p, (size_t)(end - p));
		p = end;
	}
	r->to->text = arena_string(r->arena, buf_string(&r->out));
	buf_free(&r->out);
	return p == NULL ? -1 : 0;
}

int
wide_text(const char *text, const char *reference, struct arena *a,
    struct wide_text *to, struct fault *f)
{
	struct reading r = { reference, 0, a, to, { 0 }, f };

	return read_text(text, &r);
}
