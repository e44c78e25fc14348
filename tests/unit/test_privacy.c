/*
 * lib/privacy: lanes, one-way and reversible pseudonyms, escrow, treatments,
 * encodings.
 */
#define _GNU_SOURCE
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/date.h"
#include "privacy/encode.h"
#include "privacy/escrow.h"
#include "privacy/lanes.h"
#include "privacy/pseudonym.h"
#include "privacy/siv.h"
#include "privacy/treat.h"
#include "privacy_files.h"

/* Each width against one by one, all lengths, in batches of odd sizes. */
static void
agree(enum lanes_width width, struct lanes *make(const unsigned char *,
    enum lanes_width), int words)
{
	static const size_t sizes[] = { 1, 3, 8, 13, 100, 255, 256 };
	unsigned char key[32];
	struct lanes *one, *wide;
	struct lanes_batch *a = malloc(sizeof *a), *b = malloc(sizeof *b);
	char value[LANES_MAX];
	size_t s, i, j, n, longest;
	unsigned x = 1;
	int k;

	for (i = 0; i < sizeof key; i++)
		key[i] = (unsigned char)(200 - i);
	one = make(key, LANES_ONE);
	ck_assert_ptr_nonnull(one);
	wide = make(key, width);
	if (wide == NULL)
		goto out; /* not on this machine */
	ck_assert_int_eq(lanes_width(wide), width);
	for (longest = 1; longest < LANES_MAX; longest += 9) {
		for (s = 0; s < sizeof sizes / sizeof sizes[0]; s++) {
			lanes_clear(a);
			lanes_clear(b);
			for (i = 0; i < sizes[s]; i++) {
				x = x * 1103515245 + 12345;
				n = (x >> 16) % (longest + 1);
				for (j = 0; j < n; j++)
					value[j] = (char)((x >> 8) + j * j);
				lanes_add(a, (unsigned char)x, value, n);
				lanes_add(b, (unsigned char)x, value, n);
			}
			lanes_hash(one, a);
			lanes_hash(wide, b);
			ck_assert_mem_eq(a->lo, b->lo, sizes[s] * 8);
			ck_assert_mem_eq(a->hi, b->hi, sizes[s] * 8);
			for (k = 0; k + 2 < words; k++)
				ck_assert_mem_eq(a->more[k], b->more[k],
				    sizes[s] * 8);
		}
	}
out:
	lanes_free(wide);
	lanes_free(one);
	free(a);
	free(b);
}

START_TEST(lanes_agree)
{
	agree((enum lanes_width)_i, lanes_new, 2);
	agree((enum lanes_width)_i, lanes_new_long, 8);
}
END_TEST

START_TEST(token_vectors)
{
	struct csv_table *t = table("pseudonyms.csv");
	struct pseudonym_batch *b = malloc(sizeof *b);
	struct key *k = project_key();
	struct fault f = FAULT_NONE;
	struct buf out = { 0 };
	size_t r, n;

	ck_assert_uint_ge(t->nrows, 30);
	for (r = 0; r < t->nrows; r++) {
		const char *domain = csv_table_cell(t, r, 0);
		const char *value = csv_table_cell(t, r, 2);
		struct pseudonym *p = pseudonym_new(k, domain, &f);
		struct siv *s = siv_new(k, domain, &f);
		enum pseudonym_tag tag, got;
		char token[PSEUDONYM_BYTES];

		tag = (enum pseudonym_tag)atoi(csv_table_cell(t, r, 1));
		n = strlen(value);
		pseudonym_clear(b);
		pseudonym_add(p, b, PSEUDONYM_TEXT, "before", 6);
		pseudonym_add(p, b, tag, value, n);
		pseudonym_hash(p, b);
		pseudonym_put(b, 1, token);
		ck_assert_uint_eq(strlen(csv_table_cell(t, r, 3)),
		    PSEUDONYM_BYTES);
		ck_assert_mem_eq(token, csv_table_cell(t, r, 3),
		    PSEUDONYM_BYTES);
		buf_clear(&out);
		siv_seal(s, tag, value, n, &out);
		ck_assert_str_eq(buf_string(&out), csv_table_cell(t, r, 4));
		{
			struct buf back = { 0 };
			size_t i;

			ck_assert_int_eq(siv_open(s, out.p, out.n, &back,
			    &got), 0);
			ck_assert_int_eq(got, tag);
			ck_assert_uint_eq(back.n, n);
			ck_assert_mem_eq(back.p, value, n);
			for (i = 0; i < out.n; i++) {
				out.p[i] = out.p[i] == 'a' ? 'b' : 'a';
				if (i % 7 == 0 && memcmp(out.p,
				    csv_table_cell(t, r, 4), out.n) != 0)
					ck_assert_int_eq(siv_open(s, out.p,
					    out.n, &back, &got), -1);
				out.p[i] = csv_table_cell(t, r, 4)[i];
			}
			ck_assert_int_eq(siv_open(s, out.p, out.n - 1, &back,
			    &got), -1);
			buf_free(&back);
		}
		siv_free(s);
		pseudonym_free(p);
	}
	/* A token of another domain is refused. */
	{
		struct siv *s = siv_new(k, "elsewhere", &f);
		enum pseudonym_tag got;

		ck_assert_int_eq(siv_open(s, out.p, out.n, &out, &got), -1);
		siv_free(s);
	}
	buf_free(&out);
	key_close(k);
	free(b);
	csv_table_close(t);
}
END_TEST

