/* The options of nib-validate. */
#include "validate_options.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/num.h"

enum { SPEC = 1, ERRORS, REJECTS, CHECK, NO_UNIQUE, FORMAT, SHOW_VALUES,
	NO_GROUPS, MEMORY, FAIL_ON, MAX_ERROR_RATE, REFERENCE,
	CHECK_SPEC, EXPLAIN, INIT, DIALECT, ENCODING,
	QUALITY, DQMI, HTML, PARTIAL, MERGE, BASELINE, CHANGES, JUDGE,
	THRESHOLDS, TIMELY, EXPECTED, SUMMARY, MIN_CHANGE,
	ACROSS, FOUND };

#define BIT(id) ((uint64_t)1 << (id))

static const struct option_row rows[] = {
	{ SPEC, 's', "spec", "?SPEC",
	    "the dataset specification: a name or a file" },
	{ ERRORS, 0, "errors", ">FILE",
	    "write each finding to FILE (CSV)" },
	{ REJECTS, 0, "rejects", ">FILE",
	    "write the records with errors to FILE" },
	{ SUMMARY, 0, "summary", ">FILE",
	    "count the findings by kind to FILE" },
	{ CHECK, 0, "check", NULL, "no records on standard output" },
	{ REFERENCE, 0, "reference", "<NAME=FILE[:SPEC]",
	    "the table that keys and rules call NAME" },
	{ NO_UNIQUE, 0, "no-unique", NULL,
	    "leave out the keys, and the memory they take" },
	{ NO_GROUPS, OPTION_MORE, "no-groups", NULL,
	    "leave out rules over groups, and the memory they take" },
	{ MEMORY, OPTION_MORE, "memory", "SIZE",
	    "memory for those rules (default 256M); more go to a file" },
	{ ACROSS, OPTION_MORE, "across", NULL,
	    "look only at what depends on other records" },
	{ FOUND, OPTION_MORE, "found", "<FILE",
	    "a part: leave that out, and add --errors of --across" },
	{ DIALECT, OPTION_MORE, "dialect", "<FILE",
	    "the input's form: a Table Dialect file" },
	{ ENCODING, OPTION_MORE, "encoding", "NAME",
	    "the input's encoding (default utf-8)" },
	{ FAIL_ON, 0, "fail-on", "WHAT",
	    "status 1 for: error (default), warning or never" },
	{ MAX_ERROR_RATE, 0, "max-error-rate", "R",
	    "status 1 only above this share of bad records" },
	{ FORMAT, OPTION_MORE, "format", "csv|json",
	    "of --errors: CSV, or one JSON object a line" },
	{ SHOW_VALUES, 0, "show-values", NULL,
	    "add the cell to each finding: it may name a person" },
	{ QUALITY, 0, "quality", ">FILE",
	    "write measures of quality, with their counts" },
	{ DQMI, 0, "dqmi", ">FILE", "write the Data Quality Maturity Index" },
	{ HTML, 0, "quality-html", ">FILE",
	    "write a page: fields by providers" },
	{ TIMELY, OPTION_MORE, "timely-days", "N",
	    "timely is within N days of the event's end (default 30)" },
	{ EXPECTED, OPTION_MORE, "expected-periods", "N",
	    "months that should be there (default: first to last)" },
	{ BASELINE, OPTION_MORE, "baseline", "<FILE",
	    "compare with the measures of an earlier run" },
	{ CHANGES, OPTION_MORE, "changes", ">FILE",
	    "where --baseline says what changed" },
	{ MIN_CHANGE, OPTION_MORE, "min-change", "R",
	    "leave out changes below R, from 0 to 1 (default 0)" },
	{ PARTIAL, OPTION_MORE, "partial", NULL,
	    "--quality of a part, to be merged" },
	{ MERGE, OPTION_MORE, "merge", NULL,
	    "the files are those of --quality or --summary" },
	{ JUDGE, 0, "judge", "<FILE",
	    "hold the measures of a file against --thresholds" },
	{ THRESHOLDS, OPTION_MORE, "thresholds", "<FILE",
	    "kind, id, measure, minimum" },
	{ CHECK_SPEC, 0, "check-spec", NULL,
	    "check specifications (the operands) alone" },
	{ EXPLAIN, 0, "explain", "FIELD",
	    "say what is checked of a field, read no records" },
	{ INIT, 0, "init", "<FILE",
	    "write a draft specification from a sample" },
	AUDIT_ROWS,
	TOOL_INPUT_ROWS,
	TOOL_OUTPUT_ROWS,
	TOOL_PROVENANCE_ROW,
	TOOL_COMMON_ROWS,
	{ 0, 0, NULL, NULL, NULL },
};

