/* An expression's text as tokens. */
#include "expr/token.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int
source_bad(const struct source *s, size_t at, const char *form, ...)
{
	char what[256];
	const char *near = s->text + at;
	size_t chars = 1, i, n = strlen(near);
	va_list ap;

	va_start(ap, form);
	(void)vsnprintf(what, sizeof what, form, ap);
	va_end(ap);
	for (i = 0; i < at; i++)
		chars += ((unsigned char)s->text[i] & 0xc0) != 0x80;
	if (n > 20)
		for (n = 20; ((unsigned char)near[n] & 0xc0) == 0x80;)
			n--;
	if (n == 0)
		return fault_set(s->f, "expression, at its end: %s", what);
	return fault_set(s->f, "expression, character %zu, at %.*s%s: %s",
	    chars, (int)n, near, near[n] != '\0' ? "..." : "", what);
}

static int
letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
	    (unsigned char)c >= 0x80;
}

static int
digit(char c)
{
	return c >= '0' && c <= '9';
}

static int
hex(char c)
{
	return digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/* Up to the closing quote, a doubled one is one. */
static int
quoted(struct tokens *t, char close)
{
	const char *s = t->source->text;
	size_t from = t->at + 1, end = from, i, n = 0;
	char *to;

	while (s[end] != '\0' && (s[end] != close ||
	    (close != ']' && s[end + 1] == close)))
		end += s[end] == close ? 2 : 1;
	if (s[end] == '\0')
		return source_bad(t->source, t->at,
		    "this quote is never closed");
	to = arena_alloc(t->source->memory, end - from + 17);
	memset(to, 0, end - from + 17);
	for (i = from; i < end; i++) {
		to[n++] = s[i];
		i += s[i] == close;
	}
	t->text = to;
	t->length = n;
	t->after = end + 1;
	return 0;
}

static int
number(struct tokens *t)
{
	const char *s = t->source->text;
	size_t i = t->at;

	if (s[i] == '0' && (s[i + 1] == 'x' || s[i + 1] == 'X') &&
	    hex(s[i + 2])) {
		for (i += 2; hex(s[i]);)
			i++;
	} else {
		while (digit(s[i]))
			i++;
		if (s[i] == '.')
			for (i++; digit(s[i]);)
				i++;
		if ((s[i] == 'e' || s[i] == 'E') && (digit(s[i + 1]) ||
		    ((s[i + 1] == '+' || s[i + 1] == '-') &&
		    digit(s[i + 2]))))
			for (i += 2; digit(s[i]);)
				i++;
	}
	if (letter(s[i]) || digit(s[i]))
		return source_bad(t->source, t->at, "not a number");
	t->n = i - t->at;
	t->after = i;
	return 0;
}

int
token_next(struct tokens *t)
{
	static const char *const signs[] = { "->>", "->", "||", "<<", ">>",
		"<=", ">=", "==", "<>", "!=", "<", ">", "=", "+", "-", "*",
		"/", "%", "&", "|", "~", "(", ")", ",", NULL };
	const char *s = t->source->text;
	size_t i;
	char c;

	t->last = t->at + t->n;
	while (s[t->after] == ' ' ||
	    (s[t->after] >= '\t' && s[t->after] <= '\r'))
		t->after++;
	t->at = t->after;
	t->n = 0;
	c = s[t->after];
	if (c == '\0') {
		t->kind = T_END;
		return 0;
	}
	if (c == 'x' || c == 'X')
		if (s[t->after + 1] == '\'')
			return source_bad(t->source, t->after,
			    "bytes (x'..') are not a value of a field");
	if (letter(c)) {
		/* person.birth_date is one name: a field of another table. */
		for (i = t->after; letter(s[i]) || digit(s[i]) || s[i] == '$' ||
		    (s[i] == '.' && letter(s[i + 1]));)
			i++;
		t->kind = T_NAME;
		t->n = i - t->after;
		t->after = i;
		return 0;
	}
	if (digit(c) || (c == '.' && digit(s[t->after + 1]))) {
		t->kind = T_NUMBER;
		return number(t);
	}
	if (c == '\'' || c == '"' || c == '`' || c == '[') {
		t->kind = c == '\'' ? T_STRING : T_QUOTED;
		if (quoted(t, c == '[' ? ']' : c) == -1)
			return -1;
		t->n = t->after - t->at;
		return 0;
	}
	if ((c == '-' && s[t->after + 1] == '-') ||
	    (c == '/' && s[t->after + 1] == '*'))
		return source_bad(t->source, t->after,
		    "comments have no place here");
	if (c == ';')
		return source_bad(t->source, t->after,
		    "one expression, no statements");
	if (c == '?' || c == ':' || c == '@' || c == '$' || c == '#')
		return source_bad(t->source, t->after, "no parameters here");
	for (i = 0; signs[i] != NULL; i++) {
		size_t n = strlen(signs[i]);

		if (strncmp(s + t->after, signs[i], n) == 0) {
			t->kind = T_SIGN;
			t->n = n;
			memset(t->sign, 0, sizeof t->sign);
			memcpy(t->sign, signs[i], n);
			t->after += n;
			return 0;
		}
	}
	return source_bad(t->source, t->after, "no such operator");
}

char
token_upper(char c)
{
	return (char)(c >= 'a' && c <= 'z' ? c - 32 : c);
}

int
token_is_word(const struct tokens *t, const char *word)
{
	const char *s = t->source->text + t->at;
	size_t i;

	if (t->kind != T_NAME || t->n != strlen(word))
		return 0;
	for (i = 0; i < t->n; i++)
		if (token_upper(s[i]) != word[i])
			return 0;
	return 1;
}

int
token_is_sign(const struct tokens *t, const char *sign)
{
	return t->kind == T_SIGN && strncmp(t->sign, sign, 3) == 0;
}

int
token_take_word(struct tokens *t, const char *word)
{
	if (!token_is_word(t, word))
		return 0;
	return token_next(t) == -1 ? -1 : 1;
}

int
token_take_sign(struct tokens *t, const char *sign)
{
	if (!token_is_sign(t, sign))
		return 0;
	return token_next(t) == -1 ? -1 : 1;
}

int
token_need_sign(struct tokens *t, const char *sign)
{
	int rc = token_take_sign(t, sign);

	if (rc == 0)
		return source_bad(t->source, t->at, "expected %s", sign);
	return rc == -1 ? -1 : 0;
}

int
token_need_word(struct tokens *t, const char *word)
{
	int rc = token_take_word(t, word);

	if (rc == 0)
		return source_bad(t->source, t->at, "expected %s", word);
	return rc == -1 ? -1 : 0;
}

