/*
 * nib-indicator compare: reads values, as rate writes them, and writes how
 * each stands against a comparator, the target, the period before and its
 * own last five periods. Holds the values in memory, about 500 bytes each.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "indicator.h"
#include "indicator/contrast.h"

enum { OPT_COMPARATOR = 1, OPT_PEERS, OPT_METHOD, OPT_BAND };

struct opts {
	struct tool tool;
	struct contrast_options c;
	const char *peers;
};

static const struct option_row rows[] = {
	{ OPT_COMPARATOR, 'c', "comparator", "AREA",
	    "the area that others are compared with" },
	{ OPT_PEERS, 0, "peers", "<FILE",
	    "compare each area with its own peers: area,peer or area,group" },
	{ OPT_METHOD, 0, "method", "NAME",
	    "limits, two_levels, overlap, spc_proportion, spc_rate" },
	{ OPT_BAND, 0, "band", NULL,
	    "band areas by limits adjusted for over-dispersion" },
	{ TOOL_DELIMITER, 'd', "delimiter", "C",
	    "input's delimiter: a character, or tab" },
	{ TOOL_OUTPUT, 'o', "output", ">FILE",
	    "write to FILE, which appears only when complete" },
	{ TOOL_NO_HEADER, 0, "no-header", NULL, "leave out the header line" },
	TOOL_COMMON_ROWS, { 0, 0, NULL, NULL, NULL }
};

static const struct option_tool table = {
	"nib-indicator compare", "[OPTION...] [ID...] [FILE]",
	"Compare values with a comparator, a target and the past.", rows,
	"  nib-indicator compare -c England values.csv\n"
	"  nib-indicator compare --peers neighbours.csv values.csv\n"
};

static int
set(void *arg, int id, const char *v, struct fault *f)
{
	struct opts *all = arg;
	struct contrast_options *o = &all->c;

	switch (id) {
	case OPT_COMPARATOR:
		o->comparator = v;
		return 0;
	case OPT_PEERS:
		all->peers = v;
		return 0;
	case OPT_METHOD:
		o->method_given = 1;
		if (compare_method_find(v, &o->method) == -1)
			return fault_set(f, "--method knows none, limits, "
			    "two_levels, overlap, spc_proportion and "
			    "spc_rate");
		return 0;
	case OPT_BAND:
		o->band = 1;
		return 0;
	}
	return fault_set(f, "unknown option");
}

static enum status
run(void *options, struct fault *f)
{
	struct opts *o = options;
	struct tool *t = &o->tool;
	struct indicator_operands with = { 0 };
	struct contrast *c = NULL;
	struct values *v = NULL;
	struct buf b = { 0 };
	enum status rc = TROUBLE;
	size_t i, n, operands = t->npaths;

	if (indicator_definitions(t, 1, &with, f) == -1)
		goto out;
	if (o->peers != NULL && o->c.comparator != NULL) {
		(void)fault_set(f, "--peers and --comparator exclude each "
		    "other");
		goto out;
	}
	if (t->npaths > 1) {
		(void)fault_set(f, "compare takes one file of values");
		goto out;
	}
	v = values_open(t->npaths == 1 ? t->paths[0] : "-", t->csv.delimiter,
	    f);
	if (v == NULL || values_comparator(v, o->c.comparator, f) == -1)
		goto out;
	if (o->peers != NULL && (o->c.peers = peers_open(o->peers, ',',
	    f)) == NULL)
		goto out;
	if (t->npaths < operands && with.ndefinitions == 1)
		values_keep(v, with.definitions[0]->id, NULL, NULL, NULL,
		    NULL);
	if (contrast_make((const struct definition *const *)with.definitions,
	    with.ndefinitions, v, &o->c, &c, &n, f) == -1)
		goto out;
	if (!t->no_header)
		contrast_put_header(&b);
	for (i = 0; i < n; i++)
		contrast_put_row(&b, &c[i]);
	if (indicator_write(t, NULL, &b, f) == 0)
		rc = CLEAN;
out:
	free(c);
	peers_close(o->c.peers);
	values_close(v);
	indicator_operands_free(&with);
	buf_free(&b);
	return rc;
}

static const struct tool_calls calls = { &table, set, NULL, run };

int
indicator_compare(int argc, char **argv)
{
	struct opts o = { .peers = NULL };

	return tool_main(&calls, &o.tool, &o, argc, argv);
}
