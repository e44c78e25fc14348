/* A file that appears only when complete. */
#define _GNU_SOURCE /* O_TMPFILE */
#include "base/outfile.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"

#define KEEP ((size_t)256 * 1024)
#define NAMED 1024 /* temporary names at a time: nib-split's parts */

struct outfile {
	char *path;
	char *directory; /* NULL: written through */
	char *temporary; /* a name to remove; NULL: none */
	int fd;
	int unnamed;
	int committed;
	uint64_t bytes;
	char *kept;
	size_t n;
	void (*hook)(void *, const void *, size_t);
	void *arg;
};

/*
 * Temporary files that have a name, where a file cannot be without one. They
 * hold records, and must not outlive a process that a signal or exit(3) ends:
 * a handler can only find them here.
 */
static _Atomic(char *) named[NAMED];
static atomic_flag watching = ATOMIC_FLAG_INIT;

static void
remove_named(void)
{
	char *name;
	size_t i;

	for (i = 0; i < NAMED; i++)
		if ((name = atomic_load(&named[i])) != NULL)
			(void)unlink(name);
}

static void
end_by(int number)
{
	remove_named();
	(void)signal(number, SIG_DFL);
	(void)raise(number);
}

static void
remember(char *name)
{
	static const int ends[] = { SIGHUP, SIGINT, SIGPIPE, SIGTERM };
	struct sigaction now, then = { .sa_handler = end_by };
	char *none;
	size_t i;

	if (!atomic_flag_test_and_set(&watching))
		(void)atexit(remove_named);
	for (i = 0; i < sizeof ends / sizeof ends[0]; i++)
		if (sigaction(ends[i], NULL, &now) == 0 &&
		    now.sa_handler == SIG_DFL)
			(void)sigaction(ends[i], &then, NULL);
	for (i = 0; i < NAMED; i++) {
		none = NULL;
		if (atomic_compare_exchange_strong(&named[i], &none, name))
			return;
	}
}

static void
forget(const char *name)
{
	size_t i;

	for (i = 0; name != NULL && i < NAMED; i++)
		if (atomic_load(&named[i]) == name)
			atomic_store(&named[i], NULL);
}

static char *
directory_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	if (slash == NULL)
		return mem_strdup(".");
	if (slash == path)
		return mem_strdup("/");
	return mem_strndup(path, (size_t)(slash - path));
}

/*
 * A name beside the target that does not exist yet; made by make(). Of a
 * long name only so much that this one is not too long.
 */
static int
temporary_name(struct outfile *o, int (*make)(struct outfile *))
{
	const char *slash = strrchr(o->path, '/');
	const char *base = slash != NULL ? slash + 1 : o->path;
	unsigned i;

	for (i = 0; i < 1000; i++) {
		o->temporary = mem_printf("%s/.%.200s.%ld-%u.tmp", o->directory,
		    base, (long)getpid(), i);
		if (make(o) == 0) {
			remember(o->temporary);
			return 0;
		}
		free(o->temporary);
		o->temporary = NULL;
		if (errno != EEXIST)
			return -1;
	}
	return -1;
}

static int
make_open(struct outfile *o)
{
	o->fd = open(o->temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
	    0666);
	return o->fd == -1 ? -1 : 0;
}

static int
make_link(struct outfile *o)
{
	char proc[64];

	(void)snprintf(proc, sizeof proc, "/proc/self/fd/%d", o->fd);
	return linkat(AT_FDCWD, proc, AT_FDCWD, o->temporary,
	    AT_SYMLINK_FOLLOW);
}

static int
open_regular(struct outfile *o, struct fault *f)
{
	o->directory = directory_of(o->path);
	if (access("/proc/self/fd", X_OK) == 0)
		o->fd = open(o->directory, O_WRONLY | O_TMPFILE | O_CLOEXEC,
		    0666);
	if (o->fd != -1) {
		o->unnamed = 1;
		return 0;
	}
	if (temporary_name(o, make_open) == -1)
		return fault_file(f, o->path, "cannot create");
	return 0;
}

