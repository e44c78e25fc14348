/* One table per tool: parsing, help, completions. */
#include "base/option.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "base/nearest.h"

static int
wrong(const struct option_tool *t, const char *word, struct fault *f)
{
	const char *names[128], *near;
	char name[64];
	size_t n = 0, i;

	if (word[0] != '-' || word[1] != '-')
		return fault_set(f, "no option %.40s (see %s --help)", word,
		    t->name);
	(void)snprintf(name, sizeof name, "%.*s",
	    (int)strcspn(word + 2, "="), word + 2);
	for (i = 0; t->rows[i].id != 0 && n < 127; i++)
		if (t->rows[i].name != NULL)
			names[n++] = t->rows[i].name;
	near = nearest(name, names, n);
	if (near != NULL)
		return fault_set(f, "no option --%s; did you mean --%s?",
		    name, near);
	return fault_set(f, "no option --%s (see %s --help)", name, t->name);
}

int
option_parse(const struct option_tool *t, int argc, char **argv,
    int (*set)(void *, int, const char *, struct fault *), void *arg,
    int *first, struct fault *f)
{
	struct option longs[128];
	char letters[300];
	size_t nl = 0, n, i;
	int c, at, rc = 0;

	letters[nl++] = ':';
	for (n = 0; t->rows[n].id != 0; n++) {
		const struct option_row *r = &t->rows[n];

		longs[n].name = r->name;
		longs[n].has_arg = r->value != NULL;
		longs[n].flag = NULL;
		longs[n].val = 1000 + (int)n;
		if (r->letter > OPTION_MORE) {
			letters[nl++] = r->letter;
			if (r->value != NULL)
				letters[nl++] = ':';
		}
	}
	memset(&longs[n], 0, sizeof longs[n]);
	letters[nl] = '\0';
	opterr = 0;
	optind = 0; /* start afresh: 1 keeps the place in a word */
	for (;;) {
		at = optind;
		c = getopt_long(argc, argv, letters, longs, NULL);
		if (c == -1)
			break;
		if (c == ':') {
			rc = fault_set(f, "option %s needs a value",
			    argv[optind - 1]);
			break;
		}
		if (c == '?') {
			const char *word = argv[at < argc ? at : argc - 1];
			char letter[3] = { '-', (char)optopt, '\0' };

			/* getopt moved operands: the word is before optind. */
			if (optopt != 0 && optopt < 256)
				rc = wrong(t, letter, f);
			else if (optopt >= 1000)
				rc = fault_set(f, "option --%s takes no value",
				    t->rows[optopt - 1000].name);
			else
				rc = wrong(t, optind > 0 ? argv[optind - 1] :
				    word, f);
			break;
		}
		if (c >= 1000)
			i = (size_t)(c - 1000);
		else
			for (i = 0; t->rows[i].letter != (char)c; i++)
				continue;
		if (set(arg, t->rows[i].id, optarg, f) == -1) {
			rc = -1;
			break;
		}
	}
	*first = optind;
	return rc;
}

const char *
option_argument(const struct option_row *r)
{
	return r->value == NULL || strchr("<>?", r->value[0]) == NULL ?
	    r->value : r->value + 1;
}

/*
 * Words from a column on, in lines of 80 that begin at an indent. A line end
 * in the text, and the blanks after it, stay.
 */
static void
wrapped(FILE *out, const char *text, size_t column, size_t indent)
{
	size_t n, blanks;

	while (*text != '\0') {
		blanks = strspn(text, " ");
		n = strcspn(text + blanks, " \n");
		if (column + blanks + n > 80 && column > indent) {
			(void)fprintf(out, "\n%*s", (int)indent, "");
			column = indent;
			text += blanks;
			blanks = 0;
		}
		(void)fwrite(text, 1, blanks + n, out);
		column += blanks + n;
		text += blanks + n;
		if (*text == '\n') {
			(void)putc(*text++, out);
			column = 0;
		}
	}
	(void)putc('\n', out);
}

void
option_help(const struct option_tool *t, FILE *out)
{
	const struct option_row *r;
	char left[64];
	int more = 0;

	(void)fprintf(out, "Usage: %s ", t->name);
	wrapped(out, t->synopsis, 8 + strlen(t->name), 11);
	(void)fprintf(out, "\n%s\n\n", t->purpose);
	for (r = t->rows; r->id != 0; r++) {
		if (r->help == NULL)
			continue;
		more |= r->letter == OPTION_MORE;
		if (r->letter == OPTION_MORE)
			continue;
		(void)snprintf(left, sizeof left, "%c%c%s --%s%s%s",
		    r->letter > OPTION_MORE ? '-' : ' ',
		    r->letter > OPTION_MORE ? r->letter : ' ',
		    r->letter > OPTION_MORE ? "," : " ", r->name,
		    r->value != NULL ? " " : "",
		    r->value != NULL ? option_argument(r) : "");
		if (strlen(left) > 26)
			(void)fprintf(out, "  %s\n%30s", left, "");
		else
			(void)fprintf(out, "  %-26s  ", left);
		wrapped(out, r->help, 30, 30);
	}
	if (t->examples != NULL)
		(void)fprintf(out, "\nExamples:\n%s", t->examples);
	(void)fprintf(out, "\nExit status: 0 done and clean, 1 done and "
	    "something was found, 2 not done.\nMore%s: man %.*s\n",
	    more ? " options" : "", (int)strcspn(t->name, " "), t->name);
}

static void
quoted(FILE *out, const char *s)
{
	for (; *s != '\0'; s++) {
		if (strchr("'[]:\\", *s) != NULL)
			(void)putc(*s == '\'' ? '`' : ' ', out);
		else
			(void)putc(*s, out);
	}
}

void
option_words(const struct option_tool *t, FILE *out)
{
	const struct option_row *r;

	for (r = t->rows; r->id != 0; r++)
		if (r->help != NULL)
			(void)fprintf(out, "--%s\n", r->name);
}

int
option_completion(const struct option_tool *t, const char *shell, FILE *out)
{
	const struct option_row *r;

	if (strcmp(shell, "bash") == 0) {
		(void)fprintf(out, "complete -o default -o bashdefault -W '");
		for (r = t->rows; r->id != 0; r++)
			if (r->help != NULL)
				(void)fprintf(out, "--%s ", r->name);
		(void)fprintf(out, "' %s\n", t->name);
	} else if (strcmp(shell, "zsh") == 0) {
		(void)fprintf(out, "#compdef %s\n_arguments -s", t->name);
		for (r = t->rows; r->id != 0; r++) {
			if (r->help == NULL)
				continue;
			(void)fprintf(out, " \\\n  '--%s%s[", r->name,
			    r->value != NULL ? "=" : "");
			quoted(out, r->help);
			(void)fprintf(out, "]%s'",
			    r->value != NULL ? ":value:_files" : "");
		}
		(void)fprintf(out, " \\\n  '*:file:_files'\n");
	} else if (strcmp(shell, "fish") == 0) {
		for (r = t->rows; r->id != 0; r++) {
			if (r->help == NULL)
				continue;
			(void)fprintf(out, "complete -c %s -l %s%s", t->name,
			    r->name, r->value != NULL ? " -r" : "");
			if (r->letter > OPTION_MORE)
				(void)fprintf(out, " -s %c", r->letter);
			(void)fprintf(out, " -d '");
			quoted(out, r->help);
			(void)fprintf(out, "'\n");
		}
	} else {
		return -1;
	}
	return 0;
}
