/* Input that can be read a second time. */
#define _GNU_SOURCE /* O_TMPFILE */
#include "linkage/twice.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"

#define CHUNK ((size_t)1024 * 1024)

struct twice {
	const char *const *paths;
	int *fds;            /* copies; -1: none */
	size_t n;
	int standard_input;  /* it is one of the paths */
	off_t start;         /* where it stood */
};

/* A file without a name. */
static int
unnamed(struct fault *f)
{
	const char *dir = getenv("TMPDIR");
	char *name;
	int fd;

	if (dir == NULL || dir[0] == '\0')
		dir = "/tmp";
	fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (fd != -1)
		return fd;
	name = mem_printf("%s/nib-link.XXXXXX", dir);
	fd = mkstemp(name);
	if (fd == -1)
		(void)fault_file(f, dir, "cannot make a temporary file");
	else
		(void)unlink(name);
	free(name);
	return fd;
}

static int
write_all(int fd, const char *p, size_t n, struct fault *f)
{
	ssize_t k;

	while (n > 0) {
		k = write(fd, p, n);
		if (k == -1 && errno == EINTR)
			continue;
		if (k == -1)
			return fault_system(f, "cannot write a temporary "
			    "file (TMPDIR)");
		p += k;
		n -= (size_t)k;
	}
	return 0;
}

/* All of from to a file without a name; -1 with a fault. */
static int
copy(int from, const char *path, struct fault *f)
{
	int fd = unnamed(f);
	char *chunk;
	ssize_t k;

	if (fd == -1)
		return -1;
	chunk = mem_alloc(CHUNK);
	for (;;) {
		k = read(from, chunk, CHUNK);
		if (k == -1 && errno == EINTR)
			continue;
		if (k == -1)
			(void)fault_file(f, path, "cannot read");
		if (k <= 0 || write_all(fd, chunk, (size_t)k, f) == -1)
			break;
	}
	free(chunk);
	if (k != 0 || lseek(fd, 0, SEEK_SET) == -1) {
		(void)close(fd);
		return -1;
	}
	return fd;
}

static int
standard_input(struct twice *t, struct fault *f)
{
	struct stat st;
	int fd;

	if (t->standard_input)
		return 0;
	t->standard_input = 1;
	if (fstat(STDIN_FILENO, &st) == 0 && S_ISREG(st.st_mode) &&
	    (t->start = lseek(STDIN_FILENO, 0, SEEK_CUR)) != -1)
		return 0;
	t->start = 0;
	if ((fd = copy(STDIN_FILENO, "-", f)) == -1)
		return -1;
	if (dup2(fd, STDIN_FILENO) == -1) {
		(void)fault_system(f, "cannot use a temporary file");
		(void)close(fd);
		return -1;
	}
	(void)close(fd);
	return 0;
}

static int
named(struct twice *t, size_t i, struct fault *f)
{
	struct stat st;
	int fd;

	if (stat(t->paths[i], &st) == -1 || S_ISREG(st.st_mode) ||
	    S_ISDIR(st.st_mode))
		return 0; /* csv_open says what is wrong with it */
	if ((fd = open(t->paths[i], O_RDONLY | O_CLOEXEC)) == -1)
		return fault_file(f, t->paths[i], "cannot open");
	t->fds[i] = copy(fd, t->paths[i], f);
	(void)close(fd);
	return t->fds[i] == -1 ? -1 : 0;
}

struct twice *
twice_open(const char *const *paths, size_t n, struct fault *f)
{
	static const char *const only[] = { "-" };
	struct twice *t = mem_zero(1, sizeof *t);
	size_t i;
	int rc = 0;

	if (n == 0) {
		paths = only;
		n = 1;
	}
	t->n = n;
	t->paths = paths;
	t->fds = mem_array(NULL, n, sizeof *t->fds);
	for (i = 0; i < n; i++)
		t->fds[i] = -1;
	for (i = 0; rc == 0 && i < n; i++)
		rc = strcmp(paths[i], "-") == 0 ? standard_input(t, f) :
		    named(t, i, f);
	if (rc == -1) {
		twice_close(t);
		return NULL;
	}
	return t;
}

void
twice_close(struct twice *t)
{
	size_t i;

	if (t == NULL)
		return;
	for (i = 0; i < t->n; i++)
		if (t->fds[i] != -1)
			(void)close(t->fds[i]);
	free(t->fds);
	free(t);
}

struct csv_reader *
twice_read(struct twice *t, const struct csv_options *o, struct fault *f)
{
	struct csv_options with = *o;
	size_t i;

	if (t->standard_input &&
	    lseek(STDIN_FILENO, t->start, SEEK_SET) == -1) {
		(void)fault_file(f, "-", "cannot read again");
		return NULL;
	}
	for (i = 0; i < t->n; i++)
		if (t->fds[i] != -1 && lseek(t->fds[i], 0, SEEK_SET) == -1) {
			(void)fault_file(f, t->paths[i], "cannot read again");
			return NULL;
		}
	with.fds = t->fds;
	return csv_open(t->paths, t->n, &with, f);
}
