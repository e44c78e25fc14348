/*
 * The reader against three opinions: libcsv in its strict modes, the
 * grammar of RFC 4180 written out naively below, and a table of errors with
 * their places, taken from what goes wrong in peers (trimmed cells, an open
 * quote that passes, dropped blank lines, a kept BOM).
 */
#include <check.h>
#include <csv.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "csv/reader.h"
#include "csv/scan.h"
#include "csv/table.h"
#include "csv/writer.h"

static char path[] = "/tmp/nib-test-csv.XXXXXX";

static void
put_file(const char *p, size_t n)
{
	FILE *f = fopen(path, "wb");

	ck_assert_ptr_nonnull(f);
	ck_assert_uint_eq(fwrite(p, 1, n, f), n);
	ck_assert_int_eq(fclose(f), 0);
}

/* Records as text: each cell in brackets, each record a line. */
static void
show_cell(struct buf *b, const char *p, size_t n)
{
	buf_putc(b, '[');
	buf_put(b, p, n);
	buf_putc(b, ']');
}

static void
show_block(const struct csv_block *b, struct buf *to, struct buf *scratch)
{
	size_t i, g, c;

	for (i = g = 0; i < b->nrecords || g < b->nragged;) {
		int odd = g < b->nragged && b->ragged[g].before <= i;
		size_t n = odd ? b->ragged[g].nfields : b->ncols;
		int blank = odd && n == 1 && csv_ragged_raw(b, g, 0).n == 0;

		for (c = 0; c < n && !blank; c++) {
			struct csv_slice s = odd ?
			    csv_ragged_cell(b, g, c, scratch) :
			    csv_cell(b, i, c, scratch);

			show_cell(to, s.p, s.n);
		}
		/* libcsv drops blank lines: leave them out here too. */
		if (!blank)
			buf_putc(to, '\n');
		g += odd != 0;
		i += odd == 0;
	}
}

static int
read_all(const struct csv_options *o, struct buf *to, struct fault *f)
{
	const char *paths[] = { path };
	struct csv_reader *r = csv_open(paths, 1, o, f);
	const struct csv_block *b;
	struct buf scratch = { 0 };
	int rc;

	if (r == NULL)
		return -1;
	while ((rc = csv_next(r, &b, f)) == 1)
		show_block(b, to, &scratch);
	buf_free(&scratch);
	csv_close(r);
	return rc;
}

/* libcsv, strict, its trimming off. */

static int
keep_space(unsigned char c)
{
	(void)c;
	return 0;
}

static void
on_field(void *p, size_t n, void *arg)
{
	show_cell(arg, p != NULL ? p : "", n);
}

static void
on_record(int c, void *arg)
{
	(void)c;
	buf_putc(arg, '\n');
}

static int
libcsv_all(const char *p, size_t n, struct buf *to)
{
	struct csv_parser parser;
	int rc = -1;

	ck_assert_int_eq(csv_init(&parser, CSV_STRICT | CSV_STRICT_FINI), 0);
	csv_set_space_func(&parser, keep_space);
	if (csv_parse(&parser, p, n, on_field, on_record, to) == n)
		rc = csv_fini(&parser, on_field, on_record, to);
	csv_free(&parser);
	return rc;
}

/*
 * RFC 4180: records end with LF or CRLF, fields part at commas, a field is
 * quoted text or text without quote, comma, CR and LF. 1: sound.
 */
static int
grammar(const char *p, const char *end)
{
	while (p < end) {
		if (*p == '"') {
			for (p++;; p++) {
				if (p == end)
					return 0;
				if (*p != '"')
					continue;
				if (p + 1 == end || p[1] != '"')
					break;
				p++;
			}
			p++;
		} else {
			while (p < end && strchr(",\"\r\n", *p) == NULL)
				p++;
		}
		if (p == end || (*p == '\r' && p + 1 == end))
			return 1; /* the last line may lack its end */
		if (*p == ',') {
			p++;
			continue;
		}
		if (*p == '\r')
			p++;
		if (*p++ != '\n')
			return 0;
	}
	return 1;
}

