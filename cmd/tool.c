/* What every command does alike. */
#include "tool.h"

#include <stdio.h>
#include <string.h>

#include "base/num.h"

struct context {
	struct tool *t;
	int (*set)(void *, int, const char *, struct fault *);
	void *arg;
	int answered;
};

static int
delimiter(const char *v, char *to, struct fault *f)
{
	if (strcmp(v, "tab") == 0 || strcmp(v, "\\t") == 0)
		*to = '\t';
	else if (strlen(v) == 1 && strchr("\"\r\n", v[0]) == NULL &&
	    (unsigned char)v[0] < 0x80)
		*to = v[0];
	else
		return fault_set(f, "--delimiter needs one ASCII character "
		    "or the word tab");
	return 0;
}

static int
option(void *arg, int id, const char *v, struct fault *f)
{
	struct context *c = arg;
	struct tool *t = c->t;
	uint64_t size;
	int64_t n;

	switch (id) {
	case TOOL_OUTPUT:
		t->output = v;
		return 0;
	case TOOL_DELIMITER:
		return delimiter(v, &t->csv.delimiter, f);
	case TOOL_COLUMNS:
		t->csv.columns = v;
		return 0;
	case TOOL_NO_HEADER:
		t->no_header = 1;
		return 0;
	case TOOL_MAX_RECORD:
		if (num_size(v, &size) == -1 || size < 1024 ||
		    size > (uint64_t)1 << 30)
			return fault_set(f, "--max-record needs a size from "
			    "1K to 1G");
		t->csv.max_record = (size_t)size;
		return 0;
	case TOOL_JOBS:
		if (num_in_range(v, 1, 1024, &n) == -1)
			return fault_set(f, "--jobs needs a number from 1 to "
			    "1024");
		t->jobs = (unsigned)n;
		return 0;
	case TOOL_PROVENANCE:
		t->provenance = v;
		return 0;
	case TOOL_QUIET:
		t->quiet = 1;
		msg_quiet(1);
		return 0;
	case TOOL_HELP:
		option_help(t->table, stdout);
		c->answered = 1;
		return -1;
	case TOOL_VERSION:
		(void)printf("%s %s\n", t->table->name, NIB_VERSION);
		c->answered = 1;
		return -1;
	case TOOL_COMPLETION:
		if (option_completion(t->table, v, stdout) == -1)
			return fault_set(f, "--completion knows bash, zsh and "
			    "fish");
		c->answered = 1;
		return -1;
	default:
		return c->set(c->arg, id, v, f);
	}
}

int
tool_parse(struct tool *t, const struct option_tool *table, int argc,
    char **argv, int (*set)(void *, int, const char *, struct fault *),
    void *arg, struct fault *f)
{
	struct context c = { t, set, arg, 0 };
	int first = 0;

	memset(t, 0, sizeof *t);
	t->table = table;
	t->csv.delimiter = ',';
	t->argc = argc;
	t->argv = argv;
	msg_start(table->name);
	if (option_parse(table, argc, argv, option, &c, &first, f) == -1) {
		if (!c.answered)
			return -1;
		if (fflush(stdout) != 0 || fclose(stdout) != 0)
			return fault_file(f, "standard output",
			    "cannot write");
		return 1;
	}
	t->paths = (const char *const *)(argv + first);
	t->npaths = (size_t)(argc - first);
	return 0;
}

struct csv_reader *
tool_input(const struct tool *t, struct fault *f)
{
	return csv_open(t->paths, t->npaths, &t->csv, f);
}

int
tool_end(enum status status, const struct fault *f)
{
	if (f->set) {
		msg_fault(f);
		return TROUBLE;
	}
	return (int)status;
}