/* The open descriptor that a path is a name of; -1: none. */
static int
descriptor_of(const char *path)
{
	static const char *const folders[] = { "/dev/fd/", "/proc/self/fd/" };
	const char *digits = NULL;
	size_t i;

	if (strcmp(path, "-") == 0 || strcmp(path, "/dev/stdout") == 0)
		return STDOUT_FILENO;
	if (strcmp(path, "/dev/stderr") == 0)
		return STDERR_FILENO;
	for (i = 0; i < sizeof folders / sizeof folders[0]; i++)
		if (strncmp(path, folders[i], strlen(folders[i])) == 0)
			digits = path + strlen(folders[i]);
	if (digits == NULL || digits[0] == '\0' || strlen(digits) > 6 ||
	    digits[strspn(digits, "0123456789")] != '\0')
		return -1;
	return atoi(digits);
}

/* What a link stands for gets the content; the link stays. */
static void
follow_link(struct outfile *o)
{
	char *real = realpath(o->path, NULL);

	if (real == NULL)
		return;
	free(o->path);
	o->path = mem_strdup(real);
	free(real);
}

struct outfile *
outfile_open(const char *path, struct fault *f)
{
	struct outfile *o = mem_zero(1, sizeof *o);
	struct stat st, link;
	int fd, there;

	o->path = mem_strdup(path != NULL ? path : "-");
	o->fd = -1;
	if (strcmp(o->path, "-") == 0) {
		o->fd = STDOUT_FILENO;
	} else if (o->path[0] == '\0') {
		(void)fault_set(f, "an output file needs a name");
		goto fail;
	} else if ((fd = descriptor_of(o->path)) != -1) {
		o->fd = fcntl(fd, F_DUPFD_CLOEXEC, 3);
		if (o->fd == -1) {
			(void)fault_file(f, o->path, "cannot open");
			goto fail;
		}
	} else if ((there = stat(o->path, &st) == 0) &&
	    !S_ISREG(st.st_mode)) {
		o->fd = open(o->path, O_WRONLY | O_CLOEXEC);
		if (o->fd == -1) {
			(void)fault_file(f, o->path, "cannot open");
			goto fail;
		}
	} else if (!there && errno != ENOENT) {
		/* No such name can be given at the end either. */
		(void)fault_file(f, o->path, "cannot create");
		goto fail;
	} else {
		if (lstat(o->path, &link) == 0 && S_ISLNK(link.st_mode))
			follow_link(o);
		if (open_regular(o, f) == -1)
			goto fail;
		/* Who could not read the old file cannot read the new one. */
		if (there && fchmod(o->fd, st.st_mode & 0777) == -1) {
			(void)fault_file(f, o->path, "cannot create");
			goto fail;
		}
	}
	o->kept = mem_alloc(KEEP);
	return o;
fail:
	outfile_close(o);
	return NULL;
}

static int
put(struct outfile *o, const char *p, size_t n, struct fault *f)
{
	while (n > 0) {
		ssize_t k = write(o->fd, p, n);

		if (k == -1 && errno == EINTR)
			continue;
		if (k == -1 && errno == EPIPE) {
			/* Whoever ignores SIGPIPE for us: end as filters do. */
			remove_named();
			(void)signal(SIGPIPE, SIG_DFL);
			(void)raise(SIGPIPE);
		}
		if (k == -1)
			return fault_file(f,
			    o->fd == STDOUT_FILENO ? "standard output" :
			    o->path, "cannot write");
		p += k;
		n -= (size_t)k;
	}
	return 0;
}

int
outfile_flush(struct outfile *o, struct fault *f)
{
	size_t n = o->n;

	o->n = 0;
	return put(o, o->kept, n, f);
}

int
outfile_write(struct outfile *o, const void *p, size_t n, struct fault *f)
{
	if (n == 0)
		return 0;
	if (o->hook != NULL)
		o->hook(o->arg, p, n);
	o->bytes += n;
	if (n > KEEP - o->n && outfile_flush(o, f) == -1)
		return -1;
	if (n >= KEEP)
		return put(o, p, n, f);
	memcpy(o->kept + o->n, p, n);
	o->n += n;
	return 0;
}