static uint64_t state;

static uint32_t
draw(uint32_t n)
{
	state = state * 6364136223846793005ULL + 1442695040888963407ULL;
	return (uint32_t)(state >> 33) % n;
}

static size_t
random_text(char *p, size_t cap)
{
	static const char *const cells[] = { "a", "bc", " d ", "\"\"",
		"\"x\"", "\"p,q\"", "\"l\nm\"", "\"l\r\nm\"",
		"\"say \"\"no\"\"\"", "\xc3\xa9", "\xe2\x82\xac", "", "",
		"0123456789012345678901" };
	static const char *const ends[] = { ",", ",", ",", "\n", "\n",
		"\r\n" };
	static const char wild[] = "a,\"\n\r ";
	size_t n = 0, want = draw((uint32_t)cap - 64), i, k;

	while (n < want) {
		const char *s = cells[draw(14)];

		memcpy(p + n, s, strlen(s));
		n += strlen(s);
		s = ends[draw(6)];
		memcpy(p + n, s, strlen(s));
		n += strlen(s);
	}
	for (i = draw(3); i > 0 && n > 0; i--) {
		k = draw((uint32_t)n);
		if (draw(4) == 0) {
			memmove(p + k, p + k + 1, n - k - 1);
			n--;
		} else {
			p[k] = wild[draw(6)];
		}
	}
	return n;
}

START_TEST(test_against_libcsv)
{
	char text[700];
	int round, sound = 0, unsound = 0;

	state = 20140913 + (uint64_t)_i;
	for (round = 0; round < 2500; round++) {
		struct csv_options o = { .delimiter = ',', .columns = "x,y",
			.keep_ragged = 1, .block_size = 1 + draw(300) };
		struct buf ours = { 0 }, whole = { 0 }, theirs = { 0 };
		struct fault f = FAULT_NONE, g = FAULT_NONE;
		size_t n = random_text(text, round % 3 ? 200 : 700);
		int rc, expect;

		/* Mutation may cut a character: not RFC 4180's business. */
		if (n == 0 ||
		    csv_utf8_bad((const unsigned char *)text, n) != n)
			continue;
		put_file(text, n);
		rc = read_all(&o, &ours, &f);
		expect = grammar(text, text + n);
		ck_assert_msg((rc == 0) == expect, "round %d: %s, grammar "
		    "says %d: %.*s", round, f.what, expect, (int)n, text);
		if (rc == 0) {
			sound++;
			/* Where blocks are cut changes nothing. */
			o.block_size = 0;
			ck_assert_int_eq(read_all(&o, &whole, &g), 0);
			ck_assert_str_eq(buf_string(&ours),
			    buf_string(&whole));
			ck_assert_int_eq(libcsv_all(text, n, &theirs), 0);
			ck_assert_msg(strcmp(buf_string(&ours),
			    buf_string(&theirs)) == 0, "round %d: %.*s",
			    round, (int)n, text);
		} else {
			unsound++;
			ck_assert(f.set && f.line > 0);
		}
		buf_free(&ours);
		buf_free(&whole);
		buf_free(&theirs);
	}
	ck_assert_int_gt(sound, 500);
	ck_assert_int_gt(unsound, 300);
}
END_TEST

/* The ends of want that a scanner for some columns must write: n of them. */
static size_t
pick_ends(const uint32_t *want, size_t k, const unsigned char *keep,
    size_t ncols, uint32_t *to)
{
	size_t i, n = 0;

	for (i = 0; i < k; i++)
		if (keep[i % ncols])
			to[n++] = want[i];
	return n;
}

