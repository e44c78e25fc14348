/* Random expressions over random records. */
#include "random_expr.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NCOLS RANDOM_COLUMNS

static uint64_t state = 20240401;

void
random_seed(uint64_t seed)
{
	state = seed;
}

static uint64_t
draw(void)
{
	uint64_t z = (state += 0x9e3779b97f4a7c15ULL);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
	return z ^ (z >> 31);
}

static size_t
below(size_t n)
{
	return (size_t)(draw() % n);
}

uint64_t
random_draw(void)
{
	return draw();
}

size_t
random_below(size_t n)
{
	return below(n);
}

static const char *const missing[] = { "", "-  ", "X", NULL };
const struct expr_field random_fields[NCOLS] = {
	{ .name = "t1", .column = 0, .type = EXPR_TEXT },
	{ .name = "t2", .column = 1, .type = EXPR_TEXT, .missing = missing },
	{ .name = "i1", .column = 2, .type = EXPR_INTEGER },
	{ .name = "i2", .column = 3, .type = EXPR_INTEGER },
	{ .name = "r1", .column = 4, .type = EXPR_NUMBER },
	{ .name = "r2", .column = 5, .type = EXPR_NUMBER },
	{ .name = "b1", .column = 6, .type = EXPR_BOOLEAN },
	{ .name = "d1", .column = 7, .type = EXPR_DATE },
	{ .name = "d2", .column = 8, .type = EXPR_DATE, .missing = missing },
	{ .name = "s1", .column = 9, .type = EXPR_DATETIME },
};
const struct expr_scope random_scope = { .fields = random_fields, .n = NCOLS };

/* Cells that are hard for somebody. */
static const char *const texts[] = { "", "a", "A", "ab", "aB", "abc", "11",
	"21", "22", "2A", "-5", "12.5", "1e3", "  7", "7 ", "0x10", "I21",
	"I219", "i21x", "é", "Éa", "日本語", "x y", "  x ", "12345678",
	"123456789", "12345678901234567", "abcdefgh", "abcdefghi", "-  ", "X",
	"%", "_", "a%b", "9434765919", "9434765918", "0000000000",
	"2024-04-01", "2024-02-30", "true", "+3", ".5", "5.", "-", "e5",
	"99999999999999999999", "-9223372036854775808", "0.1", "100.25",
	"ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz1" };
static const char *const integers[] = { "", "0", "1", "-1", "2", "3", "7",
	"10", "21", "65", "100", "-7", "9223372036854775807",
	"-9223372036854775808", "9223372036854775806", "4611686018427387904",
	"3037000500", "+5", "007", "2147483648", "-2147483649",
	"9007199254740993" };
static const char *const reals[] = { "", "0", "1", "-1", "0.5", "2.5",
	"-2.5", "1.5", "0.1", "1e300", "-1e300", "1e-300", "3", "65",
	"9007199254740993", "9223372036854775807", "9223372036854775808",
	"-9223372036854775808", "123456789.123", "4503599627370497.5", "-0",
	"0.49999999999999994", "1234567890123456789" };
static const char *const dates[] = { "", "2024-04-01", "2024-03-31",
	"2000-02-29", "1999-12-31", "0000-01-01", "9999-12-31", "2023-02-28",
	"1959-11-30", "2024-04-02", "0000-05-05" };
static const char *const datetimes[] = { "", "2024-04-01T00:00:00",
	"2024-03-31T23:59:59", "2000-02-29T12:00:00",
	"2024-04-01T00:00:01" };
static const char *const booleans[] = { "", "0", "1", "true", "FALSE" };

#define PICK(a) (a)[below(sizeof(a) / sizeof(a)[0])]

/* Random expressions of a kind of value. */
enum want { W_INT, W_REAL, W_TEXT, W_DATE, W_TRUE };

static void make(struct buf *, enum want, int depth);

static void
put_literal(struct buf *b, const char *s)
{
	buf_putc(b, '\'');
	for (; *s != '\0'; s++) {
		if (*s == '\'')
			buf_putc(b, '\'');
		buf_putc(b, *s);
	}
	buf_putc(b, '\'');
}

/* In brackets half the time, where leaving them out keeps the kinds. */
static void
maybe(struct buf *b, enum want w, int depth, int bare)
{
	int brackets = !bare || below(2) == 0;

	if (brackets)
		buf_putc(b, '(');
	make(b, w, depth);
	if (brackets)
		buf_putc(b, ')');
}

