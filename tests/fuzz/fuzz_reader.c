/*
 * Fuzz the reader: any bytes, whole and in blocks of a few bytes, and told
 * that some columns alone are wanted, must end the same way with the same
 * cells, and every byte of every cell is read.
 */
#define _GNU_SOURCE /* memfd_create */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/hash.h"
#include "csv/reader.h"
#include "csv/writer.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

struct result {
	int rc;
	uint64_t cells; /* a hash of all cells, in order */
	uint64_t some;  /* of those of wanted columns */
	uint64_t line;
	char what[sizeof((struct fault *)0)->what];
};

static int
is_wanted(size_t column, size_t n)
{
	return column % (2 + n % 9) == 1;
}

static void
want_some(struct csv_reader *in)
{
	size_t n = csv_header(in)->n, c;
	unsigned char *wanted = calloc(n, 1);

	if (wanted == NULL)
		abort();
	for (c = 0; c < n; c++)
		wanted[c] = (unsigned char)is_wanted(c, n);
	csv_want(in, wanted);
	free(wanted);
}

static struct result
read_all(const char *path, const struct csv_options *o, int some)
{
	struct result r = { .rc = -1, .cells = 1, .some = 1 };
	struct fault f = FAULT_NONE;
	struct csv_reader *in = csv_open(&path, 1, o, &f);
	const struct csv_block *b;
	struct buf scratch = { 0 }, out = { 0 };
	uint64_t ragged = 0;
	size_t i, c;

	if (in != NULL && some)
		want_some(in);
	while (in != NULL && (r.rc = csv_next(in, &b, &f)) == 1) {
		for (i = 0; i < b->nrecords; i++)
			for (c = 0; c < b->ncols; c++) {
				int wanted = is_wanted(c, b->ncols);
				struct csv_slice s;

				if (some && !wanted)
					continue;
				s = csv_cell(b, i, c, &scratch);
				r.cells = hash_bytes(s.p, s.n, r.cells);
				if (wanted)
					r.some = hash_bytes(s.p, s.n, r.some);
			}
		for (i = 0; i < b->nragged; i++)
			for (c = 0; c < b->ragged[i].nfields; c++) {
				struct csv_slice s = csv_ragged_cell(b, i, c,
				    &scratch);

				/* Apart: where they stand depends on the cut. */
				ragged ^= hash_bytes(s.p, s.n, 0);
			}
		buf_clear(&out);
		if (some)
			continue;
		csv_put_records(&out, b, 0, b->nrecords);
	}
	r.cells ^= ragged;
	r.some ^= ragged;
	r.line = f.line;
	memcpy(r.what, f.what, sizeof r.what);
	/* What comes before an error depends on the cut, the error does not. */
	if (r.rc == -1)
		r.cells = r.some = 0;
	csv_close(in);
	buf_free(&scratch);
	buf_free(&out);
	return r;
}

static int
differ(const struct result *a, const struct result *b)
{
	return a->some != b->some || a->line != b->line ||
	    strcmp(a->what, b->what) != 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct csv_options o = { .delimiter = ',', .max_record = 4096 };
	struct result whole, cut, some;
	char path[64];
	int fd = memfd_create("fuzz", MFD_CLOEXEC);

	if (fd == -1 || write(fd, data, n) != (ssize_t)n)
		abort();
	(void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	for (o.keep_ragged = 0; o.keep_ragged < 2; o.keep_ragged++) {
		o.block_size = 4096;
		whole = read_all(path, &o, 0);
		some = read_all(path, &o, 1);
		if (whole.rc != some.rc || differ(&whole, &some))
			abort();
		o.block_size = 7;
		cut = read_all(path, &o, 0);
		some = read_all(path, &o, 1);
		if (whole.rc != cut.rc || cut.rc != some.rc ||
		    differ(&cut, &some))
			abort();
		/* A damaged gzip or zstd stream is met a block earlier. */
		if (strstr(whole.what, "stream is") == NULL &&
		    strstr(cut.what, "stream is") == NULL &&
		    (whole.cells != cut.cells || differ(&whole, &cut)))
			abort();
	}
	(void)close(fd);
	return 0;
}