START_TEST(escrow_opens)
{
	struct fault f = FAULT_NONE;
	struct key *secret = key_new(KEY_ESCROW_SECRET, NULL, &f);
	struct key *other = key_new(KEY_ESCROW_SECRET, NULL, &f);
	struct key *pub = key_public(secret, &f);
	struct escrow *w = escrow_new(pub, &f), *r;
	struct buf out = { 0 }, back = { 0 };
	static const char token[PSEUDONYM_BYTES + 1] =
	    "p1abcdefghijklmnopqrstuvwxyz";
	char *line, *comma;

	escrow_put_header(w, &out);
	escrow_put(w, token, PSEUDONYM_NHS_NUMBER, "9434765919", 10, &out);
	line = strchr(buf_string(&out), '\n') + 1;
	ck_assert(strncmp(line, "nibescrow1,", 11) == 0);
	line += 11;
	ck_assert_ptr_null(escrow_open(other, line, strcspn(line, "\n"),
	    &f));
	fault_clear(&f);
	r = escrow_open(secret, line, strcspn(line, "\n"), &f);
	ck_assert_msg(r != NULL, "%s", f.what);
	line = strchr(line, '\n') + 1;
	comma = strchr(line, ',');
	ck_assert_int_eq(escrow_get(r, line, (size_t)(comma - line),
	    comma + 1, strcspn(comma + 1, "\n"), &back), 0);
	ck_assert_str_eq(buf_string(&back), "9434765919");
	/* Under another token it does not open. */
	line[5] ^= 1;
	ck_assert_int_eq(escrow_get(r, line, (size_t)(comma - line),
	    comma + 1, strcspn(comma + 1, "\n"), &back), -1);
	buf_free(&out);
	buf_free(&back);
	escrow_free(w);
	escrow_free(r);
	key_close(secret);
	key_close(other);
	key_close(pub);
}
END_TEST

/* Expected by hand from the grammar in privacy/treat.h. */
static const struct {
	const char *treat, *form, *cell, *want; /* want NULL: refused */
} cells[] = {
	{ "year", NULL, "2024-05-06", "2024" },
	{ "month", NULL, "2024-05-06", "2024-05" },
	{ "quarter", NULL, "2024-05-06", "2024-Q2" },
	{ "quarter", NULL, "2024-03-31", "2024-Q1" },
	{ "quarter", NULL, "2024-12-01", "2024-Q4" },
	{ "month", NULL, "2024-05-06T23:59:59", "2024-05" },
	{ "month", "%d/%m/%Y", "06/05/2024", "2024-05" },
	{ "month", "%d/%m/%Y", "6/05/2024", NULL },
	{ "month", "%d/%m/%Y", "06/05/20244", NULL },
	{ "month", "%Y%m%d", "20240230", NULL },
	{ "month", "%Y%m%d", "20240229", "2024-02" },
	{ "year", NULL, "2023-02-29", NULL },
	{ "year", NULL, "2023", NULL },
	{ "year", NULL, "2024-05-06T99:00:00", NULL },
	{ "postcode-district", NULL, "SW1A 1AA", "SW1A" },
	{ "postcode-district", NULL, "LS1  4AP", "LS1" },
	{ "postcode-sector", NULL, "ls14ap", "LS1 4" },
	{ "postcode-sector", NULL, "nowhere", NULL },
	{ "truncate(3)", NULL, "I219", "I21" },
	{ "truncate(3)", NULL, "I2", "I2" },
	{ "truncate(2)", NULL, "\xc3\xa9t\xc3\xa9", "\xc3\xa9t" },
	{ "truncate(2)", NULL, "a,b", "\"a,\"" },
	{ "band(10)", NULL, "0", "0-9" },
	{ "band(10)", NULL, "29.99", "20-29" },
	{ "band(10)", NULL, "-1", "-10--1" },
	{ "band(10)", NULL, "-10", "-10--1" },
	{ "band(1)", NULL, "7", "7" },
	{ "band(10)", NULL, "x", NULL },
	{ "band( 10 )", NULL, "9", "0-9" },
	{ "top(30)", NULL, "30", "30" },
	{ "top(30)", NULL, "30.5", "30" },
	{ "top(30)", NULL, "29.50", "29.50" },
	{ "top(30)", NULL, "1e5", NULL },
	{ "bottom(-5)", NULL, "-7", "-5" },
	{ "bottom(-5)", NULL, "-4", "-4" },
};