const struct option_tool validate_table = {
	"nib-validate", "-s SPEC [OPTION...] [FILE...]",
	"Check records against a dataset specification; pass the good ones on.",
	rows,
	"  nib-validate -s admitted_episode extract.csv > good.csv\n"
	"  nib-validate -s admitted_episode --check --errors found.csv a.csv\n"
	"  nib-validate -s diagnosis --reference "
	"admitted_episode=episodes.csv d.csv\n"
	"  nib-validate --check-spec my_dataset.json\n",
};

static int
add_reference(struct opts *o, const char *v, struct fault *f)
{
	const char *eq = strchr(v, '='), *colon;
	struct reference *r;

	if (eq == NULL || eq == v || eq[1] == '\0')
		return fault_set(f, "--reference needs NAME=FILE or "
		    "NAME=FILE:SPEC");
	colon = strrchr(eq + 1, ':');
	o->references = mem_array(o->references, o->nreferences + 1,
	    sizeof *o->references);
	r = &o->references[o->nreferences++];
	r->name = mem_strndup(v, (size_t)(eq - v));
	r->path = colon != NULL ? mem_strndup(eq + 1,
	    (size_t)(colon - eq - 1)) : mem_strdup(eq + 1);
	r->spec = colon != NULL ? mem_strdup(colon + 1) : NULL;
	r->open = NULL;
	return 0;
}

int
validate_set(void *arg, int id, const char *v, struct fault *f)
{
	struct opts *o = arg;
	uint64_t size;
	int64_t n;

	if (audit_option(&o->audit, id, v))
		return 0;
	o->given |= BIT(id);
	switch (id) {
	case SPEC:
		o->spec = v;
		return 0;
	case ERRORS:
		o->errors = v;
		return 0;
	case REJECTS:
		o->rejects = v;
		return 0;
	case SUMMARY:
		o->summary.file = v;
		return 0;
	case CHECK:
		o->check = 1;
		return 0;
	case NO_UNIQUE:
		o->no_unique = 1;
		return 0;
	case ACROSS:
		o->across = o->check = 1;
		return 0;
	case FOUND:
		o->found = v;
		return 0;
	case NO_GROUPS:
		o->no_groups = 1;
		return 0;
	case MEMORY:
		if (num_size(v, &size) == -1 || size < 1024 * 1024)
			return fault_set(f, "--memory needs a size, 1M or "
			    "more");
		o->memory = (size_t)size;
		return 0;
	case SHOW_VALUES:
		o->show_values = 1;
		return 0;
	case CHECK_SPEC:
		return 0; /* a mode, and no more */
	case EXPLAIN:
		o->explain = v;
		return 0;
	case INIT:
		o->init = v;
		return 0;
	case DIALECT:
		o->dialect = v;
		return 0;
	case ENCODING:
		o->encoding = v;
		return 0;
	case QUALITY:
		o->quality.quality = v;
		return 0;
	case DQMI:
		o->quality.dqmi = v;
		return 0;
	case HTML:
		o->quality.html = v;
		return 0;
	case PARTIAL:
		o->quality.partial = 1;
		return 0;
	case MERGE:
		return 0; /* a mode, and no more */
	case MIN_CHANGE:
		if (num_double(v, strlen(v), &o->quality.min_change) == -1 ||
		    o->quality.min_change < 0 || o->quality.min_change > 1)
			return fault_set(f, "--min-change needs a number "
			    "from 0 to 1");
		return 0;
	case BASELINE:
		o->quality.baseline = v;
		return 0;
	case CHANGES:
		o->quality.changes = v;
		return 0;
	case JUDGE:
		o->quality.judge = v;
		return 0;
	case THRESHOLDS:
		o->quality.thresholds = v;
		return 0;
	case TIMELY:
		if (num_in_range(v, 1, 1000, &n) == -1)
			return fault_set(f, "--timely-days needs a number "
			    "from 1 to 1000");
		o->quality.within = (unsigned)n;
		return 0;
	case EXPECTED:
		if (num_in_range(v, 1, 10000, &n) == -1)
			return fault_set(f, "--expected-periods needs a "
			    "number from 1 to 10000");
		o->quality.expected = (unsigned)n;
		return 0;
	case REFERENCE:
		return add_reference(o, v, f);
	case FORMAT:
		if (strcmp(v, "csv") != 0 && strcmp(v, "json") != 0)
			return fault_set(f, "--format is csv or json");
		o->format = v[0] == 'j' ? FINDINGS_JSON : FINDINGS_CSV;
		return 0;
	case FAIL_ON:
		if (strcmp(v, "error") == 0)
			o->summary.fail_on = ON_ERROR;
		else if (strcmp(v, "warning") == 0)
			o->summary.fail_on = ON_WARNING;
		else if (strcmp(v, "never") == 0)
			o->summary.fail_on = NEVER;
		else
			return fault_set(f, "--fail-on is error, warning or "
			    "never");
		return 0;
	default:
		if (num_double(v, strlen(v), &o->summary.max_error_rate) ==
		    -1 || o->summary.max_error_rate < 0 ||
		    o->summary.max_error_rate > 1)
			return fault_set(f, "--max-error-rate needs a number "
			    "from 0 to 1");
		return 0;
	}
}

