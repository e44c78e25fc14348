/*
 * nib-indicator count: reads the records of one dataset once, writes counts
 * of every indicator asked for per area, period and stratum. Holds the
 * counts in memory, 48 bytes a group and indicator.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/num.h"
#include "flow/flow.h"
#include "indicator.h"
#include "indicator/count.h"

enum { OPT_SPEC = 1, OPT_ALL, OPT_PARTIAL, OPT_MERGE, OPT_FINAL,
	OPT_EXPECT_PARTS };

struct opts {
	struct tool tool;
	struct audit audit;
	const char *spec;
	int all, partial, merge, final;
	int64_t expect_parts; /* 0: any */
};

static const struct option_row rows[] = {
	{ OPT_SPEC, 's', "spec", "?SPEC",
	    "dataset specification, in place of the definitions' own" },
	{ OPT_ALL, 0, "all", NULL,
	    "every indicator of the dataset of -s that the file has fields "
	    "for" },
	{ OPT_PARTIAL, 0, "partial", NULL,
	    "write partial counts, to be merged" },
	{ OPT_MERGE, 0, "merge", NULL,
	    "read partial counts, write their sum as partial counts" },
	{ OPT_FINAL, 0, "final", NULL, "read partial counts, write counts" },
	{ OPT_EXPECT_PARTS, 0, "expect-parts", "N",
	    "of how many parts partial counts must be made" },
	AUDIT_ROWS, TOOL_INPUT_ROWS, TOOL_OUTPUT_ROWS, TOOL_PROVENANCE_ROW,
	TOOL_COMMON_ROWS,
	{ 0, 0, NULL, NULL, NULL }
};

static const struct option_tool table = {
	"nib-indicator count", "[OPTION...] ID... [FILE...]",
	"Count records for indicators, per area, period and stratum.", rows,
	"  nib-indicator count hes_ae_four_hours ae.csv\n"
	"  nib-indicator count --all -s hes_apc apc.csv |\n"
	"      nib-indicator rate\n"
	"  nib-indicator count --partial hes_ae_four_hours part1.csv\n"
};

static int
set(void *arg, int id, const char *v, struct fault *f)
{
	struct opts *o = arg;

	if (audit_option(&o->audit, id, v))
		return 0;
	switch (id) {
	case OPT_SPEC:
		o->spec = v;
		return 0;
	case OPT_ALL:
		o->all = 1;
		return 0;
	case OPT_PARTIAL:
		o->partial = 1;
		return 0;
	case OPT_MERGE:
		o->merge = 1;
		return 0;
	case OPT_FINAL:
		o->final = 1;
		return 0;
	case OPT_EXPECT_PARTS:
		return num_in_range(v, 1, INT64_MAX, &o->expect_parts) == 0 ?
		    0 : fault_set(f, "--expect-parts needs a whole number, 1 "
		    "or more");
	}
	return fault_set(f, "unknown option");
}

/* In place of composites, which have no counts, their components. */
static int
put_components(struct indicator_operands *with, int *composites,
    struct fault *f)
{
	size_t i, k = 0;

	if (definition_add_components(&with->definitions,
	    &with->ndefinitions, f) == -1)
		return -1;
	for (i = 0; i < with->ndefinitions; i++)
		if (with->definitions[i]->ncomponents == 0)
			with->definitions[k++] = with->definitions[i];
		else
			definition_close(with->definitions[i]);
	*composites = k < with->ndefinitions;
	with->ndefinitions = k;
	return 0;
}

/* Of all definitions those of the dataset; the rest are closed. */
static int
keep_dataset(struct indicator_operands *with, const struct spec *s,
    struct fault *f)
{
	size_t i, k = 0;

	for (i = 0; i < with->ndefinitions; i++)
		if (strcmp(with->definitions[i]->dataset, s->name) == 0)
			with->definitions[k++] = with->definitions[i];
		else
			definition_close(with->definitions[i]);
	with->ndefinitions = k;
	return k > 0 ? 0 : fault_set(f, "no indicator of the library is of "
	    "the dataset %s", s->name);
}

/*
 * With --all: those that need fields which the file lacks are passed over,
 * with a word about each.
 */
static int
keep_fitting(struct indicator_operands *with, const struct spec *s,
    int quiet, struct fault *f)
{
	size_t i, k = 0;

	for (i = 0; i < with->ndefinitions; i++) {
		struct fault why = FAULT_NONE;

		if (definition_fits(with->definitions[i], s,
		    csv_header(with->in), &why) == 0) {
			with->definitions[k++] = with->definitions[i];
			continue;
		}
		if (!quiet)
			msg_warn("%s is passed over: %s",
			    with->definitions[i]->id, why.what);
		definition_close(with->definitions[i]);
	}
	with->ndefinitions = k;
	return k > 0 ? 0 : fault_set(f, "no indicator of the dataset %s can "
	    "be counted from these fields", s->name);
}

