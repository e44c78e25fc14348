/* What the codes of groupings mean. */
#include "tally/labels.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "csv/lookup.h"

struct tally_labels {
	size_t n;
	struct csv_lookup **lists; /* per grouping; NULL: none */
	char **names;
};

static int
check_name(const struct tally_labels *l, const struct tally_request *r,
    const char *name, struct fault *f)
{
	size_t i;
	int twice = 0;

	for (i = 0; i < r->nby; i++)
		twice |= strcmp(name, r->by[i].name) == 0 ||
		    (l->names[i] != NULL && strcmp(name, l->names[i]) == 0);
	for (i = 0; i < r->nmeasures; i++)
		twice |= strcmp(name, r->measures[i].name) == 0;
	return twice ? fault_set(f, "two columns of the output would be "
	    "called %s", name) : 0;
}

static int
open_one(struct tally_labels *l, const struct tally_request *r,
    const char *text, struct fault *f)
{
	struct csv_lookup_words w;
	char *name;
	size_t i;
	int rc = -1;

	if (csv_lookup_split(text, &w) == -1 ||
	    (w.file != NULL && w.field != w.key)) {
		(void)fault_set(f, "--label needs GROUPING=FILE or "
		    "GROUPING=FILE:KEY:VALUE");
		goto out;
	}
	for (i = 0; i < r->nby && strcmp(r->by[i].name, w.name) != 0; i++)
		;
	if (i == r->nby) {
		(void)fault_set(f, "--label: %s is no grouping", w.name);
		goto out;
	}
	if (l->lists[i] != NULL) {
		(void)fault_set(f, "--label: %s has two", w.name);
		goto out;
	}
	l->lists[i] = csv_lookup_open(w.file != NULL ? w.file : w.rest,
	    w.key, w.value, f);
	if (l->lists[i] == NULL)
		goto out;
	name = mem_printf("%s_%s", w.name,
	    csv_lookup_value_name(l->lists[i]));
	rc = check_name(l, r, name, f);
	l->names[i] = name;
out:
	free(w.name);
	return rc;
}

struct tally_labels *
tally_labels_open(const struct tally_request *r, const char *const *texts,
    size_t n, struct fault *f)
{
	struct tally_labels *l = mem_zero(1, sizeof *l);
	size_t i;

	l->n = r->nby;
	l->lists = mem_zero(r->nby, sizeof *l->lists);
	l->names = mem_zero(r->nby, sizeof *l->names);
	for (i = 0; i < n; i++)
		if (open_one(l, r, texts[i], f) == -1) {
			tally_labels_close(l);
			return NULL;
		}
	return l;
}

void
tally_labels_close(struct tally_labels *l)
{
	size_t i;

	if (l == NULL)
		return;
	for (i = 0; i < l->n; i++) {
		csv_lookup_close(l->lists[i]);
		free(l->names[i]);
	}
	free(l->lists);
	free(l->names);
	free(l);
}

const char *
tally_labels_name(const struct tally_labels *l, size_t i)
{
	return l->names[i];
}

struct csv_slice
tally_labels_find(const struct tally_labels *l, size_t i,
    struct csv_slice value)
{
	return csv_lookup_find(l->lists[i], value.p, value.n);
}

const char *
tally_labels_path(const struct tally_labels *l, size_t i)
{
	return l->lists[i] != NULL ? csv_lookup_path(l->lists[i]) : NULL;
}
