/* After its files are open, a process needs little of the system. */
#define _GNU_SOURCE /* O_PATH, syscall */
#include "base/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"

#ifdef __linux__
#include <sys/prctl.h>
#include <sys/syscall.h>
#endif
#if defined(HAVE_LINUX_LANDLOCK_H) && defined(SYS_landlock_restrict_self) && \
    !defined(NIB_SANITIZED)
#include <linux/landlock.h>
#define WITH_LANDLOCK 1
#endif
#if defined(HAVE_SECCOMP) && !defined(NIB_SANITIZED)
#include <sched.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#define WITH_SECCOMP 1
#endif

enum use { READ, WRITE, WORK };

struct sandbox {
	struct {
		int fd;
		enum use use;
		int directory;
	} *places;
	size_t n;
};

struct sandbox *
sandbox_new(void)
{
	return mem_zero(1, sizeof(struct sandbox));
}

void
sandbox_free(struct sandbox *s)
{
	size_t i;

	if (s == NULL)
		return;
	for (i = 0; i < s->n; i++)
		(void)close(s->places[i].fd);
	free(s->places);
	free(s);
}

/* What is not there cannot be opened later either. */
static void
add(struct sandbox *s, const char *path, enum use use)
{
#ifdef WITH_LANDLOCK
	struct stat st;
	int fd = open(path, O_PATH | O_CLOEXEC);

	if (fd == -1 || fstat(fd, &st) == -1) {
		if (fd != -1)
			(void)close(fd);
		return;
	}
	s->places = mem_array(s->places, s->n + 1, sizeof *s->places);
	s->places[s->n].fd = fd;
	s->places[s->n].use = use;
	s->places[s->n++].directory = S_ISDIR(st.st_mode);
#else
	(void)s;
	(void)path;
	(void)use;
#endif
}

static int
named(const char *path)
{
	return path != NULL && path[0] != '\0' && strcmp(path, "-") != 0;
}

void
sandbox_read(struct sandbox *s, const char *path)
{
	if (named(path))
		add(s, path, READ);
}

void
sandbox_work(struct sandbox *s, const char *path)
{
	if (named(path))
		add(s, path, WORK);
}

static void
add_parent(struct sandbox *s, const char *path, enum use use)
{
	const char *slash = strrchr(path, '/');
	char *dir = slash == NULL ? mem_strdup(".") : mem_strndup(path,
	    slash == path ? 1 : (size_t)(slash - path));

	add(s, dir, use);
	free(dir);
}

void
sandbox_beside(struct sandbox *s, const char *path)
{
	if (named(path))
		add_parent(s, path, WORK);
}

void
sandbox_write(struct sandbox *s, const char *path)
{
	struct stat st;

	if (!named(path))
		return;
	if (stat(path, &st) == 0 && !S_ISREG(st.st_mode))
		add(s, path, WRITE);
	else
		add_parent(s, path, WRITE);
}

#ifdef WITH_LANDLOCK

/* Of later kernels than the headers may be. */
#define REFER (UINT64_C(1) << 13)
#define TRUNCATE (UINT64_C(1) << 14)
#define NET_BOTH UINT64_C(3) /* bind and connect, TCP */

struct ruleset { /* struct landlock_ruleset_attr since ABI 4 */
	uint64_t fs, net;
};

static const uint64_t read_file = LANDLOCK_ACCESS_FS_READ_FILE;
static const uint64_t read_dir = LANDLOCK_ACCESS_FS_READ_DIR;
static const uint64_t write_file = LANDLOCK_ACCESS_FS_WRITE_FILE | TRUNCATE;
static const uint64_t change_dir = LANDLOCK_ACCESS_FS_MAKE_REG |
    LANDLOCK_ACCESS_FS_REMOVE_FILE | REFER;

