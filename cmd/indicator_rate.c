/*
 * nib-indicator rate: reads counts, and populations if a definition needs
 * them, writes a value with its interval for each indicator, area and
 * period. Holds the counts in memory, 16 bytes a group and age band.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/num.h"
#include "base/outfile.h"
#include "indicator.h"
#include "indicator/rate.h"

#define OUTPUT_BYTES ((size_t)256 * 1024) /* written at a time */

enum { OPT_POPULATION = 1, OPT_REFERENCE, OPT_TOTAL, OPT_CONFIDENCE,
	OPT_DISCLOSURE };

struct opts {
	struct tool tool;
	const char *population, *reference, *total, *disclosure;
	struct estimate_levels levels;
};

static const struct option_row rows[] = {
	{ OPT_POPULATION, 'p', "population", "<FILE",
	    "people by area, age band ...: denominators" },
	{ OPT_REFERENCE, 0, "reference", "<FILE",
	    "the reference of indirect standardisation" },
	{ OPT_TOTAL, 0, "total", "NAME",
	    "add all areas together under a name" },
	{ OPT_CONFIDENCE, 0, "confidence", "C,...",
	    "levels in per cent (default 95,99.8)" },
	{ OPT_DISCLOSURE, 0, "disclosure", "?PROFILE",
	    "mask and round; definition: each one's own profile" },
	TOOL_INPUT_ROWS, TOOL_OUTPUT_ROWS, TOOL_PROVENANCE_ROW,
	TOOL_COMMON_ROWS,
	{ 0, 0, NULL, NULL, NULL }
};

static const struct option_tool table = {
	"nib-indicator rate", "[OPTION...] [ID...] [FILE...]",
	"Work out the values of indicators from counts, with intervals.",
	rows,
	"  nib-indicator rate --total England counts.csv\n"
	"  nib-indicator rate -p people.csv mortality_under_75 counts.csv\n"
};

/* A column is named after its level: in six digits, and once. */
static int
named(const double *c, size_t n)
{
	char name[16], other[16];
	size_t i;

	rate_level_name(c[n], name);
	if (strcmp(name, "100") == 0)
		return 0;
	for (i = 0; i < n; i++) {
		rate_level_name(c[i], other);
		if (strcmp(name, other) == 0)
			return 0;
	}
	return 1;
}

static int
confidence(struct estimate_levels *l, const char *v, struct fault *f)
{
	double c[ESTIMATE_LEVELS];
	size_t n = 0;
	const char *end;

	for (;; v = end + 1) {
		end = v + strcspn(v, ",");
		if (n == ESTIMATE_LEVELS)
			return fault_set(f, "--confidence takes up to %d "
			    "levels", ESTIMATE_LEVELS);
		if (num_double(v, (size_t)(end - v), &c[n]) == -1 ||
		    !(c[n] >= 50 && c[n] < 100))
			return fault_set(f, "--confidence needs levels from "
			    "50 to below 100 per cent");
		c[n] /= 100;
		if (!named(c, n))
			return fault_set(f, "--confidence needs levels that "
			    "differ from 100 and from one another in six "
			    "digits");
		n++;
		if (*end == '\0')
			return estimate_levels_set(l, c, n);
	}
}

static int
set(void *arg, int id, const char *v, struct fault *f)
{
	struct opts *o = arg;

	switch (id) {
	case OPT_POPULATION:
		o->population = v;
		return 0;
	case OPT_REFERENCE:
		o->reference = v;
		return 0;
	case OPT_TOTAL:
		o->total = v;
		return 0;
	case OPT_DISCLOSURE:
		o->disclosure = v;
		return 0;
	case OPT_CONFIDENCE:
		return confidence(&o->levels, v, f);
	}
	return fault_set(f, "unknown option");
}

static int
populations(struct rate *r, const struct tool *t, const char *path,
    struct fault *f)
{
	struct csv_options csv = t->csv;
	struct csv_reader *in;
	int rc;

	csv.columns = NULL;
	if ((in = csv_open(&path, 1, &csv, f)) == NULL)
		return -1;
	rc = rate_populations(r, in, f);
	fault_place(f, path, 0, 0, 0, NULL);
	csv_close(in);
	return rc;
}

/* Those that something was worked out of go into the account. */
static void
account(struct indicator_operands *with, const struct rate_row *found,
    size_t n)
{
	char *used = mem_zero(with->ndefinitions + 1, 1);
	size_t d = 0, i;

	for (i = 0; i < n; i++) {
		/* Rows of one indicator stand together. */
		if (with->definitions[d] != found[i].definition)
			for (d = 0; with->definitions[d] !=
			    found[i].definition; d++)
				continue;
		used[d] = 1;
	}
	indicator_account(with, used);
	free(used);
}

/* Everything was worked out; only writing can fail. */
static int
put_rows(struct opts *o, struct indicator_operands *with,
    const struct rate_row *found, size_t n, struct fault *f)
{
	struct outfile *out = outfile_open(o->tool.output, f);
	struct buf b = { 0 };
	size_t i;
	int rc = -1;

	if (out == NULL)
		goto out;
	provenance_output(with->audit.account, "output", out);
	if (!o->tool.no_header)
		rate_put_header(&b, &o->levels);
	for (i = 0; i < n; i++) {
		rate_put_row(&b, &found[i], &o->levels);
		if (b.n < OUTPUT_BYTES)
			continue;
		if (outfile_write(out, b.p, b.n, f) == -1)
			goto out;
		buf_clear(&b);
	}
	if (outfile_write(out, b.p, b.n, f) == 0)
		rc = outfile_commit(out, f);
out:
	outfile_close(out);
	buf_free(&b);
	return rc;
}

static enum status
run(void *options, struct fault *f)
{
	struct opts *o = options;
	struct tool *t = &o->tool;
	struct indicator_operands with = { 0 };
	struct rate_options ro;
	const struct rate_row *found;
	struct rate *r = NULL;
	enum status rc = TROUBLE;
	size_t n, operands = t->npaths;

	if (indicator_definitions(t, 1, &with, f) == -1 ||
	    definition_add_components(&with.definitions, &with.ndefinitions,
	    f) == -1)
		goto out;
	memset(&ro, 0, sizeof ro);
	ro.definitions = (const struct definition *const *)with.definitions;
	ro.n = with.ndefinitions;
	ro.others = t->npaths < operands; /* some were named */
	ro.levels = o->levels;
	ro.total = o->total;
	ro.reference = o->reference;
	ro.disclosure = o->disclosure;
	if ((r = rate_new(&ro, f)) == NULL)
		goto out;
	if (indicator_input(t, &with, NULL, f) == -1 ||
	    rate_counts(r, with.in, f) == -1)
		goto out;
	if (o->population != NULL && (populations(r, t, o->population,
	    f) == -1 || provenance_file(with.audit.account, "population",
	    o->population, f) == -1))
		goto out;
	if (o->reference != NULL && provenance_file(with.audit.account,
	    "reference", o->reference, f) == -1)
		goto out;
	if (rate_finish(r, &found, &n, f) == -1)
		goto out;
	account(&with, found, n);
	if (put_rows(o, &with, found, n, f) == 0 &&
	    provenance_finish(with.audit.account, f) == 0)
		rc = CLEAN;
out:
	rate_free(r);
	indicator_operands_free(&with);
	return rc;
}

static const struct tool_calls calls = { &table, set, NULL, run };

int
indicator_rate(int argc, char **argv)
{
	struct opts o = { .total = NULL };

	(void)estimate_levels_set(&o.levels, estimate_usual, 2);
	return tool_main(&calls, &o.tool, &o, argc, argv);
}
