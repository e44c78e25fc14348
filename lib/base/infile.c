/* Bytes of a file or of standard input, decompressed. */
#include "base/infile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>
#include <zstd_errors.h>

#include "base/mem.h"

#define CHUNK ((size_t)256 * 1024)

enum kind { PLAIN, GZIP, ZSTD };

struct infile {
	char *path;
	int fd;
	const struct infile_source *source; /* in place of fd, if not NULL */
	enum kind kind;
	uint64_t taken, size;
	unsigned char *raw; /* CHUNK bytes; compressed input, or the magic */
	size_t at, n;       /* unread part of raw */
	int eof;            /* of the file itself */
	int inside;         /* a compressed stream has begun, not ended */
	void (*hook)(void *, const void *, size_t);
	void *arg;
	z_stream z;
	ZSTD_DStream *zstd;
};

static ssize_t
read_raw(struct infile *in, void *p, size_t n, struct fault *f)
{
	ssize_t k;

	if (in->source != NULL) {
		k = in->source->read(in->source->arg, in->taken, p, n, f);
		if (k == -1)
			return -1;
	} else {
		do
			k = read(in->fd, p, n);
		while (k == -1 && errno == EINTR);
		if (k == -1)
			return fault_file(f, in->path, "cannot read");
	}
	in->taken += (uint64_t)k;
	if (k == 0)
		in->eof = 1;
	else if (in->hook != NULL)
		in->hook(in->arg, p, (size_t)k);
	return k;
}

/* Appends to raw; its unread part is moved to the front. */
static int
refill(struct infile *in, struct fault *f)
{
	ssize_t k;

	memmove(in->raw, in->raw + in->at, in->n);
	in->at = 0;
	k = read_raw(in, in->raw + in->n, CHUNK - in->n, f);
	if (k == -1)
		return -1;
	in->n += (size_t)k;
	return 0;
}

static int
detect(struct infile *in, struct fault *f)
{
	static const unsigned char gz[] = { 0x1f, 0x8b };
	static const unsigned char zs[] = { 0x28, 0xb5, 0x2f, 0xfd };
	/* After 0x50 to 0x5f: a frame to skip, with which pzstd begins. */
	static const unsigned char skip[] = { 0x2a, 0x4d, 0x18 };

	while (in->n < 4 && !in->eof)
		if (refill(in, f) == -1)
			return -1;
	if (in->n >= 2 && memcmp(in->raw, gz, 2) == 0) {
		in->kind = GZIP;
		if (inflateInit2(&in->z, 15 + 16) != Z_OK)
			return fault_at(f, in->path, 0, "cannot start gzip");
		in->inside = 1;
	} else if (in->n >= 4 && (memcmp(in->raw, zs, 4) == 0 ||
	    ((in->raw[0] & 0xf0) == 0x50 &&
	    memcmp(in->raw + 1, skip, 3) == 0))) {
		in->kind = ZSTD;
		if ((in->zstd = ZSTD_createDStream()) == NULL)
			return fault_at(f, in->path, 0, "cannot start zstd");
		in->inside = 1;
	}
	return 0;
}

static int
begin(struct infile *in, struct fault *f)
{
	in->raw = mem_alloc(CHUNK);
	return detect(in, f);
}

/*
 * Does standard output write into this file, at or before its end? Then what
 * is read would not be what was there, and might never end.
 */
static int
written_to(const struct stat *in)
{
	struct stat out;
	int flags;

	if (fstat(STDOUT_FILENO, &out) == -1 || !S_ISREG(out.st_mode) ||
	    out.st_dev != in->st_dev || out.st_ino != in->st_ino)
		return 0;
	flags = fcntl(STDOUT_FILENO, F_GETFL);
	return flags != -1 && (flags & O_ACCMODE) != O_RDONLY &&
	    in->st_size > 0;
}

/* fd, which may be -1 with errno set, becomes the infile's own. */
static struct infile *
start(int fd, const char *path, struct fault *f)
{
	struct infile *in = mem_zero(1, sizeof *in);
	struct stat st;

	in->path = mem_strdup(path);
	in->fd = fd;
	if (in->fd == -1 || fstat(in->fd, &st) == -1) {
		(void)fault_file(f, path, "cannot open");
		goto fail;
	}
	if (S_ISDIR(st.st_mode)) {
		errno = EISDIR;
		(void)fault_file(f, path, "cannot read");
		goto fail;
	}
	if (S_ISREG(st.st_mode)) {
		if (written_to(&st)) {
			(void)fault_at(f, path, 0, "is where standard "
			    "output goes, too");
			goto fail;
		}
		in->size = (uint64_t)st.st_size;
		(void)posix_fadvise(in->fd, 0, 0, POSIX_FADV_SEQUENTIAL);
	}
	if (begin(in, f) == -1)
		goto fail;
	return in;
fail:
	infile_close(in);
	return NULL;
}

struct infile *
infile_open(const char *path, struct fault *f)
{
	if (strcmp(path, "-") == 0)
		return start(fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0), path,
		    f);
	return start(open(path, O_RDONLY | O_CLOEXEC), path, f);
}