START_TEST(treat_cells)
{
	struct fault f = FAULT_NONE;
	struct buf out = { 0 };
	struct treat t;
	int rc;

	ck_assert_int_eq(treat_parse(cells[_i].treat, &t, &f), 0);
	rc = treat_cell(&t, cells[_i].form, cells[_i].cell,
	    strlen(cells[_i].cell), &out);
	if (cells[_i].want == NULL) {
		ck_assert_msg(rc == -1, "%s of %s", cells[_i].treat,
		    cells[_i].cell);
	} else {
		ck_assert_int_eq(rc, 0);
		ck_assert_str_eq(buf_string(&out), cells[_i].want);
	}
	buf_free(&out);
}
END_TEST

static const struct {
	const char *treat;
	int birth[3], event[3];
	const char *want;
} ages[] = {
	{ "age(e)", { 1950, 2, 1 }, { 2024, 1, 31 }, "73" },
	{ "age(e)", { 1950, 2, 1 }, { 2024, 2, 1 }, "74" },
	{ "age(e)", { 2024, 2, 29 }, { 2025, 2, 28 }, "0" },
	{ "age(e)", { 2024, 2, 29 }, { 2025, 3, 1 }, "1" },
	{ "age(e)", { 2024, 2, 2 }, { 2024, 2, 1 }, NULL },
	{ "age-band(e,5)", { 1950, 2, 1 }, { 2024, 2, 1 }, "70-74" },
	{ "age-band(e,5)", { 1950, 2, 1 }, { 2039, 2, 1 }, "85-89" },
	{ "age-band(e,5)", { 1950, 2, 1 }, { 2040, 2, 1 }, "90+" },
	{ "age-band(e,10)", { 1920, 2, 1 }, { 2024, 2, 1 }, "90+" },
	{ "age-band(e,7)", { 1920, 2, 1 }, { 2010, 2, 1 }, "84-90" },
	{ "age-band(e,7)", { 1920, 2, 1 }, { 2011, 2, 1 }, "91+" },
	{ "age-band(e, 1)", { 2020, 2, 1 }, { 2022, 2, 1 }, "2" },
};

START_TEST(treat_ages)
{
	struct fault f = FAULT_NONE;
	struct buf out = { 0 };
	struct treat t;
	int rc;

	ck_assert_int_eq(treat_parse(ages[_i].treat, &t, &f), 0);
	ck_assert_str_eq(t.word, "e");
	rc = treat_age(&t, date_days(ages[_i].birth[0], ages[_i].birth[1],
	    ages[_i].birth[2]), date_days(ages[_i].event[0],
	    ages[_i].event[1], ages[_i].event[2]), &out);
	if (ages[_i].want == NULL) {
		ck_assert_int_eq(rc, -1);
	} else {
		ck_assert_int_eq(rc, 0);
		ck_assert_str_eq(buf_string(&out), ages[_i].want);
	}
	buf_free(&out);
}
END_TEST

