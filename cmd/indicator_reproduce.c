/*
 * nib-indicator reproduce: reads a provenance file, runs again what it
 * tells of, and compares digests of what was read and written. The output
 * goes nowhere but into its digest. Holds what count or rate holds.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"
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

/* Runs it once more, with its account in path. */
static int
again(const struct sidecar *s, const char *path, struct fault *f)
{
	int (*part)(int, char **) = strcmp(s->tool, "nib-indicator count") ==
	    0 ? indicator_count : strcmp(s->tool, "nib-indicator rate") == 0 ?
	    indicator_rate : NULL;
	char *added[4], **argv;
	size_t i, k, n = 0;
	int status = -1;
	pid_t pid;

	if (part == NULL)
		return fault_set(f, "it tells of %s, not of nib-indicator "
		    "count or rate", s->tool);
	added[0] = mem_strdup("-o");
	added[1] = mem_strdup("/dev/null");
	added[2] = mem_strdup("--provenance");
	added[3] = mem_strdup(path);
	argv = mem_array(NULL, s->narguments + 6, sizeof *argv);
	argv[n++] = mem_strdup(s->tool);
	/* The last of an option counts; none is after "--". */
	for (i = 0; i < s->narguments && strcmp(s->arguments[i], "--") != 0;
	    i++)
		argv[n++] = mem_strdup(s->arguments[i]);
	for (k = 0; k < 4; k++)
		argv[n++] = added[k];
	for (; i < s->narguments; i++)
		argv[n++] = mem_strdup(s->arguments[i]);
	argv[n] = NULL;
	/* In a process of its own: its sandbox is not this one's. */
	pid = fork();
	if (pid == 0)
		_exit(part((int)n, argv));
	if (pid == -1 || waitpid(pid, &status, 0) == -1)
		status = -1;
	for (i = 0; i < n; i++)
		free(argv[i]);
	free(argv);
	return status == 0 ? 0 : fault_set(f, "the run failed this time");
}

static enum status
run(void *tool, struct fault *f)
{
	const struct tool *t = tool;
	const char *dir = getenv("TMPDIR");
	struct sidecar *was = NULL, *is = NULL;
	struct buf b = { 0 };
	char *path;
	enum status rc = TROUBLE;
	int fd;
	size_t differ;

	path = mem_printf("%s/nib-reproduce.XXXXXX", dir != NULL && *dir !=
	    '\0' ? dir : "/tmp");
	fd = mkstemp(path);
	if (fd == -1) {
		(void)fault_file(f, path, "cannot create");
		free(path);
		return TROUBLE;
	}
	(void)close(fd);
	if (t->npaths != 1) {
		(void)fault_set(f, "reproduce takes one provenance file");
		goto out;
	}
	if ((was = sidecar_open(t->paths[0], f)) == NULL ||
	    again(was, path, f) == -1 || (is = sidecar_open(path, f)) == NULL)
		goto out;
	if (!t->no_header)
		buf_puts(&b, "what,was,is,same\n");
	differ = sidecar_compare(was, is, &b);
	if (indicator_write(t, NULL, &b, f) == 0)
		rc = differ > 0 ? FINDINGS : CLEAN;
out:
	(void)unlink(path);
	free(path);
	sidecar_close(was);
	sidecar_close(is);
	buf_free(&b);
	return rc;
}

static const struct tool_calls calls = { &table, NULL, NULL, run };

int
indicator_reproduce(int argc, char **argv)
{
	struct tool t;

	return tool_main(&calls, &t, &t, argc, argv);
}
