/*
 * nib-dummy: artificial records from a dataset specification.
 *
 * Reads a specification, a recipe and the tables it refers to; writes
 * records, and on request where it put errors. Holds a block of 4096
 * records per worker, and of each table the columns that are used.
 */
#include <stdlib.h>
#include <string.h>

#include "base/date.h"
#include "base/mem.h"
#include "base/num.h"
#include "spec/dummy.h"
#include "tool.h"

enum { OPT_SPEC = 1, OPT_RECORDS, OPT_SEED, OPT_FROM, OPT_TO, OPT_WITH,
	OPT_RECIPE, OPT_PLAIN, OPT_ERRORS, OPT_ERRORS_LOG };

struct opts {
	const char *spec;
	const char *errors_log;
	int counted;
	struct dummy_options dummy;
	struct dummy_table *tables;
	char **names; /* of the tables, to free */
	struct tool tool;
};

static const struct option_row rows[] = {
	{ OPT_SPEC, 's', "spec", "?SPEC", "the dataset specification" },
	{ OPT_RECORDS, 'n', "records", "N", "how many records" },
	{ OPT_SEED, 0, "seed", "S",
	    "another seed, other records (default 1)" },
	{ OPT_FROM, 0, "from", "DATE", "first day of the period" },
	{ OPT_TO, 0, "to", "DATE",
	    "last day (default 2024-04-01 to 2025-03-31)" },
	{ OPT_WITH, 0, "with", "<TABLE=FILE",
	    "take foreign keys from this file; may be given again" },
	{ OPT_RECIPE, 0, "recipe", "<FILE",
	    "how fields are made (default: share/dummy/SPEC.json)" },
	{ OPT_PLAIN, 0, "plain", NULL,
	    "no recipe: out of the specification alone" },
	{ OPT_ERRORS, 0, "errors", "RATE",
	    "plant an error in this share of the records, 0 to 1" },
	{ OPT_ERRORS_LOG, 0, "errors-log", ">FILE",
	    "write where: record, field, kind" },
	{ TOOL_JOBS, 'j', "jobs", "N",
	    "workers (default: processors); output is the same" },
	TOOL_OUTPUT_ROWS,
	TOOL_COMMON_ROWS,
	{ 0 }
};

static const struct option_tool table = {
	"nib-dummy", "-s SPEC -n N [OPTION...]",
	"Make artificial records from a dataset specification.", rows,
	"  nib-dummy -s person -n 1000 > person.csv\n"
	"  nib-dummy -s admitted_episode -n 5000 --with person=person.csv \\\n"
	"    --seed 7 --errors 0.01 --errors-log planted.csv > extract.csv\n"
};

static int
add_table(struct opts *o, const char *v, struct fault *f)
{
	const char *equals = strchr(v, '=');
	size_t n = o->dummy.ntables;

	if (equals == NULL || equals == v || equals[1] == '\0')
		return fault_set(f, "--with needs TABLE=FILE");
	o->tables = mem_array(o->tables, n + 1, sizeof *o->tables);
	o->names = mem_array(o->names, n + 1, sizeof *o->names);
	o->names[n] = mem_strndup(v, (size_t)(equals - v));
	o->tables[n].name = o->names[n];
	o->tables[n].path = equals + 1;
	o->dummy.tables = o->tables;
	o->dummy.ntables = n + 1;
	return 0;
}

static int
set_date(const char *v, const char *name, const char **to, struct fault *f)
{
	int32_t day;

	if (date_parse(v, strlen(v), &day) == -1)
		return fault_set(f, "%s needs a date (YYYY-MM-DD)", name);
	*to = v;
	return 0;
}

static int
set(void *arg, int id, const char *v, struct fault *f)
{
	struct opts *o = arg;
	int64_t n;

	switch (id) {
	case OPT_SPEC:
		o->spec = v;
		return 0;
	case OPT_RECORDS:
		if (num_in_range(v, 0, 10000000000, &n) == -1)
			return fault_set(f, "--records needs a whole number "
			    "from 0 to 10000000000");
		o->dummy.records = (uint64_t)n;
		o->counted = 1;
		return 0;
	case OPT_SEED:
		if (num_in_range(v, 0, INT64_MAX, &n) == -1)
			return fault_set(f, "--seed needs a whole number, 0 "
			    "or more");
		o->dummy.seed = (uint64_t)n;
		return 0;
	case OPT_FROM:
		return set_date(v, "--from", &o->dummy.from, f);
	case OPT_TO:
		return set_date(v, "--to", &o->dummy.to, f);
	case OPT_WITH:
		return add_table(o, v, f);
	case OPT_RECIPE:
		o->dummy.recipe = v;
		return 0;
	case OPT_PLAIN:
		o->dummy.no_recipe = 1;
		return 0;
	case OPT_ERRORS:
		if (num_double(v, strlen(v), &o->dummy.errors) == -1 ||
		    !(o->dummy.errors >= 0 && o->dummy.errors <= 1))
			return fault_set(f, "--errors needs a share from 0 "
			    "to 1");
		return 0;
	default:
		o->errors_log = v;
		return 0;
	}
}

static int
check(void *options, struct fault *f)
{
	const struct opts *o = options;

	if (o->spec == NULL)
		return fault_set(f, "-s SPEC is needed (see nib-dummy "
		    "--help)");
	if (!o->counted)
		return fault_set(f, "-n N is needed: how many records");
	if (o->tool.npaths > 0)
		return fault_set(f, "nib-dummy reads no input; no operands");
	if (o->dummy.recipe != NULL && o->dummy.no_recipe)
		return fault_set(f, "--recipe and --plain exclude each "
		    "other");
	if (o->errors_log != NULL && o->dummy.errors <= 0)
		return fault_set(f, "--errors-log needs --errors RATE");
	return 0;
}

static enum status
run(void *options, struct fault *f)
{
	struct opts *o = options;
	struct spec *spec = NULL;
	struct dummy *d = NULL;
	struct outfile *out = NULL, *log = NULL;
	enum status rc = TROUBLE;

	if ((spec = spec_open(o->spec, f)) == NULL)
		goto out;
	if ((d = dummy_open(spec, &o->dummy, f)) == NULL)
		goto out;
	if ((out = outfile_open(o->tool.output, f)) == NULL)
		goto out;
	if (o->errors_log != NULL &&
	    (log = outfile_open(o->errors_log, f)) == NULL)
		goto out;
	if (dummy_write(d, o->tool.jobs, !o->tool.no_header, out, log, f) ==
	    -1)
		goto out;
	if (log != NULL && outfile_commit(log, f) == -1)
		goto out;
	if (outfile_commit(out, f) == 0)
		rc = CLEAN;
out:
	outfile_close(log);
	outfile_close(out);
	dummy_close(d);
	spec_close(spec);
	return rc;
}

static const struct tool_calls calls = { &table, set, check, run };

int
main(int argc, char **argv)
{
	struct opts o = { .dummy = { .seed = 1 } };
	int status = tool_main(&calls, &o.tool, &o, argc, argv);
	size_t i;

	for (i = 0; i < o.dummy.ntables; i++)
		free(o.names[i]);
	free(o.names);
	free(o.tables);
	return status;
}