static int
allow(int ruleset, int fd, enum use use, int directory, uint64_t known)
{
	struct landlock_path_beneath_attr rule = { .parent_fd = fd };

	rule.allowed_access = use == WRITE ? write_file : read_file;
	if (use == WORK)
		rule.allowed_access |= write_file;
	if (directory)
		rule.allowed_access |= read_dir |
		    (use != READ ? change_dir : 0);
	rule.allowed_access &= known;
	return syscall(SYS_landlock_add_rule, ruleset,
	    LANDLOCK_RULE_PATH_BENEATH, &rule, 0U) == 0 ? 0 : -1;
}

/* All that the kernel can forbid is, but what is in places. */
static int
forbid_files(const struct sandbox *s)
{
	long abi = syscall(SYS_landlock_create_ruleset, NULL, (size_t)0,
	    LANDLOCK_CREATE_RULESET_VERSION);
	struct ruleset set = { 0, 0 };
	int ruleset, rc = 0;
	size_t i;

	if (abi < 1)
		return -1;
	set.fs = abi >= 3 ? 0x7fff : abi == 2 ? 0x3fff : 0x1fff;
	if (abi >= 4)
		set.net = NET_BOTH;
	ruleset = (int)syscall(SYS_landlock_create_ruleset, &set,
	    abi >= 4 ? sizeof set : sizeof set.fs, 0U);
	if (ruleset == -1)
		return -1;
	for (i = 0; rc == 0 && i < s->n; i++)
		rc = allow(ruleset, s->places[i].fd, s->places[i].use,
		    s->places[i].directory, set.fs);
	if (rc == 0)
		rc = syscall(SYS_landlock_restrict_self, ruleset, 0U) == 0 ?
		    0 : -1;
	(void)close(ruleset);
	return rc;
}

#else

static int
forbid_files(const struct sandbox *s)
{
	(void)s;
	return -1;
}

#endif

#ifdef WITH_SECCOMP

#define CALL(name) SCMP_SYS(name)

/* What reading, computing in threads, SQLite and outfile take. */
static const int calls[] = {
	CALL(read), CALL(readv), CALL(pread64), CALL(write), CALL(writev),
	CALL(pwrite64), CALL(lseek), CALL(close), CALL(fsync),
	CALL(fdatasync), CALL(ftruncate), CALL(fallocate), CALL(fadvise64),
	CALL(fcntl), CALL(flock), CALL(dup), CALL(dup2), CALL(dup3),
	CALL(open), CALL(openat), CALL(stat), CALL(fstat), CALL(lstat),
	CALL(newfstatat), CALL(statx), CALL(fstatfs), CALL(statfs),
	CALL(access), CALL(faccessat), CALL(faccessat2), CALL(readlink),
	CALL(readlinkat), CALL(getdents64), CALL(getcwd), CALL(linkat),
	CALL(link), CALL(rename), CALL(renameat), CALL(renameat2),
	CALL(unlink), CALL(unlinkat), CALL(fchmod), CALL(fchown),
	CALL(umask), CALL(mmap), CALL(munmap), CALL(mremap),
	CALL(mprotect), CALL(madvise), CALL(mlock), CALL(munlock),
	CALL(brk), CALL(futex), CALL(set_robust_list), CALL(rseq),
	CALL(set_tid_address), CALL(exit), CALL(exit_group),
	CALL(rt_sigaction), CALL(rt_sigprocmask), CALL(rt_sigreturn),
	CALL(sigaltstack), CALL(getpid), CALL(gettid), CALL(getuid),
	CALL(geteuid), CALL(getgid), CALL(getegid), CALL(getrandom),
	CALL(clock_gettime), CALL(clock_getres), CALL(gettimeofday),
	CALL(time), CALL(clock_nanosleep), CALL(nanosleep),
	CALL(restart_syscall), CALL(sched_getaffinity), CALL(sched_yield),
	CALL(getrlimit), CALL(getrusage), CALL(sysinfo), CALL(uname),
	CALL(poll), CALL(ppoll), CALL(membarrier),
};