static void
list(struct buf *b, enum want w, int depth, size_t n)
{
	while (n-- > 0) {
		if (below(12) == 0)
			buf_puts(b, "NULL");
		else
			make(b, w, depth);
		if (n > 0)
			buf_puts(b, ", ");
	}
}

/* Functions that choose among values of one kind. */
static void
choose(struct buf *b, enum want w, int depth)
{
	static const char *const names[] = { "coalesce", "max", "min" };
	size_t n;

	switch (below(5)) {
	case 0:
		buf_puts(b, "CASE");
		for (n = 1 + below(2); n > 0; n--) {
			buf_puts(b, " WHEN ");
			make(b, W_TRUE, depth - 1);
			buf_puts(b, " THEN ");
			make(b, w, depth - 1);
		}
		if (below(3) > 0) {
			buf_puts(b, " ELSE ");
			make(b, w, depth - 1);
		}
		buf_puts(b, " END");
		return;
	case 1: {
		enum want base = (enum want)below(3);

		buf_puts(b, "CASE ");
		make(b, base, depth - 1);
		for (n = 1 + below(2); n > 0; n--) {
			buf_puts(b, " WHEN ");
			make(b, base, depth - 1);
			buf_puts(b, " THEN ");
			make(b, w, depth - 1);
		}
		buf_puts(b, " END");
		return;
	}
	case 2:
		buf_puts(b, "iif(");
		make(b, W_TRUE, depth - 1);
		buf_puts(b, ", ");
		list(b, w, depth - 1, 2);
		break;
	case 3:
		buf_puts(b, below(2) == 0 ? "nullif(" : "ifnull(");
		list(b, w, depth - 1, 2);
		break;
	default:
		buf_printf(b, "%s(", PICK(names));
		list(b, w, depth - 1, 2 + below(2));
		break;
	}
	buf_putc(b, ')');
}

static void
make_number(struct buf *b, enum want w, int depth)
{
	static const char *const signs[] = { " + ", " - ", " * ", " / ",
		" % ", "+", "-" };
	static const char *const bits[] = { " & ", " | ", " << ", " >> " };
	enum want other;

	if (depth <= 0 || below(5) == 0) {
		if (w == W_INT)
			switch (below(4)) {
			case 0:
				buf_puts(b, "i1");
				break;
			case 1:
				buf_puts(b, "i2");
				break;
			case 2:
				buf_puts(b, "b1");
				break;
			default: {
				const char *s = PICK(integers);

				buf_puts(b, s[0] == '\0' || s[0] == '+' ?
				    "3" : s);
				break;
			}
			}
		else if (below(3) == 0)
			buf_puts(b, below(2) == 0 ? "0.5" : "2.0");
		else
			buf_puts(b, below(2) == 0 ? "r1" : "r2");
		return;
	}
	switch (below(w == W_INT ? 13 : 8)) {
	case 0:
	case 1:
	case 2:
		other = below(4) == 0 ? W_REAL : w;
		if (below(2) == 0) {
			maybe(b, other, depth - 1, depth < 3);
			buf_puts(b, PICK(signs));
			maybe(b, w, depth - 1, 0);
		} else {
			maybe(b, w, depth - 1, 0);
			buf_puts(b, PICK(signs));
			maybe(b, other, depth - 1, 0);
		}
		break;
	case 3:
		buf_puts(b, below(3) == 0 ? "+ " : "- ");
		maybe(b, w, depth - 1, 0);
		break;
	case 4:
		choose(b, w, depth);
		break;
	case 5:
		buf_puts(b, w == W_INT ? "abs(" : "round(");
		make(b, w, depth - 1);
		buf_puts(b, w == W_INT || below(2) == 0 ? ")" : ", 2)");
		break;
	case 6:
		buf_puts(b, "CAST(");
		make(b, (enum want)below(4), depth - 1);
		buf_puts(b, w == W_INT ? " AS INTEGER)" : " AS REAL)");
		break;
	case 7:
		if (w == W_REAL) {
			buf_puts(b, "julianday(");
			make(b, W_DATE, depth - 1);
		} else {
			buf_puts(b, "unixepoch(");
			make(b, W_DATE, depth - 1);
		}
		buf_putc(b, ')');
		break;
	case 8:
		buf_puts(b, "length(");
		make(b, below(3) == 0 ? W_INT : W_TEXT, depth - 1);
		buf_putc(b, ')');
		break;
	case 9:
		buf_puts(b, below(2) == 0 ? "age(" : "days(");
		make(b, W_DATE, depth - 1);
		buf_puts(b, ", ");
		make(b, W_DATE, depth - 1);
		buf_putc(b, ')');
		break;
	case 10:
		buf_puts(b, below(2) == 0 ? "instr(" : "instr('abc' || ");
		make(b, W_TEXT, depth - 1);
		buf_puts(b, ", ");
		make(b, W_TEXT, depth - 1);
		buf_putc(b, ')');
		break;
	case 11:
		maybe(b, W_INT, depth - 1, 0);
		buf_puts(b, PICK(bits));
		maybe(b, W_INT, depth - 1, 0);
		break;
	default:
		maybe(b, W_TRUE, depth - 1, 0);
		break;
	}
}