static void
check_scan(csv_scan_fn fn, const char *name, const unsigned char *text,
    size_t n, const struct csv_turns *turns, const uint32_t *want, size_t k)
{
	uint32_t got[1065];
	struct csv_walk w;
	struct csv_scan s;

	csv_walk(text, n, ',', 0, 0, &w);
	fn(text, n, ',', turns, got, &s);
	/* UTF-8 is checked apart from the scan. */
	if (csv_utf8_bad(text, n) == n)
		ck_assert_msg(s.bad == (w.what != NULL),
		    "%s: bad %d, walk: %s", name, s.bad,
		    w.what != NULL ? w.what : "sound");
	if (s.bad)
		return;
	ck_assert_uint_eq(s.nends, k);
	ck_assert_mem_eq(got, want, k * sizeof *got);
	ck_assert_int_eq(s.quotes, memchr(text, '"', n) != NULL);
	ck_assert_int_eq(s.crs, memchr(text, '\r', n) != NULL);
}

/*
 * Every scanner against csv_walk and a byte-by-byte index; those for some
 * columns also against that index with every other end left out.
 */
START_TEST(test_scanners_agree)
{
	unsigned char text[1000 + 65];
	uint32_t want[1064], some[1064];
	int round;

	state = 7;
	for (round = 0; round < 4000; round++) {
		size_t n = random_text((char *)text, 1000), i, k = 0, v;
		size_t ncols = 1 + draw(round % 2 ? 5 : 150), nsome;
		const struct csv_scanner *scanner;
		struct csv_turns turns;
		unsigned char keep[150];
		int in = 0;

		if (draw(20) == 0 && n > 0)
			text[draw((uint32_t)n)] = '\0';
		text[n++] = '\n';
		memset(text + n, 0, 64);
		for (i = 0; i < n; i++) {
			if (text[i] == '"')
				in = !in;
			else if (!in && (text[i] == ',' || text[i] == '\n'))
				want[k++] = (uint32_t)i;
		}
		for (i = 0; i < ncols; i++)
			keep[i] = draw(1 + (uint32_t)round % 6) == 0;
		nsome = pick_ends(want, k, keep, ncols, some);
		turns = csv_turns_new(keep, ncols);
		for (v = 0; (scanner = csv_scan_version(v)) != NULL; v++) {
			check_scan(scanner->all, scanner->name, text, n, NULL,
			    want, k);
			if (scanner->few == NULL)
				continue;
			check_scan(scanner->few, scanner->name, text, n,
			    &turns, some, nsome);
			check_scan(scanner->some, scanner->name, text, n,
			    &turns, some, nsome);
		}
		csv_turns_free(&turns);
	}
}
END_TEST

/* A table of so many columns, now and then a record with another count. */
static void
random_table(struct buf *to, size_t ncols, size_t nrows, int ragged)
{
	static const char *const cells[] = { "a", "bc", "\"p,q\"", "", "",
		"\"l\r\nm\"", "\"say \"\"no\"\"\"", "\xc3\xa9", "1995-03-01",
		"0123456789012345678901" };
	const char *end = draw(2) ? "\n" : "\r\n";
	uint32_t kinds = draw(3) ? 10 : 2;
	size_t r, c, n;

	for (c = 0; c < ncols; c++)
		buf_printf(to, "%sc%zu", c > 0 ? "," : "", c);
	buf_puts(to, end);
	for (r = 0; r < nrows; r++) {
		n = ncols;
		if (ragged && draw(20) == 0)
			n = 1 + draw(2 * (uint32_t)ncols);
		for (c = 0; c < n; c++) {
			if (c > 0)
				buf_putc(to, ',');
			buf_puts(to, cells[draw(kinds)]);
		}
		if (r + 1 < nrows || draw(2))
			buf_puts(to, end);
	}
}

/* As csv_next, by a page that others may be filled between. */
static int
next_page(struct csv_page *p, const struct csv_block **b, struct fault *f)
{
	int rc = csv_page_fill(p, f);

	if (rc != 1)
		return rc;
	rc = csv_page_index(p, f) == -1 ? -1 : 1;
	csv_page_place(p, f);
	*b = csv_page_block(p);
	return rc;
}

/*
 * Cells of the columns that are wanted, places and all, or what is wrong.
 * shared: not by csv_next, whose page is alone.
 */
