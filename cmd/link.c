/*
 * nib-link: find the records of one person, in one file or between two, and
 * put episodes together into spells. Each part reads, writes and holds in
 * memory what its own file says.
 */
#include "link.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

static const struct part {
	const char *name;
	int (*run)(int, char **);
	const char *purpose;
} parts[] = {
	{ "persons", link_persons,
	    "add a person id, by deterministic steps" },
	{ "spells", link_spells,
	    "add spell and stay ids to hospital episodes" },
	{ NULL, NULL, NULL },
};

static void
usage(FILE *to)
{
	const struct part *p;

	(void)fprintf(to, "usage: nib-link PART [OPTION...] [FILE...]\n\n"
	    "Find the records of one person and the episodes of one stay.\n\n");
	for (p = parts; p->name != NULL; p++)
		(void)fprintf(to, "  %-10s %s\n", p->name, p->purpose);
	(void)fprintf(to, "\nnib-link PART --help has the options of a part. "
	    "Examples:\n"
	    "  nib-link persons -m hes-3-step extract.csv > linked.csv\n"
	    "  nib-link spells -s admitted_episode linked.csv > spells.csv\n");
}

int
link_fields_named(struct link_fields *l, const char *v, struct fault *f)
{
	if (strchr(v, '=') == NULL || v[0] == '=' ||
	    strchr(v, '=')[1] == '\0')
		return fault_set(f, "--field needs NAME=COLUMN");
	l->named = mem_array(l->named, l->nnamed + 1, sizeof *l->named);
	l->named[l->nnamed++] = v;
	return 0;
}

int
link_fields_without(struct link_fields *l, const char *v, struct fault *f)
{
	(void)f;
	l->without = mem_array(l->without, l->nwithout + 1,
	    sizeof *l->without);
	l->without[l->nwithout++] = v;
	return 0;
}

int
link_fields_resolve(struct link_fields *l, const struct matching *m,
    struct fault *f)
{
	const char *eq;
	char *name;
	size_t i;
	long k;

	for (i = 0; i < l->nnamed; i++) {
		eq = strchr(l->named[i], '=');
		name = mem_strndup(l->named[i], (size_t)(eq - l->named[i]));
		k = matching_field_index(m, name);
		free(name);
		if (k == -1)
			return fault_set(f, "--field %s: %s has no such "
			    "field", l->named[i], m->name);
		l->column[k] = eq + 1;
	}
	for (i = 0; i < l->nwithout; i++) {
		if ((k = matching_field_index(m, l->without[i])) == -1)
			return fault_set(f, "--without %s: %s has no such "
			    "field", l->without[i], m->name);
		if (l->column[k] != NULL)
			return fault_set(f, "the field %s is both named and "
			    "without a column", l->without[i]);
		l->absent[k] = 1;
	}
	return 0;
}

void
link_fields_free(struct link_fields *l)
{
	free(l->named);
	free(l->without);
}

int
main(int argc, char **argv)
{
	const char *names[sizeof parts / sizeof parts[0]];
	const char *near;
	size_t i;

	msg_start("nib-link");
	for (i = 0; parts[i].name != NULL; i++)
		names[i] = parts[i].name;
	names[i] = NULL;
	if (argc < 2) {
		usage(stderr);
		return TROUBLE;
	}
	for (i = 0; parts[i].name != NULL; i++)
		if (strcmp(argv[1], parts[i].name) == 0)
			return parts[i].run(argc - 1, argv + 1);
	if (strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "--help") == 0) {
		usage(stdout);
		return fflush(stdout) == 0 ? CLEAN : TROUBLE;
	}
	if (strcmp(argv[1], "-V") == 0 || strcmp(argv[1], "--version") == 0) {
		(void)printf("nib-link %s\n", NIB_VERSION);
		return fflush(stdout) == 0 ? CLEAN : TROUBLE;
	}
	near = option_nearest(argv[1], names);
	msg_error("no part %s%s%s; nib-link --help lists them", argv[1],
	    near != NULL ? "; is it " : "", near != NULL ? near : "");
	return TROUBLE;
}
