/*
 * Preloaded by tests/e2e/privacy-shim.sh and link-kill.sh: lets the n-th call
 * of a kind fail, or everything written beyond so many bytes, as a failing
 * disk or one that is full does; or kills the process before the n-th write,
 * sync, rename or link.
 *
 *   NIB_FAULT=write:N | fsync:N | rename:N | link:N | malloc:N | full:BYTES |
 *       kill:N
 *   NIB_FAULT_DONE=FILE   made when the fault happened
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

static const char *kind;
static long left = -1;
static int marker = -1; /* opened before any sandbox */

__attribute__((constructor)) static void
start(void)
{
	const char *what = getenv("NIB_FAULT"), *done;
	const char *colon = what != NULL ? strchr(what, ':') : NULL;

	if (colon == NULL)
		return;
	if ((done = getenv("NIB_FAULT_DONE")) != NULL)
		marker = open(done, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	left = atol(colon + 1);
	kind = what;
}

static ssize_t real_write(int, const void *, size_t);

static void
happened(void)
{
	if (marker != -1)
		(void)!real_write(marker, "x", 1);
}

/* Is this call the one? */
static int
now(const char *name)
{
	size_t n = strlen(name);

	if (kind != NULL && strncmp(kind, "kill:", 5) == 0 &&
	    strcmp(name, "malloc") != 0 && left > 0 && --left == 0) {
		happened();
		(void)kill(getpid(), SIGKILL);
	}
	if (kind == NULL || strncmp(kind, name, n) != 0 || kind[n] != ':')
		return 0;
	if (left <= 0 || --left > 0)
		return 0;
	happened();
	return 1;
}

/* dlsym gives an object; a function's address may be told apart only so. */
#define REAL(to, name)                                                   \
	do {                                                             \
		if ((to) == NULL)                                        \
			*(void **)(void *)&(to) = dlsym(RTLD_NEXT, name); \
	} while (0)

static ssize_t
real_write(int fd, const void *p, size_t n)
{
	static ssize_t (*real)(int, const void *, size_t);

	REAL(real, "write");
	return real(fd, p, n);
}

/* How much of n still fits; all unless the disk is to be full. */
static size_t
room(int fd, size_t n)
{
	if (kind == NULL || strncmp(kind, "full:", 5) != 0 || fd <= 2)
		return n;
	if ((long)n <= left) {
		left -= (long)n;
		return n;
	}
	n = (size_t)left;
	left = 0;
	if (n == 0)
		happened();
	return n;
}

ssize_t
write(int fd, const void *p, size_t n)
{
	size_t fits;

	if (fd > 2 && now("write")) {
		errno = EIO;
		return -1;
	}
	fits = room(fd, n);
	if (fits == 0 && n > 0) {
		errno = ENOSPC;
		return -1;
	}
	return real_write(fd, p, fits);
}

static ssize_t
pwrite_at(int fd, const void *p, size_t n, off_t at)
{
	static ssize_t (*real)(int, const void *, size_t, off_t);
	size_t fits;

	REAL(real, "pwrite64");
	if (now("write")) {
		errno = EIO;
		return -1;
	}
	fits = room(fd, n);
	if (fits == 0 && n > 0) {
		errno = ENOSPC;
		return -1;
	}
	return real(fd, p, fits, at);
}

ssize_t
pwrite64(int fd, const void *p, size_t n, off64_t at)
{
	return pwrite_at(fd, p, n, (off_t)at);
}

ssize_t
pwrite(int fd, const void *p, size_t n, off_t at)
{
	return pwrite_at(fd, p, n, at);
}

#define SYNC(name)                                                       \
	int name(int fd)                                                 \
	{                                                                \
		static int (*real)(int);                                 \
		REAL(real, #name);                                       \
		if (now("fsync")) {                                      \
			errno = EIO;                                     \
			return -1;                                       \
		}                                                        \
		return real(fd);                                         \
	}
SYNC(fsync)
SYNC(fdatasync)

int
rename(const char *a, const char *b)
{
	static int (*real)(const char *, const char *);

	REAL(real, "rename");
	if (now("rename")) {
		errno = EIO;
		return -1;
	}
	return real(a, b);
}

int
linkat(int ad, const char *a, int bd, const char *b, int flags)
{
	static int (*real)(int, const char *, int, const char *, int);

	REAL(real, "linkat");
	if (now("link")) {
		errno = ENOSPC;
		return -1;
	}
	return real(ad, a, bd, b, flags);
}

void *
malloc(size_t n)
{
	static void *(*real)(size_t);

	REAL(real, "malloc");
	if (now("malloc")) {
		errno = ENOMEM;
		return NULL;
	}
	return real(n);
}