static void
show_wanted(const struct csv_options *o, const unsigned char *wanted,
    int told, int shared, struct buf *to)
{
	const char *paths[] = { path, path };
	struct fault f = FAULT_NONE;
	struct csv_reader *r = csv_open(paths, 2, o, &f);
	struct csv_page *page = csv_page_new(r);
	const struct csv_block *b;
	struct buf scratch = { 0 };
	size_t i, c;
	int rc;

	ck_assert_ptr_nonnull(r);
	if (told)
		csv_want(r, wanted);
	while ((rc = shared ? next_page(page, &b, &f) :
	    csv_next(r, &b, &f)) == 1) {
		buf_printf(to, "block of %zu bytes\n", b->size);
		for (i = 0; i < b->nrecords; i++) {
			struct csv_slice s = csv_record(b, i);

			buf_printf(to, "%zu.%zu:%zu ",
			    (size_t)csv_record_number(b, i),
			    (size_t)csv_line_number(b, i), s.n);
			for (c = 0; c < b->ncols; c++) {
				if (!wanted[c])
					continue;
				s = csv_cell(b, i, c, &scratch);
				show_cell(to, s.p, s.n);
			}
			buf_putc(to, '\n');
		}
		for (i = 0; i < b->nragged; i++)
			for (c = 0; c < b->ragged[i].nfields; c++) {
				struct csv_slice s = csv_ragged_cell(b, i, c,
				    &scratch);

				show_cell(to, s.p, s.n);
			}
	}
	buf_printf(to, "%d %s %zu %zu %zu", rc, f.what, (size_t)f.line,
	    (size_t)f.record, (size_t)f.column);
	csv_page_free(page);
	csv_close(r);
	buf_free(&scratch);
}

/*
 * Which columns are wanted changes nothing of what they hold; nor where
 * blocks are cut who reads them.
 */
START_TEST(test_wanted)
{
	int round, faults = 0;

	state = 42;
	for (round = 0; round < 1500; round++) {
		struct csv_options o = { .delimiter = ',',
			.keep_ragged = round % 3 == 0,
			.block_size = round % 4 ? 1 + draw(3000) : 0 };
		size_t ncols = 1 + draw(round % 2 ? 70 : 8), c;
		int told;
		struct buf text = { 0 }, all = { 0 }, some = { 0 };
		unsigned char wanted[70];
		uint32_t one_in = 1 + draw(12);

		for (c = 0; c < ncols; c++)
			wanted[c] = draw(one_in) == 0;
		random_table(&text, ncols, draw(40), round % 5 == 0);
		if (draw(10) == 0)
			text.p[draw((uint32_t)text.n)] = "\"\r\n,"[draw(4)];
		put_file(text.p, text.n);
		{
			struct fault f = FAULT_NONE;
			const char *paths[] = { path };
			struct csv_reader *r = csv_open(paths, 1, &o, &f);
			int sound = r != NULL && csv_header(r)->n == ncols;

			csv_close(r);
			if (sound) {
				show_wanted(&o, wanted, 0, 1, &all);
				for (told = 0; told < 4; told++) {
					buf_clear(&some);
					show_wanted(&o, wanted, told & 1,
					    told >> 1, &some);
					ck_assert_str_eq(buf_string(&all),
					    buf_string(&some));
				}
				faults += strstr(all.p, "-1 ") != NULL;
			}
		}
		buf_free(&text);
		buf_free(&all);
		buf_free(&some);
	}
	ck_assert_int_gt(faults, 50);
}
END_TEST

