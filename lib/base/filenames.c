/* The files that a command line names. */
#include "base/filenames.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/outfile.h"

struct filename {
	enum filename_use use;
	const char *option; /* NULL: none */
	char *path;
};

void
filenames_add(struct filenames *f, enum filename_use use, const char *option,
    const char *path, size_t n)
{
	size_t i;

	for (i = 0; use == FILENAME_WRITTEN && i < f->n; i++)
		if (f->v[i].use == use && f->v[i].option == option) {
			free(f->v[i].path);
			f->v[i].path = mem_strndup(path, n);
			return;
		}
	f->v = mem_array(f->v, f->n + 1, sizeof *f->v);
	f->v[f->n++] = (struct filename){ use, option,
		mem_strndup(path, n) };
}

/* As a message calls it: --errors, the input. */
static void
name(const struct filename *n, char to[64])
{
	if (n->option != NULL)
		(void)snprintf(to, 64, "--%s", n->option);
	else
		(void)snprintf(to, 64, "the %s", n->use == FILENAME_READ ?
		    "input" : "output");
}

static int
clash(const struct filename *a, const struct filename *b, struct fault *f)
{
	char of_a[64], of_b[64];

	name(a, of_a);
	name(b, of_b);
	if (outfile_is_stdout(a->path) && outfile_is_stdout(b->path))
		return fault_set(f, "%s and %s would both go to standard "
		    "output; give one of them a file", of_a, of_b);
	return fault_at(f, strcmp(a->path, "-") == 0 ? b->path : a->path, 0,
	    "%s and %s are one file; an output needs a name of its own",
	    of_a, of_b);
}

int
filenames_apart(const struct filenames *names, struct fault *f)
{
	const struct filename *out, *other;
	size_t i, k;

	for (i = 0; i < names->n; i++) {
		out = &names->v[i];
		if (out->use != FILENAME_WRITTEN)
			continue;
		for (k = 0; k < names->n; k++) {
			other = &names->v[k];
			/* Where standard output goes infile looks at. */
			if (other->use == FILENAME_WRITTEN ? k <= i :
			    strcmp(other->path, "-") == 0 ||
			    outfile_is_stdout(out->path))
				continue;
			if (outfile_same(out->path, other->path))
				return clash(out, other, f);
		}
	}
	return 0;
}

void
filenames_free(struct filenames *f)
{
	while (f->n > 0)
		free(f->v[--f->n].path);
	free(f->v);
	f->v = NULL;
}
