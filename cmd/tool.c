/* What every command does alike. */
#include "tool.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/nearest.h"
#include "base/num.h"
#include "base/share.h"
#include "privacy/secret.h"

struct context {
	struct tool *t;
	const struct tool_calls *calls;
	void *options;
	int answered;
};

int
tool_delimiter(const char *v, char *to, struct fault *f)
{
	if (strcmp(v, "tab") == 0 || strcmp(v, "\\t") == 0)
		*to = '\t';
	else if (strlen(v) == 1 && strchr("\"\r\n", v[0]) == NULL &&
	    (unsigned char)v[0] < 0x80)
		*to = v[0];
	else
		return fault_set(f, "a delimiter is one ASCII character "
		    "or the word tab");
	return 0;
}

/* The file that an option names, if it does: see base/option.h. */
static void
add_file(struct tool *t, int id, const char *v)
{
	const struct option_row *r = t->table->rows;
	const char *eq;

	while (r->id != id)
		r++;
	if (r->value == option_argument(r) ||
	    (r->value[0] == '?' && !share_is_path(v)))
		return;
	if (strchr(r->value, '=') != NULL && (eq = strchr(v, '=')) != NULL)
		v = eq + 1;
	filenames_add(&t->files, r->value[0] == '>' ? FILENAME_WRITTEN :
	    FILENAME_READ, r->name, v, strchr(r->value, ':') != NULL ?
	    strcspn(v, ":") : strlen(v));
}

static int
option(void *arg, int id, const char *v, struct fault *f)
{
	struct context *c = arg;
	struct tool *t = c->t;
	uint64_t size;
	int64_t n;

	add_file(t, id, v);
	switch (id) {
	case TOOL_OUTPUT:
		t->output = v;
		return 0;
	case TOOL_DELIMITER:
		return tool_delimiter(v, &t->csv.delimiter, f);
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
	case TOOL_FIRST_RECORD:
		if (num_in_range(v, 1, INT64_MAX / 2, &n) == -1)
			return fault_set(f, "--first-record needs a number "
			    "from 1");
		t->csv.first_record = (uint64_t)n;
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
		if (strcmp(v, "words") == 0)
			option_words(t->table, stdout);
		else if (strchr(t->table->name, ' ') != NULL)
			return fault_set(f, "--completion %.10s belongs "
			    "before the part, and covers all parts", v);
		else if (option_completion(t->table, v, stdout) == -1)
			return fault_set(f, "--completion knows bash, zsh and "
			    "fish");
		c->answered = 1;
		return -1;
	default:
		return c->calls->set(c->options, id, v, f);
	}
}

/*
 * A standard descriptor that is closed is held by one that can be neither
 * read nor written as it should: else the next file opened would have its
 * number, and get the records or the messages.
 */
