/*
 * Files in and out: nothing appears before it is complete; a compressed
 * stream that is cut at any byte is an error, never a shorter file. The
 * expected bytes are those that zlib and zstd were given.
 */
#define _GNU_SOURCE /* mkdtemp */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include "base/buf.h"
#include "base/infile.h"
#include "base/mem.h"
#include "base/outfile.h"

static char folder[] = "/tmp/nib-test-files.XXXXXX";
static char path[64];

/* Without /proc a file cannot get its name late: outfile asks here. */
static int no_proc;

int
access(const char *name, int mode)
{
	if (no_proc && strncmp(name, "/proc/", 6) == 0) {
		errno = ENOENT;
		return -1;
	}
	return faccessat(AT_FDCWD, name, mode, 0);
}

static void
put(const void *p, size_t n)
{
	FILE *f = fopen(path, "wb");

	ck_assert_ptr_nonnull(f);
	ck_assert_uint_eq(fwrite(p, 1, n, f), n);
	ck_assert_int_eq(fclose(f), 0);
}

/* Reads the file in pieces of a size: 0, or -1 with a fault. */
static int
get(struct buf *to, size_t piece, struct fault *f)
{
	struct infile *in = infile_open(path, f);
	ssize_t k;

	buf_clear(to);
	if (in == NULL)
		return -1;
	for (;;) {
		buf_reserve(to, piece);
		k = infile_read(in, to->p + to->n, piece, f);
		if (k <= 0)
			break;
		to->n += (size_t)k;
	}
	infile_close(in);
	return k == 0 ? 0 : -1;
}

static unsigned char plain[100000];

static void
fill(void)
{
	size_t i;
	unsigned x = 1;

	for (i = 0; i < sizeof plain; i++) {
		x = x * 1103515245 + 12345;
		plain[i] = (unsigned char)("0123456789,\n"[(x >> 16) % 12]);
	}
}

static size_t
gzipped(unsigned char *to, size_t cap, const unsigned char *p, size_t n)
{
	z_stream z;

	memset(&z, 0, sizeof z);
	ck_assert_int_eq(deflateInit2(&z, 6, Z_DEFLATED, 15 + 16, 8,
	    Z_DEFAULT_STRATEGY), Z_OK);
	z.next_in = (Bytef *)(uintptr_t)p;
	z.avail_in = (uInt)n;
	z.next_out = to;
	z.avail_out = (uInt)cap;
	ck_assert_int_eq(deflate(&z, Z_FINISH), Z_STREAM_END);
	cap -= z.avail_out;
	ck_assert_int_eq(deflateEnd(&z), Z_OK);
	return cap;
}

static size_t
packed(int kind, unsigned char *to, size_t cap, const unsigned char *p,
    size_t n)
{
	size_t k;

	if (kind == 0)
		return gzipped(to, cap, p, n);
	k = ZSTD_compress(to, cap, p, n, 3);
	ck_assert(!ZSTD_isError(k));
	return k;
}

START_TEST(whole_streams)
{
	static const size_t pieces[] = { 1, 7, 4096, 1 << 20 };
	unsigned char *z = mem_alloc(2 * sizeof plain);
	struct fault f = FAULT_NONE;
	struct buf b = { 0 };
	size_t i, n, m;

	n = packed(_i, z, 2 * sizeof plain, plain, sizeof plain);
	put(z, n);
	for (i = 0; i < 4; i++) {
		ck_assert_int_eq(get(&b, pieces[i], &f), 0);
		ck_assert_uint_eq(b.n, sizeof plain);
		ck_assert_int_eq(memcmp(b.p, plain, b.n), 0);
	}
	/* Two members one after the other are one stream. */
	m = packed(_i, z + n, 2 * sizeof plain - n, plain, 1000);
	put(z, n + m);
	ck_assert_int_eq(get(&b, 4096, &f), 0);
	ck_assert_uint_eq(b.n, sizeof plain + 1000);
	/* What follows and is no stream is refused. */
	memcpy(z + n, "garbage", 7);
	put(z, n + 7);
	ck_assert_int_eq(get(&b, 4096, &f), -1);
	ck_assert_int_eq(f.set, 1);
	buf_free(&b);
	free(z);
}
END_TEST

