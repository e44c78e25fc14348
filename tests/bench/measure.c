/*
 * measure OUT RUNS COMMAND [ARG...]: runs a command RUNS times, its output
 * to the file OUT, and prints of the run with the least processor time:
 * wall seconds, processor seconds (user and system, of the command and
 * those it waited for), peak memory in KiB, exit status.
 */
#define _DEFAULT_SOURCE /* wait4 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct result {
	double wall, cpu;
	long peak_kib;
	int status;
};

static double
now(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double
seconds(struct timeval t)
{
	return (double)t.tv_sec + (double)t.tv_usec / 1e6;
}

static int
run(const char *out, char **argv, struct result *r)
{
	struct rusage u;
	double start = now();
	int status, fd;
	pid_t pid = fork();

	if (pid == -1)
		return -1;
	if (pid == 0) {
		fd = open(out, O_WRONLY | O_CREAT | O_TRUNC, 0666);
		if (fd == -1 || dup2(fd, STDOUT_FILENO) == -1)
			_exit(126);
		(void)execvp(argv[0], argv);
		_exit(127);
	}
	if (wait4(pid, &status, 0, &u) == -1)
		return -1;
	r->wall = now() - start;
	r->cpu = seconds(u.ru_utime) + seconds(u.ru_stime);
	r->peak_kib = u.ru_maxrss;
	r->status = WIFEXITED(status) ? WEXITSTATUS(status) : 128;
	return 0;
}

int
main(int argc, char **argv)
{
	struct result r, best = { 0, 0, 0, 0 };
	long i, runs;

	if (argc < 4 || (runs = strtol(argv[2], NULL, 10)) < 1)
		return 2;
	for (i = 0; i < runs; i++) {
		if (run(argv[1], argv + 3, &r) == -1) {
			perror("measure");
			return 2;
		}
		if (i == 0 || r.cpu < best.cpu || r.status > 1)
			best = r;
		if (r.status > 1)
			break;
	}
	(void)printf("%.3f %.3f %ld %d\n", best.wall, best.cpu, best.peak_kib,
	    best.status);
	return 0;
}
