/*
 * Fuzz cells: a byte that chooses a type, and a cell of it. Its parser, its
 * key, its batch and its length must agree. Or a pattern, a line feed, and
 * a value: native and PCRE2 must agree.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "csv/scan.h"
#include "spec/pattern.h"
#include "spec/types.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static const char *const formats[] = { NULL, "any", "email", "uri", "uuid",
	"binary", "%d/%m/%Y %H:%M:%S.%f", "%j %Y %I%p", "%A %d %B %y %z",
	"array", "object", "topojson" };

static void
try_type(unsigned which, const char *p, uint32_t n)
{
	struct spec_field f = { .name = "x", .scale = -1,
		.type = (enum spec_type)(which % 16),
		.bare_number = (which & 16) == 0,
		.item_type = SPEC_INTEGER };
	struct type *t;
	struct buf a = { 0 }, b = { 0 };
	unsigned char to;
	int64_t value, again;
	int ok;

	if (which & 32)
		f.group_char = ",";
	if (which & 64)
		f.decimal_char = "..";
	f.format = formats[(which >> 4) % (sizeof formats /
	    sizeof formats[0])];
	if ((t = type_new(&f, NULL)) == NULL)
		return;
	ok = type_ok(t, p, n);
	if ((type_key(t, p, n, &a) == 0) != ok || (!ok && a.n != 0))
		abort();
	(void)type_batch(t, &p, &n, 1, &to, &value);
	if ((to != TYPE_BAD) != ok)
		abort();
	if (to == TYPE_VALUE && (type_value(t, p, n, &again) == -1 ||
	    again != value))
		abort();
	if (ok) {
		(void)type_length(t, p, n);
		if (type_key(t, p, n, &b) == -1 || a.n != b.n ||
		    (a.n > 0 && memcmp(a.p, b.p, a.n) != 0))
			abort();
		if (type_ordered(t) && type_order(t, a.p, a.n, b.p, b.n) != 0 &&
		    type_order(t, a.p, a.n, b.p, b.n) != 2)
			abort();
	}
	buf_free(&a);
	buf_free(&b);
	type_free(t);
}

static void
try_pattern(const char *text, const char *p, uint32_t n)
{
	struct pattern *x = pattern_new(text, NULL);
	struct pattern_run *run;
	unsigned char to;
	int rc;

	if (x == NULL)
		return;
	run = pattern_run_new();
	rc = pattern_reference(x, run, p, n);
	if (pattern_batch(x, run, &p, &n, 1, &to) == (size_t)-1 ? rc != -1 :
	    rc != -1 && to != rc)
		abort();
	pattern_run_free(run);
	pattern_free(x);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	char *room;
	const uint8_t *end;

	if (n < 2 || n > 4096 || csv_utf8_bad(data + 1, n - 1) != n - 1 ||
	    memchr(data + 1, '\0', n - 1) != NULL)
		return 0;
	room = calloc(n + 16, 1);
	if (room == NULL)
		return 0;
	memcpy(room, data + 1, n - 1);
	end = memchr(data + 1, '\n', n - 1);
	if (data[0] == 0xff && end != NULL) {
		size_t len = (size_t)(end - data - 1);

		room[len] = '\0';
		try_pattern(room, room + len + 1, (uint32_t)(n - 2 - len));
	} else if (data[0] != 0xff) {
		try_type(data[0], room, (uint32_t)(n - 1));
	}
	free(room);
	return 0;
}