START_TEST(cut_streams)
{
	unsigned char z[4096];
	struct buf b = { 0 };
	size_t n = packed(_i, z, sizeof z, plain, 3000), cut;

	/* From 4 bytes on: fewer cannot be told from a plain file. */
	for (cut = 4; cut < n; cut++) {
		struct fault f = FAULT_NONE;

		put(z, cut);
		ck_assert_int_eq(get(&b, 512, &f), -1);
		ck_assert_int_eq(f.set, 1);
		ck_assert_str_eq(f.file, path);
	}
	buf_free(&b);
}
END_TEST

START_TEST(damaged_stream)
{
	unsigned char z[4096];
	struct fault f = FAULT_NONE;
	struct buf b = { 0 };
	size_t n = gzipped(z, sizeof z, plain, 3000);

	z[n - 6] ^= 1; /* of its checksum */
	put(z, n);
	ck_assert_int_eq(get(&b, 512, &f), -1);
	ck_assert_ptr_nonnull(strstr(f.what, "damaged"));
	buf_free(&b);
}
END_TEST

/*
 * Bytes after RFC 8878: a skippable frame (3.1.2) before the first, as pzstd
 * writes it; a window of 1 GiB (3.1.1.1.2), as zstd --long=30 does.
 */
START_TEST(other_frames)
{
	static const unsigned char wide[] = { 0x28, 0xb5, 0x2f, 0xfd, 0x00,
		0xa0, 0x01, 0x00, 0x00 };
	unsigned char z[4096] = { 0x50, 0x2a, 0x4d, 0x18, 4, 0, 0, 0, 1, 2, 3,
		4 };
	struct fault f = FAULT_NONE;
	struct buf b = { 0 };
	size_t n = packed(1, z + 12, sizeof z - 12, plain, 3000);

	put(z, n + 12);
	ck_assert_int_eq(get(&b, 512, &f), 0);
	ck_assert_uint_eq(b.n, 3000);
	ck_assert_int_eq(memcmp(b.p, plain, b.n), 0);
	put(wide, sizeof wide);
	ck_assert_int_eq(get(&b, 512, &f), -1);
	ck_assert_ptr_nonnull(strstr(f.what, "without --long"));
	buf_free(&b);
}
END_TEST

START_TEST(odd_inputs)
{
	struct fault f = FAULT_NONE;
	struct buf b = { 0 };
	char *p;
	size_t n;

	put("", 0);
	ck_assert_int_eq(get(&b, 10, &f), 0);
	ck_assert_uint_eq(b.n, 0);
	put("\x1f", 1);
	ck_assert_int_eq(get(&b, 10, &f), 0);
	ck_assert_uint_eq(b.n, 1);
	put("abc", 3);
	ck_assert_int_eq(infile_whole(path, 3, &p, &n, &f), 0);
	ck_assert_uint_eq(n, 3);
	ck_assert_str_eq(p, "abc");
	free(p);
	ck_assert_int_eq(infile_whole(path, 2, &p, &n, &f), -1);
	ck_assert_ptr_nonnull(strstr(f.what, "longer than 2 bytes"));
	fault_clear(&f);
	ck_assert_ptr_null(infile_open(folder, &f));
	ck_assert_ptr_nonnull(strstr(f.what, "directory"));
	fault_clear(&f);
	ck_assert_ptr_null(infile_open("/nonexistent/file", &f));
	ck_assert_ptr_nonnull(strstr(f.what, "No such file"));
	buf_free(&b);
}
END_TEST

/* Names in the folder. */
static unsigned
entries(void)
{
	char command[128];
	unsigned n = 0;
	FILE *f;

	(void)snprintf(command, sizeof command, "ls -A %s | wc -l", folder);
	f = popen(command, "r");
	ck_assert_ptr_nonnull(f);
	ck_assert_int_eq(fscanf(f, "%u", &n), 1);
	(void)pclose(f);
	return n;
}