#define T(s) s, sizeof s - 1
static const struct {
	const char *text;
	size_t n;
	const char *what;
	uint64_t line, record, column;
} errors[] = {
	{ T(""), "zero bytes", 0, 0, 0 },
	{ T("\xef\xbb\xbf"), "zero bytes", 0, 0, 0 },
	{ T("a,a\n"), "twice", 1, 0, 2 },
	{ T("a,,c\n"), "blank name", 1, 0, 2 },
	{ T("\n1\n"), "blank name", 1, 0, 1 },
	{ T("a,\"b\n"), "never closed", 1, 0, 2 },
	{ T("a,b\n1,2\n3\n"), "1 field where the header has 2", 3, 2, 0 },
	{ T("a,b\n1,2\n3,4,5\n"), "3 fields where the header has 2", 3, 2, 0 },
	{ T("a,b\n1,2\n\n"), "blank line", 3, 2, 0 },
	{ T("a,b\r\n1,2\r\n\r\n3,4\r\n"), "blank line", 3, 2, 0 },
	{ T("a,b\n1,\"2\n3,4\n5,6\n"), "never closed", 2, 1, 2 },
	{ T("a,b\n\"l\nm\",2\n1,x\"y\"\n"), "inside an unquoted", 4, 2, 2 },
	{ T("a,b\n1,\"x\"y\n"), "after a closing quote", 2, 1, 2 },
	{ T("a,b\n1,\"x\" \n"), "after a closing quote", 2, 1, 2 },
	{ T("a,b\n1,\\\"x\n"), "inside an unquoted", 2, 1, 2 },
	{ T("a,b\r1,2\r"), "without a line feed", 1, 0, 2 },
	{ T("a,b\n1,2\r3,4\n"), "without a line feed", 2, 1, 2 },
	{ T("a,b\n1,2\r\r\n"), "without a line feed", 2, 1, 2 },
	{ T("a,b\n1,x\0y\n"), "NUL", 2, 1, 2 },
	{ T("a,b\n1,2\n\xc3(,4\n"), "UTF-8", 3, 2, 1 },
	{ T("a,b\n1,\xed\xa0\x80\n"), "UTF-8", 2, 1, 2 },
	{ T("a,b\n1,2,3\n\xff,4\n"), "3 fields", 2, 1, 0 },
	{ T("\xff\xfe" "a\0,\0b\0"), "UTF-16", 1, 0, 0 },
};
#undef T

START_TEST(test_errors)
{
	struct csv_options o = { .delimiter = ',', .block_size = 16 };
	struct buf to = { 0 };
	struct fault f = FAULT_NONE;

	put_file(errors[_i].text, errors[_i].n);
	ck_assert_int_eq(read_all(&o, &to, &f), -1);
	ck_assert_msg(strstr(f.what, errors[_i].what) != NULL, "%s", f.what);
	ck_assert_uint_eq(f.line, errors[_i].line);
	ck_assert_uint_eq(f.record, errors[_i].record);
	ck_assert_uint_eq(f.column, errors[_i].column);
	ck_assert_str_eq(f.file, path);
	buf_free(&to);
}
END_TEST

static const struct {
	const char *text, *want;
} sound[] = {
	{ "\xef\xbb\xbf" "a,b\n 1 , 2\n", "[ 1 ][ 2]\n" },
	{ "\xef\xbb\xbf\"a\",b\n1,2", "[1][2]\n" },
	{ "a,b\r\n1,\"x\r\ny\"\r\n", "[1][x\r\ny]\n" },
	{ "a,b\n,\"\"\n", "[][]\n" },
	{ "a\n1\n\n\"\"\n2\n", "[1]\n[]\n[]\n[2]\n" },
	{ "a\n", "" },
	{ "a,b", "" },
	{ "a,b\n\"\"\"\"\"\",\"a\"\"b\"", "[\"\"][a\"b]\n" },
	{ "\"a\nb\",c\n007,1e5\n", "[007][1e5]\n" },
};

START_TEST(test_sound)
{
	struct csv_options o = { .delimiter = ',', .block_size = 4 };
	struct buf to = { 0 };
	struct fault f = FAULT_NONE;

	put_file(sound[_i].text, strlen(sound[_i].text));
	ck_assert_msg(read_all(&o, &to, &f) == 0, "%s", f.what);
	ck_assert_str_eq(buf_string(&to), sound[_i].want);
	buf_free(&to);
}
END_TEST

