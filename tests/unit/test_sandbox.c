/*
 * What a process in the sandbox can still do, and what not. Each child tries
 * one thing before and after: what it asks of the system is its own.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/outfile.h"
#include "base/sandbox.h"

static char folder[] = "/tmp/nib-sandbox.XXXXXX";

static const char *
at(const char *name)
{
	static char path[4][256];
	static int i;
	char *p = path[i++ & 3];

	(void)snprintf(p, sizeof path[0], "%s/%s", folder, name);
	return p;
}

/* Each returns 0 when it was let, else the error. */

static int
open_for(const char *path, int flags)
{
	int fd = open(path, flags, 0600);

	if (fd == -1)
		return errno;
	(void)close(fd);
	return 0;
}

static int
read_input(void)
{
	return open_for(at("in/a.csv"), O_RDONLY);
}

static int
read_other(void)
{
	return open_for(at("in/b.csv"), O_RDONLY);
}

static int
read_passwords(void)
{
	return open_for("/etc/passwd", O_RDONLY);
}

static int
change_input(void)
{
	return open_for(at("in/a.csv"), O_WRONLY);
}

static int
make_elsewhere(void)
{
	return open_for(at("new"), O_WRONLY | O_CREAT | O_EXCL);
}

static int
remove_other(void)
{
	return unlink(at("in/b.csv")) == 0 ? 0 : errno;
}

/* As the tools write: without a name, then linked, renamed, synced. */
static int
write_output(void)
{
	struct fault f = FAULT_NONE;
	struct buf b = { 0 };
	int rc;

	buf_puts(&b, "a\n");
	rc = outfile_whole(at("out/o.csv"), &b, &f);
	buf_free(&b);
	return rc == 0 ? 0 : EIO;
}

static int
read_output(void)
{
	return open_for(at("out/old"), O_RDONLY);
}

static int
journal(void)
{
	int rc = open_for(at("work/j"), O_RDWR | O_CREAT | O_EXCL);

	return rc != 0 ? rc : unlink(at("work/j")) == 0 ? 0 : errno;
}

static int
run_program(void)
{
	char *const argv[] = { (char *)(uintptr_t)"true", NULL };
	char *const none[] = { NULL };

	(void)execve("/bin/true", argv, none);
	return errno;
}

static int
fork_child(void)
{
	pid_t pid = fork();

	if (pid == -1)
		return errno;
	if (pid == 0)
		_exit(0);
	(void)waitpid(pid, NULL, 0);
	return 0;
}

static int
go_online(void)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
		.sin_port = htons(9) };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (fd == -1)
		return errno;
	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (connect(fd, (const struct sockaddr *)&to, sizeof to) == -1 &&
	    errno != ECONNREFUSED) {
		(void)close(fd);
		return errno;
	}
	(void)close(fd);
	return 0;
}

static int
look_into_parent(void)
{
	return ptrace(PTRACE_SEIZE, getppid(), 0, 0) == 0 ? 0 : errno;
}

static int
signal_parent(void)
{
	return kill(getppid(), 0) == 0 ? 0 : errno;
}

static void *
nothing(void *arg)
{
	return arg;
}

static int
start_thread(void)
{
	pthread_t t;
	int rc = pthread_create(&t, NULL, nothing, NULL);

	return rc != 0 ? rc : pthread_join(t, NULL);
}

static int
big_memory(void)
{
	void *p = malloc((size_t)64 << 20);

	if (p == NULL)
		return ENOMEM;
	memset(p, 1, (size_t)64 << 20);
	free(p);
	return 0;
}

static const struct {
	const char *what;
	int (*can)(void);
	int allowed; /* in the sandbox */
} tries[] = {
	{ "read an input", read_input, 1 },
	{ "read another file beside it", read_other, 0 },
	{ "read a file of the system", read_passwords, 0 },
	{ "change an input", change_input, 0 },
	{ "make a file elsewhere", make_elsewhere, 0 },
	{ "remove a file", remove_other, 0 },
	{ "write an output", write_output, 1 },
	{ "read beside the output", read_output, 0 },
	{ "make and remove a journal", journal, 1 },
	{ "run a program", run_program, 0 },
	{ "start a process", fork_child, 0 },
	{ "open a connection", go_online, 0 },
	{ "look into another process", look_into_parent, 0 },
	{ "signal another process", signal_parent, 0 },
	{ "start a thread", start_thread, 1 },
	{ "get memory", big_memory, 1 },
};
#define NTRIES (sizeof tries / sizeof tries[0])

static int
enter(int required)
{
	struct fault f = FAULT_NONE;
	struct sandbox *s = sandbox_new();
	int rc;

	sandbox_read(s, at("in/a.csv"));
	sandbox_read(s, "/no/such/file");
	sandbox_write(s, at("out/o.csv"));
	sandbox_work(s, at("work"));
	sandbox_write(s, "-");
	sandbox_read(s, NULL);
	rc = sandbox_enter(s, required, &f);
	sandbox_free(s);
	return rc;
}

/* 0: let; 1: not; 2: no sandbox here. */
static int
child(size_t i, int inside)
{
	int status;
	pid_t pid = fork();

	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		if (inside && enter(1) == -1)
			_exit(2);
		_exit(tries[i].can() == 0 ? 0 : 1);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_msg(WIFEXITED(status), "%s: signal", tries[i].what);
	return WEXITSTATUS(status);
}

START_TEST(each)
{
	int rc = child((size_t)_i, 1);

	if (rc == 2) {
		(void)printf("skipped: no sandbox on this system: %s\n",
		    tries[_i].what);
		return;
	}
	ck_assert_msg(rc == !tries[_i].allowed, "%s: %s", tries[_i].what,
	    rc == 0 ? "was let" : "was not let");
	/* Outside it can be done: it is the sandbox that says no. */
	if (tries[_i].can == look_into_parent || /* may be forbidden anyway */
	    tries[_i].can == run_program) /* does not come back: status 0 */
		return;
	ck_assert_msg(child((size_t)_i, 0) == 0, "%s: not even without",
	    tries[_i].what);
	(void)unlink(at("new"));
	(void)close(open(at("in/b.csv"), O_CREAT | O_WRONLY, 0600));
}
END_TEST

/* Where there is none a tool goes on, unless told to insist. */
START_TEST(best_effort)
{
	int status;
	pid_t pid = fork();

	ck_assert_int_ge(pid, 0);
	if (pid == 0)
		_exit(enter(0) == 0 && read_input() == 0 ? 0 : 1);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}
END_TEST

int
main(void)
{
	static const char *const files[] = { "in/a.csv", "in/b.csv",
		"out/old" };
	Suite *s = suite_create("sandbox");
	TCase *t = tcase_create("sandbox");
	SRunner *r;
	char command[128];
	size_t i;
	int failed;

	if (mkdtemp(folder) == NULL)
		return 99;
	(void)snprintf(command, sizeof command, "mkdir %s/in %s/out %s/work",
	    folder, folder, folder);
	if (system(command) != 0)
		return 99;
	for (i = 0; i < sizeof files / sizeof files[0]; i++)
		(void)close(open(at(files[i]), O_CREAT | O_WRONLY, 0600));
	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, each, 0, (int)NTRIES);
	tcase_add_test(t, best_effort);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	(void)snprintf(command, sizeof command, "rm -rf %s", folder);
	if (system(command) != 0)
		return 1;
	return failed == 0 ? 0 : 1;
}