START_TEST(appears_when_complete)
{
	struct fault f = FAULT_NONE;
	struct outfile *o;
	struct buf b = { 0 };

	(void)unlink(path);
	o = outfile_open(path, &f);
	ck_assert_ptr_nonnull(o);
	ck_assert_int_eq(outfile_write(o, plain, 1000, &f), 0);
	ck_assert_int_eq(outfile_flush(o, &f), 0);
	ck_assert_int_eq(access(path, F_OK), -1);
	outfile_close(o); /* given up */
	ck_assert_int_eq(access(path, F_OK), -1);
	ck_assert_uint_eq(entries(), 0);

	put("old", 3);
	o = outfile_open(path, &f);
	ck_assert_int_eq(outfile_write(o, "new", 3, &f), 0);
	ck_assert_int_eq(outfile_flush(o, &f), 0);
	ck_assert_int_eq(get(&b, 10, &f), 0);
	ck_assert_int_eq(memcmp(b.p, "old", 3), 0);
	ck_assert_int_eq(outfile_write(o, plain, sizeof plain, &f), 0);
	ck_assert_int_eq(outfile_commit(o, &f), 0);
	ck_assert_uint_eq((unsigned)outfile_bytes(o), 3 + sizeof plain);
	outfile_close(o);
	ck_assert_int_eq(get(&b, 4096, &f), 0);
	ck_assert_uint_eq(b.n, 3 + sizeof plain);
	ck_assert_int_eq(memcmp(b.p, "new", 3), 0);
	ck_assert_int_eq(memcmp(b.p + 3, plain, sizeof plain), 0);
	ck_assert_uint_eq(entries(), 1);
	b.n = 3;
	ck_assert_int_eq(outfile_whole(path, &b, &f), 0);
	buf_clear(&b);
	ck_assert_int_eq(get(&b, 10, &f), 0);
	ck_assert_uint_eq(b.n, 3);
	ck_assert_int_eq(memcmp(b.p, "new", 3), 0);
	ck_assert_uint_eq(entries(), 1);
	ck_assert_int_eq(f.set, 0);
	buf_free(&b);
}
END_TEST

/* A link stays and what it stands for is replaced; names of descriptors are
 * not files to replace. */
START_TEST(other_names)
{
	struct fault f = FAULT_NONE;
	struct buf b = { 0 }, got = { 0 };
	char name[32], *alias = mem_printf("%s.link", path);
	struct stat st;
	int fd;

	put("old", 3);
	(void)unlink(alias);
	ck_assert_int_eq(symlink(path, alias), 0);
	buf_puts(&b, "through the link");
	ck_assert_int_eq(outfile_whole(alias, &b, &f), 0);
	ck_assert_int_eq(lstat(alias, &st), 0);
	ck_assert(S_ISLNK(st.st_mode));
	ck_assert_int_eq(get(&got, 100, &f), 0);
	ck_assert_uint_eq(got.n, b.n);
	ck_assert_int_eq(unlink(alias), 0);

	ck_assert_int_ne(fd = open(path, O_WRONLY | O_TRUNC), -1);
	(void)snprintf(name, sizeof name, "/dev/fd/%d", fd);
	buf_clear(&b);
	buf_puts(&b, "open");
	ck_assert_int_eq(outfile_whole(name, &b, &f), 0);
	ck_assert_int_eq(close(fd), 0);
	buf_clear(&got);
	ck_assert_int_eq(get(&got, 100, &f), 0);
	ck_assert_uint_eq(got.n, 4);
	ck_assert_int_eq(memcmp(got.p, "open", 4), 0);
	ck_assert_ptr_null(outfile_open("/dev/fd/999", &f));
	buf_free(&b);
	buf_free(&got);
	free(alias);
}
END_TEST

/* A temporary file with a name goes with its process. */
START_TEST(named_temporaries)
{
	static const int ends[] = { SIGHUP, SIGINT, SIGPIPE, SIGTERM, 0 };
	struct fault f = FAULT_NONE;
	struct buf b = { 0 };
	int status;
	pid_t pid;

	(void)unlink(path);
	ck_assert_uint_eq(entries(), 0);
	(void)fflush(NULL);
	if ((pid = fork()) == 0) {
		struct outfile *o;
		size_t i;

		for (i = 0; ends[i] != 0; i++) /* check's own go */
			(void)signal(ends[i], SIG_DFL);
		no_proc = 1;
		if ((o = outfile_open(path, &f)) == NULL ||
		    outfile_write(o, plain, 1000, &f) == -1 ||
		    outfile_flush(o, &f) == -1 || entries() != 1)
			_exit(99);
		if (ends[_i] == 0)
			exit(2);
		(void)raise(ends[_i]);
		_exit(98);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	if (ends[_i] == 0)
		ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 2);
	else
		ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == ends[_i]);
	ck_assert_uint_eq(entries(), 0);
	/* And is not touched once it is the file. */
	no_proc = 1;
	buf_puts(&b, "whole");
	ck_assert_int_eq(outfile_whole(path, &b, &f), 0);
	no_proc = 0;
	ck_assert_uint_eq(entries(), 1);
	buf_free(&b);
}
END_TEST

/* What a file lets others do, the file in its place does; a new one has what
 * the process gives. */