static int
hold_standard(struct fault *f)
{
	int fd;

	for (fd = 0; fd <= 2; fd++)
		if (fcntl(fd, F_GETFD) == -1 && errno == EBADF &&
		    open("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY) != fd)
			return fault_file(f, "/dev/null", "cannot open");
	return 0;
}

/* 0: go on; 1: answered (--help, --version); -1: fault. */
static int
parse(const struct tool_calls *calls, struct tool *t, void *options, int argc,
    char **argv, struct fault *f)
{
	struct context c = { t, calls, options, 0 };
	int first = 0;

	memset(t, 0, sizeof *t);
	t->table = calls->table;
	t->csv.delimiter = ',';
	t->argc = argc;
	t->argv = argv;
	msg_start(t->table->name);
	if (hold_standard(f) == -1)
		return -1;
	/* A file that may grow no more (ulimit -f) is an error to report. */
	(void)signal(SIGXFSZ, SIG_IGN);
	if (option_parse(t->table, argc, argv, option, &c, &first, f) == -1)
		return c.answered ? 1 : -1;
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
tool_verb(struct tool *t, const char *const *names, struct fault *f)
{
	char hint[NEAREST_HINT];
	const char *verb;
	int k;

	if (t->npaths == 0)
		return fault_set(f, "say what to do (see %s --help)",
		    t->table->name);
	verb = *t->paths++;
	t->npaths--;
	for (k = 0; names[k] != NULL; k++)
		if (strcmp(verb, names[k]) == 0)
			return k;
	return fault_set(f, "no command %.40s%s (see %s --help)", verb,
	    nearest_hint(verb, names, NEAREST_ALL, hint), t->table->name);
}

int
tool_verb_takes(const struct tool *t, const char *verb, unsigned given,
    unsigned takes, struct fault *f)
{
	const struct option_row *r;
	unsigned wrong = (given | (t->output != NULL)) & ~takes, bit;

	for (r = t->table->rows; r->id != 0; r++) {
		bit = r->id == TOOL_OUTPUT ? 1u :
		    r->id < 32 ? 1u << r->id : 0;
		if ((wrong & bit) != 0)
			return fault_set(f, "%s takes no --%s", verb,
			    r->name);
	}
	return 0;
}

/* What is wrong in one message, and the status. */
static int
end(enum status status, struct fault *f)
{
	/* What went out without an outfile, such as help. */
	if (status != TROUBLE && (fflush(stdout) != 0 || ferror(stdout)))
		(void)fault_file(f, "standard output", "cannot write");
	if (secret_unlocked())
		msg_warn("keys could not be kept out of swap, see "
		    "RLIMIT_MEMLOCK; --require-mlock makes it a fault");
	if (f->set) {
		msg_fault(f);
		return TROUBLE;
	}
	return (int)status;
}

/* Before anything is opened: no output is another file that is named. */
static int
apart(struct tool *t, struct fault *f)
{
	size_t i;

	for (i = 0; i < t->npaths; i++)
		filenames_add(&t->files, FILENAME_READ, NULL, t->paths[i],
		    strlen(t->paths[i]));
	if (t->output == NULL && !t->no_output)
		filenames_add(&t->files, FILENAME_WRITTEN, NULL, "-", 1);
	return filenames_apart(&t->files, f);
}

int
tool_main(const struct tool_calls *c, struct tool *t, void *options,
    int argc, char **argv)
{
	struct fault f = FAULT_NONE;
	enum status status = TROUBLE;
	int rc = parse(c, t, options, argc, argv, &f);

	if (rc == 1)
		status = CLEAN;
	else if (rc == 0 && (c->check == NULL ||
	    c->check(options, &f) == 0) && apart(t, &f) == 0)
		status = c->run(options, &f);
	filenames_free(&t->files);
	return end(status, &f);
}

static void
parts_help(const struct tool_parts *t, FILE *to)
{
	const struct tool_part *p;

	(void)fprintf(to, "Usage: %s PART %s\n\n%s\n\n", t->name, t->synopsis,
	    t->purpose);
	for (p = t->parts; p->name != NULL; p++)
		(void)fprintf(to, "  %-10s %s\n", p->name, p->purpose);
	(void)fprintf(to, "\n%s PART --help has the options of a part. "
	    "Examples:\n%s", t->name, t->examples);
}

/*
 * Completion of the part's name; its options are asked of the part itself,
 * so that they are written down once.
 */
static int
parts_completion(const struct tool_parts *t, const char *shell)
{
	const struct tool_part *p;
	const char *name = t->name;

	if (strcmp(shell, "bash") == 0) {
		(void)printf("_%s() {\n\tlocal words='", name);
		for (p = t->parts; p->name != NULL; p++)
			(void)printf("%s ", p->name);
		(void)printf("--help --version'\n"
		    "\tif [ \"$COMP_CWORD\" -gt 1 ]; then\n"
		    "\t\twords=$(%s \"${COMP_WORDS[1]}\" --completion words "
		    "2>/dev/null)\n\tfi\n"
		    "\tCOMPREPLY=($(compgen -W \"$words\" -- \"$2\"))\n}\n"
		    "complete -o default -o bashdefault -F _%s %s\n", name,
		    name, name);
	} else if (strcmp(shell, "zsh") == 0) {
		(void)printf("#compdef %s\nif (( CURRENT == 2 )); then\n"
		    "\tcompadd --", name);
		for (p = t->parts; p->name != NULL; p++)
			(void)printf(" %s", p->name);
		(void)printf(" --help --version\nelse\n"
		    "\tcompadd -- $(%s $words[2] --completion words "
		    "2>/dev/null)\n\t_files\nfi\n", name);
	} else if (strcmp(shell, "fish") == 0) {
		for (p = t->parts; p->name != NULL; p++)
			(void)printf("complete -c %s -n __fish_use_subcommand "
			    "-a %s -d '%s'\n", name, p->name, p->purpose);
		(void)printf("complete -c %s -n 'not __fish_use_subcommand' "
		    "-a '(%s (commandline -opc)[2] --completion words "
		    "2>/dev/null)'\n", name, name);
	} else {
		return -1;
	}
	return 0;
}

/* What begins with a dash before the part: 0 if it was answered. */
static int
parts_option(const struct tool_parts *t, int argc, char **argv)
{
	if (strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "--help") == 0)
		parts_help(t, stdout);
	else if (strcmp(argv[1], "-V") == 0 ||
	    strcmp(argv[1], "--version") == 0)
		(void)printf("%s %s\n", t->name, NIB_VERSION);
	else if (strcmp(argv[1], "--completion") != 0 || argc != 3 ||
	    parts_completion(t, argv[2]) == -1)
		return -1;
	return 0;
}

int
tool_parts(const struct tool_parts *t, int argc, char **argv)
{
	const char *names[32];
	char hint[NEAREST_HINT];
	struct fault f = FAULT_NONE;
	size_t i;

	msg_start(t->name);
	if (hold_standard(&f) == -1)
		return end(TROUBLE, &f);
	if (argc < 2) {
		parts_help(t, stderr);
		return TROUBLE;
	}
	for (i = 0; t->parts[i].name != NULL; i++)
		if (strcmp(argv[1], t->parts[i].name) == 0)
			return t->parts[i].run(argc - 1, argv + 1);
	if (parts_option(t, argc, argv) == 0)
		return end(CLEAN, &f);
	for (i = 0; t->parts[i].name != NULL && i + 1 <
	    sizeof names / sizeof names[0]; i++)
		names[i] = t->parts[i].name;
	msg_error("no part %s%s (see %s --help)", argv[1],
	    nearest_hint(argv[1], names, i, hint), t->name);
	return TROUBLE;
}