/* What a run may be for, and the options that then mean something. */
static const struct {
	enum mode mode;
	const char *name; /* for messages */
	uint64_t options;
	int output, files; /* --output; operands: 0 none, 1 any */
} modes[] = {
	{ MODE_RECORDS, "a check of records", ~(BIT(MERGE) | BIT(JUDGE) |
	    BIT(THRESHOLDS) | BIT(CHECK_SPEC) | BIT(EXPLAIN) | BIT(INIT)),
	    1, 1 },
	{ MODE_MERGE_QUALITY, "--merge", BIT(MERGE) | BIT(SPEC) |
	    BIT(QUALITY) | BIT(DQMI) | BIT(HTML) | BIT(TIMELY) | BIT(EXPECTED) |
	    BIT(BASELINE) | BIT(CHANGES) | BIT(MIN_CHANGE) |
	    BIT(PARTIAL), 0, 1 },
	{ MODE_MERGE_SUMMARY, "--merge with --summary", BIT(MERGE) |
	    BIT(SUMMARY) | BIT(FAIL_ON) | BIT(MAX_ERROR_RATE), 0, 1 },
	{ MODE_JUDGE, "--judge", BIT(JUDGE) | BIT(THRESHOLDS) | BIT(TIMELY),
	    1, 0 },
	{ MODE_CHECK_SPEC, "--check-spec", BIT(CHECK_SPEC) | BIT(SPEC), 0,
	    1 },
	{ MODE_EXPLAIN, "--explain", BIT(EXPLAIN) | BIT(SPEC), 1, 0 },
	{ MODE_INIT, "--init", BIT(INIT), 1, 0 },
};

/* Options that need another one beside them. */
static const struct {
	int id, needs;
} pairs[] = {
	{ FORMAT, ERRORS }, { SHOW_VALUES, ERRORS },
	{ PARTIAL, QUALITY }, { EXPECTED, DQMI }, { BASELINE, CHANGES },
	{ CHANGES, BASELINE }, { JUDGE, THRESHOLDS }, { THRESHOLDS, JUDGE },
	{ MIN_CHANGE, CHANGES },
};

static const char *
name_of(int id)
{
	const struct option_row *r = rows;

	while (r->id != id)
		r++;
	return r->name;
}

static enum mode
mode_of(const struct opts *o)
{
	if (o->given & BIT(MERGE))
		return o->given & BIT(SUMMARY) ? MODE_MERGE_SUMMARY :
		    MODE_MERGE_QUALITY;
	return o->given & BIT(JUDGE) ? MODE_JUDGE :
	    o->given & BIT(INIT) ? MODE_INIT :
	    o->given & BIT(EXPLAIN) ? MODE_EXPLAIN :
	    o->given & BIT(CHECK_SPEC) ? MODE_CHECK_SPEC : MODE_RECORDS;
}

