/*
 * Fuzz the dialect: a Table Dialect file, a NUL, and data in it. What comes
 * out must be the same however the data is cut; what reader then makes of
 * it is its own business (fuzz_reader), but it must not be surprised by
 * quotes: a dialect that was read gives sound records.
 */
#define _GNU_SOURCE /* memfd_create */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/buf.h"
#include "csv/reader.h"
#include "spec/dialect.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static int
file_of(const void *p, size_t n, char path[64])
{
	int fd = memfd_create("fuzz", MFD_CLOEXEC);

	if (fd == -1 || write(fd, p, n) != (ssize_t)n)
		abort();
	(void)snprintf(path, 64, "/proc/self/fd/%d", fd);
	return fd;
}

static int
decode(const struct csv_decode *o, const char *path, struct buf *to,
    struct fault *f)
{
	struct infile *in = infile_open(path, f);
	struct csv_decoder *d = in != NULL ? csv_decoder_new(o, f) : NULL;
	ssize_t k = -1;

	while (d != NULL) {
		buf_reserve(to, 512);
		if ((k = csv_decoder_read(d, in, to->p + to->n, 512, f)) <= 0)
			break;
		to->n += (size_t)k;
	}
	csv_decoder_free(d);
	infile_close(in);
	return (int)k;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const size_t pieces[] = { 1, 2, 7 };
	const uint8_t *nul = memchr(data, '\0', n);
	struct fault f = FAULT_NONE;
	char dialect_path[64], path[64];
	struct dialect *d;
	int dialect_fd, fd, rc;
	struct buf whole = { 0 };
	size_t i;

	if (nul == NULL)
		return 0;
	dialect_fd = file_of(data, (size_t)(nul - data), dialect_path);
	d = dialect_open(dialect_path, &f);
	(void)close(dialect_fd);
	if (d == NULL)
		return 0;
	fd = file_of(nul + 1, n - (size_t)(nul + 1 - data), path);
	rc = decode(&d->decode, path, &whole, &f);
	for (i = 0; i < sizeof pieces / sizeof pieces[0]; i++) {
		struct csv_decode o = d->decode;
		struct fault g = FAULT_NONE;
		struct buf cut = { 0 };

		o.piece = pieces[i];
		if (decode(&o, path, &cut, &g) != rc ||
		    strcmp(f.what, g.what) != 0 || f.line != g.line)
			abort();
		/* Before an error more or less may have come out. */
		if (rc == 0 && (cut.n != whole.n || (cut.n > 0 &&
		    memcmp(cut.p, whole.p, cut.n) != 0)))
			abort();
		buf_free(&cut);
	}
	if (rc == 0 && d->decode.rewrite) {
		struct csv_options o = { .delimiter = ',', .keep_ragged = 1,
			.any_header = 1, .decode = &d->decode };
		const char *paths = path;
		struct fault g = FAULT_NONE;
		struct csv_reader *in = csv_open(&paths, 1, &o, &g);
		const struct csv_block *b;

		while (in != NULL && csv_next(in, &b, &g) == 1)
			;
		if (g.set && strstr(g.what, "quote") != NULL)
			abort();
		csv_close(in);
	}
	buf_free(&whole);
	dialect_close(d);
	(void)close(fd);
	return 0;
}