START_TEST(test_long_record)
{
	struct csv_options o = { .delimiter = ',', .max_record = 2048,
		.block_size = _i == 0 ? 512 : 100000 };
	struct buf text = { 0 }, to = { 0 };
	struct fault f = FAULT_NONE;
	size_t i;

	buf_puts(&text, "a,b\n1,2\n3,");
	for (i = 0; i < 3000; i++)
		buf_putc(&text, 'x');
	buf_puts(&text, "\n5,6\n");
	put_file(text.p, text.n);
	ck_assert_int_eq(read_all(&o, &to, &f), -1);
	ck_assert_ptr_nonnull(strstr(f.what, "longer than 2048 bytes"));
	ck_assert_uint_eq(f.line, 3);
	ck_assert_uint_eq(f.record, 2);
	/* Within the cap the same record, over several blocks, is fine. */
	o.max_record = 4096;
	buf_clear(&to);
	fault_clear(&f);
	ck_assert_msg(read_all(&o, &to, &f) == 0, "%s", f.what);
	ck_assert_uint_eq(to.n, 7 + 3000 + 6 + 7);
	/* An open quote is named as such, not only as a long record. */
	text.p[10] = '"';
	put_file(text.p, text.n);
	o.max_record = 2048;
	fault_clear(&f);
	ck_assert_int_eq(read_all(&o, &to, &f), -1);
	ck_assert_ptr_nonnull(strstr(f.what, "a quote is opened here"));
	ck_assert_uint_eq(f.line, 3);
	buf_free(&text);
	buf_free(&to);
}
END_TEST

/* Numbers of records and lines, ragged ones among them, over two files. */
START_TEST(test_places)
{
	static const char text[] =
	    "a,b\n1,2\n\"x\ny\",2\n3\n\n4,5\n6,7,8\n9,0\n";
	static const char *const want[] = {
		"1.2 2.3 5.7 7.9 r3.5 r4.6 r6.8 ",
		"1.2 2.3 r3.5 r4.6 5.7 r6.8 7.9 "
	};
	struct csv_options o = { .delimiter = ',', .keep_ragged = 1,
		.block_size = _i == 0 ? 0 : 2 };
	const char *paths[] = { path, path };
	struct fault f = FAULT_NONE;
	struct csv_reader *r;
	const struct csv_block *b;
	struct buf got = { 0 }, twice = { 0 };
	size_t i;

	put_file(text, sizeof text - 1);
	r = csv_open(paths, 2, &o, &f);
	ck_assert_ptr_nonnull(r);
	while (csv_next(r, &b, &f) == 1) {
		for (i = 0; i < b->nrecords; i++)
			buf_printf(&got, "%d.%d ", (int)csv_record_number(b, i),
			    (int)csv_line_number(b, i));
		for (i = 0; i < b->nragged; i++)
			buf_printf(&got, "r%d.%d ",
			    (int)csv_ragged_record_number(b, i),
			    (int)csv_ragged_line_number(b, i));
	}
	ck_assert(!f.set);
	buf_puts(&twice, want[_i]);
	buf_puts(&twice, want[_i]);
	ck_assert_str_eq(buf_string(&got), buf_string(&twice));
	buf_free(&got);
	buf_free(&twice);
	csv_close(r);
}
END_TEST

static void
write_back(char delimiter, struct buf *to)
{
	struct csv_options o = { .delimiter = delimiter };
	const char *paths[] = { path };
	struct fault f = FAULT_NONE;
	struct csv_reader *r = csv_open(paths, 1, &o, &f);
	const struct csv_block *b;

	ck_assert_msg(r != NULL, "%s", f.what);
	buf_clear(to);
	csv_put_header(to, csv_header(r)->names, csv_header(r)->n);
	while (csv_next(r, &b, &f) == 1)
		csv_put_records(to, b, 0, b->nrecords);
	ck_assert(!f.set);
	csv_close(r);
}