static int
check_mode(const struct opts *o, struct fault *f)
{
	const char *name = modes[o->mode].name;
	uint64_t wrong = o->given & ~modes[o->mode].options;
	size_t i;

	for (i = 0; i < sizeof pairs / sizeof pairs[0]; i++)
		if ((o->given & BIT(pairs[i].id)) != 0 &&
		    (o->given & BIT(pairs[i].needs)) == 0)
			return fault_set(f, "--%s goes with --%s",
			    name_of(pairs[i].id), name_of(pairs[i].needs));
	for (i = 0; wrong != 0 && (wrong & BIT(i)) == 0; i++)
		;
	if (wrong != 0)
		return fault_set(f, "--%s has no meaning for %s",
		    name_of((int)i), name);
	if ((o->given & BIT(TIMELY)) != 0 && (o->given & (BIT(QUALITY) |
	    BIT(JUDGE))) == 0)
		return fault_set(f, "--timely-days goes with --quality or "
		    "--judge");
	if (o->mode == MODE_RECORDS)
		return 0;
	if (o->t.output != NULL && !modes[o->mode].output)
		return fault_set(f, "--output has no meaning for %s", name);
	if (o->t.provenance != NULL || o->t.no_header)
		return fault_set(f, "--%s has no meaning for %s",
		    o->t.no_header ? "no-header" : "provenance", name);
	if (o->audit.ledger != NULL || o->audit.require_sandbox)
		return fault_set(f, "--%s has no meaning for %s",
		    o->audit.ledger != NULL ? "ledger" : "require-sandbox",
		    name);
	if (o->t.npaths > 0 && !modes[o->mode].files)
		return fault_set(f, "%s reads no records: give no file",
		    name);
	return 0;
}

int
validate_options_check(void *options, struct fault *f)
{
	struct opts *o = options;

	o->mode = mode_of(o);
	o->t.no_output = o->check || !modes[o->mode].output;
	if (check_mode(o, f) == -1)
		return -1;
	if (o->mode == MODE_MERGE_QUALITY && !quality_wanted(&o->quality))
		return fault_set(f, "--merge needs --quality, --dqmi, "
		    "--quality-html or --baseline, or else --summary");
	if (o->mode == MODE_MERGE_QUALITY && o->spec != NULL &&
	    o->quality.html == NULL)
		return fault_set(f, "--spec has no meaning for --merge "
		    "without --quality-html");
	if ((o->mode == MODE_MERGE_QUALITY ||
	    o->mode == MODE_MERGE_SUMMARY) && o->t.npaths == 0)
		return fault_set(f, "--merge needs files of --%s",
		    o->mode == MODE_MERGE_QUALITY ? "quality" : "summary");
	if (o->spec == NULL && (o->mode == MODE_RECORDS ||
	    o->mode == MODE_EXPLAIN || (o->mode == MODE_CHECK_SPEC &&
	    o->t.npaths == 0)))
		return fault_set(f, "which specification? Give -s SPEC");
	if (o->across && (o->found != NULL || o->rejects != NULL ||
	    o->nreferences > 0))
		return fault_set(f, "--across says nothing of a record by "
		    "itself: it goes without --found, --rejects and "
		    "--reference");
	if (o->found != NULL && o->t.npaths > 1)
		return fault_set(f, "--found tells records by their row: "
		    "give one file");
	if (o->check && (o->t.output != NULL || o->t.no_header))
		return fault_set(f, "--%s writes no records: it goes with "
		    "neither --output nor --no-header",
		    o->across ? "across" : "check");
	if (o->dialect != NULL && (o->t.csv.delimiter != ',' ||
	    o->t.csv.columns != NULL))
		return fault_set(f, "--dialect says what --delimiter and "
		    "--columns do: give one of them");
	return 0;
}

void
validate_options_free(struct opts *o)
{
	size_t i;

	for (i = 0; i < o->nreferences; i++) {
		free(o->references[i].name);
		free(o->references[i].path);
		free(o->references[i].spec);
		spec_close(o->references[i].open);
	}
	free(o->references);
}
