/*
 * nib-indicator reproduce: reads a provenance file, runs again what it
 * tells of, and compares digests of what was read and written. The output
 * goes nowhere but into its digest. Holds what count or rate holds.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/sandbox.h"
#include "indicator.h"
#include "indicator/sidecar.h"

static const struct option_row rows[] = {
	{ TOOL_OUTPUT, 'o', "output", ">FILE",
	    "write to FILE, which appears only when complete" },
	{ TOOL_NO_HEADER, 0, "no-header", NULL, "leave out the header line" },
	TOOL_COMMON_ROWS, { 0, 0, NULL, NULL, NULL }
};

static const struct option_tool table = {
	"nib-indicator reproduce", "[OPTION...] SIDECAR",
	"Run again what a provenance file tells of, and compare.", rows,
	"  nib-indicator reproduce counts.json\n"
};

/* The arguments of the run, with its output and its account elsewhere. */
static char **
arguments(const struct sidecar *s, const char *account, int *n)
{
	const char *added[4] = { "-o", "/dev/null", "--provenance", account };
	char **argv = mem_array(NULL, s->narguments + 6, sizeof *argv);
	size_t i, k, to = 0;

	argv[to++] = mem_strdup(s->tool);
	/* The last of an option counts; none is after "--". */
	for (i = 0; i < s->narguments && strcmp(s->arguments[i], "--") != 0;
	    i++)
		argv[to++] = mem_strdup(s->arguments[i]);
	for (k = 0; k < 4; k++)
		argv[to++] = mem_strdup(added[k]);
	for (; i < s->narguments; i++)
		argv[to++] = mem_strdup(s->arguments[i]);
	argv[to] = NULL;
	*n = (int)to;
	return argv;
}

/* All that comes out of a pipe. */
static int
drain(int fd, struct buf *to)
{
	ssize_t n;

	do {
		buf_reserve(to, 4096);
		n = read(fd, to->p + to->n, 4096);
		to->n += n > 0 ? (size_t)n : 0;
	} while (n > 0 || (n == -1 && errno == EINTR));
	return n == -1 ? -1 : 0;
}

/* Runs it once more; its account comes through a pipe, not a file. */
static int
again(const struct sidecar *s, struct buf *account, struct fault *f)
{
	int (*part)(int, char **) = strcmp(s->tool, "nib-indicator count") ==
	    0 ? indicator_count : strcmp(s->tool, "nib-indicator rate") == 0 ?
	    indicator_rate : NULL;
	int n, ends[2], status = -1, rc;
	char **argv, path[32];
	pid_t pid, self = getpid();

	if (part == NULL)
		return fault_set(f, "it tells of %s, not of nib-indicator "
		    "count or rate", s->tool);
	if (pipe(ends) == -1)
		return fault_system(f, "cannot make a pipe");
	(void)snprintf(path, sizeof path, "/dev/fd/%d", ends[1]);
	argv = arguments(s, path, &n);
	/* In a process of its own: its sandbox is not this one's. */
	pid = fork();
	if (pid == 0) {
		(void)close(ends[0]);
		sandbox_end_with(self);
		_exit(part(n, argv));
	}
	(void)close(ends[1]);
	rc = pid == -1 ? -1 : drain(ends[0], account);
	(void)close(ends[0]);
	if (pid != -1 && waitpid(pid, &status, 0) == -1)
		status = -1;
	while (n > 0)
		free(argv[--n]);
	free(argv);
	return rc == 0 && status == 0 ? 0 : fault_set(f,
	    "the run failed this time");
}

static enum status
run(void *tool, struct fault *f)
{
	const struct tool *t = tool;
	struct sidecar *was = NULL, *is = NULL;
	struct buf b = { 0 }, account = { 0 };
	enum status rc = TROUBLE;
	size_t differ;

	if (t->npaths != 1) {
		(void)fault_set(f, "reproduce takes one provenance file");
		goto out;
	}
	if ((was = sidecar_open(t->paths[0], f)) == NULL ||
	    again(was, &account, f) == -1 || (is = sidecar_parse(
	    "the account of this run", account.p, account.n, f)) == NULL)
		goto out;
	if (!t->no_header)
		buf_puts(&b, "what,was,is,same\n");
	differ = sidecar_compare(was, is, &b);
	if (sidecar_kept(was, &b, &differ, f) == 0 &&
	    indicator_write(t, NULL, &b, f) == 0)
		rc = differ > 0 ? FINDINGS : CLEAN;
out:
	sidecar_close(was);
	sidecar_close(is);
	buf_free(&b);
	buf_free(&account);
	return rc;
}

static const struct tool_calls calls = { &table, NULL, NULL, run };

int
indicator_reproduce(int argc, char **argv)
{
	struct tool t;

	return tool_main(&calls, &t, &t, argc, argv);
}