static void
make_text(struct buf *b, int depth)
{
	static const char *const one[] = { "upper", "lower", "trim", "ltrim",
		"rtrim", "hex", "quote", "typeof" };

	if (depth <= 0 || below(5) == 0) {
		if (below(3) == 0)
			put_literal(b, PICK(texts));
		else
			buf_puts(b, below(2) == 0 ? "t1" : "t2");
		return;
	}
	switch (below(8)) {
	case 0:
	case 1:
		maybe(b, W_TEXT, depth - 1, 0);
		buf_puts(b, " || ");
		maybe(b, (enum want)below(4), depth - 1, 0);
		break;
	case 2:
		choose(b, W_TEXT, depth);
		break;
	case 3:
		buf_puts(b, "substr(");
		make(b, below(4) == 0 ? W_INT : W_TEXT, depth - 1);
		buf_printf(b, ", %d", (int)below(9) - 4);
		if (below(3) > 0)
			buf_printf(b, ", %d", (int)below(9) - 3);
		buf_putc(b, ')');
		break;
	case 4:
		buf_puts(b, "substr(");
		make(b, W_TEXT, depth - 1);
		buf_puts(b, ", ");
		make(b, W_INT, depth - 1);
		if (below(2) == 0) {
			buf_puts(b, ", ");
			make(b, W_INT, depth - 1);
		}
		buf_putc(b, ')');
		break;
	case 5:
		buf_puts(b, "CAST(");
		make(b, (enum want)below(4), depth - 1);
		buf_puts(b, " AS TEXT)");
		break;
	case 6:
		buf_puts(b, "replace(");
		list(b, W_TEXT, depth - 1, 3);
		buf_putc(b, ')');
		break;
	default:
		buf_printf(b, "%s(", PICK(one));
		make(b, below(5) == 0 ? W_INT : W_TEXT, depth - 1);
		buf_putc(b, ')');
		break;
	}
}

static void
make_date(struct buf *b, int depth)
{
	static const char *const literals[] = { "2024-04-01", "2024-03-31",
		"2000-02-29", "1999-12-31" };
	static const char *const modifiers[] = { "+1 month", "-1 day",
		"+30 days", "4000000 days", "-731000 days",
		"start of month", "+3 years", "weekday 1", "what" };
	static const char *const parts[] = { "month", "quarter",
		"financial_year" };

	if (depth <= 0 || below(3) == 0) {
		size_t n = below(6);

		if (n == 0)
			put_literal(b, PICK(literals));
		else
			buf_puts(b, n == 1 ? "s1" : n < 4 ? "d1" : "d2");
		return;
	}
	switch (below(4)) {
	case 0:
		choose(b, W_DATE, depth);
		break;
	case 1:
		buf_puts(b, "date(");
		make(b, W_DATE, depth - 1);
		buf_printf(b, ", '%s')", PICK(modifiers));
		break;
	case 2:
		buf_printf(b, "%s(", PICK(parts));
		make(b, W_DATE, depth - 1);
		buf_putc(b, ')');
		break;
	default:
		buf_puts(b, "d1");
		break;
	}
}