struct infile *
infile_open_source(const struct infile_source *from, const char *path,
    struct fault *f)
{
	struct infile *in = mem_zero(1, sizeof *in);

	in->path = mem_strdup(path);
	in->fd = -1;
	in->source = from;
	in->size = from->size;
	if (begin(in, f) == 0)
		return in;
	infile_close(in);
	return NULL;
}

void
infile_close(struct infile *in)
{
	if (in == NULL)
		return;
	if (in->fd != -1)
		(void)close(in->fd);
	if (in->kind == GZIP)
		(void)inflateEnd(&in->z);
	(void)ZSTD_freeDStream(in->zstd);
	free(in->raw);
	free(in->path);
	free(in);
}

static ssize_t
read_gzip(struct infile *in, void *p, size_t n, struct fault *f)
{
	int rc;

	in->z.next_out = p;
	in->z.avail_out = n > 1U << 30 ? 1U << 30 : (uInt)n;
	n = in->z.avail_out;
	while (in->z.avail_out == n) {
		if (in->n == 0 && !in->eof && refill(in, f) == -1)
			return -1;
		if (in->n == 0 && in->eof) {
			if (in->inside)
				return fault_at(f, in->path, 0,
				    "gzip stream is cut short");
			return 0;
		}
		if (!in->inside) {
			/* Another member follows, as gzip -c a b makes. */
			if (inflateReset(&in->z) != Z_OK)
				return fault_at(f, in->path, 0,
				    "gzip stream is damaged");
			in->inside = 1;
		}
		in->z.next_in = in->raw + in->at;
		in->z.avail_in = (uInt)in->n;
		rc = inflate(&in->z, Z_NO_FLUSH);
		in->at += in->n - in->z.avail_in;
		in->n = in->z.avail_in;
		if (rc == Z_STREAM_END)
			in->inside = 0;
		else if (rc != Z_OK && rc != Z_BUF_ERROR)
			return fault_at(f, in->path, 0,
			    "gzip stream is damaged");
	}
	return (ssize_t)(n - in->z.avail_out);
}

static ssize_t
read_zstd(struct infile *in, void *p, size_t n, struct fault *f)
{
	ZSTD_outBuffer out = { p, n, 0 };

	while (out.pos == 0) {
		ZSTD_inBuffer src;
		size_t rc, before;

		if (in->n == 0 && !in->eof && refill(in, f) == -1)
			return -1;
		if (in->n == 0 && in->eof && !in->inside)
			return 0;
		src.src = in->raw + in->at;
		src.size = in->n;
		src.pos = 0;
		before = out.pos;
		rc = ZSTD_decompressStream(in->zstd, &out, &src);
		in->at += src.pos;
		in->n -= src.pos;
		if (ZSTD_isError(rc))
			return fault_at(f, in->path, 0, ZSTD_getErrorCode(rc)
			    == ZSTD_error_frameParameter_windowTooLarge ?
			    "zstd stream needs more than 128 MiB to read: "
			    "compress it without --long" :
			    "zstd stream is damaged");
		in->inside = rc != 0;
		if (in->n == 0 && in->eof && in->inside && out.pos == before)
			return fault_at(f, in->path, 0,
			    "zstd stream is cut short");
	}
	return (ssize_t)out.pos;
}

ssize_t
infile_read(struct infile *in, void *p, size_t n, struct fault *f)
{
	if (in->kind == GZIP)
		return read_gzip(in, p, n, f);
	if (in->kind == ZSTD)
		return read_zstd(in, p, n, f);
	if (in->n > 0) {
		if (n > in->n)
			n = in->n;
		memcpy(p, in->raw + in->at, n);
		in->at += n;
		in->n -= n;
		return (ssize_t)n;
	}
	return in->eof ? 0 : read_raw(in, p, n, f);
}

void
infile_watch(struct infile *in, void (*hook)(void *, const void *, size_t),
    void *arg)
{
	in->hook = hook;
	in->arg = arg;
	if (in->n > 0)
		hook(arg, in->raw + in->at, in->n);
}

const char *
infile_path(const struct infile *in)
{
	return in->path;
}

uint64_t
infile_taken(const struct infile *in)
{
	return in->taken;
}

uint64_t
infile_size(const struct infile *in)
{
	return in->size;
}

int
infile_whole(const char *path, size_t cap, char **p, size_t *n,
    struct fault *f)
{
	struct infile *in = infile_open(path, f);
	size_t have = 0, size = 65536;
	char *text;
	ssize_t k;

	if (in == NULL)
		return -1;
	text = mem_alloc(size + 1);
	while ((k = infile_read(in, text + have, size - have, f)) > 0) {
		have += (size_t)k;
		if (have > cap) {
			k = fault_at(f, path, 0, "longer than %zu bytes", cap);
			break;
		}
		if (have == size)
			text = mem_array(text, (size *= 2) + 1, 1);
	}
	infile_close(in);
	if (k == -1) {
		free(text);
		return -1;
	}
	text[have] = '\0';
	*p = text;
	*n = have;
	return 0;
}