static const char *const bad_treats[] = {
	"", "Keep", "keep()", "hash", "pseudonym", "pseudonym()",
	"pseudonym(Person)", "pseudonym(1a)", "pseudonym(a b)",
	"pseudonym(person", "pseudonym(person))", "age", "age()",
	"age-band(x)", "age-band(,5)", "age-band(x,0)", "age-band(x,5,6)",
	"truncate(0)", "truncate(-1)", "truncate(1x)", "band()", "top()",
	"date-shift()", "date-shift(0)", "year(1)",
};

START_TEST(treat_refused)
{
	struct fault f = FAULT_NONE;
	struct treat t;

	ck_assert_int_eq(treat_parse(bad_treats[_i], &t, &f), -1);
	ck_assert(f.set);
}
END_TEST

static struct encoder *
five_fields(const struct key *k, struct fault *f)
{
	static const struct { enum encode_kind kind; const char *label; }
	fields[] = { { ENCODE_NAME, "family-name" },
		{ ENCODE_NAME, "given-name" }, { ENCODE_DATE, "birth-date" },
		{ ENCODE_OTHER, "postcode" }, { ENCODE_SEX, "sex" } };
	struct encoder *e = encoder_new(k, f);
	size_t i;

	for (i = 0; i < 5; i++)
		ck_assert_int_eq(encoder_field(e, fields[i].kind,
		    fields[i].label, f), 0);
	return e;
}

/*
 * The rows of a table, over and over, up to n records in one batch, against
 * the filters of a column.
 */
static void
same_filters(const struct encoder *e, const struct csv_table *t, size_t n,
    int salted, size_t column)
{
	struct encode_work *w = encode_work_new(e);
	struct buf out = { 0 };
	size_t r, i;

	encode_clear(w);
	for (r = 0; r < n; r++) {
		const char *born = csv_table_cell(t, r % t->nrows, 2);

		encode_record(w);
		if (salted)
			encode_salt(w, born, strlen(born));
		for (i = 0; i < 5; i++) {
			const char *s = csv_table_cell(t, r % t->nrows, i);

			encode_add(w, i, s, strlen(s));
		}
	}
	encode_make(w);
	for (r = 0; r < n; r++) {
		buf_clear(&out);
		encode_put(w, r, &out);
		ck_assert_str_eq(buf_string(&out),
		    csv_table_cell(t, r % t->nrows, column));
	}
	buf_free(&out);
	encode_work_free(w);
}

START_TEST(encodings)
{
	static const size_t sizes[] = { 1, 7, 15, 16, 17, 64, 65, 127, 128,
		129, 200, ENCODE_BATCH };
	struct csv_table *t = table("encodings.csv");
	struct csv_table *hard = table("encodings_hardened.csv");
	struct key *k = project_key();
	struct fault f = FAULT_NONE;
	struct encoder *e = five_fields(k, &f);
	struct encoder *diffused = five_fields(k, &f);
	struct encoder *fast = five_fields(k, &f);
	size_t i;

	ck_assert_int_eq(encoder_tables(fast, &f), 0);
	encoder_own_salt(fast, 2);
	ck_assert_int_eq(encoder_diffuse(diffused, 8, &f), 0);
	ck_assert_uint_ge(t->nrows, 7);
	ck_assert_uint_eq(t->nrows, hard->nrows);
	for (i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		same_filters(e, t, sizes[i], 0, 5);
		same_filters(fast, t, sizes[i], 0, 5);
		same_filters(fast, hard, sizes[i], 1, 5);
		same_filters(e, hard, sizes[i], 1, 5);
		same_filters(diffused, hard, sizes[i], 1, 6);
	}
	encoder_free(e);
	encoder_free(diffused);
	encoder_free(fast);
	key_close(k);
	csv_table_close(t);
	csv_table_close(hard);
}
END_TEST

static void
add(TCase *t)
{
	tcase_add_loop_test(t, lanes_agree, LANES_ONE, LANES_EIGHT + 1);
	tcase_add_test(t, token_vectors);
	tcase_add_test(t, escrow_opens);
	tcase_add_test(t, encodings);
	tcase_add_loop_test(t, treat_cells, 0,
	    (int)(sizeof cells / sizeof cells[0]));
	tcase_add_loop_test(t, treat_ages, 0,
	    (int)(sizeof ages / sizeof ages[0]));
	tcase_add_loop_test(t, treat_refused, 0,
	    (int)(sizeof bad_treats / sizeof bad_treats[0]));
}

int
main(void)
{
	return run_tests("privacy", add);
}