START_TEST(permissions_stay)
{
	struct fault f = FAULT_NONE;
	struct buf b = { 0 };
	struct stat st;
	mode_t mask = umask(022);

	(void)unlink(path);
	buf_puts(&b, "x");
	ck_assert_int_eq(outfile_whole(path, &b, &f), 0);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_uint_eq(st.st_mode & 0777, 0644);
	ck_assert_int_eq(chmod(path, 0600), 0);
	ck_assert_int_eq(outfile_whole(path, &b, &f), 0);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_uint_eq(st.st_mode & 0777, 0600);
	ck_assert_int_eq(chmod(path, 0660), 0);
	ck_assert_int_eq(outfile_whole(path, &b, &f), 0);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_uint_eq(st.st_mode & 0777, 0660);
	(void)umask(mask);
	buf_free(&b);
}
END_TEST

/* A name of 255 bytes, the longest there is, and one more: told at once. */
START_TEST(long_names)
{
	struct fault f = FAULT_NONE;
	struct buf b = { 0 }, name = { 0 };
	size_t slash = (size_t)(strrchr(path, '/') - path) + 1, i;

	buf_puts(&b, "x");
	buf_put(&name, path, slash);
	for (i = 0; i < 255; i++)
		buf_putc(&name, 'n');
	ck_assert_int_eq(outfile_whole(buf_string(&name), &b, &f), 0);
	ck_assert_int_eq(unlink(buf_string(&name)), 0);
	buf_putc(&name, 'n');
	ck_assert_ptr_null(outfile_open(buf_string(&name), &f));
	ck_assert_ptr_nonnull(strstr(f.what, "too long"));
	buf_free(&b);
	buf_free(&name);
}
END_TEST

START_TEST(cannot_write)
{
	struct fault f = FAULT_NONE;
	struct buf b = { 0 };
	struct outfile *o;
	int rc;

	ck_assert_ptr_null(outfile_open("/nonexistent/folder/x", &f));
	ck_assert_int_eq(f.set, 1);
	fault_clear(&f);
	ck_assert_ptr_null(outfile_open("", &f));
	fault_clear(&f);
	o = outfile_open("/dev/full", &f);
	ck_assert_ptr_nonnull(o);
	rc = outfile_write(o, plain, 10, &f);
	if (rc == 0)
		rc = outfile_commit(o, &f);
	ck_assert_int_eq(rc, -1);
	ck_assert_ptr_nonnull(strstr(f.what, "No space left"));
	outfile_close(o);
	fault_clear(&f);
	buf_put(&b, plain, 10);
	ck_assert_int_eq(outfile_whole("/dev/full", &b, &f), -1);
	ck_assert_int_eq(f.set, 1);
	buf_free(&b);
}
END_TEST

static size_t watched;

static void
watch(void *arg, const void *p, size_t n)
{
	ck_assert_int_eq(memcmp(p, (unsigned char *)arg + watched, n), 0);
	watched += n;
}

START_TEST(hook_sees_all)
{
	struct fault f = FAULT_NONE;
	struct outfile *o = outfile_open(path, &f);
	size_t at, n;

	watched = 0;
	outfile_watch(o, watch, plain);
	for (at = 0, n = 1; at < sizeof plain; at += n, n = n * 2 + 1) {
		if (n > sizeof plain - at)
			n = sizeof plain - at;
		ck_assert_int_eq(outfile_write(o, plain + at, n, &f), 0);
	}
	ck_assert_int_eq(outfile_commit(o, &f), 0);
	outfile_close(o);
	ck_assert_uint_eq(watched, sizeof plain);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("base_files");
	TCase *c = tcase_create("files");
	SRunner *r;
	int failed;

	if (mkdtemp(folder) == NULL)
		return EXIT_FAILURE;
	(void)snprintf(path, sizeof path, "%s/file", folder);
	fill();
	tcase_set_timeout(c, 60);
	tcase_add_loop_test(c, whole_streams, 0, 2);
	tcase_add_loop_test(c, cut_streams, 0, 2);
	tcase_add_test(c, damaged_stream);
	tcase_add_test(c, other_frames);
	tcase_add_test(c, odd_inputs);
	tcase_add_test(c, appears_when_complete);
	tcase_add_test(c, other_names);
	tcase_add_loop_test(c, named_temporaries, 0, 5);
	tcase_add_test(c, permissions_stay);
	tcase_add_test(c, long_names);
	tcase_add_test(c, cannot_write);
	tcase_add_test(c, hook_sees_all);
	suite_add_tcase(s, c);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	(void)unlink(path);
	(void)rmdir(folder);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
