/* Writes JSON. */
#include "base/jsonout.h"

#include "base/num.h"

static void
escaped(struct buf *b, const char *p, size_t n)
{
	size_t i;

	buf_putc(b, '"');
	for (i = 0; i < n; i++) {
		unsigned char c = (unsigned char)p[i];

		if (c == '"' || c == '\\') {
			buf_putc(b, '\\');
			buf_putc(b, (char)c);
		} else if (c == '\n') {
			buf_puts(b, "\\n");
		} else if (c < 0x20 || c == 0x7f) {
			buf_printf(b, "\\u%04x", c);
		} else {
			buf_putc(b, (char)c);
		}
	}
	buf_putc(b, '"');
}

static void
line(struct jsonout *j)
{
	int i;

	if (!j->pretty)
		return;
	buf_putc(j->to, '\n');
	for (i = 0; i < j->depth; i++)
		buf_puts(j->to, "  ");
}

static void
member(struct jsonout *j, const char *key)
{
	if (j->some)
		buf_putc(j->to, ',');
	if (j->depth > 0)
		line(j);
	j->some = 1;
	if (key != NULL) {
		escaped(j->to, key, strlen(key));
		buf_puts(j->to, j->pretty ? ": " : ":");
	}
}

void
jsonout_open(struct jsonout *j, const char *key, char bracket)
{
	member(j, key);
	buf_putc(j->to, bracket);
	j->depth++;
	j->some = 0;
}

void
jsonout_close(struct jsonout *j, char bracket)
{
	j->depth--;
	if (j->some)
		line(j);
	buf_putc(j->to, bracket);
	j->some = 1;
	if (j->depth == 0)
		buf_putc(j->to, '\n');
}

void
jsonout_bytes(struct jsonout *j, const char *key, const char *p, size_t n)
{
	member(j, key);
	escaped(j->to, p, n);
}

void
jsonout_string(struct jsonout *j, const char *key, const char *s)
{
	if (s == NULL)
		jsonout_null(j, key);
	else
		jsonout_bytes(j, key, s, strlen(s));
}

void
jsonout_i64(struct jsonout *j, const char *key, int64_t v)
{
	member(j, key);
	buf_put_i64(j->to, v);
}

void
jsonout_double(struct jsonout *j, const char *key, double v)
{
	member(j, key);
	num_put_double(j->to, v);
}

void
jsonout_bool(struct jsonout *j, const char *key, int v)
{
	member(j, key);
	buf_puts(j->to, v ? "true" : "false");
}

void
jsonout_null(struct jsonout *j, const char *key)
{
	member(j, key);
	buf_puts(j->to, "null");
}

void
jsonout_raw(struct jsonout *j, const char *key, const char *json)
{
	member(j, key);
	buf_puts(j->to, json);
}