static int
one_dataset(const struct indicator_operands *with, struct fault *f)
{
	size_t i;

	for (i = 1; i < with->ndefinitions; i++)
		if (strcmp(with->definitions[i]->dataset,
		    with->definitions[0]->dataset) != 0)
			return fault_set(f, "%s is of the dataset %s and %s "
			    "of %s: count them apart",
			    with->definitions[0]->id,
			    with->definitions[0]->dataset,
			    with->definitions[i]->id,
			    with->definitions[i]->dataset);
	return 0;
}

/* Reads all records into the book. */
static int
count(const struct tool *t, const struct indicator_operands *with,
    const struct spec *s, struct book *book, uint64_t *records,
    struct fault *f)
{
	const struct definition *const *d =
	    (const struct definition *const *)with->definitions;
	struct counter *c = counter_new(d, with->ndefinitions, s,
	    csv_header(with->in), f);
	struct flow flow;
	void *state = NULL;
	int rc = -1;

	if (c == NULL)
		return -1;
	counter_want(c, with->in);
	memset(&flow, 0, sizeof flow);
	flow.in = with->in;
	flow.jobs = t->jobs;
	flow.arg = c;
	flow.state_new = counter_state_new;
	flow.state_free = counter_state_free;
	flow.state_merge = counter_state_merge;
	flow.map = counter_map;
	flow.progress = t->quiet ? NULL : "nib-indicator";
	if (audit_confine(&with->audit, t, NULL, 0, f) == 0 &&
	    flow_run(&flow, &state, f) == 0)
		rc = counter_finish(c, state, book, f);
	*records = flow.records;
	counter_state_free(state);
	counter_free(c);
	return rc;
}

static enum status
run(void *options, struct fault *f)
{
	const struct opts *o = options;
	struct tool *t = &((struct opts *)options)->tool;
	struct indicator_operands with = { 0 };
	struct book *book = NULL;
	struct spec *s = NULL;
	struct buf b = { 0 };
	uint64_t records = 0;
	size_t operands;
	int rc = TROUBLE, composites = 0, by_dataset;

	if (o->partial + o->merge + o->final > 1) {
		(void)fault_set(f, "--partial, --merge and --final exclude "
		    "each other");
		goto out;
	}
	if (o->expect_parts > 0 && !o->merge && !o->final) {
		(void)fault_set(f, "--expect-parts goes with --merge or "
		    "--final");
		goto out;
	}
	if (o->all && o->spec == NULL) {
		(void)fault_set(f, "--all needs -s");
		goto out;
	}
	operands = t->npaths;
	if (indicator_definitions(t, o->all, &with, f) == -1)
		goto out;
	if (o->all && t->npaths < operands) {
		(void)fault_set(f, "--all is every indicator of the dataset; "
		    "name none beside it");
		goto out;
	}
	if (put_components(&with, &composites, f) == -1)
		goto out;
	by_dataset = o->spec != NULL && (o->all || composites);
	if (!by_dataset && one_dataset(&with, f) == -1)
		goto out;
	if ((s = spec_open(o->spec != NULL ? o->spec :
	    with.definitions[0]->dataset, f)) == NULL)
		goto out;
	if (by_dataset && keep_dataset(&with, s, f) == -1)
		goto out;
	with.audit = o->audit;
	if (indicator_input(t, &with, s, f) == -1)
		goto out;
	if (o->all && !o->merge && !o->final &&
	    keep_fitting(&with, s, t->quiet, f) == -1)
		goto out;
	book = book_new((const struct definition *const *)with.definitions,
	    with.ndefinitions);
	if ((o->merge || o->final ? book_read_partial(book, with.in,
	    t->paths, t->npaths, (uint64_t)o->expect_parts, f) :
	    count(t, &with, s, book, &records, f)) == -1)
		goto out;
	indicator_account(&with, NULL);
	book_put(book, o->partial || o->merge, !t->no_header, &b);
	if (indicator_write(t, &with, &b, f) == 0 &&
	    audit_end(&with.audit, records, book_groups(book), f) == 0)
		rc = CLEAN;
out:
	book_free(book);
	indicator_operands_free(&with);
	spec_close(s);
	buf_free(&b);
	return rc;
}

static const struct tool_calls calls = { &table, set, NULL, run };

int
indicator_count(int argc, char **argv)
{
	struct opts o = { .spec = NULL };

	return tool_main(&calls, &o.tool, &o, argc, argv);
}