/* Of these a program may ask, and is told no. */
static const int refused[] = {
	CALL(execve), CALL(execveat), CALL(fork), CALL(vfork), CALL(ptrace),
	CALL(process_vm_readv), CALL(process_vm_writev), CALL(kill),
	CALL(tkill), CALL(socket), CALL(socketpair), CALL(connect),
	CALL(bind), CALL(listen), CALL(sendto), CALL(sendmsg), CALL(mount),
	CALL(chmod), CALL(chown), CALL(keyctl), CALL(bpf),
	CALL(perf_event_open), CALL(io_uring_setup),
};

static const unsigned long terminal[] = { TCGETS, TIOCGWINSZ, FIONREAD };

/*
 * A call that is in no list is answered as by a kernel that has not got it:
 * a C library that tries a newer one first then falls back.
 */
static int
forbid_calls(void)
{
	scmp_filter_ctx c = seccomp_init(SCMP_ACT_ERRNO(ENOSYS));
	uint32_t no = SCMP_ACT_ERRNO(EPERM);
	size_t i;
	int rc = 0;

	if (c == NULL)
		return -1;
	/* Calls that this processor has not got are passed over. */
	for (i = 0; i < sizeof calls / sizeof calls[0]; i++)
		if (calls[i] >= 0)
			rc |= seccomp_rule_add(c, SCMP_ACT_ALLOW, calls[i],
			    0);
	for (i = 0; i < sizeof refused / sizeof refused[0]; i++)
		if (refused[i] >= 0)
			rc |= seccomp_rule_add(c, no, refused[i], 0);
	for (i = 0; i < sizeof terminal / sizeof terminal[0]; i++)
		rc |= seccomp_rule_add(c, SCMP_ACT_ALLOW, CALL(ioctl), 1,
		    SCMP_A1(SCMP_CMP_EQ, terminal[i], 0));
	/* Threads, but no processes; clone3 cannot be looked into. */
	rc |= seccomp_rule_add(c, SCMP_ACT_ALLOW, CALL(clone), 1,
	    SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD, CLONE_THREAD));
	rc |= seccomp_rule_add(c, no, CALL(clone), 1,
	    SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD, 0));
	/* A signal to itself: abort, and SIGPIPE of a filter. */
	rc |= seccomp_rule_add(c, SCMP_ACT_ALLOW, CALL(tgkill), 1,
	    SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)getpid(), 0));
	rc |= seccomp_rule_add(c, SCMP_ACT_ALLOW, CALL(prlimit64), 1,
	    SCMP_A2(SCMP_CMP_EQ, 0, 0));
	if (rc == 0)
		rc = seccomp_load(c);
	seccomp_release(c);
	return rc == 0 ? 0 : -1;
}

#else

static int
forbid_calls(void)
{
	return -1;
}

#endif

int
sandbox_enter(struct sandbox *s, int required, struct fault *f)
{
	struct rlimit none = { 0, 0 };
	int files, calls_too;

	(void)setrlimit(RLIMIT_CORE, &none);
#ifdef PR_SET_NO_NEW_PRIVS
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1 && required)
		return fault_system(f, "cannot enter a sandbox");
#endif
	files = forbid_files(s);
	calls_too = forbid_calls();
	if (!required)
		return 0;
	if (files == -1)
		return fault_set(f, "no sandbox: this system or build has no "
		    "Landlock");
	if (calls_too == -1)
		return fault_set(f, "no sandbox: this system or build has no "
		    "seccomp");
	return 0;
}

void
sandbox_end_with(pid_t parent)
{
#ifdef PR_SET_PDEATHSIG
	(void)prctl(PR_SET_PDEATHSIG, SIGTERM, 0, 0, 0);
#endif
	/* It may have gone before that was said. */
	if (getppid() != parent)
		(void)raise(SIGTERM);
}
