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

enum { OPT_COMPARATOR = 1, OPT_METHOD, OPT_BAND };

static const struct option_row rows[] = {
	{ OPT_COMPARATOR, 'c', "comparator", "AREA",
	    "the area that others are compared with" },
	{ OPT_METHOD, 0, "method", "NAME",
	    "limits, two_levels, overlap, spc_proportion, spc_rate" },
	{ OPT_BAND, 0, "band", NULL,
	    "band areas by limits adjusted for over-dispersion" },
	{ TOOL_DELIMITER, 'd', "delimiter", "C",
	    "input's delimiter: a character, or tab" },
	{ TOOL_OUTPUT, 'o', "output", "FILE",
	    "write to FILE, which appears only when complete" },
	{ TOOL_NO_HEADER, 0, "no-header", NULL, "leave out the header line" },
	TOOL_COMMON_ROWS, { 0, 0, NULL, NULL, NULL }
};

static const struct option_tool table = {
	"nib-indicator compare", "[OPTION...] [ID...] [FILE]",
	"Compare values with a comparator, a target and the past.", rows,
	"  nib-indicator compare -c England values.csv\n"
};

static int
set(void *arg, int id, const char *v, struct fault *f)
{
	struct contrast_options *o = arg;

	switch (id) {
	case OPT_COMPARATOR:
		o->comparator = v;
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

static int
run(struct tool *t, const struct contrast_options *o, struct fault *f)
{
	struct indicator_operands with = { 0 };
	struct contrast *c = NULL;
	struct values *v = NULL;
	struct buf b = { 0 };
	int rc = TROUBLE;
	size_t i, n, operands = t->npaths;

	if (indicator_definitions(t, 1, &with, f) == -1)
		goto out;
	if (t->npaths > 1) {
		(void)fault_set(f, "compare takes one file of values");
		goto out;
	}
	v = values_open(t->npaths == 1 ? t->paths[0] : "-", t->csv.delimiter,
	    f);
	if (v == NULL)
		goto out;
	if (t->npaths < operands && with.ndefinitions == 1)
		values_keep(v, with.definitions[0]->id, NULL, NULL, NULL,
		    NULL);
	if (contrast_make((const struct definition *const *)with.definitions,
	    with.ndefinitions, v, o, &c, &n, f) == -1)
		goto out;
	if (!t->no_header)
		contrast_put_header(&b);
	for (i = 0; i < n; i++)
		contrast_put_row(&b, &c[i]);
	if (indicator_write(t, NULL, &b, f) == 0)
		rc = CLEAN;
out:
	free(c);
	values_close(v);
	indicator_operands_free(&with);
	buf_free(&b);
	return rc;
}

int
indicator_compare(int argc, char **argv)
{
	struct contrast_options o = { NULL, 0, COMPARE_NONE, 0 };
	struct fault f = FAULT_NONE;
	struct tool t;
	int rc = tool_parse(&t, &table, argc, argv, set, &o, &f);

	if (rc != 0)
		return rc == 1 ? CLEAN : tool_end(TROUBLE, &f);
	rc = run(&t, &o, &f);
	return tool_end((enum status)rc, &f);
}
