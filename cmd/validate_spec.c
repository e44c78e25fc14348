/*
 * The part of nib-validate that helps with specifications: what one says of
 * a field, and a draft of one from a sample.
 */
#include "validate_spec.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/nearest.h"
#include "spec/draft.h"

static int
check(const char *name, struct fault *f)
{
	struct spec *s = spec_open(name, f);
	int rc = s != NULL ? spec_check(s, f) : -1;

	spec_close(s);
	return rc;
}

enum status
validate_check_spec(const struct tool *t, const char *name, struct fault *f)
{
	size_t i;

	if (name != NULL && check(name, f) == -1)
		return TROUBLE;
	for (i = 0; i < t->npaths; i++)
		if (check(t->paths[i], f) == -1)
			return TROUBLE;
	return CLEAN;
}

enum status
validate_explain(const struct tool *t, const struct spec *s,
    const char *name, struct fault *f)
{
	long field = spec_field_index(s, name);
	struct buf b = { 0 };
	const char **names;
	char hint[NEAREST_HINT];
	size_t i;
	int rc;

	if (field < 0) {
		names = mem_array(NULL, s->nfields + 1, sizeof *names);
		for (i = 0; i < s->nfields; i++)
			names[i] = s->fields[i].name;
		(void)fault_set(f, "%s has no field %.60s%s", s->name, name,
		    nearest_hint(name, names, s->nfields, hint));
		free(names);
		return TROUBLE;
	}
	draft_explain(s, (size_t)field, &b);
	rc = outfile_whole(t->output, &b, f);
	buf_free(&b);
	return rc == 0 ? CLEAN : TROUBLE;
}

/* A draft is named after its sample: "a/episodes.csv.gz" is episodes. */
enum status
validate_init(const struct tool *t, const char *sample, struct fault *f)
{
	struct csv_reader *in = csv_open(&sample, 1, &t->csv, f);
	const char *slash = strrchr(sample, '/');
	const char *base = slash != NULL ? slash + 1 : sample;
	char *name = mem_strndup(base, strcspn(base, "."));
	struct buf b = { 0 };
	enum status rc = TROUBLE;

	if (in != NULL && draft_new(in, name[0] != '\0' ? name : "draft", &b,
	    f) == 0 && outfile_whole(t->output, &b, f) == 0)
		rc = CLEAN;
	buf_free(&b);
	free(name);
	csv_close(in);
	return rc;
}