static void
make_truth(struct buf *b, int depth)
{
	static const char *const signs[] = { " = ", " <> ", " < ", " <= ",
		" > ", " >= ", " == ", " != ", " IS ", " IS NOT ",
		" IS DISTINCT FROM ", " IS NOT DISTINCT FROM " };
	static const char *const patterns[] = { "I21%", "%", "a%", "A_",
		"%b%", "%1", "_", "__%", "é%", "%é%", "abc", "%a%b%", "12345678%",
		"123456789%", "" };
	static const char *const globs[] = { "I2*", "a?", "[a-c]*", "*1" };
	static const char *const after[] = { "", "", "", " = 1", " < 2",
		" + 1", " & 1", " IS NOT FALSE" };
	enum want w;

	if (depth <= 0) {
		buf_puts(b, below(2) == 0 ? "b1" : "i1 > 2");
		return;
	}
	switch (below(12)) {
	case 0:
	case 1:
	case 2:
		/* Brackets left out: precedence decides. */
		if (below(4) == 0)
			buf_puts(b, "NOT ");
		maybe(b, W_TRUE, depth - 1, 1);
		buf_puts(b, below(2) == 0 ? " AND " : " OR ");
		if (below(4) == 0)
			buf_puts(b, "NOT ");
		maybe(b, W_TRUE, depth - 1, 1);
		break;
	case 3:
		buf_puts(b, "NOT ");
		maybe(b, W_TRUE, depth - 1, 1);
		break;
	case 4:
	case 5:
		w = (enum want)below(4);
		maybe(b, w, depth - 1, 0);
		buf_puts(b, PICK(signs));
		maybe(b, w == W_INT && below(3) == 0 ? W_REAL : w, depth - 1,
		    0);
		break;
	case 6:
		w = (enum want)below(4);
		maybe(b, w, depth - 1, 0);
		buf_puts(b, below(2) == 0 ? " IN (" : " NOT IN (");
		if (below(3) == 0)
			list(b, w, depth - 1, 1 + below(3));
		else
			list(b, w, 0, 1 + below(14));
		buf_putc(b, ')');
		break;
	case 7:
		w = (enum want)below(4);
		maybe(b, w, depth - 1, 0);
		buf_puts(b, below(2) == 0 ? " BETWEEN " : " NOT BETWEEN ");
		maybe(b, w, depth - 2, 0);
		buf_puts(b, " AND ");
		maybe(b, w, depth - 2, 0);
		break;
	case 8:
		w = (enum want)below(5);
		maybe(b, w, depth - 1, 0);
		switch (below(4)) {
		case 0:
			buf_puts(b, " IS NULL");
			break;
		case 1:
			buf_puts(b, " IS NOT NULL");
			break;
		case 2:
			buf_puts(b, " ISNULL");
			break;
		default:
			buf_puts(b, " NOT NULL");
			break;
		}
		break;
	case 9:
		maybe(b, below(6) == 0 ? W_INT : W_TEXT, depth - 1, 0);
		buf_puts(b, below(3) == 0 ? " NOT" : "");
		if (below(5) == 0) {
			buf_puts(b, " GLOB ");
			put_literal(b, PICK(globs));
			break;
		}
		buf_puts(b, " LIKE ");
		if (below(8) == 0)
			make(b, W_TEXT, depth - 2);
		else
			put_literal(b, PICK(patterns));
		break;
	case 10:
		maybe(b, W_TRUE, depth - 1, 0);
		buf_printf(b, " IS %s%s%s", below(2) == 0 ? "NOT " : "",
		    below(2) == 0 ? "TRUE" : below(2) == 0 ? "FALSE" :
		    "(TRUE)", PICK(after));
		break;
	default:
		buf_puts(b, "nhs_number_ok(");
		make(b, W_TEXT, depth - 1);
		buf_putc(b, ')');
		break;
	}
}

static void
make(struct buf *b, enum want w, int depth)
{
	switch (w) {
	case W_INT:
	case W_REAL:
		make_number(b, w, depth);
		break;
	case W_TEXT:
		make_text(b, depth);
		break;
	case W_DATE:
		make_date(b, depth);
		break;
	default:
		make_truth(b, depth);
		break;
	}
}

void
random_expression(struct buf *b, int depth)
{
	make(b, (enum want)below(5), depth);
}

void
random_prefix(struct buf *b)
{
	const char *text = PICK(texts);

	buf_printf(b, "substr(%s, 1, %zu) %s ", below(2) == 0 ? "t1" : "t2",
	    strlen(text) + (below(4) == 0), below(2) == 0 ? "=" : "<>");
	put_literal(b, text);
}

void
random_record(const char *c[RANDOM_COLUMNS])
{
	c[0] = PICK(texts);
	c[1] = PICK(texts);
	c[2] = PICK(integers);
	c[3] = PICK(integers);
	c[4] = PICK(reals);
	c[5] = PICK(reals);
	c[6] = PICK(booleans);
	c[7] = PICK(dates);
	c[8] = PICK(dates);
	c[9] = PICK(datetimes);
}