static int
sync_directory(const char *directory)
{
	int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int rc;

	/* One may put files into a folder that one may not read. */
	if (fd == -1)
		return errno == EACCES ? 0 : -1;
	rc = fsync(fd);
	(void)close(fd);
	/* Some file systems cannot sync a directory; the rename stands. */
	return rc == -1 && errno != EINVAL && errno != EBADF ? -1 : 0;
}

int
outfile_commit(struct outfile *o, struct fault *f)
{
	int fd = o->fd;

	if (outfile_flush(o, f) == -1)
		return -1;
	if (o->directory == NULL) {
		/* A pipe or device may report its trouble only here. */
		o->fd = -1;
		if (close(fd) == -1)
			return fault_file(f, fd == STDOUT_FILENO ?
			    "standard output" : o->path, "cannot write");
		o->committed = 1;
		return 0;
	}
	if (fsync(fd) == -1)
		return fault_file(f, o->path, "cannot write");
	if (o->unnamed && temporary_name(o, make_link) == -1)
		return fault_file(f, o->path, "cannot create");
	o->fd = -1;
	if (close(fd) == -1)
		return fault_file(f, o->path, "cannot write");
	if (rename(o->temporary, o->path) == -1)
		return fault_file(f, o->path, "cannot create");
	o->committed = 1;
	forget(o->temporary);
	if (sync_directory(o->directory) == -1)
		return fault_file(f, o->path, "cannot sync its directory");
	return 0;
}

void
outfile_close(struct outfile *o)
{
	if (o == NULL)
		return;
	if (o->fd != -1 && o->fd != STDOUT_FILENO)
		(void)close(o->fd);
	if (o->temporary != NULL && !o->committed)
		(void)unlink(o->temporary);
	forget(o->temporary);
	free(o->temporary);
	free(o->directory);
	free(o->path);
	free(o->kept);
	free(o);
}

/* The folder of a path, and the name in it. */
static int
folder(const char *path, struct stat *st, const char **name)
{
	const char *slash = strrchr(path, '/');
	char *text;
	int rc;

	*name = slash == NULL ? path : slash + 1;
	text = slash == NULL ? mem_strdup(".") :
	    mem_strndup(path, (size_t)(slash - path) + 1);
	rc = stat(text, st);
	free(text);
	return rc;
}

int
outfile_is_stdout(const char *path)
{
	return descriptor_of(path) == STDOUT_FILENO;
}

/* What is there now under a name, of a descriptor or in a folder. */
static int
look_at(const char *path, int fd, struct stat *st)
{
	return fd != -1 ? fstat(fd, st) : stat(path, st);
}

int
outfile_same(const char *a, const char *b)
{
	int fd_a = descriptor_of(a), fd_b = descriptor_of(b);
	const char *name_a, *name_b;
	struct stat x, y;

	if (fd_a != -1 && fd_a == fd_b)
		return 1;
	if (look_at(a, fd_a, &x) == 0)
		return S_ISREG(x.st_mode) && look_at(b, fd_b, &y) == 0 &&
		    x.st_dev == y.st_dev && x.st_ino == y.st_ino;
	/* A folder that is not there will be said when it is opened. */
	return fd_a == -1 && fd_b == -1 && folder(a, &x, &name_a) == 0 &&
	    folder(b, &y, &name_b) == 0 && x.st_dev == y.st_dev &&
	    x.st_ino == y.st_ino && strcmp(name_a, name_b) == 0;
}

int
outfile_whole(const char *path, const struct buf *b, struct fault *f)
{
	struct outfile *o = outfile_open(path, f);
	int rc = -1;

	if (o != NULL && outfile_write(o, b->p, b->n, f) == 0)
		rc = outfile_commit(o, f);
	outfile_close(o);
	return rc;
}

uint64_t
outfile_bytes(const struct outfile *o)
{
	return o->bytes;
}

const char *
outfile_path(const struct outfile *o)
{
	return o->path;
}

void
outfile_watch(struct outfile *o, void (*hook)(void *, const void *, size_t),
    void *arg)
{
	o->hook = hook;
	o->arg = arg;
}