/* The writer's form, and that writing what was written is identity. */
START_TEST(test_writer)
{
	static const struct {
		char delimiter;
		const char *text, *want;
	} cases[] = {
		{ '|', "a|b|c\r\n\"x\"|\"p,q\"|r,s\r\n"
		    "\"say \"\"no\"\"\"||\"l\nm\"\r\n",
		    "a,b,c\nx,\"p,q\",\"r,s\"\n"
		    "\"say \"\"no\"\"\",,\"l\nm\"\n" },
		{ ',', "a,b\r\n1,2\r\n\"3\",\"\"\n", "a,b\n1,2\n3,\n" },
		{ ',', "a\n\nx\n\"\"\n", "a\n\"\"\nx\n\"\"\n" },
		{ '\t', "a\tb\n1,5\t\"\t\"\n", "a,b\n\"1,5\",\t\n" },
	};
	struct buf to = { 0 };

	put_file(cases[_i].text, strlen(cases[_i].text));
	write_back(cases[_i].delimiter, &to);
	ck_assert_str_eq(buf_string(&to), cases[_i].want);
	put_file(to.p, to.n);
	write_back(',', &to);
	ck_assert_str_eq(buf_string(&to), cases[_i].want);
	buf_free(&to);
}
END_TEST

static const struct {
	const char *text, *what;
	uint64_t line;
} tables[] = {
	{ "a,b\n1,2\n\"x\n", "never closed", 3 },
	{ "a,b\n1,2\n\n3,4\n", "blank line", 3 },
	{ "a,b\n1,2,3\n", "3 fields", 2 },
	{ "a,b\n1,x\"y\"\n", "quote out of place", 2 },
	{ "a,a\n1,2\n", "twice", 1 },
	{ "a,\n1,2\n", "blank name", 1 },
	{ "a,b\r1,2\r", "without a line feed", 1 },
	{ "", "zero bytes", 0 },
	{ "a,b\n1,\xff\n", "UTF-8", 0 },
};

START_TEST(test_table_errors)
{
	struct fault f = FAULT_NONE;

	ck_assert_ptr_null(csv_table_parse("t.csv", tables[_i].text,
	    strlen(tables[_i].text), ',', &f));
	ck_assert_msg(strstr(f.what, tables[_i].what) != NULL, "%s", f.what);
	ck_assert_uint_eq(f.line, tables[_i].line);
}
END_TEST

START_TEST(test_table)
{
	static const char text[] =
	    "\xef\xbb\xbf" "code, m\n 1 ,\"x\n\"\"y\"\"\"\n,\n2,z";
	struct fault f = FAULT_NONE;
	struct csv_table *t = csv_table_parse("t.csv", text, sizeof text - 1,
	    ',', &f);

	ck_assert_msg(t != NULL, "%s", f.what);
	ck_assert_uint_eq(t->nrows, 3);
	ck_assert_uint_eq(t->ncols, 2);
	ck_assert_str_eq(t->names[1], " m");
	ck_assert_str_eq(csv_table_cell(t, 0, 0), " 1 ");
	ck_assert_str_eq(csv_table_cell(t, 0, 1), "x\n\"y\"");
	ck_assert_str_eq(csv_table_cell(t, 1, 0), "");
	ck_assert_uint_eq(t->lines[2], 5);
	csv_table_close(t);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("csv");
	TCase *c = tcase_create("csv");
	SRunner *r;
	int fd = mkstemp(path), failed;

	if (fd == -1 || close(fd) == -1)
		return 99;
	tcase_set_timeout(c, 120);
	tcase_add_loop_test(c, test_against_libcsv, 0, 2);
	tcase_add_test(c, test_scanners_agree);
	tcase_add_test(c, test_wanted);
	tcase_add_loop_test(c, test_errors, 0,
	    (int)(sizeof errors / sizeof *errors));
	tcase_add_loop_test(c, test_sound, 0,
	    (int)(sizeof sound / sizeof *sound));
	tcase_add_loop_test(c, test_long_record, 0, 2);
	tcase_add_loop_test(c, test_places, 0, 2);
	tcase_add_loop_test(c, test_writer, 0, 4);
	tcase_add_loop_test(c, test_table_errors, 0,
	    (int)(sizeof tables / sizeof *tables));
	tcase_add_test(c, test_table);
	suite_add_tcase(s, c);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	(void)unlink(path);
	return failed > 0;
}
